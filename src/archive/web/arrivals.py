"""Waits until this site has reached a position: somebody has written elsewhere and wants to read what he wrote."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from archive.domain.errors import ArchiveError

if TYPE_CHECKING:
    from archive.api.reads import Sources

LOOK_SECONDS: Final = 0.02
# More are answered at once, with what there is.
MAX_WAITING: Final = 1_000


class Arrivals:
    """Those who wait on one event loop. One look at the head is for all of them, and none is made while nobody waits."""

    def __init__(self, sources: Sources, *, seconds: float) -> None:
        self._sources = sources
        self._seconds = seconds
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._looking: asyncio.Task[None] | None = None

    async def reach(self, position: int) -> None:
        """Return when the position can be read, or after the time that one is let wait."""
        if len(self._waiting) >= MAX_WAITING:
            return
        loop = asyncio.get_running_loop()
        reached = loop.create_future()
        self._waiting[reached] = position
        if self._looking is None or self._looking.done():
            self._looking = loop.create_task(self._look())
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(reached, self._seconds)
        finally:
            del self._waiting[reached]

    async def _look(self) -> None:
        while self._waiting:
            # Whoever waits is told by his own reading what is wrong.
            with suppress(ArchiveError), self._sources.reading() as reads:
                for reached, position in self._waiting.items():
                    if position <= reads.head and not reached.done():
                        reached.set_result(None)
            await asyncio.sleep(LOOK_SECONDS)
