"""Serving: one process that answers on one socket, beside a thread that follows the log.

The server is uvicorn on the asyncio loop with httptools: on the other loop new connections starve under load. The
socket is ours, so that a free port can be asked for, and so that it has TCP_NODELAY: head and body leave in two writes,
and without it the second one waits for the peer's delayed acknowledgement.
"""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from typing_extensions import override

from archive.api.reads import Sources
from archive.domain.errors import Refused
from archive.web.app import create_app
from archive.web.follower import Follower

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.projections.runner import Projections

BACKLOG: Final = 2_048
KEEP_ALIVE_SECONDS: Final = 20
SHUTDOWN_SECONDS: Final = 10


def serve(  # noqa: PLR0913 - the parts of a home, and where to listen
    *,
    projections: Projections,
    log: Log,
    disclosures: Disclosures,
    host: str,
    port: int,
    rebuild: Callable[[threading.Event], bool],
    ready: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is being answered and return.

    `rebuild` is what the follower does with projections of another version (see follower). `ready` is told the address once connections are taken; with port 0 it names the port that was free.
    """
    with _listening(host, port) as listener:
        follower = Follower(log, projections, rebuild=rebuild)
        sources = Sources(log=log, disclosures=disclosures, projections=projections.folder)
        app = create_app(sources, origin=log.origin, trouble=lambda: follower.trouble)
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
        follower.start()
        try:
            _Server(config, ready=lambda: ready(_address(listener))).run(sockets=[listener])
        finally:
            follower.stop()


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it has started and returns when it is told to end."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

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
