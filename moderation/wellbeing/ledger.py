"""What it costs to be shown something, and the entries that say so."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import LedgerEntry, Severity

from . import meters

# Exposure units. Precautionary: no source establishes a safe dose (docs/decisions/exposure-ledger.md).
BY_SEVERITY = {Severity.S0: 0.0, Severity.S1: 0.25, Severity.S2: 1.0, Severity.S3: 3.0, Severity.S4: 6.0}
BY_MODALITY = {"text": 0.5, "image": 1.0, "audio": 1.0, "video": 2.0}
GLIMPSE_SECONDS = 10
LONGEST_DWELL = 3


class LimitReached(Exception):
    """What was asked for costs more exposure units than the person has left in this queue today."""

    def __init__(self, *, needed, left):
        super().__init__(_("This would take you over your limit for today."))
        self.needed, self.left = needed, left


def price(severity, modality, seconds=GLIMPSE_SECONDS):
    """Exposure units for looking `seconds` at something: severity × modality × dwell.

    Dwell is seconds / 10, at least 1 (a glimpse costs its full price) and at most 3. Blur or grey never change a price.
    """
    dwell = min(max(seconds / GLIMPSE_SECONDS, 1), LONGEST_DWELL)
    return round(BY_SEVERITY[severity] * BY_MODALITY[modality] * dwell, 4)


def charge(*, claim, severity, modality, seconds=GLIMPSE_SECONDS):
    """Charge one thing shown under `claim`; the units charged. Raises LimitReached, or StaleState when the claim has ended."""
    return charge_all(claim=claim, things=[(severity, modality, seconds)])


@transaction.atomic
def charge_all(*, claim, things):
    """Charge `things`, (severity, modality, seconds) each, under `claim`: all of them or none; the units charged in all.

    They are paid from the claim's reservation. Where it does not suffice (the case grew since it was claimed, or a limit
    was lowered), it is extended as far as the person's cap allows. Raises LimitReached, or StaleState when the claim has ended.
    """
    prices = [(severity, modality, price(severity, modality, seconds)) for severity, modality, seconds in things]
    total = sum(units for *_rest, units in prices)
    balance, reservation = meters.of_claim(claim)
    if not total:
        return 0.0
    unspent = reservation.units - reservation.spent
    missing = max(total - unspent, 0.0)
    if missing > balance.left + meters.TOLERANCE:
        raise LimitReached(needed=total, left=balance.left + unspent)
    reservation.units += missing
    reservation.spent += total
    reservation.save(update_fields=["units", "spent"])
    now = timezone.now()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            person_id=reservation.person_id,
            queue_id=reservation.queue_id,
            case_id=reservation.case_id,
            severity=severity,
            modality=modality,
            units=units,
            at=now,
        )
        for severity, modality, units in prices
        if units
    )
    balance.store()
    return total
