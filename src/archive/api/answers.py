"""From a request to its answer: find the document, choose the operation, run it in one reading."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import execute_sync

from archive.api.documents import OPEN, Documents, Invalid
from archive.api.errors import BAD_INPUT, MAX_ERRORS, Json, bug, shown, shown_all
from archive.api.plans import Uncovered
from archive.api.schema import SCHEMA
from archive.api.trusted import TrustedDocuments
from archive.domain.errors import ArchiveError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import ExecutionResult, GraphQLError

    from archive.api.documents import Bounds, Document
    from archive.api.reads import Reads, Sources
    from archive.api.touched import Parts
    from archive.domain.errors import Language


_JSON_NAMES = {"roots": "rootFields"}


class Question(NamedTuple):
    """One GraphQL request: a document, or the id of one that is registered (see trusted), with `query` empty."""

    query: str
    variables: Mapping[str, Any] | None = None  # Any: JSON as it came in
    operation_name: str | None = None
    document_id: str | None = None


class Outcome(Enum):
    """How far a request came."""

    RUN = "run"
    REFUSED = "refused"
    NOT_A_QUERY = "not a query"
    NOT_REGISTERED = "not registered"
    UNAVAILABLE = "unavailable"


_OUTCOMES: Final = {"API-013": Outcome.NOT_A_QUERY, "API-027": Outcome.NOT_REGISTERED}


class Answer(NamedTuple):
    """The body of an answer, how far the request came, and the position it was read at: the head where there are several.

    `awaited`: a position that it asked for, and that is not reached yet. `is_pinned`: all that is in it was read at
    positions given by number, so that it stays as it is but for what is erased or hidden later. `cost`: what it was
    estimated to cost before it was run (see cost). `parts`: what it was read from; None: everything.
    """

    body: Json
    outcome: Outcome
    position: int | None = None
    bugs: tuple[BaseException, ...] = ()
    awaited: int | None = None
    is_pinned: bool = False
    cost: int | None = None
    parts: Parts | None = None


class Answers:
    """The answers of one archive. Unless they are `planned`, graphql-core alone makes them: the same answers, later."""

    def __init__(
        self,
        sources: Sources,
        *,
        planned: bool = True,
        bounds: Bounds = OPEN,
        trusted: TrustedDocuments | None = None,
    ) -> None:
        self._sources = sources
        self._documents = Documents(SCHEMA, bounds)
        self._trusted = trusted or TrustedDocuments({})
        self._planned = planned

    def answer(self, question: Question, *, language: Language, request_id: str) -> Answer:
        """What a question gets: always an answer; a bug is named in it by the request's id and handed back to the caller."""
        try:
            shared = self._by_shared_plan(question)
        except ArchiveError as error:
            return Answer({"errors": [shown(error, language)]}, Outcome.UNAVAILABLE, bugs=(error,))
        return shared or self._as_written(question, language=language, request_id=request_id)

    def _as_written(self, question: Question, *, language: Language, request_id: str) -> Answer:
        try:
            document = self._document(question)
            name = document.operation_name(question.operation_name)
            cost = document.cost(name, question.variables or {})
        except Invalid as invalid:
            return _refused(shown_all(invalid.errors, language, code=invalid.code))
        except Refused as error:
            return _refused([shown(error, language)], _OUTCOMES.get(error.code, Outcome.REFUSED))
        try:
            planned = self._by_plan(document, name, question.variables or {}, cost) if self._planned else None
            if planned is not None:
                return planned
            with self._sources.reading(max_objects=document.bounds.objects) as reads:
                result = execute_sync(
                    SCHEMA,
                    document.tree,
                    context_value=reads,
                    variable_values=dict(question.variables or {}),
                    operation_name=question.operation_name or None,
                    max_coercion_errors=MAX_ERRORS,
                    hide_suggestions=True,
                )
                if result.errors:
                    # Whichever field was being read when the time was over: it is no fault of that field.
                    reads.limit.check()
                position, is_pinned, parts = _position(reads), _is_pinned(reads), reads.parts
        except ArchiveError as error:
            return Answer({"errors": [shown(error, language)]}, Outcome.UNAVAILABLE, bugs=(error,))
        return _answer(result, position, language=language, request_id=request_id)._replace(
            is_pinned=is_pinned, cost=cost, parts=parts
        )

    def explain(self, question: Question, *, language: Language) -> Answer:
        """What answering would cost, and how it would be answered, without doing it."""
        try:
            document = self._document(question)
            name = document.operation_name(question.operation_name)
        except Invalid as invalid:
            return _refused(shown_all(invalid.errors, language, code=invalid.code))
        except Refused as error:
            return _refused([shown(error, language)], _OUTCOMES.get(error.code, Outcome.REFUSED))
        variables = question.variables or {}
        body: Json = {
            "operation": name or None,
            "cost": document.costs[name].of(variables),
            "limit": document.bounds.cost,
            **{_JSON_NAMES.get(key, key): value for key, value in document.size._asdict().items()},
            "answeredBy": "plan" if self._planned and document.plans.are_covering else "graphql-core",
            "lists": [part._asdict() for part in document.costs[name].parts(variables)],
        }
        return Answer(body, Outcome.RUN)

    def _document(self, question: Question) -> Document:
        if question.document_id is not None:
            return self._trusted.get(question.document_id)
        return self._documents.get(question.query)

    def _by_shared_plan(self, question: Question) -> Answer | None:
        """The answer by the plan of a document that differs in its literals alone; None where there is none without errors."""
        is_open = question.document_id is None
        like = self._documents.like(question.query) if self._planned and is_open else None
        if like is None:
            return None
        document, literals = like
        variables = {**(question.variables or {}), **literals}
        try:
            name = document.operation_name(question.operation_name)
            cost = document.cost(name, variables)
        except Refused:
            return None
        return self._by_plan(document, name, variables, cost)

    def _by_plan(self, document: Document, name: str, variables: Mapping[str, object], cost: int) -> Answer | None:
        with self._sources.reading(max_objects=document.bounds.objects) as reads:
            try:
                data = document.plans.answer(document.operations[name], variables, reads)
            except Uncovered:
                # What took too long would take as long again.
                reads.limit.check()
                return None
            return Answer(
                {"data": data}, Outcome.RUN, _position(reads), is_pinned=_is_pinned(reads), cost=cost, parts=reads.parts
            )


def _position(reads: Reads) -> int:
    return next(iter(reads.positions)) if len(reads.positions) == 1 else reads.head


def _is_pinned(reads: Reads) -> bool:
    return reads.is_pinned and bool(reads.positions)


def _answer(result: ExecutionResult, position: int, *, language: Language, request_id: str) -> Answer:
    body: Json = {}
    errors = result.errors or []
    # An error of a field has its path; one without came before any field was run, and there is no data then.
    has_run = result.data is not None or any(error.path is not None for error in errors)
    bugs = tuple(cause for error in errors if (cause := bug(error)) is not None)
    if errors:
        body["errors"] = shown_all(errors, language, code=BAD_INPUT, request_id=request_id)
    if has_run:
        body["data"] = result.data
    return Answer(body, Outcome.RUN if has_run else Outcome.REFUSED, position, bugs, _awaited(errors))


def _awaited(errors: Iterable[GraphQLError]) -> int | None:
    causes = (error.original_error for error in errors)
    return max(
        (int(str(one.facts["position"])) for one in causes if isinstance(one, Refused) and one.code == "API-022"),
        default=None,
    )


def _refused(errors: list[Json], outcome: Outcome = Outcome.REFUSED) -> Answer:
    return Answer({"errors": errors}, outcome)
