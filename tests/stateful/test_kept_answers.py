"""Answers that are kept beside answers that are made anew, whatever happens between two questions."""

from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from starlette.testclient import TestClient
from typing_extensions import override

from api.world import world_of
from archive import erasure
from archive.domain.erasures import Erase
from archive.domain.errors import Refused
from archive.notary.publish import publish
from archive.notary.signer import Signer
from archive.projections.runner import Reader
from archive.web.app import create_app
from archive.web.operation import Limits
from stateful.lives import AGENCIES, ITEMS, REQUESTS, Lives
from stories import NOON, ORIGIN, Clerk, Clock, Home, Noise, a_bureau, tell

Json = Any  # Any: JSON as a client sends it
STEPS: Final[Counter[str]] = Counter()
HAPPENINGS: Final = st.lists(
    st.tuples(st.integers(0, Lives.STREAMS - 1), st.integers(0, Lives.CHOICES - 1)), min_size=1, max_size=6
)
FIELDS: Final = (
    "id title status validity publishedOn agency { name } categories { scheme code name } publications { url channel { name } } "
    "due { dueOn lateBy }"
)
LISTED: Final = (
    f"totalCount nodes {{ {FIELDS} }} facets(by: [YEAR, STATUS, AGENCY, CATEGORY]) {{ by code label count }}"
)


def _questions() -> list[dict[str, Json]]:
    archives = [
        *(f'item(by: {{id: "{item}"}}) {{ {FIELDS} }}' for item in ITEMS),
        *(f'item(by: {{id: "{item}"}}) {{ indexNumbers {{ value }} revisions {{ changed }} }}' for item in ITEMS),
        f'item(by: {{id: "{ITEMS[0]}"}}) {{ links {{ kind item {{ title }} }} reviews {{ level }} }}',
        f'item(by: {{id: "{ITEMS[1]}"}}) {{ history(first: 50) {{ totalCount nodes {{ id type }} }} }}',
        'item(by: {indexNumber: "2018-1"}) { id title }',
        f"items(first: 20) {{ {LISTED} }}",
        f'items(first: 20, filter: {{agencies: ["{AGENCIES[0]}"]}}) {{ {LISTED} }}',
        f'items(first: 20, filter: {{agencies: ["{AGENCIES[1]}"], late: true}}) {{ {LISTED} }}',
        f'items(first: 20, search: "项目") {{ {LISTED} edges {{ snippet }} }}',
        "items(first: 2) { totalCount pageInfo { endCursor } }",
        'items(first: 20, filter: {effectiveOn: "2018-07-01"}) { totalCount nodes { id } }',
        "counts(years: [2017]) { measure value }",
        'counts(years: [2018], by: [CATEGORY], scheme: "theme") { measure value dimensions { code } }',
        f'counts(years: [2018], agency: "{AGENCIES[0]}") {{ measure value }}',
        f'counts(years: [2018], agency: "{AGENCIES[1]}", by: [MONTH]) {{ measure value dimensions {{ code }} }}',
        "counts(years: [2018, 2019], by: [AGENCY]) { measure value dimensions { code label } }",
        "position",
        "agencies { nodes { id name sections { id name } } }",
        "requests(first: 20) { totalCount nodes { number state } }",
        "changes(since: {position: 10}) { totalCount }",
        "checkpoint { size }",
    ]
    whole = [
        *(f"{{ archive {{ {one} }} }}" for one in archives),
        *(f"{{ archive(asOf: {{position: 12}}) {{ {one} }} }}" for one in archives),
        f'{{ node(id: "{ITEMS[2]}") {{ id ... on Item {{ title }} }} }}',
        f'{{ node(id: "{REQUESTS[0]}") {{ id }} }}',
        '{ archive(asOf: {recordedAt: "2018-12-10T04:00:05Z"}) { items(first: 5) { totalCount } } }',
        (
            f'{{ a: archive(asOf: {{position: 12}}) {{ item(by: {{id: "{ITEMS[0]}"}}) {{ title }} }} '
            f'b: archive {{ item(by: {{id: "{ITEMS[0]}"}}) {{ title }} }} }}'
        ),
        "{ __typename }",
    ]
    return [{"query": one} for one in whole]


QUESTIONS: Final = _questions()


class KeptAnswersMachine(RuleBasedStateMachine):
    """One archive, a site that keeps what it answers, and one that never does."""

    def __init__(self, beginning: Home) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = Path(self.open.enter_context(TemporaryDirectory(dir=beginning.folder.parent)))
        self.home = Home.create(folder / "home", beginning.backend)
        self.lives = Lives()
        self.writer, self.log, self.disclosures = self.open.enter_context(
            self.home.opened(clock=Clock(), noise=Noise("kept"))
        )
        self.vault = self.open.enter_context(self.home.open_vault(noise=Noise("vault")))
        self.checkpoints = self.open.enter_context(self.home.open_checkpoints())
        self.signer = Signer(self.home.folder / "notary", origin=ORIGIN)
        for agency in AGENCIES:
            tell(self.writer, a_bureau(Clerk(int(agency[-1])), agency))
        self.erasures = 0
        worlds = [world_of(self.home, self.log, self.disclosures, self.checkpoints) for _ in range(2)]
        self.projections = worlds[0].projections
        self._publish()
        self.sites = [
            self.open.enter_context(TestClient(create_app(world.sources, origin=ORIGIN, limits=limits)))
            for world, limits in zip(worlds, (Limits(), Limits(kept_bytes=0)), strict=True)
        ]

    @override
    def teardown(self) -> None:
        """Let go of the files."""
        self._count()
        self.open.close()

    def _publish(self) -> None:
        with closing(Reader(self.projections.folder)) as reader:
            publish(self.log, reader, self.checkpoints, self.signer, now=lambda: NOON)

    @initialize(steps=HAPPENINGS)
    def begin(self, steps: list[tuple[int, int]]) -> None:
        """Something is there."""
        for _ in range(4):
            self._go_on(steps)
        self.projections.follow()
        self._publish()

    def _go_on(self, steps: list[tuple[int, int]]) -> None:
        for stream, choice in steps:
            self.lives.go_on(self.writer, stream, choice)

    @rule(steps=HAPPENINGS, follows=st.booleans(), publishes=st.booleans())
    def happen(self, steps: list[tuple[int, int]], *, follows: bool, publishes: bool) -> None:
        """Some streams go on; it is folded, or not yet, and signed, or not yet."""
        STEPS["happen"] += 1
        self._go_on(steps)
        if follows:
            self.projections.follow()
        if publishes:
            self._publish()

    @rule(what=st.sampled_from((*ITEMS, *AGENCIES)), follows=st.booleans(), finishes=st.booleans())
    def erase(self, what: str, *, follows: bool, finishes: bool) -> None:
        """A text is erased: folded or not, destroyed or not yet."""
        self.erasures += 1
        try:
            self.writer.handle(
                Erase(id=f"{self.erasures:032x}", by="role:administrator", stream=what, field="text", basis="pipl-47-3")
            )
        except Refused:
            return
        STEPS["erase"] += 1
        if follows:
            self.projections.follow()
        if finishes:
            erasure.finish(self.log, self.disclosures, self.vault, self.projections)

    @rule()
    def finish(self) -> None:
        """What was erased is destroyed."""
        STEPS["finish"] += 1
        erasure.finish(self.log, self.disclosures, self.vault, self.projections)

    @rule()
    def rebuild(self) -> None:
        """Another generation serves."""
        STEPS["rebuild"] += 1
        self.projections.rebuild()

    @rule(which=st.lists(st.integers(0, len(QUESTIONS) - 1), min_size=1, max_size=12, unique=True))
    def ask(self, which: list[int]) -> None:
        """Both sites say the same, with the same headers."""
        STEPS["ask"] += 1
        for one in which:
            self._ask(QUESTIONS[one])

    @rule()
    def ask_all(self) -> None:
        """The same of every question."""
        STEPS["ask all"] += 1
        for question in QUESTIONS:
            self._ask(question)

    def _ask(self, question: dict[str, Json]) -> None:
        kept, made = (
            (one.status_code, one.content, {name: text for name, text in one.headers.items() if name != "x-request-id"})
            for one in (site.get("/graphql", params=question) for site in self.sites)
        )
        assert kept == made, question

    def _count(self) -> None:
        lines = self.sites[0].get("/metrics").text.splitlines()
        STEPS["kept"] += sum(
            int(float(line.rsplit(" ", 1)[1]))
            for line in lines
            if line.startswith("archive_graphql_answers_total") and 'source="run"' not in line
        )


@pytest.mark.timeout(1_200)
def test_a_kept_answer_is_the_one_that_would_be_made_whatever_happened_since(home: Home) -> None:
    """Goal: nobody can tell that anything is kept. Method: entries, folds, checkpoints, erasures and rebuilds in any order."""
    STEPS.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call, unused-ignore] # hypothesis's
        lambda: KeptAnswersMachine(home),  # type: ignore[arg-type] # any factory of a machine will do
        settings=settings(max_examples=max(10, settings().max_examples // 4), stateful_step_count=20),
    )
    assert min(STEPS[one] for one in ("happen", "erase", "finish", "rebuild", "ask", "ask all", "kept")) >= 2, STEPS
