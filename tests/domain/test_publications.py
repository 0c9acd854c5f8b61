"""What becomes of an item once it is public: each step, and what is refused."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.items import Item
from archive.domain.publications import (
    DelayExplained,
    IndexNumberAssigned,
    IndexNumberEnded,
    ItemDelivered,
    ItemLinked,
    ItemUnlinked,
    PublicationFoundAltered,
    PublicationFoundUnreachable,
    PublicationMended,
    PublicationUrlChanged,
)
from domain import test_items
from domain.scenario import NEW_LINK, NEW_TEXT, Given, given, stand, text_seal
from stories import item_id

ITEM: Final = item_id()
OTHER: Final = item_id(2)
SEAL: Final = text_seal(9)
PUBLIC: Final[tuple[Event, ...]] = test_items.PUBLISHED
DAY: Final = "2018-08-02"


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the item, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:clerk", "item": ITEM}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def other() -> Item:
    found = stand("item", PUBLIC)
    assert isinstance(found, Item)
    return found


def past(*more: Event) -> Given:
    return given(*PUBLIC, *more, agency=test_items.REVIEWING, today="2018-12-10", streams={OTHER: other()})


UNREACHABLE: Final = PublicationFoundUnreachable(channel="website", found_on=day(DAY))
LINKED: Final = ItemLinked(kind="replaces", target=OTHER)
ASSIGNED: Final = IndexNumberAssigned(alias=1, assigned_on=day(DAY), text=SEAL)
ENDED: Final = IndexNumberEnded(alias=1, ended_on=day("2018-09-03"))

ACCEPTED: list[tuple[Given, AnyCommand, Event]] = [
    (
        past(),
        wish("explain-delay", reason="review", explained_on=DAY),
        DelayExplained(reason="review", explained_on=day(DAY)),
    ),
    (past(), wish("report-unreachable", channel="website", found_on=DAY), UNREACHABLE),
    (
        past(),
        wish("report-altered", channel="website", found_on=DAY),
        PublicationFoundAltered(channel="website", found_on=day(DAY)),
    ),
    (
        past(UNREACHABLE),
        wish("mend-publication", channel="website", mended_on=DAY),
        PublicationMended(channel="website", mended_on=day(DAY)),
    ),
    (
        past(),
        wish("change-url", channel="website", changed_on=DAY, link={"url": "https://website.example/new"}),
        PublicationUrlChanged(channel="website", changed_on=day(DAY), link=NEW_LINK),
    ),
    (past(), wish("link-item", kind="replaces", target=OTHER), LINKED),
    (past(LINKED), wish("link-item", kind="repeals", target=OTHER), ItemLinked(kind="repeals", target=OTHER)),
    (past(LINKED), wish("unlink-item", kind="replaces", target=OTHER), ItemUnlinked(kind="replaces", target=OTHER)),
    (
        past(),
        wish("assign-index-number", alias=1, assigned_on=DAY, text={"index_number": "421202-2018-9"}),
        replace(ASSIGNED, text=NEW_TEXT),
    ),
    (past(ASSIGNED), wish("end-index-number", alias=1, ended_on="2018-09-03"), ENDED),
    (
        past(),
        wish("deliver-item", holder="public-library", delivered_on=DAY),
        ItemDelivered(holder="public-library", delivered_on=day(DAY)),
    ),
]


@pytest.mark.parametrize("history, command, made", ACCEPTED, ids=lambda value: getattr(value, "TYPE", ""))
def test_each_step_is_entered(history: Given, command: AnyCommand, made: Event) -> None:
    history.when(command).then(made)


SHOWN_SINCE: Final = test_items.PUBLISHED_ON_WEBSITE.published_on
REFUSED: list[tuple[Given, AnyCommand, str, dict[str, object]]] = [
    (past(UNREACHABLE), wish("report-altered", channel="website", found_on=DAY), "ITM-023", {"channel": "website"}),
    (past(), wish("mend-publication", channel="website", mended_on=DAY), "ITM-024", {"channel": "website"}),
    (past(), wish("link-item", kind="replaces", target=ITEM), "ITM-025", {}),
    (past(), wish("link-item", kind="replaces", target=item_id(3)), "ITM-026", {"target": item_id(3)}),
    (
        past(LINKED),
        wish("link-item", kind="replaces", target=OTHER),
        "ITM-027",
        {"kind": "replaces", "target": OTHER},
    ),
    (past(), wish("unlink-item", kind="replaces", target=OTHER), "ITM-028", {"kind": "replaces", "target": OTHER}),
    (
        past(ASSIGNED),
        wish("assign-index-number", alias=1, assigned_on=DAY, text={"index_number": "9"}),
        "ITM-029",
        {"alias": 1},
    ),
    (past(), wish("end-index-number", alias=1, ended_on=DAY), "ITM-030", {"alias": 1}),
    (past(ASSIGNED, ENDED), wish("end-index-number", alias=1, ended_on="2018-09-04"), "ITM-030", {"alias": 1}),
    (past(), wish("report-unreachable", channel="gazette", found_on=DAY), "ITM-031", {"channel": "gazette"}),
    (
        past(),
        wish("report-unreachable", channel="website", found_on="2018-01-02"),
        "DAT-002",
        {"field": "found_on", "on": day("2018-01-02"), "earliest": SHOWN_SINCE},
    ),
    (
        past(),
        wish("deliver-item", holder="state-archive", delivered_on="2019-01-01"),
        "DAT-001",
        {"field": "delivered_on", "on": day("2019-01-01"), "today": day("2018-12-10")},
    ),
    (
        past(ASSIGNED),
        wish("end-index-number", alias=1, ended_on="2018-08-01"),
        "DAT-002",
        {"field": "ended_on", "on": day("2018-08-01"), "earliest": day(DAY)},
    ),
    (
        past(test_items.WITHDRAWN),
        wish("report-unreachable", channel="website", found_on=DAY),
        "ITM-020",
        {"on": test_items.WITHDRAWN.withdrawn_on},
    ),
]


@pytest.mark.parametrize(
    "history, command, code, facts", REFUSED, ids=[f"{n}-{one[2]}" for n, one in enumerate(REFUSED)]
)
def test_what_does_not_follow_is_refused(
    history: Given, command: AnyCommand, code: str, facts: dict[str, object]
) -> None:
    history.when(command).then_refused(code, **facts)


def test_an_item_that_was_never_public_has_no_links() -> None:
    draft = given(test_items.DRAFTED, agency=test_items.REVIEWING, today="2018-12-10", streams={OTHER: other()})
    draft.when(wish("link-item", kind="replaces", target=OTHER)).then_refused("ITM-019")


def test_without_the_day_it_was_made_no_delay_is_explained() -> None:
    undated = replace(test_items.DRAFTED, made_on=msgspec.UNSET)
    history = given(undated, agency=test_items.REVIEWING, today="2018-12-10")
    history.when(wish("explain-delay", reason="review", explained_on=DAY)).then_refused("ITM-022")


def test_every_refusal_of_a_public_item_is_told_here() -> None:
    told = {code for _, _, code, _ in REFUSED} | {"ITM-022"}
    assert {f"ITM-{number:03}" for number in range(22, 32)} <= told
