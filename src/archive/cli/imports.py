"""`archive import`: commands from a file, real instruments from a list; all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import LANGUAGE, say
from archive.cli.output import ProgressForm
from archive.domain.calendars import AdoptionReason
from archive.domain.errors import Exit

if TYPE_CHECKING:
    from archive.cli.output import Options
    from archive.commands import Batch

app = group(
    say(
        "导入:先全部检查,然后全部写入,或一条也不写。",
        "Imports: everything is checked first; then all of it happens, or none.",
    )
)
_PROBLEMS_SHOWN = 100

# `readable=False`: what cannot be read is told with its own code when it is opened.
File = Annotated[
    Path, typer.Argument(metavar="FILE", readable=False, help=say("要导入的文件。", "The file to import."))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=say("只检查,不写入。", "Check only; write nothing."))]
Progress = Annotated[
    ProgressForm,
    typer.Option(
        "--progress",
        metavar="bar|json",
        help=say("进度的形式:进度条,或每步一行 JSON。", "How progress is shown: a bar, or a JSON line a step."),
    ),
]


@app.command(
    "commands",
    cls=Verb,
    help=say(
        "导入命令文件,每行一个 JSON 对象(格式见 schema/commands/)。\n\n示例:archive import commands 记录.jsonl --dry-run",
        "Import a file of commands, one JSON object a line (see schema/commands/).\n\n"
        "Example: archive import commands records.jsonl --dry-run",
    ),
)
def commands(context: typer.Context, file: File, *, dry_run: DryRun = False, progress: Progress = "bar") -> None:
    """Import commands, all or none."""
    from archive.intake.jsonl import import_commands  # noqa: PLC0415 - help must start without the stores

    with (
        home.writer(context.obj.home) as writer,
        output.progress(context.obj, task="import", form=progress) as advance,
    ):
        batch = import_commands(writer, file, dry_run=dry_run, progress=advance)
    _report(context.obj, batch, dry_run=dry_run)


@app.command(
    "instruments",
    cls=Verb,
    help=say(
        "导入法律法规清单(JSONL),可附正文。\n\n示例:archive import instruments instruments.jsonl --bodies bodies.jsonl.gz",
        "Import a list of legal instruments (JSONL), with their bodies if there are any.\n\n"
        "Example: archive import instruments instruments.jsonl --bodies bodies.jsonl.gz",
    ),
)
def instruments(
    context: typer.Context,
    file: File,
    *,
    bodies: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help=say("正文文件(JSONL,可为 gzip)。", "The file of bodies (JSONL, may be gzip)."),
        ),
    ] = None,
    dry_run: DryRun = False,
    progress: Progress = "bar",
) -> None:
    """Import instruments, all or none, and say what was done with the odd ones."""
    from archive.intake.instruments import import_instruments  # noqa: PLC0415 - help must start without the stores

    with (
        home.writer(context.obj.home) as writer,
        output.progress(context.obj, task="import", form=progress) as advance,
    ):
        report = import_instruments(writer, file, bodies=bodies, dry_run=dry_run, progress=advance)
    findings = [
        {"code": finding.code, "source": finding.source_id, "message": getattr(finding, LANGUAGE)}
        for finding in report.findings
    ]
    _report(context.obj, report.batch, dry_run=dry_run, findings=findings)


@app.command(
    "calendars",
    cls=Verb,
    help=say(
        "采用各年的工作日历;不写文件时,采用随程序附带的 2008 至 2026 年全国日历。\n\n示例:archive import calendars",
        "Adopt the calendars of some years; without a file those of the nation, 2008 to 2026, that come with the "
        "program.\n\nExample: archive import calendars",
    ),
)
def calendars(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", readable=False, help=say("日历文件(JSON)。", "The file of calendars (JSON).")),
    ] = None,
    *,
    region: Annotated[
        str, typer.Option(metavar="CODE", help=say("区划代码;000000 为全国。", "The region; 000000 is the nation."))
    ] = "000000",
    reason: Annotated[
        AdoptionReason,
        typer.Option(
            metavar="CODE",
            help=say(
                "已采用的年份为何变更:notice-changed 通知有变、recorded-wrongly 登记有误。",
                "Why a year that was adopted changes: notice-changed or recorded-wrongly.",
            ),
        ),
    ] = "annual-notice",
    dry_run: DryRun = False,
) -> None:
    """Adopt calendars, all or none."""
    from archive.intake.calendars import import_calendars  # noqa: PLC0415 - help must start without the stores

    with home.stores(context.obj.home, read_only=True) as (log, _):
        adopted = home.calendar_of(log, region)
    with home.writer(context.obj.home) as writer:
        batch = import_calendars(writer, file, region=region, reason=reason, adopted=adopted, dry_run=dry_run)
    _report(context.obj, batch, dry_run=dry_run)


def _report(options: Options, batch: Batch, *, dry_run: bool, findings: list[dict[str, str]] | None = None) -> None:
    """Print what happened; leave with 3 where a line was refused."""
    value = {
        "lines": batch.lines,
        "commands": batch.commands,
        "unchanged": batch.unchanged,
        "entries": batch.entries,
        "head": batch.head,
        "batch": batch.stream,
        "dryRun": dry_run,
        "errors": [{"line": line, **output.described(error)} for line, error in batch.problems],
        "errorCount": batch.problem_count,
        "findings": findings or [],
    }
    output.result(options, value, _lines(batch, dry_run=dry_run, findings=findings or []))
    if batch.problem_count:
        raise typer.Exit(Exit.REFUSED)


def _lines(batch: Batch, *, dry_run: bool, findings: list[dict[str, str]]) -> list[str]:
    lines = [f"{one['code']} {one['source']}: {one['message']}" for one in findings]
    for line, error in batch.problems[:_PROBLEMS_SHOWN]:
        where = say(f"第 {line} 行", f"line {line}")
        lines.append(f"{where} [{error.code}] {error.sentence(LANGUAGE)} → {error.next_step(LANGUAGE)}")
    if batch.problem_count > _PROBLEMS_SHOWN:
        more = batch.problem_count - _PROBLEMS_SHOWN
        lines.append(say(f"……另有 {more} 处错误,用 --json 查看。", f"… and {more} more errors; see --json."))
    if batch.problem_count:
        lines.append(
            say(f"{batch.problem_count} 处错误,什么也没有写入。", f"{batch.problem_count} errors; nothing was written.")
        )
    elif dry_run:
        lines.append(
            say(
                f"检查通过:将办理 {batch.commands} 条,{batch.unchanged} 条已在档案中。什么也没有写入。",
                f"Checked: {batch.commands} commands would happen, {batch.unchanged} did before. Nothing was written.",
            )
        )
    elif not batch.commands:
        lines.append(
            say(
                f"没有变化:{batch.unchanged} 条均已在档案中。",
                f"Nothing changed: all {batch.unchanged} commands happened before.",
            )
        )
    else:
        lines.append(
            say(
                f"已办理 {batch.commands} 条({batch.unchanged} 条此前已办理),写入 {batch.entries} 个条目,位置到 {batch.head}。",
                f"{batch.commands} commands happened ({batch.unchanged} did before), {batch.entries} entries, head {batch.head}.",
            )
        )
    return lines
