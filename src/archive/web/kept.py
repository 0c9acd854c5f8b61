"""Answers that are kept in memory, to be given again as they are.

    known = kept.find(key)                        None: it has to be answered
    kept.keep(keys, known, parts=…)               by the bytes of the request, and by what it means

Rules
- An answer stands as long as nothing has changed in what it was read from (see api.touched): not every batch that is folded
  changes that. One that was read from everything goes with any change.
- Whether anything has changed is asked again after `recheck_seconds`; one that has just been asked is not asked once more
  by every request of the same moment.
- An answer of now that still stands is an answer of the new position: it is kept without saying its position, which is
  said when it is given.
- So many bytes are kept and no more; what was not given for longest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from archive.domain.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from archive.api.reads import Mark
    from archive.api.touched import Parts, Touched
    from archive.web.counters import Counters
    from archive.web.replies import Fields, Finished

# What an answer takes besides its bytes and keys: headers, and the tables that hold it.
_AROUND_BYTES: Final = 2_000
# Larger ones are rare, and would drive out many.
_LARGEST_PART: Final = 8


class Stores(Protocol):
    """What answers are read from."""

    def mark(self) -> Mark:
        """While it stays the same, so does every answer."""

    def touched(self, before: Mark, now: Mark) -> Touched | None:
        """What has changed from one mark to the next; None: anything may have."""


class _Kept(NamedTuple):
    """An answer, how many bytes it is counted with, and what it was read from; None: everything."""

    answer: Finished
    size: int
    parts: Parts | None


class KeptAnswers:
    """The answers that one worker keeps, on one event loop. `provenance`: the fields that say a position and where it is from."""

    def __init__(  # noqa: PLR0913 - what is kept, for how long, and who is told
        self,
        stores: Stores,
        *,
        max_bytes: int,
        provenance: Callable[[int], Fields] = lambda _: (),
        recheck_seconds: float = 0.0,
        clock: Callable[[], float] = monotonic,
        counters: Counters | None = None,
    ) -> None:
        self._stores = stores
        self._max_bytes = max_bytes
        self._provenance = provenance
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._counters = counters
        self._seen: Mark | None = None
        # What answers of now say of the position; None: not asked for yet since the last change.
        self._now: Fields | None = None
        self._until = float("-inf")
        self._bytes = 0
        # Each key leads to its answer; one answer may have several keys, and is counted with each.
        self._answers: OrderedDict[Hashable, _Kept] = OrderedDict()

    def find(self, key: Hashable) -> Finished | None:
        """The answer that stands for this key. After it nothing is awaited before `keep`, so that it is kept under the same mark."""
        self._look()
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        answer, _, parts = found
        if parts is None or parts.is_pinned:
            return answer
        if self._now is None:
            assert self._seen is not None
            self._now = self._provenance(self._seen.head)
        return answer._replace(headers=answer.headers + self._now)

    def keep(
        self,
        keys: Sequence[Hashable],
        answer: Finished,
        *,
        position: int | None,
        parts: Parts | None,
        size_of_keys: int,
    ) -> None:
        """Keep an answer that was read after the last `find`.

        Where it has parts and was read now, it does not say its position, and is kept only if that is the one of the mark.
        """
        size = len(answer.body) + size_of_keys + _AROUND_BYTES
        if self._seen is None or size > self._max_bytes // _LARGEST_PART:
            return
        if parts is not None and not parts.is_pinned and position != self._seen.head:
            return
        self._put(keys, _Kept(answer, size, parts))

    def keep_also(self, key: Hashable, known: Hashable) -> None:
        """Keep what is kept for one key for another too."""
        found = self._answers.get(known)
        if found is not None:
            self._put([key], found)

    def _put(self, keys: Sequence[Hashable], kept: _Kept) -> None:
        for key in keys:
            before = self._answers.pop(key, None)
            self._answers[key] = kept
            self._bytes += kept.size - (0 if before is None else before.size)
        while self._bytes > self._max_bytes:
            _, gone = self._answers.popitem(last=False)
            self._bytes -= gone.size
        if self._counters is not None:
            self._counters.keeps(self._bytes)

    def _look(self) -> None:
        """Let go of what has changed."""
        now = self._clock()
        if now < self._until:
            return
        touched: Touched | None = None
        try:
            mark = self._stores.mark()
            if self._seen is not None and mark != self._seen:
                touched = self._stores.touched(self._seen, mark)
        except ArchiveError:
            # Whoever answers says what is wrong.
            mark = None
        self._until = now + self._recheck_seconds
        if mark != self._seen:
            self._seen = mark
            self._now = None
            self._let_go(touched)

    def _let_go(self, touched: Touched | None) -> None:
        if touched is None:
            gone = list(self._answers)
        else:
            gone = [key for key, kept in self._answers.items() if kept.parts is None or touched.is_in(kept.parts)]
        for key in gone:
            self._bytes -= self._answers.pop(key).size
        if gone and self._counters is not None:
            self._counters.let_go(len(gone))
            self._counters.keeps(self._bytes)
