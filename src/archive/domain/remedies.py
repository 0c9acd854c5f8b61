"""A remedy (行政复议、行政诉讼): one case against the agency, from its filing to its result and what followed.

Rules
- A reconsideration and the lawsuit after it are two cases; the lawsuit names the reconsideration it follows, and one
  that names none was brought directly (form of 2021: 未经复议直接起诉, 复议后起诉).
- A case about a refusal, a reply or a silence names the request it attacks, and that request exists; one about what was
  published, or was not, names none.
- Where the reconsideration body is co-defendant, only the original actor counts the lawsuit (国办公开办函〔2016〕201号).
- A case is pending until it is decided or withdrawn. Results are stored finer than the cells; `RESULTS` is the way back.
- Since 2024-01-01 a refusal or a silence goes to reconsideration first (Administrative Reconsideration Law, art. 23). A
  court decides whether it takes a case, so a lawsuit brought directly is doubted in its entry, not refused.
- Who went to law, the case number and the body's name are for the file alone.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Command, Event, RemedyId, RequestId, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.requests import Request

Ground = Literal["refusal", "no-reply", "reply-content", "publication", "non-publication", "other"]
ReconsiderationBody = Literal["people-government", "superior-agency", "same-agency"]
Court = Literal["basic-court", "intermediate-court", "high-court", "supreme-court"]
# Who the agency is in a lawsuit: it acted, alone or beside the body that reconsidered, or it is that body.
Standing = Literal["sole-defendant", "with-reconsideration-body", "as-reconsideration-body"]
Instance = Literal["first", "second", "retrial"]
Disposition = Literal[
    "upheld",
    "claim-dismissed",
    "revoked",
    "changed",
    "ordered-to-act",
    "declared-unlawful",
    "not-accepted",
    "settled",
    "terminated",
    "other",
]
Result = Literal["upheld", "corrected", "other"]
Action = Literal["replied-anew", "supplemented", "published", "withdrawn", "fee-returned", "other"]
Doubt = Literal["reconsideration-first"]
Block = Literal["reconsideration", "litigation-direct", "litigation-after-reconsideration"]

# Disposition -> the column of the remedy table (form of 2014, rows 四 and 五; form of 2021, section 四).
RESULTS: Final[dict[Disposition, Result]] = {
    "upheld": "upheld",
    "claim-dismissed": "upheld",
    "revoked": "corrected",
    "changed": "corrected",
    "ordered-to-act": "corrected",
    "declared-unlawful": "corrected",
    "not-accepted": "other",
    "settled": "other",
    "terminated": "other",
    "other": "other",
}
OF_REQUESTS: Final[frozenset[Ground]] = frozenset({"refusal", "no-reply", "reply-content"})
OF_PUBLICATION: Final[frozenset[Ground]] = frozenset({"publication", "non-publication"})
# Administrative Reconsideration Law of 2023, art. 23(1)(3) and (4), in force from this day.
RECONSIDERATION_FIRST: Final[frozenset[Ground]] = frozenset({"refusal", "no-reply"})
RECONSIDERATION_FIRST_FROM: Final = date(2024, 1, 1)
INSTANCES: Final[tuple[Instance, ...]] = ("first", "second", "retrial")


# --- text -------------------------------------------------------------------------------------------------------------
class PartyText(Text, frozen=True, kw_only=True):
    """Who went to law: for the file alone."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    contact: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class CaseText(Text, frozen=True, kw_only=True):
    """Where the case is found. A case number leads to a judgment, and that to a person: never public."""

    case_number: Annotated[str, Meta(min_length=1, max_length=100)]
    body_name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class ReconsiderationFiled(Event, frozen=True, kw_only=True):
    """A body was asked to reconsider what the agency did (行政复议)."""

    TYPE: ClassVar[str] = "reconsideration-filed"
    SEALS: ClassVar[tuple[str, ...]] = ("person", "text")

    agency: AgencyId
    filed_on: date
    body: ReconsiderationBody
    ground: Ground
    request: RequestId | UnsetType = UNSET
    person: Seal
    text: Seal


class ReconsiderationDecided(Event, frozen=True, kw_only=True):
    """The body decided."""

    TYPE: ClassVar[str] = "reconsideration-decided"

    decided_on: date
    disposition: Disposition


class LitigationFiled(Event, frozen=True, kw_only=True):
    """The agency was sued (行政诉讼), directly or after the reconsideration that is named."""

    TYPE: ClassVar[str] = "litigation-filed"
    SEALS: ClassVar[tuple[str, ...]] = ("person", "text")

    agency: AgencyId
    filed_on: date
    court: Court
    ground: Ground
    standing: Standing
    request: RequestId | UnsetType = UNSET
    reconsideration: RemedyId | UnsetType = UNSET
    doubts: Annotated[list[Doubt], Meta(min_length=1, max_length=4)] | UnsetType = UNSET
    person: Seal
    text: Seal


class LitigationJudged(Event, frozen=True, kw_only=True):
    """A court of this instance ended the case before it."""

    TYPE: ClassVar[str] = "litigation-judged"

    judged_on: date
    instance: Instance
    disposition: Disposition


class RemedyWithdrawn(Event, frozen=True, kw_only=True):
    """Whoever filed the case took it back; it counts as another result."""

    TYPE: ClassVar[str] = "remedy-withdrawn"

    withdrawn_on: date


class CorrectiveActionTaken(Event, frozen=True, kw_only=True):
    """The agency did what a result that corrected it asked for."""

    TYPE: ClassVar[str] = "corrective-action-taken"

    taken_on: date
    action: Action


RemedyEvent = (
    ReconsiderationFiled
    | ReconsiderationDecided
    | LitigationFiled
    | LitigationJudged
    | RemedyWithdrawn
    | CorrectiveActionTaken
)


# --- commands ---------------------------------------------------------------------------------------------------------
class FileReconsideration(Command, tag="file-reconsideration", frozen=True, kw_only=True):
    """Enter a reconsideration that was asked for."""

    STREAM: ClassVar[str] = "remedy"
    TEXTS: ClassVar[tuple[str, ...]] = ("person", "text")
    REFERS: ClassVar[tuple[str, ...]] = ("request",)

    remedy: RemedyId
    agency: AgencyId
    filed_on: date
    body: ReconsiderationBody
    ground: Ground
    request: RequestId | UnsetType = UNSET
    person: PartyText | UnsetType = UNSET
    text: CaseText | UnsetType = UNSET


class DecideReconsideration(Command, tag="decide-reconsideration", frozen=True, kw_only=True):
    """Enter the decision on a reconsideration."""

    STREAM: ClassVar[str] = "remedy"

    remedy: RemedyId
    decided_on: date
    disposition: Disposition


class FileLitigation(Command, tag="file-litigation", frozen=True, kw_only=True):
    """Enter a lawsuit."""

    STREAM: ClassVar[str] = "remedy"
    TEXTS: ClassVar[tuple[str, ...]] = ("person", "text")
    REFERS: ClassVar[tuple[str, ...]] = ("request", "reconsideration")

    remedy: RemedyId
    agency: AgencyId
    filed_on: date
    court: Court
    ground: Ground
    standing: Standing
    request: RequestId | UnsetType = UNSET
    reconsideration: RemedyId | UnsetType = UNSET
    person: PartyText | UnsetType = UNSET
    text: CaseText | UnsetType = UNSET


class JudgeLitigation(Command, tag="judge-litigation", frozen=True, kw_only=True):
    """Enter the judgment of a lawsuit, one for each instance."""

    STREAM: ClassVar[str] = "remedy"

    remedy: RemedyId
    judged_on: date
    instance: Instance
    disposition: Disposition


class WithdrawRemedy(Command, tag="withdraw-remedy", frozen=True, kw_only=True):
    """Enter that the case was taken back."""

    STREAM: ClassVar[str] = "remedy"

    remedy: RemedyId
    withdrawn_on: date


class TakeCorrectiveAction(Command, tag="take-corrective-action", frozen=True, kw_only=True):
    """Enter what the agency did to put right what was corrected."""

    STREAM: ClassVar[str] = "remedy"

    remedy: RemedyId
    taken_on: date
    action: Action


RemedyCommand = (
    FileReconsideration
    | DecideReconsideration
    | FileLitigation
    | JudgeLitigation
    | WithdrawRemedy
    | TakeCorrectiveAction
)


# --- state ------------------------------------------------------------------------------------------------------------
class Conclusion(Struct, frozen=True, kw_only=True):
    """A result and its day; only a court has instances."""

    on: date
    result: Result
    instance: Instance | None


class Remedy(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a case. `conclusions` are in the order of their days; none while it is pending."""

    agency: str
    block: Block
    filed_on: date
    newest_on: date
    counted_here: bool
    conclusions: tuple[Conclusion, ...]
    withdrawn: bool


class Counted(NamedTuple):
    """Where a case stands in the remedy table of a year."""

    block: Block
    result: Result | Literal["pending"]
    carried_over: bool


def counted_in(remedy: Remedy, year: int) -> Counted | None:
    """The cell of the case in a year's table, None where it has none.

    It is counted in the year of its filing and, as carried over, in each year that began while it was pending; its result
    is that of the year's last conclusion. A lawsuit that only goes on to a higher court is not counted again.
    """
    if not remedy.counted_here or remedy.filed_on.year > year:
        return None
    if any(conclusion.on.year < year for conclusion in remedy.conclusions):
        return None
    results = [conclusion.result for conclusion in remedy.conclusions if conclusion.on.year == year]
    return Counted(remedy.block, results[-1] if results else "pending", remedy.filed_on.year < year)


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(remedy: Remedy | None, command: RemedyCommand, facts: Facts) -> tuple[RemedyEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, FileReconsideration | FileLitigation):
        if remedy is not None:
            raise Refused("RMD-001", remedy=command.remedy)
        return (_filed(command, facts),)
    if remedy is None:
        raise Refused("RMD-002", remedy=command.remedy)
    return (_decide(remedy, command, facts),)


def _filed(command: FileReconsideration | FileLitigation, facts: Facts) -> RemedyEvent:
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    must_have_come(command.filed_on, facts, field="filed_on")
    match command:
        case FileReconsideration():
            _must_name_its_request(command, facts, needed=True)
            return ReconsiderationFiled(
                agency=command.agency,
                filed_on=command.filed_on,
                body=command.body,
                ground=command.ground,
                request=command.request,
                person=facts.seals["person"],
                text=facts.seals["text"],
            )
        case FileLitigation():
            # The body that reconsidered has no request of its own; the original actor has it.
            _must_name_its_request(command, facts, needed=command.standing != "as-reconsideration-body")
            _must_follow_its_reconsideration(command, facts)
            doubted = (
                command.reconsideration is UNSET
                and command.standing == "sole-defendant"
                and command.ground in RECONSIDERATION_FIRST
                and command.filed_on >= RECONSIDERATION_FIRST_FROM
            )
            return LitigationFiled(
                agency=command.agency,
                filed_on=command.filed_on,
                court=command.court,
                ground=command.ground,
                standing=command.standing,
                request=command.request,
                reconsideration=command.reconsideration,
                doubts=["reconsideration-first"] if doubted else UNSET,
                person=facts.seals["person"],
                text=facts.seals["text"],
            )
        case _:
            assert_never(command)


def _must_name_its_request(command: FileReconsideration | FileLitigation, facts: Facts, *, needed: bool) -> None:
    if command.request is UNSET:
        if needed and command.ground in OF_REQUESTS:
            raise Refused("RMD-003", ground=command.ground)
        return
    if command.ground in OF_PUBLICATION:
        raise Refused("RMD-004", ground=command.ground)
    request = facts.state_of(command.request, Request)
    if request is None:
        raise Refused("REQ-002", request=command.request)
    if needed and request.agency != command.agency:
        raise Refused("RMD-005", request=command.request, agency=command.agency)


def _must_follow_its_reconsideration(command: FileLitigation, facts: Facts) -> None:
    if command.reconsideration is UNSET:
        return
    before = facts.state_of(command.reconsideration, Remedy)
    if before is None or before.block != "reconsideration" or before.agency != command.agency:
        raise Refused("RMD-006", remedy=command.reconsideration)
    must_follow(command.filed_on, before.filed_on, facts, field="filed_on")


def _decide(
    remedy: Remedy,
    command: DecideReconsideration | JudgeLitigation | WithdrawRemedy | TakeCorrectiveAction,
    facts: Facts,
) -> RemedyEvent:
    match command:
        case DecideReconsideration(decided_on=on):
            if remedy.block != "reconsideration":
                raise Refused("RMD-007", remedy=command.remedy)
            _must_be_pending(remedy)
            must_follow(on, remedy.newest_on, facts, field="decided_on")
            return ReconsiderationDecided(decided_on=on, disposition=command.disposition)
        case JudgeLitigation(judged_on=on):
            if remedy.block == "reconsideration":
                raise Refused("RMD-007", remedy=command.remedy)
            if remedy.withdrawn:
                _must_be_pending(remedy)
            judged = [conclusion.instance for conclusion in remedy.conclusions]
            expected: tuple[Instance, ...] = (
                INSTANCES[:1] if not judged else INSTANCES[INSTANCES.index(_last(judged)) + 1 :]
            )
            if command.instance not in expected:
                raise Refused("RMD-009", instance=command.instance, expected=", ".join(expected) or "-")
            must_follow(on, remedy.newest_on, facts, field="judged_on")
            return LitigationJudged(judged_on=on, instance=command.instance, disposition=command.disposition)
        case WithdrawRemedy(withdrawn_on=on):
            _must_be_pending(remedy)
            must_follow(on, remedy.newest_on, facts, field="withdrawn_on")
            return RemedyWithdrawn(withdrawn_on=on)
        case TakeCorrectiveAction(taken_on=on):
            if not remedy.conclusions or remedy.conclusions[-1].result != "corrected":
                raise Refused("RMD-010", remedy=command.remedy)
            must_follow(on, remedy.newest_on, facts, field="taken_on")
            return CorrectiveActionTaken(taken_on=on, action=command.action)
        case _:
            assert_never(command)


def _last(instances: list[Instance | None]) -> Instance:
    last = instances[-1]
    assert last is not None, "a court is of an instance"
    return last


def _must_be_pending(remedy: Remedy) -> None:
    if remedy.conclusions:
        raise Refused("RMD-008", on=remedy.conclusions[-1].on)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(remedy: Remedy | None, event: RemedyEvent) -> Remedy:
    """The case after the event."""
    match event:
        case ReconsiderationFiled(filed_on=on):
            return _begun(event.agency, "reconsideration", on, counted_here=True)
        case LitigationFiled(filed_on=on):
            direct = event.reconsideration is UNSET and event.standing == "sole-defendant"
            return _begun(
                event.agency,
                "litigation-direct" if direct else "litigation-after-reconsideration",
                on,
                counted_here=event.standing != "as-reconsideration-body",
            )
        case _ if remedy is None:
            raise AssertionError("the first event of a case is its filing")
        case ReconsiderationDecided(decided_on=on):
            return _concluded(remedy, on, RESULTS[event.disposition], instance=None)
        case LitigationJudged(judged_on=on):
            return _concluded(remedy, on, RESULTS[event.disposition], instance=event.instance)
        case RemedyWithdrawn(withdrawn_on=on):
            return replace(_concluded(remedy, on, "other", instance=None), withdrawn=True)
        case CorrectiveActionTaken(taken_on=on):
            return replace(remedy, newest_on=on)
        case _:
            assert_never(event)


def _begun(agency: str, block: Block, on: date, *, counted_here: bool) -> Remedy:
    return Remedy(
        agency=agency,
        block=block,
        filed_on=on,
        newest_on=on,
        counted_here=counted_here,
        conclusions=(),
        withdrawn=False,
    )


def _concluded(remedy: Remedy, on: date, result: Result, *, instance: Instance | None) -> Remedy:
    conclusion = Conclusion(on=on, result=result, instance=instance)
    return replace(remedy, newest_on=on, conclusions=(*remedy.conclusions, conclusion))
