"""A declaration (申报): what the agency says of a year that is no event here, a figure or that there was nothing.

Rules
- A figure is one cell of a statutory form for one year, a whole number in the unit of `UNITS`; money is in fen. Sums and
  differences of cells are not declared, nor is what this archive counts itself.
- Who declares is the office in `by`; the evidence is a file of the agency, named by its code.
- Who declares may say the unit; where it is not the one of the cell, the figure is refused and never converted.
- A figure is corrected with a reason and its own evidence, and the old one stays in the log.
- Where there was nothing in an area, that is declared with its reason (2018: 未出台重大政策): an empty cell says nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Command, DeclarationId, Event, SourceId
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

Year = Annotated[int, Meta(ge=2008, le=9999, description="The year reported on; the Regulations began in 2008.")]
Value = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Unit = Literal["count", "persons", "fen"]
# What somebody may say that the value is in: the forms print money in yuan or in tens of thousands of them.
SaidUnit = Literal["count", "persons", "fen", "yuan", "wan-yuan"]
# Forms of 2014 (row 一 and 八), 2019 and 2021 (art. 20). What a form wants as a change is the difference of two years.
Cell = Literal[
    "proactive.normative_documents_issued",
    "capacity.dedicated_offices",
    "capacity.staff_full_time",
    "capacity.staff_part_time",
    "capacity.budget",
    "art20_1.rules.issued",
    "art20_1.rules.repealed",
    "art20_1.rules.in_force",
    "art20_1.normative_documents.issued",
    "art20_1.normative_documents.repealed",
    "art20_1.normative_documents.in_force",
    "art20_5.administrative_licensing.items",
    "art20_5.administrative_licensing.decisions",
    "art20_5.other_external_services.items",
    "art20_5.other_external_services.decisions",
    "art20_6.administrative_penalty.items",
    "art20_6.administrative_penalty.decisions",
    "art20_6.administrative_coercion.items",
    "art20_6.administrative_coercion.decisions",
    "art20_8.administrative_fees.items",
    "art20_8.administrative_fees.amount",
    "art20_9.central_procurement.projects",
    "art20_9.central_procurement.amount",
]
# The unit of a cell, where it is not a count of things.
UNITS: Final[dict[Cell, Unit]] = {
    "capacity.staff_full_time": "persons",
    "capacity.staff_part_time": "persons",
    "capacity.budget": "fen",
    "art20_8.administrative_fees.amount": "fen",
    "art20_9.central_procurement.amount": "fen",
}
NilArea = Literal[
    "interpretations",
    "hot-issues",
    "press-conferences",
    "consultations",
    "requests",
    "remedies",
    "complaints",
    "training",
]
NilReason = Literal["no-major-policy", "no-such-case", "not-competent", "not-organised"]
CorrectionReason = Literal["miscounted", "wrong-unit", "wrong-year", "late-evidence", "audit"]
WithdrawalReason = Literal["declared-in-error", "events-found", "wrong-year"]
Stage = Literal["figure", "nil", "withdrawn"]


# --- events -----------------------------------------------------------------------------------------------------------
class NilDeclared(Event, frozen=True, kw_only=True):
    """In this area there was nothing in the year, and why."""

    TYPE: ClassVar[str] = "nil-declared"

    agency: AgencyId
    declared_on: date
    area: NilArea
    year: Year
    reason: NilReason


class FigureDeclared(Event, frozen=True, kw_only=True):
    """A cell of the year's form has this value, as the evidence shows."""

    TYPE: ClassVar[str] = "figure-declared"

    agency: AgencyId
    declared_on: date
    cell: Cell
    year: Year
    value: Value
    unit: Unit
    evidence: SourceId


class FigureCorrected(Event, frozen=True, kw_only=True):
    """The declared value was wrong; this one holds."""

    TYPE: ClassVar[str] = "figure-corrected"

    corrected_on: date
    value: Value
    reason: CorrectionReason
    evidence: SourceId


class DeclarationWithdrawn(Event, frozen=True, kw_only=True):
    """The declaration holds no longer, and nothing in its place."""

    TYPE: ClassVar[str] = "declaration-withdrawn"

    withdrawn_on: date
    reason: WithdrawalReason


DeclarationEvent = NilDeclared | FigureDeclared | FigureCorrected | DeclarationWithdrawn


# --- commands ---------------------------------------------------------------------------------------------------------
class DeclareNil(Command, tag="declare-nil", frozen=True, kw_only=True):
    """Declare that there was nothing in an area."""

    STREAM: ClassVar[str] = "declaration"

    declaration: DeclarationId
    agency: AgencyId
    declared_on: date
    area: NilArea
    year: Year
    reason: NilReason


class DeclareFigure(Command, tag="declare-figure", frozen=True, kw_only=True):
    """Declare a figure that this archive does not count."""

    STREAM: ClassVar[str] = "declaration"

    declaration: DeclarationId
    agency: AgencyId
    declared_on: date
    cell: Cell
    year: Year
    value: Value
    unit: SaidUnit | UnsetType = UNSET
    evidence: SourceId


class CorrectFigure(Command, tag="correct-figure", frozen=True, kw_only=True):
    """Correct a declared figure."""

    STREAM: ClassVar[str] = "declaration"

    declaration: DeclarationId
    corrected_on: date
    value: Value
    reason: CorrectionReason
    evidence: SourceId


class WithdrawDeclaration(Command, tag="withdraw-declaration", frozen=True, kw_only=True):
    """Withdraw a declaration."""

    STREAM: ClassVar[str] = "declaration"

    declaration: DeclarationId
    withdrawn_on: date
    reason: WithdrawalReason


DeclarationCommand = DeclareNil | DeclareFigure | CorrectFigure | WithdrawDeclaration


# --- state ------------------------------------------------------------------------------------------------------------
class Declaration(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a declaration; `value` is None where nothing was counted."""

    agency: str
    stage: Stage
    newest_on: date
    value: int | None


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(declaration: Declaration | None, command: DeclarationCommand, facts: Facts) -> tuple[DeclarationEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case DeclareNil() | DeclareFigure():
            if declaration is not None:
                raise Refused("DCL-001", declaration=command.declaration)
            return (_declared(command, facts),)
        case _ if declaration is None:
            raise Refused("DCL-002", declaration=command.declaration)
        case CorrectFigure(corrected_on=on):
            _must_stand(declaration, "figure")
            if command.value == declaration.value:
                raise Refused("DCL-005", value=command.value)
            must_follow(on, declaration.newest_on, facts, field="corrected_on")
            return (
                FigureCorrected(corrected_on=on, value=command.value, reason=command.reason, evidence=command.evidence),
            )
        case WithdrawDeclaration(withdrawn_on=on):
            _must_stand(declaration, "figure", "nil")
            must_follow(on, declaration.newest_on, facts, field="withdrawn_on")
            return (DeclarationWithdrawn(withdrawn_on=on, reason=command.reason),)
        case _:
            assert_never(command)


def _declared(command: DeclareNil | DeclareFigure, facts: Facts) -> DeclarationEvent:
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    must_have_come(command.declared_on, facts, field="declared_on")
    if command.year > command.declared_on.year:
        raise Refused("DCL-004", year=command.year, on=command.declared_on)
    match command:
        case DeclareNil():
            return NilDeclared(
                agency=command.agency,
                declared_on=command.declared_on,
                area=command.area,
                year=command.year,
                reason=command.reason,
            )
        case DeclareFigure():
            expected = UNITS.get(command.cell, "count")
            if command.unit not in (UNSET, expected):
                raise Refused("DCL-006", cell=command.cell, unit=command.unit, expected=expected)
            return FigureDeclared(
                agency=command.agency,
                declared_on=command.declared_on,
                cell=command.cell,
                year=command.year,
                value=command.value,
                unit=expected,
                evidence=command.evidence,
            )
        case _:
            assert_never(command)


def _must_stand(declaration: Declaration, *stages: Stage) -> None:
    if declaration.stage not in stages:
        raise Refused("DCL-003", stage=declaration.stage, expected=" / ".join(stages))


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(declaration: Declaration | None, event: DeclarationEvent) -> Declaration:
    """The declaration after the event."""
    match event:
        case NilDeclared(declared_on=on):
            return Declaration(agency=event.agency, stage="nil", newest_on=on, value=None)
        case FigureDeclared(declared_on=on):
            return Declaration(agency=event.agency, stage="figure", newest_on=on, value=event.value)
        case _ if declaration is None:
            raise AssertionError("the first event of a declaration declares something")
        case FigureCorrected(corrected_on=on):
            return replace(declaration, newest_on=on, value=event.value)
        case DeclarationWithdrawn(withdrawn_on=on):
            return replace(declaration, stage="withdrawn", newest_on=on)
        case _:
            assert_never(event)
