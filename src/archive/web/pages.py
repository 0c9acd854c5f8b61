"""The pages for people: the public page, the explorer, and what is shown instead of a page.

The figures on the public page are read by the same functions as the API's, in one reading, at one position. Pages link
by relative addresses only, so that the site works under any path prefix.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict
from urllib.parse import parse_qs, urlencode

import jinja2
from starlette.exceptions import HTTPException
from starlette.responses import Response

from archive import __version__
from archive.api.agencies import ERASED
from archive.api.as_of import AsOf, position_of
from archive.api.counts import CountDimension, Counting, asked_for
from archive.api.errors import shown
from archive.api.items import MAX_SEARCH, ItemOrder, items_of
from archive.api.reports import made_at
from archive.api.requests import request_by_id, request_by_number, requests_of
from archive.api.scalars import MAX_POSITION, Position
from archive.domain.errors import ArchiveError, Refused
from archive.projections import tallies
from archive.projections.runner import Reading
from archive.projections.search import AROUND, Excerpt, excerpt
from archive.reports import html_file
from archive.reports.form import form_of_year, forms
from archive.reports.paper import paper as printed
from archive.reports.rendering import FORMATS, MEDIA_TYPES, rendered
from archive.web.provenance import provenance
from archive.web.replies import NO_CACHE, SHORT_CACHE, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Scope

    from archive.api.items import Item
    from archive.api.reads import At, Reads, Sources
    from archive.api.requests import Request as PublicRequest
    from archive.domain.errors import Language
    from archive.projections.search import Query
    from archive.reports.paper import Paper

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CHINA: Final = timezone(timedelta(hours=8))
_POSITION: Final = re.compile(r"[0-9]{1,16}")
# Names on the public page; an archive of more agencies shows the first of them.
_MAX_AGENCIES: Final = 100
_AGENCY: Final = re.compile(r"agency-[0-9a-f]{32}")
_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{1,6}")
HTML: Final = "text/html"
# The files of a report in the order in which readers look for them.
_FILES: Final = ("xlsx", "docx", "csv", "html", "json")


class Pages:
    """The pages of one site."""

    def __init__(self, sources: Sources, *, origin: str) -> None:
        self._sources = sources
        self._origin = origin
        loader = jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(_TEMPLATES), jinja2.PrefixLoader({"reports": html_file.loader()})]
        )
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

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
            to=_Way(scope, speaks, None if as_of is None else position),
            most=MAX_SEARCH,
            **seen,
        )
        keep = SHORT_CACHE if error is None else NO_CACHE
        headers = {**provenance(self._sources, position), "cache-control": keep}
        return Reply(200 if error is None else 400, body, HTML, headers)

    def search(self, scope: Scope) -> Reply:
        """The items that have what is sought, best first; all of them, newest first, where nothing is."""
        fields = _fields(scope)
        with self._sources.reading() as reads:
            error: Refused | None = None
            shown: dict[str, object] = {"results": None, "total": 0, "page_info": None}
            position = reads.head
            asked: int | None = None
            try:
                asked = _asked(fields, reads)
                found = items_of(
                    reads.at(reads.head if asked is None else asked),
                    chosen=None,
                    search=fields.get("q"),
                    order=ItemOrder.RELEVANCE,
                    first=None,
                    last=None,
                    **_cursors(fields),
                )
                position = found.page.at.position
                sought = found.where.search
                shown = {
                    "results": [_result(item, sought) for item in found.items],
                    "total": found.total_count(),
                    "page_info": found.page_info(),
                }
            except Refused as refused:
                error = refused
                position = reads.head if asked is None else asked
            return self._shown(
                "search.html",
                scope,
                _Place(position, reads.head, asked=asked),
                error=error,
                q=fields.get("q", ""),
                most=MAX_SEARCH,
                **shown,
            )

    def requests(self, scope: Scope) -> Reply:
        """The register of requests, received last first."""
        fields = _fields(scope)
        with self._sources.reading() as reads:
            try:
                asked = _asked(fields, reads)
                found = requests_of(
                    reads.at(reads.head if asked is None else asked),
                    chosen=None,
                    first=None,
                    last=None,
                    **_cursors(fields),
                )
            except Refused as refused:
                return self.failure(scope, 400, refused)
            several = len(found.page.at.agencies()) > 1
            return self._shown(
                "requests.html",
                scope,
                _Place(found.page.at.position, reads.head, asked=asked),
                rows=[_listed(one, several=several) for one in found.nodes],
                several=several,
                total=found.total_count,
                page_info=found.page_info,
            )

    def request(self, scope: Scope) -> Reply:
        """One request of the register, by its number or its id."""
        fields = _fields(scope)
        key: str = scope["path_params"]["key"]
        with self._sources.reading() as reads:
            try:
                asked = _asked(fields, reads)
                at = reads.at(reads.head if asked is None else asked)
                found = (
                    request_by_number(at, key, agency=fields.get("agency"))
                    if _NUMBER.fullmatch(key)
                    else request_by_id(at, key)
                )
            except Refused as refused:
                return self.failure(scope, 400, refused)
            if found is None:
                return self.failure(scope, 404)
            deadline = found.due()
            return self._shown(
                "request.html",
                scope,
                _Place(at.position, reads.head, asked=asked),
                one=_listed(found, several=len(at.agencies()) > 1),
                request=found,
                steps=found.steps(),
                due=deadline,
                days=[
                    (day.on, date.fromisoformat(day.on).weekday(), day.kind.value, day.count)
                    for day in deadline.explanation()
                ],
            )

    def report(self, scope: Scope) -> Reply:
        """The yearly report of an agency, or of all together."""
        fields = _fields(scope)
        if not _names_a_report(fields):
            return self.failure(scope, 404)
        with self._sources.reading() as reads:
            try:
                asked = _asked(fields, reads)
                at = reads.at(reads.head if asked is None else asked)
                paper = _paper(at, scope, fields)
            except Refused as refused:
                return self.failure(scope, _status_of(refused), refused)
            agencies = at.agencies()
            several = len(agencies) > 1
            return self._shown(
                "report.html",
                scope,
                _Place(at.position, reads.head, asked=asked),
                years=[year for year in reversed(tallies.years(at.db, as_of=at.position)) if form_of_year(year)],
                agencies=[(one.id, one.name or ERASED) for one in agencies[:_MAX_AGENCIES]] if several else [],
                agency=fields.get("agency", ""),
                files=_FILES,
                **html_file.context_of(paper, _language(fields)),
            )

    def report_file(self, scope: Scope) -> Reply:
        """The yearly report as a file."""
        fields = _fields(scope)
        form = next((one for one in FORMATS if one == scope["path_params"]["file"]), None)
        if form is None or not _names_a_report(fields):
            return self.failure(scope, 404)
        with self._sources.reading() as reads:
            try:
                asked = _asked(fields, reads)
                at = reads.at(reads.head if asked is None else asked)
                paper = _paper(at, scope, fields)
            except Refused as refused:
                return self.failure(scope, _status_of(refused), refused)
        report = paper.report
        name = f"report-{report.year}-form-{report.form}-position-{report.position}.{form}"
        headers = {
            **provenance(self._sources, report.position),
            "cache-control": SHORT_CACHE,
            "content-disposition": f'attachment; filename="{name}"',
        }
        return Reply(200, rendered(paper, form, _language(fields)), MEDIA_TYPES[form], headers)

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
        """The sentence for a bug."""
        return _response(self.failure(request.scope, 500), {})

    def _shown(
        self, name: str, scope: Scope, place: _Place, *, error: Refused | None = None, **context: object
    ) -> Reply:
        """A page read at a place, with its header; a refusal is said on it."""
        fields = _fields(scope)
        speaks = _language(fields)
        kept = {name: fields[name] for name in ("q", "after", "before", "agency", "form") if name in fields}
        body = self._page(
            name,
            scope,
            lang=speaks,
            position=place.position,
            head=place.head,
            as_of=place.past,
            error=None if error is None else error.sentence(speaks),
            to=_Way(scope, speaks, place.position if place.past else None),
            here=scope["path"].lstrip("/"),
            kept=kept,
            **context,
        )
        status, keep = (200, SHORT_CACHE) if error is None else (400, NO_CACHE)
        return Reply(status, body, HTML, {**provenance(self._sources, place.position), "cache-control": keep})

    def _page(self, name: str, scope: Scope, **context: object) -> bytes:
        template = self._templates.get_template(name)
        return template.render(
            prefix=_prefix(scope["path"]), origin=self._origin, version=__version__, **context
        ).encode("utf-8")


class _Place(NamedTuple):
    """Where a page was read."""

    position: int
    head: int
    asked: int | None

    @property
    def past(self) -> bool:
        """Whether the reader sees a past state: one that was asked for, or that of the list whose page this is."""
        return self.asked is not None or self.position != self.head


class _Way:
    """The relative address of a page of this site from another, in its language, as of its position."""

    def __init__(self, scope: Scope, speaks: Language, position: int | None) -> None:
        self._prefix = _prefix(scope["path"])
        self._given = {"lang": speaks if speaks == "en" else None, "position": position}

    def __call__(self, page: str = "", **fields: str | int | None) -> str:
        """The address; a field that is None is left out of it."""
        query = urlencode({name: one for name, one in (self._given | fields).items() if one is not None})
        return (f"{self._prefix}{page}" or "./") + (f"?{query}" if query else "")


def _asked(fields: Mapping[str, str], reads: Reads) -> int | None:
    """The position that was asked for, if one was."""
    as_of = _as_of(fields.get("position"), head=reads.head)
    return None if as_of is None else position_of(as_of, reads)


class _Cursors(TypedDict):
    after: str | None
    before: str | None


def _cursors(fields: Mapping[str, str]) -> _Cursors:
    return {"after": fields.get("after"), "before": fields.get("before")}


def _result(item: Item, sought: Query | None) -> dict[str, object]:
    """An item that was found, each of its texts with the match apart; the abstract only around a match."""

    def marked(text: str | None, *, around: int | None = None) -> Excerpt | None:
        return None if sought is None or text is None else excerpt(sought, text, around=around)

    return {
        "title": marked(item.row.title) or Excerpt(item.title, "", ""),
        "document_number": marked(item.document_number) or Excerpt(item.document_number or "", "", ""),
        "abstract": marked(item.abstract, around=AROUND),
        "published_on": item.published_on,
        "status": item.status.value,
        "agency": item.agency().name,
    }


def _listed(request: PublicRequest, *, several: bool) -> dict[str, object]:
    """A request as the register lists it, and the way to its page: by number as soon as it has one."""
    due = request.due()
    return {
        "number": request.number,
        "page": f"requests/{request.number or request.id}",
        "agency": request.row.agency if several and request.number else None,
        "agency_name": request.agency().name,
        "received_on": request.received_on,
        "state": request.state.value,
        "due_on": due.due_on,
        "provisional": due.provisional and due.done_on is None,
        "done_on": due.done_on,
        "late_by": due.late_by,
        "unit": due.unit,
    }


def _names_a_report(fields: Mapping[str, str]) -> bool:
    """Whether the form and the agency in an address may be ones."""
    agency = fields.get("agency", "")
    return fields.get("form", "") in {"", *forms()} and (not agency or _AGENCY.fullmatch(agency) is not None)


def _paper(at: At, scope: Scope, fields: Mapping[str, str]) -> Paper:
    """The report that an address asks for, on paper; `Refused` where there is none."""
    agencies = at.agencies()
    agency = fields.get("agency") or (agencies[0].id if len(agencies) == 1 else None)
    report = made_at(at, agency=agency, region="", year=scope["path_params"]["year"], form=fields.get("form") or None)
    log = at.reads.log
    return printed(Reading(at.db, at.reads.head), report, origin=log.origin, recorded_at=log.moment_of(report.position))


def _status_of(refused: Refused) -> int:
    """A report that is not there is not found; what asks for another position or for too much is refused."""
    return 404 if refused.code.startswith("RPF-") else 400


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
        "reported": year is not None and form_of_year(year) is not None,
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
