"""Words that several nouns use."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

# A field of every command that has it.
FIELDS: Final = {
    "agency": Phrase("机关的编号,agency-…。", "The agency's id, agency-…."),
    "basis": Phrase("此前审查的依据。", "What the earlier review rests on."),
    "opened_on": Phrase("开始的日期。", "The day on which it was opened."),
}

CODES: Final = {
    "agency-archive": "机关档案",
    "legislation-database": "法规数据库",
    "other": "其他",
    "personal-privacy": "个人隐私",
    "portal-migration": "原网站迁移",
    "state-secret": "国家秘密",
    "trade-secret": "商业秘密",
}
