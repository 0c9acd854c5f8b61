"""`archive audit`: recompute everything from the entries and compare."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import LANGUAGE, say
from archive.cli.output import ProgressForm
from archive.domain.errors import Corrupt

if TYPE_CHECKING:
    from archive.audit.check import Report
    from archive.audit.findings import Finding

app = group(say("审计:由条目重新计算一切并比对。", "Audits: everything is recomputed from the entries and compared."))


@app.command(
    "check",
    cls=Verb,
    help=say(
        "核对日志的每一条目、披露、删除、投影、哈希片和检查点;有发现时退出码为 4。\n\n"
        "示例:archive audit check --against kept.txt",
        "Check every entry of the log, openings, erasures, projections, tiles and checkpoints; exit 4 where something is "
        "found.\n\nExample: archive audit check --against kept.txt",
    ),
)
def check(
    context: typer.Context,
    *,
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE ROOT",
            help=say(
                "外部保存的大小和树根,如年报上印的;日志须由此延续。",
                "A size and a root that were kept outside, such as printed in a report; the log must go on from there.",
            ),
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="NOTE-FILE",
            exists=True,
            dir_okay=False,
            help=say(
                "外部保存的检查点原文;日志须由此延续。可多次给出。",
                "The note of a checkpoint that was kept outside; the log must go on from there. May be given again.",
            ),
        ),
    ] = None,
    vkey: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help=say(
                "外部保存的验证密钥,用以验证 --against;缺省用检查点库的。可多次给出。",
                "A verifier key that was kept outside, to verify --against with instead of those of the store. "
                "May be given again.",
            ),
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
    """Check, print what was found, and end with AUD-099 where that is anything."""
    from archive.audit.check import Outside  # noqa: PLC0415 - help must start without the stores
    from archive.audit.check import check as run  # noqa: PLC0415 - help must start without the stores
    from archive.audit.checkpoints import (  # noqa: PLC0415 - help must start without the stores
        look,
        parse_kept,
        parse_vkey,
    )
    from archive.audit.roots import parse_head  # noqa: PLC0415 - help must start without the stores

    outside = Outside(
        [] if expect is None else [parse_head(expect)],
        [parse_kept(one.read_bytes()) for one in against or ()],
        [parse_vkey(one) for one in vkey or ()],
    )
    folder = context.obj.home
    mirrored = home.is_mirror(folder)
    with (
        home.stores(folder, read_only=True) as (log, disclosures),
        nullcontext() if mirrored else home.vault(folder) as vault,
        home.checkpoints(folder, read_only=True) as checkpoints,
        output.progress(context.obj, task="audit", form=progress, total=log.head()) as advance,
    ):
        signed = look(checkpoints, lambda: home.promise(folder))
        projections = home.projections(folder, log, disclosures)
        report = run(
            log,
            disclosures,
            vault,
            projections,
            signed=signed,
            outside=outside,
            mirrored=mirrored,
            progress=lambda state: advance(state.position),
        )
    lines = _lines(report, kept_outside=bool(outside.heads or outside.notes), promised=signed.promise is not None)
    output.result(context.obj, _value(report), lines)
    if report.found:
        raise Corrupt("AUD-099", count=report.found)


@app.command(
    "ask",
    cls=Verb,
    help=say(
        "提出一个或全部审计问题:一句话、条数和条目。\n\n示例:archive audit ask late-replies",
        "Ask a named question, or all: a sentence, a count, and the entries.\n\nExample: archive audit ask late-replies",
    ),
)
def ask(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME|all", help=say("问题的名称,或 all。", "The name of a question, or all."))
    ] = "all",
) -> None:
    """Answer from the entries."""
    from archive.audit.questions import QUESTIONS  # noqa: PLC0415 - help must start without the stores
    from archive.audit.questions import ask as run  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    with home.stores(context.obj.home, read_only=True) as (log, disclosures):
        projections = home.projections(context.obj.home, log, disclosures)
        projections.follow()
        reader = Reader(projections.folder)
        answers = run([] if name == "all" else [name], log, disclosures, reader)
        reader.close()
    output.result(
        context.obj,
        [
            {
                "name": one,
                "question": say(*QUESTIONS[one]),
                "count": len(found),
                "entries": [{"position": yes.position, "stream": yes.stream, **yes.facts} for yes in found],
            }
            for one, found in answers.items()
        ],
        [
            line
            for one, found in answers.items()
            for line in (
                f"{one}: {say(*QUESTIONS[one])} {len(found)}",
                *(
                    f"  {yes.position} {yes.stream} " + " ".join(f"{key}={fact}" for key, fact in yes.facts.items())
                    for yes in found
                ),
            )
        ],
    )


def _value(report: Report) -> dict[str, Any]:  # Any: JSON of every shape
    return {
        "position": report.position,
        "tree": report.head.printed(),
        "entries": report.entries,
        "streams": report.streams,
        "openings": report.openings,
        "projections": report.projections,
        "reports": report.reports,
        "tiles": report.tiles,
        "checkpoints": report.checkpoints,
        "found": report.found,
        "findings": [_finding(one) for one in report.findings],
    }


def _finding(one: Finding) -> dict[str, Any]:  # Any: JSON of every shape
    return {
        "code": one.code,
        "position": one.position,
        "field": one.field,
        "message": one.sentence(LANGUAGE),
        "next": one.next_step(LANGUAGE),
    }


def _lines(report: Report, *, kept_outside: bool, promised: bool) -> list[str]:
    from_outside = say(
        "未给出外部保存的检查点或树根(--against、--expect):从内部无法发现所有者改写并重新签署的日志。",
        "No note or root that was kept outside was given (--against, --expect): a log that its owner rewrote and signed "
        "again cannot be noticed from inside.",
    )
    no_notary = say(
        "公证人的记忆不在手边,未作比对。", "What the notary remembers is not at hand, and was not compared."
    )
    return [
        *(f"[{one.code}] {one.sentence(LANGUAGE)}\n  → {one.next_step(LANGUAGE)}" for one in report.findings),
        say(
            f"已核对到位置 {report.position}:条目 {report.entries},流 {report.streams},披露 {report.openings},"
            f"投影 {report.projections},已报送的报告版本 {report.reports},哈希片 {report.tiles},检查点 {report.checkpoints};发现 {report.found} 处。",
            f"Checked up to position {report.position}: {report.entries} entries, {report.streams} streams, "
            f"{report.openings} openings, {report.projections} projections, "
            f"{report.reports} versions of filed reports, {report.tiles} tiles, "
            f"{report.checkpoints} checkpoints; {report.found} findings.",
        ),
        say(f"树根:{report.head.printed()}", f"Tree: {report.head.printed()}"),
        *([] if promised else [no_notary]),
        *([] if kept_outside else [from_outside]),
    ]
