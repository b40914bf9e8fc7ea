"""What deliveries did not tell is asked for."""

import pytest
from django.utils import timezone

from moderation.fediverse import mastodon_wire
from moderation.fediverse.base import AccountSeen, Passing, Refused, RemoteState
from moderation.intake.reconcile import reconcile
from moderation.models import Account, Report, SignUp
from tests.factories import make_account, make_report, make_sign_up
from tests.moderation.envelopes import recorded

pytestmark = pytest.mark.django_db


class Remote:
    """An instance as its admin API shows it."""

    def __init__(self, pending=(), reports=(), states=None, closed=None):
        self.pending, self.reports, self.states, self.closed = pending, reports, states or {}, closed or {}

    def pending_accounts(self):
        yield from self.pending

    def open_reports(self, since_id=""):
        yield from self.reports

    def state_of(self, account_id):
        return self.states.get(account_id, RemoteState(approved=False))

    def closed_by(self, report_id):
        answer = self.closed.get(report_id)
        if isinstance(answer, Exception):
            raise answer
        return answer


def waiting(remote_id, **told):
    return AccountSeen(remote_id=remote_id, username=f"a{remote_id}", **{"approved": False, "confirmed": True, **told})


def test_account_whose_delivery_was_lost_is_found_waiting(instance):
    told = reconcile(instance, Remote(pending=[waiting("1"), waiting("2")]))
    assert told == {"accounts": 2, "reports": 0, "answered": 0, "resolved": 0, "problems": []}
    assert SignUp.objects.filter(state="waiting", outcome="pending").count() == 2
    instance.refresh_from_db()
    assert instance.reconciled_at


def test_confirmed_address_is_noticed_although_nothing_was_sent(instance):
    account = make_account(instance, approved=False, confirmed=False)
    make_sign_up(account)
    reconcile(instance, Remote(pending=[waiting(account.remote_id)]))
    account.refresh_from_db()
    assert account.confirmed is True


def test_report_whose_delivery_was_lost_is_taken_with_its_posts(instance):
    report = mastodon_wire.report_seen(recorded("admin_report_1.json") | {"action_taken": False, "action_taken_at": None})
    assert reconcile(instance, Remote(reports=[report]))["reports"] == 1
    found = Report.objects.get()
    assert found.state == "waiting"
    assert found.posts.exists()


@pytest.mark.parametrize(("state", "outcome"), [(RemoteState(approved=True), "approved"), (RemoteState(exists=False), "rejected")])
def test_sign_up_answered_at_the_instance_waits_no_longer(instance, state, outcome):
    sign_up = make_sign_up(make_account(instance, approved=False))
    assert reconcile(instance, Remote(states={sign_up.account.remote_id: state}))["answered"] == 1
    sign_up.refresh_from_db()
    assert (sign_up.outcome, sign_up.state) == (outcome, "routed")
    assert sign_up.closed_at


def test_sign_up_that_still_waits_is_left_waiting(instance):
    sign_up = make_sign_up(make_account(instance, approved=False))
    assert reconcile(instance, Remote())["answered"] == 0
    sign_up.refresh_from_db()
    assert sign_up.outcome == "pending"


@pytest.mark.parametrize(("answer", "elsewhere"), [("99", True), ("77", False), ("", True), (Refused("gone", status=404), True)])
def test_report_closed_unheard_is_closed_here_too(instance, answer, elsewhere):
    instance.agent_account_id = "77"
    instance.save()
    report = make_report(make_account(instance))
    assert reconcile(instance, Remote(closed={report.remote_id: answer}))["resolved"] == 1
    report.refresh_from_db()
    assert report.resolved_at
    assert report.resolved_elsewhere is elsewhere


def test_report_that_is_only_missing_from_the_list_stays_open(instance):
    report = make_report(make_account(instance))
    assert reconcile(instance, Remote())["resolved"] == 0
    report.refresh_from_db()
    assert report.resolved_at is None


def test_other_instances_are_left_alone(instance):
    sign_up, report = make_sign_up(), make_report()
    reconcile(instance, Remote(states={sign_up.account.remote_id: RemoteState(exists=False)}, closed={report.remote_id: "99"}))
    sign_up.refresh_from_db()
    report.refresh_from_db()
    assert (sign_up.outcome, report.resolved_at) == ("pending", None)


def test_refused_sign_ups_do_not_hide_reports(instance):
    class NoAccounts(Remote):
        def pending_accounts(self):
            raise Refused("This action is outside the authorized scopes", status=403)
            yield

    told = reconcile(instance, NoAccounts(reports=[mastodon_wire.report_seen(recorded("admin_report_1.json"))]))
    assert told["reports"] == 1
    assert told["problems"] == ["This action is outside the authorized scopes"]
    instance.refresh_from_db()
    assert instance.reconciled_at is None


def test_instance_that_does_not_answer_now_is_asked_another_time(instance):
    class Away(Remote):
        def pending_accounts(self):
            raise Passing("timed out", retry_at=timezone.now())
            yield

    with pytest.raises(Passing):
        reconcile(instance, Away())
    assert not Account.objects.exists()
