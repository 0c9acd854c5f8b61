"""The catalogue, as of every position, against a fold in plain Python."""

from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from sqlite3 import Connection, connect

import pytest

from archive.disclosures.openings import Disclosures
from archive.domain.seals import seal_bytes
from archive.log.log import Log
from archive.projections import agencies, catalogue
from archive.projections.catalogue import ItemFilter, ItemRow, Key, Order
from archive.projections.runner import Projections, Reading
from projections.oracle import Told, agencies_at, items_at, told
from projections.tale import (
    CHANGED,
    DRAFT,
    ON_REQUEST,
    OTHER_AGENCY,
    PLAIN,
    RECLASSIFIED,
    UNDATED,
    reading,
)
from stories import AGENCY, Home

ORDERS: dict[Order, Callable[[ItemRow], tuple[object, ...]]] = {
    "PUBLISHED_ON_ASC": lambda row: (row.published_on, row.id),
    "PUBLISHED_ON_DESC": lambda row: (row.published_on, row.id),
    "MADE_ON_ASC": lambda row: (row.made_on or "9999", row.id),
    "MADE_ON_DESC": lambda row: (row.made_on or "0000", row.id),
    "POSITION_ASC": lambda row: (row.position,),
    "POSITION_DESC": lambda row: (row.position,),
}
SORTED_BY: dict[str, Callable[[ItemRow], str | int | None]] = {
    "PUBLISHED_ON": lambda row: row.published_on,
    "MADE_ON": lambda row: row.made_on,
    "POSITION": lambda row: row.position,
}


def everything(db: Connection, *, as_of: int, order: Order = "POSITION_ASC") -> list[ItemRow]:
    return catalogue.items(db, as_of=as_of, where=ItemFilter(), order=order).rows


# --- as of every position ---------------------------------------------------------------------------------------------
def test_items_are_those_of_the_oracle_as_of_every_position(tale: Told, folded: Reading) -> None:
    assert folded.head == len(tale.entries)
    for position in tale.positions:
        assert everything(folded.db, as_of=position) == items_at(tale, position)


def test_agencies_are_those_of_the_oracle_as_of_every_position(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        rows = agencies.agencies(folded.db, as_of=position)
        assert rows == agencies_at(tale, position)
        assert agencies.agencies_count(folded.db, as_of=position) == len(rows)


def test_an_item_is_found_by_each_of_its_keys_as_of_every_position(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        rows = items_at(tale, position)
        for row in rows:
            assert catalogue.item(folded.db, as_of=position, id=row.id) == row
        for source_id in ("S-1", "S-2", "S-3"):
            newest = max(
                (row for row in rows if row.source_id == source_id), key=lambda row: row.position, default=None
            )
            assert catalogue.item(folded.db, as_of=position, source_id=source_id) == newest
        for number in {row.index_number for row in items_at(tale, len(tale.entries))} | {"011336163/2018-0002"}:
            newest = max(
                (row for row in rows if row.index_number == number), key=lambda row: row.position, default=None
            )
            assert number is None or catalogue.item(folded.db, as_of=position, index_number=number) == newest


def test_a_draft_is_nowhere(tale: Told, folded: Reading) -> None:
    assert catalogue.item(folded.db, as_of=folded.head, id=DRAFT) is None
    raw = "\n".join(folded.db.iterdump())
    assert DRAFT not in raw
    assert "尚未公开的文稿" not in raw


def test_the_life_of_one_item_in_words(tale: Told, folded: Reading) -> None:
    lives = [
        (row.status, row.validity, row.title, row.repealed_on, len(row.publications), row.publications[0].withdrawn_on)
        for position in tale.positions
        if (row := catalogue.item(folded.db, as_of=position, id=CHANGED)) is not None
    ]
    assert [after for before, after in pairwise([None, *lives]) if before != after] == [
        ("PUBLISHED", "IN_FORCE", "第二条", None, 1, None),
        ("PUBLISHED", "IN_FORCE", "第二条", None, 2, None),
        ("PUBLISHED", "IN_FORCE", "第二条(更新)", None, 2, None),
        ("WITHDRAWN", "IN_FORCE", "第二条(更新)", None, 2, "2018-07-02"),
        ("PUBLISHED", "IN_FORCE", "第二条(更新)", None, 2, None),
        ("PUBLISHED", "REPEALED", "第二条(更新)", "2018-08-01", 2, None),
        ("PUBLISHED", "AMENDED", "第二条(更新)", None, 2, None),
        ("PUBLISHED", "AMENDED", "第二条(更正)", None, 2, None),
        ("PUBLISHED", "EXPIRED", "第二条(更正)", "2018-10-01", 2, None),
    ]


def test_genre_and_theme_are_the_codes_of_those_schemes(tale: Told, folded: Reading) -> None:
    row = catalogue.item(folded.db, as_of=folded.head, id=RECLASSIFIED)
    assert row is not None
    assert (row.genre, row.theme) == ("plan", "energy")
    undated = catalogue.item(folded.db, as_of=folded.head, id=UNDATED)
    assert undated is not None
    assert (undated.genre, undated.theme) == (None, "energy")


# --- text that is not there -------------------------------------------------------------------------------------------
def change_openings(home: Home, statement: str, *values: tuple[object, ...]) -> None:
    """What stands in the file of openings, changed behind the back of the program."""
    with home.changing("disclosures") as db:
        db.executemany(statement, values or [()])


def test_an_erased_text_leaves_every_number(
    tale: Told, home: Home, projections: Projections, disclosures: Disclosures, log: Log
) -> None:
    projections.follow()
    before = projections.digest("catalogue")
    erased = [
        (seal_bytes(getattr(entry.event, name)),)
        for entry in tale.entries
        for name in entry.event.CLEARS
        if entry.stream in {CHANGED, OTHER_AGENCY}
    ]
    change_openings(home, "DELETE FROM openings WHERE seal = ?", *erased)
    projections.rebuild()
    after = projections.digest("catalogue")
    assert (after.numbers, after.rows) == (before.numbers, before.rows)
    assert after.text != before.text
    now = told(log, disclosures)
    with reading(projections.folder) as one:
        for position in tale.positions:
            assert everything(one.db, as_of=position) == items_at(now, position)
            assert agencies.agencies(one.db, as_of=position) == agencies_at(now, position)
        row = catalogue.item(one.db, as_of=one.head, id=CHANGED)
        assert row is not None
        assert (row.title, row.content_sha256, row.keywords) == (None, None, [])
        assert {pub.url for pub in row.publications} == {None}
        assert {pub.content_sha256 for pub in row.publications} == {None}


@pytest.mark.parametrize("cleared", ["cleared + 1"])
def test_a_text_that_is_not_for_the_public_yet_is_not_shown(
    tale: Told, home: Home, projections: Projections, cleared: str
) -> None:
    change_openings(home, f"UPDATE openings SET cleared = {cleared}")
    projections.follow()
    with reading(projections.folder) as one:
        rows = everything(one.db, as_of=one.head)
        assert [row.title for row in rows] == [None] * len(rows)
        assert [row.name for row in agencies.agencies(one.db, as_of=one.head)] == [None, None]


def test_a_text_that_cannot_be_read_stops_nothing(tale: Told, home: Home, projections: Projections) -> None:
    change_openings(home, "UPDATE openings SET value = CAST('{\"title\": 1}' AS BLOB)")
    assert projections.follow() == len(tale.entries)
    with reading(projections.folder) as one:
        assert {row.title for row in everything(one.db, as_of=one.head)} == {None}


# --- lists ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_as_it_says_as_of_every_position(tale: Told, folded: Reading, order: Order) -> None:
    for position in tale.positions:
        wanted = sorted(items_at(tale, position), key=ORDERS[order], reverse=order.endswith("DESC"))
        assert everything(folded.db, as_of=position, order=order) == wanted


@pytest.mark.parametrize("order", ["MADE_ON_ASC", "MADE_ON_DESC"])
def test_items_without_the_date_stand_last_in_both_directions(tale: Told, folded: Reading, order: Order) -> None:
    undated = [row.made_on is None for row in everything(folded.db, as_of=folded.head, order=order)]
    assert undated == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    "where",
    [ItemFilter(), ItemFilter(agencies=[AGENCY]), ItemFilter(themes=["energy"]), ItemFilter(statuses=["PUBLISHED"])],
    ids=["all", "one agency", "one category", "one status"],
)
@pytest.mark.parametrize("size", [1, 2, 6])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_forward_and_back_are_the_list_cut_into_pieces(
    tale: Told, folded: Reading, order: Order, size: int, where: ItemFilter
) -> None:
    db, head, _ = folded
    whole = catalogue.items(db, as_of=head, where=where, order=order).rows
    assert len(whole) > 2
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]

    def keys(rows: list[ItemRow]) -> list[Key]:
        return [Key(SORTED_BY[order.rpartition("_")[0]](row), row.id) for row in rows]

    after = None
    for number, piece in enumerate(pieces):
        page = catalogue.items(db, as_of=head, where=where, order=order, first=size, after=after)
        assert page == (piece, keys(piece), number < len(pieces) - 1, number > 0)
        after = page.keys[-1]
    pieces = [whole[max(0, end - size) : end] for end in range(len(whole), 0, -size)]
    before = None
    for number, piece in enumerate(pieces):
        page = catalogue.items(db, as_of=head, where=where, order=order, last=size, before=before)
        assert page == (piece, keys(piece), number > 0, number < len(pieces) - 1)
        before = page.keys[0]
    first, last = keys([whole[0], whole[-1]])
    between = catalogue.items(db, as_of=head, where=where, order=order, first=size, after=first, before=last)
    assert between == (whole[1:-1][:size], keys(whole[1:-1][:size]), True, True)


FILTERS: list[tuple[ItemFilter, Callable[[ItemRow], bool]]] = [
    (ItemFilter(), lambda _: True),
    (ItemFilter(agencies=[AGENCY]), lambda row: row.agency == AGENCY),
    (ItemFilter(agencies=[AGENCY, OTHER_AGENCY]), lambda _: True),
    (ItemFilter(agencies=[]), lambda _: False),
    (ItemFilter(statuses=["WITHDRAWN"]), lambda row: row.status == "WITHDRAWN"),
    (ItemFilter(statuses=[]), lambda _: False),
    (ItemFilter(validities=["AMENDED", "EXPIRED"]), lambda row: row.validity in {"AMENDED", "EXPIRED"}),
    (ItemFilter(channels=["gazette"]), lambda row: any(pub.channel == "gazette" for pub in row.publications)),
    (ItemFilter(channels=[]), lambda _: False),
    (
        ItemFilter(scheme="genre", categories=["plan", "notice"]),
        lambda row: row.genre in {"plan", "notice"},
    ),
    (ItemFilter(categories=["energy"]), lambda row: row.theme == "energy"),
    (ItemFilter(scheme="genre"), lambda row: row.genre is not None),
    (ItemFilter(scheme="genre", categories=[]), lambda _: False),
    (ItemFilter(themes=["energy"]), lambda row: row.theme == "energy"),
    (ItemFilter(genres=["approval"], themes=["prices"]), lambda row: (row.genre, row.theme) == ("approval", "prices")),
    (ItemFilter(sections=["investment"]), lambda row: row.section == "investment"),
    (
        ItemFilter(made_from="2016-01-04", made_to="2018-03-04"),
        lambda row: "2016-01-04" <= (row.made_on or "") <= "2018-03-04",
    ),
    (ItemFilter(made_to="2018-03-05"), lambda row: row.made_on is not None),
    (
        ItemFilter(published_from="2018-03-14", published_to="2018-10-10"),
        lambda row: "2018-03-14" <= row.published_on <= "2018-10-10",
    ),
    (ItemFilter(modes=["on-request"]), lambda row: row.id == ON_REQUEST),
    (
        ItemFilter(agencies=[AGENCY], statuses=["PUBLISHED"], channels=["website"], modes=["proactive"]),
        lambda row: (
            (row.agency, row.mode, row.status) == (AGENCY, "proactive", "PUBLISHED")
            and any(pub.channel == "website" for pub in row.publications)
        ),
    ),
]


@pytest.mark.parametrize("where, chosen", FILTERS, ids=[str(where) for where, _ in FILTERS])
def test_a_filter_chooses_and_counts_the_same_as_of_every_position(
    tale: Told, folded: Reading, where: ItemFilter, chosen: Callable[[ItemRow], bool]
) -> None:
    found: set[str] = set()
    for position in tale.positions:
        rows = catalogue.items(folded.db, as_of=position, where=where, order="PUBLISHED_ON_DESC").rows
        wanted = sorted(filter(chosen, items_at(tale, position)), key=ORDERS["PUBLISHED_ON_DESC"], reverse=True)
        assert rows == wanted
        assert catalogue.count(folded.db, as_of=position, where=where) == len(rows)
        found |= {row.id for row in rows}
    empty = any(getattr(where, name) == [] for name in where.__struct_fields__)
    assert bool(found) is not empty


def test_agencies_are_listed_in_pages_and_by_id(tale: Told, folded: Reading) -> None:
    db, head, _ = folded
    first = agencies.agencies(db, as_of=head, first=1)
    assert [row.id for row in first] == [AGENCY]
    after = first[0].position
    assert [row.id for row in agencies.agencies(db, as_of=head, first=5, after=after)] == [OTHER_AGENCY]
    assert [row.id for row in agencies.agencies(db, as_of=head, ids=[OTHER_AGENCY, PLAIN])] == [OTHER_AGENCY]
    assert agencies.agencies(db, as_of=head, ids=[]) == []


# --- how it is read ---------------------------------------------------------------------------------------------------
def test_every_read_is_one_statement(tale: Told, folded: Reading) -> None:
    db, head, _ = folded
    where = ItemFilter(agencies=[AGENCY], scheme="genre", categories=["approval"], channels=["website"])
    reads: list[Callable[[], object]] = [
        lambda: catalogue.item(db, as_of=head, id=CHANGED),
        lambda: catalogue.item(db, as_of=head, index_number="011336163/2018-0001"),
        lambda: catalogue.items(db, as_of=head, where=where, order="MADE_ON_ASC", first=5),
        lambda: catalogue.count(db, as_of=head, where=where),
        lambda: agencies.agencies(db, as_of=head),
        lambda: agencies.agencies_count(db, as_of=head),
    ]
    for read in reads:
        seen: list[str] = []
        db.set_trace_callback(seen.append)
        assert read()
        db.set_trace_callback(None)
        assert len(seen) == 1


@pytest.mark.parametrize(
    "where, orders",
    [
        (ItemFilter(), list(ORDERS)),
        (ItemFilter(agencies=[AGENCY]), ["PUBLISHED_ON_ASC", "PUBLISHED_ON_DESC"]),
        (ItemFilter(themes=["energy"]), ["PUBLISHED_ON_ASC", "PUBLISHED_ON_DESC"]),
        (ItemFilter(agencies=[AGENCY, OTHER_AGENCY], statuses=["PUBLISHED"]), list(ORDERS)),
    ],
    ids=["all", "one agency", "one category", "several conditions"],
)
def test_a_page_is_read_along_an_index_from_its_key_on(
    tale: Told, folded: Reading, where: ItemFilter, orders: list[Order]
) -> None:
    for order in orders:
        key = Key(1 if order.startswith("POSITION") else "2018-03-14", PLAIN)
        seen: list[str] = []
        folded.db.set_trace_callback(seen.append)
        catalogue.items(folded.db, as_of=folded.head, where=where, order=order, first=2, after=key)
        folded.db.set_trace_callback(None)
        plan = [detail for *_, detail in folded.db.execute(f"EXPLAIN QUERY PLAN {seen[0]}")]
        chosen = plan[: plan.index("SCAN page")]
        assert not [step for step in chosen if step == "USE TEMP B-TREE FOR ORDER BY"], plan
        assert [step for step in plan if step.startswith("SCAN") and "json_each" not in step] == ["SCAN page"], plan


def test_folding_reads_in_as_many_statements_for_many_entries_as_for_few(tale: Told, disclosures: Disclosures) -> None:
    entries = [entry for entry in tale.entries if entry.event.TYPE in catalogue.TYPES]
    counted = []
    for some in (entries[:20], entries):
        with closing(connect(":memory:")) as db:
            for statement in (*catalogue.TABLES, *catalogue.INDEXES):
                db.execute(statement)
            seen: list[str] = []
            db.set_trace_callback(seen.append)
            catalogue.apply(db, some, disclosures)
            counted.append(sum(statement.startswith("SELECT") for statement in seen))
    assert counted[0] <= counted[1] <= 4
