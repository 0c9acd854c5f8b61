"""scripts/archive and scripts/test before they reach Python: from any folder, by any name, at once when all is there."""

import filecmp
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_environment_that_is_there_costs_no_python(tools: Path) -> None:
    installed = ROOT / ".venv" / "installed"
    for file in (ROOT / "requirements" / "test.lock", ROOT / "pyproject.toml"):
        stamp = installed / file.name
        if not (stamp.is_file() and filecmp.cmp(stamp, file, shallow=False)):
            pytest.skip(f"{file.name} is not what .venv was made from: start with scripts/test")
    # There is no Python on the path, so had it been asked for, this would fail.
    for kind in ("run", "test"):
        done = run(ROOT / "scripts" / "environment", kind, tools=tools)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("script", ["archive", "test"])
def test_machine_without_python_is_told_so(script: str, copy: Path, tools: Path) -> None:
    done = run(copy / "scripts" / script, tools=tools)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no Python 3.11 or later found" in done.stderr


def test_python_without_venv_is_named(copy: Path, tools: Path) -> None:
    python = tools / "python3"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n')
    python.chmod(0o755)
    done = run(copy / "scripts" / "archive", tools=tools)
    assert done.returncode == 1
    assert "python3 has no venv module" in done.stderr


def test_start_through_a_symlink_finds_its_project(copy: Path, tools: Path, tmp_path: Path) -> None:
    python = tools / "python3"
    python.write_text('#!/bin/sh\ncase "$1" in -c) exit 0 ;; esac\necho "$@"\nexit 3\n')
    python.chmod(0o755)
    link = tmp_path / "archive"
    link.symlink_to(copy / "scripts" / "archive")
    done = run(link, "log", "head", tools=tools)
    assert (done.returncode, done.stdout) == (3, ""), (
        "what the set-up says goes to stderr, and its failure ends the start"
    )
    assert done.stderr == f"{copy.resolve()}/scripts/make_environment.py run\n"


def run(script: Path, *arguments: str, tools: Path) -> subprocess.CompletedProcess[str]:
    """Start a script from another folder with nothing on the path but these tools."""
    command = [str(script), *arguments]
    return subprocess.run(command, cwd="/", env={"PATH": str(tools)}, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The scripts without an environment, in a folder with a space in its name."""
    project = tmp_path / "a project"
    shutil.copytree(ROOT / "scripts", project / "scripts")
    return project


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A path with what every Unix has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "cmp", "dirname", "env", "readlink"):
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return folder
