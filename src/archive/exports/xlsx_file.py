"""A workbook: the items on one sheet, where they come from on a second; text is text, days are days, nothing is computed.

Rows go to a file of their own as they come (XlsxWriter's constant memory), which lies in the folder of the workbook. Every
moment in it is that of the entry at the position, so that the same position gives the same bytes.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it has annotations, but does not say so
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]  # the same library

from archive.domain.errors import Refused
from archive.exports.columns import COLUMNS, HEADINGS, cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from archive.exports.lines import Line

# What Excel holds: rows of a sheet with the headings, characters of a cell.
MAX_ROWS: Final = 1_048_576
MAX_CHARACTERS: Final = 32_767
# A day is a number there, from this one on; before March 1900 Excel counts a 29 February that there was not.
_DAY_ZERO: Final = date(1899, 12, 30)
_FIRST_DAY: Final = date(1900, 3, 1)


def write_xlsx(path: Path, lines: Iterable[Line], *, about: Sequence[tuple[str, str]], created: datetime) -> int:
    """Write a file; how many items it holds. `about`: the rows of the second sheet; `created`: UTC, without a zone."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    try:
        book.use_zip64()
        book.set_properties({"created": created, "title": "政府信息公开目录"})
        bold = book.add_format({"bold": True})
        count = _items(book, lines, bold)
        source = book.add_worksheet("说明")
        source.set_column(0, 0, 14)
        source.set_column(1, 1, 90)
        for row, (name, said) in enumerate(about):
            source.write_string(row, 0, name, bold)
            source.write_string(row, 1, said)
        book.close()
    except FileCreateError as error:
        # What the system said of the file is inside.
        (cause,) = error.args
        raise cause from None
    finally:
        # The library closes the files of the rows only where it comes to its end.
        for sheet in book.worksheets():
            with suppress(OSError):
                sheet.row_data_fh.close()
    return count


def _items(book: Any, lines: Iterable[Line], bold: Any) -> int:  # noqa: ANN401 - Any: the library has no types
    sheet = book.add_worksheet("目录")
    sheet.freeze_panes(1, 0)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, column.heading, bold)
    count = 0
    for line in lines:
        count += 1
        if count >= MAX_ROWS:
            raise Refused("EXP-002", limit=MAX_ROWS - 1)
        for number, cell in enumerate(cells(line)):
            if cell is not None:
                _write(sheet, count, number, cell, day=day, item=line.id)
    sheet.autofilter(0, 0, count, len(HEADINGS) - 1)
    return count


def _write(  # noqa: PLR0913 - a place in a sheet, and what goes there
    sheet: Any,  # noqa: ANN401 - Any: the library has no types
    row: int,
    number: int,
    cell: str | int | date,
    *,
    day: Any,  # noqa: ANN401 - Any: the library has no types
    item: str,
) -> None:
    match cell:
        case str():
            if len(cell) > MAX_CHARACTERS:
                raise Refused("EXP-003", item=item, column=HEADINGS[number], limit=MAX_CHARACTERS)
            sheet.write_string(row, number, cell)
        case date() if cell >= _FIRST_DAY:
            sheet.write_number(row, number, (cell - _DAY_ZERO).days, day)
        case date():
            sheet.write_string(row, number, cell.isoformat())
        case _:
            sheet.write_number(row, number, cell)
