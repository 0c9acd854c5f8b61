"""What stands beside the log and is not the log: openings, the vault, checkpoints. In a file each, or in the log's database.

A statement is written once, as SQLite says it; where it is kept, `Keeping`, lets the database understand it.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol, Self

from archive.storage.contract import BUSY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from archive.domain.errors import ArchiveError, Phrase
    from archive.storage.addresses import Address


class Rights(NamedTuple):
    """What a role may do with a table of a store in PostgreSQL; nobody else may do anything.

    `writer`: the role that appends to the log. `reader`: those that read the log. `keeper`: those that may see what is not
    public. `grows`: what is there never changes, whoever asks. `erased`: columns whose values may be erased.
    """

    writer: str
    reader: str = ""
    keeper: str = ""
    grows: bool = False
    erased: tuple[str, ...] = ()


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:  # noqa: ANN401 - Any: the columns of a row, as the database gives them
        """The next row; None when there is none."""

    def fetchall(self) -> list[Any]:  # Any: see above
        """All the other rows."""

    def __iter__(self) -> Iterator[Any]:  # Any: see above
        """Row by row."""


class Session(ABC):
    """One connection of one thread. Outside a transaction each statement commits by itself."""

    # What the database's module raises.
    ERROR: type[Exception]

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[object] = ()) -> Rows:
        """Run a statement with a `?` for each value."""

    @abstractmethod
    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run it once for each row of values."""

    @abstractmethod
    def mark(self, statement: str) -> Hashable:
        """What changes with every commit of others, of a file; of a database, what the statement gives."""

    @abstractmethod
    def begin(self, *, followed: bool) -> None:
        """Begin a transaction that holds the store's write lock.

        `followed`: a commit of the log comes after ours, and who waits for that one needs not wait for ours.
        """

    @abstractmethod
    def commit(self) -> None:
        """End it; what was done in it is there."""

    @abstractmethod
    def roll_back(self) -> None:
        """End it, if there is one; nothing was done in it."""

    @abstractmethod
    def meaning(self, error: Exception) -> ArchiveError:
        """What an error of the database says, in our words."""

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside, what the database raises becomes an error of ours."""
        try:
            yield
        except self.ERROR as error:
            raise self.meaning(error) from error


class Keeping(ABC):
    """Where a store is kept, and how it is opened there."""

    @abstractmethod
    def connect(self) -> Session:
        """A connection for the thread that asks."""

    @abstractmethod
    def check_format(self, session: Session) -> None:
        """Raise where something else is kept there, or another format of it, or nothing."""

    @abstractmethod
    def shrink(self, session: Session) -> None:
        """Write anew what remains, so that no byte of what was deleted is left. ERA-005: somebody reads just now."""


class Store:
    """A store of one archive. Reads may come from many threads, each with a connection of its own."""

    # What it is called, and the statements that make it in a file.
    NAME: ClassVar[str]
    TABLES: ClassVar[tuple[str, ...]]
    FORMAT: ClassVar[int]
    APPLICATION_ID: ClassVar[int]
    # What such a file is, where another one is found in its place.
    NOT_ONE: ClassVar[Phrase]
    # Who may open it; its WAL is made with the same mode.
    MODE: ClassVar[int] = 0o644
    # In PostgreSQL: who may do what, the tables that have another name there, and functions and triggers of its own.
    RIGHTS: ClassVar[Mapping[str, Rights]]
    RENAMED: ClassVar[Mapping[str, str]] = {}
    TRIGGERS: ClassVar[tuple[ServerTrigger, ...]] = ()
    # In PostgreSQL: one row that changes whenever what the public may read here does.
    MARK: ClassVar[str] = ""

    def __init__(self, place: Path | Address, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        self.place: Final = place
        self._busy_seconds = busy_seconds
        self._keeping = _keeping(type(self), place, read_only=read_only, busy_seconds=busy_seconds)
        self._local = threading.local()
        try:
            self._keeping.check_format(self._session())
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(
        cls,
        place: Path | Address,
        *,
        owner: Address | None = None,
        readers: tuple[str, ...] = (),
        keepers: tuple[str, ...] = (),
    ) -> Self:
        """A new, empty one. In a database it is made by the owner; the roles are those of `Rights`."""
        if isinstance(place, Path):
            from archive.storage.files import create  # noqa: PLC0415 - a store in a database needs none of it

            create(cls, place)
        else:
            from archive.storage.servers import create_at  # noqa: PLC0415 - a store in a file needs none of it

            create_at(cls, place, owner=owner, readers=readers, keepers=keepers)
        return cls(place)

    def shrink(self) -> None:
        """Write the store anew without what was deleted: no byte of it is left. ERA-005: somebody reads just now."""
        session = self._session()
        with session.errors():
            self._keeping.shrink(session)

    def mark(self) -> Hashable:
        """While this stays the same, what this thread has read here reads the same again."""
        with self._reading() as session:
            return session.mark(self.MARK)

    def close(self) -> None:
        """Let go of it. A read that is under way in another thread ends first."""
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """This thread's connection; what the database raises becomes an error of ours."""
        # Held by a name as long as it is read: see close.
        session = self._session()
        with session.errors():
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A transaction of its own, for what needs no lock on the log."""
        with self._reading() as session:
            session.begin(followed=False)
            try:
                yield session
                session.commit()
            except BaseException:
                self._roll_back(session)
                raise

    def _roll_back(self, session: Session) -> None:
        try:
            session.roll_back()
        except session.ERROR:
            # It goes with its transaction; the next write connects anew.
            self._local = threading.local()

    def _session(self) -> Session:
        """This thread's connection."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._keeping.connect()
        return session


class ServerTrigger(NamedTuple):
    """A trigger of a store in PostgreSQL, for each row that is inserted into a table: the body of its function."""

    table: str
    name: str
    body: str


class StoreWrite:
    """Statements inside one transaction of a store.

    After a failure nothing more can be done, until the savepoint that holds the failure is rolled back: the database may
    have ended the whole transaction, and each statement would commit by itself.
    """

    def __init__(self, session: Session, place: Path | Address) -> None:
        self._db = session
        self._place = place
        self._failure: ArchiveError | None = None

    def _execute(self, sql: str, values: Sequence[object] = ()) -> None:
        with self._must_not_fail():
            self._db.execute(sql, values)

    def _row(self, sql: str, values: Sequence[object]) -> tuple[object, ...] | None:
        with self._must_not_fail():
            row: tuple[object, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    @contextmanager
    def _must_not_fail(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except self._db.ERROR as error:
            self._failure = self._db.meaning(error)
            raise self._failure from error


def _keeping(store: type[Store], place: Path | Address, *, read_only: bool, busy_seconds: float) -> Keeping:
    if isinstance(place, Path):
        from archive.storage.files import InFile  # noqa: PLC0415 - a store in a database needs none of it

        return InFile(store, place, read_only=read_only, busy_seconds=busy_seconds)
    from archive.storage.servers import InPostgres  # noqa: PLC0415 - a store in a file needs none of it

    return InPostgres(store, place, read_only=read_only, busy_seconds=busy_seconds)
