"""`archive schema`: what outsiders rely on, and what a change does to them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from archive.api.schema import print_sdl
from archive.cli.promises import files
from cli.conftest import Said

Archive = Callable[..., Said]
# As it was, and where it differs from what is: a field that is gone, and a default that was another.
OLDER = {
    "a field that went": ("type PageInfo {", "type PageInfo {\n  wentAway: Int\n", "FIELD_REMOVED", 3),
    "a default that was another": ("limit: Int! = 20", "limit: Int! = 10", "ARG_DEFAULT_VALUE_CHANGE", 0),
}


def test_what_is_printed_is_written_below_the_folder(outside: Archive, tmp_path: Path) -> None:
    said = outside("--json", "schema", "print", str(tmp_path))
    assert (said.code, said.json) == (0, sorted(files()))
    assert (tmp_path / "schema" / "public.graphql").read_text(encoding="utf-8") == print_sdl()


def test_a_schema_that_has_not_changed_has_no_changes(outside: Archive, tmp_path: Path) -> None:
    old = tmp_path / "old.graphql"
    old.write_text(print_sdl(), encoding="utf-8")
    assert outside("--json", "schema", "diff", str(old)).json == {"breaking": [], "dangerous": []}
    said = outside("schema", "diff", str(old))
    assert (said.code, said.err, len(said.out.splitlines())) == (0, "", 1)


@pytest.mark.parametrize("name", OLDER)
def test_a_change_is_named_and_one_that_breaks_has_an_exit_code(outside: Archive, tmp_path: Path, name: str) -> None:
    now, then, kind, code = OLDER[name]
    assert now in print_sdl()
    old = tmp_path / "old.graphql"
    old.write_text(print_sdl().replace(now, then), encoding="utf-8")
    said = outside("--json", "schema", "diff", str(old))
    (change,) = said.json["breaking" if code else "dangerous"]
    assert (said.code, change["kind"]) == (code, kind)
    lines = outside("schema", "diff", str(old))
    assert lines.code == code
    assert kind in lines.out
    assert change["sentence"] in lines.out


@pytest.mark.parametrize(
    "content, code, error", [(None, 5, "SDL-001"), (b"type Query {", 3, "SDL-002"), (b"\xff", 3, "SDL-002")]
)
def test_a_file_that_is_no_schema_is_refused(
    outside: Archive, tmp_path: Path, content: bytes | None, code: int, error: str
) -> None:
    old = tmp_path / "old.graphql"
    if content is not None:
        old.write_bytes(content)
    said = outside("--json", "schema", "diff", str(old))
    assert (said.code, said.out, said.error["code"]) == (code, "", error)
