"""A request (依申请公开): received, registered, handled, replied to, closed.

Its events and commands stand in `request_intake.py`, `request_handling.py` and `request_replies.py`; here are the rules.

Rules
- Nothing about who asked or what was written stands in an entry: dates, codes and the register's number only.
- Received, registered, decided, dispatched, delivered, closed: in this order. What lies between the register and the
  decision comes as it comes, but no step is dated before the newest one.
- The reply is decided, dispatched and delivered: three different days, and what is posted late is late
  (delivery interpretation 国办公开办函〔2016〕235号).
- One correction, one extension and one fee a request (art. 30, 33, 42); each third party and each agency is asked once
  at a time.
- Nothing is said not to exist before it was searched for.
- What was given up, left unpaid or withdrawn has no reply: it is closed. After that, only what art. 41 and art. 44 allow
  happens to it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, Literal, assert_never

from msgspec import UNSET, Struct
from msgspec.structs import replace

from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.items import Item
from archive.domain.request_handling import (
    AcceptReasons,
    CoAgencyAnswered,
    CoAgencyConsulted,
    CoAgencySilent,
    ConsultCoAgency,
    ConsultThirdParty,
    DemandReasons,
    ExtendRequest,
    ExtensionApproved,
    FeeBasis,
    FeeLapsed,
    FeeNoticed,
    FeePaid,
    HandlingCommand,
    HandlingEvent,
    LapseFee,
    NoticeFee,
    ReasonsAccepted,
    ReasonsDemanded,
    ReasonsRejected,
    RecordCoAgencyAnswer,
    RecordCoAgencySilence,
    RecordFeePayment,
    RecordSearch,
    RecordThirdPartyAnswer,
    RecordThirdPartySilence,
    RejectReasons,
    SearchRecorded,
    ThirdPartyAnswered,
    ThirdPartyConsulted,
    ThirdPartySilent,
)
from archive.domain.request_intake import (
    AssignRequest,
    CloseRequest,
    ConfirmReceipt,
    CorrectionLapsed,
    CorrectionReceived,
    CorrectionRequested,
    DemandCorrection,
    IntakeCommand,
    IntakeEvent,
    LapseCorrection,
    ReceiptBasis,
    ReceiptChannel,
    ReceiveCorrection,
    ReceiveRequest,
    RegisterRequest,
    RequestAssigned,
    RequestClosed,
    RequestReceiptConfirmed,
    RequestReceived,
    RequestRegistered,
    RequestWithdrawn,
    WithdrawRequest,
)
from archive.domain.request_replies import (
    ConvertRequestToProactive,
    DecideReply,
    DeliverReply,
    DispatchReply,
    HandleRecordCorrection,
    ReceiveRecordCorrection,
    RecordCorrectionHandled,
    RecordCorrectionRequested,
    ReplyCommand,
    ReplyDecided,
    ReplyDelivered,
    ReplyDispatched,
    ReplyEvent,
    ReplySupplemented,
    RequestConvertedToProactive,
    SupplementReply,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

RequestEvent = IntakeEvent | HandlingEvent | ReplyEvent
RequestCommand = IntakeCommand | HandlingCommand | ReplyCommand

Stage = Literal["received", "registered", "decided", "dispatched", "delivered", "ended", "closed"]
# Art. 31; an online or faxed request and an ordinary letter are received when their receipt is confirmed.
RECEIPTS: Final[dict[ReceiptChannel, frozenset[ReceiptBasis]]] = {
    "in-person": frozenset({"handed-in"}),
    "letter": frozenset({"signed-for", "confirmed", "awaits-confirmation"}),
    "fax": frozenset({"confirmed", "awaits-confirmation"}),
    "online": frozenset({"confirmed", "awaits-confirmation"}),
}


# --- state ------------------------------------------------------------------------------------------------------------
class Fee(Struct, frozen=True, kw_only=True):
    """A fee that the applicant was told of."""

    basis: FeeBasis
    due_on: date
    paid: bool


class Request(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a request: where it stands, the day of its newest step, what it waits for.

    `awaiting` holds who is being asked, as `third-party-1` or `co-agency-2`.
    """

    agency: str
    stage: Stage
    received_on: date
    newest_on: date
    channel: ReceiptChannel
    awaits_confirmation: bool
    correction: Literal["none", "awaited", "received"]
    correction_due_on: date | None
    awaiting: frozenset[str]
    extended: bool
    reasons: Literal["none", "awaited", "accepted", "rejected"]
    fee: Fee | None
    searched: bool
    record_correction_on: date | None


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(request: Request | None, command: RequestCommand, facts: Facts) -> tuple[RequestEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, ReceiveRequest):
        if request is not None:
            raise Refused("REQ-001", request=command.request)
        return (_received(command, facts),)
    if request is None:
        raise Refused("REQ-002", request=command.request)
    if isinstance(command, IntakeCommand):
        return (_decide_intake(request, command, facts),)
    if isinstance(command, HandlingCommand):
        return (_decide_handling(request, command, facts),)
    return (_decide_reply(request, command, facts),)


def _received(command: ReceiveRequest, facts: Facts) -> RequestReceived:
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    if command.received_on > facts.today:
        raise Refused("DAT-001", field="received_on", on=command.received_on, today=facts.today)
    if command.receipt is not UNSET and command.receipt not in RECEIPTS[command.channel]:
        raise Refused("REQ-007", receipt=command.receipt, channel=command.channel)
    co_applicants = 0 if command.co_applicants is UNSET else command.co_applicants
    if command.co_applicant_kinds is not UNSET:
        kinds = len(command.co_applicant_kinds)
        if len(set(command.co_applicant_kinds)) != kinds or kinds > co_applicants:
            raise Refused("REQ-009", kinds=kinds, co_applicants=co_applicants)
    return RequestReceived(
        agency=command.agency,
        received_on=command.received_on,
        receipt=command.receipt,
        channel=command.channel,
        applicant_kind=command.applicant_kind,
        co_applicants=co_applicants,
        co_applicant_kinds=command.co_applicant_kinds,
        wanted_form=command.wanted_form,
        wanted_way=command.wanted_way,
        person=facts.seals["person"],
        text=facts.seals["text"],
    )


def _decide_intake(request: Request, command: IntakeCommand, facts: Facts) -> IntakeEvent:  # noqa: C901, PLR0911 - one arm a command
    match command:
        case ConfirmReceipt(confirmed_on=on):
            _must_stand(request, "received", "registered")
            if not request.awaits_confirmation:
                raise Refused("REQ-008")
            _must_be_in_order(request, on, facts, field="confirmed_on")
            return RequestReceiptConfirmed(confirmed_on=on, channel=request.channel)
        case RegisterRequest(registered_on=on):
            _must_stand(request, "received")
            _must_be_in_order(request, on, facts, field="registered_on")
            return RequestRegistered(registered_on=on, number=command.number)
        case AssignRequest(assigned_on=on):
            _must_stand(request, "registered")
            _must_be_in_order(request, on, facts, field="assigned_on")
            if facts.agency is None or command.section not in facts.agency.sections:
                raise Refused("ITM-003", field="section", code=command.section)
            return RequestAssigned(assigned_on=on, section=command.section)
        case DemandCorrection(requested_on=on):
            _must_stand(request, "registered")
            _must_be_in_order(request, on, facts, field="requested_on")
            if request.correction != "none":
                raise Refused("REQ-011")
            _must_lie_ahead(command.due_on, after=on, field="due_on")
            return CorrectionRequested(requested_on=on, due_on=command.due_on, text=facts.seals["text"])
        case ReceiveCorrection(received_on=on):
            _must_stand(request, "registered")
            _must_await_correction(request)
            _must_be_in_order(request, on, facts, field="received_on")
            return CorrectionReceived(received_on=on, text=facts.seals["text"])
        case LapseCorrection(lapsed_on=on):
            _must_stand(request, "registered")
            due_on = _must_await_correction(request)
            _must_be_in_order(request, on, facts, field="lapsed_on")
            _must_be_over(on, due_on, field="lapsed_on")
            return CorrectionLapsed(lapsed_on=on)
        case WithdrawRequest(withdrawn_on=on):
            _must_stand(request, "registered", "decided")
            _must_be_in_order(request, on, facts, field="withdrawn_on")
            return RequestWithdrawn(withdrawn_on=on)
        case CloseRequest(closed_on=on):
            _must_stand(request, "delivered", "ended")
            _must_be_in_order(request, on, facts, field="closed_on")
            return RequestClosed(closed_on=on)
        case ReceiveRequest():
            raise AssertionError("the first event of a request is its receipt")
        case _:
            assert_never(command)


def _decide_handling(request: Request, command: HandlingCommand, facts: Facts) -> HandlingEvent:  # noqa: C901, PLR0911 - one arm a command
    _must_stand(request, "registered")
    match command:
        case ConsultThirdParty(party=party, asked_on=on):
            _must_be_in_order(request, on, facts, field="asked_on")
            _must_not_be_asked(request, "third-party", party)
            return ThirdPartyConsulted(party=party, asked_on=on, person=facts.seals["person"])
        case RecordThirdPartyAnswer(party=party, answered_on=on):
            _must_be_in_order(request, on, facts, field="answered_on")
            _must_be_asked(request, "third-party", party)
            return ThirdPartyAnswered(party=party, answered_on=on, answer=command.answer, person=facts.seals["person"])
        case RecordThirdPartySilence(party=party, silent_on=on):
            _must_be_in_order(request, on, facts, field="silent_on")
            _must_be_asked(request, "third-party", party)
            return ThirdPartySilent(party=party, silent_on=on)
        case ConsultCoAgency(party=party, asked_on=on):
            _must_be_in_order(request, on, facts, field="asked_on")
            _must_not_be_asked(request, "co-agency", party)
            return CoAgencyConsulted(party=party, asked_on=on, co_agency=command.co_agency, text=facts.seals["text"])
        case RecordCoAgencyAnswer(party=party, answered_on=on):
            _must_be_in_order(request, on, facts, field="answered_on")
            _must_be_asked(request, "co-agency", party)
            return CoAgencyAnswered(party=party, answered_on=on, answer=command.answer, text=facts.seals["text"])
        case RecordCoAgencySilence(party=party, silent_on=on):
            _must_be_in_order(request, on, facts, field="silent_on")
            _must_be_asked(request, "co-agency", party)
            return CoAgencySilent(party=party, silent_on=on)
        case ExtendRequest(noticed_on=on):
            _must_be_in_order(request, command.approved_on, facts, field="approved_on")
            _must_follow(on, command.approved_on, facts, field="noticed_on")
            if request.extended:
                raise Refused("REQ-017")
            return ExtensionApproved(
                approved_on=command.approved_on,
                consent=command.consent,
                working_days=command.working_days,
                noticed_on=on,
            )
        case RecordSearch(searched_on=on):
            _must_be_in_order(request, on, facts, field="searched_on")
            if len(set(command.places)) != len(command.places):
                raise Refused("REQ-030")
            return SearchRecorded(searched_on=on, places=command.places, found=command.found, text=facts.seals["text"])
        case DemandReasons() | AcceptReasons() | RejectReasons():
            return _decide_reasons(request, command, facts)
        case NoticeFee() | RecordFeePayment() | LapseFee():
            return _decide_fee(request, command, facts)
        case _:
            assert_never(command)


def _decide_reasons(
    request: Request, command: DemandReasons | AcceptReasons | RejectReasons, facts: Facts
) -> HandlingEvent:
    expected = "none" if isinstance(command, DemandReasons) else "awaited"
    if request.reasons != expected:
        raise Refused("REQ-020", stands=request.reasons, expected=expected)
    match command:
        case DemandReasons(demanded_on=on):
            _must_be_in_order(request, on, facts, field="demanded_on")
            return ReasonsDemanded(demanded_on=on)
        case AcceptReasons(accepted_on=on, reply_by=reply_by):
            _must_be_in_order(request, on, facts, field="accepted_on")
            _must_lie_ahead(reply_by, after=on, field="reply_by")
            return ReasonsAccepted(accepted_on=on, reply_by=reply_by)
        case RejectReasons(rejected_on=on):
            _must_be_in_order(request, on, facts, field="rejected_on")
            return ReasonsRejected(rejected_on=on)
        case _:
            assert_never(command)


def _decide_fee(request: Request, command: NoticeFee | RecordFeePayment | LapseFee, facts: Facts) -> HandlingEvent:
    fee = request.fee
    match command:
        case NoticeFee(noticed_on=on):
            _must_be_in_order(request, on, facts, field="noticed_on")
            if fee is not None:
                raise Refused("REQ-021", basis=fee.basis)
            _must_lie_ahead(command.due_on, after=on, field="due_on")
            return FeeNoticed(
                noticed_on=on,
                due_on=command.due_on,
                basis=command.basis,
                count=command.count,
                amount_fen=command.amount_fen,
            )
        case _ if fee is None or fee.paid:
            raise Refused("REQ-022")
        case RecordFeePayment(paid_on=on):
            _must_be_in_order(request, on, facts, field="paid_on")
            return FeePaid(paid_on=on, amount_fen=command.amount_fen)
        case LapseFee(lapsed_on=on):
            _must_be_in_order(request, on, facts, field="lapsed_on")
            _must_be_over(on, fee.due_on, field="lapsed_on")
            return FeeLapsed(lapsed_on=on)
        case _:
            assert_never(command)


def _decide_reply(request: Request, command: ReplyCommand, facts: Facts) -> ReplyEvent:  # noqa: PLR0911 - one arm a command
    match command:
        case DecideReply(decided_on=on, outcomes=outcomes):
            _must_stand(request, "registered")
            _must_be_in_order(request, on, facts, field="decided_on")
            _must_be_ready(request, outcomes)
            return ReplyDecided(decided_on=on, outcomes=outcomes, text=facts.seals["text"])
        case DispatchReply(dispatched_on=on):
            _must_stand(request, "decided")
            _must_be_in_order(request, on, facts, field="dispatched_on")
            return ReplyDispatched(dispatched_on=on, method=command.method)
        case DeliverReply(delivered_on=on):
            _must_stand(request, "dispatched")
            _must_be_in_order(request, on, facts, field="delivered_on")
            return ReplyDelivered(delivered_on=on, method=command.method)
        case SupplementReply(supplemented_on=on, outcomes=outcomes):
            _must_stand(request, "dispatched", "delivered")
            _must_be_in_order(request, on, facts, field="supplemented_on")
            _must_name_each_once(outcomes)
            return ReplySupplemented(supplemented_on=on, outcomes=outcomes, text=facts.seals["text"])
        case ConvertRequestToProactive(converted_on=on, item=item):
            _must_follow(on, request.received_on, facts, field="converted_on")
            shown = facts.state_of(item, Item)
            if shown is None:
                raise Refused("ITM-002", item=item)
            if shown.published_on is None or shown.withdrawn_on is not None:
                raise Refused("REQ-027", item=item)
            return RequestConvertedToProactive(converted_on=on, item=item)
        case ReceiveRecordCorrection(requested_on=on):
            _must_stand(request, "delivered", "closed")
            _must_be_in_order(request, on, facts, field="requested_on")
            if request.record_correction_on is not None:
                raise Refused("REQ-028")
            return RecordCorrectionRequested(requested_on=on, person=facts.seals["person"])
        case HandleRecordCorrection(handled_on=on):
            if request.record_correction_on is None:
                raise Refused("REQ-029")
            _must_follow(on, request.record_correction_on, facts, field="handled_on")
            return RecordCorrectionHandled(handled_on=on, result=command.result)
        case _:
            assert_never(command)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(request: Request | None, event: RequestEvent) -> Request:
    """The request after the event."""
    if isinstance(event, RequestReceived):
        return Request(
            agency=event.agency,
            stage="received",
            received_on=event.received_on,
            newest_on=event.received_on,
            channel=event.channel,
            awaits_confirmation=event.receipt == "awaits-confirmation",
            correction="none",
            correction_due_on=None,
            awaiting=frozenset(),
            extended=False,
            reasons="none",
            fee=None,
            searched=False,
            record_correction_on=None,
        )
    assert request is not None, "the first event of a request is its receipt"
    if isinstance(event, IntakeEvent):
        return _evolve_intake(request, event)
    if isinstance(event, HandlingEvent):
        return _evolve_handling(request, event)
    return _evolve_reply(request, event)


def _evolve_intake(request: Request, event: IntakeEvent) -> Request:  # noqa: PLR0911 - one arm an event
    match event:
        case RequestReceiptConfirmed(confirmed_on=on):
            return replace(request, received_on=on, newest_on=on, awaits_confirmation=False)
        case RequestRegistered(registered_on=on):
            return replace(request, stage="registered", newest_on=on)
        case RequestAssigned(assigned_on=on):
            return replace(request, newest_on=on)
        case CorrectionRequested(requested_on=on):
            return replace(request, newest_on=on, correction="awaited", correction_due_on=event.due_on)
        case CorrectionReceived(received_on=on):
            return replace(request, newest_on=on, correction="received", correction_due_on=None)
        case CorrectionLapsed(lapsed_on=on) | RequestWithdrawn(withdrawn_on=on):
            return replace(request, stage="ended", newest_on=on)
        case RequestClosed(closed_on=on):
            return replace(request, stage="closed", newest_on=on)
        case RequestReceived():
            raise AssertionError("a request is received once")
        case _:
            assert_never(event)


def _evolve_handling(request: Request, event: HandlingEvent) -> Request:  # noqa: C901, PLR0911 - one arm an event
    match event:
        case ThirdPartyConsulted(asked_on=on):
            return replace(request, newest_on=on, awaiting=request.awaiting | {f"third-party-{event.party}"})
        case ThirdPartyAnswered(answered_on=on) | ThirdPartySilent(silent_on=on):
            return replace(request, newest_on=on, awaiting=request.awaiting - {f"third-party-{event.party}"})
        case CoAgencyConsulted(asked_on=on):
            return replace(request, newest_on=on, awaiting=request.awaiting | {f"co-agency-{event.party}"})
        case CoAgencyAnswered(answered_on=on) | CoAgencySilent(silent_on=on):
            return replace(request, newest_on=on, awaiting=request.awaiting - {f"co-agency-{event.party}"})
        case ExtensionApproved(noticed_on=on):
            return replace(request, newest_on=on, extended=True)
        case ReasonsDemanded(demanded_on=on):
            return replace(request, newest_on=on, reasons="awaited")
        case ReasonsAccepted(accepted_on=on):
            return replace(request, newest_on=on, reasons="accepted")
        case ReasonsRejected(rejected_on=on):
            return replace(request, newest_on=on, reasons="rejected")
        case FeeNoticed(noticed_on=on):
            return replace(request, newest_on=on, fee=Fee(basis=event.basis, due_on=event.due_on, paid=False))
        case FeePaid(paid_on=on):
            assert request.fee is not None, "a fee is noticed before it is paid"
            return replace(request, newest_on=on, fee=replace(request.fee, paid=True))
        case FeeLapsed(lapsed_on=on):
            return replace(request, stage="ended", newest_on=on)
        case SearchRecorded(searched_on=on):
            return replace(request, newest_on=on, searched=True)
        case _:
            assert_never(event)


def _evolve_reply(request: Request, event: ReplyEvent) -> Request:  # noqa: PLR0911 - one arm an event
    match event:
        case ReplyDecided(decided_on=on):
            return replace(request, stage="decided", newest_on=on)
        case ReplyDispatched(dispatched_on=on):
            return replace(request, stage="dispatched", newest_on=on)
        case ReplyDelivered(delivered_on=on):
            return replace(request, stage="delivered", newest_on=on)
        case ReplySupplemented(supplemented_on=on):
            return replace(request, newest_on=on)
        case RequestConvertedToProactive():
            return request
        case RecordCorrectionRequested(requested_on=on):
            return replace(request, record_correction_on=on)
        case RecordCorrectionHandled():
            return replace(request, record_correction_on=None)
        case _:
            assert_never(event)


# --- what each step asks for ------------------------------------------------------------------------------------------
def _must_stand(request: Request, *stages: Stage) -> None:
    if request.stage in stages:
        return
    if request.stage == "closed":
        raise Refused("REQ-005", closed_on=request.newest_on)
    if request.stage == "ended":
        raise Refused("REQ-006", ended_on=request.newest_on)
    raise Refused("REQ-003", stage=request.stage, expected=stages[0])


def _must_be_in_order(request: Request, on: date, facts: Facts, *, field: str) -> None:
    _must_follow(on, request.newest_on, facts, field=field)


def _must_follow(on: date, before: date, facts: Facts, *, field: str) -> None:
    if on < before:
        raise Refused("DAT-002", field=field, on=on, earliest=before)
    _must_have_come(on, facts, field=field)


def _must_have_come(on: date, facts: Facts, *, field: str) -> None:
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)


def _must_lie_ahead(on: date, *, after: date, field: str) -> None:
    if on <= after:
        raise Refused("REQ-012", field=field, on=on, after=after)


def _must_be_over(on: date, due_on: date, *, field: str) -> None:
    if on <= due_on:
        raise Refused("REQ-014", field=field, on=on, due_on=due_on)


def _must_await_correction(request: Request) -> date:
    if request.correction != "awaited":
        raise Refused("REQ-013")
    assert request.correction_due_on is not None, "a correction is awaited until a day"
    return request.correction_due_on


def _must_be_asked(request: Request, kind: str, party: int) -> None:
    if f"{kind}-{party}" not in request.awaiting:
        raise Refused("REQ-016", kind=kind, party=party)


def _must_not_be_asked(request: Request, kind: str, party: int) -> None:
    if f"{kind}-{party}" in request.awaiting:
        raise Refused("REQ-015", kind=kind, party=party)


def _must_name_each_once(outcomes: Sequence[str]) -> None:
    if len(set(outcomes)) != len(outcomes):
        raise Refused("REQ-004")


def _must_be_ready(request: Request, outcomes: Sequence[str]) -> None:
    _must_name_each_once(outcomes)
    if request.correction == "awaited":
        raise Refused("REQ-010", due_on=request.correction_due_on)
    if request.fee is not None and not request.fee.paid:
        raise Refused("REQ-031", due_on=request.fee.due_on)
    rejected = request.reasons == "rejected"
    if request.reasons == "awaited" or rejected != ("mass" in outcomes) or (rejected and len(outcomes) > 1):
        raise Refused("REQ-026", reasons=request.reasons)
    if "not-exist" in outcomes and not request.searched:
        raise Refused("REQ-025")
