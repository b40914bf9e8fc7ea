"""The whole way from acts to groups."""

from dataclasses import dataclass, field

VERSION = "pairs-leiden-sync-1"
LEAST = 3  # accounts; two that act together are usually one person's


@dataclass
class Group:
    """Accounts that acted together, and what says so."""

    kind: str  # acts, reports, sign_ups
    accounts: list  # indexes of certain members
    attached: list = field(default_factory=list)  # indexes; weaker evidence
    signals: dict = field(default_factory=dict)  # action: objects they met on
    objects: list = field(default_factory=list)  # indexes, those with most members first
    seconds: float = 0.0  # median time between two members' acts on one object
    expected: float = 0.0  # meetings that chance would give
    observed: int = 0  # meetings
    first_seen: float = 0.0
    last_seen: float = 0.0
    score: float = 0.0
    q: float = 1.0


def find(events):
    """[Group] of at least LEAST accounts that do not call themselves bots, most certain first."""
    from . import groups

    people = events.only(~events.bot[events.account])
    found = groups.of_acts(people)
    return sorted(found, key=lambda group: (group.q, -group.score))
