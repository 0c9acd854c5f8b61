"""Declared figures as of every position: declared, corrected, withdrawn; the rows do not depend on the batches."""

import sqlite3
from collections.abc import Iterable
from datetime import date

import pytest

from archive.disclosures.openings import Disclosures
from archive.domain.codes import Event
from archive.domain.declarations import DeclarationWithdrawn, FigureCorrected, FigureDeclared, NilDeclared
from archive.domain.errors import Corrupt
from archive.log.entry import Entry
from archive.projections import declarations
from archive.projections.declarations import declared
from stories import ORIGIN, agency_id

AGENCY = agency_id()
FIRST, SECOND, NIL = (f"declaration-{number:032x}" for number in (1, 2, 3))
ON = date(2019, 1, 5)


def figure(value: int) -> FigureDeclared:
    return FigureDeclared(
        agency=AGENCY,
        declared_on=ON,
        cell="capacity.budget",
        year=2018,
        value=value,
        unit="fen",
        evidence="file-1",
    )


TOLD: tuple[tuple[str, Event], ...] = (
    (FIRST, figure(10)),
    (NIL, NilDeclared(agency=AGENCY, declared_on=ON, area="requests", year=2018, reason="no-such-case")),
    (SECOND, figure(30)),
    (FIRST, FigureCorrected(corrected_on=ON, value=20, reason="miscounted", evidence="file-2")),
    (NIL, DeclarationWithdrawn(withdrawn_on=ON, reason="events-found")),
    (SECOND, DeclarationWithdrawn(withdrawn_on=ON, reason="declared-in-error")),
)
ENTRIES = [
    Entry(position, stream, position, "2019-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
    for position, (stream, event) in enumerate(TOLD, start=1)
]


def folded(batches: Iterable[list[Entry]], disclosures: Disclosures) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    for statement in (*declarations.TABLES, *declarations.INDEXES):
        db.execute(statement)
    for batch in batches:
        declarations.apply(db, [one for one in batch if one.event.TYPE in declarations.TYPES], disclosures)
    return db


def test_what_stands_is_known_as_of_every_position(disclosures: Disclosures) -> None:
    db = folded([ENTRIES], disclosures)
    found = [
        [
            (one.value, one.evidence, one.position)
            for one in declared(db, as_of=at, agencies=[AGENCY], years=[2017, 2018])
        ]
        for at in range(7)
    ]
    first, second, corrected = (10, "file-1", 1), (30, "file-1", 3), (20, "file-2", 4)
    assert found == [
        [],
        [first],
        [first],
        [first, second],
        [second, corrected],
        [second, corrected],
        [corrected],
    ]
    assert not declared(db, as_of=6, agencies=[AGENCY], years=[2019])
    assert not declared(db, as_of=6, agencies=[agency_id(2)], years=[2018])


def test_the_rows_are_the_same_whatever_the_batches_were(disclosures: Disclosures) -> None:
    rows = [
        list(folded(batches, disclosures).execute("SELECT * FROM declarations_figures"))
        for batches in ([ENTRIES], [[one] for one in ENTRIES], [ENTRIES[:3], ENTRIES[3:]])
    ]
    assert rows[0] == rows[1] == rows[2]


def test_a_correction_of_nothing_stops_the_fold(disclosures: Disclosures) -> None:
    with pytest.raises(Corrupt) as stopped:
        folded([[ENTRIES[3]]], disclosures)
    assert (stopped.value.code, stopped.value.facts) == ("PRJ-004", {"position": 4, "type": "figure-corrected"})
