"""A category scheme (分类方案) of an agency over time: categories are added, renamed and retired; a code means one thing for ever.

Rules
- A code that was retired stays with the items that have it, is given to no other item, and never comes back.
- A code keeps its meaning: a name may be put better, but what means something else is a new code.
- Steps of one scheme lie on days in their order.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final, assert_never

from msgspec import Struct
from msgspec.structs import replace

from archive.domain.codes import AgencyId, Code, Command, Event, NameText, Seal
from archive.domain.days import must_follow
from archive.domain.errors import Refused
from archive.domain.facts import Facts

MAX_CATEGORIES: Final = 500


# --- events -----------------------------------------------------------------------------------------------------------
class CategoryAdded(Event, frozen=True, kw_only=True):
    """Items can be sorted into this category from a day on."""

    TYPE: ClassVar[str] = "category-added"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    scheme: Code
    category: Code
    added_on: date
    text: Seal


class CategoryRenamed(Event, frozen=True, kw_only=True):
    """The category is called otherwise from a day on; it means what it meant."""

    TYPE: ClassVar[str] = "category-renamed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    scheme: Code
    category: Code
    renamed_on: date
    text: Seal


class CategoryRetired(Event, frozen=True, kw_only=True):
    """Nothing more is sorted into the category; what was stays there."""

    TYPE: ClassVar[str] = "category-retired"

    scheme: Code
    category: Code
    retired_on: date


SchemeEvent = CategoryAdded | CategoryRenamed | CategoryRetired


# --- commands ---------------------------------------------------------------------------------------------------------
class AddCategory(Command, tag="add-category", frozen=True, kw_only=True):
    """Add a category to a scheme."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    scheme: Code
    category: Code
    added_on: date
    text: NameText


class RenameCategory(Command, tag="rename-category", frozen=True, kw_only=True):
    """Give a category a better name."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    scheme: Code
    category: Code
    renamed_on: date
    text: NameText


class RetireCategory(Command, tag="retire-category", frozen=True, kw_only=True):
    """Sort nothing more into a category."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    scheme: Code
    category: Code
    retired_on: date


SchemeCommand = AddCategory | RenameCategory | RetireCategory


# --- state ------------------------------------------------------------------------------------------------------------
class Scheme(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a scheme: the day of its newest step, its codes, and those that were retired."""

    newest_on: date
    codes: frozenset[str]
    retired: frozenset[str] = frozenset()


# --- rules ------------------------------------------------------------------------------------------------------------
def decide(schemes: dict[str, Scheme], command: SchemeCommand, facts: Facts) -> SchemeEvent:
    """The event that fulfils the command, or `Refused`."""
    scheme = schemes.get(command.scheme)
    if scheme is None:
        raise Refused("AGY-015", scheme=command.scheme)
    match command:
        case AddCategory(category=category, added_on=on):
            if category in scheme.codes:
                raise Refused("AGY-003", field="category", code=category)
            if len(scheme.codes) >= MAX_CATEGORIES:
                raise Refused("AGY-017", limit=MAX_CATEGORIES)
            must_follow(on, scheme.newest_on, facts, field="added_on")
            return CategoryAdded(scheme=command.scheme, category=category, added_on=on, text=facts.seals["text"])
        case RenameCategory(category=category, renamed_on=on):
            _must_be_in_use(scheme, command.scheme, category)
            must_follow(on, scheme.newest_on, facts, field="renamed_on")
            return CategoryRenamed(scheme=command.scheme, category=category, renamed_on=on, text=facts.seals["text"])
        case RetireCategory(category=category, retired_on=on):
            _must_be_in_use(scheme, command.scheme, category)
            must_follow(on, scheme.newest_on, facts, field="retired_on")
            return CategoryRetired(scheme=command.scheme, category=category, retired_on=on)
        case _:
            assert_never(command)


def evolve(scheme: Scheme, event: SchemeEvent) -> Scheme:
    """The scheme after the event."""
    match event:
        case CategoryAdded(added_on=on):
            return replace(scheme, newest_on=on, codes=scheme.codes | {event.category})
        case CategoryRenamed(renamed_on=on):
            return replace(scheme, newest_on=on)
        case CategoryRetired(retired_on=on):
            return replace(scheme, newest_on=on, retired=scheme.retired | {event.category})
        case _:
            assert_never(event)


def _must_be_in_use(scheme: Scheme, name: str, category: str) -> None:
    if category not in scheme.codes:
        raise Refused("ITM-018", scheme=name, code=category)
    if category in scheme.retired:
        raise Refused("AGY-016", scheme=name, code=category)
