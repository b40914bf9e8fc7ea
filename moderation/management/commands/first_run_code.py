"""Print the code that makes the first owner's account, if there is no owner yet."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from moderation.web.settings import invitations


class Command(BaseCommand):
    help = "Prints where to make the owner's account, and the code it asks for, once; prints nothing when there is an owner."

    def handle(self, **options):
        try:
            code = invitations.first_run_code()
        except invitations.NotPossible:
            return
        self.stdout.write(f"Breakwater has no owner yet. Make the owner's account at {settings.BREAKWATER_URL}{reverse('welcome_first')}")
        self.stdout.write(f"One-time code: {code}")
