"""What stands beside an item: its links to other items, its other index numbers, its newer addresses, as of every position.

Rules
- A link is entered at one item and read at both; an item that is hidden shows no index number and no address.
- Numbers and addresses are text: where it is erased, the column is NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.publications import (
    IndexNumberAssigned,
    IndexNumberEnded,
    IndexNumberText,
    ItemLinked,
    ItemUnlinked,
    NewLinkText,
    PublicationUrlChanged,
)
from archive.projections.periods import Periods, known_at
from archive.projections.texts import text_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "links"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE links_links (
    item        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    target      TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    linked      INTEGER NOT NULL,       -- 0: taken back
    PRIMARY KEY (item, kind, target, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE links_numbers (
    item        TEXT NOT NULL,
    alias       INTEGER NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    assigned_on TEXT NOT NULL,
    ended_on    TEXT,
    value       TEXT,
    PRIMARY KEY (item, alias, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE links_urls (
    item        TEXT NOT NULL,
    channel     TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    url         TEXT,
    PRIMARY KEY (item, channel, known_from)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final = (
    "CREATE INDEX links_links_target ON links_links (target)",
    "CREATE INDEX links_numbers_value ON links_numbers (value) WHERE value IS NOT NULL",
)
TEXT_COLUMNS: Final = {"links_numbers": frozenset({"value"}), "links_urls": frozenset({"url"})}

_Applied = ItemLinked | ItemUnlinked | IndexNumberAssigned | IndexNumberEnded | PublicationUrlChanged | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

_NUMBER: Final = Decoder(IndexNumberText)
_URL: Final = Decoder(NewLinkText)


# --- the fold ---------------------------------------------------------------------------------------------------------
class _Linked(NamedTuple):
    """What `links_links` says."""

    linked: int


class _Number(NamedTuple):
    """What `links_numbers` says of an item and an alias."""

    assigned_on: str
    ended_on: str | None
    value: str | None


class _Url(NamedTuple):
    """What `links_urls` says of an item and a channel."""

    url: str | None


def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    openings = disclosures.get({getattr(entry.event, name) for entry in entries for name in entry.event.CLEARS})
    links = Periods("links_links", key=("item", "kind", "target"), held=_Linked)
    numbers = Periods("links_numbers", key=("item", "alias"), held=_Number)
    urls = Periods("links_urls", key=("item", "channel"), held=_Url)
    streams = {entry.stream for entry in entries}
    for periods in (links, numbers, urls):
        periods.load(db, streams)
    erasures = []
    for entry in entries:
        event = cast("_Applied", entry.event)
        item, position = entry.stream, entry.position
        match event:
            case ItemLinked() | ItemUnlinked():
                links.change(position, item, event.kind, event.target, to=_Linked(int(isinstance(event, ItemLinked))))
            case IndexNumberAssigned():
                text = text_behind(openings, event.text, _NUMBER, at=position)
                value = None if text is None else text.index_number
                numbers.change(position, item, event.alias, to=_Number(event.assigned_on.isoformat(), None, value))
            case IndexNumberEnded():
                before = numbers.get(item, event.alias)
                if before is None:
                    raise Corrupt("PRJ-004", position=position, type=event.TYPE)
                numbers.change(position, item, event.alias, to=before._replace(ended_on=event.ended_on.isoformat()))
            case PublicationUrlChanged():
                link = text_behind(openings, event.link, _URL, at=position)
                urls.change(position, item, event.channel, to=_Url(None if link is None else link.url))
            case Erased():
                erasures.append((entry.stream, position, event.field))
            case _:
                assert_never(event)
    for periods in (links, numbers, urls):
        periods.write(db)
    for stream, position, field in erasures:
        table, column = {"text": ("links_numbers", "value"), "link": ("links_urls", "url")}.get(field, (None, None))
        if table is not None:
            db.execute(f"UPDATE {table} SET {column} = NULL WHERE item = ? AND known_from < ?", (stream, position))


# --- reads ------------------------------------------------------------------------------------------------------------
class Link(Struct, frozen=True):
    """A link as one of its two items has it; `reverse`: it was entered at the other."""

    kind: str
    item: str
    reverse: bool


class Number(Struct, frozen=True):
    """Another index number of an item."""

    value: str | None
    assigned_on: str
    ended_on: str | None


def links(db: Connection, *, as_of: int, items: Iterable[str]) -> dict[str, list[Link]]:
    """The links of items, both ways: those of its own first, then by kind and id."""
    wanted = sorted(items)
    found: dict[str, list[Link]] = {item: [] for item in wanted}
    rows = db.execute(
        f"""SELECT l.item, l.kind, l.target, 0 FROM links_links l
            WHERE l.linked AND {known_at("l")} AND l.item IN (SELECT value FROM json_each(:items))
        UNION ALL SELECT l.target, l.kind, l.item, 1 FROM links_links l
            WHERE l.linked AND {known_at("l")} AND l.target IN (SELECT value FROM json_each(:items))
        ORDER BY 4, 2, 3""",
        {"as_of": as_of, "items": msgspec.json.encode(wanted).decode()},
    )
    for item, kind, other, reverse in rows:
        found[item].append(Link(kind, other, bool(reverse)))
    return found


def numbers(db: Connection, *, as_of: int, items: Iterable[str]) -> dict[str, list[Number]]:
    """The other index numbers of items, in the order of their aliases."""
    wanted = sorted(items)
    found: dict[str, list[Number]] = {item: [] for item in wanted}
    for item, value, assigned_on, ended_on in db.execute(
        f"""SELECT n.item, n.value, n.assigned_on, n.ended_on FROM links_numbers n
        WHERE {known_at("n")} AND n.item IN (SELECT value FROM json_each(:items)) ORDER BY n.item, n.alias""",
        {"as_of": as_of, "items": msgspec.json.encode(wanted).decode()},
    ):
        found[item].append(Number(value, assigned_on, ended_on))
    return found


# The items that another index number names, as of the position.
SHOWING: Final = f"SELECT n.item FROM links_numbers n WHERE n.value = :index_number AND {known_at('n')}"
# The newer address of the item `i` on the channel of the publication `p`, where it has one.
NEWER_URL: Final = f"""(SELECT u.url FROM links_urls u
    WHERE u.item = i.item AND u.channel = p.channel AND {known_at("u")})"""
