"""Appeals: another look, by another person, and what becomes of the decision."""

import pytest

from moderation.enforcement import appeals, decisions
from moderation.enforcement.errors import NotAllowed
from moderation.models import Action, Appeal, Case, Decision, StaleState
from moderation.queues import claims
from tests import factories

from .helpers import decide, reported_case, send_all, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator, Action.SUSPEND)
    send_all()
    return decision


def second_look(decision):
    """The case, claimed by a second person."""
    colleague = factories.make_person()
    return claims.claim(colleague, Case.objects.get(pk=decision.case_id)), colleague


def test_an_appeal_brings_the_case_to_somebody_else(decided, moderator):
    factories.make_person()
    appeal = appeals.open_appeal(decision=decided, text="I am not a bot", by=moderator)
    case = Case.objects.get(pk=decided.case_id)
    assert (appeal.state, case.state, case.second_look) == (Appeal.State.OPEN, Case.State.OPEN, True)
    with pytest.raises(claims.NothingForYou):
        claims.claim(moderator, case)


def test_the_same_decision_again_upholds_it_and_sends_nothing(stub, decided):
    appeal = appeals.open_appeal(decision=decided, text="")
    case, colleague = second_look(decided)
    (again,) = decide(case, colleague, Action.SUSPEND)
    settle()
    appeal.refresh_from_db()
    assert (appeal.state, again.supersedes) == (Appeal.State.UPHELD, decided)
    assert appeal.closed_at
    assert stub.accounts["101"]["suspended"]
    assert stub.strikes_on("101") == 1


def test_an_upheld_decision_can_still_be_taken_back(stub, decided):
    appeals.open_appeal(decision=decided, text="")
    case, colleague = second_look(decided)
    (again,) = decide(case, colleague, Action.SUSPEND)
    settle()
    decisions.undo(decision=again, by=colleague)
    settle()
    assert not stub.accounts["101"]["suspended"]
    assert stub.reports["1"]["closed_by"] is None


def test_a_heavier_decision_takes_the_place_of_a_milder_one(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (first,) = decide(case, moderator, Action.LIMIT)
    send_all()
    appeals.open_appeal(decision=first, text="")
    case, colleague = second_look(first)
    (again,) = decide(case, colleague, Action.SUSPEND)
    settle()
    assert (stub.accounts["101"]["silenced"], stub.accounts["101"]["suspended"]) == (False, True)
    decisions.undo(decision=again, by=colleague)
    settle()
    assert (stub.accounts["101"]["silenced"], stub.accounts["101"]["suspended"]) == (False, False)


def test_a_milder_decision_overturns_it_and_lifts_what_it_did(stub, decided):
    appeal = appeals.open_appeal(decision=decided, text="")
    case, colleague = second_look(decided)
    decide(case, colleague, Action.LIMIT)
    settle()
    appeal.refresh_from_db()
    assert appeal.state == Appeal.State.OVERTURNED
    assert (stub.accounts["101"]["suspended"], stub.accounts["101"]["silenced"]) == (False, True)
    assert [strike["type"] for strike in stub.strikes] == ["suspend", "silence"]


def test_no_action_overturns_it_and_lifts_what_it_did(stub, decided):
    appeals.open_appeal(decision=decided, text="")
    case, colleague = second_look(decided)
    decide(case, colleague, Action.NO_ACTION)
    settle()
    assert not stub.accounts["101"]["suspended"]
    assert stub.strikes_on("101") == 1
    assert stub.reports["1"]["closed_by"]


def test_undoing_the_decision_overturns_it(decided, moderator):
    appeal = appeals.open_appeal(decision=decided, text="")
    decisions.undo(decision=decided, by=moderator)
    appeal.refresh_from_db()
    assert appeal.state == Appeal.State.OVERTURNED


def test_a_decision_is_appealed_once_at_a_time(decided):
    appeals.open_appeal(decision=decided, text="")
    with pytest.raises(StaleState):
        appeals.open_appeal(decision=decided, text="again")
    assert Appeal.objects.count() == 1


def test_a_decision_that_no_longer_stands_cannot_be_appealed(decided, moderator):
    (undone,) = decisions.undo(decision=decided, by=moderator)
    for decision in (decided, undone):
        with pytest.raises(NotAllowed):
            appeals.open_appeal(decision=Decision.objects.get(pk=decision.pk), text="")
