"""The four forms of a report. Each is the same letter; JSON carries the figures themselves."""

import csv
import io
import json

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from .charts import chart
from .letter import write
from .words import cell

# A spreadsheet would take a cell that begins so for a formula; names in a report were written by strangers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def context_of(report):
    """What templates/reports/_letter.html shows: the letter, with each table's picture and its cells in words."""
    letter = write(report)
    sections = [
        {
            "section": section,
            "tables": [
                {
                    "table": table,
                    "chart": chart(table),
                    "lines": [
                        (row.label, [(column, cell(column, value)) for column, value in zip(table.columns, row.values, strict=True)]) for row in table.rows
                    ],
                }
                for table in section.tables
            ],
        }
        for section in letter.sections
    ]
    return {"letter": letter, "sections": sections, "report": report}


def to_html(report):
    """A whole page that needs nothing else, for a file or a printer."""
    with open(finders.find("moderation/reports.css"), encoding="utf-8") as style:
        return render_to_string("reports/standalone.html", context_of(report) | {"style": mark_safe(style.read())})  # noqa: S308 our own file


def to_json(report):
    """The figures as stored, and the corrections of earlier weeks: the form for machines, the same for ever."""
    state = "so_far" if report.pk is None else "closed"
    return json.dumps(
        {"week": report.week, "state": state, "figures": report.figures, "corrections": report.corrections}, ensure_ascii=False, indent=2, sort_keys=True
    )


def to_csv(report):
    """Every table as lines of week, table, row, label, column, value; English, shares in [0, 1], empty where nothing is told."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["week", "table", "row", "label", "column", "value"])
    with translation.override("en"):
        letter = write(report)
    told = report.figures["decisions"]
    few = f"fewer than {told['moderators_fewer_than']}" if told["moderators_fewer_than"] else ""
    lines.writerow([letter.week, "moderators", "active", "Active moderators", "now", told["moderators"] or few])
    for figure in letter.figures:
        for column, value in (("now", figure.now), ("before", figure.before)):
            lines.writerow([letter.week, "figures", figure.key, figure.label, column, "" if value is None else value])
    for section in letter.sections:
        for table in section.tables:
            for row in table.rows:
                for column, value in zip(table.columns, row.values, strict=True):
                    shown = "" if value is None else _harmless(value) if isinstance(value, str) else value
                    lines.writerow([letter.week, table.key, _harmless(row.key), _harmless(row.label), column.key, shown])
    return out.getvalue()


def _harmless(text):
    return f"'{text}" if text.startswith(_FORMULA) else text


def to_pdf(report):
    """The report as PDF, bytes."""
    from .pdf import to_pdf as draw  # loads reportlab

    return draw(report)
