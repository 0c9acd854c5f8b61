"""The topology of docker-compose.yml as plain processes: a primary, a streaming replica, who writes and signs, two nodes, a proxy.

No engine runs where the tests do. What the containers are told stands in docker-compose.yml and is compared in test_compose.py.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from psycopg.sql import SQL, Identifier

from archive.cli import home as homes
from archive.storage.addresses import Address
from storage.server import Server, within
from stories import ORIGIN, Clerk, a_published_item, a_small_archive, item_id, tell

Json = dict[str, Any]  # Any: JSON as a client reads it
ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY = Path("/dev/shm")
ROLES = ("archive_owner", "archive_writer", "archive_reader")
WAITING = {"ARCHIVE_AT_LEAST_SECONDS": "60", "ARCHIVE_PUBLISH_SECONDS": "0.05"}
PINNED = (
    "{ archive(asOf: {position: %d}) { position recordedAt items(first: 100) { totalCount nodes { id title status "
    "publications { publishedOn channel { name } } } } counts(years: [2018], by: [MONTH]) { measure value } "
    "entries(first: 100) { nodes { position type leafHash bytes } } } }"
)


def new_folder() -> Path:
    """For a server, whose socket may have a path of a hundred letters, and through which its user passes."""
    return Path(tempfile.mkdtemp(prefix="archive-pg-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))


@dataclass
class Process:
    """A site in a process of its own."""

    process: subprocess.Popen[str]
    netloc: str

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        with closing(HTTPConnection(self.netloc, timeout=90)) as connection:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def ask(self, query: str) -> Json:
        status, _, body = self.get(f"/graphql?query={quote(query)}")
        assert status == 200, body
        found: Json = json.loads(body)
        return found

    def reach(self, position: int) -> None:
        """Wait, as a reader can, until it answers at this position."""
        while self.get("/healthz")[0] != 200:
            # It takes connections before it has folded anything.
            pass
        found = self.ask(f"{{ archive(atLeast: {position}) {{ head }} }}")
        assert found["data"]["archive"]["head"] >= position, found

    def ready(self) -> tuple[int, Json]:
        status, _, body = self.get("/readyz")
        return status, json.loads(body)["checks"]


@contextmanager
def run(*words: str, **environment: str) -> Iterator[Process]:
    """`archive … serve`, until it has told its address."""
    command = [sys.executable, "-m", "archive", "--json", *words, "serve", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **WAITING, **environment}
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()
            yield Process(process, urlsplit(json.loads(line)["address"]).netloc)
        finally:
            process.kill()
            process.communicate()


def archive(*words: str) -> Json:
    """One command, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "archive", "--json", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    found: Json = json.loads(done.stdout)
    return found


@dataclass
class Topology:
    """Both databases, the home of who writes, and how each is reached."""

    primary: Server
    replica: Server
    folder: Path
    schema: str

    def at(self, *servers: Server, role: str, options: str = "") -> Address:
        """The log's address by a role, on one server or on the first of several that will do."""
        address = within(servers[0].address, self.schema, role=role)
        hosts = "%2C".join(quote(str(one.folder), safe="") for one in servers)
        return Address(re.sub(r"host=[^&]*", f"host={hosts}", address) + options)

    @property
    def home(self) -> Path:
        return self.folder / "writer"

    def tell(self, clerk: Clerk, number: int) -> int:
        """One item more; the head."""
        with homes.writer(self.home) as writer:
            tell(writer, a_published_item(clerk, item_id(number)))
        return self.head()

    def head(self) -> int:
        with homes.stores(self.home, read_only=True) as (log, _):
            return log.head()

    def make_node(self, name: str) -> str:
        """The home of a node that reads at the replica, or where that is gone at the primary."""
        where = self.at(self.replica, self.primary, role="archive_reader", options="&target_session_attrs=any")
        archive("init", str(self.folder / name), "--origin", ORIGIN, "--log-read", where)
        return str(self.folder / name)


@pytest.fixture
def topology(tmp_path: Path) -> Iterator[Topology]:
    """A primary with a log in it, and its replica; nothing is served yet."""
    with ExitStack() as stack:
        primary = Server(new_folder())
        stack.callback(primary.stop)
        for role in ROLES:
            primary.execute(SQL("CREATE ROLE {role} LOGIN").format(role=Identifier(role)))
        address = primary.schema()
        (schema,) = re.findall(r"search_path%3D(\w+)", address)
        primary.execute(
            SQL(
                "ALTER SCHEMA {schema} OWNER TO archive_owner; GRANT USAGE ON SCHEMA {schema} TO archive_writer, archive_reader"
            ).format(schema=Identifier(schema))
        )
        replica = Server(new_folder(), replica_of=primary)
        stack.callback(replica.stop)
        made = Topology(primary, replica, tmp_path, schema)
        archive(
            *("init", str(made.home), "--origin", ORIGIN, "--notary", "notary"),
            *("--log", made.at(primary, replica, role="archive_writer", options="&target_session_attrs=read-write")),
            *("--log-owner", made.at(primary, role="archive_owner"), "--log-reader", "archive_reader"),
        )
        with homes.writer(made.home) as writer:
            tell(writer, a_small_archive(Clerk()))
        yield made


@contextmanager
def proxied(nodes: list[Process], folder: Path) -> Iterator[Process]:
    """deploy/nginx.conf before these nodes."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert nginx is not None
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for name, node in zip(("node-1", "node-2"), nodes, strict=True):
        assert f"server {name}:8000 " in conf
        conf = conf.replace(f"server {name}:8000 ", f"server {node.netloc} ")
    conf = conf.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    conf = conf.replace("/tmp/nginx", f"{folder}/nginx").replace("/var/cache/nginx", str(folder))
    if os.geteuid() == 0:
        # Its workers would be somebody who cannot pass through to the folders of the tests.
        conf = f"user root;\n{conf}"
    path = folder / "nginx.conf"
    path.write_text(conf, encoding="utf-8")
    with subprocess.Popen([nginx, "-c", path, "-p", folder, "-g", "daemon off;"], stderr=subprocess.PIPE) as process:
        try:
            made = Process(process, f"127.0.0.1:{port}")  # type: ignore[arg-type] # of bytes; only its end is asked for
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    continue
                break
            assert process.poll() is None, process.communicate()
            yield made
        finally:
            process.send_signal(signal.SIGQUIT)
            process.communicate(timeout=30)


def test_two_nodes_give_the_same_bytes_as_who_writes_and_the_proxy_keeps_them(topology: Topology) -> None:
    with ExitStack() as stack:
        writer = stack.enter_context(run("--home", str(topology.home)))
        nodes = [stack.enter_context(run("--home", topology.make_node(name))) for name in ("node-1", "node-2")]
        head = topology.head()
        for one in (writer, *nodes):
            one.reach(head)
        paths = [f"/graphql?query={quote(PINNED % position)}" for position in (0, 7, head // 2, head)] + [
            "/log/checkpoint",
            "/log/vkey",
            "/log/checkpoints.jsonl",
            f"/log/tile/0/000.p/{head}",
            "/schema.graphql",
        ]
        paths += [
            "/",
            f"/requests?at={head}",
            f"/log/tile/entries/000.p/{head}",
            "/disclosures/1",
            "/disclosures/cleared/0",
        ]
        for path in paths:
            answers = [one.get(path) for one in (writer, *nodes)]
            bodies = {body for _, _, body in answers}
            assert len(bodies) == 1, path
            assert {status for status, _, _ in answers} <= {200, 404}, path
            assert len({(headers.get("etag"), headers.get("x-log-root")) for _, headers, _ in answers}) == 1, path
        for node in nodes:
            status, checks = node.ready()
            assert (status, checks["replica"]["ok"], "disk" in checks) == (200, True, True)
        assert "replica" not in writer.ready()[1]
        if shutil.which("nginx") is None and shutil.which("nginx", path="/usr/sbin") is None:
            pytest.skip("nginx is not on this machine: the nodes were compared, the proxy was not tried")
        folder = topology.folder / "proxy"
        folder.mkdir()
        proxy = stack.enter_context(proxied(nodes, folder))
        tile, pinned = paths[11], paths[3]
        for path, wanted in ((tile, ["MISS", "HIT"]), (pinned, ["MISS", "HIT"])):
            direct = nodes[0].get(path)
            found = [proxy.get(path) for _ in wanted]
            assert [headers["x-cache"] for _, headers, _ in found] == wanted, path
            assert {(status, body) for status, _, body in found} == {(200, direct[2])}
            etag = found[0][1].get("etag")
            if etag is not None:
                assert proxy.get(path, If_None_Match=etag)[0] == 304
        for path in ("/metrics", "/readyz", "/slow"):
            assert proxy.get(path)[0] == 404
        nodes[0].process.kill()
        nodes[0].process.wait()
        for number in range(4):
            assert proxy.get(f"/log/checkpoint?{number}")[0] == 200, "the other node is asked"


def test_a_node_that_only_reads_writes_and_signs_nothing(topology: Topology) -> None:
    node = topology.make_node("node")
    for words in (["agency", "register"], ["checkpoint", "sign"]):
        done = subprocess.run(
            [sys.executable, "-m", "archive", "--home", node, "--json", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
    with pytest.raises(Exception, match="LOG-018"), homes.writer(Path(node)):
        pass
    assert sorted(path.name for path in Path(node).iterdir()) == ["archive.toml", "projections"]


def test_a_replica_that_stands_still_is_named_and_the_node_is_ready_again_when_it_goes_on(topology: Topology) -> None:
    """Goal: a node behind a lagging replica says so. Method: replay is paused, with a limit of no seconds at all."""
    clerk = Clerk(2)
    with run("--home", topology.make_node("node"), ARCHIVE_READY_SECONDS="0") as node:
        head = topology.head()
        with run("--home", str(topology.home)):
            node.reach(head)
        while node.ready()[0] != 200:
            pass
        topology.replica.execute(SQL("SELECT pg_wal_replay_pause()"))
        topology.tell(clerk, 77)
        while (found := node.ready())[0] == 200:
            pass
        assert (found[0], found[1]["replica"]["ok"], found[1]["lag"]["ok"]) == (503, False, True)
        topology.replica.execute(SQL("SELECT pg_wal_replay_resume()"))
        while node.ready()[0] != 200:
            pass


def test_after_a_fail_over_the_log_goes_on_without_a_gap_or_a_duplicate(topology: Topology) -> None:
    """Goal: what was replicated is gone on with. Method: the primary dies, the replica is promoted; audit and both roots."""
    clerk = Clerk(2)
    with run("--home", topology.make_node("node")) as node:
        with run("--home", str(topology.home)) as writer:
            before = topology.tell(clerk, 71)
            writer.reach(before)
            node.reach(before)
        note = archive("--home", str(topology.home), "checkpoint", "show")
        topology.primary.die()
        topology.replica.execute(SQL("SELECT pg_promote()"))
        after = topology.tell(clerk, 72)
        assert after > before
        with run("--home", str(topology.home)) as writer:
            writer.reach(after)
            node.reach(after)
            path = f"/graphql?query={quote(PINNED % after)}"
            assert node.get(path)[2] == writer.get(path)[2]
        status, checks = node.ready()
        assert (status, "replica" in checks) == (200, False), "it is the primary now"
    assert archive("--home", str(topology.home), "checkpoint", "show")["size"] == after
    assert note["size"] == before
    assert archive("--home", str(topology.home), "audit", "check")["findings"] == []


def test_a_replica_that_was_promoted_too_early_is_not_signed(topology: Topology) -> None:
    """Goal: what was signed and is not in the promoted log stops the notary. Method: replication ends before the last entries."""
    clerk = Clerk(2)
    with run("--home", str(topology.home)) as writer:
        writer.reach(topology.head())
        topology.replica.execute(SQL("ALTER SYSTEM SET primary_conninfo = ''"), SQL("SELECT pg_reload_conf()"))
        while topology.primary.count(SQL("SELECT COUNT(*) FROM pg_stat_replication")):
            pass
        lost = topology.tell(clerk, 71)
        writer.reach(lost)
    topology.primary.die()
    topology.replica.execute(SQL("SELECT pg_promote()"))
    assert topology.head() < lost
    assert refused(topology) == "PRJ-006", "the projections have seen more than there is"
    shutil.rmtree(topology.home / "projections")
    assert refused(topology) == "NTY-003"
    # Nor does it help to write as much again: these are other entries.
    while topology.tell(Clerk(3), 72) < lost:
        pass
    assert refused(topology) == "NTY-003"


def refused(topology: Topology) -> str:
    """Why nothing is signed: verification failed."""
    command = [sys.executable, "-m", "archive", "--home", str(topology.home), "--json", "checkpoint", "sign"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4, (done.stdout, done.stderr)
    return str(json.loads(done.stderr)["error"]["code"])
