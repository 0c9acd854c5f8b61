"""`archive projection`: how far the projections are, rebuilding them, and their digests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm

if TYPE_CHECKING:
    from archive.projections.runner import RebuildProgress

app = group(say("投影:可随时重建的查询表。", "Projections: query tables that can be rebuilt at any time."))

Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME…", help=say("投影的名称;默认全部。", "Which; all by default."))
]


@app.command(
    "status",
    cls=Verb,
    help=say("显示各投影的位置和落后程度。", "Print where each projection stands and how far it lags."),
)
def status(context: typer.Context) -> None:
    """Print the state of each projection."""
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        states = home.projections(context.obj.home, log, disclosures).status()
    output.result(
        context.obj,
        [
            {
                "projection": one.projection,
                "generation": one.generation,
                "position": one.position,
                "head": one.head,
                "lag": one.lag,
                "definition": one.definition,
                "current": one.current,
                "rebuilding": one.rebuilding,
            }
            for one in states
        ],
        output.table(
            [
                say("投影", "projection"),
                say("代", "generation"),
                say("位置", "position"),
                say("日志", "head"),
                say("落后", "lag"),
                say("定义", "definition"),
                say("重建中", "rebuilding"),
            ],
            [
                (
                    one.projection,
                    one.generation,
                    one.position,
                    one.head,
                    one.lag,
                    say("一致", "current") if one.current else say("已变更,须重建", "changed: rebuild"),
                    one.rebuilding,
                )
                for one in states
            ],
        ),
    )


@app.command(
    "rebuild",
    cls=Verb,
    help=say(
        "从日志重建投影,完成后一次切换,其间照常提供查询。\n\n示例:archive projection rebuild catalogue",
        "Rebuild from the log beside what serves, then switch at once; queries go on meanwhile.\n\n"
        "Example: archive projection rebuild catalogue",
    ),
)
def rebuild(
    context: typer.Context,
    names: Names = None,
    *,
    progress: Annotated[
        ProgressForm,
        typer.Option(
            "--progress",
            metavar="bar|json",
            help=say("进度的形式:进度条,或每步一行 JSON。", "How progress is shown: a bar, or a JSON line a step."),
        ),
    ] = "bar",
) -> None:
    """Rebuild all projections, or those named."""
    started = time.monotonic()
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        projections = home.projections(context.obj.home, log, disclosures)
        with output.progress(context.obj, task="rebuild", form=progress, total=log.head()) as advance:

            def step(state: RebuildProgress) -> None:
                advance(state.done)

            built = projections.rebuild(names or None, progress=step)
        seconds = time.monotonic() - started
    output.result(
        context.obj,
        {
            "generation": built.generation,
            "position": built.position,
            "seconds": round(seconds, 3),
            "digests": {name: {"numbers": one.numbers, "text": one.text} for name, one in built.digests.items()},
        },
        [
            say(
                f"已重建到位置 {built.position},用时 {seconds:.1f} 秒,现为第 {built.generation} 代。",
                f"Rebuilt up to position {built.position} in {seconds:.1f} s; generation {built.generation} serves.",
            ),
            *(f"{name} {one.numbers} {one.text}" for name, one in built.digests.items()),
        ],
    )


@app.command(
    "digest",
    cls=Verb,
    help=say(
        "显示投影的摘要:同一日志在任何机器上相同。", "Print digests: the same log gives the same on every machine."
    ),
)
def digest(context: typer.Context, names: Names = None) -> None:
    """Print the digest of numbers and of text for each projection."""
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        projections = home.projections(context.obj.home, log, disclosures)
        found = {name: projections.digest(name) for name in names or projections.names()}
    output.result(
        context.obj,
        {name: {"numbers": one.numbers, "text": one.text, "rows": one.rows} for name, one in found.items()},
        [f"{name} {one.numbers} {one.text}" for name, one in found.items()],
    )


@app.command(
    "follow", cls=Verb, help=say("把投影更新到日志的最新位置。", "Fold what the log has beyond the projections.")
)
def follow(context: typer.Context) -> None:
    """Bring the projections up to the head."""
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        position = home.projections(context.obj.home, log, disclosures).follow()
    output.result(context.obj, {"position": position}, [str(position)])
