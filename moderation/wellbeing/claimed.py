"""Whose claim it is, asked under a lock."""

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Case, StaleState


def held(case, person, claim):
    """`case`, read again and locked until the transaction ends, if `claim` is still `person`'s; else StaleState."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("queue", "category", "instance")
    found = rows.filter(pk=case.pk, state=Case.State.CLAIMED, claim=claim, claimed_by=person, claim_until__gt=timezone.now()).first()
    if found is None:
        raise StaleState(_("This case is no longer yours. Nothing was changed."))
    return found
