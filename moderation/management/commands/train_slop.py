"""Teaches the slop scorer: the shipped prior from the shipped data, or a model from labels or from an instance's decisions."""

import json
import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from classifiers import artefacts, slop, slop_training
from moderation.analysis import slop_learning
from moderation.analysis.slop_models import signing_keys
from moderation.management.ndjson import BadLine, read_rows
from moderation.models import Instance


def _parse(row):
    if not isinstance(row["text"], str):
        raise BadLine('"text" is not text')
    if row["label"] not in ("spam", "fine"):
        raise BadLine('"label" is neither spam nor fine')
    return {"text": row["text"], "label": row["label"], "slice": row.get("slice")}


class Command(BaseCommand):
    help = (
        'Learns from NDJSON {"id", "text", "label": "spam" or "fine"} on top of the shipped prior and writes a signed model file. '
        'Rows marked "slice": "random" alone calibrate it, where there are any. '
        "With --instance it learns from what that instance's moderators decided, and puts the model in force if it is better. "
        "Without any of these it trains the prior again from the data that ships with Breakwater."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--labels", type=Path, help="file of labels")
        parser.add_argument("--out", type=Path, help="where to write the model")
        parser.add_argument("--instance", help="short name of an instance: learn from its decisions")
        parser.add_argument("--back", action="store_true", help="with --instance: put the model before the present one back in force")

    def handle(self, *, labels, out, instance, back, **options):
        if labels and not out:
            raise CommandError("Say where to write the model: --out PATH.")
        if instance and (labels or out):
            raise CommandError("A model of an instance learns from its decisions and is kept in the database: leave out --labels and --out.")
        if back and not instance:
            raise CommandError("Say whose model goes back: --instance SLUG.")
        self.bad = 0
        try:
            told = self.of_instance(instance, back) if instance else self.to_file(labels, out or slop.PRIOR_PATH)
        except (slop_training.TooFewLabels, artefacts.Unusable, slop_learning.NothingBefore) as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename or labels or out}: {os.strerror(problem.errno) if problem.errno else problem}.") from None
        self.stdout.write(json.dumps(told))
        if self.bad:
            sys.exit(1)

    def to_file(self, labels, path):
        if labels:
            (model, _), key = slop_training.train_instance(self.read(labels), slop.shipped_prior()), signing_keys()[0]
        else:
            model, key = slop_training.train_prior(slop_training.shipped_rows()), slop.PRIOR_KEY
        blob = model.to_bytes(key)
        artefacts.write(path, blob)
        return {"version": model.version, "spam": model.about["spam"], "fine": model.about["fine"], "bytes": len(blob), "path": str(path)}

    def of_instance(self, slug, back):
        instance = Instance.objects.filter(slug=slug).first()
        if instance is None:
            raise CommandError(f"There is no instance “{slug}”.")
        if back:
            before = slop_learning.go_back(instance=instance)
            return {"version": before.version if before else slop.shipped_prior().version, "in_force": True}
        lesson = slop_learning.learn(instance=instance)
        return {"version": lesson.row.version, "in_force": lesson.in_force, **lesson.row.figures}

    def read(self, path):
        def complain(number, what):
            self.bad += 1
            self.stderr.write(f"Line {number}: {what}; skipped.")

        with open(path, "rb") as stream:
            return list(read_rows(stream, _parse, complain))
