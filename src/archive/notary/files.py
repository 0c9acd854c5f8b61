"""Files that are there whole or not at all, and still there after a power cut."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

# As SQLite's errors are told (storage/refusals.py); any other: the file may not be written.
_MEANING: Final = {errno.ENOSPC: "LOG-003", errno.EDQUOT: "LOG-003", errno.EFBIG: "LOG-003", errno.EIO: "LOG-008"}


def write_durably(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file. LOG-002: it may not be written, LOG-003: the disk is full, LOG-008: the disk fails.

    After an error what was there is there still, or, where the folder alone could not be synced, the new.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        # Made with its mode: at no moment may others read it.
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise Refused(_MEANING.get(error.errno or 0, "LOG-002"), path=path) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
