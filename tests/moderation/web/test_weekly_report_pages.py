"""The pages of the weekly report, its files, and the command that writes the same."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from moderation.models import Role, WeeklyReport
from moderation.reports import weekly
from moderation.reports.weeks import Week
from tests.factories import make_instance, make_person, make_report

pytestmark = pytest.mark.django_db
WEEK = Week(2024, 40)


@pytest.fixture
def reading(client):
    client.force_login(make_person(role=Role.AUDITOR))
    return client


@pytest.mark.parametrize("role", Role.values)
def test_everybody_who_works_here_may_read_it(client, role):
    weekly.build(WEEK)
    client.force_login(make_person(role=role))
    for path in ("/reports/weekly/", "/reports/weekly/2024-W40/", "/reports/weekly/2024-W40.csv"):
        assert client.get(path).status_code == 200


def test_nobody_else_may(client):
    weekly.build(WEEK)
    for path in ("/reports/weekly/", "/reports/weekly/2024-W40/", "/reports/weekly/2024-W40.pdf"):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize(("form", "kind"), [("pdf", "application/pdf"), ("csv", "text/csv; charset=utf-8"), ("json", "application/json")])
def test_it_comes_as_a_file_to_take_along(reading, form, kind):
    weekly.build(WEEK)
    answer = reading.get(f"/reports/weekly/2024-W40.{form}")
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"] == f'attachment; filename="breakwater-2024-W40.{form}"'
    assert answer.content


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/reports/weekly/2025-W53/", "There is no such week"),
        ("/reports/weekly/last/", "There is no such week"),
        ("/reports/weekly/2026-W00.pdf", "There is no such week"),
        ("/reports/weekly/2999-W01/", "has not begun yet"),
        ("/reports/weekly/2001-W01/", "No report was made for this week"),
        ("/reports/weekly/2024-W40.exe", "A report comes as a page"),
    ],
)
def test_what_is_not_there_is_answered_with_a_sentence(reading, path, sentence):
    answer = reading.get(path)
    assert answer.status_code == 404
    assert sentence in answer.content.decode()
    assert not WeeklyReport.objects.exists()


def test_the_running_week_is_shown_so_far_and_not_stored(reading):
    now = Week.current()
    make_report(received_at=now.start)
    page = reading.get(f"/reports/weekly/{now}/").content.decode()
    assert "So far: this week still runs" in page and "1 report came in" in page
    assert "so-far" in reading.get(f"/reports/weekly/{now}.json")["Content-Disposition"]
    assert not WeeklyReport.objects.exists()


def test_a_report_that_is_being_built_is_not_there_yet(reading):
    WeeklyReport.objects.create(week=str(WEEK))
    assert reading.get("/reports/weekly/2024-W40/").status_code == 404
    assert "2024-W40" not in reading.get("/reports/weekly/").content.decode()


def test_the_list_names_closed_weeks_with_their_figures(reading):
    make_report(received_at=WEEK.start)
    weekly.build(WEEK)
    page = reading.get("/reports/weekly/").content.decode()
    assert "/reports/weekly/2024-W40/" in page and f"/reports/weekly/{Week.current()}/" in page


def test_a_closed_report_is_read_from_one_row(reading, django_assert_max_num_queries):
    weekly.build(WEEK)
    with django_assert_max_num_queries(8):
        reading.get("/reports/weekly/2024-W40/")


def test_the_page_speaks_the_readers_language_and_keeps_the_content_policy(client):
    weekly.build(WEEK)
    client.force_login(make_person(language="es"))
    answer = client.get("/reports/weekly/2024-W40/")
    assert 'lang="es"' in answer.content.decode()
    assert " style=" not in answer.content.decode() and "<style" not in answer.content.decode()


def test_the_command_closes_a_week_and_writes_what_the_page_tells(reading):
    make_report(received_at=WEEK.start)
    out = StringIO()
    call_command("weekly_report", week="2024-W40", format="json", stdout=out)
    assert json.loads(out.getvalue()) == reading.get("/reports/weekly/2024-W40.json").json()


def test_the_command_writes_every_form_into_a_file(tmp_path):
    for form in ("html", "pdf", "csv", "json"):
        path = tmp_path / f"report.{form}"
        call_command("weekly_report", week="2024-W40", format=form, output=path)
        assert path.stat().st_size > 100


def test_the_command_takes_the_last_week_that_is_over_and_says_what_it_cannot_do():
    make_instance()
    out, last = StringIO(), Week.of(Week.current().start - timedelta(days=1))
    call_command("weekly_report", format="csv", stdout=out)
    assert out.getvalue().splitlines()[1].startswith(str(last))
    for week, sentence in (("2025-W53", "There is no week"), ("2999-W01", "has not begun")):
        with pytest.raises(CommandError, match=sentence):
            call_command("weekly_report", week=week)
