"""Years of requests, as events on an archive whose projections lie in memory; no text is needed to count."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, get_args

from hypothesis import strategies as st
from msgspec import UNSET

from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import AgencyLevel, Event
from archive.domain.declarations import FigureDeclared
from archive.domain.request_handling import FeeLapsed, FeeNoticed
from archive.domain.request_intake import (
    ApplicantKind,
    CorrectionLapsed,
    CorrectionRequested,
    ReceiptChannel,
    RequestReceived,
    RequestWithdrawn,
)
from archive.domain.request_replies import ReplyDecided, ReplyDelivered
from archive.domain.seals import seal_text
from archive.log.entry import Entry
from archive.projections import agencies, declarations, filings, lateness, months, tallies
from archive.projections.runner import Reading
from stories import ORIGIN, agency_id

AGENCY: Final = agency_id()
KINDS: Final = [kind.replace("-", "_") for kind in get_args(ApplicantKind)]
SEAL: Final = seal_text(bytes(32))
_FOLDED: Final = (agencies, declarations, filings, lateness, months, tallies)

Told = tuple[str, Event]


class Asked(NamedTuple):
    """One request: by whom, how it came in, the year of its receipt, and its result with the year of that."""

    kind: str
    received: int
    result: str | None = None
    decided: int = 0
    channel: ReceiptChannel = "online"


def registered(agency: str = AGENCY, *, level: AgencyLevel = "county", region: str = "421202") -> Told:
    """An agency."""
    return agency, AgencyRegistered(level=level, region=region, text=SEAL)


def handled(asked: Iterable[Asked], *, agency: str = AGENCY, first: int = 1) -> list[Told]:
    """Every step of these requests, each received in March and answered in the same month of its year."""
    told: list[Told] = []
    for number, one in enumerate(asked, start=first):
        request = f"request-{number:032x}"
        told.append((request, _received(one, agency)))
        told += [(request, event) for event in _ended(one)]
    return told


def declares(cell: str, year: int, value: int, *, number: int = 1, agency: str = AGENCY, unit: str = "count") -> Told:
    """A declaration of a figure."""
    event = FigureDeclared(
        agency=agency,
        declared_on=date(2029, 1, 5),
        cell=cell,  # type: ignore[arg-type] # one of the cells
        year=year,
        value=value,
        unit=unit,  # type: ignore[arg-type] # the unit of the cell
        evidence="file-1",
    )
    return f"declaration-{number:032x}", event


def _received(one: Asked, agency: str) -> Event:
    kinds = {kind.replace("-", "_"): kind for kind in get_args(ApplicantKind)}
    return RequestReceived(
        agency=agency,
        received_on=date(one.received, 3, 4),
        receipt="handed-in",
        channel=one.channel,
        applicant_kind=kinds[one.kind],
        co_applicants=0,
        person=UNSET,
        text=UNSET,
    )


def _ended(one: Asked) -> list[Event]:
    on = date(one.decided, 3, 8) if one.result else date.max
    match one.result:
        case None:
            return []
        case "correction-lapsed":
            asked_on = date(one.received, 3, 5)
            return [
                CorrectionRequested(requested_on=asked_on, due_on=date(one.received, 3, 7), text=SEAL),
                CorrectionLapsed(lapsed_on=on),
            ]
        case "fee-lapsed":
            noticed_on = date(one.received, 3, 5)
            return [
                FeeNoticed(noticed_on=noticed_on, due_on=date(one.received, 3, 7), basis="per-page", amount_fen=100),
                FeeLapsed(lapsed_on=on),
            ]
        case "withdrawn":
            return [RequestWithdrawn(withdrawn_on=on)]
        case outcome:
            return [
                ReplyDecided(decided_on=on, outcomes=[outcome], text=UNSET),  # type: ignore[list-item] # as in a form
                ReplyDelivered(delivered_on=on, method="in-person"),
            ]


def folded(told: Iterable[Told], disclosures: Disclosures, *, batch: int = 1 << 20) -> Reading:
    """The projections of these events, up to the newest."""
    entries = [
        Entry(position, stream, position, "2030-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
        for position, (stream, event) in enumerate(told, start=1)
    ]
    db = sqlite3.connect(":memory:")
    for projection in _FOLDED:
        for statement in (*projection.TABLES, *projection.INDEXES):
            db.execute(statement)
        for first in range(0, len(entries), batch):
            some = [one for one in entries[first : first + batch] if one.event.TYPE in projection.TYPES]
            projection.apply(db, some, disclosures)
    return Reading(db, len(entries))


def no_texts(folder: Path) -> Disclosures:
    """Openings of an archive in which no text was ever entered."""
    return Disclosures.create(folder / "disclosures.sqlite")


# --- any table whose identities hold ------------------------------------------------------------------------------------
def request_tables(results: Mapping[str, str]) -> st.SearchStrategy[dict[str, Counter[str]]]:
    """By kind of applicant: rows of the request table; `results` are its rows of results. Every identity holds."""
    rows = st.dictionaries(st.sampled_from(sorted(results)), st.integers(1, 3), max_size=4)
    kind = st.tuples(rows, st.integers(0, 2), st.integers(0, 5)).map(_column)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(KINDS, kind))


def _column(drawn: tuple[dict[str, int], int, int]) -> Counter[str]:
    results, forward, carried = drawn
    total = sum(results.values())
    carried = min(carried, total + forward)
    return Counter(results) + Counter(
        {
            "results_total": total,
            "carried_forward_to_next_year": forward,
            "carried_over_from_last_year": carried,
            "received_this_year": total + forward - carried,
        }
    )


def requests_of(table: Mapping[str, Counter[str]], results: Mapping[str, str], year: int) -> list[Asked]:
    """Requests that fill the table: what is carried over came in the year before."""
    asked = []
    for kind, column in table.items():
        years = [year - 1] * column["carried_over_from_last_year"] + [year] * column["received_this_year"]
        ends: list[str | None] = [outcome for row, outcome in sorted(results.items()) for _ in range(column[row])]
        ends += [None] * column["carried_forward_to_next_year"]
        asked += [Asked(kind, received, end, year if end else 0) for received, end in zip(years, ends, strict=True)]
    return asked
