"""Sets of numbers, their chunks, and what a statement makes of them."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.projections import sets

numbers = st.sets(st.integers(0, sets.CHUNK - 1), max_size=40) | st.integers(0, 2_000).map(
    lambda count: {number * 4 for number in range(count)}
)


@given(numbers)
def test_a_chunk_holds_the_set_that_was_packed_whichever_way_it_is_written(members: set[int]) -> None:
    packed = sets.packed(sets.of(members))
    assert sets.numbers(sets.bits_of(packed)) == sorted(members)
    assert len(packed) == min(2 * len(members), sets.CHUNK_BYTES)


@given(numbers, st.integers(0, 2_000))
def test_a_chunk_that_grew_is_the_chunk_that_was_packed_at_once(members: set[int], cut: int) -> None:
    ordered = sorted(members)
    grown = sets.grown(sets.grown(b"", ordered[:cut]), ordered[cut:])
    assert grown == sets.packed(sets.of(members))


@given(st.dictionaries(st.integers(0, 4), numbers))
def test_chunks_are_joined_by_their_numbers(chunks: dict[int, set[int]]) -> None:
    joined = sets.joined({chunk: sets.packed(sets.of(members)) for chunk, members in chunks.items()})
    assert joined == sets.of(chunk * sets.CHUNK + one for chunk, members in chunks.items() for one in members)


@pytest.mark.parametrize("found", [set(), {7}, {1, 2, 3, 900}, set(range(1, 1_000)), set(range(3, 1_000, 5))], ids=len)
@pytest.mark.parametrize("listed", [True, False])
def test_a_statement_finds_the_numbers_of_a_set(found: set[int], *, listed: bool) -> None:
    bits = sets.of(found)
    source = "json_each(:found) f CROSS JOIN every ON n = f.value" if listed else "every"
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE every (n INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO every VALUES (?)", [(number,) for number in range(1_100)])
        rows = db.execute(
            f"SELECT n FROM {source} WHERE {sets.is_found('n', listed=listed)}",
            {"found": sets.members(bits, listed=listed)},
        )
        assert {number for (number,) in rows} == found


@pytest.mark.parametrize(
    "found, low, high",
    [
        pytest.param(range(100, 140), True, True, id="few numbers in all"),
        pytest.param(range(100_000, 100_040), False, True, id="high ones"),
        pytest.param([*range(40), 100_000], True, False, id="low ones"),
        pytest.param([1, *range(50_000, 50_040), 100_000], False, False, id="in the middle"),
        pytest.param(range(0, 100_000, 9), True, True, id="everywhere"),
        pytest.param([], False, False, id="none"),
    ],
)
def test_whether_enough_are_near_an_end(found: Iterable[int], *, low: bool, high: bool) -> None:
    bits = sets.of(found)
    assert [sets.near_an_end(bits, enough=40, high=one) for one in (False, True)] == [low, high]
