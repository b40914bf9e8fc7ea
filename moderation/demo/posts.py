"""Rows of {"id", "text", "author", "at"}, read from NDJSON and written as a Mastodon server would send them."""

import gzip
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from . import mastodon_json

HERE = Path(__file__).parent
SHIPPED = sorted(HERE.glob("youtube*.ndjson.gz"))


class NotPosts(ValueError):
    """The file is not what `replay` reads; the message says where."""


def read_rows(path):
    """Yield the rows of an NDJSON file, also gzipped, or of standard input for "-". NotPosts names the bad line."""
    if str(path) == "-":
        yield from _rows(sys.stdin.buffer, "standard input")
        return
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        yield from _rows(file, path)


def _rows(lines, name):
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise NotPosts(f"{name}, line {number}: not JSON") from error
        if not isinstance(row, dict) or not ({"event", "object"} <= row.keys() or {"id", "text", "author"} <= row.keys()):
            raise NotPosts(f"{name}, line {number}: neither a post with id, text and author nor a delivery with event and object")
        yield row


def with_times(rows, now):
    """[(row, datetime)] of posts: `at` where it is known; rows between two known times are spread evenly between them.

    At the ends the nearest known time stands, and `now` where no time is known at all.
    """
    known = [(index, at) for index, at in enumerate(_time(row.get("at")) for row in rows) if at]
    if not known:
        return [(row, now) for row in rows]
    timed = [known[0][1]] * known[0][0]
    for (start, since), (end, until) in zip(known, known[1:], strict=False):
        timed += [since + (until - since) * step / (end - start) for step in range(end - start)]
    timed += [known[-1][1]] * (len(rows) - known[-1][0])
    return list(zip(rows, timed, strict=True))


def shifted(timed, newest):
    """The same rows moved in time together, so that the last of them is at `newest`."""
    if not timed:
        return timed
    shift = newest - max(at for _, at in timed)
    return [(row, at + shift) for row, at in timed]


def statuses(timed, domain):
    """Yield (row, time, Status) for posts in the order given; accounts count their posts and begin on the day of their first."""
    first, count = {}, {}
    for row, at in timed:
        first[row["author"]] = min(at, first.get(row["author"], at))
    for row, at in timed:
        author = row["author"]
        count[author] = count.get(author, 0) + 1
        account = mastodon_json.account(domain, author, first[author], count[author])
        yield row, at, mastodon_json.status(domain, account, str(row["id"]), row["text"], at)


def _time(value):
    if value is None:
        return None
    try:
        at = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise NotPosts(f"{value!r} is not a time") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
