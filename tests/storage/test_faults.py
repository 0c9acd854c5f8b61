"""What is acknowledged is there, and nothing is there by halves: whoever dies, waits, fills the disk or loses an answer."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Self
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, PersistenceError, StoredEvent
from typing_extensions import override

from archive.domain.errors import Refused
from archive.storage.sqlite import SQLiteLog, _Held
from storage import appender
from storage.suite import append, command, rows

ENDLESS = 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A log; whatever a test does to it, it is whole afterwards."""
    place = tmp_path / "log.sqlite"
    SQLiteLog.create(place).close()
    yield place
    check_whole(place)


def check_whole(path: Path) -> None:
    """Positions and versions have no gap, each command has its entries, and SQLite finds nothing wrong."""
    with SQLiteLog(path) as log:
        everything = log.read(after=0, limit=ENDLESS)
        assert [row.position for row in everything] == list(range(1, log.head() + 1))
        for stream in {row.stream for row in everything}:
            assert [row.version for row in log.stream(stream)] == list(range(1, log.stream_count(stream, None) + 1))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        commands = db.execute("SELECT first_position, entries FROM commands ORDER BY first_position").fetchall()
        covered = [position for first, entries in commands for position in range(first, first + entries)]
        assert covered == [row.position for row in everything]


def start_appender(path: Path, stream: str, *, rows: int = 1, transactions: int = ENDLESS) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, appender.__file__, str(path), stream, str(rows), str(transactions)],
        stdout=subprocess.PIPE,
        text=True,
    )


def start_holder(path: Path, *, entries: int) -> subprocess.Popen[str]:
    """A program that takes the lock, appends entries of 20,000 bytes, says so, and waits."""
    program = """
import sys
from pathlib import Path
from archive.storage.contract import Row
from archive.storage.sqlite import SQLiteLog
with SQLiteLog(Path(sys.argv[1])) as log, log.write() as write:
    write.append([Row(n, b"s" * 16, n, "t", b"x" * 20_000) for n in range(1, int(sys.argv[2]) + 1)], [])
    print("held", flush=True)
    sys.stdin.read()
"""
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(entries)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


# --- two processes ----------------------------------------------------------------------------------------------------
def test_two_processes_that_write_at_once_both_succeed(path: Path) -> None:
    """Goal: one order for all. Method: two programs append as fast as they can; each knows where its entries stand."""
    processes = {stream: start_appender(path, stream, rows=2, transactions=150) for stream in "ab"}
    ends: dict[str, list[int]] = {}
    for stream, process in processes.items():
        told, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        ends[stream] = [int(line) for line in told.split()]
    with SQLiteLog(path) as log:
        assert log.head() == 600
        for stream, acknowledged in ends.items():
            assert [row.position for row in log.stream(stream.encode() * 16)][1::2] == acknowledged


def test_a_process_that_finds_another_writing_is_told_and_succeeds_afterwards(path: Path) -> None:
    holder = start_holder(path, entries=0)
    with SQLiteLog(path, busy_seconds=0.05) as log:
        assert pipe(holder.stdout).readline() == "held\n"
        for _ in range(2):
            with pytest.raises(Refused) as refused, log.write():
                pass
            assert (refused.value.code, refused.value.facts, int(refused.value.exit)) == (
                "LOG-001",
                {"seconds": 0.05},
                6,
            )
        assert log.head() == 0, "a reader does not wait for a writer"
        holder.communicate("", timeout=60)
        append(log, rows(1, 1), command(1))


def test_a_thread_that_waits_longer_than_it_may_is_told(path: Path) -> None:
    with SQLiteLog(path, busy_seconds=0.05) as log:
        codes: list[str] = []

        def wait() -> None:
            with pytest.raises(Refused) as refused, log.write():
                pass
            codes.append(refused.value.code)

        with log.write() as write:
            thread = threading.Thread(target=wait)
            thread.start()
            thread.join()
            write.append(rows(1, 1), [command(1)])
        assert codes == ["LOG-001"]


# --- death ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("acknowledged", [1, 2, 3, 5, 8, 21, 60])
@pytest.mark.parametrize("size", [1, 40])
def test_what_a_killed_process_acknowledged_is_there_and_the_rest_is_whole(
    path: Path, acknowledged: int, size: int
) -> None:
    """Goal: acknowledged means durable, and no half transactions. Method: SIGKILL after the n-th acknowledgement."""
    with start_appender(path, "a", rows=size) as process:
        told = [pipe(process.stdout).readline() for _ in range(acknowledged)]
        process.kill()
        rest = pipe(process.stdout).read()
    ends = [int(line) for line in [*told, *rest.splitlines(keepends=True)] if line.endswith("\n")]
    with SQLiteLog(path, read_only=True) as log:
        head = log.head()
        assert head in {ends[-1], ends[-1] + size}, "at most the one that was under way"
        assert [row.entry for row in log.read(after=0, limit=head)] == [b"entry %d" % n for n in range(1, head + 1)]
    with SQLiteLog(path) as log:
        assert appender.append_one(log, b"b" * 16, size) == head + size


def test_a_process_killed_under_the_lock_leaves_nothing_and_no_lock(path: Path) -> None:
    # More than the page cache holds, so that pages of the unfinished transaction are in the file.
    holder = start_holder(path, entries=5_000)
    assert pipe(holder.stdout).readline() == "held\n"
    assert path.with_name(path.name + "-wal").stat().st_size > 20_000_000
    holder.kill()
    holder.communicate(timeout=60)
    with SQLiteLog(path, busy_seconds=0.05) as log:
        assert log.head() == 0
        append(log, rows(1, 1), command(1))


# --- the disk ---------------------------------------------------------------------------------------------------------
def test_a_process_at_its_limit_of_bytes_is_told_and_goes_on_when_there_is_room(path: Path) -> None:
    """Goal: a failed write is told and leaves nothing. Method: the kernel refuses to let files grow (RLIMIT_FSIZE)."""
    program = """
import resource, sys
from pathlib import Path
from archive.domain.errors import Refused
from archive.storage.sqlite import SQLiteLog
sys.path.insert(0, sys.argv[2])
from storage.appender import append_one

_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
with SQLiteLog(Path(sys.argv[1])) as log:
    for room in range(40_000, 200_000, 7_001):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
        acknowledged = log.head()
        try:
            while True:
                acknowledged = append_one(log, b"s" * 16, 20)
        except Refused as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            assert error.code in {"LOG-003", "LOG-008"}, error.code
            assert log.head() == acknowledged, (log.head(), acknowledged)
            print(error.code)
        assert append_one(log, b"s" * 16, 1) == acknowledged + 1
"""
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tests)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 23


class Faulty(sqlite3.Connection):
    """A connection that loses answers: the statement named in `fails` raises, before or after it took effect.

    `ends`: the next insert finds the disk full, and SQLite rolls the transaction back by itself, as it may.
    """

    fails: str | None = None
    happens: bool = False
    ends: bool = False

    @override
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # Any: handed on as it came
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    @override
    def commit(self) -> None:
        self.execute("COMMIT")

    @override
    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    @override
    def cursor(self, factory: Any = None) -> Any:  # Any: of whatever class, ours is meant
        return super().cursor(_FaultyCursor)


class _FaultyCursor(sqlite3.Cursor):
    @override
    def execute(self, sql: str, parameters: Any = (), /) -> Self:  # Any: handed on as it came
        faulty: Faulty = self.connection  # type: ignore[assignment] # made by Faulty.cursor
        if sql != faulty.fails:
            return super().execute(sql, parameters)
        faulty.fails = None
        if faulty.happens:
            super().execute(sql, parameters)
        raise failure(sqlite3.SQLITE_IOERR)

    @override
    def executemany(self, sql: str, parameters: Any, /) -> Self:  # Any: handed on as it came
        faulty: Faulty = self.connection  # type: ignore[assignment] # made by Faulty.cursor
        if faulty.ends:
            faulty.ends = False
            super().execute("ROLLBACK")
            raise failure(sqlite3.SQLITE_FULL)
        return super().executemany(sql, parameters)


def failure(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made for this test")
    error.sqlite_errorcode = code
    return error


def with_faults(log: SQLiteLog) -> Faulty:
    """From now on the log writes over this connection."""
    faulty = connect_faulty(log.path)
    log._writer = _Held(faulty)
    return faulty


def connect_faulty(path: Path) -> Faulty:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.05, factory=Faulty)


def test_a_commit_that_failed_did_not_happen_and_the_next_one_does(path: Path) -> None:
    with SQLiteLog(path) as log:
        faulty = with_faults(log)
        faulty.fails = "COMMIT"
        with pytest.raises(Refused) as refused:
            append(log, rows(1, 2), command(1, 1, 2))
        assert refused.value.code == "LOG-008"
        assert (log.head(), log.command(command(1).id)) == (0, None)
        append(log, rows(1, 2), command(1, 1, 2))
        assert log.command(command(1).id) == command(1, 1, 2)


def test_a_commit_that_seemed_to_fail_but_happened_is_found_by_its_command(path: Path) -> None:
    with SQLiteLog(path) as log:
        faulty = with_faults(log)
        faulty.fails, faulty.happens = "COMMIT", True
        with pytest.raises(Refused) as refused:
            append(log, rows(1, 2), command(1, 1, 2))
        assert refused.value.code == "LOG-008"
        assert (log.read(after=0, limit=9), log.command(command(1).id)) == (rows(1, 2), command(1, 1, 2))
        append(log, rows(3, 1), command(2, 3))


def test_a_begin_that_fails_keeps_no_lock(path: Path) -> None:
    for happens in (False, True):
        with SQLiteLog(path) as log, SQLiteLog(path, busy_seconds=0.05) as other:
            faulty = with_faults(log)
            faulty.fails, faulty.happens = "BEGIN IMMEDIATE", happens
            with pytest.raises(Refused), log.write():
                pass
            with other.write():
                pass
            with log.write():
                pass


def test_a_connection_that_cannot_even_roll_back_is_given_up_with_its_lock(path: Path) -> None:
    with SQLiteLog(path) as log, SQLiteLog(path, busy_seconds=0.05) as other:
        faulty = with_faults(log)
        with pytest.raises(ZeroDivisionError), log.write() as write:  # noqa: PT012 - the block is what must be undone
            write.append(rows(1, 1), [command(1)])
            faulty.fails = "ROLLBACK"
            raise ZeroDivisionError
        append(other, rows(1, 1), command(1))
        append(log, rows(2, 1), command(2, 2))


def test_a_full_disk_that_ends_the_transaction_ends_it_for_all_its_savepoints(path: Path) -> None:
    """SQLite may roll back everything by itself; what comes next must not be committed statement by statement."""
    with SQLiteLog(path) as log:
        faulty = with_faults(log)
        codes = []
        with pytest.raises(Refused) as refused, log.write() as write:  # noqa: PT012 - four pieces of work, as in a group
            for number in range(1, 5):
                faulty.ends = number == 2
                try:
                    with write.savepoint():
                        write.append(rows(write.head + 1, 1), [command(number, number)])
                except Refused as error:
                    codes.append((number, error.code))
        assert codes == [(2, "LOG-003"), (3, "LOG-003"), (4, "LOG-003")]
        assert refused.value.code == "LOG-003"
        assert log.head() == 0
        append(log, rows(1, 1), command(1))


def test_a_savepoint_that_cannot_be_undone_ends_the_transaction(path: Path) -> None:
    with SQLiteLog(path) as log:
        faulty = with_faults(log)
        with pytest.raises(Refused) as refused, log.write() as write:  # noqa: PT012 - the block is what must be undone
            write.append(rows(1, 1), [command(1)])
            faulty.fails = "ROLLBACK TO entries"
            with pytest.raises(Refused), write.savepoint():  # noqa: PT012 - the block is what must be undone
                write.append(rows(2, 1), [command(2, 2)])
                raise ZeroDivisionError
        assert refused.value.code == "LOG-008"
        assert log.head() == 0


def test_the_recorder_speaks_the_librarys_errors_and_keeps_no_lock(path: Path) -> None:
    """The library's pool takes a connection back as it is: after a COMMIT that failed, inside its transaction."""
    event = StoredEvent(originator_id=UUID(int=7), originator_version=1, topic="t", state=b"e")
    with SQLiteLog(path, busy_seconds=0.05) as log:
        faulty = connect_faulty(path)
        log.recorder.datastore.pool._connect = lambda: faulty  # type: ignore[attr-defined] # the pool is one of ours
        for fails in ("COMMIT", "BEGIN IMMEDIATE"):
            faulty.fails = fails
            with pytest.raises(OperationalError):
                log.recorder.insert_events([event])
            with log.write() as write:
                assert write.head == 0
                with pytest.raises(OperationalError):
                    log.recorder.insert_events([event])
        append(log, rows(1, 1), command(1))
        with pytest.raises(IntegrityError):
            log.recorder.insert_events([event, event])
        faulty.fails = "ROLLBACK"
        with pytest.raises(PersistenceError):
            log.recorder.insert_events([event, event])
        append(log, rows(2, 1), command(2, 2))
