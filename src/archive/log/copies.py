"""copy(): the same entries and commands in another log, byte for byte.

What stands in the other log already must be the beginning of this one; a copy that was interrupted goes on after it.
Every entry is read back and compared, so that the root that is returned is that of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.log.entry import decode_entry
from archive.merkle.tree import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archive.storage.contract import CommandRow, Row, Storage

BATCH: Final = 5_000


class Copied(NamedTuple):
    """Where both logs end, how many entries the other one was given, and the root over all of them (RFC 6962)."""

    head: int
    entries: int
    root: bytes


def copy(source: Storage, target: Storage, *, progress: Callable[[int], None] = lambda _: None) -> Copied:
    """Append to `target` what it lacks. LOG-016: it holds something else, or more. LOG-005: it gives back something else.

    `progress` is told the position up to which both are the same.
    """
    head, there = source.head(), target.head()
    if there > head:
        raise Refused("LOG-016", path=target.place, position=head + 1)
    tree = Frontier()
    while tree.size < head:
        # First what is there already, then what is not.
        known = tree.size < there
        rows = _page(source, after=tree.size, until=there if known else head)
        ids = list(dict.fromkeys(bytes.fromhex(_cmd(row)) for row in rows))
        commands = _commands(source, ids)
        if not known:
            _append(target, rows, commands)
        given = target.read(after=tree.size, until=rows[-1].position, limit=len(rows))
        if given != rows or _commands(target, ids) != commands:
            first = next(
                (one.position for one, other in zip(rows, given, strict=False) if one != other), rows[0].position
            )
            raise _other(target, first, known=known)
        for row in rows:
            tree.append(leaf_hash(row.entry))
        progress(tree.size)
    return Copied(head, head - there, tree.root())


def _page(source: Storage, *, after: int, until: int) -> list[Row]:
    """Entries of whole commands: one whose entries go beyond the page begins the next one."""
    rows = source.read(after=after, until=until, limit=BATCH)
    if not rows or rows[-1].position - after != len(rows):
        raise Corrupt("LOG-007", position=after + 1, reason=Phrase("位置有缺", "positions have a gap"))
    if rows[-1].position < until:
        unfinished = _cmd(rows[-1])
        while rows and _cmd(rows[-1]) == unfinished:
            rows.pop()
        assert rows, "a command has fewer entries than a page"
    return rows


def _append(target: Storage, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
    with target.write() as write:
        if write.head != rows[0].position - 1:
            # Somebody else writes there.
            raise Refused("LOG-016", path=target.place, position=rows[0].position)
        write.append(rows, commands)


def _commands(log: Storage, ids: Sequence[bytes]) -> list[CommandRow]:
    return sorted(log.commands(ids), key=lambda command: command.first_position)


def _cmd(row: Row) -> str:
    return decode_entry(row.position, row.type, row.entry).cmd


def _other(target: Storage, position: int, *, known: bool) -> ArchiveError:
    """What was there before is another log; what we wrote and is not given back is damage."""
    if known:
        return Refused("LOG-016", path=target.place, position=position)
    reason = Phrase(f"位置 {position} 不是所写的内容", f"position {position} is not what was written")
    return Corrupt("LOG-005", path=target.place, reason=reason)
