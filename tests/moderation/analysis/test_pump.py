from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.analysis import joining, pump, slop
from moderation.models import Cluster, Finding, Post
from tests.factories import make_account, make_instance, make_post

pytestmark = pytest.mark.django_db

SPAM = "Make money fast from home, ask me how and start earning today"
POISON = "This one breaks whoever looks at it"


@pytest.fixture
def breaks_on_poison(monkeypatch):
    """Scoring raises whenever the poison is among the posts."""
    really = slop.score

    def score(posts):
        if any(post.text == POISON for post in posts):
            raise ValueError("cannot read this")
        return really(posts)

    monkeypatch.setattr(slop, "score", score)


def test_every_post_is_analysed_once_and_gets_its_findings():
    instance = make_instance()
    posts = [make_post(make_account(instance)) for _ in range(5)]
    assert pump.analyse_waiting() == 5
    assert pump.analyse_waiting() == 0
    assert {post.state for post in Post.objects.all()} == {Post.State.ANALYSED}
    assert Finding.objects.filter(detector="slop").count() == len(posts)
    assert not Post.objects.exclude(lease=None, leased_until=None, attempts=0).exists()


def test_a_limit_leaves_the_rest_waiting():
    instance = make_instance()
    for _ in range(5):
        make_post(make_account(instance))
    assert pump.analyse_waiting(limit=3) == 3
    assert Post.objects.filter(state=Post.State.PENDING).count() == 2


def test_a_poison_post_is_set_aside_and_holds_up_no_neighbour(breaks_on_poison):
    instance = make_instance()
    texts = [SPAM, POISON, SPAM + " now", "The lake is frozen and the birds are gone"]
    posts = [make_post(make_account(instance), text=text) for text in texts]
    assert pump.analyse_waiting() == 4
    for post in posts:
        post.refresh_from_db()
    assert [post.state for post in posts] == [Post.State.ANALYSED, Post.State.FAILED, Post.State.ANALYSED, Post.State.ANALYSED]
    assert posts[1].error == "ValueError: cannot read this"
    assert posts[1].lease is None
    assert Cluster.objects.get().size == 2


def test_a_post_that_kills_its_worker_uses_up_its_own_attempts_only(monkeypatch):
    instance = make_instance()
    posts = [make_post(make_account(instance), text=text) for text in (POISON, SPAM, SPAM)]
    really = slop.score

    class Killed(BaseException):
        """Stands for a process that is gone: nothing after it runs."""

    def score(batch):
        if any(post.text == POISON for post in batch):
            raise Killed
        return really(batch)

    monkeypatch.setattr(slop, "score", score)
    for _ in range(20):
        try:
            if not pump.analyse_waiting():
                break
        except Killed:
            Post.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    for post in posts:
        post.refresh_from_db()
    assert [post.state for post in posts] == [Post.State.FAILED, Post.State.ANALYSED, Post.State.ANALYSED]
    assert "stopped" in posts[0].error


def test_a_lost_lease_records_nothing(monkeypatch):
    instance = make_instance()
    posts = [make_post(make_account(instance), text=SPAM) for _ in range(3)]
    looked_at = slop.score

    def slow(batch):
        # While this worker looks, its lease ends and another one does the work.
        monkeypatch.setattr(slop, "score", looked_at)
        Post.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        pump.analyse_waiting()
        Finding.objects.all().delete()
        return looked_at(batch)

    monkeypatch.setattr(slop, "score", slow)
    pump.analyse_waiting()
    assert Finding.objects.count() == 0
    assert Cluster.objects.get().size == len(posts)


def test_a_post_edited_while_it_is_looked_at_is_looked_at_again(monkeypatch):
    post = make_post(text=SPAM)
    really = slop.score

    def edited_meanwhile(batch):
        Post.objects.filter(pk=post.pk).update(text="The lake is frozen and the birds are gone", edited_at=timezone.now())
        return really(batch)

    monkeypatch.setattr(slop, "score", edited_meanwhile)
    pump.analyse_waiting()
    post.refresh_from_db()
    assert (post.state, post.lease) == (Post.State.PENDING, None)
    monkeypatch.setattr(slop, "score", really)
    assert pump.analyse_waiting() == 1
    post.refresh_from_db()
    assert post.state == Post.State.ANALYSED


def test_an_error_while_recording_records_nothing_of_that_post(monkeypatch):
    instance = make_instance()
    good, bad = make_post(make_account(instance), text="A quiet morning by the sea with tea"), make_post(make_account(instance), text=SPAM)
    really = joining.Batch.join

    def join(self, posts):
        joined = really(self, posts)
        if any(post.pk == bad.pk for post in posts):
            raise RuntimeError("full")
        return joined

    monkeypatch.setattr(joining.Batch, "join", join)
    pump.analyse_waiting()
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == (Post.State.ANALYSED, Post.State.FAILED)
    assert not bad.bands.exists() and good.bands.exists()


def test_boosts_and_posts_that_are_gone_are_done_without_findings():
    make_post(text=SPAM, boost_of="https://far.example/1")
    make_post(text=SPAM, gone_at=timezone.now())
    assert pump.analyse_waiting() == 2
    assert not Finding.objects.exists() and not Cluster.objects.exists()
    assert not Post.objects.exclude(state=Post.State.ANALYSED).exists()


def test_the_number_of_queries_does_not_grow_with_the_batch(django_assert_max_num_queries):
    instance = make_instance()
    for n in range(5):
        make_post(make_account(instance), text=f"{SPAM} {n}")
    pump.analyse_waiting()
    for n in range(120):
        make_post(make_account(instance), text=f"{SPAM} {n}" if n % 2 else f"{n} lakes are frozen and {n * 7} birds left for {n % 9} harbours {'x' * n}")
    with django_assert_max_num_queries(40):
        assert pump.analyse_waiting() == 120
