"""The figure of each cell of a form: counted from the tallies, or declared with its evidence, as of a position.

Rules
- A cell is counted (and then 0 is a number), declared, not declared (nobody said anything: no number), declared twice
  (several declarations stand: no number) or untold (no entry can tell it: no number). In a district it is partly
  declared where some of its agencies said nothing: the number is that of the others.
- A number is an integer: money in fen, everything else in the unit of its cell.
- Receipt counts in the year of receipt, a result in the year of the reply, what is carried over is what began less what
  ended: all of that is the tallies' (projections/tallies.py), and nothing here adds a number of its own.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from archive.projections import tallies
from archive.projections.declarations import Declared, declared, declared_between
from archive.projections.measures import MEASURES
from archive.reports.form import measure_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from archive.projections.measures import Dimension
    from archive.projections.runner import Reading
    from archive.reports.form import Declaration, Form, Place

State = Literal["counted", "declared", "partly-declared", "not-declared", "declared-twice", "untold"]


_BY_KIND: Final = [key for key, measure in MEASURES.items() if "APPLICANT_KIND" in measure.dimensions]
# Of which year, from the one reported on, a declared cell takes which part.
_WANTED: Final = {"this-year": ((0, 1),), "last-year": ((-1, 1),), "change": ((0, 1), (-1, -1))}


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What a declared figure rests on: the entry that says so, its value in its own unit, and the code of the evidence."""

    agency: str
    year: int
    cell: str
    value: int
    evidence: str
    position: int


class Figure(Struct, frozen=True, forbid_unknown_fields=True):
    """The number of a cell, or why there is none."""

    state: State
    value: int | None
    declarations: tuple[Evidence, ...] = ()


class Figures:
    """What is counted and declared of some agencies in a year and in the year before, read once."""

    def __init__(self, reading: Reading, *, as_of: int, agencies: Sequence[str], year: int) -> None:
        self._db = reading.db
        self._as_of = as_of
        self._years = (year - 1, year)
        self._counts: defaultdict[tuple[str, int, str, str], int] = defaultdict(int)
        self._declared: defaultdict[tuple[str, int, str], list[Declared]] = defaultdict(list)
        alone = agencies[0] if len(agencies) == 1 else None
        by_agency: tuple[Dimension, ...] = () if alone else ("AGENCY",)
        # What is divided adds up facts, of which items have by far the most: only what has kinds of applicants is.
        for dimensions, measures in ((by_agency, None), ((*by_agency, "APPLICANT_KIND"), _BY_KIND)):
            for row in tallies.counts(
                self._db, as_of=as_of, years=self._years, agency=alone, measures=measures, by=dimensions
            ):
                codes = dict(row.dimensions)
                kind = codes.get("APPLICANT_KIND")
                if kind == tallies.NONE:
                    continue
                self._counts[codes.get("AGENCY", alone or ""), row.year, row.measure, kind or ""] += row.value
        for one in declared(self._db, as_of=as_of, agencies=agencies, years=(year - 2, *self._years)):
            self._declared[one.agency, one.year, one.cell].append(one)

    def known(self, agency: str, year: int) -> bool:
        """Whether anything happened in the year, or was declared of it; what merely stands open is nothing new."""
        return (agency, year) in self._known

    @cached_property
    def _known(self) -> set[tuple[str, int]]:
        counted = {
            (agency, year)
            for (agency, year, measure, _), value in self._counts.items()
            if value and MEASURES[measure].stock is None
        }
        return counted | {(agency, year) for agency, year, _ in self._declared}

    def measured(self, agency: str, year: int, measure: str, applicant_kind: str = "") -> int:
        """What a measure counts."""
        return self._counts.get((agency, year, measure, applicant_kind), 0)

    def figure(self, form: Form, place: Place, agency: str, year: int) -> Figure:
        """The figure of a cell."""
        if place.key in form.untold:
            return Figure("untold", None)
        if (declaration := form.declared.get(place.key)) is not None:
            return self._of_declaration(declaration, agency, year)
        measure = measure_of(form, place)
        assert measure is not None, "a cell that is neither declared nor untold is counted"
        return Figure("counted", self.measured(agency, year, measure, place.column.applicant_kind or ""))

    def _of_declaration(self, declaration: Declaration, agency: str, year: int) -> Figure:
        parts = [
            (self._declared.get((agency, year + shift, cell), []), sign)
            for shift, sign in _WANTED[declaration.of]
            for cell in declaration.cells
        ]
        evidence = tuple(Evidence(*one) for found, _ in parts for one in found)
        if any(len(found) > 1 for found, _ in parts):
            return Figure("declared-twice", None, evidence)
        if not all(found for found, _ in parts):
            return Figure("not-declared", None, evidence)
        return Figure("declared", sum(sign * found[0].value for found, sign in parts), evidence)

    def divided(self, agency: str, year: int, measure: str, by: Dimension, scheme: str | None = None) -> int:
        """The sum of a measure over everything that has a code in the dimension."""
        rows = tallies.counts(
            self._db, as_of=self._as_of, years=[year], agency=agency, measures=[measure], by=[by], scheme=scheme
        )
        return sum(row.value for row in rows if row.dimensions[0][1] != tallies.NONE)


def added(figures: Collection[Figure]) -> Figure:
    """The figure of a district: the sum of its agencies'."""
    declarations = tuple(one for figure in figures for one in figure.declarations)
    states = {figure.state for figure in figures}
    if "untold" in states:
        return Figure("untold", None, declarations)
    if "declared-twice" in states:
        return Figure("declared-twice", None, declarations)
    values = [figure.value for figure in figures if figure.value is not None]
    if not values:
        return Figure("not-declared", None, declarations)
    return Figure(states.pop() if len(states) == 1 else "partly-declared", sum(values), declarations)


def entries_behind(  # noqa: PLR0913 - the arguments of a page
    reading: Reading,
    form: Form,
    place: Place,
    *,
    as_of: int,
    agencies: Iterable[str],
    year: int,
    first: int | None = None,
    after: int = 0,
) -> list[int]:
    """The positions of the entries that make a counted cell, in order: the `first` after a position."""
    measure = measure_of(form, place)
    if measure is None:
        return []
    kind = place.column.applicant_kind
    by: tuple[Dimension, ...] = () if kind is None else ("APPLICANT_KIND",)
    cell = tallies.Cell(year, measure, () if kind is None else (kind,))
    found: list[int] = []
    for agency in agencies:
        found += tallies.positions(
            reading.db, as_of=as_of, cells=[cell], agency=agency, by=by, first=first, after=after
        )[cell]
    return sorted(found)[:first]


def entries_between(  # noqa: PLR0913 - a cell, and from when to when
    reading: Reading, form: Form, place: Place, *, after: int, as_of: int, agencies: Collection[str], year: int
) -> list[int]:
    """The positions of the entries after `after` that make the cell another number as of `as_of`, in order."""
    if (declaration := form.declared.get(place.key)) is not None:
        years = [year + shift for shift, _ in _WANTED[declaration.of]]
        return declared_between(
            reading.db, after=after, as_of=as_of, agencies=agencies, years=years, cells=declaration.cells
        )
    measure = measure_of(form, place)
    if measure is None:
        return []
    kind = place.column.applicant_kind
    return tallies.changed_by(
        reading.db, measure=measure, year=year, agencies=agencies, after=after, as_of=as_of, applicant_kind=kind
    )
