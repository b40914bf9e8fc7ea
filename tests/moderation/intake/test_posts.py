"""Posts: what is kept, and which version."""

import uuid
from itertools import permutations

import pytest
from django.utils import timezone

from moderation.models import Account, Delivery, Post, Report
from tests.moderation.envelopes import envelope, recorded

pytestmark = pytest.mark.django_db


def status(**changes):
    return {**recorded("statuses.ndjson")[0], **changes}


def edited(words, at, **changes):
    return envelope("status.updated", status(content=f"<p>{words}</p>", edited_at=at, **changes), at=at)


def test_post_keeps_its_words_its_author_and_its_links(deliver):
    content = '<p>see <a href="https://example.org/x">this</a></p>'
    deliver(envelope("status.created", status(content=content, spoiler_text="careful", language="en")))
    post = Post.objects.get()
    assert (post.content, post.text, post.links) == (content, "see this", ["https://example.org/x"])
    assert (post.spoiler_text, post.language, post.visibility, post.sensitive, post.state) == ("careful", "en", "unlisted", True, "pending")
    assert post.account.username == "mastodonpy_test"


@pytest.mark.parametrize("visibility", ["private", "direct", "limited", "something new"])
def test_post_that_is_not_open_leaves_no_trace(deliver, visibility):
    deliver(envelope("status.created", status(visibility=visibility)))
    assert not Post.objects.exists()
    assert not Account.objects.exists()
    assert Delivery.objects.get().state == "ignored"
    assert Delivery.objects.get().body is None


def test_private_post_is_kept_when_a_report_carries_it(deliver):
    report = recorded("admin_report_1.json")
    report["statuses"] = [status(visibility="direct")]
    deliver(envelope("report.created", report))
    assert list(Report.objects.get().posts.values_list("visibility", flat=True)) == ["direct"]


def test_boost_has_no_words_of_its_own(deliver):
    thing = recorded("status_reblog.json") | {"visibility": "public"}
    deliver(envelope("status.created", thing))
    post = Post.objects.get()
    assert (post.boost_of, post.content, post.text) == (thing["reblog"]["uri"], "", "")


def test_edit_of_the_words_asks_for_analysis_again_and_ends_a_lease(deliver):
    deliver(envelope("status.created", status()))
    Post.objects.update(state="analysed", lease=uuid.uuid4(), leased_until=timezone.now(), attempts=3, error="x")
    deliver(edited("changed", "2026-08-02T00:00:00Z"))
    post = Post.objects.get()
    assert (post.text, post.state, post.lease, post.leased_until, post.attempts, post.error) == ("changed", "pending", None, None, 0, "")


def test_change_of_anything_but_the_words_asks_for_no_analysis(deliver):
    deliver(envelope("status.created", status()))
    Post.objects.update(state="analysed")
    deliver(envelope("status.updated", status(sensitive=False, edited_at="2026-08-02T00:00:00Z")))
    post = Post.objects.get()
    assert (post.sensitive, post.state) == (False, "analysed")


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_newest_version_stands_in_whatever_order_versions_come(deliver, order, together):
    versions = [envelope("status.created", status()), edited("second", "2026-08-02T00:00:00Z"), edited("third", "2026-08-03T00:00:00Z")]
    if together:
        deliver(*(versions[n] for n in order))
    else:
        for n in order:
            deliver(versions[n])
    assert Post.objects.get().text == "third"


def test_old_version_in_a_report_does_not_undo_an_edit(deliver):
    deliver(envelope("status.created", status()), edited("newer", "2026-08-02T00:00:00Z"))
    report = recorded("admin_report_1.json")
    report["statuses"] = [status()]
    deliver(envelope("report.created", report))
    assert Report.objects.get().posts.get().text == "newer"
