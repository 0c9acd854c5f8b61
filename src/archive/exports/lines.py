"""What an export says of an item: one value for every format, read in slices so that memory does not grow.

Rules
- Everything is read in the transaction of the caller, as of one position, and in the order of publication, then by id.
- What the public may not see at that position, or any more, is not here: a text that was erased is absent and `text`
  says ERASED; one of an item that was withdrawn as a secret or for privacy is absent and `text` says WITHHELD.
- Names of agencies, sections, categories and channels are those of the position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from archive.projections import agencies, catalogue
from archive.projections.catalogue import Happened, ItemFilter, ItemRow, Status, Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.projections.agencies import AgencyRow
    from archive.projections.runner import Reading

SLICE_ROWS: Final = 1_000

TextState = Literal["SHOWN", "ERASED", "WITHHELD"]


class Category(Struct, frozen=True):
    """The category of an item in one scheme; the name is None where it was erased."""

    scheme: str
    code: str
    name: str | None


class Publication(Struct, frozen=True, rename="camel"):
    """An item on one channel; days are ISO 8601. `content_sha256`: of the sealed text that the channel shows."""

    position: int
    channel: str
    channel_name: str | None
    url: str | None
    published_on: str
    withdrawn_on: str | None
    content_sha256: str | None


class Line(Struct, frozen=True, kw_only=True, rename="camel"):
    """An item as of a position; days are ISO 8601. `content_sha256`: of the file that is its body.

    `position` is the entry that made the item public, `known_from` the one since which it is as it stands here, and
    `change` is what happened then.
    """

    id: str
    position: int
    agency: str
    agency_name: str | None
    title: str | None
    document_number: str | None
    index_number: str | None
    issuer: str | None
    abstract: str | None
    keywords: list[str]
    disclosure_mode: str
    section: str | None
    section_name: str | None
    categories: list[Category]
    made_on: str | None
    published_on: str
    effective_on: str | None
    repealed_on: str | None
    status: Status
    validity: Validity
    publications: list[Publication]
    content_sha256: str | None
    source_id: str | None
    text: TextState
    change: Happened
    known_from: int


def lines(reading: Reading, *, as_of: int, where: ItemFilter) -> Iterator[Line]:
    """The items that a filter chooses, slice after slice: two statements each, the second for agencies not seen yet."""
    db = reading.db
    known: dict[str, _Names] = {}
    after: catalogue.Key | None = None
    while True:
        # Each slice begins where the one before ended, which the index finds at once.
        found = catalogue.items(db, as_of=as_of, where=where, order="PUBLISHED_ON_ASC", after=after, first=SLICE_ROWS)
        missing = sorted({row.agency for row in found.rows} - known.keys())
        if missing:
            known |= {one.id: _Names(one) for one in agencies.agencies(db, as_of=as_of, ids=missing)}
        for row in found.rows:
            yield _line(row, known[row.agency])
        if not found.has_next:
            return
        after = found.keys[-1]


class _Names:
    """The names of an agency and of what it keeps, by code."""

    def __init__(self, row: AgencyRow) -> None:
        self.name = row.name
        self.sections = {one.id: one.name for one in row.sections}
        self.channels = {one.key: one.name for one in row.channels}
        self.categories = {(scheme.key, one.code): one.name for scheme in row.schemes for one in scheme.categories}


def _line(row: ItemRow, names: _Names) -> Line:
    return Line(
        id=row.id,
        position=row.position,
        agency=row.agency,
        agency_name=names.name,
        title=row.title,
        document_number=row.document_number,
        index_number=row.index_number,
        issuer=row.issuer,
        abstract=row.abstract,
        keywords=row.keywords,
        disclosure_mode=row.mode,
        section=row.section,
        section_name=None if row.section is None else names.sections.get(row.section),
        categories=[Category(one.scheme, one.code, names.categories[one.scheme, one.code]) for one in row.categories],
        made_on=row.made_on,
        published_on=row.published_on,
        effective_on=row.effective_on,
        repealed_on=row.repealed_on,
        status=row.status,
        validity=row.validity,
        publications=[
            Publication(
                one.position,
                one.channel,
                names.channels[one.channel],
                one.url,
                one.published_on,
                one.withdrawn_on,
                one.content_sha256,
            )
            for one in row.publications
        ],
        content_sha256=row.content_sha256,
        source_id=row.source_id,
        text=_text_state(row),
        change=row.change,
        known_from=row.known_from,
    )


def _text_state(row: ItemRow) -> TextState:
    if row.hidden:
        return "WITHHELD"
    # Every text has a title: without one it is not there.
    return "ERASED" if row.title is None else "SHOWN"
