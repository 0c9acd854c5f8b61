"""The same commands make the same log, whichever database keeps it."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.commands import CHINA, Batch, Receipt, Writer
from archive.domain.commands import AnyCommand
from archive.domain.errors import Refused
from archive.projections.runner import Projections
from stateful.archive_machine import MOVES, SHA, Model
from stories import BACKENDS, Clerk, Clock, Home, Noise, a_small_archive
from strategies import World, commands

FEWER = settings(max_examples=max(10, settings().max_examples // 4))
Outcome = Receipt | Batch | tuple[str, dict[str, object]]


@FEWER
@given(data=st.data(), begun=st.integers(0, 45))
def test_the_same_commands_make_the_same_bytes_and_digests(data: st.DataObject, begun: int) -> None:
    """Goal: a log may move from one to the other. Method: each command to both; after each, every byte is compared."""
    model = Model()
    clock = Clock()
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        homes = [Home.create(folder / name, BACKENDS[name]) for name in ("sqlite", "postgres")]
        # The same noise for both: the same salts, seals and ids.
        opened = [kept.enter_context(home.opened(clock=clock, noise=Noise())) for home in homes]
        writers, logs = [one[0] for one in opened], [one[1] for one in opened]

        def on_both(sent: Callable[[Writer], Receipt | Batch]) -> None:
            outcomes = [outcome(writer, sent) for writer in writers]
            assert outcomes[0] == outcomes[1]
            rows = [log.rows(after=0, limit=100_000) for log in logs]
            assert rows[0] == rows[1]
            done = [log.commands([command.id for command in told]) for log in logs]
            assert done[0] == done[1]
            assert len(rows[0]) == logs[1].head()

        told = a_small_archive(Clerk())[:begun]
        on_both(lambda writer: send(writer, told))
        for command in told:
            model.handle(command, clock().astimezone(CHINA).date())
        for _ in range(data.draw(st.integers(0, 6))):
            today = clock().astimezone(CHINA).date()
            command = data.draw(commands(World(streams=model.states, today=today)))
            told.append(command)
            on_both(lambda writer, command=command: writer.handle(command))  # type: ignore[misc] # bound now, called now
            try:
                model.handle(command, today)
            except Refused:
                # What is refused today may be done later; clocks go on, and sometimes back.
                clock.move(data.draw(st.sampled_from(MOVES)))
        digests = []
        for home, one in zip(homes, opened, strict=True):
            projections = Projections(home.folder / "projections", one[1], one[2])
            projections.follow()
            digests.append({name: projections.digest(name) for name in projections.names()})
        assert digests[0] == digests[1]


def send(writer: Writer, some: list[AnyCommand]) -> Batch:
    return writer.handle_all(enumerate(some, 1), kind="commands", source_sha256=lambda: SHA)


def outcome(writer: Writer, sent: Callable[[Writer], Receipt | Batch]) -> Outcome:
    """What was answered, or why it was refused."""
    try:
        return sent(writer)
    except Refused as refused:
        return refused.code, refused.facts
