"""One case, one person: taking it, giving it back, closing it. Every step writes a CaseEvent."""

import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Case, CaseEvent, Decision, OptOut, PassedOn, Queue, StaleState
from moderation.wellbeing import limits, meters
from moderation.wellbeing.claimed import held

from . import routing, workers

__all__ = ["NothingForYou", "Taken", "claim", "claim_next", "close", "expire_claims", "held", "pass_on", "release", "reopen", "touch"]

DEFAULT_CLAIM_MINUTES = 30


class NothingForYou(Exception):
    """One opaque answer: no case now. Why (nothing waits, a limit, an opt-out, passed on) is nobody else's to infer."""

    def __init__(self):
        super().__init__(_("There is nothing for you right now."))


class Taken(Exception):
    """A colleague, `by`, is looking at this case."""

    def __init__(self, by):
        super().__init__(_("%(name)s is looking at this case.") % {"name": by.get_full_name() or by.username})
        self.by = by


@transaction.atomic
def claim_next(person, queue=None):
    """The case `person` should look at next, claimed for them; from `queue`, or from all of theirs. Raises NothingForYou.

    One transaction: lock the person's meters, choose the first open case whose worst case fits what is left, reserve
    that, claim it. Cases that another transaction is claiming are passed over, not waited for.
    """
    queues = [row for row in workers.queues_of(person) if queue is None or row.pk == queue.pk]
    if not queues:
        raise NothingForYou
    balances = meters.lock(person, [row.pk for row in queues])
    waiting = _for(person, balances)
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
    case = waiting.first()
    if case is None:
        raise NothingForYou
    return _take(case, person, balances[case.queue_id])


@transaction.atomic
def claim(person, case):
    """Claim this very `case` for `person`, or give them back the claim they hold. Raises Taken, NothingForYou."""
    now = timezone.now()
    case = Case.objects.select_for_update(of=("self",), no_key=True).select_related("claimed_by").get(pk=case.pk)
    if case.state == Case.State.CLAIMED:
        if case.claimed_by_id == person.pk and case.claim_until > now:
            return touch(person, case)
        if case.claim_until > now:
            raise Taken(case.claimed_by)
        _give_back(case, "expired", by=None)
    if case.state != Case.State.OPEN or case.queue not in workers.queues_of(person):
        raise NothingForYou
    balances = meters.lock(person, [case.queue_id])
    if not _for(person, balances).filter(pk=case.pk).exists():
        raise NothingForYou
    return _take(case, person, balances[case.queue_id])


def touch(person, case):
    """Whoever works on a case keeps it: the claim lasts from now again. StaleState when it is no longer theirs."""
    until = timezone.now() + _claim_time(case)
    here = Case.objects.filter(pk=case.pk, state=Case.State.CLAIMED, claim=case.claim, claimed_by=person, claim_until__gt=timezone.now())
    if not here.update(claim_until=until):
        raise StaleState(_("This case is no longer yours. Nothing was changed."))
    case.claim_until = until
    return case


def release(person, case=None):
    """Give back `case`, or everything `person` holds ("Stop"); the number given back. It counts against nobody."""
    mine = Case.objects.filter(state=Case.State.CLAIMED, claimed_by=person)
    if case is not None:
        mine = mine.filter(pk=case.pk)
    # A transaction each: two cases' meters are never locked in an order of their own.
    return sum(_end(pk, "released", by=person) for pk in mine.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def pass_on(person, case):
    """Hand `case` over: it waits again, and never comes back to `person`. StaleState when it is not theirs."""
    mine = held(case, person, case.claim)
    PassedOn.objects.get_or_create(case=mine, person=person)
    _give_back(mine, "passed", by=person)
    return mine


@transaction.atomic
def close(case, person, claim):
    """CLAIMED → DECIDED, inside the caller's transaction; the case, locked. StaleState when `claim` is no longer theirs."""
    case = held(case, person, claim)
    limits.settle(claim)
    case.move(Case.State.DECIDED, claim=None, claimed_by=None, claimed_at=None, claim_until=None, decided_at=timezone.now())
    CaseEvent.objects.create(case=case, kind="decided", by=person)
    return case


def reopen(case, by, second_look=False):
    """A decided `case` waits again; for another person where there is one if it is a second look.

    Returns the case that is open now: where a newer one on the same thing is open already, that one, raised.
    """
    if second_look:
        return routing.route_second_look(case, by)
    return routing.open_again(case, by)


def expire_claims():
    """Give back every case whose claim ran out; the number given back. What was shown stays charged, the rest is freed."""
    over = Case.objects.filter(state=Case.State.CLAIMED, claim_until__lte=timezone.now()).order_by("pk")
    return sum(_end(pk, "expired", by=None, if_over=True) for pk in over.values_list("pk", flat=True)[:1000])


def _for(person, balances):
    """The open cases that `person` may take with what `balances`, {queue id: Balance}, leave them, the most urgent first."""
    room = Q()
    for queue, balance in balances.items():
        untouched = balance.meter.cap > 0 and balance.left >= balance.meter.cap
        room |= Q(queue=queue) if untouched else Q(queue=queue, worst_units__lte=balance.left + meters.TOLERANCE)
    decided_it = Decision.objects.filter(case=OuterRef("pk"), moderator=person)
    return (
        Case.objects.filter(room, state=Case.State.OPEN)
        .exclude(category__in=OptOut.objects.filter(person=person).values("category"))
        .exclude(Exists(PassedOn.objects.filter(case=OuterRef("pk"), person=person)))
        .exclude(Q(second_look=True) & Exists(decided_it) & Exists(workers.others_for_case(person)))
        .order_by("-priority", "opened_at", "pk")
    )


def _take(case, person, balance):
    token, now = uuid.uuid4(), timezone.now()
    limits.reserve_from(balance, case=case, claim=token, units=case.worst_units)
    case.move(
        Case.State.CLAIMED,
        claim=token,
        claimed_by=person,
        claimed_at=now,
        claim_until=now + _claim_time(case),
        first_claimed_at=case.first_claimed_at or now,
        shown=[],
    )
    CaseEvent.objects.create(case=case, kind="claimed", by=person, at=now)
    return case


@transaction.atomic
def _end(pk, kind, *, by, if_over=False):
    """Give one case back if it is still held (by `by`, or past its time); 1 or 0."""
    rows = Case.objects.filter(pk=pk, state=Case.State.CLAIMED)
    rows = rows.filter(claim_until__lte=timezone.now()) if if_over else rows.filter(claimed_by=by)
    case = rows.select_for_update(of=("self",), no_key=True).first()
    if case is None:
        return 0
    _give_back(case, kind, by=by)
    return 1


def _give_back(case, kind, *, by):
    holder = case.claimed_by_id
    limits.settle(case.claim)
    case.move(Case.State.OPEN, claim=None, claimed_by=None, claimed_at=None, claim_until=None)
    CaseEvent.objects.create(case=case, kind=kind, by=by, data={} if by else {"from": holder})


def _claim_time(case):
    policy = Queue(pk=case.queue_id).policy
    return timedelta(minutes=policy.claim_minutes if policy else DEFAULT_CLAIM_MINUTES)
