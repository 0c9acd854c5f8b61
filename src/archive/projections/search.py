"""Search: every text that the public may read, by any part of it, as of every position.

Rules
- A text is found by one character or more of it, exactly: nothing is missed and nothing else is found. Latin words are
  found whole. The terms of a query stand apart by white space, and a text must have all of them.
- `search_index` has each two neighbouring units of a text as one token, and its last unit as a token of its own (see
  folding). So a term of several units is a phrase of tokens, and a term of one unit is how a token begins.
- The index keeps no text: `search_texts` holds what was folded, and the index is told of it again to forget it. What was
  forgotten is in the file until the index is optimised, for only then are the segments that held it written anew.
"""

from __future__ import annotations

import re
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, Final, NamedTuple, cast, get_args

from msgspec import UNSET
from msgspec.json import Decoder

from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt
from archive.domain.items import ItemCorrected, ItemPublished, ItemText, ItemUpdated
from archive.projections import folding
from archive.projections.periods import Periods, known_at
from archive.projections.texts import text_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "search"
VERSION: Final = 1
# Of the program that was tested: what is found depends on it. A test compares it with `folding.definition`.
FOLDING: Final = "cfa2275b5b4d22ca4ca299005532e10c475ffcef1e9a50b1f75b4cd772abad9f"
TABLES: Final = (
    """CREATE TABLE search_documents (
    stream       TEXT NOT NULL,         -- the item's id
    known_from   INTEGER PRIMARY KEY,   -- the entry from which the text is found
    known_to     INTEGER,
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    published_on TEXT NOT NULL,         -- its first publication
    length       INTEGER NOT NULL       -- units of the title, at most 9999
) STRICT""",
    """CREATE TABLE search_texts (
    document        INTEGER PRIMARY KEY,   -- its known_from in search_documents
    title           TEXT NOT NULL,         -- each of them folded
    document_number TEXT NOT NULL,
    abstract        TEXT NOT NULL
) STRICT""",
    """CREATE VIRTUAL TABLE search_index USING fts5 (
    title, document_number, abstract, content = '', tokenize = 'ascii', prefix = '1'
)""",
)
INDEXES: Final = ("CREATE UNIQUE INDEX search_documents_now ON search_documents (stream) WHERE known_to IS NULL",)
TEXT_COLUMNS: Final = {
    "search_documents": frozenset({"length"}),
    "search_texts": frozenset({"title", "document_number", "abstract"}),
}

_Shown = ItemPublished | ItemUpdated | ItemCorrected
_Applied = _Shown | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

_ITEM: Final = Decoder(ItemText)
_LONGEST: Final = 9_999
# Ends a word within a token; private use, so that no text that means something has it.
_WORD_END: Final = "\ue000"
# The tokenizer cuts at ASCII marks, and a query ends at NUL, so they are moved out of sight.
_MARKS: Final = {code: 0xE100 + code for code in range(0x80) if not (chr(code).isalnum() or chr(code).isspace())}
_LETTER: Final = re.compile("[a-z]")
# How much of a text is shown on either side of what was found, in characters.
AROUND: Final = 30


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    openings = disclosures.get({getattr(entry.event, name) for entry in entries for name in entry.event.CLEARS})
    documents = Periods("search_documents", key=("stream",), held=_Document)
    documents.load(db, {entry.stream for entry in entries})
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
        text = _Text("", "", "") if shown is None else _Text.of(shown)
        if isinstance(event, ItemPublished):
            before = _Document(entry.position, event.published_on.isoformat(), 0)
        assert before is not None, "what is updated was published"
        length = min(len(folding.units(text.title)), _LONGEST)
        documents.change(entry.position, entry.stream, to=before._replace(length=length))
        texts.append((entry.position, *text))
    documents.write(db)
    db.executemany("INSERT INTO search_texts VALUES (?, ?, ?, ?)", texts)
    db.executemany(
        "INSERT INTO search_index (rowid, title, document_number, abstract) VALUES (?, ?, ?, ?)",
        [(document, *map(_tokens, fields)) for document, *fields in texts],
    )
    for entry in erasures:
        if cast("Erased", entry.event).field == "text":
            _erase(db, entry)


def _erase(db: Connection, entry: Entry) -> None:
    """Forget the texts that earlier entries of the stream showed; the documents stay."""
    place = {"stream": entry.stream, "position": entry.position}
    earlier = "SELECT known_from FROM search_documents WHERE stream = :stream AND known_from < :position"
    known = db.execute(
        f"SELECT document, title, document_number, abstract FROM search_texts WHERE document IN ({earlier})", place
    ).fetchall()
    db.executemany(
        "INSERT INTO search_index (search_index, rowid, title, document_number, abstract) VALUES ('delete', ?, ?, ?, ?)",
        [(document, *map(_tokens, fields)) for document, *fields in known],
    )
    db.executemany(
        "INSERT INTO search_index (rowid, title, document_number, abstract) VALUES (?, '', '', '')",
        [(document,) for document, *_ in known],
    )
    gone = "title = '', document_number = '', abstract = ''"
    db.execute(f"UPDATE search_texts SET {gone} WHERE document IN ({earlier})", place)
    db.execute("UPDATE search_documents SET length = 0 WHERE stream = :stream AND known_from < :position", place)


class _Document(NamedTuple):
    """What `search_documents` says of an item."""

    item: int
    published_on: str
    length: int


class _Text(NamedTuple):
    """What `search_texts` says of an item."""

    title: str
    document_number: str
    abstract: str

    @classmethod
    def of(cls, text: ItemText) -> _Text:
        """The fields of a text that are searched, folded; empty where it has none."""
        fields = (text.title, text.document_number, text.abstract)
        return cls(*("" if one is UNSET else folding.fold(one) for one in fields))


def _tokens(folded: str) -> str:
    """A folded text as the index takes it."""
    units = _indexed(folded)
    return " ".join(map(add, units, [*units[1:], ""]))


def _indexed(folded: str) -> list[str]:
    """The units of a folded text as they stand in tokens: no two sequences of units give the same characters."""
    units = folding.units(folded.translate(_MARKS))
    if _LETTER.search(folded) is None:
        return units
    return [one + _WORD_END if "a" <= one[0] <= "z" else one for one in units]


# --- reads ------------------------------------------------------------------------------------------------------------
class Query(NamedTuple):
    """What is searched for: the units of each term, in the order they were typed."""

    terms: tuple[tuple[str, ...], ...]

    @property
    def match(self) -> str:
        """The query in the language of FTS5."""
        return " AND ".join(map(_phrase, self.terms))

    @property
    def match_title(self) -> str:
        """The same, of the title alone."""
        return f"title : ({self.match})"


def query(text: str) -> Query | None:
    """What a reader typed; None where it asks for nothing."""
    terms = [tuple(folding.units(term)) for term in folding.fold(text).split()]
    return Query(tuple(dict.fromkeys(terms))) if terms else None


def _phrase(term: Sequence[str]) -> str:
    units = _indexed(" ".join(term))
    if len(units) == 1:
        return f'"{units[0]}" *'
    return '"' + " ".join([one + other for one, other in pairwise(units)]) + '"'


# The texts found, as the beginning of a statement: `:match` is `Query.match`.
FOUND: Final = "search_index CROSS JOIN search_documents x ON x.known_from = search_index.rowid"
FOUND_WHERE: Final = f"search_index MATCH :match AND {known_at('x')}"
# Best first: where the title has all the terms, then the shortest title, then the newest.
RANK: Final = """(CASE WHEN x.known_from IN
    (SELECT rowid FROM search_index WHERE search_index MATCH :match_title) THEN 0 ELSE 10000 END + x.length)
    * 10000000 + CAST(9999999 - julianday(x.published_on) AS INTEGER)"""


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
