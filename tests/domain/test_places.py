"""Reading places: opened, moved, closed; visits by the month; what is posted there; and what is refused."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.items import Item, ItemWithdrawn
from archive.domain.places import (
    MAX_NOTICES,
    NoticePosted,
    NoticeRemoved,
    PlaceClosed,
    PlaceMoved,
    PlaceOpened,
    VisitsTallied,
)
from domain import test_items
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, agency_id, item_id

PLACE: Final = f"place-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
DRAFT, SHOWN, GONE, OTHERS = item_id(1), item_id(2), item_id(3), item_id(4)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "place": PLACE}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


DRAFTED, *REST = test_items.PUBLISHED
ITEMS: Final[dict[str, object]] = {
    DRAFT: stand("item", [DRAFTED]),
    SHOWN: stand("item", test_items.PUBLISHED),
    GONE: stand("item", [*test_items.PUBLISHED, ItemWithdrawn(withdrawn_on=day("2018-08-01"), ground="superseded")]),
    OTHERS: stand("item", [replace(DRAFTED, agency=agency_id(2)), *REST]),
}
SHOWN_ITEM: Final = ITEMS[SHOWN]
assert isinstance(SHOWN_ITEM, Item)


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, streams=ITEMS)


def open_(**fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    known = {"agency": AGENCY, "place_type": "service-hall", "opened_on": "2018-01-10"}
    return wish("open-place", **(known | {"text": {"name": "某窗口", "address": "某路2号"}} | fields))


def tally(month: int, visits: int, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    return wish("tally-visits", year=2018, month=month, visits=visits, **fields)


def post(item: str, on: str = "2018-12-03") -> AnyCommand:
    return wish("post-notice", item=item, posted_on=on)


OPENED: Final = PlaceOpened(agency=AGENCY, place_type="service-hall", opened_on=day("2018-01-10"), text=NEW_TEXT)
MOVED: Final = PlaceMoved(moved_on=day("2018-03-01"), text=NEW_TEXT)
CLOSED: Final = PlaceClosed(closed_on=day("2018-10-01"))
TALLIED: Final = VisitsTallied(year=2018, month=3, visits=41)
POSTED: Final = NoticePosted(item=SHOWN, posted_on=day("2018-12-03"))

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a place is opened", past(), open_(), OPENED),
    ("moved", past(OPENED), wish("move-place", moved_on="2018-03-01", text={"name": "a", "address": "b"}), MOVED),
    ("closed", past(OPENED), wish("close-place", closed_on="2018-10-01"), CLOSED),
    ("the visits of a month", past(OPENED), tally(3, 41), TALLIED),
    (
        "even of the month in which it was opened",
        past(OPENED),
        tally(1, 5),
        VisitsTallied(year=2018, month=1, visits=5),
    ),
    ("and after the end", past(OPENED, CLOSED), tally(9, 5), VisitsTallied(year=2018, month=9, visits=5)),
    (
        "corrected, with the former number",
        past(OPENED, TALLIED),
        tally(3, 42, corrects=41),
        VisitsTallied(year=2018, month=3, visits=42, corrects=41),
    ),
    ("a published item is posted", past(OPENED), post(SHOWN), POSTED),
    (
        "and taken down",
        past(OPENED, POSTED),
        wish("remove-notice", item=SHOWN, removed_on="2018-12-04"),
        NoticeRemoved(item=SHOWN, removed_on=day("2018-12-04")),
    ),
]
REFUSED: Final = [
    refusal("a place is opened once", past(OPENED), open_(), "PLC-001", place=PLACE),
    refusal("nothing before it", past(), tally(3, 41), "PLC-002", place=PLACE),
    refusal("nothing after the end", past(OPENED, CLOSED), post(SHOWN), "PLC-003", on=day("2018-10-01")),
    refusal("posted once", past(OPENED, POSTED), post(SHOWN), "PLC-004", item=SHOWN, on=day("2018-12-03")),
    refusal(
        "taken down where it is posted",
        past(OPENED),
        wish("remove-notice", item=SHOWN, removed_on="2018-12-04"),
        "PLC-005",
        item=SHOWN,
    ),
    refusal(
        "closing takes notices down",
        past(OPENED, POSTED, PlaceClosed(closed_on=day("2018-12-05"))),
        wish("remove-notice", item=SHOWN, removed_on="2018-12-06"),
        "PLC-003",
        on=day("2018-12-05"),
    ),
    refusal("tallied once", past(OPENED, TALLIED), tally(3, 42), "PLC-006", year=2018, month=3, visits=41),
    refusal("corrected as it was", past(OPENED, TALLIED), tally(3, 42, corrects=40), "PLC-007", corrects=40, visits=41),
    refusal("corrected where it was", past(OPENED), tally(3, 42, corrects=40), "PLC-007", corrects=40, visits=0),
    refusal(
        "not before it was opened",
        past(replace(OPENED, opened_on=day("2018-05-02"))),
        tally(4, 1),
        "PLC-008",
        year=2018,
        month=4,
    ),
    refusal("not after it was closed", past(OPENED, CLOSED), tally(10, 1), "PLC-008", year=2018, month=10),
    refusal(
        "not before the month is over",
        past(OPENED),
        tally(12, 1),
        "DAT-001",
        field="month",
        on=day("2019-01-01"),
        today=day("2018-12-10"),
    ),
    refusal("an item that is there", past(OPENED), post(item_id(9)), "ITM-002", item=item_id(9)),
    refusal("of the same agency", past(OPENED), post(OTHERS), "PLC-009", item=OTHERS, agency=AGENCY),
    refusal("published", past(OPENED), post(DRAFT), "ITM-019"),
    refusal("and not withdrawn", past(OPENED), post(GONE), "ITM-020", on=day("2018-08-01")),
    refusal(
        "posted no earlier than published",
        past(OPENED),
        post(SHOWN, "2018-02-01"),
        "DAT-002",
        field="posted_on",
        on=day("2018-02-01"),
        earliest=SHOWN_ITEM.published_on,
    ),
    refusal(
        "no more than can be kept in mind",
        past(OPENED, *(NoticePosted(item=item_id(100 + n), posted_on=day("2018-12-03")) for n in range(MAX_NOTICES))),
        post(SHOWN),
        "PLC-010",
        limit=MAX_NOTICES,
    ),
    refusal("of an agency that is there", given(agency=None), open_(), "AGY-002", agency=AGENCY),
]


@pytest.mark.parametrize("case", FULFILLED, ids=[name for name, *_ in FULFILLED])
def test_step_makes_its_event(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


@pytest.mark.parametrize("row", REFUSED, ids=[row.claim for row in REFUSED])
def test_step_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
