"""Proofs from the tiles in the file, for a process that makes many: what was read and computed is kept for the next one.

Rules
- What is kept of a tile is right for every size of the tree: the tile of a smaller tree is its beginning.
- At most so many tiles are kept, those used last; each takes 16 KiB once a proof has gone through all of it.
- Proofs go out as they are. Whoever signs a tree reads its tiles anew, and never from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.merkle.proof import consistency_ranges, inclusion_ranges
from archive.merkle.proof_file import ProofFile, print_proof_file
from archive.merkle.tiles import OpenTile, Tile, hashes_in
from archive.merkle.tree import roots_between
from archive.projections import tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

# 64 MiB: every tile of a log of a million entries.
KEPT_TILES: Final = 4_096


def receipt(db: Connection, position: int, *, size: int, note: bytes) -> bytes:
    """The proof file (C2SP tlog-proof) of an entry, with a checkpoint over `size` entries that covers it."""
    proof = Prover(db).inclusion(position - 1, size)
    return print_proof_file(ProofFile(position - 1, tuple(proof), note))


class Prover:
    """Makes proofs over the projection of one file, for one thread."""

    def __init__(self, db: Connection, *, kept: int = KEPT_TILES) -> None:
        self.db = db
        self._kept = kept
        # Level and number -> the width that was read, and the tile; the one used last is last.
        self._tiles: dict[tuple[int, int], tuple[int, OpenTile]] = {}

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """That the entry at position `index + 1` is in the tree of this size; as RFC 6962 orders it."""
        return roots_between(inclusion_ranges(index, size), hashes_in(size, self._read))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """That the tree of the size `new` begins with that of the size `old`; as RFC 6962 orders it."""
        return roots_between(consistency_ranges(0, old, new), hashes_in(new, self._read)) if old else []

    def _read(self, tiles: Sequence[Tile]) -> list[OpenTile]:
        return [self._open(one) for one in tiles]

    def _open(self, wanted: Tile) -> OpenTile:
        at = wanted[:2]
        found = self._tiles.pop(at, None)
        if found is None or found[0] < wanted.width:
            found = wanted.width, OpenTile(wanted, tree.stored(self.db, wanted))
            if len(self._tiles) >= self._kept:
                del self._tiles[next(iter(self._tiles))]
        self._tiles[at] = found
        return found[1]
