"""Agencies as of every position: their names over time, sections, channels, schemes of categories, ends and successors.

Rules
- Each change of an agency leaves a row with its own period, which holds everything that is said of the agency then.
- What can be erased is in one column, `names`; no number depends on it. An erasure takes every name away that the entries
  before it showed.
- A section that is closed, a channel or category that is retired stays in its list, with the day.
- A merger or a split is a fact about the successors too: theirs is a row from the same position on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from archive.domain.agencies import (
    AgencyClosed,
    AgencyFounded,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    AgencySplit,
    AgencyText,
    CategorySchemeAdopted,
    ChannelRegistered,
    ChannelRetired,
    ChannelText,
    SchemeText,
    SectionClosed,
    SectionOpened,
    SectionRenamed,
)
from archive.domain.codes import NameText
from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.schemes import CategoryAdded, CategoryRenamed, CategoryRetired
from archive.projections.periods import Periods, known_at
from archive.projections.texts import AnyText, text_behind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "agencies"
VERSION: Final = 2
TABLES: Final = (
    """CREATE TABLE agencies_states (
    agency       TEXT NOT NULL,
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    position     INTEGER NOT NULL,      -- the entry that registered the agency
    level        TEXT NOT NULL,
    region       TEXT NOT NULL,
    code         TEXT,
    lists        TEXT NOT NULL,         -- JSON: sections, channels, schemes, predecessors, successors, end
    names        TEXT NOT NULL,         -- JSON: the names of all that, null where a text is erased
    PRIMARY KEY (agency, known_from)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final[tuple[str, ...]] = ()
TEXT_COLUMNS: Final = {"agencies_states": frozenset({"names"})}

_Ending = AgencyMerged | AgencySplit | AgencyClosed
_Listing = SectionOpened | SectionClosed | SectionRenamed | ChannelRegistered | ChannelRetired
_Sorting = CategorySchemeAdopted | CategoryAdded | CategoryRenamed | CategoryRetired
_Applied = AgencyRegistered | AgencyFounded | AgencyRenamed | _Ending | _Listing | _Sorting | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

# Agencies that a process keeps decoded, each some kilobytes. One whose text was erased is asked for by nobody any more.
KEPT_ROWS: Final = 512

_AGENCY: Final = Decoder(AgencyText)
_NAME: Final = Decoder(NameText)
_CHANNEL: Final = Decoder(ChannelText)
_SCHEME: Final = Decoder(SchemeText)


# --- what a row holds -------------------------------------------------------------------------------------------------
class _Section(Struct, array_like=True):
    opened_on: str
    closed_on: str | None = None


class _Channel(Struct, array_like=True):
    kind: str
    retired_on: str | None = None


class _Categories(Struct, array_like=True):
    """A scheme: whether it is the primary one, and its categories, each with the day on which it was retired."""

    primary: bool
    categories: dict[str, str | None]


class _Lists(Struct):
    """What an agency keeps, by code and in the order of the log."""

    sections: dict[str, _Section]
    channels: dict[str, _Channel]
    schemes: dict[str, _Categories]
    predecessors: list[str]
    successors: list[str]
    ended_on: str | None
    founded_on: str | None = None


class _SchemeNames(Struct, array_like=True):
    name: str | None
    categories: dict[str, str | None]


class _Names(Struct):
    """Names of an agency and of what it keeps, by code; `former`: each with the day from which it was not used."""

    name: str | None
    short_name: str | None
    former: list[tuple[str | None, str]]
    sections: dict[str, str | None]
    channels: dict[str, str | None]
    schemes: dict[str, _SchemeNames]


class _Agency(NamedTuple):
    """What `agencies_states` says of an agency."""

    position: int
    level: str
    region: str
    code: str | None
    lists: str
    names: str


_LISTS: Final = Decoder(_Lists)
_NAMES: Final = Decoder(_Names)


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the table; the rows are the same whatever the batches were."""
    own = [entry for entry in entries if entry.stream.startswith("agency-")]
    if own:
        _Fold(db, own, disclosures).fold(own)


class _Fold:
    """One batch: agencies are read in one statement, and their rows written in one."""

    def __init__(self, db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
        self._db = db
        self._openings = disclosures.get(
            {getattr(entry.event, name) for entry in entries for name in entry.event.CLEARS}
        )
        self._agencies = Periods("agencies_states", key=("agency",), held=_Agency)
        successors = {one for entry in entries for one in _successors(cast("_Applied", entry.event))}
        self._agencies.load(db, {entry.stream for entry in entries} | successors)
        self._erasures: list[Entry] = []

    def fold(self, entries: Sequence[Entry]) -> None:
        """Fold these, and write."""
        for entry in entries:
            event = cast("_Applied", entry.event)
            match event:
                case AgencyRegistered():
                    self._registered(entry, event)
                case Erased():
                    self._erased(entry, event)
                case _:
                    self._changed(entry, event)
        self._agencies.write(self._db)
        for entry in self._erasures:
            _erase(self._db, entry)

    def _registered(self, entry: Entry, event: AgencyRegistered) -> None:
        if self._agencies.get(entry.stream) is not None:
            raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
        text = self._text(entry, event.text, _AGENCY)
        lists = _Lists(sections={}, channels={}, schemes={}, predecessors=[], successors=[], ended_on=None)
        names = _Names(
            name=None if text is None else text.name,
            short_name=None if text is None or text.short_name is UNSET else text.short_name,
            former=[],
            sections={},
            channels={},
            schemes={},
        )
        code = None if event.code is UNSET else event.code
        agency = _Agency(entry.position, event.level, event.region, code, _json(lists), _json(names))
        self._agencies.change(entry.position, entry.stream, to=agency)

    def _erased(self, entry: Entry, event: Erased) -> None:
        if event.field != "text":
            return
        # What the rows hold is erased when they are written; what follows in this batch must not repeat it.
        self._erasures.append(entry)
        agency = self._agencies.get(entry.stream)
        if agency is not None:
            self._agencies.amend(entry.stream, to=agency._replace(names=_without_names(agency.names)))

    def _changed(self, entry: Entry, event: AgencyFounded | AgencyRenamed | _Ending | _Listing | _Sorting) -> None:
        agency = self._agencies.get(entry.stream)
        if agency is None:
            raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
        lists, names = _LISTS.decode(agency.lists), _NAMES.decode(agency.names)
        match event:
            case AgencyRenamed():
                text = self._text(entry, event.text, _AGENCY)
                names.former.append((names.name, event.effective_on.isoformat()))
                names.name = None if text is None else text.name
                names.short_name = None if text is None or text.short_name is UNSET else text.short_name
            case AgencyFounded():
                lists.founded_on = event.founded_on.isoformat()
            case AgencyMerged() | AgencySplit() | AgencyClosed():
                lists.ended_on = event.effective_on.isoformat()
                lists.successors = _successors(event)
                self._succeed(entry, lists.successors)
            case CategorySchemeAdopted() | CategoryAdded() | CategoryRenamed() | CategoryRetired():
                self._sort(entry, event, lists, names)
            case _:
                self._list(entry, event, lists, names)
        self._agencies.change(entry.position, entry.stream, to=agency._replace(lists=_json(lists), names=_json(names)))

    def _succeed(self, entry: Entry, successors: Sequence[str]) -> None:
        for successor in successors:
            agency = self._agencies.get(successor)
            if agency is None:
                raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
            lists = _LISTS.decode(agency.lists)
            lists.predecessors.append(entry.stream)
            self._agencies.change(entry.position, successor, to=agency._replace(lists=_json(lists)))

    def _list(self, entry: Entry, event: _Listing, lists: _Lists, names: _Names) -> None:
        match event:
            case SectionOpened():
                text = self._text(entry, event.text, _NAME)
                names.sections[event.section] = None if text is None else text.name
                lists.sections[event.section] = _Section(event.opened_on.isoformat())
            case SectionRenamed():
                text = self._text(entry, event.text, _NAME)
                names.sections[event.section] = None if text is None else text.name
            case SectionClosed():
                section = lists.sections[event.section]
                lists.sections[event.section] = replace(section, closed_on=event.closed_on.isoformat())
            case ChannelRegistered():
                channel = self._text(entry, event.text, _CHANNEL)
                names.channels[event.channel] = None if channel is None else channel.name
                lists.channels[event.channel] = _Channel(event.kind)
            case ChannelRetired():
                kept = lists.channels[event.channel]
                lists.channels[event.channel] = replace(kept, retired_on=event.retired_on.isoformat())
            case _:
                assert_never(event)

    def _sort(self, entry: Entry, event: _Sorting, lists: _Lists, names: _Names) -> None:
        match event:
            case CategorySchemeAdopted():
                scheme = self._text(entry, event.text, _SCHEME)
                # A pair is a pair only where there is a name for each code.
                named = scheme is not None and len(scheme.names) == len(event.categories)
                shown: list[str] | list[None] = scheme.names if scheme and named else [None] * len(event.categories)
                names.schemes[event.scheme] = _SchemeNames(
                    None if scheme is None else scheme.name, dict(zip(event.categories, shown, strict=True))
                )
                lists.schemes[event.scheme] = _Categories(event.primary, dict.fromkeys(event.categories))
            case CategoryAdded() | CategoryRenamed():
                text = self._text(entry, event.text, _NAME)
                names.schemes[event.scheme].categories[event.category] = None if text is None else text.name
                lists.schemes[event.scheme].categories.setdefault(event.category, None)
            case CategoryRetired():
                lists.schemes[event.scheme].categories[event.category] = event.retired_on.isoformat()
            case _:
                assert_never(event)

    def _text(self, entry: Entry, sealed: str, decoder: Decoder[AnyText]) -> AnyText | None:
        return text_behind(self._openings, sealed, decoder, at=entry.position)


def _successors(event: _Applied) -> list[str]:
    match event:
        case AgencyMerged():
            return [event.into]
        case AgencySplit():
            return list(event.into)
        case _:
            return []


def _erase(db: Connection, entry: Entry) -> None:
    """Take away the names that earlier entries of the stream showed."""
    rows = db.execute(
        "SELECT known_from, names FROM agencies_states WHERE agency = ? AND known_from < ?",
        (entry.stream, entry.position),
    ).fetchall()
    db.executemany(
        "UPDATE agencies_states SET names = ? WHERE agency = ? AND known_from = ?",
        [(_without_names(names), entry.stream, known_from) for known_from, names in rows],
    )


def _without_names(raw: str) -> str:
    names = _NAMES.decode(raw)
    return _json(
        _Names(
            name=None,
            short_name=None,
            former=[(None, until) for _, until in names.former],
            sections=dict.fromkeys(names.sections),
            channels=dict.fromkeys(names.channels),
            schemes={
                code: _SchemeNames(None, dict.fromkeys(scheme.categories)) for code, scheme in names.schemes.items()
            },
        )
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- reads ------------------------------------------------------------------------------------------------------------
class Section(Struct, frozen=True):
    """A section of an agency."""

    id: str
    name: str | None
    opened_on: str
    closed_on: str | None


class Channel(Struct, frozen=True):
    """A channel of an agency."""

    key: str
    name: str | None
    kind: str
    retired_on: str | None


class Category(Struct, frozen=True):
    """A category of a scheme."""

    code: str
    name: str | None
    retired_on: str | None


class Scheme(Struct, frozen=True):
    """A list of categories by which an agency sorts its items."""

    key: str
    name: str | None
    primary: bool
    categories: list[Category]


class Former(Struct, frozen=True):
    """A name that the agency had, and the day from which it was another one."""

    name: str | None
    until: str


class AgencyRow(Struct, frozen=True):
    """An agency as of a position; `position` is the entry that registered it."""

    id: str
    name: str | None
    short_name: str | None
    code: str | None
    region: str
    level: str
    position: int
    sections: list[Section]
    channels: list[Channel]
    schemes: list[Scheme]
    former: list[Former]
    predecessors: list[str]
    successors: list[str]
    ended_on: str | None
    founded_on: str | None = None


_KNOWN: Final = known_at("a")


def agencies(
    db: Connection,
    *,
    as_of: int,
    ids: Sequence[str] | None = None,
    first: int | None = None,
    after: int | None = None,
) -> list[AgencyRow]:
    """Agencies in the order they were registered: those with these ids, or all; the `first` registered after a position."""
    conditions = [_KNOWN]
    values: dict[str, object] = {"as_of": as_of, "limit": -1 if first is None else first}
    if ids is not None:
        conditions.append("a.agency IN (SELECT value FROM json_each(:ids))")
        values["ids"] = _json(list(ids))
    if after is not None:
        conditions.append("a.position > :after")
        values["after"] = after
    rows = db.execute(
        f"""SELECT a.agency, a.code, a.region, a.level, a.position, a.lists, a.names
        FROM agencies_states a WHERE {" AND ".join(conditions)} ORDER BY a.position LIMIT :limit""",
        values,
    )
    return [_row(*row) for row in rows]


def agencies_count(db: Connection, *, as_of: int) -> int:
    """How many agencies are registered."""
    (found,) = db.execute(f"SELECT count(*) FROM agencies_states a WHERE {_KNOWN}", {"as_of": as_of}).fetchone()
    return cast("int", found)


# A function of its arguments alone: an agency's lists change a few times a year, and every answer names agencies.
@lru_cache(maxsize=KEPT_ROWS)
def _row(  # noqa: PLR0913 - the columns of `agencies`
    agency: str, code: str | None, region: str, level: str, position: int, raw_lists: str, raw_names: str
) -> AgencyRow:
    lists, names = _LISTS.decode(raw_lists), _NAMES.decode(raw_names)
    return AgencyRow(
        id=agency,
        name=names.name,
        short_name=names.short_name,
        code=code,
        region=region,
        level=level,
        position=position,
        sections=[
            Section(key, names.sections[key], one.opened_on, one.closed_on) for key, one in lists.sections.items()
        ],
        channels=[Channel(key, names.channels[key], one.kind, one.retired_on) for key, one in lists.channels.items()],
        schemes=[_scheme(key, one, names.schemes[key]) for key, one in lists.schemes.items()],
        former=[Former(*one) for one in names.former],
        predecessors=lists.predecessors,
        successors=lists.successors,
        ended_on=lists.ended_on,
        founded_on=lists.founded_on,
    )


def _scheme(key: str, scheme: _Categories, names: _SchemeNames) -> Scheme:
    categories = [Category(code, names.categories[code], retired_on) for code, retired_on in scheme.categories.items()]
    return Scheme(key, names.name, scheme.primary, categories)
