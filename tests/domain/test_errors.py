"""Every error is explained once, in both languages, with what the place that raises it knows."""

import re
import string

import pytest

from archive.domain.errors import CODES, ArchiveError, Corrupt, Exit, Explanation, Refused
from domain.raised import SOURCE, Raised, errors_raised


def placeholders(text: str) -> set[str]:
    """The names of facts in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def facts_of(explanation: Explanation) -> set[str]:
    sentences = (explanation.zh, explanation.en, explanation.zh_next, explanation.en_next)
    return set().union(*(placeholders(sentence) for sentence in sentences))


@pytest.fixture(scope="module")
def raised() -> list[Raised]:
    return errors_raised()


def test_codes_are_a_room_and_a_number() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[A-Z]{3}-[0-9]{3}", code)] == []


def test_every_code_is_explained_once() -> None:
    source = (SOURCE / "domain" / "errors.py").read_text(encoding="utf-8")
    explained = re.findall(r'_explain\(\s*"([A-Z]{3}-[0-9]{3})"', source)
    assert len(explained) == len(set(explained))
    assert set(explained) == set(CODES)


def test_every_code_is_used() -> None:
    """An error nobody can meet is not explained: each code stands somewhere outside the table."""
    sources = [file for file in SOURCE.rglob("*.py") if file.name != "errors.py" or file.parent.name != "domain"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    assert [code for code in CODES if f'"{code}"' not in text] == []


def test_every_code_raised_is_explained(raised: list[Raised]) -> None:
    assert [error for error in raised if error.code not in CODES] == []


def test_place_that_raises_gives_every_fact_of_the_sentences(raised: list[Raised]) -> None:
    lacking = {
        error.place: facts_of(CODES[error.code]) - error.facts
        for error in raised
        if "**" not in error.facts and facts_of(CODES[error.code]) - error.facts
    }
    assert lacking == {}


@pytest.mark.parametrize("code", sorted(CODES))
def test_both_languages_say_the_same(code: str) -> None:
    explanation = CODES[code]
    assert placeholders(explanation.zh) == placeholders(explanation.en)
    assert placeholders(explanation.zh_next) == placeholders(explanation.en_next)


@pytest.mark.parametrize("code", sorted(CODES))
def test_error_has_a_sentence_and_a_next_step_in_both_languages(code: str) -> None:
    explanation = CODES[code]
    for chinese in (explanation.zh, explanation.zh_next):
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    for english in (explanation.en, explanation.en_next):
        assert re.search(r"[a-z]{2}", english)
        assert not re.search(r"[\u4e00-\u9fff]", english)
    assert explanation.exit is not Exit.DONE


def test_error_says_its_code_its_sentence_and_the_next_step() -> None:
    error = Refused("AGY-003", field="channel", code="website")
    assert str(error) == "AGY-003: The code website in field channel is taken."
    assert error.sentence("zh") == "字段 channel 的代码 website 已经使用。"
    assert error.next_step("en") == "Use another code."
    assert error.next_step("zh") == "请使用另一个代码。"
    assert error.exit is Exit.REFUSED
    assert error.facts == {"field": "channel", "code": "website"}


def test_two_families_of_errors() -> None:
    assert issubclass(Refused, ArchiveError)
    assert issubclass(Corrupt, ArchiveError)
    assert not issubclass(Refused, Corrupt)
