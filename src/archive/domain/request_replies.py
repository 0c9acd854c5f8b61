"""The reply to a request and what may follow it: decided, dispatched, delivered, supplemented; conversion; records.

The rules are in `requests.py`. Articles are of the Regulations on Open Government Information, Order 711 of 2019.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from archive.domain.codes import Command, Event, ItemId, RequestId, Seal, Text
from archive.domain.request_intake import DeliveryMethod

# Finer than any form, so that each form is a projection. What ends a request without a reply is an event of its own:
# `correction-lapsed`, `fee-lapsed`, `request-withdrawn`.
Outcome = Literal[
    "already-public",
    "granted",
    "severed",
    "state-secret",
    "law-forbids",
    "three-securities",
    "trade-secret",
    "personal-privacy",
    "internal-affairs",
    "process-info",
    "enforcement-file",
    "statutory-inquiry",
    "not-exist",
    "not-this-agency",
    "needs-creation",
    "unclear-after-correction",
    "petition",
    "repeat",
    "publication",
    "mass",
    "reconfirm",
    "other",
]
Outcomes = Annotated[list[Outcome], Meta(min_length=1, max_length=22)]
RecordCorrectionResult = Literal["corrected", "transferred", "refused"]


# --- text -------------------------------------------------------------------------------------------------------------
class ReplyText(Text, frozen=True, kw_only=True):
    """The number of the reply's document, which leads to a person: for the file alone."""

    document_number: Annotated[str, Meta(min_length=1, max_length=200)]


class RecordText(Text, frozen=True, kw_only=True):
    """Which record about himself somebody says is wrong: never public."""

    record: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class ReplyDecidedV1(Event, frozen=True, kw_only=True):
    """The agency decided its reply; a request of several parts has several outcomes and is counted once."""

    TYPE: ClassVar[str] = "reply-decided"

    decided_on: date
    outcomes: Outcomes


class ReplyDecided(Event, frozen=True, kw_only=True):
    """The agency decided its reply; a request of several parts has several outcomes and is counted once (art. 36, 37).

    A decision of version 1 has no seal: its document had no number here.
    """

    TYPE: ClassVar[str] = "reply-decided"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    decided_on: date
    outcomes: Outcomes
    text: Seal | UnsetType


class ReplyDispatched(Event, frozen=True, kw_only=True):
    """The reply left the agency; what is posted is in time on this day (国办公开办函〔2016〕235号)."""

    TYPE: ClassVar[str] = "reply-dispatched"

    dispatched_on: date
    method: DeliveryMethod


class ReplyDelivered(Event, frozen=True, kw_only=True):
    """The reply reached the applicant or was posted to him."""

    TYPE: ClassVar[str] = "reply-delivered"

    delivered_on: date
    method: DeliveryMethod


class ReplySupplemented(Event, frozen=True, kw_only=True):
    """The agency added to its reply; the request stays counted once, by its first reply."""

    TYPE: ClassVar[str] = "reply-supplemented"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    supplemented_on: date
    outcomes: Outcomes
    text: Seal


class RequestConvertedToProactive(Event, frozen=True, kw_only=True):
    """What was asked for is now disclosed to everybody, as this item (art. 44)."""

    TYPE: ClassVar[str] = "request-converted-to-proactive"

    converted_on: date
    item: ItemId


class RecordCorrectionRequested(Event, frozen=True, kw_only=True):
    """The applicant showed that a record about himself is wrong and asked to have it put right (art. 41)."""

    TYPE: ClassVar[str] = "record-correction-requested"
    SEALS: ClassVar[tuple[str, ...]] = ("person",)

    requested_on: date
    person: Seal


class RecordCorrectionHandled(Event, frozen=True, kw_only=True):
    """The record was put right, or handed to the agency that may do so, or stays as it is; he was told (art. 41)."""

    TYPE: ClassVar[str] = "record-correction-handled"

    handled_on: date
    result: RecordCorrectionResult


ReplyEvent = (
    ReplyDecided
    | ReplyDispatched
    | ReplyDelivered
    | ReplySupplemented
    | RequestConvertedToProactive
    | RecordCorrectionRequested
    | RecordCorrectionHandled
)


def decided_v2(event: ReplyDecidedV1) -> ReplyDecided:
    """The decision of version 1 as version 2 says it."""
    return ReplyDecided(decided_on=event.decided_on, outcomes=event.outcomes, text=UNSET)


# --- commands ---------------------------------------------------------------------------------------------------------
class DecideReply(Command, tag="decide-reply", frozen=True, kw_only=True):
    """Enter what the agency decided."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    decided_on: date
    outcomes: Outcomes
    text: ReplyText | UnsetType = UNSET


class DispatchReply(Command, tag="dispatch-reply", frozen=True, kw_only=True):
    """Enter that the reply left the agency."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    dispatched_on: date
    method: DeliveryMethod


class DeliverReply(Command, tag="deliver-reply", frozen=True, kw_only=True):
    """Enter that the reply was delivered."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    delivered_on: date
    method: DeliveryMethod


class SupplementReply(Command, tag="supplement-reply", frozen=True, kw_only=True):
    """Enter an addition to the reply."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    supplemented_on: date
    outcomes: Outcomes
    text: ReplyText | UnsetType = UNSET


class ConvertRequestToProactive(Command, tag="convert-request-to-proactive", frozen=True, kw_only=True):
    """Enter that what was asked for is disclosed to everybody."""

    STREAM: ClassVar[str] = "request"
    REFERS: ClassVar[tuple[str, ...]] = ("item",)

    request: RequestId
    converted_on: date
    item: ItemId


class ReceiveRecordCorrection(Command, tag="receive-record-correction", frozen=True, kw_only=True):
    """Enter that the applicant asked to have a record about himself put right."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("person",)

    request: RequestId
    requested_on: date
    person: RecordText | UnsetType = UNSET


class HandleRecordCorrection(Command, tag="handle-record-correction", frozen=True, kw_only=True):
    """Enter what became of the record."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    handled_on: date
    result: RecordCorrectionResult


ReplyCommand = (
    DecideReply
    | DispatchReply
    | DeliverReply
    | SupplementReply
    | ConvertRequestToProactive
    | ReceiveRecordCorrection
    | HandleRecordCorrection
)
