"""A real browser on a live server: one Chromium for the session, a fresh context for each test."""

import os

# Playwright's synchronous API runs a loop in this thread; the database is used from it all the same, and by nobody else.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect, sync_playwright

from tests.factories import make_person

WIDTHS = {"narrow": {"width": 360, "height": 740}, "wide": {"width": 1440, "height": 900}}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# A busy machine is slow, not wrong: wait long, assert once.
PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    if not os.path.exists(path):
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser, live_server, transactional_db):
    """`new_page(width="wide", scheme="light", javascript=True)` opens a page in a context of its own, as another person would."""
    contexts = []

    def open_page(width="wide", scheme="light", javascript=True):
        context = browser.new_context(
            base_url=live_server.url, viewport=WIDTHS[width], color_scheme=scheme, java_script_enabled=javascript, locale="en-GB", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.foreign_requests = []
        page.on("request", lambda request: request.url.startswith((live_server.url, "data:", "about:", "blob:")) or page.foreign_requests.append(request.url))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(new_page, live_server):
    """`sign_in(role="moderator", **page options)` → (page, person), on the home page."""

    def enter(role="moderator", person=None, **options):
        person = person or make_person(role=role)
        page = new_page(**options)
        page.goto("/accounts/login/")
        page.get_by_label("Username").fill(person.username)
        page.get_by_label("Password", exact=True).fill("correct horse battery")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{live_server.url}/")
        return page, person

    return enter


@pytest.fixture
def enter(new_page, client, live_server):
    """`enter(role, **page options)` → (page, person) of somebody who is signed in; how they sign in is another journey."""

    def opened(role="moderator", person=None, **options):
        person = person or make_person(role=role)
        client.force_login(person)
        page = new_page(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": live_server.url}])
        return page, person

    return opened


@pytest.fixture
def accessible():
    """`accessible(page)` fails with axe-core's own words when it finds something."""

    def check(page):
        results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px at this width"

    return check


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/journeys/" in str(item.path):
            item.add_marker(pytest.mark.browser)
