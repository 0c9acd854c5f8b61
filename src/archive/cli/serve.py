"""`archive serve`: follow the log and answer queries."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import home, output, settings
from archive.cli.language import say
from archive.domain.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.cli.output import Options

HELP = say(
    "提供公开查询服务,并随日志更新投影。\n\n示例:archive --home /srv/archive serve --port 8000",
    "Serve public queries, and fold what is appended meanwhile.\n\nExample: archive --home /srv/archive serve --port 8000",
)


def serve(
    context: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help=say("监听的地址。", "The address to listen on."))
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help=say("端口;0 表示任选。", "The port; 0 takes a free one.")),
    ] = None,
) -> None:
    """Serve until interrupted."""
    serve_home(context.obj, context.obj.home, flags={"host": host, "port": port})


def serve_home(options: Options, folder: Path, *, flags: dict[str, object]) -> None:
    """Serve the archive in this folder."""
    from archive.web.serve import serve as serve_web  # noqa: PLC0415 - help must start without the server

    values = settings.load(folder, flags=flags)
    # What is in the way of it now is no reason not to serve.
    with suppress(ArchiveError):
        home.finish_erasures(folder)
    with home.stores(folder, read_only=True) as (log, disclosures):
        serve_web(
            projections=home.projections(folder, log, disclosures),
            log=log,
            disclosures=disclosures,
            host=str(values["host"].value),
            port=int(str(values["port"].value)),
            ready=lambda address: _ready(options, address),
        )


def _ready(options: Options, address: str) -> None:
    # The site is served, whether anybody hears of it or not.
    with suppress(ArchiveError, BrokenPipeError):
        output.result(options, {"address": address}, [say(f"服务已启动:{address}", f"Serving at {address}")])
