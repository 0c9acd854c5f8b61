"""Rows that hold from one position to the next change: `known_from <= p AND (known_to IS NULL OR known_to > p)`.

A table of periods has these columns, in this order: its key, `known_from`, `known_to`, and what holds meanwhile. Key and
`known_from` are its primary key. Periods are closed-open; NULL in `known_to` means: still (design 2.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

# What holds: the columns after the period, as a NamedTuple.
Held = TypeVar("Held", bound=tuple[Any, ...])  # Any: the types are the NamedTuple's own
Key = tuple[str | int, ...]
Row = list[Any]  # Any: key, known_from, known_to, what holds


def known_at(table: str) -> str:
    """The condition that the period of a row holds the position `:as_of`."""
    return f"({table}.known_from <= :as_of AND ({table}.known_to IS NULL OR {table}.known_to > :as_of))"


class Periods(Generic[Held]):
    """The rows of one table that a batch of entries reads, ends and begins. Two changes in one batch leave two rows."""

    def __init__(self, table: str, *, key: tuple[str, ...], held: type[Held]) -> None:
        self._table = table
        self._key = key
        self._held = held
        # Where the row's `known_to` and what holds stand.
        self._to = len(key) + 1
        self._width = len(key) + 2 + len(held._fields)  # type: ignore[attr-defined]  # a NamedTuple, which has no bound
        self._loaded: dict[Key, Row] = {}
        self._begun: dict[Key, Row] = {}
        self._changed: list[Row] = []

    def load(self, db: Connection, values: Iterable[str | int]) -> None:
        """Read the rows that hold now for these values of the key's first column, in one statement."""
        wanted = sorted(values)
        if wanted:
            for row in db.execute(
                f"SELECT * FROM {self._table} WHERE known_to IS NULL "
                f"AND {self._key[0]} IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(wanted).decode(),),
            ):
                self._loaded[row[: len(self._key)]] = list(row)

    def get(self, *key: str | int) -> Held | None:
        """What holds for a key now."""
        row = self._begun.get(key) or self._loaded.get(key)
        return None if row is None else self._held(*row[self._to + 1 :])

    def change(self, position: int, *key: str | int, to: Held) -> None:
        """From this position on, this holds for the key."""
        if (before := self._begun.get(key)) is not None:
            before[self._to] = position
        elif (before := self._loaded.pop(key, None)) is not None:
            before[self._to] = position
            self._changed.append(before)
        row = [*key, position, None, *to]
        self._begun[key] = row
        self._changed.append(row)

    def amend(self, *key: str | int, to: Held) -> None:
        """What holds for a key now is this, and was: rows of this batch that begin later repeat it, no new one begins.

        A row that is in the table already is amended there by whoever calls this.
        """
        row = self._begun.get(key) or self._loaded.get(key)
        assert row is not None, "something holds for the key"
        row[self._to + 1 :] = to

    def write(self, db: Connection) -> None:
        """Put the rows that begin into the table, and the ends of those that end."""
        db.executemany(
            f"INSERT INTO {self._table} VALUES ({', '.join('?' * self._width)}) "
            "ON CONFLICT DO UPDATE SET known_to = excluded.known_to",
            self._changed,
        )
