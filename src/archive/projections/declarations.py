"""What agencies declare for cells that nobody counts, as of every position: the figure, its unit and its evidence.

A declaration that was withdrawn has no value from then on. Two that stand for one cell are both here: a report says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never, cast

import msgspec

from archive.domain.declarations import DeclarationWithdrawn, FigureCorrected, FigureDeclared
from archive.domain.errors import Corrupt
from archive.projections.periods import Periods, known_at

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "declarations"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE declarations_figures (
    declaration TEXT NOT NULL,
    known_from  INTEGER NOT NULL,       -- the entry that says so
    known_to    INTEGER,
    agency      TEXT NOT NULL,
    year        INTEGER NOT NULL,
    cell        TEXT NOT NULL,
    value       INTEGER,                -- in its unit; NULL: withdrawn
    unit        TEXT NOT NULL,          -- count, persons, fen
    evidence    TEXT NOT NULL,
    PRIMARY KEY (declaration, known_from)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final[tuple[str, ...]] = ("CREATE INDEX declarations_figures_year ON declarations_figures (agency, year)",)
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Applied = FigureDeclared | FigureCorrected | DeclarationWithdrawn
TYPES: Final = frozenset({FigureDeclared.TYPE, FigureCorrected.TYPE, DeclarationWithdrawn.TYPE})


class _Figure(NamedTuple):
    """What `declarations_figures` says of a declaration."""

    agency: str
    year: int
    cell: str
    value: int | None
    unit: str
    evidence: str


def apply(db: Connection, entries: Sequence[Entry], _disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the table; the rows are the same whatever the batches were."""
    figures = Periods("declarations_figures", key=("declaration",), held=_Figure)
    figures.load(db, {entry.stream for entry in entries})
    for entry in entries:
        event = cast("_Applied", entry.event)
        before = figures.get(entry.stream)
        match event:
            case FigureDeclared():
                now = _Figure(event.agency, event.year, event.cell, event.value, event.unit, event.evidence)
            case FigureCorrected():
                if before is None:
                    raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
                now = before._replace(value=event.value, evidence=event.evidence)
            case DeclarationWithdrawn():
                # What is withdrawn may be that there was nothing in an area: no figure stood then.
                if before is None:
                    continue
                now = before._replace(value=None)
            case _:
                assert_never(event)
        figures.change(entry.position, entry.stream, to=now)
    figures.write(db)


class Declared(NamedTuple):
    """A figure that stands; `position` is the entry that says so. Money in fen."""

    agency: str
    year: int
    cell: str
    value: int
    evidence: str
    position: int


def declared(db: Connection, *, as_of: int, agencies: Collection[str], years: Collection[int]) -> list[Declared]:
    """The figures that these agencies declared for these years, by position."""
    rows = db.execute(
        f"""SELECT f.agency, f.year, f.cell, f.value, f.evidence, f.known_from FROM declarations_figures f
        WHERE f.agency IN (SELECT value FROM json_each(:agencies)) AND f.year IN (SELECT value FROM json_each(:years))
        AND f.value IS NOT NULL AND {known_at("f")} ORDER BY f.known_from""",
        {
            "as_of": as_of,
            "agencies": msgspec.json.encode(sorted(agencies)).decode(),
            "years": msgspec.json.encode(sorted(years)).decode(),
        },
    )
    return [Declared(*row) for row in rows]


def declared_between(  # noqa: PLR0913 - what is declared, and from when to when
    db: Connection,
    *,
    after: int,
    as_of: int,
    agencies: Collection[str],
    years: Collection[int],
    cells: Collection[str],
) -> list[int]:
    """The positions of the entries after `after`, up to `as_of`, that declared, corrected or withdrew these figures."""
    rows = db.execute(
        """SELECT f.known_from FROM declarations_figures f
        WHERE f.agency IN (SELECT value FROM json_each(:agencies)) AND f.year IN (SELECT value FROM json_each(:years))
        AND f.cell IN (SELECT value FROM json_each(:cells)) AND f.known_from > :after AND f.known_from <= :as_of
        ORDER BY f.known_from""",
        {
            "agencies": msgspec.json.encode(sorted(agencies)).decode(),
            "years": msgspec.json.encode(sorted(years)).decode(),
            "cells": msgspec.json.encode(sorted(cells)).decode(),
            "after": after,
            "as_of": as_of,
        },
    )
    return [position for (position,) in rows]
