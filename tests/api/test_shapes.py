"""Documents that differ in their literals alone share a plan, and nobody can tell."""

import json

import pytest
from graphql import parse, print_ast
from hypothesis import given
from hypothesis import strategies as st

from api.world import World
from archive.api import plans
from archive.api.documents import Documents
from archive.api.schema import SCHEMA
from archive.api.shapes import shape_of, shared_tree, variables_of
from stories import item_id

# What is asked with other literals each time, and how many of the four are answered by the shared plan: the second document
# of a shape makes it, those after it use it.
ASKED: dict[str, tuple[list[str], int]] = {
    "items by their ids": (
        [f'{{ archive {{ item(by: {{id: "{item_id(n)}"}}) {{ id title }} }} }}' for n in (1, 2, 3, 99)],
        2,
    ),
    "pages": (
        [f"{{ archive {{ items(first: {n}) {{ totalCount nodes {{ id }} }} }} }}" for n in (1, 2, 3, 4)],
        2,
    ),
    "positions": ([f"{{ archive(asOf: {{position: {n}}}) {{ position }} }}" for n in (10, 20, 30, 40)], 2),
    "lists": (
        [
            f"{{ archive {{ counts(years: [{n}, 2018], by: [MONTH]) {{ year value }} }} }}"
            for n in (2015, 2016, 2017, 2019)
        ],
        2,
    ),
    "a list of one": (
        [f"{{ archive {{ counts(years: {n}) {{ year value }} }} }}" for n in (2015, 2016, 2017, 2018)],
        2,
    ),
    "filters": (
        [
            f'{{ archive {{ items(filter: {{publishedOn: {{from: "{day}"}}, sections: ["office"]}}, first: 2) {{ nodes {{ id }} }} }} }}'
            for day in ("2018-01-01", "2018-02-01", "2018-03-01", "2018-04-01")
        ],
        2,
    ),
    "searches in Chinese": (
        [f'{{ archive {{ items(search: "{text}") {{ totalCount }} }} }}' for text in ("项目", "批复", "核准", "无")],
        2,
    ),
    "variables beside them": (
        [
            f"query($at: AsOf) {{ archive(asOf: $at) {{ items(first: {n}) {{ nodes {{ id }} }} }} }}"
            for n in (1, 2, 3, 4)
        ],
        2,
    ),
    "a fragment": (
        [
            f"{{ archive {{ ...P }} }} fragment P on Archive {{ items(first: {n}) {{ nodes {{ id }} }} }}"
            for n in (1, 2, 3, 4)
        ],
        2,
    ),
    # Here only the last of them is right.
    "days that do not exist": (
        [
            f'{{ archive {{ items(filter: {{publishedOn: {{from: "{day}"}}}}) {{ totalCount }} }} }}'
            for day in ("2018-01-01", "2018-01-02", "2018-02-30", "2018-01-03")
        ],
        1,
    ),
    "pages that are too large": (
        [f"{{ archive {{ items(first: {n}) {{ totalCount }} }} }}" for n in (1, 2, 101, 99999999999)],
        0,
    ),
    "positions ahead": ([f"{{ archive(asOf: {{position: {n}}}) {{ position }} }}" for n in (1, 2, 900, -1)], 0),
    # An operation may not have variables of another.
    "two operations": (
        [
            f'query A {{ archive {{ item(by: {{id: "{item_id(n)}"}}) {{ id }} }} }} query B {{ archive {{ position }} }}'
            for n in (1, 2, 3, 4)
        ],
        0,
    ),
    # Where a field stands twice, both must say the same.
    "fields that stand twice": (
        [
            f"{{ archive {{ items(first: {n}) {{ totalCount }} items(first: {m}) {{ nodes {{ id }} }} }} }}"
            for n, m in ((1, 1), (2, 2), (3, 3), (3, 4))
        ],
        0,
    ),
    "defaults": (
        [f"query($n: Int = {n}) {{ archive {{ items(first: $n) {{ totalCount }} }} }}" for n in (1, 2, 3, 4)],
        0,
    ),
    "comments": ([f"# {n}\n{{ archive {{ items(first: {n}) {{ totalCount }} }} }}" for n in (1, 2, 3, 4)], 0),
    "escapes": (
        [f'{{ archive {{ items(search: "\\u9879{n}") {{ totalCount }} }} }}' for n in (1, 2, 3, 4)],
        0,
    ),
    "block strings": ([f'{{ archive {{ items(search: """{n}""") {{ totalCount }} }} }}' for n in (1, 2, 3, 4)], 0),
    "halves of pairs": ([f'{{ archive {{ items(search: "\ud800{n}") {{ totalCount }} }} }}' for n in (1, 2, 3, 4)], 0),
    "control characters": ([f'{{ archive {{ items(search: "\x00{n}") {{ totalCount }} }} }}' for n in (1, 2, 3, 4)], 0),
}


@pytest.mark.parametrize("what", ASKED)
def test_a_shared_plan_answers_as_if_the_document_were_read(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    documents, shared = ASKED[what]
    used = 0
    answer = plans.Plans.answer

    def counted(self_: plans.Plans, operation: object, variables: dict[str, object], *others: object) -> object:
        nonlocal used
        data = answer(self_, operation, variables, *others)  # type: ignore[arg-type] # handed on
        used += any(name.startswith("_literal") for name in variables)
        return data

    monkeypatch.setattr(plans.Plans, "answer", counted)
    for number, document in enumerate(documents):
        # `World.answer` compares it with graphql-core's, places of errors in the text included.
        world.answer(
            document,
            {"at": {"position": 20 + number}} if "$at" in document else {},
            operation="A" if "query A" in document else None,
        )
    assert used == shared


PARTS = st.lists(
    st.one_of(
        st.integers(-(10**17), 10**17).map(str),
        st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False)),
        st.sampled_from(
            ["1.5", "1e5", "01", "-0", "$a1", "x2", '"', '""', '"""', "#", "\\", "-", "3a", ".5", "null", "{a: 1}"]
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(PARTS, PARTS)
def test_texts_of_one_shape_are_graphql_both_or_neither(some: list[str], others: list[str]) -> None:
    """Goal: no shape makes nonsense of another's sense. Method: a document with these parts as arguments, read by graphql-core."""

    def text_of(parts: list[str]) -> str:
        return "{ f(" + ", ".join(f"a{number}: {part}" for number, part in enumerate(parts)) + ") }"

    def is_graphql(text: str) -> bool:
        try:
            parse(text)
        except Exception:  # noqa: BLE001 - whatever the parser says of it
            return False
        return True

    one, other = text_of(some), text_of(others)
    first, second = shape_of(one), shape_of(other)
    if first is not None and second is not None and first.text == second.text:
        assert is_graphql(one) == is_graphql(other)
    if first is not None and is_graphql(one):
        written = [part for part in some if part in first.literals]
        assert list(first.literals) == written
        assert [str(value) for value in variables_of(first).values()] == [part.strip('"') for part in written]


def test_the_shared_document_is_the_one_that_was_read() -> None:
    text = 'query Q($n: Int) { archive { items(first: $n, search: "a b", filter: {sections: ["x"], late: true}) { totalCount } } }'
    shape = shape_of(text)
    assert shape is not None
    tree = shared_tree(Documents(SCHEMA).get(text).tree, SCHEMA, shape)
    assert tree is not None
    assert print_ast(tree) == print_ast(
        parse(
            "query Q($n: Int, $_literal_0: String!, $_literal_1: String!) { archive { items(first: $n, search: $_literal_0, "
            "filter: {sections: [$_literal_1], late: true}) { totalCount } } }"
        )
    )
    assert variables_of(shape) == {"_literal_0": "a b", "_literal_1": "x"}
