"""Agencies over time: other names, mergers, splits, ends; sections closed and channels retired."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from archive.domain.agencies import (
    Agency,
    AgencyClosed,
    AgencyFounded,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    AgencySplit,
    CategorySchemeAdopted,
    ChannelRegistered,
    ChannelRetired,
    SectionClosed,
    SectionOpened,
    SectionRenamed,
)
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.guides import guide_id
from domain import test_items
from domain.scenario import NEW_TEXT, Given, given, stand, text_seal
from stories import AGENCY, agency_id, item_id, request_id

TODAY: Final = "2018-12-10"
SECOND: Final = agency_id(2)
THIRD: Final = agency_id(3)
ON: Final = "2018-06-01"


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the agency, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "agency": AGENCY}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


REGISTERED: Final = AgencyRegistered(level="county", region="421202", text=text_seal(1))
BUREAU: Final[tuple[Event, ...]] = (
    REGISTERED,
    SectionOpened(section="office", opened_on=day("2018-01-02"), text=text_seal(2)),
    ChannelRegistered(channel="site", kind="website", text=text_seal(3)),
)
RENAMED: Final = SectionRenamed(section="office", renamed_on=day(ON), text=text_seal(5))
ADOPTED: Final = CategorySchemeAdopted(
    scheme="kind", primary=True, categories=["plan"], adopted_on=day(ON), text=text_seal(6)
)
CLOSED: Final = SectionClosed(section="office", closed_on=day(ON))
RETIRED: Final = ChannelRetired(channel="site", retired_on=day(ON))
MERGED: Final = AgencyMerged(into=SECOND, effective_on=day(ON))
ENDED: Final = AgencyClosed(effective_on=day(ON))


def agency(*history: Event) -> Agency:
    found = stand("agency", history)
    assert isinstance(found, Agency)
    return found


def past(*more: Event) -> Given:
    return given(*BUREAU, *more, today=TODAY, streams={SECOND: agency(REGISTERED), THIRD: agency(REGISTERED)})


ACCEPTED: list[tuple[Given, AnyCommand, Event]] = [
    (
        past(),
        wish("rename-agency", effective_on=ON, text={"name": "某市发展改革委"}),
        AgencyRenamed(effective_on=day(ON), text=NEW_TEXT),
    ),
    (past(), wish("merge-agency", into=SECOND, effective_on=ON), MERGED),
    (
        past(),
        wish("split-agency", into=[SECOND, THIRD], effective_on=ON),
        AgencySplit(into=[SECOND, THIRD], effective_on=day(ON)),
    ),
    (past(), wish("close-agency", effective_on=ON), ENDED),
    (past(), wish("close-section", section="office", closed_on=ON), CLOSED),
    (past(), wish("retire-channel", channel="site", retired_on=ON), RETIRED),
]


@pytest.mark.parametrize("history, command, made", ACCEPTED, ids=lambda value: getattr(value, "TYPE", ""))
def test_each_change_is_entered(history: Given, command: AnyCommand, made: Event) -> None:
    history.when(command).then(made)


REFUSED: list[tuple[Given, AnyCommand, str, dict[str, object]]] = [
    (past(), wish("merge-agency", into=AGENCY, effective_on=ON), "AGY-010", {}),
    (past(), wish("split-agency", into=[SECOND, AGENCY], effective_on=ON), "AGY-010", {}),
    (past(), wish("merge-agency", into=agency_id(9), effective_on=ON), "AGY-002", {"agency": agency_id(9)}),
    (past(), wish("split-agency", into=[SECOND, SECOND], effective_on=ON), "AGY-012", {}),
    (
        given(*BUREAU, today=TODAY, streams={SECOND: agency(REGISTERED, ENDED)}),
        wish("merge-agency", into=SECOND, effective_on=ON),
        "AGY-011",
        {"agency": SECOND, "on": day(ON)},
    ),
    (past(MERGED), wish("rename-agency", effective_on=ON, text={"name": "新"}), "AGY-009", {"on": day(ON)}),
    (past(ENDED), wish("close-agency", effective_on=ON), "AGY-009", {"on": day(ON)}),
    (past(CLOSED), wish("close-section", section="office", closed_on=ON), "AGY-013", {"code": "office"}),
    *(
        (
            past(newest),
            wish(name, effective_on="2018-05-31", **into),
            "DAT-002",
            {"field": "effective_on", "on": day("2018-05-31"), "earliest": day(ON)},
        )
        for newest in (RENAMED, CLOSED, RETIRED, ADOPTED)
        for name, into in (
            ("merge-agency", {"into": SECOND}),
            ("split-agency", {"into": [SECOND, THIRD]}),
            ("close-agency", {}),
        )
    ),
    (past(), wish("close-section", section="other", closed_on=ON), "AGY-013", {"code": "other"}),
    (past(RETIRED), wish("retire-channel", channel="site", retired_on=ON), "AGY-014", {"code": "site"}),
    (
        past(),
        wish("close-section", section="office", closed_on="2018-01-01"),
        "DAT-002",
        {"field": "closed_on", "on": day("2018-01-01"), "earliest": day("2018-01-02")},
    ),
    (
        past(),
        wish("close-agency", effective_on="1900-01-01"),
        "DAT-002",
        {"field": "effective_on", "on": day("1900-01-01"), "earliest": day("2018-01-02")},
    ),
    (
        past(AgencyRenamed(effective_on=day(ON), text=text_seal(4))),
        wish("rename-agency", effective_on="2018-05-31", text={"name": "旧"}),
        "DAT-002",
        {"field": "effective_on", "on": day("2018-05-31"), "earliest": day(ON)},
    ),
    (
        past(),
        wish("close-agency", effective_on="2018-12-11"),
        "DAT-001",
        {"field": "effective_on", "on": day("2018-12-11"), "today": day(TODAY)},
    ),
]


@pytest.mark.parametrize(
    "history, command, code, facts", REFUSED, ids=[f"{n}-{one[2]}" for n, one in enumerate(REFUSED)]
)
def test_what_cannot_be_is_refused(history: Given, command: AnyCommand, code: str, facts: dict[str, object]) -> None:
    history.when(command).then_refused(code, **facts)


def test_nothing_new_is_entered_for_an_agency_that_ended() -> None:
    ended = given(agency=(*BUREAU, MERGED), today=TODAY)
    draft = {"command": "draft-item", "id": "0" * 32, "by": "role:clerk", "item": item_id(), "agency": AGENCY}
    text = {"title": "标题"}
    wanted: Any = draft | {"mode": "proactive", "categories": [], "text": text}  # Any: JSON of a command
    ended.when(msgspec.convert(wanted, COMMANDS["draft-item"])).then_refused("AGY-009", on=day(ON))  # type: ignore[arg-type] # COMMANDS holds AnyCommand
    receive: Any = {  # Any: JSON of a command
        "command": "receive-request",
        "id": "0" * 32,
        "by": "role:information-officer",
        "request": request_id(),
        "agency": AGENCY,
        "received_on": "2018-06-04",
        "receipt": "handed-in",
        "channel": "in-person",
        "applicant_kind": "natural-person",
    }
    ended.when(msgspec.convert(receive, COMMANDS["receive-request"])).then_refused("AGY-009", on=day(ON))  # type: ignore[arg-type] # COMMANDS holds AnyCommand


@pytest.mark.parametrize("made_on, taken", [(None, False), ("2018-05-31", True), (ON, False)])
def test_a_section_that_was_closed_takes_what_it_made_before_that_day(made_on: str | None, taken: bool) -> None:  # noqa: FBT001 - a column of the table
    draft: Any = {  # Any: JSON of a command
        "command": "draft-item",
        "id": "0" * 32,
        "by": "role:clerk",
        "item": item_id(),
        "agency": AGENCY,
        "mode": "proactive",
        "section": "office",
        "categories": [],
        "text": {"title": "标题"},
    } | ({} if made_on is None else {"made_on": made_on})
    command: Any = msgspec.convert(draft, COMMANDS["draft-item"])  # Any: COMMANDS holds AnyCommand
    happens = given(agency=(*BUREAU, CLOSED), today=TODAY).when(command)
    if taken:
        assert [event.TYPE for event in happens.events()] == ["item-drafted"]
    else:
        happens.then_refused("AGY-013", code="office")


# What shows something on the channel `website` that was retired on a day, and the kind of its stream.
SHOWING: Final[dict[str, tuple[tuple[Event, ...], dict[str, object]]]] = {
    "publish-item": (test_items.REVIEWED, {"item": item_id(), "channel": "website"}),
    "publish-interpretation": (
        (),
        {
            "interpretation": f"interpretation-{'1' * 32}",
            "agency": AGENCY,
            "channel": "website",
            "form": "press-conference",
            "by_head": False,
            "text": {"title": "某"},
        },
    ),
    "publish-guide": (
        (),
        {
            "guide": guide_id(AGENCY),
            "agency": AGENCY,
            "channels": ["website"],
            "in_force_from": "2018-07-01",
            "sha256": "0" * 64,
            "text": dict.fromkeys(("arrangement", "ways", "office", "address", "hours", "telephone"), "某"),
        },
    ),
}


@pytest.mark.parametrize("name", SHOWING)
def test_a_retired_channel_shows_nothing_from_that_day_on_and_what_was_before_may_be_entered(name: str) -> None:
    history, fields = SHOWING[name]

    def show(on: str) -> AnyCommand:
        known: dict[str, object] = {"command": name, "id": "0" * 32, "by": "role:publisher", "published_on": on}
        return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand

    gone = ChannelRetired(channel="website", retired_on=day("2018-07-02"))
    happens = given(*history, agency=(*test_items.REVIEWING, gone), today=TODAY)
    happens.when(show("2018-07-02")).then_refused("ITM-032", channel="website", on=gone.retired_on)
    assert happens.when(show("2018-07-01")).events()


def test_the_day_on_which_an_agency_began_is_entered_and_the_newest_holds() -> None:
    founded = AgencyFounded(founded_on=day("2016-03-01"))
    begin = "record-agency-founding"
    past().when(wish(begin, founded_on="2016-03-01")).then(founded)
    past(founded).when(wish(begin, founded_on="2016-04-01")).then(AgencyFounded(founded_on=day("2016-04-01")))
    assert agency(*BUREAU, founded).founded_on == founded.founded_on
    past(founded).when(wish(begin, founded_on="2016-03-01")).then_refused("AGY-018", on=founded.founded_on)
    past().when(wish(begin, founded_on="2018-01-03")).then_refused(
        "AGY-019", on=day("2018-01-03"), changed=day("2018-01-02")
    )
    past().when(wish(begin, founded_on="2018-12-11")).then_refused(
        "DAT-001", field="founded_on", on=day("2018-12-11"), today=day(TODAY)
    )


def test_every_refusal_of_these_changes_is_told_here() -> None:
    assert {f"AGY-{number:03}" for number in range(9, 15)} <= {code for _, _, code, _ in REFUSED}
