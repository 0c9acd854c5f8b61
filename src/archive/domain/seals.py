"""Seals: salted commitments to text that is kept outside the log.

    M    = "opengov-archive/seal/v1" LF origin LF stream LF field LF decimal(len(value)) LF value
    seal = "s1:" + base64url without padding( HMAC-SHA-256(key = salt, M) )

The salt is 32 bytes from the operating system, new for every value and never reused. A seal opens for one field of one
stream of one log. Once salt and value are erased, nobody can test a guess against it. Anyone can check an opening with
`openssl dgst -sha256 -mac HMAC -macopt hexkey:<salt>` over M.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from typing import Final

SALT_BYTES: Final = 32
_CONTEXT: Final = b"opengov-archive/seal/v1\n"
# From the alphabet for addresses to the one of base64.
_STANDARD: Final = str.maketrans("-_", "+/")


def seal(*, origin: str, stream: str, field: str, salt: bytes, value: bytes) -> str:
    """The seal of the value's bytes in one field of one stream: 46 characters."""
    # HMAC fills a short key up with zeros: with salts of any length, two of them would give one seal.
    assert len(salt) == SALT_BYTES
    head = f"{origin}\n{stream}\n{field}\n{len(value)}\n".encode()
    return seal_text(hmac.digest(salt, _CONTEXT + head + value, "sha256"))


def opens(  # noqa: PLR0913 - a seal, and all that it binds
    sealed: str, *, origin: str, stream: str, field: str, salt: bytes, value: bytes
) -> bool:
    """Whether salt and value are what was sealed there."""
    if len(salt) != SALT_BYTES:
        return False
    found = seal(origin=origin, stream=stream, field=field, salt=salt, value=value)
    return hmac.compare_digest(sealed.encode(), found.encode())


def decoy(noise: bytes) -> str:
    """A seal of nothing, from 32 random bytes: an absent text looks like a present one."""
    assert len(noise) == SALT_BYTES
    return seal_text(noise)


def seal_bytes(sealed: str) -> bytes:
    """The 32 bytes behind the text form of a seal."""
    # A rebuild asks this for every text: a third of the time of `urlsafe_b64decode`, which says the same.
    return a2b_base64(sealed[3:].translate(_STANDARD) + "=")


def seal_text(digest: bytes) -> str:
    """The text form of a seal's 32 bytes."""
    return "s1:" + urlsafe_b64encode(digest)[:-1].decode("ascii")
