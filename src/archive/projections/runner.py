"""Folds the log into projections, reads them, and rebuilds them beside what serves.

    log ──▶ follow: a batch of entries, applied to every projection; rows and progress in one transaction ──▶ Reader
            rebuild: the same into a new generation, then one switch of `current`

Rules
- One file, a generation, holds the tables of all projections, so that one transaction reads them all at one position.
- Entries are applied in order, each once: a batch must be the positions just after the progress, without a gap.
- What an entry's type does not concern is read, counted and skipped, and never decoded.
- The rows depend on the log alone (and texts on what may be shown), never on batches: `digest` says so.
- A generation keeps for each projection the definition it was folded by. When the program's differs, it is not folded on;
  it is rebuilt. Meanwhile it is read if its tables are those that this program reads, else it is not.
- A rebuild is committed now and then, so that one that was interrupted can go on where it was.
- What serves is changed only under `follow.lock`; a rebuild takes it for its last batch and the switch, and never
  switches to a position below the one that was served.
"""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import msgspec

from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.domain.events import TABLE
from archive.log.entry import decode_for_fold
from archive.projections import (
    agencies,
    catalogue,
    declarations,
    filings,
    generations,
    lateness,
    links,
    months,
    requests,
    reviews,
    search,
    tallies,
    tree,
)
from archive.projections.generations import FOLLOW_LOCK, KEEPER_LOCK, REBUILD_LOCK, Work
from archive.projections.snapshots import Digests, Manifest, read_manifest, sha256_of, write_manifest
from archive.projections.time_limit import TimeLimit
from archive.storage.refusals import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.projections.generations import Owner
    from archive.storage.contract import Row

FOLLOW_BATCH: Final = 5_000
# Measured: what a batch holds stays in the processor's cache.
REBUILD_BATCH: Final = 4_000
BUSY_SECONDS: Final = 30.0
_CACHE_KIB: Final = 65_536
_MMAP_BYTES: Final = 1 << 30
# Who reads a file once from end to end reads no page twice.
_SCAN_CACHE_KIB: Final = 8_192
# What is folded to be compared is not mapped: without a journal that takes no longer, and no more room for a longer log.
_PROBE_CACHE_KIB: Final = 16_384
# A row of tiles has 16 kB.
_DIGEST_ROWS: Final = 100
# Entries that a rebuild commits at a time: what is lost when it is interrupted, and pages that are written once.
_COMMIT_ENTRIES: Final = 250_000
# How long a rebuild waits for a lock that somebody may only be looking at.
_PROBE_SECONDS: Final = 0.5

_NO_LIMIT: Final = TimeLimit(math.inf)
# The version that a connection knows of its file means nothing to another one.
_CONNECTIONS: Final = count(1)

PROGRESS: Final = """CREATE TABLE progress (
    projection TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,        -- the newest entry that is folded
    definition TEXT NOT NULL,           -- of the program that folded it: SHA-256, see runner.definition
    form       TEXT NOT NULL            -- of its tables: SHA-256, see runner.form
) STRICT, WITHOUT ROWID"""
# In a generation that is half built: what is folded anew; the others are copies.
REBUILT: Final = "CREATE TABLE rebuilt (projection TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"


class Projection(NamedTuple):
    """What the file of a projection says of itself. The names of its tables begin with its own."""

    name: str
    version: int
    tables: tuple[str, ...]
    indexes: tuple[str, ...]
    # The event types that it applies; others pass it by.
    types: frozenset[str]
    # Table -> columns that hold text, which has a digest of its own because it can be erased.
    text_columns: Mapping[str, frozenset[str]]
    apply: Callable[[sqlite3.Connection, Sequence[Entry], Disclosures], None] | None
    # What takes the stored bytes of every entry, which nobody decodes for it.
    apply_rows: Callable[[sqlite3.Connection, Sequence[Row]], None] | None = None
    # While much is folded at once, so many of its entries are gathered before they are applied; 0: those of each batch.
    gathers: int = 0


PROJECTIONS: Final = (
    Projection(
        agencies.NAME,
        agencies.VERSION,
        agencies.TABLES,
        agencies.INDEXES,
        agencies.TYPES,
        agencies.TEXT_COLUMNS,
        agencies.apply,
    ),
    Projection(
        catalogue.NAME,
        catalogue.VERSION,
        catalogue.TABLES,
        catalogue.INDEXES,
        catalogue.TYPES,
        catalogue.TEXT_COLUMNS,
        catalogue.apply,
    ),
    Projection(
        tallies.NAME,
        tallies.VERSION,
        tallies.TABLES,
        tallies.INDEXES,
        tallies.TYPES,
        tallies.TEXT_COLUMNS,
        tallies.apply,
    ),
    Projection(
        links.NAME,
        links.VERSION,
        links.TABLES,
        links.INDEXES,
        links.TYPES,
        links.TEXT_COLUMNS,
        links.apply,
    ),
    Projection(
        requests.NAME,
        requests.VERSION,
        requests.TABLES,
        requests.INDEXES,
        requests.TYPES,
        requests.TEXT_COLUMNS,
        requests.apply,
    ),
    Projection(
        reviews.NAME,
        reviews.VERSION,
        reviews.TABLES,
        reviews.INDEXES,
        reviews.TYPES,
        reviews.TEXT_COLUMNS,
        reviews.apply,
    ),
    Projection(
        lateness.NAME,
        lateness.VERSION,
        lateness.TABLES,
        lateness.INDEXES,
        lateness.TYPES,
        lateness.TEXT_COLUMNS,
        lateness.apply,
    ),
    Projection(
        declarations.NAME,
        declarations.VERSION,
        declarations.TABLES,
        declarations.INDEXES,
        declarations.TYPES,
        declarations.TEXT_COLUMNS,
        declarations.apply,
    ),
    Projection(
        filings.NAME,
        filings.VERSION,
        filings.TABLES,
        filings.INDEXES,
        filings.TYPES,
        filings.TEXT_COLUMNS,
        filings.apply,
    ),
    Projection(
        months.NAME,
        months.VERSION,
        months.TABLES,
        months.INDEXES,
        months.TYPES,
        months.TEXT_COLUMNS,
        months.apply,
    ),
    Projection(
        search.NAME,
        search.VERSION,
        search.TABLES,
        search.INDEXES,
        search.TYPES,
        search.TEXT_COLUMNS,
        search.apply,
        gathers=search.GATHERED,
    ),
    Projection(
        tree.NAME,
        tree.VERSION,
        tree.TABLES,
        tree.INDEXES,
        tree.TYPES,
        tree.TEXT_COLUMNS,
        None,
        tree.apply_rows,
    ),
)
_KNOWN_TYPES: Final = frozenset(event_type for event_type, _ in TABLE)


def definition(projection: Projection) -> str:
    """What the rows of a projection depend on beside the log: SHA-256 over its version, tables and types, hexadecimal."""
    said = [projection.version, projection.tables, projection.indexes, sorted(projection.types)]
    return sha256(b"archive/projection/v1\n" + msgspec.json.encode(said)).hexdigest()


def form(projection: Projection) -> str:
    """What a reader depends on: SHA-256 over the tables of a projection, hexadecimal."""
    return sha256(b"archive/projection/form/v1\n" + msgspec.json.encode(projection.tables)).hexdigest()


def tables() -> tuple[str, ...]:
    """Every statement that makes a generation."""
    return (PROGRESS, *(statement for one in PROJECTIONS for statement in (*one.tables, *one.indexes)))


class RebuildProgress(NamedTuple):
    """How far a rebuild is: `done` of `total` positions; the log may grow meanwhile."""

    done: int
    total: int


class Digest(NamedTuple):
    """SHA-256, hexadecimal, over a projection at a position: what cannot be erased, and text. `rows` of all its tables."""

    numbers: str
    text: str
    rows: int
    position: int


class Rebuilt(NamedTuple):
    """A generation that serves since a rebuild: at which position, after how many entries, and the rebuilt projections.

    `compared`: the projections whose digests before are known at the same position; `changed`: those of them that differ.
    """

    generation: int
    position: int
    entries: int
    digests: dict[str, Digest]
    compared: list[str]
    changed: list[str]


class Verified(NamedTuple):
    """A projection that serves, and what its rows must be: folded anew from the log to the same position.

    None for `fresh`: its rows are of another program, or more than the log holds, and cannot be compared.
    """

    projection: str
    position: int
    served: Digest | None
    fresh: Digest | None


class Status(NamedTuple):
    """Where a projection stands.

    `current`: folded by this program's definition; `readable`: its tables are those that this program reads.
    `following`: who keeps up with the log; `rebuilding`: who rebuilds and how far; `resumable`: the position up to which an
    interrupted rebuild can be taken up.
    """

    projection: str
    generation: int | None
    position: int
    head: int
    lag: int
    definition: str | None
    current: bool
    readable: bool
    following: Owner | None
    rebuilding: Owner | None
    resumable: int | None


# What reads take, for rooms that have no business with what it is.
Database = sqlite3.Connection


class Reading(NamedTuple):
    """One read transaction: everything in it is seen at the same moment.

    `head` is the newest position that all have folded. While `mark` is the same, so is everything that is read.
    """

    db: sqlite3.Connection
    head: int
    mark: tuple[int, int] | None = None


class Projections:
    """The projections of one archive, for those who fold: any number of processes, one at a time."""

    def __init__(self, folder: Path, log: Log, disclosures: Disclosures, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.folder = folder
        self._log = log
        self._disclosures = disclosures
        self._busy_seconds = busy_seconds

    @staticmethod
    def names() -> list[str]:
        """The names of the projections."""
        return [one.name for one in PROJECTIONS]

    def follow(self, *, limit: int = FOLLOW_BATCH) -> int:
        """Apply what the log holds now, at most `limit` entries a transaction; the position reached."""
        until = self._log.head()
        with _Serving(self.folder) as serving:
            while True:
                # The lock is let go after each batch, so that a rebuild can switch between two of them.
                with self._following():
                    _first_generation(self.folder)
                    reached, _ = self._advance(*serving.open(), until=until, limit=limit)
                if reached >= until:
                    return reached

    @contextmanager
    def keeping_up(self) -> Iterator[None]:
        """Be the one who follows as the log grows. PRJ-012: another process is."""
        self._make_folder()
        with generations.locked(self.folder, KEEPER_LOCK, code="PRJ-012", wait_seconds=0):
            yield

    def rebuild(  # noqa: PLR0913 - what an administrator may choose
        self,
        names: Collection[str] | None = None,
        *,
        resume: bool = False,
        keep: int = 1,
        compare: bool = False,
        batch: int = REBUILD_BATCH,
        progress: Callable[[RebuildProgress], None] = lambda _: None,
    ) -> Rebuilt:
        """Fold these projections, or all, anew beside what serves; then let the new generation serve.

        `resume`: go on with a rebuild of the same projections that was interrupted, if there is one. `keep`: how many
        generations stay beside the one that serves. `compare`: say whose digests differ from those before.
        """
        wanted = _named(names)
        self._make_folder()
        with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS) as tell:
            with self._following():
                before = _first_generation(self.folder, anew=len(wanted) == len(PROJECTIONS))
            path = generations.file_of(self.folder, before + 1)
            first = _resumable(path, wanted) if resume else None
            kept = set(range(before - keep, before + (1 if first is None else 2)))
            generations.remove_all_but(self.folder, keep=kept)

            def step(state: RebuildProgress) -> None:
                tell(Work(first or 0, state.done, state.total))
                progress(state)

            try:
                if first is None:
                    _begin(path, generations.file_of(self.folder, before), wanted)
                rebuilt = self._rebuild(wanted, before, compare=compare, batch=batch, progress=step)
            except ArchiveError as error:
                # What was built stays for `resume`, but not where it takes the last room, nor where it is damaged.
                if error.code in {"LOG-003", "PRJ-008"}:
                    with suppress(ArchiveError):
                        if generations.serving(self.folder) == before:
                            generations.remove_all_but(self.folder, keep=set(range(before - keep, before + 1)))
                raise
            # Whoever opens the one before just now still finds it, or finds that there is a newer one.
            generations.remove_all_but(self.folder, keep=set(range(rebuilt.generation - keep, rebuilt.generation + 1)))
            return rebuilt

    def cleanse(self) -> None:
        """Rebuild all, and leave no other file: what has been erased meanwhile is in none of them."""
        self._make_folder()
        with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS):
            # One who died over it left texts there.
            generations.remove_probe(self.folder)
        if generations.serving(self.folder) is not None:
            self.rebuild(keep=0)
            return
        with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS):
            # Nobody has ever read what a rebuild may have left here.
            generations.remove_all_but(self.folder, keep=set())

    def export(self, path: Path, *, erased: int) -> Manifest:
        """Write what serves into a new file, whole, with its manifest beside it. LOG-010: there is one.

        `erased`: up to which entry what was erased is in no byte of what serves.
        """
        if path.exists():
            raise Refused("LOG-010", path=path)
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        generation = generations.serving(self.folder)
        if generation is None:
            raise Refused("PRJ-007")
        try:
            # No rebuild removes it meanwhile; who folds into it is neither stopped nor copied by halves.
            with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS):
                generation = generations.serving(self.folder) or generation
                serving = generations.file_of(self.folder, generation)
                with _disposable(serving), closing(_open(serving, write=True, mapped=False)) as db:
                    db.execute("VACUUM INTO ?", (str(new),))
            with _disposable(new), closing(_open(new, write=False, mapped=False)) as copy:
                digests = {one.name: _digest(copy, one) for one in PROJECTIONS}
                position = min(_checked_progress(copy).values())
                root = b64encode(tree.root(copy, position)).decode()
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        manifest = Manifest(
            origin=self._log.origin,
            position=position,
            erased=erased,
            root=root,
            size=new.stat().st_size,
            sha256=sha256_of(new),
            digests={name: Digests(one.numbers, one.text) for name, one in digests.items()},
        )
        write_manifest(path, manifest)
        new.replace(path)
        return manifest

    def adopt(self, path: Path, *, signed: Callable[[int], tuple[int, bytes] | None] = lambda _: None) -> Manifest:
        """Let a snapshot serve, if it is what its manifest says, of this log, and ahead of what serves.

        `signed`: of the newest signed tree up to a position its size and root; the snapshot's tree must go through it.
        """
        manifest = read_manifest(path)
        if manifest.origin != self._log.origin:
            raise Corrupt("LOG-011", found=manifest.origin, origin=self._log.origin)
        self._make_folder()
        with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS):
            with self._following():
                before = _first_generation(self.folder)
            generations.remove_all_but(self.folder, keep={before - 1, before})
            new = generations.file_of(self.folder, before + 1)
            try:
                shutil.copyfile(path, new)
                with _disposable(new), closing(_open(new, write=True, mapped=False)) as db:
                    db.execute("PRAGMA journal_mode = WAL").fetchall()
                    self._check_snapshot(db, path, manifest, signed)
            except OSError:
                generations.remove_all_but(self.folder, keep={before - 1, before})
                raise Refused("LOG-002", path=path) from None
            except BaseException:
                generations.remove_all_but(self.folder, keep={before - 1, before})
                raise
            with self._following():
                served = max(
                    (one.position for one in _progress_of(generations.file_of(self.folder, before)).values()), default=0
                )
                if served > manifest.position:
                    generations.remove_all_but(self.folder, keep={before - 1, before})
                    raise Refused("PRJ-015", position=manifest.position, served=served)
                generations.switch(self.folder, before + 1)
            return manifest

    def _check_snapshot(
        self,
        db: sqlite3.Connection,
        path: Path,
        manifest: Manifest,
        signed: Callable[[int], tuple[int, bytes] | None],
    ) -> None:
        at = _checked_progress(db)
        head = self._log.head()
        if manifest.position > head:
            raise Corrupt("PRJ-006", position=manifest.position, head=head)
        found = {one.name: _digest(db, one) for one in PROJECTIONS}
        root = tree.root(db, manifest.position)
        known = signed(manifest.position)
        if (
            set(at.values()) != {manifest.position}
            or {name: Digests(one.numbers, one.text) for name, one in found.items()} != manifest.digests
            or b64encode(root).decode() != manifest.root
            or (known is not None and tree.root(db, known[0]) != known[1])
        ):
            raise Corrupt("PRJ-013", path=path)

    def verify(
        self, *, batch: int = REBUILD_BATCH, progress: Callable[[RebuildProgress], None] = lambda _: None
    ) -> list[Verified]:
        """Compare what serves with a fold from nothing. Nothing is changed; who follows and who reads are not held up."""
        with generations.locked(self.folder, REBUILD_LOCK, code="PRJ-002", wait_seconds=_PROBE_SECONDS) as tell:
            served = self._served()
            until = max((one.position for one in served.values()), default=0)
            path = self.folder / generations.PROBE
            generations.remove_probe(self.folder)

            def step(state: RebuildProgress) -> None:
                tell(Work(0, state.done, state.total))
                progress(state)

            try:
                with _disposable(path), closing(_create(path)) as db:
                    db.execute(f"PRAGMA cache_size = -{_PROBE_CACHE_KIB}").fetchall()
                    with _transaction(db):
                        _make_tables(db, PROJECTIONS)
                    fresh = self._folded_to(db, path, served, until=until, batch=batch, progress=step)
            finally:
                generations.remove_probe(self.folder)
        return [
            Verified(one.name, digest.position, digest, fresh.get(one.name))
            if (digest := served.get(one.name)) is not None
            else Verified(one.name, 0, None, None)
            for one in PROJECTIONS
        ]

    def status(self) -> list[Status]:
        """Where each projection stands."""
        head = self._log.head()
        owner = generations.owner_of(self.folder, REBUILD_LOCK)
        keeper = generations.owner_of(self.folder, KEEPER_LOCK)
        generation = generations.serving(self.folder)
        found: dict[str, _Folded] = {}
        resumable = None
        if generation is not None:
            db, path, generation = _open_serving(self.folder)
            with _disposable(path), closing(db):
                found = _progress(db)
            if owner is None:
                resumable = _resumable(generations.file_of(self.folder, generation + 1), None)
        return [
            Status(
                projection=one.name,
                generation=generation,
                position=folded.position,
                head=head,
                lag=head - folded.position,
                definition=folded.definition,
                current=folded.definition == _DEFINITIONS[one.name],
                readable=folded.form == _FORMS[one.name],
                following=keeper,
                rebuilding=owner,
                resumable=resumable,
            )
            for one in PROJECTIONS
            for folded in [found.get(one.name, _NOTHING)]
        ]

    def digest(self, name: str) -> Digest:
        """The digest of what serves."""
        (projection,) = _named([name])
        db, path, _ = _open_serving(self.folder, mapped=False)
        with _disposable(path), closing(db):
            db.execute("BEGIN")
            return _digest(db, projection)

    def _served(self) -> dict[str, Digest]:
        """The digests of what serves, at one moment; without those that another program folded."""
        db, path, _ = _open_serving(self.folder, mapped=False)
        with _disposable(path), closing(db):
            db.execute("BEGIN")
            found = _progress(db)
            return {
                one.name: _digest(db, one)
                for one in PROJECTIONS
                if found.get(one.name, _NOTHING).definition == _DEFINITIONS[one.name]
            }

    def _folded_to(  # noqa: PLR0913 - what is folded, how far, and who wants to know
        self,
        db: sqlite3.Connection,
        path: Path,
        served: Mapping[str, Digest],
        *,
        until: int,
        batch: int,
        progress: Callable[[RebuildProgress], None],
    ) -> dict[str, Digest]:
        """The digest of each projection at the position at which it serves, as far as the log goes."""
        fresh: dict[str, Digest] = {}
        for stop in sorted({one.position for one in served.values()}):
            reached = min(_checked_progress(db).values())
            gathered = _Gathered()
            while reached < (last := min(stop, self._log.head())):
                reached, _ = self._advance(db, path, until=last, limit=batch, gathered=gathered)
                progress(RebuildProgress(reached, until))
            with _disposable(path):
                gathered.apply_all(db, self._disclosures)
            if reached == stop:
                there = [one for one in PROJECTIONS if (known := served.get(one.name)) and known.position == stop]
                fresh |= {one.name: _digest(db, one) for one in there}
        return fresh

    def _rebuild(
        self,
        wanted: Sequence[Projection],
        before: int,
        *,
        compare: bool,
        batch: int,
        progress: Callable[[RebuildProgress], None],
    ) -> Rebuilt:
        generation = before + 1
        path = generations.file_of(self.folder, generation)
        old_path = generations.file_of(self.folder, before)
        with _disposable(path), closing(_open(path, write=True)) as db:
            first = min(_checked_progress(db).values())
            _, entries = self._catch_up(db, path, batch=batch, progress=progress)
            # From here on everything is read once, and not a little of it often.
            _unmap(db)
            with _transaction(db):
                for one in wanted:
                    _make_indexes(db, one)
                db.execute("DROP TABLE rebuilt")
            with closing(_open(path, write=False, mapped=False)) as reader:
                _, more = self._catch_up(db, path, batch=batch, progress=progress)
                with self._following():
                    # Nobody folds into the old generation now: what the log holds here is where the new one begins. The
                    # caller is not told how far it is, for he might wait for somebody who waits for this lock.
                    position, last = self._catch_up(db, path, batch=batch, progress=lambda _: None)
                    entries += more + last
                    self._verify(db, old_path, position=position, entries=first + entries)
                    compared = self._same_position(old_path, wanted, position=position) if compare else []
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    reader.execute("BEGIN")
                    _progress(reader)
                    generations.switch(self.folder, generation)
                    # From here the new generation serves. If we die now, the next rebuild tidies up the older ones.
                if last:
                    progress(RebuildProgress(position, position))
                digests = {one.name: _digest(reader, one) for one in wanted}
                return Rebuilt(
                    generation,
                    position,
                    entries,
                    digests,
                    [one.name for one in compared],
                    [one.name for one in compared if _digest_of(old_path, one) != digests[one.name]],
                )

    def _catch_up(
        self, db: sqlite3.Connection, path: Path, *, batch: int, progress: Callable[[RebuildProgress], None]
    ) -> tuple[int, int]:
        """Fold until nothing is left; the position reached, and the entries read."""
        entries = 0
        while True:
            # Pages that many batches change are written once.
            with _transaction(db):
                reached, until, read = self._build(db, path, batch=batch, progress=progress)
            entries += read
            if reached >= until:
                return reached, entries

    def _build(
        self, db: sqlite3.Connection, path: Path, *, batch: int, progress: Callable[[RebuildProgress], None]
    ) -> tuple[int, int, int]:
        """Fold as much as is committed together; the position reached, the head, and the entries read."""
        entries = 0
        gathered = _Gathered()
        while True:
            until = self._log.head()
            reached, read = self._advance(db, path, until=until, limit=batch, gathered=gathered)
            entries += read
            if read:
                progress(RebuildProgress(reached, until))
            if reached >= until or entries >= _COMMIT_ENTRIES:
                with _disposable(path):
                    gathered.apply_all(db, self._disclosures)
                return reached, until, entries

    def _verify(self, db: sqlite3.Connection, old_path: Path, *, position: int, entries: int) -> None:
        """What is about to serve has folded every position once, and at least those that were served before."""
        assert entries == position, "each position was read once, from the first on"
        assert all(one.position == position for one in _progress(db).values()), "all were caught up under the lock"
        served = max((one.position for one in _progress_of(old_path).values()), default=0)
        if served > position:
            raise Corrupt("PRJ-006", position=served, head=position)

    def _same_position(self, old_path: Path, wanted: Sequence[Projection], *, position: int) -> list[Projection]:
        """Those of the projections whose rows before can be compared: folded by this definition, up to this position."""
        found = _progress_of(old_path)
        if found and all(found.get(name, _NOTHING).definition == known for name, known in _DEFINITIONS.items()):
            # What came last is folded there too, if it is little: nobody else may do it now.
            with suppress(ArchiveError), closing(_open(old_path, write=True)) as old:
                self._advance(old, old_path, until=position, limit=FOLLOW_BATCH)
            found = _progress_of(old_path)
        return [one for one in wanted if found.get(one.name, _NOTHING)[:2] == (position, _DEFINITIONS[one.name])]

    def _advance(
        self, db: sqlite3.Connection, path: Path, *, until: int, limit: int, gathered: _Gathered | None = None
    ) -> tuple[int, int]:
        """Apply one batch to the projections that are furthest behind; the position that all have, and the entries read.

        A projection that is folded anew comes up to the others alone, and goes on with them. `gathered`: where entries wait
        that are applied later in the same transaction.
        """
        with _disposable(path), _transaction(db):
            at = _checked_progress(db)
            lowest, highest = min(at.values()), max(at.values())
            if highest > until and highest > (head := self._log.head()):
                raise Corrupt("PRJ-006", position=highest, head=head)
            until = min([until, lowest + limit, *(position for position in at.values() if position > lowest)])
            if until <= lowest:
                return lowest, 0
            behind = [one for one in PROJECTIONS if at[one.name] == lowest]
            # All of them, not only the types that are applied: what is not read is not known to be there.
            rows = self._log.rows(after=lowest, limit=until - lowest)
            _must_be_contiguous(rows, after=lowest, until=until)
            entries, stopped = _decoded(rows, frozenset[str]().union(*(one.types for one in behind)))
            if stopped is not None:
                until = stopped - 1
            for one in behind:
                if one.apply_rows is not None:
                    one.apply_rows(db, rows[: until - lowest])
                if one.apply is not None:
                    own = [entry for entry in entries if entry.event.TYPE in one.types]
                    if one.gathers and gathered is not None:
                        gathered.add(one, own, db, self._disclosures)
                    else:
                        one.apply(db, own, self._disclosures)
            db.executemany(
                "UPDATE progress SET position = ? WHERE projection = ?", [(until, one.name) for one in behind]
            )
        # From here rows and progress are in the file together. If we die now, the next batch begins just after them.
        if stopped is not None:
            raise Corrupt("PRJ-004", position=stopped, type=rows[stopped - lowest - 1].type)
        return until, len(rows)

    @contextmanager
    def _following(self) -> Iterator[None]:
        self._make_folder()
        with generations.locked(self.folder, FOLLOW_LOCK, code="PRJ-001", wait_seconds=self._busy_seconds):
            yield

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise Refused("LOG-002", path=self.folder) from None


class _Gathered:
    """Entries that were read and are not applied yet: some projections are folded for less when they take many at a time."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Entry]] = {}

    def add(
        self, projection: Projection, entries: Sequence[Entry], db: sqlite3.Connection, disclosures: Disclosures
    ) -> None:
        """Let entries wait; apply all that do once they are enough."""
        waiting = self._waiting.setdefault(projection.name, [])
        waiting += entries
        if len(waiting) >= projection.gathers:
            self._apply(projection, db, disclosures)

    def apply_all(self, db: sqlite3.Connection, disclosures: Disclosures) -> None:
        """Apply what waits: before what is read is committed as folded."""
        for one in PROJECTIONS:
            if one.name in self._waiting:
                self._apply(one, db, disclosures)

    def _apply(self, projection: Projection, db: sqlite3.Connection, disclosures: Disclosures) -> None:
        entries = self._waiting.pop(projection.name)
        assert projection.apply is not None, "what gathers entries applies them"
        projection.apply(db, entries, disclosures)


class Reader:
    """Reads what serves. One for each thread; between two readings it notices that another generation serves.

    `limit`: how long a reading may take. Not `mapped` is for who reads much of it once.
    """

    def __init__(self, folder: Path, *, limit: TimeLimit = _NO_LIMIT, mapped: bool = True) -> None:
        self._folder = folder
        self._limit = limit
        self._mapped = mapped
        self._db: sqlite3.Connection | None = None
        self._path = folder
        self._seen: tuple[int, int] | None = None
        self._number = 0
        # The version of the file that was read last, and the head that was read then.
        self._known: tuple[int, int] | None = None

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One read transaction, from its first statement to the end of the block."""
        db = self._newest()
        with _disposable(self._path), self._limit.running():
            db.execute("BEGIN")
            try:
                # This begins the reading: what another connection commits from here on is not seen.
                (version,) = db.execute("PRAGMA data_version").fetchone()
                if self._known is None or self._known[0] != version:
                    self._known = version, min(_readable_progress(db).values())
                yield Reading(db, self._known[1], (self._number, version))
            except sqlite3.OperationalError:
                self._limit.check()
                raise
            finally:
                db.execute("ROLLBACK")

    def mark(self) -> tuple[tuple[int, int], int]:
        """While this stays the same, what was read here reads the same again: the `mark` of the next reading, and its head."""
        db = self._newest()
        with _disposable(self._path):
            (version,) = db.execute("PRAGMA data_version").fetchone()
        if self._known is not None and self._known[0] == version:
            return (self._number, version), self._known[1]
        with self.reading() as reading:
            assert reading.mark is not None
            return reading.mark, reading.head

    def _newest(self) -> sqlite3.Connection:
        """The file that serves now."""
        seen = _look(self._folder)
        if self._db is None or seen != self._seen:
            self.close()
            self._db, self._path, _ = _open_serving(self._folder, mapped=self._mapped)
            if self._limit is not _NO_LIMIT:
                self._limit.watch(self._db)
            # As it was before the file was opened: at worst that is done once more.
            self._seen = seen
            self._number = next(_CONNECTIONS)
            self._known = None
        return self._db

    def close(self) -> None:
        """Let go of the file."""
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def __del__(self) -> None:
        # A thread that ends leaves its reader behind; left to itself, its connection waits for the garbage collector.
        self.close()


class _Serving:
    """The file that serves, open for folding; another one after each switch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: tuple[int, sqlite3.Connection] | None = None

    def open(self) -> tuple[sqlite3.Connection, Path]:
        """The file that serves now. Asked for under `follow.lock`, it does not change while that is held."""
        generation = generations.serving(self._folder)
        assert generation is not None, "the first generation was made before"
        path = generations.file_of(self._folder, generation)
        if self._open is None or self._open[0] != generation:
            self._close()
            with _disposable(path):
                self._open = generation, _open(path, write=True)
        return self._open[1], path

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


# --- files ------------------------------------------------------------------------------------------------------------
def _first_generation(folder: Path, *, anew: bool = False) -> int:
    """The generation that serves; where there is none yet, an empty one is made. Only under `follow.lock`.

    `anew`: nor is there one where `current` is damaged. Only a rebuild of everything may say so.
    """
    try:
        serving = generations.serving(folder)
    except Corrupt:
        if not anew:
            raise
        serving = None
    if serving is not None:
        return serving
    # Whatever files there are without `current` were never read by anyone.
    generations.remove_all_but(folder, keep=set())
    path = generations.file_of(folder, 1)
    with _disposable(path), closing(_create(path)) as db:
        _make_tables(db, PROJECTIONS)
        for one in PROJECTIONS:
            _make_indexes(db, one)
        db.execute("PRAGMA journal_mode = WAL")
    generations.switch(folder, 1)
    return 1


def _look(folder: Path) -> tuple[int, int]:
    """What changes when another generation serves, without reading it."""
    try:
        found = os.stat(f"{folder}/{generations.CURRENT}")  # noqa: PTH116 - a Path costs twice what the question does
    except OSError:
        raise Refused("PRJ-007") from None
    return found.st_ino, found.st_mtime_ns


def _open_serving(folder: Path, *, mapped: bool = True) -> tuple[sqlite3.Connection, Path, int]:
    """The file that serves, opened for reading, and its generation."""
    while True:
        seen = _look(folder)
        generation = generations.serving(folder)
        if generation is None:
            raise Refused("PRJ-007")
        path = generations.file_of(folder, generation)
        try:
            with _disposable(path):
                return _open(path, write=False, mapped=mapped), path, generation
        except Corrupt:
            # Two rebuilds since we looked, and the file is gone: there is a newer one.
            if _look(folder) == seen:
                raise


def _begin(path: Path, old_path: Path, wanted: Sequence[Projection]) -> None:
    """A new generation: nothing of these projections, and the others as they serve now."""
    others = [one for one in PROJECTIONS if one not in wanted]
    if others:
        with _disposable(old_path), closing(_open(old_path, write=True, mapped=False)) as old:
            _checked_progress(old, others)
            # A snapshot: who folds into the old file meanwhile is neither stopped nor copied by halves.
            old.execute("VACUUM INTO ?", (str(path),))
    with _disposable(path), closing(_create(path)) as db:
        with _transaction(db):
            for one in wanted if others else ():
                _drop_tables(db, one)
            _make_tables(db, wanted)
            db.execute(REBUILT)
            db.executemany("INSERT INTO rebuilt VALUES (?)", [(one.name,) for one in wanted])
        db.execute("PRAGMA journal_mode = WAL").fetchall()


def _resumable(path: Path, wanted: Sequence[Projection] | None) -> int | None:
    """The position up to which an interrupted rebuild of these projections, or of any, can be taken up; None: it cannot."""
    if not path.exists():
        return None
    with suppress(ArchiveError), _disposable(path), closing(_open(path, write=False, mapped=False)) as db:
        names = {name for (name,) in db.execute("SELECT projection FROM rebuilt")}
        at = min(_checked_progress(db).values())
        whole = db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        if whole and (wanted is None or names == {one.name for one in wanted}):
            return at
    return None


def _unmap(db: sqlite3.Connection) -> None:
    """Give back what is mapped of the file; outside a transaction that has read."""
    db.execute("PRAGMA mmap_size = 0").fetchall()


def _create(path: Path) -> sqlite3.Connection:
    """A file that nobody reads yet: if we die before it is in WAL, it is thrown away, so it needs no journal."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def _open(path: Path, *, write: bool, mapped: bool = True) -> sqlite3.Connection:
    """A generation that is there, in WAL: readers and the one who folds do not wait for each other.

    Not `mapped` is for who reads all of it once: what is mapped stays with the process until somebody else wants the room.
    """
    if not path.exists():
        raise Corrupt("PRJ-008", path=path)
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rw' if write else 'ro'}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
    )
    db.execute(f"PRAGMA mmap_size = {_MMAP_BYTES if mapped else 0}").fetchall()
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB if mapped else _SCAN_CACHE_KIB}").fetchall()
    # What a crash of the machine takes from the end of the WAL is folded again.
    db.execute("PRAGMA synchronous = NORMAL" if write else "PRAGMA query_only = ON").fetchall()
    return db


def _make_tables(db: sqlite3.Connection, projections: Iterable[Projection]) -> None:
    db.execute(PROGRESS.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
    for one in projections:
        for statement in one.tables:
            db.execute(statement)
        db.execute("INSERT OR REPLACE INTO progress VALUES (?, 0, ?, ?)", (one.name, definition(one), form(one)))


def _make_indexes(db: sqlite3.Connection, projection: Projection) -> None:
    for statement in projection.indexes:
        db.execute(statement.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))


def _drop_tables(db: sqlite3.Connection, projection: Projection) -> None:
    for kind in ("virtual", "table"):
        for table in _tables_of(db, projection, kind=kind):
            db.execute(f'DROP TABLE "{table}"')


def _tables_of(db: sqlite3.Connection, projection: Projection, *, kind: str = "table") -> list[str]:
    """The tables of a projection that are in the file, by name. Those of a full-text index (shadow) go with the index."""
    rows = db.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ? AND substr(name, 1, ?) = ? ORDER BY name",
        (kind, len(projection.name) + 1, f"{projection.name}_"),
    )
    return [name for (name,) in rows]


@contextmanager
def _disposable(path: Path) -> Iterator[None]:
    """Inside, what SQLite raises about a generation becomes an error of ours: a damaged one is rebuilt, not restored."""
    try:
        with refusals(path, busy_seconds=BUSY_SECONDS):
            yield
    except Corrupt as error:
        if error.code == "LOG-005" and error.facts["path"] == path:
            raise Corrupt("PRJ-008", path=path) from error
        raise


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction; inside one, that one: a generation that is built is one from the first batch to the last."""
    began = not db.in_transaction
    if began:
        db.execute("BEGIN IMMEDIATE")
    try:
        yield
        if began:
            db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


# --- progress and entries ---------------------------------------------------------------------------------------------
def _named(names: Collection[str] | None) -> list[Projection]:
    """The projections with these names; all where none is named."""
    known = [one.name for one in PROJECTIONS]
    for name in names or ():
        if name not in known:
            raise Refused("PRJ-009", names=", ".join(known))
    return [one for one in PROJECTIONS if not names or one.name in names]


class _Folded(NamedTuple):
    """The position that a projection has folded, by which definition, into tables of which form."""

    position: int
    definition: str | None
    form: str | None


_NOTHING: Final = _Folded(0, None, None)
_DEFINITIONS: Final = {one.name: definition(one) for one in PROJECTIONS}
_FORMS: Final = {one.name: form(one) for one in PROJECTIONS}


def _progress(db: sqlite3.Connection) -> dict[str, _Folded]:
    """What each projection in the file has folded."""
    rows = db.execute("SELECT projection, position, definition, form FROM progress")
    return {name: _Folded(*folded) for name, *folded in rows}


def _progress_of(path: Path) -> dict[str, _Folded]:
    """The same of a file that may be gone or damaged: then it has nothing."""
    try:
        with _disposable(path), closing(_open(path, write=False)) as db:
            return _progress(db)
    except ArchiveError:
        return {}


def _checked_progress(db: sqlite3.Connection, projections: Iterable[Projection] = PROJECTIONS) -> dict[str, int]:
    """The positions of projections that were folded by this program's definitions."""
    found = _progress(db)
    for one in projections:
        if found.get(one.name, _NOTHING).definition != _DEFINITIONS[one.name]:
            raise Refused("PRJ-003", projection=one.name)
    return {one.name: found[one.name].position for one in projections}


def _readable_progress(db: sqlite3.Connection) -> dict[str, int]:
    """The positions of projections whose tables are those that this program reads, whatever folded them."""
    found = _progress(db)
    for one in PROJECTIONS:
        if found.get(one.name, _NOTHING).form != _FORMS[one.name]:
            raise Refused("PRJ-003", projection=one.name)
    return {one.name: found[one.name].position for one in PROJECTIONS}


def _must_be_contiguous(rows: Sequence[Row], *, after: int, until: int) -> None:
    for position, row in enumerate(rows, after + 1):
        if row.position != position:
            raise Corrupt("PRJ-005", position=position)
    if len(rows) != until - after:
        raise Corrupt("PRJ-005", position=after + len(rows) + 1)


def _decoded(rows: Sequence[Row], types: frozenset[str]) -> tuple[list[Entry], int | None]:
    """The entries of these types, up to the first row that cannot be read or has a type nobody knows; its position."""
    stranger = next((row.position for row in rows if row.type not in _KNOWN_TYPES), None)
    entries = []
    for row in [row for row in rows if row.type in types]:
        if stranger is not None and row.position > stranger:
            break
        try:
            entries.append(decode_for_fold(row.position, row.type, row.entry))
        except Corrupt:
            return entries, row.position
    return entries, stranger


# --- digests ----------------------------------------------------------------------------------------------------------
def _digest_of(path: Path, projection: Projection) -> Digest:
    """The digest of a file that nobody folds into any more."""
    with _disposable(path), closing(_open(path, write=False, mapped=False)) as db:
        db.execute("BEGIN")
        return _digest(db, projection)


def _digest(db: sqlite3.Connection, projection: Projection) -> Digest:
    """Two digests, each over lines of JSON: for each table its name and columns, then its rows in the order of the key.

    A line of the text digest begins with the key too, so that a text is bound to its row. A table that is text with its
    keys, as an index of words is, is in that digest alone, and its rows are not counted. SQLite writes the lines, with
    `json_array` and bytes as `hex`, so that anyone can recompute a digest with the `sqlite3` and `sha256sum` of any machine.
    """
    (position,) = _checked_progress(db, [projection]).values()
    numbers, text, count = sha256(), sha256(), 0
    for table in _tables_of(db, projection):
        columns = db.execute("SELECT name, pk, type FROM pragma_table_info(?) ORDER BY cid", (table,)).fetchall()
        key = [name for name, pk, _ in sorted(columns, key=itemgetter(1)) if pk]
        # JSON holds no bytes.
        written = {name: f"hex({name})" if kind == "BLOB" else name for name, _, kind in columns}
        erasable = projection.text_columns.get(table, frozenset())
        if erasable >= written.keys():
            for lines in _lines(db, table, key, written):
                text.update(lines)
            continue
        for lines in _lines(db, table, key, {name: value for name, value in written.items() if name not in erasable}):
            numbers.update(lines)
            count += lines.count(b"\n")
        count -= 1
        if erasable:
            shown = {name: written[name] for name in [*key, *(name for name in written if name in erasable)]}
            for lines in _lines(db, table, key, shown):
                text.update(lines)
    return Digest(numbers.hexdigest(), text.hexdigest(), count, position)


def _lines(db: sqlite3.Connection, table: str, key: list[str], columns: Mapping[str, str]) -> Iterator[bytes]:
    """A table as lines of JSON, many at a time: first its name and those of the columns, then its rows as written."""
    yield msgspec.json.encode([table, *columns]) + b"\n"
    # As bytes: SQLite has them so, and a digest wants them so.
    rows = db.execute(
        f"SELECT CAST(json_array({', '.join(columns.values())}) AS BLOB) FROM {table} ORDER BY {', '.join(key)}"
    )
    while some := rows.fetchmany(_DIGEST_ROWS):
        yield b"\n".join([line for (line,) in some]) + b"\n"
