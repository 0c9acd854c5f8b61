"""GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/): GET and POST, and nothing that changes anything.

Rules
- `application/graphql-response+json` is given to those who name it, with 400 for a request that could not be run;
  everyone else gets `application/json`, with 200 for every request that was well formed (section 6.4).
- A body is bounded before it is read, a document before it is validated, an answer while it is read.
- A GET has an ETag and may be kept for a moment; a POST and an answer with errors may not.
- Anyone may ask from any page (CORS): there are no cookies, and nothing here is secret.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect

from archive.api.answers import Answer, Outcome, Question
from archive.api.errors import shown
from archive.domain.errors import Refused
from archive.web import diagnostics
from archive.web.arrivals import Arrivals
from archive.web.negotiation import GRAPHQL_JSON, JSON, is_json, language, response_type
from archive.web.provenance import HEADERS as PROVENANCE
from archive.web.provenance import provenance
from archive.web.replies import NO_CACHE, SHORT_CACHE, Reply, encode_json, header, send_reply

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from archive.api.answers import Answers
    from archive.api.reads import Sources
    from archive.domain.errors import Language
from archive.web.replies import Headers

MAX_BODY: Final = 1024 * 1024
_EXAMPLE: Final = '{"query": "{ archive { position } }"}'
_METHODS: Final = "GET, HEAD, POST, OPTIONS"
_CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": f"etag, {PROVENANCE}, x-request-id",
    "vary": "accept, accept-language",
}
_PREFLIGHT: Final = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "accept, accept-language, content-type",
    "access-control-max-age": "86400",
}
# Refusals of ours that HTTP has a status for, in both media types.
_STATUS: Final = {"WEB-005": 413, "WEB-006": 405, "WEB-007": 406, "WEB-008": 415}


class GraphQL:
    """The endpoint, an ASGI application."""

    def __init__(self, answers: Answers, sources: Sources, *, at_least_seconds: float) -> None:
        self._answers = answers
        self._sources = sources
        self._arrivals = Arrivals(sources, seconds=at_least_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send_reply(await self._reply(scope, receive), scope, send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        speaks = language(header(scope, b"accept-language"))
        if scope["method"] == "OPTIONS":
            return Reply(204, b"", JSON, {**_CORS, **_PREFLIGHT, "allow": _METHODS})
        media_type = response_type(header(scope, b"accept"))
        if media_type is None:
            return _refusal(Refused("WEB-007", types=f"{GRAPHQL_JSON}, {JSON}"), JSON, speaks)
        try:
            question = await _asked(scope, receive)
        except Refused as error:
            return _refusal(error, media_type, speaks)
        request_id = scope["state"]["request_id"]
        began = perf_counter()
        answer = self._answers.answer(question, language=speaks, request_id=request_id)
        if answer.awaited is not None:
            await self._arrivals.reach(answer.awaited)
            began = perf_counter()
            answer = self._answers.answer(question, language=speaks, request_id=request_id)
        # For the list of slow documents (see app.Around).
        scope["state"]["ran"] = (question.query, perf_counter() - began)
        for bug in answer.bugs:
            diagnostics.failed(bug, request_id=request_id)
        headers = dict(_CORS)
        if answer.position is not None:
            headers |= provenance(self._sources, answer.position)
        return _answered(answer, media_type, headers, is_post=scope["method"] == "POST")


def _answered(answer: Answer, media_type: str, headers: Headers, *, is_post: bool) -> Reply:
    headers["cache-control"] = NO_CACHE if is_post or "errors" in answer.body else SHORT_CACHE
    match answer.outcome:
        case Outcome.RUN:
            status = 200
        case Outcome.UNAVAILABLE:
            status = 503
        case Outcome.NOT_A_QUERY if not is_post:
            status = 405
            headers["allow"] = "POST"
        case _:
            status = 400 if media_type == GRAPHQL_JSON else 200
    return Reply(status, encode_json(answer.body), media_type, headers)


def _refusal(error: Refused, media_type: str, speaks: Language) -> Reply:
    headers: Headers = {**_CORS, "cache-control": NO_CACHE}
    if error.code == "WEB-006":
        headers["allow"] = _METHODS
    if error.code == "WEB-005":
        # What is left of the body is not read, so that the connection is of no more use.
        headers["connection"] = "close"
    body = encode_json({"errors": [shown(error, speaks)]})
    return Reply(_STATUS.get(error.code, 400), body, media_type, headers)


async def _asked(scope: Scope, receive: Receive) -> Question:
    match scope["method"]:
        case "POST":
            return _question(_json(await _body(scope, receive)))
        case "GET" | "HEAD":
            return _question(_in_address(scope))
        case _:
            raise Refused("WEB-006", methods=_METHODS)


async def _body(scope: Scope, receive: Receive) -> bytes:
    if not is_json(header(scope, b"content-type")):
        raise Refused("WEB-008")
    announced = header(scope, b"content-length") or "0"
    if not announced.isdecimal() or int(announced[:12]) > MAX_BODY:
        raise Refused("WEB-005", limit=MAX_BODY)
    parts = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise Refused("WEB-005", limit=MAX_BODY)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _in_address(scope: Scope) -> dict[str, object]:
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError:
        raise Refused("WEB-002", field="query") from None
    texts = {name: text for name, text in pairs if text}
    return {
        name: _json(text.encode("utf-8")) if name in {"variables", "extensions"} else text
        for name, text in texts.items()
    }


def _json(text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Refused("WEB-001", example=_EXAMPLE) from None


def _question(members: object) -> Question:
    if isinstance(members, list):
        raise Refused("WEB-004")
    if not isinstance(members, dict):
        raise Refused("WEB-001", example=_EXAMPLE)
    for name, kind in (("query", str), ("variables", dict), ("operationName", str), ("extensions", dict)):
        if not isinstance(members.get(name), kind | None):
            raise Refused("WEB-002", field=name)
    if not members.get("query"):
        raise Refused("WEB-003")
    return Question(members["query"], members.get("variables"), members.get("operationName"))
