"""Making an archive, its settings and where they come from, the demo, and what is in the log."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.cli import settings
from archive.log.copies import copy
from archive.merkle.note import VerifierKey
from archive.storage.postgres import PostgresLog
from archive.storage.sqlite import SQLiteLog
from cli.conftest import ORIGIN, Said
from storage.server import server

Archive = Callable[..., Said]
REGISTER = ["agency", "register", "--level", "county", "--region", "421202", "--name", "示例局"]


# --- init ---------------------------------------------------------------------------------------------------------------
def test_an_archive_is_made_in_a_new_or_empty_folder(outside: Archive, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "deep" / "down"):
        made = outside("--json", "init", str(folder), "--origin", ORIGIN)
        told = made.json
        assert (made.code, made.err) == (0, "")
        assert VerifierKey.parse(told.pop("vkey")).name == ORIGIN
        assert told == {"home": str(folder), "origin": ORIGIN}
        head = outside("--home", str(folder), "--json", "log", "head")
        assert head.json == {"origin": ORIGIN, "head": 0, "recordedAt": None}
        assert outside("--home", str(folder), "log", "head").out == f"{ORIGIN} 0\n"
        assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == [
            "archive.toml",
            "checkpoints.sqlite",
            "disclosures.sqlite",
            "log.sqlite",
            "projections",
            "vault.sqlite",
        ]


def test_an_archive_keeps_its_log_in_postgresql(outside: Archive, tmp_path: Path) -> None:
    folder, address = tmp_path / "home", server().schema()
    made = outside("--json", "init", str(folder), "--origin", ORIGIN, "--log", address)
    assert (made.code, made.err, made.json["origin"]) == (0, "", ORIGIN)
    assert sorted(path.name for path in folder.iterdir()) == ["archive.toml", "projections"]
    shown = outside("--home", str(folder), "--json", "config", "show")
    assert shown.json["log"] == {"value": address, "source": "file"}
    assert outside("--home", str(folder), *REGISTER).code == 0
    assert outside("--home", str(folder), "--json", "log", "head").json["head"] == 1
    again = outside("--json", "init", str(tmp_path / "other"), "--origin", ORIGIN, "--log", address)
    assert (again.code, again.error["code"]) == (3, "LOG-015")
    assert outside("init", str(tmp_path / "other"), "--origin", ORIGIN).code == 0, "nothing was left behind"


@pytest.mark.parametrize(
    "words, code",
    [
        (["--log", "postgresql://me:secret-word@db/archive"], "CFG-005"),
        (["--log", "postgresql://me@db/a", "--log-owner", "postgresql://me:secret-word@db/archive"], "CFG-005"),
        (["--log", "somewhere"], "CFG-003"),
        (["--log-reader", "somebody"], "CFG-003"),
    ],
)
def test_a_log_that_cannot_be_kept_there_leaves_nothing_behind(
    outside: Archive, tmp_path: Path, words: list[str], code: str
) -> None:
    said = outside("--json", "init", str(tmp_path / "home"), "--origin", ORIGIN, *words)
    assert (said.code, said.out, said.error["code"]) == (2, "", code)
    assert "secret" not in said.err
    assert not (tmp_path / "home").exists()


def test_a_password_in_the_settings_is_refused_and_not_shown(outside: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    outside("init", str(folder), "--origin", ORIGIN)
    with (folder / "archive.toml").open("a", encoding="utf-8") as file:
        file.write('log = "postgresql://me:secret-word@db/archive"\n')
    for words in (["config", "show"], ["log", "head"]):
        said = outside("--home", str(folder), "--json", *words)
        assert (said.code, said.out, said.error["code"]) == (2, "", "CFG-005")
        assert "secret" not in said.err


@pytest.mark.parametrize("found", ["a folder with something in it", "a file", "an archive"])
def test_what_is_there_already_is_left_alone(outside: Archive, tmp_path: Path, found: str) -> None:
    place = tmp_path / "place"
    if found == "a file":
        place.write_text("kept", encoding="utf-8")
    elif found == "an archive":
        outside("init", str(place), "--origin", ORIGIN)
    else:
        place.mkdir()
        (place / "notes.txt").write_text("kept", encoding="utf-8")
    before = {path: path.read_bytes() for path in (place, *place.rglob("*")) if path.is_file()}
    said = outside("--json", "init", str(place), "--origin", ORIGIN)
    assert (said.code, said.out, said.error["code"]) == (3, "", "LOG-010")
    assert {path: path.read_bytes() for path in (place, *place.rglob("*")) if path.is_file()} == before


def test_the_signer_key_is_in_a_folder_of_its_own_and_for_nobody_else(outside: Archive, tmp_path: Path) -> None:
    outside("init", str(tmp_path / "home"), "--origin", ORIGIN)
    outside("init", str(tmp_path / "other"), "--origin", ORIGIN, "--notary", "keys/mine")
    for key in (tmp_path / "home.notary" / "key", tmp_path / "other" / "keys" / "mine" / "key"):
        assert key.stat().st_mode & 0o777 == 0o600
        assert key.parent.stat().st_mode & 0o777 == 0o700
    assert outside("--home", str(tmp_path / "other"), "checkpoint", "key").code == 0
    # What another archive's notary remembers is not overwritten.
    said = outside("--json", "init", str(tmp_path / "third"), "--origin", ORIGIN, "--notary", "../home.notary")
    assert (said.code, said.error["code"]) == (3, "LOG-010")
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize("origin", ["", "Example.gov", "张三", "https://example.gov", "example.gov/", 'a"\nport = 1'])
def test_a_name_that_no_log_can_have_leaves_nothing_behind(outside: Archive, tmp_path: Path, origin: str) -> None:
    said = outside("--json", "init", str(tmp_path / "home"), "--origin", origin)
    assert (said.code, said.out, said.error["code"]) == (2, "", "CFG-003")
    assert not (tmp_path / "home").exists()
    assert outside("init", str(tmp_path / "home"), "--origin", ORIGIN).code == 0


@pytest.mark.parametrize("home", ["absent", "file", "empty"])
def test_a_folder_that_is_no_archive_is_not_found(outside: Archive, tmp_path: Path, home: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for words in (["log", "head"], REGISTER, ["projection", "status"], ["config", "check"], ["serve", "--port", "0"]):
        said = outside("--home", str(tmp_path / home), "--json", *words)
        assert (said.code, said.out, said.error["code"]) == (5, "", "LOG-006"), words


# --- settings -----------------------------------------------------------------------------------------------------------
def test_flags_come_before_the_environment_and_that_before_the_file(
    folder: Path, asked: Archive, cli: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> dict[str, dict[str, object]]:
        told: dict[str, dict[str, object]] = asked("config", "show").json
        assert told.keys() == settings.SETTINGS.keys()
        return told

    assert shown()["port"] == {"value": 8000, "source": "default"}
    with (folder / "archive.toml").open("a", encoding="utf-8") as file:
        file.write("port = 1234\nbusy_seconds = 2\n")
    assert shown()["port"] == {"value": 1234, "source": "file"}
    assert shown()["busy_seconds"] == {"value": 2.0, "source": "file"}
    monkeypatch.setenv("ARCHIVE_PORT", "4321")
    assert shown()["port"] == {"value": 4321, "source": "environment"}
    assert "4321" in cli("config", "show").out
    assert settings.load(folder, flags={"port": 99, "host": None})["port"] == settings.Value(99, "flag")
    assert cli("config", "check").code == 0
    # The home itself: the environment where no flag says otherwise.
    monkeypatch.setenv("ARCHIVE_HOME", str(folder.parent / "nowhere"))
    assert asked("log", "head").code == 0


@pytest.mark.parametrize(
    "name, value",
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", '"80"'),
        ("port", "true"),
        ("port", "8000.0"),
        ("busy_seconds", "-0.1"),
        ("busy_seconds", "inf"),
        ("busy_seconds", "nan"),
        ("busy_seconds", "true"),
        ("host", "1"),
        ("origin", '"张三"'),
    ],
)
def test_a_value_that_will_not_do_is_named_and_not_repeated(
    folder: Path, asked: Archive, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    kept = "" if name == "origin" else f'origin = "{ORIGIN}"\n'
    (folder / "archive.toml").write_text(f"{kept}{name} = {value}\n", encoding="utf-8")
    said = asked("config", "check")
    assert (said.code, said.out, said.error["code"]) == (2, "", "CFG-003")
    assert name in said.error["message"]
    assert value not in said.err
    if name in {"port", "busy_seconds"} and value != "true":
        (folder / "archive.toml").write_text(f'origin = "{ORIGIN}"\n', encoding="utf-8")
        monkeypatch.setenv(settings.variable(name), value)
        said = asked("config", "show")
        assert (said.code, said.out, said.error["code"]) == (2, "", "CFG-003")
        assert settings.variable(name) in said.error["message"]


def test_a_folder_where_the_settings_belong_is_told(folder: Path, asked: Archive) -> None:
    (folder / "archive.toml").unlink()
    (folder / "archive.toml").mkdir()
    said = asked("config", "check")
    assert (said.code, said.error["code"]) == (7, "CFG-004")


def test_a_log_of_another_name_is_not_opened(folder: Path, asked: Archive, cli: Archive) -> None:
    assert cli(*REGISTER).code == 0
    (folder / "archive.toml").write_text('origin = "another.example/fgj"\n', encoding="utf-8")
    said = asked("log", "head")
    assert (said.code, said.out, said.error["code"]) == (4, "", "LOG-011")


# --- the log ------------------------------------------------------------------------------------------------------------
def test_entries_are_shown_byte_for_byte(asked: Archive, cli: Archive) -> None:
    for _ in range(3):
        assert cli(*REGISTER).code == 0
    lines = cli("log", "show", "2", "--limit", "2").out.splitlines()
    shown = asked("log", "show", "2", "--limit", "2").json
    assert [one["position"] for one in shown] == [2, 3]
    assert [json.loads(line) for line in lines] == [one["entry"] for one in shown]
    assert all(line == json.dumps(json.loads(line), separators=(",", ":"), sort_keys=True) for line in lines)
    assert len(cli("log", "show", "1").out.splitlines()) == 1
    head = asked("log", "head").json
    assert (head["head"], head["recordedAt"]) == (3, shown[-1]["entry"]["at"])
    said = asked("log", "show", "4")
    assert (said.code, said.out, said.error["code"]) == (5, "", "LOG-009")


# --- the demo -----------------------------------------------------------------------------------------------------------
def test_the_demo_is_built_once_and_built_again_it_is_the_same(outside: Archive, tmp_path: Path) -> None:
    words = ["--json", "demo", "--dir", str(tmp_path / "demo"), "--no-serve"]
    first = outside(*words)
    assert (first.code, first.err) == (0, "")
    assert first.json["head"] == outside("--home", str(tmp_path / "demo"), "--json", "log", "head").json["head"]
    digests = outside("--home", str(tmp_path / "demo"), "--json", "projection", "digest").json
    assert outside(*words).json == first.json
    assert outside("--home", str(tmp_path / "demo"), "--json", "projection", "digest").json == digests


def test_the_demo_puts_nothing_made_up_into_an_archive(folder: Path, asked: Archive, outside: Archive) -> None:
    said = outside("--json", "demo", "--dir", str(folder), "--no-serve")
    assert (said.code, said.out, said.error["code"]) == (3, "", "LOG-010")
    assert asked("log", "head").json["head"] == 0


def test_the_demo_wants_a_folder_of_its_own(outside: Archive, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    said = outside("--json", "demo", "--dir", str(tmp_path), "--no-serve")
    assert (said.code, said.out, said.error["code"]) == (3, "", "LOG-010")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


# --- a log that moves -----------------------------------------------------------------------------------------------------
def test_a_log_moves_to_postgresql_and_back(outside: Archive, tmp_path: Path) -> None:
    folder, address = tmp_path / "home", server().schema()
    outside("init", str(folder), "--origin", ORIGIN)
    assert outside("--home", str(folder), *REGISTER).code == 0
    there = outside("--json", "log", "copy", str(folder / "log.sqlite"), address)
    assert (there.code, there.err) == (0, "")
    assert {name: there.json[name] for name in ("head", "copied")} == {"head": 1, "copied": 1}
    (folder / "log.sqlite").rename(tmp_path / "before")
    with (folder / "archive.toml").open("a", encoding="utf-8") as file:
        file.write(f'log = "{address}"\n')
    assert outside("--home", str(folder), *REGISTER).code == 0
    assert outside("--home", str(folder), "projection", "follow").code == 0
    assert outside("--home", str(folder), "audit", "check").code == 0
    back = outside("--json", "log", "copy", address, str(tmp_path / "before"), "--progress", "json")
    assert {name: back.json[name] for name in ("head", "copied")} == {"head": 2, "copied": 1}
    told = [json.loads(line) for line in back.err.splitlines()]
    assert {"task": "log", "done": 2, "total": 2} in told
    done = [one["task"] for one in told if one["done"] == one["total"]]
    assert list(dict.fromkeys(done)) == ["log", "disclosures", "vault", "checkpoints"]
    assert back.json["stores"]["disclosures"] == {"rows": 2, "copied": 2}
    elsewhere = outside("--json", "log", "copy", str(tmp_path / "nowhere"), address)
    assert (elsewhere.code, elsewhere.error["code"]) == (5, "LOG-006")


def test_stores_that_an_older_version_left_in_files_follow_their_log(outside: Archive, tmp_path: Path) -> None:
    """Method: a log that was moved to PostgreSQL alone; it is copied to a file, and back with what stands beside it."""
    folder, address = tmp_path / "home", server().schema()
    outside("init", str(folder), "--origin", ORIGIN)
    assert outside("--home", str(folder), *REGISTER).code == 0
    file = folder / "log.sqlite"
    with SQLiteLog(file) as log, PostgresLog.create(address) as there:
        copy(log, there)
    file.unlink()
    with (folder / "archive.toml").open("a", encoding="utf-8") as settings_file:
        settings_file.write(f'log = "{address}"\n')
    assert outside("--home", str(folder), "--json", *REGISTER).error["code"] == "LOG-006"
    assert outside("--json", "log", "copy", address, str(file)).json["stores"] == {}
    moved = outside("--json", "log", "copy", str(file), address).json["stores"]
    assert moved["disclosures"] == {"rows": 1, "copied": 1}
    assert moved.keys() == {"disclosures", "vault", "checkpoints"}
    assert outside("--home", str(folder), *REGISTER).code == 0
    assert outside("--home", str(folder), "checkpoint", "sign").code == 0


def test_a_copy_whose_texts_do_not_open_their_seals_is_not_vouched_for(outside: Archive, tmp_path: Path) -> None:
    folder, address = tmp_path / "home", server().schema()
    outside("init", str(folder), "--origin", ORIGIN)
    assert outside("--home", str(folder), *REGISTER).code == 0
    with closing(sqlite3.connect(folder / "disclosures.sqlite", isolation_level=None)) as db:
        db.execute("UPDATE openings SET salt = zeroblob(32)")
    said = outside("--json", "log", "copy", str(folder / "log.sqlite"), address)
    assert (said.code, said.out, said.error["code"]) == (4, "", "AUD-010")
