"""The files of a projections folder: generations, which of them serves, and who is at work.

    generation-000001.sqlite …   one file holds the tables of all projections
    current                      one line: the number of the generation that serves
    follow.lock   rebuild.lock   held while somebody folds into what serves, or rebuilds beside it

Rules
- `current` is replaced whole, after the file that it names is on disk: it never names a half-built file.
- A generation above `current` is half built or was never switched to. Nobody reads it; the next rebuild goes on with it
  or removes it.
- A lock is flock(2) and ends with its owner, however that ends. Its process id stands in the file for people to read;
  beneath, how far its work is. Since when it has the lock is the file's own time of change.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CURRENT: Final = "current"
FOLLOW_LOCK: Final = "follow.lock"
REBUILD_LOCK: Final = "rebuild.lock"
# Held by the one who keeps up with the log as long as he does; a batch that anyone folds takes `follow.lock`.
KEEPER_LOCK: Final = "keeper.lock"
# Folded anew to be compared with what serves, and thrown away; only under `rebuild.lock`.
PROBE: Final = "probe.sqlite"
_PATTERN: Final = "generation-*.sqlite"
_SUFFIXES: Final = ("", "-wal", "-shm", "-journal")
# How long a waiting process lets the others work before it looks again.
_PAUSE_SECONDS: Final = 0.002


class Work(NamedTuple):
    """How far somebody's work is: it began at position `first`, has `done` and goes up to `total`."""

    first: int
    done: int
    total: int


class Owner(NamedTuple):
    """The process that holds a lock (0 where it has not said so yet), since when, UTC, and how far its work is."""

    pid: int
    since: str
    work: Work | None


def file_of(folder: Path, generation: int) -> Path:
    """The file of a generation."""
    return folder / f"generation-{generation:06}.sqlite"


def serving(folder: Path) -> int | None:
    """The number of the generation that serves; None before the first."""
    path = folder / CURRENT
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise Refused("LOG-002", path=path) from None
    found = re.fullmatch(rb"([0-9]{1,12})\n?", content)
    if found is None:
        raise Corrupt("PRJ-008", path=path)
    return int(found[1])


def switch(folder: Path, generation: int) -> None:
    """Let a generation serve, from now on and for everyone: at every moment there is one whole `current`."""
    _sync(file_of(folder, generation))
    new = folder / f"{CURRENT}.new"
    with new.open("w", encoding="ascii") as file:
        file.write(f"{generation}\n")
        file.flush()
        os.fsync(file.fileno())
    # If we die here, the old generation serves and the new one is removed by the next rebuild.
    new.replace(folder / CURRENT)
    # From here readers use the new generation; a crash of the machine may still bring the old one back, which is as good.
    _sync(folder)


def remove_all_but(folder: Path, *, keep: set[int]) -> None:
    """Remove the files of the other generations. Who still reads one goes on reading it: the file goes when he closes it."""
    kept = {file_of(folder, generation).name for generation in keep}
    for path in sorted(folder.glob(_PATTERN)):
        if path.name not in kept:
            _remove(path)


def remove_probe(folder: Path) -> None:
    """Remove what was folded to be compared, by us or by one who died over it."""
    _remove(folder / PROBE)


def _remove(path: Path) -> None:
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, name: str, *, code: str, wait_seconds: float) -> Iterator[Callable[[Work], None]]:
    """Hold a lock; `Refused(code)` names its owner when that does not let go in time. Tell the others how far you are."""
    with closing(_LockFile(folder / name, os.O_RDWR | os.O_CREAT)) as file:
        deadline = time.monotonic() + wait_seconds
        while not file.take():
            if time.monotonic() >= deadline:
                owner = file.owner()
                raise Refused(code, pid=owner.pid, since=owner.since)
            time.sleep(_PAUSE_SECONDS)
        file.sign()
        yield file.tell


def owner_of(folder: Path, name: str) -> Owner | None:
    """Who holds a lock; None where nobody does."""
    path = folder / name
    if not path.exists():
        return None
    with closing(_LockFile(path, os.O_RDONLY)) as file:
        return None if file.take() else file.owner()


class _LockFile:
    """An open lock file; closing it lets go."""

    def __init__(self, path: Path, flags: int) -> None:
        try:
            self._fd = os.open(path, flags | os.O_CLOEXEC, 0o644)
            self._signature = b""
            self._since = 0
        except OSError:
            raise Refused("LOG-002", path=path) from None

    def take(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def sign(self) -> None:
        self._signature = f"{os.getpid()}\n".encode()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, self._signature, 0)
        self._since = os.fstat(self._fd).st_mtime_ns

    def tell(self, work: Work) -> None:
        # The numbers never get shorter, so that what is written covers what was there.
        os.pwrite(self._fd, " ".join(map(str, work)).encode() + b"\n", len(self._signature))
        os.utime(self._fd, ns=(self._since, self._since))

    def owner(self) -> Owner:
        text = os.pread(self._fd, 128, 0).decode("ascii", errors="replace")
        since = datetime.fromtimestamp(os.fstat(self._fd).st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = re.fullmatch(r"([0-9]+)\n(?:([0-9]+) ([0-9]+) ([0-9]+)\n)?", text)
        if said is None:
            # It has the lock, and is about to say so.
            return Owner(0, since, None)
        pid, *work = said.groups()
        return Owner(int(pid), since, None if work[0] is None else Work(*map(int, work)))

    def close(self) -> None:
        os.close(self._fd)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
