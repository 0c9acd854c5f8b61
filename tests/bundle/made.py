"""A bundle made here, part by part, from a small archive; each part can be changed, and the tree signed again or not."""

import json
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from archive.disclosures.openings import Disclosures
from archive.domain.events import TABLE
from archive.log.log import Log
from archive.merkle.checkpoint import Checkpoint, print_checkpoint
from archive.merkle.note import SignerKey, signed_note
from archive.merkle.tiles import WIDTH, bundles_of, encode_bundle, grow, tiles_of
from archive.merkle.tree import leaf_row, root_of
from archive.projections import catalogue, tallies
from archive.projections.measures import Dimension
from archive.projections.runner import Reader
from stories import NOON, ORIGIN

SCRIPT: Final = Path(__file__).resolve().parents[2] / "scripts" / "verify_bundle.py"
KEY: Final = SignerKey(ORIGIN, bytes(range(32)))
OTHER_KEY: Final = SignerKey(ORIGIN, bytes(range(1, 33)))
Json = dict[str, Any]  # Any: a line of JSON as an auditor parses it
DIVISIONS: Final[tuple[tuple[Dimension | None, str | None], ...]] = (
    (None, None),
    ("MONTH", None),
    ("CHANNEL", None),
    ("SECTION", None),
    ("AGENCY", None),
    ("APPLICANT_KIND", None),
    ("THEME", None),
    ("CATEGORY", "genre"),
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a bundle is made of. `signed`: the sizes at which the tree was signed, and minutes after noon."""

    entries: tuple[bytes, ...]
    openings: tuple[Json, ...]
    counts: tuple[Json, ...]
    signed: tuple[tuple[int, int], ...]
    origin: str = ORIGIN
    key: SignerKey = field(default=KEY, compare=False)

    def entry(self, position: int) -> Any:  # noqa: ANN401 - Any: JSON of every shape
        return json.loads(self.entries[position - 1])

    def with_entry(self, position: int, entry: Json | bytes) -> "Made":
        """Another entry at a position, in canonical bytes, as an owner could write it."""
        raw = entry if isinstance(entry, bytes) else canonical(entry)
        return replace(self, entries=(*self.entries[: position - 1], raw, *self.entries[position:]))

    def note(self, size: int) -> bytes:
        root = root_of(leaf_row(self.entries[:size]))
        return signed_note(print_checkpoint(Checkpoint(self.origin, size, root)), [self.key])

    def head(self, size: int) -> str:
        return f"{size} {b64encode(root_of(leaf_row(self.entries[:size]))).decode()}"

    def files(self) -> dict[str, bytes]:
        """The files of the bundle."""
        size = len(self.entries)
        found = {
            "README.md": b"how to check",
            "checkpoint": self.note(size),
            "checkpoints.jsonl": b"".join(self._listed(*one) for one in self.signed),
            "openings.jsonl": b"".join(line(one) for one in self.openings),
            "rules/events.json": json.dumps(
                {f"{kind}.v{version}": {"clears": list(event.CLEARS)} for (kind, version), event in TABLE.items()}
            ).encode(),
            "answers/counts.json": json.dumps(list(self.counts)).encode(),
        }
        for bundle in bundles_of(size):
            first = bundle.number * WIDTH
            found[bundle.path] = encode_bundle(self.entries[first : first + bundle.width])
        grown = grow(0, [], leaf_row(self.entries))
        rows = {(tile.level, tile.number): hashes for tile, hashes in grown.full}
        for tile in tiles_of(size):
            found[tile.path] = rows[tile.level, tile.number] if tile.width == WIDTH else grown.edge[tile.level]
        return found

    def _listed(self, size: int, minutes: int) -> bytes:
        root = root_of(leaf_row(self.entries[:size]))
        at = (NOON + timedelta(minutes=minutes)).strftime(
            "%Y-%m-%dT%H:%M:%S.866Z" if size % 2 else "%Y-%m-%dT%H:%M:%SZ"
        )
        return line({"size": size, "root": b64encode(root).decode(), "signedAt": at, "note": self.note(size).decode()})


def canonical(entry: Json) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def made_from(log: Log, disclosures: Disclosures, reader: Reader, *, signed: Sequence[tuple[int, int]]) -> Made:
    """The bundle of an archive at its head."""
    head = log.head()
    with reader.reading() as reading:
        assert reading.head == head
        return Made(
            entries=tuple(row.entry for row in log.rows(after=0, limit=head)),
            openings=tuple(_openings(log, disclosures, catalogue.hidden(reading.db))),
            counts=tuple(
                {"year": row.year, "measure": row.measure, "value": row.value, "by": dict(row.dimensions)}
                | ({"scheme": scheme} if scheme else {})
                for by, scheme in DIVISIONS
                for row in tallies.counts(
                    reading.db,
                    as_of=head,
                    years=tallies.years(reading.db, as_of=head),
                    by=[by] if by else [],
                    scheme=scheme,
                )
            ),
            signed=(*signed, (head, 120)),
        )


def _openings(log: Log, disclosures: Disclosures, hidden: set[str]) -> Iterator[Json]:
    head = log.head()
    kept = {opening.seal: (position, opening) for position, opening in disclosures.between(1, head)}
    told = set()
    for row in log.rows(after=0, limit=head):
        entry = json.loads(row.entry)
        for name, sealed in entry["seals"].items():
            about = {"position": row.position, "field": name, "seal": sealed}
            position, opening = kept.get(sealed, (0, None))
            erased = disclosures.tombstones([sealed])
            if erased and sealed not in told:
                yield about | {"erasedAt": erased[sealed]}
            elif position == row.position and opening is not None and entry["stream"] not in hidden:
                yield about | {"salt": opening.salt.hex(), "value": opening.value.decode()}
            told.add(sealed)


# --- checked ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How the script ended, its findings as (position, code), and all that it printed."""

    code: int
    found: tuple[tuple[str, str], ...]
    out: str
    err: str

    @property
    def codes(self) -> set[str]:
        return {code for _, code in self.found}


def verified(
    bundle: dict[str, bytes] | Path, folder: Path, *words: str, key: str = str(KEY.verifier), zipped: bool = True
) -> Verdict:
    """What the script says of a bundle, as a stranger runs it: alone, without any package."""
    if isinstance(bundle, Path):
        path = bundle
    elif zipped:
        path = folder / "bundle.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in bundle.items():
                file.writestr(name, content)
    else:
        path = folder / "bundle"
        shutil.rmtree(path, ignore_errors=True)
        for name, content in bundle.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path), "--vkey", key, "--lang", "en", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    found = tuple(
        (line[1 : line.index("]")], line.split("] ")[1].split(":")[0])
        for line in done.stdout.splitlines()
        if line.startswith("[")
    )
    return Verdict(code=done.returncode, found=found, out=done.stdout, err=done.stderr)
