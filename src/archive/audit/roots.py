"""The roots of the log, computed from the stored bytes in one pass, and compared with what was signed or kept outside.

    entries in order ──▶ leaf hashes ──▶ the tree, leaf by leaf ──▶ its root at every size that somebody claims
                                    ──▶ tiles (tiles.py)

What is printed in a report or filed elsewhere is a size and a root, `964505 3q2+7w…=`: the tree over the first `size`
entries (RFC 6962). A log that its owner rewrote, cut off or restored from a backup has another root there, or is shorter.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.audit.findings import Finding, finding
from archive.domain.errors import Refused
from archive.merkle.checkpoint import decimal
from archive.merkle.note import base64_bytes
from archive.merkle.tree import HASH_BYTES, Frontier, leaf_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archive.log.log import Log

_BATCH: Final = 5_000


class Head(NamedTuple):
    """A tree: the root over the first `size` entries."""

    size: int
    root: bytes

    def printed(self) -> str:
        """The size and the root in Base64, as a checkpoint writes them: what can be kept outside."""
        return f"{self.size} {b64encode(self.root).decode()}"


class Claim(NamedTuple):
    """What somebody says the tree was at a size that the log has, and what is found where it was another."""

    head: Head
    other: Finding


def parse_head(text: str) -> Head:
    """What `Head.printed` gave; the root may be hexadecimal too. AUD-051: it is neither."""
    digits, _, root = text.strip().partition(" ")
    size = decimal(digits)
    raw = base64_bytes(root.strip())
    if raw is None or len(raw) != HASH_BYTES:
        try:
            raw = bytes.fromhex(root)
        except ValueError:
            raw = b""
    if size is None or len(raw) != HASH_BYTES:
        raise Refused("AUD-051")
    return Head(size, raw)


def kept_outside(heads: Sequence[Head], *, until: int, report: Callable[[Finding], None]) -> list[Claim]:
    """What was kept outside. AUD-040: the tree had another root at that size; AUD-041: the log is shorter."""
    for head in heads:
        if head.size > until:
            report(finding("AUD-041", 0, size=head.size, head=until))
    within = sorted({head for head in heads if head.size <= until})
    return [Claim(head, finding("AUD-040", head.size)) for head in within]


def check_root(
    log: Log,
    *,
    until: int,
    claims: Iterable[Claim],
    report: Callable[[Finding], None],
    leaves: Callable[[bytes], None] = lambda _: None,
) -> Head:
    """The tree up to a position, and whether it was what is claimed: at sizes up to there, in their order.

    `leaves` is given each row of leaf hashes, in order. Where an entry is missing no tree beyond it is as it was.
    """
    tree = Frontier()
    waiting = iter(claims)
    claim = next(waiting, None)

    def judged(claim: Claim | None) -> Claim | None:
        """The first claim that is of a larger tree than this one."""
        while claim is not None and claim.head.size <= tree.size:
            if claim.head != (tree.size, tree.root()):
                report(claim.other)
            claim = next(waiting, None)
        return claim

    claim = judged(claim)
    while tree.size < until:
        rows = log.storage.bytes_of(after=tree.size, limit=_BATCH, until=until)
        # What follows a gap is in no tree; the gap is reported where entries are read.
        here = [entry for at, (position, entry) in enumerate(rows, tree.size + 1) if position == at]
        if not here:
            break
        hashed = leaf_row(here)
        leaves(hashed)
        at = 0
        while at < len(hashed):
            # All leaves at once, up to the next size that somebody claims.
            end = len(hashed) if claim is None else at + (claim.head.size - tree.size) * HASH_BYTES
            tree.extend(hashed[at:end])
            at = end
            claim = judged(claim)
    while claim is not None:
        report(claim.other)
        claim = next(waiting, None)
    return Head(tree.size, tree.root())
