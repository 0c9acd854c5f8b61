"""Working days (工作日): the week, with the days off and the working weekends (调休) that the State Council sets.

Rules
- A period runs in working days, and day 0, on which it starts, is not counted; day 0 may be any day.
- Monday to Friday are worked but for the days off, Saturday and Sunday are not but for the working weekends
  (全国年节及纪念日放假办法, and the notice of the State Council's General Office for each year).
- The notice for a year comes in the last months of the year before. Until then only the week is known: what is reckoned
  with such a year is provisional.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Final, Literal

from typing_extensions import override

DAY: Final = timedelta(days=1)
SATURDAY: Final = 5

DayKind = Literal["workday", "weekend", "holiday", "make-up-workday"]


@dataclass(frozen=True, kw_only=True)
class CalendarYear:
    """One year as one version of its notice has it.

    `days_off` are Mondays to Fridays that are not worked, `working_weekends` are Saturdays and Sundays that are; a day
    that does not fit its list, or the year, is a ValueError.
    """

    year: int
    version: str
    days_off: frozenset[date]
    working_weekends: frozenset[date]

    def __post_init__(self) -> None:
        for day in self.days_off | self.working_weekends:
            if day.year != self.year:
                raise ValueError(f"{day} is not in the year {self.year} of the calendar {self.version}")
            if _on_weekend(day) != (day in self.working_weekends) or (day in self.days_off & self.working_weekends):
                raise ValueError(f"{day} stands in the wrong list of the calendar {self.version}")

    @cached_property
    def worked(self) -> tuple[int, ...]:
        """The days that are worked, as proleptic ordinals, in order."""
        return tuple(
            ordinal
            for ordinal in _ordinals(self.year)
            if self.kind_of(date.fromordinal(ordinal)) in {"workday", "make-up-workday"}
        )

    def kind_of(self, day: date) -> DayKind:
        """What a day of the year is."""
        if _on_weekend(day):
            return "make-up-workday" if day in self.working_weekends else "weekend"
        return "holiday" if day in self.days_off else "workday"


class Calendar:
    """The working days of every year: those with a notice as it has them, the others by the week alone."""

    def __init__(self, years: Iterable[CalendarYear] = ()) -> None:
        self._years = {one.year: one for one in years}

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._years == other._years

    @override
    def __hash__(self) -> int:
        return hash(tuple(sorted((year, one.version) for year, one in self._years.items())))

    @property
    def years(self) -> tuple[int, ...]:
        """The years with a notice, in order."""
        return tuple(sorted(self._years))

    def settled(self, first: date, last: date) -> bool:
        """Whether every year from one day to the other has its notice."""
        return all(year in self._years for year in range(first.year, last.year + 1))

    def versions(self, first: date, last: date) -> tuple[str, ...]:
        """The versions of the notices from one day to the other, in the order of their years."""
        return tuple(self._years[year].version for year in range(first.year, last.year + 1) if year in self._years)

    def year(self, year: int) -> CalendarYear:
        """A year with its notice, or by the week alone."""
        return self._years.get(year) or _plain(year)

    def kind_of(self, day: date) -> DayKind:
        """What a day is."""
        return self.year(day.year).kind_of(day)

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked."""
        return self.kind_of(day) in {"workday", "make-up-workday"}

    def working_days_after(self, day: date, n: int) -> date:
        """The last day of a period of `n` working days (1 or more) that starts on `day`, which is not counted."""
        assert n > 0, "a period has at least one day"
        worked = self.year(day.year).worked
        place = bisect_right(worked, day.toordinal()) + n - 1
        year = day.year
        while place >= len(worked):
            place -= len(worked)
            year += 1
            worked = self.year(year).worked
        return date.fromordinal(worked[place])

    def working_days_between(self, first: date, last: date) -> int:
        """How many days after the first, up to the last, are worked; 0 where the last is not after the first."""
        if last <= first:
            return 0
        total = -bisect_right(self.year(first.year).worked, first.toordinal())
        for year in range(first.year, last.year):
            total += len(self.year(year).worked)
        return total + bisect_right(self.year(last.year).worked, last.toordinal())

    def on_or_after(self, day: date) -> date:
        """The first working day that is not before this day."""
        return day if self.is_working_day(day) else self.working_days_after(day, 1)

    def working_days(self, year: int) -> tuple[date, ...]:
        """The days of the year that are worked, in order."""
        return tuple(map(date.fromordinal, self.year(year).worked))


@lru_cache(maxsize=512)
def _plain(year: int) -> CalendarYear:
    return CalendarYear(year=year, version="", days_off=frozenset(), working_weekends=frozenset())


def _on_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _ordinals(year: int) -> Iterator[int]:
    return iter(range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
