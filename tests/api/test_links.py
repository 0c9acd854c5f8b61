"""Links, other index numbers and newer addresses, as a portal asks for them."""

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.erasures import Erase
from archive.domain.publications import (
    AssignIndexNumber,
    ChangeUrl,
    EndIndexNumber,
    IndexNumberText,
    LinkItem,
    NewLinkText,
    UnlinkItem,
)
from archive.log.log import Log
from stories import Clerk, Home, a_bureau, day, item_id

BESIDE = """query($p: Position!, $id: ID!) { archive(asOf: {position: $p}) { item(by: {id: $id}) {
  links { kind item { id title } } indexNumbers { value from to } publications { url } } } }"""
BY = "role:clerk"


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Three public items; the first replaces the second and interprets the third, and has another index number."""
    clerk = Clerk()
    story = a_bureau(clerk)
    for number in (1, 2, 3):
        item = item_id(number)
        story += [
            clerk.draft(item, title=f"第{number}条"),
            *clerk.review(item, on="2018-03-01"),
            clerk.publish(item, on=f"2018-04-0{number}"),
        ]
    story += [
        LinkItem(id="1" * 32, by=BY, item=item_id(1), kind="replaces", target=item_id(2)),
        LinkItem(id="2" * 32, by=BY, item=item_id(1), kind="interprets", target=item_id(3)),
        AssignIndexNumber(
            id="3" * 32,
            by=BY,
            item=item_id(1),
            alias=1,
            assigned_on=day("2018-05-02"),
            text=IndexNumberText(index_number="X-9"),
        ),
        ChangeUrl(
            id="4" * 32,
            by=BY,
            item=item_id(1),
            channel="website",
            changed_on=day("2018-05-02"),
            link=NewLinkText(url="https://website.example/new"),
        ),
    ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def head(world: World) -> int:
    return int(world.ask("{ archive { position } }")["archive"]["position"])


def beside(world: World, number: int, *, at: int | None = None) -> Json:
    return world.ask(BESIDE, p=head(world) if at is None else at, id=item_id(number))["archive"]["item"]


def test_a_link_is_read_at_both_ends(shelf: World) -> None:
    assert beside(shelf, 1)["links"] == [
        {"kind": "interprets", "item": {"id": item_id(3), "title": "第3条"}},
        {"kind": "replaces", "item": {"id": item_id(2), "title": "第2条"}},
    ]
    assert beside(shelf, 2)["links"] == [{"kind": "replaced-by", "item": {"id": item_id(1), "title": "第1条"}}]
    assert beside(shelf, 3)["links"] == [{"kind": "interpreted-by", "item": {"id": item_id(1), "title": "第1条"}}]


def test_another_index_number_leads_to_the_item_and_has_its_days(shelf: World, writer: Writer) -> None:
    found = shelf.ask('{ archive { item(by: {indexNumber: "X-9"}) { id } } }')
    assert found == {"archive": {"item": {"id": item_id(1)}}}
    assert beside(shelf, 1)["indexNumbers"][1:] == [{"value": "X-9", "from": "2018-05-02", "to": None}]
    tell_at_once(writer, [EndIndexNumber(id="5" * 32, by=BY, item=item_id(1), alias=1, ended_on=day("2018-06-01"))])
    before = head(shelf)
    shelf.follow()
    assert beside(shelf, 1)["indexNumbers"][1:] == [{"value": "X-9", "from": "2018-05-02", "to": "2018-06-01"}]
    assert beside(shelf, 1, at=before)["indexNumbers"][1:] == [{"value": "X-9", "from": "2018-05-02", "to": None}]


def test_a_newer_address_takes_the_place_of_the_old_one_from_its_position_on(shelf: World) -> None:
    # The last entry is that of the batch, the one before changed the address.
    assert beside(shelf, 1)["publications"] == [{"url": "https://website.example/new"}]
    assert beside(shelf, 1, at=head(shelf) - 2)["publications"] == [{"url": f"https://website.example/{item_id(1)}"}]


def test_a_link_that_was_taken_back_is_a_link_of_then(shelf: World, writer: Writer) -> None:
    before = head(shelf)
    tell_at_once(writer, [UnlinkItem(id="6" * 32, by=BY, item=item_id(1), kind="replaces", target=item_id(2))])
    shelf.follow()
    assert beside(shelf, 2)["links"] == []
    assert len(beside(shelf, 2, at=before)["links"]) == 1


def test_what_is_hidden_shows_neither_number_nor_address(shelf: World, writer: Writer) -> None:
    tell_at_once(writer, [Clerk(2).withdraw(item_id(1), on="2018-07-02", ground="state-secret")])
    shelf.follow()
    found = beside(shelf, 1)
    assert (found["indexNumbers"], found["publications"]) == ([], [{"url": None}])
    assert shelf.ask('{ archive { item(by: {indexNumber: "X-9"}) { id } } }') == {"archive": {"item": None}}
    assert beside(shelf, 2)["links"] == [{"kind": "replaced-by", "item": {"id": item_id(1), "title": "〔已撤回〕"}}]


@pytest.mark.parametrize("field", ["text", "link"])
def test_what_is_erased_is_gone_here_too(shelf: World, writer: Writer, field: str) -> None:
    before = head(shelf)
    writer.handle(Erase(id="7" * 32, by="role:administrator", stream=item_id(1), field=field, basis="pipl-47-3"))
    shelf.follow()
    for position in (before, head(shelf)):
        found = beside(shelf, 1, at=position)
        assert "X-9" not in str(found) if field == "text" else "website.example" not in str(found)


def test_a_page_with_everything_beside_its_items_takes_as_many_statements_as_one_item(shelf: World) -> None:
    with shelf.statements() as statements:
        shelf.ask(
            "{ archive { items(first: 3) { nodes { links { kind item { title } } indexNumbers { value } publications { url } } } } }"
        )
    # The page, the links, the items at their other ends, and the index numbers.
    assert len([one for one in statements if "FROM links_" in one or "catalogue_items" in one]) == 4
