"""From the bytes of one JSON object to a command, or the reason why not.

The reason names the field and what is expected there. It does not repeat what was typed: that may be about a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar, cast

import msgspec

from archive.domain.codes import ROLES
from archive.domain.commands import AnyCommand
from archive.domain.errors import Phrase, Refused

if TYPE_CHECKING:
    from archive.domain.codes import Command

MAX_TEXT_BYTES: Final = 32 * 1024
T = TypeVar("T")
_decoder: Final[msgspec.json.Decoder[AnyCommand]] = msgspec.json.Decoder(AnyCommand)
_encode: Final = msgspec.json.Encoder(order="sorted").encode
# Control characters other than tab and line feed. They have no place in a title, and NUL ends a string in SQLite.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FIELD_NAME: Final = re.compile(r"Object (?:missing required|contains unknown) field `([a-z][a-z0-9_]{0,31})`")
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`\Z")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")

_DATE: Final = Phrase("应为真实存在的日期,写作 YYYY-MM-DD", "a date that exists, written YYYY-MM-DD, is expected")
_TYPES: Final = {
    "array": Phrase("应为 JSON 数组 […]", "a JSON array […] is expected"),
    "bool": Phrase("应为 true 或 false", "true or false is expected"),
    "date": _DATE,
    "int": Phrase("应为整数", "a whole number is expected"),
    "object": Phrase("应为 JSON 对象 {…}", "a JSON object {…} is expected"),
    "str": Phrase("应为字符串", "a string is expected"),
}
_UNKNOWN: Final = Phrase("格式中没有这个字段", "there is no such field")
_HOLDS_UNKNOWN: Final = Phrase("含有格式中没有的字段", "it holds a field that is not in the schema")
_ELSE: Final = Phrase("不合格式", "it does not fit the schema")

# What msgspec says -> what we say. Its sentences are matched from their start, and none of its values is passed on but
# the limits of our own schema.
_PROBLEMS: Final = (
    (re.compile(r"Object missing required field"), Phrase("缺少此字段", "it is missing")),
    (re.compile(r"Object contains unknown field"), _UNKNOWN),
    (
        re.compile(r"Expected `str` matching regex '\^https"),
        Phrase(
            "应为 http:// 或 https:// 开头、不含空格的地址",
            "an address is expected: http:// or https://, without spaces",
        ),
    ),
    (
        re.compile(r"Expected `str` matching regex"),
        Phrase("应为规定格式的代码或编号,不是文字", "a code or id of the form in the schema is expected, not text"),
    ),
    (re.compile(r"Invalid RFC3339"), _DATE),
    (
        re.compile(r"Invalid enum value|Invalid value"),
        Phrase("不是格式中列出的取值", "it is not one of the values in the schema"),
    ),
    (
        re.compile(r"Expected `(?:str|array)` of length >= (\d+)"),
        Phrase("太短,至少 {0}", "it is too short: at least {0}"),
    ),
    (
        re.compile(r"Expected `(?:str|array)` of length <= (\d+)"),
        Phrase("太长,至多 {0}", "it is too long: at most {0}"),
    ),
    (re.compile(r"Expected `int` (?:>=|<=)"), Phrase("数值超出范围", "the number is out of its range")),
)
_WRONG_TYPE: Final = re.compile(r"Expected `(\w+)(?: \| \w+)*`(?:, got|\Z| - at)")


def parse_command(line: bytes) -> AnyCommand:
    """The command written in these bytes, or `Refused` with the field and what is expected there."""
    try:
        command = parse_object(line, _decoder, code="CMD-003")
    except Refused as error:
        raise Refused("CMD-002") if error.facts.get("field") == "command" else error from None
    check_command(command)
    return command


def parse_object(line: bytes, decoder: msgspec.json.Decoder[T], *, code: str) -> T:
    """The object written in these bytes, or `Refused`: CMD-001 no JSON, CMD-007 no UTF-8, `code` where a field misfits."""
    try:
        line.decode()
        return decoder.decode(line)
    except UnicodeDecodeError as error:
        raise Refused("CMD-007", column=error.start + 1) from None
    except msgspec.ValidationError as error:
        field, problem = misfit(error)
        raise Refused(code, field=field, problem=problem) from None
    except msgspec.DecodeError as error:
        place = _BYTE.search(str(error))
        raise Refused("CMD-001", column=int(place[1]) + 1 if place else len(line)) from None
    except RecursionError:
        raise Refused("CMD-001", column=1) from None


def check_command(command: Command) -> None:
    """What the types of a command cannot say: its role is known, and its texts are text."""
    if command.by not in ROLES:
        raise Refused("CMD-008", role=command.by, roles=", ".join(ROLES))
    text_values(command)


def text_values(command: Command) -> dict[str, bytes]:
    """The canonical bytes of each text that the command carries, by class of text."""
    values = {}
    for field in command.TEXTS:
        text = getattr(command, field)
        if text is msgspec.UNSET:
            continue
        value = _encode(text)
        if len(value) > MAX_TEXT_BYTES:
            raise Refused("CMD-005", size=len(value), limit=MAX_TEXT_BYTES)
        if b"\\" in value or b"\x7f" in value or b"\xc2" in value:
            _refuse_control_characters(text, field)
        values[field] = value
    return values


def _refuse_control_characters(text: object, field: str) -> None:
    # Only values with an escape or a C1 lead byte come here: the common text is never walked.
    for name, value in cast("dict[str, object]", msgspec.to_builtins(text)).items():
        strings = value if isinstance(value, list) else [value]
        if any(isinstance(string, str) and _CONTROL.search(string) for string in strings):
            raise Refused("CMD-006", field=f"{field}.{name}")


def misfit(error: msgspec.ValidationError) -> tuple[str, Phrase]:
    """The field that does not fit its type, `$` for the whole object, and what is expected there."""
    sentence = str(error)
    place = _PLACE.search(sentence)
    path = place[1] if place else ""
    problem = _problem(sentence)
    named = _FIELD_NAME.match(sentence)
    if named is None and problem is _UNKNOWN:
        # The name of such a field is anything that somebody typed.
        problem = _HOLDS_UNKNOWN
    return ".".join(part for part in (path, named[1] if named else "") if part) or "$", problem


def _problem(sentence: str) -> Phrase:
    for pattern, phrase in _PROBLEMS:
        if found := pattern.match(sentence):
            return Phrase(*(words.format(*found.groups()) for words in phrase)) if found.groups() else phrase
    wrong_type = _WRONG_TYPE.match(sentence)
    return _TYPES.get(wrong_type[1], _ELSE) if wrong_type else _ELSE
