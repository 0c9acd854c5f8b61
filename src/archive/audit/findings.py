"""A finding: what an audit saw that cannot be so. Its codes are rows of `archive.domain.errors`, AUD-001 and on.

An audit never stops at a finding, and never mends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archive.domain.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.domain.errors import Language


class Finding(NamedTuple):
    """One thing that is wrong: its code, the position where (0: of the whole), the field, and facts for the sentence."""

    code: str
    position: int
    field: str | None
    facts: Mapping[str, object]

    def sentence(self, language: Language) -> str:
        """What is wrong."""
        return self.error().sentence(language)

    def next_step(self, language: Language) -> str:
        """What to do now."""
        return self.error().next_step(language)

    def error(self) -> Corrupt:
        """The same, to be raised by whom it stops."""
        return Corrupt(self.code, position=self.position, field=self.field, **self.facts)


def finding(code: str, position: int, *, field: str | None = None, **facts: object) -> Finding:
    """A finding with the facts that its sentence names."""
    return Finding(code, position, field, facts)
