"""Our own writes come back as deliveries: they close, open and count nothing a second time."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.enforcement import decisions
from moderation.intake import deliveries, ingest
from moderation.models import Action, Case, CaseEvent, Decision, Delivery, Report
from moderation.queues import routing
from tests import factories

from .helpers import decide, reported_case, settle

pytestmark = pytest.mark.django_db


def deliver(stub, instance, event, row, noun, minutes=1):
    """The instance tells us, `minutes` from now, of `row` as it is there now."""
    at = (timezone.now() + timedelta(minutes=minutes)).isoformat()
    thing = {**stub.render(row, noun), "updated_at": at} if noun == "reports" else stub.render(row, noun)
    assert deliveries.accept(instance=instance, body=json.dumps({"event": event, "created_at": at, "object": thing}).encode())
    ingest.ingest_waiting()
    routing.route_waiting()
    assert not Delivery.objects.filter(state="failed").exists()


@pytest.mark.parametrize("action", [Action.NO_ACTION, Action.LIMIT])
def test_the_echo_of_our_own_decision_changes_nothing(stub, instance, moderator, action):
    case = reported_case(stub, instance, moderator)
    decide(case, moderator, action)
    settle()
    events = CaseEvent.objects.count()
    deliver(stub, instance, "report.updated", stub.reports["1"], "reports")
    deliver(stub, instance, "account.updated", stub.accounts["101"], "accounts", minutes=2)
    report = Report.objects.get()
    assert (report.case, report.resolved_elsewhere) == (case, False)
    assert report.resolved_at
    assert Case.objects.get().state == Case.State.DECIDED
    assert (Decision.objects.count(), CaseEvent.objects.count()) == (1, events)


def test_an_echo_that_comes_before_our_own_receipt_changes_nothing_either(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    decide(case, moderator)
    stub.reports["1"]["closed_by"] = "900"
    deliver(stub, instance, "report.updated", stub.reports["1"], "reports")
    settle()
    assert stub.strikes_on("101") == 1
    assert Case.objects.get().state == Case.State.DECIDED
    assert not Report.objects.get().resolved_elsewhere


def test_the_echo_of_an_undo_leaves_the_case_open_once(stub, instance, moderator):
    case = reported_case(stub, instance, moderator)
    (decision,) = decide(case, moderator)
    settle()
    deliver(stub, instance, "report.updated", stub.reports["1"], "reports")
    decisions.undo(decision=decision, by=moderator)
    settle()
    deliver(stub, instance, "report.updated", stub.reports["1"], "reports", minutes=3)
    deliver(stub, instance, "account.updated", stub.accounts["101"], "accounts", minutes=4)
    assert Case.objects.get().state == Case.State.OPEN
    account = factories.Account.objects.get(remote_id="101")
    assert not account.silenced


def test_a_report_closed_there_while_somebody_decides_here_is_no_trouble(stub, instance, moderator):
    stub.add_account("5", username="another_moderator")
    case = reported_case(stub, instance, moderator)
    stub.reports["1"]["closed_by"] = "5"
    deliver(stub, instance, "report.updated", stub.reports["1"], "reports")
    case.refresh_from_db()
    assert case.state == Case.State.CLAIMED
    decide(case, moderator, Action.NO_ACTION)
    settle()
    assert stub.writes() == []
    assert Case.objects.get().state == Case.State.DECIDED
