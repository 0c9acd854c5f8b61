"""`--help` in the reader's language: usage, arguments, options and verbs, in columns that know how wide a character is.

typer's own pages are half English whatever the language of the program, and break no line of Chinese.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from archive.cli.language import say
from archive.cli.output import width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDEST: Final = 100
# The first column of a list; what does not fit stands on a line of its own.
_COLUMN: Final = 30
# A line may break after a Chinese character and between words, but not before a mark that closes.
_PIECES: Final = re.compile(r"\s+|[\u2e80-\u9fff\uff00-\uffef][,.;:)。，；：、）”]*|[^\s\u2e80-\u9fff\uff00-\uffef]+")


class Group(TyperGroup):
    """A noun, with verbs."""

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:  # Any: classes that typer does not name in public
        formatter.write(page(self, ctx))


class Verb(TyperCommand):
    """What does something."""

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:  # Any: see above
        formatter.write(page(self, ctx))


class Row(NamedTuple):
    """A name and what it is."""

    name: str
    about: str


def group(about: str) -> typer.Typer:
    """A noun without verbs yet."""
    return typer.Typer(cls=Group, no_args_is_help=True, help=about, rich_markup_mode=None, add_completion=False)


def page(command: Any, context: Any) -> str:  # noqa: ANN401 - Any: a command and a context of typer
    """The page of `--help`."""
    parameters = [one for one in command.get_params(context) if not one.hidden]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option"]
    verbs = getattr(command, "commands", {})
    words = [context.command_path, say("[选项]", "[OPTIONS]")]
    words += [one.metavar if one.required else f"[{one.metavar}]" for one in arguments]
    words += [say("命令 …", "COMMAND …")] if verbs else []
    width = min(shutil.get_terminal_size().columns, WIDEST) - 2
    lines = [say("用法:", "Usage: ") + " ".join(words)]
    for paragraph in (command.help or "").split("\n\n"):
        lines += ["", *(f"  {line}" for line in wrapped(paragraph, width))]
    for heading, rows in (
        (say("参数:", "Arguments:"), [Row(one.metavar, _about(one)) for one in arguments]),
        (say("选项:", "Options:"), [_option(one) for one in options]),
        (say("命令:", "Commands:"), [Row(name, _first_sentence(verb.help)) for name, verb in verbs.items()]),
    ):
        if rows:
            lines += ["", heading, *_listed(rows, width)]
    return "\n".join(lines) + "\n"


def _option(option: Any) -> Row:  # noqa: ANN401 - Any: an option of typer
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names += " / " + ", ".join(option.secondary_opts)
    if not option.is_flag:
        names += f" {option.metavar}"
    return Row(names, say("显示本帮助。", "Show this help.") if option.name == "help" else _about(option))


def _about(parameter: Any) -> str:  # noqa: ANN401 - Any: an option or argument of typer
    """What it is, whether it must be given, and what it is otherwise."""
    said = []
    if parameter.envvar is not None:
        said.append(say(f"环境变量 {parameter.envvar}", f"environment: {parameter.envvar}"))
    if parameter.required:
        said.append(say("必填", "required"))
    elif isinstance(parameter.show_default, str):
        said.append(say(f"默认 {parameter.show_default}", f"default: {parameter.show_default}"))
    elif parameter.show_default and parameter.default not in (None, False, []):
        said.append(say(f"默认 {parameter.default}", f"default: {parameter.default}"))
    remark = say(",", "; ").join(said)
    return f"{parameter.help or ''}{f'  [{remark}]' if remark else ''}".lstrip()


def _first_sentence(about: str | None) -> str:
    return (about or "").split("\n\n", maxsplit=1)[0]


def _listed(rows: Sequence[Row], width: int) -> Iterator[str]:
    first = min(max(width_of(row.name) for row in rows), _COLUMN) + 4
    for row in rows:
        lines = wrapped(row.about, width - first)
        name = f"  {row.name}"
        if width_of(name) + 2 <= first and lines:
            name += " " * (first - width_of(name)) + lines.pop(0)
        yield name
        yield from (" " * first + line for line in lines)


def wrapped(text: str, width: int) -> list[str]:
    """Lines at most so many columns wide; a word that is wider stands alone."""
    return list(_wrapped(_PIECES.findall(" ".join(text.split("\n"))), width))


def _wrapped(pieces: Iterable[str], width: int) -> Iterator[str]:
    line = ""
    for piece in pieces:
        if line and width_of(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()
