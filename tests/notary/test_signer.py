"""The signer remembers, and signs only what goes on from what it remembers."""

import shutil
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from archive.domain.errors import ArchiveError
from archive.merkle.checkpoint import Checkpoint, open_checkpoint, print_checkpoint
from archive.merkle.note import SignerKey, parse_note
from archive.merkle.proof import prove_consistency
from archive.merkle.refusal import Unsound
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES, hashes_of, leaf_row, root_of
from archive.notary.signer import Signer
from stories import ORIGIN

LEAVES = leaf_row(b"%d" % number for number in range(40))
FORK = leaf_row(b"other %d" % number for number in range(40))


def text_of(size: int, leaves: bytes = LEAVES, *, origin: str = ORIGIN) -> bytes:
    return print_checkpoint(Checkpoint(origin, size, root_of(leaves[: size * HASH_BYTES])))


def proof_of(old: int, new: int, leaves: bytes = LEAVES) -> list[bytes]:
    return prove_consistency(old, new, hashes_of(leaves[: new * HASH_BYTES])) if old else []


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "notary", origin=ORIGIN)


def size_promised(signer: Signer) -> int:
    return open_checkpoint(signer.promised(), origin=ORIGIN, keys=signer.verifiers()).checkpoint.size


def refused(signer: Signer, text: bytes, proof: list[bytes]) -> str:
    before = signer.promised()
    with pytest.raises(ArchiveError) as error:
        signer.sign(text, proof)
    assert signer.promised() == before
    return error.value.code


# --- what is signed ---------------------------------------------------------------------------------------------------
def test_a_new_signer_has_promised_the_empty_tree(signer: Signer) -> None:
    opened = open_checkpoint(signer.promised(), origin=ORIGIN, keys=signer.verifiers())
    assert opened.checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6).map(sorted))
def test_every_extension_is_signed_and_remembered_by_whoever_opens_the_folder_next(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("signer") / "notary"
    Signer.create(folder, origin=ORIGIN)
    last = 0
    for size in sizes:
        note = Signer(folder, origin=ORIGIN).sign(text_of(size), proof_of(last, size))
        assert Signer(folder, origin=ORIGIN).promised() == note
        assert parse_note(note).text == text_of(size)
        last = size


@pytest.mark.parametrize(
    "text, proof",
    [
        pytest.param(text_of(7), proof_of(5, 7), id="smaller"),
        pytest.param(text_of(20, FORK), proof_of(10, 20, FORK), id="another history"),
        pytest.param(text_of(10, FORK), [], id="the same size, another root"),
        pytest.param(text_of(20), [], id="without a proof"),
        pytest.param(text_of(20), proof_of(9, 20), id="a proof from another size"),
        pytest.param(text_of(20), proof_of(10, 20)[:-1], id="a proof cut short"),
        pytest.param(text_of(20), [*proof_of(10, 20), b"\0" * 32], id="a proof with something after it"),
        pytest.param(text_of(20, origin="archive.example/other"), proof_of(10, 20), id="another log"),
        pytest.param(text_of(20) + b"an extension\n", proof_of(10, 20), id="an extension line"),
    ],
)
def test_what_does_not_go_on_from_the_last_one_is_not_signed(signer: Signer, text: bytes, proof: list[bytes]) -> None:
    signer.sign(text_of(10), proof_of(0, 10))
    assert refused(signer, text, proof) == "NTY-003"
    assert signer.sign(text_of(20), proof_of(10, 20)) == signer.promised()


def test_the_same_checkpoint_again_is_the_same_note(signer: Signer) -> None:
    note = signer.sign(text_of(10), proof_of(0, 10))
    changed = (signer.folder / "promise").stat().st_mtime_ns
    assert signer.sign(text_of(10), []) == note
    assert (signer.folder / "promise").stat().st_mtime_ns == changed


# --- memory and key ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "promise",
    [
        pytest.param(None, id="lost"),
        pytest.param(b"", id="empty"),
        pytest.param(b"archive.example/fgj\n0\n", id="cut off"),
        pytest.param(SignerKey(ORIGIN, b"\1" * 32).sign(text_of(3)).payload, id="by another key"),
    ],
)
def test_without_its_memory_nothing_is_signed(signer: Signer, promise: bytes | None) -> None:
    path = signer.folder / "promise"
    path.unlink()
    if promise is not None:
        path.write_bytes(promise)
    with pytest.raises(ArchiveError, match="NTY-002"):
        signer.sign(text_of(10), [])
    with pytest.raises(ArchiveError, match="NTY-002"):
        signer.promised()


def test_a_lost_memory_is_made_again_from_the_newest_note_outside(signer: Signer) -> None:
    note = signer.sign(text_of(10), proof_of(0, 10))
    with pytest.raises(ArchiveError, match="NTY-013"):
        signer.adopt(note)
    (signer.folder / "promise").unlink()
    with pytest.raises(Unsound):
        signer.adopt(note.replace(b"10", b"11"))
    assert not (signer.folder / "promise").exists()
    assert signer.adopt(note).checkpoint.size == 10
    assert refused(signer, text_of(7), []) == "NTY-003"
    signer.sign(text_of(12), proof_of(10, 12))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_may_read_is_not_used(signer: Signer, mode: int) -> None:
    (signer.folder / "key").chmod(mode)
    with pytest.raises(ArchiveError, match="NTY-005"):
        signer.sign(text_of(10), [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PRIVATE+KEY+\n",
        b"\xff\xfe",
        SignerKey("archive.example/other", b"\1" * 32).secret().encode(),
        b"".join(SignerKey(ORIGIN, bytes([one]) * 32).secret().encode() + b"\n" for one in range(3)),
    ],
    ids=["empty", "cut off", "no text", "of another log", "too many"],
)
def test_a_damaged_key_file_is_told_and_never_shown(signer: Signer, content: bytes) -> None:
    (signer.folder / "key").write_bytes(content)
    with pytest.raises(ArchiveError, match="NTY-006") as error:
        signer.sign(text_of(10), [])
    assert "PRIVATE" not in str(error.value)


def test_a_folder_without_a_key_is_no_notary(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ArchiveError, match="NTY-001"):
            Signer(folder, origin=ORIGIN).promised()
        with pytest.raises(ArchiveError, match="NTY-001"):
            Signer(folder, origin=ORIGIN).sign(text_of(1), [])


def test_a_folder_in_use_is_left_alone(signer: Signer) -> None:
    before = {path.name: path.read_bytes() for path in signer.folder.iterdir()}
    with pytest.raises(ArchiveError, match="LOG-010"):
        Signer.create(signer.folder, origin=ORIGIN)
    assert {path.name: path.read_bytes() for path in signer.folder.iterdir()} == before


def test_who_died_while_writing_leaves_what_was_there(signer: Signer) -> None:
    signer.sign(text_of(10), proof_of(0, 10))
    (signer.folder / "promise.new").write_bytes(b"half of a no")
    assert size_promised(signer) == 10
    signer.sign(text_of(12), proof_of(10, 12))
    assert sorted(path.name for path in signer.folder.iterdir()) == ["key", "lock", "promise"]


def test_a_copy_of_the_folder_does_not_know_what_the_other_one_signed(signer: Signer, tmp_path: Path) -> None:
    signer.sign(text_of(10), proof_of(0, 10))
    shutil.copytree(signer.folder, tmp_path / "copy")
    signer.sign(text_of(20), proof_of(10, 20))
    # It cannot know; who publishes compares with the store (test_publish.py).
    assert size_promised(Signer(tmp_path / "copy", origin=ORIGIN)) == 10


# --- rotation ---------------------------------------------------------------------------------------------------------
def test_a_rotation_overlaps(signer: Signer) -> None:
    (old,) = signer.verifiers()
    signer.sign(text_of(10), proof_of(0, 10))
    new = signer.add_key()
    assert (new.name, signer.verifiers()) == (ORIGIN, [old, new])
    with pytest.raises(ArchiveError, match="NTY-011"):
        signer.add_key()
    note = signer.sign(text_of(20), proof_of(10, 20))
    for key in (old, new):
        assert open_checkpoint(note, origin=ORIGIN, keys=[key]).checkpoint.size == 20
    assert signer.retire_key(old.key_id.hex()) == old
    assert (signer.verifiers(), size_promised(signer)) == ([new], 20)
    assert refused(signer, text_of(12), []) == "NTY-003"
    with pytest.raises(Unsound):
        open_checkpoint(signer.sign(text_of(30), proof_of(20, 30)), origin=ORIGIN, keys=[old])


def test_a_key_retired_right_after_another_was_added_leaves_a_memory(signer: Signer) -> None:
    (old,) = signer.verifiers()
    signer.sign(text_of(10), proof_of(0, 10))
    signer.add_key()
    signer.retire_key(old.key_id.hex())
    assert size_promised(signer) == 10


@pytest.mark.parametrize("key_id", ["00000000", "", "of nothing"])
def test_the_only_key_and_an_unknown_one_are_not_retired(signer: Signer, key_id: str) -> None:
    (only,) = signer.verifiers()
    for wanted in (key_id, only.key_id.hex()):
        with pytest.raises(ArchiveError, match="NTY-012"):
            signer.retire_key(wanted)
    assert signer.verifiers() == [only]
