"""What the workers count while they answer: numbers in memory that all of them share, each writing into a board of its own.

    worker 1 ── writes ──▶ board 1 ─┐
    worker 2 ── writes ──▶ board 2 ─┴─ summed by whichever worker is asked

Rules
- A board is a fixed number of cells, each one number: nothing grows, nothing is locked, and a count is one addition.
- One worker writes into a board, in one thread. One that takes a dead worker's place goes on with its board, so that
  no counter ever falls while the site is served.
- What is counted: routes (patterns, never addresses), statuses, spans of time, bytes, and documents by a part of their
  hash. What was asked, and by whom, cannot be told from it.
"""

from __future__ import annotations

from bisect import bisect_left
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableSequence, Sequence

    Board = MutableSequence[float]

# A status beyond them is counted as 0, "other". 499: the reader was gone before the answer was.
STATUSES: Final = (200, 204, 206, 301, 304, 400, 404, 405, 406, 410, 413, 414, 415, 416, 429, 499, 500, 503, 0)
# Upper bounds of the histogram, in seconds; what is slower is counted above the last.
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
MAX_ROUTES: Final = 64
# Documents that a worker remembers; when there are more, the half that took least is forgotten.
MAX_DOCUMENTS: Final = 500
# Of the hash of a document: so many bits are a whole number in a cell, and enough to tell a few hundred apart.
HASH_DIGITS: Final = 12

_STATUS: Final = {status: index for index, status in enumerate(STATUSES)}
_OTHER: Final = _STATUS[0]
_AT_BOUNDS: Final = len(STATUSES)
_AT_SECONDS: Final = _AT_BOUNDS + len(BOUNDS) + 1
_AT_BYTES: Final = _AT_SECONDS + 1
_WIDTH: Final = _AT_BYTES + 1
# Of a document: hash (0: an empty row), how often, seconds, the longest, the highest price.
_ROW: Final = 5
_AT_ROUTES: Final = 1
_AT_DOCUMENTS: Final = _AT_ROUTES + MAX_ROUTES * _WIDTH
_AT_KEPT: Final = _AT_DOCUMENTS + MAX_DOCUMENTS * _ROW
# Where an answer to a query came from, and what is kept: see Kept.
_KEPT_CELLS: Final = 5
CELLS: Final = _AT_KEPT + _KEPT_CELLS


class Served(NamedTuple):
    """What was answered on one route: how often with which status, how often within which bound, and sums."""

    statuses: dict[int, int]
    within: list[int]
    seconds: float
    sent_bytes: int


class Slow(NamedTuple):
    """What one document has cost: runs, seconds in all and at most in one, and its highest price (None: it had none)."""

    document: str
    runs: int
    seconds: float
    slowest: float
    price: int | None


class Source(IntEnum):
    """Where an answer came from: kept for the same request, kept for the same document and variables, or run."""

    REQUEST = 0
    DOCUMENT = 1
    RUN = 2


class Kept(NamedTuple):
    """Answers by where they came from, how many were let go because something had changed, and the bytes that are kept now."""

    answers: dict[Source, int]
    let_go: int
    size: int


def hash_of(document: str) -> str:
    """The name of a document in lists: the first twelve hexadecimal digits of the SHA-256 of its text."""
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


class Counters:
    """The counting of one worker."""

    def __init__(self, board: Board) -> None:
        self._board = board
        # Of a worker that died: what it was answering is answered by nobody.
        board[0] = 0.0
        rows = range(_AT_DOCUMENTS, _AT_KEPT, _ROW)
        self._documents = {board[row]: row for row in rows if board[row]}
        self._free = [row for row in reversed(rows) if not board[row]]

    def began(self) -> None:
        """Count a request that is being answered."""
        self._board[0] += 1.0

    def ended(self, route: int, status: int, *, seconds: float, sent_bytes: int) -> None:
        """Count its answer. `route`: an index below MAX_ROUTES that always means the same route."""
        board = self._board
        board[0] -= 1.0
        at = _AT_ROUTES + route * _WIDTH
        board[at + _STATUS.get(status, _OTHER)] += 1.0
        board[at + _AT_BOUNDS + bisect_left(BOUNDS, seconds)] += 1.0
        board[at + _AT_SECONDS] += seconds
        board[at + _AT_BYTES] += sent_bytes

    def ran(self, document: str, *, seconds: float, price: int | None) -> None:
        """Count a run of a document, by its hash (see hash_of)."""
        board = self._board
        name = float(int(document, 16) or 1)
        row = self._documents.get(name)
        if row is None:
            if not self._free:
                self._forget()
            row = self._free.pop()
            board[row + 1 : row + _ROW] = [0.0, 0.0, 0.0, -1.0]
            board[row] = name
            self._documents[name] = row
        board[row + 1] += 1.0
        board[row + 2] += seconds
        board[row + 3] = max(board[row + 3], seconds)
        if price is not None:
            board[row + 4] = max(board[row + 4], float(price))

    def answered(self, source: Source) -> None:
        """Count an answer to a query by where it came from."""
        self._board[_AT_KEPT + source] += 1.0

    def keeps(self, size: int) -> None:
        """Note how many bytes of answers are kept."""
        self._board[_AT_KEPT + _KEPT_CELLS - 1] = float(size)

    def let_go(self, answers: int) -> None:
        """Count answers that were let go because what they were read from has changed."""
        self._board[_AT_KEPT + _KEPT_CELLS - 2] += float(answers)

    def _forget(self) -> None:
        """Make room: half of the documents at once, so that one more is cheap again for a long time."""
        least = sorted(self._documents.items(), key=lambda one: self._board[one[1] + 2])[: MAX_DOCUMENTS // 2]
        for name, row in least:
            del self._documents[name]
            self._board[row] = 0.0
            self._free.append(row)


def in_flight(boards: Iterable[Board]) -> int:
    """How many requests are being answered."""
    return int(sum(board[0] for board in boards))


def served(boards: Sequence[Board], route: int) -> Served:
    """What all workers have answered on a route."""
    at = _AT_ROUTES + route * _WIDTH
    cells = [sum(column) for column in zip(*(board[at : at + _WIDTH] for board in boards), strict=True)]
    return Served(
        {status: int(cells[index]) for status, index in _STATUS.items() if cells[index]},
        [int(cell) for cell in cells[_AT_BOUNDS:_AT_SECONDS]],
        cells[_AT_SECONDS],
        int(cells[_AT_BYTES]),
    )


def kept(boards: Sequence[Board]) -> Kept:
    """What all workers keep of their answers, and what that has saved."""
    cells = [int(sum(column)) for column in zip(*(board[_AT_KEPT:CELLS] for board in boards), strict=True)]
    return Kept({source: cells[source] for source in Source}, cells[-2], cells[-1])


def slowest(boards: Iterable[Board], *, first: int) -> list[Slow]:
    """The documents that took most time in all, over all workers; what took most first."""
    found: dict[str, Slow] = {}
    for one in (slow for board in boards for slow in _documents(board)):
        known = found.get(one.document, one._replace(runs=0, seconds=0.0))
        prices = [price for price in (one.price, known.price) if price is not None]
        found[one.document] = Slow(
            one.document,
            known.runs + one.runs,
            known.seconds + one.seconds,
            max(known.slowest, one.slowest),
            max(prices, default=None),
        )
    return sorted(found.values(), key=lambda one: (-one.seconds, one.document))[:first]


def _documents(board: Board) -> Iterator[Slow]:
    for row in range(_AT_DOCUMENTS, _AT_KEPT, _ROW):
        name, count, seconds, longest, price = board[row : row + _ROW]
        # Written meanwhile: it will be there the next time.
        if name and count:
            document = f"{int(name):0{HASH_DIGITS}x}"
            yield Slow(document, int(count), seconds, longest, None if price < 0 else int(price))
