"""Sign-ups: accounts that ask to join, until somebody answers here or at the instance."""

from dataclasses import dataclass
from datetime import datetime

from moderation.fediverse.base import AccountSeen
from moderation.models import SignUp

from .columns import identity, storable
from .upsert import assign, upsert


@dataclass(frozen=True)
class SignUpSighting:
    """What a delivery about a local account says of its joining."""

    remote_id: str
    at: datetime
    created_at: datetime
    new: bool  # the delivery was about the joining itself
    approved: bool
    reason: str


def sign_up_sighting(seen: AccountSeen, event, at):
    """None where the account's joining is not ours to follow: remote, or the platform did not say."""
    if seen.domain or seen.approved is None:
        return None
    return SignUpSighting(
        remote_id=identity(seen.remote_id),
        at=at,
        created_at=seen.created_at or at,
        new=event in ("account.created", "account.approved"),
        approved=seen.approved,
        reason=storable(seen.sign_up_reason),
    )


def upsert_sign_ups(sightings, accounts):
    """{account pk: SignUp}: made for who waits or has just joined, closed for who was approved. Where a newer delivery
    than all of these already told that the account is approved, so is its sign-up."""
    wanted = {}
    for sighting in sorted(sightings, key=lambda sighting: sighting.at):
        wanted.setdefault(accounts[sighting.remote_id].pk, []).append(sighting)
    followed = set(SignUp.objects.filter(account__in=list(wanted)).values_list("account_id", flat=True))
    wanted = {pk: seen for pk, seen in wanted.items() if pk in followed or any(sighting.new or not sighting.approved for sighting in seen)}
    by_pk = {account.pk: account for account in accounts.values()}

    def build(pk, seen):
        waits = any(not sighting.approved for sighting in seen)
        reason = next((sighting.reason for sighting in reversed(seen) if sighting.reason), "")
        sign_up = SignUp(account_id=pk, created_at=seen[0].created_at, needs_approval=waits or bool(reason), reason=reason)
        merge(sign_up, seen)
        return sign_up

    def merge(sign_up, seen):
        changed = set()
        if any(not sighting.approved for sighting in seen):
            changed |= assign(sign_up, {"needs_approval": True})
        if sign_up.reason == "" and sign_up.outcome == SignUp.Outcome.PENDING and seen[-1].reason:
            changed |= assign(sign_up, {"reason": seen[-1].reason})
        if sign_up.outcome == SignUp.Outcome.PENDING and by_pk[sign_up.account_id].approved:
            changed |= assign(sign_up, {"outcome": SignUp.Outcome.APPROVED, "closed_at": seen[-1].at, "state": SignUp.State.ROUTED})
        return changed

    return upsert(SignUp.objects.all(), "account_id", wanted, build, merge)
