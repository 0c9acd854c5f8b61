"""Words of `archive post`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("岗位:设立、任职、休假、离任、撤销。", "Posts: established, held, on leave, left, abolished.")

BEGINNINGS: Final[tuple[str, ...]] = ()

ROLES: Final = {"post": "role:administrator"}

COMMANDS: Final = {
    "establish-post": "设立岗位。",
    "assign-role": "登记任职。",
    "start-leave": "登记任职者休假。",
    "end-leave": "登记休假结束。",
    "end-role": "登记离任。",
    "abolish-post": "登记岗位撤销。",
}

FIELDS: Final = {
    "abolished_on": Phrase("撤销的日期。", "The day from which there is no such post."),
    "assigned_on": Phrase("任职的日期。", "The first day of the holder."),
    "duty": Phrase("职责。", "What the post is for."),
    "end-leave.ended_on": Phrase("返岗的日期。", "The day on which the holder is back."),
    "end-role.ended_on": Phrase("离任的日期。", "The first day without the holder."),
    "established_on": Phrase("设立的日期。", "The day on which it was established."),
    "name": Phrase("任职者姓名;进入保密库。", "The holder's name, which goes to the vault."),
    "post": Phrase(
        "岗位的编号,post-…,由机关和岗位代码得出;写错时会提示正确的编号。",
        "The post's id, post-…, which follows from agency and code; a wrong one is told the right one.",
    ),
    "post_code": Phrase("岗位代码,与审查记录所用的相同。", "The code of the post, the same that reviews name."),
    "section": Phrase("所属股室的代码。", "The code of its section."),
    "started_on": Phrase("休假开始的日期。", "The first day of the leave."),
    "title": Phrase("岗位名称。", "What the post is called."),
}

CODES: Final[dict[str, str]] = {
    "group-deputy": "领导小组副组长",
    "group-head": "领导小组组长",
    "group-member": "领导小组成员",
    "group-office": "领导小组办公室",
    "information-officer": "信息员",
    "secrecy-committee-member": "保密委员会委员",
    "section-head": "股室负责人",
    "spokesperson": "新闻发言人",
}
