"""Which items became public late (超期公开), as of every position: by the calendars that were known there.

Rules
- An item that an agency published of its own accord, and whose day of making is known, has a day by which it was due
  (law/deadlines). It was late if a day of that period's unit lies between that day and its publication: `Deadline.late_by`.
- Neither day ever changes. What changes is the calendar: when a year is adopted for a region, the items of that region and
  of those below it are reckoned anew where the year lies between the day of making and the later one of the two others.
- What law counts is part of what the rows depend on: whoever changes `law/deadlines` or `law/regimes` raises `VERSION`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET

from archive.domain.agencies import AgencyRegistered
from archive.domain.calendars import CalendarAdopted
from archive.domain.errors import Corrupt
from archive.domain.items import ItemPublished
from archive.law.deadlines import publication_deadline
from archive.projections import regions
from archive.projections.periods import Periods, known_at
from archive.projections.regions import Regions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.law.deadlines import Duty
    from archive.log.entry import Entry

NAME: Final = "lateness"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE lateness_items (
    item         INTEGER NOT NULL,      -- the entry that made it public
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    due_on       TEXT NOT NULL,
    late         INTEGER NOT NULL,      -- 1: it became public late
    region       TEXT NOT NULL,
    duty         TEXT NOT NULL,
    made_on      TEXT NOT NULL,
    published_on TEXT NOT NULL,
    PRIMARY KEY (item, known_from)
) STRICT, WITHOUT ROWID""",
    *regions.tables("lateness"),
)
INDEXES: Final = ("CREATE INDEX lateness_items_late ON lateness_items (item, known_from, known_to) WHERE late",)
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Applied = AgencyRegistered | CalendarAdopted | ItemPublished
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))


# --- the fold ---------------------------------------------------------------------------------------------------------
class _Lateness(NamedTuple):
    """What `lateness_items` says of an item."""

    due_on: str
    late: int
    region: str
    duty: str
    made_on: str
    published_on: str


def apply(db: Connection, entries: Sequence[Entry], _disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    fold = _Fold(db)
    for entry in entries:
        event = cast("_Applied", entry.event)
        match event:
            case AgencyRegistered():
                fold.regions.registered(entry.stream, event)
            case ItemPublished():
                fold.published(entry, event)
            case CalendarAdopted():
                # What was published before it in this batch is reckoned anew too.
                fold.write()
                fold = _Fold(db)
                fold.adopted(entry, event)
            case _:
                assert_never(event)
    fold.write()


class _Fold:
    """Entries between two adoptions of a calendar: every region reckons by one calendar meanwhile."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.regions = Regions(db, NAME)
        self._items = Periods("lateness_items", key=("item",), held=_Lateness)
        self._reckoned: dict[tuple[str, str, str, str], _Lateness] = {}

    def write(self) -> None:
        """Write what was folded."""
        self._items.write(self._db)

    def published(self, entry: Entry, event: ItemPublished) -> None:
        """An item became public."""
        if event.mode != "proactive" or event.made_on is UNSET:
            return
        region = self.regions.of(event.agency)
        if region is None:
            raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
        duty = "proactive" if event.duty is UNSET else event.duty
        lateness = self._lateness(region, duty, event.made_on.isoformat(), event.published_on.isoformat())
        self._items.change(entry.position, entry.position, to=lateness)

    def adopted(self, entry: Entry, event: CalendarAdopted) -> None:
        """A region has another calendar: what it may concern is reckoned anew, and written where it differs."""
        self.regions.adopted(event)
        known = {
            item: _Lateness(*held)
            for item, *held in self._db.execute(
                """SELECT item, due_on, late, region, duty, made_on, published_on FROM lateness_items
                WHERE known_to IS NULL AND made_on <= :last AND max(due_on, published_on) >= :first
                    AND region IN (SELECT value FROM json_each(:regions))""",
                {
                    "first": f"{event.year}-01-01",
                    "last": f"{event.year}-12-31",
                    "regions": msgspec.json.encode(self.regions.under(event.region)).decode(),
                },
            )
        }
        changed = {
            item: now
            for item, was in known.items()
            if (now := self._lateness(was.region, was.duty, was.made_on, was.published_on)) != was
        }
        self._items.load(self._db, changed)
        for item, now in changed.items():
            self._items.change(entry.position, item, to=now)

    def _lateness(self, region: str, duty: str, made_on: str, published_on: str) -> _Lateness:
        key = (region, duty, made_on, published_on)
        found = self._reckoned.get(key)
        if found is None:
            calendar = self.regions.calendar(region)
            due = publication_deadline(cast("Duty", duty), date.fromisoformat(made_on), calendar)
            late = due.late_by(date.fromisoformat(published_on)) > 0
            found = self._reckoned[key] = _Lateness(due.due_on.isoformat(), late, *key)
        return found


# --- reads ------------------------------------------------------------------------------------------------------------
# The items that are known to have become public late.
LATE: Final = f"SELECT l.item FROM lateness_items l WHERE l.late AND {known_at('l')}"
