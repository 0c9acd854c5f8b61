"""A file beside the log whose rows may be erased: openings, the vault. A connection for each thread, pages overwritten."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, Self

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.storage.refusals import refusal, refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PAUSE_SECONDS: Final = 0.01


class StoreFile:
    """One SQLite file in WAL mode that says what it is. Reads may come from many threads."""

    TABLES: ClassVar[tuple[str, ...]]
    FORMAT: ClassVar[int]
    APPLICATION_ID: ClassVar[int]
    # What such a file is, where another one is found in its place.
    NOT_ONE: ClassVar[Phrase]
    # Who may open it; its WAL is made with the same mode.
    MODE: ClassVar[int] = 0o644

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = 5.0) -> None:
        if not path.exists():
            raise Refused("LOG-006", path=path)
        self.path = path
        self._read_only = read_only
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        try:
            self._check_format()
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new, empty file."""
        if path.exists():
            raise Refused("LOG-010", path=path)
        try:
            path.touch(mode=cls.MODE, exist_ok=False)
        except OSError:
            raise Refused("LOG-002", path=path) from None
        with refusals(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            for statement in cls.TABLES:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {cls.FORMAT}")
            db.execute(f"PRAGMA application_id = {cls.APPLICATION_ID}")
            db.execute("COMMIT")
        return cls(path)

    def shrink(self) -> None:
        """Write the file anew without what was deleted, and empty its WAL: no byte of it is left in either.

        `secure_delete` alone leaves what was copied from page to page before. ERA-005: somebody reads just now.
        """
        held = self._held()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            held.db.execute("VACUUM")
            deadline = time.monotonic() + self._busy_seconds
            while held.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() >= deadline:
                    raise Refused("ERA-005", path=self.path)
                time.sleep(_PAUSE_SECONDS)

    def close(self) -> None:
        """Let go of the file. A read that is under way in another thread ends first."""
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection; what SQLite raises about the file becomes an error of ours."""
        # Held by a name as long as it is read: see close.
        held = self._held()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            yield held.db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction of its own, for what needs no lock on the log."""
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                self._roll_back(db)
                raise

    def _roll_back(self, db: sqlite3.Connection) -> None:
        try:
            db.rollback()
        except sqlite3.Error:
            # It goes with its transaction; the next write connects anew.
            self._local = threading.local()

    def _check_format(self) -> None:
        with self._reading() as db:
            (found,) = db.execute("PRAGMA user_version").fetchone()
            (application,) = db.execute("PRAGMA application_id").fetchone()
        if application != self.APPLICATION_ID:
            raise Corrupt("LOG-005", path=self.path, reason=self.NOT_ONE)
        if found > self.FORMAT:
            raise Refused("LOG-004", path=self.path, found=found, known=self.FORMAT)
        if found < self.FORMAT:
            raise Refused("LOG-012", path=self.path, found=found, known=self.FORMAT)

    def _held(self) -> Held:
        """This thread's connection."""
        held: Held | None = getattr(self._local, "held", None)
        if held is None:
            with refusals(self.path, busy_seconds=self._busy_seconds):
                held = Held(_connect(self.path, "ro" if self._read_only else "rw", self._busy_seconds))
                held.db.execute("PRAGMA synchronous = FULL")
                # An erased value must not stay in free pages.
                held.db.execute("PRAGMA secure_delete = ON")
            self._local.held = held
        return held


class Held:
    """A connection that is closed when nobody holds it any more: its thread has ended, or the store was closed."""

    __slots__ = ("db",)

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        # Left to itself, a connection waits for the garbage collector, and its file stays open.
        self.db.close()


def _connect(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    # A thread's connection may be let go of by another one, but is never used by two.
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=busy_seconds, check_same_thread=False)


class StoreWrite:
    """Statements inside one transaction of a store.

    After a failure nothing more can be done, until the savepoint that holds the failure is rolled back: SQLite may have
    ended the whole transaction, and each statement would commit by itself.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, *, busy_seconds: float) -> None:
        self._db = db
        self._path = path
        self._busy_seconds = busy_seconds
        self._failure: ArchiveError | None = None

    def _execute(self, sql: str, values: Sequence[object] = ()) -> None:
        with self._must_not_fail():
            self._db.execute(sql, values)

    def _row(self, sql: str, values: Sequence[object]) -> tuple[object, ...] | None:
        with self._must_not_fail():
            row: tuple[object, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    @contextmanager
    def _must_not_fail(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except sqlite3.Error as error:
            self._failure = refusal(error, self._path, busy_seconds=self._busy_seconds)
            raise self._failure from error
