"""Accounts that report in step: the same targets again and again, or one target all at once.

One target is one object, so here each burst of reports on it counts as one.
"""

import numpy as np
from scipy import stats

from .groups import BURST, LEAST, Group, of_acts
from .pairs import starts

SWARM = 5  # reporters of one target at once
ALONE, AROUND = 900.0, 12 * 3600.0  # seconds: the shortest span a rate is taken over, and where the usual rate is looked for
LEVEL = 4.0  # -log10 of how many such swarms chance gives


def of_reports(events):
    """[Group] of accounts that reported together, strongest first."""
    if len(events) < LEAST:
        return []
    groups = of_acts(events.in_bursts(["report"], BURST), kind="reports", objects=2)
    known = {account for group in groups for account in group.accounts + group.attached}
    return groups + [swarm for swarm in _swarms(events) if not known & set(swarm.accounts)]


def _swarms(events):
    """Groups that reported one target once, many times as fast as others reported it around then."""
    heads = np.flatnonzero(starts(events.object) | np.r_[True, np.diff(events.at) > BURST])
    found = []
    for low, high in zip(heads, np.r_[heads[1:], len(events)], strict=True):
        accounts = np.unique(events.account[low:high])
        if len(accounts) < SWARM:
            continue
        start, end = events.at[low], events.at[high - 1]
        first, last = np.searchsorted(events.object, [events.object[low], events.object[low] + 1])
        others = events.at[np.r_[first:low, high:last]]
        usual = (np.count_nonzero((others > start - AROUND) & (others < end + AROUND)) + 1) / (2 * AROUND)
        expected = usual * max(end - start, ALONE)
        score = -stats.poisson.logsf(len(accounts) - 1, expected) / np.log(10) - np.log10(len(heads))
        if score >= LEVEL and end - start <= 2 * BURST:
            gaps = np.diff(events.at[low:high])
            found.append(
                Group(
                    "reports",
                    accounts.tolist(),
                    objects=[events.objects[events.object[low]]],
                    seconds=float(np.median(gaps)),
                    expected=expected,
                    observed=len(gaps),
                    first_seen=float(start),
                    last_seen=float(end),
                    score=float(score),
                )
            )
    return sorted(found, key=lambda group: -group.score)
