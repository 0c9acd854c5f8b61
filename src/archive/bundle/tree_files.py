"""The files of the log's tree (C2SP tlog-tiles), as the site serves them below /log, for whoever keeps them elsewhere."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

import msgspec

from archive.merkle.tiles import WIDTH, bundles_of, encode_bundle, tiles_of
from archive.projections import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.log.log import Log
    from archive.projections.runner import Reading

CHECKPOINT: Final = "checkpoint"
_LIST_PART: Final = 500


def tree_files(log: Log, reading: Reading, *, size: int, since: int = 0) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every tile and bundle of the tree of this size; without those that one of the size `since` has."""
    for bundle in bundles_of(size, since=since):
        first = bundle.number * WIDTH
        rows = log.rows(after=first, limit=bundle.width, until=first + bundle.width)
        yield bundle.path, encode_bundle([row.entry for row in rows])
    for tile in tiles_of(size, since=since):
        yield tile.path, tree.tile(reading.db, tile, published=size)


def checkpoint_lines(checkpoints: Checkpoints, *, after: int = 0, size: int | None = None) -> Iterator[bytes]:
    """Every checkpoint after a number as a line of JSON, many lines at a time; `size`: none beyond it."""
    while part := checkpoints.page(after=after, limit=_LIST_PART):
        after = part[-1].number
        yield b"".join(_line(one) for one in part if size is None or one.size <= size)


def _line(stored: Stored) -> bytes:
    value = {
        "number": stored.number,
        "size": stored.size,
        "root": b64encode(stored.root).decode("ascii"),
        "signedAt": stored.signed_at,
        "note": stored.note.decode(),
    }
    return msgspec.json.encode(value) + b"\n"
