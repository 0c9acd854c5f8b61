"""The log, read stream by stream: whether each follows from its beginning, and what is public was cleared before.

entries of one stream ──▶ versions 1, 2, 3 …, each naming the position of the one before
                      ──▶ evolve, from nothing; before an item's text is shown, a review has cleared that very seal
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from archive.audit.findings import Finding, finding
from archive.domain.erasures import SHARED, Erased
from archive.domain.errors import Corrupt
from archive.domain.items import Item, ItemCorrected, ItemPublished, ItemUpdated
from archive.domain.kinds import KINDS
from archive.domain.reviews import ReviewConcluded, ReviewLevelPassed
from archive.log.entry import decode_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.storage.contract import Row

BATCH: Final = 2_000


def check_streams(log: Log, *, until: int, report: Callable[[Finding], None]) -> int:
    """Follow every stream up to a position; how many there are."""
    streams = 0
    for _, rows in groupby(_rows(log, until), key=attrgetter("stream")):
        streams += 1
        history = _history(rows, report)
        if history:
            _follow(history, report)
    return streams


def _rows(log: Log, until: int) -> Iterator[Row]:
    after: tuple[bytes, int] = b"", 0
    while page := log.storage.by_stream(after=after, limit=BATCH, until=until):
        yield from page
        after = page[-1].stream, page[-1].version


def _history(rows: Iterator[Row], report: Callable[[Finding], None]) -> list[Entry]:
    """The entries of one stream, as far as they can be read; what is wrong with their chain is reported."""
    history: list[Entry] = []
    version, prev = 0, None
    for row in rows:
        try:
            entry = decode_entry(row.position, row.type, row.entry)
        except Corrupt:
            # Reported where entries are read in order; what follows it cannot be judged.
            for _ in rows:
                pass
            return []
        version += 1
        if entry.version != version:
            report(finding("AUD-007", row.position, field="ver", stream=entry.stream))
            version = entry.version
        if entry.prev != prev:
            report(finding("AUD-007", row.position, field="prev", stream=entry.stream))
        prev = row.position
        history.append(entry)
    return history


def _follow(history: Sequence[Entry], report: Callable[[Finding], None]) -> None:
    stream = history[0].stream
    kind = KINDS[stream[:-33]]
    state: Any = None  # Any: the kind fixes the type of its state
    carried: dict[str, set[str]] = {}
    for entry in history:
        event = entry.event
        if entry.stream != stream:
            report(finding("AUD-007", entry.position, field="stream", stream=stream))
            return
        for name in event.SEALS:
            carried.setdefault(name, set()).add(getattr(event, name))
        if isinstance(event, Erased):
            if not carried.get(event.field, set()).issuperset(event.seals):
                report(finding("AUD-023", entry.position, field=event.field, stream=stream))
            carried.get(event.field, set()).difference_update(event.seals)
            continue
        if isinstance(event, SHARED):
            continue
        if isinstance(state, Item):
            _check_item(state, entry, report)
        try:
            state = kind.evolve(state, event)
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
            # Rules that took what cannot follow: whatever they raise, this stream was not made by commands.
            report(finding("AUD-020", entry.position, field=None, stream=stream))
            return


def _check_item(item: Item, entry: Entry, report: Callable[[Finding], None]) -> None:
    """What an item's entries promise anyone who reads them: levels in order, and nothing shown that was not cleared."""
    event = entry.event
    match event:
        case ItemPublished() | ItemUpdated() | ItemCorrected():
            if item.clearance is None or event.text != item.text:
                report(finding("AUD-021", entry.position, field="text", stream=entry.stream))
        case ReviewLevelPassed():
            if item.review is None or event.level != item.review.passed + 1:
                report(finding("AUD-022", entry.position, field="level", stream=entry.stream))
        case ReviewConcluded(conclusion="cleared"):
            if item.review is None or item.review.passed < item.review.levels or event.text != item.text:
                report(finding("AUD-022", entry.position, field="text", stream=entry.stream))
        case _:
            pass
