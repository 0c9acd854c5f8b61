"""Due dates and the days that explain them."""

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.law.calendar import Calendar
from archive.law.deadlines import Duty, Pause, calendar_deadline, merged, publication_deadline, working_deadline
from law.notices import STATE_COUNCIL

DAYS = st.dates(date(2016, 1, 1), date(2024, 12, 31))
PAUSES = st.lists(st.builds(Pause, DAYS, DAYS), max_size=4)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    "duty, formed, due, unit, law",
    [
        ("proactive", "2018-09-28", "2018-10-31", "working-day", "R2008"),
        ("proactive", "2019-05-15", "2019-06-13", "working-day", "R2019"),
        ("licence", "2023-12-29", "2024-01-10", "working-day", "double-publicity"),
        ("penalty", "2025-09-30", "2025-10-16", "working-day", "double-publicity"),
        ("penalty-annulled", "2023-12-30", "2024-01-02", "calendar-day", "administrative-penalty-law"),
        ("budget", "2018-02-09", "2018-03-01", "calendar-day", "budget-law"),
        ("interpretation", "2018-02-13", "2018-02-23", "working-day", "interpretation-notice"),
    ],
)
def test_each_duty_has_its_period(duty: Duty, formed: str, due: str, unit: str, law: str) -> None:
    found = publication_deadline(duty, day(formed), STATE_COUNCIL)
    assert (found.due_on, found.unit, found.law, found.provisional) == (day(due), unit, law, False)


def test_a_due_date_explains_itself_day_by_day() -> None:
    found = working_deadline(
        day("2018-09-28"),
        4,
        STATE_COUNCIL,
        law="R2008",
        article="24",
        pauses=[Pause(day("2018-09-29"), day("2018-10-08"))],
    )
    steps = found.explanation()
    assert [(step.on.isoformat()[5:], step.kind, step.number) for step in steps] == [
        ("09-28", "start", None),
        ("09-29", "make-up-workday", 1),
        *[(f"09-{number}", "paused", None) for number in (30,)],
        *[(f"10-{number:02}", "paused", None) for number in range(1, 9)],
        ("10-09", "counted", 2),
        ("10-10", "counted", 3),
        ("10-11", "due", 4),
    ]
    assert found.calendar == ("2018.1",)


def test_weekends_and_holidays_are_told_apart() -> None:
    steps = publication_deadline("licence", day("2018-09-30"), STATE_COUNCIL).explanation()
    kinds = Counter(step.kind for step in steps)
    assert kinds == {"start": 1, "holiday": 5, "weekend": 4, "counted": 6, "due": 1}


@pytest.mark.parametrize(
    "done, late", [("2018-12-29", 0), ("2018-12-30", 0), ("2019-01-02", 1), ("2019-01-03", 2), ("2018-12-01", 0)]
)
def test_lateness_counts_working_days_after_the_due_date(done: str, late: int) -> None:
    found = working_deadline(day("2018-12-10"), 15, STATE_COUNCIL, law="R2008", article="24")
    assert found.due_on == day("2018-12-29")
    assert found.late_by(day(done)) == late


def test_the_case_of_2017_was_posted_late_by_one_working_day() -> None:
    found = working_deadline(day("2016-12-27"), 15, STATE_COUNCIL, law="R2008", article="24")
    assert (found.late_by(day("2017-01-17")), found.late_by(day("2017-01-19"))) == (0, 1)


def test_days_of_the_calendar_are_late_by_days_of_the_calendar() -> None:
    found = calendar_deadline(day("2018-02-09"), 20, STATE_COUNCIL, law="budget-law", article="14")
    assert found.late_by(day("2018-03-05")) == 4
    assert [step.number for step in found.explanation()] == [None, *range(1, 21)]


def test_a_due_date_over_a_year_without_a_notice_is_provisional() -> None:
    found = publication_deadline("proactive", day("2026-12-10"), STATE_COUNCIL)
    assert (found.provisional, found.calendar) == (True, ("2026.1",))
    assert not publication_deadline("proactive", day("2026-11-10"), STATE_COUNCIL).provisional
    assert publication_deadline("proactive", day("2018-11-10"), Calendar()).provisional


@given(DAYS, st.integers(1, 40), PAUSES)
def test_the_explanation_counts_every_day_of_the_period_and_none_that_is_paused(
    start: date, days: int, pauses: list[Pause]
) -> None:
    """Goal: the due date is what its own explanation counts to. Method: count again, day by day."""
    found = working_deadline(start, days, STATE_COUNCIL, law="R2019", article="33", pauses=pauses)
    steps = found.explanation()
    assert [step.on for step in steps] == [start + timedelta(days=number) for number in range(len(steps))]
    assert steps[-1].on == found.due_on
    assert STATE_COUNCIL.is_working_day(found.due_on)
    numbers = [step.number for step in steps if step.number is not None]
    assert numbers == list(range(1, days + 1))
    assert steps[-1].kind == "due"
    for step in steps[1:]:
        paused = any(pause.first < step.on <= pause.last for pause in pauses)
        assert (step.kind == "paused") is paused


@given(DAYS, st.integers(1, 40), PAUSES, st.builds(Pause, DAYS, DAYS))
def test_another_pause_never_brings_the_due_date_nearer(
    start: date, days: int, pauses: list[Pause], more: Pause
) -> None:
    one = working_deadline(start, days, STATE_COUNCIL, law="R2019", article="33", pauses=pauses)
    other = working_deadline(start, days, STATE_COUNCIL, law="R2019", article="33", pauses=[*pauses, more])
    assert other.due_on >= one.due_on


@given(PAUSES)
def test_merged_pauses_are_the_same_days_in_order_without_overlap(pauses: list[Pause]) -> None:
    spans = merged(pauses)
    assert all(one.last < other.first for one, other in itertools.pairwise(spans))
    for pause in pauses:
        assert pause.last <= pause.first or any(span.first <= pause.first and pause.last <= span.last for span in spans)
