"""A work rule (工作制度) of an agency, version after version, and the numbers that follow from it.

Rules
- It is adopted, amended and repealed; each version is in force from a day, until the next one is, or it is repealed.
- A parameter may be stricter than the law, never looser: ten working days for publication, never thirty.
- Levels of review are not here: `review-policy-adopted` sets them, because each review counts with them.
- Its title and the meeting that approved it are public.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import AgencyId, Command, Event, RuleId, Seal, Serial, Sha256, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

# 政务公开管理, 考核, 依申请公开, 保密审查, 办事公开, 网站信息发布, 按月通报, 责任追究.
RuleKind = Literal[
    "management",
    "assessment",
    "on-request",
    "secrecy-review",
    "service-disclosure",
    "website",
    "monthly-notification",
    "accountability",
    "other",
]
ParameterName = Literal[
    "publication-working-days",
    "licence-working-days",
    "budget-days",
    "reply-working-days",
    "correction-working-days",
    "consultation-days",
    "issue-response-hours",
    "month-closing-day",
    "notification-day",
]
# The least and the most that the law leaves open: R2008 art. 18 and R2019 art. 26, 双公示, 预算法 art. 14, R2019 art. 33 and
# 30, Order 713 art. 15, 国办发〔2016〕80号; a day of a month that every month has.
BOUNDS: Final[dict[ParameterName, tuple[int, int]]] = {
    "publication-working-days": (1, 20),
    "licence-working-days": (1, 7),
    "budget-days": (1, 20),
    "reply-working-days": (1, 20),
    "correction-working-days": (1, 7),
    "consultation-days": (30, 366),
    "issue-response-hours": (1, 48),
    "month-closing-day": (1, 28),
    "notification-day": (1, 28),
}


# A year that was mistyped must not keep every later version out.
MAX_AHEAD_DAYS: Final = 5 * 366


class Parameter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number that a rule sets."""

    name: ParameterName
    value: Annotated[int, Meta(ge=0, le=10_000)]


Parameters = Annotated[list[Parameter], Meta(min_length=1, max_length=len(BOUNDS))]


# --- text -------------------------------------------------------------------------------------------------------------
class RuleText(Text, frozen=True, kw_only=True):
    """What the document is called, and which meeting approved it."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    approved_by: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class RuleAdopted(Event, frozen=True, kw_only=True):
    """The agency has such a rule, from a day on."""

    TYPE: ClassVar[str] = "rule-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    kind: RuleKind
    adopted_on: date
    in_force_from: date
    sha256: Sha256
    parameters: Parameters | UnsetType = UNSET
    text: Seal


class RuleAmended(Event, frozen=True, kw_only=True):
    """Another version is in force from a day on."""

    TYPE: ClassVar[str] = "rule-amended"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    number: Serial
    amended_on: date
    in_force_from: date
    sha256: Sha256
    parameters: Parameters | UnsetType = UNSET
    text: Seal


class RuleRepealed(Event, frozen=True, kw_only=True):
    """It is not in force any more, from a day on."""

    TYPE: ClassVar[str] = "rule-repealed"

    repealed_on: date
    ceases_on: date


RuleEvent = RuleAdopted | RuleAmended | RuleRepealed


# --- commands ---------------------------------------------------------------------------------------------------------
class AdoptRule(Command, tag="adopt-rule", frozen=True, kw_only=True):
    """Enter a work rule."""

    STREAM: ClassVar[str] = "rule"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    rule: RuleId
    agency: AgencyId
    kind: RuleKind
    adopted_on: date
    in_force_from: date
    sha256: Sha256
    parameters: Parameters | UnsetType = UNSET
    text: RuleText


class AmendRule(Command, tag="amend-rule", frozen=True, kw_only=True):
    """Enter a new version of it, with all its parameters."""

    STREAM: ClassVar[str] = "rule"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    rule: RuleId
    amended_on: date
    in_force_from: date
    sha256: Sha256
    parameters: Parameters | UnsetType = UNSET
    text: RuleText


class RepealRule(Command, tag="repeal-rule", frozen=True, kw_only=True):
    """Enter that it is not in force any more."""

    STREAM: ClassVar[str] = "rule"

    rule: RuleId
    repealed_on: date
    ceases_on: date


RuleCommand = AdoptRule | AmendRule | RepealRule


# --- state ------------------------------------------------------------------------------------------------------------
class RuleVersion(Struct, frozen=True, kw_only=True):
    """A version: its document, since when it is in force, and what it sets."""

    number: int
    in_force_from: date
    sha256: str
    parameters: dict[str, int]


class Rule(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a rule: its versions in order, and the day from which it is no more."""

    agency: str
    newest_on: date
    versions: tuple[RuleVersion, ...]
    ceases_on: date | None

    def on(self, day: date) -> RuleVersion | None:
        """The version in force on a day; None before the first, and once it is repealed."""
        if self.ceases_on is not None and day >= self.ceases_on:
            return None
        return next((one for one in reversed(self.versions) if one.in_force_from <= day), None)


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(rule: Rule | None, command: RuleCommand, facts: Facts) -> tuple[RuleEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, AdoptRule):
        return (_adopted(rule, command, facts),)
    if rule is None:
        raise Refused("RUL-002", rule=command.rule)
    if rule.ceases_on is not None:
        raise Refused("RUL-003", on=rule.ceases_on)
    last = rule.versions[-1]
    match command:
        case AmendRule(amended_on=on):
            if command.sha256 == last.sha256:
                raise Refused("RUL-004", number=last.number)
            must_follow(on, rule.newest_on, facts, field="amended_on")
            _must_not_precede(command.in_force_from, last)
            _must_not_be_far(command.in_force_from, on)
            return (
                RuleAmended(
                    number=last.number + 1,
                    amended_on=on,
                    in_force_from=command.in_force_from,
                    sha256=command.sha256,
                    parameters=_within_the_law(command.parameters),
                    text=facts.seals["text"],
                ),
            )
        case RepealRule(repealed_on=on):
            must_follow(on, rule.newest_on, facts, field="repealed_on")
            _must_not_precede(command.ceases_on, last)
            _must_not_be_far(command.ceases_on, on)
            return (RuleRepealed(repealed_on=on, ceases_on=command.ceases_on),)
        case _:
            assert_never(command)


def _adopted(rule: Rule | None, command: AdoptRule, facts: Facts) -> RuleAdopted:
    if rule is not None:
        raise Refused("RUL-001", rule=command.rule)
    acting(facts, command.agency, on=command.adopted_on)
    must_have_come(command.adopted_on, facts, field="adopted_on")
    _must_not_be_far(command.in_force_from, command.adopted_on)
    return RuleAdopted(
        agency=command.agency,
        kind=command.kind,
        adopted_on=command.adopted_on,
        in_force_from=command.in_force_from,
        sha256=command.sha256,
        parameters=_within_the_law(command.parameters),
        text=facts.seals["text"],
    )


def _within_the_law(parameters: list[Parameter] | UnsetType) -> list[Parameter] | UnsetType:
    """The parameters by name, each once and as strict as the law or stricter."""
    if parameters is UNSET:
        return UNSET
    for one in parameters:
        least, most = BOUNDS[one.name]
        if not least <= one.value <= most:
            raise Refused("RUL-005", parameter=one.name, value=one.value, least=least, most=most)
    if len({one.name for one in parameters}) < len(parameters):
        raise Refused("RUL-006")
    return sorted(parameters, key=lambda one: one.name)


def _must_not_be_far(on: date, decided_on: date) -> None:
    latest = decided_on + timedelta(days=MAX_AHEAD_DAYS)
    if on > latest:
        raise Refused("RUL-008", on=on, latest=latest)


def _must_not_precede(on: date, last: RuleVersion) -> None:
    if on < last.in_force_from:
        raise Refused("RUL-007", on=on, number=last.number, earliest=last.in_force_from)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(rule: Rule | None, event: RuleEvent) -> Rule:
    """The rule after the event."""
    match event:
        case RuleAdopted(adopted_on=on):
            return Rule(agency=event.agency, newest_on=on, versions=(_version(event, 1),), ceases_on=None)
        case _ if rule is None:
            raise AssertionError("the first event of a rule is its adoption")
        case RuleAmended(amended_on=on):
            return replace(rule, newest_on=on, versions=(*rule.versions, _version(event, event.number)))
        case RuleRepealed(repealed_on=on):
            return replace(rule, newest_on=on, ceases_on=event.ceases_on)
        case _:
            assert_never(event)


def _version(event: RuleAdopted | RuleAmended, number: int) -> RuleVersion:
    return RuleVersion(
        number=number,
        in_force_from=event.in_force_from,
        sha256=event.sha256,
        parameters={} if event.parameters is UNSET else {one.name: one.value for one in event.parameters},
    )
