"""`archive report YEAR`: the yearly report in a statutory form; beside it the verbs of the stream of a filed report.

`archive report file` and `archive report correct` count what is not typed: every cell, or those that differ from what was
filed, at a position of the log and with the tree root there.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import typer
from typing_extensions import override

from archive.cli import home, output, report_texts
from archive.cli.help import Group, Verb
from archive.cli.language import LANGUAGE, say
from archive.cli.verbs import NOUNS, Filling
from archive.domain.errors import Phrase, Refused

if TYPE_CHECKING:
    from archive.log.log import Log
    from archive.projections.runner import Reading
    from archive.reports.build import Cell, Report
    from archive.reports.checks import Check
    from archive.reports.filed import Filed
    from archive.reports.months import Month, Notification

# How many entries behind a cell are printed at a time.
PAGE: Final = 1000
# How many of the entries that made a difference a line of text names; JSON has them all.
ENTRIES_SHOWN: Final = 10


def _fill(options: output.Options, wish: dict[str, Any]) -> None:  # Any: JSON of every shape
    """Put the position, the root and the cells into a filing or a correction where they were not typed."""
    from archive.projections import tree  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores
    from archive.reports.filed import counted_for  # noqa: PLC0415 - help must start without the stores

    with home.stores(options.home, read_only=True) as (log, _):
        history = log.history(wish["report"])
        reader = Reader(options.home / home.PROJECTIONS)
        try:
            with reader.reading() as reading:
                position = wish.setdefault("position", reading.head)
                if position > reading.head:
                    raise Refused("RPF-006", position=position, head=reading.head)
                wish.setdefault("root", tree.root(reading.db, position).hex())
                if "cells" not in wish:
                    events = [entry.event for entry in history]
                    correcting = wish["command"] == "correct-report"
                    counted = counted_for(
                        reading, events, report=wish["report"], position=position, correcting=correcting
                    )
                    wish["cells"] = [{"cell": key, "count": value} for key, value in counted.items()]
        finally:
            reader.close()


class Reports(Group):
    """A noun whose first word may be a year: `archive report 2018` is `archive report year 2018`."""

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # Any: classes that typer does not name in public
        if args and args[0].isascii() and args[0].isdecimal():
            args = ["year", *args]
        return super().resolve_command(ctx, args)


_COUNTED: Final = frozenset({"position", "root", "cells"})
app = NOUNS["report"].app({name: Filling(_COUNTED, _fill) for name in ("file-report", "correct-report")})
app.info.cls = Reports
report_texts.add_to(app)


@app.command(
    "year",
    cls=Verb,
    help=say(
        "按法定格式统计某年度的报告,逐项核对勾稽关系。“year”可以省略。\n\n示例:archive report 2018 --form 2014\n\n"
        "示例:archive report 2018 --form 2014 --format xlsx --out 2018.xlsx",
        "The report of a year in a statutory form, with its identities checked. The word `year` may be left out.\n\n"
        "Example: archive report 2018 --form 2014\n\n"
        "Example: archive report 2018 --form 2014 --format xlsx --out 2018.xlsx",
    ),
)
def year(  # noqa: PLR0913 - what a reader may choose
    context: typer.Context,
    of: Annotated[
        int, typer.Argument(metavar="YEAR", min=2008, max=9999, help=say("报告的年度。", "The year reported on."))
    ],
    *,
    form: Annotated[
        Literal["2014", "2019", "2021"],
        typer.Option(metavar="2014|2019|2021", help=say("格式:按年度适用。", "The form, which is that of the year.")),
    ],
    agency: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help=say("机关的编号;默认全部机关合计。", "The agency; the sum of all of them by default.")
        ),
    ] = None,
    region: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            show_default=False,
            help=say("只合计该行政区划(及以下)的机关。", "The sum of the agencies of a region and below it."),
        ),
    ] = "",
    as_of: Annotated[
        int | None,
        typer.Option(
            "--as-of",
            metavar="P",
            min=0,
            help=say("统计时的位置;默认最新。", "As of a position; the newest by default."),
        ),
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help=say("只列出该单元格背后条目的位置。", "Only the positions of the entries behind this cell."),
        ),
    ] = None,
    after: Annotated[
        int,
        typer.Option(
            metavar="P",
            min=0,
            help=say(f"与 --cell 同用:此位置之后的 {PAGE} 个。", f"With --cell: the {PAGE} after this position."),
        ),
    ] = 0,
    as_filed: Annotated[
        bool,
        typer.Option(
            "--as-filed",
            help=say(
                "显示已报送的报告,以及现在有变化的单元格和引起变化的条目。",
                "The report that was filed, the cells that are known otherwise now, and the entries that made the difference.",
            ),
        ),
    ] = False,
    as_: Annotated[
        Literal["text", "json", "csv", "xlsx", "html", "docx"],
        typer.Option(
            "--format",
            metavar="text|json|csv|xlsx|html|docx",
            help=say("输出格式;后四种要用 --out。", "How it is told; the last four need --out."),
        ),
    ] = "text",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help=say("写入这个文件。", "Write it to this file.")),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help=say("文档的模板,代替自带的。", "The template of a document, instead of ours."),
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help=say("替换已有的文件。", "Replace a file that is there."))
    ] = False,
) -> None:
    """Print or write the report, or print the entries behind one of its cells; exit 3 where an identity is broken."""
    import msgspec  # noqa: PLC0415 - help must start without it

    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores
    from archive.reports import build, filed  # noqa: PLC0415 - help must start without the stores
    from archive.reports.form import form_of  # noqa: PLC0415 - help must start without the stores

    _must_fit(as_, out, template)
    options = output.Options(home=context.obj.home, json=context.obj.json or as_ == "json", quiet=context.obj.quiet)
    with home.stores(options.home, read_only=True) as (log, _):
        reader = Reader(options.home / home.PROJECTIONS)
        try:
            with reader.reading() as reading:
                if cell is not None:
                    positions = build.entries_of_cell(
                        reading,
                        form=form,
                        year=of,
                        cell=cell,
                        as_of=as_of,
                        agency=agency,
                        region=region,
                        first=PAGE,
                        after=after,
                    )
                    output.result(options, {"cell": cell, "entries": positions}, [str(one) for one in positions])
                    return
                if as_filed:
                    form_of(form, year=of)
                    found = filed.as_filed(reading, year=of, as_of=as_of, agency=agency)
                    output.result(options, msgspec.to_builtins(found), _lines_as_filed(found))
                    return
                made = build.report(reading, form=form, year=of, as_of=as_of, agency=agency, region=region)
                written = (
                    None if out is None else _write(out, as_, made, reading, log, template=template, replace=replace)
                )
        finally:
            reader.close()
    if written is None:
        output.result(options, msgspec.to_builtins(made), _lines(made))
    else:
        output.result(options, written, [say(*_written(written))])
    if broken := made.broken():
        raise Refused("RPF-007", count=len(broken), checks=", ".join(dict.fromkeys(one.id for one in broken)))


def _must_fit(as_: str, out: Path | None, template: Path | None) -> None:
    """Refuse a format that goes to a file without one, and a file that nothing goes to."""
    if as_ == "text" if out is not None else as_ not in {"text", "json"}:
        raise typer.BadParameter(
            say(
                "csv、xlsx、html、docx 要写入 --out 的文件;text 不写文件。",
                "csv, xlsx, html and docx go to a file, --out; text does not.",
            ),
            param_hint="--out",
        )
    if template is not None and as_ != "docx":
        raise typer.BadParameter(say("只有 docx 有模板。", "Only docx has a template."), param_hint="--template")


def _write(  # noqa: PLR0913 - what is written, from where and to where
    out: Path, as_: str, made: Report, reading: Reading, log: Log, *, template: Path | None, replace: bool
) -> dict[str, object]:
    """Write the report to a file; what is in it."""
    from archive.exports.pair import written_alone  # noqa: PLC0415 - help must start without the stores
    from archive.reports.paper import paper  # noqa: PLC0415 - help must start without the stores
    from archive.reports.rendering import Format, rendered  # noqa: PLC0415 - help must start without the formats

    on = paper(reading, made, origin=log.origin, recorded_at=log.moment_of(made.position))
    data = rendered(on, cast("Format", as_), LANGUAGE, template=template)
    with written_alone(out, replace=replace) as new:
        new.write_bytes(data)
    return {
        "file": str(out),
        "format": as_,
        "position": made.position,
        "root": on.stamp.root,
        "dataSha256": on.stamp.sha256,
        "sha256": sha256(data).hexdigest(),
    }


def _written(written: dict[str, object]) -> tuple[str, str]:
    file, position, digest = (written[one] for one in ("file", "position", "dataSha256"))
    return (
        f"{file}:截至位置 {position},数据摘要 {digest}",
        f"{file}: as of position {position}, data digest {digest}",
    )


@app.command(
    "month",
    cls=Verb,
    help=say(
        "按股室统计某月（按月通报）;已结账的月份总是结账时的数字。\n\n示例:archive report month 2018-09 --agency agency-…",
        "A month, section by section; a closed one is always as it was closed.\n\n"
        "Example: archive report month 2018-09 --agency agency-…",
    ),
)
def month(
    context: typer.Context,
    of: Annotated[str, typer.Argument(metavar="YYYY-MM", help=say("月份。", "The month."))],
    *,
    agency: Annotated[str, typer.Option(metavar="ID", help=say("机关的编号。", "The agency."))],
    notified: Annotated[
        bool,
        typer.Option(
            "--notified", help=say("显示通报、异议和更正。", "What sections were told, disputes, corrections.")
        ),
    ] = False,
    as_of: Annotated[
        int | None,
        typer.Option(
            "--as-of",
            metavar="P",
            min=0,
            help=say("统计时的位置;默认最新。", "As of a position; the newest by default."),
        ),
    ] = None,
) -> None:
    """Print a month or its notifications."""
    import msgspec  # noqa: PLC0415 - help must start without it

    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores
    from archive.reports import months  # noqa: PLC0415 - help must start without the stores

    if (found := re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", of)) is None:
        problem = Phrase("月份须写作 YYYY-MM", "a month is written YYYY-MM")
        raise Refused("USG-001", problem=problem, program="archive report month")
    year_, number = int(found[1]), int(found[2])
    options: output.Options = context.obj
    with home.stores(options.home, read_only=True):
        reader = Reader(options.home / home.PROJECTIONS)
        try:
            with reader.reading() as reading:
                if notified:
                    told = months.notification(reading, agency=agency, year=year_, number=number, as_of=as_of)
                    output.result(options, msgspec.to_builtins(told), _lines_notified(told))
                else:
                    made = months.month(reading, agency=agency, year=year_, number=number, as_of=as_of)
                    output.result(options, msgspec.to_builtins(made), _lines_of_month(made))
        finally:
            reader.close()


def _lines_of_month(made: Month) -> list[str]:
    state = (
        say("未结账", "open")
        if made.closed_on is None
        else say(f"{made.closed_on} 结账（条目 {made.entry}）", f"closed on {made.closed_on} by entry {made.entry}")
    )
    total = ("", made.total.published, made.total.late, made.total.returned)
    rows = [(one.section, one.figures.published, one.figures.late, one.figures.returned) for one in made.sections]
    return [
        say(
            f"{made.year}-{made.month:02} {made.agency}  位置 {made.position}  {state}",
            f"{made.year}-{made.month:02} {made.agency}, position {made.position}, {state}",
        ),
        "",
        *output.table([say("股室", "section"), *_figures()], [*rows, (say("合计", "all"), *total[1:])]),
    ]


def _figures() -> list[str]:
    return [say("公开", "published"), say("超期", "late"), say("退回", "returned")]


def _lines_notified(told: Notification) -> list[str]:
    headings = [
        say("股室", "section"),
        say("通报日期", "told on"),
        say("数字", "figure"),
        say("通报", "told"),
        say("结账时", "counted"),
        say("现在", "known now"),
        say("异议", "disputed"),
    ]
    rows = [
        (
            one.section,
            one.issued_on,
            name,
            getattr(one.told, key),
            getattr(one.counted, key),
            getattr(one.known, key),
            say("有", "yes") if key in one.disputed else "",
        )
        for one in told.told
        for key, name in zip(("published", "late", "returned"), _figures(), strict=True)
    ]
    lines = output.table(headings, rows)
    if told.untold:
        lines.append(say(f"未通报:{'、'.join(told.untold)}", f"Not told: {', '.join(told.untold)}"))
    return lines


def _lines(made: Report) -> list[str]:
    lines = [
        say(
            f"{made.zh}（{made.basis}）  {made.year} 年  位置 {made.position}",
            f"{made.en}, {made.year}, position {made.position}",
        )
    ]
    for heading, of in ((say("填报", "of"), made.agencies), (say("缺报", "missing"), made.missing)):
        lines += [f"{heading}: {one.name or ''} {one.agency}" for one in of]
    for table in made.tables:
        headings = [_said(table), *(_said(column) for column in table.columns)]
        rows = [
            ("  " * row.level + _said(row), *("" if one is None else _shown(one) for one in row.cells))
            for row in table.rows
        ]
        lines += ["", *output.table(headings, rows)]
    found = [check for check in made.checks if check.state == "broken"]
    opened = sum(check.state == "open" for check in made.checks)
    holding = sum(check.state == "holds" for check in made.checks)
    lines += [
        "",
        say(
            f"勾稽关系:{holding} 项成立,{len(found)} 项不成立,{opened} 项缺数。",
            f"Identities: {holding} hold, {len(found)} are broken, {opened} lack a number.",
        ),
    ]
    return [*lines, *map(_problem, found)]


def _lines_as_filed(found: Filed) -> list[str]:
    due = found.due
    lines = [
        say(f"{found.year} 年年度报告  {found.report}", f"Report on {found.year}, {found.report}"),
        say(
            f"应于 {due.due_on} 前报送（{due.law} 第{due.article}条,自 {due.started_on} 起 {due.days} 日）;"
            f"{due.filed_on} 报送,迟 {due.filed_late_by} 日",
            f"Due on {due.due_on} ({due.law} art. {due.article}, {due.days} days from {due.started_on}); "
            f"filed on {due.filed_on}, {due.filed_late_by} days late",
        ),
    ]
    if due.published_on is not None:
        lines.append(
            say(
                f"{due.published_on} 公布,迟 {due.published_late_by} 日",
                f"Published on {due.published_on}, {due.published_late_by} days late",
            )
        )
    if found.withdrawn_because is not None:
        lines.append(say(f"已撤回:{found.withdrawn_because}", f"Withdrawn: {found.withdrawn_because}"))
    for one in found.versions:
        root = say("树根相符", "the root holds") if one.root_holds else say("树根不符", "the root does NOT hold")
        lines.append(
            say(
                f"第 {one.number} 版:{one.on},条目 {one.entry},统计位置 {one.position},{root}",
                f"Version {one.number}: {one.on}, entry {one.entry}, counted at {one.position}, {root}",
            )
        )
    lines += [
        say(
            f"已说明:{one.identity} {one.reason},条目 {one.entry}",
            f"Explained: {one.identity} {one.reason}, {one.entry}",
        )
        for one in found.explanations
    ]
    if not found.differences:
        return [
            *lines,
            say(f"截至位置 {found.position},各单元格没有变化。", f"No cell differs as of {found.position}."),
        ]
    headings = [
        say("单元格", "cell"),
        say("报送", "filed"),
        say("当时统计", "counted then"),
        say(f"现为（{found.position}）", f"now ({found.position})"),
        say("有关条目", "entries"),
    ]
    rows = [
        (
            _said(one),
            *("–" if number is None else number for number in (one.filed, one.counted, one.known)),
            " ".join(map(str, one.entries[:ENTRIES_SHOWN])) + (" …" if len(one.entries) > ENTRIES_SHOWN else ""),
        )
        for one in found.differences
    ]
    return [*lines, "", *output.table(headings, rows)]


def _said(one: Any) -> str:  # noqa: ANN401 - Any: whatever has a Chinese and an English label
    text: str = one.zh if LANGUAGE == "zh" else one.en
    return text


def _shown(cell: Cell) -> str:
    if cell.text is not None:
        return f"{cell.text} {cell.unit}"
    return {
        "not-declared": say("（未申报）", "(not declared)"),
        "declared-twice": say("（重复申报）", "(declared twice)"),
    }.get(cell.state, say("（无法统计）", "(not told by any entry)"))


def _problem(check: Check) -> str:
    grade = say("错误", "error") if check.severity == "error" else say("提示", "warning")
    sign = "≠" if check.relation == "=" else ">"
    return f"{check.id} {grade} {_said(check)} [{check.each}]: {check.left} {sign} {check.right}".replace(" []", "")
