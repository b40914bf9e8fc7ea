"""Who works in the demo, and passwords that are kept so that a second start can print them again."""

import json
import os
import secrets

from django.conf import settings

from moderation.models import Person, Role
from moderation.web.settings import invitations

NAMES = [("demo-owner", Role.OWNER), ("demo-lead", Role.LEAD), ("demo-moderator", Role.MODERATOR), ("demo-auditor", Role.AUDITOR)]
WORDS = (
    *("amber", "beacon", "canal", "delta", "ember", "ferry", "gravel", "harbour", "inlet", "jetty", "kelp"),
    *("lagoon", "marina", "north", "otter", "pier", "quay", "river", "sand", "tide", "vessel", "wharf"),
)


def settle():
    """Make those who are missing; [{"name", "role", "password"}] of all, the password None where it is not known."""
    path = settings.DATA_DIR / "demo_logins.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    missing = [(name, role) for name, role in NAMES if not Person.objects.filter(username=name).exists()]
    if missing:
        known |= {name: _password() for name, _ in missing}
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file)
        for name, role in missing:
            invitations.add(by=None, name=name, role=role, password=known[name])
    return [{"name": name, "role": str(role), "password": _still(name, known.get(name))} for name, role in NAMES]


def _still(name, password):
    """`password` if it still opens the door: somebody may have changed it."""
    person = Person.objects.get(username=name)
    return password if password and person.is_active and person.check_password(password) else None


def _password():
    return "-".join([*secrets.SystemRandom().sample(WORDS, 4), str(secrets.randbelow(9000) + 1000)])
