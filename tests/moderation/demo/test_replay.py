"""`manage.py replay` sends what a Mastodon server would send."""

import gzip
import io
import json
import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from moderation.demo import posts, sending
from moderation.fediverse import mastodon_wire
from moderation.intake.signature import verify
from moderation.management.progress import Progress

from .stub import webhook

SECRET = "s" * 40
ROWS = [
    {"id": "a", "author": "ann", "at": "2015-05-28T10:00:00.123000", "text": "First!\nSee https://example.org/a/very/long/address/indeed?x=1&y=2 #Cats"},
    {"id": "b", "author": "ben", "at": None, "text": "<b>not bold</b> & so"},
    {"id": "c", "author": "ann", "at": "2015-05-28T12:00:00", "text": "First!"},
]


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    """How long it would have slept, each time; no time passes."""
    slept = []
    monkeypatch.setattr(sending, "time", SimpleNamespace(sleep=slept.append, monotonic=lambda: 0.0))
    return slept


def replay(path, url, **options):
    """(last line as JSON, what was told meanwhile)"""
    out, err = io.StringIO(), io.StringIO()
    call_command("replay", str(path), to=url, secret=SECRET, stdout=out, stderr=err, **options)
    return json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "posts.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def posts_of(there):
    events = [mastodon_wire.parse(body) for _, _, body in there.requests]
    return sorted((event.seen for event in events), key=lambda post: (post.created_at, post.account.username))


def test_each_row_arrives_signed_as_a_status_of_its_author(file):
    with webhook() as there:
        told, _ = replay(file, there.url)
    assert told == {"rows": 3, "delivered": 3, "refused": {}, "tried_again": 0}
    assert all(verify(body, headers["X-Hub-Signature"], [SECRET]) for _, headers, body in there.requests)
    assert {headers["Content-Type"] for _, headers, _ in there.requests} == {"application/json"}
    first, second, third = posts_of(there)
    assert [first.account.username, second.account.username, third.account.username] == ["ann", "ben", "ann"]
    assert first.account.remote_id == third.account.remote_id
    assert mastodon_wire.plain_text(first.content) == ROWS[0]["text"]
    assert (first.links, first.tags) == (("https://example.org/a/very/long/address/indeed?x=1&y=2",), ("cats",))


def test_times_are_kept_and_a_missing_one_lies_between_its_neighbours(file):
    with webhook() as there:
        replay(file, there.url)
    times = [post.created_at for post in posts_of(there)]
    assert times[0] == datetime(2015, 5, 28, 10, 0, 0, 123000, UTC)
    assert times[1] == datetime(2015, 5, 28, 11, 0, 0, 61000, UTC)  # written in milliseconds
    assert times[2] == datetime(2015, 5, 28, 12, tzinfo=UTC)


def test_missing_times_at_the_ends_are_those_of_the_nearest_row():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    told = posts.with_times([{"at": None}, {"at": "2015-01-01T00:00:00"}, {"at": None}], now)
    assert {at for _, at in told} == {datetime(2015, 1, 1, tzinfo=UTC)}
    assert posts.with_times([{"at": None}], now) == [({"at": None}, now)]
    assert posts.with_times([], now) == []


def test_shifted_times_keep_their_distances_and_end_now(file):
    with webhook() as there:
        replay(file, there.url, shift_to_now=True)
    times = [post.created_at for post in posts_of(there)]
    assert times[2] - times[0] == timedelta(hours=2) - timedelta(microseconds=123000)
    assert timedelta(0) < datetime.now(UTC) - times[2] < timedelta(minutes=5)


def test_ids_are_the_same_each_time(file):
    with webhook() as there:
        replay(file, there.url)
        replay(file, there.url)
    assert len({post.remote_id for post in posts_of(there)}) == 3


def test_words_that_look_like_markup_arrive_as_words(file):
    with webhook() as there:
        replay(file, there.url)
    assert "<b>not bold</b> & so" in [mastodon_wire.plain_text(post.content) for post in posts_of(there)]


def test_delivery_in_the_file_is_sent_as_it_is(tmp_path):
    path = tmp_path / "deliveries.ndjson.gz"
    envelope = {"event": "tea.ready", "created_at": "2026-08-01T00:00:00.000Z", "object": {"cups": [1, "é"]}}
    path.write_bytes(gzip.compress(json.dumps(envelope).encode()))
    with webhook() as there:
        replay(path, there.url)
    assert json.loads(there.requests[0][2]) == envelope


def test_passing_fault_is_tried_again_later_and_later_with_the_same_body(file, slept):
    with webhook(503, 503, 429) as there:
        told, _ = replay(file, there.url, parallel=1)
    assert slept == [0.2, 0.4, 0.8]
    assert (told["delivered"], told["tried_again"]) == (3, 3)
    assert len({body for _, _, body in there.requests}) == 3


@pytest.mark.parametrize("status", [401, 404, 413])
def test_refused_delivery_is_counted_and_ends_in_an_error(file, status):
    with webhook(status) as there, pytest.raises(CommandError, match="1 of 3 were not taken"):
        replay(file, there.url, parallel=1)
    assert len(there.requests) == 3


def test_nobody_at_the_address_is_said_plainly(file):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(CommandError, match="does not answer.*0 of 3 were delivered"):
            replay(file, f"http://127.0.0.1:{port}/")


def test_connections_are_kept_and_few(file):
    with webhook() as there:
        replay(file, there.url, parallel=1)
    assert len(there.connections) == 1


def test_rate_spaces_the_deliveries(slept):
    with webhook() as there:
        sending.Sender(there.url, SECRET, rate=2).send_all([b"a", b"b", b"c"])
    assert slept == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"id": "1"}', '{"id": "1", "author": "a", "text": "x", "at": "yesterday"}', "[" * 100_000])
def test_file_that_holds_no_posts_is_refused_before_anything_is_sent(tmp_path, line):
    path = tmp_path / "posts.ndjson"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line + "\n")
    with webhook() as there, pytest.raises(CommandError):
        replay(path, there.url)
    assert there.requests == []


def test_progress_is_a_line_where_there_is_no_terminal(file):
    with webhook() as there:
        _, told = replay(file, there.url)
    assert told.startswith("Sending: 3 of 3, ")
    assert "\r" not in told


def test_progress_is_a_bar_on_a_terminal(file):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    progress = Progress(OutputWrapper(terminal), "Sending", 4)
    progress.show(2)
    progress.finish(4)
    assert "\rSending  [###############...............]  2 of 4" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("\n")
