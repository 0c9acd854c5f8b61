"""`archive log`: the head of the log, entries as they are stored, and a copy of all in another place."""

from __future__ import annotations

from base64 import b64encode
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from archive.cli import home, output, settings
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

app = group(
    say("日志:最新的位置,所存的条目,复制到别处。", "The log: its head, its entries as stored, a copy elsewhere.")
)


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


@app.command(
    "copy",
    cls=Verb,
    help=say(
        "把日志及其旁的各库复制到文件或 PostgreSQL,逐字节核对;中断后可再次运行。"
        "\n\n示例:archive log copy home/log.sqlite postgresql://archive_writer@db/archive",
        "Copy a log, and the stores beside it, into files or into PostgreSQL, and compare every byte; run it again if it "
        "was interrupted."
        "\n\nExample: archive log copy home/log.sqlite postgresql://archive_writer@db/archive",
    ),
)
def copy(  # noqa: PLR0913 - from where, to where, and for whom
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="FROM", help=say("文件,或 postgresql:// 地址。", "A file, or a postgresql:// address.")),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO", help=say("同上;没有日志时新建。", "The same; a log is made there if there is none.")
        ),
    ],
    *,
    log_owner: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help=say("由该地址的角色建表,见新建档案。", "The role that makes the tables; see archive init."),
        ),
    ] = "",
    log_reader: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help=say("可以读日志的角色;可重复。", "A role that may read it; repeatable.")),
    ] = None,
    log_keeper: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help=say("此外可以读保密库的角色;可重复。", "A role that may read the vault as well; repeatable."),
        ),
    ] = None,
    progress: Annotated[
        ProgressForm,
        typer.Option(
            "--progress",
            metavar="bar|json",
            help=say("进度的形式:进度条,或每步一行 JSON。", "How progress is shown: a bar, or a JSON line a step."),
        ),
    ] = "bar",
) -> None:
    """Copy entries and commands; print where both end and the root of both."""
    with ExitStack() as shown:
        bars: dict[str, Callable[[int], None]] = {}

        def step(task: str, done: int, total: int) -> None:
            if task not in bars:
                shown.close()
                bars[task] = shown.enter_context(output.progress(context.obj, task=task, form=progress, total=total))
            bars[task](done)

        roles = home.Roles(settings.log_address(log_owner), tuple(log_reader or ()), tuple(log_keeper or ()))
        done, stores = home.copy_log(source, target, roles=roles, progress=step)
    root = b64encode(done.root).decode()
    output.result(
        context.obj,
        {
            "head": done.head,
            "copied": done.entries,
            "root": root,
            "stores": {name: moved._asdict() for name, moved in stores.items()},
        },
        [
            say(
                f"已核对至 {done.head},其中新写 {done.entries}。根:{root}",
                f"The same up to {done.head}, {done.entries} of them new. Root: {root}",
            ),
            *(
                say(
                    f"{name}:{moved.rows} 行相同,其中新写 {moved.copied}。",
                    f"{name}: {moved.rows} rows are the same, {moved.copied} of them new.",
                )
                for name, moved in stores.items()
            ),
        ],
    )
