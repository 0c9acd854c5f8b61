"""The archive at one position: the door to everything that can be read."""

from __future__ import annotations

from typing import Annotated, Final

import strawberry

from archive.api.agencies import Agency, AgencyConnection, agencies_of
from archive.api.as_of import AsOf
from archive.api.changes import ChangeConnection, changes_of
from archive.api.counts import Count, CountDimension, counts_of
from archive.api.entries import Entry, EntryConnection, entry_at, log_of
from archive.api.fields import field
from archive.api.items import Item, ItemBy, ItemConnection, ItemFilter, ItemOrder, item_by, items_of
from archive.api.pages import AFTER, BEFORE, DEFAULT_SIZE, FIRST, LAST, given
from archive.api.proofs import Checkpoint, ConsistencyProof, InclusionProof, checkpoint_of, consistency_of, inclusion_of
from archive.api.reads import At
from archive.api.reports import DistrictReport, Report, ReportForm, district_of, report_of
from archive.api.requests import Request, RequestConnection, RequestFilter, request_by_number, requests_of
from archive.api.scalars import DateTime, Position, stored_moment

_START: Final = Position(0)


@strawberry.type(description="The archive (档案) at one position: everything under it is read there.")
class Archive:
    """The archive at one position."""

    at: strawberry.Private[At]

    @field(description="The position (位置) that this answer was read at.")
    def position(self) -> Position:
        """The position; an answer that says it is another one with every entry."""
        self.at.reads.depend_on_everything()
        return Position(self.at.position)

    @field(
        description=(
            "The newest position (最新位置) that this node has folded; `position` equals it unless `asOf` was given."
        )
    )
    def head(self) -> Position:
        """The head; an answer that says it is another one later, wherever it was read."""
        self.at.reads.is_pinned = False
        self.at.reads.depend_on_everything()
        return Position(self.at.reads.head)

    @field(description="When the entry at the position was recorded (记录时刻); null at position 0.")
    def recorded_at(self) -> DateTime | None:
        """The entry's moment."""
        at = self.at.reads.log.moment_of(self.at.position)
        return None if at is None else stored_moment(at)

    @field(description="The first signed checkpoint (检查点) that covers `position`; null until one is signed.")
    def checkpoint(self) -> Checkpoint | None:
        """The note, if there is one."""
        return checkpoint_of(self.at)

    @field(description="The agencies (行政机关) that keep their records here, in the order they were registered.")
    def agencies(
        self, first: Annotated[int | None, FIRST] = DEFAULT_SIZE, after: Annotated[str | None, AFTER] = strawberry.UNSET
    ) -> AgencyConnection:
        """A page of agencies."""
        return agencies_of(self.at, first=first, after=given(after))

    @field(description="One agency (行政机关); null if there is none with this id.")
    def agency(
        self, agency_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The agency's id (编号).")]
    ) -> Agency | None:
        """One agency."""
        row = self.at.agency(agency_id)
        return None if row is None else Agency.of(row, self.at)

    @field(description="One item (政府信息); null if none that was ever public has this key.")
    def item(self, by: Annotated[ItemBy, strawberry.argument(description="How to find it (查找方式).")]) -> Item | None:
        """One item."""
        return item_by(self.at, by)

    @field(description="The items (政府信息) that a filter chooses, in an order.")
    def items(  # noqa: PLR0913 - the arguments of the public contract
        self,
        chosen: Annotated[
            ItemFilter | None,
            strawberry.argument(name="filter", description="Which items to show (筛选条件); all unless given."),
        ] = strawberry.UNSET,
        search: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "Items whose title, document number or abstract has all these terms (检索词), which stand apart by "
                    "white space: any characters in a row, Latin words as a whole. Full and half width, traditional and "
                    "simplified characters, brackets, and 二〇一八 and 2018 are alike. At most 200 characters."
                )
            ),
        ] = strawberry.UNSET,
        order_by: Annotated[
            ItemOrder, strawberry.argument(description="The order of the list (排序).")
        ] = ItemOrder.PUBLISHED_ON_DESC,
        first: Annotated[int | None, FIRST] = strawberry.UNSET,
        after: Annotated[str | None, AFTER] = strawberry.UNSET,
        last: Annotated[int | None, LAST] = strawberry.UNSET,
        before: Annotated[str | None, BEFORE] = strawberry.UNSET,
    ) -> ItemConnection:
        """A page of items."""
        return items_of(
            self.at,
            chosen=given(chosen),
            search=given(search),
            order=order_by,
            first=given(first),
            after=given(after),
            last=given(last),
            before=given(before),
        )

    @field(
        description=(
            "The public part of a request (依申请公开) by its number; null if there is none. Where several agencies have "
            "the number, the agency must be named."
        )
    )
    def request(
        self,
        number: Annotated[str, strawberry.argument(description="The register's number (登记编号), such as 2018-1.")],
        agency: Annotated[
            strawberry.ID | None, strawberry.argument(description="The agency that was asked (机关).")
        ] = strawberry.UNSET,
    ) -> Request | None:
        """One request."""
        return request_by_number(self.at, number, agency=given(agency))

    @field(description="The requests (依申请公开) that a filter chooses, received last first: never who asked.")
    def requests(
        self,
        chosen: Annotated[
            RequestFilter | None,
            strawberry.argument(name="filter", description="Which requests to show (筛选条件); all unless given."),
        ] = strawberry.UNSET,
        first: Annotated[int | None, FIRST] = strawberry.UNSET,
        after: Annotated[str | None, AFTER] = strawberry.UNSET,
        last: Annotated[int | None, LAST] = strawberry.UNSET,
        before: Annotated[str | None, BEFORE] = strawberry.UNSET,
    ) -> RequestConnection:
        """A page of requests."""
        return requests_of(
            self.at,
            chosen=given(chosen),
            first=given(first),
            after=given(after),
            last=given(last),
            before=given(before),
        )

    @field(
        description=(
            "Yearly counts (年度统计). One row per measure and combination of the dimensions asked for; a measure that "
            "counts nothing is a row with value 0, and one that lacks a dimension has no such dimension in its rows. "
            "CATEGORY needs a scheme; without one it is the agency's primary scheme, and an error where that is not one "
            "and the same."
        )
    )
    def counts(
        self,
        years: Annotated[list[int], strawberry.argument(description="The years to count (年份), 1 to 50 of them.")],
        agency: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Count only this agency's (机关); all agencies together unless given."),
        ] = strawberry.UNSET,
        measures: Annotated[
            list[str] | None,
            strawberry.argument(
                description="The keys of what to count (指标), such as channels.website; all unless given."
            ),
        ] = strawberry.UNSET,
        by: Annotated[
            list[CountDimension], strawberry.argument(description="What to divide the counts by (统计维度).")
        ] = [],  # noqa: B006 - strawberry prints this default in the schema and copies it
        scheme: Annotated[
            str | None, strawberry.argument(description="The scheme that CATEGORY divides by (分类方案).")
        ] = strawberry.UNSET,
    ) -> list[Count]:
        """Counts of some years."""
        return counts_of(
            self.at, years=years, agency=given(agency), measures=given(measures), by=by, scheme=given(scheme)
        )

    @field(
        description=(
            "The yearly report of an agency (年度报告) in a statutory form, counted at this position: tables, identities, and "
            "the entries behind every cell."
        )
    )
    def report(
        self,
        agency: Annotated[strawberry.ID, strawberry.argument(description="The agency (机关) whose report it is.")],
        year: Annotated[int, strawberry.argument(description="The year reported on (报告年度).")],
        form: Annotated[
            ReportForm | None, strawberry.argument(description="The form (报告格式); that of the year unless given.")
        ] = strawberry.UNSET,
        *,
        filed: Annotated[
            bool,
            strawberry.argument(
                description=(
                    "The numbers that were filed (报送数), in the newest version that was known at this position, and the "
                    "position that they were counted at; null where nothing was filed in this form."
                )
            ),
        ] = False,
    ) -> Report | None:
        """One report."""
        return report_of(self.at, agency=agency, year=year, form=given(form), filed=filed)

    @field(
        description=(
            "The yearly report of all agencies of a district together (汇总报告), and which of them are missing, counted at "
            "this position."
        )
    )
    def district_report(
        self,
        region: Annotated[
            str,
            strawberry.argument(
                description="The code of the district (行政区划代码) of GB/T 2260, or its beginning; empty for all agencies."
            ),
        ],
        year: Annotated[int, strawberry.argument(description="The year reported on (报告年度).")],
        form: Annotated[
            ReportForm | None, strawberry.argument(description="The form (报告格式); that of the year unless given.")
        ] = strawberry.UNSET,
    ) -> DistrictReport | None:
        """One report of several agencies."""
        return district_of(self.at, region=region, year=year, form=given(form))

    @field(
        description=(
            "What changed in the catalogue (目录变更) between a past position and this one: each item once, the newest change "
            "first."
        )
    )
    def changes(
        self,
        since: Annotated[
            AsOf,
            strawberry.argument(description="The past position (起始时点), up to which nothing counts as changed."),
        ],
        first: Annotated[int | None, FIRST] = DEFAULT_SIZE,
        after: Annotated[str | None, AFTER] = strawberry.UNSET,
    ) -> ChangeConnection:
        """A page of changes."""
        return changes_of(self.at, since=since, first=first, after=given(after))

    @field(description="The log itself (日志), in order: what an auditor replays. Its cursors are positions.")
    def entries(
        self,
        first: Annotated[int, FIRST],
        after: Annotated[
            Position | None, strawberry.argument(description="Go on after this position (从此位置之后).")
        ] = _START,
        types: Annotated[
            list[str] | None,
            strawberry.argument(description="Only entries of these types (事件类型), such as item-published."),
        ] = strawberry.UNSET,
        stream: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only the entries about the object with this id (对象编号)."),
        ] = strawberry.UNSET,
    ) -> EntryConnection:
        """A page of the log."""
        return log_of(self.at, after=after or 0, first=first, types=given(types), stream=given(stream))

    @field(description="The entry at a position (某一位置的记录); null if the archive does not reach it.")
    def entry(
        self, position: Annotated[Position, strawberry.argument(description="The entry's position (位置).")]
    ) -> Entry | None:
        """One entry."""
        return entry_at(self.at, position)

    @field(description="A proof that an entry is in the log (包含证明), for whoever keeps its checkpoint.")
    def inclusion_proof(
        self,
        position: Annotated[Position, strawberry.argument(description="The position of the entry (位置).")],
        tree_size: Annotated[
            Position | None,
            strawberry.argument(
                description="The size of the tree (树的大小), such as of a checkpoint; `position` of the archive unless given."
            ),
        ] = strawberry.UNSET,
    ) -> InclusionProof:
        """One proof."""
        return inclusion_of(self.at, position=position, size=given(tree_size))

    @field(
        description="A proof that the log goes on from what it was (一致性证明), for whoever keeps an older checkpoint."
    )
    def consistency_proof(
        self,
        old: Annotated[
            Position, strawberry.argument(name="from", description="The size of the smaller tree (较小的树).")
        ],
        new: Annotated[
            Position | None,
            strawberry.argument(
                name="to", description="The size of the larger tree (较大的树); `position` of the archive unless given."
            ),
        ] = strawberry.UNSET,
    ) -> ConsistencyProof:
        """One proof."""
        return consistency_of(self.at, old=old, new=given(new))
