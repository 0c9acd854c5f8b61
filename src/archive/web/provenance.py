"""What every answer says of where it comes from: the log, the position, and the tree that anybody can check it against.

    X-Log-Origin    the name of the log
    X-Log-Position  the position that was read
    X-Log-Root      size and root of the first checkpoint that covers it, as `archive audit check --expect` takes them

They are headers and not part of the body: an append elsewhere does not change an answer that was kept.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from archive.api.reads import Sources
    from archive.web.replies import Headers

HEADERS: Final = "x-log-origin, x-log-position, x-log-root"


def provenance(sources: Sources, position: int) -> Headers:
    """The headers of an answer that was read at a position."""
    headers = {"x-log-origin": sources.log.origin, "x-log-position": str(position)}
    stored = None if sources.checkpoints is None else sources.checkpoints.covering(position)
    if stored is not None:
        headers["x-log-root"] = f"{stored.size} {b64encode(stored.root).decode('ascii')}"
    return headers
