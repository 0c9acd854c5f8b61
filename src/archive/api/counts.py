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
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import strawberry

from archive.api.agencies import ERASED
from archive.api.entries import EntryConnection
from archive.api.pages import AFTER, DEFAULT_SIZE, FIRST, given, list_digest, must_be_short, window
from archive.domain.errors import Refused
from archive.projections import catalogue, tallies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archive.api.reads import At
    from archive.projections.catalogue import AgencyRow, Scheme

MAX_YEARS: Final = 50

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


@strawberry.enum(description="What counts can be divided by (统计维度).")
class CountDimension(Enum):
    """Dimensions of counts."""

    MONTH = strawberry.enum_value("MONTH", description="The month in which it happened (月份): 1 to 12.")
    CHANNEL = strawberry.enum_value("CHANNEL", description="The channel on which it was published (渠道).")
    CATEGORY = strawberry.enum_value("CATEGORY", description="The category in one scheme (类别).")
    SECTION = strawberry.enum_value("SECTION", description="The section that made it (股室).")
    AGENCY = strawberry.enum_value("AGENCY", description="The agency that answers for it (行政机关).")
    THEME = strawberry.enum_value("THEME", description="The category in the scheme `theme` (主题分类).")
    GENRE = strawberry.enum_value("GENRE", description="The category in the scheme `genre` (体裁分类).")
    APPLICANT_KIND = strawberry.enum_value("APPLICANT_KIND", description="Who asked, by kind (申请人类型).")
    OUTCOME = strawberry.enum_value("OUTCOME", description="What the reply to a request was (答复结果).")


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

    @strawberry.field(
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


class Asked(NamedTuple):
    """What is to be counted. Lists hold nothing twice."""

    years: tuple[int, ...]
    agency: str | None
    measures: tuple[str, ...]
    by: tuple[CountDimension, ...]
    scheme: str | None


class Cell(NamedTuple):
    """One number, and the codes and names of what it counts."""

    year: int
    measure: str
    value: int
    dimensions: tuple[tuple[CountDimension, str, str], ...]
