"""Whatever people, tabs and sweeps do in whatever order, nobody is shown more than their cap."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.models import Case, Category, LedgerEntry, Meter, Queue, QueuePolicy, Reservation, StaleState
from moderation.queues import claims, holding
from moderation.wellbeing import ledger, limits, meters
from tests.factories import make_account, make_case, make_instance, make_person

pytestmark = pytest.mark.django_db

PEOPLE, QUEUES, CASES = 2, ("reports", "waves"), 6
person = st.integers(0, PEOPLE - 1)
queue = st.integers(0, len(QUEUES) - 1)
number = st.integers(0, 40)  # of the claims made so far, ended ones too: a stale page replays them
units = st.sampled_from([0, 0.125, 1, 2.5, 6, 12, 60])
STEPS = st.one_of(
    st.tuples(st.just("claim"), person, queue),
    st.tuples(st.just("claim_any"), person),
    st.tuples(st.just("claim_this"), person, st.integers(0, CASES - 1)),
    st.tuples(st.just("charge"), number, st.integers(0, 4), st.sampled_from(["text", "image", "video"]), st.sampled_from([-5, 10, 25, 10**9])),
    st.tuples(st.just("settle"), number),
    st.tuples(st.just("close"), number),
    st.tuples(st.just("pass_on"), number),
    st.tuples(st.just("stop"), person),
    st.tuples(st.just("lower"), person, queue, units),
    st.tuples(st.just("restore"), person, queue),
    st.tuples(st.just("policy"), queue, units),
    st.tuples(st.just("worse"), st.integers(0, CASES - 1), st.integers(0, 4), units),
    st.tuples(st.just("hours"), st.sampled_from([1, 13, 25])),
    st.tuples(st.just("expire"), st.booleans()),
)
REFUSALS = (claims.NothingForYou, claims.Taken, ledger.LimitReached, limits.NotLower, StaleState)


class World:
    """Two people, two queues, six cases, and the steps one can take among them."""

    def __init__(self):
        instance = make_instance()
        self.people = [make_person() for _ in range(PEOPLE)]
        self.queues = [Queue.objects.get(slug=slug) for slug in QUEUES]
        threat = Category.objects.get(slug="threat")
        self.cases = [make_case(make_account(instance), queue=self.queues[n % 2], category=threat, worst_units=(CASES - n) * 1.5) for n in range(CASES)]
        self.claims = []  # (person, case, claim)

    def step(self, name, *args):
        with suppress(*REFUSALS):
            getattr(self, name)(*args)
        self.check()

    def _note(self, case):
        self.claims.append((case.claimed_by, case, case.claim))

    def _claim(self, number):
        return self.claims[number % len(self.claims)] if self.claims else None

    def claim(self, person, queue):
        self._note(claims.claim_next(self.people[person], self.queues[queue]))

    def claim_any(self, person):
        self._note(claims.claim_next(self.people[person]))

    def claim_this(self, person, case):
        self._note(claims.claim(self.people[person], self.cases[case]))

    def charge(self, number, severity, modality, seconds):
        if held := self._claim(number):
            person, case, claim = held
            row = Reservation.objects.get(claim=claim)
            ledger.charge(claim=claim, severity=severity, modality=modality, seconds=seconds)
            spent = LedgerEntry.objects.filter(person=person, queue=row.queue_id, at__gt=timezone.now() - meters.WINDOW).aggregate(Sum("units"))["units__sum"]
            cap = meters.caps(person, [row.queue_id])[row.queue_id]
            assert ledger.price(severity, modality, seconds) == 0 or spent <= cap + meters.TOLERANCE

    def settle(self, number):
        held = self._claim(number)
        # Only a claim that ended is settled apart from its case.
        if held and not Case.objects.filter(claim=held[2]).exists():
            limits.settle(held[2])

    def close(self, number):
        if held := self._claim(number):
            person, case, claim = held
            claims.close(case, person, claim)

    def pass_on(self, number):
        if held := self._claim(number):
            person, case, claim = held
            case.claim = claim
            claims.pass_on(person, case)

    def stop(self, person):
        claims.release(self.people[person])

    def lower(self, person, queue, units):
        limits.lower(person=self.people[person], queue=self.queues[queue], units=units)

    def restore(self, person, queue):
        limits.restore(person=self.people[person], queue=self.queues[queue])

    def policy(self, queue, units):
        row = self.queues[queue]
        QueuePolicy.objects.create(queue=row, version=row.policy.version + 1, units_a_day=units)

    def worse(self, case, severity, units):
        Case.objects.filter(pk=self.cases[case].pk).update(severity=severity, worst_units=units)

    def hours(self, hours):
        LedgerEntry.objects.update(at=F("at") - timedelta(hours=hours))

    def expire(self, all_of_them):
        over = Case.objects.filter(state="claimed").order_by("pk").values_list("pk", flat=True)
        Case.objects.filter(pk__in=list(over if all_of_them else over[:1])).update(claim_until=timezone.now() - timedelta(seconds=1))
        claims.expire_claims()
        holding.review()

    def check(self):
        for row in Meter.objects.all():
            assert row.reserved == 0 or row.settled + row.reserved <= row.cap + meters.TOLERANCE
            spent = LedgerEntry.objects.filter(person=row.person_id, queue=row.queue_id).aggregate(units=Sum("units"))["units"] or 0
            charged = Reservation.objects.filter(person=row.person_id, queue=row.queue_id).aggregate(units=Sum("spent"))["units"] or 0
            assert spent == pytest.approx(charged)  # nothing shown goes uncharged, nothing is charged twice
        claimed = Case.objects.filter(state="claimed").values_list("claim", "claimed_by")
        assert set(claimed) == set(Reservation.objects.filter(closed_at=None).values_list("claim", "person"))


@settings(max_examples=40, deadline=None)
@example(steps=[("claim", 0, 0), ("lower", 0, 0, 0), ("charge", 0, 4, "video", 10)])
@example(steps=[("claim_any", 0), ("policy", 0, 1), ("charge", 0, 3, "image", 10), ("expire", True), ("claim_this", 1, 5)])
@given(steps=st.lists(STEPS, min_size=4, max_size=25))
def test_nothing_anybody_does_passes_a_cap(steps):
    with transaction.atomic():
        world = World()
        for step in steps:
            world.step(*step)
        transaction.set_rollback(True)
