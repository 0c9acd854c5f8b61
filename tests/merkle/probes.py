"""The probes of transparency-dev/merkle, from tests/assets/merkle: what was sent, and whether it must be refused."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any, NamedTuple

ASSETS = Path(__file__).resolve().parent.parent / "assets" / "merkle"


class Probe(NamedTuple):
    """One file of the test data."""

    file: str
    refused: bool
    numbers: dict[str, int]
    hashes: dict[str, bytes]
    proof: list[bytes]


def probes(kind: str) -> list[Probe]:
    """All probes of a kind; a test names each by its file."""
    found = []
    for line in (ASSETS / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines():
        read: dict[str, Any] = json.loads(line)  # Any: JSON as the test data have it
        found.append(
            Probe(
                read["file"],
                read["wantErr"],
                {name: value for name, value in read.items() if type(value) is int},
                {name: b64decode(read[name] or "") for name in ("root", "root1", "root2", "leafHash") if name in read},
                [b64decode(one) for one in read["proof"] or []],
            )
        )
    return found
