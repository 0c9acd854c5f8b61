"""Requests: the public register, never who asked or what was written.

A page is two statements, the requests and their steps; agencies are a third, calendars are read once for a region.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final, Self

import strawberry

from archive.api.agencies import Agency, agency_of
from archive.api.deadlines import Deadline
from archive.api.entries import EntryConnection, history_of
from archive.api.fields import field, value
from archive.api.items import DateRange
from archive.api.nodes import Node
from archive.api.pages import (
    AFTER,
    DEFAULT_SIZE,
    FIRST,
    Key,
    PageInfo,
    Window,
    given,
    list_digest,
    must_be_short,
    window,
)
from archive.api.reads import At
from archive.api.scalars import Date, Position
from archive.domain.errors import Refused
from archive.law.regimes import outcome_article
from archive.projections import requests
from archive.projections.requests import RequestRow, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

_REQUEST: Final = re.compile(r"request-[0-9a-f]{32}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@strawberry.enum(description="Where a request stands (申请状态).")
class RequestState(Enum):
    """States of requests."""

    RECEIVED = value("RECEIVED", description="It came in and is not registered yet (已收到).")
    AWAITING_CORRECTION = value("AWAITING_CORRECTION", description="The applicant is to correct it (待补正).")
    PAUSED = value("PAUSED", description="The clock stands still: somebody was asked, or a fee is to be paid (中止).")
    IN_PROGRESS = value("IN_PROGRESS", description="It is being handled (办理中).")
    REPLIED = value("REPLIED", description="The reply was decided (已答复).")
    CLOSED = value("CLOSED", description="Nothing more is to be done (已办结), with a reply or without.")


@strawberry.input(
    description=(
        "What to show (筛选条件): a request must satisfy every field that is given, and in a list one of its values. An "
        "empty list chooses nothing."
    )
)
class RequestFilter:
    """Which requests."""

    agencies: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Requests to these agencies (机关)."
    )
    states: list[RequestState] | None = strawberry.field(
        default=strawberry.UNSET, description="Requests in these states (申请状态)."
    )
    received_on: DateRange | None = strawberry.field(
        default=strawberry.UNSET, description="Requests received in this span of days (收到日期)."
    )
    late: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Requests whose reply was or is late (超期), or that were and are in time: see Deadline.lateBy.",
    )
    outcomes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Requests with one of these outcomes (答复结果)."
    )


@strawberry.type(description="One step of a request (办理步骤).")
class RequestStep:
    """One entry of a request."""

    type: str = strawberry.field(description="What happened (事件类型), such as reply-decided.")
    on: Date = strawberry.field(description="The day on which it happened (日期).")
    position: Position = strawberry.field(description="The entry that says so (位置).")


@strawberry.type(description="The public part of one request (依申请公开): never who asked or what was written.")
class Request(Node):
    """One request, read at a position."""

    at: strawberry.Private[At]
    row: strawberry.Private[RequestRow]
    shown: strawberry.Private[Shown]
    number: str = strawberry.field(description="The register's number (登记编号); empty until it is registered.")
    received_on: Date = strawberry.field(description="The day of receipt that counts (收到日期), by art. 31.")
    channel: str = strawberry.field(description="How it came in (提交方式): in-person, letter, fax or online.")
    applicant_kind: str = strawberry.field(description="What kind of applicant asked (申请人类型), by a code.")
    state: RequestState = strawberry.field(description="Where it stands (申请状态).")
    outcome: str | None = strawberry.field(
        description="The outcome that is counted (答复结果), by a code; null before the reply."
    )
    outcome_article: str | None = strawberry.field(
        description="The article of the Regulations that it rests on (答复依据条款); null where it rests on none."
    )
    replied_on: Date | None = strawberry.field(description="The day on which the reply was decided (答复日期).")
    delivered_on: Date | None = strawberry.field(description="The day on which the reply was delivered (送达日期).")

    @classmethod
    def of(cls, row: RequestRow, at: At, shown: Shown) -> Self:
        """The request in a row."""
        clock = row.clock
        return cls(
            id=strawberry.ID(row.id),
            at=at,
            row=row,
            shown=shown,
            number=row.number or "",
            received_on=Date(row.received_on),
            channel=row.channel,
            applicant_kind=row.applicant_kind,
            state=RequestState(row.status),
            outcome=row.outcome,
            outcome_article=None if row.outcome is None else outcome_article(clock.regime, row.outcome),
            replied_on=_date(row.replied_on),
            delivered_on=_date(row.delivered_on),
        )

    @field(description="The agency (行政机关) that was asked.")
    def agency(self) -> Agency:
        """The agency; one statement for all requests of an answer."""
        return agency_of(self.at, self.row.agency)

    @field(description="By when the reply must have left the agency (答复期限), worked out day by day.")
    def due(self) -> Deadline:
        """The deadline."""
        return _due(self.at, self.row)

    @field(description="Every step (办理步骤), in order.")
    def steps(self) -> list[RequestStep]:
        """Steps; one statement for all requests of an answer."""
        return [
            RequestStep(type=step.type, on=Date(step.on), position=Position(step.position))
            for step in self.shown.steps(self.row.position)
        ]

    @field(description="Everything that happened to it (历史记录), oldest first, up to the position that is read.")
    def history(
        self, first: Annotated[int | None, FIRST] = DEFAULT_SIZE, after: Annotated[str | None, AFTER] = strawberry.UNSET
    ) -> EntryConnection:
        """The entries of the request's stream."""
        return history_of(self.at, self.row.id, first=first, after=given(after))


class Shown:
    """The requests of one field of an answer, whose steps are read together."""

    def __init__(self, at: At, rows: Sequence[RequestRow]) -> None:
        self._at = at
        self._positions = [row.position for row in rows]
        self._steps: dict[int, list[Step]] | None = None

    def steps(self, request: int) -> list[Step]:
        """The steps of one of them."""
        if self._steps is None:
            self._steps = requests.steps(self._at.db, as_of=self._at.position, requests=self._positions)
            self._at.reads.spend(sum(map(len, self._steps.values())))
        return self._steps[request]


@strawberry.type(description="A request in a list (列表中的申请).")
class RequestEdge:
    """A request and its cursor."""

    cursor: str = strawberry.field(description="The place of the request in the list (游标).")
    node: Request = strawberry.field(description="The request (申请) itself.")


@strawberry.type(description="A page of requests (申请分页), received last first.")
class RequestConnection:
    """A page of requests."""

    page: strawberry.Private[Window]
    nodes: list[Request] = strawberry.field(description="The requests of this page (本页申请).")
    total_count: int = strawberry.field(description="How many requests the whole list has (总数).")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list (分页信息).")

    @field(description="The requests of this page with their cursors (本页申请及游标).")
    def edges(self) -> list[RequestEdge]:
        """Edges."""
        return [RequestEdge(cursor=self.page.cursor(_key(one.row)), node=one) for one in self.nodes]


def request_by_number(at: At, number: str, *, agency: str | None) -> Request | None:
    """The request with this number; where several agencies have one, `Refused` unless the agency is named."""
    where = requests.RequestFilter(numbers=[number], agencies=None if agency is None else [agency])
    rows = requests.requests(at.db, as_of=at.position, where=where)
    if len(rows) > 1:
        raise Refused("API-018", count=len(rows))
    return _requests_of(rows, at)[0] if rows else None


def request_by_id(at: At, request_id: str) -> Request | None:
    """The request with this id."""
    if not _REQUEST.fullmatch(request_id):
        return None
    rows = requests.requests(at.db, as_of=at.position, where=requests.RequestFilter(ids=[request_id]))
    return _requests_of(rows, at)[0] if rows else None


def requests_of(  # noqa: PLR0913 - the arguments of the field
    at: At,
    *,
    chosen: RequestFilter | None,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> RequestConnection:
    """A page of the requests that a filter chooses.

    All that it chooses are read: an agency has a handful a year, and whether one is late only its clock says.
    """
    chosen = chosen or RequestFilter()
    for name in ("agencies", "states", "outcomes"):
        must_be_short(given(getattr(chosen, name)), field=f"filter.{name}")
    received = given(chosen.received_on) or DateRange()
    agencies, states = given(chosen.agencies), given(chosen.states)
    where = requests.RequestFilter(
        agencies=None if agencies is None else [str(one) for one in agencies],
        statuses=None if states is None else [one.value for one in states],
        received_from=given(received.from_),
        received_to=given(received.to),
        outcomes=given(chosen.outcomes),
    )
    late = given(chosen.late)
    page = window(at, of=list_digest("requests", where, late), first=first, after=after, last=last, before=before)
    for argument, key in (("after", page.after), ("before", page.before)):
        if key is not None and not _is_key(key):
            raise Refused("API-001", field=argument)
    rows = requests.requests(page.at.db, as_of=page.at.position, where=where)
    if late is not None:
        page.at.expect_agencies(row.agency for row in rows)
        rows = [row for row in rows if (_due(page.at, row).late_by > 0) is late]
    total = len(rows)
    start = 0 if page.after is None else next((n for n, row in enumerate(rows) if _key(row) < page.after), total)
    end = total if page.before is None else next((n for n, row in enumerate(rows) if _key(row) <= page.before), total)
    shown = rows[start:end]
    if page.first is not None:
        shown = shown[: page.first]
        end = start + len(shown)
    else:
        shown = shown[max(0, len(shown) - page.size) :]
        start = end - len(shown)
    nodes = _requests_of(shown, page.at)
    return RequestConnection(
        page=page,
        nodes=nodes,
        total_count=total,
        page_info=PageInfo(
            has_next_page=end < total,
            has_previous_page=start > 0,
            start_cursor=page.cursor(_key(shown[0])) if shown else None,
            end_cursor=page.cursor(_key(shown[-1])) if shown else None,
        ),
    )


def _requests_of(rows: Sequence[RequestRow], at: At) -> list[Request]:
    at.reads.spend(len(rows))
    at.expect_agencies(row.agency for row in rows)
    shown = Shown(at, rows)
    return [Request.of(row, at, shown) for row in rows]


def _due(at: At, row: RequestRow) -> Deadline:
    clock = row.clock
    agency = at.agency(row.agency)
    assert agency is not None, "a request names an agency registered before it"
    stands_still = clock.state in {"paused", "void"}
    return Deadline.of(
        clock.deadline(at.calendar(agency.region)),
        done_on=clock.ended_on,
        today=None if stands_still else at.today,
    )


def _key(row: RequestRow) -> Key:
    return Key(row.received_on, row.id)


def _is_key(key: Key) -> bool:
    return bool(isinstance(key.sort, str) and _DAY.fullmatch(key.sort) and _REQUEST.fullmatch(key.id))


def _date(day: str | None) -> Date | None:
    return None if day is None else Date(day)
