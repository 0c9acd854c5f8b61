"""Proofs: the probes of transparency-dev/merkle, the example of RFC 6962, and what must hold of every tree."""

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from archive.merkle.proof import (
    check_consistency,
    check_inclusion,
    check_subtree_consistency,
    check_subtree_inclusion,
    consistency_ranges,
    inclusion_ranges,
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
)
from archive.merkle.refusal import Unsound
from archive.merkle.tree import EMPTY_ROOT, HASH_BYTES, hashes_of, leaf_row, root_of
from merkle.probes import Probe, probes

ROW = leaf_row(b"entry %d" % number for number in range(300))
HASHES = hashes_of(ROW)


def root(start: int, end: int) -> bytes:
    return root_of(ROW[start * HASH_BYTES : end * HASH_BYTES])


def leaf(index: int) -> bytes:
    return root(index, index + 1)


# --- the probes -------------------------------------------------------------------------------------------------------
def check(kind: str, probe: Probe) -> None:
    numbers, hashes, proof = probe.numbers, probe.hashes, probe.proof
    match kind:
        case "inclusion":
            check_inclusion(
                numbers["leafIdx"], numbers["treeSize"], leaf=hashes["leafHash"], proof=proof, root=hashes["root"]
            )
        case "consistency":
            check_consistency(
                numbers["size1"], numbers["size2"], old_root=hashes["root1"], new_root=hashes["root2"], proof=proof
            )
        case "subtreeinclusion":
            check_subtree_inclusion(
                numbers["leafIdx"],
                numbers["start"],
                numbers["end"],
                leaf=hashes["leafHash"],
                proof=proof,
                root=hashes["root"],
            )
        case _:
            check_subtree_consistency(
                numbers["start"],
                numbers["end"],
                numbers["size"],
                subtree_root=hashes["root1"],
                root=hashes["root2"],
                proof=proof,
            )


@pytest.mark.parametrize(
    "kind, count", [("inclusion", 98), ("consistency", 98), ("subtreeinclusion", 204), ("subtreeconsistency", 118)]
)
def test_every_probe_is_answered_as_it_should_be(kind: str, count: int) -> None:
    wrong = []
    found = probes(kind)
    for probe in found:
        try:
            check(kind, probe)
        except Unsound as refused:
            if not probe.refused:
                wrong.append((probe.file, refused.code))
        else:
            if probe.refused:
                wrong.append((probe.file, "accepted"))
    assert (wrong, len(found)) == ([], count)


# --- the example of RFC 6962, section 2.1.3: seven leaves a … g, j = ef, k = abcd, l = jg ---------------
B, C, D, F, G = (1, 2), (2, 3), (3, 4), (5, 6), (6, 7)
CD, J, K, L = (2, 4), (4, 6), (0, 4), (4, 7)


@pytest.mark.parametrize("index, path", [(0, [B, CD, L]), (3, [C, (0, 2), L]), (4, [F, G, K]), (6, [J, K])])
def test_paths_are_those_of_the_example(index: int, path: list[tuple[int, int]]) -> None:
    assert inclusion_ranges(index, 7) == path


@pytest.mark.parametrize("old, path", [(3, [C, D, (0, 2), L]), (4, [L]), (6, [J, G, K]), (7, [])])
def test_consistency_is_that_of_the_example(old: int, path: list[tuple[int, int]]) -> None:
    assert consistency_ranges(0, old, 7) == path


# --- every tree -------------------------------------------------------------------------------------------------------
def test_every_leaf_of_every_small_tree_is_proved() -> None:
    for size in range(1, 34):
        for index in range(size):
            proof = prove_inclusion(index, size, HASHES)
            check_inclusion(index, size, leaf=leaf(index), proof=proof, root=root(0, size))


def test_every_small_tree_is_proved_to_begin_every_larger_one() -> None:
    for new in range(34):
        for old in range(new + 1):
            proof = prove_consistency(old, new, HASHES)
            check_consistency(old, new, old_root=root(0, old), new_root=root(0, new), proof=proof)


def test_every_subtree_is_proved_to_be_in_the_tree() -> None:
    for size in range(1, 34):
        for start in range(size):
            for end in range(start + 1, size + 1):
                if start % (1 << (end - start - 1).bit_length()):
                    continue
                proof = prove_subtree_consistency(start, end, size, HASHES)
                check_subtree_consistency(
                    start, end, size, subtree_root=root(start, end), root=root(0, size), proof=proof
                )


def test_no_leaves_begin_every_tree() -> None:
    """tlog-witness sends such a proof with the first checkpoint; there is nothing in it that could be wrong."""
    check_consistency(0, 5, old_root=EMPTY_ROOT, new_root=root(0, 5), proof=[])


# What is done to a proof on its way: its hashes, and where in them.
CHANGES: dict[str, Callable[[list[bytes], int], list[bytes]]] = {
    "bit": lambda proof, at: [*proof[:at], _flipped(proof[at], at * 5), *proof[at + 1 :]],
    "cut": lambda proof, at: [*proof[:at], *proof[at + 1 :]],
    "twice": lambda proof, at: [*proof[: at + 1], *proof[at:]],
    "padded": lambda proof, at: [*proof, proof[at]],
    "before": lambda proof, at: [proof[at], *proof],
    "short": lambda proof, at: [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
    "long": lambda proof, at: [*proof[:at], proof[at] + b"\0", *proof[at + 1 :]],
    "empty": lambda proof, at: proof[:0] * at,
}


def _flipped(hashed: bytes, at: int) -> bytes:
    at %= HASH_BYTES
    return hashed[:at] + bytes([hashed[at] ^ 0x80]) + hashed[at + 1 :]


sizes = st.integers(2, 300)


@given(size=sizes, data=st.data(), change=st.sampled_from(sorted(CHANGES)))
def test_a_proof_of_inclusion_that_was_changed_is_refused(size: int, data: st.DataObject, change: str) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index, size, HASHES)
    check_inclusion(index, size, leaf=leaf(index), proof=proof, root=root(0, size))
    changed = CHANGES[change](proof, data.draw(st.integers(0, len(proof) - 1)))
    with pytest.raises(Unsound):
        check_inclusion(index, size, leaf=leaf(index), proof=changed, root=root(0, size))


@given(size=sizes, data=st.data())
def test_a_proof_of_inclusion_proves_no_other_leaf_index_or_root(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof = prove_inclusion(index, size, HASHES)
    for at, claimed, tree in [
        (other, leaf(index), root(0, size)),
        (index, leaf(other), root(0, size)),
        (index, leaf(index), root(0, size - 1)),
        (size, leaf(index), root(0, size)),
        (-1, leaf(index), root(0, size)),
    ]:
        with pytest.raises(Unsound):
            check_inclusion(at, size, leaf=claimed, proof=proof, root=tree)


@given(size=sizes, data=st.data())
def test_a_proof_of_inclusion_proves_nothing_of_another_size(size: int, data: st.DataObject) -> None:
    """Another size with the true root of this one: only where the way up is the same does the proof say the same."""
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(index + 1, 300))
    proof = prove_inclusion(index, size, HASHES)
    assume(
        [end - start for start, end in inclusion_ranges(index, other)]
        != [end - start for start, end in inclusion_ranges(index, size)]
    )
    with pytest.raises(Unsound):
        check_inclusion(index, other, leaf=leaf(index), proof=proof, root=root(0, other))


@given(new=sizes, data=st.data(), change=st.sampled_from(sorted(CHANGES)))
def test_a_proof_of_consistency_that_was_changed_is_refused(new: int, data: st.DataObject, change: str) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = prove_consistency(old, new, HASHES)
    check_consistency(old, new, old_root=root(0, old), new_root=root(0, new), proof=proof)
    changed = CHANGES[change](proof, data.draw(st.integers(0, len(proof) - 1)))
    with pytest.raises(Unsound):
        check_consistency(old, new, old_root=root(0, old), new_root=root(0, new), proof=changed)


@given(new=sizes, data=st.data())
def test_a_proof_of_consistency_proves_no_other_roots(new: int, data: st.DataObject) -> None:
    old, other = (
        data.draw(st.lists(st.integers(1, new - 1), min_size=2, max_size=2, unique=True)) if new > 2 else (1, 0)
    )
    proof = prove_consistency(old, new, HASHES)
    for old_root, new_root in [
        (root(0, other), root(0, new)),
        (root(0, old), root(0, other)),
        (root(0, new), root(0, old)),
    ]:
        with pytest.raises(Unsound):
            check_consistency(old, new, old_root=old_root, new_root=new_root, proof=proof)


@pytest.mark.parametrize(
    "work, code, facts",
    [
        (lambda: check_inclusion(7, 7, leaf=leaf(0), proof=[], root=root(0, 7)), "TRE-001", {"index": 7, "size": 7}),
        (lambda: check_inclusion(0, 0, leaf=leaf(0), proof=[], root=EMPTY_ROOT), "TRE-001", {"index": 0, "size": 0}),
        (
            lambda: check_consistency(5, 4, old_root=leaf(0), new_root=leaf(0), proof=[]),
            "TRE-002",
            {"old": 5, "new": 4},
        ),
        (lambda: check_inclusion(0, 7, leaf=leaf(0), proof=[leaf(1)] * 2, root=root(0, 7)), "TRE-003", {"found": 2}),
        (lambda: check_inclusion(0, 2, leaf=b"short", proof=[leaf(1)], root=root(0, 2)), "TRE-004", {"bytes": 5}),
        (lambda: check_inclusion(0, 2, leaf=leaf(1), proof=[leaf(0)], root=root(0, 2)), "TRE-005", {}),
        (
            lambda: check_subtree_inclusion(3, 3, 5, leaf=leaf(3), proof=[leaf(4)], root=root(3, 5)),
            "TRE-006",
            {"start": 3, "end": 5},
        ),
    ],
)
def test_a_refusal_has_a_code_and_numbers(work: Callable[[], None], code: str, facts: dict[str, int]) -> None:
    with pytest.raises(Unsound) as refused:
        work()
    assert (refused.value.code, refused.value.facts) == (code, facts)
    assert str(refused.value).startswith(code)
