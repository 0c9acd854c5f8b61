"""The log as static files: a folder that any web server can serve as it is, and that grows with the log.

    DIR/checkpoint   DIR/tile/…   DIR/checkpoints.jsonl   DIR/vkey

Rules
- The checkpoint is replaced last: at every moment the folder holds all that its checkpoint covers.
- What is there is added to and never changed. A folder that holds another log, or another history of this one, is
  refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.bundle.tree_files import CHECKPOINT, checkpoint_lines, tree_files
from archive.domain.errors import Corrupt, Refused
from archive.merkle.checkpoint import parse_checkpoint
from archive.merkle.note import parse_note
from archive.merkle.refusal import Unsound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.log.log import Log
    from archive.projections.runner import Reading


def export_static(
    log: Log,
    reading: Reading,
    checkpoints: Checkpoints,
    folder: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Stored:
    """Write what the folder lacks, up to the newest checkpoint. NTY-008: there is none; LOG-010, BDL-001: another folder."""
    last = checkpoints.last()
    if last is None or last.size > reading.head:
        raise Refused("NTY-008", position=1, published=0)
    since = _size_there(folder, checkpoints)
    for done, (path, content) in enumerate(tree_files(log, reading, size=last.size, since=since), 1):
        _put(folder / path, content)
        progress(done)
    keys = [one.vkey for one in checkpoints.key_periods() if one.until_size is None]
    _put(folder / "vkey", "".join(f"{one}\n" for one in keys).encode())
    new = folder / "checkpoints.jsonl.new"
    with new.open("wb") as file:
        file.writelines(checkpoint_lines(checkpoints, size=last.size))
    new.replace(folder / "checkpoints.jsonl")
    _put(folder / CHECKPOINT, last.note)
    return last


def _size_there(folder: Path, checkpoints: Checkpoints) -> int:
    """How much of the log the folder has."""
    path = folder / CHECKPOINT
    if not path.exists():
        if folder.exists() and any(
            one.name not in {"tile", "vkey"} and ".new" not in one.name for one in folder.iterdir()
        ):
            raise Refused("LOG-010", path=folder)
        return 0
    try:
        there = parse_checkpoint(parse_note(path.read_bytes()).text)
    except Unsound:
        raise Corrupt("BDL-001", path=path) from None
    ours = checkpoints.newest_at(there.size)
    if ours is None or ours.root != there.root:
        raise Corrupt("BDL-001", path=path)
    return there.size


def _put(path: Path, content: bytes) -> None:
    """A file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
