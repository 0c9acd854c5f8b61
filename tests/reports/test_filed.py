"""Filed reports: as filed and as known now, what made the difference, and what follows from the year before."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.disclosures.openings import Disclosures
from archive.domain.codes import Event
from archive.domain.declarations import FigureCorrected, FigureDeclared
from archive.domain.erasures import Erased
from archive.domain.errors import Corrupt, Refused
from archive.domain.reports import (
    Cell,
    ChangedCell,
    ReportCorrected,
    ReportDifferenceExplained,
    ReportDrafted,
    ReportFiled,
    ReportPublished,
    ReportSigned,
    ReportWithdrawn,
    report_id,
)
from archive.log.entry import MAX_INTEGER
from archive.projections import tree
from archive.projections.filings import filings
from archive.projections.runner import Reading
from archive.reports import filed
from archive.reports.build import report
from archive.reports.filed import Filed, as_filed, counted_for
from archive.reports.form import FormName, forms, laid_over, overlays, places
from reports.years import AGENCY, SEAL, Asked, Told, folded, handled, no_texts, registered
from stories import agency_id

ROOT = "ab" * 32


@pytest.fixture(autouse=True)
def tree_of_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """These readings have no tree; the root at every position is `ROOT`."""
    monkeypatch.setattr(tree, "root", lambda _db, _size: bytes.fromhex(ROOT))


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


def begun(year: int = 2023, form: FormName = "2021", agency: str = AGENCY) -> list[Told]:
    stream = report_id(agency, year)
    drafted = ReportDrafted(agency=agency, year=year, form=form, drafted_on=date(year, 12, 1))
    return [(stream, drafted), (stream, ReportSigned(signed_on=date(year, 12, 28), signatory="agency-head"))]


def filing(cells: dict[str, int], *, position: int, year: int = 2023, on: date | None = None) -> Told:
    event = ReportFiled(
        filed_on=on or date(year + 1, 1, 20),
        position=position,
        root=ROOT,
        cells=[Cell(cell=key, count=count) for key, count in cells.items()],
    )
    return report_id(AGENCY, year), event


def counted(told: list[Told], texts: Disclosures, *, year: int = 2023, form: FormName = "2021") -> dict[str, int]:
    return report(folded(told, texts), form=form, year=year, agency=AGENCY).numbers()


def seen(told: list[Told], texts: Disclosures, *, year: int = 2023, as_of: int | None = None) -> Filed:
    return as_filed(folded(told, texts), year=year, as_of=as_of, agency=AGENCY)


def differing(found: Filed) -> dict[str, tuple[int | None, int | None, int | None, list[int]]]:
    return {one.key: (one.filed, one.counted, one.known, one.entries) for one in found.differences}


def a_filed_year(texts: Disclosures, asked: list[Asked]) -> list[Told]:
    told = [registered(), *handled(asked), *begun()]
    return [*told, filing(counted(told, texts), position=len(told))]


# --- as filed and as known now --------------------------------------------------------------------------------------------
def test_what_came_in_later_shows_as_the_cells_that_differ_and_the_entries_that_made_it(texts: Disclosures) -> None:
    told = a_filed_year(texts, [Asked("natural_person", 2023, "granted", 2023), Asked("natural_person", 2023)])
    assert seen(told, texts).differences == []
    late = handled([Asked("natural_person", 2023, "not-exist", 2023)], first=9)
    first = len(told) + 1
    found = differing(seen([*told, *late], texts))
    for row, numbers, entries in (
        ("received_this_year", (2, 2, 3), [first]),
        ("unable_not_held", (0, 0, 1), [first + 1]),
        ("results_total", (1, 1, 2), [first + 1]),
    ):
        for column in ("natural_person", "total"):
            assert found.pop(f"requests.{row}.{column}") == (*numbers, entries)
    assert found == {}


def test_what_is_carried_forward_changes_by_the_entry_that_ends_it(texts: Disclosures) -> None:
    told = a_filed_year(texts, [Asked("natural_person", 2023)])
    ended = handled([Asked("natural_person", 2023, "granted", 2023)])[1:]
    found = differing(seen([*told, *ended], texts))
    at = len(told) + 1
    assert found["requests.carried_forward_to_next_year.total"] == (1, 1, 0, [at])
    assert found["requests.granted.total"] == (0, 0, 1, [at])
    assert "requests.received_this_year.total" not in found


def test_a_declared_cell_that_was_corrected_names_the_correction(texts: Disclosures) -> None:
    stream = f"declaration-{1:032x}"
    figure = FigureDeclared(
        agency=AGENCY,
        declared_on=date(2024, 1, 5),
        cell="art20_1.rules.issued",
        year=2023,
        value=2,
        unit="count",
        evidence="file-1",
    )
    told = [registered(), (stream, figure), *begun()]
    told.append(filing(counted(told, texts), position=len(told)))
    fixed = FigureCorrected(corrected_on=date(2024, 2, 1), value=3, reason="miscounted", evidence="file-2")
    found = differing(seen([*told, (stream, fixed)], texts))
    assert found == {"art20_1.rules.issued": (2, 2, 3, [len(told) + 1])}


def test_a_cell_that_was_not_filed_as_it_was_counted_differs_without_any_entry(texts: Disclosures) -> None:
    told = [registered(), *handled([Asked("natural_person", 2023)]), *begun()]
    cells = counted(told, texts) | {"requests.granted.total": 7, "requests.unheard_of": 1}
    found = differing(seen([*told, filing(cells, position=len(told))], texts))
    assert found == {"requests.granted.total": (7, 0, 0, [])}


def test_a_correction_is_a_version_and_what_it_mends_differs_no_longer(texts: Disclosures) -> None:
    told = a_filed_year(texts, [Asked("natural_person", 2023)])
    told += handled([Asked("other_organization", 2023)], first=9)
    position = len(told)
    mended = counted_for(
        folded(told, texts), history(told), report=report_id(AGENCY, 2023), position=position, correcting=True
    )
    before = dict(seen(told, texts).versions[-1].cells)
    assert set(mended) == set(differing(seen(told, texts)))
    event = ReportCorrected(
        corrected_on=date(2024, 3, 1),
        number=2,
        position=position,
        root=ROOT,
        changes=[ChangedCell(cell=key, old=before[key], new=value) for key, value in mended.items()],
        reason="late-entry",
    )
    told.append((report_id(AGENCY, 2023), event))
    found = seen(told, texts)
    assert found.differences == []
    assert [(one.number, one.position, one.reason, one.root_holds) for one in found.versions] == [
        (1, 4, None, True),
        (2, position, "late-entry", True),
    ]
    assert found.versions[-1].cells == before | mended
    with pytest.raises(Refused) as refused:
        counted_for(
            folded(told, texts), history(told), report=report_id(AGENCY, 2023), position=len(told), correcting=True
        )
    assert refused.value.code == "RPF-010"


def history(told: list[Told], year: int = 2023) -> list[Event]:
    return [event for stream, event in told if stream == report_id(AGENCY, year)]


@given(st.lists(st.sampled_from(["natural_person", "other_organization"]), max_size=6))
def test_as_of_the_filing_nothing_ever_differs(texts: Disclosures, kinds: list[str]) -> None:
    """Goal: a filing can always be had back. Method: whatever came in after it, as of its own entry no cell differs."""
    told = a_filed_year(texts, [Asked("natural_person", 2023, "granted", 2023)])
    later = handled([Asked(kind, 2023) for kind in kinds], first=20)
    found = seen([*told, *later], texts, as_of=len(told))
    assert found == seen(told, texts)
    assert found.differences == []


# --- days --------------------------------------------------------------------------------------------------------------
def test_a_filed_report_says_by_when_it_was_due_and_how_late_it_came(texts: Disclosures) -> None:
    told = [registered(), *handled([Asked("natural_person", 2023)]), *begun()]
    stream = report_id(AGENCY, 2023)
    told.append(filing(counted(told, texts), position=len(told), on=date(2024, 2, 5)))
    due = seen(told, texts).due
    assert (due.due_on, due.law, due.article, due.days) == ("2024-01-31", "R2019", "49", 31)
    assert (due.filed_late_by, due.published_on) == (5, None)
    told.append((stream, ReportPublished(published_on=date(2024, 2, 6), channel="website", number=1, text=SEAL)))
    told.append((stream, ReportWithdrawn(withdrawn_on=date(2024, 2, 8), reason="wrong-figures")))
    found = seen(told, texts)
    assert (found.due.published_on, found.due.published_late_by) == ("2024-02-06", 6)
    assert (found.stage, found.withdrawn_because) == ("withdrawn", "wrong-figures")


# --- from one year to the next -----------------------------------------------------------------------------------------
def two_years(texts: Disclosures, *, forward: int) -> list[Told]:
    """A filed year that carries so many requests forward, and in the next one a request from before that came in late."""
    told = [registered(), *handled([Asked("natural_person", 2022)] * forward), *begun(2022)]
    told.append(filing(counted(told, texts, year=2022), position=len(told), year=2022))
    return [*told, *handled([Asked("natural_person", 2023, "granted", 2023)], first=50), *begun(2023)]


def checks(told: list[Told], texts: Disclosures) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in report(folded(told, texts), form="2021", year=2023, agency=AGENCY).checks:
        if one.id.endswith("-filed") and one.left != one.right:
            found.setdefault(one.id, []).append(f"{one.severity} {one.each} {one.left} {one.right}")
    return found


def test_what_is_taken_over_must_be_what_was_filed_or_be_explained(texts: Disclosures) -> None:
    told = two_years(texts, forward=2)
    assert checks(told, texts) == {}
    told += handled([Asked("natural_person", 2022)], first=70)
    assert checks(told, texts) == {"I-C5-filed": ["error natural_person 3 2", "error total 3 2"]}
    with pytest.raises(Refused) as refused:
        counted_for(folded(told, texts), history(told), report=report_id(AGENCY, 2023), position=len(told))
    assert (refused.value.code, refused.value.facts["checks"]) == ("RPF-007", "I-C5-filed")
    explained = ReportDifferenceExplained(
        identity="I-C5", explained_on=date(2024, 1, 9), reason="late-entry", text=SEAL
    )
    told.append((report_id(AGENCY, 2023), explained))
    assert checks(told, texts) == {"I-C5-filed": ["warning natural_person 3 2", "warning total 3 2"]}
    assert counted_for(folded(told, texts), history(told), report=report_id(AGENCY, 2023), position=len(told))


@pytest.mark.parametrize("name", sorted(forms()))
def test_every_cell_of_every_form_fits_a_filing(name: str) -> None:
    form = forms()[name]
    for overlay in overlays():
        if overlay.form == name:
            form = laid_over(form, overlay)
    cells = [Cell(cell=key, count=-MAX_INTEGER) for key in places(form)]
    event = ReportFiled(filed_on=date(2024, 1, 2), position=MAX_INTEGER, root=ROOT, cells=cells)
    assert msgspec.convert(msgspec.to_builtins(event), ReportFiled) == event
    assert len(msgspec.json.encode(event)) < 31 * 1024


# --- refusals -----------------------------------------------------------------------------------------------------------
def test_a_cell_that_is_declared_twice_is_not_filed(texts: Disclosures) -> None:
    def figure(value: int) -> FigureDeclared:
        return FigureDeclared(
            agency=AGENCY,
            declared_on=date(2024, 1, 5),
            cell="art20_1.rules.issued",
            year=2023,
            value=value,
            unit="count",
            evidence="file-1",
        )

    told = [registered(), *((f"declaration-{one:032x}", figure(one)) for one in (1, 2)), *begun()]
    with pytest.raises(Refused) as refused:
        counted_for(folded(told, texts), history(told), report=report_id(AGENCY, 2023), position=len(told))
    assert refused.value.code == "RPF-012"
    assert refused.value.facts == {"count": 1, "cells": "art20_1.rules.issued"}
    for language in ("zh", "en"):
        assert refused.value.sentence(language)
        assert refused.value.next_step(language)


def test_what_was_not_filed_or_is_beyond_the_position_is_refused(texts: Disclosures) -> None:
    told = [registered(), registered(agency_id(2)), *handled([Asked("natural_person", 2023)]), *begun()]

    def code(reading: Reading, as_of: int | None = None) -> str:
        with pytest.raises(Refused) as refused:
            as_filed(reading, year=2023, as_of=as_of)
        return refused.value.code

    assert code(folded(told, texts)) == "RPF-008"
    assert code(folded(told, texts), as_of=99) == "RPF-006"
    both = [*told, filing({"requests.granted.total": 1}, position=3)]
    other = report_id(agency_id(2), 2023)
    both += [(other, event) for _, event in begun(agency=agency_id(2))]
    both.append((other, both[len(told)][1]))
    assert code(folded(both, texts)) == "RPF-009"
    with pytest.raises(Refused) as refused:
        counted_for(folded(told, texts), [], report=other, position=1)
    assert refused.value.code == "RPT-003"


def test_a_filing_that_was_counted_where_nothing_was_differs_in_every_cell(texts: Disclosures) -> None:
    told = [registered(), *begun(), filing({"requests.granted.total": 1}, position=1)]
    assert differing(seen(told, texts)) == {"requests.granted.total": (1, None, None, [])}


def test_the_seal_of_an_erased_text_is_there_no_longer(texts: Disclosures) -> None:
    stream = report_id(AGENCY, 2023)
    published = ReportPublished(published_on=date(2024, 2, 6), channel="website", number=1, text=SEAL)
    told = [registered(), *begun(), filing({"requests.granted.total": 1}, position=1), (stream, published)]
    erased = (stream, Erased(field="text", seals=[SEAL], basis="court-order"))
    for batch in (1, 99):
        before, after = (
            filings(folded(some, texts, batch=batch).db, as_of=99)[0].newest("published")
            for some in (told, [*told, erased])
        )
        assert before is not None
        assert after is not None
        assert (before.seal, after.seal) == (SEAL, None)


def test_a_report_that_is_begun_twice_stops_the_fold(texts: Disclosures) -> None:
    for batch in (1, 9):
        with pytest.raises(Corrupt) as stopped:
            folded([registered(), *begun(), *begun()], texts, batch=batch)
        assert (stopped.value.code, stopped.value.facts["position"]) == ("PRJ-004", 4)


def test_the_rows_do_not_depend_on_the_batches(texts: Disclosures) -> None:
    told = a_filed_year(texts, [Asked("natural_person", 2023)])
    whole = filings(folded(told, texts).db, as_of=len(told))
    assert whole == filings(folded(told, texts, batch=1).db, as_of=len(told))
    assert filed.as_filed(folded(told, texts, batch=1), year=2023).agency == AGENCY
