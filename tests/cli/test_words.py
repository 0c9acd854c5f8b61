"""What was typed is not repeated: not where a word is wrong, and not where a text is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.cli import verbs
from archive.cli.language import LANGUAGE
from archive.domain.commands import COMMANDS
from archive.domain.errors import CODES
from archive.projections.runner import Projections
from cli.conftest import Said

Archive = Callable[..., Said]
CANARY = "张三13800138000"
ITEM = f"item-{'b' * 32}"

# What is wrong -> words; what the error must name instead of them.
WRONG_WORDS = {
    "a noun": ((CANARY,), "init, demo"),
    "a verb": (("item", CANARY), "draft, revise"),
    "nearly a noun": (("itme", CANARY), "item"),
    "nearly a verb": (("item", "publsh", CANARY), "publish"),
    "an option": (("item", "draft", f"--{CANARY}", "x"), "archive item draft --help"),
    "nearly an option": (("item", "draft", "--tilte", CANARY), "--title"),
    "a short option": (("log", "head", f"-{CANARY}"), "archive log head --help"),
    "an option without its value": (("item", "revise", "--item", ITEM, "--title"), "--title"),
    "a value for a flag": (("item", "draft", f"--dry-run={CANARY}"), "--dry-run"),
    "a word too many": (("log", "head", CANARY), "archive log head --help"),
    "words too many": (("item", "show", ITEM, CANARY, CANARY), "archive item show --help"),
    "a choice": (("item", "draft", "--agency", "a", "--title", "t", "--mode", CANARY), "proactive"),
    "a number": (("item", "pass-review", "--item", ITEM, "--level", CANARY, "--passed-on", "2018-01-02"), "--level"),
    "a number out of range": (("log", "show", "0"), "POSITION"),
    "a number above its range": (("log", "show", "1", "--limit", "10001"), "10000"),
    "a position": (("log", "show", CANARY), "POSITION"),
    "a port": (("serve", "--port", "65536"), "65535"),
    "a form of progress": (("projection", "rebuild", "--progress", CANARY), "bar, json"),
    "a language": (("--lang", CANARY, "log", "head"), "zh, en"),
    "a category without its scheme": (
        ("item", "draft", "--agency", "a", "--title", "t", "--mode", "proactive", "--categories", CANARY),
        "--categories",
    ),
    "an option of the program after the verb": (("log", "head", "--quiet"), "--quiet"),
    "a home after the verb": (("log", "head", "--home", CANARY), "--home"),
    "nothing where a file belongs": (("import", "commands"), "FILE"),
    "nothing where an option belongs": (("item", "open-review", "--opened-on", CANARY), "--item"),
    "a projection": (("projection", "rebuild", CANARY), ", ".join(Projections.names())),
    "a projection to digest": (("projection", "digest", CANARY), ", ".join(Projections.names())),
}


@pytest.mark.parametrize("wrong", WRONG_WORDS)
def test_a_wrong_word_ends_with_2_and_what_to_type_instead(cli: Archive, asked: Archive, wrong: str) -> None:
    words, named = WRONG_WORDS[wrong]
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert CANARY not in said.err
    assert named in said.err
    assert len(said.err.splitlines()) == 2, "a sentence and a next step"
    told = asked(*words)
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert told.error["code"] in {"USG-001", "PRJ-009"}


@pytest.mark.parametrize("words", [(), ("item",), ("projection",)])
def test_a_noun_without_a_verb_is_answered_with_its_help(outside: Archive, words: tuple[str, ...]) -> None:
    said = outside(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err == outside(*words, "--help").out


# --- texts --------------------------------------------------------------------------------------------------------------
def texts() -> list[tuple[str, str]]:
    """Every option of a verb that takes what a person writes."""
    return [
        (name, field.flag)
        for name, command in COMMANDS.items()
        for field in verbs._fields(command)
        if verbs._typed(field)[1] in {"TEXT", "URL"}
    ]


def call(name: str) -> list[str]:
    """The noun and verb of a command, with all it needs; everything is well formed, and nothing it names is there."""
    command = COMMANDS[name]
    noun = verbs.NOUNS[command.STREAM]
    words = [noun.kind, noun.verb_of(name)]
    for field in verbs._fields(command):
        if not field.required:
            continue
        kind, metavar, values = verbs._typed(field)
        if kind is bool:
            words.append(field.flag)
            continue
        value = {
            "YYYY-MM-DD": "2018-01-02",
            "N": "1",
            "TEXT": "文字",
            "URL": "https://site.example/",
            "SCHEME=CODE": "a=b",
        }.get(metavar or "")
        if field.name in {"sha256", "root"}:
            value = "0" * 64
        if field.name == "year":
            value = "2018"
        if field.name == "identity":
            value = "I-C5"
        if metavar == "ID":
            value = f"{field.name}-{'9' * 32}"
        if field.name.endswith("_at"):
            value = "2018-08-01T09:30+08:00"
        words += [field.flag, value or (values[0] if values else "421202")]
    return words


WRONG_TEXTS = {
    # Control characters are not text, whatever stands around them.
    "a control character": f"{CANARY}\x07",
    "too long": CANARY * 3_000,
    "not UTF-8": f"{CANARY}\udcff",
    # Well formed: what fails is something else.
    "well formed": CANARY,
}


@pytest.mark.parametrize("wrong", WRONG_TEXTS)
@pytest.mark.parametrize("name, flag", texts())
def test_no_error_repeats_a_text(cli: Archive, asked: Archive, name: str, flag: str, wrong: str) -> None:
    text = WRONG_TEXTS[wrong]
    for archive in (cli, asked):
        said = archive(*call(name), flag, text, "--by", "role:nobody")
        assert (said.code, said.out) == (3, "")
        assert "13800138000" not in said.err
        assert "INT-001" not in said.err
    # With a role that there is, what is refused is the text, or that nothing of it is there.
    said = asked(*call(name), flag, text)
    if wrong != "well formed":
        assert (said.code, said.out) == (3, "")
        assert said.error["code"] in {"CMD-003", "CMD-005", "CMD-006"}
        assert said.error.get("field", "text").startswith(("text", "link", "person"))
    assert "13800138000" not in said.err
    assert CANARY not in said.err


@pytest.mark.parametrize(
    "option, value",
    [
        ("--item", CANARY),
        ("--agency", CANARY),
        ("--section", CANARY),
        ("--source-id", CANARY),
        ("--made-on", CANARY),
        ("--categories", f"kind={CANARY}"),
        ("--categories", f"{CANARY}=plan"),
        ("--id", CANARY),
        ("--by", f"role:{CANARY}"),
        ("--item", f"item-{'b' * 31}\udcff"),
    ],
)
def test_a_text_where_a_code_belongs_is_refused_by_its_field(asked: Archive, option: str, value: str) -> None:
    words = ["item", "draft", "--mode", "proactive", "--title", "规划"]
    words += [] if option == "--agency" else ["--agency", f"agency-{'a' * 32}"]
    said = asked(*words, option, value)
    assert (said.code, said.out) == (3, "")
    assert said.error["code"] == "CMD-003"
    assert said.error["field"].startswith(option[2:].replace("-", "_"))
    assert "13800138000" not in said.err


def test_a_body_that_cannot_be_read_is_told_by_its_path(asked: Archive, tmp_path: Path) -> None:
    words = ["item", "revise", "--item", ITEM, "--title", "规划", "--body"]
    for path, code, exit_code in ((tmp_path / "absent.pdf", "IMP-003", 5), (tmp_path, "IMP-005", 7)):
        said = asked(*words, str(path))
        assert (said.code, said.out, said.error["code"]) == (exit_code, "", code)
        assert str(path) in said.error["message"]


def test_a_store_that_is_gone_is_told_by_its_path(folder: Path, asked: Archive) -> None:
    (folder / "disclosures.sqlite").unlink()
    said = asked("agency", "register", "--level", "county", "--region", "421202", "--name", CANARY)
    assert (said.code, said.error["code"]) == (5, "LOG-006")
    assert CANARY not in said.err


# --- both languages -----------------------------------------------------------------------------------------------------
def test_every_code_that_the_command_line_can_end_with_has_both_languages() -> None:
    for code, explanation in CODES.items():
        for sentence in (explanation.zh, explanation.zh_next, explanation.en, explanation.en_next):
            assert sentence.strip(), code


@pytest.mark.parametrize("environment, language", [
    ({"LANG": "en_US.UTF-8"}, "en"),
    ({"LANG": "zh_CN.UTF-8"}, "zh"),
    ({"LANG": "C"}, "zh"),
    ({}, "zh"),
    ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
    ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
])  # fmt: skip
def test_the_language_is_the_readers(environment: dict[str, str], language: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "LANG" and not name.startswith("LC_")}
    for flags, wanted in (([], language), (["--lang", "en"], "en"), (["--lang=zh"], "zh")):
        done = subprocess.run(
            [sys.executable, "-m", "archive", *flags, "log", "show"],
            env={**kept, **environment, "PYTHONIOENCODING": "utf-8"},
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith("[USG-001] 命令" if wanted == "zh" else "[USG-001] The command")


def test_errors_in_this_process_are_in_its_language(asked: Archive) -> None:
    told = json.loads(asked("log", "show", "7").err)["error"]
    explanation = CODES["LOG-009"]
    sentence = explanation.zh if LANGUAGE == "zh" else explanation.en
    assert told["message"] == sentence.format(position=7, head=0)
