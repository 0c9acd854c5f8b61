"""The pages for people: the public page, the explorer, and what is shown instead of a page.

The figures on the public page are read by the same functions as the API's, in one reading, at one position. Pages link
by relative addresses only, so that the site works under any path prefix.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import jinja2
from starlette.responses import Response

from archive import __version__
from archive.api.agencies import ERASED
from archive.api.as_of import AsOf, position_of
from archive.api.counts import Asked, CountDimension, counted
from archive.api.errors import shown
from archive.api.scalars import MAX_POSITION, Position
from archive.domain.errors import ArchiveError, Refused
from archive.projections import catalogue, tallies
from archive.web.negotiation import JSON, language
from archive.web.replies import NO_CACHE, SHORT_CACHE, Reply, encode_json, header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.types import Scope

    from archive.api.reads import At, Sources
    from archive.domain.errors import Language

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CHINA: Final = timezone(timedelta(hours=8))
_POSITION: Final = re.compile(r"[0-9]{1,16}")
# Names on the public page; an archive of more agencies shows the first of them.
_MAX_AGENCIES: Final = 100
HTML: Final = "text/html"


class Pages:
    """The pages of one site."""

    def __init__(self, sources: Sources, *, origin: str) -> None:
        self._sources = sources
        self._origin = origin
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
        )

    def home(self, scope: Scope) -> Reply:
        """The public page, now or as of the position in the address."""
        fields = _fields(scope)
        speaks = _language(fields)
        error: Refused | None = None
        with self._sources.reading() as reads:
            try:
                as_of = _as_of(fields.get("position"), head=reads.head)
                position = position_of(as_of, reads)
            except Refused as refused:
                error, as_of, position = refused, None, reads.head
            seen = _seen(reads.at(position))
            head = reads.head
        body = self._page(
            "home.html",
            scope,
            lang=speaks,
            head=head,
            as_of=as_of is not None,
            error=None if error is None else error.sentence(speaks),
            **seen,
        )
        headers = {"x-log-position": str(position), "cache-control": SHORT_CACHE if error is None else NO_CACHE}
        return Reply(200 if error is None else 400, body, HTML, headers)

    def graphiql(self, scope: Scope) -> Reply:
        """The explorer."""
        return Reply(200, self._page("graphiql.html", scope), HTML, {"cache-control": SHORT_CACHE})

    def failure(self, scope: Scope, status: int, error: ArchiveError | None = None) -> Reply:
        """What is shown instead of a page."""
        speaks = _language(_fields(scope))
        body = self._page(
            "error.html",
            scope,
            lang=speaks,
            status=status,
            code=None if error is None else error.code,
            error=None if error is None else shown(error, speaks)["message"],
        )
        return Reply(status, body, HTML, {"cache-control": NO_CACHE})

    def failed(self, request: Request, error: HTTPException) -> Response:
        """An address that is not there, or a method that it does not take."""
        reply = self.failure(request.scope, error.status_code)
        return _response(reply, error.headers or {})

    def crashed(self, request: Request, _: Exception) -> Response:
        """The sentence for a bug: as JSON where a program asked."""
        if request.scope["path"].endswith("/graphql"):
            bug = Refused("API-015", request=request.scope["state"]["request_id"])
            answer = shown(bug, language(header(request.scope, b"accept-language")))
            reply = Reply(500, encode_json({"errors": [answer]}), JSON, {"cache-control": NO_CACHE})
        else:
            reply = self.failure(request.scope, 500)
        return _response(reply, {})

    def _page(self, name: str, scope: Scope, **context: Any) -> bytes:  # Any: what the template's head comment lists
        template = self._templates.get_template(name)
        return template.render(
            prefix=_prefix(scope["path"]), origin=self._origin, version=__version__, **context
        ).encode("utf-8")


def _seen(at: At) -> dict[str, object]:
    """What the public page shows of the archive at a position."""
    agencies = catalogue.agencies(at.db, as_of=at.position, ids=None, first=_MAX_AGENCIES)
    at.keep_agencies(agencies)
    recorded_at = at.reads.log.moment_of(at.position)
    years = tallies.years(at.db, as_of=at.position)
    seen: dict[str, object] = {
        "position": at.position,
        "recorded_at": None if recorded_at is None else _in_china(recorded_at),
        "agencies": [agency.name or ERASED for agency in agencies],
        "year": max(years, default=None),
        "total": 0,
        "requests_received": 0,
        "by_category": [],
        "by_channel": [],
        "by_month": [],
    }
    if years:
        year = max(years)
        seen["total"] = sum(_values(at, year, "proactive.items_total"))
        seen["requests_received"] = sum(_values(at, year, "requests.received"))
        seen["by_channel"] = _by(at, year, CountDimension.CHANNEL)
        seen["by_month"] = [(int(code), value) for code, _, value in ...]
    return seen
