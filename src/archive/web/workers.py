"""Several processes that answer on one socket, and the one that watches over them.

    supervisor ── spawns ──▶ worker: opens the stores for reading, answers, and follows nothing
       │  ◀── "ready", once it takes connections
       └──── why the projections no longer follow the log, for `/healthz` ──▶

Rules
- The processes share the listening socket: whichever is free takes the next connection. None is forked, because a
  connection of SQLite must not be.
- A worker that dies is replaced. One that cannot even start ends the site: the next would not start either.
- To end, the supervisor tells the workers; each drains and finishes what it is answering. A worker whose supervisor is gone ends
  by itself, so that nothing is left that answers and no longer follows.

uvicorn has a supervisor of its own; it neither tells when the workers are ready, nor ends them when it dies, nor lets
them know what `/healthz` must say.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import ArchiveError, Refused
from archive.web import counters, diagnostics
from archive.web.operation import Shared
from archive.web.rates import CELLS, Table, a_secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, MutableSequence, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    # Of a worker: the sockets it answers on, its number from 0, what it is told, and what it calls once it answers.
    Work = Callable[[Sequence[socket.socket], int, "Trouble", Callable[[], None]], None]

# How often the supervisor looks whether the follower is in trouble.
_LOOK_SECONDS: Final = 0.5
# Between a worker that died before it answered anyone and the next try.
_PAUSE_SECONDS: Final = 1.0

_SPAWN: Final = multiprocessing.get_context("spawn")


class Trouble:
    """Why the projections no longer follow the log, as a worker has been told; None while they do."""

    def __init__(self) -> None:
        self.error: ArchiveError | None = None


class _Told(NamedTuple):
    """An error on its way to another process, which an exception with named facts cannot go by itself."""

    kind: type[ArchiveError]
    code: str
    facts: dict[str, object]


class _Worker(NamedTuple):
    process: SpawnProcess
    pipe: Connection
    number: int


def shared_by(count: int) -> Shared:
    """Memory in which so many workers count; it needs a little room in /dev/shm, or else in the folder for temporary files."""
    boards: list[MutableSequence[float]] = [_SPAWN.RawArray("d", counters.CELLS) for _ in range(count)]
    state: MutableSequence[float] = _SPAWN.RawArray("d", 1)
    rates: MutableSequence[float] = _SPAWN.RawArray("d", CELLS)
    return Shared(boards, state, Table(rates, a_secret()))


class Supervisor:
    """Keeps `count` processes running, each of which calls `work` (see Work) until it is told to end."""

    def __init__(
        self,
        work: Work,
        listeners: Sequence[socket.socket],
        *,
        count: int,
        trouble: Callable[[], ArchiveError | None],
        shutdown_seconds: float,
    ) -> None:
        self._work = work
        self._listeners = listeners
        self._count = count
        self._trouble = trouble
        self._shutdown_seconds = shutdown_seconds
        self._workers: list[_Worker] = []
        self._ready: set[Connection] = set()
        self._told: dict[Connection, ArchiveError] = {}

    def run(self, ready: Callable[[], None]) -> None:
        """Run until SIGINT or SIGTERM; `ready` is called once every worker takes connections. `Refused` WEB-010."""
        with _told_to_end() as end:
            try:
                for _ in range(self._count):
                    self._start()
                announced = False
                while not end.poll():
                    self._look(end)
                    if not announced and len(self._ready) == self._count:
                        announced = True
                        ready()
            finally:
                self._end(end)

    def _start(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        # A number that nobody has: the one of the dead, whose place this one takes.
        number = min(set(range(self._count)) - {one.number for one in self._workers})
        process = _SPAWN.Process(
            target=_run, args=(self._work, list(self._listeners), number, theirs), name=f"worker-{number}"
        )
        process.start()
        # The worker has the only other end: it reads the end of the pipe when we are gone.
        theirs.close()
        self._workers.append(_Worker(process, ours, number))

    def _look(self, end: Connection) -> None:
        """Wait until something happens, and see to it."""
        waiting = [one.pipe for one in self._workers if one.pipe not in self._ready]
        wait([end, *waiting, *(one.process.sentinel for one in self._workers)], timeout=_LOOK_SECONDS)
        for one in list(self._workers):
            if one.pipe not in self._ready and one.pipe.poll():
                # The end of the pipe: it died, which is seen below.
                with suppress(EOFError, OSError):
                    one.pipe.recv()
                    self._ready.add(one.pipe)
            if not one.process.is_alive():
                self._replace(one, end)
        error = self._trouble()
        if error is None:
            return
        for one in self._workers:
            if self._told.get(one.pipe) is not error:
                self._told[one.pipe] = error
                with suppress(OSError):
                    one.pipe.send(_Told(type(error), error.code, error.facts))

    def _replace(self, dead: _Worker, end: Connection) -> None:
        started = dead.pipe in self._ready
        code = dead.process.exitcode or 0
        self._forget(dead)
        if end.poll():
            # Ctrl-C reaches every process of a terminal.
            return
        diagnostics.worker_ended(code)
        # What a signal ended (from outside, or for want of memory) may well start again.
        if not started and code > 0:
            raise Refused("WEB-010", exit=code)
        if not started:
            end.poll(_PAUSE_SECONDS)
        self._start()

    def _forget(self, one: _Worker) -> None:
        self._workers.remove(one)
        self._ready.discard(one.pipe)
        self._told.pop(one.pipe, None)
        one.process.join()
        one.process.close()
        one.pipe.close()

    def _end(self, end: Connection) -> None:
        for listener in self._listeners:
            listener.close()
        deadline = time.monotonic() + self._shutdown_seconds
        told = False
        while (alive := [one for one in self._workers if one.process.is_alive()]) and deadline > time.monotonic():
            # Once, and again for each signal that comes now: the second one ends their draining.
            if not told or end.poll():
                told = True
                for one in alive:
                    one.process.terminate()
                while end.poll():
                    end.recv()
            wait([end, *(one.process.sentinel for one in alive)], timeout=max(0.0, deadline - time.monotonic()))
        for one in list(self._workers):
            if one.process.is_alive():
                one.process.kill()
            self._forget(one)


def _run(work: Work, listeners: Sequence[socket.socket], number: int, pipe: Connection) -> None:
    """What a worker's process does."""
    trouble = Trouble()
    # Until the server takes signals itself, one ends us quietly.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_listen, args=(pipe, trouble), name="supervisor", daemon=True).start()
    try:
        work(listeners, number, trouble, lambda: pipe.send("ready"))
    except ArchiveError as error:
        diagnostics.failed(error, request_id="worker")
        raise SystemExit(error.exit.value) from None


def _listen(pipe: Connection, trouble: Trouble) -> None:
    """Take what the supervisor tells; end with it."""
    with closing(pipe), suppress(EOFError, OSError):
        while True:
            kind, code, facts = pipe.recv()
            trouble.error = kind(code, **facts)
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _told_to_end() -> Iterator[Connection]:
    """A pipe that has something in it once SIGINT or SIGTERM came; a wait for it ends then, which one for a flag does not."""
    end, tell = _SPAWN.Pipe(duplex=False)

    def take(*_: object) -> None:
        # However often it comes: one is enough, and a full pipe must not hold us up.
        if not end.poll():
            tell.send("end")

    before = {wanted: signal.signal(wanted, take) for wanted in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield end
    finally:
        for wanted, handler in before.items():
            signal.signal(wanted, handler)
        end.close()
        tell.close()
