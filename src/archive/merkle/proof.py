"""Inclusion and consistency, proved and checked: RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, sections 2.1.3 and 2.1.4.

    inclusion     the leaf at an index is in the tree with this root
    consistency   the tree with this root begins with the tree with that root

Both are said of a subtree too, the leaves `start <= index < end` of a tree (draft-ietf-plants-merkle-tree-certs,
section 4); where `start` is 0 that is the consistency of RFC 6962.

Rules
- A prover is a part of this program: what it is asked is in the tree, and that is asserted.
- A check takes what a stranger sends. It returns nothing, or raises `Unsound` and says what does not fit.
- Roots come from checkpoints that were parsed, and are compared: what is no hash is no root of any tree.
- The check follows the algorithm of RFC 9162, the prover the definition of RFC 6962: they share no line.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING

from archive.merkle.refusal import Unsound
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES, node_hash, roots_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.merkle.tree import Hashes


# --- inclusion --------------------------------------------------------------------------------------------------------
def prove_inclusion(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """The hashes beside the way from a leaf to the root of `size` leaves, the leaf's own neighbour first."""
    return roots_between(inclusion_ranges(index, size), hashes)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """PATH(m, D[n]) of RFC 6962 as ranges `[start, end)` of leaves."""
    assert 0 <= index < size, "the leaf is in the tree"
    beside = []
    start, end = 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((start, middle))
            start = middle
    return beside[::-1]


def check_inclusion(index: int, size: int, *, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. `Unsound`: TRE-001 the index is not in the tree, TRE-003, TRE-004, TRE-005 the proof fails."""
    if not 0 <= index < size:
        raise Unsound("TRE-001", index=index, size=size)
    _must_be_hashes([leaf, *proof])
    here, last = index, size - 1
    found = leaf
    for beside in proof:
        if last == 0:
            raise Unsound("TRE-003", found=len(proof))
        if here & 1 or here == last:
            found = node_hash(beside, found)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            found = node_hash(found, beside)
        here >>= 1
        last >>= 1
    if last:
        raise Unsound("TRE-003", found=len(proof))
    _must_be_same(found, root)


def check_subtree_inclusion(  # noqa: PLR0913 - what the claim consists of
    index: int, start: int, end: int, *, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """The same in the subtree of the leaves `start <= index < end`."""
    _must_be_subtree(start, end)
    if not start <= index < end:
        raise Unsound("TRE-001", index=index, size=end)
    check_inclusion(index - start, end - start, leaf=leaf, proof=proof, root=root)


# --- consistency ------------------------------------------------------------------------------------------------------
def prove_consistency(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962: that the first `new` leaves begin with the first `old`; nothing where `old` is 0."""
    return roots_between(consistency_ranges(0, old, new), hashes) if old else []


def prove_subtree_consistency(start: int, end: int, size: int, hashes: Hashes) -> list[bytes]:
    """That the first `size` leaves have this subtree at `start <= index < end`."""
    return roots_between(consistency_ranges(start, end, size), hashes)


def consistency_ranges(start: int, end: int, size: int) -> list[tuple[int, int]]:
    """SUBPROOF(m, D[n], b) of RFC 6962, for a subtree, as ranges `[start, end)` of leaves."""
    assert _is_subtree(start, end), "these leaves are a subtree"
    assert end <= size, "the subtree is in the tree"
    beside = []
    low, high = 0, size
    known = True
    while (low, high) != (start, end):
        middle = _middle(low, high)
        if end <= middle:
            beside.append((middle, high))
            high = middle
            continue
        beside.append((low, middle))
        if start < middle:
            # The left part of the subtree is shown; from here on, its right part is looked for, whose root nobody has.
            start, known = middle, False
        low = middle
    return beside[::-1] if known else [(low, high), *beside[::-1]]


def check_consistency(old: int, new: int, *, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162, 2.1.4.2. `Unsound`: TRE-002 the sizes are not in order, TRE-003, TRE-004, TRE-005 the proof fails.

    Every tree begins with no leaves; then the roots still have to be those of no leaves where a size is 0.
    """
    if not 0 <= old <= new:
        raise Unsound("TRE-002", old=old, new=new)
    check_subtree_consistency(0, old, new, subtree_root=old_root, root=new_root, proof=proof)
    if old == 0:
        # It was compared with nothing.
        _must_be_hashes([new_root])
    if new == 0:
        _must_be_same(new_root, EMPTY_ROOT)


def check_subtree_consistency(  # noqa: PLR0913 - what the claim consists of
    start: int, end: int, size: int, *, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """The same of the subtree at `start <= index < end`; one without leaves is in every tree that reaches there.

    `Unsound` as above, TRE-006 where this is no subtree.
    """
    if start != end or start < 0:
        _must_be_subtree(start, end)
    if end > size:
        raise Unsound("TRE-002", old=end, new=size)
    _must_be_hashes(proof)
    if start == end:
        if proof:
            raise Unsound("TRE-003", found=len(proof))
        _must_be_same(subtree_root, EMPTY_ROOT)
        return
    part, whole = _roots_by(start, end, size, subtree_root=subtree_root, proof=proof)
    _must_be_same(part, subtree_root)
    _must_be_same(whole, root)


def _roots_by(start: int, end: int, size: int, *, subtree_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the subtree and of the tree, as the proof has them."""
    first, here, last = start, end - 1, size - 1
    while first != here and (here & 1 or here == last):
        first, here, last = first >> 1, here >> 1, last >> 1
    if first == here:
        known, rest = subtree_root, proof
    elif proof:
        known, rest = proof[0], proof[1:]
    else:
        raise Unsound("TRE-003", found=0)
    part = whole = known
    for beside in rest:
        if last == 0:
            raise Unsound("TRE-003", found=len(proof))
        if here & 1 or here == last:
            if first < here:
                part = node_hash(beside, part)
            whole = node_hash(beside, whole)
            while not here & 1 and here:
                first, here, last = first >> 1, here >> 1, last >> 1
        else:
            whole = node_hash(whole, beside)
        first, here, last = first >> 1, here >> 1, last >> 1
    if last:
        raise Unsound("TRE-003", found=len(proof))
    return part, whole


# --- what both need ---------------------------------------------------------------------------------------------------
def _middle(start: int, end: int) -> int:
    """Where RFC 6962 divides a list: after the largest power of two below its length."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _is_subtree(start: int, end: int) -> bool:
    """Whether these leaves hang together in every tree: their start is a multiple of their number, rounded up to 2**n."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _must_be_subtree(start: int, end: int) -> None:
    if not _is_subtree(start, end):
        raise Unsound("TRE-006", start=start, end=end)


def _must_be_hashes(found: Sequence[bytes]) -> None:
    for one in found:
        if len(one) != HASH_BYTES:
            raise Unsound("TRE-004", bytes=len(one))


def _must_be_same(found: bytes, wanted: bytes) -> None:
    if not compare_digest(found, wanted):
        raise Unsound("TRE-005")
