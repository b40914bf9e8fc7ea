"""Several workers at once, on real row locks."""

import pytest

from moderation.intake import deliveries, ingest
from moderation.models import Account, Delivery, Post, Report, SignUp
from tests.factories import make_instance
from tests.moderation.envelopes import envelope, recorded
from tests.moderation.racing import needs_postgres, race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WORKERS = 4


@pytest.fixture(autouse=True)
def _postgres():
    needs_postgres()


def work():
    while ingest.ingest_waiting(10):
        pass


def author(number):
    return {**recorded("statuses.ndjson")[0]["account"], "id": str(number), "acct": f"author{number}", "username": f"author{number}"}


def test_workers_share_the_waiting_deliveries_and_lose_or_double_nothing():
    instance = make_instance()
    for n in range(120):
        # Few authors in changing order: every batch of one worker meets those of the others.
        post = {**recorded("statuses.ndjson")[0], "id": str(1000 + n), "account": author(n * 7 % 9)}
        deliveries.accept(instance=instance, body=envelope("status.created", post, at=f"2026-08-01T14:{n % 60:02}:00Z"))
    race(*[work] * WORKERS)
    assert list(Delivery.objects.values_list("state", flat=True).distinct()) == ["ingested"]
    assert (Post.objects.count(), Account.objects.count()) == (120, 9)


def test_copies_of_one_event_in_the_hands_of_several_workers_are_taken_once():
    instance = make_instance()
    for n in range(40):
        deliveries.accept(instance=instance, body=envelope("status.created", recorded("statuses.ndjson")[0], at=f"2026-08-01T14:00:{n:02}Z"))
    race(*[work] * WORKERS)
    states = list(Delivery.objects.values_list("state", flat=True))
    assert states.count("ingested") == 1
    assert states.count("ignored") == 39
    assert Post.objects.count() == 1


def test_same_body_sent_to_several_processes_is_stored_once():
    instance = make_instance()
    body = envelope("status.created", recorded("statuses.ndjson")[0])
    new = []
    race(*[lambda: new.append(deliveries.accept(instance=instance, body=body))] * 8)
    assert sorted(new) == [False] * 7 + [True]
    assert Delivery.objects.count() == 1


def test_versions_of_one_thing_in_the_hands_of_several_workers_end_in_the_newest():
    instance = make_instance()
    report, account = recorded("admin_report_1.json"), recorded("admin_account_1.json")
    for n in range(40):
        at = f"2026-08-02T00:00:{n:02}.000Z"
        post = {**recorded("statuses.ndjson")[0], "content": f"<p>version {n}</p>", "edited_at": at}
        told = [("status.updated", post), ("report.updated", {**report, "updated_at": at, "comment": f"version {n}", "statuses": [post]})]
        told.append(("account.updated", {**account, "approved": n == 39, "silenced": n == 39}))
        for event, thing in told:
            deliveries.accept(instance=instance, body=envelope(event, thing, at=at))
    race(*[work] * WORKERS)
    assert not Delivery.objects.exclude(state="ingested").exists()
    assert Post.objects.get(remote_id=recorded("statuses.ndjson")[0]["id"]).text == "version 39"
    assert Report.objects.get().comment == "version 39"
    assert Account.objects.get(remote_id=account["id"]).silenced
    assert SignUp.objects.get().outcome == "approved"
