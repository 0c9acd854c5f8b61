"""Group commit: one commit for all that wait, and each gets its own answer."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.domain.errors import Refused
from archive.storage.commit import GroupCommit
from archive.storage.contract import Conflict, Row, StorageWrite
from archive.storage.sqlite import SQLiteLog


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
    def transaction(self) -> Iterator[StorageWrite]:
        with self.log.write() as write:
            self.transactions += 1
            self.begun.set()
            self.gate.wait(30)
            yield write


def adding(stream: int) -> Callable[[StorageWrite], int]:
    def work(write: StorageWrite) -> int:
        write.append([Row(write.head + 1, stream.to_bytes(16, "big"), 1, "t", b"e")], [])
        return write.head

    return work


def test_all_that_wait_share_one_commit_and_each_gets_its_own_position(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, StorageWrite.savepoint)
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


def submit_behind(
    counted: Counted, group: GroupCommit[StorageWrite], works: Sequence[Callable[[StorageWrite], object]]
) -> list[object]:
    """Submit all of these while an empty piece of work holds the lock; what each returned or raised."""
    outcomes: list[object] = [None] * len(works)

    def submit(index: int, work: Callable[[StorageWrite], object]) -> None:
        try:
            outcomes[index] = group.submit(work)
        except BaseException as error:  # noqa: BLE001 - looked at by the test, whatever it is
            outcomes[index] = error

    first = threading.Thread(target=group.submit, args=(lambda _: None,))
    first.start()
    assert counted.begun.wait(30)
    threads = [threading.Thread(target=submit, args=(index, work)) for index, work in enumerate(works)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(group._waiting) < number:
            first.join(0.001)
    counted.gate.set()
    for thread in (first, *threads):
        thread.join(30)
    return outcomes


def test_work_that_raises_leaves_its_neighbours_alone(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, StorageWrite.savepoint)

    def failing(write: StorageWrite) -> int:
        adding(99)(write)
        raise ZeroDivisionError

    def conflicting(write: StorageWrite) -> int:
        adding(98)(write)
        return adding(1)(write)

    one, raised, conflict, two = submit_behind(counted, group, [adding(1), failing, conflicting, adding(2)])
    assert (one, type(raised), type(conflict), two) == (1, ZeroDivisionError, Conflict, 2)
    assert counted.transactions == 2
    assert [row.stream[-1] for row in log.read(after=0, limit=9)] == [1, 2]
    group.close()


def test_a_group_is_not_larger_than_its_limit_and_keeps_the_order(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, StorageWrite.savepoint, limit=4)
    assert submit_behind(counted, group, [adding(n) for n in range(10)]) == list(range(1, 11))
    group.close()
    assert counted.transactions == 1 + 3


def test_a_commit_that_fails_fails_for_all_that_share_it(log: SQLiteLog) -> None:
    counted = Counted(log)
    gone = OSError("the disk is gone")

    @contextmanager
    def failing() -> Iterator[StorageWrite]:
        with counted.transaction() as write:
            yield write
            if counted.transactions == 2:
                raise gone

    def refused(_: StorageWrite) -> None:
        # Decided on what its neighbour wrote, which never was: it too gets the failure.
        raise ZeroDivisionError

    group = GroupCommit(failing, StorageWrite.savepoint)
    assert submit_behind(counted, group, [adding(1), refused, adding(2)]) == [gone, gone, gone]
    assert log.head() == 0
    assert group.submit(adding(1)) == 1
    group.close()


def test_a_lock_that_cannot_be_had_is_told_to_all_that_wait(tmp_path: Path) -> None:
    SQLiteLog.create(tmp_path / "log.sqlite").close()
    with SQLiteLog(tmp_path / "log.sqlite", busy_seconds=0.05) as log, SQLiteLog(tmp_path / "log.sqlite") as other:
        counted = Counted(log)
        group = GroupCommit(counted.transaction, StorageWrite.savepoint)
        taken, free = threading.Event(), threading.Event()

        def take() -> None:
            with other.write():
                taken.set()
                free.wait(30)

        holder = threading.Thread(target=take)

        def begin() -> Iterator[StorageWrite]:
            with counted.transaction() as write:
                yield write
            # The first transaction is over; before the second one begins, somebody else takes the lock.
            if not holder.ident:
                holder.start()
                assert taken.wait(30)

        group._transaction = contextmanager(begin)
        outcomes = submit_behind(counted, group, [adding(1), adding(2)])
        assert [isinstance(one, Refused) and one.code for one in outcomes] == ["LOG-001", "LOG-001"]
        free.set()
        holder.join()
        assert group.submit(adding(1)) == 1
        group.close()


def test_work_that_wants_to_end_the_thread_ends_only_itself(log: SQLiteLog) -> None:
    counted = Counted(log)
    group = GroupCommit(counted.transaction, StorageWrite.savepoint)

    def leave(write: StorageWrite) -> None:
        adding(9)(write)
        raise SystemExit

    one, two, three = submit_behind(counted, group, [adding(1), leave, adding(2)])
    assert (one, type(two), three) == (1, SystemExit, 2)
    assert group.submit(adding(3)) == 3
    group.close()


def test_work_that_submits_work_is_told_instead_of_waiting_for_itself(log: SQLiteLog) -> None:
    group = GroupCommit(log.write, StorageWrite.savepoint)
    with pytest.raises(AssertionError):
        group.submit(lambda _: group.submit(adding(1)))
    assert group.submit(adding(1)) == 1
    group.close()


def test_an_interrupted_wait_takes_back_what_has_not_begun(log: SQLiteLog) -> None:
    """Goal: after Ctrl-C nothing begins that nobody waits for. Method: SIGINT while the work waits behind another one."""
    counted = Counted(log)
    group = GroupCommit(counted.transaction, StorageWrite.savepoint)
    first = threading.Thread(target=group.submit, args=(adding(1),))
    first.start()
    assert counted.begun.wait(30)
    main = threading.get_ident()

    def interrupt() -> None:
        while not group._waiting:
            first.join(0.001)
        signal.pthread_kill(main, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the interruption must come inside
        other.start()
        group.submit(adding(2))
    other.join()
    counted.gate.set()
    first.join()
    assert group.submit(adding(3)) == 2
    group.close()
    assert log.stream((2).to_bytes(16, "big")) == []


def test_where_no_thread_is_to_be_had_the_next_submission_tries_again(
    log: SQLiteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    group = GroupCommit(log.write, StorageWrite.savepoint)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="thread"):
            group.submit(adding(1))
    assert group.submit(adding(2)) == 1
    group.close()


def test_many_that_submit_while_it_is_closed_are_each_answered_or_refused(log: SQLiteLog) -> None:
    group = GroupCommit(log.write, StorageWrite.savepoint)
    together = threading.Barrier(9)
    answers: list[int] = []
    refusals: list[RuntimeError] = []

    def submit(number: int) -> None:
        together.wait(30)
        for turn in range(20):
            try:
                answers.append(group.submit(adding(number * 100 + turn)))
            except RuntimeError as error:
                refusals.append(error)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    together.wait(30)
    while len(answers) < 10:
        threads[0].join(0.001)
    group.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert len(answers) + len(refusals) == 160
    assert sorted(answers) == list(range(1, log.head() + 1))


def test_close_finishes_what_was_submitted_and_takes_no_more(log: SQLiteLog) -> None:
    group = GroupCommit(log.write, StorageWrite.savepoint)
    assert group.submit(adding(1)) == 1
    assert group._thread is not None
    group.close()
    group.close()
    assert not group._thread.is_alive()
    with pytest.raises(RuntimeError):
        group.submit(adding(2))
    assert log.head() == 1
