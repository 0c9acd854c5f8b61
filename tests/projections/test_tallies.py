"""The tallies, as of every position, against a count in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from sqlite3 import connect

import pytest

from archive.disclosures.openings import Disclosures
from archive.projections import tallies
from archive.projections.measures import MEASURES, Dimension
from archive.projections.runner import Reading
from archive.projections.tallies import NONE, Cell
from projections.counting import counts_of, facts_at, years_of
from projections.oracle import Told
from projections.tale import OTHER_AGENCY
from stories import AGENCY

YEARS = [2016, 2017, 2018, 2019]
BREAKDOWNS: list[tuple[Dimension, ...]] = [
    (),
    ("MONTH",),
    ("CHANNEL",),
    ("CATEGORY",),
    ("SECTION",),
    ("AGENCY",),
    ("THEME",),
    ("GENRE",),
    ("APPLICANT_KIND",),
    ("OUTCOME",),
    ("AGENCY", "MONTH", "CATEGORY", "THEME", "GENRE"),
]


def counted(
    reading: Reading, *, as_of: int, by: Sequence[Dimension] = (), agency: str | None = None
) -> Counter[tuple[int, str, tuple[str, ...]]]:
    rows = tallies.counts(reading.db, as_of=as_of, years=YEARS, by=by, scheme="theme", agency=agency)
    assert [[dimension for dimension, _ in row.dimensions] for row in rows] == [list(by)] * len(rows)
    found = Counter({(row.year, row.measure, tuple(code for _, code in row.dimensions)): row.value for row in rows})
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("by", BREAKDOWNS, ids="+".join)
def test_counts_are_those_of_the_oracle_as_of_every_position(
    tale: Told, folded: Reading, by: tuple[Dimension, ...]
) -> None:
    for position in tale.positions:
        assert counted(folded, as_of=position, by=by) == counts_of(facts_at(tale.entries, position, YEARS), by, "theme")


@pytest.mark.parametrize("by", BREAKDOWNS, ids="+".join)
def test_every_dimension_adds_up_to_the_year_as_of_every_position(
    tale: Told, folded: Reading, by: tuple[Dimension, ...]
) -> None:
    for position in tale.positions:
        whole: Counter[tuple[int, str]] = Counter()
        for (year, measure, _), value in counted(folded, as_of=position, by=by).items():
            whole[year, measure] += value
        assert whole == {
            (year, measure): value for (year, measure, _), value in counted(folded, as_of=position).items()
        }


def test_the_counts_of_two_agencies_add_up_to_all(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        one, other = (counted(folded, as_of=position, agency=agency) for agency in (AGENCY, OTHER_AGENCY))
        assert one + other == counted(folded, as_of=position)


def test_the_year_in_numbers(tale: Told, folded: Reading) -> None:
    shown = [
        *(key for key in MEASURES if key.startswith(("proactive.", "channels.", "requests.received_"))),
        "requests.received",
        "requests.replies",
        "requests.concluded",
        "requests.carried_over_from_last_year",
        "requests.carried_forward_to_next_year",
    ]
    shown.remove("requests.received_this_year")
    rows = tallies.counts(folded.db, as_of=folded.head, years=[2017, 2018], measures=shown)
    assert {(row.year, row.measure): row.value for row in rows} == {
        (2017, "requests.received"): 1,
        (2017, "requests.received_letter"): 1,
        # Five items, and one of them on two channels; what was disclosed on request is not among them.
        (2018, "proactive.items_total"): 5,
        (2018, "channels.gazette"): 1,
        (2018, "channels.website"): 5,
        (2018, "requests.received"): 2,
        (2018, "requests.received_letter"): 1,
        (2018, "requests.received_online"): 1,
        (2018, "requests.replies"): 2,
        (2018, "requests.concluded"): 1,
        # Received in the last days of 2017, replied to in 2018; one of 2018 is still open.
        (2017, "requests.carried_forward_to_next_year"): 1,
        (2018, "requests.carried_over_from_last_year"): 1,
        (2018, "requests.carried_forward_to_next_year"): 1,
    }


def test_a_severed_reply_is_counted_as_severed_and_no_reply_twice(tale: Told, folded: Reading) -> None:
    rows = tallies.counts(
        folded.db, as_of=folded.head, years=[2018], measures=["requests.replies"], by=["OUTCOME", "AGENCY"]
    )
    assert [(row.value, row.dimensions) for row in rows] == [
        (1, [("OUTCOME", "not-exist"), ("AGENCY", OTHER_AGENCY)]),
        (1, [("OUTCOME", "severed"), ("AGENCY", AGENCY)]),
    ]


def test_what_has_no_value_in_a_dimension_is_counted_under_none(tale: Told, folded: Reading) -> None:
    rows = tallies.counts(
        folded.db, as_of=folded.head, years=[2018], measures=["proactive.items_total"], by=["SECTION"]
    )
    assert {row.dimensions[0][1]: row.value for row in rows} == {NONE: 2, "investment": 1, "office": 2}


def test_years_and_measures_that_are_not_asked_for_are_not_answered(tale: Told, folded: Reading) -> None:
    assert tallies.counts(folded.db, as_of=folded.head, years=[2016]) == []
    assert tallies.counts(folded.db, as_of=folded.head, years=[]) == []
    assert tallies.counts(folded.db, as_of=folded.head, years=[2018], measures=[]) == []
    (row,) = tallies.counts(folded.db, as_of=folded.head, years=[2018, 2019], measures=["requests.concluded"])
    assert (row.year, row.measure, row.value, row.dimensions) == (2018, "requests.concluded", 1, [])


def test_years_are_those_in_which_something_is_counted_as_of_every_position(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        assert tallies.years(folded.db, as_of=position) == years_of(tale.entries, position)


# --- every number can be opened ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", BREAKDOWNS, ids="+".join)
def test_a_number_opens_to_as_many_entries_as_of_every_position(
    tale: Told, folded: Reading, by: tuple[Dimension, ...]
) -> None:
    for position in tale.positions:
        wanted: defaultdict[Cell, list[int]] = defaultdict(list)
        for fact in facts_at(tale.entries, position, YEARS):
            ((year, measure, codes),) = counts_of([fact], by, "theme")
            wanted[Cell(year, measure, codes)].append(fact.position)
        found = tallies.positions(folded.db, as_of=position, cells=list(wanted), by=by, scheme="theme")
        assert found == wanted
        assert {cell: len(positions) for cell, positions in found.items()} == counted(folded, as_of=position, by=by)


def test_the_entries_behind_a_number_come_in_pages(tale: Told, folded: Reading) -> None:
    db, head, _ = folded
    cells = [Cell(2018, "proactive.items_total"), Cell(2018, "requests.received"), Cell(2019, "requests.received")]
    whole = tallies.positions(db, as_of=head, cells=cells)
    assert [len(positions) for positions in whole.values()] == [5, 2, 0]
    first = tallies.positions(db, as_of=head, cells=cells, first=2)
    assert first == {cell: positions[:2] for cell, positions in whole.items()}
    after = whole[cells[0]][1]
    then = tallies.positions(db, as_of=head, cells=cells[:1], first=2, after=after)
    assert then == {cells[0]: whole[cells[0]][2:4]}
    none = tallies.positions(db, as_of=head, cells=cells, agency="agency-" + "0" * 32)
    assert none == {cell: [] for cell in cells}


# --- how it is read ---------------------------------------------------------------------------------------------------
def test_every_read_is_one_statement(tale: Told, folded: Reading) -> None:
    db, head, _ = folded
    reads: list[Callable[[], object]] = [
        lambda: tallies.counts(db, as_of=head, years=YEARS, by=["MONTH", "CATEGORY", "THEME"], scheme="genre"),
        lambda: tallies.positions(
            db, as_of=head, cells=[Cell(2018, measure) for measure in MEASURES], agency=AGENCY, first=3
        ),
        lambda: tallies.years(db, as_of=head),
    ]
    for read in reads:
        seen: list[str] = []
        db.set_trace_callback(seen.append)
        assert read()
        db.set_trace_callback(None)
        assert len(seen) == 1


def test_folding_reads_in_as_many_statements_for_many_entries_as_for_few(tale: Told, disclosures: Disclosures) -> None:
    entries = [entry for entry in tale.entries if entry.event.TYPE in tallies.TYPES]
    counted_reads = []
    for some in (entries[:10], entries):
        with closing(connect(":memory:")) as db:
            for statement in (*tallies.TABLES, *tallies.INDEXES):
                db.execute(statement)
            seen: list[str] = []
            db.set_trace_callback(seen.append)
            tallies.apply(db, some, disclosures)
            counted_reads.append(sum(statement.startswith("SELECT") for statement in seen))
    assert counted_reads[0] <= counted_reads[1] <= 8


def test_a_count_as_of_any_position_looks_totals_up_and_scans_no_table(folded: Reading) -> None:
    seen: list[str] = []
    folded.db.set_trace_callback(seen.append)
    breakdowns: list[tuple[Dimension, ...]] = [(), ("CATEGORY",), ("AGENCY",)]
    for by in breakdowns:
        tallies.counts(folded.db, as_of=folded.head - 1, years=YEARS, by=by, scheme="genre")
    folded.db.set_trace_callback(None)
    plans = [row[3] for one in seen for row in folded.db.execute(f"EXPLAIN QUERY PLAN {one}")]
    scans = [plan for plan in plans if plan.startswith("SCAN") and "json_each" not in plan]
    assert scans == ["SCAN tallies_agencies"] * len(scans)
    assert sum(plan.startswith("SEARCH t USING PRIMARY KEY") for plan in plans) == len(breakdowns)
