"""The slop scorer on a file of posts, answering as it would for posts that come in."""

import json
import sys
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from classifiers import artefacts, slop
from moderation.analysis.slop import explanation
from moderation.analysis.slop_models import signing_keys
from moderation.management.ndjson import BadLine, read_rows

BATCH = 200


def _parse(row):
    post_id, text = row["id"], row["text"]
    if isinstance(post_id, bool) or not isinstance(post_id, (str, int)):
        raise BadLine('"id" is neither text nor a whole number')
    if not isinstance(text, str):
        raise BadLine('"text" is not text')
    return post_id, text


class Command(BaseCommand):
    help = (
        'Reads NDJSON {"id", "text"} on stdin; writes {"id", "score", "verdict", "reasons"} on stdout in the same order. '
        "The score is a probability in [0, 1]; the verdict is likely, cant_tell or unlikely; reasons are the spans of the text that weigh most."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--model", type=Path, help="a model file written by train_slop; the shipped prior if not given")

    def handle(self, *, model, **options):
        try:
            scorer = slop.SlopModel.load(model, signing_keys()) if model else slop.shipped_prior()
        except artefacts.Unusable as problem:
            raise CommandError(str(problem)) from None
        bad = 0

        def complain(number, what):
            nonlocal bad
            bad += 1
            self.stderr.write(f"Line {number}: {what}; skipped.")

        rows = read_rows(sys.stdin.buffer, _parse, complain)
        while batch := list(islice(rows, BATCH)):
            for (post_id, text), judged in zip(batch, scorer.judge([text for _, text in batch]), strict=True):
                self.stdout.write(json.dumps({"id": post_id, "score": judged.score, "verdict": judged.verdict, "reasons": explanation(text, judged)}))
        if bad:
            sys.exit(1)
