"""Imports: every problem with its line and field; all of it or nothing; once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Said

Archive = Callable[..., Said]
AGENCY = f"agency-{'a' * 32}"
CANARY = "张三13800138000"


def command(number: int, kind: str, **fields: object) -> dict[str, object]:
    return {"command": kind, "id": f"{number:032x}", "by": "role:administrator", "agency": AGENCY, **fields}


REGISTER = command(1, "register-agency", level="county", region="421202", text={"name": "示例局"})
OPEN = [
    command(number, "open-section", section=f"s{number}", opened_on="2018-01-02", text={"name": f"股室{number}"})
    for number in range(2, 6)
]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """A file of these lines; what is text stands there as it is."""

    def write(*lines: object) -> str:
        path = tmp_path / "lines.jsonl"
        path.write_text(
            "".join(f"{line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)}\n" for line in lines),
            encoding="utf-8",
        )
        return str(path)

    return write


def test_a_file_is_imported_once(asked: Archive, cli: Archive, file: Callable[..., str]) -> None:
    path = file(REGISTER, *OPEN)
    checked = asked("import", "commands", path, "--dry-run")
    assert (checked.code, checked.err) == (0, "")
    assert checked.json == {
        "lines": 5, "commands": 5, "unchanged": 0, "entries": 5, "head": 0, "batch": None, "dryRun": True,
        "errors": [], "errorCount": 0, "findings": [],
    }  # fmt: skip
    assert asked("log", "head").json["head"] == 0
    done = asked("import", "commands", path).json
    assert (done["commands"], done["entries"], done["head"], done["dryRun"]) == (5, 5, 6, False)
    batch = asked("log", "show", "6").json[0]["entry"]
    assert (batch["type"], batch["stream"]) == ("batch-recorded", done["batch"])
    again = asked("import", "commands", path).json
    assert (again["commands"], again["unchanged"], again["entries"], again["batch"], again["head"]) == (
        0,
        5,
        0,
        None,
        6,
    )
    for words in ([], ["--dry-run"]):
        said = cli("import", "commands", path, *words)
        assert (said.code, said.err, len(said.out.splitlines())) == (0, "", 1)


# A line, and the error of it: its code, and the field it names.
WRONG_LINES = {
    "not JSON": ('{"command":"register-agency", ' + CANARY, "CMD-001", None),
    "no such command": (command(9, "x" + CANARY), "CMD-002", None),
    "no such field": ({**OPEN[0], CANARY: 1}, "CMD-003", "$"),
    "a field is missing": ({k: v for k, v in OPEN[0].items() if k != "opened_on"}, "CMD-003", "opened_on"),
    "text for a code": ({**OPEN[0], "section": CANARY}, "CMD-003", "section"),
    "text for a day": ({**OPEN[0], "opened_on": CANARY}, "CMD-003", "opened_on"),
    "a number for text": ({**OPEN[0], "text": {"name": 13800138000}}, "CMD-003", "text.name"),
    "a text too long": ({**OPEN[0], "text": {"name": CANARY * 100}}, "CMD-003", "text.name"),
    "a control character": ({**OPEN[0], "text": {"name": CANARY + "\x1b"}}, "CMD-006", "text.name"),
    "a role of nobody": ({**OPEN[0], "by": "role:nobody"}, "CMD-008", None),
    "a day to come": ({**OPEN[0], "opened_on": "2999-01-02"}, "DAT-001", "opened_on"),
    "a code twice": ({**OPEN[0], "id": "f" * 32, "section": "s3"}, "AGY-003", "section"),
    "an id for another wish": ({**OPEN[0], "id": OPEN[1]["id"]}, "CMD-004", None),
}


@pytest.mark.parametrize("wrong", WRONG_LINES)
def test_a_wrong_line_is_told_with_its_number_and_field_and_stops_all(
    asked: Archive, cli: Archive, file: Callable[..., str], wrong: str
) -> None:
    line, code, field = WRONG_LINES[wrong]
    path = file(REGISTER, OPEN[1], "", line, OPEN[2])
    for words in ([], ["--dry-run"]):
        said = asked("import", "commands", path, *words)
        assert (said.code, said.err) == (3, "")
        assert said.json["errorCount"] == 1
        (error,) = said.json["errors"]
        assert (error["line"], error["code"], error.get("field")) == (4, code, field)
        assert error["message"]
        assert error["next"]
        assert "13800138000" not in said.out
        text = cli("import", "commands", path, *words)
        assert (text.code, text.err) == (3, "")
        assert f"[{code}]" in text.out
        assert "4" in text.out.splitlines()[0]
        assert "13800138000" not in text.out
    assert asked("log", "head").json["head"] == 0


def test_every_problem_is_found_in_one_pass(asked: Archive, cli: Archive, file: Callable[..., str]) -> None:
    path = file(*[{"command": "register-agency", "id": str(number)} for number in range(150)])
    said = asked("import", "commands", path)
    assert (said.code, said.json["errorCount"]) == (3, 150)
    assert [error["line"] for error in said.json["errors"]] == list(range(1, 151))
    # A person sees the first hundred, and how many more there are.
    text = cli("import", "commands", path).out.splitlines()
    assert len(text) == 102
    assert "50" in text[100]
    assert "150" in text[101]


@pytest.mark.parametrize(
    "content, code, exit_code", [(b"", "IMP-001", 3), (b"\n \n", "IMP-001", 3), (None, "IMP-003", 5)]
)
def test_a_file_with_nothing_in_it_is_refused(
    asked: Archive, tmp_path: Path, content: bytes | None, code: str, exit_code: int
) -> None:
    path = tmp_path / "lines.jsonl"
    if content is not None:
        path.write_bytes(content)
    said = asked("import", "commands", str(path))
    assert (said.code, said.out, said.error["code"]) == (exit_code, "", code)
    assert str(path) in said.error["message"]


def test_a_file_cut_short_is_told(asked: Archive, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(REGISTER) + "\n" + json.dumps(OPEN[0])[:40], encoding="utf-8")
    said = asked("import", "commands", str(path))
    assert [(error["line"], error["code"]) for error in said.json["errors"]] == [(2, "IMP-002")]


def test_instruments_are_imported_with_what_was_done_about_the_odd_ones(asked: Archive, cli: Archive) -> None:
    assets = sorted((Path(__file__).parent.parent / "assets" / "intake").glob("*.jsonl"))
    absent = asked("import", "instruments", "absent.jsonl")
    assert (absent.code, absent.error["code"]) == (5, "IMP-003")
    listed = [path for path in assets if "instruments" in path.name]
    for path in listed[:1]:
        checked = asked("import", "instruments", str(path), "--dry-run")
        assert checked.code in {0, 3}
        assert checked.json["dryRun"] is True
        assert all(finding.keys() == {"code", "source", "message"} for finding in checked.json["findings"])
        assert cli("import", "instruments", str(path), "--dry-run").code == checked.code
    assert asked("log", "head").json["head"] == 0
