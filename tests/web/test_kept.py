"""Answers that are kept: the same bytes as if they were made anew, and none of them once anything has changed."""

import gzip
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.world import World
from archive.api.reads import Mark
from archive.api.touched import NOTHING, Parts, Touched
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.erasures import Erase
from archive.domain.errors import Refused
from archive.erasure import finish
from archive.log.log import Log
from archive.vault.store import Vault
from archive.web.app import create_app
from archive.web.kept import KeptAnswers
from archive.web.negotiation import accepts_gzip
from archive.web.operation import Limits
from archive.web.replies import COMPRESSED_BYTES, Finished
from stories import ORIGIN, Clerk, a_published_item, agency_id, item_id, tell

Json = Any  # Any: JSON as a client sends it
TITLES = "{ archive { items(first: 20) { totalCount nodes { id title } } } }"
ONE = f'{{ archive {{ item(by: {{id: "{item_id(1)}"}}) {{ id title agency {{ name }} }} }} }}'
PINNED = "query($at: Position!) { archive(asOf: {position: $at}) { items(first: 20) { nodes { id title } } } }"


def sources(site: TestClient) -> dict[str, int]:
    """Answers to queries so far, by where they came from."""
    families = text_string_to_metric_families(site.get("/metrics").text)
    return {
        one.labels["source"]: int(one.value)
        for family in families
        if family.name == "archive_graphql_answers"
        for one in family.samples
    }


@pytest.fixture
def keeping_none(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=Limits(kept_bytes=0))) as site:
        yield site


# --- the same as if it were made anew ---------------------------------------------------------------------------------
REQUESTS: dict[str, Json] = {
    "get": {"method": "GET", "params": {"query": ONE}},
    "head": {"method": "HEAD", "params": {"query": ONE}},
    "post": {"method": "POST", "json": {"query": ONE}},
    "the newer media type": {
        "method": "GET",
        "params": {"query": ONE},
        "headers": {"accept": "application/graphql-response+json"},
    },
    "refused in Chinese": {"method": "POST", "json": {"query": "{ archive { items(first: 0) { totalCount } } }"}},
    "refused in English": {
        "method": "POST",
        "json": {"query": "{ archive { items(first: 0) { totalCount } } }"},
        "headers": {"accept-language": "en"},
    },
    "not valid": {"method": "GET", "params": {"query": "{ nothing }"}},
    "not JSON": {"method": "POST", "content": b"{", "headers": {"content-type": "application/json"}},
    "another type": {"method": "POST", "content": b"{}", "headers": {"content-type": "text/plain"}},
    "variables": {"method": "POST", "json": {"query": PINNED, "variables": {"at": 40}}},
    "other variables": {"method": "POST", "json": {"query": PINNED, "variables": {"at": 30}}},
    "compressed": {"method": "GET", "params": {"query": TITLES}, "headers": {"accept-encoding": "gzip"}},
    "not compressed": {"method": "GET", "params": {"query": TITLES}, "headers": {"accept-encoding": "identity"}},
    "preflight": {"method": "OPTIONS"},
    "another method": {"method": "PUT"},
}


def test_a_kept_answer_is_the_one_that_would_be_made(site: TestClient, keeping_none: TestClient) -> None:
    """Goal: no request gets another's answer. Method: each is asked twice, among all others, of one that keeps and one that does not."""
    for _ in range(2):
        for request in REQUESTS.values():
            answers = [one.request(url="/graphql", **request) for one in (site, keeping_none)]
            ours, theirs = (
                (one.status_code, one.content, {k: v for k, v in one.headers.items() if k != "x-request-id"})
                for one in answers
            )
            assert ours == theirs
    found = sources(site)
    assert found["request"] > 0
    assert found["run"] < sources(keeping_none)["run"]


def test_who_asks_the_same_in_other_bytes_gets_what_is_kept(site: TestClient) -> None:
    first = site.post("/graphql", json={"query": PINNED, "variables": {"at": 40}})
    written = b'{ "variables" : {"at":40},  "query": "%s" }' % PINNED.encode()
    other = site.post("/graphql", content=written, headers={"content-type": "application/json; charset=utf-8"})
    assert other.content == first.content
    assert sources(site) == {"request": 0, "document": 1, "run": 1}
    # From now on these bytes are known too.
    site.post("/graphql", content=written, headers={"content-type": "application/json; charset=utf-8"})
    assert sources(site) == {"request": 1, "document": 1, "run": 1}


def test_what_could_not_be_answered_is_not_kept(site: TestClient) -> None:
    for _ in range(2):
        site.post("/graphql", json={"query": "{ nothing }"})
        site.post("/graphql", json={"query": "{ archive(atLeast: 50) { position } }"})
    assert sources(site)["request"] == 0


# --- nothing that has changed is given again --------------------------------------------------------------------------
def test_an_entry_is_seen_when_it_is_folded(site: TestClient, world: World, writer: Writer) -> None:
    before = site.get("/graphql", params={"query": "{ archive { position } }"}).json()
    writer.handle(Clerk(9).open_section("archives", on="2018-01-02"))
    assert site.get("/graphql", params={"query": "{ archive { position } }"}).json() == before
    position = world.follow()
    after = site.get("/graphql", params={"query": "{ archive { position } }"})
    assert after.json() == {"data": {"archive": {"position": position}}}
    assert after.headers["x-log-position"] == str(position)


def test_an_append_elsewhere_leaves_what_a_reader_has(site: TestClient, world: World, writer: Writer) -> None:
    first = site.get("/graphql", params={"query": ONE})
    writer.handle(Clerk(9).open_section("archives", on="2018-01-02"))
    world.follow()
    again = site.get("/graphql", params={"query": ONE}, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-log-position"] != first.headers["x-log-position"]


def counted(*years: int) -> str:
    return f"{{ archive {{ counts(years: {[*years]}) {{ year measure value }} }} }}"


def listed(number: int) -> str:
    return f'{{ archive {{ items(filter: {{agencies: ["{agency_id(number)}"]}}) {{ totalCount nodes {{ id }} }} }} }}'


@pytest.mark.parametrize(
    "query, stands",
    [
        pytest.param(ONE, True, id="another item"),
        pytest.param(ONE.replace(item_id(1), item_id(70)), False, id="the item"),
        pytest.param(listed(1), False, id="a list of the agency's items"),
        pytest.param(listed(2), True, id="a list of another agency's items"),
        pytest.param(TITLES, False, id="a list of all items"),
        pytest.param(counted(2018), False, id="counts of the year"),
        pytest.param(counted(2019), False, id="counts of a later year, into which is carried over"),
        pytest.param(counted(2016, 2017), True, id="counts of earlier years"),
        pytest.param("{ archive { position } }", False, id="the position"),
        pytest.param("{ archive { items(first: 1) { pageInfo { endCursor } } } }", False, id="a cursor, which has it"),
        pytest.param("{ archive { agencies { nodes { id name } } } }", True, id="agencies"),
        pytest.param("{ archive { requests(first: 5) { totalCount } } }", False, id="what has no part of its own"),
        pytest.param("{ archive(asOf: {position: 40}) { items { totalCount } } }", True, id="a past position"),
    ],
)
def test_an_entry_lets_go_of_what_it_touches_and_of_nothing_else(
    site: TestClient, keeping_none: TestClient, world: World, writer: Writer, query: str, *, stands: bool
) -> None:
    first = site.get("/graphql", params={"query": query})
    assert "errors" not in first.json()
    before = sources(site)
    tell(writer, a_published_item(Clerk(7), item_id(70)))
    position = world.follow()
    again, made = (one.get("/graphql", params={"query": query}) for one in (site, keeping_none))
    found = sources(site)
    assert (found["request"] - before["request"], found["run"] - before["run"]) == ((1, 0) if stands else (0, 1))
    assert again.content == made.content
    assert again.headers["x-log-position"] == made.headers["x-log-position"]
    assert made.headers["x-log-position"] in {str(position), "40"}


@pytest.mark.parametrize("query, runs", [(ONE, 3), ("{ archive(asOf: {position: 40}) { items { totalCount } } }", 1)])
def test_an_entry_about_an_agency_lets_go_of_all_that_is_read_now(
    site: TestClient, world: World, writer: Writer, query: str, runs: int
) -> None:
    clerk = Clerk(9)
    for _ in range(2):
        site.get("/graphql", params={"query": query})
        writer.handle(clerk.open_section(f"archives-{world.follow()}", on="2018-01-02"))
        world.follow()
    site.get("/graphql", params={"query": query})
    assert sources(site)["run"] == runs


def test_what_is_hidden_is_hidden_at_past_positions_at_once(site: TestClient, world: World, writer: Writer) -> None:
    clerk = Clerk(9)
    asked = {"query": PINNED, "variables": {"at": 40}}
    before = site.post("/graphql", json=asked).json()
    writer.handle(clerk.withdraw(item_id(1), ground="personal-privacy", on="2018-12-01"))
    world.follow()
    after = site.post("/graphql", json=asked).json()
    titles = [
        {one["id"]: one["title"] for one in said["data"]["archive"]["items"]["nodes"]} for said in (before, after)
    ]
    assert titles[0][item_id(1)] != titles[1].get(item_id(1))


@pytest.mark.parametrize("query, variables", [(ONE, {}), (PINNED, {"at": 40})])
def test_a_text_that_is_erased_is_in_no_answer_that_is_given_later(
    query: str,
    variables: Json,
    site: TestClient,
    world: World,
    writer: Writer,
    log: Log,
    disclosures: Disclosures,
    vault: Vault,
) -> None:
    """Goal: as if nothing were kept. Method: beside a site that keeps nothing, at each step of an erasure."""
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=Limits(kept_bytes=0))) as fresh:

        def shown() -> bytes:
            kept, made = (one.post("/graphql", json={"query": query, "variables": variables}) for one in (site, fresh))
            assert kept.content == made.content
            return kept.content

        title = "关于某项目核准的批复".encode()
        before = shown().count(title)
        writer.handle(Erase(id="e" * 32, by="role:administrator", stream=item_id(1), field="text", basis="pipl-47-3"))
        shown()
        world.follow()
        shown()
        finish(log, disclosures, vault, world.projections)
        assert shown().count(title) == before - 1


def test_a_new_generation_is_read(site: TestClient, world: World) -> None:
    first = site.get("/graphql", params={"query": ONE})
    world.projections.rebuild()
    assert site.get("/graphql", params={"query": ONE}).content == first.content
    assert sources(site)["run"] == 2


# --- for how long others may keep it ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query, seconds",
    [
        ("{ archive { position } }", 5),
        ("{ archive(asOf: {position: 40}) { position items(first: 1) { totalCount } } }", 77),
        ("{ archive(asOf: {position: 40}) { position head } }", 5),
        ("{ a: archive(asOf: {position: 40}) { position } b: archive { position } }", 5),
        ("{ a: archive(asOf: {position: 40}) { position } b: archive(asOf: {position: 30}) { position } }", 77),
        ('{ archive(asOf: {recordedAt: "2019-01-01T00:00:00Z"}) { position } }', 5),
        (f'{{ archive(asOf: {{position: 40}}) {{ position }} node(id: "{item_id(1)}") {{ id }} }}', 5),
        ("{ __typename }", 5),
    ],
)
def test_what_stands_at_given_positions_may_be_kept_for_longer(world: World, query: str, seconds: int) -> None:
    with TestClient(create_app(world.sources, origin=ORIGIN, limits=Limits(pinned_seconds=77))) as site:
        for _ in range(2):
            response = site.get("/graphql", params={"query": query})
            assert "errors" not in response.json()
            assert response.headers["cache-control"] == f"public, max-age={seconds}"
        assert site.post("/graphql", json={"query": query}).headers["cache-control"] == "no-store"


# --- compressed ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "accepted, is_compressed",
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("GZIP", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("deflate", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_gzip_is_for_those_who_accept_it(accepted: str | None, *, is_compressed: bool) -> None:
    assert accepts_gzip(accepted) is is_compressed


@pytest.mark.parametrize("address", ["/graphql?query={__schema{types{name description}}}", "/", "/schema.graphql"])
def test_a_compressed_answer_is_the_same_with_a_tag_of_its_own(site: TestClient, address: str) -> None:
    plain = site.get(address, headers={"accept-encoding": "identity"})
    with site.stream("GET", address, headers={"accept-encoding": "gzip"}) as response:
        raw = b"".join(response.iter_raw())
        packed = response.headers
    assert len(plain.content) >= COMPRESSED_BYTES
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert packed["content-encoding"] == "gzip"
    assert packed["content-length"] == str(len(raw))
    assert "content-encoding" not in plain.headers
    for headers in (packed, plain.headers):
        assert "accept-encoding" in headers["vary"]
    assert packed["etag"] != plain.headers["etag"] == f'"{sha256(plain.content).hexdigest()}"'
    again = site.get(address, headers={"accept-encoding": "gzip", "if-none-match": packed["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_short_answer_is_sent_as_it_is(site: TestClient) -> None:
    response = site.get("/graphql", params={"query": "{ __typename }"}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in response.headers


# --- the store ------------------------------------------------------------------------------------------------------------
class Marks:
    """Stores whose mark and changes are set by hand, how often the mark was asked for, and a clock that is moved."""

    def __init__(self) -> None:
        self.head = 0
        self.change: Touched | None = None
        self.error: Exception | None = None
        self.asked = 0
        self.now = 0.0

    def mark(self) -> Mark:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Mark((1, self.head), self.head, self.head, None, None)

    def touched(self, before: Mark, now: Mark) -> Touched | None:
        assert before.head != now.head
        return self.change


def answer_of(size: int, number: int = 0) -> Finished:
    return Finished(200, (), bytes([number % 256]) * size, None)


def test_what_was_read_before_a_change_is_gone_after_it() -> None:
    marks = Marks()
    kept = KeptAnswers(marks, max_bytes=1_000_000, clock=lambda: marks.now)
    assert kept.find("a") is None
    kept.keep(["a", "b"], answer_of(10), position=0, parts=None, size_of_keys=2)
    assert kept.find("a") == kept.find("b") == answer_of(10)
    marks.head = 1
    assert kept.find("a") is None
    marks.head = 0
    assert kept.find("a") is None, "what is let go does not come back"


def of_items(*ids: str) -> Parts:
    parts = Parts()
    parts.items.update(ids)
    return parts


def test_a_change_elsewhere_leaves_an_answer_that_says_the_new_position_and_takes_what_was_read_from_everything() -> (
    None
):
    marks = Marks()
    kept = KeptAnswers(
        marks, max_bytes=1_000_000, clock=lambda: marks.now, provenance=lambda head: ((b"at", b"%d" % head),)
    )
    kept.find("a")
    for key, parts in {
        "one": of_items("one"),
        "two": of_items("two"),
        "all": None,
        "past": Parts(is_pinned=True),
    }.items():
        kept.keep([key], answer_of(10), position=0, parts=parts, size_of_keys=1)
    marks.head, marks.change = 7, NOTHING._replace(items={"two"})
    found = {key: kept.find(key) for key in ("one", "two", "all", "past")}
    assert found == {
        "one": answer_of(10)._replace(headers=((b"at", b"7"),)),
        "two": None,
        "all": None,
        "past": answer_of(10),
    }


def test_an_answer_of_another_position_than_the_one_it_would_be_kept_under_is_not_kept() -> None:
    marks = Marks()
    kept = KeptAnswers(marks, max_bytes=1_000_000, clock=lambda: marks.now)
    kept.find("a")
    kept.keep(["a"], answer_of(10), position=1, parts=of_items("one"), size_of_keys=1)
    assert kept.find("a") is None


def test_nothing_is_kept_while_what_it_is_read_from_cannot_be_read() -> None:
    marks = Marks()
    kept = KeptAnswers(marks, max_bytes=1_000_000, clock=lambda: marks.now)
    kept.find("a")
    kept.keep(["a"], answer_of(10), position=0, parts=None, size_of_keys=1)
    marks.error = Refused("PRJ-007")
    assert kept.find("a") is None
    kept.keep(["a"], answer_of(10), position=0, parts=None, size_of_keys=1)
    assert kept.find("a") is None


def test_requests_of_one_moment_ask_once_whether_anything_has_changed() -> None:
    marks = Marks()
    kept = KeptAnswers(marks, max_bytes=1_000_000, recheck_seconds=0.5, clock=lambda: marks.now)
    for _ in range(3):
        kept.find("a")
    assert marks.asked == 1
    marks.now = 0.5
    kept.find("a")
    assert marks.asked == 2


@given(
    st.integers(0, 60_000),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9_000)), max_size=60),
)
def test_no_more_bytes_are_kept_than_there_may_be(limit: int, asked: list[tuple[int, int]]) -> None:
    """Goal: memory has a bound, and what is there is what was put there last."""
    marks = Marks()
    kept = KeptAnswers(marks, max_bytes=limit, clock=lambda: marks.now)
    newest: dict[int, Finished] = {}
    for number, (key, size) in enumerate(asked):
        found = kept.find(key)
        assert found is None or found == newest[key]
        newest[key] = answer_of(size, number)
        kept.keep([key], newest[key], position=0, parts=None, size_of_keys=0)
        there = [one for one in newest if kept.find(one) is not None]
        assert sum(len(newest[one].body) for one in there) <= limit
