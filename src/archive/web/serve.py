"""Serving: processes that answer on one socket, one thread that follows the log, and one that has it signed.

One worker answers in the process that follows; of several, each is a process of its own (see workers).

The server is uvicorn on the asyncio loop with httptools: on the other loop new connections starve under load. The
socket is ours, so that a free port can be asked for, and so that it has TCP_NODELAY: head and body leave in two writes,
and without it the second one waits for the peer's delayed acknowledgement.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import uvicorn
from typing_extensions import override

from archive.api.reads import Sources
from archive.api.trusted import read_folder
from archive.checkpoints.store import Checkpoints
from archive.disclosures.openings import Disclosures
from archive.domain.errors import Refused
from archive.log.log import Log
from archive.web import workers as workers_
from archive.web.admission import CONCURRENT_REQUESTS
from archive.web.app import create_app
from archive.web.follower import Follower
from archive.web.operation import (
    ANSWER_SECONDS,
    AT_LEAST_SECONDS,
    KEPT_MEGABYTES,
    PINNED_SECONDS,
    READY_LAG,
    READY_SECONDS,
    Draining,
    Limits,
    alone,
)
from archive.web.publisher import Publisher
from archive.web.rates import networks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType

    from starlette.types import ASGIApp

    from archive.domain.errors import ArchiveError
    from archive.projections.runner import Projections
    from archive.storage.addresses import Address
    from archive.web.operation import Shared
    from archive.web.workers import Trouble

BACKLOG: Final = 2_048
KEEP_ALIVE_SECONDS: Final = 20
SHUTDOWN_SECONDS: Final = 10
# Beyond that, for a worker to close its files.
_CLOSE_SECONDS: Final = 5


class Stores(NamedTuple):
    """What a worker opens for itself, for reading."""

    log: Path | Address
    origin: str
    disclosures: Path | Address
    checkpoints: Path | Address
    projections: Path
    busy_seconds: float


# Requests of the same moment ask once whether anything has changed.
RECHECK_SECONDS: Final = 0.002


class Operated(NamedTuple):
    """What an administrator has chosen.

    `ready_lag`: how many entries the projections may be behind for `/readyz`; `ready_seconds`: how long a replica may be.
    `at_least_seconds`: how long a query waits for its position. `drain_seconds`: how long after SIGTERM the
    site goes on taking connections, while `/readyz` says that it will not. `operations_port`: a port on 127.0.0.1 alone, on
    which `/slow` is shown too; 0: none. `pinned_seconds`: how long others may keep an answer of a past position;
    `kept_megabytes`: how many MiB of answers each worker keeps. `concurrent_requests`: how many requests each worker answers
    at a time; `requests_per_minute`: how many each client may make, 0 for as many as it likes; `proxies`: the addresses and
    networks, apart by commas, whose `X-Forwarded-For` is believed. `documents`: the folder of documents that are registered
    (see api.trusted); empty: none are. `answer_seconds`: how long an answer or a page may read.
    """

    ready_lag: int = READY_LAG
    ready_seconds: float = READY_SECONDS
    at_least_seconds: float = AT_LEAST_SECONDS
    drain_seconds: float = 0.0
    operations_port: int = 0
    pinned_seconds: int = PINNED_SECONDS
    kept_megabytes: int = KEPT_MEGABYTES
    concurrent_requests: int = CONCURRENT_REQUESTS
    requests_per_minute: int = 0
    proxies: str = ""
    documents: str = ""
    answer_seconds: float = ANSWER_SECONDS


DEFAULTS: Final = Operated()


def serve(  # noqa: PLR0913 - the parts of a home, and where to listen
    *,
    projections: Projections,
    log: Log,
    disclosures: Disclosures,
    checkpoints: Checkpoints,
    publish: Callable[[], object] | None,
    host: str,
    port: int,
    rebuild: Callable[[threading.Event], bool],
    ready: Callable[[str], None],
    workers: int = 1,
    publish_seconds: float = 1.0,
    busy_seconds: float = 5.0,
    operated: Operated = DEFAULTS,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is being answered and return.

    Nothing above the newest checkpoint is shown. `publish` has signed what is folded, once in `publish_seconds`; None: it
    is signed by another process. `rebuild` is what the follower does with projections of another version (see follower). `ready` is told the address once connections are taken; with port 0 it names the port that was free. `workers`: how many processes answer; `busy_seconds`: how long each waits for a store.
    """
    with _all_listening(host, port, operations_port=operated.operations_port) as listeners:
        address = _address(listeners[0])
        # Read here in any case: what cannot be registered is told before anybody is answered.
        trusted = _trusted(operated)
        shared = alone() if workers == 1 else workers_.shared_by(workers)
        follower = Follower(log, projections, rebuild=rebuild, shared=shared)
        publisher = None if publish is None else Publisher(publish, seconds=publish_seconds)

        def trouble() -> ArchiveError | None:
            return follower.trouble or (None if publisher is None else publisher.trouble)

        follower.start()
        if publisher is not None:
            publisher.start()
        try:
            if workers == 1:
                sources = Sources(
                    log=log,
                    disclosures=disclosures,
                    projections=projections.folder,
                    checkpoints=checkpoints,
                    answer_seconds=operated.answer_seconds,
                )
                draining = Draining()
                app = create_app(
                    sources,
                    origin=log.origin,
                    trouble=trouble,
                    shared=shared,
                    draining=draining,
                    limits=_limits(operated, projections.folder),
                    trusted=trusted,
                )
                _answer(app, listeners, draining, operated, ready=lambda: ready(address))
            else:
                stores = Stores(
                    log.storage.place,
                    log.origin,
                    disclosures.place,
                    checkpoints.place,
                    projections.folder,
                    busy_seconds=busy_seconds,
                )
                workers_.Supervisor(
                    partial(_work, stores, shared, operated),
                    listeners,
                    count=workers,
                    trouble=trouble,
                    shutdown_seconds=operated.drain_seconds + SHUTDOWN_SECONDS + _CLOSE_SECONDS,
                ).run(lambda: ready(address))
        finally:
            if publisher is not None:
                publisher.stop()
            follower.stop()


def _work(  # noqa: PLR0913 - what is the same for all workers, and what is this one's
    stores: Stores,
    shared: Shared,
    operated: Operated,
    listeners: Sequence[socket.socket],
    number: int,
    trouble: Trouble,
    ready: Callable[[], None],
) -> None:
    """What one of several workers does."""
    busy = stores.busy_seconds
    with (
        Log.open(stores.log, origin=stores.origin, read_only=True, busy_seconds=busy) as log,
        Disclosures(stores.disclosures, read_only=True, busy_seconds=busy) as disclosures,
        Checkpoints(stores.checkpoints, read_only=True, busy_seconds=busy) as checkpoints,
    ):
        sources = Sources(
            log=log,
            disclosures=disclosures,
            projections=stores.projections,
            checkpoints=checkpoints,
            answer_seconds=operated.answer_seconds,
        )
        draining = Draining()
        app = create_app(
            sources,
            origin=log.origin,
            trouble=lambda: trouble.error,
            shared=shared,
            worker=number,
            draining=draining,
            limits=_limits(operated, stores.projections),
            trusted=_trusted(operated),
        )
        _answer(app, listeners, draining, operated, ready=ready)


def _limits(operated: Operated, writes: Path) -> Limits:
    return Limits(
        ready_lag=operated.ready_lag,
        ready_seconds=operated.ready_seconds,
        writes=writes,
        own_port=operated.operations_port or None,
        at_least_seconds=operated.at_least_seconds,
        pinned_seconds=operated.pinned_seconds,
        kept_bytes=operated.kept_megabytes * 1024 * 1024,
        recheck_seconds=RECHECK_SECONDS,
        concurrent_requests=operated.concurrent_requests,
        requests_per_minute=operated.requests_per_minute,
        proxies=networks(operated.proxies),
    )


def _trusted(operated: Operated) -> dict[str, str]:
    return read_folder(Path(operated.documents)) if operated.documents else {}


def _answer(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    draining: Draining,
    operated: Operated,
    *,
    ready: Callable[[], None],
) -> None:
    """Answer in this process until it is told to end."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws="none",
        interface="asgi3",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    _Server(config, draining, drain_seconds=operated.drain_seconds, ready=ready).run(sockets=list(listeners))


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it has started, drains, and returns when it is told to end."""

    def __init__(
        self, config: uvicorn.Config, draining: Draining, *, drain_seconds: float, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._draining = draining
        self._drain_seconds = drain_seconds
        self._drained_at: float | None = None
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        first = not self._draining.begun
        self._draining.begun = True
        # Ctrl-C, and whatever comes after the first signal, is somebody who does not want to wait.
        if first and sig == signal.SIGTERM and self._drain_seconds > 0:
            self._drained_at = time.monotonic() + self._drain_seconds
            return
        super().handle_exit(sig, frame)

    @override
    async def on_tick(self, counter: int) -> bool:
        if self._drained_at is not None and time.monotonic() >= self._drained_at:
            self.should_exit = True
        return await super().on_tick(counter)

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn would raise the signal again when it has ended, and the process would die of what it obeyed.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {wanted: signal.signal(wanted, self.handle_exit) for wanted in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for wanted, handler in before.items():
                signal.signal(wanted, handler)


@contextmanager
def _all_listening(host: str, port: int, *, operations_port: int) -> Generator[list[socket.socket], None, None]:
    with _listening(host, port) as listener:
        if not operations_port:
            yield [listener]
            return
        with _listening("127.0.0.1", operations_port) as own:
            yield [listener, own]


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    # The system would take the port modulo 65,536.
    if not 0 <= port <= 65_535:
        raise Refused("WEB-009", host=host, port=port)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError:
        raise Refused("WEB-009", host=host, port=port) from None
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listener.bind(address)
            # Whoever holds the port is found out here, before anything is told to anyone.
            listener.listen(BACKLOG)
        except OSError:
            raise Refused("WEB-009", host=host, port=port) from None
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
