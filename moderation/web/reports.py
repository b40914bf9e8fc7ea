"""The weekly abuse report, to read and to take along."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from moderation.models import Role, WeeklyReport
from moderation.reports import rendering, weekly, words
from moderation.reports.weeks import BadWeek, Week

from .guards import role_required

FORMS = {
    "pdf": (rendering.to_pdf, "application/pdf"),
    "csv": (rendering.to_csv, "text/csv; charset=utf-8"),
    "json": (rendering.to_json, "application/json"),
}
# How many weeks the list shows: two years.
LISTED = 106


class NoReport(Exception):
    """There is no such report; the sentence says why."""


def report_of(written):
    """The report of a week named in an address: the closed one, or the running week so far. Raises NoReport."""
    try:
        week = Week.parse(written)
    except BadWeek as error:
        raise NoReport(_("There is no such week. Weeks are written as year, W and two digits: 2026-W07.")) from error
    if not week.begun:
        raise NoReport(_("This week has not begun yet."))
    if not week.closed:
        return weekly.preview(week)
    report = weekly.stored(week)
    if report is None:
        raise NoReport(_("No report was made for this week. A report is made within an hour of the week's end, from the week this installation began."))
    return report


def _no_report(request, error):
    return render(request, "reports/no_such_week.html", {"why": str(error)}, status=404)


@require_safe
@role_required(*Role.values)
def weekly_reports(request):
    closed = WeeklyReport.objects.exclude(state=WeeklyReport.State.BUILDING).order_by("-week")[:LISTED]
    lines = [
        {
            "week": report.week,
            "dates": words.dates(Week.parse(report.week)),
            "received": words.number(report.figures["reports"]["received"]),
            "resolved": words.number(report.figures["reports"]["resolved"]),
            "made": words.number(report.figures["decisions"]["made"]),
        }
        for report in closed
    ]
    return render(request, "reports/index.html", {"weeks": lines, "current": str(Week.current())})


@require_safe
@role_required(*Role.values)
def weekly_report(request, week):
    try:
        report = report_of(week)
    except NoReport as error:
        return _no_report(request, error)
    here = Week.parse(week)
    context = rendering.context_of(report) | {"previous": str(here.previous), "next": str(here.next) if here.next.begun else ""}
    return render(request, "reports/weekly.html", context)


@require_safe
@role_required(*Role.values)
def weekly_report_file(request, week, form):
    try:
        if form not in FORMS:
            raise NoReport(_("A report comes as a page, or as .pdf, .csv or .json."))
        report = report_of(week)
    except NoReport as error:
        return _no_report(request, error)
    make, kind = FORMS[form]
    name = f"breakwater-{week}.{form}" if report.pk else f"breakwater-{week}-so-far.{form}"
    return HttpResponse(make(report), content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


urlpatterns = [
    path("reports/weekly/", weekly_reports, name="weekly_reports"),
    path("reports/weekly/<str:week>/", weekly_report, name="weekly_report"),
    path("reports/weekly/<str:week>.<slug:form>", weekly_report_file, name="weekly_report_file"),
]
