"""What the log costs in PostgreSQL beside the same work in plain statements, what several writers reach, and a node's start.

PostgreSQL is the one of the tests (tests/storage/server.py), here with its data on disk and with fsync.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import district_benchmark
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from archive.cli import home
from archive.log.entry import decode_entry
from archive.log.log import Log
from archive.storage.contract import CommandRow, Row
from archive.storage.postgres import PostgresLog
from storage import server as test_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archive.storage.addresses import Address

READ_AT_ONCE: Final = 5_000
SINGLES: Final = 500
WRITERS: Final = 4
_COPIES: Final = (
    ("COPY entries FROM STDIN (FORMAT BINARY)", ("int8", "bytea", "int8", "text", "bytea")),
    ("COPY commands FROM STDIN (FORMAT BINARY)", ("bytea", "int8", "int8", "bytea")),
)
# The same rows with the same keys, and nothing that guards them.
_FLOOR: Final = """
CREATE TABLE entries (
    position bigint PRIMARY KEY, stream bytea, version bigint, type text, entry bytea, UNIQUE (stream, version)
);
CREATE TABLE commands (id bytea PRIMARY KEY, first_position bigint, entries bigint, digest bytea)
"""
# One of several writers: an office with its own agency and items, in batches, told to start by a line.
_WRITER: Final = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import benchmark, msgspec
from archive.cli import home
from archive.domain.parsing import parse_command

number, parts, size = map(int, sys.argv[3:])
with home.writer(Path(sys.argv[2])) as writer:
    for part in range(-1, parts):
        if not part:
            # Connected, with calendars and its agency read: what is measured is an office at work.
            print("ready", flush=True)
            sys.stdin.readline()
        # As an import does it: the file is read before anybody is made to wait.
        wishes = benchmark.lines_of(number * 1_000 + part + 1, size)
        numbered = [(line, parse_command(msgspec.json.encode(wish))) for line, wish in enumerate(wishes, 1)]
        done = writer.handle_all(numbered, kind="commands", source_sha256=lambda: "0" * 64)
        assert not done.problems, done.problems[0]
"""


def measure(
    folder: Path,
    items: int,
    rounds: int,
    *,
    build: Callable[[Path, int], Path],
    begin: Callable[[Path], None],
) -> dict[str, object]:
    """Ratios to plain statements; `build` makes a home with items, `begin` enters what all writers need."""
    with Durable() as server:
        rows, commands = _rows_of(build(folder / "home", items))
        figures: dict[str, object] = {"entries": len(rows)}
        figures |= _written(server, rows, commands, rounds)
        figures |= _writers(server, folder, rounds, begin)
        figures |= _node(folder, rounds)
    return figures


def measure_loaded(folder: Path, items: int) -> dict[str, object]:
    """A district loaded into PostgreSQL: entries a second, room on disk, and a rebuild that reads it there."""
    with Durable() as server:
        address = server.schema()
        place, _, entries, imported = district_benchmark.built(folder, items, kept_at=address)
        with psycopg.connect(address) as db:
            sizes = db.execute(
                "SELECT pg_total_relation_size('entries'), pg_total_relation_size('commands')"
            ).fetchone()
        with home.stores(place, read_only=True) as (log, disclosures):
            seconds = _seconds(lambda: home.projections(place, log, disclosures).rebuild())
    assert sizes is not None
    return {
        "items": items,
        "entries": entries,
        "loaded": round(imported),
        "megabytes": [round(size / 2**20) for size in sizes],
        "rebuilt": round(entries / seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


class Durable:
    """A server whose commits wait for the disk."""

    def __init__(self) -> None:
        # Whoever the server runs as has to pass through to it.
        folder = Path(tempfile.mkdtemp(prefix="archive-pg-"))
        test_server.SETTINGS.update(fsync="on", full_page_writes="on", shared_buffers="512MB", max_wal_size="8GB")
        self._server = test_server.Server(folder)

    def schema(self) -> Address:
        """An address of an empty schema."""
        return self._server.schema()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def _rows_of(place: Path) -> tuple[list[Row], list[CommandRow]]:
    with home.stores(place, read_only=True) as (log, _):
        rows = log.storage.read(after=0, limit=10_000_000)
        ids = sorted({bytes.fromhex(decode_entry(row.position, row.type, row.entry).cmd) for row in rows})
        return rows, log.storage.commands(ids)


# --- one writer -------------------------------------------------------------------------------------------------------
def _written(server: Durable, rows: Sequence[Row], commands: Sequence[CommandRow], rounds: int) -> dict[str, object]:
    rates: dict[str, list[float]] = {name: [] for name in ("batch", "copy", "single", "insert", "follow", "scan")}
    for _ in range(rounds):
        address = server.schema()
        with PostgresLog.create(address) as log:
            rates["batch"].append(len(rows) / _seconds(lambda: _append(log, rows, commands)))
            rates["follow"].append(len(rows) / _seconds(lambda: _follow(log)))
            rates["scan"].append(len(rows) / _seconds(partial(_scan, address)))
        with PostgresLog.create(server.schema()) as log:
            rates["single"].append(SINGLES / _seconds(lambda: _append_each(log, rows[:SINGLES])))
        with psycopg.connect(server.schema(), autocommit=True) as db:
            db.execute(_FLOOR)
            rates["copy"].append(len(rows) / _seconds(lambda: _copy(db, rows, commands)))
            db.execute("TRUNCATE entries, commands")
            rates["insert"].append(SINGLES / _seconds(lambda: _insert_each(db, rows[:SINGLES])))
    pairs = (("batch", "copy"), ("single", "insert"), ("follow", "scan"))
    return {
        "rate": {name: [round(one) for one in found] for name, found in rates.items()},
        "ratio": {ours: _ratio(rates[ours], rates[floor]) for ours, floor in pairs},
    }


def _append(log: PostgresLog, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
    with log.write() as write:
        write.append(rows, commands)


def _append_each(log: PostgresLog, rows: Sequence[Row]) -> None:
    for row in rows:
        with log.write() as write:
            write.append([row], [_command_of(row)])


def _command_of(row: Row) -> CommandRow:
    return CommandRow(row.position.to_bytes(16), row.position, 1, b"\0" * 32)


def _copy(db: psycopg.Connection, rows: Sequence[Row], commands: Sequence[CommandRow]) -> None:
    with db.transaction(), db.cursor() as cursor:
        for (statement, types), some in zip(_COPIES, (rows, commands), strict=True):
            with cursor.copy(statement) as copy:
                copy.set_types(types)
                for row in some:
                    copy.write_row(row)


def _insert_each(db: psycopg.Connection, rows: Sequence[Row]) -> None:
    for row in rows:
        with db.transaction():
            db.execute("LOCK TABLE entries IN EXCLUSIVE MODE")
            db.execute("INSERT INTO entries VALUES (%b, %b, %b, %b, %b)", row)
            db.execute("INSERT INTO commands VALUES (%b, %b, %b, %b)", _command_of(row))


def _follow(log: PostgresLog) -> None:
    after = 0
    while rows := log.read(after=after, limit=READ_AT_ONCE):
        for row in rows:
            decode_entry(row.position, row.type, row.entry)
        after = rows[-1].position


def _scan(address: Address) -> None:
    with psycopg.connect(address) as db, db.cursor("scan", binary=True) as cursor:
        cursor.itersize = READ_AT_ONCE
        for position, kind, entry in cursor.execute("SELECT position, type, entry FROM entries ORDER BY position"):
            decode_entry(position, kind, entry)


# --- several writers --------------------------------------------------------------------------------------------------
def _writers(server: Durable, folder: Path, rounds: int, begin: Callable[[Path], None]) -> dict[str, object]:
    """Entries a second of one process that writes batches, and of four that write as many batches of the same size at once."""
    rates: dict[int, list[float]] = {1: [], WRITERS: []}
    parts, size = 80, 50
    for number in range(rounds):
        for count, found in rates.items():
            place = folder / f"writers-{number}-{count}"
            home.create(place, origin="benchmark.example/writers", log=server.schema())
            begin(place)
            command = [sys.executable, "-c", _WRITER, str(Path(__file__).parent), str(place)]
            running = [
                subprocess.Popen(
                    [*command, str(one), str(parts // count), str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
                for one in range(count)
            ]
            for process in running:
                assert process.stdout is not None
                process.stdout.readline()
            with home.stores(place, read_only=True) as (log, _):
                before = log.head()
            started = time.perf_counter()
            for process in running:
                assert process.stdin is not None
                process.stdin.write(b"\n")
                process.stdin.flush()
            assert not any(process.wait() for process in running)
            seconds = time.perf_counter() - started
            with home.stores(place, read_only=True) as (log, _):
                found.append((log.head() - before) / seconds)
                batches = (parts // count + 1) * count
                _must_be_whole(log, batches=batches, items=batches * size)
    return {
        "writers": {count: [round(one) for one in found] for count, found in rates.items()},
        "writers_ratio": _ratio(rates[WRITERS], rates[1]),
    }


def _must_be_whole(log: Log, *, batches: int, items: int) -> None:
    """Nothing was lost and nothing is there twice: each position once, each item drafted and published once."""
    rows = log.rows(after=0, limit=10_000_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    for kind in ("item-drafted", "item-published"):
        streams = [row.stream for row in rows if row.type == kind]
        assert len(streams) == len(set(streams)) == items, (kind, len(streams), items, batches)


# --- a node -----------------------------------------------------------------------------------------------------------
def _node(folder: Path, rounds: int) -> dict[str, object]:
    """Seconds until a node can answer: from a snapshot, and folded from the first entry."""
    seconds: dict[str, list[float]] = {"rebuild": [], "snapshot": []}
    with home.stores(folder / "home", read_only=True) as (log, disclosures):
        first = home.projections(folder / "home", log, disclosures)
        first.follow()
        made = first.export(folder / "snapshot", erased=0)
        for number in range(rounds):
            for name, found in seconds.items():
                other = type(first)(folder / f"{name}-{number}", log, disclosures)
                started = time.perf_counter()
                if name == "snapshot":
                    other.adopt(folder / "snapshot")
                else:
                    other.rebuild()
                found.append(time.perf_counter() - started)
    return {
        "node_seconds": {name: [round(one, 2) for one in found] for name, found in seconds.items()},
        "node_ratio": _ratio(seconds["snapshot"], seconds["rebuild"]),
        "snapshot_mb": round(made.size / 2**20, 1),
    }


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ratio(ours: Sequence[float], floors: Sequence[float]) -> float:
    return round(statistics.median(our / floor for our, floor in zip(ours, floors, strict=True)), 3)
