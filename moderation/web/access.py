"""Who may see what of a case: the holder its content, colleagues that it exists, readers what was decided."""

from enum import Enum

from django.utils import timezone

from moderation.models import Case, Role

READS_DECIDED = (Role.LEAD, Role.OWNER, Role.AUDITOR)
EVERYBODY = (Role.MODERATOR, Role.LEAD, Role.OWNER, Role.AUDITOR)
TAKES_CASES = (Role.MODERATOR, Role.LEAD, Role.OWNER)


class Access(Enum):
    HOLDER = "holder"  # holds the claim: sees the content, within the ledger
    READER = "reader"  # reads a decided case: what needs no reveal
    OUTSIDER = "outsider"  # sees that it exists and who has it

    @property
    def sees_content(self):
        return self is not Access.OUTSIDER


def access(case, person):
    """The Access `person` has to `case` now."""
    if is_held_by(case, person):
        return Access.HOLDER
    if case.state == Case.State.DECIDED and person.has_role(*READS_DECIDED):
        return Access.READER
    return Access.OUTSIDER


def is_held_by(case, person):
    return case.state == Case.State.CLAIMED and case.claimed_by_id == person.pk and case.claim_until > timezone.now()
