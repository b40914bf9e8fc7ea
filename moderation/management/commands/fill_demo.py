"""Fill a demo instance by sending real posts through the real, signed webhook."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from moderation.demo import people, story
from moderation.demo.sending import Sender, Unreachable
from moderation.management.progress import Progress
from moderation.models import Delivery, Instance
from moderation.web.settings import connections

SLUG = "demo"


class Command(BaseCommand):
    help = "Makes a demo instance, demo people, and sends the shipped posts to the running web process. A second run sends nothing again."

    def add_arguments(self, parser):
        parser.add_argument("--url", required=True, help="where the web process answers, such as http://127.0.0.1:8000")
        parser.add_argument("--json", action="store_true", help="print the people and the number of deliveries as one line of JSON at the end")

    def handle(self, *, url, **options):
        instance = self._instance()
        logins = people.settle()
        # Measured from when the instance was made, so that a second run makes the very same deliveries.
        bodies = story.deliveries(instance.created_at)
        there = Delivery.objects.filter(instance=instance).count()
        if there < len(bodies):
            self._send(url, instance, bodies)
        self._tell(logins, len(bodies) - there, options["json"])

    def _instance(self):
        instance = Instance.objects.filter(slug=SLUG).first()
        if instance is None:
            instance = connections.connect(by=None, slug=SLUG, domain=story.DOMAIN, secret=connections.new_secret())
        if instance.attribution != story.ATTRIBUTION:
            Instance.objects.filter(pk=instance.pk).update(attribution=story.ATTRIBUTION, wave_days=story.WAVE_DAYS)
        return instance

    def _send(self, url, instance, bodies):
        sender = Sender(url.rstrip("/") + reverse("webhook", args=[instance.slug]), instance.webhook_secret)
        progress = Progress(self.stdout, "Filling the demo with real posts", len(bodies))
        try:
            sender.send_all(bodies, lambda: progress.show(sender.done))
        except Unreachable as error:
            raise CommandError(f"The demo could not be filled: {error}. Starting again goes on where this stopped.") from error
        progress.finish(sender.done)
        if sender.delivered < len(bodies):
            raise CommandError(f"{len(bodies) - sender.delivered} of the demo's {len(bodies)} deliveries were not taken: {dict(sender.answers)}.")

    def _tell(self, logins, sent, as_json):
        if as_json:
            self.stdout.write(json.dumps({"instance": SLUG, "sent": max(sent, 0), "people": logins}))
            return
        self.stdout.write("\nSign in to the demo as:")
        for login in logins:
            self.stdout.write(f"  {login['name']:<16} {login['password'] or '(with the password you chose)':<36} {login['role']}")
