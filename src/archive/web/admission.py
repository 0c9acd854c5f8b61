"""Who is let in: so many requests at a time in each worker, and so many a minute from each client where that is set.

Rules
- What is asked by machines that watch over the site, what is as cheap as a file, and the log's own files, which mirrors and
  auditors fetch by the thousand, is always let in.
- The fields `RateLimit` and `RateLimit-Policy` say what is left (draft-ietf-httpapi-ratelimit-headers), and `Retry-After`
  when to come again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import Refused
from archive.web.rates import WINDOW_SECONDS

if TYPE_CHECKING:
    from starlette.types import Scope

    from archive.web.rates import Rates

CONCURRENT_REQUESTS: Final = 1_000
_ALWAYS: Final = ("/healthz", "/readyz", "/version", "/metrics", "/slow", "/static/", "/log/", "/disclosures/")


class Admitted(NamedTuple):
    """What is said of a request: why it is refused, if it is, with which status, and the fields that go with its answer."""

    refusal: Refused | None = None
    status: int = 200
    fields: tuple[tuple[bytes, bytes], ...] = ()


_FREE: Final = Admitted()


class Admission:
    """The door of one worker. `rates`: None where clients are not counted."""

    def __init__(self, *, concurrent: int = CONCURRENT_REQUESTS, rates: Rates | None = None) -> None:
        self._concurrent = concurrent
        self._rates = rates
        self._inside = 0

    def enter(self, scope: Scope) -> Admitted:
        """Let a request in, or not; `leave` has to be called for each, whatever this said."""
        self._inside += 1
        crowded = self._inside > self._concurrent
        if not crowded and self._rates is None:
            return _FREE
        if scope["path"].removeprefix(scope.get("root_path", "")).startswith(_ALWAYS):
            return _FREE
        if crowded:
            return Admitted(Refused("WEB-013", limit=self._concurrent), 503, ((b"retry-after", b"1"),))
        assert self._rates is not None
        rate = self._rates.take(scope)
        said = (
            (b"ratelimit-policy", b'"client";q=%d;w=%d' % (rate.limit, WINDOW_SECONDS)),
            (b"ratelimit", b'"client";r=%d;t=%d' % (max(rate.left, 0), rate.seconds)),
        )
        if rate.left >= 0:
            return Admitted(None, 200, said)
        refusal = Refused("WEB-011", limit=rate.limit, seconds=rate.seconds)
        return Admitted(refusal, 429, (*said, (b"retry-after", b"%d" % rate.seconds)))

    def leave(self) -> None:
        """A request is answered, or its client gone."""
        self._inside -= 1
