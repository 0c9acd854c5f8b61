"""Publishing: look at what will be served, have it signed as an extension of what was signed last, store the note.

    entries and tiles, read again ──▶ hashed again, compared ──▶ proof of extension ──▶ signer ──▶ store of checkpoints
                                                                                        (its own memory)

Rules
- What is signed was read back as it will be served, and hashed anew: a wrong bit on the disk is found before it is
  promised for ever, not after.
- The order is: the signer's memory, then the store. Whoever dies between the two is caught up by the next one: what was
  promised is stored before anything new is signed.
- Nothing is signed where the log does not begin with what was promised, or the store knows more than the signer.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from archive.domain.errors import Corrupt
from archive.merkle.checkpoint import Checkpoint, open_checkpoint, print_checkpoint
from archive.merkle.proof import consistency_ranges
from archive.merkle.tiles import WIDTH, Tile, grow, row_length
from archive.merkle.tree import leaf_row, roots_between
from archive.projections import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.log.log import Log
    from archive.merkle.note import VerifierKey
    from archive.notary.signer import Promise
    from archive.projections.runner import Reader, Reading

_BATCH: Final = 5_000


def publish(
    log: Log,
    reader: Reader,
    checkpoints: Checkpoints,
    signer: Promise,
    *,
    now: Callable[[], datetime],
) -> Stored:
    """Publish what is folded; the newest checkpoint, which is the one before where nothing is new.

    `Corrupt`: NTY-002 and NTY-003 by the signer; NTY-003 the log does not begin with what was signed; NTY-004 the store
    knows more than the signer; NTY-007 what would be served is not what was hashed.
    """
    keys = signer.verifiers()
    note = signer.promised()
    promised = open_checkpoint(note, origin=signer.origin, keys=keys).checkpoint
    last = checkpoints.last()
    if last is not None and (last.size > promised.size or (last.size == promised.size and last.root != promised.root)):
        raise Corrupt("NTY-004", stored=last.size, promised=promised.size)
    with reader.reading() as reading:
        head = reading.head
        if head >= promised.size:
            if tree.root(reading.db, promised.size) != promised.root:
                raise Corrupt("NTY-003", size=head, promised=promised.size)
        elif log.head() < promised.size:
            raise Corrupt("NTY-003", size=log.head(), promised=promised.size)
        if last is None or last.size < promised.size:
            last = _store(checkpoints, promised, note, keys=keys, now=now)
        # What is folded anew is behind for a while.
        if head <= promised.size:
            return last
        wanted = Checkpoint(signer.origin, head, _checked_root(log, reading, since=promised.size, size=head))
        proof = roots_between(
            consistency_ranges(0, promised.size, head) if promised.size else [], tree.hashes(reading.db, head)
        )
    note = signer.sign(print_checkpoint(wanted), proof)
    return _store(checkpoints, wanted, note, keys=keys, now=now)


def _store(
    checkpoints: Checkpoints,
    checkpoint: Checkpoint,
    note: bytes,
    *,
    keys: Sequence[VerifierKey],
    now: Callable[[], datetime],
) -> Stored:
    signed_at = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    by = open_checkpoint(note, origin=checkpoint.origin, keys=keys).by_log
    signed = {(one.name, one.key_id) for one in by}
    return checkpoints.append(
        size=checkpoint.size,
        root=checkpoint.root,
        note=note,
        signed_at=signed_at,
        quorum=None,
        keys=[str(key) for key in keys if (key.name, key.key_id) in signed],
    )


def _checked_root(log: Log, reading: Reading, *, since: int, size: int) -> bytes:
    """The root over the first `size` entries. NTY-007: the entries after `since` hash to other tiles than those stored."""
    edge = tree.edge(reading.db, since)
    at = since
    while at < size:
        rows = log.rows(after=at, limit=_BATCH, until=size)
        if not rows or [row.position for row in rows] != list(range(at + 1, at + len(rows) + 1)):
            raise Corrupt("NTY-007", position=at + 1)
        grown = grow(at, edge, leaf_row(row.entry for row in rows))
        _must_be_stored(reading, grown.full, position=at + 1)
        edge = grown.edge
        at += len(rows)
    last = [
        (Tile(level, row_length(level, size) // WIDTH, row_length(level, size) % WIDTH), row)
        for level, row in enumerate(edge)
        if row
    ]
    _must_be_stored(reading, last, position=since + 1)
    return tree.root(reading.db, size)


def _must_be_stored(reading: Reading, tiles: Sequence[tuple[Tile, bytes]], *, position: int) -> None:
    if any(tree.stored(reading.db, tile) != hashes for tile, hashes in tiles):
        raise Corrupt("NTY-007", position=position)
