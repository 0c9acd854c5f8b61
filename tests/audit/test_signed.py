"""What was signed: each checkpoint, each tile and the signer's memory are compared with the entries.

A table for what is done to the entries, and how far its owner goes: the entries alone, the tree too, every checkpoint
signed again. What nobody can notice from inside is asserted to go unnoticed, and to be noticed by what was kept outside.
"""

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest

from archive.audit.check import Outside, Report, check
from archive.audit.checkpoints import look, parse_kept, parse_vkey
from archive.audit.findings import Finding
from archive.audit.tiles import Tiles
from archive.checkpoints.store import Stored
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.errors import Corrupt
from archive.log.log import Log
from archive.merkle.checkpoint import Checkpoint, print_checkpoint
from archive.merkle.note import Note, Signature, SignerKey, parse_note, print_note, signed_note
from archive.merkle.tiles import WIDTH
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES, leaf_row, root_of
from archive.notary.keys import read_keys
from archive.notary.publish import publish
from archive.notary.signer import PROMISE, Signer
from archive.projections import tree
from archive.projections.runner import PROGRESS, Projections, Reader, Reading
from archive.storage.contract import Row
from archive.vault.store import Vault
from audit.tampering import (
    back_date,
    delete_and_close_ranks,
    entry_at,
    insert,
    put,
    rewritten,
    swap,
    truncate,
)
from stories import NOON, ORIGIN, Clerk, Home, a_small_archive, changing_file, tell

# What a tree, its tiles, and what was signed of it can be found to be.
OF_THE_TREE = frozenset({"AUD-032", *(f"AUD-0{number}" for number in range(40, 50))})
STRANGER = SignerKey(ORIGIN, bytes(range(32)))


@dataclass
class Archive:
    """An archive with a checkpoint after each third of its story, and its owner, who has the key."""

    home: Home
    log: Log
    disclosures: Disclosures
    vault: Vault
    projections: Projections
    kept: Stored
    sizes: list[int]

    @property
    def key(self) -> SignerKey:
        return read_keys(self.home.folder / "notary", origin=ORIGIN)[0]

    @property
    def promise(self) -> bytes:
        return (self.home.folder / "notary" / PROMISE).read_bytes()

    def audited(self, outside: Outside | None = None, *, promise: bytes | None = None) -> Report:
        with self.home.open_checkpoints(read_only=True) as store:
            return check(
                self.log,
                self.disclosures,
                self.vault,
                self.projections,
                signed=look(store, lambda: self.promise if promise is None else promise),
                outside=outside,
            )

    def found(self, outside: Outside | None = None, *, promise: bytes | None = None) -> set[str]:
        """The codes of what is found of the tree."""
        return codes(self.audited(outside, promise=promise)) & OF_THE_TREE

    def root(self, size: int) -> bytes:
        return root_of(leaf_row(row.entry for row in self.log.rows(after=0, limit=size)))

    def note(self, size: int, *, key: SignerKey | None = None, origin: str = ORIGIN) -> bytes:
        """The tree at a size, signed by whoever has the key."""
        return signed_note(print_checkpoint(Checkpoint(origin, size, self.root(size))), [key or self.key])

    def rebuild_tree(self) -> None:
        """The tiles of the entries as they are now, in the file that serves."""
        (path,) = self.projections.folder.glob("generation-*.sqlite")
        rows = self.log.rows(after=0, limit=10_000)
        with changing_file(path) as db:
            db.execute("DELETE FROM tree_tiles")
            tree.apply_rows(db, rows)
            db.execute("UPDATE progress SET position = ?", (len(rows),))

    def sign_again(self, *, key: SignerKey | None = None) -> None:
        """Every checkpoint anew, over the entries as they are now, into a new store; and the signer remembers these."""
        with self.home.changing("checkpoints") as db:
            for table in ("timestamps", "retirements", "keys", "checkpoints"):
                db.execute(f"DELETE FROM {table}")
        head = self.log.head()
        with self.home.open_checkpoints() as store:
            for size in sorted({min(size, head) for size in self.sizes}):
                note = self.note(size, key=key)
                vkey = str((key or self.key).verifier)
                store.append(size=size, root=self.root(size), note=note, signed_at="", quorum=None, keys=[vkey])
            last = store.last()
        assert last is not None
        (self.home.folder / "notary" / PROMISE).write_bytes(last.note)


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}


@pytest.fixture
def archive(writer: Writer, log: Log, disclosures: Disclosures, vault: Vault, home: Home) -> Archive:
    projections = Projections(home.folder / "projections", log, disclosures)
    story = a_small_archive(Clerk())
    kept: list[Stored] = []
    signer = Signer(home.folder / "notary", origin=ORIGIN)
    with closing(Reader(projections.folder)) as reader, home.open_checkpoints() as store:
        for third in range(3):
            tell(writer, story[third * len(story) // 3 : (third + 1) * len(story) // 3])
            projections.follow()
            kept.append(publish(log, reader, store, signer, now=lambda: NOON))
    return Archive(home, log, disclosures, vault, projections, kept[-1], [0, *(one.size for one in kept)])


def outside_of(archive: Archive) -> Outside:
    return Outside(notes=[parse_kept(archive.kept.note)])


def test_sound_archive_is_sound_and_everything_was_looked_at(archive: Archive) -> None:
    report = archive.audited(Outside(notes=[parse_kept(archive.kept.note)], vkeys=[archive.key.verifier]))
    assert report.findings == []
    assert (report.checkpoints, report.tiles) == (4, 1)


def test_what_is_signed_while_an_audit_looks_is_left_for_the_next(archive: Archive, writer: Writer) -> None:
    """Goal: no false alarm. Method: the store is looked at, then two more are appended, signed and remembered."""
    with archive.home.open_checkpoints() as store, closing(Reader(archive.projections.folder)) as reader:
        signed = look(store, lambda: archive.promise)
        writer.handle(Clerk(3).open_section("section-later"))
        archive.projections.follow()
        publish(archive.log, reader, store, Signer(archive.home.folder / "notary", origin=ORIGIN), now=lambda: NOON)
        report = check(archive.log, archive.disclosures, archive.vault, archive.projections, signed=signed)
    assert (report.findings, report.checkpoints) == ([], 4)


# --- entries ----------------------------------------------------------------------------------------------------------
def flip(db: sqlite3.Connection) -> None:
    """Another digit, in bytes that stay canonical."""
    entry = entry_at(db, 12)
    put(db, 12, {**entry, "cmd": "f" * 32})


ENTRIES: dict[str, Callable[[sqlite3.Connection], None]] = {
    "a digit is flipped": flip,
    "an entry is deleted, and ranks are closed": delete_and_close_ranks,
    "two entries are swapped": swap,
    "an entry is put in": insert,
    "the newest are cut off": truncate,
    "an entry is back-dated": back_date,
    "everything that entries say of each other still fits": rewritten,
}
# What does not fit what was signed, and what was kept outside; of the others, the roots.
SIGNED = {
    "an entry is deleted, and ranks are closed": {"AUD-046", "AUD-045", "AUD-047"},
    # It goes on from what was signed. That no command made it is a finding of its own.
    "an entry is put in": set[str](),
    "the newest are cut off": {"AUD-046", "AUD-047"},
}
KEPT_OUTSIDE = {
    "an entry is deleted, and ranks are closed": {"AUD-041"},
    "an entry is put in": set[str](),
    "the newest are cut off": {"AUD-041"},
}


@pytest.mark.parametrize("name", ENTRIES)
def test_changed_entries_are_not_what_was_signed(archive: Archive, name: str) -> None:
    with archive.home.changing() as db:
        ENTRIES[name](db)
    signed = SIGNED.get(name, {"AUD-045", "AUD-047"})
    # Where the log is shorter than the tiles, that is told, and the last of them are not compared.
    assert archive.found() == signed | (set() if name in SIGNED else {"AUD-032"})
    archive.rebuild_tree()
    assert archive.found() == signed


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_that_were_signed_again_are_noticed_only_by_what_was_kept_outside(archive: Archive, name: str) -> None:
    with archive.home.changing() as db:
        ENTRIES[name](db)
    archive.rebuild_tree()
    archive.sign_again()
    assert archive.found() == set()
    assert archive.found(outside_of(archive)) == KEPT_OUTSIDE.get(name, {"AUD-040"})


def test_history_signed_again_throughout_has_no_finding_of_any_kind_from_inside(archive: Archive) -> None:
    """Nobody should take one check for enough."""
    with archive.home.changing() as db:
        rewritten(db)
    archive.projections.rebuild()
    archive.sign_again()
    assert archive.audited().findings == []
    assert codes(archive.audited(outside_of(archive))) == {"AUD-040"}


def test_history_signed_by_another_key_is_noticed_only_by_a_key_or_a_note_that_was_kept_outside(
    archive: Archive,
) -> None:
    ours = archive.key.verifier
    archive.sign_again(key=STRANGER)
    assert archive.found() == set()
    assert archive.found(outside_of(archive)) == {"AUD-048"}
    assert archive.found(Outside(vkeys=[ours])) == {"AUD-049"}
    # The tree is that of before: with the key that was kept the note is right, and the store has another one.
    assert archive.found(Outside(notes=[parse_kept(archive.kept.note)], vkeys=[ours])) == {"AUD-049"}


# --- the store --------------------------------------------------------------------------------------------------------
def _stored(db: sqlite3.Connection, number: int) -> tuple[int, bytes]:
    found: tuple[int, bytes] = db.execute("SELECT size, note FROM checkpoints WHERE number = ?", (number,)).fetchone()
    return found


def _put_note(db: sqlite3.Connection, note: bytes, *, number: int = 3) -> None:
    db.execute("UPDATE checkpoints SET note = ? WHERE number = ?", (note, number))


def edited(archive: Archive, db: sqlite3.Connection) -> None:
    size, note = _stored(db, 3)
    _put_note(db, note.replace(b"\n%d\n" % size, b"\n%d\n" % (size - 1)))


def foreign(archive: Archive, db: sqlite3.Connection) -> None:
    _put_note(db, archive.note(_stored(db, 3)[0], key=STRANGER))


def same_size_twice(archive: Archive, db: sqlite3.Connection) -> None:
    """Our key signs another root at a size that it signed: two clients, two histories."""
    size, root = archive.kept.size, b"\x07" * HASH_BYTES
    note = signed_note(print_checkpoint(Checkpoint(ORIGIN, size, root)), [archive.key])
    db.execute("INSERT INTO checkpoints VALUES (5, ?, ?, ?, '', NULL)", (size, root, note))


def with_crlf(archive: Archive, db: sqlite3.Connection) -> None:
    _put_note(db, _stored(db, 3)[1].replace(b"\n", b"\r\n"))


def leading_zeros(archive: Archive, db: sqlite3.Connection) -> None:
    size, _ = _stored(db, 3)
    text = f"{ORIGIN}\n0{size}\n{b64encode(archive.root(size)).decode()}\n".encode()
    _put_note(db, signed_note(text, [archive.key]))


def unknown_lines(archive: Archive, db: sqlite3.Connection) -> None:
    note = parse_note(_stored(db, 3)[1])
    others = tuple(Signature(f"unknown-{one}.example", b"\xff" * 4, b"?" * 64) for one in range(16))
    _put_note(db, print_note(Note(note.text, (*others, *note.signatures))))


def extended(archive: Archive, db: sqlite3.Connection) -> None:
    size, _ = _stored(db, 3)
    text = print_checkpoint(Checkpoint(ORIGIN, size, archive.root(size), ("more",)))
    _put_note(db, signed_note(text, [archive.key]))


def other_origin(archive: Archive, db: sqlite3.Connection) -> None:
    _put_note(db, archive.note(_stored(db, 3)[0], origin="other.example/fgj"))


def other_column(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("UPDATE checkpoints SET size = size + 1 WHERE number = 3")


def other_root_column(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("UPDATE checkpoints SET root = zeroblob(32) WHERE number = 3")


def one_is_missing(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM checkpoints WHERE number = 3")


def newest_is_missing(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM checkpoints WHERE number = 4")


def all_are_missing(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM checkpoints")


def two_are_swapped(archive: Archive, db: sqlite3.Connection) -> None:
    for old, new in ((3, 9), (4, 3), (9, 4)):
        db.execute("UPDATE checkpoints SET number = ? WHERE number = ?", (new, old))


def beyond_the_log(archive: Archive, db: sqlite3.Connection) -> None:
    size = archive.kept.size + 1
    note = signed_note(print_checkpoint(Checkpoint(ORIGIN, size, EMPTY_ROOT)), [archive.key])
    db.execute("INSERT INTO checkpoints VALUES (5, ?, ?, ?, '', NULL)", (size, EMPTY_ROOT, note))


def before_its_key(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("UPDATE keys SET from_size = 1")


def after_its_key(archive: Archive, db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO retirements SELECT vkey, ? FROM keys", (archive.sizes[-1],))


STORE: dict[str, tuple[Callable[[Archive, sqlite3.Connection], None], set[str]]] = {
    "a note is edited": (edited, {"AUD-042"}),
    "a note is signed by a foreign key": (foreign, {"AUD-042"}),
    "a size has two roots": (same_size_twice, {"AUD-045"}),
    "a note has CRLF": (with_crlf, {"AUD-042"}),
    "a size has a leading zero": (leading_zeros, {"AUD-042"}),
    "a note has sixteen unknown signatures": (unknown_lines, set()),
    "a note has an extension line": (extended, {"AUD-042"}),
    "a note is of another log": (other_origin, {"AUD-042"}),
    "the size beside a note is another": (other_column, {"AUD-043"}),
    "the root beside a note is another": (other_root_column, {"AUD-043"}),
    "a checkpoint is missing": (one_is_missing, {"AUD-044"}),
    # As a crash leaves it: promised, and not stored yet.
    "the newest checkpoint is missing": (newest_is_missing, set()),
    "every checkpoint is missing": (all_are_missing, set()),
    "two checkpoints are swapped": (two_are_swapped, {"AUD-044"}),
    "a checkpoint is larger than the log": (beyond_the_log, {"AUD-046", "AUD-047"}),
    "a checkpoint is older than its key": (before_its_key, {"AUD-042"}),
    "a checkpoint is newer than its key": (after_its_key, {"AUD-042"}),
}


@pytest.mark.parametrize("name", STORE)
def test_change_in_the_store_of_checkpoints_is_found(archive: Archive, name: str) -> None:
    change, wanted = STORE[name]
    with archive.home.changing("checkpoints") as db:
        change(archive, db)
    assert archive.found() == wanted
    # Whatever stands in the store, the log is what was signed.
    assert archive.found(outside_of(archive)) >= wanted
    assert not archive.found(outside_of(archive)) & {"AUD-040", "AUD-041"}


# --- the signer's memory ----------------------------------------------------------------------------------------------
PROMISES: dict[str, tuple[Callable[[Archive], bytes], set[str]]] = {
    "as it is": (lambda archive: archive.promise, set()),
    "of an old copy of its folder": (lambda archive: archive.note(archive.sizes[1]), {"AUD-047"}),
    "of another tree": (
        lambda archive: signed_note(
            print_checkpoint(Checkpoint(ORIGIN, archive.kept.size, b"\x07" * HASH_BYTES)), [archive.key]
        ),
        {"AUD-047"},
    ),
    "of more than the log has": (
        lambda archive: signed_note(
            print_checkpoint(Checkpoint(ORIGIN, archive.kept.size + 1, EMPTY_ROOT)), [archive.key]
        ),
        {"AUD-047"},
    ),
    "with a wrong signature": (lambda archive: archive.promise[:-6] + b"AAAA=\n", {"AUD-047"}),
    "of another log": (lambda archive: archive.note(archive.kept.size, origin="other.example/fgj"), {"AUD-047"}),
    "that is no note": (lambda _: b"", {"AUD-047"}),
    "by a key that signs since": (lambda archive: archive.note(archive.kept.size, key=STRANGER), set()),
}


@pytest.mark.parametrize("name", PROMISES)
def test_memory_that_no_crash_leaves_is_found(archive: Archive, name: str) -> None:
    promise, wanted = PROMISES[name]
    assert archive.found(promise=promise(archive)) == wanted


def test_memory_ahead_of_the_store_is_what_a_crash_leaves(archive: Archive, writer: Writer) -> None:
    writer.handle(Clerk(3).open_section("section-later"))
    archive.projections.follow()
    assert archive.found(promise=archive.note(archive.log.head())) == set()


# --- what was kept outside --------------------------------------------------------------------------------------------
def test_note_is_verified_by_the_key_that_is_given(archive: Archive) -> None:
    note = parse_kept(archive.note(archive.kept.size, key=STRANGER))
    assert archive.found(Outside(notes=[note])) == {"AUD-048"}
    # That a stranger signed the tree as it is does not make him one of the log's keys.
    assert archive.found(Outside(notes=[note], vkeys=[STRANGER.verifier])) == {"AUD-049"}
    edited_note = parse_kept(archive.kept.note.replace(b"\n%d\n" % archive.kept.size, b"\n1\n"))
    assert archive.found(Outside(notes=[edited_note])) == {"AUD-040", "AUD-048"}


@pytest.mark.parametrize(
    "raw, code",
    [(b"", "NTE-003"), (b"x\r\n\n", "NTE-002"), (b"x\n\n\xe2\x80\x94 x AAAAAAA=\n", "CKP-001"), (b"x", "NTE-003")],
)
def test_what_is_no_checkpoint_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Corrupt) as refused:
        parse_kept(raw)
    assert refused.value.code == code


def test_what_is_no_verifier_key_is_refused() -> None:
    with pytest.raises(Corrupt) as refused:
        parse_vkey(STRANGER.secret())
    assert refused.value.code == "NTE-008"


# --- tiles ------------------------------------------------------------------------------------------------------------
ENTRIES_OF_TILES = 66_000


@pytest.fixture(scope="module")
def leaves() -> bytes:
    return leaf_row(b"%d" % number for number in range(ENTRIES_OF_TILES))


@pytest.fixture(scope="module")
def folded() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute(PROGRESS)
        for statement in tree.TABLES:
            db.execute(statement)
        tree.apply_rows(db, [Row(n + 1, b"", 1, "", b"%d" % n) for n in range(ENTRIES_OF_TILES)])
        db.execute("INSERT INTO progress VALUES ('tree', ?, '', '')", (ENTRIES_OF_TILES,))
        yield db


TILES: dict[str, tuple[str, Sequence[tuple[int, int, int]]]] = {
    "none": ("SELECT 1", []),
    "a bit of a full tile": (
        "UPDATE tree_tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND number = 9",
        [(0, 9, 9 * WIDTH + 1)],
    ),
    "a tile above": (
        "UPDATE tree_tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 1 AND number = 0",
        [(1, 0, 1)],
    ),
    "the last tile of the highest level": (
        "UPDATE tree_tiles SET hashes = zeroblob(32) WHERE level = 2",
        [(2, 0, 1)],
    ),
    "a tile is missing": ("DELETE FROM tree_tiles WHERE level = 0 AND number = 200", [(0, 200, 200 * WIDTH + 1)]),
    "a tile is too short": (
        "UPDATE tree_tiles SET hashes = substr(hashes, 1, 32) WHERE level = 1 AND number = 0",
        [(1, 0, 1)],
    ),
    "a tile is too long": (
        "UPDATE tree_tiles SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 2",
        [(2, 0, 1)],
    ),
    "a tile beyond the tree": (
        "INSERT INTO tree_tiles VALUES (0, 258, zeroblob(32)), (3, 0, zeroblob(32))",
        [(0, 258, ENTRIES_OF_TILES), (3, 0, 1)],
    ),
    "two tiles are swapped": (
        (
            "INSERT OR REPLACE INTO tree_tiles "
            "SELECT level, 7 - number, hashes FROM tree_tiles WHERE level = 0 AND number IN (3, 4)"
        ),
        [(0, 3, 3 * WIDTH + 1), (0, 4, 4 * WIDTH + 1)],
    ),
}


@pytest.mark.parametrize("name", TILES)
def test_changed_tile_is_found_by_its_level_and_number(folded: sqlite3.Connection, leaves: bytes, name: str) -> None:
    statement, wanted = TILES[name]
    found: list[Finding] = []
    folded.execute("BEGIN")
    try:
        folded.execute(statement)
        tiles = Tiles(Reading(folded, ENTRIES_OF_TILES), report=found.append)
        for start in range(0, len(leaves), 5_000 * HASH_BYTES):
            tiles.add(leaves[start : start + 5_000 * HASH_BYTES])
        tiles.finish()
    finally:
        folded.execute("ROLLBACK")
    assert [(one.facts["level"], one.facts["number"], one.position) for one in found] == list(wanted)
    assert {one.code for one in found} <= {"AUD-032"}
