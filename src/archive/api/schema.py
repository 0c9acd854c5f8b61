"""The public schema: its root, and the one place that reaches into strawberry.

strawberry describes the types; graphql-core parses, validates and runs. Nothing of strawberry's own pipeline (views,
extensions, limiters) is used, so that an upgrade of it touches this file and the types alone.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, cast

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import get_object_definition
from strawberry.types.base import StrawberryList, StrawberryOptional

from archive.api.agencies import Agency
from archive.api.archive import Archive
from archive.api.as_of import AsOf, must_reach, position_of
from archive.api.entries import entry_by_id
from archive.api.fields import field
from archive.api.items import item_by_id
from archive.api.nodes import Node
from archive.api.pages import given
from archive.api.reads import Reads
from archive.api.requests import request_by_id
from archive.api.scalars import SCALARS, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema
    from strawberry.types.field import StrawberryField

# Where a field of the schema has its `Way`.
WAY: Final = "archive-way"


class Way(NamedTuple):
    """How a field is answered: `read` from its object alone, or `call` with its object, the request and `arguments`.

    `arguments` are made from those that graphql-core has read.
    """

    read: Callable[[Any], Any]  # Any: an object of the answer and a value of its field
    call: Callable[[Any, Any, dict[str, Any]], Any]  # Any: as above; the request has a `context`
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]]  # Any: what a resolver takes


@strawberry.type(description="What can be asked (查询入口).")
class Query:
    """The root of every query."""

    @field(
        description="The archive (档案) as it stands, or as it stood. Everything under one `archive` is read at one position."
    )
    def archive(
        self,
        info: strawberry.Info[Reads, None],
        as_of: Annotated[
            AsOf | None, strawberry.argument(description="Where to read (截至); the newest position unless given.")
        ] = strawberry.UNSET,
        at_least: Annotated[
            Position | None,
            strawberry.argument(
                description=(
                    "A position (位置) that this node must have reached, such as that of an entry just made at another; it is "
                    "waited for, not for long."
                )
            ),
        ] = strawberry.UNSET,
    ) -> Archive:
        """The archive at one position."""
        reads = info.context
        must_reach(given(at_least), reads)
        position = position_of(given(as_of), reads)
        reads.positions.add(position)
        return Archive(at=reads.at(position))

    @field(description="Any object with an id (任一有编号的对象), as it stands now; null if there is none.")
    def node(
        self,
        info: strawberry.Info[Reads, None],
        object_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The object's id (编号).")],
    ) -> Node | None:
        """An item, an agency or an entry."""
        reads = info.context
        reads.positions.add(reads.head)
        reads.is_pinned = False
        at = reads.at(reads.head)
        match object_id.partition("-")[0]:
            case "item":
                return item_by_id(at, object_id)
            case "agency":
                row = at.agency(object_id)
                return None if row is None else Agency.of(row, at)
            case "request":
                return request_by_id(at, object_id)
            case "entry":
                return entry_by_id(at, object_id)
            case _:
                return None


def _built() -> GraphQLSchema:
    described = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    schema = described._schema  # noqa: SLF001 - strawberry runs this schema through its own pipeline only; we run it ourselves
    for found in schema.type_map.values():
        if isinstance(found, GraphQLInputObjectType):
            definition = found.extensions["strawberry-definition"]
            # strawberry checks @oneOf by a rule of its own; graphql-core knows it too, and shows it in introspection.
            found.is_one_of = definition.is_one_of
        elif isinstance(found, GraphQLObjectType) and not found.name.startswith("__"):
            for field_ in found.fields.values():
                _answer_directly(field_, described)
    return schema


def _answer_directly(described: GraphQLField, schema: strawberry.Schema) -> None:
    """Let a field be answered without strawberry's wrapping, which costs more than the answer."""
    definition = described.extensions["strawberry-definition"]
    if definition.is_basic_field:
        read: Callable[[Any], Any] = attrgetter(definition.python_name)  # Any: an object and its attribute
        described.resolve = lambda source, _: read(source)
    else:
        resolver = definition.base_resolver
        read = resolver.wrapped_func
        if not described.args:
            described.resolve = lambda source, _: read(source)
    described.extensions[WAY] = Way(read, _call(definition), _arguments(definition, schema))


def _call(definition: StrawberryField) -> Callable[[Any, Any, dict[str, Any]], Any]:  # Any: see `Way`
    if definition.is_basic_field:
        return lambda source, _, __: getattr(source, definition.python_name)
    resolver = definition.base_resolver
    assert resolver is not None, "a field that is not an attribute has a method"
    method = cast("Callable[..., object]", resolver.wrapped_func)
    if resolver.info_parameter is None:
        return lambda source, _, arguments: method(source, **arguments)
    name = resolver.info_parameter.name
    return lambda source, request, arguments: method(source, **{name: request}, **arguments)


def _arguments(
    definition: StrawberryField, schema: strawberry.Schema
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:  # Any: see `Way`
    """What strawberry's `convert_arguments` does, with the names and types of the arguments looked up once."""
    names = schema.config.name_converter
    taken = [(names.from_argument(one), one.python_name, _taken(one.type, schema)) for one in definition.arguments]
    return lambda given: {python: take(given[name]) for name, python, take in taken if name in given}


def _taken(type_: object, schema: strawberry.Schema) -> Callable[[Any], object]:  # Any: what graphql-core has read
    """From what graphql-core has read to what a resolver takes: input objects become ours, everything else is as it is."""
    if isinstance(type_, StrawberryOptional):
        inner = _taken(type_.of_type, schema)
        return lambda value: None if value is None else inner(value)
    if isinstance(type_, StrawberryList):
        inner = _taken(type_.of_type, schema)
        return lambda values: [inner(one) for one in values]
    described = get_object_definition(type_)
    if described is None:
        return lambda value: value
    origin = described.origin
    names = schema.config.name_converter
    fields = [(names.from_field(one), one.python_name, _taken(one.type, schema)) for one in described.fields]
    return lambda value: origin(**{python: take(value[name]) for name, python, take in fields if name in value})


SCHEMA: Final = _built()


def print_sdl() -> str:
    """The schema as it is published: schema/public.graphql and /schema.graphql."""
    return print_schema(SCHEMA) + "\n"
