"""Words of `archive issue`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("热点舆情:发现、回应、办结。", "Hot issues: found, answered, closed.")

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("detect-issue",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {"issue": "role:information-officer"}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "detect-issue": "登记发现的热点或舆情;内容不公开。",
    "record-response": "登记公开回应。",
    "close-issue": "办结。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "by_head": Phrase("主要负责人是否参加。", "Whether the head of the agency took part."),
    "closed_at": Phrase(
        "办结的时间,如 2018-08-01T09:30+08:00。", "When it was closed, such as 2018-08-01T09:30+08:00."
    ),
    "description": Phrase("内容;不公开。", "What is being said; never public."),
    "detect-issue.issue": Phrase("舆情的编号;默认随机。", "Its id, issue-…; random by default."),
    "detected_at": Phrase(
        "发现的时间,如 2018-08-01T09:30+08:00。", "When it was found, such as 2018-08-01T09:30+08:00."
    ),
    "issue": Phrase("舆情的编号,issue-…。", "Its id, issue-…."),
    "responded_at": Phrase(
        "回应的时间,如 2018-08-01T09:30+08:00。", "When it was answered, such as 2018-08-01T09:30+08:00."
    ),
    "severity": Phrase("类别,决定回应时限。", "What kind of issue; it sets the time for an answer."),
    "source": Phrase("来源。", "Where it was found."),
    "title": Phrase("回应的标题。", "The title of the answer."),
    "url": Phrase("回应的网址。", "The address of the answer."),
    "way": Phrase("回应的方式。", "How it was answered."),
}

CODES: Final = {
    "forum": "论坛",
    "hotline-12345": "12345热线",
    "media": "媒体",
    "online-interview": "在线访谈",
    "press-conference": "新闻发布会",
    "public-opinion": "一般政务舆情",
    "serious-emergency": "特别重大、重大突发事件",
    "superior-agency": "上级交办",
    "website": "网站",
    "wechat": "微信",
    "weibo": "微博",
}
