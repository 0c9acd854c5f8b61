"""Entries: the log itself, in order; the history of one stream; the entries behind a number.

Nothing here is serialised again: `data` is parsed from the stored bytes, `bytes` are the stored bytes, and the leaf
hash is taken over them. A seal is open where the public could see its text at the position that is read.
"""

from __future__ import annotations

import re
from base64 import b64encode
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import msgspec
import strawberry

from archive.api.fields import field, value
from archive.api.nodes import Node
from archive.api.pages import Key, PageInfo, list_digest, must_be_short, window
from archive.api.reads import At
from archive.api.scalars import JSON, DateTime, Hash, Position, stored_moment
from archive.domain.errors import Refused
from archive.domain.events import STREAMS, TABLE
from archive.log.log import stream_bytes
from archive.merkle.tree import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archive.api.pages import Window
    from archive.log.log import Log
    from archive.storage.contract import Row

STREAM: Final = re.compile(rf"({'|'.join(STREAMS)})-[0-9a-f]{{32}}")
TYPES: Final = frozenset(event_type for event_type, _ in TABLE)
_NODE: Final = re.compile(r"entry-([1-9][0-9]{0,15})")


class Stored(msgspec.Struct, frozen=True):
    """What is shown of an entry's bytes."""

    at: str
    data: dict[str, Any]  # Any: JSON as it was stored, given out unchanged
    seals: dict[str, str]
    stream: str


# Rows with gaps up to this are read as one span: an import writes a handful of entries for each item.
_GAP: Final = 8
_CHUNK: Final = 10_000
_decode: Final = msgspec.json.Decoder(Stored).decode


@strawberry.enum(description="Whether a seal can be opened by anyone (封存状态).")
class SealState(Enum):
    """What the public has of a seal."""

    SEALED = value("sealed", description="The text is not public at this position (未公开).")
    OPEN = value("open", description="The text is public: salt and value are shown (已公开).")
    ERASED = value("erased", description="Salt and value were destroyed, and an entry says so (已删除).")


@strawberry.type(
    description=(
        "A salted commitment (封存码) to text that is kept outside the log. An open one shows the salt and the value, "
        "so that anyone can check it."
    )
)
class Seal:
    """One seal of one entry."""

    field: str = strawberry.field(description="The class of text (文本类别) that is sealed, such as text or link.")
    seal: str = strawberry.field(description="The commitment (封存码), as it stands in the entry.")
    state: SealState = strawberry.field(description="Whether anyone can open it at this position (封存状态).")
    salt: str | None = strawberry.field(description="The salt (盐值) in hexadecimal; null unless the seal is open.")
    value: JSON | None = strawberry.field(description="The text (文本) that was sealed; null unless the seal is open.")
    erased_at: Position | None = strawberry.field(
        description="The entry that erased the text (删除的位置); null unless the seal is erased."
    )


@strawberry.type(description="An event with its envelope (日志记录), as it is stored and hashed.")
class Entry(Node):
    """One entry, read at a position."""

    at: strawberry.Private[At]
    raw: strawberry.Private[bytes]
    sealed: strawberry.Private[dict[str, str]]
    hidden: strawberry.Private[bool]
    position: Position = strawberry.field(description="The entry's place in the log (位置), from 1.")
    stream: strawberry.ID = strawberry.field(
        description="The id of the object that the entry is about (所属对象的编号)."
    )
    version: int = strawberry.field(description="The entry's place in the history of its object (版本), from 1.")
    type: str = strawberry.field(description="What happened (事件类型), a name of a closed table.")
    recorded_at: DateTime = strawberry.field(description="When the archive learned it (记录时刻).")
    data: JSON = strawberry.field(description="Codes, integers, dates and ids (数据), exactly as they were hashed.")

    @classmethod
    def of(cls, row: Row, stored: Stored, at: At, *, hidden: bool) -> Self:
        """The entry in a stored row. `hidden`: it is about an item that was withdrawn as a secret or for privacy."""
        return cls(
            id=strawberry.ID(f"entry-{row.position}"),
            at=at,
            raw=row.entry,
            sealed=stored.seals,
            hidden=hidden,
            position=Position(row.position),
            stream=strawberry.ID(stored.stream),
            version=row.version,
            type=row.type,
            recorded_at=stored_moment(stored.at),
            data=JSON(stored.data),
        )

    @field(
        description=(
            "The seals of the entry (封存码): text is never in an entry, each class of text is sealed, and opened from "
            "outside when it has been cleared."
        )
    )
    def seals(self) -> list[Seal]:
        """The seals, by class of text."""
        return [_seal(field, sealed, self.at, hidden=self.hidden) for field, sealed in self.sealed.items()]

    @field(description="SHA-256(0x00 || entry bytes), the leaf of the Merkle tree (叶哈希) of RFC 6962.")
    def leaf_hash(self) -> Hash:
        """Hashed when asked for."""
        return Hash(leaf_hash(self.raw).hex())

    @field(name="bytes", description="The bytes that were hashed (原始字节), in base64.")
    def stored_bytes(self) -> str:
        """The stored bytes."""
        return b64encode(self.raw).decode("ascii")


@strawberry.type(description="An entry in a list (列表中的记录).")
class EntryEdge:
    """An entry and its cursor."""

    cursor: str = strawberry.field(description="The place of the entry in the list (游标).")
    node: Entry = strawberry.field(description="The entry (日志记录) itself.")


@strawberry.type(description="A page of entries (日志记录分页).")
class EntryConnection:
    """A page of entries in log order."""

    page: strawberry.Private[Page]

    @field(description="How many entries the whole list has (总数).")
    def total_count(self) -> int:
        """Counted only when asked for."""
        return self.page.total()

    @field(description="The entries of this page with their cursors (本页记录及游标).")
    def edges(self) -> list[EntryEdge]:
        """Edges."""
        return [EntryEdge(cursor=self.page.cursor(node.position), node=node) for node in self.page.entries]

    @field(description="The entries of this page (本页记录).")
    def nodes(self) -> list[Entry]:
        """Nodes."""
        return self.page.entries

    @field(description="Where the page stands in the list (分页信息).")
    def page_info(self) -> PageInfo:
        """Page info."""
        entries = self.page.entries
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous(),
            start_cursor=self.page.cursor(entries[0].position) if entries else None,
            end_cursor=self.page.cursor(entries[-1].position) if entries else None,
        )


class Page:
    """The entries of one page, and what is worked out about the whole list only when it is asked for."""

    def __init__(  # noqa: PLR0913 - a page and four things about its list
        self,
        rows: Sequence[Row],
        at: At,
        *,
        has_next: bool,
        has_previous: Callable[[], bool],
        total: Callable[[], int],
        cursor: Callable[[int], str],
    ) -> None:
        stored = [_decode(row.entry) for row in rows]
        hidden = at.reads.hidden
        at.expect_seals(sealed for one in stored if one.stream not in hidden for sealed in one.seals.values())
        self.entries = [
            Entry.of(row, one, at, hidden=one.stream in hidden) for row, one in zip(rows, stored, strict=True)
        ]
        self.has_next = has_next
        self.has_previous = has_previous
        self.total = total
        self.cursor = cursor


def entry_at(at: At, position: int) -> Entry | None:
    """The entry at a position up to the one that is read at."""
    if not 0 < position <= at.position:
        return None
    row = at.reads.log.row(position)
    if row is None:
        return None
    return Page([row], at, has_next=False, has_previous=bool, total=int, cursor=str).entries[0]


def entry_by_id(at: At, node_id: str) -> Entry | None:
    """The entry with this id."""
    found = _NODE.fullmatch(node_id)
    return None if found is None else entry_at(at, int(found[1]))


def log_of(at: At, *, after: int, first: int, types: list[str] | None, stream: str | None) -> EntryConnection:
    """The log after a position: all of it, or the entries of some types or of one stream. Its cursors are positions."""
    must_be_short(types, field="types")
    if types is not None and not TYPES.issuperset(types):
        raise Refused("API-006", field="types", known=", ".join(sorted(TYPES)))
    size = window(at, of="", first=first, after=None).size
    chosen = None if types is None else frozenset(types)
    if stream is None:
        listed: _Listed = _Log(at.reads.log, chosen)
    else:
        listed = _Stream(at.reads.log, stream, chosen)
    return EntryConnection(page=_part(listed, at, after=after, size=size, cursor=str))


def history_of(at: At, stream: str, *, first: int | None, after: str | None) -> EntryConnection:
    """The entries of one stream up to the position, oldest first."""
    page = window(at, of=list_digest("history", stream), first=first, after=after)
    return EntryConnection(
        page=_part(
            _Stream(page.at.reads.log, stream, None),
            page.at,
            after=start_of(page),
            size=page.size,
            cursor=lambda position: page.cursor(Key(position, "")),
        )
    )


def start_of(page: Window) -> int:
    """The position after which a page of entries goes on."""
    if page.after is None:
        return 0
    if not isinstance(page.after.sort, int):
        raise Refused("API-001", field="after")
    return page.after.sort


def rows_at(at: At, positions: Sequence[int]) -> list[Row]:
    """The stored rows at these positions, in order; rows that lie close together are read together."""
    wanted = sorted(set(positions))
    rows: list[Row] = []
    start = 0
    for end in range(1, len(wanted) + 1):
        if end == len(wanted) or wanted[end] - wanted[end - 1] > _GAP:
            first, last = wanted[start], wanted[end - 1]
            rows += at.reads.log.rows(after=first - 1, limit=last - first + 1, until=last)
            start = end
    chosen = set(wanted)
    return [row for row in rows if row.position in chosen]


def _part(listed: _Listed, at: At, *, after: int, size: int, cursor: Callable[[int], str]) -> Page:
    found = listed.rows(after=after, limit=size + 1, until=at.position)
    at.reads.spend(len(found[:size]))
    return Page(
        found[:size],
        at,
        has_next=len(found) > size,
        has_previous=lambda: after > 0 and bool(listed.rows(after=0, limit=1, until=min(after, at.position))),
        total=lambda: listed.total(until=at.position),
        cursor=cursor,
    )


class _Log(NamedTuple):
    """The whole log, or its entries of some types."""

    log: Log
    types: frozenset[str] | None

    def rows(self, *, after: int, limit: int, until: int) -> list[Row]:
        return self.log.rows(after=after, limit=limit, until=until, types=self.types)

    def total(self, *, until: int) -> int:
        if self.types is None:
            return until
        counted = after = 0
        while rows := self.rows(after=after, limit=_CHUNK, until=until):
            counted += len(rows)
            after = rows[-1].position
        return counted


class _Stream(NamedTuple):
    """The entries of one stream, or those of some types. What is not the id of a stream names none."""

    log: Log
    stream: str
    types: frozenset[str] | None

    def rows(self, *, after: int, limit: int, until: int) -> list[Row]:
        if not STREAM.fullmatch(self.stream):
            return []
        storage, stream = self.log.storage, stream_bytes(self.stream)
        if self.types is None:
            return storage.stream_page(stream, after=after, limit=limit, until=until)
        return [row for row in storage.stream(stream, until=until) if row.position > after and row.type in self.types][
            :limit
        ]

    def total(self, *, until: int) -> int:
        if self.types is None and STREAM.fullmatch(self.stream):
            return self.log.storage.stream_count(stream_bytes(self.stream), until)
        return len(self.rows(after=0, limit=until, until=until))


_Listed = _Log | _Stream


def _seal(field: str, sealed: str, at: At, *, hidden: bool) -> Seal:
    erased_at = at.erased_at(sealed)
    if erased_at is not None:
        return Seal(
            field=field, seal=sealed, state=SealState.ERASED, salt=None, value=None, erased_at=Position(erased_at)
        )
    opening = None if hidden else at.opening(sealed)
    if opening is None:
        return Seal(field=field, seal=sealed, state=SealState.SEALED, salt=None, value=None, erased_at=None)
    text = JSON(msgspec.json.decode(opening.value))
    return Seal(field=field, seal=sealed, state=SealState.OPEN, salt=opening.salt.hex(), value=text, erased_at=None)
