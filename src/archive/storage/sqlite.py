"""The log in one SQLite file.

A recorder of the eventsourcing library whose positions are ours: an INTEGER PRIMARY KEY, contiguous from 1, assigned
under the write lock. WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`; triggers refuse UPDATE, DELETE, REPLACE and a position
out of turn. Reads go past the library: one connection a thread that cannot write, rows as plain tuples.

"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar
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
from archive.storage.contract import (
    BUSY_SECONDS,
    ENTRY,
    NO_END,
    CommandRow,
    Conflict,
    Row,
    Storage,
    StorageWrite,
    Stored,
    marks,
)
from archive.storage.library import PollingSubscription, id_bytes, notification, stored_event
from archive.storage.refusals import refusal, refusals

R = TypeVar("R")
FORMAT: Final = 1
APPLICATION_ID: Final = 0x41524C47  # "ARLG"
POLL_SECONDS: Final = 0.05
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


class SQLiteLog(Storage):
    """The log file."""

    recorder: SQLiteLogRecorder

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(read_only=read_only, busy_seconds=busy_seconds)
        self.path = self.place = path
        self._local = threading.local()
        self._pulse: _Held | None = None
        self._pulse_turn = threading.Lock()
        self._writer: _Held | None = None
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

    @override
    def data_version(self) -> int:
        # SQLite counts for each connection by itself: one of its own, so that all threads see the same number.
        with self._pulse_turn, refusals(self.path, busy_seconds=self.busy_seconds):
            if self._pulse is None:
                self._pulse = self._hold_reader()
            (version,) = self._pulse.db.execute("PRAGMA data_version").fetchone()
        return int(version)

    @override
    def wait(self, stop: threading.Event) -> None:
        stop.wait(POLL_SECONDS)

    @override
    @contextmanager
    def _transaction(self) -> Iterator[SQLiteWrite]:
        with refusals(self.path, busy_seconds=self.busy_seconds):
            held = self._writer = self._writer or _Held(_connect_writer(self.path, busy_seconds=self.busy_seconds))
            cursor = held.db.cursor()
        try:
            with refusals(self.path, busy_seconds=self.busy_seconds):
                # Not a deferred BEGIN: the head is read before the first write, and must not grow old in between.
                cursor.execute("BEGIN IMMEDIATE")
                (head,) = cursor.execute("SELECT COALESCE(MAX(position), 0) FROM entries").fetchone()
            write = SQLiteWrite(self, cursor, head=int(head))
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

    @override
    def _not_allowed(self) -> Refused:
        return Refused("LOG-002", path=self.path)

    @override
    def close(self) -> None:
        self._closed = True
        # Not closed but forgotten: each goes when nobody uses it. Closed under a running statement, it would take the
        # process with it.
        self._local = threading.local()
        self._pulse = None
        self._writer = None
        self.recorder.datastore.close()

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
class SQLiteWrite(StorageWrite):
    """One transaction of the log file. After a failure SQLite may have ended it (sqlite.org/lang_transaction.html)."""

    ERROR = sqlite3.Error

    def __init__(self, log: SQLiteLog, cursor: sqlite3.Cursor, *, head: int) -> None:
        super().__init__(head=head, busy_seconds=log.busy_seconds)
        self.path = log.path
        self._cursor = cursor

    @override
    def _insert(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        _insert(self._cursor, rows)
        self._cursor.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)

    @override
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        with self._must_not_fail():
            return list(map(make, self._cursor.execute(sql, values)))

    @override
    def _mark(self) -> None:
        self._execute("SAVEPOINT entries")

    @override
    def _forget_mark(self) -> None:
        self._execute("RELEASE entries")

    @override
    def _return_to_mark(self) -> None:
        self._execute("ROLLBACK TO entries")
        self._execute("RELEASE entries")

    @override
    def _run(self, sql: str) -> None:
        self._cursor.execute(sql)

    @override
    def _in_transaction(self) -> bool:
        return self._cursor.connection.in_transaction

    @override
    def _meaning(self, error: Exception) -> ArchiveError | Conflict:
        assert isinstance(error, sqlite3.Error)
        if _is_conflict(error):
            return Conflict(str(error))
        return refusal(error, self.path, busy_seconds=self.busy_seconds)


def _insert(cursor: sqlite3.Cursor, rows: Sequence[Row]) -> None:
    cursor.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)


def _is_conflict(error: sqlite3.Error) -> bool:
    # The triggers speak first; the keys would, if there were no triggers.
    return getattr(error, "sqlite_errorcode", 0) in {
        sqlite3.SQLITE_CONSTRAINT_TRIGGER,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }


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
            Row(position, id_bytes(event.originator_id), event.originator_version, event.topic, event.state)
            for position, event in enumerate(stored_events, head + 1)
        ]
        _insert(c.sqlite_cursor, rows)
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
                f"SELECT {ENTRY} FROM entries WHERE stream = ? AND version > ? AND version <= ?"
                f" ORDER BY version {order} LIMIT ?",
                (
                    id_bytes(originator_id),
                    -1 if gt is None else gt,
                    NO_END if lte is None else lte,
                    -1 if limit is None else limit,
                ),
            )
            return [stored_event(row) for row in c.fetchall()]

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
        values: list[object] = [first, NO_END if stop is None else stop, *topics, limit]
        among = f"AND type IN ({marks(topics)})" if topics else ""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT {ENTRY} FROM entries WHERE position >= ? AND position <= ? {among} ORDER BY position LIMIT ?",
                values,
            )
            return [notification(row) for row in c.fetchall()]

    @override
    def _max_notification_id(self, c: SQLiteCursor) -> int:
        c.execute("SELECT MAX(position) FROM entries")
        return c.fetchone()[0]  # type: ignore[no-any-return] # an integer, or NULL when there is none

    @override
    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """An iterator over stored events that goes on with what is appended later."""
        return PollingSubscription(self, gt=gt, topics=topics)


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
