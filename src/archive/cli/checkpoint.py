"""`archive checkpoint`: what the notary signed, and its keys."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.cli import home, output, settings
from archive.cli.help import Verb, group
from archive.cli.language import LANGUAGE, say
from archive.domain.errors import Corrupt, Refused

if TYPE_CHECKING:
    from archive.checkpoints.store import Stored, Timestamp
    from archive.notary.signer import Signer

app = group(
    say("检查点:公证人签署的日志大小与树根。", "Checkpoints: the sizes and roots of the log that the notary signed.")
)


@app.command(
    "sign",
    cls=Verb,
    help=say(
        "更新投影并签署到最新位置;不是由上次签署延续而来的,不予签署,退出码为 4。\n\n示例:archive checkpoint sign",
        "Fold what is new and have it signed; what does not go on from what was signed last is not signed, exit 4.\n\n"
        "Example: archive checkpoint sign",
    ),
)
def sign(context: typer.Context) -> None:
    """Sign the head of the log."""
    folder = context.obj.home
    silent: list[Refused] = []
    with home.stores(folder, read_only=True) as (log, disclosures), home.checkpoints(folder) as checkpoints:
        home.projections(folder, log, disclosures).follow()
        stored = home.publisher(folder, log, checkpoints, tell=silent.append)()
        stamp = checkpoints.timestamp_of(stored.number)
    # Who did not sign takes nothing from who did: the checkpoint is published, and marked.
    told = [{"code": one.code, "message": one.sentence(LANGUAGE), "next": one.next_step(LANGUAGE)} for one in silent]
    output.result(
        context.obj,
        {**_value(stored, stamp), "unsigned": told},
        [
            say(f"已签署:{_printed(stored)}", f"Signed: {_printed(stored)}"),
            *(f"[{one['code']}] {one['message']}" for one in told),
            *([_quorum(stored)] if stored.quorum is not None else []),
        ],
    )


@app.command(
    "show",
    cls=Verb,
    help=say(
        "显示最新的,或第一个覆盖某位置的检查点原文。\n\n示例:archive checkpoint show --covering 100",
        "Print the newest checkpoint, or the first that covers a position, as it was signed.\n\n"
        "Example: archive checkpoint show --covering 100",
    ),
)
def show(
    context: typer.Context,
    *,
    covering: Annotated[
        int | None, typer.Option(metavar="POSITION", min=0, help=say("要覆盖的位置。", "The position to be covered."))
    ] = None,
    token: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help=say(
                "把其时间戳(RFC 3161)写入文件,供 OpenSSL 核对。",
                "Write its time-stamp (RFC 3161) into a file, for openssl ts -verify.",
            ),
        ),
    ] = None,
) -> None:
    """Print a note, and write its time-stamp where that is asked for."""
    with home.checkpoints(context.obj.home, read_only=True) as checkpoints:
        stored = checkpoints.last() if covering is None else checkpoints.covering(covering)
        if stored is None:
            raise Refused("NTY-008", position=covering or 0, published=checkpoints.published())
        stamp = checkpoints.timestamp_of(stored.number)
    if token is not None:
        if stamp is None:
            raise Refused("NTY-019", number=stored.number)
        try:
            token.write_bytes(stamp.token)
        except OSError:
            raise Refused("LOG-002", path=token) from None
    output.result(context.obj, _value(stored, stamp), stored.note.decode().removesuffix("\n").split("\n"))


@app.command(
    "list",
    cls=Verb,
    help=say("列出每个检查点,先签署的在前。", "List every checkpoint, in the order they were signed."),
)
def list_(
    context: typer.Context,
    *,
    after: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, help=say("从此编号之后。", "Those after this number."))
    ] = 0,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help=say("最多几个。", "How many at most."))
    ] = 100,
) -> None:
    """List checkpoints."""
    with home.checkpoints(context.obj.home, read_only=True) as checkpoints:
        found = [(one, checkpoints.timestamp_of(one.number)) for one in checkpoints.page(after=after, limit=limit)]
    headings = [
        say("编号", "number"),
        say("大小", "size"),
        say("树根", "root"),
        say("签署时刻", "signed at"),
        say("见证", "witnesses"),
        say("时间戳", "time-stamp"),
    ]
    rows = [
        (
            one.number,
            one.size,
            b64encode(one.root).decode(),
            one.signed_at,
            _quorum(one),
            "" if stamp is None else stamp.stamped_at,
        )
        for one, stamp in found
    ]
    output.result(context.obj, [_value(*one) for one in found], output.table(headings, rows))


@app.command(
    "key",
    cls=Verb,
    help=say(
        "显示验证密钥及其签署的范围;请印在年报等本服务器管不到的地方。",
        "Print the verifier keys and what they sign; print them where this server has no say, such as the annual report.",
    ),
)
def key(context: typer.Context) -> None:
    """Print the keys, and the newest checkpoint as a report prints it."""
    with home.checkpoints(context.obj.home, read_only=True) as checkpoints:
        keys, last = checkpoints.key_periods(), checkpoints.last()
    # Before the first checkpoint the signer alone knows.
    vkeys = [one.vkey for one in keys] or [str(one) for one in home.signer(context.obj.home).verifiers()]
    output.result(
        context.obj,
        {
            "keys": [{"vkey": one.vkey, "fromSize": one.from_size, "untilSize": one.until_size} for one in keys],
            "verifiers": vkeys,
            "tree": None if last is None else _printed(last),
        },
        [*vkeys, *([] if last is None else [_printed(last)])],
    )


@app.command(
    "add-key",
    cls=Verb,
    help=say(
        "开始更换密钥:此后每个检查点由新旧两个密钥签署。",
        "Begin a rotation: from now on a new key signs every checkpoint beside the old one.",
    ),
)
def add_key(context: typer.Context) -> None:
    """Begin a rotation."""
    new = _local(context).add_key()
    output.result(context.obj, {"vkey": str(new)}, [str(new)])


@app.command(
    "retire-key",
    cls=Verb,
    help=say(
        "结束更换:销毁一个密钥,以其八位编号指明。\n\n示例:archive checkpoint retire-key 530d903a",
        "End a rotation: destroy one of the two keys, named by its eight digits.\n\n"
        "Example: archive checkpoint retire-key 530d903a",
    ),
)
def retire_key(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="KEY", help=say("密钥的编号。", "The ID of the key."))],
) -> None:
    """End a rotation."""
    gone = _local(context).retire_key(key_id)
    output.result(context.obj, {"retired": str(gone)}, [say(f"已停用:{gone}", f"Retired: {gone}")])


@app.command(
    "adopt",
    cls=Verb,
    help=say(
        "公证人的记忆丢失后,采用外部所知最新的检查点。\n\n示例:archive checkpoint adopt newest.txt",
        "Where the notary's memory is lost, take the newest checkpoint that is known outside.\n\n"
        "Example: archive checkpoint adopt newest.txt",
    ),
)
def adopt(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="NOTE-FILE", exists=True, dir_okay=False, help=say("其原文。", "The note."))
    ],
) -> None:
    """Take a note as the promise."""
    from archive.merkle.refusal import Unsound  # noqa: PLC0415 - help must start without the stores

    try:
        opened = _local(context).adopt(file.read_bytes())
    except Unsound as error:
        raise Corrupt(error.code, **error.facts) from None
    size = opened.checkpoint.size
    output.result(context.obj, {"size": size}, [say(f"已采用大小 {size}。", f"Took the size {size}.")])


@app.command(
    "signer",
    cls=Verb,
    help=say(
        "作为独立进程签署,由套接字接受请求;对外服务的进程不持有密钥。\n\n"
        "示例:archive checkpoint signer --notary /srv/notary --origin xianan.example/fgj --socket /run/archive/notary.sock",
        "Sign as a process of its own, asked through a socket; the process that serves then holds no key.\n\n"
        "Example: archive checkpoint signer --notary /srv/notary --origin xianan.example/fgj "
        "--socket /run/archive/notary.sock",
    ),
)
def signer(
    context: typer.Context,
    *,
    notary: Annotated[
        Path, typer.Option(metavar="DIR", readable=False, help=say("公证文件夹。", "The notary's folder."))
    ],
    origin: Annotated[str, typer.Option(metavar="NAME", help=say("日志的名称。", "The log's name."))],
    socket: Annotated[
        Path, typer.Option(metavar="PATH", readable=False, help=say("套接字的路径。", "The path of the socket."))
    ],
) -> None:
    """Sign until interrupted."""
    from archive.notary.remote import listen  # noqa: PLC0415 - help must start without the stores
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores

    settings.check_origin(origin)
    listen(
        Signer(notary, origin=origin),
        socket,
        ready=lambda: output.result(
            context.obj, {"socket": str(socket)}, [say(f"公证人已就绪:{socket}", f"The notary is ready at {socket}")]
        ),
    )


def _local(context: typer.Context) -> Signer:
    """The signer, whose folder is here. NTY-001: it is behind a socket."""
    from archive.notary.signer import Signer  # noqa: PLC0415 - help must start without the stores

    one = home.signer(context.obj.home)
    if not isinstance(one, Signer):
        raise Refused("NTY-001", path=one.path)
    return one


def _printed(stored: Stored) -> str:
    return f"{stored.size} {b64encode(stored.root).decode()}"


def _quorum(stored: Stored) -> str:
    match stored.quorum:
        case None:
            return say("未请见证人", "none asked")
        case True:
            return say("见证人足够", "enough witnesses")
        case False:
            return say("见证人不足", "too few witnesses")


def _value(stored: Stored, stamp: Timestamp | None) -> dict[str, Any]:  # Any: JSON of every shape
    return {
        "number": stored.number,
        "size": stored.size,
        "root": b64encode(stored.root).decode(),
        "signedAt": stored.signed_at,
        "quorum": stored.quorum,
        "note": stored.note.decode(),
        "stampedAt": None if stamp is None else stamp.stamped_at,
    }
