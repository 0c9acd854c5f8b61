"""Following a remote log: its newest note, its tiles, its entries, and what opens their seals.

    note ──▶ by the key that we were given, and not older than the last one
    tiles of leaf hashes ──▶ our tree grown by them has the signed root
    bundles ──▶ each hashes to its tile; each entry is one of a known form, at its place
    openings ──▶ each opens the seal that an entry cleared
    openings of what is shown again ──▶ each opens a seal that an entry of ours cleared; what serves is folded anew
                                                         ──▶ kept: openings, entries, and last of all the note

Rules
- Nothing is kept that is not under a root that was signed; the note is kept when all that it covers is.
- Two notes of one log that do not go on from each other are evidence: both are written into `evidence/`, and nothing more
  is taken.
- What was erased there is erased here: the entry that says so names no text, and its seals come with its bundle.
- What is hidden there when its entries are taken is not told; it is asked for when the item is restored. An answer may be
  older than the note, from a node that is behind, so that it is asked for with two notes, and then no more: what is not told
  with the second one is a decoy, or withheld, which is for an audit to say.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.disclosures.openings import Opening
from archive.domain.errors import ArchiveError, Corrupt
from archive.domain.items import ItemRestored
from archive.domain.seals import opens
from archive.log.entry import decode_entry
from archive.log.log import stream_bytes
from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.refusal import Unsound
from archive.merkle.tiles import WIDTH, Bundle, bundles_of, decode_bundle, tiles_of
from archive.merkle.tree import HASH_BYTES, Frontier, leaf_row, nodes_between, root_of
from archive.mirror.remote import MAX_OPENINGS
from archive.projections import tree
from archive.projections.renewal import expect, renew
from archive.storage.contract import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.merkle.checkpoint import Checkpoint
    from archive.merkle.note import VerifierKey
    from archive.mirror.remote import Remote
    from archive.projections.runner import Projections, Reader

CHECKPOINT: Final = "log/checkpoint"
# 40 bundles, 10,240 entries, are one transaction.
_PART: Final = 40


class Copy(NamedTuple):
    """Where a mirror keeps what it took."""

    log: Log
    disclosures: Disclosures
    checkpoints: Checkpoints
    projections: Projections
    reader: Reader
    evidence: Path


class _Told(msgspec.Struct, frozen=True, rename="camel"):
    """A line of what the entries of a bundle cleared or erased."""

    seal: str
    cleared_at: int = 0
    salt: str = ""
    value: str = ""
    erased_at: int = 0


class _Envelope(msgspec.Struct, frozen=True):
    log: str
    stream: str
    type: str
    ver: int
    seals: dict[str, str]


_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_told: Final = msgspec.json.Decoder(_Told).decode


def catch_up(
    remote: Remote,
    copy: Copy,
    key: VerifierKey,
    *,
    now: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _: None,
) -> Stored:
    """Take what the remote log has more than ours; the newest checkpoint that is kept.

    `Refused` MIR-001: it cannot be reached. `Corrupt`: MIR-002 what it serves is not what it signed; MIR-003 it signed
    two histories.
    """
    note = remote.get(CHECKPOINT)
    try:
        wanted = open_checkpoint(note, origin=copy.log.origin, keys=[key]).checkpoint
    except Unsound:
        raise Corrupt("MIR-002", path=CHECKPOINT) from None
    # One who died over it kept texts, and did not fold them.
    renew(copy.projections)
    copy.projections.follow()
    last = copy.checkpoints.last()
    with copy.reader.reading() as reading:
        # A copy that died between entries and note has more entries than it has a note for: all of them were verified.
        since = reading.head
        if wanted.size <= since:
            if tree.root(reading.db, wanted.size) != wanted.root:
                raise _fork(copy, last, note, wanted)
            if last is not None and last.size >= wanted.size:
                return last
        hashes = tree.hashes(reading.db, since)
        frontier = Frontier(since, hashes(nodes_between(0, since)) if since else [])
        edge = tree.edge(reading.db, since)
    if wanted.size > since:
        rows = _verified_tiles(remote, frontier, wanted, since=since, edge=edge[0] if edge else b"")
        if rows is None:
            raise _fork(copy, last, note, wanted)
        bundles = list(bundles_of(wanted.size, since=since))
        for start in range(0, len(bundles), _PART):
            _take(remote, copy, bundles[start : start + _PART], rows)
            copy.projections.follow()
            progress(copy.log.head())
    _take_what_is_shown_again(remote, copy, wanted, last, taken=min(since, wanted.size))
    return _keep_note(copy, wanted, note, key, now=now)


def _fork(copy: Copy, last: Stored | None, note: bytes, wanted: Checkpoint) -> Corrupt:
    """Keep both notes, and take nothing more."""
    copy.evidence.mkdir(exist_ok=True)
    ours = 0 if last is None else last.size
    if last is not None:
        (copy.evidence / f"{last.size}-ours.txt").write_bytes(last.note)
    (copy.evidence / f"{wanted.size}-theirs.txt").write_bytes(note)
    return Corrupt("MIR-003", ours=ours, theirs=wanted.size, path=copy.evidence)


def _keep_note(copy: Copy, wanted: Checkpoint, note: bytes, key: VerifierKey, *, now: Callable[[], datetime]) -> Stored:
    seen_at = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return copy.checkpoints.append(
        size=wanted.size, root=wanted.root, note=note, signed_at=seen_at, quorum=None, keys=[str(key)]
    )


def _verified_tiles(
    remote: Remote, frontier: Frontier, wanted: Checkpoint, *, since: int, edge: bytes
) -> dict[int, bytes] | None:
    """For each bundle the root over its leaf hashes; None: they do not make the signed root on top of our tree.

    32 bytes are kept of each tile, so that a million entries take 125 KB.
    """
    roots = {}
    for tile in tiles_of(wanted.size, since=since):
        if tile.level:
            break
        row = remote.get(f"log/{tile.path}")
        if len(row) != tile.width * HASH_BYTES:
            raise Corrupt("MIR-002", path=tile.path)
        new = row
        if tile.number * WIDTH < since:
            if not row.startswith(edge):
                return None
            new = row[len(edge) :]
        frontier.extend(new)
        roots[tile.number] = root_of(row)
    return roots if frontier.root() == wanted.root else None


def _take(remote: Remote, copy: Copy, bundles: list[Bundle], roots: dict[int, bytes]) -> None:
    head = copy.log.head()
    rows: list[Row] = []
    # Seal -> stream and class of text, of the entries in these bundles.
    sealed: dict[str, tuple[str, str]] = {}
    told: list[_Told] = []
    for bundle in bundles:
        path = f"log/{bundle.path}"
        try:
            entries = decode_bundle(bundle, remote.get(path))
        except Unsound:
            raise Corrupt("MIR-002", path=path) from None
        if root_of(leaf_row(entries)) != roots[bundle.number]:
            raise Corrupt("MIR-002", path=path)
        for position, raw in enumerate(entries, bundle.number * WIDTH + 1):
            if position > head:
                row, seals = _row(position, raw, origin=copy.log.origin)
                rows.append(row)
                sealed |= seals
        told += _openings(remote, bundle, after=head)
    openings = [_checked(one, sealed, origin=copy.log.origin) for one in told if not one.erased_at]
    erased: dict[int, list[str]] = {}
    for one in told:
        if one.erased_at:
            erased.setdefault(one.erased_at, []).append(one.seal)
    with copy.disclosures.write(head=head) as write:
        for opening in openings:
            write.put(opening, position=opening.cleared)
        write.flush()
        for position, seals_ in sorted(erased.items()):
            write.erase(seals_, position=position)
    with copy.log.storage.write() as write_log:
        write_log.append(rows, [])


# --- what is shown again ----------------------------------------------------------------------------------------------
class _Untold(NamedTuple):
    """A seal that an entry of ours cleared, and that nobody opened for us."""

    stream: str
    field: str
    cleared: int


def _take_what_is_shown_again(
    remote: Remote, copy: Copy, wanted: Checkpoint, last: Stored | None, *, taken: int
) -> None:
    """What opens the seals of items that were hidden when we took their entries, up to `taken`, and were restored since."""
    untold = _untold(copy, last, until=wanted.size, taken=taken)
    sealed = {seal: (one.stream, one.field) for seal, one in untold.items()}
    openings = []
    for number in sorted({(one.cleared - 1) // WIDTH for one in untold.values()}):
        bundle = Bundle(number, min(WIDTH, wanted.size - number * WIDTH))
        openings += [
            _checked(told, sealed, origin=copy.log.origin)
            # What a cache kept may be from before.
            for told in _openings(remote, bundle, after=0, as_of=wanted.size)
            if told.seal in untold and told.cleared_at == untold[told.seal].cleared
        ]
    if not openings:
        return
    expect(copy.projections.folder)
    with copy.disclosures.write(head=copy.log.head()) as write:
        for opening in openings:
            write.put(opening, position=opening.cleared)
    # From here the texts are kept. If we die now, the next one who catches up folds them.
    renew(copy.projections)


def _untold(copy: Copy, last: Stored | None, *, until: int, taken: int) -> dict[str, _Untold]:
    """By seal, what entries up to `taken` cleared of items that were restored since the last note but one."""
    before = copy.checkpoints.page(after=last.number - 2, limit=1) if last is not None and last.number > 1 else []
    since = before[0].size if before else 0
    restored = copy.log.entries(after=since, limit=until, until=until, types={ItemRestored.TYPE}) if taken else []
    found: dict[str, _Untold] = {}
    for stream in sorted({entry.stream for entry in restored}):
        cleared: dict[str, _Untold] = {}
        for entry in copy.log.history(stream, until=taken):
            for field in entry.event.CLEARS:
                if isinstance(seal := getattr(entry.event, field), str):
                    cleared.setdefault(seal, _Untold(stream, field, entry.position))
        # An answer tells all of an entry that is not a decoy, or nothing.
        told = {cleared[seal].cleared for seal in copy.disclosures.get(cleared)}
        erased = copy.disclosures.tombstones(cleared)
        found |= {seal: one for seal, one in cleared.items() if one.cleared not in told and seal not in erased}
    return found


# --- what is checked --------------------------------------------------------------------------------------------------
def _checked(told: _Told, sealed: dict[str, tuple[str, str]], *, origin: str) -> Opening:
    """What opens a seal of these entries. MIR-002: it does not."""
    stream, field = sealed.get(told.seal, ("", ""))
    try:
        salt = bytes.fromhex(told.salt)
    except ValueError:
        salt = b""
    value = told.value.encode()
    if not opens(told.seal, origin=origin, stream=stream, field=field, salt=salt, value=value):
        raise Corrupt("MIR-002", path=f"disclosures/{told.cleared_at}")
    return Opening(told.seal, salt, value, told.cleared_at)


def _row(position: int, raw: bytes, *, origin: str) -> tuple[Row, dict[str, tuple[str, str]]]:
    try:
        envelope = _envelope(raw)
        decode_entry(position, envelope.type, raw)
        stream = stream_bytes(envelope.stream)
    except (ArchiveError, msgspec.MsgspecError, ValueError):
        raise Corrupt("MIR-002", path=f"log/tile/entries, {position}") from None
    if envelope.log != origin:
        raise Corrupt("MIR-002", path=f"log/tile/entries, {position}")
    seals = {sealed: (envelope.stream, field) for field, sealed in envelope.seals.items()}
    return Row(position, stream, envelope.ver, envelope.type, raw), seals


def _openings(remote: Remote, bundle: Bundle, *, after: int, as_of: int | None = None) -> list[_Told]:
    path = f"disclosures/cleared/{bundle.path.removeprefix('tile/entries/')}"
    if as_of is not None:
        path += f"?size={as_of}"
    first, last = bundle.number * WIDTH + 1, bundle.number * WIDTH + bundle.width
    try:
        found = [_told(line) for line in remote.get(path, limit=MAX_OPENINGS).splitlines()]
    except msgspec.MsgspecError:
        raise Corrupt("MIR-002", path=path) from None
    if any(not first <= (one.erased_at or one.cleared_at) <= last for one in found):
        raise Corrupt("MIR-002", path=path)
    return [one for one in found if (one.erased_at or one.cleared_at) > after]
