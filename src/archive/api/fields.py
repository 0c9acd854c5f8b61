"""strawberry's two ways to describe a field and an enum's value, with the types that its own signatures lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import strawberry

if TYPE_CHECKING:
    from collections.abc import Callable

Resolver = TypeVar("Resolver", bound="Callable[..., Any]")  # Any: a resolver takes and gives what its field says
Value = TypeVar("Value")


def field(*, description: str, name: str | None = None) -> Callable[[Resolver], Resolver]:
    """A field that a method answers; the description is what the schema says of it."""
    return cast("Callable[[Resolver], Resolver]", strawberry.field(name=name, description=description))


def value(stored: Value, *, description: str) -> Value:
    """A value of an enum: what stands for it in rows, and what the schema says of it."""
    return cast("Value", strawberry.enum_value(stored, description=description))
