"""Erasure (删除) and accepted personal data: events that any stream with sealed text may hold.

Rules
- An erasure names a class of text and every seal of it that the stream carries and has not erased yet, decoys too: which
  of them had a text does not show. What is in entries as `data` cannot be erased; nobody can be found by it.
- Counts, positions and hashes do not depend on text, so none of them changes (domain rule 6.3).
- A stream's state does not depend on these events: `evolve` of no kind sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from msgspec import UNSET, Meta

from archive.domain.codes import AcceptReason, Code, Command, Event, PersonalDataKind, Seal, StreamId
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# 46 characters a seal: an entry stays below its 32 KiB. What is more goes into a second event of the same command.
MAX_SEALS: Final = 500
# Why a text is erased: the five cases of the Personal Information Protection Law, art. 47; a state secret that got out
# (Secrets Law 2024, art. 34); a decision on a penalty that was changed (Penalties Law, art. 48); a court.
Basis = Literal[
    "pipl-47-1",
    "pipl-47-2",
    "pipl-47-3",
    "pipl-47-4",
    "pipl-47-5",
    "state-secrets-34",
    "penalty-48",
    "court-order",
]


class Erased(Event, frozen=True, kw_only=True):
    """Salt and value behind these seals were destroyed, and nobody can test a guess against the seals any more."""

    TYPE: ClassVar[str] = "erased"

    field: Code
    seals: Annotated[list[Seal], Meta(min_length=1, max_length=MAX_SEALS)]
    basis: Basis


class PersonalDataAccepted(Event, frozen=True, kw_only=True):
    """The text that became public with the events before looks like personal data, and a clerk said why it may."""

    TYPE: ClassVar[str] = "personal-data-accepted"

    field: Code
    kinds: Annotated[list[PersonalDataKind], Meta(min_length=1, max_length=4)]
    reason: AcceptReason


SHARED: Final[tuple[type[Event], ...]] = (Erased, PersonalDataAccepted)


class Erase(Command, tag="erase", frozen=True, kw_only=True):
    """Erase every text of one class of a stream; that it was there, and why it went, stays."""

    # Any kind of stream: the writer sends it to the rules below, not to those of the kind.
    STREAM: ClassVar[str] = "stream"

    stream: StreamId
    field: Code
    basis: Basis


def decide(history: Sequence[Event], command: Erase, *, erasable: Iterable[str]) -> tuple[Event, ...]:
    """The events of an erasure, or `Refused`. `erasable`: the classes of text of the stream's kind."""
    known = sorted(set(erasable))
    if command.field not in known:
        raise Refused("ERA-001", field=command.field, known=", ".join(known) or "-")
    if not history:
        raise Refused("ERA-002", stream=command.stream)
    carried = {getattr(event, command.field): None for event in history if command.field in event.SEALS}
    # An event that was written before its type had such a text carries no seal of it.
    carried.pop(UNSET, None)
    gone = {sealed for event in history if isinstance(event, Erased) for sealed in event.seals}
    left = [sealed for sealed in carried if sealed not in gone]
    if not left:
        raise Refused("ERA-003", stream=command.stream, field=command.field)
    return tuple(
        Erased(field=command.field, seals=left[start : start + MAX_SEALS], basis=command.basis)
        for start in range(0, len(left), MAX_SEALS)
    )
