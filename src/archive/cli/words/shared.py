"""Words that several nouns use."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

# A field of every command that has it.
FIELDS: Final = {
    "accept_personal_data": Phrase(
        "疑似个人信息仍可公开的理由;无此理由时,含有个人信息的文本不予公开。",
        "Why text that looks like personal data may become public; without a reason it may not.",
    ),
    "agency": Phrase("机关的编号,agency-…。", "The agency's id, agency-…."),
    "basis": Phrase("此前审查的依据。", "What the earlier review rests on."),
    "opened_on": Phrase("开始的日期。", "The day on which it was opened."),
}

CODES: Final = {
    "not-personal": "并非个人信息",
    "office-contact": "单位联系方式",
    "official-capacity": "履行职务的人员",
    "separate-consent": "已取得单独同意",
    "statutory-publication": "法定公开",
    "agency-archive": "机关档案",
    "legislation-database": "法规数据库",
    "other": "其他",
    "personal-privacy": "个人隐私",
    "portal-migration": "原网站迁移",
    "state-secret": "国家秘密",
    "trade-secret": "商业秘密",
}
