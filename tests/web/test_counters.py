import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web import counters
from archive.web.counters import BOUNDS, MAX_DOCUMENTS, MAX_ROUTES, Counters, hash_of

Board = list[float]


def board() -> Board:
    return [0.0] * counters.CELLS


def name(number: int) -> str:
    return f"{number:012x}"


def test_answers_are_summed_over_all_workers() -> None:
    boards = [board(), board()]
    for one, status, seconds in ((0, 200, 0.0001), (1, 200, 0.02), (1, 404, 60.0)):
        worker = Counters(boards[one])
        worker.began()
        worker.ended(3, status, seconds=seconds, sent_bytes=100)
    found = counters.served(boards, 3)
    assert found.statuses == {200: 2, 404: 1}
    assert (found.within[0], found.within[BOUNDS.index(0.025)], found.within[-1]) == (1, 1, 1)
    assert found.seconds == pytest.approx(60.0201)
    assert found.sent_bytes == 300
    assert counters.served(boards, 2).statuses == {}
    assert counters.in_flight(boards) == 0


def test_a_status_that_is_not_on_the_list_is_counted_as_another() -> None:
    cells = board()
    Counters(cells).ended(MAX_ROUTES - 1, 418, seconds=0.0, sent_bytes=0)
    assert counters.served([cells], MAX_ROUTES - 1).statuses == {0: 1}
    assert counters.slowest([cells], first=10) == []


@given(st.lists(st.floats(0, 100), max_size=50))
def test_every_answer_is_within_one_bound(spans: list[float]) -> None:
    cells = board()
    worker = Counters(cells)
    for span in spans:
        worker.ended(0, 200, seconds=span, sent_bytes=0)
    assert sum(counters.served([cells], 0).within) == len(spans)
    for index, bound in enumerate(BOUNDS):
        assert sum(counters.served([cells], 0).within[: index + 1]) == sum(span <= bound for span in spans)


def test_who_takes_a_dead_workers_place_goes_on_with_its_board() -> None:
    cells = board()
    dead = Counters(cells)
    dead.ran(name(7), seconds=1.0, price=5)
    dead.ended(0, 200, seconds=1.0, sent_bytes=1)
    dead.began()
    heir = Counters(cells)
    heir.ran(name(7), seconds=2.0, price=None)
    assert counters.in_flight([cells]) == 0
    assert counters.served([cells], 0).statuses == {200: 1}
    assert counters.slowest([cells], first=10) == [(name(7), 2, 3.0, 2.0, 5)]


def test_documents_are_told_in_the_order_of_the_time_they_took_in_all() -> None:
    boards = [board(), board()]
    for one, document, seconds, price in ((0, 1, 0.3, None), (1, 1, 0.3, None), (0, 2, 0.5, 7), (1, 3, 0.1, 1)):
        Counters(boards[one]).ran(name(document), seconds=seconds, price=price)
    assert counters.slowest(boards, first=2) == [(name(1), 2, 0.6, 0.3, None), (name(2), 1, 0.5, 0.5, 7)]


def test_of_too_many_documents_those_that_took_least_are_forgotten() -> None:
    cells = board()
    worker = Counters(cells)
    for number in range(1, MAX_DOCUMENTS + 1):
        worker.ran(name(number), seconds=float(number), price=None)
    worker.ran(name(9_999), seconds=0.001, price=None)
    kept = {one.document for one in counters.slowest([cells], first=MAX_DOCUMENTS)}
    assert len(kept) == MAX_DOCUMENTS // 2 + 1
    assert {name(MAX_DOCUMENTS), name(9_999)} <= kept
    assert name(1) not in kept
    for number in range(20_000, 20_000 + 3 * MAX_DOCUMENTS):
        worker.ran(name(number), seconds=0.001, price=None)
    (slowest,) = counters.slowest([cells], first=1)
    assert slowest == (name(MAX_DOCUMENTS), 1, float(MAX_DOCUMENTS), float(MAX_DOCUMENTS), None)


@given(st.text())
def test_a_document_is_named_by_a_part_of_its_hash(text: str) -> None:
    assert hash_of(text) == hash_of(text)
    assert len(hash_of(text)) == 12
    cells = board()
    Counters(cells).ran(hash_of(text), seconds=1.0, price=None)
    assert [one.document for one in counters.slowest([cells], first=2)] == [hash_of(text)]


def test_half_a_character_does_not_end_the_counting() -> None:
    assert len(hash_of("{ \ud800 }")) == 12
