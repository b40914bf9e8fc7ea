"""Sign-ups that belong together: one address, mail domain or reason, or two of these, far more often within hours than usual."""

from collections import defaultdict

import numpy as np
from scipy import stats

from .events import ACTIONS
from .groups import LEAST, Group
from .pairs import starts

WINDOWS = (900.0, 3600.0, 6 * 3600.0)  # seconds
LEVEL = 0.01  # false runs in all, at most (Bonferroni)


def of_sign_ups(events):
    """[Group] of sign-ups that share traits in a run, strongest first. An address alone makes none: a school has one too."""
    if len(events) < LEAST:
        return []
    who, when, what, kinds = _traits(events)
    whole = np.sort(when[np.unique(who, return_index=True)[1]])
    found = _runs(what, when, whole)
    groups = []
    for runs in _joined(found, who):
        accounts = np.unique(np.concatenate([who[low:high] for low, high, *_ in runs]))
        seen = {kind for low, *_ in runs for kind in kinds[what[low]]}
        if len(accounts) >= LEAST and seen != {"signup_ip"}:
            groups.append(_group(events, accounts, seen, max(score for *_, score in runs)))
    return sorted(groups, key=lambda group: -group.score)


def _traits(events):
    """(account, time, trait) of each sign-up's traits and pairs of traits, ordered by trait and time, and the actions of each trait."""
    by_post = defaultdict(list)
    for row in np.argsort(events.post, kind="stable").tolist():
        by_post[int(events.post[row])].append(row)
    traits, rows = {}, []
    for mine in by_post.values():
        own = sorted({int(events.object[row]) for row in mine})
        keys = [(one,) for one in own] + [(one, other) for place, one in enumerate(own) for other in own[place + 1 :]]
        rows += [(int(events.account[mine[0]]), float(events.at[mine[0]]), traits.setdefault(key, len(traits))) for key in keys]
    who, when, what = (np.array(column) for column in zip(*rows, strict=True))
    order = np.lexsort((who, when, what))
    kinds = [tuple(ACTIONS[events.action[each]] for each in key) for key in traits]
    return who[order], when[order], what[order], kinds


def _runs(what, when, whole):
    """[(low, high, score)]: slices of one trait's sign-ups that are too many for their window, -log10 of how often by chance.

    `whole`: times of all sign-ups, sorted. A trait is expected among a window's sign-ups as often as elsewhere, and once more.
    """
    total = len(whole)
    heads = np.flatnonzero(starts(what))
    size = np.diff(np.r_[heads, len(what)])
    end_of = np.repeat(heads + size, size)
    size = np.repeat(size, size)
    span = whole[-1] - whole[0] + 2 * WINDOWS[-1]
    line = what * span + (when - whole[0])
    best = {}
    for window in WINDOWS:
        high = np.minimum(np.searchsorted(line, line + window, "right"), end_of)
        low = np.arange(len(what))
        many = high - low
        around = np.searchsorted(whole, when + window, "right") - np.searchsorted(whole, when, "left")
        expected = (size - many + 1) / total * around
        log = -stats.poisson.logsf(many - 1, expected) / np.log(10)
        for row in np.flatnonzero((many >= 2) & (log >= np.log10(len(what) * len(WINDOWS) / LEVEL))):
            best[int(row), int(high[row])] = float(log[row] - np.log10(len(what) * len(WINDOWS)))
    return [(low, high, score) for (low, high), score in sorted(best.items())]


def _joined(runs, who):
    """Lists of runs that are connected by their accounts."""
    parent = list(range(len(runs)))

    def root(each):
        while parent[each] != each:
            parent[each] = parent[parent[each]]
            each = parent[each]
        return each

    owner = {}
    for number, (low, high, _) in enumerate(runs):
        for account in who[low:high].tolist():
            parent[root(number)] = root(owner.setdefault(account, number))
    together = defaultdict(list)
    for number, run in enumerate(runs):
        together[root(number)].append(run)
    return together.values()


def _group(events, accounts, kinds, score):
    rows = np.flatnonzero(np.isin(events.account, accounts))
    shared = np.bincount(events.object[rows], minlength=len(events.objects))
    objects = [int(each) for each in np.argsort(-shared, kind="stable") if shared[each] >= 2]
    objects = [events.objects[each] for each in objects if events.objects[each][0] in kinds]
    at = np.unique(events.at[rows])
    return Group(
        "sign_ups",
        accounts.tolist(),
        objects=objects,
        seconds=float(np.median(np.diff(at))) if len(at) > 1 else 0.0,
        observed=len(accounts),
        first_seen=float(at[0]),
        last_seen=float(at[-1]),
        score=score,
    )
