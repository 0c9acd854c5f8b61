"""`archive catalogue`: the catalogue at a position as a file."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm

app = group(say("目录:截至某一位置的公开信息。", "The catalogue: what is public as of a position."))


@app.command(
    "export",
    cls=Verb,
    help=say(
        "把目录导出为文件,旁边写出说明其位置、树根和摘要的清单(FILE.manifest.json)。\n\n"
        "示例:archive catalogue export catalogue.xlsx --as-of 1200",
        "Export the catalogue as a file, and beside it a manifest of its position, root and digest "
        "(FILE.manifest.json).\n\nExample: archive catalogue export catalogue.xlsx --as-of 1200",
    ),
)
def export(  # noqa: PLR0913 - what may be chosen
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("要写的文件。", "The file to write."))],
    *,
    as_of: Annotated[
        int | None,
        typer.Option(
            "--as-of",
            metavar="POSITION",
            min=0,
            show_default=say("最新的位置", "the newest"),
            help=say("截至这一位置。", "The position to read at."),
        ),
    ] = None,
    form: Annotated[
        Literal["csv", "jsonl", "xlsx"] | None,
        typer.Option(
            "--format",
            metavar="csv|jsonl|xlsx",
            show_default=say("由文件名的结尾得出", "told by the ending of the file's name"),
            help=say("格式。", "The format."),
        ),
    ] = None,
    agency: Annotated[
        list[str] | None,
        typer.Option("--agency", metavar="ID", help=say("只要这个机关的;可重复。", "Only of this agency; repeatable.")),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            "--scheme", metavar="CODE", help=say("类别所属的分类方案。", "The scheme that the categories are of.")
        ),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category", metavar="CODE", help=say("只要这一类别的;可重复。", "Only in this category; repeatable.")
        ),
    ] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(
            "--section", metavar="CODE", help=say("只要这个股室的;可重复。", "Only of this section; repeatable.")
        ),
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel", metavar="CODE", help=say("只要这个渠道上的;可重复。", "Only on this channel; repeatable.")
        ),
    ] = None,
    status: Annotated[
        Literal["published", "withdrawn"] | None,
        typer.Option(
            "--status",
            metavar="published|withdrawn",
            help=say("只要已公开的或已撤回的。", "Only what is public, or what was withdrawn."),
        ),
    ] = None,
    published_from: Annotated[
        datetime | None,
        typer.Option(
            "--published-from",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help=say("公开日期不早于这一天。", "First published on this day or later."),
        ),
    ] = None,
    published_to: Annotated[
        datetime | None,
        typer.Option(
            "--published-to",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help=say("公开日期不晚于这一天。", "First published on this day or earlier."),
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help=say("替换已有的文件。", "Replace a file that is there."))
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
    """Write the file and print its manifest."""
    from archive.exports.catalogue import export_catalogue, format_of  # noqa: PLC0415 - help must start without the stores
    from archive.projections.catalogue import ItemFilter  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    chosen = form or format_of(file)
    where = ItemFilter(
        agencies=agency or None,
        scheme=scheme,
        categories=category or None,
        sections=section or None,
        channels=channel or None,
        statuses=None if status is None else [status.upper()],
        published_from=_day(published_from),
        published_to=_day(published_to),
    )
    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        projections = home.projections(context.obj.home, log, disclosures)
        projections.follow()
        with (
            closing(Reader(projections.folder)) as reader,
            output.progress(context.obj, task="export", form=progress) as advance,
        ):
            manifest = export_catalogue(
                log, reader, file, form=chosen, where=where, as_of=as_of, replace=replace, progress=advance
            )
    output.result(
        context.obj,
        manifest,
        [
            say(
                f"{file}:{manifest['rows']} 条,截至位置 {manifest['position']},SHA-256 {manifest['sha256']}",
                f"{file}: {manifest['rows']} items as of position {manifest['position']}, SHA-256 {manifest['sha256']}",
            )
        ],
    )


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()
