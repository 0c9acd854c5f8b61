"""Requests: what each step makes, and what it refuses."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered, SectionOpened
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.items import Item
from archive.domain.request_handling import (
    CoAgencyAnswered,
    CoAgencyConsulted,
    CoAgencySilent,
    ExtensionApproved,
    FeeLapsed,
    FeeNoticed,
    FeePaid,
    ReasonsAccepted,
    ReasonsDemanded,
    ReasonsRejected,
    SearchRecorded,
    ThirdPartyAnswered,
    ThirdPartyConsulted,
    ThirdPartySilent,
)
from archive.domain.request_intake import (
    CorrectionLapsed,
    CorrectionReceived,
    CorrectionRequested,
    RequestAssigned,
    RequestClosed,
    RequestReceiptConfirmed,
    RequestReceived,
    RequestReceivedV1,
    RequestRegistered,
    RequestWithdrawn,
    received_v2,
)
from archive.domain.request_replies import (
    RecordCorrectionHandled,
    RecordCorrectionRequested,
    ReplyDecided,
    ReplyDecidedV1,
    ReplyDelivered,
    ReplyDispatched,
    ReplySupplemented,
    RequestConvertedToProactive,
    decided_v2,
)
from archive.domain.requests import Request
from domain import test_items
from domain.raised import SOURCE, errors_raised
from domain.scenario import NEW_PERSON, NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, item_id, request_id

REQUEST: Final = request_id()
ITEM: Final = item_id()
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    SectionOpened(section="office", opened_on=date(2018, 1, 2), text=text_seal()),
)
TODAY: Final = "2021-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the request, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "request": REQUEST}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event, streams: Mapping[str, object] | None = None) -> Given:
    return given(*history, agency=BUREAU, today=TODAY, streams=streams)


# --- what happened ------------------------------------------------------------------------------------------------------
RECEIVED = RequestReceived(
    agency=AGENCY,
    received_on=day("2021-06-01"),
    receipt="handed-in",
    channel="in-person",
    applicant_kind="natural-person",
    co_applicants=0,
    person=SEAL,
    text=SEAL,
)
ONLINE = replace(RECEIVED, channel="online", receipt="awaits-confirmation")
OLD = replace(RECEIVED, received_on=day("2018-06-01"))
REGISTERED = RequestRegistered(registered_on=day("2021-06-01"), number="2021-1")
OLD_REGISTERED = RequestRegistered(registered_on=day("2018-06-01"), number="2018-1")
OLD_REPLIED: Final = (
    ReplyDecided(decided_on=day("2018-06-15"), outcomes=["granted"], text=SEAL),
    ReplyDispatched(dispatched_on=day("2018-06-15"), method="post"),
    ReplyDelivered(delivered_on=day("2018-06-18"), method="post"),
)
OPEN: Final = (RECEIVED, REGISTERED)
CORRECTION = CorrectionRequested(requested_on=day("2021-06-03"), due_on=day("2021-06-17"), text=SEAL)
CORRECTED = CorrectionReceived(received_on=day("2021-06-10"), text=SEAL)
THIRD_PARTY = ThirdPartyConsulted(party=1, asked_on=day("2021-06-03"), person=SEAL)
CO_AGENCY = CoAgencyConsulted(party=1, asked_on=day("2021-06-03"), text=SEAL)
EXTENDED = ExtensionApproved(
    approved_on=day("2021-06-15"), consent="information-office-head", working_days=20, noticed_on=day("2021-06-16")
)
REASONS = ReasonsDemanded(demanded_on=day("2021-06-03"))
REJECTED = ReasonsRejected(rejected_on=day("2021-06-08"))
FEE = FeeNoticed(noticed_on=day("2021-06-03"), due_on=day("2021-07-01"), basis="per-page", count=31, amount_fen=1000)
PAID = FeePaid(paid_on=day("2021-06-08"), amount_fen=1000)
SEARCHED = SearchRecorded(searched_on=day("2021-06-03"), places=["archive-room"], found=False, text=SEAL)
DECIDED = ReplyDecided(decided_on=day("2021-06-15"), outcomes=["granted"], text=SEAL)
DISPATCHED = ReplyDispatched(dispatched_on=day("2021-06-16"), method="post")
DELIVERED = ReplyDelivered(delivered_on=day("2021-06-18"), method="post")
CLOSED = RequestClosed(closed_on=day("2021-06-21"))
REPLIED: Final = (*OPEN, DECIDED, DISPATCHED, DELIVERED)
WITHDRAWN = RequestWithdrawn(withdrawn_on=day("2021-06-04"))
RECORD = RecordCorrectionRequested(requested_on=day("2021-07-01"), person=SEAL)
PUBLIC: Final = {ITEM: stand("item", test_items.PUBLISHED)}

RECEIVE = wish(
    "receive-request",
    agency=AGENCY,
    received_on="2021-06-01",
    receipt="handed-in",
    channel="in-person",
    applicant_kind="natural-person",
)
EXTEND: Final = {"approved_on": "2021-06-15", "consent": "information-office-head", "noticed_on": "2021-06-16"}
NOTICE: Final = {"noticed_on": "2021-06-03", "due_on": "2021-07-01"}

# --- each step ----------------------------------------------------------------------------------------------------------
ACCEPTED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a request is received", past(), RECEIVE, replace(RECEIVED, person=NEW_PERSON, text=NEW_TEXT)),
    (
        "a request of several applicants is received",
        past(),
        replace(RECEIVE, co_applicants=2, co_applicant_kinds=["commercial-enterprise"], wanted_form="paper"),
        replace(
            RECEIVED,
            co_applicants=2,
            co_applicant_kinds=["commercial-enterprise"],
            wanted_form="paper",
            person=NEW_PERSON,
            text=NEW_TEXT,
        ),
    ),
    (
        "a receipt is confirmed",
        past(ONLINE),
        wish("confirm-receipt", confirmed_on="2021-06-02"),
        RequestReceiptConfirmed(confirmed_on=day("2021-06-02"), channel="online"),
    ),
    (
        "it is registered",
        past(RECEIVED),
        wish("register-request", registered_on="2021-06-01", number="2021-1"),
        REGISTERED,
    ),
    (
        "it is given to a section",
        past(*OPEN),
        wish("assign-request", assigned_on="2021-06-02", section="office"),
        RequestAssigned(assigned_on=day("2021-06-02"), section="office"),
    ),
    (
        "a correction is asked for",
        past(*OPEN),
        wish("demand-correction", requested_on="2021-06-03", due_on="2021-06-17"),
        replace(CORRECTION, text=NEW_TEXT),
    ),
    (
        "a correction comes in",
        past(*OPEN, CORRECTION),
        wish("receive-correction", received_on="2021-06-10"),
        replace(CORRECTED, text=NEW_TEXT),
    ),
    (
        "no correction comes in",
        past(*OPEN, CORRECTION),
        wish("lapse-correction", lapsed_on="2021-06-18"),
        CorrectionLapsed(lapsed_on=day("2021-06-18")),
    ),
    (
        "a third party is asked",
        past(*OPEN),
        wish("consult-third-party", party=1, asked_on="2021-06-03"),
        replace(THIRD_PARTY, person=NEW_PERSON),
    ),
    (
        "another third party is asked meanwhile",
        past(*OPEN, THIRD_PARTY),
        wish("consult-third-party", party=2, asked_on="2021-06-03"),
        replace(THIRD_PARTY, party=2, person=NEW_PERSON),
    ),
    (
        "a third party answers",
        past(*OPEN, THIRD_PARTY),
        wish("record-third-party-answer", party=1, answered_on="2021-06-07", answer="refuses-with-reasons"),
        ThirdPartyAnswered(party=1, answered_on=day("2021-06-07"), answer="refuses-with-reasons", person=NEW_PERSON),
    ),
    (
        "a third party keeps silent",
        past(*OPEN, THIRD_PARTY),
        wish("record-third-party-silence", party=1, silent_on="2021-06-25"),
        ThirdPartySilent(party=1, silent_on=day("2021-06-25"), waited_until=day("2021-06-24")),
    ),
    (
        "another agency is asked",
        past(*OPEN),
        wish("consult-co-agency", party=1, asked_on="2021-06-03"),
        replace(CO_AGENCY, text=NEW_TEXT),
    ),
    (
        "another agency of this archive is asked while a third party of the same number is",
        past(*OPEN, THIRD_PARTY),
        wish("consult-co-agency", party=1, asked_on="2021-06-03", co_agency=AGENCY),
        replace(CO_AGENCY, co_agency=AGENCY, text=NEW_TEXT),
    ),
    (
        "another agency answers",
        past(*OPEN, CO_AGENCY),
        wish("record-co-agency-answer", party=1, answered_on="2021-06-07", answer="refuses"),
        CoAgencyAnswered(party=1, answered_on=day("2021-06-07"), answer="refuses", text=NEW_TEXT),
    ),
    (
        "another agency keeps silent",
        past(*OPEN, CO_AGENCY),
        wish("record-co-agency-silence", party=1, silent_on="2021-06-25"),
        CoAgencySilent(party=1, silent_on=day("2021-06-25"), waited_until=day("2021-06-24")),
    ),
    ("the period is extended", past(*OPEN), wish("extend-request", **EXTEND, working_days=20), EXTENDED),
    ("reasons are demanded", past(*OPEN), wish("demand-reasons", demanded_on="2021-06-03"), REASONS),
    (
        "reasons are accepted",
        past(*OPEN, REASONS),
        wish("accept-reasons", accepted_on="2021-06-08", reply_by="2021-08-30"),
        ReasonsAccepted(accepted_on=day("2021-06-08"), reply_by=day("2021-08-30")),
    ),
    ("reasons are rejected", past(*OPEN, REASONS), wish("reject-reasons", rejected_on="2021-06-08"), REJECTED),
    (
        "a fee is noticed",
        past(*OPEN),
        wish("notice-fee", **NOTICE, basis="per-page", count=31, amount_fen=1000),
        FEE,
    ),
    (
        "a cost of the Regulations of 2008 is noticed",
        past(OLD, OLD_REGISTERED),
        wish("notice-fee", noticed_on="2018-06-04", due_on="2018-06-11", basis="cost", amount_fen=1250),
        FeeNoticed(noticed_on=day("2018-06-04"), due_on=day("2018-06-11"), basis="cost", amount_fen=1250),
    ),
    (
        "a third party of an old request is waited for no longer",
        past(OLD, OLD_REGISTERED, replace(THIRD_PARTY, asked_on=day("2018-06-04"))),
        wish("record-third-party-silence", party=1, silent_on="2018-06-14"),
        ThirdPartySilent(party=1, silent_on=day("2018-06-14"), waited_until=day("2018-06-14")),
    ),
    (
        "a correction of an old request is asked for late, for which it had no term",
        past(OLD, OLD_REGISTERED),
        wish("demand-correction", requested_on="2018-06-21", due_on="2018-06-29"),
        CorrectionRequested(requested_on=day("2018-06-21"), due_on=day("2018-06-29"), text=NEW_TEXT),
    ),
    (
        "an extension is told on the last day",
        past(*OPEN),
        wish("extend-request", **EXTEND | {"noticed_on": "2021-06-29"}, working_days=20),
        replace(EXTENDED, noticed_on=day("2021-06-29")),
    ),
    (
        "a correction is asked for on the seventh working day",
        past(*OPEN),
        wish("demand-correction", requested_on="2021-06-10", due_on="2021-06-24"),
        CorrectionRequested(requested_on=day("2021-06-10"), due_on=day("2021-06-24"), text=NEW_TEXT),
    ),
    ("a fee is paid", past(*OPEN, FEE), wish("record-fee-payment", paid_on="2021-06-08", amount_fen=1000), PAID),
    (
        "a fee is not paid",
        past(*OPEN, FEE),
        wish("lapse-fee", lapsed_on="2021-07-02"),
        FeeLapsed(lapsed_on=day("2021-07-02")),
    ),
    (
        "a search is recorded",
        past(*OPEN),
        wish("record-search", searched_on="2021-06-03", places=["archive-room"], found=False),
        replace(SEARCHED, text=NEW_TEXT),
    ),
    (
        "a reply is decided",
        past(*OPEN),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted"]),
        replace(DECIDED, text=NEW_TEXT),
    ),
    (
        "nothing is found after a search",
        past(*OPEN, SEARCHED),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted", "not-exist"]),
        replace(DECIDED, outcomes=["granted", "not-exist"], text=NEW_TEXT),
    ),
    (
        "a corrected request with a paid fee is replied to",
        past(
            *OPEN,
            CORRECTION,
            CORRECTED,
            replace(FEE, noticed_on=day("2021-06-10")),
            replace(PAID, paid_on=day("2021-06-11")),
        ),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted"]),
        replace(DECIDED, text=NEW_TEXT),
    ),
    (
        "rejected reasons are told",
        past(*OPEN, REASONS, REJECTED),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["mass"]),
        replace(DECIDED, outcomes=["mass"], text=NEW_TEXT),
    ),
    (
        "a reply is dispatched",
        past(*OPEN, DECIDED),
        wish("dispatch-reply", dispatched_on="2021-06-16", method="post"),
        DISPATCHED,
    ),
    (
        "a reply is delivered",
        past(*OPEN, DECIDED, DISPATCHED),
        wish("deliver-reply", delivered_on="2021-06-18", method="post"),
        DELIVERED,
    ),
    (
        "a reply is supplemented",
        past(*REPLIED),
        wish("supplement-reply", supplemented_on="2021-06-21", outcomes=["granted"]),
        ReplySupplemented(supplemented_on=day("2021-06-21"), outcomes=["granted"], text=NEW_TEXT),
    ),
    ("a file is closed", past(*REPLIED), wish("close-request", closed_on="2021-06-21"), CLOSED),
    ("a request is withdrawn", past(*OPEN), wish("withdraw-request", withdrawn_on="2021-06-04"), WITHDRAWN),
    (
        "the file of a withdrawn request is closed",
        past(*OPEN, WITHDRAWN),
        wish("close-request", closed_on="2021-06-21"),
        CLOSED,
    ),
    (
        "what was asked for becomes public to all, after closing too",
        past(*REPLIED, CLOSED, streams=PUBLIC),
        wish("convert-request-to-proactive", converted_on="2021-07-05", item=ITEM),
        RequestConvertedToProactive(converted_on=day("2021-07-05"), item=ITEM),
    ),
    (
        "a record is to be put right, after closing too",
        past(*REPLIED, CLOSED),
        wish("receive-record-correction", requested_on="2021-07-01"),
        replace(RECORD, person=NEW_PERSON),
    ),
    (
        "a record is put right",
        past(*REPLIED, CLOSED, RECORD),
        wish("handle-record-correction", handled_on="2021-07-05", result="corrected"),
        RecordCorrectionHandled(handled_on=day("2021-07-05"), result="corrected"),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in ACCEPTED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "request"}


# --- what is refused ----------------------------------------------------------------------------------------------------
# The command of a step on a day, and the field of its date.
def steps(on: str) -> list[tuple[AnyCommand, str]]:
    """Every step of an open request, dated on this day, with the field that holds it."""
    ahead = "2099-01-01"
    return [
        (wish("assign-request", assigned_on=on, section="office"), "assigned_on"),
        (wish("demand-correction", requested_on=on, due_on=ahead), "requested_on"),
        (wish("consult-third-party", party=2, asked_on=on), "asked_on"),
        (wish("consult-co-agency", party=2, asked_on=on), "asked_on"),
        (wish("extend-request", approved_on=on, consent="agency-head", working_days=5, noticed_on=on), "approved_on"),
        (wish("demand-reasons", demanded_on=on), "demanded_on"),
        (wish("notice-fee", noticed_on=on, due_on=ahead, basis="per-page", count=31, amount_fen=1000), "noticed_on"),
        (wish("record-search", searched_on=on, places=["website"], found=True), "searched_on"),
        (wish("decide-reply", decided_on=on, outcomes=["granted"]), "decided_on"),
        (wish("withdraw-request", withdrawn_on=on), "withdrawn_on"),
    ]


# What stands open -> what follows it, dated on a day, with the field that holds it.
def followings(on: str) -> list[tuple[tuple[Event, ...], AnyCommand, str]]:
    return [
        ((ONLINE,), wish("confirm-receipt", confirmed_on=on), "confirmed_on"),
        ((RECEIVED,), wish("register-request", registered_on=on, number="2021-1"), "registered_on"),
        ((*OPEN, CORRECTION), wish("receive-correction", received_on=on), "received_on"),
        ((*OPEN, CORRECTION), wish("lapse-correction", lapsed_on=on), "lapsed_on"),
        (
            (*OPEN, THIRD_PARTY),
            wish("record-third-party-answer", party=1, answered_on=on, answer="consents"),
            "answered_on",
        ),
        ((*OPEN, THIRD_PARTY), wish("record-third-party-silence", party=1, silent_on=on), "silent_on"),
        (
            (*OPEN, CO_AGENCY),
            wish("record-co-agency-answer", party=1, answered_on=on, answer="consents"),
            "answered_on",
        ),
        ((*OPEN, CO_AGENCY), wish("record-co-agency-silence", party=1, silent_on=on), "silent_on"),
        ((*OPEN, REASONS), wish("accept-reasons", accepted_on=on, reply_by="2099-01-01"), "accepted_on"),
        ((*OPEN, REASONS), wish("reject-reasons", rejected_on=on), "rejected_on"),
        ((*OPEN, FEE), wish("record-fee-payment", paid_on=on, amount_fen=1000), "paid_on"),
        ((*OPEN, FEE), wish("lapse-fee", lapsed_on=on), "lapsed_on"),
        ((*OPEN, DECIDED), wish("dispatch-reply", dispatched_on=on, method="post"), "dispatched_on"),
        ((*OPEN, DECIDED, DISPATCHED), wish("deliver-reply", delivered_on=on, method="post"), "delivered_on"),
        (REPLIED, wish("supplement-reply", supplemented_on=on, outcomes=["granted"]), "supplemented_on"),
        (REPLIED, wish("close-request", closed_on=on), "closed_on"),
        *((OPEN, command, field) for command, field in steps(on)),
    ]


AFTERWARDS: Final[list[tuple[tuple[Event, ...], AnyCommand, str]]] = [
    (REPLIED, wish("receive-record-correction", requested_on="2021-12-11"), "requested_on"),
    (
        (*REPLIED, RECORD),
        wish("handle-record-correction", handled_on="2021-12-11", result="corrected"),
        "handled_on",
    ),
    (REPLIED, wish("convert-request-to-proactive", converted_on="2021-12-11", item=ITEM), "converted_on"),
]


def newest(history: tuple[Event, ...]) -> date:
    state = stand("request", history)
    assert isinstance(state, Request)
    return state.newest_on


def name_of(command: AnyCommand) -> str:
    return str(command.__struct_config__.tag)


REFUSED: list[Refusal] = [
    *(
        refusal(
            f"{name_of(command)} before what it follows",
            past(*history, streams=PUBLIC),
            command,
            "DAT-002",
            field=field,
            on=day("2021-05-31"),
            earliest=day(earliest),
        )
        for history, command, field, earliest in (
            (
                REPLIED,
                wish("convert-request-to-proactive", converted_on="2021-05-31", item=ITEM),
                "converted_on",
                "2021-06-01",
            ),
            (REPLIED, wish("receive-record-correction", requested_on="2021-05-31"), "requested_on", "2021-06-18"),
            (
                (*REPLIED, RECORD),
                wish("handle-record-correction", handled_on="2021-05-31", result="corrected"),
                "handled_on",
                "2021-07-01",
            ),
        )
    ),
    refusal(
        "a wrong record before anything was delivered",
        past(*OPEN),
        wish("receive-record-correction", requested_on="2021-06-03"),
        "REQ-003",
        stage="registered",
        expected="delivered",
    ),
    refusal("a request is received once", past(RECEIVED), RECEIVE, "REQ-001", request=REQUEST),
    refusal("an agency that is not there", given(today=TODAY), RECEIVE, "AGY-002", agency=AGENCY),
    refusal(
        "a request received tomorrow",
        past(),
        replace(RECEIVE, received_on=day("2021-12-11")),
        "DAT-001",
        field="received_on",
        on=day("2021-12-11"),
        today=day(TODAY),
    ),
    refusal(
        "a letter that is handed in",
        past(),
        replace(RECEIVE, channel="letter"),
        "REQ-007",
        receipt="handed-in",
        channel="letter",
    ),
    refusal(
        "more kinds of co-applicants than co-applicants",
        past(),
        replace(RECEIVE, co_applicant_kinds=["natural-person"]),
        "REQ-009",
        kinds=1,
        co_applicants=0,
    ),
    refusal(
        "one kind of co-applicants twice",
        past(),
        replace(RECEIVE, co_applicants=5, co_applicant_kinds=["natural-person", "natural-person"]),
        "REQ-009",
        kinds=2,
        co_applicants=5,
    ),
    refusal(
        "a confirmation of what was handed in",
        past(RECEIVED),
        wish("confirm-receipt", confirmed_on="2021-06-02"),
        "REQ-008",
    ),
    refusal(
        "a second confirmation",
        past(ONLINE, RequestReceiptConfirmed(confirmed_on=day("2021-06-02"), channel="online")),
        wish("confirm-receipt", confirmed_on="2021-06-02"),
        "REQ-008",
    ),
    *(
        refusal(f"{name_of(command)} of a request that is not there", past(), command, "REQ-002", request=REQUEST)
        for command, _ in steps("2021-06-03")
    ),
    *(
        refusal(
            f"{name_of(command)} before the register",
            past(RECEIVED),
            command,
            "REQ-003",
            stage="received",
            expected="registered",
        )
        for command, _ in steps("2021-06-03")
    ),
    *(
        refusal(
            f"{name_of(command)} after the delivery",
            past(*REPLIED),
            command,
            "REQ-003",
            stage="delivered",
            expected="registered",
        )
        for command, _ in steps("2021-06-21")
    ),
    *(
        refusal(
            f"{name_of(command)} after the withdrawal",
            past(*OPEN, WITHDRAWN),
            command,
            "REQ-006",
            ended_on=day("2021-06-04"),
        )
        for command, _ in steps("2021-06-21")
    ),
    *(
        refusal(
            f"{name_of(command)} after closing", past(*REPLIED, CLOSED), command, "REQ-005", closed_on=day("2021-06-21")
        )
        for _, command, _ in followings("2021-06-22")
    ),
    *(
        refusal(
            f"{name_of(command)} before the step it follows",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=day("2021-05-31"),
            earliest=newest(history),
        )
        for history, command, field in followings("2021-05-31")
    ),
    *(
        refusal(
            f"{name_of(command)} tomorrow",
            past(*history),
            command,
            "DAT-001",
            field=field,
            on=day("2021-12-11"),
            today=day(TODAY),
        )
        for history, command, field in (*followings("2021-12-11"), *AFTERWARDS)
    ),
    refusal(
        "a reply before the receipt",
        past(),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted"]),
        "REQ-002",
        request=REQUEST,
    ),
    refusal(
        "a dispatch before the decision",
        past(*OPEN),
        wish("dispatch-reply", dispatched_on="2021-06-15", method="post"),
        "REQ-003",
        stage="registered",
        expected="decided",
    ),
    refusal(
        "a delivery before the dispatch",
        past(*OPEN, DECIDED),
        wish("deliver-reply", delivered_on="2021-06-15", method="post"),
        "REQ-003",
        stage="decided",
        expected="dispatched",
    ),
    refusal(
        "a second registration",
        past(*OPEN),
        wish("register-request", registered_on="2021-06-02", number="2021-2"),
        "REQ-003",
        stage="registered",
        expected="received",
    ),
    refusal(
        "a closed file without a reply",
        past(*OPEN),
        wish("close-request", closed_on="2021-06-21"),
        "REQ-003",
        stage="registered",
        expected="delivered",
    ),
    refusal(
        "a section that is not there",
        past(*OPEN),
        wish("assign-request", assigned_on="2021-06-02", section="cellar"),
        "ITM-003",
        field="section",
        code="cellar",
    ),
    refusal(
        "a second correction",
        past(*OPEN, CORRECTION, CORRECTED),
        wish("demand-correction", requested_on="2021-06-11", due_on="2021-06-30"),
        "REQ-011",
    ),
    refusal(
        "a term that ends when it begins",
        past(*OPEN),
        wish("demand-correction", requested_on="2021-06-03", due_on="2021-06-03"),
        "REQ-012",
        field="due_on",
        on=day("2021-06-03"),
        after=day("2021-06-03"),
    ),
    *(
        refusal(
            f"a reply by {reply_by}",
            past(*OPEN, REASONS),
            wish("accept-reasons", accepted_on="2021-06-08", reply_by=reply_by),
            code,
            **facts,
        )
        for reply_by, code, facts in (
            ("2021-08-28", "REQ-036", {"reply_by": day("2021-08-28")}),
            ("2021-06-28", "REQ-037", {"reply_by": day("2021-06-28"), "due_on": day("2021-06-29")}),
        )
    ),
    refusal(
        "a fee to be paid before the law says so",
        past(*OPEN),
        wish("notice-fee", **NOTICE | {"due_on": "2021-06-30"}, basis="per-page", count=31, amount_fen=1000),
        "REQ-033",
        due_on=day("2021-06-30"),
        least=day("2021-07-01"),
    ),
    refusal(
        "a cost to be paid before it is told",
        past(OLD, OLD_REGISTERED),
        wish("notice-fee", noticed_on="2018-06-04", due_on="2018-06-03", basis="cost", amount_fen=500),
        "REQ-033",
        due_on=day("2018-06-03"),
        least=day("2018-06-04"),
    ),
    refusal(
        "a fee by the page without the pages",
        past(*OPEN),
        wish("notice-fee", **NOTICE, basis="per-page", amount_fen=1000),
        "REQ-038",
        basis="per-page",
    ),
    *(
        refusal(
            f"a fee that is not that of the tariff {basis}",
            past(*OPEN),
            wish("notice-fee", **NOTICE, basis=basis, count=count, amount_fen=1001),
            "REQ-023",
            amount_fen=1001,
            expected_fen=expected,
        )
        for basis, count, expected in (("per-page", 31, 1000), ("per-page", 30, 0), ("per-request", 31, 20_000))
    ),
    refusal(
        "a part of the fee",
        past(*OPEN, FEE),
        wish("record-fee-payment", paid_on="2021-06-08", amount_fen=999),
        "REQ-023",
        amount_fen=999,
        expected_fen=1000,
    ),
    refusal(
        "a fee on both bases",
        past(*OPEN, FEE, PAID),
        wish(
            "notice-fee", noticed_on="2021-06-08", due_on="2021-08-30", basis="per-request", count=31, amount_fen=20_000
        ),
        "REQ-032",
        basis="per-request",
        standing="per-page",
    ),
    refusal(
        "an extension after the due date",
        past(*OPEN),
        wish("extend-request", **EXTEND | {"noticed_on": "2021-06-30"}, working_days=5),
        "REQ-018",
        due_on=day("2021-06-29"),
    ),
    refusal(
        "an extension beyond the law",
        past(*OPEN),
        wish("extend-request", **EXTEND, working_days=21),
        "REQ-019",
        days=21,
        limit=20,
    ),
    refusal(
        "an extension of an old request beyond the law of its day",
        past(OLD, OLD_REGISTERED),
        wish("extend-request", **EXTEND | {"approved_on": "2018-06-05", "noticed_on": "2018-06-05"}, working_days=16),
        "REQ-019",
        days=16,
        limit=15,
    ),
    refusal(
        "a correction notice on the eighth working day",
        past(*OPEN),
        wish("demand-correction", requested_on="2021-06-11", due_on="2021-06-30"),
        "REQ-034",
        due_on=day("2021-06-10"),
        days=7,
    ),
    refusal(
        "a correction notice while a third party is asked",
        past(*OPEN, THIRD_PARTY),
        wish("demand-correction", requested_on="2021-06-04", due_on="2021-06-30"),
        "REQ-015",
        kind="third-party",
        party=1,
    ),
    refusal(
        "a correction notice while a fee is awaited",
        past(*OPEN, FEE),
        wish("demand-correction", requested_on="2021-06-04", due_on="2021-06-30"),
        "REQ-031",
        due_on=day("2021-07-01"),
    ),
    refusal(
        "a consultation while a correction is awaited",
        past(*OPEN, CORRECTION),
        wish("consult-third-party", party=1, asked_on="2021-06-04"),
        "REQ-010",
        due_on=day("2021-06-17"),
    ),
    *(
        refusal(
            f"{name_of(command)} of a third party or an agency that may still answer",
            past(*OPEN, asked),
            command,
            "REQ-014",
            field="silent_on",
            on=day("2021-06-24"),
            due_on=day("2021-06-24"),
        )
        for asked, command in (
            (THIRD_PARTY, wish("record-third-party-silence", party=1, silent_on="2021-06-24")),
            (CO_AGENCY, wish("record-co-agency-silence", party=1, silent_on="2021-06-24")),
        )
    ),
    *(
        refusal(
            f"{name_of(command)} under the Regulations of 2008",
            past(OLD, OLD_REGISTERED),
            command,
            "REQ-035",
            regime="R2008",
        )
        for command in (
            wish("consult-co-agency", party=1, asked_on="2018-06-04"),
            wish("demand-reasons", demanded_on="2018-06-04"),
            wish(
                "notice-fee", noticed_on="2018-06-04", due_on="2018-08-06", basis="per-page", count=31, amount_fen=1000
            ),
        )
    ),
    *(
        refusal(
            f"an outcome of {outcome} under the Regulations of 2008",
            past(OLD, OLD_REGISTERED),
            wish("decide-reply", decided_on="2018-06-04", outcomes=["granted", outcome]),
            "REQ-024",
            outcome=outcome,
            regime="R2008",
        )
        for outcome in ("mass", "process-info", "enforcement-file")
    ),
    refusal(
        "an unknown outcome added to a reply",
        past(OLD, OLD_REGISTERED, *OLD_REPLIED),
        wish("supplement-reply", supplemented_on="2018-06-20", outcomes=["internal-affairs"]),
        "REQ-024",
        outcome="internal-affairs",
        regime="R2008",
    ),
    *(
        refusal(f"{name_of(command)} before the receipt is confirmed", past(ONLINE, REGISTERED), command, "REQ-039")
        for command, _ in steps("2021-06-03")
        if name_of(command) not in {"assign-request", "withdraw-request"}
    ),
    refusal(
        "a correction that nobody asked for",
        past(*OPEN),
        wish("receive-correction", received_on="2021-06-03"),
        "REQ-013",
    ),
    refusal(
        "a lapse of what has come",
        past(*OPEN, CORRECTION, CORRECTED),
        wish("lapse-correction", lapsed_on="2021-06-30"),
        "REQ-013",
    ),
    refusal(
        "a correction that lapses on its last day",
        past(*OPEN, CORRECTION),
        wish("lapse-correction", lapsed_on="2021-06-17"),
        "REQ-014",
        field="lapsed_on",
        on=day("2021-06-17"),
        due_on=day("2021-06-17"),
    ),
    refusal(
        "a fee that lapses on its last day",
        past(*OPEN, FEE),
        wish("lapse-fee", lapsed_on="2021-07-01"),
        "REQ-014",
        field="lapsed_on",
        on=day("2021-07-01"),
        due_on=day("2021-07-01"),
    ),
    refusal(
        "a third party asked while it is being asked",
        past(*OPEN, THIRD_PARTY),
        wish("consult-third-party", party=1, asked_on="2021-06-04"),
        "REQ-015",
        kind="third-party",
        party=1,
    ),
    refusal(
        "another agency asked while it is being asked",
        past(*OPEN, CO_AGENCY),
        wish("consult-co-agency", party=1, asked_on="2021-06-04"),
        "REQ-015",
        kind="co-agency",
        party=1,
    ),
    *(
        refusal(
            f"{name_of(command)} of nobody who is asked",
            past(*OPEN, other),
            command,
            "REQ-016",
            kind=kind,
            party=1,
        )
        for kind, other, command in (
            (
                "third-party",
                CO_AGENCY,
                wish("record-third-party-answer", party=1, answered_on="2021-06-04", answer="consents"),
            ),
            ("third-party", CO_AGENCY, wish("record-third-party-silence", party=1, silent_on="2021-06-30")),
            (
                "co-agency",
                THIRD_PARTY,
                wish("record-co-agency-answer", party=1, answered_on="2021-06-04", answer="consents"),
            ),
            ("co-agency", THIRD_PARTY, wish("record-co-agency-silence", party=1, silent_on="2021-06-30")),
        )
    ),
    refusal(
        "a second extension",
        past(*OPEN, EXTENDED),
        wish("extend-request", **EXTEND | {"approved_on": "2021-06-16"}, working_days=5),
        "REQ-017",
        days=20,
    ),
    refusal(
        "an extension told before it is approved",
        past(*OPEN),
        wish("extend-request", **EXTEND | {"noticed_on": "2021-06-14"}, working_days=5),
        "DAT-002",
        field="noticed_on",
        on=day("2021-06-14"),
        earliest=day("2021-06-15"),
    ),
    *(
        refusal(
            f"{name_of(command)} when reasons are {reasons}",
            past(*OPEN, *history),
            command,
            "REQ-020",
            stands=reasons,
            expected=expected,
        )
        for history, command, reasons, expected in (
            ((), wish("reject-reasons", rejected_on="2021-06-08"), "none", "demanded"),
            ((), wish("accept-reasons", accepted_on="2021-06-08", reply_by="2021-08-30"), "none", "demanded"),
            ((REASONS,), wish("demand-reasons", demanded_on="2021-06-08"), "demanded", "none"),
            ((REASONS, REJECTED), wish("reject-reasons", rejected_on="2021-06-08"), "rejected", "demanded"),
        )
    ),
    refusal(
        "a second fee",
        past(*OPEN, FEE),
        wish("notice-fee", **NOTICE, basis="per-page", count=40, amount_fen=10_000),
        "REQ-021",
        basis="per-page",
    ),
    refusal(
        "a payment of nothing",
        past(*OPEN),
        wish("record-fee-payment", paid_on="2021-06-08", amount_fen=1000),
        "REQ-022",
    ),
    refusal("a lapse of what is paid", past(*OPEN, FEE, PAID), wish("lapse-fee", lapsed_on="2021-07-02"), "REQ-022"),
    refusal(
        "an outcome given twice",
        past(*OPEN),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted", "granted"]),
        "REQ-004",
    ),
    refusal(
        "nothing found without a search",
        past(*OPEN),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["not-exist"]),
        "REQ-025",
    ),
    refusal(
        "a reply while a correction is awaited",
        past(*OPEN, CORRECTION),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted"]),
        "REQ-010",
        due_on=day("2021-06-17"),
    ),
    refusal(
        "a reply while a fee is awaited",
        past(*OPEN, FEE),
        wish("decide-reply", decided_on="2021-06-15", outcomes=["granted"]),
        "REQ-031",
        due_on=day("2021-07-01"),
    ),
    *(
        refusal(
            f"{outcome} when reasons are {reasons}",
            past(*OPEN, *history),
            wish("decide-reply", decided_on="2021-06-15", outcomes=[outcome]),
            "REQ-026",
            reasons=reasons,
        )
        for history, reasons, outcome in (
            ((), "none", "mass"),
            ((REASONS,), "demanded", "granted"),
            ((REASONS,), "demanded", "mass"),
            ((REASONS, REJECTED), "rejected", "granted"),
        )
    ),
    refusal(
        "a place of the search given twice",
        past(*OPEN),
        wish("record-search", searched_on="2021-06-03", places=["website", "website"], found=False),
        "REQ-030",
    ),
    refusal(
        "an item that is not there",
        past(*REPLIED),
        wish("convert-request-to-proactive", converted_on="2021-07-05", item=ITEM),
        "ITM-002",
        item=ITEM,
    ),
    refusal(
        "an item that is only drafted",
        past(*REPLIED, streams={ITEM: stand("item", test_items.REVIEWED)}),
        wish("convert-request-to-proactive", converted_on="2021-07-05", item=ITEM),
        "REQ-027",
        item=ITEM,
    ),
    refusal(
        "two corrections of a record at once",
        past(*REPLIED, RECORD),
        wish("receive-record-correction", requested_on="2021-07-02"),
        "REQ-028",
    ),
    refusal(
        "an answer about a record that nobody doubts",
        past(*REPLIED),
        wish("handle-record-correction", handled_on="2021-07-05", result="refused"),
        "REQ-029",
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_every_refusal_of_the_rules_is_in_the_table() -> None:
    raised = {error.code for error in errors_raised(SOURCE / "domain" / "requests.py")}
    # That there is no agency is refused for every kind of stream alike.
    assert raised | {"AGY-002"} == {row.code for row in REFUSED}


# --- what an entry may hold, and its older versions ------------------------------------------------------------------------
def test_who_asked_and_what_for_are_sealed_and_never_cleared() -> None:
    assert RequestReceived.SEALS == ("person", "text")
    assert {event.CLEARS for event in (RequestReceived, ThirdPartyConsulted, ThirdPartyAnswered, ReplyDecided)} == {()}


def test_older_versions_say_what_was_known_then() -> None:
    received = RequestReceivedV1(
        agency=AGENCY, received_on=day("2021-06-01"), channel="in-person", applicant_kind="natural-person"
    )
    assert received_v2(received) == replace(RECEIVED, receipt=UNSET, person=UNSET, text=UNSET)
    decided = ReplyDecidedV1(decided_on=day("2021-06-15"), outcomes=["granted"])
    assert decided_v2(decided) == replace(DECIDED, text=UNSET)
    assert isinstance(PUBLIC[ITEM], Item)
