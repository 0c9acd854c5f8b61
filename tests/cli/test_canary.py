"""The canary: a random word in every text of every command, found nowhere before it is cleared, and nowhere once erased.

Goal: promise 6, for every command there is and every one to come. Method: the story of all verbs is told through the
command line, and on the way to the writer each text is replaced by words drawn at random; then files, answers, errors
and diagnostics are searched for those that no entry cleared. At the end everything is erased, and none may be left.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from graphql import GraphQLObjectType, build_schema, get_introspection_query, get_named_type, is_non_null_type
from msgspec import UNSET
from msgspec.inspect import ListType, Metadata, StrType, StructType, Type, UnionType, type_info
from starlette.testclient import TestClient

from api.world import World, world_of
from archive import erasure
from archive.cli import home as homes
from archive.cli import verbs
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.erasures import Erase
from archive.domain.errors import Refused
from archive.domain.events import STREAMS
from archive.domain.parsing import parse_command
from archive.log.entry import Entry
from archive.projections.runner import Projections
from archive.vault.store import Vault
from archive.web.app import create_app
from cli.conftest import Said
from cli.test_verbs import STORY, lines
from faults.homes import followed, opened, writing
from stories import BACKENDS, ORIGIN, Home, texts_behind

Archive = Callable[..., Said]
LETTERS: Final = 14


class Canaries:
    """Words drawn at random, and where each was put: command and class of text."""

    def __init__(self) -> None:
        self._draw = random.Random(686)
        self.words: dict[str, tuple[str, str]] = {}

    def plant(self, command: AnyCommand) -> AnyCommand:
        """The command with a word in every string that a person writes."""
        tag = str(command.__struct_config__.tag)
        planted = {
            name: msgspec.convert(
                self._grown(msgspec.to_builtins(text), type_info(type(text)), (tag, name)), type(text)
            )
            for name in command.TEXTS
            if (text := getattr(command, name)) is not UNSET
        }
        return msgspec.structs.replace(command, **planted)

    def _grown(self, value: Any, info: Type, place: tuple[str, str]) -> Any:  # noqa: ANN401, PLR0911 - Any: a JSON value of every shape, an arm each
        match info:
            case UnionType(types=types):
                return self._grown(value, types[0], place)
            case Metadata(type=inner):
                return self._grown(value, inner, place)
            case StructType(fields=fields):
                parts = {field.encode_name: field.type for field in fields}
                return {name: self._grown(one, parts[name], place) for name, one in value.items()}
            case ListType(item_type=inner):
                return [self._grown(one, inner, place) for one in value]
            case StrType(pattern=None, max_length=longest) if longest is None or longest >= LETTERS:
                return self._word(place)
            case StrType(pattern=str(pattern)) if pattern.startswith("^http"):
                return f"https://{self._word(place)}.example/"
            case _:
                return value

    def _word(self, place: tuple[str, str]) -> str:
        word = "".join(self._draw.choices("bcdfghjklmnpqrstvwxz", k=LETTERS))
        self.words[word] = place
        return word

    def found_in(self, text: str | bytes, words: Mapping[str, object]) -> list[tuple[str, str]]:
        """Where the words that stand in a text were put."""
        raw = text.encode() if isinstance(text, str) else text
        return [
            self.words[word]
            for word in words
            if any(word.encode(code) in raw for code in ("utf-8", "utf-16-le", "utf-16-be"))
        ]


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> Canaries:
    canaries = Canaries()
    monkeypatch.setattr(verbs, "parse_command", lambda line: canaries.plant(parse_command(line)))
    return canaries


def test_a_canary_is_seen_only_where_it_was_cleared_and_nowhere_once_erased(
    folder: Path,
    cli: Archive,
    asked: Archive,
    canaries: Canaries,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "body.pdf").write_bytes(b"%PDF-1.7")
    said = [call(*words) for call in (asked, cli) for words in story(tmp_path / "body.pdf")]
    assert [one for one in said if one.code not in (0, 3)] == []
    assert all(one.code == 0 for one in said[: len(said) // 2])
    assert must_be_planted() <= set(canaries.words.values())
    said += [asked("log", "show", "1", "--limit", "10000"), cli("log", "show", "1", "--limit", "10000")]
    followed(folder)

    hidden = {word: canaries.words[word] for word in canaries.words.keys() - cleared(folder, canaries)}
    assert hidden, "some texts wait, and persons are never cleared"
    assert len(hidden) < len(canaries.words)
    must_be_nowhere(folder, canaries, hidden, said, caplog)
    # The other half was sent again with other texts: those commands were refused, and their texts are nowhere either.
    public = {word: place for word, place in canaries.words.items() if word not in hidden}
    with opened(folder) as (log, disclosures):
        shown = "".join(answers(world_of(Home(folder, BACKENDS["sqlite"]), log, disclosures), []))
    assert canaries.found_in(shown, public), "were nothing ever shown, the test would say nothing"

    erase_everything(folder)
    assert cleared(folder, canaries) == set()
    must_be_nowhere(folder, canaries, canaries.words, [], caplog)


def must_be_planted() -> set[tuple[str, str]]:
    """Every text that a command cannot do without."""
    return {
        (name, field.name)
        for name, command in COMMANDS.items()
        for field in msgspec.structs.fields(command)
        if field.name in command.TEXTS and field.required
    }


def story(body: Path) -> Iterator[list[str]]:
    for number, (words, _) in enumerate(lines(STORY), start=1):
        yield [*(str(body) if word == "FILE" else word for word in words), "--id", f"{number:032x}"]


def cleared(folder: Path, canaries: Canaries) -> set[str]:
    """The words that the public may read."""
    with opened(folder) as (log, disclosures):
        entries = log.entries(after=0, limit=100_000)
        kept = texts_behind(disclosures, seals_of(entries))
    values = b"\n".join(one.value for one in kept.values() if one.cleared is not None)
    return {word for word in canaries.words if word.encode() in values}


def seals_of(entries: list[Entry]) -> list[str]:
    return [getattr(entry.event, name) for entry in entries for name in entry.event.SEALS]


def must_be_nowhere(
    folder: Path, canaries: Canaries, words: Mapping[str, object], said: list[Said], caplog: pytest.LogCaptureFixture
) -> None:
    """None of these words is in a file, in an answer, in an error or in a diagnostic."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            assert canaries.found_in(path.read_bytes(), words) == [], path.name
    for one in said:
        assert canaries.found_in(one.out + one.err, words) == []
    home = Home(folder, BACKENDS["sqlite"])
    with opened(folder) as (log, disclosures):
        world = world_of(home, log, disclosures)
        for answer in answers(world, list(words)):
            assert canaries.found_in(answer, words) == []
        with TestClient(create_app(world.sources, origin=ORIGIN), raise_server_exceptions=False) as site:
            for address in ("/", "/healthz", "/readyz", "/metrics", "/schema.graphql", "/version", "/nothing"):
                assert canaries.found_in(site.get(address).text, words) == []
    assert canaries.found_in(caplog.text, words) == []


# --- everything that can be asked ---------------------------------------------------------------------------------------
def answers(world: World, words: list[str]) -> Iterator[str]:
    """Every field of the schema at the head, the schema itself, searches for some of the words, and wrong questions."""
    from archive.api.schema import print_sdl  # noqa: PLC0415 - the schema is built when it is asked

    schema = build_schema(print_sdl())
    top = schema.get_type("Archive")
    assert isinstance(top, GraphQLObjectType)
    yield text(world, get_introspection_query())
    seen = 0
    for name in top.fields:
        asked = selection(top, name, depth=5, path=())
        if asked is not None:
            seen += 1
            yield text(world, f"{{ archive {{ {asked} }} }}")
    assert seen >= 4, "scalars, agencies, items and entries can be asked for at once"
    for word in words[:20]:
        # What was typed stands in the question; the answer must not repeat it.
        yield text(world, f'{{ archive {{ items(first: 5, search: "{word}") {{ totalCount }} }} }}')
        yield text(world, f'{{ archive {{ item(by: {{indexNumber: "{word}"}}) {{ id }} }} }}')


def text(world: World, query: str) -> str:
    return msgspec.json.encode(world.answer(query).body, enc_hook=str).decode()


def selection(owner: GraphQLObjectType, name: str, *, depth: int, path: tuple[str, ...]) -> str | None:
    """A field with all that can be asked of it without an argument of its own; None where it needs one."""
    field = owner.fields[name]
    if any(is_non_null_type(argument.type) for argument in field.args.values()):
        return None
    called = f"{name}(first: 50)" if "first" in field.args else name
    inner = get_named_type(field.type)
    if not isinstance(inner, GraphQLObjectType):
        return called if not hasattr(inner, "types") else None
    if depth == 0 or inner.name in path:
        return None
    parts = [selection(inner, one, depth=depth - 1, path=(*path, inner.name)) for one in inner.fields]
    chosen = " ".join(part for part in parts if part)
    return f"{called} {{ {chosen} }}" if chosen else None


# --- erasure ------------------------------------------------------------------------------------------------------------
def erase_everything(folder: Path) -> None:
    """Erase every class of text of every stream, as the command line does."""
    with opened(folder) as (log, _):
        streams = sorted({entry.stream for entry in log.entries(after=0, limit=100_000)})
    number = 0
    with writing(folder) as writer:
        for stream in streams:
            for field in sorted({name for event in STREAMS[stream.rpartition("-")[0]] for name in event.SEALS}):
                number += 1
                wish = Erase(
                    id=f"{number:024x}{'e' * 8}", by="role:administrator", stream=stream, field=field, basis="pipl-47-3"
                )
                # Not every stream carries every class.
                with suppress(Refused):
                    writer.handle(wish)
    with opened(folder) as (log, disclosures), closing(Vault(folder / homes.VAULT)) as vault:
        erasure.finish(log, disclosures, vault, Projections(folder / homes.PROJECTIONS, log, disclosures))
