"""A request (依申请公开): received, registered, handled, replied to, closed.

Its events and commands stand in `request_intake.py`, `request_handling.py` and `request_replies.py`; here are the rules.

Rules
- Nothing about who asked or what was written stands in an entry: dates, codes and the register's number only.
- Received, registered, decided, dispatched, delivered, closed: in this order. What lies between the register and the
  decision comes as it comes, but no step is dated before the newest one.
- The reply is decided, dispatched and delivered: three different days, and what is posted late is late
  (delivery interpretation 国办公开办函〔2016〕235号).
- What the law counts is asked of the clock (law/clock.py): one correction and one fee a request, one extension a period,
  each in its time and within its measure; each third party and each agency is asked once at a time.
- What was decided is not decided again: `evolve` takes every step as it was entered, whatever calendar is known by then.
- The reply is in time on the day it left; one that is handed over, on the day it was (235号).
- Nothing is said not to exist before it was searched for.
- What was given up, left unpaid or withdrawn has no reply: it is closed. After that, only what art. 41 and art. 44 allow
  happens to it.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, assert_never

from msgspec import UNSET, Struct
from msgspec.structs import replace

from archive.domain.agencies import acting
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
from archive.law.clock import FEE_DAYS, ClockRefused, RequestClock
from archive.law.fees import fee_of_pages, fee_of_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.law.calendar import Calendar

RequestEvent = IntakeEvent | HandlingEvent | ReplyEvent
RequestCommand = IntakeCommand | HandlingCommand | ReplyCommand

ConsultationCommand = (
    ConsultThirdParty
    | RecordThirdPartyAnswer
    | RecordThirdPartySilence
    | ConsultCoAgency
    | RecordCoAgencyAnswer
    | RecordCoAgencySilence
)

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
    amount_fen: int


class Request(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a request: where it stands, its clock, the day of its newest step."""

    agency: str
    stage: Stage
    clock: RequestClock
    newest_on: date
    channel: ReceiptChannel
    awaits_confirmation: bool
    correction_due_on: date | None
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
    try:
        if isinstance(command, IntakeCommand):
            return (_decide_intake(request, command, facts),)
        if isinstance(command, HandlingCommand):
            return (_decide_handling(request, command, facts),)
        return (_decide_reply(request, command, facts),)
    except ClockRefused as refused:
        raise _refused(request, command, refused) from None


def _received(command: ReceiveRequest, facts: Facts) -> RequestReceived:
    acting(facts, command.agency, on=command.received_on)
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


def _decide_intake(request: Request, command: IntakeCommand, facts: Facts) -> IntakeEvent:  # noqa: PLR0911 - one arm a command
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
            _must_be_handled(request)
            _must_be_in_order(request, on, facts, field="requested_on")
            request.clock.correction_demanded(on, facts.calendar)
            _must_lie_ahead(command.due_on, after=on, field="due_on")
            return CorrectionRequested(requested_on=on, due_on=command.due_on, text=facts.seals["text"])
        case ReceiveCorrection(received_on=on):
            _must_stand(request, "registered")
            _must_be_in_order(request, on, facts, field="received_on")
            request.clock.corrected(on)
            return CorrectionReceived(received_on=on, text=facts.seals["text"])
        case LapseCorrection(lapsed_on=on):
            _must_stand(request, "registered")
            _must_be_in_order(request, on, facts, field="lapsed_on")
            request.clock.correction_lapsed(on)
            _must_be_over(on, request.correction_due_on, field="lapsed_on")
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


def _decide_handling(request: Request, command: HandlingCommand, facts: Facts) -> HandlingEvent:
    _must_be_handled(request)
    match command:
        case ExtendRequest(approved_on=approved_on, noticed_on=on, working_days=days):
            _must_be_in_order(request, approved_on, facts, field="approved_on")
            _must_follow(on, approved_on, facts, field="noticed_on")
            request.clock.extended(days, on, facts.calendar)
            return ExtensionApproved(approved_on=approved_on, consent=command.consent, working_days=days, noticed_on=on)
        case RecordSearch(searched_on=on, places=places):
            _must_be_in_order(request, on, facts, field="searched_on")
            if len(set(places)) != len(places):
                raise Refused("REQ-030")
            return SearchRecorded(searched_on=on, places=places, found=command.found, text=facts.seals["text"])
        case DemandReasons() | AcceptReasons() | RejectReasons():
            return _decide_reasons(request, command, facts)
        case NoticeFee() | RecordFeePayment() | LapseFee():
            return _decide_fee(request, command, facts)
        case _:
            return _decide_consultation(request, command, facts)


def _decide_consultation(request: Request, command: ConsultationCommand, facts: Facts) -> HandlingEvent:
    clock, party = request.clock, command.party
    match command:
        case ConsultThirdParty(asked_on=on):
            _must_be_in_order(request, on, facts, field="asked_on")
            clock.paused("third-party", party, on)
            return ThirdPartyConsulted(party=party, asked_on=on, person=facts.seals["person"])
        case RecordThirdPartyAnswer(answered_on=on, answer=answer):
            _must_be_in_order(request, on, facts, field="answered_on")
            clock.answered("third-party", party, on)
            return ThirdPartyAnswered(party=party, answered_on=on, answer=answer, person=facts.seals["person"])
        case RecordThirdPartySilence(silent_on=on):
            _must_be_in_order(request, on, facts, field="silent_on")
            waited_until = _waited_until(clock, "third-party", party, on, facts.calendar)
            return ThirdPartySilent(party=party, silent_on=on, waited_until=waited_until)
        case ConsultCoAgency(asked_on=on):
            _must_be_in_order(request, on, facts, field="asked_on")
            clock.paused("co-agency", party, on)
            return CoAgencyConsulted(party=party, asked_on=on, co_agency=command.co_agency, text=facts.seals["text"])
        case RecordCoAgencyAnswer(answered_on=on, answer=answer):
            _must_be_in_order(request, on, facts, field="answered_on")
            clock.answered("co-agency", party, on)
            return CoAgencyAnswered(party=party, answered_on=on, answer=answer, text=facts.seals["text"])
        case RecordCoAgencySilence(silent_on=on):
            _must_be_in_order(request, on, facts, field="silent_on")
            waited_until = _waited_until(clock, "co-agency", party, on, facts.calendar)
            return CoAgencySilent(party=party, silent_on=on, waited_until=waited_until)
        case _:
            assert_never(command)


def _waited_until(
    clock: RequestClock, kind: Literal["third-party", "co-agency"], party: int, on: date, calendar: Calendar
) -> date:
    """The day until which the period stood still for somebody who kept silent."""
    clock.silent(kind, party, on, calendar)
    asked_on = next(one.asked_on for one in clock.open_pauses if (one.kind, one.party) == (kind, party))
    days = clock.regime.third_party_days if kind == "third-party" else clock.regime.co_agency_days
    return on if days is None else calendar.working_days_after(asked_on, days)


def _decide_reasons(
    request: Request, command: DemandReasons | AcceptReasons | RejectReasons, facts: Facts
) -> HandlingEvent:
    match command:
        case DemandReasons(demanded_on=on):
            _must_be_in_order(request, on, facts, field="demanded_on")
            request.clock.reasons_demanded()
            return ReasonsDemanded(demanded_on=on)
        case AcceptReasons(accepted_on=on, reply_by=reply_by):
            _must_be_in_order(request, on, facts, field="accepted_on")
            request.clock.reasons_accepted(reply_by, facts.calendar)
            return ReasonsAccepted(accepted_on=on, reply_by=reply_by)
        case RejectReasons(rejected_on=on):
            _must_be_in_order(request, on, facts, field="rejected_on")
            request.clock.reasons_rejected()
            return ReasonsRejected(rejected_on=on)
        case _:
            assert_never(command)


def _decide_fee(request: Request, command: NoticeFee | RecordFeePayment | LapseFee, facts: Facts) -> HandlingEvent:
    match command:
        case NoticeFee(noticed_on=on, due_on=due_on, basis=basis):
            _must_be_in_order(request, on, facts, field="noticed_on")
            request.clock.fee_demanded(basis, on)
            _must_be_by_the_tariff(command)
            least = on if basis == "cost" else facts.calendar.working_days_after(on, FEE_DAYS)
            if due_on < least:
                raise Refused("REQ-033", due_on=due_on, least=least)
            return FeeNoticed(
                noticed_on=on, due_on=due_on, basis=basis, count=command.count, amount_fen=command.amount_fen
            )
        case RecordFeePayment(paid_on=on, amount_fen=amount):
            _must_be_in_order(request, on, facts, field="paid_on")
            request.clock.fee_paid(on)
            assert request.fee is not None, "the clock knows of a fee"
            if amount != request.fee.amount_fen:
                raise Refused("REQ-023", amount_fen=amount, expected_fen=request.fee.amount_fen)
            return FeePaid(paid_on=on, amount_fen=amount)
        case LapseFee(lapsed_on=on):
            _must_be_in_order(request, on, facts, field="lapsed_on")
            request.clock.fee_lapsed(on)
            assert request.fee is not None, "the clock knows of a fee"
            _must_be_over(on, request.fee.due_on, field="lapsed_on")
            return FeeLapsed(lapsed_on=on)
        case _:
            assert_never(command)


def _must_be_by_the_tariff(command: NoticeFee) -> None:
    """国办函〔2020〕109号: what the requests of a month, or the pages, cost; the costs of Order 492 have no tariff here."""
    if command.basis == "cost":
        return
    if command.count is UNSET:
        raise Refused("REQ-038", basis=command.basis)
    expected = fee_of_request(command.count) if command.basis == "per-request" else fee_of_pages(command.count)
    if command.amount_fen != expected:
        raise Refused("REQ-023", amount_fen=command.amount_fen, expected_fen=expected)


def _decide_reply(request: Request, command: ReplyCommand, facts: Facts) -> ReplyEvent:  # noqa: PLR0911 - one arm a command
    match command:
        case DecideReply(decided_on=on, outcomes=outcomes):
            _must_be_handled(request)
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
            _must_be_known(request, outcomes)
            return ReplySupplemented(supplemented_on=on, outcomes=outcomes, text=facts.seals["text"])
        case ConvertRequestToProactive(converted_on=on, item=item):
            _must_follow(on, request.clock.received_on, facts, field="converted_on")
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
            clock=RequestClock.received(event.received_on),
            newest_on=event.received_on,
            channel=event.channel,
            awaits_confirmation=event.receipt == "awaits-confirmation",
            correction_due_on=None,
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
    clock = request.clock
    match event:
        case RequestReceiptConfirmed(confirmed_on=on):
            return replace(request, clock=RequestClock.received(on), newest_on=on, awaits_confirmation=False)
        case RequestRegistered(registered_on=on):
            return replace(request, stage="registered", newest_on=on)
        case RequestAssigned(assigned_on=on):
            return replace(request, newest_on=on)
        case CorrectionRequested(requested_on=on, due_on=due_on):
            clock = dataclasses.replace(clock, correction="demanded")
            return replace(request, clock=clock, newest_on=on, correction_due_on=due_on)
        case CorrectionReceived(received_on=on):
            return replace(request, clock=clock.corrected(on), newest_on=on, correction_due_on=None)
        case CorrectionLapsed(lapsed_on=on):
            return replace(request, stage="ended", clock=clock.correction_lapsed(on), newest_on=on)
        case RequestWithdrawn(withdrawn_on=on):
            return replace(request, stage="ended", clock=clock.ended(on), newest_on=on)
        case RequestClosed(closed_on=on):
            return replace(request, stage="closed", newest_on=on)
        case RequestReceived():
            raise AssertionError("a request is received once")
        case _:
            assert_never(event)


def _evolve_handling(request: Request, event: HandlingEvent) -> Request:  # noqa: C901, PLR0911 - one arm an event
    clock = request.clock
    match event:
        case ThirdPartyConsulted(party=party, asked_on=on):
            return replace(request, clock=clock.paused("third-party", party, on), newest_on=on)
        case ThirdPartyAnswered(party=party, answered_on=on):
            return replace(request, clock=clock.answered("third-party", party, on), newest_on=on)
        case ThirdPartySilent(party=party, silent_on=on, waited_until=until):
            return replace(request, clock=clock.answered("third-party", party, until), newest_on=on)
        case CoAgencyConsulted(party=party, asked_on=on):
            return replace(request, clock=clock.paused("co-agency", party, on), newest_on=on)
        case CoAgencyAnswered(party=party, answered_on=on):
            return replace(request, clock=clock.answered("co-agency", party, on), newest_on=on)
        case CoAgencySilent(party=party, silent_on=on, waited_until=until):
            return replace(request, clock=clock.answered("co-agency", party, until), newest_on=on)
        case ExtensionApproved(noticed_on=on, working_days=days):
            return replace(request, clock=dataclasses.replace(clock, extension_days=days), newest_on=on)
        case ReasonsDemanded(demanded_on=on):
            return replace(request, clock=clock.reasons_demanded(), newest_on=on)
        case ReasonsAccepted(accepted_on=on, reply_by=reply_by):
            clock = dataclasses.replace(clock, reasons="accepted", agreed_on=reply_by)
            return replace(request, clock=clock, newest_on=on)
        case ReasonsRejected(rejected_on=on):
            return replace(request, clock=clock.reasons_rejected(), newest_on=on)
        case FeeNoticed(noticed_on=on, basis=basis):
            fee = Fee(basis=basis, due_on=event.due_on, amount_fen=event.amount_fen)
            return replace(request, clock=clock.fee_demanded(basis, on), newest_on=on, fee=fee)
        case FeePaid(paid_on=on):
            return replace(request, clock=clock.fee_paid(on), newest_on=on)
        case FeeLapsed(lapsed_on=on):
            return replace(request, stage="ended", clock=clock.fee_lapsed(on), newest_on=on)
        case SearchRecorded(searched_on=on):
            return replace(request, newest_on=on, searched=True)
        case _:
            assert_never(event)


def _evolve_reply(request: Request, event: ReplyEvent) -> Request:  # noqa: PLR0911 - one arm an event
    clock = request.clock
    match event:
        case ReplyDecided(decided_on=on):
            return replace(request, stage="decided", newest_on=on)
        case ReplyDispatched(dispatched_on=on, method=method):
            # What is handed over counts on the day the applicant signs (235号).
            clock = clock if method == "in-person" else clock.ended(on)
            return replace(request, stage="dispatched", clock=clock, newest_on=on)
        case ReplyDelivered(delivered_on=on):
            clock = clock if clock.ended_on is not None else clock.ended(on)
            return replace(request, stage="delivered", clock=clock, newest_on=on)
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


def _must_be_handled(request: Request) -> None:
    _must_stand(request, "registered")
    if request.awaits_confirmation:
        raise Refused("REQ-039")


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


def _must_be_over(on: date, due_on: date | None, *, field: str) -> None:
    if due_on is not None and on <= due_on:
        raise Refused("REQ-014", field=field, on=on, due_on=due_on)


def _must_be_known(request: Request, outcomes: Sequence[str]) -> None:
    """Each outcome once, and each in the Regulations that applied on the day of receipt."""
    if len(set(outcomes)) != len(outcomes):
        raise Refused("REQ-004")
    regime = request.clock.regime
    for outcome in outcomes:
        if outcome not in regime.outcomes:
            raise Refused("REQ-024", outcome=outcome, regime=regime.code)


def _must_be_ready(request: Request, outcomes: Sequence[str]) -> None:
    _must_be_known(request, outcomes)
    clock = request.clock
    if clock.state == "void":
        raise Refused("REQ-010", due_on=request.correction_due_on)
    if request.fee is not None and any(pause.kind == "fee" for pause in clock.open_pauses):
        raise Refused("REQ-031", due_on=request.fee.due_on)
    rejected = clock.reasons == "rejected"
    if clock.reasons == "demanded" or rejected != ("mass" in outcomes) or (rejected and len(outcomes) > 1):
        raise Refused("REQ-026", reasons=clock.reasons)
    if "not-exist" in outcomes and not request.searched:
        raise Refused("REQ-025")


def _refused(request: Request, command: RequestCommand, refused: ClockRefused) -> Refused:  # noqa: C901, PLR0911 - one arm a reason
    """What the clock refused, in the words of the person who asked for it."""
    facts, fee = refused.facts, request.fee
    match refused.reason:
        case "ended":
            return Refused("REQ-006", **facts)
        case "awaits-correction":
            return Refused("REQ-010", due_on=request.correction_due_on)
        case "no-correction-awaited":
            return Refused("REQ-013")
        case "correction-twice":
            return Refused("REQ-011")
        case "correction-late":
            return Refused("REQ-034", **facts)
        case "pause-open" if fee is not None and facts["kind"] == "fee":
            return Refused("REQ-031", due_on=fee.due_on)
        case "pause-open":
            return Refused("REQ-015", **facts)
        case "no-pause-open":
            return Refused("REQ-016", **facts)
        case "not-silent-yet":
            assert isinstance(command, RecordThirdPartySilence | RecordCoAgencySilence), "only they say so"
            return Refused("REQ-014", field="silent_on", on=command.silent_on, due_on=facts["last"])
        case "unknown-to-regime":
            return Refused("REQ-035", **facts)
        case "extension-twice":
            return Refused("REQ-017", **facts)
        case "extension-late":
            return Refused("REQ-018", **facts)
        case "extension-too-long":
            return Refused("REQ-019", **facts)
        case "reasons-twice":
            return Refused("REQ-020", stands=request.clock.reasons, expected="none")
        case "no-reasons-awaited":
            return Refused("REQ-020", stands=request.clock.reasons, expected="demanded")
        case "reply-by-not-a-working-day":
            return Refused("REQ-036", **facts)
        case "reply-by-not-later":
            return Refused("REQ-037", **facts)
        case "fee-twice":
            assert isinstance(command, NoticeFee), "only it notices a fee"
            assert fee is not None, "the clock knows of a fee"
            if command.basis != fee.basis:
                return Refused("REQ-032", basis=command.basis, standing=fee.basis)
            return Refused("REQ-021", basis=fee.basis)
        case "no-fee-awaited":
            return Refused("REQ-022")
        case _:
            assert_never(refused.reason)
