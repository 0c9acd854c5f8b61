"""`archive audit`: recompute everything from the entries and compare."""

from __future__ import annotations

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
        "核对日志的每一条目、披露、删除和投影;有发现时退出码为 4。\n\n示例:archive audit check --json",
        "Check every entry of the log, openings, erasures and projections; exit 4 where something is found.\n\n"
        "Example: archive audit check --json",
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
    from archive.audit.check import check as run  # noqa: PLC0415 - help must start without the stores
    from archive.audit.roots import parse_head  # noqa: PLC0415 - help must start without the stores

    expected = None if expect is None else parse_head(expect)
    with (
        home.stores(context.obj.home, read_only=True) as (log, disclosures),
        home.vault(context.obj.home) as vault,
        output.progress(context.obj, task="audit", form=progress, total=log.head()) as advance,
    ):
        projections = home.projections(context.obj.home, log, disclosures)
        report = run(
            log,
            disclosures,
            vault,
            projections,
            expected=expected,
            progress=lambda state: advance(state.position),
        )
    output.result(context.obj, _value(report), _lines(report, kept_outside=expected is not None))
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


def _lines(report: Report, *, kept_outside: bool) -> list[str]:
    from_outside = say(
        "未给出外部保存的树根(--expect):从内部无法发现所有者改写的日志。",
        "No root that was kept outside was given (--expect): a log that its owner rewrote cannot be noticed from inside.",
    )
    return [
        *(f"[{one.code}] {one.sentence(LANGUAGE)}\n  → {one.next_step(LANGUAGE)}" for one in report.findings),
        say(
            f"已核对到位置 {report.position}:条目 {report.entries},流 {report.streams},披露 {report.openings},"
            f"投影 {report.projections};发现 {report.found} 处。",
            f"Checked up to position {report.position}: {report.entries} entries, {report.streams} streams, "
            f"{report.openings} openings, {report.projections} projections; {report.found} findings.",
        ),
        say(f"树根:{report.head.printed()}", f"Tree: {report.head.printed()}"),
        *([] if kept_outside else [from_outside]),
    ]
