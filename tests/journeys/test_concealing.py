"""What only a browser can show of a concealed case: keys, Escape, what is left in the page, the limit with a draft kept."""

import pytest
from playwright.sync_api import expect

from moderation.models import Category
from moderation.queues import claims
from moderation.wellbeing import limits
from tests.factories import make_account, make_case, make_person, make_post, make_report

WORDS = "words one should not meet by chance"


@pytest.fixture
def severe(transactional_db):
    """A claimed case of a threat, and its holder."""
    person = make_person()
    threat = Category.objects.get(slug="threat")
    parent = make_post(text="an innocent question")
    post = make_post(make_account(parent.instance), text=WORDS, in_reply_to_id=parent.remote_id)
    case = make_case(post.account, category=threat, severity=threat.severity, reports_count=1, reporters_count=1, worst_units=6)
    make_report(post.account, [post], case=case, state="routed")
    claims.claim(person, case)
    return case, person


def open_case(enter, severe):
    case, person = severe
    page, _person = enter(person=person)
    page.goto(f"/cases/{case.public_id}/")
    return page, case


def test_one_key_reveals_and_escape_leaves_nothing_in_the_page(enter, severe):
    page, case = open_case(enter, severe)
    assert WORDS not in page.content()
    page.keyboard.press("r")
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.locator(".part--revealed")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".part--revealed")).to_have_count(0)
    assert WORDS not in page.content()


def test_a_key_never_reveals_what_is_folded_away(enter, severe):
    page, case = open_case(enter, severe)
    folded = page.locator("details:not([open]) [data-key=r]")
    expect(folded).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator(".part--revealed")).to_have_count(1)
    expect(folded).to_have_count(1)


def test_keys_rest_while_somebody_writes(enter, severe):
    page, case = open_case(enter, severe)
    page.get_by_text("Reason, rule and note").click()
    page.get_by_label("Reason", exact=True).press_sequentially("rrs1u")
    expect(page.get_by_label("Reason", exact=True)).to_have_value("rrs1u")
    expect(page.locator(".part--revealed")).to_have_count(0)
    assert page.url.endswith(f"/cases/{case.public_id}/")


def test_keys_can_be_switched_off(enter, severe):
    page, case = open_case(enter, severe)
    page.keyboard.press("?")
    page.get_by_label("Keys are on, on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("1")
    expect(page.locator("[data-choice='1']")).not_to_be_checked()
    page.get_by_role("button", name="Keys (?)").click()
    page.get_by_label("Keys are on, on this device").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("1")
    expect(page.locator("[data-choice='1']")).to_be_checked()


def test_at_the_limit_what_was_written_is_kept(enter, severe):
    page, case = open_case(enter, severe)
    limits.lower(person=severe[1], queue=case.queue, units=0)
    page.get_by_text("Reason, rule and note").click()
    page.get_by_label("Reason", exact=True).fill("my draft")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("r")
    ways = page.locator(".limit")
    expect(ways).to_be_visible()
    for way in (ways.get_by_role("link", name="Decide unseen"), ways.get_by_role("button", name="Hand over"), ways.get_by_role("button", name="Stop")):
        expect(way).to_be_visible()
    expect(page.get_by_label("Reason", exact=True)).to_have_value("my draft")
    assert WORDS not in page.content()


def test_a_destructive_action_is_chosen_by_key_and_done_by_nobody_but_a_second_page(enter, severe, accessible):
    page, case = open_case(enter, severe)
    page.keyboard.press("7")
    expect(page.get_by_role("radio", name="Suspend")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Suspend: @{case.account.acct}?")
    accessible(page)
    assert not case.decisions.exists()
    page.get_by_role("button", name="Suspend").click()
    page.wait_for_url("**/decisions/**")
    assert case.decisions.get().action == "suspend"


@pytest.mark.parametrize("width", ["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_concealed_case_can_be_read_by_everybody(enter, severe, accessible, width, scheme):
    case, person = severe
    page, _person = enter(person=person, width=width, scheme=scheme)
    page.goto(f"/cases/{case.public_id}/")
    accessible(page)
    page.keyboard.press("r")
    expect(page.get_by_text(WORDS)).to_be_visible()
    accessible(page)
    assert page.foreign_requests == []
