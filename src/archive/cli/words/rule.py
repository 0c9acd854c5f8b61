"""Words of `archive rule`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("工作制度:制定、修订、废止。", "Rules: adopted, amended, repealed.")

BEGINNINGS: Final[tuple[str, ...]] = ("adopt-rule",)

ROLES: Final = {"rule": "role:administrator"}

COMMANDS: Final = {
    "adopt-rule": "登记制度的制定。",
    "amend-rule": "登记制度的修订。",
    "repeal-rule": "登记制度的废止。",
}

FIELDS: Final = {
    "adopt-rule.rule": Phrase("制度的编号;默认随机。", "The rule's id, rule-…; random by default."),
    "adopted_on": Phrase("制定的日期。", "The day on which it was adopted."),
    "amended_on": Phrase("修订的日期。", "The day on which it was amended."),
    "approved_by": Phrase("通过的会议。", "The meeting that approved it."),
    "ceases_on": Phrase("停止施行的日期。", "The day from which it is not in force."),
    "in_force_from": Phrase("施行的日期。", "The day from which this version is in force."),
    "kind": Phrase("制度的种类。", "What it is about."),
    "parameters": Phrase("制度规定的数字,只能比法律严。", "The numbers it sets, as strict as the law or stricter."),
    "repealed_on": Phrase("决定废止的日期。", "The day of the repeal."),
    "rule": Phrase("制度的编号,rule-…。", "The rule's id, rule-…."),
    "sha256": Phrase("文件的 SHA-256。", "SHA-256 of the document."),
    "title": Phrase("标题。", "Its title."),
}

CODES: Final[dict[str, str]] = {
    "accountability": "责任追究",
    "assessment": "考核",
    "management": "政务公开管理",
    "monthly-notification": "按月通报",
    "on-request": "依申请公开",
    "secrecy-review": "保密审查",
    "service-disclosure": "办事公开",
    "website": "网站信息发布",
}
