"""An agency's month, section by section: as it was closed, for ever the same; and what became of what sections were told.

Rules
- The figures of a closed month are those of the position that it was closed at, whoever asks and whenever; those of an
  open one are those of the position asked for.
- What a section was told stands beside what was counted at the closing and what is known now. A dispute is open until the
  figure is corrected or the dispute dismissed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from archive.domain.errors import Refused
from archive.projections import months
from archive.projections.agencies import agencies

if TYPE_CHECKING:
    from archive.domain.months import MonthClosed
    from archive.projections.months import Closing, SectionFigures, Step
    from archive.projections.runner import Reading


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """What was published in the month, each item once; what of it was late; what reviewers sent back."""

    published: int
    late: int
    returned: int


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """The month of a section, by its code; empty: of no section."""

    section: str
    figures: Figures


class Month(Struct, frozen=True, forbid_unknown_fields=True):
    """An agency's month as of a position; `closed_on` and `entry`, which closed it, are null while it is open."""

    agency: str
    year: int
    month: int
    position: int
    closed_on: str | None
    entry: int | None
    sections: list[Section]
    total: Figures


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that was told wrongly."""

    figure: str
    old: int
    new: int
    reason: str
    on: str
    entry: int


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What a section was told, as corrected since; what was counted at the closing, and what is known now."""

    section: str
    issued_on: str
    entry: int
    told: Figures
    counted: Figures
    known: Figures
    disputed: list[str]
    corrections: list[Correction]


class Notification(Struct, frozen=True, forbid_unknown_fields=True):
    """The notifications of a closed month as of a position, and the sections with figures that were told none."""

    agency: str
    year: int
    month: int
    position: int
    counted_at: int
    told: list[Told]
    untold: list[str]


_NOTHING = Figures(0, 0, 0)


def month(reading: Reading, *, agency: str, year: int, number: int, as_of: int | None = None) -> Month:
    """The month, as it was closed or as it stands. `Refused` RPF-003 or RPF-006."""
    position = _position(reading, agency, as_of)
    closed = months.closing(reading.db, as_of=position, agency=agency, year=year, number=number)
    at = position if closed is None else closed.counted_at
    found = _counted(reading, agency, year, number, at)
    return Month(
        agency=agency,
        year=year,
        month=number,
        position=at,
        closed_on=None if closed is None else closed.closed_on,
        entry=None if closed is None else closed.position,
        sections=[Section(code, figures) for code, figures in found.items()],
        total=Figures(
            sum(one.published for one in found.values()),
            sum(one.late for one in found.values()),
            sum(one.returned for one in found.values()),
        ),
    )


def notification(reading: Reading, *, agency: str, year: int, number: int, as_of: int | None = None) -> Notification:
    """What sections were told of a closed month. `Refused` RPF-003, RPF-006, or RPF-013 where it is open."""
    position = _position(reading, agency, as_of)
    closed = months.closing(reading.db, as_of=position, agency=agency, year=year, number=number)
    if closed is None:
        raise Refused("RPF-013", year=year, number=number)
    counted = _counted(reading, agency, year, number, closed.counted_at)
    known = _counted(reading, agency, year, number, position)
    told = _told(reading, closed, position, counted, known)
    return Notification(
        agency=agency,
        year=year,
        month=number,
        position=position,
        counted_at=closed.counted_at,
        told=told,
        untold=sorted({code for code in counted if code} - {one.section for one in told}),
    )


def counted_for(reading: Reading, closed: MonthClosed, section: str) -> Figures:
    """What a section is told of a month: its figures at the position of the closing. `Refused` RPF-006."""
    if closed.position > reading.head:
        raise Refused("RPF-006", position=closed.position, head=reading.head)
    return _counted(reading, closed.agency, closed.year, closed.month, closed.position).get(section, _NOTHING)


def _position(reading: Reading, agency: str, as_of: int | None) -> int:
    position = reading.head if as_of is None else as_of
    if position > reading.head:
        raise Refused("RPF-006", position=position, head=reading.head)
    if not agencies(reading.db, as_of=position, ids=[agency]):
        raise Refused("RPF-003", agency=agency, position=position)
    return position


def _counted(reading: Reading, agency: str, year: int, number: int, at: int) -> dict[str, Figures]:
    found: list[SectionFigures] = months.figures(reading.db, as_of=at, agency=agency, year=year, number=number)
    return {one.section: Figures(one.published, one.late, one.returned) for one in found}


def _told(
    reading: Reading, closed: Closing, position: int, counted: dict[str, Figures], known: dict[str, Figures]
) -> list[Told]:
    steps = months.steps(reading.db, as_of=position, month=closed.month)
    found = []
    for one in steps:
        if one.step != "notified":
            continue
        own = [step for step in steps if step.section == one.section]
        told = {"published": one.published or 0, "late": one.late or 0, "returned": one.returned or 0}
        corrections = [_correction(step) for step in own if step.step == "corrected"]
        told |= {correction.figure: correction.new for correction in corrections}
        disputed: dict[str, None] = {}
        for step in own:
            if step.figure is not None and step.step == "disputed":
                disputed[step.figure] = None
            elif step.figure is not None:
                disputed.pop(step.figure, None)
        found.append(
            Told(
                section=one.section,
                issued_on=one.day,
                entry=one.position,
                told=Figures(**told),
                counted=counted.get(one.section, _NOTHING),
                known=known.get(one.section, _NOTHING),
                disputed=list(disputed),
                corrections=corrections,
            )
        )
    return found


def _correction(step: Step) -> Correction:
    assert step.figure is not None, "a correction names its figure"
    assert step.old is not None, "and the old number"
    assert step.new is not None, "and the new one"
    return Correction(step.figure, step.old, step.new, step.reason or "", step.day, step.position)
