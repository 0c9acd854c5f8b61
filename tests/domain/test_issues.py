"""Hot issues: the time for an answer, what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.issues import IssueClosed, IssueDetected, IssueResponded
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, text_seal
from stories import AGENCY

ISSUE: Final = f"issue-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
TODAY: Final = "2018-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the issue, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "issue": ISSUE}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY)


def detect(severity: str, at: str = "2018-08-01T09:30+08:00") -> AnyCommand:
    return wish("detect-issue", agency=AGENCY, detected_at=at, source="media", severity=severity)


def respond(at: str) -> AnyCommand:
    return wish("record-response", responded_at=at, way="press-conference", by_head=True, text={"title": "新闻发布会"})


def close(at: str) -> AnyCommand:
    return wish("close-issue", closed_at=at)


# --- what happened ------------------------------------------------------------------------------------------------------
DETECTED: Final = IssueDetected(
    agency=AGENCY,
    detected_at="2018-08-01T09:30+08:00",
    source="media",
    severity="public-opinion",
    respond_by="2018-08-03T09:30+08:00",
    text=SEAL,
)
RESPONDED: Final = IssueResponded(
    responded_at="2018-08-02T08:00+08:00", way="press-conference", by_head=True, text=NEW_TEXT
)
CLOSED: Final = IssueClosed(closed_at="2018-08-10T17:00+08:00")


FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("public opinion has 48 hours", past(), detect("public-opinion"), replace(DETECTED, text=NEW_TEXT)),
    (
        "a serious emergency has 5 hours, and a day to a press conference",
        past(),
        detect("serious-emergency", "2018-12-10T21:30+08:00"),
        replace(
            DETECTED,
            detected_at="2018-12-10T21:30+08:00",
            severity="serious-emergency",
            respond_by="2018-12-11T02:30+08:00",
            conference_by="2018-12-11T21:30+08:00",
            text=NEW_TEXT,
        ),
    ),
    ("an issue is answered", past(DETECTED), respond("2018-08-02T08:00+08:00"), RESPONDED),
    ("more than once", past(DETECTED, RESPONDED), respond("2018-08-02T08:00+08:00"), RESPONDED),
    (
        "and late",
        past(DETECTED),
        respond("2018-09-02T08:00+08:00"),
        replace(RESPONDED, responded_at="2018-09-02T08:00+08:00"),
    ),
    ("and closed", past(DETECTED, RESPONDED), close("2018-08-10T17:00+08:00"), CLOSED),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "issue"}


REFUSED: list[Refusal] = [
    refusal("an issue is found once", past(DETECTED), detect("public-opinion"), "ISU-001", issue=ISSUE),
    refusal("by an agency that is there", given(today=TODAY), detect("public-opinion"), "AGY-002", agency=AGENCY),
    refusal("an answer follows an issue", past(), respond("2018-08-02T08:00+08:00"), "ISU-002", issue=ISSUE),
    refusal("so does its end", past(), close("2018-08-10T17:00+08:00"), "ISU-002", issue=ISSUE),
    refusal("no issue ends without an answer", past(DETECTED), close("2018-08-10T17:00+08:00"), "ISU-005", issue=ISSUE),
    refusal(
        "what is closed is not answered",
        past(DETECTED, RESPONDED, CLOSED),
        respond("2018-08-11T08:00+08:00"),
        "ISU-004",
        issue=ISSUE,
    ),
    refusal(
        "nor closed again", past(DETECTED, RESPONDED, CLOSED), close("2018-08-11T08:00+08:00"), "ISU-004", issue=ISSUE
    ),
    refusal(
        "a day that does not exist is refused",
        past(),
        detect("public-opinion", "2018-02-29T09:30+08:00"),
        "ISU-003",
        field="detected_at",
    ),
    *(
        refusal(
            f"{field} has come", past(*history), command, "DAT-001", field=field, on=day("2018-12-11"), today=day(TODAY)
        )
        for history, command, field in [
            ((), detect("public-opinion", "2018-12-11T00:00+08:00"), "detected_at"),
            ((DETECTED,), respond("2018-12-11T00:00+08:00"), "responded_at"),
            ((DETECTED, RESPONDED), close("2018-12-11T00:00+08:00"), "closed_at"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the step before",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=on,
            earliest=earliest,
        )
        for history, command, field, on, earliest in [
            (
                (DETECTED,),
                respond("2018-08-01T09:29+08:00"),
                "responded_at",
                "2018-08-01T09:29+08:00",
                DETECTED.detected_at,
            ),
            (
                (DETECTED, RESPONDED),
                close("2018-08-02T07:59+08:00"),
                "closed_at",
                "2018-08-02T07:59+08:00",
                RESPONDED.responded_at,
            ),
        ]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
