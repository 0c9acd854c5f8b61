"""The order of days: a step lies on a day that has come, and not before the step it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from datetime import date

    from archive.domain.facts import Facts


def must_have_come(on: date, facts: Facts, *, field: str) -> None:
    """DAT-001 where the day lies after today."""
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)


def must_follow(on: date, earliest: date, facts: Facts, *, field: str) -> None:
    """DAT-002 where the day lies before the step it follows, DAT-001 where it lies after today."""
    if on < earliest:
        raise Refused("DAT-002", field=field, on=on, earliest=earliest)
    must_have_come(on, facts, field=field)
