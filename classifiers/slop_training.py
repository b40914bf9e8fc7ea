"""Teaching the scorer: the prior from what ships, an instance's model from what its moderators decided."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from .calibration import fit_sigmoid, venn_abers
from .features import SlopFeatures
from .near_duplicates import Stream
from .slop import LENGTH_GROUPS, SlopModel, length_group
from .slop_learner import SlopLearner

DATA = Path(__file__).parent / "data"
SOURCES = ("sms", "youtube01", "youtube02", "youtube03", "youtube04", "telegram")
FOLDS = 5
FEWEST = 5  # different texts of each label: each fold must have one to leave out
PRIOR_SHARE = 0.1  # weight of the prior's logit beside an instance's own n-grams
MOST_KEPT = 2_000  # calibration items kept in a model, the last ones


class TooFewLabels(ValueError):
    """There is nothing to learn from; the message says what is missing."""


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


def near_duplicate_groups(texts):
    """A group number for each text; near-duplicates share one, so that a copy is never tested on its twin."""
    stream = Stream()
    for text in texts:
        stream.add(text)
    return np.array([match.id if match else number for number, match in enumerate(stream.matches())])


def train_prior(rows):
    """The SlopModel of `rows`, which knows nothing of any instance. Calibrated on each source by a learner that had not seen it."""
    texts, labels = [row["text"] for row in rows], _labels(rows)
    features = SlopFeatures()
    matrix = features.transform(texts)
    sources = np.array([row["source"] for row in rows])
    strange = _left_out_logits(matrix, labels, LeaveOneGroupOut().split(matrix, labels, sources), np.zeros(len(rows)))
    slope, offset = fit_sigmoid(strange, labels)
    learner = SlopLearner().fit(matrix, labels, unscaled=_signs(features))
    weights = (slope * learner.coef_).astype(np.float32)
    return SlopModel(
        features=features,
        weights=weights,
        intercept=slope * learner.intercept_ + offset,
        about={"version": f"slop-prior-{_fingerprint(weights)}", **_about(rows, labels)},
    )


def train_instance(rows, prior):
    """(SlopModel, logits): an instance's model from `rows` [{"text", "label", "slice"?}] of its moderators' labels on top of
    `prior`, and for each row the calibrated logit that a model like it gave without having seen the row.

    Where some rows are marked "slice": "random", calibration and promises rest on those alone: the others were chosen because
    they were hard. Raises TooFewLabels.
    """
    texts, labels = [row["text"] for row in rows], _labels(rows)
    groups = near_duplicate_groups(texts)
    _check_enough(len(set(groups[labels])), len(set(groups[~labels])))
    features = prior.features

    def prior_logit(matrix):
        return PRIOR_SHARE * (matrix @ prior.weights.astype(np.float64) + prior.intercept)

    stacked = features.transform_beside(texts, prior_logit)
    believed = stacked[:, [-1]].toarray().ravel() / PRIOR_SHARE
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(stacked, labels, groups)
    unseen = _left_out_logits(stacked, labels, folds, believed, unscaled=_signs(features) + 1)
    honest = np.array([row.get("slice") == "random" for row in rows])
    if not honest.any():
        honest[:] = True
    slope, offset = fit_sigmoid(unseen[honest], labels[honest])
    learner = SlopLearner().fit(stacked, labels, unscaled=_signs(features) + 1)
    trust = learner.coef_[-1] * PRIOR_SHARE
    calibrated = slope * unseen + offset
    kept = np.flatnonzero(honest)[-MOST_KEPT:]
    by_length = np.array([length_group(text) for text in texts])
    weights = (slope * (learner.coef_[:-1] + trust * prior.weights)).astype(np.float32)
    model = SlopModel(
        features=features,
        weights=weights,
        intercept=slope * (learner.intercept_ + trust * prior.intercept) + offset,
        about={"version": f"slop-{_fingerprint(weights)}", "prior": prior.version, **_about(rows, labels)},
        fine={group: calibrated[kept[~labels[kept] & (by_length[kept] == group)]] for group in LENGTH_GROUPS},
        spam={group: calibrated[kept[labels[kept] & (by_length[kept] == group)]] for group in LENGTH_GROUPS},
        uncertainty=venn_abers(calibrated[kept], labels[kept]),
    )
    return model, calibrated


def _labels(rows):
    labels = np.array([row["label"] == "spam" for row in rows], bool)
    _check_enough(int(labels.sum()), int((~labels).sum()))
    return labels


def _check_enough(spam, fine):
    if min(spam, fine) < FEWEST:
        raise TooFewLabels(f"At least {FEWEST} different spam and {FEWEST} different fine texts are needed to learn from; there are {spam} and {fine}.")


def _fingerprint(weights):
    """Ten hex characters that change with the model, whatever changed it: labels, code or libraries."""
    return hashlib.sha256(weights.tobytes()).hexdigest()[:10]


def _about(rows, labels):
    return {"training_sha256": digest(rows), "spam": int(labels.sum()), "fine": int((~labels).sum())}


def _signs(features):
    return features.n_columns - features.first_sign


def _left_out_logits(matrix, labels, folds, otherwise, unscaled=None):
    """The logit of each row by a learner that had not seen it; `otherwise` where a fold leaves only one label to learn from."""
    logits = np.array(otherwise, float)
    for rest, left_out in folds:
        if labels[rest].all() or not labels[rest].any():
            continue
        weight = np.zeros(len(labels), np.float32)
        weight[rest] = 1
        logits[left_out] = SlopLearner().fit(matrix, labels, sample_weight=weight, unscaled=unscaled or 0).decision_function(matrix[left_out])
    return logits
