"""A closed week never changes; what becomes known later stands in the next report."""

import copy
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from moderation.models import Action, Appeal, Decision, Report, WeeklyReport, Writeback
from moderation.reports import weekly, weeks
from moderation.reports.weeks import Week
from tests.factories import make_account, make_case, make_instance, make_person, make_report
from tests.moderation.racing import needs_postgres, race

from .seeding import Seeding

WEEK = Week(2024, 40)
HOUR = timedelta(hours=1)


@pytest.fixture
def at(monkeypatch):
    """`at(moment)`: the reports take it for now."""
    return lambda moment: monkeypatch.setattr(weeks, "timezone", SimpleNamespace(now=lambda: moment))


def decide(action=Action.SUSPEND, *, when, account=None, case=None, **given):
    account = account or make_account()
    case = case or make_case(account, opened_at=when - HOUR)
    return Decision.objects.create(case=case, account=account, action=action, moderator=make_person(), created_at=when, **given)


@pytest.mark.django_db
def test_a_closed_week_never_changes_whatever_happens_later():
    seeding = Seeding(WEEK, weeks=1).fill(cases=30, clusters=3)
    report = weekly.build(WEEK)
    figures = copy.deepcopy(report.figures)
    seeding.fill(cases=20)
    Report.objects.all().delete()
    again = weekly.build(WEEK)
    assert again.pk == report.pk and again.figures == figures
    assert WeeklyReport.objects.get().figures == figures
    with pytest.raises(ValueError, match="cannot go"):
        again.move(WeeklyReport.State.READY, figures={})


@pytest.mark.django_db
def test_a_week_that_still_runs_is_not_closed(at):
    at(WEEK.end - timedelta(microseconds=1))
    with pytest.raises(weekly.NotOver):
        weekly.build(WEEK)
    assert not WeeklyReport.objects.exists()
    at(WEEK.end)
    assert weekly.build(WEEK).state == WeeklyReport.State.READY


@pytest.mark.django_db
def test_the_preview_of_the_running_week_is_not_stored(at):
    at(WEEK.start + HOUR)
    make_report(received_at=WEEK.start)
    assert weekly.preview(WEEK).figures["reports"]["received"] == 1
    assert not WeeklyReport.objects.exists()


@pytest.mark.django_db
def test_a_builder_that_died_is_followed_by_another():
    WeeklyReport.objects.create(week=str(WEEK))
    assert weekly.stored(WEEK) is None
    assert weekly.build(WEEK).state == WeeklyReport.State.READY


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_builders_at_once_make_one_report():
    needs_postgres()
    Seeding(WEEK, weeks=1).fill(cases=20)
    built = []
    race(*[lambda: built.append(weekly.build(WEEK))] * 4)
    assert len({report.pk for report in built}) == 1
    assert WeeklyReport.objects.get().state == WeeklyReport.State.READY
    assert all(report.figures == built[0].figures for report in built)


@pytest.mark.django_db
def test_a_faster_builder_wins_and_the_slower_one_returns_its_report(monkeypatch):
    real = weekly.count

    def slow(week):
        monkeypatch.setattr(weekly, "count", real)
        weekly.build(week)  # somebody else, meanwhile
        return {"late": True}

    monkeypatch.setattr(weekly, "count", slow)
    report = weekly.build(WEEK)
    assert report.state == WeeklyReport.State.READY and "late" not in report.figures


@pytest.mark.django_db
def test_every_week_that_is_over_since_the_beginning_gets_its_report_once(at):
    make_instance(created_at=WEEK.start + HOUR)
    at(WEEK.next.next.end + HOUR)
    assert [report.week for report in weekly.close_due()] == [str(WEEK), str(WEEK.next), str(WEEK.next.next)]
    assert weekly.close_due() == []


@pytest.mark.django_db
def test_nothing_is_due_before_there_is_an_instance():
    assert weekly.close_due() == []


@pytest.mark.django_db
def test_an_instance_that_just_began_has_no_week_to_close(at):
    make_instance(created_at=WEEK.start + HOUR)
    at(WEEK.end - HOUR)
    assert weekly.close_due() == []


@pytest.mark.django_db
def test_after_a_long_time_off_only_the_last_weeks_are_made(at):
    make_instance(created_at=WEEK.start)
    at(WEEK.start + timedelta(days=7 * 30))
    assert len(weekly.close_due()) == weekly.MISSED_WEEKS


@pytest.mark.django_db
def test_a_decision_undone_later_is_a_correction_in_the_week_it_was_undone():
    decision = decide(when=WEEK.start + HOUR)
    first = weekly.build(WEEK)
    decide(Action.UNDO, when=WEEK.end, account=decision.account, case=decision.case, supersedes=decision)
    second = weekly.build(WEEK.next)
    assert {"week": str(WEEK), "kind": "undone", "action": "suspend", "count": 1} in second.corrections
    assert first.figures["undone"]["undone"] == 0 and second.figures["undone"]["of_earlier_weeks"] == 1
    assert second.figures["before"]["decisions"]["made"] == 1


@pytest.mark.django_db
def test_a_decision_confirmed_on_appeal_is_neither_undone_nor_replaced():
    decision = decide(when=WEEK.start + HOUR)
    decide(when=WEEK.end, account=decision.account, case=decision.case, supersedes=decision)
    report = weekly.build(WEEK.next)
    assert report.figures["undone"] == {"undone": 0, "replaced": 0, "of_earlier_weeks": 0, "by_action": {}}
    assert report.corrections == []


@pytest.mark.django_db
def test_a_report_that_arrived_late_is_counted_in_its_week_of_arrival_and_listed():
    weekly.build(WEEK)
    make_report(created_at=WEEK.end - HOUR, received_at=WEEK.end)
    second = weekly.build(WEEK.next)
    assert second.figures["reports"]["received"] == 1
    assert second.corrections == [{"week": str(WEEK), "kind": "late_reports", "count": 1}]


@pytest.mark.django_db
def test_an_appeal_won_later_is_a_correction_of_the_decisions_week():
    decision = decide(when=WEEK.start + HOUR)
    Appeal.objects.create(decision=decision, state=Appeal.State.OVERTURNED, received_at=WEEK.end, closed_at=WEEK.end)
    assert {"week": str(WEEK), "kind": "overturned", "count": 1} in weekly.build(WEEK.next).corrections


@pytest.mark.django_db
def test_a_call_confirmed_after_its_week_is_told_once():
    decision = decide(when=WEEK.start + HOUR)
    call = Writeback.objects.create(instance=decision.case.instance, decision=decision, call="act", state=Writeback.State.REFUSED)
    weekly.build(WEEK)
    Writeback.objects.filter(pk=call.pk).update(state=Writeback.State.CONFIRMED)
    lines = [(line["figure"], line["was"], line["now"]) for line in weekly.build(WEEK.next).corrections]
    assert lines == [("writebacks.by_state.confirmed", 0, 1), ("writebacks.by_state.refused", 1, 0)]
    assert weekly.build(WEEK.next.next).corrections == []


@pytest.mark.django_db
def test_a_report_closed_at_the_instance_of_which_we_heard_late_is_a_correction():
    report = make_report(received_at=WEEK.start)
    weekly.build(WEEK)
    Report.objects.filter(pk=report.pk).update(resolved_elsewhere=True, resolved_at=WEEK.end - HOUR)
    figures = {line["figure"]: line["now"] for line in weekly.build(WEEK.next).corrections}
    assert figures == {"reports.by_resolution.elsewhere": 1, "reports.resolved": 1}


@pytest.mark.django_db
def test_the_week_before_is_compared_as_its_report_said_not_as_it_counts_today():
    make_report(received_at=WEEK.start)
    weekly.build(WEEK)
    make_report(received_at=WEEK.end - HOUR)
    assert weekly.build(WEEK.next).figures["before"]["reports"]["received"] == 1


@pytest.mark.django_db
def test_the_first_week_of_an_installation_is_compared_with_nothing():
    make_instance(created_at=WEEK.start)
    assert weekly.build(WEEK).figures["before"] is None


@pytest.mark.django_db
def test_a_week_holds_its_first_moment_and_not_the_next_weeks_first():
    make_report(received_at=WEEK.start)
    make_report(received_at=WEEK.end - timedelta(microseconds=1))
    make_report(received_at=WEEK.end)
    make_report(received_at=WEEK.start - timedelta(microseconds=1))
    assert [weekly.count(week)["reports"]["received"] for week in (WEEK.previous, WEEK, WEEK.next)] == [1, 2, 1]


@pytest.mark.django_db
def test_figures_survive_the_database_unchanged():
    Seeding(WEEK, weeks=1).fill(cases=30)
    counted = weekly.count(WEEK)
    report = weekly.build(WEEK)
    assert WeeklyReport.objects.get(pk=report.pk).figures == counted, connection.vendor
