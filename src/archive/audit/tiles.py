"""Every tile that is served, compared with what the entries hash to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.audit.findings import Finding, finding
from archive.merkle.tiles import HEIGHT, WIDTH, grow, row_length
from archive.merkle.tree import HASH_BYTES
from archive.projections import tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.projections.runner import Reading


class Tiles:
    """The tiles of a generation, compared while the entries are hashed. AUD-032: one is another, missing, or too many."""

    def __init__(self, reading: Reading, *, report: Callable[[Finding], None]) -> None:
        self.compared = 0
        self._db = reading.db
        self._report = report
        self._size = tree.folded_size(reading.db)
        self._at = 0
        self._edge: list[bytes] = []

    def add(self, leaves: bytes) -> None:
        """Compare the tiles that these leaf hashes complete."""
        leaves = leaves[: (self._size - self._at) * HASH_BYTES]
        grown = grow(self._at, self._edge, leaves)
        for tile, hashes in grown.full:
            self._compare(tile.level, tile.number, hashes)
        self._edge = grown.edge
        self._at += len(leaves) // HASH_BYTES

    def finish(self) -> None:
        """Compare the last tile of each level, and look for tiles that no tree of this size has.

        Where the log ends before the tiles do they are not compared: that it is shorter, or has a gap, is a finding of
        its own.
        """
        if self._at < self._size:
            return
        for level, hashes in enumerate(self._edge):
            if hashes:
                self._compare(level, row_length(level, self._size) // WIDTH, hashes)
        for level, number in tree.stored_rows(self._db):
            if number < 0 or number * WIDTH >= row_length(level, self._size):
                self._found(level, number)

    def _compare(self, level: int, number: int, hashes: bytes) -> None:
        self.compared += 1
        if tree.stored_row(self._db, level, number) != hashes:
            self._found(level, number)

    def _found(self, level: int, number: int) -> None:
        first = (number << (HEIGHT * (level + 1))) + 1
        self._report(finding("AUD-032", min(first, self._size), field="hashes", level=level, number=number))
