"""Several processes that answer on one socket, seen from outside."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import pytest

from archive.cli import home as homes
from archive.projections import catalogue, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.runner import Reader
from faults.homes import ARCHIVE, environment, head_of, published, run, told_home, writing
from stories import Clerk, a_published_item, a_small_archive, item_id, tell

WAIT_SECONDS: Final = 20
QUERY: Final = "{archive{position items(first:1){totalCount} counts(years:[2018]){measure value}}}"


class Site(NamedTuple):
    """`archive serve` with two workers."""

    folder: Path
    process: subprocess.Popen[str]
    address: str

    def workers(self) -> set[int]:
        """The process ids of those who answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return {int(pid) for pid in children.split() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    @contextmanager
    def connected(self) -> Iterator[HTTPConnection]:
        with closing(HTTPConnection(urlsplit(self.address).netloc, timeout=WAIT_SECONDS)) as connection:
            yield connection


def health(connection: HTTPConnection) -> dict[str, Any]:  # Any: JSON as a client reads it
    connection.request("GET", "/healthz")
    said: dict[str, Any] = json.loads(connection.getresponse().read())  # Any: JSON as a client reads it
    return said


def get(connection: HTTPConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode("utf-8")


def measured(connection: HTTPConnection) -> dict[str, float]:
    """What `/metrics` says: a line's name and labels -> value."""
    status, text = get(connection, "/metrics")
    assert status == 200
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def ask(connection: HTTPConnection) -> tuple[int, int, dict[str, int]]:
    """One answer: its position, how many items, what is counted."""
    body = json.dumps({"query": QUERY})
    connection.request("POST", "/graphql", body, {"content-type": "application/json"})
    response = connection.getresponse()
    said = json.loads(response.read())
    assert (response.status, said.get("errors")) == (200, None)
    at = said["data"]["archive"]
    return (
        at["position"],
        at["items"]["totalCount"],
        {row["measure"]: row["value"] for row in at["counts"] if row["value"]},
    )


def wait_until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not claim():
        assert time.monotonic() < deadline
        pause.wait(0.02)


@contextmanager
def served(folder: Path, *, workers: int = 2, **settings: str) -> Iterator[Site]:
    """The site of this home; settings are given as the environment has them."""
    words = [*ARCHIVE, "--home", str(folder), "--json", "serve", "--port", "0", "--workers", str(workers)]
    with subprocess.Popen(
        words, env={**environment(), **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()
            yield Site(folder, process, json.loads(line)["address"])
        finally:
            process.kill()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = told_home(tmp_path / "home", a_small_archive(Clerk()))
    published(folder)
    with served(folder) as running:
        yield running


def test_answers_are_those_of_their_position_while_the_log_grows_and_a_rebuild_switches(site: Site) -> None:
    """Goal: no answer fails or is torn. Method: three clients, published items and rebuilds; then a plain look at each position."""
    done = threading.Event()

    def client() -> list[tuple[int, int, dict[str, int]]]:
        told = []
        while not done.is_set():
            # Connections are made anew, so that both workers take some.
            with site.connected() as connection:
                told += [ask(connection) for _ in range(5)]
        return told

    with ThreadPoolExecutor(3) as pool:
        clients = [pool.submit(client) for _ in range(3)]
        try:
            clerk = Clerk(5)
            for number in range(3):
                with writing(site.folder) as writer:
                    for more in range(5):
                        tell(writer, a_published_item(clerk, item_id(900 + 10 * number + more)))
                rebuilt = run(["--home", str(site.folder), "--json", "projection", "rebuild"], cwd=site.folder)
                assert (rebuilt.returncode, rebuilt.stderr) == (0, "")
            head = head_of(site.folder)
            with site.connected() as connection:
                wait_until(lambda: ask(connection)[0] == head)
        finally:
            done.set()
        answers = [answer for one in clients for answer in one.result(timeout=WAIT_SECONDS)]
    positions = {position for position, _, _ in answers}
    assert len(positions) > 3
    with closing(Reader(site.folder / homes.PROJECTIONS)) as reader, reader.reading() as one:
        for position, items, counted in answers:
            assert items == catalogue.count(one.db, as_of=position, where=ItemFilter())
            rows = tallies.counts(one.db, as_of=position, years=[2018], by=())
            assert counted == {row.measure: row.value for row in rows if row.value}


def test_either_worker_answers_alone(site: Site) -> None:
    for stopped in site.workers():
        os.kill(stopped, signal.SIGSTOP)
        try:
            # What the one that stands still may have taken is not asked for: that one answers later.
            answered = 0
            for _ in range(20):
                with closing(HTTPConnection(urlsplit(site.address).netloc, timeout=2)) as connection:
                    answered += health(connection)["ok"]
            assert answered == 20
        finally:
            os.kill(stopped, signal.SIGCONT)


def test_a_worker_that_is_killed_is_replaced(site: Site) -> None:
    before = site.workers()
    assert len(before) == 2
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(site.workers() - before) == 1)
    for _ in range(10):
        with site.connected() as connection:
            assert health(connection)["ok"]
    site.process.terminate()
    _, err = site.process.communicate(timeout=WAIT_SECONDS)
    assert site.process.returncode == 0
    assert [line["exit"] for line in map(json.loads, err.splitlines()) if line["event"] == "a worker ended"] == [-9]


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to_and_leaves_nobody_behind(site: Site, wanted: signal.Signals) -> None:
    workers = site.workers()
    site.process.send_signal(wanted)
    _, err = site.process.communicate(timeout=WAIT_SECONDS)
    assert (site.process.returncode, err) == (0, "")
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_end_with_the_process_that_started_them(site: Site) -> None:
    workers = site.workers()
    site.process.kill()
    site.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_what_stops_the_follower_is_told_by_every_worker(site: Site) -> None:
    (site.folder / homes.PROJECTIONS / "current").write_bytes(b"nonsense\n")
    with writing(site.folder) as writer:
        tell(writer, [Clerk(5).open_section("later")])

    def told() -> bool:
        with site.connected() as connection:
            return bool(health(connection).get("extensions", {}).get("code") == "PRJ-008")

    wait_until(told)
    assert all(told() for _ in range(10))


def test_either_worker_tells_what_all_of_them_have_counted_and_a_death_loses_no_count(site: Site) -> None:
    counted = 'archive_http_requests_total{route="/graphql",status="200"}'
    asked = 30
    for _ in range(asked):
        with site.connected() as connection:
            ask(connection)
    for _ in range(10):
        with site.connected() as connection:
            # An answer is counted when it has left.
            wait_until(lambda: measured(connection)[counted] == asked)
    before = site.workers()
    for killed in before:
        os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(site.workers() - before) == 2)
    with site.connected() as connection:
        ask(connection)
        found = measured(connection)
    assert found[counted] == asked + 1
    assert found["archive_workers"] == 2
    assert found['archive_follower_state{archive_follower_state="following"}'] == 1
    assert found["archive_projections_lag_entries"] == 0


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("workers", [1, 2])
def test_slow_documents_are_shown_on_loopback_alone(tmp_path: Path, workers: int) -> None:
    folder = told_home(tmp_path / "home", a_small_archive(Clerk()))
    published(folder)
    port = a_free_port()
    with (
        served(folder, workers=workers, ARCHIVE_OPERATIONS_PORT=str(port), ARCHIVE_KEPT_MEGABYTES="0") as site,
        closing(HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)) as own,
    ):
        for _ in range(5):
            with site.connected() as connection:
                ask(connection)
                assert get(connection, "/slow")[0] == 404
        status, text = get(own, "/slow")
        (document,) = json.loads(text)["documents"]
        assert (status, document["runs"]) == (200, 5)
        listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        assert {one for one in listening if one.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


@pytest.mark.parametrize("workers", [1, 2])
def test_it_drains_before_it_ends(tmp_path: Path, workers: int) -> None:
    """Goal: a balancer has time to look elsewhere. Method: SIGTERM, then new connections; then a second signal."""
    folder = told_home(tmp_path / "home", a_small_archive(Clerk()))
    published(folder)
    with served(folder, workers=workers, ARCHIVE_DRAIN_SECONDS="60") as site:

        def ready() -> tuple[int, bool]:
            with site.connected() as connection:
                status, text = get(connection, "/readyz")
                return status, json.loads(text)["checks"]["accepting"]["ok"]

        assert ready() == (200, True)
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: ready() == (503, False))
        wait_until(lambda: all(ready() == (503, False) for _ in range(10)))
        with site.connected() as connection:
            assert ask(connection)[0] == 49
        site.process.send_signal(signal.SIGTERM)
        _, err = site.process.communicate(timeout=WAIT_SECONDS)
        assert site.process.returncode == 0
        # At most the answers that said "not ready".
        assert {json.loads(line)["event"] for line in err.splitlines()} <= {"served"}


def test_a_drain_ends_by_itself(tmp_path: Path) -> None:
    folder = told_home(tmp_path / "home", a_small_archive(Clerk()))
    with served(folder, workers=1, ARCHIVE_DRAIN_SECONDS="0.2") as site:
        site.process.send_signal(signal.SIGTERM)
        site.process.communicate(timeout=WAIT_SECONDS)
        assert site.process.returncode == 0
