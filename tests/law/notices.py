"""The calendars of 2008 to 2026, from the data that come with the program."""

import json
from datetime import date
from importlib.resources import files

from archive.law.calendar import Calendar, CalendarYear

_YEARS = json.loads(files("archive.law").joinpath("data/cn_working_days_2008_2026.json").read_bytes())["years"]
WORKING_DAYS: dict[int, int] = {int(year): found["working_days"] for year, found in _YEARS.items()}
STATE_COUNCIL = Calendar(
    CalendarYear(
        year=int(year),
        version=f"{year}.1",
        days_off=frozenset(map(date.fromisoformat, found["weekday_days_off_放假"])),
        working_weekends=frozenset(map(date.fromisoformat, found["working_weekend_days_调休上班"])),
    )
    for year, found in _YEARS.items()
)
