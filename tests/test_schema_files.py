"""What outsiders rely on equals what the program prints.

If it does not, read the diff as a reader would, then print it again: `archive schema print .`. Released event schemas are
never edited.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.cli.promises import files

ROOT = Path(__file__).parent.parent
PRINTED = files()


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_the_file_equals_what_the_program_prints(name: str) -> None:
    path = ROOT / name
    assert path.exists(), f"{name} is not there: run `archive schema print .`"
    assert path.read_text(encoding="utf-8") == PRINTED[name]


def test_nothing_in_schema_is_printed_by_nobody() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "schema").rglob("*") if path.is_file()}
    assert found <= set(PRINTED)


@pytest.mark.parametrize("name", sorted(name for name in PRINTED if name.endswith(".json")))
def test_a_printed_schema_has_patterns_that_every_validator_reads(name: str) -> None:
    schema = json.loads(PRINTED[name])
    assert schema["additionalProperties"] is False
    assert r"\Z" not in PRINTED[name]
