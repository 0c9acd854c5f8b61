"""What a decision needs besides state and command: facts that come in from outside, so that `decide` stays pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from archive.law.calendar import Calendar

if TYPE_CHECKING:
    from archive.domain.agencies import Agency

# No arrangement of holidays is known: only the week.
NO_CALENDAR: Final = Calendar()
T = TypeVar("T")


class Facts(Struct, frozen=True, kw_only=True):
    """What is so around a command.

    `today` in China's time zone; `position`, that of the newest entry; `by`, the office that acts; the seals of the command's texts by class; the agency
    concerned, and the calendar of its region; the states of the other streams that the command names (`REFERS`).
    """

    today: date
    position: int
    by: str
    seals: dict[str, str]
    agency: Agency | None
    calendar: Calendar
    streams: dict[str, object]

    def state_of(self, stream: str, kind: type[T]) -> T | None:
        """The state of a stream that the command names; None where there is no such stream."""
        state = self.streams.get(stream)
        return state if isinstance(state, kind) else None
