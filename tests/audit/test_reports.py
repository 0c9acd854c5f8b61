"""Filed reports in an audit: figures and roots are compared with the log that they name."""

from contextlib import closing
from datetime import date, timedelta

import pytest

from archive.audit.check import check
from archive.audit.findings import Finding
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.reports import Cell, CorrectReport, DraftReport, FileReport, SignReport, report_id
from archive.log.log import Log
from archive.merkle.tree import leaf_row, root_of
from archive.projections.runner import Projections, Reader
from archive.reports import build
from stories import AGENCY, Clerk, Clock, Home, a_small_archive, tell

REPORT = report_id(AGENCY, 2018)
TOTAL = "proactive.items_total"


class Filed:
    """An archive in which a report of 2018 is filed with the figures that a test wants."""

    def __init__(self, home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> None:
        self.log, self.disclosures, self.writer = log, disclosures, writer
        self.projections = Projections(home.folder / "projections", log, disclosures)
        tell(writer, a_small_archive(Clerk()))
        self.projections.follow()
        self.position = log.head()
        self.root = root_of(leaf_row(row.entry for row in log.rows(after=0, limit=1_000))).hex()
        self.counted = self._numbers()

    def _numbers(self) -> dict[str, int]:
        with closing(Reader(self.projections.folder)) as reader, reader.reading() as reading:
            return build.report(reading, form="2014", year=2018, agency=AGENCY).numbers()

    def file(self, *, root: str | None = None, **cells: int) -> int:
        """File it; the position of the entry."""
        figures = self.counted | {TOTAL: cells.get("total", self.counted[TOTAL])}
        draft = DraftReport(
            id="d1" * 16,
            by="role:clerk",
            report=REPORT,
            agency=AGENCY,
            year=2018,
            form="2014",
            drafted_on=date(2019, 1, 3),
        )
        sign = SignReport(
            id="d2" * 16, by="role:clerk", report=REPORT, signed_on=date(2019, 1, 4), signatory="agency-head"
        )
        file = FileReport(
            id="d3" * 16,
            by="role:clerk",
            report=REPORT,
            filed_on=date(2019, 1, 5),
            position=self.position,
            root=root or self.root,
            cells=[Cell(cell=key, count=count) for key, count in figures.items()],
        )
        tell(self.writer, [draft, sign, file])
        return self.log.head()

    def correct(self, new: int) -> int:
        command = CorrectReport(
            id="d4" * 16,
            by="role:clerk",
            report=REPORT,
            corrected_on=date(2019, 2, 1),
            position=self.position,
            root=self.root,
            cells=[Cell(cell=TOTAL, count=new)],
            reason="typing-error",
        )
        tell(self.writer, [command])
        return self.log.head()

    def audited(self) -> tuple[int, list[Finding]]:
        self.projections.follow()
        found = check(self.log, self.disclosures, None, self.projections)
        return found.reports, found.findings


@pytest.fixture
def filed(home: Home, log: Log, disclosures: Disclosures, writer: Writer, clock: Clock) -> Filed:
    made = Filed(home, log, disclosures, writer)
    clock.move(timedelta(days=90))
    return made


def test_a_report_that_was_filed_as_it_was_counted_has_no_finding_whatever_comes_later(filed: Filed) -> None:
    filed.file()
    filed.writer.handle(Clerk(9).open_section("later"))
    assert filed.audited() == (1, [])


def test_a_figure_that_is_not_the_counted_one_is_found_until_it_is_corrected(filed: Filed) -> None:
    at = filed.file(total=7)
    found = filed.audited()[1]
    assert [(one.code, one.position, one.field, dict(one.facts)) for one in found] == [
        ("AUD-054", at, TOTAL, {"filed": 7, "counted": 3})
    ]
    filed.correct(3)
    assert filed.audited() == (2, [])


def test_a_root_that_is_not_the_logs_is_found(filed: Filed) -> None:
    at = filed.file(root="ab" * 32)
    found = filed.audited()[1]
    assert [(one.code, one.position, one.facts["at"]) for one in found] == [("AUD-053", at, filed.position)]
