"""The reviews of items: what each level said of which text, and when."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

import strawberry

from archive.api.agencies import ERASED
from archive.api.scalars import Date, Hash, Position

if TYPE_CHECKING:
    from archive.api.reads import At
    from archive.projections.reviews import ReviewRow

_UNSHOWN: Final = "0" * 64


@strawberry.type(
    description="One level of the confidentiality review (保密审查): what it concluded of exactly one text."
)
class Review:
    """What one level said."""

    level: int = strawberry.field(description="Which level (级次), from 1.")
    level_name: str = strawberry.field(
        description="The name of the level (审查层级) in the policy of the day the case was opened; 〔已删除〕 where erased."
    )
    conclusion: str = strawberry.field(
        description=(
            "What it concluded (审查结论): cleared, returned, publish-redacted, on-request-only, withhold. A text is cleared "
            "once its last level says so."
        )
    )
    concluded_on: Date = strawberry.field(description="The day on which it concluded so (审查日期).")
    content_sha256: Hash = strawberry.field(
        description=(
            "The digest (摘要) of the text that was reviewed, byte by byte; a publication must carry the same. Where that "
            "text was never public, or is erased, sixty-four zeros stand here."
        )
    )
    position: Position = strawberry.field(description="The entry that says so (位置).")

    @classmethod
    def of(cls, row: ReviewRow, at: At, *, hidden: bool) -> Self:
        """The review in a row. `hidden`: its item was withdrawn as a secret or for privacy, and no digest is shown."""
        opening = None if hidden else at.opening(row.seal)
        return cls(
            level=row.level,
            level_name=row.level_name or ERASED,
            conclusion=row.conclusion,
            concluded_on=Date(row.concluded_on),
            content_sha256=Hash(_UNSHOWN if opening is None else sha256(opening.value).hexdigest()),
            position=Position(row.position),
        )


def reviews_of(at: At, item: str, *, agency: str) -> list[Review]:
    """The reviews of an item, oldest first; those of a whole page, and their openings, are fetched together."""
    rows = at.reviews(item, agency)
    at.reads.spend(len(rows))
    hidden = item in at.reads.hidden
    return [Review.of(row, at, hidden=hidden) for row in rows]
