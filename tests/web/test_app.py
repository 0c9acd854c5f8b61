import json
import re
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.world import World
from archive.api.answers import Answers
from archive.api.schema import print_sdl
from archive.domain.errors import Corrupt
from archive.web.app import create_app
from stories import ORIGIN

EXAMPLES = json.loads(
    (Path(create_app.__code__.co_filename).parent / "static" / "graphiql" / "examples.json").read_text(encoding="utf-8")
)
# The bureau of 2018 published nothing late, and at position 1 nothing at all; nothing was revised.
EMPTY = {
    "The archive as it stood, beside today's": {".atPosition.items.nodes"},
    "What became public late, and why": {".archive.late.nodes"},
    "Two times: what was in force on a day, and each form an item had": {".archive.items.nodes.revisions.changed"},
    "What changed since a position": {".archive.changes.nodes.changed"},
}
ADDRESSES = [
    "/",
    "/graphiql",
    "/healthz",
    "/readyz",
    "/schema.graphql",
    "/version",
    "/static/site.css",
    "/nothing",
    "/graphql?query={__typename}",
]


def test_health_says_where_the_site_stands(site: TestClient) -> None:
    response = site.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "position": 49})
    assert response.headers["cache-control"] == "no-store"


def test_health_says_why_the_projections_no_longer_follow(world: World) -> None:
    trouble = Corrupt("LOG-007", position=50, reason="not the form of its type")
    with TestClient(create_app(world.sources, origin=ORIGIN, trouble=lambda: trouble)) as site:
        response = site.get("/healthz", headers={"accept-language": "en"})
        assert response.status_code == 503
        assert response.json()["ok"] is False
        assert response.json()["position"] == 49
        assert response.json()["extensions"]["code"] == "LOG-007"
        assert site.get("/").status_code == 200


def test_the_schema_is_the_printed_one(site: TestClient) -> None:
    response = site.get("/schema.graphql")
    assert response.text == print_sdl()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_static_files_may_be_kept_and_are_asked_for_again_by_their_etag(site: TestClient) -> None:
    response = site.get("/static/site.css")
    assert response.headers["cache-control"] == "public, max-age=86400"
    assert site.get("/static/site.css", headers={"if-none-match": response.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/", "/static"]
)
def test_nothing_but_static_files_is_given_out(site: TestClient, path: str) -> None:
    assert site.get(path).status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_forbids_what_no_page_needs(site: TestClient, address: str) -> None:
    headers = site.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert len(headers["x-request-id"]) == 16
    if address.startswith("/graphql?"):
        # No document: nothing in it is run, loaded or framed.
        assert headers["content-type"] == "application/json; charset=utf-8"
        return
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_is_answered_everywhere(site: TestClient, address: str) -> None:
    got, head = site.get(address), site.head(address)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["title"])
def test_every_worked_example_runs_and_shows_something(bureau_site: TestClient, example: dict[str, object]) -> None:
    body = {"query": example["query"], "variables": example["variables"]}
    response = bureau_site.post("/graphql", json=body)
    assert response.status_code == 200
    assert "errors" not in response.json()
    assert emptiness(response.json()["data"]) <= EMPTY.get(str(example["title"]), set())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["title"])
def test_every_worked_example_runs_in_an_archive_that_has_nothing_yet(
    empty_site: TestClient, example: dict[str, object]
) -> None:
    # The example of a past position names the first one, which is not there yet.
    variables = {**dict(example["variables"])} if isinstance(example["variables"], dict) else {}
    if "position" in variables:
        variables["position"] = 0
    response = empty_site.post("/graphql", json={"query": example["query"], "variables": variables})
    assert "errors" not in response.json()


def test_the_worked_examples_are_fifteen_tabs_with_names_of_their_own() -> None:
    names = [re.findall(r"^query (\w+)", example["query"], re.MULTILINE) for example in EXAMPLES]
    assert sorted(len(found) for found in names) == [1] * 15
    assert len({found[0] for found in names}) == len({one["title"] for one in EXAMPLES}) == 15
    text = "".join(example["query"] for example in EXAMPLES)
    for field in (
        "asOf",
        "counts",
        "facets",
        "search",
        "revisions",
        "history",
        "changes",
        "late",
        "requests",
        "entries",
    ):
        assert field in text


def emptiness(value: object, path: str = "") -> set[str]:
    """The lists of an answer that are empty, by where they stand."""
    match value:
        case dict():
            return set().union(*(emptiness(inner, f"{path}.{name}") for name, inner in value.items()))
        case []:
            return {path}
        case list():
            return set().union(*(emptiness(inner, path) for inner in value))
        case _:
            return set()


def test_a_bug_is_answered_in_the_form_that_was_asked_for_and_written_down_without_its_words(
    site: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        message = "张三 asked for it"
        raise RuntimeError(message)

    with monkeypatch.context() as patched:
        patched.setattr(Answers, "answer", fail)
        response = site.post("/graphql", json={"query": "{ archive { position } }"})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert request_id in error["message"]
    assert response.headers["x-content-type-options"] == "nosniff"

    with monkeypatch.context() as patched:
        patched.setattr("archive.web.pages.tallies.years", fail)
        page = site.get("/")
    assert page.status_code == 500
    assert "服务暂时出错" in page.text

    assert site.get("/").status_code == 200
    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.err.splitlines()]
    assert written.out == ""
    assert [line["event"] for line in lines] == ["failed", "served", "failed", "served"]
    assert lines[0]["request"] == lines[1]["request"] == request_id
    assert lines[0]["kind"] == "RuntimeError"
    assert any("test_app.py" in frame for frame in lines[0]["frames"])
    assert "张三" not in written.err + response.text + page.text


def test_diagnostics_never_say_what_was_asked(
    site: TestClient, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: int) -> None:
        message = "失败"
        raise RuntimeError(message)

    monkeypatch.setattr(world.sources.log, "moment_of", fail)
    query = "query 张三的查询($id: ID!) { archive { recordedAt item(by: {id: $id}) { id } } }".replace(
        "张三的查询", "Zhang"
    )
    site.post("/graphql", json={"query": query, "variables": {"id": "张三"}})
    written = capsys.readouterr().err
    assert json.loads(written)["kind"] == "RuntimeError"
    for secret in ("Zhang", "张三", "archive {", "失败"):
        assert secret not in written


def test_without_projections_the_site_says_so(world: World) -> None:
    folder = world.projections.folder
    shutil.rmtree(folder)
    with TestClient(create_app(world.sources, origin=ORIGIN)) as site:
        health = site.get("/healthz")
        assert (health.status_code, health.json()["extensions"]["code"]) == (503, "PRJ-007")
        page = site.get("/?lang=en")
        assert (page.status_code, "PRJ-007" in page.text) == (503, True)
        assert str(folder) not in page.text
        answer = site.post("/graphql", json={"query": "{ archive { position } }"})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "PRJ-007")
        world.follow()
        assert site.get("/healthz").json() == {"ok": True, "position": 49}


def test_a_generation_that_was_switched_is_noticed_between_two_requests(site: TestClient, world: World) -> None:
    query = {"query": "{ archive { position items { totalCount } } }"}
    before = site.post("/graphql", json=query).json()
    world.projections.rebuild()
    assert site.post("/graphql", json=query).json() == before
