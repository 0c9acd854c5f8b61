"""What the command line prints: results on stdout, progress and errors on stderr; as text or as JSON."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.cli.language import LANGUAGE, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from archive.domain.errors import ArchiveError


@dataclass(slots=True, kw_only=True)
class Options:
    """What was asked for before the noun."""

    home: Path
    json: bool = False
    quiet: bool = False


def result(options: Options, value: dict[str, Any] | list[Any], lines: Sequence[str]) -> None:  # Any: JSON
    """Print a result: one JSON document with `--json`, otherwise lines of text."""
    if options.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in lines)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table. Widths count a Chinese character as two columns."""
    cells = [tuple(headings), *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def error(problem: ArchiveError, *, as_json: bool) -> None:
    """Print an error: code, one sentence, the next step."""
    if as_json:
        sys.stderr.write(json.dumps({"error": described(problem)}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"[{problem.code}] {problem.sentence(LANGUAGE)}\n  → {problem.next_step(LANGUAGE)}\n")


def described(problem: ArchiveError) -> dict[str, str]:
    """An error as JSON."""
    return {"code": problem.code, "message": problem.sentence(LANGUAGE), "next": problem.next_step(LANGUAGE)}


def note(options: Options, zh: str, en: str) -> None:
    """A line for the person who waits."""
    if not options.quiet:
        sys.stderr.write(say(zh, en) + "\n")


@contextmanager
def progress(options: Options, *, task: str, form: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A function to call with how much is done: a bar on a terminal, a JSON line a step with `form="json"`."""
    if form == "json":
        yield lambda done: _progress_line(task, done, total)
    elif options.quiet or not sys.stderr.isatty():
        yield lambda _: None
    else:
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.progress import Progress  # noqa: PLC0415 - only a terminal needs it

        with Progress(console=Console(stderr=True), transient=True) as bar:
            one = bar.add_task(task, total=total)
            yield lambda done: bar.update(one, completed=done)


def _progress_line(task: str, done: int, total: int | None) -> None:
    sys.stderr.write(json.dumps({"task": task, "done": done, "total": total}, ensure_ascii=False) + "\n")
    sys.stderr.flush()


def _width(text: str) -> int:
    from unicodedata import east_asian_width  # noqa: PLC0415 - tables only

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
