"""The report in words: every number is a cell, every template names cells of its form, and our own words break no rule."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from msgspec import UNSET
from msgspec.structs import replace

from archive.disclosures.openings import Disclosures
from archive.domain.errors import Refused
from archive.domain.reports import NarrativeText
from archive.reports.build import Report, report
from archive.reports.form import FormName, form_for, forms, places
from archive.reports.lint import lint
from archive.reports.narrative import SectionTemplate, Template, narrative, parsed, template_of
from reports import wholes
from reports.test_wholes import YEARS, as_of
from reports.years import Asked, folded, handled, no_texts, registered

FORMS = pytest.mark.parametrize("form, year", YEARS.items())


@pytest.fixture(scope="module")
def texts() -> Iterator[Disclosures]:
    with tempfile.TemporaryDirectory() as folder, no_texts(Path(folder)) as disclosures:
        yield disclosures


def made(texts: Disclosures, form: FormName, year: int) -> Report:
    told = [registered(), *handled([Asked("natural_person", year, "granted", year)])]
    return report(folded(told, texts), form=form, year=year)


@FORMS
@given(happened=wholes.happenings())
def test_every_number_of_the_words_is_that_of_its_cell(
    form: FormName, year: int, happened: list[wholes.Happening], texts: Disclosures
) -> None:
    of = as_of(folded([registered(), *wholes.set_up(), *wholes.events_of(happened, year)], texts), form, year)
    if of is None:
        return
    template = template_of(form)
    cells = {cell.key: cell.text for cell in of.cells()}
    for section, sentences in zip(narrative(of, template).sections, template.sections, strict=True):
        numbers = [number for one in section.paragraphs for number in re.findall("[0-9.]+", one)]
        printed = [cells[key] for key in section.cells if cells[key] is not None]
        # Beside cells there are the year, and the days and counting rules that the sentences themselves name.
        fixed = [
            number for one in sentences.sentences for number in re.findall("[0-9]+", re.sub(r"\{[^}]*\}", "", one))
        ]
        years = [str(year)] * sum(one.count("{year}") for one in sentences.sentences)
        assert Counter(numbers) == Counter([*printed, *fixed, *years])
        assert set(section.cells) <= cells.keys()


@FORMS
def test_every_field_of_every_template_is_a_cell(form: FormName, year: int, texts: Disclosures) -> None:
    found = narrative(made(texts, form, year), template_of(form))
    used = {key for section in found.sections for key in section.cells}
    assert used
    assert used <= places(forms()[form]).keys()
    assert str(year) in found.title


@FORMS
def test_our_own_words_break_no_rule(form: FormName, year: int, texts: Disclosures) -> None:
    of = made(texts, form, year)
    assert lint(narrative(of, template_of(form)).text(), year=year, values=of.numbers()) == []


def test_what_is_written_by_hand_stands_in_its_section(texts: Disclosures) -> None:
    written = NarrativeText(problems="一是更新不够及时。\n\n二是人员不足。", overview=UNSET)
    found = narrative(made(texts, "2021", 2023), template_of("2021"), written)
    (problems,) = [one for one in found.sections if "问题" in one.heading]
    assert problems.paragraphs == ["一是更新不够及时。", "二是人员不足。"]
    assert "一是更新不够及时。" in found.text()


def test_a_cell_without_a_number_says_why(texts: Disclosures) -> None:
    section = SectionTemplate(heading="一", sentences=["制发{art20_1.rules.issued}件，共{requests.granted.total}件。"])
    found = narrative(made(texts, "2021", 2023), Template(form="2021", title="t", sections=[section]))
    assert found.sections[0].paragraphs == ["制发（未申报）件，共1件。"]


@pytest.mark.parametrize(
    "field, named", [("requests.received", "requests.received"), ("__import__('os')", "{…}"), ("", "{…}")]
)
def test_a_field_that_is_no_cell_of_the_form_is_refused(field: str, named: str, texts: Disclosures) -> None:
    section = SectionTemplate(heading="一", sentences=[f"收到{{{field}}}件。"])
    with pytest.raises(Refused) as refused:
        narrative(made(texts, "2021", 2023), Template(form="2021", title="t", sections=[section]))
    assert (refused.value.code, refused.value.facts["cell"]) == ("RPF-014", named)
    assert refused.value.sentence("zh")


def test_sentences_of_another_form_or_that_are_none_are_refused(texts: Disclosures) -> None:
    with pytest.raises(Refused) as refused:
        narrative(made(texts, "2021", 2023), replace(template_of("2019")))
    assert refused.value.code == "RPF-016"
    for wrong in ("title = ", "form = '2021'", "form = '2021'\ntitle = 't'\nsections = []\nmore = 1"):
        with pytest.raises(Refused) as refused:
            parsed(wrong)
        assert refused.value.code == "RPF-015"


def test_a_year_has_its_form_and_one_before_the_first_has_none() -> None:
    assert [form_for(year) for year in (2014, 2018, 2019, 2020, 2021, 2030)] == [
        "2014",
        "2014",
        "2019",
        "2019",
        "2021",
        "2021",
    ]
    with pytest.raises(Refused) as refused:
        form_for(2013)
    assert refused.value.code == "RPF-018"
