"""The register of requests (依申请公开登记): where each one stands, its clock and its steps, as of every position.

Rules
- Nothing about persons is here: no event of a request says who asked or what was written, and no text is read.
- What never changes about a request stands once in `requests_requests`; what changes has periods in `requests_states`.
- The state is the one that the rules fold (domain/requests.py), so that the register and a decision never differ. Its
  clock is kept, and the due date is reckoned from it when it is asked for, with the calendars known at the position.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast, get_args

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from archive.domain import requests as rules
from archive.domain.errors import Corrupt
from archive.domain.request_intake import RequestReceived, RequestRegistered
from archive.domain.request_replies import ReplyDecided, ReplyDelivered, ReplyDispatched
from archive.domain.requests import Request, RequestEvent
from archive.projections.periods import Periods, known_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.law.clock import RequestClock
    from archive.log.entry import Entry

NAME: Final = "requests"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE requests_requests (
    position       INTEGER PRIMARY KEY,   -- the entry that received it
    request        TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    applicant_kind TEXT NOT NULL
) STRICT""",
    """CREATE TABLE requests_states (
    request        INTEGER NOT NULL,      -- its position in requests_requests
    known_from     INTEGER NOT NULL,
    known_to       INTEGER,
    received_on    TEXT NOT NULL,         -- the day that counts (art. 31): it may change until the receipt is confirmed
    number         TEXT,
    status         TEXT NOT NULL,         -- RECEIVED, AWAITING_CORRECTION, PAUSED, IN_PROGRESS, REPLIED, CLOSED
    outcome        TEXT,                  -- the one that is counted
    outcomes       TEXT NOT NULL,         -- JSON: all of them
    replied_on     TEXT,                  -- decided
    dispatched_on  TEXT,
    delivered_on   TEXT,
    state          TEXT NOT NULL,         -- JSON: what the rules know of it
    PRIMARY KEY (request, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE requests_steps (
    position       INTEGER PRIMARY KEY,
    request        INTEGER NOT NULL,      -- its position in requests_requests
    type           TEXT NOT NULL,
    day            TEXT NOT NULL          -- the day that the step says of itself
) STRICT""",
)
INDEXES: Final = (
    "CREATE INDEX requests_states_number ON requests_states (number) WHERE number IS NOT NULL",
    "CREATE INDEX requests_steps_request ON requests_steps (request, position)",
)
# Nothing here is text.
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

TYPES: Final = frozenset(event.TYPE for part in get_args(RequestEvent) for event in get_args(part) or (part,))

Status = Literal["RECEIVED", "AWAITING_CORRECTION", "PAUSED", "IN_PROGRESS", "REPLIED", "CLOSED"]
_STATE: Final = Decoder(Request)
_OUTCOMES: Final = Decoder(list[str])
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


# --- the fold ---------------------------------------------------------------------------------------------------------
class _Held(NamedTuple):
    """What `requests_states` says of a request."""

    received_on: str
    number: str | None
    status: Status
    outcome: str | None
    outcomes: str
    replied_on: str | None
    dispatched_on: str | None
    delivered_on: str | None
    state: str


def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:  # noqa: ARG001 - the shape of every projection's fold; no text is read
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    streams = sorted({entry.stream for entry in entries})
    known: dict[str, int] = dict(
        db.execute(
            "SELECT request, position FROM requests_requests WHERE request IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(streams).decode(),),
        )
    )
    periods = Periods("requests_states", key=("request",), held=_Held)
    periods.load(db, known.values())
    begun, steps = [], []
    for entry in entries:
        event = cast("RequestEvent", entry.event)
        if (entry.stream in known) is isinstance(event, RequestReceived):
            raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
        before = None
        if isinstance(event, RequestReceived):
            known[entry.stream] = entry.position
            begun.append((entry.position, entry.stream, event.agency, event.channel, event.applicant_kind))
        else:
            before = periods.get(known[entry.stream])
            assert before is not None, "a request that is in the register has a state"
        request = known[entry.stream]
        periods.change(entry.position, request, to=_after(before, event))
        steps.append((entry.position, request, event.TYPE, _day_of(event).isoformat()))
    db.executemany("INSERT INTO requests_requests VALUES (?, ?, ?, ?, ?)", begun)
    db.executemany("INSERT INTO requests_steps VALUES (?, ?, ?, ?)", steps)
    periods.write(db)


def _after(before: _Held | None, event: RequestEvent) -> _Held:
    state = rules.evolve(None if before is None else _STATE.decode(before.state), event)
    held = before or _Held("", None, "RECEIVED", None, "[]", None, None, None, "")
    match event:
        case RequestRegistered():
            held = held._replace(number=event.number)
        case ReplyDecided():
            # Counted once: a severed reply is partly granted and nothing else.
            counted = "severed" if "severed" in event.outcomes else event.outcomes[0]
            outcomes = msgspec.json.encode(event.outcomes).decode()
            held = held._replace(outcome=counted, outcomes=outcomes, replied_on=event.decided_on.isoformat())
        case ReplyDispatched():
            held = held._replace(dispatched_on=event.dispatched_on.isoformat())
        case ReplyDelivered():
            held = held._replace(delivered_on=event.delivered_on.isoformat())
        case _:
            pass
    return held._replace(
        received_on=state.clock.received_on.isoformat(), status=_status(state), state=_encode(state).decode()
    )


def _status(request: Request) -> Status:
    match request.stage:
        case "closed" | "ended":
            return "CLOSED"
        case "decided" | "dispatched" | "delivered":
            return "REPLIED"
        case _ if request.clock.correction == "demanded":
            return "AWAITING_CORRECTION"
        case _ if request.clock.open_pauses:
            return "PAUSED"
        case "received":
            return "RECEIVED"
        case _:
            return "IN_PROGRESS"


def _day_of(event: RequestEvent) -> date:
    """The day of a step: its field that ends in `_on`; an extension counts from the day it was told."""
    days = {name: getattr(event, name) for name in event.__struct_fields__ if name.endswith("_on")}
    if len(days) == 1:
        (day,) = days.values()
    else:
        day = days.get("noticed_on") or days["requested_on"]
    assert isinstance(day, date), "a step says its day"
    return day


# --- reads ------------------------------------------------------------------------------------------------------------
class Step(Struct, frozen=True):
    """One entry of a request."""

    type: str
    on: str
    position: int


class RequestRow(Struct, frozen=True):
    """A request as of a position."""

    id: str
    agency: str
    channel: str
    applicant_kind: str
    position: int
    received_on: str
    number: str | None
    status: Status
    outcome: str | None
    outcomes: list[str]
    replied_on: str | None
    dispatched_on: str | None
    delivered_on: str | None
    state: str

    @property
    def clock(self) -> RequestClock:
        """Its clock."""
        return _STATE.decode(self.state).clock


class RequestFilter(Struct, frozen=True):
    """Which requests: all conditions hold at once. None: not asked; an empty list: nothing matches."""

    agencies: list[str] | None = None
    statuses: list[str] | None = None
    received_from: str | None = None
    received_to: str | None = None
    outcomes: list[str] | None = None
    numbers: list[str] | None = None
    ids: list[str] | None = None


def requests(db: Connection, *, as_of: int, where: RequestFilter) -> list[RequestRow]:
    """The requests that a filter chooses, received last first; those of one day by id."""
    conditions, values = _choice(where)
    rows = db.execute(
        f"""SELECT r.request, r.agency, r.channel, r.applicant_kind, r.position, s.received_on, s.number, s.status,
            s.outcome, s.outcomes, s.replied_on, s.dispatched_on, s.delivered_on, s.state
        FROM requests_requests r CROSS JOIN requests_states s ON s.request = r.position AND {known_at("s")}
        WHERE {" AND ".join(["r.position <= :as_of", *conditions])} ORDER BY s.received_on DESC, r.request DESC""",
        values | {"as_of": as_of},
    )
    return [_row(row) for row in rows]


def steps(db: Connection, *, as_of: int, requests: Sequence[int]) -> dict[int, list[Step]]:
    """The steps of requests (by their positions), in order."""
    found: dict[int, list[Step]] = {position: [] for position in requests}
    for request, kind, day, position in db.execute(
        """SELECT request, type, day, position FROM requests_steps
        WHERE request IN (SELECT value FROM json_each(?)) AND position <= ? ORDER BY position""",
        (msgspec.json.encode(list(requests)).decode(), as_of),
    ):
        found[request].append(Step(kind, day, position))
    return found


def _row(row: tuple[Any, ...]) -> RequestRow:  # Any: the columns of `requests`
    fields = dict(zip(RequestRow.__struct_fields__, row, strict=True))
    return RequestRow(**fields | {"outcomes": _OUTCOMES.decode(fields["outcomes"])})


def _choice(where: RequestFilter) -> tuple[list[str], dict[str, object]]:
    conditions: list[str] = []
    values: dict[str, object] = {}
    for name, column in (
        ("agencies", "r.agency"),
        ("statuses", "s.status"),
        ("numbers", "s.number"),
        ("ids", "r.request"),
    ):
        asked = getattr(where, name)
        if asked is not None:
            values[name] = msgspec.json.encode(asked).decode()
            conditions.append(f"{column} IN (SELECT value FROM json_each(:{name}))")
    if where.outcomes is not None:
        values["outcomes"] = msgspec.json.encode(where.outcomes).decode()
        conditions.append(
            "EXISTS (SELECT 1 FROM json_each(s.outcomes) o WHERE o.value IN (SELECT value FROM json_each(:outcomes)))"
        )
    for name, sign in (("received_from", ">="), ("received_to", "<=")):
        asked = getattr(where, name)
        if asked is not None:
            values[name] = asked
            conditions.append(f"s.received_on {sign} :{name}")
    return conditions, values
