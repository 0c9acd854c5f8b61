"""`archive mirror` from the outside: a key is needed, nothing is entered, and an audit of it finds nothing."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.conftest import Said

Archive = Callable[..., Said]


@pytest.fixture
def url(asked: Archive, folder: Path) -> Iterator[str]:
    """The address of a site of the home: a process of its own."""
    assert asked("agency", "register", "--level", "county", "--region", "421202", "--name", "示例局").code == 0
    assert asked("checkpoint", "sign").code == 0
    command = [sys.executable, "-m", "archive", "--home", str(folder), "--lang", "en", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+/", process.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            process.terminate()


def test_a_mirror_has_the_digests_of_the_archive_and_an_audit_of_it_finds_nothing(
    outside: Archive, asked: Archive, url: str, tmp_path: Path
) -> None:
    vkey = asked("checkpoint", "key").json["verifiers"][0]
    mirror = str(tmp_path / "mirror")
    made = outside("--json", "mirror", url, mirror, "--vkey", vkey, "--once")
    assert (made.code, made.json) == (0, {"home": mirror, "size": 1})
    assert outside("--home", mirror, "--json", "projection", "digest").json == asked("projection", "digest").json
    checked = outside("--home", mirror, "--json", "audit", "check", "--expect", asked("checkpoint", "key").json["tree"])
    assert (checked.code, checked.json["findings"]) == (0, [])
    assert asked("agency", "register", "--level", "county", "--region", "421202", "--name", "示例二局").code == 0
    assert asked("checkpoint", "sign").json["size"] == 2
    assert outside("--json", "mirror", url, mirror, "--once").json["size"] == 2
    entered = outside(
        "--home", mirror, "--json", "agency", "register", "--level", "county", "--region", "421202", "--name", "示例"
    )
    assert (entered.code, entered.error["code"]) == (7, "MIR-008")
    signed = outside("--home", mirror, "--json", "checkpoint", "sign")
    assert (signed.code, signed.error["code"]) == (5, "NTY-001")


@pytest.mark.parametrize(
    "words, exit_code, code",
    [
        (["{url}", "{new}", "--once"], 2, "MIR-006"),
        (["{url}", "{new}", "--vkey", "no key", "--once"], 4, "NTE-008"),
        (["{url}", "{home}", "--once"], 3, "MIR-005"),
        (["{url}", "{used}", "--vkey", "{vkey}", "--once"], 3, "LOG-010"),
        (["no address", "{new}", "--vkey", "{vkey}", "--once"], 2, "MIR-004"),
        (["http://127.0.0.1:1/", "{new}", "--vkey", "{vkey}", "--once"], 6, "MIR-001"),
    ],
)
def test_what_cannot_be_mirrored_is_said(
    outside: Archive, asked: Archive, folder: Path, tmp_path: Path, words: list[str], exit_code: int, code: str
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").write_text("kept", encoding="utf-8")
    names = {
        "url": "http://127.0.0.1:1/",
        "new": str(tmp_path / "new"),
        "home": str(folder),
        "used": str(tmp_path / "used"),
        "vkey": asked("checkpoint", "key").json["verifiers"][0],
    }
    said = outside("--json", "mirror", *(word.format(**names) for word in words))
    assert (said.code, said.error["code"]) == (exit_code, code)


def test_a_mirror_of_one_key_does_not_take_another(outside: Archive, asked: Archive, url: str, tmp_path: Path) -> None:
    vkey = asked("checkpoint", "key").json["verifiers"][0]
    mirror = str(tmp_path / "mirror")
    assert outside("mirror", url, mirror, "--vkey", vkey, "--once").code == 0
    other = outside("--json", "init", str(tmp_path / "other"), "--origin", "archive.example/other").json["vkey"]
    said = outside("--json", "mirror", url, mirror, "--vkey", other, "--once")
    assert (said.code, said.error["code"]) == (3, "MIR-007")
