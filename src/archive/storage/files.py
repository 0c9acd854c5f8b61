"""A store beside the log in a SQLite file of its own, in WAL mode, that says what it is; its pages are overwritten."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.storage.beside import Keeping, Rows, Session
from archive.storage.refusals import refusal, refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from archive.storage.beside import Store

_PAUSE_SECONDS: Final = 0.01
# The version that a connection knows of its file means nothing to another one.
_CONNECTIONS: Final = count()


def create(store: type[Store], path: Path) -> None:
    """A new, empty file."""
    if path.exists():
        raise Refused("LOG-010", path=path)
    try:
        path.touch(mode=store.MODE, exist_ok=False)
    except OSError:
        raise Refused("LOG-002", path=path) from None
    with refusals(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        for statement in store.TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {store.FORMAT}")
        db.execute(f"PRAGMA application_id = {store.APPLICATION_ID}")
        db.execute("COMMIT")


class FileSession(Session):
    """A connection that is closed when nobody holds it any more: its thread has ended, or the store was closed."""

    ERROR = sqlite3.Error

    def __init__(self, db: sqlite3.Connection, path: Path, *, busy_seconds: float) -> None:
        self.db = db
        self._path = path
        self._busy_seconds = busy_seconds
        self._number = next(_CONNECTIONS)

    def __del__(self) -> None:
        # Left to itself, a connection waits for the garbage collector, and its file stays open.
        self.db.close()

    @property
    @override
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    @override
    def execute(self, sql: str, values: Sequence[object] = ()) -> Rows:
        return self.db.execute(sql, values)

    @override
    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self.db.executemany(sql, rows)

    @override
    def mark(self, statement: str) -> tuple[int, int]:
        (version,) = self.db.execute("PRAGMA data_version").fetchone()
        return self._number, version

    @override
    def begin(self, *, followed: bool) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    @override
    def commit(self) -> None:
        self.db.execute("COMMIT")

    @override
    def roll_back(self) -> None:
        self.db.rollback()

    @override
    def meaning(self, error: Exception) -> ArchiveError:
        assert isinstance(error, sqlite3.Error)
        return refusal(error, self._path, busy_seconds=self._busy_seconds)


class InFile(Keeping):
    """The file at a path."""

    def __init__(self, store: type[Store], path: Path, *, read_only: bool, busy_seconds: float) -> None:
        if not path.exists():
            raise Refused("LOG-006", path=path)
        self._store = store
        self._path = path
        self._mode = "ro" if read_only else "rw"
        self._busy_seconds = busy_seconds

    @override
    def connect(self) -> FileSession:
        with refusals(self._path, busy_seconds=self._busy_seconds):
            address = f"{self._path.absolute().as_uri()}?mode={self._mode}"
            # A thread's connection may be let go of by another one, but is never used by two.
            db = sqlite3.connect(
                address, uri=True, isolation_level=None, timeout=self._busy_seconds, check_same_thread=False
            )
            session = FileSession(db, self._path, busy_seconds=self._busy_seconds)
            db.execute("PRAGMA synchronous = FULL")
            # An erased value must not stay in free pages.
            db.execute("PRAGMA secure_delete = ON")
        return session

    @override
    def check_format(self, session: Session) -> None:
        with session.errors():
            (found,) = session.execute("PRAGMA user_version").fetchone()
            (application,) = session.execute("PRAGMA application_id").fetchone()
        store = self._store
        if application != store.APPLICATION_ID:
            raise Corrupt("LOG-005", path=self._path, reason=store.NOT_ONE)
        if found > store.FORMAT:
            raise Refused("LOG-004", path=self._path, found=found, known=store.FORMAT)
        if found < store.FORMAT:
            raise Refused("LOG-012", path=self._path, found=found, known=store.FORMAT)

    @override
    def shrink(self, session: Session) -> None:
        # `secure_delete` alone leaves what was copied from page to page before.
        session.execute("VACUUM")
        deadline = time.monotonic() + self._busy_seconds
        while session.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() >= deadline:
                raise Refused("ERA-005", path=self._path)
            time.sleep(_PAUSE_SECONDS)
