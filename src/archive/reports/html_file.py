"""A report as one page of HTML that needs nothing beside itself: no script, no request, fit to be printed.

The tables, the charts, the identities and the source are macros (`templates/parts.html`), which the public site puts on
its own page.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, TypedDict

import jinja2

from archive.reports.layout import grids
from archive.reports.words import WORDS

if TYPE_CHECKING:
    from archive.domain.errors import Language
    from archive.reports.build import Report
    from archive.reports.layout import Grid
    from archive.reports.paper import Paper
    from archive.reports.words import Words

FOLDER: Final = resources.files("archive.reports")


def html_of(paper: Paper, language: Language) -> bytes:
    """The page."""
    page = _environment().get_template("report.html")
    return page.render(**context_of(paper, language), lang=language).encode("utf-8")


def loader() -> jinja2.BaseLoader:
    """Where the macros are, for pages of another room."""
    return jinja2.PackageLoader("archive.reports", "templates")


class Context(TypedDict):
    """What the macros need beside the language."""

    paper: Paper
    report: Report
    grids: list[Grid]
    w: Words


def context_of(paper: Paper, language: Language) -> Context:
    """What the macros need beside the language."""
    return {
        "paper": paper,
        "report": paper.report,
        "grids": grids(paper.report, language),
        "w": WORDS[language],
    }


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=loader(), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (FOLDER / "static" / "report.css").read_text(encoding="utf-8")
    page = (FOLDER / "templates" / "page.css").read_text(encoding="utf-8")
    environment.globals["style"] = page + style
    return environment
