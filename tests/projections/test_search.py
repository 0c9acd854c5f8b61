"""Search against a plain scan of every text, as of every position."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from msgspec import UNSET

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.items import DraftItem, ItemText
from archive.intake.instruments import import_instruments
from archive.log.log import Log
from archive.projections import catalogue, folding, search, sets
from archive.projections.catalogue import ItemFilter, ItemRow
from archive.projections.runner import Projections, Reading
from archive.projections.search import query
from projections.oracle import Told, items_at, told
from projections.tale import reading
from stories import AGENCY, Clerk, Clock, Home, a_bureau, item_id, tell

LAWS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "laws" / "instruments.jsonl"

TEXTS: Final = [
    ItemText(title="关于印发《湖北省２０１８年計劃》的通知", document_number="鄂发改〔2018〕7号"),
    ItemText(title="二〇一八年 GDP 增长情况", abstract="全省 GDP（地区生产总值）增长。"),
    ItemText(title="GDPR 与 PPP项目", abstract="印发的通知"),
    ItemText(title="通知", document_number="[2018]12号"),
    ItemText(title="的", abstract="关于印\n发“三公”经费"),
    ItemText(title="a.b-c (d)", abstract="^ * \" ' AND OR NOT NEAR"),
]
QUERIES: Final = [
    "通知",
    "知",
    "的",
    "2018",
    "二〇一八",
    "018",
    "计划",
    "計劃",
    "〔2018〕7号",
    "(2018)",
    "gdp",
    "GD",
    "ＧＤＰ增",
    "gdpr",
    "印发的通知",
    "通知 2018",
    "2018 通知 印发",
    "三公",
    "“三公”",
    "》的",
    "a",
    "a.b",
    "b-c (d",
    '"',
    "'",
    "*",
    "^ *",
    "AND",
    "or not",
    "title:通知",
    "不在",
    "通知不在",
]


def fields(text: ItemText) -> list[str]:
    return [one for one in (text.title, text.document_number, text.abstract) if one is not UNSET]


def has(texts: list[str], sought: str) -> bool:
    """A plain scan: every term stands in one of these texts, unit by unit."""
    spaced = [f" {' '.join(folding.units(folding.fold(text)))} " for text in texts]
    terms = [f" {' '.join(folding.units(term))} " for term in folding.fold(sought).split()]
    return all(any(term in text for text in spaced) for term in terms)


def found(db: Reading, sought: str, *, as_of: int) -> set[str]:
    where = ItemFilter(search=query(sought))
    rows = catalogue.items(db.db, as_of=as_of, where=where, order="RELEVANCE").rows
    assert catalogue.count(db.db, as_of=as_of, where=where) == len(rows)
    return {row.id for row in rows}


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Reading]:
    """`TEXTS`, published one after the other."""
    clerk = Clerk()
    tell(writer, a_bureau(clerk))
    for number, text in enumerate(TEXTS, 1):
        draft = DraftItem(
            id=f"{number:032x}",
            by="role:clerk",
            item=item_id(number),
            agency=AGENCY,
            mode="proactive",
            text=text,
            categories=[],
        )
        tell(
            writer,
            [draft, *clerk.review(item_id(number), on="2018-03-12"), clerk.publish(item_id(number), on="2018-03-14")],
        )
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow()
    with reading(projections.folder) as one:
        yield one


@pytest.mark.parametrize("sought", QUERIES)
def test_a_search_finds_what_a_plain_scan_finds(shelf: Reading, sought: str) -> None:
    expected = {item_id(number) for number, text in enumerate(TEXTS, 1) if has(fields(text), sought)}
    assert found(shelf, sought, as_of=shelf.head) == expected


def test_a_search_as_of_a_position_finds_the_texts_of_that_position(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        items = items_at(tale, position)
        for sought in ("关于", "电", "价格 通知", "2018", "某发改", "概述,有换行"):
            expected = {row.id for row in items if has([one for one in shown(row) if one is not None], sought)}
            assert found(folded, sought, as_of=position) == expected


@pytest.mark.parametrize("passed", [0, 10**9], ids=["listed", "passed over"])
def test_a_search_is_the_same_in_small_chunks_and_whether_documents_are_listed_or_passed_over(
    tale: Told,
    log: Log,
    disclosures: Disclosures,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    passed: int,
) -> None:
    for name, value in (("CHUNK", 8), ("CHUNK_BYTES", 1), ("_FEW", 1), ("_PASSED", passed)):
        monkeypatch.setattr(sets, name, value)
    projections = Projections(tmp_path / "small", log, disclosures)
    projections.follow(limit=3)
    with reading(projections.folder) as one:
        test_a_search_as_of_a_position_finds_the_texts_of_that_position(tale, one)


def shown(row: ItemRow) -> tuple[str | None, ...]:
    return row.title, row.document_number, row.abstract


def test_the_best_is_the_shortest_title_that_has_the_terms_and_a_text_beneath_comes_after(shelf: Reading) -> None:
    where = ItemFilter(search=query("通知"))
    rows = catalogue.items(shelf.db, as_of=shelf.head, where=where, order="RELEVANCE").rows
    assert [row.title for row in rows] == ["通知", "关于印发《湖北省２０１８年計劃》的通知", "GDPR 与 PPP项目"]


def test_pages_of_a_search_are_the_list_cut_into_pieces(shelf: Reading) -> None:
    where = ItemFilter(search=query("的"))
    for order in ("RELEVANCE", "PUBLISHED_ON_DESC", "MADE_ON_ASC", "POSITION_DESC"):
        whole = catalogue.items(shelf.db, as_of=shelf.head, where=where, order=order)
        assert len(whole.rows) > 2
        after, walked = None, []
        for _ in whole.rows:
            page = catalogue.items(shelf.db, as_of=shelf.head, where=where, order=order, first=1, after=after)
            walked += page.rows
            after = page.keys[-1]
        assert walked == whole.rows


@pytest.mark.parametrize("text", ["", " ", "\u3000\n\t"])
def test_a_query_of_white_space_asks_for_nothing(text: str) -> None:
    assert query(text) is None


@pytest.mark.parametrize(
    "sought, texts, cut",
    [
        ("计划", ["湖北省２０１８年計劃的通知"], "湖北省２０１８年【計劃】的通知"),
        ("2018", ["通知", None, "二〇一八年"], "【二〇一八】年"),
        ("增长", ["经" * 40 + "增长" + "快" * 40], f"…{'经' * 30}【增长】{'快' * 30}…"),
        ("不在 通知", ["的通知"], "的【通知】"),
        ("不在", ["的通知", ""], None),
    ],
)
def test_a_snippet_shows_the_first_match_as_it_was_written(
    sought: str, texts: list[str | None], cut: str | None
) -> None:
    asked = query(sought)
    assert asked is not None
    assert search.snippet(asked, texts) == cut


@pytest.fixture
def instruments(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer, clock: Clock
) -> Iterator[tuple[Told, Reading]]:
    """The 3,108 real instruments."""
    clock.now = datetime(2026, 1, 5, 2, tzinfo=UTC)
    if not LAWS.exists():
        pytest.skip("../shared/data/laws is not here: no search over the 3,108 real titles")
    import_instruments(writer, LAWS)
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow()
    with reading(projections.folder) as one:
        yield told(log, disclosures), one


def test_a_search_over_all_real_titles_finds_what_a_plain_scan_finds(instruments: tuple[Told, Reading]) -> None:
    tale, db = instruments
    rows = items_at(tale, db.head)
    texts = {
        row.id: " | ".join([f" {' '.join(folding.units(folding.fold(one)))} " for one in shown(row) if one is not None])
        for row in rows
    }
    chance = random.Random(2018)
    listed = chance.sample(sorted(row.title or "" for row in rows), 40)
    # Every part of one to four characters of these titles, as it is typed; and the same characters in another order:
    # mostly nothing, and nothing must be made up.
    parts = {
        title[start : start + width]
        for title in listed
        for width in (1, 2, 3, 4)
        for start in range(len(title) - width + 1)
    }
    asked = parts | {part[::-1] for part in chance.sample(sorted(parts), 200)}
    assert len(parts) > 1_000
    for sought in sorted(asked):
        wanted = query(sought)
        if wanted is None:
            assert not sought.strip()
            continue
        terms = [f" {' '.join(folding.units(term))} " for term in folding.fold(sought).split()]
        expected = {item for item, text in texts.items() if all(term in text for term in terms)}
        shown_rows = catalogue.items(
            db.db, as_of=db.head, where=ItemFilter(search=wanted), order="PUBLISHED_ON_DESC"
        ).rows
        assert {row.id for row in shown_rows} == expected, sought
