"""Words of `archive opinion`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "意见建议和举报投诉:收到、答复、受理、处理结果。", "Opinions and complaints: received, answered, decided."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("receive-opinion", "file-complaint")

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "opinion": "role:information-officer",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "receive-opinion": "登记收到的意见建议;提出人和内容只进入档案库,不公开。",
    "answer-opinion": "登记对意见建议的答复。",
    "file-complaint": "登记收到的举报投诉;投诉人和内容只进入档案库,不公开。",
    "accept-complaint": "登记受理举报投诉。",
    "decide-complaint": "登记举报投诉的处理结果。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "accepted_on": Phrase("受理的日期。", "The day on which it was accepted."),
    "answered_on": Phrase("答复的日期。", "The day of the answer."),
    "contact": Phrase("联系方式;不公开。", "How to reach that person; never public."),
    "decided_on": Phrase("作出处理的日期。", "The day of the result."),
    "description": Phrase("内容;不公开。", "What was said; never public."),
    "file-complaint.opinion": Phrase("记录的编号;默认随机。", "Its id, opinion-…; random by default."),
    "filed_on": Phrase("收到举报投诉的日期。", "The day on which the complaint came in."),
    "ground": Phrase("举报投诉的事由。", "What the complaint is about."),
    "intake": Phrase("收到的途径。", "How it came in."),
    "name": Phrase("提出人的姓名;不公开。", "Who wrote or called; never public."),
    "opinion": Phrase("记录的编号,opinion-…。", "Its id, opinion-…."),
    "receive-opinion.opinion": Phrase("记录的编号;默认随机。", "Its id, opinion-…; random by default."),
    "received_on": Phrase("收到的日期。", "The day of its receipt."),
    "result": Phrase("处理结果。", "The result."),
    "topic": Phrase("意见所及的工作。", "What work the opinion is about."),
    "way": Phrase("答复的方式。", "How it was answered."),
}

CODES: Final = {
    "email": "电子邮件",
    "hotline-12345": "12345热线",
    "in-person": "当面",
    "letter": "信函",
    "not-accepted": "不予受理",
    "not-published": "应公开未公开",
    "not-reachable": "无法联系",
    "not-updated": "未及时更新",
    "partly-substantiated": "部分属实",
    "phone": "电话",
    "proactive-disclosure": "主动公开",
    "reading-place": "查阅场所",
    "request-mishandled": "依申请公开办理不当",
    "requests": "依申请公开",
    "substantiated": "属实",
    "suggestion-box": "意见箱",
    "transferred": "移送",
    "unlawful-fee": "违规收费",
    "unsubstantiated": "不属实",
    "visit": "来访",
    "website": "网站",
    "wrong-content": "内容不准确",
}
