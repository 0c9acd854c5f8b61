"""What opens, orders and ends a request: receipt, registration, section, correction, withdrawal, the closed file.

The rules are in `requests.py`. Articles are of the Regulations on Open Government Information, Order 711 of 2019.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from archive.domain.codes import AgencyId, Code, Command, Event, RequestId, RequestNumber, Seal, Text

ReceiptChannel = Literal["in-person", "fax", "online", "letter"]
# How art. 31 fixes the day of receipt: handed in; signed for; the day of confirmation; or the day on which it came in,
# until the confirmation fixes another.
ReceiptBasis = Literal["handed-in", "signed-for", "confirmed", "awaits-confirmation"]
ApplicantKind = Literal[
    "natural-person",
    "commercial-enterprise",
    "research-institution",
    "public-welfare-organization",
    "legal-service-institution",
    "other-organization",
]
WantedForm = Literal["paper", "electronic", "inspection", "other"]
DeliveryMethod = Literal["in-person", "post", "online", "fax", "email"]
CoApplicants = Annotated[int, Meta(ge=0, le=10_000)]
CoApplicantKinds = Annotated[list[ApplicantKind], Meta(min_length=1, max_length=6)]


# --- text -------------------------------------------------------------------------------------------------------------
class ApplicantText(Text, frozen=True, kw_only=True):
    """Who asks: for the file alone, never public (art. 29: name, proof of identity, contact)."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    identity: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    contact: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    co_applicant_names: (
        Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=200)] | UnsetType
    ) = UNSET


class RequestText(Text, frozen=True, kw_only=True):
    """What is asked for, and under Order 492, art. 13, for what need. The wording often tells who asks."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]
    purpose: Annotated[str, Meta(min_length=1, max_length=2000)] | UnsetType = UNSET


class CorrectionText(Text, frozen=True, kw_only=True):
    """What the notice says must be put right, and why."""

    points: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class RequestReceivedV1(Event, frozen=True, kw_only=True):
    """A request came in; the day is fixed by its channel (Order 711, art. 31)."""

    TYPE: ClassVar[str] = "request-received"

    agency: AgencyId
    received_on: date
    channel: ReceiptChannel
    applicant_kind: ApplicantKind


class RequestReceived(Event, frozen=True, kw_only=True):
    """A request came in, by one applicant or several; it is counted under the kind of the first (art. 29, art. 31).

    A receipt of version 1 has no seals: nobody had asked who and what.
    """

    TYPE: ClassVar[str] = "request-received"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("person", "text")

    agency: AgencyId
    received_on: date
    receipt: ReceiptBasis | UnsetType = UNSET
    channel: ReceiptChannel
    applicant_kind: ApplicantKind
    co_applicants: CoApplicants
    co_applicant_kinds: CoApplicantKinds | UnsetType = UNSET
    wanted_form: WantedForm | UnsetType = UNSET
    wanted_way: DeliveryMethod | UnsetType = UNSET
    person: Seal | UnsetType
    text: Seal | UnsetType


class RequestReceiptConfirmed(Event, frozen=True, kw_only=True):
    """The agency confirmed the receipt, which is now the day of receipt (art. 31: ordinary letter, internet, fax)."""

    TYPE: ClassVar[str] = "request-receipt-confirmed"

    confirmed_on: date
    channel: ReceiptChannel


class RequestRegistered(Event, frozen=True, kw_only=True):
    """The request has a number in the agency's register (Order 711, art. 45)."""

    TYPE: ClassVar[str] = "request-registered"

    registered_on: date
    number: RequestNumber


class RequestAssigned(Event, frozen=True, kw_only=True):
    """A section is to prepare the reply (art. 45)."""

    TYPE: ClassVar[str] = "request-assigned"

    assigned_on: date
    section: Code


class CorrectionRequested(Event, frozen=True, kw_only=True):
    """The applicant was told, once for all, what to put right and until when (art. 30: within 7 working days)."""

    TYPE: ClassVar[str] = "correction-requested"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    requested_on: date
    due_on: date
    text: Seal


class CorrectionReceived(Event, frozen=True, kw_only=True):
    """The corrected request came in; the period of the reply starts anew (art. 30)."""

    TYPE: ClassVar[str] = "correction-received"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    received_on: date
    text: Seal


class CorrectionLapsed(Event, frozen=True, kw_only=True):
    """No correction came in time and no good reason is known: the request counts as given up (art. 30)."""

    TYPE: ClassVar[str] = "correction-lapsed"

    lapsed_on: date


class RequestWithdrawn(Event, frozen=True, kw_only=True):
    """The applicant withdrew the request."""

    TYPE: ClassVar[str] = "request-withdrawn"

    withdrawn_on: date


class RequestClosed(Event, frozen=True, kw_only=True):
    """The file of the request is closed."""

    TYPE: ClassVar[str] = "request-closed"

    closed_on: date


IntakeEvent = (
    RequestReceived
    | RequestReceiptConfirmed
    | RequestRegistered
    | RequestAssigned
    | CorrectionRequested
    | CorrectionReceived
    | CorrectionLapsed
    | RequestWithdrawn
    | RequestClosed
)


def received_v2(event: RequestReceivedV1) -> RequestReceived:
    """The receipt of version 1 as version 2 says it: one applicant; how the day was fixed, who and what are not known."""
    return RequestReceived(
        agency=event.agency,
        received_on=event.received_on,
        channel=event.channel,
        applicant_kind=event.applicant_kind,
        co_applicants=0,
        person=UNSET,
        text=UNSET,
    )


# --- commands ---------------------------------------------------------------------------------------------------------
class ReceiveRequest(Command, tag="receive-request", frozen=True, kw_only=True):
    """Enter a request that came in."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("person", "text")

    request: RequestId
    agency: AgencyId
    received_on: date
    receipt: ReceiptBasis | UnsetType = UNSET
    channel: ReceiptChannel
    applicant_kind: ApplicantKind
    co_applicants: CoApplicants | UnsetType = UNSET
    co_applicant_kinds: CoApplicantKinds | UnsetType = UNSET
    wanted_form: WantedForm | UnsetType = UNSET
    wanted_way: DeliveryMethod | UnsetType = UNSET
    person: ApplicantText | UnsetType = UNSET
    text: RequestText | UnsetType = UNSET


class ConfirmReceipt(Command, tag="confirm-receipt", frozen=True, kw_only=True):
    """Enter the day on which the receipt was confirmed."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    confirmed_on: date


class RegisterRequest(Command, tag="register-request", frozen=True, kw_only=True):
    """Give the request its number."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    registered_on: date
    number: RequestNumber


class AssignRequest(Command, tag="assign-request", frozen=True, kw_only=True):
    """Give the request to a section."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    assigned_on: date
    section: Code


class DemandCorrection(Command, tag="demand-correction", frozen=True, kw_only=True):
    """Enter the notice that asks for a correction."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    requested_on: date
    due_on: date
    text: CorrectionText | UnsetType = UNSET


class ReceiveCorrection(Command, tag="receive-correction", frozen=True, kw_only=True):
    """Enter the corrected request."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    received_on: date
    text: RequestText | UnsetType = UNSET


class LapseCorrection(Command, tag="lapse-correction", frozen=True, kw_only=True):
    """Enter that no correction came in time."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    lapsed_on: date


class WithdrawRequest(Command, tag="withdraw-request", frozen=True, kw_only=True):
    """Enter that the applicant withdrew the request."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    withdrawn_on: date


class CloseRequest(Command, tag="close-request", frozen=True, kw_only=True):
    """Close the file."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    closed_on: date


IntakeCommand = (
    ReceiveRequest
    | ConfirmReceipt
    | RegisterRequest
    | AssignRequest
    | DemandCorrection
    | ReceiveCorrection
    | LapseCorrection
    | WithdrawRequest
    | CloseRequest
)
