"""Requests: received, registered, decided, delivered, closed; each step once, none before the one it follows."""

from datetime import date

import pytest

from archive.domain.agencies import AgencyRegistered
from archive.domain.requests import (
    ReceiveRequest,
    ReplyDecided,
    ReplyDelivered,
    Request,
    RequestClosed,
    RequestCommand,
    RequestEvent,
    RequestReceived,
    RequestRegistered,
)
from domain.raised import SOURCE, errors_raised
from domain.scenario import TODAY, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, Clerk, request_id

CLERK = Clerk()
REQUEST = request_id()
TOMORROW = date(2018, 12, 11)
REGISTERED_AGENCY = (AgencyRegistered(level="county", region="421202", text=text_seal()),)

RECEIVED = RequestReceived(
    agency=AGENCY, received_on=date(2018, 9, 3), channel="letter", applicant_kind="natural-person"
)
REGISTERED = RequestRegistered(registered_on=date(2018, 9, 4), number="2018-1")
DECIDED = ReplyDecided(decided_on=date(2018, 9, 20), outcomes=["granted", "not-exist"])
DELIVERED = ReplyDelivered(delivered_on=date(2018, 9, 21), method="post")
CLOSED = RequestClosed(closed_on=date(2018, 9, 28))
STEPS: tuple[RequestEvent, ...] = (RECEIVED, REGISTERED, DECIDED, DELIVERED, CLOSED)
STAGES = ("received", "registered", "decided", "delivered", "closed")


def step(number: int, *, on: str) -> RequestCommand:
    """The command of the step that follows the first, second … one."""
    match number:
        case 1:
            return CLERK.register(REQUEST, on=on)
        case 2:
            return CLERK.decide(REQUEST, on=on, outcomes=["granted", "not-exist"])
        case 3:
            return CLERK.deliver(REQUEST, on=on)
        case _:
            return CLERK.close(REQUEST, on=on)


FIELDS = {1: "registered_on", 2: "decided_on", 3: "delivered_on", 4: "closed_on"}
DAYS = {1: "2018-09-04", 2: "2018-09-20", 3: "2018-09-21", 4: "2018-09-28"}
BEFORE = {1: "2018-09-02", 2: "2018-09-03", 3: "2018-09-19", 4: "2018-09-20"}
NEWEST = {1: "2018-09-03", 2: "2018-09-04", 3: "2018-09-20", 4: "2018-09-21"}


ACCEPTED: list[tuple[str, Given, RequestCommand, RequestEvent]] = [
    ("a request is received", given(agency=REGISTERED_AGENCY), CLERK.receive(REQUEST, on="2018-09-03"), RECEIVED),
    *((f"a request is {STAGES[n]}", given(*STEPS[:n]), step(n, on=DAYS[n]), STEPS[n]) for n in DAYS),
    (
        "all on one day",
        given(RECEIVED),
        CLERK.register(REQUEST, on="2018-09-03"),
        RequestRegistered(registered_on=date(2018, 9, 3), number="2018-1"),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, RequestCommand, RequestEvent]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


REFUSED: list[Refusal] = [
    refusal(
        "a request is received once",
        given(RECEIVED, agency=REGISTERED_AGENCY),
        CLERK.receive(REQUEST, on="2018-09-03"),
        "REQ-001",
        request=REQUEST,
    ),
    refusal(
        "a request to an agency that is not there",
        given(),
        CLERK.receive(REQUEST, on="2018-09-03"),
        "AGY-002",
        agency=AGENCY,
    ),
    refusal(
        "a request received tomorrow",
        given(agency=REGISTERED_AGENCY),
        CLERK.receive(REQUEST, on="2018-12-11"),
        "DAT-001",
        field="received_on",
        on=TOMORROW,
        today=TODAY,
    ),
    *(
        refusal(f"{FIELDS[n]} of a request that is not there", given(), step(n, on=DAYS[n]), "REQ-002", request=REQUEST)
        for n in DAYS
    ),
    *(
        refusal(
            f"{FIELDS[n]} of a request that is {STAGES[stage]}",
            given(*STEPS[: stage + 1]),
            step(n, on="2018-10-08"),
            "REQ-003",
            stage=STAGES[stage],
            expected=STAGES[n - 1],
        )
        for n in DAYS
        for stage in range(len(STEPS))
        if stage != n - 1
    ),
    *(
        refusal(
            f"{FIELDS[n]} before the step it follows",
            given(*STEPS[:n]),
            step(n, on=BEFORE[n]),
            "DAT-002",
            field=FIELDS[n],
            on=date.fromisoformat(BEFORE[n]),
            earliest=date.fromisoformat(NEWEST[n]),
        )
        for n in DAYS
    ),
    *(
        refusal(
            f"{FIELDS[n]} is tomorrow",
            given(*STEPS[:n]),
            step(n, on="2018-12-11"),
            "DAT-001",
            field=FIELDS[n],
            on=TOMORROW,
            today=TODAY,
        )
        for n in DAYS
    ),
    refusal(
        "an outcome given twice",
        given(RECEIVED, REGISTERED),
        CLERK.decide(REQUEST, on="2018-09-20", outcomes=["granted", "granted"]),
        "REQ-004",
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_every_refusal_of_the_rules_is_in_the_table() -> None:
    assert {error.code for error in errors_raised(SOURCE / "domain" / "requests.py")} == {row.code for row in REFUSED}


@pytest.mark.parametrize("steps", range(1, 6))
def test_request_remembers_where_it_stands(steps: int) -> None:
    days = [date(2018, 9, 3), *(date.fromisoformat(day) for day in DAYS.values())]
    request = stand("request", STEPS[:steps])
    assert request == Request(agency=AGENCY, stage=STAGES[steps - 1], newest_on=days[steps - 1])  # type: ignore[arg-type] # STAGES are stages


def test_request_has_no_room_for_who_asked_or_what_for() -> None:
    assert ReceiveRequest.TEXTS == ()
    assert {event.SEALS for event in (RequestReceived, RequestRegistered, ReplyDecided, ReplyDelivered)} == {()}
