"""Two times in GraphQL: revisions, changes since a position, and what was in force on a day."""

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from stories import Clerk, Home, a_bureau, item_id

REVISIONS = "revisions { number knownFrom knownTo effectiveFrom effectiveTo title contentSha256 changed }"
CHANGES = """query($p: Position!, $since: AsOf!, $first: Int, $after: String) { archive(asOf: {position: $p}) {
  changes(since: $since, first: $first, after: $after) {
    totalCount edges { cursor node { kind position changed item { id title } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} } }"""
FIRST, SECOND = item_id(1), item_id(2)


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Twenty-one public items, told in one commit."""
    clerk = Clerk()
    story = a_bureau(clerk)
    for number in range(1, 22):
        item = item_id(number)
        story += [
            clerk.draft(item, title=f"通知{number}"),
            *clerk.review(item, on="2018-03-01"),
            clerk.publish(item, on="2018-04-02"),
        ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def head_of(world: World) -> int:
    world.follow()
    head: int = world.archive("position")["position"]
    return head


def update(writer: Writer, item: str, *, title: str, on: str, number: int) -> None:
    clerk = Clerk(number)
    tell_at_once(writer, [clerk.revise(item, title=title), *clerk.review(item, on=on), clerk.update(item, on=on)])


def changes(world: World, *, since: int, at: int, first: int | None = None, after: str | None = None) -> Json:
    found = world.ask(CHANGES, p=at, since={"position": since}, first=first or 20, after=after)
    return found["archive"]["changes"]


def test_a_revision_says_what_was_known_when_and_from_when_it_was_so(shelf: World, writer: Writer) -> None:
    published = head_of(shelf)
    update(writer, FIRST, title="更新", on="2018-05-07", number=2)
    updated = head_of(shelf)
    tell_at_once(writer, [Clerk(3).withdraw(FIRST, on="2018-06-01")])
    now = head_of(shelf)
    by = f'item(by: {{id: "{FIRST}"}}) {{ {REVISIONS} }}'
    told = shelf.archive(by, at=now)["item"]["revisions"]
    one, two, three = (revision["knownFrom"] for revision in told)
    assert one < published < two <= updated < three <= now
    assert [(revision["number"], revision["knownTo"], revision["title"]) for revision in told] == [
        (1, two, "通知1"),
        (2, three, "更新"),
        (3, None, "更新"),
    ]
    assert [(revision["effectiveFrom"], revision["effectiveTo"]) for revision in told] == [
        ("2018-04-02", None),
        ("2018-05-07", None),
        ("2018-05-07", "2018-06-01"),
    ]
    assert [revision["changed"] for revision in told] == [
        [],
        ["title", "indexNumbers", "publications"],
        ["status", "publications"],
    ]
    earlier = shelf.archive(by, at=updated)["item"]["revisions"]
    assert earlier == [told[0], told[1] | {"knownTo": None}]


def test_what_was_in_force_on_a_day_is_asked_as_it_was_known(shelf: World, writer: Writer) -> None:
    before = head_of(shelf)
    tell_at_once(writer, [Clerk(2).withdraw(FIRST, on="2018-06-01"), Clerk(3).restore(FIRST, on="2018-07-01")])
    now = head_of(shelf)

    def in_force(day: str, at: int) -> int:
        items = shelf.archive(f'items(filter: {{effectiveOn: "{day}"}}) {{ totalCount }}', at=at)["items"]
        count: int = items["totalCount"]
        return count

    days = ("2018-04-01", "2018-04-02", "2018-05-31", "2018-06-01", "2018-06-30", "2018-07-01")
    assert [in_force(day, before) for day in days] == [0, 21, 21, 21, 21, 21]
    assert [in_force(day, now) for day in days] == [0, 21, 21, 20, 20, 21]


def test_each_item_changes_once_and_the_newest_change_stands_first(shelf: World, writer: Writer) -> None:
    since = head_of(shelf)
    assert changes(shelf, since=since, at=since)["totalCount"] == 0
    update(writer, FIRST, title="更新", on="2018-05-07", number=2)
    tell_at_once(writer, [Clerk(3).withdraw(SECOND, on="2018-05-08"), Clerk(4).withdraw(FIRST, on="2018-06-01")])
    now = head_of(shelf)
    found = changes(shelf, since=since, at=now)
    assert [(edge["node"]["kind"], edge["node"]["item"]["id"]) for edge in found["edges"]] == [
        ("withdrawn", FIRST),
        ("withdrawn", SECOND),
    ]
    assert [edge["node"]["changed"] for edge in found["edges"]] == [
        ["title", "indexNumbers", "status", "publications"],
        ["status", "publications"],
    ]
    assert found["totalCount"] == 2
    new = changes(shelf, since=0, at=now)
    assert (new["totalCount"], {edge["node"]["kind"] for edge in new["edges"]}) == (21, {"withdrawn", "published"})
    assert all(edge["node"]["changed"] == [] for edge in new["edges"])


def test_pages_of_changes_stand_still_while_more_happens(shelf: World, writer: Writer) -> None:
    now = head_of(shelf)
    first = changes(shelf, since=0, at=now, first=10)
    assert first["pageInfo"]["hasNextPage"]
    tell_at_once(writer, [Clerk(3).withdraw(item_id(5), on="2018-05-08")])
    later = head_of(shelf)
    second = changes(shelf, since=0, at=later, first=11, after=first["pageInfo"]["endCursor"])
    assert second["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": second["edges"][0]["cursor"],
        "endCursor": second["edges"][-1]["cursor"],
    }
    whole = changes(shelf, since=0, at=now, first=21)
    assert first["edges"] + second["edges"] == whole["edges"]
    # A cursor belongs to the list of its own beginning.
    variables = {"p": later, "since": {"position": 1}, "first": 5, "after": first["pageInfo"]["endCursor"]}
    assert shelf.reason(CHANGES, **variables) == ("BAD_USER_INPUT", "BAD_CURSOR")


def test_changes_since_a_later_position_than_the_one_that_is_read_are_refused(shelf: World) -> None:
    now = head_of(shelf)
    variables = {"p": now - 1, "since": {"position": now}, "first": 5}
    assert shelf.reason(CHANGES, **variables) == ("BAD_USER_INPUT", "POSITION_AHEAD")
    assert f"{now - 1}" in shelf.refusal(CHANGES, **variables)["message"]


def test_what_is_hidden_shows_no_text_among_changes_and_revisions(shelf: World, writer: Writer) -> None:
    since = head_of(shelf)
    update(writer, FIRST, title="一个秘密", on="2018-05-07", number=2)
    updated = head_of(shelf)
    tell_at_once(writer, [Clerk(3).withdraw(FIRST, on="2018-05-08", ground="state-secret")])
    head_of(shelf)
    (change,) = (edge["node"] for edge in changes(shelf, since=since, at=updated)["edges"])
    assert (change["kind"], change["changed"], change["item"]["title"]) == ("updated", [], "〔已撤回〕")
    told = shelf.archive(f'item(by: {{id: "{FIRST}"}}) {{ {REVISIONS} }}')["item"]["revisions"]
    assert {revision["title"] for revision in told} == {"〔已撤回〕"}
    assert [revision["changed"] for revision in told] == [[], [], ["status", "publications"]]


def test_the_revisions_of_a_page_take_one_statement_more_and_changes_two(shelf: World) -> None:
    now = head_of(shelf)
    query = "{ archive { items(first: 21) { nodes { id %s } } } }"
    shelf.ask(query % "")
    with shelf.statements() as plain:
        shelf.ask(query % "")
    with shelf.statements() as seen:
        shelf.ask(query % REVISIONS)
    assert len(seen) == len(plain) + 1
    with shelf.statements() as few:
        changes(shelf, since=0, at=now, first=1)
    with shelf.statements() as many:
        changes(shelf, since=0, at=now, first=21)
    assert len(many) == len(few)


def test_the_items_that_became_public_late_and_the_others_are_all(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    clerk = Clerk()
    story = a_bureau(clerk)
    # Made on 5 March 2018, due on 2 April by the week alone: 20 working days.
    for number, on in enumerate(("2018-04-01", "2018-04-02", "2018-04-03", "2018-09-03"), 1):
        item = item_id(number)
        story += [clerk.draft(item), *clerk.review(item, on="2018-03-06"), clerk.publish(item, on=on)]
    tell_at_once(writer, story)
    world = world_of(home, log, disclosures)
    shown = "{ totalCount nodes { id due { lateBy } } }"
    late = world.archive(f"items(filter: {{late: true}}) {shown}")["items"]
    others = world.archive(f"items(filter: {{late: false}}) {shown}")["items"]
    assert (late["totalCount"], others["totalCount"]) == (2, 2)
    assert {one["id"] for one in late["nodes"]} == {item_id(3), item_id(4)}
    assert all(one["due"]["lateBy"] > 0 for one in late["nodes"])
    assert {one["due"]["lateBy"] for one in others["nodes"]} == {0}
