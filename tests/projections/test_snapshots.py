"""Another node begins with what one has folded, and believes it as far as it can be checked."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.log.log import Log
from archive.projections import tree
from archive.projections.cleansing import Cleanser, read_cleansed
from archive.projections.runner import Projections, Reader
from archive.projections.snapshots import manifest_of, sha256_of
from projections.oracle import Told
from projections.tale import CHANGED, DRAFT
from projections.test_erasures import erase
from projections.test_runner import digests

Manifest = dict[str, Any]  # Any: JSON as it stands in the file


@pytest.fixture
def snapshot(tale: Told, projections: Projections, tmp_path: Path) -> Path:
    projections.follow()
    path = tmp_path / "snapshot"
    projections.export(path, erased=0)
    return path


@pytest.fixture
def other(tmp_path: Path, log: Log, disclosures: Disclosures) -> Projections:
    """The projections of another node of the same log, which has folded nothing."""
    return Projections(tmp_path / "other", log, disclosures)


def test_a_node_that_took_a_snapshot_has_the_same_rows_and_goes_on(
    snapshot: Path, projections: Projections, other: Projections, log: Log
) -> None:
    manifest = other.adopt(snapshot)
    assert (manifest.position, manifest.origin) == (log.head(), log.origin)
    assert digests(other) == digests(projections)
    with closing(Reader(other.folder)) as reader, reader.reading() as reading:
        assert reading.head == log.head()
        assert tree.root(reading.db, log.head())
    assert other.follow() == log.head()


def test_what_was_appended_since_is_folded_on(
    snapshot: Path, projections: Projections, other: Projections, writer: Writer, log: Log
) -> None:
    half = log.head()
    writer.handle(erase(CHANGED, "text", 0xE1))
    assert other.adopt(snapshot).position == half
    assert other.follow() == projections.follow() == log.head() > half
    assert digests(other) == digests(projections)


def _changed(name: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        kept: Manifest = json.loads(manifest_of(path).read_bytes())
        manifest_of(path).write_text(json.dumps({**kept, name: value}), encoding="utf-8")

    return change


def _row(path: Path) -> None:
    """Somebody changes a row, and makes the file's hash fit."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE agencies_states SET known_from = known_from + 1 WHERE known_to IS NULL")
    for name, value in (("sha256", sha256_of(path)), ("size", path.stat().st_size)):
        _changed(name, value)(path)


def _byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(5_000)
        old = file.read(1)
        file.seek(5_000)
        file.write(bytes([old[0] ^ 1]))


@pytest.mark.parametrize(
    "change, code",
    [
        (_byte, "PRJ-013"),
        (_row, "PRJ-013"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "PRJ-013"),
        (_changed("position", 3), "PRJ-013"),
        (_changed("root", ""), "PRJ-013"),
        (_changed("digests", {}), "PRJ-013"),
        (_changed("form", "archive/projection/snapshot/v0"), "PRJ-013"),
        (_changed("more", 1), "PRJ-013"),
        (_changed("origin", "other.example/log"), "LOG-011"),
        (lambda path: manifest_of(path).write_text("[", encoding="utf-8"), "PRJ-013"),
        (lambda path: manifest_of(path).unlink(), "PRJ-014"),
        (lambda path: path.unlink(), "PRJ-014"),
        (_changed("position", 10**6), "PRJ-006"),
    ],
)
def test_a_snapshot_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    snapshot: Path, other: Projections, change: Callable[[Path], None], code: str
) -> None:
    change(snapshot)
    with pytest.raises(ArchiveError) as error:
        other.adopt(snapshot)
    assert error.value.code == code
    assert len(list(other.folder.glob("generation-*"))) <= 1
    assert other.follow() == other._log.head()


def test_the_tree_of_a_snapshot_must_go_through_what_is_signed(snapshot: Path, other: Projections) -> None:
    asked: list[int] = []

    def signed(position: int) -> tuple[int, bytes]:
        asked.append(position)
        return position - 1, b"\0" * 32

    with pytest.raises(Corrupt, match="PRJ-013"):
        other.adopt(snapshot, signed=signed)
    assert asked == [other._log.head()]


def test_an_older_snapshot_does_not_take_back_what_serves(snapshot: Path, other: Projections, writer: Writer) -> None:
    writer.handle(erase(CHANGED, "text", 0xE1))
    head = other.follow()
    before = digests(other)
    with pytest.raises(Refused, match="PRJ-015"):
        other.adopt(snapshot)
    assert (other.follow(), digests(other)) == (head, before)


def test_a_snapshot_is_not_written_over_a_file(snapshot: Path, projections: Projections) -> None:
    before = snapshot.read_bytes(), manifest_of(snapshot).read_bytes()
    with pytest.raises(Refused, match="LOG-010"):
        projections.export(snapshot, erased=0)
    assert (snapshot.read_bytes(), manifest_of(snapshot).read_bytes()) == before


def test_a_disk_that_is_full_leaves_no_snapshot_behind(projections: Projections, tmp_path: Path, tale: Told) -> None:
    projections.follow()
    with pytest.raises(ArchiveError):
        projections.export(tmp_path / "nowhere" / "snapshot", erased=0)
    assert not (tmp_path / "nowhere").exists()


# --- erasures made elsewhere ----------------------------------------------------------------------------------------------
def test_what_was_erased_elsewhere_leaves_the_files_once(
    tale: Told, writer: Writer, log: Log, other: Projections
) -> None:
    rebuilt: list[int] = []

    def rebuild() -> bool:
        rebuilt.append(log.head())
        return True

    writer.handle(erase(DRAFT, "text", 0xE1))
    cleanser = Cleanser(log, other.folder, rebuild=rebuild)
    other.follow()
    cleanser()
    assert rebuilt == [], "what was erased before the node was made was never in its files"
    writer.handle(erase(CHANGED, "text", 0xE2))
    cleanser()
    cleanser()
    assert (rebuilt, read_cleansed(other.folder)) == ([log.head()], log.head())
    again = Cleanser(log, other.folder, rebuild=rebuild)
    again()
    assert len(rebuilt) == 1, "it is remembered"


def test_files_of_which_nothing_is_known_are_made_anew_after_any_erasure(
    tale: Told, writer: Writer, log: Log, other: Projections
) -> None:
    other.follow()
    writer.handle(erase(CHANGED, "text", 0xE2))
    answers = [False, True]
    cleanser = Cleanser(log, other.folder, rebuild=lambda: answers.pop(0))
    cleanser()
    assert read_cleansed(other.folder) == 0, "what failed is tried again"
    cleanser()
    assert (answers, read_cleansed(other.folder)) == ([], log.head())
