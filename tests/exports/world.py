"""A small archive with every kind of text that an export must handle, told through the command line's own home."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.cli import home as homes
from archive.domain.erasures import Erase
from archive.exports.catalogue import Format, Manifest, export_catalogue
from archive.projections.catalogue import ItemFilter
from archive.projections.runner import Reader
from faults.homes import opened, told_home, writing
from stories import Clerk, a_bureau, a_published_item, an_updated_item, item_id

# What begins a formula, and what only looks as if it had been made harmless already.
FORMULAS = (
    '=HYPERLINK("https://x.example","按此")',
    "+86 715 000",
    "-2+3",
    "@SUM(A1:A9)",
    "＝1＋1",
    "'引号",
    '含有,逗号与"引号"',
    "两行\n的标题",
    "007",
    "2018-03-05",
)
FIRST_FORMULA = 10
ERASED, HIDDEN, UPDATED = item_id(1), item_id(2), item_id(3)


def a_home(folder: Path) -> Path:
    """Items with such titles; one whose text was erased, one withdrawn for privacy, one with a newer text."""
    clerk = Clerk()
    story = [*a_bureau(clerk), *a_published_item(clerk, ERASED), *a_published_item(clerk, HIDDEN)]
    story += an_updated_item(clerk, UPDATED)
    for number, title in enumerate(FORMULAS, FIRST_FORMULA):
        story += a_published_item(clerk, item_id(number), title=title)
    story.append(clerk.withdraw(HIDDEN, on="2018-07-02", ground="personal-privacy"))
    told_home(folder, story)
    with writing(folder) as writer:
        writer.handle(Erase(id="e" * 32, by="role:administrator", stream=ERASED, field="text", basis="pipl-47-3"))
    with homes.writer(folder):
        # Whoever opens it next finishes what the erasure left to be destroyed.
        pass
    return folder


@contextmanager
def exporting(folder: Path) -> Iterator[Callable[..., Manifest]]:
    """A function that exports from this home, in this process."""
    with opened(folder) as (log, disclosures):
        projections = homes.projections(folder, log, disclosures)
        projections.follow()
        reader = Reader(projections.folder)
        try:

            def export(path: Path, form: Format, where: ItemFilter | None = None, **asked: Any) -> Manifest:  # noqa: ANN401 - Any: what `export_catalogue` takes
                return export_catalogue(log, reader, path, form=form, where=where or ItemFilter(), **asked)

            yield export
        finally:
            reader.close()
