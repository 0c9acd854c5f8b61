"""Facets from columns that are kept: what the statement that looks every item up says, as of any position, in any order."""

from random import Random
from typing import Final, get_args

import pytest

from archive.api.reads import KeptColumns
from archive.projections import catalogue, facets, search
from archive.projections.catalogue import Facet, ItemFilter
from archive.projections.runner import Reading
from projections.oracle import Told

ALL: Final[tuple[Facet, ...]] = get_args(Facet)
SOUGHT: Final = ("关于", "2018", "项目", "第", "不在")


def by_statement(one: Reading, position: int, sought: str, scheme: str) -> list[tuple[Facet, str, int]]:
    where = ItemFilter(search=search.query(sought))
    return catalogue.facets(one.db, as_of=position, where=where, by=ALL, scheme=scheme, limit=5)


def by_columns(
    one: Reading, kept: KeptColumns, position: int, sought: str, scheme: str
) -> list[tuple[Facet, str, int]]:
    return catalogue.facets(
        one.db,
        as_of=position,
        where=ItemFilter(search=search.query(sought)),
        by=ALL,
        scheme=scheme,
        limit=5,
        columns=lambda at: kept.at(one.db, at),
    )


def test_columns_say_what_the_statement_says_while_positions_go_forward(tale: Told, folded: Reading) -> None:
    kept = KeptColumns(0)
    for position in range(len(tale.entries) + 1):
        for sought in SOUGHT:
            assert by_columns(folded, kept, position, sought, "topic") == by_statement(
                folded, position, sought, "topic"
            )


@pytest.mark.parametrize("drawn", range(8))
def test_columns_say_what_the_statement_says_in_any_order_of_positions(tale: Told, folded: Reading, drawn: int) -> None:
    kept = KeptColumns(0)
    draw = Random(drawn)
    for _ in range(40):
        position, sought = draw.randint(0, len(tale.entries)), draw.choice(SOUGHT)
        scheme = draw.choice(("topic", "theme", "primary"))
        assert by_columns(folded, kept, position, sought, scheme) == by_statement(folded, position, sought, scheme)


def test_what_has_not_changed_is_not_looked_up_again(tale: Told, folded: Reading) -> None:
    """Goal: a page costs no look at every item. Method: the statements of the first answer, the second, and a later one."""
    kept = KeptColumns(0)
    counted = []
    half = len(tale.entries) // 2
    for position in (half, half, half + 1):
        statements: list[str] = []
        folded.db.set_trace_callback(statements.append)
        by_columns(folded, kept, position, "关于", "topic")
        folded.db.set_trace_callback(None)
        counted.append([one for one in statements if "chosen" in one])
    assert [len(one) for one in counted[:2]] == [len(ALL), 0]
    assert all("json_each" in one for one in counted[2])


def test_much_that_has_changed_is_read_anew(tale: Told, folded: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MAX_CHANGED", 1)
    kept = KeptColumns(0)
    for position in range(0, len(tale.entries) + 1, 9):
        assert by_columns(folded, kept, position, "关于", "topic") == by_statement(folded, position, "关于", "topic")


def test_columns_take_no_more_room_than_they_may(tale: Told, folded: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MAX_BYTES", 0)
    kept = KeptColumns(0)
    head = len(tale.entries)
    assert by_columns(folded, kept, head, "关于", "topic") == by_statement(folded, head, "关于", "topic")
    assert kept.at(folded.db, head).kept <= 1
