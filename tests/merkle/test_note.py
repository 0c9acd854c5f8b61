"""Signed notes: the published ones, what is signed comes back, and every malformed one is refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.merkle.note import (
    MAX_BYTES,
    MAX_SIGNATURES,
    Note,
    Signature,
    SignerKey,
    VerifierKey,
    open_note,
    parse_line,
    parse_note,
    print_line,
    print_note,
    signed_note,
    verified,
)
from archive.merkle.refusal import Unsound
from merkle.notes import LOG, NEWER, ORIGIN, STRANGER, unknown_lines
from merkle.refusals import refusal

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
# golang.org/x/mod/sumdb/note, its documentation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
KEYS = [LOG.verifier]
TEXT = b"archive.example/opengov\n1\nroot\n"
SIGNED = signed_note(TEXT, [LOG])


# --- what is published ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key, note", [(EXAMPLE_KEY, EXAMPLE), (GO_KEY, GO_TEXT + b"\n" + GO_LINE)])
def test_published_notes_are_right(key: str, note: bytes) -> None:
    opened, signatures = open_note(note, [VerifierKey.parse(key)])
    assert print_note(opened) == note
    assert [signature.name for signature in signatures] == [key.split("+", maxsplit=1)[0]]


def test_the_published_secret_key_signs_the_published_note() -> None:
    key = SignerKey.parse(GO_SECRET)
    assert signed_note(GO_TEXT, [key]) == GO_TEXT + b"\n" + GO_LINE
    assert (str(key.verifier), key.secret()) == (GO_KEY, GO_SECRET)


def test_a_secret_key_does_not_show_itself() -> None:
    assert LOG.secret().rsplit("+", 1)[1] not in f"{LOG} {LOG!r} {vars(LOG.verifier.__class__)}"


# --- what is signed ---------------------------------------------------------------------------------------------------
names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="+"), min_size=1, max_size=20)
texts = st.lists(st.text(st.characters(exclude_categories=["C"])), min_size=1).map(
    lambda lines: "".join(f"{line}\n" for line in lines).encode()
)


@given(name=names, seed=st.binary(min_size=32, max_size=32), text=texts)
def test_what_is_signed_is_right_and_comes_back(name: str, seed: bytes, text: bytes) -> None:
    key = SignerKey(name, seed)
    raw = signed_note(text, [key])
    note, signatures = open_note(raw, [VerifierKey.parse(str(key.verifier))])
    assert (note.text, list(note.signatures), print_note(note)) == (text, signatures, raw)
    assert SignerKey.parse(key.secret()).verifier == key.verifier


@given(at=st.integers(0, len(SIGNED) - 1), by=st.integers(1, 255))
def test_a_note_of_which_a_byte_was_changed_is_refused(at: int, by: int) -> None:
    changed = SIGNED[:at] + bytes([SIGNED[at] ^ by]) + SIGNED[at + 1 :]
    with pytest.raises(Unsound):
        open_note(changed, KEYS)


@given(at=st.integers(0, len(SIGNED) - 1))
def test_a_note_that_was_cut_is_refused(at: int) -> None:
    with pytest.raises(Unsound):
        open_note(SIGNED[:at], KEYS)


# --- which lines count ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("before, after", [(16, 0), (0, 16), (50, 49)])
def test_lines_of_unknown_keys_are_ignored(before: int, after: int) -> None:
    lines = [*unknown_lines(before), LOG.sign(TEXT), *unknown_lines(after)]
    _, signatures = open_note(print_note(Note(TEXT, tuple(lines))), KEYS)
    assert signatures == [LOG.sign(TEXT)]


def test_a_line_with_the_name_or_the_id_alone_is_of_another_key() -> None:
    signature = LOG.sign(TEXT)
    lines = (signature._replace(key_id=b"none"), signature._replace(name="other.example"))
    assert refusal(lambda: open_note(print_note(Note(TEXT, lines)), KEYS)) == ("NTE-007", {})
    assert verified(Note(TEXT, (*lines, signature)), KEYS) == [signature]


def test_a_wrong_line_of_a_known_key_is_refused_beside_right_ones() -> None:
    right = LOG.sign(TEXT)
    for wrong in (right._replace(payload=b"\0" * 64), right._replace(payload=right.payload + b"\0"), LOG.sign(b"x\n")):
        for lines in ((right, wrong), (wrong, right)):
            assert refusal(lambda lines=lines: open_note(print_note(Note(TEXT, lines)), KEYS)) == (  # type: ignore[misc]  # mypy cannot infer a lambda's default
                "NTE-006",
                {"name": ORIGIN, "key": LOG.verifier.key_id.hex()},
            )


def test_a_key_that_signs_twice_counts_once() -> None:
    assert open_note(SIGNED + print_line(LOG.sign(TEXT)), KEYS)[1] == [LOG.sign(TEXT)]


def test_an_older_and_a_newer_key_may_both_sign() -> None:
    note, both = open_note(signed_note(TEXT, [LOG, NEWER]), [LOG.verifier, NEWER.verifier])
    assert list(note.signatures) == both
    assert verified(note, [NEWER.verifier]) == [NEWER.sign(TEXT)]


def test_a_note_of_strangers_alone_is_refused() -> None:
    assert refusal(lambda: open_note(signed_note(TEXT, [STRANGER]), KEYS)) == ("NTE-007", {})
    assert refusal(lambda: open_note(SIGNED, [])) == ("NTE-007", {})


# --- what is malformed ------------------------------------------------------------------------------------------------
LINE = print_line(LOG.sign(TEXT)).decode()
_, _, NAME, ENCODED = ("", *LINE.strip().split(" "))


@pytest.mark.parametrize(
    "raw, code, facts",
    [
        (b"", "NTE-003", {}),
        (b"\n", "NTE-003", {}),
        (b"\n\n", "NTE-003", {}),
        (TEXT, "NTE-003", {}),
        (TEXT + b"\n", "NTE-003", {}),
        (TEXT + LINE.encode(), "NTE-003", {}),
        (SIGNED[:-1], "NTE-003", {}),
        (SIGNED + b"\n", "NTE-003", {}),
        (SIGNED + b"more\n", "NTE-004", {"line": 6}),
        (SIGNED.replace(b"\n", b"\r\n"), "NTE-002", {"line": 1}),
        (SIGNED[:-1] + b"\r\n", "NTE-002", {"line": 5}),
        (SIGNED.replace(b"root", b"ro\0t"), "NTE-002", {"line": 3}),
        (SIGNED.replace(b"root", b"ro\tt"), "NTE-002", {"line": 3}),
        (SIGNED.replace(b"root", b"ro\x1ft"), "NTE-002", {"line": 3}),
        (SIGNED.replace(b"root", b"ro\xfft"), "NTE-002", {"line": 3}),
        (SIGNED.replace(b"root", b"\xed\xa0\x80"), "NTE-002", {"line": 3}),
        (TEXT + b"\n" + LINE.replace("— ", "- ").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace("— ", "—").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace("— ", "—  ").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace("— ", " — ").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace("\n", " \n").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace("\n", " more\n").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace(NAME, "a+b").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace(NAME, "a\N{NO-BREAK SPACE}b").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace(NAME, "a\N{IDEOGRAPHIC SPACE}b").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.replace(NAME, "a\N{LINE SEPARATOR}b").encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME}\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} \n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} AAAA\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} AAAAAA==\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} {ENCODED.rstrip('=')}\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} {ENCODED}=\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + f"— {NAME} AAAAAAAB+_==\n".encode(), "NTE-004", {"line": 5}),
        # The last character says more bits than there are bytes for.
        (TEXT + b"\n" + f"— {NAME} AAAAAAF=\n".encode(), "NTE-004", {"line": 5}),
        (TEXT + b"\n" + LINE.encode() * (MAX_SIGNATURES + 1), "NTE-005", {"limit": MAX_SIGNATURES}),
        (b"x" * MAX_BYTES + SIGNED, "NTE-001", {"limit": MAX_BYTES}),
    ],
)
def test_a_malformed_note_is_refused(raw: bytes, code: str, facts: dict[str, int]) -> None:
    assert refusal(lambda: parse_note(raw)) == (code, facts)


def test_a_text_may_have_blank_lines() -> None:
    text = b"one\n\ntwo\n"
    assert open_note(signed_note(text, [LOG]), KEYS)[0].text == text


@pytest.mark.parametrize(
    "text", [b"", b"no newline", b"one\n\n\xe2\x80\x94 looks-like a signature", b"cr\r\n", b"nul\0\n"]
)
def test_what_is_no_text_is_not_printed(text: bytes) -> None:
    with pytest.raises(Unsound):
        print_note(Note(text, (LOG.sign(text),)))


def test_a_note_without_a_signature_is_not_printed() -> None:
    assert refusal(lambda: print_note(Note(TEXT, ()))) == ("NTE-003", {})
    assert refusal(lambda: print_note(Note(TEXT, (Signature("a b", b"1234", b"x"),)))) == ("NTE-004", {"line": 5})


def test_a_line_alone_is_read_as_witnesses_answer_it() -> None:
    assert parse_line(LINE[:-1]) == LOG.sign(TEXT)
    assert refusal(lambda: parse_line(LINE)) == ("NTE-004", {"line": 1})


# --- keys -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text, code",
    [
        ("", "NTE-008"),
        ("a", "NTE-008"),
        (EXAMPLE_KEY.replace("530d903a", "530D903A"), "NTE-008"),
        (EXAMPLE_KEY.replace("530d903a", "530d903"), "NTE-008"),
        (EXAMPLE_KEY.replace("530d903a", "530d903b"), "NTE-009"),
        (EXAMPLE_KEY.replace("example.com/foo", "example.com/bar"), "NTE-009"),
        (EXAMPLE_KEY.replace("example.com/foo", ""), "NTE-008"),
        (EXAMPLE_KEY.replace("example.com/foo", "a b"), "NTE-008"),
        (EXAMPLE_KEY[:-1], "NTE-008"),
        (EXAMPLE_KEY[:-4], "NTE-008"),
        (EXAMPLE_KEY + "\n", "NTE-008"),
        (" " + EXAMPLE_KEY, "NTE-008"),
        # Another type: the key of a witness.
        ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", "NTE-008"),
        (GO_SECRET, "NTE-008"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str, code: str) -> None:
    assert refusal(lambda: VerifierKey.parse(text)) == (code, {})


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "NTE-008"),
        (GO_KEY, "NTE-008"),
        (GO_SECRET[:-4], "NTE-008"),
        (GO_SECRET.replace("c74f20a3", "c74f20a4"), "NTE-009"),
        (GO_SECRET.replace("PeterNeumann", "Peter Neumann"), "NTE-008"),
    ],
)
def test_what_is_no_secret_key_is_refused(text: str, code: str) -> None:
    assert refusal(lambda: SignerKey.parse(text)) == (code, {})


def test_the_base64_of_a_key_may_hold_a_plus() -> None:
    text = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
    assert str(VerifierKey.parse(text)) == text
