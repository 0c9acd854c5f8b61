"""Renderings: every format, read back, has the report's cells; the same paper gives the same bytes."""

import json
import re
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.disclosures.openings import Disclosures
from archive.domain.errors import Language
from archive.exports.csv_file import revealed
from archive.intake.bureau_2018 import build_bureau
from archive.projections import tree
from archive.projections.runner import Projections, Reader
from archive.reports.build import Cell, Report, Reporter, report
from archive.reports.layout import Grid, grids
from archive.reports.paper import Paper, data_of, paper
from archive.reports.rendering import FORMATS, Format, rendered
from archive.reports.words import WORDS
from reports.papers import (
    STAMP,
    a_paper,
    csv_rows,
    docx_foot,
    docx_tables,
    golden,
    html_tables,
    parts,
    xlsx_sheets,
)
from reports.years import AGENCY, declares, folded, no_texts, registered
from stories import BACKENDS, Home

YEARS: Final = {"2014": 2018, "2019": 2020, "2021": 2023}
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


@pytest.fixture(
    params=[*product(YEARS, (True, False))], ids=lambda one: f"{one[0]}-{'alone' if one[1] else 'district'}"
)
def filled(request: pytest.FixtureRequest, texts: Disclosures) -> Paper:
    """A filled report in each form: of one agency, and of a district in which some declared nothing."""
    form, alone = request.param
    return a_paper(texts, form, YEARS[form], agency=AGENCY if alone else None)


def said(cell: Cell | None, language: Language = "zh") -> str:
    """What a reader must find for a cell, told a second time."""
    if cell is None:
        return "—"
    words = {
        "zh": {"not-declared": "未申报", "declared-twice": "重复申报", "untold": "无法统计"},
        "en": {"not-declared": "not declared", "declared-twice": "declared twice", "untold": "cannot be told"},
    }
    if cell.text is None:
        return words[language][cell.state]
    return cell.text + ("*" if cell.state == "partly-declared" else "")


def every_cell(of: Report) -> list[Cell | None]:
    return [cell for table in of.tables for row in table.rows for cell in row.cells]


# --- the cells ------------------------------------------------------------------------------------------------------------
def test_the_papers_hold_every_state_of_a_cell(texts: Disclosures) -> None:
    states: Counter[str] = Counter()
    for form, alone in product(YEARS, (True, False)):
        made = a_paper(texts, form, YEARS[form], agency=AGENCY if alone else None).report
        states += Counter("no-cell" if cell is None else cell.state for cell in every_cell(made))
        assert any(cell is not None and cell.value == 0 for cell in every_cell(made))
    assert set(states) == {
        "counted",
        "declared",
        "partly-declared",
        "not-declared",
        "declared-twice",
        "untold",
        "no-cell",
    }


def in_order(grid: Grid, of: Report) -> list[Cell | None]:
    """The cells of a table in the order in which its places are read."""
    (table,) = (one for one in of.tables if one.key == grid.key)
    nested = not grid.flat and len(table.rows) > 1
    return [
        cell
        for row in table.rows
        for cell in row.cells
        # A heading of a table that is no list stands beside its rows, and has no places for numbers.
        if not nested or any(one is not None for one in row.cells)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printed_table_has_every_cell_once_and_covers_its_grid(filled: Paper, language: Language) -> None:
    for grid in grids(filled.report, language):
        values = [place for place in grid.places if place.kind == "value"]
        assert [place.cell for place in values] == in_order(grid, filled.report)
        assert [place.text for place in values] == [said(place.cell, language) for place in values]
        covered = Counter(
            (place.row + row, place.column + column)
            for place in grid.places
            for row, column in product(range(place.rows), range(place.columns))
        )
        assert covered == Counter(product(range(grid.rows), range(grid.columns)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_every_cell(filled: Paper, language: Language) -> None:
    page = html_tables(rendered(filled, "html", language))
    assert page.cells == {cell.key: said(cell, language) for cell in filled.report.cells()}
    assert page.tables == {grid.key: [place.text for place in grid.places] for grid in grids(filled.report, language)}
    assert page.requests == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_separated_by_commas_have_every_cell(filled: Paper, language: Language) -> None:
    _, *lines = csv_rows(rendered(filled, "csv", language))
    found = {line[0]: (line[4], line[5], line[6]) for line in lines[: lines.index([])]}
    assert found == {
        cell.key: (cell.unit, cell.text or "", WORDS[language].states[cell.state]) for cell in filled.report.cells()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workbook_has_every_cell_and_its_numbers_are_numbers(filled: Paper, language: Language) -> None:
    sheets = xlsx_sheets(rendered(filled, "xlsx", language))
    rows = [
        row
        for name, found in sheets.items()
        if name not in {WORDS[language].checks, WORDS[language].source}
        for row in found
    ]
    read = [cell for row in rows for cell in row if cell != ""]
    expected: list[Any] = []  # Any: a text, or a number
    for grid in grids(filled.report, language):
        for place in grid.places:
            number = place.cell is not None and place.cell.text is not None
            expected.append(float(place.cell.text) if number and place.cell and place.cell.text else place.text)
    # What stands around the tables are texts of their own.
    around = [
        filled.title(language),
        *filled.notes(language),
        *(f"{name}：{one}" for name, one in filled.stamp.lines(language)),
        *(grid.section for grid in grids(filled.report, language) if not grid.flat),
    ]
    assert [one for one in read if one not in around] == expected


@pytest.mark.parametrize(
    "fen, shown",
    [
        (0, 0.0),
        (1, 0.000001),
        (999_999_999_999_999, 999_999_999.999999),
        # More digits than a sheet can hold would be rounded: the number stands as text.
        (9_007_199_254_740_991, "9007199254.740991"),
        (9_007_199_254_000_000, 9_007_199_254.0),
    ],
)
def test_no_sum_of_money_is_rounded(fen: int, shown: float | str, texts: Disclosures) -> None:
    told = [registered(), declares("capacity.budget", 2018, fen, unit="fen")]
    of = report(folded(told, texts), form="2014", year=2018)
    sheet = next(iter(xlsx_sheets(rendered(Paper(of, STAMP, []), "xlsx", "zh")).values()))
    (found,) = (row[2] for row in sheet if str(row[0]).startswith("（四）政府信息公开专项经费"))
    assert found == shown
    exact = {cell.key: cell.text for cell in of.cells()}["capacity.budget_wan_yuan"]
    assert exact is not None
    assert Decimal(exact) * 1_000_000 == fen
    assert f",万元,{exact}," in rendered(Paper(of, STAMP, []), "csv", "zh").decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_has_every_cell(filled: Paper, language: Language) -> None:
    found = docx_tables(rendered(filled, "docx", language))
    assert found == [[place.text for place in grid.places] for grid in grids(filled.report, language)]


def test_json_is_the_report(filled: Paper) -> None:
    assert msgspec.json.decode(rendered(filled, "json", "zh"), type=Report) == filled.report


# --- the official layout --------------------------------------------------------------------------------------------------
def test_requests_stand_as_in_the_form_of_2021(texts: Disclosures) -> None:
    grid = {one.key: one for one in grids(a_paper(texts, "2021", 2023, agency=AGENCY).report, "zh")}["requests"]
    places = {
        place.text: (place.row, place.column, place.rows, place.columns)
        for place in grid.places
        if place.kind != "value"
    }
    assert places["申请人情况"] == (0, 3, 1, 7)
    assert places["自然人"] == (1, 3, 2, 1)
    assert places["法人或其他组织"] == (1, 4, 1, 5)
    assert places["商业企业"] == (2, 4, 1, 1)
    assert places["总计"] == (1, 9, 2, 1)
    assert places["一、本年新收政府信息公开申请数量"] == (3, 0, 1, 3)
    assert places["三、本年度办理结果"] == (5, 0, 22, 1)
    assert places["（三）不予公开"] == (7, 1, 8, 1)
    assert places["1.属于国家秘密"] == (7, 2, 1, 1)
    assert places["（七）总计"] == (26, 1, 1, 2)
    assert places["四、结转下年度继续办理"] == (27, 0, 1, 3)


def test_remedies_stand_side_by_side(texts: Disclosures) -> None:
    (grid,) = (one for one in grids(a_paper(texts, "2021", 2023).report, "zh") if one.key == "review_litigation")
    heads = [(place.text, place.row, place.column, place.rows, place.columns) for place in grid.places[:4]]
    assert heads == [
        ("行政复议", 0, 0, 2, 5),
        ("行政诉讼", 0, 5, 1, 10),
        ("未经复议直接起诉", 1, 5, 1, 5),
        ("复议后起诉", 1, 10, 1, 5),
    ]
    assert (grid.rows, grid.columns) == (4, 15)


# --- the foot, the digest, the bytes --------------------------------------------------------------------------------------
def test_position_root_and_digest_stand_at_the_foot_of_every_format(filled: Paper) -> None:
    stamp = filled.stamp
    found = {
        "csv": rendered(filled, "csv", "zh").decode(),
        "html": rendered(filled, "html", "zh").decode(),
        "docx": docx_foot(rendered(filled, "docx", "zh")),
        "xlsx": parts(rendered(filled, "xlsx", "zh"))["xl/worksheets/sheet1.xml"]
        .decode()
        .partition("<headerFooter>")[2],
    }
    assert set(found) == set(FORMATS) - {"json"}
    for text in found.values():
        for told in (str(stamp.position), stamp.root, stamp.sha256):
            assert told in text


def test_the_digest_is_of_the_json_that_anybody_can_write(filled: Paper) -> None:
    plain = json.dumps(msgspec.to_builtins(filled.report), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert data_of(filled.report) == plain.encode()


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_paper_gives_the_same_bytes(form: Format, filled: Paper) -> None:
    assert rendered(filled, form, "zh") == rendered(filled, form, "zh")


# --- what strangers wrote -------------------------------------------------------------------------------------------------
def test_a_name_is_never_computed_or_run(texts: Disclosures) -> None:
    name = "=HYPERLINK(<script>&\"'"
    filled = a_paper(texts, "2021", 2023, agency=AGENCY)
    named = filled._replace(report=replace(filled.report, agencies=[Reporter(AGENCY, name)]))
    lines = csv_rows(rendered(named, "csv", "zh"))
    assert lines[lines.index([]) + 1] == [f"'{named.title('zh')}"]
    assert revealed(lines[lines.index([]) + 1][0]) == named.title("zh")
    assert "<script" not in rendered(named, "html", "zh").decode()
    sheet = next(iter(xlsx_sheets(rendered(named, "xlsx", "zh")).values()))
    assert sheet[0][0] == named.title("zh")
    assert not re.search(rb"<f[ >]", parts(rendered(named, "xlsx", "zh"))["xl/worksheets/sheet1.xml"])


def test_who_is_missing_is_named(texts: Disclosures) -> None:
    filled = a_paper(texts, "2021", 2023)
    (silent,) = filled.report.missing
    assert silent.name is None
    for form in ("csv", "html"):
        assert silent.agency in rendered(filled, form, "zh").decode()


# --- charts ---------------------------------------------------------------------------------------------------------------
def test_charts_show_numbers_of_the_report_beside_the_same_table_and_in_words(texts: Disclosures) -> None:
    filled = a_paper(texts, "2021", 2023, agency=AGENCY)
    charts = {chart.key: [(bar.en, bar.value) for bar in chart.bars] for chart in filled.charts}
    assert charts == {
        "received": [("In person", 0), ("By fax", 0), ("Online", 0), ("By letter", 6)],
        "results": [
            ("Granted", 6),
            ("Granted in part", 0),
            ("Refused", 0),
            ("Unable to provide", 1),
            ("Not processed", 0),
            ("Other processing", 0),
        ],
        "time-to-reply": [("On time", 6), ("Within an extension", 0), ("Late", 1)],
        "requests-by-year": [("2021", 1), ("2022", 1), ("2023", 6)],
    }
    cells = {cell.key: cell.value for cell in filled.report.cells()}
    assert sum(value for _, value in charts["results"]) == cells["requests.results_total.total"]
    page = rendered(filled, "html", "en").decode()
    for chart in filled.charts:
        drawn = page.partition(f'id="chart-{chart.key}-text">')[2].partition("</figure>")[0]
        alternative, _, drawn = drawn.partition("</desc>")
        drawing, _, table = drawn.partition("</svg>")
        assert alternative == chart.alternative("en")
        expected = [str(bar.value) for bar in chart.bars]
        assert re.findall(r'y="\d+">([^<]*)</text>', drawing)[1::2] == expected
        assert re.findall(r'<td class="value">(\d+)</td>', table.partition("</tbody>")[0]) == expected


def test_charts_of_a_district_are_the_sums_of_its_agencies(texts: Disclosures) -> None:
    filled = a_paper(texts, "2021", 2023)
    (received,) = (chart for chart in filled.charts if chart.key == "received")
    cells = {cell.key: cell.value for cell in filled.report.cells()}
    assert received.total == cells["requests.received_this_year.total"] == 7


# --- the founding bureau --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """The report of 2018 on paper; its root is that of no log, since texts are sealed with salt that no two logs share."""
    home = Home.create(tmp_path_factory.mktemp("bureau") / "home", BACKENDS["sqlite"])
    with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
        build_bureau(log, disclosures, vault)
        Projections(home.folder / "projections", log, disclosures).follow()
        with Reader(home.folder / "projections").reading() as reading:
            made = report(reading, form="2014", year=2018)
            found = paper(reading, made, origin=log.origin, recorded_at=log.moment_of(made.position))
            assert found.stamp.root == b64encode(tree.root(reading.db, made.position)).decode()
    assert found.stamp.sha256 == sha256(data_of(made)).hexdigest()
    return found._replace(stamp=found.stamp._replace(root=STAMP.root))


@pytest.mark.parametrize("form", FORMATS)
def test_the_report_of_the_founding_bureau_is_the_golden_one(
    form: Format, founding: Paper, *, update_golden: bool
) -> None:
    made = rendered(founding, form, "zh")
    file = golden(f"2018-form-2014.{form}")
    if update_golden:
        file.write_bytes(made)
    if form in {"xlsx", "docx"}:
        # How a part is compressed is the business of the machine.
        assert parts(made) == parts(file.read_bytes())
    else:
        assert made == file.read_bytes()
