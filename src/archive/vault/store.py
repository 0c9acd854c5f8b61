"""The vault: salt and value of every seal that is not cleared. Persons stay here; a text waits until an entry clears it.

Beside the log, in a file or in tables of its own. Values are encrypted with AES-256-GCM under a key for each subject, a stream; keys
stand in a table of their own, so that a backup can leave them out. A copied row opens nowhere else: stream, field and
seal are bound to it.

Rules
- A writer commits the vault, then the openings, then the log. What names a position above the head was left by a writer
  who died: the next one sweeps it.
- A text that an entry clears is marked as moved, and goes when that entry is known to be durable.
- What is cleared in the transaction in which it is made is never written here.
- Whoever reads a value is recorded, durably, before he gets it.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.domain.seals import SALT_BYTES, seal_bytes, seal_text
from archive.storage.beside import Rights, Store, StoreWrite
from archive.storage.contract import BUSY_SECONDS, NO_END, marks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from archive.storage.addresses import Address
    from archive.storage.beside import Session

TABLES: Final = (
    """CREATE TABLE sealed (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    stream   TEXT NOT NULL,             -- the subject
    field    TEXT NOT NULL,             -- the class of text
    position INTEGER NOT NULL,          -- the entry that first carried the seal
    nonce    BLOB NOT NULL,
    value    BLOB NOT NULL,             -- AES-256-GCM of salt and value; bound to stream, field and seal
    moved    INTEGER                    -- the entry that cleared it: the opening is public, and this row goes
) STRICT""",
    "CREATE INDEX sealed_stream ON sealed (stream, field)",
    "CREATE INDEX sealed_position ON sealed (position)",
    "CREATE INDEX sealed_moved ON sealed (moved) WHERE moved IS NOT NULL",
    """CREATE TABLE keys (
    stream TEXT PRIMARY KEY,
    key    BLOB NOT NULL                -- 32 random bytes
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE reads (
    number  INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,              -- UTC
    by      TEXT NOT NULL,              -- the office that read
    account TEXT NOT NULL,              -- the account of the operating system
    reason  TEXT NOT NULL,              -- why
    stream  TEXT NOT NULL,
    field   TEXT NOT NULL,
    found   INTEGER NOT NULL            -- how many values were given out
) STRICT""",
)
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
# What waits in memory for an entry that clears it, before it is written although one may come.
WAITING: Final = 10_000
_KEYS_KEPT: Final = 10_000
_CHUNK: Final = 500


class Kept(NamedTuple):
    """Salt and value that the vault holds for a seal: of which stream and field, and since which entry."""

    seal: str
    stream: str
    field: str
    position: int
    salt: bytes
    value: bytes


class ReadRow(NamedTuple):
    """Who read what, when and why."""

    number: int
    at: str
    by: str
    account: str
    reason: str
    stream: str
    field: str
    found: int


class Vault(Store):
    """The vault of one archive. `noise` gives random bytes for keys and nonces."""

    NAME: ClassVar[str] = "vault"
    TABLES: ClassVar[tuple[str, ...]] = TABLES
    FORMAT: ClassVar[int] = 1
    APPLICATION_ID: ClassVar[int] = 0x4152564C  # "ARVL"
    NOT_ONE: ClassVar[Phrase] = Phrase("不是保密库", "it is not a vault")
    MODE: ClassVar[int] = 0o600
    RIGHTS: ClassVar[Mapping[str, Rights]] = {
        "sealed": Rights("SELECT, INSERT, UPDATE, DELETE", keeper="SELECT", erased=("nonce", "value")),
        "keys": Rights("SELECT, INSERT, DELETE", keeper="SELECT", erased=("key",)),
        "reads": Rights("SELECT, INSERT", keeper="SELECT, INSERT", grows=True),
    }
    RENAMED: ClassVar[Mapping[str, str]] = {"keys": "vault_keys", "reads": "vault_reads"}

    def __init__(
        self,
        place: Path | Address,
        *,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
        noise: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__(place, read_only=read_only, busy_seconds=busy_seconds)
        self._noise = noise

    def read(  # noqa: PLR0913 - who reads what, when and why
        self, stream: str, field: str, *, at: str, by: str, account: str, reason: str
    ) -> list[Kept]:
        """The values of one field of a stream, oldest first. The read is on disk before anything is given out."""
        with self._writing() as db:
            # Whoever asks in vain is recorded too: he looked for a person.
            kept = _kept_where(db, self.place, "stream = ? AND field = ?", (stream, field))
            db.execute(
                "INSERT INTO reads (number, at, by, account, reason, stream, field, found)"
                " SELECT COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM reads",
                (at, by, account, reason, stream, field, len(kept)),
            )
        # From here the read is durable.
        if not kept:
            raise Refused("VLT-001", stream=stream, field=field)
        return kept

    def holds(self, seals: Collection[str]) -> set[str]:
        """Which of these seals have a value here. No value is read, so nobody is recorded."""
        wanted = [seal_bytes(sealed) for sealed in seals]
        found: set[str] = set()
        with self._reading() as db:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                rows = db.execute(f"SELECT seal FROM sealed WHERE seal IN ({marks(chunk)})", chunk)
                found |= {seal_text(raw) for (raw,) in rows}
        return found

    def reads(self, *, stream: str | None = None, after: int = 0, limit: int = NO_END) -> list[ReadRow]:
        """Who read what, oldest first: everything, or what concerns one stream."""
        of, values = ("", (after, limit)) if stream is None else (" AND stream = ?", (after, stream, limit))
        with self._reading() as db:
            rows = db.execute(
                "SELECT number, at, by, account, reason, stream, field, found FROM reads"
                f" WHERE number > ?{of} ORDER BY number LIMIT ?",
                values,
            ).fetchall()
        return [ReadRow(*row) for row in rows]

    @contextmanager
    def write(self, *, head: int) -> Iterator[VaultWrite]:
        """What is put, taken and erased inside happens at once when the block ends. `head`: that of the log, under its lock.

        What the block raises goes up as it is. Where nothing has to be kept, nothing is written.
        """
        session = self._session()
        write = VaultWrite(session, self.place, noise=self._noise, head=head)
        try:
            write.sweep()
            yield write
            write.commit()
            # From here the values are as durable as what commits next, and no entry names them until the log does.
        except BaseException:
            self._roll_back(session)
            raise

    def sweep_moved(self, *, head: int) -> None:
        """Remove what entries up to `head`, which are durable, have cleared. What cannot be removed now, the next writer does."""
        with suppress(ArchiveError):
            with self._reading() as db:
                due = db.execute("SELECT EXISTS (SELECT 1 FROM sealed WHERE moved <= ?)", (head,)).fetchone()[0]
            if due:
                with self._writing() as db:
                    _sweep(db, "moved <= ?", head)

    def destroy(self, seals: Collection[str]) -> None:
        """Destroy salt and value behind these seals, and the keys of their subjects: what is left gets a new key."""
        raw = [seal_bytes(sealed) for sealed in seals]
        with self._writing() as db:
            streams = {
                stream
                for start in range(0, len(raw), _CHUNK)
                for (stream,) in db.execute(
                    f"SELECT DISTINCT stream FROM sealed WHERE seal IN ({marks(raw[start : start + _CHUNK])})",
                    raw[start : start + _CHUNK],
                )
            }
            db.executemany("DELETE FROM sealed WHERE seal = ?", [(one,) for one in raw])
            for stream in streams:
                self._change_key(db, stream)

    def _change_key(self, db: Session, stream: str) -> None:
        """A backup may hold the old key's rows for years: what is still needed is encrypted anew, and the key goes."""
        kept = _kept_where(db, self.place, "stream = ?", (stream,))
        db.execute("DELETE FROM keys WHERE stream = ?", (stream,))
        if not kept:
            return
        key = self._noise(KEY_BYTES)
        db.execute("INSERT INTO keys (stream, key) VALUES (?, ?)", (stream, key))
        for one in kept:
            nonce, value = _encrypted(AESGCM(key), one, self._noise(NONCE_BYTES))
            db.execute("UPDATE sealed SET nonce = ?, value = ? WHERE seal = ?", (nonce, value, seal_bytes(one.seal)))


class VaultWrite(StoreWrite):
    """Puts, takes and erasures of one transaction. The file's own begins when something has to be written.

    What was put waits in memory: an entry of the same transaction may clear it.
    """

    def __init__(self, session: Session, place: Path | Address, *, noise: Callable[[int], bytes], head: int) -> None:
        super().__init__(session, place)
        self._noise = noise
        self._head = head
        self._waiting: dict[str, Kept] = {}
        self._moved: dict[bytes, int] = {}
        self._ciphers: OrderedDict[str, AESGCM] = OrderedDict()

    def put(self, kept: Kept) -> None:
        """Keep a value until an entry clears it."""
        self._waiting[kept.seal] = kept
        if len(self._waiting) >= WAITING:
            self.flush()

    def waiting(self, sealed: str) -> Kept | None:
        """What was put behind a seal and not yet written."""
        return self._waiting.get(sealed)

    def get(self, sealed: str) -> Kept | None:
        """What is kept behind a seal; None when it was a decoy, has been cleared, or has been destroyed."""
        waiting = self._waiting.get(sealed)
        if waiting is not None:
            return waiting
        raw = seal_bytes(sealed)
        if raw in self._moved:
            return None
        row = self._row(f"SELECT {_COLUMNS} FROM {_WITH_KEYS} WHERE seal = ? AND moved IS NULL", (raw,))
        return None if row is None else _kept(row, self._place)

    def clear(self, sealed: str, *, position: int) -> None:
        """What is kept behind this seal is public from this entry on, and not kept here any more."""
        if self._waiting.pop(sealed, None) is None:
            self._moved[seal_bytes(sealed)] = position
            if len(self._moved) >= WAITING:
                self.flush()

    def erase(self, seals: Collection[str]) -> None:
        """Forget what was put in this transaction; what is in the file goes by `Vault.destroy`, after the log commits."""
        for sealed in seals:
            self._waiting.pop(sealed, None)

    def sweep(self) -> None:
        """Undo what a writer left who died between our commit and the log's; what is moved for good goes when we write."""
        left = self._row(
            "SELECT EXISTS (SELECT 1 FROM sealed WHERE position > ?) OR EXISTS (SELECT 1 FROM sealed WHERE moved > ?)",
            (self._head, self._head),
        )
        assert left is not None
        if left[0]:
            self._begin()

    def flush(self) -> None:
        """Write what was gathered."""
        if not (self._waiting or self._moved):
            return
        self._begin()
        rows = []
        keys: list[tuple[str, bytes]] = []
        for kept in self._waiting.values():
            cipher = self._ciphers.get(kept.stream)
            if cipher is None:
                cipher = self._cipher_of(kept.stream, keys)
            nonce, value = _encrypted(cipher, kept, self._noise(NONCE_BYTES))
            rows.append((seal_bytes(kept.seal), kept.stream, kept.field, kept.position, nonce, value))
        with self._must_not_fail():
            self._db.executemany("INSERT INTO keys (stream, key) VALUES (?, ?)", keys)
            self._db.executemany(
                "INSERT INTO sealed (seal, stream, field, position, nonce, value) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            self._db.executemany(
                "UPDATE sealed SET moved = ? WHERE seal = ? AND moved IS NULL",
                [(position, raw) for raw, position in self._moved.items()],
            )
        self._waiting = {}
        self._moved = {}

    def commit(self) -> None:
        """Write what was gathered, and end the file's transaction."""
        self.flush()
        if self._db.in_transaction:
            with self._must_not_fail():
                self._db.commit()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is undone when the block raises."""
        waiting, moved = dict(self._waiting), dict(self._moved)
        began = self._db.in_transaction
        if began:
            self._execute("SAVEPOINT sealed")
        try:
            yield
            if began:
                self._execute("RELEASE sealed")
        except BaseException:
            self._waiting, self._moved = waiting, moved
            self._ciphers.clear()
            # A full disk may have ended the transaction, and the savepoint with it.
            if self._db.in_transaction:
                self._failure = None
                if began:
                    self._execute("ROLLBACK TO sealed")
                    self._execute("RELEASE sealed")
                else:
                    with self._must_not_fail():
                        self._db.roll_back()
            raise

    def _begin(self) -> None:
        if self._db.in_transaction:
            return
        with self._must_not_fail():
            self._db.begin(followed=True)
            _sweep(self._db, "position > ?", self._head)
            self._db.execute("UPDATE sealed SET moved = NULL WHERE moved > ?", (self._head,))
            _sweep(self._db, "moved <= ?", self._head)

    def _cipher_of(self, stream: str, keys: list[tuple[str, bytes]]) -> AESGCM:
        """The cipher of a subject; a new key is added to `keys`."""
        row = self._row("SELECT key FROM keys WHERE stream = ?", (stream,))
        if row is None:
            key = self._noise(KEY_BYTES)
            keys.append((stream, key))
        else:
            (key,) = row  # type: ignore[assignment] # the column is of one type
        cipher = self._ciphers[stream] = AESGCM(key)
        while len(self._ciphers) > _KEYS_KEPT:
            self._ciphers.popitem(last=False)
        return cipher


_COLUMNS: Final = "seal, stream, field, position, nonce, value, key"
_WITH_KEYS: Final = "sealed LEFT JOIN keys USING (stream)"


def _kept_where(db: Session, place: Path | Address, condition: str, values: Sequence[object]) -> list[Kept]:
    """What is kept, oldest first."""
    sql = f"SELECT {_COLUMNS} FROM {_WITH_KEYS} WHERE {condition} ORDER BY position, field"
    return [_kept(row, place) for row in db.execute(sql, values).fetchall()]


def _sweep(db: Session, condition: str, head: int) -> None:
    """Remove rows, and keys that open nothing any more."""
    streams = db.execute(f"SELECT DISTINCT stream FROM sealed WHERE {condition}", (head,)).fetchall()
    if not streams:
        return
    db.execute(f"DELETE FROM sealed WHERE {condition}", (head,))
    db.executemany(
        "DELETE FROM keys WHERE stream = ? AND NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.stream = keys.stream)",
        streams,
    )


def _encrypted(cipher: AESGCM, kept: Kept, nonce: bytes) -> tuple[bytes, bytes]:
    return nonce, cipher.encrypt(nonce, kept.salt + kept.value, _bound(kept.stream, kept.field, kept.seal))


def _bound(stream: str, field: str, sealed: str) -> bytes:
    """What a value is bound to: none of the three holds a line feed."""
    return f"archive/vault/v1\n{stream}\n{field}\n{sealed}".encode()


def _kept(row: tuple[object, ...], place: Path | Address) -> Kept:
    raw, stream, field, position, nonce, value, key = row
    sealed = seal_text(raw)  # type: ignore[arg-type] # each column is of one type
    try:
        plain = AESGCM(key).decrypt(nonce, value, _bound(stream, field, sealed))  # type: ignore[arg-type] # see above
    except (InvalidTag, TypeError, ValueError):
        raise Corrupt("VLT-002", position=position, path=place) from None
    return Kept(sealed, stream, field, position, plain[:SALT_BYTES], plain[SALT_BYTES:])  # type: ignore[arg-type] # see above
