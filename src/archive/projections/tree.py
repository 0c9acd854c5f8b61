"""The tiles of the log's tree, over the bytes of every entry as they are stored: C2SP tlog-tiles (merkle/tiles.py).

Rules
- The leaf at index n is the entry at position n + 1. Nothing is decoded: an entry of any type is a leaf.
- Each tile is one row. Those that are full never change; the last of each level grows until it is full.
- A partial tile is cut out of its row when it is asked for, at any width that a published tree had: none is stored.
- Nothing is read beyond the size that is asked for. Who serves strangers asks for the size that was published, and what
  lies beyond it is refused as what does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.domain.errors import Corrupt
from archive.merkle.tiles import WIDTH, OpenTile, Tile, grow, hashes_in, must_be_within, row_length
from archive.merkle.tree import HASH_BYTES, leaf_row, root_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from sqlite3 import Connection

    from archive.merkle.tree import Hashes
    from archive.storage.contract import Row

NAME: Final = "tree"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE tree_tiles (
    level  INTEGER NOT NULL,            -- of tiles: 0 holds leaf hashes, each level 256 times as many leaves a hash
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,               -- 32 bytes each, 256 of them in a full tile
    PRIMARY KEY (level, number)
) STRICT""",
)
INDEXES: Final = ()
TYPES: Final = frozenset[str]()
TEXT_COLUMNS: Final[Mapping[str, frozenset[str]]] = {}


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply_rows(db: Connection, rows: Sequence[Row]) -> None:
    """Hash stored entries, in order, into the tiles; the rows are the same whatever the batches were."""
    if not rows:
        return
    size = rows[0].position - 1
    grown = grow(size, edge(db, size), leaf_row(row.entry for row in rows))
    size += len(rows)
    tiles = [(tile.level, tile.number, hashes) for tile, hashes in grown.full]
    tiles += [(level, row_length(level, size) // WIDTH, row) for level, row in enumerate(grown.edge) if row]
    # What is replaced is the last tile of its level, which was not full.
    db.executemany("INSERT OR REPLACE INTO tree_tiles VALUES (?, ?, ?)", tiles)


def edge(db: Connection, size: int) -> list[bytes]:
    """The rows at the end of each level of a tree of this size that are not full."""
    rows = []
    level = 0
    while length := row_length(level, size):
        number, width = divmod(length, WIDTH)
        rows.append(stored(db, Tile(level, number, width)) if width else b"")
        level += 1
    return rows


# --- reads ------------------------------------------------------------------------------------------------------------
def tile(db: Connection, wanted: Tile, *, published: int) -> bytes:
    """The hashes of a tile, full or partial. `Unsound` TIL-002: the tree of the published size does not have it."""
    must_be_within(wanted, published)
    return stored(db, wanted)


def hashes(db: Connection, size: int) -> Hashes:
    """The tree of this size as the source of a prover, read anew for each proof."""
    return hashes_in(size, lambda tiles: [OpenTile(one, stored(db, one)) for one in tiles])


def root(db: Connection, size: int) -> bytes:
    """The root of the first `size` entries."""
    return root_at(size, hashes(db, size))


def folded_size(db: Connection) -> int:
    """How many entries the stored tiles are of."""
    found: tuple[int] = db.execute("SELECT position FROM progress WHERE projection = ?", (NAME,)).fetchone()
    return found[0]


def stored_row(db: Connection, level: int, number: int) -> bytes | None:
    """The hashes of a tile as they are stored, however many there are."""
    found: tuple[bytes] | None = db.execute(
        "SELECT hashes FROM tree_tiles WHERE level = ? AND number = ?", (level, number)
    ).fetchone()
    return None if found is None else found[0]


def stored_rows(db: Connection) -> list[tuple[int, int]]:
    """The level and the number of every tile that is stored."""
    return db.execute("SELECT level, number FROM tree_tiles ORDER BY level, number").fetchall()


def stored(db: Connection, wanted: Tile) -> bytes:
    """The hashes of a tile of the whole log, published or not. `Corrupt` PRJ-011: the file has fewer."""
    length = wanted.width * HASH_BYTES
    found: tuple[bytes] | None = db.execute(
        "SELECT substr(hashes, 1, ?) FROM tree_tiles WHERE level = ? AND number = ?",
        (length, wanted.level, wanted.number),
    ).fetchone()
    if found is None or len(found[0]) != length:
        raise Corrupt("PRJ-011", level=wanted.level, number=wanted.number, width=wanted.width)
    return found[0]
