"""The kinds of streams: the events and commands of each, and the rules that turn one into the other.

A new kind is a file of its own with `Event`, `Command`, `decide` and `evolve`, and a line here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from archive.domain import (
    activities,
    agencies,
    assessments,
    batches,
    calendars,
    consultations,
    declarations,
    erasures,
    guides,
    inspections,
    interpretations,
    issues,
    items,
    items_v1,
    months,
    opinions,
    places,
    posts,
    remedies,
    reports,
    reports_v1,
    request_intake,
    request_replies,
    requests,
    reviews,
    rules,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archive.domain.codes import Command, Event


_NONE: Final[Mapping[type[Event], Callable[[Any], Event]]] = MappingProxyType({})  # Any: the event of the key


class Kind(NamedTuple):
    """A kind of stream. `decide` takes the state, a command of the kind and facts; `evolve` the state and an event.

    `upcasts` holds the older versions of its events: each is read as what the function makes of it, and never written.
    """

    name: str
    events: tuple[type[Event], ...]
    commands: tuple[type[Command], ...]
    decide: Callable[[Any, Any, Any], tuple[Event, ...]]  # Any: the kind fixes the types of its state and command
    evolve: Callable[[Any, Any], Any]  # Any: the kind fixes the types of its state and event
    upcasts: Mapping[type[Event], Callable[[Any], Event]] = _NONE  # Any: the event of the key


def _members(union: object) -> tuple[Any, ...]:  # Any: classes of a union
    return get_args(union) or (union,)


def _with_shared(kind: Kind) -> Kind:
    """Where text is sealed it can be erased, and personal data in it accepted."""
    sealed = any(event.SEALS for event in kind.events)
    return kind._replace(events=(*kind.events, *erasures.SHARED)) if sealed else kind


KINDS: Final = {
    kind.name: _with_shared(kind)
    for kind in (
        Kind(
            "agency",
            _members(agencies.AgencyEvent),
            _members(agencies.AgencyCommand),
            agencies.decide,
            agencies.evolve,
        ),
        Kind(
            "item",
            _members(items.ItemEvent),
            _members(items.ItemCommand),
            items.decide,
            items.evolve,
            {
                reviews.ReviewLevelPassedV1: reviews.level_passed_v2,
                reviews.ReviewReturnedV1: reviews.returned_v2,
                reviews.ReviewConcludedV1: reviews.concluded_v2,
                items_v1.ItemDraftedV1: items_v1.drafted_v2,
                items_v1.ItemPublishedV1: items_v1.published_v2,
            },
        ),
        Kind(
            "request",
            _members(requests.RequestEvent),
            _members(requests.RequestCommand),
            requests.decide,
            requests.evolve,
            {
                request_intake.RequestReceivedV1: request_intake.received_v2,
                request_replies.ReplyDecidedV1: request_replies.decided_v2,
            },
        ),
        Kind(
            "calendar",
            _members(calendars.CalendarEvent),
            _members(calendars.CalendarCommand),
            calendars.decide,
            calendars.evolve,
        ),
        Kind(
            "remedy", _members(remedies.RemedyEvent), _members(remedies.RemedyCommand), remedies.decide, remedies.evolve
        ),
        Kind(
            "opinion",
            _members(opinions.OpinionEvent),
            _members(opinions.OpinionCommand),
            opinions.decide,
            opinions.evolve,
        ),
        Kind("issue", _members(issues.IssueEvent), _members(issues.IssueCommand), issues.decide, issues.evolve),
        Kind(
            "interpretation",
            _members(interpretations.InterpretationEvent),
            _members(interpretations.InterpretationCommand),
            interpretations.decide,
            interpretations.evolve,
        ),
        Kind(
            "consultation",
            _members(consultations.ConsultationEvent),
            _members(consultations.ConsultationCommand),
            consultations.decide,
            consultations.evolve,
        ),
        Kind(
            "activity",
            _members(activities.ActivityEvent),
            _members(activities.ActivityCommand),
            activities.decide,
            activities.evolve,
        ),
        Kind(
            "declaration",
            _members(declarations.DeclarationEvent),
            _members(declarations.DeclarationCommand),
            declarations.decide,
            declarations.evolve,
        ),
        Kind(
            "month",
            _members(months.MonthEvent),
            _members(months.MonthCommand),
            months.decide,
            months.evolve,
        ),
        Kind(
            "report",
            _members(reports.ReportEvent),
            _members(reports.ReportCommand),
            reports.decide,
            reports.evolve,
            {
                reports_v1.ReportFiledV1: reports_v1.filed_v2,
                reports_v1.ReportPublishedV1: reports_v1.published_v2,
                reports_v1.ReportCorrectedV1: reports_v1.corrected_v2,
            },
        ),
        Kind(
            "assessment",
            _members(assessments.AssessmentEvent),
            _members(assessments.AssessmentCommand),
            assessments.decide,
            assessments.evolve,
        ),
        Kind(
            "inspection",
            _members(inspections.InspectionEvent),
            _members(inspections.InspectionCommand),
            inspections.decide,
            inspections.evolve,
        ),
        Kind("post", _members(posts.PostEvent), _members(posts.PostCommand), posts.decide, posts.evolve),
        Kind("guide", _members(guides.GuideEvent), _members(guides.GuideCommand), guides.decide, guides.evolve),
        Kind("rule", _members(rules.RuleEvent), _members(rules.RuleCommand), rules.decide, rules.evolve),
        Kind("place", _members(places.PlaceEvent), _members(places.PlaceCommand), places.decide, places.evolve),
        # Written by the writer itself, after the commands of an import.
        Kind("batch", _members(batches.BatchEvent), (), batches.decide, batches.evolve),
    )
}
