"""Tiles: C2SP tlog-tiles v0.1.0 (https://c2sp.org/tlog-tiles), the tree cut into pieces that never change.

    tile/<L>/<N>[.p/<W>]         a row of W (256 in a full tile) nodes of the level 8 × L of the tree
    tile/entries/<N>[.p/<W>]     a bundle: the W entries behind that tile of level 0, each after its length

Rules
- <N> is written in groups of three digits, all but the last after an x: 1234067 is x001/x234/067.
- A tree has the partial tile at the end of a level only where that holds something: an empty tile does not exist.
- Only full tiles are hashed into the level above.
- A tile of a smaller tree is the beginning of the same tile of a larger one.
"""

from __future__ import annotations

import re
from struct import pack
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.merkle.refusal import Unsound
from archive.merkle.tree import HASH_BYTES, parents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archive.merkle.tree import Hashes, Node

# Levels of the tree in one of tiles, and hashes in a full tile.
HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
FULL_BYTES: Final = WIDTH * HASH_BYTES
MAX_LEVEL: Final = 63
MAX_ENTRY_BYTES: Final = 65_535
# What 64 bits count to.
_MAX_NUMBER: Final = (1 << 64) - 1

_PATH: Final = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class Tile(NamedTuple):
    """Hashes of one level; of a full tile, `width` is 256."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where it is served, below the prefix of the log."""
        return _path(str(self.level), self.number, self.width)


class Bundle(NamedTuple):
    """Entries; of a full bundle, `width` is 256."""

    number: int
    width: int

    @property
    def path(self) -> str:
        """Where it is served, below the prefix of the log."""
        return _path("entries", self.number, self.width)

    @property
    def tile(self) -> Tile:
        """The tile that holds the leaf hashes of its entries."""
        return Tile(0, self.number, self.width)


def _path(level: str, number: int, width: int) -> str:
    assert 0 <= number <= _MAX_NUMBER, "tiles are counted in 64 bits"
    assert 1 <= width <= WIDTH, "an empty tile does not exist"
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *groups, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    folders = "".join(f"x{group}/" for group in groups)
    return f"tile/{level}/{folders}{last}" + ("" if width == WIDTH else f".p/{width}")


def parse_path(path: str) -> Tile | Bundle:
    """The tile or bundle at a path. `Unsound` TIL-001: no path has this form; every tile has exactly one."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise Unsound("TIL-001")
    level, digits, width = found["level"], found["number"], int(found["width"] or WIDTH)
    number = int(re.sub("[x/]", "", digits))
    # More groups than are needed, or a full tile called partial, would be a second path.
    if digits.startswith("x000/") or (found["width"] and width >= WIDTH) or number > _MAX_NUMBER:
        raise Unsound("TIL-001")
    if level == "entries":
        return Bundle(number, width)
    if int(level) > MAX_LEVEL:
        raise Unsound("TIL-001")
    return Tile(int(level), number, width)


# --- which tiles there are --------------------------------------------------------------------------------------------
def row_length(level: int, size: int) -> int:
    """How many hashes a level of tiles has in a tree of this size."""
    return size >> (HEIGHT * level)


def tile_at(level: int, number: int, size: int) -> Tile:
    """The tile as the tree of this size has it, full or partial. `Unsound` TIL-002: it has none."""
    width = min(row_length(level, size) - number * WIDTH, WIDTH)
    if number < 0 or width <= 0:
        raise Unsound("TIL-002", level=level, number=number, size=size)
    return Tile(level, number, width)


def must_be_within(tile: Tile | Bundle, size: int) -> None:
    """`Unsound` TIL-002 unless a tree of at most this size has the tile: what is wider tells what is not published."""
    level = tile.level if isinstance(tile, Tile) else 0
    if tile_at(level, tile.number, size).width < tile.width:
        raise Unsound("TIL-002", level=level, number=tile.number, size=size)


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of this size, level by level; `since`: without those that a tree of that size has already."""
    level = 0
    while row := row_length(level, size):
        had = row_length(level, since)
        if had < row:
            for number in range(had // WIDTH, -(-row // WIDTH)):
                yield Tile(level, number, min(row - number * WIDTH, WIDTH))
        level += 1


def bundles_of(size: int, *, since: int = 0) -> Iterator[Bundle]:
    """The bundles of a tree of this size; `since`: without those that a tree of that size has already."""
    if since < size:
        for number in range(since // WIDTH, -(-size // WIDTH)):
            yield Bundle(number, min(size - number * WIDTH, WIDTH))


def tiles_behind(nodes: Iterable[Node], size: int) -> list[Tile]:
    """The tiles, as the tree of this size has them, from which these nodes are computed; each once, in order."""
    return sorted({_home(node, size) for node in nodes})


def _home(node: Node, size: int) -> Tile:
    level, above = divmod(node.level, HEIGHT)
    return tile_at(level, node.number >> (HEIGHT - above), size)


# --- hashes in tiles --------------------------------------------------------------------------------------------------
class OpenTile:
    """The hashes of a tile and those computed from them, as rows, each made when it is first asked for: 16 KiB in all."""

    __slots__ = ("_rows",)

    def __init__(self, tile: Tile, hashes: bytes) -> None:
        """`Unsound` TIL-003: there are more or fewer hashes than the tile's width."""
        if len(hashes) != tile.width * HASH_BYTES:
            raise Unsound("TIL-003", expected=tile.width * HASH_BYTES, bytes=len(hashes))
        self._rows = [hashes]

    def hash(self, above: int, index: int) -> bytes:
        """The hash at an index of the row so many levels (0…7) above the tile's own."""
        while len(self._rows) <= above:
            row = self._rows[-1]
            self._rows.append(parents(row[: len(row) - len(row) % (2 * HASH_BYTES)]))
        return self._rows[above][index * HASH_BYTES : (index + 1) * HASH_BYTES]


def hashes_in(size: int, read: Callable[[Sequence[Tile]], Sequence[OpenTile]]) -> Hashes:
    """The tiles of a tree as the source of a prover; `read` is asked once for all tiles of a proof, each once, in order."""

    def hashes(nodes: Sequence[Node]) -> list[bytes]:
        homes = [_home(node, size) for node in nodes]
        wanted = sorted(set(homes))
        opened = dict(zip(wanted, read(wanted), strict=True))
        found = []
        for (level, number), tile in zip(nodes, homes, strict=True):
            above = level % HEIGHT
            found.append(opened[tile].hash(above, number & ((WIDTH >> above) - 1)))
        return found

    return hashes


class Grown(NamedTuple):
    """What appended hashes made: full tiles, with their hashes, and the row at the end of each level that is not full."""

    full: list[tuple[Tile, bytes]]
    edge: list[bytes]


def grow(size: int, edge: Sequence[bytes], row: bytes) -> Grown:
    """Append a row of leaf hashes to a tree of `size` leaves whose rows at the right edge are `edge`, level 0 first."""
    assert [len(one) // HASH_BYTES for one in edge] == [row_length(n, size) % WIDTH for n in range(len(edge))], (
        "one tree"
    )
    full: list[tuple[Tile, bytes]] = []
    rows: list[bytes] = []
    level = 0
    while row or level < len(edge):
        joined = edge[level] + row if level < len(edge) else row
        first = row_length(level, size) // WIDTH
        whole = len(joined) // FULL_BYTES
        full += [(Tile(level, first + n, WIDTH), joined[n * FULL_BYTES : (n + 1) * FULL_BYTES]) for n in range(whole)]
        rows.append(joined[whole * FULL_BYTES :])
        row = joined[: whole * FULL_BYTES]
        # All tiles at once: their nodes lie side by side in every level between.
        for _ in range(HEIGHT):
            row = parents(row)
        level += 1
    return Grown(full, rows)


# --- bundles ----------------------------------------------------------------------------------------------------------
def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle. `Unsound` TIL-006: one is longer than 65,535 bytes."""
    parts = []
    for number, entry in enumerate(entries):
        if len(entry) > MAX_ENTRY_BYTES:
            raise Unsound("TIL-006", number=number, bytes=len(entry))
        parts += [pack(">H", len(entry)), entry]
    return b"".join(parts)


def decode_bundle(bundle: Bundle, raw: bytes) -> list[bytes]:
    """The entries of a bundle. `Unsound`: TIL-004 it breaks off, TIL-005 it holds more or fewer than its width."""
    entries: list[bytes] = []
    at = 0
    while at < len(raw):
        if len(entries) == bundle.width:
            raise Unsound("TIL-005", expected=bundle.width)
        start = at + 2
        end = start + int.from_bytes(raw[at:start], "big")
        if start > len(raw) or end > len(raw):
            raise Unsound("TIL-004", number=len(entries))
        entries.append(raw[start:end])
        at = end
    if len(entries) != bundle.width:
        raise Unsound("TIL-005", expected=bundle.width)
    return entries
