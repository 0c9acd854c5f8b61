"""What was wrong with the words that were typed: said in our words, and without a word that was typed.

typer tells its mistakes apart by classes that it does not name in public, so they are told apart by what they carry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

from archive.domain.errors import Phrase, Refused

if TYPE_CHECKING:
    from typer.exceptions import TyperException

# What stands before the noun, and is often typed after the verb.
BEFORE_THE_NOUN: Final = ("--home", "--json", "--quiet", "--lang")
_SUGGESTED: Final = re.compile(r"Did you mean (.*)\?\Z")


def refusal(error: TyperException) -> Refused:
    """The error of ours that says what to type instead."""
    context = getattr(error, "ctx", None)
    program = "archive" if context is None else context.command_path
    return Refused("USG-001", problem=_problem(error, context), program=program)


def help_page(error: TyperException) -> str | None:
    """The page of help that a noun without a verb is answered with; None for any other mistake."""
    return error.message if type(error).__name__ == "NoArgsIsHelpError" else None


def _problem(error: TyperException, context: Any) -> Phrase:  # noqa: ANN401 - Any: a context of typer
    parameter = getattr(error, "param", None)
    if parameter is not None:
        return _wrong_value(error, parameter)
    possibilities = getattr(error, "possibilities", ())
    option = getattr(error, "option_name", None)
    if option is None:
        return _wrong_words(error, {} if context is None else getattr(context.command, "commands", {}))
    if not hasattr(error, "possibilities"):
        return Phrase(f"{option} 后面须给出一个值", f"{option} takes a value")
    if option in BEFORE_THE_NOUN:
        call = f"archive {option} log head" if option in {"--json", "--quiet"} else f"archive {option} … log head"
        return Phrase(f"{option} 须写在名词之前,例如 {call}", f"{option} stands before the noun, as in: {call}")
    if possibilities:
        names = ", ".join(sorted(possibilities))
        return Phrase(f"没有这个选项;相近的有 {names}", f"there is no such option; similar ones: {names}")
    return Phrase("没有这个选项", "there is no such option")


def _wrong_value(error: TyperException, parameter: Any) -> Phrase:  # noqa: ANN401 - Any: a parameter of typer
    name = " / ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.metavar
    if type(error).__name__ == "MissingParameter":
        return Phrase(f"缺少 {name}", f"{name} is missing")
    if allowed := _allowed(parameter):
        return Phrase(f"{name} 的值不可用,应为 {allowed}", f"the value of {name} will not do: it is one of {allowed}")
    if parameter.min is not None:
        if parameter.max is None:
            return Phrase(
                f"{name} 应为整数,至少 {parameter.min}", f"{name} is a whole number, at least {parameter.min}"
            )
        return Phrase(
            f"{name} 应为 {parameter.min} 到 {parameter.max} 之间的整数",
            f"{name} is a whole number from {parameter.min} to {parameter.max}",
        )
    if _annotation(parameter) is int:
        return Phrase(f"{name} 应为整数", f"{name} is a whole number")
    return Phrase(
        f"{name} 的值不可用,应为 {parameter.metavar}", f"the value of {name} will not do: it is {parameter.metavar}"
    )


def _annotation(parameter: Any) -> Any:  # noqa: ANN401 - Any: a parameter of typer, and what it parses to
    """The type that a parameter's value is parsed to."""
    annotation = parameter.type_descriptor.annotation
    inner = [one for one in get_args(annotation) if one is not type(None)]
    return inner[0] if type(None) in get_args(annotation) else annotation


def _allowed(parameter: Any) -> str:  # noqa: ANN401 - Any: a parameter of typer
    annotation = _annotation(parameter)
    return ", ".join(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ""


def _wrong_words(error: TyperException, verbs: dict[str, object]) -> Phrase:
    if not verbs:
        return Phrase("后面有多余的词", "there are words too many")
    suggested = _SUGGESTED.search(error.message)
    # typer suggests names of ours; between its quotation marks only these are believed.
    names = [name for name in verbs if suggested and f"'{name}'" in suggested[1]]
    if names:
        return Phrase(
            f"没有这个命令;相近的有 {', '.join(names)}", f"there is no such command; similar: {', '.join(names)}"
        )
    return Phrase(f"应为下列命令之一:{', '.join(verbs)}", f"one of these commands is expected: {', '.join(verbs)}")
