"""From "as of" to a position: a position is checked, a moment is turned into one, once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from archive.api.scalars import DateTime, Position
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from archive.api.reads import Reads


@strawberry.input(
    one_of=True,
    description=(
        "Where to read (截至): exactly one of the two. A moment means: after the last entry recorded at or before it."
    ),
)
class AsOf:
    """A position or a moment."""

    position: Position | None = strawberry.field(
        default=strawberry.UNSET, description="The archive as it stood after this entry (截至某一位置)."
    )
    recorded_at: DateTime | None = strawberry.field(
        default=strawberry.UNSET, description="The archive as it stood at this moment (截至某一时刻)."
    )


def must_reach(at_least: Position | None, reads: Reads) -> None:
    """`Refused` API-022 where the newest position that is read here is below it."""
    if at_least is not None and at_least > reads.head:
        raise Refused("API-022", position=at_least, head=reads.head)


def position_of(as_of: AsOf | None, reads: Reads) -> int:
    """The position to read at; the head unless another was asked for."""
    if as_of is None:
        reads.is_pinned = False
        return reads.head
    if isinstance(as_of.recorded_at, datetime):
        # Until something is recorded later, the next entry may be of the same moment.
        reads.is_pinned = False
        return reads.log.position_at(as_of.recorded_at, until=reads.head)
    position = as_of.position or 0
    if position > reads.head:
        raise Refused("API-002", position=position, head=reads.head)
    return position
