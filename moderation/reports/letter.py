"""A report put into words: what every form of it (page, mail, PDF, CSV) is made from."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import sections, words
from .shapes import Figure, Letter
from .weeks import Week


def write(report):
    """The Letter of a WeeklyReport, in the active language. An unsaved report is one so far."""
    week, figures = Week.parse(report.week), report.figures
    so_far = report.pk is None
    return Letter(
        week=report.week,
        dates=words.dates(week),
        title=_("Week %(number)s of %(year)s") % {"number": week.number, "year": week.year},
        headline=_headline(figures, so_far),
        so_far=so_far,
        figures=tuple(_at_the_top(figures)),
        sections=tuple(sections.all_of(figures, report.corrections, so_far)),
    )


def _headline(figures, so_far):
    received, resolved = figures["reports"]["received"], figures["reports"]["resolved"]
    made, undone = figures["decisions"]["made"], figures["undone"]["undone"]
    if not (received or resolved or made):
        return _("Nothing has been reported or decided in this week so far.") if so_far else _("Nothing was reported and nothing decided in this week.")
    parts = [
        ngettext("%(n)s report came in", "%(n)s reports came in", received) % {"n": words.number(received)},
        ngettext("%(n)s was resolved", "%(n)s were resolved", resolved) % {"n": words.number(resolved)},
        ngettext("%(n)s decision was made", "%(n)s decisions were made", made) % {"n": words.number(made)},
    ]
    if undone:
        parts.append(ngettext("%(n)s was undone", "%(n)s were undone", undone) % {"n": words.number(undone)})
    return _("%(most)s and %(last)s.") % {"most": ", ".join(parts[:-1]), "last": parts[-1]}


def _at_the_top(figures):
    yield _figure(_("Reports received"), figures, "reports", "received")
    yield _figure(_("Reports resolved"), figures, "reports", "resolved")
    yield _figure(_("Decisions"), figures, "decisions", "made")
    yield _figure(_("Waves found"), figures, "waves", "wave", "found")


def _figure(label, figures, *path):
    now, before = _dig(figures, path), _dig(figures["before"], path)
    return Figure(".".join(path), label, now, before, words.number(now), "" if before is None else words.number(before))


def _dig(value, path):
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
