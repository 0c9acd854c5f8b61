"""What is particular to the log's file: what the database refuses, and what a wrong file is told."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
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
        assert write._rows("PRAGMA synchronous", ()) == [(2,)], "FULL"
        assert write._rows("PRAGMA journal_mode", ()) == [("wal",)]


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
            pages = write._rows("PRAGMA page_count", ())[0][0]
            write._rows(f"PRAGMA max_page_count = {pages}", ())
            write.append([row._replace(entry=b"x" * 30_000) for row in rows(4, 50)], [])
        assert refused.value.code == "LOG-003"
        assert log.head() == 3


def test_a_log_that_may_not_be_written_says_so(path: Path) -> None:
    with SQLiteLog(path, read_only=True) as log:
        assert log.head() == 3
        with pytest.raises(Refused) as refused, log.write():
            pass
        assert (refused.value.code, int(refused.value.exit)) == ("LOG-002", 7)


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_folder_is_told_as_such(path: Path) -> None:
    """Root may write anywhere, so the attempt is made as nobody, in a folder that nobody may only read."""
    program = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from archive.storage.sqlite import Row, SQLiteLog
        from archive.domain.errors import ArchiveError
        os.setgid(65534); os.setuid(65534)
        try:
            with SQLiteLog(Path(sys.argv[1])) as log, log.write() as write:
                write.append([Row(write.head + 1, b'x' * 16, 1, 't', b'e')], [])
                sys.exit("it could be written")
        except ArchiveError as error:
            print(error.code)
    """)
    for folder in path.parents:
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "LOG-002", done.stderr


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")


def _other_application(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 1")


WRONG = {
    "a newer format": (_newer, Refused, "LOG-004"),
    "a file of another program": (_other_application, Corrupt, "LOG-005"),
    "not SQLite at all": (lambda path: path.write_bytes(b"text " * 2000), Corrupt, "LOG-005"),
    "an empty file": (lambda path: path.write_bytes(b""), Corrupt, "LOG-005"),
    "no file": (lambda path: path.unlink(), Refused, "LOG-006"),
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


def test_a_file_cut_short_is_found_when_it_is_read(tmp_path: Path) -> None:
    place = tmp_path / "log.sqlite"
    with SQLiteLog.create(place) as log:
        append(log, [row._replace(entry=b"x" * 3000) for row in rows(1, 50)])
    with closing(sqlite3.connect(place)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with place.open("r+b") as file:
        file.truncate(place.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(Corrupt) as corrupt, SQLiteLog(place) as log:
        log.read(after=0, limit=100)
    assert corrupt.value.code == "LOG-005"


def test_a_new_log_does_not_take_the_place_of_one_that_is_there(path: Path) -> None:
    with pytest.raises(Refused) as refused:
        SQLiteLog.create(path)
    assert refused.value.code == "LOG-010"
