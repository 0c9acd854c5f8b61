"""Revisions, changes between two positions, and what was in force on a day, against a fold in plain Python."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from sqlite3 import Connection, connect
from typing import Final, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.disclosures.openings import Disclosures, Opening
from archive.domain.codes import Classification, Event
from archive.domain.items import (
    ItemAmended,
    ItemClassified,
    ItemCorrected,
    ItemPublished,
    ItemRepealed,
    ItemRestored,
    ItemText,
    ItemTookEffect,
    ItemUpdated,
    ItemWithdrawn,
    LinkText,
    PublicationAdded,
)
from archive.domain.publications import PublicationUrlChanged
from archive.domain.seals import seal_text
from archive.log.entry import Entry
from archive.projections import catalogue, links, revisions
from archive.projections.catalogue import ItemFilter, ItemRow
from archive.projections.revisions import FIELDS, Change, Revision
from archive.projections.runner import Reading
from projections.oracle import Told, items_at
from projections.tale import CHANGED, RECLASSIFIED
from stories import AGENCY, ORIGIN, item_id

ITEMS: Final = tuple(item_id(number) for number in (1, 2, 3))
NEW_YEAR: Final = date(2018, 1, 1)
DAYS: Final = 24
TEXTS: Final = tuple(seal_text(bytes([number]) * 32) for number in range(1, 5))
LINKS: Final = tuple(seal_text(bytes([number]) * 32) for number in range(5, 8))


# --- what is expected -------------------------------------------------------------------------------------------------
class Days(NamedTuple):
    """The days on which an item is public, and the two that bound its force."""

    public: frozenset[date]
    effective_on: date | None
    repealed_on: date | None

    @property
    def in_force(self) -> list[date]:
        """The days on which it is public and in force."""
        return [
            one
            for one in sorted(self.public)
            if (self.effective_on is None or one >= self.effective_on)
            and (self.repealed_on is None or one < self.repealed_on)
        ]


# One day more at the end than any event names, so that what is open is seen to be.
ALL_DAYS: Final = [NEW_YEAR + timedelta(days=number) for number in range(-1, DAYS + 1)]


def from_day(day: date) -> frozenset[date]:
    return frozenset(one for one in ALL_DAYS if one >= day)


def days_at(archive: Told, position: int) -> dict[str, Days]:
    """The days of every item, as they are known at a position: day by day."""
    found: dict[str, Days] = {}
    for entry in archive.entries[:position]:
        known = found.get(entry.stream)
        match entry.event:
            case ItemPublished() as event:
                found[entry.stream] = Days(from_day(event.published_on), None, None)
            case ItemWithdrawn() as event if known:
                found[entry.stream] = known._replace(public=known.public - from_day(event.withdrawn_on))
            case ItemRestored() as event if known:
                found[entry.stream] = known._replace(public=known.public | from_day(event.restored_on))
            case ItemTookEffect() as event if known:
                found[entry.stream] = known._replace(effective_on=event.effective_on)
            case ItemRepealed() as event if known:
                found[entry.stream] = known._replace(repealed_on=event.repealed_on)
            case ItemAmended() if known:
                found[entry.stream] = known._replace(repealed_on=None)
            case _:
                pass
    return found


def revisions_at(archive: Told, position: int) -> dict[str, list[Revision]]:
    """The revisions of every item: one for every position at which its row became another."""
    found: dict[str, list[Revision]] = {}
    for at in range(1, position + 1):
        for row in items_at(archive, at):
            known = found.setdefault(row.id, [])
            if row.known_from != at:
                continue
            first, end = period(days_at(archive, at)[row.id], row)
            differs = differing(known[-1].row, row) if known else []
            if known:
                known[-1] = known[-1]._replace(known_to=at)
            known.append(Revision(row, len(known) + 1, None, first, end, differs))
    return found


def period(days: Days, row: ItemRow) -> tuple[str | None, str | None]:
    """The days in force from the day its text was shown, as a closed-open period."""
    left = [one for one in days.in_force if one.isoformat() >= row.shown_on]
    if not left:
        return None, None
    after = left[-1] + timedelta(days=1)
    return left[0].isoformat(), None if left[-1] == ALL_DAYS[-1] else after.isoformat()


def differing(before: ItemRow, after: ItemRow) -> list[str]:
    return [name for name, field in FIELDS.items() if getattr(before, field) != getattr(after, field)]


def changes_between(archive: Told, since: int, position: int) -> list[Change]:
    """Every item whose row began later, the newest first."""
    before = {row.id: row for row in items_at(archive, since)}
    return [
        Change(row, row.change, row.known_from, differing(before[row.id], row) if row.id in before else [])
        for row in sorted(items_at(archive, position), key=lambda row: -row.known_from)
        if row.known_from > since
    ]


def agree(archive: Told, db: Connection) -> None:
    """The projection says what is expected at every position, of every position before, and of every day."""
    for position in archive.positions:
        expected = revisions_at(archive, position)
        ids = sorted({entry.stream for entry in archive.entries if entry.stream.startswith("item-")})
        found = revisions.revisions(db, as_of=position, ids=ids, limit=1000)
        assert found == {one: expected.get(one, []) for one in ids}
        for since in range(position + 1):
            assert_changes(db, changes_between(archive, since, position), since, position)
        days = days_at(archive, position)
        for day in ALL_DAYS:
            where = ItemFilter(effective_on=day.isoformat())
            rows = catalogue.items(db, as_of=position, where=where, order="POSITION_ASC").rows
            assert {row.id for row in rows} == {one for one, known in days.items() if day in known.in_force}
            assert catalogue.count(db, as_of=position, where=where) == len(rows)


def assert_changes(db: Connection, expected: Sequence[Change], since: int, position: int) -> None:
    assert revisions.changes_count(db, since=since, as_of=position) == len(expected)
    whole = revisions.changes(db, since=since, as_of=position, first=1000, after=None)
    assert whole == (expected, False)
    # The same in pages of one.
    after = None
    for number, one in enumerate(expected, 1):
        page = revisions.changes(db, since=since, as_of=position, first=1, after=after)
        assert page == ([one], number < len(expected))
        after = one.position


# --- any life of a few items ------------------------------------------------------------------------------------------
class Step(NamedTuple):
    """Something that may happen to an item, with a day that may be long past."""

    item: str
    kind: str
    number: int
    day: int


KINDS: Final = (
    "publish",
    "add",
    "move",
    "update",
    "correct",
    "classify",
    "withdraw",
    "hide",
    "restore",
    "effect",
    "amend",
    "repeal",
    "expire",
)
STEPS: Final = st.lists(
    st.builds(Step, st.sampled_from(ITEMS), st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, DAYS - 1)),
    max_size=14,
)


def events_of(steps: Sequence[Step]) -> Iterator[tuple[str, Event]]:  # noqa: C901 - one arm a kind of step
    """The steps that the rules allow: what shows an item goes in the order of its days, its force has any day."""
    shown: dict[str, date] = {}
    withdrawn: set[str] = set()
    for item, kind, number, later in steps:
        day = NEW_YEAR + timedelta(days=later)
        newest = max(shown.get(item, day), day)
        text, link = TEXTS[number], LINKS[number % 3]
        if item not in shown:
            shown[item] = day
            yield item, published(day, text, link)
            continue
        match kind, item in withdrawn:
            case "add", False:
                yield item, PublicationAdded(channel="gazette", published_on=newest, text=text, link=link)
            case "move", False:
                yield item, PublicationUrlChanged(channel="website", changed_on=newest, link=link)
            case "update", False:
                shown[item] = newest
                yield item, ItemUpdated(updated_on=newest, text=text)
            case "correct", False:
                shown[item] = newest
                yield item, ItemCorrected(corrected_on=newest, reason="fact", text=text)
            case "classify", _:
                yield item, ItemClassified(scheme=("genre", "theme")[number % 2], code="notice")
            case "withdraw" | "hide", False:
                shown[item] = newest
                withdrawn.add(item)
                yield (
                    item,
                    ItemWithdrawn(withdrawn_on=newest, ground="inaccurate" if kind == "withdraw" else "state-secret"),
                )
            case "restore", True:
                shown[item] = newest
                withdrawn.discard(item)
                yield item, ItemRestored(restored_on=newest)
            case "effect", _:
                yield item, ItemTookEffect(effective_on=day)
            case "amend", _:
                yield item, ItemAmended(amended_on=day)
            case "repeal" | "expire", _:
                yield item, ItemRepealed(repealed_on=day, kind="repealed" if kind == "repeal" else "expired")
            case _:
                pass


def published(day: date, text: str, link: str) -> ItemPublished:
    return ItemPublished(
        agency=AGENCY,
        mode="proactive",
        categories=[Classification(scheme="genre", code="plan")],
        channel="website",
        published_on=day,
        text=text,
        link=link,
    )


@pytest.fixture(scope="module")
def openings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disclosures]:
    """The texts that the events show: two have the same title, and the last stays shut."""
    shown = [
        ItemText(title="甲", abstract="概述"),
        ItemText(title="乙", keywords=["能源"]),
        ItemText(title="乙", document_number="某发改〔2018〕7号"),
    ]
    values = [*map(msgspec.json.encode, shown)]
    urls = [msgspec.json.encode(LinkText(url=f"https://website.example/{number}")) for number in range(2)]
    with Disclosures.create(tmp_path_factory.mktemp("openings") / "disclosures.sqlite") as disclosures:
        with disclosures.write(head=0) as write:
            for seal, value in (*zip(TEXTS, values, strict=False), *zip(LINKS, urls, strict=False)):
                write.put(Opening(seal, b"s" * 32, value, 1), position=1)
        yield disclosures


@given(steps=STEPS, size=st.integers(1, 5))
def test_any_life_is_told_as_of_every_position_and_day(openings: Disclosures, steps: list[Step], size: int) -> None:
    entries = [
        Entry(position, item, position, "2018-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
        for position, (item, event) in enumerate(events_of(steps), 1)
    ]
    with closing(connect(":memory:")) as db:
        for statement in (*catalogue.TABLES, *catalogue.INDEXES, *links.TABLES, *links.INDEXES):
            db.execute(statement)
        for first in range(0, len(entries), size):
            batch = entries[first : first + size]
            catalogue.apply(db, batch, openings)
            links.apply(db, [entry for entry in batch if entry.event.TYPE in links.TYPES], openings)
        agree(Told(entries, openings.get({*TEXTS, *LINKS})), db)


# --- the tale ---------------------------------------------------------------------------------------------------------
def test_the_revisions_of_the_tale_are_those_of_the_oracle(tale: Told, folded: Reading) -> None:
    expected = revisions_at(tale, len(tale.entries))
    found = revisions.revisions(folded.db, as_of=folded.head, ids=expected, limit=1000)
    assert {one: [revision.row for revision in of_one] for one, of_one in found.items()} == {
        one: [revision.row for revision in of_one] for one, of_one in expected.items()
    }
    assert [(one.row.change, one.changed, one.effective_from, one.effective_to) for one in found[CHANGED]] == [
        ("published", [], "2018-03-14", None),
        ("channel-added", ["publications"], "2018-03-14", None),
        ("took-effect", ["effectiveOn"], "2018-05-01", None),
        (
            "updated",
            [
                "title",
                "abstract",
                "documentNumber",
                "keywords",
                "indexNumbers",
                "issuer",
                "contentSha256",
                "publications",
            ],
            "2018-06-04",
            None,
        ),
        ("withdrawn", ["status", "publications"], "2018-06-04", "2018-07-02"),
        ("restored", ["status", "publications"], "2018-07-09", None),
        ("repealed", ["validity", "repealedOn"], "2018-07-09", "2018-08-01"),
        ("amended", ["validity", "repealedOn"], "2018-07-09", None),
        ("corrected", ["title", "publications"], "2018-09-03", None),
        ("expired", ["validity", "repealedOn"], "2018-09-03", "2018-10-01"),
    ]


def test_a_withdrawal_that_is_entered_late_changes_its_day_for_later_positions_alone(
    tale: Told, folded: Reading
) -> None:
    (entered,) = [
        entry.position
        for entry in tale.entries
        if isinstance(entry.event, ItemWithdrawn) and entry.stream == RECLASSIFIED
    ]
    where = ItemFilter(effective_on="2018-11-02")
    for position, in_force in ((entered - 1, True), (entered, False)):
        rows = catalogue.items(folded.db, as_of=position, where=where, order="POSITION_ASC").rows
        assert (RECLASSIFIED in {row.id for row in rows}) is in_force


def test_what_changed_is_found_by_an_index(folded: Reading) -> None:
    plan = folded.db.execute(
        f"EXPLAIN QUERY PLAN SELECT count(*) FROM catalogue_states s WHERE {revisions.CHANGED}",
        {"since": 1, "as_of": 2},
    ).fetchall()
    assert [row[3] for row in plan] == [
        "SEARCH s USING COVERING INDEX catalogue_states_known (known_from>? AND known_from<?)"
    ]
