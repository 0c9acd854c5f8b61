"""Search: every text that the public may read, by any part of it, as of every position.

Rules
- A text is found by one character or more of it, exactly: nothing is missed and nothing else is found. Latin words are
  found whole. The terms of a query stand apart by white space, and a text must have all of them.
- Documents are numbered 1, 2, 3 … as they began. `search_postings` says of each unit, and of each two neighbouring ones,
  which documents have it: so a term of one or two units is looked up, and what has the pairs of a longer one is read.
- Sets of documents are integers, one bit each: what is known as of a position, what a query finds and how many they are
  is arithmetic, whatever the number of documents.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, Final, NamedTuple, cast, get_args

from msgspec import UNSET
from msgspec.json import Decoder

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.items import ItemCorrected, ItemPublished, ItemText, ItemUpdated
from archive.projections import folding, sets
from archive.projections.periods import Periods
from archive.projections.texts import text_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "search"
# What a gram's row holds is written anew with each batch that adds to it: so many at a time in a rebuild, half a chunk.
GATHERED: Final = 4_096
VERSION: Final = 2
# Of the program that was tested: what is found depends on it. A test compares it with `folding.definition`.
FOLDING: Final = "cfa2275b5b4d22ca4ca299005532e10c475ffcef1e9a50b1f75b4cd772abad9f"
TABLES: Final = (
    """CREATE TABLE search_documents (
    stream       TEXT NOT NULL,         -- the item's id
    known_from   INTEGER PRIMARY KEY,   -- the entry from which the text is found
    known_to     INTEGER,
    number       INTEGER NOT NULL,      -- 1, 2, 3 … in the order of known_from
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    published_on TEXT NOT NULL,         -- its first publication
    rank         INTEGER NOT NULL       -- least is best: units of the title, at most 9999, and seven digits for the day
) STRICT""",
    """CREATE TABLE search_texts (
    document INTEGER PRIMARY KEY,   -- its number in search_documents
    title    TEXT NOT NULL,         -- units without white space
    beneath  TEXT NOT NULL          -- document number and abstract, the same
) STRICT""",
    """CREATE TABLE search_postings (
    gram    TEXT NOT NULL,      -- a unit, or two neighbouring ones
    field   INTEGER NOT NULL,   -- 0: documents that have it in their title, 1: those that have it beneath
    chunk   INTEGER NOT NULL,   -- 0, 1, 2 …: documents from chunk * 8192 on
    members BLOB NOT NULL,      -- which of them, fewer than 512: 2 bytes each, else a bit each; least first
    PRIMARY KEY (gram, field, chunk)
) STRICT""",
)
INDEXES: Final = (
    "CREATE UNIQUE INDEX search_documents_now ON search_documents (stream) WHERE known_to IS NULL",
    "CREATE UNIQUE INDEX search_documents_number ON search_documents (number)",
    "CREATE INDEX search_documents_past ON search_documents (known_to, number) WHERE known_to IS NOT NULL",
    "CREATE INDEX search_documents_item ON search_documents (item, number)",
    "CREATE INDEX search_documents_rank ON search_documents (rank, stream, number, item)",
)
TEXT_COLUMNS: Final = {
    "search_documents": frozenset({"rank"}),
    "search_texts": frozenset({"title", "beneath"}),
    # What a text has is text too: with the last document that had a gram its row goes.
    "search_postings": frozenset({"gram", "field", "chunk", "members"}),
}

_Shown = ItemPublished | ItemUpdated | ItemCorrected
_Applied = _Shown | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

_ITEM: Final = Decoder(ItemText)
_LONGEST: Final = 9_999
# So that the day of publication fits beneath a length, the newest first.
_DAYS: Final = 10_000_000
# What the rank of a document is more by, if only the text beneath its title has the terms.
BENEATH: Final = (_LONGEST + 1) * _DAYS
# Stands before and after a Latin word, and between two fields; private use, so that no text that means something has it.
_WORD: Final = "\ue000"
_FIELD: Final = "\ue001"
_UNITS: Final = re.compile(f"{_WORD}[a-z]+{_WORD}|.", re.DOTALL)
_COLUMNS: Final = ("title", "beneath")
# How much of a text is shown on either side of what was found, in characters.
AROUND: Final = 30


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    openings = disclosures.get({getattr(entry.event, name) for entry in entries for name in entry.event.CLEARS})
    documents = Periods("search_documents", key=("stream",), held=_Document)
    documents.load(db, {entry.stream for entry in entries})
    (number,) = db.execute("SELECT ifnull(max(number), 0) FROM search_documents").fetchone()
    texts = []
    erasures = []
    for entry in entries:
        event = cast("_Applied", entry.event)
        if isinstance(event, Erased):
            erasures.append(entry)
            continue
        before = documents.get(entry.stream)
        if (before is None) != isinstance(event, ItemPublished):
            raise Corrupt("PRJ-004", position=entry.position, type=event.TYPE)
        shown = text_behind(openings, event.text, _ITEM, at=entry.position)
        text = _NO_TEXT if shown is None else _Text.of(shown)
        number += 1
        if isinstance(event, ItemPublished):
            before = _Document(number, entry.position, event.published_on.isoformat(), 0)
        assert before is not None, "what is updated was published"
        rank = _rank(_units(text.title), before.published_on)
        documents.change(entry.position, entry.stream, to=before._replace(number=number, rank=rank))
        texts.append((number, *text))
    documents.write(db)
    db.executemany("INSERT INTO search_texts VALUES (?, ?, ?)", texts)
    _post(db, texts)
    for entry in erasures:
        if cast("Erased", entry.event).field == "text":
            _erase(db, entry)


def _erase(db: Connection, entry: Entry) -> None:
    """Forget the texts that earlier entries of the stream showed; the documents stay."""
    documents = db.execute(
        """SELECT number FROM search_documents WHERE known_from < :position
            AND item = (SELECT item FROM search_documents WHERE stream = :stream AND known_to IS NULL)""",
        {"stream": entry.stream, "position": entry.position},
    ).fetchall()
    for (number,) in documents:
        text = db.execute("SELECT title, beneath FROM search_texts WHERE document = ?", (number,)).fetchone()
        chunk, member = divmod(number, sets.CHUNK)
        for field, one in enumerate(text):
            for gram in _grams(one):
                key = (gram, field, chunk)
                bits = sets.bits_of(_members(db, key)) & ~(1 << member)
                if bits:
                    db.execute(_PUT, (*key, sets.packed(bits)))
                else:
                    db.execute("DELETE FROM search_postings WHERE gram = ? AND field = ? AND chunk = ?", key)
        db.execute("UPDATE search_texts SET title = '', beneath = '' WHERE document = ?", (number,))
        db.execute(f"UPDATE search_documents SET rank = rank % {_DAYS} WHERE number = ?", (number,))


class _Document(NamedTuple):
    """What `search_documents` says of an item."""

    number: int
    item: int
    published_on: str
    rank: int


class _Text(NamedTuple):
    """What `search_texts` says of a document."""

    title: str
    beneath: str

    @classmethod
    def of(cls, text: ItemText) -> _Text:
        """The fields of a text that are searched, folded; empty where it has none."""
        title, *beneath = (
            "" if one is UNSET else _joined(folding.units(folding.fold(one)))
            for one in (text.title, text.document_number, text.abstract)
        )
        return cls(title, _FIELD.join(beneath) if any(beneath) else "")


_NO_TEXT: Final = _Text("", "")


def _rank(units: Sequence[str], published_on: str) -> int:
    return min(len(units), _LONGEST) * _DAYS + _DAYS - date.fromisoformat(published_on).toordinal()


def _joined(units: Iterable[str]) -> str:
    """Units one after the other: a sequence of units stands in a text where its characters do, and nowhere else."""
    return "".join([f"{_WORD}{one}{_WORD}" if "a" <= one[0] <= "z" else one for one in units])


def _units(joined: str) -> Sequence[str]:
    return _UNITS.findall(joined) if _WORD in joined else joined


def _grams(text: str) -> set[str]:
    """The units of a text, and each two neighbours within a field."""
    found: set[str] = set()
    for joined in text.split(_FIELD):
        units = _units(joined)
        found.update(units, map(add, units, units[1:]))
    return found


_PUT: Final = """INSERT INTO search_postings VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET members = excluded.members"""


def _post(db: Connection, texts: Sequence[tuple[int, str, str]]) -> None:
    """Say of every gram of these documents that they have it; their numbers are higher than all before."""
    # By chunk and field first, so that a gram is looked up by itself alone.
    places: defaultdict[tuple[int, int], defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, *fields in texts:
        chunk, member = divmod(number, sets.CHUNK)
        for field, text in enumerate(fields):
            having = places[chunk, field]
            for gram in _grams(text):
                having[gram].append(member)
    for (chunk, field), having in sorted(places.items()):
        keys = [(gram, field, chunk) for gram in sorted(having)]
        db.executemany(_PUT, [(*key, sets.grown(_members(db, key), having[key[0]])) for key in keys])


def _members(db: Connection, key: tuple[str, int, int]) -> bytes:
    row = db.execute("SELECT members FROM search_postings WHERE gram = ? AND field = ? AND chunk = ?", key).fetchone()
    return b"" if row is None else cast("bytes", row[0])


# --- reads ------------------------------------------------------------------------------------------------------------
class Query(NamedTuple):
    """What is searched for: the units of each term, in the order they were typed."""

    terms: tuple[tuple[str, ...], ...]


def query(text: str) -> Query | None:
    """What a reader typed; None where it asks for nothing."""
    terms = [tuple(folding.units(term)) for term in folding.fold(text).split()]
    return Query(tuple(dict.fromkeys(terms))) if terms else None


class Found(NamedTuple):
    """The documents that a query finds as of a position: bit `n` is the document with the number `n`."""

    in_title: int  # those that have every term in their title
    beneath: int  # the others

    @property
    def all(self) -> int:
        """Both: one document of each item at most."""
        return self.in_title | self.beneath


def found(db: Connection, sought: Query, *, as_of: int) -> Found:
    """What a query finds as of a position; without what is hidden."""
    last = db.execute(
        "SELECT number FROM search_documents WHERE known_from <= ? ORDER BY known_from DESC LIMIT 1", (as_of,)
    ).fetchone()
    if last is None:
        return Found(0, 0)
    (known,) = last
    in_title = everywhere = (2 << known) - 2 & ~_past(db, as_of)
    for term in sought.terms:
        title, beneath = (_having(db, term, field, among=everywhere) for field in range(len(_COLUMNS)))
        in_title &= title
        everywhere &= title | beneath
    return Found(in_title, everywhere & ~in_title)


# --- looking up -------------------------------------------------------------------------------------------------------
def _past(db: Connection, as_of: int) -> int:
    """The documents that were replaced by then, and those of items that are hidden now."""
    rows = db.execute(
        """SELECT number FROM search_documents WHERE known_to <= :as_of
            UNION ALL SELECT x.number FROM catalogue_items h CROSS JOIN search_documents x ON x.item = h.position
            WHERE h.hidden AND x.known_from <= :as_of""",
        {"as_of": as_of},
    )
    return sets.of(number for (number,) in rows)


def _having(db: Connection, term: Sequence[str], field: int, *, among: int) -> int:
    """Which of these documents have a term in a field."""
    units = [_joined([one]) for one in term]
    for gram in [one + other for one, other in pairwise(units)] or units:
        among &= _posted(db, gram, field)
    if len(units) <= 2 or not among:
        return among
    # A text may have the pairs without having them one after the other.
    texts = "search_texts t"
    listed = sets.few(among)
    if listed:
        texts = f"json_each(:found) f CROSS JOIN {texts} ON t.document = f.value"
    rows = db.execute(
        f"SELECT t.document FROM {texts} WHERE {sets.is_found('t.document', listed=listed)} AND instr(t.{_COLUMNS[field]}, :term)",
        {"found": sets.members(among, listed=listed), "term": "".join(units)},
    )
    return sets.of(number for (number,) in rows)


def _posted(db: Connection, gram: str, field: int) -> int:
    """The documents that ever had a gram in a field."""
    rows = db.execute("SELECT chunk, members FROM search_postings WHERE gram = ? AND field = ?", (gram, field))
    return sets.joined(dict(rows.fetchall()))


class Excerpt(NamedTuple):
    """A text, or the part of it around the first term that it has."""

    before: str
    found: str
    after: str


def excerpt(sought: Query, text: str, *, around: int | None = None) -> Excerpt | None:
    """Where a text has the first of the terms that it has, with `around` characters on either side, or all of them."""
    for term in sought.terms:
        if (span := folding.find(text, term)) is not None:
            start, end = (0, len(text)) if around is None else (max(span.start - around, 0), span.end + around)
            return Excerpt(
                f"{'…' if start else ''}{text[start : span.start]}",
                text[span.start : span.end],
                f"{text[span.end : end]}{'…' if end < len(text) else ''}",
            )
    return None


def snippet(sought: Query, texts: Iterable[str | None]) -> str | None:
    """The first of these texts that has a term, cut around it, with the match between 【 and 】."""
    for text in texts:
        found = None if text is None else excerpt(sought, text, around=AROUND)
        if found is not None:
            return f"{found.before}【{found.found}】{found.after}"
    return None
