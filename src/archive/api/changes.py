"""Changes: which items of the catalogue changed between a past position and the one that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from archive.api.as_of import AsOf, position_of
from archive.api.fields import field
from archive.api.items import Item, items_in
from archive.api.pages import Key, PageInfo, Window, list_digest, window
from archive.api.scalars import Position
from archive.domain.errors import Refused
from archive.projections import revisions

if TYPE_CHECKING:
    from archive.api.reads import At


@strawberry.type(description="An item that changed (目录变更): what happened to it last, and what differs from before.")
class Change:
    """One item that changed."""

    kind: str = strawberry.field(
        description=(
            "What happened to it last (变更种类): published, channel-added, address-changed, updated, corrected, "
            "classified, withdrawn, restored, took-effect, amended, repealed or expired."
        )
    )
    item: Item = strawberry.field(description="The item (政府信息) as it is at the position that is read.")
    position: Position = strawberry.field(description="The entry of its newest change (位置).")
    changed: list[str] = strawberry.field(
        description=(
            "The fields of the item that differ between the two positions (变更字段), in the order of the schema; none "
            "where it was not public yet at the earlier one."
        )
    )


@strawberry.type(description="A change in a list (列表中的变更).")
class ChangeEdge:
    """A change and its cursor."""

    cursor: str = strawberry.field(description="The place of the change in the list (游标).")
    node: Change = strawberry.field(description="The change (目录变更) itself.")


@strawberry.type(description="A page of changes (目录变更分页), the newest first.")
class ChangeConnection:
    """A page of changes."""

    page: strawberry.Private[Window]
    since: strawberry.Private[int]
    found: strawberry.Private[list[Change]]
    has_next: strawberry.Private[bool]

    @field(description="How many items changed in all (总数).")
    def total_count(self) -> int:
        """Counted only when asked for."""
        return revisions.changes_count(self.page.at.db, since=self.since, as_of=self.page.at.position)

    @field(description="The changes of this page with their cursors (本页变更及游标).")
    def edges(self) -> list[ChangeEdge]:
        """Edges."""
        return [ChangeEdge(cursor=self._cursor(one), node=one) for one in self.found]

    @field(description="The changes of this page (本页变更).")
    def nodes(self) -> list[Change]:
        """Nodes."""
        return self.found

    @field(description="Where the page stands in the list (分页信息).")
    def page_info(self) -> PageInfo:
        """Page info."""
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.page.after is not None,
            start_cursor=self._cursor(self.found[0]) if self.found else None,
            end_cursor=self._cursor(self.found[-1]) if self.found else None,
        )

    def _cursor(self, one: Change) -> str:
        return self.page.cursor(Key(one.position, one.item.id))


def changes_of(at: At, *, since: AsOf, first: int | None, after: str | None) -> ChangeConnection:
    """A page of the items that changed after a position, the newest change first."""
    past = position_of(since, at.reads)
    if past > at.position:
        raise Refused("API-019", field="since", position=at.position)
    page = window(at, of=list_digest("changes", past), first=first, after=after)
    key = None if page.after is None else page.after.sort
    if page.after is not None and not isinstance(key, int):
        raise Refused("API-001", field="after")
    assert not isinstance(key, str), "checked above"
    found = revisions.changes(page.at.db, since=past, as_of=page.at.position, first=page.size, after=key)
    items = items_in([one.row for one in found.found], page.at)
    return ChangeConnection(
        page=page,
        since=past,
        found=[
            Change(kind=one.kind, item=item, position=Position(one.position), changed=one.changed)
            for one, item in zip(found.found, items, strict=True)
        ],
        has_next=found.more,
    )
