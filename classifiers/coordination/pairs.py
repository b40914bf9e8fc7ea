"""Pairs of accounts that did the same at nearly the same time more often than chance.

Under chance an act of b is as likely as any other act to be one of the acts that surround an act of a. With c acts of others
on the same object within w seconds of an act of a (so popularity and hour are in it), the expected number of coincidences is

    lambda_ab(w) = n_b / N * sum over acts of a of weight * c,     weight = 1 / sqrt(c)

and the observed one, sum of weights over the objects on which they met, is compared by a Poisson law scaled to the same mean
and variance. Weights keep one popular object from drowning the rare ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

WINDOWS = (60.0, 600.0, 3600.0)  # seconds
NEIGHBOURS = 60  # acts looked at after each act: what bounds the cost of an object shared by everybody


@dataclass(frozen=True, eq=False)
class Pairs:
    """m pairs that met, and the k meetings behind them (one for each pair and object)."""

    one: np.ndarray  # int32 [m] accounts, one < other
    other: np.ndarray
    p: np.ndarray  # float64 [m], smallest over WINDOWS, times their number
    met: np.ndarray  # int32 [m], objects on which they met
    pair: np.ndarray  # int32 [k], the pair of each meeting
    first: np.ndarray  # int32 [k], index of the earlier act
    second: np.ndarray  # int32 [k]
    weight: np.ndarray  # float64 [k], 1 / sqrt(acts around it)


def meetings(events, window=WINDOWS[-1], neighbours=NEIGHBOURS):
    """(index, index, seconds) of acts of two accounts on one object within `window`, each with its next `neighbours` acts."""
    first, second = [], []
    at, what, who = events.at, events.object, events.account
    here = np.arange(len(at) - 1)
    for step in range(1, neighbours + 1):
        here = here[here + step < len(at)]
        there = here + step
        near = (what[there] == what[here]) & (at[there] - at[here] <= window)
        here = here[near]
        if not len(here):
            break
        differ = who[here] != who[here + step]
        first.append(here[differ])
        second.append(here[differ] + step)
    if not first:
        empty = np.zeros(0, np.int64)
        return empty, empty, np.zeros(0)
    first, second = np.concatenate(first), np.concatenate(second)
    return first, second, at[second] - at[first]


def surrounding(events, window):
    """float64 [n]: how many acts on the same object lie within `window` seconds of each act, itself not counted."""
    span = events.at.max() - events.at.min() + 4 * WINDOWS[-1] if len(events) else 1.0
    line = events.object * span + (events.at - (events.at.min() if len(events) else 0.0))
    return np.searchsorted(line, line + window, "right") - np.searchsorted(line, line - window, "left") - 1.0


def compare(events):
    """Pairs of `events` that met at least once."""
    first, second, gap = meetings(events)
    who = events.account
    low, high = np.minimum(who[first], who[second]), np.maximum(who[first], who[second])
    key = low.astype(np.int64) * len(events.accounts) + high
    # A link and its domain in the same two posts are one meeting; then one for each object, the closest.
    posts = events.post[first] * (events.post.max(initial=0) + 1) + events.post[second]
    size = np.bincount(events.object, minlength=len(events.objects))
    order = np.lexsort((size[events.object[first]], posts, key))
    order = order[_starts(key[order], posts[order])]
    order = order[np.lexsort((gap[order], events.object[first][order], key[order]))]
    order = order[_starts(key[order], events.object[first][order])]
    first, second, gap, key = first[order], second[order], gap[order], key[order]
    starts = np.flatnonzero(_starts(key))
    pair = np.cumsum(_starts(key)) - 1 if len(key) else np.zeros(0, np.int64)
    one, other = who[first], who[second]
    one, other = np.minimum(one, other)[starts], np.maximum(one, other)[starts]
    acts = np.bincount(who, minlength=len(events.accounts)).astype(float)
    total = max(len(events), 1)
    p = np.ones(len(starts))
    weight_of = np.zeros(len(first))
    for window in WINDOWS:
        around = surrounding(events, window)
        weight = 1 / np.sqrt(np.maximum(around, 1))
        mean = np.bincount(who, weight * around, len(events.accounts))
        square = np.bincount(who, weight**2 * around, len(events.accounts))
        seen = gap <= window
        each = np.minimum(weight[first], weight[second]) * seen
        weight_of = np.maximum(weight_of, each)
        observed = np.bincount(pair, each, len(starts))
        expected = np.maximum(acts[other] * mean[one], acts[one] * mean[other]) / total
        variance = np.maximum(acts[other] * square[one], acts[one] * square[other]) / total
        scale = np.where(expected > 0, variance / np.maximum(expected, 1e-300), 1.0)
        at_least = np.ceil(observed / np.maximum(scale, 1e-12) - 1e-6)
        chance = stats.poisson.sf(at_least - 1, expected / np.maximum(scale, 1e-12))
        p = np.minimum(p, np.where(observed > 0, chance, 1.0))
    met = np.bincount(pair, minlength=len(starts))
    return Pairs(one, other, np.minimum(p * len(WINDOWS), 1.0), met, pair, first, second, weight_of)


def _starts(*columns):
    """Where a run of equal rows begins in sorted columns."""
    if not len(columns[0]):
        return np.zeros(0, bool)
    changed = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changed |= column[1:] != column[:-1]
    return np.r_[True, changed]


def significant(p, tests, level):
    """bool [m]: which of the m smallest p-values of `tests` tests Benjamini and Hochberg (1995) accept at `level`."""
    order = np.argsort(p)
    accepted = np.flatnonzero(p[order] <= level * np.arange(1, len(p) + 1) / tests)
    keep = np.zeros(len(p), bool)
    if len(accepted):
        keep[order[: accepted[-1] + 1]] = True
    return keep
