"""Make or change an instance without the browser."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from moderation.models import Instance, Mode, Software
from moderation.web.settings import connections


class Command(BaseCommand):
    help = "Connects an instance, or changes its connection, and prints it as JSON. Giving the same arguments again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="short name, as in the webhook address")
        parser.add_argument("--domain", required=True, help="the instance's domain, for example garden.social")
        parser.add_argument("--url", help="where its API is, if not at https://DOMAIN; plain http only to this machine")
        parser.add_argument("--secret", help="the webhook's secret; one is made for a new instance")
        parser.add_argument("--token", help="the access token of Breakwater's account there")
        parser.add_argument("--mode", choices=Mode.values, help="observe (the default) records what would be sent; act sends it")
        parser.add_argument("--software", choices=Software.values, help="mastodon (the default) or forum")

    def handle(self, *, slug, domain, url, secret, token, mode, software, **options):
        try:
            instance = Instance.objects.filter(slug=connections.usable_slug(slug)).first()
            if instance is None:
                instance = connections.connect(
                    by=None,
                    slug=slug,
                    domain=domain,
                    software=software or Software.MASTODON,
                    address=url or "",
                    secret=secret or connections.new_secret(),
                    token=token or "",
                    mode=mode or Mode.OBSERVE,
                )
            else:
                if software and software != instance.software:
                    raise CommandError(f"“{slug}” is connected as {instance.software}. Connect the other software under another short name.")
                self.change(instance, domain, url, secret, token, mode)
        except connections.NotUsable as problem:
            raise CommandError(str(problem)) from None
        if instance.acts and instance.software == Software.MASTODON and not instance.api_token:
            self.stderr.write("There is no access token: decisions will wait until one is set.")
        answer = {"slug": instance.slug, "webhook_url": connections.webhook_url(instance), "secret": instance.webhook_secret, "mode": instance.mode}
        self.stdout.write(json.dumps(answer))

    @transaction.atomic
    def change(self, instance, domain, url, secret, token, mode):
        """Bring an instance to what the arguments say; what they leave out stays."""
        connections.change_address(instance=instance, by=None, domain=domain, address=url, keep_token=True)
        connections.replace_secret(instance=instance, by=None, secret=secret or instance.webhook_secret or connections.new_secret())
        if token:
            connections.replace_token(instance=instance, by=None, token=token)
        if mode:
            connections.change_mode(instance=instance, by=None, mode=mode)
