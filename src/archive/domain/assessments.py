"""An assessment (考核) of an agency's work of one year: scores, problems, rectification, what followed from it.

Rules
- An upper office assesses a year; it may do so before the year is over, never before the year has begun.
- Each indicator has one score, at most its maximum, in hundredths of a point. Problems are numbered from 1.
- A problem is assigned to a section with a due date (明确责任股室，限期整改), and is closed only with evidence on file.
- Governments' reports state assessment, social evaluation and accountability (Order 711, art. 50(4)).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.codes import AgencyId, AgencyLevel, AssessmentId, Code, Command, Count, Event, Seal, Serial, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.months import Year

if TYPE_CHECKING:
    from archive.domain.facts import Facts

Assessor = Literal["open-government-office", "party-committee", "government", "third-party-evaluator"]
# Hundredths of a point, so that 97.45 is a whole number.
Points = Annotated[int, Meta(ge=0, le=1_000_000)]
Reward = Literal["commended", "excellent", "good", "bonus"]
Penalty = Literal["notified-criticism", "talked-to", "ordered-to-correct", "disqualified", "disciplinary"]
Evaluation = Literal["satisfied", "fairly-satisfied", "neutral", "dissatisfied"]
Accountability = Literal["none", "talked-to", "criticised", "disciplinary", "transferred"]


class ProblemText(Text, frozen=True, kw_only=True):
    """What is wrong, in the assessor's words: an internal matter."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]


class EvidenceText(Text, frozen=True, kw_only=True):
    """What shows that the problem is mended: an internal matter."""

    description: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class AssessmentReceived(Event, frozen=True, kw_only=True):
    """The agency learnt how an upper office assessed its year."""

    TYPE: ClassVar[str] = "assessment-received"

    agency: AgencyId
    year: Year
    received_on: date
    assessor: Assessor
    level: AgencyLevel


class AssessmentScoreRecorded(Event, frozen=True, kw_only=True):
    """The score of one indicator, in hundredths of a point."""

    TYPE: ClassVar[str] = "assessment-score-recorded"

    indicator: Code
    points: Points
    maximum: Points


class AssessmentProblemRaised(Event, frozen=True, kw_only=True):
    """The assessor found something wrong."""

    TYPE: ClassVar[str] = "assessment-problem-raised"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    problem: Serial
    indicator: Code | UnsetType = UNSET
    raised_on: date
    text: Seal


class RectificationAssigned(Event, frozen=True, kw_only=True):
    """A section must mend the problem by a day."""

    TYPE: ClassVar[str] = "rectification-assigned"

    problem: Serial
    section: Code
    assigned_on: date
    due_on: date


class RectificationEvidenceFiled(Event, frozen=True, kw_only=True):
    """The section showed what it did."""

    TYPE: ClassVar[str] = "rectification-evidence-filed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    problem: Serial
    filed_on: date
    text: Seal


class RectificationClosed(Event, frozen=True, kw_only=True):
    """The problem is mended."""

    TYPE: ClassVar[str] = "rectification-closed"

    problem: Serial
    closed_on: date


class RewardGiven(Event, frozen=True, kw_only=True):
    """The agency, or a section of it, was rewarded."""

    TYPE: ClassVar[str] = "reward-given"

    given_on: date
    reward: Reward
    section: Code | UnsetType = UNSET


class PenaltyGiven(Event, frozen=True, kw_only=True):
    """The agency, or a section of it, was penalised."""

    TYPE: ClassVar[str] = "penalty-given"

    given_on: date
    penalty: Penalty
    section: Code | UnsetType = UNSET


class SocialEvaluationRecorded(Event, frozen=True, kw_only=True):
    """What the public thought of the work (社会评议)."""

    TYPE: ClassVar[str] = "social-evaluation-recorded"

    evaluated_on: date
    outcome: Evaluation
    respondents: Count


class AccountabilityOutcomeRecorded(Event, frozen=True, kw_only=True):
    """What came of holding posts to account (责任追究), and in how many cases."""

    TYPE: ClassVar[str] = "accountability-outcome-recorded"

    decided_on: date
    outcome: Accountability
    cases: Count


AssessmentEvent = (
    AssessmentReceived
    | AssessmentScoreRecorded
    | AssessmentProblemRaised
    | RectificationAssigned
    | RectificationEvidenceFiled
    | RectificationClosed
    | RewardGiven
    | PenaltyGiven
    | SocialEvaluationRecorded
    | AccountabilityOutcomeRecorded
)


# --- commands ---------------------------------------------------------------------------------------------------------
class ReceiveAssessment(Command, tag="receive-assessment", frozen=True, kw_only=True):
    """Enter that an upper office assessed a year of the agency."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    agency: AgencyId
    year: Year
    received_on: date
    assessor: Assessor
    level: AgencyLevel


class RecordAssessmentScore(Command, tag="record-assessment-score", frozen=True, kw_only=True):
    """Enter the score of one indicator, in hundredths of a point."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    indicator: Code
    points: Points
    maximum: Points


class RaiseAssessmentProblem(Command, tag="raise-assessment-problem", frozen=True, kw_only=True):
    """Enter a problem that the assessor found; problems are numbered from 1."""

    STREAM: ClassVar[str] = "assessment"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    assessment: AssessmentId
    problem: Serial
    indicator: Code | UnsetType = UNSET
    raised_on: date
    text: ProblemText


class AssignRectification(Command, tag="assign-rectification", frozen=True, kw_only=True):
    """Give a problem to a section, with the day by which it must be mended."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    problem: Serial
    section: Code
    assigned_on: date
    due_on: date


class FileRectificationEvidence(Command, tag="file-rectification-evidence", frozen=True, kw_only=True):
    """File what shows that a problem is mended."""

    STREAM: ClassVar[str] = "assessment"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    assessment: AssessmentId
    problem: Serial
    filed_on: date
    text: EvidenceText


class CloseRectification(Command, tag="close-rectification", frozen=True, kw_only=True):
    """Close a problem whose evidence is on file."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    problem: Serial
    closed_on: date


class GiveReward(Command, tag="give-reward", frozen=True, kw_only=True):
    """Enter a reward that followed from the assessment."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    given_on: date
    reward: Reward
    section: Code | UnsetType = UNSET


class GivePenalty(Command, tag="give-penalty", frozen=True, kw_only=True):
    """Enter a penalty that followed from the assessment."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    given_on: date
    penalty: Penalty
    section: Code | UnsetType = UNSET


class RecordSocialEvaluation(Command, tag="record-social-evaluation", frozen=True, kw_only=True):
    """Enter what the public thought of the year's work."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    evaluated_on: date
    outcome: Evaluation
    respondents: Count


class RecordAccountabilityOutcome(Command, tag="record-accountability-outcome", frozen=True, kw_only=True):
    """Enter what came of holding posts to account."""

    STREAM: ClassVar[str] = "assessment"

    assessment: AssessmentId
    decided_on: date
    outcome: Accountability
    cases: Count


AssessmentCommand = (
    ReceiveAssessment
    | RecordAssessmentScore
    | RaiseAssessmentProblem
    | AssignRectification
    | FileRectificationEvidence
    | CloseRectification
    | GiveReward
    | GivePenalty
    | RecordSocialEvaluation
    | RecordAccountabilityOutcome
)
ProblemCommand = RaiseAssessmentProblem | AssignRectification | FileRectificationEvidence | CloseRectification
OutcomeCommand = GiveReward | GivePenalty | RecordSocialEvaluation | RecordAccountabilityOutcome
Stage = Literal["raised", "assigned", "evidenced", "closed"]


# --- state ------------------------------------------------------------------------------------------------------------
class Problem(Struct, frozen=True, kw_only=True):
    """Where one problem stands, and the day of its newest step."""

    stage: Stage
    newest_on: date


class Assessment(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an assessment; problem n is at n - 1."""

    agency: str
    received_on: date
    indicators: frozenset[str]
    problems: tuple[Problem, ...]


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(assessment: Assessment | None, command: AssessmentCommand, facts: Facts) -> tuple[AssessmentEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, ReceiveAssessment):
        if assessment is not None:
            raise Refused("ASM-001", assessment=command.assessment)
        return (_received(command, facts),)
    if assessment is None:
        raise Refused("ASM-002", assessment=command.assessment)
    if isinstance(command, RecordAssessmentScore):
        if command.indicator in assessment.indicators:
            raise Refused("ASM-004", indicator=command.indicator)
        if command.points > command.maximum:
            raise Refused("ASM-005", points=command.points, maximum=command.maximum)
        return (AssessmentScoreRecorded(indicator=command.indicator, points=command.points, maximum=command.maximum),)
    if isinstance(command, ProblemCommand):
        return (_decide_problem(assessment, command, facts),)
    return (_decide_outcome(assessment, command, facts),)


def _received(command: ReceiveAssessment, facts: Facts) -> AssessmentReceived:
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    must_have_come(command.received_on, facts, field="received_on")
    if command.year > command.received_on.year:
        raise Refused("ASM-003", year=command.year, received_on=command.received_on)
    return AssessmentReceived(
        agency=command.agency,
        year=command.year,
        received_on=command.received_on,
        assessor=command.assessor,
        level=command.level,
    )


def _decide_problem(assessment: Assessment, command: ProblemCommand, facts: Facts) -> AssessmentEvent:
    if isinstance(command, RaiseAssessmentProblem):
        if command.problem != (expected := len(assessment.problems) + 1):
            raise Refused("ASM-006", problem=command.problem, expected=expected)
        if command.indicator is not UNSET and command.indicator not in assessment.indicators:
            raise Refused("ASM-007", indicator=command.indicator)
        must_follow(command.raised_on, assessment.received_on, facts, field="raised_on")
        return AssessmentProblemRaised(
            problem=command.problem,
            indicator=command.indicator,
            raised_on=command.raised_on,
            text=facts.seals["text"],
        )
    if command.problem > len(assessment.problems):
        raise Refused("ASM-008", problem=command.problem)
    problem = assessment.problems[command.problem - 1]
    match command:
        case AssignRectification(assigned_on=on, due_on=due_on, section=section):
            _must_stand(problem, command.problem, "raised")
            must_follow(on, problem.newest_on, facts, field="assigned_on")
            _must_be_a_section(section, facts)
            if due_on < on:
                raise Refused("DAT-002", field="due_on", on=due_on, earliest=on)
            return RectificationAssigned(problem=command.problem, section=section, assigned_on=on, due_on=due_on)
        case FileRectificationEvidence(filed_on=on):
            _must_stand(problem, command.problem, "assigned", "evidenced")
            must_follow(on, problem.newest_on, facts, field="filed_on")
            return RectificationEvidenceFiled(problem=command.problem, filed_on=on, text=facts.seals["text"])
        case CloseRectification(closed_on=on):
            _must_stand(problem, command.problem, "evidenced")
            must_follow(on, problem.newest_on, facts, field="closed_on")
            return RectificationClosed(problem=command.problem, closed_on=on)
        case _:
            assert_never(command)


def _decide_outcome(assessment: Assessment, command: OutcomeCommand, facts: Facts) -> AssessmentEvent:
    match command:
        case GiveReward(given_on=on, section=section):
            must_follow(on, assessment.received_on, facts, field="given_on")
            _must_be_a_section(section, facts)
            return RewardGiven(given_on=on, reward=command.reward, section=section)
        case GivePenalty(given_on=on, section=section):
            must_follow(on, assessment.received_on, facts, field="given_on")
            _must_be_a_section(section, facts)
            return PenaltyGiven(given_on=on, penalty=command.penalty, section=section)
        case RecordSocialEvaluation(evaluated_on=on):
            must_have_come(on, facts, field="evaluated_on")
            return SocialEvaluationRecorded(evaluated_on=on, outcome=command.outcome, respondents=command.respondents)
        case RecordAccountabilityOutcome(decided_on=on, outcome=outcome, cases=cases):
            must_have_come(on, facts, field="decided_on")
            if (outcome == "none") != (cases == 0):
                raise Refused("ASM-010", outcome=outcome, cases=cases)
            return AccountabilityOutcomeRecorded(decided_on=on, outcome=outcome, cases=cases)
        case _:
            assert_never(command)


def _must_stand(problem: Problem, number: int, *stages: Stage) -> None:
    if problem.stage not in stages:
        raise Refused("ASM-009", problem=number, stage=problem.stage)


def _must_be_a_section(section: str | UnsetType, facts: Facts) -> None:
    if section is not UNSET and (facts.agency is None or section not in facts.agency.sections):
        raise Refused("ITM-003", field="section", code=section)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(assessment: Assessment | None, event: AssessmentEvent) -> Assessment:  # noqa: PLR0911 - one arm an event
    """The assessment after the event."""
    if isinstance(event, AssessmentReceived):
        return Assessment(agency=event.agency, received_on=event.received_on, indicators=frozenset(), problems=())
    assert assessment is not None, "the first event of an assessment is its receipt"
    match event:
        case AssessmentScoreRecorded():
            return replace(assessment, indicators=assessment.indicators | {event.indicator})
        case AssessmentProblemRaised():
            raised = Problem(stage="raised", newest_on=event.raised_on)
            return replace(assessment, problems=(*assessment.problems, raised))
        case RectificationAssigned():
            return _moved(assessment, event.problem, "assigned", event.assigned_on)
        case RectificationEvidenceFiled():
            return _moved(assessment, event.problem, "evidenced", event.filed_on)
        case RectificationClosed():
            return _moved(assessment, event.problem, "closed", event.closed_on)
        case RewardGiven() | PenaltyGiven() | SocialEvaluationRecorded() | AccountabilityOutcomeRecorded():
            return assessment
        case _:
            assert_never(event)


def _moved(assessment: Assessment, number: int, stage: Stage, on: date) -> Assessment:
    before, after = assessment.problems[: number - 1], assessment.problems[number:]
    return replace(assessment, problems=(*before, Problem(stage=stage, newest_on=on), *after))
