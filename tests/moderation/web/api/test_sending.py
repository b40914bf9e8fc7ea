"""A forum sends posts, reports and sign-ups."""

import json

import pytest

from moderation.models import Account, Post, Report, SignUp
from moderation.queues import routing

pytestmark = pytest.mark.django_db


def send(api, path, body, **headers):
    return api.post(f"/api/v1/{path}/", body, format="json", headers=headers)


def assert_problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["status"] == status
    assert problem["type"] and problem["title"] and problem["detail"]
    return problem


def test_a_post_waits_to_be_analysed_with_its_words_as_text(api, instance, post):
    answer = send(api, "posts", post)
    assert (answer.status_code, answer.json()) == (202, {"accepted": ["p1"]})
    row = Post.objects.get()
    assert (row.instance, row.account.username, row.state) == (instance, "ann", Post.State.PENDING)
    assert row.text == "Hello\n\n<b>you</b>"
    assert "<b>" not in row.content


def test_a_list_is_taken_together_or_not_at_all(api, post):
    good = [{**post, "id": f"p{n}"} for n in range(3)]
    problem = assert_problem(send(api, "posts", [*good, {**post, "created_at": "yesterday"}]), 400)
    assert problem["errors"][0]["pointer"] == "#/3/created_at"
    assert not Post.objects.exists()
    assert send(api, "posts", good).json() == {"accepted": ["p0", "p1", "p2"]}


@pytest.mark.parametrize("many", [[], [{}] * 101])
def test_a_list_of_none_or_of_too_many_is_refused(api, many):
    assert_problem(send(api, "posts", many), 400)


def test_the_same_post_with_a_newer_edit_is_an_edit(api, post):
    send(api, "posts", post)
    send(api, "posts", {**post, "text": "Other words", "edited_at": "2026-11-20T11:00:00Z"})
    assert Post.objects.get().text == "Other words"


def test_a_report_becomes_a_case(api, post):
    body = {"id": "r1", "account": {"id": "u1", "username": "ann"}, "posts": [post], "category": "spam", "created_at": "2026-11-20T10:00:00Z"}
    assert send(api, "reports", body).status_code == 202
    routing.route_waiting()
    report = Report.objects.get()
    assert report.case.account == Account.objects.get(username="ann")
    assert list(report.posts.all()) == [Post.objects.get()]


def test_a_sign_up_waits_for_a_person_and_its_address_is_not_kept(api):
    body = {"account": {"id": "u9", "username": "new"}, "reason": "I like boats", "email": "new@mail.example", "ip": "203.0.113.7"}
    assert send(api, "sign-ups", body).json() == {"accepted": ["u9"]}
    sign_up = SignUp.objects.select_related("account").get()
    assert (sign_up.reason, sign_up.state) == ("I like boats", SignUp.State.WAITING)
    account = sign_up.account
    assert account.email_domain == "mail.example"
    stored = [str(value) for value in Account.objects.values_list().get()]
    assert not any("new@mail" in value or "203.0.113.7" in value for value in stored)


def test_a_post_that_is_gone_is_marked_once_and_twice_is_no_error(api, post):
    send(api, "posts", post)
    assert api.delete("/api/v1/posts/p1/").status_code == 204
    gone_at = Post.objects.get().gone_at
    assert gone_at
    assert api.delete("/api/v1/posts/p1/").status_code == 204
    assert Post.objects.get().gone_at == gone_at
    assert_problem(api.delete("/api/v1/posts/p2/"), 404)


def test_the_same_request_under_one_key_happens_once_and_is_answered_the_same(api, post):
    first = send(api, "posts", post, **{"Idempotency-Key": "k1"})
    Post.objects.all().delete()
    second = send(api, "posts", post, **{"Idempotency-Key": "k1"})
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert not Post.objects.exists()


def test_another_request_under_a_used_key_is_refused(api, post):
    send(api, "posts", post, **{"Idempotency-Key": "k1"})
    assert_problem(send(api, "posts", {**post, "id": "p2"}, **{"Idempotency-Key": "k1"}), 422)


def test_a_request_that_failed_frees_its_key(api, post):
    assert_problem(send(api, "posts", {**post, "id": ""}, **{"Idempotency-Key": "k1"}), 400)
    assert send(api, "posts", post, **{"Idempotency-Key": "k1"}).status_code == 202


def test_a_request_under_a_key_still_at_work_is_told_to_wait(api, post):
    from moderation.models import IdempotentAnswer

    send(api, "posts", post, **{"Idempotency-Key": "k1"})
    IdempotentAnswer.objects.update(status=None, body=None)
    assert_problem(send(api, "posts", post, **{"Idempotency-Key": "k1"}), 409)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        b'{"id": "\\u0000"}',
        b'{"id": "\\ud800"}',
        b'{"id": NaN}',
        b"\xff\xfe",
        b'"text"',
        b"null",
    ],
)
def test_a_hostile_body_is_a_problem_and_nothing_else(api, raw):
    assert_problem(api.post("/api/v1/posts/", raw, content_type="application/json"), 400)


def test_a_lone_surrogate_or_nul_in_the_words_is_refused_by_field(api, post):
    for word in ("a\0b", "a\ud800b"):
        raw = json.dumps({**post, "text": word})
        problem = assert_problem(api.post("/api/v1/posts/", raw, content_type="application/json"), 400)
        assert problem["errors"][0]["pointer"] == "#/text"


def test_a_body_over_the_limit_is_too_large(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert_problem(api.post("/api/v1/posts/", json.dumps({"text": "x" * 2_000}), content_type="application/json"), 413)


def test_other_media_types_and_methods_are_problems(api):
    assert_problem(api.post("/api/v1/posts/", "a=b", content_type="application/x-www-form-urlencoded"), 415)
    assert_problem(api.put("/api/v1/posts/", {}, format="json"), 405)
    assert_problem(api.get("/api/v1/nothing/"), 404)
