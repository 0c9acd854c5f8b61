"""Words of `archive interpretation`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "政策解读:解读稿件、新闻发布会、在线访谈。", "Policy interpretations: articles, press conferences, interviews."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("publish-interpretation",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {"interpretation": "role:publisher"}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "publish-interpretation": "登记政策解读、新闻发布会或在线访谈。",
    "withdraw-interpretation": "登记解读不再展示。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "by_head": Phrase("主要负责人是否参加。", "Whether the head of the agency took part."),
    "channel": Phrase("发布的渠道。", "The channel that it is published on."),
    "form": Phrase("解读的形式。", "Its form."),
    "interpretation": Phrase("解读的编号,interpretation-…。", "Its id, interpretation-…."),
    "item": Phrase("所解读的信息,item-…。", "The item that it interprets, item-…."),
    "publish-interpretation.interpretation": Phrase(
        "解读的编号;默认随机。", "Its id, interpretation-…; random by default."
    ),
    "published_on": Phrase("发布的日期。", "The day of its publication."),
    "title": Phrase("标题。", "Its title."),
    "url": Phrase("网址。", "Its address."),
    "withdrawn_on": Phrase("不再展示的日期。", "The day on which it was taken off."),
}

CODES: Final = {
    "article": "文字",
    "figure": "图解",
    "online-interview": "在线访谈",
    "press-conference": "新闻发布会",
    "questions": "问答",
    "video": "视频",
}
