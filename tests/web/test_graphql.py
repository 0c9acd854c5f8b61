import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.world import World
from archive.api.documents import OPEN
from archive.api.schema import SCHEMA
from archive.web.graphql import MAX_BODY

Json = Any  # Any: what a client sends and sees
NEW = "application/graphql-response+json"
OLD = "application/json"
POSITION = "{ archive { position } }"
ANSWER = {"data": {"archive": {"position": 49}}}


def post(site: TestClient, body: object, accept: str = NEW, **headers: str) -> tuple[int, dict[str, object]]:
    response = site.post(
        "/graphql", content=json.dumps(body), headers={"accept": accept, "content-type": OLD, **headers}
    )
    return response.status_code, response.json()


# --- the good ways ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("accept", [NEW, OLD, "*/*", "", f"{NEW}, {OLD};q=0.9"])
def test_a_query_can_be_posted(site: TestClient, accept: str) -> None:
    response = site.post("/graphql", json={"query": POSITION}, headers={"accept": accept})
    assert (response.status_code, response.json()) == (200, ANSWER)
    assert response.headers["content-type"] == f"{NEW if NEW in accept else OLD}; charset=utf-8"
    assert response.headers["x-log-position"] == "49"
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


def test_a_query_can_stand_in_the_address(site: TestClient) -> None:
    response = site.get(
        "/graphql",
        params={
            "query": "query A($p: Position!) { archive(asOf: {position: $p}) { position } } query B { __typename }",
            "variables": '{"p": 7}',
            "operationName": "A",
            "extensions": "{}",
        },
    )
    assert (response.status_code, response.json()) == (200, {"data": {"archive": {"position": 7}}})
    assert response.headers["x-log-position"] == "7"


@pytest.mark.parametrize(
    "body",
    [
        {"query": POSITION, "variables": None, "operationName": None, "extensions": None},
        {"query": POSITION, "variables": {}, "operationName": "", "extensions": {"any": [1]}},
        {"query": POSITION, "more": "ignored", "documentId": None},
    ],
)
def test_members_that_are_not_needed_may_be_null_or_left_out(site: TestClient, body: Mapping[str, object]) -> None:
    assert post(site, body) == (200, ANSWER)


def test_several_positions_are_answered_with_the_head_in_the_header(site: TestClient) -> None:
    query = "{ then: archive(asOf: {position: 5}) { position } now: archive { position } }"
    assert site.get("/graphql", params={"query": query}).headers["x-log-position"] == "49"


def test_head_has_the_headers_of_get_and_no_body(site: TestClient) -> None:
    got = site.get("/graphql", params={"query": POSITION})
    head = site.head("/graphql", params={"query": POSITION})
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]


def test_a_get_has_a_strong_etag_and_is_answered_304_when_it_is_known(site: TestClient) -> None:
    first = site.get("/graphql", params={"query": POSITION})
    etag = first.headers["etag"]
    assert etag == f'"{sha256(first.content).hexdigest()}"'
    assert first.headers["cache-control"] == "public, max-age=5"
    again = site.get("/graphql", params={"query": POSITION}, headers={"if-none-match": f'"x", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["x-log-position"] == "49"
    other = site.get("/graphql", params={"query": "{ archive { head } }"}, headers={"if-none-match": etag})
    assert other.status_code == 200


def test_an_answer_with_errors_is_not_kept(site: TestClient) -> None:
    response = site.get("/graphql", params={"query": "{ archive(asOf: {position: 99}) { position } }"})
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


def test_any_page_may_ask(site: TestClient) -> None:
    preflight = site.options(
        "/graphql",
        headers={
            "origin": "https://portal.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "content-type" in preflight.headers["access-control-allow-headers"]
    answer = site.post("/graphql", json={"query": POSITION}, headers={"origin": "https://portal.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-log-position" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_errors_speak_the_language_of_the_reader(site: TestClient) -> None:
    query = {"query": "{ archive(asOf: {position: 99}) { position } }"}
    assert "尚未到达" in str(post(site, query))
    assert "has not been reached" in str(post(site, query, **{"accept-language": "en"}))


# --- the table of wrong requests ----------------------------------------------------------------------------------------
def nested(levels: int) -> str:
    return "\n".join(
        [
            *(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)),
            f"fragment F{levels} on Query {{ a: archive {{ position }} }}",
            "{ ...F0 }",
        ]
    )


COUNT = "query($years: [Int!]!) { archive { counts(years: $years) { value } } }"
AS_OF = "query($a: AsOf) { archive(asOf: $a) { position } }"
ITEM = "query($id: ID!) { archive { item(by: {id: $id}) { id } } }"

# What is posted as JSON; the status for the newer media type (the older one says 200), the code and the reason.
WELL_FORMED = {
    "a syntax error": ({"query": "{ archive"}, 400, "GRAPHQL_PARSE_FAILED", None),
    "an unknown field": ({"query": "{ archive { wish } }"}, 400, "GRAPHQL_VALIDATION_FAILED", None),
    "10,000 aliases": (
        {"query": "{ " + " ".join(f"a{n}: archive {{ position }}" for n in range(10_000)) + " }"},
        400,
        "LIMIT_TOKENS",
        None,
    ),
    "200 aliases": (
        {"query": "{ " + " ".join(f"a{n}: archive {{ position }}" for n in range(200)) + " }"},
        400,
        "LIMIT_ALIASES",
        None,
    ),
    "the same field a thousand times": (
        {"query": "{ archive { " + "position " * 1_000 + "} }"},
        400,
        "LIMIT_FIELDS",
        None,
    ),
    "too many comments": ({"query": "#\n" * 2_000 + POSITION}, 400, "LIMIT_TOKENS", None),
    "too deep": ({"query": "{ a " * 2_000 + "}" * 2_000}, 400, "LIMIT_DEPTH", None),
    "a value nested too deeply": ({"query": "{ a(x: " + "[" * 3_000 + "}"}, 400, "LIMIT_DEPTH", None),
    "fragments that double": ({"query": nested(45)}, 400, "LIMIT_ALIASES", None),
    "61 fragments": ({"query": nested(60)}, 400, "LIMIT_FRAGMENTS", None),
    "a fragment in itself": (
        {"query": "fragment A on Query { ...A } { ...A }"},
        400,
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    "fragments in a circle": (
        {"query": "fragment A on Query { ...B } fragment B on Query { ...A } { ...A }"},
        400,
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    "an integer that is too big": (
        {"query": COUNT, "variables": {"years": [2**31]}},
        400,
        "BAD_USER_INPUT",
        None,
    ),
    "a position of thirty digits": (
        {"query": AS_OF, "variables": {"a": {"position": 10**30}}},
        400,
        "BAD_USER_INPUT",
        None,
    ),
    "an integer of 5,000 digits in the document": (
        {"query": "{ archive(asOf: {position: " + "9" * 5_000 + "}) { position } }"},
        400,
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    "both members of AsOf": (
        {"query": AS_OF, "variables": {"a": {"position": 1, "recordedAt": "2018-12-10T04:00:00Z"}}},
        400,
        "BAD_USER_INPUT",
        None,
    ),
    "a position ahead": (
        {"query": AS_OF, "variables": {"a": {"position": 50}}},
        200,
        "BAD_USER_INPUT",
        "POSITION_AHEAD",
    ),
    "a variable that is missing": ({"query": COUNT}, 400, "BAD_USER_INPUT", None),
    "first: 0": ({"query": "{ archive { items(first: 0) { totalCount } } }"}, 200, "BAD_USER_INPUT", "PAGE_SIZE"),
    "first: -1": ({"query": "{ archive { items(first: -1) { totalCount } } }"}, 200, "BAD_USER_INPUT", "PAGE_SIZE"),
    "first: 101": ({"query": "{ archive { items(first: 101) { totalCount } } }"}, 200, "BAD_USER_INPUT", "PAGE_SIZE"),
    "a cursor that is none": (
        {"query": '{ archive { items(after: "x") { totalCount } } }'},
        200,
        "BAD_USER_INPUT",
        "BAD_CURSOR",
    ),
    "a cursor with NUL": (
        {"query": "query($c: String) { archive { items(after: $c) { totalCount } } }", "variables": {"c": "\0"}},
        200,
        "BAD_USER_INPUT",
        "BAD_CURSOR",
    ),
    "an unknown operation": (
        {"query": "query A { __typename }", "operationName": "B"},
        400,
        "OPERATION_RESOLUTION_FAILURE",
        None,
    ),
    "several operations and no name": (
        {"query": "query A { __typename } query B { __typename }"},
        400,
        "OPERATION_RESOLUTION_FAILURE",
        None,
    ),
    "a mutation": ({"query": "mutation { publish }"}, 400, "OPERATION_RESOLUTION_FAILURE", "READ_ONLY"),
    "a subscription": ({"query": "subscription { entries }"}, 400, "OPERATION_RESOLUTION_FAILURE", "READ_ONLY"),
    "incremental delivery": (
        {"query": "{ archive { ... @defer { position } } }"},
        400,
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    "a surrogate in the document": (
        {"query": '{ archive { item(by: {id: "\\uD800"}) { id } } }'},
        400,
        "GRAPHQL_PARSE_FAILED",
        None,
    ),
    "an answer that would be too large": (
        {
            "query": COUNT.replace("years)", "years, by: [MONTH, CATEGORY, CHANNEL])"),
            "variables": {"years": [*range(50)]},
        },
        400,
        "LIMIT_COST",
        None,
    ),
}


@pytest.mark.parametrize("body, status, code, reason", WELL_FORMED.values(), ids=WELL_FORMED)
def test_a_wrong_question_is_answered_and_so_is_the_next(
    site: TestClient, body: dict[str, object], status: int, code: str, reason: str | None
) -> None:
    for accept, expected in ((NEW, status), (OLD, 200)):
        response = site.post("/graphql", json=body, headers={"accept": accept})
        assert response.status_code == expected
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        extensions = [error["extensions"] for error in response.json()["errors"]]
        assert {one["code"] for one in extensions} == {code}
        assert extensions[0].get("reason") == reason
        assert len(extensions) <= 20
        assert len(response.content) < 20_000
        # A request that was not run has no data at all, not even null.
        assert ("data" in response.json()) is (status == 200)
        assert post(site, {"query": POSITION}) == (200, ANSWER)


JSON = {"content-type": OLD}
# Method, headers, body, query string; the status, in both media types, and the reason.
MALFORMED = {
    "no JSON": ("POST", JSON, b"{", "", 400, "MALFORMED_JSON"),
    "nothing": ("POST", JSON, b"", "", 400, "MALFORMED_JSON"),
    "no UTF-8": ("POST", JSON, b'{"query": "\xff"}', "", 400, "MALFORMED_JSON"),
    "a lone surrogate": ("POST", JSON, b'{"query": "{ a }", "variables": {"x": "\\ud800"}}', "", 400, "MALFORMED_JSON"),
    "an integer of 5,000 digits": (
        "POST",
        JSON,
        b'{"query": "{ a }", "variables": {"x": ' + b"9" * 5_000 + b"}}",
        "",
        400,
        "MALFORMED_JSON",
    ),
    "a hundred thousand brackets": ("POST", JSON, b"[" * 100_000, "", 400, "MALFORMED_JSON"),
    "NaN": ("POST", JSON, b'{"query": "{ a }", "variables": {"x": NaN}}', "", 400, "MALFORMED_JSON"),
    "a string": ("POST", JSON, b'"{ archive { position } }"', "", 400, "MALFORMED_JSON"),
    "null": ("POST", JSON, b"null", "", 400, "MALFORMED_JSON"),
    "a batch": ("POST", JSON, b'[{"query": "{ __typename }"}]', "", 400, "BATCH"),
    "no query": ("POST", JSON, b"{}", "", 400, "NO_QUERY"),
    "an empty query": ("POST", JSON, b'{"query": ""}', "", 400, "NO_QUERY"),
    "a query that is a number": ("POST", JSON, b'{"query": 1}', "", 400, "MEMBER_TYPE"),
    "variables that are a list": ("POST", JSON, b'{"query": "{ a }", "variables": []}', "", 400, "MEMBER_TYPE"),
    "variables that are a string": ("POST", JSON, b'{"query": "{ a }", "variables": "{}"}', "", 400, "MEMBER_TYPE"),
    "a name that is a list": ("POST", JSON, b'{"query": "{ a }", "operationName": []}', "", 400, "MEMBER_TYPE"),
    "extensions that are a string": ("POST", JSON, b'{"query": "{ a }", "extensions": "x"}', "", 400, "MEMBER_TYPE"),
    "another media type": ("POST", {"content-type": "text/plain"}, b"{}", "", 415, "MEDIA_TYPE"),
    "no media type": ("POST", {}, b"{}", "", 415, "MEDIA_TYPE"),
    "the media type of a bare document": (
        "POST",
        {"content-type": "application/graphql"},
        POSITION.encode(),
        "",
        415,
        "MEDIA_TYPE",
    ),
    "another charset": ("POST", {"content-type": "application/json; charset=gbk"}, b"{}", "", 415, "MEDIA_TYPE"),
    "a body beyond a mebibyte": ("POST", JSON, b'{"query": "' + b"x" * 1_048_576 + b'"}', "", 413, None),
    "PUT": ("PUT", JSON, b"{}", "", 405, "METHOD"),
    "DELETE": ("DELETE", {}, b"", "", 405, "METHOD"),
    "nothing in the address": ("GET", {}, b"", "", 400, "NO_QUERY"),
    "variables that are no JSON": ("GET", {}, b"", "query={a}&variables={", 400, "MALFORMED_JSON"),
    "variables that are null twice": ("GET", {}, b"", "query={a}&variables=[]", 400, "MEMBER_TYPE"),
    "an address that is no UTF-8": ("GET", {}, b"", "query=%FF", 400, "MEMBER_TYPE"),
    "a surrogate in the address": ("GET", {}, b"", "query=%ED%A0%80", 400, "MEMBER_TYPE"),
    "a hundred fields": ("GET", {}, b"", "&".join(["query={a}"] * 100), 400, "MEMBER_TYPE"),
}


@pytest.mark.parametrize("accept", [NEW, OLD])
@pytest.mark.parametrize("method, headers, body, query, status, reason", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_answered_and_so_is_the_next(
    site: TestClient,
    accept: str,
    method: str,
    headers: dict[str, str],
    body: bytes,
    query: str,
    status: int,
    reason: str | None,
) -> None:
    response = site.request(method, f"/graphql?{query}", content=body, headers={**headers, "accept": accept})
    (error,) = response.json()["errors"]
    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert (error["extensions"]["code"], error["extensions"].get("reason")) == (
        "BAD_USER_INPUT" if reason else "LIMIT_BODY",
        reason,
    )
    assert post(site, {"query": POSITION}) == (200, ANSWER)


def test_a_body_that_was_not_announced_is_bounded_too(site: TestClient) -> None:
    def parts() -> object:
        yield b'{"query": "'
        for _ in range(20):
            yield b"x" * 100_000

    response = site.post("/graphql", content=parts(), headers=JSON)  # type: ignore[arg-type]  # a generator is an iterable of bytes
    assert response.status_code == 413
    assert response.headers["connection"] == "close"
    assert post(site, {"query": POSITION}) == (200, ANSWER)


def test_a_mutation_in_the_address_is_a_method_that_is_not_allowed(site: TestClient) -> None:
    for accept in (NEW, OLD):
        response = site.get("/graphql", params={"query": "mutation { publish }"}, headers={"accept": accept})
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"


def test_the_methods_that_are_allowed_are_said(site: TestClient) -> None:
    assert site.put("/graphql").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_what_cannot_be_accepted_is_refused_as_json(site: TestClient) -> None:
    response = site.get("/graphql", params={"query": POSITION}, headers={"accept": "text/html"})
    assert response.status_code == 406
    assert response.headers["content-type"] == f"{OLD}; charset=utf-8"
    assert response.json()["errors"][0]["extensions"]["reason"] == "NOT_ACCEPTABLE"


def test_no_error_repeats_what_was_typed_about_a_person(site: TestClient) -> None:
    """Our own sentences name fields and numbers only; graphql-core's may quote the document to its author."""
    for body in ({"query": POSITION, "operationName": "张三"}, {"query": POSITION, "variables": "张三"}):
        assert "张三" not in str(post(site, body))


def test_a_request_has_an_id(site: TestClient) -> None:
    ids = {site.get("/graphql", params={"query": POSITION}).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)


# --- what it would cost -------------------------------------------------------------------------------------------------
PAGE = "query Page($n: Int) { archive { items(first: $n) { nodes { id title } } } }"


@pytest.mark.parametrize("n, cost", [(10, 32), (100, 302)])
def test_an_answer_says_what_it_was_estimated_to_cost(site: TestClient, n: int, cost: int) -> None:
    for _ in range(2):
        response = site.post("/graphql", json={"query": PAGE, "variables": {"n": n}})
        assert response.headers["x-query-cost"] == str(cost)
        assert "x-query-cost" in response.headers["access-control-expose-headers"]


def test_a_query_is_explained_without_being_run(site: TestClient, world: World) -> None:
    with world.statements() as statements:
        response = site.post("/graphql/explain", json={"query": PAGE, "variables": {"n": 10}})
    assert statements == []
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.json() == {
        "operation": "Page",
        "cost": 32,
        "limit": OPEN.cost,
        "depth": 4,
        "fields": 5,
        "aliases": 0,
        "rootFields": 1,
        "answeredBy": "plan",
        "lists": [{"path": "archive.items", "rows": 10, "cost": 31}],
    }


@pytest.mark.parametrize(
    "asked, status, code",
    [
        ({"json": {"query": "{ nothing }"}}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ({"json": {"query": "{"}}, 400, "GRAPHQL_PARSE_FAILED"),
        ({"json": {"query": "query A { __typename } query B { __typename }"}}, 400, "OPERATION_RESOLUTION_FAILURE"),
        ({"json": {}}, 400, "BAD_USER_INPUT"),
        ({"json": []}, 400, "BAD_USER_INPUT"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "BAD_USER_INPUT"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "BAD_USER_INPUT"),
        ({"content": b" " * (MAX_BODY + 1), "headers": {"content-type": "application/json"}}, 413, "LIMIT_BODY"),
    ],
)
def test_what_cannot_be_run_is_not_explained(site: TestClient, asked: Json, status: int, code: str) -> None:
    response = site.post("/graphql/explain", **asked)
    assert response.status_code == status
    assert {one["extensions"]["code"] for one in response.json()["errors"]} == {code}


def test_an_explanation_is_asked_for_by_post(site: TestClient) -> None:
    response = site.get("/graphql/explain", params={"query": POSITION})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_introspection_is_explained_as_what_it_is(site: TestClient) -> None:
    found = site.post("/graphql/explain", json={"query": "{ __schema { types { name } } }"}).json()
    assert (found["answeredBy"], found["cost"]) == ("graphql-core", 4 * (1 + 2 * len(SCHEMA.type_map)))
