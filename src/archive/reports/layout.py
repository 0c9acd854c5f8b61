"""How a table of a form is printed: a grid of places, some of them merged, that every printed format walks alike.

Rules
- A number is printed as it is; what nobody declared, what was declared twice and what no entry tells are words; what the
  form has no cell for is a dash. No format adds or leaves out any of them.
- A table whose rows have units of their own is a list: label, unit, numbers, each row set in by its level.
- In any other, a row without numbers stands once, to the left of all the rows that are set in below it.
- A `·` in a label parts what is printed once over neighbouring columns from what is printed under it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from archive.reports.form import forms
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archive.domain.errors import Language
    from archive.reports.build import Cell, Heading, Report, Row, Table
    from archive.reports.form import FormTable
    from archive.reports.words import Words

Kind = Literal["title", "head", "label", "unit", "value"]
_PARTS = "·"


class Place(NamedTuple):
    """What is printed over some rows and columns of a grid. `level`: how far a label is set in."""

    row: int
    column: int
    text: str
    kind: Kind
    rows: int = 1
    columns: int = 1
    level: int = 0
    # Of a value: the cell, or None where the form has none.
    cell: Cell | None = None


class Grid(NamedTuple):
    """One printed table; its places in the order in which it is read."""

    key: str
    section: str | None
    title: str
    head_rows: int
    label_columns: int
    rows: int
    columns: int
    places: list[Place]
    # Whether it is a list: its first column is wide and its rows are set in.
    flat: bool

    def lines(self) -> list[list[Place]]:
        """The places by the row they begin in."""
        found: list[list[Place]] = [[] for _ in range(self.rows)]
        for place in self.places:
            found[place.row].append(place)
        return found


def grids(report: Report, language: Language) -> list[Grid]:
    """The tables of a report as they are printed."""
    forms_of = {table.key: table for table in forms()[report.form].tables}
    return [_Printed(table, forms_of[table.key], language).grid() for table in report.tables]


def shown(cell: Cell | None, language: Language) -> str:
    """What is printed for a cell."""
    words = WORDS[language]
    if cell is None:
        return words.no_cell
    if cell.text is None:
        return words.states[cell.state]
    return cell.text + (words.partly_mark if cell.state == "partly-declared" else "")


def by_section(grids: Iterable[Grid]) -> list[tuple[str, list[Grid]]]:
    """The grids under the headings of their sections; one without a heading stands under that of the one before it."""
    found: list[tuple[str, list[Grid]]] = []
    for grid in grids:
        if grid.section is not None or not found:
            found.append((grid.section or grid.title, []))
        found[-1][1].append(grid)
    return found


class _Printed:
    """A table on its way to the grid."""

    def __init__(self, table: Table, form: FormTable, language: Language) -> None:
        self._table = table
        self._form = form
        self._language: Language = language
        self._words: Words = WORDS[language]
        self._flat = all(row.unit is None for row in form.columns) and len(form.columns) == 1

    def grid(self) -> Grid:
        section = None if self._form.section is None else _said(self._form.section, self._language)
        title = self._said(self._table)
        titled = section is not None and section.endswith(title)
        if self._flat:
            labels, rows, places = self._list()
        elif self._form.across:
            labels, rows, places = self._across()
        else:
            labels, rows, places = self._crossing()
        columns = max(place.column + place.columns for place in places)
        head = min(place.row for place in places if place.kind == "value")
        if not titled and not self._flat:
            places = [Place(0, 0, title, "title", columns=columns), *(one._replace(row=one.row + 1) for one in places)]
            head, rows = head + 1, rows + 1
        places.sort(key=lambda one: (one.row, one.column))
        return Grid(self._table.key, section, title, head, labels, rows, columns, places, flat=self._flat)

    def _list(self) -> tuple[int, int, list[Place]]:
        heads = [self._words.flat_corner, self._words.unit, *map(self._said, self._table.columns)]
        places = [Place(0, column, text, "head") for column, text in enumerate(heads)]
        for number, row in enumerate(self._table.rows, start=1):
            unit = next((cell.unit for cell in row.cells if cell is not None), self._words.no_cell)
            places += [Place(number, 0, self._said(row), "label", level=row.level), Place(number, 1, unit, "unit")]
            places += [self._value(number, 2 + at, cell) for at, cell in enumerate(row.cells)]
        return 2, len(self._table.rows) + 1, places

    def _crossing(self) -> tuple[int, int, list[Place]]:
        rows = self._table.rows
        labels = 1 + max(row.level for row in rows)
        heads, first = self._heads(labels)
        printed = [row for row in rows if not _is_heading(row)]
        places = list(heads)
        for number, row in enumerate(rows):
            at = first + sum(not _is_heading(one) for one in rows[:number])
            if _is_heading(row):
                below = list(_below(rows[number + 1 :], row.level))
                places.append(Place(at, row.level, self._said(row), "label", rows=len(below)))
            else:
                wide = labels - row.level
                places.append(Place(at, row.level, self._said(row), "label", columns=wide))
                places += [self._value(at, labels + column, cell) for column, cell in enumerate(row.cells)]
        return labels, first + len(printed), places

    def _heads(self, labels: int) -> tuple[list[Place], int]:
        """The headings of the columns, in one row to three."""
        columns = self._table.columns
        over = self._form.over
        parted = any(_PARTS in column.zh for column in columns)
        top = 0 if over is None else 1
        depth = top + 1 + parted
        corner = self._words.corner if self._form.corner is None else _said(self._form.corner, self._language)
        places = [Place(0, 0, corner, "head", rows=depth, columns=labels)]
        if over is not None:
            places.append(Place(0, labels, _said(over, self._language), "head", columns=len(columns)))
        places += _headings([self._said(column) for column in columns], row=top, column=labels, depth=1 + parted)
        return places, depth

    def _across(self) -> tuple[int, int, list[Place]]:
        """Rows side by side: their labels over their columns, and one line of numbers."""
        rows, columns = self._table.rows, self._table.columns
        wide = len(columns)
        parted = any(_PARTS in row.zh for row in rows)
        labels = _headings([self._said(row) for row in rows], row=0, column=0, depth=1 + parted)
        places = [one._replace(column=one.column * wide, columns=one.columns * wide) for one in labels]
        depth = 1 + parted
        for number, row in enumerate(rows):
            for at, (column, cell) in enumerate(zip(columns, row.cells, strict=True), start=number * wide):
                places += [Place(depth, at, self._said(column), "head"), self._value(depth + 1, at, cell)]
        return 0, depth + 2, places

    def _value(self, row: int, column: int, cell: Cell | None) -> Place:
        return Place(row, column, shown(cell, self._language), "value", cell=cell)

    def _said(self, one: Table | Row | Heading) -> str:
        return _said(one, self._language)


def _said(one: object, language: Language) -> str:
    """The label in a language, of whatever has both."""
    text: str = getattr(one, language)
    return text


def _is_heading(row: Row) -> bool:
    return all(cell is None for cell in row.cells)


def _below(rows: Sequence[Row], level: int) -> Iterator[Row]:
    """The rows with numbers that are set in below one of a level."""
    for row in rows:
        if row.level <= level:
            return
        if not _is_heading(row):
            yield row


def _headings(labels: Iterable[str], *, row: int, column: int, depth: int) -> list[Place]:
    """Labels side by side: what several share stands over them."""
    places = []
    for group, found in groupby(labels, key=lambda label: label.partition(_PARTS)[0] if _PARTS in label else ""):
        for number, label in enumerate(together := list(found)):
            if not group:
                places.append(Place(row, column + number, label, "head", rows=depth))
                continue
            if number == 0:
                places.append(Place(row, column, group, "head", columns=len(together)))
            places.append(Place(row + 1, column + number, label.partition(_PARTS)[2], "head"))
        column += len(together)
    return places
