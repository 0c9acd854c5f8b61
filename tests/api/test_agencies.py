from typing import Any

import msgspec
import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import COMMANDS
from archive.domain.errors import Refused
from archive.log.log import Log
from stories import AGENCY, Clerk, Home, a_bureau, a_published_item, agency_id, item_id, tell

PAGE = """query($first: Int, $after: String) { archive { agencies(first: $first, after: $after) {
  totalCount edges { cursor } nodes { id name } pageInfo { hasNextPage hasPreviousPage endCursor }
} } }"""


@pytest.fixture
def many(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Thirty agencies; their ids are in another order than they were registered in."""
    clerk = Clerk()
    tell_at_once(writer, [clerk.register_agency(agency_id(100 - number), name=f"第{number}局") for number in range(30)])
    return world_of(home, log, disclosures)


def test_an_agency_shows_its_lists_in_the_order_they_were_entered(world: World) -> None:
    found = world.archive(
        f'agency(id: "{AGENCY}") {{ id name code region level sections {{ id name openedOn closedOn }} '
        "channels { key name kind } schemes { key name categories { scheme code name } } }"
    )
    assert found["agency"] == {
        "id": AGENCY,
        "name": "某市发展和改革局",
        "code": "11421202011336163X",
        "region": "421202",
        "level": "county",
        "sections": [
            {"id": "office", "name": "股室 office", "openedOn": "2008-05-01", "closedOn": None},
            {"id": "investment", "name": "股室 investment", "openedOn": "2008-05-01", "closedOn": None},
        ],
        "channels": [
            {"key": "website", "name": "渠道 website", "kind": "WEBSITE"},
            {"key": "gazette", "name": "渠道 gazette", "kind": "GAZETTE"},
        ],
        "schemes": [
            {
                "key": "genre",
                "name": "方案 genre",
                "categories": [
                    {"scheme": "genre", "code": code, "name": f"类别 {code}"} for code in ("approval", "notice", "plan")
                ],
            },
            {
                "key": "theme",
                "name": "方案 theme",
                "categories": [
                    {"scheme": "theme", "code": code, "name": f"类别 {code}"} for code in ("energy", "prices")
                ],
            },
        ],
    }


def test_an_agency_is_shown_as_it_was(world: World) -> None:
    found = world.archive(f'agency(id: "{AGENCY}") {{ sections {{ id }} channels {{ key }} }}', at=2)
    assert found["agency"] == {"sections": [{"id": "office"}], "channels": []}


def test_a_category_has_the_name_of_each_position_and_stays_on_its_items_when_it_is_retired(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    clerk = Clerk()
    tell_at_once(writer, [*a_bureau(clerk), *a_published_item(clerk, item_id(1))])
    of_approval: dict[str, str] = {"agency": AGENCY, "scheme": "genre", "category": "approval"}
    changes: list[tuple[str, dict[str, Any], str, str | None]] = [  # Any: JSON of a command
        ("rename-category", {"renamed_on": "2018-04-02", "text": {"name": "核准"}}, "核准", None),
        ("rename-category", {"renamed_on": "2018-04-03", "text": {"name": "审批"}}, "审批", None),
        ("retire-category", {"retired_on": "2018-04-04"}, "审批", "2018-04-04"),
    ]
    shown: list[tuple[str, str | None]] = [("类别 approval", None)]
    began = log.head()
    for number, (name, fields, now, retired_on) in enumerate(changes):
        command = {"command": name, "id": f"{number:032x}", "by": "role:administrator"} | of_approval | fields
        tell(writer, [msgspec.convert(command, COMMANDS[name])])  # type: ignore[list-item] # COMMANDS holds AnyCommand
        shown.append((now, retired_on))
    draft = clerk.draft(item_id(2), title="另一条", categories=[("genre", "approval")])
    with pytest.raises(Refused) as refused:
        writer.handle(draft)
    assert refused.value.code == "AGY-016"
    world = world_of(home, log, disclosures)
    for position, (name, retired_on) in enumerate(shown, start=began):
        asked = (
            f'item(by: {{id: "{item_id(1)}"}}) {{ categories {{ code name retiredOn }} }} '
            f'agency(id: "{AGENCY}") {{ schemes {{ key categories {{ code name retiredOn }} }} }} '
            "facets: items { facets(by: [GENRE]) { code label count } }"
        )
        found = world.archive(asked, at=position)
        category = {"code": "approval", "name": name, "retiredOn": retired_on}
        assert category in found["item"]["categories"]
        assert category in found["agency"]["schemes"][0]["categories"]
        assert {"code": "approval", "label": name, "count": 1} in found["facets"]["facets"]


@pytest.mark.parametrize("nobody", [agency_id(9), "", "\x00", "item-1"])
def test_an_agency_that_is_not_there_is_null(world: World, nobody: str) -> None:
    assert world.ask("query($id: ID!) { archive { agency(id: $id) { id } } }", id=nobody) == {
        "archive": {"agency": None}
    }


def test_agencies_are_paged_in_the_order_they_were_registered(many: World) -> None:
    def page(**variables: object) -> Json:
        return many.ask(PAGE, **variables)["archive"]["agencies"]

    first = page()
    second = page(first=20, after=first["pageInfo"]["endCursor"])
    assert [node["name"] for node in (*first["nodes"], *second["nodes"])] == [f"第{number}局" for number in range(30)]
    assert first["totalCount"] == 30
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert len(page(first=100)["edges"]) == 30


@pytest.mark.parametrize("variables", [{"first": 0}, {"first": 101}, {"after": "x"}])
def test_a_wrong_page_is_refused(many: World, variables: dict[str, object]) -> None:
    code, reason = many.reason(PAGE, **variables)
    assert code == "BAD_USER_INPUT"
    assert reason in {"PAGE_SIZE", "BAD_CURSOR"}


def test_all_agencies_of_an_answer_are_read_together(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    clerk = Clerk()
    tell_at_once(writer, [command for number in range(1, 6) for command in a_bureau(clerk, agency_id(number))])
    world = world_of(home, log, disclosures)
    with world.statements() as seen:
        world.archive("agencies { totalCount nodes { name sections { name } schemes { categories { name } } } }")
    assert len(seen) == 3
