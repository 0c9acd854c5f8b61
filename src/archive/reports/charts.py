"""The charts of a report: numbers from the tallies, and where their bars stand; drawn as SVG with the page.

    disclosures by category and by channel · requests by the way they came · results · time to reply · year over year

Rules
- Every number of a chart stands in the table beside it and in its text alternative; a chart of nothing but 0 is left out.
- Two statements on the tallies for the whole report, however many agencies it is of; the categories of one agency are a
  third, and of several agencies there are none, whose schemes need not be the same.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.projections import tallies
from archive.projections.agencies import agencies as agencies_at
from archive.projections.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.domain.errors import Language
    from archive.projections.runner import Reading
    from archive.reports.build import Report

_YEARS: Final = 5
_NO_CATEGORY: Final = ("未归类", "In no category")

# A chart of measures: its key, its titles, its unit, and what each bar adds up.
_CHARTS: Final[tuple[tuple[str, tuple[str, str], str, tuple[tuple[tuple[str, str], tuple[str, ...]], ...]], ...]] = (
    (
        "channels",
        ("主动公开信息：按渠道", "Disclosures by channel"),
        "条",
        (
            (("政府公报", "Gazette"), ("channels.gazette",)),
            (("政府网站", "Government website"), ("channels.website",)),
            (("政务微博", "Microblog"), ("channels.weibo",)),
            (("政务微信", "WeChat"), ("channels.wechat",)),
            (("其他方式", "Other ways"), ("channels.other",)),
        ),
    ),
    (
        "received",
        ("收到申请：按提交方式", "Requests received, by the way they came"),
        "件",
        (
            (("当面", "In person"), ("requests.received_in_person",)),
            (("传真", "By fax"), ("requests.received_fax",)),
            (("网络", "Online"), ("requests.received_online",)),
            (("信函", "By letter"), ("requests.received_letter",)),
        ),
    ),
    (
        "results",
        ("申请办理结果", "Results of requests"),
        "件",
        (
            (("予以公开", "Granted"), ("requests.granted",)),
            (("部分公开", "Granted in part"), ("requests.partially_granted",)),
            (
                ("不予公开", "Refused"),
                tuple(
                    f"requests.refused_{one}"
                    for one in (
                        "state_secret",
                        "other_law_forbids",
                        "three_securities_one_stability",
                        "third_party_rights",
                        "internal_affairs",
                        "process_information",
                        "enforcement_case_file",
                        "administrative_inquiry",
                    )
                ),
            ),
            (
                ("无法提供", "Unable to provide"),
                tuple(
                    f"requests.unable_{one}"
                    for one in ("not_held", "requires_creation", "still_unclear_after_correction")
                ),
            ),
            (
                ("不予处理", "Not processed"),
                tuple(
                    f"requests.not_processed_{one}"
                    for one in ("petition_complaint", "repeat", "publication", "mass_requests", "reconfirm")
                ),
            ),
            (("其他处理", "Other processing"), ("requests.other_processing",)),
        ),
    ),
    (
        "time-to-reply",
        ("申请办结：是否按期", "Requests concluded, by whether in time"),
        "件",
        (
            (("按时办结", "On time"), ("requests.concluded_on_time",)),
            (("延期办结", "Within an extension"), ("requests.concluded_extended",)),
            (("超期办结", "Late"), ("requests.concluded_late",)),
        ),
    ),
)
# What is shown year over year.
_SERIES: Final = (
    ("items-by-year", ("主动公开信息：逐年", "Disclosures, year over year"), "条", "proactive.items_total"),
    ("requests-by-year", ("收到申请：逐年", "Requests received, year over year"), "件", "requests.received"),
)
_MEASURES: Final = sorted(
    {measure for *_, bars in _CHARTS for _, added in bars for measure in added} | {measure for *_, measure in _SERIES}
)


class Bar(NamedTuple):
    """One bar: its label in both languages, and its number."""

    zh: str
    en: str
    value: int


class Chart(NamedTuple):
    """One chart: bars in one unit, one under the other. `whole`: they add up to a whole of their own."""

    key: str
    zh: str
    en: str
    unit: str
    bars: list[Bar]
    whole: bool

    @property
    def most(self) -> int:
        """The longest bar."""
        return max(bar.value for bar in self.bars)

    @property
    def total(self) -> int:
        """All bars together."""
        return sum(bar.value for bar in self.bars)

    def alternative(self, language: Language) -> str:
        """What the chart says, as a sentence."""
        if language == "zh":
            return "；".join(f"{bar.zh} {bar.value} {self.unit}" for bar in self.bars) + "。"
        return "; ".join(f"{bar.en}: {bar.value}" for bar in self.bars) + "."


def charts(reading: Reading, report: Report) -> list[Chart]:
    """The charts of a report that have anything to show."""
    year = report.year
    ids = [one.agency for one in report.agencies]
    alone = ids[0] if len(ids) == 1 else None
    values: defaultdict[tuple[int, str], int] = defaultdict(int)
    counted = tallies.counts(
        reading.db,
        as_of=report.position,
        years=range(year - _YEARS + 1, year + 1),
        agency=alone,
        measures=_MEASURES,
        by=() if alone else ("AGENCY",),
    )
    wanted = set(ids)
    for row in counted:
        if alone or row.dimensions[0][1] in wanted:
            values[row.year, row.measure] += row.value
    found = [_categories(reading, report, alone)] if alone else []
    found += [
        Chart(
            key,
            *titles,
            unit,
            [Bar(*labels, sum(values[year, measure] for measure in added)) for labels, added in bars],
            # One item may be disclosed by several channels: they add up to no whole.
            whole=key != "channels",
        )
        for key, titles, unit, bars in _CHARTS
    ]
    for key, titles, unit, measure in _SERIES:
        counts = {one: values[one, measure] for one in range(year - _YEARS + 1, year + 1)}
        began = min((one for one, value in counts.items() if value), default=year)
        bars = [Bar(f"{one}年", str(one), counts[one]) for one in range(began, year + 1)]
        found.append(Chart(key, *titles, unit, bars, whole=False))
    return [chart for chart in found if chart.bars and chart.most]


def _categories(reading: Reading, report: Report, agency: str) -> Chart:
    """The items of an agency by the categories of its primary scheme, in their order."""
    (row,) = agencies_at(reading.db, as_of=report.position, ids=[agency])
    scheme = next((one for one in row.schemes if one.primary), None)
    bars: list[Bar] = []
    if scheme is not None:
        counts = tallies.counts(
            reading.db,
            as_of=report.position,
            years=[report.year],
            agency=agency,
            measures=["proactive.items_total"],
            by=["CATEGORY"],
            scheme=scheme.key,
        )
        values = {one.dimensions[0][1]: one.value for one in counts}
        names = {one.code: (one.name or one.code,) * 2 for one in scheme.categories} | {tallies.NONE: _NO_CATEGORY}
        bars = [Bar(*names.get(code, (code, code)), values[code]) for code in _in_order(names, values)]
    # An item may stand in several categories: then they add up to no whole.
    return Chart(
        "categories",
        "主动公开信息：按类别",
        "Disclosures by category",
        MEASURES["proactive.items_total"].unit,
        bars,
        whole=False,
    )


def _in_order(names: Iterable[str], values: Iterable[str]) -> list[str]:
    known = [code for code in names if code in set(values)]
    return [*known, *sorted(set(values) - set(known))]
