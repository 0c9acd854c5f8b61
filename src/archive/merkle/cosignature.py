r"""Cosignatures: C2SP tlog-cosignature v1 (https://c2sp.org/tlog-cosignature): a witness has seen a checkpoint, and when.

    message   cosignature/v1\n  time <seconds since 1970>\n  then the text of the checkpoint
    line      — <name> <base64 of key ID || 8 bytes of time, big-endian || 64 bytes of Ed25519>

The key of a witness is of a type of its own (0x04), so that no line of it can be taken for a log's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from typing_extensions import override

from archive.merkle.note import Signature, is_signed, key_id, parse_key, print_key

if TYPE_CHECKING:
    from archive.merkle.note import SignerKey

COSIGNATURE: Final = 0x04
# What every program can count: 63 bits.
MAX_SECONDS: Final = (1 << 63) - 1
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64


class WitnessKey(NamedTuple):
    """A key whose lines say that a witness saw the text at a moment."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a printed line. `Unsound`: NTE-008 it is none of this type, NTE-009 its ID is wrong."""
        return cls(*parse_key(text, COSIGNATURE))

    @override
    def __str__(self) -> str:
        return print_key(self.name, COSIGNATURE, self.public)

    @property
    def key_id(self) -> bytes:
        """The four bytes that its lines begin with."""
        return key_id(self.name, COSIGNATURE, self.public)

    def verifies(self, text: bytes, payload: bytes) -> bool:
        """Whether the bytes are a time and its signature of that time and the text."""
        if len(payload) != _TIME_BYTES + _SIGNATURE_BYTES or seen_at(payload) > MAX_SECONDS:
            return False
        return is_signed(self.public, message(text, seconds=seen_at(payload)), payload[_TIME_BYTES:])


def message(text: bytes, *, seconds: int) -> bytes:
    """What a witness signs who saw a checkpoint at this second since 1970."""
    return b"cosignature/v1\ntime %d\n" % seconds + text


def seen_at(payload: bytes) -> int:
    """The second since 1970 that a line of a witness names; asked of lines that were checked."""
    return int.from_bytes(payload[:_TIME_BYTES], "big")


def cosign(text: bytes, key: SignerKey, *, seconds: int) -> Signature:
    """The line of a witness with this secret key, which must sign nothing but cosignatures."""
    name, public = key.verifier
    payload = seconds.to_bytes(_TIME_BYTES, "big") + key.raw_signature(message(text, seconds=seconds))
    return Signature(name, key_id(name, COSIGNATURE, public), payload)
