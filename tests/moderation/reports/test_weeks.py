from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.reports.weeks import BadWeek, Week


@given(st.datetimes(min_value=datetime(2000, 1, 3), max_value=datetime(2999, 12, 1), timezones=st.just(UTC)))
def test_every_moment_is_in_exactly_one_week(moment):
    week = Week.of(moment)
    assert week.start <= moment < week.end
    assert not week.previous.start <= moment < week.previous.end
    assert week.previous.end == week.start and week.next.start == week.end
    assert week.next.previous == week == Week.parse(str(week))


def test_a_week_begins_on_monday_and_does_not_hold_the_next_one():
    week = Week.parse("2026-W49")
    assert week.start == datetime(2026, 11, 30, tzinfo=UTC)
    assert Week.of(week.end - timedelta(microseconds=1)) == week
    assert Week.of(week.end) == week.next


def test_a_long_year_has_a_week_53_and_a_short_one_has_not():
    assert Week.parse("2026-W53").next == Week.parse("2027-W01")
    assert Week.parse("2026-W53").last_day.year == 2027
    with pytest.raises(BadWeek):
        Week.parse("2025-W53")


@pytest.mark.parametrize(
    "written", ["2026-W00", "2026-W54", "2026-W7", "2026-w07", "2026W07", "", "2026-W07 ", "0001-W01", "9999-W52", "२०२६-W०७", "2026-W07/..", "\x00"]
)
def test_what_is_not_a_week_is_refused(written):
    with pytest.raises(BadWeek):
        Week.parse(written)
