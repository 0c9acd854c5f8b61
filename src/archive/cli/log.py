"""`archive log`: the head of the log, and entries as they are stored."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm
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


@app.command(
    "export",
    cls=Verb,
    help=say(
        "把已签署的日志写成静态文件,任何网页服务器都可直接提供;再次运行只补新的。\n\n示例:archive log export --static /srv/www/log",
        "Write the signed log as static files, which any web server serves as they are; run again, it adds what is new.\n\n"
        "Example: archive log export --static /srv/www/log",
    ),
)
def export(
    context: typer.Context,
    *,
    static: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help=say("写入的文件夹。", "The folder."))],
    progress: Annotated[
        ProgressForm, typer.Option("--progress", metavar="bar|json", help=say("进度的形式。", "How progress is shown."))
    ] = "bar",
) -> None:
    """Write tiles, bundles, checkpoints and keys."""
    from archive.bundle.static import export_static  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    folder = context.obj.home
    with (
        home.stores(folder, read_only=True) as (log, _),
        home.checkpoints(folder, read_only=True) as checkpoints,
        closing(Reader(folder / home.PROJECTIONS)) as reader,
        reader.reading() as reading,
        output.progress(context.obj, task="export", form=progress) as advance,
    ):
        stored = export_static(log, reading, checkpoints, static, progress=advance)
    output.result(
        context.obj,
        {"folder": str(static), "size": stored.size},
        [say(f"已导出 {stored.size} 个条目:{static}", f"Exported {stored.size} entries to {static}")],
    )
