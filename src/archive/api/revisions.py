"""Revisions: what the catalogue showed of an item from one change to the next, and when that was in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import strawberry

from archive.api.agencies import ERASED
from archive.api.scalars import Date, Hash, Position

if TYPE_CHECKING:
    from archive.api.reads import At
    from archive.projections.revisions import Revision

# What was withdrawn as a secret or for privacy is not erased, and may be restored.
WITHHELD: Final = "〔已撤回〕"


@strawberry.type(
    description=(
        "What an item looked like between two positions and two dates (版本): when the archive knew it so, and when it was "
        "so. Both periods are closed-open."
    )
)
class ItemRevision:
    """One revision."""

    number: int = strawberry.field(description="Which revision of the item it is (版本序号), from 1 on.")
    known_from: Position = strawberry.field(description="The entry from which the archive knew it so (记录起始位置).")
    known_to: Position | None = strawberry.field(
        description="The entry from which the archive knew it otherwise (记录终止位置); null while it knows it so."
    )
    effective_from: Date | None = strawberry.field(
        description=(
            "The day from which it was public with this text and in force (生效起始日), as this revision knew it; null where "
            "there was no such day."
        )
    )
    effective_to: Date | None = strawberry.field(
        description=(
            "The day from which it was withdrawn or no longer in force (生效终止日), as this revision knew it; null where no "
            "such day was known."
        )
    )
    title: str = strawberry.field(
        description=(
            "The title (名称) it had; 〔已删除〕 where the text was erased, 〔已撤回〕 where the item was withdrawn as a secret or "
            "for privacy, which hides it in every revision."
        )
    )
    content_sha256: Hash | None = strawberry.field(
        description="The digest of the file that was its body (正文摘要); null where no body was entered or it was erased."
    )
    changed: list[str] = strawberry.field(
        description=(
            "The fields of the item that differ from the revision before (变更字段), in the order of the schema; none in "
            "the first."
        )
    )

    @classmethod
    def of(cls, found: Revision) -> Self:
        """The revision that was read."""
        row = found.row
        return cls(
            number=found.number,
            known_from=Position(row.known_from),
            known_to=None if found.known_to is None else Position(found.known_to),
            effective_from=None if found.effective_from is None else Date(found.effective_from),
            effective_to=None if found.effective_to is None else Date(found.effective_to),
            title=row.title or (WITHHELD if row.hidden else ERASED),
            content_sha256=None if row.content_sha256 is None else Hash(row.content_sha256),
            changed=found.changed,
        )


def revisions_of(at: At, item: str) -> list[ItemRevision]:
    """The revisions of an item up to the position, oldest first; those of a whole page are read together."""
    found = at.revisions(item)
    at.reads.spend(len(found))
    return [ItemRevision.of(one) for one in found]
