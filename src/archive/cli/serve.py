"""`archive serve`: follow the log and answer queries."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from archive.cli import home, output, settings
from archive.cli.language import say
from archive.domain.errors import ArchiveError, Exit

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from archive.cli.output import Options

# How long a rebuild in the background goes unwatched, and how long one waits for somebody else's.
_LOOK_SECONDS: Final = 0.1
_BUSY_SECONDS: Final = 1.0

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
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=settings.MAX_WORKERS,
            help=say("回答查询的进程数。", "How many processes answer queries."),
        ),
    ] = None,
    log_read: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help=say(
                "从该 PostgreSQL 地址读取,如从库;不含密码。",
                "Read at this PostgreSQL address, such as a replica's; without a password.",
            ),
        ),
    ] = None,
) -> None:
    """Serve until interrupted."""
    flags: dict[str, object] = {"host": host, "port": port, "workers": workers, "log_read": log_read}
    serve_home(context.obj, context.obj.home, flags=flags)


def serve_home(
    options: Options, folder: Path, *, flags: dict[str, object], publish: Callable[[], object] | None = None
) -> None:
    """Serve the archive in this folder. `publish`: what brings new checkpoints; its notary unless given."""
    from archive.projections.cleansing import Cleanser  # noqa: PLC0415 - help must start without the stores
    from archive.web import diagnostics  # noqa: PLC0415 - help must start without the server
    from archive.web.serve import Operated  # noqa: PLC0415 - help must start without the server
    from archive.web.serve import serve as serve_web  # noqa: PLC0415 - help must start without the server

    values = settings.load(folder, flags=flags)
    operated: dict[str, Any] = {name: values[name].value for name in Operated._fields}  # Any: of the setting's own kind
    operated["documents"] = str(settings.documents_folder(folder, operated["documents"]) or "")
    node = home.is_node(folder)
    if not node:
        # What is in the way of it now is no reason not to serve.
        with suppress(ArchiveError):
            home.finish_erasures(folder)
    with (
        home.stores(folder, read_only=True, flags=flags) as (log, disclosures),
        home.checkpoints(folder, read_only=node, flags=flags) as checkpoints,
    ):
        projections = home.projections(folder, log, disclosures)
        if publish is None:
            publish = (
                Cleanser(log, projections.folder, rebuild=lambda: _rebuild(folder, Event(), "--keep", "0"))
                if node
                else home.publisher(folder, log, checkpoints, tell=diagnostics.not_attested)
            )
        serve_web(
            projections=projections,
            log=log,
            disclosures=disclosures,
            checkpoints=checkpoints,
            publish=publish,
            publish_seconds=float(str(values["publish_seconds"].value)),
            host=str(values["host"].value),
            port=int(str(values["port"].value)),
            rebuild=lambda stop: _rebuild(folder, stop),
            ready=lambda address: _ready(options, address),
            workers=int(str(values["workers"].value)),
            busy_seconds=float(str(values["busy_seconds"].value)),
            operated=Operated(**operated),
        )


def _rebuild(folder: Path, stop: threading.Event, *words: str) -> bool:
    """Rebuild in a process of its own, which leaves this one's processor to the answers; False where that fails."""
    command = [sys.executable, "-m", "archive", "--home", str(folder), "--quiet", "projection", "rebuild", "--resume"]
    command += words
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own program and folder
        while process.poll() is None:
            if stop.wait(_LOOK_SECONDS):
                process.terminate()
        if process.returncode == Exit.BUSY:
            # Somebody else is at it.
            stop.wait(_BUSY_SECONDS)
            return True
        return process.returncode == 0 or stop.is_set()


def _ready(options: Options, address: str) -> None:
    # The site is served, whether anybody hears of it or not.
    with suppress(ArchiveError, BrokenPipeError):
        output.result(options, {"address": address}, [say(f"服务已启动:{address}", f"Serving at {address}")])
