"""Cases that leave the queue without a decision of ours: settled at the instance, taken into another case, or about nothing any more."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from moderation.models import Case, CaseEvent, Report, SignUp, StaleState

MOST = 500
WAITING = [Case.State.OPEN, Case.State.HELD]


def close_settled_elsewhere():
    """Close waiting cases all of whose reports were resolved, or whose sign-up was answered, at the instance; how many.

    A case that somebody is looking at stays theirs, and so does one that was opened for a second look.
    """
    answered = Case.objects.filter(kind=Case.Kind.SIGN_UP, state__in=WAITING).exclude(sign_up__outcome=SignUp.Outcome.PENDING)
    resolved = Report.objects.filter(resolved_elsewhere=True, case__state__in=WAITING, case__kind=Case.Kind.ACCOUNT, case__second_look=False)
    touched = list(resolved.order_by("case").values_list("case", flat=True).distinct()[:MOST])
    waiting = set(Report.objects.filter(case__in=touched, resolved_at=None).values_list("case", flat=True))
    pks = [*(pk for pk in touched if pk not in waiting), *answered.order_by("pk").values_list("pk", flat=True)[:MOST]]
    return _close(Case.objects.filter(pk__in=pks), "closed_elsewhere", lambda case: {})


def close_dissolved():
    """Close the waiting cases on waves and groups that somebody found innocent, or whose members all went elsewhere; how many."""
    over = Case.objects.filter(Q(cluster__innocent=True) | Q(cluster__size=0), kind=Case.Kind.CLUSTER, state__in=WAITING)
    return _close(over.select_related("cluster"), "dissolved", lambda case: {"innocent": case.cluster.innocent})


def close_joined(wave_cases):
    """Close the waiting cases on single posts that `wave_cases` now take in; how many."""
    by_cluster = {case.cluster_id: case for case in wave_cases}
    alone = Case.objects.filter(kind=Case.Kind.POST, state__in=WAITING, post__membership__cluster__in=by_cluster, post__membership__left_out=False)
    alone = alone.select_related("post__membership")
    return _close(alone, "joined", lambda case: {"case": str(by_cluster[case.post.membership.cluster_id].public_id)})


def _close(cases, kind, data):
    now, closed = timezone.now(), 0
    for case in cases.order_by("pk"):
        told = data(case)
        try:
            with transaction.atomic():
                case.move(Case.State.DECIDED, decided_at=now)
                CaseEvent.objects.create(case=case, kind=kind, at=now, data=told)
            closed += 1
        except StaleState:
            continue  # somebody took it meanwhile: it is theirs to decide
    return closed
