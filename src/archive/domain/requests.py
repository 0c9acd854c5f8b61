"""A request (依申请公开): received, registered, replied to, the reply delivered, closed.

Rules
- Nothing about who asked or what was written stands in an entry: dates, codes and the register's number only.
- The steps come in this order, and no step is dated before the one it follows.
- The reply is decided, and it is delivered: two different days, and late delivery is a late reply
  (delivery interpretation 国办公开办函〔2016〕235号).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import Meta, Struct
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Command, Event, RequestId, RequestNumber
from archive.domain.errors import Refused
from archive.domain.facts import Facts

ReceiptChannel = Literal["in-person", "fax", "online", "letter"]
ApplicantKind = Literal[
    "natural-person",
    "commercial-enterprise",
    "research-institution",
    "public-welfare-organization",
    "legal-service-institution",
    "other-organization",
]
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
DeliveryMethod = Literal["in-person", "post", "online", "fax", "email"]
Outcomes = Annotated[list[Outcome], Meta(min_length=1, max_length=22)]


# --- events -----------------------------------------------------------------------------------------------------------
class RequestReceived(Event, frozen=True, kw_only=True):
    """A request came in; the day is fixed by its channel (Order 711, art. 31)."""

    TYPE: ClassVar[str] = "request-received"

    agency: AgencyId
    received_on: date
    channel: ReceiptChannel
    applicant_kind: ApplicantKind


class RequestRegistered(Event, frozen=True, kw_only=True):
    """The request has a number in the agency's register (Order 711, art. 45)."""

    TYPE: ClassVar[str] = "request-registered"

    registered_on: date
    number: RequestNumber


class ReplyDecided(Event, frozen=True, kw_only=True):
    """The agency decided its reply; a request of several parts has several outcomes and is counted once."""

    TYPE: ClassVar[str] = "reply-decided"

    decided_on: date
    outcomes: Outcomes


class ReplyDelivered(Event, frozen=True, kw_only=True):
    """The reply reached the applicant or was posted to him."""

    TYPE: ClassVar[str] = "reply-delivered"

    delivered_on: date
    method: DeliveryMethod


class RequestClosed(Event, frozen=True, kw_only=True):
    """The file of the request is closed."""

    TYPE: ClassVar[str] = "request-closed"

    closed_on: date


RequestEvent = RequestReceived | RequestRegistered | ReplyDecided | ReplyDelivered | RequestClosed


# --- commands ---------------------------------------------------------------------------------------------------------
class ReceiveRequest(Command, tag="receive-request", frozen=True, kw_only=True):
    """Enter a request that came in."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    agency: AgencyId
    received_on: date
    channel: ReceiptChannel
    applicant_kind: ApplicantKind


class RegisterRequest(Command, tag="register-request", frozen=True, kw_only=True):
    """Give the request its number."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    registered_on: date
    number: RequestNumber


class DecideReply(Command, tag="decide-reply", frozen=True, kw_only=True):
    """Enter what the agency decided."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    decided_on: date
    outcomes: Outcomes


class DeliverReply(Command, tag="deliver-reply", frozen=True, kw_only=True):
    """Enter that the reply was delivered."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    delivered_on: date
    method: DeliveryMethod


class CloseRequest(Command, tag="close-request", frozen=True, kw_only=True):
    """Close the file."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    closed_on: date


RequestCommand = ReceiveRequest | RegisterRequest | DecideReply | DeliverReply | CloseRequest


# --- state ------------------------------------------------------------------------------------------------------------
class Request(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a request: where it stands, and the day of its newest step."""

    agency: str
    stage: Literal["received", "registered", "decided", "delivered", "closed"]
    newest_on: date


def decide(request: Request | None, command: RequestCommand, facts: Facts) -> tuple[RequestEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case ReceiveRequest():
            if request is not None:
                raise Refused("REQ-001", request=command.request)
            if facts.agency is None:
                raise Refused("AGY-002", agency=command.agency)
            if command.received_on > facts.today:
                raise Refused("DAT-001", field="received_on", on=command.received_on, today=facts.today)
            return (
                RequestReceived(
                    agency=command.agency,
                    received_on=command.received_on,
                    channel=command.channel,
                    applicant_kind=command.applicant_kind,
                ),
            )
        case _ if request is None:
            raise Refused("REQ-002", request=command.request)
        case RegisterRequest():
            _must_follow(request, "received", on=command.registered_on, field="registered_on", facts=facts)
            return (RequestRegistered(registered_on=command.registered_on, number=command.number),)
        case DecideReply():
            _must_follow(request, "registered", on=command.decided_on, field="decided_on", facts=facts)
            if len(set(command.outcomes)) != len(command.outcomes):
                raise Refused("REQ-004")
            return (ReplyDecided(decided_on=command.decided_on, outcomes=command.outcomes),)
        case DeliverReply():
            _must_follow(request, "decided", on=command.delivered_on, field="delivered_on", facts=facts)
            return (ReplyDelivered(delivered_on=command.delivered_on, method=command.method),)
        case CloseRequest():
            _must_follow(request, "delivered", on=command.closed_on, field="closed_on", facts=facts)
            return (RequestClosed(closed_on=command.closed_on),)
        case _:
            assert_never(command)


def evolve(request: Request | None, event: RequestEvent) -> Request:
    """The request after the event."""
    if isinstance(event, RequestReceived):
        return Request(agency=event.agency, stage="received", newest_on=event.received_on)
    assert request is not None, "the first event of a request is its receipt"
    match event:
        case RequestRegistered():
            return replace(request, stage="registered", newest_on=event.registered_on)
        case ReplyDecided():
            return replace(request, stage="decided", newest_on=event.decided_on)
        case ReplyDelivered():
            return replace(request, stage="delivered", newest_on=event.delivered_on)
        case RequestClosed():
            return replace(request, stage="closed", newest_on=event.closed_on)
        case _:
            assert_never(event)


def _must_follow(request: Request, stage: str, *, on: date, field: str, facts: Facts) -> None:
    if request.stage != stage:
        raise Refused("REQ-003", stage=request.stage, expected=stage)
    if on < request.newest_on:
        raise Refused("DAT-002", field=field, on=on, earliest=request.newest_on)
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)
