"""What hypothesis draws: values of our types, events and entries of every type in the table, commands that make sense.

Values are drawn from the types themselves, so a new event or command is drawn without a line here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import UNSET, Struct, inspect

from archive.domain.agencies import Agency, PolicyText, SchemeText
from archive.domain.calendars import RegionCalendar
from archive.domain.codes import ROLES, Classification, Command, Event, Text
from archive.domain.commands import COMMANDS, AnyCommand, State
from archive.domain.events import TABLE, kinds_of
from archive.domain.items import Item
from archive.domain.requests import Request
from archive.domain.reviews import Review
from archive.domain.seals import SALT_BYTES, seal_text
from archive.log.entry import MAX_INTEGER, Entry
from stories import ORIGIN, agency_id, item_id, request_id

T = TypeVar("T", bound=Struct)

AGENCIES: Final = (agency_id(1), agency_id(2))
ITEMS: Final = (item_id(1), item_id(2), item_id(3))
REQUESTS: Final = (request_id(1), request_id(2))
STREAMS: Final = (*AGENCIES, *ITEMS, *REQUESTS)

# Codes that a few agencies share, so that commands hit and miss each other.
CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "section": ("office", "investment"),
    "channel": ("website", "gazette", "weibo"),
    "scheme": ("genre", "theme"),
    "code": ("approval", "notice", "plan"),
}

# Text as clerks write it: any character but controls, of which only tab and line feed are text.
TEXT: Final = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n")

_HEX: Final = st.binary(min_size=16, max_size=16).map(bytes.hex)
_SEALS: Final = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES).map(seal_text)
_MOMENTS: Final = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis wants bounds without a zone
    lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")
)


# --- values of our types -----------------------------------------------------------------------------------------------
def values(wanted: inspect.Type) -> SearchStrategy[Any]:  # noqa: PLR0911 - an arm a type; Any: what the type says
    """Values of a type, as msgspec sees it."""
    match wanted:
        case inspect.Metadata():
            return values(wanted.type)
        case inspect.StrType(pattern=str(pattern)):
            return strings(pattern)
        case inspect.StrType():
            size = min(wanted.max_length or 40, 40)
            return st.text(TEXT, min_size=wanted.min_length or 0, max_size=size)
        case inspect.IntType():
            return st.integers(wanted.ge or 0, wanted.le or MAX_INTEGER)
        case inspect.BoolType():
            return st.booleans()
        case inspect.DateType():
            return st.dates()
        case inspect.LiteralType():
            return st.sampled_from(sorted(wanted.values, key=str))
        case inspect.ListType():
            size = min(wanted.max_length or 4, 4)
            return st.lists(values(wanted.item_type), min_size=wanted.min_length or 0, max_size=size)
        case inspect.StructType():
            return structs(wanted.cls)
        case _:
            raise AssertionError(f"say here how {wanted} is drawn")


@cache
def strings(pattern: str) -> SearchStrategy[str]:
    """Strings that match a pattern. Those of fixed length are made from bytes, which is quicker to draw."""
    if pattern.startswith("^s1:"):
        return _SEALS
    if hexadecimal := re.fullmatch(r"\^((?:[a-z]+-)?)\[0-9a-f\]\{(32|64)\}\\Z", pattern):
        prefix, size = hexadecimal[1], int(hexadecimal[2]) // 2
        return st.binary(min_size=size, max_size=size).map(lambda raw: prefix + raw.hex())
    if pattern.startswith("^https?://"):
        # The pattern lets control characters through, which a command's texts must not hold beside.
        return st.from_regex(re.compile(r"https?://[!-~]{1,60}"), fullmatch=True)
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


@cache
def structs(cls: type[T]) -> SearchStrategy[T]:
    """Values of a struct; a field that may be absent sometimes is."""
    return st.builds(cls, **{field.name: _field(field) for field in fields_of(cls)})


@cache
def fields_of(cls: type[Struct]) -> tuple[inspect.Field, ...]:
    """The fields of a struct with their types."""
    described = inspect.type_info(cls)
    assert isinstance(described, inspect.StructType)
    return described.fields


def _field(field: inspect.Field) -> SearchStrategy[Any]:  # Any: what the field's type says
    drawn = values(field.type)
    return drawn if field.required else st.one_of(st.just(UNSET), drawn)


# --- events and entries ------------------------------------------------------------------------------------------------
def events(cls: type[Event] | None = None) -> SearchStrategy[Event]:
    """Events of one type, or of all types in the table."""
    return structs(cls) if cls is not None else st.one_of([structs(known) for known in TABLE.values()])


@st.composite
def entries(draw: DrawFn, cls: type[Event] | None = None) -> Entry:
    """An entry somewhere in some log."""
    event = draw(events(cls))
    position = draw(st.integers(1, MAX_INTEGER))
    version = draw(st.integers(1, position))
    return Entry(
        position=position,
        stream=f"{draw(st.sampled_from(kinds_of(type(event))))}-{draw(_HEX)}",
        version=version,
        at=draw(_MOMENTS),
        by=draw(st.sampled_from(ROLES)),
        cmd=draw(_HEX),
        log=ORIGIN,
        prev=None if version == 1 else draw(st.integers(1, position)),
        event=event,
    )


# --- commands ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class World:
    """What a drawn command may take up: where each stream stands, and what day it is."""

    streams: Mapping[str, State]
    today: date


@st.composite
def commands(draw: DrawFn, world: World) -> AnyCommand:
    """A command on one of a few streams: mostly the next step of something, sometimes anything."""
    if draw(_SELDOM):
        return draw(command(draw(_CLASSES), world.today))
    stream = draw(_STREAMS)
    state = world.streams.get(stream)
    kind = stream.partition("-")[0]
    steps = _next_steps(kind, state)
    tag = steps[draw(st.integers(0, len(steps) - 1))]
    known: dict[str, Any] = {kind: stream}  # Any: fields of all types
    if (
        tag in {"pass-review", "return-review", "conclude-review"}
        and isinstance(state, Item)
        and state.review is not None
    ):
        known |= {"level": state.review.passed + 1, "reviewer": f"post-{state.review.passed + 1}"}
    if tag == "conclude-review":
        known |= {"conclusion": "withhold", "ground": "internal-affairs"}
    return draw(command(COMMANDS[tag], world.today, known=known))


def _next_steps(kind: str, state: State | None) -> list[str]:  # noqa: PLR0911 - an arm a state
    """Names of commands that may well be accepted."""
    match state:
        case None:
            return [
                {
                    "agency": "register-agency",
                    "item": "draft-item",
                    "request": "receive-request",
                    "calendar": "adopt-calendar",
                }[kind]
            ]
        case RegionCalendar():
            return ["adopt-calendar"]
        case Agency():
            setting_up = ["register-channel", "open-section", "adopt-category-scheme"]
            return [*setting_up, "adopt-review-policy", "accept-prior-review"]
        case Request():
            following = {
                "received": "register-request",
                "registered": "decide-reply",
                "decided": "dispatch-reply",
                "dispatched": "deliver-reply",
                "delivered": "close-request",
            }
            return [following.get(state.stage, "close-request")]
        case Item(review=Review(referred=True)):
            return ["record-referral-answer"]
        case Item(review=Review()):
            return [*["pass-review"] * 8, "return-review", "refer-review", "conclude-review", "conclude-review"]
        case Item(unpublished=str()):
            return [*["reassess-item"] * 4, "revise-item"]
        case Item(published_on=None):
            return ["publish-item", "publish-item", "revise-item"] if state.clearance else _REVIEWS
        case Item(withdrawn_on=date()):
            return ["restore-item", "restore-item", "revise-item"]
        case Item() if state.text == state.public_text:
            return [*_LIFE, "revise-item", "revise-item", "revise-item"]
        case Item():
            return (
                [*_LIFE, "update-item", "update-item", "correct-item", "correct-item"] if state.clearance else _REVIEWS
            )
        case _:
            raise AssertionError("streams of other kinds are not among those that are drawn by name")


_REVIEWS: Final = ["open-review", "open-review", "open-review", "declare-prior-review", "revise-item", "classify-item"]
_LIFE: Final = [
    "publish-item",
    "withdraw-item",
    "put-item-into-effect",
    "amend-item",
    "repeal-item",
    "record-step",
    "classify-item",
]


@st.composite
def command(
    draw: DrawFn,
    cls: type[Command],
    today: date,
    *,
    known: Mapping[str, Any] | None = None,  # Any: fields of all types
) -> AnyCommand:
    """A command of this class with small values and days around today; `known` fixes fields."""
    fields: dict[str, Any] = dict(known or {})  # Any: fields of all types
    for name, drawn in _small_fields(cls).items():
        value = fields[name] if name in fields else draw(drawn)
        # A strategy is made once, and does not know what day it will be.
        fields[name] = today + value if isinstance(value, timedelta) else value
    if isinstance(fields.get("text"), PolicyText) and not draw(_SELDOM):
        fields["text"] = PolicyText(names=["级"] * fields["levels"])
    if isinstance(fields.get("text"), SchemeText) and not draw(_SELDOM):
        fields["text"] = SchemeText(name="方案", names=["类"] * len(fields["categories"]))
    return cls(**fields)  # type: ignore[return-value] # COMMANDS holds the classes of AnyCommand


@cache
def _small_fields(cls: type[Command]) -> dict[str, SearchStrategy[Any]]:  # Any: fields of all types
    drawn = {field.name: _small(field) for field in fields_of(cls)}
    absent = st.just(UNSET)
    return {
        field.name: drawn[field.name] if field.required else st.one_of(absent, drawn[field.name])
        for field in fields_of(cls)
    }


def _small(field: inspect.Field) -> SearchStrategy[Any]:  # noqa: PLR0911 - an arm a type; Any: what the type says
    if field.name in _POOLS:
        return _POOLS[field.name]
    wanted = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    match wanted:
        case inspect.DateType():
            return DAYS
        case inspect.StrType(pattern=pattern) if field.name in CODES and pattern == _CODE:
            return st.sampled_from(CODES[field.name])
        case inspect.ListType(item_type=inspect.StructType(cls=cls)) if cls is Classification:
            schemes, codes = st.sampled_from(CODES["scheme"]), st.sampled_from(CODES["code"])
            return st.lists(st.builds(Classification, scheme=schemes, code=codes), max_size=2)
        case inspect.ListType() if field.name == "categories":
            return st.lists(st.sampled_from(CODES["code"]), min_size=1, max_size=3)
        case inspect.StructType(cls=cls) if issubclass(cls, Text):
            return st.builds(cls, **{known.name: values(known.type) for known in fields_of(cls) if known.required})
        case _:
            return values(field.type)


_CODE: Final = next(field.type.type.pattern for field in fields_of(Classification))  # type: ignore[attr-defined] # a Code is a string with a pattern
# Days around today, today most of all.
DAYS: Final = st.sampled_from([timedelta(days=away) for away in (0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -2, -40, 1)])
_SELDOM: Final = st.integers(0, 9).map(lambda number: number == 9)
_STREAMS: Final = st.sampled_from((AGENCIES[0], *ITEMS[:1] * 5, *ITEMS[1:], *AGENCIES[1:], *REQUESTS))
# Of the kinds whose streams are drawn: a few steps reach far only where they are not spread over everything there is.
_KINDS: Final = frozenset(stream.partition("-")[0] for stream in STREAMS)
# What ends an agency or its parts would end the tale; that has stories of its own.
_ENDINGS: Final = {
    "close-agency",
    "merge-agency",
    "split-agency",
    "close-section",
    "retire-channel",
    "rename-agency",
} | {
    "rename-section",
    "add-category",
    "rename-category",
    "retire-category",
}
_CLASSES: Final = st.sampled_from(
    sorted(
        (known for name, known in COMMANDS.items() if known.STREAM in _KINDS and name not in _ENDINGS),
        key=lambda known: known.__name__,
    )
)
_POOLS: Final[dict[str, SearchStrategy[str]]] = {
    "id": _HEX,
    "by": st.sampled_from(ROLES),
    "agency": st.sampled_from(AGENCIES),
    "item": st.sampled_from(ITEMS),
    "request": st.sampled_from(REQUESTS),
}
