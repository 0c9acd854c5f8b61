"""The report: the founding bureau's figures, any table back from its events, districts, declarations, refusals."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyClosed, AgencyFounded
from archive.domain.codes import Event
from archive.domain.declarations import DeclarationWithdrawn, FigureCorrected
from archive.domain.errors import Refused
from archive.intake.bureau_2018 import build_bureau
from archive.log.log import Log
from archive.projections.runner import Projections, Reader
from archive.reports.build import Report, entries_of_cell, report
from archive.reports.form import forms
from archive.vault.store import Vault
from reports.years import (
    AGENCY,
    KINDS,
    Asked,
    Told,
    declares,
    folded,
    handled,
    no_texts,
    registered,
    request_tables,
    requests_of,
)
from stories import Home, agency_id

OTHER = agency_id(2)
# One outcome for each row of results.
RESULTS = {
    name: {
        crossing.rows[-1].removeprefix("requests."): crossing.outcome for crossing in form.crosswalk if crossing.rows
    }
    for name, form in forms().items()
}
CHANNELS = {"in_person": "in-person", "fax": "fax", "online": "online", "letter": "letter"}


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


def made(told: list[Told], texts: Disclosures, **asked: Any) -> Report:  # noqa: ANN401 - Any: the arguments of `report`
    wanted: dict[str, Any] = {"form": "2021", "year": 2023, **asked}  # Any: the arguments of `report`
    return report(folded(told, texts), **wanted)


def numbers(of: Report) -> dict[str, int]:
    return {cell.key: cell.value for cell in of.cells() if cell.value}


def refused(code: str, told: list[Told], texts: Disclosures, **asked: Any) -> None:  # noqa: ANN401 - Any: as of `made`
    with pytest.raises(Refused) as found:
        made(told, texts, **asked)
    assert found.value.code == code
    assert found.value.sentence("zh")
    assert found.value.next_step("en")


# --- the founding bureau --------------------------------------------------------------------------------------------------
def test_the_founding_bureau_reports_686_items_and_one_request(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault
) -> None:
    build_bureau(log, disclosures, vault)
    Projections(home.folder / "projections", log, disclosures).follow()
    with Reader(home.folder / "projections").reading() as reading:
        of = report(reading, form="2014", year=2018)
        cells = {
            key: entries_of_cell(reading, form="2014", year=2018, cell=key)
            for key in ("proactive.items_total", "requests.received", "requests.reply_refused", "capacity.staff_total")
        }
    assert numbers(of) == {
        "proactive.items_total": 686,
        "channels.website": 11,
        "channels.other": 675,
        "requests.received": 1,
        "requests.received_in_person": 1,
        "requests.concluded": 1,
        "requests.concluded_on_time": 1,
        "requests.replies": 1,
        "requests.reply_granted": 1,
    }
    assert Counter(cell.state for cell in of.cells()) == {"counted": 51, "not-declared": 6, "untold": 1}
    assert {cell.value for cell in of.cells() if cell.state != "counted"} == {None}
    assert Counter(check.state for check in of.checks) == {"holds": 19, "open": 2}
    assert {key: len(found) for key, found in cells.items()} == {
        "proactive.items_total": 686,
        "requests.received": 1,
        "requests.reply_refused": 0,
        "capacity.staff_total": 0,
    }


# --- any table ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form, year", [("2019", 2020), ("2021", 2023)])
@given(data=st.data())
def test_any_request_table_comes_back_from_the_events_that_fill_it(
    form: str, year: int, data: st.DataObject, texts: Disclosures
) -> None:
    """For each form: applicant kinds, outcomes and what is carried over, as drawn; every other cell is 0."""
    table = data.draw(request_tables(RESULTS[form]))
    asked = data.draw(st.permutations(requests_of(table, RESULTS[form], year)))
    if not any(column["received_this_year"] or column["results_total"] for column in table.values()):
        return
    of = made([registered(), *handled(asked)], texts, form=form, year=year)
    expected = {f"requests.{row}.{kind}": n for kind, column in table.items() for row, n in column.items() if n}
    whole: Counter[str] = sum(table.values(), Counter())
    assert numbers(of) == expected | {f"requests.{row}.total": n for row, n in whole.items() if n}
    assert not of.broken()


@given(
    outcomes=st.lists(st.tuples(st.sampled_from(sorted(RESULTS["2014"].values())), st.sampled_from(sorted(CHANNELS))))
)
def test_any_request_rows_of_2014_come_back(outcomes: list[tuple[str, str]], texts: Disclosures) -> None:
    """Ways in and outcomes, as drawn: every row of section three, sums of rows included."""
    if not outcomes:
        return
    asked = [Asked("natural_person", 2016, outcome, 2016, CHANNELS[way]) for outcome, way in outcomes]  # type: ignore[arg-type] # one of the ways
    of = made([registered(), *handled(asked)], texts, form="2014", year=2016)
    rows = {crossing.outcome: crossing.rows for crossing in forms()["2014"].crosswalk}
    expected = Counter(row for outcome, _ in outcomes for row in rows[outcome])
    expected += Counter(f"requests.received_{way}" for _, way in outcomes)
    for row in ("received", "concluded", "concluded_on_time", "replies"):
        expected[f"requests.{row}"] = len(outcomes)
    assert numbers(of) == expected
    assert not of.broken()


def test_what_is_carried_over_three_years_is_computed(texts: Disclosures) -> None:
    asked = [
        Asked("natural_person", 2021, "granted", 2023),
        Asked("natural_person", 2022, "not-exist", 2022),
        Asked("research_institution", 2022),
        Asked("natural_person", 2023, "fee-lapsed", 2023),
    ]
    told = [registered(), *handled(asked)]
    rows = ("received_this_year", "carried_over_from_last_year", "results_total", "carried_forward_to_next_year")
    found = []
    for year in (2021, 2022, 2023):
        of = made(told, texts, year=year)
        assert not of.broken()
        found.append(tuple(numbers(of).get(f"requests.{row}.total", 0) for row in rows))
    assert found == [(1, 0, 0, 1), (2, 1, 1, 2), (1, 2, 2, 1)]


# --- as of a position -----------------------------------------------------------------------------------------------------
def test_a_report_as_of_a_position_is_that_of_the_entries_up_to_it(texts: Disclosures) -> None:
    told = [
        registered(),
        *handled([Asked(KINDS[number % 6], 2023, "granted", 2023) for number in range(8)]),
        declares("art20_1.rules.issued", 2023, 2),
    ]
    for position in range(2, len(told) + 1):
        then = made(told, texts, as_of=position)
        assert then == made(told[:position], texts)


def test_the_entries_behind_a_cell_are_those_that_make_it(texts: Disclosures) -> None:
    told = [registered(), *handled([Asked("natural_person", 2023, "granted", 2023), Asked("other_organization", 2023)])]
    told.append(declares("art20_1.rules.issued", 2023, 2))
    reading = folded(told, texts)
    of: dict[str, Any] = {"form": "2021", "year": 2023}  # Any: the arguments of a report

    def behind(cell: str, **page: int) -> list[int]:
        return entries_of_cell(reading, **(of | page), cell=cell)

    assert behind("requests.received_this_year.total") == [2, 5]
    assert behind("requests.received_this_year.total", first=1) == [2]
    assert behind("requests.received_this_year.total", after=2) == [5]
    assert behind("requests.received_this_year.other_organization") == [5]
    assert behind("requests.granted.natural_person") == [3]
    assert behind("requests.carried_forward_to_next_year.total") == [5]
    assert behind("art20_1.rules.issued") == [6]
    with pytest.raises(Refused) as found:
        behind("requests.received")
    assert found.value.code == "RPF-005"


# --- declared cells -------------------------------------------------------------------------------------------------------
def test_a_declared_cell_has_its_number_its_evidence_or_the_reason_why_it_has_none(texts: Disclosures) -> None:
    fees, amount = "art20_8.administrative_fees.amount", "art20_8.administrative_fees.amount_wan_yuan"
    declared = declares(fees, 2023, 59_237_244_900, unit="fen")
    stream = declared[0]
    corrected: Event = FigureCorrected(corrected_on=date(2029, 2, 1), value=0, reason="miscounted", evidence="file-2")
    withdrawn: Event = DeclarationWithdrawn(withdrawn_on=date(2029, 3, 1), reason="wrong-year")
    twice = declares(fees, 2023, 1, number=2, unit="fen")
    told = [registered(), declares("art20_1.rules.issued", 2023, 0, number=9)]

    def cell(*more: Told) -> tuple[str, str | None, list[str]]:
        (found,) = (one for one in made([*told, *more], texts).cells() if one.key == amount)
        return found.state, found.text, [one.evidence for one in found.declarations]

    assert cell() == ("not-declared", None, [])
    assert cell(declared) == ("declared", "59237.2449", ["file-1"])
    assert cell(declared, (stream, corrected)) == ("declared", "0", ["file-2"])
    assert cell(declared, (stream, withdrawn)) == ("not-declared", None, [])
    assert cell(declared, twice) == ("declared-twice", None, ["file-1", "file-1"])
    assert cell(declared, (stream, withdrawn), twice) == ("declared", "0.000001", ["file-1"])


def test_a_change_is_the_difference_of_two_years(texts: Disclosures) -> None:
    items = "art20_5.administrative_licensing.items"
    told = [registered(), declares(items, 2018, 12), declares(items, 2019, 9, number=2)]
    found = numbers(made(told, texts, form="2019", year=2019))
    assert found["art20_5.administrative_licensing.items_last_year"] == 12
    assert found["art20_5.administrative_licensing.change_this_year"] == -3


# --- districts ------------------------------------------------------------------------------------------------------------
def test_a_district_is_the_sum_of_its_agencies_and_names_who_is_missing(texts: Disclosures) -> None:
    third = agency_id(3)
    elsewhere = agency_id(4)
    told = [
        registered(),
        registered(OTHER),
        registered(third),
        registered(elsewhere, region="421300"),
        *handled([Asked("natural_person", 2023, "granted", 2023)]),
        *handled([Asked(kind, 2023) for kind in KINDS], agency=OTHER, first=2),
        *handled([Asked("natural_person", 2023)], agency=elsewhere, first=9),
        declares("art20_1.rules.issued", 2023, 2),
    ]
    district = made(told, texts, region="421200")
    parts = [numbers(made(told, texts, agency=one)) for one in (AGENCY, OTHER)]
    assert numbers(district) == sum(map(Counter, parts), Counter())
    assert [one.agency for one in district.agencies] == [AGENCY, OTHER]
    assert [one.agency for one in district.missing] == [third]
    states = {cell.key: cell.state for cell in district.cells()}
    assert states["art20_1.rules.issued"] == "partly-declared"
    assert states["art20_1.rules.repealed"] == "not-declared"
    assert not district.broken()


# --- refusals -------------------------------------------------------------------------------------------------------------
def test_what_cannot_be_reported_is_refused_with_the_reason(texts: Disclosures) -> None:
    told = [registered(), *handled([Asked("natural_person", 2023)])]
    refused("RPF-001", told, texts, form="2014")
    refused("RPF-002", told, texts, year=2022)
    refused("RPF-002", told, texts, region="11")
    refused("RPF-003", told, texts, agency=OTHER)
    refused("RPF-006", told, texts, as_of=100)
    ended = (AGENCY, AgencyClosed(effective_on=date(2022, 5, 1)))
    refused("RPF-004", [*told, ended], texts, agency=AGENCY)
    founded = (AGENCY, AgencyFounded(founded_on=date(2024, 1, 1)))
    refused("RPF-011", [*told, founded], texts, agency=AGENCY)
    refused("RPF-002", [*told, founded], texts)
    began = (AGENCY, AgencyFounded(founded_on=date(2023, 12, 31)))
    assert made([*told, began], texts, agency=AGENCY).missing == []


def test_a_request_that_was_concluded_late_breaks_the_identity_of_those_concluded(texts: Disclosures) -> None:
    told = [registered(), *handled([Asked("natural_person", 2015, "granted", 2016)])]
    of = made(told, texts, form="2014", year=2016)
    assert [(one.id, one.left, one.right) for one in of.broken()] == [("I-A2", 1, 0)]
