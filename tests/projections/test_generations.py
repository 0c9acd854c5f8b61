"""The files of a projections folder: which generation serves, what is removed, who holds a lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.domain.errors import Corrupt, Refused
from archive.projections import generations
from archive.projections.generations import FOLLOW_LOCK, REBUILD_LOCK


def a_file(folder: Path, generation: int) -> Path:
    path = generations.file_of(folder, generation)
    path.write_bytes(b"x")
    return path


def test_nothing_serves_before_the_first_switch(tmp_path: Path) -> None:
    assert generations.serving(tmp_path) is None
    assert generations.serving(tmp_path / "nowhere") is None


def test_a_switch_names_the_generation_in_one_line(tmp_path: Path) -> None:
    for generation in (1, 2, 1_000_000):
        a_file(tmp_path, generation)
        generations.switch(tmp_path, generation)
        assert generations.serving(tmp_path) == generation
        assert (tmp_path / "current").read_text(encoding="ascii") == f"{generation}\n"
    assert not (tmp_path / "current.new").exists()


def test_no_switch_to_a_file_that_is_not_there(tmp_path: Path) -> None:
    a_file(tmp_path, 1)
    generations.switch(tmp_path, 1)
    with pytest.raises(FileNotFoundError):
        generations.switch(tmp_path, 2)
    assert generations.serving(tmp_path) == 1


@pytest.mark.parametrize("content", ["", "one\n", "-1\n", "1 2\n", "²\n", "1.0\n"])
def test_a_current_that_names_no_generation_is_corrupt(tmp_path: Path, content: str) -> None:
    path = tmp_path / "current"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Corrupt) as stopped:
        generations.serving(tmp_path)
    assert (stopped.value.code, stopped.value.facts) == ("PRJ-008", {"path": path})


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(Refused) as refused:
        generations.serving(tmp_path)
    assert refused.value.code == "LOG-002"


def test_generations_go_with_their_journals_and_nothing_else_goes(tmp_path: Path) -> None:
    kept = [a_file(tmp_path, 3), a_file(tmp_path, 4), tmp_path / "current", tmp_path / "follow.lock"]
    for path in kept[2:]:
        path.write_text("4\n", encoding="ascii")
    for generation in (1, 2, 5):
        path = a_file(tmp_path, generation)
        for suffix in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).write_bytes(b"x")
    generations.remove_all_but(tmp_path, keep={3, 4})
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_lock_has_one_owner_who_can_be_named(tmp_path: Path) -> None:
    assert generations.owner_of(tmp_path, REBUILD_LOCK) is None
    with generations.locked(tmp_path, REBUILD_LOCK, code="PRJ-002", wait_seconds=0):
        owner = generations.owner_of(tmp_path, REBUILD_LOCK)
        assert owner is not None
        assert owner.pid == os.getpid()
        with (
            pytest.raises(Refused) as refused,
            generations.locked(tmp_path, REBUILD_LOCK, code="PRJ-002", wait_seconds=0),
        ):
            pass
        assert (refused.value.code, refused.value.facts) == ("PRJ-002", {"pid": os.getpid(), "since": owner.since})
        with generations.locked(tmp_path, FOLLOW_LOCK, code="PRJ-001", wait_seconds=0):
            pass
    assert generations.owner_of(tmp_path, REBUILD_LOCK) is None
    with generations.locked(tmp_path, REBUILD_LOCK, code="PRJ-002", wait_seconds=0):
        pass


def test_a_lock_is_let_go_when_the_work_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        generations.locked(tmp_path, FOLLOW_LOCK, code="PRJ-001", wait_seconds=0),
    ):
        raise ZeroDivisionError
    assert generations.owner_of(tmp_path, FOLLOW_LOCK) is None


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    holder = """
import sys
from pathlib import Path
from archive.projections import generations
with generations.locked(Path(sys.argv[1]), "rebuild.lock", code="PRJ-002", wait_seconds=0):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        owner = generations.owner_of(tmp_path, REBUILD_LOCK)
        assert owner is not None
        assert owner.pid == process.pid
        process.kill()
        process.wait()
        with generations.locked(tmp_path, REBUILD_LOCK, code="PRJ-002", wait_seconds=0):
            pass


def test_a_lock_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(Refused) as refused,
        generations.locked(tmp_path / "nowhere", FOLLOW_LOCK, code="PRJ-001", wait_seconds=0),
    ):
        pass
    assert refused.value.code == "LOG-002"
