"""A report as a document of an office, made from a template that an office can edit (`templates/report.docx`).

Rules
- The template has names in double braces, anywhere and in any order, in the text or at the foot of the page; what stands
  around them, the fonts and the page are the office's. `{{表格}}` alone in a paragraph is where the tables of the form
  stand, each under the heading of its section.
- Its styles `Report Head`, `Report Label`, `Report Value` and `Report Note` are those of the tables and the notes.
- Every moment in the document is that of the entry at the position, so that the same position gives the same bytes.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from archive.domain.errors import Refused
from archive.reports.html_file import FOLDER
from archive.reports.layout import by_section, grids
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docx.document import Document as Opened
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    from archive.domain.errors import Language
    from archive.reports.layout import Grid
    from archive.reports.paper import Paper

_TABLES: Final = "{{表格}}"
_GRID: Final = "Table Grid"
_NOTE: Final = "Report Note"
_SECTION: Final = "Heading 1"
_STYLES: Final = {
    "title": "Report Head",
    "head": "Report Head",
    "label": "Report Label",
    "unit": "Report Value",
    "value": "Report Value",
}
# A zip cannot say an earlier moment than this.
_NO_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def docx_of(paper: Paper, language: Language, template: Path | None = None) -> bytes:
    """The document, from a template of the office or from ours. `Refused` EXP-007: it is none that can be filled."""
    document = _opened(template)
    told = _told(paper, language)
    for section in document.sections:
        for paragraph in (*section.header.paragraphs, *section.footer.paragraphs):
            _fill(paragraph, told)
    for paragraph in list(document.paragraphs):
        if paragraph.text.strip() == _TABLES:
            _put_tables(document, paragraph, paper, language)
        else:
            _fill(paragraph, told)
    properties = document.core_properties
    properties.title = paper.title(language)
    properties.created = properties.modified = paper.stamp.created
    file = BytesIO()
    document.save(file)
    return _without_moments(file)


def _opened(template: Path | None) -> Opened:
    if template is None:
        return Document(BytesIO((FOLDER / "templates" / "report.docx").read_bytes()))
    content = template.read_bytes()
    try:
        document = Document(BytesIO(content))
    except (BadZipFile, KeyError, ValueError, SyntaxError, PackageNotFoundError):
        raise Refused("EXP-007", path=template, missing="DOCX") from None
    missing = sorted({_GRID, _NOTE, _SECTION, *_STYLES.values()} - {style.name for style in document.styles})
    if not any(paragraph.text.strip() == _TABLES for paragraph in document.paragraphs):
        missing.append(_TABLES)
    if missing:
        raise Refused("EXP-007", path=template, missing=", ".join(missing))
    return document


def _told(paper: Paper, language: Language) -> dict[str, str]:
    """What stands in place of each name."""
    words = WORDS[language]
    stamp = dict(paper.stamp.lines(language))
    names = {
        "档案标识": words.origin,
        "截至位置": words.position,
        "写入时间": words.recorded_at,
        "树根": words.root,
        "数据摘要": words.sha256,
    }
    return {
        "标题": paper.title(language),
        "机关": paper.of_whom(language),
        "年度": str(paper.report.year),
        "依据": f"{getattr(paper.report, language)}（{paper.report.basis}）",
        "说明": "\n".join(paper.notes(language)),
        "勾稽关系": words.checks,
        "核对": "\n".join([paper.summary(language), *_unkept(paper, language)]),
        **{name: f"{label}：{stamp[label]}" if label in stamp else "" for name, label in names.items()},
    }


def _unkept(paper: Paper, language: Language) -> Iterator[str]:
    """The identities that do not hold, or that cannot be checked."""
    words = WORDS[language]
    for check in paper.report.checks:
        if check.state != "holds":
            each = f" [{check.each}]" if check.each else ""
            yield f"{check.id} {words.outcomes[check.state]}{each}：{getattr(check, language)}"


def _fill(paragraph: Paragraph, told: Mapping[str, str]) -> None:
    """Put what is told in place of its names; an office program may have cut a name into several runs."""
    text = paragraph.text
    if "{{" not in text:
        return
    for name, said in told.items():
        text = text.replace(f"{{{{{name}}}}}", said)
    first, *others = paragraph.runs
    first.text = text
    for run in others:
        run.text = ""


def _put_tables(document: Opened, place: Paragraph, paper: Paper, language: Language) -> None:
    section = document.sections[0]
    assert section.page_width is not None
    assert section.left_margin is not None
    assert section.right_margin is not None
    width = section.page_width - section.left_margin - section.right_margin
    for heading, together in by_section(grids(paper.report, language)):
        if not together[0].flat:
            place.insert_paragraph_before(heading, style=_SECTION)
        for grid in together:
            table = _table(document, grid, width)
            place._p.addprevious(table._tbl)  # noqa: SLF001 - the library has no other way to move a table
            place.insert_paragraph_before("", style=_NOTE)
    element = place._p  # noqa: SLF001 - the library has no other way to take a paragraph out
    element.getparent().remove(element)


def _table(document: Opened, grid: Grid, width: int) -> Table:
    table: Table = document.add_table(grid.rows, grid.columns, style=_GRID)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = [Cm(one) for one in _widths(grid, width / Cm(1))]
    cells = [row.cells for row in table.rows]
    for column, wide in enumerate(widths):
        table.columns[column].width = wide
        for row in cells:
            row[column].width = wide
    for place in grid.places:
        cell = cells[place.row][place.column]
        if place.rows > 1 or place.columns > 1:
            cell = cell.merge(cells[place.row + place.rows - 1][place.column + place.columns - 1])
        paragraph = cell.paragraphs[0]
        paragraph.style = document.styles[_STYLES[place.kind]]
        if place.level and grid.flat:
            paragraph.paragraph_format.left_indent = Pt(12 * place.level)
        paragraph.add_run(place.text)
    for row in table.rows[: grid.head_rows]:
        # The headings are printed again at the top of every page.
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no name for it
        repeated = OxmlElement("w:tblHeader")
        repeated.set(qn("w:val"), "true")
        properties.append(repeated)
    return table


def _widths(grid: Grid, whole: float) -> list[float]:
    """The widths of the columns, in centimetres: what the labels leave is shared by the numbers."""
    if grid.flat:
        return [whole - 5.0, 1.6, 3.4]
    if grid.label_columns <= 1:
        return [whole / grid.columns] * grid.columns
    labels = [1.4] * (grid.label_columns - 1) + [4.6]
    values = grid.columns - grid.label_columns
    return [*labels, *([(whole - sum(labels)) / values] * values)]


def _without_moments(file: BytesIO) -> bytes:
    """The same parts, each of no moment; the library writes that of its making."""
    made = BytesIO()
    with ZipFile(file) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            part = ZipInfo(name, _NO_MOMENT)
            part.compress_type = ZIP_DEFLATED
            # What the system calls the makers of a zip must not change its bytes: 3 is Unix.
            part.create_system = 3
            new.writestr(part, old.read(name))
    return made.getvalue()
