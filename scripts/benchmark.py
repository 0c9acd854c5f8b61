"""What things cost, beside the least they could cost: floor and ours in turn, in one run, on one machine.

Each line of output is one JSON object: what was measured, rates of ours and of the floor for each round, the median
ratio, peak memory, machine, versions. Nothing here is asserted; docs/performance.md holds the figures with their dates.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import attack_benchmark
import district_benchmark
import graphql_benchmark
import log_benchmark
import msgspec

from archive.cli import home
from archive.commands import Writer
from archive.domain import commands as rules
from archive.domain import personal_data
from archive.domain.agencies import Agency
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.parsing import parse_command
from archive.domain.seals import SALT_BYTES, seal
from archive.intake.calendars import SHIPPED
from archive.intake.jsonl import import_commands
from archive.law.calendar import Calendar, CalendarYear
from archive.law.clock import RequestClock
from archive.merkle.tiles import grow
from archive.merkle.tree import HASH_BYTES, leaf_row
from archive.projections import catalogue, revisions, tallies, tree
from archive.projections.catalogue import ItemFilter
from archive.projections.proofs import Prover
from archive.projections.runner import REBUILD_BATCH, Reader
from archive.projections.search import query
from archive.storage.contract import Row
from archive.vault.store import Kept, Vault

ORIGIN = "benchmark.example/archive"
AGENCY = "agency-" + "a" * 32
KINDS = ("power-list", "approval", "budget", "funds", "plan", "news")
ENTRIES_AN_ITEM = 7


def main() -> None:
    """Run the benchmarks that were asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", nargs="*", default=[])
    arguments.add_argument("--items", type=int, default=15_000, help="items; each makes seven entries")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--kept", type=Path, help="where the data of `graphql` and `attacks` stay from run to run")
    given = arguments.parse_args()
    benchmarks: dict[str, Callable[[Path, int, int], None]] = {
        "import": measure_import,
        "rebuild": measure_rebuild,
        "append": measure_append,
        "query": measure_query,
        "start": measure_start,
        "seal": measure_seal,
        "scan": measure_scan,
        "decide": measure_decide,
        "due": measure_due,
        "search": measure_search,
        "past": measure_past,
        "tree": measure_tree,
        "district": measure_district,
        "export": measure_export,
        "reports": measure_reports,
        "postgres": measure_postgres,
        "postgres-load": measure_postgres_load,
        "log": measure_log,
        "graphql": measure_graphql,
        "attacks": measure_attacks,
    }
    # PostgreSQL comes with the packages of the tests: it is measured where it is asked for.
    for name in given.what or sorted(benchmarks.keys() - {"postgres", "postgres-load"}):
        with tempfile.TemporaryDirectory(prefix="archive-benchmark-") as folder:
            kept = given.kept if name in {"graphql", "attacks"} else None
            benchmarks[name](kept or Path(folder), given.items, given.rounds)


def report(benchmark: str, **figures: object) -> None:
    """Print one line."""
    machine = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "on": datetime.now(UTC).date().isoformat(),
    }
    sys.stdout.write(json.dumps({"benchmark": benchmark, **figures, "machine": machine}) + "\n")
    sys.stdout.flush()


# --- import -----------------------------------------------------------------------------------------------------------
def measure_import(folder: Path, items: int, rounds: int) -> None:
    """Commands from a file to durable entries; the floor writes the same bytes with `executemany`."""
    file = write_commands(folder / "commands.jsonl", items)
    ours, floors = [], []
    entries = 0
    for number in range(rounds):
        place = folder / f"home-{number}"
        home.create(place, origin=ORIGIN)
        started = time.perf_counter()
        with home.writer(place) as writer:
            entries = import_commands(writer, file, dry_run=False, progress=lambda _: None).entries
        ours.append(entries / (time.perf_counter() - started))
        floors.append(entries / raw_copy(place / home.LOG, folder / f"floor-{number}.sqlite"))
    peaks = {size: _peak_of_import(folder, size) for size in (items // 5, items)}
    report(
        "import",
        entries=entries,
        rate=[round(one) for one in ours],
        floor=[round(one) for one in floors],
        ratio=_ratio(ours, floors),
        peak_mb_by_items=peaks,
    )


def raw_copy(log: Path, target: Path) -> float:
    """Seconds to write the rows of a log into a new file: 10,000 a transaction, unique index, WAL, FULL, no trigger."""
    rows = sqlite3.connect(log).execute("SELECT position, stream, version, type, entry FROM entries").fetchall()
    db = sqlite3.connect(target, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE entries (position INTEGER PRIMARY KEY, stream BLOB NOT NULL, version INTEGER NOT NULL,"
        " type TEXT NOT NULL, entry BLOB NOT NULL, UNIQUE (stream, version)) STRICT"
    )
    started = time.perf_counter()
    for start in range(0, len(rows), 10_000):
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows[start : start + 10_000])
        db.execute("COMMIT")
    seconds = time.perf_counter() - started
    db.close()
    return seconds


def _peak_of_import(folder: Path, items: int) -> int:
    """Peak memory in MB of a whole `archive import` process."""
    file = write_commands(folder / f"commands-{items}.jsonl", items)
    place = folder / f"peak-{items}"
    home.create(place, origin=ORIGIN)
    program = (
        "import resource, sys; from archive.cli.main import run;"
        " code = run(['--home', sys.argv[1], '--quiet', 'import', 'commands', sys.argv[2]]);"
        " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(place), str(file)], check=True, capture_output=True, text=True
    )
    return int(done.stderr.split()[-1]) // 1024


# --- rebuild ----------------------------------------------------------------------------------------------------------
class _Data(msgspec.Struct):
    agency: str = ""
    categories: list[object] = []
    channel: str = ""
    made_on: str = ""
    published_on: str = ""
    received_on: str = ""


class _Entry(msgspec.Struct):
    stream: str
    type: str
    data: _Data
    seals: dict[str, str]


def measure_rebuild(folder: Path, items: int, rounds: int) -> None:
    """Both projections from nothing, with indexes, digests and the switch; the floor writes the same final rows."""
    place = build_home(folder / "home", items)
    ours, without_digests, floors = [], [], []
    with home.stores(place, read_only=True) as (log, disclosures):
        head = log.head()
        projections = home.projections(place, log, disclosures)
        projections.follow()
        final = final_rows(place)
        for number in range(rounds):
            floors.append(head / fold_floor(place, final, folder / f"floor-{number}.sqlite"))
            started = time.perf_counter()
            projections.rebuild(None)
            seconds = time.perf_counter() - started
            started = time.perf_counter()
            for name in projections.names():
                projections.digest(name)
            ours.append(head / seconds)
            without_digests.append(head / (seconds - (time.perf_counter() - started)))
    report(
        "rebuild",
        entries=head,
        rate=[round(one) for one in ours],
        floor=[round(one) for one in floors],
        ratio=_ratio(ours, floors),
        ratio_without_digests=_ratio(without_digests, floors),
        peak_mb=_peak(),
    )


def fold_floor(place: Path, final: list[tuple[str, str, list[tuple[object, ...]]]], target: Path) -> float:
    """Seconds to read the whole log, decode it with msgspec, and write the final rows with `executemany`, no index."""
    db = sqlite3.connect(target, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    for _, table, _ in final:
        db.execute(table)
    decode = msgspec.json.Decoder(_Entry).decode
    source = sqlite3.connect(place / home.LOG)
    started = time.perf_counter()
    for position, raw in source.execute("SELECT position, entry FROM entries ORDER BY position"):
        assert position
        decode(raw)
    db.execute("BEGIN")
    for insert, _, rows in final:
        db.executemany(insert, rows)
    db.execute("COMMIT")
    seconds = time.perf_counter() - started
    db.close()
    return seconds


def final_rows(place: Path) -> list[tuple[str, str, list[tuple[object, ...]]]]:
    """Of each table of the projections: how to insert, how to make it, and the rows that are known still."""
    folder = place / home.PROJECTIONS
    number = int((folder / "current").read_text(encoding="ascii"))
    db = sqlite3.connect(folder / f"generation-{number:06}.sqlite")
    found = []
    # The full-text index is no table that anyone could write rows into.
    for name, table in db.execute(
        "SELECT name, sql FROM sqlite_schema JOIN pragma_table_list USING (name) WHERE pragma_table_list.type = 'table'"
        " AND sql IS NOT NULL"
    ).fetchall():
        columns = [column for _, column, *_ in db.execute(f"PRAGMA table_info({name})")]
        still = "WHERE known_to IS NULL" if "known_to" in columns else ""
        rows = db.execute(f"SELECT * FROM {name} {still}").fetchall()
        found.append((f"INSERT INTO {name} VALUES ({','.join('?' * len(columns))})", table, rows))
    db.close()
    return found


def measure_district(folder: Path, items: int, rounds: int) -> None:
    """A district of eight years: rebuilds, questions, readers beside a rebuild, following. 150,000 items: 1,000,000 entries."""
    report("district", **district_benchmark.measure(folder, items, rounds, floor=floor_of))


def measure_graphql(folder: Path, items: int, rounds: int) -> None:
    """Three queries over HTTP beside a server of constant bytes; a folder that is kept is built once."""
    folder.mkdir(parents=True, exist_ok=True)
    report("graphql", **graphql_benchmark.measure(folder, items, rounds))


def measure_attacks(folder: Path, items: int, rounds: int) -> None:
    """What a stranger's 8 KB cost (attack_benchmark)."""
    report("attacks", items=items, **attack_benchmark.measure(graphql_benchmark.home_in(folder, items), rounds))


def measure_export(folder: Path, items: int, rounds: int) -> None:
    """The catalogue of a district as a file of each format."""
    report("export", **district_benchmark.measure_exports(folder, items, rounds))


def measure_reports(folder: Path, items: int, rounds: int) -> None:
    """Yearly reports of a district of eight years, and their files."""
    report("reports", **district_benchmark.measure_reports(folder, items, rounds))


def measure_postgres(folder: Path, items: int, rounds: int) -> None:
    """The log in PostgreSQL, several writers, and the start of a node; see postgres_benchmark."""
    import postgres_benchmark  # noqa: PLC0415 - it needs the packages of the tests

    def begin(place: Path) -> None:
        with home.writer(place) as writer:
            import_lines(writer, setting_up())

    report("postgres", **postgres_benchmark.measure(folder, items, rounds, build=build_home, begin=begin))


def measure_postgres_load(folder: Path, items: int, rounds: int) -> None:
    """A district of so many items, loaded into PostgreSQL once."""
    import postgres_benchmark  # noqa: PLC0415 - it needs the packages of the tests

    del rounds
    report("postgres-load", **postgres_benchmark.measure_loaded(folder, items))


def measure_log(folder: Path, items: int, rounds: int) -> None:
    """Audits, checkpoints and a mirror of a district's log. 150,000 items: 1,000,000 entries."""
    report("log", **log_benchmark.measure(folder, items, rounds))


def floor_of(place: Path, names: tuple[str, ...] | None) -> float:
    """The processor seconds of the floor of a rebuild of all projections, or of some."""
    rows = [one for one in final_rows(place) if names is None or any(f" {name}_" in one[0] for name in names)]
    target = place / "floor.sqlite"
    before = time.process_time()
    fold_floor(place, rows, target)
    seconds = time.process_time() - before
    target.unlink()
    return seconds


# --- tree -------------------------------------------------------------------------------------------------------------
def measure_tree(folder: Path, items: int, rounds: int) -> None:
    """Leaf hashes and tiles in batches; the floor calls `hashlib.sha256` once for each leaf and node. Then proofs."""
    count = items * ENTRIES_AN_ITEM
    rows = [Row(number, b"", 1, "entry", b"%0400d" % number) for number in range(1, count + 1)]
    ours, floors, colds, warms = [], [], [], []
    for number in range(rounds):
        # Processor time: that is what other work on the machine disturbs least.
        started = time.process_time()
        _bare_hashes(rows)
        floors.append(count / (time.process_time() - started))
        started = time.process_time()
        size, edge = 0, list[bytes]()
        for first in range(0, count, REBUILD_BATCH):
            row = leaf_row(one.entry for one in rows[first : first + REBUILD_BATCH])
            edge = grow(size, edge, row).edge
            size += len(row) // HASH_BYTES
        ours.append(count / (time.process_time() - started))
        cold, warm = _proofs(folder / f"tree-{number}.sqlite", rows)
        colds.append(cold)
        warms.append(warm)
    report(
        "tree",
        entries=count,
        rate=[round(one) for one in ours],
        floor=[round(one) for one in floors],
        times_the_floor=_ratio(floors, ours),
        proofs_cold=[round(one) for one in colds],
        proofs_warm=[round(one) for one in warms],
        peak_mb=_peak(),
    )


def _bare_hashes(rows: list[Row]) -> None:
    for row in rows:
        sha256(row.entry).digest()
    node = bytes(65)
    for _ in rows:
        sha256(node).digest()


def _proofs(path: Path, rows: list[Row]) -> tuple[float, float]:
    """Proofs of inclusion a second of processor time, of leaves here and there: with nothing kept before, and again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for table in tree.TABLES:
            db.execute(table)
        db.execute("BEGIN")
        for first in range(0, len(rows), REBUILD_BATCH):
            tree.apply_rows(db, rows[first : first + REBUILD_BATCH])
        db.execute("COMMIT")
        prover = Prover(db)
        asked = [number * 7_919 % len(rows) for number in range(2_000)]
        rates = []
        for _ in range(2):
            started = time.process_time()
            for index in asked:
                prover.inclusion(index, len(rows))
            rates.append(len(asked) / (time.process_time() - started))
        cold, warm = rates
    return cold, warm


# --- append -----------------------------------------------------------------------------------------------------------
def measure_append(folder: Path, items: int, rounds: int) -> None:
    """Single durable commands from 1 and from 32 threads; the floor is one raw insert and commit after another."""
    del items
    commands = 1_000
    figures: dict[int, list[float]] = {1: [], 32: []}
    floors = []
    for number in range(rounds):
        for threads, rates in figures.items():
            place = folder / f"home-{number}-{threads}"
            home.create(place, origin=ORIGIN)
            with home.writer(place) as writer:
                import_lines(writer, setting_up())
                rates.append(_appends(writer, commands, threads))
        floors.append(_raw_appends(folder / f"floor-{number}.sqlite", commands))
    report(
        "append",
        commands=commands,
        rate={threads: [round(one) for one in rates] for threads, rates in figures.items()},
        floor=[round(one) for one in floors],
        ratio={threads: _ratio(rates, floors) for threads, rates in figures.items()},
    )


def _appends(writer: Writer, commands: int, threads: int) -> float:
    drafts = [parse_command(json.dumps(draft(number)).encode()) for number in range(commands)]

    def work(part: int) -> None:
        for command in drafts[part::threads]:
            writer.handle(command)

    running = [threading.Thread(target=work, args=(part,)) for part in range(threads)]
    started = time.perf_counter()
    for one in running:
        one.start()
    for one in running:
        one.join()
    return commands / (time.perf_counter() - started)


def _raw_appends(path: Path, commands: int) -> float:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, stream BLOB, version INTEGER, entry BLOB)")
    started = time.perf_counter()
    for number in range(commands):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO entries VALUES (?, ?, 1, ?)", (number + 1, os.urandom(16), b"x" * 600))
        db.execute("COMMIT")
    return commands / (time.perf_counter() - started)


# --- query ------------------------------------------------------------------------------------------------------------
QUERIES = {
    "item": "query ($id: ID!) { archive { item(by: {id: $id}) { id title status publishedOn agency { name } } } }",
    "page": "{ archive { items(first: 20) { totalCount nodes { id title publishedOn categories { name } } } } }",
    "counts": '{ archive { counts(years: [2018], by: [CATEGORY], measures: ["proactive.items_total"]) { value } } }',
}


def measure_query(folder: Path, items: int, rounds: int) -> None:
    """Queries a second over HTTP from one connection; the floor is `/healthz` of the same server."""
    import http.client  # noqa: PLC0415 - used only here

    place = build_home(folder / "home", items)
    with home.stores(place, read_only=True) as (log, disclosures):
        home.projections(place, log, disclosures).follow()
    server = subprocess.Popen(
        [sys.executable, "-m", "archive", "--home", str(place), "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LANG": "en"},
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().rsplit("http://", 1)[1].strip().rstrip("/")
        connection = http.client.HTTPConnection(address)

        def rate(method: str, path: str, body: str | None) -> float:
            count = 300
            started = time.perf_counter()
            for _ in range(count):
                connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
                answer = connection.getresponse()
                assert b'"errors"' not in answer.read() and answer.status == 200  # noqa: PT018 - one fact about one answer
            return count / (time.perf_counter() - started)

        figures: dict[str, list[float]] = {name: [] for name in QUERIES}
        floors = []
        for _ in range(rounds):
            floors.append(rate("GET", "/healthz", None))
            for name, query in QUERIES.items():
                body = json.dumps({"query": query, "variables": {"id": _item_id(7)} if name == "item" else {}})
                figures[name].append(rate("POST", "/graphql", body))
    finally:
        server.terminate()
        server.wait(20)
    report(
        "query",
        items=items,
        rate={name: [round(one) for one in rates] for name, rates in figures.items()},
        floor=[round(one) for one in floors],
        ratio={name: _ratio(rates, floors) for name, rates in figures.items()},
    )


# --- decide -----------------------------------------------------------------------------------------------------------
def measure_decide(folder: Path, items: int, rounds: int) -> None:
    """Rules alone, without files: decide and evolve over requests of twenty steps; the floor copies a state as often."""
    del folder
    agency = None
    for line in (*setting_up(), _wish("open-section", "s", agency=AGENCY, section="s", opened_on=_DAY, text=_NAME)):
        command = parse_command(msgspec.json.encode(line))
        if command.STREAM == "agency":
            for event in rules.decide(agency, command, _facts(None)):
                agency = rules.evolve("agency", agency, event)
    facts = _facts(agency)
    wishes = [parse_command(msgspec.json.encode(line)) for line in request_of_twenty_steps()]
    figures, floors = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(max(1, items // 10)):
            state = None
            for command in wishes:
                for event in rules.decide(state, command, facts):
                    state = rules.evolve("request", state, event)
        figures.append(len(wishes) * max(1, items // 10) / (time.perf_counter() - started))
        started = time.perf_counter()
        for _ in range(max(1, items // 10)):
            for command in wishes:
                msgspec.structs.replace(command)
        floors.append(len(wishes) * max(1, items // 10) / (time.perf_counter() - started))
    report(
        "decide",
        commands=len(wishes) * max(1, items // 10),
        rate=[round(one) for one in figures],
        floor=[round(one) for one in floors],
        ratio=_ratio(figures, floors),
    )


_DAY = "2021-01-04"
_NAME = {"name": "办公室"}


def _facts(agency: Agency | None) -> Facts:
    seals = dict.fromkeys(("text", "person"), "s1:" + "A" * 43)
    return Facts(
        today=date(2026, 12, 31),
        position=0,
        by="role:clerk",
        seals=seals,
        agency=agency,
        calendar=NO_CALENDAR,
        streams={},
    )


def request_of_twenty_steps() -> Iterator[dict[str, object]]:
    """A request with a correction, two third parties, another agency, an extension, a fee and a reply in parts."""
    request = "request-" + "b" * 32
    received = {"received_on": "2021-06-01", "receipt": "handed-in", "channel": "in-person"}
    steps: list[tuple[str, dict[str, object]]] = [
        ("receive-request", {"agency": AGENCY, **received, "applicant_kind": "natural-person"}),
        ("register-request", {"registered_on": "2021-06-01", "number": "2021-1"}),
        ("assign-request", {"assigned_on": "2021-06-02", "section": "s"}),
        ("demand-correction", {"requested_on": "2021-06-03", "due_on": "2021-06-17"}),
        ("receive-correction", {"received_on": "2021-06-10"}),
        ("consult-third-party", {"party": 1, "asked_on": "2021-06-11"}),
        ("consult-third-party", {"party": 2, "asked_on": "2021-06-11"}),
        ("consult-co-agency", {"party": 1, "asked_on": "2021-06-11"}),
        ("record-third-party-answer", {"party": 1, "answered_on": "2021-06-15", "answer": "consents"}),
        ("record-third-party-answer", {"party": 2, "answered_on": "2021-06-16", "answer": "consents-in-part"}),
        ("record-co-agency-answer", {"party": 1, "answered_on": "2021-06-17", "answer": "consents"}),
        (
            "extend-request",
            {"approved_on": "2021-06-21", "noticed_on": "2021-06-21", "consent": "agency-head", "working_days": 20},
        ),
        (
            "notice-fee",
            {
                "noticed_on": "2021-06-22",
                "due_on": "2021-07-22",
                "basis": "per-page",
                "count": 31,
                "amount_fen": 1_000,
            },
        ),
        ("record-fee-payment", {"paid_on": "2021-06-24", "amount_fen": 1_000}),
        ("record-search", {"searched_on": "2021-06-25", "places": ["archive-room"], "found": False}),
        ("decide-reply", {"decided_on": "2021-06-28", "outcomes": ["granted", "not-exist"]}),
        ("dispatch-reply", {"dispatched_on": "2021-06-29", "method": "post"}),
        ("deliver-reply", {"delivered_on": "2021-07-01", "method": "post"}),
        ("supplement-reply", {"supplemented_on": "2021-07-02", "outcomes": ["granted"]}),
        ("close-request", {"closed_on": "2021-07-05"}),
    ]
    for number, (command, fields) in enumerate(steps):
        yield _wish(command, f"request-{number}", request=request, **fields)


# --- start ------------------------------------------------------------------------------------------------------------
def measure_start(folder: Path, items: int, rounds: int) -> None:
    """Whole processes of `scripts/archive`; the floor is the interpreter alone."""
    del items
    place = folder / "home"
    home.create(place, origin=ORIGIN)
    script = str(Path(__file__).parent / "archive")
    commands = {
        "--help": [script, "--help"],
        "projection status": [script, "--home", str(place), "projection", "status"],
    }
    figures = {name: [_seconds(command) for _ in range(rounds * 3)] for name, command in commands.items()}
    floor = [_seconds([sys.executable, "-c", ""]) for _ in range(rounds * 3)]
    report(
        "start",
        seconds={name: round(statistics.median(each), 3) for name, each in figures.items()},
        floor_seconds=round(statistics.median(floor), 3),
    )


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


# --- seal -------------------------------------------------------------------------------------------------------------
def measure_seal(folder: Path, items: int, rounds: int) -> None:
    """Microseconds to seal a text, encrypt it and write it into the vault; the floor is the HMAC alone."""
    ours, sealing, floors = [], [], []
    texts = [msgspec.json.encode(draft(number)["text"]) for number in range(items)]
    streams = [_item_id(number) for number in range(items)]
    Vault.create(folder / home.VAULT).close()
    for number in range(rounds):
        started = time.perf_counter()
        kept = []
        for position, (stream, value) in enumerate(zip(streams, texts, strict=True), number * items + 1):
            salt = os.urandom(SALT_BYTES)
            sealed = seal(origin=ORIGIN, stream=stream, field="text", salt=salt, value=value)
            kept.append(Kept(sealed, stream, "text", position, salt, value))
        sealing.append(_microseconds(started, items))
        with Vault(folder / home.VAULT) as vault, vault.write(head=number * items) as write:
            for one in kept:
                write.put(one)
        ours.append(_microseconds(started, items))
        salt = os.urandom(SALT_BYTES)
        started = time.perf_counter()
        for value in texts:
            hmac.digest(salt, value, "sha256")
        floors.append(_microseconds(started, items))
    report(
        "seal",
        texts=items,
        bytes_a_text=sum(map(len, texts)) // items,
        microseconds=ours,
        of_these_sealing=sealing,
        floor_microseconds=floors,
    )


def _microseconds(started: float, count: int) -> float:
    return round((time.perf_counter() - started) / count * 1e6, 2)


# --- scan -------------------------------------------------------------------------------------------------------------
def measure_scan(folder: Path, items: int, rounds: int) -> None:
    """MB a second looked through for personal data: texts as they are, texts full of numbers, texts full of hits."""
    del folder
    texts = {
        "as they are": [msgspec.json.encode(draft(number)["text"]) for number in range(items)],
        "full of dates and numbers": [
            msgspec.json.encode(
                {"abstract": f"发改审批〔2018〕{number}号,2018-03-05至2018-12-10,投资{number}.5万元。" * 8}
            )
            for number in range(items)
        ],
        "with a phone number each": [
            msgspec.json.encode({"abstract": f"联系电话:138{number:08},办公室。" + "本条没有含义。" * 30})
            for number in range(items // 10)
        ],
    }
    figures: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(rounds):
        for name, values in texts.items():
            started = time.perf_counter()
            for value in values:
                personal_data.find(value)
            figures[name].append(round(sum(map(len, values)) / (time.perf_counter() - started) / 1e6, 1))
    report("scan", megabytes_a_second=figures)


# --- due --------------------------------------------------------------------------------------------------------------
def measure_due(folder: Path, items: int, rounds: int) -> None:
    """Microseconds for a due date of twenty working days with every day that explains it, over nineteen years."""
    del folder
    days = json.loads(files("archive.law").joinpath(SHIPPED).read_bytes())["years"]
    calendar = Calendar(
        CalendarYear(
            year=int(year),
            version=f"{year}.1",
            days_off=frozenset(map(date.fromisoformat, found["weekday_days_off_放假"])),
            working_weekends=frozenset(map(date.fromisoformat, found["working_weekend_days_调休上班"])),
        )
        for year, found in days.items()
    )
    first = date(2008, 5, 1).toordinal()
    starts = [date.fromordinal(first + number % 6_500) for number in range(items)]
    explained, alone = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        for start in starts:
            RequestClock.received(start).deadline(calendar).explanation()
        explained.append(round((time.perf_counter() - started) / items * 1e6, 1))
        started = time.perf_counter()
        for start in starts:
            RequestClock.received(start).deadline(calendar)
        alone.append(round((time.perf_counter() - started) / items * 1e6, 1))
    report("due", microseconds_with_explanation=explained, microseconds=alone)


# --- search -----------------------------------------------------------------------------------------------------------
SEARCHED = ("设备", "审批", "事项", "003", "项", "更新 备案", "不在这里")


def measure_search(folder: Path, items: int, rounds: int) -> None:
    """Milliseconds for a page of 20 with total, by relevance and by day, now and as of the middle; and with facets."""
    place = build_home(folder / "home", items)
    with home.stores(place, read_only=True) as (log, disclosures):
        projections = home.projections(place, log, disclosures)
        started = time.perf_counter()
        projections.follow()
        followed = log.head() / (time.perf_counter() - started)
        with closing(Reader(place / home.PROJECTIONS)) as reader, reader.reading() as (db, head, _):
            figures = {}
            for text in SEARCHED:
                where = ItemFilter(search=query(text))
                found = catalogue.count(db, as_of=head, where=where)
                timed: dict[str, float] = {}
                for name, as_of, order in (
                    ("relevance", head, "RELEVANCE"),
                    ("newest", head, "PUBLISHED_ON_DESC"),
                    ("newest as of the middle", head // 2, "PUBLISHED_ON_DESC"),
                ):
                    timed[name] = _best(rounds, lambda w=where, a=as_of, o=order: _page(db, w, a, o))  # type: ignore[misc] # a lambda's defaults
                timed["facets"] = _best(rounds, lambda w=where: _facets(db, w, head))  # type: ignore[misc] # see above
                figures[text] = {"found": found, **timed}
    report("search", items=items, followed=round(followed), milliseconds=figures)


# --- the past ---------------------------------------------------------------------------------------------------------
def measure_past(folder: Path, items: int, rounds: int) -> None:
    """The same question as of 1, 10 and 90 % of a log in which every second item changes; the floor asks as of its end."""
    place = folder / "home"
    home.create(place, origin=ORIGIN)
    with home.writer(place) as writer:
        import_lines(writer, changing_lines(items))
    with home.stores(place, read_only=True) as (log, disclosures):
        projections = home.projections(place, log, disclosures)
        projections.follow()
    with Reader(projections.folder).reading() as reading:
        head, db = reading.head, reading.db
        asked: dict[str, Callable[[int], object]] = {
            "item": lambda at: catalogue.item(db, as_of=at, id=_item_id(7)),
            "page": lambda at: _page(db, ItemFilter(), at, "PUBLISHED_ON_DESC"),
            "page of a category": lambda at: _page(
                db, ItemFilter(scheme="kind", categories=["plan"]), at, "MADE_ON_DESC"
            ),
            "rows of a page": lambda at: catalogue.items(
                db, as_of=at, where=ItemFilter(), order="PUBLISHED_ON_DESC", first=20
            ),
            "in force on a day": lambda at: catalogue.items(
                db, as_of=at, where=ItemFilter(effective_on="2018-06-15"), order="PUBLISHED_ON_DESC", first=20
            ),
            "the same counted": lambda at: catalogue.count(db, as_of=at, where=ItemFilter(effective_on="2018-06-15")),
            "counted late": lambda at: catalogue.count(db, as_of=at, where=ItemFilter(late=True)),
            "revisions of 20": lambda at: revisions.revisions(
                db, as_of=at, ids=[_item_id(number) for number in range(20)], limit=1_000
            ),
            "counts of 8 years": lambda at: tallies.counts(
                db, as_of=at, years=list(range(2012, 2020)), by=["CATEGORY"], scheme="kind", agency=None
            ),
        }
        milliseconds: dict[str, dict[str, float]] = {}
        ratios: dict[str, dict[str, float]] = {}
        for name, ask in asked.items():
            past: dict[str, list[float]] = {}
            present = []
            for _ in range(rounds):
                present.append(_mean(ask, head))
                for share in (1, 10, 90):
                    past.setdefault(f"{share} %", []).append(_mean(ask, head * share // 100))
            milliseconds[name] = {"now": round(min(present), 3)} | {
                one: round(min(times), 3) for one, times in past.items()
            }
            ratios[name] = {one: _ratio(times, present) for one, times in past.items()}
        changed = {
            f"since {share} %": _best(
                rounds,
                lambda since=head * share // 100: revisions.changes(db, since=since, as_of=head, first=20, after=None),
            )
            for share in (1, 10, 90)
        }
        counted = _best(rounds, lambda: revisions.changes_count(db, since=head // 10, as_of=head))
    report(
        "past",
        items=items,
        entries=head,
        milliseconds=milliseconds,
        ratio=ratios,
        changes_ms=changed | {"counted since 10 %": counted},
    )


def _mean(ask: Callable[[int], object], at: int) -> float:
    """Milliseconds that one answer takes, of a few asked in a row."""
    ask(at)
    count = 20
    started = time.perf_counter()
    for _ in range(count):
        ask(at)
    return (time.perf_counter() - started) / count * 1_000


def changing_lines(items: int) -> Iterator[dict[str, object]]:
    """The same items; as each is published, one from the middle of those before it moves to another category."""
    published = 0
    for wish in lines(items):
        yield wish
        if wish["command"] == "publish-item":
            number, published = published // 2, published + 1
            if published % 2 == 0:
                code = KINDS[(number + 1) % len(KINDS)]
                yield _wish("classify-item", f"classify-{number}", item=_item_id(number), scheme="kind", code=code)


def _page(db: sqlite3.Connection, where: ItemFilter, as_of: int, order: catalogue.Order) -> None:
    catalogue.items(db, as_of=as_of, where=where, order=order, first=20)
    catalogue.count(db, as_of=as_of, where=where)


def _facets(db: sqlite3.Connection, where: ItemFilter, as_of: int) -> None:
    catalogue.facets(db, as_of=as_of, where=where, by=["YEAR", "CHANNEL", "STATUS", "AGENCY"], scheme=None, limit=20)


def _best(rounds: int, work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return round(min(seconds) * 1_000, 2)


# --- the world that is measured ---------------------------------------------------------------------------------------
def build_home(place: Path, items: int) -> Path:
    """A home with so many published items."""
    home.create(place, origin=ORIGIN)
    with home.writer(place) as writer:
        import_lines(writer, lines(items))
    return place


def import_lines(writer: Writer, wishes: Iterator[dict[str, object]]) -> None:
    """Do all of these commands in one batch."""
    numbered = ((number, parse_command(msgspec.json.encode(wish))) for number, wish in enumerate(wishes, 1))
    done = writer.handle_all(numbered, kind="commands", source_sha256=lambda: "0" * 64)
    assert not done.problems, done.problems[0]


def write_commands(path: Path, items: int) -> Path:
    """A file of commands for so many items, one JSON object a line."""
    with path.open("wb") as file:
        for wish in lines(items):
            file.write(msgspec.json.encode(wish) + b"\n")
    return path


def lines(items: int) -> Iterator[dict[str, object]]:
    """An agency, and items that are drafted, reviewed at three levels and published."""
    yield from setting_up()
    for number in range(items):
        yield from of_item(number)


def of_item(number: int) -> Iterator[dict[str, object]]:
    """The commands of one item."""
    yield draft(number)
    item = _item_id(number)
    yield _wish("open-review", f"open-{number}", item=item, opened_on=_day(number, 1))
    for level in (1, 2, 3):
        yield _wish(
            "pass-review",
            f"pass-{level}-{number}",
            item=item,
            level=level,
            passed_on=_day(number, 1 + level),
            reviewer=f"post-{level}",
        )
    yield _wish(
        "publish-item", f"publish-{number}", item=item, channel=f"site-{number % 2}", published_on=_day(number, 5)
    )


def lines_of(part: int, items: int) -> Iterator[dict[str, object]]:
    """The items of one of many parts, without what must be there before."""
    for number in range(part * items, (part + 1) * items):
        yield from of_item(number)


def setting_up() -> Iterator[dict[str, object]]:
    """What must be there before the first item."""
    yield _wish("register-agency", "agency", agency=AGENCY, level="county", region="421202", text={"name": "示例局"})
    for site in (0, 1):
        channel = {"agency": AGENCY, "channel": f"site-{site}", "kind": "website", "text": {"name": f"示例网站{site}"}}
        yield _wish("register-channel", f"channel-{site}", **channel)
    scheme = {"scheme": "kind", "primary": True, "categories": list(KINDS), "adopted_on": "2018-01-01"}
    yield _wish("adopt-category-scheme", "scheme", agency=AGENCY, **scheme, text={"name": "类别", "names": list(KINDS)})
    policy = {"levels": 3, "in_force_from": "2018-01-01", "text": {"names": ["一级", "二级", "三级"]}}
    yield _wish("adopt-review-policy", "policy", agency=AGENCY, **policy)


def draft(number: int) -> dict[str, object]:
    """The first command of an item."""
    return _wish(
        "draft-item",
        f"draft-{number}",
        item=_item_id(number),
        agency=AGENCY,
        mode="proactive",
        made_on=_day(number, 0),
        categories=[{"scheme": "kind", "code": KINDS[number % len(KINDS)]}],
        text={
            "title": f"示例项目备案信息第{number:06}号",
            "abstract": "本条为性能测试所用的虚构信息,内容没有含义。" * 3,
            "document_number": f"示发改备〔2018〕{number}号",
        },
    )


def _wish(command: str, label: str, **fields: object) -> dict[str, object]:
    return {
        "command": command,
        "id": sha256(f"{command}/{label}".encode()).hexdigest()[:32],
        "by": "role:clerk",
        **fields,
    }


def _item_id(number: int) -> str:
    return "item-" + sha256(f"item/{number}".encode()).hexdigest()[:32]


def _day(number: int, later: int) -> str:
    return f"2018-{1 + number % 12:02}-{1 + number % 20 + later:02}"


# --- figures ----------------------------------------------------------------------------------------------------------
def _ratio(ours: list[float], floors: list[float]) -> float:
    return round(statistics.median(our / floor for our, floor in zip(ours, floors, strict=True)), 3)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


if __name__ == "__main__":
    main()
