"""What became known of closed weeks since: their reports stay as they are, and the next report says it.

Nothing here speaks of people or of times: one more case in a histogram would be one person's case.
"""

from collections import Counter
from datetime import UTC

from django.db.models import Count
from django.db.models.functions import TruncWeek

from moderation.models import Appeal, Decision, Report, WeeklyReport

from . import outcomes, totals
from .totals import within
from .weeks import Week

# Closed weeks that are counted again when a report is built.
LOOK_BACK = 4
# The groups of figures that later events may correct, and which parts of them.
STEADY = {
    "reports": (totals.reports, ("received", "local", "federated", "by_category", "resolved", "by_resolution")),
    "sign_ups": (totals.sign_ups, ("received", "approved", "rejected")),
    "waves": (totals.waves, ("wave", "group")),
    "decisions": (outcomes.decisions, ("made", "by_action")),
    "appeals": (outcomes.appeals, ("received", "upheld", "overturned")),
    "writebacks": (outcomes.writebacks, ("asked", "by_state")),
}


def found(week):
    """The corrections the report of `week` lists, oldest week first: a list of dicts with "week" and "kind":

    - late_reports, "count": reports made in that week that reached us in this one, where they are counted
    - undone, replaced, "action", "count": decisions of that week undone or replaced in this one
    - overturned, "count": decisions of that week changed on appeal in this one
    - recount, "figure", "was", "now": a figure of that week that counts differently today
    """
    return sorted(_late(week) + _changed(week) + _overturned(week) + _recounted(week), key=lambda line: line["week"])


def _late(week):
    late = (
        Report.objects.filter(within("received_at", week), created_at__lt=week.start)
        .annotate(made=TruncWeek("created_at", tzinfo=UTC))
        .order_by("made")
        .values_list("made")
        .annotate(n=Count("pk"))
    )
    return [{"week": str(Week.of(made)), "kind": "late_reports", "count": n} for made, n in late]


def _changed(week):
    rows = (
        Decision.objects.filter(within("created_at", week), supersedes__created_at__lt=week.start)
        .annotate(made=TruncWeek("supersedes__created_at", tzinfo=UTC))
        .order_by("made", "supersedes__action")
        .values("made", "supersedes__action")
        .annotate(undone=Count("pk", filter=outcomes.UNDONE), replaced=Count("pk", filter=outcomes.REPLACED))
    )
    return [
        {"week": str(Week.of(row["made"])), "kind": kind, "action": row["supersedes__action"], "count": row[kind]}
        for row in rows
        for kind in ("undone", "replaced")
        if row[kind]
    ]


def _overturned(week):
    rows = (
        Appeal.objects.filter(within("closed_at", week), state=Appeal.State.OVERTURNED, decision__created_at__lt=week.start)
        .annotate(made=TruncWeek("decision__created_at", tzinfo=UTC))
        .order_by("made")
        .values_list("made")
        .annotate(n=Count("pk"))
    )
    return [{"week": str(Week.of(made)), "kind": "overturned", "count": n} for made, n in rows]


def steady(figures):
    """Of a week's figures those that may be corrected: {group: {part: number or {…}}}."""
    return {group: {part: figures[group][part] for part in parts} for group, (_, parts) in STEADY.items() if group in figures}


def _recounted(week):
    """Figures of the last closed weeks that differ from what their report, and corrections since, say."""
    recent = [str(earlier) for earlier in _before(week, LOOK_BACK)]
    told = list(WeeklyReport.objects.filter(week__gte=recent[-1], week__lt=str(week)).exclude(state=WeeklyReport.State.BUILDING).order_by("week"))
    lines = []
    for report in told:
        if report.week not in recent:
            continue
        was = flat(steady(report.figures))
        for later in told:
            was |= {line["figure"]: line["now"] for line in later.corrections if line["kind"] == "recount" and line["week"] == report.week}
        now = flat(steady({group: count(Week.parse(report.week)) for group, (count, _) in STEADY.items()}))
        was, now = Counter(was), Counter(now)
        lines += [
            {"week": report.week, "kind": "recount", "figure": figure, "was": was[figure], "now": now[figure]}
            for figure in sorted(set(was) | set(now))
            if was[figure] != now[figure]
        ]
    return lines


def _before(week, amount):
    """The `amount` weeks before `week`, the latest first."""
    for _ in range(amount):
        week = week.previous
        yield week


def flat(figures, path=""):
    """{"group.part.name": number} of nested figures."""
    lines = {}
    for name, value in figures.items():
        here = f"{path}.{name}" if path else name
        lines |= flat(value, here) if isinstance(value, dict) else {here: value}
    return lines
