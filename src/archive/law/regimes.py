"""Which law applies, and what it says in figures: the Regulations on Open Government Information of 2008 and of 2019.

The version is chosen by the day on which the obligation arose: formation or change for a publication, receipt for a
request, the report year for a report. R2019 has no transitional article.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

RegimeCode = Literal["R2008", "R2019"]

# What a reply can be, finer than any form; which rows of the forms they are is data of the reports.
OUTCOMES: Final = (
    "already-public",
    "granted",
    "severed",
    "state-secret",
    "law-forbids",
    "three-securities",
    "trade-secret",
    "personal-privacy",
    "internal-affairs",
    "process-info",
    "enforcement-file",
    "statutory-inquiry",
    "not-exist",
    "not-this-agency",
    "needs-creation",
    "unclear-after-correction",
    "petition",
    "repeat",
    "publication",
    "mass",
    "reconfirm",
    "other",
)
# R2019 art. 16 (internal affairs, process information, enforcement files), art. 35 (mass requests), art. 39 (publications),
# and 国办公开办函〔2021〕30号 (confirming again what was given): the Regulations of 2008 know none of these.
_SINCE_2019: Final = frozenset(
    {"internal-affairs", "process-info", "enforcement-file", "mass", "publication", "reconfirm"}
)


@dataclass(frozen=True, kw_only=True)
class Regime:
    """One version of the Regulations. Periods are in working days, None where it sets none.

    `first` and `last`: the days on which an obligation must have arisen; `last` is None while it is in force.
    """

    code: RegimeCode
    first: date
    last: date | None
    publication_days: int
    publication_article: str
    reply_days: int
    reply_article: str
    extension_days: int
    extension_article: str
    correction_notice_days: int | None
    correction_article: str
    third_party_days: int | None
    third_party_article: str
    co_agency_days: int | None
    mass_requests: bool
    fee_bases: frozenset[str]
    # Month and day of the year after, by which an agency's report is due.
    report_due: tuple[int, int]
    report_article: str
    outcomes: frozenset[str]


R2008: Final = Regime(
    code="R2008",
    first=date(2008, 5, 1),
    last=date(2019, 5, 14),
    publication_days=20,
    publication_article="18",
    reply_days=15,
    reply_article="24",
    extension_days=15,
    extension_article="24",
    correction_notice_days=None,
    correction_article="21",
    third_party_days=None,
    third_party_article="23",
    co_agency_days=None,
    mass_requests=False,
    fee_bases=frozenset({"cost"}),
    report_due=(3, 31),
    report_article="31",
    outcomes=frozenset(OUTCOMES) - _SINCE_2019,
)
R2019: Final = Regime(
    code="R2019",
    first=date(2019, 5, 15),
    last=None,
    publication_days=20,
    publication_article="26",
    reply_days=20,
    reply_article="33",
    extension_days=20,
    extension_article="33",
    correction_notice_days=7,
    correction_article="30",
    third_party_days=15,
    third_party_article="32",
    co_agency_days=15,
    mass_requests=True,
    fee_bases=frozenset({"per-request", "per-page"}),
    report_due=(1, 31),
    report_article="49",
    outcomes=frozenset(OUTCOMES),
)
REGIMES: Final = (R2008, R2019)


def regime_on(day: date) -> Regime:
    """The Regulations that apply to what arose on a day; before 2008-05-01, when there were none, those of 2008."""
    return R2019 if day >= R2019.first else R2008


# Outcome -> the article that allows it. R2019: arts 14 to 16 what is not public, 36 the kinds of reply, 37 severance.
_ARTICLES_2019: Final = {
    "already-public": "36(1)",
    "granted": "36(2)",
    "severed": "37",
    "state-secret": "14",
    "law-forbids": "14",
    "three-securities": "14",
    "trade-secret": "15",
    "personal-privacy": "15",
    "internal-affairs": "16(1)",
    "process-info": "16(2)",
    "enforcement-file": "16(2)",
    "statutory-inquiry": "36(7)",
    "not-exist": "36(4)",
    "not-this-agency": "36(5)",
    "needs-creation": "38",
    "unclear-after-correction": "30",
    "petition": "39(1)",
    "repeat": "36(6)",
    "publication": "39(2)",
    "mass": "35",
}
_ARTICLES_2008: Final = {
    "already-public": "21(1)",
    "granted": "21(1)",
    "severed": "22",
    "state-secret": "21(2)",
    "law-forbids": "21(2)",
    "three-securities": "21(2)",
    "trade-secret": "21(2)",
    "personal-privacy": "21(2)",
    "not-exist": "21(3)",
    "not-this-agency": "21(3)",
    "unclear-after-correction": "21(4)",
}


def outcome_article(regime: Regime, outcome: str) -> str | None:
    """The article of the Regulations that an outcome rests on; None where it rests on a notice or on none."""
    return (_ARTICLES_2019 if regime.code == "R2019" else _ARTICLES_2008).get(outcome)
