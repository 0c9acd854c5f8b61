"""A receipt of a publication: that the text which an item shows is what was cleared, checkable without asking anybody.

    shown.json     shown.tlog-proof      the entry that showed the text, and that it is in the signed log
    cleared.json   cleared.tlog-proof    the entry that cleared it, earlier, for the same seal
    opening.json                         what opens the seal of that text (design 2.3)

Each entry is the bytes that were stored; each proof is a C2SP tlog-proof file with the newest checkpoint, for any verifier
of such files. The seal is opened with any HMAC-SHA-256. The key is not in it: whoever checks takes it from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.domain.erasures import SHARED
from archive.domain.errors import Refused
from archive.domain.items import ItemCorrected, ItemPublished, ItemUpdated, evolve
from archive.domain.seals import opens
from archive.projections import catalogue
from archive.projections.proofs import receipt

if TYPE_CHECKING:
    from archive.checkpoints.store import Stored
    from archive.disclosures.openings import Disclosures
    from archive.domain.items import Item
    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.projections.runner import Reading

FIELD: Final = "text"


class Publication(NamedTuple):
    """The positions of the two entries, and the files of the receipt by name."""

    shown: int
    cleared: int
    files: dict[str, bytes]


def publication(log: Log, disclosures: Disclosures, reading: Reading, stored: Stored, item: str) -> Publication:
    """The receipt of what an item shows as of a checkpoint.

    `Refused`: PRV-001 no text of it was public by then; PRV-002 what opens it may not be handed out, or was erased.
    """
    found = _shown(log.history(item, until=stored.size))
    if found is None:
        raise Refused("PRV-001", item=item, published=stored.size)
    shown, cleared = found
    assert isinstance(shown.event, ItemPublished | ItemUpdated | ItemCorrected)
    seal = shown.event.text
    opening = disclosures.get([seal]).get(seal)
    if opening is None or opening.cleared > stored.size or item in catalogue.hidden(reading.db):
        raise Refused("PRV-002", item=item, position=shown.position)
    assert opens(seal, origin=log.origin, stream=item, field=FIELD, salt=opening.salt, value=opening.value), (
        "an opening opens"
    )
    files = {
        "opening.json": msgspec.json.encode(
            {
                "log": log.origin,
                "stream": item,
                "field": FIELD,
                "seal": seal,
                "salt": opening.salt.hex(),
                "value": opening.value.decode(),
            }
        )
        + b"\n"
    }
    for name, position in (("shown", shown.position), ("cleared", cleared)):
        row = log.row(position)
        assert row is not None, "it was read just now"
        files[f"{name}.json"] = row.entry
        files[f"{name}.tlog-proof"] = receipt(reading.db, position, size=stored.size, note=stored.note)
    return Publication(shown.position, cleared, files)


def _shown(history: list[Entry]) -> tuple[Entry, int] | None:
    """The last entry that showed a text, and the position of the one that cleared it."""
    state: Item | None = None
    found = None
    cleared = 0
    for entry in history:
        if isinstance(entry.event, SHARED):
            continue
        before = None if state is None else state.clearance
        state = evolve(state, entry.event)  # type: ignore[arg-type] # the stream of an item holds its events
        if state.clearance is not None and state.clearance != before:
            cleared = entry.position
        if isinstance(entry.event, ItemPublished | ItemUpdated | ItemCorrected):
            found = entry, cleared
    return found
