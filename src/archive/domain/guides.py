"""The guide (信息公开指南) of an agency: what it publishes and how to ask for it, version after version (R2019 art. 12).

Rules
- An agency has one guide, whose id follows from the agency. Versions are numbered from 1.
- A version is in force from a day, until the next one is; it replaces no later one.
- Its text is public: how information is arranged, how it is obtained, and where the office is and how it is reached.
  That is the office's contact and no person's.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, ClassVar, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType

from archive.domain.agencies import acting, has_channel
from archive.domain.codes import AgencyId, Code, Command, Event, GuideId, Seal, Serial, Sha256, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

Line = Annotated[str, Meta(min_length=1, max_length=500)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=8000)]
Channels = Annotated[list[Code], Meta(min_length=1, max_length=20)]


# --- text -------------------------------------------------------------------------------------------------------------
class GuideText(Text, frozen=True, kw_only=True):
    """What art. 12 names: classification and arrangement, ways to obtain, and the office's name, address and contact."""

    arrangement: Paragraph
    ways: Paragraph
    office: Line
    address: Line
    hours: Line
    telephone: Line
    fax: Line | UnsetType = UNSET
    internet: Line | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class GuideVersionPublished(Event, frozen=True, kw_only=True):
    """A version of the guide became public on these channels; the one before it is superseded on the day it is in force."""

    TYPE: ClassVar[str] = "guide-version-published"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    number: Serial
    published_on: date
    in_force_from: date
    sha256: Sha256
    channels: Channels | UnsetType = UNSET
    text: Seal


GuideEvent = GuideVersionPublished


# --- commands ---------------------------------------------------------------------------------------------------------
class PublishGuide(Command, tag="publish-guide", frozen=True, kw_only=True):
    """Enter a version of the guide: the first, or one that replaces the version before."""

    STREAM: ClassVar[str] = "guide"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    guide: GuideId
    agency: AgencyId
    published_on: date
    in_force_from: date
    sha256: Sha256
    channels: Channels | UnsetType = UNSET
    text: GuideText


GuideCommand = PublishGuide


# --- state ------------------------------------------------------------------------------------------------------------
class GuideVersion(Struct, frozen=True, kw_only=True):
    """A version: its document, and since when it is in force."""

    number: int
    published_on: date
    in_force_from: date
    sha256: str


class Guide(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a guide: its versions, in order."""

    agency: str
    versions: tuple[GuideVersion, ...]

    def on(self, day: date) -> GuideVersion | None:
        """The version in force on a day; None before the first."""
        return next((one for one in reversed(self.versions) if one.in_force_from <= day), None)


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(guide: Guide | None, command: GuideCommand, facts: Facts) -> tuple[GuideEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case PublishGuide():
            return (_published(guide, command, facts),)
        case _:
            assert_never(command)


def _published(guide: Guide | None, command: PublishGuide, facts: Facts) -> GuideVersionPublished:
    if command.guide != (expected := guide_id(command.agency)):
        raise Refused("GID-001", expected=expected)
    agency = acting(facts, command.agency, on=command.published_on)
    channels = [] if command.channels is UNSET else command.channels
    for channel in channels:
        if channel not in agency.channels:
            raise Refused("ITM-003", field="channels", code=channel)
        if not has_channel(agency, channel):
            raise Refused("ITM-032", channel=channel)
    if len(set(channels)) < len(channels):
        raise Refused("GID-004")
    last = None if guide is None else guide.versions[-1]
    if last is None:
        must_have_come(command.published_on, facts, field="published_on")
    else:
        if command.sha256 == last.sha256:
            raise Refused("GID-002", number=last.number)
        must_follow(command.published_on, last.published_on, facts, field="published_on")
        if command.in_force_from < last.in_force_from:
            raise Refused("GID-003", on=command.in_force_from, number=last.number, earliest=last.in_force_from)
    return GuideVersionPublished(
        agency=command.agency,
        number=1 if last is None else last.number + 1,
        published_on=command.published_on,
        in_force_from=command.in_force_from,
        sha256=command.sha256,
        channels=sorted(channels) or UNSET,
        text=facts.seals["text"],
    )


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(guide: Guide | None, event: GuideEvent) -> Guide:
    """The guide after the event."""
    version = GuideVersion(
        number=event.number,
        published_on=event.published_on,
        in_force_from=event.in_force_from,
        sha256=event.sha256,
    )
    return Guide(agency=event.agency, versions=(version,) if guide is None else (*guide.versions, version))


def guide_id(agency: str) -> str:
    """The stream of an agency's guide."""
    digest = sha256(f"opengov-archive/guide/v1\n{agency}".encode("ascii")).hexdigest()
    return f"guide-{digest[:32]}"
