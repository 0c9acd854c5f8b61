from collections.abc import Iterator

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from api.world import Json, World, tell_at_once, world_of
from archive.api.pages import Cursor, read_cursor, write_cursor
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.codes import Classification
from archive.domain.commands import AnyCommand
from archive.domain.items import (
    DraftItem,
    ItemText,
    Manifest,
    PutItemIntoEffect,
    RepealItem,
)
from archive.log.log import Log
from stories import AGENCY, Clerk, Home, a_bureau, agency_id, day, item_id, tell

ITEM = "query($by: ItemBy!) { archive { item(by: $by) { id title } } }"
PAGE = """query($filter: ItemFilter, $order: ItemOrder! = PUBLISHED_ON_DESC, $first: Int, $after: String, $last: Int, $before: String) {
  archive {
    position
    items(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges { cursor node { id } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""
ORDERS = ["PUBLISHED_ON_DESC", "PUBLISHED_ON_ASC", "MADE_ON_DESC", "MADE_ON_ASC", "POSITION_DESC", "POSITION_ASC"]
PAPER = "0" * 64


def page(world: World, **variables: object) -> Json:
    return world.ask(PAGE, **variables)["archive"]["items"]


def ids(found: Json) -> list[str]:
    return [node["id"] for node in found["nodes"]]


def a_rich_item(clerk: Clerk, item: str) -> list[AnyCommand]:
    """An item that has everything an item can have."""
    return [
        DraftItem(
            id="d" * 32,
            by="role:clerk",
            item=item,
            agency=AGENCY,
            mode="on-request",
            made_on=day("2018-03-05"),
            categories=[
                Classification(scheme="genre", code="notice"),
                Classification(scheme="theme", code="energy"),
            ],
            section="investment",
            source_id="OA-2018.17",
            text=ItemText(
                title="关于居民电价的通知",
                abstract="调整居民电价。",
                document_number="咸发改〔2018〕7号",
                index_number="011336163/2018-00017",
                issuer="某市发展和改革局",
                keywords=["电价", "居民"],
                body=Manifest(sha256=PAPER, size=1024, type="application/pdf"),
            ),
        ),
        *clerk.review(item, on="2018-03-12"),
        clerk.publish(item, "website", on="2018-03-14"),
    ]


@pytest.fixture
def rich(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """A bureau and one item that has everything."""
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *a_rich_item(clerk, item_id(1))])
    steps: list[AnyCommand] = [
        PutItemIntoEffect(id="e" * 32, by="role:clerk", item=item_id(1), effective_on=day("2018-04-01")),
        RepealItem(id="f" * 32, by="role:clerk", item=item_id(1), repealed_on=day("2018-11-30"), kind="repealed"),
    ]
    tell(writer, steps)
    return world_of(home, log, disclosures)


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Fifty items; some share their dates, some have none, and the last ten belong to a second agency."""
    clerk = Clerk()
    story = [*a_bureau(clerk), *a_bureau(clerk, agency_id(2))]
    for number in range(1, 51):
        item = item_id(number)
        agency = agency_id(2) if number > 40 else AGENCY
        made_on = f"2018-02-{number % 7 + 1:02}" if number % 5 else UNSET
        story += [
            clerk.draft(item, agency=agency, title=f"第{number}条", made_on=made_on),
            *clerk.review(item, on="2018-03-01"),
            clerk.publish(item, on=f"2018-04-{number % 9 + 1:02}"),
        ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


# --- one item -----------------------------------------------------------------------------------------------------------
def test_an_item_shows_everything_that_is_public_about_it(rich: World) -> None:
    found = rich.ask(
        """query($by: ItemBy!) { archive { item(by: $by) {
            id agency { id name } indexNumbers { value from to } title abstract documentNumber genre theme keywords
            categories { scheme code name } section issuer disclosureMode status validity madeOn publishedOn effectiveOn
            repealedOn contentSha256
            publications { channel { key name kind } url publishedOn withdrawnOn position }
            history(first: 1) { totalCount nodes { type } }
        } } }""",
        by={"id": item_id(1)},
    )
    assert found["archive"]["item"] == {
        "id": item_id(1),
        "agency": {"id": AGENCY, "name": "某市发展和改革局"},
        "indexNumbers": [{"value": "011336163/2018-00017", "from": None, "to": None}],
        "title": "关于居民电价的通知",
        "abstract": "调整居民电价。",
        "documentNumber": "咸发改〔2018〕7号",
        "genre": "notice",
        "theme": "energy",
        "keywords": ["电价", "居民"],
        "categories": [
            {"scheme": "genre", "code": "notice", "name": "类别 notice"},
            {"scheme": "theme", "code": "energy", "name": "类别 energy"},
        ],
        "section": "investment",
        "issuer": "某市发展和改革局",
        "disclosureMode": "ON_REQUEST",
        "status": "PUBLISHED",
        "validity": "REPEALED",
        "madeOn": "2018-03-05",
        "publishedOn": "2018-03-14",
        "effectiveOn": "2018-04-01",
        "repealedOn": "2018-11-30",
        "contentSha256": PAPER,
        "publications": [
            {
                "channel": {"key": "website", "name": "渠道 website", "kind": "WEBSITE"},
                "url": f"https://website.example/{item_id(1)}",
                "publishedOn": "2018-03-14",
                "withdrawnOn": None,
                "position": 16,
            }
        ],
        "history": {"totalCount": 9, "nodes": [{"type": "item-drafted"}]},
    }


DUE = """query($id: ID!) { archive { item(by: {id: $id}) { due {
  dueOn days unit law article doneOn lateBy provisional } } } }"""


@pytest.mark.parametrize(
    "duty, made_on, due",
    [
        (UNSET, "2018-03-01", ("2018-03-29", 20, "working-day", "R2008", "18", 9)),
        ("licence", "2018-03-01", ("2018-03-12", 7, "working-day", "double-publicity", "", 22)),
        ("budget", "2018-03-01", ("2018-03-21", 20, "calendar-day", "budget-law", "14", 21)),
        ("proactive", "2018-03-20", ("2018-04-17", 20, "working-day", "R2008", "18", 0)),
    ],
)
def test_an_item_says_by_when_it_had_to_be_public(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer, duty: str, made_on: str, due: tuple[object, ...]
) -> None:
    clerk = Clerk()
    draft = replace(clerk.draft(item_id(1), made_on=made_on), duty=duty)
    tell(writer, [*a_bureau(clerk), draft, *clerk.review(item_id(1), on="2018-04-02")])
    tell(writer, [clerk.publish(item_id(1), on="2018-04-11")])
    found = world_of(home, log, disclosures).ask(DUE, id=item_id(1))["archive"]["item"]["due"]
    assert (found["doneOn"], found["provisional"]) == ("2018-04-11", due[2] == "working-day")
    assert tuple(found[name] for name in ("dueOn", "days", "unit", "law", "article", "lateBy")) == due


def test_what_was_disclosed_on_request_has_no_deadline(rich: World) -> None:
    assert rich.ask(DUE, id=item_id(1)) == {"archive": {"item": {"due": None}}}


def test_without_the_day_it_was_made_there_is_no_deadline(shelf: World) -> None:
    assert shelf.ask(DUE, id=item_id(5)) == {"archive": {"item": {"due": None}}}


@pytest.mark.parametrize(
    "by", [{"id": item_id(1)}, {"indexNumber": "011336163/2018-00017"}, {"sourceId": "OA-2018.17"}]
)
def test_an_item_is_found_by_each_of_its_keys(rich: World, by: dict[str, str]) -> None:
    assert rich.ask(ITEM, by=by)["archive"]["item"]["id"] == item_id(1)


@pytest.mark.parametrize(
    "by",
    [{"id": item_id(4)}, {"id": "nobody"}, {"indexNumber": "无"}, {"sourceId": "\x00"}, {"id": "'; DROP TABLE --"}],
)
def test_what_was_never_public_is_not_there(world: World, by: dict[str, str]) -> None:
    assert world.ask(ITEM, by=by) == {"archive": {"item": None}}


@pytest.mark.parametrize("by", [{"id": item_id(1), "sourceId": "1"}, {}, {"id": None}])
def test_exactly_one_key_is_given(world: World, by: object) -> None:
    assert world.reason(ITEM, by=by) == ("BAD_USER_INPUT", None)


def test_an_item_is_shown_as_it_was_at_the_position(world: World) -> None:
    """The third item of the story is published at 39, withdrawn at 41 and restored at 42."""
    found = [
        world.ask(
            "query($p: Position!, $id: ID!) { archive(asOf: {position: $p}) "
            "{ item(by: {id: $id}) { status publications { withdrawnOn } } } }",
            p=position,
            id=item_id(3),
        )["archive"]["item"]
        for position in (38, 39, 41, 42)
    ]
    assert found == [
        None,
        {"status": "PUBLISHED", "publications": [{"withdrawnOn": None}]},
        {"status": "WITHDRAWN", "publications": [{"withdrawnOn": "2018-07-02"}] * 2},
        {"status": "PUBLISHED", "publications": [{"withdrawnOn": None}] * 2},
    ]


def test_an_erased_text_leaves_the_item_with_a_placeholder(
    rich: World, disclosures: Disclosures, log: Log, home: Home
) -> None:
    with home.changing("disclosures") as db:
        db.execute("DELETE FROM openings")
    rich.projections.rebuild()
    found = rich.archive(
        "items { nodes { title abstract keywords indexNumbers { value } contentSha256 "
        "agency { name } categories { name } publications { url contentSha256 channel { name kind } } } }"
    )
    assert found["items"]["nodes"] == [
        {
            "title": "〔已删除〕",
            "abstract": None,
            "keywords": [],
            "indexNumbers": [],
            "contentSha256": None,
            "agency": {"name": "〔已删除〕"},
            "categories": [{"name": "〔已删除〕"}] * 2,
            "publications": [
                {"url": None, "contentSha256": "0" * 64, "channel": {"name": "〔已删除〕", "kind": "WEBSITE"}}
            ],
        }
    ]


def test_node_finds_items_agencies_and_entries(world: World) -> None:
    query = "query($id: ID!) { node(id: $id) { __typename id } }"
    for kind, one in (("Item", item_id(1)), ("Agency", AGENCY), ("Entry", "entry-16")):
        assert world.ask(query, id=one) == {"node": {"__typename": kind, "id": one}}


@pytest.mark.parametrize(
    "nobody", ["", "item-", item_id(4), agency_id(9), "entry-0", "entry-50", "entry-01", "batch-1", "\x00"]
)
def test_node_is_null_for_what_is_not_there(world: World, nobody: str) -> None:
    assert world.ask("query($id: ID!) { node(id: $id) { id } }", id=nobody) == {"node": None}


# --- pages --------------------------------------------------------------------------------------------------------------
def walk(world: World, order: str, size: int) -> Iterator[Json]:
    after = None
    while True:
        found = page(world, order=order, first=size, after=after)
        yield found
        if not found["pageInfo"]["hasNextPage"]:
            return
        after = found["pageInfo"]["endCursor"]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_show_every_item_once_in_order_and_back_again(shelf: World, order: str) -> None:
    whole = ids(page(shelf, order=order, first=100))
    assert sorted(whole) == sorted(item_id(number) for number in range(1, 51))
    assert [one for found in walk(shelf, order, 7) for one in ids(found)] == whole

    back: list[str] = []
    before = None
    while True:
        found = page(shelf, order=order, last=7, before=before)
        back = ids(found) + back
        before = found["pageInfo"]["startCursor"]
        assert found["pageInfo"]["hasNextPage"] is (len(back) > 7)
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert back == whole


def test_a_page_says_where_it_stands(shelf: World) -> None:
    first, second, *_ = walk(shelf, "POSITION_ASC", 20)
    assert first["totalCount"] == second["totalCount"] == 50
    assert [edge["node"] for edge in first["edges"]] == first["nodes"]
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]
    assert (first["pageInfo"]["hasPreviousPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)


def test_a_page_has_twenty_items_unless_another_size_is_given(shelf: World) -> None:
    assert len(page(shelf)["nodes"]) == 20
    assert len(page(shelf, first=None)["nodes"]) == 20


def test_before_alone_goes_back(shelf: World) -> None:
    cursor = page(shelf, order="POSITION_ASC", first=50)["edges"][30]["cursor"]
    found = page(shelf, order="POSITION_ASC", before=cursor)
    assert ids(found) == [item_id(number) for number in range(11, 31)]


def test_an_empty_page_has_no_cursors(shelf: World) -> None:
    assert page(shelf, filter={"agencies": []})["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


def test_the_next_page_is_read_at_the_position_of_the_first(shelf: World, writer: Writer) -> None:
    """Goal: a list that is walked does not move. Method: publish an item that sorts first, and withdraw one, in between."""
    whole = ids(page(shelf, first=100))
    first = page(shelf, first=10)
    clerk = Clerk(2)
    tell(writer, [clerk.draft(item_id(99)), *clerk.review(item_id(99), on="2018-05-01")])
    tell(writer, [clerk.publish(item_id(99), on="2018-12-01"), clerk.withdraw(item_id(1), on="2018-12-01")])
    shelf.follow()
    rest = page(shelf, first=100, after=first["pageInfo"]["endCursor"])
    assert ids(first) + ids(rest) == whole
    assert rest["totalCount"] == 50
    assert page(shelf)["totalCount"] == 51
    older = page(shelf, first=1, after=first["pageInfo"]["endCursor"])
    assert ids(older) == whole[10:11]


@pytest.mark.parametrize(
    "variables",
    [
        {"order": "PUBLISHED_ON_ASC"},
        {"order": "MADE_ON_DESC"},
        {"filter": {"agencies": [AGENCY]}},
        {"filter": {"statuses": []}},
    ],
)
def test_a_cursor_of_another_list_is_refused(shelf: World, variables: dict[str, object]) -> None:
    cursor = page(shelf, first=1)["pageInfo"]["endCursor"]
    assert shelf.reason(PAGE, after=cursor, **variables) == ("BAD_USER_INPUT", "BAD_CURSOR")


def test_an_empty_filter_is_no_filter(shelf: World) -> None:
    cursor = page(shelf, first=1)["pageInfo"]["endCursor"]
    assert len(page(shelf, filter={}, after=cursor)["nodes"]) == 20


def test_a_cursor_from_a_later_position_is_refused(shelf: World) -> None:
    cursor = page(shelf, first=1)["pageInfo"]["endCursor"]
    query = "query($after: String!) { archive(asOf: {position: 100}) { items(after: $after) { totalCount } } }"
    assert shelf.reason(query, after=cursor) == ("BAD_USER_INPUT", "BAD_CURSOR")


def test_two_cursors_of_two_positions_are_refused(shelf: World) -> None:
    query = "query($p: Position!) { archive(asOf: {position: $p}) { items(first: 2) { edges { cursor } } } }"
    early, late = (shelf.ask(query, p=position)["archive"]["items"]["edges"][0]["cursor"] for position in (200, 210))
    assert shelf.reason(PAGE, after=early, before=late) == ("BAD_USER_INPUT", "BAD_CURSOR")


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "WzFd", "a" * 1_000, "\x00", "游标"])
def test_what_is_no_cursor_is_refused(shelf: World, cursor: str) -> None:
    assert shelf.reason(PAGE, after=cursor) == ("BAD_USER_INPUT", "BAD_CURSOR")


@pytest.mark.parametrize(
    "sort, one",
    [(None, item_id(1)), (5, item_id(1)), ("2018", item_id(1)), ("2018-04-01", "item-1"), ("2018-04-01", "")],
)
def test_a_forged_key_is_refused(shelf: World, sort: str | int | None, one: str) -> None:
    real = page(shelf, first=1)["pageInfo"]["endCursor"]
    of = read_of(real)
    assert shelf.reason(PAGE, after=write_cursor(Cursor(1, 1, of, sort, one))) == ("BAD_USER_INPUT", "BAD_CURSOR")


def read_of(cursor: str) -> str:
    return read_cursor(cursor, field="after").of


@pytest.mark.parametrize(
    "variables, reason",
    [
        ({"first": 0}, "PAGE_SIZE"),
        ({"first": -1}, "PAGE_SIZE"),
        ({"first": 101}, "PAGE_SIZE"),
        ({"last": 0}, "PAGE_SIZE"),
        ({"last": 101}, "PAGE_SIZE"),
        ({"first": 1, "last": 1}, "FIRST_AND_LAST"),
    ],
)
def test_a_page_size_beyond_the_limit_is_refused(shelf: World, variables: dict[str, object], reason: str) -> None:
    assert shelf.reason(PAGE, **variables) == ("BAD_USER_INPUT", reason)


def test_the_limit_is_said(shelf: World) -> None:
    assert shelf.refusal(PAGE, first=101)["extensions"]["limit"] == 100


# --- filters ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "chosen, found",
    [
        ({}, 1),
        ({"agencies": [AGENCY]}, 1),
        ({"agencies": [agency_id(9)]}, 0),
        ({"statuses": ["PUBLISHED"]}, 1),
        ({"statuses": ["WITHDRAWN"]}, 0),
        ({"channels": ["website", "gazette"]}, 1),
        ({"channels": ["gazette"]}, 0),
        ({"scheme": "theme", "categories": ["energy"]}, 1),
        ({"scheme": "genre", "categories": ["energy"]}, 0),
        ({"scheme": "theme"}, 1),
        ({"categories": ["energy"]}, 1),
        ({"themes": ["energy"]}, 1),
        ({"themes": ["prices"]}, 0),
        ({"genres": ["notice"]}, 1),
        ({"sections": ["investment"]}, 1),
        ({"sections": ["office"]}, 0),
        ({"madeOn": {"from": "2018-03-05", "to": "2018-03-05"}}, 1),
        ({"madeOn": {"from": "2018-03-06"}}, 0),
        ({"publishedOn": {"to": "2018-03-14"}}, 1),
        ({"publishedOn": {"to": "2018-03-13"}}, 0),
        ({"publishedOn": {}}, 1),
        ({"publishedOn": {"from": "2018-12-31", "to": "2018-01-01"}}, 0),
        ({"disclosureModes": ["ON_REQUEST"]}, 1),
        ({"disclosureModes": ["PROACTIVE"]}, 0),
        ({"validities": ["REPEALED", "EXPIRED"]}, 1),
        ({"validities": ["IN_FORCE"]}, 0),
        ({"agencies": []}, 0),
        ({"statuses": None}, 1),
        ({"agencies": [AGENCY], "themes": ["energy"], "validities": ["IN_FORCE"]}, 0),
    ],
)
def test_a_filter_chooses_what_satisfies_every_field(rich: World, chosen: dict[str, object], found: int) -> None:
    shown = page(rich, filter=chosen)
    assert (shown["totalCount"], len(shown["nodes"])) == (found, found)


@pytest.mark.parametrize("field", ["agencies", "channels", "categories", "themes", "genres", "sections"])
def test_a_list_too_long_is_refused(rich: World, field: str) -> None:
    error = rich.refusal(PAGE, filter={field: ["x"] * 101})
    assert error["extensions"]["reason"] == "LIST_SIZE"
    assert f"filter.{field}" in error["message"]


# --- cost ---------------------------------------------------------------------------------------------------------------
def test_an_item_with_its_agency_and_names_takes_three_statements(rich: World) -> None:
    with rich.statements() as seen:
        rich.ask(
            "query($id: ID!) { archive { position item(by: {id: $id}) { id title agency { name } categories { name } "
            "publications { channel { name } } } } }",
            id=item_id(1),
        )
    assert len(seen) == 3


def test_an_item_alone_takes_two_statements(rich: World) -> None:
    with rich.statements() as seen:
        rich.ask(ITEM, by={"id": item_id(1)})
    assert len(seen) == 2


FIFTY = """{ archive { items(first: 50) { %s nodes {
    id title agency { name } categories { name } publications { channel { name } } } } } }"""


def test_a_page_of_fifty_with_agencies_names_and_total_takes_four_statements(shelf: World) -> None:
    with shelf.statements() as seen:
        found = shelf.ask(FIFTY % "totalCount")
    assert len(found["archive"]["items"]["nodes"]) == 50
    assert len(seen) == 4


def test_the_total_is_counted_only_when_it_is_asked_for(shelf: World) -> None:
    with shelf.statements() as seen:
        shelf.ask(FIFTY % "")
    assert len(seen) == 3


def test_an_answer_is_bounded(shelf: World) -> None:
    fields = "items(first: 100) { nodes { history(first: 100) { totalCount } } }"
    query = "{ " + " ".join(f"a{number}: archive {{ {fields} }}" for number in range(20)) + " }"
    extensions = shelf.answer(query).body["errors"][0]["extensions"]
    assert (extensions["code"], extensions["limit"]) == ("LIMIT_OBJECTS", 5_000)
