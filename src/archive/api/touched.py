"""What an answer was read from, and what entries change of it: an answer that no entry since has touched is still the answer.

    parts = Parts(); parts.items.add(id)        while an answer is read
    touched = touched_by(db, log, after=, until=)   what the entries between two positions change; None: anything
    touched.is_in(parts)                        whether the answer has to be made anew

Rules
- Entries about agencies and calendars change what everything is called and when it was due: after one of them nothing stands
  that is read now. After an erasure nothing stands at all.
- Entries about an item change that item, and the lists of its agency's items; what is counted changes from the year of the
  fact on, since what is carried over is counted too.
- What shows a position, or is read from the log, its tree, its checkpoints or the openings, depends on everything.
- At a position that was asked for by its number nothing changes, but for what is hidden: that, withdrawals say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.erasures import Erased
from archive.domain.items import ItemRestored, ItemWithdrawn
from archive.log.entry import decode_for_fold
from archive.projections import agencies, catalogue, lateness, tallies

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from archive.log.log import Log
    from archive.projections.runner import Database

# After more entries than that it is cheaper to make everything anew than to find out what need not be.
MAX_ENTRIES: Final = 2_000
_ANYTHING: Final = agencies.TYPES | (lateness.TYPES - catalogue.TYPES)
_HIDING: Final = frozenset({ItemWithdrawn.TYPE, ItemRestored.TYPE})
_ITEM: Final = "item-"


class Parts:
    """What one answer was read from.

    `items`: those of which anything is shown. `lists`: agencies whose items are listed or counted as items; None among them:
    all agencies. `counts`: of an agency, None for all, the newest year that is counted. `is_pinned`: all of it at positions
    that were given by number.
    """

    __slots__ = ("counts", "is_pinned", "items", "lists")

    def __init__(self, *, is_pinned: bool = False) -> None:
        self.items: set[str] = set()
        self.lists: set[str | None] = set()
        self.counts: dict[str | None, int] = {}
        self.is_pinned = is_pinned

    def list_items(self, agencies: Collection[str] | None) -> None:
        """The items of these agencies are listed, of all where None."""
        self.lists.update((None,) if agencies is None else agencies)

    def count(self, agency: str | None, years: Collection[int]) -> None:
        """The facts of these years are counted."""
        if years:
            self.counts[agency] = max(self.counts.get(agency, min(years)), *years)


class Touched(NamedTuple):
    """What entries change: items, the agencies of those that are in the catalogue, and by agency the first year.

    `anything`: all that is read now; `hides`: what is read at past positions too.
    """

    items: Collection[str]
    agencies: Collection[str]
    counts: Mapping[str, int]
    anything: bool = False
    hides: bool = False

    def is_in(self, parts: Parts) -> bool:
        """Whether anything of it is in what an answer was read from."""
        if parts.is_pinned:
            return self.hides
        if self.anything or not parts.items.isdisjoint(self.items):
            return True
        if parts.lists and self.agencies and (None in parts.lists or not parts.lists.isdisjoint(self.agencies)):
            return True
        return any(
            year >= first
            for agency, year in parts.counts.items()
            for changed, first in self.counts.items()
            if agency is None or changed in {agency, ""}
        )


NOTHING: Final = Touched((), (), {})


def touched_by(db: Database, log: Log, *, after: int, until: int) -> Touched | None:
    """What the entries after a position change, up to another that is folded; None: anything may be another."""
    if not 0 <= until - after <= MAX_ENTRIES:
        return None
    rows = log.rows(after=after, limit=MAX_ENTRIES, until=until)
    types = {row.type for row in rows}
    if Erased.TYPE in types:
        return None
    hides = not types.isdisjoint(_HIDING)
    if not types.isdisjoint(_ANYTHING):
        return NOTHING._replace(anything=True, hides=hides)
    streams = {decode_for_fold(row.position, row.type, row.entry).stream for row in rows}
    items = {stream for stream in streams if stream.startswith(_ITEM)}
    return Touched(
        items,
        catalogue.agencies_of(db, items),
        tallies.first_years(db, after=after, until=until),
        hides=hides,
    )
