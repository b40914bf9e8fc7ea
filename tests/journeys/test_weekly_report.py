"""The weekly report in a real browser: accessible, narrow and wide, light and dark, on paper, and loading nothing from elsewhere."""

import pytest

from moderation.reports import weekly
from moderation.reports.weeks import Week
from tests.moderation.reports.seeding import Seeding

pytestmark = pytest.mark.browser
WEEK = Week(2024, 40)


@pytest.fixture
def report(transactional_db):
    Seeding(WEEK.previous, weeks=2, moderators=9).fill(cases=80)
    weekly.build(WEEK.previous)
    return weekly.build(WEEK)


@pytest.mark.parametrize(("width", "scheme"), [("narrow", "light"), ("wide", "dark")])
def test_the_report_can_be_read_by_everybody(enter, accessible, report, width, scheme):
    page, _ = enter("auditor", width=width, scheme=scheme)
    for path in ("/reports/weekly/", f"/reports/weekly/{WEEK}/", f"/reports/weekly/{Week.current()}/"):
        assert page.goto(path).status == 200
        accessible(page)
    assert page.foreign_requests == []


def test_charts_take_their_colours_from_the_page_and_need_no_script(enter, report):
    page, _ = enter("moderator", javascript=False)
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"/reports/weekly/{WEEK}/")
    assert page.locator(".chart svg").count() > 8
    assert page.locator(".chart__bar").first.bounding_box()["width"] > 10
    assert refused == []


def test_a_whole_week_is_told_in_the_list_and_found_from_there(enter, report):
    page, _ = enter("owner")
    page.goto("/reports/weekly/")
    page.get_by_role("link", name=str(WEEK)).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Week 40 of 2024"
    page.get_by_role("link", name="Week before").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Week 39 of 2024"
