"""The site as one ASGI application: which address answers what, and what stands around every answer."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from typing_extensions import override

from archive.api.answers import Answers
from archive.api.errors import shown
from archive.api.schema import print_sdl
from archive.api.trusted import TrustedDocuments
from archive.domain.errors import ArchiveError
from archive.web import diagnostics
from archive.web.admission import Admission
from archive.web.counters import MAX_ROUTES, Counters
from archive.web.graphql import Explain, GraphQL, not_let_in
from archive.web.kept import KeptAnswers
from archive.web.log import CheckpointList, LogFiles
from archive.web.negotiation import JSON, language
from archive.web.operation import OTHER_ROUTE, Draining, Limits, Operation, alone
from archive.web.pages import Pages
from archive.web.provenance import provenance
from archive.web.rates import Rates
from archive.web.replies import NO_CACHE, Reply, encode_json, encoded, header, send_reply

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from archive.api.reads import Sources
    from archive.web.operation import Shared

_GRAPHQL: Final = "/graphql"
STATIC: Final = Path(__file__).parent / "static"
# A day: the files have no version in their names.
_STATIC_CACHE: Final = "public, max-age=86400"
_SCHEMA_CACHE: Final = "public, max-age=300"

# What every answer forbids a browser. Pages load only what stands beside them, and nothing may frame them.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_AROUND: Final = (
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
# What answers to queries need of it: they are no documents, and nothing in them is run or framed.
_AROUND_DATA: Final = ((b"x-content-type-options", b"nosniff"),)


def create_app(  # noqa: PLR0913 - what a site is made of, and what its administrator may want to know
    sources: Sources,
    *,
    origin: str,
    trouble: Callable[[], ArchiveError | None] = lambda: None,
    shared: Shared | None = None,
    worker: int = 0,
    draining: Draining | None = None,
    limits: Limits | None = None,
    trusted: Mapping[str, str] | None = None,
) -> ASGIApp:
    """The site over these sources. `trouble` says why the projections no longer follow the log, if they do not.

    `shared` is the memory in which the workers of a site count, `worker` the number of this one among them, from 0;
    `draining` and `limits`: see operation. `trusted`: the texts of documents that are registered, by id (see api.trusted).
    """
    pages = Pages(sources, origin=origin)
    files = LogFiles(sources)
    shared = shared or alone()
    limits = limits or Limits()
    operation = Operation(
        sources,
        origin=origin,
        shared=shared,
        trouble=trouble,
        draining=draining or Draining(),
        limits=limits,
    )
    counters = Counters(shared.boards[worker])
    kept = KeptAnswers(
        sources,
        max_bytes=limits.kept_bytes,
        provenance=lambda position: encoded(provenance(sources, position)),
        recheck_seconds=limits.recheck_seconds,
        counters=counters,
    )
    answers = Answers(sources, trusted=TrustedDocuments(trusted or {}))
    graphql = GraphQL(
        answers,
        sources,
        kept=kept,
        counters=counters,
        at_least_seconds=limits.at_least_seconds,
        pinned_seconds=limits.pinned_seconds,
    )
    sdl = Reply(200, print_sdl().encode("utf-8"), "text/plain", {"cache-control": _SCHEMA_CACHE})
    site = Starlette(
        routes=[
            Route(_GRAPHQL, graphql),
            Route("/graphql/explain", Explain(answers)),
            Route("/", Page(pages.home, pages)),
            Route("/search", Page(pages.search, pages)),
            Route("/requests", Page(pages.requests, pages)),
            Route("/requests/{key}", Page(pages.request, pages)),
            Route("/report/{year:int}.{file}", Page(pages.report_file, pages)),
            Route("/report/{year:int}", Page(pages.report, pages)),
            Route("/graphiql", Page(pages.graphiql, pages)),
            Route("/schema.graphql", Page(lambda _: sdl, pages)),
            Route("/log/checkpoint", Page(files.checkpoint, pages)),
            Route("/log/checkpoints.jsonl", CheckpointList(sources)),
            Route("/log/vkey", Page(files.vkey, pages)),
            Route("/log/tile/{path:path}", Page(files.tile, pages)),
            Route("/log/proof/{position:int}.tlog-proof", Page(files.proof, pages)),
            Route("/disclosures/{position:int}", Page(files.disclosure, pages)),
            Route("/disclosures/cleared/{path:path}", Page(files.cleared, pages)),
            Route("/healthz", Page(Health(sources, trouble), pages)),
            Route("/readyz", Page(operation.ready, pages)),
            Route("/version", Page(operation.version, pages)),
            Route("/metrics", Page(operation.metrics, pages)),
            Route("/slow", Page(operation.slow, pages)),
            Mount("/static", Static(directory=STATIC, packages=[("archive.reports", "static")])),
        ],
        exception_handlers={HTTPException: pages.failed, Exception: pages.crashed},
    )
    # A redirect would name the host and forget the prefix that the site may be served under.
    site.router.redirect_slashes = False
    operation.routes = routes_of(site)
    rates = None
    if limits.requests_per_minute:
        rates = Rates(shared.rates, per_minute=limits.requests_per_minute, proxies=limits.proxies)

    return Around(
        site, counters, graphql, admission=Admission(concurrent=limits.concurrent_requests, rates=rates), pages=pages
    )


def routes_of(site: Starlette) -> list[str]:
    """The patterns of the routes in order, and one for what has none: the same in every worker."""
    routes = [*(getattr(route, "path", OTHER_ROUTE) for route in site.routes), OTHER_ROUTE]
    assert len(routes) <= MAX_ROUTES
    return routes


class Page:
    """An address that shows something and takes nothing."""

    def __init__(self, make: Callable[[Scope], Reply], pages: Pages) -> None:
        self._make = make
        self._pages = pages

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Send what is to be seen there."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        try:
            reply = self._make(scope)
        except ArchiveError as error:
            diagnostics.failed(error, request_id=scope["state"]["request_id"])
            reply = self._pages.failure(scope, 503, error)
        await send_reply(reply, scope, send)


class Health:
    """Whether the site can read its projections, where they stand, and whether they still follow the log."""

    def __init__(self, sources: Sources, trouble: Callable[[], ArchiveError | None]) -> None:
        self._sources = sources
        self._trouble = trouble

    def __call__(self, scope: Scope) -> Reply:
        """One JSON object; 503 when something is wrong."""
        said: dict[str, object] = {"ok": True}
        try:
            with self._sources.reading() as reads:
                said["position"] = reads.head
            error = self._trouble()
        except ArchiveError as unreadable:
            error = unreadable
        if error is not None:
            said |= {"ok": False, **shown(error, language(header(scope, b"accept-language")))}
        return Reply(200 if error is None else 503, encode_json(said), JSON, {"cache-control": NO_CACHE})


class Static(StaticFiles):
    """Style sheets, scripts and pictures."""

    @override
    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = _STATIC_CACHE
        return response


class Around:
    """Around every answer: an id of the request, what browsers must not do, a line of diagnostics where it matters, and counts."""

    def __init__(
        self,
        site: Starlette,
        counters: Counters,
        graphql: ASGIApp | None = None,
        *,
        admission: Admission | None = None,
        pages: Pages | None = None,
    ) -> None:
        self._app = site
        self._admission = admission or Admission()
        self._pages = pages
        self._graphql = graphql or site
        self._counters = counters
        self._routes = routes_of(site)
        # What a route leads to is in the scope of a request that took it.
        self._indexes = {
            id(getattr(route, "endpoint", getattr(route, "app", route))): index
            for index, route in enumerate(site.routes)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started = perf_counter()
        status = sent_bytes = 0
        price: int | None = None
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        is_query = path == _GRAPHQL
        admitted = self._admission.enter(scope)
        around = [*(_AROUND_DATA if is_query else _AROUND), *admitted.fields]
        self._counters.began()

        async def send_around(message: Message) -> None:
            nonlocal status, sent_bytes, price
            if message["type"] == "http.response.start":
                status = message["status"]
                price = _price(message["headers"]) if "ran" in state else None
                message["headers"] = [*message["headers"], *around, (b"x-request-id", request_id.encode("ascii"))]
            else:
                sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            if admitted.refusal is not None:
                refuse = self._pages.failure if self._pages and not path.startswith(_GRAPHQL) else not_let_in
                await send_reply(refuse(scope, admitted.status, admitted.refusal), scope, send_around)
            elif is_query:
                # Most requests are queries, and which route they take need not be found out.
                scope["endpoint"] = self._graphql
                await self._graphql(scope, receive, send_around)
            else:
                await self._app(scope, receive, send_around)
        except ClientDisconnect:
            # The reader is gone; nobody waits for an answer.
            status = 499
        except Exception as error:  # noqa: BLE001 - the answer has been sent by pages.crashed; one request must not end the server
            diagnostics.failed(error, request_id=request_id)
        finally:
            self._admission.leave()
            seconds = perf_counter() - started
            route = self._indexes.get(id(scope.get("endpoint")), len(self._routes) - 1)
            self._counters.ended(route, status, seconds=seconds, sent_bytes=sent_bytes)
        document: str | None = None
        if "ran" in state:
            document, ran_seconds = state["ran"]
            self._counters.ran(document, seconds=ran_seconds, price=price)
        diagnostics.served(
            request_id=request_id, route=self._routes[route], status=status, seconds=seconds, document=document
        )


def _price(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """What an answer says that it cost."""
    return next((int(value) for name, value in headers if name == b"x-query-cost" and value.isdigit()), None)
