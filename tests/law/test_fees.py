"""The tariff of 2020, by the request and by the page."""

import pytest

from archive.law.fees import YUAN, fee_of_pages, fee_of_request, fee_of_requests


@pytest.mark.parametrize(
    "number, yuan", [(1, 0), (10, 0), (11, 100), (30, 100), (31, 200), (40, 200), (41, 300), (50, 300), (51, 400)]
)
def test_each_request_of_a_month_has_its_price(number: int, yuan: int) -> None:
    assert fee_of_request(number) == yuan * YUAN


def test_the_price_is_progressive_by_what_exceeds_each_step() -> None:
    assert fee_of_requests(10) == 0
    assert fee_of_requests(35) == (20 * 100 + 5 * 200) * YUAN


@pytest.mark.parametrize(
    "pages, yuan",
    [(0, 0), (30, 0), (31, 10), (100, 700), (101, 720), (200, 2_700), (201, 2_740), (300, 6_700)],
)
def test_pages_are_priced_by_what_exceeds_each_step(pages: int, yuan: int) -> None:
    assert fee_of_pages(pages) == yuan * YUAN
