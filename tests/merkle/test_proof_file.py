"""Proof files: a receipt is checked with nothing but the entry and a key; whatever is changed in it is refused."""

from base64 import b64encode

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.merkle.checkpoint import Checkpoint, print_checkpoint
from archive.merkle.note import Note, print_note, signed_note
from archive.merkle.proof import prove_inclusion
from archive.merkle.proof_file import ProofFile, check_proof_file, parse_proof_file, print_proof_file
from archive.merkle.refusal import Unsound
from archive.merkle.tree import hashes_of, leaf_row, root_of
from merkle.notes import LOG, ORIGIN, STRANGER, unknown_lines
from merkle.refusals import refusal

ENTRIES = [b"entry %d" % number for number in range(300)]
ROW = leaf_row(ENTRIES)
HASHES = hashes_of(ROW)
KEYS = [LOG.verifier]


def receipt(index: int, size: int, *, extra: bytes | None = None) -> ProofFile:
    text = print_checkpoint(Checkpoint(ORIGIN, size, root_of(ROW[: size * 32])))
    return ProofFile(index, tuple(prove_inclusion(index, size, HASHES)), signed_note(text, [LOG]), extra)


def check(raw: bytes, index: int) -> None:
    check_proof_file(raw, ENTRIES[index], origin=ORIGIN, keys=KEYS)


@given(size=st.integers(1, 300), data=st.data(), extra=st.none() | st.binary(max_size=80))
def test_a_receipt_is_read_as_it_was_written_and_is_right(size: int, data: st.DataObject, extra: bytes | None) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = receipt(index, size, extra=extra)
    raw = print_proof_file(proof)
    assert parse_proof_file(raw) == proof
    found, signed = check_proof_file(raw, ENTRIES[index], origin=ORIGIN, keys=KEYS)
    assert (found.extra, signed.checkpoint.size) == (extra, size)


def test_a_receipt_looks_as_the_specification_has_it() -> None:
    proof = receipt(1, 3, extra=b"more")
    first, second = (b64encode(one).decode() for one in proof.proof)
    assert print_proof_file(proof) == (
        f"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 1\n{first}\n{second}\n\n".encode() + proof.checkpoint
    )


def test_the_proof_of_the_only_entry_has_no_hashes() -> None:
    raw = print_proof_file(receipt(0, 1))
    assert raw.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\n")
    check(raw, 0)


RAW = print_proof_file(receipt(123, 300))


@given(at=st.integers(0, len(RAW) - 1), by=st.integers(1, 255))
def test_a_receipt_of_which_a_byte_was_changed_is_refused(at: int, by: int) -> None:
    with pytest.raises(Unsound):
        check(RAW[:at] + bytes([RAW[at] ^ by]) + RAW[at + 1 :], 123)


@given(at=st.integers(0, len(RAW) - 1))
def test_a_receipt_that_was_cut_is_refused(at: int) -> None:
    with pytest.raises(Unsound):
        check(RAW[:at], 123)


def test_a_receipt_says_nothing_of_another_entry_index_log_or_key() -> None:
    assert refusal(lambda: check(RAW, 124)) == ("TRE-005", {})
    assert refusal(lambda: check(RAW.replace(b"index 123", b"index 122"), 123)) == ("TRE-005", {})
    assert refusal(lambda: check(RAW.replace(b"index 123", b"index 300"), 123)) == (
        "TRE-001",
        {"index": 300, "size": 300},
    )
    assert refusal(lambda: check_proof_file(RAW, ENTRIES[123], origin="other.example", keys=KEYS))[0] == "CKP-003"
    assert refusal(lambda: check_proof_file(RAW, ENTRIES[123], origin=ORIGIN, keys=[STRANGER.verifier]))[0] == "NTE-007"


def test_lines_of_unknown_keys_do_not_disturb() -> None:
    proof = receipt(5, 9)
    text = proof.checkpoint.split(b"\n\n")[0] + b"\n"
    noted = print_note(Note(text, (*unknown_lines(16), LOG.sign(text))))
    check(print_proof_file(proof._replace(checkpoint=noted)), 5)


HASH = b64encode(bytes(32)).decode()
HEAD = "c2sp.org/tlog-proof@v1"


@pytest.mark.parametrize(
    "raw, line",
    [
        ("", 1),
        (f"{HEAD}", 2),
        (f"{HEAD}\n\nrest", 2),
        (f"{HEAD}\r\nindex 1\r\n\r\nrest", 1),
        ("c2sp.org/tlog-proof@v2\nindex 1\n\nrest", 1),
        (f"{HEAD}\nindex 1\n{HASH}\n", 4),
        (f"{HEAD}\nindex 01\n\nrest", 2),
        (f"{HEAD}\nindex -1\n\nrest", 2),
        (f"{HEAD}\nindex  1\n\nrest", 2),
        (f"{HEAD}\nindex\n\nrest", 2),
        (f"{HEAD}\nindex {2**63}\n\nrest", 2),
        (f"{HEAD}\n{HASH}\n\nrest", 2),
        (f"{HEAD}\nextra ?\nindex 1\n\nrest", 2),
        (f"{HEAD}\nextra bW9yZQ\nindex 1\n\nrest", 2),
        (f"{HEAD}\nextra bW9yZQ==\n\nrest", 2),
        (f"{HEAD}\nextra bW9yZQ==\nextra bW9yZQ==\nindex 1\n\nrest", 3),
        (f"{HEAD}\nindex 1\nextra bW9yZQ==\n\nrest", 3),
        (f"{HEAD}\nindex 1\n{HASH} \n\nrest", 3),
        (f"{HEAD}\nindex 1\n{HASH[:-4]}\n\nrest", 3),
        (f"{HEAD}\nindex 1\n{HASH}\nAAAA\n\nrest", 4),
        (f"{HEAD}\nindex 1\n" + f"{HASH}\n" * 64 + "\nrest", 66),
        (f"{HEAD}\nindex 1\n\N{FULLWIDTH DIGIT ONE}\n\nrest", 3),
        ("x" * 2_000_001, 1),
    ],
)
def test_a_malformed_receipt_is_refused(raw: str, line: int) -> None:
    assert refusal(lambda: parse_proof_file(raw.encode())) == ("PRF-001", {"line": line})
