"""Opening cases, raising open ones, and opening decided ones again."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Case, CaseEvent, StaleState
from moderation.wellbeing.worst_case import worst_units

from .facts import of_cases
from .placing import priority

SUBJECT = {Case.Kind.ACCOUNT: "account", Case.Kind.POST: "post", Case.Kind.CLUSTER: "cluster", Case.Kind.SIGN_UP: "sign_up"}
RELATED = ("instance", "account", "post", "cluster__representative")
ROUNDS = 3
_FIELDS = [
    "queue", "rule", "category", "severity", "reasons", "reporters_count", "reports_count", "size", "priority", "worst_units", "previous", "raised_at",
]  # fmt: skip


def open_cases(kind, wanted):
    """{subject id: Case}, each open (or claimed, or held), locked until the transaction ends; `case.is_new` says whether we opened it.

    `wanted`: {subject id: an unsaved Case}. Where somebody else opened the same case meanwhile, the partial unique
    constraint refuses ours, and theirs is found. A subject whose case was decided in between each try is left out: it
    waits for the next round.
    """
    subject = SUBJECT[kind]
    ours = {case.public_id for case in wanted.values()}
    undecided = Case.objects.filter(kind=kind).exclude(state=Case.State.DECIDED)
    found = {}
    for _round in range(ROUNDS):
        missing = {pk: case for pk, case in wanted.items() if pk not in found}
        if not missing:
            break
        same = undecided.filter(**{f"{subject}__in": missing})
        known = set(same.values_list(f"{subject}_id", flat=True))
        Case.objects.bulk_create([case for pk, case in missing.items() if pk not in known], ignore_conflicts=True)
        for case in same.order_by("pk").select_for_update(of=("self",), no_key=True).select_related(*RELATED):
            case.is_new = case.public_id in ours
            found[getattr(case, f"{subject}_id")] = case
    return found


def place(cases, placing, told, *, by=None):
    """Put locked `cases` where the rules say, as urgent as they now are, and write an event for each.

    `told`: {case id: (reasons, event data)}. A case that somebody is looking at keeps its queue: it was claimed under
    that queue's limits. The machine raises a severity, never lowers it.
    """
    if not cases:
        return
    now = timezone.now()
    _link_previous([case for case in cases if case.is_new])
    facts = of_cases(cases)
    for case in cases:
        fact = facts[case.pk]
        rule = placing.rule_for(fact)
        category = placing.category_for(rule, fact)
        if case.is_new or category.severity > case.severity:
            case.category, case.severity = category, category.severity
        if case.state != Case.State.CLAIMED:
            case.queue, case.rule = placing.queue_for(rule), rule
        case.reporters_count = max(case.reporters_count, fact.reporters)
        case.reports_count = max(case.reports_count, fact.reports)
        case.reasons = _merged(case.reasons, told[case.pk][0])
        case.priority = priority(severity=case.severity, reporters=case.reporters_count, opened_at=case.opened_at, size=case.size)
        case.raised_at = now
    worst = worst_units(cases)
    for case in cases:
        case.worst_units = worst[case.pk]
    Case.objects.bulk_update(cases, _FIELDS)
    CaseEvent.objects.bulk_create(CaseEvent(case=case, kind="opened" if case.is_new else "raised", by=by, at=now, data=told[case.pk][1]) for case in cases)


def open_again(case, by, kind="reopened", **changes):
    """DECIDED → OPEN with `changes`; the case that is open now.

    Where a newer case on the same thing is open already, that one is returned, with an event that says so. StaleState
    when `case` was opened again by somebody else.
    """
    now = timezone.now()
    case.refresh_from_db()
    if case.state != Case.State.DECIDED:
        raise StaleState(_("This case is open already."))
    try:
        with transaction.atomic():
            case.move(Case.State.OPEN, decided_at=None, raised_at=now, shown=[], **changes)
            CaseEvent.objects.create(case=case, kind=kind, by=by, at=now)
            return case
    except IntegrityError:
        subject = SUBJECT[case.kind]
        same = Case.objects.exclude(state=Case.State.DECIDED).filter(kind=case.kind, **{f"{subject}_id": getattr(case, f"{subject}_id")})
    newer = same.first()
    if newer is None:
        raise StaleState(_("A newer case on the same thing was decided just now."))
    CaseEvent.objects.create(case=newer, kind="raised", by=by, at=now, data={"again": str(case.public_id)})
    return newer


def _link_previous(cases):
    """The newest decided case on the same thing, for each of `cases`, which are of one kind."""
    if not cases:
        return
    subject = f"{SUBJECT[cases[0].kind]}_id"
    old = Case.objects.filter(kind=cases[0].kind, state=Case.State.DECIDED, **{f"{subject}__in": [getattr(case, subject) for case in cases]})
    newest = dict(old.order_by("decided_at", "pk").values_list(subject, "pk"))
    for case in cases:
        case.previous_id = newest.get(getattr(case, subject))


def _merged(old, new):
    kinds = {reason["kind"] for reason in new}
    return [reason for reason in old if reason["kind"] not in kinds] + new
