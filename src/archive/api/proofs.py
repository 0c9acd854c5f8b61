"""Checkpoints and proofs: what anybody checks an answer with."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import strawberry

from archive.api.scalars import DateTime, Position, stored_moment
from archive.domain.errors import Refused
from archive.merkle.tree import leaf_hash
from archive.projections import tree

if TYPE_CHECKING:
    from archive.api.reads import At


@strawberry.type(
    description=(
        "A signed checkpoint (检查点): the size and the root of the log, signed by its notary, who signs only what goes on from "
        "what was signed before."
    )
)
class Checkpoint:
    """One signed note."""

    origin: str = strawberry.field(description="The name of the log (日志名称).")
    size: Position = strawberry.field(description="How many entries the checkpoint covers (条目数).")
    root_hash: str = strawberry.field(description="The root of their tree (树根), in base64 as the note has it.")
    signed_at: DateTime = strawberry.field(
        description="When it was signed (签署时刻) by the notary's own clock; no signature covers it."
    )
    note: str = strawberry.field(description="The signed note (签名原文), as served at /log/checkpoint.")


@strawberry.type(description="A proof that an entry is in the tree of a size (包含证明), RFC 6962, section 2.1.1.")
class InclusionProof:
    """One inclusion proof."""

    position: Position = strawberry.field(description="The position of the entry (位置).")
    leaf_index: Position = strawberry.field(description="Its index among the leaves (叶序号): the position less one.")
    tree_size: Position = strawberry.field(description="The size of the tree (树的大小).")
    leaf_hash: str = strawberry.field(description="The hash of the leaf (叶哈希), in base64.")
    root_hash: str = strawberry.field(description="The root of the tree (树根), in base64.")
    path: list[str] = strawberry.field(description="The hashes from the leaf to the root (路径), in base64.")


@strawberry.type(
    description="A proof that a tree begins with a smaller one (一致性证明): nothing was changed, RFC 6962, section 2.1.2."
)
class ConsistencyProof:
    """One consistency proof."""

    from_size: Position = strawberry.field(name="from", description="The size of the smaller tree (较小的树).")
    to_size: Position = strawberry.field(name="to", description="The size of the larger tree (较大的树).")
    from_root: str = strawberry.field(description="The root of the smaller tree (树根), in base64.")
    to_root: str = strawberry.field(description="The root of the larger tree (树根), in base64.")
    path: list[str] = strawberry.field(description="The hashes of the proof (证明中的哈希), in base64.")


def checkpoint_of(at: At) -> Checkpoint | None:
    """The first checkpoint that covers the position."""
    checkpoints = at.reads.checkpoints
    stored = None if checkpoints is None else checkpoints.covering(at.position)
    if stored is None:
        return None
    return Checkpoint(
        origin=at.reads.log.origin,
        size=Position(stored.size),
        root_hash=_encoded(stored.root),
        signed_at=stored_moment(stored.signed_at),
        note=stored.note.decode(),
    )


def inclusion_of(at: At, *, position: int, size: int | None) -> InclusionProof:
    """The proof for an entry. API-021: the tree does not reach it, or the archive does not reach the tree."""
    size = at.position if size is None else size
    if not 0 < position <= size <= at.position:
        raise Refused("API-021", position=max(position, size), head=at.position)
    row = at.reads.log.row(position)
    if row is None:
        raise Refused("API-021", position=position, head=at.position)
    return InclusionProof(
        position=Position(position),
        leaf_index=Position(position - 1),
        tree_size=Position(size),
        leaf_hash=_encoded(leaf_hash(row.entry)),
        root_hash=_encoded(tree.root(at.db, size)),
        path=[_encoded(one) for one in at.reads.prover.inclusion(position - 1, size)],
    )


def consistency_of(at: At, *, old: int, new: int | None) -> ConsistencyProof:
    """The proof between two sizes. API-021: they are not in order, or the archive does not reach them."""
    new = at.position if new is None else new
    if not old <= new <= at.position:
        raise Refused("API-021", position=max(old, new), head=at.position)
    return ConsistencyProof(
        from_size=Position(old),
        to_size=Position(new),
        from_root=_encoded(tree.root(at.db, old)),
        to_root=_encoded(tree.root(at.db, new)),
        path=[_encoded(one) for one in at.reads.prover.consistency(old, new)],
    )


def _encoded(digest: bytes) -> str:
    return b64encode(digest).decode("ascii")
