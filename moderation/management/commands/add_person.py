"""Make somebody's account without the browser."""

import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from moderation.models import Person, Role
from moderation.web.settings import invitations


class Command(BaseCommand):
    help = "Makes a person's account and prints a link that signs them in once, or takes their password from standard input."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name they sign in with")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead of printing a link")

    def handle(self, *, name, role, password_stdin, **options):
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        if password_stdin:
            try:
                validate_password(password, Person(username=name))
            except ValidationError as problems:
                raise CommandError(" ".join(problems.messages)) from None
        try:
            person = invitations.add(by=None, name=name, role=role, password=password)
        except invitations.NotPossible as problem:
            raise CommandError(str(problem)) from None
        if password_stdin:
            self.stdout.write(f"{person.username} can sign in now.")
        else:
            self.stdout.write(invitations.link_url(invitations.new_link(person=person, by=None)))
