import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from typing_extensions import override

from api.world import World
from archive.commands import Writer
from stories import Clerk, tell


class Links(HTMLParser):
    """Every address that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src", "action"} and value]


def links(html: str) -> list[str]:
    reader = Links()
    reader.feed(html)
    return reader.found


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- the public page ----------------------------------------------------------------------------------------------------
def test_the_public_page_shows_the_figures_of_the_newest_year(bureau_site: TestClient) -> None:
    response = bureau_site.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["x-log-position"].isdecimal()
    seen = text(response.text)
    for words in ("2018年公开情况", "主动公开信息 686 条", "收到公开申请 1 件", "项目审批、核准备案 668", "合计 686"):
        assert words in seen
    for value in (7, 668, 2, 1, 675, 11):
        assert f"<span>{value}</span>" in response.text


def test_it_speaks_english_when_asked(bureau_site: TestClient) -> None:
    page = bureau_site.get("/?lang=en").text
    assert '<html lang="en">' in page
    assert "Disclosure in 2018" in page
    assert '<html lang="zh-CN">' in bureau_site.get("/", headers={"accept-language": "en"}).text


def test_it_shows_the_archive_as_it_was(site: TestClient) -> None:
    response = site.get("/?position=17")
    assert response.headers["x-log-position"] == "17"
    assert "主动公开信息 1 条" in text(response.text)
    assert "截至第 17 条记录" in text(response.text)
    assert "主动公开信息 3 条" in text(site.get("/").text)


def test_the_page_of_position_0_is_empty(site: TestClient) -> None:
    page = site.get("/?position=0")
    assert (page.status_code, 'class="empty"' in page.text, "<table" in page.text) == (200, True, False)


def test_the_page_of_an_archive_without_entries_is_empty(empty_site: TestClient) -> None:
    page = empty_site.get("/")
    assert (page.status_code, 'class="empty"' in page.text, "<table" in page.text) == (200, True, False)


@pytest.mark.parametrize("position", ["50", "-1", "x", "1.5", "９", "9" * 20, "1e3", "%00", "%FF"])
def test_a_position_that_is_not_there_is_said_on_the_page_of_now(site: TestClient, position: str) -> None:
    response = site.get(f"/?position={position}")
    assert response.status_code == 400
    assert response.headers["x-log-position"] == "49"
    assert "49" in text(response.text)
    assert 'role="alert"' in response.text


def test_the_page_changes_when_the_archive_does(site: TestClient, world: World, writer: Writer) -> None:
    etag = site.get("/").headers["etag"]
    assert site.get("/", headers={"if-none-match": etag}).status_code == 304
    tell(writer, [Clerk(2).open_section("later")])
    world.follow()
    again = site.get("/", headers={"if-none-match": etag})
    assert (again.status_code, again.headers["x-log-position"]) == (200, "50")


# --- every page ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/", "/?lang=en", "/?position=3", "/graphiql", "/nothing", "/no/such/page", "/static/none.css"]
)
def test_pages_name_only_what_is_on_this_site_and_by_relative_addresses(site: TestClient, path: str) -> None:
    """Goal: the site works under any path prefix. Method: each address, seen from the page, stays below its root."""
    depth = path.count("/") - 1
    for link in links(site.get(path).text):
        assert not re.match(r"[a-z]+:|/", link), link
        assert len(re.findall(r"\.\./", link)) <= depth, link


@pytest.mark.parametrize("path", ["/", "/graphiql", "/no/such/page"])
def test_what_a_page_loads_is_there(site: TestClient, path: str) -> None:
    for link in links(site.get(path).text):
        if "static/" in link:
            assert site.get("/" + link.replace("../", "")).status_code == 200, link


def test_a_page_that_is_not_there_says_so(site: TestClient) -> None:
    response = site.get("/no/such/page?lang=en")
    assert response.status_code == 404
    assert "Not found" in response.text
    assert 'href="../../?lang=en"' in response.text


def test_a_page_takes_no_post(site: TestClient) -> None:
    response = site.post("/", content=b"x")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_markup_in_a_name_is_text(site: TestClient, world: World, writer: Writer) -> None:
    tell(writer, [Clerk(3).register_agency("agency-" + "b" * 32, name="<script>alert(1)</script>")])
    world.follow()
    page = site.get("/").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
