"""Merkle tree hashes: RFC 6962, section 2.1 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1), with SHA-256.

    MTH({})     = SHA-256()
    MTH({d(0)}) = SHA-256(0x00 || d(0))
    MTH(D[0:n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))      k: the largest power of two below n

The leaf at index n is the bytes of the entry at position n + 1, exactly as stored (design 2.2).

Rules
- Hashes side by side are one row: so many times 32 bytes, without anything between them. A batch is hashed as rows.
- A node is the root of a complete subtree. It never changes once its last leaf is there, whatever is appended.
- Every tree is a few nodes from left to right, each smaller than the one before: the binary digits of its size.
"""

from __future__ import annotations

from hashlib import sha256
from struct import iter_unpack
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


class Node(NamedTuple):
    """The root of the 2**level leaves from the index 2**level * number on."""

    level: int
    number: int


# Where a prover reads: the hashes of nodes, in the order asked. Tiles, a table or a list can be the source.
Hashes: TypeAlias = "Callable[[Sequence[Node]], Sequence[bytes]]"


def leaf_hash(entry: bytes) -> bytes:
    """The 32 bytes of a leaf: SHA-256(0x00 || entry). The prefix keeps a leaf from being taken for a node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32 bytes above two hashes: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def leaf_row(entries: Iterable[bytes]) -> bytes:
    """The leaf hashes of entries, as a row."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def parents(row: bytes) -> bytes:
    """The row above a row of an even number of hashes."""
    return b"".join([sha256(b"\x01" + pair).digest() for (pair,) in iter_unpack("64s", row)])


def root_of(row: bytes) -> bytes:
    """The root over a row of leaf hashes. Level by level: a hash without a right neighbour goes up as it is."""
    if not row:
        return EMPTY_ROOT
    while len(row) > HASH_BYTES:
        even = len(row) - len(row) % (2 * HASH_BYTES)
        row = parents(row[:even]) + row[even:]
    return row


class Frontier:
    """What is needed of a tree to append to it: its nodes from left to right, one for each binary digit of its size."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        assert len(nodes) == size.bit_count(), "a tree has a node for each binary digit of its size"
        self.size = size
        self._nodes = list(nodes)

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """The hashes of the nodes, the largest first: with the size, all that has to be kept."""
        return tuple(self._nodes)

    def append(self, leaf: bytes) -> None:
        """Append a leaf, by its hash."""
        grown = leaf
        digits = self.size
        while digits & 1:
            grown = node_hash(self._nodes.pop(), grown)
            digits >>= 1
        self._nodes.append(grown)
        self.size += 1

    def extend(self, row: bytes) -> None:
        """Append a row of leaves, by their hashes: all of a level at once."""
        grown = []
        digits = self.size
        self.size += len(row) // HASH_BYTES
        while row or digits:
            if digits & 1:
                row = self._nodes.pop() + row
            if len(row) % (2 * HASH_BYTES):
                # Without a right neighbour it is a node of the tree.
                grown.append(row[-HASH_BYTES:])
                row = row[:-HASH_BYTES]
            row = parents(row)
            digits >>= 1
        self._nodes = grown[::-1]

    def root(self) -> bytes:
        """The root of the tree as it is."""
        return folded(self._nodes) if self._nodes else EMPTY_ROOT


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root over nodes from left to right, each smaller than the one before; at least one."""
    *others, root = hashes
    for left in reversed(others):
        root = node_hash(left, root)
    return root


def nodes_between(start: int, end: int) -> list[Node]:
    """The nodes that the leaves `start <= index < end` consist of. `start` is a multiple of the largest of them."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        assert start % (1 << level) == 0, "what begins here is part of no larger node"
        found.append(Node(level, start >> level))
        start += 1 << level
    return found


def roots_between(ranges: Sequence[tuple[int, int]], hashes: Hashes) -> list[bytes]:
    """The roots of `[start, end)` each: everything is asked of the source at once."""
    parts = [nodes_between(start, end) for start, end in ranges]
    found = iter(hashes([node for part in parts for node in part]))
    return [folded([next(found) for _ in part]) for part in parts]


def root_at(size: int, hashes: Hashes) -> bytes:
    """The root of the first `size` leaves."""
    return roots_between([(0, size)], hashes)[0] if size else EMPTY_ROOT


def hashes_of(row: bytes) -> Hashes:
    """A row of leaf hashes as the source of a prover; for small trees."""
    levels = [row]
    while len(levels[-1]) >= 2 * HASH_BYTES:
        below = levels[-1]
        levels.append(parents(below[: len(below) - len(below) % (2 * HASH_BYTES)]))
    return lambda nodes: [levels[level][number * HASH_BYTES : (number + 1) * HASH_BYTES] for level, number in nodes]
