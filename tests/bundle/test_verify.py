"""What the stand-alone verifier takes, and what it uses: nothing of ours, and the same tables."""

import ast
import hashlib
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive.audit.entries import NEVER_ABSENT
from archive.cli.main import run
from archive.domain.events import TABLE
from archive.domain.items import HIDING
from archive.merkle.note import Signature, print_line
from archive.merkle.tiles import Tile, tiles_of
from archive.projections.runner import Projections, Reader
from bundle.made import KEY, OTHER_KEY, SCRIPT, Made, made_from, verified
from cli.test_verbs import STORY, lines
from faults.homes import opened
from merkle.notes import PUBLISHED, PUBLISHED_KEY
from stories import NOON, ORIGIN


# --- a bundle as it should be -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("zipped", [True, False])
def test_a_sound_bundle_is_taken_as_a_zip_and_as_a_folder(
    made: Made, files: dict[str, bytes], tmp_path: Path, *, zipped: bool
) -> None:
    said = verified(files, tmp_path, zipped=zipped)
    assert (said.code, said.found, said.err) == (0, (), "")
    assert "Nothing that was kept outside was given" in said.out
    assert made.head(len(made.entries)).split()[1] in said.out
    (tmp_path / "note").write_bytes(made.note(100))
    said = verified(files, tmp_path, "--expect", made.head(256), "--against", str(tmp_path / "note"), zipped=zipped)
    assert (said.code, said.found) == (0, ())
    assert "kept outside" not in said.out


def test_a_log_alone_is_checked_with_the_partial_tiles_of_smaller_trees(
    made: Made, files: dict[str, bytes], tmp_path: Path
) -> None:
    static = {name: raw for name, raw in files.items() if name.startswith(("tile/", "checkpoint"))}
    for size in (100, 300):
        for tile in tiles_of(size):
            full = next(raw for name, raw in files.items() if name.startswith(Tile(tile.level, tile.number, 256).path))
            static.setdefault(tile.path, full[: 32 * tile.width])
    assert len(static) > len([name for name in files if name.startswith(("tile/", "checkpoint"))])
    assert verified(static, tmp_path, "--log-only", zipped=False).found == ()
    assert verified(static, tmp_path).codes == {"missing"}
    wrong = next(tile.path for tile in tiles_of(100))
    said = verified({**static, wrong: static[wrong][32:] + bytes(32)}, tmp_path, "--log-only")
    assert said.found == (("1", "tile"),)


def test_lines_of_keys_that_nobody_knows_are_passed_over_and_both_keys_of_a_rotation_hold(
    made: Made, files: dict[str, bytes], tmp_path: Path
) -> None:
    unknown = b"".join(print_line(Signature(f"unknown-{n}.example", b"\xff" * 4, bytes(n + 1))) for n in range(16))
    old = Made(**{name: getattr(made, name) for name in ("entries", "openings", "counts", "signed")}, key=OTHER_KEY)
    both = made.note(len(made.entries)) + old.note(len(made.entries)).rpartition(b"\n\n")[2]
    (tmp_path / "keys").write_text(f"{KEY.verifier}\n{OTHER_KEY.verifier}\n", encoding="utf-8")
    for note in (files["checkpoint"] + unknown, both):
        assert verified({**files, "checkpoint": note}, tmp_path).found == ()
        assert verified({**files, "checkpoint": note}, tmp_path, key="keys").found == ()
    # Older checkpoints were signed by the old key.
    lines_of = files["checkpoints.jsonl"].splitlines(keepends=True)
    rotated = b"".join([*old.files()["checkpoints.jsonl"].splitlines(keepends=True)[:2], *lines_of[2:]])
    assert verified({**files, "checkpoints.jsonl": rotated}, tmp_path, key="keys").found == ()
    assert verified({**files, "checkpoints.jsonl": rotated}, tmp_path).found == (("-", "unsigned"),) * 2


def test_the_recomputed_counts_are_printed_as_they_are_published(
    made: Made, files: dict[str, bytes], tmp_path: Path
) -> None:
    said = verified(files, tmp_path, "--counts")
    printed = [json.loads(line) for line in said.out.splitlines() if line.startswith("{")]
    published = [row for row in made.counts if row["measure"] in {one["measure"] for one in printed}]
    for row in printed:
        if row.get("scheme") != "theme":
            assert row in published
    dimensions = {tuple(row["by"]) for row in printed}
    assert dimensions == {(), ("CHANNEL",), ("CATEGORY",)}
    assert {"year": 2018, "measure": "requests.received", "value": 2, "by": {}} in printed


def test_a_log_with_every_kind_of_entry_is_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: nothing that the rules can write is a finding. Method: the story of all verbs."""
    folder, body = tmp_path / "home", tmp_path / "body.pdf"
    body.write_bytes(b"%PDF-1.7")
    assert run(["init", str(folder), "--origin", ORIGIN]) == 0
    for words, _ in lines(STORY):
        call = [str(body) if word == "FILE" else word for word in words]
        assert run(["--home", str(folder), *call]) == 0, capsys.readouterr().err
    with opened(folder) as (log, disclosures):
        projections = Projections(folder / "projections", log, disclosures)
        projections.follow()
        with closing(Reader(projections.folder)) as reader:
            made = made_from(log, disclosures, reader, signed=[])
    # Commands came in by the clock of the machine; the tree was signed at noon of another day.
    late = Made(
        entries=made.entries,
        openings=made.openings,
        counts=made.counts,
        signed=((len(made.entries), int(timedelta(days=36_500) / timedelta(minutes=1))),),
    )
    assert NOON.year + 90 < 2200
    assert verified(late.files(), tmp_path).found == ()


# --- how it is called ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [
        ["nowhere.zip", "--vkey", str(KEY.verifier)],
        ["bundle.zip"],
        ["bundle.zip", "--vkey", "nobody"],
        ["bundle.zip", "--vkey", str(KEY.verifier).replace("+", "+0", 1)],
        ["bundle.zip", "--vkey", str(KEY.verifier), "--expect", "12"],
        ["bundle.zip", "--vkey", str(KEY.verifier), "--against", "nowhere"],
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(words: list[str], files: dict[str, bytes], tmp_path: Path) -> None:
    verified(files, tmp_path)

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *words], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_findings_are_in_chinese_or_in_english(files: dict[str, bytes], tmp_path: Path) -> None:
    without = {name: raw for name, raw in files.items() if name != "openings.jsonl"}
    assert "缺少文件 openings.jsonl。" in verified(without, tmp_path, "--lang", "zh").out
    assert "The file openings.jsonl is missing." in verified(without, tmp_path).out


# --- what it is made of -------------------------------------------------------------------------------------------------
def test_it_imports_the_standard_library_alone() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= sys.stdlib_module_names


def test_its_tables_are_those_of_the_archive(script: ModuleType) -> None:
    cleared = {event.TYPE: set(event.CLEARS) for event in TABLE.values() if event.CLEARS}
    assert {kind: set(fields) for kind, fields in script.CLEARS.items()} == cleared
    assert {(kind, "text") for kind in script.NEVER_ABSENT} == NEVER_ABSENT
    assert script.HIDING == HIDING


# --- Ed25519 ------------------------------------------------------------------------------------------------------------
RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
            "24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
            "eb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
            "dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17"
            "ad9bef1177331a704"
        ),
    ),
}


@pytest.mark.parametrize("name", RFC_8032)
def test_the_vectors_of_rfc_8032_hold(script: ModuleType, name: str) -> None:
    public, message, signature = RFC_8032[name]
    key, raw = bytes.fromhex(public), bytes.fromhex(signature)
    assert script.is_signed(key, message, raw)
    assert not script.is_signed(key, message + b"\x00", raw)
    # S + L would be a second signature of the same text (section 5.1.7: S in the range 0 <= s < L).
    s = int.from_bytes(raw[32:], "little") + script.L
    assert not script.is_signed(key, message, raw[:32] + s.to_bytes(32, "little"))


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100), bit=st.integers(0, 96 * 8 - 1))
def test_signatures_of_another_implementation_hold_and_no_bit_may_change(
    script: ModuleType, seed: bytes, message: bytes, bit: int
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signed = private.public_key().public_bytes_raw() + private.sign(message)
    assert script.is_signed(signed[:32], message, signed[32:])
    flipped = bytearray(signed)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not script.is_signed(bytes(flipped[:32]), message, bytes(flipped[32:]))


@pytest.mark.parametrize("key", [b"\xff" * 32, bytes(31), (2).to_bytes(32, "little"), b"\x01" + bytes(30) + b"\x80"])
def test_what_is_no_point_signs_nothing(script: ModuleType, key: bytes) -> None:
    """Y >= p, too short, not on the curve, and x = 0 with a sign (section 5.1.3)."""
    assert not script.is_signed(key, b"", bytes(64))


def test_a_checkpoint_that_another_log_published_holds(script: ModuleType, tmp_path: Path) -> None:
    text, signatures = script.parse_note(PUBLISHED)
    key = script.parse_key(PUBLISHED_KEY)
    ours = [raw for name, key_id, raw in signatures if (name, key_id) == (key.name, key.key_id)]
    assert [script.is_signed(key.public, text, raw) for raw in ours] == [True]
    checkpoint = script.parse_checkpoint(text)
    assert b64encode(checkpoint.root) in PUBLISHED


def test_what_is_in_an_entry_looks_like_a_code(script: ModuleType) -> None:
    said: Callable[..., str | None] = script.free_text
    assert said({"a": ["x-1", "2018-03-14", "s1:" + "A" * 43, 7, True]}, "entry") is None
    for text in ("", "张三", "Zhang San", "a" * 129, "a\n", "-"):
        assert said({"a": ["x", {"b": text}]}, "entry") == "entry.a.1.b"
