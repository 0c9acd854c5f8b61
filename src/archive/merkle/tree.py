"""Merkle tree hashes: RFC 6962, section 2.1 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1), with SHA-256.

    MTH({d(0)}) = SHA-256(0x00 || d(0))

The leaf at index n is the bytes of the entry at position n + 1, exactly as stored (design 2.2).
"""

from __future__ import annotations

from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """The 32 bytes of a leaf: SHA-256(0x00 || entry). The prefix keeps a leaf from being taken for a node."""
    return sha256(b"\x00" + entry).digest()
