"""Lines of JSON: UTF-8, one object a line with its keys in order, null for what is absent; lists stay lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.json import Encoder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archive.exports.lines import Line


def write_jsonl(path: Path, lines: Iterable[Line]) -> int:
    """Write a file; how many items it holds."""
    count = 0
    encode = Encoder(order="sorted").encode
    with path.open("wb") as file:
        for line in lines:
            file.write(encode(line) + b"\n")
            count += 1
    return count
