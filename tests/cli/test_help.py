"""`--help` of every command: in both languages, whole, in no other language, and at once."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from archive.cli.help import WIDEST, page, wrapped
from archive.cli.main import NOUNS, command_line
from archive.cli.output import width_of
from archive.cli.promises import command_line_help

PAGES = {language: command_line_help(language) for language in ("zh", "en")}
# What typer says by itself, and what two English words in a row are.
OF_TYPER = re.compile(r"\b(?:Arguments|Commands|Options|OPTIONS|Usage|default|env var|required|Show)\b")
ENGLISH = re.compile(r"(?<![\w-])[A-Za-z]{2,} [a-z]{2,}\b")


def commands() -> Iterator[tuple[str, ...]]:
    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - Any: a command of typer
        yield words
        for name, verb in getattr(command, "commands", {}).items():
            yield from walk(verb, (*words, name))

    return walk(command_line(), ())


def test_every_command_has_a_page_in_both_languages() -> None:
    for language, text in PAGES.items():
        shown = re.findall(r"(?m)^\$ archive(.*) --help$", text)
        assert [tuple(words.split()) for words in shown] == list(commands())
        assert text.count("用法:" if language == "zh" else "Usage: ") == len(shown)
        assert text.count("--help  ") == len(shown), "each page names the option by which it was reached"


def test_english_pages_hold_nothing_chinese() -> None:
    assert not re.search(r"[\u4e00-\u9fff]", PAGES["en"])


def test_chinese_pages_hold_no_english() -> None:
    for line in PAGES["zh"].splitlines():
        assert not OF_TYPER.search(line), line
        # What is to be typed is in no language.
        if not line.startswith(("$", "用法:", "  示例:")):
            assert not ENGLISH.search(line), line


def test_every_option_says_what_it_is() -> None:
    for language, text in PAGES.items():
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if re.match(r"  -", line) and not re.search(r"\S  +\S", line.strip()):
                # Too long for its column: what it is stands below.
                assert re.match(r" {20,}\S", lines[number + 1]), (language, line)


def test_no_line_is_wider_than_a_terminal() -> None:
    for text in PAGES.values():
        wide = [
            line
            for line in text.splitlines()
            if width_of(line) > WIDEST and not line.startswith(("$", "  示例", "  Example"))
        ]
        assert wide == []


@pytest.mark.parametrize(
    "text, width, lines",
    [
        ("", 10, []),
        ("起草一条拟公开的信息。", 12, ["起草一条拟公", "开的信息。"]),
        # No mark that closes begins a line, even where the one before it then ends early.
        ("起草一条拟公。开", 12, ["起草一条拟", "公。开"]),
        ("a word and another", 10, ["a word and", "another"]),
        ("averylongwordthatstandsalone b", 10, ["averylongwordthatstandsalone", "b"]),
        ("代码 on-request 依申请公开", 16, ["代码 on-request", "依申请公开"]),
        ("one\ntwo", 10, ["one two"]),
    ],
)
def test_lines_break_where_a_reader_breaks_them(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["item", "publish", "--help"]])
def test_help_loads_no_store_and_no_server(words: list[str]) -> None:
    """A page of help is there at once: what takes long to load is not loaded for it."""
    program = (
        "import sys; from archive.cli.main import run; code = run(sys.argv[1:]); print(*sys.modules, file=sys.stderr);"
        " sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"sqlite3", "eventsourcing", "strawberry", "graphql", "starlette", "uvicorn", "jinja2"}
    modules = set(done.stderr.split())
    assert not modules & {
        "archive.commands",
        "archive.storage.sqlite",
        "archive.projections.runner",
        "archive.api.schema",
    }


def test_only_the_noun_that_was_typed_is_made() -> None:
    assert set(command_line(["item", "draft"]).commands) == {"item"}
    assert set(command_line(["frobnicate"]).commands) == set(NOUNS)


def test_a_narrow_terminal_gets_narrow_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    group = command_line(["item"])
    with group.make_context("archive", ["item"], resilient_parsing=True) as context:
        text = page(group, context)
    assert max(map(width_of, text.splitlines())) <= 60


def test_the_version_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archive", "--version"], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert re.fullmatch(r"archive \d+\.\d+\.\d+\n", done.stdout)
