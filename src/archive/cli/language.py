"""The language a person reads: Chinese, or English by `--lang en` or an English locale."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from archive.domain.errors import Language


def chosen(arguments: list[str], environment: dict[str, str]) -> Language:
    """Chinese unless `--lang en` is given or, without `--lang`, the locale is an English one."""
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            return "en" if arguments[index + 1] == "en" else "zh"
        if argument.startswith("--lang="):
            return "en" if argument == "--lang=en" else "zh"
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "en" if locale.startswith("en") else "zh"


# Help is made when the commands are: the choice is made once, before any of them.
LANGUAGE: Final[Language] = chosen(sys.argv[1:], dict(os.environ))


def say(zh: str, en: str) -> str:
    """The sentence in the reader's language."""
    return en if LANGUAGE == "en" else zh
