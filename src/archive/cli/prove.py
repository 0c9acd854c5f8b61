"""`archive prove`: what anybody can check without asking us again."""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.domain.errors import Refused

app = group(say("证明:任何人都能自行核对的凭据。", "Proofs: receipts that anybody can check without asking again."))

_POSITION = typer.Argument(metavar="POSITION", min=1, help=say("条目的位置。", "The position of the entry."))


@app.command(
    "inclusion",
    cls=Verb,
    help=say(
        "证明条目在已签署的日志中;输出 tlog-proof 文件。\n\n示例:archive prove inclusion 100 > 100.tlog-proof",
        "Prove that an entry is in the signed log; prints a tlog-proof file.\n\n"
        "Example: archive prove inclusion 100 > 100.tlog-proof",
    ),
)
def inclusion(context: typer.Context, position: Annotated[int, _POSITION]) -> None:
    """Print a proof file."""
    from archive.projections.proofs import receipt  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    with home.checkpoints(context.obj.home, read_only=True) as checkpoints:
        stored = checkpoints.last()
    if stored is None or stored.size < position:
        raise Refused("NTY-008", position=position, published=0 if stored is None else stored.size)
    with Reader(context.obj.home / home.PROJECTIONS).reading() as reading:
        raw = receipt(reading.db, position, size=stored.size, note=stored.note)
    output.result(
        context.obj,
        {"position": position, "treeSize": stored.size, "proof": raw.decode()},
        raw.decode().removesuffix("\n").split("\n"),
    )


@app.command(
    "publication",
    cls=Verb,
    help=say(
        "把一条信息的公开凭据写入新文件夹:公开和放行它的条目、证明、检查点,以及打开封签的盐和文本。\n\n"
        "示例:archive prove publication item-0a… receipt",
        "Write the receipt of a publication into a new folder: the entries that showed and that cleared the text, their "
        "proofs, the checkpoint, and what opens the seal.\n\nExample: archive prove publication item-0a… receipt",
    ),
)
def publication(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help=say("信息的编号。", "The id of the item."))],
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help=say("新文件夹。", "A new folder."))],
) -> None:
    """Write a receipt."""
    from archive.bundle.publication import publication as prove  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    if re.fullmatch("item-[0-9a-f]{32}", item) is None:
        raise Refused("USG-002", id="item-…")
    with (
        home.stores(context.obj.home, read_only=True) as (log, disclosures),
        home.checkpoints(context.obj.home, read_only=True) as checkpoints,
        closing(Reader(context.obj.home / home.PROJECTIONS)) as reader,
    ):
        stored = checkpoints.last()
        if stored is None:
            raise Refused("PRV-001", item=item, published=0)
        with reader.reading() as reading:
            made = prove(log, disclosures, reading, stored, item)
    try:
        folder.mkdir(parents=True)
        for name, raw in made.files.items():
            (folder / name).write_bytes(raw)
    except FileExistsError:
        raise Refused("LOG-010", path=folder) from None
    except OSError:
        raise Refused("LOG-002", path=folder) from None
    output.result(
        context.obj,
        {
            "item": item,
            "shown": made.shown,
            "cleared": made.cleared,
            "treeSize": stored.size,
            "files": sorted(made.files),
        },
        [
            say(
                f"{item}:位置 {made.cleared} 放行,位置 {made.shown} 公开,检查点大小 {stored.size}。",
                f"{item}: cleared at position {made.cleared}, shown at {made.shown}, under the checkpoint of {stored.size}.",
            ),
            say(f"已写入 {folder}:{'、'.join(sorted(made.files))}", f"Wrote {folder}: {', '.join(sorted(made.files))}"),
        ],
    )


@app.command(
    "consistency",
    cls=Verb,
    help=say(
        "证明较大的日志由较小的延续而来;一行一个哈希。\n\n示例:archive prove consistency 100 700",
        "Prove that the larger log goes on from the smaller one; one hash a line.\n\n"
        "Example: archive prove consistency 100 700",
    ),
)
def consistency(
    context: typer.Context,
    old: Annotated[int, typer.Argument(metavar="FROM", min=0, help=say("较小的大小。", "The smaller size."))],
    new: Annotated[int, typer.Argument(metavar="TO", min=0, help=say("较大的大小。", "The larger size."))],
) -> None:
    """Print roots and hashes."""
    from archive.projections import tree  # noqa: PLC0415 - help must start without the stores
    from archive.projections.proofs import Prover  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    with home.checkpoints(context.obj.home, read_only=True) as checkpoints:
        published = checkpoints.published()
    if not old <= new <= published:
        raise Refused("NTY-008", position=max(old, new), published=published)
    with Reader(context.obj.home / home.PROJECTIONS).reading() as reading:
        proof = _encoded(Prover(reading.db).consistency(old, new))
        roots = _encoded([tree.root(reading.db, old), tree.root(reading.db, new)])
    output.result(
        context.obj,
        {"from": old, "to": new, "fromRoot": roots[0], "toRoot": roots[1], "path": proof},
        [f"{old} {roots[0]}", f"{new} {roots[1]}", *proof],
    )


def _encoded(hashes: list[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in hashes]
