"""The review of an item (保密审查): its events, its commands, and what the rules need to know of a case.

The rules themselves stand in `items.py`: what is reviewed, published and revised is one stream.

Rules
- One case for one text (一事一审), from level to level; nobody acts at two levels of one case.
- Where the agency is in doubt, an authority decides (Regulations of 2019, art. 17 para. 3): no level acts while it is
  asked, and what it answered holds for this text until it answers otherwise.
- A case ends with a conclusion: what was cleared may be published, everything else may not.
- What is withheld is assessed again from time to time (art. 18); a text that may now be public needs a new case.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from archive.domain.agencies import PriorReviewBasis
from archive.domain.codes import Code, Command, Event, ItemId, Seal

Level = Annotated[int, Meta(ge=1, le=4)]
ReturnReason = Literal["state-secret", "trade-secret", "personal-privacy", "work-secret", "incomplete", "inaccurate"]
# Whom art. 17 para. 3 names: the competent department, or the administration of state secrets.
Authority = Literal["competent-department", "secrecy-authority"]
ReferralResult = Literal["may-publish", "may-not-publish", "part"]
# 可以公开 is what the last level says by passing; the others end a case at any level.
Unpublished = Literal["publish-redacted", "on-request-only", "withhold"]
Conclusion = Literal["cleared", "publish-redacted", "on-request-only", "withhold"]
# Art. 14 (the first three), 15 (the next two), 16 (the last three).
WithholdingGround = Literal[
    "state-secret",
    "law-forbids",
    "three-securities",
    "trade-secret",
    "personal-privacy",
    "internal-affairs",
    "process-info",
    "enforcement-file",
]
ReassessmentResult = Literal["stays", "may-be-public"]


# --- events -----------------------------------------------------------------------------------------------------------
class ReviewOpened(Event, frozen=True, kw_only=True):
    """The text was handed to review, which has so many levels."""

    TYPE: ClassVar[str] = "review-opened"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    levels: Level
    opened_on: date
    text: Seal


class ReviewLevelPassedV1(Event, frozen=True, kw_only=True):
    """One level found that the text may be published."""

    TYPE: ClassVar[str] = "review-level-passed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    level: Level
    passed_on: date
    text: Seal


class ReviewLevelPassed(Event, frozen=True, kw_only=True):
    """One level found that the text may be published. `reviewer`: the post that did; version 1 did not say."""

    TYPE: ClassVar[str] = "review-level-passed"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    level: Level
    passed_on: date
    reviewer: Code | UnsetType = UNSET
    text: Seal


class ReviewReturnedV1(Event, frozen=True, kw_only=True):
    """A level sent the text back; the case is over."""

    TYPE: ClassVar[str] = "review-returned"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    level: Level
    returned_on: date
    reason: ReturnReason
    text: Seal


class ReviewReturned(Event, frozen=True, kw_only=True):
    """A level sent the text back; the case is over. `reviewer`: the post that did; version 1 did not say."""

    TYPE: ClassVar[str] = "review-returned"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    level: Level
    returned_on: date
    reason: ReturnReason
    reviewer: Code | UnsetType = UNSET
    text: Seal


class ReviewReferred(Event, frozen=True, kw_only=True):
    """The agency was in doubt and asked the authority that decides (art. 17 para. 3)."""

    TYPE: ClassVar[str] = "review-referred"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    to: Authority
    referred_on: date
    text: Seal


class ReferralAnswered(Event, frozen=True, kw_only=True):
    """The authority decided: the text may be published, may not, or may in part."""

    TYPE: ClassVar[str] = "referral-answered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    result: ReferralResult
    answered_on: date
    text: Seal


class ReviewConcludedV1(Event, frozen=True, kw_only=True):
    """Every level has passed exactly this text: it may be published (可以公开)."""

    TYPE: ClassVar[str] = "review-concluded"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    concluded_on: date
    text: Seal


class ReviewConcluded(Event, frozen=True, kw_only=True):
    """The case is over. `cleared`: every level has passed exactly this text, and it may be published (可以公开).

    Any other conclusion names the level that drew it, and its ground in law where the text or a part of it is withheld.
    """

    TYPE: ClassVar[str] = "review-concluded"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    conclusion: Conclusion
    concluded_on: date
    level: Level | UnsetType = UNSET
    ground: WithholdingGround | UnsetType = UNSET
    reviewer: Code | UnsetType = UNSET
    text: Seal


class ReviewVoided(Event, frozen=True, kw_only=True):
    """The content changed under an open case, or after it was cleared and before it was shown: that review is void."""

    TYPE: ClassVar[str] = "review-voided"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    text: Seal


class PriorReviewDeclared(Event, frozen=True, kw_only=True):
    """The text was reviewed before this archive existed; its agency answers for that."""

    TYPE: ClassVar[str] = "prior-review-declared"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    published_before: date
    basis: PriorReviewBasis
    text: Seal


class ItemReassessed(Event, frozen=True, kw_only=True):
    """What is withheld was assessed again: it stays so, or may now be public after a new review (art. 18)."""

    TYPE: ClassVar[str] = "item-reassessed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    reassessed_on: date
    result: ReassessmentResult
    text: Seal


ReviewEvent = (
    ReviewOpened
    | ReviewLevelPassed
    | ReviewReturned
    | ReviewReferred
    | ReferralAnswered
    | ReviewConcluded
    | ReviewVoided
    | PriorReviewDeclared
    | ItemReassessed
)


def level_passed_v2(event: ReviewLevelPassedV1) -> ReviewLevelPassed:
    """A passed level of version 1 as version 2 says it."""
    return ReviewLevelPassed(level=event.level, passed_on=event.passed_on, text=event.text)


def returned_v2(event: ReviewReturnedV1) -> ReviewReturned:
    """A return of version 1 as version 2 says it."""
    return ReviewReturned(level=event.level, returned_on=event.returned_on, reason=event.reason, text=event.text)


def concluded_v2(event: ReviewConcludedV1) -> ReviewConcluded:
    """A conclusion of version 1 as version 2 says it: there was none but this."""
    return ReviewConcluded(conclusion="cleared", concluded_on=event.concluded_on, text=event.text)


# --- commands ---------------------------------------------------------------------------------------------------------
class OpenReview(Command, tag="open-review", frozen=True, kw_only=True):
    """Hand the item's newest text to review."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    opened_on: date


class PassReview(Command, tag="pass-review", frozen=True, kw_only=True):
    """Pass one level of review; the last one concludes it."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    level: Level
    passed_on: date
    reviewer: Code | UnsetType = UNSET


class ReturnReview(Command, tag="return-review", frozen=True, kw_only=True):
    """Send the text back from one level."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    level: Level
    returned_on: date
    reason: ReturnReason
    reviewer: Code | UnsetType = UNSET


class ReferReview(Command, tag="refer-review", frozen=True, kw_only=True):
    """Ask the authority whether the text may be public."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    to: Authority
    referred_on: date


class RecordReferralAnswer(Command, tag="record-referral-answer", frozen=True, kw_only=True):
    """Enter what the authority answered."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    result: ReferralResult
    answered_on: date


class ConcludeReview(Command, tag="conclude-review", frozen=True, kw_only=True):
    """End the review: the text is not published as it is."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    level: Level
    conclusion: Unpublished
    concluded_on: date
    ground: WithholdingGround | UnsetType = UNSET
    reviewer: Code | UnsetType = UNSET


class DeclarePriorReview(Command, tag="declare-prior-review", frozen=True, kw_only=True):
    """Say that the text was reviewed before this archive existed."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    basis: PriorReviewBasis


class ReassessItem(Command, tag="reassess-item", frozen=True, kw_only=True):
    """Enter that what is withheld was assessed again."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    reassessed_on: date
    result: ReassessmentResult


ReviewCommand = (
    OpenReview
    | PassReview
    | ReturnReview
    | ReferReview
    | RecordReferralAnswer
    | ConcludeReview
    | DeclarePriorReview
    | ReassessItem
)


# --- state ------------------------------------------------------------------------------------------------------------
class Review(Struct, frozen=True, kw_only=True):
    """An open review case: its levels, those passed, the posts that acted, and whether an authority is being asked."""

    levels: int
    passed: int
    reviewers: frozenset[str] = frozenset()
    referred: bool = False


class Clearance(Struct, frozen=True, kw_only=True):
    """A concluded review of the item's newest text: from this day, or only for what was published before one."""

    cleared_on: date | None
    published_before: date | None
