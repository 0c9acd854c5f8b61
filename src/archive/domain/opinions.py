"""An opinion (意见建议) or a complaint about the agency's disclosure work (举报投诉): received, answered or decided.

Rules
- A plain opinion is answered; a complaint is accepted and decided, or decided not to be accepted (Order 711, art. 51).
- Who wrote, and what about, is for the file alone: neither is ever public.
- Only complaints are counted (form of 2014, row 六).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import AgencyId, Command, Event, OpinionId, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

Intake = Literal["suggestion-box", "phone", "website", "hotline-12345", "letter", "visit"]
AnswerWay = Literal["phone", "letter", "email", "website", "in-person", "not-reachable"]
Topic = Literal["proactive-disclosure", "requests", "website", "reading-place", "other"]
ComplaintGround = Literal[
    "not-published", "not-updated", "request-mishandled", "unlawful-fee", "wrong-content", "other"
]
ComplaintResult = Literal["substantiated", "partly-substantiated", "unsubstantiated", "transferred", "not-accepted"]
Stage = Literal["received", "answered", "filed", "accepted", "decided"]


# --- text -------------------------------------------------------------------------------------------------------------
class WriterText(Text, frozen=True, kw_only=True):
    """Who wrote or called: for the file alone."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    contact: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class OpinionText(Text, frozen=True, kw_only=True):
    """What was said. The wording often tells who said it, so it is not public."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class OpinionReceived(Event, frozen=True, kw_only=True):
    """A plain opinion or suggestion came in."""

    TYPE: ClassVar[str] = "opinion-received"
    SEALS: ClassVar[tuple[str, ...]] = ("person", "text")

    agency: AgencyId
    received_on: date
    intake: Intake
    topic: Topic
    person: Seal
    text: Seal


class OpinionAnswered(Event, frozen=True, kw_only=True):
    """Whoever gave the opinion was answered, or could not be reached."""

    TYPE: ClassVar[str] = "opinion-answered"

    answered_on: date
    way: AnswerWay


class ComplaintFiled(Event, frozen=True, kw_only=True):
    """Somebody complained that the agency does not do its duty of disclosure (Order 711, art. 51)."""

    TYPE: ClassVar[str] = "complaint-filed"
    SEALS: ClassVar[tuple[str, ...]] = ("person", "text")

    agency: AgencyId
    filed_on: date
    intake: Intake
    ground: ComplaintGround
    person: Seal
    text: Seal


class ComplaintAccepted(Event, frozen=True, kw_only=True):
    """The complaint is looked into."""

    TYPE: ClassVar[str] = "complaint-accepted"

    accepted_on: date


class ComplaintDecided(Event, frozen=True, kw_only=True):
    """The complaint has its result."""

    TYPE: ClassVar[str] = "complaint-decided"

    decided_on: date
    result: ComplaintResult


OpinionEvent = OpinionReceived | OpinionAnswered | ComplaintFiled | ComplaintAccepted | ComplaintDecided


# --- commands ---------------------------------------------------------------------------------------------------------
class ReceiveOpinion(Command, tag="receive-opinion", frozen=True, kw_only=True):
    """Enter an opinion that came in."""

    STREAM: ClassVar[str] = "opinion"
    TEXTS: ClassVar[tuple[str, ...]] = ("person", "text")

    opinion: OpinionId
    agency: AgencyId
    received_on: date
    intake: Intake
    topic: Topic
    person: WriterText | UnsetType = UNSET
    text: OpinionText | UnsetType = UNSET


class AnswerOpinion(Command, tag="answer-opinion", frozen=True, kw_only=True):
    """Enter the answer to an opinion."""

    STREAM: ClassVar[str] = "opinion"

    opinion: OpinionId
    answered_on: date
    way: AnswerWay


class FileComplaint(Command, tag="file-complaint", frozen=True, kw_only=True):
    """Enter a complaint that came in."""

    STREAM: ClassVar[str] = "opinion"
    TEXTS: ClassVar[tuple[str, ...]] = ("person", "text")

    opinion: OpinionId
    agency: AgencyId
    filed_on: date
    intake: Intake
    ground: ComplaintGround
    person: WriterText | UnsetType = UNSET
    text: OpinionText | UnsetType = UNSET


class AcceptComplaint(Command, tag="accept-complaint", frozen=True, kw_only=True):
    """Enter that a complaint is looked into."""

    STREAM: ClassVar[str] = "opinion"

    opinion: OpinionId
    accepted_on: date


class DecideComplaint(Command, tag="decide-complaint", frozen=True, kw_only=True):
    """Enter the result of a complaint."""

    STREAM: ClassVar[str] = "opinion"

    opinion: OpinionId
    decided_on: date
    result: ComplaintResult


OpinionCommand = ReceiveOpinion | AnswerOpinion | FileComplaint | AcceptComplaint | DecideComplaint


# --- state ------------------------------------------------------------------------------------------------------------
class Opinion(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an opinion or complaint."""

    agency: str
    stage: Stage
    newest_on: date


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(opinion: Opinion | None, command: OpinionCommand, facts: Facts) -> tuple[OpinionEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case ReceiveOpinion() | FileComplaint():
            if opinion is not None:
                raise Refused("OPN-001", opinion=command.opinion)
            return (_begun(command, facts),)
        case _ if opinion is None:
            raise Refused("OPN-002", opinion=command.opinion)
        case AnswerOpinion(answered_on=on):
            _must_stand(opinion, "received")
            must_follow(on, opinion.newest_on, facts, field="answered_on")
            return (OpinionAnswered(answered_on=on, way=command.way),)
        case AcceptComplaint(accepted_on=on):
            _must_stand(opinion, "filed")
            must_follow(on, opinion.newest_on, facts, field="accepted_on")
            return (ComplaintAccepted(accepted_on=on),)
        case DecideComplaint(decided_on=on):
            # What is not accepted, or is another agency's, is decided at once; the rest is looked into before.
            _must_stand(opinion, *_before(command.result))
            must_follow(on, opinion.newest_on, facts, field="decided_on")
            return (ComplaintDecided(decided_on=on, result=command.result),)
        case _:
            assert_never(command)


def _before(result: ComplaintResult) -> tuple[Stage, ...]:
    match result:
        case "not-accepted":
            return ("filed",)
        case "transferred":
            return ("filed", "accepted")
        case _:
            return ("accepted",)


def _begun(command: ReceiveOpinion | FileComplaint, facts: Facts) -> OpinionEvent:
    match command:
        case ReceiveOpinion(received_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="received_on")
            return OpinionReceived(
                agency=command.agency,
                received_on=on,
                intake=command.intake,
                topic=command.topic,
                person=facts.seals["person"],
                text=facts.seals["text"],
            )
        case FileComplaint(filed_on=on):
            acting(facts, command.agency, on=on)
            must_have_come(on, facts, field="filed_on")
            return ComplaintFiled(
                agency=command.agency,
                filed_on=on,
                intake=command.intake,
                ground=command.ground,
                person=facts.seals["person"],
                text=facts.seals["text"],
            )
        case _:
            assert_never(command)


def _must_stand(opinion: Opinion, *stages: Stage) -> None:
    if opinion.stage not in stages:
        raise Refused("OPN-003", stage=opinion.stage, expected=" / ".join(stages))


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(opinion: Opinion | None, event: OpinionEvent) -> Opinion:
    """The opinion after the event."""
    match event:
        case OpinionReceived(received_on=on):
            return Opinion(agency=event.agency, stage="received", newest_on=on)
        case ComplaintFiled(filed_on=on):
            return Opinion(agency=event.agency, stage="filed", newest_on=on)
        case _ if opinion is None:
            raise AssertionError("the first event of an opinion is its receipt")
        case OpinionAnswered(answered_on=on):
            return replace(opinion, stage="answered", newest_on=on)
        case ComplaintAccepted(accepted_on=on):
            return replace(opinion, stage="accepted", newest_on=on)
        case ComplaintDecided(decided_on=on):
            return replace(opinion, stage="decided", newest_on=on)
        case _:
            assert_never(event)
