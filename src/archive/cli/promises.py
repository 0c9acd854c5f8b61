"""What outsiders rely on, as the files of `schema/` and `docs/`: printed from the code, compared by a test.

schema/public.graphql   schema/events/<type>.v<n>.json   schema/commands/<command>.json   schema/report.json
schema/report-as-filed.json   schema/month.json   schema/month-notified.json
schema/tables/*.sql     schema/cli.<language>.txt         docs/errors.md   docs/settings.md
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import msgspec

from archive.cli import settings
from archive.domain.codes import ROLES
from archive.domain.commands import EVERY_COMMAND
from archive.domain.errors import CODES
from archive.log.entry import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[str, str]:
    """Path from the project's root -> what stands there."""
    from archive.api.schema import print_sdl  # noqa: PLC0415 - the schema is built only when it is printed

    return {
        "schema/public.graphql": print_sdl(),
        **dict(_events()),
        **dict(_commands()),
        **dict(_tables()),
        "schema/report.json": _report(),
        "schema/report-as-filed.json": _report_as_filed(),
        **_month(),
        **{f"schema/cli.{language}.txt": command_line_help(language) for language in ("zh", "en")},
        "docs/errors.md": _errors(),
        "docs/settings.md": _settings(),
    }


def _events() -> Iterator[tuple[str, str]]:
    for (event_type, version), form in FORMS.items():
        schema = _json_schema(form.envelope, title=f"{event_type}.v{version}", about=form.event.__doc__ or "")
        yield f"schema/events/{event_type}.v{version}.json", schema


def _commands() -> Iterator[tuple[str, str]]:
    for name, command in EVERY_COMMAND.items():
        yield f"schema/commands/{name}.json", _json_schema(command, title=name, about=command.__doc__ or "")


def _report_as_filed() -> str:
    from archive.reports.filed import Filed  # noqa: PLC0415 - printed only here

    return _json_schema(Filed, title="report-as-filed", about=Filed.__doc__ or "")


def _month() -> dict[str, str]:
    from archive.reports.months import Month, Notification  # noqa: PLC0415 - printed only here

    return {
        f"schema/{title}.json": _json_schema(kind, title=title, about=kind.__doc__ or "")
        for title, kind in (("month", Month), ("month-notified", Notification))
    }


def _report() -> str:
    from archive.reports.build import Report  # noqa: PLC0415 - printed only here

    return _json_schema(Report, title="report", about=Report.__doc__ or "")


def _json_schema(type_: type, *, title: str, about: str) -> str:
    (inner,), parts = msgspec.json.schema_components([type_], ref_template="#/$defs/{name}")
    name = inner["$ref"].rpartition("/")[2]
    schema = {"$schema": _DIALECT, "title": title, "description": about.strip(), **parts.pop(name)}
    schema.update({"title": title, "description": about.strip()})
    if title in EVERY_COMMAND:
        schema["properties"]["by"]["enum"] = list(ROLES)
    if parts:
        schema["$defs"] = {key: parts[key] for key in sorted(parts)}
    return json.dumps(_portable(schema), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _portable(value: Any) -> Any:  # noqa: ANN401 - Any: a JSON value, walked whatever its shape
    r"""JSON Schema patterns are ECMA-262 expressions: there the end of the text is `$`, in Python it is `\\Z`."""
    if isinstance(value, dict):
        return {
            key: inner.replace(r"\Z", "$") if key == "pattern" else _portable(inner) for key, inner in value.items()
        }
    return [_portable(inner) for inner in value] if isinstance(value, list) else value


def _tables() -> Iterator[tuple[str, str]]:
    from archive.checkpoints.store import Checkpoints  # noqa: PLC0415 - printed only here
    from archive.disclosures.openings import Disclosures  # noqa: PLC0415 - printed only here
    from archive.projections.runner import tables  # noqa: PLC0415 - printed only here
    from archive.storage.servers import statements as on_a_server  # noqa: PLC0415 - printed only here
    from archive.storage.sqlite import TABLES as LOG  # noqa: PLC0415 - printed only here
    from archive.storage.tables import TABLES as POSTGRES  # noqa: PLC0415 - printed only here
    from archive.vault.store import Vault  # noqa: PLC0415 - printed only here

    stores: dict[str, Sequence[str]] = {"log": LOG, "log.postgresql": POSTGRES, "projections": tables()}
    for one in (Disclosures, Vault, Checkpoints):
        stores |= {one.NAME: one.TABLES, f"{one.NAME}.postgresql": on_a_server(one)}
    for name, statements in stores.items():
        yield (
            f"schema/tables/{name}.sql",
            "".join(f"{statement.strip().replace('{schema}', 'public')};\n" for statement in statements),
        )


def command_line_help(language: str) -> str:
    """`--help` of every command, as a new process in that language prints it."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    program = "from archive.cli.promises import walk_help; walk_help()"
    return subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", program, "--lang", language],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout


def walk_help() -> None:
    """Print the help of every command of this process's language."""
    from archive.cli.main import command_line  # noqa: PLC0415 - printed only here

    root = command_line()

    def walk(command: Any, words: list[str]) -> None:  # noqa: ANN401 - Any: typer does not name the class of its commands
        sys.stdout.write(f"$ {' '.join(['archive', *words, '--help'])}\n")
        root.main(args=[*words, "--help"], prog_name="archive", standalone_mode=False)
        sys.stdout.write("\n")
        for verb, found in getattr(command, "commands", {}).items():
            walk(found, [*words, verb])

    walk(root, [])


def _errors() -> str:
    lines = [
        "# 错误代码 · Error codes",
        "",
        (
            "同一代码用于命令行、GraphQL(`extensions.code`)和导入报告。"
            " The same code is used by the command line, by GraphQL (`extensions.code`) and by import reports."
        ),
        "",
        "| code | exit | 说明与下一步 | sentence and next step |",
        "|---|---|---|---|",
    ]
    for code in sorted(CODES):
        one = CODES[code]
        lines.append(f"| {code} | {int(one.exit)} | {one.zh} {one.zh_next} | {one.en} {one.en_next} |")
    return "\n".join(lines) + "\n"


def _settings() -> str:
    lines = [
        "# 设置 · Settings",
        "",
        (
            "默认值,然后 `archive.toml`,然后环境变量,然后命令行选项。"
            " Defaults, then `archive.toml`, then the environment, then flags. An unknown name is an error."
        ),
        "",
        "| archive.toml | environment | default | 说明 | meaning |",
        "|---|---|---|---|---|",
    ]
    for name, one in settings.SETTINGS.items():
        lines.append(f"| `{name}` | `{settings.variable(name)}` | `{one.default!r}` | {one.zh} | {one.en} |")
    return "\n".join(lines) + "\n"
