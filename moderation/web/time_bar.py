"""When the posts of a wave were made, as a bar that can be read in words too."""

from dataclasses import dataclass
from datetime import datetime

from moderation.models import Member

SLOTS = 48
MOST = 2000  # of the newest members: a bar of 48 slots says no more with a million


@dataclass(frozen=True)
class TimeBar:
    """`slots`: (x, y, height) of each bar in a box of 480 × 40. `half_by`: when half of them had been made."""

    slots: list
    first: datetime
    half_by: datetime
    last: datetime
    count: int


def time_bar(cluster):
    """TimeBar of a wave's posts, or None where there is nothing to tell apart; one query."""
    newest = Member.objects.filter(cluster=cluster, left_out=False, post__isnull=False).order_by("-pk")[:MOST]
    times = sorted(newest.values_list("post__created_at", flat=True))
    if len(times) < 3 or times[0] == times[-1]:
        return None
    first, span = times[0], (times[-1] - times[0]).total_seconds()
    counts = [0] * SLOTS
    for at in times:
        counts[min(int((at - first).total_seconds() / span * SLOTS), SLOTS - 1)] += 1
    highest = max(counts)
    heights = [round(count / highest * 38, 1) for count in counts]
    slots = [(slot * 10, 40 - height, height) for slot, height in enumerate(heights) if height]
    return TimeBar(slots, first, times[(len(times) - 1) // 2], times[-1], len(times))
