"""Which Regulations apply, and what they know."""

import itertools
from datetime import date

import pytest

from archive.law.deadlines import report_deadline, report_due
from archive.law.regimes import OUTCOMES, R2008, R2019, REGIMES, regime_on


@pytest.mark.parametrize(
    "day, code",
    [("2008-05-01", "R2008"), ("2019-05-14", "R2008"), ("2019-05-15", "R2019"), ("2026-01-01", "R2019")],
)
def test_the_day_on_which_an_obligation_arose_chooses_the_law(day: str, code: str) -> None:
    assert regime_on(date.fromisoformat(day)).code == code


def test_the_regimes_follow_each_other_without_a_gap() -> None:
    for one, other in itertools.pairwise(REGIMES):
        assert one.last is not None
        assert other.first.toordinal() == one.last.toordinal() + 1
    assert REGIMES[-1].last is None


def test_each_regime_knows_its_outcomes() -> None:
    assert frozenset(OUTCOMES) == R2019.outcomes
    assert R2019.outcomes - R2008.outcomes == {
        "internal-affairs",
        "process-info",
        "enforcement-file",
        "mass",
        "publication",
        "reconfirm",
    }


@pytest.mark.parametrize("year, due", [(2017, "2018-03-31"), (2018, "2019-03-31"), (2019, "2020-01-31")])
def test_a_report_is_due_by_the_law_of_the_day(year: int, due: str) -> None:
    assert report_deadline(year) == date.fromisoformat(due)


@pytest.mark.parametrize(
    "year, of, due, law, article, days",
    [
        (2018, "agency", "2019-03-31", "R2008", "31", 90),
        (2019, "agency", "2020-01-31", "R2019", "49", 31),
        (2019, "region", "2020-03-31", "R2019", "49", 91),
        (2018, "region", "2019-03-31", "R2008", "31", 90),
    ],
)
def test_the_period_for_a_report_explains_itself(
    year: int, of: str, due: str, law: str, article: str, days: int
) -> None:
    found = report_due(year, government=of == "region")
    assert (found.due_on.isoformat(), found.law, found.article, found.days) == (due, law, article, days)
    steps = found.explanation()
    assert (steps[0].on, steps[0].kind, steps[-1].on, steps[-1].kind) == (
        date(year, 12, 31),
        "start",
        found.due_on,
        "due",
    )
    assert len(steps) == days + 1


def test_the_page_of_the_founding_report_came_653_days_late() -> None:
    assert report_due(2018).late_by(date(2021, 1, 12)) == 653
