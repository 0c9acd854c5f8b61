"""What every database of the log does: its rows, its reads, its one write lock. What is common to all is done here.

A statement is written once, with `?` for each value: whatever it asks is asked of every database in the same words.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar, cast

from archive.domain.errors import ArchiveError, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from eventsourcing.persistence import ApplicationRecorder

    from archive.storage.addresses import Address

Stored = tuple[Any, ...]  # Any: the columns of a row as the database gives them
R = TypeVar("R")
BUSY_SECONDS: Final = 5.0
ENTRY: Final = "position, stream, version, type, entry"
COMMAND: Final = "id, first_position, entries, digest"
NO_END: Final = 2**63 - 1
# Far below what a statement may hold (sqlite.org/limits.html 9), and many enough that a statement more does not matter.
_VARIABLES: Final = 500


class Row(NamedTuple):
    """One stored entry."""

    position: int
    stream: bytes
    version: int
    type: str
    entry: bytes


class CommandRow(NamedTuple):
    """A command that happened: its entries are `first_position … first_position + entries − 1`."""

    id: bytes
    first_position: int
    entries: int
    digest: bytes


class Conflict(Exception):
    """A version of a stream or a command id is there already: the caller decided on an old state, or miscounted.

    The transaction, or the savepoint in which it was raised, can only be rolled back.
    """


# tuple.__new__ instead of Row._make: the columns are written out in the statement, so their number need not be counted.
as_row: Final = cast("Callable[[object], Row]", partial(tuple.__new__, Row))
_position_and_entry: Final = cast("Callable[[object], tuple[int, bytes]]", tuple)
_first: Final = cast("Callable[[Stored], bytes]", itemgetter(0))


# --- reads ------------------------------------------------------------------------------------------------------------
class Reads(ABC):
    """What can be read outside and inside a transaction, with the same statements."""

    busy_seconds: float

    @abstractmethod
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        """The rows that the statement gives, each made into what is wanted as it comes."""

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Stored]:
        return self._fetch(sql, values, tuple)

    def row(self, position: int) -> Row | None:
        """The entry at a position."""
        found = self._fetch(f"SELECT {ENTRY} FROM entries WHERE position = ?", (position,), as_row)
        return found[0] if found else None

    def stream(self, stream: bytes, *, until: int | None = None) -> list[Row]:
        """The entries of a stream up to a position, first version first."""
        values = (stream, NO_END if until is None else until)
        sql = f"SELECT {ENTRY} FROM entries WHERE stream = ? AND position <= ? ORDER BY version"
        return self._fetch(sql, values, as_row)

    def command(self, command_id: bytes) -> CommandRow | None:
        """What a command with this id did."""
        found = self._fetch(f"SELECT {COMMAND} FROM commands WHERE id = ?", (command_id,), CommandRow._make)
        return found[0] if found else None

    def commands(self, command_ids: Sequence[bytes]) -> list[CommandRow]:
        """Those of several commands that have happened."""
        sql = f"SELECT {COMMAND} FROM commands WHERE id IN (%s)"
        return [row for some in _parts(command_ids) for row in self._fetch(sql % marks(some), some, CommandRow._make)]


class Storage(Reads):
    """A log. Reads may come from many threads while one thread writes; a process that forks opens it anew.

    What leaves it is `Refused`, `Corrupt` or `Conflict`; only `recorder` speaks the eventsourcing library's own errors.
    """

    # Where it is kept: with this another process opens it too.
    place: Path | Address
    recorder: ApplicationRecorder

    def __init__(self, *, read_only: bool, busy_seconds: float) -> None:
        self.busy_seconds = busy_seconds
        self._read_only = read_only
        self._writing: int | None = None
        self._turn = threading.Lock()
        self._closed = False

    def head(self) -> int:
        """The newest position; 0 when there is none."""
        ((position,),) = self._rows("SELECT COALESCE(MAX(position), 0) FROM entries")
        return int(position)

    def read(
        self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None
    ) -> list[Row]:
        """Entries with `after < position <= until`, in order, at most `limit`; only those of the types, if given."""
        if types is not None and not types:
            return []
        sql = f"SELECT {ENTRY} FROM entries WHERE position > ?"
        values: list[object] = [after, *(types or ()), limit]
        if types is not None:
            sql += f" AND type IN ({marks(types)})"
        if until is not None:
            # Compared for every row: left out where it says nothing.
            sql += " AND position <= ?"
            values.insert(-1, until)
        return self._fetch(f"{sql} ORDER BY position LIMIT ?", values, as_row)

    def bytes_of(self, *, after: int, limit: int, until: int) -> list[tuple[int, bytes]]:
        """The positions and bytes of entries with `after < position <= until`, in order, at most `limit`, and nothing else."""
        sql = "SELECT position, entry FROM entries WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
        return self._fetch(sql, (after, until, limit), _position_and_entry)

    def stream_page(self, stream: bytes, *, after: int, limit: int, until: int | None) -> list[Row]:
        """Entries of a stream with `after < position <= until`, at most `limit`."""
        values = (stream, after, NO_END if until is None else until, limit)
        sql = (
            f"SELECT {ENTRY} FROM entries WHERE stream = ? AND position > ? AND position <= ? ORDER BY version LIMIT ?"
        )
        return self._fetch(sql, values, as_row)

    def by_stream(self, *, after: tuple[bytes, int], limit: int, until: int) -> list[Row]:
        """Entries up to a position, stream by stream and each in order, after a stream and version; at most `limit`."""
        sql = f"SELECT {ENTRY} FROM entries WHERE (stream, version) > (?, ?) AND position <= ? ORDER BY stream, version LIMIT ?"
        return self._fetch(sql, (*after, until, limit), as_row)

    def stream_count(self, stream: bytes, until: int | None) -> int:
        """How many entries a stream has up to a position."""
        sql = "SELECT COUNT(*) FROM entries WHERE stream = ? AND position <= ?"
        ((count,),) = self._rows(sql, (stream, NO_END if until is None else until))
        return int(count)

    @abstractmethod
    def data_version(self) -> int:
        """A number that is another one after each commit of entries, whoever made it."""

    def behind_seconds(self) -> float | None:
        """How long ago what is read here was the newest, where this is a copy that follows; None where it is none."""
        return None

    @abstractmethod
    def wait(self, stop: threading.Event) -> None:
        """Wait until it is worth asking for `data_version` again, or until `stop` is set; never for long."""

    @contextmanager
    def write(self) -> Iterator[StorageWrite]:
        """The write lock. What is appended inside is durable when the block ends, or never was.

        What the block raises goes up as it is. `LOG-001`: somebody else wrote for `busy_seconds`. When another `LOG-…`
        comes from the commit itself, only a look at the log says whether it happened.
        """
        assert not self._closed, "the log is closed"
        assert self._writing != threading.get_ident(), "a write inside a write would wait for itself"
        if self._read_only:
            raise self._not_allowed()
        # A database lets those who wait for its lock sleep and try again; threads of one process need not.
        if not self._turn.acquire(timeout=self.busy_seconds):
            raise Refused("LOG-001", seconds=self.busy_seconds)
        self._writing = threading.get_ident()
        try:
            with self._transaction() as write:
                yield write
        finally:
            self._writing = None
            self._turn.release()

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[StorageWrite]:
        """The database's own lock, and the commit when the block ends."""

    @abstractmethod
    def _not_allowed(self) -> Refused:
        """What somebody is told who may only read."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the log. A read or a write that is under way in another thread ends first."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- writes -----------------------------------------------------------------------------------------------------------
class StorageWrite(Reads):
    """One transaction under the write lock; its reads see what it has appended.

    After a failure nothing more can be done in it, until the savepoint that holds the failure is rolled back: rows before
    the one that failed may be kept, and the whole transaction may have ended.
    """

    # What the database's module raises.
    ERROR: type[Exception]

    def __init__(self, *, head: int, busy_seconds: float) -> None:
        self.busy_seconds = busy_seconds
        # The position of the newest entry, with those of this transaction.
        self.head = head
        self._failure: BaseException | None = None

    def last(self) -> Row | None:
        """The newest entry."""
        return self.row(self.head) if self.head else None

    def streams(self, streams: Sequence[bytes]) -> list[Row]:
        """The entries of several streams, each stream's in order."""
        sql = f"SELECT {ENTRY} FROM entries WHERE stream IN (%s) ORDER BY stream, version"
        return [row for some in _parts(streams) for row in self._fetch(sql % marks(some), some, as_row)]

    def streams_after(self, position: int) -> list[bytes]:
        """The streams that have entries after a position, each once."""
        return self._fetch("SELECT DISTINCT stream FROM entries WHERE position > ?", (position,), _first)

    def append(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        """Insert entries at the next positions, and the commands that made them: all of them, or `Conflict`."""
        with self._must_not_fail():
            expected = range(self.head + 1, self.head + len(rows) + 1)
            assert [row.position for row in rows] == list(expected), "positions have no gap"
            self._insert(rows, commands)
        self.head += len(rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is appended inside is undone when the block raises; what was appended before stays."""
        head = self.head
        self._mark()
        try:
            yield
            self._forget_mark()
        except BaseException:
            # The database may have ended the transaction, and every savepoint with it.
            if self._in_transaction():
                self._failure = None
                self._return_to_mark()
                self.head = head
            raise

    def end(self) -> None:
        """Raise what failed, if anything did; nothing more is done in this transaction."""
        with self._must_not_fail():
            pass
        self._failure = RuntimeError("the transaction is over")

    @abstractmethod
    def _insert(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        """Insert both."""

    @abstractmethod
    def _mark(self) -> None:
        """Begin a savepoint."""

    @abstractmethod
    def _forget_mark(self) -> None:
        """End the newest savepoint; what was done in it stays."""

    @abstractmethod
    def _return_to_mark(self) -> None:
        """End the newest savepoint; what was done in it is undone."""

    @abstractmethod
    def _run(self, sql: str) -> None:
        """Run a statement that has no values and gives no rows."""

    @abstractmethod
    def _in_transaction(self) -> bool:
        """Whether the transaction has not ended."""

    @abstractmethod
    def _meaning(self, error: Exception) -> ArchiveError | Conflict:
        """What an error of the database says, in our words."""

    def _execute(self, sql: str) -> None:
        with self._must_not_fail():
            self._run(sql)

    @contextmanager
    def _must_not_fail(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        assert self._in_transaction(), "outside a transaction each statement would commit by itself"
        try:
            yield
        except self.ERROR as error:
            self._failure = self._meaning(error)
            raise self._failure from error
        except BaseException as error:
            self._failure = error
            raise


def marks(values: Collection[object]) -> str:
    """A `?` for each value."""
    return ",".join("?" * len(values))


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _VARIABLES):
        yield values[start : start + _VARIABLES]
