"""Words of `archive request`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "依申请公开:收到、登记、决定、送达、办结。", "Requests: receive, register, decide, deliver, close."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("receive-request",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "request": "role:information-officer",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "receive-request": "登记收到的申请;不含申请人的任何信息。",
    "register-request": "给申请编号。",
    "decide-reply": "登记答复决定。",
    "deliver-reply": "登记答复的送达。",
    "close-request": "办结。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "applicant_kind": Phrase("申请人的类型。", "What kind of applicant."),
    "closed_on": Phrase("办结的日期。", "The day on which the file was closed."),
    "decided_on": Phrase("作出答复决定的日期。", "The day of the decision."),
    "delivered_on": Phrase("送达的日期。", "The day of delivery."),
    "method": Phrase("送达的方式。", "How it was delivered."),
    "number": Phrase("登记号,年份-流水号,如 2018-1。", "Its number: year and serial number, such as 2018-1."),
    "outcomes": Phrase(
        "答复结果;一件申请分部分答复时,每个结果写一次本选项。",
        "The outcome; where the parts of a request have several, repeat the option.",
    ),
    "receive-request.channel": Phrase("收到申请的方式。", "How it came in."),
    "receive-request.request": Phrase("申请的编号;默认随机。", "The request's id, request-…; random by default."),
    "received_on": Phrase("收到的日期。", "The day of its receipt."),
    "registered_on": Phrase("登记的日期。", "The day on which it was registered."),
    "request": Phrase("申请的编号,request-…。", "The request's id, request-…."),
}

# The outcomes and applicants are those of the form of 2021 (国办公开办函〔2021〕30号).
CODES: Final = {
    "already-public": "已主动公开",
    "commercial-enterprise": "商业企业",
    "email": "电子邮件",
    "enforcement-file": "属于行政执法案卷",
    "fax": "传真",
    "granted": "予以公开",
    "in-person": "当面",
    "internal-affairs": "属于三类内部事务信息",
    "law-forbids": "其他法律行政法规禁止公开",
    "legal-service-institution": "法律服务机构",
    "letter": "信函",
    "mass": "无正当理由大量反复申请",
    "natural-person": "自然人",
    "needs-creation": "没有现成信息需要另行制作",
    "not-exist": "政府信息不存在",
    "not-this-agency": "不属于本行政机关公开",
    "online": "网上",
    "other-organization": "其他法人或组织",
    "petition": "信访举报投诉类申请",
    "post": "邮寄",
    "process-info": "属于四类过程性信息",
    "public-welfare-organization": "社会公益组织",
    "publication": "要求提供公开出版物",
    "reconfirm": "要求行政机关确认或重新出具已获取信息",
    "repeat": "重复申请",
    "research-institution": "科研机构",
    "severed": "部分公开",
    "statutory-inquiry": "属于行政查询事项",
    "three-securities": "危及“三安全一稳定”",
    "unclear-after-correction": "补正后申请内容仍不明确",
}
