"""Several processes that answer on one socket, seen from outside."""

import json
import os
import signal
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
from faults.homes import ARCHIVE, environment, followed, head_of, run, told_home, writing
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
def served(folder: Path) -> Iterator[Site]:
    words = [*ARCHIVE, "--home", str(folder), "--json", "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
    followed(folder)
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
