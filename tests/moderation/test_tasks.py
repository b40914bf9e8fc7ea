"""Bells: few messages for many rings, and none of them can break what rings it."""

import threading
from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from config.celery import app
from moderation import tasks
from moderation.models import SignUp, Trace
from tests.factories import make_account, make_instance, make_post
from tests.stub_mastodon import StubMastodon


class Task:
    name = "a task"

    def __init__(self, fails_with=None):
        self.sent = 0
        self.fails_with = fails_with
        self.rang = threading.Event()

    def apply_async(self, **options):
        self.sent += 1
        if self.sent >= 2:
            self.rang.set()
        if self.fails_with:
            raise self.fails_with


def test_a_hundred_rings_at_once_send_two_messages_the_second_after_the_last_ring():
    task = Task()
    bell = tasks.Doorbell(task, every=0.2)
    for _ in range(100):
        bell.ring()
    assert task.sent == 1
    assert task.rang.wait(10), "the rings in between were not made up for"
    assert task.sent == 2


def test_a_broker_that_does_not_answer_breaks_nothing_that_rings():
    unreachable = Celery("unreachable", broker="redis://127.0.0.1:1/0", set_as_current=False)

    @unreachable.task
    def nothing():
        return None

    tasks.Doorbell(nothing).ring()


def test_drain_stops_at_the_first_batch_that_is_not_full():
    batches = iter([5, 5, 2])
    assert tasks.drain(lambda limit: next(batches), 5) == 12


def test_drain_hands_back_after_so_many_rounds():
    assert tasks.drain(lambda limit: limit, 5, rounds=3) == 15


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_everything_on_the_schedule_exists(entry):
    assert app.conf.beat_schedule[entry]["task"] in {f"moderation.tasks.{name}" for name in dir(tasks)}


@pytest.mark.django_db
def test_an_instance_that_does_not_answer_keeps_no_other_from_its_turn(caplog):
    with StubMastodon() as stub:
        make_instance(slug="away", base_url="http://127.0.0.1:9")
        stub.add_account("51", approved=False)
        make_instance(slug="there", base_url=stub.url, api_token=stub.token)
        tasks.reconcile_instances()
    assert "away could not be asked" in caplog.text
    assert SignUp.objects.get().account.remote_id == "51"


@pytest.mark.django_db
def test_keeping_house_forgets_what_is_past_its_time():
    account = make_account(email_hash="a" * 64, personal_until=timezone.now() - timedelta(days=1))
    tasks.keep_house()
    account.refresh_from_db()
    assert account.email_hash == ""


@pytest.mark.django_db
def test_acts_older_than_what_is_looked_at_are_forgotten(settings):
    post = make_post()
    old, new = (timezone.now() - timedelta(days=days) for days in (settings.COORDINATION_DAYS + 1, 1))
    for number, at in enumerate((old, new)):
        Trace.objects.create(instance=post.instance, account=post.account, post=post, action="link", object_hash=number, object="a link", at=at)
    tasks.keep_house()
    assert [trace.at for trace in Trace.objects.all()] == [new]
