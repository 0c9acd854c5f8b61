"""Items: one by its id, or a page of those that a filter chooses, with everything that is public about them.

A page is one statement, its agencies are a second; categories, channels and sections are named from those agencies.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final, Self, cast

import strawberry

from archive.api.agencies import ERASED, Agency, Category, Channel, agency_of
from archive.api.deadlines import Deadline
from archive.api.entries import EntryConnection, history_of
from archive.api.facets import Facet, ItemFacet, facets_of
from archive.api.fields import field, value
from archive.api.nodes import Node
from archive.api.pages import (
    AFTER,
    DEFAULT_SIZE,
    FIRST,
    Key,
    PageInfo,
    Window,
    given,
    list_digest,
    must_be_short,
    window,
)
from archive.api.reads import At
from archive.api.reviews import Review, reviews_of
from archive.api.revisions import WITHHELD, ItemRevision, revisions_of
from archive.api.scalars import Date, Hash, Position
from archive.domain.errors import Refused
from archive.law.deadlines import publication_deadline
from archive.projections import catalogue
from archive.projections.catalogue import ItemRow, Pub
from archive.projections.search import query, snippet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.law.deadlines import Duty


# A search is a few words; who pastes a page is told so.
MAX_SEARCH: Final = 200
# What a link is called at its other end.
_REVERSED: Final = {
    "interprets": "interpreted-by",
    "replaces": "replaced-by",
    "repeals": "repealed-by",
    "implements": "implemented-by",
    "answers": "answered-by",
    "attached-to": "has-attachment",
}
_ERASED_HASH: Final = "0" * 64


# --- what a reader chooses by -----------------------------------------------------------------------------------------
@strawberry.enum(description="Whether an item is public (公开状态).")
class ItemStatus(Enum):
    """Public or no longer."""

    PUBLISHED = value("PUBLISHED", description="The item is public on at least one channel (已公开).")
    WITHDRAWN = value("WITHDRAWN", description="The item was taken off every channel (已撤回).")


@strawberry.enum(description="Whether what an item lays down is in force (效力状态).")
class Validity(Enum):
    """Force."""

    IN_FORCE = value("IN_FORCE", description="It is in force as it was published (有效).")
    AMENDED = value("AMENDED", description="It is in force as changed by a later act (已修改).")
    REPEALED = value("REPEALED", description="A later act ended its force (已废止).")
    EXPIRED = value("EXPIRED", description="Its own term ended its force (已失效).")


@strawberry.enum(description="Why an item is disclosed (公开方式).")
class DisclosureMode(Enum):
    """By duty or on request."""

    PROACTIVE = value("proactive", description="The agency published it of its own accord (主动公开).")
    ON_REQUEST = value("on-request", description="It was disclosed because somebody asked (依申请公开).")


@strawberry.enum(
    description=(
        "The order of a list of items (排序). Items without the date stand at the end of both directions; equal ones are "
        "ordered by id."
    )
)
class ItemOrder(Enum):
    """Orders of items."""

    PUBLISHED_ON_DESC = value("PUBLISHED_ON_DESC", description="Newest publication first (公开日期降序).")
    PUBLISHED_ON_ASC = value("PUBLISHED_ON_ASC", description="Oldest publication first (公开日期升序).")
    MADE_ON_DESC = value("MADE_ON_DESC", description="Made most recently first (生成日期降序).")
    MADE_ON_ASC = value("MADE_ON_ASC", description="Made longest ago first (生成日期升序).")
    POSITION_DESC = value("POSITION_DESC", description="Entered into the log last, first (记录位置降序).")
    POSITION_ASC = value("POSITION_ASC", description="Entered into the log first, first (记录位置升序).")
    RELEVANCE = value(
        "RELEVANCE",
        description=(
            "What a search fits best, first (相关度): those whose title has all its terms before the others, shorter "
            "titles before longer ones, then newest publication first. Without a search, as PUBLISHED_ON_DESC."
        ),
    )


@strawberry.input(one_of=True, description="How to find one item (查找方式): exactly one of the three.")
class ItemBy:
    """One key."""

    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The item's id (编号).")
    index_number: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The index number (索引号) that the item shows; the newest item if several do.",
    )
    source_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The id in the system that the item came from (来源系统编号)."
    )


@strawberry.input(description="A span of days (日期范围); both ends belong to it, and an end left out is open.")
class DateRange:
    """From a day to a day."""

    from_: Date | None = strawberry.field(
        name="from", default=strawberry.UNSET, description="The first day (起始日期), itself included."
    )
    to: Date | None = strawberry.field(
        default=strawberry.UNSET, description="The last day (截止日期), itself included."
    )


@strawberry.input(
    description=(
        "What to show (筛选条件): an item must satisfy every field that is given, and in a list one of its values. An "
        "empty list chooses nothing."
    )
)
class ItemFilter:
    """Which items."""

    agencies: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Items of these agencies (机关)."
    )
    statuses: list[ItemStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="Items in these states (公开状态)."
    )
    channels: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Items published on channels with these codes (渠道代码)."
    )
    scheme: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The scheme (分类方案) that `categories` are of; alone, items that have a category in it.",
    )
    categories: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Items in categories with these codes (类别代码)."
    )
    themes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Items with these codes of the scheme `theme` (主题分类)."
    )
    genres: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Items with these codes of the scheme `genre` (体裁分类)."
    )
    sections: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Items made by sections with these codes (股室代码)."
    )
    made_on: DateRange | None = strawberry.field(
        default=strawberry.UNSET, description="Items made in this span of days (生成日期)."
    )
    published_on: DateRange | None = strawberry.field(
        default=strawberry.UNSET, description="Items first published in this span of days (公开日期)."
    )
    disclosure_modes: list[DisclosureMode] | None = strawberry.field(
        default=strawberry.UNSET, description="Items disclosed in these ways (公开方式)."
    )
    validities: list[Validity] | None = strawberry.field(
        default=strawberry.UNSET, description="Items in these states of force (效力状态)."
    )
    effective_on: Date | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Items publicly in force on that day (某日有效): published by then, not withdrawn, in effect and not repealed, "
            "as known at the position of the archive."
        ),
    )
    late: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Items that became public late (超期公开), or all others: see Deadline.lateBy.",
    )


# --- what a reader gets -----------------------------------------------------------------------------------------------
@strawberry.type(description="A number by which a catalogue lists an item (索引号).")
class IndexNumber:
    """One index number."""

    value: str = strawberry.field(description="The index number (索引号) itself.")
    from_: Date | None = strawberry.field(
        name="from", description="The day from which the item has it (启用日期); null where nobody recorded one."
    )
    to: Date | None = strawberry.field(
        description="The day from which the item has it no more (停用日期); null while it has it."
    )


@strawberry.type(description="An item's appearance on one channel (一次公开).")
class Publication:
    """One channel on which the item is or was seen."""

    at: strawberry.Private[At]
    agency_id: strawberry.Private[str]
    channel_key: strawberry.Private[str]
    url: str | None = strawberry.field(
        description="Where it can be seen (网址); null where no address was entered or it was erased."
    )
    published_on: Date = strawberry.field(description="The day it appeared on the channel (公开日期).")
    withdrawn_on: Date | None = strawberry.field(
        description="The day it was taken off the channel (撤回日期); null while it is there."
    )
    content_sha256: Hash = strawberry.field(
        description=(
            "The digest (摘要) of the text that the channel shows: what the review cleared, byte by byte. It is erased "
            "with the text, and sixty-four zeros stand here then."
        )
    )
    position: Position = strawberry.field(description="The entry that made it public there (位置).")

    @field(description="The channel (渠道) on which the item appeared.")
    def channel(self) -> Channel:
        """The channel, from the agency's list."""
        agency = self.at.agency(self.agency_id)
        row = None if agency is None else next((one for one in agency.channels if one.key == self.channel_key), None)
        assert row is not None, "a publication names a channel registered before it"
        return Channel.of(row)

    @classmethod
    def of(cls, row: Pub, *, agency_id: str, at: At) -> Self:
        """The publication in a row."""
        return cls(
            at=at,
            agency_id=agency_id,
            channel_key=row.channel,
            url=row.url,
            published_on=Date(row.published_on),
            withdrawn_on=_date(row.withdrawn_on),
            content_sha256=Hash(row.content_sha256 or _ERASED_HASH),
            position=Position(row.position),
        )


@strawberry.type(description="One piece of government information (一条政府信息), as the public may see it.")
class Item(Node):
    """One item, read at a position."""

    at: strawberry.Private[At]
    row: strawberry.Private[ItemRow]
    title: str = strawberry.field(
        description=(
            "The title (名称); 〔已删除〕 where the text was erased, 〔已撤回〕 where the item was withdrawn as a secret or for "
            "privacy, which hides it at every position."
        )
    )
    abstract: str | None = strawberry.field(description="What it is about (内容概述).")
    document_number: str | None = strawberry.field(description="The document number (文号).")
    genre: str | None = strawberry.field(description="The code of its genre (体裁分类), of the scheme `genre`.")
    theme: str | None = strawberry.field(description="The code of its theme (主题分类), of the scheme `theme`.")
    keywords: list[str] = strawberry.field(description="Its keywords (关键词), in the order they were entered.")
    section: str | None = strawberry.field(description="The code of the section (股室) that made it.")
    issuer: str | None = strawberry.field(description="Who issued it (发文机关), as the document says.")
    disclosure_mode: DisclosureMode = strawberry.field(description="Why it is disclosed (公开方式).")
    status: ItemStatus = strawberry.field(description="Whether it is public (公开状态).")
    validity: Validity = strawberry.field(description="Whether what it lays down is in force (效力状态).")
    made_on: Date | None = strawberry.field(description="The day it was made (生成日期).")
    published_on: Date | None = strawberry.field(description="The day it first became public (公开日期).")
    effective_on: Date | None = strawberry.field(description="The day from which it is in force (施行日期).")
    repealed_on: Date | None = strawberry.field(description="The day from which it is no longer in force (废止日期).")
    content_sha256: Hash | None = strawberry.field(
        description="The digest of the file that is its body (正文摘要); null where no body was entered or it was erased."
    )

    @classmethod
    def of(cls, row: ItemRow, at: At) -> Self:
        """The item in a row."""
        # The names of types like Date are for readers: calling them is left out, and so are the enums' own look-ups.
        return cls(
            id=row.id,  # type: ignore[arg-type] # see above, as all of these
            at=at,
            row=row,
            title=row.title or (WITHHELD if row.hidden else ERASED),
            abstract=row.abstract,
            document_number=row.document_number,
            genre=row.genre,
            theme=row.theme,
            keywords=row.keywords,
            section=row.section,
            issuer=row.issuer,
            disclosure_mode=_MODES[row.mode],
            status=_STATUSES[row.status],
            validity=_VALIDITIES[row.validity],
            made_on=row.made_on,  # type: ignore[arg-type] # see above
            published_on=row.published_on,  # type: ignore[arg-type] # see above
            effective_on=row.effective_on,  # type: ignore[arg-type] # see above
            repealed_on=row.repealed_on,  # type: ignore[arg-type] # see above
            content_sha256=row.content_sha256,  # type: ignore[arg-type] # see above
        )

    @field(description="The agency (行政机关) that answers for it.")
    def agency(self) -> Agency:
        """The agency; one statement for all items of an answer."""
        return agency_of(self.at, self.row.agency)

    @field(description="The numbers by which catalogues list it (索引号).")
    def index_numbers(self) -> list[IndexNumber]:
        """The number its public text has, and those by which other catalogues list it."""
        own = [IndexNumber(value=self.row.index_number, from_=None, to=None)] if self.row.index_number else []
        if self.row.hidden:
            return own
        return own + [
            IndexNumber(value=one.value, from_=Date(one.assigned_on), to=_date(one.ended_on))
            for one in self.at.numbers(self.row.id)
            if one.value is not None
        ]

    @field(description="The categories it is in (类别), at most one of each scheme.")
    def categories(self) -> list[Category]:
        """Categories, named from the agency's schemes."""
        if not self.row.categories:
            return []
        agency = self.at.agency(self.row.agency)
        assert agency is not None, "an item names an agency registered before it"
        known = {(scheme.key, one.code): one for scheme in agency.schemes for one in scheme.categories}
        return [Category.of(one.scheme, known[one.scheme, one.code]) for one in self.row.categories]

    @field(description="Where it can or could be seen (公开情况), in the order it appeared there.")
    def publications(self) -> list[Publication]:
        """Publications."""
        return [Publication.of(row, agency_id=self.row.agency, at=self.at) for row in self.row.publications]

    @field(description="The items that it has to do with (关联信息), whichever of the two says so.")
    def links(self) -> list[ItemLink]:
        """Links to items that were public at the position; all of an answer are read together."""
        own = self.at.links(self.row.id)
        rows = self.at.linked()
        self.at.expect_reviews((row.id, row.agency) for row in rows.values())
        shown = [(_REVERSED[one.kind] if one.reverse else one.kind, rows[one.item]) for one in own if one.item in rows]
        return [
            ItemLink(kind=kind, item=item)
            for (kind, _), item in zip(shown, items_in([row for _, row in shown], self.at), strict=True)
        ]

    @field(
        description=(
            "What each level of review said of its texts (保密审查), oldest first; nothing where it was reviewed before this "
            "archive existed."
        )
    )
    def reviews(self) -> list[Review]:
        """Reviews; two statements for all items of a page: the rows, and the openings of what they cleared."""
        return reviews_of(self.at, self.row.id, agency=self.row.agency)

    @field(
        description=(
            "By when it had to be public (公开期限), from the day it was made; null for what was disclosed on request, and "
            "where no such day was entered."
        )
    )
    def due(self) -> Deadline | None:
        """The publication deadline."""
        if self.row.mode != "proactive" or self.row.made_on is None:
            return None
        agency = self.at.agency(self.row.agency)
        assert agency is not None, "an item names an agency registered before it"
        duty = cast("Duty", self.row.duty or "proactive")
        found = publication_deadline(duty, date.fromisoformat(self.row.made_on), self.at.calendar(agency.region))
        return Deadline.of(found, done_on=date.fromisoformat(self.row.published_on), today=None)

    @field(
        description=(
            "What it looked like (历次版本), from its publication on and from each change to the next, oldest first, up to "
            "the position that is read. Its links, its other index numbers and its reviews are not part of a revision."
        )
    )
    def revisions(self) -> list[ItemRevision]:
        """Revisions; one statement for all items of a page."""
        return revisions_of(self.at, self.row.id)

    @field(description="Everything that happened to it (历史记录), oldest first, up to the position that is read.")
    def history(
        self, first: Annotated[int | None, FIRST] = DEFAULT_SIZE, after: Annotated[str | None, AFTER] = strawberry.UNSET
    ) -> EntryConnection:
        """The entries of the item's stream."""
        return history_of(self.at, self.row.id, first=first, after=given(after))


_MODES: Final = {one.value: one for one in DisclosureMode}
_STATUSES: Final = {one.value: one for one in ItemStatus}
_VALIDITIES: Final = {one.value: one for one in Validity}


@strawberry.type(description="A link to another item (与另一条信息的关联).")
class ItemLink:
    """A link, as the item that is asked has it."""

    kind: str = strawberry.field(
        description=(
            "What it has to do with the other (关联种类): interprets, replaces, repeals, implements, answers, attached-to; "
            "or interpreted-by, replaced-by, repealed-by, implemented-by, answered-by, has-attachment."
        )
    )
    item: Item = strawberry.field(description="The other item (另一条信息).")


@strawberry.type(description="An item in a list (列表中的信息).")
class ItemEdge:
    """An item and its cursor."""

    cursor: str = strawberry.field(description="The place of the item in the list (游标).")
    node: Item = strawberry.field(description="The item (政府信息) itself.")
    snippet: str | None = strawberry.field(
        description="Where a search found it (摘录), with the first match between 【 and 】; null without a search."
    )


@strawberry.type(description="A page of items (信息分页).")
class ItemConnection:
    """A page of items."""

    page: strawberry.Private[Window]
    where: strawberry.Private[catalogue.ItemFilter]
    order: strawberry.Private[ItemOrder]
    items: strawberry.Private[list[Item]]
    keys: strawberry.Private[list[catalogue.Key]]
    has_next: strawberry.Private[bool]
    has_previous: strawberry.Private[bool]

    @field(description="How many items the whole list has (总数).")
    def total_count(self) -> int:
        """Counted only when asked for."""
        db = self.page.at.reads.db_of_lists(self.where.agencies)
        at = self.page.at
        return catalogue.count(db, as_of=at.position, where=self.where, found=at.found(self.where.search))

    @field(description="How the whole list divides (分面统计), the most frequent values first.")
    def facets(
        self,
        by: Annotated[list[ItemFacet], strawberry.argument(description="What to divide by (分面).")],
        limit: Annotated[
            int, strawberry.argument(description="At most so many values of each (每个分面最多取值数): 1 to 100.")
        ] = 20,
    ) -> list[Facet]:
        """Facets, counted only when asked for."""
        return facets_of(self.page.at, self.where, by=by, limit=limit)

    @field(description="The items of this page with their cursors (本页信息及游标).")
    def edges(self) -> list[ItemEdge]:
        """Edges."""
        sought = self.where.search
        return [
            ItemEdge(
                cursor=self.page.cursor(Key(*key)),
                node=one,
                snippet=None
                if sought is None
                else snippet(sought, (one.row.title, one.row.document_number, one.row.abstract)),
            )
            for one, key in zip(self.items, self.keys, strict=True)
        ]

    @field(description="The items of this page (本页信息).")
    def nodes(self) -> list[Item]:
        """Nodes."""
        return self.items

    @field(description="Where the page stands in the list (分页信息).")
    def page_info(self) -> PageInfo:
        """Page info."""
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.page.cursor(Key(*self.keys[0])) if self.keys else None,
            end_cursor=self.page.cursor(Key(*self.keys[-1])) if self.keys else None,
        )


# The fields of a filter that are lists, and their names in the schema.
_LISTS: Final = {
    "agencies": "agencies",
    "statuses": "statuses",
    "channels": "channels",
    "categories": "categories",
    "themes": "themes",
    "genres": "genres",
    "sections": "sections",
    "disclosure_modes": "disclosureModes",
    "validities": "validities",
}
# What a cursor of each order carries.
_BY_NUMBER: Final = frozenset({ItemOrder.POSITION_DESC, ItemOrder.POSITION_ASC, ItemOrder.RELEVANCE})
_WITHOUT_DATE: Final = frozenset({ItemOrder.MADE_ON_DESC, ItemOrder.MADE_ON_ASC})
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ITEM: Final = re.compile(r"item-[0-9a-f]{32}")


def item_by(at: At, by: ItemBy) -> Item | None:
    """The item that the key names, if it was ever published up to the position."""
    wanted = given(by.id)
    row = catalogue.item(
        at.reads.db_of_lists(None) if wanted is None else at.reads.db_of_items([wanted]),
        as_of=at.position,
        id=wanted,
        index_number=given(by.index_number),
        source_id=given(by.source_id),
    )
    return None if row is None else items_in([row], at)[0]


def item_by_id(at: At, item_id: str) -> Item | None:
    """The item with this id."""
    return item_by(at, ItemBy(id=strawberry.ID(item_id))) if _ITEM.fullmatch(item_id) else None


def items_of(  # noqa: PLR0913 - the arguments of the field
    at: At,
    *,
    chosen: ItemFilter | None,
    search: str | None,
    order: ItemOrder,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> ItemConnection:
    """A page of the items that a filter and a search choose."""
    where = _where(chosen, search)
    if where.search is None and order is ItemOrder.RELEVANCE:
        order = ItemOrder.PUBLISHED_ON_DESC
    page = window(at, of=list_digest("items", order.value, where), first=first, after=after, last=last, before=before)
    for argument, key in (("after", page.after), ("before", page.before)):
        if key is not None and not _is_key(key, order):
            raise Refused("API-001", field=argument)
    found = catalogue.items(
        page.at.reads.db_of_lists(where.agencies),
        as_of=page.at.position,
        where=where,
        order=cast("catalogue.Order", order.value),
        after=_key(page.after),
        before=_key(page.before),
        first=page.first,
        last=page.last,
        found=page.at.found(where.search),
    )
    return ItemConnection(
        page=page,
        where=where,
        order=order,
        items=items_in(found.rows, page.at),
        keys=found.keys,
        has_next=found.has_next,
        has_previous=found.has_previous,
    )


def _is_key(key: Key, order: ItemOrder) -> bool:
    if not _ITEM.fullmatch(key.id):
        return False
    match key.sort:
        case int():
            return order in _BY_NUMBER
        case str():
            return order not in _BY_NUMBER and _DAY.fullmatch(key.sort) is not None
        case None:
            return order in _WITHOUT_DATE


def _key(key: Key | None) -> catalogue.Key | None:
    return None if key is None else catalogue.Key(key.sort, key.id)


def _where(chosen: ItemFilter | None, search: str | None) -> catalogue.ItemFilter:
    """The filter as the catalogue takes it: None is not asked for, an empty list chooses nothing."""
    if search is not None and len(search) > MAX_SEARCH:
        raise Refused("API-017", value=len(search), limit=MAX_SEARCH)
    if chosen is None:
        chosen = ItemFilter()
    for name, shown in _LISTS.items():
        must_be_short(given(getattr(chosen, name)), field=f"filter.{shown}")
    made, published = given(chosen.made_on) or DateRange(), given(chosen.published_on) or DateRange()
    return catalogue.ItemFilter(
        agencies=_texts(chosen.agencies),
        statuses=_values(chosen.statuses),
        channels=given(chosen.channels),
        scheme=given(chosen.scheme),
        categories=given(chosen.categories),
        themes=given(chosen.themes),
        genres=given(chosen.genres),
        sections=given(chosen.sections),
        made_from=given(made.from_),
        made_to=given(made.to),
        published_from=given(published.from_),
        published_to=given(published.to),
        modes=_values(chosen.disclosure_modes),
        validities=_values(chosen.validities),
        effective_on=given(chosen.effective_on),
        late=given(chosen.late),
        search=None if search is None else query(search),
    )


def _values(chosen: Sequence[Enum] | None) -> list[str] | None:
    values = given(chosen)
    return None if values is None else [one.value for one in values]


def _texts(chosen: Sequence[strawberry.ID] | None) -> list[str] | None:
    values = given(chosen)
    return None if values is None else [str(one) for one in values]


def items_in(rows: Sequence[ItemRow], at: At) -> list[Item]:
    """The items in rows; what may be asked about them is announced, and they count as objects of the answer."""
    at.reads.spend(len(rows))
    at.expect_agencies(row.agency for row in rows)
    at.expect_items(row.id for row in rows)
    at.expect_reviews((row.id, row.agency) for row in rows)
    return [Item.of(row, at) for row in rows]


def _date(day: str | None) -> Date | None:
    return None if day is None else Date(day)
