"""From pairs to groups: communities of pairs that met too often, what they did together, and who took part in it."""

import random
from collections import Counter
from dataclasses import dataclass, field

import igraph
import numpy as np
from scipy.special import gammaln

from .pairs import WORLD, compare, starts

P = 1e-4  # of a pair, to be an edge of the graph; groups are tested as a whole
DENSITY = 0.1  # of a community's pairs that are edges, at least
LEAST = 3  # accounts; two that act together are usually one person's
OBJECTS, TIMES, TIME = 3, 2, 3600.0  # a group meets on at least 3 objects, at 2 times an hour apart
BURST = 1800.0  # seconds without a member's act end a burst
PURE = 0.5  # of those who took part in a burst, members
LARGE = 0.3  # of the size of a group's largest bursts; smaller ones are chance meetings of its members
CERTAIN = 30.0  # -log10 p of an edge counts no further
SCORE = 6.0  # people's habits are less even than the chance we reckon with: a weaker group is none
# A few accounts that all repeat each of many things, and do nothing else, are mirrors of one source.
FEED_ACCOUNTS, FEED_OBJECTS, FEED_SHARE = 6, 20, 0.95
CLOSE, TOGETHER = 900.0, 0.6  # of the times that two members did the same, the share within CLOSE seconds


@dataclass
class Group:
    """Accounts that acted together, and what says so. Accounts are indexes."""

    kind: str  # acts, reports, sign_ups; feed: accounts that do nothing but repeat one source
    accounts: list  # certain members
    attached: list = field(default_factory=list)  # weaker evidence
    objects: list = field(default_factory=list)  # (action, name); those with most members first
    seconds: float = 0.0  # median time between neighbouring acts of a burst
    expected: float = 0.0  # acts that chance would put into these bursts
    observed: int = 0  # meetings: acts of a burst beyond its first
    first_seen: float = 0.0
    last_seen: float = 0.0
    score: float = 0.0  # -log10 of how many such groups chance gives
    q: float = 1.0  # the share of groups with at least this score that are false

    @property
    def signals(self):
        """{action: objects they met on}"""
        return dict(Counter(action for action, _ in self.objects))


def of_acts(events, kind="acts", objects=OBJECTS):
    """[Group] of accounts that met on at least `objects` objects, strongest first, each with its score and without its q."""
    if len(events) < 2:
        return []
    pairs = compare(events)
    linked = np.flatnonzero(pairs.p <= P)
    one, other, strength = pairs.one[linked], pairs.other[linked], -np.log10(np.maximum(pairs.p[linked], 10**-CERTAIN))
    active = np.count_nonzero(np.bincount(events.account))
    communities = _communities(one, other)
    label = np.full(len(events.accounts), -1)
    for number, members in enumerate(communities):
        label[members] = number
    inside = label[one] == label[other]
    order = np.argsort(label[one[inside]], kind="stable")
    one, other, strength = one[inside][order], other[inside][order], strength[inside][order]
    cuts = np.searchsorted(label[one], np.arange(len(communities) + 1))
    by_account = _ByAccount(events)
    groups = []
    for number, members in enumerate(communities):
        edges = slice(cuts[number], cuts[number + 1])
        if _evidence(one[edges], other[edges], strength[edges], members) <= _choices(active, len(members)):
            continue
        group = _describe(events, by_account, members, kind, objects)
        if group:
            kept = np.intersect1d(group.accounts + group.attached, members)
            group.score = _evidence(one[edges], other[edges], strength[edges], kept) - _choices(active, len(kept))
            if group.score >= SCORE:
                groups.append(group)
    groups = _merged(sorted(groups, key=lambda group: (-group.score, group.accounts)))
    for group in groups:
        group.objects = list(dict.fromkeys(events.objects[thing] for thing in group.objects))
    return groups


def _communities(one, other):
    """[sorted array of accounts] of at least LEAST, by the Leiden method (Traag 2019) on the constant Potts model."""
    if not len(one):
        return []
    names, ends = np.unique(np.concatenate([one, other]), return_inverse=True)
    graph = igraph.Graph(n=len(names), edges=np.stack([ends[: len(one)], ends[len(one) :]], axis=1))
    # The same acts give the same groups.
    igraph.set_random_number_generator(random.Random(0))  # noqa: S311
    split = graph.community_leiden(objective_function="CPM", resolution=DENSITY, n_iterations=5)
    return [names[sorted(members)] for members in split if len(members) >= LEAST]


def _evidence(one, other, strength, members):
    """-log10 p summed over the strongest tree of edges between `members` (sorted): edges beyond a tree repeat what it says."""
    inside = np.isin(one, members) & np.isin(other, members)
    one, other, strength = one[inside], other[inside], strength[inside]
    ends = np.searchsorted(members, np.stack([one, other]))
    graph = igraph.Graph(n=len(members), edges=ends.T)
    tree = graph.spanning_tree(weights=-strength, return_tree=False)
    strongest = np.sort(strength[tree])
    # One pair alone, such as one person's two accounts, makes no group: it counts as much as the next.
    return float(strongest.sum() - strongest[-1] + strongest[-2]) if len(tree) > 1 else 0.0


def _choices(n, k):
    """log10 of the ways to choose k of n."""
    return (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / np.log(10)


class _ByAccount:
    """Where each account's acts are, so that a group costs no look at everybody's."""

    def __init__(self, events):
        self._rows = np.argsort(events.account, kind="stable")
        self._bounds = np.searchsorted(events.account[self._rows], np.arange(len(events.accounts) + 1))
        self.on_object = np.bincount(events.object, minlength=len(events.objects))

    def acts(self, accounts):
        """Sorted indexes of the acts of `accounts`, at least one."""
        return np.sort(np.concatenate([self._rows[self._bounds[each] : self._bounds[each + 1]] for each in accounts]))


def _describe(events, by_account, community, kind, objects):
    """Group of those who took part in the bursts of a community; None where what they share is explained without acting together."""
    low, high = _bursts(events, by_account.acts(community))
    if len(np.unique(events.object[low])) < objects or len(np.unique(events.at[low] // TIME)) < TIMES:
        return None
    rows = np.concatenate([np.arange(start, end) for start, end in zip(low, high, strict=True)])
    burst = np.repeat(np.arange(len(low)), high - low)
    took_part = np.unique(np.stack([events.account[rows], burst]), axis=1)
    accounts, times = np.unique(took_part[0], return_counts=True)
    ours = np.isin(accounts, community)
    members, attached = accounts[(times >= OBJECTS) & ours], accounts[(times >= OBJECTS) & ~ours | (times == 2) & ours]
    if len(members) < LEAST:
        members, attached = accounts[(times >= 2) & ours], accounts[:0]
    if len(members) < LEAST:
        return None
    everybody = np.r_[members, attached]
    acts = by_account.acts(everybody)
    if _together(events, acts, by_account.on_object) < TOGETHER:
        return None
    group = Group(kind, members.tolist(), attached.tolist())
    if len(accounts) <= FEED_ACCOUNTS and len(low) >= FEED_OBJECTS and took_part.shape[1] >= FEED_SHARE * len(low) * len(accounts):
        group.kind = "feed" if len(rows) >= FEED_SHARE * len(by_account.acts(accounts)) else kind
    holders = Counter(events.object[low][took_part[1]].tolist())
    group.objects = [thing for thing, _ in sorted(holders.items(), key=lambda pair: (-pair[1], pair[0]))]
    theirs = np.isin(events.account[rows], everybody)
    _measure(group, events.at[rows[theirs]], burst[theirs])
    # Chance puts an act of theirs into a burst as often as an act of anybody else, and once more.
    group.expected = float(len(acts) * (np.count_nonzero(~theirs) + len(low)) / max(len(events), WORLD))
    return group


def _bursts(events, acts):
    """(low, high): slices of `events`, which are in order of object and time, where a community (`acts`: sorted indexes) did something
    with few others among it, and in numbers that are usual for it."""
    new = starts(events.object[acts]) | np.r_[True, np.diff(events.at[acts]) > BURST]
    heads = np.flatnonzero(new)
    low, high = acts[heads], acts[np.r_[heads[1:], len(acts)] - 1] + 1
    people = np.add.reduceat(_firsts(events.account[acts], new), heads)
    keep = (people >= 2) & (people >= PURE * (high - low))
    if keep.any():
        keep &= people >= LARGE * np.median(np.sort(people[keep])[-5:])
    return low[keep], high[keep]


def _measure(group, at, burst):
    """Write when the group's acts in its bursts were, and how close."""
    gaps = np.diff(at)[burst[1:] == burst[:-1]]
    group.seconds, group.observed = float(np.median(gaps)) if len(gaps) else 0.0, len(gaps)
    group.first_seen, group.last_seen = float(at.min()), float(at.max())


def _firsts(account, new):
    """int [n]: 1 at each account's first act within its burst (bursts begin where `new`)."""
    burst = np.cumsum(new)
    order = np.lexsort((account, burst))
    first = np.zeros(len(account), int)
    first[order[starts(burst[order], account[order])]] = 1
    return first


def _together(events, rows, on_object):
    """Of the pairs of members' first acts on one object, the share within CLOSE seconds; `rows` are all acts of the group.

    As they are or with each member's usual delay taken off, whichever is more. Each object counts by how many members share it,
    and by their share of all who do: what everybody posts says little of a group's pace.
    """
    rows = rows[np.lexsort((events.at[rows], events.account[rows], events.object[rows]))]
    rows = rows[starts(events.object[rows], events.account[rows])]
    what, who, at = events.object[rows], events.account[rows], events.at[rows]
    heads = np.flatnonzero(starts(what))
    size = np.diff(np.r_[heads, len(rows)])
    late = at - np.repeat(_medians(at, np.repeat(np.arange(len(heads)), size)), size)
    order, usual = np.argsort(who, kind="stable"), np.empty(len(rows))
    turns = np.cumsum(starts(who[order])) - 1
    usual[order] = _medians(late[order], turns)[turns]
    weight = np.where(size > 1, size * size / on_object[what[heads]], 0.0)
    if not weight.any():
        return 0.0
    return max(float((weight * _close(what, times, heads, size)).sum() / weight.sum()) for times in (at, at - usual))


def _medians(values, number):
    """float64: the median of the values of each run; `number` counts the runs from 0."""
    order = np.lexsort((values, number))
    size = np.bincount(number)
    ends = np.cumsum(size)
    return (values[order][ends - size + (size - 1) // 2] + values[order][ends - size + size // 2]) / 2


def _close(what, at, heads, size):
    """float64 [number of objects]: the share of the pairs of acts on each that lie within CLOSE seconds."""
    at = at[np.lexsort((at, what))]
    line = what * (at.max() - at.min() + 2 * CLOSE) + (at - at.min())
    after = np.minimum(np.searchsorted(line, line + CLOSE, "right"), np.repeat(heads + size, size)) - np.arange(len(at)) - 1
    return np.add.reduceat(after, heads) / np.maximum(size * (size - 1) / 2, 1)


def _merged(groups):
    """Groups without those that are parts of a stronger one: they share a third of the smaller one's accounts, or half of its
    objects."""
    kept, owner, about = [], {}, {}
    for group in groups:
        everybody = group.accounts + group.attached
        shared = Counter(owner[account] for account in everybody if account in owner)
        number, common = shared.most_common(1)[0] if shared else (None, 0)
        if common < len(everybody) / 3:
            shared = Counter(about[thing] for thing in group.objects if thing in about)
            number, common = shared.most_common(1)[0] if shared else (None, 0)
            joins = common >= len(group.objects) / 2
        else:
            joins = True
        if joins:
            whole = kept[number]
            whole.accounts = sorted({*whole.accounts, *group.accounts})
            whole.attached = sorted({*whole.attached, *group.attached} - set(whole.accounts))
            whole.objects = list(dict.fromkeys([*whole.objects, *group.objects]))
            whole.first_seen, whole.last_seen = min(whole.first_seen, group.first_seen), max(whole.last_seen, group.last_seen)
        else:
            number = len(kept)
            group.accounts = [account for account in group.accounts if account not in owner]
            group.attached = [account for account in group.attached if account not in owner]
            if len(group.accounts) + len(group.attached) < LEAST:
                continue
            kept.append(group)
        for account in everybody:
            owner.setdefault(account, number)
        for thing in group.objects:
            about.setdefault(thing, number)
    return kept
