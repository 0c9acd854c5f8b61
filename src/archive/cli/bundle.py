"""`archive bundle`: all that an auditor needs, in one file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.cli.output import ProgressForm

app = group(say("审计包:一个文件,离线即可核对。", "Bundles: one file that is checked without a network."))


@app.command(
    "create",
    cls=Verb,
    help=say(
        "把到最新检查点为止的全部公开内容写成一个 zip 文件,用 scripts/verify_bundle.py 核对。\n\n"
        "示例:archive bundle create 2018.zip",
        "Write all that is public up to the newest checkpoint into one zip file; scripts/verify_bundle.py checks it.\n\n"
        "Example: archive bundle create 2018.zip",
    ),
)
def create(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help=say("新的文件。", "A new file."))],
    *,
    progress: Annotated[
        ProgressForm, typer.Option("--progress", metavar="bar|json", help=say("进度的形式。", "How progress is shown."))
    ] = "bar",
) -> None:
    """Write the bundle."""
    from archive.bundle.create import create_bundle  # noqa: PLC0415 - help must start without the stores
    from archive.projections.runner import Reader  # noqa: PLC0415 - help must start without the stores

    folder = context.obj.home
    with (
        home.stores(folder, read_only=True) as (log, disclosures),
        home.checkpoints(folder, read_only=True) as checkpoints,
        closing(Reader(folder / home.PROJECTIONS)) as reader,
        reader.reading() as reading,
        output.progress(context.obj, task="bundle", form=progress) as advance,
    ):
        stored = create_bundle(log, disclosures, reading, checkpoints, file, progress=advance)
    output.result(
        context.obj,
        {"file": str(file), "size": stored.size},
        [say(f"已写入 {file}:{stored.size} 个条目。", f"Wrote {file}: {stored.size} entries.")],
    )
