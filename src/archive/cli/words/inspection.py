"""Words of `archive inspection`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("自查:检查、发现、处理。", "Self-inspections: run, find, resolve.")

BEGINNINGS: Final = ("run-inspection",)

ROLES: Final = {"inspection": "role:information-officer"}

COMMANDS: Final = {
    "run-inspection": "登记一次自查及检查的条数。",
    "record-inspection-finding": "登记自查发现的问题。",
    "resolve-inspection-finding": "登记问题的处理。",
}

FIELDS: Final = {
    "checked": Phrase("检查的条数。", "How many items it looked at."),
    "description": Phrase("说明;不公开。", "What it is; not public."),
    "finding": Phrase("发现的问题。", "What was found."),
    "found_on": Phrase("发现的日期。", "The day on which it was found."),
    "inspection": Phrase("自查的编号,inspection-…。", "The inspection's id, inspection-…."),
    "item": Phrase("有问题的信息的编号,item-…。", "The id of the item, item-…."),
    "number": Phrase("问题的序号,从 1 起。", "The number of the finding, from 1."),
    "resolution": Phrase("如何处理。", "How it was resolved."),
    "resolved_on": Phrase("处理的日期。", "The day of the resolution."),
    "run-inspection.inspection": Phrase(
        "自查的编号;默认随机。", "The inspection's id, inspection-…; random by default."
    ),
    "run_on": Phrase("自查的日期。", "The day of the inspection."),
    "scope": Phrase("自查的范围。", "What it looked at."),
}

CODES: Final = {
    "all-items": "全部信息",
    "complaint": "因投诉",
    "corrected": "已更正",
    "late": "超期",
    "no-review": "未经审查",
    "not-published": "应公开未公开",
    "one-channel": "一个渠道",
    "one-section": "一个股室",
    "outdated": "内容过时",
    "personal-data": "含个人信息",
    "published": "已公开",
    "referred": "已报请确定",
    "restored": "已恢复",
    "reviewed-anew": "已重新审查",
    "sample": "抽查",
    "unfounded": "不成立",
    "unreachable": "无法访问",
    "withdrawn": "已撤下",
    "wrong-content": "内容有误",
}
