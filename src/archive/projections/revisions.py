"""What changed: the revisions of items, and the items that changed between two positions. Read from the catalogue's tables.

Rules
- A revision is a period of an item's state: what the catalogue shows of it from one change to the next.
- What changed is read off what is shown: the fields of two rows are compared. Where a text is erased or hidden, it is the
  same nothing on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.projections.catalogue import Happened, ItemRow, item_row, items_with, shown
from archive.projections.periods import known_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

# What can change about an item, as the public schema names it, in its order, and where a row has it.
FIELDS: Final = {
    "title": "title",
    "abstract": "abstract",
    "documentNumber": "document_number",
    "genre": "genre",
    "theme": "theme",
    "keywords": "keywords",
    "indexNumbers": "index_number",
    "categories": "categories",
    "issuer": "issuer",
    "status": "status",
    "validity": "validity",
    "effectiveOn": "effective_on",
    "repealedOn": "repealed_on",
    "contentSha256": "content_sha256",
    "publications": "publications",
}


class Revision(NamedTuple):
    """An item from one change, the entry at `row.known_from`, to the next; days are closed-open, None: none, or open.

    `changed` are the fields that differ from the revision before.
    """

    row: ItemRow
    number: int
    known_to: int | None
    effective_from: str | None
    effective_to: str | None
    changed: list[str]


class Change(NamedTuple):
    """An item that changed: as it is at the position, what happened to it last, where, and what differs from before."""

    row: ItemRow
    kind: Happened
    position: int
    changed: list[str]


class Changes(NamedTuple):
    """Some changes, the newest first, and whether there are more."""

    found: list[Change]
    more: bool


def revisions(db: Connection, *, as_of: int, ids: Iterable[str], limit: int) -> dict[str, list[Revision]]:
    """The revisions of items, oldest first, in one statement; `limit` of all of them together."""
    wanted = sorted(set(ids))
    # Every revision is the item as of the entry that began it.
    chosen = """SELECT s.item AS item, s.known_from AS sort FROM catalogue_items i
        CROSS JOIN catalogue_states s ON s.item = i.position AND s.known_from <= :as_of
        WHERE i.item IN (SELECT value FROM json_each(:ids)) ORDER BY s.item, s.known_from LIMIT :limit"""
    rows: dict[str, list[ItemRow]] = {one: [] for one in wanted}
    values = {"as_of": as_of, "ids": msgspec.json.encode(wanted).decode(), "limit": limit}
    for found in db.execute(shown(chosen, order="page.item, page.sort", as_of="page.sort"), values):
        row = item_row(found[1:])
        rows[row.id].append(row)
    return {one: _revisions(of_one) for one, of_one in rows.items()}


def _revisions(rows: list[ItemRow]) -> list[Revision]:
    return [
        Revision(
            row,
            number,
            rows[number].known_from if number < len(rows) else None,
            *_effective(row),
            [] if number == 1 else changed(rows[number - 2], row),
        )
        for number, row in enumerate(rows, 1)
    ]


def _effective(row: ItemRow) -> tuple[str | None, str | None]:
    """From when to when it is public in this form and in force; (None, None) where no day is left."""
    first = max(row.shown_on, row.effective_on or "")
    # A withdrawal takes it off every channel on one day.
    ends = [day for day in (row.repealed_on, row.publications[0].withdrawn_on) if day is not None]
    end = min(ends, default=None)
    return (None, None) if end is not None and end <= first else (first, end)


def changes(db: Connection, *, since: int, as_of: int, first: int, after: int | None) -> Changes:
    """The items that changed after a position, the newest change first: `first` of them, after the one at `after`.

    Two statements: the items as they are, and as they were.
    """
    chosen = f"""SELECT s.item AS item, s.known_from AS sort FROM catalogue_states s
        WHERE {CHANGED} AND s.known_from < :before ORDER BY s.known_from DESC LIMIT :limit"""
    before = as_of + 1 if after is None else after
    values = {"as_of": as_of, "since": since, "before": before, "limit": first + 1}
    found = [item_row(row[1:]) for row in db.execute(shown(chosen, order="page.sort DESC"), values)]
    rows = found[:first]
    known = {row.id: row for row in items_with(db, as_of=since, ids=[row.id for row in rows])}
    return Changes(
        [
            Change(row, row.change, row.known_from, changed(known[row.id], row) if row.id in known else [])
            for row in rows
        ],
        more=len(found) > first,
    )


def changes_count(db: Connection, *, since: int, as_of: int) -> int:
    """How many items changed after a position."""
    values = {"as_of": as_of, "since": since}
    (found,) = db.execute(f"SELECT count(*) FROM catalogue_states s WHERE {CHANGED}", values).fetchone()
    return int(found)


# The newest change of an item is the one whose period is open: each item that changed is found once, by the index.
CHANGED: Final = f"s.known_from > :since AND {known_at('s')}"


def changed(before: ItemRow, after: ItemRow) -> list[str]:
    """The fields of the public schema that differ between two rows of an item, in the order of the schema."""
    return [name for name, field in FIELDS.items() if getattr(before, field) != getattr(after, field)]
