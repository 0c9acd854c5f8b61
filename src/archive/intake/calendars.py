"""Calendars from a file of notices, or from the one that comes with the program, as commands.

    {"years": {"2018": {"weekday_days_off_放假": ["2018-01-01", …], "working_weekend_days_调休上班": [ … ]}, …}}

Rules
- A year that is in the archive as it is in the file is left alone. One that differs is adopted anew for the reason that
  is given; with `annual-notice`, which is none, it is refused (CAL-006).
- The file that comes with the program has the notices for 2008 to 2026 as PyPI's chinesecalendar 1.11.0 (MIT) encodes
  them. Compare a year with its notice before relying on it.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from archive.domain.calendars import AdoptCalendar, Days, calendar_id
from archive.domain.codes import RegionCode
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archive.commands import Batch, Writer
    from archive.domain.calendars import AdoptionReason
    from archive.law.calendar import CalendarYear

SHIPPED: Final = "data/cn_working_days_2008_2026.json"


class _Year(Struct):
    days_off: Days = msgspec.field(name="weekday_days_off_放假")
    working_weekends: Days = msgspec.field(name="working_weekend_days_调休上班")


class _Notices(Struct):
    years: dict[Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")], _Year]


_decode: Final = msgspec.json.Decoder(_Notices).decode
_region: Final = msgspec.json.Decoder(RegionCode).decode
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def import_calendars(  # noqa: PLR0913 - what is adopted, for whom and why
    writer: Writer,
    file: Path | None,
    *,
    region: str,
    reason: AdoptionReason,
    adopted: Mapping[int, CalendarYear],
    dry_run: bool = False,
) -> Batch:
    """Adopt the years of a file, or of the one that comes with the program; all or none.

    `adopted`: what the region has; `reason` is why one of these years changes.
    """
    raw = _read(file)
    try:
        notices = _decode(raw)
        _region(_encode(region))
    except msgspec.MsgspecError:
        raise Refused("CAL-008", path=SHIPPED if file is None else file) from None
    commands = commands_of(notices.years, region=region, reason=reason, adopted=adopted)
    return writer.handle_all(
        enumerate(commands, 1),
        kind="calendars",
        source_sha256=lambda: sha256(raw).hexdigest(),
        by="role:administrator",
        dry_run=dry_run,
    )


def commands_of(
    years: dict[str, _Year], *, region: str, reason: AdoptionReason, adopted: Mapping[int, CalendarYear]
) -> Iterator[AdoptCalendar]:
    """A command for each year that is not as it is here, in order."""
    for name, year in sorted(years.items()):
        before = adopted.get(int(name))
        if before and before.days_off == set(year.days_off) and before.working_weekends == set(year.working_weekends):
            continue
        because: AdoptionReason = "annual-notice" if before is None else reason
        # What is sent twice happens once; a third version that is like the first is another one.
        follows = "" if before is None else before.version
        content = _encode([region, name, because, follows, sorted(year.days_off), sorted(year.working_weekends)])
        yield AdoptCalendar(
            id=sha256(b"archive/import-calendars/v1\n" + content).hexdigest()[:32],
            by="role:administrator",
            calendar=calendar_id(region),
            region=region,
            year=int(name),
            reason=because,
            days_off=sorted(year.days_off),
            working_weekends=sorted(year.working_weekends),
        )


def _read(file: Path | None) -> bytes:
    if file is None:
        return files("archive.law").joinpath(SHIPPED).read_bytes()
    try:
        return file.read_bytes()
    except OSError:
        raise Refused("LOG-002", path=file) from None
