"""Agencies, and the lists they keep: sections, channels, schemes of categories."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Self

import strawberry

from archive.api.fields import field, value
from archive.api.nodes import Node
from archive.api.pages import Key, PageInfo, Window, list_digest, window
from archive.api.reads import At
from archive.api.scalars import Date
from archive.domain.errors import Refused
from archive.projections import agencies
from archive.projections.agencies import AgencyRow

if TYPE_CHECKING:
    from collections.abc import Sequence

# A name that is erased, in a place that must show one.
ERASED: Final = "〔已删除〕"


@strawberry.enum(description="What sort of channel it is (渠道类型).")
class ChannelKind(Enum):
    """The kinds of the statistical form of 2014, table one."""

    GAZETTE = value("gazette", description="A government gazette (政府公报).")
    WEBSITE = value("website", description="A government web site (政府网站).")
    WEIBO = value("weibo", description="A microblog account (政务微博).")
    WECHAT = value("wechat", description="A WeChat account (政务微信).")
    OTHER = value("other", description="Any other channel (其他方式).")


@strawberry.type(description="A section of an agency (内设机构) that makes information.")
class Section:
    """One section."""

    id: strawberry.ID = strawberry.field(description="The section's code (股室代码), unique in its agency.")
    name: str = strawberry.field(description="The section's name (股室名称); 〔已删除〕 where the name was erased.")
    opened_on: Date | None = strawberry.field(description="The day from which the section works (设立日期).")
    closed_on: Date | None = strawberry.field(
        description="The day on which the section ceased to work (撤销日期); null while it works."
    )

    @classmethod
    def of(cls, row: agencies.Section) -> Self:
        """The section in a row."""
        return cls(
            id=strawberry.ID(row.id),
            name=row.name or ERASED,
            opened_on=_date(row.opened_on),
            closed_on=_date(row.closed_on),
        )


@strawberry.type(description="A channel (渠道) on which an agency publishes.")
class Channel:
    """One channel."""

    key: str = strawberry.field(description="The channel's code (渠道代码), unique in its agency.")
    name: str = strawberry.field(description="The channel's name (渠道名称); 〔已删除〕 where the name was erased.")
    kind: ChannelKind = strawberry.field(description="What sort of channel it is (渠道类型).")
    retired_on: Date | None = strawberry.field(
        description="The day from which nothing more is published on it (停用日期); null while it is in use."
    )

    @classmethod
    def of(cls, row: agencies.Channel) -> Self:
        """The channel in a row."""
        return cls(key=row.key, name=row.name or ERASED, kind=ChannelKind(row.kind), retired_on=_date(row.retired_on))


@strawberry.type(description="A category of a scheme (类别).")
class Category:
    """One category."""

    scheme: str = strawberry.field(description="The code of the scheme (分类方案代码) that the category belongs to.")
    code: str = strawberry.field(description="The category's code (类别代码), unique in its scheme.")
    name: str = strawberry.field(description="The category's name (类别名称); 〔已删除〕 where the name was erased.")
    retired_on: Date | None = strawberry.field(
        description=(
            "The day from which nothing more is sorted into it (停用日期); null while it is in use. What was stays there."
        )
    )

    @classmethod
    def of(cls, scheme: str, row: agencies.Category) -> Self:
        """The category in a row of this scheme."""
        return cls(scheme=scheme, code=row.code, name=row.name or ERASED, retired_on=_date(row.retired_on))


@strawberry.type(description="A list by which an agency sorts its items (分类方案).")
class CategoryScheme:
    """One scheme."""

    key: str = strawberry.field(description="The scheme's code (分类方案代码), unique in its agency.")
    name: str = strawberry.field(description="The scheme's name (分类方案名称); 〔已删除〕 where the name was erased.")
    categories: list[Category] = strawberry.field(description="The categories (类别), in the scheme's own order.")

    @classmethod
    def of(cls, row: agencies.Scheme) -> Self:
        """The scheme in a row."""
        categories = [Category.of(row.key, one) for one in row.categories]
        return cls(key=row.key, name=row.name or ERASED, categories=categories)


@strawberry.type(description="A name that an agency had (曾用名).")
class FormerName:
    """One former name."""

    name: str = strawberry.field(description="The name (名称); 〔已删除〕 where the name was erased.")
    until: Date = strawberry.field(description="The day from which the agency had another name (停用日期).")


@strawberry.type(description="A public body (行政机关) that keeps its records in this archive.")
class Agency(Node):
    """One agency."""

    row: strawberry.Private[AgencyRow]
    at: strawberry.Private[At]
    name: str = strawberry.field(description="The agency's name (机关名称); 〔已删除〕 where the name was erased.")
    code: str | None = strawberry.field(description="The unified social credit code (统一社会信用代码), GB 32100.")
    region: str | None = strawberry.field(
        description="The code of its administrative division (行政区划代码), GB/T 2260."
    )
    level: str | None = strawberry.field(
        description="Its level (行政层级): national, province, prefecture, county or township."
    )
    ended_on: Date | None = strawberry.field(
        description="The day from which there is no such agency (终止日期); null while there is."
    )

    @classmethod
    def of(cls, row: AgencyRow, at: At) -> Self:
        """The agency in a row."""
        return cls(
            id=row.id,  # type: ignore[arg-type] # calling the names of types is left out: many answers name an agency often
            row=row,
            at=at,
            ended_on=row.ended_on,  # type: ignore[arg-type] # see above
            name=row.name or ERASED,
            code=row.code,
            region=row.region,
            level=row.level,
        )

    @field(description="The agency's sections (内设机构), in the order they were entered.")
    def sections(self) -> list[Section]:
        """Sections."""
        return [Section.of(section) for section in self.row.sections]

    @field(description="The agency's channels (渠道), in the order they were entered.")
    def channels(self) -> list[Channel]:
        """Channels."""
        return [Channel.of(channel) for channel in self.row.channels]

    @field(description="The lists by which the agency sorts its items (分类方案), in the order they were adopted.")
    def schemes(self) -> list[CategoryScheme]:
        """Schemes."""
        return [CategoryScheme.of(scheme) for scheme in self.row.schemes]

    @field(description="The names that the agency had before (曾用名), oldest first.")
    def former_names(self) -> list[FormerName]:
        """Former names."""
        return [FormerName(name=one.name or ERASED, until=Date(one.until)) for one in self.row.former]

    @field(description="The agencies that went into this one (前身), in the order they ended.")
    def predecessors(self) -> list[Agency]:
        """Predecessors."""
        return self._others(self.row.predecessors)

    @field(
        description="The agencies that took its place (承接机关); none while it has not ended, or where it just ended."
    )
    def successors(self) -> list[Agency]:
        """Successors."""
        return self._others(self.row.successors)

    def _others(self, ids: Sequence[str]) -> list[Agency]:
        self.at.reads.spend(len(ids))
        self.at.expect_agencies(ids)
        return [agency_of(self.at, one) for one in ids]


@strawberry.type(description="An agency in a list (列表中的机关).")
class AgencyEdge:
    """An agency and its cursor."""

    cursor: str = strawberry.field(description="The place of the agency in the list (游标).")
    node: Agency = strawberry.field(description="The agency (机关) itself.")


@strawberry.type(description="A page of agencies (机关分页).")
class AgencyConnection:
    """A page of agencies, in the order they were registered."""

    page: strawberry.Private[Window]
    rows: strawberry.Private[list[AgencyRow]]
    more: strawberry.Private[bool]

    @field(description="How many agencies the whole list has (总数).")
    def total_count(self) -> int:
        """Counted only when asked for."""
        return agencies.agencies_count(self.page.at.reads.db_of_names(), as_of=self.page.at.position)

    @field(description="The agencies of this page with their cursors (本页机关及游标).")
    def edges(self) -> list[AgencyEdge]:
        """Edges."""
        return [AgencyEdge(cursor=self._cursor(row), node=Agency.of(row, self.page.at)) for row in self.rows]

    @field(description="The agencies of this page (本页机关).")
    def nodes(self) -> list[Agency]:
        """Nodes."""
        return [Agency.of(row, self.page.at) for row in self.rows]

    @field(description="Where the page stands in the list (分页信息).")
    def page_info(self) -> PageInfo:
        """Page info."""
        return PageInfo(
            has_next_page=self.more,
            has_previous_page=self.page.after is not None,
            start_cursor=self._cursor(self.rows[0]) if self.rows else None,
            end_cursor=self._cursor(self.rows[-1]) if self.rows else None,
        )

    def _cursor(self, row: AgencyRow) -> str:
        return self.page.cursor(Key(row.position, row.id))


def agency_of(at: At, agency_id: str) -> Agency:
    """The agency of a row that names it; it was registered before anything could name it."""
    row = at.agency(agency_id)
    assert row is not None, "an entry names an agency registered before it"
    return Agency.of(row, at)


def _date(day: str | None) -> Date | None:
    return None if day is None else Date(day)


def agencies_of(at: At, *, first: int | None, after: str | None) -> AgencyConnection:
    """A page of the agencies, in the order they were registered."""
    page = window(at, of=list_digest("agencies"), first=first, after=after)
    key = None
    if page.after is not None:
        if not isinstance(page.after.sort, int):
            raise Refused("API-001", field="after")
        key = page.after.sort
    rows = agencies.agencies(page.at.reads.db_of_names(), as_of=page.at.position, first=page.size + 1, after=key)
    shown = rows[: page.size]
    page.at.reads.spend(len(shown))
    page.at.keep_agencies(shown)
    return AgencyConnection(page=page, rows=shown, more=len(rows) > page.size)
