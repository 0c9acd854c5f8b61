"""How an answer is sent: status, headers, body. One place for caching and for what every answer forbids a browser."""

from __future__ import annotations

import gzip
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.web.negotiation import accepts_gzip, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope, Send

SHORT_CACHE: Final = "public, max-age=5"
NO_CACHE: Final = "no-store"
# Bytes that are no text.
OCTETS: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_WITHOUT_BODY: Final = frozenset({204, 304})
_OF_BODY: Final = frozenset({b"content-type", b"content-length", b"content-encoding"})
# Shorter ones fit into one packet with their headers.
COMPRESSED_BYTES: Final = 1_400
# A page of items goes to a fifth; higher levels take twice the time for a few bytes less.
_LEVEL: Final = 4

encode_json: Final = msgspec.json.encode

Headers = dict[str, str]
# As they are sent.
Fields = tuple[tuple[bytes, bytes], ...]


class Reply(NamedTuple):
    """One answer."""

    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str]


class Finished(NamedTuple):
    """A whole answer: its status, its headers as they are sent, its body, and the tag by which a reader may have it already."""

    status: int
    headers: Fields
    body: bytes
    etag: str | None


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request's header; several of one name are one list (RFC 9110, section 5.3)."""
    values = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1") if values else None


def finished(reply: Reply, *, accept_encoding: str | None, is_get: bool) -> Finished:
    """The whole answer as it is sent to those who accept this, compressed where that pays."""
    status, body, media_type, extra = reply
    binary = media_type == OCTETS or media_type.startswith(_OFFICE)
    headers = {"content-type": media_type if binary else f"{media_type}; charset=utf-8", **extra}
    etag = None
    if is_get and status == 200 and headers.get("cache-control") != NO_CACHE:
        etag = sha256(body).hexdigest()
    if not binary and len(body) >= COMPRESSED_BYTES:
        headers["vary"] = ", ".join(one for one in (headers.get("vary"), "accept-encoding") if one)
        if accepts_gzip(accept_encoding):
            # The same bytes for the same text: neither name nor time is in it.
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
            # Other bytes, another tag (RFC 9110, section 8.8.3.3).
            etag = None if etag is None else f"{etag}-gzip"
    if etag is not None:
        headers["etag"] = etag = f'"{etag}"'
    if status in _WITHOUT_BODY:
        del headers["content-type"]
    else:
        headers["content-length"] = str(len(body))
    return Finished(status, encoded(headers), body, etag)


def encoded(headers: Mapping[str, str]) -> Fields:
    """Headers as they are sent."""
    return tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items())


async def send_finished(answer: Finished, send: Send, *, method: str, if_none_match: str | None) -> None:
    """Send it, without its body where only the head was asked for or where the reader has it already."""
    status, headers, body, etag = answer
    if etag is not None and matches(if_none_match, etag):
        status, body = 304, b""
        headers = tuple(one for one in headers if one[0] not in _OF_BODY)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


async def send_reply(reply: Reply, scope: Scope, send: Send) -> None:
    """Finish the reply, and send it."""
    method = scope["method"]
    answer = finished(reply, accept_encoding=header(scope, b"accept-encoding"), is_get=method in {"GET", "HEAD"})
    await send_finished(answer, send, method=method, if_none_match=header(scope, b"if-none-match"))
