"""How a process ends when something around it does not play along: pipes, disks, signals, permissions, terminals."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.conftest import ORIGIN, Said

ARCHIVE = [sys.executable, "-m", "archive"]
REGISTER = ["agency", "register", "--level", "county", "--region", "421202", "--name", "示例局"]
Archive = Callable[..., Said]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8", **more}


def code_of(err: str) -> str:
    """The code of the error on stderr."""
    return err.partition("[")[2].partition("]")[0]


# --- where the output goes ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words", [["log", "show", "1", "--limit", "10000"], ["--help"], ["--version"], ["item", "--help"]]
)
def test_a_reader_that_goes_away_is_not_talked_about(folder: Path, words: list[str]) -> None:
    with subprocess.Popen(
        [*ARCHIVE, "--home", str(folder), *words], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        # Nobody is there any more when the first byte is written.
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    # The empty log has nothing to show, and says so.
    assert (process.returncode, err) == (1, b"") or code_of(err.decode()) == "LOG-009"


def test_an_answer_that_finds_no_room_is_told_and_the_command_has_happened(folder: Path) -> None:
    words = [*ARCHIVE, "--home", str(folder), *REGISTER, "--id", "1" * 32, "--agency", f"agency-{'a' * 32}"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(words, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, code_of(done.stderr)) == (1, "OUT-001")
    assert len(done.stderr.splitlines()) == 2
    again = subprocess.run([*words, "--dry-run"], env=environment(), capture_output=True, text=True, check=False)
    assert again.returncode == 0
    again = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "")
    assert "1" in again.stdout


def test_output_that_nobody_wants_is_not_missed(folder: Path, asked: Archive) -> None:
    """Streams that are closed before the start, and diagnostics that find no room, take nothing from the work."""
    command = [*ARCHIVE, "--home", str(folder), *REGISTER]
    for shell in ('exec "$@" >&-', 'exec "$@" >&- 2>&-', 'exec "$@" 2>/dev/full'):
        done = subprocess.run(
            ["sh", "-c", shell, "sh", *command],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b""), shell
    assert asked("log", "head").json["head"] == 3
    failed = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", *ARCHIVE, "--home", str(folder), "log", "show", "9"],
        env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    assert failed.returncode == 5, "an error that cannot be told still has its exit code"


def test_characters_that_a_terminal_lacks_do_not_stop_the_answer(folder: Path) -> None:
    done = subprocess.run(
        [*ARCHIVE, "--home", str(folder), "config", "check"],
        env=environment(PYTHONIOENCODING="ascii"), capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("ascii").startswith("\\u")


def test_progress_is_told_to_machines_only_when_they_ask(tmp_path: Path) -> None:
    for flags, lines in (([], 0), (["--progress", "json"], 1)):
        folder = tmp_path / f"demo{lines}"
        done = subprocess.run(
            [*ARCHIVE, "--json", "demo", "--dir", str(folder), "--no-serve", *flags],
            env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0
        told = [json.loads(line) for line in done.stderr.splitlines()]
        assert len(told) >= lines
        assert bool(told) == bool(lines)
        assert all(one.keys() == {"task", "done", "total"} for one in told)


# --- signals ------------------------------------------------------------------------------------------------------------
def test_ctrl_c_ends_an_import_with_130_and_nothing_written(folder: Path, asked: Archive, tmp_path: Path) -> None:
    pipe = tmp_path / "lines.jsonl"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [*ARCHIVE, "--home", str(folder), "import", "commands", str(pipe)],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    ) as process:  # fmt: skip
        # The pipe opens when the import reads it; it waits for a second line that does not come.
        with pipe.open("w", encoding="utf-8") as lines:
            lines.write("{}\n")
            lines.flush()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 130
        out, err = process.communicate(timeout=60)
    assert (out, code_of(err), len(err.splitlines())) == ("", "INT-002", 2)
    assert asked("log", "head").json["head"] == 0


def test_ctrl_c_ends_serving_well(folder: Path, cli: Archive) -> None:
    assert cli(*REGISTER).code == 0
    assert cli("projection", "follow").out == "1\n"
    with subprocess.Popen(
        [*ARCHIVE, "--home", str(folder), "--json", "serve", "--port", "0"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())["address"]
            with closing(HTTPConnection(urlsplit(address).netloc, timeout=30)) as connection:
                connection.request("GET", "/healthz")
                response = connection.getresponse()
                assert (response.status, json.loads(response.read())["position"]) == (200, 1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken_is_busy(folder: Path) -> None:
    import socket  # noqa: PLC0415 - for the one who has the port

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*ARCHIVE, "--home", str(folder), "serve", "--port", port],
            env=environment(), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stdout, code_of(done.stderr)) == (6, "", "WEB-009")
    assert port in done.stderr


# --- permissions --------------------------------------------------------------------------------------------------------
@pytest.fixture
def unprivileged() -> list[str]:
    """What a program is started by so that permissions hold for it: nothing, or for root a start without his privileges."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to take that away: install util-linux")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


NOT_ALLOWED = {
    "a write": (REGISTER, "LOG-002"),
    "an import": (["import", "commands", "lines.jsonl"], "LOG-002"),
    "a rebuild": (["projection", "rebuild"], "LOG-002"),
    "a fold": (["projection", "follow"], "LOG-002"),
    "a new archive": (["init", "home/new", "--origin", ORIGIN], "LOG-002"),
    "a demo": (["demo", "--dir", "home/new", "--no-serve"], "LOG-002"),
}


@pytest.mark.parametrize("wish", NOT_ALLOWED)
def test_a_folder_that_may_not_be_written_ends_with_7(
    folder: Path, cli: Archive, unprivileged: list[str], wish: str
) -> None:
    assert cli(*REGISTER).code == 0
    assert cli("projection", "follow").code == 0
    (folder.parent / "lines.jsonl").write_text("{}\n", encoding="utf-8")
    words, code = NOT_ALLOWED[wish]
    places = [*folder.rglob("*"), folder]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    try:
        done = subprocess.run(
            [*unprivileged, *ARCHIVE, "--home", "home", *words],
            cwd=folder.parent, env=environment(), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        for place in places:
            place.chmod(0o755 if place.is_dir() else 0o644)
    assert (done.returncode, done.stdout, code_of(done.stderr)) == (7, "", code)
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "secret, words, code",
    [
        ("home/archive.toml", ["config", "show"], "CFG-004"),
        ("lines.jsonl", ["import", "commands", "lines.jsonl"], "IMP-005"),
        (
            "lines.jsonl",
            ["item", "revise", "--item", f"item-{'b' * 32}", "--title", "规划", "--body", "lines.jsonl"],
            "IMP-005",
        ),
    ],
)
def test_a_file_that_may_not_be_read_ends_with_7(
    folder: Path, unprivileged: list[str], secret: str, words: list[str], code: str
) -> None:
    (folder.parent / "lines.jsonl").write_text("{}\n", encoding="utf-8")
    (folder.parent / secret).chmod(0)
    done = subprocess.run(
        [*unprivileged, *ARCHIVE, "--home", "home", *words],
        cwd=folder.parent, env=environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, code_of(done.stderr)) == (7, "", code)
    assert Path(secret).name in done.stderr
