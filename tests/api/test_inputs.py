"""Variables and arguments are read as graphql-core reads them, or left to it."""

from typing import Any, cast

import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    parse,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from archive.api.inputs import Arguments, Unusual, Variables
from archive.api.schema import SCHEMA

Json = Any  # Any: what JSON holds
TYPES = (
    "ID!",
    "String",
    "Boolean!",
    "Int",
    "[Int!]!",
    "[String]",
    "ItemBy!",
    "ItemFilter",
    "[ItemFacet!]!",
    "AsOf",
    "Position",
    "RequestFilter!",
    "DateRange",
)
SCALARS: dict[str, st.SearchStrategy[Json]] = {
    "ID": st.text(max_size=5),
    "String": st.text(max_size=5),
    "Boolean": st.booleans(),
    "Int": st.integers(-(2**33), 2**33),
    "Position": st.integers(-1, 2**54),
    "Date": st.sampled_from(["2018-01-02", "2018-02-30", "", "2018-1-2"]),
    "DateTime": st.sampled_from(["2018-01-02T03:04:05Z", "2018-01-02", "soon"]),
}
ANYTHING: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "to", "x"]), inner, max_size=2),
    max_leaves=4,
)


def values_of(type_: object) -> st.SearchStrategy[Json]:
    """Mostly what a type takes, and sometimes what it does not."""
    if isinstance(type_, GraphQLNonNull):
        return values_of(type_.of_type)
    if isinstance(type_, GraphQLList):
        good: st.SearchStrategy[Json] = st.lists(values_of(type_.of_type), max_size=3)
    elif isinstance(type_, GraphQLEnumType):
        good = st.sampled_from([*type_.values, "NONE"])
    elif isinstance(type_, GraphQLInputObjectType):
        good = st.fixed_dictionaries({}, optional={name: values_of(one.type) for name, one in type_.fields.items()})
    else:
        good = SCALARS[cast("GraphQLObjectType", type_).name]
    return st.integers(0, 11).flatmap(lambda n: good if n > 1 else st.none() if n else ANYTHING)


def operation_of(document: str) -> OperationDefinitionNode:
    return cast("OperationDefinitionNode", parse(document).definitions[0])


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("default", [False, True])
@given(data=st.data())
def test_a_variable_is_read_as_graphql_core_reads_it_or_left_to_it(
    type_: str, data: st.DataObject, *, default: bool
) -> None:
    literal = " = null" if default and not type_.endswith("!") else ""
    operation = operation_of(f"query($v: {type_}{literal}) {{ archive {{ position }} }}")
    definitions = operation.variable_definitions or ()
    described = get_described(type_)
    inputs = data.draw(st.just({}) | st.fixed_dictionaries({"v": values_of(described)}))
    theirs = get_variable_values(SCHEMA, definitions, inputs, hide_suggestions=True)
    try:
        ours = Variables(SCHEMA, operation).read(inputs)
    except Unusual:
        return
    assert isinstance(theirs, VariableValues), "what graphql-core refuses is left to it"
    assert ours.coerced == theirs.coerced


def get_described(type_: str) -> object:
    """The type that a text names."""
    bare = type_.strip("[]!")
    described: object = SCHEMA.type_map[bare]
    for mark in type_.partition(bare)[2]:
        described = (
            GraphQLNonNull(cast("Any", described)) if mark == "!" else GraphQLList(cast("Any", described))
        )  # Any: any type
    return described


@pytest.mark.parametrize(
    "type_, value",
    [
        ("ID!", "item-1"),
        ("[Int!]!", [2017, 2018]),
        (
            "ItemFilter",
            {"agencies": ["a"], "publishedOn": {"from": "2018-01-01"}, "statuses": ["PUBLISHED"], "late": True},
        ),
        ("ItemFilter", None),
        ("ItemBy!", {"id": "item-1"}),
        ("AsOf", {"position": 3}),
    ],
)
def test_what_is_usual_is_not_left_to_graphql_core(type_: str, value: Json) -> None:
    operation = operation_of(f"query($v: {type_}) {{ archive {{ position }} }}")
    theirs = get_variable_values(SCHEMA, operation.variable_definitions or (), {"v": value})
    assert isinstance(theirs, VariableValues)
    assert Variables(SCHEMA, operation).read({"v": value}).coerced == theirs.coerced


@pytest.mark.parametrize(
    "field",
    [
        'items(first: 3, filter: {agencies: [$id, "b"], publishedOn: {from: $day}, late: true})',
        "items(first: $n, orderBy: MADE_ON_ASC, after: null)",
        "items(filter: $filter, search: $id)",
        "items",
        "items(filter: {agencies: $ids, statuses: [PUBLISHED]})",
        "item(by: {id: $id})",
        "item(by: $by)",
        "counts(years: $years, by: [MONTH])",
        "counts(years: [2018, $n], agency: $id)",
    ],
)
@pytest.mark.parametrize("has", ["all", "nulls", "none"])
def test_arguments_are_read_as_graphql_core_reads_them_or_left_to_it(field: str, has: str) -> None:
    everything: dict[str, Json] = {
        "id": "x",
        "day": "2018-01-02",
        "n": 5,
        "filter": {"agencies": ["a"]},
        "ids": ["a", "b"],
        "by": {"id": "x"},
        "years": [2018],
    }
    coerced = {"all": everything, "nulls": dict.fromkeys(everything), "none": {}}[has]
    node = cast("FieldNode", operation_of(f"{{ {field} }}").selection_set.selections[0])
    described = cast("GraphQLObjectType", SCHEMA.type_map["Archive"]).fields[node.name.value]
    values = VariableValues({}, coerced)
    try:
        theirs = get_argument_values(described, node, values, hide_suggestions=True)
    except Exception:  # noqa: BLE001 - whatever it says, it has to be asked
        with pytest.raises(Unusual):
            Arguments(described, node).read(values)
        return
    try:
        ours = Arguments(described, node).read(values)
    except Unusual:
        assert has != "all", "what is usual is not left to graphql-core"
        return
    assert ours == theirs
