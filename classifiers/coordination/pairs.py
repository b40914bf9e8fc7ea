"""Pairs of accounts that did the same at nearly the same time more often than chance.

Under chance an act of b is as likely as any other act to be one of those that surround an act of a. With c acts of others on the
same object within w seconds of an act of a (so popularity and the hour are in it), the coincidences to expect are

    lambda_ab(w) = n_b / N * sum over acts of a of weight * c,     weight = 1 / sqrt(c)

and the observed ones, the sum of the weights of the objects on which they met, are compared by a Poisson law scaled to the same
mean and variance. Weights keep one popular object from drowning the rare ones; a large group that makes its own objects popular is
seen better without (weight = 1), so both are tried.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

WINDOWS = (60.0, 600.0, 1800.0)  # seconds
# On a small instance a group is a good part of everybody and makes its own objects popular; what can be posted is as wide as
# elsewhere, so the acts of chance are taken to be at least so many.
WORLD = 20_000
NEIGHBOURS = 60  # acts looked at after each act: what bounds the cost of an object shared by everybody


@dataclass(frozen=True, eq=False)
class Pairs:
    """m pairs that met on at least two objects, and the k meetings behind them (the closest one for each pair and object)."""

    one: np.ndarray  # int32 [m] accounts, one < other
    other: np.ndarray
    p: np.ndarray  # float64 [m], the smallest over WINDOWS and both weights, times the number of tests
    met: np.ndarray  # int64 [m], objects on which they met
    pair: np.ndarray  # int64 [k], the pair of each meeting
    first: np.ndarray  # int64 [k], index of the earlier act
    second: np.ndarray


def meetings(events, window=WINDOWS[-1], neighbours=NEIGHBOURS):
    """(index, index) of acts of two accounts on one object within `window` seconds, each with its next `neighbours` acts."""
    first, second = [], []
    at, what, who = events.at, events.object, events.account
    here = np.arange(len(at))
    for step in range(1, neighbours + 1):
        here = here[: np.searchsorted(here, len(at) - step)]
        here = here[(what[here + step] == what[here]) & (at[here + step] - at[here] <= window)]
        if not len(here):
            break
        differ = here[who[here] != who[here + step]]
        first.append(differ)
        second.append(differ + step)
    if not first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(first), np.concatenate(second)


def surrounding(events, window):
    """float64 [n]: how many acts on the same object lie within `window` seconds of each act, itself not counted."""
    if not len(events):
        return np.zeros(0)
    start = events.at.min()
    line = events.object * (events.at.max() - start + 2 * window + 1) + (events.at - start)
    return np.searchsorted(line, line + window, "right") - np.searchsorted(line, line - window, "left") - 1.0


def compare(events):
    """Pairs of `events` that met on at least two objects."""
    who, what = events.account, events.object
    first, second = meetings(events)
    key = np.minimum(who[first], who[second]).astype(np.int64) * len(events.accounts) + np.maximum(who[first], who[second])
    first, second, key = _again(first, second, key)
    order = np.lexsort((events.at[second] - events.at[first], what[first], key))
    order = order[starts(key[order], what[first[order]])]
    first, second, key = _again(first[order], second[order], key[order])
    begins = starts(key)
    pair, heads = np.cumsum(begins) - 1, np.flatnonzero(begins)
    one, other = np.minimum(who[first], who[second])[heads], np.maximum(who[first], who[second])[heads]
    p = np.minimum(_chance(events, first, second, pair, one, other) * 2 * len(WINDOWS), 1.0)
    return Pairs(one, other, p, np.bincount(pair, minlength=len(heads)), pair, first, second)


def _chance(events, first, second, pair, one, other):
    """float64 [m]: the smallest of the p-values of each pair over WINDOWS."""
    who, p = events.account, np.ones(len(one))
    acts = np.bincount(who, minlength=len(events.accounts)).astype(float)
    gap = events.at[second] - events.at[first]
    total = max(len(events), WORLD)
    for window in WINDOWS:
        around = surrounding(events, window)
        for weight in (np.ones(len(events)), 1 / np.sqrt(np.maximum(around, 1))):
            mean = np.bincount(who, weight * around, len(events.accounts))
            square = np.bincount(who, weight**2 * around, len(events.accounts))
            observed = np.bincount(pair, np.minimum(weight[first], weight[second]) * (gap <= window), len(one))
            expected = np.maximum(acts[other] * mean[one], acts[one] * mean[other]) / total
            variance = np.maximum(acts[other] * square[one], acts[one] * square[other]) / total
            scale = np.maximum(variance, 1e-12) / np.maximum(expected, 1e-12)
            chance = stats.poisson.sf(np.ceil(observed / scale - 1e-6) - 1, expected / scale)
            p = np.minimum(p, np.where(observed > 0, chance, 1.0))
    return p


def _again(first, second, key):
    """Only the meetings of pairs that met more than once, in order of `key`."""
    order = np.argsort(key, kind="stable")
    key = key[order]
    begins = starts(key)
    keep = ~(begins & np.r_[begins[1:], True]) if len(key) else np.zeros(0, bool)
    return first[order][keep], second[order][keep], key[keep]


def starts(*columns):
    """bool [n]: where a run of equal rows begins in sorted columns."""
    changed = np.ones(len(columns[0]), bool)
    if len(changed) > 1:
        changed[1:] = False
        for column in columns:
            changed[1:] |= column[1:] != column[:-1]
    return changed
