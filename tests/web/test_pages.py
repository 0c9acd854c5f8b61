import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import jinja2
import pytest
from starlette.testclient import TestClient
from typing_extensions import override

from api.world import World
from archive.api.deadlines import DayKind
from archive.api.items import ItemStatus
from archive.api.requests import RequestState, request_by_number
from archive.commands import Writer
from archive.domain.commands import AnyCommand
from archive.domain.request_intake import ReceiptChannel
from archive.law.regimes import OUTCOMES
from archive.projections import requests
from archive.web import pages
from stories import Clerk, item_id, request_id, tell

# Of the small archive: its request has the number 2018-1.
REGISTER = (
    "/search",
    "/search?q=批复&lang=en&position=20",
    "/requests",
    "/requests?lang=en",
    "/requests/2018-1",
    "/requests/2018-1?lang=en",
)


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


# --- search -------------------------------------------------------------------------------------------------------------
def test_the_home_page_asks_what_to_search_for(site: TestClient) -> None:
    page = site.get("/").text
    assert 'action="search" role="search"' in page
    assert '<label for="q">' in page


def test_a_search_marks_what_it_found(site: TestClient) -> None:
    response = site.get("/search", params={"q": "批复"})
    assert (response.status_code, response.headers["x-log-position"]) == (200, "49")
    assert "找到 3 条信息" in text(response.text)
    assert response.text.count("<mark>批复</mark>") == 3
    assert "尚未公开的文稿" not in response.text


def test_a_search_for_nothing_lists_everything_that_is_public(site: TestClient) -> None:
    for path in ("/search", "/search?q=%20"):
        page = site.get(path).text
        assert ("全部信息 3 条" in text(page), "<mark>" in page) == (True, False)


def test_a_search_reads_as_of_a_position(site: TestClient) -> None:
    response = site.get("/search", params={"q": "批复", "position": "17", "lang": "en"})
    assert response.headers["x-log-position"] == "17"
    assert "1 item found" in text(response.text)
    assert "as of position 17" in text(response.text)
    assert "没有找到" in site.get("/search", params={"q": "批复", "position": "0"}).text


def test_markup_in_what_is_sought_and_found_is_text(site: TestClient, world: World, writer: Writer) -> None:
    clerk = Clerk(4)
    story = [clerk.draft(item_id(9), title="【甲】<b>批&复</b>【乙】"), *clerk.review(item_id(9), on="2018-06-01")]
    tell(writer, [*story, clerk.publish(item_id(9), on="2018-06-04")])
    world.follow()
    page = site.get("/search", params={"q": "批&复"}).text
    assert "【甲】&lt;b&gt;<mark>批&amp;复</mark>&lt;/b&gt;【乙】" in page
    page = site.get("/search", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script" not in page
    assert "没有找到" in page


def test_the_pages_of_a_search_follow_each_other_at_one_position(bureau_site: TestClient) -> None:
    """Goal: nothing is lost or shown twice. Method: walk to the end by the links that a reader sees, and back once."""
    path, seen = "/search?q=项目&lang=en", []
    while True:
        page = bureau_site.get(path).text
        seen.append(re.findall(r"<h3[^>]*>(.*?)</h3>", page))
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        if onward is None:
            break
        path = "/" + unescape(onward[1])
    titles = [title for shown in seen for title in shown]
    (total,) = re.findall(r"([0-9,]+) items found", text(page))
    assert len(titles) == int(total.replace(",", "")) > 20
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back is not None
    assert re.findall(r"<h3[^>]*>(.*?)</h3>", bureau_site.get("/" + unescape(back[1])).text) == seen[-2]


@pytest.mark.parametrize(
    "fields", [{"q": "甲" * 201}, {"after": "x"}, {"before": "eyJ"}, {"position": "50"}, {"position": "x"}]
)
def test_a_search_that_cannot_be_answered_says_why(site: TestClient, fields: dict[str, str]) -> None:
    response = site.get("/search", params=fields)
    assert (response.status_code, response.headers["x-log-position"]) == (400, "49")
    assert 'role="alert"' in response.text
    assert "<h3" not in response.text


# --- the register of requests -------------------------------------------------------------------------------------------
def test_the_register_lists_each_request_with_its_due_date(site: TestClient) -> None:
    response = site.get("/requests")
    assert (response.status_code, response.headers["x-log-position"]) == (200, "49")
    seen = text(response.text)
    for words in ("共 1 件申请", "2018-1", "按期"):
        assert words in seen
    assert 'href="requests/2018-1"' in response.text


def test_a_request_shows_its_steps_and_its_due_date_day_by_day(site: TestClient, world: World) -> None:
    """Goal: the page says what GraphQL says. Method: every day and step that GraphQL gives stands in the two tables."""
    response = site.get("/requests/2018-1")
    assert (response.status_code, response.headers["x-log-position"]) == (200, "49")
    with world.sources.reading() as reads:
        found = request_by_number(reads.at(reads.head), "2018-1", agency=None)
        assert found is not None
        steps, due = found.steps(), found.due()
    seen = re.findall(r"<tr[^>]*>(.*?)</tr>", response.text, re.DOTALL)
    assert len(seen) == 1 + len(steps) + 1 + len(due.explanation())
    for row, day in zip(seen[-len(due.explanation()) :], due.explanation(), strict=True):
        assert day.on in row
        assert str(day.count if day.count is not None else "–") in text(row)
    for row, step in zip(seen[1:], steps, strict=False):
        assert (step.on in row, f"第 {step.position} 条" in row) == (True, True)
    assert due.due_on in response.text


def test_the_register_speaks_english_when_asked(site: TestClient) -> None:
    assert "1 request" in text(site.get("/requests?lang=en").text)
    page = site.get("/requests/2018-1?lang=en").text
    for words in ('<html lang="en">', "Request 2018-1", "How the due date is reckoned", "Reply delivered", "Weekend"):
        assert words in page


def test_a_request_is_shown_as_it_stood(site: TestClient) -> None:
    """Goal: each step opens the request as of its entry, also before it had a number. Method: follow every step."""
    page = site.get("/requests/2018-1").text
    ways = [unescape(link) for link in links(page) if re.search(r"request-.*position=", link)]
    for number, way in enumerate(ways, start=1):
        response = site.get("/" + way.removeprefix("../"))
        position = way.rpartition("=")[2]
        assert (response.status_code, response.headers["x-log-position"]) == (200, position)
        assert len([link for link in links(response.text) if re.search(r"request-.*position=", link)]) >= number
    assert len(ways) > 3


@pytest.mark.parametrize(
    "key",
    ["2018-2", "2018-1?position=3", "request-" + "f" * 32, "item-" + "0" * 32, "x", "%00", "%ED%A0%80", "2018-1/"],
)
def test_a_request_that_is_not_there_is_not_found(site: TestClient, key: str) -> None:
    assert site.get(f"/requests/{key}").status_code == 404


@pytest.mark.parametrize("path", ["/requests?after=x", "/requests?position=50", "/requests/2018-1?position=x"])
def test_a_page_of_the_register_that_cannot_be_read_says_why(site: TestClient, path: str) -> None:
    response = site.get(path)
    assert response.status_code == 400
    assert re.search(r"(API|LOG)-[0-9]{3}", response.text)


def test_where_two_agencies_have_a_number_the_register_names_the_agency(
    site: TestClient, world: World, writer: Writer
) -> None:
    clerk, other, request = Clerk(5), "agency-" + "b" * 32, request_id(2)
    story: list[AnyCommand] = [
        clerk.register_agency(other, name="某县财政局"),
        clerk.receive(request, agency=other, on="2018-03-05"),
        clerk.register(request, on="2018-03-06", number="2018-1"),
    ]
    tell(writer, story)
    world.follow()
    assert site.get("/requests/2018-1").status_code == 400
    assert f'href="requests/2018-1?agency={other}"' in site.get("/requests").text
    assert "某县财政局" in site.get(f"/requests/2018-1?agency={other}").text


def test_nothing_about_persons_is_in_the_register(site: TestClient) -> None:
    for path in ("/requests", "/requests/2018-1"):
        for words in ("甲某", "某街 1 号", "某项目的审批情况", "natural-person", "自然人"):
            assert words not in site.get(path).text


def test_an_archive_without_entries_has_an_empty_register_and_nothing_to_find(empty_site: TestClient) -> None:
    for path in ("/requests", "/search", "/search?q=甲", "/requests?lang=en&position=0"):
        page = empty_site.get(path)
        assert (page.status_code, 'class="empty"' in page.text, page.headers["x-log-position"]) == (200, True, "0")
    assert empty_site.get("/requests/2018-1").status_code == 404


def test_every_code_that_the_register_may_show_has_words_in_both_languages() -> None:
    """Goal: no page fails on a code that no story has. Method: the codes of the domain and the schema, and the words."""
    folder = Path(pages.__file__).parent / "templates"
    loader = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True)
    words = vars(loader.get_template("words.html").module)["words"]
    for language in ("zh", "en"):
        said = words[language]
        assert set(said["step_types"]) == requests.TYPES
        assert set(said["outcomes"]) == set(OUTCOMES)
        assert set(said["ways"]) == set(get_args(ReceiptChannel))
        assert set(said["request_states"]) == {one.value for one in RequestState}
        assert set(said["item_states"]) == {one.value for one in ItemStatus}
        assert set(said["day_kinds"]) == {one.value for one in DayKind}
    assert words["zh"].keys() == words["en"].keys()


# --- every page ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/", "/?lang=en", "/?position=3", "/graphiql", "/nothing", "/no/such/page", "/static/none.css", *REGISTER]
)
def test_pages_name_only_what_is_on_this_site_and_by_relative_addresses(site: TestClient, path: str) -> None:
    """Goal: the site works under any path prefix. Method: each address, seen from the page, stays below its root."""
    depth = path.partition("?")[0].count("/") - 1
    for link in links(site.get(path).text):
        assert not re.match(r"[a-z]+:|/", link), link
        assert len(re.findall(r"\.\./", link)) <= depth, link


@pytest.mark.parametrize("path", ["/", "/graphiql", "/no/such/page", *REGISTER])
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
