"""The report in words: sections with sentences whose numbers are cells of the table, and what was written by hand.

Rules
- A number in a sentence is a field, `{requests.received}`: the key of a cell. It is printed as the table prints it, so that
  the two cannot differ. A key that the form does not have is refused; a cell without a number says why it has none.
- Beside keys there are `{year}` and `{agency}` and nothing else: a template computes nothing.
- What is written by hand was sealed with the publication; it stands after the sentences of its section.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import UNSET, Struct

from archive.domain.errors import Refused
from archive.domain.reports import NarrativeText
from archive.reports.form import FormName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.disclosures.openings import Disclosures
    from archive.projections.filings import Filing
    from archive.reports.build import Cell, Report

WrittenPart = Literal["overview", "disclosure", "requests", "remedies", "problems", "other"]
_FIELD: Final = re.compile(r"\{([^{}\n]*)\}")
_WITHOUT: Final = {"not-declared": "（未申报）", "declared-twice": "（重复申报）", "untold": "（无法统计）"}
_TEXT: Final = msgspec.json.Decoder(NarrativeText)


class SectionTemplate(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section: its heading, sentences with fields, and which part of what is written by hand follows them."""

    heading: str
    sentences: list[str]
    written: WrittenPart | None = None


class Template(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The report of a form in words."""

    form: FormName
    title: str
    sections: list[SectionTemplate]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A section with its paragraphs: sentences with numbers first, what is written by hand after them."""

    heading: str
    paragraphs: list[str]
    cells: list[str]


class Narrative(Struct, frozen=True, forbid_unknown_fields=True):
    """A report in words as of a position; `cells` of a section are the keys of the numbers in it, in their order."""

    form: FormName
    year: int
    position: int
    title: str
    sections: list[Section]

    def text(self) -> str:
        """All of it, a paragraph a line."""
        lines = [self.title]
        for section in self.sections:
            lines += ["", section.heading, *section.paragraphs]
        return "\n".join(lines) + "\n"


def template_of(form: FormName) -> Template:
    """The sentences that come with a form."""
    file = resources.files("archive.reports") / "narratives" / f"{form}.toml"
    return parsed(file.read_text(encoding="utf-8"))


def parsed(raw: str) -> Template:
    """A template from a TOML text. `Refused` RPF-015 where it is none."""
    try:
        return msgspec.convert(tomllib.loads(raw), Template)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError):
        raise Refused("RPF-015") from None


def narrative(made: Report, template: Template, written: NarrativeText | None = None) -> Narrative:
    """The report in the words of a template. `Refused` RPF-016 for another form's, RPF-014 for a field that is no cell."""
    if template.form != made.form:
        raise Refused("RPF-016", form=made.form, found=template.form)
    cells = {cell.key: cell for cell in made.cells()}
    names = [one.name or "" for one in made.agencies]
    known = {"year": str(made.year), "agency": names[0] if len(names) == 1 and not made.missing else ""}

    def said(sentence: str) -> str:
        return _FIELD.sub(lambda field: _said(field[1], cells, known, made.form), sentence)

    sections = []
    for section in template.sections:
        by_hand = getattr(written, section.written) if written is not None and section.written is not None else UNSET
        paragraphs = [said(one) for one in section.sentences]
        if by_hand is not UNSET:
            paragraphs += [line for line in by_hand.splitlines() if line.strip()]
        used = [field for one in section.sentences for field in _FIELD.findall(one) if field not in known]
        sections.append(Section(section.heading, paragraphs, used))
    return Narrative(made.form, made.year, made.position, said(template.title), sections)


def _said(key: str, cells: Mapping[str, Cell], known: Mapping[str, str], form: str) -> str:
    if key in known:
        return known[key]
    cell = cells.get(key)
    if cell is None:
        # What is no key may be anything that was typed, and is not repeated.
        named = key if re.fullmatch(r"[a-z0-9_.]{1,80}", key) else "{…}"
        raise Refused("RPF-014", form=form, cell=named)
    return _WITHOUT.get(cell.state, "") if cell.text is None else cell.text


def written_in(filing: Filing, disclosures: Disclosures, *, as_of: int) -> NarrativeText | None:
    """What was written by hand in the newest publication of a report; None where nothing was, or it was erased."""
    published = filing.newest("published")
    if published is None or published.seal is None:
        return None
    opening = disclosures.get([published.seal]).get(published.seal)
    return None if opening is None or opening.cleared > as_of else _TEXT.decode(opening.value)
