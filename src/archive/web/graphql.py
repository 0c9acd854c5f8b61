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

from archive.api.answers import Outcome, Question
from archive.api.errors import shown
from archive.api.trusted import PREFIX
from archive.domain.errors import Refused
from archive.web import diagnostics
from archive.web.arrivals import Arrivals
from archive.web.counters import HASH_DIGITS, Source, hash_of
from archive.web.negotiation import GRAPHQL_JSON, JSON, accepts_gzip, is_json, language, response_type
from archive.web.provenance import HEADERS as PROVENANCE
from archive.web.provenance import provenance
from archive.web.replies import (
    NO_CACHE,
    SHORT_CACHE,
    Finished,
    Reply,
    encode_json,
    encoded,
    finished,
    header,
    send_finished,
    send_reply,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from starlette.types import Message, Receive, Scope, Send

    from archive.api.answers import Answer, Answers
    from archive.api.reads import Sources
    from archive.domain.errors import Language
    from archive.web.counters import Counters
    from archive.web.kept import KeptAnswers
    from archive.web.replies import Headers

MAX_BODY: Final = 1024 * 1024
# What a request may be to be looked for among the answers that are kept.
_MAX_KEY: Final = 16 * 1024
# What of a request's headers its answer depends on, besides what the reader has already.
_DECISIVE: Final = frozenset({b"accept", b"accept-language", b"accept-encoding", b"content-type"})
_canonical: Final = msgspec.json.Encoder(order="deterministic").encode
_MEMBERS: Final = (
    ("query", str),
    ("documentId", str),
    ("variables", dict),
    ("operationName", str),
    ("extensions", dict),
)
_EXAMPLE: Final = '{"query": "{ archive { position } }"}'
_METHODS: Final = "GET, HEAD, POST, OPTIONS"
_CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        f"etag, {PROVENANCE}, ratelimit, ratelimit-policy, retry-after, x-query-cost, x-request-id"
    ),
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
    """The endpoint, an ASGI application.

    A request whose answer is kept is answered before anything has been found out about it but its bytes.
    """

    def __init__(  # noqa: PLR0913 - what answers are made from, where they are kept, and for how long
        self,
        answers: Answers,
        sources: Sources,
        *,
        kept: KeptAnswers,
        counters: Counters,
        at_least_seconds: float,
        pinned_seconds: int,
    ) -> None:
        self._answers = answers
        self._sources = sources
        self._kept = kept
        self._counters = counters
        self._arrivals = Arrivals(sources, seconds=at_least_seconds)
        self._pinned_cache = f"public, max-age={pinned_seconds}"

    async def _known(self, scope: Scope, receive: Receive) -> tuple[Finished | None, Receive]:
        """The answer that is kept for this request, and what receives the request anew where there is none."""
        method = scope["method"]
        if method == "POST":
            message = await receive()
            body = message.get("body", b"")
            if message.get("more_body", False) or message["type"] != "http.request" or len(body) > _MAX_KEY:
                return None, _again(message, receive)
            request = body
        elif method in {"GET", "HEAD"}:
            message = None
            request = scope["query_string"]
        else:
            return None, receive
        said = tuple((name, value) for name, value in scope["headers"] if name in _DECISIVE)
        key = (method == "POST", request, said)
        found = self._kept.find(key)
        if found is not None:
            self._counters.answered(Source.REQUEST)
            return found, receive
        scope["state"]["key"] = key
        return None, receive if message is None else _again(message, receive)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        crash: Exception | None = None
        try:
            answer, receive = await self._known(scope, receive)
            if answer is None:
                answer = await self._finished(scope, receive)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - raised again when whoever asked has been told
            crash, answer = error, _crashed(scope)
        await send_finished(answer, send, method=scope["method"], if_none_match=header(scope, b"if-none-match"))
        if crash is not None:
            raise crash

    async def _finished(self, scope: Scope, receive: Receive) -> Finished:
        encoding = header(scope, b"accept-encoding")
        is_get = scope["method"] in {"GET", "HEAD"}
        speaks = language(header(scope, b"accept-language"))
        media_type = response_type(header(scope, b"accept"))
        if scope["method"] == "OPTIONS":
            reply = Reply(204, b"", JSON, {**_CORS, **_PREFLIGHT, "allow": _METHODS})
        elif media_type is None:
            reply = _refusal(Refused("WEB-007", types=f"{GRAPHQL_JSON}, {JSON}"), JSON, speaks)
        else:
            try:
                question = await _asked(scope, receive)
            except Refused as error:
                reply = _refusal(error, media_type, speaks)
            else:
                meant = (is_get, media_type, speaks, accepts_gzip(encoding), *_meaning(question))
                return await self._answered(question, scope, media_type, speaks, meant)
        return finished(reply, accept_encoding=encoding, is_get=is_get)

    async def _answered(
        self, question: Question, scope: Scope, media_type: str, speaks: Language, meant: tuple[Hashable, ...]
    ) -> Finished:
        """The answer to a question, which is kept where it stands for whoever asks the same."""
        known = self._kept.find(meant)
        state = scope["state"]
        keys: list[Hashable] = [meant]
        if "key" in state:
            keys.append(state["key"])
        if known is not None:
            self._counters.answered(Source.DOCUMENT)
            if "key" in state:
                self._kept.keep_also(state["key"], meant)
            return known
        request_id = state["request_id"]
        began = perf_counter()
        answer = self._answers.answer(question, language=speaks, request_id=request_id)
        is_kept = answer.outcome is Outcome.RUN and not answer.bugs
        if answer.awaited is not None:
            await self._arrivals.reach(answer.awaited)
            # What was found out before has grown old meanwhile.
            is_kept = False
            began = perf_counter()
            answer = self._answers.answer(question, language=speaks, request_id=request_id)
        # For the list of slow documents (see app.Around).
        if answer.outcome is not Outcome.NOT_REGISTERED:
            state["ran"] = (_named(question), perf_counter() - began)
        self._counters.answered(Source.RUN)
        for bug in answer.bugs:
            diagnostics.failed(bug, request_id=request_id)
        is_get = scope["method"] in {"GET", "HEAD"}
        result = finished(
            self._reply(answer, media_type, is_get=is_get),
            accept_encoding=header(scope, b"accept-encoding"),
            is_get=is_get,
        )
        if is_kept:
            self._kept.keep(keys, result, position=answer.position, parts=answer.parts, size_of_keys=_size(question))
        if _moves(answer) and answer.position is not None:
            return result._replace(headers=result.headers + encoded(provenance(self._sources, answer.position)))
        return result

    def _reply(self, answer: Answer, media_type: str, *, is_get: bool) -> Reply:
        headers = dict(_CORS)
        if answer.position is not None and not _moves(answer):
            headers |= provenance(self._sources, answer.position)
        if answer.cost is not None:
            headers["x-query-cost"] = str(answer.cost)
        if not is_get or "errors" in answer.body:
            headers["cache-control"] = NO_CACHE
        else:
            headers["cache-control"] = self._pinned_cache if answer.is_pinned else SHORT_CACHE
        match answer.outcome:
            case Outcome.RUN:
                status = 200
            case Outcome.UNAVAILABLE:
                status = 503
            case Outcome.NOT_REGISTERED:
                status = 404
            case Outcome.NOT_A_QUERY if is_get:
                status = 405
                headers["allow"] = "POST"
            case _:
                status = 400 if media_type == GRAPHQL_JSON else 200
        return Reply(status, encode_json(answer.body), media_type, headers)


class Explain:
    """`POST /graphql/explain`: what the same body would cost at `/graphql`, and how it would be answered."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Explain one request."""
        await send_reply(await self._reply(scope, receive), scope, send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        speaks = language(header(scope, b"accept-language"))
        if scope["method"] != "POST":
            return _refusal(Refused("WEB-006", methods="POST"), JSON, speaks, methods="POST")
        try:
            question = await _asked(scope, receive)
        except Refused as error:
            return _refusal(error, GRAPHQL_JSON, speaks)._replace(media_type=JSON)
        answer = self._answers.explain(question, language=speaks)
        status = {Outcome.RUN: 200, Outcome.NOT_REGISTERED: 404}.get(answer.outcome, 400)
        return Reply(status, encode_json(answer.body), JSON, {**_CORS, "cache-control": NO_CACHE})


def not_let_in(scope: Scope, status: int, error: Refused) -> Reply:
    """What is said at the door of the endpoint (see admission)."""
    media_type = response_type(header(scope, b"accept")) or JSON
    return _refusal(error, media_type, language(header(scope, b"accept-language")))._replace(status=status)


def _moves(answer: Answer) -> bool:
    """Whether it may be the answer of later positions too, and so says its position when it is given (see kept)."""
    return answer.parts is not None and not answer.parts.is_pinned


def _crashed(scope: Scope) -> Finished:
    """What is said of a bug that no field of an answer has."""
    bug = Refused("API-015", request=scope["state"]["request_id"])
    body = encode_json({"errors": [shown(bug, language(header(scope, b"accept-language")))]})
    return finished(Reply(500, body, JSON, {"cache-control": NO_CACHE}), accept_encoding=None, is_get=False)


def _again(message: Message, receive: Receive) -> Receive:
    """A request whose first message has been looked at."""
    left = [message]

    async def first_then_others() -> Message:
        return left.pop() if left else await receive()

    return first_then_others


def _meaning(question: Question) -> tuple[str, str | None, str | None, bytes]:
    return question.query, question.document_id, question.operation_name, _canonical(question.variables or {})


def _named(question: Question) -> str:
    """The name of its document in lists."""
    if question.document_id is None:
        return hash_of(question.query)
    # Its id is the hash of its text.
    return question.document_id.removeprefix(PREFIX)[:HASH_DIGITS]


def _size(question: Question) -> int:
    """About how many bytes a question takes as a key."""
    return 2 * len(question.query)


def _refusal(error: Refused, media_type: str, speaks: Language, *, methods: str = _METHODS) -> Reply:
    headers: Headers = {**_CORS, "cache-control": NO_CACHE}
    if error.code == "WEB-006":
        headers["allow"] = methods
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
    for name, kind in _MEMBERS:
        if not isinstance(members.get(name), kind | None):
            raise Refused("WEB-002", field=name)
    query, document_id = members.get("query"), members.get("documentId")
    if query and document_id:
        raise Refused("WEB-012")
    if not query and not document_id:
        raise Refused("WEB-003")
    return Question(query or "", members.get("variables"), members.get("operationName"), document_id or None)
