"""What Mastodon sends, and what somebody might send in its name."""

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.fediverse.base import AccountSeen, Event, Malformed, PostSeen, ReportSeen
from moderation.fediverse.mastodon_wire import parse
from tests.moderation.envelopes import all_recorded, envelope, recorded

RECORDED = list(all_recorded())


def status(**changes):
    return {**recorded("statuses.ndjson")[0], **changes}


def seen(event, thing):
    return parse(envelope(event, thing)).seen


@pytest.mark.parametrize(("event", "thing"), RECORDED, ids=lambda value: value if isinstance(value, str) else value["id"])
def test_every_recorded_object_is_understood(event, thing):
    understood = parse(envelope(event, thing))
    kind = {"account": AccountSeen, "report": ReportSeen, "status": PostSeen}[event.partition(".")[0]]
    assert isinstance(understood.seen, kind)
    assert understood.seen.remote_id == thing["id"]
    assert understood.at == datetime(2026, 8, 1, 14, tzinfo=UTC)


def test_account_tells_its_standing_and_who_asks_to_join():
    joining = {**recorded("admin_account_1.json"), "approved": False, "confirmed": False, "invite_request": "Hello <b>", "ip": "192.0.2.1"}
    account = seen("account.created", joining)
    assert (account.username, account.domain, account.display_name) == ("mastodonpy_test", "", "John Lennon")
    assert (account.approved, account.confirmed, account.suspended) == (False, False, False)
    assert (account.email, account.ip, account.sign_up_reason) == ("mastodonpy_test@localhost", "192.0.2.1", "Hello <b>")
    assert account.created_at == datetime(2026, 8, 1, 13, 48, 52, 67000, tzinfo=UTC)


def test_remote_account_leaves_open_what_its_server_alone_knows():
    remote = recorded("admin_account_1.json") | {"domain": "far.example", "suspended": True}
    remote |= dict.fromkeys(["email", "ip", "confirmed", "disabled", "approved", "locale", "ips", "role"])
    account = seen("account.updated", remote)
    assert (account.domain, account.suspended) == ("far.example", True)
    assert (account.confirmed, account.approved, account.disabled, account.email, account.ip) == (None, None, None, "", "")


def test_address_is_taken_from_the_list_where_the_field_is_empty():
    account = seen("account.created", recorded("admin_account_1.json") | {"ip": None, "ips": [{"ip": "192.0.2.9", "used_at": "2026-08-01T00:00:00Z"}]})
    assert account.ip == "192.0.2.9"


def test_hidden_and_impossible_counts_are_unknown():
    account = copy.deepcopy(recorded("statuses.ndjson")[0])
    account["account"] |= {"followers_count": -1, "following_count": 2**63, "statuses_count": 7}
    author = seen("status.created", account).account
    assert (author.followers_count, author.following_count, author.statuses_count) == (None, None, 7)


def test_report_carries_its_posts_and_who_closed_it():
    thing = recorded("admin_report_1.json")
    report = seen("report.updated", thing)
    assert report.target.remote_id == thing["target_account"]["id"]
    assert report.reporter.remote_id == thing["account"]["id"]
    assert [post.remote_id for post in report.posts] == [post["id"] for post in thing["statuses"]]
    assert report.resolved_by == (thing["action_taken_by_account"] or {"id": ""})["id"]
    assert (report.resolved_at is not None) == thing["action_taken"]


def test_open_report_has_no_time_of_closing_even_where_one_is_left_over():
    assert seen("report.updated", recorded("admin_report_1.json") | {"action_taken": False}).resolved_at is None


def test_boost_names_what_it_boosts_and_has_no_words():
    thing = recorded("status_reblog.json")
    thing["content"] = "<p>words of somebody else</p>"
    post = seen("status.created", thing)
    assert post.boost_of == thing["reblog"]["uri"]
    assert (post.content, post.links, post.tags) == ("", (), ())


@pytest.mark.parametrize("name", ["uri", "url"])
def test_address_that_is_no_web_address_is_dropped(name):
    assert getattr(seen("status.created", status(**{name: "javascript:alert(1)"})), name) == ""


def test_second_key_names_the_version_of_a_thing():
    first = recorded("statuses.ndjson")[0]
    keys = {
        parse(envelope("status.created", first)).key,
        parse(envelope("status.updated", first)).key,
        parse(envelope("status.updated", first | {"edited_at": "2026-08-02T00:00:00.000Z"})).key,
        parse(envelope("report.updated", recorded("admin_report_1.json"))).key,
        parse(envelope("report.updated", recorded("admin_report_1.json") | {"updated_at": "2026-08-03T00:00:00.000Z"})).key,
        parse(envelope("account.created", recorded("admin_account_1.json"))).key,
        parse(envelope("account.approved", recorded("admin_account_1.json"))).key,
    }
    assert len(keys) == 7
    # Sent again by a job of its own: another time of sending, the same thing.
    assert parse(envelope("status.created", first, at="2026-08-09T00:00:00Z")).key == parse(envelope("status.created", first)).key


def test_account_update_names_no_version():
    assert parse(envelope("account.updated", recorded("admin_account_1.json"))).key is None


def test_unknown_event_is_named_and_nothing_else():
    assert parse(envelope("tea.ready", ["anything"])) == Event("tea.ready", None, None, datetime(2026, 8, 1, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe{}", b"\x00", b'{"event": "status.created"', b"{} {}"),
        b"[" * 100_000 + b"]" * 100_000,
        b'{"event": "status.created", "created_at": "2026-08-01T14:00:00Z", "object": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"event": "status.created", "created_at": "2026-08-01T14:00:00Z", "object": {"id": ' + b"9" * 5000 + b"}}",
        *(b'{"event": "x", "created_at": NaN}', b'{"event": "x", "created_at": Infinity}', b'{"event": "x"}', b'{"created_at": "2026-08-01T14:00:00Z"}'),
        b'{"event": "status.created", "created_at": "2026-08-01T14:00:00Z"}',
        b'{"event": "status.created", "created_at": "yesterday", "object": {}}',
        b'{"event": ["status.created"], "created_at": "2026-08-01T14:00:00Z", "object": {}}',
    ],
    ids=range(19),
)
def test_body_that_is_not_a_delivery_is_malformed(body):
    with pytest.raises(Malformed):
        parse(body)


@pytest.mark.parametrize(
    "changes",
    [
        *({"id": 117}, {"id": ""}, {"id": None}, {"id": "x" * 65}, {"id": "a b"}, {"id": "\x00"}, {"content": 5}, {"content": ["<p>"]}, {"visibility": None}),
        *({"account": None}, {"account": []}, {"created_at": None}, {"created_at": 1}, {"edited_at": "soon"}, {"sensitive": "no"}, {"tags": {}}, {"tags": [1]}),
        *({"mentions": [{"id": 1}]}, {"media_attachments": [{}]}, {"reblog": "x"}, {"in_reply_to_id": 5}, {"language": 1.5}),
    ],
    ids=str,
)
def test_field_of_another_type_is_malformed(changes):
    with pytest.raises(Malformed):
        seen("status.created", status(**changes))


def test_malformed_says_where_and_never_what():
    with pytest.raises(Malformed, match=r"^body\.object\.account\.id is not an id$"):
        seen("status.created", status(account={"id": "some secret", "acct": "a"}))


@pytest.mark.parametrize("given_date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1815-12-10T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_absurd_time_is_moved_into_what_can_be_true(given_date):
    at = seen("status.created", status(created_at=given_date)).created_at
    assert datetime(1970, 1, 1, tzinfo=UTC) <= at <= datetime.now(UTC) + timedelta(days=1)


def test_missing_fields_of_other_servers_are_forgiven():
    bare = {"id": "1", "created_at": "2026-08-01T00:00:00Z", "visibility": "public", "account": {"id": "2", "acct": "a@b.example"}}
    post = seen("status.created", bare)
    assert (post.account.username, post.account.domain) == ("a", "b.example")


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**63, max_value=2**200),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(), max_size=12),
    st.sampled_from(["\x00", "\ud800", "x" * 70_000, "javascript:alert(1)", "0001-01-01T00:00:00+14:00", "<svg onload=1>", "２", "-1"]),
    st.lists(st.one_of(st.none(), st.integers(), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)), max_size=3),
    st.dictionaries(st.sampled_from(["id", "acct", "original", "name"]), st.one_of(st.none(), st.text(max_size=3), st.integers()), max_size=3),
)


def places(value, path=()):
    """The path of every value within a JSON value."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


@st.composite
def mutated(draw):
    """A recorded object with one to three of its values replaced or left out, in an envelope."""
    event, thing = draw(st.sampled_from(RECORDED))
    thing = {"event": event, "created_at": "2026-08-01T14:00:00.000Z", "object": copy.deepcopy(thing)}
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(sorted(places(thing), key=str)))
        parent = thing
        for key in way:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.booleans()):
            del parent[last]
        else:
            parent[last] = draw(ODD)
    return json.dumps(thing).encode()


@settings(max_examples=300)
@given(mutated())
def test_mutated_object_is_understood_or_malformed_and_nothing_else(body):
    try:
        understood = parse(body)
    except Malformed:
        return
    assert isinstance(understood, Event)


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes_are_malformed(body):
    with pytest.raises(Malformed):
        parse(body)
