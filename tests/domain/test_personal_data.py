"""Personal data in texts: what is found where, what is told apart, and that no hit repeats what it found.

The numbers are invented: their check digits are right, and nobody has them.
"""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.domain import personal_data
from archive.domain.personal_data import find, is_luhn, is_organisation_code, is_resident_id

ID = "11010519491231002X"
OLD_ID = "110105491231002"
PHONE = "13800138000"
CARD = "6222021234567890128"
ORGANISATION = "11421202011336163A"


def found(text: object) -> list[tuple[str, str, int]]:
    return [(hit.kind, hit.field, hit.offset) for hit in find(msgspec.json.encode({"title": text}))]


def kinds(text: object) -> list[str]:
    return [kind for kind, _, _ in found(text)]


def test_the_invented_numbers_are_what_they_look_like() -> None:
    assert is_resident_id(ID)
    assert is_luhn(CARD)
    assert is_organisation_code("91350100M000100Y43")
    assert is_organisation_code(ORGANISATION)


@pytest.mark.parametrize(
    "text, kind",
    [
        (ID, "resident-id"),
        (ID.lower(), "resident-id"),
        (f"身份证号{ID}。", "resident-id"),
        ("110105 19491231 002X", "resident-id"),
        ("１１０１０５１９４９１２３１００２Ｘ", "resident-id"),
        ("110105１９４９１２３１002x", "resident-id"),
        (OLD_ID, "resident-id"),
        (PHONE, "mobile-phone"),
        (f"联系电话:{PHONE}(微信同号)", "mobile-phone"),
        ("138-0013-8000", "mobile-phone"),
        ("138 0013 8000", "mobile-phone"),
        ("138　0013　8000", "mobile-phone"),
        (f"+86 {PHONE}", "mobile-phone"),
        (f"+86{PHONE}", "mobile-phone"),
        (f"0086{PHONE}", "mobile-phone"),
        ("86-138-0013-8000", "mobile-phone"),
        ("１３８００１３８０００", "mobile-phone"),
        (CARD, "bank-card"),
        ("6222 0212 3456 7890 128", "bank-card"),
        ("4111-1111-1111-1111", "bank-card"),
        ("zhang.san@mail.example", "email"),
        ("ｚｈａｎｇ＠ｍａｉｌ．ｅｘａｍｐｌｅ", "email"),
        (f"{PHONE}@mail.example", "email"),
    ],
)
def test_what_looks_like_personal_data_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        # A check character or a date that is wrong.
        "110105194912310021",
        "11010519491331002X",
        "110105491331002",
        CARD[:-1] + "1",
        # Inside a longer row of digits.
        f"1{PHONE}",
        f"{PHONE}9",
        f"0{CARD}7",
        # Nearly.
        "12800138000",
        "1380013800",
        "0715-8322345",
        "2018-03-05 12:00:00",
        "咸发改审批〔2018〕101号",
        "011336163/2018-00001",
        "@",
        "a @ b",
        "第1条@",
        # Organisations are no persons.
        ORGANISATION,
        f"统一社会信用代码:{ORGANISATION}",
        "91350100M000100Y43",
        "９１３５０１００Ｍ０００１００Ｙ４３",
        "",
    ],
)
def test_what_is_none_is_let_through(text: str) -> None:
    assert found(text) == []


def test_a_hit_names_field_and_character_and_never_the_value() -> None:
    value = msgspec.json.encode({"title": "无", "names": ["甲", f"乙 {PHONE}、{ID}"], "link": {"url": "x@y.cn"}})
    assert find(value) == [
        ("mobile-phone", "names.1", 2),
        ("resident-id", "names.1", 14),
        ("email", "link.url", 0),
    ]


def test_a_file_digest_is_no_text() -> None:
    manifest = {"sha256": f"{PHONE}a" * 5 + "abcd", "size": int(CARD), "type": "application/pdf"}
    assert find(msgspec.json.encode({"title": "附件", "body": manifest})) == []


def test_the_longest_match_wins() -> None:
    # A phone's digits stand inside the address, and inside the number of the card.
    assert kinds(f"{PHONE}@139.example") == ["email"]
    assert kinds("4138 0013 8000 0004") in ([], ["bank-card"])


PREFIXES = st.text(alphabet="第甲乙，。 :(〔-x@", max_size=8).filter(lambda text: "@" not in text)


@given(before=PREFIXES, after=PREFIXES, number=st.integers(0, 9_999_999_999))
def test_a_phone_is_found_wherever_it_stands(before: str, after: str, number: int) -> None:
    """Goal: nothing around a number hides it from the quick look. Method: drawn neighbours, both looks agree."""
    phone = f"1{3 + number % 7}{number % 1_000_000_000:09}"
    text = f"{before.rstrip('-')}{phone}{after.lstrip('-').lstrip('x')}"
    assert ("mobile-phone", len(before.rstrip("-"))) in [(kind, offset) for kind, _, offset in found(text)]


@given(st.text(alphabet="0123456789 -xX０１９Ｘ＠@a.第，　", max_size=60))
def test_the_quick_look_passes_over_nothing_that_the_long_look_finds(text: str) -> None:
    """Goal: the quick look is only quicker. Method: drawn texts; the long look alone, and both."""
    folded = text.translate(personal_data._FOLD)
    assert len(folded) == len(text)
    assert [offset for _, _, offset in found(text)] == sorted(start for start, _, _ in personal_data._matches(folded))


def test_invented_identities_are_all_found() -> None:
    """Goal: the check character is computed as GB 11643 says. Method: ids built from the standard's own formula."""
    draw = random.Random(11643)
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    for _ in range(500):
        seventeen = f"{draw.randint(110000, 659999)}{draw.randint(1930, 2020)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{draw.randint(0, 999):03}"
        total = sum(weight * int(digit) for weight, digit in zip(weights, seventeen, strict=True))
        number = seventeen + "10X98765432"[total % 11]
        assert kinds(number) == ["resident-id"], number
