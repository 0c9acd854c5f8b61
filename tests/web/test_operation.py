import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from api.world import World
from archive import __version__
from archive.api.answers import Answers
from archive.api.schema import print_sdl
from archive.commands import Writer
from archive.domain.errors import Corrupt, Refused
from archive.web import counters, operation
from archive.web.app import Around, create_app, routes_of
from archive.web.counters import Counters, hash_of
from archive.web.operation import Draining, Following, Limits, alone
from stories import ORIGIN, Clerk, tell

QUERY: Final = "{ archive { position } }"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(site: TestClient) -> Samples:
    """Name and labels -> value, as Prometheus reads them."""
    response = site.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(response.text)
        for one in family.samples
    }


def answered(found: Samples) -> dict[tuple[str, str], float]:
    """Route and status -> how many."""
    return {
        (labels["route"], labels["status"]): value
        for (name, pairs), value in found.items()
        if name == "archive_http_requests_total"
        for labels in [dict(pairs)]
    }


def checks(site: TestClient) -> tuple[int, dict[str, Any]]:  # Any: JSON as a client reads it
    response = site.get("/readyz")
    said = response.json()
    assert said["ready"] == (response.status_code == 200) == all(one["ok"] for one in said["checks"].values())
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, said["checks"]


# --- /readyz ----------------------------------------------------------------------------------------------------------
def test_a_site_that_is_ready_names_what_it_has_looked_at(world: World) -> None:
    limits = Limits(ready_lag=5, writes=world.projections.folder)
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=limits)) as site:
        assert checks(site) == (
            200,
            {
                "log": {"ok": True, "position": 49},
                "projections": {"ok": True, "position": 49},
                "lag": {"ok": True, "limit": 5, "entries": 0},
                "follower": {"ok": True, "state": "waiting"},
                "disk": {"ok": True},
                "accepting": {"ok": True},
            },
        )


def test_projections_too_far_behind_the_log_are_not_ready(world: World, writer: Writer) -> None:
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=Limits(ready_lag=1))) as site:
        clerk = Clerk(5)
        tell(writer, [clerk.open_section("later")])
        assert checks(site)[0] == 200
        tell(writer, [clerk.open_section("latest")])
        status, found = checks(site)
        assert (status, found["lag"]) == (503, {"ok": False, "limit": 1, "entries": 2})
        world.follow()
        assert checks(site)[0] == 200


def test_a_log_that_cannot_be_read_is_named_and_tells_no_path(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise Refused("LOG-002", path=world.projections.folder)

    with TestClient(create_app(world.sources, origin=ORIGIN)) as site:
        monkeypatch.setattr(world.sources.log, "head", fail)
        response = site.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["log"] == {"ok": False, "code": "LOG-002"}
        assert response.json()["checks"]["lag"] == {"ok": False, "limit": operation.READY_LAG}
        assert str(world.projections.folder) not in response.text
        found = samples(site)
        assert ("archive_log_position", ()) not in found
        assert found["archive_projections_position", ()] == 49


def test_projections_that_are_not_there_are_named(empty_site: TestClient, world: World) -> None:
    (world.projections.folder / "current").unlink()
    with TestClient(create_app(world.sources, origin=ORIGIN)) as site:
        status, found = checks(site)
        assert (status, found["projections"]["ok"], found["log"]["ok"]) == (503, False, True)
        assert ("archive_projections_lag_entries", ()) not in samples(site)


@pytest.mark.parametrize("state", Following)
def test_what_the_follower_does_is_told(world: World, state: Following) -> None:
    shared = alone()
    shared.following = state
    trouble = Corrupt("LOG-007", position=50, reason="form") if state is Following.STOPPED else None
    with TestClient(create_app(world.sources, origin=ORIGIN, shared=shared, trouble=lambda: trouble)) as site:
        status, found = checks(site)
        ok = state not in {Following.STARTING, Following.STOPPED}
        assert (status, found["follower"]["ok"]) == (200 if ok else 503, ok)
        assert found["follower"]["state"] == state.name.lower()
        assert found["follower"].get("code") == (None if trouble is None else "LOG-007")
        measured = samples(site)
        for one in Following:
            label = ("archive_follower_state", one.name.lower())
            assert measured["archive_follower_state", (label,)] == (one is state)


def test_a_disk_that_cannot_be_written_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=1, f_frsize=4096)

    def read_only(*_: object) -> bool:
        return False

    folder = world.projections.folder
    for limits, patched, reason in (
        (Limits(writes=folder / "none"), {}, "missing"),
        (Limits(writes=folder), {"access": read_only}, "read-only"),
        (Limits(writes=folder), {"statvfs": full}, "full"),
    ):
        with (
            TestClient(create_app(world.sources, origin=ORIGIN, limits=limits)) as site,
            monkeypatch.context() as patches,
        ):
            for name, double in patched.items():
                patches.setattr(os, name, double)
            status, found = checks(site)
            assert (status, found["disk"]) == (503, {"ok": False, "reason": reason})


def test_a_site_that_was_told_to_end_is_not_ready_and_still_answers(world: World) -> None:
    draining = Draining()
    with TestClient(create_app(world.sources, origin=ORIGIN, draining=draining)) as site:
        assert checks(site)[0] == 200
        draining.begun = True
        status, found = checks(site)
        assert (status, found["accepting"]) == (503, {"ok": False})
        assert site.get("/healthz").status_code == 200
        assert site.post("/graphql", json={"query": QUERY}).status_code == 200


# --- /version ---------------------------------------------------------------------------------------------------------
def test_the_version_names_program_log_and_schema(site: TestClient) -> None:
    assert site.get("/version").json() == {
        "version": __version__,
        "origin": ORIGIN,
        "schema": sha256(print_sdl().encode()).hexdigest(),
    }


# --- /metrics ---------------------------------------------------------------------------------------------------------
def test_answers_are_counted_by_route_and_status(site: TestClient) -> None:
    site.get("/")
    site.get("/requests/2018-1")
    etag = site.get("/schema.graphql", headers={"accept-encoding": "identity"}).headers["etag"]
    site.get("/schema.graphql", headers={"accept-encoding": "identity", "if-none-match": etag})
    site.post("/graphql", json={"query": QUERY})
    site.post("/graphql", content="nonsense", headers={"content-type": "application/json"})
    site.get("/static/site.css")
    site.get("/no/such/page")
    site.put("/")
    found = samples(site)
    assert answered(found) == {
        ("/", "200"): 1,
        ("/", "405"): 1,
        ("/requests/{key}", "200"): 1,
        ("/schema.graphql", "200"): 1,
        ("/schema.graphql", "304"): 1,
        ("/graphql", "200"): 1,
        ("/graphql", "400"): 1,
        ("/static", "200"): 1,
        ("other", "404"): 1,
    }
    sdl = len(print_sdl().encode())
    assert found["archive_http_response_body_bytes_total", (("route", "/schema.graphql"),)] == sdl
    count = found["archive_http_request_duration_seconds_count", (("route", "/graphql"),)]
    within = found["archive_http_request_duration_seconds_bucket", (("le", "+Inf"), ("route", "/graphql"))]
    assert count == within == 2
    assert found["archive_http_request_duration_seconds_sum", (("route", "/graphql"),)] > 0
    assert found["archive_http_requests_in_flight", ()] == 1
    assert (found["archive_log_position", ()], found["archive_projections_position", ()]) == (49, 49)
    assert (found["archive_projections_lag_entries", ()], found["archive_workers", ()]) == (0, 1)
    assert found["archive_build_info", (("version", __version__),)] == 1
    assert answered(samples(site))["/metrics", "200"] == 1


def test_an_answer_that_failed_is_counted(
    site: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patches:
        patches.setattr(Answers, "answer", fail)
        site.post("/graphql", json={"query": QUERY})
    found = samples(site)
    assert answered(found)["/graphql", "500"] == 1
    assert found["archive_http_requests_in_flight", ()] == 1
    (line,) = [one for one in map(json.loads, capsys.readouterr().err.splitlines()) if one["event"] == "served"]
    assert (line["route"], line["status"]) == ("/graphql", 500)


def test_every_route_has_a_name_of_its_own(site: TestClient, world: World) -> None:
    app = create_app(world.sources, origin=ORIGIN)
    assert isinstance(app, Around)
    names = routes_of(app._app)
    assert len(set(names)) == len(names)
    assert {"/", "/graphql", "/requests/{key}", "/static", "other"} <= set(names)


def a_site(answer: Callable[[Scope, Receive, Send], Any], board: list[float]) -> TestClient:  # Any: an awaitable
    class Endpoint:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await answer(scope, receive, send)

    return TestClient(Around(Starlette(routes=[Route("/", Endpoint())]), Counters(board)))


def test_a_reader_who_left_is_counted_as_one() -> None:
    async def gone(*_: object) -> None:
        raise ClientDisconnect

    board = [0.0] * counters.CELLS
    a_site(gone, board).get("/")
    assert counters.served([board], 0).statuses == {499: 1}
    assert counters.in_flight([board]) == 0


def test_a_slow_answer_is_noted_with_its_route_and_the_hash_of_its_document(
    site: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("archive.web.diagnostics.SLOW_SECONDS", 0.0)
    response = site.post("/graphql", json={"query": QUERY})
    site.get("/requests/2018-1")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["request"] == response.headers["x-request-id"]
    assert (first["event"], first["route"], first["document"]) == ("served", "/graphql", hash_of(QUERY))
    assert (second["route"], "document" in second) == ("/requests/{key}", False)


def test_every_metric_and_check_is_in_the_administrators_manual(world: World) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "administrator.md").read_text(encoding="utf-8")
    limits = Limits(writes=world.projections.folder)
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=limits)) as site:
        _, found = checks(site)
        families = text_string_to_metric_families(site.get("/metrics").text)
    assert [name for name in found if f"| `{name}` |" not in manual] == []
    names = {one.name.removesuffix("_info") for one in families}
    assert [name for name in names if f"`{name}" not in manual] == []


# --- /slow ------------------------------------------------------------------------------------------------------------
def test_slow_documents_are_shown_on_the_port_of_their_own_alone(world: World) -> None:
    # Every answer is run: none is kept.
    limits = Limits(own_port=9_100, kept_bytes=0)
    app = create_app(world.sources, origin=ORIGIN, limits=limits)
    with TestClient(app) as public, TestClient(app, base_url="http://127.0.0.1:9100") as own:
        for _ in range(2):
            public.post("/graphql", json={"query": QUERY})
        public.post("/graphql", content="nonsense", headers={"content-type": "application/json"})
        assert public.get("/slow").status_code == 404
        assert public.get("/slow", headers={"host": "127.0.0.1:9100"}).status_code == 404
        response = own.get("/slow")
        assert response.headers["cache-control"] == "no-store"
        (found,) = response.json()["documents"]
        assert (found["document"], found["runs"]) == (hash_of(QUERY), 2)
        assert 0 < found["slowest"] <= found["seconds"]
        assert own.get("/readyz").status_code == 200
    with TestClient(create_app(world.sources, origin=ORIGIN)) as site:
        assert site.get("/slow").status_code == 404


def test_the_price_of_a_document_is_what_its_answer_says() -> None:
    prices = iter(["7", "12", "9"])

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["ran"] = (hash_of(QUERY), 0.5)
        await PlainTextResponse("", headers={"x-query-cost": next(prices)})(scope, receive, send)

    board = [0.0] * counters.CELLS
    site = a_site(answer, board)
    for _ in range(3):
        site.get("/")
    assert counters.slowest([board], first=10) == [(hash_of(QUERY), 3, 1.5, 0.5, 12)]


# --- nobody is in it --------------------------------------------------------------------------------------------------
def test_nothing_that_was_asked_and_nobody_who_asked_is_in_metrics_or_diagnostics(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Goal: nothing personal. Method: a word of its own in every part of requests that succeed, fail and break."""
    words = ["Wangxiaoming", "王小明", "10.9.8.7", "secretagent"]
    monkeypatch.setattr("archive.web.diagnostics.SLOW_SECONDS", 0.0)
    headers = {
        "x-forwarded-for": "10.9.8.7",
        "forwarded": "for=10.9.8.7",
        "user-agent": "secretagent",
        "referer": "https://example.org/Wangxiaoming",
        "cookie": "name=Wangxiaoming",
        "x-request-id": "Wangxiaoming",
        "authorization": "Bearer Wangxiaoming",
    }
    limits = Limits(own_port=80)
    app = create_app(world.sources, origin=ORIGIN, limits=limits)
    with TestClient(app, headers=headers, client=("10.9.8.7", 4711), raise_server_exceptions=False) as site:
        ask = "query Wangxiaoming($text: String) { archive { items(search: $text) { totalCount } } }"

        def every_way() -> None:
            site.post("/graphql", json={"query": ask, "variables": {"text": "王小明"}})
            site.post("/graphql", json={"query": "{ Wangxiaoming }"})
            site.post("/graphql", json={"query": ask, "operationName": "王小明"})
            site.get("/graphql", params={"query": ask, "variables": json.dumps({"text": "王小明"})})
            for path in ("/search?q=王小明", "/requests/Wangxiaoming", "/王小明", "/static/王小明", "/?lang=王小明"):
                site.get(path)
            site.request("WANGXIAOMING", "/")

        def fail(*_: object, **__: object) -> None:
            message = "王小明 was refused"
            raise RuntimeError(message)

        every_way()
        with monkeypatch.context() as patches:
            patches.setattr(Answers, "answer", fail)
            patches.setattr("archive.web.pages.items_of", fail)
            every_way()
        told = "".join(site.get(path).text for path in ("/metrics", "/slow", "/readyz", "/version", "/healthz"))
    written = capsys.readouterr()
    assert written.out == ""
    assert '"event": "failed"' in written.err
    assert hash_of(ask) in told
    for word in words:
        assert word.lower() not in (told + written.err).lower()
