"""Appeals: somebody asks for another look, and the case opens again."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Action, Appeal, Case, Decision, StaleState
from moderation.queues import claims

from .errors import NotAllowed


def open_appeal(*, decision, text, by=None):
    """Record that somebody asks for another look at `decision`: Appeal. Its case waits again, for another person where there is one.

    `by`: who entered it; None when it came from the instance. Raises NotAllowed when the decision no longer stands,
    StaleState when it is being appealed already.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=decision.case_id)
        if decision.action == Action.UNDO or Decision.objects.filter(supersedes=decision).exists():
            raise NotAllowed(_("This decision no longer stands, so there is nothing to appeal. Look at the latest one."))
        try:
            with transaction.atomic():
                appeal = Appeal.objects.create(decision=decision, text=text, entered_by=by)
        except IntegrityError as error:
            raise StaleState(_("Somebody asked for another look at this decision already.")) from error
        if case.state == Case.State.DECIDED:
            claims.reopen(case, by, second_look=True)
    return appeal


def settle(*, decisions):
    """Close the open appeals against what `decisions` supersede: upheld where the action is the same."""
    now = timezone.now()
    upheld = [new.supersedes_id for new in decisions if new.supersedes_id and new.action == new.supersedes.action]
    changed = [new.supersedes_id for new in decisions if new.supersedes_id and new.action != new.supersedes.action]
    waiting = Appeal.objects.filter(state=Appeal.State.OPEN)
    waiting.filter(decision__in=upheld).update(state=Appeal.State.UPHELD, closed_at=now)
    waiting.filter(decision__in=changed).update(state=Appeal.State.OVERTURNED, closed_at=now)
