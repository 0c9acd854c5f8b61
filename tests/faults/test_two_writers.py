"""Two processes write at once; a third finds the lock held."""

import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import pytest

from archive.cli import home as homes
from faults.homes import code_told, environment, head_of, must_be_whole, opened, run, told_home
from stories import AGENCY, Clerk, a_bureau

TESTS: Final = Path(__file__).resolve().parent.parent
WRITERS: Final = 2
ENTRIES_EACH: Final = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return told_home(tmp_path / "home", a_bureau(Clerk()))


def test_two_processes_append_at_once_and_nothing_is_lost_or_doubled(folder: Path) -> None:
    """Goal: every acknowledged position holds the command it was told for. Method: both start at one signal."""
    before = head_of(folder)
    with ExitStack() as stack:
        writers = [stack.enter_context(_appender(folder, number)) for number in range(2, 2 + WRITERS)]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        told = [writer.communicate(timeout=100) for writer in writers]
    assert [(writer.returncode, err) for writer, (_, err) in zip(writers, told, strict=True)] == [(0, "")] * WRITERS
    acknowledged = [line.split() for out, _ in told for line in out.splitlines()]
    assert len(acknowledged) == WRITERS * ENTRIES_EACH
    assert must_be_whole(folder) == before + len(acknowledged)
    with opened(folder) as (log, _):
        entries = log.entries(after=before, limit=len(acknowledged))
    assert {entry.position: entry.cmd for entry in entries} == {int(position): cmd for cmd, position in acknowledged}
    for out, _ in told:
        positions = [int(line.split()[1]) for line in out.splitlines()]
        assert positions == sorted(positions), "what one process is told grows"


def _appender(folder: Path, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(TESTS / "faults" / "appender.py"), str(folder), str(number), str(ENTRIES_EACH)],
        env=environment(PYTHONPATH=os.pathsep.join([str(TESTS), *sys.path])),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WORDS: Final = ("agency", "open-section", "--agency", AGENCY, "--section", "archives", "--name", "档案室")
DAY: Final = ("--opened-on", "2018-01-02")


@pytest.mark.parametrize("held", [homes.LOG, homes.DISCLOSURES])
def test_a_process_that_finds_a_lock_held_ends_busy_and_leaves_the_log_whole(folder: Path, held: str) -> None:
    before = head_of(folder)
    words = ["--home", str(folder), "--json", *WORDS, *DAY]
    with closing(sqlite3.connect(folder / held, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run(words, cwd=folder, env=environment(ARCHIVE_BUSY_SECONDS="0.2"))
        assert (done.returncode, done.stdout, code_told(done.stderr)) == (6, "", "LOG-001")
        # Reading waits for nobody.
        reading = run(["--home", str(folder), "log", "head"], cwd=folder)
        assert (reading.returncode, reading.stdout.split()[1]) == (0, str(before))
        other.execute("ROLLBACK")
    assert must_be_whole(folder) == before
    done = run(words, cwd=folder, env=environment(ARCHIVE_BUSY_SECONDS="0.2"))
    assert (done.returncode, done.stderr) == (0, "")
    assert must_be_whole(folder) == before + 1


def test_an_import_that_finds_the_lock_held_ends_busy(folder: Path) -> None:
    before = head_of(folder)
    lines = folder / "lines.jsonl"
    lines.write_bytes(b"{}\n")
    with closing(sqlite3.connect(folder / homes.LOG, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        words = ["--home", str(folder), "--json", "import", "commands", str(lines)]
        done = run(words, cwd=folder, env=environment(ARCHIVE_BUSY_SECONDS="0.2"))
        other.execute("ROLLBACK")
    assert (done.returncode, done.stdout, code_told(done.stderr)) == (6, "", "LOG-001")
    assert must_be_whole(folder) == before
