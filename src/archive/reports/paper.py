"""A report with where its figures come from: what every rendering is made of, and nothing else.

Rules
- The data digest is that of the report's JSON with sorted keys and no white space, so that anybody can take it again from
  what `archive report --format json` prints.
- Every moment in a rendering is that of the entry at the position: the same position gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.projections import tree
from archive.reports.charts import Chart, charts
from archive.reports.form import widest
from archive.reports.layout import grids
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from archive.domain.errors import Language
    from archive.projections.runner import Reading
    from archive.reports.build import Report

# What the empty archive has instead of a moment of its own.
_BEFORE_ALL: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the formats of an office have no zones
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Stamp(NamedTuple):
    """Where the figures come from: `recorded_at` is that of the entry at the position, `root` is that of the log's tree."""

    origin: str
    position: int
    recorded_at: str | None
    root: str
    sha256: str

    def lines(self, language: Language) -> list[tuple[str, str]]:
        """The stamp as names and what they say."""
        words = WORDS[language]
        told = [
            (words.origin, self.origin),
            (words.position, str(self.position)),
            (words.recorded_at, self.recorded_at or ""),
            (words.root, self.root),
            (words.sha256, self.sha256),
        ]
        return [(name, said) for name, said in told if said]

    @property
    def created(self) -> datetime:
        """The moment of the position as a file of an office has it: UTC, without a zone."""
        if self.recorded_at is None:
            return _BEFORE_ALL
        return datetime.fromisoformat(self.recorded_at).replace(tzinfo=None, microsecond=0)


class Paper(NamedTuple):
    """A report, its stamp and its charts."""

    report: Report
    stamp: Stamp
    charts: list[Chart]

    def of_whom(self, language: Language) -> str:
        """Whose report it is: the name of the agency, or of the first of several."""
        first = self.report.agencies[0]
        name = first.name or first.agency
        several = len(self.report.agencies)
        return name if several == 1 else WORDS[language].together % (name, several)

    def title(self, language: Language) -> str:
        """The title of the report."""
        form = self.report.zh if language == "zh" else self.report.en
        return WORDS[language].title % (self.of_whom(language), self.report.year, form)

    def notes(self, language: Language) -> list[str]:
        """What the words among the numbers mean, why a figure cannot be told, and who is missing."""
        words = WORDS[language]
        report = self.report
        states = {cell.state for cell in report.cells()}
        values = [place for grid in grids(report, language) for place in grid.places if place.kind == "value"]
        notes = [words.no_cell_note] if any(place.cell is None for place in values) else []
        notes += [note for state, note in words.notes.items() if state in states]
        reasons = widest(report.form).untold
        between = "、" if language == "zh" else ", "
        untold: dict[str, dict[str, None]] = {}
        for cell in report.cells():
            if cell.state == "untold":
                label, reason = (getattr(one, language) for one in (cell, reasons[cell.key]))
                untold.setdefault(reason, {})[label] = None
        notes += [words.untold % (between.join(labels), reason) for reason, labels in untold.items()]
        if report.missing:
            notes.append(words.missing_note % between.join(one.name or one.agency for one in report.missing))
        return notes

    def summary(self, language: Language) -> str:
        """How many identities hold."""
        states = [check.state for check in self.report.checks]
        counts = [states.count(state) for state in ("holds", "broken", "open")]
        return WORDS[language].checks_summary % (len(states), *counts)


def data_of(report: Report) -> bytes:
    """The JSON of a report whose digest is printed on it."""
    return _encode(report)


def paper(reading: Reading, report: Report, *, origin: str, recorded_at: str | None) -> Paper:
    """The paper of a report; `recorded_at`: the moment of the entry at its position."""
    stamp = Stamp(
        origin=origin,
        position=report.position,
        recorded_at=recorded_at,
        root=b64encode(tree.root(reading.db, report.position)).decode(),
        sha256=sha256(data_of(report)).hexdigest(),
    )
    return Paper(report, stamp, charts(reading, report))
