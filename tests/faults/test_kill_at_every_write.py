"""A writer, an import, a rebuild and a follower are struck at every call that writes: killed, refused, out of disk.

Goal: acknowledged is present; absent was not acknowledged; never half a command; the same command again happens once;
a reader of the projections always finds a good generation.
Method: one undisturbed run under strace counts the calls; then one run a call, in a copy of the home, with the fault at
that call. With `--every-write` every call is struck. Without, one call in a few is, each fault at calls of its own; which
ones they are turns whenever the program makes other calls than before.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from archive.cli import home as homes
from archive.commands import Writer
from archive.domain.commands import AnyCommand
from archive.intake.jsonl import import_commands
from faults.homes import (
    ARCHIVE,
    answer_of,
    code_told,
    copy_of,
    digests_of,
    environment,
    followed,
    head_of,
    must_be_whole,
    opened,
    rebuilt,
    resumed,
    told_home,
    writing,
    written,
)
from faults.strace import KILLED, SYNCS, Call, Ended, needs_strace, struck, traced
from stories import Clerk, a_bureau, a_published_item, a_small_archive, item_id

KILL: Final = "signal=KILL"
ERRORS: Final = ("error=EIO", "error=ENOSPC")
# A full disk says so where something grows.
GROW: Final = frozenset({"write", "pwrite64", "ftruncate"})
# Of how many calls one is struck, unless all of them are asked for.
STRUCK_WRITER: Final = {KILL: 4, "error=EIO": 8, "error=ENOSPC": 8}
STRUCK_FOLD: Final = {KILL: 10, "error=EIO": 16, "error=ENOSPC": 16}
# These are few, and what comes before them is told from what comes after: they are always struck.
TURNS: Final = frozenset({"rename", "write"})
# All calls of a rebuild take minutes.
pytestmark = pytest.mark.timeout(1_200)
FOLDER: Final = "home"
TESTS: Final = Path(__file__).resolve().parent.parent
# Folds as `archive projection` does, in small parts.
FOLDING: Final = (sys.executable, str(TESTS / "faults" / "folding.py"))
IMPORTABLE: Final = os.pathsep.join([str(TESTS), *sys.path])


class Run(NamedTuple):
    """A command line that writes: a home to copy, its words, the calls that it makes, and the entries that it adds.

    `calls` has each name of a call once, `made` all of them in their order: two threads may make calls of one name.
    """

    base: Path
    words: tuple[str, ...]
    calls: tuple[Call, ...]
    entries: int
    made: tuple[Call, ...]
    program: tuple[str, ...]

    def strike(self, call: Call, fault: str, work: Path) -> tuple[Path, Ended] | None:
        """A copy of the home in which the command was run with this fault, and how it ended; None: it was not met."""
        place = work / f"{fault.partition('=')[2]}-{call.kind}-{call.number}-{Path(call.path).name.replace('/', '-')}"
        place.mkdir()
        folder = copy_of(self.base / FOLDER, place / FOLDER)
        command = _command(self.program, place, self.words)
        env = environment(PYTHONPATH=IMPORTABLE)
        ended = struck(command, call, fault, cwd=place, env=env, trace=place / "trace")
        return None if ended is None else (folder, ended)


def _command(program: Sequence[str], place: Path, words: Sequence[str]) -> tuple[str, ...]:
    if program == ARCHIVE:
        return (*program, "--home", str(place / FOLDER), "--json", *words)
    return (*program, str(place / FOLDER), *words)


def counted(base: Path, words: Sequence[str], *, program: tuple[str, ...] = ARCHIVE) -> Run:
    """The calls that these words make in a copy of the home, each once, with paths from beside the home."""
    place = base.with_name(f"{base.name}-undisturbed")
    place.mkdir()
    folder = copy_of(base / FOLDER, place / FOLDER)
    before = head_of(folder)
    env = environment(PYTHONPATH=IMPORTABLE)
    ended, calls = traced(_command(program, place, words), cwd=place, env=env, trace=place / "trace")
    assert (ended.code, ended.err) == (0, "")
    near = [
        Call(kind=call.kind, path=os.path.relpath(call.path, place), number=call.number)
        if call.path.startswith(str(place))
        else call
        for call in calls
        if call.path.startswith((str(place), "pipe:"))
    ]
    return Run(base, tuple(words), tuple(dict.fromkeys(near)), must_be_whole(folder) - before, tuple(near), program)


# --- writers ----------------------------------------------------------------------------------------------------------
PUBLISHED: Final = item_id(1)
REVIEWED: Final = item_id(2)
DRAFTED: Final = item_id(3)
COMMAND: Final = "c" * 32


def a_story() -> list[AnyCommand]:
    """An item to be published, one with its last level of review to come, and one to be drafted."""
    clerk = Clerk()
    return [
        *a_bureau(clerk),
        *a_published_item(clerk, PUBLISHED)[:-2],
        *a_published_item(clerk, REVIEWED)[:-3],
    ]


def the_publication() -> AnyCommand:
    """A command with a text of its own that also clears one."""
    return Clerk(2).publish(PUBLISHED, on="2018-03-14")


def the_lines() -> list[AnyCommand]:
    """Lines of a file: two entries for one command, a publication, a draft."""
    clerk = Clerk(3)
    return [
        clerk.pass_review(REVIEWED, 3, on="2018-03-12"),
        clerk.publish(REVIEWED, on="2018-03-14"),
        clerk.draft(DRAFTED),
        clerk.revise(DRAFTED, title="另一个标题"),
    ]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`archive item publish`, through group commit in a thread of its own."""
    needs_strace()
    base = tmp_path_factory.mktemp("single")
    told_home(base / FOLDER, a_story())
    command = the_publication()
    words = ["item", "publish", "--id", command.id, "--item", PUBLISHED, "--channel", "website"]
    words += ["--published-on", "2018-03-14", "--url", f"https://website.example/{PUBLISHED}"]
    return counted(base, words)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`archive import commands`, in the main thread."""
    needs_strace()
    base = tmp_path_factory.mktemp("several")
    told_home(base / FOLDER, a_story())
    written(the_lines(), base / FOLDER / "lines.jsonl")
    return counted(base, ["import", "commands", f"{FOLDER}/lines.jsonl"])


def publish_again(folder: Path, writer: Writer) -> bool:
    """Whether the command had happened before it was sent again."""
    return writer.handle(the_publication()).repeated


def import_again(folder: Path, writer: Writer) -> bool:
    """Whether the file had been imported before it was imported again."""
    return import_commands(writer, folder / "lines.jsonl").commands == 0


AGAIN: Final = {"single": publish_again, "several": import_again}


@pytest.mark.parametrize("name", AGAIN)
def test_the_vault_is_synced_before_openings_these_before_entries_and_entries_before_the_answer(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Goal: not even a crash of the machine takes what was acknowledged. Method: the order of the calls of one run."""
    calls = request.getfixturevalue(name).made
    order = [(call.kind in SYNCS, Path(call.path).name) for call in calls]
    answer = next(place for place, call in enumerate(calls) if call.path.startswith("pipe:"))
    assert answer == len(calls) - 1
    vault, openings, entries = (
        order.index((False, f"{store}.sqlite-wal")) for store in ("vault", "disclosures", "log")
    )
    assert vault < order.index((True, "vault.sqlite-wal"), vault) < openings
    assert openings < order.index((True, "disclosures.sqlite-wal"), openings) < entries
    for path in {call.path for call in calls if call.kind == "pwrite64" and not call.path.endswith("-shm")}:
        ours = [call.kind for call in calls if call.path == path and call.kind in {"pwrite64", *SYNCS}]
        # The WAL is synced when it is committed to and again before it is copied into the file; one name, two threads.
        assert "pwrite64" not in ours[len(ours) - 1 - ours[::-1].index(ours[-1]) + 1 :]
        assert ours[-1] in SYNCS, f"{path} was written after its last sync"


@pytest.mark.parametrize("name", AGAIN)
def test_killed_at_any_write_it_has_happened_whole_or_not_at_all(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, *, every_write: bool
) -> None:
    run: Run = request.getfixturevalue(name)
    calls = run.calls if every_write else sampled(run.calls, every=STRUCK_WRITER[KILL])
    assert struck_at(calls, partial(_kill_writer, run, AGAIN[name], work=tmp_path)) == []


def _kill_writer(run: Run, again: Callable[[Path, Writer], bool], call: Call, *, work: Path) -> None:
    met = run.strike(call, KILL, work)
    assert met is not None, "the call was counted, and was not made again"
    folder, ended = met
    assert (ended.code, ended.out, ended.err) == (KILLED, "", "")
    _must_happen_once(run, folder, again, answered=False)


@pytest.mark.parametrize("name", AGAIN)
@pytest.mark.parametrize("fault", ERRORS)
def test_a_write_that_fails_is_told_with_its_code_and_leaves_nothing_half_written(
    name: str, fault: str, request: pytest.FixtureRequest, tmp_path: Path, *, every_write: bool
) -> None:
    run: Run = request.getfixturevalue(name)
    calls = [call for call in run.calls if fault == "error=EIO" or call.kind in GROW]
    if not every_write:
        calls = sampled(calls, every=STRUCK_WRITER[fault], turn=1 + ERRORS.index(fault))
    assert struck_at(calls, partial(_fail_writer, run, AGAIN[name], fault=fault, work=tmp_path)) == []


def _fail_writer(run: Run, again: Callable[[Path, Writer], bool], call: Call, *, fault: str, work: Path) -> None:
    met = run.strike(call, fault, work)
    assert met is not None, "the call was counted, and was not made again"
    folder, ended = met
    # What fails after the commit (copying the WAL back, removing it, telling the answer) undoes nothing.
    _must_be_told(ended, fault)
    _must_happen_once(run, folder, again, answered=ended.code == 0)


def _must_be_told(ended: Ended, fault: str) -> None:
    """It ended well, or with a code that says what the system said."""
    if ended.code == 0:
        assert ended.err == ""
        return
    codes = {"error=EIO": {"LOG-008"}, "error=ENOSPC": {"LOG-003", "LOG-008"}}[fault]
    assert ended.code in {1, 6}, ended
    assert code_told(ended.err) in codes | {"CMD-009", "OUT-001"}, ended
    assert len(ended.err.splitlines()) <= 2, f"no traceback where the system failed: {ended.err}"


def _must_happen_once(run: Run, folder: Path, again: Callable[[Path, Writer], bool], *, answered: bool) -> None:
    head = must_be_whole(folder)
    before = head_of(run.base / FOLDER)
    assert head in {before, before + run.entries}, "half a command"
    present = head > before
    assert present or not answered, "acknowledged, and absent"
    with writing(folder) as writer:
        # Something else comes first, and takes the position that the dead writer had in mind.
        writer.handle(Clerk(9).open_section("archives"))
    assert must_be_whole(folder) == head + 1
    with writing(folder) as writer:
        assert again(folder, writer) is present
        assert again(folder, writer) is True
    assert must_be_whole(folder) == before + run.entries + 1


# --- projections ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a home whose projections have folded half of the log."""
    needs_strace()
    base = tmp_path_factory.mktemp("folded")
    story = a_small_archive(Clerk())
    told_home(base / FOLDER, story[: len(story) // 2])
    followed(base / FOLDER)
    with writing(base / FOLDER) as writer:
        for command in story[len(story) // 2 :]:
            writer.handle(command)
    return base


@pytest.mark.parametrize("verb", ["rebuild", "follow"])
@pytest.mark.parametrize("fault", ERRORS)
def test_a_fold_that_fails_at_any_write_is_told_with_its_code_and_what_served_serves(
    verb: str, fault: str, folded: Path, tmp_path_factory: pytest.TempPathFactory, *, every_write: bool
) -> None:
    _strike_folds(verb, ARCHIVE, fault, folded, tmp_path_factory, every_write=every_write)


@pytest.mark.parametrize("verb", ["rebuild", "follow"])
def test_killed_at_any_write_a_fold_goes_on_to_the_digest_of_one_that_was_not_disturbed(
    verb: str, folded: Path, tmp_path_factory: pytest.TempPathFactory, *, every_write: bool
) -> None:
    """Goal: promise 5. Method: folds in small parts, killed; afterwards `follow`, or a rebuild with `resume`."""
    reached = _strike_folds(verb, FOLDING, KILL, folded, tmp_path_factory, every_write=every_write)
    assert verb == "follow" or len(reached) > 1, "some are taken up where they were, others are begun anew"


@pytest.mark.parametrize("fault", [KILL, *ERRORS])
def test_a_node_struck_at_any_write_of_a_snapshot_goes_on_with_what_served_or_with_what_it_took(
    fault: str, folded: Path, tmp_path_factory: pytest.TempPathFactory, *, every_write: bool
) -> None:
    """Goal: a snapshot is taken whole or not at all. Method: one of the whole log, into a home that has folded half of it."""
    folder = tmp_path_factory.mktemp("snapshot")
    copy_of(folded / FOLDER, folder / FOLDER)
    followed(folder / FOLDER)
    with opened(folder / FOLDER) as (log, disclosures):
        homes.projections(folder / FOLDER, log, disclosures).export(folder / "snapshot", erased=0)
    words = ["projection", "import", str(folder / "snapshot")]
    assert (
        _strike_folds("import", ARCHIVE, fault, folded, tmp_path_factory, every_write=every_write, words=words) == set()
    )


def _strike_folds(
    verb: str,
    program: tuple[str, ...],
    fault: str,
    folded: Path,
    folders: pytest.TempPathFactory,
    *,
    every_write: bool,
    words: Sequence[str] = (),
) -> set[int]:
    """Strike a fold; how many entries it took afterwards to finish it."""
    base = folders.mktemp(verb) / "base"
    base.mkdir()
    copy_of(folded / FOLDER, base / FOLDER)
    run = counted(base, words or (["projection", verb] if program == ARCHIVE else [verb]), program=program)
    calls = [call for call in run.calls if fault != "error=ENOSPC" or call.kind in GROW]
    if not every_write:
        calls = sampled(calls, every=STRUCK_FOLD[fault], turn=[KILL, *ERRORS].index(fault))
    done = base.with_name("base-undisturbed") / FOLDER
    reached: set[int] = set()
    strike = partial(_strike_projections, run, done, reached, fault=fault, work=folders.mktemp("struck"))
    assert struck_at(calls, strike) == []
    return reached


def _strike_projections(run: Run, done: Path, reached: set[int], call: Call, *, fault: str, work: Path) -> None:
    met = run.strike(call, fault, work)
    assert met is not None, "the call was counted, and was not made again"
    folder, ended = met
    if fault == KILL:
        assert (ended.code, ended.out, ended.err) == (KILLED, "", "")
    else:
        _must_be_told(ended, fault)
    # A reader finds what served before, what serves now, or (where entries are followed) one of the batches between:
    # each whole, and at its own position.
    before, after = answer_of(run.base / FOLDER), answer_of(done)
    found = answer_of(folder)
    between = run.words[-1] == "follow" and run.program == FOLDING and before.head < found.head < after.head
    assert between or found in (before, after)
    must_be_whole(folder)
    if run.words[-1] == "rebuild":
        again = resumed(folder)
        reached.add(again.entries)
        assert again.digests == digests_of(done)
    assert followed(folder) == head_of(done)
    assert digests_of(folder) == digests_of(done)
    assert answer_of(folder) == after
    # What is thrown away and folded anew says the same.
    assert rebuilt(folder) == digests_of(done)
    left = sorted(path.name for path in (folder / homes.PROJECTIONS).glob("generation-*.sqlite"))
    assert len(left) <= 2, f"what the fault left was not tidied up: {left}"


# --- many strikes -----------------------------------------------------------------------------------------------------
def struck_at(calls: Sequence[Call], strike: Callable[[Call], None]) -> list[str]:
    """Strike at each call, as many at a time as there are processors; what was wrong, and where."""
    assert calls

    def tried(call: Call) -> str | None:
        try:
            strike(call)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told with the call at which it did
            return f"{call}: {type(error).__name__}: {error}"
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [wrong for wrong in pool.map(tried, calls) if wrong is not None]


def sampled(calls: Sequence[Call], *, every: int, turn: int = 0) -> list[Call]:
    """One call in `every`, in their order, beginning at one that depends on them all, and `turn` further; and all `TURNS`.

    The same program makes the same calls, and is struck at the same ones.
    """
    names = "\n".join(f"{call.kind} {call.number} {Path(call.path).suffix}" for call in calls)
    first = (int.from_bytes(sha256(names.encode()).digest()) + turn) % every
    return [call for place, call in enumerate(calls) if place % every == first or call.kind in TURNS]


def test_told_answers_are_json(single: Run, tmp_path: Path) -> None:
    """What counts as an answer here is what the program printed to the end."""
    last = single.calls[-1]
    assert (last.kind, last.path.partition(":")[0]) == ("write", "pipe")
    met = single.strike(last, KILL, tmp_path)
    assert met is not None
    folder, ended = met
    assert ended.out == ""
    assert must_be_whole(folder) == head_of(single.base / FOLDER) + single.entries
    with opened(folder) as (log, _):
        entry = log.entry(log.head())
        assert entry is not None
        assert json.loads(log.row(log.head()).entry)["cmd"] == the_publication().id  # type: ignore[union-attr] # it is the head
