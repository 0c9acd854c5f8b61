"""An export that is killed, or finds the disk full, leaves the file and the manifest of before or whole new ones."""

import json
import signal
import subprocess
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from api.world import tell_at_once
from archive.exports.catalogue import FORMATS, Format
from archive.exports.pair import manifest_of
from exports.world import a_home
from faults.homes import ARCHIVE, code_told, environment, followed, run, told_home, writing
from faults.strace import KILLED, needs_strace, traced
from faults.test_full_disk import limited
from stories import Clerk, a_bureau, a_published_item, item_id

SAMPLED: Final = 6
MANY: Final = 150
# SQLite maps 32 KiB to read; each of the files of an export is larger than this.
ROOM: Final = 40 * 1024


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = a_home(tmp_path_factory.mktemp("struck") / "home")
    followed(folder)
    return folder


def must_be_sound(path: Path) -> None:
    """A manifest never stands beside a file that it does not describe."""
    manifest = manifest_of(path)
    if manifest.exists():
        told = json.loads(manifest.read_text(encoding="utf-8"))
        assert (told["bytes"], told["sha256"]) == (path.stat().st_size, sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("form", FORMATS)
def test_killed_at_any_write_it_leaves_no_half_file(
    form: Format, home: Path, tmp_path: Path, *, every_write: bool
) -> None:
    """Goal: no half file under the name, and the next run is whole. Method: SIGKILL at calls on the files of the export."""
    needs_strace()
    place = tmp_path / "place"
    place.mkdir()
    path = place / f"all.{form}"
    command = [*ARCHIVE, "--home", str(home), "catalogue", "export", str(path), "--replace"]
    ended, calls = traced(command, cwd=tmp_path, env=environment(), trace=tmp_path / "trace")
    assert ended.code == 0, ended.err
    before = path.read_bytes()
    # The folder it is written in has another name each time, so that calls are found by their place among those of a kind.
    seen: Counter[str] = Counter()
    places = []
    for call in calls:
        seen[call.kind] += 1
        if str(place) in call.path:
            places.append((call.kind, seen[call.kind]))
    renames = [one for one in places if one[0] == "rename"]
    assert len(renames) == 2, "the file and its manifest"
    step = 1 if every_write else max(1, len(places) // SAMPLED)
    for kind, number in [*places[::step], *renames]:
        assert _killed(command, kind, number, cwd=tmp_path)
        assert path.read_bytes() == before
        must_be_sound(path)
    assert run(command[len(ARCHIVE) :], cwd=tmp_path).returncode == 0
    assert manifest_of(path).exists()
    must_be_sound(path)


def _killed(command: list[str], kind: str, number: int, *, cwd: Path) -> bool:
    """Kill the command at this call, by its place among those of its kind; whether it came to that."""
    options = ["strace", "-f", "-qq", "-o", str(cwd / "struck"), "-e", f"trace={kind}"]
    options += ["-e", f"inject={kind}:signal=KILL:when={number}"]
    done = subprocess.run(
        [*options, *command], cwd=cwd, env=environment(), capture_output=True, check=False, timeout=60
    )
    return done.returncode in {-signal.SIGKILL, KILLED}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose catalogue is larger than what SQLite needs to be read."""
    clerk = Clerk()
    folder = told_home(tmp_path_factory.mktemp("many") / "home", a_bureau(clerk))
    with writing(folder) as writer:
        tell_at_once(writer, [one for number in range(MANY) for one in a_published_item(clerk, item_id(number))])
    followed(folder)
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_where_there_is_no_room_nothing_is_left(form: Format, many: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    words = ["--home", str(many), "--json", "catalogue", "export", str(place / f"all.{form}")]
    full = limited(words, size=ROOM, cwd=tmp_path)
    assert (full.returncode, full.stdout) == (1, "")
    assert code_told(full.stderr) == "LOG-003"
    assert str(place) in full.stderr, "the file that was asked for is named"
    assert [*place.iterdir()] == []
    assert run(words, cwd=tmp_path).returncode == 0
    assert (place / f"all.{form}").stat().st_size > 0
    must_be_sound(place / f"all.{form}")


def test_an_export_that_finds_no_room_leaves_what_was_there(many: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    words = ["--home", str(many), "--json", "catalogue", "export", str(path), "--replace"]
    assert run([*words, "--as-of", "100"], cwd=tmp_path).returncode == 0
    before = path.read_bytes(), manifest_of(path).read_bytes()
    assert limited(words, size=ROOM, cwd=tmp_path).returncode == 1
    assert (path.read_bytes(), manifest_of(path).read_bytes()) == before
