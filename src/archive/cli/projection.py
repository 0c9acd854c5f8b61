"""`archive projection`: how far the projections are, rebuilding them, and their digests."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm
from archive.domain.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.projections.generations import Owner
    from archive.projections.runner import RebuildProgress

# How far behind others a rebuild stands where a processor is wanted by both; alone it is as fast as ever.
_NICE: Final = 10

app = group(say("投影:可随时重建的查询表。", "Projections: query tables that can be rebuilt at any time."))

SnapshotFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        dir_okay=False,
        help=say("快照文件;清单在其旁的 FILE.json。", "The snapshot; its manifest is FILE.json beside it."),
    ),
]
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
    now = datetime.now(UTC)
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
                "readable": one.readable,
                "following": None
                if one.following is None
                else {"pid": one.following.pid, "since": one.following.since},
                "rebuilding": None if one.rebuilding is None else _work(one.rebuilding, now),
                "resumable": one.resumable,
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
                say("跟随者", "followed by"),
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
                    None if one.following is None else f"{one.following.pid} ({one.following.since})",
                    _rebuilding(one.rebuilding, one.resumable, now),
                )
                for one in states
            ],
        ),
    )


def _work(owner: Owner, now: datetime) -> dict[str, object]:
    """Who rebuilds, how far, at how many entries a second, and the seconds that are left at that rate."""
    said: dict[str, object] = {"pid": owner.pid, "since": owner.since}
    if owner.work is not None:
        first, done, total = owner.work
        seconds = (now - datetime.fromisoformat(owner.since)).total_seconds()
        rate = (done - first) / seconds if seconds > 0 else 0.0
        left = round((total - done) / rate) if rate > 0 else None
        said |= {"done": done, "total": total, "rate": round(rate), "seconds_left": left}
    return said


def _rebuilding(owner: Owner | None, resumable: int | None, now: datetime) -> str | None:
    if owner is None:
        return None if resumable is None else say(f"中断于 {resumable}", f"stopped at {resumable}")
    work = _work(owner, now)
    if "done" not in work:
        return f"{owner.pid} ({owner.since})"
    left = "?" if work["seconds_left"] is None else work["seconds_left"]
    return f"{owner.pid} ({owner.since}) {work['done']}/{work['total']} {work['rate']}/s {left} s"


@contextmanager
def _behind_readers() -> Iterator[None]:
    """Inside, whoever answers questions gets the processor first: a rebuild has time, and holds a lock only at its end."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(before, _NICE))
    try:
        yield
    finally:
        # Back up again is a privilege; the process of a command ends here anyway.
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)


@app.command(
    "rebuild",
    cls=Verb,
    help=say(
        "从日志重建投影,完成后一次切换,其间照常提供查询。\n\n示例:archive projection rebuild catalogue",
        "Rebuild from the log beside what serves, then switch at once; queries go on meanwhile.\n\n"
        "Example: archive projection rebuild catalogue",
    ),
)
def rebuild(  # noqa: PLR0913 - what an administrator may choose
    context: typer.Context,
    names: Names = None,
    *,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help=say(
                "接着做同样投影的上一次中断的重建;没有则从头开始。",
                "Go on with an interrupted rebuild of the same projections; begin anew where there is none.",
            ),
        ),
    ] = False,
    keep: Annotated[
        int,
        typer.Option(
            "--keep",
            metavar="N",
            min=0,
            max=100,
            help=say("除正在使用的一代外,保留几代旧的。", "How many generations stay beside the one that serves."),
        ),
    ] = 1,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help=say(
                "与此前在同一位置的摘要比较;不同则退出码为 4。",
                "Compare the digests with those before at the same position; exit 4 where they differ.",
            ),
        ),
    ] = False,
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
        with (
            _behind_readers(),
            output.progress(context.obj, task="rebuild", form=progress, total=log.head()) as advance,
        ):

            def step(state: RebuildProgress) -> None:
                advance(state.done)

            built = projections.rebuild(names or None, resume=resume, keep=keep, compare=compare, progress=step)
        seconds = time.monotonic() - started
    output.result(
        context.obj,
        {
            "generation": built.generation,
            "position": built.position,
            "seconds": round(seconds, 3),
            "digests": {name: {"numbers": one.numbers, "text": one.text} for name, one in built.digests.items()},
            "compared": built.compared,
            "changed": built.changed,
        },
        [
            say(
                f"已重建到位置 {built.position},用时 {seconds:.1f} 秒,现为第 {built.generation} 代。",
                f"Rebuilt up to position {built.position} in {seconds:.1f} s; generation {built.generation} serves.",
            ),
            *(f"{name} {one.numbers} {one.text}" for name, one in built.digests.items()),
        ],
    )
    if built.changed:
        raise Corrupt("PRJ-010", names=", ".join(built.changed))


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
    "export",
    cls=Verb,
    help=say(
        "把正在使用的投影写成快照文件,供另一节点直接采用。\n\n示例:archive projection export /backup/snapshot",
        "Write what serves as a snapshot, which another node can begin with.\n\n"
        "Example: archive projection export /backup/snapshot",
    ),
)
def export(context: typer.Context, file: SnapshotFile) -> None:
    """Write FILE and FILE.json."""
    folder = context.obj.home
    with home.stores(folder, read_only=True) as (log, disclosures):
        erased = home.cleansed(folder, log, disclosures)
        made = home.projections(folder, log, disclosures).export(file, erased=erased)
    output.result(
        context.obj,
        {"file": str(file), **msgspec.to_builtins(made)},
        [say(f"快照到位置 {made.position}:{file}", f"A snapshot at position {made.position}: {file}")],
    )


@app.command(
    "import",
    cls=Verb,
    help=say(
        "采用另一节点导出的快照,核对后一次切换,然后跟上日志。\n\n示例:archive projection import /backup/snapshot",
        "Take a snapshot that another node exported: it is checked, serves at once, and then follows the log.\n\n"
        "Example: archive projection import /backup/snapshot",
    ),
)
def import_(context: typer.Context, file: SnapshotFile) -> None:
    """Check FILE against FILE.json and the log, then let it serve."""
    from archive.projections.cleansing import write_cleansed  # noqa: PLC0415 - help must start without the stores

    folder = context.obj.home
    with (
        home.stores(folder, read_only=True) as (log, disclosures),
        home.checkpoints(folder, read_only=True) as checkpoints,
    ):

        def signed(position: int) -> tuple[int, bytes] | None:
            newest = checkpoints.newest_within(position)
            return None if newest is None else (newest.size, newest.root)

        projections = home.projections(folder, log, disclosures)
        made = projections.adopt(file, signed=signed)
        write_cleansed(projections.folder, made.erased)
        position = projections.follow()
    output.result(
        context.obj,
        {"snapshot": made.position, "position": position},
        [
            say(
                f"已采用到位置 {made.position} 的快照,现到 {position}。",
                f"Took a snapshot at position {made.position}; now at {position}.",
            )
        ],
    )


@app.command(
    "follow", cls=Verb, help=say("把投影更新到日志的最新位置。", "Fold what the log has beyond the projections.")
)
def follow(context: typer.Context) -> None:
    """Bring the projections up to the head."""
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        position = home.projections(context.obj.home, log, disclosures).follow()
    output.result(context.obj, {"position": position}, [str(position)])
