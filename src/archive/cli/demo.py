"""`archive demo`: the bureau of 2018 in a folder of its own, built and served."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import home, output, settings
from archive.cli.language import say
from archive.cli.output import ProgressForm
from archive.cli.serve import serve_home
from archive.domain.errors import Refused

HELP = say(
    "建立示例档案(2018 年的一个县级局:686 条信息、1 件申请)并提供服务,按 Ctrl-C 结束。\n\n示例:archive demo --port 8000",
    "Build the demo archive (one county bureau in 2018: 686 items, one request) and serve it; Ctrl-C ends it.\n\n"
    "Example: archive demo --port 8000",
)
NOTARY = "notary"
ORIGIN = "demo.archive.example/xianan-fgj"


def demo(
    context: typer.Context,
    *,
    folder: Annotated[
        Path,
        typer.Option(
            "--dir", metavar="DIR", readable=False, help=say("示例档案的文件夹。", "The folder of the demo archive.")
        ),
    ] = Path("archive-demo"),
    port: Annotated[
        int,
        typer.Option(metavar="PORT", min=0, max=65535, help=say("端口;0 表示任选。", "The port; 0 takes a free one.")),
    ] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help=say("只建立,不提供服务。", "Build only."))] = False,
    progress: Annotated[
        ProgressForm, typer.Option("--progress", metavar="bar|json", help=say("进度的形式。", "How progress is shown."))
    ] = "bar",
) -> None:
    """Build the bureau unless it is there, fold the projections, serve."""
    from archive.intake.bureau_2018 import build_bureau  # noqa: PLC0415 - help must start without the stores

    options = context.obj
    if not (folder / settings.FILE).exists():
        # One folder holds all of it, so that whoever has looked enough removes one folder.
        home.create(folder, origin=ORIGIN, notary=NOTARY)
    # Made-up records have no place in an archive that somebody else began.
    if settings.load(folder)["origin"].value != ORIGIN:
        raise Refused("LOG-010", path=folder)
    with home.stores(folder) as (log, disclosures), home.checkpoints(folder) as checkpoints:
        with home.vault(folder) as vault, output.progress(options, task="demo", form=progress) as advance:
            build_bureau(log, disclosures, vault, progress=advance)
        position = home.projections(folder, log, disclosures).follow()
        home.publisher(folder, log, checkpoints)()
    output.result(
        options,
        {"home": str(folder), "origin": ORIGIN, "head": position},
        [say(f"示例档案已建立:{folder},{position} 个条目。", f"The demo archive is in {folder}: {position} entries.")],
    )
    if not no_serve:
        serve_home(options, folder, flags={"port": port})
