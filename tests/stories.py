"""Small worlds built by commands: a bureau with three levels of review, its items and a request, told in order.

A story is a list of commands; `tell` sends them to a writer. The people in it are invented.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import psycopg
from msgspec import UNSET, UnsetType

from archive.checkpoints.store import Checkpoints
from archive.commands import Receipt, Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import (
    AcceptPriorReview,
    AdoptCategoryScheme,
    AdoptReviewPolicy,
    AgencyText,
    ChannelText,
    OpenSection,
    PolicyText,
    RegisterAgency,
    RegisterChannel,
    SchemeText,
)
from archive.domain.codes import ChannelKind, Classification, DisclosureMode, NameText
from archive.domain.commands import AnyCommand
from archive.domain.items import (
    DraftItem,
    ItemText,
    LinkText,
    PublishItem,
    RestoreItem,
    ReviseItem,
    UpdateItem,
    WithdrawalGround,
    WithdrawItem,
)
from archive.domain.request_handling import RecordSearch
from archive.domain.request_intake import (
    ApplicantText,
    CloseRequest,
    ConfirmReceipt,
    ReceiptBasis,
    ReceiptChannel,
    ReceiveRequest,
    RegisterRequest,
    RequestText,
)
from archive.domain.request_replies import DecideReply, DeliverReply, DispatchReply, Outcome
from archive.domain.reviews import OpenReview, PassReview
from archive.log.log import Log
from archive.notary.signer import Signer
from archive.storage.addresses import Address
from archive.storage.beside import Store
from archive.storage.postgres import PostgresLog
from archive.storage.sqlite import SQLiteLog
from archive.vault import store
from archive.vault.store import Vault
from storage.server import server

ORIGIN: Final = "archive.example/fgj"
NOON: Final = datetime(2018, 12, 10, 4, 0, 0, tzinfo=UTC)
LEVELS: Final = ("股室自审", "保密审查", "领导审签")


# --- where an archive stands -------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Backend:
    """A log backend: its name, how to make an empty log in a folder, and where it then is.

    `beside` is where a store of that name is that is not the log, and `raw` its bytes on the disk. `changing` opens one of the files, or the database, as
    its owner could: nothing stops him. He says everything in the words of SQLite.
    """

    name: str
    create: Callable[[Path], None]
    place: Callable[[Path], Path | Address]
    beside: Callable[[Path, str], Path | Address]
    raw: Callable[[Path, str], bytes]
    changing: Callable[[Path, str], AbstractContextManager[Any]]  # Any: a connection of either kind


def _create_sqlite(folder: Path) -> None:
    SQLiteLog.create(folder / "log.sqlite").close()


@contextmanager
def changing_file(path: Path) -> Iterator[sqlite3.Connection]:
    """A store in a file as its owner opens it: nothing stops him."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, statement in triggers:
            db.execute(statement)


def _create_postgres(folder: Path) -> None:
    address = server().schema()
    PostgresLog.create(address).close()
    (folder / "log.address").write_text(address, encoding="utf-8")


def _place_in_postgres(folder: Path) -> Address:
    kept = folder / "log.address"
    return Address(kept.read_text(encoding="utf-8")) if kept.exists() else server().schema()


STORES: Final[dict[str, type[Store]]] = {kind.NAME: kind for kind in (Disclosures, Vault, Checkpoints)}


class _InSQLitesWords:
    """A connection to PostgreSQL that understands the little SQL by which tests change a store."""

    def __init__(self, db: psycopg.Connection, name: str) -> None:
        self._db = db
        self._renamed = STORES[name].RENAMED if name in STORES else {}

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401 - Any: a cursor, as sqlite3's
        for old, new in self._renamed.items():
            sql = re.sub(rf"\b{old}\b", new, sql)
        sql = re.sub(r"replace\((\w+), ", r"replace(convert_from(\1, 'UTF8'), ", sql)
        sql = re.sub(r"(CAST\(replace\(.*\)) AS BLOB\)", r"convert_to(\1 AS text), 'UTF8')", sql)
        sql = sql.replace("AS BLOB", "AS bytea")
        said = re.sub(r"zeroblob\((\d+)\)", lambda found: f"x'{'00' * int(found[1])}'", sql)
        said = re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'", said).replace("?", "%s")
        return self._db.execute(said.encode(), values or None)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            self.execute(sql, row)


@contextmanager
def _changing_postgres(folder: Path, name: str) -> Iterator[_InSQLitesWords]:
    with psycopg.connect(_place_in_postgres(folder), autocommit=True) as db:
        # No trigger of ours asks in such a session.
        db.execute("SET session_replication_role = replica")
        yield _InSQLitesWords(db, name)


def _raw_in_files(folder: Path, name: str) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob(f"{name}.sqlite*"))


def raw_in_postgres(address: Address, name: str) -> bytes:
    """Table by table, with the values that are too long for one; what statistics remember of the last time too."""
    kind = STORES[name]
    names = [kind.RENAMED.get(table, table) for table in kind.RIGHTS]
    with psycopg.connect(address, autocommit=True) as db:
        db.execute("CHECKPOINT")
        tables = db.execute(
            "SELECT oid FROM pg_class WHERE oid = ANY(%(names)s::regclass[])"
            " UNION ALL SELECT reltoastrelid FROM pg_class WHERE oid = ANY(%(names)s::regclass[]) AND reltoastrelid > 0",
            {"names": names},
        ).fetchall()
        found = [db.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", one).fetchall() for one in tables]
        statistics = db.execute("SELECT s::text FROM pg_stats AS s WHERE tablename = ANY(%s)", (names,)).fetchall()
        db.execute(f"ANALYZE {', '.join(names)}".encode())
    return b"".join(raw for ((raw,),) in found) + str(statistics).encode()


# A backend more is one line more; everything that asks for `storage`, `home`, `log` or `writer` then runs on it too.
BACKENDS: Final = {
    backend.name: backend
    for backend in (
        Backend(
            name="sqlite",
            create=_create_sqlite,
            place=lambda folder: folder / "log.sqlite",
            beside=lambda folder, name: folder / f"{name}.sqlite",
            raw=_raw_in_files,
            changing=lambda folder, name: changing_file(folder / f"{name}.sqlite"),
        ),
        Backend(
            name="postgres",
            create=_create_postgres,
            place=_place_in_postgres,
            beside=lambda folder, _: _place_in_postgres(folder),
            raw=lambda folder, name: raw_in_postgres(_place_in_postgres(folder), name),
            changing=_changing_postgres,
        ),
    )
}


@dataclass(frozen=True)
class Home:
    """The folder of an archive."""

    folder: Path
    backend: Backend

    @classmethod
    def create(cls, folder: Path, backend: Backend) -> Self:
        folder.mkdir()
        backend.create(folder)
        for kind in STORES.values():
            kind.create(backend.beside(folder, kind.NAME)).close()
        Signer.create(folder / "notary", origin=ORIGIN)
        return cls(folder, backend)

    def open_log(self, *, read_only: bool = False, busy_seconds: float = 5.0) -> Log:
        return Log.open(self.place(), origin=ORIGIN, read_only=read_only, busy_seconds=busy_seconds)

    def place(self) -> Path | Address:
        return self.backend.place(self.folder)

    def beside(self, name: str) -> Path | Address:
        """Where `disclosures`, `vault` or `checkpoints` is."""
        return self.backend.beside(self.folder, name)

    def raw(self, name: str) -> bytes:
        """What the disk holds of a store."""
        return self.backend.raw(self.folder, name)

    def changing(self, name: str = "log") -> AbstractContextManager[Any]:  # Any: a connection of either kind
        """The log, or another store, as its owner could change it."""
        return self.backend.changing(self.folder, name)

    def open_disclosures(self, *, read_only: bool = False) -> Disclosures:
        return Disclosures(self.beside("disclosures"), read_only=read_only)

    def open_checkpoints(self, *, read_only: bool = False) -> Checkpoints:
        return Checkpoints(self.beside("checkpoints"), read_only=read_only)

    def open_vault(self, *, noise: "Noise | None" = None) -> Vault:
        return Vault(self.beside("vault"), noise=noise or Noise("vault"))

    @contextmanager
    def opened(
        self, *, clock: "Clock | None" = None, noise: "Noise | None" = None, busy_seconds: float = 5.0
    ) -> Iterator[tuple[Writer, Log, Disclosures]]:
        """A writer with a log and a store of its own, as another process would have them."""
        with (
            self.open_log(busy_seconds=busy_seconds) as log,
            self.open_disclosures() as disclosures,
            self.open_vault() as vault,
            Writer(log, disclosures, vault, now=clock or Clock(), noise=noise or Noise()) as writer,
        ):
            yield writer, log, disclosures


class Seen(NamedTuple):
    """Salt and value behind a seal, wherever they are kept: public since the entry `cleared`, or in the vault (None)."""

    seal: str
    salt: bytes
    value: bytes
    cleared: int | None


def texts_behind(disclosures: Disclosures, seals: Collection[str]) -> dict[str, Seen]:
    """What is kept behind these seals, in the openings and in the vault beside them."""
    place = disclosures.place
    with Vault(place.with_name("vault.sqlite") if isinstance(place, Path) else place) as vault, vault._reading() as db:
        kept = store._kept_where(db, vault.place, "TRUE", ())
    waiting = {one.seal: Seen(one.seal, one.salt, one.value, None) for one in kept if one.seal in seals}
    return waiting | {sealed: Seen(*opening) for sealed, opening in disclosures.get(seals).items()}


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class Noise:
    """Random bytes that are the same in every run, and never the same twice."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._count = 0

    def __call__(self, size: int) -> bytes:
        self._count += 1
        return sha256(f"{self._seed}/{self._count}".encode()).digest()[:size]


def tell(writer: Writer, story: Iterable[AnyCommand]) -> list[Receipt]:
    """Send the commands one by one."""
    return [writer.handle(command) for command in story]


# --- who and what ------------------------------------------------------------------------------------------------------
def agency_id(number: int = 1) -> str:
    return f"agency-a{number:031x}"


def item_id(number: int = 1) -> str:
    return f"item-1{number:031x}"


def request_id(number: int = 1) -> str:
    return f"request-e{number:031x}"


AGENCY: Final = agency_id()


def day(text: str) -> date:
    return date.fromisoformat(text)


class Clerk:
    """Writes commands and numbers them: two clerks with the same number write the same ids."""

    def __init__(self, number: int = 1) -> None:
        self._number = number
        self._count = 0

    def _id(self) -> str:
        self._count += 1
        return f"{self._number:016x}{self._count:016x}"

    # --- agencies
    def register_agency(self, agency: str = AGENCY, *, name: str = "某市发展和改革局") -> RegisterAgency:
        return RegisterAgency(
            id=self._id(),
            by="role:administrator",
            agency=agency,
            level="county",
            region="421202",
            code="11421202011336163X",
            text=AgencyText(name=name, short_name="发改局"),
        )

    def open_section(self, section: str, *, agency: str = AGENCY, on: str = "2008-05-01") -> OpenSection:
        return OpenSection(
            id=self._id(),
            by="role:administrator",
            agency=agency,
            section=section,
            opened_on=day(on),
            text=NameText(name=f"股室 {section}"),
        )

    def register_channel(self, channel: str, kind: ChannelKind = "website", *, agency: str = AGENCY) -> RegisterChannel:
        return RegisterChannel(
            id=self._id(),
            by="role:administrator",
            agency=agency,
            channel=channel,
            kind=kind,
            text=ChannelText(name=f"渠道 {channel}", url=f"https://{channel}.example/"),
        )

    def adopt_scheme(
        self,
        scheme: str,
        codes: Iterable[str],
        *,
        agency: str = AGENCY,
        primary: bool = False,
        on: str = "2008-05-01",
    ) -> AdoptCategoryScheme:
        codes = list(codes)
        return AdoptCategoryScheme(
            id=self._id(),
            by="role:administrator",
            agency=agency,
            scheme=scheme,
            primary=primary,
            categories=codes,
            adopted_on=day(on),
            text=SchemeText(name=f"方案 {scheme}", names=[f"类别 {code}" for code in codes]),
        )

    def adopt_policy(self, levels: int = 3, *, agency: str = AGENCY, on: str = "2010-01-01") -> AdoptReviewPolicy:
        return AdoptReviewPolicy(
            id=self._id(),
            by="role:administrator",
            agency=agency,
            levels=levels,
            in_force_from=day(on),
            text=PolicyText(names=[f"第{number}级" for number in range(1, levels + 1)]),
        )

    def accept_prior_review(self, *, before: str = "2018-01-01", agency: str = AGENCY) -> AcceptPriorReview:
        return AcceptPriorReview(
            id=self._id(),
            by="role:information-officer",
            agency=agency,
            published_before=day(before),
            basis="agency-archive",
        )

    # --- items
    def draft(
        self,
        item: str,
        *,
        title: str = "关于某项目核准的批复",
        agency: str = AGENCY,
        mode: DisclosureMode = "proactive",
        made_on: str | UnsetType = "2018-03-05",
        categories: Iterable[tuple[str, str]] = (("genre", "approval"),),
        section: str | UnsetType = "office",
        source_id: str | UnsetType = UNSET,
    ) -> DraftItem:
        return DraftItem(
            id=self._id(),
            by="role:clerk",
            item=item,
            agency=agency,
            mode=mode,
            made_on=UNSET if made_on is UNSET else day(made_on),
            categories=[Classification(scheme=scheme, code=code) for scheme, code in categories],
            section=section,
            source_id=source_id,
            text=ItemText(title=title, index_number=f"011336163/2018-{item[-4:]}"),
        )

    def revise(self, item: str, *, title: str) -> ReviseItem:
        return ReviseItem(id=self._id(), by="role:clerk", item=item, text=ItemText(title=title))

    def open_review(self, item: str, *, on: str) -> OpenReview:
        return OpenReview(id=self._id(), by="role:clerk", item=item, opened_on=day(on))

    def pass_review(self, item: str, level: int, *, on: str) -> PassReview:
        return PassReview(
            id=self._id(), by="role:reviewer", item=item, level=level, passed_on=day(on), reviewer=f"post-{level}"
        )

    def review(self, item: str, *, on: str, levels: int = 3) -> list[AnyCommand]:
        """Open a review and pass every level on one day."""
        return [
            self.open_review(item, on=on),
            *(self.pass_review(item, level, on=on) for level in range(1, levels + 1)),
        ]

    def publish(self, item: str, channel: str = "website", *, on: str, link: bool = True) -> PublishItem:
        url = LinkText(url=f"https://{channel}.example/{item}") if link else UNSET
        return PublishItem(
            id=self._id(), by="role:publisher", item=item, channel=channel, published_on=day(on), link=url
        )

    def update(self, item: str, *, on: str) -> UpdateItem:
        return UpdateItem(id=self._id(), by="role:publisher", item=item, updated_on=day(on))

    def withdraw(self, item: str, *, on: str, ground: WithdrawalGround = "inaccurate") -> WithdrawItem:
        return WithdrawItem(id=self._id(), by="role:publisher", item=item, withdrawn_on=day(on), ground=ground)

    def restore(self, item: str, *, on: str) -> RestoreItem:
        return RestoreItem(id=self._id(), by="role:publisher", item=item, restored_on=day(on))

    # --- requests
    def receive(
        self,
        request: str,
        *,
        on: str,
        agency: str = AGENCY,
        channel: ReceiptChannel = "letter",
        receipt: ReceiptBasis = "signed-for",
    ) -> ReceiveRequest:
        return ReceiveRequest(
            id=self._id(),
            by="role:information-officer",
            request=request,
            agency=agency,
            received_on=day(on),
            receipt=receipt,
            channel=channel,
            applicant_kind="natural-person",
            person=ApplicantText(name="甲某", contact="某街 1 号"),
            text=RequestText(description="某项目的审批情况"),
        )

    def confirm(self, request: str, *, on: str) -> ConfirmReceipt:
        return ConfirmReceipt(id=self._id(), by="role:information-officer", request=request, confirmed_on=day(on))

    def register(self, request: str, *, on: str, number: str = "2018-1") -> RegisterRequest:
        return RegisterRequest(
            id=self._id(), by="role:information-officer", request=request, registered_on=day(on), number=number
        )

    def decide(self, request: str, *, on: str, outcomes: Iterable[Outcome] = ("granted",)) -> DecideReply:
        return DecideReply(
            id=self._id(),
            by="role:information-officer",
            request=request,
            decided_on=day(on),
            outcomes=list(outcomes),
        )

    def search(self, request: str, *, on: str) -> RecordSearch:
        return RecordSearch(
            id=self._id(),
            by="role:information-officer",
            request=request,
            searched_on=day(on),
            places=["archive-room"],
            found=False,
        )

    def dispatch(self, request: str, *, on: str) -> DispatchReply:
        return DispatchReply(
            id=self._id(), by="role:information-officer", request=request, dispatched_on=day(on), method="post"
        )

    def deliver(self, request: str, *, on: str) -> DeliverReply:
        return DeliverReply(
            id=self._id(), by="role:information-officer", request=request, delivered_on=day(on), method="post"
        )

    def close(self, request: str, *, on: str) -> CloseRequest:
        return CloseRequest(id=self._id(), by="role:information-officer", request=request, closed_on=day(on))


# --- the stories -------------------------------------------------------------------------------------------------------
def a_bureau(clerk: Clerk, agency: str = AGENCY) -> list[AnyCommand]:
    """An agency with two sections, two channels, two schemes, three levels of review, and prior review before 2018."""
    return [
        clerk.register_agency(agency),
        clerk.open_section("office", agency=agency),
        clerk.open_section("investment", agency=agency),
        clerk.register_channel("website", agency=agency),
        clerk.register_channel("gazette", "gazette", agency=agency),
        clerk.adopt_scheme("genre", ["approval", "notice", "plan"], agency=agency, primary=True),
        clerk.adopt_scheme("theme", ["energy", "prices"], agency=agency),
        clerk.adopt_policy(3, agency=agency),
        clerk.accept_prior_review(agency=agency),
    ]


def a_published_item(clerk: Clerk, item: str, *, agency: str = AGENCY, **draft: str) -> list[AnyCommand]:
    """Drafted, reviewed at three levels, and published on two channels."""
    return [
        clerk.draft(item, agency=agency, **draft),  # type: ignore[arg-type] # the names of draft's own texts and codes
        *clerk.review(item, on="2018-03-12"),
        clerk.publish(item, "website", on="2018-03-14"),
        clerk.publish(item, "gazette", on="2018-03-20", link=False),
    ]


def an_updated_item(clerk: Clerk, item: str) -> list[AnyCommand]:
    """Published, revised, reviewed again, and updated."""
    return [
        *a_published_item(clerk, item),
        clerk.revise(item, title="关于某项目核准的批复(修订)"),
        *clerk.review(item, on="2018-06-01"),
        clerk.update(item, on="2018-06-04"),
    ]


def a_restored_item(clerk: Clerk, item: str) -> list[AnyCommand]:
    """Published, withdrawn, and restored."""
    return [
        *a_published_item(clerk, item),
        clerk.withdraw(item, on="2018-07-02"),
        clerk.restore(item, on="2018-07-09"),
    ]


def a_replied_request(clerk: Clerk, request: str) -> list[AnyCommand]:
    """Received, registered, decided, dispatched, delivered, closed."""
    return [
        clerk.receive(request, on="2018-09-03"),
        clerk.register(request, on="2018-09-03"),
        clerk.decide(request, on="2018-09-20"),
        clerk.dispatch(request, on="2018-09-20"),
        clerk.deliver(request, on="2018-09-21"),
        clerk.close(request, on="2018-09-28"),
    ]


def a_small_archive(clerk: Clerk) -> list[AnyCommand]:
    """A bureau, an item of each fate, one that is only drafted, and a request."""
    return [
        *a_bureau(clerk),
        *a_published_item(clerk, item_id(1)),
        *an_updated_item(clerk, item_id(2)),
        *a_restored_item(clerk, item_id(3)),
        clerk.draft(item_id(4), title="尚未公开的文稿"),
        *a_replied_request(clerk, request_id(1)),
    ]
