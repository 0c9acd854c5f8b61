import pytest

from api.world import World
from archive.api.answers import Answers, Outcome, Question
from archive.api.errors import SHOWN, shown
from archive.api.reads import Sources
from archive.domain.errors import CODES, Corrupt, Refused
from archive.log.log import Log
from archive.storage.addresses import Address
from stories import Home


@pytest.mark.parametrize(
    "query, code, outcome",
    [
        ("{", "GRAPHQL_PARSE_FAILED", Outcome.REFUSED),
        ("{ none }", "GRAPHQL_VALIDATION_FAILED", Outcome.REFUSED),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE", Outcome.REFUSED),
        ("fragment A on Query { __typename }", "GRAPHQL_VALIDATION_FAILED", Outcome.REFUSED),
        ("mutation { publish }", "OPERATION_RESOLUTION_FAILURE", Outcome.NOT_A_QUERY),
        ("query($x: Int!) { archive { counts(years: [$x]) { value } } }", "BAD_USER_INPUT", Outcome.REFUSED),
        ("{ archive { items(first: 0) { totalCount } } }", "BAD_USER_INPUT", Outcome.RUN),
        ("{ " + "a " * 5_000 + "}", "LIMIT_TOKENS", Outcome.REFUSED),
    ],
)
def test_every_error_has_a_code(world: World, query: str, code: str, outcome: Outcome) -> None:
    answer = world.answer(query)
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {code}
    assert answer.outcome is outcome
    assert ("data" in answer.body) is (outcome is Outcome.RUN)


def test_an_operation_is_chosen_by_its_name(world: World) -> None:
    query = "query A { archive { position } } query B { archive { head } }"
    assert world.answer(query, operation="B").body == {"data": {"archive": {"head": 49}}}
    for wrong in ("C", "", None):
        (error,) = world.answer(query, operation=wrong).body["errors"]
        assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


def test_errors_speak_the_language_that_was_asked_for(world: World) -> None:
    query = "{ archive(asOf: {position: 99}) { position } }"
    assert world.answer(query, language="zh").body["errors"][0]["message"] == "位置 99 尚未到达,本节点目前到 49。"
    assert (
        world.answer(query, language="en").body["errors"][0]["message"].startswith("Position 99 has not been reached")
    )


def test_an_error_says_where_in_the_answer_and_in_the_document_it_is(world: World) -> None:
    (error,) = world.answer("{ archive {\n items(last: 0) { totalCount } } }").body["errors"]
    assert error["path"] == ["archive", "items"]
    assert error["locations"] == [{"line": 2, "column": 2}]


def test_an_error_of_another_room_keeps_its_code(world: World, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> str:
        raise Corrupt("LOG-007", position=49, reason="not the form of its type")

    monkeypatch.setattr(log, "moment_of", refuse)
    answer = world.answer("{ archive { position recordedAt } }")
    (error,) = answer.body["errors"]
    assert error["extensions"]["code"] == "LOG-007"
    assert error["extensions"]["position"] == 49
    assert answer.body["data"] == {"archive": {"position": 49, "recordedAt": None}}
    assert [type(bug) for bug in answer.bugs] == [Corrupt]


def test_a_bug_shows_nothing_but_the_id_of_the_request(world: World, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> str:
        message = "张三 asked for it"
        raise RuntimeError(message)

    monkeypatch.setattr(log, "moment_of", fail)
    answer = world.answer("{ archive { recordedAt } }", language="en")
    (error,) = answer.body["errors"]
    assert error["message"] == "The service failed; the request's id is r1."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] == "r1"
    assert "张三" not in str(answer.body)
    assert [type(bug) for bug in answer.bugs] == [RuntimeError]


def test_without_projections_there_is_an_answer(home: Home, world: World) -> None:
    sources = Sources(
        log=world.sources.log, disclosures=world.sources.disclosures, projections=home.folder / "elsewhere"
    )
    answer = Answers(sources).answer(Question("{ archive { position } }"), language="en", request_id="r1")
    (error,) = answer.body["errors"]
    assert answer.outcome is Outcome.UNAVAILABLE
    assert error["extensions"]["code"] == "PRJ-007"


def test_the_next_request_is_answered_after_one_that_failed(world: World) -> None:
    for query in ("{", "{ archive { items(first: 0) { totalCount } } }", "{ " + "a " * 5_000 + "}"):
        world.answer(query)
        assert world.archive("position") == {"position": 49}


def test_a_path_is_shown_by_its_name(home: Home) -> None:
    error = shown(Refused("LOG-006", path=home.folder / "log.sqlite"), "en")
    assert error["message"].startswith("log.sqlite ")
    assert str(home.folder) not in str(error)
    error = shown(Refused("LOG-014", path=Address("postgresql://clerk@inside.example/archive"), reason="x"), "en")
    assert "PostgreSQL" in error["message"]
    assert "inside" not in str(error)


@pytest.mark.parametrize("code", sorted(code for code in CODES if code.startswith(("API-", "WEB-"))))
def test_every_code_of_the_public_interface_has_its_extensions(code: str) -> None:
    # These are met by whoever starts the server, not by whoever asks it.
    assert code in SHOWN or code in {"API-028", "WEB-009", "WEB-010"}
