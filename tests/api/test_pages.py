from base64 import urlsafe_b64encode
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.api.pages import Cursor, list_digest, read_cursor, write_cursor
from archive.domain.errors import Refused

CURSORS = st.builds(
    Cursor,
    version=st.just(1),
    position=st.integers(0, 2**53 - 1),
    of=st.text("0123456789abcdef", min_size=16, max_size=16),
    sort=st.none() | st.integers(0, 2**53 - 1) | st.text("0123456789-", max_size=10),
    id=st.text("item-0123456789abcdef", max_size=37),
)


@given(CURSORS)
def test_a_cursor_reads_back_as_it_was_written(cursor: Cursor) -> None:
    """Goal: no cursor of ours is ever refused. Method: every shape a list can give."""
    assert read_cursor(write_cursor(cursor), field="after") == cursor


@given(st.text(max_size=60) | CURSORS.map(write_cursor).flatmap(lambda text: st.just(text[:-1]) | st.just(text + "A")))
def test_a_text_is_one_cursor_or_refused(text: str) -> None:
    """Goal: a cursor has one text. Method: noise and damaged cursors; what is read writes the same text."""
    with suppress(Refused):
        assert write_cursor(read_cursor(text, field="after")) == text


@pytest.mark.parametrize(
    "members",
    [
        [2, 1, "0" * 16, "2018-01-01", "item-1"],
        [1, -1, "0" * 16, "2018-01-01", "item-1"],
        [1, 2**53, "0" * 16, "2018-01-01", "item-1"],
        [1, 1, "0" * 15, "2018-01-01", "item-1"],
        [1, 1, "0" * 16, 1.5, "item-1"],
        [1, 1, "0" * 16, "2018-01-01"],
        [1, 1, "0" * 16, "2018-01-01", "item-1", 1],
        [True, 1, "0" * 16, "2018-01-01", "item-1"],
        {"version": 1},
        None,
    ],
)
def test_a_forged_cursor_is_refused(members: object) -> None:
    text = urlsafe_b64encode(msgspec.json.encode(members)).rstrip(b"=").decode()
    with pytest.raises(Refused) as refused:
        read_cursor(text, field="before")
    assert refused.value.facts == {"field": "before"}


def test_lists_that_are_chosen_differently_have_different_digests() -> None:
    assert list_digest("items", "A", None) != list_digest("items", "B", None)
    assert list_digest("items", "A", None) != list_digest("items", "A", [])
    assert list_digest("items", "A", None) == list_digest("items", "A", None)
