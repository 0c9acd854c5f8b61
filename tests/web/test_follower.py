import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from queue import Queue

import pytest
from starlette.testclient import TestClient
from typing_extensions import override

from archive.api.reads import Sources
from archive.commands import Writer
from archive.domain.errors import ArchiveError, Refused
from archive.projections.generations import FOLLOW_LOCK, KEEPER_LOCK, locked, owner_of
from archive.projections.runner import FOLLOW_BATCH, Projections
from archive.web.app import create_app
from archive.web.follower import Follower
from stories import ORIGIN, Clerk, Home, a_bureau, tell

PATIENCE = 30


class Watched(Projections):
    """Projections that tell where they have come to, or why not."""

    told: Queue[int | ArchiveError]

    @override
    def follow(self, *, limit: int = FOLLOW_BATCH) -> int:
        try:
            reached = super().follow(limit=limit)
        except ArchiveError as error:
            self.told.put(error)
            raise
        self.told.put(reached)
        return reached

    def wait_for(self, wanted: int | str) -> None:
        """Until this position is reached, or this refusal is met."""
        while True:
            told = self.told.get(timeout=PATIENCE)
            if wanted == (told.code if isinstance(told, ArchiveError) else told):
                return


@contextmanager
def following(
    home: Home, *, busy_seconds: float = 5.0, rebuild: Callable[[threading.Event], bool] | None = None
) -> Iterator[tuple[Follower, Watched, Sources]]:
    """A follower at work on a log that it can only read, as a server's is."""
    folder = home.folder / "projections"
    with home.open_log(read_only=True) as log, home.open_disclosures(read_only=True) as disclosures:
        projections = Watched(folder, log, disclosures, busy_seconds=busy_seconds)
        projections.told = Queue()
        follower = Follower(log, projections, rebuild=rebuild or (lambda _: projections.rebuild().position >= 0))
        follower.start()
        try:
            yield follower, projections, Sources(log=log, disclosures=disclosures, projections=folder)
        finally:
            follower.stop()
            assert not follower.is_alive()


def test_what_is_appended_is_folded(home: Home, writer: Writer) -> None:
    with following(home) as (follower, projections, _):
        projections.wait_for(0)
        tell(writer, a_bureau(Clerk()))
        projections.wait_for(9)
        tell(writer, [Clerk(2).open_section("later")])
        projections.wait_for(10)
        assert follower.trouble is None


def test_a_log_that_does_not_change_is_not_folded_again(home: Home, writer: Writer) -> None:
    tell(writer, a_bureau(Clerk()))
    with following(home) as (follower, projections, _):
        projections.wait_for(9)
        follower.stop()
        assert projections.told.empty()


def test_it_waits_for_another_who_folds(home: Home, writer: Writer) -> None:
    tell(writer, a_bureau(Clerk()))
    folder = home.folder / "projections"
    folder.mkdir()
    with (
        locked(folder, FOLLOW_LOCK, code="PRJ-001", wait_seconds=0),
        following(home, busy_seconds=0) as (follower, projections, _),
    ):
        projections.wait_for("PRJ-001")
        projections.wait_for("PRJ-001")
        assert follower.trouble is None
        assert follower.is_alive()
    with following(home) as (_, projections, _):
        projections.wait_for(9)


def test_one_keeps_up_and_another_takes_its_place(home: Home, writer: Writer) -> None:
    """Goal: one follower a file. Method: a second one folds nothing until the first ends, and then everything."""
    with following(home) as (first, projections, _):
        projections.wait_for(0)
        (keeper,) = {one.following for one in projections.status()}
        assert keeper is not None
        assert keeper.pid == os.getpid()
        with following(home) as (second, others, _):
            tell(writer, a_bureau(Clerk()))
            projections.wait_for(9)
            assert others.told.empty()
            assert second.trouble is None
            first.stop()
            others.wait_for(9)
    assert owner_of(home.folder / "projections", KEEPER_LOCK) is None


def test_what_cannot_be_folded_ends_the_following_and_not_the_serving(
    home: Home, writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(writer, a_bureau(Clerk()))
    with following(home) as (follower, projections, sources):
        projections.wait_for(9)
        with home.changing() as db:
            # An entry of a type that this program does not know.
            db.execute("INSERT INTO entries VALUES (10, x'00', 1, 'item-eaten', x'7b7d')")
        projections.wait_for("PRJ-004")
        follower.join(timeout=PATIENCE)
        assert follower.trouble is not None
        assert follower.trouble.code == "PRJ-004"
        with TestClient(create_app(sources, origin=ORIGIN, trouble=lambda: follower.trouble)) as site:
            health = site.get("/healthz")
            assert (health.status_code, health.json()["extensions"]["code"]) == (503, "PRJ-004")
            answer = site.post("/graphql", json={"query": "{ archive { position } }"})
            assert answer.json() == {"data": {"archive": {"position": 9}}}
    assert "PRJ-004" in capsys.readouterr().err


def of_another_version(home: Home, column: str) -> None:
    """As if another version of the program had folded the tallies."""
    (file,) = (home.folder / "projections").glob("generation-*.sqlite")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(f"UPDATE progress SET {column} = 'other' WHERE projection = 'tallies'")


@pytest.mark.parametrize("column", ["definition", "form"])
def test_what_another_version_folded_is_rebuilt_beside_it(home: Home, writer: Writer, column: str) -> None:
    tell(writer, a_bureau(Clerk()))
    with following(home) as (_, projections, _):
        projections.wait_for(9)
    of_another_version(home, "definition")
    of_another_version(home, column)
    answers: list[int] = []

    begun = threading.Event()

    def rebuild(_: threading.Event) -> bool:
        assert begun.wait(PATIENCE)
        with TestClient(create_app(sources, origin=ORIGIN)) as site:
            answers.append(site.post("/graphql", json={"query": "{ archive { position } }"}).status_code)
        return projections.rebuild().generation == 2

    with following(home, rebuild=rebuild) as (follower, projections, sources):
        begun.set()
        projections.wait_for("PRJ-003")
        projections.wait_for(9)
        assert follower.trouble is None
    # The old rows are shown meanwhile, unless this program could misread them.
    assert answers == [200 if column == "definition" else 503]


def test_a_rebuild_that_fails_ends_the_following(home: Home, writer: Writer) -> None:
    tell(writer, a_bureau(Clerk()))
    with following(home) as (_, projections, _):
        projections.wait_for(9)
    of_another_version(home, "definition")
    with following(home, rebuild=lambda _: False) as (follower, projections, _):
        follower.join(timeout=PATIENCE)
        assert follower.trouble is not None
        assert follower.trouble.code == "PRJ-003"


def test_a_bug_ends_the_following_with_a_word(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        message = "a bug"
        raise RuntimeError(message)

    monkeypatch.setattr(Watched, "follow", fail)
    with following(home) as (follower, _, _):
        follower.join(timeout=PATIENCE)
        assert isinstance(follower.trouble, Refused)
        assert follower.trouble.code == "INT-001"
    assert "RuntimeError" in capsys.readouterr().err


def test_it_can_be_stopped_before_it_was_started(home: Home) -> None:
    with home.open_log() as log, home.open_disclosures() as disclosures:
        projections = Projections(home.folder / "projections", log, disclosures)
        Follower(log, projections, rebuild=lambda _: False).stop()
