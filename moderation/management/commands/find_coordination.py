"""The coordination engine on a file of acts, answering as the periodic task would for the same acts."""

import json
import math
import sys

from django.core.management.base import BaseCommand

from classifiers.coordination import ACTIONS, Events, find
from moderation.management.ndjson import BadLine, read_rows


def _parse(row):
    account, action, thing, at = row["account"], row["action"], row["object"], row["at"]
    post, bot = row.get("post"), row.get("bot", False)
    for field, value in (("account", account), ("object", thing), ("post", "" if post is None else post)):
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise BadLine(f'"{field}" is neither text nor a whole number')
    if not isinstance(action, str) or action not in ACTIONS:
        raise BadLine(f'"action" is none of {", ".join(ACTIONS)}')
    # Beyond this no calendar reaches, and sums of times lose their seconds.
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not math.isfinite(at) or abs(at) > 1e11:
        raise BadLine('"at" is not a number of seconds')
    if not isinstance(bot, bool):
        raise BadLine('"bot" is neither true nor false')
    return account, action, thing, float(at), post, bot


class Command(BaseCommand):
    help = (
        'Reads NDJSON {"account", "action", "object", "at", "post"?, "bot"?} on stdin, in any order; writes one line a group that acted together: '
        '{"cluster", "accounts", "attached", "signals", "q_value", "first_seen", "last_seen", "evidence"}.'
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--q", type=float, default=0.05, help="leave out groups with a larger q-value (default 0.05)")

    def handle(self, **options):
        bad = 0

        def complain(number, what):
            nonlocal bad
            bad += 1
            self.stderr.write(f"Line {number}: {what}; skipped.")

        events = Events.of(read_rows(sys.stdin.buffer, _parse, complain))
        groups = [group for group in find(events) if group.q <= options["q"] and group.kind != "feed"]
        for number, group in enumerate(groups, start=1):
            self.stdout.write(json.dumps(_answer(number, group, events)))
        if bad:
            sys.exit(1)


def _answer(number, group, events):
    attached = [events.accounts[each] for each in group.attached]
    return {
        "cluster": number,
        "accounts": [events.accounts[each] for each in group.accounts] + attached,
        "attached": attached,
        "signals": group.signals,
        "q_value": round(group.q, 6),
        "first_seen": round(group.first_seen, 3),
        "last_seen": round(group.last_seen, 3),
        "evidence": {
            "kind": group.kind,
            "objects": [{"action": action, "object": thing} for action, thing in group.objects[:20]],
            "objects_count": len(group.objects),
            "seconds": round(group.seconds, 1),
            "meetings": group.observed,
            "expected": round(group.expected, 4),
        },
    }
