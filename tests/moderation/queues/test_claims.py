"""One case, one person: taking it, giving it back, closing it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Case, Category, Decision, LedgerEntry, Limit, OptOut, Queue, QueuePolicy, Reservation, Role, StaleState
from moderation.queues import claims, holding
from moderation.wellbeing import ledger, limits
from tests.factories import make_case, make_person

pytestmark = pytest.mark.django_db


def category(slug):
    return Category.objects.get(slug=slug)


def severe(**given):
    return make_case(category=category("threat"), worst_units=6.0, **given)


def events(case):
    return [event.kind for event in case.events.all()]


def end_claim(case):
    Case.objects.filter(pk=case.pk).update(claim_until=timezone.now() - timedelta(seconds=1))


def test_the_most_urgent_case_comes_first_whatever_its_queue():
    make_case(priority=1)
    urgent = make_case(priority=2, queue=Queue.objects.get(slug="second-look"))
    person = make_person()
    assert claims.claim_next(person) == urgent
    urgent.refresh_from_db()
    assert (urgent.state, urgent.claimed_by) == (Case.State.CLAIMED, person)
    assert urgent.first_claimed_at == urgent.claimed_at
    assert events(urgent) == ["claimed"]


def test_of_two_as_urgent_the_older_comes_first():
    make_case()
    older = make_case(opened_at=timezone.now() - timedelta(hours=1))
    assert claims.claim_next(make_person()) == older


def test_a_queue_can_be_named():
    make_case(priority=9)
    waves = Queue.objects.get(slug="waves")
    case = make_case(queue=waves)
    assert claims.claim_next(make_person(), waves) == case


def test_only_a_queues_workers_get_its_cases():
    worker = make_person()
    Queue.objects.get(slug="reports").workers.add(worker)
    case = make_case()
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(make_person())
    with pytest.raises(claims.NothingForYou):
        claims.claim(make_person(), case)
    assert claims.claim_next(worker) == case


@pytest.mark.parametrize("given", [{"role": Role.AUDITOR}, {"is_active": False}])
def test_who_takes_no_cases_gets_none(given):
    make_case()
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(make_person(**given))


def test_second_moderator_cannot_claim_a_taken_case():
    case = make_case()
    first = make_person(username="ada")
    claims.claim_next(first)
    with pytest.raises(claims.Taken, match="ada") as taken:
        claims.claim(make_person(), case)
    assert taken.value.by == first
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(make_person())


def test_claiming_ones_own_case_again_gives_back_the_same_claim():
    case = make_case()
    person = make_person()
    first = claims.claim(person, case)
    assert claims.claim(person, case).claim == first.claim
    assert Reservation.objects.count() == 1


def test_a_case_that_costs_too_much_is_passed_over_for_one_that_fits():
    person = make_person()
    severe(priority=9)
    cheap = make_case(priority=1, worst_units=1.0)
    held = claims.claim_next(person, Queue.objects.get(slug="reports"))
    assert held.worst_units == 6.0
    severe(priority=9)
    limits.lower(person=person, queue=held.queue, units=7.5)
    assert claims.claim_next(person) == cheap


def test_a_case_dearer_than_a_whole_day_takes_the_whole_day():
    person = make_person()
    queue = Queue.objects.get(slug="reports")
    limits.lower(person=person, queue=queue, units=2)
    case = severe()
    assert claims.claim_next(person) == case
    assert limits.meters(person, [queue])[0].reserved == 2
    severe()
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(person)


def test_a_limit_of_nothing_still_allows_what_costs_nothing():
    person = make_person()
    limits.lower(person=person, queue=Queue.objects.get(slug="reports"), units=0)
    severe(priority=9)
    spam = make_case()
    assert claims.claim_next(person) == spam


def test_an_opted_out_category_never_comes():
    person = make_person()
    case = severe()
    limits.opt_out(person=person, category=case.category)
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(person)
    with pytest.raises(claims.NothingForYou):
        claims.claim(person, case)
    limits.opt_in(person=person, category=case.category)
    assert claims.claim_next(person) == case


def test_a_case_handed_over_never_comes_back():
    case = make_case()
    person, colleague = make_person(), make_person()
    claims.pass_on(person, claims.claim_next(person))
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(person)
    with pytest.raises(claims.NothingForYou):
        claims.claim(person, case)
    assert claims.claim_next(colleague) == case
    assert events(case) == ["claimed", "passed", "claimed"]


def test_a_case_cannot_be_handed_over_twice_or_by_another():
    person = make_person()
    make_case()
    case = claims.claim_next(person)
    with pytest.raises(StaleState):
        claims.pass_on(make_person(), case)
    claims.pass_on(person, case)
    with pytest.raises(StaleState):
        claims.pass_on(person, case)


def test_stopping_gives_everything_back_and_frees_what_was_reserved():
    person = make_person()
    for _ in range(3):
        severe()
        claims.claim_next(person)
    assert claims.release(person) == 3
    assert set(Case.objects.values_list("state", flat=True)) == {"open"}
    assert limits.meters(person)[0].reserved == 0
    assert claims.release(person) == 0


def test_a_claim_that_runs_out_goes_back_and_what_was_not_shown_is_not_charged():
    person = make_person()
    severe()
    case = claims.claim_next(person)
    ledger.charge(claim=case.claim, severity=3, modality="text")
    end_claim(case)
    with pytest.raises(StaleState):
        claims.held(case, person, case.claim)
    assert claims.expire_claims() == 1
    assert claims.expire_claims() == 0
    meter = limits.meters(person)[0]
    assert (meter.settled, meter.reserved) == (1.5, 0)
    assert events(case)[-1] == "expired"


def test_an_expired_claim_is_free_for_a_colleague_before_the_sweep():
    case = make_case()
    claims.claim_next(make_person())
    end_claim(case)
    colleague = make_person()
    assert claims.claim(colleague, case).claimed_by == colleague


def test_working_on_a_case_keeps_it():
    person = make_person()
    make_case()
    case = claims.claim_next(person)
    Case.objects.update(claim_until=timezone.now() + timedelta(seconds=5))
    claims.touch(person, case)
    assert case.claim_until > timezone.now() + timedelta(minutes=29)
    end_claim(case)
    with pytest.raises(StaleState):
        claims.touch(person, case)


def test_closing_needs_the_very_claim():
    person = make_person()
    make_case(worst_units=3)
    case = claims.claim_next(person)
    old = case.claim
    claims.release(person)
    case = claims.claim_next(person)
    with pytest.raises(StaleState):
        claims.close(case, person, old)
    closed = claims.close(case, person, case.claim)
    assert (closed.state, closed.claim, closed.claimed_by) == (Case.State.DECIDED, None, None)
    assert closed.decided_at
    assert not Reservation.objects.filter(closed_at=None).exists()
    with pytest.raises(StaleState):
        claims.close(case, person, case.claim)


def test_a_claim_lasts_as_long_as_the_queues_policy_says():
    queue = Queue.objects.get(slug="reports")
    QueuePolicy.objects.create(queue=queue, version=2, units_a_day=60, claim_minutes=5)
    make_case()
    case = claims.claim_next(make_person())
    assert case.claim_until - case.claimed_at == timedelta(minutes=5)


def decided_by(person, **given):
    case = make_case(state=Case.State.DECIDED, decided_at=timezone.now(), **given)
    Decision.objects.create(case=case, account=case.account, moderator=person, action="warn")
    return claims.reopen(case, person, second_look=True)


def test_a_second_look_goes_to_another_person_where_there_is_one():
    first, second = make_person(), make_person()
    case = decided_by(first)
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(first)
    assert claims.claim_next(second) == case


def test_a_second_look_comes_back_to_whoever_decided_when_nobody_else_can_take_it():
    first, second = make_person(), make_person()
    case = decided_by(first)
    limits.opt_out(person=second, category=case.category)
    assert claims.claim_next(first) == case


def test_a_decided_case_opens_again_once():
    case = make_case(state=Case.State.DECIDED, decided_at=timezone.now())
    person = make_person()
    assert claims.reopen(case, person).state == Case.State.OPEN
    assert events(case) == ["reopened"]
    with pytest.raises(StaleState):
        claims.reopen(case, person)


def test_a_case_nobody_may_take_is_held_until_somebody_may():
    case = severe()
    assert holding.review() == 1
    case.refresh_from_db()
    assert case.state == Case.State.HELD
    person = make_person()
    assert holding.review() == 1
    limits.opt_out(person=person, category=case.category)
    assert holding.review() == 1
    limits.opt_in(person=person, category=case.category)
    assert holding.review() == 1
    claims.pass_on(person, claims.claim_next(person))
    assert holding.review() == 1
    make_person()
    assert holding.review() == 1
    assert holding.review() == 0
    case.refresh_from_db()
    assert case.state == Case.State.OPEN
    assert events(case) == ["held", "unheld", "held", "unheld", "claimed", "passed", "held", "unheld"]


def test_a_full_meter_holds_nothing_because_it_empties_by_itself():
    person = make_person()
    Limit.objects.create(person=person, queue=Queue.objects.get(slug="reports"), units_a_day=0.5)
    LedgerEntry.objects.create(person=person, queue=Queue.objects.get(slug="reports"), severity=2, modality="text", units=0.5)
    severe()
    assert holding.review() == 0
    OptOut.objects.create(person=person, category=category("spam"))
    assert holding.review() == 0
