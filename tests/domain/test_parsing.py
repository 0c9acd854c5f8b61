"""From bytes to a command: every way a line can be wrong has its code, its field and a sentence in two languages."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.domain.commands import COMMANDS
from archive.domain.errors import Refused
from archive.domain.items import DraftItem, Manifest
from archive.domain.parsing import MAX_TEXT_BYTES, misfit, parse_command

HEX = "0123456789abcdef" * 2
DRAFT: dict[str, Any] = {  # Any: JSON as a clerk may write it
    "command": "draft-item",
    "id": HEX,
    "by": "role:clerk",
    "item": f"item-{HEX}",
    "agency": f"agency-{HEX}",
    "mode": "proactive",
    "made_on": "2018-03-05",
    "categories": [{"scheme": "kind", "code": "approval"}],
    "text": {"title": "项目备案信息第001号"},
}
PASS = {"command": "pass-review", "id": HEX, "by": "role:reviewer", "item": f"item-{HEX}", "level": 1}
PUBLISH = {"command": "publish-item", "id": HEX, "by": "role:publisher", "item": f"item-{HEX}", "channel": "site"}
SCHEME = {
    "command": "adopt-category-scheme",
    "id": HEX,
    "by": "role:administrator",
    "agency": f"agency-{HEX}",
    "scheme": "kind",
    "primary": True,
    "categories": ["approval"],
    "adopted_on": "2018-01-02",
    "text": {"name": "信息类别", "names": ["项目审批"]},
}


def raw(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def refusal(line: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse_command(line)
    return caught.value


def test_right_line_is_a_command() -> None:
    command = parse_command(raw(DRAFT))
    assert isinstance(command, DraftItem)
    assert command.text.title == "项目备案信息第001号"
    assert command.section is msgspec.UNSET


# What is wrong, the field it is told of, and a piece of the sentence in each language.
MISFITS = [
    (DRAFT | {"extra": 1}, "extra", "没有这个字段", "no such field"),
    (DRAFT | {"王某": 1}, "$", "含有格式中没有的字段", "holds a field that is not"),
    (DRAFT | {"text": {"title": "甲", "command": 1}}, "text.command", "没有这个字段", "no such field"),
    ({key: value for key, value in DRAFT.items() if key != "mode"}, "mode", "缺少", "missing"),
    (DRAFT | {"categories": [{"scheme": "kind"}]}, "categories[0].code", "缺少", "missing"),
    (DRAFT | {"item": "王某的申请"}, "item", "代码或编号", "a code or id"),
    (DRAFT | {"categories": [{"scheme": "类 别", "code": "a"}]}, "categories[0].scheme", "代码或编号", "a code or id"),
    (PUBLISH | {"published_on": "2018-03-05", "link": {"url": "看网页"}}, "link.url", "http://", "http://"),
    (DRAFT | {"made_on": "2018-02-30"}, "made_on", "日期", "a date that exists"),
    (DRAFT | {"made_on": "2018.2.3"}, "made_on", "日期", "a date that exists"),
    (DRAFT | {"made_on": "2018-02-03T00:00:00Z"}, "made_on", "日期", "a date that exists"),
    (DRAFT | {"made_on": 43101.0}, "made_on", "日期", "a date that exists"),
    (DRAFT | {"made_on": None}, "made_on", "日期", "a date that exists"),
    (DRAFT | {"mode": "王某"}, "mode", "列出的取值", "not one of the values"),
    (DRAFT | {"text": "王某"}, "text", "JSON 对象", "a JSON object"),
    (DRAFT | {"text": None}, "text", "JSON 对象", "a JSON object"),
    (DRAFT | {"text": {"title": ""}}, "text.title", "太短,至少 1", "too short: at least 1"),
    (DRAFT | {"text": {"title": "长" * 1001}}, "text.title", "太长,至多 1000", "too long: at most 1000"),
    (DRAFT | {"text": {"title": "甲", "keywords": ["乙"] * 51}}, "text.keywords", "太长,至多 50", "at most 50"),
    (DRAFT | {"text": {"title": 5}}, "text.title", "字符串", "a string"),
    (DRAFT | {"text": {"title": "甲", "keywords": ["乙", 3]}}, "text.keywords[1]", "字符串", "a string"),
    (DRAFT | {"categories": {}}, "categories", "JSON 数组", "a JSON array"),
    (PASS | {"passed_on": "2018-03-05", "level": 1.5}, "level", "整数", "a whole number"),
    (PASS | {"passed_on": "2018-03-05", "level": True}, "level", "整数", "a whole number"),
    (PASS | {"passed_on": "2018-03-05", "level": 9}, "level", "超出范围", "out of its range"),
    (PASS | {"passed_on": "2018-03-05", "level": 0}, "level", "超出范围", "out of its range"),
    (SCHEME | {"primary": "是"}, "primary", "true 或 false", "true or false"),
    (SCHEME | {"categories": []}, "categories", "太短", "too short"),
    ([DRAFT], "$", "JSON 对象", "a JSON object"),
    (5, "$", "JSON 对象", "a JSON object"),
]


@pytest.mark.parametrize("value, field, zh, en", MISFITS)
def test_misfit_names_the_field_and_what_is_expected(value: object, field: str, zh: str, en: str) -> None:
    error = refusal(raw(value))
    assert (error.code, error.facts["field"]) == ("CMD-003", field)
    assert zh in error.sentence("zh")
    assert en in error.sentence("en")
    assert error.sentence("zh") != error.sentence("en")


@pytest.mark.parametrize(
    "value",
    [{"id": HEX}, DRAFT | {"command": "delete-everything"}, DRAFT | {"command": 5}, {}],
)
def test_unknown_command_is_refused(value: object) -> None:
    assert refusal(raw(value)).code == "CMD-002"


@pytest.mark.parametrize(
    "line, column",
    [
        (raw(DRAFT)[:40], 40),
        (b"", 0),
        (b"{'command': 1}", 2),
        (b'{"command": NaN}', 13),
        (raw(DRAFT) + raw(DRAFT), len(raw(DRAFT)) + 1),
        (raw(DRAFT)[:-1] + b",}", len(raw(DRAFT)) + 1),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(line: bytes, column: int) -> None:
    error = refusal(line)
    assert error.code == "CMD-001"
    assert error.facts["column"] == pytest.approx(column, abs=1)


def test_what_is_not_utf_8_is_refused_with_its_place() -> None:
    error = refusal(b'{"title":"' + "甲".encode("gb18030"))
    assert (error.code, error.facts["column"]) == ("CMD-007", 11)


def test_half_a_surrogate_pair_is_refused() -> None:
    assert refusal(json.dumps(DRAFT | {"text": {"title": "\ud800甲"}}).encode()).code == "CMD-001"


@pytest.mark.parametrize("before", [b"", b'{"zzz":', b'{"command":"draft-item","text":'])
def test_deep_nesting_is_refused(before: bytes) -> None:
    assert refusal(before + b"[" * 100_000).code in {"CMD-001", "CMD-003"}


def test_role_outside_the_table_is_refused() -> None:
    error = refusal(raw(DRAFT | {"by": "role:mayor"}))
    assert (error.code, error.facts["role"]) == ("CMD-008", "role:mayor")
    assert refusal(raw(DRAFT | {"by": "王某"})).facts["field"] == "by"


@pytest.mark.parametrize("character", ["\0", "\x07", "\r", "\x7f", "\x85", "\x9f"])
def test_control_character_is_refused_with_its_field(character: str) -> None:
    error = refusal(raw(DRAFT | {"text": {"title": "甲", "keywords": ["乙", f"丙{character}"]}}))
    assert (error.code, error.facts["field"]) == ("CMD-006", "text.keywords")


@pytest.mark.parametrize("title", ["甲\t乙\n丙", 'a\\b"c', "Ünïcödé §", "𠮷"])
def test_what_is_no_control_character_is_taken(title: str) -> None:
    command = parse_command(raw(DRAFT | {"text": {"title": title}}))
    assert isinstance(command, DraftItem)
    assert command.text.title == title


def test_text_may_have_32_kib_and_no_more() -> None:
    # Each note is within its own limit; together with the field names they are as long as the limit, and one byte longer.
    notes = ["n" * 2000] * 16
    spare = MAX_TEXT_BYTES - len(msgspec.json.encode({"notes": [*notes, ""], "title": "t"}))
    parse_command(raw(DRAFT | {"text": {"title": "t", "notes": [*notes, "n" * spare]}}))
    error = refusal(raw(DRAFT | {"text": {"title": "t", "notes": [*notes, "n" * (spare + 1)]}}))
    assert error.code == "CMD-005"
    assert error.facts == {"size": MAX_TEXT_BYTES + 1, "limit": MAX_TEXT_BYTES}


def test_no_command_refuses_without_a_field() -> None:
    """Goal: msgspec says nothing that we have no words for. Method: every field of every command with every wrong type."""
    wrong: list[object] = [None, 1.5, True, 2**60, "王某\u3000", "", [], {}, [[]], [{}], ["王某"], {"王某": 1}]
    for name in COMMANDS:
        for field in COMMANDS[name].__struct_fields__:
            for value in wrong:
                error = refusal(raw({"command": name, field: value}))
                assert error.code == "CMD-003"
                assert "不合格式" not in error.sentence("zh"), (name, field)


MARK = "王某怀德路"


@given(
    value=st.recursive(
        st.sampled_from([MARK, f"x{MARK}`$.mode`", f" - at `$.{MARK}`", 1, None]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just(MARK), inner, max_size=1),
        max_leaves=4,
    ),
    field=st.sampled_from([*DRAFT, MARK]),
)
def test_error_never_repeats_what_was_typed(value: object, field: str) -> None:
    """Goal: no sentence holds typed text. Method: put it where it does not belong, everywhere; a title may hold it."""
    line = raw(DRAFT | {field: value})
    try:
        parse_command(line)
    except Refused as error:
        told = [error.sentence("zh"), error.sentence("en"), error.next_step("zh"), error.next_step("en"), str(error)]
        assert not any(MARK in sentence for sentence in told)


def test_misfit_of_a_foreign_type_still_says_something() -> None:
    decoder = msgspec.json.Decoder(dict[str, Manifest])
    with pytest.raises(msgspec.ValidationError) as caught:
        decoder.decode(b'{"a": {"sha256": 1}}')
    assert misfit(caught.value)[1].zh
