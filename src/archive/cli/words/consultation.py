"""Words of `archive consultation`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("征求意见:公开草案、截止、反馈采纳情况。", "Consultations: a draft opened, closed, feedback.")

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("open-consultation",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {"consultation": "role:publisher"}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "open-consultation": "登记草案公开征求意见。",
    "close-consultation": "登记征求意见截止和意见数。",
    "publish-feedback": "登记采纳情况的公布。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "adopted": Phrase("采纳的意见数。", "How many comments were taken up."),
    "closed_on": Phrase("截止的日期。", "The day on which it ended."),
    "closes_on": Phrase("公告的截止日期。", "The last day that was announced."),
    "comments": Phrase("收到的意见数。", "How many comments came in."),
    "consultation": Phrase("征求意见的编号,consultation-…。", "Its id, consultation-…."),
    "item": Phrase("草案,item-…。", "The draft, item-…."),
    "major": Phrase("是否重大行政决策。", "Whether it is a major decision."),
    "open-consultation.consultation": Phrase("征求意见的编号;默认随机。", "Its id, consultation-…; random by default."),
    "published_on": Phrase("公布反馈的日期。", "The day of the feedback."),
    "short_reason": Phrase("不足三十日的理由。", "Why it is open for less than 30 days."),
    "summary": Phrase("采纳情况。", "What was taken up, and why."),
    "title": Phrase("标题。", "What the public is asked about."),
    "url": Phrase("网址。", "The address."),
}

CODES: Final = {
    "law-allows": "法律另有规定",
    "superior-deadline": "上级限期",
    "urgent": "情况紧急",
}
