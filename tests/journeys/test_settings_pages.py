"""The settings in a real browser: every page accessible, narrow and wide, light and dark; the forms by keyboard."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from moderation.models import Decision, Delivery, Queue, QueuePolicy, RoutingRule, Writeback
from moderation.models.policy_log import log_change
from moderation.web.settings import invitations
from tests.factories import make_account, make_case, make_instance, make_person

pytestmark = pytest.mark.browser


def some_settings():
    """An installation with something on every page of its settings; the paths of these pages."""
    garden = make_instance(
        slug="garden", domain="garden.social", base_url="http://127.0.0.1:9", api_token="", bad_signature_count=3, bad_signature_at=timezone.now()
    )
    Delivery.objects.create(
        instance=garden, body=b"{", body_sha256="0" * 64, size=1, state=Delivery.State.FAILED, error="The body is not JSON.", event="report.created"
    )
    case = make_case(make_account(garden, username="loud"))
    decision = Decision.objects.create(case=case, account=case.account, moderator=make_person(), action="limit")
    refusal = "garden.social does not allow this. The account ranks at least as high as our token's: an owner there can do it."
    Writeback.objects.create(
        instance=garden, decision=decision, call="account_action", params={"account_id": "17", "type": "silence"}, state="refused", error=refusal
    )
    forum = make_instance(slug="forum", domain="forum.example", software="forum")
    QueuePolicy.objects.create(queue=Queue.objects.get(slug="reports"), version=2, units_a_day=40, note="A hard week.", hidden_actions=["suspend"])
    log_change(by=None, subject="queue reports", before={"version": 1, "units_a_day": 60}, after={"version": 2, "units_a_day": 40})
    person = make_person(username="tomas")
    paths = [reverse(name) for name in ("settings", "instance_list", "instance_new", "queue_settings", "category_settings", "routing_settings", "rule_new")]
    paths += [reverse(name) for name in ("people_settings", "invite", "token_settings", "token_new", "policy_log")]
    paths += [reverse("instance_settings", args=[garden.slug]), reverse("instance_settings", args=[forum.slug]), reverse("queue_policy", args=["reports"])]
    return [*paths, reverse("category", args=["threat"]), reverse("person_settings", args=[person.pk])]


@pytest.fixture
def enter(new_page, client, live_server):
    """`enter(role, **page options)` → a page of somebody who is signed in; how they sign in is another journey."""

    def opened(role="owner", **options):
        client.force_login(make_person(role=role))
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": live_server.url}])
        return page

    return opened


def test_every_page_of_the_settings_is_accessible_on_a_narrow_screen(enter, accessible):
    paths = some_settings()
    page = enter(width="narrow")
    for path in paths:
        assert page.goto(path).status == 200
        accessible(page)
    assert page.foreign_requests == []


def test_the_pages_with_the_most_on_them_are_accessible_wide_and_dark(enter, accessible):
    some_settings()
    page = enter(width="wide", scheme="dark")
    for path in (reverse("instance_settings", args=["garden"]), reverse("rule_new"), reverse("policy_log")):
        assert page.goto(path).status == 200
        accessible(page)


def test_the_two_pages_that_welcome_somebody_are_accessible(new_page, accessible):
    token = invitations.new_link(person=make_person(), by=None)
    page = new_page(width="narrow")
    for path in (reverse("welcome_first"), reverse("welcome", args=[token])):
        assert page.goto(path).status == 200
        accessible(page)


def test_what_is_wrong_with_a_form_is_said_where_the_keyboard_is(enter, accessible):
    page = enter(width="narrow")
    page.goto(reverse("instance_new"))
    page.get_by_label("Domain", exact=True).fill("https://garden.social/about")
    page.get_by_label("Short name").press("Enter")
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    accessible(page)
    summary.get_by_role("link", name="Enter a short name.").press("Enter")
    expect(page.get_by_label("Short name")).to_be_focused()


def test_a_rule_is_previewed_saved_and_moved_without_javascript(enter):
    page = enter(javascript=False)
    page.goto(reverse("rule_new"))
    page.get_by_label("Name").fill("Many reporters")
    page.get_by_label("At least so many different reporters").fill("5")
    page.get_by_label("Live", exact=False).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What it would have done")).to_be_visible()
    assert not RoutingRule.objects.filter(name="Many reporters").exists()
    page.get_by_role("button", name="Save the rule").click()
    page.get_by_role("button", name="Ask Many reporters earlier").click()
    expect(page.get_by_role("link", name="Many reporters")).to_be_visible()
    assert list(RoutingRule.objects.values_list("name", flat=True)).index("Many reporters") == 2
