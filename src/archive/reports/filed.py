"""A yearly report as it was filed, and as its figures are known now: which cells differ, and what made the difference.

Rules
- A cell has three numbers: the one that was filed, the one counted at the position the filing names, and the one known now.
  Between the first two lies a mistake of the filing, between the last two what was entered since.
- The entries that made the difference are those after that position by which the cell is counted or declared, and those
  that took back what was.
- When it was filed and published is compared with the day on which the law of the year wanted it.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from archive.domain.errors import Refused
from archive.domain.reports import ReportDrafted, evolve
from archive.law.deadlines import report_due
from archive.projections import tree
from archive.projections.agencies import agencies
from archive.projections.filings import filings
from archive.reports import build
from archive.reports.figures import entries_between
from archive.reports.form import Unit, form_of, forms, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.domain.codes import Event
    from archive.domain.reports import Report, ReportEvent
    from archive.projections.filings import Filing, Step
    from archive.projections.runner import Reading
    from archive.reports.form import FormName

# Nothing is counted at such a position, or nobody was registered: every figure of the filing is its own.
_NOTHING: Final = {"RPF-002", "RPF-003"}


class Version(Struct, frozen=True, forbid_unknown_fields=True):
    """A version that was filed: by which entry, counted at which position, and whether the root it names is the log's."""

    number: int
    entry: int
    on: str
    position: int
    root: str
    root_holds: bool
    reason: str | None
    cells: dict[str, int]


class Difference(Struct, frozen=True, forbid_unknown_fields=True):
    """A cell with another number now, or that was not filed as it was counted; null where there was no number."""

    key: str
    zh: str
    en: str
    unit: Unit
    filed: int | None
    counted: int | None
    known: int | None
    entries: list[int]


class Due(Struct, frozen=True, forbid_unknown_fields=True):
    """By when the report was due, counted in calendar days from the last day of its year; late by so many of them."""

    due_on: str
    started_on: str
    days: int
    law: str
    article: str
    filed_on: str
    filed_late_by: int
    published_on: str | None
    published_late_by: int | None


class Explanation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the report does not follow from that of the year before; its words stand behind the seal of the entry."""

    identity: str
    on: str
    reason: str
    entry: int


class Filed(Struct, frozen=True, forbid_unknown_fields=True):
    """A filed report as of a position: its versions, and the cells of the newest that are known otherwise now."""

    report: str
    agency: str
    form: str
    year: int
    position: int
    stage: str
    withdrawn_because: str | None
    due: Due
    versions: list[Version]
    explanations: list[Explanation]
    differences: list[Difference]


def as_filed(reading: Reading, *, year: int, as_of: int | None = None, agency: str | None = None) -> Filed:
    """The report that an agency filed on a year. `Refused` RPF-006, RPF-008 where there is none, RPF-009 where several are."""
    position = reading.head if as_of is None else as_of
    if position > reading.head:
        raise Refused("RPF-006", position=position, head=reading.head)
    wanted = None if agency is None else [agency]
    found = [one for one in filings(reading.db, as_of=position, agencies=wanted, years=[year]) if one.versions()]
    if not found:
        raise Refused("RPF-008", year=year)
    if len(found) > 1:
        raise Refused("RPF-009", year=year, count=len(found))
    return _filed(reading, found[0], position=position)


def _filed(reading: Reading, filing: Filing, *, position: int) -> Filed:
    versions = filing.versions()
    withdrawn = filing.steps[-1] if filing.steps[-1].step == "withdrawn" else None
    return Filed(
        report=filing.report,
        agency=filing.agency,
        form=filing.form,
        year=filing.year,
        position=position,
        stage=next(one.step for one in reversed(filing.steps) if one.step != "explained"),
        withdrawn_because=None if withdrawn is None else withdrawn.code,
        due=_due(filing),
        versions=[_version(reading, one) for one in versions],
        explanations=[
            Explanation(one.identity, one.day, one.code or "", one.position)
            for one in filing.steps
            if one.identity is not None
        ],
        differences=differences(reading, filing, position=position),
    )


def _version(reading: Reading, step: Step) -> Version:
    assert step.number is not None, "a version has its number"
    assert step.counted_at is not None, "and its position"
    assert step.root is not None, "and the root there"
    return Version(
        number=step.number,
        entry=step.position,
        on=step.day,
        position=step.counted_at,
        root=step.root,
        root_holds=tree.root(reading.db, step.counted_at).hex() == step.root,
        reason=step.code,
        cells=step.cells,
    )


def _due(filing: Filing) -> Due:
    found = report_due(filing.year)
    filed_on = filing.versions()[0].day
    published_on = next((one.day for one in filing.steps if one.step == "published"), None)
    return Due(
        due_on=found.due_on.isoformat(),
        started_on=found.started_on.isoformat(),
        days=found.days,
        law=found.law,
        article=found.article,
        filed_on=filed_on,
        filed_late_by=found.late_by(date.fromisoformat(filed_on)),
        published_on=published_on,
        published_late_by=None if published_on is None else found.late_by(date.fromisoformat(published_on)),
    )


def differences(reading: Reading, filing: Filing, *, position: int) -> list[Difference]:
    """The cells of the newest version that were not filed as counted, or that are known otherwise at the position."""
    newest = filing.versions()[-1]
    assert newest.counted_at is not None, "a version has its position"
    if filing.form not in forms():
        return []
    (agency,) = agencies(reading.db, as_of=position, ids=[filing.agency])
    form = form_of(filing.form, year=filing.year, region=agency.region)
    counted = _numbers(reading, filing, as_of=newest.counted_at)
    known = _numbers(reading, filing, as_of=position)
    found = []
    for place in places(form).values():
        numbers = newest.cells.get(place.key), counted.get(place.key), known.get(place.key)
        if len(set(numbers)) == 1:
            continue
        since = entries_between(
            reading,
            form,
            place,
            after=newest.counted_at,
            as_of=position,
            agencies=[filing.agency],
            year=filing.year,
        )
        zh, en = place.labels()
        found.append(Difference(place.key, zh, en, place.unit, *numbers, since))
    return found


def counted_for(
    reading: Reading, history: Sequence[Event], *, report: str, position: int, correcting: bool = False
) -> dict[str, int]:
    """The cells of a filing at a position; of a correction, those that are other numbers than the filed ones.

    `history`: the events of the report. `Refused` RPT-003 where it was not begun, RPF-007 where an identity is broken,
    RPF-010 where there is nothing to correct, RPF-012 where a cell is declared twice.
    """
    if not history:
        raise Refused("RPT-003", report=report)
    drafted = history[0]
    assert isinstance(drafted, ReportDrafted), "a report begins with its draft"
    made = build.report(
        reading, form=cast("FormName", drafted.form), year=drafted.year, as_of=position, agency=drafted.agency
    )
    if broken := made.broken():
        raise Refused("RPF-007", count=len(broken), checks=", ".join(dict.fromkeys(one.id for one in broken)))
    if twice := [cell.key for cell in made.cells() if cell.state == "declared-twice"]:
        raise Refused("RPF-012", count=len(twice), cells=", ".join(twice))
    numbers = made.numbers()
    state = reduce(evolve, cast("Sequence[ReportEvent]", history), cast("Report | None", None))
    if state is None or not correcting:
        return numbers
    changed = {key: value for key, value in numbers.items() if state.cells.get(key) != value}
    if not changed:
        raise Refused("RPF-010", position=position)
    return changed


def _numbers(reading: Reading, filing: Filing, *, as_of: int) -> dict[str, int]:
    """The cells that have a number at a position."""
    form = cast("FormName", filing.form)
    try:
        return build.report(reading, form=form, year=filing.year, as_of=as_of, agency=filing.agency).numbers()
    except Refused as refused:
        if refused.code in _NOTHING:
            return {}
        raise
