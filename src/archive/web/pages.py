"""The pages for people: the public page, the explorer, and what is shown instead of a page.

The figures on the public page are read by the same functions as the API's, in one reading, at one position. Pages link
by relative addresses only, so that the site works under any path prefix.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import jinja2
from starlette.exceptions import HTTPException
from starlette.responses import Response

from archive import __version__
from archive.api.agencies import ERASED
from archive.api.as_of import AsOf, position_of
from archive.api.counts import CountDimension, Counting, asked_for
from archive.api.errors import shown
from archive.api.scalars import MAX_POSITION, Position
from archive.domain.errors import ArchiveError, Refused
from archive.projections import tallies
from archive.web.negotiation import JSON, language
from archive.web.replies import NO_CACHE, SHORT_CACHE, Reply, encode_json, header

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def failed(self, request: Request, error: Exception) -> Response:
        """An address that is not there, or a method that it does not take."""
        assert isinstance(error, HTTPException), "the application sends only these here"
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

    def _page(self, name: str, scope: Scope, **context: object) -> bytes:
        template = self._templates.get_template(name)
        return template.render(
            prefix=_prefix(scope["path"]), origin=self._origin, version=__version__, **context
        ).encode("utf-8")


def _seen(at: At) -> dict[str, object]:
    """What the public page shows of the archive at a position."""
    agencies = at.agencies()[:_MAX_AGENCIES]
    recorded_at = at.reads.log.moment_of(at.position)
    year = max(tallies.years(at.db, as_of=at.position), default=None)
    return {
        "position": at.position,
        "recorded_at": None if recorded_at is None else _in_china(recorded_at),
        "agencies": [agency.name or ERASED for agency in agencies],
        "year": year,
        "total": 0 if year is None else _total(at, year, "proactive.items_total"),
        "requests_received": 0 if year is None else _total(at, year, "requests.received"),
        "by_category": [] if year is None else _divided(at, year, CountDimension.CATEGORY),
        "by_channel": [] if year is None else _divided(at, year, CountDimension.CHANNEL),
        "by_month": []
        if year is None
        else [(month, value) for month, (_, value) in enumerate(_divided(at, year, CountDimension.MONTH), start=1)],
    }


def _total(at: At, year: int, measure: str) -> int:
    (cell,) = Counting(at, asked_for(at, years=[year], measures=[measure])).cells()
    return cell.value


def _divided(at: At, year: int, by: CountDimension) -> list[tuple[str, int]]:
    """The items of a year by one dimension, as names and numbers; nothing where it cannot be said."""
    try:
        counting = Counting(at, asked_for(at, years=[year], measures=["proactive.items_total"], by=[by]))
    except Refused:
        # Agencies that do not share a scheme have no common categories.
        return []
    return [(counting.name(*shown), cell.value) for cell in counting.cells() for shown in cell.shown]


def _in_china(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(_CHINA).isoformat()


def _as_of(position: str | None, *, head: int) -> AsOf | None:
    if position is None or position == "":
        return None
    if not _POSITION.fullmatch(position) or int(position) > MAX_POSITION:
        raise Refused("LOG-009", position="…", head=head)
    return AsOf(position=Position(int(position)))


def _fields(scope: Scope) -> Mapping[str, str]:
    """What stands behind the question mark; a name given twice counts as given last."""
    query = scope["query_string"].decode("ascii", errors="replace")
    try:
        return {name: values[-1] for name, values in parse_qs(query, max_num_fields=20).items()}
    except ValueError:
        return {}


def _language(fields: Mapping[str, str]) -> Language:
    return "en" if fields.get("lang") == "en" else "zh"


def _prefix(path: str) -> str:
    """The way from an address to the root of the site."""
    return "../" * (path.count("/") - 1)


def _response(reply: Reply, headers: Mapping[str, str]) -> Response:
    return Response(
        reply.body, reply.status, {**reply.headers, **headers}, media_type=f"{reply.media_type}; charset=utf-8"
    )
