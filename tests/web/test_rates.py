"""Rates: a client may ask so often and no more, is told what is left, and is who it is and not who it says it is."""

from array import array
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Scope

from api.world import World
from archive.domain.errors import Refused
from archive.web.app import create_app
from archive.web.operation import Limits
from archive.web.rates import CELLS, WINDOW_SECONDS, Rates, Table, client_of, networks
from stories import ORIGIN

QUERY: Final = "{ archive { position } }"
PROXIES: Final = networks("10.0.0.0/8, 2001:db8:ffff::/48")


def scope(peer: str | None = "192.0.2.1", forwarded: str | None = None) -> Scope:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode("latin-1"))]
    return {"client": None if peer is None else (peer, 50_000), "headers": headers}


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def table() -> Table:
    return Table(array("d", bytes(8 * CELLS)), b"a secret")


# --- how often --------------------------------------------------------------------------------------------------------
def test_all_that_a_client_may_ask_may_be_asked_at_once_and_then_one_more_whenever_its_time_has_passed() -> None:
    clock = Clock()
    rates = Rates(table(), per_minute=60, clock=clock)
    assert [rates.take(scope()).left for _ in range(61)] == [*range(59, -1, -1), -1]
    clock.now += 1.0
    assert [rates.take(scope()).left for _ in range(2)] == [0, -1]
    clock.now += WINDOW_SECONDS
    assert rates.take(scope()).left == 59


def test_whoever_waits_as_long_as_it_is_told_is_let_in() -> None:
    clock = Clock()
    rates = Rates(table(), per_minute=7, clock=clock)
    for _ in range(7):
        assert rates.take(scope()).left >= 0
    refused = rates.take(scope())
    assert (refused.left, refused.limit) == (-1, 7)
    clock.now += refused.seconds
    assert rates.take(scope()).left >= 0


@given(per_minute=st.integers(1, 50), pauses=st.lists(st.floats(0, 20), max_size=200))
def test_in_no_sixty_seconds_are_more_let_in_than_twice_the_limit_nor_after_a_quiet_minute_fewer(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    rates = Rates(table(), per_minute=per_minute, clock=clock)
    let_in: list[float] = []
    for pause in pauses:
        clock.now += pause
        if rates.take(scope()).left >= 0:
            let_in.append(clock.now)
        assert sum(clock.now - at < WINDOW_SECONDS for at in let_in) <= 2 * per_minute
    clock.now += WINDOW_SECONDS
    assert all(rates.take(scope()).left >= 0 for _ in range(per_minute))


def test_one_client_does_not_use_up_what_another_may_ask() -> None:
    rates = Rates(table(), per_minute=1, clock=Clock())
    assert [rates.take(scope(f"192.0.2.{n}")).left for n in range(200)] == [0] * 200
    assert rates.take(scope("192.0.2.7")).left == -1


def test_more_clients_than_there_is_room_for_are_never_refused_for_each_other() -> None:
    rates = Rates(table(), per_minute=2, clock=Clock())
    assert all(
        rates.take(scope(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")).left == 1 for n in range(CELLS // 2 + CELLS // 8)
    )


def test_the_table_holds_no_address_that_one_could_look_up_without_the_secret() -> None:
    cells = [array("d", bytes(8 * CELLS)) for _ in range(2)]
    for one, secret in zip(cells, (b"one", b"two"), strict=True):
        Rates(Table(one, secret), per_minute=1, clock=Clock()).take(scope())
    names = [{name for name in one if name} for one in cells]
    assert not names[0] & names[1] - {1_060.0}


# --- who --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "peer, forwarded, client",
    [
        pytest.param("192.0.2.1", None, "192.0.2.1", id="a peer"),
        pytest.param("192.0.2.1", "198.51.100.7", "192.0.2.1", id="a peer that says it is another"),
        pytest.param("10.1.2.3", "198.51.100.7", "198.51.100.7", id="behind a proxy"),
        pytest.param(
            "10.1.2.3", "203.0.113.9, 198.51.100.7", "198.51.100.7", id="with an address of its own invention"
        ),
        pytest.param("10.1.2.3", "198.51.100.7, 10.9.9.9", "198.51.100.7", id="behind two proxies"),
        pytest.param("10.1.2.3", "198.51.100.7, nonsense", "10.1.2.3", id="behind a proxy that writes nonsense"),
        pytest.param("10.1.2.3", None, "10.1.2.3", id="a proxy that says nothing"),
        pytest.param("10.1.2.3", "198.51.100.7:4711", "198.51.100.7", id="with a port"),
        pytest.param("10.1.2.3", "[2001:db8::1]:4711", "2001:db8::/64", id="IPv6 with a port"),
        pytest.param("2001:db8:ffff::2", "2001:db8::5", "2001:db8::/64", id="a proxy with IPv6"),
        pytest.param("2001:db8:0:7:1:2:3:4", None, "2001:db8:0:7::/64", id="an address of IPv6 is its network"),
        pytest.param("::ffff:192.0.2.1", None, "192.0.2.1", id="IPv4 written as IPv6"),
        pytest.param(None, "198.51.100.7", "unknown", id="nobody"),
        pytest.param("10.1.2.3", ", ".join(["10.0.0.1"] * 1_000), "10.0.0.1", id="a thousand proxies"),
    ],
)
def test_a_client_is_the_last_address_that_no_proxy_of_ours_has(
    peer: str | None, forwarded: str | None, client: str
) -> None:
    assert client_of(scope(peer, forwarded), PROXIES) == client


@pytest.mark.parametrize("listed", ["10.0.0.0/33", "office", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_what_is_no_address_and_no_network_is_refused(listed: str) -> None:
    with pytest.raises(Refused, match="CFG-003"):
        networks(listed)


# --- on the site ------------------------------------------------------------------------------------------------------
@pytest.fixture
def limited(world: World) -> Iterator[TestClient]:
    limits = Limits(requests_per_minute=2, proxies=PROXIES)
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=limits), client=("10.0.0.1", 1)) as site:
        yield site


def test_a_query_too_many_has_status_429_the_standard_fields_and_a_sentence_in_the_reader_s_language(
    limited: TestClient,
) -> None:
    answers = [
        limited.post("/graphql", json={"query": QUERY}, headers={"accept-language": language})
        for language in ("zh", "zh", "zh", "en")
    ]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert [one.headers["ratelimit"].partition(";t=")[0] for one in answers] == [
        '"client";r=1',
        '"client";r=0',
        '"client";r=0',
        '"client";r=0',
    ]
    assert {one.headers["ratelimit-policy"] for one in answers} == {'"client";q=2;w=60'}
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert answers[2].headers["cache-control"] == "no-store"
    assert [one.json()["errors"][0]["extensions"]["code"] for one in answers[2:]] == ["LIMIT_RATE"] * 2
    messages = [one.json()["errors"][0]["message"] for one in answers[2:]]
    assert messages == ["您的地址每分钟最多可发 2 个请求,现已用完。", "Your address may ask 2 times a minute, and has."]


def test_a_page_too_many_says_so_as_a_page(limited: TestClient) -> None:
    shown = [limited.get("/requests") for _ in range(3)]
    assert [one.status_code for one in shown] == [200, 200, 429]
    assert shown[2].headers["content-type"].startswith("text/html")
    assert "WEB-011" in shown[2].text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/version", "/static/site.css", "/log/vkey"])
def test_who_watches_over_the_site_and_who_mirrors_its_log_is_not_counted(limited: TestClient, path: str) -> None:
    answers = [limited.get(path) for _ in range(5)]
    assert 429 not in {one.status_code for one in answers}
    assert "ratelimit" not in answers[0].headers
    assert limited.post("/graphql", json={"query": QUERY}).headers["ratelimit"].startswith('"client";r=1')


def test_behind_a_proxy_that_is_named_each_client_has_its_own(limited: TestClient) -> None:
    def ask(client: str) -> int:
        return limited.get("/graphql", params={"query": QUERY}, headers={"x-forwarded-for": client}).status_code

    assert [ask(f"198.51.100.{n}") for n in (1, 1, 2, 1, 2, 3)] == [200, 200, 200, 429, 200, 200]


def test_without_a_rate_nothing_is_said_of_one(site: TestClient) -> None:
    answers = [site.post("/graphql", json={"query": QUERY}) for _ in range(5)]
    assert {(one.status_code, "ratelimit" in one.headers) for one in answers} == {(200, False)}
