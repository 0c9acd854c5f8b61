"""The calendars that a fold reckons with: the region of each agency, and what each region adopted so far.

A projection that reckons days keeps both in two tables of its own, since it is rebuilt by itself.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from archive.domain.calendars import overlaid, regions_above
from archive.law.calendar import CalendarYear

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from archive.domain.agencies import AgencyRegistered
    from archive.domain.calendars import CalendarAdopted
    from archive.law.calendar import Calendar

_DAYS: Final = msgspec.json.Decoder(frozenset[date])


def tables(projection: str) -> tuple[str, str]:
    """The two tables of a projection."""
    return (
        f"""CREATE TABLE {projection}_agencies (
    agency TEXT PRIMARY KEY,
    region TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
        f"""CREATE TABLE {projection}_calendars (
    region           TEXT NOT NULL,
    year             INTEGER NOT NULL,
    days_off         TEXT NOT NULL,     -- JSON, in the newest version of the year
    working_weekends TEXT NOT NULL,     -- JSON
    PRIMARY KEY (region, year)
) STRICT, WITHOUT ROWID""",
    )


class Regions:
    """The two tables of one projection during a fold; read when first asked for, and written at once."""

    def __init__(self, db: Connection, projection: str) -> None:
        self._db = db
        self._of = projection
        self._regions: dict[str, str] | None = None
        self._years: dict[str, dict[int, CalendarYear]] | None = None
        self._calendars: dict[str, Calendar] = {}

    def registered(self, agency: str, event: AgencyRegistered) -> None:
        """An agency has a region."""
        self._db.execute(f"INSERT INTO {self._of}_agencies VALUES (?, ?)", (agency, event.region))
        if self._regions is not None:
            self._regions[agency] = event.region

    def adopted(self, event: CalendarAdopted) -> None:
        """A region has another calendar of a year."""
        self._db.execute(
            f"INSERT OR REPLACE INTO {self._of}_calendars VALUES (?, ?, ?, ?)",
            (event.region, event.year, _json(event.days_off), _json(event.working_weekends)),
        )
        self._years = None
        self._calendars.clear()

    def of(self, agency: str) -> str | None:
        """The region of an agency; None where no such agency was registered."""
        if self._regions is None:
            self._regions = dict(self._db.execute(f"SELECT agency, region FROM {self._of}_agencies"))
        return self._regions.get(agency)

    def under(self, region: str) -> list[str]:
        """The regions of agencies that a calendar of this region applies to, in order."""
        known = self._db.execute(f"SELECT DISTINCT region FROM {self._of}_agencies ORDER BY region")
        return [one for (one,) in known if region in regions_above(one)]

    def calendar(self, region: str) -> Calendar:
        """The calendar of a region, as known now: of each year, what the nearest region above it says."""
        calendar = self._calendars.get(region)
        if calendar is None:
            years = self._adopted()
            calendar = overlaid(tuple(years.get(one, {}).values()) for one in regions_above(region))
            self._calendars[region] = calendar
        return calendar

    def _adopted(self) -> dict[str, dict[int, CalendarYear]]:
        if self._years is None:
            self._years = {}
            for region, year, days_off, working_weekends in self._db.execute(f"SELECT * FROM {self._of}_calendars"):
                self._years.setdefault(region, {})[year] = CalendarYear(
                    year=year,
                    version="",
                    days_off=_DAYS.decode(days_off),
                    working_weekends=_DAYS.decode(working_weekends),
                )
        return self._years


def _json(value: Iterable[object]) -> str:
    return msgspec.json.encode(value).decode()
