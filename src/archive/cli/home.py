"""The home folder of an archive: its settings and stores, opened together.

HOME/archive.toml   HOME/log.sqlite   HOME/disclosures.sqlite   HOME/vault.sqlite   HOME/projections/
HOME/checkpoints.sqlite

The notary's folder, with the signer key and what it signed last, is not in the home: no copy of one brings back the
other.

Where the setting `log` names a PostgreSQL database, log, disclosures, vault and checkpoints are there, and the rest is here.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from archive.cli import settings
from archive.domain.errors import ArchiveError, Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.audit.findings import Finding
    from archive.checkpoints.store import Checkpoints, Stored
    from archive.commands import Writer
    from archive.disclosures.openings import Disclosures
    from archive.law.calendar import Calendar, CalendarYear
    from archive.log.copies import Copied
    from archive.log.log import Log
    from archive.merkle.note import VerifierKey
    from archive.notary.remote import RemoteSigner
    from archive.notary.signer import Signer
    from archive.projections.runner import Projections
    from archive.storage.addresses import Address
    from archive.storage.beside import Store
    from archive.storage.contract import Storage
    from archive.storage.moving import Moved
    from archive.vault.store import Vault

T = TypeVar("T")
LOG: Final = "log.sqlite"
DISCLOSURES: Final = "disclosures.sqlite"
VAULT: Final = "vault.sqlite"
CHECKPOINTS: Final = "checkpoints.sqlite"
PROJECTIONS: Final = "projections"
_AGAIN_SECONDS: Final = 86_400.0


class Roles(NamedTuple):
    """Who makes an archive in PostgreSQL, which roles may then read it, and which may see what is not public."""

    owner: Address | None = None
    readers: tuple[str, ...] = ()
    keepers: tuple[str, ...] = ()


NOBODY: Final = Roles()


class Stores(NamedTuple):
    """The two stores that are not disposable and that the public side may read."""

    log: Log
    disclosures: Disclosures


def create(
    folder: Path,
    *,
    origin: str,
    notary: str = "",
    log: Address | None = None,
    roles: Roles = NOBODY,
) -> None:
    """A new archive in an empty or new folder, and its notary in a folder of its own (see settings).

    Its log and its stores are files, or at the address `log`, made there by the owner.
    """
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores
    from archive.vault.store import Vault  # noqa: PLC0415 - help must start without the stores

    settings.check_origin(origin)
    key_folder = settings.notary_folder(folder, notary)
    try:
        for one in (folder, key_folder):
            if one.exists() and any(one.iterdir()):
                raise Refused("LOG-010", path=one)
        folder.mkdir(parents=True, exist_ok=True)
        _make_log(log or folder / LOG, roles).close()
        for kind, name in ((Disclosures, DISCLOSURES), (Vault, VAULT), (Checkpoints, CHECKPOINTS)):
            kind.create(log or folder / name, **roles._asdict()).close()
        (folder / PROJECTIONS).mkdir()
        Signer.create(key_folder, origin=origin)
        # The settings come last: a folder without them is not an archive, and `init` can be run again after cleaning.
        settings.write(folder, origin=origin, notary=notary, log=log)
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


def create_node(folder: Path, *, origin: str, log_read: Address) -> None:
    """A home that serves what it reads elsewhere, in an empty or new folder: nothing is entered or signed in it."""
    from archive.log.log import Log  # noqa: PLC0415 - help must start without the stores
    from archive.storage.contract import BUSY_SECONDS  # noqa: PLC0415 - see above

    settings.check_origin(origin)
    with Log.open(log_read, origin=origin, read_only=True, busy_seconds=BUSY_SECONDS) as log:
        _must_be(log, origin)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused("LOG-010", path=folder)
        (folder / PROJECTIONS).mkdir()
        settings.write(folder, origin=origin, log_read=log_read)
    except (FileExistsError, NotADirectoryError):
        raise Refused("LOG-010", path=folder) from None
    except OSError:
        raise Refused("LOG-002", path=folder) from None


def is_node(folder: Path) -> bool:
    """Whether this home only serves what it reads elsewhere."""
    values = settings.load(folder)
    return bool(values["log_read"].value) and not values["log"].value


def is_mirror(folder: Path) -> bool:
    """Whether this home follows somebody else's log: it has no vault, and nothing is entered or signed in it."""
    return bool(settings.load(folder)["mirror_of"].value)


class Copies(NamedTuple):
    """What was copied of the log, and of each store beside it that there is."""

    log: Copied
    stores: dict[str, Moved]


def copy_log(source: str, target: str, *, roles: Roles = NOBODY, progress: Callable[[str, int, int], None]) -> Copies:
    """Copy a log and the stores beside it into another place, which is made if nothing is there; each is a file or an address.

    The log goes first; in a home that begins with less of it, a writer would take the texts for remains. `progress` is
    told of which one, how much and out of how much.
    """
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - see above
    from archive.log.copies import copy  # noqa: PLC0415 - see above
    from archive.storage.addresses import open_storage  # noqa: PLC0415 - see above
    from archive.storage.contract import BUSY_SECONDS  # noqa: PLC0415 - see above
    from archive.vault.store import Vault  # noqa: PLC0415 - see above

    one, other = (_log_place(text) for text in (source, target))
    with open_storage(one, read_only=True, busy_seconds=BUSY_SECONDS) as log:
        there = _open_or_make(
            lambda: open_storage(other, read_only=False, busy_seconds=BUSY_SECONDS), lambda: _make_log(other, roles)
        )
        head = log.head()
        with there:
            copied = copy(log, there, progress=lambda done: progress("log", done, head))
    stores: dict[str, Moved] = {}
    for kind, name in ((Disclosures, DISCLOSURES), (Vault, VAULT), (Checkpoints, CHECKPOINTS)):
        where, to = (place.with_name(name) if isinstance(place, Path) else place for place in (one, other))
        moved = None if where == to else _copy_store(kind, where, to, roles=roles, progress=progress)
        if moved is not None:
            stores[kind.NAME] = moved
    if Disclosures.NAME in stores:
        _check_copy(other, vault=Vault.NAME in stores, head=head)
    return Copies(copied, stores)


def _copy_store(
    kind: type[Store],
    where: Path | Address,
    to: Path | Address,
    *,
    roles: Roles,
    progress: Callable[[str, int, int], None],
) -> Moved | None:
    """Copy a store, if there is one."""
    from archive.storage.moving import copy_store, count_of  # noqa: PLC0415 - help must start without the stores

    try:
        found = kind(where, read_only=True)
    except Refused as refused:
        # A mirror has no vault, and a copy of a log alone has nothing beside it.
        if refused.code != "LOG-006":
            raise
        return None
    with found as store, _open_or_make(lambda: kind(to), lambda: kind.create(to, **roles._asdict())) as target:
        rows = count_of(store)
        return copy_store(store, target, progress=lambda done: progress(kind.NAME, done, rows))


def _open_or_make(opening: Callable[[], T], making: Callable[[], T]) -> T:
    try:
        return opening()
    except Refused as refused:
        if refused.code != "LOG-006":
            raise
    return making()


def _check_copy(place: Path | Address, *, vault: bool, head: int) -> None:
    """Raise the first thing that an audit of the entries finds: each text is behind its seal, and none is withheld."""
    from archive.audit.entries import check_entries  # noqa: PLC0415 - help must start without the stores
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - see above
    from archive.log.entry import decode_entry  # noqa: PLC0415 - see above
    from archive.log.log import Log  # noqa: PLC0415 - see above
    from archive.storage.addresses import open_storage  # noqa: PLC0415 - see above
    from archive.storage.contract import BUSY_SECONDS  # noqa: PLC0415 - see above
    from archive.vault.store import Vault  # noqa: PLC0415 - see above

    def found(one: Finding) -> None:
        raise one.error()

    with open_storage(place, read_only=True, busy_seconds=BUSY_SECONDS) as storage:
        first = storage.row(1)
    if first is None:
        return
    origin = decode_entry(first.position, first.type, first.entry).log
    openings, persons = (place.with_name(name) if isinstance(place, Path) else place for name in (DISCLOSURES, VAULT))
    with (
        Log.open(place, origin=origin, read_only=True) as log,
        Disclosures(openings, read_only=True) as disclosures,
        Vault(persons, read_only=True) if vault else nullcontext() as kept,
    ):
        # A mirror has no vault, and keeps no commands.
        check_entries(log, disclosures, kept, until=head, report=found, mirrored=not vault)


def _log_place(text: str) -> Path | Address:
    """What a person calls a log: an address, or a file."""
    found = settings.log_address(text) if "://" in text else None
    return Path(text) if found is None else found


def _make_log(place: Path | Address, roles: Roles) -> Storage:
    if isinstance(place, Path):
        from archive.storage.sqlite import SQLiteLog  # noqa: PLC0415 - help must start without the stores

        return SQLiteLog.create(place)
    from archive.storage.postgres import PostgresLog  # noqa: PLC0415 - a log in a file needs none of it

    return PostgresLog.create(place, owner=roles.owner, readers=(*roles.readers, *roles.keepers))


def place_of(
    folder: Path, name: str, *, read_only: bool = False, flags: dict[str, object] | None = None
) -> Path | Address:
    """Where the log or a store of a home is: the file of this name, or a database; whoever only reads may have his own.

    LOG-018: this home is a query node, and has nothing to be written.
    """
    values = settings.load(folder, flags=flags)
    written, read = str(values["log"].value), str(values["log_read"].value)
    if read and not written and not read_only:
        raise Refused("LOG-018", path=folder)
    return settings.log_address(read if read and read_only else written) or folder / name


@contextmanager
def stores(folder: Path, *, read_only: bool = False, flags: dict[str, object] | None = None) -> Iterator[Stores]:
    """The stores of a home; the log must be the one that the settings name."""
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - help must start without the stores
    from archive.log.log import Log  # noqa: PLC0415 - help must start without the stores

    values = settings.load(folder, flags=flags)
    origin, busy = str(values["origin"].value), float(str(values["busy_seconds"].value))
    log_place, openings = (place_of(folder, name, read_only=read_only, flags=flags) for name in (LOG, DISCLOSURES))
    with (
        Log.open(log_place, origin=origin, read_only=read_only, busy_seconds=busy) as log,
        Disclosures(openings, read_only=read_only, busy_seconds=busy) as disclosures,
    ):
        _must_be(log, origin)
        yield Stores(log, disclosures)


def _must_be(log: Log, origin: str) -> None:
    first = log.entry(1)
    if first is not None and first.log != origin:
        raise Corrupt("LOG-011", found=first.log, origin=origin)


def projections(folder: Path, log: Log, disclosures: Disclosures) -> Projections:
    """The projections of a home."""
    from archive.projections.runner import Projections  # noqa: PLC0415 - help must start without the stores

    return Projections(folder / PROJECTIONS, log, disclosures)


def cleansed(folder: Path, log: Log, disclosures: Disclosures) -> int:
    """Up to which entry what was erased is in no byte of the projections of a home."""
    from archive.projections.cleansing import read_cleansed  # noqa: PLC0415 - help must start without the stores

    if is_node(folder):
        return read_cleansed(folder / PROJECTIONS)
    head = log.head()
    unfinished = disclosures.unfinished(head=head)
    return min(unfinished) - 1 if unfinished else head


def checkpoints(folder: Path, *, read_only: bool = False, flags: dict[str, object] | None = None) -> Checkpoints:
    """Every checkpoint of a home."""
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - help must start without the stores

    busy = float(str(settings.load(folder)["busy_seconds"].value))
    place = place_of(folder, CHECKPOINTS, read_only=read_only, flags=flags)
    return Checkpoints(place, read_only=read_only, busy_seconds=busy)


def signer(folder: Path) -> Signer | RemoteSigner:
    """The signer of a home: in its folder, or behind a socket."""
    from archive.notary.remote import RemoteSigner  # noqa: PLC0415 - help must start without the stores
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores

    values = settings.load(folder)
    if is_node(folder):
        raise Refused("LOG-018", path=folder)
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

    return Vault(place_of(folder, VAULT), busy_seconds=float(str(settings.load(folder)["busy_seconds"].value)))


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
