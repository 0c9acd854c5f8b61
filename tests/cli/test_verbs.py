"""Every verb of agency, item and request from the command line to the log and back."""

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

import pytest

from archive.cli import fields, output, verbs
from archive.cli.home import stores
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS
from archive.domain.errors import Refused
from archive.domain.items import ItemText
from cli.conftest import Said

AGENCY = f"agency-{'a' * 32}"
ITEM = f"item-{'b' * 32}"
SECOND = f"item-{'c' * 32}"
REQUEST = f"request-{'d' * 32}"
Archive = Callable[..., Said]

# One line a command, in an order that the rules allow; behind it the entries that it makes.
STORY = f"""
agency register --agency {AGENCY} --level county --region 421202 --code 11421202011336163X --name 示例局 --short-name 局 | agency-registered
agency open-section --agency {AGENCY} --section office --opened-on 2018-01-02 --name 办公室 | section-opened
agency register-channel --agency {AGENCY} --channel site --kind website --name 网站 --url https://site.example/ | channel-registered
agency register-channel --agency {AGENCY} --channel paper --kind gazette --name 公报 | channel-registered
agency adopt-category-scheme --agency {AGENCY} --scheme kind --primary --categories plan --categories approval --adopted-on 2018-01-02 --name 类别 --names 规划 --names 审批 | category-scheme-adopted
agency adopt-category-scheme --agency {AGENCY} --scheme theme --no-primary --categories energy --adopted-on 2018-01-02 --name 主题 --names 能源 | category-scheme-adopted
agency adopt-review-policy --agency {AGENCY} --levels 1 --in-force-from 2018-01-01 --names 一级 | review-policy-adopted
agency accept-prior-review --agency {AGENCY} --published-before 2018-01-01 --basis portal-migration | prior-review-accepted
item draft --item {ITEM} --agency {AGENCY} --mode proactive --made-on 2018-03-01 --categories kind=plan --categories theme=energy --section office --source-id OLD-1 --title 规划 --abstract 概述 --document-number 〔2018〕1号 --index-number 0113/2018 --issuer 局 --keywords 能源 --keywords 规划 --notes 附注 --body FILE | item-drafted
item open-review --item {ITEM} --opened-on 2018-03-02 | review-opened
item return-review --item {ITEM} --level 1 --returned-on 2018-03-03 --reason incomplete | review-returned
item revise --item {ITEM} --title 规划(修订) --keywords 能源 | item-revised
item open-review --item {ITEM} --opened-on 2018-03-04 | review-opened
item pass-review --item {ITEM} --level 1 --passed-on 2018-03-05 | review-level-passed review-concluded
item publish --item {ITEM} --channel site --published-on 2018-03-06 --url https://site.example/1 | item-published
item publish --item {ITEM} --channel paper --published-on 2018-03-07 | publication-added
item classify --item {ITEM} --scheme kind --code approval | item-classified
item revise --item {ITEM} --title 规划(更新) | item-revised
item open-review --item {ITEM} --opened-on 2018-04-02 | review-opened
item pass-review --item {ITEM} --level 1 --passed-on 2018-04-02 | review-level-passed review-concluded
item update --item {ITEM} --updated-on 2018-04-03 | item-updated
item revise --item {ITEM} --title 规划(更正) | item-revised
item open-review --item {ITEM} --opened-on 2018-04-04 | review-opened
item pass-review --item {ITEM} --level 1 --passed-on 2018-04-04 | review-level-passed review-concluded
item correct --item {ITEM} --corrected-on 2018-04-05 --reason clerical | item-corrected
item record-step --item {ITEM} --step promulgated --on 2018-04-06 | item-step-recorded
item put-into-effect --item {ITEM} --effective-on 2018-05-01 | item-took-effect
item amend --item {ITEM} --amended-on 2018-06-01 | item-amended
item withdraw --item {ITEM} --withdrawn-on 2018-07-02 --ground superseded | item-withdrawn
item restore --item {ITEM} --restored-on 2018-07-03 | item-restored
item repeal --item {ITEM} --repealed-on 2018-08-01 --kind repealed | item-repealed
item draft --item {SECOND} --agency {AGENCY} --mode proactive --title 旧文件 | item-drafted
item declare-prior-review --item {SECOND} --basis portal-migration | prior-review-declared
request receive --request {REQUEST} --agency {AGENCY} --received-on 2018-09-03 --channel letter --applicant-kind natural-person | request-received
request register --request {REQUEST} --registered-on 2018-09-04 --number 2018-1 | request-registered
request decide-reply --request {REQUEST} --decided-on 2018-09-20 --outcomes granted --outcomes not-exist | reply-decided
request deliver-reply --request {REQUEST} --delivered-on 2018-09-21 --method post | reply-delivered
request close --request {REQUEST} --closed-on 2018-09-28 | request-closed
"""


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
    used = set()
    for number, (words, types) in enumerate(lines(STORY), start=1):
        noun, verb, *rest = [str(body) if word == "FILE" else word for word in words]
        used.add((noun, verb))
        stream = rest[1]
        call = [noun, verb, *rest, "--id", f"{number:032x}"]

        checked = asked(*call, "--dry-run")
        assert (checked.code, checked.err) == (0, ""), call
        assert checked.json == {"stream": stream, "command": f"{number:032x}", "entries": len(types), "dryRun": True}
        assert asked("log", "head").json["head"] == position, "a dry run writes nothing"

        done = asked(*call)
        assert (done.code, done.err) == (0, ""), call
        told = {"stream": stream, "command": f"{number:032x}", "first": position + 1, "entries": len(types)}
        assert done.json == told | {"repeated": False}
        again = asked(*call)
        assert (again.code, again.json) == (0, told | {"repeated": True})
        assert stream in cli(*call).out

        shown = asked("log", "show", str(position + 1), "--limit", "9").json
        assert [one["entry"]["type"] for one in shown] == types
        position += len(types)
    assert used == {
        (command.STREAM, verbs.NOUNS[command.STREAM].verb_of(name))  # type: ignore[index] # the streams of commands are the nouns
        for name, command in COMMANDS.items()
    }
    with stores(folder, read_only=True) as (log, disclosures):
        drafted = next(entry.event for entry in log.history(ITEM))
        sealed: str = drafted.text  # type: ignore[attr-defined] # an item-drafted
        kept = json.loads(disclosures.get([sealed])[sealed].value)
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
    used = set()
    for name, field in parts():
        sentence = fields.sentence(name, field.name)
        assert sentence.zh.endswith("。"), (name, field.name)
        assert sentence.en.endswith("."), (name, field.name)
        key = f"{name}.{field.name}"
        used.add(key if key in fields.FIELDS else field.name)
    assert set(fields.FIELDS) == used


def test_every_code_to_choose_has_a_name_in_chinese_and_every_name_a_code() -> None:
    codes = {value for _, field in parts() for value in verbs._typed(field)[2]}
    assert set(fields.CODES_ZH) == codes


def test_answers_to_requests_have_the_names_that_the_site_shows() -> None:
    from archive.api import counts  # noqa: PLC0415 - the schema is built for this test alone

    for names in (counts._APPLICANTS, counts._OUTCOMES):
        for code, name in names.items():
            assert fields.CODES_ZH[code] in name, code


def test_no_event_is_without_a_verb_that_makes_it() -> None:
    made = {event for _, types in lines(STORY) for event in types}
    known = {event.TYPE for event in Event.__subclasses__()} - {"batch-recorded"}
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
