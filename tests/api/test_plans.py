"""Plans give the answers of graphql-core; every query of the other tests is compared by `World.answer`."""

import pytest
from graphql import get_introspection_query

from api.world import World
from archive.api import plans
from archive.api.answers import Question
from archive.api.reads import Reads
from archive.api.schema import SCHEMA, WAY
from stories import AGENCY, item_id

ITEM = """id title abstract documentNumber keywords section issuer disclosureMode status validity madeOn publishedOn
  effectiveOn contentSha256 agency { id name } categories { code name } indexNumbers { value }
  publications { url publishedOn position channel { key name } }"""
# What is asked, with its variables; each at several positions.
QUERIES: dict[str, tuple[str, dict[str, object]]] = {
    "one item": (
        f"query($by: ItemBy!, $at: Position!) {{ archive(asOf: {{position: $at}}) {{ item(by: $by) {{ {ITEM} }} }} }}",
        {"by": {"id": item_id(1)}},
    ),
    "no item": (
        f"query($by: ItemBy!, $at: Position!) {{ archive(asOf: {{position: $at}}) {{ item(by: $by) {{ {ITEM} }} }} }}",
        {"by": {"id": item_id(99)}},
    ),
    "a page with its total": (
        f"""query($filter: ItemFilter, $first: Int, $at: Position!) {{ archive(asOf: {{position: $at}}) {{
          items(filter: $filter, first: $first) {{ totalCount edges {{ cursor node {{ {ITEM} }} }} pageInfo {{ hasNextPage endCursor }} }} }} }}""",
        {"filter": {"agencies": [AGENCY], "statuses": ["PUBLISHED"]}, "first": 2},
    ),
    "counts": (
        """query($years: [Int!]!, $at: Position!) { archive(asOf: {position: $at}) {
          counts(years: $years, measures: ["proactive.items_total"], by: [CATEGORY]) {
            year measure label unit value dimensions { dimension code label } } } }""",
        {"years": [2017, 2018, 2019]},
    ),
    "aliases, fragments and names of types": (
        """query($at: Position!) { __typename then: archive(asOf: {position: $at}) { ...A ... on Archive { agencies { nodes { id } } } ...A } now: archive { position } }
        fragment A on Archive { __typename a: items(first: 1) { nodes { t: title t2: title ...I } } items(first: 1) { nodes { id } } }
        fragment I on Item { __typename id links { kind item { id title } } }""",
        {},
    ),
    "a node": (
        "query($id: ID!) { node(id: $id) { __typename id ... on Item { title } ... on Agency { name } } }",
        {"id": item_id(1)},
    ),
    "another node": (
        "query($id: ID!) { node(id: $id) { __typename id ... on Item { title } ... on Agency { name } } }",
        {"id": AGENCY},
    ),
    "no node": ('{ node(id: "none") { id } }', {}),
    "the log": (
        "query($at: Position!) { archive(asOf: {position: $at}) { recordedAt entries(first: 100) { nodes { id position type recordedAt seals { state } } } } }",
        {},
    ),
}


class Spy:
    """How often plans answered, and how often they left it to graphql-core."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planned = self.left = 0
        answer = plans.Plans.answer

        def counted(self_: plans.Plans, *asked: object) -> object:
            try:
                data = answer(self_, *asked)  # type: ignore[arg-type] # handed on
            except plans.Uncovered:
                self.left += 1
                raise
            self.planned += 1
            return data

        monkeypatch.setattr(plans.Plans, "answer", counted)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    return Spy(monkeypatch)


@pytest.mark.parametrize("query", QUERIES)
def test_a_plan_answers_as_graphql_core_does_at_every_position(world: World, spy: Spy, query: str) -> None:
    text, variables = QUERIES[query]
    # The agency and its schemes stand from the ninth entry on.
    positions = range(14, 50, 7) if "$at" in text else [0]
    for position in positions:
        # `World.answer` compares the two.
        assert "errors" not in world.answer(text, {**variables, "at": position} if "$at" in text else variables).body
    assert (spy.planned, spy.left) == (len(positions), 0)


@pytest.mark.parametrize("query", QUERIES)
def test_a_plan_runs_the_statements_that_graphql_core_runs(world: World, query: str) -> None:
    text, variables = QUERIES[query]
    question = Question(text, {**variables, "at": 49} if "$at" in text else variables)
    seen = []
    for answers in (world.answers, world.unplanned):
        # What is kept from one request to the next is read before.
        answers.answer(question, language="zh", request_id="r1")
        with world.statements() as statements:
            answers.answer(question, language="zh", request_id="r1")
        seen.append(statements)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("include", [True, False])
def test_conditions_choose_what_is_answered(world: World, spy: Spy, *, skip: bool, include: bool) -> None:
    query = """query($s: Boolean!, $i: Boolean = true) { archive { position @skip(if: $s) head @include(if: $i) @skip(if: $s)
      ... @include(if: $i) { items(first: 1) { nodes { id } } } ...F @skip(if: $s) agencies @include(if: false) { nodes { id } } } }
      fragment F on Archive { recordedAt }"""
    answer = world.answer(query, {"s": skip, "i": include})
    asked = set()
    if not skip:
        asked |= {"position", "recordedAt"} | ({"head"} if include else set())
    if include:
        asked.add("items")
    assert set(answer.body["data"]["archive"]) == asked
    assert spy.planned == 1


@pytest.mark.parametrize(
    "query, variables",
    [
        (get_introspection_query(), {}),
        ('{ __type(name: "Item") { name } }', {}),
        ("{ archive { items(first: 0) { totalCount } position } }", {}),
        ("query($n: Int) { archive { items(first: $n) { totalCount } position } }", {"n": -1}),
        ("query($n: Int!) { archive { items(first: $n) { totalCount } } }", {}),
        ("query($n: Int!) { archive { items(first: $n) { totalCount } } }", {"n": "many"}),
        ("query($n: Int!) { archive { items(first: $n) { totalCount } } }", {"n": 2**40}),
        (
            "query($n: Int) { archive { entries(first: 1) { nodes { id } } items(first: $n) { totalCount } } }",
            {"n": None},
        ),
        ("query($by: ItemBy!) { archive { item(by: $by) { id } } }", {"by": {"id": "x", "sourceId": "y"}}),
        ("query($by: ItemBy!) { archive { item(by: $by) { id } } }", {"by": {}}),
        ("query($at: AsOf) { archive(asOf: $at) { position } }", {"at": {"position": 1000}}),
        ("query($at: AsOf) { archive(asOf: $at) { position } }", {"at": {"position": -1}}),
        ("query($a: ID!) { archive { counts(years: [2018], agency: $a) { value } position } }", {"a": "agency-none"}),
        ("query($a: String) { archive { items(after: $a) { totalCount } } }", {"a": "\ud800"}),
    ],
)
def test_what_a_plan_does_not_answer_graphql_core_does(world: World, query: str, variables: dict[str, object]) -> None:
    world.answer(query, variables)
    world.answer(query, variables)


def test_a_document_of_many_variants_is_left_to_graphql_core(world: World, spy: Spy) -> None:
    names = "abcde"
    fields = " ".join(f"{name}: position @include(if: ${name})" for name in names)
    query = f"query({' '.join(f'${name}: Boolean!' for name in names)}) {{ archive {{ head {fields} }} }}"
    for number in range(2 ** len(names)):
        world.ask(query, **{name: bool(number >> place & 1) for place, name in enumerate(names)})
    assert spy.planned == plans.MAX_VARIANTS


def test_selections_are_worked_out_when_there_is_something_to_answer(
    world: World, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two ways down at each level: thousands of fields if all were worked out. No item has a link, so that none is.
    monkeypatch.setattr(plans, "MAX_FIELDS", 20)
    levels = 4
    fragments = [
        f"fragment F{level} on Item {{ links {{ item {{ ...F{level + 1} }} }} publications {{ channel {{ key }} }} }}"
        for level in range(levels)
    ]
    query = f'{{ archive {{ item(by: {{id: "none"}}) {{ ...F0 }} }} }} {" ".join(fragments)} fragment F{levels} on Item {{ id }}'
    assert world.ask(query) == {"archive": {"item": None}}
    assert spy.planned == 1


def test_the_fields_of_a_document_are_bounded(world: World, spy: Spy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_FIELDS", 3)
    for _ in range(2):
        assert world.archive("position head") == {"position": 49, "head": 49}
        assert world.archive("position head recordedAt")["head"] == 49
    # The second document has one field too many.
    assert (spy.planned, spy.left) == (2, 2)


def test_a_resolver_that_fails_is_told_by_graphql_core(world: World, spy: Spy, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Reads, __: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(Reads, "spend", fail)
    answer = world.answer("{ archive { position items(first: 1) { nodes { id } } } }")
    assert [error["extensions"]["code"] for error in answer.body["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert spy.left == 1


def test_every_field_of_the_schema_has_a_way() -> None:
    missing = [
        f"{name}.{field}"
        for name, described in SCHEMA.type_map.items()
        if not name.startswith("__")
        for field, one in getattr(described, "fields", {}).items()
        if type(described).__name__ == "GraphQLObjectType" and WAY not in one.extensions
    ]
    assert missing == []
