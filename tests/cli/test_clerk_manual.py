"""docs/clerk.md is right: its commands are run as they stand there, with ids put in for `agency-…` and `item-…`."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Said

MANUAL = Path(__file__).resolve().parent.parent.parent / "docs" / "clerk.md"
TEXT = MANUAL.read_text(encoding="utf-8")
# What the reader puts in: the ids that he was told.
ID = re.compile(r"\b(agency|item|request)-…")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_what_the_manual_shows_runs_as_it_stands_there(
    tmp_path: Path, outside: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, str] = {}
    commands = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    assert len(commands) >= 12
    for command in commands:
        words = shlex.split(
            ID.sub(lambda found: told[found[1]], command.replace("/srv/archive", f"{tmp_path}/archive"))
        )
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            monkeypatch.setenv(name, value)
            continue
        assert words[0] == "scripts/archive", command
        said = outside(*words[1:])
        assert (said.code, said.err) == (0, ""), command
        if found := re.match(r"(agency|item|request)-[0-9a-f]{32}", said.out):
            told.setdefault(found[1], found[0])
    shown = outside("--json", "item", "show", told["item"]).json
    assert [entry["type"] for entry in shown] == [
        "item-drafted",
        "review-opened",
        *["review-level-passed"] * 3,
        "review-concluded",
        "item-published",
    ]

    # The line of the file asks for what has just been done, and is understood.
    lines = "".join(blocks("json")).replace("0190f3a2…32 hexadecimal digits", "0190f3a2" * 4)
    (tmp_path / "lines.jsonl").write_text(ID.sub(lambda found: told[found[1]], lines), encoding="utf-8")
    said = outside("--json", "import", "commands", str(tmp_path / "lines.jsonl"))
    assert (said.code, [error["code"] for error in said.json["errors"]]) == (3, ["ITM-012"])


def test_prior_review_is_declared_as_the_manual_says(
    tmp_path: Path, outside: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of a record from before the archive, whose commands stand in the text around the blocks."""
    assert "declare-prior-review" in TEXT
    monkeypatch.setenv("ARCHIVE_HOME", str(tmp_path / "archive"))

    def done(*words: str) -> str:
        said = outside("--json", *words)
        assert (said.code, said.err) == (0, ""), words
        return str(json.loads(said.out).get("stream"))

    done("init", str(tmp_path / "archive"), "--origin", "example.gov/bureau")
    agency = done("agency", "register", "--level", "county", "--region", "421202", "--name", "示例局")
    done("agency", "register-channel", "--agency", agency, "--channel", "site", "--kind", "website", "--name", "网站")
    done(
        "agency", "accept-prior-review", "--agency", agency, "--published-before", "2018-01-01",
        "--basis", "agency-archive",
    )  # fmt: skip
    item = done("item", "draft", "--agency", agency, "--mode", "proactive", "--title", "旧文件")
    done("item", "declare-prior-review", "--item", item, "--basis", "agency-archive")
    done("item", "publish", "--item", item, "--channel", "site", "--published-on", "2015-06-01")
