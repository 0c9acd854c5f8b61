from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest
from graphql import GraphQLError

from archive.api.scalars import SCALARS, Date, DateTime, Position, stored_moment


def reader(scalar: object) -> Callable[[object], object]:
    return cast("Callable[[object], object]", SCALARS[scalar].parse_value)


def writer(scalar: object) -> Callable[[object], object]:
    return cast("Callable[[object], object]", SCALARS[scalar].serialize)


@pytest.mark.parametrize("position", [0, 1, 2**53 - 1])
def test_a_position_is_a_json_integer(position: int) -> None:
    assert reader(Position)(position) == position


@pytest.mark.parametrize("position", [0, 1, 2**53 - 1])
def test_a_cursor_of_the_log_is_a_position(position: int) -> None:
    assert reader(Position)(str(position)) == position


@pytest.mark.parametrize(
    "wrong", [-1, 2**53, 1.0, True, None, [1], 10**400, "-1", "01", "+1", " 1", "１", "1.0", "", str(2**53), "9" * 5000]
)
def test_what_is_not_a_position_is_refused(wrong: object) -> None:
    with pytest.raises(GraphQLError, match="Position takes an integer"):
        reader(Position)(wrong)


@pytest.mark.parametrize(
    "wrong", ["2018-02-30", "20180314", "2018-3-14", "2018-W11-3", "", "２０１８-03-14", 2018, None]
)
def test_what_is_not_a_day_is_refused(wrong: object) -> None:
    with pytest.raises(GraphQLError, match="Date takes a day"):
        reader(Date)(wrong)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2018-03-14T02:00:00Z", datetime(2018, 3, 14, 2, tzinfo=UTC)),
        ("2018-03-14t02:00:00z", datetime(2018, 3, 14, 2, tzinfo=UTC)),
        ("2018-03-14T10:00:00+08:00", datetime(2018, 3, 14, 2, tzinfo=UTC)),
        ("2018-03-13T22:30:00.5-03:30", datetime(2018, 3, 14, 2, 0, 0, 500_000, tzinfo=UTC)),
        ("2018-03-14T02:00:00.123456789Z", datetime(2018, 3, 14, 2, 0, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2018-03-14T02:00:00-00:00", datetime(2018, 3, 14, 2, tzinfo=UTC)),
    ],
)
def test_a_moment_is_taken_with_any_zone(text: str, moment: datetime) -> None:
    assert reader(DateTime)(text) == moment


@pytest.mark.parametrize(
    "wrong",
    [
        "2018-03-14T02:00:00",
        "2018-03-14",
        "2018-03-14 02:00:00Z",
        "2018-03-14T24:00:00Z",
        "2018-03-14T02:60:00Z",
        "2018-02-29T02:00:00Z",
        "2018-03-14T02:00:00+24:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "",
        1521000000,
        None,
    ],
)
def test_what_is_not_a_moment_is_refused(wrong: object) -> None:
    with pytest.raises(GraphQLError, match="DateTime takes a moment"):
        reader(DateTime)(wrong)


def test_a_moment_is_given_out_in_utc_with_milliseconds() -> None:
    assert writer(DateTime)(stored_moment("2018-03-14T02:00:00Z")) == "2018-03-14T02:00:00.000Z"
