"""Finishes erasures: what a durable entry erased is destroyed in the vault, in the openings and in every projection.

    entry `erased`, tombstones  ──▶  vault: values and key  ──▶  openings  ──▶  projections, anew  ──▶  finished

Each step can be done again; whatever stops it, the erasure stands in `erasures` until the last one is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.projections.runner import Projections
    from archive.vault.store import Vault

# Somebody else is writing the file, folding, or rebuilding.
_IN_USE: Final = frozenset({"LOG-001", "PRJ-001", "PRJ-002"})


def finish(log: Log, disclosures: Disclosures, vault: Vault | None, projections: Projections) -> list[int]:
    """Destroy what is erased and not yet destroyed; the positions of the entries that erased it. ERA-005: not just now."""
    positions = disclosures.unfinished(head=log.head())
    if not positions:
        return []
    seals = disclosures.erased_by(positions)
    path: object = disclosures.place
    try:
        # A mirror has no vault.
        if vault is not None:
            path = vault.place
            vault.destroy(seals)
            vault.shrink()
        # From here nobody has the text from the vault. If we die now, the next start begins again.
        path = disclosures.place
        disclosures.destroy(seals)
        disclosures.shrink()
        path = projections.folder
        projections.cleanse()
        disclosures.finished(positions)
    except Refused as error:
        if error.code in _IN_USE:
            raise Refused("ERA-005", path=path) from error
        raise
    return positions
