"""GraphQL over HTTP, as others understand it: the audits of graphql-http, and clients that people use.

Each is installed in an environment of its own; where one cannot be had its test is skipped (installing.py).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.api.schema import print_sdl
from conformance.demo import served_demo
from conformance.installing import ASSETS, INSTALL_SECONDS, from_npm, from_pypi, ran

# A client that builds the schema from introspection, checks documents against it, and follows the cursors.
GQL = """
import asyncio, json, sys
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from graphql import print_schema
PAGE = gql('''query Page($after: String) { archive { position
    items(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }''')
ids, after = set(), None
client = Client(transport=HTTPXTransport(url=sys.argv[1]), fetch_schema_from_transport=True)
with client as session:
    while True:
        PAGE.variable_values = {"after": after}
        page = session.execute(PAGE)["archive"]["items"]
        ids |= {node["id"] for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    try:
        session.execute(gql("query { archive(asOf: {position: 999999999}) { position } }"))
        refused = None
    except TransportQueryError as error:
        refused = error.errors[0]["extensions"]
    print(json.dumps({"ids": len(ids), "refused": refused, "types": sorted(client.schema.type_map)}))
"""

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 60)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_demo(tmp_path_factory.mktemp("demo") / "home") as site:
        yield f"{site}graphql"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients of tests/assets/graphql_http."""
    return from_npm("graphql_http", tmp_path_factory.mktemp("node") / "clients")


def test_every_audit_of_graphql_http_passes(address: str, node: Path) -> None:
    results = ran(node, "node", "audit.mjs", address)
    assert len(results) > 50
    assert {"MUST", "SHOULD", "MAY"} == {one["name"].split()[0] for one in results}
    assert [one for one in results if one["status"] != "ok"] == []


def test_urql_walks_a_list_to_its_end_at_one_position(address: str, node: Path) -> None:
    found = ran(node, "node", "walk.mjs", address)
    assert found == {
        "ids": 686,
        "positions": found["positions"][:1],
        "total": 686,
        "refused": "GRAPHQL_VALIDATION_FAILED",
    }


def test_gql_reads_the_schema_walks_a_list_and_is_told_what_is_wrong(address: str, tmp_path: Path) -> None:
    python = from_pypi(ASSETS / "gql" / "requirements.txt", tmp_path)
    found = ran(tmp_path, python, "-c", GQL, address)
    assert found["ids"] == 686
    assert (found["refused"]["code"], found["refused"]["reason"]) == ("BAD_USER_INPUT", "POSITION_AHEAD")
    assert {name for name in found["types"] if not name.startswith("__")} >= {
        line.split()[1] for line in print_sdl().splitlines() if line.startswith(("type ", "enum ", "input ", "scalar "))
    }
