"""A reading that takes too long is ended, says so, and leaves its connection as it was."""

import math
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from archive.domain.errors import ArchiveError
from archive.projections.time_limit import TimeLimit

FOR_EVER = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"


def ticking() -> Callable[[], float]:
    """A clock that is a second later each time it is looked at."""
    ticks = iter(range(10**9))
    return lambda: float(next(ticks))


def test_a_statement_that_would_never_end_is_ended_and_the_next_one_runs() -> None:
    limit = TimeLimit(10, clock=ticking())
    with closing(sqlite3.connect(":memory:")) as db:
        limit.watch(db)
        with limit.running():
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                db.execute(FOR_EVER).fetchone()
            with pytest.raises(ArchiveError, match="PRJ-016"):
                limit.check()
        assert db.execute("SELECT 1").fetchone() == (1,)
        with limit.running():
            limit.check()
            assert db.execute("SELECT 1").fetchone() == (1,)


def test_outside_a_reading_no_time_runs() -> None:
    limit = TimeLimit(0, clock=ticking())
    limit.check()
    with limit.running(), pytest.raises(ArchiveError):
        limit.check()
    limit.check()


def test_what_has_no_limit_is_never_over() -> None:
    limit = TimeLimit(math.inf, clock=ticking())
    with limit.running():
        for _ in range(1_000):
            limit.check()
