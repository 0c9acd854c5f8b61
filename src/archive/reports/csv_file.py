"""A report as comma-separated values: one line for each cell of the form, then where the figures come from.

A cell that the form does not have is no line; a line without a number says in its state why there is none.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from archive.exports.csv_file import harmless
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from archive.domain.errors import Language
    from archive.reports.paper import Paper


def csv_of(paper: Paper, language: Language) -> bytes:
    """The file: RFC 4180, UTF-8 with a byte order mark, and no text that a spreadsheet would compute."""
    words = WORDS[language]
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([words.key, words.table, words.row, words.column, words.unit, words.value, words.state])
    for table in paper.report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell is None:
                    continue
                labels = [harmless(getattr(one, language)) for one in (table, row, column)]
                # A number is one, also where it is below 0.
                writer.writerow([cell.key, *labels, cell.unit, cell.text or "", words.states[cell.state]])
    writer.writerow([])
    writer.writerow([harmless(paper.title(language))])
    for note in paper.notes(language):
        writer.writerow([harmless(note)])
    for name, said in paper.stamp.lines(language):
        writer.writerow([name, harmless(said)])
    return file.getvalue().encode("utf-8-sig")
