"""The disk is full: for one file by a limit of the process, and for a whole file system in memory."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from archive.cli import home as homes
from archive.domain.commands import AnyCommand
from faults.disks import filled, small_file_system
from faults.homes import (
    answer_of,
    code_told,
    copy_of,
    digests_of,
    environment,
    followed,
    head_of,
    must_be_whole,
    opened,
    rebuilt,
    run,
    told_home,
    writing,
    written,
)
from stories import Clerk, a_small_archive, item_id

ITEMS: Final = 2_000
FILE: Final = "drafts.jsonl"
KIB: Final = 1024
# What a full disk is to the one who writes: no space, or a file that may not grow.
CODES: Final = {"LOG-003", "LOG-008"}
# Starts the program with a limit for each file that it writes. SQLite and Python see EFBIG, and no signal.
LIMITED: Final = (
    "import resource, runpy, sys; size = int(sys.argv.pop(1));"
    " resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)); runpy.run_module('archive', run_name='__main__')"
)


def drafts() -> Iterator[AnyCommand]:
    clerk = Clerk(7)
    # Not among the items of the small archive.
    return (clerk.draft(item_id(100 + number), title="项目核准的批复" * 10) for number in range(ITEMS))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small archive whose projections lag, and beside its stores a file of drafts."""
    story = a_small_archive(Clerk())
    folder = told_home(tmp_path_factory.mktemp("full") / "home", story[:30])
    followed(folder)
    with writing(folder) as writer:
        for command in story[30:]:
            writer.handle(command)
    written(drafts(), folder / FILE)
    return folder


def limited(words: list[str], *, size: int, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `archive` where no file may grow beyond so many bytes."""
    command = [sys.executable, "-c", LIMITED, str(size), *words]
    return subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.mark.parametrize("size", [64 * KIB, 256 * KIB, 1024 * KIB])
def test_an_import_that_finds_no_room_is_refused_whole_and_happens_when_there_is(
    size: int, home: Path, tmp_path: Path
) -> None:
    folder = copy_of(home, tmp_path / "home")
    before = head_of(folder)
    words = ["--home", str(folder), "--json", "import", "commands", str(folder / FILE)]
    full = limited(words, size=size, cwd=tmp_path)
    assert (full.returncode, full.stdout) == (1, "")
    assert code_told(full.stderr) in CODES
    assert must_be_whole(folder) == before
    again = run(words, cwd=tmp_path)
    assert (again.returncode, json.loads(again.stdout)["commands"]) == (0, ITEMS)
    assert must_be_whole(folder) == before + ITEMS + 1


@pytest.mark.parametrize("size", [0, 8 * KIB, 64 * KIB])
def test_a_rebuild_that_finds_no_room_leaves_what_serves_and_is_done_when_there_is(
    size: int, home: Path, tmp_path: Path
) -> None:
    folder = copy_of(home, tmp_path / "home")
    before = answer_of(folder)
    full = limited(["--home", str(folder), "--json", "projection", "rebuild"], size=size, cwd=tmp_path)
    assert (full.returncode, full.stdout) == (1, "")
    assert code_told(full.stderr) in CODES
    assert answer_of(folder) == before
    digests = rebuilt(folder)
    assert digests == digests_of(folder)
    assert answer_of(folder).head == head_of(folder) > before.head


# --- a file system without room -----------------------------------------------------------------------------------------
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.7 MiB in memory: there is room for the home, and not for what the import puts into the vault."""
    with small_file_system(tmp_path / "disk", size="1728k") as folder:
        yield folder


def test_a_disk_that_is_really_full_takes_nothing_and_loses_nothing(home: Path, small_disk: Path) -> None:
    """Goal: as above, with the error of a real file system, for an import, for one command, and for a rebuild."""
    folder = copy_of(home, small_disk / "home")
    drafts_file = home / FILE
    (folder / FILE).unlink()
    before, served = head_of(folder), answer_of(folder)
    words = ["--home", str(folder), "--json", "import", "commands", str(drafts_file)]
    full = run(words, cwd=small_disk)
    assert (full.returncode, full.stdout, code_told(full.stderr)) == (1, "", "LOG-003")
    assert must_be_whole(folder) == before

    ballast = filled(small_disk)
    rebuild = run(["--home", str(folder), "--json", "projection", "rebuild"], cwd=small_disk)
    assert (rebuild.returncode, rebuild.stdout) == (1, "")
    assert code_told(rebuild.stderr) in CODES
    one = Clerk(8).open_section("archives")
    single = ["agency", "open-section", "--id", one.id, "--agency", one.agency, "--section", "archives"]
    single += ["--opened-on", "2018-01-02", "--name", "档案室"]
    refused = run(["--home", str(folder), "--json", *single], cwd=small_disk)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert code_told(refused.stderr) in CODES
    asked = run(["--home", str(folder), "--json", "log", "head"], cwd=small_disk)
    assert asked.returncode == 0 or code_told(asked.stderr) in CODES, "reading may need room for the index of a WAL"

    ballast.unlink()
    assert must_be_whole(folder) == before
    assert answer_of(folder) == served
    assert run(["--home", str(folder), "--json", *single], cwd=small_disk).returncode == 0
    assert must_be_whole(folder) == before + 1
    rebuilt(folder)
    assert answer_of(folder).head == before + 1
    elsewhere = copy_of(folder, home.with_name("elsewhere"))
    again = run(["--home", str(elsewhere), "--json", "import", "commands", str(drafts_file)], cwd=small_disk)
    assert (again.returncode, must_be_whole(elsewhere)) == (0, before + 1 + ITEMS + 1)
    shutil.rmtree(elsewhere)


def test_a_store_is_not_made_where_there_is_no_room(small_disk: Path) -> None:
    ballast = filled(small_disk)
    folder = small_disk / "home"
    done = run(["--json", "init", str(folder), "--origin", "archive.example/fgj"], cwd=small_disk)
    assert (done.returncode, done.stdout) == (1, "")
    assert code_told(done.stderr) in CODES
    ballast.unlink()
    done = run(["--json", "init", str(folder), "--origin", "archive.example/fgj"], cwd=small_disk)
    assert (done.returncode, done.stderr) == (0, "")
    assert head_of(folder) == 0
    with opened(folder) as (log, disclosures):
        assert (log.head(), Path(disclosures.place).name) == (0, homes.DISCLOSURES)
