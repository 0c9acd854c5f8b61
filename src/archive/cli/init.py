"""`archive init`: a new archive in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import home, output, settings
from archive.cli.language import say
from archive.domain.errors import Refused

HELP = say(
    "新建档案。\n\n示例:archive init /srv/archive --origin xianan.example/fgj",
    "Make a new archive.\n\nExample: archive init /srv/archive --origin xianan.example/fgj",
)


def init(  # noqa: PLR0913 - where the archive is, and where its log is
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
    log: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help=say(
                "日志及各库存于 PostgreSQL:postgresql://角色@主机/数据库,不含密码。",
                "Keep log and stores in PostgreSQL: postgresql://role@host/database, without a password.",
            ),
        ),
    ] = "",
    log_read: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help=say(
                "建立查询节点:从该地址(如从库)读取已有的日志,只提供查询。",
                "Make a query node: it serves the log that is there already, read at this address, such as a replica's.",
            ),
        ),
    ] = "",
    log_owner: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help=say(
                "由该地址的角色建表;--log 的角色此后不能更改日志。不保存。",
                "The role of this address makes the tables, and that of --log cannot change the log. It is not kept.",
            ),
        ),
    ] = "",
    log_reader: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help=say(
                "此后可以读日志、披露和检查点的角色;可重复。",
                "A role that may read log, disclosures and checkpoints from then on; repeatable.",
            ),
        ),
    ] = None,
    log_keeper: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help=say("此外可以读保密库的角色;可重复。", "A role that may read the vault as well; repeatable."),
        ),
    ] = None,
) -> None:
    """Make the folder, its stores, its notary and its settings."""
    if not log and (log_owner or log_reader or log_keeper):
        raise Refused("CFG-003", name="log")
    read = settings.log_address(log_read, name="log_read")
    if read is not None:
        if log or notary:
            raise Refused("CFG-003", name="log_read")
        home.create_node(folder, origin=origin, log_read=read)
        output.result(
            context.obj,
            {"home": str(folder), "origin": origin},
            [say(f"已新建查询节点:{folder}({origin})", f"Made the query node {folder} ({origin})")],
        )
        return
    home.create(
        folder,
        origin=origin,
        notary=notary,
        log=settings.log_address(log),
        roles=home.Roles(settings.log_address(log_owner), tuple(log_reader or ()), tuple(log_keeper or ())),
    )
    (vkey,) = home.signer(folder).verifiers()
    output.result(
        context.obj,
        {"home": str(folder), "origin": origin, "vkey": str(vkey)},
        [
            say(f"已新建:{folder}({origin})", f"Made {folder} ({origin})"),
            say(f"验证密钥,请印在年报等处:{vkey}", f"The verifier key, to be printed elsewhere: {vkey}"),
        ],
    )
