"""A consultation (征求意见): a draft is shown to the public, comments come in, the agency says what it took up.

Rules
- Since 2019-09-01 the draft of a major decision is open for at least 30 days; where it is shorter, the reason is given
  (重大行政决策程序暂行条例, Order 713, art. 15).
- It closes on the day that was announced or later, never before.
- Feedback follows the end, and takes up no more comments than came in.
- Title, address and feedback were published, so they are public. Comments themselves are not kept here.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import AgencyId, Command, ConsultationId, Event, ItemId, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.items import Item

ShortReason = Literal["urgent", "law-allows", "superior-deadline"]
Comments = Annotated[int, Meta(ge=0, le=10_000_000)]

MAJOR_DAYS: Final = 30
MAJOR_DAYS_FROM: Final = date(2019, 9, 1)


# --- text -------------------------------------------------------------------------------------------------------------
class ConsultationText(Text, frozen=True, kw_only=True):
    """What the public is asked about, and where."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


class FeedbackText(Text, frozen=True, kw_only=True):
    """What was taken up of the comments, what was not, and why."""

    summary: Annotated[str, Meta(min_length=1, max_length=8000)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class ConsultationOpened(Event, frozen=True, kw_only=True):
    """The public may comment on a draft, up to and with `closes_on`."""

    TYPE: ClassVar[str] = "consultation-opened"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    opened_on: date
    closes_on: date
    major: bool
    short_reason: ShortReason | UnsetType = UNSET
    item: ItemId | UnsetType = UNSET
    text: Seal


class ConsultationClosed(Event, frozen=True, kw_only=True):
    """No more comments are taken; so many came in."""

    TYPE: ClassVar[str] = "consultation-closed"

    closed_on: date
    comments: Comments


class ConsultationFeedbackPublished(Event, frozen=True, kw_only=True):
    """The agency said in public what it took up."""

    TYPE: ClassVar[str] = "consultation-feedback-published"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    published_on: date
    adopted: Comments
    text: Seal


ConsultationEvent = ConsultationOpened | ConsultationClosed | ConsultationFeedbackPublished


# --- commands ---------------------------------------------------------------------------------------------------------
class OpenConsultation(Command, tag="open-consultation", frozen=True, kw_only=True):
    """Enter that the public is asked about a draft."""

    STREAM: ClassVar[str] = "consultation"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)
    REFERS: ClassVar[tuple[str, ...]] = ("item",)

    consultation: ConsultationId
    agency: AgencyId
    opened_on: date
    closes_on: date
    major: bool
    short_reason: ShortReason | UnsetType = UNSET
    item: ItemId | UnsetType = UNSET
    text: ConsultationText


class CloseConsultation(Command, tag="close-consultation", frozen=True, kw_only=True):
    """Enter the end of a consultation and the number of comments."""

    STREAM: ClassVar[str] = "consultation"

    consultation: ConsultationId
    closed_on: date
    comments: Comments


class PublishFeedback(Command, tag="publish-feedback", frozen=True, kw_only=True):
    """Enter the published feedback."""

    STREAM: ClassVar[str] = "consultation"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    consultation: ConsultationId
    published_on: date
    adopted: Comments
    text: FeedbackText


ConsultationCommand = OpenConsultation | CloseConsultation | PublishFeedback


# --- state ------------------------------------------------------------------------------------------------------------
class Consultation(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a consultation; `comments` is None while it is open."""

    agency: str
    closes_on: date
    closed_on: date | None
    comments: int | None
    feedback_on: date | None


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(
    consultation: Consultation | None, command: ConsultationCommand, facts: Facts
) -> tuple[ConsultationEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case OpenConsultation():
            if consultation is not None:
                raise Refused("CSL-001", consultation=command.consultation)
            return (_opened(command, facts),)
        case _ if consultation is None:
            raise Refused("CSL-002", consultation=command.consultation)
        case CloseConsultation(closed_on=on):
            if consultation.closed_on is not None:
                raise Refused("CSL-006", on=consultation.closed_on)
            must_follow(on, consultation.closes_on, facts, field="closed_on")
            return (ConsultationClosed(closed_on=on, comments=command.comments),)
        case PublishFeedback(published_on=on):
            if consultation.closed_on is None or consultation.comments is None:
                raise Refused("CSL-007", closes_on=consultation.closes_on)
            if consultation.feedback_on is not None:
                raise Refused("CSL-008", on=consultation.feedback_on)
            if command.adopted > consultation.comments:
                raise Refused("CSL-009", adopted=command.adopted, comments=consultation.comments)
            must_follow(on, consultation.closed_on, facts, field="published_on")
            return (ConsultationFeedbackPublished(published_on=on, adopted=command.adopted, text=facts.seals["text"]),)
        case _:
            assert_never(command)


def _opened(command: OpenConsultation, facts: Facts) -> ConsultationOpened:
    acting(facts, command.agency, on=command.opened_on)
    must_have_come(command.opened_on, facts, field="opened_on")
    if command.closes_on < command.opened_on:
        raise Refused("CSL-003", closes_on=command.closes_on, opened_on=command.opened_on)
    if command.item is not UNSET:
        item = facts.state_of(command.item, Item)
        if item is None:
            raise Refused("ITM-002", item=command.item)
        if item.agency != command.agency:
            raise Refused("CSL-005", item=command.item, agency=command.agency)
    bound = command.major and command.opened_on >= MAJOR_DAYS_FROM
    earliest = command.opened_on + timedelta(days=MAJOR_DAYS) if bound else command.opened_on
    if command.closes_on < earliest and command.short_reason is UNSET:
        raise Refused("CSL-004", days=MAJOR_DAYS, closes_on=command.closes_on, earliest=earliest)
    return ConsultationOpened(
        agency=command.agency,
        opened_on=command.opened_on,
        closes_on=command.closes_on,
        major=command.major,
        short_reason=command.short_reason,
        item=command.item,
        text=facts.seals["text"],
    )


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(consultation: Consultation | None, event: ConsultationEvent) -> Consultation:
    """The consultation after the event."""
    match event:
        case ConsultationOpened():
            return Consultation(
                agency=event.agency, closes_on=event.closes_on, closed_on=None, comments=None, feedback_on=None
            )
        case _ if consultation is None:
            raise AssertionError("the first event of a consultation is its opening")
        case ConsultationClosed(closed_on=on):
            return replace(consultation, closed_on=on, comments=event.comments)
        case ConsultationFeedbackPublished(published_on=on):
            return replace(consultation, feedback_on=on)
        case _:
            assert_never(event)
