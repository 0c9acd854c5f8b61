"""`archive item|request|agency VERB`: one verb for each command of the stream, its options read off the command's type.

A new command is a new verb without a line here. What is typed goes the way of an import: to JSON, to `parse_command`,
to the writer; so every error has one code, and `--dry-run` runs the same code.
"""

from __future__ import annotations

import dataclasses
import inspect
import mimetypes
import secrets
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec
import typer
from msgspec import UNSET
from msgspec.inspect import (
    BoolType,
    DateType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    StrType,
    StructType,
    Type,
    UnionType,
    multi_type_info,
)

from archive.cli import fields, home, output
from archive.cli.help import Verb, group
from archive.cli.language import LANGUAGE, say
from archive.domain.codes import Classification
from archive.domain.commands import COMMANDS
from archive.domain.errors import ArchiveError, Phrase, Refused
from archive.domain.parsing import parse_command
from archive.domain.reports import Cell
from archive.domain.rules import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archive.cli.output import Options
    from archive.commands import Receipt
    from archive.domain.codes import Command
    from archive.domain.commands import AnyCommand

_ID_BYTES: Final = 16
# Those of the largest integer of an entry.
_DIGITS: Final = 16


class Filling(NamedTuple):
    """Fields that need not be typed, and what puts them into the command where they are not."""

    fields: frozenset[str]
    fill: Callable[[Options, dict[str, Any]], None]  # Any: JSON of every shape


_NO_FILLING: Final = Filling(frozenset(), lambda _, __: None)
_NO_FILLINGS: Final[Mapping[str, Filling]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A kind of stream and what its verbs are about."""

    kind: str
    about: str

    def app(self, fillings: Mapping[str, Filling] = _NO_FILLINGS) -> typer.Typer:
        """The noun with its verbs; `fillings`: commands of which the program can fill in what is not typed."""
        app = group(self.about)
        for name, command in COMMANDS.items():
            if self.kind == command.STREAM:
                about = say(fields.COMMANDS_ZH[name], (command.__doc__ or "").splitlines()[0])
                app.command(self.verb_of(name), cls=Verb, help=about)(
                    _verb(name, command, fillings.get(name, _NO_FILLING))
                )
        about = say("显示该记录的全部条目。", "Print every entry of the stream.")
        app.command("show", cls=Verb, help=about)(_show(self.kind))
        return app

    def verb_of(self, name: str) -> str:
        """The verb of a command: `publish-item` is `archive item publish`; `open-review` keeps its object."""
        return "-".join(word for word in name.split("-") if word != self.kind)


NOUNS: Final = {kind: Noun(kind=kind, about=getattr(words.NOUN, LANGUAGE)) for kind, words in fields.NOUNS.items()}


class _Pair(NamedTuple):
    """How one of a list is typed: the names of its two values, whether the second is a number, and a verb that takes it."""

    metavar: str
    zh: str
    names: tuple[str, str]
    counts: bool
    program: str


_PAIRS: Final = {
    Classification: _Pair("SCHEME=CODE", "方案=类别", ("scheme", "code"), False, "item draft"),
    Cell: _Pair("CELL=COUNT", "单元格=数值", ("cell", "count"), True, "report file"),
    Parameter: _Pair("NAME=VALUE", "名称=数值", ("name", "value"), True, "rule adopt"),
}


def _verb(name: str, command: type[Command], filling: Filling) -> Callable[..., None]:
    """The function that typer calls; its parameters are the command's fields."""
    fixed = {
        "id": (
            str | None,
            None,
            typer.Option(
                metavar="ID",
                help=say(
                    "命令编号,32 位十六进制,重发时须相同;默认随机。",
                    "The command's id, 32 hexadecimal digits, kept when sent again; random by default.",
                ),
            ),
        ),
        "by": (
            str,
            fields.role(command.STREAM, name),
            typer.Option(metavar="ROLE", help=say("办理的角色。", "The office that acts.")),
        ),
        "dry_run": (bool, False, typer.Option("--dry-run", help=say("只检查,不写入。", "Check only; write nothing."))),
    }

    def send(context: typer.Context, *, dry_run: bool, **given: Any) -> None:  # noqa: ANN401 - Any: what typer parsed
        _send(context.obj, command, filling, given, dry_run=dry_run)

    parameters = [
        inspect.Parameter("context", inspect.Parameter.POSITIONAL_ONLY, annotation=typer.Context),
        *(_parameter(command, field) for field in _asked(command, filling)),
        *(
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
            for key, (kind, default, option) in fixed.items()
        ),
    ]
    send.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by typer
    send.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return send


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field of a command, or of a text inside it."""

    name: str
    type: Type
    required: bool
    text: str | None

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def place(self) -> str:
        """Where it stands in the command, as errors name it."""
        return self.name if self.text is None else f"{self.text}.{self.name}"


def _fields(command: type[Command]) -> Iterator[_Field]:
    """The fields that a person gives; those of a text stand beside the others."""
    (info,) = multi_type_info([command])
    assert isinstance(info, StructType)
    for field in info.fields:
        if field.name in ("id", "by"):
            continue
        inner = _present(field.type)
        if field.name in command.TEXTS:
            assert isinstance(inner, StructType)
            for part in inner.fields:
                yield _Field(
                    name=part.name,
                    type=_present(part.type),
                    required=part.required and field.required,
                    text=field.name,
                )
        else:
            begins = field.name == command.STREAM and info.tag in fields.BEGINNINGS
            yield _Field(name=field.name, type=inner, required=field.required and not begins, text=None)


def _asked(command: type[Command], filling: Filling) -> list[_Field]:
    """The fields as they are asked for: what the program fills in may be left out."""
    return [
        dataclasses.replace(field, required=False) if field.name in filling.fields else field
        for field in _fields(command)
    ]


def _present(info: Type) -> Type:
    """The type of a field when it is given, without what is said about it."""
    if isinstance(info, UnionType):
        return _present(info.types[0])
    if isinstance(info, Metadata):
        return _present(info.type)
    if isinstance(info, ListType):
        return msgspec.structs.replace(info, item_type=_present(info.item_type))
    return info


def _parameter(command: type[Command], field: _Field) -> inspect.Parameter:
    kind, metavar, values = _typed(field)
    default: object = inspect.Parameter.empty
    if not field.required:
        kind, default = (kind, []) if isinstance(field.type, ListType) else (kind | None, None)
    elif isinstance(field.type, ListType) and isinstance(field.type.item_type, StructType):
        default = []  # an item may have no category at all
    flag = f"{field.flag}/--no{field.flag[1:]}" if kind is bool else field.flag
    noun, name = command.STREAM, str(command.__struct_config__.tag)
    about = getattr(fields.sentence(noun, name, field.name), LANGUAGE) + _choice(noun, values)
    option = typer.Option(flag, metavar=metavar, help=about, readable=False)
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _typed(field: _Field) -> tuple[Any, str | None, tuple[str, ...]]:  # noqa: PLR0911 - one arm a type # Any: a type made from values
    """What typer parses the field to, how its value is shown, and the codes to choose from."""
    match field.type:
        case BoolType():
            return bool, None, ()
        case LiteralType(values=values):
            return Literal[tuple(values)], "CODE", tuple(map(str, values))
        case IntType():
            return int, "N", ()
        case ListType(item_type=LiteralType(values=values)):
            return list[str], "CODE", tuple(map(str, values))
        case ListType(item_type=IntType()):
            return list[int], "N", ()
        case ListType(item_type=inner):
            return list[str], _metavar(inner, field.name), ()
        case StructType():
            return Path, "FILE", ()
        case inner:
            return str, _metavar(inner, field.name), ()


def _metavar(inner: Type, name: str) -> str:
    match inner:
        case DateType():
            return "YYYY-MM-DD"
        case StructType(cls=cls):
            return _PAIRS[cls].metavar
        case StrType(pattern=None):
            return "TEXT"
        case StrType(pattern=str(pattern)) if pattern.startswith("^http"):
            return "URL"
        case _:
            return "ID" if name in NOUNS else "CODE"


def _choice(noun: str, values: tuple[str, ...]) -> str:
    """The codes to choose from; a reader of Chinese is told what they mean."""
    if not values:
        return ""
    return say(
        "可用的代码:" + "、".join(f"{value} {fields.code_zh(noun, value)}" for value in values) + "。",
        f" One of: {', '.join(values)}.",
    )


def _send(
    options: Options,
    command: type[Command],
    filling: Filling,
    given: dict[str, Any],  # Any: what typer parsed
    *,
    dry_run: bool,
) -> None:
    wish: dict[str, Any] = {  # Any: JSON of every shape
        "command": command.__struct_config__.tag,
        "id": given["id"] or drawn_id(),
        "by": given["by"],
    }
    for field in _asked(command, filling):
        value = _value(field, given[field.name])
        if value is UNSET:
            continue
        if field.text is None:
            wish[field.name] = value
        else:
            wish.setdefault(field.text, {})[field.name] = value
    if wish.get(command.STREAM) is None:
        wish[command.STREAM] = f"{command.STREAM}-{drawn_id()}"
    if any(name not in wish for name in filling.fields):
        filling.fill(options, wish)
    drawn = [("--id", wish["id"])] if given["id"] is None else []
    drawn += [(f"--{command.STREAM}", wish[command.STREAM])] if given[command.STREAM] is None else []
    send(options, wish, stream=wish[command.STREAM], drawn=drawn, dry_run=dry_run)


def drawn_id() -> str:
    """128 random bits for a command or a stream."""
    return secrets.token_hex(_ID_BYTES)


def send(
    options: Options,
    wish: dict[str, Any],  # Any: JSON of every shape
    *,
    stream: str,
    drawn: list[tuple[str, str]],
    dry_run: bool,
) -> None:
    """Handle what was wished, or only check it, and tell. `drawn`: the words by which it is the same command again."""
    parsed = parse_command(msgspec.json.encode(wish))
    if dry_run:
        _check(options, parsed, stream=stream)
        return
    receipt = _handled(options, parsed, drawn=drawn)
    done = {
        "stream": stream,
        "command": parsed.id,
        "first": receipt.first,
        "entries": receipt.entries,
        "repeated": receipt.repeated,
    }
    last = receipt.first + receipt.entries - 1
    where = f"{receipt.first}" if last == receipt.first else f"{receipt.first}–{last}"
    again = say("(此前已办理)", " (done before)") if receipt.repeated else ""
    output.result(options, done, [say(f"{stream} 位置 {where}{again}", f"{stream} at position {where}{again}")])


def _check(options: Options, command: AnyCommand, *, stream: str) -> None:
    """Handle the command as a batch of one line that must not happen."""
    with home.writer(options.home) as writer:
        batch = writer.handle_all([(1, command)], kind="commands", source_sha256=lambda: "0" * 64, dry_run=True)
    for problem in batch.problems:
        raise problem.error
    done = {"stream": stream, "command": command.id, "entries": batch.entries, "dryRun": True}
    output.result(options, done, [say(f"检查通过,未写入:{stream}", f"Checked, nothing written: {stream}")])


def _handled(options: Options, command: AnyCommand, *, drawn: list[tuple[str, str]]) -> Receipt:
    """Handle the command. Where its answer is lost, the error says by which words it is the same command again."""
    try:
        with home.writer(options.home) as writer:
            return writer.handle(command)
    except KeyboardInterrupt:
        lost: ArchiveError = Refused("INT-002")
    except ArchiveError as error:
        if error.code != "CMD-009":
            raise
        lost = error
    for flag, value in drawn:
        lost.add_note(f"{flag} {value}")
    raise lost


def _value(field: _Field, given: Any) -> Any:  # noqa: ANN401 - Any: from typer's values to JSON's
    if given is None or (given == [] and not field.required):
        return UNSET
    match field.type:
        case ListType(item_type=StructType(cls=cls)):
            return [_pair(field, _PAIRS[cls], one) for one in given]
        case ListType(item_type=inner) if not isinstance(inner, IntType):
            return [_text(field, one) for one in given]
        case StructType():
            return _manifest(given)
        case StrType():
            return _text(field, given)
        case _:
            return given


def _text(field: _Field, given: str) -> str:
    """What was typed, which must be text: bytes that are none come in as lone surrogates."""
    try:
        given.encode()
    except UnicodeEncodeError:
        problem = Phrase("不是有效的 UTF-8 文字", "it is not valid UTF-8")
        raise Refused("CMD-003", field=field.place, problem=problem) from None
    return given


def _pair(field: _Field, form: _Pair, given: str) -> dict[str, str | int]:
    """What was typed as two values with an equals sign between them."""
    first, equals, second = _text(field, given).partition("=")
    digits = second.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS
    if not equals or (form.counts and not is_number):
        problem = Phrase(f"{field.flag} 的值须写作 {form.zh}", f"a value of {field.flag} is written {form.metavar}")
        raise Refused("USG-001", problem=problem, program=f"archive {form.program}")
    return dict(zip(form.names, (first, int(second) if form.counts else second), strict=True))


def _manifest(path: Path) -> dict[str, str | int]:
    try:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except FileNotFoundError:
        raise Refused("IMP-003", path=path) from None
    except OSError as error:
        reason = Phrase("系统不让读取", "the system does not let it be read")
        if isinstance(error, IsADirectoryError):
            reason = Phrase("这是一个文件夹", "it is a folder")
        raise Refused("IMP-005", path=path, reason=reason) from None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"sha256": digest, "size": size, "type": kind}


def _show(kind: str) -> Callable[[typer.Context, str], None]:
    def show(
        context: typer.Context,
        stream: Annotated[str, typer.Argument(metavar="ID", help=say("记录的编号。", "The id of the stream."))],
    ) -> None:
        if not stream.startswith(f"{kind}-") or not _is_id(stream):
            raise Refused("USG-002", id=f"{kind}-…")
        with home.stores(context.obj.home, read_only=True) as (log, _):
            rows = log.storage.stream(bytes.fromhex(stream.removeprefix(f"{kind}-")))
        entries = [{"position": row.position} | msgspec.json.decode(row.entry) for row in rows]
        # These 128 bits may be those of a stream of another kind.
        entries = [entry for entry in entries if entry["stream"] == stream]
        if not entries:
            raise Refused("USG-002", id=stream)
        lines = output.table(
            [
                say("位置", "position"),
                say("版本", "version"),
                say("记录时间", "recorded at"),
                say("类型", "type"),
                say("内容", "data"),
            ],
            [
                (one["position"], one["ver"], one["at"], one["type"], msgspec.json.encode(one["data"]).decode())
                for one in entries
            ],
        )
        output.result(context.obj, entries, lines)

    return show


def _is_id(stream: str) -> bool:
    tail = stream.partition("-")[2]
    return len(tail) == 2 * _ID_BYTES and all(character in "0123456789abcdef" for character in tail)
