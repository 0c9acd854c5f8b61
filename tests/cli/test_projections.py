"""`archive projection`: where the projections stand, folding, rebuilding, and digests that agree."""

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.projections import generations
from archive.projections.runner import Projections, Rebuilt
from cli.conftest import Said

Archive = Callable[..., Said]
REGISTER = ["agency", "register", "--level", "county", "--region", "421202", "--name", "示例局"]
NAMES = Projections.names()


@pytest.fixture
def two_agencies(cli: Archive) -> None:
    for _ in range(2):
        assert cli(*REGISTER).code == 0


@pytest.mark.usefixtures("two_agencies")
def test_status_tells_how_far_each_projection_lags(asked: Archive, cli: Archive) -> None:
    before = asked("projection", "status").json
    assert [(one["projection"], one["generation"], one["position"], one["head"], one["lag"]) for one in before] == [
        (name, None, 0, 2, 2) for name in NAMES
    ]
    assert asked("projection", "follow").json == {"position": 2}
    assert cli(*REGISTER).code == 0
    after = asked("projection", "status").json
    assert [(one["generation"], one["position"], one["lag"], one["current"]) for one in after] == [
        (1, 2, 1, True)
    ] * len(NAMES)
    assert {one["rebuilding"] for one in after} == {None}
    table = cli("projection", "status").out.splitlines()
    assert len(table) == 1 + len(NAMES)
    assert [line.split()[:5] for line in table[1:]] == [[name, "1", "2", "3", "1"] for name in NAMES]
    assert cli("projection", "follow").out == "3\n"


@pytest.mark.usefixtures("two_agencies")
def test_what_is_rebuilt_has_the_digest_that_was_there(asked: Archive, cli: Archive) -> None:
    nothing = asked("projection", "digest")
    assert (nothing.code, nothing.out, nothing.error["code"]) == (5, "", "PRJ-007")
    assert cli("projection", "follow").code == 0
    digests = asked("projection", "digest").json
    assert list(digests) == NAMES
    assert all(re.fullmatch("[0-9a-f]{64}", one[part]) for one in digests.values() for part in ("numbers", "text"))
    assert asked("projection", "digest", "tallies").json == {"tallies": digests["tallies"]}
    for generation, names in enumerate(([], ["tallies"], NAMES), start=2):
        built = asked("projection", "rebuild", *names)
        assert (built.code, built.err) == (0, "")
        assert (built.json["generation"], built.json["position"]) == (generation, 2)
        assert list(built.json["digests"]) == (names or NAMES)
        for name, told in built.json["digests"].items():
            assert told == {part: digests[name][part] for part in ("numbers", "text")}
        assert asked("projection", "digest").json == digests
    lines = cli("projection", "digest").out.splitlines()
    assert lines == [f"{name} {one['numbers']} {one['text']}" for name, one in digests.items()]
    assert cli("projection", "rebuild").out.splitlines()[1:] == lines


@pytest.mark.usefixtures("two_agencies")
def test_a_rebuild_beside_another_is_busy_and_status_says_whose(folder: Path, asked: Archive) -> None:
    assert asked("projection", "follow").code == 0
    with generations.locked(folder / "projections", generations.REBUILD_LOCK, code="PRJ-002", wait_seconds=0):
        said = asked("projection", "rebuild")
        assert (said.code, said.out, said.error["code"]) == (6, "", "PRJ-002")
        assert {one["rebuilding"]["pid"] for one in asked("projection", "status").json} == {os.getpid()}
        assert asked("projection", "digest").code == 0
    assert asked("projection", "rebuild").code == 0


@pytest.mark.usefixtures("two_agencies")
def test_status_says_how_far_a_rebuild_is_and_how_fast(folder: Path, asked: Archive, cli: Archive) -> None:
    assert asked("projection", "follow").code == 0
    with generations.locked(folder / "projections", generations.REBUILD_LOCK, code="PRJ-002", wait_seconds=0) as tell:
        tell(generations.Work(100, 300, 900))
        for one in asked("projection", "status").json:
            assert {name: one["rebuilding"][name] for name in ("done", "total")} == {"done": 300, "total": 900}
            assert one["rebuilding"].keys() == {"pid", "since", "done", "total", "rate", "seconds_left"}
        assert f"{os.getpid()} (" in cli("projection", "status").out
        assert " 300/900 " in cli("projection", "status").out


@pytest.mark.usefixtures("two_agencies")
def test_a_rebuild_stands_behind_whoever_answers_and_only_meanwhile(
    asked: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked("projection", "follow").code == 0
    before = os.getpriority(os.PRIO_PROCESS, 0)
    rebuild, meanwhile = Projections.rebuild, list[int]()

    def watched(*arguments: Any, **named: Any) -> Rebuilt:  # noqa: ANN401 - Any: those of the method
        meanwhile.append(os.getpriority(os.PRIO_PROCESS, 0))
        return rebuild(*arguments, **named)

    monkeypatch.setattr(Projections, "rebuild", watched)
    assert asked("projection", "rebuild").code == 0
    assert meanwhile == [max(before, 10)]
    # A process without the privilege stays where it is.
    assert os.getpriority(os.PRIO_PROCESS, 0) in {before, *meanwhile}


@pytest.mark.usefixtures("two_agencies")
def test_a_comparison_that_finds_a_difference_ends_with_4(folder: Path, asked: Archive) -> None:
    assert asked("projection", "follow").code == 0
    assert asked("projection", "rebuild", "--compare").json["changed"] == []
    (file,) = (folder / "projections").glob("generation-000002.sqlite")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE agencies_states SET level = 'city'")
    said = asked("projection", "rebuild", "--compare", "--resume", "--keep", "2")
    assert (said.code, said.error["code"]) == (4, "PRJ-010")
    assert said.json["changed"] == ["agencies"]
    assert len(list((folder / "projections").glob("generation-*.sqlite"))) == 3
    assert asked("projection", "rebuild", "--compare").code == 0
