"""The closed table of what may stand in the log. A name that is not here is an error, never an import.

A new event type is a class in the file of its stream, in that file's union; the type checker then names every `match`
that must choose. A released class is never edited: a change of mind is a new version beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.domain.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from archive.domain.codes import Event

# Older version -> what makes the newest version of it, on every read; the bytes of the entry stay as they are.
UPCASTS: Final[dict[type[Event], Callable[[Any], Event]]] = {  # Any: the event of the key
    event: upcast for kind in KINDS.values() for event, upcast in kind.upcasts.items()
}

# Stream kind -> the events such a stream may hold, older versions at the end.
STREAMS: Final[dict[str, tuple[type[Event], ...]]] = {
    kind.name: (*kind.events, *kind.upcasts) for kind in KINDS.values()
}

# Type and version -> class.
TABLE: Final[dict[tuple[str, int], type[Event]]] = {
    (event.TYPE, event.VERSION): event for events in STREAMS.values() for event in events
}


def kinds_of(event: type[Event]) -> tuple[str, ...]:
    """The kinds of streams that may hold such an event."""
    return tuple(kind for kind, events in STREAMS.items() if event in events)


def stream_pattern(event: type[Event]) -> str:
    """The pattern of the streams that may hold such an event."""
    kinds = "|".join(kinds_of(event))
    return rf"^(?:{kinds})-[0-9a-f]{{32}}\Z" if "|" in kinds else rf"^{kinds}-[0-9a-f]{{32}}\Z"
