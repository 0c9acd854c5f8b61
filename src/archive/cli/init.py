"""`archive init`: a new archive in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import home, output
from archive.cli.language import say

HELP = say(
    "新建档案。\n\n示例:archive init /srv/archive --origin xianan.example/fgj",
    "Make a new archive.\n\nExample: archive init /srv/archive --origin xianan.example/fgj",
)


def init(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", readable=False, help=say("空文件夹,或尚不存在。", "An empty or new folder.")),
    ],
    *,
    origin: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=say(
                "日志的名称,如 机构域名/局名;不可更改。", "The log's name, such as domain/bureau; it never changes."
            ),
        ),
    ],
    notary: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help=say(
                "公证文件夹,存放签名密钥;相对于档案文件夹,缺省为其旁的 <名称>.notary。请勿与档案一同备份。",
                "The notary's folder, where the signer key is; relative to DIR, or beside it as <name>.notary unless "
                "given. Do not back it up together with the archive.",
            ),
        ),
    ] = "",
) -> None:
    """Make the folder, its stores, its notary and its settings."""
    home.create(folder, origin=origin, notary=notary)
    (vkey,) = home.signer(folder).verifiers()
    output.result(
        context.obj,
        {"home": str(folder), "origin": origin, "vkey": str(vkey)},
        [
            say(f"已新建:{folder}({origin})", f"Made {folder} ({origin})"),
            say(f"验证密钥,请印在年报等处:{vkey}", f"The verifier key, to be printed elsewhere: {vkey}"),
        ],
    )
