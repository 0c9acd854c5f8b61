"""What every backend of the log must do: functions over `create`, a factory of a new, empty log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from archive.storage.sqlite import CommandRow, Conflict, Row, SQLiteLog

Create = Callable[[], SQLiteLog]
STREAM = bytes(range(16))
OTHER = bytes(range(16, 32))


def rows(first: int, count: int, *, stream: bytes = STREAM, version: int | None = None) -> list[Row]:
    start = first if version is None else version
    return [
        Row(first + n, stream, start + n, f"type-{(first + n) % 3}", b"entry %d" % (first + n)) for n in range(count)
    ]


def command(number: int, first: int = 1, entries: int = 1) -> CommandRow:
    return CommandRow(number.to_bytes(16, "big"), first, entries, b"d" * 32)


def append(log: SQLiteLog, some: list[Row], *commands: CommandRow) -> None:
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
