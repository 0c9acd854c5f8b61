"""Comma-separated values: RFC 4180, UTF-8 with a byte order mark, and no cell that a spreadsheet would compute.

Rule for a cell of text whose first character is one of `= + - @ ＝ ＋ － ＠`, a tab, CR, LF or an apostrophe: an apostrophe
is put before it. `revealed` takes it away again, so that nothing is lost.
"""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Final

from archive.exports.columns import HEADINGS, Cell, cells

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archive.exports.lines import Line

# What begins a formula in Excel, WPS and LibreOffice, in a Chinese input method too; and the mark itself.
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
MARK: Final = "'"


def write_csv(path: Path, lines: Iterable[Line]) -> int:
    """Write a file with a line of headings; how many items it holds."""
    count = 0
    # The mark tells Excel that it is UTF-8; the csv module ends lines with CR LF, as the RFC says.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for line in lines:
            writer.writerow(map(_shown, cells(line)))
            count += 1
    return count


def harmless(text: str) -> str:
    """The text as no spreadsheet computes it."""
    return MARK + text if text.startswith((*FORMULA, MARK)) else text


def revealed(text: str) -> str:
    """The text that was made harmless."""
    return text.removeprefix(MARK)


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return harmless(cell)
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
