"""The store of openings: for each seal its salt and value, and from which position on the public may see them.

Beside the log, in a file of its own, because a row here may be erased. A writer commits openings before the entries
that name them; what a dead writer left behind names positions above the head and is swept by the next one.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.domain.seals import seal_bytes, seal_text
from archive.storage.refusals import refusal, refusals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

TABLES: Final = (
    """CREATE TABLE openings (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    position INTEGER NOT NULL,          -- the entry that first carried it
    salt     BLOB NOT NULL,
    value    BLOB NOT NULL,             -- canonical JSON of the text
    cleared  INTEGER                    -- the entry that made it public; NULL: nobody may see it
) STRICT""",
    "CREATE INDEX openings_position ON openings (position)",
    "CREATE INDEX openings_cleared ON openings (cleared) WHERE cleared IS NOT NULL",
)
FORMAT: Final = 1
APPLICATION_ID: Final = 0x41524F50  # "AROP"
FLUSH_OPENINGS: Final = 5_000
_CHUNK: Final = 500


class Opening(NamedTuple):
    """Salt and value behind a seal. The public may see it from position `cleared` on; None: nobody may."""

    seal: str
    salt: bytes
    value: bytes
    cleared: int | None


class Disclosures:
    """The openings of one archive. Reads may come from many threads."""

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
        """A new, empty store."""
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

    def get(self, seals: Collection[str]) -> dict[str, Opening]:
        """The openings of these seals, as far as there are any."""
        found = {}
        wanted = [seal_bytes(sealed) for sealed in seals]
        # Held by a name as long as it is read: see close.
        held = self._held()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                for raw, salt, value, cleared in held.db.execute(
                    f"SELECT seal, salt, value, cleared FROM openings WHERE seal IN ({marks})", chunk
                ):
                    sealed = seal_text(raw)
                    found[sealed] = Opening(sealed, salt, value, cleared)
        return found

    @contextmanager
    def write(self, *, head: int) -> Iterator[DisclosuresWrite]:
        """What is put and cleared inside happens at once when the block ends. `head`: that of the log, under its lock.

        What the block raises goes up as it is. A transaction in which something failed is not committed.
        """
        held = self._held()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            held.db.execute("BEGIN IMMEDIATE")
        try:
            write = DisclosuresWrite(held.db, self.path, busy_seconds=self._busy_seconds)
            write.sweep(head)
            yield write
            write.flush()
            with refusals(self.path, busy_seconds=self._busy_seconds):
                held.db.execute("COMMIT")
            # From here the openings are durable, and no entry names them until the log commits too.
        except BaseException:
            try:
                held.db.rollback()
            except sqlite3.Error:
                # It goes with its transaction; the next write connects anew.
                self._local = threading.local()
            raise

    def close(self) -> None:
        """Let go of the file. A read that is under way in another thread ends first."""
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_format(self) -> None:
        held = self._held()
        with refusals(self.path, busy_seconds=self._busy_seconds):
            (found,) = held.db.execute("PRAGMA user_version").fetchone()
            (application,) = held.db.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise Corrupt("LOG-005", path=self.path, reason=Phrase("不是披露库", "it is not a store of openings"))
        if found > FORMAT:
            raise Refused("LOG-004", path=self.path, found=found, known=FORMAT)

    def _held(self) -> _Held:
        """This thread's connection."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            with refusals(self.path, busy_seconds=self._busy_seconds):
                held = _Held(_connect(self.path, "ro" if self._read_only else "rw", self._busy_seconds))
                held.db.execute("PRAGMA synchronous = FULL")
                # An erased value must not stay in free pages.
                held.db.execute("PRAGMA secure_delete = ON")
            self._local.held = held
        return held


class _Held:
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


class DisclosuresWrite:
    """Puts and clears, gathered and written many at a time.

    After a failure nothing more can be done, until the savepoint that holds the failure is rolled back: SQLite may have
    ended the whole transaction, and each statement would commit by itself.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, *, busy_seconds: float) -> None:
        self._db = db
        self._path = path
        self._busy_seconds = busy_seconds
        self._failure: ArchiveError | None = None
        self._put: list[tuple[bytes, int, bytes, bytes, int | None]] = []
        self._cleared: list[tuple[int, bytes]] = []

    def put(self, sealed: str, *, position: int, salt: bytes, value: bytes, cleared: int | None) -> None:
        """Keep an opening; `cleared` is its entry's position when that entry makes it public."""
        self._put.append((seal_bytes(sealed), position, salt, value, cleared))
        if len(self._put) >= FLUSH_OPENINGS:
            self.flush()

    def clear(self, sealed: str, *, position: int) -> None:
        """Let the public see the opening from this position on; a seal without opening is a decoy or erased."""
        self._cleared.append((position, seal_bytes(sealed)))

    def value(self, sealed: str) -> bytes | None:
        """The value behind a seal; None when it was a decoy or has been erased."""
        self.flush()
        with self._must_not_fail():
            row = self._db.execute("SELECT value FROM openings WHERE seal = ?", (seal_bytes(sealed),)).fetchone()
        return None if row is None else row[0]

    def flush(self) -> None:
        """Write what was gathered."""
        with self._must_not_fail():
            if self._put:
                self._db.executemany(
                    "INSERT INTO openings (seal, position, salt, value, cleared) VALUES (?, ?, ?, ?, ?)", self._put
                )
            if self._cleared:
                self._db.executemany(
                    "UPDATE openings SET cleared = ? WHERE seal = ? AND cleared IS NULL", self._cleared
                )
        self._put = []
        self._cleared = []

    def sweep(self, head: int) -> None:
        """Undo what a writer left who died between our commit and the log's: rows about entries that never were."""
        with self._must_not_fail():
            self._db.execute("DELETE FROM openings WHERE position > ?", (head,))
            self._db.execute("UPDATE openings SET cleared = NULL WHERE cleared > ?", (head,))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is put inside is undone when the block raises."""
        self.flush()
        self._execute("SAVEPOINT openings")
        try:
            yield
            self.flush()
            self._execute("RELEASE openings")
        except BaseException:
            self._put = []
            self._cleared = []
            # A full disk may have ended the transaction, and the savepoint with it.
            if self._db.in_transaction:
                self._failure = None
                self._execute("ROLLBACK TO openings")
                self._execute("RELEASE openings")
            raise

    def _execute(self, sql: str) -> None:
        with self._must_not_fail():
            self._db.execute(sql)

    @contextmanager
    def _must_not_fail(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except sqlite3.Error as error:
            self._failure = refusal(error, self._path, busy_seconds=self._busy_seconds)
            raise self._failure from error
