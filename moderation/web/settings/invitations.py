"""Who works here: inviting, changing a role, letting go, and links that work once."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import OneTimeLink, Person, Role, log_change
from moderation.models.secrets import new_token, token_hash
from moderation.queues import claims

LINK_DAYS = 7
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without I, L, O, 0 and 1: a code is read from one screen and typed into another


class NotPossible(Exception):
    """Something that must not be done; the message is a sentence for whoever asked."""


class LinkUsed(Exception):
    """The link or code was used, has expired, or never was."""


def link_url(token):
    """The whole address of a one-time sign-in link."""
    return settings.BREAKWATER_URL + reverse("welcome", args=[token])


def described(person):
    """What the policy log keeps of a person."""
    return {"role": str(person.role), "active": person.is_active}


def usable_name(name):
    """A user name without blanks around it, not taken in any spelling of its letters' case; raises NotPossible."""
    name = Person.normalize_username(name.strip())
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        name = ""
    if not name or len(name) > 80:
        raise NotPossible(_("A name has letters, digits and @ . + - _ only, no blanks, and at most 80 of them."))
    if Person.objects.filter(username__iexact=name).exists():
        raise NotPossible(_("There is already somebody called “%(name)s”. Choose another name.") % {"name": name})
    return name


def add(*, by, name, role, password=None):
    """Make a person who can sign in with `password`, or with a link (see `new_link`). Raises NotPossible."""
    person = Person(username=usable_name(name), role=role)
    if password is None:
        person.set_unusable_password()
    else:
        person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
            log_change(by=by, subject=f"person {person.username}", before=None, after=described(person))
    except IntegrityError:
        raise NotPossible(_("There is already somebody called “%(name)s”. Choose another name.") % {"name": person.username}) from None
    return person


def new_link(*, person, by):
    """A token that lets `person` set a password and sign in, once, within LINK_DAYS; links from before stop working."""
    token = new_token()
    with transaction.atomic():
        OneTimeLink.objects.filter(person=person, purpose=OneTimeLink.Purpose.SIGN_IN, used_at=None).delete()
        OneTimeLink.objects.create(
            purpose=OneTimeLink.Purpose.SIGN_IN, person=person, token_hash=token_hash(token), expires_at=timezone.now() + timedelta(days=LINK_DAYS)
        )
        log_change(by=by, subject=f"person {person.username}", before=None, after={"done": "one-time link made"})
    return token


def person_of(token):
    """Whom a sign-in link belongs to; raises LinkUsed."""
    link = OneTimeLink.usable(token, OneTimeLink.Purpose.SIGN_IN).filter(person__is_active=True).select_related("person").first()
    if link is None:
        raise LinkUsed
    return link.person


def use_link(*, token, password):
    """Set the password of the link's person and return them. Of two that try at once, one raises LinkUsed."""
    with transaction.atomic():
        person = person_of(token)
        if not OneTimeLink.usable(token, OneTimeLink.Purpose.SIGN_IN).update(used_at=timezone.now()):
            raise LinkUsed
        person.set_password(password)
        person.save(update_fields=["password"])
    return person


def change(*, person, by, role=None, active=None):
    """Give a person another role, let them go or take them back; the last owner stays one. Raises NotPossible.

    Who may no longer take cases lets go of those they hold.
    """
    with transaction.atomic():
        # All owners' rows, in order: two owners who demote each other at once wait for one another here.
        owners = list(Person.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("pk"))
        locked = Person.objects.select_for_update().get(pk=person.pk)
        before = described(locked)
        locked.role = locked.role if role is None else role
        locked.is_active = locked.is_active if active is None else active
        after = described(locked)
        if after == before:
            return
        if owners == [locked] and not locked.has_role(Role.OWNER):
            raise NotPossible(_("%(name)s is the only owner. Make somebody else an owner first.") % {"name": locked.username})
        locked.save(update_fields=["role", "is_active"])
        if not locked.is_active:
            OneTimeLink.objects.filter(person=locked, used_at=None).delete()
        log_change(by=by, subject=f"person {locked.username}", before=before, after=after)
    person.refresh_from_db()
    if not person.takes_cases:
        claims.release(person)


def owner_exists():
    return Person.objects.filter(role=Role.OWNER, is_active=True).exists()


def first_run_code():
    """A new code that makes the first owner's account, once; codes from before stop working. NotPossible if there is an owner."""
    if owner_exists():
        raise NotPossible(_("There is already an owner, so no code is needed."))
    code = "-".join("".join(secrets.choice(CODE_ALPHABET) for _n in range(4)) for _group in range(4))
    with transaction.atomic():
        OneTimeLink.objects.filter(purpose=OneTimeLink.Purpose.FIRST_OWNER, used_at=None).delete()
        OneTimeLink.objects.create(purpose=OneTimeLink.Purpose.FIRST_OWNER, token_hash=token_hash(_plain(code)))
    return code


def make_first_owner(*, code, name, password):
    """Use the first-run code: make the owner and return them. Raises LinkUsed for a wrong or used code, NotPossible for a name."""
    with transaction.atomic():
        # Every code there is, used or not: whoever comes second waits here, and then finds an owner.
        list(OneTimeLink.objects.select_for_update().filter(purpose=OneTimeLink.Purpose.FIRST_OWNER).order_by("pk"))
        link = OneTimeLink.usable(_plain(code), OneTimeLink.Purpose.FIRST_OWNER)
        if owner_exists() or not link.update(used_at=timezone.now()):
            raise LinkUsed
        return add(by=None, name=name, role=Role.OWNER, password=password)


def _plain(code):
    """A typed code as it was made: case, blanks and hyphens do not matter."""
    return "".join(sign for sign in code.upper() if sign.isalnum())
