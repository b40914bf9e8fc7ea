"""From pairs to groups: communities of significant pairs, tested as a whole."""

from collections import Counter

import igraph
import numpy as np

from .engine import LEAST, Group
from .events import SIGN_UP
from .pairs import compare, significant

LEVEL = 0.01  # false discovery rate of pairs
DENSITY = 0.08  # pairs of a community that are significant, at least
OBJECTS, TIMES, TIME = 3, 2, 3600.0  # a group meets on at least 3 objects, at 2 times an hour apart
CLOSE = 1800.0
TOGETHER = 0.4  # of the times that two members did the same, those within CLOSE seconds


def of_acts(events):
    """[Group] found in what accounts post; reports and sign-ups have tests of their own."""
    posted = events.only(~np.isin(events.action[events.object], [_number(name) for name in (*SIGN_UP, "report")]))
    if len(posted) < 2:
        return []
    pairs = compare(posted)
    active = np.count_nonzero(np.bincount(posted.account))
    linked = significant(pairs.p, max(active * (active - 1) / 2, 1), LEVEL) & (pairs.met >= 2)
    found = []
    for members in communities(pairs.one[linked], pairs.other[linked], -np.log10(np.maximum(pairs.p[linked], 1e-30))):
        group = describe(posted, pairs, members)
        if group:
            found.append(group)
    return found


def communities(one, other, weight):
    """[array of accounts] of at least LEAST, by the Leiden method (Traag 2019) on the constant Potts model."""
    if not len(one):
        return []
    names, ends = np.unique(np.concatenate([one, other]), return_inverse=True)
    graph = igraph.Graph(n=len(names), edges=np.stack([ends[: len(one)], ends[len(one) :]], axis=1))
    igraph.set_random_number_generator(_Random())
    split = graph.community_leiden(objective_function="CPM", resolution=DENSITY, n_iterations=10)
    return [names[members] for members in split if len(members) >= LEAST]


class _Random:
    """igraph's random numbers, the same each time: the same acts give the same groups."""

    def __init__(self):
        self._rng = np.random.default_rng(0)

    def random(self):
        return float(self._rng.random())

    def randint(self, low, high):
        return int(self._rng.integers(low, high + 1))

    def gauss(self, mean, deviation):
        return float(self._rng.normal(mean, deviation))


def describe(events, pairs, members):
    """Group of `members`, or None where what they share is explained without acting together."""
    inside = np.zeros(len(events.accounts), bool)
    inside[members] = True
    both = inside[pairs.one] & inside[pairs.other]
    of = np.flatnonzero(both[pairs.pair])
    objects = events.object[pairs.first[of]]
    holders = Counter()
    for thing in np.unique(objects):
        chosen = of[objects == thing]
        holders[int(thing)] = len(np.unique(events.account[np.r_[pairs.first[chosen], pairs.second[chosen]]]))
    times = np.unique(events.at[pairs.first[of]] // TIME)
    if len(holders) < OBJECTS or len(times) < TIMES:
        return None
    if synchrony(events, inside) < TOGETHER:
        return None
    gaps = events.at[pairs.second[of]] - events.at[pairs.first[of]]
    at = np.r_[events.at[pairs.first[of]], events.at[pairs.second[of]]]
    group = Group("acts", sorted(int(member) for member in members))
    group.objects = [thing for thing, _ in holders.most_common()]
    group.signals = dict(Counter(events.objects[thing][0] for thing in group.objects))
    group.seconds, group.observed = float(np.median(gaps)), len(of)
    group.first_seen, group.last_seen = float(at.min()), float(at.max())
    group.score = float(-np.log10(np.maximum(pairs.p[both], 1e-30)).sum())
    group.q = 0.0
    return group


def synchrony(events, inside):
    """Of the pairs of acts of two members on one object, the share within CLOSE seconds; each object counts by its rarity."""
    mine = np.flatnonzero(inside[events.account])
    size = np.bincount(events.object, minlength=len(events.objects))
    near = far = 0.0
    for chosen in np.split(mine, np.flatnonzero(np.diff(events.object[mine])) + 1):
        if len(chosen) < 2:
            continue
        at, who = events.at[chosen], events.account[chosen]
        _, first = np.unique(who, return_index=True)
        at = np.sort(at[first])
        if len(at) < 2:
            continue
        pairs = len(at) * (len(at) - 1) / 2
        close = (np.searchsorted(at, at + CLOSE, "right") - np.arange(len(at)) - 1).sum()
        weight = len(at) / (pairs * np.sqrt(size[events.object[chosen[0]]]))
        near += weight * close
        far += weight * (pairs - close)
    return near / (near + far) if near else 0.0


def _number(name):
    from .events import ACTIONS

    return ACTIONS.index(name)
