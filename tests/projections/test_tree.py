"""The tiles in the file are those of the entries: whatever the batches, at every size, and never beyond what is published."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from hashlib import sha256

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.domain.errors import Corrupt
from archive.log.log import Log
from archive.merkle.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from archive.merkle.refusal import Unsound
from archive.merkle.tiles import FULL_BYTES, WIDTH, Tile, row_length, tiles_of
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES, Hashes, hashes_of, leaf_hash, leaf_row, root_at, root_of
from archive.projections import tree
from archive.projections.proofs import Prover
from archive.projections.runner import Projections
from archive.storage.contract import Row
from projections.oracle import Told
from projections.tale import reading
from projections.test_runner import digests, serving_file

MOST = 65_793
ROWS = [Row(position, b"", 1, "of any type", b"%d" % position) for position in range(1, MOST + 1)]
LEAVES = leaf_row(row.entry for row in ROWS)
EDGES = [1, 2, 255, 256, 257, 511, 512, 513, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, MOST]


@cache
def hashes() -> Hashes:
    return hashes_of(LEAVES)


def new_file() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for statement in tree.TABLES:
        db.execute(statement)
    return db


def rows_of(db: sqlite3.Connection) -> list[tuple[int, int, bytes]]:
    return db.execute("SELECT * FROM tree_tiles ORDER BY level, number").fetchall()


@pytest.fixture(scope="module")
def whole() -> Iterator[sqlite3.Connection]:
    """All entries, folded in batches of a rebuild."""
    with closing(new_file()) as db:
        for first in range(0, MOST, 4_000):
            tree.apply_rows(db, ROWS[first : first + 4_000])
        yield db


# --- the fold ---------------------------------------------------------------------------------------------------------
def test_every_tile_is_that_of_the_entries(whole: sqlite3.Connection) -> None:
    expected = []
    for tile in tiles_of(MOST):
        nodes = [(8 * tile.level, tile.number * WIDTH + at) for at in range(tile.width)]
        expected.append((tile.level, tile.number, b"".join(root_of(_leaves(*node)) for node in nodes)))
    assert rows_of(whole) == expected


def _leaves(level: int, number: int) -> bytes:
    return LEAVES[(number << level) * HASH_BYTES : ((number + 1) << level) * HASH_BYTES]


@pytest.mark.parametrize("around", [256, 512, 65_536])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_entry_by_entry_the_tiles_are_the_same(around: int, batch: int) -> None:
    """Goal: the moments at which tiles become full. Method: come there at once, go across in small batches, compare."""
    with closing(new_file()) as small, closing(new_file()) as once:
        tree.apply_rows(small, ROWS[: around - 3])
        tree.apply_rows(once, ROWS[: around - 3])
        for first in range(around - 3, around + 3, batch):
            until = min(first + batch, around + 3)
            tree.apply_rows(small, ROWS[first:until])
            assert tree.root(small, until) == root_at(until, hashes())
            assert {len(row) for _, _, row in rows_of(small) if len(row) > FULL_BYTES} == set()
        tree.apply_rows(once, ROWS[around - 3 : around + 3])
        assert rows_of(small) == rows_of(once)


@given(lengths=st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_tiles_depend_on_the_entries_alone_and_not_on_batches(lengths: list[int]) -> None:
    with closing(new_file()) as parts, closing(new_file()) as once:
        at = 0
        for length in lengths:
            tree.apply_rows(parts, ROWS[at : at + length])
            at += length
        tree.apply_rows(once, ROWS[:at])
        assert rows_of(parts) == rows_of(once)


def test_a_full_tile_is_never_written_again() -> None:
    with closing(new_file()) as db:
        tree.apply_rows(db, ROWS[:500])
        db.execute(
            "CREATE TRIGGER full_tiles_stay BEFORE DELETE ON tree_tiles WHEN length(OLD.hashes) = 8192"
            " BEGIN SELECT raise(ABORT, 'a full tile is replaced'); END"
        )
        db.execute("PRAGMA recursive_triggers = ON")
        for first in range(500, 1_100, 7):
            tree.apply_rows(db, ROWS[first : first + 7])
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT OR REPLACE INTO tree_tiles SELECT * FROM tree_tiles WHERE level = 0 AND number = 0")


def test_a_file_whose_edge_is_lost_is_not_folded_on() -> None:
    with closing(new_file()) as db:
        tree.apply_rows(db, ROWS[:300])
        db.execute("UPDATE tree_tiles SET hashes = substr(hashes, 33) WHERE number = 1")
        with pytest.raises(Corrupt) as stopped:
            tree.apply_rows(db, ROWS[300:301])
    assert (stopped.value.code, stopped.value.facts) == ("PRJ-011", {"level": 0, "number": 1, "width": 44})


# --- reads ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", EDGES)
def test_the_root_at_every_size_is_that_of_the_entries(whole: sqlite3.Connection, size: int) -> None:
    assert tree.root(whole, size) == root_at(size, hashes())


def test_the_root_of_nothing_is_that_of_the_empty_tree(whole: sqlite3.Connection) -> None:
    assert tree.root(whole, 0) == EMPTY_ROOT


@given(size=st.sampled_from(EDGES) | st.integers(1, MOST), data=st.data())
def test_a_tile_is_served_at_every_width_up_to_the_published_one_and_not_beyond(
    whole: sqlite3.Connection, size: int, data: st.DataObject
) -> None:
    """Goal: what is not published is not told. Method: ask at a size below what is folded, for each width around it."""
    level = data.draw(st.integers(0, 3))
    number = data.draw(st.sampled_from([0, row_length(level, size) // WIDTH]) | st.integers(0, 300))
    width = data.draw(st.integers(1, WIDTH))
    wanted = Tile(level, number, width)
    if number * WIDTH + width <= row_length(level, size):
        found = tree.tile(whole, wanted, published=size)
        assert found == (dict(_by_number(whole, level))[number])[: width * HASH_BYTES]
        return
    with pytest.raises(Unsound) as refused:
        tree.tile(whole, wanted, published=size)
    assert (refused.value.code, refused.value.facts) == ("TIL-002", {"level": level, "number": number, "size": size})


def _by_number(db: sqlite3.Connection, level: int) -> list[tuple[int, bytes]]:
    return db.execute("SELECT number, hashes FROM tree_tiles WHERE level = ?", (level,)).fetchall()


def test_what_is_folded_and_not_published_looks_like_what_is_not_there(whole: sqlite3.Connection) -> None:
    for wanted in (Tile(0, 1, 45), Tile(0, 2, 1), Tile(0, 9_999, 1), Tile(1, 0, 2)):
        with pytest.raises(Unsound) as refused:
            tree.tile(whole, wanted, published=300)
        assert refused.value.facts == {"level": wanted.level, "number": wanted.number, "size": 300}


# --- proofs -----------------------------------------------------------------------------------------------------------
@given(data=st.data())
def test_proofs_from_the_file_are_proofs_from_the_list(whole: sqlite3.Connection, data: st.DataObject) -> None:
    """Goal: what is kept is right at every size. Method: one prover that keeps two tiles, many sizes up and down."""
    prover = Prover(whole, kept=data.draw(st.sampled_from([1, 2, 100])))
    for _ in range(6):
        size = data.draw(st.sampled_from(EDGES) | st.integers(1, MOST))
        index = data.draw(st.sampled_from([0, size - 1]) | st.integers(0, size - 1))
        old = data.draw(st.sampled_from([0, 1, size]) | st.integers(0, size))
        proof = prover.inclusion(index, size)
        assert proof == prove_inclusion(index, size, hashes()) == prove_inclusion(index, size, tree.hashes(whole, size))
        assert prover.consistency(old, size) == prove_consistency(old, size, hashes())
        check_inclusion(index, size, leaf=leaf_hash(ROWS[index].entry), proof=proof, root=tree.root(whole, size))


def test_a_prover_keeps_no_more_tiles_than_it_may_and_reads_none_twice(whole: sqlite3.Connection) -> None:
    statements: list[str] = []
    whole.set_trace_callback(statements.append)
    try:
        prover = Prover(whole, kept=5)
        for _ in range(5):
            prover.inclusion(70, MOST)
        assert len(statements) == len(set(statements)) == len(prover._tiles)
        for index in range(0, 2_560, WIDTH):
            prover.inclusion(index, MOST)
        assert len(prover._tiles) == 5
    finally:
        whole.set_trace_callback(None)


# --- as one of the projections ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("limit", [1, 7, 5_000])
def test_the_tree_is_folded_with_the_others(tale: Told, projections: Projections, log: Log, limit: int) -> None:
    head = projections.follow(limit=limit)
    row = leaf_row(one.entry for one in log.rows(after=0, limit=head))
    with reading(projections.folder) as one:
        prover = Prover(one.db)
        for size in range(1, head + 1):
            assert tree.root(one.db, size) == root_of(row[: size * HASH_BYTES])
            check_consistency(
                size,
                head,
                old_root=root_of(row[: size * HASH_BYTES]),
                new_root=root_of(row),
                proof=prover.consistency(size, head),
            )


def test_a_rebuilt_tree_is_the_one_that_was_followed(tale: Told, projections: Projections) -> None:
    projections.follow(limit=11)
    before = digests(projections)
    assert projections.rebuild(["tree"], compare=True).changed == []
    assert projections.rebuild(compare=True).changed == []
    assert digests(projections) == before


def test_the_digest_of_the_tree_notices_one_bit(tale: Told, projections: Projections) -> None:
    projections.follow()
    before = digests(projections)
    with closing(sqlite3.connect(serving_file(projections), isolation_level=None)) as db:
        (row,) = db.execute("SELECT hashes FROM tree_tiles WHERE level = 0 AND number = 0").fetchone()
        db.execute("UPDATE tree_tiles SET hashes = ?", (bytes([row[0] ^ 1]) + row[1:],))
    changed = {name for name, digest in digests(projections).items() if digest != before[name]}
    assert changed == {"tree"}


def test_anyone_can_recompute_the_digest_of_the_tree(tale: Told, projections: Projections) -> None:
    projections.follow()
    with closing(sqlite3.connect(serving_file(projections))) as db:
        lines = db.execute("SELECT json_array(level, number, hex(hashes)) FROM tree_tiles ORDER BY level, number")
        said = "\n".join(['["tree_tiles","level","number","hashes"]', *(line for (line,) in lines), ""])
    assert projections.digest("tree").numbers == sha256(said.encode()).hexdigest()
