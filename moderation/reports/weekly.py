"""The weekly abuse report: counted once when its week is over, and never changed after."""

from django.utils import timezone

from moderation.models import Instance, StaleState, WeeklyReport

from . import corrections, outcomes, precision, times, totals
from .mail import email
from .weeks import Week

__all__ = ["NotOver", "build", "close_due", "count", "email", "preview", "stored"]

FORMAT = 1
# After a long time off, how many missed weeks are still made.
MISSED_WEEKS = 8

GROUPS = {
    "reports": totals.reports,
    "reporter_domains": totals.reporter_domains,
    "sign_ups": totals.sign_ups,
    "waves": totals.waves,
    "waiting": totals.waiting,
    "decisions": outcomes.decisions,
    "undone": outcomes.undone,
    "appeals": outcomes.appeals,
    "writebacks": outcomes.writebacks,
    "link_domains": outcomes.link_domains,
    "detectors": precision.detectors,
    "first_look": times.first_look,
    "decision": times.decision,
}
# Of a week that still runs nothing is told that grows by one person's work while somebody watches.
ONLY_WHEN_CLOSED = ("first_look", "decision")


class NotOver(Exception):
    """The week still runs, or has not begun: there is nothing to close."""


def count(week, *, leaving_out=()):
    """The figures of a week, counted now: plain JSON, one entry for each of GROUPS and the week itself."""
    figures = {"format": FORMAT, "week": str(week), "start": week.start.isoformat(), "end": week.end.isoformat()}
    figures |= {name: group(week) for name, group in GROUPS.items() if name not in leaving_out}
    return figures | {"before": _before(week)}


def _before(week):
    """The figures of the week before that are set beside these: from its report, else counted; None before there was anything."""
    report = stored(week.previous)
    if report:
        return corrections.steady(report.figures)
    if not Instance.objects.filter(created_at__lt=week.start).exists():
        return None
    return corrections.steady({group: counted(week.previous) for group, (counted, _) in corrections.STEADY.items()})


def stored(week):
    """The closed report of a week, or None."""
    return WeeklyReport.objects.exclude(state=WeeklyReport.State.BUILDING).filter(week=str(week)).first()


def preview(week):
    """An unsaved report of the running week, so far; without what only a closed week may tell."""
    figures = count(week, leaving_out=ONLY_WHEN_CLOSED)
    # How many people work may be told of a whole week, not watched as it grows; so also by whose policy.
    figures["decisions"] |= {"moderators": None, "moderators_fewer_than": None, "by_policy": [], "policies_joined": False}
    return WeeklyReport(week=str(week), figures=figures, corrections=[])


def build(week):
    """The report of a week that is over: the stored one, or counted now and stored; NotOver while it runs.

    Two builders at once count twice and store once.
    """
    if not week.closed:
        raise NotOver(str(week))
    report, _ = WeeklyReport.objects.get_or_create(week=str(week))
    if report.state == WeeklyReport.State.BUILDING:
        figures, found = count(week), corrections.found(week)
        try:
            report.move(WeeklyReport.State.READY, figures=figures, corrections=found, ready_at=timezone.now())
        except StaleState:
            report.refresh_from_db()
    return report


def close_due():
    """Build the reports of all weeks that are over and have none, oldest first, and mail the newest. The reports built."""
    first = Instance.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return []
    last = Week.current().previous
    due, week = [], last
    while len(due) < MISSED_WEEKS and week.end > first:
        due.append(week)
        week = week.previous
    done = set(WeeklyReport.objects.filter(week__in=map(str, due)).exclude(state=WeeklyReport.State.BUILDING).values_list("week", flat=True))
    built = [build(week) for week in reversed(due) if str(week) not in done]
    newest = WeeklyReport.objects.filter(week=str(last), state=WeeklyReport.State.READY).first()
    if newest:
        email(newest)
    return built
