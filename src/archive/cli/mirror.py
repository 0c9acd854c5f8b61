"""`archive mirror`: follow somebody else's log by its public files, verify all of it, and serve the same answers."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import home, output, settings
from archive.cli.language import say
from archive.cli.output import ProgressForm
from archive.cli.serve import serve_home
from archive.domain.errors import Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.checkpoints.store import Stored

HELP = say(
    "按公开的文件跟随他人的日志,逐字节核对,并提供同样的查询;发现两份不同的历史时保存证据,退出码为 4。\n\n"
    "示例:archive mirror https://archive.example/ /srv/mirror --vkey archive.example/fgj+…",
    "Follow somebody else's log by its public files, verify every byte, and serve the same answers; two histories are kept "
    "as evidence, exit 4.\n\nExample: archive mirror https://archive.example/ /srv/mirror --vkey archive.example/fgj+…",
)


def mirror(  # noqa: PLR0913 - what, where to, by which key, and how it is served
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help=say("对方网站的地址。", "The address of the site."))],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", readable=False, help=say("镜像的文件夹。", "The folder of the mirror."))
    ],
    *,
    vkey: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help=say(
                "对方日志的验证密钥,取自年报等处;第一次须给出。",
                "The verifier key of the log, from a report or the like; needed the first time.",
            ),
        ),
    ] = None,
    once: Annotated[
        bool,
        typer.Option("--once", help=say("赶上后即结束,不提供服务。", "End when it has caught up, and serve nothing.")),
    ] = False,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help=say("监听的地址。", "The address to listen on."))
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help=say("端口;0 表示任选。", "The port; 0 takes a free one.")),
    ] = None,
    progress: Annotated[
        ProgressForm, typer.Option("--progress", metavar="bar|json", help=say("进度的形式。", "How progress is shown."))
    ] = "bar",
) -> None:
    """Catch up; then follow and serve until interrupted."""
    from archive.merkle.note import VerifierKey  # noqa: PLC0415 - help must start without the stores
    from archive.merkle.refusal import Unsound  # noqa: PLC0415 - help must start without the stores

    if not (folder / settings.FILE).exists():
        if vkey is None:
            raise Refused("MIR-006")
        try:
            key = VerifierKey.parse(vkey)
        except Unsound as error:
            raise Corrupt(error.code, **error.facts) from None
        home.create_mirror(folder, key=key)
    elif vkey is not None and vkey != str(home.mirrored(folder)):
        raise Refused("MIR-007", path=folder)
    with following(url, folder) as catch_up:
        with output.progress(context.obj, task="mirror", form=progress) as advance:
            stored = catch_up(advance)
        output.result(
            context.obj,
            {"home": str(folder), "size": stored.size},
            [say(f"镜像已核对到 {stored.size}:{folder}", f"The mirror is verified up to {stored.size}: {folder}")],
        )
    if not once:
        with following(url, folder) as catch_up:
            serve_home(
                context.obj, folder, flags={"host": host, "port": port}, publish=lambda: catch_up(lambda _: None)
            )


@contextmanager
def following(url: str, folder: Path) -> Iterator[Callable[[Callable[[int], None]], Stored]]:
    """A function that catches up with the log at an address; one thread may call it, many times."""
    from archive import erasure  # noqa: PLC0415 - help must start without the stores
    from archive.mirror.follow import Copy, catch_up  # noqa: PLC0415 - help must start without the stores
    from archive.mirror.remote import Remote  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    key = home.mirrored(folder)
    with (
        home.stores(folder) as (log, disclosures),
        home.checkpoints(folder) as checkpoints,
        closing(Reader(folder / home.PROJECTIONS)) as reader,
        Remote(url) as remote,
    ):
        projections = home.projections(folder, log, disclosures)
        copy = Copy(log, disclosures, checkpoints, projections, reader, folder / "evidence")

        def once(progress: Callable[[int], None]) -> Stored:
            stored = catch_up(remote, copy, key, now=lambda: datetime.now(UTC), progress=progress)
            erasure.finish(log, disclosures, None, projections)
            return stored

        yield once
