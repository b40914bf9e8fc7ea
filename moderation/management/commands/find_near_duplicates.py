"""The near-duplicates engine on a file of posts, answering as the online path would for the same posts in the same order."""

import json
import sys

from django.core.management.base import BaseCommand

from classifiers.near_duplicates import Stream
from moderation.management.ndjson import BadLine, read_rows


def _parse(row):
    post_id, text = row["id"], row["text"]
    if isinstance(post_id, bool) or not isinstance(post_id, (str, int)):
        raise BadLine('"id" is neither text nor a whole number')
    if not isinstance(text, str):
        raise BadLine('"text" is not text')
    return post_id, text


class Command(BaseCommand):
    help = (
        'Reads NDJSON {"id", "text"} on stdin, oldest first; writes {"id", "cluster", "representative", "similarity"} on stdout in the same order. '
        "A post that stands alone has null for all three. Answers are written when the input ends."
    )
    requires_system_checks = []

    def handle(self, **options):
        bad = 0

        def complain(number, what):
            nonlocal bad
            bad += 1
            self.stderr.write(f"Line {number}: {what}; skipped.")

        stream, ids = Stream(), []
        for post_id, text in read_rows(sys.stdin.buffer, _parse, complain):
            stream.add(text)
            ids.append(post_id)
        for post_id, match in zip(ids, stream.matches(), strict=True):
            representative = ids[match.id] if match else None
            answer = {"id": post_id, "cluster": representative, "representative": representative, "similarity": round(match.similarity, 4) if match else None}
            self.stdout.write(json.dumps(answer))
        if bad:
            sys.exit(1)
