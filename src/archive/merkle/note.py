"""Signed notes: C2SP signed-note v1.0.0 (https://c2sp.org/signed-note), with Ed25519.

    note          text, a blank line, then one line for each signature:  — <name> <base64 of key ID || signature>
    key ID        SHA-256(name || 0x0A || type || public key), the first four bytes
    verifier key  <name>+<key ID, hexadecimal>+<base64 of type || public key>
    signer key    PRIVATE+KEY+<name>+<key ID, hexadecimal>+<base64 of type || seed>, as Go's note package writes it

Rules
- What is signed is the text with its last newline; the blank line is not.
- A line of a key that we do not know is ignored, whatever it says. A line of one that we know must be right.
- There is one way to write a note: base64 is padded and canonical, lines end in a newline alone, and nothing else below
  U+0020 occurs.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from typing_extensions import override

from archive.merkle.refusal import Unsound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# As Go's note package limits them; the specification asks for at least 16 signatures.
MAX_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
ED25519: Final = 0x01
KEY_ID_BYTES: Final = 4
_DASH: Final = "— "
_PRIVATE: Final = "PRIVATE+KEY+"
# Of an Ed25519 public key, and of a seed.
KEY_BYTES: Final = 32


class Signature(NamedTuple):
    """A signature line: who, with which key, and the bytes after the key's ID."""

    name: str
    key_id: bytes
    payload: bytes


class Note(NamedTuple):
    """A note as it stands: nothing in it is verified."""

    text: bytes
    signatures: tuple[Signature, ...]


class Key(Protocol):
    """A key that we know: whose it is, its ID, and whether what it says of a text is right."""

    @property
    def name(self) -> str:
        """The name in its lines."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that its lines begin with."""

    def verifies(self, text: bytes, payload: bytes) -> bool:
        """Whether the bytes after the ID are this key's signature of the text."""


# --- the form ---------------------------------------------------------------------------------------------------------
def parse_note(raw: bytes) -> Note:
    """The parts of a note. `Unsound`: NTE-001 … NTE-005."""
    if len(raw) > MAX_BYTES:
        raise Unsound("NTE-001", limit=MAX_BYTES)
    _must_be_text(raw)
    text, blank, lines = raw.rpartition(b"\n\n")
    if not blank or not lines.endswith(b"\n"):
        raise Unsound("NTE-003")
    signed = lines[:-1].decode().split("\n")
    if len(signed) > MAX_SIGNATURES:
        raise Unsound("NTE-005", limit=MAX_SIGNATURES)
    first = raw.count(b"\n") - len(signed) + 1
    return Note(text + b"\n", tuple(_parse_line(line, number) for number, line in enumerate(signed, first)))


def print_note(note: Note) -> bytes:
    """The bytes of a note. `Unsound` where they would not be one."""
    lines = b"".join(print_line(one) for one in note.signatures)
    raw = note.text + b"\n" + lines
    if not note.text.endswith(b"\n") or parse_note(raw) != note:
        raise Unsound("NTE-003")
    return raw


def parse_line(line: str) -> Signature:
    """One signature line, without its newline, as a witness answers it. `Unsound` NTE-004."""
    return _parse_line(line, 1)


def print_line(signature: Signature) -> bytes:
    """A signature line with its newline."""
    return f"{_DASH}{signature.name} {b64encode(signature.key_id + signature.payload).decode()}\n".encode()


def _parse_line(line: str, number: int) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    decoded = base64_bytes(encoded)
    if not line.startswith(_DASH) or not is_name(name) or decoded is None or len(decoded) <= KEY_ID_BYTES:
        raise Unsound("NTE-004", line=number)
    return Signature(name, decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:])


def _must_be_text(raw: bytes) -> None:
    """UTF-8 in which a newline is the only control character below U+0020."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise Unsound("NTE-002", line=raw.count(b"\n", 0, error.start) + 1) from None
    if (control := re.search(rb"[\x00-\x09\x0b-\x1f]", raw)) is not None:
        raise Unsound("NTE-002", line=raw.count(b"\n", 0, control.start()) + 1)


def is_name(name: str) -> bool:
    """Whether a key can have this name: not empty, no space of any kind, no plus, nothing that a text may not hold."""
    return bool(name) and "+" not in name and all(sign >= " " and not sign.isspace() for sign in name)


def base64_bytes(encoded: str) -> bytes | None:
    """The bytes behind standard base64; None unless it is the one way to write them."""
    try:
        decoded = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    # Bits that the last character has and nobody needs would make two texts of the same bytes.
    return decoded if b64encode(decoded).decode() == encoded else None


# --- keys -------------------------------------------------------------------------------------------------------------
def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes by which lines name a key of this type."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def parse_key(text: str, kind: int) -> tuple[str, bytes]:
    """The name and the 32 bytes of a verifier key. `Unsound`: NTE-008 it is none of this type, NTE-009 its ID is wrong."""
    # The base64 may hold a plus itself.
    name, identifier, encoded = [*text.split("+", 2), "", ""][:3]
    decoded = base64_bytes(encoded)
    if (
        not is_name(name)
        or re.fullmatch(r"[0-9a-f]{8}", identifier) is None
        or decoded is None
        or len(decoded) != 1 + KEY_BYTES
        or decoded[0] != kind
    ):
        raise Unsound("NTE-008")
    if key_id(name, kind, decoded[1:]).hex() != identifier:
        raise Unsound("NTE-009")
    return name, decoded[1:]


def print_key(name: str, kind: int, public: bytes) -> str:
    """A verifier key in one line, as people print and hand it on."""
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(bytes([kind]) + public).decode()}"


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 public key signed the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class VerifierKey(NamedTuple):
    """A key whose lines sign the text itself (type 0x01)."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a printed line."""
        return cls(*parse_key(text, ED25519))

    @override
    def __str__(self) -> str:
        return print_key(self.name, ED25519, self.public)

    @property
    def key_id(self) -> bytes:
        """The four bytes that its lines begin with."""
        return key_id(self.name, ED25519, self.public)

    def verifies(self, text: bytes, payload: bytes) -> bool:
        """Whether the bytes are its signature of the text."""
        return is_signed(self.public, text, payload)


class SignerKey:
    """The secret half of a verifier key. It does not show itself: `secret()` is what is written into a key file."""

    def __init__(self, name: str, seed: bytes) -> None:
        """`Unsound` NTE-008: no key has this name, or a seed of this length."""
        if not is_name(name) or len(seed) != KEY_BYTES:
            raise Unsound("NTE-008")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a key file's line. `Unsound`: NTE-008 it is none, NTE-009 its ID is wrong."""
        name, identifier, encoded = [*text.removeprefix(_PRIVATE).split("+", 2), "", ""][:3]
        decoded = base64_bytes(encoded)
        if not text.startswith(_PRIVATE) or decoded is None or decoded[:1] != bytes([ED25519]):
            raise Unsound("NTE-008")
        key = cls(name, decoded[1:])
        if key.verifier.key_id.hex() != identifier:
            raise Unsound("NTE-009")
        return key

    def secret(self) -> str:
        """The line of a key file."""
        encoded = b64encode(bytes([ED25519]) + self._seed).decode()
        return f"{_PRIVATE}{self.verifier.name}+{self.verifier.key_id.hex()}+{encoded}"

    def sign(self, text: bytes) -> Signature:
        """The signature of a text, which ends with a newline. The same text always has the same one."""
        return Signature(self.verifier.name, self.verifier.key_id, self.raw_signature(text))

    def raw_signature(self, message: bytes) -> bytes:
        """The 64 bytes of Ed25519 alone."""
        return self._private.sign(message)


# --- what is verified -------------------------------------------------------------------------------------------------
def verified(note: Note, keys: Collection[Key]) -> list[Signature]:
    """The lines of these keys, all checked, the first of each key; others are passed over.

    `Unsound` NTE-006: one of them is wrong. Nobody counts twice for having signed twice.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[tuple[str, bytes], Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.verifies(note.text, signature.payload):
            raise Unsound("NTE-006", name=signature.name, key=signature.key_id.hex())
        found.setdefault((signature.name, signature.key_id), signature)
    return list(found.values())


def open_note(raw: bytes, keys: Collection[Key]) -> tuple[Note, list[Signature]]:
    """A note and its lines that are right. `Unsound` NTE-007: none is by one of these keys; and as above."""
    note = parse_note(raw)
    found = verified(note, keys)
    if not found:
        raise Unsound("NTE-007")
    return note, found


def signed_note(text: bytes, keys: Sequence[SignerKey]) -> bytes:
    """A note over this text with a line of each key."""
    return print_note(Note(text, tuple(key.sign(text) for key in keys)))
