"""How long cases waited, by queue and never by person: to the first look, and to the first decision.

What would tell how fast one person is, is not told: see privacy.
"""

from collections import Counter
from datetime import timedelta

from django.db.models import Case as Choose
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Subquery, Value, When

from moderation.models import Case, CaseEvent, Decision

from .privacy import join_groups, join_ranges
from .totals import within

# Where one range ends and the next begins, in seconds; the last has no end.
EDGES = (900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400)


def _range(begin, end):
    """The position among EDGES of the time from `begin` to `end` (names of fields), in the database."""
    ranges = [When(**{f"{end}__lt": F(begin) + timedelta(seconds=edge)}, then=Value(position)) for position, edge in enumerate(EDGES)]
    return Choose(*ranges, default=Value(len(EDGES)), output_field=IntegerField())


def first_look(week):
    """Cases first opened by somebody in the week. See `_told` for the shape."""
    looker = CaseEvent.objects.filter(case=OuterRef("pk"), kind="claimed").order_by("at", "pk").values("by")[:1]
    rows = (
        Case.objects.filter(within("first_claimed_at", week))
        .annotate(range=_range("opened_at", "first_claimed_at"), person=Subquery(looker))
        .order_by()
        .values_list("queue__slug", "queue__name", "range", "person")
        .annotate(n=Count("pk"))
    )
    return _told(rows)


def decision(week):
    """Cases first decided in the week; a case that was opened again counts once, when it was first decided."""
    earlier = Decision.objects.filter(case=OuterRef("case"), pk__lt=OuterRef("pk"))
    rows = (
        Decision.objects.filter(within("created_at", week))
        .exclude(Exists(earlier))
        .annotate(range=_range("case__opened_at", "created_at"))
        .order_by()
        .values_list("case__queue__slug", "case__queue__name", "range", "moderator")
        .annotate(n=Count("pk"))
    )
    return _told(rows)


def _told(rows):
    """What may be told of (queue, its name, range, person, amount).

    Returns {"told": [{"queues": [{"queue", "name"}], "ranges": [{"from", "to", "cases"}]}], "withheld": [{"queue", "name"}]},
    times in seconds, "to" None where the range has no end.
    """
    names, hands, ranges = {}, {}, {}
    for queue, name, position, person, amount in rows:
        names[queue] = name
        hands.setdefault(queue, Counter())[person] += amount
        ranges.setdefault(queue, [Counter() for _ in range(len(EDGES) + 1)])[position][person] += amount
    told, withheld = [], []
    for queues, allowed in join_groups(hands):
        together = [sum((ranges[queue][position] for queue in queues), Counter()) for position in range(len(EDGES) + 1)]
        cells = join_ranges(together) if allowed else None
        entry = [{"queue": queue, "name": names[queue]} for queue in queues]
        if cells:
            told.append({"queues": entry, "ranges": [_cell(*cell) for cell in cells]})
        else:
            withheld += entry
    return {"told": told, "withheld": withheld}


def _cell(first, last, amount):
    return {"from": EDGES[first - 1] if first else 0, "to": EDGES[last] if last < len(EDGES) else None, "cases": amount}
