"""A reading place (查阅场所): where the public can read, ask and collect, and what is posted there on paper (R2019 art. 25).

Rules
- A place is opened, may move, and is closed; what it is and where is public.
- Visits are tallied a month at a time, when the month is over, and may be corrected.
- A notice shows a published item of the same agency; it is removed once, after it was posted.
- That an item was delivered to an archive or a library is a step of the item: `item-delivered`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting
from archive.domain.codes import AgencyId, Command, Count, Event, ItemId, PlaceId, Seal, Sha256, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.items import Item
from archive.domain.months import MonthNumber, Year, last_day

# 档案馆, 公共图书馆, 政务服务场所, 查阅室, 资料索取点, 公告栏, 电子屏.
PlaceType = Literal["archives", "library", "service-hall", "reading-room", "collection-point", "notice-board", "screen"]
Line = Annotated[str, Meta(min_length=1, max_length=500)]
MAX_NOTICES = 10_000


# --- text -------------------------------------------------------------------------------------------------------------
class PlaceText(Text, frozen=True, kw_only=True):
    """What the place is called, where it is, when it is open, and what there is."""

    name: Line
    address: Line
    hours: Line | UnsetType = UNSET
    equipment: Line | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class PlaceOpened(Event, frozen=True, kw_only=True):
    """The public may come from this day on."""

    TYPE: ClassVar[str] = "place-opened"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    place_type: PlaceType
    opened_on: date
    text: Seal


class PlaceMoved(Event, frozen=True, kw_only=True):
    """It is somewhere else, or open at other hours, from this day on."""

    TYPE: ClassVar[str] = "place-moved"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    moved_on: date
    text: Seal


class PlaceClosed(Event, frozen=True, kw_only=True):
    """It is no more, from this day on, and nothing is posted there."""

    TYPE: ClassVar[str] = "place-closed"

    closed_on: date


class VisitsTallied(Event, frozen=True, kw_only=True):
    """So many came in a month; `corrects` is the number that was told before."""

    TYPE: ClassVar[str] = "visits-tallied"

    year: Year
    month: MonthNumber
    visits: Count
    corrects: Count | UnsetType = UNSET


class NoticePosted(Event, frozen=True, kw_only=True):
    """An item can be read there on paper or on a screen; `photo` shows it."""

    TYPE: ClassVar[str] = "notice-posted"

    item: ItemId
    posted_on: date
    photo: Sha256 | UnsetType = UNSET


class NoticeRemoved(Event, frozen=True, kw_only=True):
    """It was taken down."""

    TYPE: ClassVar[str] = "notice-removed"

    item: ItemId
    removed_on: date


PlaceEvent = PlaceOpened | PlaceMoved | PlaceClosed | VisitsTallied | NoticePosted | NoticeRemoved


# --- commands ---------------------------------------------------------------------------------------------------------
class OpenPlace(Command, tag="open-place", frozen=True, kw_only=True):
    """Enter a place where the public can read."""

    STREAM: ClassVar[str] = "place"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    place: PlaceId
    agency: AgencyId
    place_type: PlaceType
    opened_on: date
    text: PlaceText


class MovePlace(Command, tag="move-place", frozen=True, kw_only=True):
    """Enter its new address or hours."""

    STREAM: ClassVar[str] = "place"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    place: PlaceId
    moved_on: date
    text: PlaceText


class ClosePlace(Command, tag="close-place", frozen=True, kw_only=True):
    """Enter that it is no more."""

    STREAM: ClassVar[str] = "place"

    place: PlaceId
    closed_on: date


class TallyVisits(Command, tag="tally-visits", frozen=True, kw_only=True):
    """Enter how many came in a month; `corrects`: what was entered before, where it was wrong."""

    STREAM: ClassVar[str] = "place"

    place: PlaceId
    year: Year
    month: MonthNumber
    visits: Count
    corrects: Count | UnsetType = UNSET


class PostNotice(Command, tag="post-notice", frozen=True, kw_only=True):
    """Enter that an item is posted there."""

    STREAM: ClassVar[str] = "place"
    REFERS: ClassVar[tuple[str, ...]] = ("item",)

    place: PlaceId
    item: ItemId
    posted_on: date
    photo: Sha256 | UnsetType = UNSET


class RemoveNotice(Command, tag="remove-notice", frozen=True, kw_only=True):
    """Enter that it was taken down."""

    STREAM: ClassVar[str] = "place"

    place: PlaceId
    item: ItemId
    removed_on: date


PlaceCommand = OpenPlace | MovePlace | ClosePlace | TallyVisits | PostNotice | RemoveNotice


# --- state ------------------------------------------------------------------------------------------------------------
class Place(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a place: its days, the visits of each month (`2018-03`), and since when an item is posted."""

    agency: str
    opened_on: date
    moved_on: date
    closed_on: date | None
    visits: dict[str, int]
    notices: dict[str, date]


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(place: Place | None, command: PlaceCommand, facts: Facts) -> tuple[PlaceEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case OpenPlace():
            return (_opened(place, command, facts),)
        case _ if place is None:
            raise Refused("PLC-002", place=command.place)
        case TallyVisits():
            # Also after the end: what came in its last month is counted when that is over.
            return (_tallied(place, command, facts),)
        case _ if place.closed_on is not None:
            raise Refused("PLC-003", on=place.closed_on)
        case MovePlace(moved_on=on):
            must_follow(on, place.moved_on, facts, field="moved_on")
            return (PlaceMoved(moved_on=on, text=facts.seals["text"]),)
        case ClosePlace(closed_on=on):
            must_follow(on, max([place.moved_on, *place.notices.values()]), facts, field="closed_on")
            return (PlaceClosed(closed_on=on),)
        case PostNotice():
            return (_posted(place, command, facts),)
        case RemoveNotice(removed_on=on):
            posted_on = place.notices.get(command.item)
            if posted_on is None:
                raise Refused("PLC-005", item=command.item)
            must_follow(on, posted_on, facts, field="removed_on")
            return (NoticeRemoved(item=command.item, removed_on=on),)
        case _:
            assert_never(command)


def _opened(place: Place | None, command: OpenPlace, facts: Facts) -> PlaceOpened:
    if place is not None:
        raise Refused("PLC-001", place=command.place)
    acting(facts, command.agency, on=command.opened_on)
    must_have_come(command.opened_on, facts, field="opened_on")
    return PlaceOpened(
        agency=command.agency,
        place_type=command.place_type,
        opened_on=command.opened_on,
        text=facts.seals["text"],
    )


def _tallied(place: Place, command: TallyVisits, facts: Facts) -> VisitsTallied:
    first, last = date(command.year, command.month, 1), last_day(command.year, command.month)
    if last < place.opened_on or (place.closed_on is not None and place.closed_on <= first):
        raise Refused("PLC-008", year=command.year, month=command.month)
    must_have_come(last + timedelta(days=1), facts, field="month")
    known = place.visits.get(_month(command.year, command.month))
    if known is not None and command.corrects is UNSET:
        raise Refused("PLC-006", year=command.year, month=command.month, visits=known)
    if command.corrects is not UNSET and command.corrects != known:
        raise Refused("PLC-007", corrects=command.corrects, visits=known or 0)
    return VisitsTallied(year=command.year, month=command.month, visits=command.visits, corrects=command.corrects)


def _posted(place: Place, command: PostNotice, facts: Facts) -> NoticePosted:
    if command.item in place.notices:
        raise Refused("PLC-004", item=command.item, on=place.notices[command.item])
    if len(place.notices) >= MAX_NOTICES:
        raise Refused("PLC-010", limit=MAX_NOTICES)
    item = facts.state_of(command.item, Item)
    if item is None:
        raise Refused("ITM-002", item=command.item)
    if item.agency != place.agency:
        raise Refused("PLC-009", item=command.item, agency=place.agency)
    if item.published_on is None:
        raise Refused("ITM-019")
    if item.withdrawn_on is not None:
        raise Refused("ITM-020", on=item.withdrawn_on)
    must_follow(command.posted_on, max(place.opened_on, item.published_on), facts, field="posted_on")
    return NoticePosted(item=command.item, posted_on=command.posted_on, photo=command.photo)


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(place: Place | None, event: PlaceEvent) -> Place:
    """The place after the event."""
    match event:
        case PlaceOpened(opened_on=on):
            return Place(agency=event.agency, opened_on=on, moved_on=on, closed_on=None, visits={}, notices={})
        case _ if place is None:
            raise AssertionError("the first event of a place is its opening")
        case PlaceMoved(moved_on=on):
            return replace(place, moved_on=on)
        case PlaceClosed(closed_on=on):
            return replace(place, closed_on=on, notices={})
        case VisitsTallied():
            return replace(place, visits={**place.visits, _month(event.year, event.month): event.visits})
        case NoticePosted(posted_on=on):
            return replace(place, notices={**place.notices, event.item: on})
        case NoticeRemoved():
            return replace(place, notices={item: on for item, on in place.notices.items() if item != event.item})
        case _:
            assert_never(event)


def _month(year: int, month: int) -> str:
    return f"{year:04}-{month:02}"
