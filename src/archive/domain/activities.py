"""An activity of the office (培训、考试、会议): planned, held or cancelled, with the number of those who took part.

Rules
- A training may be planned first; a plan counts nothing. What was held counts in the year it was held.
- The numbers of sections add up to no more than all who took part: guests belong to no section.
- Names of those who took part stand nowhere here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import ActivityId, AgencyId, Code, Command, Event, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

TrainingMode = Literal["class", "group-study", "online"]
CancelReason = Literal["postponed", "merged", "emergency", "no-longer-needed", "other"]
MeetingKind = Literal["work-meeting", "topic-meeting"]
Attendees = Annotated[int, Meta(ge=0, le=1_000_000)]
Sections = Annotated[list[Code], Meta(min_length=1, max_length=200)]
SectionAttendees = Annotated[list[Attendees], Meta(min_length=1, max_length=200)]
Stage = Literal["planned", "held", "cancelled"]


# --- text -------------------------------------------------------------------------------------------------------------
class ActivityText(Text, frozen=True, kw_only=True):
    """What it was about: for the agency's own file."""

    theme: Annotated[str, Meta(min_length=1, max_length=500)]
    organiser: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class TrainingPlanned(Event, frozen=True, kw_only=True):
    """A training is to be held on a day."""

    TYPE: ClassVar[str] = "training-planned"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    planned_on: date
    planned_for: date
    mode: TrainingMode
    text: Seal


class TrainingHeld(Event, frozen=True, kw_only=True):
    """A training was held, planned before or not."""

    TYPE: ClassVar[str] = "training-held"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    held_on: date
    mode: TrainingMode
    attendees: Attendees
    sections: Sections | UnsetType = UNSET
    section_attendees: SectionAttendees | UnsetType = UNSET
    text: Seal


class TrainingCancelled(Event, frozen=True, kw_only=True):
    """A planned training was not held."""

    TYPE: ClassVar[str] = "training-cancelled"

    cancelled_on: date
    reason: CancelReason


class ExamHeld(Event, frozen=True, kw_only=True):
    """An exam about the law of disclosure was held."""

    TYPE: ClassVar[str] = "exam-held"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    held_on: date
    attendees: Attendees
    passed: Attendees
    text: Seal


class MeetingHeld(Event, frozen=True, kw_only=True):
    """A meeting about the work of disclosure was held (form of 2014, row 九)."""

    TYPE: ClassVar[str] = "meeting-held"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    held_on: date
    kind: MeetingKind
    attendees: Attendees
    sections: Sections | UnsetType = UNSET
    section_attendees: SectionAttendees | UnsetType = UNSET
    text: Seal


ActivityEvent = TrainingPlanned | TrainingHeld | TrainingCancelled | ExamHeld | MeetingHeld


# --- commands ---------------------------------------------------------------------------------------------------------
class PlanTraining(Command, tag="plan-training", frozen=True, kw_only=True):
    """Enter the plan of a training."""

    STREAM: ClassVar[str] = "activity"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    activity: ActivityId
    agency: AgencyId
    planned_on: date
    planned_for: date
    mode: TrainingMode
    text: ActivityText | UnsetType = UNSET


class HoldTraining(Command, tag="hold-training", frozen=True, kw_only=True):
    """Enter a training that was held, planned before or not."""

    STREAM: ClassVar[str] = "activity"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    activity: ActivityId
    agency: AgencyId
    held_on: date
    mode: TrainingMode
    attendees: Attendees
    sections: Sections | UnsetType = UNSET
    section_attendees: SectionAttendees | UnsetType = UNSET
    text: ActivityText | UnsetType = UNSET


class CancelTraining(Command, tag="cancel-training", frozen=True, kw_only=True):
    """Enter that a planned training is not held."""

    STREAM: ClassVar[str] = "activity"

    activity: ActivityId
    cancelled_on: date
    reason: CancelReason


class HoldExam(Command, tag="hold-exam", frozen=True, kw_only=True):
    """Enter an exam that was held."""

    STREAM: ClassVar[str] = "activity"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    activity: ActivityId
    agency: AgencyId
    held_on: date
    attendees: Attendees
    passed: Attendees
    text: ActivityText | UnsetType = UNSET


class HoldMeeting(Command, tag="hold-meeting", frozen=True, kw_only=True):
    """Enter a meeting that was held."""

    STREAM: ClassVar[str] = "activity"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    activity: ActivityId
    agency: AgencyId
    held_on: date
    kind: MeetingKind
    attendees: Attendees
    sections: Sections | UnsetType = UNSET
    section_attendees: SectionAttendees | UnsetType = UNSET
    text: ActivityText | UnsetType = UNSET


ActivityCommand = PlanTraining | HoldTraining | CancelTraining | HoldExam | HoldMeeting


# --- state ------------------------------------------------------------------------------------------------------------
class Activity(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an activity."""

    agency: str
    stage: Stage
    newest_on: date


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(activity: Activity | None, command: ActivityCommand, facts: Facts) -> tuple[ActivityEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case CancelTraining(cancelled_on=on):
            if activity is None:
                raise Refused("ACT-002", activity=command.activity)
            _must_be_planned(activity)
            must_follow(on, activity.newest_on, facts, field="cancelled_on")
            return (TrainingCancelled(cancelled_on=on, reason=command.reason),)
        case HoldTraining(held_on=on) if activity is not None:
            _must_be_planned(activity)
            if activity.agency != command.agency:
                raise Refused("ACT-004", activity=command.activity, agency=command.agency)
            must_follow(on, activity.newest_on, facts, field="held_on")
            return (_training(command, facts),)
        case _:
            if activity is not None:
                raise Refused("ACT-001", activity=command.activity)
            return (_begun(command, facts),)


def _begun(command: PlanTraining | HoldTraining | HoldExam | HoldMeeting, facts: Facts) -> ActivityEvent:
    match command:
        case PlanTraining(planned_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="planned_on")
            if command.planned_for < on:
                raise Refused("DAT-002", field="planned_for", on=command.planned_for, earliest=on)
            return TrainingPlanned(
                agency=command.agency,
                planned_on=on,
                planned_for=command.planned_for,
                mode=command.mode,
                text=facts.seals["text"],
            )
        case HoldTraining(held_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="held_on")
            return _training(command, facts)
        case HoldExam(held_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="held_on")
            if command.passed > command.attendees:
                raise Refused("ACT-006", part=command.passed, attendees=command.attendees)
            return ExamHeld(
                agency=command.agency,
                held_on=on,
                attendees=command.attendees,
                passed=command.passed,
                text=facts.seals["text"],
            )
        case HoldMeeting(held_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="held_on")
            _must_add_up(command, facts)
            return MeetingHeld(
                agency=command.agency,
                held_on=on,
                kind=command.kind,
                attendees=command.attendees,
                sections=command.sections,
                section_attendees=command.section_attendees,
                text=facts.seals["text"],
            )
        case _:
            assert_never(command)


def _training(command: HoldTraining, facts: Facts) -> TrainingHeld:
    _must_add_up(command, facts)
    return TrainingHeld(
        agency=command.agency,
        held_on=command.held_on,
        mode=command.mode,
        attendees=command.attendees,
        sections=command.sections,
        section_attendees=command.section_attendees,
        text=facts.seals["text"],
    )


def _must_be_planned(activity: Activity) -> None:
    if activity.stage != "planned":
        raise Refused("ACT-003", stage=activity.stage)


def _must_add_up(command: HoldTraining | HoldMeeting, facts: Facts) -> None:
    """Each section is the agency's, stands once and has its number; together they are no more than all."""
    sections = [] if command.sections is UNSET else command.sections
    numbers = [] if command.section_attendees is UNSET else command.section_attendees
    if len(sections) != len(numbers) or len(set(sections)) != len(sections):
        raise Refused("ACT-005", sections=len(sections), numbers=len(numbers))
    for section in sections:
        if facts.agency is None or section not in facts.agency.sections:
            raise Refused("ITM-003", field="sections", code=section)
    if sum(numbers) > command.attendees:
        raise Refused("ACT-006", part=sum(numbers), attendees=command.attendees)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(activity: Activity | None, event: ActivityEvent) -> Activity:
    """The activity after the event."""
    match event:
        case TrainingPlanned(planned_on=on):
            return Activity(agency=event.agency, stage="planned", newest_on=on)
        case TrainingHeld(held_on=on) | ExamHeld(held_on=on) | MeetingHeld(held_on=on):
            return Activity(agency=event.agency, stage="held", newest_on=on)
        case TrainingCancelled(cancelled_on=on):
            assert activity is not None, "what is cancelled was planned"
            return replace(activity, stage="cancelled", newest_on=on)
        case _:
            assert_never(event)
