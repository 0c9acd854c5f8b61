"""How an answer is sent: status, headers, body. One place for caching and for what every answer forbids a browser."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.web.negotiation import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope, Send

SHORT_CACHE: Final = "public, max-age=5"
NO_CACHE: Final = "no-store"
# Bytes that are no text.
OCTETS: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_WITHOUT_BODY: Final = frozenset({204, 304})

encode_json: Final = msgspec.json.encode

Headers = dict[str, str]


class Reply(NamedTuple):
    """One answer."""

    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str]


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request's header; several of one name are one list (RFC 9110, section 5.3)."""
    values = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1") if values else None


async def send_reply(reply: Reply, scope: Scope, send: Send) -> None:
    """Send the reply, without its body where only the head was asked for or where the reader has it already."""
    status, body, media_type, extra = reply
    binary = media_type == OCTETS or media_type.startswith(_OFFICE)
    headers = {"content-type": media_type if binary else f"{media_type}; charset=utf-8", **extra}
    if scope["method"] in {"GET", "HEAD"} and status == 200 and headers.get("cache-control") != NO_CACHE:
        etag = headers["etag"] = f'"{sha256(body).hexdigest()}"'
        if matches(header(scope, b"if-none-match"), etag):
            status, body = 304, b""
    if status in _WITHOUT_BODY:
        del headers["content-type"]
    else:
        headers["content-length"] = str(len(body))
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
