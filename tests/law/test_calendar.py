"""Working days: the vectors of the law, on calendars found beside the project; the rules, on calendars made here."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.law.calendar import Calendar, CalendarYear
from law.notices import STATE_COUNCIL, WORKING_DAYS

# Day 0, how many working days, the last day, and why the case is worth a line. The first was confirmed by a court.
VECTORS = [
    ("2022-09-30", 20, "2022-11-02", "National Day and the working weekend of 8 and 9 October"),
    ("2016-12-27", 15, "2017-01-18", "posted on 19 January: late by one working day"),
    ("2018-02-09", 20, "2018-03-14", "Spring Festival, Sunday 11 and Saturday 24 February worked"),
    ("2018-02-15", 20, "2018-03-20", "day 0 is a day off"),
    ("2018-04-03", 20, "2018-05-03", "Qingming and Labour Day, 8 and 28 April worked"),
    ("2018-09-28", 20, "2018-10-31", "29 and 30 September worked"),
    ("2018-12-10", 15, "2018-12-29", "Saturday 29 December worked"),
    ("2018-12-29", 20, "2019-01-29", "over the end of the year"),
    ("2019-05-14", 15, "2019-06-04", "the last day of Order 492"),
    ("2019-05-15", 20, "2019-06-13", "the first day of Order 711"),
    ("2020-01-20", 20, "2020-02-25", "the holiday was extended in the epidemic"),
    ("2023-12-29", 7, "2024-01-10", "a notice to correct"),
    ("2024-02-08", 20, "2024-03-13", "Spring Festival of 2024"),
    ("2025-09-30", 7, "2025-10-16", "eight days off, Saturday 11 October worked"),
]

MONDAY = date(2018, 7, 2)


def made_of(days: Iterable[date], version: str = "2018.1") -> Calendar:
    """A calendar of 2018 in which these days have changed places with the week."""
    days = frozenset(days)
    weekends = frozenset(day for day in days if day.weekday() >= 5)
    return Calendar([CalendarYear(year=2018, version=version, days_off=days - weekends, working_weekends=weekends)])


PLAIN = made_of(())


@pytest.mark.parametrize("day_0, n, last, why", VECTORS, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_period_ends_on_the_day_that_the_law_gives(day_0: str, n: int, last: str, why: str) -> None:
    assert STATE_COUNCIL.working_days_after(date.fromisoformat(day_0), n) == date.fromisoformat(last), why


def test_every_year_has_as_many_working_days_as_its_source_counted() -> None:
    assert {year: len(STATE_COUNCIL.working_days(year)) for year in WORKING_DAYS} == WORKING_DAYS
    assert STATE_COUNCIL.years == tuple(range(2008, 2027))


@pytest.mark.parametrize(
    "day, worked",
    [("2018-07-06", True), ("2018-07-07", False), ("2018-07-08", False), ("2018-07-09", True)],
)
def test_weekend_is_not_worked(day: str, *, worked: bool) -> None:
    assert PLAIN.is_working_day(date.fromisoformat(day)) is worked


def test_day_0_is_not_counted_worked_or_not() -> None:
    assert PLAIN.working_days_after(MONDAY, 1) == MONDAY + timedelta(days=1)
    assert PLAIN.working_days_after(MONDAY - timedelta(days=1), 1) == MONDAY


def test_days_off_and_working_weekends_change_places_with_the_week() -> None:
    saturday = MONDAY + timedelta(days=5)
    calendar = made_of({MONDAY, saturday})
    assert not calendar.is_working_day(MONDAY)
    assert calendar.is_working_day(saturday)
    assert len(calendar.working_days(2018)) == len(PLAIN.working_days(2018))


def test_day_0_may_lie_in_a_year_without_calendar() -> None:
    assert PLAIN.working_days_after(date(2017, 12, 31), 1) == date(2018, 1, 1)


@pytest.mark.parametrize("year", [1, 2017, 2019, 9999])
def test_a_year_without_a_notice_goes_by_the_week_and_is_not_settled(year: int) -> None:
    day = date(year, 6, 1)
    assert PLAIN.is_working_day(day) is (day.weekday() < 5)
    assert not PLAIN.settled(day, day)
    assert PLAIN.versions(date(2018, 1, 1), day) == (("2018.1",) if year > 2018 else ())


@pytest.mark.parametrize(
    "first, last, settled",
    [
        ("2018-01-01", "2018-12-31", True),
        ("2017-12-31", "2018-01-01", False),
        ("2018-12-31", "2019-01-01", False),
        ("2017-12-31", "2019-01-01", False),
    ],
)
def test_a_period_is_settled_where_every_year_of_it_is(first: str, last: str, *, settled: bool) -> None:
    assert PLAIN.settled(date.fromisoformat(first), date.fromisoformat(last)) is settled


@pytest.mark.parametrize(
    "day, kind",
    [
        ("2018-10-01", "holiday"),
        ("2018-09-29", "make-up-workday"),
        ("2018-10-06", "weekend"),
        ("2018-10-08", "workday"),
    ],
)
def test_a_day_is_one_of_four_kinds(day: str, kind: str) -> None:
    assert STATE_COUNCIL.kind_of(date.fromisoformat(day)) == kind


@pytest.mark.parametrize(
    "days_off, working_weekends",
    [
        ({date(2018, 7, 7)}, set()),
        (set(), {MONDAY}),
        ({date(2019, 1, 1)}, set()),
        (set(), {date(2019, 1, 5)}),
        ({date(2018, 7, 7)}, {date(2018, 7, 7)}),
    ],
)
def test_day_that_does_not_fit_its_list_is_refused(days_off: set[date], working_weekends: set[date]) -> None:
    with pytest.raises(ValueError, match="the calendar wrong"):
        CalendarYear(
            year=2018,
            version="wrong",
            days_off=frozenset(days_off),
            working_weekends=frozenset(working_weekends),
        )


DAYS = st.dates(date(2018, 1, 1), date(2018, 9, 30))
SETS_OF_DAYS = st.frozensets(st.dates(date(2018, 1, 1), date(2018, 12, 31)), max_size=60)


@given(day_0=DAYS, n=st.integers(1, 20), days=SETS_OF_DAYS)
def test_period_ends_on_a_working_day_and_holds_as_many_as_it_says(day_0: date, n: int, days: frozenset[date]) -> None:
    """Goal: the last day is worked, and the period counts `n`. Method: compare with the list of the year's days."""
    calendar = made_of(days)
    last = calendar.working_days_after(day_0, n)
    assert calendar.is_working_day(last)
    worked = [*calendar.working_days(2018), *calendar.working_days(2019)]
    assert len([day for day in worked if day_0 < day <= last]) == n


@given(first=DAYS, last=st.dates(date(2018, 1, 1), date(2021, 9, 30)), days=SETS_OF_DAYS)
def test_days_between_are_those_of_the_lists(first: date, last: date, days: frozenset[date]) -> None:
    calendar = made_of(days)
    worked = [day for year in range(2018, 2022) for day in calendar.working_days(year)]
    assert calendar.working_days_between(first, last) == len([day for day in worked if first < day <= last])
    assert calendar.on_or_after(first) == next(day for day in worked if day >= first)


@given(day_0=DAYS, n=st.integers(1, 20), day_off=st.dates(date(2018, 1, 1), date(2018, 12, 31)))
def test_another_day_off_never_brings_the_end_nearer(day_0: date, n: int, day_off: date) -> None:
    """Goal: a holiday only gives more time. Method: one more day off, or none where it falls on a weekend."""
    fewer = made_of(frozenset({day_off} if day_off.weekday() < 5 else ()))
    assert fewer.working_days_after(day_0, n) >= PLAIN.working_days_after(day_0, n)
