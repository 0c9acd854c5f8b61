"""What a text and a query are turned into before they are compared, and where in the text a match stands.

    「湖北省２０１８年計劃〔GDP〕」 ──▶ " 湖 北 省 2 0 1 8 年 计 划 ( gdp ) "

Rules
- Every character is folded by itself, so that a part of a text folds to a part of the folded text: full width to half
  width and other compatibility forms (Unicode NFKC), case, traditional to simplified (OpenCC's table of characters),
  〇一二三四五六七八九 to digits, all brackets to round ones, and all quotation marks to one.
- What is compared are units: a word of Latin letters is one, every other character is one, and white space is none.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIT: Final = re.compile(r"[a-z]+|[^\sa-z]")
_DIGITS: Final = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_MARKS: Final = {
    **dict.fromkeys("[{〔〖【〈《", "("),
    **dict.fromkeys("]}〕〗】〉》", ")"),
    **dict.fromkeys("“”„‟‘’'「」『』", '"'),
}
# Where characters have traditional forms: the ideographs of the Basic Multilingual Plane and their compatibility forms.
_IDEOGRAPHS: Final = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))


class Span(NamedTuple):
    """A part of a text: the characters from `start` up to `end`, itself excluded."""

    start: int
    end: int


def fold(text: str) -> str:
    """A text with every character folded; its white space stays where it was."""
    return text.translate(_table())


def units(folded: str) -> list[str]:
    """The units of a folded text, in order."""
    return _UNIT.findall(folded)


def find(text: str, sought: Sequence[str]) -> Span | None:
    """Where these units, one at least, first stand in a text as it was written; None where they do not."""
    table = _table()
    folded, origins = [], []
    for index, character in enumerate(text):
        for one in table[ord(character)]:
            folded.append(one)
            origins.append(index)
    found = list(_UNIT.finditer("".join(folded)))
    width = len(sought)
    for first in range(len(found) - width + 1):
        here = found[first : first + width]
        if [one.group() for one in here] == list(sought):
            return Span(origins[here[0].start()], origins[here[-1].end() - 1] + 1)
    return None


@cache
def definition() -> str:
    """SHA-256, hexadecimal, over the tables by which characters are folded: two programs with the same one fold alike."""
    pairs = sorted((*_simplified().items(), *_DIGITS.items(), *_MARKS.items()))
    return sha256("\n".join(f"{one} {other}" for one, other in pairs).encode()).hexdigest()


class _Table(dict[int, str]):
    """Character (its code point) -> what it folds to; worked out when first asked for, and kept."""

    def __missing__(self, code: int) -> str:
        simplified = _simplified()
        folded = "".join(
            _MARKS.get(one) or _DIGITS.get(one, one)
            for one in (simplified.get(two, two) for two in normalize("NFKC", chr(code)).casefold())
        )
        self[code] = folded
        return folded


@cache
def _table() -> _Table:
    return _Table()


@cache
def _simplified() -> dict[str, str]:
    """Traditional -> simplified, character by character: OpenCC knows phrases too, but those depend on their neighbours."""
    import opencc  # noqa: PLC0415 - 20 ms that only those pay who fold

    characters = [chr(code) for codes in _IDEOGRAPHS for code in codes]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {one: other for one, other in zip(characters, converted, strict=True) if one != other}
