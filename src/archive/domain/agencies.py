"""An agency (行政机关): who it is, its sections and channels, how it sorts its items, how it reviews them.

Rules
- Names of the agency, its sections, channels and categories are public by nature: their text is opened at once.
- A review policy holds from a day on; a review keeps the number of levels of the day it was opened.
- Records from before this archive may be published without a review in it only where the agency has accepted prior
  review (`accept-prior-review`) for that time; nothing is ever cleared silently.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.codes import (
    AgencyId,
    AgencyLevel,
    ChannelKind,
    Code,
    Command,
    Event,
    OrganisationCode,
    RegionCode,
    Seal,
    Text,
)
from archive.domain.errors import Refused
from archive.domain.facts import Facts

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Levels = Annotated[int, Meta(ge=1, le=4, description="How many levels a review has; the founding bureau has three.")]
PriorReviewBasis = Literal["agency-archive", "legislation-database", "portal-migration"]


# --- text -------------------------------------------------------------------------------------------------------------
class AgencyText(Text, frozen=True, kw_only=True):
    """Names of an agency."""

    name: Name
    short_name: Name | UnsetType = UNSET


class NameText(Text, frozen=True, kw_only=True):
    """The name of a section."""

    name: Name


class ChannelText(Text, frozen=True, kw_only=True):
    """The name and, where there is one, the address of a channel."""

    name: Name
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


class SchemeText(Text, frozen=True, kw_only=True):
    """The name of a scheme, and the names of its categories in the order of their codes."""

    name: Name
    names: Annotated[list[Name], Meta(min_length=1, max_length=500)]


class PolicyText(Text, frozen=True, kw_only=True):
    """What the levels of review are called, first level first."""

    names: Annotated[list[Name], Meta(min_length=1, max_length=4)]


# --- events -----------------------------------------------------------------------------------------------------------
class AgencyRegistered(Event, frozen=True, kw_only=True):
    """The agency keeps its records in this archive."""

    TYPE: ClassVar[str] = "agency-registered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    level: AgencyLevel
    region: RegionCode
    code: OrganisationCode | UnsetType = UNSET
    text: Seal


class SectionOpened(Event, frozen=True, kw_only=True):
    """The agency has a section (股室) that makes information."""

    TYPE: ClassVar[str] = "section-opened"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    section: Code
    opened_on: date
    text: Seal


class ChannelRegistered(Event, frozen=True, kw_only=True):
    """The agency publishes on this channel (渠道)."""

    TYPE: ClassVar[str] = "channel-registered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    channel: Code
    kind: ChannelKind
    text: Seal


class CategorySchemeAdopted(Event, frozen=True, kw_only=True):
    """The agency sorts its items by this list; one scheme of an agency is its primary one."""

    TYPE: ClassVar[str] = "category-scheme-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    scheme: Code
    primary: bool
    categories: Annotated[list[Code], Meta(min_length=1, max_length=500)]
    adopted_on: date
    text: Seal


class ReviewPolicyAdopted(Event, frozen=True, kw_only=True):
    """From a day on, a confidentiality review (保密审查) has this many levels."""

    TYPE: ClassVar[str] = "review-policy-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    levels: Levels
    in_force_from: date
    text: Seal


class PriorReviewAccepted(Event, frozen=True, kw_only=True):
    """The agency answers for what it published before a day: it was reviewed before this archive existed."""

    TYPE: ClassVar[str] = "prior-review-accepted"

    published_before: date
    basis: PriorReviewBasis


AgencyEvent = (
    AgencyRegistered
    | SectionOpened
    | ChannelRegistered
    | CategorySchemeAdopted
    | ReviewPolicyAdopted
    | PriorReviewAccepted
)


# --- commands ---------------------------------------------------------------------------------------------------------
class RegisterAgency(Command, tag="register-agency", frozen=True, kw_only=True):
    """Enter an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    level: AgencyLevel
    region: RegionCode
    code: OrganisationCode | UnsetType = UNSET
    text: AgencyText


class OpenSection(Command, tag="open-section", frozen=True, kw_only=True):
    """Enter a section of an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    section: Code
    opened_on: date
    text: NameText


class RegisterChannel(Command, tag="register-channel", frozen=True, kw_only=True):
    """Enter a channel of an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    channel: Code
    kind: ChannelKind
    text: ChannelText


class AdoptCategoryScheme(Command, tag="adopt-category-scheme", frozen=True, kw_only=True):
    """Enter a list of categories; the reserved schemes `genre` and `theme` answer `Item.genre` and `Item.theme`."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    scheme: Code
    primary: bool
    categories: Annotated[list[Code], Meta(min_length=1, max_length=500)]
    adopted_on: date
    text: SchemeText


class AdoptReviewPolicy(Command, tag="adopt-review-policy", frozen=True, kw_only=True):
    """Set the levels of review from a day on."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    levels: Levels
    in_force_from: date
    text: PolicyText


class AcceptPriorReview(Command, tag="accept-prior-review", frozen=True, kw_only=True):
    """Answer for the review of what was published before a day."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    published_before: date
    basis: PriorReviewBasis


AgencyCommand = (
    RegisterAgency | OpenSection | RegisterChannel | AdoptCategoryScheme | AdoptReviewPolicy | AcceptPriorReview
)


# --- state ------------------------------------------------------------------------------------------------------------
class Policy(Struct, frozen=True, kw_only=True):
    """A review policy and the day from which it holds."""

    in_force_from: date
    levels: int


class Agency(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an agency."""

    region: str
    sections: frozenset[str]
    channels: frozenset[str]
    schemes: dict[str, frozenset[str]]
    primary_scheme: str | None
    policies: tuple[Policy, ...]
    prior_review_before: date | None


def decide(agency: Agency | None, command: AgencyCommand, facts: Facts) -> tuple[AgencyEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case RegisterAgency():
            if agency is not None:
                raise Refused("AGY-001", agency=command.agency)
            return (
                AgencyRegistered(
                    level=command.level, region=command.region, code=command.code, text=facts.seals["text"]
                ),
            )
        case _ if agency is None:
            raise Refused("AGY-002", agency=command.agency)
        case OpenSection():
            _must_be_new(command.section, agency.sections, field="section")
            _must_have_come(command.opened_on, facts, field="opened_on")
            return (SectionOpened(section=command.section, opened_on=command.opened_on, text=facts.seals["text"]),)
        case RegisterChannel():
            _must_be_new(command.channel, agency.channels, field="channel")
            return (ChannelRegistered(channel=command.channel, kind=command.kind, text=facts.seals["text"]),)
        case AdoptCategoryScheme():
            return (_adopted(agency, command, facts),)
        case AdoptReviewPolicy():
            if len(command.text.names) != command.levels:
                raise Refused("AGY-005", levels=command.levels, names=len(command.text.names))
            if any(policy.in_force_from == command.in_force_from for policy in agency.policies):
                raise Refused("AGY-007", on=command.in_force_from)
            return (
                ReviewPolicyAdopted(
                    levels=command.levels, in_force_from=command.in_force_from, text=facts.seals["text"]
                ),
            )
        case AcceptPriorReview():
            _must_have_come(command.published_before, facts, field="published_before")
            return (PriorReviewAccepted(published_before=command.published_before, basis=command.basis),)
        case _:
            assert_never(command)


def evolve(agency: Agency | None, event: AgencyEvent) -> Agency:
    """The agency after the event."""
    if isinstance(event, AgencyRegistered):
        return Agency(
            region=event.region,
            sections=frozenset(),
            channels=frozenset(),
            schemes={},
            primary_scheme=None,
            policies=(),
            prior_review_before=None,
        )
    assert agency is not None, "the first event of an agency is its registration"
    match event:
        case SectionOpened():
            return replace(agency, sections=agency.sections | {event.section})
        case ChannelRegistered():
            return replace(agency, channels=agency.channels | {event.channel})
        case CategorySchemeAdopted():
            return replace(
                agency,
                schemes=agency.schemes | {event.scheme: frozenset(event.categories)},
                primary_scheme=event.scheme if event.primary else agency.primary_scheme,
            )
        case ReviewPolicyAdopted():
            policies = (*agency.policies, Policy(in_force_from=event.in_force_from, levels=event.levels))
            return replace(agency, policies=tuple(sorted(policies, key=lambda policy: policy.in_force_from)))
        case PriorReviewAccepted():
            return replace(agency, prior_review_before=event.published_before)
        case _:
            assert_never(event)


def levels_on(agency: Agency, on: date) -> int | None:
    """How many levels a review opened on that day has; None before the first policy."""
    levels = [policy.levels for policy in agency.policies if policy.in_force_from <= on]
    return levels[-1] if levels else None


def _adopted(agency: Agency, command: AdoptCategoryScheme, facts: Facts) -> CategorySchemeAdopted:
    _must_be_new(command.scheme, agency.schemes, field="scheme")
    _must_have_come(command.adopted_on, facts, field="adopted_on")
    if len(set(command.categories)) != len(command.categories):
        raise Refused("AGY-004", scheme=command.scheme)
    if len(command.text.names) != len(command.categories):
        raise Refused("AGY-006", codes=len(command.categories), names=len(command.text.names))
    if command.primary and agency.primary_scheme is not None:
        raise Refused("AGY-008", scheme=agency.primary_scheme)
    return CategorySchemeAdopted(
        scheme=command.scheme,
        primary=command.primary,
        categories=command.categories,
        adopted_on=command.adopted_on,
        text=facts.seals["text"],
    )


def _must_be_new(code: str, known: frozenset[str] | dict[str, frozenset[str]], *, field: str) -> None:
    if code in known:
        raise Refused("AGY-003", field=field, code=code)


def _must_have_come(on: date, facts: Facts, *, field: str) -> None:
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)
