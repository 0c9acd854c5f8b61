"""A calendar (工作日历): the days off and the working weekends of each year, region by region, in versions.

Rules
- A region has one stream, whose id follows from its code, so that nobody can begin a second one. 000000 is the nation.
- The first version of a year comes with the notice for it. A later one says why: the notice was changed, which can only
  concern days that have not come, or it was recorded wrongly, which can concern any.
- Nothing is recomputed here: due dates are reckoned with the versions that are known at a position, and name them.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from archive.domain.codes import Command, Event, RegionCode, Seal, Text
from archive.domain.errors import Refused
from archive.law.calendar import Calendar, CalendarYear

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archive.domain.facts import Facts

NATION: Final = "000000"

CalendarId = Annotated[
    str,
    Meta(pattern=r"^calendar-[0-9a-f]{32}\Z", description="A stream of kind calendar: it follows from the region."),
]
Year = Annotated[int, Meta(ge=1949, le=2999)]
# More than any notice ever set, and far below what an entry may hold.
Days = Annotated[list[date], Meta(max_length=100)]
AdoptionReason = Literal["annual-notice", "notice-changed", "recorded-wrongly"]


class NoticeText(Text, frozen=True, kw_only=True):
    """The notice that sets the days: public."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    document_number: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET


class CalendarAdopted(Event, frozen=True, kw_only=True):
    """From here on the year is reckoned so. `days_off` are weekdays, `working_weekends` Saturdays and Sundays (调休)."""

    TYPE: ClassVar[str] = "calendar-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    region: RegionCode
    year: Year
    number: Annotated[int, Meta(ge=1, le=999)]
    reason: AdoptionReason
    days_off: Days
    working_weekends: Days
    text: Seal


CalendarEvent = CalendarAdopted


class AdoptCalendar(Command, tag="adopt-calendar", frozen=True, kw_only=True):
    """Adopt the days off and the working weekends of a year for a region."""

    STREAM: ClassVar[str] = "calendar"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    calendar: CalendarId
    region: RegionCode
    year: Year
    reason: AdoptionReason
    days_off: Days
    working_weekends: Days
    text: NoticeText | UnsetType = UNSET


CalendarCommand = AdoptCalendar


class RegionCalendar(Struct, frozen=True, kw_only=True):
    """What a region has adopted, each year in its newest version."""

    adopted: tuple[CalendarAdopted, ...]

    def in_year(self, year: int) -> CalendarAdopted | None:
        """The newest version of a year."""
        return next((one for one in self.adopted if one.year == year), None)


def decide(calendar: RegionCalendar | None, command: CalendarCommand, facts: Facts) -> tuple[CalendarEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    if command.calendar != (expected := calendar_id(command.region)):
        raise Refused("CAL-001", region=command.region, expected=expected)
    days_off, weekends = sorted(set(command.days_off)), sorted(set(command.working_weekends))
    for day in (*days_off, *weekends):
        if day.year != command.year:
            raise Refused("CAL-002", day=day, year=command.year)
    for day, listed in (*((one, "days_off") for one in days_off), *((one, "working_weekends") for one in weekends)):
        if (day.weekday() >= 5) != (listed == "working_weekends"):
            raise Refused("CAL-003", day=day, field=listed)
    number = 1
    before = None if calendar is None else calendar.in_year(command.year)
    if before is None:
        if command.reason != "annual-notice":
            raise Refused("CAL-004", year=command.year)
    else:
        number = before.number + 1
        changed = sorted({*before.days_off} ^ {*days_off} | {*before.working_weekends} ^ {*weekends})
        if not changed:
            raise Refused("CAL-005", version=year_of(before).version)
        if command.reason == "annual-notice":
            raise Refused("CAL-006", version=year_of(before).version, day=changed[0])
        if command.reason == "notice-changed" and changed[0] <= facts.today:
            raise Refused("CAL-007", day=changed[0], today=facts.today)
    return (
        CalendarAdopted(
            region=command.region,
            year=command.year,
            number=number,
            reason=command.reason,
            days_off=days_off,
            working_weekends=weekends,
            text=facts.seals["text"],
        ),
    )


def evolve(calendar: RegionCalendar | None, event: CalendarEvent) -> RegionCalendar:
    """The calendar after the event."""
    others = () if calendar is None else tuple(one for one in calendar.adopted if one.year != event.year)
    return RegionCalendar(adopted=(*others, event))


def year_of(event: CalendarAdopted) -> CalendarYear:
    """The year as the event sets it; its version is `<region>/<year>.<number>`, without region for the nation."""
    of_region = "" if event.region == NATION else f"{event.region}/"
    return CalendarYear(
        year=event.year,
        version=f"{of_region}{event.year}.{event.number}",
        days_off=frozenset(event.days_off),
        working_weekends=frozenset(event.working_weekends),
    )


def calendar_id(region: str) -> str:
    """The stream of a region's calendar."""
    digest = sha256(f"opengov-archive/calendar/v1\n{region}".encode("ascii")).hexdigest()
    return f"calendar-{digest[:32]}"


def regions_above(region: str) -> tuple[str, ...]:
    """The regions whose calendars apply, the nation first: province, prefecture, county (GB/T 2260)."""
    return tuple(dict.fromkeys((NATION, f"{region[:2]}0000", f"{region[:4]}00", region)))


def overlaid(calendars: Iterable[Sequence[CalendarYear]]) -> Calendar:
    """One calendar of several, the nation first: of each year, what the nearest region says."""
    return Calendar({year.year: year for years in calendars for year in years}.values())
