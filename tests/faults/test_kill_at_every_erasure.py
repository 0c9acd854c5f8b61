"""`archive erase` is killed at every call that writes: the erasure has not happened, or the next start finishes it.

Goal: promise 6 whatever happens. Method: as in test_kill_at_every_write, at every call or some of them; after each kill a command
that writes is run, and then every file is searched for the text.
"""

import shutil
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from archive.cli import home as homes
from archive.domain.erasures import Erased
from faults.homes import followed, must_be_whole, opened, run, told_home
from faults.strace import KILLED, Call, needs_strace
from faults.test_kill_at_every_write import FOLDER, KILL, Run, counted, sampled, struck_at
from stories import AGENCY, Clerk, a_bureau, a_published_item, item_id

pytestmark = pytest.mark.timeout(1_200)
# Of how many calls one is struck, unless all of them are asked for.
STRUCK: Final = 12
ITEM: Final = item_id(1)
TITLE: Final = "关于琉璃井二十七号旧楼加固的批复"
PIECE: Final = TITLE[3:9].encode()


@pytest.fixture(scope="module")
def erasing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`archive erase` of a published text, with one more draft of it in the vault."""
    needs_strace()
    base = tmp_path_factory.mktemp("erasing")
    clerk = Clerk()
    story = [*a_bureau(clerk), *a_published_item(clerk, ITEM, title=TITLE), clerk.revise(ITEM, title=f"{TITLE}(二)")]
    followed(told_home(base / FOLDER, story))
    words = ["erase", ITEM, "--field", "text", "--basis", "pipl-47-3", "--id", "e" * 32]
    return counted(base, words)


def test_killed_at_any_write_the_erasure_is_finished_at_the_next_start_or_never_was(
    erasing: Run, tmp_path: Path, *, every_write: bool
) -> None:
    calls = erasing.calls if every_write else sampled(erasing.calls, every=STRUCK)
    assert struck_at(calls, partial(_kill, erasing, work=tmp_path)) == []


def _kill(erasing: Run, call: Call, *, work: Path) -> None:
    met = erasing.strike(call, KILL, work)
    assert met is not None, "the call was counted, and was not made again"
    folder, ended = met
    assert ended.code == KILLED
    words = ["agency", "open-section", "--agency", AGENCY, "--section", "archives", "--opened-on", "2018-01-02"]
    done = run(["--home", str(folder), "--json", *words, "--name", "档案室"], cwd=work)
    assert (done.returncode, done.stderr) == (0, "")
    with opened(folder) as (log, disclosures):
        happened = any(isinstance(entry.event, Erased) for entry in log.history(ITEM))
        assert disclosures.unfinished(head=log.head()) == []
    holding = [path.name for path in folder.rglob("*") if path.is_file() and PIECE in path.read_bytes()]
    if happened:
        assert holding == []
    else:
        assert homes.DISCLOSURES in " ".join(holding)
        must_be_whole(folder)
    shutil.rmtree(folder)
