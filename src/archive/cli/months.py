"""`archive month`: the verbs of a closed month. What a section is told is counted where it is not typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archive.cli import home
from archive.cli.verbs import NOUNS, Filling
from archive.domain.errors import Refused
from archive.domain.months import MonthClosed

if TYPE_CHECKING:
    from archive.cli.output import Options

_COUNTED: Final = frozenset({"published", "late", "returned"})


def _fill(options: Options, wish: dict[str, Any]) -> None:  # Any: JSON of every shape
    """Put the section's figures into a notification where they were not typed: those of the position of the closing."""
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores
    from archive.reports.months import counted_for  # noqa: PLC0415 - help must start without the stores

    with home.stores(options.home, read_only=True) as (log, _):
        history = log.history(wish["month"])
        if not history:
            raise Refused("MON-003", month=wish["month"])
        closed = history[0].event
        assert isinstance(closed, MonthClosed), "a month begins with its closing"
        reader = Reader(options.home / home.PROJECTIONS)
        try:
            with reader.reading() as reading:
                found = counted_for(reading, closed, wish["section"])
        finally:
            reader.close()
    for name in _COUNTED:
        wish.setdefault(name, getattr(found, name))


app = NOUNS["month"].app({"issue-monthly-notification": Filling(_COUNTED, _fill)})
