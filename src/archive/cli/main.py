"""`archive`: what stands before the noun, and how every ending becomes an exit code."""

from __future__ import annotations

import errno
import sys
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from typer.exceptions import TyperException

from archive import __version__
from archive.cli import output, usage
from archive.cli.help import Group, Verb
from archive.cli.language import LANGUAGE, say
from archive.cli.output import Options
from archive.domain.errors import ArchiveError, Exit, Phrase, Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from typer.core import TyperGroup

# The nouns in the order of `--help`, and the module of each.
NOUNS = {
    "init": "init",
    "demo": "demo",
    "serve": "serve",
    "import": "imports",
    "agency": "verbs",
    "item": "verbs",
    "request": "verbs",
    "calendar": "verbs",
    "month": "months",
    "report": "reports",
    "assessment": "verbs",
    "inspection": "verbs",
    "post": "verbs",
    "guide": "verbs",
    "rule": "verbs",
    "place": "verbs",
    "clock": "clock",
    "remedy": "verbs",
    "opinion": "verbs",
    "issue": "verbs",
    "interpretation": "verbs",
    "consultation": "verbs",
    "activity": "verbs",
    "declaration": "verbs",
    "erase": "erase",
    "vault": "vault",
    "projection": "projection",
    "catalogue": "catalogue",
    "log": "log",
    "checkpoint": "checkpoint",
    "prove": "prove",
    "bundle": "bundle",
    "mirror": "mirror",
    "audit": "audit",
    "config": "config",
    "schema": "schema",
}
# What the system says of a file that is none of SQLite's.
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"archive {__version__}\n")
        raise typer.Exit


def options(  # noqa: PLR0913 - the options before the noun
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            readable=False,
            envvar="ARCHIVE_HOME",
            show_default=say("当前文件夹", "the current folder"),
            help=say("档案文件夹。", "The folder of the archive."),
        ),
    ] = Path(),
    *,
    json: Annotated[bool, typer.Option("--json", help=say("结果以 JSON 输出。", "Print results as JSON."))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=say("不显示进度。", "Print no progress."))] = False,
    lang: Annotated[  # noqa: ARG001 - read before the commands are made (cli/language.py)
        Literal["zh", "en"],
        typer.Option(metavar="zh|en", help=say("界面语言。", "The language of this program.")),
    ] = LANGUAGE,
    version: Annotated[  # noqa: ARG001 - its callback prints
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=say("显示版本。", "Print the version.")),
    ] = False,
) -> None:
    """Keep what stands before the noun for the verb."""
    context.obj = Options(home=home, json=json, quiet=quiet)


def command_line(words: Collection[str] = ()) -> TyperGroup:
    """The nouns that stand among the words typed; with none of them, all. What is not asked for is not loaded."""
    return _tree(tuple(noun for noun in NOUNS if noun in words) or tuple(NOUNS))


@cache
def _tree(nouns: tuple[str, ...]) -> TyperGroup:
    """These nouns with their verbs: nothing in it changes, and who calls `run` many times needs it once."""
    app = typer.Typer(
        cls=Group,
        name="archive",
        rich_markup_mode=None,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
        help=say(
            "政府信息公开档案:只增不改的日志、可重建的投影、公开的查询。\n\n示例:archive demo",
            "An archive of open government information: an append-only log, projections, public queries.\n\n"
            "Example: archive demo",
        ),
    )
    app.callback()(options)
    for noun in nouns:
        _load(app, noun)
    return typer.main.get_group(app)


def _load(app: typer.Typer, noun: str) -> None:
    module = import_module(f"archive.cli.{NOUNS[noun]}")
    if NOUNS[noun] == "verbs":
        app.add_typer(module.NOUNS[noun].app(), name=noun)
    elif hasattr(module, "app"):
        app.add_typer(module.app, name=noun)
    else:
        app.command(noun, cls=Verb, help=module.HELP)(getattr(module, noun))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal does not have must not take away the answer of a command that has happened.
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # the interpreter's own streams
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    as_json = "--json" in arguments
    try:
        ended = command_line(arguments).main(args=arguments, prog_name="archive", standalone_mode=False)
        output.finish()
    except ArchiveError as error:
        output.error(error, as_json=as_json)
        return error.exit
    except TyperException as error:
        page = usage.help_page(error)
        if page is None:
            output.error(usage.refusal(error), as_json=as_json)
        else:
            output.diagnostic(page.rstrip())
        return Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        ended = Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away, which typer answers by leaving: there is nobody left to tell.
        return Exit.INTERNAL
    except OSError as error:
        refused = _of_the_system(error)
        output.error(refused, as_json=as_json)
        return refused.exit
    except Exception as error:  # noqa: BLE001 - the outermost rim: whatever it is becomes a code and an exit
        # Where it happened, without its message: that may repeat what was typed.
        output.diagnostic("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
        output.error(Refused("INT-001", kind=type(error).__name__), as_json=as_json)
        return Exit.INTERNAL
    if ended == Exit.INTERRUPTED:
        output.error(Refused("INT-002"), as_json=as_json)
    return ended if isinstance(ended, int) else Exit.DONE


def _of_the_system(error: OSError) -> Refused:
    """What the system said of a file, as it would be said had SQLite been told."""
    path = error.filename or Phrase("档案文件夹中的文件", "a file of the archive")
    if error.errno in _FULL:
        return Refused("LOG-003", path=path)
    return Refused("LOG-002" if error.errno in _FORBIDDEN else "LOG-008", path=path)
