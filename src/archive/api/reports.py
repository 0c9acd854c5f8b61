"""The yearly report in a statutory form: tables, identities, and the entries behind every cell.

Rules
- A number is that of the form, exact, in the unit of its cell; null where the form has no such cell, or nothing tells it,
  and the state of the cell says which.
- The entries behind the cells of a report are read together: one statement for the cells of all applicants, one for those
  of each kind, for each agency of the report; one and one where the report is of the whole archive.
- Who asks for a district pays for each of its agencies, before anything of them is read.
"""

from __future__ import annotations

from decimal import Decimal as Exact
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final, Self, cast

import strawberry

from archive.api.agencies import Agency, agency_of
from archive.api.entries import EntryConnection, Page, rows_at, start_of
from archive.api.fields import field, value
from archive.api.pages import AFTER, DEFAULT_SIZE, FIRST, Key, given, list_digest, window
from archive.api.reads import At
from archive.api.scalars import MAX_POSITION, Date, Decimal, Position
from archive.projections import tallies
from archive.projections.filings import filings
from archive.projections.measures import MEASURES
from archive.projections.runner import Reading
from archive.reports import build
from archive.reports.form import SCALES, form_for, measure_of, places, widest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archive.projections.filings import Step
    from archive.projections.measures import Dimension
    from archive.reports.checks import Check
    from archive.reports.form import FormName, Place
    from archive.storage.contract import Row

# What a stranger pays for one agency of a district, in objects: its figures are read by statements of their own.
_PRICE_OF_AN_AGENCY: Final = 20


@strawberry.enum(description="A statutory form (报告格式), by the year in which it was issued.")
class ReportForm(Enum):
    """Forms."""

    FORM_2014 = value(
        "2014", description="The statistics of 国办发〔2014〕32号 (2014年格式), for the years 2014 to 2018."
    )
    FORM_2019 = value(
        "2019", description="The form of 国办公开办函〔2019〕60号 (2019年格式), for the years 2019 and 2020."
    )
    FORM_2021 = value("2021", description="The form of 国办公开办函〔2021〕30号 (2021年格式), for the years from 2021.")


@strawberry.enum(description="How a cell has its number, or why it has none (单元格状态).")
class ReportCellState(Enum):
    """States of cells."""

    COUNTED = value("counted", description="Counted from entries (统计); 0 is a number.")
    DECLARED = value("declared", description="Declared, with its evidence (申报).")
    PARTLY_DECLARED = value(
        "partly-declared",
        description="Some agencies of the district declared nothing; the sum of the others (部分申报).",
    )
    NOT_DECLARED = value("not-declared", description="Nobody declared it (未申报): no number.")
    DECLARED_TWICE = value("declared-twice", description="Several declarations stand (重复申报): no one number.")
    UNTOLD = value("untold", description="No entry tells it (无法统计): no number.")
    NO_CELL = value("no-cell", description="The form has no such cell (无此单元格): no number.")


@strawberry.enum(description="Whether an identity is a duty or a hint (核对级别).")
class CheckSeverity(Enum):
    """Severities."""

    ERROR = value("error", description="What breaks it is an error (错误).")
    WARNING = value("warning", description="What breaks it may have its reason (提示).")


@strawberry.enum(description="What became of a check (核对结果).")
class CheckState(Enum):
    """Outcomes of checks."""

    HOLDS = value("holds", description="It holds (成立).")
    BROKEN = value("broken", description="It is broken (不成立).")
    OPEN = value("open", description="A number is missing, so that it cannot be checked (缺数).")


@strawberry.type(description="One cell of a report (单元格).")
class ReportCell:
    """One cell, and the entries behind it."""

    behind: strawberry.Private[Behind]
    cell: strawberry.Private[build.Cell | None]
    key: str = strawberry.field(description="The key of the cell (单元格代码), such as requests.received.")
    value: Decimal | None = strawberry.field(
        description=(
            "The number (数值) in its unit. null is not 0: null means that the form has no such cell, or that nothing tells "
            "its number; `state` says which."
        )
    )
    unit: str | None = strawberry.field(description="The unit (计量单位), in Chinese; null where there is no cell.")
    state: ReportCellState = strawberry.field(description="How it has its number, or why it has none (状态).")

    @field(
        description=(
            "The entries that make up the number (构成数字的记录), counted or declared. A cursor goes on after the same "
            "entry in every cell of this report."
        )
    )
    def entries(
        self, first: Annotated[int | None, FIRST] = DEFAULT_SIZE, after: Annotated[str | None, AFTER] = strawberry.UNSET
    ) -> EntryConnection:
        """The entries of one cell; read together for all cells of the report."""
        return self.behind.entries(self.cell, first=first, after=given(after))


@strawberry.type(description="A row of a table (行).")
class ReportRow:
    """One row."""

    key: str = strawberry.field(description="The key of the row (行代码); empty in a heading.")
    label: str = strawberry.field(description="The words of the form (行标题), in Chinese.")
    depth: int = strawberry.field(description="How far it is set in (缩进层级), from 0.")
    cells: list[ReportCell] = strawberry.field(description="A cell for each column (单元格), in their order.")


@strawberry.type(description="A column of a table (列).")
class ReportHeading:
    """One column."""

    key: str = strawberry.field(description="The key of the column (列代码); empty where it is the only one.")
    label: str = strawberry.field(description="The words of the form (列标题), in Chinese.")
    unit: str | None = strawberry.field(
        description="The unit of all its cells (计量单位), in Chinese; null where they have several."
    )


@strawberry.type(description="A table of the form (表).")
class ReportTable:
    """One table."""

    key: str = strawberry.field(description="The key of the table (表代码).")
    title: str = strawberry.field(description="The title of the table (表名), in Chinese.")
    columns: list[ReportHeading] = strawberry.field(description="The columns (列), in the order of the form.")
    rows: list[ReportRow] = strawberry.field(description="The rows (行), in the order of the form.")


@strawberry.type(description="An identity of the form (勾稽关系), checked.")
class ReportCheck:
    """One check."""

    id: str = strawberry.field(
        description="The number of the identity (编号), such as I-A1; several checks may share it."
    )
    rule: str = strawberry.field(
        description="The terms (关系式): keys of cells, `@-1` for the year before, `#MONTH` for the sum of the months."
    )
    holds: bool = strawberry.field(description="Whether it was checked and holds (是否成立).")
    state: CheckState = strawberry.field(description="Whether it holds, is broken or lacks a number (核对结果).")
    severity: CheckSeverity = strawberry.field(description="Whether it is a duty or a hint (核对级别).")
    left: Decimal | None = strawberry.field(description="The left side (左边); null where a number is missing.")
    right: Decimal | None = strawberry.field(description="The right side (右边); null where a number is missing.")
    message: str = strawberry.field(description="The identity as a sentence (说明), in Chinese.")

    @classmethod
    def of(cls, check: Check, units: dict[str, int]) -> Self:
        """The check, its sides in the unit of its cells. `units`: the scale of each cell."""
        scale = units.get(check.left_terms[0].removeprefix("-").removesuffix("@-1").partition("#")[0], 1)
        relation = "=" if check.relation == "=" else "≤"
        return cls(
            id=check.id,
            rule=f"{_sum_of(check.left_terms)} {relation} {_sum_of(check.right_terms)}",
            holds=check.state == "holds",
            state=CheckState(check.state),
            severity=CheckSeverity(check.severity),
            left=_in_unit(check.left, scale),
            right=_in_unit(check.right, scale),
            message=check.zh,
        )


@strawberry.type
class _Made:
    """What a report of one agency and one of a district share."""

    behind: strawberry.Private[Behind]
    made: strawberry.Private[build.Report]
    year: int = strawberry.field(description="The year reported on (报告年度).")
    form: ReportForm = strawberry.field(description="The form (报告格式).")
    position: Position = strawberry.field(description="The position (位置) that it was counted at.")

    @field(description="The tables (表), in the order of the form.")
    def tables(self) -> list[ReportTable]:
        """Tables."""
        return [
            ReportTable(
                key=table.key,
                title=table.zh,
                columns=[_heading(table, number) for number in range(len(table.columns))],
                rows=[
                    ReportRow(
                        key=row.key,
                        label=row.zh,
                        depth=row.level,
                        cells=[
                            _cell(cell, self.behind, key=".".join(filter(None, (table.key, row.key, column.key))))
                            for column, cell in zip(table.columns, row.cells, strict=True)
                        ],
                    )
                    for row in table.rows
                ],
            )
            for table in self.made.tables
        ]

    @field(description="The identities of the form (勾稽关系), checked.")
    def checks(self) -> list[ReportCheck]:
        """Checks."""
        scales = {cell.key: SCALES.get(cell.unit, 1) for cell in self.made.cells()}
        return [ReportCheck.of(check, scales) for check in self.made.checks]


@strawberry.type(
    description="The yearly report of an agency (政府信息公开年度报告) in a statutory form, as of the position."
)
class Report(_Made):
    """One report."""

    asked: strawberry.Private[At]
    owner: strawberry.Private[str]

    @field(description="The agency (行政机关) whose report it is.")
    def agency(self) -> Agency:
        """The agency."""
        return agency_of(self.behind.at, self.owner)

    @field(
        description=(
            "The day on which it was filed (报送日期), or corrected last, as far as known at the position that was asked for; "
            "null where it was not."
        )
    )
    def filed_on(self) -> Date | None:
        """A day."""
        found = _newest_filed(self.asked, agency=self.owner, year=self.year, form=self.made.form)
        return None if found is None else Date(found.day)


@strawberry.type(
    description="The yearly report of all agencies of a district (汇总报告): each cell is the sum of its agencies'."
)
class DistrictReport(_Made):
    """One report of several agencies."""

    region: str = strawberry.field(
        description="The code of the district (行政区划代码), or its beginning; empty for all agencies."
    )

    @field(description="The agencies (行政机关) whose figures are in it.")
    def agencies(self) -> list[Agency]:
        """Agencies."""
        return [agency_of(self.behind.at, one.agency) for one in self.made.agencies]

    @field(description="The agencies of the district of which nothing was counted or declared (缺报机关).")
    def missing(self) -> list[Agency]:
        """Agencies."""
        return [agency_of(self.behind.at, one.agency) for one in self.made.missing]


def report_of(at: At, *, agency: str, year: int, form: ReportForm | None, filed: bool) -> Report | None:
    """The report of an agency, or `Refused`; as it was filed, if that is asked for, and None where it was not."""
    name = form_for(year) if form is None else form.value
    counted_at, numbers = at, None
    if filed:
        found = _newest_filed(at, agency=agency, year=year, form=name)
        if found is None or found.counted_at is None:
            return None
        counted_at, numbers = at.reads.at(found.counted_at), found.cells
    made = made_at(counted_at, agency=agency, region="", year=year, form=name)
    if numbers is not None:
        made = build.with_numbers(made, numbers)
    return Report(
        asked=at,
        owner=made.agencies[0].agency,
        behind=Behind(counted_at, made),
        made=made,
        year=year,
        form=ReportForm(made.form),
        position=Position(made.position),
    )


def _newest_filed(at: At, *, agency: str, year: int, form: str) -> Step | None:
    """The newest version that was filed, as far as known at a position."""
    found = filings(at.db, as_of=at.position, agencies=[agency], years=[year])
    versions = [step for one in found if one.form == form for step in one.versions()]
    return max(versions, key=lambda step: step.position, default=None)


def district_of(at: At, *, region: str, year: int, form: ReportForm | None) -> DistrictReport:
    """The report of a district, or `Refused`."""
    made = made_at(at, agency=None, region=region, year=year, form=None if form is None else form.value)
    at.expect_agencies(one.agency for one in (*made.agencies, *made.missing))
    return DistrictReport(
        behind=Behind(at, made),
        made=made,
        region=region,
        year=year,
        form=ReportForm(made.form),
        position=Position(made.position),
    )


def made_at(at: At, *, agency: str | None, region: str, year: int, form: str | None) -> build.Report:
    """The report, paid for as the answer of a stranger; the form of the year unless one is named."""
    name = form_for(year) if form is None else cast("FormName", form)
    if agency is None:
        beginning = build.beginning(region)
        at.reads.spend(_PRICE_OF_AN_AGENCY * sum(one.region.startswith(beginning) for one in at.agencies()))
    made = build.report(
        Reading(at.db, at.reads.head), form=name, year=year, as_of=at.position, agency=agency, region=region
    )
    at.reads.spend(sum(1 for _ in made.cells()))
    return made


class Behind:
    """The entries behind the cells of one report, each page of them read once for all cells."""

    def __init__(self, at: At, report: build.Report) -> None:
        self.at = at
        self._report = report
        self._positions: dict[tuple[int, int, int], dict[str, list[int]]] = {}
        self._rows: dict[tuple[int, int, int], dict[int, Row]] = {}

    def entries(self, cell: build.Cell | None, *, first: int | None, after: str | None) -> EntryConnection:
        """A page of the entries behind a cell."""
        report = self._report
        agencies = [one.agency for one in (*report.agencies, *report.missing)]
        page = window(self.at, of=list_digest("report", report.form, report.year, agencies), first=first, after=after)
        start = start_of(page)
        key = "" if cell is None else cell.key
        positions = self._opened(page.at, start, page.size).get(key, [])
        rows = self._rows[page.at.position, start, page.size]
        return EntryConnection(
            page=Page(
                [rows[position] for position in positions[: page.size]],
                page.at,
                has_next=len(positions) > page.size,
                has_previous=lambda: start > 0 and self._first(page.at, key) <= start,
                total=lambda: self._total(page.at, cell),
                cursor=lambda position: page.cursor(Key(position, "")),
            )
        )

    def _first(self, at: At, key: str) -> int:
        """The first of the entries behind a cell; above every position where there is none."""
        return next(iter(self._opened(at, 0, 1).get(key, [])), MAX_POSITION + 1)

    def _total(self, at: At, cell: build.Cell | None) -> int:
        """How many entries are behind a cell: as many as it says, or fewer that each count for several."""
        if cell is None:
            return 0
        counted = self._counted.get(cell.key)
        if counted is None:
            return len(self._declared(at).get(cell.key, ()))
        if at.position == self.at.position and not MEASURES[counted[1].measure].weighted:
            return cell.value or 0
        return len(self._read(at, {cell.key: counted}, first=None, after=0)[cell.key])

    @cached_property
    def _counted(self) -> dict[str, tuple[tuple[Dimension, ...], tallies.Cell]]:
        """What counts each counted cell: the dimensions, and the number among counts by them."""
        form = widest(self._report.form)
        found = {}
        for key, place in places(form).items():
            measure = measure_of(form, place)
            if measure is not None:
                found[key] = _counting(place, self._report.year, measure)
        return {cell.key: found[cell.key] for cell in self._report.cells() if cell.key in found}

    @cached_property
    def _whole(self) -> bool:
        """Whether no agency of the archive is left out."""
        of = {one.agency for one in (*self._report.agencies, *self._report.missing)}
        return of == {one.id for one in self.at.agencies()}

    def _opened(self, at: At, after: int, size: int) -> dict[str, list[int]]:
        """The positions behind every cell, one more of each than is shown, and the rows that are shown."""
        page = at.position, after, size
        if page not in self._positions:
            # At the position of the report itself, there is nothing behind a 0.
            shown = {cell.key for cell in self._report.cells() if cell.value or at is not self.at}
            counted = {key: one for key, one in self._counted.items() if key in shown}
            found = self._read(at, counted, first=size + 1, after=after)
            for key, positions in self._declared(at).items():
                found[key] = [position for position in positions if position > after][: size + 1]
            together = [position for positions in found.values() for position in positions[:size]]
            at.reads.spend(len(together))
            self._rows[page] = {row.position: row for row in rows_at(at, together)}
            self._positions[page] = found
        return self._positions[page]

    def _read(
        self,
        at: At,
        counted: dict[str, tuple[tuple[Dimension, ...], tallies.Cell]],
        *,
        first: int | None,
        after: int,
    ) -> dict[str, list[int]]:
        agencies = [None] if self._whole else [one.agency for one in self._report.agencies]
        found: dict[str, list[int]] = {key: [] for key in counted}
        for by in {by for by, _ in counted.values()}:
            keys = {key: cell for key, (one, cell) in counted.items() if one == by}
            for agency in agencies:
                behind = tallies.positions(
                    at.db,
                    as_of=at.position,
                    cells=set(keys.values()),
                    agency=agency,
                    by=by,
                    first=first,
                    after=after,
                )
                for key, cell in keys.items():
                    found[key] += behind[cell]
        return {key: sorted(positions)[:first] for key, positions in found.items()}

    def _declared(self, at: At) -> dict[str, list[int]]:
        """The entries that declare each declared cell, up to a position."""
        return {
            cell.key: sorted({one.position for one in cell.declarations if one.position <= at.position})
            for cell in self._report.cells()
            if cell.declarations
        }


def _counting(place: Place, year: int, measure: str) -> tuple[tuple[Dimension, ...], tallies.Cell]:
    kind = place.column.applicant_kind
    if kind is None:
        return (), tallies.Cell(year, measure)
    return ("APPLICANT_KIND",), tallies.Cell(year, measure, (kind,))


def _cell(cell: build.Cell | None, behind: Behind, *, key: str) -> ReportCell:
    if cell is None:
        return ReportCell(behind=behind, cell=None, key=key, value=None, unit=None, state=ReportCellState.NO_CELL)
    return ReportCell(
        behind=behind,
        cell=cell,
        key=cell.key,
        value=None if cell.text is None else Decimal(cell.text),
        unit=cell.unit,
        state=ReportCellState(cell.state),
    )


def _heading(table: build.Table, number: int) -> ReportHeading:
    column = table.columns[number]
    cells = [row.cells[number] for row in table.rows]
    units = {cell.unit for cell in cells if cell is not None}
    return ReportHeading(key=column.key, label=column.zh, unit=units.pop() if len(units) == 1 else None)


def _sum_of(terms: Sequence[str]) -> str:
    """Terms as they are written in a sum."""
    return " ".join(_signs(terms)) or "0"


def _signs(terms: Iterable[str]) -> Iterable[str]:
    for number, term in enumerate(terms):
        if term.startswith("-"):
            yield f"- {term[1:]}"
        else:
            yield f"+ {term}" if number else term


def _in_unit(number: int | None, scale: int) -> Decimal | None:
    if number is None:
        return None
    return Decimal(str(number) if scale == 1 else f"{Exact(number) / scale:f}")
