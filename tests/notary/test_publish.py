"""What is published goes on from what was published, and is what was read back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.domain.errors import ArchiveError, Refused
from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.tree import EMPTY_ROOT, leaf_row, root_of
from archive.notary.publish import publish
from archive.notary.remote import RemoteSigner
from archive.notary.signer import Signer
from archive.projections.runner import Projections, Reader
from notary.conftest import Attack, Office
from stories import NOON, ORIGIN


def root_now(office: Office) -> bytes:
    return root_of(leaf_row(row.entry for row in office.log.rows(after=0, limit=10_000)))


def refused(office: Office) -> str:
    before = office.checkpoints.page(after=0, limit=100), promise(office)
    with pytest.raises(ArchiveError) as error:
        office.publish()
    assert (office.checkpoints.page(after=0, limit=100), promise(office)) == before
    return error.value.code


def promise(office: Office) -> bytes:
    path = office.home.folder / "notary" / "promise"
    return path.read_bytes() if path.exists() else b""


def changed(office: Office, statement: str) -> None:
    with office.home.changing() as db:
        db.execute(statement)


def edited(office: Office, position: int, *, old: bytes, new: bytes) -> None:
    with office.home.changing() as db:
        (entry,) = db.execute("SELECT entry FROM entries WHERE position = ?", (position,)).fetchone()
        assert old in entry
        db.execute("UPDATE entries SET entry = ? WHERE position = ?", (entry.replace(old, new), position))


# --- what is published ------------------------------------------------------------------------------------------------
def test_the_empty_archive_is_published_as_such(office: Office) -> None:
    stored = office.publish()
    assert (stored.number, stored.size, stored.root) == (1, 0, EMPTY_ROOT)


def test_each_checkpoint_is_the_tree_of_the_entries_signed_and_kept(office: Office) -> None:
    kept = [office.publish()]
    for _ in range(4):
        head = office.append()
        stored = office.publish()
        assert (stored.size, stored.root, stored.signed_at) == (head, root_now(office), "2018-12-10T04:00:00.000Z")
        opened = open_checkpoint(stored.note, origin=ORIGIN, keys=office.signer.verifiers())
        assert (opened.checkpoint.size, opened.checkpoint.root) == (stored.size, stored.root)
        kept.append(stored)
    assert office.checkpoints.page(after=0, limit=100) == kept
    assert office.checkpoints.page(after=2, limit=2) == kept[2:4]
    for position in range(kept[-1].size + 1):
        covering = office.checkpoints.covering(position)
        assert covering == next(one for one in kept if one.size >= position)
    assert office.checkpoints.covering(kept[-1].size + 1) is None


def test_nothing_new_is_not_published_again(office: Office) -> None:
    office.append()
    assert office.publish() == office.publish()
    # That of the empty archive is kept too.
    assert [one.size for one in office.checkpoints.page(after=0, limit=10)] == [0, office.log.head()]


def test_what_is_not_folded_yet_waits(office: Office) -> None:
    office.append()
    first = office.publish()
    office.writer.handle(office.clerk.open_section("section-later"))
    assert office.publish() == first
    office.projections.follow()
    assert office.publish().size == office.log.head()


def test_a_rebuild_from_nothing_takes_nothing_back(office: Office) -> None:
    office.append()
    first = office.publish()
    office.projections.rebuild()
    assert office.publish() == first
    office.append()
    assert office.publish().size == office.log.head()


def test_a_rotation_is_kept_with_the_sizes_that_each_key_signs(office: Office, signer: Signer) -> None:
    sizes = []
    (old,) = signer.verifiers()
    for step in (None, signer.add_key, lambda: signer.retire_key(old.key_id.hex())):
        if step is not None:
            step()
        office.append()
        sizes.append(office.publish().size)
    (new,) = signer.verifiers()
    assert office.checkpoints.key_periods() == [(str(old), 0, sizes[2]), (str(new), sizes[1], None)]


# --- what dies between the promise and the store ----------------------------------------------------------------------
def test_what_was_promised_and_not_stored_is_stored_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.publish()
    office.append()
    with monkeypatch.context() as struck:
        struck.setattr(type(office.checkpoints), "append", _dies)
        with pytest.raises(ConnectionAbortedError):
            office.publish()
    promised = promise(office)
    office.append()
    last = office.publish()
    kept = office.checkpoints.page(after=0, limit=10)
    assert [one.number for one in kept] == [1, 2, 3]
    assert (kept[1].note, kept[2]) == (promised, last)
    assert last.size == office.log.head()


def _dies(*_: object, **__: object) -> None:
    raise ConnectionAbortedError


# --- what is not signed -----------------------------------------------------------------------------------------------
def _cut_off(office: Office) -> None:
    changed(office, "DELETE FROM entries WHERE position = (SELECT MAX(position) FROM entries)")
    _fold_anew(office)


def _edit_what_was_signed(office: Office) -> None:
    edited(office, 1, old=b"421202", new=b"421203")
    _fold_anew(office)


def _fold_anew(office: Office) -> None:
    shutil.rmtree(office.home.folder / "projections")
    Projections(office.home.folder / "projections", office.log, office.home.open_disclosures()).follow()
    office.reader.close()


@pytest.mark.parametrize("attack", [_cut_off, _edit_what_was_signed])
def test_a_log_that_does_not_begin_with_what_was_signed_is_not_signed(office: Office, attack: Attack) -> None:
    office.append()
    office.append()
    office.publish()
    attack(office)
    assert refused(office) == "NTY-003"
    # Not even when it has grown meanwhile.
    if attack is _edit_what_was_signed:
        office.begun = True
        office.append()
        assert refused(office) == "NTY-003"


# A backup of PostgreSQL is taken by its own tools; what it brings back is cut off, as above.
@pytest.mark.parametrize("storage", ["sqlite"], indirect=True)
def test_last_weeks_backup_is_not_signed(office: Office, tmp_path: Path) -> None:
    office.append()
    office.publish()
    with closing(sqlite3.connect(office.home.folder / "log.sqlite")) as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "backup"),))
    office.append()
    office.publish()
    office.log.close()
    for old in office.home.folder.glob("log.sqlite*"):
        old.unlink()
    shutil.copy(tmp_path / "backup", office.home.folder / "log.sqlite")
    shutil.rmtree(office.home.folder / "projections")
    with office.home.open_log() as log, office.home.open_disclosures() as disclosures:
        Projections(office.home.folder / "projections", log, disclosures).follow()
        with (
            pytest.raises(ArchiveError, match="NTY-003"),
            closing(Reader(office.home.folder / "projections")) as reader,
        ):
            publish(log, reader, office.checkpoints, office.signer, now=lambda: NOON)


def _flip_a_tile(office: Office, level: int) -> None:
    (path,) = (office.home.folder / "projections").glob("*.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        ((hashes,),) = db.execute("SELECT hashes FROM tree_tiles WHERE level = ?", (level,)).fetchall()
        flipped = hashes[:-1] + bytes([hashes[-1] ^ 1])
        db.execute("UPDATE tree_tiles SET hashes = ? WHERE level = ?", (flipped, level))


def test_a_flipped_bit_of_a_tile_is_found_before_it_is_signed(office: Office) -> None:
    office.append()
    office.publish()
    office.append()
    _flip_a_tile(office, 0)
    assert refused(office) in {"NTY-007", "NTY-003"}


def test_an_entry_that_changed_after_it_was_hashed_is_found_before_it_is_signed(office: Office) -> None:
    office.append()
    office.publish()
    edited(office, office.append(), old=b"2018", new=b"2017")
    assert refused(office) == "NTY-007"


def test_a_second_instance_with_the_same_key_is_noticed(office: Office, tmp_path: Path) -> None:
    office.append()
    office.publish()
    shutil.copytree(office.home.folder / "notary", tmp_path / "copy")
    office.append()
    office.publish()
    office.signer = Signer(tmp_path / "copy", origin=ORIGIN)
    assert refused(office) == "NTY-004"


def test_the_store_takes_no_fork_and_forgets_nothing(office: Office) -> None:
    office.append()
    stored = office.publish()
    for size, root in ((stored.size, EMPTY_ROOT), (stored.size - 1, stored.root)):
        with pytest.raises(ArchiveError, match="NTY-004"):
            office.checkpoints.append(size=size, root=root, note=b"x", signed_at="", quorum=None, keys=[])
    with office.home.open_checkpoints() as store:
        for statement, values in (
            ("DELETE FROM checkpoints", ()),
            ("UPDATE checkpoints SET note = ?", (b"x",)),
            ("DELETE FROM keys", ()),
            ("INSERT INTO checkpoints VALUES (2, ?, ?, ?, '', NULL)", (stored.size, bytes(32), b"x")),
            ("INSERT INTO checkpoints VALUES (2, 0, ?, ?, '', NULL)", (bytes(32), b"x")),
        ):
            with pytest.raises(Refused, match="INT-001"), store._reading() as db:
                db.execute(statement, values)
    assert office.checkpoints.last() == stored


def test_the_key_is_in_no_file_of_the_home(office: Office) -> None:
    office.append()
    office.publish()
    (line,) = (office.home.folder / "notary" / "key").read_text(encoding="ascii").splitlines()
    # Base64 has a "+" too: it is what stands behind the fourth.
    secret = line.split("+", 4)[4]
    assert len(secret) > 32
    for path in office.home.folder.rglob("*"):
        if path.is_file() and path.parent.name != "notary":
            content = path.read_bytes()
            assert secret.encode() not in content


def test_a_signer_that_is_not_there_is_waited_for(office: Office, tmp_path: Path) -> None:
    office.append()
    office.signer = RemoteSigner(tmp_path / "nowhere", origin=ORIGIN)
    assert refused(office) == "NTY-009"
