"""What happens on the way to a reply: third parties, other agencies, extension, reasons, fee, search.

The rules are in `requests.py`. Articles are of the Regulations on Open Government Information, Order 711 of 2019.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from archive.domain.codes import AgencyId, Command, Event, RequestId, Seal, Text

# Those who are consulted are told apart by a number within the request: nobody is named in an entry.
Party = Annotated[int, Meta(ge=1, le=999)]
ThirdPartyAnswer = Literal["consents", "consents-in-part", "refuses-with-reasons", "refuses-without-reasons"]
CoAgencyAnswer = Literal["consents", "consents-in-part", "refuses"]
# Who consented to an extension (art. 33; Order 492, art. 24: the head of the office for open government information).
ConsentRole = Literal["information-office-head", "agency-deputy-head", "agency-head"]
# 国办函〔2020〕109号: by the request or by the page; Order 492, art. 27: the cost of search, copies and post.
FeeBasis = Literal["per-request", "per-page", "cost"]
FeeCount = Annotated[int, Meta(ge=1, le=1_000_000)]
Fen = Annotated[int, Meta(ge=1, le=10_000_000_000)]
WorkingDays = Annotated[int, Meta(ge=1, le=366)]
SearchPlace = Literal["archive-room", "office-system", "section-files", "website", "state-archive", "other"]
SearchPlaces = Annotated[list[SearchPlace], Meta(min_length=1, max_length=6)]


# --- text -------------------------------------------------------------------------------------------------------------
class ThirdPartyText(Text, frozen=True, kw_only=True):
    """Who was asked whether a disclosure would harm him: never public."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    contact: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class OpinionText(Text, frozen=True, kw_only=True):
    """What a third party answered: never public."""

    opinion: Annotated[str, Meta(min_length=1, max_length=8000)]


class CoAgencyText(Text, frozen=True, kw_only=True):
    """The agency that was asked, by name."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


class CoAgencyAnswerText(Text, frozen=True, kw_only=True):
    """What the other agency answered."""

    opinion: Annotated[str, Meta(min_length=1, max_length=8000)]


class SearchText(Text, frozen=True, kw_only=True):
    """The words that were looked for, and what else the searcher noted."""

    terms: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(min_length=1, max_length=50)]
    remarks: Annotated[str, Meta(min_length=1, max_length=4000)] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class ThirdPartyConsulted(Event, frozen=True, kw_only=True):
    """A third party was asked in writing; the period of the reply stands still (art. 32, art. 33)."""

    TYPE: ClassVar[str] = "third-party-consulted"
    SEALS: ClassVar[tuple[str, ...]] = ("person",)

    party: Party
    asked_on: date
    person: Seal


class ThirdPartyAnswered(Event, frozen=True, kw_only=True):
    """The third party answered; the period runs on."""

    TYPE: ClassVar[str] = "third-party-answered"
    SEALS: ClassVar[tuple[str, ...]] = ("person",)

    party: Party
    answered_on: date
    answer: ThirdPartyAnswer
    person: Seal


class ThirdPartySilent(Event, frozen=True, kw_only=True):
    """The third party did not answer within 15 working days; the agency decides (art. 32).

    The period of the reply stood still until `waited_until`: the last of those days, or under Order 492, which sets no
    term, the day on which the agency waited no longer.
    """

    TYPE: ClassVar[str] = "third-party-silent"

    party: Party
    silent_on: date
    waited_until: date


class CoAgencyConsulted(Event, frozen=True, kw_only=True):
    """An agency that made the information too was asked; the period of the reply stands still (art. 34, art. 33)."""

    TYPE: ClassVar[str] = "co-agency-consulted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    party: Party
    asked_on: date
    co_agency: AgencyId | UnsetType = UNSET
    text: Seal


class CoAgencyAnswered(Event, frozen=True, kw_only=True):
    """The other agency answered; the period runs on."""

    TYPE: ClassVar[str] = "co-agency-answered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    party: Party
    answered_on: date
    answer: CoAgencyAnswer
    text: Seal


class CoAgencySilent(Event, frozen=True, kw_only=True):
    """The other agency did not answer within 15 working days, which is its consent (art. 34).

    The period of the reply stood still until `waited_until`, the last of those days.
    """

    TYPE: ClassVar[str] = "co-agency-silent"

    party: Party
    silent_on: date
    waited_until: date


class ExtensionApproved(Event, frozen=True, kw_only=True):
    """The period was lengthened, with consent, and the applicant was told (art. 33: by 20 working days at most)."""

    TYPE: ClassVar[str] = "extension-approved"

    approved_on: date
    consent: ConsentRole
    working_days: WorkingDays
    noticed_on: date


class ReasonsDemanded(Event, frozen=True, kw_only=True):
    """The applicant, who asks clearly too much or too often, is to give reasons (art. 35)."""

    TYPE: ClassVar[str] = "reasons-demanded"

    demanded_on: date


class ReasonsAccepted(Event, frozen=True, kw_only=True):
    """The reasons are good; the applicant was told by when the reply comes (art. 35)."""

    TYPE: ClassVar[str] = "reasons-accepted"

    accepted_on: date
    reply_by: date


class ReasonsRejected(Event, frozen=True, kw_only=True):
    """The reasons are not good; the request is not handled, which is what the reply says (art. 35)."""

    TYPE: ClassVar[str] = "reasons-rejected"

    rejected_on: date


class FeeNoticed(Event, frozen=True, kw_only=True):
    """The applicant was told to pay a fee, by when and how it was reckoned (art. 42).

    `count` is the number of pages; for a fee by the request, which request of the applicant it is in that month.
    """

    TYPE: ClassVar[str] = "fee-noticed"

    noticed_on: date
    due_on: date
    basis: FeeBasis
    count: FeeCount | UnsetType = UNSET
    amount_fen: Fen


class FeePaid(Event, frozen=True, kw_only=True):
    """The fee was paid."""

    TYPE: ClassVar[str] = "fee-paid"

    paid_on: date
    amount_fen: Fen


class FeeLapsed(Event, frozen=True, kw_only=True):
    """The fee was not paid in time; the request is no longer handled (国办函〔2020〕109号, art. 6)."""

    TYPE: ClassVar[str] = "fee-lapsed"

    lapsed_on: date


class SearchRecorded(Event, frozen=True, kw_only=True):
    """It was searched for what is asked, in these places; without this nothing is said not to exist."""

    TYPE: ClassVar[str] = "search-recorded"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    searched_on: date
    places: SearchPlaces
    found: bool
    text: Seal


HandlingEvent = (
    ThirdPartyConsulted
    | ThirdPartyAnswered
    | ThirdPartySilent
    | CoAgencyConsulted
    | CoAgencyAnswered
    | CoAgencySilent
    | ExtensionApproved
    | ReasonsDemanded
    | ReasonsAccepted
    | ReasonsRejected
    | FeeNoticed
    | FeePaid
    | FeeLapsed
    | SearchRecorded
)


# --- commands ---------------------------------------------------------------------------------------------------------
class ConsultThirdParty(Command, tag="consult-third-party", frozen=True, kw_only=True):
    """Enter that a third party was asked."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("person",)

    request: RequestId
    party: Party
    asked_on: date
    person: ThirdPartyText | UnsetType = UNSET


class RecordThirdPartyAnswer(Command, tag="record-third-party-answer", frozen=True, kw_only=True):
    """Enter what the third party answered."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("person",)

    request: RequestId
    party: Party
    answered_on: date
    answer: ThirdPartyAnswer
    person: OpinionText | UnsetType = UNSET


class RecordThirdPartySilence(Command, tag="record-third-party-silence", frozen=True, kw_only=True):
    """Enter that the third party did not answer in time."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    party: Party
    silent_on: date


class ConsultCoAgency(Command, tag="consult-co-agency", frozen=True, kw_only=True):
    """Enter that another agency was asked."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    party: Party
    asked_on: date
    co_agency: AgencyId | UnsetType = UNSET
    text: CoAgencyText | UnsetType = UNSET


class RecordCoAgencyAnswer(Command, tag="record-co-agency-answer", frozen=True, kw_only=True):
    """Enter what the other agency answered."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    party: Party
    answered_on: date
    answer: CoAgencyAnswer
    text: CoAgencyAnswerText | UnsetType = UNSET


class RecordCoAgencySilence(Command, tag="record-co-agency-silence", frozen=True, kw_only=True):
    """Enter that the other agency did not answer in time, which is its consent."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    party: Party
    silent_on: date


class ExtendRequest(Command, tag="extend-request", frozen=True, kw_only=True):
    """Enter the extension that was approved and told."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    approved_on: date
    consent: ConsentRole
    working_days: WorkingDays
    noticed_on: date


class DemandReasons(Command, tag="demand-reasons", frozen=True, kw_only=True):
    """Enter that the applicant was asked for reasons."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    demanded_on: date


class AcceptReasons(Command, tag="accept-reasons", frozen=True, kw_only=True):
    """Accept the reasons and say by when the reply comes."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    accepted_on: date
    reply_by: date


class RejectReasons(Command, tag="reject-reasons", frozen=True, kw_only=True):
    """Reject the reasons."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    rejected_on: date


class NoticeFee(Command, tag="notice-fee", frozen=True, kw_only=True):
    """Enter the notice of a fee."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    noticed_on: date
    due_on: date
    basis: FeeBasis
    count: FeeCount | UnsetType = UNSET
    amount_fen: Fen


class RecordFeePayment(Command, tag="record-fee-payment", frozen=True, kw_only=True):
    """Enter that the fee was paid."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    paid_on: date
    amount_fen: Fen


class LapseFee(Command, tag="lapse-fee", frozen=True, kw_only=True):
    """Enter that the fee was not paid in time."""

    STREAM: ClassVar[str] = "request"

    request: RequestId
    lapsed_on: date


class RecordSearch(Command, tag="record-search", frozen=True, kw_only=True):
    """Enter where and for what it was searched, and whether anything was found."""

    STREAM: ClassVar[str] = "request"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    request: RequestId
    searched_on: date
    places: SearchPlaces
    found: bool
    text: SearchText | UnsetType = UNSET


HandlingCommand = (
    ConsultThirdParty
    | RecordThirdPartyAnswer
    | RecordThirdPartySilence
    | ConsultCoAgency
    | RecordCoAgencyAnswer
    | RecordCoAgencySilence
    | ExtendRequest
    | DemandReasons
    | AcceptReasons
    | RejectReasons
    | NoticeFee
    | RecordFeePayment
    | LapseFee
    | RecordSearch
)
