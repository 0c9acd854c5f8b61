"""What a change of the schema does to those who query it: an older schema compared with the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql import GraphQLError, build_schema, find_breaking_changes, find_dangerous_changes

from archive.api.schema import print_sdl
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import BreakingChange, DangerousChange, GraphQLSchema


class Change(NamedTuple):
    """One change: its kind as graphql-core names it, such as FIELD_REMOVED, and a sentence."""

    kind: str
    sentence: str


class Compared(NamedTuple):
    """What differs: `breaking` makes a query fail that was valid; `dangerous` may surprise the program that sent it."""

    breaking: list[Change]
    dangerous: list[Change]


def compare(old: str, *, new: str | None = None) -> Compared:
    """Compare an older SDL with the present schema, or with another one. `Refused` SDL-002: it is none."""
    before, after = _built(old), _built(print_sdl() if new is None else new)
    return Compared(_sorted(find_breaking_changes(before, after)), _sorted(find_dangerous_changes(before, after)))


def _built(sdl: str) -> GraphQLSchema:
    try:
        schema = build_schema(sdl)
    except (GraphQLError, TypeError, ValueError, RecursionError) as error:
        raise Refused("SDL-002", reason=str(error).partition("\n")[0][:200] or type(error).__name__) from None
    if schema.query_type is None:
        raise Refused("SDL-002", reason="no type Query")
    return schema


def _sorted(changes: Iterable[BreakingChange | DangerousChange]) -> list[Change]:
    return sorted(Change(one.type.name, one.description) for one in changes)
