"""Deliveries become rows, each once, whatever the order and whatever stands in one of them."""

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from moderation.fediverse import mastodon_wire
from moderation.intake import deliveries, ingest, record
from moderation.models import Account, Delivery, Post, Report, SignUp
from tests.factories import make_instance
from tests.moderation.envelopes import all_recorded, envelope, recorded
from tests.moderation.fediverse.test_mastodon_wire import mutated

pytestmark = pytest.mark.django_db


def status(number=0, **changes):
    return {**recorded("statuses.ndjson")[number], **changes}


def states():
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_every_recorded_object_ingests(deliver):
    assert deliver(*(envelope(event, thing) for event, thing in all_recorded()))
    public = {thing["id"] for event, thing in all_recorded() if event == "status.created" and thing["visibility"] in ("public", "unlisted")}
    reported = {post["id"] for event, thing in all_recorded() if event == "report.created" for post in thing["statuses"]}
    assert set(Post.objects.values_list("remote_id", flat=True)) == public | reported
    assert Report.objects.count() == 1  # both recordings are of one report
    assert Account.objects.count() == 3


def test_raw_body_is_erased_once_it_is_ingested_and_its_hash_stays(deliver):
    deliver(envelope("status.created", status()))
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.body, delivery.error) == ("ingested", None, "")
    assert len(delivery.body_sha256) == 64
    assert delivery.event == "status.created"
    assert delivery.done_at and delivery.lease is None


def test_unknown_event_is_stored_as_ignored(deliver):
    deliver(envelope("tea.ready", {"cups": 2}))
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.event, delivery.body) == ("ignored", "tea.ready", None)


def test_event_with_an_impossible_name_is_ignored_too(deliver):
    deliver(envelope("\x00\ud800" + "x" * 500, {}))
    assert states() == ["ignored"]


def test_body_that_does_not_parse_is_kept_as_failed_with_where_it_went_wrong(deliver):
    deliver(envelope("status.created", status(id=5)))
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error, delivery.event) == ("failed", "body.object.id is not a string", "")
    assert b"status.created" in bytes(delivery.body)


def test_second_copy_with_another_time_of_sending_is_ignored(deliver):
    deliver(envelope("status.created", status()))
    deliver(envelope("status.created", status(content="<p>changed</p>"), at="2026-08-01T15:00:00Z"))
    assert states() == ["ingested", "ignored"]
    assert Post.objects.get().text == "Toot!"


def test_second_copy_in_the_same_batch_is_ignored(deliver):
    deliver(*(envelope("status.created", status(), at=f"2026-08-01T15:00:0{n}Z") for n in range(3)))
    assert sorted(states()) == ["ignored", "ignored", "ingested"]


def test_same_event_of_two_instances_is_two_posts(deliver):
    other = make_instance()
    deliveries.accept(instance=other, body=envelope("status.created", status()))
    deliver(envelope("status.created", status()))
    assert states() == ["ingested", "ingested"]
    assert Post.objects.count() == 2


def test_one_poison_delivery_fails_alone(deliver, monkeypatch):
    posts = recorded("statuses.ndjson")[:3]

    def poisoned(instance, found):
        if any(post.remote_id == posts[1]["id"] for post in found.posts):
            raise ValueError("a fault of ours\nDETAIL: the row that must not be told")
        return record.record(instance, found)

    monkeypatch.setattr(ingest, "record", poisoned)
    deliver(*(envelope("status.created", post) for post in posts))
    assert states() == ["ingested", "failed", "ingested"]
    failed = Delivery.objects.get(state="failed")
    assert failed.error == "ValueError: a fault of ours"
    assert failed.body is not None
    assert Post.objects.count() == 2


def test_failed_delivery_can_be_tried_again(deliver, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "record", lambda *args: 1 / 0)
        deliver(envelope("status.created", status()))
    failed = Delivery.objects.get()
    failed.move(Delivery.State.RECEIVED)
    assert ingest.ingest_waiting() == 1
    assert states() == ["ingested"]
    assert Delivery.objects.get().error == ""


def test_passing_fault_of_the_database_fails_no_delivery(deliver, monkeypatch):
    def down(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(ingest, "record", down)
    with pytest.raises(OperationalError):
        deliver(envelope("status.created", status()))
    assert states() == ["received"]


def test_delivery_whose_workers_died_is_set_aside_and_its_neighbours_are_not(instance, deliver):
    for post in recorded("statuses.ndjson")[:3]:
        deliveries.accept(instance=instance, body=envelope("status.created", post))
    killer, *neighbours = Delivery.objects.order_by("pk")
    Delivery.objects.update(attempts=1)
    Delivery.objects.filter(pk=killer.pk).update(attempts=Delivery.MAX_ATTEMPTS)
    ingest.ingest_waiting()
    assert states() == ["failed", "ingested", "ingested"]
    assert Delivery.objects.get(pk=killer.pk).error == "its worker died 5 times"


def test_only_the_delivery_at_work_counts_the_death_of_its_worker(instance, monkeypatch):
    for post in recorded("statuses.ndjson")[:3]:
        deliveries.accept(instance=instance, body=envelope("status.created", post))
    Delivery.objects.update(attempts=1)

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest, "_understand", killed)
    with pytest.raises(KeyboardInterrupt):
        ingest.ingest_waiting()
    assert list(Delivery.objects.order_by("pk").values_list("attempts", flat=True)) == [2, 1, 1]


def test_nothing_is_recorded_under_a_lease_that_was_lost(instance, monkeypatch):
    deliveries.accept(instance=instance, body=envelope("status.created", status()))
    understand = ingest._understand

    def slow(delivery, body):
        Delivery.objects.update(lease=uuid.uuid4())  # another worker took it over meanwhile
        return understand(delivery, body)

    monkeypatch.setattr(ingest, "_understand", slow)
    ingest.ingest_waiting()
    assert states() == ["received"]
    assert not Post.objects.exists()


def test_delivery_left_by_a_dead_worker_is_taken_when_its_lease_ends(instance):
    deliveries.accept(instance=instance, body=envelope("status.created", status()))
    Delivery.objects.lease("received", 10)
    assert ingest.ingest_waiting() == 0
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert ingest.ingest_waiting() == 1
    assert states() == ["ingested"]


def test_big_bodies_are_held_in_memory_a_few_at_a_time(instance, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK_BYTES", 1)
    for post in recorded("statuses.ndjson")[:3]:
        deliveries.accept(instance=instance, body=envelope("status.created", post))
    held = []
    ingest_chunk = ingest._ingest
    monkeypatch.setattr(ingest, "_ingest", lambda chunk: held.append(len(chunk)) or ingest_chunk(chunk))
    assert ingest.ingest_waiting() == 3
    assert held == [1, 1, 1]


def test_batch_takes_the_same_number_of_statements_whatever_its_size(instance, django_assert_max_num_queries):
    many = [status(id=str(n), account={**status()["account"], "id": str(n), "acct": f"a{n}"}) for n in range(100)]
    for post in many:
        deliveries.accept(instance=instance, body=envelope("status.created", post))
    with django_assert_max_num_queries(30):
        ingest.ingest_waiting()
    assert Post.objects.count() == Account.objects.count() == 100


def test_hostile_strings_are_stored_as_far_as_a_database_can(deliver):
    odd = "\x00\ud800\u202e" + "x" * 100_000
    thing = status(content=odd, spoiler_text=odd, language="x" * 100, tags=[{"name": odd}], mentions=[{"id": "1", "acct": odd}] * 300)
    thing["account"] |= {"username": odd, "display_name": odd, "note": odd, "acct": odd}
    assert deliver(envelope("status.created", thing))
    post = Post.objects.get()
    assert "\x00" not in post.content
    assert post.content.startswith("\ufffd\ufffd\u202ex")
    assert len(post.mentions) == 100
    assert len(post.account.username) == 255


class AnyDelivery(TestCase):
    """On a real database: PostgreSQL refuses more than SQLite does."""

    @settings(max_examples=80)
    @given(mutated())
    def test_mutated_delivery_is_settled_and_its_neighbour_is_ingested(self, body):
        instance = make_instance()
        neighbour = envelope("status.created", status(19, id="424242"))
        for each in (body, neighbour):
            deliveries.accept(instance=instance, body=each)
        ingest.ingest_waiting()
        odd, fine = instance.deliveries.order_by("pk")
        assert odd.state in ("ingested", "ignored", "failed")
        # What is malformed is told as such: an error of any other kind is a hole in the parser.
        assert not odd.error or odd.error.startswith(("body", "the body", "an id is"))
        assert fine.state == "ingested"


def test_take_returns_the_row_it_made(instance):
    for event, thing, model in [
        ("account.created", recorded("admin_account_1.json"), Account),
        ("status.created", status(), Post),
        ("report.created", recorded("admin_report_1.json"), Report),
    ]:
        row = ingest.take(instance, mastodon_wire.parse(envelope(event, thing)).seen, event)
        assert isinstance(row, model)
        assert (row.pk, row.remote_id) == (model.objects.get(remote_id=thing["id"]).pk, thing["id"])
    assert SignUp.objects.count() == 1
