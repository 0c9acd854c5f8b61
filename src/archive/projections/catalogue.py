"""The catalogue: what is or was public, item by item, as of every position.

Rules
- An item is here from its `item-published` on; drafts and reviews leave nothing here.
- What never changes about an item stands once in `catalogue_items`, so that an order of items is an index without dead
  rows; what changes has periods in `catalogue_states` and `catalogue_categories`.
- A text stands once, at the entry that showed it. Where its opening is erased, or not yet for the public, the text
  columns are NULL; no number and no row depends on a text.
- An erasure takes the texts of one class away that the entries before it showed, at every position: what was read there
  before is read without them now.
- What was withdrawn as a secret or for privacy is hidden at once and at every position, also at those before, until it
  is restored: the flag is a fact about now.
- Every change that the catalogue shows begins a period of the item's state, whatever it changes: the periods of an item
  are its revisions. What has lists of its own (links, other index numbers, reviews) begins none.
- An item is in force for the public on the days from its publication, and from the day it took effect, to its repeal or
  withdrawal, but for the days on which it was withdrawn before it was restored (design 2.3: as known at a position).
- A withdrawal takes the item off every channel, a newer text takes the older one's place on every channel: both are
  facts about the item, so a publication itself never changes.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.items import (
    HIDING,
    ItemAmended,
    ItemClassified,
    ItemCorrected,
    ItemPublished,
    ItemRepealed,
    ItemRestored,
    ItemText,
    ItemTookEffect,
    ItemUpdated,
    ItemWithdrawn,
    LinkText,
    PublicationAdded,
)
from archive.domain.publications import PublicationUrlChanged
from archive.projections import lateness, links, search, sets
from archive.projections.periods import Periods, known_at
from archive.projections.texts import AnyText, text_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry
    from archive.projections.facets import Columns

# Above every position.
_NO_END: Final = 2**63 - 1
NAME: Final = "catalogue"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE catalogue_items (
    position     INTEGER PRIMARY KEY,   -- the entry that made the item public
    item         TEXT NOT NULL UNIQUE,
    agency       TEXT NOT NULL,
    mode         TEXT NOT NULL,         -- proactive, on-request
    section      TEXT,
    made_on      TEXT,
    published_on TEXT NOT NULL,         -- the first publication
    source_id    TEXT,
    duty         TEXT,                  -- by when it was to be public, where it is not the 20 working days
    hidden       INTEGER NOT NULL,      -- 1: withdrawn as a secret or for privacy, and hidden at every position
    number       INTEGER NOT NULL,      -- 1, 2, 3 … as they became public: how many there were then
    newest_on    TEXT NOT NULL          -- the latest first publication of all that were public then
) STRICT""",
    """CREATE TABLE catalogue_states (
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    status       TEXT NOT NULL,         -- PUBLISHED, WITHDRAWN
    validity     TEXT NOT NULL,         -- IN_FORCE, AMENDED, REPEALED, EXPIRED
    effective_on TEXT,
    repealed_on  TEXT,
    withdrawn_on TEXT,
    text         INTEGER NOT NULL,      -- its position in catalogue_texts
    change       TEXT NOT NULL,         -- what happened at known_from: published, updated, withdrawn, …
    shown_on     TEXT NOT NULL,         -- the day from which it has been public with this text
    gaps         TEXT,                  -- JSON: [[withdrawn_on, restored_on], …]; NULL: it was never restored
    PRIMARY KEY (item, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE catalogue_categories (
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    scheme       TEXT NOT NULL,
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    code         TEXT NOT NULL,
    published_on TEXT NOT NULL,         -- the item's, so that the items of a category have an order of their own
    PRIMARY KEY (item, scheme, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE catalogue_publications (
    position     INTEGER PRIMARY KEY,   -- the entry that made the item public on the channel
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    channel      TEXT NOT NULL,
    published_on TEXT NOT NULL,
    url          TEXT
) STRICT""",
    """CREATE TABLE catalogue_texts (
    position        INTEGER PRIMARY KEY,   -- the entry that showed the text first
    item            INTEGER NOT NULL,      -- its position in catalogue_items
    title           TEXT,
    abstract        TEXT,
    document_number TEXT,
    index_number    TEXT,
    issuer          TEXT,
    keywords        TEXT,                  -- a JSON array
    body_sha256     TEXT,                  -- of the file that is the item's body
    value_sha256    TEXT                   -- of the sealed value, byte by byte
) STRICT""",
)
INDEXES: Final = (
    "CREATE INDEX catalogue_items_published ON catalogue_items (published_on, item)",
    "CREATE INDEX catalogue_items_agency ON catalogue_items (agency, published_on, item)",
    # Items without the date stand last in both directions: before every date, or after every date.
    "CREATE INDEX catalogue_items_made_desc ON catalogue_items (ifnull(made_on, ''), item)",
    "CREATE INDEX catalogue_items_made_asc ON catalogue_items (ifnull(made_on, '~'), item)",
    "CREATE INDEX catalogue_items_source ON catalogue_items (source_id) WHERE source_id IS NOT NULL",
    "CREATE INDEX catalogue_items_hidden ON catalogue_items (item) WHERE hidden",
    "CREATE INDEX catalogue_states_known ON catalogue_states (known_from, known_to)",
    # With the whole period, so that a count need not look anywhere else.
    "CREATE INDEX catalogue_categories_code ON catalogue_categories (scheme, code, published_on, known_to)",
    "CREATE INDEX catalogue_texts_index_number ON catalogue_texts (index_number) WHERE index_number IS NOT NULL",
    "CREATE INDEX catalogue_publications_item ON catalogue_publications (item, channel)",
)
# What the digest of text covers; everything else is in the digest of numbers.
TEXT_COLUMNS: Final = {
    "catalogue_publications": frozenset({"url"}),
    "catalogue_texts": frozenset(
        {
            "title",
            "abstract",
            "document_number",
            "index_number",
            "issuer",
            "keywords",
            "body_sha256",
            "value_sha256",
        }
    ),
}

_ItemChange = (
    PublicationAdded
    | PublicationUrlChanged
    | ItemUpdated
    | ItemCorrected
    | ItemClassified
    | ItemWithdrawn
    | ItemRestored
    | ItemTookEffect
    | ItemAmended
    | ItemRepealed
)
_Applied = ItemPublished | _ItemChange | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

Status = Literal["PUBLISHED", "WITHDRAWN"]
Validity = Literal["IN_FORCE", "AMENDED", "REPEALED", "EXPIRED"]
Happened = Literal[
    "published",
    "channel-added",
    "address-changed",
    "updated",
    "corrected",
    "classified",
    "withdrawn",
    "restored",
    "took-effect",
    "amended",
    "repealed",
    "expired",
]
Order = Literal[
    "PUBLISHED_ON_DESC",
    "PUBLISHED_ON_ASC",
    "MADE_ON_DESC",
    "MADE_ON_ASC",
    "POSITION_DESC",
    "POSITION_ASC",
    "RELEVANCE",  # only of what was searched for
]
Facet = Literal["YEAR", "CATEGORY", "CHANNEL", "THEME", "GENRE", "SECTION", "AGENCY", "VALIDITY", "STATUS"]

_ITEM: Final = Decoder(ItemText)
_LINK: Final = Decoder(LinkText)


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    fold = _Fold(db, entries, disclosures)
    for entry in entries:
        fold.add(entry)
    fold.write(db)


class _State(NamedTuple):
    """What `catalogue_states` says of an item."""

    status: Status
    validity: Validity
    effective_on: str | None
    repealed_on: str | None
    withdrawn_on: str | None
    text: int
    change: Happened
    shown_on: str
    gaps: str | None = None


class _Category(NamedTuple):
    """What `catalogue_categories` says of an item and a scheme."""

    code: str
    published_on: str


class _Known(NamedTuple):
    """What the fold needs of an item that is in the catalogue."""

    position: int
    published_on: str


class _Fold:
    """One batch on its way into rows: what it needs is read in a few statements, what it makes is written in a few."""

    def __init__(self, db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
        self._openings = disclosures.get(
            {getattr(entry.event, name) for entry in entries for name in entry.event.CLEARS}
        )
        streams = {entry.stream for entry in entries}
        self._known = {
            item: _Known(position, published_on)
            for item, position, published_on in db.execute(
                "SELECT item, position, published_on FROM catalogue_items "
                "WHERE item IN (SELECT value FROM json_each(?))",
                (_json(sorted(streams)),),
            )
        }
        self._states = Periods("catalogue_states", key=("item",), held=_State)
        self._states.load(db, [known.position for known in self._known.values()])
        self._categories = Periods("catalogue_categories", key=("item", "scheme"), held=_Category)
        classified = {entry.stream for entry in entries if isinstance(entry.event, ItemClassified)}
        self._categories.load(db, [self._known[item].position for item in classified & self._known.keys()])
        self._count, self._newest_on = _newest(db, _NO_END)
        self._items: list[tuple[object, ...]] = []
        self._publications: list[tuple[object, ...]] = []
        self._texts: list[tuple[object, ...]] = []
        self._erasures: list[Entry] = []
        self._hidden: list[tuple[bool, int]] = []

    def add(self, entry: Entry) -> None:
        """Fold one entry."""
        event = cast("_Applied", entry.event)
        match event:
            case ItemPublished():
                self._published(entry, event)
            case Erased():
                # What the rows hold is erased when they are written.
                self._erasures.append(entry)
            case _:
                self._item_changed(entry, event)

    def write(self, db: Connection) -> None:
        """Write what was folded."""
        db.executemany("INSERT INTO catalogue_items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)", self._items)
        db.executemany("UPDATE catalogue_items SET hidden = ? WHERE position = ?", self._hidden)
        db.executemany("INSERT INTO catalogue_publications VALUES (?, ?, ?, ?, ?)", self._publications)
        db.executemany("INSERT INTO catalogue_texts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._texts)
        for periods in (self._states, self._categories):
            periods.write(db)
        for entry in self._erasures:
            _erase(db, entry)

    def _item_changed(self, entry: Entry, event: _ItemChange) -> None:
        position = entry.position
        known = self._known.get(entry.stream)
        if known is None:
            # A draft may change its category; the publication repeats the one it has then.
            if isinstance(event, ItemClassified):
                return
            raise Corrupt("PRJ-004", position=position, type=event.TYPE)
        item = known.position
        state = self._states.get(item)
        assert state is not None, "an item that is in the catalogue has a state"
        match event:
            case PublicationAdded():
                self._publications.append(
                    (position, item, event.channel, event.published_on.isoformat(), self._url(entry))
                )
                state = state._replace(change="channel-added")
            case PublicationUrlChanged():
                # The address itself stands with the links.
                state = state._replace(change="address-changed")
            case ItemUpdated(updated_on=shown_on) | ItemCorrected(corrected_on=shown_on):
                self._show_text(entry, event.text, item=item)
                change: Happened = "updated" if isinstance(event, ItemUpdated) else "corrected"
                state = state._replace(change=change, text=position, shown_on=shown_on.isoformat())
            case ItemClassified():
                category = _Category(event.code, known.published_on)
                self._categories.change(position, item, event.scheme, to=category)
                state = state._replace(change="classified")
            case ItemWithdrawn():
                withdrawn_on = event.withdrawn_on.isoformat()
                state = state._replace(change="withdrawn", status="WITHDRAWN", withdrawn_on=withdrawn_on)
                self._hidden.append((event.ground in HIDING, item))
            case ItemRestored():
                shown = event.restored_on.isoformat()
                gaps = _appended(state.gaps or "[]", [state.withdrawn_on, shown])
                state = state._replace(
                    change="restored", status="PUBLISHED", withdrawn_on=None, shown_on=shown, gaps=gaps
                )
                self._hidden.append((False, item))
            case ItemTookEffect():
                state = state._replace(change="took-effect", effective_on=event.effective_on.isoformat())
            case ItemAmended():
                # What is amended is in force: an earlier repeal was itself undone by the act that amends.
                state = state._replace(change="amended", validity="AMENDED", repealed_on=None)
            case ItemRepealed():
                ended: Validity = "EXPIRED" if event.kind == "expired" else "REPEALED"
                state = state._replace(change=event.kind, validity=ended, repealed_on=event.repealed_on.isoformat())
            case _:
                assert_never(event)
        self._states.change(position, item, to=state)

    def _published(self, entry: Entry, event: ItemPublished) -> None:
        position = entry.position
        if entry.stream in self._known:
            raise Corrupt("PRJ-004", position=position, type=event.TYPE)
        published_on = event.published_on.isoformat()
        self._known[entry.stream] = _Known(position, published_on)
        self._newest_on = max(self._newest_on, published_on)
        self._items.append(
            (
                position,
                entry.stream,
                event.agency,
                event.mode,
                None if event.section is UNSET else event.section,
                None if event.made_on is UNSET else event.made_on.isoformat(),
                published_on,
                None if event.source_id is UNSET else event.source_id,
                None if event.duty is UNSET else event.duty,
                self._count + len(self._items) + 1,
                self._newest_on,
            )
        )
        self._show_text(entry, event.text, item=position)
        self._publications.append((position, position, event.channel, published_on, self._url(entry)))
        for category in event.categories:
            self._categories.change(position, position, category.scheme, to=_Category(category.code, published_on))
        state = _State("PUBLISHED", "IN_FORCE", None, None, None, position, "published", published_on)
        self._states.change(position, position, to=state)

    def _show_text(self, entry: Entry, sealed: str, *, item: int) -> None:
        text = self._text(entry, sealed, _ITEM)
        if text is None:
            self._texts.append((entry.position, item, *([None] * 8)))
            return
        self._texts.append(
            (
                entry.position,
                item,
                text.title,
                None if text.abstract is UNSET else text.abstract,
                None if text.document_number is UNSET else text.document_number,
                None if text.index_number is UNSET else text.index_number,
                None if text.issuer is UNSET else text.issuer,
                None if text.keywords is UNSET else _json(text.keywords),
                None if text.body is UNSET else text.body.sha256,
                sha256(self._openings[sealed].value).hexdigest(),
            )
        )

    def _url(self, entry: Entry) -> str | None:
        link = self._text(entry, cast("ItemPublished | PublicationAdded", entry.event).link, _LINK)
        return None if link is None else link.url

    def _text(self, entry: Entry, sealed: str, decoder: Decoder[AnyText]) -> AnyText | None:
        return text_behind(self._openings, sealed, decoder, at=entry.position)


def _erase(db: Connection, entry: Entry) -> None:
    """Take away the texts that earlier entries of the stream showed."""
    place = {"stream": entry.stream, "position": entry.position}
    item = "(SELECT position FROM catalogue_items WHERE item = :stream)"
    match cast("Erased", entry.event).field:
        case "text":
            gone = ", ".join(f"{column} = NULL" for column in sorted(TEXT_COLUMNS["catalogue_texts"]))
            db.execute(f"UPDATE catalogue_texts SET {gone} WHERE item = {item} AND position < :position", place)
        case "link":
            db.execute(
                f"UPDATE catalogue_publications SET url = NULL WHERE item = {item} AND position < :position", place
            )
        case _:
            # Other classes of text are never shown here.
            return


def _appended(raw: str, value: object) -> str:
    """The JSON of a list, with one more at its end."""
    return _json([*msgspec.json.decode(raw), value])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- what a reader gets -----------------------------------------------------------------------------------------------
class Cat(Struct, frozen=True, array_like=True, order=True):
    """The category of an item in one scheme."""

    scheme: str
    code: str


class Pub(Struct, frozen=True, array_like=True, order=True):
    """An item on one channel. `content_sha256`: of the sealed text that the channel shows; None where it is erased."""

    position: int
    channel: str
    url: str | None
    published_on: str
    withdrawn_on: str | None
    content_sha256: str | None


class ItemRow(Struct, frozen=True):
    """An item as of a position; dates are ISO 8601, texts are None where they are erased.

    `change` is what happened at `known_from`; `shown_on` the day from which it has been public with its text.
    """

    id: str
    agency: str
    status: Status
    validity: Validity
    mode: str
    section: str | None
    made_on: str | None
    published_on: str
    effective_on: str | None
    repealed_on: str | None
    title: str | None
    abstract: str | None
    document_number: str | None
    index_number: str | None
    issuer: str | None
    content_sha256: str | None
    source_id: str | None
    duty: str | None
    hidden: bool
    position: int
    known_from: int
    change: Happened
    shown_on: str
    keywords: list[str]
    categories: list[Cat]
    publications: list[Pub]

    @property
    def genre(self) -> str | None:
        """The code in the scheme `genre`."""
        return self._code("genre")

    @property
    def theme(self) -> str | None:
        """The code in the scheme `theme`."""
        return self._code("theme")

    def _code(self, scheme: str) -> str | None:
        return next((one.code for one in self.categories if one.scheme == scheme), None)


class ItemFilter(Struct, frozen=True):
    """Which items: all conditions hold at once. None: not asked; an empty list: nothing matches; both ends of a span belong to it.

    `effective_on` chooses what was public and in force on that day, as known at the position. `search` asks the text, and `scheme` says of which scheme `categories` are; alone, it chooses the items that have a category in it.
    """

    agencies: list[str] | None = None
    statuses: list[str] | None = None
    channels: list[str] | None = None
    scheme: str | None = None
    categories: list[str] | None = None
    themes: list[str] | None = None
    genres: list[str] | None = None
    sections: list[str] | None = None
    made_from: str | None = None
    made_to: str | None = None
    published_from: str | None = None
    published_to: str | None = None
    modes: list[str] | None = None
    validities: list[str] | None = None
    effective_on: str | None = None
    late: bool | None = None
    search: search.Query | None = None


_ALL: Final = ItemFilter()


class Key(NamedTuple):
    """The place of one object in an ordered list: what it is sorted by, None where it has no such date, and its id."""

    sort: str | int | None
    id: str


class Page(NamedTuple):
    """Some rows of a list, in its order, their places in it, and whether there are rows on either side."""

    rows: list[ItemRow]
    keys: list[Key]
    has_next: bool
    has_previous: bool


_KEYWORDS: Final = Decoder(list[str])
_CATS: Final = Decoder(list[Cat])
_PUBS: Final = Decoder(list[Pub])


# --- reads ------------------------------------------------------------------------------------------------------------
def item(
    db: Connection,
    *,
    as_of: int,
    id: str | None = None,  # noqa: A002 - the word of the public contract
    source_id: str | None = None,
    index_number: str | None = None,
) -> ItemRow | None:
    """The item that all given keys name; the newest where several show the same number or come from the same source."""
    values: dict[str, object] = {"as_of": as_of, "id": id, "source_id": source_id, "index_number": index_number}
    conditions = []
    if id is not None:
        conditions.append("i.item = :id")
    if source_id is not None:
        conditions.append("i.source_id = :source_id")
    if index_number is not None:
        conditions.append(f"(i.position IN ({_SHOWING_INDEX_NUMBER}) OR NOT i.hidden AND i.item IN ({links.SHOWING}))")
    assert conditions, "one of the keys is given"
    chosen = f"""SELECT i.position AS item, NULL AS sort FROM catalogue_items i
        WHERE +i.position <= :as_of AND {" AND ".join(conditions)} ORDER BY i.position DESC LIMIT 1"""
    rows = db.execute(shown(chosen, order="i.position"), values).fetchall()
    return item_row(rows[0][1:]) if rows else None


def items_with(db: Connection, *, as_of: int, ids: Sequence[str]) -> list[ItemRow]:
    """The items with these ids, by id; those that were not public yet are left out."""
    chosen = """SELECT i.position AS item, NULL AS sort FROM catalogue_items i
        WHERE +i.position <= :as_of AND i.item IN (SELECT value FROM json_each(:ids))"""
    rows = db.execute(shown(chosen, order="i.item"), {"as_of": as_of, "ids": _json(ids)})
    return [item_row(row[1:]) for row in rows]


def items(  # noqa: PLR0913 - the arguments of a page
    db: Connection,
    *,
    as_of: int,
    where: ItemFilter,
    order: Order,
    after: Key | None = None,
    before: Key | None = None,
    first: int | None = None,
    last: int | None = None,
    found: search.Found | None = None,
) -> Page:
    """A page: the `first` after a key, or the `last` before one; all where neither is given. Equal ones are ordered by id.

    `found`: what the search of the filter finds, where that is known.
    """
    assert first is None or last is None, "a page goes forward or back"
    if order == "RELEVANCE":
        return _ranked(db, as_of=as_of, where=where, after=after, before=before, first=first, last=last, found=found)
    sort, descending, without = _ORDERS[order]
    among = _found(db, where, as_of, found)
    size = first if last is None else last
    # Documents are numbered about as they were published: the first page is soon full, or it may never be.
    walks = (
        among is not None
        and size is not None
        and after is before is None
        and order.startswith("PUBLISHED_ON")
        and replace(where, search=None) == _ALL
        and sets.near_an_end(among, enough=2 * size, high=descending == (last is None))
    )
    source, published_on, conditions, values = _choice(
        where, as_of, among=among, by_category=order.startswith("PUBLISHED_ON"), walks=walks
    )
    sort = sort or published_on
    for name, key, onward in (("after", after, True), ("before", before, False)):
        if key is not None:
            values |= {f"{name}_sort": without if key.sort is None else key.sort, f"{name}_id": key.id}
            sign = "<" if descending == onward else ">"
            # The first half says nothing new, but where an index is on an expression only it is used to find the place.
            conditions.append(f"{sort} {sign}= :{name}_sort AND ({sort}, i.item) {sign} (:{name}_sort, :{name}_id)")
    if sort == published_on and descending and where.search is None:
        # What became public later is not walked over on the way back to the position.
        conditions.append(f"{published_on} <= ({_NEWEST_ON})")
    values["limit"] = -1 if size is None else size + 1
    # A page that goes back is read from its end.
    direction = "DESC" if descending == (last is None) else "ASC"
    in_order = f"{sort} {direction}, i.item {direction}"
    known = "i.position <= :as_of" if sort == "i.position" else "+i.position <= :as_of"
    chosen = f"""SELECT i.position AS item, {sort} AS sort FROM {source}
        WHERE {" AND ".join([known, *conditions])} ORDER BY {in_order} LIMIT :limit"""
    rows = db.execute(shown(chosen, order=f"page.sort {direction}, i.item {direction}"), values).fetchall()
    return _page(rows, size, without, last=last, after=after, before=before)


def _page(  # noqa: PLR0913 - what a page is cut by
    found: list[tuple[Any, ...]],  # Any: the columns of `shown`
    size: int | None,
    without: str | None,
    *,
    last: int | None,
    after: Key | None,
    before: Key | None,
) -> Page:
    """The page in rows of `shown`, one more than it has where there are more."""
    more = size is not None and len(found) > size
    found = found[:size]
    if last is not None:
        found.reverse()
    rows = [item_row(row[1:]) for row in found]
    keys = [Key(None if sort == without else sort, row.id) for row, (sort, *_) in zip(rows, found, strict=True)]
    if last is not None:
        return Page(rows, keys, has_next=before is not None, has_previous=more)
    return Page(rows, keys, has_next=more or before is not None, has_previous=after is not None)


def _ranked(  # noqa: PLR0913 - the arguments of a page
    db: Connection,
    *,
    as_of: int,
    where: ItemFilter,
    after: Key | None,
    before: Key | None,
    first: int | None,
    last: int | None,
    found: search.Found | None,
) -> Page:
    """A page of what a search fits best: first what has it in the title, then the others, each from the index of ranks."""
    assert where.search is not None, "what nobody searched for fits nothing"
    if found is None:
        found = search.found(db, where.search, as_of=as_of)
    halves = [(found.in_title, 0), (found.beneath, search.BENEATH)]
    if last is not None:
        halves.reverse()
    size = first if last is None else last
    direction = "ASC" if last is None else "DESC"
    placed: list[tuple[int, int]] = []
    for among, added in halves:
        if size is not None and len(placed) > size:
            break
        source, _, conditions, values = _choice(where, as_of, among=among, by_category=False, by_rank=True)
        if replace(where, search=None) == _ALL:
            # Nothing is asked of the items themselves.
            source = source.removesuffix(_ITS_ITEM)
        values["limit"] = -1 if size is None else size + 1 - len(placed)
        for name, key, sign in (("after", after, ">"), ("before", before, "<")):
            if key is not None:
                values |= {f"{name}_sort": cast("int", key.sort) - added, f"{name}_id": key.id}
                conditions.append(f"(x.rank, x.stream) {sign} (:{name}_sort, :{name}_id)")
        rows = db.execute(
            f"""SELECT x.item, x.rank FROM {source} WHERE {" AND ".join(conditions)}
            ORDER BY x.rank {direction}, x.stream {direction} LIMIT :limit""",
            values,
        )
        placed += [(item, rank + added) for item, rank in rows]
    rows = db.execute(
        shown(
            "SELECT value ->> 0 AS item, value ->> 1 AS sort FROM json_each(:placed)",
            order=f"page.sort {direction}, i.item {direction}",
        ),
        {"as_of": as_of, "placed": _json(placed)},
    )
    return _page(rows.fetchall(), size, None, last=last, after=after, before=before)


def count(db: Connection, *, as_of: int, where: ItemFilter, found: search.Found | None = None) -> int:
    """How many items a filter chooses: those of an agency or a category from their index alone, all of them not counted."""
    among = _found(db, where, as_of, found)
    if among is not None and replace(where, search=None) == _ALL:
        return among.bit_count()
    source, _, conditions, values = _choice(where, as_of, among=among, by_category=True, in_order=False)
    if source == _ITEMS and not conditions:
        number, _ = _newest(db, as_of)
        return number
    if source.startswith(_OF_CATEGORY):
        # A category is known only of items that are.
        if not any(_SAYS_ITEM.search(one) for one in [source.removeprefix(_OF_CATEGORY), *conditions]):
            source = source.removesuffix(_THEIR_ITEMS)
    else:
        conditions.append("i.position <= :as_of")
    (counted,) = db.execute(f"SELECT count(*) FROM {source} WHERE {' AND '.join(conditions)}", values).fetchone()
    return cast("int", counted)


_NEWEST_ON: Final = (
    "SELECT n.newest_on FROM catalogue_items n WHERE n.position <= :as_of ORDER BY n.position DESC LIMIT 1"
)


def _newest(db: Connection, as_of: int) -> tuple[int, str]:
    """How many items there are, and the latest day on which one of them became public; empty where there is none."""
    row = db.execute(
        "SELECT number, newest_on FROM catalogue_items WHERE position <= ? ORDER BY position DESC LIMIT 1", (as_of,)
    ).fetchone()
    return (0, "") if row is None else cast("tuple[int, str]", row)


def facets(  # noqa: PLR0913 - the arguments of the public contract
    db: Connection,
    *,
    as_of: int,
    where: ItemFilter,
    by: Sequence[Facet],
    scheme: str | None,
    limit: int,
    found: search.Found | None = None,
    columns: Callable[[int], Columns] | None = None,
) -> list[tuple[Facet, str, int]]:
    """How many of the items that a filter chooses have each value: of each facet the most frequent, then by code.

    `scheme` is what CATEGORY means. `columns`: what is kept in memory as of a position; it answers for a search alone.
    """
    if not by:
        return []
    among = _found(db, where, as_of, found)
    if columns is not None and among is not None and replace(where, search=None) == _ALL:
        kept = columns(as_of)
        return [
            (one, code, count)
            for one in by
            for code, count in sorted(
                kept.counts(db, one, scheme=scheme, among=among).items(), key=lambda row: (-row[1], row[0])
            )[:limit]
        ]
    source, _, conditions, values = _choice(where, as_of, among=among, by_category=True)
    known = ["+i.position <= :as_of", *conditions]
    values |= {"facet_scheme": scheme, "facet_limit": limit}
    counted = " UNION ALL ".join(
        # An item is published on several channels, and may be twice on one.
        f"SELECT * FROM (SELECT {number} AS facet, {code} AS code, count(DISTINCT chosen.item) AS items FROM chosen "
        f"CROSS JOIN {joined} GROUP BY code HAVING code IS NOT NULL ORDER BY items DESC, code LIMIT :facet_limit)"
        for number, facet in enumerate(by)
        for joined, code in [FACETS[facet]]
    )
    rows = db.execute(
        f"WITH chosen AS MATERIALIZED (SELECT i.position AS item FROM {source} WHERE {' AND '.join(known)}) {counted}",
        values,
    )
    return [(by[number], code, count) for number, code, count in rows]


def agencies_of(db: Connection, items: Collection[str]) -> set[str]:
    """The agencies of those of these items that were ever public."""
    rows = db.execute(
        "SELECT DISTINCT agency FROM catalogue_items WHERE item IN (SELECT value FROM json_each(?))",
        (_json(sorted(items)),),
    )
    return {agency for (agency,) in rows}


def hidden(db: Connection) -> set[str]:
    """The items that are hidden now, and so at every position."""
    return {item for (item,) in db.execute("SELECT item FROM catalogue_items WHERE hidden")}


_KNOWN_STATE: Final = known_at("s")
_KNOWN_CATEGORY: Final = known_at("c")

# The item `i` in the state `s` was in force and not withdrawn on a day; that it was published by then is asked beside this.
_IN_FORCE: Final = """(s.effective_on IS NULL OR s.effective_on <= :effective_on)
    AND (s.repealed_on IS NULL OR s.repealed_on > :effective_on)
    AND (s.withdrawn_on IS NULL OR s.withdrawn_on > :effective_on)
    AND (s.gaps IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(s.gaps) g
        WHERE g.value ->> 0 <= :effective_on AND g.value ->> 1 > :effective_on))"""

# The items whose text says this index number as of the position.
_SHOWING_INDEX_NUMBER: Final = f"""SELECT s.item FROM catalogue_texts t CROSS JOIN catalogue_states s
    ON s.item = t.item AND s.text = t.position AND {_KNOWN_STATE}
    JOIN catalogue_items h ON h.position = t.item AND NOT h.hidden WHERE t.index_number = :index_number"""

# Order -> what it sorts by, whether downwards, and what stands for a date that is not there: always the end of the list.
# Each is an index of its own; `+i.position` elsewhere keeps SQLite from reading the table by position and sorting it.
# "": the day of publication, which is in two tables.
_ORDERS: Final[dict[str, tuple[str, bool, str | None]]] = {
    "PUBLISHED_ON_DESC": ("", True, None),
    "PUBLISHED_ON_ASC": ("", False, None),
    "MADE_ON_DESC": ("ifnull(i.made_on, '')", True, ""),
    "MADE_ON_ASC": ("ifnull(i.made_on, '~')", False, "~"),
    "POSITION_DESC": ("i.position", True, None),
    "POSITION_ASC": ("i.position", False, None),
}


def shown(chosen: str, *, order: str, as_of: str = ":as_of") -> str:
    """The statement that shows the items of another: only what is on the page is looked up in all tables.

    `as_of`: what says as of which position each is shown.
    """
    looked_up = f"""SELECT page.sort, i.item, i.agency, s.status, s.validity, i.mode, i.section, i.made_on, i.published_on, s.effective_on,
        s.repealed_on, t.title, t.abstract, t.document_number, t.index_number, t.issuer, t.body_sha256, i.source_id,
        i.duty, i.hidden, i.position, s.known_from, s.change, s.shown_on, t.keywords,
        (SELECT json_group_array(json_array(c.scheme, c.code))
            FROM catalogue_categories c WHERE c.item = i.position AND {_KNOWN_CATEGORY}),
        (SELECT json_group_array(
                json_array(
                p.position, p.channel, iif(i.hidden, NULL, ifnull({links.NEWER_URL}, p.url)), p.published_on, s.withdrawn_on, t.value_sha256))
            FROM catalogue_publications p WHERE p.item = i.position AND +p.position <= :as_of)
    FROM page CROSS JOIN catalogue_items i ON i.position = page.item
        CROSS JOIN catalogue_states s ON s.item = page.item AND {_KNOWN_STATE}
        LEFT JOIN catalogue_texts t ON t.position = s.text AND NOT i.hidden
    ORDER BY {order}"""
    return f"WITH page AS MATERIALIZED ({chosen}) {looked_up.replace(':as_of', as_of)}"


_OF_ITEM: Final = "catalogue_items i ON i.position = chosen.item"
_OF_STATE: Final = f"catalogue_states s ON s.item = chosen.item AND {known_at('s')}"


def _of_scheme(scheme: str) -> tuple[str, str]:
    return f"catalogue_categories c ON c.item = chosen.item AND c.scheme = {scheme} AND {_KNOWN_CATEGORY}", "c.code"


# Facet -> the table that holds its values, joined to the chosen items, and the value.
FACETS: Final[dict[Facet, tuple[str, str]]] = {
    "YEAR": (_OF_ITEM, "substr(i.published_on, 1, 4)"),
    "SECTION": (_OF_ITEM, "i.section"),
    "AGENCY": (_OF_ITEM, "i.agency"),
    "VALIDITY": (_OF_STATE, "s.validity"),
    "STATUS": (_OF_STATE, "s.status"),
    "CATEGORY": _of_scheme(":facet_scheme"),
    "THEME": _of_scheme("'theme'"),
    "GENRE": _of_scheme("'genre'"),
    "CHANNEL": ("catalogue_publications p ON p.item = chosen.item AND +p.position <= :as_of", "p.channel"),
}


class _Choice(NamedTuple):
    """A filter in SQL: the tables it asks, where the day of publication stands, its conditions and their values."""

    source: str
    published_on: str
    conditions: list[str]
    values: dict[str, object]


_ITEMS: Final = "catalogue_items i"
_THEIR_ITEMS: Final = " CROSS JOIN catalogue_items i ON i.position = d.item"
_OF_CATEGORY: Final = f"catalogue_categories d{_THEIR_ITEMS}"
# What a search found: a list of documents, or a test for each document or item in the order of an index.
_ITS_ITEM: Final = " CROSS JOIN catalogue_items i ON i.position = x.item"
_FOUND_BY_RANK: Final = f"search_documents x{_ITS_ITEM}"
_FOUND_FEW: Final = f"json_each(:found) f CROSS JOIN {_FOUND_BY_RANK.replace(' x ', ' x ON x.number = f.value ')}"
_FOUND_MANY: Final = "catalogue_items i CROSS JOIN search_documents x ON x.item = i.position"
_SAYS_ITEM: Final = re.compile(r"\bi\.")


def _found(db: Connection, where: ItemFilter, as_of: int, found: search.Found | None = None) -> int | None:
    """The documents that the search of a filter finds; None where it has none."""
    if where.search is None:
        return None
    return (found or search.found(db, where.search, as_of=as_of)).all


def _choice(  # noqa: PLR0913 - what a statement is made of
    where: ItemFilter,
    as_of: int,
    *,
    among: int | None,
    by_category: bool,
    in_order: bool = True,
    by_rank: bool = False,
    walks: bool = False,
) -> _Choice:
    """The filter in SQL. `among`: the documents that its search finds; `by_rank`: they come in the order of their ranks. `by_category`: items may come from the index of categories, as they were published.

    `walks`: items are passed in their order, even where few were found. `in_order`: they do only where one category is asked for, whose items the index has in their order.
    """
    values: dict[str, object] = {"as_of": as_of}
    conditions: list[str] = []

    def ask(name: str, asked: object, condition: str) -> None:
        if asked is not None:
            values[name] = _json(asked) if isinstance(asked, list) else asked
            conditions.append(condition)

    source, published_on = _ITEMS, "i.published_on"
    if among is not None:
        by_category = False
        listed = not walks and sets.few(among)
        source = _FOUND_FEW if listed else _FOUND_BY_RANK if by_rank else _FOUND_MANY
        values["found"] = sets.members(among, listed=listed)
        conditions.append(sets.is_found("x.number", listed=listed))
    if where.agencies is not None and len(where.agencies) == 1:
        # One agency has an index in the order of publication; several are filtered on the way.
        by_category = False
        ask("agency", where.agencies[0], "i.agency = :agency")
    else:
        ask("agencies", where.agencies, "+i.agency IN (SELECT value FROM json_each(:agencies))")
    for scheme, name, codes in (
        (where.scheme, "categories", where.categories),
        ("theme", "themes", where.themes),
        ("genre", "genres", where.genres),
    ):
        if codes is not None:
            values[f"{name}_scheme"] = scheme
            if by_category and scheme is not None and (len(codes) == 1 or not in_order):
                by_category = False
                source, published_on = _OF_CATEGORY, "d.published_on"
                # An item has one category of a scheme at a time, so that none is found twice.
                of_codes = (
                    f"d.code IN (SELECT value FROM json_each(:{name}))" if len(codes) != 1 else f"d.code = :{name}"
                )
                asked = codes if len(codes) != 1 else codes[0]
                ask(name, asked, f"d.scheme = :{name}_scheme AND {of_codes} AND {known_at('d')}")
            else:
                of_scheme = "" if scheme is None else f"AND c.scheme = :{name}_scheme"
                ask(name, codes, _in_category(f"{of_scheme} AND c.code IN (SELECT value FROM json_each(:{name}))"))
    if where.categories is None:
        ask("scheme", where.scheme, _in_category("AND c.scheme = :scheme"))
    if where.statuses is not None or where.validities is not None or where.effective_on is not None:
        # The state of an item is looked up only for what the item itself does not say.
        source += f" CROSS JOIN catalogue_states s ON s.item = i.position AND {_KNOWN_STATE}"
    if where.late is not None:
        conditions.append(f"i.position {'IN' if where.late else 'NOT IN'} ({lateness.LATE})")
    ask("sections", where.sections, "i.section IN (SELECT value FROM json_each(:sections))")
    ask("modes", where.modes, "i.mode IN (SELECT value FROM json_each(:modes))")
    ask("made_from", where.made_from, "i.made_on >= :made_from")
    ask("made_to", where.made_to, "i.made_on <= :made_to")
    ask("published_from", where.published_from, f"{published_on} >= :published_from")
    ask("published_to", where.published_to, f"{published_on} <= :published_to")
    ask("effective_on", where.effective_on, f"{published_on} <= :effective_on AND {_IN_FORCE}")
    ask("statuses", where.statuses, "s.status IN (SELECT value FROM json_each(:statuses))")
    ask("validities", where.validities, "s.validity IN (SELECT value FROM json_each(:validities))")
    ask(
        "channels",
        where.channels,
        """EXISTS (SELECT 1 FROM catalogue_publications p WHERE p.item = i.position AND +p.position <= :as_of
            AND p.channel IN (SELECT value FROM json_each(:channels)))""",
    )
    return _Choice(source, published_on, conditions, values)


def _in_category(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM catalogue_categories c WHERE c.item = i.position {condition} AND {_KNOWN_CATEGORY})"


def item_row(row: tuple[Any, ...]) -> ItemRow:  # Any: the columns of `shown`
    """The item in a row of `shown`, without the column by which its page is sorted."""
    *plain, keywords, categories, publications = row
    plain.append([] if keywords is None else _KEYWORDS.decode(keywords))
    plain.append(sorted(_CATS.decode(categories)))
    plain.append(sorted(_PUBS.decode(publications)))
    return ItemRow(*plain)
