"""A batch: one import that happened whole. It says what came in, so that an import can be found, repeated and undone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from archive.domain.codes import Event, Sha256

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class BatchRecorded(Event, frozen=True, kw_only=True):
    """These many commands came from one source and are in the log: the entries just before this one."""

    TYPE: ClassVar[str] = "batch-recorded"

    kind: Literal["commands", "instruments", "demo"]
    source_sha256: Sha256
    lines: Count
    commands: Count
    unchanged: Count
    entries: Count


BatchEvent = BatchRecorded
