"""The scalars of the public contract: what they accept and how they are written.

Positions and dates come in strictly: a position is a JSON integer or the digits of one, a date is YYYY-MM-DD, a moment is
RFC 3339 with a zone. Moments go out in UTC with milliseconds, so that two texts of one moment are the same text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Never, NewType

import strawberry
from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strawberry.types.scalar import ScalarDefinition

Position = NewType("Position", int)
Date = NewType("Date", str)
DateTime = NewType("DateTime", datetime)
Hash = NewType("Hash", str)
JSON = NewType("JSON", object)
Decimal = NewType("Decimal", str)

MAX_POSITION: Final = 2**53 - 1
_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# RFC 3339, section 5.6: T and Z may be lower case; a second may be the 60th.
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def stored_moment(at: str) -> DateTime:
    """The moment behind an entry's `at`."""
    return DateTime(datetime.fromisoformat(at))


def _write_moment(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds")[:-6] + "Z"


def _read_moment(value: object) -> datetime:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise GraphQLError("DateTime takes a moment of RFC 3339 with a zone, such as 2018-03-14T10:00:00+08:00.")
    day, hour, minute, second, fraction, sign, zone_hour, zone_minute = found.groups()
    try:
        start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        past = timedelta(
            hours=_below(hour, 24),
            minutes=_below(minute, 60),
            seconds=_below(second, 61),
            microseconds=int((fraction or "0").ljust(6, "0")[:6]),
        )
        east = timedelta(hours=_below(zone_hour or "0", 24), minutes=_below(zone_minute or "0", 60))
        return start + past + (east if sign == "-" else -east)
    except (ValueError, OverflowError):
        raise GraphQLError("DateTime takes a moment that exists.") from None


def _below(digits: str, limit: int) -> int:
    number = int(digits)
    if number >= limit:
        raise ValueError(limit)
    return number


def _read_date(value: object) -> str:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise GraphQLError("Date takes a day that exists, written YYYY-MM-DD.")


def _read_position(value: object) -> int:
    # A cursor of the log, which Relay's clients send back as they got it.
    if isinstance(value, str) and _POSITION.fullmatch(value):
        value = int(value)
    # A boolean is an integer in Python and none in JSON.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_POSITION:
        return value
    raise GraphQLError("Position takes an integer from 0 to 9007199254740991.")


def _read_nothing(_: object) -> Never:
    raise GraphQLError("This scalar is only given out, never taken.")


def _as_it_is(value: object) -> object:
    return value


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    Position: strawberry.scalar(
        name="Position",
        description=(
            "Place in the log (位置): 1-based, contiguous. As a time, it names the archive as it stood after that entry; "
            "0 is the empty archive. A JSON integer up to 2^53-1; its digits in a string, a cursor of the log, are taken too."
        ),
        serialize=_as_it_is,
        parse_value=_read_position,
    ),
    Date: strawberry.scalar(
        name="Date",
        description="A calendar date (日期) of ISO 8601, written YYYY-MM-DD.",
        serialize=_as_it_is,
        parse_value=_read_date,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment (时刻) of RFC 3339; given out in UTC with milliseconds, taken with any zone.",
        serialize=_write_moment,
        parse_value=_read_moment,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    Hash: strawberry.scalar(
        name="Hash",
        description="A SHA-256 digest (摘要) in lower-case hexadecimal.",
        serialize=_as_it_is,
        parse_value=_read_nothing,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A number (数值), exact, written in decimal digits in a string: 59237.2449.",
        serialize=_as_it_is,
        parse_value=_read_nothing,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value (JSON 值), as it is stored.",
        serialize=_as_it_is,
        parse_value=_read_nothing,
    ),
}
