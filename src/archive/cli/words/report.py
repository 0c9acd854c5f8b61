"""Words of `archive report`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "年度报告:编制、签发、报送、公布、撤回、更正。", "Yearly reports: draft, sign, file, publish, withdraw, correct."
)

# The id follows from the agency and the period, so none is drawn.
BEGINNINGS: Final[tuple[str, ...]] = ()

ROLES: Final = {"report": "role:information-officer"}

COMMANDS: Final = {
    "draft-report": "开始编制某年度的报告。",
    "sign-report": "登记报告的签发。",
    "file-report": "报送报告:数字和统计时的位置。",
    "publish-report": "登记最新版本的公布。",
    "withdraw-report": "登记报告的撤回。",
    "correct-report": "更正已报送的报告,生成新版本。",
    "explain-report-difference": "说明与上年报告不一致的原因。",
}

FIELDS: Final = {
    "cells": Phrase(
        "单元格及数字,写作 单元格=数字;每个写一次本选项;金额以分计。默认由系统统计。",
        "A cell and its figure, CELL=COUNT; repeat the option; money in fen. Counted by default.",
    ),
    "channel": Phrase("公布的渠道的代码。", "The code of the channel."),
    "corrected_on": Phrase("更正的日期。", "The day of the correction."),
    "drafted_on": Phrase("开始编制的日期。", "The day on which the work began."),
    "disclosure": Phrase("文字部分:主动公开政府信息情况。", "In words: what was disclosed."),
    "explained_on": Phrase("说明的日期。", "The day of the explanation."),
    "explanation": Phrase("说明(公开)。", "The explanation, which is public."),
    "filed_on": Phrase("报送的日期,须在次年或以后。", "The day of the filing, in a later year."),
    "form": Phrase("格式:按年度适用。", "The form, which is that of the year."),
    "identity": Phrase("勾稽关系的编号,如 I-C5。", "The identity, such as I-C5."),
    "other": Phrase("文字部分:其他需要报告的事项。", "In words: what else is to be reported."),
    "overview": Phrase("文字部分:总体情况。", "In words: the year as a whole."),
    "position": Phrase(
        "统计数字时的位置;默认最新。", "The position that the figures were counted at; the newest by default."
    ),
    "problems": Phrase("文字部分:存在的主要问题及改进情况。", "In words: problems, and what is done about them."),
    "published_on": Phrase("公布的日期。", "The day of the publication."),
    "reason": Phrase("理由。", "Why."),
    "remedies": Phrase("文字部分:行政复议、行政诉讼情况。", "In words: reconsiderations and lawsuits."),
    "requests": Phrase("文字部分:收到和处理政府信息公开申请情况。", "In words: requests received and handled."),
    "report": Phrase(
        "报告的编号,report-…,由机关和年度得出;写错时会提示正确的编号。",
        "The report's id, report-…, which follows from agency and year; a wrong one is told the right one.",
    ),
    "root": Phrase(
        "该位置的树根,64 位十六进制;默认由系统计算。",
        "The tree root at that position, 64 hexadecimal digits; computed by default.",
    ),
    "signatory": Phrase("签发人的职务。", "The post that signed."),
    "signed_on": Phrase("签发的日期。", "The day of the signature."),
    "withdrawn_on": Phrase("撤回的日期。", "The day of the withdrawal."),
    "year": Phrase("报告的年度。", "The year reported on."),
}

CODES: Final = {
    "2014": "2014 年统计表",
    "2019": "2019 年格式",
    "2021": "2021 年格式",
    "agency-deputy-head": "机关分管负责人",
    "agency-head": "机关主要负责人",
    "counted-elsewhere": "已计入其他机关",
    "counted-wrongly": "统计有误",
    "form-changed": "格式变化",
    "information-office-head": "政府信息公开工作机构负责人",
    "late-entry": "补录",
    "narrative": "文字报告",
    "ordered": "上级要求",
    "personal-data": "含个人信息",
    "reorganised": "机构改革",
    "remedy-decided": "复议诉讼已有结果",
    "transferred": "申请移送",
    "typing-error": "录入错误",
    "wrong-figures": "数字有误",
    "wrong-form": "格式有误",
    "wrong-last-year": "上年数字有误",
}
