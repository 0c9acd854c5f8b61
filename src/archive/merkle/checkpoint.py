"""Checkpoints: C2SP tlog-checkpoint v1.0.0 (https://c2sp.org/tlog-checkpoint): a signed note that says what the tree is.

    <origin>                 the name of the log
    <size>                   how many leaves, decimal
    <base64 of the root>
    <extension line> …       allowed, and not advised: nobody can audit them

There is no time in a checkpoint; witnesses add it (cosignature.py).
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.merkle.note import base64_bytes, open_note, verified
from archive.merkle.refusal import Unsound
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection

    from archive.merkle.note import Key, Note, Signature

# What every program can count: 63 bits.
MAX_SIZE: Final = (1 << 63) - 1


class Checkpoint(NamedTuple):
    """The tree of a log at one size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


class SignedCheckpoint(NamedTuple):
    """A checkpoint, the note it came in, and the lines of it that were checked: the log's own, and its witnesses'."""

    checkpoint: Checkpoint
    note: Note
    by_log: list[Signature]
    by_witnesses: list[Signature]


def print_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The text to be signed. `Unsound` where it would not be that of a checkpoint."""
    lines = [
        checkpoint.origin,
        str(checkpoint.size),
        b64encode(checkpoint.root).decode(),
        *checkpoint.extensions,
    ]
    text = "".join(f"{line}\n" for line in lines).encode()
    if parse_checkpoint(text) != checkpoint:
        raise Unsound("CKP-001", line=1)
    return text


def parse_checkpoint(text: bytes) -> Checkpoint:
    """What the text of a note says. `Unsound`: CKP-001 it is no checkpoint, CKP-002 no empty tree has this root."""
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Unsound("CKP-001", line=text.count(b"\n", 0, error.start) + 1) from None
    if len(lines) < 4:
        raise Unsound("CKP-001", line=len(lines))
    origin, digits, encoded, *extensions, after = lines
    size = decimal(digits)
    root = base64_bytes(encoded)
    if not origin:
        raise Unsound("CKP-001", line=1)
    if size is None:
        raise Unsound("CKP-001", line=2)
    if root is None or len(root) != HASH_BYTES:
        raise Unsound("CKP-001", line=3)
    if after:
        raise Unsound("CKP-001", line=len(lines))
    if "" in extensions:
        raise Unsound("CKP-001", line=4 + extensions.index(""))
    if size == 0 and root != EMPTY_ROOT:
        raise Unsound("CKP-002")
    return Checkpoint(origin, size, root, tuple(extensions))


def decimal(digits: str) -> int | None:
    """A number written the one way there is: ASCII digits, no zero before them, at most 2**63 − 1."""
    if re.fullmatch(r"0|[1-9][0-9]{0,18}", digits) is None:
        return None
    number = int(digits)
    return number if number <= MAX_SIZE else None


def open_checkpoint(
    raw: bytes, *, origin: str, keys: Collection[Key], witnesses: Collection[Key] = ()
) -> SignedCheckpoint:
    """The checkpoint of a log, signed by one of its keys. Who asks has the keys from elsewhere, never from the log.

    `Unsound`: NTE-… the note, CKP-… its text, CKP-003 it is of another log. Lines of witnesses are checked if there are
    any; how many there must be is for who asks to say.
    """
    note, by_log = open_note(raw, keys)
    by_witnesses = verified(note, witnesses)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise Unsound("CKP-003", origin=origin)
    return SignedCheckpoint(checkpoint, note, by_log, by_witnesses)
