"""Filled reports on paper, and what a reader of each format finds in the files."""

import csv
import io
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from python_calamine import CalamineWorkbook
from typing_extensions import override

from archive.disclosures.openings import Disclosures
from archive.reports.build import report
from archive.reports.charts import charts
from archive.reports.paper import Paper, Stamp
from reports.years import KINDS, Asked, Told, declares, folded, handled, registered
from stories import agency_id

OTHER: Final = agency_id(2)
SILENT: Final = agency_id(3)
STAMP: Final = Stamp("archive.example/fgj", 12, "2030-12-10T04:00:00Z", "A" * 43 + "=", "0" * 64)
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def a_filled_year(form: str, year: int) -> list[Told]:
    """Two agencies with requests of every kind and some declarations, and one of which nothing is known."""
    asked = [Asked(kind, year, "granted", year, channel="letter") for kind in KINDS]
    asked += [
        Asked("natural_person", year - 1, "not-exist", year),
        Asked("natural_person", year - 2, "severed", year - 1),
    ]
    told = [registered(), registered(OTHER), registered(SILENT), *handled(asked)]
    told += handled([Asked("research_institution", year)], agency=OTHER, first=90)
    match form:
        case "2014":
            told += [declares("capacity.budget", year, 1_234_500, number=1, unit="fen")]
            told += [declares("capacity.staff_full_time", year, 2, number=2)]
        case "2019":
            items = "art20_5.administrative_licensing.items"
            told += [declares(items, year - 1, 12, number=1), declares(items, year, 9, number=2)]
        case _:
            told += [declares("art20_1.rules.issued", year, 2, number=number) for number in (1, 2)]
            told += [declares("art20_8.administrative_fees.amount", year, 59_237_244_900, number=3, unit="fen")]
    return told


def a_paper(texts: Disclosures, form: str, year: int, **of: Any) -> Paper:  # noqa: ANN401 - Any: whose report it is
    """The report of a filled year on paper."""
    reading = folded(a_filled_year(form, year), texts)
    made = report(reading, form=form, year=year, **of)  # type: ignore[arg-type] # one of the forms
    return Paper(made, STAMP._replace(position=made.position), charts(reading, made))


# --- readers --------------------------------------------------------------------------------------------------------------
def csv_rows(file: bytes) -> list[list[str]]:
    """Every line, and no mark of the byte order."""
    assert file.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), strict=True))


def xlsx_sheets(file: bytes) -> dict[str, list[list[Any]]]:  # Any: whatever stands in a cell
    """The rows of every sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


class _Tables(HTMLParser):
    """The texts of the cells of each table of the form."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[str]] = {}
        self.cells: dict[str, str] = {}
        self.requests: list[str] = []
        self._texts: list[str] | None = None
        self._cell: str | None = None
        self._open = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.requests += [value for name, value in attrs if name in {"src", "href", "action"} and value]
        if tag == "table":
            key = told.get("data-table")
            self._texts = None if key is None else self.tables.setdefault(key, [])
        if tag in {"th", "td"} and self._texts is not None:
            self._texts.append("")
            self._cell, self._open = told.get("data-cell"), True

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td"}:
            self._open = False
        if tag == "table":
            self._texts = None

    @override
    def handle_data(self, data: str) -> None:
        if self._open and self._texts is not None:
            self._texts[-1] += data
            if self._cell is not None:
                self.cells[self._cell] = self.cells.get(self._cell, "") + data


def html_tables(file: bytes) -> _Tables:
    """The tables of the page."""
    parser = _Tables()
    parser.feed(file.decode("utf-8"))
    return parser


def docx_tables(file: bytes) -> list[list[str]]:
    """The texts of each table of the document, without the places that a merged cell covers."""
    return [list(_texts(table)) for table in _part(file, "word/document.xml").iter(f"{_W}tbl")]


def _texts(table: ET.Element) -> Iterator[str]:
    for cell in table.iter(f"{_W}tc"):
        merged = cell.find(f"{_W}tcPr/{_W}vMerge")
        if merged is None or merged.get(f"{_W}val") == "restart":
            yield "".join(text.text or "" for text in cell.iter(f"{_W}t"))


def docx_foot(file: bytes) -> str:
    """What stands at the foot of every page."""
    return "".join(text.text or "" for text in _part(file, "word/footer1.xml").iter(f"{_W}t"))


def _part(file: bytes, name: str) -> ET.Element:
    return ET.fromstring(parts(file)[name])  # noqa: S314 - we wrote it


def parts(file: bytes) -> dict[str, bytes]:
    """The parts of a file of an office."""
    with zipfile.ZipFile(io.BytesIO(file)) as opened:
        assert {one.date_time for one in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: opened.read(name) for name in opened.namelist()}


def golden(name: str) -> Path:
    """A file of the golden reports."""
    return Path(__file__).parents[1] / "assets" / "reports" / name
