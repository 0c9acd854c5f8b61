"""Diagnostics of the site: JSON lines on standard error. A request id, a route, a status, a span of time: never what was asked.

A route is a pattern such as `/requests/{key}`, a document the first digits of its hash, as in the list of slow ones.

Queries, variables and addresses of readers are not written down anywhere, and neither is the sentence of an unexpected
exception, which may repeat them: its class and the lines of code it went through are enough to find it.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from archive.domain.errors import ArchiveError

_LIMITS: Final = (0.001, 0.01, 0.1, 1.0, 10.0)
SLOW_SECONDS: Final = 1.0


class _Stderr:
    """Standard error as it is when something is written, not as it was when this was imported."""

    def error(self, line: str) -> None:
        """Write a line."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    warning = error


_log: Final = structlog.wrap_logger(
    _Stderr(),
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
)


def served(*, request_id: str, route: str, status: int, seconds: float, document: str | None = None) -> None:
    """Note an answer that failed or was slow; the others are not worth a line each."""
    if status >= 500 or seconds >= SLOW_SECONDS:
        named = {} if document is None else {"document": document}
        _log.warning("served", request=request_id, route=route, status=status, under_seconds=bucket(seconds), **named)


def failed(error: BaseException, *, request_id: str) -> None:
    """Note an unexpected exception: what it is and where it came from, without its words."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("failed", request=request_id, kind=type(error).__name__, frames=frames)


def stopped_following(error: ArchiveError) -> None:
    """Note that the projections no longer follow the log."""
    _log.error("stopped following the log", code=error.code, sentence=error.sentence("en"))


def stopped_publishing(error: ArchiveError) -> None:
    """Note that what is appended is no longer signed, and so no longer shown."""
    _log.error("stopped publishing", code=error.code, sentence=error.sentence("en"))


def not_attested(error: ArchiveError) -> None:
    """Note that a witness did not sign, or that there is no time-stamp; publishing goes on without."""
    _log.warning("published without", code=error.code, sentence=error.sentence("en"))


def worker_ended(code: int) -> None:
    """Note that a worker ended unasked: its exit code, or less a signal's number."""
    _log.error("a worker ended", exit=code)


def bucket(seconds: float) -> float | None:
    """The smallest of a few spans that the time stays under; None beyond them."""
    return next((limit for limit in _LIMITS if seconds < limit), None)
