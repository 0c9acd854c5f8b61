"""GraphQL over HTTP, as others understand it: the audits of graphql-http, and clients that people use.

Each is installed in an environment of its own; where one cannot be had its test is skipped (installing.py).
"""

import os
import re
import subprocess
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

# What schemathesis has to know of this schema: values of its scalars, and what no answer may have.
HOOKS = """
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

TEXTS = {
    "Date": ["2018-01-02", "2018-02-30", "0000-00-00", "", "tomorrow"],
    "DateTime": ["2018-01-02T03:04:05Z", "2018-01-02", "9999-12-31T23:59:59+14:00", ""],
    "Hash": ["0" * 64, "f" * 64, "x"],
    "Decimal": ["0", "1.5", "-"],
    "JSON": ["{}"],
}
schemathesis.graphql.scalar("Position", st.one_of(st.integers(0, 6_000), st.integers(-(2**63), 2**63)).map(nodes.Int))
for name, texts in TEXTS.items():
    schemathesis.graphql.scalar(name, st.sampled_from(texts).map(nodes.String))


@schemathesis.check
def no_fault_of_ours(ctx, response, case):
    for error in response.json().get("errors", []):
        code = error["extensions"]["code"]
        assert code != "INTERNAL_SERVER_ERROR", error
        assert error["message"], error
    assert response.status_code in {200, 400, 405, 413, 415}, response.status_code
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


def test_nothing_that_schemathesis_makes_up_is_a_fault_of_ours(address: str, tmp_path: Path) -> None:
    """Goal: an answer or a refusal to whatever fits the schema, and to what does not. The same queries in every run."""
    python = from_pypi(ASSETS / "schemathesis" / "requirements.txt", tmp_path)
    (tmp_path / "hooks.py").write_text(HOOKS, encoding="utf-8")
    words = ["--max-examples=150", "--generation-deterministic", "--phases=fuzzing", "--mode=all"]
    words += ["--suppress-health-check=all", "--checks=no_fault_of_ours", "--no-color"]
    done = subprocess.run(
        [Path(python).parent / "schemathesis", *words[-1:], "run", address, *words[:-1]],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"300 generated, 300 passed", done.stdout), done.stdout
