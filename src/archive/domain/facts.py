"""What a decision needs besides state and command: facts that come in from outside, so that `decide` stays pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from archive.domain.agencies import Agency


class Facts(Struct, frozen=True, kw_only=True):
    """`today` in China's time zone, the agency concerned, and the seals of the command's texts by class."""

    today: date
    seals: dict[str, str]
    agency: Agency | None
