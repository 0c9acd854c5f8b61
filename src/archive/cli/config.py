"""`archive config`: the settings in force and where each comes from."""

from __future__ import annotations

import typer

from archive.cli import output, settings
from archive.cli.help import Verb, group
from archive.cli.language import LANGUAGE, say

app = group(say("设置:生效的值,是否正确。", "Settings: what is in force, and whether it is right."))
_SOURCES = {
    "default": say("默认值", "default"),
    "file": settings.FILE,
    "environment": say("环境变量", "environment"),
    "flag": say("选项", "flag"),
}


@app.command("show", cls=Verb, help=say("显示生效的设置及其来源。", "Print the settings in force and their sources."))
def show(context: typer.Context) -> None:
    """Print each setting, its value, its source and what it is for."""
    values = settings.load(context.obj.home)
    output.result(
        context.obj,
        {name: {"value": value.value, "source": value.source} for name, value in values.items()},
        output.table(
            [say("设置", "setting"), say("值", "value"), say("来源", "source"), say("说明", "meaning")],
            [
                (name, value.value, _SOURCES[value.source], getattr(settings.SETTINGS[name], LANGUAGE))
                for name, value in values.items()
            ],
        ),
    )


@app.command(
    "check", cls=Verb, help=say("核对设置;有误时以 2 退出。", "Check the settings; exit 2 when they are wrong.")
)
def check(context: typer.Context) -> None:
    """Read every setting, and the documents that one of them registers, and say that they are right."""
    from archive.api.trusted import read_folder  # noqa: PLC0415 - help must start without the schema

    home = context.obj.home
    documents = settings.documents_folder(home, str(settings.load(home)["documents"].value))
    if documents is not None:
        read_folder(documents)
    output.result(context.obj, {"ok": True}, [say("设置无误。", "The settings are right.")])
