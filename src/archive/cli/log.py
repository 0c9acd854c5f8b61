"""`archive log`: the head of the log, and entries as they are stored."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.domain.errors import Refused

app = group(say("日志:最新的位置,所存的条目。", "The log: its head, and entries as they are stored."))


@app.command("head", cls=Verb, help=say("显示最新的位置。", "Print the newest position."))
def head(context: typer.Context) -> None:
    """Print origin, head and when the newest entry was recorded."""
    with home.stores(context.obj.home, read_only=True) as (log, _):
        position = log.head()
        value = {"origin": log.origin, "head": position, "recordedAt": log.moment_of(position)}
    output.result(context.obj, value, [f"{value['origin']} {position} {value['recordedAt'] or ''}".rstrip()])


@app.command(
    "show",
    cls=Verb,
    help=say(
        "按位置显示条目,一行一条,字节与所存一致。\n\n示例:archive log show 1 --limit 20",
        "Print entries from a position on, one a line, byte for byte as stored.\n\nExample: archive log show 1 --limit 20",
    ),
)
def show(
    context: typer.Context,
    position: Annotated[int, typer.Argument(metavar="POSITION", min=1, help=say("起始位置。", "The first position."))],
    *,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help=say("最多几条。", "How many at most."))
    ] = 1,
) -> None:
    """Print the stored bytes of entries."""
    with home.stores(context.obj.home, read_only=True) as (log, _):
        rows = log.rows(after=position - 1, limit=limit)
        if not rows:
            raise Refused("LOG-009", position=position, head=log.head())
    output.result(
        context.obj,
        [{"position": row.position, "entry": msgspec.json.decode(row.entry)} for row in rows],
        [row.entry.decode() for row in rows],
    )
