"""What a stranger's 8 KB cost: processor time of each attack in tests/web/attacks.py, posted to the site in one process.

Each is posted anew every time (a comment makes another document of it), so that nothing that is kept helps.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from archive.api.reads import Sources
from archive.cli import home
from archive.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from web.attacks import ATTACKS

HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}


def measure(place: Path, rounds: int) -> dict[str, object]:
    """Milliseconds of processor time of each attack, the median of the rounds; the dearest first."""
    found: dict[str, list[float]] = {name: [] for name in ATTACKS}
    status: dict[str, int] = {}
    with home.stores(place, read_only=True) as (log, disclosures):
        sources = Sources(log=log, disclosures=disclosures, projections=place / "projections")
        with TestClient(create_app(sources, origin=log.origin)) as site:
            floor = statistics.median(_milliseconds(site, b'{"query":"{archive{position}}"}')[0] for _ in range(200))
            for number in range(rounds):
                for name, body in _anew(number):
                    taken, status[name] = _milliseconds(site, body)
                    found[name].append(taken)
    medians = {name: round(max(statistics.median(taken) - floor, 0.0), 1) for name, taken in found.items()}
    return {
        "rounds": rounds,
        "smallest_request_ms": round(floor, 2),
        "ms": dict(sorted(medians.items(), key=lambda one: -one[1])),
        "status": status,
    }


def _anew(number: int) -> Iterator[tuple[str, bytes]]:
    for name, body in ATTACKS.items():
        yield name, body.replace(b'"query":"', b'"query":"#%d\\n' % number, 1)


def _milliseconds(site: TestClient, body: bytes) -> tuple[float, int]:
    began = time.process_time()
    answer = site.post("/graphql", content=body, headers=HEADERS)
    return (time.process_time() - began) * 1_000, answer.status_code
