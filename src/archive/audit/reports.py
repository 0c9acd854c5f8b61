"""Filed reports against the log: the root that each version names, and the figures counted again at its position.

Rules
- A figure that nobody counts or declares was typed by whoever filed it: there is nothing to compare it with.
- What a later version corrected was wrong and is said to be so; the figures of the newest version are compared.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, cast

from archive.audit.findings import Finding, finding
from archive.domain.errors import ArchiveError, Refused
from archive.projections import tree
from archive.projections.filings import filings
from archive.projections.runner import Reader
from archive.reports import build
from archive.reports.form import forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.projections.filings import Filing
    from archive.projections.runner import Projections, Reading
    from archive.reports.form import FormName


def check_reports(projections: Projections, *, report: Callable[[Finding], None]) -> int:
    """How many filed versions were compared with the log."""
    with closing(Reader(projections.folder, mapped=False)) as reader:
        try:
            with reader.reading() as reading:
                return sum(_check(reading, one, report=report) for one in filings(reading.db, as_of=reading.head))
        except ArchiveError:
            # Nothing serves, or it cannot be read: that is found where projections are compared.
            return 0


def _check(reading: Reading, filing: Filing, *, report: Callable[[Finding], None]) -> int:
    versions = filing.versions()
    for step in versions:
        assert step.counted_at is not None, "a version has its position"
        if tree.root(reading.db, step.counted_at).hex() != step.root:
            report(finding("AUD-053", step.position, field="root", number=step.number, at=step.counted_at))
    if versions and filing.newest("withdrawn") is None:
        newest = versions[-1]
        assert newest.counted_at is not None, "a version has its position"
        for key, counted in _counted(reading, filing, as_of=newest.counted_at).items():
            filed = newest.cells.get(key, counted)
            if filed != counted:
                report(finding("AUD-054", newest.position, field=key, filed=filed, counted=counted))
    return len(versions)


def _counted(reading: Reading, filing: Filing, *, as_of: int) -> dict[str, int]:
    """The cells that have a number at a position; none where there is no report to be counted."""
    if filing.form not in forms():
        return {}
    form = cast("FormName", filing.form)
    try:
        return build.report(reading, form=form, year=filing.year, as_of=as_of, agency=filing.agency).numbers()
    except Refused:
        return {}
