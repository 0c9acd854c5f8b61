"""Words of `archive guide`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("信息公开指南:各版。", "The guide: its versions.")

BEGINNINGS: Final[tuple[str, ...]] = ()

ROLES: Final = {"guide": "role:information-officer"}

COMMANDS: Final = {
    "withdraw-guide": "登记指南撤下,没有新版代替。",
    "publish-guide": "登记指南的一版。",
}

FIELDS: Final = {
    "withdrawn_on": Phrase("撤下的日期。", "The day on which it was taken down."),
    "address": Phrase("办公地址。", "Where it is."),
    "arrangement": Phrase("信息的分类和编排体系。", "How information is classified and arranged."),
    "channels": Phrase("公布的渠道。", "The channels that show it."),
    "fax": Phrase("传真。", "Its fax."),
    "guide": Phrase(
        "指南的编号,guide-…,由机关得出;写错时会提示正确的编号。",
        "The guide's id, guide-…, which follows from the agency; a wrong one is told the right one.",
    ),
    "hours": Phrase("办公时间。", "When it is open."),
    "in_force_from": Phrase("施行的日期。", "The day from which it is in force."),
    "internet": Phrase("互联网联系方式。", "Its contact on the internet."),
    "office": Phrase("工作机构的名称。", "The name of the office."),
    "published_on": Phrase("公布的日期。", "The day on which it was published."),
    "sha256": Phrase("文件的 SHA-256。", "SHA-256 of the document."),
    "telephone": Phrase("联系电话。", "Its telephone."),
    "ways": Phrase("获取的方式。", "How it is obtained."),
}

CODES: Final[dict[str, str]] = {}
