"""Many commands in one commit: everything or nothing, every problem found, told beforehand by a dry run, done once."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.commands import Batch, Writer
from archive.disclosures.openings import Disclosures
from archive.domain.batches import BatchRecorded
from archive.domain.commands import AnyCommand
from archive.domain.errors import ArchiveError, Refused
from archive.log.log import Log
from stories import BACKENDS, NOON, Clerk, Home, Noise, a_bureau, a_published_item, a_small_archive, item_id, tell
from strategies import World, commands

SHA = "ab" * 32


def numbered(story: Iterable[AnyCommand | ArchiveError]) -> Iterator[tuple[int, AnyCommand | ArchiveError]]:
    """Lines from 1 on, each seen once: a batch may come from a stream."""
    return iter(list(enumerate(story, 1)))


def send(writer: Writer, story: Iterable[AnyCommand | ArchiveError], *, dry_run: bool = False) -> Batch:
    return writer.handle_all(numbered(story), kind="commands", source_sha256=lambda: SHA, dry_run=dry_run)


def stored(log: Log) -> list[bytes]:
    return [row.entry for row in log.rows(after=0, limit=10_000)]


def kept(disclosures: Disclosures) -> list[tuple[Any, ...]]:  # Any: what SQLite stores
    return disclosures._session().execute("SELECT * FROM openings ORDER BY position, seal").fetchall()


def not_asked() -> str:
    pytest.fail("nothing is recorded, so nobody asks what the source was")


# --- everything --------------------------------------------------------------------------------------------------------
def test_batch_does_what_the_commands_do_one_by_one(tmp_path: Path, home: Home) -> None:
    """Goal: an import is nothing special. Method: the same story both ways, the same clock and noise, the same bytes."""
    story = a_small_archive(Clerk())
    with home.opened() as (writer, log, disclosures):
        tell(writer, story)
        one_by_one = stored(log), kept(disclosures)
    with Home.create(tmp_path / "batch", home.backend).opened() as (writer, log, disclosures):
        batch = send(writer, story)
        assert (stored(log)[:-1], kept(disclosures)) == one_by_one
    assert batch.entries == len(one_by_one[0])


def test_batch_is_recorded_as_an_entry_of_its_own(writer: Writer, log: Log) -> None:
    batch = send(writer, a_bureau(Clerk()))
    entry = log.entry(10)
    assert entry is not None
    assert entry.event == BatchRecorded(kind="commands", source_sha256=SHA, lines=9, commands=9, unchanged=0, entries=9)
    assert (entry.stream, entry.version, entry.prev, entry.by) == (batch.stream, 1, None, "role:importer")
    assert batch == Batch(
        lines=9, commands=9, unchanged=0, entries=9, head=10, stream=entry.stream, problems=(), problem_count=0
    )
    assert log.storage.command(bytes.fromhex(entry.cmd)) is not None


def test_batch_bears_the_office_that_imports(writer: Writer, log: Log) -> None:
    writer.handle_all(numbered(a_bureau(Clerk())), kind="demo", source_sha256=lambda: SHA, by="role:administrator")
    entry = log.entry(10)
    assert entry is not None
    assert entry.by == "role:administrator"


def test_batch_may_need_what_it_has_just_made(writer: Writer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the parts in which a batch is read are not seen from outside. Method: the same story in parts of every size."""
    clerk = Clerk()
    for size in (1, 2, 3, 7, 1000):
        monkeypatch.setattr("archive.commands.CHUNK", size)
        batch = send(writer, [] if log.head() else a_bureau(clerk))
        batch = send(writer, a_published_item(clerk, item_id(size)))
        assert (batch.commands, batch.problem_count) == (7, 0)


def test_batch_says_how_far_it_is(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.commands.CHUNK", 4)
    lines: list[int] = []
    writer.handle_all(numbered(a_bureau(Clerk())), kind="commands", source_sha256=lambda: SHA, progress=lines.append)
    assert lines == [4, 8, 9]


def test_digest_of_the_source_is_asked_when_its_last_line_is_read(writer: Writer) -> None:
    read: list[int] = []

    def lines() -> Iterator[tuple[int, AnyCommand]]:
        for line, command in enumerate(a_bureau(Clerk()), 1):
            read.append(line)
            yield line, command

    def digest() -> str:
        assert len(read) == 9
        return SHA

    assert writer.handle_all(lines(), kind="commands", source_sha256=digest).commands == 9


@pytest.mark.parametrize("kept_streams", [0, 1, 3])
def test_memory_is_bounded_and_answers_are_the_same(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch, kept_streams: int
) -> None:
    """Goal: a large import needs little memory. Method: room for few streams, in small parts, against room for all."""
    story = [*a_small_archive(Clerk()), *(Clerk(7).draft(item_id(number)) for number in range(10, 30))]
    with home.opened() as (writer, log, _):
        send(writer, story)
        everything = stored(log)
    monkeypatch.setattr("archive.commands.STREAMS_KEPT", kept_streams)
    monkeypatch.setattr("archive.commands.CHUNK", 5)
    with Home.create(tmp_path / "small", home.backend).opened() as (writer, log, _):
        send(writer, story)
        assert stored(log) == everything
        assert len(writer._stands) <= kept_streams


# --- or nothing --------------------------------------------------------------------------------------------------------
def test_one_problem_and_nothing_happens(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    tell(writer, a_bureau(Clerk()))
    before = stored(log), kept(disclosures)
    clerk = Clerk(2)
    story = [*a_published_item(clerk, item_id()), clerk.update(item_id(), on="2018-06-04")]
    batch = writer.handle_all(numbered(story), kind="commands", source_sha256=not_asked)
    assert (batch.lines, batch.commands, batch.stream, batch.head) == (8, 7, None, 9)
    assert [(problem.line, problem.error.code) for problem in batch.problems] == [(8, "ITM-015")]
    assert (stored(log), kept(disclosures)) == before
    # Nothing is remembered of it either: without the wrong line it is done.
    assert send(writer, story[:-1]).commands == 7


def test_every_problem_is_found_in_one_pass_with_its_line(writer: Writer, log: Log) -> None:
    clerk = Clerk()
    unreadable = Refused("CMD-001", column=3)
    story: list[AnyCommand | ArchiveError] = [
        *a_bureau(clerk),
        clerk.draft(item_id(1), section="lab"),
        clerk.draft(item_id(2)),
        unreadable,
        clerk.publish(item_id(2), on="2018-03-14"),
        clerk.register_channel("website"),
        clerk.receive("request-" + "e" * 32, on="2019-01-01"),
    ]
    batch = send(writer, story)
    assert [(problem.line, problem.error.code) for problem in batch.problems] == [
        (10, "ITM-003"),
        (12, "CMD-001"),
        (13, "ITM-013"),
        (14, "AGY-003"),
        (15, "DAT-001"),
    ]
    assert batch.problems[1].error is unreadable
    assert (batch.lines, batch.commands, batch.problem_count) == (15, 10, 5)
    assert log.head() == 0


def test_problems_are_counted_beyond_those_that_are_kept(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.commands.PROBLEMS_KEPT", 2)
    clerk = Clerk()
    batch = send(writer, [clerk.draft(item_id(number)) for number in range(5)])
    assert [problem.line for problem in batch.problems] == [1, 2]
    assert batch.problem_count == 5


def test_source_that_breaks_off_leaves_nothing(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    def lines() -> Iterator[tuple[int, AnyCommand]]:
        yield from enumerate(a_bureau(Clerk()), 1)
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="gone"):
        writer.handle_all(lines(), kind="commands", source_sha256=lambda: SHA)
    assert (stored(log), kept(disclosures)) == ([], [])
    tell(writer, a_bureau(Clerk()))
    assert log.head() == 9


# --- once --------------------------------------------------------------------------------------------------------------
def test_batch_sent_twice_happens_once(writer: Writer, log: Log) -> None:
    story = a_small_archive(Clerk())
    first = send(writer, story)
    again = send(writer, story)
    assert (again.commands, again.unchanged, again.entries, again.stream) == (0, len(story), 0, None)
    assert again.head == first.head == log.head()


def test_batch_that_grew_does_what_is_new(writer: Writer, log: Log) -> None:
    story = a_bureau(Clerk())
    send(writer, story)
    more = Clerk(2).register_channel("weibo", "weibo")
    batch = send(writer, [*story, more])
    assert (batch.lines, batch.commands, batch.unchanged, batch.entries) == (10, 1, 9, 1)
    entry = log.entry(log.head())
    assert entry is not None
    assert entry.event == BatchRecorded(
        kind="commands", source_sha256=SHA, lines=10, commands=1, unchanged=9, entries=1
    )


def test_line_that_stands_twice_happens_once(writer: Writer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 2, 1000):
        monkeypatch.setattr("archive.commands.CHUNK", size)
        command = Clerk(size).register_agency(f"agency-{size:032x}")
        batch = send(writer, [command, command])
        assert (batch.commands, batch.unchanged) == (1, 1)
    assert log.head() == 6


def test_id_that_stands_twice_for_two_things_is_a_problem(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 1000):
        monkeypatch.setattr("archive.commands.CHUNK", size)
        command = Clerk().register_agency()
        batch = send(writer, [command, replace(command, level="prefecture")])
        assert [(problem.line, problem.error.code) for problem in batch.problems] == [(2, "CMD-004")]


def test_empty_batch_is_not_recorded(writer: Writer, log: Log) -> None:
    assert send(writer, []) == Batch(0, 0, 0, 0, 0, None, (), 0)
    assert log.head() == 0


# --- dry run -----------------------------------------------------------------------------------------------------------
def test_dry_run_changes_nothing(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    story = a_small_archive(Clerk())
    would = send(writer, story, dry_run=True)
    assert (stored(log), kept(disclosures)) == ([], [])
    assert would.stream is None
    done = send(writer, story)
    assert counts(would) == counts(done)


def counts(batch: Batch) -> tuple[object, ...]:
    problems = [(problem.line, problem.error.code, str(problem.error)) for problem in batch.problems]
    return batch.lines, batch.commands, batch.unchanged, batch.entries, batch.problem_count, problems


@settings(max_examples=max(20, settings().max_examples // 2))
@given(st.data())
def test_dry_run_predicts_the_run(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Goal: what a dry run says comes true. Method: drawn batches on a drawn archive, dry first, then for real."""
    home = Home.create(tmp_path_factory.mktemp("dry") / "home", BACKENDS["sqlite"])
    with home.opened(noise=Noise("dry")) as (writer, log, disclosures):
        story = a_small_archive(Clerk())
        send(writer, story[: data.draw(st.integers(0, len(story)))])
        world = World(streams={}, today=NOON.date())
        drawn = st.one_of(commands(world), st.sampled_from(story), st.just(Refused("CMD-001", column=1)))
        batch = data.draw(st.lists(drawn, max_size=6)) + story[: data.draw(st.integers(0, len(story)))]
        before = stored(log), kept(disclosures)
        would = send(writer, batch, dry_run=True)
        assert (stored(log), kept(disclosures)) == before
        done = send(writer, batch)
        assert counts(done) == counts(would)
        if done.problem_count:
            assert (stored(log), kept(disclosures)) == before
        else:
            recorded = 1 if done.commands else 0
            assert log.head() == len(before[0]) + done.entries + recorded
            assert (done.stream is None) == (not done.commands)
