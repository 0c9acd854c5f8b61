"""The log, read once in order: whether the bytes of every entry are the only ones it has, and what is shown was sealed.

Each batch of entries is compared with what the stores keep of them: the command that made them, the openings of their
seals, and the tombstones of what they erased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import fields as fields_of

from archive.audit.findings import Finding, finding
from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.items import HIDING, ItemRestored, ItemWithdrawn
from archive.domain.kinds import KINDS
from archive.domain.seals import opens
from archive.log.entry import decode_exactly
from archive.log.log import stream_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.storage.contract import CommandRow, Row
    from archive.vault.store import Vault

BATCH: Final = 2_000


def _never_absent() -> frozenset[tuple[str, str]]:
    """Classes of text that no command of a kind may leave out, as (kind, class): behind their seals is never a decoy."""
    found = set()
    for kind in KINDS.values():
        required: dict[str, bool] = {}
        for command in kind.commands:
            for one in fields_of(command):
                if one.name in command.TEXTS:
                    required[one.name] = required.get(one.name, True) and one.required
        found |= {(kind.name, name) for name, always in required.items() if always}
    return frozenset(found)


NEVER_ABSENT: Final = _never_absent()


class Checked(NamedTuple):
    """How far an audit has read: the newest position, and how many entries and openings were looked at."""

    position: int
    entries: int
    openings: int


def check_entries(  # noqa: PLR0913 - the stores, how far, and who wants to know
    log: Log,
    disclosures: Disclosures,
    vault: Vault | None,
    *,
    until: int,
    report: Callable[[Finding], None],
    mirrored: bool = False,
    progress: Callable[[Checked], None] = lambda _: None,
) -> Checked:
    """Compare every entry up to a position with itself and with what is kept beside it. A mirror keeps no commands."""
    position = entries = openings = 0
    newest = ""
    while position < until:
        rows = log.rows(after=position, limit=BATCH, until=until)
        if not rows:
            report(finding("AUD-001", position + 1))
            break
        batch: dict[int, Entry] = {}
        for row in rows:
            if row.position != position + 1:
                report(finding("AUD-001", position + 1))
            position = row.position
            entry = _read(row, log.origin, report)
            if entry is not None:
                batch[position] = entry
                if entry.at < newest:
                    report(finding("AUD-006", position, field="at", at=entry.at, before=newest))
                newest = max(newest, entry.at)
        if not mirrored:
            _check_commands(log, batch, report)
        kept, withheld = _check_openings(log, disclosures, batch, first=rows[0].position, last=position, report=report)
        openings += kept
        for one in withheld:
            # A mirror is not told what is hidden while it is.
            if not (mirrored and _is_hidden(log, batch[one.position].stream, until=until)):
                report(one)
        _check_erasures(disclosures, vault, batch, first=rows[0].position, last=position, report=report)
        entries += len(rows)
        progress(Checked(position, entries, openings))
    return Checked(position, entries, openings)


def _read(row: Row, origin: str, report: Callable[[Finding], None]) -> Entry | None:
    """The entry behind a row, if its bytes are one; what is wrong with them is reported."""
    try:
        entry, exact = decode_exactly(row.position, row.type, row.entry)
    except Corrupt as error:
        report(finding("AUD-002", row.position, reason=error.facts["reason"]))
        return None
    if not exact:
        report(finding("AUD-003", row.position))
    for name, kept, said in (
        ("stream", row.stream, stream_bytes(entry.stream)),
        ("version", row.version, entry.version),
    ):
        if kept != said:
            report(finding("AUD-004", row.position, field=name))
    if entry.log != origin:
        report(finding("AUD-005", row.position, field="log", found=entry.log, origin=origin))
    return entry


def _check_commands(log: Log, batch: Mapping[int, Entry], report: Callable[[Finding], None]) -> None:
    known = log.commands({entry.cmd for entry in batch.values()})
    for position, entry in batch.items():
        command: CommandRow | None = known.get(entry.cmd)
        if command is None or not 0 <= position - command.first_position < command.entries:
            report(finding("AUD-008", position, field="cmd", command=entry.cmd))


# --- openings ---------------------------------------------------------------------------------------------------------
def _check_openings(  # noqa: PLR0913 - a batch, and what is kept of it
    log: Log,
    disclosures: Disclosures,
    batch: Mapping[int, Entry],
    *,
    first: int,
    last: int,
    report: Callable[[Finding], None],
) -> tuple[int, list[Finding]]:
    """How many there are, and what was made public and is not there."""
    kept = disclosures.between(first, last)
    for at, opening in kept:
        entry = batch.get(at)
        if entry is None:
            continue  # Its entry is not there, or cannot be read, which was reported.
        carried = _carried(entry)
        field = carried.get(opening.seal)
        if field is None:
            report(finding("AUD-011", at))
        elif not opens(
            opening.seal,
            origin=log.origin,
            stream=entry.stream,
            field=field,
            salt=opening.salt,
            value=opening.value,
        ):
            report(finding("AUD-010", at, field=field))
        if opening.cleared < at:
            report(finding("AUD-012", at, field=field, cleared=opening.cleared))
    cleared = disclosures.cleared_between(first, last)
    wanted = {sealed: position for position, entry in batch.items() for _, sealed in _cleared(entry)}
    for sealed, position in cleared.items():
        if position in batch and sealed not in {one for _, one in _cleared(batch[position])}:
            report(finding("AUD-012", position, field=None, cleared=position))
    return len(kept), _withheld(disclosures, batch, wanted.keys() - cleared.keys())


def _withheld(disclosures: Disclosures, batch: Mapping[int, Entry], missing: Collection[str]) -> list[Finding]:
    """What entries made public is there, unless it was erased; text that may be absent may have been a decoy."""
    needed = {
        sealed: (position, field)
        for position, entry in batch.items()
        for field, sealed in _cleared(entry)
        if sealed in missing and (_kind(entry), field) in NEVER_ABSENT
    }
    # Cleared before, by an entry that stands earlier, or erased since.
    gone = disclosures.get(list(needed)).keys() | disclosures.tombstones(list(needed)).keys()
    return [
        finding("AUD-013", position, field=field) for sealed, (position, field) in needed.items() if sealed not in gone
    ]


def _is_hidden(log: Log, stream: str, *, until: int) -> bool:
    """Whether an item is withdrawn as a secret or for privacy."""
    try:
        events = [entry.event for entry in log.history(stream, until=until)]
    except Corrupt:
        return False  # What cannot be read is reported where entries are read in order.
    newest = next((one for one in reversed(events) if isinstance(one, ItemWithdrawn | ItemRestored)), None)
    return isinstance(newest, ItemWithdrawn) and newest.ground in HIDING


# --- erasures ---------------------------------------------------------------------------------------------------------
def _check_erasures(  # noqa: PLR0913 - a batch, and what is kept of it
    disclosures: Disclosures,
    vault: Vault | None,
    batch: Mapping[int, Entry],
    *,
    first: int,
    last: int,
    report: Callable[[Finding], None],
) -> None:
    erased = {
        sealed: position
        for position, entry in batch.items()
        if isinstance(entry.event, Erased)
        for sealed in entry.event.seals
    }
    stones = disclosures.tombstones_between(first, last)
    for sealed, position in erased.items():
        if stones.get(sealed) != position:
            report(finding("AUD-015", position, field=_field(batch[position])))
    for sealed, position in stones.items():
        if sealed not in erased and position in batch:
            report(finding("AUD-015", position, field=None))
    left = set(disclosures.get(list(erased)))
    if vault is not None:
        left |= vault.holds(list(erased))
    for position in sorted({erased[sealed] for sealed in left}):
        report(finding("AUD-014", position, field=_field(batch[position])))


# --- what an entry carries --------------------------------------------------------------------------------------------
def _carried(entry: Entry) -> dict[str, str]:
    """Its seals, each with its class of text."""
    event = entry.event
    return {sealed: name for name in event.SEALS if isinstance(sealed := getattr(event, name), str)}


def _cleared(entry: Entry) -> Iterator[tuple[str, str]]:
    """The classes of text that it makes public, each with its seal."""
    event = entry.event
    for name in event.CLEARS:
        if isinstance(sealed := getattr(event, name), str):
            yield name, sealed


def _kind(entry: Entry) -> str:
    return entry.stream[:-33]


def _field(entry: Entry) -> str | None:
    return entry.event.field if isinstance(entry.event, Erased) else None
