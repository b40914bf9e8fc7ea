"""Opening a decided case again."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.models import Case, CaseEvent

SUBJECT = {Case.Kind.ACCOUNT: "account", Case.Kind.POST: "post", Case.Kind.CLUSTER: "cluster", Case.Kind.SIGN_UP: "sign_up"}


def open_again(case, by, kind="reopened", **changes):
    """DECIDED → OPEN with `changes`; the case that is open now.

    Where a newer case on the same thing is open already, that one is returned, with an event that says so. StaleState
    when `case` is not decided any more.
    """
    now = timezone.now()
    if case.state == Case.State.DECIDED:
        try:
            with transaction.atomic():
                case.move(Case.State.OPEN, decided_at=None, raised_at=now, shown=[], **changes)
                CaseEvent.objects.create(case=case, kind=kind, by=by, at=now)
                return case
        except IntegrityError:
            case.refresh_from_db()
    subject = SUBJECT[case.kind]
    newer = Case.objects.exclude(state=Case.State.DECIDED).get(kind=case.kind, **{f"{subject}_id": getattr(case, f"{subject}_id")})
    if newer.pk != case.pk:
        CaseEvent.objects.create(case=newer, kind="raised", by=by, at=now, data={"again": str(case.public_id)})
    return newer
