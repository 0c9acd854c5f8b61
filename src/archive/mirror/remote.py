"""The files of a remote log, by HTTP: one connection that is kept, bounded answers, no redirects."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from types import TracebackType

# A bundle of 256 entries of 64 KiB; what opens the seals of one may be as large.
MAX_BYTES: Final = 256 * 65_537
MAX_OPENINGS: Final = 64 * 1024 * 1024
TIMEOUT_SECONDS: Final = 20.0


class Remote:
    """The site of a log, at its address. MIR-004: it is no address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise Refused("MIR-004")
        self.url = url.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        try:
            self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        except ValueError:
            raise Refused("MIR-004") from None

    def get(self, path: str, *, limit: int = MAX_BYTES) -> bytes:
        """A file below the address. MIR-001: it cannot be had just now, or is longer than such a file can be."""
        try:
            self._connection.request("GET", f"{self._prefix}/{path}", headers={"accept-encoding": "identity"})
            answer = self._connection.getresponse()
            body = answer.read(limit + 1)
            if answer.status == 200 and len(body) <= limit:
                return body
        except (OSError, HTTPException):
            pass
        # What is left of an answer would be read as the beginning of the next one.
        self._connection.close()
        raise Refused("MIR-001", url=f"{self.url}/{path}") from None

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
