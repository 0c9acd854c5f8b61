"""Months: a closed one is for ever as it was closed, twelve are the year, and what was told is disputed and corrected."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from archive.disclosures.openings import Disclosures
from archive.domain.agencies import ChannelRegistered
from archive.domain.codes import Event
from archive.domain.errors import Corrupt, Refused
from archive.domain.items import ItemDrafted, ItemPublished
from archive.domain.months import (
    MonthClosed,
    MonthlyDisputeDismissed,
    MonthlyFigureCorrected,
    MonthlyFigureDisputed,
    MonthlyNotificationIssued,
    month_id,
)
from archive.domain.reviews import ReviewReturned
from archive.reports.build import report
from archive.reports.months import Figures, Month, month, notification
from reports.years import AGENCY, SEAL, Told, folded, no_texts, registered
from stories import agency_id

SECTIONS = ("investment", "office", None)
MONTH = month_id(AGENCY, 2018, 9)
# Section, month, whether it is late, how often it was sent back before.
Item = tuple[str | None, int, bool, int]


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


def items() -> st.SearchStrategy[list[Item]]:
    return st.lists(
        st.tuples(st.sampled_from(SECTIONS), st.integers(1, 12), st.booleans(), st.integers(0, 2)), max_size=10
    )


def told_of(found: list[Item], *, first: int = 1, agency: str = AGENCY) -> list[Told]:
    """Items of 2018, each drafted, sent back and published in its month."""
    told: list[Told] = []
    for number, (section, at, late, returned) in enumerate(found, start=first):
        stream = f"item-{number:032x}"
        made = date(2017, 1, 5) if late else date(2018, at, 4)
        own = UNSET if section is None else section
        drafted = ItemDrafted(agency=agency, mode="proactive", made_on=made, categories=[], section=own, text=SEAL)
        sent_back = [ReviewReturned(level=1, returned_on=date(2018, at, 5), reason="incomplete", text=SEAL)] * returned
        published = ItemPublished(
            agency=agency,
            mode="proactive",
            made_on=made,
            categories=[],
            section=own,
            channel="website",
            published_on=date(2018, at, 6),
            text=SEAL,
            link=SEAL,
        )
        told += [(stream, event) for event in (drafted, *sent_back, published)]
    return told


def begun(agency: str = AGENCY) -> list[Told]:
    return [registered(agency), (agency, ChannelRegistered(channel="website", kind="website", text=SEAL))]


def closed(position: int) -> Told:
    event = MonthClosed(agency=AGENCY, year=2018, month=9, closed_on=date(2018, 10, 8), position=position)
    return MONTH, event


def september(told: list[Told], texts: Disclosures, as_of: int | None = None) -> Month:
    return month(folded(told, texts), agency=AGENCY, year=2018, number=9, as_of=as_of)


@given(before=items(), after=items())
def test_a_closed_month_is_for_ever_as_it_was_closed(before: list[Item], after: list[Item], texts: Disclosures) -> None:
    """Goal: the same bytes. Method: whatever comes in after the closing, they are those of the day of the closing."""
    told = [*begun(), *told_of(before)]
    told.append(closed(len(told)))
    then = msgspec.json.encode(september(told, texts))
    later = [*told, *told_of(after, first=100)]
    assert msgspec.json.encode(september(later, texts)) == then
    counted = september(later, texts)
    for one in counted.sections:
        mine = [item for item in before if (item[0] or "", item[1]) == (one.section, 9)]
        assert one.figures == Figures(len(mine), sum(item[2] for item in mine), sum(item[3] for item in mine))
    assert counted.total.published == sum(item[1] == 9 for item in before)
    assert (counted.closed_on, counted.entry, counted.position) == ("2018-10-08", len(told), len(told) - 1)
    still_open = september(later, texts, as_of=len(told) - 1)
    assert (still_open.sections, still_open.closed_on) == (counted.sections, None)


@given(found=items())
def test_twelve_months_are_the_year_section_by_section(found: list[Item], texts: Disclosures) -> None:
    reading = folded(
        [*begun(), *begun(agency_id(2)), *told_of(found), *told_of(found, first=50, agency=agency_id(2))], texts
    )
    months = [month(reading, agency=AGENCY, year=2018, number=number) for number in range(1, 13)]
    assert sum(one.total.published for one in months) == len(found)
    if found:
        of = report(reading, form="2014", year=2018, agency=AGENCY)
        assert of.numbers()["proactive.items_total"] == len(found)
    for section in SECTIONS:
        shown = [one.figures for of_month in months for one in of_month.sections if one.section == (section or "")]
        mine = [one for one in found if one[0] == section]
        assert sum(one.published for one in shown) == len(mine)
        assert sum(one.late for one in shown) == sum(one[2] for one in mine)
        assert sum(one.returned for one in shown) == sum(one[3] for one in mine)


def test_what_a_section_was_told_is_disputed_corrected_and_compared_with_the_closing(texts: Disclosures) -> None:
    told = [*begun(), *told_of([("office", 9, True, 1), ("office", 9, False, 0), ("investment", 9, False, 0)])]
    told.append(closed(len(told)))
    first = len(told) + 1
    day = date(2018, 10, 9)
    steps: list[Event] = [
        MonthlyNotificationIssued(section="office", issued_on=date(2018, 10, 8), published=3, late=1, returned=1),
        MonthlyFigureDisputed(section="office", figure="published", disputed_on=day, text=SEAL),
        MonthlyFigureDisputed(section="office", figure="late", disputed_on=day, text=SEAL),
        MonthlyFigureCorrected(
            section="office", figure="published", corrected_on=day, old=3, new=2, reason="counted-twice"
        ),
        MonthlyDisputeDismissed(section="office", figure="late", dismissed_on=day, reason="figure-correct"),
    ]
    told += [(MONTH, step) for step in steps]
    told += told_of([("office", 9, False, 0)], first=70)
    reading = folded(told, texts)

    def at(as_of: int | None = None) -> tuple[list[str], Figures, int]:
        (one,) = notification(reading, agency=AGENCY, year=2018, number=9, as_of=as_of).told
        return one.disputed, one.told, len(one.corrections)

    assert at(first) == ([], Figures(3, 1, 1), 0)
    assert at(first + 2) == (["published", "late"], Figures(3, 1, 1), 0)
    assert at(first + 3) == (["late"], Figures(2, 1, 1), 1)
    assert at() == ([], Figures(2, 1, 1), 1)
    found = notification(reading, agency=AGENCY, year=2018, number=9)
    assert (found.told[0].counted, found.told[0].known) == (Figures(2, 1, 1), Figures(3, 1, 1))
    assert found.untold == ["investment"]
    (corrected,) = found.told[0].corrections
    assert (corrected.figure, corrected.old, corrected.new, corrected.entry) == ("published", 3, 2, first + 3)


def test_what_cannot_be_told_of_a_month_is_refused(texts: Disclosures) -> None:
    told = [*begun(), *told_of([("office", 9, False, 0)])]
    reading = folded(told, texts)
    for code, agency, as_of in (("RPF-003", agency_id(9), None), ("RPF-006", AGENCY, 99), ("RPF-013", AGENCY, None)):
        with pytest.raises(Refused) as refused:
            notification(reading, agency=agency, year=2018, number=9, as_of=as_of)
        assert refused.value.code == code
        assert refused.value.sentence("zh")
        assert refused.value.next_step("en")


def test_a_review_of_no_draft_stops_the_fold(texts: Disclosures) -> None:
    returned = ReviewReturned(level=1, returned_on=date(2018, 9, 5), reason="incomplete", text=SEAL)
    with pytest.raises(Corrupt) as stopped:
        folded([*begun(), (f"item-{1:032x}", returned)], texts)
    assert stopped.value.code == "PRJ-004"
