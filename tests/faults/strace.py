"""Faults from outside: strace counts the system calls that write, and strikes one of them.

A call is named by the file it touches, its kind, and its place among those. strace counts for each thread by itself, so
a call of a later thread with the same name is not reached; there are few, and a neighbour is.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from typing_extensions import override

# What SQLite and the generations call to write, and what they do with files beside that.
CALLS: Final = ("write", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", "mkdir")
SYNCS: Final = ("fdatasync", "fsync")
# 1234 pwrite64(11</tmp/h/log.sqlite-wal>, …      1234 rename("/tmp/h/current.new", "/tmp/h/current") = 0
_LINE: Final = re.compile(
    rf"^(?P<thread>\d+) +(?P<call>{'|'.join(CALLS)})\((?:\d+<(?P<fd>[^>]+)>|\"(?P<path>[^\"]+)\")"
)
KILLED: Final = 137
TIMEOUT_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True)
class Call:
    """A system call of one run: its kind, what it touches, and that it is the n-th such call of its thread."""

    kind: str
    path: str
    number: int

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.number} on {Path(self.path).name}"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended: its exit code, 137 for SIGKILL, and what it printed."""

    code: int
    out: str
    err: str


def needs_strace() -> None:
    """Skip, loudly, where strace is not there or not allowed to look into processes."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace on this machine: install the package `strace` to have a fault at every write")
    tried = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("strace is installed, but ptrace is not allowed here: give the container CAP_SYS_PTRACE")


def traced(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], trace: Path) -> tuple[Ended, list[Call]]:
    """Run the command undisturbed; how it ended, and the calls that it made, in their order."""
    ended = _run(["-y", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"], command, cwd=cwd, env=env)
    seen: Counter[tuple[str, str, str]] = Counter()
    calls = []
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := _LINE.match(line):
            path = found["fd"] or found["path"]
            seen[found["thread"], found["call"], path] += 1
            calls.append(Call(kind=found["call"], path=path, number=seen[found["thread"], found["call"], path]))
    return ended, calls


def struck(
    command: Sequence[str], call: Call, fault: str, *, cwd: Path, env: Mapping[str, str], trace: Path
) -> Ended | None:
    """Run the command with this fault at this call: `signal=KILL`, `error=EIO`; None where it made no such call.

    A killed process has not made the call; one that gets an error is told that the call failed, and it did nothing.
    """
    where = [] if call.path.startswith("pipe:") else ["-P", str(cwd / call.path)]
    options = ["-o", str(trace), *where, "-e", f"trace={call.kind}"]
    options += ["-e", f"inject={call.kind}:{fault}:when={call.number}"]
    ended = _run(options, command, cwd=cwd, env=env)
    met = (
        ended.code == KILLED if "KILL" in fault else "(INJECTED)" in trace.read_text(encoding="utf-8", errors="replace")
    )
    return ended if met else None


def _run(options: Sequence[str], command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Ended:
    # Only the calls that are traced stop, so that a run takes hardly longer than without strace; a signal is then lost.
    quick = [] if any("signal=" in option for option in options) else ["--seccomp-bpf"]
    done = subprocess.run(
        ["strace", "-f", *quick, "-qq", *options, *command],
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
        encoding="utf-8",
    )
    # strace ends as the program did: by a signal too, which a shell shows as 128 and its number.
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Ended(code=code, out=done.stdout, err=done.stderr)
