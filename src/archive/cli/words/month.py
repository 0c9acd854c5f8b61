"""Words of `archive month`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("月:结账、按股室通报、异议、更正。", "Months: close, notify each section, dispute, correct.")

# The id follows from the agency and the period, so none is drawn.
BEGINNINGS: Final[tuple[str, ...]] = ()

ROLES: Final = {"month": "role:information-officer"}

COMMANDS: Final = {
    "close-month": "月度结账:数字以现在的档案为准。",
    "issue-monthly-notification": "向股室通报本月数字。",
    "dispute-monthly-figure": "登记股室对数字的异议。",
    "dismiss-monthly-dispute": "登记异议不成立。",
    "correct-monthly-figure": "更正股室的数字并说明理由。",
}

FIELDS: Final = {
    "closed_on": Phrase("结账的日期,须在该月之后。", "The day of the closing, after the month."),
    "corrected_on": Phrase("更正的日期。", "The day of the correction."),
    "dismissed_on": Phrase("驳回的日期。", "The day of the dismissal."),
    "disputed_on": Phrase("提出异议的日期。", "The day of the dispute."),
    "figure": Phrase("哪个数字。", "Which figure."),
    "issued_on": Phrase("通报的日期。", "The day of the notification."),
    "late": Phrase("其中超期公开的条数;默认由系统统计。", "How many of them were late; counted by default."),
    "month": Phrase(
        "月份的编号,month-…,由机关和月份得出;写错时会提示正确的编号。",
        "The month's id, month-…, which follows from agency and month; a wrong one is told the right one.",
    ),
    "new": Phrase("正确的数字。", "What it is instead."),
    "number": Phrase("月份,1 至 12。", "The month, 1 to 12."),
    "published": Phrase(
        "公开的条数,多渠道公开的计一条;默认为结账时的数字。",
        "How many items it published, one on several channels counted once; as at the closing by default.",
    ),
    "reason": Phrase("理由。", "Why."),
    "reasons": Phrase("异议的理由;不公开。", "What the section says; not public."),
    "returned": Phrase("审查退回的次数;默认由系统统计。", "How often reviewers returned a text; counted by default."),
    "section": Phrase("股室的代码。", "The code of the section."),
    "year": Phrase("年份。", "The year."),
}

CODES: Final = {
    "counted-twice": "重复计数",
    "entered-late": "补录",
    "figure-correct": "数字无误",
    "late": "超期数",
    "not-counted": "漏计",
    "not-of-this-month": "不属本月",
    "not-of-this-section": "不属该股室",
    "published": "公开数",
    "returned": "退回数",
    "wrong-date": "日期有误",
    "wrong-section": "股室有误",
}
