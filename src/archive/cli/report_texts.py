"""`archive report narrative` and `archive report lint`: the report in words, and what a text of a report gets wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from archive.cli import home, output
from archive.cli.help import Verb
from archive.cli.language import LANGUAGE, say
from archive.domain.errors import Phrase, Refused

if TYPE_CHECKING:
    from archive.reports.narrative import Narrative

# A report has some tens of kilobytes.
MAX_BYTES: Final = 4 << 20
_Form = Annotated[
    Literal["2014", "2019", "2021"] | None,
    typer.Option(
        metavar="2014|2019|2021", help=say("格式:默认为该年度的格式。", "The form; that of the year by default.")
    ),
]
_Agency = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help=say("机关的编号;默认全部机关合计。", "The agency; the sum of all of them by default.")
    ),
]
_AsOf = Annotated[
    int | None,
    typer.Option(
        "--as-of", metavar="P", min=0, help=say("统计时的位置;默认最新。", "As of a position; the newest by default.")
    ),
]
_Template = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=say("语句模板（TOML）;默认为该格式自带的。", "Sentences as TOML; the form's own by default."),
    ),
]


def narrative(  # noqa: PLR0913 - what a reader may choose
    context: typer.Context,
    year: Annotated[
        int, typer.Argument(metavar="YEAR", min=2008, max=9999, help=say("报告的年度。", "The year reported on."))
    ],
    *,
    form: _Form = None,
    agency: _Agency = None,
    template: _Template = None,
    as_of: _AsOf = None,
) -> None:
    """Print the report in words."""
    import msgspec  # noqa: PLC0415 - help must start without it

    made = _narrative(context.obj, year, form=form, agency=agency, template=template, as_of=as_of)[0]
    output.result(context.obj, msgspec.to_builtins(made), made.text().splitlines())


def lint(  # noqa: PLR0913 - what a reader may choose
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help=say(
                "文本文件（UTF-8）;不给出则检查 --year 的报告。", "A text, UTF-8; without it, the report of --year."
            ),
        ),
    ] = None,
    *,
    year: Annotated[
        int | None,
        typer.Option(
            metavar="YEAR",
            min=2008,
            max=9999,
            help=say("报告的年度;默认从标题读出。", "The year reported on; read off the title by default."),
        ),
    ] = None,
    form: _Form = None,
    agency: _Agency = None,
    as_of: _AsOf = None,
) -> None:
    """Print what the rules find; exit 3 where they find anything."""
    import msgspec  # noqa: PLC0415 - help must start without it

    from archive.reports.lint import lint as found_by  # noqa: PLC0415 - help must start without the stores

    values = None
    if file is None:
        if year is None:
            problem = Phrase("须给出 FILE 或 --year", "FILE or --year is needed")
            raise Refused("USG-001", problem=problem, program="archive report lint")
        made, values = _narrative(context.obj, year, form=form, agency=agency, template=None, as_of=as_of)
        text = made.text()
    else:
        text = _read(file)
        if agency is not None and year is not None:
            _, values = _narrative(context.obj, year, form=form, agency=agency, template=None, as_of=as_of)
    found = found_by(text, year=year, values=values)
    lines = [f"{one.line}:{one.column} {one.rule} {one.zh if LANGUAGE == 'zh' else one.en}" for one in found]
    output.result(context.obj, {"findings": msgspec.to_builtins(found)}, lines)
    if found:
        raise Refused("RPF-017", count=len(found))


def add_to(app: typer.Typer) -> None:
    """Make them verbs of `archive report`."""
    about = say(
        "报告的文字:语句中的数字就是单元格,其后是公布时写入的文字。\n\n示例:archive report narrative 2018",
        "The report in words: its numbers are cells, and what was written by hand follows.\n\n"
        "Example: archive report narrative 2018",
    )
    app.command("narrative", cls=Verb, help=about)(narrative)
    about = say(
        "按规则 N1–N17 检查报告的文字。给出 --year 和 --agency 时,文中的数字还与统计表核对。\n\n示例:archive report lint report.txt",
        "Check a report's text by the rules N1 to N17; with --year and --agency its numbers are compared with the table.\n\n"
        "Example: archive report lint report.txt",
    )
    app.command("lint", cls=Verb, help=about)(lint)


def _narrative(  # noqa: PLR0913 - what a reader may choose
    options: output.Options,
    year: int,
    *,
    form: Literal["2014", "2019", "2021"] | None,
    agency: str | None,
    template: Path | None,
    as_of: int | None,
) -> tuple[Narrative, dict[str, int]]:
    """The report in words, and its cells with a number."""
    from archive.projections.filings import filings  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores
    from archive.reports import build  # noqa: PLC0415 - help must start without the stores
    from archive.reports import narrative as words  # noqa: PLC0415 - help must start without the stores
    from archive.reports.form import form_for  # noqa: PLC0415 - help must start without the stores

    with home.stores(options.home, read_only=True) as (_, disclosures):
        reader = Reader(options.home / home.PROJECTIONS)
        try:
            with reader.reading() as reading:
                name = form or form_for(year)
                made = build.report(reading, form=name, year=year, as_of=as_of, agency=agency)
                used = words.template_of(name) if template is None else words.parsed(_read(template))
                written = None
                if len(made.agencies) == 1:
                    of = [made.agencies[0].agency]
                    for filing in filings(reading.db, as_of=made.position, agencies=of, years=[year]):
                        written = words.written_in(filing, disclosures, as_of=made.position)
                return words.narrative(made, used, written), made.numbers()
        finally:
            reader.close()


def _read(path: Path) -> str:
    """A file as text. IMP-003: there is none; IMP-005: it cannot be read, is too large or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise Refused("IMP-005", path=path, reason=Phrase("文件太大", "it is too large"))
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise Refused("IMP-003", path=path) from None
    except UnicodeDecodeError:
        raise Refused("IMP-005", path=path, reason=Phrase("不是 UTF-8 文本", "it is not UTF-8 text")) from None
    except OSError:
        raise Refused(
            "IMP-005", path=path, reason=Phrase("系统不让读取", "the system does not let it be read")
        ) from None
