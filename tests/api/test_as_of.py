from datetime import timedelta

import pytest

from api.world import World, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from stories import NOON, Clerk, Clock, Home, a_bureau, a_published_item, a_small_archive, item_id, tell

HEAD = 49
ALL = """
    position recordedAt
    items(first: 100) { totalCount nodes { id title status validity publications { channel { name } publishedOn } } }
    agencies { nodes { id name channels { key } } }
    counts(years: [2018], by: [MONTH]) { measure value dimensions { code } entries { nodes { position } } }
    entries(first: 100) { totalCount nodes { position type seals { state value } } }
"""


def test_without_as_of_the_newest_position_is_read(world: World) -> None:
    assert world.archive("position head recordedAt") == {
        "position": HEAD,
        "head": HEAD,
        "recordedAt": "2018-12-10T04:00:00.000Z",
    }


def test_the_empty_archive_stands_at_position_0(empty: World, world: World) -> None:
    nothing = {"position": 0, "recordedAt": None, "items": {"totalCount": 0}, "entries": {"totalCount": 0, "nodes": []}}
    fields = "position recordedAt items { totalCount } entries(first: 1) { totalCount nodes { position } }"
    assert world.archive(fields, at=0) == nothing


def test_an_empty_archive_can_be_asked(empty: World) -> None:
    assert empty.archive("position head agencies { totalCount nodes { id } }") == {
        "position": 0,
        "head": 0,
        "agencies": {"totalCount": 0, "nodes": []},
    }


def test_two_archives_of_one_request_stand_at_two_positions(world: World) -> None:
    found = world.ask(
        "{ then: archive(asOf: {position: 17}) { position head items { totalCount } } "
        "now: archive { position head items { totalCount } } }"
    )
    assert found == {
        "then": {"position": 17, "head": HEAD, "items": {"totalCount": 1}},
        "now": {"position": HEAD, "head": HEAD, "items": {"totalCount": 3}},
    }


def test_the_items_known_at_a_position_are_those_published_up_to_it(world: World) -> None:
    types = {
        node["position"]: node["type"]
        for node in world.archive("entries(first: 100) { nodes { position type } }")["entries"]["nodes"]
    }
    for position in range(HEAD + 1):
        published = sum(found == "item-published" for at, found in types.items() if at <= position)
        assert world.archive("items { totalCount }", at=position)["items"]["totalCount"] == published


def test_a_position_gives_the_same_answer_after_more_has_happened(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    """Goal: promise 3. Method: ask everything at every position, let more happen, and ask again."""
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *a_published_item(clerk, item_id(1))])
    world = world_of(home, log, disclosures)
    before = [world.archive(ALL, at=position) for position in range(world.follow() + 1)]
    tell(writer, [clerk.withdraw(item_id(1), on="2018-07-02"), *a_published_item(clerk, item_id(2))])
    world.follow()
    assert [world.archive(ALL, at=position) for position in range(len(before))] == before


def test_a_moment_is_the_last_entry_recorded_at_or_before_it(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer, clock: Clock
) -> None:
    story = a_small_archive(Clerk())
    tell(writer, story[:9])
    clock.move(timedelta(days=1))
    tell(writer, story[9:])
    world = world_of(home, log, disclosures)

    def position(moment: str) -> int:
        found = world.ask("query($at: DateTime!) { archive(asOf: {recordedAt: $at}) { position } }", at=moment)
        return int(found["archive"]["position"])

    assert NOON.isoformat() == "2018-12-10T04:00:00+00:00"
    assert position("2018-12-10T03:59:59.999Z") == 0
    assert position("2018-12-10T04:00:00Z") == 9
    assert position("2018-12-10T12:00:00+08:00") == 9
    assert position("2018-12-11T03:59:59.999Z") == 9
    assert position("2018-12-11T04:00:00Z") == HEAD
    assert position("9999-12-31T23:59:59Z") == HEAD
    assert position("0001-01-01T00:00:00Z") == 0


def test_a_position_ahead_of_this_node_is_refused_with_its_head(world: World) -> None:
    error = world.refusal("{ archive(asOf: {position: 50}) { position } }")
    assert error["path"] == ["archive"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "reason": "POSITION_AHEAD",
        "position": 50,
        "head": HEAD,
        "nextStep": "请使用不大于 49 的位置,或稍后重试。",
    }


@pytest.mark.parametrize(
    "as_of",
    [
        {"position": 1, "recordedAt": "2018-12-10T04:00:00Z"},
        {},
        {"position": None},
        {"position": -1},
        {"position": 2**53},
        {"position": 10**30},
        {"position": 1.0},
        {"position": "01"},
        {"position": True},
        {"recordedAt": "2018-12-10T04:00:00"},
        {"recordedAt": "2018-12-10"},
        {"now": True},
        [],
        "now",
    ],
)
def test_as_of_is_exactly_one_position_or_one_moment_with_a_zone(world: World, as_of: object) -> None:
    answer = world.answer("query($as_of: AsOf) { archive(asOf: $as_of) { position } }", {"as_of": as_of})
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"BAD_USER_INPUT"}
    assert "data" not in answer.body


@pytest.mark.parametrize(
    "as_of",
    [
        '{position: 1, recordedAt: "2018-12-10T04:00:00Z"}',
        "{}",
        "{position: null}",
        "{position: -1}",
        "{position: 1.5}",
    ],
)
def test_the_same_holds_for_what_is_written_into_the_document(world: World, as_of: str) -> None:
    assert world.reason(f"{{ archive(asOf: {as_of}) {{ position }} }}") == ("GRAPHQL_VALIDATION_FAILED", None)


def test_null_is_the_same_as_nothing(world: World) -> None:
    assert world.ask("{ archive(asOf: null) { position } }") == {"archive": {"position": HEAD}}


def test_an_answer_says_its_position_or_the_head_where_it_has_several(world: World) -> None:
    assert world.answer("{ archive(asOf: {position: 5}) { position } }").position == 5
    assert world.answer("{ a: archive(asOf: {position: 5}) { position } b: archive { head } }").position == HEAD
    assert world.answer("{ __typename }").position == HEAD
