"""The whole way from acts to groups, with how often such groups are found where nobody acts together."""

import numpy as np

from .brigades import of_reports
from .events import ACTIONS, SIGN_UP
from .groups import BURST, of_acts
from .sign_ups import of_sign_ups

VERSION = "pairs-leiden-sync-1"
POSTED = [action for action in ACTIONS if action not in (*SIGN_UP, "report")]
COPIES = 3
SHIFT = 6 * 3600.0  # seconds by which a copy moves each account's acts, at most: popularity and the hour stay, being in step goes
PLAIN = 20.0  # groups of this score are left out of the copies: so many accounts on one object meet at any shift


def find(events):
    """[Group] of accounts that do not call themselves bots, those least likely to be false first."""
    people = events.only(~events.bot[events.account])
    groups = []
    for actions, search in ((POSTED, of_acts), (["report"], of_reports), (SIGN_UP, of_sign_ups)):
        # Where each links elsewhere and only the domain is shared, each burst on it is a thing of its own.
        acts = people.of_actions(actions).without_echoes().in_bursts(["domain"], BURST)
        found = search(acts)
        if found:
            _judge(found, acts, search)
        groups += found
    return sorted(groups, key=lambda group: (group.q, -group.score))


def _judge(groups, events, search):
    """Set each group's q: how many groups of at least its score the time-shifted copies hold, for each one found."""
    rng = np.random.default_rng(len(events))
    plain = np.zeros(len(events.accounts), bool)
    for group in groups:
        if group.score >= PLAIN:
            plain[group.accounts + group.attached] = True
    rest = events.only(~plain[events.account])
    chance = []
    for _ in range(COPIES):
        moved = rest.at + rng.uniform(-SHIFT, SHIFT, len(rest.accounts))[rest.account]
        chance += [group.score for group in search(rest.moved(moved))]
    worst = 0.0
    for rank, group in enumerate(sorted(groups, key=lambda group: -group.score), start=1):
        false = sum(score >= group.score for score in chance) / COPIES
        worst = max(worst, min(1.0, max(false, 10**-group.score) / rank))
        group.q = float(worst)
