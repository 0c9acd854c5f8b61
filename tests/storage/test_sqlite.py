"""What is particular to the log's file: what the database refuses, what a wrong file is told, who holds it open."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.storage.sqlite import FORMAT, SQLiteLog
from storage.suite import append, command, rows


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "log.sqlite"
    with SQLiteLog.create(place) as log:
        append(log, rows(1, 3), command(1, 1, 3))
    yield place
    with SQLiteLog(place) as log:
        assert log.read(after=0, limit=10) == rows(1, 3), "the three entries are there, whatever was tried"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET entry = x'00'",
        "UPDATE entries SET position = 9 WHERE position = 3",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE position = 3",
        "INSERT OR REPLACE INTO entries SELECT 3, stream, 9, type, entry FROM entries WHERE position = 3",
        "INSERT OR REPLACE INTO entries SELECT 4, stream, version, type, entry FROM entries WHERE position = 3",
        "INSERT INTO entries SELECT 5, stream, 9, type, entry FROM entries WHERE position = 3",
        "INSERT INTO entries SELECT 0, stream, 9, type, entry FROM entries WHERE position = 3",
        "INSERT INTO entries SELECT * FROM entries WHERE true ON CONFLICT (position) DO UPDATE SET entry = x'00'",
        "UPDATE commands SET digest = x'00'",
        "DELETE FROM commands",
        "INSERT OR REPLACE INTO commands SELECT id, 9, 9, digest FROM commands",
    ],
)
def test_the_database_refuses_to_change_what_is_there(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)


def test_every_write_is_durable_before_it_is_acknowledged(path: Path) -> None:
    with SQLiteLog(path) as log, log.write() as write:
        assert write._rows("PRAGMA synchronous") == [(2,)], "FULL"
        assert write._rows("PRAGMA journal_mode") == [("wal",)]


def test_a_second_writer_is_told_that_the_log_is_busy(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other, SQLiteLog(path, busy_seconds=0.01) as log:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused) as refused, log.write():
            pass
        assert (refused.value.code, int(refused.value.exit)) == ("LOG-001", 6)
        other.execute("ROLLBACK")
        with log.write() as write:
            assert write.head == 3


def test_a_full_disk_is_told_and_nothing_is_half_written(path: Path) -> None:
    with SQLiteLog(path) as log:
        with pytest.raises(Refused) as refused, log.write() as write:  # noqa: PT012 - the lock's block is what fails
            pages = write._rows("PRAGMA page_count")[0][0]
            write._rows(f"PRAGMA max_page_count = {pages}")
            write.append([row._replace(entry=b"x" * 30_000) for row in rows(4, 50)], [])
        assert refused.value.code == "LOG-003"
        assert log.head() == 3


def test_a_log_that_may_not_be_written_says_so(path: Path) -> None:
    with SQLiteLog(path, read_only=True) as log:
        assert log.head() == 3
        with pytest.raises(Refused) as refused, log.write():
            pass
        assert (refused.value.code, int(refused.value.exit)) == ("LOG-002", 7)


# Opens the log, reads and writes it, and says how that went. Root may write anywhere: it becomes nobody first.
OPEN_IT = """
import os, sys
from pathlib import Path
from archive.domain.errors import ArchiveError
from archive.storage.contract import Row
from archive.storage.sqlite import SQLiteLog
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with SQLiteLog(Path(sys.argv[1]), read_only=sys.argv[2] == "read") as log:
        print(log.head())
        with log.write() as write:
            write.append([Row(write.head + 1, b"x" * 16, 1, "t", b"e")], [])
            print("written")
except ArchiveError as error:
    print(error.code)
"""


@pytest.mark.parametrize(
    "wanted, file, folder, held, told",
    [
        ("write", 0o666, 0o777, False, ["0", "written"]),
        ("read", 0o444, 0o777, False, ["0", "LOG-002"]),
        ("write", 0o444, 0o777, False, ["LOG-002"]),
        ("write", 0o666, 0o555, False, ["LOG-002"]),
        # A reader needs the -shm file beside the log: it is there as long as somebody has the log open.
        ("read", 0o444, 0o555, True, ["0", "LOG-002"]),
        ("read", 0o444, 0o555, False, ["LOG-002"]),
        ("read", 0o000, 0o777, False, ["LOG-002"]),
        ("read", 0o444, 0o000, False, ["LOG-002"]),
    ],
)
def test_what_may_not_be_opened_as_wanted_is_told(
    wanted: str,
    file: int,
    folder: int,
    held: bool,  # noqa: FBT001 - a column of the table
    told: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as outer, ExitStack() as closing_first:
        # Others may not look into the folders that pytest makes.
        Path(outer).chmod(0o755)
        place = Path(outer) / "home"
        place.mkdir()
        path = place / "log.sqlite"
        log = closing_first.enter_context(SQLiteLog.create(path))
        if held:
            with log.write():
                pass
        else:
            log.close()
        path.chmod(file)
        place.chmod(folder)
        try:
            done = subprocess.run(
                [sys.executable, "-c", OPEN_IT, str(path), wanted], capture_output=True, text=True, check=True
            )
        finally:
            place.chmod(0o755)
        assert done.stdout.split() == told


def test_a_copy_without_wal_is_read_in_a_folder_that_is_read_only_and_gets_it_back_when_it_is_written(
    path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    with SQLiteLog(copy, read_only=True) as log:
        assert log.read(after=0, limit=10) == rows(1, 3)
        assert sorted(one.name for one in tmp_path.glob("copy*")) == ["copy.sqlite"], "nothing was made beside it"
    with SQLiteLog(copy) as log:
        append(log, rows(4, 1))
        with log.write() as write:
            assert write._rows("PRAGMA journal_mode") == [("wal",)]


def test_a_closed_log_is_one_file(tmp_path: Path) -> None:
    place = tmp_path / "log.sqlite"
    for open_it in (SQLiteLog.create, SQLiteLog):
        with open_it(place) as log:
            append(log, rows(log.head() + 1, 1))
            thread = threading.Thread(target=log.head)
            thread.start()
            thread.join()
            log.recorder.max_notification_id()
        assert list(tmp_path.iterdir()) == [place], "who copies it now copies all of it"


def test_a_thread_that_ended_keeps_nothing_open(path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    # What other tests left behind would otherwise be closed while we count.
    gc.collect()
    with SQLiteLog(path) as log:
        log.head()
        counts = []
        for _ in range(20):
            thread = threading.Thread(target=log.head)
            thread.start()
            thread.join()
            counts.append(open_files())
    # SQLite keeps one descriptor back, because closing it would drop the locks of the others, and uses it again.
    assert len(set(counts)) == 1


def test_readers_cannot_write(path: Path) -> None:
    with SQLiteLog(path) as log, pytest.raises(ArchiveError) as refused:
        log._rows("CREATE TABLE more (x)", ())
    assert refused.value.code == "LOG-002"


def test_what_sqlite_cannot_take_is_a_fault_of_the_program_and_not_of_the_file(path: Path) -> None:
    with SQLiteLog(path) as log:
        for wrong in (rows(4, 1)[0]._replace(entry="text"), rows(4, 1)[0]._replace(type=object())):  # type: ignore[arg-type] # wrong on purpose
            with pytest.raises(Refused) as refused:
                append(log, [wrong])
            assert refused.value.code == "INT-001"


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")


def _other_application(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 1")


def _altered(sql: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(sql)

    return spoil


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


WRONG: dict[str, tuple[Callable[[Path], object], type[ArchiveError], str]] = {
    "a newer format": (_newer, Refused, "LOG-004"),
    "a file of another program": (_other_application, Corrupt, "LOG-005"),
    "not SQLite at all": (lambda path: path.write_bytes(b"text " * 2000), Corrupt, "LOG-005"),
    "an empty file": (lambda path: path.write_bytes(b""), Corrupt, "LOG-005"),
    "no file": (lambda path: path.unlink(), Refused, "LOG-006"),
    "a folder": (_folder, Corrupt, "LOG-005"),
    "format 0": (_altered("PRAGMA user_version = 0"), Corrupt, "LOG-005"),
    "no table": (_altered("DROP TABLE commands"), Corrupt, "LOG-005"),
    "no trigger": (_altered("DROP TRIGGER entries_never_go"), Corrupt, "LOG-005"),
    "one trigger more": (
        _altered("CREATE TRIGGER more AFTER INSERT ON entries BEGIN SELECT 1; END"),
        Corrupt,
        "LOG-005",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_gets_its_code(tmp_path: Path, wrong: str) -> None:
    spoil, kind, code = WRONG[wrong]
    place = tmp_path / "log.sqlite"
    SQLiteLog.create(place).close()
    spoil(place)
    with pytest.raises(ArchiveError) as error:
        SQLiteLog(place)
    assert (type(error.value), error.value.code) == (kind, code)


def test_an_index_that_an_administrator_added_does_no_harm(path: Path) -> None:
    _altered("CREATE INDEX more ON entries (type)")(path)
    with SQLiteLog(path) as log:
        assert log.head() == 3


def test_a_file_cut_short_anywhere_is_found_when_it_is_opened(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    cut = tmp_path / "cut.sqlite"
    for size in {0, 1, 15, 16, 99, 100, 101, *range(512, len(whole), 512), len(whole) - 1}:
        cut.write_bytes(whole[:size])
        with pytest.raises(Corrupt) as corrupt:
            SQLiteLog(cut)
        assert corrupt.value.code == "LOG-005", size


def test_bytes_that_were_overwritten_are_found_when_they_are_read(path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite"
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        ((page,),) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchall()
        ((page_bytes,),) = db.execute("PRAGMA page_size").fetchall()
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    damaged.write_bytes(content)
    with SQLiteLog(damaged) as log, pytest.raises(Corrupt) as corrupt:
        log.read(after=0, limit=100)
    assert corrupt.value.code == "LOG-005"


def test_a_log_is_made_in_a_folder_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        SQLiteLog.create(tmp_path / "nowhere" / "log.sqlite")
    assert (refused.value.code, refused.value.facts["path"]) == ("LOG-006", tmp_path / "nowhere")


def test_a_new_log_does_not_take_the_place_of_one_that_is_there(path: Path) -> None:
    with pytest.raises(Refused) as refused:
        SQLiteLog.create(path)
    assert refused.value.code == "LOG-010"
