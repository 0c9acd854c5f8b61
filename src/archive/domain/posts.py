"""A post (岗位) of an agency's disclosure work: who leads it and who does it, as periods. Whoever holds one is never named in an entry.

Rules
- A post is of one agency, and its id follows from the agency and the post's code, the same that a review names.
- One person holds it at a time. Between two holders, and while the holder is on leave, it is vacant.
- Why a holder is away or leaves is his own affair and is not recorded. His name is in the vault, if it is entered at all:
  the name of the responsible head is public by law (R2019 art. 20(2)), and is published as an item.
- A post is abolished when nobody holds it.

    established ──▶ assigned ──▶ leave started ──▶ leave ended ──▶ ended ──▶ assigned … ──▶ abolished
    vacant……………           ………………………………              …………            vacant
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, NamedTuple, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting, has_section
from archive.domain.codes import AgencyId, Code, Command, Event, PostId, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

# Of the leadership group (领导小组): its head, deputy and members, and its office; who keeps the information; who reviews.
Duty = Literal[
    "group-head",
    "group-deputy",
    "group-member",
    "group-office",
    "information-officer",
    "secrecy-committee-member",
    "section-head",
    "spokesperson",
]


# --- text -------------------------------------------------------------------------------------------------------------
class PostText(Text, frozen=True, kw_only=True):
    """What the post is called."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]


class HolderText(Text, frozen=True, kw_only=True):
    """Who holds it."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


# --- events -----------------------------------------------------------------------------------------------------------
class PostEstablished(Event, frozen=True, kw_only=True):
    """There is a post from this day on, which nobody holds yet."""

    TYPE: ClassVar[str] = "post-established"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    post_code: Code
    duty: Duty
    section: Code | UnsetType = UNSET
    established_on: date
    text: Seal


class RoleAssigned(Event, frozen=True, kw_only=True):
    """Somebody holds the post from this day on."""

    TYPE: ClassVar[str] = "role-assigned"
    SEALS: ClassVar[tuple[str, ...]] = ("person",)

    assigned_on: date
    person: Seal


class OfficerLeaveStarted(Event, frozen=True, kw_only=True):
    """The holder is away from this day on, and the post is vacant."""

    TYPE: ClassVar[str] = "officer-leave-started"

    started_on: date


class OfficerLeaveEnded(Event, frozen=True, kw_only=True):
    """The holder is back on this day."""

    TYPE: ClassVar[str] = "officer-leave-ended"

    ended_on: date


class RoleEnded(Event, frozen=True, kw_only=True):
    """Nobody holds the post from this day on."""

    TYPE: ClassVar[str] = "role-ended"

    ended_on: date


class PostAbolished(Event, frozen=True, kw_only=True):
    """There is no such post from this day on."""

    TYPE: ClassVar[str] = "post-abolished"

    abolished_on: date


PostEvent = PostEstablished | RoleAssigned | OfficerLeaveStarted | OfficerLeaveEnded | RoleEnded | PostAbolished


# --- commands ---------------------------------------------------------------------------------------------------------
class EstablishPost(Command, tag="establish-post", frozen=True, kw_only=True):
    """Enter a post of an agency."""

    STREAM: ClassVar[str] = "post"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    post: PostId
    agency: AgencyId
    post_code: Code
    duty: Duty
    section: Code | UnsetType = UNSET
    established_on: date
    text: PostText


class AssignRole(Command, tag="assign-role", frozen=True, kw_only=True):
    """Enter that somebody holds the post."""

    STREAM: ClassVar[str] = "post"
    TEXTS: ClassVar[tuple[str, ...]] = ("person",)

    post: PostId
    assigned_on: date
    person: HolderText | UnsetType = UNSET


class StartLeave(Command, tag="start-leave", frozen=True, kw_only=True):
    """Enter that the holder is away."""

    STREAM: ClassVar[str] = "post"

    post: PostId
    started_on: date


class EndLeave(Command, tag="end-leave", frozen=True, kw_only=True):
    """Enter that the holder is back."""

    STREAM: ClassVar[str] = "post"

    post: PostId
    ended_on: date


class EndRole(Command, tag="end-role", frozen=True, kw_only=True):
    """Enter that the holder left the post."""

    STREAM: ClassVar[str] = "post"

    post: PostId
    ended_on: date


class AbolishPost(Command, tag="abolish-post", frozen=True, kw_only=True):
    """Enter that there is no such post any more."""

    STREAM: ClassVar[str] = "post"

    post: PostId
    abolished_on: date


PostCommand = EstablishPost | AssignRole | StartLeave | EndLeave | EndRole | AbolishPost


# --- state ------------------------------------------------------------------------------------------------------------
class Vacancy(NamedTuple):
    """Days on which nobody was there: from the first, up to and without the last; None while it lasts."""

    first: date
    until: date | None

    def meets(self, first: date, last: date) -> bool:
        """Whether nobody was there on a day from the first to the last."""
        return self.first <= last and (self.until is None or first < self.until)


class Post(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a post, and when it was vacant. `vacant_since` is None while somebody is there."""

    agency: str
    section: str | None
    held: bool
    on_leave: bool
    newest_on: date
    abolished_on: date | None
    vacant_since: date | None
    vacancies: tuple[Vacancy, ...]


def vacancies(post: Post) -> tuple[Vacancy, ...]:
    """When the post was vacant, in order; none of them empty, and no two that touch."""
    if post.vacant_since is None:
        return post.vacancies
    return (*post.vacancies, Vacancy(post.vacant_since, None))


def is_vacant(post: Post, on: date) -> bool:
    """Whether nobody was there on a day."""
    return any(one.meets(on, on) for one in vacancies(post))


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(post: Post | None, command: PostCommand, facts: Facts) -> tuple[PostEvent, ...]:  # noqa: C901 - one arm a command
    """The events that fulfil the command, or `Refused`."""
    match command:
        case EstablishPost():
            return (_established(post, command, facts),)
        case _ if post is None:
            raise Refused("PST-003", post=command.post)
        case _ if post.abolished_on is not None:
            raise Refused("PST-004", on=post.abolished_on)
        case AssignRole(assigned_on=on):
            if post.held:
                raise Refused("PST-005")
            agency = acting(facts, post.agency, on=on)
            if post.section is not None and not has_section(agency, post.section):
                raise Refused("AGY-013", code=post.section)
            must_follow(on, post.newest_on, facts, field="assigned_on")
            return (RoleAssigned(assigned_on=on, person=facts.seals["person"]),)
        case StartLeave(started_on=on):
            _must_be_held(post)
            if post.on_leave:
                raise Refused("PST-007")
            must_follow(on, post.newest_on, facts, field="started_on")
            return (OfficerLeaveStarted(started_on=on),)
        case EndLeave(ended_on=on):
            if not post.on_leave:
                raise Refused("PST-008")
            must_follow(on, post.newest_on, facts, field="ended_on")
            return (OfficerLeaveEnded(ended_on=on),)
        case EndRole(ended_on=on):
            _must_be_held(post)
            must_follow(on, post.newest_on, facts, field="ended_on")
            return (RoleEnded(ended_on=on),)
        case AbolishPost(abolished_on=on):
            if post.held:
                raise Refused("PST-005")
            must_follow(on, post.newest_on, facts, field="abolished_on")
            return (PostAbolished(abolished_on=on),)
        case _:
            assert_never(command)


def _established(post: Post | None, command: EstablishPost, facts: Facts) -> PostEstablished:
    if command.post != (expected := post_id(command.agency, command.post_code)):
        raise Refused("PST-001", code=command.post_code, expected=expected)
    if post is not None:
        raise Refused("PST-002", post=command.post)
    agency = acting(facts, command.agency, on=command.established_on)
    if command.section is not UNSET:
        if command.section not in agency.sections:
            raise Refused("ITM-003", field="section", code=command.section)
        if not has_section(agency, command.section):
            raise Refused("AGY-013", code=command.section)
        must_follow(command.established_on, agency.opened[command.section], facts, field="established_on")
    elif command.duty == "section-head":
        raise Refused("PST-009")
    must_have_come(command.established_on, facts, field="established_on")
    return PostEstablished(
        agency=command.agency,
        post_code=command.post_code,
        duty=command.duty,
        section=command.section,
        established_on=command.established_on,
        text=facts.seals["text"],
    )


def _must_be_held(post: Post) -> None:
    if not post.held:
        raise Refused("PST-006")


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(post: Post | None, event: PostEvent) -> Post:
    """The post after the event."""
    match event:
        case PostEstablished(established_on=on):
            return Post(
                agency=event.agency,
                section=None if event.section is UNSET else event.section,
                held=False,
                on_leave=False,
                newest_on=on,
                abolished_on=None,
                vacant_since=on,
                vacancies=(),
            )
        case _ if post is None:
            raise AssertionError("the first event of a post is its establishment")
        case RoleAssigned(assigned_on=on):
            return _filled(replace(post, held=True), on)
        case OfficerLeaveStarted(started_on=on):
            return replace(_vacant(post, on), on_leave=True)
        case OfficerLeaveEnded(ended_on=on):
            return _filled(replace(post, on_leave=False), on)
        case RoleEnded(ended_on=on):
            # Whoever leaves while he is away leaves a vacancy that goes on.
            return replace(_vacant(post, on), held=False, on_leave=False)
        case PostAbolished(abolished_on=on):
            return replace(_filled(post, on), abolished_on=on)
        case _:
            assert_never(event)


def _vacant(post: Post, on: date) -> Post:
    if post.vacant_since is not None:
        return replace(post, newest_on=on)
    last = post.vacancies[-1] if post.vacancies else None
    if last is not None and last.until == on:
        # Somebody came and went on one day: nobody was there in between.
        return replace(post, newest_on=on, vacant_since=last.first, vacancies=post.vacancies[:-1])
    return replace(post, newest_on=on, vacant_since=on)


def _filled(post: Post, on: date) -> Post:
    since = post.vacant_since
    assert since is not None, "who comes, comes to a vacant post"
    ended = (*post.vacancies, Vacancy(since, on)) if since < on else post.vacancies
    return replace(post, newest_on=on, vacant_since=None, vacancies=ended)


def post_id(agency: str, code: str) -> str:
    """The stream of an agency's post."""
    digest = sha256(f"opengov-archive/post/v1\n{agency}\n{code}".encode("ascii")).hexdigest()
    return f"post-{digest[:32]}"
