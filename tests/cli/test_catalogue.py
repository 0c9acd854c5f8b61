"""`archive catalogue export`: a file, its manifest, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.exports.catalogue import FORMATS
from cli.conftest import Said
from faults.homes import writing
from stories import AGENCY, Clerk, a_small_archive, tell

Archive = Callable[..., Said]


@pytest.fixture
def told(folder: Path) -> Path:
    """The small archive, not yet folded."""
    with writing(folder) as writer:
        tell(writer, a_small_archive(Clerk()))
    return folder


@pytest.mark.usefixtures("told")
def test_the_catalogue_is_exported_up_to_the_newest_entry(asked: Archive, cli: Archive, tmp_path: Path) -> None:
    head = asked("log", "head").json["head"]
    for form in FORMATS:
        path = tmp_path / f"all.{form}"
        manifest = asked("catalogue", "export", str(path)).json
        assert (manifest["rows"], manifest["position"], manifest["format"]) == (3, head, form)
        assert json.loads(path.with_name(f"{path.name}.manifest.json").read_text(encoding="utf-8")) == manifest
        tree = f"{manifest['position']} {manifest['root']}"
        assert asked("audit", "check", "--expect", tree).code == 0
        said = cli("catalogue", "export", str(path), "--replace", "--as-of", "30")
        assert (said.code, said.err) == (0, "")
        assert "30" in said.out


@pytest.mark.usefixtures("told")
def test_options_choose_what_is_exported(asked: Archive, tmp_path: Path) -> None:
    def rows(*words: str) -> int:
        path = tmp_path / "some"
        return int(asked("catalogue", "export", str(path), "--format", "csv", "--replace", *words).json["rows"])

    assert rows("--agency", AGENCY, "--category", "approval", "--scheme", "genre") == 3
    assert rows("--category", "plan", "--category", "notice") == 0
    assert rows("--channel", "gazette", "--section", "office", "--status", "published") == 3
    assert rows("--status", "withdrawn") == 0
    assert rows("--published-from", "2018-03-14", "--published-to", "2018-03-14") == 3
    assert rows("--published-from", "2018-03-15") == 0


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    "words, code, exit_code",
    [
        (["all.pdf"], "EXP-001", 2),
        (["all.csv", "--as-of", "9999"], "LOG-009", 5),
        (["all.csv", "--agency", "agency-" + "b" * 32], "EXP-004", 5),
        (["nowhere/all.csv"], "EXP-005", 7),
        (["there.csv"], "EXP-006", 3),
    ],
)
def test_each_refusal_has_its_code(words: list[str], code: str, exit_code: int, asked: Archive, tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    said = asked("catalogue", "export", str(tmp_path / words[0]), *words[1:])
    assert (said.code, said.error["code"], said.out) == (exit_code, code, "")
    assert [path.name for path in tmp_path.glob("*.csv*")] == ["there.csv"]
