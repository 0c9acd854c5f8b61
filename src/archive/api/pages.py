"""Lists in pages, by cursors (Relay's connections).

Rules
- `first` goes on from `after`, `last` goes back from `before`; 20 objects unless said otherwise, never more than 100.
- A cursor is opaque: base64url of [version, position, list, sort key, id]. `list` is a digest of everything that
  chooses and orders the list, so that a cursor of another list is refused and never gives a wrong page.
- A page after a cursor is read at the cursor's position: a list that is walked does not move under the reader's feet.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import b2a_base64
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, TypeVar

import msgspec
import strawberry
from msgspec import Meta

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.api.reads import At

T = TypeVar("T")

DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100
MAX_LIST: Final = 100

FIRST: Final = strawberry.argument(
    description="At most so many objects, from the start of the list (取前若干条): 1 to 100."
)
AFTER: Final = strawberry.argument(description="Go on after the object with this cursor (从此游标之后).")
LAST: Final = strawberry.argument(
    description="At most so many objects, from the end of the list (取后若干条): 1 to 100."
)
BEFORE: Final = strawberry.argument(description="Stop before the object with this cursor (到此游标之前).")


@strawberry.type(description="Where a page stands in its list (分页信息).")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether there are objects after this page (有下一页).")
    has_previous_page: bool = strawberry.field(description="Whether there are objects before this page (有上一页).")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first object (首条游标); null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last object (末条游标); null on an empty page."
    )


class Key(NamedTuple):
    """The place of one object in an ordered list."""

    sort: str | int | None
    id: str


class Window(NamedTuple):
    """What one page shows: forward from `after` or backward from `before`, read at a position."""

    at: At
    of: str
    first: int | None
    last: int | None
    after: Key | None
    before: Key | None

    @property
    def size(self) -> int:
        """At most so many objects."""
        size = self.first if self.first is not None else self.last
        assert size is not None, "a page goes one way"
        return size

    def cursor(self, key: Key) -> str:
        """The cursor of an object on this page."""
        self.at.reads.depend_on_everything()
        return write_cursor(Cursor(1, self.at.position, self.of, *key))


class Cursor(NamedTuple):
    """What a cursor says."""

    version: Literal[1]
    position: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    of: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    sort: Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=0, le=2**53 - 1)] | None
    id: Annotated[str, Meta(max_length=64)]


_MAX_CURSOR: Final = 400
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_decoder: Final = msgspec.json.Decoder(Cursor)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def write_cursor(cursor: Cursor) -> str:
    """The text of a cursor."""
    # What urlsafe_b64encode does, in fewer calls: every row of a page has a cursor.
    return b2a_base64(_encode(cursor), newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def read_cursor(text: str, *, field: str) -> Cursor:
    """The cursor behind its text; each cursor has one text, any other is refused."""
    cursor = _cursor(text) if len(text) <= _MAX_CURSOR else None
    if cursor is None or write_cursor(cursor) != text:
        raise Refused("API-001", field=field)
    return cursor


def _cursor(text: str) -> Cursor | None:
    try:
        return _decoder.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


def list_digest(*chosen_by: object) -> str:
    """A short digest of everything that chooses and orders a list."""
    return sha256(_encode(chosen_by)).hexdigest()[:16]


def window(  # noqa: PLR0913 - the arguments of a connection
    at: At,
    *,
    of: str,
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
) -> Window:
    """The page that these arguments ask for, or `Refused`."""
    if first is not None and last is not None:
        raise Refused("API-004")
    _must_be_a_size(first, field="first")
    _must_be_a_size(last, field="last")
    if first is None and last is None:
        backward = before is not None and after is None
        first, last = (None, DEFAULT_SIZE) if backward else (DEFAULT_SIZE, None)
    cursors = {
        field: read_cursor(text, field=field)
        for field, text in (("after", after), ("before", before))
        if text is not None
    }
    for field, cursor in cursors.items():
        if cursor.of != of or cursor.position > at.position:
            raise Refused("API-001", field=field)
    if len({cursor.position for cursor in cursors.values()}) > 1:
        raise Refused("API-001", field="before")
    keys = {field: Key(cursor.sort, cursor.id) for field, cursor in cursors.items()}
    for cursor in cursors.values():
        at = at.reads.at(cursor.position)
    return Window(at, of, first, last, keys.get("after"), keys.get("before"))


def given(value: T | None) -> T | None:
    """The value of an argument; one that was left out is None to us, as is one that is null."""
    return None if value is strawberry.UNSET else value


def must_be_short(values: Sequence[object] | None, *, field: str, limit: int = MAX_LIST) -> None:
    """Refuse a list that no reader writes by hand; an empty one is for the caller to judge."""
    if values is not None and len(values) > limit:
        raise Refused("API-005", field=field, limit=limit)


def _must_be_a_size(size: int | None, *, field: str) -> None:
    if size is not None and not 1 <= size <= MAX_SIZE:
        raise Refused("API-003", field=field, limit=MAX_SIZE)
