"""The outbox: each step is sent once, and what the instance says is understood."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.enforcement import decisions, writeback
from moderation.enforcement.errors import NotAllowed
from moderation.models import Action, CaseEvent, Report, StaleState, Writeback
from tests import factories
from tests.stub_mastodon import AGENT, Fault, StubMastodon

from .helpers import account_on, claimed_case, connect, decide, let_time_pass, reported_case, send_all, settle, states

State = Writeback.State


def test_a_limit_reaches_the_instance_and_is_known_here(stub, instance, moderator):
    case = reported_case(stub, instance, moderator, reports=("1", "2"))
    decide(case, moderator, reason="Only adverts", notify=True)
    send_all()
    assert states() == [("account_action", "confirmed"), ("resolve_reports", "confirmed")]
    assert stub.accounts["101"]["silenced"]
    assert stub.strikes == [{"account": "101", "type": "silence", "text": "Only adverts", "report": "1"}]
    assert stub.mails == ["101"]
    # The one action closed both reports, so none was closed by a call of its own.
    assert [path for path, _body in stub.writes()] == ["/api/v1/admin/accounts/101/action"]
    case.account.refresh_from_db()
    assert case.account.silenced
    assert not Report.objects.filter(resolved_at=None).exists()


def test_who_we_are_there_is_known_before_the_first_echo_can_come(stub, moderator):
    instance = connect(stub)
    assert instance.agent_account_id == ""
    decide(reported_case(stub, instance, moderator), moderator)
    send_all()
    instance.refresh_from_db()
    assert instance.agent_account_id == AGENT
    paths = [path for _method, path, *_rest in stub.requests]
    assert paths.index("/api/v1/accounts/verify_credentials") < paths.index("/api/v1/admin/accounts/101/action")


def test_without_notice_no_words_and_no_mail_leave(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator), moderator, reason="An internal thought", notify=False)
    send_all()
    assert stub.mails == []
    assert stub.strikes[0]["text"] == ""


@pytest.mark.parametrize(
    ("action", "flag"),
    [(Action.MARK_SENSITIVE, "sensitized"), (Action.LIMIT, "silenced"), (Action.FREEZE, "disabled"), (Action.SUSPEND, "suspended")],
)
def test_every_action_does_there_what_it_is_called_here(stub, instance, moderator, action, flag):
    case = reported_case(stub, instance, moderator)
    decide(case, moderator, action)
    send_all()
    assert stub.accounts["101"][flag]
    assert stub.reports["1"]["closed_by"]
    case.account.refresh_from_db()
    assert getattr(case.account, flag)


@pytest.mark.parametrize("action", [Action.NO_ACTION, Action.NOTE])
def test_no_action_and_a_note_only_close_the_reports_of_the_case(stub, instance, moderator, action):
    case = reported_case(stub, instance, moderator)
    stub.add_report("7", "101")  # of another matter
    decide(case, moderator, action, note="Seen before")
    send_all()
    assert stub.strikes == []
    assert stub.reports["1"]["closed_by"]
    assert stub.reports["7"]["closed_by"] is None


def test_a_warning_closes_all_reports_of_the_case_and_counts_once(stub, instance, moderator):
    case = reported_case(stub, instance, moderator, reports=("1", "2"))
    stub.add_report("7", "101")
    decide(case, moderator, Action.WARN, reason="Please stop")
    send_all()
    assert stub.strikes_on("101") == 1
    assert stub.mails == ["101"]
    assert [bool(stub.reports[key]["closed_by"]) for key in ("1", "2", "7")] == [True, True, False]


def test_a_sign_up_is_let_in(stub, instance, moderator):
    account = account_on(stub, instance, approved=False)
    sign_up = factories.make_sign_up(account)
    case = claimed_case(moderator, account, kind="sign_up", sign_up=sign_up)
    decide(case, moderator, Action.APPROVE)
    send_all()
    assert stub.accounts["101"]["approved"]
    sign_up.refresh_from_db()
    account.refresh_from_db()
    assert (sign_up.outcome, account.approved) == ("approved", True)


def test_a_sign_up_is_turned_away(stub, instance, moderator):
    account = account_on(stub, instance, approved=False)
    case = claimed_case(moderator, account, kind="sign_up", sign_up=factories.make_sign_up(account))
    decide(case, moderator, Action.REJECT)
    send_all()
    assert "101" not in stub.accounts
    assert states() == [("reject", "confirmed")]


def test_in_observe_mode_nothing_is_sent_now_or_later(stub, instance, moderator):
    instance.mode = "observe"
    instance.save()
    decide(reported_case(stub, instance, moderator), moderator)
    send_all()
    instance.mode = "act"
    instance.save()
    settle()
    assert states() == [("account_action", "observed"), ("resolve_reports", "observed")]
    assert stub.requests == []


def test_what_still_waits_when_an_instance_is_switched_to_observe_is_shown_and_not_sent(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator), moderator)
    instance.mode = "observe"
    instance.save()
    settle()
    assert states() == [("account_action", "refused"), ("resolve_reports", "refused")]
    assert stub.strikes == []
    with pytest.raises(NotAllowed):
        writeback.retry(writeback=Writeback.objects.first(), by=moderator)


def test_an_account_that_is_limited_already_gets_no_second_strike(stub, instance, moderator):
    case = reported_case(stub, instance, moderator, silenced=True)
    decide(case, moderator)
    send_all()
    assert stub.strikes == []
    assert stub.reports["1"]["closed_by"]
    assert Writeback.objects.get(call="account_action").receipt == {"already": True}


def test_a_refusal_is_kept_with_what_to_do_and_stops_the_later_steps(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator, rank=99), moderator)
    send_all()
    first, second = Writeback.objects.order_by("order")
    assert (first.state, second.state) == (State.REFUSED, State.REFUSED)
    assert "ranks at least as high" in first.error
    assert "step before it" in second.error
    assert stub.reports["1"]["closed_by"] is None


def test_a_refused_step_can_be_sent_again_once_the_cause_is_gone(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator, rank=99), moderator)
    send_all()
    stub.accounts["101"]["rank"] = 0
    first = Writeback.objects.order_by("order").first()
    writeback.retry(writeback=first, by=moderator)
    with pytest.raises(ValueError, match="cannot go from"):
        writeback.retry(writeback=first, by=moderator)
    send_all()
    assert states() == [("account_action", "confirmed"), ("resolve_reports", "confirmed")]
    assert stub.strikes_on("101") == 1
    assert CaseEvent.objects.filter(kind="sent_again", by=moderator).count() == 1


def test_a_refusal_is_read_once(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator, rank=99), moderator)
    send_all()
    row = Writeback.objects.first()
    writeback.acknowledge(writeback=row, by=moderator)
    assert not Writeback.objects.filter(state=State.REFUSED, seen_at=None).exists()
    with pytest.raises(StaleState):
        writeback.acknowledge(writeback=row, by=moderator)


def test_an_account_that_is_gone_is_a_refusal_in_plain_words(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    del stub.accounts["101"]
    decide(case, moderator)
    send_all()
    assert "no longer has this account" in Writeback.objects.first().error


def test_a_429_pauses_the_whole_instance_until_the_reset(stub, instance, moderator):
    for number in (101, 102, 103):
        decide(reported_case(stub, instance, moderator, str(number), reports=(f"{number}1",)), moderator)
    stub.remaining = 0
    send_all()
    instance.refresh_from_db()
    assert instance.rate_limited_until > timezone.now()
    asked = len(stub.requests)
    assert asked == 1
    send_all()
    assert len(stub.requests) == asked
    stub.remaining = 300
    settle()
    assert stub.strike_counts() == {"101": 1, "102": 1, "103": 1}


def test_a_limit_reached_in_the_middle_of_a_step_doubles_nothing(stub, instance, moderator):
    for number in (101, 102):
        decide(reported_case(stub, instance, moderator, str(number), reports=(f"{number}1",)), moderator)
    for window in range(12):
        stub.remaining = 1 + window % 4
        send_all()
        let_time_pass()
    assert stub.strike_counts() == {"101": 1, "102": 1}
    assert {state for _call, state in states()} == {"confirmed"}


def test_an_instance_that_is_down_is_asked_once_a_round_and_loses_nothing(moderator):
    with StubMastodon() as stub:
        instance = connect(stub)
        for number in (101, 102, 103):
            decide(reported_case(stub, instance, moderator, str(number), reports=(f"{number}1",)), moderator)
    send_all()
    rows = Writeback.objects.filter(call="account_action")
    assert {row.state for row in rows} == {State.PENDING}
    assert sum(row.attempts for row in rows) == 1
    assert all(row.try_after > timezone.now() and row.first_tried_at for row in rows)
    assert writeback.send_waiting() == 0


def test_after_three_days_a_person_is_told(moderator):
    with StubMastodon() as stub:
        decide(reported_case(stub, connect(stub), moderator), moderator)
    Writeback.objects.update(first_tried_at=timezone.now() - timedelta(hours=73))
    send_all()
    row = Writeback.objects.order_by("order").first()
    assert row.state == State.REFUSED
    assert "three days" in row.error
    assert row.receipt is None  # nothing was ever sent


def test_delays_grow_and_stay_under_an_hour():
    delays = [writeback._delay(attempts) for attempts in range(1, 100)]
    assert delays[0] == timedelta(seconds=15)
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["drop", 500, 504])
@pytest.mark.parametrize("action", [Action.LIMIT, Action.SUSPEND, Action.WARN])
def test_a_lost_answer_never_doubles_a_strike(stub, instance, moderator, kind, after, action):
    decide(reported_case(stub, instance, moderator), moderator, action, reason="Please stop")
    stub.faults.append(Fault("POST", "/action", kind, after=after))
    send_all()
    row = Writeback.objects.order_by("order").first()
    assert (row.state, stub.strikes_on("101")) == (State.SENDING, int(after))
    settle()
    assert stub.strikes_on("101") == 1
    assert {state for _call, state in states()} == {"confirmed"}
    assert stub.reports["1"]["closed_by"]


@pytest.mark.parametrize("after", [False, True])
def test_a_warning_that_nothing_shows_is_not_sent_twice_but_shown_to_a_person(stub, instance, moderator, after):
    decide(reported_case(stub, instance, moderator, reports=()), moderator, Action.WARN, reason="Please stop")
    stub.faults.append(Fault("POST", "/action", "drop", after=after))
    settle()
    row = Writeback.objects.get()
    assert (row.state, row.receipt) == (State.REFUSED, {"unknown": True})
    assert "before you send it again" in row.error
    assert stub.strikes_on("101") == int(after)


def test_a_warning_whose_report_somebody_else_closed_meanwhile_is_shown_to_a_person(stub, instance, moderator):
    stub.add_account("5", username="another_moderator")
    decide(reported_case(stub, instance, moderator), moderator, Action.WARN, reason="Please stop")
    stub.faults.append(Fault("POST", "/action", "drop"))
    send_all()
    stub.reports["1"]["closed_by"] = "5"
    settle()
    assert Writeback.objects.order_by("order").first().receipt == {"unknown": True}
    assert stub.strikes == []


@pytest.mark.parametrize("sent", [False, True])
def test_a_killed_worker_neither_loses_nor_doubles(stub, instance, moderator, sent, monkeypatch):
    class Killed(BaseException):
        """Stands for kill -9: nothing of ours runs any more."""

    real = writeback.platform_for

    def mortal(instance):
        platform = real(instance)
        carry_out = platform.send

        def send(call, params):
            if sent:
                carry_out(call, params)
            raise Killed

        platform.send = send
        return platform

    decide(reported_case(stub, instance, moderator), moderator)
    with monkeypatch.context() as patch:
        patch.setattr(writeback, "platform_for", mortal)
        with pytest.raises(Killed):
            writeback.send_waiting()
    assert stub.strikes_on("101") == int(sent)
    assert writeback.send_waiting() == 0  # the lease is still running
    settle()
    assert stub.strikes_on("101") == 1
    assert {state for _call, state in states()} == {"confirmed"}


def test_a_fault_of_ours_on_one_row_does_not_stop_its_neighbours(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator), moderator)
    decide(reported_case(stub, instance, moderator, "102", reports=("2",)), moderator)
    Writeback.objects.filter(params__account_id="101", call="account_action").update(params={"account_id": "101", "type": "silence"})
    send_all()
    poison, *others = Writeback.objects.order_by("pk")
    assert poison.state == State.REFUSED
    assert "KeyError" in poison.error
    assert stub.strike_counts() == {"102": 1}


def test_steps_on_one_account_never_overtake_each_other(stub, instance, moderator):
    (decision,) = decide(reported_case(stub, instance, moderator), moderator)
    stub.faults.append(Fault("POST", "/action", "drop", after=True))
    send_all()
    decisions.undo(decision=decision, by=moderator)
    send_all()
    assert stub.accounts["101"]["silenced"]  # the undo waits until it is known what was done
    settle()
    assert not stub.accounts["101"]["silenced"]
    assert stub.strikes_on("101") == 1


def test_two_rounds_at_once_cannot_take_the_same_step(stub, instance, moderator):
    decide(reported_case(stub, instance, moderator), moderator)
    (row,) = writeback._due(20)
    (again,) = writeback._due(20)
    assert writeback._take(row)
    assert not writeback._take(again)


FAULTS = st.builds(
    Fault,
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/action", "/accounts/", "/reports", "resolve"]),
    kind=st.sampled_from(["drop", 500, 502, 503, 504]),
    after=st.booleans(),
    times=st.integers(1, 3),
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULTS, max_size=6), action=st.sampled_from([Action.LIMIT, Action.SUSPEND, Action.MARK_SENSITIVE, Action.WARN]))
@pytest.mark.django_db
def test_whatever_goes_wrong_on_the_way_the_account_gets_one_strike(faults, action):
    moderator = factories.make_person()
    with StubMastodon() as stub:
        instance = connect(stub, agent_account_id="900")
        decide(reported_case(stub, instance, moderator, reports=("1", "2")), moderator, action, reason="Please stop")
        stub.faults = list(faults)
        settle(rounds=40)
        rows = Writeback.objects.filter(instance=instance)
        assert {row.state for row in rows} == {State.CONFIRMED}
        assert stub.strike_counts() == {"101": 1}
        assert all(report["closed_by"] for report in stub.reports.values())
