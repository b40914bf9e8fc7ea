"""Searching, an account's page, a cluster's page, the error pages, signing in."""

import pytest
from django.test import Client

from moderation.models import Cluster
from moderation.web import search
from tests.factories import make_account, make_case, make_instance, make_person, make_post, make_wave

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(client):
    person = make_person()
    client.force_login(person)
    return person


def test_accounts_are_found_by_how_their_name_begins(client, moderator):
    instance = make_instance(domain="social.example")
    for username, domain in (("beans", ""), ("beanstalk", "far.example"), ("carrots", "")):
        make_case(make_account(instance, username=username, domain=domain))
    shown = client.get("/search/?q=@bean").content.decode()
    assert "@beans<" in shown and "@beanstalk@far.example<" in shown and "carrots" not in shown
    shown = client.get("/search/?q=bean@far").content.decode()
    assert "@beanstalk@far.example<" in shown and "@beans<" not in shown


def test_posts_are_not_searched(client, moderator):
    make_post(text="unmistakable words")
    assert "No account begins like this." in client.get("/search/?q=unmistakable").content.decode()


def test_the_number_of_a_case_leads_to_it(client, moderator):
    case = make_case()
    assert client.get(f"/search/?q={case.public_id}").url == f"/cases/{case.public_id}/"


@pytest.mark.parametrize("q", ["%00", "a" * 5000, "%25_'\";--", "@", "%F0%9F%AB%98", "@@@"])
def test_odd_questions_get_an_answer(client, moderator, q):
    assert client.get(f"/search/?q={q}").status_code == 200


def test_an_account_s_page_tells_its_story_and_none_of_its_posts(client, moderator):
    post = make_post(text="words that stay away")
    make_case(post.account)
    shown = client.get(f"/known/{post.account_id}/").content.decode()
    assert f"@{post.account.acct}" in shown
    assert "words that stay away" not in shown


def test_a_cluster_s_page_lists_members_and_none_of_their_words(client, moderator):
    instance = make_instance()
    posts = [make_post(make_account(instance), text="the same words") for _n in range(3)]
    wave = make_wave(posts)
    shown = client.get(f"/clusters/{wave.public_id}/").content.decode()
    assert all(f"@{post.account.acct}" in shown for post in posts)
    assert "the same words" not in shown


def test_members_are_left_out_and_taken_back_and_split_off(client, moderator):
    instance = make_instance()
    wave = make_wave([make_post(make_account(instance), text=f"the same words {n}") for n in range(4)])
    url = f"/clusters/{wave.public_id}/change/"
    last = wave.members.order_by("-pk").first()
    client.post(url, {"verb": "leave_out", "member": last.pk})
    last.refresh_from_db()
    assert last.left_out
    client.post(url, {"verb": "take_back", "member": last.pk})
    last.refresh_from_db()
    assert not last.left_out
    client.post(url, {"verb": "split", "member": last.pk})
    assert Cluster.objects.count() == 2
    client.post(url, {"verb": "innocent"})
    wave.refresh_from_db()
    assert wave.innocent
    assert "Nothing was changed" in client.post(url, {"verb": "leave_out"}, follow=True).content.decode()
    assert "Nothing was changed" in client.post(url, {"verb": "explode", "next": "https://evil.example/"}, follow=True).content.decode()


def test_auditors_change_no_cluster(client):
    client.force_login(make_person(role="auditor"))
    wave = make_wave([make_post(), make_post()])
    assert client.post(f"/clusters/{wave.public_id}/change/", {"verb": "innocent"}).status_code == 403


def test_what_is_not_there_and_what_is_forbidden_are_designed_pages(client, moderator):
    missing = client.get("/nothing/here/")
    assert missing.status_code == 404
    assert "Go to the queues" in missing.content.decode()
    wave = make_wave([make_post(), make_post()])
    client.force_login(make_person(role="auditor"))
    forbidden = client.post(f"/clusters/{wave.public_id}/change/")
    assert "not for your role" in forbidden.content.decode()


def test_a_form_that_cannot_be_checked_says_what_to_do(moderator):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(moderator)
    response = strict.post("/stop/")
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()


def test_a_failure_of_ours_is_a_calm_page(client, moderator, monkeypatch):
    monkeypatch.setattr(search, "_by_id", lambda query: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/search/?q=x")
    assert response.status_code == 500
    assert "Something failed on our side" in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/inactive/", "/accounts/2fa/authenticate/", "/accounts/logout/"]
)
def test_pages_of_signing_in_stand_without_a_person(client, path):
    assert client.get(path, follow=True).status_code == 200


def test_nobody_can_make_an_account_by_themself(client):
    shown = client.post("/accounts/signup/", {"username": "new", "password1": "correct horse battery", "password2": "correct horse battery"}).content.decode()
    assert "People are invited here" in shown


@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/reauthenticate/"]
)
def test_pages_of_one_s_own_sign_in_open_without_inline_style(client, path):
    person = make_person(password="correct horse battery")
    client.post("/accounts/login/", {"login": person.username, "password": "correct horse battery"})
    shown = client.get(path, follow=True)
    assert shown.status_code == 200
    assert " style=" not in shown.content.decode()
    assert 'src="data:' not in shown.content.decode()
