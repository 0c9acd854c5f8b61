"""Answers that are kept in memory, to be given again as they are.

    known = kept.find(key)            None: it has to be answered
    kept.keep(keys, known)            by the bytes of the request, and by what it means

Rules
- An answer stands as long as nothing has changed in what it was read from (see Sources.mark): not a batch folded, not a
  checkpoint signed, not a text erased. When anything has, all are let go.
- Whether anything has changed is asked again after `recheck_seconds`; one that has just been asked is not asked once more
  by every request of the same moment.
- So many bytes are kept and no more; what was not given for longest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Final

from archive.domain.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from archive.web.counters import Counters
    from archive.web.replies import Finished

# What an answer takes besides its bytes and keys: headers, and the tables that hold it.
_AROUND_BYTES: Final = 2_000
# Larger ones are rare, and would drive out many.
_LARGEST_PART: Final = 8


class KeptAnswers:
    """The answers that one worker keeps, on one event loop."""

    def __init__(
        self,
        mark: Callable[[], Hashable],
        *,
        max_bytes: int,
        recheck_seconds: float = 0.0,
        clock: Callable[[], float] = monotonic,
        counters: Counters | None = None,
    ) -> None:
        self._mark = mark
        self._max_bytes = max_bytes
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._counters = counters
        self._seen: Hashable = None
        self._until = float("-inf")
        self._bytes = 0
        # Each key leads to its answer; one answer may have several keys, and is counted with each.
        self._answers: OrderedDict[Hashable, tuple[Finished, int]] = OrderedDict()

    def find(self, key: Hashable) -> Finished | None:
        """The answer that stands for this key. After it nothing is awaited before `keep`, so that it is kept under the same mark."""
        self._look()
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return found[0]

    def keep(self, keys: Sequence[Hashable], answer: Finished, *, size_of_keys: int) -> None:
        """Keep an answer that was read after the last `find`."""
        size = len(answer.body) + size_of_keys + _AROUND_BYTES
        if self._seen is None or size > self._max_bytes // _LARGEST_PART:
            return
        for key in keys:
            _, before = self._answers.pop(key, (None, 0))
            self._answers[key] = answer, size
            self._bytes += size - before
        while self._bytes > self._max_bytes:
            _, (_, gone) = self._answers.popitem(last=False)
            self._bytes -= gone
        if self._counters is not None:
            self._counters.keeps(self._bytes)

    def _look(self) -> None:
        """Let everything go if anything has changed."""
        now = self._clock()
        if now < self._until:
            return
        try:
            mark = self._mark()
        except ArchiveError:
            # Whoever answers says what is wrong.
            mark = None
        self._until = now + self._recheck_seconds
        if mark != self._seen:
            self._seen = mark
            if self._answers:
                self._answers.clear()
                self._bytes = 0
                if self._counters is not None:
                    self._counters.let_go()
                    self._counters.keeps(0)
