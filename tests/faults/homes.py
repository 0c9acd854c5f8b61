"""Homes to be struck, the program that is struck in them, and what must be true of a home whatever happened in it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from archive.cli import home as homes
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import AnyCommand
from archive.domain.seals import seal, seal_text
from archive.log.entry import Entry
from archive.log.log import Log
from archive.projections import catalogue, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.runner import Digest, Projections, Reader, Rebuilt
from archive.vault.store import Vault
from stories import ORIGIN, Clock, tell, texts_behind

ARCHIVE: Final = (sys.executable, "-m", "archive")
TIMEOUT_SECONDS: Final = 60
# Texts that the stories leave out.
NOT_GIVEN: Final = {
    ("item-published", "link"),
    ("publication-added", "link"),
    ("reply-decided", "text"),
    ("search-recorded", "text"),
}


# --- a home -----------------------------------------------------------------------------------------------------------
def told_home(folder: Path, story: Iterable[AnyCommand]) -> Path:
    """An archive of the command line in which a story has been told."""
    # Its notary is in the same folder, so that a copy signs too.
    homes.create(folder, origin=ORIGIN, notary="notary")
    with writing(folder) as writer:
        tell(writer, story)
    return folder


@contextmanager
def opened(folder: Path, *, busy_seconds: float = 5.0) -> Iterator[tuple[Log, Disclosures]]:
    """The stores as the next process opens them."""
    with (
        Log.open(folder / homes.LOG, origin=ORIGIN, busy_seconds=busy_seconds) as log,
        Disclosures(folder / homes.DISCLOSURES, busy_seconds=busy_seconds) as disclosures,
    ):
        yield log, disclosures


@contextmanager
def writing(folder: Path, *, busy_seconds: float = 5.0) -> Iterator[Writer]:
    """A writer as the next process has it, with noise of its own."""
    with (
        opened(folder, busy_seconds=busy_seconds) as (log, disclosures),
        Vault(folder / homes.VAULT, busy_seconds=busy_seconds) as vault,
        Writer(log, disclosures, vault, now=Clock()) as writer,
    ):
        yield writer


def head_of(folder: Path) -> int:
    """The newest position."""
    with opened(folder) as (log, _):
        return log.head()


def copy_of(folder: Path, to: Path) -> Path:
    """The same home once more."""
    shutil.copytree(folder, to)
    return to


def written(commands: Iterable[AnyCommand], path: Path) -> Path:
    """A file of commands, as `archive import commands` reads it."""
    path.write_bytes(b"".join(msgspec.json.encode(command) + b"\n" for command in commands))
    return path


# --- the program ------------------------------------------------------------------------------------------------------
def environment(**settings: str) -> dict[str, str]:
    """The environment of the program: ours without the settings of an archive, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    # A new process writes no byte code: what it writes is what the archive writes.
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **settings}


def run(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `archive` with these words in a process of its own, which another program may start (`before`)."""
    return subprocess.run(
        [*before, *ARCHIVE, *words],
        cwd=cwd,
        env=dict(env or environment()),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT_SECONDS,
    )


def code_told(err: str) -> str | None:
    """The code of the error that `archive --json` printed; None where it printed none."""
    for line in err.splitlines():
        if line.startswith('{"error"'):
            return str(json.loads(line)["error"]["code"])
    return None


# --- what must be true ------------------------------------------------------------------------------------------------
def must_be_whole(folder: Path) -> int:
    """What is true of the stores after any fault; the head.

    Both files are sound; positions are contiguous; a command is there with all its entries or not at all; every seal of
    a text has its opening, which gives that seal; the public may see exactly what an entry cleared.
    """
    for name in (homes.LOG, homes.DISCLOSURES, homes.VAULT):
        with closing(sqlite3.connect(folder / name)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
    with opened(folder) as (log, disclosures):
        head = log.head()
        entries = log.entries(after=0, limit=head + 1)
        assert [entry.position for entry in entries] == list(range(1, head + 1))
        _commands_are_whole(folder, entries)
        _seals_are_whole(entries, disclosures)
    return head


def _commands_are_whole(folder: Path, entries: Sequence[Entry]) -> None:
    with closing(sqlite3.connect(folder / homes.LOG)) as db:
        commands = db.execute("SELECT lower(hex(id)), first_position, entries FROM commands").fetchall()
    by_command: dict[str, list[int]] = {}
    for entry in entries:
        by_command.setdefault(entry.cmd, []).append(entry.position)
    told = {command: list(range(first, first + count)) for command, first, count in commands}
    assert told == by_command


def _seals_are_whole(entries: Sequence[Entry], disclosures: Disclosures) -> None:
    cleared: dict[str, int] = {}
    carried = {getattr(entry.event, field) for entry in entries for field in entry.event.SEALS}
    kept = texts_behind(disclosures, carried)
    erased = disclosures.tombstones(carried)
    for entry in entries:
        for field in entry.event.SEALS:
            sealed = getattr(entry.event, field)
            opening = kept.get(sealed)
            # Stories give every text but these; a seal without a text is a decoy.
            accounted_for = opening is not None or (entry.event.TYPE, field) in NOT_GIVEN or sealed in erased
            assert accounted_for, f"{entry.event.TYPE} at {entry.position} lost its {field}"
            if opening is None:
                continue
            again = seal(origin=ORIGIN, stream=entry.stream, field=field, salt=opening.salt, value=opening.value)
            assert again == sealed
            if field in entry.event.CLEARS:
                cleared.setdefault(sealed, entry.position)
    head = len(entries)
    with disclosures._reading() as db:
        rows = db.execute("SELECT seal, position, cleared FROM openings").fetchall()
    # What a dead writer left names positions above the head: nobody sees it, and the next writer sweeps it.
    known = [(seal_text(raw), position, at) for raw, position, at in rows if position <= head]
    assert [position for sealed, position, _ in known if sealed not in carried] == [], "a text that no entry carries"
    assert {sealed: at for sealed, _, at in known if at is not None and at <= head} == cleared


class Answer(NamedTuple):
    """What a reader finds: the head, and every count at it."""

    head: int
    items: int
    counts: dict[tuple[int, str], int]


def answer_of(folder: Path) -> Answer:
    """What a reader of the projections finds just now."""
    with closing(Reader(folder / homes.PROJECTIONS)) as reader:
        return read(reader)


def read(reader: Reader) -> Answer:
    """What this reader finds just now, in one reading."""
    with reader.reading() as one:
        rows = tallies.counts(one.db, as_of=one.head, years=tallies.years(one.db, as_of=one.head), by=())
        return Answer(
            one.head,
            catalogue.count(one.db, as_of=one.head, where=ItemFilter()),
            {(row.year, row.measure): row.value for row in rows if row.value},
        )


def rebuilt(folder: Path) -> dict[str, Digest]:
    """Rebuild every projection; their digests."""
    with opened(folder) as (log, disclosures):
        return Projections(folder / homes.PROJECTIONS, log, disclosures).rebuild().digests


def resumed(folder: Path) -> Rebuilt:
    """Go on with a rebuild of every projection that was struck, or begin one."""
    with opened(folder) as (log, disclosures):
        return Projections(folder / homes.PROJECTIONS, log, disclosures).rebuild(resume=True)


def digests_of(folder: Path) -> dict[str, Digest]:
    """The digests of what serves."""
    with opened(folder) as (log, disclosures):
        projections = Projections(folder / homes.PROJECTIONS, log, disclosures)
        return {name: projections.digest(name) for name in projections.names()}


def followed(folder: Path) -> int:
    """Fold what the log holds; the position reached."""
    with opened(folder) as (log, disclosures):
        return Projections(folder / homes.PROJECTIONS, log, disclosures).follow()


def published(folder: Path) -> int:
    """Fold what the log holds and have it signed; the position that the public sees."""
    followed(folder)
    with opened(folder) as (log, _), homes.checkpoints(folder) as checkpoints:
        return homes.publisher(folder, log, checkpoints)().size
