"""`archive vault`: read what is not cleared, with a reason that is recorded; who read it; finish erasures."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.domain.codes import ROLES
from archive.domain.errors import Refused

app = group(
    say(
        "保密库:未公开的文本和个人信息;每次读取都有记录。",
        "The vault: text that is not public, and persons; every read is recorded.",
    )
)
# Why an office looks: its work on the matter, the person's own question (PIPL art. 45), a review, an inspection, a court.
Reason = Literal["handling", "delivery", "fee", "subject-access", "review", "inspection", "court-order"]


@app.command(
    "read",
    cls=Verb,
    help=say(
        "读取一个对象在保密库中的内容;读取前先记下何人、何时、何故。\n\n"
        "示例:archive vault read request-… --field person --reason delivery",
        "Print what the vault holds of a stream; who, when and why is recorded first.\n\n"
        "Example: archive vault read request-… --field person --reason delivery",
    ),
)
def read(
    context: typer.Context,
    stream: Annotated[str, typer.Argument(metavar="STREAM", help=say("对象的编号。", "The id of the stream."))],
    *,
    field: Annotated[
        str,
        typer.Option(metavar="CODE", help=say("类别:person、text 或 link。", "The class: person, text or link.")),
    ],
    reason: Annotated[
        Reason,
        typer.Option(
            metavar="CODE",
            help=say(
                "理由:handling 办理、delivery 送达、fee 收费、subject-access 本人查询、review 审查、inspection 检查、"
                "court-order 法院。",
                "Why: handling, delivery, fee, subject-access, review, inspection, court-order.",
            ),
        ),
    ],
    by: Annotated[
        str, typer.Option(metavar="ROLE", help=say("读取的角色。", "The office that reads."))
    ] = "role:information-officer",
) -> None:
    """Record the read, then print."""
    from archive.log.log import moment_text  # noqa: PLC0415 - help must start without the stores

    if by not in ROLES:
        raise Refused("CMD-008", role=by, roles=", ".join(ROLES))
    with home.vault(context.obj.home) as vault:
        account = pwd.getpwuid(os.getuid()).pw_name
        at = moment_text(datetime.now(UTC))
        kept = vault.read(stream, field, at=at, by=by, account=account, reason=reason)
    values = [{"position": one.position, "seal": one.seal, "value": msgspec.json.decode(one.value)} for one in kept]
    output.result(context.obj, values, [one.value.decode() for one in kept])


@app.command(
    "reads",
    cls=Verb,
    help=say("列出读取记录。", "Print who read what, when and why."),
)
def reads(
    context: typer.Context,
    *,
    stream: Annotated[
        str | None, typer.Option(metavar="ID", help=say("只列出此对象的。", "Only those of this stream."))
    ] = None,
) -> None:
    """Print the recorded reads."""
    with home.vault(context.obj.home) as vault:
        rows = vault.reads(stream=stream)
    heads = [
        say("时间", "at"),
        say("角色", "by"),
        say("帐户", "account"),
        say("理由", "reason"),
        say("对象", "stream"),
        say("类别", "field"),
        say("条数", "found"),
    ]
    lines = output.table(heads, [row[1:] for row in rows])
    output.result(context.obj, [row._asdict() for row in rows], lines)


@app.command(
    "sweep",
    cls=Verb,
    help=say(
        "完成尚未完成的删除:销毁各库中已删除的内容。", "Finish erasures: destroy what was erased wherever it still is."
    ),
)
def sweep(context: typer.Context) -> None:
    """Finish what an erasure began."""
    done = home.finish_erasures(context.obj.home)
    output.result(
        context.obj, {"finished": done}, [say(f"已完成 {len(done)} 项删除。", f"Erasures finished: {len(done)}.")]
    )
