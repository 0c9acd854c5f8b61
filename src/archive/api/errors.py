"""How an error looks to a reader: one sentence in the reader's language, and `extensions.code` on every one of them.

Codes are those that GraphQL clients know. What is ours stands beside them: `reason` says which rule was broken,
`nextStep` what to do, and limits carry `limit`. An error of another room keeps its own code ("LOG-009"). A bug shows
nothing but the id under which the diagnostics have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import GraphQLError

from archive.domain.errors import ArchiveError, Refused
from archive.storage.addresses import Address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.domain.errors import Language

MAX_ERRORS: Final = 20
# graphql-core repeats names and values of the document in its sentences; a reader needs no megabyte of his own text.
MAX_SENTENCE: Final = 500

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_INPUT: Final = "BAD_USER_INPUT"
NO_OPERATION: Final = "OPERATION_RESOLUTION_FAILURE"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"


class Shown(NamedTuple):
    """What `extensions` say for a code of ours."""

    code: str
    reason: str | None = None


SHOWN: Final = {
    "API-001": Shown(BAD_INPUT, "BAD_CURSOR"),
    "API-002": Shown(BAD_INPUT, "POSITION_AHEAD"),
    "API-003": Shown(BAD_INPUT, "PAGE_SIZE"),
    "API-004": Shown(BAD_INPUT, "FIRST_AND_LAST"),
    "API-005": Shown(BAD_INPUT, "LIST_SIZE"),
    "API-006": Shown(BAD_INPUT, "UNKNOWN_CODE"),
    "API-007": Shown(BAD_INPUT, "NO_COMMON_SCHEME"),
    "API-008": Shown(BAD_INPUT, "NOT_FOUND"),
    "API-009": Shown("LIMIT_OBJECTS"),
    "API-010": Shown("LIMIT_TOKENS"),
    "API-011": Shown("LIMIT_DEPTH"),
    "API-012": Shown("LIMIT_ALIASES"),
    "API-016": Shown("LIMIT_FIELDS"),
    "API-017": Shown(BAD_INPUT, "SEARCH_SIZE"),
    "API-018": Shown(BAD_INPUT, "AMBIGUOUS"),
    "API-019": Shown(BAD_INPUT, "POSITION_AHEAD"),
    "API-020": Shown(BAD_INPUT, "VALUE_SIZE"),
    "API-021": Shown(BAD_INPUT, "POSITION_AHEAD"),
    "API-022": Shown("POSITION_AWAITED"),
    "API-023": Shown("LIMIT_ROOT_FIELDS"),
    "API-024": Shown("LIMIT_FRAGMENTS"),
    "API-025": Shown("LIMIT_DIRECTIVES"),
    "API-026": Shown("LIMIT_COST"),
    "API-029": Shown("LIMIT_REPEATS"),
    "API-027": Shown("PERSISTED_DOCUMENT_NOT_FOUND"),
    "API-013": Shown(NO_OPERATION, "READ_ONLY"),
    "API-014": Shown(NO_OPERATION),
    "API-015": Shown(INTERNAL),
    "PRJ-016": Shown("LIMIT_TIME"),
    "WEB-001": Shown(BAD_INPUT, "MALFORMED_JSON"),
    "WEB-002": Shown(BAD_INPUT, "MEMBER_TYPE"),
    "WEB-003": Shown(BAD_INPUT, "NO_QUERY"),
    "WEB-004": Shown(BAD_INPUT, "BATCH"),
    "WEB-005": Shown("LIMIT_BODY"),
    "WEB-006": Shown(BAD_INPUT, "METHOD"),
    "WEB-007": Shown(BAD_INPUT, "NOT_ACCEPTABLE"),
    "WEB-008": Shown(BAD_INPUT, "MEDIA_TYPE"),
    "WEB-011": Shown("LIMIT_RATE"),
    "WEB-012": Shown(BAD_INPUT, "QUERY_AND_ID"),
    "WEB-013": Shown("LIMIT_CONCURRENT"),
}
# Facts of an error that a program may want to read; the rest is in the sentence.
_NUMBERS: Final = ("limit", "value", "position", "head")

Json = dict[str, Any]  # Any: JSON to be written


def shown(error: ArchiveError, language: Language) -> Json:
    """An error of ours, as GraphQL writes errors. Where our files are is not for strangers: a path is shown by its name."""
    facts = {name: fact.name if isinstance(fact, (Path, Address)) else fact for name, fact in error.facts.items()}
    error = type(error)(error.code, **facts)
    code, reason = SHOWN.get(error.code, Shown(error.code))
    extensions: Json = {"code": code}
    if reason is not None:
        extensions["reason"] = reason
    extensions |= {name: error.facts[name] for name in _NUMBERS if isinstance(error.facts.get(name), int)}
    extensions["nextStep"] = error.next_step(language)
    return {"message": error.sentence(language), "extensions": extensions}


def shown_all(
    errors: Iterable[GraphQLError], language: Language, *, code: str = BAD_INPUT, request_id: str = ""
) -> list[Json]:
    """Errors of graphql-core. `code` is for those it found by itself; those that a resolver raised keep their own."""
    return [_shown(error, language, code=code, request_id=request_id) for error in errors][:MAX_ERRORS]


def bug(error: GraphQLError) -> BaseException | None:
    """What went wrong inside, when the error is not one that a reader can mend."""
    cause = error.original_error
    return None if cause is None or isinstance(cause, Refused | GraphQLError) else cause


def _shown(error: GraphQLError, language: Language, *, code: str, request_id: str) -> Json:
    cause = error.original_error
    if isinstance(cause, ArchiveError):
        answer = shown(cause, language)
    elif bug(error) is not None:
        answer = shown(Refused("API-015", request=request_id), language)
        answer["extensions"]["requestId"] = request_id
    else:
        sentence = error.message if len(error.message) <= MAX_SENTENCE else error.message[:MAX_SENTENCE] + "…"
        answer = {"message": sentence, "extensions": {"code": code}}
    if error.locations:
        answer["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        answer["path"] = error.path
    return answer
