import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
    get_introspection_query,
    is_specified_scalar_type,
    print_schema,
)

from api.world import World
from archive.api.schema import SCHEMA, print_sdl

OURS = [
    found
    for name, found in SCHEMA.type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(found)
]


def described(found: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Everything in a type that a reader meets, and its description."""
    yield found.name, found.description
    match found:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in found.fields.items():
                yield f"{found.name}.{name}", field.description
                for argument, taken in field.args.items():
                    yield f"{found.name}.{name}({argument})", taken.description
        case GraphQLInputObjectType():
            for name, member in found.fields.items():
                yield f"{found.name}.{name}", member.description
        case GraphQLEnumType():
            for name, one in found.values.items():
                yield f"{found.name}.{name}", one.description
        case _:
            pass


@pytest.mark.parametrize("found", OURS, ids=lambda found: found.name)
def test_everything_is_described_in_sentences_with_the_chinese_term(found: GraphQLNamedType) -> None:
    wrong = [
        place
        for place, text in described(found)
        if text is None
        or not re.match(r"[A-Z]", text)
        or not text.endswith(".")
        or not re.search(r"\([^()]*[\u4e00-\u9fff][^()]*\)", text)
    ]
    # A relay cursor's own words are the same everywhere.
    assert wrong == []


def test_printed_sdl_is_the_schema() -> None:
    printed = print_sdl()
    assert print_schema(build_schema(printed)) + "\n" == printed


def test_exactly_one_of_is_said_in_the_sdl_and_in_introspection(empty: World) -> None:
    assert re.findall(r"input (\w+) @oneOf", print_sdl()) == ["ItemBy", "AsOf"]
    assert empty.ask('{ __type(name: "AsOf") { isOneOf } }') == {"__type": {"isOneOf": True}}


def test_nothing_can_be_changed() -> None:
    assert SCHEMA.mutation_type is None
    assert SCHEMA.subscription_type is None


def test_the_query_by_which_tools_read_a_schema_is_within_the_limits(empty: World) -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    names = {one["name"] for one in empty.ask(query)["__schema"]["types"]}
    assert {"Archive", "Item", "Entry", "Count"} <= names
