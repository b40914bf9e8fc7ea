"""The client of Mastodon's admin API, against a server that behaves as it does and against what a real one answered."""

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from moderation.fediverse.base import Ambiguous, Passing, Refused, Unreachable
from moderation.fediverse.client import Client, resets_at
from moderation.fediverse.forum import Forum
from moderation.fediverse.mastodon import Mastodon, platform_for
from moderation.models import Instance
from tests.stub_mastodon import AGENT, Fault, StubMastodon

CALLS = json.loads((Path(__file__).parents[2] / "data" / "mastodon" / "admin_calls.json").read_text())


@pytest.fixture
def stub():
    with StubMastodon() as server:
        yield server


@pytest.fixture
def platform(stub):
    mastodon = Mastodon(Instance(slug="stub", domain="stub.example", base_url=stub.url, api_token=stub.token), timeout=20)
    yield mastodon
    mastodon.close()


def act(platform, kind, **given):
    params = {"account_id": "101", "type": kind, "text": "", "send_email_notification": False, **given}
    return platform.send("account_action", params)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call['method']} {httpx.URL(call['uri']).path}")
def test_every_recorded_answer_is_understood(call):
    def replay(request):
        # Bodies were recorded by their beginning only: one that was cut stands for an empty one of its kind.
        body = call["body_start"] if len(call["body_start"]) < 200 else {"[": "[]", "{": "{}"}[call["body_start"][0]]
        return httpx.Response(call["response"], headers={key: values[0] for key, values in call["headers"].items()}, content=body)

    client = Client("http://localhost:3000", "token", transport=httpx.MockTransport(replay))
    path = call["uri"].removeprefix("http://localhost:3000")
    try:
        answer = client.get(path, kind=(dict, list)) if call["method"] == "GET" else client.post(path)
    except Refused as error:
        assert (error.status, call["response"]) == (403, 403)
        assert "does not allow this" in str(error)
    else:
        assert call["response"] == 200
        assert isinstance(answer.data, (dict, list))
    assert client.exhausted_until is None


def test_an_email_is_sent_only_when_it_is_asked_for(stub, platform):
    stub.add_account("101")
    act(platform, "silence")
    assert stub.mails == []
    act(platform, "sensitive", send_email_notification=True)
    assert stub.mails == ["101"]


def test_the_body_says_false_in_so_many_words(stub, platform):
    stub.add_account("101")
    act(platform, "silence")
    assert stub.writes() == [("/api/v1/admin/accounts/101/action", {"type": "silence", "send_email_notification": False})]


def test_state_of_reads_every_flag_and_the_open_reports(stub, platform):
    stub.add_account("101", silenced=True, approved=False)
    stub.add_report("1", "101")
    stub.add_report("2", "101", closed_by=AGENT)
    state = platform.state_of("101", reports=True)
    assert (state.exists, state.silenced, state.suspended, state.approved, state.open_reports) == (True, True, False, False, ["1"])
    assert platform.state_of("404").exists is False


def test_only_reports_that_are_still_open_are_closed(stub, platform):
    stub.add_account("101")
    stub.add_report("1", "101")
    stub.add_report("2", "101", closed_by="somebody")
    assert platform.send("resolve_reports", {"account_id": "101", "report_ids": ["1", "2", "3"]}) == {"resolve": ["1"]}
    assert platform.send("reopen_reports", {"account_id": "101", "report_ids": ["1", "3"]}) == {"reopen": ["1"]}
    assert platform.closed_by("1") is None


def test_lists_are_read_to_their_last_page(stub, platform):
    stub.page = 3
    for number in range(200, 208):
        stub.add_account(str(number), approved=False)
    assert {seen.remote_id for seen in platform.pending_accounts()} == {str(number) for number in range(200, 208)}
    for number in range(1, 9):
        stub.add_report(str(number), "200")
    assert [seen.remote_id for seen in platform.open_reports(since_id="2")] == ["8", "7", "6", "5", "4", "3"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "no longer accepts our access token"),
        (403, "does not allow this"),
        (404, "no longer has this account"),
        (410, "no longer has this account"),
        (422, "cannot do this"),
    ],
)
def test_a_permanent_no_is_a_sentence_with_what_to_do(stub, platform, status, expected):
    stub.add_account("101")
    stub.faults.append(Fault("POST", "/action", status))
    with pytest.raises(Refused, match=expected) as caught:
        act(platform, "silence")
    assert caught.value.status == status


def test_a_missing_scope_is_told_from_a_missing_rank(stub, platform):
    stub.add_account("101", rank=10)
    with pytest.raises(Refused, match="ranks at least as high"):
        act(platform, "silence")
    stub.scopes.discard("admin:write:accounts")
    with pytest.raises(Refused, match="lacks a scope"):
        act(platform, "silence")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_fault_after_a_write_may_have_acted_and_after_a_read_has_not(stub, platform, status):
    stub.add_account("101")
    stub.faults += [Fault("POST", "/action", status), Fault("GET", "/accounts/101", status)]
    with pytest.raises(Ambiguous):
        act(platform, "silence")
    with pytest.raises(Passing) as caught:
        platform.state_of("101")
    assert not isinstance(caught.value, Ambiguous)


@pytest.mark.parametrize("after", [False, True])
def test_a_dropped_connection_may_have_acted(stub, platform, after):
    stub.add_account("101")
    stub.faults.append(Fault("POST", "/action", "drop", after=after))
    with pytest.raises(Ambiguous):
        act(platform, "silence")
    assert stub.strikes_on("101") == int(after)


def test_no_answer_in_time_may_have_acted(stub):
    stub.add_account("101")
    stub.faults.append(Fault("POST", "/action", "hang", after=True))
    client = Client(stub.url, stub.token, timeout=1)
    with pytest.raises(Ambiguous):
        client.post("/api/v1/admin/accounts/101/action", type="silence", send_email_notification=False)
    assert stub.strikes_on("101") == 1


def test_a_server_that_is_not_there_is_unreachable():
    with StubMastodon() as stub:
        url = stub.url
    with pytest.raises(Unreachable):
        Client(url, "token").post("/api/v1/admin/accounts/101/action")


def test_a_429_waits_for_the_reset_the_server_names(stub, platform):
    stub.add_account("101")
    stub.remaining = 0
    with pytest.raises(Passing) as caught:
        platform.state_of("101")
    assert not isinstance(caught.value, Ambiguous)
    assert abs(caught.value.retry_at - stub.resets_at) < timedelta(seconds=60)
    assert platform.exhausted_until == caught.value.retry_at


def test_the_last_call_of_the_window_is_noticed_before_the_429(stub, platform):
    stub.add_account("101")
    stub.remaining = 1
    platform.state_of("101")
    assert platform.exhausted_until is not None


@pytest.mark.parametrize("reset", ["", "soon", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-08-01T13:50:00.032044Z"])
def test_no_reset_can_send_us_to_sleep_for_long_or_into_a_busy_loop(reset):
    wait = resets_at({"x-ratelimit-reset": reset}) - timezone.now()
    assert timedelta(0) < wait <= timedelta(hours=1)


def test_the_reset_is_read_on_the_servers_clock():
    headers = {"x-ratelimit-reset": "2020-01-01T00:04:00Z", "date": "Wed, 01 Jan 2020 00:00:00 GMT"}
    assert timedelta(minutes=3) < resets_at(headers) - timezone.now() <= timedelta(minutes=4)


def test_the_token_is_not_carried_to_where_a_redirect_points(stub):
    seen = []

    def elsewhere(request):
        seen.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    client = Client("https://social.example", "token", transport=httpx.MockTransport(elsewhere))
    with pytest.raises(Refused, match="sends us on"):
        client.get("/api/v1/admin/reports")
    assert seen == ["social.example"]


@pytest.mark.parametrize("address", ["http://social.example", "http://10.0.0.1", "ftp://social.example", "social.example", "", "https://", "http://[::1"])
def test_an_address_that_is_not_safe_is_refused(address):
    with pytest.raises(Refused):
        Client(address, "token")


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b'"text"', b"\xff", b"[]"])
def test_an_answer_that_is_no_api_is_a_passing_fault(body):
    client = Client("https://social.example", "t", transport=httpx.MockTransport(lambda request: httpx.Response(200, content=body)))
    with pytest.raises(Passing):
        client.get("/api/v1/admin/accounts/1")


def test_an_answer_without_end_is_cut_off():
    def endless():
        while True:
            yield b" " * 1_000_000

    client = Client("https://social.example", "t", transport=httpx.MockTransport(lambda request: httpx.Response(200, content=endless())))
    with pytest.raises(Passing, match="larger than"):
        client.get("/api/v1/admin/reports")


@pytest.mark.parametrize("remote_id", ["..", "1/../../x", "1?x=1", "", "a" * 65, "1\n"])
def test_an_id_cannot_leave_its_place_in_the_path(platform, remote_id):
    with pytest.raises(Refused, match="not an id"):
        platform.state_of(remote_id)


def lines(checks):
    return {check.name: check.ok for check in checks}


def test_a_good_connection_passes_every_check_and_tells_who_we_are(stub, platform):
    checks = platform.check()
    assert all(check.ok for check in checks), checks
    assert len(checks) == 8
    assert platform.agent_account_id == AGENT
    assert [verb for verb, _body in stub.writes()] == ["/api/v1/admin/accounts/0/unsilence", "/api/v1/admin/reports/0/resolve"]
    assert stub.strikes == []


def test_the_check_names_the_missing_scope(stub, platform):
    stub.scopes.discard("admin:write:reports")
    assert [name for name, ok in lines(platform.check()).items() if not ok] == ["admin:write:reports"]


def test_the_check_names_what_the_role_lacks(stub, platform):
    stub.permissions = 1 << 10
    (role,) = [check for check in platform.check() if check.name == "Role"]
    assert not role.ok
    assert "Manage Reports" in role.detail
    assert "Manage Users" not in role.detail


def test_the_check_stops_at_a_wrong_token(stub):
    checks = Mastodon(Instance(base_url=stub.url, api_token="wrong")).check()
    assert lines(checks) == {"Address": True, "Clock": True, "Access token": False}


def test_the_check_says_that_nobody_answers():
    with StubMastodon() as stub:
        url = stub.url
    (check,) = Mastodon(Instance(base_url=url, api_token="t")).check()
    assert not check.ok
    assert "cannot be reached" in check.detail


def test_a_forum_is_sent_nothing_and_says_so():
    forum = platform_for(Instance(software="forum"))
    assert isinstance(forum, Forum)
    assert forum.check()[0].ok
    with pytest.raises(Refused, match="Nothing is sent"):
        forum.send("account_action", {})
