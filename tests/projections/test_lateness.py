"""Which items became public late, as of every position, against the law asked anew for every item and position."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from sqlite3 import Connection, connect
from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyRegistered
from archive.domain.calendars import CalendarAdopted, calendar_id, overlaid, regions_above, year_of
from archive.domain.codes import DisclosureMode, Event
from archive.domain.items import ItemPublished, PublicationDuty
from archive.domain.seals import seal_text
from archive.law.calendar import CalendarYear
from archive.law.deadlines import publication_deadline
from archive.log.entry import Entry
from archive.projections import lateness
from stories import ORIGIN, agency_id, item_id

SEAL: Final = seal_text(b"s" * 32)
AGENCIES: Final = {agency_id(1): "421202", agency_id(2): "110000"}
NEW_YEAR: Final = date(2019, 1, 1)


class Published(NamedTuple):
    """An item that became public some days after it was made, near the end of the year or after it."""

    agency: str
    mode: DisclosureMode
    duty: PublicationDuty | None
    made: int
    days: int


class Adopted(NamedTuple):
    """A calendar whose days off and working weekends are near the end of the year."""

    region: str
    year: int
    days: frozenset[int]


STEPS: Final = st.lists(
    st.one_of(
        st.builds(
            Published,
            st.sampled_from(sorted(AGENCIES)),
            st.sampled_from(["proactive", "proactive", "proactive", "on-request"]),
            st.sampled_from([None, "licence", "budget", "interpretation"]),
            st.integers(-40, 10),
            st.integers(0, 45),
        ),
        st.builds(
            Adopted,
            st.sampled_from(["000000", "420000", "421202", "110000", "110100"]),
            st.sampled_from([2018, 2019]),
            st.frozensets(st.integers(-30, 40), max_size=12),
        ),
    ),
    max_size=12,
)


def told(steps: Sequence[Published | Adopted]) -> list[Entry]:
    """The agencies, and what happens then."""
    events: list[tuple[str, Event]] = [
        (agency, AgencyRegistered(level="county", region=region, text=SEAL)) for agency, region in AGENCIES.items()
    ]
    events += [
        (item_id(number), published(one))
        if isinstance(one, Published)
        else (calendar_id(one.region), adopted(one, number))
        for number, one in enumerate(steps, 1)
    ]
    return [
        Entry(position, stream, position, "2019-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
        for position, (stream, event) in enumerate(events, 1)
    ]


def published(one: Published) -> ItemPublished:
    made_on = NEW_YEAR + timedelta(days=one.made)
    return ItemPublished(
        agency=one.agency,
        mode=one.mode,
        made_on=made_on if one.made < 10 else UNSET,
        categories=[],
        duty=one.duty or UNSET,
        channel="website",
        published_on=made_on + timedelta(days=one.days),
        text=SEAL,
        link=SEAL,
    )


def adopted(one: Adopted, number: int) -> CalendarAdopted:
    days = [day for later in sorted(one.days) if (day := NEW_YEAR + timedelta(days=later)).year == one.year]
    return CalendarAdopted(
        region=one.region,
        year=one.year,
        number=number,
        reason="annual-notice",
        days_off=[day for day in days if day.weekday() < 5],
        working_weekends=[day for day in days if day.weekday() >= 5],
        text=SEAL,
    )


def late_at(entries: Sequence[Entry], position: int) -> set[int]:
    """The items that are late by what the log says up to a position."""
    years: dict[str, dict[int, CalendarYear]] = {}
    for entry in entries[:position]:
        if isinstance(entry.event, CalendarAdopted):
            years.setdefault(entry.event.region, {})[entry.event.year] = year_of(entry.event)
    found = set()
    for entry in entries[:position]:
        event = entry.event
        if isinstance(event, ItemPublished) and event.mode == "proactive" and event.made_on is not UNSET:
            region = AGENCIES[event.agency]
            calendar = overlaid(tuple(years.get(one, {}).values()) for one in regions_above(region))
            due = publication_deadline(event.duty or "proactive", event.made_on, calendar)
            if due.late_by(event.published_on) > 0:
                found.add(entry.position)
    return found


def folded(db: Connection, entries: Sequence[Entry], disclosures: Disclosures, *, size: int) -> None:
    for statement in (*lateness.TABLES, *lateness.INDEXES):
        db.execute(statement)
    for first in range(0, len(entries), size):
        lateness.apply(db, entries[first : first + size], disclosures)


@pytest.fixture(scope="module")
def no_texts(tmp_path_factory: pytest.TempPathFactory) -> Disclosures:
    """A store without openings: lateness is a matter of days."""
    return Disclosures.create(tmp_path_factory.mktemp("openings") / "disclosures.sqlite")


@given(steps=STEPS, size=st.integers(1, 6))
def test_what_is_late_is_what_the_law_says_with_the_calendars_of_every_position(
    no_texts: Disclosures, steps: list[Published | Adopted], size: int
) -> None:
    entries = told(steps)
    with closing(connect(":memory:")) as db, closing(connect(":memory:")) as one_by_one:
        folded(db, entries, no_texts, size=size)
        for position in range(len(entries) + 1):
            assert {item for (item,) in db.execute(lateness.LATE, {"as_of": position})} == late_at(entries, position)
        folded(one_by_one, entries, no_texts, size=1)
        assert list(db.iterdump()) == list(one_by_one.iterdump())


def test_a_calendar_that_comes_later_makes_in_time_what_was_late(no_texts: Disclosures) -> None:
    # Three working days from Thursday 3 January: Tuesday 8 January, or Wednesday where Monday is not worked.
    entries = told(
        [
            Published(agency_id(1), "proactive", "interpretation", made=2, days=6),
            Adopted("000000", 2019, frozenset({6})),
        ]
    )
    with closing(connect(":memory:")) as db:
        folded(db, entries, no_texts, size=10)
        rows = db.execute(
            "SELECT known_from, known_to, due_on, late FROM lateness_items ORDER BY known_from"
        ).fetchall()
    assert rows == [(3, 4, "2019-01-08", 1), (4, None, "2019-01-09", 0)]


def test_a_calendar_of_the_year_after_the_due_day_is_asked_too(no_texts: Disclosures) -> None:
    # Due on Friday 28 December, the Monday after it not worked, public on New Year's Day.
    entries = told(
        [
            Adopted("000000", 2018, frozenset({-1})),
            Published(agency_id(1), "proactive", "interpretation", made=-7, days=7),
            Adopted("000000", 2019, frozenset({0})),
        ]
    )
    with closing(connect(":memory:")) as db:
        folded(db, entries, no_texts, size=10)
        rows = db.execute(
            "SELECT known_from, known_to, due_on, late FROM lateness_items ORDER BY known_from"
        ).fetchall()
    assert rows == [(4, 5, "2018-12-28", 1), (5, None, "2018-12-28", 0)]
