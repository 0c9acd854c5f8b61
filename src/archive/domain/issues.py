"""A hot issue (热点、舆情): found, answered by one way or several, closed.

Rules
- The kind of issue sets the time for the first answer: a serious emergency has 5 hours, and 24 hours to a press
  conference; any other public opinion 48 hours (国办发〔2016〕80号). Both stand in the entry that found the issue.
- An issue is counted once, whatever the number of its answers; each answer is counted by its way (form of 2014, row 二).
- What the issue is about waits in the vault; an answer was given in public, and its title is public.
- Times are those of China, to the minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import AgencyId, Command, Event, IssueId, Moment, Seal, Text
from archive.domain.days import must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

Severity = Literal["serious-emergency", "public-opinion"]
IssueSource = Literal["media", "weibo", "wechat", "forum", "hotline-12345", "superior-agency", "other"]
ResponseWay = Literal["press-conference", "online-interview", "website", "weibo", "wechat", "other"]

HOURS_TO_RESPOND: Final[dict[Severity, int]] = {"serious-emergency": 5, "public-opinion": 48}
HOURS_TO_CONFERENCE: Final = 24


# --- text -------------------------------------------------------------------------------------------------------------
class IssueText(Text, frozen=True, kw_only=True):
    """What is being said, and where. It may be about persons: not public."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]


class ResponseText(Text, frozen=True, kw_only=True):
    """The title of an answer and, where it has one, its address."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class IssueDetected(Event, frozen=True, kw_only=True):
    """The agency learnt of an issue, and has until `respond_by` for a first answer."""

    TYPE: ClassVar[str] = "issue-detected"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    detected_at: Moment
    source: IssueSource
    severity: Severity
    respond_by: Moment
    conference_by: Moment | UnsetType = UNSET
    text: Seal


class IssueResponded(Event, frozen=True, kw_only=True):
    """The agency answered in public. `by_head`: its head took part."""

    TYPE: ClassVar[str] = "issue-responded"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    responded_at: Moment
    way: ResponseWay
    by_head: bool
    text: Seal


class IssueClosed(Event, frozen=True, kw_only=True):
    """Nothing more is to be said about the issue."""

    TYPE: ClassVar[str] = "issue-closed"

    closed_at: Moment


IssueEvent = IssueDetected | IssueResponded | IssueClosed


# --- commands ---------------------------------------------------------------------------------------------------------
class DetectIssue(Command, tag="detect-issue", frozen=True, kw_only=True):
    """Enter an issue that was found."""

    STREAM: ClassVar[str] = "issue"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    issue: IssueId
    agency: AgencyId
    detected_at: Moment
    source: IssueSource
    severity: Severity
    text: IssueText | UnsetType = UNSET


class RecordResponse(Command, tag="record-response", frozen=True, kw_only=True):
    """Enter an answer to an issue."""

    STREAM: ClassVar[str] = "issue"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    issue: IssueId
    responded_at: Moment
    way: ResponseWay
    by_head: bool
    text: ResponseText


class CloseIssue(Command, tag="close-issue", frozen=True, kw_only=True):
    """Enter that an answered issue is over."""

    STREAM: ClassVar[str] = "issue"

    issue: IssueId
    closed_at: Moment


IssueCommand = DetectIssue | RecordResponse | CloseIssue


# --- state ------------------------------------------------------------------------------------------------------------
class Issue(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an issue."""

    agency: str
    newest_at: datetime
    responses: int
    closed: bool


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(issue: Issue | None, command: IssueCommand, facts: Facts) -> tuple[IssueEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case DetectIssue():
            if issue is not None:
                raise Refused("ISU-001", issue=command.issue)
            return (_detected(command, facts),)
        case _ if issue is None:
            raise Refused("ISU-002", issue=command.issue)
        case RecordResponse(responded_at=at):
            _must_be_open(issue, command.issue)
            _must_follow(issue, at, facts, field="responded_at")
            return (
                IssueResponded(responded_at=at, way=command.way, by_head=command.by_head, text=facts.seals["text"]),
            )
        case CloseIssue(closed_at=at):
            _must_be_open(issue, command.issue)
            if not issue.responses:
                raise Refused("ISU-005", issue=command.issue)
            _must_follow(issue, at, facts, field="closed_at")
            return (IssueClosed(closed_at=at),)
        case _:
            assert_never(command)


def _detected(command: DetectIssue, facts: Facts) -> IssueDetected:
    at = _moment(command.detected_at, facts, field="detected_at")
    acting(facts, command.agency, on=at.date())
    emergency = command.severity == "serious-emergency"
    return IssueDetected(
        agency=command.agency,
        detected_at=command.detected_at,
        source=command.source,
        severity=command.severity,
        respond_by=_written(at, hours=HOURS_TO_RESPOND[command.severity]),
        conference_by=_written(at, hours=HOURS_TO_CONFERENCE) if emergency else UNSET,
        text=facts.seals["text"],
    )


def _moment(text: str, facts: Facts, *, field: str) -> datetime:
    """The moment that is written there: its day exists and has come."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("ISU-003", field=field) from None
    must_have_come(at.date(), facts, field=field)
    return at


def _written(at: datetime, *, hours: int) -> str:
    return (at + timedelta(hours=hours)).isoformat(timespec="minutes")


def _must_follow(issue: Issue, text: str, facts: Facts, *, field: str) -> None:
    at = _moment(text, facts, field=field)
    if at < issue.newest_at:
        earliest = issue.newest_at.isoformat(timespec="minutes")
        raise Refused("DAT-002", field=field, on=text, earliest=earliest)


def _must_be_open(issue: Issue, issue_id: str) -> None:
    if issue.closed:
        raise Refused("ISU-004", issue=issue_id)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(issue: Issue | None, event: IssueEvent) -> Issue:
    """The issue after the event."""
    match event:
        case IssueDetected(detected_at=at):
            return Issue(agency=event.agency, newest_at=datetime.fromisoformat(at), responses=0, closed=False)
        case _ if issue is None:
            raise AssertionError("the first event of an issue is that it was found")
        case IssueResponded(responded_at=at):
            return replace(issue, newest_at=datetime.fromisoformat(at), responses=issue.responses + 1)
        case IssueClosed(closed_at=at):
            return replace(issue, newest_at=datetime.fromisoformat(at), closed=True)
        case _:
            assert_never(event)
