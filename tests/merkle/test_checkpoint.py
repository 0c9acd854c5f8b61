"""Checkpoints and cosignatures: a published one is right, ours come back, and nothing malformed is taken."""

from base64 import b64encode

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.merkle.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, print_checkpoint
from archive.merkle.cosignature import WitnessKey, cosign, seen_at
from archive.merkle.note import Note, VerifierKey, print_note, signed_note
from archive.merkle.tree import EMPTY_ROOT
from merkle.notes import (
    LOG,
    NEWER,
    ORIGIN,
    PUBLISHED,
    PUBLISHED_KEY,
    PUBLISHED_WITNESSES,
    STRANGER,
    WITNESS,
    unknown_lines,
)
from merkle.refusals import refusal

ROOT = bytes(range(32))
ENCODED = b64encode(ROOT).decode()
CHECKPOINT = Checkpoint(ORIGIN, 70_000, ROOT)
TEXT = print_checkpoint(CHECKPOINT)
KEYS = [LOG.verifier]
WITNESSES = [WitnessKey(WITNESS.verifier.name, WITNESS.verifier.public)]


def test_a_published_checkpoint_is_right_with_its_witnesses() -> None:
    origin = "arche2025h1.staging.ct.transparency.dev"
    witnesses = [WitnessKey.parse(text) for text in PUBLISHED_WITNESSES]
    signed = open_checkpoint(PUBLISHED, origin=origin, keys=[VerifierKey.parse(PUBLISHED_KEY)], witnesses=witnesses)
    assert (signed.checkpoint.origin, signed.checkpoint.size) == (origin, 1_432_088_532)
    assert len(signed.note.signatures) == 6
    assert [line.name for line in signed.by_log] == [origin]
    assert [(line.name, seen_at(line.payload)) for line in signed.by_witnesses] == [
        ("remora.n621.de", 1_779_573_024),
        ("witness.stagemole.eu", 1_779_573_024),
    ]
    assert [str(key) for key in witnesses] == list(PUBLISHED_WITNESSES)


def test_the_text_of_a_checkpoint_is_three_lines() -> None:
    assert f"{ORIGIN}\n70000\n{ENCODED}\n".encode() == TEXT


@given(
    checkpoint=st.builds(
        Checkpoint,
        st.text(st.characters(exclude_categories=["C"]), min_size=1),
        st.integers(1, 2**63 - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1), max_size=3).map(tuple),
    )
)
def test_a_checkpoint_is_read_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(print_checkpoint(checkpoint)) == checkpoint


def test_the_empty_tree_has_one_root() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert parse_checkpoint(print_checkpoint(empty)) == empty
    assert refusal(lambda: print_checkpoint(Checkpoint(ORIGIN, 0, ROOT))) == ("CKP-002", {})


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        ("\n", 2),
        (f"{ORIGIN}\n", 2),
        (f"{ORIGIN}\n1\n", 3),
        (f"{ORIGIN}\n1\n{ENCODED}", 3),
        (f"\n1\n{ENCODED}\n", 1),
        (f"{ORIGIN}\n\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n01\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n00\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n+1\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n-1\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n 1\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n1 \n{ENCODED}\n", 2),
        (f"{ORIGIN}\n1_0\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n1.0\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n٣\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n{2**63}\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n{'9' * 5000}\n{ENCODED}\n", 2),
        (f"{ORIGIN}\n1\n{ENCODED[:-1]}\n", 3),
        (f"{ORIGIN}\n1\n{ENCODED[:-4]}\n", 3),
        (f"{ORIGIN}\n1\n{ENCODED}AAAA\n", 3),
        (f"{ORIGIN}\n1\n{ENCODED[:-2]}9=\n", 3),
        (f"{ORIGIN}\n1\n{ROOT.hex()}\n", 3),
        (f"{ORIGIN}\n1\n{ENCODED}\nextension", 4),
        (f"{ORIGIN}\n1\n{ENCODED}\n\nextension\n", 4),
        (f"{ORIGIN}\n1\n{ENCODED}\nextension\n\n", 5),
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str, line: int) -> None:
    assert refusal(lambda: parse_checkpoint(text.encode())) == ("CKP-001", {"line": line})


def test_extension_lines_are_taken_and_signed() -> None:
    text = print_checkpoint(CHECKPOINT._replace(extensions=("one", "two")))
    signed = open_checkpoint(signed_note(text, [LOG]), origin=ORIGIN, keys=KEYS)
    assert signed.checkpoint.extensions == ("one", "two")
    changed = signed_note(text, [LOG]).replace(b"two", b"twa")
    assert refusal(lambda: open_checkpoint(changed, origin=ORIGIN, keys=KEYS))[0] == "NTE-006"


# --- whose it is ------------------------------------------------------------------------------------------------------
def test_a_checkpoint_of_another_log_is_refused_though_the_key_is_right() -> None:
    raw = signed_note(print_checkpoint(CHECKPOINT._replace(origin="other.example")), [LOG])
    assert refusal(lambda: open_checkpoint(raw, origin=ORIGIN, keys=KEYS)) == ("CKP-003", {"origin": ORIGIN})


def test_a_checkpoint_of_another_key_is_refused() -> None:
    for key in (NEWER, STRANGER):
        assert refusal(lambda key=key: open_checkpoint(signed_note(TEXT, [key]), origin=ORIGIN, keys=KEYS)) == (  # type: ignore[misc]  # mypy cannot infer a lambda's default
            "NTE-007",
            {},
        )


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    raw = print_note(Note(TEXT, (cosign(TEXT, WITNESS, seconds=1),)))
    assert refusal(lambda: open_checkpoint(raw, origin=ORIGIN, keys=KEYS, witnesses=WITNESSES)) == ("NTE-007", {})


# --- witnesses --------------------------------------------------------------------------------------------------------
def test_a_witness_says_when_it_saw_a_checkpoint() -> None:
    lines = (LOG.sign(TEXT), *unknown_lines(16), cosign(TEXT, WITNESS, seconds=1_800_000_000))
    signed = open_checkpoint(print_note(Note(TEXT, lines)), origin=ORIGIN, keys=KEYS, witnesses=WITNESSES)
    assert [seen_at(line.payload) for line in signed.by_witnesses] == [1_800_000_000]
    assert [len(line.payload) for line in signed.by_witnesses] == [72]


def test_a_witness_that_signs_twice_counts_once() -> None:
    lines = (LOG.sign(TEXT), *(cosign(TEXT, WITNESS, seconds=seconds) for seconds in (5, 6)))
    signed = open_checkpoint(print_note(Note(TEXT, lines)), origin=ORIGIN, keys=KEYS, witnesses=WITNESSES)
    assert [seen_at(line.payload) for line in signed.by_witnesses] == [5]


def test_a_cosignature_is_of_a_text_a_time_and_a_type() -> None:
    right = cosign(TEXT, WITNESS, seconds=5)
    later = (6).to_bytes(8, "big") + right.payload[8:]
    wrong = [
        right._replace(payload=later),
        right._replace(payload=right.payload[:-1]),
        right._replace(payload=right.payload + b"\0"),
        right._replace(payload=right.payload[8:]),
        right._replace(payload=b"\xff" * 8 + right.payload[8:]),
        right._replace(payload=WITNESS.raw_signature(TEXT)),
        cosign(TEXT + b"more\n", WITNESS, seconds=5),
    ]
    for line in wrong:
        raw = print_note(Note(TEXT, (LOG.sign(TEXT), line)))
        assert refusal(lambda raw=raw: open_checkpoint(raw, origin=ORIGIN, keys=KEYS, witnesses=WITNESSES)) == (  # type: ignore[misc]  # mypy cannot infer a lambda's default
            "NTE-006",
            {"name": WITNESS.verifier.name, "key": WITNESSES[0].key_id.hex()},
        )
        # Whoever does not ask for this witness is not disturbed by it.
        assert open_checkpoint(raw, origin=ORIGIN, keys=KEYS).checkpoint == CHECKPOINT


def test_a_time_beyond_63_bits_is_refused_though_it_is_signed() -> None:
    line = cosign(TEXT, WITNESS, seconds=2**63)
    assert not WITNESSES[0].verifies(TEXT, line.payload)
    assert WITNESSES[0].verifies(TEXT, cosign(TEXT, WITNESS, seconds=2**63 - 1).payload)


def test_the_key_of_a_witness_is_not_that_of_a_log() -> None:
    assert refusal(lambda: WitnessKey.parse(str(WITNESS.verifier))) == ("NTE-008", {})
    assert refusal(lambda: VerifierKey.parse(str(WITNESSES[0]))) == ("NTE-008", {})
    assert WITNESSES[0].key_id != WITNESS.verifier.key_id
