"""Folds in a process of its own, in batches and parts so small that a few entries make many: `folding.py HOME follow|rebuild`.

The program commits a rebuild after a quarter of a million entries, and follows in batches of thousands.
"""

import sys
from pathlib import Path
from typing import Final
from unittest import mock

from archive.cli import home as homes
from archive.projections import runner
from archive.projections.runner import Projections
from faults.homes import opened

BATCH: Final = 7
PART_ENTRIES: Final = 20


def fold(folder: Path, verb: str) -> None:
    """Follow, or rebuild everything."""
    with opened(folder) as (log, disclosures), mock.patch.object(runner, "_COMMIT_ENTRIES", PART_ENTRIES):
        projections = Projections(folder / homes.PROJECTIONS, log, disclosures)
        if verb == "follow":
            projections.follow(limit=BATCH)
        else:
            projections.rebuild(batch=BATCH)


if __name__ == "__main__":
    fold(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write("done\n")
