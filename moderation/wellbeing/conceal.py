"""What stays on the server until somebody asks for it, and what asking costs.

A concealed part is absent from the page: no style hides it. Revealing it charges the claim first and shows it after.
"""

from django.db import transaction

from . import parts as _parts
from .claimed import held
from .ledger import GLIMPSE_SECONDS, LimitReached, charge_all

conceals = _parts.conceals


def shown_ids(case):
    """The ids of the parts that whoever holds the claim has been shown."""
    return {row["id"] for row in case.shown}


def reveal(*, case, person, claim, part_id):
    """Charge `person` for one concealed part; True when it may be shown, False when their limit is reached.

    Raises StaleState when the claim is no longer theirs, LookupError when the case has no such part. A part once shown
    under a claim costs nothing more under it.
    """
    part = _parts.find(case, part_id)
    try:
        _show(case, person, claim, [part])
    except LimitReached:
        return False
    return True


def record_shown(case, claim, parts):
    """Charge and record parts that the page shows openly; call it before they are rendered.

    `parts`: Part values. Raises LimitReached, with nothing charged and nothing to be shown, or StaleState.
    """
    _show(case, case.claimed_by_id, claim, parts)


@transaction.atomic
def _show(case, person, claim, parts):
    fresh = held(case, person, claim)
    before = shown_ids(fresh)
    new = [part for part in {part.id: part for part in parts}.values() if part.id not in before]
    if not new:
        case.shown = fresh.shown
        return
    charge_all(claim=claim, things=[(part.severity, part.modality, GLIMPSE_SECONDS) for part in new])
    fresh.shown = [*fresh.shown, *(part.as_shown() for part in new)]
    fresh.save(update_fields=["shown"])
    case.shown = fresh.shown
