"""The forms a report takes. What strangers wrote stays text in each of them."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models import Decision, WeeklyReport
from moderation.reports import charts, rendering, weekly
from moderation.reports.letter import write
from moderation.reports.shapes import Column, Row, Table, plain
from moderation.reports.weeks import Week
from tests.factories import make_account, make_case, make_person, make_report

from .seeding import Seeding

WEEK = Week(2024, 40)
HOSTILE = "<script>alert(1)</script>&\"'\u202e\x07 日本"
SVG = "{http://www.w3.org/2000/svg}"


def hostile_report():
    """A report in which everything a stranger may name is hostile, long and many."""
    for number in range(25):
        make_report(received_at=WEEK.start, category=f"{number}{HOSTILE}"[:32], reporter_domain=f"{number}{HOSTILE}{'x' * 180}")
        case = make_case(make_account(), opened_at=WEEK.start)
        Decision.objects.create(case=case, account=case.account, action="limit", moderator=make_person(), created_at=WEEK.start, rule=f"{number}{HOSTILE * 7}")
    return weekly.build(WEEK)


@pytest.mark.django_db
def test_hostile_names_stay_text_in_every_form():
    report = hostile_report()
    html = rendering.to_html(report)
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "\u202e" not in html and "\x07" not in html
    assert rendering.to_pdf(report).startswith(b"%PDF")
    rows = list(csv.reader(io.StringIO(rendering.to_csv(report))))
    assert {len(row) for row in rows} == {6}
    assert json.loads(rendering.to_json(report))["figures"]["reports"]["received"] == 25


@pytest.mark.django_db
def test_no_cell_of_the_csv_is_a_formula():
    Seeding(WEEK, weeks=1).fill(cases=40)
    text = rendering.to_csv(weekly.build(WEEK))
    assert "'=HYPERLINK(1)" in text
    for row in csv.reader(io.StringIO(text)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.django_db
def test_the_csv_holds_the_figures_of_the_json():
    Seeding(WEEK, weeks=1).fill(cases=40)
    report = weekly.build(WEEK)
    figures = json.loads(rendering.to_json(report))["figures"]
    rows = {tuple(row[1:3]) + (row[4],): row[5] for row in csv.reader(io.StringIO(rendering.to_csv(report)))}
    for resolution, amount in figures["reports"]["by_resolution"].items():
        assert rows["reports_by_resolution", resolution, "now"] == str(amount)
    for action, amount in figures["decisions"]["by_action"].items():
        assert rows["decisions_by_action", action, "now"] == str(amount)
    assert rows["moderators", "active", "now"] == str(figures["decisions"]["moderators"])
    for line in figures["detectors"]:
        assert rows["detectors", line["detector"], "n"] == str(line["likely"]["n"])


@pytest.mark.django_db
def test_a_closed_report_makes_the_same_bytes_each_time():
    Seeding(WEEK, weeks=1).fill(cases=20)
    report = weekly.build(WEEK)
    for form in (rendering.to_html, rendering.to_csv, rendering.to_json, rendering.to_pdf):
        assert form(report) == form(WeeklyReport.objects.get(pk=report.pk))


@pytest.mark.django_db
def test_every_chart_stands_beside_a_table_that_says_the_same():
    Seeding(WEEK, weeks=1).fill()
    report = weekly.build(WEEK)
    context = rendering.context_of(report)
    drawn = [each for part in context["sections"] for each in part["tables"] if each["chart"]]
    assert len(drawn) > 8
    assert len({each["table"].key for each in drawn}) == len(drawn)
    for each in drawn:
        picture = ET.fromstring(f'<x xmlns="http://www.w3.org/2000/svg">{each["chart"]}</x>')[0]
        assert picture.get("role") == "img"
        assert picture.find(f"{SVG}title").text == each["table"].title
        assert all(row.label in picture.find(f"{SVG}desc").text for row in each["table"].rows)
        assert "style=" not in each["chart"] and "script" not in each["chart"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=100), st.integers(0, 10**9), st.one_of(st.none(), st.integers(0, 10**9))), min_size=1, max_size=6))
def test_a_chart_is_well_formed_and_inside_its_frame_whatever_it_shows(lines):
    rows = tuple(Row(str(number), plain(label), (now, before)) for number, (label, now, before) in enumerate(lines))
    table = Table("t", "Title", "Head", (Column("now", "Now"), Column("before", "Before")), rows, chart="bars")
    picture = ET.fromstring(charts.chart(table))
    _, _, width, height = map(float, picture.get("viewBox").split())
    for bar in picture.iter("rect"):
        assert float(bar.get("x")) >= 0 and float(bar.get("x")) + float(bar.get("width")) <= width
        assert float(bar.get("y")) + float(bar.get("height")) <= height


@pytest.mark.django_db
def test_a_week_in_which_nothing_happened_is_a_whole_report_too():
    report = weekly.build(WEEK)
    letter = write(report)
    assert letter.headline == "Nothing was reported and nothing decided in this week."
    assert all(section.sentences or section.tables for section in letter.sections)
    for form in (rendering.to_html, rendering.to_csv, rendering.to_json, rendering.to_pdf):
        assert form(report)


@pytest.mark.django_db
def test_every_kind_of_correction_is_put_into_words():
    kinds = [
        {"week": "2024-W39", "kind": "late_reports", "count": 2},
        {"week": "2024-W39", "kind": "undone", "action": "suspend", "count": 1},
        {"week": "2024-W39", "kind": "replaced", "action": "limit", "count": 3},
        {"week": "2024-W39", "kind": "overturned", "count": 1},
        {"week": "2024-W39", "kind": "recount", "figure": "writebacks.by_state.refused", "was": 3, "now": 1},
        {"week": "2024-W39", "kind": "recount", "figure": "reports.by_category.a.b", "was": 3, "now": 1},
        {"week": "2024-W39", "kind": "recount", "figure": "waves.wave.by_size.10", "was": 3, "now": 1},
        {"week": "2024-W39", "kind": "recount", "figure": "waves.group.found", "was": 0, "now": 1},
    ]
    report = weekly.build(WEEK)
    report.corrections = kinds
    [section] = [section for section in write(report).sections if section.key == "corrections"]
    said = [row.values[0] for row in section.tables[0].rows]
    assert said[1] == "1 decision to “Suspend” was undone"
    assert said[4] == "calls to instances: refused by the instance: was 3, counts 1 today"
    assert said[5] == "reports: a.b: was 3, counts 1 today"
    assert said[6] == "waves: of 10 or more: was 3, counts 1 today"
