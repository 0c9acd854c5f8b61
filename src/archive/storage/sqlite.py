"""The log in one SQLite file.

A recorder of the eventsourcing library whose positions are ours: an INTEGER PRIMARY KEY, contiguous from 1, assigned
under the write lock. WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`; triggers refuse UPDATE, DELETE, REPLACE and a position
out of turn. Reads go past the library: one connection a thread that cannot write, rows as plain tuples.

What leaves this file is `Refused`, `Corrupt` or `Conflict`; only `recorder` speaks the library's own errors.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    InterfaceError,
    Notification,
    StoredEvent,
    Subscription,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)
from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.storage.refusals import refusal, refusals

Stored = tuple[Any, ...]  # Any: the columns of a row as SQLite stores them
R = TypeVar("R")
FORMAT: Final = 1
APPLICATION_ID: Final = 0x41524C47  # "ARLG"
BUSY_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05
PAGE: Final = 500
# Negative: KiB. No mmap: on a failing disk it would end the process by a signal, where a read gives an error to report.
READER: Final = ("PRAGMA query_only = ON", "PRAGMA cache_size = -8192", "PRAGMA mmap_size = 0")
# Version and stream are random keys of the unique index: the cache is what a large import lives on. After one, the WAL
# is cut back to 64 MiB. fullfsync is for macOS, where fsync alone does not reach the disk; elsewhere it does nothing.
WRITER: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 0",
    "PRAGMA journal_size_limit = 67108864",
    # A copy made by VACUUM INTO comes without it; where it is set already, this only asks.
    "PRAGMA journal_mode = WAL",
)

TABLES: Final = (
    """CREATE TABLE entries (
    position INTEGER PRIMARY KEY,       -- 1, 2, 3 …, assigned under the write lock
    stream   BLOB NOT NULL,             -- the 128 bits of the stream's id
    version  INTEGER NOT NULL,
    type     TEXT NOT NULL,
    entry    BLOB NOT NULL,             -- the bytes that are hashed and served
    UNIQUE (stream, version)
) STRICT""",
    """CREATE TABLE commands (
    id             BLOB PRIMARY KEY,    -- a command that is here has happened
    first_position INTEGER NOT NULL,
    entries        INTEGER NOT NULL,
    digest         BLOB NOT NULL        -- of what it asked, without its texts
) STRICT, WITHOUT ROWID""",
    # INSERT OR REPLACE deletes without asking the trigger on DELETE, so the trigger on INSERT has to see it coming.
    """CREATE TRIGGER entries_in_turn BEFORE INSERT ON entries
WHEN NEW.position <> (SELECT COALESCE(MAX(position), 0) + 1 FROM entries)
  OR EXISTS (SELECT 1 FROM entries WHERE stream = NEW.stream AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'an entry stands at the next position and the next version'); END""",
    """CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END""",
    """CREATE TRIGGER commands_once BEFORE INSERT ON commands
WHEN EXISTS (SELECT 1 FROM commands WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a command happens once'); END""",
    """CREATE TRIGGER commands_never_change BEFORE UPDATE ON commands
BEGIN SELECT RAISE(ABORT, 'a command is never changed'); END""",
    """CREATE TRIGGER commands_never_go BEFORE DELETE ON commands
BEGIN SELECT RAISE(ABORT, 'a command is never deleted'); END""",
)

_ENTRY: Final = "position, stream, version, type, entry"
_COMMAND: Final = "id, first_position, entries, digest"
_NO_END: Final = 2**63 - 1
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
_row: Final = cast("Callable[[object], Row]", partial(tuple.__new__, Row))
_position_and_entry: Final = cast("Callable[[object], tuple[int, bytes]]", tuple)


# --- reads ------------------------------------------------------------------------------------------------------------
class _Reads(ABC):
    """What can be read outside and inside a transaction, with the same statements."""

    path: Path
    busy_seconds: float

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self.busy_seconds = busy_seconds

    @abstractmethod
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        """The rows that the statement gives, each made into what is wanted as it comes."""

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Stored]:
        return self._fetch(sql, values, tuple)

    def row(self, position: int) -> Row | None:
        """The entry at a position."""
        found = self._fetch(f"SELECT {_ENTRY} FROM entries WHERE position = ?", (position,), _row)
        return found[0] if found else None

    def stream(self, stream: bytes, *, until: int | None = None) -> list[Row]:
        """The entries of a stream up to a position, first version first."""
        values = (stream, _NO_END if until is None else until)
        sql = f"SELECT {_ENTRY} FROM entries WHERE stream = ? AND position <= ? ORDER BY version"
        return self._fetch(sql, values, _row)

    def command(self, command_id: bytes) -> CommandRow | None:
        """What a command with this id did."""
        found = self._fetch(f"SELECT {_COMMAND} FROM commands WHERE id = ?", (command_id,), CommandRow._make)
        return found[0] if found else None

    def commands(self, command_ids: Sequence[bytes]) -> list[CommandRow]:
        """Those of several commands that have happened."""
        sql = f"SELECT {_COMMAND} FROM commands WHERE id IN (%s)"
        return [row for some in _parts(command_ids) for row in self._fetch(sql % _marks(some), some, CommandRow._make)]


class SQLiteLog(_Reads):
    """The log file. Reads may come from many threads while one thread writes; a process that forks opens it anew."""

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(path, busy_seconds)
        self._read_only = read_only
        self._local = threading.local()
        self._pulse: _Held | None = None
        self._pulse_turn = threading.Lock()
        self._writer: _Held | None = None
        self._writing: int | None = None
        self._turn = threading.Lock()
        self._closed = False
        self._check_format(self._check_file())
        self.recorder = SQLiteLogRecorder(_Datastore(path, read_only=read_only, busy_seconds=busy_seconds))

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new log without entries."""
        try:
            # Of two that create the same log at once, one is told that there is one.
            path.touch(exist_ok=False)
        except FileExistsError:
            raise Refused("LOG-010", path=path) from None
        except FileNotFoundError:
            raise Refused("LOG-006", path=path.parent) from None
        except OSError:
            raise Refused("LOG-002", path=path) from None
        try:
            with refusals(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("BEGIN IMMEDIATE")
                for statement in TABLES:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {FORMAT}")
                db.execute("COMMIT")
        except ArchiveError:
            # Half a log would be in the way of the next attempt.
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            raise
        return cls(path)

    def head(self) -> int:
        """The newest position; 0 when there is none."""
        ((position,),) = self._rows("SELECT COALESCE(MAX(position), 0) FROM entries")
        return int(position)

    def read(
        self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None
    ) -> list[Row]:
        """Entries with `after < position <= until`, in order, at most `limit`; only those of the types, if given."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE position > ?"
        values: list[object] = [after, *(types or ()), limit]
        if types is not None:
            sql += f" AND type IN ({_marks(types)})"
        if until is not None:
            # Compared for every row: left out where it says nothing.
            sql += " AND position <= ?"
            values.insert(-1, until)
        return self._fetch(f"{sql} ORDER BY position LIMIT ?", values, _row)

    def bytes_of(self, *, after: int, limit: int, until: int) -> list[tuple[int, bytes]]:
        """The positions and bytes of entries with `after < position <= until`, in order, at most `limit`, and nothing else."""
        sql = "SELECT position, entry FROM entries WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
        return self._fetch(sql, (after, until, limit), _position_and_entry)

    def stream_page(self, stream: bytes, *, after: int, limit: int, until: int | None) -> list[Row]:
        """Entries of a stream with `after < position <= until`, at most `limit`."""
        values = (stream, after, _NO_END if until is None else until, limit)
        sql = (
            f"SELECT {_ENTRY} FROM entries WHERE stream = ? AND position > ? AND position <= ? ORDER BY version LIMIT ?"
        )
        return self._fetch(sql, values, _row)

    def by_stream(self, *, after: tuple[bytes, int], limit: int, until: int) -> list[Row]:
        """Entries up to a position, stream by stream and each in order, after a stream and version; at most `limit`."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE (stream, version) > (?, ?) AND position <= ? ORDER BY stream, version LIMIT ?"
        return self._fetch(sql, (*after, until, limit), _row)

    def stream_count(self, stream: bytes, until: int | None) -> int:
        """How many entries a stream has up to a position."""
        sql = "SELECT COUNT(*) FROM entries WHERE stream = ? AND position <= ?"
        ((count,),) = self._rows(sql, (stream, _NO_END if until is None else until))
        return int(count)

    def data_version(self) -> int:
        """A number that is another one after each commit, whoever made it."""
        # SQLite counts for each connection by itself: one of its own, so that all threads see the same number.
        with self._pulse_turn, refusals(self.path, busy_seconds=self.busy_seconds):
            if self._pulse is None:
                self._pulse = self._hold_reader()
            (version,) = self._pulse.db.execute("PRAGMA data_version").fetchone()
        return int(version)

    @contextmanager
    def write(self) -> Iterator[SQLiteWrite]:
        """The write lock. What is appended inside is durable when the block ends, or never was.

        What the block raises goes up as it is. `LOG-001`: somebody else wrote for `busy_seconds`. When `LOG-003` or
        `LOG-008` comes from the commit itself, only a look at the log says whether it happened.
        """
        assert not self._closed, "the log is closed"
        assert self._writing != threading.get_ident(), "a write inside a write would wait for itself"
        if self._read_only:
            raise Refused("LOG-002", path=self.path)
        # SQLite lets those who wait for its lock sleep and try again; threads of one process need not.
        if not self._turn.acquire(timeout=self.busy_seconds):
            raise Refused("LOG-001", seconds=self.busy_seconds)
        self._writing = threading.get_ident()
        try:
            with self._transaction() as write:
                yield write
        finally:
            self._writing = None
            self._turn.release()

    @contextmanager
    def _transaction(self) -> Iterator[SQLiteWrite]:
        with refusals(self.path, busy_seconds=self.busy_seconds):
            held = self._writer = self._writer or _Held(_connect_writer(self.path, busy_seconds=self.busy_seconds))
            cursor = held.db.cursor()
        try:
            with refusals(self.path, busy_seconds=self.busy_seconds):
                # Not a deferred BEGIN: the head is read before the first write, and must not grow old in between.
                cursor.execute("BEGIN IMMEDIATE")
            write = SQLiteWrite(self, cursor)
            yield write
            # A transaction in which something failed is not committed, even if the failure was swallowed.
            write.end()
            with refusals(self.path, busy_seconds=self.busy_seconds):
                cursor.execute("COMMIT")
            # From here the entries are durable, whatever becomes of the caller.
        except BaseException:
            try:
                held.db.rollback()
            except sqlite3.Error:
                # It goes, with its transaction and its lock; the next write connects anew. The cursor goes first: its
                # statement would keep the connection alive.
                self._writer = None
                cursor.close()
                held.db.close()
            raise

    def close(self) -> None:
        """Let go of the file. A read or a write that is under way in another thread ends first."""
        self._closed = True
        # Not closed but forgotten: each goes when nobody uses it. Closed under a running statement, it would take the
        # process with it.
        self._local = threading.local()
        self._pulse = None
        self._writer = None
        self.recorder.datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @override
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        try:
            # Held by a name as long as the statement runs: see close.
            held: _Held = self._local.held
        except AttributeError:
            held = self._local.held = self._hold_reader()
        try:
            return list(map(make, held.db.execute(sql, values)))
        except sqlite3.Error as error:
            raise refusal(error, self.path, busy_seconds=self.busy_seconds) from error

    def _hold_reader(self) -> _Held:
        assert not self._closed, "the log is closed"
        with refusals(self.path, busy_seconds=self.busy_seconds):
            connect = _connect_read_only if self._read_only else _connect_reader
            return _Held(connect(self.path, busy_seconds=self.busy_seconds))

    def _check_file(self) -> int:
        """The bytes of the file, which is there and may be opened as we want to.

        Nothing here opens it by itself: closing it would drop the locks of every connection of this process
        (sqlite.org/howtocorrupt.html 2.2).
        """
        try:
            found = self.path.stat()
            place = self.path.resolve()
        except (FileNotFoundError, NotADirectoryError):
            raise Refused("LOG-006", path=self.path) from None
        except OSError:
            raise Refused("LOG-002", path=self.path) from None
        if not stat.S_ISREG(found.st_mode):
            raise Corrupt("LOG-005", path=self.path, reason=Phrase("不是普通文件", "it is not a regular file"))
        if not self._read_only and not (os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)):
            raise Refused("LOG-002", path=self.path)
        return found.st_size

    def _check_format(self, size: int) -> None:
        ((application,),) = self._rows("PRAGMA application_id")
        ((found,),) = self._rows("PRAGMA user_version")
        if application != APPLICATION_ID or found < 1:
            raise Corrupt("LOG-005", path=self.path, reason=Phrase("不是日志文件", "it is not a log"))
        if found > FORMAT:
            raise Refused("LOG-004", path=self.path, found=found, known=FORMAT)
        ((page_bytes,),) = self._rows("PRAGMA page_size")
        # SQLite notices that pages are missing, but reads zeros where one was cut.
        if size % page_bytes:
            raise Corrupt("LOG-005", path=self.path, reason=Phrase("文件被截断", "it is cut short"))
        schema = self._rows("SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        # Without its triggers the log could be changed; with one more, an append could do anything.
        foreign = any(kind == "trigger" and sql not in TABLES for kind, sql in schema)
        if foreign or not {sql for _, sql in schema}.issuperset(TABLES):
            raise Corrupt("LOG-005", path=self.path, reason=Phrase("表或触发器被改动", "its tables were altered"))


class _Held:
    """A connection that is closed when nobody holds it any more: its thread has ended, or the log was closed."""

    __slots__ = ("db",)

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        # Left to itself, a connection waits for the garbage collector, and its file stays open.
        self.db.close()


def _connect_read_only(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    return _connect(path, "ro", busy_seconds, READER)


def _connect_reader(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    # Not "ro": whichever connection is closed last brings the WAL home and removes it, which that mode does not allow.
    return _connect(path, "rw", busy_seconds, READER)


def _connect_writer(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    return _connect(path, "rw", busy_seconds, WRITER)


def _connect(path: Path, mode: str, busy_seconds: float, pragmas: Iterable[str]) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    # Threads hand connections on, but never use one at the same time.
    db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=busy_seconds, check_same_thread=False)
    for pragma in pragmas:
        db.execute(pragma)
    return db


# --- writes -----------------------------------------------------------------------------------------------------------
class SQLiteWrite(_Reads):
    """One transaction under the write lock; its reads see what it has appended.

    After a failure nothing more can be done in it, until the savepoint that holds the failure is rolled back: SQLite keeps
    the rows before the one that failed, and may have ended the whole transaction (sqlite.org/lang_transaction.html).
    """

    def __init__(self, log: SQLiteLog, cursor: sqlite3.Cursor) -> None:
        super().__init__(log.path, log.busy_seconds)
        self._cursor = cursor
        self._failure: BaseException | None = None
        ((position,),) = self._rows("SELECT COALESCE(MAX(position), 0) FROM entries")
        # The position of the newest entry, with those of this transaction.
        self.head = int(position)

    def last(self) -> Row | None:
        """The newest entry."""
        return self.row(self.head)

    def streams(self, streams: Sequence[bytes]) -> list[Row]:
        """The entries of several streams, each stream's in order."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE stream IN (%s) ORDER BY stream, version"
        return [row for some in _parts(streams) for row in self._fetch(sql % _marks(some), some, _row)]

    def append(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        """Insert entries at the next positions, and the commands that made them: all of them, or `Conflict`."""
        with self._must_not_fail():
            _insert(self._cursor, rows, head=self.head)
            self._cursor.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)
        self.head += len(rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is appended inside is undone when the block raises; what was appended before stays."""
        head = self.head
        self._execute("SAVEPOINT entries")
        try:
            yield
            self._execute("RELEASE entries")
        except BaseException:
            # A full disk may have ended the transaction, and every savepoint with it.
            if self._cursor.connection.in_transaction:
                self._failure = None
                self._execute("ROLLBACK TO entries")
                self._execute("RELEASE entries")
                self.head = head
            raise

    def end(self) -> None:
        """Raise what failed, if anything did; nothing more is done in this transaction."""
        with self._must_not_fail():
            pass
        self._failure = RuntimeError("the transaction is over")

    @override
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        with self._must_not_fail():
            return list(map(make, self._cursor.execute(sql, values)))

    def _execute(self, sql: str) -> None:
        with self._must_not_fail():
            self._cursor.execute(sql)

    @contextmanager
    def _must_not_fail(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        assert self._cursor.connection.in_transaction, "outside a transaction each statement would commit by itself"
        try:
            yield
        except sqlite3.Error as error:
            if _is_conflict(error):
                self._failure = Conflict(str(error))
            else:
                self._failure = refusal(error, self.path, busy_seconds=self.busy_seconds)
            raise self._failure from error
        except BaseException as error:
            self._failure = error
            raise


def _insert(cursor: sqlite3.Cursor, rows: Sequence[Row], *, head: int) -> None:
    assert [row.position for row in rows] == list(range(head + 1, head + len(rows) + 1)), "positions have no gap"
    cursor.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)


def _is_conflict(error: sqlite3.Error) -> bool:
    # The triggers speak first; the keys would, if there were no triggers.
    return getattr(error, "sqlite_errorcode", 0) in {
        sqlite3.SQLITE_CONSTRAINT_TRIGGER,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _VARIABLES):
        yield values[start : start + _VARIABLES]


# --- the library's contract ---------------------------------------------------------------------------------------------
class SQLiteLogRecorder(SQLiteApplicationRecorder):
    """The eventsourcing library's application recorder over our table; a notification id is a position."""

    @override
    def construct_create_table_statements(self) -> list[str]:
        """The log's own tables."""
        return [
            statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ").replace(
                "CREATE TRIGGER ", "CREATE TRIGGER IF NOT EXISTS "
            )
            for statement in TABLES
        ]

    @override
    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        c.execute("SELECT COALESCE(MAX(position), 0) FROM entries")
        head = int(c.fetchone()[0])
        rows = [
            Row(position, _id_bytes(event.originator_id), event.originator_version, event.topic, event.state)
            for position, event in enumerate(stored_events, head + 1)
        ]
        _insert(c.sqlite_cursor, rows, head=head)
        return [row.position for row in rows]

    @override
    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The stored events of one stream."""
        order = "DESC" if desc else "ASC"
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT {_ENTRY} FROM entries WHERE stream = ? AND version > ? AND version <= ?"
                f" ORDER BY version {order} LIMIT ?",
                (
                    _id_bytes(originator_id),
                    -1 if gt is None else gt,
                    _NO_END if lte is None else lte,
                    -1 if limit is None else limit,
                ),
            )
            return [
                StoredEvent(originator_id=UUID(bytes=stream), originator_version=version, topic=topic, state=state)
                for _, stream, version, topic, state in c.fetchall()
            ]

    @override
    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Stored events by position."""
        first = 1 if start is None else start if inclusive_of_start else start + 1
        values: list[object] = [first, _NO_END if stop is None else stop, *topics, limit]
        among = f"AND type IN ({_marks(topics)})" if topics else ""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT {_ENTRY} FROM entries WHERE position >= ? AND position <= ? {among} ORDER BY position LIMIT ?",
                values,
            )
            return [
                Notification(
                    id=position,
                    originator_id=UUID(bytes=stream),
                    originator_version=version,
                    topic=topic,
                    state=state,
                )
                for position, stream, version, topic, state in c.fetchall()
            ]

    @override
    def _max_notification_id(self, c: SQLiteCursor) -> int:
        c.execute("SELECT MAX(position) FROM entries")
        return c.fetchone()[0]  # type: ignore[no-any-return] # an integer, or NULL when there is none

    @override
    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """An iterator over stored events that goes on with what is appended later."""
        return _Subscription(self, gt=gt, topics=topics)


class _Subscription(Subscription[SQLiteLogRecorder]):
    """Looks again after a short wait. It compares positions, so no wake-up can be lost; what has other topics is read once."""

    def __init__(self, recorder: SQLiteLogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt=gt, topics=topics)
        self._page: Iterator[Notification] = iter(())
        self._stopping = threading.Event()

    @override
    def stop(self) -> None:
        """End the iteration."""
        super().stop()
        self._stopping.set()

    @override
    def __next__(self) -> Notification:
        while not self._stopping.is_set():
            for notification in self._page:
                return notification
            if not self._turn_page():
                self._stopping.wait(POLL_SECONDS)
        raise StopIteration

    def _turn_page(self) -> bool:
        """Whether there was anything after the last page."""
        last, head = self._last_notification_id or 0, self._recorder.max_notification_id() or 0
        if head <= last:
            return False
        page = self._recorder.select_notifications(
            start=last, limit=PAGE, stop=head, topics=self._topics, inclusive_of_start=False
        )
        self._page = iter(page)
        self._last_notification_id = page[-1].id if len(page) == PAGE else head
        return True


def _id_bytes(originator_id: UUID | str) -> bytes:
    return originator_id.bytes if isinstance(originator_id, UUID) else UUID(originator_id).bytes


class _Transaction(SQLiteTransaction):
    @override
    def __enter__(self) -> SQLiteCursor:
        # A deferred BEGIN takes the write lock at its first write: a head read before would be stale, and the write
        # would fail at once instead of waiting.
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.Error as error:
            # The library turns errors into its own at the end of a transaction only; this one has not begun.
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return cursor

    @override
    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            super().__exit__(exc_type, exc_val, exc_tb)
        except BaseException:
            # A COMMIT or ROLLBACK that failed would go back to the pool inside its transaction, and keep the write lock.
            try:
                self.connection.rollback()
            except sqlite3.Error:
                self.connection.close()
            raise


class _Connection(SQLiteConnection):
    @override
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor, cursor:
            yield cursor


class _Pool(SQLiteConnectionPool):
    def __init__(self, path: Path, *, read_only: bool, busy_seconds: float) -> None:
        super().__init__(db_name=str(path), pool_timeout=busy_seconds)
        connect = _connect_read_only if read_only else _connect_writer
        self._connect = partial(connect, path, busy_seconds=busy_seconds)

    @override
    def _create_connection(self) -> SQLiteConnection:
        try:
            return _Connection(sqlite_conn=self._connect(), max_age=self.max_age)
        except sqlite3.Error as error:
            raise InterfaceError(error) from error

    @override
    def close(self) -> None:
        # What is in use goes when its user is done: see SQLiteLog.close.
        with self._put_condition:
            self._in_use.clear()
        super().close()


class _Datastore(SQLiteDatastore):
    """The library's datastore with our connections."""

    def __init__(self, path: Path, *, read_only: bool, busy_seconds: float) -> None:
        super().__init__(str(path))
        self.pool = _Pool(path, read_only=read_only, busy_seconds=busy_seconds)
