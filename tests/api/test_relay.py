"""Relay's rules for connections and objects (https://relay.dev/graphql/connections.htm, …/objectidentification.htm)."""

from typing import Any, NamedTuple

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)

from api.world import Json, World
from archive.api.schema import SCHEMA

OBJECTS = [one for one in SCHEMA.type_map.values() if isinstance(one, GraphQLObjectType)]
CONNECTIONS = [one for one in OBJECTS if one.name.endswith("Connection")]
FIELDS = {
    f"{parent.name}.{name}": field
    for parent in OBJECTS
    for name, field in parent.fields.items()
    if get_named_type(field.type) in CONNECTIONS
}


class Walked(NamedTuple):
    """A connection as a client asks for it: its place with `%s` for the page, and the type of its cursor."""

    place: str
    backward: bool
    cursor: str = "String"


WALKED = {
    "items": Walked("items(%s)", backward=True),
    "a search": Walked('items(search: "项目", orderBy: RELEVANCE, %s)', backward=True),
    "requests": Walked("requests(%s)", backward=True),
    "agencies": Walked("agencies(%s)", backward=False),
    "changes": Walked("changes(since: {position: 0}, %s)", backward=False),
    "entries": Walked("entries(%s)", backward=False, cursor="Position"),
    "a stream's entries": Walked('entries(types: ["item-published"], %s)', backward=False, cursor="Position"),
}


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda one: one.name)
def test_a_connection_has_edges_and_says_where_it_stands(connection: GraphQLObjectType) -> None:
    page_info = connection.fields["pageInfo"].type
    assert str(page_info) == "PageInfo!"
    edges = connection.fields["edges"].type
    assert isinstance(edges, GraphQLNonNull)
    assert isinstance(edges.of_type, GraphQLList)
    edge = get_named_type(edges)
    assert isinstance(edge, GraphQLObjectType)
    assert edge.name.endswith("Edge")
    assert str(edge.fields["cursor"].type) == "String!"
    node = edge.fields["node"].type
    assert not isinstance(node.of_type if isinstance(node, GraphQLNonNull) else node, GraphQLList)


def test_page_info_is_relays() -> None:
    page_info = SCHEMA.get_type("PageInfo")
    assert isinstance(page_info, GraphQLObjectType)
    assert {name: str(field.type) for name, field in page_info.fields.items()} == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


@pytest.mark.parametrize("place", FIELDS)
def test_a_field_that_is_a_connection_goes_forward_or_both_ways(place: str) -> None:
    field: GraphQLField = FIELDS[place]
    arguments = {name: get_named_type(one.type).name for name, one in field.args.items()}
    assert arguments["first"] == "Int"
    assert arguments["after"] in {"String", "Position"}
    assert ("last" in arguments) == ("before" in arguments)
    assert arguments.get("last", "Int") == "Int"
    assert arguments.get("before", "String") == "String"


def page(world: World, walked: Walked, **window: object) -> Json:
    types = {"first": "Int!", "last": "Int", "after": walked.cursor, "before": walked.cursor}
    variables = ", ".join(f"${name}: {types[name]}" for name in window)
    asked = walked.place % ", ".join(f"{name}: ${name}" for name in window)
    fields = (
        "totalCount edges { cursor node { __typename } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    )
    answer = world.ask(f"query ({variables}) {{ archive {{ list: {asked} {{ {fields} }} }} }}", **window)
    return answer["archive"]["list"]


def cursors(found: Json) -> list[str]:
    return [edge["cursor"] for edge in found["edges"]]


@pytest.mark.parametrize("name", WALKED)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_walk_shows_every_edge_once_in_one_order(world: World, name: str, size: int) -> None:
    walked = WALKED[name]
    whole = cursors(page(world, walked, first=100))
    assert whole
    assert len(set(whole)) == len(whole)
    forward: list[str] = []
    window: dict[str, Any] = {"first": size}  # Any: variables of a query
    while True:
        found = page(world, walked, **window)
        assert 0 < len(found["edges"]) <= size
        ends = found["pageInfo"]
        assert (ends["startCursor"], ends["endCursor"]) == (cursors(found)[0], cursors(found)[-1])
        assert found["totalCount"] == len(whole)
        forward += cursors(found)
        assert ends["hasNextPage"] == (len(forward) < len(whole))
        if not ends["hasNextPage"]:
            break
        window = {"first": size, "after": ends["endCursor"]}
    assert forward == whole
    if not walked.backward:
        return
    backward: list[str] = []
    window = {"last": size}
    while True:
        found = page(world, walked, **window)
        # The order of the edges is the same whichever way one goes.
        backward = cursors(found) + backward
        assert found["pageInfo"]["hasPreviousPage"] == (len(backward) < len(whole))
        if not found["pageInfo"]["hasPreviousPage"]:
            break
        window = {"last": size, "before": found["pageInfo"]["startCursor"]}
    assert backward == whole


# --- objects ------------------------------------------------------------------------------------------------------------
def test_a_node_has_one_id_that_is_never_null() -> None:
    node = SCHEMA.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    assert {name: str(field.type) for name, field in node.fields.items()} == {"id": "ID!"}
    assert SCHEMA.query_type is not None
    field = SCHEMA.query_type.fields["node"]
    assert (str(field.type), {name: str(one.type) for name, one in field.args.items()}) == ("Node", {"id": "ID!"})


def test_an_object_is_found_again_by_its_id(world: World) -> None:
    found = world.archive(
        "items(first: 1) { nodes { id } } requests(first: 1) { nodes { id } } agencies(first: 1) { nodes { id } }"
        " entries(first: 1) { nodes { id } }"
    )
    for one in (nodes["nodes"][0] for nodes in found.values()):
        query = "query ($id: ID!) { node(id: $id) { id __typename } }"
        again = world.ask(query, id=one["id"])["node"]
        assert again["id"] == one["id"]
        implementing = SCHEMA.get_type(again["__typename"])
        assert isinstance(implementing, GraphQLObjectType)
        assert [interface.name for interface in implementing.interfaces] == ["Node"]
