"""Words of `archive declaration`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "申报:本档案不统计的年度数据、无此类情况。",
    "Declarations: yearly figures that are no events here, and that there was nothing.",
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = (
    "declare-nil",
    "declare-figure",
)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {"declaration": "role:information-officer"}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "declare-nil": "申报某一方面无此类情况。",
    "declare-figure": "申报本档案不统计的年度数据。",
    "correct-figure": "更正申报的数据。",
    "withdraw-declaration": "撤回申报。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "area": Phrase("方面。", "The area."),
    "cell": Phrase("统计表的单元。", "The cell of the form."),
    "corrected_on": Phrase("更正的日期。", "The day of the correction."),
    "declaration": Phrase("申报的编号,declaration-…。", "Its id, declaration-…."),
    "declare-figure.declaration": Phrase("申报的编号;默认随机。", "Its id, declaration-…; random by default."),
    "declare-nil.declaration": Phrase("申报的编号;默认随机。", "Its id, declaration-…; random by default."),
    "declared_on": Phrase("申报的日期。", "The day of the declaration."),
    "evidence": Phrase("依据文件的编号。", "The code of the file that shows it."),
    "reason": Phrase("理由。", "Why."),
    "unit": Phrase(
        "数值的单位,用于核对;与单元的单位不同时拒绝,不换算。",
        "The unit of the value, to be checked: another than the cell's is refused and never converted.",
    ),
    "value": Phrase("数值,整数;金额以分计。", "The value, a whole number; money in fen."),
    "withdrawn_on": Phrase("撤回的日期。", "The day on which it was withdrawn."),
    "year": Phrase("所报年度。", "The year reported on."),
}

CODES: Final = {
    "art20_1.normative_documents.in_force": "行政规范性文件现行有效件数",
    "art20_1.normative_documents.issued": "行政规范性文件制发件数",
    "art20_1.normative_documents.repealed": "行政规范性文件废止件数",
    "art20_1.rules.in_force": "规章现行有效件数",
    "art20_1.rules.issued": "规章制发件数",
    "art20_1.rules.repealed": "规章废止件数",
    "art20_5.administrative_licensing.decisions": "行政许可处理决定数",
    "art20_5.administrative_licensing.items": "行政许可项目数",
    "art20_5.other_external_services.decisions": "其他对外管理服务事项处理决定数",
    "art20_5.other_external_services.items": "其他对外管理服务事项项目数",
    "art20_6.administrative_coercion.decisions": "行政强制处理决定数",
    "art20_6.administrative_coercion.items": "行政强制项目数",
    "art20_6.administrative_penalty.decisions": "行政处罚处理决定数",
    "art20_6.administrative_penalty.items": "行政处罚项目数",
    "art20_8.administrative_fees.amount": "行政事业性收费金额",
    "art20_8.administrative_fees.items": "行政事业性收费项目数",
    "art20_9.central_procurement.amount": "政府集中采购总金额",
    "art20_9.central_procurement.projects": "政府集中采购项目数",
    "audit": "审计核查",
    "capacity.budget": "专项经费",
    "capacity.dedicated_offices": "专门机构数",
    "capacity.staff_full_time": "专职人员数",
    "capacity.staff_part_time": "兼职人员数",
    "complaints": "举报投诉",
    "consultations": "征求意见",
    "count": "件（次、项等）",
    "declared-in-error": "误报",
    "events-found": "实有记录",
    "fen": "分",
    "hot-issues": "热点舆情",
    "interpretations": "政策解读",
    "late-evidence": "补充依据",
    "miscounted": "统计有误",
    "no-major-policy": "未出台重大政策",
    "no-such-case": "无此类情况",
    "not-competent": "无此职权",
    "not-organised": "未组织",
    "persons": "人",
    "press-conferences": "新闻发布会",
    "proactive.normative_documents_issued": "制发规范性文件总数",
    "remedies": "复议诉讼",
    "requests": "依申请公开",
    "training": "培训",
    "wan-yuan": "万元",
    "wrong-unit": "单位有误",
    "wrong-year": "年度有误",
    "yuan": "元",
}
