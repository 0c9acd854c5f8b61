"""Rebuilding beside what serves: nobody notices, whatever happens meanwhile, and whenever it dies."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.errors import Corrupt, Refused
from archive.domain.request_intake import RequestReceived
from archive.log.log import Log
from archive.projections import catalogue, generations, requests, runner, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.generations import Owner, Work
from archive.projections.requests import RequestFilter
from archive.projections.runner import Projections, Reader, RebuildProgress
from archive.projections.search import query
from projections.counting import counts_of, facts_at
from projections.oracle import Told, items_at, told
from projections.tale import Teller, reading
from projections.test_runner import digests, serving_file
from stories import Home, a_bureau, a_published_item, agency_id, item_id, request_id, tell

# Rebuilds in batches of 20 and says after each batch where it is; it goes on when it is answered.
REBUILD: Final = """
import sys
from pathlib import Path
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.projections.runner import Projections
from archive.storage.addresses import Address

home, place, origin, *names = sys.argv[1:]

def step(progress):
    print(progress.done, flush=True)
    sys.stdin.readline()

there = Address(place) if "://" in place else None
with (
    Log.open(there or Path(place), origin=origin, read_only=True) as log,
    Disclosures(there or Path(home) / "disclosures.sqlite", read_only=True) as disclosures,
):
    Projections(Path(home) / "projections", log, disclosures).rebuild(names, batch=20, progress=step)
print("switched", flush=True)
"""


def files(projections: Projections) -> list[str]:
    return sorted(path.name for path in projections.folder.glob("generation-*.sqlite"))


@pytest.mark.parametrize("names", [None, ["catalogue"], ["tallies"], ["search"], ["catalogue", "tallies"]])
def test_a_rebuild_says_how_far_it_is_and_what_it_made(
    tale: Told, projections: Projections, names: Sequence[str] | None
) -> None:
    head = projections.follow()
    before = digests(projections)
    steps: list[RebuildProgress] = []
    rebuilt = projections.rebuild(names, batch=20, progress=steps.append)
    assert steps == [RebuildProgress(min(done, head), head) for done in range(20, head + 20, 20)]
    assert (rebuilt.generation, rebuilt.position, rebuilt.entries) == (2, head, head)
    assert rebuilt.digests == {name: before[name] for name in names or before}
    assert digests(projections) == before
    assert [(one.generation, one.position) for one in projections.status()] == [(2, head)] * len(Projections.names())


def test_the_generation_before_stays_and_older_ones_go(tale: Told, projections: Projections) -> None:
    projections.follow()
    for generation in range(2, 5):
        assert projections.rebuild().generation == generation
        assert files(projections) == [f"generation-{one:06}.sqlite" for one in (generation - 1, generation)]


def test_a_rebuild_of_nothing_makes_a_first_generation(tale: Told, projections: Projections) -> None:
    rebuilt = projections.rebuild()
    assert rebuilt.position == len(tale.entries)
    assert digests(projections) == rebuilt.digests
    assert projections.follow() == len(tale.entries)


def test_a_projection_that_lags_is_rebuilt_up_to_the_head(
    tale: Told, home: Home, log: Log, disclosures: Disclosures, projections: Projections, writer: Writer
) -> None:
    projections.follow()
    tell(writer, a_bureau(Teller(9), agency_id(9)))
    rebuilt = projections.rebuild(["tallies"], batch=7)
    assert rebuilt.position == log.head()
    # What it folded alone, and what both folded together.
    assert rebuilt.entries == log.head()
    other = Projections(home.folder / "other", log, disclosures)
    other.follow()
    assert digests(projections) == digests(other)


def test_what_is_appended_and_followed_during_a_rebuild_is_in_it(
    tale: Told, home: Home, log: Log, disclosures: Disclosures, projections: Projections, writer: Writer
) -> None:
    """Goal: a switch never goes back, and nothing is folded twice or left out.

    Method: at every step somebody else appends, and follows in what still serves.
    """
    projections.follow()
    clerk = Teller(9)
    tell(writer, a_bureau(clerk, agency_id(9)))
    served = [projections.follow()]
    numbers = iter(range(100, 200))

    def step(_: RebuildProgress) -> None:
        if len(served) < 12:
            tell(writer, a_published_item(clerk, item_id(next(numbers)), agency=agency_id(9)))
            served.append(projections.follow())
            with reading(projections.folder) as one:
                assert one.head == served[-1]

    rebuilt = projections.rebuild(batch=20, progress=step)
    # The last step comes after the switch.
    assert rebuilt.position >= served[-2] > served[0]
    assert projections.follow() == log.head()
    other = Projections(home.folder / "other", log, disclosures)
    other.follow()
    assert digests(projections) == digests(other)


def test_no_answer_fails_and_none_comes_from_two_generations(
    tale: Told, projections: Projections, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    """Goal: readers do not notice rebuilds.

    Method: threads read while generations are rebuilt and entries appended; every answer is compared with the oracle at
    the position that it says it was read at.
    """
    projections.follow()
    done = threading.Event()
    seen: list[tuple[str, int, int, int, int, int, int]] = []
    failed: list[BaseException] = []

    def read() -> None:
        try:
            with closing(Reader(projections.folder)) as reader:
                while not done.is_set():
                    with reader.reading() as one:
                        file = one.db.execute("PRAGMA database_list").fetchone()[2]
                        items = catalogue.count(one.db, as_of=one.head, where=ItemFilter())
                        shown = catalogue.items(one.db, as_of=one.head, where=ItemFilter(), order="MADE_ON_DESC").rows
                        found = catalogue.count(one.db, as_of=one.head, where=ItemFilter(search=query("第")))
                        register = len(requests.requests(one.db, as_of=one.head, where=RequestFilter()))
                        counts = tallies.counts(one.db, as_of=one.head, years=[2017, 2018])
                        head = min(
                            position for (position,) in one.db.execute("SELECT position FROM progress").fetchall()
                        )
                        assert len(shown) == items
                        assert head == one.head
                        counted = sum(row.value for row in counts)
                        seen.append((file, one.head, items, found, register, counted, len(counts)))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    clerk = Teller(9)
    tell(writer, a_bureau(clerk, agency_id(9)))
    for number in range(100, 106):
        tell(writer, a_published_item(clerk, item_id(number), agency=agency_id(9), title=f"第{number}号批复"))
        tell(writer, [clerk.receive(request_id(number), on="2018-09-03", agency=agency_id(9))])
        projections.follow(limit=3)
        projections.rebuild(None if number % 2 else ["tallies"], batch=30)
    done.set()
    for reader in readers:
        reader.join()
    assert not failed
    archive = told(log, disclosures)
    assert len({file for file, *_ in seen}) > 1
    for _, head, items, found, register, counted, cells in set(seen):
        facts = counts_of(facts_at(archive.entries, head, (2017, 2018)), (), "")
        assert (counted, cells) == (facts.total(), len(facts))
        titles = [row.title for row in items_at(archive, head)]
        assert (items, found) == (len(titles), sum("第" in (title or "") for title in titles))
        assert register == sum(isinstance(entry.event, RequestReceived) for entry in archive.entries[:head])


def test_two_rebuilds_at_once_are_one(tale: Told, home: Home, log: Log, disclosures: Disclosures) -> None:
    first, second = (Projections(home.folder / "projections", log, disclosures) for _ in range(2))
    head = first.follow()
    refused: list[Refused] = []

    def step(_: RebuildProgress) -> None:
        with pytest.raises(Refused) as one:
            second.rebuild()
        refused.append(one.value)
        status = second.status()[0]
        assert status.rebuilding == Owner(os.getpid(), str(one.value.facts["since"]), Work(0, head, head))

    assert first.rebuild(progress=step).generation == 2
    (refusal,) = refused
    assert (refusal.code, refusal.facts["pid"]) == ("PRJ-002", os.getpid())
    assert [one.rebuilding for one in second.status()] == [None] * len(Projections.names())


def test_a_follower_who_finds_another_at_work_is_told_who(
    tale: Told, home: Home, log: Log, disclosures: Disclosures
) -> None:
    projections = Projections(home.folder / "projections", log, disclosures, busy_seconds=0)
    projections.follow()
    with generations.locked(projections.folder, generations.FOLLOW_LOCK, code="PRJ-001", wait_seconds=0):
        with pytest.raises(Refused) as refused:
            projections.follow()
        assert (refused.value.code, refused.value.facts["pid"]) == ("PRJ-001", os.getpid())
    assert projections.follow() == len(tale.entries)


def interrupt(
    projections: Projections, names: Sequence[str] | None = None, *, after: int, resume: bool = False
) -> None:
    """A rebuild in batches of 20 that is interrupted after so many of them."""
    steps = iter(range(after - 1))

    def step(_: RebuildProgress) -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        projections.rebuild(names, batch=20, progress=step, resume=resume)


@pytest.mark.parametrize("names", [None, ["tallies"], ["catalogue", "search"]])
def test_a_rebuild_that_is_interrupted_leaves_what_serves_and_is_taken_up_where_it_was(
    tale: Told, projections: Projections, names: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = projections.follow()
    before = digests(projections)
    monkeypatch.setattr(runner, "_COMMIT_ENTRIES", 40)
    # The third batch is not committed yet.
    interrupt(projections, names, after=3)
    assert digests(projections) == before
    assert {one.resumable for one in projections.status()} == {40}
    interrupt(projections, names, after=2, resume=True)
    assert {one.resumable for one in projections.status()} == {40}
    interrupt(projections, names, after=3, resume=True)
    assert {one.resumable for one in projections.status()} == {80}
    rebuilt = projections.rebuild(names, resume=True, compare=True)
    assert (rebuilt.generation, rebuilt.position, rebuilt.entries) == (2, head, head - 80)
    assert (rebuilt.compared, rebuilt.changed) == (list(rebuilt.digests), [])
    assert digests(projections) == before
    assert {one.resumable for one in projections.status()} == {None}


def test_only_a_rebuild_of_the_same_projections_is_taken_up(
    tale: Told, projections: Projections, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = projections.follow()
    monkeypatch.setattr(runner, "_COMMIT_ENTRIES", 40)
    interrupt(projections, ["tallies"], after=3)
    assert projections.rebuild(["catalogue"], resume=True).entries == head
    interrupt(projections, ["tallies"], after=3)
    assert projections.rebuild(["tallies"]).entries == head


@pytest.mark.parametrize("damage", ["cut", "overwritten", "of another version", "empty"])
def test_what_cannot_be_taken_up_is_begun_anew(
    tale: Told, projections: Projections, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    head = projections.follow()
    before = digests(projections)
    monkeypatch.setattr(runner, "_COMMIT_ENTRIES", 40)
    interrupt(projections, after=3)
    half_built = serving_of(projections, 2)
    match damage:
        case "cut":
            os.truncate(half_built, half_built.stat().st_size // 2)
        case "overwritten":
            with half_built.open("r+b") as file:
                file.seek(8192)
                file.write(b"\xff" * 4096)
        case "of another version":
            with closing(sqlite3.connect(half_built)) as db, db:
                db.execute("UPDATE progress SET definition = 'other' WHERE projection = 'search'")
        case _:
            half_built.write_bytes(b"")
    rebuilt = projections.rebuild(resume=True)
    assert (rebuilt.entries, digests(projections)) == (head, before)


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_as_many_old_generations_stay_as_were_asked_for(tale: Told, projections: Projections, keep: int) -> None:
    projections.follow()
    for generation in range(2, 7):
        projections.rebuild(["tallies"], keep=keep)
        oldest = max(1, generation - keep)
        assert files(projections) == [f"generation-{one:06}.sqlite" for one in range(oldest, generation + 1)]


def test_a_comparison_names_what_had_another_digest(tale: Told, projections: Projections) -> None:
    projections.follow()
    with closing(sqlite3.connect(serving_file(projections))) as db, db:
        db.execute("UPDATE tallies_facts SET month = '04' WHERE position = 17")
    rebuilt = projections.rebuild(compare=True)
    assert (rebuilt.compared, rebuilt.changed) == (Projections.names(), ["tallies"])
    assert projections.rebuild(compare=True).changed == []


def test_what_lags_is_compared_at_the_position_of_the_rebuild(
    tale: Told, projections: Projections, writer: Writer
) -> None:
    projections.follow()
    tell(writer, a_bureau(Teller(9), agency_id(9)))
    rebuilt = projections.rebuild(compare=True)
    assert (rebuilt.compared, rebuilt.changed) == (Projections.names(), [])


def test_what_another_version_folded_is_not_compared(tale: Told, projections: Projections) -> None:
    projections.follow()
    with closing(sqlite3.connect(serving_file(projections))) as db, db:
        db.execute("UPDATE progress SET definition = 'other'")
    rebuilt = projections.rebuild(compare=True)
    assert (rebuilt.compared, rebuilt.changed) == ([], [])


@pytest.mark.parametrize("names", [[], ["tallies"]], ids=["all", "one"])
@pytest.mark.parametrize("batches", [1, 2, 4, 5])
def test_a_rebuild_that_is_killed_is_as_if_it_had_not_begun(
    tale: Told, home: Home, projections: Projections, batches: int, names: list[str]
) -> None:
    """Goal: kill -9 in a rebuild costs nothing but time.

    Method: the process is killed while it waits after a batch.
    """
    head = projections.follow()
    assert head > 80
    before = digests(projections)
    with subprocess.Popen(
        [sys.executable, "-c", REBUILD, str(home.folder), str(home.place()), "archive.example/fgj", *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        for batch in range(1, batches + 1):
            if batch > 1:
                process.stdin.write("\n")
                process.stdin.flush()
            assert process.stdout.readline() == f"{min(batch * 20, head)}\n"
        assert {one.rebuilding for one in projections.status()} != {None}
        process.kill()
        process.wait()
    assert files(projections) == ["generation-000001.sqlite", "generation-000002.sqlite"]
    assert generations.serving(projections.folder) == 1
    assert digests(projections) == before
    assert projections.follow() == head
    rebuilt = projections.rebuild(batch=33)
    assert (rebuilt.generation, digests(projections)) == (2, before)
    assert files(projections) == ["generation-000001.sqlite", "generation-000002.sqlite"]


def test_a_first_generation_without_current_is_made_again(tale: Told, projections: Projections) -> None:
    projections.follow()
    before = digests(projections)
    # As after a death between the file and the switch.
    (projections.folder / "current").unlink()
    with serving_of(projections, 1).open("r+b") as file:
        file.truncate(100)
    assert projections.follow() == len(tale.entries)
    assert digests(projections) == before


def test_nothing_behind_what_was_served_is_switched_to(
    tale: Told, home: Home, projections: Projections, disclosures: Disclosures
) -> None:
    """A shorter copy of the log is no reason to go back: somebody has to look."""
    head = projections.follow()
    short = home.folder / "short"
    with home.open_log() as log:
        rows = log.rows(after=0, limit=head - 5)
    copy = Home.create(short, home.backend)
    with copy.open_log() as log:
        with log.storage.write() as write:
            write.append(rows, [])
        other = Projections(projections.folder, log, disclosures)
        with pytest.raises(Corrupt) as stopped:
            other.rebuild()
    assert (stopped.value.code, stopped.value.facts) == ("PRJ-006", {"position": head, "head": head - 5})
    assert generations.serving(projections.folder) == 1
    assert serving_file(projections).exists()


def serving_of(projections: Projections, generation: int) -> Path:
    return generations.file_of(projections.folder, generation)
