"""What a stranger sends to make the site work hard costs little, in proportion to its bytes, and the next is served."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

import pytest
from starlette.testclient import TestClient

from archive.api.documents import Invalid, read_document
from archive.api.schema import SCHEMA
from archive.domain.errors import Refused
from web import attacks
from web.attacks import ATTACKS, MAX_BYTES, body

POSITION = body("{ archive { position } }")
HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}
# A call takes about a tenth of a microsecond: 50 ms of processor time (docs/performance.md has the times measured).
MAX_CALLS = 500_000


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, those written in C too."""
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def document_of(attack: bytes) -> str | None:
    """The document of a body; None where it has none."""
    try:
        said = json.loads(attack)
    except (ValueError, RecursionError):
        return None
    return said.get("query") if isinstance(said, dict) else None


def read(document: str) -> None:
    """Read a document as the site does."""
    with suppress(Invalid, Refused):
        read_document(document, SCHEMA)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_answered_within_bounds_and_so_is_the_next_request(site: TestClient, attack: bytes) -> None:
    assert len(attack) <= MAX_BYTES
    before = site.post("/graphql", content=POSITION, headers=HEADERS)
    answer = site.post("/graphql", content=attack, headers=HEADERS)
    assert answer.status_code in {200, 400}
    errors = answer.json().get("errors", [])
    assert len(errors) <= 20
    assert all(one["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for one in errors)
    after = site.post("/graphql", content=POSITION, headers=HEADERS)
    assert (after.status_code, after.content) == (200, before.content)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_reading_an_attack_calls_no_more_functions_than_50_ms_are_worth(attack: bytes) -> None:
    document = document_of(attack)
    assert document is None or calls_of(lambda: read(document)) <= MAX_CALLS


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(attacks.repeated, id="repeated fields"),
        pytest.param(attacks.in_line, id="inline fragments"),
        pytest.param(attacks.variables, id="variables"),
        pytest.param(attacks.used_variables, id="variables that are used"),
        pytest.param(lambda n: attacks.spread_everywhere(n, 50), id="fragments that spread each other"),
        pytest.param(lambda n: attacks.parents_of_a_fragment(n, n), id="parents of a fragment"),
        pytest.param(attacks.doubling, id="fragments that double"),
        pytest.param(attacks.circle, id="fragments in a circle"),
    ],
)
def test_beyond_the_limits_the_price_grows_with_the_bytes(of: Callable[[int], bytes]) -> None:
    sizes = [of(n) for n in (250, 500, 1_000)]
    calls = [calls_of(partial(read, text)) for text in map(document_of, sizes) if text is not None]
    grown = [len(sizes[n + 1]) / len(sizes[n]) for n in range(2)]
    assert all(calls[n + 1] <= calls[n] * grown[n] * 1.2 + 1_000 for n in range(2))
