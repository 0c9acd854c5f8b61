"""Months of agencies (按月通报): closings, what sections were told, and what each section's month is, as of every position.

Rules
- A month has a row when it is closed, and every step of it one; rows never change, so that a position alone says which of
  them were known.
- The figures of a section are counted at a position: what it published in the month, each item once; what of that was
  late; what reviewers sent back in the month. So those of a closed month can be counted again for ever.
- A draft is no more here than its agency and section, which what is sent back is counted by; it is found by a hash of its
  id, so that no id of what is not public stands in any table.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, assert_never, cast, get_args

from archive.domain.errors import Corrupt
from archive.domain.items import ItemDrafted
from archive.domain.months import (
    MonthClosed,
    MonthEvent,
    MonthlyDisputeDismissed,
    MonthlyFigureCorrected,
    MonthlyFigureDisputed,
    MonthlyNotificationIssued,
)
from archive.domain.reviews import ReviewReturned
from archive.projections.measures import ITEM
from archive.projections.periods import known_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "months"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE months_months (
    month      TEXT PRIMARY KEY,        -- its stream
    position   INTEGER NOT NULL,        -- the entry that closed it
    agency     TEXT NOT NULL,
    year       INTEGER NOT NULL,
    number     INTEGER NOT NULL,        -- 1 … 12
    closed_on  TEXT NOT NULL,
    counted_at INTEGER NOT NULL         -- the position that its figures are of
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE months_steps (
    month      TEXT NOT NULL,
    position   INTEGER NOT NULL,
    step       TEXT NOT NULL,           -- notified, disputed, dismissed, corrected
    section    TEXT NOT NULL,
    day        TEXT NOT NULL,
    figure     TEXT,                    -- published, late, returned: the one that is meant
    published  INTEGER,                 -- as told
    late       INTEGER,
    returned   INTEGER,
    old        INTEGER,                 -- as corrected
    new        INTEGER,
    reason     TEXT,
    PRIMARY KEY (month, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE months_drafts (
    item       TEXT PRIMARY KEY,        -- a hash of its id
    agency     TEXT NOT NULL,
    section    TEXT
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE months_returned (
    agency     TEXT NOT NULL,
    month      TEXT NOT NULL,           -- YYYY-MM of the day on which a review was sent back
    position   INTEGER NOT NULL,
    section    TEXT,
    PRIMARY KEY (agency, month, position)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final = ("CREATE INDEX months_months_agency ON months_months (agency, year, number)",)
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Applied = MonthEvent | ItemDrafted | ReviewReturned
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))
StepName = Literal["notified", "disputed", "dismissed", "corrected"]


class Step(NamedTuple):
    """One step of a closed month, as `months_steps` has it."""

    position: int
    step: StepName
    section: str
    day: str
    figure: str | None = None
    published: int | None = None
    late: int | None = None
    returned: int | None = None
    old: int | None = None
    new: int | None = None
    reason: str | None = None


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], _disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    drafts: list[tuple[str, str, str | None]] = []
    months: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    returned: list[Entry] = []
    for entry in entries:
        event = cast("_Applied", entry.event)
        match event:
            case ItemDrafted():
                section = event.section if isinstance(event.section, str) else None
                drafts.append((_hashed(entry.stream), event.agency, section))
            case ReviewReturned():
                returned.append(entry)
            case MonthClosed():
                day = event.closed_on.isoformat()
                months.append(
                    (entry.stream, entry.position, event.agency, event.year, event.month, day, event.position)
                )
            case _:
                steps.append((entry.stream, *_step(entry.position, event)))
    db.executemany("INSERT INTO months_drafts VALUES (?, ?, ?) ON CONFLICT DO NOTHING", drafts)
    db.executemany("INSERT INTO months_months VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", months)
    db.executemany(f"INSERT INTO months_steps VALUES ({', '.join('?' * (1 + len(Step._fields)))})", steps)
    for entry in returned:
        _returned(db, entry)


def _returned(db: Connection, entry: Entry) -> None:
    event = cast("ReviewReturned", entry.event)
    draft = db.execute("SELECT agency, section FROM months_drafts WHERE item = ?", (_hashed(entry.stream),)).fetchone()
    if draft is None:
        raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
    agency, section = draft
    month = event.returned_on.isoformat()[:7]
    db.execute("INSERT INTO months_returned VALUES (?, ?, ?, ?)", (agency, month, entry.position, section))


def _hashed(item: str) -> str:
    return sha256(b"archive/months/v1\n" + item.encode("ascii")).hexdigest()[:32]


def _step(
    position: int,
    event: MonthlyNotificationIssued | MonthlyFigureDisputed | MonthlyDisputeDismissed | MonthlyFigureCorrected,
) -> Step:
    match event:
        case MonthlyNotificationIssued():
            day = event.issued_on.isoformat()
            return Step(position, "notified", event.section, day, None, event.published, event.late, event.returned)
        case MonthlyFigureDisputed():
            return Step(position, "disputed", event.section, event.disputed_on.isoformat(), event.figure)
        case MonthlyDisputeDismissed():
            day = event.dismissed_on.isoformat()
            return Step(position, "dismissed", event.section, day, event.figure, reason=event.reason)
        case MonthlyFigureCorrected():
            day = event.corrected_on.isoformat()
            return Step(
                position,
                "corrected",
                event.section,
                day,
                event.figure,
                old=event.old,
                new=event.new,
                reason=event.reason,
            )
        case _:
            assert_never(event)


# --- reads ------------------------------------------------------------------------------------------------------------
class Closing(NamedTuple):
    """A month that is closed: its stream, the entry that closed it, the day, and the position of its figures."""

    month: str
    position: int
    closed_on: str
    counted_at: int


class SectionFigures(NamedTuple):
    """What a section published in a month, what of it was late, and what was sent back; `section` is empty without one."""

    section: str
    published: int
    late: int
    returned: int


def closing(db: Connection, *, as_of: int, agency: str, year: int, number: int) -> Closing | None:
    """How an agency's month was closed; None where it was not."""
    row = db.execute(
        """SELECT month, position, closed_on, counted_at FROM months_months
        WHERE agency = ? AND year = ? AND number = ? AND position <= ?""",
        (agency, year, number, as_of),
    ).fetchone()
    return None if row is None else Closing(*row)


def steps(db: Connection, *, as_of: int, month: str) -> list[Step]:
    """What happened about a closed month, in order."""
    rows = db.execute("SELECT * FROM months_steps WHERE month = ? AND position <= ? ORDER BY position", (month, as_of))
    return [Step(*row) for _, *row in rows]


def figures(db: Connection, *, as_of: int, agency: str, year: int, number: int) -> list[SectionFigures]:
    """The month of every section that has anything to tell of it, by its code."""
    values: dict[str, object] = {
        "as_of": as_of,
        "agency": agency,
        "year": year,
        "number": f"{number:02}",
        "month": f"{year:04}-{number:02}",
        "item": ITEM,
    }
    published = db.execute(
        f"""SELECT ifnull(f.section, ''), sum(f.amount), count(l.item) FROM tallies_facts f
        LEFT JOIN lateness_items l ON l.item = f.position AND l.late AND {known_at("l")}
        WHERE f.agency = :agency AND f.fact = :item AND f.year = :year AND f.month = :number
        AND f.position <= :as_of AND (f.known_to IS NULL OR f.known_to > :as_of) GROUP BY 1""",
        values,
    )
    found = {section: SectionFigures(section, items, late, 0) for section, items, late in published}
    returned = db.execute(
        """SELECT ifnull(section, ''), count(*) FROM months_returned
        WHERE agency = :agency AND month = :month AND position <= :as_of GROUP BY 1""",
        values,
    )
    for section, count in returned:
        found[section] = found.get(section, SectionFigures(section, 0, 0, 0))._replace(returned=count)
    return [found[section] for section in sorted(found)]
