"""Opinions and complaints: what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.opinions import (
    ComplaintAccepted,
    ComplaintDecided,
    ComplaintFiled,
    OpinionAnswered,
    OpinionReceived,
)
from domain.scenario import NEW_PERSON, NEW_TEXT, Given, Refusal, given, refusal, text_seal
from stories import AGENCY

OPINION: Final = f"opinion-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
TODAY: Final = "2018-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the opinion, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "opinion": OPINION}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY)


RECEIVED: Final = OpinionReceived(
    agency=AGENCY, received_on=day("2018-05-02"), intake="suggestion-box", topic="website", person=SEAL, text=SEAL
)
ANSWERED: Final = OpinionAnswered(answered_on=day("2018-05-09"), way="phone")
FILED: Final = ComplaintFiled(
    agency=AGENCY,
    filed_on=day("2018-06-04"),
    intake="hotline-12345",
    ground="not-published",
    person=SEAL,
    text=SEAL,
)
TAKEN: Final = ComplaintAccepted(accepted_on=day("2018-06-05"))
DECIDED: Final = ComplaintDecided(decided_on=day("2018-06-20"), result="substantiated")


def receive(on: str) -> AnyCommand:
    return wish("receive-opinion", agency=AGENCY, received_on=on, intake="suggestion-box", topic="website")


def complain(on: str) -> AnyCommand:
    return wish("file-complaint", agency=AGENCY, filed_on=on, intake="hotline-12345", ground="not-published")


def result(code: str, on: str = "2018-06-20") -> AnyCommand:
    return wish("decide-complaint", decided_on=on, result=code)


RECEIVE: Final = receive("2018-05-02")
COMPLAIN: Final = complain("2018-06-04")
ANSWER: Final = wish("answer-opinion", answered_on="2018-05-09", way="phone")
ACCEPT: Final = wish("accept-complaint", accepted_on="2018-06-05")

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("an opinion comes in", past(), RECEIVE, replace(RECEIVED, person=NEW_PERSON, text=NEW_TEXT)),
    ("it is answered", past(RECEIVED), ANSWER, ANSWERED),
    ("a complaint comes in", past(), COMPLAIN, replace(FILED, person=NEW_PERSON, text=NEW_TEXT)),
    ("it is looked into", past(FILED), ACCEPT, TAKEN),
    ("it is decided", past(FILED, TAKEN), result("substantiated"), DECIDED),
    ("or not looked into at all", past(FILED), result("not-accepted"), replace(DECIDED, result="not-accepted")),
    ("or passed on at once", past(FILED), result("transferred"), replace(DECIDED, result="transferred")),
    ("or passed on later", past(FILED, TAKEN), result("transferred"), replace(DECIDED, result="transferred")),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "opinion"}


REFUSED: list[Refusal] = [
    refusal("an opinion comes in once", past(RECEIVED), RECEIVE, "OPN-001", opinion=OPINION),
    refusal("and is no complaint as well", past(RECEIVED), COMPLAIN, "OPN-001", opinion=OPINION),
    refusal("of an agency that is there", given(today=TODAY), RECEIVE, "AGY-002", agency=AGENCY),
    refusal("a complaint too", given(today=TODAY), COMPLAIN, "AGY-002", agency=AGENCY),
    refusal("an answer follows an opinion", past(), ANSWER, "OPN-002", opinion=OPINION),
    refusal("an acceptance follows a complaint", past(), ACCEPT, "OPN-002", opinion=OPINION),
    refusal("so does a result", past(), result("substantiated"), "OPN-002", opinion=OPINION),
    refusal(
        "an opinion is answered once",
        past(RECEIVED, ANSWERED),
        ANSWER,
        "OPN-003",
        stage="answered",
        expected="received",
    ),
    refusal("a complaint is decided, not answered", past(FILED), ANSWER, "OPN-003", stage="filed", expected="received"),
    refusal("an opinion is not decided", past(RECEIVED), ACCEPT, "OPN-003", stage="received", expected="filed"),
    refusal("a complaint is accepted once", past(FILED, TAKEN), ACCEPT, "OPN-003", stage="accepted", expected="filed"),
    refusal(
        "nothing is found out about what was not looked into",
        past(FILED),
        result("unsubstantiated"),
        "OPN-003",
        stage="filed",
        expected="accepted",
    ),
    refusal(
        "what was accepted is not turned away",
        past(FILED, TAKEN),
        result("not-accepted"),
        "OPN-003",
        stage="accepted",
        expected="filed",
    ),
    refusal(
        "a complaint is decided once",
        past(FILED, TAKEN, DECIDED),
        result("transferred"),
        "OPN-003",
        stage="decided",
        expected="filed / accepted",
    ),
    *(
        refusal(
            f"{field} has come", past(*history), command, "DAT-001", field=field, on=day("2018-12-11"), today=day(TODAY)
        )
        for history, command, field in [
            ((), receive("2018-12-11"), "received_on"),
            ((), complain("2018-12-11"), "filed_on"),
            ((RECEIVED,), wish("answer-opinion", answered_on="2018-12-11", way="phone"), "answered_on"),
            ((FILED,), wish("accept-complaint", accepted_on="2018-12-11"), "accepted_on"),
            ((FILED, TAKEN), result("substantiated", "2018-12-11"), "decided_on"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the step before",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=day("2018-01-02"),
            earliest=earliest,
        )
        for history, command, field, earliest in [
            (
                (RECEIVED,),
                wish("answer-opinion", answered_on="2018-01-02", way="phone"),
                "answered_on",
                RECEIVED.received_on,
            ),
            ((FILED,), wish("accept-complaint", accepted_on="2018-01-02"), "accepted_on", FILED.filed_on),
            ((FILED, TAKEN), result("substantiated", "2018-01-02"), "decided_on", TAKEN.accepted_on),
        ]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
