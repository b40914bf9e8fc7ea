"""What it costs to be shown something, and that nothing passes the cap."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.models import LedgerEntry, Limit, Meter, Queue, QueuePolicy, Reservation, StaleState
from moderation.queues import claims
from moderation.wellbeing import ledger, limits, meters
from tests.factories import make_case, make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("severity", "modality", "seconds", "units"),
    [
        (0, "video", 600, 0),
        (1, "text", 10, 0.125),
        (2, "text", 10, 0.5),
        (2, "image", 1, 1),  # a glimpse costs its full price
        (3, "image", 20, 6),
        (3, "audio", 10, 3),
        (4, "video", 10_000, 36),  # dwell counts three times at most
    ],
)
def test_a_price_is_severity_times_modality_times_dwell(severity, modality, seconds, units):
    assert ledger.price(severity, modality, seconds) == units


@pytest.fixture
def queue():
    return Queue.objects.get(slug="reports")


@pytest.fixture
def person():
    return make_person()


def claimed(person, units=6.0, **given):
    make_case(worst_units=units, **given)
    return claims.claim_next(person)


def the_meter(person, queue):
    return limits.meters(person, [queue])[0]


def test_a_charge_is_paid_from_the_reservation(person, queue):
    case = claimed(person)
    assert ledger.charge(claim=case.claim, severity=3, modality="text") == 1.5
    meter = the_meter(person, queue)
    assert (meter.settled, meter.reserved) == (1.5, 4.5)
    entry = LedgerEntry.objects.get()
    assert (entry.person, entry.queue, entry.case, entry.units) == (person, queue, case, 1.5)
    row = Meter.objects.get(queue=queue)
    assert (row.settled, row.reserved, row.cap) == (1.5, 4.5, 60)


def test_what_costs_nothing_leaves_no_entry(person):
    case = claimed(person)
    assert ledger.charge(claim=case.claim, severity=0, modality="video") == 0
    assert not LedgerEntry.objects.exists()


def test_a_charge_beyond_the_reservation_extends_it_as_far_as_the_cap_allows(person, queue):
    limits.lower(person=person, queue=queue, units=4)
    case = claimed(person, units=1)
    ledger.charge(claim=case.claim, severity=3, modality="image")
    with pytest.raises(ledger.LimitReached) as reached:
        ledger.charge(claim=case.claim, severity=2, modality="video")
    assert (reached.value.needed, reached.value.left) == (2, 1)
    ledger.charge(claim=case.claim, severity=2, modality="image")
    assert the_meter(person, queue).full


def test_a_settled_claim_is_charged_nothing_more(person):
    case = claimed(person)
    limits.settle(case.claim)
    limits.settle(case.claim)
    with pytest.raises(StaleState):
        ledger.charge(claim=case.claim, severity=3, modality="image")


def test_after_24_hours_the_units_are_free_again(person, queue):
    LedgerEntry.objects.create(person=person, queue=queue, severity=3, modality="image", units=59, at=timezone.now() - timedelta(hours=23, minutes=59))
    with pytest.raises(claims.NothingForYou):
        claimed(person)
    LedgerEntry.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    assert claims.claim_next(person)


def test_a_limit_lowered_holds_at_once_for_claims_already_held(person, queue):
    first, second = claimed(person, 6), claimed(person, 6)
    ledger.charge(claim=first.claim, severity=3, modality="image")
    limits.lower(person=person, queue=queue, units=5)
    meter = the_meter(person, queue)
    assert (meter.settled, meter.reserved, meter.cap) == (3, 2, 5)
    assert Reservation.objects.get(claim=second.claim).units == 0  # the newest gives way first
    with pytest.raises(ledger.LimitReached):
        ledger.charge(claim=second.claim, severity=3, modality="image")
    ledger.charge(claim=first.claim, severity=2, modality="image")
    limits.lower(person=person, queue=queue, units=1)
    meter = the_meter(person, queue)
    assert (meter.settled, meter.reserved, meter.left) == (4, 0, 0)


def test_a_policy_lowered_in_mid_claim_holds_at_the_next_charge(person, queue):
    case = claimed(person, 6)
    QueuePolicy.objects.create(queue=queue, version=2, units_a_day=2)
    with pytest.raises(ledger.LimitReached):
        ledger.charge(claim=case.claim, severity=3, modality="image")
    assert ledger.charge(claim=case.claim, severity=2, modality="image") == 1


def test_nobody_raises_a_limit_by_lowering_it(person, queue):
    limits.lower(person=person, queue=queue, units=10)
    for units in (11, -1, float("nan")):
        with pytest.raises(limits.NotLower):
            limits.lower(person=person, queue=queue, units=units)
    with pytest.raises(limits.NotLower):
        limits.restore(person=person, queue=queue, units=61)
    limits.restore(person=person, queue=queue, units=20)
    assert the_meter(person, queue).cap == 20
    limits.restore(person=person, queue=queue)
    assert the_meter(person, queue).cap == 60
    assert not Limit.objects.exists()


def test_no_policy_passes_the_ceiling_and_none_means_nothing(person, queue):
    assert meters.CEILING == 320
    with pytest.raises(IntegrityError), transaction.atomic():
        QueuePolicy.objects.create(queue=queue, version=2, units_a_day=321)
    QueuePolicy.objects.all().delete()
    assert the_meter(person, queue).cap == 0
    with pytest.raises(claims.NothingForYou):
        claimed(person)


def test_the_database_itself_refuses_to_pass_a_cap(person, queue):
    with pytest.raises(IntegrityError), transaction.atomic():
        Meter.objects.create(person=person, queue=queue, settled=50, reserved=11, cap=60)


def test_a_meter_says_so_at_four_fifths(person, queue):
    LedgerEntry.objects.create(person=person, queue=queue, severity=3, modality="image", units=47)
    assert not the_meter(person, queue).soft
    LedgerEntry.objects.create(person=person, queue=queue, severity=3, modality="image", units=1)
    assert the_meter(person, queue).soft
    assert the_meter(person, queue).share == 0.8


def test_one_persons_meter_is_nobody_elses(person, queue):
    LedgerEntry.objects.create(person=person, queue=queue, severity=3, modality="image", units=60)
    assert the_meter(make_person(), queue).settled == 0


def test_reading_meters_takes_the_same_few_queries_for_any_number_of_queues(person, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        assert len(limits.meters(person)) == 4
