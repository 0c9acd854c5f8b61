"""The home folder of an archive: its settings and stores, opened together.

HOME/archive.toml   HOME/log.sqlite   HOME/disclosures.sqlite   HOME/vault.sqlite   HOME/projections/
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.cli import settings
from archive.domain.errors import ArchiveError, Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.commands import Writer
    from archive.disclosures.openings import Disclosures
    from archive.law.calendar import Calendar, CalendarYear
    from archive.log.log import Log
    from archive.projections.runner import Projections
    from archive.vault.store import Vault

LOG: Final = "log.sqlite"
DISCLOSURES: Final = "disclosures.sqlite"
VAULT: Final = "vault.sqlite"
PROJECTIONS: Final = "projections"


class Stores(NamedTuple):
    """The two stores that are not disposable and that the public side may read."""

    log: Log
    disclosures: Disclosures


def create(folder: Path, *, origin: str) -> None:
    """A new archive in an empty or new folder."""
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.storage.sqlite import SQLiteLog  # noqa: PLC0415 - help must start without the stores
    from archive.vault.store import Vault  # noqa: PLC0415 - help must start without the stores

    settings.check_origin(origin)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused("LOG-010", path=folder)
        SQLiteLog.create(folder / LOG).close()
        Disclosures.create(folder / DISCLOSURES).close()
        Vault.create(folder / VAULT).close()
        (folder / PROJECTIONS).mkdir()
        # The settings come last: a folder without them is not an archive, and `init` can be run again after cleaning.
        settings.write(folder, origin=origin)
    except (FileExistsError, NotADirectoryError):
        raise Refused("LOG-010", path=folder) from None
    except OSError:
        raise Refused("LOG-002", path=folder) from None


@contextmanager
def stores(folder: Path, *, read_only: bool = False) -> Iterator[Stores]:
    """The stores of a home; the log must be the one that the settings name."""
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.log.log import Log  # noqa: PLC0415 - help must start without the stores

    values = settings.load(folder)
    origin, busy = str(values["origin"].value), float(str(values["busy_seconds"].value))
    with (
        Log.open(folder / LOG, origin=origin, read_only=read_only, busy_seconds=busy) as log,
        Disclosures(folder / DISCLOSURES, read_only=read_only, busy_seconds=busy) as disclosures,
    ):
        first = log.entry(1)
        if first is not None and first.log != origin:
            raise Corrupt("LOG-011", found=first.log, origin=origin)
        yield Stores(log, disclosures)


def projections(folder: Path, log: Log, disclosures: Disclosures) -> Projections:
    """The projections of a home."""
    from archive.projections.runner import Projections  # noqa: PLC0415 - help must start without the stores

    return Projections(folder / PROJECTIONS, log, disclosures)


def calendar_of(log: Log, region: str) -> dict[int, CalendarYear]:
    """The years that a region has adopted, in their newest versions."""
    from archive.log.calendars import years_of  # noqa: PLC0415 - help must start without the stores

    return years_of(log, region, position=log.head())


def calendar(log: Log, region: str) -> Calendar:
    """The calendar by which a region reckons now."""
    from archive.log.calendars import calendar_at  # noqa: PLC0415 - help must start without the stores

    return calendar_at(log, region, position=log.head())


def vault(folder: Path) -> Vault:
    """The vault of a home; the public side never opens it."""
    from archive.vault.store import Vault  # noqa: PLC0415 - help must start without the stores

    return Vault(folder / VAULT, busy_seconds=float(str(settings.load(folder)["busy_seconds"].value)))


def finish_erasures(folder: Path) -> list[int]:
    """Destroy what is erased in this home and not yet destroyed; the entries that erased it."""
    with stores(folder) as (log, disclosures):
        if not disclosures.unfinished(head=log.head()):
            return []
        return _finish(folder, log, disclosures)


def _finish(folder: Path, log: Log, disclosures: Disclosures) -> list[int]:
    from archive import erasure  # noqa: PLC0415 - help must start without the stores

    with vault(folder) as persons:
        return erasure.finish(log, disclosures, persons, projections(folder, log, disclosures))


@contextmanager
def writer(folder: Path) -> Iterator[Writer]:
    """The one way to write into a home. What an erasure left undone is done first, and what one begins is done last."""
    from archive.commands import Writer  # noqa: PLC0415 - help must start without the stores

    with stores(folder) as (log, disclosures):
        before = disclosures.unfinished(head=log.head())
        if before:
            # Whoever is in the way of it now is no reason not to write.
            with suppress(ArchiveError):
                _finish(folder, log, disclosures)
        with vault(folder) as persons, Writer(log, disclosures, persons) as one:
            yield one
        if set(disclosures.unfinished(head=log.head())).difference(before):
            _finish(folder, log, disclosures)
