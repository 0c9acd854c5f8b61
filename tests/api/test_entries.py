import json
from base64 import b64decode
from collections.abc import Collection
from hashlib import sha256

import pytest

from api.world import Json, World
from archive.commands import Writer
from archive.disclosures.openings import Opening
from archive.domain.erasures import Erase
from archive.domain.seals import opens
from archive.log.log import Log
from stories import AGENCY, ORIGIN, Clerk, item_id, request_id, tell

HEAD = 49
LOG = """query($at: AsOf, $after: Position, $first: Int!, $types: [String!], $stream: ID) {
  archive(asOf: $at) { entries(after: $after, first: $first, types: $types, stream: $stream) {
    totalCount nodes { position type } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }
}"""
HISTORY = """query($id: ID!, $first: Int, $after: String) {
  archive { item(by: {id: $id}) { history(first: $first, after: $after) {
    totalCount edges { cursor node { position } } pageInfo { hasNextPage hasPreviousPage endCursor }
  } } }
}"""


def listed(world: World, first: int = 100, **variables: object) -> Json:
    return world.ask(LOG, first=first, **variables)["archive"]["entries"]


def positions(found: Json) -> list[int]:
    return [node["position"] for node in found["nodes"]]


def test_an_entry_is_given_as_it_is_stored(world: World, log: Log) -> None:
    found = world.archive(
        "entries(first: 100) { nodes { id position stream version type recordedAt data bytes leafHash seals { field seal } } }"
    )
    for node in found["entries"]["nodes"]:
        row = log.row(node["position"])
        assert row is not None
        stored = json.loads(row.entry)
        assert b64decode(node["bytes"]) == row.entry
        assert node["leafHash"] == sha256(b"\x00" + row.entry).hexdigest()
        assert node["data"] == stored["data"]
        assert {seal["field"]: seal["seal"] for seal in node["seals"]} == stored["seals"]
        assert (node["id"], node["stream"], node["version"], node["type"]) == (
            f"entry-{row.position}",
            stored["stream"],
            stored["ver"],
            stored["type"],
        )
        assert node["recordedAt"] == stored["at"].replace("Z", ".000Z")


def test_the_log_is_read_in_order_page_by_page(world: World) -> None:
    seen: list[int] = []
    while True:
        found = listed(world, 7, after=seen[-1] if seen else 0)
        seen += positions(found)
        assert found["totalCount"] == HEAD
        assert found["pageInfo"] == {
            "hasNextPage": seen[-1] < HEAD,
            "hasPreviousPage": len(seen) > 7,
            "startCursor": str(found["nodes"][0]["position"]),
            "endCursor": str(seen[-1]),
        }
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == list(range(1, HEAD + 1))


def test_the_log_ends_at_the_position_that_is_read(world: World) -> None:
    assert positions(listed(world, after=8, at={"position": 11})) == [9, 10, 11]
    assert listed(world, after=11, at={"position": 11})["pageInfo"]["hasNextPage"] is False
    assert positions(listed(world, after=2**53 - 1)) == []


def test_entry_is_null_above_the_position_that_is_read(world: World) -> None:
    found = world.archive("there: entry(position: 11) { position } not: entry(position: 12) { position }", at=11)
    assert found == {"there": {"position": 11}, "not": None}
    assert world.archive("entry(position: 0) { position }") == {"entry": None}


def test_types_and_streams_choose_entries(world: World) -> None:
    published = listed(world, types=["item-published", "item-updated"])
    assert {node["type"] for node in published["nodes"]} == {"item-published", "item-updated"}
    assert published["totalCount"] == len(published["nodes"]) == 4
    one = listed(world, stream=item_id(1))
    assert positions(one) == list(range(10, 18))
    assert one["totalCount"] == 8
    both = listed(world, 1, stream=item_id(1), types=["item-published"], after=0)
    assert (positions(both), both["totalCount"], both["pageInfo"]["hasNextPage"]) == ([16], 1, False)
    assert positions(listed(world, stream=request_id(1))) == list(range(44, 50))
    assert positions(listed(world, stream=AGENCY)) == list(range(1, 10))


@pytest.mark.parametrize("stream", ["", "item-", "ITEM-" + "0" * 32, "item-" + "f" * 32, "batch-" + "z" * 32, "\x00"])
def test_what_names_no_stream_has_no_entries(world: World, stream: str) -> None:
    assert listed(world, stream=stream) == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


def test_an_unknown_type_is_refused_with_those_there_are(world: World) -> None:
    error = world.refusal(LOG, first=1, types=["item-eaten"])
    assert (error["extensions"]["code"], error["extensions"]["reason"]) == ("BAD_USER_INPUT", "UNKNOWN_CODE")
    assert "item-published" in error["extensions"]["nextStep"]
    assert "item-eaten" not in str(error)


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_of_the_log_has_1_to_100_entries(world: World, first: int) -> None:
    assert world.reason(LOG, first=first) == ("BAD_USER_INPUT", "PAGE_SIZE")


def test_the_log_has_no_default_page(world: World) -> None:
    assert world.reason("{ archive { entries { totalCount } } }") == ("GRAPHQL_VALIDATION_FAILED", None)


# --- history ------------------------------------------------------------------------------------------------------------
def test_the_history_of_an_item_is_its_stream(world: World) -> None:
    first = world.ask(HISTORY, id=item_id(2), first=10)["archive"]["item"]["history"]
    rest = world.ask(HISTORY, id=item_id(2), after=first["pageInfo"]["endCursor"])["archive"]["item"]["history"]
    seen = [edge["node"]["position"] for edge in (*first["edges"], *rest["edges"])]
    assert seen == list(range(18, 33))
    assert first["totalCount"] == rest["totalCount"] == 15
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)


def test_a_history_ends_at_the_position_that_is_read(world: World) -> None:
    found = world.archive("items { nodes { history { totalCount nodes { position } } } }", at=16)
    assert [one["history"]["totalCount"] for one in found["items"]["nodes"]] == [7]


def test_a_cursor_of_another_history_is_refused(world: World) -> None:
    cursor = world.ask(HISTORY, id=item_id(1), first=1)["archive"]["item"]["history"]["pageInfo"]["endCursor"]
    assert world.reason(HISTORY, id=item_id(2), after=cursor) == ("BAD_USER_INPUT", "BAD_CURSOR")


# --- seals --------------------------------------------------------------------------------------------------------------
SEALS = "entry(position: %d) { seals { field seal state salt value } }"


def test_an_open_seal_shows_what_anyone_needs_to_check_it(world: World, log: Log) -> None:
    text, link = sorted(world.archive(SEALS % 16)["entry"]["seals"], key=lambda seal: str(seal["field"]), reverse=True)
    assert (text["state"], link["state"]) == ("OPEN", "OPEN")
    assert text["value"] == {"title": "关于某项目核准的批复", "index_number": "011336163/2018-0001"}
    for seal in (text, link):
        value = json.dumps(seal["value"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        assert opens(
            seal["seal"],
            origin=ORIGIN,
            stream=item_id(1),
            field=seal["field"],
            salt=bytes.fromhex(seal["salt"]),
            value=value,
        )


def test_a_seal_is_open_from_the_position_that_made_its_text_public(world: World) -> None:
    """The text of the first item is drafted at 10 and published at 16."""
    sealed = {"state": "SEALED", "salt": None, "value": None}
    before = world.archive(SEALS % 10, at=15)["entry"]["seals"]
    after = world.archive(SEALS % 10, at=16)["entry"]["seals"]
    assert [{key: seal[key] for key in sealed} for seal in before] == [sealed]
    assert [(seal["state"], seal["value"]["title"]) for seal in after] == [("OPEN", "关于某项目核准的批复")]


def test_a_draft_stays_sealed(world: World) -> None:
    (seal,) = world.archive(SEALS % 43)["entry"]["seals"]
    assert (seal["state"], seal["salt"], seal["value"]) == ("SEALED", None, None)
    assert "尚未公开的文稿" not in json.dumps(
        world.archive("entries(first: 100) { nodes { data bytes seals { salt value } } }"), ensure_ascii=False
    )


def test_an_erased_seal_says_which_entry_erased_it_at_every_position(world: World, writer: Writer) -> None:
    asked = "position entry(position: 16) { seals { field state salt value erasedAt } }"
    before = {seal["field"]: seal["state"] for seal in world.archive(asked)["entry"]["seals"]}
    assert before == {"link": "OPEN", "text": "OPEN"}
    stream = world.archive("entry(position: 16) { stream }")["entry"]["stream"]
    writer.handle(Erase(id="e" * 32, by="role:administrator", stream=stream, field="link", basis="penalty-48"))
    world.follow()
    erased_at = world.archive("position")["position"]
    for at in (None, 20):
        (link, text) = world.archive(asked, at=at)["entry"]["seals"]
        assert link == {"field": "link", "state": "ERASED", "salt": None, "value": None, "erasedAt": erased_at}
        assert (text["state"], text["erasedAt"]) == ("OPEN", None)


def test_the_link_that_nobody_gave_looks_like_one_that_is_sealed(world: World) -> None:
    """The second publication of the first item, at 17, has no link: its seal is a decoy."""
    states = {seal["field"]: seal["state"] for seal in world.archive(SEALS % 17)["entry"]["seals"]}
    assert states == {"link": "SEALED", "text": "OPEN"}


def test_a_page_of_entries_asks_for_its_openings_once(
    world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    get = world.sources.disclosures.get

    def counted(seals: Collection[str]) -> dict[str, Opening]:
        asked.append(len(seals))
        return get(seals)

    monkeypatch.setattr(world.sources.disclosures, "get", counted)
    with world.statements():
        world.archive("entries(first: 100) { nodes { seals { state } } }")
    assert len(asked) == 1


def test_an_entry_that_was_appended_later_is_not_seen_until_it_is_folded(world: World, writer: Writer) -> None:
    tell(writer, [Clerk(2).open_section("later")])
    assert world.archive(
        "position entry(position: 50) { position } entries(first: 1, after: 49) { totalCount nodes { position } }"
    ) == {
        "position": HEAD,
        "entry": None,
        "entries": {"totalCount": HEAD, "nodes": []},
    }
    world.follow()
    assert world.archive("position entry(position: 50) { type }") == {
        "position": 50,
        "entry": {"type": "section-opened"},
    }
