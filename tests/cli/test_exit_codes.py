"""Each way to end has its exit code; results are on stdout, errors on stderr, and what was typed is not repeated."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.cli.main import run
from archive.projections.runner import Projections

ORIGIN = "example.gov/bureau"
CANARY = "张三的申请"
Told = tuple[int, str, str]
Archive = Callable[..., Told]


@pytest.fixture
def archive(capsys: pytest.CaptureFixture[str]) -> Archive:
    def call(*arguments: object) -> Told:
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def home(tmp_path: Path, archive: Archive) -> Path:
    folder = tmp_path / "home"
    code, out, err = archive("init", folder, "--origin", ORIGIN)
    assert (code, err) == (0, "")
    assert ORIGIN in out
    return folder


def code_of(err: str) -> str:
    """The code of the error on stderr."""
    return err.partition("[")[2].partition("]")[0]


WRONG = {
    "no such noun": (["frobnicate"], 2, "USG-001"),
    "no such verb": (["item", "frobnicate"], 2, "USG-001"),
    "an option is missing": (["item", "open-review"], 2, "USG-001"),
    "not one of the values": (["item", "draft", "--agency", "a", "--mode", CANARY, "--title", CANARY], 2, "USG-001"),
    "text where an id belongs": (["item", "open-review", "--item", CANARY, "--opened-on", "2018-01-02"], 3, "CMD-003"),
    "a day that does not exist": (
        ["item", "open-review", "--item", f"item-{'0' * 32}", "--opened-on", "2018-02-30"],
        3,
        "CMD-003",
    ),
    "an item that is not there": (
        ["item", "open-review", "--item", f"item-{'0' * 32}", "--opened-on", "2018-01-02"],
        5,
        "ITM-002",
    ),
    "nothing to show": (["item", "show", f"item-{'0' * 32}"], 5, "USG-002"),
    "a position that has not come": (["log", "show", "9"], 5, "LOG-009"),
    "a role of nobody": (
        ["agency", "register", "--level", "county", "--region", "421202", "--name", CANARY, "--by", "role:nobody"],
        3,
        "CMD-008",
    ),
    "a file that is not there": (["import", "commands", "absent.jsonl"], 5, "IMP-003"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_ends_with_its_code_and_writes_nothing(home: Path, archive: Archive, wrong: str) -> None:
    arguments, exit_code, code = WRONG[wrong]
    ended, out, err = archive("--home", home, *arguments)
    assert (ended, code_of(err), out) == (exit_code, code, "")
    assert CANARY not in err
    assert archive("--home", home, "log", "head")[1].split()[1] == "0"


def test_an_error_is_json_where_results_are(home: Path, archive: Archive) -> None:
    code, out, err = archive("--json", "--home", home, "item", "show", f"item-{'0' * 32}")
    assert (code, out) == (5, "")
    assert json.loads(err)["error"].keys() == {"code", "message", "next"}


def test_a_home_that_is_not_there_is_not_found(tmp_path: Path, archive: Archive) -> None:
    code, _, err = archive("--home", tmp_path / "absent", "log", "head")
    assert (code, code_of(err)) == (5, "LOG-006")


def test_a_folder_with_something_in_it_does_not_become_an_archive(home: Path, archive: Archive) -> None:
    before = sorted(home.iterdir())
    code, _, err = archive("init", home, "--origin", ORIGIN)
    assert (code, code_of(err)) == (3, "LOG-010")
    assert sorted(home.iterdir()) == before


def test_a_log_from_a_newer_version_is_refused(home: Path, archive: Archive) -> None:
    with closing(sqlite3.connect(home / "log.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    code, _, err = archive("--home", home, "log", "head")
    assert (code, code_of(err)) == (3, "LOG-004")


def test_a_log_that_is_written_by_another_is_busy(
    home: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_BUSY_SECONDS", "0.05")
    with closing(sqlite3.connect(home / "log.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, _, err = archive(
            "--home", home, "agency", "register", "--level", "county", "--region", "421202", "--name", "局"
        )
        assert (code, code_of(err)) == (6, "LOG-001")


SETTINGS = {
    "an unknown name": ('origin = "a.b/c"\nprot = 1\n', "CFG-001"),
    "not TOML": ("origin = \n", "CFG-002"),
    "a wrong type": ('origin = "a.b/c"\nport = "x"\n', "CFG-003"),
    "no origin": ("port = 1\n", "CFG-003"),
}


@pytest.mark.parametrize("wrong", SETTINGS)
def test_wrong_settings_end_with_2(home: Path, archive: Archive, wrong: str) -> None:
    text, code = SETTINGS[wrong]
    (home / "archive.toml").write_text(text, encoding="utf-8")
    ended, _, err = archive("--home", home, "config", "check")
    assert (ended, code_of(err)) == (2, code)


def test_the_environment_comes_before_the_file_and_says_so(
    home: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_PORT", "8123")
    _, out, _ = archive("--json", "--home", home, "config", "show")
    shown = json.loads(out)
    assert shown["port"] == {"value": 8123, "source": "environment"}
    assert shown["origin"] == {"value": ORIGIN, "source": "file"}
    assert shown["host"]["source"] == "default"


def test_an_item_goes_from_draft_to_publication_and_its_history_is_shown(home: Path, archive: Archive) -> None:
    def done(*arguments: str) -> str:
        code, out, err = archive("--json", "--home", home, *arguments)
        assert (code, err) == (0, "")
        return str(json.loads(out)["stream"])

    agency = done("agency", "register", "--level", "county", "--region", "421202", "--name", "示例局")
    done(
        "agency", "register-channel", "--agency", agency, "--channel", "site", "--kind", "website", "--name", "示例网站"
    )
    done(
        "agency",
        "adopt-review-policy",
        "--agency",
        agency,
        "--levels",
        "1",
        "--in-force-from",
        "2018-01-01",
        "--names",
        "一级",
    )
    item = done("item", "draft", "--agency", agency, "--mode", "proactive", "--title", "示例信息")
    done("item", "open-review", "--item", item, "--opened-on", "2018-01-02")
    done("item", "pass-review", "--item", item, "--level", "1", "--passed-on", "2018-01-03")
    publish = ["item", "publish", "--item", item, "--channel", "site", "--published-on", "2018-01-04", "--id", "1" * 32]
    checked = json.loads(archive("--json", "--home", home, *publish, "--dry-run")[1])
    assert (checked["dryRun"], checked["entries"]) == (True, 1)
    done(*publish)
    assert json.loads(archive("--json", "--home", home, *publish)[1])["repeated"] is True
    shown = json.loads(archive("--json", "--home", home, "item", "show", item)[1])
    assert [entry["type"] for entry in shown] == [
        "item-drafted",
        "review-opened",
        "review-level-passed",
        "review-concluded",
        "item-published",
    ]
    assert "示例信息" not in json.dumps(shown, ensure_ascii=False), "an entry holds no text"


def test_imports_say_line_and_field_and_write_all_or_nothing(home: Path, archive: Archive, tmp_path: Path) -> None:
    good = {
        "command": "register-agency",
        "id": "1" * 32,
        "by": "role:clerk",
        "agency": f"agency-{'1' * 32}",
        "level": "county",
        "region": "421202",
        "text": {"name": "示例局"},
    }
    file = tmp_path / "commands.jsonl"
    file.write_text(
        "\n".join(json.dumps(one) for one in (good, good | {"id": "2" * 32, "region": CANARY})), encoding="utf-8"
    )
    code, out, _ = archive("--home", home, "import", "commands", file)
    assert code == 3
    assert "2" in out
    assert "region" in out
    assert CANARY not in out
    file.write_text(json.dumps(good) + "\n", encoding="utf-8")
    for commands, unchanged in ((1, 0), (0, 1)):
        code, out, _ = archive("--json", "--home", home, "import", "commands", file)
        assert (code, json.loads(out)["commands"], json.loads(out)["unchanged"]) == (0, commands, unchanged)


def test_projections_tell_where_they_stand_and_are_rebuilt_to_the_same_digest(tmp_path: Path, archive: Archive) -> None:
    folder = tmp_path / "demo"
    code, out, _ = archive("--json", "demo", "--no-serve", "--dir", folder)
    head = json.loads(out)["head"]
    assert code == 0
    states = json.loads(archive("--json", "--home", folder, "projection", "status")[1])
    assert {(one["projection"], one["position"], one["lag"]) for one in states} == {
        (name, head, 0) for name in Projections.names()
    }
    digests = json.loads(archive("--json", "--home", folder, "projection", "digest")[1])
    for names in ((), ("tallies",)):
        rebuilt = json.loads(archive("--json", "--home", folder, "projection", "rebuild", *names)[1])
        assert rebuilt["position"] == head
        assert json.loads(archive("--json", "--home", folder, "projection", "digest")[1]) == digests
    code, _, err = archive("--home", folder, "projection", "rebuild", "nothing")
    assert (code, code_of(err)[:3]) != (0, "")


def test_every_command_explains_itself_in_both_languages() -> None:
    for language, word in (("zh", "示例"), ("en", "Example")):
        done = subprocess.run(
            [sys.executable, "-m", "archive", "--lang", language, "import", "commands", "--help"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        assert word in done.stdout
