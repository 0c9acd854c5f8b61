"""`archive schema`: what outsiders rely on, printed from this program, and how the API differs from an older one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.domain.errors import Exit, Refused

app = group(
    say(
        "对外约定:事件、命令、GraphQL、数据表、帮助。",
        "What outsiders rely on: events, commands, GraphQL, tables, help.",
    )
)


@app.command(
    "print", cls=Verb, help=say("写出全部约定文件。", "Write all the files of schema/ and docs/ that are printed.")
)
def print_(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", readable=False, help=say("目标文件夹。", "Where to write them."))
    ],
) -> None:
    """Write every printed file below the folder."""
    from archive.cli.promises import files  # noqa: PLC0415 - help must start without the stores

    written = files()
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    output.result(context.obj, sorted(written), sorted(written))


@app.command(
    "diff",
    cls=Verb,
    help=say(
        "比较旧的 GraphQL 接口定义与本程序的:列出破坏性变更和须留意的变更;有破坏性变更时退出码为 3。\n\n"
        "示例:archive schema diff old.graphql",
        "Compare an older GraphQL schema with this program's: name breaking and dangerous changes; exit 3 when one "
        "breaks.\n\nExample: archive schema diff old.graphql",
    ),
)
def diff(
    context: typer.Context,
    old: Annotated[
        Path, typer.Argument(metavar="OLD", readable=False, help=say("旧的接口定义文件(SDL)。", "The older SDL file."))
    ],
) -> None:
    """Compare an older schema with the present one; leave with 3 where a query of somebody's would fail."""
    from archive.api.compatibility import compare  # noqa: PLC0415 - help must start without the schema

    try:
        sdl = old.read_text(encoding="utf-8")
    except OSError:
        raise Refused("SDL-001", path=old) from None
    except UnicodeDecodeError:
        raise Refused("SDL-002", reason="not UTF-8") from None
    found = compare(sdl)
    value = {
        name: [change._asdict() for change in changes]
        for name, changes in (("breaking", found.breaking), ("dangerous", found.dangerous))
    }
    lines = [
        f"{word}  {change.kind}  {change.sentence}"
        for word, changes in (
            (say("破坏性", "breaking"), found.breaking),
            (say("须留意", "dangerous"), found.dangerous),
        )
        for change in changes
    ]
    nothing = say("没有破坏性或须留意的变更。", "No breaking or dangerous changes.")
    output.result(context.obj, value, lines or [nothing])
    if found.breaking:
        raise typer.Exit(Exit.REFUSED)
