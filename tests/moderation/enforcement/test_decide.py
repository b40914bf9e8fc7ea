"""Deciding a case: one act, recorded with what it was based on."""

import pytest

from moderation.enforcement import decisions
from moderation.models import Action, Case, Decision, StaleState, Writeback
from moderation.queues import claims
from tests import factories

pytestmark = pytest.mark.django_db


def claimed_case(person, **given):
    case = factories.make_case(**given)
    return claims.claim(person, case)


@pytest.fixture
def moderator():
    return factories.make_person()


@pytest.fixture
def acting():
    return factories.make_instance(mode="act")


def test_a_limit_writes_one_decision_one_strike_and_closes_the_case(moderator, acting):
    account = factories.make_account(acting)
    case = claimed_case(moderator, account=account)
    report = factories.make_report(account, case=case)
    (decision,) = decisions.decide(case_id=case.pk, claim=case.claim, by=moderator, action=Action.LIMIT, reason="Spam", notify=True)
    case.refresh_from_db()
    assert case.state == Case.State.DECIDED
    assert (decision.account, decision.policy, decision.action) == (account, case.queue.policy, Action.LIMIT)
    rows = list(Writeback.objects.filter(decision=decision).order_by("order"))
    assert [(row.call, row.state) for row in rows] == [("account_action", "pending"), ("resolve_reports", "pending")]
    assert rows[0].params == {
        "account_id": account.remote_id,
        "type": "silence",
        "text": "Spam",
        "send_email_notification": True,
        "report_id": report.remote_id,
    }


def test_a_second_click_decides_nothing(moderator):
    case = claimed_case(moderator)
    decisions.decide(case_id=case.pk, claim=case.claim, by=moderator, action=Action.NO_ACTION)
    with pytest.raises(StaleState):
        decisions.decide(case_id=case.pk, claim=case.claim, by=moderator, action=Action.NO_ACTION)
    assert Decision.objects.count() == 1
