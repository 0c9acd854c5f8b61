"""Policy interpretations: what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered, ChannelRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.interpretations import InterpretationPublished, InterpretationWithdrawn
from archive.domain.items import Item
from domain import test_items
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, agency_id, item_id

INTERPRETATION: Final = f"interpretation-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    ChannelRegistered(channel="site", kind="website", text=text_seal()),
)
TODAY: Final = "2018-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the interpretation, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "interpretation": INTERPRETATION}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


OTHERS: Final[dict[str, object]] = {item_id(): stand("item", test_items.PUBLISHED)}


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY, streams=OTHERS)


def publish(form: str = "figure", on: str = "2018-12-03", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    text = {"title": "一图读懂"}
    known = {"agency": AGENCY, "published_on": on, "form": form, "by_head": False, "item": item_id(), "text": text}
    return wish("publish-interpretation", **{name: v for name, v in (known | fields).items() if v is not None})


# --- what happened ------------------------------------------------------------------------------------------------------
PUBLISHED: Final = InterpretationPublished(
    agency=AGENCY, published_on=day("2018-12-03"), form="figure", by_head=False, item=item_id(), text=NEW_TEXT
)
WITHDRAWN: Final = InterpretationWithdrawn(withdrawn_on=day("2018-12-05"))
SHOWN: Final = stand("item", test_items.PUBLISHED)
assert isinstance(SHOWN, Item)
assert SHOWN.published_on is not None
ITEM_SHOWN_ON: Final = SHOWN.published_on
WITHDRAW: Final = wish("withdraw-interpretation", withdrawn_on="2018-12-05")


FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a figure explains an item", past(), publish(), PUBLISHED),
    ("on a channel of the agency", past(), publish(channel="site"), replace(PUBLISHED, channel="site")),
    (
        "a press conference may be about no item",
        past(),
        publish("press-conference", item=None, by_head=True),
        replace(PUBLISHED, form="press-conference", item=UNSET, by_head=True),
    ),
    ("it is taken off", past(PUBLISHED), WITHDRAW, WITHDRAWN),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "interpretation"}


REFUSED: list[Refusal] = [
    refusal("it is published once", past(PUBLISHED), publish(), "ITP-001", interpretation=INTERPRETATION),
    refusal("by an agency that is there", given(today=TODAY), publish(), "AGY-002", agency=AGENCY),
    refusal("what is taken off was there", past(), WITHDRAW, "ITP-002", interpretation=INTERPRETATION),
    refusal("an article names its item", past(), publish("article", item=None), "ITP-003", form="article"),
    refusal("which is there", past(), publish(item=item_id(9)), "ITM-002", item=item_id(9)),
    refusal(
        "which is the agency's own",
        past(),
        publish(agency=agency_id(2)),
        "ITP-004",
        item=item_id(),
        agency=agency_id(2),
    ),
    refusal(
        "which is public",
        given(agency=BUREAU, today=TODAY, streams={item_id(): stand("item", test_items.PUBLISHED[:1])}),
        publish(),
        "ITM-019",
    ),
    refusal("the channel is the agency's own", past(), publish(channel="radio"), "ITM-011", channel="radio"),
    refusal("it is taken off once", past(PUBLISHED, WITHDRAWN), WITHDRAW, "ITP-005", on=day("2018-12-05")),
    *(
        refusal(
            f"{field} has come", past(*history), command, "DAT-001", field=field, on=day("2018-12-11"), today=day(TODAY)
        )
        for history, command, field in [
            ((), publish(on="2018-12-11"), "published_on"),
            ((PUBLISHED,), wish("withdraw-interpretation", withdrawn_on="2018-12-11"), "withdrawn_on"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the step before",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=day("2017-01-02"),
            earliest=earliest,
        )
        for history, command, field, earliest in [
            ((), publish(on="2017-01-02"), "published_on", ITEM_SHOWN_ON),
            (
                (PUBLISHED,),
                wish("withdraw-interpretation", withdrawn_on="2017-01-02"),
                "withdrawn_on",
                PUBLISHED.published_on,
            ),
        ]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)
