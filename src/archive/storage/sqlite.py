"""The log in one SQLite file.

A recorder of the eventsourcing library whose positions are ours: an INTEGER PRIMARY KEY, contiguous, assigned under the
write lock. WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`; triggers refuse UPDATE, DELETE and a position out of turn.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from archive.domain.errors import Corrupt, Refused
from archive.storage.refusals import refusals

FORMAT: Final = 1
APPLICATION_ID: Final = 0x41524C47  # "ARLG"
TABLES: Final = (
    """CREATE TABLE entries (
    position INTEGER PRIMARY KEY,
    stream   BLOB NOT NULL,
    version  INTEGER NOT NULL,
    type     TEXT NOT NULL,
    entry    BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT""",
    """CREATE TABLE commands (
    id             BLOB PRIMARY KEY,
    first_position INTEGER NOT NULL,
    entries        INTEGER NOT NULL,
    digest         BLOB NOT NULL
) STRICT, WITHOUT ROWID""",
    "CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries never change'); END",
    "CREATE TRIGGER entries_never_go BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries never go'); END",
    "CREATE TRIGGER commands_never_change BEFORE UPDATE ON commands BEGIN SELECT RAISE(ABORT, 'commands never change'); END",
    "CREATE TRIGGER commands_never_go BEFORE DELETE ON commands BEGIN SELECT RAISE(ABORT, 'commands never go'); END",
)
_CHUNK: Final = 500
_COLUMNS: Final = "position, stream, version, type, entry"


class Row(NamedTuple):
    position: int
    stream: bytes
    version: int
    type: str
    entry: bytes


class CommandRow(NamedTuple):
    id: bytes
    first_position: int
    entries: int
    digest: bytes


class Conflict(Exception):
    pass


class _Reads:
    path: Path
    _busy_seconds: float

    def _db(self) -> sqlite3.Connection:
        raise AssertionError

    def head(self) -> int:
        with refusals(self.path, busy_seconds=self._busy_seconds):
            (position,) = self._db().execute("SELECT COALESCE(MAX(position), 0) FROM entries").fetchone()
        return position

    def row(self, position: int) -> Row | None:
        with refusals(self.path, busy_seconds=self._busy_seconds):
            found = self._db().execute(f"SELECT {_COLUMNS} FROM entries WHERE position = ?", (position,)).fetchone()
        return None if found is None else Row._make(found)

    def stream(self, stream: bytes, *, until: int | None = None) -> list[Row]:
        with refusals(self.path, busy_seconds=self._busy_seconds):
            rows = self._db().execute(
                f"SELECT {_COLUMNS} FROM entries WHERE stream = ? AND position <= ? ORDER BY version",
                (stream, 2**63 - 1 if until is None else until),
            )
            return [Row._make(row) for row in rows]

    def command(self, command_id: bytes) -> CommandRow | None:
        with refusals(self.path, busy_seconds=self._busy_seconds):
            found = self._db().execute(
                "SELECT id, first_position, entries, digest FROM commands WHERE id = ?", (command_id,)
            ).fetchone()
        return None if found is None else CommandRow._make(found)


class SQLiteLog(_Reads):
    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = 5.0) -> None:
        if not path.exists():
            raise Refused("LOG-006", path=path)
        self.path = path
        self._read_only = read_only
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        with refusals(path):
            (found,) = self._db().execute("PRAGMA user_version").fetchone()
            (application,) = self._db().execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise Corrupt("LOG-005", path=path, reason="it is not a log")
        if found > FORMAT:
            raise Refused("LOG-004", path=path, found=found, known=FORMAT)

    @classmethod
    def create(cls, path: Path) -> Self:
        if path.exists():
            raise Refused("LOG-010", path=path)
        with refusals(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            for statement in TABLES:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("COMMIT")
        return cls(path)

    def _db(self) -> sqlite3.Connection:
        db = getattr(self._local, "db", None)
        if db is None:
            with refusals(self.path):
                db = sqlite3.connect(
                    f"{self.path.absolute().as_uri()}?mode={'ro' if self._read_only else 'rw'}",
                    uri=True, isolation_level=None, timeout=self._busy_seconds, check_same_thread=False,
                )
                db.execute("PRAGMA synchronous = FULL")
            self._local.db = db
        return db

    def read(self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None) -> list[Row]:
        sql = f"SELECT {_COLUMNS} FROM entries WHERE position > ? AND position <= ?"
        values: list[object] = [after, 2**63 - 1 if until is None else until]
        if types is not None:
            sql += f" AND type IN ({','.join('?' * len(types))})"
            values += types
        with refusals(self.path, busy_seconds=self._busy_seconds):
            return [Row._make(row) for row in self._db().execute(sql + " ORDER BY position LIMIT ?", (*values, limit))]

    def stream_page(self, stream: bytes, *, after: int, limit: int, until: int | None) -> list[Row]:
        return [row for row in self.stream(stream, until=until) if row.position > after][:limit]

    def stream_count(self, stream: bytes, until: int | None) -> int:
        return len(self.stream(stream, until=until))

    def data_version(self) -> int:
        return self._db().execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def write(self) -> Iterator[SQLiteWrite]:
        db = self._db()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield SQLiteWrite(self, db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        db = getattr(self._local, "db", None)
        if db is not None:
            db.close()
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SQLiteWrite(_Reads):
    def __init__(self, log: SQLiteLog, db: sqlite3.Connection) -> None:
        self.path = log.path
        self._busy_seconds = log._busy_seconds
        self._connection = db
        self.head = _Reads.head(self)

    def _db(self) -> sqlite3.Connection:
        return self._connection

    def last(self) -> Row | None:
        return self.row(self.head)

    def streams(self, ids: Sequence[bytes]) -> list[Row]:
        rows = []
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            rows += self._db().execute(
                f"SELECT {_COLUMNS} FROM entries WHERE stream IN ({','.join('?' * len(chunk))}) ORDER BY stream, version", chunk
            ).fetchall()
        return [Row._make(row) for row in rows]

    def commands(self, ids: Sequence[bytes]) -> list[CommandRow]:
        rows = []
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            rows += self._db().execute(
                f"SELECT id, first_position, entries, digest FROM commands WHERE id IN ({','.join('?' * len(chunk))})", chunk
            ).fetchall()
        return [CommandRow._make(row) for row in rows]

    def append(self, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
        assert all(row.position == position for position, row in enumerate(rows, self.head + 1))
        with refusals(self.path):
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)
        self.head += len(rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        before = self.head
        self._connection.execute("SAVEPOINT entries")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO entries")
            self.head = before
            raise
        finally:
            self._connection.execute("RELEASE entries")
