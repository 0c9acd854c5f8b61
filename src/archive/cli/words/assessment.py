"""Words of `archive assessment`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "考核:得分、问题、整改、奖惩、评议、追责。", "Assessments: scores, problems, rectification, and what followed."
)

BEGINNINGS: Final = ("receive-assessment",)

ROLES: Final = {"assessment": "role:information-officer"}

COMMANDS: Final = {
    "receive-assessment": "登记上级对某年度工作的考核。",
    "record-assessment-score": "登记一项指标的得分,以百分之一分计。",
    "raise-assessment-problem": "登记考核发现的问题。",
    "assign-rectification": "向责任股室交办整改,限期完成。",
    "file-rectification-evidence": "提交整改材料。",
    "close-rectification": "整改销号。",
    "give-reward": "登记奖励。",
    "give-penalty": "登记惩处。",
    "record-social-evaluation": "登记社会评议结果。",
    "record-accountability-outcome": "登记责任追究结果。",
}

FIELDS: Final = {
    "assessment": Phrase("考核的编号,assessment-…。", "The assessment's id, assessment-…."),
    "assessor": Phrase("考核单位。", "Who assessed."),
    "assigned_on": Phrase("交办的日期。", "The day of the assignment."),
    "cases": Phrase("件数。", "How many cases."),
    "closed_on": Phrase("销号的日期。", "The day of the closing."),
    "decided_on": Phrase("作出决定的日期。", "The day of the decision."),
    "description": Phrase("内容;不公开。", "What it is; not public."),
    "due_on": Phrase("整改期限。", "By when it must be mended."),
    "evaluated_on": Phrase("评议的日期。", "The day of the evaluation."),
    "filed_on": Phrase("提交的日期。", "The day of the filing."),
    "given_on": Phrase("奖惩的日期。", "The day on which it was given."),
    "indicator": Phrase("指标的代码。", "The code of the indicator."),
    "level": Phrase("考核单位的层级。", "The level of the assessor."),
    "maximum": Phrase("满分,以百分之一分计。", "The highest score, in hundredths of a point."),
    "outcome": Phrase("结果。", "What came of it."),
    "penalty": Phrase("惩处的种类。", "What penalty."),
    "points": Phrase("得分,以百分之一分计。", "The score, in hundredths of a point."),
    "problem": Phrase("问题的序号,从 1 起。", "The number of the problem, from 1."),
    "raised_on": Phrase("提出的日期。", "The day on which it was raised."),
    "receive-assessment.assessment": Phrase(
        "考核的编号;默认随机。", "The assessment's id, assessment-…; random by default."
    ),
    "received_on": Phrase("收到考核结果的日期。", "The day on which it came."),
    "respondents": Phrase("参加评议的人数。", "How many took part."),
    "reward": Phrase("奖励的种类。", "What reward."),
    "section": Phrase("股室的代码。", "The code of the section."),
    "year": Phrase("考核的年度。", "The year assessed."),
}

CODES: Final = {
    "bonus": "奖金",
    "commended": "表彰",
    "county": "县级",
    "criticised": "批评",
    "disciplinary": "处分",
    "disqualified": "取消评优资格",
    "dissatisfied": "不满意",
    "excellent": "优秀",
    "fairly-satisfied": "比较满意",
    "good": "良好",
    "government": "政府",
    "national": "国家级",
    "neutral": "一般",
    "none": "无",
    "notified-criticism": "通报批评",
    "open-government-office": "政务公开主管部门",
    "ordered-to-correct": "责令整改",
    "party-committee": "党委",
    "prefecture": "地级",
    "province": "省级",
    "satisfied": "满意",
    "talked-to": "约谈",
    "third-party-evaluator": "第三方评估机构",
    "township": "乡级",
    "transferred": "移送",
}
