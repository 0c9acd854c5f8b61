"""The forms: every key of every file means something, and every outcome stands in every form."""

import re
from typing import get_args

import msgspec
import pytest

from archive.domain.errors import Refused
from archive.domain.reports import FORMS
from archive.law.regimes import OUTCOMES
from archive.projections.measures import MEASURES, Ending
from archive.reports.form import Form, Overlay, form_of, forms, laid_over, measure_of, overlays, places

NAMES = sorted(forms())


def with_overlays(name: str) -> Form:
    form = forms()[name]
    for overlay in overlays():
        if overlay.form == name:
            form = laid_over(form, overlay)
    return form


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_one_source(name: str) -> None:
    form = with_overlays(name)
    found = places(form)
    for place in found.values():
        measure = measure_of(form, place)
        assert measure is None or measure in MEASURES, place.key
    assert {*form.declared, *form.untold, *form.counted} <= found.keys()
    assert not form.declared.keys() & form.untold.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_term_of_every_identity_is_a_cell_or_a_measure(name: str) -> None:
    form = with_overlays(name)
    found = places(form)
    for identity in form.identities:
        for each in identity.each:
            for term in (*identity.left, *identity.right):
                key = re.sub(r"@-1$|#(MONTH|CATEGORY)$", "", term.removeprefix("-").replace("{each}", each))
                assert key in found or key.removeprefix("measure:") in MEASURES, (identity.id, key)


@pytest.mark.parametrize("name", NAMES)
def test_the_crosswalk_is_what_the_measures_count(name: str) -> None:
    form = forms()[name]
    assert [one.outcome for one in form.crosswalk] == list(dict.fromkeys(one.outcome for one in form.crosswalk))
    assert {one.outcome for one in form.crosswalk} == {*OUTCOMES, *get_args(Ending)}
    rows = {measure_of(form, place) for place in places(form).values()} - {None}
    single = {row for row in rows if row is not None and row not in {"requests.results_total", "requests.replies"}}
    for one in form.crosswalk:
        fact = f"result.{one.outcome}"
        assert set(one.rows) == {row for row in single if fact in MEASURES[row].facts and MEASURES[row].stock is None}


@pytest.mark.parametrize("name, cells", [("2014", 58), ("2019", 198), ("2021", 200)])
def test_a_form_has_its_cells(name: str, cells: int) -> None:
    assert len(places(forms()[name])) == cells


@pytest.mark.parametrize("name", NAMES)
def test_a_form_is_for_the_years_that_the_rules_say(name: str) -> None:
    form = forms()[name]
    assert (form.first_year, form.last_year) == next(years for one, years in FORMS.items() if one == name)
    assert form_of(name, year=form.first_year).form == name
    for year in (form.first_year - 1, form.last_year + 1):
        with pytest.raises(Refused) as refused:
            form_of(name, year=year)
        assert refused.value.code == "RPF-001"


def test_a_province_adds_a_row_and_the_nation_has_none_of_it() -> None:
    added = places(form_of("2019", year=2019, region="421202")).keys() - places(form_of("2019", year=2019)).keys()
    assert {key.rpartition(".")[0] for key in added} == {"art20_1.other_documents"}
    rows = [row.key for row in form_of("2019", year=2019, region="42").tables[0].rows]
    assert rows == ["rules", "normative_documents", "other_documents"]


@pytest.mark.parametrize("kind", [Form, Overlay])
def test_a_key_that_is_not_known_is_refused(kind: type[Form | Overlay]) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"form": "2014", "remark": "22"}, kind)
