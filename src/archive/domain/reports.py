"""The yearly report of an agency (年度报告): drafted, signed, filed with its figures, published, withdrawn, corrected.

Rules
- An agency's year has one stream, whose id follows from both; a report is corrected there, never filed twice.
- The form is that of the year: narrative to 2013, the statistics of 2014 to 2018, the forms of 2019-2020 and from 2021.
- A report is filed when its year is over and it is signed. Its cells are those of one position, whose tree root it names;
  a cell without a number (nothing was declared) is not among them.
- What does not agree with the report filed for the year before is explained, identity by identity, in words for everybody.
- What a version says beside its figures, section by section, becomes public with it.
- A correction is a new version: which cells changed, from what to what, and why. What is published stays in the log.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import must_show_on
from archive.domain.codes import AgencyId, Code, Command, Event, Position, ReportId, Seal, Serial, Sha256, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.months import Year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.domain.facts import Facts

Form = Literal["narrative", "2014", "2019", "2021"]
# Each form and the first and last year that it is for (国办公开办函〔2019〕60号,〔2021〕30号).
FORMS: Final[dict[Form, tuple[int, int]]] = {
    "narrative": (2008, 2013),
    "2014": (2014, 2018),
    "2019": (2019, 2020),
    "2021": (2021, 2999),
}
Signatory = Literal["agency-head", "agency-deputy-head", "information-office-head"]
WithdrawalReason = Literal["wrong-figures", "personal-data", "state-secret", "wrong-form", "ordered"]
CellReason = Literal["counted-wrongly", "late-entry", "remedy-decided", "typing-error", "ordered", "other"]
DifferenceReason = Literal[
    "late-entry", "wrong-last-year", "transferred", "reorganised", "form-changed", "counted-elsewhere", "other"
]
CellKey = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]([a-z0-9_.]{0,78}[a-z0-9])?\Z",
        description="The key of a statutory cell, such as requests.granted.natural_person.",
    ),
]
Figure = Annotated[
    int,
    Meta(
        ge=-(2**53) + 1,
        le=2**53 - 1,
        description="The number of a cell, below 0 for a decrease (本年增/减); money in fen.",
    ),
]
IdentityId = Annotated[
    str, Meta(pattern=r"^I-[A-Z][0-9]{1,2}\Z", description="An identity between the cells of a form, such as I-C5.")
]
Paragraphs = Annotated[str, Meta(min_length=1, max_length=8000)]


# --- texts ------------------------------------------------------------------------------------------------------------
class ExplanationText(Text, frozen=True, kw_only=True):
    """Why two reports do not agree: for everybody."""

    explanation: Paragraphs


class NarrativeText(Text, frozen=True, kw_only=True):
    """What is written by hand in the sections of the report (Order 711, art. 50), in their order; for everybody."""

    overview: Paragraphs | UnsetType = UNSET
    disclosure: Paragraphs | UnsetType = UNSET
    requests: Paragraphs | UnsetType = UNSET
    remedies: Paragraphs | UnsetType = UNSET
    problems: Paragraphs | UnsetType = UNSET
    other: Paragraphs | UnsetType = UNSET


# --- cells ------------------------------------------------------------------------------------------------------------
class Cell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of the form; money in fen."""

    cell: CellKey
    count: Figure


class ChangedCell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure that was wrong; `old` is absent where the cell was empty."""

    cell: CellKey
    old: Figure | UnsetType = UNSET
    new: Figure


# The largest form has 207 cells; this many with the longest keys stay below the 32 KiB of an entry.
Cells = Annotated[list[Cell], Meta(min_length=1, max_length=240)]
ChangedCells = Annotated[list[ChangedCell], Meta(min_length=1, max_length=220)]


# --- events -----------------------------------------------------------------------------------------------------------
class ReportDrafted(Event, frozen=True, kw_only=True):
    """Work on the report of a year began, in the form of that year."""

    TYPE: ClassVar[str] = "report-drafted"

    agency: AgencyId
    year: Year
    form: Form
    drafted_on: date


class ReportSigned(Event, frozen=True, kw_only=True):
    """A post signed the report off."""

    TYPE: ClassVar[str] = "report-signed"

    signed_on: date
    signatory: Signatory


class ReportFiled(Event, frozen=True, kw_only=True):
    """The report went to the upper office: its figures, the position they were counted at, and the tree root there."""

    TYPE: ClassVar[str] = "report-filed"
    VERSION: ClassVar[int] = 2

    filed_on: date
    position: Position
    root: Sha256
    cells: Cells


class ReportPublished(Event, frozen=True, kw_only=True):
    """The newest version of the report became public (Order 711, art. 49)."""

    TYPE: ClassVar[str] = "report-published"
    VERSION: ClassVar[int] = 2
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    published_on: date
    channel: Code
    number: Serial
    # Absent in what was version 1, which had no place for it.
    text: Seal | UnsetType


class ReportWithdrawn(Event, frozen=True, kw_only=True):
    """The report is public no longer."""

    TYPE: ClassVar[str] = "report-withdrawn"

    withdrawn_on: date
    reason: WithdrawalReason


class ReportCorrected(Event, frozen=True, kw_only=True):
    """A new version of the report: which cells changed, and why."""

    TYPE: ClassVar[str] = "report-corrected"
    VERSION: ClassVar[int] = 2

    corrected_on: date
    number: Serial
    position: Position
    root: Sha256
    changes: ChangedCells
    reason: CellReason


class ReportDifferenceExplained(Event, frozen=True, kw_only=True):
    """Why figures of this report do not follow from those filed for the year before, as the identity wants it."""

    TYPE: ClassVar[str] = "report-difference-explained"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    identity: IdentityId
    explained_on: date
    reason: DifferenceReason
    text: Seal


ReportEvent = (
    ReportDrafted
    | ReportSigned
    | ReportFiled
    | ReportPublished
    | ReportWithdrawn
    | ReportCorrected
    | ReportDifferenceExplained
)


# --- commands ---------------------------------------------------------------------------------------------------------
class DraftReport(Command, tag="draft-report", frozen=True, kw_only=True):
    """Begin the report of a year, in the form of that year."""

    STREAM: ClassVar[str] = "report"

    report: ReportId
    agency: AgencyId
    year: Year
    form: Form
    drafted_on: date


class SignReport(Command, tag="sign-report", frozen=True, kw_only=True):
    """Enter that a post signed the report."""

    STREAM: ClassVar[str] = "report"

    report: ReportId
    signed_on: date
    signatory: Signatory


class FileReport(Command, tag="file-report", frozen=True, kw_only=True):
    """File the report with its figures and the position they were counted at."""

    STREAM: ClassVar[str] = "report"

    report: ReportId
    filed_on: date
    position: Position
    root: Sha256
    cells: Cells


class PublishReport(Command, tag="publish-report", frozen=True, kw_only=True):
    """Enter that the newest version of the report became public, and what is written in it by hand."""

    STREAM: ClassVar[str] = "report"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    report: ReportId
    published_on: date
    channel: Code
    text: NarrativeText | UnsetType = UNSET


class WithdrawReport(Command, tag="withdraw-report", frozen=True, kw_only=True):
    """Enter that the report is public no longer."""

    STREAM: ClassVar[str] = "report"

    report: ReportId
    withdrawn_on: date
    reason: WithdrawalReason


class CorrectReport(Command, tag="correct-report", frozen=True, kw_only=True):
    """Make a new version of a filed report: the cells that change, and why."""

    STREAM: ClassVar[str] = "report"

    report: ReportId
    corrected_on: date
    position: Position
    root: Sha256
    cells: Cells
    reason: CellReason


class ExplainReportDifference(Command, tag="explain-report-difference", frozen=True, kw_only=True):
    """Explain why the report does not follow from that of the year before."""

    STREAM: ClassVar[str] = "report"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    report: ReportId
    identity: IdentityId
    explained_on: date
    reason: DifferenceReason
    text: ExplanationText


ReportCommand = (
    DraftReport | SignReport | FileReport | PublishReport | WithdrawReport | CorrectReport | ExplainReportDifference
)
Stage = Literal["drafted", "signed", "filed", "published", "withdrawn"]


# --- state ------------------------------------------------------------------------------------------------------------
class Report(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a report: where it stands, its newest version and figures."""

    agency: str
    year: int
    stage: Stage
    newest_on: date
    number: int
    position: int
    cells: dict[str, int]


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(report: Report | None, command: ReportCommand, facts: Facts) -> tuple[ReportEvent, ...]:  # noqa: PLR0911 - one arm a command
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, DraftReport):
        return (_drafted(report, command, facts),)
    if report is None:
        raise Refused("RPT-003", report=command.report)
    match command:
        case SignReport(signed_on=on):
            _must_stand(report, "drafted")
            must_follow(on, report.newest_on, facts, field="signed_on")
            return (ReportSigned(signed_on=on, signatory=command.signatory),)
        case FileReport(filed_on=on):
            if report.position:
                raise Refused("RPT-010", year=report.year, number=report.number)
            _must_stand(report, "signed")
            if on.year <= report.year:
                raise Refused("RPT-006", year=report.year, on=on)
            must_follow(on, report.newest_on, facts, field="filed_on")
            _must_be_a_position(command.position, facts, least=1)
            _must_be_different(command.cells)
            return (
                ReportFiled(filed_on=on, position=command.position, root=command.root, cells=_in_order(command.cells)),
            )
        case PublishReport(published_on=on, channel=channel):
            _must_stand(report, "filed", "withdrawn")
            must_follow(on, report.newest_on, facts, field="published_on")
            if facts.agency is None or channel not in facts.agency.channels:
                raise Refused("ITM-003", field="channel", code=channel)
            must_show_on(facts.agency, channel, on=on)
            text = facts.seals["text"]
            return (ReportPublished(published_on=on, channel=channel, number=report.number, text=text),)
        case WithdrawReport(withdrawn_on=on):
            _must_stand(report, "published")
            must_follow(on, report.newest_on, facts, field="withdrawn_on")
            return (ReportWithdrawn(withdrawn_on=on, reason=command.reason),)
        case CorrectReport():
            return (_corrected(report, command, facts),)
        case ExplainReportDifference(explained_on=on):
            must_follow(on, report.newest_on, facts, field="explained_on")
            return (
                ReportDifferenceExplained(
                    identity=command.identity, explained_on=on, reason=command.reason, text=facts.seals["text"]
                ),
            )
        case _:
            assert_never(command)


def _drafted(report: Report | None, command: DraftReport, facts: Facts) -> ReportDrafted:
    if command.report != (expected := report_id(command.agency, command.year)):
        raise Refused("RPT-001", year=command.year, expected=expected)
    if report is not None:
        raise Refused("RPT-002", year=command.year)
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    first, last = FORMS[command.form]
    if not first <= command.year <= last:
        raise Refused("RPT-004", form=command.form, year=command.year, first=first, last=last)
    must_have_come(command.drafted_on, facts, field="drafted_on")
    return ReportDrafted(agency=command.agency, year=command.year, form=command.form, drafted_on=command.drafted_on)


def _corrected(report: Report, command: CorrectReport, facts: Facts) -> ReportCorrected:
    _must_stand(report, "filed", "published", "withdrawn")
    must_follow(command.corrected_on, report.newest_on, facts, field="corrected_on")
    _must_be_a_position(command.position, facts, least=report.position)
    _must_be_different(command.cells)
    changes = []
    for cell in _in_order(command.cells):
        old = report.cells.get(cell.cell, UNSET)
        if old == cell.count:
            raise Refused("RPT-009", cell=cell.cell, count=cell.count)
        changes.append(ChangedCell(cell=cell.cell, old=old, new=cell.count))
    return ReportCorrected(
        corrected_on=command.corrected_on,
        number=report.number + 1,
        position=command.position,
        root=command.root,
        changes=changes,
        reason=command.reason,
    )


def _must_stand(report: Report, *stages: Stage) -> None:
    if report.stage not in stages:
        raise Refused("RPT-005", stage=report.stage)


def _must_be_a_position(position: int, facts: Facts, *, least: int) -> None:
    """Figures are counted at a position that the log has reached, and a correction not before what it corrects."""
    if not least <= position <= facts.position:
        raise Refused("RPT-007", position=position, least=least, head=facts.position)


def _must_be_different(cells: Sequence[Cell]) -> None:
    keys = [cell.cell for cell in cells]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise Refused("RPT-008", cell=key)


def _in_order(cells: Sequence[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: cell.cell)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(report: Report | None, event: ReportEvent) -> Report:  # noqa: PLR0911 - one arm an event
    """The report after the event."""
    if isinstance(event, ReportDrafted):
        return Report(
            agency=event.agency,
            year=event.year,
            stage="drafted",
            newest_on=event.drafted_on,
            number=1,
            position=0,
            cells={},
        )
    assert report is not None, "the first event of a report is its draft"
    match event:
        case ReportSigned(signed_on=on):
            return replace(report, stage="signed", newest_on=on)
        case ReportFiled(filed_on=on):
            cells = {cell.cell: cell.count for cell in event.cells}
            return replace(report, stage="filed", newest_on=on, position=event.position, cells=cells)
        case ReportPublished(published_on=on):
            return replace(report, stage="published", newest_on=on)
        case ReportWithdrawn(withdrawn_on=on):
            return replace(report, stage="withdrawn", newest_on=on)
        case ReportCorrected(corrected_on=on):
            # The new version is on file; whether it is public is the next publication's to say.
            return replace(
                report,
                stage="filed",
                newest_on=on,
                number=event.number,
                position=event.position,
                cells=report.cells | {cell.cell: cell.new for cell in event.changes},
            )
        case ReportDifferenceExplained(explained_on=on):
            return replace(report, newest_on=on)
        case _:
            assert_never(event)


def report_id(agency: str, year: int) -> str:
    """The stream of an agency's report on a year."""
    digest = sha256(f"opengov-archive/report/v1\n{agency}\n{year:04d}".encode("ascii")).hexdigest()
    return f"report-{digest[:32]}"
