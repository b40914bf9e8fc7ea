"""Teaches the slop scorer: the shipped prior from the shipped data, or a model from a file of labels."""

import json
import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from classifiers import artefacts, slop, slop_training
from moderation.analysis.slop_models import signing_keys
from moderation.management.ndjson import BadLine, read_rows


def _parse(row):
    if not isinstance(row["text"], str):
        raise BadLine('"text" is not text')
    if row["label"] not in ("spam", "fine"):
        raise BadLine('"label" is neither spam nor fine')
    return {"id": row.get("id"), "text": row["text"], "label": row["label"], "slice": row.get("slice")}


class Command(BaseCommand):
    help = (
        'Learns from NDJSON {"id", "text", "label": "spam" or "fine"} on top of the shipped prior and writes a signed model file. '
        'Rows marked "slice": "random" alone calibrate it, where there are any. '
        "Without --labels it trains the prior again from the data that ships with Breakwater."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--labels", type=Path, help="file of labels")
        parser.add_argument("--out", type=Path, help="where to write the model")

    def handle(self, *, labels, out, **options):
        if labels and not out:
            raise CommandError("Say where to write the model: --out PATH.")
        self.bad = 0
        try:
            if labels:
                model, key = slop_training.train_instance(self.read(labels), slop.shipped_prior()), signing_keys()[0]
            else:
                model, key = slop_training.train_prior(slop_training.shipped_rows()), slop.PRIOR_KEY
            blob = model.to_bytes(key)
            artefacts.write(out or slop.PRIOR_PATH, blob)
        except (slop_training.TooFewLabels, artefacts.Unusable) as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename or labels}: {os.strerror(problem.errno) if problem.errno else problem}.") from None
        told = {"version": model.version, "spam": model.about["spam"], "fine": model.about["fine"], "bytes": len(blob)}
        self.stdout.write(json.dumps({**told, "path": str(out or slop.PRIOR_PATH)}))
        if self.bad:
            sys.exit(1)

    def read(self, path):
        def complain(number, what):
            self.bad += 1
            self.stderr.write(f"Line {number}: {what}; skipped.")

        with open(path, "rb") as stream:
            return list(read_rows(stream, _parse, complain))
