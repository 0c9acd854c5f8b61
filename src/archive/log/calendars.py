"""The calendars of an archive: what its entries say about working days, region by region, as of a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.domain.calendars import CalendarAdopted, calendar_id, overlaid, regions_above, year_of

if TYPE_CHECKING:
    from archive.law.calendar import Calendar, CalendarYear
    from archive.log.log import Log


def years_of(log: Log, region: str, *, position: int) -> dict[int, CalendarYear]:
    """The years that a region itself has adopted, each in the version that was newest at the position."""
    return {
        entry.event.year: year_of(entry.event)
        for entry in log.history(calendar_id(region), until=position)
        if isinstance(entry.event, CalendarAdopted)
    }


def calendar_at(log: Log, region: str, *, position: int) -> Calendar:
    """The calendar by which a region reckoned at the position: its own years over those of the regions above it."""
    return overlaid(tuple(years_of(log, one, position=position).values()) for one in regions_above(region))
