"""Yearly counts: one row for each countable fact, and running totals, so that a number as of any position is looked up.

    entries ──▶ facts, each with its entry ──┬──▶ `positions`: what a number is made of
                                            └──▶ cells ──▶ running totals, block by block ──▶ `counts`

Rules
- What a measure is, and which facts it adds up, stands in `measures.py`; here is what makes a fact, and when.
- An item is one disclosed item, in the month of its first publication and whatever the number of its channels; only
  proactive disclosure is counted (form of 2014, table one: 主动公开政府信息数, 不同渠道和方式公开相同信息计1条). Each
  channel that it is published on is one disclosure by that kind of channel. A withdrawal takes nothing back: what was
  disclosed was disclosed.
- A request counts as received on its day of receipt, which for one that awaits it is the day of its confirmation
  (Order 711, art. 31); one that is withdrawn before that was never received. Its result counts on the day of the
  decision, or on the day on which it lapsed or was withdrawn. It has one, whatever its parts: a severed reply is partly
  granted and nothing else (区分处理的，只计这一情形); otherwise its first outcome is counted. Who withdraws a request that
  was decided takes that result back.
- A request is concluded on the day the reply was delivered, or it ended without one. Whether that was in time is reckoned
  once, when its clock ends and with the calendars known then: a newer one changes the due dates of open requests alone.
- A case counts from its filing; its result is that of the last judgment in the year of the first one, and a judgment of a
  later year is not counted again (`domain/remedies.py`: `counted_in`).
- A hot issue counts once, with its first answer; so it does by microblog or WeChat, and by other ways (微博微信回应事件数,
  其他方式回应事件数). Press conferences and interviews are counted wherever they were entered, each of them.
- A fact is taken back by a later entry, never changed; the categories of its item have periods. Every dimension
  partitions what is counted: what has no value in it is counted under `NONE`.
- A cell is one number of facts of one key in one year: of all agencies, divided by one dimension or by none, or of one
  agency. Its running total stands at the end of every block of positions in which it changed: `BLOCK` of them, or
  `AGENCY_BLOCK` for one agency, of which there are many. A count as of a position is the last total before the
  position's block, and what the entries of that block add. What is divided further (an outcome stands in the key) adds
  up facts, which have an index by agency, key and year.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, assert_never, cast, get_args

import msgspec
from msgspec import UNSET, Struct

from archive.domain import issues, remedies, requests
from archive.domain.activities import MeetingHeld, TrainingHeld
from archive.domain.agencies import AgencyRegistered, ChannelRegistered
from archive.domain.calendars import CalendarAdopted
from archive.domain.errors import Corrupt
from archive.domain.interpretations import EVENTS, InterpretationPublished
from archive.domain.issues import Issue, IssueDetected, IssueEvent, IssueResponded
from archive.domain.items import ItemClassified, ItemPublished, PublicationAdded
from archive.domain.opinions import ComplaintFiled
from archive.domain.places import PlaceClosed, PlaceOpened
from archive.domain.remedies import LitigationFiled, ReconsiderationFiled, Remedy, RemedyEvent
from archive.domain.request_handling import FeeLapsed, FeePaid
from archive.domain.request_intake import (
    CorrectionLapsed,
    RequestReceiptConfirmed,
    RequestReceived,
    RequestWithdrawn,
)
from archive.domain.request_replies import ReplyDecided, ReplyDelivered
from archive.domain.requests import Request, RequestEvent
from archive.projections import measures as keys
from archive.projections import regions
from archive.projections.measures import FACTS, MEASURES, RESULT, Dimension
from archive.projections.periods import Periods, known_at
from archive.projections.regions import Regions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.domain.codes import Classification
    from archive.law.calendar import Calendar
    from archive.law.clock import RequestClock
    from archive.log.entry import Entry
    from archive.projections.measures import Measure, Timing

NAME: Final = "tallies"
VERSION: Final = 2
# How many positions a running total is apart from the next: what a count adds up at most, beside one look-up a cell.
BLOCK: Final = 64
AGENCY_BLOCK: Final = 64 * BLOCK
TABLES: Final = (
    """CREATE TABLE tallies_facts (
    position       INTEGER NOT NULL,    -- the entry that makes the fact
    fact           TEXT NOT NULL,       -- its key, see measures.py
    known_to       INTEGER,             -- the entry that takes it back
    year           INTEGER NOT NULL,
    month          TEXT NOT NULL,       -- 01 … 12
    amount         INTEGER NOT NULL,    -- 1; persons; money in fen
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    agency         TEXT NOT NULL,
    channel        TEXT,
    section        TEXT,
    applicant_kind TEXT,
    PRIMARY KEY (position, fact)
) STRICT, WITHOUT ROWID""",
    # What came after the entry that began its subject: few facts do.
    """CREATE TABLE tallies_later (
    subject        INTEGER NOT NULL,
    position       INTEGER NOT NULL,    -- of facts
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_cells (
    cell           INTEGER PRIMARY KEY, -- in the order in which they came up
    dimension      TEXT NOT NULL,       -- MONTH, CHANNEL, SECTION, APPLICANT_KIND, or a scheme; empty: not divided
    scope          TEXT NOT NULL,       -- an agency; empty: all of them
    year           INTEGER NOT NULL,
    fact           TEXT NOT NULL,
    code           TEXT NOT NULL,       -- in the dimension
    UNIQUE (dimension, scope, year, fact, code)
) STRICT""",
    """CREATE TABLE tallies_totals (
    cell           INTEGER NOT NULL,
    block          INTEGER NOT NULL,    -- position // BLOCK, or // AGENCY_BLOCK
    total          INTEGER NOT NULL,    -- at the end of the block, or so far
    PRIMARY KEY (cell, block)
) STRICT, WITHOUT ROWID""",
    # What changed of cells although no fact was made: one was taken back, or its item has another category.
    """CREATE TABLE tallies_moves (
    position       INTEGER NOT NULL,
    cell           INTEGER NOT NULL,
    change         INTEGER NOT NULL,
    PRIMARY KEY (position, cell)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_categories (
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    scheme         TEXT NOT NULL,
    known_from     INTEGER NOT NULL,
    known_to       INTEGER,
    code           TEXT NOT NULL,
    PRIMARY KEY (subject, scheme, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_subjects (
    position       INTEGER PRIMARY KEY, -- the entry that published the item, received the request, filed the case …
    stream         TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    section        TEXT,
    applicant_kind TEXT
) STRICT""",
    """CREATE TABLE tallies_states (
    subject        INTEGER PRIMARY KEY, -- a request, a case or an issue
    state          TEXT NOT NULL,       -- JSON: what the rules know of it
    timing         TEXT                 -- on-time, extended, late; of a request whose clock has ended
) STRICT""",
    """CREATE TABLE tallies_channels (
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    kind           TEXT NOT NULL,       -- gazette, website, weibo, wechat, other
    PRIMARY KEY (agency, channel)
) STRICT, WITHOUT ROWID""",
    *regions.tables("tallies"),
)
INDEXES: Final[tuple[str, ...]] = ("CREATE INDEX tallies_facts_fact ON tallies_facts (agency, fact, year)",)
# Nothing here is text: what is counted does not depend on what can be erased.
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Single = (
    ItemPublished
    | PublicationAdded
    | ItemClassified
    | InterpretationPublished
    | ComplaintFiled
    | TrainingHeld
    | MeetingHeld
    | PlaceOpened
    | PlaceClosed
)
_Applied = AgencyRegistered | CalendarAdopted | ChannelRegistered | _Single | RequestEvent | RemedyEvent | IssueEvent


def _members(union: object) -> Iterator[type[Any]]:  # Any: the events of a union
    for one in get_args(union):
        if get_args(one):
            yield from _members(one)
        else:
            yield one


TYPES: Final = frozenset(event.TYPE for event in _members(_Applied))

# Where a fact has no value in a dimension. No code is empty.
NONE: Final = ""


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:  # noqa: ARG001 - the shape of every projection's fold; no text is counted
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    fold = _Fold(db, entries)
    for entry in entries:
        fold.add(entry)
    fold.write()


class _Subject(NamedTuple):
    """What is counted: an item, a request, a case."""

    position: int
    stream: str
    agency: str
    section: str | None
    applicant_kind: str | None


class _Category(NamedTuple):
    """What `tallies_categories` says of a subject and a scheme."""

    code: str


class _Held(NamedTuple):
    """What `tallies_states` says of a subject."""

    state: Request | Remedy | Issue
    timing: Timing | None


@dataclass(slots=True)
class _Fact:
    """A row of `tallies_facts`."""

    position: int
    fact: str
    known_to: int | None
    year: int
    month: str
    amount: int
    subject: int
    agency: str
    channel: str | None
    section: str | None
    applicant_kind: str | None


# Dimension, scope, year, fact, code.
_CellKey = tuple[str, str, int, str, str]
_STATES: Final[dict[str, msgspec.json.Decoder[Any]]] = {  # Any: the state of the kind
    "request": msgspec.json.Decoder(Request),
    "remedy": msgspec.json.Decoder(Remedy),
    "issue": msgspec.json.Decoder(Issue),
}
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_S = TypeVar("_S", Request, Remedy, Issue)
_in_order: Final = attrgetter("position", "fact")
_row_of: Final = attrgetter(*(field.name for field in dataclasses.fields(_Fact)))


class _Fold:
    """One batch on its way into rows: what it needs is read in a few statements, what it makes is written in a few."""

    def __init__(self, db: Connection, entries: Sequence[Entry]) -> None:
        self._db = db
        self._regions = Regions(db, NAME)
        self._subjects: dict[str, _Subject] = {}
        self._states: dict[int, _Held] = {}
        for *subject, state, timing in db.execute(
            """SELECT b.*, s.state, s.timing FROM tallies_subjects b LEFT JOIN tallies_states s ON s.subject = b.position
            WHERE b.stream IN (SELECT value FROM json_each(?))""",
            (_json({entry.stream for entry in entries}),),
        ):
            known = _Subject(*subject)
            self._subjects[known.stream] = known
            if state is not None:
                self._states[known.position] = _Held(_STATES[_kind(known.stream)].decode(state), timing)
        # An agency has a handful of channels, so all of those concerned are read.
        agencies = {subject.agency for subject in self._subjects.values()}
        agencies |= {entry.event.agency for entry in entries if isinstance(entry.event, ItemPublished)}
        self._kinds: dict[tuple[str, str], str] = {
            (agency, channel): kind
            for agency, channel, kind in db.execute(
                "SELECT agency, channel, kind FROM tallies_channels WHERE agency IN (SELECT value FROM json_each(?))",
                (_json(agencies),),
            )
        }
        self._categories = Periods("tallies_categories", key=("subject", "scheme"), held=_Category)
        # Subject -> its categories now, and its facts that hold: of those that this batch may add to or change.
        self._in_schemes: defaultdict[int, dict[str, str]] = defaultdict(dict)
        self._live: defaultdict[int, list[_Fact]] = defaultdict(list)
        self._read_what_may_change(entries)

        self._new_subjects: list[_Subject] = []
        self._new_channels: list[tuple[str, str, str]] = []
        self._facts: list[_Fact] = []
        self._ended: list[_Fact] = []
        self._changed_states: dict[int, None] = {}
        # What a block adds to the cells of facts that are alike, and to single cells, in the order in which it came up.
        self._added: dict[tuple[int, _Like | _CellKey], int] = {}
        self._moves: dict[tuple[int, _CellKey], int] = {}

    def _read_what_may_change(self, entries: Sequence[Entry]) -> None:
        def known(*events: type[object]) -> set[int]:
            return {
                self._subjects[entry.stream].position
                for entry in entries
                if isinstance(entry.event, events) and entry.stream in self._subjects
            }

        classified = known(ItemClassified)
        self._categories.load(self._db, classified)
        if wanted := classified | known(PublicationAdded):
            for subject, scheme, code in self._db.execute(
                """SELECT subject, scheme, code FROM tallies_categories
                WHERE known_to IS NULL AND subject IN (SELECT value FROM json_each(?)) ORDER BY subject, known_from, scheme""",
                (_json(wanted),),
            ):
                self._in_schemes[subject][scheme] = code
        if wanted := classified | known(RequestWithdrawn, IssueResponded, *_members(RemedyEvent)):
            for row in self._db.execute(
                """SELECT * FROM tallies_facts WHERE known_to IS NULL AND position IN (
                    SELECT value FROM json_each(:subjects)
                    UNION SELECT position FROM tallies_later WHERE subject IN (SELECT value FROM json_each(:subjects))
                ) ORDER BY position, fact""",
                {"subjects": _json(wanted)},
            ):
                fact = _Fact(*row)
                self._live[fact.subject].append(fact)

    # --- what makes a fact
    def add(self, entry: Entry) -> None:
        """Fold one entry."""
        event = cast("_Applied", entry.event)
        if isinstance(event, _Single):
            self._single(entry, event)
        elif isinstance(event, AgencyRegistered):
            if self._regions.of(entry.stream) is not None:
                raise _corrupt(entry)
            self._regions.registered(entry.stream, event)
        elif isinstance(event, CalendarAdopted):
            self._regions.adopted(event)
        elif isinstance(event, ChannelRegistered):
            self._kinds[entry.stream, event.channel] = event.kind
            self._new_channels.append((entry.stream, event.channel, event.kind))
        elif isinstance(event, RemedyEvent):
            self._case(entry, event)
        elif isinstance(event, IssueEvent):
            self._issue(entry, event)
        else:
            self._request(entry, event)

    def _single(self, entry: Entry, event: _Single) -> None:
        match event:
            case ItemPublished():
                self._published(entry, event)
            case PublicationAdded():
                # An item disclosed on request is no subject here.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._disclosed(entry, subject, event.channel, event.published_on)
            case ItemClassified():
                # Nor is a draft; when it is published, its categories come with it.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._reclassified(entry, subject, event)
            case InterpretationPublished():
                way = event.form if event.form in EVENTS else "interpretation"
                by_head = event.by_head and event.form in EVENTS
                subject = self._begun(entry, agency=event.agency)
                self._count(entry, keys.response(way, by_head=by_head), subject, on=event.published_on)
            case ComplaintFiled():
                self._count(entry, keys.COMPLAINT, self._begun(entry, agency=event.agency), on=event.filed_on)
            case TrainingHeld():
                subject = self._begun(entry, agency=event.agency)
                self._count(entry, keys.TRAINING, subject, on=event.held_on)
                self._count(entry, keys.PERSON_TIMES, subject, on=event.held_on, amount=event.attendees)
            case MeetingHeld():
                self._count(entry, keys.MEETING, self._begun(entry, agency=event.agency), on=event.held_on)
            case PlaceOpened():
                self._count(entry, keys.PLACE_OPENED, self._begun(entry, agency=event.agency), on=event.opened_on)
            case PlaceClosed():
                self._count(entry, keys.PLACE_CLOSED, self._known(entry), on=event.closed_on)
            case _:
                assert_never(event)

    def _published(self, entry: Entry, event: ItemPublished) -> None:
        if event.mode != "proactive":
            return
        section = None if event.section is UNSET else event.section
        subject = self._begun(entry, agency=event.agency, section=section)
        for category in event.categories:
            self._classified(entry, subject, category)
        self._count(entry, keys.ITEM, subject, on=event.published_on, channel=event.channel)
        self._disclosed(entry, subject, event.channel, event.published_on)

    def _disclosed(self, entry: Entry, subject: _Subject, channel: str, on: date) -> None:
        kind = self._kinds.get((subject.agency, channel))
        if kind is None:
            raise _corrupt(entry)
        self._count(entry, keys.channel(kind), subject, on=on, channel=channel)

    def _classified(self, entry: Entry, subject: _Subject, category: ItemClassified | Classification) -> None:
        self._categories.change(entry.position, subject.position, category.scheme, to=_Category(category.code))
        self._in_schemes[subject.position][category.scheme] = category.code

    def _reclassified(self, entry: Entry, subject: _Subject, event: ItemClassified) -> None:
        before = self._in_schemes[subject.position].get(event.scheme)
        self._classified(entry, subject, event)
        if event.code == before:
            return
        # In one order, whether they were read or made in this batch: cells are numbered as they come up.
        for fact in sorted(self._live[subject.position], key=_in_order):
            if before is not None:
                self._move(entry, (event.scheme, "", fact.year, fact.fact, before), -fact.amount)
            self._move(entry, (event.scheme, "", fact.year, fact.fact, event.code), fact.amount)

    def _request(self, entry: Entry, event: RequestEvent) -> None:
        if isinstance(event, RequestReceived):
            subject = self._begun(entry, agency=event.agency, applicant_kind=event.applicant_kind)
            self._stands(subject, requests.evolve(None, event))
            if event.receipt != "awaits-confirmation":
                self._count(entry, keys.received(event.channel), subject, on=event.received_on)
            return
        subject = self._known(entry)
        before, timing = self._state(entry, subject, Request)
        request = requests.evolve(before, event)
        if (ended_on := request.clock.ended_on) is not None and before.clock.ended_on is None:
            timing = timing_of(request.clock, ended_on, self._calendar(entry, subject))
        self._stands(subject, request, timing)
        match event:
            case RequestReceiptConfirmed():
                self._count(entry, keys.received(event.channel), subject, on=event.confirmed_on)
            case ReplyDecided():
                outcome = "severed" if "severed" in event.outcomes else event.outcomes[0]
                self._count(entry, keys.result(outcome), subject, on=event.decided_on)
            case ReplyDelivered():
                self._concluded(entry, subject, timing, event.delivered_on)
            case FeePaid():
                self._count(entry, keys.FEE, subject, on=event.paid_on, amount=event.amount_fen)
            case CorrectionLapsed():
                self._ended_without_reply(entry, subject, "correction-lapsed", timing, event.lapsed_on)
            case FeeLapsed():
                self._ended_without_reply(entry, subject, "fee-lapsed", timing, event.lapsed_on)
            case RequestWithdrawn():
                if not request.awaits_confirmation:
                    self._take_back(entry, subject, lambda fact: fact.startswith(RESULT))
                    self._ended_without_reply(entry, subject, "withdrawn", timing, event.withdrawn_on)
            case _:
                # Every other step moves the clock alone.
                pass

    def _ended_without_reply(
        self, entry: Entry, subject: _Subject, ending: keys.Ending, timing: Timing | None, on: date
    ) -> None:
        self._count(entry, keys.result(ending), subject, on=on)
        self._concluded(entry, subject, timing, on)

    def _concluded(self, entry: Entry, subject: _Subject, timing: Timing | None, on: date) -> None:
        if timing is None:
            raise _corrupt(entry)
        self._count(entry, keys.concluded(timing), subject, on=on)

    def _case(self, entry: Entry, event: RemedyEvent) -> None:
        if isinstance(event, ReconsiderationFiled | LitigationFiled):
            subject = self._begun(entry, agency=event.agency)
            case = remedies.evolve(None, event)
            self._stands(subject, case)
            if case.counted_here:
                self._count(entry, keys.remedy(case.block, "filed"), subject, on=case.filed_on)
            return
        subject = self._known(entry)
        before, _ = self._state(entry, subject, Remedy)
        case = remedies.evolve(before, event)
        self._stands(subject, case)
        if not case.counted_here or len(case.conclusions) == len(before.conclusions):
            return
        newest = case.conclusions[-1]
        if newest.on.year == case.conclusions[0].on.year:
            filed = keys.remedy(case.block, "filed")
            self._take_back(entry, subject, lambda fact: fact != filed)
            self._count(entry, keys.remedy(case.block, newest.result), subject, on=newest.on)

    def _issue(self, entry: Entry, event: IssueEvent) -> None:
        if isinstance(event, IssueDetected):
            subject = self._begun(entry, agency=event.agency)
            self._stands(subject, issues.evolve(None, event))
            return
        subject = self._known(entry)
        before, _ = self._state(entry, subject, Issue)
        issue = issues.evolve(before, event)
        self._stands(subject, issue)
        if isinstance(event, IssueResponded):
            # A moment is that of China, and so is its day.
            on = date.fromisoformat(event.responded_at[:10])
            if issue.responses == 1:
                self._count(entry, keys.ISSUE, subject, on=on)
            way = _WAYS.get(event.way, event.way)
            by_head = event.by_head and way in EVENTS
            key = keys.response(way, by_head=by_head)
            # Conferences and interviews are counted one by one, other answers by the issue.
            if way in EVENTS or all(fact.fact != key for fact in self._live[subject.position]):
                self._count(entry, key, subject, on=on)

    # --- subjects and their states
    def _begun(
        self, entry: Entry, *, agency: str, section: str | None = None, applicant_kind: str | None = None
    ) -> _Subject:
        if entry.stream in self._subjects:
            raise _corrupt(entry)
        subject = _Subject(entry.position, entry.stream, agency, section, applicant_kind)
        self._subjects[entry.stream] = subject
        self._new_subjects.append(subject)
        return subject

    def _known(self, entry: Entry) -> _Subject:
        subject = self._subjects.get(entry.stream)
        if subject is None:
            raise _corrupt(entry)
        return subject

    def _state(self, entry: Entry, subject: _Subject, kind: type[_S]) -> tuple[_S, Timing | None]:
        held = self._states.get(subject.position)
        if held is None or not isinstance(held.state, kind):
            raise _corrupt(entry)
        return held.state, held.timing

    def _stands(self, subject: _Subject, state: Request | Remedy | Issue, timing: Timing | None = None) -> None:
        self._states[subject.position] = _Held(state, timing)
        self._changed_states[subject.position] = None

    def _calendar(self, entry: Entry, subject: _Subject) -> Calendar:
        region = self._regions.of(subject.agency)
        if region is None:
            raise _corrupt(entry)
        return self._regions.calendar(region)

    # --- facts and cells
    def _count(  # noqa: PLR0913 - the columns of a fact
        self, entry: Entry, key: str, subject: _Subject, *, on: date, channel: str | None = None, amount: int = 1
    ) -> None:
        fact = _Fact(
            entry.position,
            key,
            None,
            on.year,
            _MONTHS[on.month],
            amount,
            subject.position,
            subject.agency,
            channel,
            subject.section,
            subject.applicant_kind,
        )
        self._facts.append(fact)
        self._live[subject.position].append(fact)
        self._add(entry, self._like(fact), amount)
        self._add(entry, _of_agency_alone(fact), amount)

    def _take_back(self, entry: Entry, subject: _Subject, which: Callable[[str], bool]) -> None:
        live = self._live[subject.position]
        for fact in sorted((one for one in live if which(one.fact)), key=_in_order):
            live.remove(fact)
            fact.known_to = entry.position
            self._ended.append(fact)
            for cell in (*_cells_of(self._like(fact)), _of_agency_alone(fact)):
                self._move(entry, cell, -fact.amount)

    def _move(self, entry: Entry, cell: _CellKey, change: int) -> None:
        at = (entry.position, cell)
        self._moves[at] = self._moves.get(at, 0) + change
        self._add(entry, cell, change)

    def _add(self, entry: Entry, what: _Like | _CellKey, amount: int) -> None:
        at = (entry.position // BLOCK, what)
        self._added[at] = self._added.get(at, 0) + amount

    def _like(self, fact: _Fact) -> _Like:
        categories = self._in_schemes.get(fact.subject)
        return _Like(
            fact.year,
            fact.fact,
            fact.month,
            fact.channel,
            fact.section,
            fact.applicant_kind,
            () if categories is None else tuple(sorted(categories.items())),
        )

    # --- rows
    def write(self) -> None:
        """Write what was folded."""
        db = self._db
        db.executemany("INSERT INTO tallies_subjects VALUES (?, ?, ?, ?, ?)", self._new_subjects)
        db.executemany("INSERT INTO tallies_channels VALUES (?, ?, ?)", self._new_channels)
        db.executemany("INSERT INTO tallies_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row_of, self._facts))
        db.executemany(
            "INSERT OR IGNORE INTO tallies_later VALUES (?, ?)",
            [(fact.subject, fact.position) for fact in self._facts if fact.position > fact.subject],
        )
        db.executemany(
            "UPDATE tallies_facts SET known_to = ? WHERE position = ? AND fact = ?",
            [(fact.known_to, fact.position, fact.fact) for fact in self._ended],
        )
        db.executemany(
            "INSERT OR REPLACE INTO tallies_states VALUES (?, ?, ?)",
            [
                (one, _encode(self._states[one].state).decode(), self._states[one].timing)
                for one in self._changed_states
            ],
        )
        self._categories.write(db)
        self._write_totals()

    def _write_totals(self) -> None:
        # Facts that are alike count in the same cells, block after block.
        cells: dict[_Like | _CellKey, list[int]] = {}
        wanted: dict[_CellKey, int] = {}
        for _, what in self._added:
            if what not in cells:
                of = _cells_of(what) if isinstance(what, _Like) else (what,)
                cells[what] = [wanted.setdefault(key, len(wanted)) for key in of]
        numbers, totals = self._numbered(list(wanted))
        of_one = {number for key, number in wanted.items() if key[1]}
        # What changed in the block that is added up, and in the wider one of single agencies. Blocks come up in order.
        rows: list[tuple[int, int, int]] = []
        narrow: set[int] = set()
        wide: set[int] = set()
        now = 0

        def end(block: int, changed: set[int]) -> None:
            rows.extend((numbers[one], block, totals[one]) for one in changed)
            changed.clear()

        for (block, what), amount in self._added.items():
            if block != now:
                end(now, narrow)
                if block * BLOCK // AGENCY_BLOCK != now * BLOCK // AGENCY_BLOCK:
                    end(now * BLOCK // AGENCY_BLOCK, wide)
                now = block
            numbers_of = cells[what]
            for one in numbers_of:
                totals[one] += amount
            (wide if numbers_of[0] in of_one else narrow).update(numbers_of)
        end(now, narrow)
        end(now * BLOCK // AGENCY_BLOCK, wide)
        rows.sort()
        db = self._db
        db.executemany("INSERT OR REPLACE INTO tallies_totals VALUES (?, ?, ?)", rows)
        db.executemany(
            "INSERT INTO tallies_moves VALUES (?, ?, ?)",
            [(position, numbers[wanted[key]], change) for (position, key), change in self._moves.items() if change],
        )

    def _numbered(self, wanted: Sequence[_CellKey]) -> tuple[list[int], list[int]]:
        """The numbers of these cells, which are made where they are new, and their newest totals."""
        self._db.executemany(
            "INSERT OR IGNORE INTO tallies_cells (dimension, scope, year, fact, code) VALUES (?, ?, ?, ?, ?)", wanted
        )
        numbers, totals = [0] * len(wanted), [0] * len(wanted)
        for one, number, total in self._db.execute(
            """SELECT w.key, c.cell, (
                SELECT t.total FROM tallies_totals t WHERE t.cell = c.cell ORDER BY t.block DESC LIMIT 1
            ) FROM json_each(?) w CROSS JOIN tallies_cells c ON c.dimension = w.value ->> 0 AND c.scope = w.value ->> 1
                AND c.year = w.value ->> 2 AND c.fact = w.value ->> 3 AND c.code = w.value ->> 4""",
            (msgspec.json.encode(wanted).decode(),),
        ):
            numbers[one] = number
            totals[one] = total or 0
        return numbers, totals


# By which of the form's two rows an answer counts that is neither a conference nor an interview.
_WAYS: Final[dict[str, str]] = {"weibo": "weibo-wechat", "wechat": "weibo-wechat", "website": "other"}
_MONTHS: Final = [f"{month:02}" for month in range(13)]


class _Like(NamedTuple):
    """What facts have in common that count in the same cells of all agencies; `categories`: of the item at that time."""

    year: int
    fact: str
    month: str
    channel: str | None
    section: str | None
    applicant_kind: str | None
    categories: tuple[tuple[str, str], ...]


def _cells_of(like: _Like) -> Iterator[_CellKey]:
    """The cells of all agencies that such a fact counts in. What has no value in a dimension is what its cells leave of the whole."""
    codes = (
        ("", ""),
        ("MONTH", like.month),
        ("CHANNEL", like.channel),
        ("SECTION", like.section),
        ("APPLICANT_KIND", like.applicant_kind),
        *like.categories,
    )
    for dimension, code in codes:
        if code is not None:
            yield dimension, "", like.year, like.fact, code


def _of_agency_alone(fact: _Fact) -> _CellKey:
    return "", fact.agency, fact.year, fact.fact, ""


def timing_of(clock: RequestClock, on: date, calendar: Calendar) -> Timing:
    """Whether a request was concluded in time: within its period, or within one that was lengthened.

    While a correction is awaited nothing runs, and so nothing is late.
    """
    plain = dataclasses.replace(clock, extension_days=0, agreed_on=None)
    if clock.correction == "demanded" or plain.deadline(calendar).late_by(on) == 0:
        return "on-time"
    return "extended" if clock.deadline(calendar).late_by(on) == 0 else "late"


def _kind(stream: str) -> str:
    return stream.rpartition("-")[0]


def _corrupt(entry: Entry) -> Corrupt:
    return Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)


def _json(values: Collection[str] | Collection[int]) -> str:
    return msgspec.json.encode(sorted(values)).decode()


# --- reads ------------------------------------------------------------------------------------------------------------
class CountRow(Struct, frozen=True):
    """How often something happened in a year; `dimensions` in the order asked for, `NONE` where a fact has no value."""

    year: int
    measure: str
    value: int
    dimensions: list[tuple[Dimension, str]]


class Cell(NamedTuple):
    """One number among counts by the same dimensions: its year, its measure, and its code in each dimension."""

    year: int
    measure: str
    codes: tuple[str, ...] = ()


class _Sum(NamedTuple):
    """What facts of one key in one year add up to, with their code in each dimension asked for."""

    year: int
    fact: str
    codes: tuple[str, ...]
    amount: int


class _Asked(NamedTuple):
    """What sums are read for: years up to `last`, and where `years` is not None, those alone."""

    as_of: int
    years: Collection[int] | None
    last: int
    agency: str | None
    # None: facts of every key.
    facts: Collection[str] | None
    by: Sequence[Dimension]
    scheme: str | None


def counts(  # noqa: PLR0913 - the arguments of the public contract
    db: Connection,
    *,
    as_of: int,
    years: Sequence[int],
    agency: str | None = None,
    measures: Collection[str] | None = None,
    by: Sequence[Dimension] = (),
    scheme: str | None = None,
) -> list[CountRow]:
    """The counts that are not 0, by year, measure and dimensions. `scheme` is what CATEGORY means."""
    wanted = MEASURES if measures is None else {one: MEASURES[one] for one in measures}
    if not years or not wanted:
        return []
    # What stands open began in any year before.
    carried = any(measure.stock is not None for measure in wanted.values())
    facts = None if measures is None else {fact for measure in wanted.values() for fact in _facts_of(measure)}
    asked = _Asked(as_of, None if carried else years, max(years), agency, facts, by, scheme)
    divided = [one for one in by if one not in _UNDIVIDED]
    whole = agency is None and "AGENCY" not in by
    sums = _from_totals(db, asked, *divided) if len(divided) <= whole else _from_facts(db, asked)
    found = _added_up(sums, set(years), wanted, by)
    return [
        CountRow(year, measure, value, list(zip(by, codes, strict=True)))
        for (year, measure, codes), value in sorted(found.items())
        if value
    ]


def positions(  # noqa: PLR0913 - the arguments of `counts`, and of a page
    db: Connection,
    *,
    as_of: int,
    cells: Collection[Cell],
    agency: str | None = None,
    by: Sequence[Dimension] = (),
    scheme: str | None = None,
    first: int | None = None,
    after: int = 0,
) -> dict[Cell, list[int]]:
    """The positions of the entries that make each of these counts: the `first` of each after a position, in order.

    Behind what stands open are the entries that began it.
    """
    found: dict[Cell, list[int]] = {one: [] for one in cells}
    codes, joins, values = _codes(by, scheme)
    # A measure is not divided by a dimension that it lacks.
    shown = [f"iif(a.has_{number}, ifnull({code}, '{NONE}'), '{NONE}')" for number, code in enumerate(codes)]
    cell = ", ".join(["a.year", "a.measure", *shown])
    names = ["year", "measure", "fact", "first", "last", "ended_by", "ended", *(f"has_{n}" for n in range(len(by)))]
    fields = ", ".join(f"value ->> '$[{number}]'" for number in range(len(names)))
    values |= {
        "as_of": as_of,
        "agency": agency,
        "asked": msgspec.json.encode(list(_behind(cells, by))).decode(),
        "cells": msgspec.json.encode([[one.year, one.measure, *one.codes] for one in cells]).decode(),
        "after": after,
        "first": 2**63 - 1 if first is None else first,
    }
    rows = db.execute(
        f"""WITH asked ({", ".join(names)}) AS MATERIALIZED (SELECT {fields} FROM json_each(:asked))
        SELECT * FROM (
            SELECT {cell}, f.position AS position, row_number() OVER (PARTITION BY {cell} ORDER BY f.position) AS number
            FROM asked a CROSS JOIN tallies_facts f ON f.fact = a.fact AND f.year BETWEEN a.first AND a.last {joins}
            WHERE {_of_agency("f.agency", agency)} AND f.position <= :as_of AND f.position > :after AND {_holds("f")}
            AND (a.ended_by IS NULL OR NOT EXISTS (
                SELECT 1 FROM tallies_later l CROSS JOIN tallies_facts e ON e.position = l.position
                WHERE l.subject = f.subject AND l.position <= :as_of AND e.year <= a.ended_by AND {_holds("e")}
                AND e.fact IN (SELECT value FROM json_each(a.ended))
            ))
            AND json_array({cell}) IN (SELECT value FROM json_each(:cells))
        ) WHERE number <= :first ORDER BY position""",
        values,
    )
    for year, measure, *at, position, _ in rows:
        found[Cell(year, measure, tuple(at))].append(position)
    return found


def changed_by(  # noqa: PLR0913 - a count, and from when to when
    db: Connection,
    *,
    measure: str,
    year: int,
    agencies: Collection[str],
    after: int,
    as_of: int,
    applicant_kind: str | None = None,
) -> list[int]:
    """The positions of the entries after `after` that make a count another one as of `as_of`: what came, what was taken back."""
    of = MEASURES[measure]
    if (stock := of.stock) is None:
        asked = [(fact, year, year) for fact in of.facts]
    else:
        asked = [(fact, -(2**31), year + stock.begun_by) for fact in of.facts]
        asked += [(fact, -(2**31), year + stock.ended_by) for fact in stock.ended]
    found = """FROM asked a CROSS JOIN tallies_facts f ON f.fact = a.fact AND f.year BETWEEN a.first AND a.last
        WHERE f.agency IN (SELECT value FROM json_each(:agencies)) AND (:kind IS NULL OR f.applicant_kind = :kind)"""
    rows = db.execute(
        f"""WITH asked (fact, first, last) AS MATERIALIZED (
            SELECT value ->> '$[0]', value ->> '$[1]', value ->> '$[2]' FROM json_each(:asked)
        )
        SELECT f.position {found} AND f.position > :after AND f.position <= :as_of AND {_holds("f")}
        UNION
        SELECT f.known_to {found} AND f.position <= :after AND f.known_to > :after AND f.known_to <= :as_of
        ORDER BY 1""",
        {
            "asked": msgspec.json.encode(asked).decode(),
            "agencies": _json(agencies),
            "kind": applicant_kind,
            "after": after,
            "as_of": as_of,
        },
    )
    return [position for (position,) in rows]


def first_years(db: Connection, *, after: int, until: int) -> dict[str, int]:
    """The agencies of whose counts the entries between two positions change any, each with the first year that changes.

    Under the empty name: what is divided otherwise than before, of whichever agency.
    """
    rows = db.execute(
        """SELECT agency, min(year) FROM (
            SELECT agency, year FROM tallies_facts WHERE position > :after AND position <= :until
            UNION ALL SELECT c.scope, c.year FROM tallies_moves m JOIN tallies_cells c ON c.cell = m.cell
            WHERE m.position > :after AND m.position <= :until
        ) GROUP BY agency""",
        {"after": after, "until": until},
    )
    return dict(rows.fetchall())


def years(db: Connection, *, as_of: int) -> list[int]:
    """The years in which anything is counted, earliest first."""
    sums = _from_totals(db, _Asked(as_of, None, 9999, None, None, (), None))
    return sorted({one.year for one in sums if one.amount})


# Dimension -> the column that holds its code. A category is looked up in its scheme, an outcome stands in the key.
_COLUMNS: Final[dict[Dimension, str]] = {
    "MONTH": "f.month",
    "CHANNEL": "f.channel",
    "SECTION": "f.section",
    "AGENCY": "f.agency",
    "APPLICANT_KIND": "f.applicant_kind",
    "OUTCOME": f"iif(substr(f.fact, 1, {len(RESULT)}) = '{RESULT}', substr(f.fact, {len(RESULT) + 1}), NULL)",
}
_SCHEMES: Final[dict[Dimension, str]] = {"THEME": "theme", "GENRE": "genre"}
# What every cell tells of itself, whatever it is divided by.
_UNDIVIDED: Final[frozenset[Dimension]] = frozenset({"AGENCY", "OUTCOME"})


def _facts_of(measure: Measure) -> tuple[str, ...]:
    return (*measure.facts, *(measure.stock.ended if measure.stock is not None else ()))


def _added_up(
    sums: Iterable[_Sum], years: Collection[int], wanted: Mapping[str, Measure], by: Sequence[Dimension]
) -> dict[tuple[int, str, tuple[str, ...]], int]:
    """Year, measure and codes -> what the facts of the measure add up to."""
    # Fact -> the measures that it is part of, +1 or -1, and by how many years it counts later or earlier; None: flow.
    parts: defaultdict[str, list[tuple[str, list[bool], int, int | None]]] = defaultdict(list)
    for name, measure in wanted.items():
        has = [one in measure.dimensions for one in by]
        for fact in measure.facts:
            parts[fact].append((name, has, 1, None if measure.stock is None else measure.stock.begun_by))
        if measure.stock is not None:
            for fact in measure.stock.ended:
                parts[fact].append((name, has, -1, measure.stock.ended_by))
    found: defaultdict[tuple[int, str, tuple[str, ...]], int] = defaultdict(int)
    for one in sums:
        for name, has, sign, shift in parts[one.fact]:
            codes = tuple(code if known else NONE for code, known in zip(one.codes, has, strict=True))
            if shift is None:
                if one.year in years:
                    found[one.year, name, codes] += sign * one.amount
            else:
                for year in years:
                    if one.year <= year + shift:
                        found[year, name, codes] += sign * one.amount
    return found


def _from_totals(db: Connection, asked: _Asked, dimension: Dimension | None = None) -> list[_Sum]:
    """Sums divided by one dimension at most, besides agency and outcome: running totals, and the block since."""
    divided = "AGENCY" in asked.by
    size = BLOCK if asked.agency is None and not divided else AGENCY_BLOCK
    scheme = None if dimension is None or dimension in _COLUMNS else _SCHEMES.get(dimension, asked.scheme)
    name = scheme or dimension
    block = (asked.as_of + 1) // size
    values: dict[str, object] = {
        "as_of": asked.as_of,
        "block": block,
        "start": block * size,
        "dimensions": _json(["", *([] if name is None else [name])]),
        "scheme": scheme,
        "agency": asked.agency,
        "years": None if asked.years is None else _json(asked.years),
        "last": asked.last,
        "facts": None if asked.facts is None else _json(asked.facts),
    }
    if asked.agency is not None:
        scope = "c.scope = :agency"
    elif divided:
        scope = "c.scope IN (SELECT agency FROM tallies_agencies)"
    else:
        scope = "c.scope = ''"
    of_cells = f"c.dimension IN (SELECT value FROM json_each(:dimensions)) AND {scope} AND {_chosen('c', asked)}"
    since = f"f.position BETWEEN :start AND :as_of AND {_chosen('f', asked)}"
    if asked.agency is not None:
        since += " AND f.agency = :agency"
    coded, join = f"'{NONE}'", ""
    if scheme is not None:
        # Its category when it was counted: what changed since is among the moves.
        coded = f"ifnull(g.code, '{NONE}')"
        join = """LEFT JOIN tallies_categories g ON g.subject = f.subject AND g.scheme = :scheme
            AND g.known_from <= f.position AND (g.known_to IS NULL OR g.known_to > f.position)"""
    elif dimension is not None:
        coded = f"ifnull({_COLUMNS[dimension]}, '{NONE}')"
    statement = f"""SELECT c.dimension, c.scope, c.year, c.fact, c.code, (
            SELECT t.total FROM tallies_totals t WHERE t.cell = c.cell AND t.block < :block ORDER BY t.block DESC LIMIT 1
        ) FROM tallies_cells c WHERE {of_cells}
        UNION ALL SELECT c.dimension, c.scope, c.year, c.fact, c.code, m.change
        FROM tallies_moves m CROSS JOIN tallies_cells c ON c.cell = m.cell
        WHERE m.position BETWEEN :start AND :as_of AND {of_cells}
        UNION ALL SELECT NULL, f.agency, f.year, f.fact, {coded}, f.amount FROM tallies_facts f {join} WHERE {since}"""
    totals: defaultdict[tuple[int, str, str, str], int] = defaultdict(int)
    for of, scope_, year, fact, code, amount in db.execute(statement, values):
        if amount:
            agency = scope_ if divided else ""
            if of == "":
                totals[year, fact, agency, NONE] += amount
                continue
            totals[year, fact, agency, code] += amount
            if of is not None:
                # What its cells leave of the whole has no value in the dimension.
                totals[year, fact, agency, NONE] -= amount
    return [
        _Sum(year, fact, tuple(_code(one, fact, agency, code) for one in asked.by), amount)
        for (year, fact, agency, code), amount in totals.items()
        if amount
    ]


def _code(dimension: Dimension, fact: str, agency: str, code: str) -> str:
    match dimension:
        case "AGENCY":
            return agency
        case "OUTCOME":
            return fact.removeprefix(RESULT) if fact.startswith(RESULT) else NONE
        case _:
            return code


def _from_facts(db: Connection, asked: _Asked) -> list[_Sum]:
    """Sums divided by more: the facts of the years, added up."""
    codes, joins, values = _codes(asked.by, asked.scheme)
    values |= {
        "as_of": asked.as_of,
        "agency": asked.agency,
        "years": None if asked.years is None else _json(asked.years),
        "last": asked.last,
        "facts": _json(FACTS if asked.facts is None else asked.facts),
    }
    cell = ", ".join(["f.year", "f.fact", *(f"ifnull({code}, '{NONE}')" for code in codes)])
    rows = db.execute(
        f"""SELECT {cell}, sum(f.amount) FROM tallies_facts f {joins}
        WHERE {_of_agency("f.agency", asked.agency)} AND f.fact IN (SELECT value FROM json_each(:facts))
        AND {_in_years("f", asked)} AND f.position <= :as_of AND {_holds("f")} GROUP BY {cell}""",
        values,
    )
    return [_Sum(year, fact, tuple(found), amount) for year, fact, *found, amount in rows]


def _codes(
    by: Sequence[Dimension], scheme: str | None
) -> tuple[list[str], str, dict[str, Any]]:  # Any: what a statement takes
    """The code of a fact `f` in each dimension, the joins that it needs, and the statement's values."""
    values: dict[str, Any] = {}  # Any: what a statement takes
    joins, codes = "", []
    for number, dimension in enumerate(by):
        column = _COLUMNS.get(dimension)
        if column is None:
            wanted = _SCHEMES.get(dimension, scheme)
            assert wanted is not None, "CATEGORY is counted in one scheme"
            values[f"scheme_{number}"] = wanted
            column = f"c{number}.code"
            joins += (
                f" LEFT JOIN tallies_categories c{number} ON c{number}.subject = f.subject"
                f" AND c{number}.scheme = :scheme_{number} AND {known_at(f'c{number}')}"
            )
        codes.append(column)
    return codes, joins, values


def _behind(cells: Collection[Cell], by: Sequence[Dimension]) -> Iterator[list[object]]:
    """For each fact of each year and measure: the years it may be of, until when it may not have ended, and by what."""
    for year, name in sorted({(one.year, one.measure) for one in cells}):
        measure = MEASURES[name]
        has = [int(one in measure.dimensions) for one in by]
        for fact in measure.facts:
            if (stock := measure.stock) is None:
                yield [year, name, fact, year, year, None, None, *has]
            else:
                ended = msgspec.json.encode(stock.ended).decode()
                yield [year, name, fact, -(2**31), year + stock.begun_by, year + stock.ended_by, ended, *has]


def _holds(table: str) -> str:
    """The condition that a fact was not taken back by the position `:as_of`."""
    return f"({table}.known_to IS NULL OR {table}.known_to > :as_of)"


def _of_agency(column: str, agency: str | None) -> str:
    # Every agency by name, so that the index is used.
    return f"{column} IN (SELECT agency FROM tallies_agencies)" if agency is None else f"{column} = :agency"


def _in_years(table: str, asked: _Asked) -> str:
    return f"{table}.year <= :last" if asked.years is None else f"{table}.year IN (SELECT value FROM json_each(:years))"


def _chosen(table: str, asked: _Asked) -> str:
    chosen = _in_years(table, asked)
    return chosen if asked.facts is None else f"{chosen} AND {table}.fact IN (SELECT value FROM json_each(:facts))"
