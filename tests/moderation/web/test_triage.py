"""Home, the queues, taking the next case, stopping."""

import pytest
from django.urls import reverse

from moderation.models import Case, Queue
from moderation.queues import claims
from moderation.web import presenting
from tests.factories import make_case, make_person, make_post, make_report, make_sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(client):
    person = make_person()
    client.force_login(person)
    return person


@pytest.mark.parametrize("path", ["/", "/queues/reports/", "/me/", "/search/?q=x", "/known/1/"])
def test_nobody_sees_a_page_without_signing_in(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("role", ["moderator", "lead", "owner", "auditor"])
def test_every_role_has_a_home_a_queue_and_a_page_of_their_own(client, role):
    client.force_login(make_person(role=role))
    make_case()
    for name, arguments in (("home", []), ("queue", ["reports"]), ("me", []), ("search", [])):
        assert client.get(reverse(name, args=arguments)).status_code == 200


def test_an_auditor_is_offered_no_work(client):
    client.force_login(make_person(role="auditor"))
    make_case()
    assert "Take the next case" not in client.get("/").content.decode()
    assert client.post("/next/").status_code == 403
    assert client.post("/stop/").status_code == 403


def test_next_takes_one_case_and_goes_to_it(client, moderator):
    case = make_case()
    response = client.post("/next/", {"queue": "reports"})
    case.refresh_from_db()
    assert response.url == reverse("case", args=[case.public_id])
    assert case.claimed_by == moderator


def test_when_there_is_nothing_the_page_says_so_and_no_more(client, moderator):
    response = client.post("/next/")
    assert response.status_code == 200
    assert "nothing for you right now" in response.content.decode()


def test_taking_needs_a_post(client, moderator):
    assert client.get("/next/").status_code == 405


def test_stop_gives_everything_back(client, moderator):
    case = make_case()
    claims.claim_next(moderator)
    response = client.post("/stop/", follow=True)
    case.refresh_from_db()
    assert case.state == Case.State.OPEN
    assert "Nothing counts against you" in response.content.decode()


def test_a_queue_lists_cases_and_none_of_their_content(client, moderator):
    post = make_post(text="words nobody should meet by chance")
    case = make_case(post.account, reports_count=1, reporters_count=1)
    make_report(post.account, [post], comment="a comment with detail", case=case)
    shown = client.get("/queues/reports/").content.decode()
    assert f"@{post.account.acct}" in shown
    assert "nobody should meet" not in shown
    assert "a comment with detail" not in shown


def test_a_queue_can_be_filtered(client, moderator):
    make_case()
    sign_up = make_sign_up()
    make_case(sign_up.account, kind="sign_up", sign_up=sign_up)
    shown = client.get("/queues/reports/?kind=sign_up").content.decode()
    assert shown.count("/cases/") == 1
    assert client.get("/queues/reports/?kind=nonsense&page=-3&state=%00").status_code == 200


def test_filters_answer_htmx_with_the_rows_alone(client, moderator):
    make_case()
    shown = client.get("/queues/reports/", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in shown
    assert 'id="rows"' in shown


def test_a_moderator_does_not_read_a_queue_that_is_not_theirs(client, moderator):
    queue = Queue.objects.get(slug="reports")
    queue.workers.add(make_person())
    assert client.get("/queues/reports/").status_code == 403


def test_the_queue_page_asks_the_database_twelve_times_at_most(client, moderator, django_assert_max_num_queries):
    for _case in range(30):
        post = make_post()
        case = make_case(post.account)
        make_report(post.account, [post], case=case)
    with django_assert_max_num_queries(12):
        client.get("/queues/reports/")


def test_home_asks_no_more_when_more_waits(client, moderator, django_assert_max_num_queries):
    for _case in range(20):
        make_case()
    with django_assert_max_num_queries(14):
        client.get("/")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "nothing waiting"), (3, "a few waiting"), (9, "about 10 waiting"), (43, "about 40 waiting"), (101, "more than 100 waiting")],
)
def test_amounts_are_rounded_so_that_they_do_not_hurry(count, words):
    assert presenting.waiting(count) == words


def test_a_count_goes_no_further_than_a_hundred_and_one(django_assert_num_queries):
    for _case in range(4):
        make_case()
    with django_assert_num_queries(1):
        assert presenting.bounded(Case.objects.all(), limit=2) == 3
