"""A moderator's day in a real browser: by keyboard, without JavaScript, with two tabs, with a colleague."""

import re

import pytest
from playwright.sync_api import expect

from moderation.models import Case, Category, Decision, Queue
from moderation.queues import claims, routing
from moderation.wellbeing import limits
from tests.factories import make_account, make_case, make_instance, make_person, make_post, make_report, make_sign_up, make_wave


def reported(text="Buy these watches", category="spam", **given):
    """An open case about an account reported with one post."""
    post = make_post(text=text)
    row = Category.objects.get(slug=category)
    case = make_case(post.account, category=row, severity=row.severity, reports_count=1, reporters_count=1, worst_units=8, **given)
    report = make_report(post.account, [post], category="spam")
    report.move("routed", case=case)
    return case


def wave(size=4):
    instance = make_instance()
    posts = [make_post(make_account(instance), text=f"Buy these watches today, number {n}") for n in range(size)]
    cluster = make_wave(posts, notable_at=posts[0].created_at, route_again=True)
    routing.route_waiting()
    return Case.objects.get(cluster=cluster)


def press(page, key):
    page.wait_for_load_state("load")
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press(key)


def test_a_case_is_taken_decided_and_undone_by_keyboard_alone(enter):
    case = reported()
    page, person = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    press(page, "1")
    expect(page.get_by_role("radio", name="No action")).to_be_checked()
    expect(page.get_by_role("radio", name="No action")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/decisions/**")
    assert Decision.objects.get().action == "no_action"
    press(page, "u")
    expect(page.get_by_text("no longer stands").or_(page.get_by_text("took back")).first).to_be_visible()
    case.refresh_from_db()
    assert case.state != Case.State.DECIDED


def test_a_number_key_chooses_and_never_decides(enter):
    reported()
    page, _ = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    for number in "1234567":
        press(page, number)
    expect(page.get_by_role("radio", name="Suspend")).to_be_checked()
    assert not Decision.objects.exists()


def test_suspending_asks_once_more_and_says_what_it_will_do(enter, accessible):
    reported()
    page, _ = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    page.get_by_role("radio", name="Suspend").check()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not Decision.objects.exists()
    accessible(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_everything_works_with_and_without_javascript(enter, javascript):
    reported()
    page, _ = enter(javascript=javascript)
    page.goto("/")
    page.get_by_role("button", name="Take the next case").click()
    page.wait_for_url("**/cases/**")
    page.get_by_role("radio", name="Limit").check()
    page.get_by_text("Reason, rule and note").click()
    page.get_by_label("Reason").first.fill("Advertising")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url("**/decisions/**")
    expect(page.get_by_text("Advertising")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("no longer stands").or_(page.get_by_text("took back")).first).to_be_visible()


def test_one_decision_on_a_wave_reaches_every_member_but_who_was_left_out(enter, accessible):
    case = wave(4)
    page, _ = enter()
    page.goto("/queues/waves/")
    page.get_by_role("button", name="Take the next case").click()
    page.wait_for_url("**/cases/**")
    accessible(page)
    spared = case.cluster.members.exclude(post=case.cluster.representative).order_by("pk").last()
    page.locator(f'input[name="left_out"][value="{spared.pk}"]').check()
    page.get_by_role("radio", name="Limit").check()
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url("**/decisions/**")
    decided = set(Decision.objects.values_list("account_id", flat=True))
    assert decided == set(case.cluster.members.exclude(pk=spared.pk).values_list("account_id", flat=True))
    assert Decision.objects.values("batch").distinct().count() == 1


def test_a_stale_tab_is_told_and_nothing_happens_twice(enter):
    reported()
    page, person = enter()
    page.goto("/")
    page.get_by_role("button", name="Take the next case").click()
    page.wait_for_url("**/cases/**")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        tab.get_by_role("radio", name="No action").check()
        tab.get_by_role("button", name="Decide", exact=True).click()
        tab.wait_for_load_state()
    expect(other.get_by_role("heading", level=1)).to_have_text("This case is decided")
    expect(other.get_by_text("Nothing was sent twice")).to_be_visible()
    assert Decision.objects.count() == 1


def test_a_colleague_who_looks_is_told_who_has_the_case_and_sees_no_content(enter):
    case = reported(text="Words for one pair of eyes")
    holder = make_person(username="holder")
    claims.claim(holder, case)
    page, _ = enter()
    page.goto(f"/cases/{case.public_id}/")
    expect(page.get_by_text("holder").first).to_be_visible()
    expect(page.get_by_text("Words for one pair of eyes")).to_have_count(0)
    assert "Words for one pair of eyes" not in page.content()


def test_hard_text_is_not_in_the_page_until_it_is_revealed_and_gone_when_concealed(enter, accessible):
    reported(text="A hard sentence to read", category="harassment")
    page, person = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    assert "A hard sentence to read" not in page.content()
    accessible(page)
    press(page, "r")
    expect(page.get_by_text("A hard sentence to read")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("A hard sentence to read")).to_have_count(0)
    assert person.ledger.exists()


def test_handing_over_gives_the_case_back_and_it_does_not_return(enter):
    case = reported()
    page, person = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("It will not come back to you")).to_be_visible()
    page.get_by_role("button", name="Take the next case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing for you right now")
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (Case.State.OPEN, None)


def test_stop_gives_back_everything(enter):
    reported(), reported()
    page, person = enter()
    page.goto("/")
    press(page, "n")
    page.wait_for_url("**/cases/**")
    press(page, "s")
    expect(page.get_by_text("You have stopped")).to_be_visible()
    assert not Case.objects.filter(claimed_by=person).exists()


def test_a_sign_up_is_approved(enter, accessible):
    make_sign_up()
    routing.route_waiting()
    page, _ = enter()
    page.goto("/queues/sign-ups/")
    page.get_by_role("button", name="Take the next case").click()
    page.wait_for_url("**/cases/**")
    expect(page.get_by_text("I would like to talk about gardens.")).to_be_visible()
    accessible(page)
    page.get_by_role("radio", name="Approve").check()
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url("**/decisions/**")
    assert Decision.objects.get().action == "approve"


def test_the_limit_page_offers_three_equal_ways_on(enter, accessible):
    case = reported(category="harassment")
    page, person = enter()
    claims.claim(person, case)
    person.reservations.update(units=0)  # the case turned out to hold more than was set aside for it
    limits.lower(person=person, queue=case.queue, units=0)
    page.goto(f"/cases/{case.public_id}/")
    press(page, "r")
    expect(page.get_by_text(re.compile("You have reached your limit for today"))).to_be_visible()
    for name in ("Hand over", "Stop"):
        expect(page.locator(".limit").get_by_role("button", name=name)).to_be_visible()
    expect(page.locator(".limit").get_by_role("link", name="Decide unseen")).to_be_visible()
    accessible(page)


@pytest.mark.parametrize(("width", "scheme"), [("narrow", "light"), ("narrow", "dark"), ("wide", "light"), ("wide", "dark")])
def test_every_page_of_a_moderator_is_accessible(enter, accessible, width, scheme):
    case, decided = reported(category="harassment"), reported()
    wave(3)
    page, person = enter(role="owner", width=width, scheme=scheme)
    claims.claim(person, decided)
    from moderation.enforcement import decisions

    decided.refresh_from_db()
    made = decisions.decide(case_id=decided.pk, claim=decided.claim, by=person, action="limit", reason="Advertising")
    claims.claim(person, case)
    paths = ["/", "/queues/reports/", "/queues/waves/", f"/cases/{case.public_id}/", f"/cases/{decided.public_id}/", f"/decisions/{made[0].public_id}/"]
    paths += ["/me/", "/search/?q=account", "/reports/weekly/", "/nowhere/"]
    for path in paths:
        page.goto(path)
        accessible(page)
    assert page.foreign_requests == []
    assert Queue.objects.count() == 4


def test_the_keys_are_shown_with_a_question_mark(enter, accessible):
    page, _ = enter()
    page.goto("/")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    accessible(page)
    press_again = page.keyboard.press
    press_again("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
