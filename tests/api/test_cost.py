"""What an answer may cost is estimated before it is run, in time that grows with the document alone."""

import sys
from types import FrameType
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_introspection_query, parse

from api.world import World
from archive.api import cost as costs
from archive.api.answers import Question
from archive.api.cost import (
    DISTRICT_COST,
    DIVIDED,
    FACET_COST,
    LIST_ROWS,
    MAX_COUNTED,
    MEASURE_COST,
    MEASURES,
    REPORT_COST,
    SEARCH_COST,
    Cost,
    Part,
)
from archive.api.documents import OPEN, Documents
from archive.api.schema import SCHEMA
from archive.domain.errors import Refused

Json = Any  # Any: JSON as a client sends it


TYPES = len(SCHEMA.type_map)
FIELDS = round(sum(len(getattr(one, "fields", {})) for one in SCHEMA.type_map.values()) / TYPES)


def cost_of(document: str) -> Cost:
    tree = parse(document)
    fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
    (operation,) = (one for one in tree.definitions if isinstance(one, OperationDefinitionNode))
    return Cost(SCHEMA, operation, fragments)


@pytest.mark.parametrize(
    "document, variables, cost",
    [
        ("{ archive { position } }", {}, 2),
        ("{ archive { position head recordedAt } }", {}, 4),
        ("{ archive { items(first: 3) { nodes { id title } } } }", {}, 1 + 1 + 3 * 3),
        ("{ archive { items(first: 3) { totalCount edges { cursor node { id } } } } }", {}, 1 + 2 + 3 * 4),
        ("{ archive { items { nodes { id } } } }", {}, 1 + 1 + 20 * 2),
        ("{ archive { items(last: 7) { nodes { id } } } }", {}, 1 + 1 + 7 * 2),
        ("{ archive { items(first: 100000) { nodes { id } } } }", {}, 1 + 1 + 100 * 2),
        ("{ archive { items(first: 3) { totalCount pageInfo { endCursor } } } }", {}, 1 + 4),
        (
            "{ archive { items(first: 2) { nodes { publications { url channel { name } } } } } }",
            {},
            2 + 2 * (1 + LIST_ROWS * 4),
        ),
        (
            "{ archive { counts(years: [2017, 2018], by: [MONTH]) { value } } }",
            {},
            1 + 2 * LIST_ROWS * 2 + 2 * MEASURES * MEASURE_COST * DIVIDED,
        ),
        (
            '{ archive { counts(years: 2018, by: MONTH, measures: "items.published") { value } } }',
            {},
            1 + LIST_ROWS * 2 + MEASURE_COST * DIVIDED,
        ),
        (
            "query($m: [String!]) { archive { counts(years: [1, 2], measures: $m) { value } } }",
            {"m": ["a", "b", "c"]},
            1 + 2 * LIST_ROWS * 2 + 2 * 3 * MEASURE_COST,
        ),
        (
            "{ archive { items(first: 1) { facets(by: [YEAR, CHANNEL], limit: 3) { code } } } }",
            {},
            2 + 3 * LIST_ROWS * 2 + 2 * FACET_COST,
        ),
        ('{ archive { items(first: 1, search: "x") { totalCount } } }', {}, 1 + 2 + SEARCH_COST),
        ('{ archive { report(agency: "x", year: 2018) { year } } }', {}, 1 + 2 + REPORT_COST),
        ('{ archive { districtReport(region: "", year: 2018) { year } } }', {}, 1 + 2 + DISTRICT_COST),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {"n": 50}, 2 + 50 * 2),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {"n": None}, 2 + 20 * 2),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {}, 2 + 20 * 2),
        ("query($n: Int = 9) { archive { items(first: $n) { nodes { id } } } }", {}, 2 + 9 * 2),
        ("query($n: Int = 9) { archive { items(first: $n) { nodes { id } } } }", {"n": 3}, 2 + 3 * 2),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {"n": "many"}, 2 + 20 * 2),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {"n": -5}, 2),
        ("query($n: Int) { archive { items(first: $n) { nodes { id } } } }", {"n": True}, 2 + 20 * 2),
        (
            "query($y: [Int!]!) { archive { counts(years: $y) { value } } }",
            {"y": [1, 2, 3]},
            1 + 3 * LIST_ROWS * 2 + 3 * MEASURES * MEASURE_COST,
        ),
        (
            (
                "{ archive { ...A items(first: 2) { ...P } } } fragment A on Archive { position head } "
                "fragment P on ItemConnection { totalCount nodes { ... on Item { id } title } }"
            ),
            {},
            1 + 2 + 2 + 2 * 3,
        ),
        ('{ node(id: "x") { id ... on Item { title } ... on Agency { name } } }', {}, 1 + 3),
        ("{ __typename }", {}, 1),
        ('{ __type(name: "Item") { name } }', {}, 2),
        ("{ __schema { types { name } } }", {}, 4 * (1 + 2 * TYPES)),
        (
            "{ __schema { types { name fields { name type { ofType { name } } } } } }",
            {},
            4 * (1 + TYPES * (2 + FIELDS * 4)),
        ),
    ],
)
def test_a_field_counts_once_for_each_row(document: str, variables: Json, cost: int) -> None:
    asked = cost_of(document)
    assert asked.of(variables) == cost
    assert asked.of(variables) == cost, "the second time it is remembered"


def test_each_choice_of_sizes_has_its_own_cost() -> None:
    asked = cost_of(
        "query($n: Int, $m: Int) { archive { items(first: $n) { nodes { history(first: $m) { nodes { id } } } } } }"
    )
    for n, m in [(1, 1), (10, 1), (1, 10), (10, 10), (1, 1)]:
        assert asked.of({"n": n, "m": m}) == 2 + n * (1 + 1 + m * 2)


def test_lists_say_what_they_make_of_the_cost() -> None:
    asked = cost_of("{ archive { items(first: 4) { nodes { id publications { url } } } } }")
    assert asked.parts({}) == [
        Part("archive.items.nodes.publications", LIST_ROWS, LIST_ROWS * 2),
        Part("archive.items", 4, 1 + 4 * (1 + 1 + LIST_ROWS * 2)),
    ]


def test_what_tools_ask_to_read_the_schema_is_within_the_limit_and_twice_that_is_not_free() -> None:
    whole = get_introspection_query(descriptions=True, input_value_deprecation=True, schema_description=True)
    assert 5_000 < cost_of(whole).of({}) < OPEN.cost


def nested(levels: int) -> str:
    """Fragments that each spread the next one twice below a page of a hundred."""
    fragments = "".join(
        f"fragment F{n} on Item {{ ...F{n + 1} ... on Item {{ ...F{n + 1} }} }} " for n in range(levels)
    )
    return (
        f"{{ archive {{ items(first: 100) {{ nodes {{ ...F0 }} }} }} }} {fragments} fragment F{levels} on Item {{ id }}"
    )


def calls_of(levels: int) -> int:
    """How many functions of ours are called to add up a document."""
    asked = cost_of(nested(levels))
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == costs.__file__

    sys.setprofile(count)
    try:
        asked.of({})
    finally:
        sys.setprofile(None)
    return calls


def test_fragments_in_fragments_are_added_up_once_each() -> None:
    """Goal: linear time. Method: calls are counted for documents of which each is twice as long, and their costs double each level."""
    calls = {levels: calls_of(levels) for levels in (10, 20, 40)}
    assert calls[40] - calls[20] == 2 * (calls[20] - calls[10])
    assert cost_of(nested(3)).of({}) == 2 + 100 * (1 + 2**3)
    assert cost_of(nested(40)).of({}) == MAX_COUNTED


def test_what_would_cost_too_much_is_refused_before_it_is_run(world: World) -> None:
    query = "query($n: Int) { archive { items(first: $n) { nodes { a: history(first: 100) { ...E } b: history(first: 100) { ...E } } } } } fragment E on EntryConnection { nodes { id type position recordedAt leafHash bytes } }"
    with world.statements() as statements:
        answer = world.answers.answer(
            Question(query, {"n": 100}),
            language="en",
            request_id="r1",
        )
    assert statements == []
    (error,) = answer.body["errors"]
    assert error["extensions"]["code"] == "LIMIT_COST"
    assert error["extensions"]["limit"] == OPEN.cost
    assert error["extensions"]["value"] > OPEN.cost
    assert "errors" not in world.answer(query, {"n": 2}).body


@pytest.mark.parametrize(
    "document, code, value, limit",
    [
        (
            "{ " + " ".join(f"a{n}: archive {{ position }}" for n in range(OPEN.roots + 1)) + " }",
            "API-023",
            OPEN.roots + 1,
            OPEN.roots,
        ),
        (
            "{ ...A ...A ...A } fragment A on Query { "
            + " ".join(f"a{n}: archive {{ position }}" for n in range(8))
            + " }",
            "API-023",
            24,
            OPEN.roots,
        ),
        (
            "{ archive { position } } "
            + " ".join(f"fragment F{n} on Item {{ id }}" for n in range(OPEN.fragments + 1)),
            "API-024",
            OPEN.fragments + 1,
            OPEN.fragments,
        ),
        (
            "{ archive " + "@skip(if: false) " * 300 + "{ position } }",
            "API-025",
            300,
            OPEN.directives,
        ),
        ("query " + "@a " * 60 + "{ archive { position } }", "API-025", 60, OPEN.directives),
        ("{ archive { " + "position " * 210 + "} }", "API-029", 210 * 209 // 2, OPEN.repeats),
        (
            "{ " + "archive { position } " * 20 + "} fragment F on Archive { " + "...F " * 110 + "}",
            "API-029",
            16 * 20 * 19 // 2 + 20 * 19 // 2 + 3 * 110 * 109 // 2,
            OPEN.repeats,
        ),
        ("query($a: Int " + "@a " * 60 + ") { archive { position } }", "API-025", 60, OPEN.directives),
    ],
)
def test_what_is_too_large_is_refused_with_its_number(document: str, code: str, value: int, limit: int) -> None:
    with pytest.raises(Refused) as refused:
        Documents(SCHEMA).get(document)
    assert (refused.value.code, refused.value.facts) == (code, {"value": value, "limit": limit})
