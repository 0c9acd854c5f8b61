"""Yearly counts: one row for each countable fact, so that every number can be opened to the entries that make it.

Rules
- An item is one disclosed item, in the month of its first publication and whatever the number of its channels; only
  proactive disclosure is counted (form of 2014, table one: 主动公开政府信息数, 不同渠道和方式公开相同信息计1条).
- Each channel that a proactively disclosed item is published on is one disclosure by that kind of channel.
- A withdrawal takes nothing back: what was disclosed was disclosed.
- A request counts as received on its day of receipt, which for one that awaits it is the day of its confirmation
  (Order 711, art. 31), as replied to on the day of the decision, as concluded on the day
  the reply was delivered. It has one reply, whatever its parts: a severed one is partly granted and nothing else
  (区分处理的，只计这一情形); otherwise its first outcome is counted.
- A fact never changes; the categories of its item do, and have periods. Every dimension partitions what is counted: what
  has no value in it is counted under `NONE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET, Struct

from archive.domain.agencies import ChannelRegistered
from archive.domain.errors import Corrupt
from archive.domain.items import ItemClassified, ItemPublished, PublicationAdded
from archive.domain.request_intake import RequestReceiptConfirmed, RequestReceived
from archive.domain.request_replies import ReplyDecided, ReplyDelivered
from archive.projections.periods import Periods, known_at

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.domain.codes import Classification
    from archive.log.entry import Entry

NAME: Final = "tallies"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE tallies_facts (
    year           INTEGER NOT NULL,
    measure        TEXT NOT NULL,
    position       INTEGER NOT NULL,    -- the entry that makes the fact
    month          TEXT NOT NULL,       -- 01 … 12
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    agency         TEXT NOT NULL,
    channel        TEXT,
    section        TEXT,
    applicant_kind TEXT,
    outcome        TEXT,
    PRIMARY KEY (year, measure, position)
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
    position       INTEGER PRIMARY KEY, -- the entry that published the item, or received the request
    stream         TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    section        TEXT,
    applicant_kind TEXT
) STRICT""",
    """CREATE TABLE tallies_channels (
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    kind           TEXT NOT NULL,       -- gazette, website, weibo, wechat, other
    PRIMARY KEY (agency, channel)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final[tuple[str, ...]] = ()
# Nothing here is text: what is counted does not depend on what can be erased.
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Applied = (
    ChannelRegistered
    | ItemPublished
    | PublicationAdded
    | ItemClassified
    | RequestReceived
    | RequestReceiptConfirmed
    | ReplyDecided
    | ReplyDelivered
)
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

Dimension = Literal["MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE", "APPLICANT_KIND", "OUTCOME"]
# Where a fact has no value in a dimension. No code is empty.
NONE: Final = ""


class Measure(NamedTuple):
    """A counted thing, with the label and unit of its statutory cell, and the dimensions it can be counted by."""

    label_zh: str
    label_en: str
    unit: str
    dimensions: tuple[Dimension, ...]


_OF_ITEMS: Final[tuple[Dimension, ...]] = ("MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE")
_OF_REQUESTS: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY", "APPLICANT_KIND")

# Form of 2014 (国办发〔2014〕32号), rows 一 and 三.
MEASURES: Final = {
    "proactive.items_total": Measure("主动公开政府信息数", "Items disclosed proactively, each once", "条", _OF_ITEMS),
    "channels.gazette": Measure("政府公报公开政府信息数", "Disclosures in the gazette", "条", _OF_ITEMS),
    "channels.website": Measure("政府网站公开政府信息数", "Disclosures on government websites", "条", _OF_ITEMS),
    "channels.weibo": Measure("政务微博公开政府信息数", "Disclosures on microblogs", "条", _OF_ITEMS),
    "channels.wechat": Measure("政务微信公开政府信息数", "Disclosures on WeChat", "条", _OF_ITEMS),
    "channels.other": Measure("其他方式公开政府信息数", "Disclosures by other ways", "条", _OF_ITEMS),
    "requests.received": Measure("收到申请数", "Requests received", "件", _OF_REQUESTS),
    "requests.received_in_person": Measure("当面申请数", "Requests received in person", "件", _OF_REQUESTS),
    "requests.received_fax": Measure("传真申请数", "Requests received by fax", "件", _OF_REQUESTS),
    "requests.received_online": Measure("网络申请数", "Requests received online", "件", _OF_REQUESTS),
    "requests.received_letter": Measure("信函申请数", "Requests received by letter", "件", _OF_REQUESTS),
    "requests.concluded": Measure("申请办结数", "Requests concluded", "件", _OF_REQUESTS),
    "requests.replies": Measure("申请答复数", "Requests replied to", "件", (*_OF_REQUESTS, "OUTCOME")),
}


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:  # noqa: ARG001 - the shape of every projection's fold; no text is counted
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    fold = _Fold(db, entries)
    for entry in entries:
        fold.add(entry)
    fold.write(db)


class _Subject(NamedTuple):
    """What is counted: an item or a request."""

    position: int
    stream: str
    agency: str
    section: str | None
    applicant_kind: str | None


class _Category(NamedTuple):
    """What `tallies_categories` says of a subject and a scheme."""

    code: str


class _Fold:
    """One batch on its way into rows: what it needs is read in a few statements, what it makes is written in a few."""

    def __init__(self, db: Connection, entries: Sequence[Entry]) -> None:
        streams = {entry.stream for entry in entries}
        self._subjects = {
            row[1]: _Subject._make(row)
            for row in db.execute(
                "SELECT * FROM tallies_subjects WHERE stream IN (SELECT value FROM json_each(?))", (_json(streams),)
            )
        }
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
        classified = {entry.stream for entry in entries if isinstance(entry.event, ItemClassified)}
        self._categories = Periods("tallies_categories", key=("subject", "scheme"), held=_Category)
        self._categories.load(db, {self._subjects[item].position for item in classified & self._subjects.keys()})
        self._new_subjects: list[_Subject] = []
        self._new_channels: list[tuple[str, str, str]] = []
        self._facts: list[tuple[object, ...]] = []

    def add(self, entry: Entry) -> None:
        """Fold one entry."""
        event = cast("_Applied", entry.event)
        match event:
            case ChannelRegistered():
                self._kinds[entry.stream, event.channel] = event.kind
                self._new_channels.append((entry.stream, event.channel, event.kind))
            case ItemPublished():
                self._published(entry, event)
            case PublicationAdded():
                # An item disclosed on request is no subject here.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._disclosed(entry, subject, event.channel, event.published_on)
            case ItemClassified():
                # Nor is a draft; when it is published, its categories come with it.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._classified(entry, subject, event)
            case RequestReceived():
                subject = self._subject(entry, agency=event.agency, section=None, applicant_kind=event.applicant_kind)
                if event.receipt != "awaits-confirmation":
                    self._received(entry, subject, event.channel, event.received_on)
            case RequestReceiptConfirmed():
                self._received(entry, self._known(entry), event.channel, event.confirmed_on)
            case ReplyDecided():
                outcome = "severed" if "severed" in event.outcomes else event.outcomes[0]
                self._count(entry, "requests.replies", self._known(entry), on=event.decided_on, outcome=outcome)
            case ReplyDelivered():
                self._count(entry, "requests.concluded", self._known(entry), on=event.delivered_on)
            case _:
                assert_never(event)

    def write(self, db: Connection) -> None:
        """Write what was folded."""
        db.executemany("INSERT INTO tallies_subjects VALUES (?, ?, ?, ?, ?)", self._new_subjects)
        db.executemany("INSERT INTO tallies_channels VALUES (?, ?, ?)", self._new_channels)
        db.executemany("INSERT INTO tallies_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._facts)
        self._categories.write(db)

    def _published(self, entry: Entry, event: ItemPublished) -> None:
        if event.mode != "proactive":
            return
        section = None if event.section is UNSET else event.section
        subject = self._subject(entry, agency=event.agency, section=section, applicant_kind=None)
        for category in event.categories:
            self._classified(entry, subject, category)
        self._count(entry, "proactive.items_total", subject, on=event.published_on, channel=event.channel)
        self._disclosed(entry, subject, event.channel, event.published_on)

    def _received(self, entry: Entry, subject: _Subject, channel: str, on: date) -> None:
        self._count(entry, "requests.received", subject, on=on)
        self._count(entry, f"requests.received_{channel.replace('-', '_')}", subject, on=on)

    def _disclosed(self, entry: Entry, subject: _Subject, channel: str, on: date) -> None:
        kind = self._kinds.get((subject.agency, channel))
        if kind is None:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        self._count(entry, f"channels.{kind}", subject, on=on, channel=channel)

    def _classified(self, entry: Entry, subject: _Subject, category: ItemClassified | Classification) -> None:
        self._categories.change(entry.position, subject.position, category.scheme, to=_Category(category.code))

    def _subject(self, entry: Entry, *, agency: str, section: str | None, applicant_kind: str | None) -> _Subject:
        if entry.stream in self._subjects:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        subject = _Subject(entry.position, entry.stream, agency, section, applicant_kind)
        self._subjects[entry.stream] = subject
        self._new_subjects.append(subject)
        return subject

    def _known(self, entry: Entry) -> _Subject:
        subject = self._subjects.get(entry.stream)
        if subject is None:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        return subject

    def _count(  # noqa: PLR0913 - the columns of a fact
        self,
        entry: Entry,
        measure: str,
        subject: _Subject,
        *,
        on: date,
        channel: str | None = None,
        outcome: str | None = None,
    ) -> None:
        self._facts.append(
            (
                on.year,
                measure,
                entry.position,
                f"{on.month:02}",
                subject.position,
                subject.agency,
                channel,
                subject.section,
                subject.applicant_kind,
                outcome,
            )
        )


def _json(values: Collection[str]) -> str:
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
    source, codes, values = _facts(as_of, agency=agency, by=by, scheme=scheme)
    asked = MEASURES if measures is None else measures
    values |= {"years": msgspec.json.encode(list(years)).decode(), "measures": _json(asked)}
    grouped = ", ".join(["f.year", "f.measure", *codes])
    rows = db.execute(
        f"""SELECT {grouped}, count(*) FROM {source}
        AND f.year IN (SELECT value FROM json_each(:years)) AND f.measure IN (SELECT value FROM json_each(:measures))
        GROUP BY {grouped} ORDER BY {grouped}""",
        values,
    )
    return [CountRow(year, measure, value, list(zip(by, found, strict=True))) for year, measure, *found, value in rows]


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
    """The positions of the entries that make each of these counts: the `first` of each after a position, in order."""
    source, codes, values = _facts(as_of, agency=agency, by=by, scheme=scheme)
    cell = ", ".join(["f.year", "f.measure", *codes])
    values |= {
        "cells": msgspec.json.encode([[one.year, one.measure, *one.codes] for one in cells]).decode(),
        "years": msgspec.json.encode(sorted({one.year for one in cells})).decode(),
        "measures": _json({one.measure for one in cells}),
        "after": after,
        "first": 2**63 - 1 if first is None else first,
    }
    rows = db.execute(
        f"""SELECT * FROM (
            SELECT {cell}, f.position AS position, row_number() OVER (PARTITION BY {cell} ORDER BY f.position) AS number
            FROM {source} AND f.position > :after
            AND f.year IN (SELECT value FROM json_each(:years))
            AND f.measure IN (SELECT value FROM json_each(:measures))
            AND json_array({cell}) IN (SELECT value FROM json_each(:cells))
        ) WHERE number <= :first ORDER BY position""",
        values,
    )
    found: dict[Cell, list[int]] = {one: [] for one in cells}
    for year, measure, *at, position, _ in rows:
        found[Cell(year, measure, tuple(at))].append(position)
    return found


def years(db: Connection, *, as_of: int) -> list[int]:
    """The years in which anything is counted, earliest first."""
    rows = db.execute(
        """WITH RECURSIVE years (year) AS (
            SELECT min(year) FROM tallies_facts
            UNION ALL SELECT (SELECT min(f.year) FROM tallies_facts f WHERE f.year > years.year)
            FROM years WHERE years.year IS NOT NULL
        ) SELECT year FROM years WHERE EXISTS
            (SELECT 1 FROM tallies_facts f WHERE f.year = years.year AND f.position <= :as_of)""",
        {"as_of": as_of},
    )
    return [year for (year,) in rows]


# Dimension -> the column that holds its code. A category is looked up in its scheme.
_COLUMNS: Final[dict[Dimension, str]] = {
    "MONTH": "f.month",
    "CHANNEL": "f.channel",
    "SECTION": "f.section",
    "AGENCY": "f.agency",
    "APPLICANT_KIND": "f.applicant_kind",
    "OUTCOME": "f.outcome",
}
_SCHEMES: Final[dict[Dimension, str]] = {"THEME": "theme", "GENRE": "genre"}


def _facts(
    as_of_position: int, *, agency: str | None, by: Sequence[Dimension], scheme: str | None
) -> tuple[str, list[str], dict[str, Any]]:  # Any: what a statement takes
    """The facts known at a position, as the end of a statement; the code of each dimension; the statement's values."""
    values: dict[str, Any] = {"as_of": as_of_position, "agency": agency}  # Any: what a statement takes
    source, codes = "tallies_facts f", []
    for number, dimension in enumerate(by):
        column = _COLUMNS.get(dimension)
        if column is None:
            wanted = _SCHEMES.get(dimension, scheme)
            assert wanted is not None, "CATEGORY is counted in one scheme"
            values[f"scheme_{number}"] = wanted
            column = f"c{number}.code"
            source += (
                f" LEFT JOIN tallies_categories c{number} ON c{number}.subject = f.subject"
                f" AND c{number}.scheme = :scheme_{number} AND {known_at(f'c{number}')}"
            )
        codes.append(f"ifnull({column}, '{NONE}')")
    of_agency = "" if agency is None else " AND f.agency = :agency"
    return f"{source} WHERE f.position <= :as_of{of_agency}", codes, values
