"""ISO weeks in UTC: from Monday 00:00, which belongs to it, to the next Monday 00:00, which does not."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

_WRITTEN = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2999


class BadWeek(ValueError):
    """Not the name of a week."""


@dataclass(frozen=True, order=True)
class Week:
    year: int  # ISO year: the one its Thursday is in
    number: int  # 1 to 52, or 53 in a long year

    @classmethod
    def parse(cls, written):
        """The week written as 2026-W47; BadWeek when there is no such week."""
        match = _WRITTEN.fullmatch(written)
        if not match:
            raise BadWeek(written)
        year, number = map(int, match.groups())
        try:
            date.fromisocalendar(year, number, 1)
        except ValueError as error:
            raise BadWeek(written) from error
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise BadWeek(written)
        return cls(year, number)

    @classmethod
    def of(cls, moment):
        """The week an aware datetime falls in."""
        iso = moment.astimezone(UTC).isocalendar()
        return cls(iso.year, iso.week)

    @classmethod
    def current(cls):
        return cls.of(timezone.now())

    def __str__(self):
        return f"{self.year:04}-W{self.number:02}"

    @property
    def first_day(self):
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last_day(self):
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def start(self):
        """Its first moment."""
        return datetime.combine(self.first_day, time(), UTC)

    @property
    def end(self):
        """The first moment after it."""
        return self.start + timedelta(days=7)

    @property
    def previous(self):
        return Week.of(self.start - timedelta(days=1))

    @property
    def next(self):
        return Week.of(self.end)

    @property
    def closed(self):
        return self.end <= timezone.now()

    @property
    def begun(self):
        return self.start <= timezone.now()
