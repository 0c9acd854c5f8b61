"""The store of openings: for each seal that was cleared its salt and value, and since which entry it is public.

Beside the log, in a file or in tables of its own, because a row here may be erased. What is not cleared is in the vault. A writer
commits openings before the entries that clear them; what a dead writer left behind names positions above the head and is
swept by the next one.

An erasure leaves a tombstone for each seal. It is written with the entry that erases; the opening is destroyed once that
entry is durable, and until all of it is destroyed everywhere the erasure stands in `erasures`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from archive.domain.errors import Phrase
from archive.domain.seals import seal_bytes, seal_text
from archive.storage.beside import Rights, Store, StoreWrite
from archive.storage.contract import marks

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping
    from pathlib import Path

    from archive.storage.addresses import Address
    from archive.storage.beside import Session

TABLES: Final = (
    """CREATE TABLE openings (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    position INTEGER NOT NULL,          -- the entry that first carried it
    salt     BLOB NOT NULL,
    value    BLOB NOT NULL,             -- canonical JSON of the text
    cleared  INTEGER NOT NULL           -- the entry that made it public
) STRICT""",
    "CREATE INDEX openings_position ON openings (position)",
    "CREATE INDEX openings_cleared ON openings (cleared)",
    """CREATE TABLE tombstones (
    seal     BLOB PRIMARY KEY,
    position INTEGER NOT NULL           -- the entry that erased it
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX tombstones_position ON tombstones (position)",
    """CREATE TABLE erasures (
    position INTEGER PRIMARY KEY        -- an entry that erased, whose texts are not yet destroyed everywhere
) STRICT""",
)
FLUSH_OPENINGS: Final = 5_000
_CHUNK: Final = 500


class Opening(NamedTuple):
    """Salt and value behind a seal. The public may see it from position `cleared` on."""

    seal: str
    salt: bytes
    value: bytes
    cleared: int


class Disclosures(Store):
    """The openings of one archive. Reads may come from many threads."""

    NAME: ClassVar[str] = "disclosures"
    TABLES: ClassVar[tuple[str, ...]] = TABLES
    FORMAT: ClassVar[int] = 2
    APPLICATION_ID: ClassVar[int] = 0x41524F50  # "AROP"
    NOT_ONE: ClassVar[Phrase] = Phrase("不是披露库", "it is not a store of openings")
    RIGHTS: ClassVar[Mapping[str, Rights]] = {
        "openings": Rights("SELECT, INSERT, DELETE", reader="SELECT", keeper="SELECT", erased=("salt", "value")),
        "tombstones": Rights("SELECT, INSERT, DELETE", reader="SELECT", keeper="SELECT"),
        "erasures": Rights("SELECT, INSERT, DELETE", reader="SELECT", keeper="SELECT"),
    }
    # While something is being destroyed no two are alike: what was read before it began may be gone at any moment.
    MARK: ClassVar[str] = (
        "SELECT (SELECT max(position) FROM tombstones), (SELECT clock_timestamp() WHERE EXISTS (SELECT 1 FROM erasures))"
    )

    def get(self, seals: Collection[str]) -> dict[str, Opening]:
        """The openings of these seals, as far as there are any."""
        found = {}
        named = {seal_bytes(sealed): sealed for sealed in seals}
        wanted = list(named)
        with self._reading() as db:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                for raw, *opening in db.execute(
                    f"SELECT seal, salt, value, cleared FROM openings WHERE seal IN ({marks(chunk)})", chunk
                ):
                    sealed = named[raw]
                    found[sealed] = Opening(sealed, *opening)
        return found

    def tombstones(self, seals: Collection[str]) -> dict[str, int]:
        """Which of these seals were erased, and by which entry; one above the head has not happened."""
        found = {}
        wanted = [seal_bytes(sealed) for sealed in seals]
        with self._reading() as db:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                for raw, position in db.execute(
                    f"SELECT seal, position FROM tombstones WHERE seal IN ({marks(chunk)})", chunk
                ):
                    found[seal_text(raw)] = position
        return found

    def between(self, first: int, last: int) -> list[tuple[int, Opening]]:
        """The openings of seals that the entries `first … last` were the first to carry, each with that position."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT position, seal, salt, value, cleared FROM openings WHERE position BETWEEN ? AND ?",
                (first, last),
            ).fetchall()
        return [(position, Opening(seal_text(raw), *rest)) for position, raw, *rest in rows]

    def cleared_between(self, first: int, last: int) -> dict[str, int]:
        """The seals that the entries `first … last` made public, as this store has it, each with that position."""
        with self._reading() as db:
            rows = db.execute("SELECT seal, cleared FROM openings WHERE cleared BETWEEN ? AND ?", (first, last))
            return {seal_text(raw): position for raw, position in rows}

    def tombstones_between(self, first: int, last: int) -> dict[str, int]:
        """The seals that the entries `first … last` erased, as this store has it, each with that position."""
        with self._reading() as db:
            rows = db.execute("SELECT seal, position FROM tombstones WHERE position BETWEEN ? AND ?", (first, last))
            return {seal_text(raw): position for raw, position in rows}

    def unfinished(self, *, head: int) -> list[int]:
        """The entries up to the head that erased what is not yet destroyed everywhere."""
        with self._reading() as db:
            rows = db.execute("SELECT position FROM erasures WHERE position <= ? ORDER BY position", (head,)).fetchall()
        return [position for (position,) in rows]

    def erased(self) -> Hashable:
        """While this stays the same nothing is erased; while something is being destroyed it is never the same."""
        with self._reading() as db:
            ((newest, unfinished),) = db.execute(
                "SELECT (SELECT max(position) FROM tombstones), (SELECT count(*) FROM erasures)"
            ).fetchall()
        return object() if unfinished else newest

    def erased_by(self, positions: Collection[int]) -> list[str]:
        """The seals that these entries erased."""
        with self._reading() as db:
            return [
                seal_text(raw)
                for position in positions
                for (raw,) in db.execute("SELECT seal FROM tombstones WHERE position = ?", (position,))
            ]

    def destroy(self, seals: Collection[str]) -> None:
        """Destroy salt and value behind these seals; `shrink` then leaves no byte of them."""
        with self._writing() as db:
            db.executemany("DELETE FROM openings WHERE seal = ?", [(seal_bytes(sealed),) for sealed in seals])

    def finished(self, positions: Collection[int]) -> None:
        """What these entries erased is destroyed everywhere."""
        with self._writing() as db:
            db.executemany("DELETE FROM erasures WHERE position = ?", [(position,) for position in positions])

    @contextmanager
    def write(self, *, head: int) -> Iterator[DisclosuresWrite]:
        """What is put and erased inside happens at once when the block ends. `head`: that of the log, under its lock.

        What the block raises goes up as it is. A transaction in which something failed is not committed.
        """
        session = self._session()
        with session.errors():
            session.begin(followed=True)
        try:
            write = DisclosuresWrite(session, self.place)
            write.sweep(head)
            yield write
            write.flush()
            with session.errors():
                session.commit()
            # From here the openings are as durable as what commits next, and no entry names them until the log does.
        except BaseException:
            self._roll_back(session)
            raise


class DisclosuresWrite(StoreWrite):
    """Puts, gathered and written many at a time, and tombstones."""

    def __init__(self, session: Session, place: Path | Address) -> None:
        super().__init__(session, place)
        self._put: list[tuple[bytes, int, bytes, bytes, int]] = []

    def put(self, opening: Opening, *, position: int) -> None:
        """Keep the opening of a seal that the entry at `position` was the first to carry."""
        sealed, salt, value, cleared = opening
        self._put.append((seal_bytes(sealed), position, salt, value, cleared))
        if len(self._put) >= FLUSH_OPENINGS:
            self.flush()

    def value(self, sealed: str) -> bytes | None:
        """The value behind a seal; None when it is not cleared, was a decoy or has been destroyed."""
        self.flush()
        row = self._row("SELECT value FROM openings WHERE seal = ?", (seal_bytes(sealed),))
        return None if row is None else row[0]  # type: ignore[return-value] # the column is of one type

    def erased_at(self, sealed: str) -> int | None:
        """The entry that erased what was behind a seal."""
        row = self._row("SELECT position FROM tombstones WHERE seal = ?", (seal_bytes(sealed),))
        return None if row is None else row[0]  # type: ignore[return-value] # see above

    def erase(self, seals: Collection[str], *, position: int) -> None:
        """Note that the entry at `position` erases these; they are destroyed when it is durable."""
        with self._must_not_fail():
            self._db.executemany(
                "INSERT INTO tombstones (seal, position) VALUES (?, ?)", [(seal_bytes(one), position) for one in seals]
            )
            self._db.execute("INSERT INTO erasures (position) VALUES (?)", (position,))

    def flush(self) -> None:
        """Write what was gathered."""
        with self._must_not_fail():
            if self._put:
                self._db.executemany(
                    "INSERT INTO openings (seal, position, salt, value, cleared) VALUES (?, ?, ?, ?, ?)", self._put
                )
        self._put = []

    def sweep(self, head: int) -> None:
        """Undo what a writer left who died between our commit and the log's.

        Those that he wanted to clear are still in the vault: there, what he moved is not moved any more.
        """
        above = (
            ("openings", "position"),
            ("openings", "cleared"),
            ("tombstones", "position"),
            ("erasures", "position"),
        )
        left = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {column} > ?)" for table, column in above)
        found = self._row(f"SELECT {left}", [head] * len(above))
        assert found is not None
        if found[0]:
            for table, column in above:
                self._execute(f"DELETE FROM {table} WHERE {column} > ?", (head,))

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
            # A full disk may have ended the transaction, and the savepoint with it.
            if self._db.in_transaction:
                self._failure = None
                self._execute("ROLLBACK TO openings")
                self._execute("RELEASE openings")
            raise
