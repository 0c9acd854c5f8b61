"""Proof files: C2SP tlog-proof v1 (https://c2sp.org/tlog-proof): a receipt that is checked without asking anybody.

c2sp.org/tlog-proof@v1
extra <base64>           optional; no signature covers it
index <n>                of the leaf, decimal, from 0
<base64 of a hash> …     the proof of inclusion, the leaf's neighbour first
                         a blank line
the checkpoint, as it was signed
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.merkle.checkpoint import SignedCheckpoint, decimal, open_checkpoint
from archive.merkle.note import MAX_BYTES, base64_bytes
from archive.merkle.proof import check_inclusion
from archive.merkle.refusal import Unsound
from archive.merkle.tree import HASH_BYTES, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Collection

    from archive.merkle.note import Key

HEAD: Final = "c2sp.org/tlog-proof@v1"
MEDIA_SUFFIX: Final = ".tlog-proof"
# The longest way in a tree that 63 bits count.
MAX_HASHES: Final = 63


class ProofFile(NamedTuple):
    """What a proof file holds; nothing in it is checked. `leaf`: its index, from 0. `checkpoint`: the bytes of its note."""

    leaf: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def print_proof_file(proof: ProofFile) -> bytes:
    """The bytes of a proof file."""
    lines = [HEAD]
    if proof.extra is not None:
        lines.append(f"extra {b64encode(proof.extra).decode()}")
    lines += [f"index {proof.leaf}", *(b64encode(one).decode() for one in proof.proof), "", ""]
    raw = "\n".join(lines).encode() + proof.checkpoint
    assert parse_proof_file(raw) == proof, "what we write, we can read"
    return raw


def parse_proof_file(raw: bytes) -> ProofFile:
    """The parts of a proof file. `Unsound` PRF-001: a line of it is malformed, or it is too long."""
    if len(raw) > 2 * MAX_BYTES:
        raise Unsound("PRF-001", line=1)
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Unsound("PRF-001", line=raw.count(b"\n", 0, error.start) + 1) from None
    if first != HEAD:
        raise Unsound("PRF-001", line=1)
    if not blank or not lines:
        raise Unsound("PRF-001", line=1 + max(1, len(lines)))
    number, extra = 2, None
    if lines[0].startswith("extra "):
        extra = base64_bytes(lines.pop(0).removeprefix("extra "))
        if extra is None or not lines:
            raise Unsound("PRF-001", line=number)
        number += 1
    index = decimal(lines[0].removeprefix("index ")) if lines[0].startswith("index ") else None
    if index is None:
        raise Unsound("PRF-001", line=number)
    proof: list[bytes] = []
    for line, encoded in enumerate(lines[1:], number + 1):
        found = base64_bytes(encoded)
        if found is None or len(found) != HASH_BYTES or len(proof) == MAX_HASHES:
            raise Unsound("PRF-001", line=line)
        proof.append(found)
    return ProofFile(index, tuple(proof), checkpoint, extra)


def check_proof_file(
    raw: bytes, entry: bytes, *, origin: str, keys: Collection[Key], witnesses: Collection[Key] = ()
) -> tuple[ProofFile, SignedCheckpoint]:
    """That this entry is in the log of this name, by one of these keys. `Unsound`: what does not hold, with its code."""
    proof = parse_proof_file(raw)
    signed = open_checkpoint(proof.checkpoint, origin=origin, keys=keys, witnesses=witnesses)
    tree = signed.checkpoint
    check_inclusion(proof.leaf, tree.size, leaf=leaf_hash(entry), proof=proof.proof, root=tree.root)
    return proof, signed
