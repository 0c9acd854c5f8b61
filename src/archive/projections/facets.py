"""Facets of many items at once: for each value the set of documents that have it, kept in memory from one question to the next.

    columns = Columns()
    columns.come_to(db, position)               what has changed since it was last asked is looked up, and nothing else
    columns.counts(db, "YEAR", scheme=None, among=documents)    value -> how many of these have it

Rules
- A set has one bit for each document, by its number in `search_documents` (see sets): of each item the one that stands at
  the position. How many of those that a search finds have a value is then `(value & found).bit_count()`.
- A column is made in one statement when it is asked for first. Every change that the catalogue shows begins a period of
  the item's state: so the items that differ from an earlier position are those whose periods begin between the two.
- What was known at a position never changes, so that a column is right for as long as its file serves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from archive.projections import sets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection

    from archive.projections.catalogue import Facet

# More changed items are not taken one by one: the columns are made anew.
MAX_CHANGED: Final = 5_000
# What all of them together may take, in bytes; beyond it they are let go.
MAX_BYTES: Final = 48 * 1024 * 1024

# The documents of items as of a position, to which the tables of a facet are joined as `chosen`.
_CHOSEN: Final = """WITH chosen AS MATERIALIZED (SELECT x.item AS item, x.number AS number FROM search_documents x
    WHERE x.known_from <= :as_of AND (x.known_to IS NULL OR x.known_to > :as_of) AND {only})"""


class Columns:
    """The columns of one file at one position, which only grows."""

    def __init__(self, statements: Mapping[Facet, tuple[str, str]]) -> None:
        """`statements`: of each facet the tables joined to `chosen.item`, and the value."""
        self._statements = statements
        self.position = 0
        # By facet, and what CATEGORY means.
        self._columns: dict[tuple[Facet, str | None], dict[str, int]] = {}

    @property
    def kept(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def come_to(self, db: Connection, position: int) -> None:
        """Be as of a position, which is not below the one before."""
        assert position >= self.position, "columns go forward"
        if self._columns and position > self.position:
            changed = db.execute(
                "SELECT DISTINCT item FROM catalogue_states WHERE known_from > ? AND known_from <= ? LIMIT ?",
                (self.position, position, MAX_CHANGED + 1),
            ).fetchall()
            if len(changed) > MAX_CHANGED:
                self._columns.clear()
            elif changed:
                self._change(db, position, [item for (item,) in changed])
        self.position = position

    def counts(self, db: Connection, facet: Facet, *, scheme: str | None, among: int) -> dict[str, int]:
        """How many of these documents have each value; those that none has are not in it."""
        key = facet, scheme if facet == "CATEGORY" else None
        column = self._columns.get(key)
        if column is None:
            if self._bytes() > MAX_BYTES:
                self._columns.clear()
            column = self._columns[key] = self._read(db, self.position, key, only="TRUE", values={})
        counted = ((value, (having & among).bit_count()) for value, having in column.items())
        return {value: count for value, count in counted if count}

    def _change(self, db: Connection, position: int, items: list[int]) -> None:
        values = {"items": msgspec.json.encode(items).decode()}
        only = "x.item IN (SELECT value FROM json_each(:items))"
        before = db.execute(f"SELECT x.number FROM search_documents x WHERE {only}", values)
        others = ~sets.of(number for (number,) in before)
        for key, column in self._columns.items():
            now = self._read(db, position, key, only=only, values=values)
            for value in column.keys() | now.keys():
                column[value] = column.get(value, 0) & others | now.get(value, 0)

    def _read(
        self, db: Connection, position: int, key: tuple[Facet, str | None], *, only: str, values: Mapping[str, object]
    ) -> dict[str, int]:
        facet, scheme = key
        joined, code = self._statements[facet]
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for value, number in db.execute(
            f"{_CHOSEN.format(only=only)} SELECT {code}, chosen.number FROM chosen CROSS JOIN {joined} WHERE {code} IS NOT NULL",
            {**values, "as_of": position, "facet_scheme": scheme},
        ):
            numbers[value].append(number)
        return {value: sets.of(having) for value, having in numbers.items()}

    def _bytes(self) -> int:
        return sum(having.bit_length() // 8 for column in self._columns.values() for having in column.values())
