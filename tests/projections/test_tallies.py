"""The tallies, as of every position, against a count in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from sqlite3 import connect

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import AnyCommand
from archive.domain.items import ClassifyItem
from archive.log.log import Log
from archive.projections import tallies
from archive.projections.runner import Projections, Reading
from archive.projections.tallies import MEASURES, NONE, SPAN, Cell, Dimension
from projections.oracle import Told, counts_of, facts_at
from projections.tale import OTHER_AGENCY, reading
from stories import AGENCY, Clerk, Home, a_bureau, item_id

# Rows of the form of 2014 that count events.
ROWS = {
    "proactive",
    "channels",
    "response",
    "requests",
    "reconsideration",
    "litigation",
    "complaints",
    "meetings_training",
}
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
        assert counted(folded, as_of=position, by=by) == counts_of(facts_at(tale, position), by, "theme")


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
    rows = tallies.counts(folded.db, as_of=folded.head, years=[2017, 2018])
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
    assert tallies.counts(folded.db, as_of=folded.head, years=[2019]) == []
    assert tallies.counts(folded.db, as_of=folded.head, years=[]) == []
    assert tallies.counts(folded.db, as_of=folded.head, years=[2018], measures=[]) == []
    (row,) = tallies.counts(folded.db, as_of=folded.head, years=[2018, 2019], measures=["requests.concluded"])
    assert (row.year, row.measure, row.value, row.dimensions) == (2018, "requests.concluded", 1, [])


def test_every_measure_that_can_be_counted_is_described(tale: Told, folded: Reading) -> None:
    found = {fact.measure for fact in facts_at(tale, len(tale.entries))}
    assert found <= MEASURES.keys()
    for measure, described in MEASURES.items():
        assert described.unit in {"件", "条", "次", "篇", "人次"}
        assert measure.partition(".")[0] in ROWS


def test_years_are_those_in_which_something_is_counted_as_of_every_position(tale: Told, folded: Reading) -> None:
    for position in tale.positions:
        assert tallies.years(folded.db, as_of=position) == sorted({fact.on.year for fact in facts_at(tale, position)})


# --- every number can be opened ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", BREAKDOWNS, ids="+".join)
def test_a_number_opens_to_as_many_entries_as_of_every_position(
    tale: Told, folded: Reading, by: tuple[Dimension, ...]
) -> None:
    for position in tale.positions:
        wanted: defaultdict[Cell, list[int]] = defaultdict(list)
        for fact in facts_at(tale, position):
            ((year, measure, codes),) = counts_of([fact], by, "theme")
            wanted[Cell(year, measure, codes)].append(fact.position)
        found = tallies.positions(folded.db, as_of=position, cells=list(wanted), by=by, scheme="theme")
        assert found == wanted
        assert {cell: len(positions) for cell, positions in found.items()} == counted(folded, as_of=position, by=by)


def test_the_entries_behind_a_number_come_in_pages(tale: Told, folded: Reading) -> None:
    db, head = folded
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
    db, head = folded
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
    assert counted_reads[0] <= counted_reads[1] <= 3


def reclassified(number: int, item: str, scheme: str, code: str) -> ClassifyItem:
    return ClassifyItem(id=f"{0xC1A551F:07x}{number:025x}", by="role:clerk", item=item, scheme=scheme, code=code)


# --- spans ------------------------------------------------------------------------------------------------------------
def test_counts_over_many_spans_are_those_of_a_count_one_by_one(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer
) -> None:
    """Goal: running totals say what counting says. Method: more than two spans of entries; at and beside their ends, every breakdown."""
    clerk = Clerk()
    story: list[AnyCommand] = [*a_bureau(clerk), *a_bureau(clerk, OTHER_AGENCY)]
    while len(story) < 2 * SPAN + 40:
        number = len(story)
        item, agency = item_id(number), (AGENCY, OTHER_AGENCY)[number % 3 == 0]
        day_ = f"201{6 + number % 3}-{number % 9 + 1:02}"
        story += [
            clerk.draft(
                item, agency=agency, made_on=f"{day_}-01", categories=[("genre", ("plan", "notice")[number % 2])]
            ),
            *clerk.review(item, on=f"{day_}-02"),
            clerk.publish(item, "website", on=f"{day_}-05"),
            reclassified(2 * number, item, "genre", "approval"),
            reclassified(2 * number + 1, item, "theme", "energy"),
        ]
        if number % 2:
            story.append(clerk.publish(item, "gazette", on=f"{day_}-20", link=False))
    writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "0" * 64)
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow(limit=700)
    head = log.head()
    assert head > 2 * SPAN
    ends = {SPAN - 1, SPAN, SPAN + 1, 2 * SPAN - 1, 2 * SPAN, 2 * SPAN + 1, SPAN + SPAN // 2, head - 1, head}
    with reading(projections.folder) as one:
        for position in ends:
            for by in BREAKDOWNS:
                for of_agency in (None, AGENCY):
                    found = tallies.counts(one.db, as_of=position, years=YEARS, agency=of_agency, by=by, scheme="genre")
                    counted_ = tallies._counted_one_by_one(
                        one.db,
                        as_of=position,
                        years=YEARS,
                        agency=of_agency,
                        measures=MEASURES,
                        by=by,
                        scheme="genre",
                    )
                    assert {
                        (row.year, row.measure, *(code for _, code in row.dimensions)): row.value for row in found
                    } == {key: value for key, value in counted_.items() if value}, (position, by, of_agency)


def test_count_as_of_any_position_reads_no_more_than_a_span(folded: Reading) -> None:
    """The plan of a count by one dimension: totals by their key, and facts after a position."""
    seen: list[str] = []
    folded.db.set_trace_callback(seen.append)
    tallies.counts(folded.db, as_of=folded.head - 1, years=YEARS, by=("CATEGORY",), scheme="genre")
    folded.db.set_trace_callback(None)
    plans = [row[3] for one in seen for row in folded.db.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert not [
        plan for plan in plans if plan.startswith("SCAN") and "json_each" not in plan and "progress" not in plan
    ]
    assert any("tallies_totals" in one for one in seen)
