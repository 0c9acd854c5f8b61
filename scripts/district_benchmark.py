"""What an administrator and a portal feel with a district of eight years: rebuilds, switches, following, pages, counts, search.

Readers, the one who rebuilds and the one who follows are processes of their own, as in an office.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from district import FIRST_YEAR, YEARS, District

from archive.cli import home
from archive.domain.parsing import parse_command
from archive.projections import agencies, catalogue, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.runner import Reader
from archive.projections.search import query
from archive.reports import build
from archive.reports.paper import Paper, paper
from archive.reports.rendering import FORMATS, rendered

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.storage.addresses import Address

ORIGIN: Final = "benchmark.example/district"
# Two characters and more that are in many titles, in some, and in none.
SEARCHED: Final = ("项目", "备案", "设备", "水价", "卫生院", "设备更新 批复", "不在这里")
APPENDS_A_SECOND: Final = 500
APPEND_BATCH: Final = 10
APPENDING_SECONDS: Final = 10
_MILLI: Final = 1_000.0


def measure(
    folder: Path, items: int, rounds: int, *, floor: Callable[[Path, tuple[str, ...] | None], float]
) -> dict[str, object]:
    """Figures of a district with so many items. `floor`: seconds of a fold that only reads, decodes and writes the rows."""
    place, world, entries, imported = built(folder, items)
    figures: dict[str, object] = {"entries": entries, "items": items, "imported": round(imported)}
    figures |= _rebuilds(place, entries, rounds, floor=floor)
    with closing(Reader(place / home.PROJECTIONS)) as reader:
        with reader.reading() as (db, head, _):
            figures["milliseconds"] = _asked(db, head, rounds)
        figures |= _beside_a_rebuild(place, reader)
        figures |= _following(place, reader, world)
    return figures


def built(folder: Path, items: int, *, kept_at: Address | None = None) -> tuple[Path, District, int, float]:
    """A home with a district, folded; how many entries it has, and how many were imported a second. `kept_at`: where, if not in the home."""
    world = District(agencies=min(100, max(2, items // 100)), items=items, requests=items // 50)
    place = folder / "home"
    home.create(place, origin=ORIGIN, log=kept_at)
    started = time.perf_counter()
    with home.writer(place) as writer:
        numbered = (
            (number, parse_command(msgspec.json.encode(wish))) for number, wish in enumerate(world.commands(), 1)
        )
        done = writer.handle_all(numbered, kind="commands", source_sha256=lambda: "0" * 64)
    assert not done.problems, done.problems[0]
    with home.stores(place, read_only=True) as (log, disclosures):
        entries = log.head()
        imported = entries / (time.perf_counter() - started)
        home.projections(place, log, disclosures).follow()
    return place, world, entries, imported


def measure_exports(folder: Path, items: int, rounds: int) -> dict[str, object]:
    """The catalogue of a district as a file of each format: seconds, processor seconds, peak memory of the process, bytes."""
    place, _, entries, _ = built(folder, items)
    figures: dict[str, object] = {"entries": entries, "items": items}
    for form in ("csv", "jsonl", "xlsx"):
        for chosen in ("all", "a tenth of the agencies"):
            some = [] if chosen == "all" else [f"--agency={one}" for one in _agencies(place)[::10]]
            target = folder / f"catalogue.{form}"
            runs = [_exported(place, target, *some) for _ in range(rounds)]
            figures[f"{form}, {chosen}"] = {
                "rows": runs[0]["rows"],
                "seconds": min(one["seconds"] for one in runs),
                "processor_seconds": min(one["processor"] for one in runs),
                "peak_mb": max(one["peak_mb"] for one in runs),
                "bytes": target.stat().st_size,
            }
    return figures


def measure_reports(folder: Path, items: int, rounds: int) -> dict[str, object]:
    """The yearly report of one agency and of a district: milliseconds, the best of some, now and as of the middle."""
    place, _, entries, _ = built(folder, items)
    return {"entries": entries, "items": items, "milliseconds": reports_of(place, rounds)}


def reports_of(place: Path, rounds: int) -> dict[str, float]:
    """Milliseconds of the reports of a home that is there."""
    with home.stores(place, read_only=True) as (log, _):
        year = FIRST_YEAR + YEARS - 3
        figures: dict[str, float] = {}
        with closing(Reader(place / home.PROJECTIONS)) as reader, reader.reading() as reading:
            counted = tallies.counts(
                reading.db, as_of=reading.head, years=[year], measures=["proactive.items_total"], by=["AGENCY"]
            )
            # The one with most items is the dearest.
            largest = max(counted, key=lambda row: row.value).dimensions[0][1]
            for name, agency in (("one agency", largest), ("district", None)):
                for at, when in ((reading.head, ""), (reading.head * 9 // 10, " as of nine tenths")):

                    def make(at: int = at, agency: str | None = agency) -> build.Report:
                        return build.report(reading, form="2014", year=year, as_of=at, agency=agency)

                    figures[f"{name}{when}"] = _best(max(3, rounds), make)
                made = make(reading.head)
                moment = log.moment_of(made.position)

                def print_it(made: build.Report = made, moment: str | None = moment) -> Paper:
                    return paper(reading, made, origin=ORIGIN, recorded_at=moment)

                figures[f"{name}: its charts and its root"] = _best(max(3, rounds), print_it)
                printed = print_it()
                for form in FORMATS:
                    figures[f"{name}: {form}"] = _best(
                        max(3, rounds), lambda form=form, printed=printed: rendered(printed, form, "zh")
                    )
    return figures


def _agencies(place: Path) -> list[str]:
    with closing(Reader(place / home.PROJECTIONS)) as reader, reader.reading() as (db, head, _):
        return [one.id for one in agencies.agencies(db, as_of=head)]


def _exported(place: Path, target: Path, *words: str) -> dict[str, Any]:  # Any: figures by name
    run = called(place, "catalogue", "export", str(target), "--replace", *words)
    return {
        "rows": run.said["rows"],
        "seconds": round(run.seconds, 2),
        "processor": round(run.processor, 2),
        "peak_mb": run.peak_mb,
    }


class Run(NamedTuple):
    """What a process said and cost: seconds, those of the processor, and its peak memory."""

    said: Any  # Any: JSON of every shape
    seconds: float
    processor: float
    peak_mb: int


def called(place: Path, *words: str) -> Run:
    """Run a command of the archive as a process of its own."""
    program = (
        "import resource, sys; from archive.cli.main import run; code = run(sys.argv[1:]);"
        " used = resource.getrusage(resource.RUSAGE_SELF);"
        # Its own: ru_maxrss begins with that of the process which started it. Files that are mapped are in it.
        " peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1];"
        " print(int(peak) // 1024, used.ru_utime + used.ru_stime, file=sys.stderr); sys.exit(code)"
    )
    call = ["--home", str(place), "--json", "--quiet", *words]
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program, *call], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    peak, processor = done.stderr.split()[-2:]
    return Run(msgspec.json.decode(done.stdout) if done.stdout else None, seconds, float(processor), int(peak))


# --- rebuilds ---------------------------------------------------------------------------------------------------------
def _rebuilds(
    place: Path, entries: int, rounds: int, *, floor: Callable[[Path, tuple[str, ...] | None], float]
) -> dict[str, object]:
    """Processor seconds, so that who else works on the machine matters less; peak memory of the process."""
    figures: dict[str, object] = {}
    for name, chosen in (("rebuild", None), ("rebuild of catalogue and tallies", ("catalogue", "tallies"))):
        rates, ratios = [], []
        for _ in range(rounds):
            least = floor(place, chosen)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            started = time.perf_counter()
            _run(place, "projection", "rebuild", *(chosen or ()))
            seconds = time.perf_counter() - started
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            rates.append(entries / seconds)
            ratios.append(least / spent)
        figures[name] = {
            "rate": [round(one) for one in rates],
            "of the floor": round(statistics.median(ratios), 3),
        }
    # The largest of all children so far; only rebuilds were started.
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return figures


def _run(place: Path, *words: str) -> None:
    command = [sys.executable, "-m", "archive", "--home", str(place), "--quiet", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


# --- questions --------------------------------------------------------------------------------------------------------
def _asked(db: sqlite3.Connection, head: int, rounds: int) -> dict[str, float]:
    """Milliseconds of each question, the best of some; now, and as of the middle of the log."""
    years = list(range(FIRST_YEAR, FIRST_YEAR + YEARS))
    some = ItemFilter(scheme="kind", categories=["plan", "budget"], published_from="2014-01-01")

    def page(where: ItemFilter, at: int, order: catalogue.Order) -> None:
        catalogue.items(db, as_of=at, where=where, order=order, first=20)
        catalogue.count(db, as_of=at, where=where)

    questions: dict[str, Callable[[int], object]] = {
        "page of all": lambda at: page(ItemFilter(), at, "PUBLISHED_ON_DESC"),
        "page with filter": lambda at: page(some, at, "PUBLISHED_ON_DESC"),
        "counts of 8 years by 6 categories": lambda at: tallies.counts(
            db, as_of=at, years=years, measures=["proactive.items_total"], by=["CATEGORY"], scheme="kind"
        ),
        **{
            f"search {text}": lambda at, text=text: page(ItemFilter(search=query(text)), at, "RELEVANCE")
            for text in SEARCHED
        },
        "search 项目 with facets": lambda at: (
            page(ItemFilter(search=query("项目")), at, "RELEVANCE"),
            catalogue.facets(
                db,
                as_of=at,
                where=ItemFilter(search=query("项目")),
                by=["YEAR", "CHANNEL", "STATUS", "AGENCY"],
                scheme=None,
                limit=20,
            ),
        ),
    }
    figures = {}
    for name, ask in questions.items():
        for at, when in ((head, ""), (head // 2, " as of the middle")):
            figures[name + when] = _best(max(3, rounds), lambda ask=ask, at=at: ask(at))  # type: ignore[misc] # a lambda's defaults
    return figures


def _best(rounds: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return round(min(seconds) * _MILLI, 3)


# --- readers beside a rebuild -----------------------------------------------------------------------------------------
def _beside_a_rebuild(place: Path, reader: Reader) -> dict[str, object]:
    """Answers a second alone and beside a rebuild, and the longest that one took while generations were switched."""

    def answers(until: Callable[[], bool]) -> tuple[float, float, int]:
        count, longest, generations = 0, 0.0, set()
        started = time.perf_counter()
        while not until():
            began = time.perf_counter()
            with reader.reading() as (db, head, _):
                catalogue.items(db, as_of=head, where=ItemFilter(), order="PUBLISHED_ON_DESC", first=20)
                generations.add(db.execute("PRAGMA database_list").fetchone()[2])
            longest = max(longest, time.perf_counter() - began)
            count += 1
        return count / (time.perf_counter() - started), longest * _MILLI, len(generations)

    end = time.perf_counter() + 3
    alone, _, _ = answers(lambda: time.perf_counter() >= end)
    rebuilding = threading.Thread(target=_run, args=(place, "projection", "rebuild"))
    rebuilding.start()
    beside, longest, generations = answers(lambda: not rebuilding.is_alive())
    rebuilding.join()
    return {
        "pages_a_second": {"alone": round(alone), "beside a rebuild": round(beside), "ratio": round(beside / alone, 2)},
        "longest_page_ms_over_the_switch": round(longest, 2),
        "generations_seen": generations,
    }


# --- following --------------------------------------------------------------------------------------------------------
def _following(place: Path, reader: Reader, world: District) -> dict[str, object]:
    """Milliseconds from an acknowledged append to the first read that sees it, at 500 entries a second."""
    server = subprocess.Popen(
        [sys.executable, "-m", "archive", "--home", str(place), "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        acknowledged: deque[tuple[int, float]] = deque()
        appending = threading.Thread(target=_append, args=(place, world, acknowledged))
        appending.start()
        seen: list[float] = []
        while appending.is_alive() or acknowledged:
            with reader.reading() as (_, head, _):
                now = time.perf_counter()
            while acknowledged and acknowledged[0][0] <= head:
                seen.append((now - acknowledged.popleft()[1]) * _MILLI)
            time.sleep(0.001)
        appending.join()
        rate = len(seen) * APPEND_BATCH / APPENDING_SECONDS
    finally:
        server.terminate()
        server.wait(30)
    seen.sort()
    return {
        "visible_ms": {"median": round(seen[len(seen) // 2], 1), "p99": round(seen[len(seen) * 99 // 100], 1)},
        "appended_a_second": round(rate),
    }


def _append(place: Path, world: District, acknowledged: deque[tuple[int, float]]) -> None:
    """So many drafts a second, a few in each commit; what is acknowledged is told with the moment."""
    new = drafts(world)
    with home.writer(place) as writer:
        started = time.perf_counter()
        for number in range(APPENDING_SECONDS * APPENDS_A_SECOND // APPEND_BATCH):
            wishes = enumerate(islice(new, APPEND_BATCH), 1)
            commands = ((line, parse_command(msgspec.json.encode(wish))) for line, wish in wishes)
            done = writer.handle_all(commands, kind="commands", source_sha256=lambda: "0" * 64)
            assert not done.problems, done.problems[0]
            acknowledged.append((done.head, time.perf_counter()))
            time.sleep(max(0.0, started + (number + 1) * APPEND_BATCH / APPENDS_A_SECOND - time.perf_counter()))


def drafts(world: District) -> Iterator[dict[str, Any]]:  # Any: a command in JSON
    """Items that nobody has heard of: the first commands of a district with another seed."""
    other = District(
        agencies=world.agencies, items=APPENDING_SECONDS * APPENDS_A_SECOND, requests=0, seed=world.seed + 1
    )
    for number, wish in enumerate(other.commands()):
        if wish["command"] == "draft-item":
            yield {**wish, "item": f"item-{number:032x}", "id": f"{number:032x}"}
