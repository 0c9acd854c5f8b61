"""For each form: whatever happens and is declared, the report says exactly that; months, agencies and replays add up."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.disclosures.openings import Disclosures
from archive.domain.agencies import CategorySchemeAdopted
from archive.domain.errors import Refused
from archive.projections.measures import MEASURES
from archive.projections.runner import Reading
from archive.projections.tallies import counts
from archive.reports.build import Report, report
from archive.reports.form import FormName, form_of
from reports import wholes
from reports.test_build import RESULTS
from reports.years import (
    AGENCY,
    KINDS,
    Asked,
    Told,
    folded,
    handled,
    no_texts,
    registered,
    request_tables,
    requests_of,
)
from stories import agency_id

YEARS: dict[FormName, int] = {"2014": 2016, "2019": 2020, "2021": 2023}
FORMS = pytest.mark.parametrize("form, year", YEARS.items())
OTHER = agency_id(2)


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


def found(told: list[Told], texts: Disclosures, form: FormName, year: int, agency: str | None = None) -> Report | None:
    """The report; None where there is nothing to report of."""
    return as_of(folded(told, texts), form, year, agency=agency)


def as_of(
    reading: Reading, form: FormName, year: int, *, agency: str | None = None, position: int | None = None
) -> Report | None:
    """The report as of a position; None where there is nothing to report of."""
    try:
        return report(reading, form=form, year=year, agency=agency, as_of=position)
    except Refused as refused:
        if refused.code != "RPF-002":
            raise
        return None


@FORMS
@given(data=st.data())
def test_any_table_whose_identities_hold_comes_back_exactly(
    form: FormName, year: int, data: st.DataObject, texts: Disclosures
) -> None:
    """Goal: the report is what happened. Method: a year is drawn, told as entries, and every cell compared with it."""
    happened = data.draw(wholes.happenings())
    table = data.draw(request_tables(RESULTS[form])) if form != "2014" else {}
    numbers = data.draw(wholes.figures(form_of(form, year=year), year))
    told = [registered(), *wholes.set_up()]
    told += data.draw(st.permutations([*wholes.declared(numbers)]))
    told += wholes.events_of(happened, year) + handled(requests_of(table, RESULTS[form], year), first=1000)
    of = found(told, texts, form, year)
    if of is None:
        return
    used = form_of(form, year=year, region="421202")
    expected: dict[str, int | None] = {cell.key: 0 for cell in of.cells()}
    expected |= wholes.cells_of(happened, form)
    for kind, column in table.items():
        expected |= {f"requests.{row}.{kind}": n for row, n in column.items()}
    whole: Counter[str] = sum(table.values(), Counter())
    expected |= {f"requests.{row}.total": n for row, n in whole.items()}
    expected |= wholes.cells_declared(numbers, used, year) | dict.fromkeys(used.untold)
    assert {cell.key: cell.value for cell in of.cells()} == expected
    pending = form == "2014" and any(wholes.RESULTS[one.one % 4] is None for one in happened)
    assert pending or not of.broken()


@given(happened=wholes.happenings())
def test_twelve_months_are_the_year(happened: list[wholes.Happening], texts: Disclosures) -> None:
    reading = folded([registered(), *wholes.set_up(), *wholes.events_of(happened, 2016)], texts)
    for key, measure in MEASURES.items():
        if "MONTH" not in measure.dimensions:
            continue
        (year,) = [one.value for one in counts(reading.db, as_of=reading.head, years=[2016], measures=[key])] or [0]
        months = counts(reading.db, as_of=reading.head, years=[2016], measures=[key], by=["MONTH"])
        assert sum(one.value for one in months) == year
        assert {one.dimensions[0][1] for one in months} <= {f"{month:02}" for month in range(1, 13)}


@FORMS
@given(mine=wholes.happenings(), others=wholes.happenings())
def test_a_district_is_its_agencies(
    form: FormName, year: int, mine: list[wholes.Happening], others: list[wholes.Happening], texts: Disclosures
) -> None:
    told = [registered(), registered(OTHER), *wholes.set_up(), *wholes.set_up(OTHER)]
    told += wholes.events_of(mine, year) + wholes.events_of(others, year, agency=OTHER, first=500)
    parts = [found(told, texts, form, year, agency) for agency in (AGENCY, OTHER)]
    of = found(told, texts, form, year)
    assert (of is None) == (parts == [None, None])
    if of is not None:
        sums: Counter[str] = Counter()
        for part in parts:
            sums.update(part.numbers() if part is not None else {})
        assert of.numbers() == dict.fromkeys(of.numbers(), 0) | sums
        assert len(of.agencies) == sum(part is not None for part in parts)


@FORMS
@given(happened=wholes.happenings(), batch=st.integers(1, 9), data=st.data())
def test_now_is_a_replay(
    form: FormName,
    year: int,
    happened: list[wholes.Happening],
    batch: int,
    data: st.DataObject,
    texts: Disclosures,
) -> None:
    """Goal: a report as of a position is that of the entries up to it. Method: any batches, any position."""
    told = [registered(), *wholes.set_up(), *wholes.events_of(happened, year)]
    position = data.draw(st.integers(1, len(told)))
    then = as_of(folded(told, texts, batch=batch), form, year, position=position)
    assert then == found(told[:position], texts, form, year)


@given(
    asked=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 2),
            st.sampled_from(sorted(RESULTS["2021"].values())),
            st.integers(0, 3),
        ),
        max_size=8,
    )
)
def test_what_is_carried_over_follows_through_three_years(
    asked: list[tuple[str, int, str, int]], texts: Disclosures
) -> None:
    """Goal: kinds, outcomes and carry-over of three years agree. Method: a year of receipt and of the result is drawn."""
    requests = [
        Asked(kind, 2021 + begun, outcome, 2021 + begun + took) if begun + took < 3 else Asked(kind, 2021 + begun)
        for kind, begun, outcome, took in asked
    ]
    told = [registered(), *handled(requests)]
    forward: dict[str, int] = {}
    for year in (2021, 2022, 2023):
        of = found(told, texts, "2021", year)
        if of is None:
            forward = {}
            assert not any(year in {one.received, one.decided} for one in requests)
            continue
        assert not of.broken()
        numbers = of.numbers()
        for kind in KINDS:
            mine = [one for one in requests if one.kind == kind]
            carried = sum(one.received < year and (not one.decided or one.decided >= year) for one in mine)
            assert numbers[f"requests.received_this_year.{kind}"] == sum(one.received == year for one in mine)
            assert numbers[f"requests.carried_over_from_last_year.{kind}"] == carried
            assert forward.get(kind, carried) == carried
            assert numbers[f"requests.results_total.{kind}"] == sum(one.decided == year for one in mine)
            forward[kind] = numbers[f"requests.carried_forward_to_next_year.{kind}"]


def test_an_item_in_no_category_breaks_what_every_scheme_must_partition(texts: Disclosures) -> None:
    told = [registered(), *wholes.set_up(), *wholes.events_of([wholes.Happening("item", 3, 1, 0)], 2016)]
    of = found(told, texts, "2014", 2016)
    assert of is not None
    assert not of.broken()
    stream, event = told[-1]
    unsorted = [*told[:-1], (stream, replace(event, categories=[]))]
    of = found(unsorted, texts, "2014", 2016)
    assert of is not None
    assert [(one.id, one.left, one.right) for one in of.broken()] == [("I-A6", 1, 0)]
    without = [(stream, event) for stream, event in told if not isinstance(event, CategorySchemeAdopted)]
    of = found(without, texts, "2014", 2016)
    assert of is not None
    assert [one.state for one in of.checks if one.id == "I-A6"] == ["holds", "open"]
