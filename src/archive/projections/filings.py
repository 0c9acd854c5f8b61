"""Yearly reports as they were filed: every version with its cells, as of every position.

Rules
- A report has a row, and every step of it has one; rows never change, so that a position alone says which were known.
- The first version holds every cell that had a number, a later one those that changed.
- No text is here: a row holds the seal of what was written, and who may read that asks the disclosures. An erased text
  has no seal here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, assert_never, cast, get_args

import msgspec

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.reports import (
    ReportCorrected,
    ReportDifferenceExplained,
    ReportDrafted,
    ReportEvent,
    ReportFiled,
    ReportPublished,
    ReportSigned,
    ReportWithdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "filings"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE filings_reports (
    report     TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,        -- the entry that began it
    agency     TEXT NOT NULL,
    year       INTEGER NOT NULL,
    form       TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE filings_steps (
    report     TEXT NOT NULL,
    position   INTEGER NOT NULL,
    step       TEXT NOT NULL,           -- drafted, signed, filed, published, withdrawn, corrected, explained
    day        TEXT NOT NULL,
    number     INTEGER,                 -- of the version that is filed, corrected or published
    counted_at INTEGER,                 -- the position that its figures are of
    root       TEXT,                    -- the tree root there
    code       TEXT,                    -- who signed, the channel, the reason
    identity   TEXT,                    -- what is explained
    cells      TEXT,                    -- JSON: by key, those filed or those that changed
    seal       TEXT,                    -- of what was written
    PRIMARY KEY (report, position)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final = ("CREATE INDEX filings_reports_year ON filings_reports (agency, year)",)
# A seal is drawn at random: where the same things happened, the numbers are the same, and the seals are not.
TEXT_COLUMNS: Final = {"filings_steps": frozenset({"seal"})}

_Applied = ReportEvent | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))
StepName = Literal["drafted", "signed", "filed", "published", "withdrawn", "corrected", "explained"]
_CELLS: Final = msgspec.json.Decoder(dict[str, int])
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Step(NamedTuple):
    """One step of a report, as `filings_steps` has it; `cells` is empty where the step names none."""

    position: int
    step: StepName
    day: str
    number: int | None = None
    counted_at: int | None = None
    root: str | None = None
    code: str | None = None
    identity: str | None = None
    cells: dict[str, int] = {}  # noqa: RUF012 - never changed
    seal: str | None = None


def apply(db: Connection, entries: Sequence[Entry], _disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    reports: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    erased: list[tuple[str, str]] = []
    for entry in entries:
        event = cast("_Applied", entry.event)
        if isinstance(event, Erased):
            erased += [(entry.stream, seal) for seal in event.seals]
            continue
        if isinstance(event, ReportDrafted):
            reports.append((entry.stream, entry.position, event.agency, event.year, event.form))
        step = _step(entry.position, event)
        cells = _encode(step.cells).decode() if step.cells else None
        steps.append((entry.stream, *step._replace(cells=cells)))  # type: ignore[arg-type] # as the table has it
    _must_be_new(db, entries)
    db.executemany("INSERT INTO filings_reports VALUES (?, ?, ?, ?, ?)", reports)
    db.executemany(f"INSERT INTO filings_steps VALUES ({', '.join('?' * (1 + len(Step._fields)))})", steps)
    # A seal that is erased stands in no later entry.
    db.executemany("UPDATE filings_steps SET seal = NULL WHERE report = ? AND seal = ?", erased)


def _must_be_new(db: Connection, entries: Sequence[Entry]) -> None:
    """PRJ-004: a report is begun once."""
    begun = [entry for entry in entries if isinstance(entry.event, ReportDrafted)]
    known: set[str] = {
        report
        for (report,) in db.execute(
            "SELECT report FROM filings_reports WHERE report IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode([entry.stream for entry in begun]).decode(),),
        )
    }
    for entry in begun:
        if entry.stream in known:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        known.add(entry.stream)


def _step(position: int, event: ReportEvent) -> Step:  # noqa: PLR0911 - one arm an event
    match event:
        case ReportDrafted():
            return Step(position, "drafted", event.drafted_on.isoformat())
        case ReportSigned():
            return Step(position, "signed", event.signed_on.isoformat(), code=event.signatory)
        case ReportFiled():
            cells = {one.cell: one.count for one in event.cells}
            day = event.filed_on.isoformat()
            return Step(position, "filed", day, 1, event.position, event.root, cells=cells)
        case ReportPublished():
            day = event.published_on.isoformat()
            seal = event.text if isinstance(event.text, str) else None
            return Step(position, "published", day, event.number, code=event.channel, seal=seal)
        case ReportWithdrawn():
            return Step(position, "withdrawn", event.withdrawn_on.isoformat(), code=event.reason)
        case ReportCorrected():
            cells = {one.cell: one.new for one in event.changes}
            day = event.corrected_on.isoformat()
            return Step(
                position, "corrected", day, event.number, event.position, event.root, code=event.reason, cells=cells
            )
        case ReportDifferenceExplained():
            day = event.explained_on.isoformat()
            return Step(position, "explained", day, code=event.reason, identity=event.identity, seal=event.text)
        case _:
            assert_never(event)


class Filing(NamedTuple):
    """A report and its steps, in order."""

    report: str
    agency: str
    year: int
    form: str
    steps: list[Step]

    def versions(self) -> list[Step]:
        """The steps that made a version, with all cells of it."""
        found: list[Step] = []
        cells: dict[str, int] = {}
        for step in self.steps:
            if step.step in {"filed", "corrected"}:
                cells = cells | step.cells
                found.append(step._replace(cells=cells))
        return found

    def cells(self) -> dict[str, int]:
        """The figures of the newest version; none before it is filed."""
        versions = self.versions()
        return versions[-1].cells if versions else {}

    def newest(self, step: StepName) -> Step | None:
        """The last step of a kind."""
        return next((one for one in reversed(self.steps) if one.step == step), None)

    def explained(self) -> set[str]:
        """The identities that are explained."""
        return {one.identity for one in self.steps if one.identity is not None}


def filings(
    db: Connection,
    *,
    as_of: int,
    agencies: Collection[str] | None = None,
    years: Collection[int] | None = None,
    report: str | None = None,
) -> list[Filing]:
    """The reports of these agencies on these years, or one by its id, by year and in the order they were begun."""
    conditions = ["r.position <= :as_of"]
    values: dict[str, object] = {"as_of": as_of}
    for name, wanted in (("agency", agencies), ("year", years)):
        if wanted is not None:
            conditions.append(f"r.{name} IN (SELECT value FROM json_each(:{name}))")
            values[name] = msgspec.json.encode(sorted(wanted)).decode()
    if report is not None:
        conditions.append("r.report = :report")
        values["report"] = report
    found = {
        id_: Filing(id_, agency, year, form, [])
        for id_, agency, year, form in db.execute(
            f"""SELECT r.report, r.agency, r.year, r.form FROM filings_reports r
            WHERE {" AND ".join(conditions)} ORDER BY r.year, r.position""",
            values,
        )
    }
    rows = db.execute(
        """SELECT * FROM filings_steps WHERE position <= :as_of AND report IN (SELECT value FROM json_each(:reports))
        ORDER BY position""",
        {"as_of": as_of, "reports": msgspec.json.encode(list(found)).decode()},
    )
    for id_, *step, raw, seal in rows:
        found[id_].steps.append(Step._make([*step, {} if raw is None else _CELLS.decode(raw), seal]))
    return list(found.values())
