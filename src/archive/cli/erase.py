"""`archive erase`: erase a class of text of one stream, everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from archive.cli import verbs
from archive.cli.language import say
from archive.domain.erasures import Basis

HELP = say(
    "删除一个对象的一类文本:记入日志,然后销毁公开库、保密库和投影中的内容。\n\n"
    "示例:archive erase item-… --field text --basis pipl-47-3",
    "Erase one class of text of a stream: it is recorded, then destroyed in openings, vault and projections.\n\n"
    "Example: archive erase item-… --field text --basis pipl-47-3",
)


def erase(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    stream: Annotated[str, typer.Argument(metavar="STREAM", help=say("对象的编号。", "The id of the stream."))],
    *,
    field: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help=say("文本的类别:text 正文、link 链接、person 个人。", "The class of text: text, link or person."),
        ),
    ],
    basis: Annotated[
        Basis,
        typer.Option(
            metavar="CODE",
            help=say(
                "依据:pipl-47-1 至 pipl-47-5 个人信息保护法第四十七条各项、state-secrets-34 保密法第三十四条、"
                "penalty-48 行政处罚法第四十八条、court-order 法院裁判。",
                "Why: pipl-47-1 to pipl-47-5 (PIPL art. 47), state-secrets-34 (Secrets Law art. 34), "
                "penalty-48 (Penalties Law art. 48), court-order.",
            ),
        ),
    ],
    id: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(
            metavar="ID",
            help=say(
                "命令编号,32 位十六进制,重发时须相同;默认随机。",
                "The command's id, 32 hexadecimal digits, kept when sent again; random by default.",
            ),
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="ROLE", help=say("办理的角色。", "The office that acts."))
    ] = "role:administrator",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("只检查,不写入。", "Check only; write nothing."))
    ] = False,
) -> None:
    """Record the erasure; the writer's end destroys."""
    wish = {
        "command": "erase",
        "id": id or verbs.drawn_id(),
        "by": by,
        "stream": stream,
        "field": field,
        "basis": basis,
    }
    drawn = [] if id else [("--id", str(wish["id"]))]
    verbs.send(context.obj, wish, stream=stream, drawn=drawn, dry_run=dry_run)
