"""`archive checkpoint sign` is struck at every call that writes, between the newest entry and its checkpoint.

Goal: what was promised is never forgotten and never contradicted: after a fault the next one signs, the store goes on from
what it had, and an audit against the last note that was served before is clean.
Method: as in test_kill_at_every_write. The notary's folder lies in the home that is copied, so that its calls are struck too.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from archive.audit.check import Outside, Report, check
from archive.audit.checkpoints import look, parse_kept
from archive.cli import home as homes
from archive.merkle.checkpoint import Checkpoint, parse_checkpoint
from archive.merkle.note import parse_note
from archive.notary.signer import PROMISE
from faults.homes import code_told, followed, must_be_whole, writing
from faults.strace import KILLED, SYNCS, Call, needs_strace
from faults.test_kill_at_every_write import ERRORS, FOLDER, GROW, KILL, Run, counted, sampled, struck_at
from stories import ORIGIN, Clerk, a_small_archive, tell

pytestmark = pytest.mark.timeout(1_200)
# Of how many calls one is struck, unless all of them are asked for.
STRUCK: Final = {KILL: 6, "error=EIO": 9, "error=ENOSPC": 9}
NOTARY: Final = "notary"


@contextmanager
def _signing(folder: Path) -> Iterator[list[bytes]]:
    """The notes that are stored, before and after one more is signed."""
    with homes.stores(folder, read_only=True) as (log, disclosures), homes.checkpoints(folder) as checkpoints:
        homes.projections(folder, log, disclosures).follow()
        homes.publisher(folder, log, checkpoints)()
    yield _notes(folder)


def _notes(folder: Path) -> list[bytes]:
    with homes.checkpoints(folder, read_only=True) as checkpoints:
        stored = checkpoints.page(after=0, limit=100)
    assert [one.number for one in stored] == list(range(1, len(stored) + 1))
    return [one.note for one in stored]


def _tree(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)


def _audited(folder: Path, against: bytes) -> Report:
    with (
        homes.stores(folder, read_only=True) as (log, disclosures),
        homes.vault(folder) as vault,
        homes.checkpoints(folder, read_only=True) as checkpoints,
    ):
        return check(
            log,
            disclosures,
            vault,
            homes.projections(folder, log, disclosures),
            signed=look(checkpoints, lambda: homes.promise(folder)),
            outside=Outside(notes=[parse_kept(against)]),
        )


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`archive checkpoint sign`, where a note is served already, and entries came since."""
    needs_strace()
    base = tmp_path_factory.mktemp("signing")
    folder = base / FOLDER
    homes.create(folder, origin=ORIGIN, notary=NOTARY)
    story = a_small_archive(Clerk())
    for part in (story[:30], story[30:]):
        if (folder / homes.PROJECTIONS / "current").exists():
            with _signing(folder):
                pass
        with writing(folder) as writer:
            tell(writer, part)
        if part == story[:30]:
            followed(folder)
    return counted(base, ["checkpoint", "sign"])


def test_the_promise_is_durable_before_the_store_knows_of_it_and_the_store_before_the_answer(signing: Run) -> None:
    calls = [(call.kind, Path(call.path).name) for call in signing.made]
    renamed = calls.index(("rename", f"{PROMISE}.new"))
    assert ("fsync", f"{PROMISE}.new") in calls[:renamed]
    folder_synced = calls.index(("fsync", NOTARY), renamed)
    stored = next(
        place for place, (kind, name) in enumerate(calls) if kind == "pwrite64" and name == f"{homes.CHECKPOINTS}-wal"
    )
    assert folder_synced < stored
    answered = next(place for place, call in enumerate(signing.made) if call.path.startswith("pipe:"))
    assert any(kind in SYNCS and name == f"{homes.CHECKPOINTS}-wal" for kind, name in calls[stored:answered])


@pytest.mark.parametrize("fault", [KILL, *ERRORS])
def test_struck_at_any_write_the_next_checkpoint_goes_on_from_what_was_served(
    signing: Run, fault: str, tmp_path: Path, *, every_write: bool
) -> None:
    calls = [call for call in signing.calls if fault != "error=ENOSPC" or call.kind in GROW]
    if not every_write:
        calls = sampled(calls, every=STRUCK[fault], turn=[KILL, *ERRORS].index(fault))
    assert struck_at(calls, partial(_strike, signing, fault=fault, work=tmp_path)) == []


def _strike(signing: Run, call: Call, *, fault: str, work: Path) -> None:
    met = signing.strike(call, fault, work)
    assert met is not None, "the call was counted, and was not made again"
    folder, ended = met
    if fault == KILL:
        assert (ended.code, ended.out, ended.err) == (KILLED, "", "")
    elif ended.code != 0:
        assert code_told(ended.err) in {"LOG-003", "LOG-008", "OUT-001"}, ended
        assert len(ended.err.splitlines()) <= 2, f"no traceback where the system failed: {ended.err}"
    head = must_be_whole(folder)
    before = _notes(signing.base / FOLDER)
    found = _notes(folder)
    promised = (folder / NOTARY / PROMISE).read_bytes()
    # The store has what it had, and at most the new one; what it has was promised.
    assert found[: len(before)] == before
    assert len(found) <= len(before) + 1
    assert _tree(promised).size in {_tree(before[-1]).size, head}
    assert found[-1] in {before[-1], promised}
    assert ended.code != 0 or found[-1] == promised, "answered, and not stored"
    assert _audited(folder, before[-1]).findings == []
    with _signing(folder) as after:
        assert after[: len(found)] == found
        assert _tree(after[-1]).size == head
        assert promised in after, "what was promised once is never forgotten"
        assert (folder / NOTARY / PROMISE).read_bytes() == after[-1]
    with writing(folder) as writer:
        writer.handle(Clerk(9).open_section("archives"))
    with _signing(folder) as last:
        assert (last[:-1], _tree(last[-1]).size) == (after, head + 1)
    for note in (before[-1], promised):
        report = _audited(folder, note)
        assert (report.findings, report.checkpoints) == ([], len(last))
    shutil.rmtree(folder)
