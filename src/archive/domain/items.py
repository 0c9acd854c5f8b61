"""An item (一条政府信息): drafted, reviewed level by level, published, updated, corrected, withdrawn, restored, repealed.

Rules
- One review case per text (一事一审): levels are passed in order, any change of the text voids what was passed, and
  no case is opened before the newest step of the one before it.
- Nothing becomes public but the text whose seal a concluded review carries: `item-published`, `item-updated` and
  `item-corrected` repeat that seal (Regulations on Open Government Information, Order 711, art. 17).
- A review that ends otherwise keeps its text from the public until the text changes, or until what is withheld was
  assessed again and reviewed anew (art. 18). `reviews.py` holds the events and commands of review.
- A record from before this archive carries `prior-review-declared` instead, where its agency has accepted that.
- `item-published` happens once in an item's life and is what is counted; another channel is `publication-added`, and
  the same information on several channels counts as one item (statistical form of 2014, row 一(一)).
- What happens to a public item happens in the order of its dates: no step is dated before the newest one. Channels are
  added in any order, but not before the day from which the text that they show was public.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import Agency, has_section, levels_on, must_show_on
from archive.domain.codes import (
    AgencyId,
    Classification,
    Code,
    Command,
    DisclosureMode,
    Event,
    ItemId,
    Seal,
    Sha256,
    SourceId,
    Text,
)
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.publications import (
    AssignIndexNumber,
    ChangeUrl,
    DelayExplained,
    DeliverItem,
    EndIndexNumber,
    ExplainDelay,
    IndexNumberAssigned,
    IndexNumberEnded,
    ItemDelivered,
    ItemLinked,
    ItemUnlinked,
    LinkItem,
    MendPublication,
    PublicationCommand,
    PublicationEvent,
    PublicationFoundAltered,
    PublicationFoundUnreachable,
    PublicationMended,
    PublicationUrlChanged,
    ReportAltered,
    ReportUnreachable,
    UnlinkItem,
)
from archive.domain.reviews import (
    Clearance,
    ConcludeReview,
    DeclarePriorReview,
    ItemReassessed,
    OpenReview,
    PassReview,
    PriorReviewDeclared,
    ReassessItem,
    RecordReferralAnswer,
    ReferralAnswered,
    ReferralResult,
    ReferReview,
    ReturnReview,
    Review,
    ReviewCommand,
    ReviewConcluded,
    ReviewEvent,
    ReviewLevelPassed,
    ReviewOpened,
    ReviewReferred,
    ReviewReturned,
    ReviewVoided,
    Unpublished,
)

CorrectionReason = Literal["clerical", "fact", "attachment", "metadata"]
WithdrawalGround = Literal[
    "state-secret", "trade-secret", "personal-privacy", "inaccurate", "superseded", "court-order"
]
# What was withdrawn on one of these grounds is hidden at once, at every position.
HIDING: Final = frozenset({"state-secret", "trade-secret", "personal-privacy"})
# By when it must be public: law/deadlines. Left out, the 20 working days of the Regulations.
PublicationDuty = Literal["proactive", "licence", "penalty", "budget", "interpretation"]
RepealKind = Literal["repealed", "expired"]
Step = Literal["adopted", "approved", "promulgated", "other"]
MAX_CATEGORIES: Final = 16
Classifications = Annotated[list[Classification], Meta(max_length=MAX_CATEGORIES)]
# What a review may conclude, except that the text is cleared, after what an authority answered (None: nobody was asked).
_CONCLUSIONS: Final[dict[ReferralResult | None, frozenset[Unpublished]]] = {
    None: frozenset({"publish-redacted", "on-request-only", "withhold"}),
    "may-publish": frozenset({"publish-redacted", "on-request-only", "withhold"}),
    "part": frozenset({"publish-redacted", "withhold"}),
    "may-not-publish": frozenset({"withhold"}),
}


# --- text -------------------------------------------------------------------------------------------------------------
class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that belongs to the item: SHA-256 of its bytes, their number, media type."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    type: Annotated[str, Meta(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}\Z")]


class ItemText(Text, frozen=True, kw_only=True):
    """What a review clears and a publication shows: one value, one seal."""

    title: Annotated[str, Meta(min_length=1, max_length=1000)]
    abstract: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET
    document_number: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    index_number: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    issuer: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    keywords: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)] | UnsetType = (
        UNSET
    )
    notes: Annotated[list[Annotated[str, Meta(min_length=1, max_length=2000)]], Meta(max_length=100)] | UnsetType = (
        UNSET
    )
    body: Manifest | UnsetType = UNSET


class LinkText(Text, frozen=True, kw_only=True):
    """Where a publication can be seen."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,2000}\Z")]


# --- events -----------------------------------------------------------------------------------------------------------
class ItemDrafted(Event, frozen=True, kw_only=True):
    """Somebody made the information; nothing of it is public."""

    TYPE: ClassVar[str] = "item-drafted"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    mode: DisclosureMode
    made_on: date | UnsetType = UNSET
    categories: Classifications
    section: Code | UnsetType = UNSET
    source_id: SourceId | UnsetType = UNSET
    duty: PublicationDuty | UnsetType = UNSET
    text: Seal


class ItemRevised(Event, frozen=True, kw_only=True):
    """There is a new text; what was reviewed before is void (更改内容须重新审查)."""

    TYPE: ClassVar[str] = "item-revised"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    text: Seal


class ItemPublished(Event, frozen=True, kw_only=True):
    """The item became public. Everything that is counted or listed is repeated here, so that the draft need not be."""

    TYPE: ClassVar[str] = "item-published"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text", "link")
    CLEARS: ClassVar[tuple[str, ...]] = ("text", "link")

    agency: AgencyId
    mode: DisclosureMode
    made_on: date | UnsetType = UNSET
    categories: Classifications
    section: Code | UnsetType = UNSET
    source_id: SourceId | UnsetType = UNSET
    duty: PublicationDuty | UnsetType = UNSET
    channel: Code
    published_on: date
    text: Seal
    link: Seal


class PublicationAdded(Event, frozen=True, kw_only=True):
    """The same text can also be seen on another channel."""

    TYPE: ClassVar[str] = "publication-added"
    SEALS: ClassVar[tuple[str, ...]] = ("text", "link")
    CLEARS: ClassVar[tuple[str, ...]] = ("link",)

    channel: Code
    published_on: date
    text: Seal
    link: Seal


class ItemUpdated(Event, frozen=True, kw_only=True):
    """A newer text took the place of the public one, on every channel."""

    TYPE: ClassVar[str] = "item-updated"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    updated_on: date
    text: Seal


class ItemCorrected(Event, frozen=True, kw_only=True):
    """The public text was wrong; a right one took its place."""

    TYPE: ClassVar[str] = "item-corrected"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    corrected_on: date
    reason: CorrectionReason
    text: Seal


class ItemClassified(Event, frozen=True, kw_only=True):
    """The item has this category in this scheme from now on."""

    TYPE: ClassVar[str] = "item-classified"

    scheme: Code
    code: Code


class ItemWithdrawn(Event, frozen=True, kw_only=True):
    """The item is no longer public on any channel."""

    TYPE: ClassVar[str] = "item-withdrawn"

    withdrawn_on: date
    ground: WithdrawalGround


class ItemRestored(Event, frozen=True, kw_only=True):
    """What was withdrawn is public again, unchanged."""

    TYPE: ClassVar[str] = "item-restored"

    restored_on: date


class ItemTookEffect(Event, frozen=True, kw_only=True):
    """What the item lays down is in force from this day."""

    TYPE: ClassVar[str] = "item-took-effect"

    effective_on: date


class ItemAmended(Event, frozen=True, kw_only=True):
    """What the item lays down was changed by another act on this day."""

    TYPE: ClassVar[str] = "item-amended"

    amended_on: date


class ItemRepealed(Event, frozen=True, kw_only=True):
    """What the item lays down ceased to be in force on this day."""

    TYPE: ClassVar[str] = "item-repealed"

    repealed_on: date
    kind: RepealKind


class ItemStepRecorded(Event, frozen=True, kw_only=True):
    """A step of the item's making that changes nothing of its force."""

    TYPE: ClassVar[str] = "item-step-recorded"

    step: Step
    on: date


ItemEvent = (
    ItemDrafted
    | ItemRevised
    | ReviewEvent
    | ItemPublished
    | PublicationAdded
    | ItemUpdated
    | ItemCorrected
    | ItemClassified
    | ItemWithdrawn
    | ItemRestored
    | ItemTookEffect
    | ItemAmended
    | ItemRepealed
    | ItemStepRecorded
    | PublicationEvent
)


# --- commands ---------------------------------------------------------------------------------------------------------
class DraftItem(Command, tag="draft-item", frozen=True, kw_only=True):
    """Enter a piece of information that is to be published."""

    STREAM: ClassVar[str] = "item"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    item: ItemId
    agency: AgencyId
    mode: DisclosureMode
    made_on: date | UnsetType = UNSET
    categories: Classifications
    section: Code | UnsetType = UNSET
    source_id: SourceId | UnsetType = UNSET
    duty: PublicationDuty | UnsetType = UNSET
    text: ItemText


class ReviseItem(Command, tag="revise-item", frozen=True, kw_only=True):
    """Give the item a new text, which needs a new review."""

    STREAM: ClassVar[str] = "item"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    item: ItemId
    text: ItemText


class PublishItem(Command, tag="publish-item", frozen=True, kw_only=True):
    """Publish the reviewed text on a channel; a second channel adds a publication."""

    STREAM: ClassVar[str] = "item"
    TEXTS: ClassVar[tuple[str, ...]] = ("link",)

    item: ItemId
    channel: Code
    published_on: date
    link: LinkText | UnsetType = UNSET


class UpdateItem(Command, tag="update-item", frozen=True, kw_only=True):
    """Let the newly reviewed text take the place of the public one."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    updated_on: date


class CorrectItem(Command, tag="correct-item", frozen=True, kw_only=True):
    """Let the newly reviewed text take the place of a wrong one."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    corrected_on: date
    reason: CorrectionReason


class ClassifyItem(Command, tag="classify-item", frozen=True, kw_only=True):
    """Put the item into a category of a scheme."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    scheme: Code
    code: Code


class WithdrawItem(Command, tag="withdraw-item", frozen=True, kw_only=True):
    """Take the item off every channel."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    withdrawn_on: date
    ground: WithdrawalGround


class RestoreItem(Command, tag="restore-item", frozen=True, kw_only=True):
    """Show a withdrawn item again, unchanged."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    restored_on: date


class PutItemIntoEffect(Command, tag="put-item-into-effect", frozen=True, kw_only=True):
    """Enter the day from which the item is in force."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    effective_on: date


class AmendItem(Command, tag="amend-item", frozen=True, kw_only=True):
    """Enter that another act changed what the item lays down."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    amended_on: date


class RepealItem(Command, tag="repeal-item", frozen=True, kw_only=True):
    """Enter that the item is no longer in force."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    repealed_on: date
    kind: RepealKind


class RecordStep(Command, tag="record-step", frozen=True, kw_only=True):
    """Enter a dated step of the item's making."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    step: Step
    on: date


ItemCommand = (
    DraftItem
    | ReviseItem
    | ReviewCommand
    | PublishItem
    | UpdateItem
    | CorrectItem
    | ClassifyItem
    | WithdrawItem
    | RestoreItem
    | PutItemIntoEffect
    | AmendItem
    | RepealItem
    | RecordStep
    | PublicationCommand
)


# --- state ------------------------------------------------------------------------------------------------------------
class Item(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an item.

    `reviewed_on` is the day of the newest step of a review, `newest_on` that of the newest step before the public, and
    `shown_on` the day from which the public text has been shown without a break. `unpublished` is the conclusion that keeps
    the newest text from the public, `answer` what an authority said of that text.
    """

    agency: str
    mode: DisclosureMode
    made_on: date | None
    categories: tuple[Classification, ...]
    section: str | None
    source_id: str | None
    duty: PublicationDuty | None
    text: str
    review: Review | None
    reviewed_on: date | None
    clearance: Clearance | None
    unpublished: Unpublished | None
    answer: ReferralResult | None
    public_text: str | None
    channels: frozenset[str]
    published_on: date | None
    shown_on: date | None
    newest_on: date | None
    withdrawn_on: date | None
    # Channels that do not show it as they should; links as `kind target`; other index numbers with the day each began.
    broken: frozenset[str]
    links: frozenset[str]
    aliases: dict[str, date | None]


def decide(item: Item | None, command: ItemCommand, facts: Facts) -> tuple[ItemEvent, ...]:  # noqa: C901, PLR0911 - one arm a command
    """The events that fulfil the command, or `Refused`."""
    match command:
        case DraftItem():
            return (_drafted(item, command, facts),)
        case _ if item is None:
            raise Refused("ITM-002", item=command.item)
        case _ if isinstance(command, PublicationCommand):
            return (_of_publication(item, command, facts),)
        case ReviseItem():
            return _revised(item, facts)
        case (
            OpenReview()
            | PassReview()
            | ReturnReview()
            | ReferReview()
            | RecordReferralAnswer()
            | ConcludeReview()
            | DeclarePriorReview()
            | ReassessItem()
        ):
            return _reviewed(item, command, facts)
        case PublishItem():
            return (_published(item, command, facts),)
        case UpdateItem():
            _must_be_replaceable(item, on=command.updated_on, field="updated_on", facts=facts)
            return (ItemUpdated(updated_on=command.updated_on, text=item.text),)
        case CorrectItem():
            _must_be_replaceable(item, on=command.corrected_on, field="corrected_on", facts=facts)
            return (ItemCorrected(corrected_on=command.corrected_on, reason=command.reason, text=item.text),)
        case ClassifyItem():
            return (_classified(item, command, facts),)
        case WithdrawItem():
            _must_be_public(item)
            _must_not_precede(item.newest_on, on=command.withdrawn_on, field="withdrawn_on", facts=facts)
            return (ItemWithdrawn(withdrawn_on=command.withdrawn_on, ground=command.ground),)
        case RestoreItem():
            return (_restored(item, command, facts),)
        case PutItemIntoEffect():
            _must_have_been_published(item)
            return (ItemTookEffect(effective_on=command.effective_on),)
        case AmendItem():
            _must_have_been_published(item)
            return (ItemAmended(amended_on=command.amended_on),)
        case RepealItem():
            _must_have_been_published(item)
            return (ItemRepealed(repealed_on=command.repealed_on, kind=command.kind),)
        case RecordStep():
            _must_have_been_published(item)
            return (ItemStepRecorded(step=command.step, on=command.on),)
        case _:
            assert_never(command)


def evolve(item: Item | None, event: ItemEvent) -> Item:  # noqa: C901, PLR0911 - one arm an event
    """The item after the event."""
    if isinstance(event, ItemDrafted):
        return Item(
            agency=event.agency,
            mode=event.mode,
            made_on=event.made_on if isinstance(event.made_on, date) else None,
            categories=tuple(event.categories),
            section=event.section if isinstance(event.section, str) else None,
            source_id=event.source_id if isinstance(event.source_id, str) else None,
            duty=None if event.duty is UNSET else event.duty,
            text=event.text,
            review=None,
            reviewed_on=None,
            clearance=None,
            unpublished=None,
            answer=None,
            public_text=None,
            channels=frozenset(),
            published_on=None,
            shown_on=None,
            newest_on=None,
            withdrawn_on=None,
            broken=frozenset(),
            links=frozenset(),
            aliases={},
        )
    assert item is not None, "the first event of an item is its draft"
    if isinstance(event, PublicationEvent):
        return _after_publication(item, event)
    match event:
        case ItemRevised():
            return replace(item, text=event.text, review=None, clearance=None, unpublished=None, answer=None)
        case (
            ReviewOpened()
            | ReviewLevelPassed()
            | ReviewReturned()
            | ReviewReferred()
            | ReferralAnswered()
            | ReviewConcluded()
            | ReviewVoided()
            | PriorReviewDeclared()
            | ItemReassessed()
        ):
            return _after_review(item, event)
        case ItemPublished():
            return replace(
                item,
                public_text=event.text,
                channels=frozenset({event.channel}),
                published_on=event.published_on,
                shown_on=event.published_on,
                newest_on=event.published_on,
            )
        case PublicationAdded():
            assert item.newest_on is not None
            newest_on = max(item.newest_on, event.published_on)
            return replace(item, channels=item.channels | {event.channel}, newest_on=newest_on)
        case ItemUpdated():
            return replace(item, public_text=event.text, shown_on=event.updated_on, newest_on=event.updated_on)
        case ItemCorrected():
            return replace(item, public_text=event.text, shown_on=event.corrected_on, newest_on=event.corrected_on)
        case ItemClassified():
            others = tuple(known for known in item.categories if known.scheme != event.scheme)
            return replace(item, categories=(*others, Classification(scheme=event.scheme, code=event.code)))
        case ItemWithdrawn():
            return replace(item, withdrawn_on=event.withdrawn_on, newest_on=event.withdrawn_on)
        case ItemRestored():
            return replace(item, withdrawn_on=None, shown_on=event.restored_on, newest_on=event.restored_on)
        case ItemTookEffect() | ItemAmended() | ItemRepealed() | ItemStepRecorded():
            return item
        case _:
            assert_never(event)


# --- the arms ---------------------------------------------------------------------------------------------------------
def _drafted(item: Item | None, command: DraftItem, facts: Facts) -> ItemDrafted:
    if item is not None:
        raise Refused("ITM-001", item=command.item)
    agency = _agency(facts, command.agency)
    if agency.ended_on is not None:
        raise Refused("AGY-009", on=agency.ended_on)
    if command.made_on is not UNSET:
        _must_have_come(command.made_on, facts, field="made_on")
    if command.section is not UNSET and command.section not in agency.sections:
        raise Refused("ITM-003", field="section", code=command.section)
    made_on = None if command.made_on is UNSET else command.made_on
    if command.section is not UNSET and not has_section(agency, command.section, on=made_on):
        raise Refused("AGY-013", code=command.section)
    for category in command.categories:
        _must_be_category(agency, category.scheme, category.code)
    if len({category.scheme for category in command.categories}) != len(command.categories):
        raise Refused("ITM-004")
    return ItemDrafted(
        agency=command.agency,
        mode=command.mode,
        made_on=command.made_on,
        categories=command.categories,
        section=command.section,
        source_id=command.source_id,
        duty=command.duty,
        text=facts.seals["text"],
    )


def _revised(item: Item, facts: Facts) -> tuple[ItemEvent, ...]:
    revised = ItemRevised(text=facts.seals["text"])
    # A review whose text is public has done its work; what the public sees stays reviewed.
    waiting = item.clearance is not None and item.text != item.public_text
    return (revised, ReviewVoided(text=item.text)) if item.review is not None or waiting else (revised,)


# --- review -----------------------------------------------------------------------------------------------------------
def _reviewed(item: Item, command: ReviewCommand, facts: Facts) -> tuple[ItemEvent, ...]:  # noqa: PLR0911 - one arm a command
    match command:
        case OpenReview():
            return (_review_opened(item, command, facts),)
        case PassReview():
            return _level_passed(item, command, facts)
        case ReturnReview():
            _must_be_next_level(item, command, on=command.returned_on, field="returned_on", facts=facts)
            return (
                ReviewReturned(
                    level=command.level,
                    returned_on=command.returned_on,
                    reason=command.reason,
                    reviewer=command.reviewer,
                    text=item.text,
                ),
            )
        case ReferReview():
            if _open_review(item).referred:
                raise Refused("REV-002")
            _must_not_precede(item.reviewed_on, on=command.referred_on, field="referred_on", facts=facts)
            return (ReviewReferred(to=command.to, referred_on=command.referred_on, text=item.text),)
        case RecordReferralAnswer():
            if not _open_review(item).referred:
                raise Refused("REV-003")
            _must_not_precede(item.reviewed_on, on=command.answered_on, field="answered_on", facts=facts)
            return (ReferralAnswered(result=command.result, answered_on=command.answered_on, text=item.text),)
        case ConcludeReview():
            return (_concluded(item, command, facts),)
        case DeclarePriorReview():
            return (_prior_review(item, command, facts),)
        case ReassessItem():
            if item.unpublished is None:
                raise Refused("REV-007")
            _must_not_precede(item.reviewed_on, on=command.reassessed_on, field="reassessed_on", facts=facts)
            return (ItemReassessed(reassessed_on=command.reassessed_on, result=command.result, text=item.text),)
        case _:
            assert_never(command)


def _after_review(item: Item, event: ReviewEvent) -> Item:  # noqa: PLR0911 - one arm an event
    match event:
        case ReviewOpened():
            review = Review(levels=event.levels, passed=0)
            return replace(item, review=review, reviewed_on=event.opened_on, clearance=None)
        case ReviewLevelPassed():
            assert item.review is not None
            reviewers = item.review.reviewers | ({event.reviewer} if event.reviewer is not UNSET else frozenset())
            review = replace(item.review, passed=event.level, reviewers=reviewers)
            return replace(item, review=review, reviewed_on=event.passed_on)
        case ReviewReturned():
            return replace(item, review=None, reviewed_on=event.returned_on)
        case ReviewReferred():
            assert item.review is not None
            return replace(item, review=replace(item.review, referred=True), reviewed_on=event.referred_on)
        case ReferralAnswered():
            assert item.review is not None
            review = replace(item.review, referred=False)
            return replace(item, review=review, reviewed_on=event.answered_on, answer=event.result)
        case ReviewConcluded(conclusion="cleared"):
            return replace(item, review=None, clearance=Clearance(cleared_on=event.concluded_on, published_before=None))
        case ReviewConcluded():
            assert event.conclusion != "cleared"
            return replace(item, review=None, reviewed_on=event.concluded_on, unpublished=event.conclusion)
        case ReviewVoided():
            # The revision beside it has taken the case away.
            return item
        case PriorReviewDeclared():
            return replace(item, clearance=Clearance(cleared_on=None, published_before=event.published_before))
        case ItemReassessed():
            unpublished = None if event.result == "may-be-public" else item.unpublished
            return replace(item, unpublished=unpublished, reviewed_on=event.reassessed_on)
        case _:
            assert_never(event)


def _review_opened(item: Item, command: OpenReview, facts: Facts) -> ReviewOpened:
    _must_not_be_reviewed(item)
    _must_not_precede(item.reviewed_on, on=command.opened_on, field="opened_on", facts=facts)
    levels = levels_on(_agency(facts, item.agency), command.opened_on)
    if levels is None:
        raise Refused("ITM-007", on=command.opened_on)
    return ReviewOpened(levels=levels, opened_on=command.opened_on, text=item.text)


def _level_passed(item: Item, command: PassReview, facts: Facts) -> tuple[ItemEvent, ...]:
    review = _must_be_next_level(item, command, on=command.passed_on, field="passed_on", facts=facts)
    if item.answer in {"may-not-publish", "part"}:
        raise Refused("REV-004", code=item.answer)
    passed = ReviewLevelPassed(
        level=command.level, passed_on=command.passed_on, reviewer=command.reviewer, text=item.text
    )
    if command.level < review.levels:
        return (passed,)
    return (passed, ReviewConcluded(conclusion="cleared", concluded_on=command.passed_on, text=item.text))


def _concluded(item: Item, command: ConcludeReview, facts: Facts) -> ReviewConcluded:
    _must_be_next_level(item, command, on=command.concluded_on, field="concluded_on", facts=facts)
    if command.conclusion not in _CONCLUSIONS[item.answer]:
        raise Refused("REV-004", code=item.answer)
    # What is disclosed on request is decided with the request; only what is kept back has its ground here.
    if (command.ground is UNSET) != (command.conclusion == "on-request-only"):
        raise Refused("REV-005", code=command.conclusion)
    return ReviewConcluded(
        conclusion=command.conclusion,
        concluded_on=command.concluded_on,
        level=command.level,
        ground=command.ground,
        reviewer=command.reviewer,
        text=item.text,
    )


def _open_review(item: Item) -> Review:
    if item.review is None:
        raise Refused("ITM-008")
    return item.review


def _must_be_next_level(
    item: Item, command: PassReview | ReturnReview | ConcludeReview, *, on: date, field: str, facts: Facts
) -> Review:
    review = _open_review(item)
    if command.level != review.passed + 1:
        raise Refused("ITM-009", level=command.level, next=review.passed + 1)
    if review.referred:
        raise Refused("REV-002")
    if review.levels > 1 and command.reviewer is UNSET and not isinstance(command, ReturnReview):
        raise Refused("REV-008", level=command.level)
    if command.reviewer in review.reviewers:
        raise Refused("REV-001", code=command.reviewer, level=command.level)
    _must_not_precede(item.reviewed_on, on=on, field=field, facts=facts)
    return review


def _must_not_be_reviewed(item: Item) -> None:
    if item.review is not None:
        raise Refused("ITM-005")
    if item.clearance is not None:
        raise Refused("ITM-006")
    _must_not_be_unpublished(item)


def _must_not_be_unpublished(item: Item) -> None:
    if item.unpublished is not None:
        raise Refused("REV-006", code=item.unpublished)


def _prior_review(item: Item, command: DeclarePriorReview, facts: Facts) -> PriorReviewDeclared:
    _must_not_be_reviewed(item)
    before = _agency(facts, item.agency).prior_review_before
    if before is None:
        raise Refused("ITM-010")
    return PriorReviewDeclared(published_before=before, basis=command.basis, text=item.text)


# --- publication ------------------------------------------------------------------------------------------------------
def _published(item: Item, command: PublishItem, facts: Facts) -> ItemPublished | PublicationAdded:
    must_show_on(_agency(facts, item.agency), command.channel, on=command.published_on)
    _must_have_come(command.published_on, facts, field="published_on")
    if item.published_on is None:
        _must_be_cleared(item, on=command.published_on, field="published_on")
        return ItemPublished(
            agency=item.agency,
            mode=item.mode,
            made_on=item.made_on or UNSET,
            categories=list(item.categories),
            section=item.section or UNSET,
            source_id=item.source_id or UNSET,
            duty=item.duty or UNSET,
            channel=command.channel,
            published_on=command.published_on,
            text=item.text,
            link=facts.seals["link"],
        )
    _must_be_public(item)
    if command.channel in item.channels:
        raise Refused("ITM-012", channel=command.channel)
    _must_not_precede(item.shown_on, on=command.published_on, field="published_on", facts=facts)
    assert item.public_text is not None, "a published item has a public text"
    return PublicationAdded(
        channel=command.channel,
        published_on=command.published_on,
        text=item.public_text,
        link=facts.seals["link"],
    )


def _must_be_cleared(item: Item, *, on: date, field: str) -> None:
    _must_not_be_unpublished(item)
    if item.clearance is None:
        raise Refused("ITM-013")
    if item.clearance.cleared_on is not None and on < item.clearance.cleared_on:
        raise Refused("DAT-002", field=field, on=on, earliest=item.clearance.cleared_on)
    if item.clearance.published_before is not None and on >= item.clearance.published_before:
        raise Refused("ITM-014", on=on, before=item.clearance.published_before)


def _must_be_replaceable(item: Item, *, on: date, field: str, facts: Facts) -> None:
    _must_be_public(item)
    if item.text == item.public_text:
        raise Refused("ITM-015")
    _must_not_precede(item.newest_on, on=on, field=field, facts=facts)
    _must_be_cleared(item, on=on, field=field)


def _classified(item: Item, command: ClassifyItem, facts: Facts) -> ItemClassified:
    _must_be_category(_agency(facts, item.agency), command.scheme, command.code)
    if Classification(scheme=command.scheme, code=command.code) in item.categories:
        raise Refused("ITM-016", scheme=command.scheme, code=command.code)
    if len({known.scheme for known in item.categories} | {command.scheme}) > MAX_CATEGORIES:
        raise Refused("ITM-021", limit=MAX_CATEGORIES)
    return ItemClassified(scheme=command.scheme, code=command.code)


def _restored(item: Item, command: RestoreItem, facts: Facts) -> ItemRestored:
    if item.withdrawn_on is None:
        raise Refused("ITM-017")
    _must_not_precede(item.withdrawn_on, on=command.restored_on, field="restored_on", facts=facts)
    return ItemRestored(restored_on=command.restored_on)


def _of_publication(item: Item, command: PublicationCommand, facts: Facts) -> PublicationEvent:  # noqa: C901, PLR0911 - one arm a command
    match command:
        case ExplainDelay(explained_on=on):
            if item.made_on is None:
                raise Refused("ITM-022")
            must_follow(on, item.made_on, facts, field="explained_on")
            return DelayExplained(reason=command.reason, explained_on=on)
        case ReportUnreachable(channel=channel, found_on=on) | ReportAltered(channel=channel, found_on=on):
            _must_be_shown_on(item, channel, on, facts, field="found_on")
            if channel in item.broken:
                raise Refused("ITM-023", channel=channel)
            if isinstance(command, ReportAltered):
                return PublicationFoundAltered(channel=channel, found_on=on)
            return PublicationFoundUnreachable(channel=channel, found_on=on)
        case MendPublication(channel=channel, mended_on=on):
            if channel not in item.broken:
                raise Refused("ITM-024", channel=channel)
            must_have_come(on, facts, field="mended_on")
            return PublicationMended(channel=channel, mended_on=on)
        case ChangeUrl(channel=channel, changed_on=on):
            _must_be_shown_on(item, channel, on, facts, field="changed_on")
            return PublicationUrlChanged(channel=channel, changed_on=on, link=facts.seals["link"])
        case LinkItem(kind=kind, target=target):
            _must_have_been_published(item)
            if target == command.item:
                raise Refused("ITM-025")
            other = facts.state_of(target, Item)
            if other is None or other.published_on is None:
                raise Refused("ITM-026", target=target)
            if f"{kind} {target}" in item.links:
                raise Refused("ITM-027", kind=kind, target=target)
            return ItemLinked(kind=kind, target=target)
        case UnlinkItem(kind=kind, target=target):
            if f"{kind} {target}" not in item.links:
                raise Refused("ITM-028", kind=kind, target=target)
            return ItemUnlinked(kind=kind, target=target)
        case AssignIndexNumber(alias=alias, assigned_on=on):
            _must_have_been_published(item)
            must_have_come(on, facts, field="assigned_on")
            if str(alias) in item.aliases:
                raise Refused("ITM-029", alias=alias)
            return IndexNumberAssigned(alias=alias, assigned_on=on, text=facts.seals["text"])
        case EndIndexNumber(alias=alias, ended_on=on):
            since = item.aliases.get(str(alias))
            if since is None:
                raise Refused("ITM-030", alias=alias)
            must_follow(on, since, facts, field="ended_on")
            return IndexNumberEnded(alias=alias, ended_on=on)
        case DeliverItem(delivered_on=on):
            _must_be_public(item)
            assert item.published_on is not None, "a public item was published"
            must_follow(on, item.published_on, facts, field="delivered_on")
            return ItemDelivered(holder=command.holder, delivered_on=on)
        case _:
            assert_never(command)


def _after_publication(item: Item, event: PublicationEvent) -> Item:  # noqa: PLR0911 - one arm an event
    match event:
        case PublicationFoundUnreachable() | PublicationFoundAltered():
            return replace(item, broken=item.broken | {event.channel})
        case PublicationMended():
            return replace(item, broken=item.broken - {event.channel})
        case ItemLinked():
            return replace(item, links=item.links | {f"{event.kind} {event.target}"})
        case ItemUnlinked():
            return replace(item, links=item.links - {f"{event.kind} {event.target}"})
        case IndexNumberAssigned():
            return replace(item, aliases=item.aliases | {str(event.alias): event.assigned_on})
        case IndexNumberEnded():
            return replace(item, aliases=item.aliases | {str(event.alias): None})
        case DelayExplained() | PublicationUrlChanged() | ItemDelivered():
            return item
        case _:
            assert_never(event)


def _must_be_shown_on(item: Item, channel: str, on: date, facts: Facts, *, field: str) -> None:
    _must_be_public(item)
    if channel not in item.channels:
        raise Refused("ITM-031", channel=channel)
    assert item.published_on is not None, "a public item was published"
    must_follow(on, item.published_on, facts, field=field)


def _agency(facts: Facts, agency: str) -> Agency:
    if facts.agency is None:
        raise Refused("AGY-002", agency=agency)
    return facts.agency


def _must_be_category(agency: Agency, scheme: str, code: str) -> None:
    known = agency.schemes.get(scheme)
    if known is None or code not in known.codes:
        raise Refused("ITM-018", scheme=scheme, code=code)
    if code in known.retired:
        raise Refused("AGY-016", scheme=scheme, code=code)


def _must_have_been_published(item: Item) -> None:
    if item.published_on is None:
        raise Refused("ITM-019")


def _must_be_public(item: Item) -> None:
    _must_have_been_published(item)
    if item.withdrawn_on is not None:
        raise Refused("ITM-020", on=item.withdrawn_on)


def _must_not_precede(earliest: date | None, *, on: date, field: str, facts: Facts) -> None:
    if earliest is not None and on < earliest:
        raise Refused("DAT-002", field=field, on=on, earliest=earliest)
    _must_have_come(on, facts, field=field)


def _must_have_come(on: date, facts: Facts, *, field: str) -> None:
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)
