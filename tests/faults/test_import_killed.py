"""An import is all or nothing, wherever its process is killed."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from archive.domain.commands import AnyCommand
from faults.homes import ARCHIVE, copy_of, environment, head_of, must_be_whole, run, told_home, written
from stories import Clerk, a_bureau, item_id

ITEMS: Final = 600
# Draft, open a review, pass three levels (the last with a conclusion), publish.
LINES: Final = 6 * ITEMS
# Progress is told after each thousand, and after the last line.
STEPS: Final = [*range(1_000, LINES, 1_000), LINES]
ENTRIES: Final = 7 * ITEMS + 1
FILE: Final = "many.jsonl"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bureau, and beside its stores a file of a few thousand lines."""
    folder = told_home(tmp_path_factory.mktemp("import") / "home", a_bureau(Clerk()))
    written(many_items(), folder / FILE)
    return folder


def many_items() -> Iterator[AnyCommand]:
    clerk = Clerk(7)
    for number in range(1, ITEMS + 1):
        item = item_id(number)
        yield clerk.draft(item, title=f"第{number}号项目核准的批复")
        yield from clerk.review(item, on="2018-03-12")
        yield clerk.publish(item, on="2018-03-14")


@contextmanager
def importing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`archive import` of the file in a process of its own, which tells its progress line by line."""
    words = ["--home", str(folder), "--json", "import", "commands", str(folder / FILE), "--progress", "json"]
    with subprocess.Popen(
        [*ARCHIVE, *words], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("steps", [0, 1, 3, len(STEPS)])
def test_an_import_that_is_killed_happens_when_it_is_sent_again_and_then_changes_nothing(
    steps: int, home: Path, tmp_path: Path
) -> None:
    """Killed before its first line of progress, after some, and after the last, when only the commit is left."""
    folder = copy_of(home, tmp_path / "home")
    before = head_of(folder)
    with importing(folder) as process:
        assert process.stderr is not None
        done = [json.loads(process.stderr.readline())["done"] for _ in range(steps)]
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert process.stdout is not None
        assert process.stdout.read() == "", "nothing was acknowledged"
    assert done == STEPS[:steps]
    killed_at = must_be_whole(folder)
    assert killed_at in {before, before + ENTRIES}, "some of it happened"
    assert steps == len(STEPS) or killed_at == before, "it was killed before it could be whole"

    words = ["--home", str(folder), "--json", "import", "commands", str(folder / FILE)]
    again = run(words, cwd=tmp_path)
    told = json.loads(again.stdout)
    assert (again.returncode, again.stderr) == (0, "")
    happened = (0, LINES) if killed_at > before else (LINES, 0)
    assert (told["commands"], told["unchanged"]) == happened
    assert must_be_whole(folder) == before + ENTRIES

    third = run(words, cwd=tmp_path)
    told = json.loads(third.stdout)
    assert (third.returncode, told["commands"], told["unchanged"], told["entries"]) == (0, 0, LINES, 0)
    assert (told["batch"], head_of(folder)) == (None, before + ENTRIES)


def test_an_import_that_is_interrupted_says_so_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    folder = copy_of(home, tmp_path / "home")
    with importing(folder) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["done"] == 1_000
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert json.loads(err.splitlines()[-1])["error"]["code"] == "INT-002"
    assert must_be_whole(folder) == head_of(home)


def test_a_demo_that_is_killed_is_finished_when_it_is_started_again(tmp_path: Path) -> None:
    """Its commands happen one after another, on a clock of its own: what is there is not done again."""
    words = ["--json", "demo", "--no-serve", "--dir"]
    whole = run([*words, str(tmp_path / "whole")], cwd=tmp_path)
    assert (whole.returncode, whole.stderr) == (0, "")
    folder = tmp_path / "killed"
    with subprocess.Popen(
        [*ARCHIVE, *words, str(folder), "--progress", "json"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["done"] > 0
        process.kill()
    again = run([*words, str(folder)], cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(again.stdout)["head"] == json.loads(whole.stdout)["head"]
    # Each demo draws salts of its own, so that their entries are other leaves.
    numbers = [
        {name: one["numbers"] for name, one in json.loads(told.stdout).items() if name != "tree"}
        for told in (run(["--home", str(home), "--json", "projection", "digest"], cwd=tmp_path) for home in (folder, tmp_path / "whole"))
    ]  # fmt: skip
    assert numbers[0] == numbers[1]
