"""The closed table of what may stand in the log. A name that is not here is an error, never an import.

A new event type is a class in the file of its stream and a line here; the type checker then names every `match` that
must choose. A released class is never edited: a change of mind is a new version beside it.
"""

from __future__ import annotations

from typing import get_args

from archive.domain.agencies import AgencyEvent
from archive.domain.batches import BatchEvent, BatchRecorded
from archive.domain.codes import Event
from archive.domain.items import ItemEvent
from archive.domain.requests import RequestEvent

AnyEvent = AgencyEvent | ItemEvent | RequestEvent | BatchEvent

# Stream kind -> the events such a stream may hold.
STREAMS: dict[str, tuple[type[Event], ...]] = {
    "agency": get_args(AgencyEvent),
    "item": get_args(ItemEvent),
    "request": get_args(RequestEvent),
    "batch": (BatchRecorded,),
}

# Type and version -> class; type and version -> the kind of its stream.
TABLE: dict[tuple[str, int], type[Event]] = {
    (event.TYPE, event.VERSION): event for events in STREAMS.values() for event in events
}
KINDS: dict[tuple[str, int], str] = {
    (event.TYPE, event.VERSION): kind for kind, events in STREAMS.items() for event in events
}
