"""Cleansing a node: what was erased elsewhere leaves the bytes of its files too.

Whoever erases destroys the text in the stores and in projections of his own (erasure.py). Another node folds the entry
`erased` and shows the text no more; that it is in no page of its files either takes a rebuild.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt, Refused
from archive.projections import generations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.log.log import Log

# One line: what was erased up to this entry is in none of the files.
CLEANSED: Final = "cleansed"


class Cleanser:
    """Looks for erasures when it is called, and has the files made anew after one. For one thread."""

    def __init__(self, log: Log, folder: Path, *, rebuild: Callable[[], bool]) -> None:
        self._log = log
        self._folder = folder
        self._rebuild = rebuild
        if generations.serving(folder) is None:
            # What is folded from now on holds nothing that is erased by now.
            write_cleansed(folder, log.head())

    def __call__(self) -> None:
        """Have the files made anew, if something was erased that they may hold."""
        done = read_cleansed(self._folder)
        found = self._log.rows(after=done, limit=1, types={Erased.TYPE})
        if found:
            # Whatever is erased up to here is not shown any more when the rebuild begins, and so not folded.
            head = self._log.head()
            if self._rebuild():
                write_cleansed(self._folder, head)


def read_cleansed(folder: Path) -> int:
    """The entry up to which what was erased is in no file; 0 where that is not known."""
    path = folder / CLEANSED
    try:
        content = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return 0
    except (OSError, UnicodeError):
        raise Refused("LOG-002", path=path) from None
    if not content.isdecimal():
        raise Corrupt("PRJ-008", path=path)
    return int(content)


def write_cleansed(folder: Path, position: int) -> None:
    """Remember it; it is on disk when this returns."""
    new = folder / f"{CLEANSED}.new"
    folder.mkdir(parents=True, exist_ok=True)
    with new.open("w", encoding="ascii") as file:
        file.write(f"{position}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / CLEANSED)
