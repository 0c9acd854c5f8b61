"""`archive schema print`: what outsiders rely on, printed from this program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import output
from archive.cli.help import Verb, group
from archive.cli.language import say

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


@app.callback()
def schema() -> None:
    """Keep `print` a verb of the noun, though it is the only one."""
