"""Categories and sections over time: what each step makes, what it refuses, and what a retired code still means."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from archive.domain.agencies import (
    Agency,
    AgencyRegistered,
    CategorySchemeAdopted,
    SectionClosed,
    SectionOpened,
    SectionRenamed,
)
from archive.domain.codes import Classification, Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.items import ItemDrafted
from archive.domain.schemes import MAX_CATEGORIES, CategoryAdded, CategoryRenamed, CategoryRetired
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, item_id


def day(text: str) -> date:
    return date.fromisoformat(text)


BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    SectionOpened(section="office", opened_on=day("2010-01-04"), text=text_seal()),
    CategorySchemeAdopted(
        scheme="kind", primary=True, categories=["plan", "notice"], adopted_on=day("2010-01-04"), text=text_seal()
    ),
)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "agency": AGENCY}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*BUREAU, *history)


def add(category: str = "budget", on: str = "2018-02-01", scheme: str = "kind") -> AnyCommand:
    return wish("add-category", scheme=scheme, category=category, added_on=on, text={"name": "预算"})


def rename(category: str = "plan", on: str = "2018-02-02") -> AnyCommand:
    return wish("rename-category", scheme="kind", category=category, renamed_on=on, text={"name": "规划计划"})


def retire(category: str = "plan", on: str = "2018-02-03") -> AnyCommand:
    return wish("retire-category", scheme="kind", category=category, retired_on=on)


def rename_section(section: str = "office", on: str = "2018-02-04") -> AnyCommand:
    return wish("rename-section", section=section, renamed_on=on, text={"name": "综合室"})


ADDED: Final = CategoryAdded(scheme="kind", category="budget", added_on=day("2018-02-01"), text=NEW_TEXT)
RENAMED: Final = CategoryRenamed(scheme="kind", category="plan", renamed_on=day("2018-02-02"), text=NEW_TEXT)
RETIRED: Final = CategoryRetired(scheme="kind", category="plan", retired_on=day("2018-02-03"))
SECTION_RENAMED: Final = SectionRenamed(section="office", renamed_on=day("2018-02-04"), text=NEW_TEXT)

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a category is added", past(), add(), ADDED),
    ("renamed", past(), rename(), RENAMED),
    ("retired", past(RENAMED), retire(), RETIRED),
    (
        "several steps on one day",
        past(ADDED),
        rename(on="2018-02-01"),
        msgspec.structs.replace(RENAMED, renamed_on=day("2018-02-01")),
    ),
    ("a section is renamed", past(), rename_section(), SECTION_RENAMED),
]


@pytest.mark.parametrize("case", FULFILLED, ids=[name for name, *_ in FULFILLED])
def test_step_makes_its_event(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


MANY: Final = CategorySchemeAdopted(
    scheme="many",
    primary=False,
    categories=[f"c{number}" for number in range(MAX_CATEGORIES)],
    adopted_on=day("2010-01-04"),
    text=text_seal(),
)
REFUSED: Final = [
    refusal("of a scheme that is there", past(), add(scheme="x"), "AGY-015", scheme="x"),
    refusal("a code is added once", past(), add("plan"), "AGY-003", field="category", code="plan"),
    refusal("and never comes back", past(RETIRED), add("plan"), "AGY-003", field="category", code="plan"),
    refusal("no more than an entry holds", past(MANY), add(scheme="many"), "AGY-017", limit=MAX_CATEGORIES),
    refusal("what is renamed is there", past(), rename("x"), "ITM-018", scheme="kind", code="x"),
    refusal("and in use", past(RETIRED), rename(on="2018-02-05"), "AGY-016", scheme="kind", code="plan"),
    refusal("what is retired is there", past(), retire("x"), "ITM-018", scheme="kind", code="x"),
    refusal("and was not before", past(RETIRED), retire(on="2018-02-05"), "AGY-016", scheme="kind", code="plan"),
    refusal(
        "steps in the order of days",
        past(ADDED),
        retire(on="2018-01-31"),
        "DAT-002",
        field="retired_on",
        on=day("2018-01-31"),
        earliest=day("2018-02-01"),
    ),
    refusal(
        "on a day that has come",
        past(),
        add(on="2018-12-11"),
        "DAT-001",
        field="added_on",
        on=day("2018-12-11"),
        today=day("2018-12-10"),
    ),
    refusal("a section that is there", past(), rename_section("x"), "AGY-013", code="x"),
    refusal(
        "and open",
        past(SectionClosed(section="office", closed_on=day("2018-01-05"))),
        rename_section(),
        "AGY-013",
        code="office",
    ),
    refusal(
        "renamed no earlier than opened",
        past(),
        rename_section(on="2010-01-03"),
        "DAT-002",
        field="renamed_on",
        on=day("2010-01-03"),
        earliest=day("2010-01-04"),
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row.claim for row in REFUSED])
def test_step_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


# --- items ------------------------------------------------------------------------------------------------------------
DRAFTED: Final = ItemDrafted(
    agency=AGENCY,
    mode="proactive",
    categories=[Classification(scheme="kind", code="plan")],
    text=text_seal(),
)


def test_retired_category_is_given_to_no_item_and_an_added_one_is() -> None:
    item = given(
        DRAFTED,
        agency=(*BUREAU, ADDED, CategoryRetired(scheme="kind", category="notice", retired_on=day("2018-02-03"))),
    )
    classify = {"command": "classify-item", "id": "0" * 32, "by": "role:clerk", "item": item_id(), "scheme": "kind"}
    for code, refused in (("budget", None), ("notice", "AGY-016"), ("x", "ITM-018")):
        command = msgspec.convert(classify | {"code": code}, COMMANDS["classify-item"])
        when = item.when(command)  # type: ignore[arg-type] # COMMANDS holds AnyCommand
        if refused is None:
            assert [event.TYPE for event in when.events()] == ["item-classified"]
        else:
            when.then_refused(refused, scheme="kind", code=code)


def test_retired_code_stays_known() -> None:
    agency = stand("agency", (*BUREAU, RETIRED))
    assert isinstance(agency, Agency)
    assert agency.schemes["kind"].codes == {"plan", "notice"}
    assert agency.schemes["kind"].retired == {"plan"}
