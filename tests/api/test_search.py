"""Search and facets, as a portal asks for them."""

from collections import Counter

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from stories import AGENCY, Clerk, Home, a_bureau, agency_id, item_id

SEARCH = """query($search: String, $filter: ItemFilter, $order: ItemOrder! = RELEVANCE, $first: Int, $after: String) {
  archive { items(search: $search, filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount edges { cursor snippet node { title } } pageInfo { endCursor hasNextPage }
  } }
}"""
FACETS = """query($search: String, $filter: ItemFilter, $by: [ItemFacet!]!, $limit: Int! = 20) {
  archive { items(search: $search, filter: $filter) { totalCount facets(by: $by, limit: $limit) { by code label count } } }
}"""
TITLES = ["关于居民电价的通知", "电价", "风电价格核准", "水价", "二〇一八年電價 GDP", "GDPR", "气价"]


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Seven items, one a month, the last two of a second agency; the third is withdrawn."""
    clerk = Clerk()
    story = [*a_bureau(clerk), *a_bureau(clerk, agency_id(2))]
    for number, title in enumerate(TITLES, 1):
        item = item_id(number)
        story += [
            clerk.draft(item, agency=agency_id(2) if number > 5 else AGENCY, title=title),
            *clerk.review(item, on="2018-03-01"),
            clerk.publish(item, on=f"2018-04-{number:02}"),
        ]
    story += [clerk.publish(item_id(1), "gazette", on="2018-05-02"), clerk.withdraw(item_id(3), on="2018-06-01")]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def found(world: World, **variables: object) -> Json:
    return world.ask(SEARCH, **variables)["archive"]["items"]


def titles(items: Json) -> list[str]:
    return [edge["node"]["title"] for edge in items["edges"]]


def test_a_search_gives_the_best_first_with_the_match_marked(shelf: World) -> None:
    items = found(shelf, search="电价")
    assert items["totalCount"] == 4
    assert [(edge["node"]["title"], edge["snippet"]) for edge in items["edges"]] == [
        ("电价", "【电价】"),
        ("风电价格核准", "风【电价】格核准"),
        ("二〇一八年電價 GDP", "二〇一八年【電價】 GDP"),
        ("关于居民电价的通知", "关于居民【电价】的通知"),
    ]


def test_a_search_keeps_to_its_filter_and_its_order(shelf: World) -> None:
    items = found(shelf, search="价", filter={"statuses": ["PUBLISHED"]}, order="PUBLISHED_ON_ASC")
    assert titles(items) == ["关于居民电价的通知", "电价", "水价", "二〇一八年電價 GDP", "气价"]
    assert titles(found(shelf, search="价", filter={"agencies": [agency_id(2)]})) == ["气价"]


@pytest.mark.parametrize("order", ["RELEVANCE", "PUBLISHED_ON_DESC", "MADE_ON_DESC", "POSITION_ASC"])
def test_the_pages_of_a_search_are_its_list(shelf: World, order: str) -> None:
    whole = titles(found(shelf, search="价", order=order))
    assert len(whole) == 6
    walked, after = [], None
    for more in (True, True, False):
        page = found(shelf, search="价", order=order, first=2, after=after)
        walked += titles(page)
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is more
    assert walked == whole


def test_a_cursor_belongs_to_its_search(shelf: World) -> None:
    after = found(shelf, search="价", first=1)["pageInfo"]["endCursor"]
    assert shelf.reason(SEARCH, search="电价", first=1, after=after) == ("BAD_USER_INPUT", "BAD_CURSOR")


@pytest.mark.parametrize("search", [None, "", " \u3000"])
def test_an_empty_search_is_the_whole_list_newest_first(shelf: World, search: str | None) -> None:
    items = found(shelf, search=search)
    assert titles(items) == TITLES[::-1]
    assert {edge["snippet"] for edge in items["edges"]} == {None}


@pytest.mark.parametrize("search", ['"', "*", "电价\x00", "' OR 1=1", "NEAR(电 价)", "a" * 200])
def test_no_search_is_an_error_because_of_its_characters(shelf: World, search: str) -> None:
    assert found(shelf, search=search)["totalCount"] == 0


def test_a_search_of_a_page_of_text_is_refused(shelf: World) -> None:
    assert shelf.reason(SEARCH, search="电" * 201) == ("BAD_USER_INPUT", "SEARCH_SIZE")


def facets(world: World, by: list[str], **variables: object) -> dict[str, list[tuple[str, str, int]]]:
    rows = world.ask(FACETS, by=by, **variables)["archive"]["items"]["facets"]
    return {one: [(row["code"], row["label"], row["count"]) for row in rows if row["by"] == one] for one in by}


def test_facets_divide_the_whole_list(shelf: World) -> None:
    found = facets(
        shelf, ["YEAR", "AGENCY", "STATUS", "CHANNEL", "VALIDITY", "GENRE", "THEME", "SECTION", "CATEGORY"], search="价"
    )
    assert found == {
        "YEAR": [("2018", "2018", 6)],
        "AGENCY": [(AGENCY, "某市发展和改革局", 5), (agency_id(2), "某市发展和改革局", 1)],
        "STATUS": [("PUBLISHED", "已公开", 5), ("WITHDRAWN", "已撤回", 1)],
        "CHANNEL": [("website", "渠道 website", 6), ("gazette", "渠道 gazette", 1)],
        "VALIDITY": [("IN_FORCE", "有效", 6)],
        "GENRE": [("approval", "类别 approval", 6)],
        "THEME": [],
        "SECTION": [("office", "股室 office", 6)],
        "CATEGORY": [("approval", "类别 approval", 6)],
    }


def test_a_facet_counts_what_its_filter_would_choose(shelf: World) -> None:
    for code, _, count in facets(shelf, ["STATUS"], search="价")["STATUS"]:
        assert found(shelf, search="价", filter={"statuses": [code]})["totalCount"] == count


def test_a_facet_shows_its_most_frequent_values(shelf: World) -> None:
    assert facets(shelf, ["STATUS"], limit=1) == {"STATUS": [("PUBLISHED", "已公开", 6)]}
    assert Counter(facets(shelf, []).values()) == Counter()


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_facet_has_a_bounded_number_of_values(shelf: World, limit: int) -> None:
    assert shelf.reason(FACETS, by=["YEAR"], limit=limit) == ("BAD_USER_INPUT", "PAGE_SIZE")


def test_a_facet_is_one_statement_and_none_the_next_time(shelf: World) -> None:
    """Goal: what a search finds is looked up once, and every item once for a facet. Method: statements of two answers."""
    counted = []
    for _ in range(2):
        with shelf.statements() as statements:
            shelf.ask(
                'query($by: [ItemFacet!]!) { archive { items(search: "价") { nodes { title } totalCount facets(by: $by) { count label } } } }',
                by=["YEAR", "STATUS", "CHANNEL", "AGENCY"],
            )
        counted.append(
            (
                len([one for one in statements if one.startswith(("SELECT number FROM search_", "SELECT chunk"))]),
                len([one for one in statements if "chosen" in one]),
                len([one for one in statements if "catalogue_" in one or "agencies_states" in one]),
            )
        )
    # The search; the facets; these, the page and the agencies that are named.
    assert counted[0][1:] == (4, 7)
    assert counted[0][0] > 0
    assert counted[1] == (0, 0, 1)
