"""Recorded Mastodon objects in webhook envelopes."""

import json
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "data" / "mastodon"


def recorded(name):
    """A recorded object, fresh for each call; "statuses.ndjson" gives all of its lines."""
    text = (RECORDED / name).read_text()
    return [json.loads(line) for line in text.splitlines()] if name.endswith(".ndjson") else json.loads(text)


def envelope(event, thing, at="2026-08-01T14:00:00.000Z"):
    return json.dumps({"event": event, "created_at": at, "object": thing}).encode()


def all_recorded():
    """(event, object) of every recorded object."""
    for number in range(1, 6):
        yield "account.created", recorded(f"admin_account_{number}.json")
    for number in (1, 2):
        yield "report.created", recorded(f"admin_report_{number}.json")
    for name in ("direct", "private", "reblog"):
        yield "status.created", recorded(f"status_{name}.json")
    for status in recorded("statuses.ndjson"):
        yield "status.created", status
