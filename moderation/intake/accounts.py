"""Accounts as deliveries speak of them, in whatever order those arrive."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from moderation.fediverse.base import AccountSeen
from moderation.models import Account

from .columns import identity, profile_columns, standing_columns
from .personal import keep_for, personal_columns
from .upsert import assign, upsert

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class AccountSighting:
    """What one delivery said of an account at `at`, as columns."""

    remote_id: str
    at: datetime
    created_at: datetime | None
    profile: dict
    standing: dict
    personal: dict


def account_sighting(instance, seen: AccountSeen, at, personal=True):
    """`personal`: whether what it tells of e-mail and address is kept (hashed); not so for people who report."""
    return AccountSighting(
        remote_id=identity(seen.remote_id),
        at=at,
        created_at=seen.created_at,
        profile=profile_columns(seen),
        standing=standing_columns(seen),
        personal=personal_columns(instance, seen) if personal else {},
    )


def upsert_accounts(instance, sightings):
    """{remote id: Account} of all `sightings`, each account brought up to the newest of them."""
    wanted = {}
    for sighting in sorted(sightings, key=lambda sighting: sighting.at):
        wanted.setdefault(sighting.remote_id, []).append(sighting)

    def build(remote_id, sightings):
        account = Account(instance=instance, remote_id=remote_id, seen_at=NEVER)
        merge(account, sightings)
        return account

    def merge(account, sightings):
        return set().union(*(_merge(account, sighting, keep_for(instance)) for sighting in sightings))

    return upsert(Account.objects.filter(instance=instance), "remote_id", wanted, build, merge)


def _merge(account, sighting, keep):
    changed = set()
    if sighting.at >= account.seen_at:
        changed |= assign(account, {**sighting.profile, "seen_at": sighting.at})
    if sighting.created_at and (account.created_at is None or (sighting.standing and account.created_at != sighting.created_at)):
        changed |= assign(account, {"created_at": sighting.created_at})
    if not (sighting.standing or sighting.personal):
        return changed
    if account.standing_at is None or sighting.at >= account.standing_at:
        changed |= assign(account, {**sighting.standing, "standing_at": sighting.at})
        personal = assign(account, sighting.personal)
    else:  # older: it may only tell what nobody told since
        changed |= assign(account, {name: value for name, value in sighting.standing.items() if getattr(account, name) is None})
        personal = assign(account, {name: value for name, value in sighting.personal.items() if not getattr(account, name)})
    if personal:
        changed |= personal | assign(account, {"personal_until": timezone.now() + keep})
    return changed
