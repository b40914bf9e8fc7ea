"""Posts that could not be analysed are shown with their error, and analysed again at a click."""

import pytest
from django.urls import reverse

from moderation.models import Post
from tests.factories import make_account, make_instance, make_person, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed():
    instance = make_instance()
    return make_post(make_account(instance), state=Post.State.FAILED, error="ValueError: too odd", text="Words nobody asked for", attempts=3)


def test_a_failed_post_is_shown_with_its_error_and_without_its_words(client, failed):
    client.force_login(make_person(role="owner"))
    page = client.get(reverse("instance_settings", args=[failed.instance.slug])).content.decode()
    assert "ValueError: too odd" in page
    assert "Words nobody asked for" not in page


def test_a_lead_lets_it_be_analysed_again_and_twice_is_said(client, failed):
    client.force_login(make_person(role="lead"))
    path = reverse("posts_retry", args=[failed.instance.slug])
    assert "1 post is being analysed again" in client.post(path, follow=True).content.decode()
    failed.refresh_from_db()
    assert (failed.state, failed.error, failed.attempts) == (Post.State.PENDING, "", 0)
    assert "somebody was faster" in client.post(path, follow=True).content.decode()


def test_a_moderator_may_not(client, failed):
    client.force_login(make_person(role="moderator"))
    assert client.post(reverse("posts_retry", args=[failed.instance.slug])).status_code == 403
