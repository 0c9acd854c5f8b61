"""Words of `archive remedy`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "行政复议和行政诉讼:受理、结果、撤回、纠正。", "Reconsiderations and lawsuits: filed, ended, what was put right."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("file-reconsideration", "file-litigation")

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "remedy": "role:information-officer",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "file-reconsideration": "登记行政复议案件;当事人只进入档案库,不公开。",
    "decide-reconsideration": "登记复议决定。",
    "file-litigation": "登记行政诉讼案件;当事人只进入档案库,不公开。",
    "judge-litigation": "登记裁判结果,每一审级一次。",
    "withdraw-remedy": "登记撤回复议申请或撤诉。",
    "take-corrective-action": "登记本机关的纠正措施。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "action": Phrase("采取的纠正措施。", "What the agency did."),
    "body": Phrase("复议机关的类别。", "What kind of body reconsiders."),
    "body_name": Phrase("复议机关或法院的名称;不公开。", "The name of the body or court; never public."),
    "case_number": Phrase("案号;不公开。", "The number of the case; never public."),
    "contact": Phrase("当事人的联系方式;不公开。", "How to reach the party; never public."),
    "court": Phrase("一审法院的级别。", "The level of the court of first instance."),
    "decided_on": Phrase("作出复议决定的日期。", "The day of the decision."),
    "disposition": Phrase("案件如何了结。", "How the case ended."),
    "file-litigation.remedy": Phrase("案件的编号;默认随机。", "The case's id, remedy-…; random by default."),
    "file-reconsideration.remedy": Phrase("案件的编号;默认随机。", "The case's id, remedy-…; random by default."),
    "filed_on": Phrase("受理的日期。", "The day on which it was filed."),
    "ground": Phrase("所争议的行为。", "What the case is about."),
    "instance": Phrase("审级。", "Which instance judged."),
    "judged_on": Phrase("裁判的日期。", "The day of the judgment."),
    "name": Phrase("当事人的姓名或名称;不公开。", "The name of the party; never public."),
    "reconsideration": Phrase(
        "起诉前的复议案件,remedy-…;直接起诉的不填。",
        "The reconsideration before it, remedy-…; left out where the lawsuit was brought directly.",
    ),
    "remedy": Phrase("案件的编号,remedy-…。", "The case's id, remedy-…."),
    "request": Phrase("所争议的依申请公开,request-…。", "The request it is about, request-…."),
    "standing": Phrase("本机关在案件中的地位。", "Who the agency is in the case."),
    "taken_on": Phrase("采取措施的日期。", "The day on which it was done."),
    "withdrawn_on": Phrase("撤回的日期。", "The day on which it was taken back."),
}

CODES: Final = {
    "as-reconsideration-body": "作为复议机关被告",
    "basic-court": "基层人民法院",
    "changed": "变更",
    "claim-dismissed": "驳回诉讼请求",
    "declared-unlawful": "确认违法",
    "fee-returned": "退还费用",
    "first": "一审",
    "high-court": "高级人民法院",
    "intermediate-court": "中级人民法院",
    "no-reply": "未答复",
    "non-publication": "未主动公开",
    "not-accepted": "不予受理或驳回起诉",
    "ordered-to-act": "责令履行",
    "people-government": "本级人民政府",
    "publication": "主动公开的行为",
    "published": "予以公开",
    "refusal": "不予公开",
    "replied-anew": "重新答复",
    "reply-content": "答复内容",
    "retrial": "再审",
    "revoked": "撤销",
    "same-agency": "本机关",
    "second": "二审",
    "settled": "调解或和解",
    "sole-defendant": "单独被告",
    "superior-agency": "上级主管部门",
    "supplemented": "补充答复",
    "supreme-court": "最高人民法院",
    "terminated": "终止",
    "upheld": "维持",
    "with-reconsideration-body": "与复议机关共同被告",
    "withdrawn": "撤回已公开的信息",
}
