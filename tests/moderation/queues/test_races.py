"""Many people, tabs and workers at once, on real row locks."""

from collections import Counter
from functools import partial

import pytest

from moderation.models import Case, CaseEvent, Category, LedgerEntry, Meter, Queue, Report, Reservation, StaleState
from moderation.queues import claims, holding, routing
from moderation.wellbeing import ledger, limits
from tests.factories import make_account, make_case, make_instance, make_person, make_report
from tests.moderation.racing import needs_postgres, race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _postgres(transactional_db):
    needs_postgres()


def make_severe_cases(count):
    account = make_account(make_instance())
    threat = Category.objects.get(slug="threat")
    queue = Queue.objects.get(slug="reports")
    accounts = [make_account(account.instance) for _ in range(count)]
    Case.objects.bulk_create(
        Case(instance=row.instance, kind="account", account=row, queue=queue, category=threat, severity=3, worst_units=3.0, priority=n % 7)
        for n, row in enumerate(accounts)
    )


def claim_up_to(person, most, after=lambda case: None):
    for _ in range(most):
        try:
            after(claims.claim_next(person))
        except claims.NothingForYou:
            continue


def test_of_200_racing_claims_no_case_goes_twice_and_no_cap_is_passed():
    make_severe_cases(120)
    people = [make_person() for _ in range(5)]
    queue = Queue.objects.get(slug="reports")
    # Ten tabs, twenty claims each. Five people with a cap of 60 have room for 20 cases of 3 units each.
    race(*(partial(claim_up_to, person, 20) for person in people for _tab in range(2)))
    taken = Counter(CaseEvent.objects.filter(kind="claimed").values_list("case", flat=True))
    assert set(taken.values()) == {1}
    assert len(taken) == Case.objects.filter(state="claimed").count() == Reservation.objects.filter(closed_at=None).count()
    by_person = Counter(Case.objects.filter(state="claimed").values_list("claimed_by", flat=True))
    assert all(by_person[person.pk] == 20 for person in people)
    for person in people:
        assert limits.meters(person, [queue])[0].reserved == 60


def test_one_person_in_many_tabs_never_passes_their_cap():
    make_severe_cases(60)
    person = make_person()
    queue = Queue.objects.get(slug="reports")
    limits.lower(person=person, queue=queue, units=10)

    def look(case):
        try:
            for _ in range(3):  # dearer than the worst case that was set aside
                ledger.charge(claim=case.claim, severity=3, modality="text")
        except (ledger.LimitReached, StaleState):
            return
        claims.release(person, case)

    race(*(partial(claim_up_to, person, 10, look) for _tab in range(6)))
    meter = limits.meters(person, [queue])[0]
    assert 0 < meter.settled <= 10
    assert meter.settled + meter.reserved <= 10
    assert meter.settled == sum(LedgerEntry.objects.values_list("units", flat=True))
    row = Meter.objects.get(person=person, queue=queue)
    assert row.settled + row.reserved <= row.cap


def test_claiming_revealing_stopping_lowering_and_expiring_at_once_leaves_everything_in_order():
    make_severe_cases(40)
    people = [make_person() for _ in range(3)]
    queue = Queue.objects.get(slug="reports")

    def work(person):
        for _ in range(8):
            try:
                case = claims.claim_next(person)
                ledger.charge(claim=case.claim, severity=3, modality="text")
                claims.pass_on(person, case)
            except (claims.NothingForYou, ledger.LimitReached, StaleState):
                claims.release(person)

    def sweep():
        for _ in range(8):
            Case.objects.filter(state="claimed", pk__in=list(Case.objects.filter(state="claimed").values_list("pk", flat=True)[:2])).update(
                claim_until="2020-01-01T00:00Z"
            )
            claims.expire_claims()
            holding.review()

    def lower():
        for units in range(40, 20, -4):
            for person in people:
                limits.lower(person=person, queue=queue, units=units)

    race(*(partial(work, person) for person in people for _tab in range(2)), sweep, lower)
    assert Case.objects.filter(state="claimed").count() == Reservation.objects.filter(closed_at=None).count()
    assert set(Case.objects.filter(state="claimed").values_list("claim", flat=True)) == set(
        Reservation.objects.filter(closed_at=None).values_list("claim", flat=True)
    )
    for person in people:
        meter = limits.meters(person, [queue])[0]
        assert meter.cap == 24
        assert meter.settled <= 24 or meter.reserved == 0
        row = Meter.objects.get(person=person, queue=queue)
        assert row.reserved == 0 or row.settled + row.reserved <= row.cap + 1e-9


def test_racing_routers_lose_no_report_and_open_one_case_an_account():
    instance = make_instance()
    accounts = [make_account(instance) for _ in range(6)]
    for n in range(90):
        make_report(accounts[n % 6], reporter=accounts[(n + 1) % 6])
    person = make_person()

    def decide():
        for _ in range(10):
            try:
                case = claims.claim_next(person)
                claims.close(case, person, case.claim)
            except (claims.NothingForYou, StaleState):
                continue

    def route(limit):
        while Report.objects.filter(state="waiting").exists():
            routing.route_waiting(limit)

    race(*(partial(route, limit) for limit in (7, 11, 90, 13)), decide)
    assert not Report.objects.filter(state="waiting").exists()
    assert not Report.objects.filter(case=None).exists()
    assert all(report.case.account_id == report.target_id for report in Report.objects.select_related("case"))
    told = [pk for event in CaseEvent.objects.filter(kind__in=["opened", "raised"]) for pk in event.data["reports"]]
    assert sorted(told) == sorted(Report.objects.values_list("pk", flat=True))
    assert not Case.objects.filter(reports=None).exists()
    undecided = Counter(Case.objects.exclude(state="decided").values_list("account", flat=True))
    assert set(undecided.values()) <= {1}


def test_one_case_cannot_be_closed_twice():
    make_case()
    person = make_person()
    case = claims.claim_next(person)
    closed = []

    def close():
        try:
            closed.append(claims.close(case, person, case.claim))
        except StaleState:
            closed.append(None)

    race(close, close, close)
    assert len([row for row in closed if row]) == 1
    assert CaseEvent.objects.filter(kind="decided").count() == 1
