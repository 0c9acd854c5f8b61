"""What a log costs those who check, sign and follow it: audits, checkpoints, mirrors, over a district of eight years.

Processor seconds, so that who else works on the machine matters less. The floor of the check of bytes is one call of
`hashlib.sha256` for each leaf and one for each node, over the same entries.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec
from district_benchmark import built, called, drafts

from archive.audit.check import Checked
from archive.audit.entries import check_entries
from archive.audit.folds import check_projections
from archive.audit.roots import check_root
from archive.audit.streams import check_streams
from archive.audit.tiles import Tiles
from archive.cli import home
from archive.domain.parsing import parse_command
from archive.notary.publish import publish
from archive.projections.runner import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from district import District

    from archive.audit.findings import Finding
    from archive.log.log import Log

_BATCH: Final = 5_000
_NEW: Final = 1_000
_MICRO: Final = 1_000_000.0


def measure(folder: Path, items: int, rounds: int) -> dict[str, object]:
    """Figures of a district with so many items."""
    place, world, entries, _ = built(folder, items)
    figures: dict[str, object] = {"entries": entries, "items": items}
    figures |= _audited(place, entries, rounds)
    figures |= _published(place, world, rounds)
    figures |= _mirrored(place, folder / "mirror")
    return figures


def _spent(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


# --- audits -------------------------------------------------------------------------------------------------------------
def _audited(place: Path, entries: int, rounds: int) -> dict[str, object]:
    """The bytes against their floor; each part of what they mean, in microseconds an entry; memory of the whole check."""
    found: list[Finding] = []
    parts: dict[str, list[float]] = {}
    ratios = []
    with home.stores(place, read_only=True) as (log, disclosures), home.vault(place) as vault:
        projections = home.projections(place, log, disclosures)
        semantic: dict[str, Callable[[], Checked | int]] = {
            "entries": lambda: check_entries(log, disclosures, vault, until=entries, report=found.append),
            "streams": lambda: check_streams(log, until=entries, report=found.append),
            "projections": lambda: check_projections(projections, report=found.append),
        }
        for _ in range(rounds):
            least = _bare(log, entries)
            ratios.append(_spent(lambda: _bytes(log, place, entries, found)) / least)
            for name, work in semantic.items():
                parts.setdefault(name, []).append(_spent(work) * _MICRO / entries)
    assert not found, found[0]
    whole = called(place, "audit", "check")
    return {
        "bytes_times_the_floor": [round(one, 2) for one in ratios],
        "microseconds_an_entry": {name: [round(one, 1) for one in all_] for name, all_ in parts.items()},
        "audit_check": {
            "processor_seconds": round(whole.processor, 1),
            "microseconds_an_entry": round(whole.processor * _MICRO / entries, 1),
            "peak_mb": whole.peak_mb,
        },
    }


def _bare(log: Log, entries: int) -> float:
    """Reading is not counted."""
    spent = 0.0
    node = bytes(65)
    for after in range(0, entries, _BATCH):
        rows = log.rows(after=after, limit=_BATCH, until=entries)
        before = time.process_time()
        for row in rows:
            sha256(row.entry).digest()
        for _ in rows:
            sha256(node).digest()
        spent += time.process_time() - before
    return spent


def _bytes(log: Log, place: Path, entries: int, found: list[Finding]) -> None:
    with closing(Reader(place / home.PROJECTIONS)) as reader, reader.reading() as reading:
        tiles = Tiles(reading, report=found.append)
        check_root(log, until=entries, claims=(), report=found.append, leaves=tiles.add)
        tiles.finish()


# --- checkpoints --------------------------------------------------------------------------------------------------------
def _published(place: Path, world: District, rounds: int) -> dict[str, object]:
    """A checkpoint over a thousand new entries that are folded: milliseconds, with every fsync, and of the processor."""
    wishes = drafts(world)
    walls, spent = [], []
    with (
        home.writer(place) as writer,
        home.stores(place, read_only=True) as (log, disclosures),
        home.checkpoints(place) as checkpoints,
        closing(Reader(place / home.PROJECTIONS)) as reader,
    ):
        projections = home.projections(place, log, disclosures)
        signer = home.signer(place)
        # The first one goes over the whole log; the world has five thousand drafts.
        for number in range(min(rounds, 4) + 1):
            projections.follow()
            started, before = time.perf_counter(), time.process_time()
            publish(log, reader, checkpoints, signer, now=lambda: datetime.now(UTC))
            if number:
                walls.append((time.perf_counter() - started) * 1_000)
                spent.append((time.process_time() - before) * 1_000)
            commands = (parse_command(msgspec.json.encode(one)) for one in islice(wishes, _NEW))
            writer.handle_all(enumerate(commands, 1), kind="commands", source_sha256=lambda: "0" * 64)
        projections.follow()
        publish(log, reader, checkpoints, signer, now=lambda: datetime.now(UTC))
    return {
        "checkpoint_milliseconds": [round(one, 1) for one in walls],
        "checkpoint_processor_milliseconds": [round(one, 1) for one in spent],
    }


# --- mirrors ------------------------------------------------------------------------------------------------------------
def _mirrored(place: Path, target: Path) -> dict[str, object]:
    """A mirror from nothing over loopback, beside a rebuild of the same log."""
    rebuilt = called(place, "projection", "rebuild")
    with home.stores(place, read_only=True) as (log, _):
        entries = log.head()
    (key,) = home.signer(place).verifiers()
    with _served(place) as site:
        taken = called(place, "mirror", site, str(target), "--vkey", str(key), "--once")
    return {
        "mirrored": entries,
        "mirror": {"entries_a_second": round(entries / taken.seconds), "processor_seconds": round(taken.processor, 1)},
        "rebuild": {
            "entries_a_second": round(entries / rebuilt.seconds),
            "processor_seconds": round(rebuilt.processor, 1),
        },
        "mirror_to_rebuild": {
            "rate": round(rebuilt.seconds / taken.seconds, 2),
            "processor": round(rebuilt.processor / taken.processor, 2),
        },
        "mirror_peak_mb": taken.peak_mb,
    }


@contextmanager
def _served(place: Path) -> Iterator[str]:
    words = [sys.executable, "-m", "archive", "--home", str(place), "--lang", "en", "serve", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        try:
            yield next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            server.terminate()
