"""What the command line prints: results on stdout, progress and errors on stderr; as text or as JSON."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archive.cli.language import LANGUAGE, say
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.domain.errors import ArchiveError

ProgressForm = Literal["bar", "json"]


@dataclass(slots=True, kw_only=True)
class Options:
    """What was asked for before the noun."""

    home: Path
    json: bool = False
    quiet: bool = False


def result(
    options: Options,
    value: dict[str, Any] | list[Any],  # Any: JSON of every shape
    lines: Sequence[str],
) -> None:
    """Print a result: one JSON document with `--json`, otherwise lines of text. `Refused` OUT-001, `BrokenPipeError`."""
    text = json.dumps(value, ensure_ascii=False) + "\n" if options.json else "".join(f"{line}\n" for line in lines)
    _print(text)


def finish() -> None:
    """What was printed by others (help, the version) has been taken by the system as well."""
    _print("")


def _print(text: str) -> None:
    if sys.stdout is None:
        return  # closed by whoever started us, who wants to hear nothing
    try:
        if text:
            sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What was not taken waits in the buffer, and would fail once more when the interpreter ends.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
        if isinstance(error, BrokenPipeError):
            raise
        raise Refused("OUT-001") from None


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table. Widths count a Chinese character as two columns."""
    cells = [tuple(headings), *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def error(problem: ArchiveError, *, as_json: bool) -> None:
    """Print an error: code, one sentence, the next step, and what to add when the command is sent again."""
    said = described(problem)
    if as_json:
        diagnostic(json.dumps({"error": said}, ensure_ascii=False))
    else:
        diagnostic(f"[{said['code']}] {said['message']}\n  → {said['next']}")
        if "again" in said:
            diagnostic(say(f"  → 重发时请加:{said['again']}", f"  → When sending it again, add: {said['again']}"))


def described(problem: ArchiveError) -> dict[str, str]:
    """An error as JSON: code, sentence, next step; the field, and the words that make it the same command again."""
    said = {"code": problem.code, "message": problem.sentence(LANGUAGE), "next": problem.next_step(LANGUAGE)}
    field = problem.facts.get("field")
    if isinstance(field, str):
        said["field"] = field
    notes: list[str] = getattr(problem, "__notes__", [])
    if notes:
        said["again"] = " ".join(notes)
    return said


def note(options: Options, zh: str, en: str) -> None:
    """A line for the person who waits."""
    if not options.quiet:
        diagnostic(say(zh, en))


def diagnostic(text: str) -> None:
    """Lines on stderr. Where it cannot be written to, there is nobody left to tell, and the work goes on."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


@contextmanager
def progress(
    options: Options, *, task: str, form: ProgressForm, total: int | None = None
) -> Iterator[Callable[[int], None]]:
    """A function to call with how much is done: a bar on a terminal, a JSON line a step with `form="json"`."""
    if form == "json":
        yield lambda done: diagnostic(json.dumps({"task": task, "done": done, "total": total}, ensure_ascii=False))
    elif options.quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
    else:
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.progress import Progress  # noqa: PLC0415 - only a terminal needs it

        with Progress(console=Console(stderr=True), transient=True) as bar:
            one = bar.add_task(task, total=total)
            yield lambda done: bar.update(one, completed=done)


def width_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    from unicodedata import east_asian_width  # noqa: PLC0415 - tables and help only

    return 2 if east_asian_width(character) in "WF" else 1
