"""The reviews of items (保密审查), level by level, as of every position.

Rules
- A case that was opened has a row, and so has every act that a level makes in it; rows never change, so that a position
  alone says which of them were known.
- What is named by its level is named by the policy that was in force when the case was opened. Where the names are
  erased, they are NULL.
- No text of an item is here, cleared or not: a row holds the seal of the text that was reviewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET
from msgspec.json import Decoder

from archive.domain.agencies import PolicyText, ReviewPolicyAdopted
from archive.domain.erasures import Erased
from archive.domain.reviews import ReviewConcluded, ReviewLevelPassed, ReviewOpened, ReviewReturned
from archive.projections.texts import text_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.log.entry import Entry

NAME: Final = "reviews"
VERSION: Final = 1
TABLES: Final = (
    """CREATE TABLE reviews_acts (
    item       TEXT NOT NULL,
    position   INTEGER NOT NULL,
    level      INTEGER,                 -- NULL: the case was opened
    conclusion TEXT,                    -- cleared, returned, publish-redacted, on-request-only, withhold
    day        TEXT NOT NULL,
    seal       TEXT NOT NULL,           -- of the text that was reviewed
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE reviews_policies (
    agency        TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    position      INTEGER NOT NULL,
    names         TEXT,                 -- JSON: the names of its levels, from the first on
    PRIMARY KEY (agency, in_force_from)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final[tuple[str, ...]] = ()
# A seal is drawn at random: where the same things happened, the numbers are the same, and the seals are not.
TEXT_COLUMNS: Final = {"reviews_acts": frozenset({"seal"}), "reviews_policies": frozenset({"names"})}

_Applied = ReviewPolicyAdopted | ReviewOpened | ReviewLevelPassed | ReviewReturned | ReviewConcluded | Erased
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))
_POLICY: Final = Decoder(PolicyText)
_NAMES: Final = Decoder(list[str])


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    seals = {entry.event.text for entry in entries if isinstance(entry.event, ReviewPolicyAdopted)}
    openings = disclosures.get(seals) if seals else {}
    acts: list[tuple[object, ...]] = []
    policies: list[tuple[object, ...]] = []
    erasures: list[tuple[str, int]] = []
    for entry in entries:
        event = cast("_Applied", entry.event)
        match event:
            case ReviewOpened():
                acts.append((entry.stream, entry.position, None, None, event.opened_on.isoformat(), event.text))
            case ReviewLevelPassed():
                day = event.passed_on.isoformat()
                acts.append((entry.stream, entry.position, event.level, "cleared", day, event.text))
            case ReviewReturned():
                day = event.returned_on.isoformat()
                acts.append((entry.stream, entry.position, event.level, "returned", day, event.text))
            case ReviewConcluded():
                # That a text is cleared is what its last level said already; any other conclusion is a level's own.
                if event.level is not UNSET:
                    day = event.concluded_on.isoformat()
                    acts.append((entry.stream, entry.position, event.level, event.conclusion, day, event.text))
            case ReviewPolicyAdopted():
                text = text_behind(openings, event.text, _POLICY, at=entry.position)
                names = None if text is None else msgspec.json.encode(text.names).decode()
                policies.append((entry.stream, event.in_force_from.isoformat(), entry.position, names))
            case Erased():
                if event.field == "text" and entry.stream.startswith("agency-"):
                    erasures.append((entry.stream, entry.position))
            case _:
                assert_never(event)
    db.executemany("INSERT INTO reviews_acts VALUES (?, ?, ?, ?, ?, ?)", acts)
    db.executemany("INSERT INTO reviews_policies VALUES (?, ?, ?, ?)", policies)
    db.executemany("UPDATE reviews_policies SET names = NULL WHERE agency = ? AND position < ?", erasures)


# --- what a reader gets -----------------------------------------------------------------------------------------------
class ReviewRow(NamedTuple):
    """What one level of a case said. `seal`: of the text that it said it of; the name of the level is None if erased."""

    position: int
    level: int
    level_name: str | None
    conclusion: str
    concluded_on: str
    seal: str


def reviews(db: Connection, *, as_of: int, items: Iterable[tuple[str, str]]) -> dict[str, list[ReviewRow]]:
    """The reviews of items, each with its agency, in the order of the log, in one statement."""
    wanted = sorted(set(items))
    found: dict[str, list[ReviewRow]] = {item: [] for item, _ in wanted}
    names: dict[str, list[str]] = {}
    for item, position, level, conclusion, day, seal, raw in db.execute(
        """SELECT a.item, a.position, a.level, a.conclusion, a.day, a.seal,
            iif(a.level IS NULL, (SELECT p.names FROM reviews_policies p
                WHERE p.agency = w.value ->> 1 AND p.in_force_from <= a.day AND p.position < a.position
                ORDER BY p.in_force_from DESC LIMIT 1), NULL)
        FROM json_each(:wanted) w JOIN reviews_acts a ON a.item = w.value ->> 0
        WHERE a.position <= :as_of ORDER BY a.item, a.position""",
        {"wanted": msgspec.json.encode(wanted).decode(), "as_of": as_of},
    ):
        if level is None:
            # What follows, up to the next such row, happened in this case.
            names[item] = [] if raw is None else _NAMES.decode(raw)
            continue
        known = names.get(item, [])
        level_name = known[level - 1] if level <= len(known) else None
        found[item].append(ReviewRow(position, level, level_name, conclusion, day, seal))
    return found
