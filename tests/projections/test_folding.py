"""What is compared when a reader searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.projections import folding, search

TEXTS = st.text(st.sampled_from("湖北國国发發展二2〇0０〔（([)]〕 \n《通知》GgＧdé“”㎡臺台"), max_size=20)


@pytest.mark.parametrize(
    "text, units",
    [
        ("", ""),
        ("發展改革", "发 展 改 革"),
        ("（２０１８）", "( 2 0 1 8 )"),
        ("〔2018〕", "( 2 0 1 8 )"),
        ("[2018]", "( 2 0 1 8 )"),
        ("二〇一八年", "2 0 1 8 年"),
        ("二零一八", "2 0 1 8"),
        ("《条例》", "( 条 例 )"),
        ("“三公”经费", '" 3 公 " 经 费'),
        ("ＧＤＰ 增长", "gdp 增 长"),
        ("PPP项目GDP", "ppp 项 目 gdp"),
        ("关于\u3000印发\n的", "关 于 印 发 的"),
        ("㎡", "m 2"),
        ("½", "1 ⁄ 2"),
    ],
)
def test_what_looks_alike_folds_to_the_same_units(text: str, units: str) -> None:
    assert " ".join(folding.units(folding.fold(text))) == units


@given(TEXTS, TEXTS)
def test_a_text_folds_character_by_character(one: str, other: str) -> None:
    assert folding.fold(one + other) == folding.fold(one) + folding.fold(other)


@given(TEXTS)
def test_what_is_folded_folds_to_itself(text: str) -> None:
    assert folding.fold(folding.fold(text)) == folding.fold(text)


@given(TEXTS.filter(lambda text: bool(text.strip())), st.data())
def test_any_part_of_a_text_is_found_in_it_and_folds_to_what_was_sought(text: str, data: st.DataObject) -> None:
    units = folding.units(folding.fold(text))
    first = data.draw(st.integers(0, len(units) - 1))
    sought = units[first : data.draw(st.integers(first + 1, len(units)))]
    span = folding.find(text, sought)
    assert span is not None
    # One character may fold to several units, and is shown whole.
    assert " ".join(sought) in " ".join(folding.units(folding.fold(text[span.start : span.end])))


def test_what_is_not_in_a_text_is_not_found() -> None:
    assert folding.find("湖北省发展改革委", ["湖", "省"]) is None
    assert folding.find("GDPR", ["gdp"]) is None


def test_the_definition_of_the_search_names_the_folding_that_this_program_does() -> None:
    assert folding.definition() == search.FOLDING
