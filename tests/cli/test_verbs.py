"""Every verb of every kind of stream from the command line to the log and back."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from archive.cli import fields, output, verbs
from archive.cli.home import stores
from archive.cli.words import shared
from archive.domain.calendars import calendar_id
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS
from archive.domain.erasures import SHARED
from archive.domain.errors import Refused
from archive.domain.guides import guide_id
from archive.domain.items import ItemText
from archive.domain.months import month_id
from archive.domain.posts import post_id
from archive.domain.reports import report_id
from cli.conftest import Said
from stories import texts_behind

ASSETS: Final = Path(__file__).parent.parent / "assets"
AGENCY = f"agency-{'a' * 32}"
ITEM = f"item-{'b' * 32}"
SECOND = f"item-{'c' * 32}"
REQUEST = f"request-{'d' * 32}"
Archive = Callable[..., Said]


class Ids(dict[str, str]):
    """Ids by the names that a story gives them: `{REMEDY}`, or `{REMEDY_2}` for another one of the kind."""

    def __missing__(self, name: str) -> str:
        return f"{name.lower().partition('_')[0]}-{sha256(name.encode()).hexdigest()[:32]}"


# One line a command, in an order that the rules allow; behind it the entries that it makes. One file a noun, in order.
STORY: Final = "".join(path.read_text(encoding="utf-8") for path in sorted((ASSETS / "verbs").iterdir())).format_map(
    Ids(
        {
            "AGENCY": AGENCY,
            "ITEM": ITEM,
            "SECOND": SECOND,
            "REQUEST": REQUEST,
            "NATION": calendar_id("000000"),
            "MONTH": month_id(AGENCY, 2018, 9),
            "REPORT": report_id(AGENCY, 2018),
            "POST": post_id(AGENCY, "information-officer"),
            "GUIDE": guide_id(AGENCY),
        }
    )
)


def lines(story: str) -> Iterator[tuple[list[str], list[str]]]:
    for line in story.strip().splitlines():
        words, _, types = line.partition(" | ")
        yield words.split(" "), types.split()


def test_every_verb_makes_its_entries_checks_without_writing_and_happens_once(
    asked: Archive, cli: Archive, tmp_path: Path, folder: Path
) -> None:
    body = tmp_path / "body.pdf"
    body.write_bytes(b"%PDF-1.7")
    position = 0
    made: list[str] = []
    used = set()
    for number, (words, types) in enumerate(lines(STORY), start=1):
        noun, verb, *rest = [str(body) if word == "FILE" else word for word in words]
        used.add((noun, verb))
        stream = rest[1]
        call = [noun, verb, *rest, "--id", f"{number:032x}"]

        checked = asked(*call, "--dry-run")
        assert (checked.code, checked.err) == (0, ""), call
        assert checked.json == {"stream": stream, "command": f"{number:032x}", "entries": len(types), "dryRun": True}

        done = asked(*call)
        assert (done.code, done.err) == (0, ""), call
        told = {"stream": stream, "command": f"{number:032x}", "first": position + 1, "entries": len(types)}
        assert done.json == told | {"repeated": False}
        again = asked(*call)
        assert (again.code, again.json) == (0, told | {"repeated": True})
        assert stream in cli(*call).out
        # Had the dry run, or what was sent again, written anything, the next position would be another one.
        position += len(types)
        made += types
    shown = asked("log", "show", "1", "--limit", "10000").json
    assert [one["entry"]["type"] for one in shown] == made
    assert used == {(command.STREAM, verbs.NOUNS[command.STREAM].verb_of(name)) for name, command in COMMANDS.items()}
    with stores(folder, read_only=True) as (log, disclosures):
        drafted = next(entry.event for entry in log.history(ITEM))
        sealed: str = drafted.text  # type: ignore[attr-defined] # an item-drafted
        kept = json.loads(texts_behind(disclosures, [sealed])[sealed].value)
    assert kept.keys() == set(ItemText.__struct_fields__)
    assert kept["body"] == {"sha256": sha256(b"%PDF-1.7").hexdigest(), "size": 8, "type": "application/pdf"}


def test_ids_that_are_left_out_are_drawn_and_told(asked: Archive) -> None:
    register = ["agency", "register", "--level", "county", "--region", "421202", "--name", "示例局"]
    first, second = asked(*register).json, asked(*register).json
    for told in (first, second):
        assert re.fullmatch(r"agency-[0-9a-f]{32}", told["stream"])
        assert re.fullmatch(r"[0-9a-f]{32}", told["command"])
    assert first["stream"] != second["stream"]
    receive = ["request", "receive", "--agency", first["stream"], "--received-on", "2018-09-03", "--channel", "letter"]
    told = asked(*receive, "--applicant-kind", "natural-person").json
    assert re.fullmatch(r"request-[0-9a-f]{32}", told["stream"])


def test_an_id_used_for_another_wish_is_refused(asked: Archive) -> None:
    register = ["agency", "register", "--id", "1" * 32, "--region", "421202", "--name", "示例局", "--agency", AGENCY]
    assert asked(*register, "--level", "county").code == 0
    said = asked(*register, "--level", "province")
    assert (said.code, said.out, said.error["code"]) == (3, "", "CMD-004")


# --- show ---------------------------------------------------------------------------------------------------------------
def test_show_gives_the_entries_of_one_stream_as_they_are_stored(asked: Archive, cli: Archive) -> None:
    for words, _ in list(lines(STORY))[:3]:
        assert asked(*words).code == 0
    shown = asked("agency", "show", AGENCY)
    assert (shown.code, shown.err) == (0, "")
    stored = [one["entry"] for one in asked("log", "show", "1", "--limit", "9").json]
    assert shown.json == [{"position": position, **entry} for position, entry in enumerate(stored, start=1)]
    table = cli("agency", "show", AGENCY).out.splitlines()
    assert len(table) == 4
    assert table[1].split()[:2] == ["1", "1"]


@pytest.mark.parametrize(
    "words",
    [
        ("agency", "show", f"agency-{'9' * 32}"),
        ("agency", "show", "agency-xyz"),
        ("agency", "show", "张三"),
        # The agency's own bits, as an item's.
        ("item", "show", ITEM.replace("b", "a")),
        ("item", "open-review", "--item", ITEM, "--opened-on", "2018-01-02"),
        ("request", "close", "--request", REQUEST, "--closed-on", "2018-01-02"),
        ("agency", "open-section", "--agency", f"agency-{'9' * 32}", "--section", "office",
         "--opened-on", "2018-01-02", "--name", "张三"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(asked: Archive, words: tuple[str, ...]) -> None:
    assert asked(*next(lines(STORY))[0]).code == 0
    said = asked(*words)
    assert (said.code, said.out) == (5, "")
    assert "张三" not in said.err


# --- what the options say -----------------------------------------------------------------------------------------------
def parts() -> Iterator[tuple[str, verbs._Field]]:
    for name, command in COMMANDS.items():
        for field in verbs._fields(command):
            yield name, field


def test_every_field_has_a_sentence_and_every_sentence_a_field() -> None:
    used: dict[str, set[str]] = {noun: set() for noun in (*fields.NOUNS, "shared")}
    for name, field in parts():
        noun = COMMANDS[name].STREAM
        sentence = fields.sentence(noun, name, field.name)
        assert sentence.zh.endswith("。"), (name, field.name)
        assert sentence.en.endswith("."), (name, field.name)
        own = fields.NOUNS[noun].FIELDS
        key = f"{name}.{field.name}"
        used[noun if key in own or field.name in own else "shared"].add(key if key in own else field.name)
    assert {noun: set(words.FIELDS) for noun, words in fields.NOUNS.items()} | {"shared": set(shared.FIELDS)} == used


def test_every_code_to_choose_has_a_name_in_chinese_and_every_name_a_code() -> None:
    used: dict[str, set[str]] = {noun: set() for noun in (*fields.NOUNS, "shared")}
    for name, field in parts():
        noun = COMMANDS[name].STREAM
        for code in verbs._typed(field)[2]:
            assert fields.code_zh(noun, code)
            used[noun if code in fields.NOUNS[noun].CODES else "shared"].add(code)
    assert {noun: set(words.CODES) for noun, words in fields.NOUNS.items()} | {"shared": set(shared.CODES)} == used


def test_answers_to_requests_have_the_names_that_the_site_shows() -> None:
    from archive.api import counts  # noqa: PLC0415 - the schema is built for this test alone

    for names in (counts._APPLICANTS, counts._OUTCOMES):
        for code, name in names.items():
            assert fields.code_zh("request", code) in name, code


def test_no_event_is_without_a_verb_that_makes_it() -> None:
    made = {event for _, types in lines(STORY) for event in types}
    # Those that any stream may hold are made by `archive erase`, and beside the events of any command.
    known = {event.TYPE for event in Event.__subclasses__()} - {"batch-recorded", *(event.TYPE for event in SHARED)}
    assert made == known


# --- answers that are lost ----------------------------------------------------------------------------------------------
def test_an_answer_that_is_lost_comes_with_the_words_to_send_it_again(folder: Path) -> None:
    """Goal: nobody records twice what he did not see happen. Method: Ctrl-C while another process holds the lock."""
    words = ["agency", "register", "--level", "county", "--region", "421202", "--name", "示例局"]
    command = [sys.executable, "-m", "archive", "--home", str(folder), "--json", *words]
    with closing(sqlite3.connect(folder / "log.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with subprocess.Popen(
            command,
            env={**os.environ, "ARCHIVE_BUSY_SECONDS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process:
            # It writes in a thread of its own: when there are two, it is on its way to the lock.
            while len(list(Path(f"/proc/{process.pid}/task").iterdir())) < 2:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    told = json.loads(err)["error"]
    assert told["code"] == "INT-002"
    assert re.fullmatch(r"--id [0-9a-f]{32} --agency agency-[0-9a-f]{32}", told["again"])


def test_words_that_were_given_need_not_be_added_again(capsys: pytest.CaptureFixture[str]) -> None:
    error = Refused("CMD-009")
    output.error(error, as_json=False)
    assert len(capsys.readouterr().err.splitlines()) == 2
    error.add_note(f"--id {'1' * 32}")
    output.error(error, as_json=False)
    assert f"--id {'1' * 32}" in capsys.readouterr().err.splitlines()[2]
