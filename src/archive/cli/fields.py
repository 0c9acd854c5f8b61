"""The fields of commands and their codes, in words for the person who types them."""

from __future__ import annotations

from typing import Final

from archive.cli.words import (
    activity,
    agency,
    assessment,
    calendar,
    consultation,
    declaration,
    guide,
    inspection,
    interpretation,
    issue,
    item,
    month,
    opinion,
    place,
    post,
    remedy,
    report,
    request,
    rule,
    shared,
)
from archive.domain.errors import Phrase

# The nouns that are kinds of streams, in the order of `--help`.
NOUNS: Final = {
    "agency": agency,
    "item": item,
    "request": request,
    "calendar": calendar,
    "remedy": remedy,
    "opinion": opinion,
    "issue": issue,
    "interpretation": interpretation,
    "consultation": consultation,
    "activity": activity,
    "declaration": declaration,
    "month": month,
    "report": report,
    "assessment": assessment,
    "inspection": inspection,
    "post": post,
    "guide": guide,
    "rule": rule,
    "place": place,
}

COMMANDS_ZH: Final[dict[str, str]] = {name: zh for words in NOUNS.values() for name, zh in words.COMMANDS.items()}
BEGINNINGS: Final[frozenset[str]] = frozenset(name for words in NOUNS.values() for name in words.BEGINNINGS)


def sentence(noun: str, command: str, field: str) -> Phrase:
    """What the field of a command is, in one sentence: of that command alone, of the noun, or of several nouns."""
    own = NOUNS[noun].FIELDS
    return own.get(f"{command}.{field}") or own.get(field) or shared.FIELDS[field]


def code_zh(noun: str, code: str) -> str:
    """What a reader of Chinese calls a code that he chooses."""
    return NOUNS[noun].CODES.get(code) or shared.CODES[code]


def role(noun: str, command: str) -> str:
    """Who acts unless `--by` says otherwise."""
    roles: dict[str, str] = NOUNS[noun].ROLES
    return roles.get(command, roles[noun])
