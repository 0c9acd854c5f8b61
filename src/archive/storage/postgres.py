"""The log in a PostgreSQL database: the same rows at the same positions as in a file, for writers on several machines.

Who writes locks the one row of `head`, so that positions are contiguous and in the order of commits. A few entries are
one statement, many are a binary COPY. Every write waits until its commit is on the server's disk. Reads go past the
library: one connection a thread, in a session that cannot write; a connection that was lost is made anew.

What is committed is told to all who wait by NOTIFY; who misses it, or listens at a standby, which tells nobody, asks again after
RELOOK_SECONDS. The library's own recorder for PostgreSQL is left aside: it locks the whole table, keeps a pool and its
threads, and a large insert through it can hang; its database functions lose events.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
)
from psycopg.pq import TransactionStatus
from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.storage import tables
from archive.storage.answers import answer, answers
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
)
from archive.storage.library import PollingSubscription, id_bytes, notification, stored_event
from archive.storage.sessions import READER, Connection, connect, conninfo, role_of, with_marks, writer_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import LiteralString
    from uuid import UUID

    from archive.storage.addresses import Address

R = TypeVar("R")
# How long a notification that was lost is missed, and how long it takes to notice that nobody waits any more.
RELOOK_SECONDS: Final = 1.0
STOP_SECONDS: Final = 0.05
# Entries and commands together: from here on a COPY takes less time than a statement with its values; measured.
COPY_ROWS: Final = 200
# A transaction that says nothing for so long is ended: its lock is needed.
IDLE_SECONDS: Final = 60
# Each statement sees what was committed before it began, so the newest entry is read after the lock is there.
# The first savepoint comes with it, for each round trip counts.
_LOCK: Final[LiteralString] = "BEGIN; SELECT position FROM head FOR UPDATE; SAVEPOINT entries_1"
_APPEND: Final[LiteralString] = """
WITH made AS (
    INSERT INTO entries SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bigint[], %b::text[], %b::bytea[])
)
INSERT INTO commands SELECT * FROM unnest(%b::bytea[], %b::bigint[], %b::bigint[], %b::bytea[])
"""
# A standby that has replayed what it received, from a primary that it is connected to, is not behind; of others the age of
# what was replayed last says how much may be missing. NULL: this is the primary.
_BEHIND: Final = """
SELECT CASE
    WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE EXTRACT(EPOCH FROM clock_timestamp() - COALESCE(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
END::float8
"""
_COPIES: Final[tuple[tuple[LiteralString, tuple[str, ...]], ...]] = (
    ("COPY entries FROM STDIN (FORMAT BINARY)", ("int8", "bytea", "int8", "text", "bytea")),
    ("COPY commands FROM STDIN (FORMAT BINARY)", ("bytea", "int8", "int8", "bytea")),
)


class PostgresLog(Storage):
    """The log in the schema that the address leads to."""

    def __init__(self, address: Address, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(read_only=read_only, busy_seconds=busy_seconds)
        self.address = self.place = address
        self._local = threading.local()
        self._writer: Connection | None = None
        self._listener: Connection | None = None
        self._listening = threading.Lock()
        # What this process committed last: as long as nobody else writes, the newest entry need not be asked for.
        self._newest: Row | None = None
        # A commit whose answer was lost may still be under way; as long as it is, it holds the lock.
        self._unsettled = False
        self._settings = writer_settings(busy_seconds=busy_seconds, idle_seconds=IDLE_SECONDS)
        self._check_format()
        self.recorder: ApplicationRecorder = PostgresLogRecorder(self)

    @classmethod
    def create(cls, address: Address, *, owner: Address | None = None, readers: tuple[str, ...] = ()) -> Self:
        """A new log without entries, made by the owner; the role of `address` may then append, and `readers` read."""
        with answers(address), psycopg.connect(conninfo(owner or address), autocommit=True) as db:
            if tables.format_of(db) is not None:
                raise Refused("LOG-015", path=address)
            try:
                tables.make(db, writers=() if owner is None else (role_of(address),), readers=readers)
            except (psycopg.errors.DuplicateTable, psycopg.errors.UniqueViolation):
                # Of two that make the same log at once, one is told that there is one.
                raise Refused("LOG-015", path=address) from None
        return cls(address)

    @override
    def data_version(self) -> int:
        # Nothing is ever taken back: there is a commit more exactly when there is an entry more.
        return self.head()

    @override
    def behind_seconds(self) -> float | None:
        ((seconds,),) = self._rows(_BEHIND)
        return None if seconds is None else max(0.0, float(seconds))

    @override
    def wait(self, stop: threading.Event) -> None:
        until = time.monotonic() + RELOOK_SECONDS
        # One thread listens; were there others, they would look again as often as they do without.
        if not self._listening.acquire(blocking=False):
            stop.wait(STOP_SECONDS)
            return
        try:
            while not stop.is_set() and time.monotonic() < until:
                db = self._listener = self._listener or self._listen()
                for _ in db.notifies(timeout=STOP_SECONDS, stop_after=1):
                    return
        except (psycopg.Error, ArchiveError):
            # A standby has nothing to tell, or the connection was lost: whoever waits looks again, and then listens anew.
            self._listener = None
            stop.wait(STOP_SECONDS)
        finally:
            self._listening.release()

    @override
    def command(self, command_id: bytes) -> CommandRow | None:
        if self._unsettled:
            # Its lock is given back when it has happened, or has not.
            with self.write() as write:
                return write.command(command_id)
        return super().command(command_id)

    @override
    @contextmanager
    def _transaction(self) -> Iterator[PostgresWrite]:
        db, head = self._lock()
        committing = False
        try:
            self._unsettled = False
            write = PostgresWrite(self, db, head=head, newest=self._newest)
            yield write
            # A transaction in which something failed is not committed, even if the failure was swallowed.
            write.end()
            committing = True
            with answers(self.address, busy_seconds=self.busy_seconds):
                # A transaction that has failed ends with ROLLBACK, and no error.
                assert db.execute("COMMIT").statusmessage == "COMMIT"
            # From here the entries are durable, whatever becomes of the caller.
            self._newest = write.newest
        except BaseException:
            if not self._roll_back(db):
                self._unsettled = committing
            raise

    def _lock(self) -> tuple[Connection, int]:
        """The writing connection inside a transaction that holds the lock, and the newest position."""
        again = True
        while True:
            db = self._writer = self._writer or self._connect(self._settings)
            try:
                return db, _locked(db)
            except psycopg.Error as error:
                # The server was started anew, or ended what was idle for long: nothing has been written yet.
                if not self._roll_back(db) and again:
                    again = False
                    continue
                raise answer(error, self.address, busy_seconds=self.busy_seconds) from error
            except BaseException:
                self._roll_back(db)
                raise

    def _roll_back(self, db: Connection) -> bool:
        """Whether the connection is as it was; if not it goes, with its transaction and its lock."""
        try:
            if db.info.transaction_status is not TransactionStatus.IDLE:
                db.execute("ROLLBACK")
        except psycopg.Error:
            self._writer = self._newest = None
            db.close()
            return False
        return True

    @override
    def _not_allowed(self) -> Refused:
        return Refused("LOG-013", path=self.address)

    @override
    def close(self) -> None:
        self._closed = True
        # Not closed but forgotten: each goes when nobody uses it.
        self._local = threading.local()
        self._listener = None
        self._writer = None

    @override
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        db: Connection | None = getattr(self._local, "db", None)
        try:
            if db is not None:
                try:
                    return list(map(make, _run(db, sql, values)))
                except psycopg.OperationalError:
                    if not db.is_lost:
                        raise
            db = self._local.db = self._connect(READER)
            return list(map(make, _run(db, sql, values)))
        except psycopg.Error as error:
            raise answer(error, self.address, busy_seconds=self.busy_seconds) from error

    def _listen(self) -> Connection:
        db = self._connect(READER)
        # Each log of a database has a channel of its own.
        ((entries,),) = db.execute("SELECT 'entries'::regclass::oid").fetchall()
        db.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(f"archive_{entries}")))
        return db

    def _connect(self, settings: str) -> Connection:
        assert not self._closed, "the log is closed"
        with answers(self.address, busy_seconds=self.busy_seconds):
            return connect(self.address, settings, name="log")

    def _check_format(self) -> None:
        db = self._local.db = self._connect(READER)
        with answers(self.address, busy_seconds=self.busy_seconds):
            found = tables.format_of(db)
            if found is None:
                raise Refused("LOG-006", path=self.address)
            if found > tables.FORMAT:
                raise Refused("LOG-004", path=self.address, found=found, known=tables.FORMAT)
            if not tables.is_whole(db):
                altered = Phrase("表或触发器被改动", "its tables were altered")
                raise Corrupt("LOG-005", path=self.address, reason=altered)
            if not self._read_only and not tables.may_write(db):
                raise self._not_allowed()


class PostgresWrite(StorageWrite):
    """One transaction that holds the lock."""

    ERROR = psycopg.Error

    def __init__(self, log: PostgresLog, db: Connection, *, head: int, newest: Row | None) -> None:
        super().__init__(head=head, busy_seconds=log.busy_seconds)
        self.newest = newest
        self._address = log.address
        self._db = db
        # How many savepoints are open, one in the other; whether the first stands where we are, and need not be made.
        self._marks = 0
        self._at_mark = True

    @override
    def last(self) -> Row | None:
        if self.newest is not None and self.newest.position == self.head:
            return self.newest
        return super().last()

    @override
    def _insert(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        self._at_mark = False
        if rows:
            self.newest = rows[-1]
        if len(rows) + len(commands) < COPY_ROWS:
            if rows or commands:
                columns = (*_columns(rows, Row), *_columns(commands, CommandRow))
                self._db.execute(_APPEND, columns)
            return
        with self._db.cursor() as cursor:
            for (statement, types), some in zip(_COPIES, (rows, commands), strict=True):
                if some:
                    with cursor.copy(statement) as copy:
                        copy.set_types(types)
                        for row in some:
                            copy.write_row(row)

    @override
    def _fetch(self, sql: str, values: Sequence[object], make: Callable[[Stored], R]) -> list[R]:
        with self._must_not_fail():
            return list(map(make, _run(self._db, sql, values)))

    @override
    def _mark(self) -> None:
        self._marks += 1
        if self._marks > 1:
            self._execute(f"SAVEPOINT entries_{self._marks}")
        elif not self._at_mark:
            self._execute("RELEASE entries_1; SAVEPOINT entries_1")
            self._at_mark = True

    @override
    def _forget_mark(self) -> None:
        if self._marks > 1:
            self._execute(f"RELEASE entries_{self._marks}")
        else:
            # The next one or the commit takes it along; what failed in it and was swallowed is raised now.
            with self._must_not_fail():
                pass
        self._marks -= 1

    @override
    def _return_to_mark(self) -> None:
        self._execute(f"ROLLBACK TO entries_{self._marks}")
        if self._marks > 1:
            self._execute(f"RELEASE entries_{self._marks}")
        else:
            self._at_mark = True
        self._marks -= 1

    @override
    def _run(self, sql: str) -> None:
        self._db.execute(sql.encode())

    @override
    def _in_transaction(self) -> bool:
        return self._db.in_transaction

    @override
    def _meaning(self, error: Exception) -> ArchiveError | Conflict:
        assert isinstance(error, psycopg.Error)
        return answer(error, self._address, busy_seconds=self.busy_seconds)


def _locked(db: psycopg.Connection) -> int:
    """Begin, wait for the lock, and say where the log stands."""
    cursor = db.execute(_LOCK)
    cursor.nextset()
    ((position,),) = cursor.fetchall()
    return int(position)


def _run(db: psycopg.Connection, sql: str, values: Sequence[object]) -> psycopg.Cursor[Stored]:
    return db.execute(with_marks(sql), values, binary=True)


def _columns(rows: Sequence[tuple[Any, ...]], kind: type[Any]) -> list[list[Any]]:  # Any: the columns of either table
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in kind._fields]


# --- the library's contract ---------------------------------------------------------------------------------------------
class PostgresLogRecorder(ApplicationRecorder):
    """The eventsourcing library's application recorder over the log; a notification id is a position."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log

    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int] | None:
        """Append the events in a transaction of their own."""
        with _librarys_errors(), self._log.write() as write:
            rows = [
                Row(position, id_bytes(event.originator_id), event.originator_version, event.topic, event.state)
                for position, event in enumerate(stored_events, write.head + 1)
            ]
            write.append(rows, ())
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
        sql = f"SELECT {ENTRY} FROM entries WHERE stream = ? AND version > ? AND version <= ? ORDER BY version {order} LIMIT ?"
        values = (
            id_bytes(originator_id),
            -1 if gt is None else gt,
            NO_END if lte is None else lte,
            NO_END if limit is None else limit,
        )
        with _librarys_errors():
            return self._log._fetch(sql, values, stored_event)  # noqa: SLF001 - one class in two halves

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
        with _librarys_errors():
            rows = self._log.read(after=first - 1, limit=limit, until=stop, types=topics or None)
        return [notification(row) for row in rows]

    @override
    def max_notification_id(self) -> int | None:
        """The newest position."""
        with _librarys_errors():
            return self._log.head() or None

    @override
    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """An iterator over stored events that goes on with what is appended later."""
        return PollingSubscription(self, gt=gt, topics=topics)


@contextmanager
def _librarys_errors() -> Iterator[None]:
    try:
        yield
    except Conflict as error:
        raise IntegrityError(error) from error
    except ArchiveError as error:
        raise OperationalError(error) from error
