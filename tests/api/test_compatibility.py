"""What may change in the schema, and how long what is to go stays."""

import re
from datetime import date
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from archive.api.compatibility import compare
from archive.api.schema import print_sdl
from archive.domain.errors import Refused

MANUAL = (Path(__file__).parents[2] / "docs" / "portal.md").read_text(encoding="utf-8")
OLD = "type Query { a(x: Int = 1): Int  b: Int  e: E }  enum E { ONE TWO }  input I { x: Int }"


@pytest.mark.parametrize(
    "new, breaking, dangerous",
    [
        (OLD, [], []),
        (OLD.replace("b: Int", "b: Int!  c: Int"), [], []),
        (OLD.replace("b: Int", ""), ["FIELD_REMOVED"], []),
        (OLD.replace("b: Int", "b: String"), ["FIELD_CHANGED_KIND"], []),
        (OLD.replace("x: Int = 1", "x: Int = 1, y: Int!"), ["REQUIRED_ARG_ADDED"], []),
        (OLD.replace("x: Int = 1", "x: Int = 2"), [], ["ARG_DEFAULT_VALUE_CHANGE"]),
        (OLD.replace("x: Int = 1", "x: Int = 1, y: Int"), [], ["OPTIONAL_ARG_ADDED"]),
        (OLD.replace("ONE TWO", "ONE TWO THREE"), [], ["VALUE_ADDED_TO_ENUM"]),
        (OLD.replace("ONE TWO", "ONE"), ["VALUE_REMOVED_FROM_ENUM"], []),
        (OLD.replace("{ x: Int }", "{ x: Int! }"), ["FIELD_CHANGED_KIND"], []),
        (OLD.replace("input I { x: Int }", ""), ["TYPE_REMOVED"], []),
    ],
)
def test_a_change_is_told_by_its_kind(new: str, breaking: list[str], dangerous: list[str]) -> None:
    found = compare(OLD, new=new)
    assert [change.kind for change in found.breaking] == breaking
    assert [change.kind for change in found.dangerous] == dangerous


def test_the_schema_does_not_differ_from_itself() -> None:
    assert compare(print_sdl()) == ([], [])


@pytest.mark.parametrize("nonsense", ["", "{ a }", "type Query { a: None }", "type " * 10_000, "\0", "[" * 10_000])
def test_what_is_no_schema_is_refused(nonsense: str) -> None:
    with pytest.raises(Refused) as refused:
        compare(nonsense)
    assert refused.value.code == "SDL-002"


# --- deprecation --------------------------------------------------------------------------------------------------------
# `@deprecated(reason: "用 …。Use `y`. Deprecated on 2027-01-01, removed not before 2028-01-01.")`
REASON = re.compile(r".*`(\w+(?:\.\w+)?)`.* Deprecated on (\S{10}), removed not before (\S{10})\.")


def deprecations(schema: GraphQLSchema) -> dict[str, str]:
    """Where something is deprecated (`Type.field`, `Type.field.argument`) -> why."""
    found: dict[str, str | None] = {}
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLEnumType):
            found |= {f"{name}.{key}": value.deprecation_reason for key, value in type_.values.items()}
        elif isinstance(type_, GraphQLInputObjectType):
            found |= {f"{name}.{key}": field.deprecation_reason for key, field in type_.fields.items()}
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in type_.fields.items():
                found[f"{name}.{key}"] = field.deprecation_reason
                found |= {f"{name}.{key}.{arg}": one.deprecation_reason for arg, one in field.args.items()}
    return {place: reason for place, reason in found.items() if reason is not None}


def breaches(sdl: str, manual: str) -> dict[str, str]:
    """What is deprecated against the policy of docs/portal.md, and how."""
    found: dict[str, str] = {}
    for place, reason in deprecations(build_schema(sdl)).items():
        said = REASON.fullmatch(reason)
        if said is None:
            found[place] = "does not say what to use, since when, and how long it stays"
            continue
        use, since, until = said[1], date.fromisoformat(said[2]), date.fromisoformat(said[3])
        if until < date(since.year + 1, since.month, min(since.day, 28)):
            found[place] = "stays for less than twelve months"
        elif not re.search(rf"\b{use.rpartition('.')[2]}\b", sdl.replace(reason, "")):
            found[place] = f"{use} is not in the schema"
        elif f"`{place}`" not in manual:
            found[place] = "is not in the change log of docs/portal.md"
    return found


def test_what_is_deprecated_says_what_to_use_and_stays_for_twelve_months() -> None:
    assert breaches(print_sdl(), MANUAL) == {}


@pytest.mark.parametrize(
    "reason, manual, wrong",
    [
        ("用 b。Use `b`. Deprecated on 2027-01-01, removed not before 2028-01-01.", "`Query.a`", None),
        ("Use `b`. Deprecated on 2028-02-29, removed not before 2029-02-28.", "`Query.a`", None),
        ("No longer supported", "`Query.a`", "does not say"),
        ("Use `b`. Deprecated on 2027-01-01, removed not before 2027-12-31.", "`Query.a`", "twelve months"),
        ("Use `c`. Deprecated on 2027-01-01, removed not before 2028-01-01.", "`Query.a`", "c is not"),
        ("Use `b`. Deprecated on 2027-01-01, removed not before 2028-01-01.", "", "change log"),
    ],
)
def test_the_policy_notices_who_does_not_keep_it(reason: str, manual: str, wrong: str | None) -> None:
    found = breaches(f'type Query {{ a: Int @deprecated(reason: "{reason}")  b: Int }}', manual)
    assert list(found) == ([] if wrong is None else ["Query.a"])
    assert wrong is None or wrong in found["Query.a"]
