"""Given what happened, when a command comes, then these events or this refusal: the rules over plain data, no files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Final

import msgspec
import pytest

from archive.domain import commands as rules
from archive.domain.agencies import Agency
from archive.domain.codes import Event
from archive.domain.commands import AnyCommand, State
from archive.domain.errors import Language, Refused
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.seals import seal_text
from archive.law.calendar import Calendar

TODAY: Final = date(2018, 12, 10)
# Where the log stands in every scenario.
POSITION: Final = 700
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def text_seal(number: int = 1) -> str:
    """The seal of a text; the number tells texts apart."""
    return seal_text(bytes([number] * 32))


# What the text and the link of the command under test were sealed to.
NEW_TEXT: Final = text_seal(0xEE)
NEW_LINK: Final = text_seal(0xDD)
NEW_PERSON: Final = text_seal(0xCC)


def stand(kind: str, events: Iterable[Event]) -> State | None:
    """The state of a stream after these events."""
    state: State | None = None
    return reduce(lambda before, event: rules.evolve(kind, before, event), events, state)


@dataclass(frozen=True, kw_only=True)
class Given:
    """What happened in the stream, and what was so around it."""

    history: tuple[Event, ...]
    agency: Agency | None
    today: date
    calendar: Calendar
    streams: Mapping[str, object]

    def when(self, command: AnyCommand) -> "When":
        return When(given=self, command=command)


@dataclass(frozen=True, kw_only=True)
class When:
    """A command that comes then."""

    given: Given
    command: AnyCommand

    def then(self, *events: Event) -> None:
        """Exactly these events follow, and the stream can go on from them."""
        assert self._decide() == events
        stand(self.command.STREAM, (*self.given.history, *events))

    def events(self) -> tuple[Event, ...]:
        """What follows."""
        return self._decide()

    def then_refused(self, code: str, /, **facts: object) -> None:
        """The command is refused for this reason, which names these facts."""
        with pytest.raises(Refused) as refused:
            self._decide()
        assert (refused.value.code, refused.value.facts) == (code, facts)
        for language in LANGUAGES:
            assert refused.value.sentence(language)
            assert refused.value.next_step(language)

    def _decide(self) -> tuple[Event, ...]:
        state = stand(self.command.STREAM, self.given.history)
        seals = {name: {"text": NEW_TEXT, "link": NEW_LINK, "person": NEW_PERSON}[name] for name in self.command.TEXTS}
        facts = Facts(
            today=self.given.today,
            position=POSITION,
            by=self.command.by,
            seals=seals,
            agency=self.given.agency,
            calendar=self.given.calendar,
            streams=dict(self.given.streams),
        )
        before = [msgspec.json.encode(value, order="sorted", enc_hook=repr) for value in (state, self.command, facts)]
        try:
            return rules.decide(state, self.command, facts)
        finally:
            after = [
                msgspec.json.encode(value, order="sorted", enc_hook=repr) for value in (state, self.command, facts)
            ]
            assert after == before, "a decision changes nothing that it was given"


def given(
    *history: Event,
    agency: Iterable[Event] | None = None,
    today: str = TODAY.isoformat(),
    calendar: Calendar = NO_CALENDAR,
    streams: Mapping[str, object] | None = None,
) -> Given:
    """A stream with this history, an agency with that one, the day, the calendar, other streams by their ids."""
    known = None if agency is None else stand("agency", agency)
    assert known is None or isinstance(known, Agency)
    return Given(
        history=history, agency=known, today=date.fromisoformat(today), calendar=calendar, streams=streams or {}
    )


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One row of a table of refusals."""

    claim: str
    given: Given
    when: AnyCommand
    code: str
    facts: dict[str, object]


def refusal(claim: str, given: Given, when: AnyCommand, code: str, /, **facts: object) -> Refusal:
    """A row: when this command comes there, it is refused with this code and these facts."""
    return Refusal(claim=claim, given=given, when=when, code=code, facts=facts)
