"""What the documents say is there, and what is there is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.api import counts, documents, errors, items, pages
from archive.cli.fields import COMMANDS_ZH
from archive.cli.main import NOUNS
from archive.domain.commands import COMMANDS
from archive.domain.events import TABLE
from archive.web import graphql

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
HELP = (ROOT / "schema" / "cli.en.txt").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
CALL = re.compile(r"(?:scripts/)?archive(?: --home \S+| --json| --lang \w+)* ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_is_in_the_help(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = [*re.findall(r"```sh\n(.*?)```", text, re.DOTALL), *re.findall(r"`((?:scripts/)?archive [^`]+)`", text)]
    for noun, verb in (match for block in blocks for match in CALL.findall(block)):
        named = noun in NOUNS and (not verb or f"$ archive {noun} {verb} --help" in HELP or noun in {"init", "demo"})
        assert named or noun in NOUNS, f"{page.name} shows `archive {noun} {verb}`"
        if (
            verb
            and f"$ archive {noun} --help" in HELP
            and "Commands:" in HELP.split(f"$ archive {noun} --help")[1].split("$ archive")[0]
        ):
            assert f"$ archive {noun} {verb} --help" in HELP, f"{page.name} shows `archive {noun} {verb}`"


def test_the_portals_manual_names_the_limits_in_force() -> None:
    portal = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    for row, limit in {
        "body of a request": graphql.MAX_BODY,
        "tokens of a document": documents.OPEN.tokens,
        "depth": documents.OPEN.depth,
        "aliases": documents.OPEN.aliases,
        "fields of a document": documents.OPEN.fields,
        "pairs of fields of one name in a document, and three for each pair of fragments spread": documents.OPEN.repeats,
        "estimated cost of an answer": documents.OPEN.cost,
        "objects of an answer": documents.OPEN.objects,
        "`first`, `last`": pages.MAX_SIZE,
        "values in a list of a filter": pages.MAX_LIST,
        "years of `counts`": counts.MAX_YEARS,
        "characters of `search`": items.MAX_SEARCH,
        "errors of an answer": errors.MAX_ERRORS,
    }.items():
        assert re.search(rf"\| {re.escape(row)} \| {limit:,}\b", portal), row


def test_the_portals_manual_names_every_code_and_reason_of_the_api() -> None:
    portal = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    own = {errors.PARSE_FAILED, errors.VALIDATION_FAILED, errors.BAD_INPUT, errors.NO_OPERATION, errors.INTERNAL}
    named = own | {name for one in errors.SHOWN.values() for name in one if name is not None}
    assert {name for name in named if f"`{name}`" not in portal} == set()


def test_every_command_has_a_sentence_in_chinese() -> None:
    assert set(COMMANDS_ZH) == set(COMMANDS)


def test_every_event_and_command_has_a_sentence() -> None:
    for one in (*TABLE.values(), *COMMANDS.values()):
        assert (one.__doc__ or "").splitlines()[0].endswith((".", ".)")), one.__name__


def test_every_decision_is_numbered_once_and_in_order() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
