"""What an administrator asks the site about itself: `/readyz`, `/version`, `/metrics`, and `/slow` on an address of its own.

Rules
- Nothing here tells what anybody asked, or who: numbers, patterns of routes, codes of errors, and hashes of documents.
- Any worker answers for all of them; what each has counted is in memory that they share (see counters).
- What cannot be read is left out of `/metrics` and named by `/readyz`; neither fails with it.
"""

from __future__ import annotations

import os
from array import array
from contextlib import suppress
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    StateSetMetricFamily,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from typing_extensions import override

from archive import __version__
from archive.api.schema import print_sdl
from archive.domain.errors import ArchiveError
from archive.web import counters
from archive.web.admission import CONCURRENT_REQUESTS
from archive.web.negotiation import JSON
from archive.web.rates import CELLS, Table, a_secret
from archive.web.replies import NO_CACHE, Reply, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from prometheus_client.metrics_core import Metric
    from starlette.types import Scope

    from archive.api.reads import Sources
    from archive.web.counters import Board
    from archive.web.rates import Network

READY_LAG: Final = 10_000
READY_SECONDS: Final = 30.0
AT_LEAST_SECONDS: Final = 2.0
PINNED_SECONDS: Final = 3_600
KEPT_MEGABYTES: Final = 32
ANSWER_SECONDS: Final = 10.0
# How many of the slowest documents are shown.
SLOW_SHOWN: Final = 50
# What folding a batch may need: below it, an append would stop the follower.
MIN_FREE_BYTES: Final = 16 * 1024 * 1024
# The format that every version of Prometheus reads.
_PROMETHEUS: Final = "text/plain; version=0.0.4"
OTHER_ROUTE: Final = "other"


class Following(IntEnum):
    """What the follower is doing; its number is what the workers share."""

    STARTING = 0
    FOLLOWING = 1
    # Another process follows; this one takes its place when it ends.
    WAITING = 2
    REBUILDING = 3
    STOPPED = 4


class Shared:
    """The memory that the workers of one site share: a board for each, one cell for the follower's state, rates of clients."""

    def __init__(self, boards: Sequence[Board], state: Board, rates: Table) -> None:
        self.boards = boards
        self.rates = rates
        self._state = state

    @property
    def following(self) -> Following:
        """What the follower is doing."""
        return Following(int(self._state[0]))

    @following.setter
    def following(self, state: Following) -> None:
        self._state[0] = float(state)


def alone() -> Shared:
    """The memory of one process that shares it with nobody; whoever follows, it is not this process."""
    return Shared([[0.0] * counters.CELLS], [float(Following.WAITING)], Table(array("d", bytes(8 * CELLS)), a_secret()))


class Draining:
    """Whether the site has been told to end and answers only what still comes."""

    def __init__(self) -> None:
        self.begun = False


class Limits(NamedTuple):
    """What a site is ready by, and where it may be asked for more.

    `ready_lag`: entries that the projections may be behind. `ready_seconds`: how long a database that follows another may be
    behind it. `writes`: the folder that the site writes into. `own_port`: the port, on loopback alone, on which `/slow` is
    shown; None: nowhere. `at_least_seconds`: how long a question waits for a position that it must be answered at.
    `pinned_seconds`: how long others may keep an answer of a past position; an erasure reaches them no sooner. `kept_bytes`:
    answers that a worker keeps; `recheck_seconds`: how old its knowledge may be that nothing has changed.
    `concurrent_requests`: how many a worker answers at a time; `requests_per_minute`: how many a client may make, 0 for as
    many as it likes; `proxies`: whose word is taken for who the client is.
    """

    ready_lag: int = READY_LAG
    ready_seconds: float = READY_SECONDS
    writes: Path | None = None
    own_port: int | None = None
    at_least_seconds: float = AT_LEAST_SECONDS
    pinned_seconds: int = PINNED_SECONDS
    kept_bytes: int = KEPT_MEGABYTES * 1024 * 1024
    recheck_seconds: float = 0.0
    concurrent_requests: int = CONCURRENT_REQUESTS
    requests_per_minute: int = 0
    proxies: Sequence[Network] = ()


class Operation:
    """The addresses about the site itself."""

    def __init__(  # noqa: PLR0913 - all that an administrator may want to know
        self,
        sources: Sources,
        *,
        origin: str,
        shared: Shared,
        trouble: Callable[[], ArchiveError | None],
        draining: Draining,
        limits: Limits,
    ) -> None:
        self._sources = sources
        self._shared = shared
        self._trouble = trouble
        self._draining = draining
        self._limits = limits
        self._version = {"version": __version__, "origin": origin, "schema": sha256(print_sdl().encode()).hexdigest()}
        self.routes: Sequence[str] = ()

    def ready(self, _: Scope) -> Reply:
        """Whether this site should be sent readers: one JSON object with every check by name; 503 when one fails."""
        checks = self._checks()
        ok = all(check["ok"] for check in checks.values())
        return _json({"ready": ok, "checks": checks}, 200 if ok else 503)

    def version(self, _: Scope) -> Reply:
        """Which program answers, for which log, and the SHA-256 of the schema it answers by."""
        return _json(self._version)

    def metrics(self, _: Scope) -> Reply:
        """All counters and gauges in the text format of Prometheus."""
        return Reply(200, generate_latest(_Families(self._families)), _PROMETHEUS, {"cache-control": NO_CACHE})

    def slow(self, scope: Scope) -> Reply:
        """The documents that took most time since the start; only on the port of its own."""
        server = scope.get("server")
        if server is None or server[1] is None or server[1] != self._limits.own_port:
            raise HTTPException(404)
        found = counters.slowest(self._shared.boards, first=SLOW_SHOWN)
        return _json({"documents": [{k: v for k, v in one._asdict().items() if v is not None} for one in found]})

    def _checks(self) -> dict[str, dict[str, object]]:
        checks: dict[str, dict[str, object]] = {}
        head = _checked(checks, "log", self._sources.log.head)
        position = _checked(checks, "projections", self._position)
        lag = None if head is None or position is None else max(0, head - position)
        limit = self._limits.ready_lag
        checks["lag"] = {"ok": lag is not None and lag <= limit, "limit": limit}
        if lag is not None:
            checks["lag"]["entries"] = lag
        checks |= self._replica()
        following = self._shared.following
        trouble = self._trouble()
        ok = trouble is None and following not in {Following.STARTING, Following.STOPPED}
        checks["follower"] = {"ok": ok, "state": following.name.lower()}
        if trouble is not None:
            checks["follower"]["code"] = trouble.code
        if self._limits.writes is not None:
            checks["disk"] = _disk(self._limits.writes)
        checks["accepting"] = {"ok": not self._draining.begun}
        return checks

    def _replica(self) -> dict[str, dict[str, object]]:
        """Where the log is read from a copy that follows another: how far that is behind."""
        # Whether the log can be read is a check of its own.
        with suppress(ArchiveError):
            seconds = self._sources.log.behind_seconds()
            if seconds is not None:
                limit = self._limits.ready_seconds
                return {"replica": {"ok": seconds <= limit, "seconds": round(seconds, 1), "limit": limit}}
        return {}

    def _position(self) -> int:
        with self._sources.reading() as reads:
            return reads.head

    def _families(self) -> Iterator[Metric]:
        yield InfoMetricFamily("archive_build", "The program that answers.", {"version": __version__})
        yield GaugeMetricFamily("archive_workers", "Processes that answer.", len(self._shared.boards))
        yield from self._positions()
        state = self._shared.following
        yield StateSetMetricFamily(
            "archive_follower_state",
            "What the follower is doing: 1 for the state it is in.",
            {one.name.lower(): one is state for one in Following},
        )
        yield GaugeMetricFamily(
            "archive_http_requests_in_flight",
            "Requests that are being answered.",
            counters.in_flight(self._shared.boards),
        )
        yield from self._served()
        yield from self._kept()

    def _kept(self) -> Iterator[Metric]:
        kept = counters.kept(self._shared.boards)
        answers = CounterMetricFamily(
            "archive_graphql_answers",
            "Answers to queries, by where they came from: kept for the same request or document, or run.",
            labels=("source",),
        )
        for source, count in kept.answers.items():
            answers.add_metric((source.name.lower(),), count)
        yield answers
        yield CounterMetricFamily(
            "archive_graphql_kept_let_go",
            "Kept answers that were let go because what they were read from had changed.",
            kept.let_go,
        )
        yield GaugeMetricFamily("archive_graphql_kept_bytes", "Bytes of the answers that are kept.", kept.size)

    def _positions(self) -> Iterator[Metric]:
        unread: dict[str, dict[str, object]] = {}
        head = _checked(unread, "log", self._sources.log.head)
        position = _checked(unread, "projections", self._position)
        if head is not None:
            yield GaugeMetricFamily("archive_log_position", "The newest position of the log.", head)
        if position is not None:
            yield GaugeMetricFamily(
                "archive_projections_position", "The newest position that all projections have folded.", position
            )
        if head is not None and position is not None:
            yield GaugeMetricFamily(
                "archive_projections_lag_entries", "Entries that are not folded yet.", max(0, head - position)
            )

    def _served(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "archive_http_requests", "Requests answered, by route and status.", labels=("route", "status")
        )
        seconds = HistogramMetricFamily(
            "archive_http_request_duration_seconds",
            "From the head of a request to the end of its answer, by route.",
            labels=("route",),
        )
        sent = CounterMetricFamily(
            "archive_http_response_body_bytes", "Bytes of the bodies of answers, by route.", labels=("route",)
        )
        for index, route in enumerate(self.routes):
            one = counters.served(self._shared.boards, index)
            for status, count in one.statuses.items():
                requests.add_metric((route, str(status) if status else "other"), count)
            total = 0
            buckets = []
            for bound, within in zip((*map(str, counters.BOUNDS), "+Inf"), one.within, strict=True):
                total += within
                buckets.append((bound, total))
            if total:
                seconds.add_metric((route,), buckets, one.seconds)
                sent.add_metric((route,), one.sent_bytes)
        yield from (requests, seconds, sent)


class _Families(Collector):
    """What prometheus-client wants to print from."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    @override
    def collect(self) -> Iterator[Metric]:
        return self._collect()


def _checked(checks: dict[str, dict[str, object]], name: str, position: Callable[[], int]) -> int | None:
    """Note under a name whether a position can be read; the position."""
    try:
        found = position()
    except ArchiveError as error:
        checks[name] = {"ok": False, "code": error.code}
        return None
    checks[name] = {"ok": True, "position": found}
    return found


def _disk(folder: Path) -> dict[str, object]:
    """Whether the follower can write where it does. Nothing is written: a stranger must not make us do that."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return {"ok": False, "reason": "missing"}
    if not os.access(folder, os.W_OK | os.X_OK):
        return {"ok": False, "reason": "read-only"}
    if room.f_bavail * room.f_frsize < MIN_FREE_BYTES:
        return {"ok": False, "reason": "full"}
    return {"ok": True}


def _json(said: object, status: int = 200) -> Reply:
    return Reply(status, encode_json(said), JSON, {"cache-control": NO_CACHE})
