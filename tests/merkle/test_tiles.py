"""Tiles: their paths, which there are, what is in them, and that proofs from them are proofs from the list."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.merkle.proof import consistency_ranges, inclusion_ranges, prove_consistency, prove_inclusion
from archive.merkle.tiles import (
    FULL_BYTES,
    WIDTH,
    Bundle,
    OpenTile,
    Tile,
    bundles_of,
    decode_bundle,
    encode_bundle,
    grow,
    hashes_in,
    must_be_within,
    parse_path,
    row_length,
    tile_at,
    tiles_behind,
    tiles_of,
)
from archive.merkle.tree import HASH_BYTES, Hashes, hashes_of, leaf_row, nodes_between, root_at, root_of
from merkle.refusals import refusal

MOST = 66_000
ROW = leaf_row(b"entry %d" % number for number in range(MOST))
HASHES = hashes_of(ROW)
# Where full tiles, partial tiles and levels begin and end.
EDGES = [1, 2, 255, 256, 257, 511, 512, 513, 65_279, 65_280, 65_535, 65_536, 65_537, 65_793]


# --- paths ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "tile, path",
    [
        (Tile(0, 0, WIDTH), "tile/0/000"),
        (Tile(0, 1_234_067, WIDTH), "tile/0/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1_000, 1), "tile/1/x001/000.p/1"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (Bundle(1_234_067, WIDTH), "tile/entries/x001/x234/067"),
        (Bundle(0, 5), "tile/entries/000.p/5"),
        (Tile(0, 2**64 - 1, WIDTH), "tile/0/x018/x446/x744/x073/x709/x551/615"),
    ],
)
def test_a_tile_has_one_path(tile: Tile | Bundle, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@given(
    tile=st.builds(Tile, st.integers(0, 63), st.integers(0, 2**64 - 1), st.integers(1, WIDTH))
    | st.builds(Bundle, st.integers(0, 2**64 - 1), st.integers(1, WIDTH))
)
def test_every_path_is_read_as_what_it_was_printed_from(tile: Tile | Bundle) -> None:
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x1/000",
        "tile/0/X001/000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/entry/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/05",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/p/5",
        "tile/0/000.p/5\n",
        "tile/0/٠٠٠",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
        "../tile/0/000",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    assert refusal(lambda: parse_path(path)) == ("TIL-001", {})


# --- which there are --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "size, tiles",
    [
        (0, []),
        (1, ["tile/0/000.p/1"]),
        (255, ["tile/0/000.p/255"]),
        (256, ["tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
    ],
)
def test_tiles_of_small_trees(size: int, tiles: list[str]) -> None:
    assert [tile.path for tile in tiles_of(size)] == tiles


def test_tiles_of_the_example_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    assert [tile.path for tile in tiles if tile.width < WIDTH] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert [sum(tile.level == level for tile in tiles) for level in range(3)] == [274, 2, 1]


@given(since=st.integers(0, 70_000), more=st.integers(0, 2_000))
def test_what_a_tree_has_more_than_a_smaller_one(since: int, more: int) -> None:
    size = since + more
    assert set(tiles_of(size, since=since)) == set(tiles_of(size)) - set(tiles_of(since))
    assert set(bundles_of(size, since=since)) == set(bundles_of(size)) - set(bundles_of(since))
    assert [bundle.tile for bundle in bundles_of(size)] == [tile for tile in tiles_of(size) if tile.level == 0]


@pytest.mark.parametrize(
    "tile", [Tile(0, 1, 1), Tile(1, 0, 2), Tile(2, 0, 1), Tile(0, -1, 1), Tile(63, 0, 1), Bundle(1, 1)]
)
def test_tiles_beyond_a_tree_are_refused(tile: Tile | Bundle) -> None:
    level = tile.level if isinstance(tile, Tile) else 0
    assert refusal(lambda: must_be_within(tile, 256)) == (
        "TIL-002",
        {"level": level, "number": tile.number, "size": 256},
    )


def test_smaller_tiles_are_within_a_tree_that_has_grown() -> None:
    for tile in (Tile(0, 0, 1), Tile(0, 0, WIDTH), Tile(0, 1, 44), Tile(1, 0, 1), Bundle(1, 44)):
        must_be_within(tile, 300)
    assert refusal(lambda: must_be_within(Tile(0, 1, 45), 300))[0] == "TIL-002"


# --- what is in them --------------------------------------------------------------------------------------------------
class Tiles:
    """All full tiles and the edge, as appending makes them."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []
        self.full: dict[tuple[int, int], bytes] = {}

    def append(self, row: bytes) -> None:
        grown = grow(self.size, self.edge, row)
        for tile, hashes in grown.full:
            assert tile[:2] not in self.full, "a full tile is made once"
            self.full[tile[:2]] = hashes
        self.edge = grown.edge
        self.size += len(row) // HASH_BYTES

    def bytes_of(self, tile: Tile) -> bytes:
        row = self.full.get(tile[:2])
        return (self.edge[tile.level] if row is None else row)[: tile.width * HASH_BYTES]

    def read(self, tiles: Sequence[Tile]) -> list[OpenTile]:
        return [OpenTile(tile, self.bytes_of(tile)) for tile in tiles]

    def hashes(self, size: int) -> Hashes:
        return hashes_in(size, self.read)


def grown_by(*lengths: int) -> Tiles:
    tiles = Tiles()
    for length in lengths:
        tiles.append(ROW[tiles.size * HASH_BYTES : (tiles.size + length) * HASH_BYTES])
    return tiles


@pytest.fixture(scope="module")
def whole() -> Tiles:
    return grown_by(MOST)


def test_a_full_tile_holds_the_nodes_of_its_level(whole: Tiles) -> None:
    for tile in tiles_of(MOST):
        span = WIDTH**tile.level
        hashes = whole.bytes_of(tile)
        assert len(hashes) == tile.width * HASH_BYTES
        for at in {0, tile.width // 2, tile.width - 1}:
            start = (tile.number * WIDTH + at) * span
            assert hashes[at * HASH_BYTES :][:HASH_BYTES] == root_of(
                ROW[start * HASH_BYTES : (start + span) * HASH_BYTES]
            )


@given(lengths=st.lists(st.integers(0, 700), max_size=8))
def test_tiles_depend_on_the_entries_alone_and_not_on_batches(lengths: list[int]) -> None:
    tiles, once = grown_by(*lengths), grown_by(sum(lengths))
    assert (tiles.full, [row for row in tiles.edge if row]) == (once.full, [row for row in once.edge if row])
    assert root_at(tiles.size, tiles.hashes(tiles.size)) == root_of(ROW[: tiles.size * HASH_BYTES])


def test_one_at_a_time_is_all_at_once() -> None:
    tiles = grown_by(*[1] * 600)
    assert tiles.full == grown_by(600).full


def test_edges_are_as_long_as_what_is_not_full(whole: Tiles) -> None:
    for size in EDGES:
        tiles = grown_by(size)
        assert [len(row) // HASH_BYTES for row in tiles.edge] == [
            row_length(level, size) % WIDTH for level in range(len(tiles.edge))
        ]
        assert {len(row) for row in tiles.full.values()} <= {FULL_BYTES}


@given(data=st.data(), size=st.sampled_from(EDGES) | st.integers(1, MOST))
def test_proofs_from_tiles_are_proofs_from_the_list(whole: Tiles, data: st.DataObject, size: int) -> None:
    """Goal: a proof at any size from the tiles of a larger tree. Method: cut the tiles to that size, compare."""
    index = data.draw(st.sampled_from([0, size - 1]) | st.integers(0, size - 1))
    old = data.draw(st.sampled_from([1, size]) | st.integers(1, size))
    assert prove_inclusion(index, size, whole.hashes(size)) == prove_inclusion(index, size, HASHES)
    assert prove_consistency(old, size, whole.hashes(size)) == prove_consistency(old, size, HASHES)
    assert root_at(size, whole.hashes(size)) == root_at(size, HASHES)


def test_the_tiles_that_a_proof_needs() -> None:
    nodes = [node for start, end in inclusion_ranges(70_000 - 1, 70_000) for node in nodes_between(start, end)]
    assert [tile.path for tile in tiles_behind(nodes, 70_000)] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    nodes = [node for start, end in consistency_ranges(0, 65_536, 70_000) for node in nodes_between(start, end)]
    assert [tile.path for tile in tiles_behind(nodes, 70_000)] == ["tile/0/273.p/112", "tile/1/001.p/17"]


@pytest.mark.parametrize("length", [0, 31, 32 * 4, 32 * 5 - 1, 32 * 5 + 1, FULL_BYTES])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    assert refusal(lambda: OpenTile(Tile(0, 0, 5), b"\0" * length)) == ("TIL-003", {"expected": 160, "bytes": length})


def test_the_tile_of_a_tree_is_as_wide_as_the_tree_has_it() -> None:
    assert tile_at(0, 1, 300) == Tile(0, 1, 44)
    assert tile_at(0, 0, 300) == Tile(0, 0, WIDTH)


# --- bundles ----------------------------------------------------------------------------------------------------------
@given(entries=st.lists(st.binary(max_size=60), min_size=1, max_size=WIDTH))
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes]) -> None:
    assert decode_bundle(Bundle(0, len(entries)), encode_bundle(entries)) == entries


def test_a_bundle_is_lengths_and_entries() -> None:
    assert encode_bundle([b"abc", b"", b"x" * 258]) == b"\0\3abc" + b"\0\0" + b"\1\2" + b"x" * 258
    assert decode_bundle(Bundle(0, 1), encode_bundle([b"x" * 65_535])) == [b"x" * 65_535]


@pytest.mark.parametrize(
    "raw, code, facts",
    [
        (b"", "TIL-005", {"expected": 2}),
        (b"\0\1a", "TIL-005", {"expected": 2}),
        (b"\0\1a\0\1b\0\1c", "TIL-005", {"expected": 2}),
        (b"\0\1a\0\1b\0", "TIL-005", {"expected": 2}),
        (b"\0\1a\0", "TIL-004", {"number": 1}),
        (b"\0\1a\0\1", "TIL-004", {"number": 1}),
        (b"\0\1a\0\2b", "TIL-004", {"number": 1}),
        (b"\xff\xffa", "TIL-004", {"number": 0}),
    ],
)
def test_a_malformed_bundle_is_refused(raw: bytes, code: str, facts: dict[str, int]) -> None:
    assert refusal(lambda: decode_bundle(Bundle(0, 2), raw)) == (code, facts)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    assert refusal(lambda: encode_bundle([b"", b"x" * 65_536])) == ("TIL-006", {"number": 1, "bytes": 65_536})
