"""What one request reads, and what it has read already.

Rules
- One request is one transaction on the projections: every `archive` in it may stand at a position of its own, and all
  of them see the same head.
- Agencies and openings are wanted by many objects of an answer: they are announced when a page is read, and fetched
  together when the first of them is asked for. No statement is made per object.
- The log and the openings are read beside that transaction: entries never change, and what has been erased since is gone.
- An answer holds at most so many objects; more is refused where they would be read, before they are.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from archive.api.touched import NOTHING, Parts, touched_by
from archive.domain.errors import Refused
from archive.log.calendars import calendar_at
from archive.projections import agencies, catalogue, links, reviews, revisions, search
from archive.projections.facets import Columns
from archive.projections.proofs import Prover
from archive.projections.runner import Reader
from archive.projections.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
    from pathlib import Path

    from archive.api.touched import Touched
    from archive.checkpoints.store import Checkpoints
    from archive.disclosures.openings import Disclosures, Opening
    from archive.law.calendar import Calendar
    from archive.log.log import Log
    from archive.projections.agencies import AgencyRow
    from archive.projections.catalogue import ItemRow
    from archive.projections.links import Link, Number
    from archive.projections.reviews import ReviewRow
    from archive.projections.revisions import Revision
    from archive.projections.runner import Database, Reading
    from archive.projections.search import Found, Query

MAX_OBJECTS: Final = 5_000
# 16 MiB in each thread: a worker that answers queries makes few proofs.
KEPT_TILES: Final = 1_024
# A thread keeps the agencies of so many positions, and for each so much that follows from them.
KEPT_POSITIONS: Final = 64
KEPT_DERIVED: Final = 1_000
# What the newest searches of a thread have found, and positions whose columns of facets it keeps.
KEPT_SEARCHES: Final = 16
KEPT_COLUMNS: Final = 2
T = TypeVar("T")
# The law counts days in China.
_CHINA: Final = timezone(timedelta(hours=8))


class Mark(NamedTuple):
    """What an answer depends on: the rows that serve, what they have folded, the newest position shown, and the other stores."""

    rows: tuple[int, int]
    folded: int
    head: int
    disclosed: Hashable
    signed: Hashable


class Sources:
    """The log, the openings, the projections and the checkpoints of one archive. A reader of projections is kept for each thread.

    Nothing above the newest checkpoint is read: it is answered as what does not exist. Without checkpoints, for those who
    ask their own archive, everything that is folded is. `answer_seconds`: how long one request may read.
    """

    def __init__(
        self,
        *,
        log: Log,
        disclosures: Disclosures,
        projections: Path,
        checkpoints: Checkpoints | None = None,
        answer_seconds: float = math.inf,
    ) -> None:
        self.log = log
        self.disclosures = disclosures
        self.checkpoints = checkpoints
        self._projections = projections
        self._answer_seconds = answer_seconds
        # What was erased when it was last asked: never the same while something is being erased. Empty: not asked.
        self._erased: list[Hashable] = []
        self._local = threading.local()

    @contextmanager
    def reading(self, *, max_objects: int = MAX_OBJECTS) -> Iterator[Reads]:
        """One request: everything in the block is read in one transaction. `max_objects`: how many an answer may hold."""
        with self._reader().reading() as reading:
            prover: Prover | None = getattr(self._local, "prover", None)
            if prover is None or prover.db is not reading.db:
                # Another generation serves.
                prover = self._local.prover = Prover(reading.db, kept=KEPT_TILES)
            kept: _Kept | None = getattr(self._local, "kept", None)
            if kept is None or kept.mark != reading.mark:
                kept = self._local.kept = _Kept(reading.mark)
            columns: KeptColumns | None = getattr(self._local, "columns", None)
            if columns is None or reading.mark is None or columns.number != reading.mark[0]:
                columns = self._local.columns = KeptColumns(reading.mark[0] if reading.mark else 0)
            yield Reads(reading, self, prover, kept, columns, limit=self._local.limit, max_objects=max_objects)

    def mark(self) -> Mark:
        """While this stays the same, every answer that this thread has given is still the answer.

        It changes with a batch that is folded, another generation, a checkpoint, and an opening that is put or destroyed. The
        log is not in it: entries never change, and those above the head are not answered.
        """
        if not self._erased:
            # Before anything that could be kept is read.
            self._erased = [self.disclosures.erased()]
        rows, folded = self._reader().mark()
        if self.checkpoints is None:
            return Mark(rows, folded, folded, self.disclosures.mark(), None)
        head = min(folded, self.checkpoints.published())
        return Mark(rows, folded, head, self.disclosures.mark(), self.checkpoints.mark())

    def touched(self, before: Mark, now: Mark) -> Touched | None:
        """What has changed from one mark to the next, beside what depends on everything; None: anything may have."""
        if before.rows[0] != now.rows[0] or now.head < before.head or now.folded < before.folded:
            return None
        erased = [self.disclosures.erased()]
        if erased != self._erased:
            self._erased = erased
            return None
        if (before.folded, before.head) == (now.folded, now.head):
            # What is open now and was not is no text that was folded.
            return NOTHING
        with self._reader().reading() as reading:
            return touched_by(reading.db, self.log, after=before.head, until=now.folded)

    def _reader(self) -> Reader:
        """This thread's reader."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            limit = self._local.limit = TimeLimit(self._answer_seconds)
            reader = self._local.reader = Reader(self._projections, limit=limit)
        return reader


class AgenciesAt:
    """The agencies as they stand at one position, as far as they were asked for, and what follows from them alone."""

    def __init__(self) -> None:
        self.rows: dict[str, AgencyRow] = {}
        self.all: list[AgencyRow] | None = None
        self._derived: dict[Hashable, Any] = {}  # Any: what is derived, by what of whom

    def derived(self, what: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of agencies, made once."""
        found = self._derived.get(what)
        if found is None:
            if len(self._derived) >= KEPT_DERIVED:
                self._derived.clear()
            found = self._derived[what] = make()
        return cast("T", found)


class _Kept:
    """What is kept from one request of a thread to the next, while the projections stay as they are."""

    def __init__(self, mark: Hashable) -> None:
        self.mark = mark
        self._agencies: dict[int, AgenciesAt] = {}
        self._found: OrderedDict[tuple[int, Query], Found] = OrderedDict()

    def found(self, key: tuple[int, Query], look: Callable[[], Found]) -> Found:
        """What a search finds at a position."""
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = look()
            if len(self._found) > KEPT_SEARCHES:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return found

    def agencies(self, position: int) -> AgenciesAt:
        """The agencies at a position."""
        found = self._agencies.get(position)
        if found is None:
            if len(self._agencies) >= KEPT_POSITIONS:
                self._agencies.clear()
            found = self._agencies[position] = AgenciesAt()
        return found


class KeptColumns:
    """The columns of facets that a thread keeps of the file that serves: of now, and of one past position."""

    def __init__(self, number: int) -> None:
        # Of the connection: another one may read another file.
        self.number = number
        self._kept: list[Columns] = []

    def at(self, db: Database, position: int) -> Columns:
        """Columns as of a position: those of the nearest position before it, or new ones in place of those asked for longest ago."""
        nearest = max(
            (one for one in self._kept if one.position <= position), key=lambda one: one.position, default=None
        )
        if nearest is not None:
            self._kept.remove(nearest)
        else:
            nearest = Columns(catalogue.FACETS)
        self._kept = [*self._kept, nearest][-KEPT_COLUMNS:]
        nearest.come_to(db, position)
        return nearest


class Reads:
    """The reads of one request."""

    def __init__(  # noqa: PLR0913 - what is read, what is kept from before, and how much of it there may be
        self,
        reading: Reading,
        sources: Sources,
        prover: Prover,
        kept: _Kept,
        columns: KeptColumns,
        *,
        limit: TimeLimit,
        max_objects: int,
    ) -> None:
        self.limit = limit
        self.max_objects = max_objects
        self.kept = kept
        self.columns = columns
        self._db = reading.db
        self._prover = prover
        self._sources = sources
        checkpoints = sources.checkpoints
        # The newest position that is folded and published.
        self.head = reading.head if checkpoints is None else min(reading.head, checkpoints.published())
        # What the answer is read from; whatever has no part of its own is everything.
        self._parts = Parts()
        self._is_of_everything = False
        self._is_of_openings = False
        # The positions that the request's archives stand at, and whether each of them was asked for by its number.
        self.positions: set[int] = set()
        self.is_pinned = True
        self._at: dict[int, At] = {}
        self._objects = 0

    def at(self, position: int) -> At:
        """The archive at a position up to the head."""
        at = self._at.get(position)
        if at is None:
            at = self._at[position] = At(self, position)
        return at

    @property
    def parts(self) -> Parts | None:
        """What the answer was read from; None: everything."""
        if self.is_pinned and self.positions:
            return None if self._is_of_openings else Parts(is_pinned=True)
        return None if self._is_of_everything or self._is_of_openings else self._parts

    def depend_on_everything(self) -> None:
        """Say that what is read or shown next is another with every entry."""
        self._is_of_everything = True

    @property
    def db(self) -> Database:
        """The projections, for what has no part of its own."""
        self._is_of_everything = True
        return self._db

    def db_of_items(self, ids: Iterable[str]) -> Database:
        """The projections, for what is shown of these items."""
        self._parts.items.update(ids)
        return self._db

    def db_of_lists(self, agencies: Collection[str] | None) -> Database:
        """The projections, for lists of items of these agencies, or of all."""
        self._parts.list_items(agencies)
        return self._db

    def db_of_counts(self, agency: str | None, years: Collection[int]) -> Database:
        """The projections, for what is counted of these years."""
        self._parts.count(agency, years)
        return self._db

    def db_of_names(self) -> Database:
        """The projections, for agencies: an entry about any of them touches every answer."""
        return self._db

    @property
    def log(self) -> Log:
        """The log."""
        self._is_of_everything = True
        return self._sources.log

    @property
    def calendars(self) -> Log:
        """The log, for calendars: an entry about any of them touches every answer."""
        return self._sources.log

    @property
    def prover(self) -> Prover:
        """What makes proofs."""
        self._is_of_everything = True
        return self._prover

    @property
    def disclosures(self) -> Disclosures:
        """The openings, as they are now: not only an entry changes them."""
        self._is_of_openings = True
        return self._sources.disclosures

    @property
    def checkpoints(self) -> Checkpoints | None:
        """The checkpoints."""
        self._is_of_everything = True
        return self._sources.checkpoints

    @cached_property
    def hidden(self) -> set[str]:
        """The items that are hidden now; few, and read once where the text of an entry may be shown."""
        return catalogue.hidden(self.db)

    def spend(self, objects: int) -> None:
        """Count objects of the answer; too many are refused, and so is what takes too long."""
        self.limit.check()
        self._objects += objects
        if self._objects > self.max_objects:
            raise Refused("API-009", value=self._objects, limit=self.max_objects)


class At:
    """The archive at one position."""

    def __init__(self, reads: Reads, position: int) -> None:
        self.reads = reads
        self.position = position
        self.named = reads.kept.agencies(position)
        self._wanted_agencies: set[str] = set()
        self._openings: dict[str, Opening] = {}
        self._erased: dict[str, int] = {}
        self._wanted_seals: set[str] = set()
        self._wanted_items: set[str] = set()
        self._links: dict[str, list[Link]] = {}
        self._ends: set[str] = set()
        self._linked: dict[str, ItemRow] = {}
        self._numbers: dict[str, list[Number]] = {}
        self._revisions: dict[str, list[Revision]] = {}
        self._reviews: dict[str, list[ReviewRow]] = {}
        self._wanted_reviews: set[tuple[str, str]] = set()
        self._today: date | None = None
        self._calendars: dict[str, Calendar] = {}

    @property
    def db(self) -> Database:
        """The projections, for what has no part of its own (see Reads)."""
        return self.reads.db

    def found(self, sought: Query | None) -> Found | None:
        """What a search finds at the position, looked for once; None where nothing is searched for."""
        if sought is None:
            return None
        db = self.reads.db_of_lists(())
        return self.reads.kept.found((self.position, sought), lambda: search.found(db, sought, as_of=self.position))

    def columns(self, position: int) -> Columns:
        """The columns of facets as of a position."""
        return self.reads.columns.at(self.reads.db_of_lists(()), position)

    def expect_agencies(self, ids: Iterable[str]) -> None:
        """Say which agencies may be asked for."""
        self._wanted_agencies.update(ids)

    def keep_agencies(self, rows: Iterable[AgencyRow]) -> None:
        """Remember agencies that were read with a list."""
        self.named.rows.update((row.id, row) for row in rows)

    def agency(self, agency_id: str) -> AgencyRow | None:
        """An agency as it stands at the position."""
        known = self.named.rows
        found = known.get(agency_id)
        if found is None:
            self._wanted_agencies.add(agency_id)
            missing = sorted(self._wanted_agencies.difference(known))
            self._wanted_agencies.clear()
            self.keep_agencies(agencies.agencies(self.reads.db_of_names(), as_of=self.position, ids=missing))
            found = known.get(agency_id)
        return found

    def agencies(self) -> list[AgencyRow]:
        """All agencies, in the order they were registered; more than an answer may hold are refused."""
        if self.named.all is None:
            limit = self.reads.max_objects
            rows = agencies.agencies(self.reads.db_of_names(), as_of=self.position, first=limit + 1)
            if len(rows) > limit:
                raise Refused("API-009", value=len(rows), limit=limit)
            self.named.all = rows
            self.keep_agencies(rows)
        return self.named.all

    def expect_reviews(self, items: Iterable[tuple[str, str]]) -> None:
        """Say of which items, each with its agency, the reviews may be asked for."""
        self._wanted_reviews.update(items)

    def reviews(self, item: str, agency: str) -> list[ReviewRow]:
        """The reviews of an item up to the position; their seals are announced."""
        if item not in self._reviews:
            self._wanted_reviews.add((item, agency))
            found = reviews.reviews(self.db, as_of=self.position, items=self._wanted_reviews)
            self._wanted_reviews.clear()
            self._reviews |= found
            self.expect_seals(row.seal for rows in found.values() for row in rows)
        return self._reviews[item]

    @property
    def today(self) -> date:
        """The day on which the entry at the position was recorded, in China; of the empty archive the first day there is."""
        if self._today is None:
            at = self.reads.log.moment_of(self.position)
            self._today = date.min if at is None else datetime.fromisoformat(at).astimezone(_CHINA).date()
        return self._today

    def calendar(self, region: str) -> Calendar:
        """The calendar by which a region reckons at the position."""
        calendar = self._calendars.get(region)
        if calendar is None:
            calendar = self._calendars[region] = calendar_at(self.reads.calendars, region, position=self.position)
        return calendar

    def expect_items(self, ids: Iterable[str]) -> None:
        """Say of which items links and index numbers may be asked for."""
        self._wanted_items.update(ids)

    def links(self, item: str) -> list[Link]:
        """The links of an item, both ways; one statement for all items of an answer."""
        if item not in self._links:
            self._wanted_items.add(item)
            self._links |= links.links(self.db, as_of=self.position, items=self._wanted_items - self._links.keys())
        return self._links[item]

    def linked(self) -> dict[str, ItemRow]:
        """The items at the other ends of all links that were read, as far as they were public; one statement."""
        ends = {one.item for links_ in self._links.values() for one in links_}
        missing = ends - self._ends
        if missing:
            rows = catalogue.items_with(self.db, as_of=self.position, ids=sorted(missing))
            self._linked |= {row.id: row for row in rows}
            self._ends |= missing
        return self._linked

    def numbers(self, item: str) -> list[Number]:
        """The other index numbers of an item; one statement for all items of an answer."""
        if item not in self._numbers:
            self._wanted_items.add(item)
            missing = self._wanted_items - self._numbers.keys()
            db = self.reads.db_of_items(missing)
            self._numbers |= links.numbers(db, as_of=self.position, items=missing)
        return self._numbers[item]

    def revisions(self, item: str) -> list[Revision]:
        """The revisions of an item; one statement for all items of an answer, more than it may hold are refused."""
        if item not in self._revisions:
            self._wanted_items.add(item)
            missing = self._wanted_items - self._revisions.keys()
            db = self.reads.db_of_items(missing)
            found = revisions.revisions(db, as_of=self.position, ids=missing, limit=self.reads.max_objects + 1)
            if (total := sum(map(len, found.values()))) > self.reads.max_objects:
                raise Refused("API-009", value=total, limit=self.reads.max_objects)
            self._revisions |= found
        return self._revisions[item]

    def expect_seals(self, seals: Iterable[str]) -> None:
        """Say which seals may be asked for."""
        self._wanted_seals.update(seals)

    def opening(self, sealed: str) -> Opening | None:
        """The opening of a seal, if the public may see it at the position."""
        self._fetch()
        opening = self._openings.get(sealed)
        return opening if opening is not None and opening.cleared <= self.position else None

    def erased_at(self, sealed: str) -> int | None:
        """The entry that erased the text behind a seal; what is gone is gone at earlier positions too."""
        self._fetch()
        erased_at = self._erased.get(sealed)
        # One above the head has not happened, or is not folded yet.
        return erased_at if erased_at is not None and erased_at <= self.reads.head else None

    def _fetch(self) -> None:
        """Fetch what was announced, in one statement for openings and one for tombstones."""
        if self._wanted_seals:
            self._openings |= self.reads.disclosures.get(self._wanted_seals)
            self._erased |= self.reads.disclosures.tombstones(self._wanted_seals)
            self._wanted_seals.clear()
