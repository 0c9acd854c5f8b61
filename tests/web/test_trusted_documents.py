"""Trusted documents: asked for by the hash of a file that an administrator has registered, and allowed more than a stranger's."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from starlette.testclient import TestClient

from api.world import World
from archive.api.documents import OPEN, TRUSTED
from archive.api.trusted import MAX_BYTES, read_folder
from archive.domain.errors import Refused
from archive.web.app import create_app
from archive.web.counters import slowest
from archive.web.operation import Limits, alone
from faults.homes import run, told_home
from stories import ORIGIN, Clerk, a_small_archive

TITLES: Final = "query Titles($n: Int) { archive { items(first: $n) { totalCount nodes { id title } } } }\n"
# More aliases than a stranger may use.
LARGE: Final = "{ archive { " + " ".join(f"a{n}: position" for n in range(OPEN.aliases + 1)) + " } }"
# More than a stranger's answer may cost, for pages of a hundred.
DEAR: Final = (
    "query($n: Int) { archive { items(first: $n) { nodes { a: history(first: 100) { ...E } b: history(first: 100) { ...E } "
    "} } } } fragment E on EntryConnection { nodes { id type position recordedAt leafHash bytes } }"
)


def id_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    (made / "portal").mkdir(parents=True)
    for name, text in {"titles": TITLES, "portal/large": LARGE, "portal/dear": DEAR}.items():
        (made / f"{name}.graphql").write_text(text, encoding="utf-8")
    (made / "README.md").write_text("no document")
    return made


@pytest.fixture
def trusting(world: World, folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(world.sources, origin=ORIGIN, trusted=read_folder(folder))) as site:
        yield site


def test_the_id_of_a_document_is_the_hash_of_its_file(folder: Path) -> None:
    assert read_folder(folder) == {id_of(text): text for text in (TITLES, LARGE, DEAR)}


def test_a_document_asked_for_by_its_id_has_the_answer_of_its_text(trusting: TestClient) -> None:
    by_text = trusting.post("/graphql", json={"query": TITLES, "variables": {"n": 2}})
    by_id = trusting.post("/graphql", json={"documentId": id_of(TITLES), "variables": {"n": 2}})
    assert by_id.status_code == 200
    assert by_id.content == by_text.content
    got = trusting.get("/graphql", params={"documentId": id_of(TITLES), "variables": '{"n": 2}'})
    assert got.content == by_text.content
    again = trusting.get(
        "/graphql",
        params={"documentId": id_of(TITLES), "variables": '{"n": 2}'},
        headers={"if-none-match": got.headers["etag"]},
    )
    assert again.status_code == 304


def test_a_kept_answer_of_one_document_is_not_given_for_another(trusting: TestClient) -> None:
    answers = [trusting.post("/graphql", json={"documentId": id_of(text)}).json() for text in (TITLES, LARGE, TITLES)]
    assert answers[0] == answers[2] != answers[1]


@pytest.mark.parametrize("text, variables, code", [(LARGE, {}, "LIMIT_ALIASES"), (DEAR, {"n": 10}, None)])
def test_a_registered_document_may_be_larger_than_a_stranger_s(
    trusting: TestClient, text: str, variables: dict[str, int], code: str | None
) -> None:
    open_one = trusting.post("/graphql", json={"query": text, "variables": variables}).json()
    registered = trusting.post("/graphql", json={"documentId": id_of(text), "variables": variables}).json()
    assert "errors" not in registered
    assert [one["extensions"]["code"] for one in open_one.get("errors", [])] == ([code] if code else [])


def test_a_registered_document_has_limits_too(trusting: TestClient) -> None:
    explained = [
        trusting.post("/graphql/explain", json={**document, "variables": {"n": 100}}).json()
        for document in ({"query": DEAR}, {"documentId": id_of(DEAR)})
    ]
    assert [one["limit"] for one in explained] == [OPEN.cost, TRUSTED.cost]
    assert explained[0]["cost"] == explained[1]["cost"] > OPEN.cost
    assert all(mine > theirs for mine, theirs in zip(TRUSTED, OPEN, strict=True))


@pytest.mark.parametrize("path", ["/graphql", "/graphql/explain"])
@pytest.mark.parametrize("unknown", ["sha256:" + "0" * 64, "titles", "sha256:zz", "\ud800", "x" * 100_000])
def test_an_id_that_nobody_has_registered_is_not_found_and_nothing_else_is_disturbed(
    trusting: TestClient, path: str, unknown: str
) -> None:
    body = b'{"documentId": "%s"}' % unknown.encode("ascii", "backslashreplace")
    answer = trusting.post(path, content=body, headers={"content-type": "application/json"})
    if unknown == "\ud800":
        assert answer.status_code in {200, 400}
    else:
        assert answer.status_code == 404
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "PERSISTED_DOCUMENT_NOT_FOUND"
        assert len(error["message"]) < 200
    assert trusting.post("/graphql", json={"documentId": id_of(TITLES)}).status_code == 200


def test_a_request_says_its_document_once(trusting: TestClient) -> None:
    answer = trusting.post("/graphql", json={"documentId": id_of(TITLES), "query": TITLES})
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["reason"]) == ("BAD_USER_INPUT", "QUERY_AND_ID")


def test_the_slow_documents_name_a_registered_one_as_they_name_its_text(world: World, folder: Path) -> None:
    shared = alone()
    app = create_app(
        world.sources, origin=ORIGIN, trusted=read_folder(folder), shared=shared, limits=Limits(kept_bytes=0)
    )
    with TestClient(app) as site:
        site.post("/graphql", json={"documentId": id_of(TITLES)})
        site.post("/graphql", json={"query": TITLES})
        site.post("/graphql", json={"documentId": "nonsense"})
    (slow,) = slowest(shared.boards, first=10)
    assert (slow.document, slow.runs) == (sha256(TITLES.encode()).hexdigest()[:12], 2)


@pytest.mark.parametrize(
    "content, says",
    [
        pytest.param(b"{ archive { position }", "Syntax Error", id="no GraphQL"),
        pytest.param(b"{ archive { place } }", "Cannot query field", id="not of this schema"),
        pytest.param(b"mutation { archive }", "read only", id="no query"),
        pytest.param("{ archive { position } } # \u00e9".encode("latin-1"), "UTF-8", id="not UTF-8"),
        pytest.param(b"{ archive { position } } #" + b" " * MAX_BYTES, "bytes", id="too large"),
    ],
)
def test_what_could_not_be_run_cannot_be_registered(folder: Path, content: bytes, says: str) -> None:
    (folder / "broken.graphql").write_bytes(content)
    with pytest.raises(Refused, match=says) as refused:
        read_folder(folder)
    assert (refused.value.code, refused.value.facts["path"]) == ("API-028", folder / "broken.graphql")


def test_a_folder_that_is_not_there_is_told_before_anybody_is_answered(tmp_path: Path) -> None:
    home = told_home(tmp_path / "home", a_small_archive(Clerk()))
    with (home / "archive.toml").open("a", encoding="utf-8") as file:
        file.write('documents = "queries"\n')
    for verb in (["config", "check"], ["serve", "--port", "0"]):
        ended = run(["--home", str(home), *verb], cwd=tmp_path)
        assert (ended.returncode, "API-028" in ended.stderr) == (2, True), verb
    (home / "queries").mkdir()
    (home / "queries" / "titles.graphql").write_text(TITLES, encoding="utf-8")
    assert run(["--home", str(home), "config", "check"], cwd=tmp_path).returncode == 0
