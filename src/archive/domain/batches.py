"""A batch: one import that happened whole. It says what came in, so that an import can be found, repeated and undone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Never

from msgspec import Meta

from archive.domain.codes import Event, Sha256
from archive.domain.facts import Facts

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class BatchRecorded(Event, frozen=True, kw_only=True):
    """These many commands came from one source and are in the log: the entries just before this one."""

    TYPE: ClassVar[str] = "batch-recorded"

    kind: Literal["commands", "instruments", "calendars", "demo"]
    source_sha256: Sha256
    lines: Count
    commands: Count
    unchanged: Count
    entries: Count


BatchEvent = BatchRecorded


def decide(state: None, command: Never, facts: Facts) -> tuple[BatchEvent, ...]:
    """There are no commands: the writer records a batch as the entry after its last one."""
    raise AssertionError("a batch is recorded by the writer", state, command, facts)


def evolve(state: None, event: BatchEvent) -> None:  # noqa: ARG001 - the shape of every kind's
    """A batch has no state."""
    return
