"""Renewing what serves, when texts come whose entries are folded already.

    expect(folder)  ──▶  the texts are kept  ──▶  renew(projections): all folded anew, and nothing expected any more

Whatever stops it, the next `renew` folds anew until that was done once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from archive.projections.runner import Projections

# An empty file: texts came, or are about to, that what serves was folded without.
EXPECTED: Final = "expected"


def expect(folder: Path) -> None:
    """Say that texts are about to come whose entries may be folded; it is on disk when this returns."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, flags in ((folder / EXPECTED, os.O_WRONLY | os.O_CREAT), (folder, os.O_RDONLY)):
            fd = os.open(path, flags, 0o644)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
    except OSError:
        raise Refused("LOG-002", path=folder) from None


def renew(projections: Projections) -> None:
    """Fold everything anew, if texts came that what serves was folded without."""
    path = projections.folder / EXPECTED
    if not path.exists():
        return
    projections.rebuild()
    # From here what serves has them. If we die now, it is folded anew once more.
    path.unlink(missing_ok=True)
