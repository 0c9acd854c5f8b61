"""A report in every format, from one paper: none of them reads or reckons anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, assert_never, get_args

from archive.reports.csv_file import csv_of
from archive.reports.docx_file import docx_of
from archive.reports.html_file import html_of
from archive.reports.paper import data_of
from archive.reports.xlsx_file import xlsx_of

if TYPE_CHECKING:
    from pathlib import Path

    from archive.domain.errors import Language
    from archive.reports.paper import Paper

Format = Literal["json", "csv", "xlsx", "html", "docx"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def rendered(paper: Paper, form: Format, language: Language, *, template: Path | None = None) -> bytes:
    """The report in a format; JSON is the data whose digest the others print. `template`: of a document, if not ours."""
    match form:
        case "json":
            return data_of(paper.report) + b"\n"
        case "csv":
            return csv_of(paper, language)
        case "xlsx":
            return xlsx_of(paper, language)
        case "html":
            return html_of(paper, language)
        case "docx":
            return docx_of(paper, language, template)
        case _:
            assert_never(form)
