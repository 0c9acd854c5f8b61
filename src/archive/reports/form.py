"""Statutory forms as data: tables, rows, columns and identities are files in `forms/`, decoded and checked here.

Rules
- The key of a cell is the prefix of its table, the key of its row and that of its column, joined by dots; the one column
  of a plain table has no key.
- A cell is counted by the measure with its key, in a table by applicant by that of its row, unless the form says that it
  is declared, that another measure counts it, or why nothing tells it.
- A term of an identity is a cell: `-` before it subtracts, `@-1` after it means the year before, `#MONTH` and `#CATEGORY`
  the sum over what has a value there, `measure:` a measure that has no cell. `{each}` stands for every key of `each`.
- A province's rows are an overlay: a file that adds rows to a form for the agencies of its region.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from archive.domain.codes import AgencyLevel
from archive.domain.declarations import Cell as DeclaredCell
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FormName = Literal["2014", "2019", "2021"]
Unit = Literal["条", "件", "次", "篇", "个", "人", "人次", "项", "元", "万元"]
Severity = Literal["error", "warning"]
Relation = Literal["=", "<="]
# How much of its unit a counted number is: money is counted in fen.
SCALES: Final[dict[Unit, int]] = {"元": 100, "万元": 1_000_000}


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of a form file: no key that is not known."""


class Column(_Part, frozen=True, kw_only=True):
    """A column; `applicant_kind` where it holds the requests of one kind of applicant."""

    key: str = ""
    zh: str
    en: str
    unit: Unit | None = None
    applicant_kind: str | None = None


class FormRow(_Part, frozen=True, kw_only=True):
    """A row. One without a unit, in a table whose columns have none, is a heading. `level`: how far it is set in."""

    key: str = ""
    zh: str
    en: str
    unit: Unit | None = None
    level: int = 0


class Label(_Part, frozen=True, kw_only=True):
    """Words of a printed form."""

    zh: str
    en: str


class FormTable(_Part, frozen=True, kw_only=True):
    """A table; where rows and columns do not cross, `absent` lists the keys of cells that the form does not have.

    How it is printed: under the heading of which `section` it begins, what stands over the labels of its rows (`corner`)
    and over all its columns (`over`), and whether its rows stand side by side (`across`). A `·` in a label parts what is
    printed over several labels from what is printed under it.
    """

    key: str
    prefix: str = ""
    zh: str
    en: str
    columns: list[Column]
    rows: list[FormRow]
    absent: list[str] = []
    section: Label | None = None
    corner: Label | None = None
    over: Label | None = None
    across: bool = False


class Declaration(_Part, frozen=True, kw_only=True):
    """A cell that is declared: the sum of what is declared for these, this year's, last year's or the difference."""

    cells: list[DeclaredCell]
    of: Literal["this-year", "last-year", "change"] = "this-year"


class Reason(_Part, frozen=True, kw_only=True):
    """Why no entry tells a cell."""

    zh: str
    en: str


class Identity(_Part, frozen=True, kw_only=True):
    """What must hold between cells: the sum of the left terms stands in the relation to that of the right ones."""

    id: str
    severity: Severity
    zh: str
    en: str
    left: list[str]
    relation: Relation = "="
    right: list[str] = []
    each: tuple[str, ...] = ("",)
    # Only in reports of these years, and of agencies of these levels.
    first_year: int | None = None
    levels: list[AgencyLevel] | None = None


class Crossing(_Part, frozen=True, kw_only=True):
    """Where an outcome, or an ending without a reply, stands in a form: its rows."""

    outcome: str
    rows: list[str]


class Form(_Part, frozen=True, kw_only=True):
    """One statutory form."""

    form: FormName
    zh: str
    en: str
    basis: str
    first_year: int
    last_year: int
    tables: list[FormTable]
    declared: dict[str, Declaration] = {}
    counted: dict[str, str] = {}
    untold: dict[str, Reason] = {}
    identities: list[Identity] = []
    crosswalk: list[Crossing] = []


class AddedRow(_Part, frozen=True, kw_only=True):
    """A row that an overlay puts after another one."""

    table: str
    after: str
    row: FormRow


class Overlay(_Part, frozen=True, kw_only=True):
    """What a region adds to a form; `region` is the beginning of the codes of its agencies' regions."""

    form: FormName
    region: str
    zh: str
    en: str
    rows: list[AddedRow]
    declared: dict[str, Declaration] = {}
    counted: dict[str, str] = {}
    untold: dict[str, Reason] = {}


class Place(NamedTuple):
    """Where a cell stands."""

    key: str
    table: FormTable
    row: FormRow
    column: Column
    unit: Unit

    def labels(self) -> tuple[str, str]:
        """What the cell is called, in Chinese and in English: its row, and its column where there is more than one."""
        if not self.column.key:
            return self.row.zh, self.row.en
        return f"{self.row.zh} · {self.column.zh}", f"{self.row.en} · {self.column.en}"


def _folder() -> Traversable:
    return resources.files("archive.reports") / "forms"


def _decoded(file: Traversable, kind: Any) -> Any:  # noqa: ANN401 - Any: the struct that the file is
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), kind)


@cache
def forms() -> dict[str, Form]:
    """Every form by its name, earliest first. An unknown key in a file is `msgspec.ValidationError`."""
    files = sorted((one for one in _folder().iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return {form.form: form for form in (_decoded(file, Form) for file in files)}


@cache
def overlays() -> tuple[Overlay, ...]:
    """Every overlay."""
    files = sorted((_folder() / "overlays").iterdir(), key=lambda one: one.name)
    return tuple(_decoded(file, Overlay) for file in files if file.name.endswith(".toml"))


def form_of(name: str, *, year: int, region: str = "") -> Form:
    """The form for a year, with what the region adds. `Refused` RPF-001 where it was not valid."""
    form = forms()[name]
    if not form.first_year <= year <= form.last_year:
        raise Refused("RPF-001", form=name, first=form.first_year, last=form.last_year, year=year)
    for overlay in overlays():
        if overlay.form == name and region.startswith(overlay.region):
            form = laid_over(form, overlay)
    return form


def form_of_year(year: int) -> FormName | None:
    """The form of a year; None where no report was asked for in a form."""
    return next((form.form for form in forms().values() if form.first_year <= year <= form.last_year), None)


def form_for(year: int) -> FormName:
    """The form that is for a year. `Refused` RPF-018 where none is: the years before had no statistics."""
    found = form_of_year(year)
    if found is None:
        raise Refused("RPF-018", year=year, first=min(form.first_year for form in forms().values()))
    return found


@cache
def widest(name: FormName) -> Form:
    """The form with what any region adds: every cell that a report may have."""
    form = forms()[name]
    for overlay in overlays():
        if overlay.form == name:
            form = laid_over(form, overlay)
    return form


def laid_over(form: Form, overlay: Overlay) -> Form:
    """The form with the rows of an overlay."""
    tables = {table.key: table for table in form.tables}
    for added in overlay.rows:
        table = tables[added.table]
        at = next(number for number, row in enumerate(table.rows, start=1) if row.key == added.after)
        tables[added.table] = replace(table, rows=[*table.rows[:at], added.row, *table.rows[at:]])
    return replace(
        form,
        tables=list(tables.values()),
        declared=form.declared | overlay.declared,
        counted=form.counted | overlay.counted,
        untold=form.untold | overlay.untold,
    )


def places(form: Form) -> dict[str, Place]:
    """Every cell of the form by its key, in the order of the form."""
    found = {}
    for table in form.tables:
        for row in table.rows:
            for column in table.columns:
                place = _place(table, row, column)
                if place is not None:
                    found[place.key] = place
    return found


def _place(table: FormTable, row: FormRow, column: Column) -> Place | None:
    unit = column.unit or row.unit
    key = ".".join(part for part in (table.prefix, row.key, column.key) if part)
    return None if unit is None or key in table.absent else Place(key, table, row, column, unit)


def cell_at(table: FormTable, row: FormRow, column: Column) -> str | None:
    """The key of the cell where a row and a column cross; None where there is none."""
    place = _place(table, row, column)
    return None if place is None else place.key


def measure_of(form: Form, place: Place) -> str | None:
    """The measure that counts a cell; None where it is declared or not told."""
    if place.key in form.declared or place.key in form.untold:
        return None
    whole = place.key.removesuffix(f".{place.column.key}") if _by_applicant(place.table) else place.key
    return form.counted.get(whole, whole)


def _by_applicant(table: FormTable) -> bool:
    return any(column.applicant_kind is not None for column in table.columns)
