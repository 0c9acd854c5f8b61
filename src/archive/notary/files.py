"""Files that are there whole or not at all, and still there after a power cut."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


def write_durably(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file. LOG-003: the disk is full, LOG-002: it may not be written; what was there is there still."""
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
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        raise Refused("LOG-003" if full else "LOG-002", path=path) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
