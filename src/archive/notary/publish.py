"""Publishing: look at what will be served, have it signed as an extension of what was signed last, store the note.

    entries and tiles, read again ──▶ hashed again, compared ──▶ proof of extension ──▶ signer ──▶ witnesses ──▶ store
                                                                                        (its own memory)

Rules
- What is signed was read back as it will be served, and hashed anew: a wrong bit on the disk is found before it is
  promised for ever, not after.
- The order is: the signer's memory, then the witnesses, if there are any, then the store. Whoever dies between the two is caught up by the next one: what was
  promised is stored before anything new is signed.
- Nothing is signed where the log does not begin with what was promised, or the store knows more than the signer.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final, Protocol

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


class Witnessed(Protocol):
    """Has witnesses sign a note as well."""

    def __call__(
        self, note: bytes, *, before: int, proof: Callable[[int], Sequence[bytes] | None]
    ) -> tuple[bytes, bool]:
        """The note with their lines, and whether they are enough; see witnesses.py."""


def publish(  # noqa: PLR0913 - what is published, who signs it, and when
    log: Log,
    reader: Reader,
    checkpoints: Checkpoints,
    signer: Promise,
    *,
    now: Callable[[], datetime],
    witnessed: Witnessed | None = None,
    again: bool = False,
) -> Stored:
    """Publish what is folded; the newest checkpoint, which is the one before where nothing is new.

    `again`: where nothing is new, show what is short of witnesses to them again, so that who was away catches up.
    `Corrupt`: NTY-002 and NTY-003 by the signer; NTY-003 the log does not begin with what was signed; NTY-004 the store
    knows more than the signer; NTY-007 what would be served is not what was hashed.
    """
    keys = signer.verifiers()
    note = signer.promised()
    promised = open_checkpoint(note, origin=signer.origin, keys=keys).checkpoint
    last = checkpoints.last()
    if last is not None and (last.size > promised.size or (last.size == promised.size and last.root != promised.root)):
        raise Corrupt("NTY-004", stored=last.size, promised=promised.size)

    def store(checkpoint: Checkpoint, note: bytes) -> Stored:
        before, quorum = 0 if last is None else last.size, None
        if witnessed is not None:
            note, quorum = witnessed(note, before=before, proof=lambda old: _proof(reader, old, checkpoint.size))
        return _store(checkpoints, checkpoint, note, keys=keys, quorum=quorum, now=now)

    with reader.reading() as reading:
        head = reading.head
        if head >= promised.size:
            if tree.root(reading.db, promised.size) != promised.root:
                raise Corrupt("NTY-003", size=head, promised=promised.size)
        elif log.head() < promised.size:
            raise Corrupt("NTY-003", size=log.head(), promised=promised.size)
    if last is None or last.size < promised.size:
        last = store(promised, note)
    # What is folded anew is behind for a while.
    if head <= promised.size:
        if again and witnessed is not None and last.quorum is False and last.size == promised.size:
            cosigned, enough = witnessed(note, before=last.size, proof=lambda old: _proof(reader, old, promised.size))
            # A note with fewer witnesses than the one before would be no news.
            if enough or len(cosigned) > len(last.note):
                last = _store(checkpoints, promised, cosigned, keys=keys, quorum=enough, now=now)
        return last
    with reader.reading() as reading:
        if reading.head < head:
            return last
        wanted = Checkpoint(signer.origin, head, _checked_root(log, reading, since=promised.size, size=head))
        proof = _consistency(reading, promised.size, head)
    return store(wanted, signer.sign(print_checkpoint(wanted), proof))


def _consistency(reading: Reading, old: int, size: int) -> list[bytes]:
    ranges = consistency_ranges(0, old, size) if old else []
    return roots_between(ranges, tree.hashes(reading.db, size))


def _proof(reader: Reader, old: int, size: int) -> list[bytes] | None:
    """That the tree of this size goes on from the older one; None: it is folded anew, and not there yet."""
    with reader.reading() as reading:
        return _consistency(reading, old, size) if reading.head >= size else None


def _store(  # noqa: PLR0913 - what a row is made of
    checkpoints: Checkpoints,
    checkpoint: Checkpoint,
    note: bytes,
    *,
    keys: Sequence[VerifierKey],
    quorum: bool | None,
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
        quorum=quorum,
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
