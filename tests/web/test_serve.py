import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.errors import Refused
from archive.log.log import Log
from archive.projections.runner import Projections
from archive.web.serve import _listening, serve
from stories import Clerk, Home, a_bureau, tell

# What the command line does, without its words: the address is told on standard output, and so is the end.
PROGRAM = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from archive.checkpoints.store import Checkpoints
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.notary.publish import publish
from archive.notary.signer import Signer
from archive.projections.runner import Projections, Reader
from archive.storage.addresses import Address
from archive.web.serve import serve
folder = Path(sys.argv[1])
there = Address(sys.argv[3]) if "://" in sys.argv[3] else None
with (
    Log.open(there or Path(sys.argv[3]), origin=sys.argv[2], read_only=True) as log,
    Disclosures(there or folder / "disclosures.sqlite", read_only=True) as disclosures,
    Checkpoints(there or folder / "checkpoints.sqlite") as checkpoints,
):
    projections = Projections(folder / "projections", log, disclosures)
    tell = lambda address: print(address, flush=True)
    reader, signer = Reader(folder / "projections"), Signer(folder / "notary", origin=sys.argv[2])
    sign = lambda: publish(log, reader, checkpoints, signer, now=lambda: datetime.now(UTC))
    serve(
        projections=projections,
        log=log,
        disclosures=disclosures,
        checkpoints=checkpoints,
        publish=sign,
        publish_seconds=0.01,
        host="127.0.0.1",
        port=0,
        rebuild=lambda _: False,
        ready=tell,
    )
print("ended", flush=True)
"""


@contextmanager
def served(home: Home, origin: str) -> Iterator[tuple[subprocess.Popen[str], HTTPConnection]]:
    """The site in a process of its own, on a port that was free, and a connection to it."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(home.folder), origin, str(home.place())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, process.communicate()
            with closing(HTTPConnection(urlsplit(address).netloc, timeout=30)) as connection:
                yield process, connection
        finally:
            process.kill()


def get(connection: HTTPConnection, path: str) -> tuple[int, Any]:  # Any: JSON as a client reads it
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_follows_and_ends_when_it_is_told_to(
    home: Home, log: Log, writer: Writer, wanted: signal.Signals
) -> None:
    tell(writer, a_bureau(Clerk()))
    with served(home, log.origin) as (process, connection):
        # The first look at the log may still be under way.
        while get(connection, "/healthz") != (200, {"ok": True, "position": 9}):
            assert process.poll() is None
        tell(writer, [Clerk(2).open_section("later")])
        while get(connection, "/healthz")[1]["position"] != 10:
            assert process.poll() is None
        connection.request(
            "POST", "/graphql", b'{"query": "{archive{position}}"}', {"content-type": "application/json"}
        )
        response = connection.getresponse()
        assert json.loads(response.read()) == {"data": {"archive": {"position": 10}}}
        assert response.getheader("server") is None
        process.send_signal(wanted)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "ended\n")
        # At most a word about an answer that was not there yet, or slow on a busy machine.
        assert {json.loads(line)["event"] for line in err.splitlines()} <= {"served"}


def test_a_request_that_is_cut_short_or_nonsense_does_not_end_it(home: Home, log: Log, writer: Writer) -> None:
    with served(home, log.origin) as (process, connection):
        for nonsense in (
            b"\x00\xff\r\n\r\n",
            b"GET\r\n\r\n",
            b"POST /graphql HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
            b"GET /" + b"x" * 100_000,
            b"GET /graphql?query=%00 HTTP/1.0\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        ):
            with socket.create_connection((connection.host, connection.port), timeout=30) as stranger:
                stranger.sendall(nonsense)
        connection.request("GET", "/schema.graphql")
        response = connection.getresponse()
        assert (response.status, b"type Query" in response.read()) == (200, True)
        assert process.poll() is None


@pytest.mark.parametrize("host, port", [("127.0.0.1", None), ("256.0.0.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_had_is_refused(
    home: Home, log: Log, disclosures: Disclosures, host: str, port: int | None
) -> None:
    def ready(_: str) -> None:
        pytest.fail("nothing is served")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1] if port is None else port
        with pytest.raises(Refused) as refused:
            serve(
                projections=Projections(home.folder / "projections", log, disclosures),
                log=log,
                disclosures=disclosures,
                checkpoints=home.open_checkpoints(),
                publish=None,
                host=host,
                port=number,
                rebuild=lambda _: False,
                ready=ready,
            )
    assert refused.value.code == "WEB-009"


def test_head_and_body_do_not_wait_for_each_other() -> None:
    with _listening("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        with socket.create_connection(listener.getsockname()[:2], timeout=5):
            connection, _ = listener.accept()
            with connection:
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
