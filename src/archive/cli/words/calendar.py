"""Words of `archive calendar`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "工作日历:放假和调休,按区划、按年。", "Calendars: days off and working weekends, by region and year."
)

# The id follows from the region, so none is drawn.
BEGINNINGS: Final[tuple[str, ...]] = ()

ROLES: Final = {"calendar": "role:administrator"}

COMMANDS: Final = {
    "adopt-calendar": "采用一个区划一年的放假和调休安排。",
}

FIELDS: Final = {
    "calendar": Phrase(
        "日历的编号,calendar-…,由区划得出;写错时会提示正确的编号。",
        "The calendar's id, calendar-…, which follows from the region; a wrong one is told the right one.",
    ),
    "days_off": Phrase("周一至周五中的放假日;每天写一次本选项。", "A weekday that is not worked; repeat the option."),
    "document_number": Phrase("通知的文号。", "The document number of the notice."),
    "reason": Phrase("采用的理由。", "Why it is adopted."),
    "region": Phrase("区划代码,六位;000000 为全国。", "The code of the region, six digits; 000000 is the nation."),
    "title": Phrase("通知的标题。", "The title of the notice."),
    "working_weekends": Phrase(
        "上班的周六、周日;每天写一次本选项。", "A Saturday or Sunday that is worked; repeat the option."
    ),
    "year": Phrase("年份。", "The year."),
}

CODES: Final = {
    "annual-notice": "年度通知",
    "notice-changed": "通知有变",
    "recorded-wrongly": "登记有误",
}
