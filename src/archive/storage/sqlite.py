"""The log in one SQLite file.

A recorder of the eventsourcing library whose positions are ours: an INTEGER PRIMARY KEY, contiguous from 1, assigned
under the write lock. WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`; triggers refuse UPDATE, DELETE, REPLACE and a position
out of turn. Reads go past the library: one read-only connection a thread, rows as plain tuples.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    PersistenceError,
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

from archive.domain.errors import Corrupt, Refused
from archive.storage.refusals import refusal, refusals

FORMAT: Final = 1
APPLICATION_ID: Final = 0x41524C47  # "ARLG"
BUSY_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05

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
# SQLite of Debian 11 takes 999 variables in a statement.
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
    """A version or a command id that is there already: two writers held the lock at once, or a caller miscounted."""


# --- reads ------------------------------------------------------------------------------------------------------------
class _Reads(ABC):
    """What can be read outside and inside a transaction, with the same statements."""

    path: Path
    busy_seconds: float

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self.busy_seconds = busy_seconds

    @abstractmethod
    def _rows(self, sql: str, values: Iterable[object]) -> list[tuple[Any, ...]]:  # Any: what SQLite stores
        """The rows that the statement gives."""

    def row(self, position: int) -> Row | None:
        """The entry at a position."""
        found = self._rows(f"SELECT {_ENTRY} FROM entries WHERE position = ?", (position,))
        return Row._make(found[0]) if found else None

    def stream(self, stream: bytes, *, until: int | None = None) -> list[Row]:
        """The entries of a stream up to a position, first version first."""
        values = (stream, _NO_END if until is None else until)
        rows = self._rows(f"SELECT {_ENTRY} FROM entries WHERE stream = ? AND position <= ? ORDER BY version", values)
        return [Row._make(row) for row in rows]

    def command(self, command_id: bytes) -> CommandRow | None:
        """What a command with this id did."""
        found = self._rows(f"SELECT {_COMMAND} FROM commands WHERE id = ?", (command_id,))
        return CommandRow._make(found[0]) if found else None


class SQLiteLog(_Reads):
    """The log file. Reads may come from many threads while one thread writes."""

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(path, busy_seconds)
        if not path.exists():
            raise Refused("LOG-006", path=path)
        self._read_only = read_only
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        ((application,),) = self._rows("PRAGMA application_id", ())
        ((found,),) = self._rows("PRAGMA user_version", ())
        if application != APPLICATION_ID:
            raise Corrupt("LOG-005", path=path, reason="it is not a log")
        if found > FORMAT:
            raise Refused("LOG-004", path=path, found=found, known=FORMAT)
        self.recorder = SQLiteLogRecorder(_Datastore(path, busy_seconds=busy_seconds))

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new log without entries."""
        if path.exists():
            raise Refused("LOG-010", path=path)
        with refusals(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            for statement in TABLES:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute("COMMIT")
        return cls(path)

    def head(self) -> int:
        """The newest position; 0 when there is none."""
        ((position,),) = self._rows("SELECT COALESCE(MAX(position), 0) FROM entries", ())
        return int(position)

    def read(
        self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None
    ) -> list[Row]:
        """Entries with `after < position <= until`, in order, at most `limit`; only those of the types, if given."""
        values: list[object] = [after, _NO_END if until is None else until]
        sql = f"SELECT {_ENTRY} FROM entries WHERE position > ? AND position <= ?"
        if types is not None:
            sql += f" AND type IN ({_marks(types)})"
            values += types
        return [Row._make(row) for row in self._rows(f"{sql} ORDER BY position LIMIT ?", (*values, limit))]

    def stream_page(self, stream: bytes, *, after: int, limit: int, until: int | None) -> list[Row]:
        """Entries of a stream with `after < position <= until`, at most `limit`."""
        values = (stream, after, _NO_END if until is None else until, limit)
        sql = (
            f"SELECT {_ENTRY} FROM entries WHERE stream = ? AND position > ? AND position <= ? ORDER BY version LIMIT ?"
        )
        return [Row._make(row) for row in self._rows(sql, values)]

    def stream_count(self, stream: bytes, until: int | None) -> int:
        """How many entries a stream has up to a position."""
        sql = "SELECT COUNT(*) FROM entries WHERE stream = ? AND position <= ?"
        ((count,),) = self._rows(sql, (stream, _NO_END if until is None else until))
        return int(count)

    def data_version(self) -> int:
        """A number, for this thread, that changes when another connection has committed."""
        ((version,),) = self._rows("PRAGMA data_version", ())
        return int(version)

    @contextmanager
    def write(self) -> Iterator[SQLiteWrite]:
        """The write lock. What is appended inside is durable when the block ends, or never was."""
        if self._read_only:
            raise Refused("LOG-002", path=self.path)
        try:
            with self.recorder.datastore.transaction(commit=True) as cursor:
                yield SQLiteWrite(self, cursor.sqlite_cursor)
            # From here the entries are durable.
        except IntegrityError as error:
            raise Conflict(str(error)) from error
        except PersistenceError as error:
            # The library wraps what SQLite said; its own errors (a pool that ran out) mean that we waited too long.
            cause = error.__cause__
            if isinstance(cause, sqlite3.Error):
                raise refusal(cause, self.path, busy_seconds=self.busy_seconds) from error
            raise Refused("LOG-001", seconds=self.busy_seconds) from error
        except sqlite3.Error as error:
            raise refusal(error, self.path, busy_seconds=self.busy_seconds) from error

    def close(self) -> None:
        """Let go of the file."""
        self.recorder.datastore.close()
        with self._opening:
            for db in self._readers:
                db.close()
            self._readers.clear()
            self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @override
    def _rows(self, sql: str, values: Iterable[object]) -> list[tuple[Any, ...]]:  # Any: what SQLite stores
        with refusals(self.path, busy_seconds=self.busy_seconds):
            return self._reader().execute(sql, tuple(values)).fetchall()

    def _reader(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            db = sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=self.busy_seconds, check_same_thread=False
            )
            with self._opening:
                self._readers.append(db)
            self._local.db = db
        return db


# --- writes -----------------------------------------------------------------------------------------------------------
class SQLiteWrite(_Reads):
    """One transaction under the write lock; its reads see what it has appended."""

    def __init__(self, log: SQLiteLog, cursor: sqlite3.Cursor) -> None:
        super().__init__(log.path, log.busy_seconds)
        self._cursor = cursor
        ((position,),) = self._rows("SELECT COALESCE(MAX(position), 0) FROM entries", ())
        self.head = int(position)

    def last(self) -> Row | None:
        """The newest entry."""
        return self.row(self.head)

    def streams(self, streams: Sequence[bytes]) -> list[Row]:
        """The entries of several streams, each stream's in order."""
        return [
            Row._make(row)
            for some in _parts(streams)
            for row in self._rows(
                f"SELECT {_ENTRY} FROM entries WHERE stream IN ({_marks(some)}) ORDER BY stream, version", some
            )
        ]

    def commands(self, command_ids: Sequence[bytes]) -> list[CommandRow]:
        """Those of several commands that have happened."""
        return [
            CommandRow._make(row)
            for some in _parts(command_ids)
            for row in self._rows(f"SELECT {_COMMAND} FROM commands WHERE id IN ({_marks(some)})", some)
        ]

    def append(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        """Insert entries at the next positions, and the commands that made them."""
        _insert(self._cursor, rows, head=self.head)
        self._cursor.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)
        self.head += len(rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is appended inside is undone when the block raises; what was appended before stays."""
        head = self.head
        self._cursor.execute("SAVEPOINT entries")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO entries")
            self.head = head
            raise
        finally:
            self._cursor.execute("RELEASE entries")

    @override
    def _rows(self, sql: str, values: Iterable[object]) -> list[tuple[Any, ...]]:  # Any: what SQLite stores
        return self._cursor.execute(sql, tuple(values)).fetchall()


def _insert(cursor: sqlite3.Cursor, rows: Sequence[Row], *, head: int) -> None:
    assert all(row.position == position for position, row in enumerate(rows, head + 1)), "positions have no gap"
    cursor.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)


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
    """Looks again after a short wait, so that no wake-up can be lost."""

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
                self._last_notification_id = notification.id
                return notification
            page = self._recorder.select_notifications(
                start=self._last_notification_id or 0, limit=500, topics=self._topics, inclusive_of_start=False
            )
            self._page = iter(page)
            if not page:
                self._stopping.wait(POLL_SECONDS)
        raise StopIteration


def _id_bytes(originator_id: UUID | str) -> bytes:
    return originator_id.bytes if isinstance(originator_id, UUID) else UUID(originator_id).bytes


class _Transaction(SQLiteTransaction):
    @override
    def __enter__(self) -> SQLiteCursor:
        # A deferred BEGIN takes the write lock at its first write: a head read before would be stale, and the write
        # would fail at once instead of waiting.
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class _Connection(SQLiteConnection):
    @override
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor, cursor:
            yield cursor


class _Pool(SQLiteConnectionPool):
    busy_seconds: float

    @override
    def _create_connection(self) -> SQLiteConnection:
        db = sqlite3.connect(
            self.db_name, uri=True, check_same_thread=False, isolation_level=None, timeout=self.busy_seconds
        )
        db.execute("PRAGMA synchronous = FULL")
        self.is_journal_mode_wal = True
        return _Connection(sqlite_conn=db, max_age=self.max_age)


class _Datastore(SQLiteDatastore):
    """The library's datastore with our connections."""

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        super().__init__(f"{path.absolute().as_uri()}?mode=rw", pool_timeout=busy_seconds)
        self.pool = _Pool(db_name=f"{path.absolute().as_uri()}?mode=rw", pool_timeout=busy_seconds)
        self.pool.busy_seconds = busy_seconds
