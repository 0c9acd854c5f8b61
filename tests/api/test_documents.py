import pytest

from api.world import World
from archive.api.documents import KEPT_TEXT, OPEN, Documents, Invalid
from archive.api.schema import SCHEMA
from archive.domain.errors import Refused

FIELD = "archive { position }"


def aliases(count: int) -> str:
    return " ".join(f"a{number}: {FIELD}" for number in range(count))


def nested(depth: int) -> str:
    """A query whose deepest field is at this depth."""
    return '{ __type(name: "Item") ' + "{ ofType " * (depth - 2) + "{ name }" + " }" * (depth - 1)


def doubling(levels: int) -> str:
    """Fragments of which each spreads the next twice: 2 to the power of `levels` fields once they are put in."""
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "\n".join([*fragments, f"fragment F{levels} on Query {{ a: {FIELD} }}", "{ ...F0 }"])


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as error:
        Documents(SCHEMA).get(text)
    return error.value


def test_a_document_is_parsed_once() -> None:
    documents = Documents(SCHEMA)
    assert documents.get(f"{{ {FIELD} }}") is documents.get(f"{{ {FIELD} }}")


def test_what_is_kept_is_bounded() -> None:
    documents = Documents(SCHEMA)
    first = documents.get(f"{{ {FIELD} }}")
    filler = "#" + "x" * 15_000
    for number in range(KEPT_TEXT // 15_000 + 1):
        documents.get(f"{{ {FIELD} }} {filler}{number}")
    assert documents.get(f"{{ {FIELD} }}") is not first


def test_a_large_document_is_not_kept() -> None:
    documents = Documents(SCHEMA)
    large = f"{{ {FIELD} }} #" + "x" * 20_000
    assert documents.get(large) is not documents.get(large)


def test_as_many_aliases_as_the_limit_are_taken() -> None:
    within = " ".join(f"a{number}: position" for number in range(OPEN.aliases))
    Documents(SCHEMA).get(f"{{ archive {{ {within} }} }}")
    assert refused(f"{{ {aliases(OPEN.aliases + 1)} }}").facts == {"value": OPEN.aliases + 1, "limit": OPEN.aliases}


def test_as_deep_as_the_limit_is_taken() -> None:
    with pytest.raises(Invalid):
        # Deep enough to be looked at, and then found to have no such field.
        Documents(SCHEMA).get(nested(OPEN.depth).replace("name }", "none }"))
    assert refused(nested(OPEN.depth + 1)).code == "API-011"


@pytest.mark.parametrize(
    "text, code",
    [
        ("{" + " a" * (OPEN.tokens + 1) + " }", "API-010"),
        ("#\n" * (OPEN.comments + 1) + "{ a }", "API-010"),
        ("{ a" * 1_500 + " }" * 1_500, "API-011"),
        ("{ a(x: " + "[" * 3_000, "API-011"),
        (f"{{ {aliases(200)} }}", "API-012"),
        ("{" + f" {FIELD}" * 251 + " }", "API-016"),
        (doubling(40), "API-012"),
        ("mutation { publish }", "API-013"),
        ("subscription { entries }", "API-013"),
        (f"query A {{ {FIELD} }} mutation B {{ publish }}", "API-013"),
    ],
)
def test_a_document_beyond_a_limit_is_refused_before_it_is_validated(text: str, code: str) -> None:
    assert refused(text).code == code


def test_depth_goes_through_fragments() -> None:
    half = "{ fields { type { ofType { ofType { ofType { ofType { ofType "
    text = (
        '{ __type(name: "Item") ' + half + "{ ...Rest }" + " }" * 8 + " "
        "fragment Rest on __Type " + half + "{ name }" + " }" * 7
    )
    assert refused(text).code == "API-011"


def test_each_fragment_is_measured_once() -> None:
    """Goal: a document of n tokens costs n, whatever its fragments. Method: doubling that would take 2^45 steps."""
    assert refused(doubling(45)).code == "API-012"


@pytest.mark.parametrize(
    "text",
    [
        "fragment A on Query { ...A } { ...A }",
        "fragment A on Query { ...B } fragment B on Query { ...A } { ...A }",
        "{ ...Missing }",
        "{ archive { none } }",
        "{ archive { a: position a: recordedAt } }",
        "query($x: Nothing) { archive { position } }",
        '{ archive { items(first: "1") { totalCount } } }',
    ],
)
def test_an_invalid_document_is_refused_with_its_errors(text: str) -> None:
    with pytest.raises(Invalid) as invalid:
        Documents(SCHEMA).get(text)
    assert invalid.value.code == "GRAPHQL_VALIDATION_FAILED"
    assert 1 <= len(invalid.value.errors) <= 21


def test_a_chain_of_fragments_is_no_longer_than_there_may_be_fragments() -> None:
    def chain(length: int) -> str:
        fragments = [f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(length - 1)]
        return "\n".join([*fragments, f"fragment F{length - 1} on Query {{ {FIELD} }}", "{ ...F0 }"])

    Documents(SCHEMA).get(chain(OPEN.fragments))
    assert refused(chain(OPEN.fragments + 1)).code == "API-024"


def test_no_more_than_twenty_errors_are_shown(empty: World) -> None:
    answer = empty.answer("{ archive { " + " ".join(f"none{number}" for number in range(200)) + " } }")
    assert len(answer.body["errors"]) == 20
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


def test_a_sentence_repeats_no_megabyte(empty: World) -> None:
    error = empty.refusal(
        "query($years: [Int!]!) { archive { counts(years: $years) { value } } }", years=["x" * 10_000]
    )
    assert len(error["message"]) < 600
