"""Group commit: one commit for all that wait, and each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.storage.commit import GroupCommit
from archive.storage.sqlite import Row, SQLiteLog, SQLiteWrite


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteLog]:
    with SQLiteLog.create(tmp_path / "log.sqlite") as one:
        yield one


class Counted:
    """Transactions of a log, counted; `gate` holds the first one until it is set."""

    def __init__(self, log: SQLiteLog) -> None:
        self.log = log
        self.transactions = 0
        self.gate = threading.Event()
        self.begun = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[SQLiteWrite]:
        with self.log.write() as write:
            self.transactions += 1
            self.begun.set()
            self.gate.wait(30)
            yield write


def adding(stream: int) -> Callable[[SQLiteWrite], int]:
    def work(write: SQLiteWrite) -> int:
        write.append([Row(write.head + 1, stream.to_bytes(16, "big"), 1, "t", b"e")], [])
        return write.head

    return work


def test_all_that_wait_share_one_commit_and_each_gets_its_own_position(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, SQLiteWrite.savepoint)
    answers: dict[int, int] = {}
    first = threading.Thread(target=lambda: answers.setdefault(0, group.submit(adding(0))))
    first.start()
    assert counted.begun.wait(30)
    others = [threading.Thread(target=lambda n=n: answers.setdefault(n, group.submit(adding(n)))) for n in range(1, 51)]
    for thread in others:
        thread.start()
    while len(group._waiting) < 50:
        first.join(0.001)
    counted.gate.set()
    for thread in (first, *others):
        thread.join()
    group.close()
    assert counted.transactions == 2
    assert sorted(answers.values()) == list(range(1, 52))
    assert all(log.row(position).stream == n.to_bytes(16, "big") for n, position in answers.items())  # type: ignore[union-attr] # each is there


def test_work_that_raises_leaves_its_neighbours_alone(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, SQLiteWrite.savepoint)
    outcomes: dict[int, object] = {}

    def failing(write: SQLiteWrite) -> int:
        adding(99)(write)
        raise ZeroDivisionError

    def submit(number: int) -> None:
        try:
            outcomes[number] = group.submit(failing if number == 3 else adding(number))
        except ZeroDivisionError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    counted.gate.set()
    for thread in threads:
        thread.join()
    group.close()
    assert isinstance(outcomes.pop(3), ZeroDivisionError)
    assert sorted(outcomes.values()) == [1, 2, 3, 4, 5]  # type: ignore[type-var] # positions
    assert log.stream((99).to_bytes(16, "big")) == []


def test_a_commit_that_fails_fails_for_all_that_share_it(log: SQLiteLog) -> None:
    @contextmanager
    def failing() -> Iterator[SQLiteWrite]:
        with log.write() as write:
            yield write
            raise OSError("the disk is gone")

    group = GroupCommit(failing, SQLiteWrite.savepoint)
    for number in (1, 2):
        with pytest.raises(OSError, match="gone"):
            group.submit(adding(number))
    group.close()
    assert log.head() == 0


def test_close_finishes_what_was_submitted_and_takes_no_more(log: SQLiteLog) -> None:
    group = GroupCommit(log.write, SQLiteWrite.savepoint)
    assert group.submit(adding(1)) == 1
    group.close()
    group.close()
    with pytest.raises(RuntimeError):
        group.submit(adding(2))
    assert log.head() == 1
