"""What every backend of the log must do: functions over `create`, a factory that makes a new, empty log each time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.storage.contract import CommandRow, Conflict, Row, Storage

Create = Callable[[], Storage]
STREAM = bytes(range(16))
OTHER = bytes(range(16, 32))


def rows(first: int, count: int, *, stream: bytes = STREAM, version: int | None = None) -> list[Row]:
    start = first if version is None else version
    return [
        Row(first + n, stream, start + n, f"type-{(first + n) % 3}", b"entry %d" % (first + n)) for n in range(count)
    ]


def command(number: int, first: int = 1, entries: int = 1) -> CommandRow:
    return CommandRow(number.to_bytes(16, "big"), first, entries, b"d" * 32)


def append(log: Storage, some: list[Row], *commands: CommandRow) -> None:
    with log.write() as write:
        write.append(some, commands)


def check_an_empty_log_has_head_0(create: Create) -> None:
    log = create()
    assert (log.head(), log.read(after=0, limit=10), log.row(1), log.command(b"0" * 16)) == (0, [], None, None)


def check_what_was_appended_is_read_back_in_order(create: Create) -> None:
    log = create()
    append(log, rows(1, 5), command(1, 1, 5))
    append(log, rows(6, 2, stream=OTHER, version=1), command(2, 6, 2))
    everything = rows(1, 5) + rows(6, 2, stream=OTHER, version=1)
    assert log.read(after=0, limit=100) == everything
    assert log.read(after=2, limit=3) == everything[2:5]
    assert log.read(after=0, limit=100, until=3) == everything[:3]
    assert log.read(after=0, limit=100, types=["type-1"]) == [row for row in everything if row.type == "type-1"]
    assert log.stream(STREAM) == rows(1, 5)
    assert log.stream(STREAM, until=2) == rows(1, 2)
    assert log.stream_page(STREAM, after=1, limit=2, until=4) == rows(2, 2)
    assert log.stream_count(STREAM, 4) == 4
    assert log.row(6) == everything[5]
    assert log.command((2).to_bytes(16, "big")) == command(2, 6, 2)
    assert log.head() == 7


def check_a_batch_that_raises_leaves_nothing(create: Create) -> None:
    log = create()
    with pytest.raises(ZeroDivisionError), log.write() as write:  # noqa: PT012 - the block is what must be undone
        write.append(rows(1, 3), [command(1)])
        raise ZeroDivisionError
    assert log.head() == 0
    append(log, rows(1, 1), command(1))
    assert log.head() == 1


def check_a_savepoint_that_raises_leaves_its_neighbours(create: Create) -> None:
    log = create()
    with log.write() as write:
        write.append(rows(1, 1), [command(1)])
        with pytest.raises(ZeroDivisionError), write.savepoint():  # noqa: PT012 - the block is what must be undone
            write.append(rows(2, 2), [command(2)])
            raise ZeroDivisionError
        assert write.head == 1
        with write.savepoint():
            write.append(rows(2, 1), [command(3)])
    assert log.read(after=0, limit=9) == rows(1, 2)
    assert log.command((2).to_bytes(16, "big")) is None


def check_a_position_out_of_turn_is_an_assertion(create: Create) -> None:
    log = create()
    for wrong in (rows(2, 1), [*rows(1, 1), *rows(3, 1)]):
        with pytest.raises(AssertionError), log.write() as write:
            write.append(wrong, [])
    assert log.head() == 0


def check_a_version_that_is_there_is_a_conflict(create: Create) -> None:
    log = create()
    append(log, rows(1, 1))
    with pytest.raises(Conflict):
        append(log, rows(2, 1, version=1))
    assert log.head() == 1


def check_a_command_id_that_is_there_is_a_conflict(create: Create) -> None:
    log = create()
    append(log, rows(1, 1), command(1))
    with pytest.raises(Conflict):
        append(log, rows(2, 1), command(1, 2))
    assert log.head() == 1


def check_half_a_batch_is_not_committed_though_its_conflict_was_swallowed(create: Create) -> None:
    log = create()
    append(log, rows(1, 1))
    with pytest.raises(Conflict), log.write() as write:  # noqa: PT012 - what the block swallowed is raised at its end
        with pytest.raises(Conflict):
            write.append([*rows(2, 1), Row(3, STREAM, 1, "t", b"e")], [])
        with pytest.raises(Conflict):
            write.append(rows(3, 1), [])
        with pytest.raises(Conflict):
            write.row(1)
    assert log.read(after=0, limit=9) == rows(1, 1)


def check_a_conflict_inside_a_savepoint_leaves_its_neighbours(create: Create) -> None:
    log = create()
    with log.write() as write:
        write.append(rows(1, 1), [command(1)])
        for wrong, of in ((rows(2, 1, version=1), []), (rows(2, 1), [command(1)])):
            with pytest.raises(Conflict), write.savepoint():
                write.append(wrong, of)
        with pytest.raises(Conflict), write.savepoint(), pytest.raises(Conflict):
            write.append(rows(2, 1, version=1), [])
        with pytest.raises(ZeroDivisionError), write.savepoint():  # noqa: PT012 - the outer one undoes the inner one
            with write.savepoint():
                write.append(rows(2, 3), [])
            raise ZeroDivisionError
        write.append(rows(2, 1), [command(2, 2)])
    assert log.read(after=0, limit=9) == rows(1, 2)


def check_nothing_can_be_done_in_a_transaction_that_is_over(create: Create) -> None:
    log = create()
    with log.write() as write:
        write.append(rows(1, 1), [])
    with pytest.raises(RuntimeError):
        write.append(rows(2, 1), [])
    with pytest.raises(ZeroDivisionError), log.write() as write:
        raise ZeroDivisionError
    with pytest.raises(AssertionError):
        write.append(rows(2, 1), [])
    assert log.head() == 1


def check_a_write_inside_a_write_is_an_assertion(create: Create) -> None:
    log = create()
    with log.write() as write:
        with pytest.raises(AssertionError), log.write():
            pass
        write.append(rows(1, 1), [])
    assert log.head() == 1


def check_an_interruption_undoes_the_whole_transaction(create: Create) -> None:
    log = create()
    with pytest.raises(KeyboardInterrupt), log.write() as write:  # noqa: PT012 - the block is what must be undone
        write.append(rows(1, 2), [command(1)])
        raise KeyboardInterrupt
    append(log, rows(1, 1), command(1))
    assert log.read(after=0, limit=9) == rows(1, 1)


def check_the_data_version_changes_with_each_commit_and_is_the_same_in_all_threads(create: Create) -> None:
    log = create()
    seen = [log.data_version()]
    append(log, rows(1, 1))
    seen.append(log.data_version())
    elsewhere: list[int] = []
    thread = threading.Thread(target=lambda: elsewhere.append(log.data_version()))
    thread.start()
    thread.join()
    assert elsewhere == seen[1:]
    log.recorder.insert_events([])
    with log.write():
        pass
    assert log.data_version() == seen[1], "nothing was committed"
    append(log, rows(2, 1))
    seen.append(log.data_version())
    assert len(set(seen)) == 3


def check_a_closed_log_is_not_read_nor_written(create: Create) -> None:
    log = create()
    log.close()
    log.close()
    for use in (log.head, log.data_version, lambda: append(log, rows(1, 1))):
        with pytest.raises(AssertionError, match="closed"):
            use()


def check_closing_waits_for_no_reader_and_harms_none(create: Create) -> None:
    """The log is closed while threads read it as fast as they can: each ends with what it asked or is told."""
    log = create()
    append(log, [row._replace(entry=b"x" * 500) for row in rows(1, 2000)])
    reading = threading.Barrier(5)
    whole: list[bool] = []

    def look() -> None:
        reading.wait(30)
        try:
            while True:
                whole.append(len(log.read(after=0, limit=2000)) == 2000)
        except AssertionError:
            return

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    reading.wait(30)
    while len(whole) < 8:
        threads[0].join(0.001)
    log.close()
    for thread in threads:
        thread.join(30)
    assert all(whole)
    assert not any(thread.is_alive() for thread in threads)


def check_any_appends_read_like_a_list(create: Create) -> None:
    """Goal: reads agree with a list. Method: transactions of any shape, some of which raise; every read of each shape."""
    batches = st.lists(
        st.tuples(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.binary(max_size=9))), st.booleans()),
        max_size=6,
    )

    @given(batches=batches, after=st.integers(0, 30), until=st.none() | st.integers(0, 30), limit=st.integers(0, 9))
    def agree(
        batches: list[tuple[list[tuple[int, str, bytes]], bool]], after: int, until: int | None, limit: int
    ) -> None:
        model: list[Row] = []
        with create() as log:
            for batch, happens in batches:
                here = list(model)
                for stream, kind, entry in batch:
                    version = sum(row.stream[0] == stream for row in here) + 1
                    here.append(Row(len(here) + 1, bytes([stream]) * 16, version, kind, entry))
                with suppress(ZeroDivisionError), log.write() as write:
                    write.append(here[len(model) :], [])
                    assert (write.head, write.last()) == (len(here), here[-1] if here else None)
                    assert 1 / happens
                model = here if happens else model
            seen = [row for row in model if until is None or row.position <= until]
            later = [row for row in seen if row.position > after]
            assert log.head() == len(model)
            assert [log.row(position) for position in range(len(model) + 2)] == [None, *model, None]
            assert log.read(after=after, limit=limit, until=until) == later[:limit]
            assert (
                log.read(after=after, limit=limit, until=until, types="ac")
                == [row for row in later if row.type in "ac"][:limit]
            )
            for stream in range(4):
                of = [row for row in seen if row.stream[0] == stream]
                one = bytes([stream]) * 16
                assert log.stream(one, until=until) == of
                assert log.stream_count(one, until) == len(of)
                assert (
                    log.stream_page(one, after=after, limit=limit, until=until)
                    == [row for row in of if row.position > after][:limit]
                )

    agree()


def check_a_transaction_reads_what_it_appended(create: Create) -> None:
    log = create()
    with log.write() as write:
        write.append(rows(1, 3), [command(1, 1, 3)])
        assert (write.head, write.last()) == (3, rows(3, 1)[0])
        assert write.stream(STREAM) == rows(1, 3)
        assert write.streams([OTHER, STREAM]) == rows(1, 3)
        assert write.commands([(9).to_bytes(16, "big"), (1).to_bytes(16, "big")]) == [command(1, 1, 3)]
        assert log.head() == 0, "nobody else sees it before the commit"


def check_many_ids_are_read_in_parts(create: Create) -> None:
    log = create()
    streams = [number.to_bytes(16, "big") for number in range(1, 1204)]
    append(
        log, [Row(n, one, 1, "t", b"e") for n, one in enumerate(streams, 1)], *(command(n, n) for n in range(1, 1204))
    )
    with log.write() as write:
        assert len(write.streams(streams)) == len(write.commands(streams)) == 1203


def check_threads_append_and_read_at_once_without_a_gap(create: Create) -> None:
    log = create()
    seen: list[list[int]] = []
    stop = threading.Event()

    def write_some(part: int) -> None:
        for number in range(20):
            with log.write() as write:
                write.append([Row(write.head + 1, bytes([part]) * 16, number, "t", b"e")], [])

    def look() -> None:
        while not stop.is_set():
            seen.append([row.position for row in log.read(after=0, limit=1000)])

    reader = threading.Thread(target=look)
    writers = [threading.Thread(target=write_some, args=(part,)) for part in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert log.head() == 80
    assert all(positions == list(range(1, len(positions) + 1)) for positions in seen)


CHECKS: list[Any] = [value for name, value in sorted(globals().items()) if name.startswith("check_")]  # Any: functions
