"""Every command there is, and the one place that sends a command to the rules of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archive.domain.activities import Activity, ActivityCommand
from archive.domain.agencies import Agency, AgencyCommand
from archive.domain.assessments import Assessment, AssessmentCommand
from archive.domain.calendars import CalendarCommand, RegionCalendar
from archive.domain.consultations import Consultation, ConsultationCommand
from archive.domain.declarations import Declaration, DeclarationCommand
from archive.domain.erasures import SHARED, Erase
from archive.domain.guides import Guide, GuideCommand
from archive.domain.inspections import Inspection, InspectionCommand
from archive.domain.interpretations import Interpretation, InterpretationCommand
from archive.domain.issues import Issue, IssueCommand
from archive.domain.items import Item, ItemCommand
from archive.domain.kinds import KINDS
from archive.domain.months import Month, MonthCommand
from archive.domain.opinions import Opinion, OpinionCommand
from archive.domain.places import Place, PlaceCommand
from archive.domain.posts import Post, PostCommand
from archive.domain.remedies import Remedy, RemedyCommand
from archive.domain.reports import Report, ReportCommand
from archive.domain.requests import Request, RequestCommand
from archive.domain.rules import Rule, RuleCommand

if TYPE_CHECKING:
    from archive.domain.codes import Command, Event
    from archive.domain.facts import Facts

AnyCommand = (
    AgencyCommand
    | ItemCommand
    | RequestCommand
    | CalendarCommand
    | RemedyCommand
    | OpinionCommand
    | IssueCommand
    | InterpretationCommand
    | ConsultationCommand
    | ActivityCommand
    | DeclarationCommand
    | MonthCommand
    | ReportCommand
    | AssessmentCommand
    | InspectionCommand
    | PostCommand
    | GuideCommand
    | RuleCommand
    | PlaceCommand
    | Erase
)
State = (
    Agency
    | Item
    | Request
    | RegionCalendar
    | Remedy
    | Opinion
    | Issue
    | Interpretation
    | Consultation
    | Activity
    | Declaration
    | Month
    | Report
    | Assessment
    | Inspection
    | Post
    | Guide
    | Rule
    | Place
)

# The name on the wire -> class: the commands of each kind of stream.
COMMANDS: Final[dict[str, type[Command]]] = {
    command.__struct_config__.tag: command  # type: ignore[misc] # tags of ours are strings
    for kind in KINDS.values()
    for command in kind.commands
}
# With those that any stream takes.
EVERY_COMMAND: Final[dict[str, type[Command]]] = COMMANDS | {"erase": Erase}


def decide(state: State | None, command: AnyCommand, facts: Facts) -> tuple[Event, ...]:
    """The events that fulfil the command, or `Refused`; the state is that of the command's stream.

    An erasure is decided from the stream's history instead: `erasures.decide`.
    """
    return KINDS[command.STREAM].decide(state, command, facts)


def evolve(kind: str, state: State | None, event: Event) -> State | None:
    """The state of a stream of this kind after the event; a batch has none. What any kind may hold changes no state."""
    if isinstance(event, SHARED):
        return state
    evolved: Any = KINDS[kind].evolve(state, event)  # Any: the kind fixes it
    return evolved  # type: ignore[no-any-return] # the kind fixes it
