"""Which Regulations apply, and what they know."""

import itertools
from datetime import date

import pytest

from archive.law.deadlines import report_deadline
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
