"""Working days (工作日): the week, with the days off and the working weekends (调休) that the State Council sets.

Rules
- A period runs in working days, and day 0, on which it starts, is not counted; day 0 may be any day.
- Monday to Friday are worked but for the days off, Saturday and Sunday are not but for the working weekends
  (全国年节及纪念日放假办法, and the notice of the State Council's General Office for each year).
- The days of a year that no notice has set are not guessed: whoever asks for one is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
SATURDAY: Final = 5


class NoCalendarForYear(LookupError):
    """The calendar does not cover a year that was asked for."""

    def __init__(self, year: int, *, version: str) -> None:
        super().__init__(f"the calendar {version} does not cover {year}")
        self.year = year
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The working days of some years, as one version of the notices has them.

    `days_off` are Mondays to Fridays that are not worked, `working_weekends` are Saturdays and Sundays that are; a day
    that does not fit its list, or its years, is a ValueError.
    """

    version: str
    years: frozenset[int]
    days_off: frozenset[date]
    working_weekends: frozenset[date]

    def __post_init__(self) -> None:
        for day in self.days_off | self.working_weekends:
            if day.year not in self.years:
                raise ValueError(f"{day} is not in a year of the calendar {self.version}")
            if _on_weekend(day) != (day in self.working_weekends) or (day in self.days_off & self.working_weekends):
                raise ValueError(f"{day} stands in the wrong list of the calendar {self.version}")

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked; NoCalendarForYear where its year is not covered."""
        if day.year not in self.years:
            raise NoCalendarForYear(day.year, version=self.version)
        return day in self.working_weekends if _on_weekend(day) else day not in self.days_off

    def working_days_after(self, day: date, n: int) -> date:
        """The last day of a period of `n` working days (1 or more) that starts on `day`, which is not counted."""
        assert n > 0, "a period has at least one day"
        left = n
        while left:
            day += DAY
            left -= self.is_working_day(day)
        return day

    def working_days(self, year: int) -> tuple[date, ...]:
        """The days of the year that are worked, in order."""
        return tuple(day for day in _days_of(year) if self.is_working_day(day))


def _on_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += DAY
