"""The first versions of a report's events, and how each is read as the newest.

Version 1 had no cells with keys of more than 60 characters and none below 0, which the forms of 2019 and 2021 have; what
was published had no place for what is written by hand.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from archive.domain import reports
from archive.domain.codes import Code, Count, Event, Position, Serial, Sha256
from archive.domain.reports import CellReason, ReportCorrected, ReportFiled, ReportPublished

CellKeyV1 = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]([a-z0-9_.]{0,58}[a-z0-9])?\Z",
        description="The key of a statutory cell, such as proactive.items_total.",
    ),
]


class Cell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of the form; money in fen."""

    cell: CellKeyV1
    count: Count


class ChangedCell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure that was wrong; `old` is absent where the cell was empty."""

    cell: CellKeyV1
    old: Count | UnsetType = UNSET
    new: Count


class ReportFiledV1(Event, frozen=True, kw_only=True):
    """The report went to the upper office: its figures, the position they were counted at, and the tree root there."""

    TYPE: ClassVar[str] = "report-filed"

    filed_on: date
    position: Position
    root: Sha256
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=240)]


class ReportPublishedV1(Event, frozen=True, kw_only=True):
    """The newest version of the report became public (Order 711, art. 49)."""

    TYPE: ClassVar[str] = "report-published"

    published_on: date
    channel: Code
    number: Serial


class ReportCorrectedV1(Event, frozen=True, kw_only=True):
    """A new version of the report: which cells changed, and why."""

    TYPE: ClassVar[str] = "report-corrected"

    corrected_on: date
    number: Serial
    position: Position
    root: Sha256
    changes: Annotated[list[ChangedCell], Meta(min_length=1, max_length=240)]
    reason: CellReason


def filed_v2(event: ReportFiledV1) -> ReportFiled:
    """A filing of version 1 as version 2 says it: the same."""
    return ReportFiled(
        filed_on=event.filed_on,
        position=event.position,
        root=event.root,
        cells=[reports.Cell(cell=one.cell, count=one.count) for one in event.cells],
    )


def published_v2(event: ReportPublishedV1) -> ReportPublished:
    """A publication of version 1 as version 2 says it: without a text."""
    return ReportPublished(published_on=event.published_on, channel=event.channel, number=event.number, text=UNSET)


def corrected_v2(event: ReportCorrectedV1) -> ReportCorrected:
    """A correction of version 1 as version 2 says it: the same."""
    return ReportCorrected(
        corrected_on=event.corrected_on,
        number=event.number,
        position=event.position,
        root=event.root,
        changes=[reports.ChangedCell(cell=one.cell, old=one.old, new=one.new) for one in event.changes],
        reason=event.reason,
    )
