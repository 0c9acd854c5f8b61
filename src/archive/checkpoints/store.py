"""The store of checkpoints: every note that was ever signed, in order, and the keys that signed.

Rules
- Nothing is changed and nothing removed; the database refuses a statement that tries.
- Sizes never shrink, and one size never has two roots: what would fork the log is not stored, whoever signed it.
- The size of the newest checkpoint is what is published: nothing above it is shown to the public.
- `signed_at` is the clock of who signed. It is no evidence: a checkpoint has no time, witnesses and time-stamps add it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from archive.domain.errors import Corrupt, Phrase
from archive.storage.beside import Rights, ServerTrigger, Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archive.storage.beside import Session

_IN_THE_WAY: Final = """EXISTS (SELECT 1 FROM checkpoints AS one WHERE one.number >= NEW.number OR one.size > NEW.size
             OR (one.size = NEW.size AND one.root <> NEW.root))"""
TABLES: Final = (
    """CREATE TABLE checkpoints (
    number    INTEGER PRIMARY KEY,      -- 1, 2, 3 …, in the order they were signed
    size      INTEGER NOT NULL,         -- how many entries it covers
    root      BLOB NOT NULL CHECK (length(root) = 32),
    note      BLOB NOT NULL,            -- the signed note, byte for byte
    signed_at TEXT NOT NULL,            -- UTC, to the millisecond, by the clock of who signed
    quorum    INTEGER                   -- 1: enough witnesses signed too; 0: too few; NULL: none were asked
) STRICT""",
    "CREATE INDEX checkpoints_size ON checkpoints (size)",
    """CREATE TABLE keys (
    vkey      TEXT PRIMARY KEY,         -- a verifier key of the log, as people print it
    from_size INTEGER NOT NULL          -- of the first checkpoint that it signs
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE retirements (
    vkey      TEXT PRIMARY KEY REFERENCES keys,
    from_size INTEGER NOT NULL          -- of the first checkpoint that it no longer signs
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE timestamps (
    number     INTEGER PRIMARY KEY REFERENCES checkpoints,
    token      BLOB NOT NULL,           -- the response of RFC 3161 over the note, DER, as it came
    stamped_at TEXT NOT NULL            -- UTC, the moment that it names
) STRICT""",
    f"""CREATE TRIGGER checkpoints_extend BEFORE INSERT ON checkpoints
WHEN {_IN_THE_WAY}
BEGIN SELECT RAISE(ABORT, 'a checkpoint extends the last one'); END""",
    *(
        f"""CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'append only'); END"""
        for table in ("checkpoints", "keys", "retirements", "timestamps")
        for verb in ("UPDATE", "DELETE")
    ),
)
# The same in PostgreSQL; 23000 is integrity_constraint_violation.
_EXTEND: Final = f"""
BEGIN
    IF {_IN_THE_WAY} THEN
        RAISE EXCEPTION 'a checkpoint extends the last one' USING ERRCODE = '23000';
    END IF;
    RETURN NEW;
END
"""
_COLUMNS: Final = "number, size, root, note, signed_at, quorum"


class Stored(NamedTuple):
    """A checkpoint as it was signed."""

    number: int
    size: int
    root: bytes
    note: bytes
    signed_at: str
    quorum: bool | None


class Timestamp(NamedTuple):
    """The response of a time-stamping authority (RFC 3161), DER, and the moment that it names, UTC."""

    token: bytes
    stamped_at: str


class KeyPeriod(NamedTuple):
    """A verifier key and the checkpoints it signs: of a size from `from_size` on and below `until_size`; None: still."""

    vkey: str
    from_size: int
    until_size: int | None


class Checkpoints(Store):
    """The checkpoints of one archive. Reads may come from many threads."""

    NAME: ClassVar[str] = "checkpoints"
    TABLES: ClassVar[tuple[str, ...]] = TABLES
    FORMAT: ClassVar[int] = 1
    APPLICATION_ID: ClassVar[int] = 0x41524350  # "ARCP"
    NOT_ONE: ClassVar[Phrase] = Phrase("不是检查点库", "it is not a store of checkpoints")
    RIGHTS: ClassVar[Mapping[str, Rights]] = dict.fromkeys(
        ("checkpoints", "keys", "retirements", "timestamps"),
        Rights("SELECT, INSERT", reader="SELECT", keeper="SELECT", grows=True),
    )
    RENAMED: ClassVar[Mapping[str, str]] = {"keys": "checkpoint_keys"}
    TRIGGERS: ClassVar[tuple[ServerTrigger, ...]] = (ServerTrigger("checkpoints", "checkpoints_extend", _EXTEND),)
    MARK: ClassVar[str] = "SELECT (SELECT max(number) FROM checkpoints), (SELECT max(number) FROM timestamps)"

    def last(self) -> Stored | None:
        """The newest checkpoint; None before the first."""
        return self._one("ORDER BY number DESC LIMIT 1", ())

    def published(self) -> int:
        """How many entries the public may see: the size of the newest checkpoint."""
        with self._reading() as db:
            row: tuple[int] | None = db.execute("SELECT size FROM checkpoints ORDER BY number DESC LIMIT 1").fetchone()
        return 0 if row is None else row[0]

    def covering(self, position: int) -> Stored | None:
        """The first checkpoint that covers a position; of position 0 the first of all."""
        return self._one("WHERE size >= ? ORDER BY size, number LIMIT 1", (position,))

    def newest_within(self, size: int) -> Stored | None:
        """The newest checkpoint of at most this size."""
        return self._one("WHERE size <= ? ORDER BY number DESC LIMIT 1", (size,))

    def newest_at(self, size: int) -> Stored | None:
        """The last checkpoint of exactly this size."""
        return self._one("WHERE size = ? ORDER BY number DESC LIMIT 1", (size,))

    def page(self, *, after: int, limit: int) -> list[Stored]:
        """Checkpoints in the order they were signed, from number `after + 1` on."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM checkpoints WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
            ).fetchall()
        return [_stored(row) for row in rows]

    def append(  # noqa: PLR0913 - the columns of a row
        self, *, size: int, root: bytes, note: bytes, signed_at: str, quorum: bool | None, keys: Sequence[str]
    ) -> Stored:
        """Add what was signed, by these verifier keys. `Corrupt` NTY-004: it does not go on from the last one.

        It is on disk when this returns. The same note twice is stored once.
        """
        with self._writing() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM checkpoints ORDER BY number DESC LIMIT 1").fetchone()
            last = None if row is None else _stored(row)
            if last is not None and (last.size > size or (last.size == size and last.root != root)):
                raise Corrupt("NTY-004", stored=last.size, promised=size)
            if last is not None and last.note == note:
                return last
            number = 1 if last is None else last.number + 1
            _keep_keys(db, keys, size=size)
            db.execute(
                f"INSERT INTO checkpoints ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
                (number, size, root, note, signed_at, None if quorum is None else int(quorum)),
            )
        return Stored(number, size, root, note, signed_at, quorum)

    def key_periods(self) -> list[KeyPeriod]:
        """Every key that signs or signed, the oldest first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT vkey, keys.from_size, retirements.from_size FROM keys LEFT JOIN retirements USING (vkey) "
                "ORDER BY keys.from_size, vkey"
            ).fetchall()
        return [KeyPeriod(*row) for row in rows]

    def add_timestamp(self, number: int, *, token: bytes, stamped_at: str) -> None:
        """Keep a time-stamp beside a checkpoint; the first one stays."""
        with self._writing() as db:
            db.execute("INSERT INTO timestamps VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (number, token, stamped_at))

    def timestamp_of(self, number: int) -> Timestamp | None:
        """The time-stamp of a checkpoint, by its number."""
        with self._reading() as db:
            row = db.execute("SELECT token, stamped_at FROM timestamps WHERE number = ?", (number,)).fetchone()
        return None if row is None else Timestamp(*row)

    def _one(self, which: str, values: tuple[object, ...]) -> Stored | None:
        with self._reading() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM checkpoints {which}", values).fetchone()
        return None if row is None else _stored(row)


def _keep_keys(db: Session, vkeys: Sequence[str], *, size: int) -> None:
    """Note which keys sign from this checkpoint on, and which no longer do."""
    db.executemany("INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING", [(vkey, size) for vkey in vkeys])
    known = {vkey for (vkey,) in db.execute("SELECT vkey FROM keys WHERE vkey NOT IN (SELECT vkey FROM retirements)")}
    db.executemany("INSERT INTO retirements VALUES (?, ?)", [(vkey, size) for vkey in known.difference(vkeys)])


def _stored(row: tuple[int, int, bytes, bytes, str, int | None]) -> Stored:
    number, size, root, note, signed_at, quorum = row
    return Stored(number, size, root, note, signed_at, None if quorum is None else bool(quorum))
