"""The yearly report of an agency, or of a district, in one form and as of a position: one structure for whoever shows it.

Rules
- A district's report is the sum of its agencies' (I-C9), and names those of which nothing is counted or declared.
- An identity is checked with the numbers of the whole report, and those of the year before with the same form.
- What an agency takes over is checked with what it filed for the year before as well.
- An agency that ended before the year, or began after it, has no report of it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from archive.domain.errors import Refused
from archive.projections.agencies import agencies as agencies_at
from archive.projections.filings import filings
from archive.reports.checks import Check, carried, checked
from archive.reports.figures import Evidence, Figure, Figures, State, added, entries_behind
from archive.reports.form import SCALES, Form, FormName, Unit, cell_at, form_of, measure_of, places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archive.domain.codes import AgencyLevel
    from archive.projections.agencies import AgencyRow
    from archive.projections.measures import Dimension
    from archive.projections.runner import Reading
    from archive.reports.form import FormTable


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """One cell: its number in the smallest unit (money: fen), and `text`, the number in its unit; both null without one."""

    key: str
    zh: str
    en: str
    unit: Unit
    state: State
    value: int | None
    text: str | None
    declarations: list[Evidence]


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A row with a cell for each column, null where the form has none. A heading has no cells but nulls."""

    key: str
    zh: str
    en: str
    level: int
    cells: list[Cell | None]


class Heading(Struct, frozen=True, forbid_unknown_fields=True):
    """A column."""

    key: str
    zh: str
    en: str


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the form."""

    key: str
    zh: str
    en: str
    columns: list[Heading]
    rows: list[Row]


class Reporter(Struct, frozen=True, forbid_unknown_fields=True):
    """An agency whose figures are in the report, or missing from it."""

    agency: str
    name: str | None


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """A yearly report as of a position: its tables, the identities checked, and the agencies that it is of."""

    form: FormName
    zh: str
    en: str
    basis: str
    year: int
    position: int
    agencies: list[Reporter]
    missing: list[Reporter]
    tables: list[Table]
    checks: list[Check]

    def cells(self) -> Iterator[Cell]:
        """Every cell, in the order of the form."""
        for table in self.tables:
            for row in table.rows:
                yield from (cell for cell in row.cells if cell is not None)

    def numbers(self) -> dict[str, int]:
        """By key, the cells that have a number."""
        return {cell.key: cell.value for cell in self.cells() if cell.value is not None}

    def broken(self) -> list[Check]:
        """The errors among the checks; a warning breaks nothing."""
        return [check for check in self.checks if check.state == "broken" and check.severity == "error"]


def report(  # noqa: PLR0913 - what a report is of
    reading: Reading,
    *,
    form: FormName,
    year: int,
    as_of: int | None = None,
    agency: str | None = None,
    region: str = "",
) -> Report:
    """The report of one agency, or of all of a region: a code of GB/T 2260, or its beginning. `Refused` RPF-001 to RPF-004, RPF-006, RPF-011."""
    position = _position(reading, as_of)
    form_of(form, year=year)
    of = _reporters(reading, position, agency=agency, region=region, year=year)
    regions = {one.region for one in of}
    used = form_of(form, year=year, region=regions.pop() if len(regions) == 1 else region)
    figures = Figures(reading, as_of=position, agencies=[one.id for one in of], year=year)
    known = [one for one in of if figures.known(one.id, year)]
    if not known:
        raise Refused("RPF-002", year=year)
    found = {
        at: {
            key: added([figures.figure(used, place, one.id, at) for one in known])
            for key, place in places(used).items()
        }
        for at in (year, year - 1)
    }
    terms = _Terms(used, figures, known, found, year)
    level = cast("AgencyLevel | None", known[0].level if len({one.level for one in known}) == 1 else None)
    checks = checked(used, terms.value, year=year, level=level)
    if len(of) == 1:
        reports = {
            one.year: one for one in filings(reading.db, as_of=position, agencies=[of[0].id], years=[year - 1, year])
        }
        if (last := reports.get(year - 1)) is not None:
            explained = reports[year].explained() if year in reports else ()
            checks += carried(used, terms.value, last.cells(), year=year, level=level, explained=explained)
    return Report(
        form=used.form,
        zh=used.zh,
        en=used.en,
        basis=used.basis,
        year=year,
        position=position,
        agencies=[Reporter(one.id, one.name) for one in known],
        missing=[Reporter(one.id, one.name) for one in of if one not in known],
        tables=[_table(table, found[year]) for table in used.tables],
        checks=checks,
    )


def with_numbers(made: Report, numbers: Mapping[str, int]) -> Report:
    """The report with these numbers in its cells, as somebody filed them; a cell that is not among them has none."""

    def cell(one: Cell | None) -> Cell | None:
        if one is None or one.value == numbers.get(one.key):
            return one
        value = numbers.get(one.key)
        return replace(one, value=value, text=None if value is None else _in_unit(value, one.unit))

    tables = [
        replace(table, rows=[replace(row, cells=[cell(one) for one in row.cells]) for row in table.rows])
        for table in made.tables
    ]
    return replace(made, tables=tables)


def entries_of_cell(  # noqa: PLR0913 - what a report is of, and of a page
    reading: Reading,
    *,
    form: FormName,
    year: int,
    cell: str,
    as_of: int | None = None,
    agency: str | None = None,
    region: str = "",
    first: int | None = None,
    after: int = 0,
) -> list[int]:
    """The positions of the entries behind a cell of that report, counted or declared. `Refused` RPF-005 as well."""
    position = _position(reading, as_of)
    form_of(form, year=year)
    of = _reporters(reading, position, agency=agency, region=region, year=year)
    used = form_of(form, year=year, region=of[0].region)
    place = places(used).get(cell)
    if place is None:
        raise Refused("RPF-005", form=form, cell=cell)
    ids = [one.id for one in of]
    if measure_of(used, place) is None:
        figures = Figures(reading, as_of=position, agencies=ids, year=year)
        declared = {one.position for id_ in ids for one in figures.figure(used, place, id_, year).declarations}
        return sorted(one for one in declared if one > after)[:first]
    return entries_behind(reading, used, place, as_of=position, agencies=ids, year=year, first=first, after=after)


class _Terms:
    """The numbers that identities ask for."""

    def __init__(
        self, form: Form, figures: Figures, of: Sequence[AgencyRow], found: dict[int, dict[str, Figure]], year: int
    ) -> None:
        self._form = form
        self._figures = figures
        self._of = of
        self._found = found
        self._year = year

    def value(self, term: str) -> int | None:
        """The number of a term without its sign; None where there is none."""
        key, _, dimension = term.partition("#")
        year = self._year - 1 if key.endswith("@-1") else self._year
        key = key.removesuffix("@-1")
        if key.startswith("measure:"):
            return sum(self._figures.measured(one.id, year, key.removeprefix("measure:")) for one in self._of)
        if dimension:
            return self._divided(key, dimension, year)
        return self._found[year][key].value

    def _divided(self, key: str, dimension: str, year: int) -> int | None:
        measure = measure_of(self._form, places(self._form)[key])
        assert measure is not None, "what is divided is counted"
        total = 0
        for one in self._of:
            scheme = next((scheme.key for scheme in one.schemes if scheme.primary), None)
            if dimension == "CATEGORY" and scheme is None:
                return None
            total += self._figures.divided(one.id, year, measure, cast("Dimension", dimension), scheme)
        return total


def _position(reading: Reading, as_of: int | None) -> int:
    if as_of is not None and as_of > reading.head:
        raise Refused("RPF-006", position=as_of, head=reading.head)
    return reading.head if as_of is None else as_of


def _reporters(reading: Reading, as_of: int, *, agency: str | None, region: str, year: int) -> list[AgencyRow]:
    """The agencies that owe the report: the one, or those of the region that were there in the year."""
    if agency is None:
        found = [one for one in agencies_at(reading.db, as_of=as_of) if one.region.startswith(beginning(region))]
        of = [one for one in found if not _ended_before(one, year) and not _began_after(one, year)]
        if not of:
            raise Refused("RPF-002", year=year)
        return of
    found = agencies_at(reading.db, as_of=as_of, ids=[agency])
    if not found:
        raise Refused("RPF-003", agency=agency, position=as_of)
    if _ended_before(found[0], year):
        raise Refused("RPF-004", agency=agency, ended_on=found[0].ended_on, year=year)
    if _began_after(found[0], year):
        raise Refused("RPF-011", agency=agency, founded_on=found[0].founded_on, year=year)
    return found


def beginning(region: str) -> str:
    """What the codes of a region and of those in it begin with: 421200 is all of 4212."""
    while region.endswith("00"):
        region = region.removesuffix("00")
    return region


def _ended_before(agency: AgencyRow, year: int) -> bool:
    return agency.ended_on is not None and int(agency.ended_on[:4]) < year


def _began_after(agency: AgencyRow, year: int) -> bool:
    return agency.founded_on is not None and int(agency.founded_on[:4]) > year


def _table(table: FormTable, figures: dict[str, Figure]) -> Table:
    return Table(
        key=table.key,
        zh=table.zh,
        en=table.en,
        columns=[Heading(column.key, column.zh, column.en) for column in table.columns],
        rows=[
            Row(
                key=row.key,
                zh=row.zh,
                en=row.en,
                level=row.level,
                cells=[
                    None
                    if (key := cell_at(table, row, column)) is None
                    else _cell(key, (row.zh, row.en), cast("Unit", column.unit or row.unit), figures[key])
                    for column in table.columns
                ],
            )
            for row in table.rows
        ],
    )


def _cell(key: str, labels: tuple[str, str], unit: Unit, figure: Figure) -> Cell:
    return Cell(
        key=key,
        zh=labels[0],
        en=labels[1],
        unit=unit,
        state=figure.state,
        value=figure.value,
        text=None if figure.value is None else _in_unit(figure.value, unit),
        declarations=list(figure.declarations),
    )


def _in_unit(value: int, unit: Unit) -> str:
    """The number in its unit, exact, without zeros at its end: 592372449000000 fen are 592372449 万元."""
    scale = SCALES.get(unit, 1)
    if scale == 1:
        return str(value)
    text = f"{Decimal(value) / scale:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
