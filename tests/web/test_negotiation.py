import pytest

from archive.web.negotiation import GRAPHQL_JSON, JSON, is_json, language, matches, response_type


@pytest.mark.parametrize(
    "accept, given",
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("application/graphql-response+json", GRAPHQL_JSON),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_JSON),
        ("application/json, application/graphql-response+json", GRAPHQL_JSON),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/graphql-response+json;q=0, application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json;q=0", None),
        ("text/html", None),
        ("application/json;q=high", None),
        (",,;,", None),
    ],
)
def test_the_newer_type_is_given_to_those_who_name_it(accept: str | None, given: str | None) -> None:
    assert response_type(accept) == given


@pytest.mark.parametrize(
    "accepted, spoken",
    [
        (None, "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en,zh", "zh"),
        ("en,zh;q=0.9", "en"),
        ("fr,en;q=0.3", "en"),
        ("fr, *;q=0.5, en;q=0.4", "zh"),
    ],
)
def test_chinese_unless_english_is_wanted_more(accepted: str | None, spoken: str) -> None:
    assert language(accepted) == spoken


@pytest.mark.parametrize(
    "content_type, taken",
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ('application/json; charset="utf-8"', True),
        ("application/json; charset=gbk", False),
        ("text/plain", False),
        ("application/graphql", False),
        ("", False),
        (None, False),
    ],
)
def test_a_body_is_json_in_utf_8(content_type: str | None, taken: bool) -> None:  # noqa: FBT001 - the second column of the table
    assert is_json(content_type) is taken


@pytest.mark.parametrize(
    "if_none_match, has_it",
    [(None, False), ("*", True), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False), ("a", False)],
)
def test_an_etag_is_compared_weakly(if_none_match: str | None, has_it: bool) -> None:  # noqa: FBT001 - the second column of the table
    assert matches(if_none_match, '"a"') is has_it
