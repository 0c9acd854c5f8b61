"""The root of the log, computed from the stored bytes, and compared with one that was kept outside.

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
from archive.merkle.tree import HASH_BYTES, Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.log.log import Log

_BATCH: Final = 5_000


class Head(NamedTuple):
    """A tree: the root over the first `size` entries."""

    size: int
    root: bytes

    def printed(self) -> str:
        """The size and the root in Base64, as a checkpoint writes them: what can be kept outside."""
        return f"{self.size} {b64encode(self.root).decode()}"


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


def check_root(log: Log, *, until: int, expected: Head | None, report: Callable[[Finding], None]) -> Head:
    """The tree up to a position. AUD-040: another root at the size that was expected; AUD-041: the log is shorter."""
    tree = Frontier()
    there = tree.root() if expected is not None and expected.size == 0 else None
    while tree.size < until:
        rows = log.rows(after=tree.size, limit=_BATCH, until=until)
        if not rows or rows[0].position != tree.size + 1:
            # A gap, which is reported where entries are read: there is no tree beyond it.
            break
        for row in rows:
            tree.append(leaf_hash(row.entry))
            if expected is not None and tree.size == expected.size:
                there = tree.root()
    if expected is not None:
        if there is None:
            report(finding("AUD-041", 0, size=expected.size, head=tree.size))
        elif there != expected.root:
            report(finding("AUD-040", expected.size))
    return Head(tree.size, tree.root())
