"""The information processing fee (信息处理费): 国办函〔2020〕109号 of 2020-11-17, in fen; one basis for a request, never both.

Both tariffs are progressive by what exceeds each step (超额累进).
"""

from __future__ import annotations

from typing import Final

YUAN: Final = 100

# Art. 4: of one applicant in one calendar month, the requests up to the 10th are free, up to the 30th 100 yuan each.
_FREE_REQUESTS: Final = 10
_FIRST_STEP_ENDS: Final = 30
_REQUESTS_A_STEP: Final = 10
# Art. 5: (up to which page, yuan a page); above the last, the last price.
_PAGES: Final = ((30, 0), (100, 10), (200, 20))
_PAGES_ABOVE: Final = 40


def fee_of_request(number: int) -> int:
    """Fen for the `number`th request (1 or more) that an applicant makes in a calendar month."""
    assert number > 0, "requests are counted from 1"
    if number <= _FREE_REQUESTS:
        return 0
    if number <= _FIRST_STEP_ENDS:
        return 100 * YUAN
    return (2 + (number - _FIRST_STEP_ENDS - 1) // _REQUESTS_A_STEP) * 100 * YUAN


def fee_of_requests(count: int) -> int:
    """Fen for all of an applicant's requests in a calendar month."""
    return sum(fee_of_request(number) for number in range(1, count + 1))


def fee_of_pages(pages: int) -> int:
    """Fen for so many pages in reply to one request."""
    assert pages >= 0, "pages are counted from 0"
    total, counted = 0, 0
    for last, price in _PAGES:
        total += max(0, min(pages, last) - counted) * price
        counted = last
    return (total + max(0, pages - counted) * _PAGES_ABOVE) * YUAN
