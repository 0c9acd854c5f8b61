"""The public page and the explorer in a real browser, served by the real program.

Every request that the browser makes is read from its net log: one that leaves this machine fails the test.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from conformance.demo import served_demo

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--virtual-time-budget=10000",
)
Browse = Callable[..., str]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo, served on a free port."""
    with served_demo(tmp_path_factory.mktemp("demo") / "home") as site:
        yield site


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Open a page; the document as it stands once its scripts have run."""
    if CHROMIUM is None:
        pytest.skip("chromium is not on this machine (Debian's package `chromium`): the page was not seen in a browser")

    def look(url: str, *flags: str) -> str:
        log = tmp_path / "net.json"
        done = subprocess.run(
            [
                CHROMIUM or "",
                *FLAGS,
                *flags,
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--log-net-log={log}",
                "--dump-dom",
                url,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        # The browser has errands of its own, which no page began; they name no page as their initiator.
        site = url.split("/")[2]
        asked = re.findall(r'"initiator":"https?://[^"]*"[^{}]*"url":"([^"]+)"', log.read_text(encoding="utf-8"))
        assert [one for one in asked if one.split("/")[2] != site and not one.startswith("data:")] == []
        return done.stdout

    return look


def words(document: str) -> str:
    """The text of a document, without its tags."""
    body = re.sub(r"<(script|style).*?</\1>", " ", document, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_page_tells_the_figures_of_the_founding_report(address: str, browse: Browse) -> None:
    text = words(browse(address))
    assert "咸安区发展和改革局" in text
    for label, value in (("权责清单", 7), ("项目审批、核准备案", 668), ("湖北政务服务网", 675), ("咸安政务网", 11)):
        assert re.search(rf"{label} {value}\b", text), label
    assert "686" in text


def test_the_page_needs_no_script(address: str, browse: Browse) -> None:
    with urlopen(address) as answer:  # noqa: S310 - the address of our own server, on loopback
        sent = answer.read().decode()
    assert "<script" not in sent
    assert words(browse(address)) == words(sent)


def test_the_page_speaks_english_and_tells_the_past(address: str, browse: Browse) -> None:
    page = browse(f"{address}?lang=en&position=2000")
    assert 'lang="en"' in page
    assert "2000" in words(page)
    total = json.loads(re.findall(r"\b(\d+)\b", words(page).split("Total")[1])[0])
    assert 0 < total < 686


def test_the_report_needs_no_script_and_is_whole_on_a_narrow_screen(address: str, browse: Browse) -> None:
    with urlopen(f"{address}report/2018") as answer:  # noqa: S310 - the address of our own server, on loopback
        sent = answer.read().decode()
    assert "<script" not in sent
    for width in (1280, 390):
        assert words(browse(f"{address}report/2018", f"--window-size={width},900")) == words(sent)


def test_the_report_is_printed_with_its_source(address: str, browse: Browse, tmp_path: Path) -> None:
    printed = tmp_path / "report.pdf"
    browse(f"{address}report/2018", f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    assert 2 <= pages <= 5


def test_the_explorer_starts_with_nothing_but_this_server(address: str, browse: Browse) -> None:
    page = browse(f"{address}graphiql")
    assert "graphiql-container" in page
    assert "recordedAt" in words(page), "the first example is in the editor"
    assert page.count("graphiql-tab-button") == 15, "every worked example is a tab"
