"""Counts: how many, by year and by what a reader divides them by, with the entries behind every number.

Rules
- A dimension whose values are known beforehand is complete: the twelve months, the categories of a scheme, the channels,
  the agencies; what counts nothing there is 0. Of every other dimension only what occurs is shown.
- A measure that lacks a dimension is not divided by it; one that counts nothing is a row with value 0.
- Rows stand in the order of the years and measures asked for, then of each dimension: the calendar, the scheme, the
  order in which channels and agencies were registered, the statistical form.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, assert_never, cast

import strawberry

from archive.api.entries import EntryConnection, Page, rows_at, start_of
from archive.api.fields import field, value
from archive.api.labels import agency_names, category_names, channel_names, scheme_meant, section_names
from archive.api.pages import AFTER, DEFAULT_SIZE, FIRST, Key, given, list_digest, must_be_short, window
from archive.api.reads import At
from archive.api.scalars import MAX_POSITION
from archive.domain.errors import Refused
from archive.projections import tallies
from archive.projections.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.projections.agencies import AgencyRow
    from archive.projections.measures import Dimension
    from archive.storage.contract import Row

MAX_YEARS: Final = 50
# GraphQL's Int; only sums of money come near it.
_MAX_VALUE: Final = 2**31 - 1
_NOT_GIVEN: Final = "未注明"

# Words of the statistical form of 2021 (国办公开办函〔2021〕30号) and, where it has none, of the form of 2014.
_APPLICANTS: Final = {
    "natural-person": "自然人",
    "commercial-enterprise": "商业企业",
    "research-institution": "科研机构",
    "public-welfare-organization": "社会公益组织",
    "legal-service-institution": "法律服务机构",
    "other-organization": "其他法人或组织",
}
_OUTCOMES: Final = {
    "already-public": "已主动公开",
    "granted": "予以公开",
    "severed": "部分公开",
    "state-secret": "属于国家秘密",
    "law-forbids": "其他法律行政法规禁止公开",
    "three-securities": "危及“三安全一稳定”",
    "trade-secret": "涉及商业秘密",
    "personal-privacy": "涉及个人隐私",
    "internal-affairs": "属于三类内部事务信息",
    "process-info": "属于四类过程性信息",
    "enforcement-file": "属于行政执法案卷",
    "statutory-inquiry": "属于行政查询事项",
    "not-exist": "政府信息不存在",
    "not-this-agency": "不属于本行政机关公开",
    "needs-creation": "没有现成信息需要另行制作",
    "unclear-after-correction": "补正后申请内容仍不明确",
    "petition": "信访举报投诉类申请",
    "repeat": "重复申请",
    "publication": "要求提供公开出版物",
    "mass": "无正当理由大量反复申请",
    "reconfirm": "要求行政机关确认或重新出具已获取信息",
    "other": "其他处理",
}
# What ended without a reply.
_ENDINGS: Final = {
    "correction-lapsed": "逾期不补正",
    "fee-lapsed": "逾期未缴纳费用",
    "withdrawn": "申请人撤回",
}


@strawberry.enum(description="What counts can be divided by (统计维度).")
class CountDimension(Enum):
    """Dimensions of counts."""

    MONTH = value("MONTH", description="The month in which it happened (月份): 01 to 12.")
    CHANNEL = value("CHANNEL", description="The channel on which it was published (渠道).")
    CATEGORY = value("CATEGORY", description="The category in one scheme (类别).")
    SECTION = value("SECTION", description="The section that made it (股室).")
    AGENCY = value("AGENCY", description="The agency that answers for it (行政机关).")
    THEME = value("THEME", description="The category in the scheme `theme` (主题分类).")
    GENRE = value("GENRE", description="The category in the scheme `genre` (体裁分类).")
    APPLICANT_KIND = value("APPLICANT_KIND", description="Who asked, by kind (申请人类型).")
    OUTCOME = value("OUTCOME", description="What the reply to a request was (答复结果).")


# The dimensions of which every value is shown, and those whose values are named in an agency's lists.
_COMPLETE: Final = frozenset(
    {CountDimension.MONTH, CountDimension.CHANNEL, CountDimension.CATEGORY, CountDimension.AGENCY}
)
_NAMED_BY_AGENCIES: Final = frozenset(CountDimension) - {
    CountDimension.MONTH,
    CountDimension.APPLICANT_KIND,
    CountDimension.OUTCOME,
}


@strawberry.type(description="One value of one dimension (维度取值).")
class DimensionValue:
    """A code and its name."""

    dimension: CountDimension = strawberry.field(description="What the count is divided by (统计维度).")
    code: str = strawberry.field(description="The code of the value (代码), such as a month, a channel or a category.")
    label: str = strawberry.field(description="The name of the value (名称), in Chinese.")


@strawberry.type(description="One number (一项统计) of one year.")
class Count:
    """One count, and the entries behind it."""

    counting: strawberry.Private[Counting]
    cell: strawberry.Private[Cell]
    year: int = strawberry.field(description="The year in which it happened (年份).")
    measure: str = strawberry.field(
        description="The key of the statutory cell (指标代码), such as proactive.items_total or requests.received."
    )
    label: str = strawberry.field(description="The name of the statutory cell (指标名称), in Chinese.")
    unit: str = strawberry.field(description="What is counted (计量单位), in Chinese.")
    value: int = strawberry.field(description="How many (数值).")
    dimensions: list[DimensionValue] = strawberry.field(
        description="What this row counts of each dimension (维度取值), in the order they were asked for."
    )

    @field(
        description=(
            "The entries that make up the value (构成数字的记录): every number can be opened. A cursor goes on after the "
            "same entry in every row of these counts."
        )
    )
    def entries(
        self, first: Annotated[int | None, FIRST] = DEFAULT_SIZE, after: Annotated[str | None, AFTER] = strawberry.UNSET
    ) -> EntryConnection:
        """The entries of one cell; read together for all cells of an answer."""
        return self.counting.entries(self.cell, first=first, after=given(after))


def counts_of(  # noqa: PLR0913 - the arguments of the field
    at: At,
    *,
    years: Sequence[int],
    agency: str | None,
    measures: Sequence[str] | None,
    by: Sequence[CountDimension],
    scheme: str | None,
) -> list[Count]:
    """The counts that these arguments ask for, or `Refused`."""
    counting = Counting(at, asked_for(at, years=years, agency=agency, measures=measures, by=by, scheme=scheme))
    return [
        Count(
            counting=counting,
            cell=cell,
            year=cell.year,
            measure=cell.measure,
            label=MEASURES[cell.measure].label_zh,
            unit=MEASURES[cell.measure].unit,
            value=cell.value,
            dimensions=[
                DimensionValue(dimension=dimension, code=code, label=counting.name(dimension, code))
                for dimension, code in cell.shown
            ],
        )
        for cell in counting.cells()
    ]


class Asked(NamedTuple):
    """What is to be counted, checked: no list holds anything twice, and CATEGORY has its scheme."""

    years: tuple[int, ...]
    agency: str | None
    measures: tuple[str, ...]
    by: tuple[CountDimension, ...]
    scheme: str | None
    agencies: tuple[AgencyRow, ...]


class Cell(NamedTuple):
    """One number: its code in each dimension asked for, and those of them that its measure has."""

    year: int
    measure: str
    codes: tuple[str, ...]
    shown: tuple[tuple[CountDimension, str], ...]
    value: int


def asked_for(  # noqa: PLR0913 - the arguments of the field
    at: At,
    *,
    years: Sequence[int],
    agency: str | None = None,
    measures: Sequence[str] | None = None,
    by: Sequence[CountDimension] = (),
    scheme: str | None = None,
) -> Asked:
    """What these arguments ask for, or `Refused`."""
    if not 1 <= len(years) <= MAX_YEARS:
        raise Refused("API-005", field="years", limit=MAX_YEARS)
    must_be_short(measures, field="measures")
    must_be_short(by, field="by")
    if measures is not None and not MEASURES.keys() >= set(measures):
        raise Refused("API-006", field="measures", known=", ".join(MEASURES))
    agencies = _agencies(at, agency, by)
    if CountDimension.CATEGORY in by:
        scheme = at.named.derived(
            ("scheme", agency, scheme), partial(scheme_meant, agencies, scheme, position=at.position)
        )
    return Asked(
        years=tuple(dict.fromkeys(years)),
        agency=agency,
        measures=tuple(dict.fromkeys(MEASURES if measures is None else measures)),
        by=tuple(dict.fromkeys(by)),
        scheme=scheme,
        agencies=agencies,
    )


class Counting:
    """Counts of one field of an answer: the numbers, and the entries behind all of them, each read once."""

    def __init__(self, at: At, asked: Asked) -> None:
        self.at = at
        self._asked = asked
        self._by = [cast("Dimension", one.value) for one in asked.by]
        self._names = {
            one: at.named.derived((one.name, asked.agency, asked.scheme), partial(_names, one, asked))
            for one in asked.by
        }
        self._order = {
            dimension: {code: number for number, code in enumerate(names)} for dimension, names in self._names.items()
        }
        self._values: dict[int, dict[tallies.Cell, int]] = {}
        self._divided: dict[tuple[int, str], dict[tuple[str, ...], int]] = {}
        self._positions: dict[tuple[int, int, int], dict[tallies.Cell, list[int]]] = {}
        self._rows: dict[tuple[int, int, int], dict[int, Row]] = {}

    def cells(self) -> list[Cell]:
        """Every number, in the order of the rules above."""
        for (year, measure, codes), number in self._counted(self.at).items():
            self._divided.setdefault((year, measure), {})[codes] = number
        found: list[Cell] = []
        for year, measure in product(self._asked.years, self._asked.measures):
            found += self._cells(year, measure)
        return found

    def name(self, dimension: CountDimension, code: str) -> str:
        """The name of a code; its own text where it has none."""
        return _NOT_GIVEN if code == tallies.NONE else self._names[dimension].get(code, code)

    def entries(self, cell: Cell, *, first: int | None, after: str | None) -> EntryConnection:
        """A page of the entries that make up a number."""
        asked = self._asked
        digest = list_digest(
            "counts", asked.years, asked.agency, asked.measures, [one.value for one in asked.by], asked.scheme
        )
        page = window(self.at, of=digest, first=first, after=after)
        start = start_of(page)
        key = tallies.Cell(cell.year, cell.measure, cell.codes)
        positions = self._opened(page.at, start, page.size).get(key, [])
        rows = self._rows[page.at.position, start, page.size]
        return EntryConnection(
            page=Page(
                [rows[position] for position in positions[: page.size]],
                page.at,
                has_next=len(positions) > page.size,
                has_previous=lambda: start > 0 and self._first(page.at, key) <= start,
                total=lambda: self._entries(page.at, key),
                cursor=lambda position: page.cursor(Key(position, "")),
            )
        )

    def _cells(self, year: int, measure: str) -> list[Cell]:
        values = self._divided.get((year, measure), {})
        has = [dimension.value in MEASURES[measure].dimensions for dimension in self._asked.by]
        # The codes of each dimension: all there are where that is known, else those that occur together.
        choices: list[Sequence[str]] = []
        for number, dimension in enumerate(self._asked.by):
            occurring = {codes[number] for codes in values}
            known = list(self._names[dimension]) if dimension in _COMPLETE else []
            choices.append([*known, *occurring.difference(known)] if has[number] else [tallies.NONE])
        is_open = [has[number] and dimension not in _COMPLETE for number, dimension in enumerate(self._asked.by)]
        together = {tuple(code for code, one in zip(codes, is_open, strict=True) if one) for codes in values}
        if not together:
            # Nothing occurs: there is nothing to divide by these dimensions, and the measure is still a row.
            has = [one and not other for one, other in zip(has, is_open, strict=True)]
            choices = [[tallies.NONE] if one else codes for codes, one in zip(choices, is_open, strict=True)]
            together = {()}
            is_open = [False] * len(is_open)
        closed = [codes for codes, one in zip(choices, is_open, strict=True) if not one]
        self.at.reads.spend(len(together) * prod(len(codes) for codes in closed))
        cells = []
        for some, others in product(together, product(*closed)):
            first, second = iter(some), iter(others)
            codes = tuple(next(first) if one else next(second) for one in is_open)
            shown = tuple(
                (dimension, code) for dimension, code, one in zip(self._asked.by, codes, has, strict=True) if one
            )
            cells.append(Cell(year, measure, codes, shown, values.get(codes, 0)))
        return sorted(cells, key=lambda cell: [self._rank(*one) for one in cell.shown])

    def _rank(self, dimension: CountDimension, code: str) -> tuple[int, str]:
        # What nobody named comes after what has a name, and what has no value comes last.
        if code == tallies.NONE:
            return (len(self._names[dimension]) + 1, code)
        order = self._order[dimension]
        return (order.get(code, len(order)), code)

    def _first(self, at: At, key: tallies.Cell) -> int:
        """The first of the entries behind a number; above every position where there is none."""
        return next(iter(self._opened(at, 0, 1).get(key, [])), MAX_POSITION + 1)

    def _entries(self, at: At, key: tallies.Cell) -> int:
        """How many entries are behind a number: as many as it says, or fewer that each count for several."""
        value = self._counted(at).get(key, 0)
        if not value or not MEASURES[key.measure].weighted:
            return value
        asked = self._asked
        found = tallies.positions(
            at.reads.db_of_counts(asked.agency, asked.years),
            as_of=at.position,
            cells=[key],
            agency=asked.agency,
            by=self._by,
            scheme=asked.scheme,
        )
        return len(found[key])

    def _counted(self, at: At) -> dict[tallies.Cell, int]:
        if at.position not in self._values:
            asked = self._asked
            rows = tallies.counts(
                at.reads.db_of_counts(asked.agency, asked.years),
                as_of=at.position,
                years=asked.years,
                agency=asked.agency,
                measures=asked.measures,
                by=self._by,
                scheme=asked.scheme,
            )
            for row in rows:
                if row.value > _MAX_VALUE:
                    raise Refused("API-020", measure=row.measure, value=row.value)
            self._values[at.position] = {
                tallies.Cell(row.year, row.measure, tuple(code for _, code in row.dimensions)): row.value
                for row in rows
            }
        return self._values[at.position]

    def _opened(self, at: At, after: int, size: int) -> dict[tallies.Cell, list[int]]:
        """The positions behind every number of these counts, one more of each than is shown, and the rows that are shown."""
        page = at.position, after, size
        if page not in self._positions:
            asked = self._asked
            found = tallies.positions(
                at.reads.db_of_counts(asked.agency, asked.years),
                as_of=at.position,
                cells=[key for key, value in self._counted(at).items() if value],
                agency=asked.agency,
                by=self._by,
                scheme=asked.scheme,
                first=size + 1,
                after=after,
            )
            shown = [position for positions in found.values() for position in positions[:size]]
            at.reads.spend(len(shown))
            self._rows[page] = {row.position: row for row in rows_at(at, shown)}
            self._positions[page] = found
        return self._positions[page]


def _agencies(at: At, agency: str | None, by: Sequence[CountDimension]) -> tuple[AgencyRow, ...]:
    """The agencies whose lists name what is counted; none are read where nothing is named."""
    if agency is not None:
        row = at.agency(agency)
        if row is None:
            raise Refused("API-008", field="agency", position=at.position)
        return (row,)
    if _NAMED_BY_AGENCIES.isdisjoint(by):
        return ()
    return tuple(at.agencies())


def _names(dimension: CountDimension, asked: Asked) -> dict[str, str]:  # noqa: PLR0911 - one for each dimension
    """The names of a dimension's codes, in order."""
    match dimension:
        case CountDimension.MONTH:
            return {f"{month:02}": f"{month}月" for month in range(1, 13)}
        case CountDimension.APPLICANT_KIND:
            return _APPLICANTS
        case CountDimension.OUTCOME:
            return _OUTCOMES | _ENDINGS
        case CountDimension.AGENCY:
            return agency_names(asked.agencies)
        case CountDimension.CHANNEL:
            return channel_names(asked.agencies)
        case CountDimension.SECTION:
            return section_names(asked.agencies)
        case CountDimension.CATEGORY:
            return category_names(asked.agencies, asked.scheme)
        case CountDimension.THEME | CountDimension.GENRE:
            return category_names(asked.agencies, dimension.value.lower())
        case _:
            assert_never(dimension)
