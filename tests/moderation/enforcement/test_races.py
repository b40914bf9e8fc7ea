"""Two people, two clicks, two workers at the same moment: real threads on real PostgreSQL."""

import threading

import pytest
from django.db import connection, connections

from moderation.enforcement import decisions, writeback
from moderation.models import Action, Case, Decision, StaleState, Writeback
from tests import factories
from tests.stub_mastodon import AGENT

from .helpers import claimed_case, connect, decide, let_time_pass, reported_case

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def real_locks(db):
    if connection.vendor != "postgresql":
        pytest.skip("races need PostgreSQL: set DATABASE_URL")


def at_once(*works):
    """Run `works` in threads that start together: what each returned, or the exception it raised."""
    barrier, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(index, work):
        try:
            barrier.wait(timeout=30)
            outcomes[index] = work()
        except Exception as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def test_of_many_clicks_on_one_claim_one_decides(moderator):
    case = claimed_case(moderator, factories.make_account(factories.make_instance(mode="act")))
    outcomes = at_once(*[lambda: decide(case, moderator, Action.LIMIT)] * 6)
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StaleState) for outcome in outcomes) == 5
    assert (Decision.objects.count(), Writeback.objects.count()) == (1, 1)


def test_of_many_undos_one_takes_back(moderator):
    (decision,) = decide(claimed_case(moderator), moderator)
    outcomes = at_once(*[lambda: decisions.undo(decision=decision, by=moderator)] * 6)
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StaleState) for outcome in outcomes) == 5
    assert Decision.objects.filter(action=Action.UNDO).count() == 1
    assert Case.objects.get().state == Case.State.OPEN


def test_workers_that_race_give_each_account_one_strike(stub, moderator):
    instance = connect(stub, agent_account_id=AGENT)
    numbers = [str(number) for number in range(101, 111)]
    for number in numbers:
        decide(reported_case(stub, instance, moderator, number, reports=(f"{number}1",)), moderator)
    outcomes = at_once(*[lambda: writeback.send_waiting(50)] * 5)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    while writeback.send_waiting(50):
        pass
    assert stub.strike_counts() == dict.fromkeys(numbers, 1)
    assert {row.state for row in Writeback.objects.all()} == {Writeback.State.CONFIRMED}


def test_an_undo_that_races_with_the_sending_leaves_nobody_limited(stub, moderator):
    instance = connect(stub, agent_account_id=AGENT)
    made = []
    for number in range(101, 109):
        made += decide(reported_case(stub, instance, moderator, str(number), reports=(f"{number}1",)), moderator)
    undos = [lambda decision=decision: decisions.undo(decision=decision, by=moderator) for decision in made]
    outcomes = at_once(*undos, lambda: writeback.send_waiting(50), lambda: writeback.send_waiting(50))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    for _round in range(5):
        writeback.send_waiting(50)
        let_time_pass()
    assert not [row for row in stub.accounts.values() if row["silenced"]]
    assert all(count == 1 for count in stub.strike_counts().values())
    assert all(report["closed_by"] is None for report in stub.reports.values())
    assert not Writeback.objects.filter(state__in=["pending", "sending", "refused"]).exists()
