"""A file and the manifest beside it, both whole or neither.

Everything is written into a folder of its own beside the file, and moved into place when it is on disk: the old manifest
goes first and the new one comes last, so that a manifest never stands beside a file that it does not describe. Whoever is
killed meanwhile leaves a hidden folder `.FILE.….part` that nobody reads.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def manifest_of(path: Path) -> Path:
    """Where the manifest of a file stands."""
    return path.with_name(f"{path.name}.manifest.json")


@contextmanager
def written_together(path: Path, *, replace: bool) -> Iterator[tuple[Path, Path]]:
    """Two paths to write the file and its manifest to; where the block ends well, they stand at `path` and beside it.

    `Refused`: EXP-005 nothing can be written there, EXP-006 something is there and `replace` is not asked for.
    """
    manifest = manifest_of(path)
    if not path.parent.is_dir() or path.is_dir() or manifest.is_dir():
        raise Refused("EXP-005", path=path)
    for one in (path, manifest):
        if not replace and (one.exists() or one.is_symlink()):
            raise Refused("EXP-006", path=one)
    try:
        with TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
            new, new_manifest = path.parent / folder / "file", path.parent / folder / "manifest"
            yield new, new_manifest
            for one in (new, new_manifest):
                _sync(one)
            manifest.unlink(missing_ok=True)
            new.replace(path)
            new_manifest.replace(manifest)
            _sync(path.parent)
    except OSError as error:
        # What a person knows is the file that was asked for.
        error.filename = str(path)
        raise


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
