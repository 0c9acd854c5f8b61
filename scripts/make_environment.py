"""Make .venv from a lock and install this project into it; standard library only, runs with the Python that was found.

Two starts at once wait for each other. A start that dies half way leaves no stamp, so the next one finishes the work.
"""

import fcntl
import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed"
PYTHON = VENV / "bin" / "python"


def main(kind: str) -> int:
    """`kind` is run or test; the test lock holds the run lock, so its .venv serves both."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("archive: another start is setting up .venv; waiting for it.", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            _make_venv()
            _install_lock(kind)
            _install_project()
        except subprocess.CalledProcessError as failed:
            print(f"archive: setting up .venv failed: {failed}", file=sys.stderr)
            print("archive: see above for the reason; nothing is lost, start again when it is mended.", file=sys.stderr)
            return 1
    return 0


def _make_venv() -> None:
    place = INSTALLED / "place"
    if place.is_file() and place.read_text() == str(ROOT) and _runs(PYTHON, "-m", "pip", "--version"):
        return
    print(f"archive: setting up .venv with Python {sys.version.split()[0]}; this happens once.", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    INSTALLED.mkdir()
    place.write_text(str(ROOT))


def _install_lock(kind: str) -> None:
    lock = ROOT / "requirements" / f"{kind}.lock"
    if _installed(lock):
        return
    print(f"archive: installing requirements/{kind}.lock …", file=sys.stderr)
    # What the other lock had put there may be replaced now, so its stamp goes first.
    for stamp in INSTALLED.glob("*.lock"):
        stamp.unlink()
    _pip("--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
    for kept in {"test": ("run", "test"), "run": ("run",)}[kind]:
        shutil.copyfile(ROOT / "requirements" / f"{kept}.lock", INSTALLED / f"{kept}.lock")


def _install_project() -> None:
    project = ROOT / "pyproject.toml"
    if _installed(project):
        return
    print("archive: installing the project …", file=sys.stderr)
    _pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    shutil.copyfile(project, INSTALLED / project.name)


def _installed(file: Path) -> bool:
    stamp = INSTALLED / file.name
    return stamp.is_file() and filecmp.cmp(file, stamp, shallow=False)


def _pip(*arguments: str) -> None:
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def _runs(*command: object) -> bool:
    try:
        return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
