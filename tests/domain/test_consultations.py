"""Consultations: how long they are open, what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.consultations import ConsultationClosed, ConsultationFeedbackPublished, ConsultationOpened
from domain import test_items
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, agency_id, item_id

CONSULTATION: Final = f"consultation-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
TODAY: Final = "2020-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the consultation, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "consultation": CONSULTATION}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


DRAFT: Final[dict[str, object]] = {item_id(): stand("item", test_items.PUBLISHED[:1])}


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY, streams=DRAFT)


def consult(opened_on: str, closes_on: str, *, major: bool = True, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    days = {"opened_on": opened_on, "closes_on": closes_on, "major": major}
    return wish("open-consultation", text={"title": "征求意见稿"}, **({"agency": AGENCY} | days | fields))


def close(on: str, comments: int = 12) -> AnyCommand:
    return wish("close-consultation", closed_on=on, comments=comments)


def feed_back(on: str, adopted: int = 5) -> AnyCommand:
    return wish("publish-feedback", published_on=on, adopted=adopted, text={"summary": "采纳五条"})


def opened(opened_on: str, closes_on: str) -> ConsultationOpened:
    return ConsultationOpened(
        agency=AGENCY, opened_on=day(opened_on), closes_on=day(closes_on), major=True, text=NEW_TEXT
    )


# --- what happened ------------------------------------------------------------------------------------------------------
OPENED: Final = opened("2020-03-02", "2020-04-01")
CLOSED: Final = ConsultationClosed(closed_on=day("2020-04-01"), comments=12)
FED_BACK: Final = ConsultationFeedbackPublished(published_on=day("2020-04-10"), adopted=5, text=NEW_TEXT)


FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a major decision is open for 30 days", past(), consult("2020-03-02", "2020-04-01"), OPENED),
    (
        "or shorter for a reason",
        past(),
        consult("2020-03-02", "2020-03-12", short_reason="urgent"),
        replace(opened("2020-03-02", "2020-03-12"), short_reason="urgent"),
    ),
    (
        "another draft is open as long as the agency says",
        past(),
        consult("2020-03-02", "2020-03-12", major=False),
        replace(opened("2020-03-02", "2020-03-12"), major=False),
    ),
    (
        "before Order 713 so was a major one",
        past(),
        consult("2019-08-31", "2019-09-10"),
        opened("2019-08-31", "2019-09-10"),
    ),
    (
        "it may be of a draft here",
        past(),
        consult("2020-03-02", "2020-04-01", item=item_id()),
        replace(OPENED, item=item_id()),
    ),
    ("it closes on its day", past(OPENED), close("2020-04-01"), CLOSED),
    ("feedback follows", past(OPENED, CLOSED), feed_back("2020-04-10"), FED_BACK),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "consultation"}


REFUSED: list[Refusal] = [
    refusal("it opens once", past(OPENED), consult("2020-03-02", "2020-04-01"), "CSL-001", consultation=CONSULTATION),
    refusal("an agency asks", given(today=TODAY), consult("2020-03-02", "2020-04-01"), "AGY-002", agency=AGENCY),
    refusal("what closes was open", past(), close("2020-04-01"), "CSL-002", consultation=CONSULTATION),
    refusal("so was what feedback is about", past(), feed_back("2020-04-10"), "CSL-002", consultation=CONSULTATION),
    refusal(
        "it does not close before it opens",
        past(),
        consult("2020-03-02", "2020-03-01", major=False),
        "CSL-003",
        closes_on=day("2020-03-01"),
        opened_on=day("2020-03-02"),
    ),
    refusal(
        "not even for a reason",
        past(),
        consult("2020-03-02", "2020-03-01", short_reason="urgent"),
        "CSL-003",
        closes_on=day("2020-03-01"),
        opened_on=day("2020-03-02"),
    ),
    refusal(
        "29 days are too short for a major decision",
        past(),
        consult("2020-03-02", "2020-03-31"),
        "CSL-004",
        days=30,
        closes_on=day("2020-03-31"),
        earliest=day("2020-04-01"),
    ),
    refusal(
        "from the first day of Order 713",
        past(),
        consult("2019-09-01", "2019-09-30"),
        "CSL-004",
        days=30,
        closes_on=day("2019-09-30"),
        earliest=day("2019-10-01"),
    ),
    refusal(
        "the draft is there", past(), consult("2020-03-02", "2020-04-01", item=item_id(9)), "ITM-002", item=item_id(9)
    ),
    refusal(
        "and the agency's own",
        past(),
        consult("2020-03-02", "2020-04-01", item=item_id(), agency=agency_id(2)),
        "CSL-005",
        item=item_id(),
        agency=agency_id(2),
    ),
    refusal("it closes once", past(OPENED, CLOSED), close("2020-04-02"), "CSL-006", on=day("2020-04-01")),
    refusal("feedback follows the end", past(OPENED), feed_back("2020-04-10"), "CSL-007", closes_on=day("2020-04-01")),
    refusal(
        "there is one feedback",
        past(OPENED, CLOSED, FED_BACK),
        feed_back("2020-04-11"),
        "CSL-008",
        on=day("2020-04-10"),
    ),
    refusal(
        "no more is taken up than came in",
        past(OPENED, CLOSED),
        feed_back("2020-04-10", adopted=13),
        "CSL-009",
        adopted=13,
        comments=12,
    ),
    *(
        refusal(
            f"{field} has come", past(*history), command, "DAT-001", field=field, on=day("2020-12-11"), today=day(TODAY)
        )
        for history, command, field in [
            ((), consult("2020-12-11", "2021-02-01"), "opened_on"),
            ((OPENED,), close("2020-12-11"), "closed_on"),
            ((OPENED, CLOSED), feed_back("2020-12-11"), "published_on"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the step before",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=day("2020-03-31"),
            earliest=day("2020-04-01"),
        )
        for history, command, field in [
            ((OPENED,), close("2020-03-31"), "closed_on"),
            ((OPENED, CLOSED), feed_back("2020-03-31"), "published_on"),
        ]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
