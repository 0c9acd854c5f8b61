"""Commands of offices that report: what a month and a year were said to have, and something for every projection."""

from archive.domain.commands import AnyCommand
from archive.domain.declarations import DeclareFigure
from archive.domain.months import CloseMonth, IssueMonthlyNotification, month_id
from archive.domain.publications import LinkItem, UnlinkItem
from archive.domain.reports import Cell, DraftReport, FileReport, Form, SignReport, report_id
from stories import AGENCY, Clerk, a_published_item, a_small_archive, day, item_id


def filed(cells: dict[str, int], *, year: int = 2017) -> list[AnyCommand]:
    report = report_id(AGENCY, year)
    by = "role:information-officer"
    on = day("2018-12-04")
    form: Form = "2014"
    counted = [Cell(cell=cell, count=count) for cell, count in cells.items()]
    return [
        DraftReport(id=f"{year:031x}a", by=by, report=report, agency=AGENCY, year=year, form=form, drafted_on=on),
        SignReport(id=f"{year:031x}b", by=by, report=report, signed_on=on, signatory="agency-head"),
        FileReport(id=f"{year:031x}c", by=by, report=report, filed_on=on, position=11, root="0" * 64, cells=counted),
    ]


def notified(number: int, *, published: int) -> list[AnyCommand]:
    month = month_id(AGENCY, 2017, number)
    by = "role:information-officer"
    on = day("2018-02-05")
    return [
        CloseMonth(id=f"{number:031x}d", by=by, month=month, agency=AGENCY, year=2017, number=number, closed_on=on),
        IssueMonthlyNotification(
            id=f"{number:031x}e",
            by=by,
            month=month,
            section="office",
            issued_on=on,
            published=published,
            late=0,
            returned=0,
        ),
    ]


def something_for_every_projection(clerk: Clerk) -> list[AnyCommand]:
    """The small archive, and so much more that each projection has two rows which differ."""
    return [
        *a_small_archive(clerk),
        *filed({"proactive.items_total": 3}, year=2016),
        *filed({"proactive.items_total": 3}, year=2017),
        *notified(1, published=2),
        *notified(2, published=3),
        *(
            DeclareFigure(
                id=f"{number}" * 32,
                by="role:information-officer",
                declaration=f"declaration-{number:032x}",
                agency=AGENCY,
                declared_on=day("2018-12-05"),
                cell="capacity.staff_full_time",
                year=2016 + number,
                value=number,
                evidence="2018-7",
            )
            for number in (1, 2)
        ),
        LinkItem(id="3" * 32, by="role:clerk", item=item_id(1), kind="replaces", target=item_id(2)),
        UnlinkItem(id="4" * 32, by="role:clerk", item=item_id(1), kind="replaces", target=item_id(2)),
        *a_published_item(clerk, item_id(8), title="一件迟到的信息", made_on="2018-02-01"),
        # More entries than a tile of hashes has.
        *(clerk.open_section(f"section-{number}") for number in range(260)),
    ]
