"""Which errors the source raises, and with which facts: read from the source itself."""

import ast
from dataclasses import dataclass
from pathlib import Path

import archive

SOURCE = Path(archive.__file__).parent


@dataclass(frozen=True, kw_only=True)
class Raised:
    """One place that makes an error: its file and line, the code, the names of the facts it gives."""

    place: str
    code: str
    facts: frozenset[str]


def errors_raised(*files: Path) -> list[Raised]:
    """Every `Refused(…)`, `Corrupt(…)` and `Unsound(…)` with a code written out, in these files or in the whole source."""
    found = []
    for file in files or sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Refused" | "Corrupt" | "ArchiveError" | "Unsound")
                    | ast.Attribute(attr="Refused" | "Corrupt"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    facts = frozenset(keyword.arg or "**" for keyword in node.keywords)
                    place = f"{file.relative_to(SOURCE)}:{node.lineno}"
                    found.append(Raised(place=place, code=code, facts=facts))
                case _:
                    pass
    return found
