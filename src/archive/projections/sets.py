"""Sets of numbers: integers with one bit for each, the chunks in which they are kept, and how a statement asks for them.

Rules
- Bit `n` of a set is the number `n`; sets are met with `&`, joined with `|` and counted with `bit_count()`.
- A chunk has its numbers from `chunk * CHUNK` on. Fewer than half as many as it has bytes are written one by one, two
  bytes each, least first; others a bit each. Equal sets are equal bytes.
"""

from __future__ import annotations

import sys
from array import array
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CHUNK: Final = 8_192
CHUNK_BYTES: Final = CHUNK // 8
_FEW: Final = CHUNK_BYTES // 2
_ONE: Final = ord("1")
# Looking one number up costs as much as passing so many.
_PASSED: Final = 8
# Numbers that are passed in two or three milliseconds.
_NEAR: Final = 8_192


def of(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    bits = bytearray()
    for one in numbers:
        place = one >> 3
        if place >= len(bits):
            bits.extend(bytes(place + 1 - len(bits)))
        bits[place] |= 1 << (one & 7)
    return int.from_bytes(bits, "little")


# --- chunks -----------------------------------------------------------------------------------------------------------
def joined(chunks: Mapping[int, bytes]) -> int:
    """The set whose chunks these are, by their numbers; one that is not there is empty."""
    if not chunks:
        return 0
    nothing = bytes(CHUNK_BYTES)
    each = [chunks.get(chunk, nothing) for chunk in range(max(chunks) + 1)]
    return int.from_bytes(b"".join([one if len(one) == CHUNK_BYTES else _dense(one, ()) for one in each]), "little")


def grown(before: bytes, added: Sequence[int]) -> bytes:
    """The members of a chunk with more of them, all higher."""
    if len(before) < CHUNK_BYTES and len(before) // 2 + len(added) < _FEW:
        return before + _little(array("H", added))
    return _dense(before, added)


def _dense(before: bytes, added: Iterable[int]) -> bytes:
    """The members of a chunk, a bit each."""
    # A digit each, which is set in half the time, and from there as a number.
    digits = bytearray(b"0" * CHUNK)
    known = 0
    if len(before) == CHUNK_BYTES:
        known = int.from_bytes(before, "little")
    else:
        added = [*_sparse(before), *added]
    for one in added:
        digits[~one] = _ONE
    return (int(digits, 2) | known).to_bytes(CHUNK_BYTES, "little")


def _sparse(members: bytes) -> array[int]:
    found = array("H", members)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _little(found: array[int]) -> bytes:
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def bits_of(members: bytes) -> int:
    """The members of a chunk as a set."""
    return int.from_bytes(members if len(members) == CHUNK_BYTES else _dense(members, ()), "little")


def packed(bits: int) -> bytes:
    """A set of numbers below 8192 as the members of a chunk."""
    if bits.bit_count() >= _FEW:
        return bits.to_bytes(CHUNK_BYTES, "little")
    return _little(array("H", numbers(bits)))


# --- in SQL: `:found` is `members` of it ------------------------------------------------------------------------------
def few(found: int) -> bool:
    """Whether a statement begins with these, as a list, and does not look at all numbers for them."""
    return found.bit_count() * _PASSED <= found.bit_length()


def near_an_end(found: int, *, enough: int, high: bool) -> bool:
    """Whether so many of these are among the highest numbers, or the lowest: who walks from there comes to them soon."""
    end = found >> max(found.bit_length() - _NEAR, 0) if high else found & ((1 << _NEAR) - 1)
    return end.bit_count() >= enough


def is_found(column: str, *, listed: bool) -> str:
    """The condition that a number is one of these; nothing is asked of numbers that come from the list."""
    return "TRUE" if listed else f"substr(:found, {column} + 1, 1) = x'31'"


def members(found: int, *, listed: bool) -> str | bytes:
    """The numbers as a list in JSON; or else a digit for each number, the one with the number 0 first."""
    if listed:
        return msgspec.json.encode(numbers(found)).decode()
    return _digits(found)


def _digits(bits: int) -> bytes:
    return f"{bits:b}".encode()[::-1]


def numbers(bits: int) -> list[int]:
    """The numbers in a set, least first."""
    digits = _digits(bits).translate(_AS_NUMBERS)
    return list(compress(range(len(digits)), digits))


_AS_NUMBERS: Final = bytes.maketrans(b"01", b"\x00\x01")
