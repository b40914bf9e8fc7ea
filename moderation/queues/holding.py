"""Cases that nobody may take are held, where the owner sees them; they wait again as soon as somebody can take them."""

from collections import defaultdict

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from moderation.models import Case, CaseEvent, Category, OptOut, PassedOn, Person, Queue

from .workers import TAKES_CASES

MOST = 1000


def review():
    """Hold what nobody may take, and let what somebody may take wait again; how many cases changed."""
    takers = _Takers()
    return _hold_unworkable(takers) + _unhold(takers)


class _Takers:
    """Who may take what, read once: the queue's workers who did not opt out of the category. A full meter empties by itself and is not asked."""

    def __init__(self):
        everybody = set(Person.objects.filter(TAKES_CASES).values_list("pk", flat=True))
        named = defaultdict(set)
        for queue, person in Queue.workers.through.objects.values_list("queue", "person"):
            named[queue].add(person)
        self.workers = {queue: everybody & named.get(queue, everybody) for queue in Queue.objects.values_list("pk", flat=True)}
        self.opted_out = defaultdict(set)
        for category, person in OptOut.objects.values_list("category", "person"):
            self.opted_out[category].add(person)

    def of(self, queue, category):
        return self.workers[queue] - self.opted_out[category]

    def nobodys(self):
        """The (queue, category) pairs that nobody takes."""
        categories = Category.objects.values_list("pk", flat=True)
        return [(queue, category) for category in categories for queue in self.workers if not self.of(queue, category)]


def _hold_unworkable(takers):
    waiting = Case.objects.filter(state=Case.State.OPEN).order_by("pk")
    stuck = [pk for queue, category in takers.nobodys() for pk in waiting.filter(queue=queue, category=category).values_list("pk", flat=True)[:MOST]]
    passed = _passed(Case.State.OPEN)
    stuck += [pk for pk, (queue, category, people) in passed.items() if not takers.of(queue, category) - people]
    return _move(set(stuck), Case.State.OPEN, Case.State.HELD, "held")


def _unhold(takers):
    nobodys = Q()
    for queue, category in takers.nobodys():
        nobodys |= Q(queue=queue, category=category)
    held = Case.objects.filter(state=Case.State.HELD).exclude(nobodys) if nobodys else Case.objects.filter(state=Case.State.HELD)
    passed = _passed(Case.State.HELD)
    free = []
    for pk, queue, category in held.values_list("pk", "queue", "category"):
        people = passed[pk][2] if pk in passed else set()
        if takers.of(queue, category) - people:
            free.append(pk)
    return _move(free, Case.State.HELD, Case.State.OPEN, "unheld")


def _passed(state):
    """{case id: (queue, category, {people who handed it over})} for cases in `state`."""
    found = {}
    for pk, queue, category, person in PassedOn.objects.filter(case__state=state).values_list("case", "case__queue", "case__category", "person"):
        found.setdefault(pk, (queue, category, set()))[2].add(person)
    return found


def _move(pks, here, there, kind):
    """Move cases that are still `here`; each in a statement that checks it, and an event for those that moved."""
    now, moved = timezone.now(), 0
    for pk in sorted(pks):
        with transaction.atomic():
            if Case.objects.filter(pk=pk, state=here).update(state=there):
                CaseEvent.objects.create(case_id=pk, kind=kind, at=now)
                moved += 1
    return moved
