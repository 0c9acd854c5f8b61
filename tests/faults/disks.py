"""Disks that are full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

_AT_ONCE: Final = 1024


@contextmanager
def small_file_system(folder: Path, *, size: str) -> Iterator[Path]:
    """A file system in memory, mounted on a new folder; `size` as mount takes it."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system: run as root to see a disk that is really full")
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "archive-test", str(folder)]
    mounted = subprocess.run(options, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here: give the container CAP_SYS_ADMIN to see a disk that is really full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def filled(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(fd, bytes(_AT_ONCE)):
            pass
    os.close(fd)
    assert shutil.disk_usage(disk).free == 0
    return ballast
