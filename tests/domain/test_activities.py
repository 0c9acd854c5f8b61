"""Trainings, exams and meetings: what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.activities import ExamHeld, MeetingHeld, TrainingCancelled, TrainingHeld, TrainingPlanned
from archive.domain.agencies import AgencyRegistered, SectionOpened
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, text_seal
from stories import AGENCY, agency_id

ACTIVITY: Final = f"activity-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    SectionOpened(section="office", opened_on=date(2018, 1, 2), text=text_seal()),
)
TODAY: Final = "2018-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the activity, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "activity": ACTIVITY}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY)


def plan(on: str = "2018-03-01", planned_for: str = "2018-05-10") -> AnyCommand:
    return wish("plan-training", agency=AGENCY, planned_on=on, planned_for=planned_for, mode="class")


def hold(on: str = "2018-05-11", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    return wish("hold-training", **({"agency": AGENCY, "held_on": on, "mode": "class", "attendees": 40} | fields))


def cancel(on: str = "2018-05-04") -> AnyCommand:
    return wish("cancel-training", cancelled_on=on, reason="merged")


def examine(on: str = "2018-05-12", passed: int = 38) -> AnyCommand:
    return wish("hold-exam", agency=AGENCY, held_on=on, attendees=40, passed=passed)


def meet(on: str = "2018-07-02", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    return wish("hold-meeting", agency=AGENCY, held_on=on, kind="topic-meeting", attendees=9, **fields)


# --- what happened ------------------------------------------------------------------------------------------------------
PLANNED: Final = TrainingPlanned(
    agency=AGENCY, planned_on=day("2018-03-01"), planned_for=day("2018-05-10"), mode="class", text=NEW_TEXT
)
HELD: Final = TrainingHeld(agency=AGENCY, held_on=day("2018-05-11"), mode="class", attendees=40, text=NEW_TEXT)
CANCELLED: Final = TrainingCancelled(cancelled_on=day("2018-05-04"), reason="merged")
EXAMINED: Final = ExamHeld(agency=AGENCY, held_on=day("2018-05-12"), attendees=40, passed=38, text=NEW_TEXT)
MET: Final = MeetingHeld(agency=AGENCY, held_on=day("2018-07-02"), kind="topic-meeting", attendees=9, text=NEW_TEXT)


FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a training is planned", past(), plan(), PLANNED),
    ("and held on another day", past(PLANNED), hold(), HELD),
    ("or held without a plan", past(), hold(), HELD),
    (
        "with the numbers of sections, and guests",
        past(),
        hold(sections=["office"], section_attendees=[39]),
        replace(HELD, sections=["office"], section_attendees=[39]),
    ),
    ("or cancelled", past(PLANNED), cancel(), CANCELLED),
    ("an exam is held", past(), examine(), EXAMINED),
    (
        "a meeting is held",
        past(),
        meet(sections=["office"], section_attendees=[9]),
        replace(MET, sections=["office"], section_attendees=[9]),
    ),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "activity"}


REFUSED: list[Refusal] = [
    *(
        refusal(
            f"{command.__struct_config__.tag} begins its own stream",
            past(PLANNED),
            command,
            "ACT-001",
            activity=ACTIVITY,
        )
        for command in (plan(), examine(), meet())
    ),
    *(
        refusal(
            f"{command.__struct_config__.tag} is of an agency that is there",
            given(today=TODAY),
            command,
            "AGY-002",
            agency=AGENCY,
        )
        for command in (plan(), hold(), examine(), meet())
    ),
    refusal("what is cancelled was planned", past(), cancel(), "ACT-002", activity=ACTIVITY),
    refusal("what was held is not cancelled", past(PLANNED, HELD), cancel(), "ACT-003", stage="held"),
    refusal("nor held again", past(PLANNED, HELD), hold(), "ACT-003", stage="held"),
    refusal("what was cancelled is not held", past(PLANNED, CANCELLED), hold(), "ACT-003", stage="cancelled"),
    refusal(
        "a plan is held by its agency",
        past(PLANNED),
        hold(agency=agency_id(2)),
        "ACT-004",
        activity=ACTIVITY,
        agency=agency_id(2),
    ),
    refusal("each section has its number", past(), hold(sections=["office"]), "ACT-005", sections=1, numbers=0),
    refusal(
        "and stands once",
        past(),
        meet(sections=["office", "office"], section_attendees=[1, 1]),
        "ACT-005",
        sections=2,
        numbers=2,
    ),
    refusal(
        "and is the agency's",
        past(),
        hold(sections=["canteen"], section_attendees=[1]),
        "ITM-003",
        field="sections",
        code="canteen",
    ),
    refusal(
        "no section is larger than all",
        past(),
        hold(sections=["office"], section_attendees=[41]),
        "ACT-006",
        part=41,
        attendees=40,
    ),
    refusal("no more pass than came", past(), examine(passed=41), "ACT-006", part=41, attendees=40),
    refusal(
        "a plan looks ahead",
        past(),
        plan(planned_for="2018-02-28"),
        "DAT-002",
        field="planned_for",
        on=day("2018-02-28"),
        earliest=day("2018-03-01"),
    ),
    *(
        refusal(
            f"{field} of {command.__struct_config__.tag} has come, with {len(history)} steps before",
            past(*history),
            command,
            "DAT-001",
            field=field,
            on=day("2018-12-11"),
            today=day(TODAY),
        )
        for history, command, field in [
            ((), plan("2018-12-11", "2019-05-10"), "planned_on"),
            ((), hold("2018-12-11"), "held_on"),
            ((PLANNED,), hold("2018-12-11"), "held_on"),
            ((PLANNED,), cancel("2018-12-11"), "cancelled_on"),
            ((), examine("2018-12-11"), "held_on"),
            ((), meet("2018-12-11"), "held_on"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the plan",
            past(PLANNED),
            command,
            "DAT-002",
            field=field,
            on=day("2018-02-28"),
            earliest=day("2018-03-01"),
        )
        for command, field in [(hold("2018-02-28"), "held_on"), (cancel("2018-02-28"), "cancelled_on")]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
