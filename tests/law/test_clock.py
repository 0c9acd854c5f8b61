"""The clock of a request: its steps, what it refuses, and what always holds."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archive.law.clock import ClockRefused, PauseKind, RequestClock
from law.notices import STATE_COUNCIL


def day(text: str) -> date:
    return date.fromisoformat(text)


def received(text: str = "2022-09-30") -> RequestClock:
    return RequestClock.received(day(text))


def due(clock: RequestClock) -> str:
    return clock.deadline(STATE_COUNCIL).due_on.isoformat()


STEPS: list[tuple[str, Callable[[], RequestClock], str]] = [
    ("confirmed by a court", received, "2022-11-02"),
    ("the last day of the Regulations of 2008", lambda: received("2019-05-14"), "2019-06-04"),
    ("the first day of those of 2019", lambda: received("2019-05-15"), "2019-06-13"),
    (
        "a correction begins it anew",
        lambda: received().correction_demanded(day("2022-10-14"), STATE_COUNCIL).corrected(day("2022-10-20")),
        "2022-11-17",
    ),
    (
        "a third party's answer gives the days back",
        lambda: received().paused("third-party", 1, day("2022-10-10")).answered("third-party", 1, day("2022-10-12")),
        "2022-11-04",
    ),
    (
        "two who are asked on the same days are one pause",
        lambda: (
            received()
            .paused("third-party", 1, day("2022-10-10"))
            .paused("co-agency", 1, day("2022-10-10"))
            .answered("third-party", 1, day("2022-10-12"))
            .answered("co-agency", 1, day("2022-10-12"))
        ),
        "2022-11-04",
    ),
    (
        "silence is over after fifteen working days",
        lambda: (
            received()
            .paused("third-party", 1, day("2022-10-10"))
            .silent("third-party", 1, day("2022-11-30"), STATE_COUNCIL)
        ),
        "2022-11-23",
    ),
    ("an extension", lambda: received().extended(20, day("2022-11-02"), STATE_COUNCIL), "2022-11-30"),
    (
        "reasons that were accepted",
        lambda: received().reasons_demanded().reasons_accepted(day("2022-12-30"), STATE_COUNCIL),
        "2022-12-30",
    ),
    (
        "a fee stops it until it is paid",
        lambda: received().fee_demanded("per-page", day("2022-10-10")).fee_paid(day("2022-10-11")),
        "2022-11-03",
    ),
]


@pytest.mark.parametrize("why, made, last", STEPS, ids=[why for why, *_ in STEPS])
def test_each_step_moves_the_due_date_as_the_law_says(why: str, made: Callable[[], RequestClock], last: str) -> None:
    assert due(made()) == last, why
    assert not made().deadline(STATE_COUNCIL).provisional


REFUSALS: list[tuple[str, Callable[[], object]]] = [
    (
        "correction-late",
        # The eighth working day after the receipt.
        lambda: received().correction_demanded(day("2022-10-17"), STATE_COUNCIL),
    ),
    (
        "correction-twice",
        lambda: (
            received()
            .correction_demanded(day("2022-10-14"), STATE_COUNCIL)
            .corrected(day("2022-10-20"))
            .correction_demanded(day("2022-10-21"), STATE_COUNCIL)
        ),
    ),
    ("no-correction-awaited", lambda: received().corrected(day("2022-10-20"))),
    ("no-correction-awaited", lambda: received().correction_lapsed(day("2022-10-20"))),
    (
        "awaits-correction",
        lambda: (
            received()
            .correction_demanded(day("2022-10-14"), STATE_COUNCIL)
            .extended(1, day("2022-10-15"), STATE_COUNCIL)
        ),
    ),
    (
        "pause-open",
        lambda: received().paused("third-party", 1, day("2022-10-10")).paused("third-party", 1, day("2022-10-11")),
    ),
    ("no-pause-open", lambda: received().answered("third-party", 1, day("2022-10-11"))),
    (
        "not-silent-yet",
        lambda: (
            received()
            .paused("third-party", 1, day("2022-10-10"))
            .silent("third-party", 1, day("2022-10-31"), STATE_COUNCIL)
        ),
    ),
    ("extension-late", lambda: received().extended(5, day("2022-11-03"), STATE_COUNCIL)),
    (
        "extension-twice",
        lambda: received().extended(5, day("2022-11-01"), STATE_COUNCIL).extended(5, day("2022-11-02"), STATE_COUNCIL),
    ),
    ("extension-too-long", lambda: received().extended(21, day("2022-11-01"), STATE_COUNCIL)),
    ("extension-too-long", lambda: received("2018-09-28").extended(16, day("2018-10-09"), STATE_COUNCIL)),
    ("unknown-to-regime", lambda: received("2018-09-28").reasons_demanded()),
    ("unknown-to-regime", lambda: received("2018-09-28").paused("co-agency", 1, day("2018-10-09"))),
    ("unknown-to-regime", lambda: received("2018-09-28").fee_demanded("per-page", day("2018-10-09"))),
    ("unknown-to-regime", lambda: received().fee_demanded("cost", day("2022-10-10"))),
    (
        "fee-twice",
        lambda: received().fee_demanded("per-page", day("2022-10-10")).fee_demanded("per-request", day("2022-10-11")),
    ),
    ("no-fee-awaited", lambda: received().fee_paid(day("2022-10-11"))),
    ("no-fee-awaited", lambda: received().fee_lapsed(day("2022-10-11"))),
    ("reasons-twice", lambda: received().reasons_demanded().reasons_demanded()),
    ("no-reasons-awaited", lambda: received().reasons_rejected()),
    ("no-reasons-awaited", lambda: received().reasons_accepted(day("2022-12-30"), STATE_COUNCIL)),
    (
        "reply-by-not-a-working-day",
        lambda: received().reasons_demanded().reasons_accepted(day("2022-12-31"), STATE_COUNCIL),
    ),
    (
        "reply-by-not-later",
        lambda: received().reasons_demanded().reasons_accepted(day("2022-11-01"), STATE_COUNCIL),
    ),
    ("ended", lambda: received().ended(day("2022-10-11")).ended(day("2022-10-12"))),
    ("ended", lambda: received().ended(day("2022-10-11")).paused("third-party", 1, day("2022-10-12"))),
]


@pytest.mark.parametrize("reason, step", REFUSALS, ids=[f"{at}-{reason}" for at, (reason, _) in enumerate(REFUSALS)])
def test_a_step_that_the_law_does_not_allow_is_refused(reason: str, step: Callable[[], object]) -> None:
    with pytest.raises(ClockRefused) as refused:
        step()
    assert refused.value.reason == reason


def test_under_the_regulations_of_2008_a_correction_has_no_last_day() -> None:
    clock = received("2018-09-28").correction_demanded(day("2018-12-03"), STATE_COUNCIL)
    assert clock.state == "void"


def test_what_is_open_is_reckoned_to_its_longest_and_provisional() -> None:
    clock = received().paused("third-party", 1, day("2022-10-10"))
    found = clock.deadline(STATE_COUNCIL)
    assert (found.due_on, found.provisional) == (day("2022-11-23"), True)


class ClockMachine(RuleBasedStateMachine):
    """Goal: what domain.md 2.3 asks of a clock holds after any steps. Method: any steps, days going on."""

    @initialize(on=st.dates(date(2015, 1, 1), date(2023, 6, 30)))
    def receive(self, on: date) -> None:
        self.today = on
        self.clock = RequestClock.received(on)

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    def attempt(self, step: Callable[[], RequestClock]) -> RequestClock | None:
        try:
            after = step()
        except ClockRefused:
            return None
        self.clock = after
        return after

    @rule()
    def demand_correction(self) -> None:
        self.attempt(lambda: self.clock.correction_demanded(self.today, STATE_COUNCIL))

    @precondition(lambda self: self.clock.state == "void")
    @rule()
    def correct(self) -> None:
        after = self.attempt(lambda: self.clock.corrected(self.today))
        assert after is not None
        assert after.deadline(STATE_COUNCIL).started_on == self.today

    @rule(kind=st.sampled_from(["third-party", "co-agency"]), party=st.integers(1, 2))
    def ask(self, kind: PauseKind, party: int) -> None:
        before = self.clock
        was_open = any((one.kind, one.party) == (kind, party) for one in before.open_pauses)
        after = self.attempt(lambda: self.clock.paused(kind, party, self.today))
        assert after is None or not was_open

    @rule(kind=st.sampled_from(["third-party", "co-agency"]), party=st.integers(1, 2))
    def answer(self, kind: PauseKind, party: int) -> None:
        self.attempt(lambda: self.clock.answered(kind, party, self.today))

    @rule(kind=st.sampled_from(["third-party", "co-agency"]), party=st.integers(1, 2))
    def be_silent(self, kind: PauseKind, party: int) -> None:
        self.attempt(lambda: self.clock.silent(kind, party, self.today, STATE_COUNCIL))

    @rule(days=st.integers(1, 25))
    def extend(self, days: int) -> None:
        before = self.clock.deadline(STATE_COUNCIL).due_on
        after = self.attempt(lambda: self.clock.extended(days, self.today, STATE_COUNCIL))
        if after is not None:
            assert before >= self.today
            assert after.deadline(STATE_COUNCIL).due_on > before

    @rule(basis=st.sampled_from(["per-request", "per-page", "cost"]))
    def demand_fee(self, basis: str) -> None:
        noticed = self.clock.fee_noticed
        after = self.attempt(lambda: self.clock.fee_demanded(basis, self.today))
        assert after is None or not noticed

    @rule()
    def pay(self) -> None:
        self.attempt(lambda: self.clock.fee_paid(self.today))

    @rule()
    def end(self) -> None:
        self.attempt(lambda: self.clock.ended(self.today))

    @invariant()
    def the_due_date_is_a_working_day_and_explains_itself(self) -> None:
        found = self.clock.deadline(STATE_COUNCIL)
        assert STATE_COUNCIL.is_working_day(found.due_on)
        steps = found.explanation()
        assert steps[-1].on == found.due_on
        assert [step.number for step in steps if step.number is not None] == list(range(1, found.days + 1))

    @invariant()
    def the_clock_never_runs_while_it_is_paused(self) -> None:
        for step in self.clock.deadline(STATE_COUNCIL).explanation()[1:]:
            paused = any(pause.first < step.on <= pause.last for pause in self.clock.pauses)
            assert not (paused and step.number is not None)

    @invariant()
    def nobody_is_asked_twice_at_once(self) -> None:
        asked = [(one.kind, one.party) for one in self.clock.open_pauses]
        assert len(set(asked)) == len(asked)


TestClock = ClockMachine.TestCase
