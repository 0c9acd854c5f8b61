"""A self-inspection (自查): a sweep of what is already online, what it found, and how each finding was resolved.

Rules
- A finding has the next number of its inspection. It may name an item, which must be one of the agency's own.
- A finding is resolved once, on or after the day it was found.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Command, Count, Event, InspectionId, ItemId, Seal, Serial, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.items import Item

if TYPE_CHECKING:
    from archive.domain.facts import Facts

Scope = Literal["all-items", "one-channel", "one-section", "sample", "complaint"]
Finding = Literal[
    "state-secret",
    "personal-data",
    "trade-secret",
    "no-review",
    "wrong-content",
    "outdated",
    "unreachable",
    "late",
    "not-published",
    "other",
]
Resolution = Literal["withdrawn", "corrected", "restored", "published", "reviewed-anew", "referred", "unfounded"]


class FindingText(Text, frozen=True, kw_only=True):
    """What was found, for the file alone: it may quote what must not be public."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class SelfInspectionRun(Event, frozen=True, kw_only=True):
    """The agency looked through what it had published."""

    TYPE: ClassVar[str] = "self-inspection-run"

    agency: AgencyId
    run_on: date
    scope: Scope
    checked: Count


class SelfInspectionFindingRecorded(Event, frozen=True, kw_only=True):
    """The inspection found something."""

    TYPE: ClassVar[str] = "self-inspection-finding-recorded"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    number: Serial
    finding: Finding
    found_on: date
    item: ItemId | UnsetType = UNSET
    text: Seal


class SelfInspectionFindingResolved(Event, frozen=True, kw_only=True):
    """What was found has been dealt with."""

    TYPE: ClassVar[str] = "self-inspection-finding-resolved"

    number: Serial
    resolved_on: date
    resolution: Resolution


InspectionEvent = SelfInspectionRun | SelfInspectionFindingRecorded | SelfInspectionFindingResolved


# --- commands ---------------------------------------------------------------------------------------------------------
class RunInspection(Command, tag="run-inspection", frozen=True, kw_only=True):
    """Enter a self-inspection and how many items it looked at."""

    STREAM: ClassVar[str] = "inspection"

    inspection: InspectionId
    agency: AgencyId
    run_on: date
    scope: Scope
    checked: Count


class RecordInspectionFinding(Command, tag="record-inspection-finding", frozen=True, kw_only=True):
    """Enter what the inspection found; findings are numbered from 1."""

    STREAM: ClassVar[str] = "inspection"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)
    REFERS: ClassVar[tuple[str, ...]] = ("item",)

    inspection: InspectionId
    number: Serial
    finding: Finding
    found_on: date
    item: ItemId | UnsetType = UNSET
    text: FindingText | UnsetType = UNSET


class ResolveInspectionFinding(Command, tag="resolve-inspection-finding", frozen=True, kw_only=True):
    """Enter how a finding was dealt with."""

    STREAM: ClassVar[str] = "inspection"

    inspection: InspectionId
    number: Serial
    resolved_on: date
    resolution: Resolution


InspectionCommand = RunInspection | RecordInspectionFinding | ResolveInspectionFinding


# --- state ------------------------------------------------------------------------------------------------------------
class Inspection(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an inspection: the day of each finding in turn, None once it is resolved."""

    agency: str
    run_on: date
    findings: tuple[date | None, ...]


def decide(inspection: Inspection | None, command: InspectionCommand, facts: Facts) -> tuple[InspectionEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, RunInspection):
        if inspection is not None:
            raise Refused("INS-001", inspection=command.inspection)
        if facts.agency is None:
            raise Refused("AGY-002", agency=command.agency)
        must_have_come(command.run_on, facts, field="run_on")
        return (
            SelfInspectionRun(
                agency=command.agency, run_on=command.run_on, scope=command.scope, checked=command.checked
            ),
        )
    if inspection is None:
        raise Refused("INS-002", inspection=command.inspection)
    match command:
        case RecordInspectionFinding(number=number, found_on=on, item=item):
            if number != (expected := len(inspection.findings) + 1):
                raise Refused("INS-003", number=number, expected=expected)
            must_follow(on, inspection.run_on, facts, field="found_on")
            if item is not UNSET:
                found = facts.state_of(item, Item)
                if found is None or found.agency != inspection.agency:
                    raise Refused("INS-004", item=item)
            return (
                SelfInspectionFindingRecorded(
                    number=number, finding=command.finding, found_on=on, item=item, text=facts.seals["text"]
                ),
            )
        case ResolveInspectionFinding(number=number, resolved_on=on):
            found_on = inspection.findings[number - 1] if number <= len(inspection.findings) else None
            if found_on is None:
                raise Refused("INS-005", number=number)
            must_follow(on, found_on, facts, field="resolved_on")
            return (SelfInspectionFindingResolved(number=number, resolved_on=on, resolution=command.resolution),)
        case _:
            assert_never(command)


def evolve(inspection: Inspection | None, event: InspectionEvent) -> Inspection:
    """The inspection after the event."""
    if isinstance(event, SelfInspectionRun):
        return Inspection(agency=event.agency, run_on=event.run_on, findings=())
    assert inspection is not None, "the first event of an inspection is its run"
    match event:
        case SelfInspectionFindingRecorded():
            return replace(inspection, findings=(*inspection.findings, event.found_on))
        case SelfInspectionFindingResolved(number=number):
            findings = inspection.findings
            return replace(inspection, findings=(*findings[: number - 1], None, *findings[number:]))
        case _:
            assert_never(event)
