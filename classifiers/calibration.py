"""From a learner's logit to something that may be said aloud: probability, its uncertainty, and a promise about false alarms."""

import numpy as np
from scipy import optimize, special, stats
from sklearn.isotonic import isotonic_regression


def fit_sigmoid(logits, labels):
    """(slope, offset): sigmoid(slope * logit + offset) is the probability of spam. Slope is never negative.

    Platt's method with his smoothed targets (Platt 1999, "Probabilistic outputs for support vector machines"; Lin, Lin and
    Weng 2007): good from about fifty labels, where isotonic regression is not.
    """
    logits, labels = np.asarray(logits, float), np.asarray(labels, bool)
    spam = labels.sum()
    fine = len(labels) - spam
    target = np.where(labels, (spam + 1) / (spam + 2), 1 / (fine + 2))

    def loss(parameters):
        z = parameters[0] * logits + parameters[1]
        error = special.expit(z) - target
        return np.sum(np.logaddexp(0, z) - target * z), np.array([error @ logits, error.sum()])

    start = np.array([1.0, 0.0])
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def fewest_fine(rate, confidence=0.95):
    """How many confirmed-fine items a promise of at most `rate` false alarms needs: 299 for 1 %, 59 for 5 %."""
    return int(np.ceil(np.log(1 - confidence) / np.log(1 - rate)))


def promise(fine_scores, rate, confidence=0.95):
    """The score above which at most `rate` of fine items lie, true with `confidence`; None where there are too few items.

    The binomial order statistic: with n scores of fine items, the (k+1)-th highest is such a threshold when
    P(Binomial(n, rate) <= k) <= 1 - confidence.
    """
    scores = np.sort(np.asarray(fine_scores, float))[::-1]
    allowed = int(stats.binom.ppf(1 - confidence, len(scores), rate)) - 1 if len(scores) else -1
    if len(scores) and stats.binom.cdf(allowed + 1, len(scores), rate) <= 1 - confidence:
        allowed += 1
    return float(scores[allowed]) if allowed >= 0 else None


def upper_bound(wrong, total, confidence=0.95):
    """The highest rate that `wrong` of `total` is still compatible with (Clopper and Pearson 1934); 1 when there is nothing."""
    return float(stats.beta.ppf(confidence, wrong + 1, total - wrong)) if wrong < total else 1.0


def venn_abers(scores, labels):
    """A table of the Venn–ABERS interval: (edges (m,), low (m+1,), high (m+1,)).

    A new score falls between two edges; low and high are the isotonic probabilities it would have, were it fine or spam
    (Vovk and Petej 2014, "Venn–Abers predictors"). Look up with `interval`.
    """
    order = np.argsort(scores, kind="stable")
    edges, labels = np.asarray(scores, float)[order], np.asarray(labels, float)[order]
    low, high = np.empty(len(edges) + 1), np.empty(len(edges) + 1)
    for place in range(len(edges) + 1):
        low[place] = isotonic_regression(np.insert(labels, place, 0.0))[place]
        high[place] = isotonic_regression(np.insert(labels, place, 1.0))[place]
    return edges, low, high


def interval(table, scores):
    """(low, high) arrays for `scores` from a `venn_abers` table."""
    edges, low, high = table
    place = np.searchsorted(edges, scores)
    return low[place], high[place]


def expected_calibration_error(labels, probabilities, bins=15):
    """Mean distance of what was said from what was true, over `bins` equal bins of probability, weighted by their share."""
    labels, probabilities = np.asarray(labels, float), np.asarray(probabilities, float)
    which = np.minimum((probabilities * bins).astype(int), bins - 1)
    counts = np.bincount(which, minlength=bins)
    said, true = np.bincount(which, probabilities, minlength=bins), np.bincount(which, labels, minlength=bins)
    return float(np.abs(said - true).sum() / counts.sum())
