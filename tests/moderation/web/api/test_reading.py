"""What an API may see: its own instance, by scope; never who decided, and nothing that is concealed."""

import json

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from moderation.enforcement import decisions
from moderation.models import Appeal, Scope
from moderation.queues import claims
from tests.factories import make_account, make_case, make_instance, make_person, make_post, make_wave

from .test_sending import assert_problem, send

pytestmark = pytest.mark.django_db


def client_with(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def decided(instance):
    """Two decisions of one instance, by a person whose name must not leave."""
    moderator = make_person(username="name-of-a-moderator")
    made = []
    for action in ("limit", "no_action"):
        case = claims.claim(moderator, make_case(make_account(instance)))
        made += decisions.decide(case_id=case.pk, claim=case.claim, by=moderator, action=action, reason="Advertising", note="for us alone")
    return made


def test_decisions_come_oldest_first_and_after_a_known_one(api, decided):
    answer = api.get("/api/v1/decisions/").json()
    assert [row["id"] for row in answer["results"]] == [str(row.public_id) for row in decided]
    after = api.get(f"/api/v1/decisions/?after={decided[0].public_id}").json()
    assert [row["action"] for row in after["results"]] == ["no_action"]


def test_pages_follow_their_cursor_without_missing_a_row(api, instance):
    for _ in range(5):
        make_case(make_account(instance))
    seen, path = [], "/api/v1/cases/?limit=2"
    while path:
        answer = api.get(path).json()
        seen += [row["id"] for row in answer["results"]]
        path = answer["next"]
    assert len(seen) == len(set(seen)) == 5


def test_nothing_tells_who_decided_or_what_is_for_moderators_alone(api, decided):
    for path in ("decisions", "cases", "clusters", f"decisions/{decided[0].public_id}", f"cases/{decided[0].case.public_id}"):
        text = api.get(f"/api/v1/{path}/").content.decode()
        assert "name-of-a-moderator" not in text
        assert "for us alone" not in text
        assert "claimed" not in text


def test_a_claimed_case_looks_open_to_a_machine(api, instance):
    case = claims.claim(make_person(), make_case(make_account(instance)))
    assert api.get(f"/api/v1/cases/{case.public_id}/").json()["state"] == "open"
    assert len(api.get("/api/v1/cases/?state=open").json()["results"]) == 1


def test_another_instance_sees_nothing_of_this_one(token_for, decided):
    stranger = client_with(token_for(*Scope.values, instance=make_instance()))
    assert stranger.get("/api/v1/decisions/").json()["results"] == []
    assert_problem(stranger.get(f"/api/v1/decisions/{decided[0].public_id}/"), 404)
    assert_problem(stranger.get(f"/api/v1/cases/{decided[0].case.public_id}/"), 404)
    assert_problem(stranger.post(f"/api/v1/decisions/{decided[0].public_id}/appeals/", {}, format="json"), 404)


def test_a_notable_wave_is_read_with_its_members_and_none_of_their_words(api, instance):
    posts = [make_post(make_account(instance), text="Words of the wave") for _ in range(3)]
    cluster = make_wave(posts, notable_at=posts[0].created_at)
    answer = api.get(f"/api/v1/clusters/{cluster.public_id}/")
    assert {row["post"] for row in answer.json()["members"]} == {post.remote_id for post in posts}
    assert "Words of the wave" not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("post", "posts", Scope.WRITE_POSTS),
        ("post", "reports", Scope.WRITE_REPORTS),
        ("post", "sign-ups", Scope.WRITE_SIGN_UPS),
        ("get", "cases", Scope.READ_CASES),
        ("get", "decisions", Scope.READ_DECISIONS),
        ("get", "clusters", Scope.READ_CLUSTERS),
    ],
)
def test_each_door_needs_its_own_scope(token_for, method, path, scope):
    others = [each for each in Scope.values if each != scope]
    refused = getattr(client_with(token_for(*others)), method)(f"/api/v1/{path}/", **({"format": "json"} if method == "post" else {}))
    assert scope in assert_problem(refused, 403)["detail"]
    allowed = getattr(client_with(token_for(scope)), method)(f"/api/v1/{path}/", **({"format": "json"} if method == "post" else {}))
    assert allowed.status_code in (200, 400)


def test_no_token_a_wrong_one_and_a_revoked_one_are_told_apart_from_forbidden(api, token_for):
    anonymous = APIClient().get("/api/v1/cases/")
    assert_problem(anonymous, 401)
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer")
    assert_problem(client_with("wrong").get("/api/v1/cases/"), 401)
    assert_problem(client_with("w\u00e9ird").get("/api/v1/cases/"), 401)
    token = token_for(Scope.READ_CASES)
    from django.utils import timezone

    from moderation.models import ApiToken

    ApiToken.objects.update(revoked_at=timezone.now())
    assert_problem(client_with(token).get("/api/v1/cases/"), 401)


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("lead", 200), ("auditor", 200), ("moderator", 403)])
def test_signed_in_people_read_by_role_and_write_nothing(decided, role, status):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make_person(role=role))
    assert client.get("/api/v1/decisions/?instance=forum").status_code == status
    assert client.post("/api/v1/posts/", {}, format="json").status_code == 403


def test_over_its_rate_a_token_is_told_when_to_come_back(api, monkeypatch):
    from moderation.web.api.throttling import TokenThrottle

    cache.clear()
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", {"token": "2/min"})
    assert "r=1" in api.get("/api/v1/cases/").headers["RateLimit"]
    api.get("/api/v1/cases/")
    refused = api.get("/api/v1/cases/")
    assert_problem(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("query", ["state=nonsense", "queue=%00", "after=nonsense", "after=00000000-0000-0000-0000-000000000000"])
def test_a_wrong_filter_is_a_problem(api, query):
    path = "decisions" if query.startswith("after") else "cases"
    assert_problem(api.get(f"/api/v1/{path}/?{query}"), 400)


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "cD0lMDA=", "cD0tMQ==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="])
def test_a_wrong_cursor_is_a_problem(api, cursor):
    assert_problem(api.get(f"/api/v1/cases/?cursor={cursor}"), 404)


def test_an_appeal_opens_the_case_again_once(api, decided):
    path = f"decisions/{decided[0].public_id}/appeals"
    assert send(api, path, {"text": "It was a joke"}).status_code == 201
    decided[0].case.refresh_from_db()
    assert decided[0].case.state == "open"
    assert Appeal.objects.get().text == "It was a joke"
    assert_problem(send(api, path, {"text": "Again"}), 409)


def test_the_description_is_served_to_everybody(db):
    answer = APIClient().get("/api/schema/")
    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"].startswith("3.")
