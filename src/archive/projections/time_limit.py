"""How long one reading may take: the last resort against what no other limit has foreseen.

limit = TimeLimit(10)
limit.watch(db)                 SQLite asks it every now and then
with limit.running(): …         a statement that takes too long ends with an error of SQLite, and
limit.check()                   says that the time is over, here and wherever else it is asked
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from archive.domain.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sqlite3 import Connection

# Steps of SQLite's machine between two questions: about a millisecond.
STEPS: Final = 20_000


class TimeLimit:
    """The time that the readings of one thread may take, each for itself."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = math.inf

    def watch(self, db: Connection) -> None:
        """End statements of this connection when the time is over."""
        db.set_progress_handler(self._is_over, STEPS)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the time run during the block."""
        self._until = self._clock() + self._seconds
        try:
            yield
        finally:
            self._until = math.inf

    def check(self) -> None:
        """`ArchiveError` PRJ-016 when the time is over: it is no fault of whoever asked."""
        if self._is_over():
            raise ArchiveError("PRJ-016", limit=f"{self._seconds:g}")

    def _is_over(self) -> bool:
        return self._clock() > self._until
