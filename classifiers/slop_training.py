"""Teaching the scorer: the prior from what ships, an instance's model from what its moderators decided."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from .ngrams import NgramHasher
from .slop import SlopModel

DATA = Path(__file__).parent / "data"
SOURCES = ("sms", "youtube01", "youtube02", "youtube03", "youtube04", "telegram")
FOLDS = 5
MOST_KEPT = 2_000  # calibration items kept in a model


class TooFewLabels(ValueError):
    """There is nothing to learn from: spam and fine are both needed."""


def shipped_rows(sources=SOURCES):
    """The rows that ship: [{"id", "text", "label", "source"}]."""
    rows = []
    for source in sources:
        with gzip.open(DATA / f"{source}.ndjson.gz", "rt", encoding="utf-8") as file:
            rows += [{**json.loads(line), "source": source} for line in file]
    return rows


def digest(rows):
    """SHA-256 of texts and labels in their order: which data a model was made from."""
    told = hashlib.sha256()
    for row in rows:
        told.update(json.dumps([row["text"], row["label"]], ensure_ascii=True).encode())
    return told.hexdigest()


def _check(labels):
    if labels.all() or not labels.any():
        raise TooFewLabels("There must be at least one spam and one fine text to learn from.")


def train_prior(rows):
    """The SlopModel of `rows`, which knows nothing of any instance."""
    labels = np.array([row["label"] == "spam" for row in rows])
    _check(labels)
    matrix = NgramHasher().transform([row["text"] for row in rows])
    learner = LogisticRegression(C=10, solver="liblinear").fit(matrix, labels)
    told = digest(rows)
    about = {"version": f"slop-prior-{told[:10]}", "training_sha256": told, "spam": int(labels.sum()), "fine": int((~labels).sum())}
    return SlopModel(weights=learner.coef_[0].astype(np.float32), intercept=float(learner.intercept_[0]), about=about)
