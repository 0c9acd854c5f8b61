"""Hashes of RFC 6962: published roots, and a tree that grows is the tree that is made at once."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from archive.merkle.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    Node,
    hashes_of,
    leaf_hash,
    leaf_row,
    node_hash,
    nodes_between,
    parents,
    root_at,
    root_of,
)

# testdata of Certificate Transparency's own Merkle tree tests: inputs and their leaf hashes.
LEAVES = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (b"\x00", "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
    (b"L123456", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
]
# transparency-dev/merkle, testonly/constants.go: eight entries, and the root of each tree that begins with them.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@given(st.lists(st.integers(0, 70), max_size=12))
def test_rows_of_any_lengths_grow_the_tree_that_leaves_grow_one_by_one(lengths: list[int]) -> None:
    by_rows, by_leaves = Frontier(), Frontier()
    for length in lengths:
        row = leaf_row(b"%d" % (by_leaves.size + number) for number in range(length))
        by_rows.extend(row)
        for start in range(0, len(row), HASH_BYTES):
            by_leaves.append(row[start : start + HASH_BYTES])
        assert (by_rows.size, by_rows.nodes) == (by_leaves.size, by_leaves.nodes)
        assert by_rows.root() == by_leaves.root()


@pytest.mark.parametrize("entry, hashed", LEAVES)
def test_leaf_hash_is_that_of_rfc_6962(entry: bytes, hashed: str) -> None:
    assert leaf_hash(entry).hex() == hashed
    assert leaf_row([entry]) == leaf_hash(entry)


def test_node_hash_is_that_of_rfc_6962() -> None:
    hashed = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert node_hash(b"N123", b"N456").hex() == hashed


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    row = leaf_row(ENTRIES[:size])
    frontier = Frontier()
    for entry in ENTRIES[:size]:
        frontier.append(leaf_hash(entry))
    assert {root_of(row).hex(), frontier.root().hex(), root_at(size, hashes_of(row)).hex()} == {ROOTS[size]}


def mth(row: bytes) -> bytes:
    """The definition of RFC 6962, word for word."""
    size = len(row) // HASH_BYTES
    if size == 0:
        return EMPTY_ROOT
    if size == 1:
        return row
    k = 1
    while k * 2 < size:
        k *= 2
    return node_hash(mth(row[: k * HASH_BYTES]), mth(row[k * HASH_BYTES :]))


rows = st.integers(0, 300).map(lambda size: leaf_row(b"%d" % number for number in range(size)))


@given(row=rows, cut=st.integers(0, 300))
def test_a_tree_that_grows_is_the_tree_that_is_made_at_once(row: bytes, cut: int) -> None:
    """Goal: appending and batches agree with the definition. Method: append, keep the frontier at some size, go on."""
    size = len(row) // HASH_BYTES
    frontier = Frontier()
    for at in range(size):
        if at == cut:
            frontier = Frontier(frontier.size, frontier.nodes)
        frontier.append(row[at * HASH_BYTES : (at + 1) * HASH_BYTES])
    assert frontier.size == size
    assert frontier.root() == root_of(row) == mth(row) == root_at(size, hashes_of(row))


def test_parents_are_the_nodes_above() -> None:
    row = leaf_row(ENTRIES[:4])
    left, right = parents(row)[:HASH_BYTES], parents(row)[HASH_BYTES:]
    assert (left.hex(), node_hash(left, right).hex()) == (ROOTS[2], ROOTS[4])


def test_leaves_consist_of_nodes_each_smaller_than_the_one_before() -> None:
    assert nodes_between(0, 7) == [Node(2, 0), Node(1, 2), Node(0, 6)]
    assert nodes_between(4, 6) == [Node(1, 2)]
    assert nodes_between(5, 5) == []
