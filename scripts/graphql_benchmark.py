"""What a query over HTTP costs, beside a server that answers with constant bytes of the same size.

The server is one process on one core with the site's own settings of uvicorn; the client is this process, on another core,
with requests made beforehand. Every request has variables that no other has.

    python graphql_benchmark.py serve HOME     the site over a home, on a free port, which is printed
    python graphql_benchmark.py constant SIZE  the ceiling: so many bytes for every request
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice, permutations
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

import district_benchmark
import uvicorn
from district import FIRST_YEAR, YEARS

from archive.api.reads import Sources
from archive.cli import home
from archive.web.app import create_app
from archive.web.operation import Limits
from archive.web.serve import BACKLOG, KEEP_ALIVE_SECONDS, RECHECK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

CONNECTIONS: Final = (1, 16, 64)
SECONDS: Final = 2.0
WARM_SECONDS: Final = 0.5
REQUESTS: Final = 20_000
_TICKS: Final = os.sysconf("SC_CLK_TCK")

_ITEM: Final = """id title abstract documentNumber section issuer disclosureMode status validity madeOn publishedOn
  agency { name }"""
_PAGE: Final = """totalCount edges { cursor node { id title documentNumber section status validity disclosureMode madeOn
  publishedOn agency { name } } } pageInfo { hasNextPage endCursor }"""
_COUNT: Final = "year value dimensions { code label }"
Q1: Final = f"query($id: ID!, $at: AsOf) {{ archive(asOf: $at) {{ item(by: {{id: $id}}) {{ {_ITEM} }} }} }}"
Q2: Final = f"""query($filter: ItemFilter, $at: AsOf) {{ archive(asOf: $at) {{
  items(filter: $filter, first: 20) {{ {_PAGE} }} }} }}"""
Q3: Final = f"""query($years: [Int!]!, $at: AsOf) {{ archive(asOf: $at) {{
  counts(years: $years, measures: ["proactive.items_total"], by: [CATEGORY], scheme: "kind") {{ {_COUNT} }} }} }}"""

Wish = dict[str, object]


class Load(NamedTuple):
    """What one run came to; `processor` is the server's, seconds for each request."""

    rate: float
    processor: float
    p50: float
    p99: float


class Site(NamedTuple):
    """A server that runs: its process and its port."""

    process: int
    port: int


# --- the server -------------------------------------------------------------------------------------------------------
def run(app: ASGIApp) -> None:
    """Serve until the process is ended; the port is the first line of output."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws="none",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def constant(size: int) -> ASGIApp:
    """The least that a server does: read the request, send so many bytes."""
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(size).encode())],
    }
    body = {"type": "http.response.body", "body": b"x" * size}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            while (await receive()).get("more_body"):
                pass
            await send(start)
            await send(body)

    return app


@contextmanager
def site(*arguments: str) -> Generator[Site]:
    """A server in a process of its own."""
    command = [sys.executable, str(Path(__file__)), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Site(process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()


# --- the client -------------------------------------------------------------------------------------------------------
class _Connection:
    """One connection that asks, waits for the whole answer, and asks again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._missing = 0
        self._asked = 0.0

    def ask(self, request: bytes) -> None:
        self._missing = 0
        self._asked = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> float | None:
        """Seconds that an answer took, once it is there to its last byte."""
        part = self.socket.recv(262_144)
        assert part, "the server closed a connection"
        if self._missing:
            self._missing -= len(part)
        else:
            end = part.index(b"\r\n\r\n")
            head = part[:end].lower()
            assert head.startswith((b"http/1.1 200", b"http/1.1 304")), part[:200]
            length = head.partition(b"content-length: ")[2]
            self._missing = int(length.split(b"\r\n", 1)[0] or 0) - (len(part) - end - 4)
        return None if self._missing else time.perf_counter() - self._asked


def load(site: Site, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Ask over so many connections for so long."""
    waits: list[float] = []
    with ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(connections):
            one = _Connection(site.port)
            stack.callback(one.socket.close)
            ready.register(one.socket, selectors.EVENT_READ, one)
            one.ask(next(requests))
        used, started = _processor(site.process), time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            for key, _ in ready.select(1):
                waited = key.data.answered()
                if waited is not None:
                    waits.append(waited)
                    key.data.ask(next(requests))
        used = _processor(site.process) - used
    waits.sort()
    return Load(len(waits) / elapsed, used / len(waits), waits[len(waits) // 2], waits[len(waits) * 99 // 100])


def _processor(process: int) -> float:
    """Seconds of processor time of a process and its threads: fields 14 and 15 of proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _request(query: str, variables: Wish) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _get(request: bytes, *, etag: str = "") -> bytes:
    """The same question in an address."""
    asked = json.loads(request.partition(b"\r\n\r\n")[2])
    address = urlencode({"query": asked["query"], "variables": json.dumps(asked["variables"])})
    known = f"if-none-match: {etag}\r\n" if etag else ""
    return f"GET /graphql?{address} HTTP/1.1\r\nhost: x\r\n{known}\r\n".encode()


def _etag(ours: Site, request: bytes) -> str:
    return _whole(ours, request).lower().partition(b"\netag: ")[2].partition(b"\r")[0].decode()


# --- what is asked ----------------------------------------------------------------------------------------------------
def _questions(place: Path, at: int | None) -> dict[str, list[bytes]]:
    """So many requests of each kind, no two alike. `at`: a position up to which there is half of what there is."""
    luck = Random(1)  # noqa: S311 - a draw that anyone can repeat
    as_of: Wish = {} if at is None else {"at": {"position": at}}
    with home.stores(place, read_only=True) as (log, disclosures):
        sources = Sources(log=log, disclosures=disclosures, projections=place / home.PROJECTIONS)
        with sources.reading() as reads:
            items = [one for (one,) in reads.db.execute("SELECT item FROM catalogue_items ORDER BY position")]
            agencies = [one for (one,) in reads.db.execute("SELECT DISTINCT agency FROM catalogue_items")]
    public = items[: len(items) // 3] if at is not None else items
    years = [list(one) for one in islice(permutations(range(FIRST_YEAR, FIRST_YEAR + YEARS)), REQUESTS)]
    days = [
        f"{year}-{month:02}-{day:02}" for year in range(2011, 2014) for month in range(1, 13) for day in range(1, 29)
    ]
    filters = [{"agencies": [agency], "publishedOn": {"from": day}} for agency in agencies for day in days]
    luck.shuffle(years)
    return {
        "Q1": [_request(Q1, {"id": one, **as_of}) for one in luck.sample(public, min(REQUESTS, len(public)))],
        "Q2": [_request(Q2, {"filter": one, **as_of}) for one in luck.sample(filters, min(REQUESTS, len(filters)))],
        "Q3": [_request(Q3, {"years": one, **as_of}) for one in years],
    }


def _with_literals(place: Path) -> list[bytes]:
    """Q1 with the id in the document: no two documents are alike."""
    with home.stores(place, read_only=True) as (log, disclosures):
        sources = Sources(log=log, disclosures=disclosures, projections=place / home.PROJECTIONS)
        with sources.reading() as reads:
            items = [one for (one,) in reads.db.execute("SELECT item FROM catalogue_items")]
    return [_request(f'{{ archive {{ item(by: {{id: "{one}"}}) {{ {_ITEM} }} }} }}', {}) for one in items]


def home_in(folder: Path, items: int) -> Path:
    """The home that is asked; made where there is none yet."""
    place = folder / "home"
    if not place.exists():
        district_benchmark.built(folder, items)
    return place


def measure(folder: Path, items: int, rounds: int) -> dict[str, object]:
    """Rates, processor time and waits of the three queries, beside the ceiling's in the same run."""
    place = home_in(folder, items)
    with home.stores(place, read_only=True) as (log, _):
        entries = log.head()
    now, past = _questions(place, None), _questions(place, entries // 2)
    figures: dict[str, object] = {"entries": entries, "items": items}
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with site("serve", str(place)) as ours:
        for name, requests in now.items():
            size = _size(ours, requests[0])
            with site("constant", str(size)) as ceiling:
                for connections in CONNECTIONS:
                    figures[f"{name}, {connections} connections"] = {
                        "bytes": size,
                        **_beside(ours, ceiling, requests, requests, connections, rounds),
                    }
            figures[f"{name}, of the past beside now"] = _beside(ours, ours, past[name], requests, 16, rounds)
        for name, requests in now.items():
            with site("constant", str(_size(ours, requests[0]))) as ceiling:
                again = [_get(requests[0])]
                figures[f"{name}, kept"] = _beside(ours, ceiling, again, again, 16, rounds)
                known = [_get(requests[0], etag=_etag(ours, again[0]))]
                figures[f"{name}, not modified"] = _beside(ours, ceiling, known, again, 16, rounds)
        with site("constant", str(_size(ours, now["Q1"][0]))) as ceiling:
            literals = _with_literals(place)
            figures["Q1, new literals"] = _beside(ours, ceiling, literals, literals, 16, rounds)
    return figures


def _size(ours: Site, request: bytes) -> int:
    """How many bytes an answer has; one with errors is none."""
    body = _whole(ours, request).partition(b"\r\n\r\n")[2]
    assert b'"errors"' not in body, body[:300]
    return len(body)


def _whole(ours: Site, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", ours.port)) as one:
        one.sendall(request.replace(b"\r\nhost", b"\r\nconnection: close\r\nhost", 1))
        return b"".join(iter(lambda: one.recv(65_536), b""))


def _beside(  # noqa: PLR0913 - two servers, what each is asked, and how
    ours: Site, floor: Site, mine: list[bytes], others: list[bytes], connections: int, rounds: int
) -> dict[str, object]:
    """Ours and the floor in turn; the median of each round's ratio."""
    pairs = []
    asked, also = cycle(mine), cycle(others)
    for _ in range(rounds):
        load(ours, asked, connections=connections, seconds=WARM_SECONDS)
        one = load(ours, asked, connections=connections, seconds=SECONDS)
        load(floor, also, connections=connections, seconds=WARM_SECONDS)
        pairs.append((one, load(floor, also, connections=connections, seconds=SECONDS)))
    best = min((one for one, _ in pairs), key=lambda load: load.processor)
    least = min((other for _, other in pairs), key=lambda load: load.processor)

    def ratio(of: Callable[[Load], float]) -> float:
        return round(statistics.median(of(one) / of(other) for one, other in pairs), 2)

    return {
        "rate": round(best.rate),
        "floor": round(least.rate),
        "microseconds": round(best.processor * 1e6),
        "floor_microseconds": round(least.processor * 1e6),
        "rate_ratio": ratio(lambda load: load.rate),
        "processor_ratio": ratio(lambda load: load.processor),
        "p50_ms": round(best.p50 * 1e3, 2),
        "p99_ms": round(best.p99 * 1e3, 2),
        "p99_ratio": ratio(lambda load: load.p99),
    }


def main() -> None:
    """Be one of the two servers."""
    what, given = sys.argv[1:]
    if what == "constant":
        run(constant(int(given)))
        return
    place = Path(given)
    with home.stores(place, read_only=True) as (log, disclosures):
        sources = Sources(log=log, disclosures=disclosures, projections=place / home.PROJECTIONS)
        run(create_app(sources, origin=log.origin, limits=Limits(recheck_seconds=RECHECK_SECONDS)))


if __name__ == "__main__":
    main()
