"""A file and the manifest beside it, both whole or neither; or a file alone, whole or not at all.

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
    with _placed(path, path, manifest, replace=replace) as (new, new_manifest):
        yield new, new_manifest


@contextmanager
def written_alone(path: Path, *, replace: bool) -> Iterator[Path]:
    """A path to write a file to that has no manifest; `Refused` as above."""
    with _placed(path, path, replace=replace) as (new,):
        yield new


@contextmanager
def _placed(asked: Path, *paths: Path, replace: bool) -> Iterator[list[Path]]:
    """Paths to write to; where the block ends well, what stands there is moved to `paths`, the first of them first."""
    if not asked.parent.is_dir() or any(path.is_dir() for path in paths):
        raise Refused("EXP-005", path=asked)
    for one in paths:
        if not replace and (one.exists() or one.is_symlink()):
            raise Refused("EXP-006", path=one)
    try:
        with TemporaryDirectory(prefix=f".{asked.name}.", suffix=".part", dir=asked.parent) as folder:
            new = [asked.parent / folder / f"part-{number}" for number in range(len(paths))]
            yield new
            for one in new:
                _sync(one)
            for path in paths[1:]:
                path.unlink(missing_ok=True)
            for one, path in zip(new, paths, strict=True):
                one.replace(path)
            _sync(asked.parent)
    except OSError as error:
        # What a person knows is the file that was asked for.
        error.filename = str(asked)
        raise


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
