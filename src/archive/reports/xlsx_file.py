"""A report as a workbook in the layout of the form: a sheet for each of its sections, the identities, and the source.

A number is a number of the sheet; a word stands where there is none. Nothing is computed, and every moment is that of the
entry at the position, so that the same position gives the same bytes.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it has annotations, but does not say so

from archive.reports.layout import by_section, grids
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.domain.errors import Language
    from archive.reports.layout import Grid, Place
    from archive.reports.paper import Paper

# What Excel takes: characters of a sheet's name, and of what is printed at the foot of a page.
_MAX_NAME: Final = 31
_MAX_FOOT: Final = 255
_FOOT_HEIGHT: Final = 0.9
# More digits than these a sheet cannot hold: such a number is written as text.
_MAX_DIGITS: Final = 15
# Points.
_NOTE_HEIGHT: Final = 13
_FONT: Final = {"font_name": "宋体", "font_size": 10}
_LINED: Final = {**_FONT, "border": 1, "valign": "vcenter", "text_wrap": True}
_FORMATS: Final[dict[str, dict[str, object]]] = {
    "heading": {**_FONT, "font_size": 16, "bold": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "section": {**_FONT, "font_size": 12, "bold": True, "valign": "vcenter"},
    "title": {**_LINED, "bold": True, "align": "center"},
    "head": {**_LINED, "bold": True, "align": "center"},
    "label": {**_LINED, "align": "left"},
    "side": {**_LINED, "align": "center"},
    "unit": {**_LINED, "align": "center"},
    "value": {**_LINED, "align": "center"},
    "note": {**_FONT, "font_size": 9, "text_wrap": True, "valign": "top"},
    "name": {**_FONT, "bold": True, "valign": "top"},
    "said": {**_FONT, "text_wrap": True, "valign": "top"},
}


def xlsx_of(paper: Paper, language: Language) -> bytes:
    """The workbook."""
    file = BytesIO()
    # In memory: it is small, and no name of a folder of ours gets into it.
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": paper.stamp.created, "title": paper.title(language)})
    styles = _Styles(book)
    for section, together in by_section(grids(paper.report, language)):
        _sheet(book, section, together, paper, language, styles)
    _checks(book, paper, language, styles)
    _source(book, paper, language, styles)
    book.close()
    return file.getvalue()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - Any: the library has no types
        self._book = book
        self._made: dict[tuple[str, int, str], Any] = {}  # Any: the library has no types

    def of(self, name: str, *, indent: int = 0, number: str = "") -> Any:  # noqa: ANN401 - Any: the library has no types
        """The format of a kind of place, set in by a level and with a format of numbers."""
        key = name, indent, number
        if key not in self._made:
            told = {**_FORMATS[name]}
            if indent:
                told["indent"] = indent
            if number:
                told["num_format"] = number
            self._made[key] = self._book.add_format(told)
        return self._made[key]


def _sheet(  # noqa: PLR0913 - a sheet, and what is on it
    book: Any,  # noqa: ANN401 - Any: the library has no types
    section: str,
    together: list[Grid],
    paper: Paper,
    language: Language,
    styles: _Styles,
) -> None:
    sheet = book.add_worksheet(_name_of(section))
    columns = max(grid.columns for grid in together)
    for column, width in enumerate(_widths(together, columns)):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 44)
    _merge(sheet, (0, 0, 0, columns - 1), paper.title(language), styles.of("heading"))
    row = 1
    if not together[0].flat:
        _merge(sheet, (row, 0, row, columns - 1), section, styles.of("section"))
        row += 1
    for grid in together:
        for place in grid.places:
            _place(sheet, row, place, grid, styles)
        row += grid.rows + 1
    width = sum(_widths(together, columns))
    for line in (*paper.notes(language), *(f"{name}：{said}" for name, said in paper.stamp.lines(language))):
        # Excel does not fit the height of a row to cells that were merged; a Chinese character is two wide.
        lines = 1 + int(sum(1 if one.isascii() else 2 for one in line) // width)
        sheet.set_row(row, _NOTE_HEIGHT * lines)
        _merge(sheet, (row, 0, row, columns - 1), line, styles.of("note"))
        row += 1
    sheet.set_paper(9)
    if columns > 4:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(bottom=_FOOT_HEIGHT)
    stamp = paper.stamp
    words = WORDS[language]
    foot = f"&L&7{words.position} {stamp.position}\n{words.root} {stamp.root}\n{words.sha256} {stamp.sha256}&R&7&P/&N"
    assert len(foot) <= _MAX_FOOT
    sheet.set_footer(foot)


def _widths(together: list[Grid], columns: int) -> Iterator[float]:
    """Labels are wide where they are long, numbers alike."""
    if together[0].flat:
        yield from (64, 8, 16)
        return
    labels = max(grid.label_columns for grid in together)
    for column in range(columns):
        if column >= labels:
            yield 8 if columns > 12 else 14
        elif labels == 1:
            yield 30
        else:
            # The outer labels stand once beside many rows; the innermost has the words.
            yield 40 if column == labels - 1 else 12


def _place(sheet: Any, first: int, place: Place, grid: Grid, styles: _Styles) -> None:  # noqa: ANN401 - Any: the library has no types
    side = place.kind == "label" and not grid.flat and place.rows > 1
    style = styles.of("side" if side else place.kind, indent=place.level)
    row, column = first + place.row, place.column
    cell = place.cell
    if place.kind == "value" and cell is not None and cell.text is not None and _fits(cell.text):
        decimals = len(cell.text.partition(".")[2])
        number = "0" + ("." + "0" * decimals if decimals else "")
        if cell.state == "partly-declared":
            number += '"*"'
        sheet.write_number(row, column, float(cell.text), styles.of("value", number=number))
        return
    _merge(sheet, (row, column, row + place.rows - 1, column + place.columns - 1), place.text, style)


def _fits(number: str) -> bool:
    return sum(one.isdecimal() for one in number) <= _MAX_DIGITS


def _merge(sheet: Any, at: tuple[int, int, int, int], text: str, style: Any) -> None:  # noqa: ANN401 - Any: the library has no types
    """Text over a range: first row and column, last row and column."""
    if at[:2] != at[2:]:
        sheet.merge_range(*at, "", style)
    sheet.write_string(*at[:2], text, style)


def _name_of(section: str) -> str:
    return "".join(one for one in section if one not in "[]:*?/\\'")[:_MAX_NAME]


def _checks(book: Any, paper: Paper, language: Language, styles: _Styles) -> None:  # noqa: ANN401 - Any: the library has no types
    words = WORDS[language]
    sheet = book.add_worksheet(words.checks)
    for column, width in enumerate((10, 60, 24, 12, 12, 12)):
        sheet.set_column(column, column, width)
    heads = (words.check, words.rule, words.key, words.outcome, words.left, words.right)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, styles.of("head"))
    for row, check in enumerate(paper.report.checks, start=1):
        outcome = words.outcomes[check.state]
        if check.state == "broken" and check.severity == "warning":
            outcome = words.warning
        for column, text in enumerate((check.id, getattr(check, language), check.each, outcome)):
            sheet.write_string(row, column, text, styles.of("label"))
        for column, number in enumerate((check.left, check.right), start=4):
            if number is None:
                sheet.write_string(row, column, words.no_cell, styles.of("value"))
            else:
                sheet.write_number(row, column, number, styles.of("value", number="0"))
    sheet.write_string(len(paper.report.checks) + 2, 0, paper.summary(language), styles.of("name"))


def _source(book: Any, paper: Paper, language: Language, styles: _Styles) -> None:  # noqa: ANN401 - Any: the library has no types
    words = WORDS[language]
    sheet = book.add_worksheet(words.source)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    row = 0
    for row, (name, said) in enumerate(paper.stamp.lines(language)):
        sheet.write_string(row, 0, name, styles.of("name"))
        sheet.write_string(row, 1, said, styles.of("said"))
    sheet.write_string(row + 1, 1, words.sha256_note, styles.of("said"))
