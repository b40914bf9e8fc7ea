"""Taking a decision back: what was not sent is cancelled, what was is undone, and the record keeps both."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.enforcement import decisions, writeback
from moderation.enforcement.errors import NotAllowed, NotUndoable
from moderation.models import Action, Case, Decision, Report, StaleState, Writeback
from moderation.queues import claims
from tests import factories
from tests.stub_mastodon import Fault

from .helpers import account_on, claimed_case, decide, let_time_pass, reported_case, send_all, settle, states

pytestmark = pytest.mark.django_db


def test_what_was_not_sent_yet_is_cancelled_and_nothing_is_called(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator)
    assert decisions.undoable(decision)[0]
    (undone,) = decisions.undo(decision=decision, by=moderator)
    settle()
    assert (undone.action, undone.supersedes) == (Action.UNDO, decision)
    assert states() == [("account_action", "cancelled"), ("resolve_reports", "cancelled")]
    assert stub.requests == []
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


@pytest.mark.parametrize(
    ("action", "flag"),
    [(Action.MARK_SENSITIVE, "sensitized"), (Action.LIMIT, "silenced"), (Action.FREEZE, "disabled"), (Action.SUSPEND, "suspended")],
)
def test_what_was_sent_is_undone_and_its_reports_are_opened_again(stub, instance, moderator, action, flag):
    case = reported_case(stub, instance, moderator, reports=("1", "2"))
    (decision,) = decide(case, moderator, action)
    send_all()
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert not stub.accounts["101"][flag]
    assert stub.strikes_on("101") == 1
    assert [stub.reports[key]["closed_by"] for key in ("1", "2")] == [None, None]
    case.account.refresh_from_db()
    assert not getattr(case.account, flag)
    assert Report.objects.filter(resolved_at=None).count() == 2


def test_a_case_taken_back_can_be_decided_otherwise(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (first,) = decide(case, moderator, Action.SUSPEND)
    send_all()
    decisions.undo(decision=first, by=moderator)
    again = claims.claim(moderator, Case.objects.get(pk=case.pk))
    (second,) = decide(again, moderator, Action.NO_ACTION)
    settle()
    assert second.supersedes is None
    assert not stub.accounts["101"]["suspended"]
    assert stub.reports["1"]["closed_by"]
    assert stub.strikes_on("101") == 1


def test_the_second_undo_finds_it_taken_back(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    decisions.undo(decision=decision, by=moderator)
    with pytest.raises(StaleState):
        decisions.undo(decision=decision, by=moderator)
    assert Decision.objects.count() == 2
    possible, why = decisions.undoable(decision)
    assert not possible
    assert "later decision" in why


def test_an_undo_is_not_undone_but_decided_anew(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    (undone,) = decisions.undo(decision=decision, by=moderator)
    assert not decisions.undoable(undone)[0]
    with pytest.raises(NotUndoable):
        decisions.undo(decision=undone, by=moderator)


def test_a_warning_stays_given_and_the_sentence_says_so(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator, Action.WARN, reason="Please stop")
    send_all()
    possible, sentence = decisions.undoable(decision)
    assert possible
    assert "cannot be called back" in sentence
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert stub.strikes_on("101") == 1
    assert stub.reports["1"]["closed_by"] is None


def test_a_rejection_is_final_once_the_account_is_deleted(stub, instance, moderator):
    account = account_on(stub, instance, approved=False)
    case = claimed_case(moderator, account, kind="sign_up", sign_up=factories.make_sign_up(account))
    (decision,) = decide(case, moderator, Action.REJECT)
    assert decisions.undoable(decision)[0]
    send_all()
    possible, why = decisions.undoable(decision)
    assert not possible
    assert "sign up again" in why
    with pytest.raises(NotUndoable):
        decisions.undo(decision=decision, by=moderator)


def test_somebody_let_in_stays_in_and_can_be_judged_anew(stub, instance, moderator):
    account = account_on(stub, instance, approved=False)
    case = claimed_case(moderator, account, kind="sign_up", sign_up=factories.make_sign_up(account))
    (decision,) = decide(case, moderator, Action.APPROVE)
    send_all()
    assert "stay let in" in decisions.undoable(decision)[1]
    decisions.undo(decision=decision, by=moderator)
    again = claims.claim(moderator, Case.objects.get(pk=case.pk))
    assert Action.SUSPEND in {offer.action for offer in decisions.available(again, moderator)}
    assert Action.REJECT not in {offer.action for offer in decisions.available(again, moderator)}


def test_after_thirty_days_a_suspension_is_final(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator, Action.SUSPEND)
    send_all()
    assert decisions.undoable(decision)[0]
    Decision.objects.filter(pk=decision.pk).update(created_at=timezone.now() - timedelta(days=31))
    decision.refresh_from_db()
    possible, why = decisions.undoable(decision)
    assert not possible
    assert "30 days" in why


def test_what_somebody_else_did_before_us_is_not_undone(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator, silenced=True), moderator)
    send_all()
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert stub.accounts["101"]["silenced"]
    assert stub.reports["1"]["closed_by"] is None


def test_what_was_only_observed_is_taken_back_here_alone(stub, instance, moderator):
    instance.mode = "observe"
    instance.save()
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator)
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert stub.requests == []
    assert not Writeback.objects.exclude(state="observed").exists()


def test_a_refused_step_of_a_decision_taken_back_is_not_sent_again(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator, rank=99), moderator)
    send_all()
    decisions.undo(decision=decision, by=moderator)
    row = Writeback.objects.order_by("pk").first()
    assert row.seen_at
    with pytest.raises(NotAllowed):
        writeback.retry(writeback=row, by=moderator)


@pytest.mark.parametrize("after", [False, True])
def test_a_step_in_doubt_is_looked_into_and_then_undone_where_it_was_done(stub, instance, moderator, after):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    stub.faults.append(Fault("POST", "/action", "drop", after=after))
    send_all()
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert not stub.accounts["101"]["silenced"]
    assert stub.strikes_on("101") == int(after)
    assert not Writeback.objects.filter(state__in=["pending", "sending", "refused"]).exists()


def test_what_was_done_without_an_answer_is_ours_and_can_be_undone(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    stub.faults.append(Fault("POST", "/action", "drop", after=True))
    settle()
    assert Writeback.objects.order_by("pk").first().receipt == {"seen_afterwards": True}
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert not stub.accounts["101"]["silenced"]


def test_what_was_done_long_after_the_answer_was_lost_is_ours_as_well(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    stub.faults.append(Fault("POST", "/action", "drop"))
    send_all()
    let_time_pass()
    (row,) = writeback._due(1)
    assert writeback._take(row)
    writeback._work_on(row, writeback.platform_for(instance))  # it is not done yet …
    assert Writeback.objects.get(pk=row.pk).state == "pending"
    stub.accounts["101"]["silenced"] = True  # … and now it is
    settle()
    assert Writeback.objects.get(pk=row.pk).receipt == {"seen_afterwards": True}
    decisions.undo(decision=decision, by=moderator)
    settle()
    assert not stub.accounts["101"]["silenced"]


def test_a_report_that_came_meanwhile_keeps_its_own_case(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator)
    send_all()
    newer = factories.make_case(case.account)
    decisions.undo(decision=decision, by=moderator)
    settle()
    case.refresh_from_db()
    newer.refresh_from_db()
    assert (case.state, newer.state) == (Case.State.DECIDED, Case.State.OPEN)
    assert Report.objects.get().case == newer


def test_a_forum_learns_of_an_undo_as_it_learned_of_the_decision(moderator):
    forum = factories.make_instance(software="forum", mode="act")
    sign_up = factories.make_sign_up(factories.make_account(forum, approved=False))
    case = claimed_case(moderator, sign_up.account, kind="sign_up", sign_up=sign_up)
    (decision,) = decide(case, moderator, Action.APPROVE)
    sign_up.refresh_from_db()
    assert sign_up.outcome == "approved"
    decisions.undo(decision=decision, by=moderator)
    sign_up.refresh_from_db()
    assert sign_up.outcome == "pending"
    assert not Writeback.objects.exists()


def test_nothing_of_a_cancelled_step_is_sent_by_a_worker_that_had_read_it(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    (row,) = writeback._due(20)
    decisions.undo(decision=decision, by=moderator)
    assert not writeback._take(row)
    let_time_pass()
    send_all()
    assert stub.requests == []


def test_a_second_look_that_upholds_a_suspension_does_not_make_it_last_longer(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator, Action.SUSPEND)
    send_all()
    Decision.objects.filter(pk=decision.pk).update(created_at=timezone.now() - timedelta(days=31))
    claims.reopen(Case.objects.get(pk=case.pk), moderator)
    (upheld,) = decide(claims.claim(moderator, Case.objects.get(pk=case.pk)), moderator, Action.SUSPEND)
    send_all()
    possible, why = decisions.undoable(upheld)
    assert not possible
    assert "30 days" in why
    with pytest.raises(NotUndoable):
        decisions.undo(decision=upheld, by=moderator)
