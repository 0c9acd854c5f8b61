"""The page of a yearly report, and its files."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.world import World, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyText, RegisterAgency
from archive.log.log import Log
from archive.reports.rendering import FORMATS, MEDIA_TYPES
from reports.papers import csv_rows, docx_tables, html_tables, xlsx_sheets
from stories import AGENCY, Clerk, Home, a_small_archive, agency_id, tell
from web.conftest import site_of

OTHER = agency_id(2)


@pytest.fixture
def district(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[TestClient]:
    """The site of the small archive, and of an agency beside it of which nothing is known."""
    tell(writer, a_small_archive(Clerk()))
    silent = RegisterAgency(
        id="f" * 32,
        by="role:administrator",
        agency=OTHER,
        level="county",
        region="421202",
        text=AgencyText(name="<b>邻县</b>示例局"),
    )
    tell(writer, [silent])
    with site_of(world_of(home, log, disclosures)) as site:
        yield site


def test_the_report_of_the_founding_bureau_is_on_its_page_and_in_every_file(bureau_site: TestClient) -> None:
    answer = bureau_site.get("/report/2018")
    assert answer.status_code == 200
    cells = html_tables(answer.content).cells
    assert (cells["proactive.items_total"], cells["channels.weibo"], cells["capacity.staff_total"]) == (
        "686",
        "0",
        "未申报",
    )
    files = {form: bureau_site.get(f"/report/2018.{form}") for form in FORMATS}
    for form, file in files.items():
        assert file.status_code == 200
        assert file.headers["content-type"].partition(";")[0] == MEDIA_TYPES[form]
        assert file.headers["x-log-position"] == answer.headers["x-log-position"]
        assert re.fullmatch(
            rf'attachment; filename="report-2018-form-2014-position-\d+\.{form}"', file.headers["content-disposition"]
        )
    assert html_tables(files["html"].content).cells == cells
    assert {row[0]: row[5] for row in csv_rows(files["csv"].content)[1:59]} == {
        key: text if text.isdecimal() else "" for key, text in cells.items()
    }
    assert "686" in docx_tables(files["docx"].content)[0]
    assert 686.0 in [cell for row in next(iter(xlsx_sheets(files["xlsx"].content).values())) for cell in row]
    digest = re.search(r"<code>([0-9a-f]{64})</code>", answer.text)
    assert digest is not None
    for form in ("csv", "html"):
        assert digest[1] in files[form].text


def test_the_page_has_its_charts_and_a_way_to_each_file(bureau_site: TestClient) -> None:
    page = bureau_site.get("/report/2018?lang=en").text
    assert '<html lang="en">' in page
    assert page.count("<svg") - page.count('aria-hidden="true"') == page.count("<desc") == 7
    # The addresses of a page are relative, and keep the language.
    assert re.findall(r'href="([^"]+)" download', page) == [
        f"../report/2018.{form}?lang=en" for form in ("xlsx", "docx", "csv", "html", "json")
    ]
    assert "Requests concluded, by whether in time" in page
    assert " style=" not in page, "the policy of the site forbids it"


def test_the_public_page_leads_to_the_report_of_its_year(bureau_site: TestClient) -> None:
    assert 'href="report/2018"' in bureau_site.get("/").text
    assert 'href="report/2018?lang=en&amp;position=5000"' in bureau_site.get("/?lang=en&position=5000").text


def test_a_report_is_shown_as_it_was(site: TestClient) -> None:
    items: list[int] = []
    for position in range(1, 50):
        answer = site.get(f"/report/2018?position={position}")
        if answer.status_code == 404:
            assert not items, "what was reported once is reported at every later position"
            assert "RPF-00" in answer.text
            continue
        assert answer.headers["x-log-position"] == str(position)
        assert f"截至第 {position} 条记录" in answer.text
        items.append(int(html_tables(answer.content).cells["proactive.items_total"]))
    assert items == sorted(items)
    assert (items[0], items[-1]) == (1, 3)


def test_an_archive_of_several_agencies_shows_their_sum_or_one_of_them(district: TestClient) -> None:
    page = district.get("/report/2018").text
    assert "&lt;b&gt;邻县&lt;/b&gt;示例局" in page
    assert "缺报" in page
    assert f'<option value="{AGENCY}">' in page
    alone = district.get(f"/report/2018?agency={AGENCY}")
    assert f'<option value="{AGENCY}" selected>' in alone.text
    assert f"report/2018.xlsx?agency={AGENCY}" in alone.text
    assert html_tables(alone.content).cells == html_tables(page.encode()).cells
    missing = district.get(f"/report/2018?agency={OTHER}")
    assert (missing.status_code, "RPF-002" in missing.text) == (404, True)


@pytest.mark.parametrize(
    "path, status, said",
    [
        ("/report/2013", 404, "RPF-018"),
        ("/report/2018?form=2021", 404, "RPF-001"),
        ("/report/2018?form=2022", 404, ""),
        ("/report/2018?agency=<script>", 404, ""),
        ("/report/2018?agency=agency-" + "0" * 32, 404, "RPF-003"),
        ("/report/2016", 404, "RPF-002"),
        ("/report/2018?position=99999", 400, "API-002"),
        ("/report/2018.exe", 404, ""),
        ("/report/2018.csv?form=2022", 404, ""),
        ("/report/2016.csv", 404, "RPF-002"),
        ("/report/year", 404, ""),
    ],
)
def test_a_report_that_is_not_there_says_why(site: TestClient, path: str, status: int, said: str) -> None:
    answer = site.get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert "<script>" not in answer.text


def test_the_report_of_an_archive_without_entries_is_not_there(empty_site: TestClient) -> None:
    assert empty_site.get("/report/2018").status_code == 404


def test_a_report_asks_few_statements(world: World, site: TestClient) -> None:
    site.get("/report/2018")
    with world.statements() as seen:
        site.get("/report/2018")
    assert len(seen) <= 20


@pytest.mark.parametrize("path", ["/report/2018", "/report/2018?lang=en&position=45"])
def test_what_the_page_names_is_on_this_site(site: TestClient, path: str) -> None:
    page = site.get(path).text
    for link in re.findall(r'(?:href|src|action)="([^"#]+)"', page):
        assert not re.match(r"[a-z]+:|/", link), link
        assert site.get("/" + link.replace("../", "").replace("&amp;", "&")).status_code == 200, link
