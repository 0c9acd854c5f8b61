"""Folds the log into projections, reads them, and rebuilds them beside what serves.

    log ──▶ follow: a batch of entries, applied to every projection; rows and progress in one transaction ──▶ Reader
            rebuild: the same into a new generation, then one switch of `current`

Rules
- One file, a generation, holds the tables of all projections, so that one transaction reads them all at one position.
- Entries are applied in order, each once: a batch must be the positions just after the progress, without a gap.
- What an entry's type does not concern is read, counted and skipped, and never decoded.
- The rows depend on the log alone (and texts on what may be shown), never on batches: `digest` says so.
- A generation keeps for each projection the definition it was folded by. When the program's differs, it is not read and
  not folded on; it is rebuilt.
- What serves is changed only under `follow.lock`; a rebuild takes it for its last batch and the switch, and never
  switches to a position below the one that was served.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from archive.domain.errors import Corrupt, Refused
from archive.domain.events import TABLE
from archive.log.entry import decode_entry
from archive.projections import catalogue, generations, tallies
from archive.projections.generations import FOLLOW_LOCK, REBUILD_LOCK
from archive.storage.refusals import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.storage.sqlite import Row

FOLLOW_BATCH: Final = 5_000
REBUILD_BATCH: Final = 10_000
BUSY_SECONDS: Final = 30.0
_CACHE_KIB: Final = 65_536
_MMAP_BYTES: Final = 1 << 30
_DIGEST_ROWS: Final = 10_000

PROGRESS: Final = """CREATE TABLE progress (
    projection TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,        -- the newest entry that is folded
    definition TEXT NOT NULL            -- of the program that folded it: SHA-256, see runner.definition
) STRICT, WITHOUT ROWID"""


class Projection(Protocol):
    """What the file of a projection says of itself: the module is the object."""

    NAME: str
    VERSION: int
    TABLES: tuple[str, ...]
    INDEXES: tuple[str, ...]
    TYPES: frozenset[str]
    TEXT_COLUMNS: Mapping[str, frozenset[str]]

    def apply(self, db: sqlite3.Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
        """Fold entries of `TYPES`, in order, into the tables."""


# The names of a projection's tables begin with its own.
PROJECTIONS: Final[tuple[Projection, ...]] = (catalogue, tallies)
