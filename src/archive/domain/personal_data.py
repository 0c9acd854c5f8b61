"""What in a text looks like personal data: resident ID numbers, mobile phones, bank cards, e-mail addresses.

Rules
- A resident ID number has 18 characters, a date of birth that exists and the check character of GB 11643; the old form
  of 15 digits has only the date.
- A mobile phone has 11 digits from 13 to 19, with or without the country code; inside a longer row of digits it is none.
- A bank card has 16 to 19 digits and the check digit of ISO/IEC 7812 (Luhn).
- A unified social credit code (GB 32100) is an organisation's, with a check character of its own: not personal.
- Full-width characters are what they look like. The longest match at a place wins.
- A hit tells where, never what.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import msgspec

from archive.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.domain.codes import PersonalDataKind


class Hit(NamedTuple):
    """Something personal: what, in which field of the text (`names.2`), from which character on, counted from 0."""

    kind: PersonalDataKind
    field: str
    offset: int


NAMES: Final[dict[PersonalDataKind, Phrase]] = {
    "resident-id": Phrase("公民身份号码", "a resident ID number"),
    "mobile-phone": Phrase("手机号码", "a mobile phone number"),
    "bank-card": Phrase("银行卡号", "a bank card number"),
    "email": Phrase("电子邮箱", "an e-mail address"),
}

# --- the quick look ---------------------------------------------------------------------------------------------------
# Most texts hold neither eleven digits in a row nor an @. Bytes are turned into "0" where they may be of a digit, plain
# or full-width (EF BC 90…99), and separators fall away: passes in C, and a match here is only a reason to look.
_SEPARATORS: Final = b" -\xef\xbc\x8d"
_WIDE_SPACES: Final = ("\u3000".encode(), "\u00a0".encode())
_DIGIT_BYTES: Final = frozenset(b"0123456789") | frozenset(range(0x90, 0x9A))
_SHAPE: Final = bytes(0x30 if byte in _DIGIT_BYTES else 0x20 for byte in range(256))
_SHORTEST: Final = b"0" * 11
_WIDE_AT: Final = "＠".encode()


def find(value: bytes) -> list[Hit]:
    """The hits in the canonical JSON of a text, in the order of its fields."""
    narrow = value
    for space in _WIDE_SPACES:
        narrow = narrow.replace(space, b" ")
    if _SHORTEST not in narrow.translate(_SHAPE, _SEPARATORS) and b"@" not in value and _WIDE_AT not in value:
        return []
    return [
        Hit(kind, field, start)
        for field, string in _strings(msgspec.json.decode(value), "")
        for start, _, kind in sorted(_matches(string.translate(_FOLD)))
    ]


def _strings(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every string that a person wrote, with its place. A file's digest and media type are none."""
    match value:
        case str():
            yield place, value
        case list():
            for number, one in enumerate(cast("list[object]", value)):
                yield from _strings(one, f"{place}.{number}")
        case dict():
            fields = cast("dict[str, object]", value)
            if fields.keys() == _MANIFEST:
                return
            for name, one in fields.items():
                yield from _strings(one, f"{place}.{name}" if place else name)
        case _:
            return


_MANIFEST: Final = {"sha256", "size", "type"}

# --- the long look ----------------------------------------------------------------------------------------------------
# One character for one character, so that offsets stay true.
_FOLD: Final = {0xFF01 + place: 0x21 + place for place in range(0x5E)} | {0x3000: 0x20, 0xA0: 0x20}
# Groups of digits with at most one space or hyphen between two of them.
_ROW: Final = re.compile(r"[0-9]+(?:[ -][0-9]+)*[Xx]?")
_GROUP: Final = re.compile(r"[0-9]+")
_ORGANISATION: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")
_MAILBOX: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
# How the groups of one number are written: 138 1234 5678, 6222 0200 0000 0000 000, 110101 19900307 123X.
_WRITTEN: Final = frozenset({(3, 4, 4), (4, 4, 4, 4), (6, 8, 4), (6, 4, 4, 4), (6, 8, 3), (6, 4, 4, 3)}) | {
    (4, 4, 4, 4, last) for last in (1, 2, 3)
}
_MOST_GROUPS: Final = 5


def _matches(text: str) -> list[tuple[int, int, PersonalDataKind]]:
    """Start, end and kind of each hit; none of them overlaps another."""
    found: list[tuple[int, int, PersonalDataKind]] = [
        (match.start(), match.end(), "email") for match in _MAILBOX.finditer(text)
    ]
    organisations = [match.span() for match in _ORGANISATION.finditer(text) if is_organisation_code(match[0])]
    for row in _ROW.finditer(text):
        found += _in_row(text, row.start(), row.end(), organisations)
    kept: list[tuple[int, int, PersonalDataKind]] = []
    for one in sorted(found, key=lambda hit: (hit[0] - hit[1], hit[0])):
        if all(one[1] <= start or end <= one[0] for start, end, _ in kept):
            kept.append(one)
    return kept


def _in_row(
    text: str, start: int, end: int, organisations: list[tuple[int, int]]
) -> Iterator[tuple[int, int, PersonalDataKind]]:
    """The numbers in groups of digits: one group alone, or several as such numbers are written."""
    groups = [group.span() for group in _GROUP.finditer(text, start, end)]
    for first in range(len(groups)):
        for last in range(first, min(first + _MOST_GROUPS, len(groups))):
            lengths = tuple(stop - begin for begin, stop in groups[first : last + 1])
            if last > first and lengths not in _WRITTEN:
                # A country code stands before the three groups of a phone.
                continue
            digits = "".join(text[begin:stop] for begin, stop in groups[first : last + 1])
            began, ended = groups[first][0], groups[last][1]
            if text[ended : ended + 1] in ("X", "x") and len(digits) == 17:
                digits, ended = digits + "X", ended + 1
            kind = _kind_of(digits)
            if kind is None or (kind != "resident-id" and any(a <= began and ended <= b for a, b in organisations)):
                continue
            yield began, ended, kind


def _kind_of(digits: str) -> PersonalDataKind | None:
    """What so many digits are, where nothing stands before or after them."""
    match len(digits):
        case 11 | 13 | 15 if _PHONE.fullmatch(digits):
            return "mobile-phone"
        case 15 if digits[0] != "0" and _is_date(f"19{digits[6:12]}"):
            return "resident-id"
        case 18 if is_resident_id(digits):
            return "resident-id"
        case 16 | 17 | 18 | 19 if digits[0] in "34569" and digits.isdecimal() and is_luhn(digits):
            return "bank-card"
        case _:
            return None


_PHONE: Final = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS: Final = tuple(3**place % 31 for place in range(17))


def is_resident_id(number: str) -> bool:
    """Whether 18 characters are a resident ID number: a date of birth, and the check character (GB 11643, mod 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return number[0] != "0" and number[17].upper() == "10X98765432"[total % 11] and _is_date(number[6:14])


def is_organisation_code(code: str) -> bool:
    """Whether 18 characters are a unified social credit code (GB 32100, mod 31)."""
    total = sum(
        weight * _ORGANISATION_CHARACTERS.index(character)
        for weight, character in zip(_ORGANISATION_WEIGHTS, code, strict=False)
    )
    return _ORGANISATION_CHARACTERS[-total % 31] == code[17]


def is_luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812)."""
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def _is_date(digits: str) -> bool:
    try:
        return 1850 <= date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}").year < 2100
    except ValueError:
        return False
