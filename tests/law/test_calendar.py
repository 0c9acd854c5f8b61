"""Working days: the vectors of the law, on calendars found beside the project; the rules, on calendars made here."""

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.law.calendar import Calendar, NoCalendarForYear

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cn_working_days_2008_2026.json"

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
PLAIN = Calendar(version="plain", years=frozenset({2018}), days_off=frozenset(), working_weekends=frozenset())


@cache
def calendar_of_the_state_council() -> Calendar:
    if not DATA.exists():
        pytest.skip("../shared/data is not here: the calendars of 2008 to 2026 were not compared")
    years = json.loads(DATA.read_text(encoding="utf-8"))["years"]
    return Calendar(
        version="chinesecalendar 1.11.0",
        years=frozenset(map(int, years)),
        days_off=frozenset(date.fromisoformat(day) for year in years.values() for day in year["weekday_days_off_放假"]),
        working_weekends=frozenset(
            date.fromisoformat(day) for year in years.values() for day in year["working_weekend_days_调休上班"]
        ),
    )


@pytest.mark.parametrize("day_0, n, last, why", VECTORS, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_period_ends_on_the_day_that_the_law_gives(day_0: str, n: int, last: str, why: str) -> None:
    calendar = calendar_of_the_state_council()
    assert calendar.working_days_after(date.fromisoformat(day_0), n) == date.fromisoformat(last), why


def test_every_year_has_as_many_working_days_as_its_source_counted() -> None:
    calendar = calendar_of_the_state_council()
    counted = {
        int(year): found["working_days"]
        for year, found in json.loads(DATA.read_text(encoding="utf-8"))["years"].items()
    }
    assert {year: len(calendar.working_days(year)) for year in counted} == counted


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
    calendar = Calendar(
        version="one swap",
        years=frozenset({2018}),
        days_off=frozenset({MONDAY}),
        working_weekends=frozenset({saturday}),
    )
    assert not calendar.is_working_day(MONDAY)
    assert calendar.is_working_day(saturday)
    assert len(calendar.working_days(2018)) == len(PLAIN.working_days(2018))


def test_day_0_may_lie_in_a_year_without_calendar() -> None:
    assert PLAIN.working_days_after(date(2017, 12, 31), 1) == date(2018, 1, 1)


@pytest.mark.parametrize("year", [2017, 2019])
def test_year_without_calendar_is_not_guessed(year: int) -> None:
    with pytest.raises(NoCalendarForYear) as caught:
        PLAIN.is_working_day(date(year, 6, 1))
    assert caught.value.year == year
    with pytest.raises(NoCalendarForYear):
        PLAIN.working_days(year)


def test_period_over_the_end_of_the_calendar_is_not_guessed() -> None:
    with pytest.raises(NoCalendarForYear, match="2019"):
        PLAIN.working_days_after(date(2018, 12, 28), 2)


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
        Calendar(
            version="wrong",
            years=frozenset({2018}),
            days_off=frozenset(days_off),
            working_weekends=frozenset(working_weekends),
        )


DAYS = st.dates(date(2018, 1, 1), date(2018, 9, 30))
SETS_OF_DAYS = st.frozensets(st.dates(date(2018, 1, 1), date(2018, 12, 31)), max_size=60)


def made_of(days: frozenset[date]) -> Calendar:
    return Calendar(
        version="drawn",
        years=frozenset({2018}),
        days_off=frozenset(day for day in days if day.weekday() < 5),
        working_weekends=frozenset(day for day in days if day.weekday() >= 5),
    )


@given(day_0=DAYS, n=st.integers(1, 20), days=SETS_OF_DAYS)
def test_period_ends_on_a_working_day_and_holds_as_many_as_it_says(day_0: date, n: int, days: frozenset[date]) -> None:
    """Goal: the last day is worked, and the period counts `n`. Method: compare with the list of the year's days."""
    calendar = made_of(days)
    try:
        last = calendar.working_days_after(day_0, n)
    except NoCalendarForYear:
        assert len([day for day in calendar.working_days(2018) if day > day_0]) < n
        return
    assert calendar.is_working_day(last)
    assert len([day for day in calendar.working_days(2018) if day_0 < day <= last]) == n


@given(day_0=DAYS, n=st.integers(1, 20), day_off=st.dates(date(2018, 1, 1), date(2018, 12, 31)))
def test_another_day_off_never_brings_the_end_nearer(day_0: date, n: int, day_off: date) -> None:
    """Goal: a holiday only gives more time. Method: one more day off, or none where it falls on a weekend."""
    fewer = made_of(frozenset({day_off} if day_off.weekday() < 5 else ()))
    assert fewer.working_days_after(day_0, n) >= PLAIN.working_days_after(day_0, n)
