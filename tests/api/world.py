"""A small archive, followed by its projections, and a way to ask it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.api.answers import Answer, Answers, Question
from archive.api.reads import Sources
from archive.checkpoints.store import Checkpoints
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import AnyCommand
from archive.domain.errors import Language
from archive.log.log import Log
from archive.projections.runner import Projections
from archive.web.replies import encode_json
from stories import Home

Json = Any  # Any: an answer as a client sees it


@dataclass
class World:
    """An archive that is asked as a stranger would."""

    sources: Sources
    projections: Projections
    answers: Answers
    unplanned: Answers
    _is_counted: bool = False

    def follow(self) -> int:
        return self.projections.follow()

    def answer(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        *,
        language: Language = "zh",
        operation: str | None = None,
    ) -> Answer:
        """The answer; wherever nobody counts statements it is made without a plan too, and must be the same."""
        question = Question(query, variables, operation)
        answer = self.answers.answer(question, language=language, request_id="r1")
        if not self._is_counted:
            unplanned = self.unplanned.answer(question, language=language, request_id="r1")
            assert encode_json(answer.body) == encode_json(unplanned.body)
            assert answer[1:3] == unplanned[1:3]
            assert answer.awaited == unplanned.awaited
        return answer

    def ask(self, query: str, **variables: object) -> Json:
        """The data of an answer that has no errors."""
        answer = self.answer(query, variables)
        assert "errors" not in answer.body, answer.body["errors"]
        return answer.body["data"]

    def archive(self, fields: str, *, at: int | None = None) -> Json:
        """What is under `archive`, now or as of a position."""
        as_of = "" if at is None else f"(asOf: {{position: {at}}})"
        return self.ask(f"{{ archive{as_of} {{ {fields} }} }}")["archive"]

    def refusal(self, query: str, **variables: object) -> Json:
        """The one error of an answer."""
        (error,) = self.answer(query, variables).body["errors"]
        return error

    def reason(self, query: str, **variables: object) -> tuple[str, str | None]:
        """Code and reason of the one error of an answer."""
        extensions = self.refusal(query, **variables)["extensions"]
        return extensions["code"], extensions.get("reason")

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements on the projections while the block runs, without the brackets of their transaction."""
        with self.sources.reading() as reads:
            db = reads.db
        seen: list[str] = []
        db.set_trace_callback(seen.append)
        self._is_counted = True
        try:
            yield seen
        finally:
            self._is_counted = False
            db.set_trace_callback(None)
            seen[:] = [one for one in seen if one not in {"BEGIN", "ROLLBACK", "COMMIT"}]


def tell_at_once(writer: Writer, story: Iterable[AnyCommand]) -> None:
    """Send the commands in one commit, which ends with the entry of their batch."""
    batch = writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "0" * 64)
    assert not batch.problems


def world_of(home: Home, log: Log, disclosures: Disclosures, checkpoints: Checkpoints | None = None) -> World:
    """The archive in a home, folded up to its head; with checkpoints, what is not published is not there."""
    folder = Path(home.folder) / "projections"
    projections = Projections(folder, log, disclosures)
    projections.follow()
    sources = Sources(log=log, disclosures=disclosures, projections=folder, checkpoints=checkpoints)
    return World(sources, projections, Answers(sources), Answers(sources, planned=False))
