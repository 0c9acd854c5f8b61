"""The home folder of an archive: its settings and stores, opened together.

HOME/archive.toml   HOME/log.sqlite   HOME/disclosures.sqlite   HOME/vault.sqlite   HOME/projections/
HOME/checkpoints.sqlite

The notary's folder, with the signer key and what it signed last, is not in the home: no copy of one brings back the
other.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.cli import settings
from archive.domain.errors import ArchiveError, Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.commands import Writer
    from archive.disclosures.openings import Disclosures
    from archive.law.calendar import Calendar, CalendarYear
    from archive.log.log import Log
    from archive.merkle.note import VerifierKey
    from archive.notary.remote import RemoteSigner
    from archive.notary.signer import Signer
    from archive.projections.runner import Projections
    from archive.vault.store import Vault

LOG: Final = "log.sqlite"
DISCLOSURES: Final = "disclosures.sqlite"
VAULT: Final = "vault.sqlite"
CHECKPOINTS: Final = "checkpoints.sqlite"
PROJECTIONS: Final = "projections"
_AGAIN_SECONDS: Final = 86_400.0


class Stores(NamedTuple):
    """The two stores that are not disposable and that the public side may read."""

    log: Log
    disclosures: Disclosures


def create(folder: Path, *, origin: str, notary: str = "") -> None:
    """A new archive in an empty or new folder, and its notary in a folder of its own (see settings)."""
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores
    from archive.storage.sqlite import SQLiteLog  # noqa: PLC0415 - help must start without the stores
    from archive.vault.store import Vault  # noqa: PLC0415 - help must start without the stores

    settings.check_origin(origin)
    key_folder = settings.notary_folder(folder, notary)
    try:
        for one in (folder, key_folder):
            if one.exists() and any(one.iterdir()):
                raise Refused("LOG-010", path=one)
        folder.mkdir(parents=True, exist_ok=True)
        SQLiteLog.create(folder / LOG).close()
        Disclosures.create(folder / DISCLOSURES).close()
        Vault.create(folder / VAULT).close()
        (folder / PROJECTIONS).mkdir()
        Checkpoints.create(folder / CHECKPOINTS).close()
        Signer.create(key_folder, origin=origin)
        # The settings come last: a folder without them is not an archive, and `init` can be run again after cleaning.
        settings.write(folder, origin=origin, notary=notary)
    except (FileExistsError, NotADirectoryError):
        raise Refused("LOG-010", path=folder) from None
    except OSError:
        raise Refused("LOG-002", path=folder) from None


def create_mirror(folder: Path, *, key: VerifierKey) -> None:
    """A home that follows the log of this key, in an empty or new folder: without vault and notary."""
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.storage.sqlite import SQLiteLog  # noqa: PLC0415 - help must start without the stores

    settings.check_origin(key.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused("LOG-010", path=folder)
        SQLiteLog.create(folder / LOG).close()
        Disclosures.create(folder / DISCLOSURES).close()
        Checkpoints.create(folder / CHECKPOINTS).close()
        (folder / PROJECTIONS).mkdir()
        settings.write(folder, origin=key.name, vkey=str(key))
    except (FileExistsError, NotADirectoryError):
        raise Refused("LOG-010", path=folder) from None
    except OSError:
        raise Refused("LOG-002", path=folder) from None


def mirrored(folder: Path) -> VerifierKey:
    """The key of the log that this home follows. MIR-005: it follows none, and is an archive of its own."""
    from archive.merkle.note import VerifierKey  # noqa: PLC0415 - help must start without the stores
    from archive.merkle.refusal import Unsound  # noqa: PLC0415 - help must start without the stores

    found = str(settings.load(folder)["mirror_of"].value)
    if not found:
        raise Refused("MIR-005", path=folder)
    try:
        return VerifierKey.parse(found)
    except Unsound:
        raise Refused("CFG-003", name="mirror_of") from None


def is_mirror(folder: Path) -> bool:
    """Whether this home follows somebody else's log: it has no vault, and nothing is entered or signed in it."""
    return bool(settings.load(folder)["mirror_of"].value)


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


def checkpoints(folder: Path, *, read_only: bool = False) -> Checkpoints:
    """Every checkpoint of a home."""
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores

    busy = float(str(settings.load(folder)["busy_seconds"].value))
    return Checkpoints(folder / CHECKPOINTS, read_only=read_only, busy_seconds=busy)


def signer(folder: Path) -> Signer | RemoteSigner:
    """The signer of a home: in its folder, or behind a socket."""
    from archive.notary.remote import RemoteSigner  # noqa: PLC0415 - help must start without the stores
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores

    values = settings.load(folder)
    origin, where = str(values["origin"].value), str(values["notary"].value)
    if where.startswith(settings.SOCKET):
        return RemoteSigner(settings.notary_folder(folder, where.removeprefix(settings.SOCKET)), origin=origin)
    return Signer(settings.notary_folder(folder, where), origin=origin)


def promise(folder: Path) -> bytes | None:
    """The note that the notary of a home signed last, as it stands there; None: it is not to be had here."""
    from archive.notary.signer import PROMISE, Signer  # noqa: PLC0415 - help must start without the stores

    try:
        one = signer(folder)
        # The file alone: who looks at what was promised needs no key.
        return (one.folder / PROMISE).read_bytes() if isinstance(one, Signer) else one.promised()
    except (OSError, Refused):
        return None


def publisher(
    folder: Path, log: Log, checkpoints: Checkpoints, *, tell: Callable[[Refused], None] = lambda _: None
) -> Callable[[], Stored]:
    """What has the folded log signed and stores the checkpoint. One thread may call it, many times.

    `tell`: why a witness did not sign, or there is no time-stamp.
    """
    from archive.notary.publish import publish  # noqa: PLC0415 - help must start without the stores
    from archive.notary.timestamps import read_stamper  # noqa: PLC0415 - help must start without the stores
    from archive.notary.witnesses import read_witnesses  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    values = settings.load(folder)
    policy, tsa = str(values["witnesses"].value), str(values["tsa"].value)
    seconds = float(str(values["witness_seconds"].value))
    witnessed = read_witnesses(folder / policy, seconds=seconds, tell=tell).cosign if policy else None
    certificates = folder / str(values["tsa_certificates"].value)
    stamper = read_stamper(tsa, certificates, seconds=seconds, tell=tell) if tsa else None
    one = signer(folder)
    reader = Reader(folder / PROJECTIONS)
    asked_again = -_AGAIN_SECONDS

    def published() -> Stored:
        nonlocal asked_again
        # Once a day, and when a process begins: witnesses that were away are asked again though nothing is new.
        again = monotonic() - asked_again >= _AGAIN_SECONDS
        if again:
            asked_again = monotonic()
        stored = publish(log, reader, checkpoints, one, now=lambda: datetime.now(UTC), witnessed=witnessed, again=again)
        if stamper is not None:
            stamper.stamp_newest(checkpoints, stored)
        return stored

    return published


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

    if is_mirror(folder):
        raise Refused("MIR-008", path=folder)
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
