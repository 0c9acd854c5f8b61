"""The month of an agency (月): closed at a position of the log, notified section by section (按月通报), disputed, corrected.

Rules
- An agency's month has one stream, whose id follows from both, so that nobody can close it a second time elsewhere.
- A month is closed when it is over. Its figures are those of the position that it was closed at, for ever: what comes
  in later belongs to a correction, which says the old figure, the new one and why.
- A section is notified once; what it disputes is corrected or dismissed, one figure at a time.
"""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, assert_never

from msgspec import Meta, Struct
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Code, Command, Count, Event, MonthId, Position, Seal, Text
from archive.domain.days import must_follow
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from archive.domain.facts import Facts

# Order 492, the first regulation of open government information, is in force since 2008-05-01.
Year = Annotated[int, Meta(ge=2008, le=2999)]
MonthNumber = Annotated[int, Meta(ge=1, le=12)]
# What a section is told: what it published, what of it was late, what reviewers returned.
Figure = Literal["published", "late", "returned"]
FigureReason = Literal["counted-twice", "not-counted", "wrong-section", "wrong-date", "entered-late", "other"]
DismissalReason = Literal["figure-correct", "not-of-this-month", "not-of-this-section"]
DECEMBER: Final = 12


class DisputeText(Text, frozen=True, kw_only=True):
    """What the section says against a figure: for the file alone."""

    reasons: Annotated[str, Meta(min_length=1, max_length=8000)]


# --- events -----------------------------------------------------------------------------------------------------------
class MonthClosed(Event, frozen=True, kw_only=True):
    """The month's figures are those of the archive at this position; it is that before this entry."""

    TYPE: ClassVar[str] = "month-closed"

    agency: AgencyId
    year: Year
    month: MonthNumber
    closed_on: date
    position: Position


class MonthlyNotificationIssued(Event, frozen=True, kw_only=True):
    """A section was told its figures of the month; an item on several channels counts once."""

    TYPE: ClassVar[str] = "monthly-notification-issued"

    section: Code
    issued_on: date
    published: Count
    late: Count
    returned: Count


class MonthlyFigureDisputed(Event, frozen=True, kw_only=True):
    """The section says that a figure is wrong."""

    TYPE: ClassVar[str] = "monthly-figure-disputed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    section: Code
    figure: Figure
    disputed_on: date
    text: Seal


class MonthlyDisputeDismissed(Event, frozen=True, kw_only=True):
    """The figure stays as it is."""

    TYPE: ClassVar[str] = "monthly-dispute-dismissed"

    section: Code
    figure: Figure
    dismissed_on: date
    reason: DismissalReason


class MonthlyFigureCorrected(Event, frozen=True, kw_only=True):
    """The figure was wrong and is this instead; a dispute about it has its end."""

    TYPE: ClassVar[str] = "monthly-figure-corrected"

    section: Code
    figure: Figure
    corrected_on: date
    old: Count
    new: Count
    reason: FigureReason


MonthEvent = (
    MonthClosed | MonthlyNotificationIssued | MonthlyFigureDisputed | MonthlyDisputeDismissed | MonthlyFigureCorrected
)


# --- commands ---------------------------------------------------------------------------------------------------------
class CloseMonth(Command, tag="close-month", frozen=True, kw_only=True):
    """Close a month that is over, at what the archive holds now."""

    STREAM: ClassVar[str] = "month"

    month: MonthId
    agency: AgencyId
    year: Year
    number: MonthNumber
    closed_on: date


class IssueMonthlyNotification(Command, tag="issue-monthly-notification", frozen=True, kw_only=True):
    """Tell a section its figures of the month."""

    STREAM: ClassVar[str] = "month"

    month: MonthId
    section: Code
    issued_on: date
    published: Count
    late: Count
    returned: Count


class DisputeMonthlyFigure(Command, tag="dispute-monthly-figure", frozen=True, kw_only=True):
    """Enter that a section says a figure is wrong."""

    STREAM: ClassVar[str] = "month"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    month: MonthId
    section: Code
    figure: Figure
    disputed_on: date
    text: DisputeText


class DismissMonthlyDispute(Command, tag="dismiss-monthly-dispute", frozen=True, kw_only=True):
    """Enter that a disputed figure is right."""

    STREAM: ClassVar[str] = "month"

    month: MonthId
    section: Code
    figure: Figure
    dismissed_on: date
    reason: DismissalReason


class CorrectMonthlyFigure(Command, tag="correct-monthly-figure", frozen=True, kw_only=True):
    """Replace a wrong figure of a section, with the reason."""

    STREAM: ClassVar[str] = "month"

    month: MonthId
    section: Code
    figure: Figure
    corrected_on: date
    new: Count
    reason: FigureReason


MonthCommand = (
    CloseMonth | IssueMonthlyNotification | DisputeMonthlyFigure | DismissMonthlyDispute | CorrectMonthlyFigure
)


# --- state ------------------------------------------------------------------------------------------------------------
class Notified(Struct, frozen=True, kw_only=True):
    """What a section was told, as it stands now, and which of it is disputed."""

    section: str
    newest_on: date
    figures: dict[str, int]
    disputed: frozenset[str]


class Month(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a month."""

    agency: str
    closed_on: date
    notified: tuple[Notified, ...]

    def of(self, section: str) -> Notified | None:
        """What the section was told."""
        return next((one for one in self.notified if one.section == section), None)


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(month: Month | None, command: MonthCommand, facts: Facts) -> tuple[MonthEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if isinstance(command, CloseMonth):
        return (_closed(month, command, facts),)
    if month is None:
        raise Refused("MON-003", month=command.month)
    match command:
        case IssueMonthlyNotification(section=section):
            if facts.agency is None or section not in facts.agency.sections:
                raise Refused("ITM-003", field="section", code=section)
            if month.of(section) is not None:
                raise Refused("MON-005", section=section)
            must_follow(command.issued_on, month.closed_on, facts, field="issued_on")
            _must_be_figures(published=command.published, late=command.late)
            return (
                MonthlyNotificationIssued(
                    section=section,
                    issued_on=command.issued_on,
                    published=command.published,
                    late=command.late,
                    returned=command.returned,
                ),
            )
        case DisputeMonthlyFigure(section=section, figure=figure, disputed_on=on):
            told = _told(month, section)
            if figure in told.disputed:
                raise Refused("MON-007", section=section, figure=figure)
            must_follow(on, told.newest_on, facts, field="disputed_on")
            return (MonthlyFigureDisputed(section=section, figure=figure, disputed_on=on, text=facts.seals["text"]),)
        case DismissMonthlyDispute(section=section, figure=figure, dismissed_on=on):
            told = _told(month, section)
            if figure not in told.disputed:
                raise Refused("MON-008", section=section, figure=figure)
            must_follow(on, told.newest_on, facts, field="dismissed_on")
            return (MonthlyDisputeDismissed(section=section, figure=figure, dismissed_on=on, reason=command.reason),)
        case CorrectMonthlyFigure():
            return (_corrected(month, command, facts),)
        case _:
            assert_never(command)


def _closed(month: Month | None, command: CloseMonth, facts: Facts) -> MonthClosed:
    expected = month_id(command.agency, command.year, command.number)
    if command.month != expected:
        raise Refused("MON-001", year=command.year, number=command.number, expected=expected)
    if month is not None:
        raise Refused("MON-002", year=command.year, number=command.number, closed_on=month.closed_on)
    if facts.agency is None:
        raise Refused("AGY-002", agency=command.agency)
    last = last_day(command.year, command.number)
    if facts.today <= last or command.closed_on <= last:
        raise Refused("MON-004", year=command.year, number=command.number, last=last)
    must_follow(command.closed_on, last, facts, field="closed_on")
    return MonthClosed(
        agency=command.agency,
        year=command.year,
        month=command.number,
        closed_on=command.closed_on,
        position=facts.position,
    )


def _corrected(month: Month, command: CorrectMonthlyFigure, facts: Facts) -> MonthlyFigureCorrected:
    told = _told(month, command.section)
    old = told.figures[command.figure]
    if command.new == old:
        raise Refused("MON-009", section=command.section, figure=command.figure, old=old)
    must_follow(command.corrected_on, told.newest_on, facts, field="corrected_on")
    corrected = told.figures | {command.figure: command.new}
    _must_be_figures(published=corrected["published"], late=corrected["late"])
    return MonthlyFigureCorrected(
        section=command.section,
        figure=command.figure,
        corrected_on=command.corrected_on,
        old=old,
        new=command.new,
        reason=command.reason,
    )


def _told(month: Month, section: str) -> Notified:
    told = month.of(section)
    if told is None:
        raise Refused("MON-006", section=section)
    return told


def _must_be_figures(*, published: int, late: int) -> None:
    if late > published:
        raise Refused("MON-010", late=late, published=published)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(month: Month | None, event: MonthEvent) -> Month:
    """The month after the event."""
    if isinstance(event, MonthClosed):
        return Month(agency=event.agency, closed_on=event.closed_on, notified=())
    assert month is not None, "the first event of a month is its closing"
    match event:
        case MonthlyNotificationIssued():
            figures = {"published": event.published, "late": event.late, "returned": event.returned}
            told = Notified(section=event.section, newest_on=event.issued_on, figures=figures, disputed=frozenset())
            return replace(month, notified=(*month.notified, told))
        case MonthlyFigureDisputed(figure=figure):
            told = _told(month, event.section)
            return _with(month, replace(told, newest_on=event.disputed_on, disputed=told.disputed | {figure}))
        case MonthlyDisputeDismissed(figure=figure):
            told = _told(month, event.section)
            return _with(month, replace(told, newest_on=event.dismissed_on, disputed=told.disputed - {figure}))
        case MonthlyFigureCorrected(figure=figure):
            told = _told(month, event.section)
            return _with(
                month,
                replace(
                    told,
                    newest_on=event.corrected_on,
                    figures=told.figures | {figure: event.new},
                    disputed=told.disputed - {figure},
                ),
            )
        case _:
            assert_never(event)


def _with(month: Month, told: Notified) -> Month:
    return replace(month, notified=tuple(told if one.section == told.section else one for one in month.notified))


def month_id(agency: str, year: int, month: int) -> str:
    """The stream of an agency's month."""
    digest = sha256(f"opengov-archive/month/v1\n{agency}\n{year:04d}-{month:02d}".encode("ascii")).hexdigest()
    return f"month-{digest[:32]}"


def last_day(year: int, month: int) -> date:
    """The last day of a month."""
    after = date(year + 1, 1, 1) if month == DECEMBER else date(year, month + 1, 1)
    return after - timedelta(days=1)
