"""Words of `archive item`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "信息:起草、审查、发布、更新、更正、撤回。", "Items: draft, review, publish, update, correct, withdraw."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("draft-item",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "item": "role:clerk",
    "pass-review": "role:reviewer",
    "return-review": "role:reviewer",
    "refer-review": "role:reviewer",
    "record-referral-answer": "role:reviewer",
    "conclude-review": "role:reviewer",
    "reassess-item": "role:reviewer",
    "publish-item": "role:publisher",
    "update-item": "role:publisher",
    "correct-item": "role:publisher",
    "withdraw-item": "role:publisher",
    "restore-item": "role:publisher",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "draft-item": "起草一条拟公开的信息。",
    "revise-item": "给出新的文本;须重新审查。",
    "open-review": "把最新文本提交审查。",
    "pass-review": "通过一级审查;最后一级即为审查结论。",
    "return-review": "由某一级退回。",
    "refer-review": "报有关主管部门或者保密行政管理部门确定。",
    "record-referral-answer": "登记其答复。",
    "conclude-review": "结束审查:文本不按现状公开。",
    "reassess-item": "登记对未公开文本的重新评估。",
    "declare-prior-review": "说明该文本在本档案建立之前已经审查。",
    "publish-item": "在一个渠道发布审查通过的文本;再次使用为增加渠道。",
    "update-item": "以新审查通过的文本替换已公开的文本。",
    "correct-item": "以新审查通过的文本更正已公开的文本。",
    "classify-item": "在一个分类方案中改变信息的类别。",
    "withdraw-item": "从所有渠道撤回。",
    "restore-item": "恢复已撤回的信息,内容不变。",
    "put-item-into-effect": "登记施行日期。",
    "amend-item": "登记被修改的日期。",
    "repeal-item": "登记废止或失效。",
    "record-step": "登记制定过程中的一个日期。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "duty": Phrase(
        "公开期限的种类;不写为主动公开,二十个工作日。",
        "By when it must be public; left out, twenty working days.",
    ),
    "abstract": Phrase("内容概述。", "An abstract."),
    "amended_on": Phrase("被修改的日期。", "The day of the amendment."),
    "body": Phrase(
        "正文文件;只登记摘要、大小和类型,文件本身不进入档案。",
        "The file of the body; its digest, size and type are entered, and not the file.",
    ),
    "classify-item.code": Phrase("类别的代码。", "The code of the category."),
    "classify-item.scheme": Phrase("分类方案的代码。", "The code of the scheme."),
    "correct-item.reason": Phrase("更正的原因。", "Why it was corrected."),
    "corrected_on": Phrase("更正的日期。", "The day of the correction."),
    "document_number": Phrase("文号。", "The document number."),
    "draft-item.categories": Phrase(
        "所属类别,写作 方案=类别;每个方案写一次本选项。", "A category of a scheme; repeat the option for other schemes."
    ),
    "draft-item.item": Phrase("信息的编号;默认随机。", "The item's id, item-…; random by default."),
    "effective_on": Phrase("施行的日期。", "The day from which it is in force."),
    "index_number": Phrase("索引号。", "The index number."),
    "issuer": Phrase("发布机构。", "Who issued it."),
    "item": Phrase("信息的编号,item-…。", "The item's id, item-…."),
    "keywords": Phrase("关键词;每个写一次本选项。", "A keyword; repeat the option."),
    "level": Phrase("第几级审查。", "Which level of the review."),
    "made_on": Phrase("信息生成的日期。", "The day on which the information was made."),
    "mode": Phrase("公开的方式。", "How it is disclosed."),
    "notes": Phrase("附注;每条写一次本选项。", "A note; repeat the option."),
    "on": Phrase("该步骤的日期。", "The day of the step."),
    "passed_on": Phrase("通过的日期。", "The day on which it was passed."),
    "publish-item.channel": Phrase("渠道的代码,须已登记。", "The code of the channel, registered before."),
    "publish-item.url": Phrase("在该渠道上的网址。", "Where it can be seen."),
    "published_on": Phrase("发布的日期。", "The day of its publication."),
    "repeal-item.kind": Phrase("废止或失效。", "Repealed, or expired."),
    "repealed_on": Phrase("废止或失效的日期。", "The day on which it ceased to be in force."),
    "restored_on": Phrase("恢复的日期。", "The day on which it became public again."),
    "return-review.reason": Phrase("退回的原因。", "Why it was returned."),
    "returned_on": Phrase("退回的日期。", "The day on which it was returned."),
    "section": Phrase("制作科室的代码,须已登记。", "The code of the section that made it, registered before."),
    "source_id": Phrase("在原系统中的编号。", "Its id in the system that it comes from."),
    "step": Phrase("制定过程中的哪一步。", "Which step of its making."),
    "title": Phrase("名称。", "The title."),
    "updated_on": Phrase("更新的日期。", "The day of the update."),
    "withdraw-item.ground": Phrase("撤回的理由。", "Why it was withdrawn."),
    "withdrawn_on": Phrase("撤回的日期。", "The day of the withdrawal."),
    "answered_on": Phrase("答复的日期。", "The day of the answer."),
    "concluded_on": Phrase("作出结论的日期。", "The day of the conclusion."),
    "conclude-review.conclusion": Phrase("审查结论。", "What the review concludes."),
    "conclude-review.ground": Phrase(
        "不予公开的法定理由(《条例》第十四条至第十六条)。", "The ground in law, art. 14 to 16, for what is withheld."
    ),
    "reassess-item.result": Phrase("重新评估的结果。", "What the new assessment found."),
    "reassessed_on": Phrase("重新评估的日期。", "The day of the new assessment."),
    "record-referral-answer.result": Phrase("答复的结果。", "What the authority decided."),
    "refer-review.to": Phrase("报哪个机关确定。", "Which authority is asked."),
    "referred_on": Phrase("报请的日期。", "The day on which it was referred."),
    "reviewer": Phrase("审查人的职务代码,不写姓名。", "The code of the post that reviews, never a name."),
}

CODES: Final = {
    "budget": "预算、决算",
    "interpretation": "政策解读",
    "licence": "行政许可",
    "penalty": "行政处罚",
    "adopted": "通过",
    "approved": "批准",
    "attachment": "附件有误",
    "clerical": "文字差错",
    "court-order": "法院裁判",
    "expired": "失效",
    "fact": "事实有误",
    "inaccurate": "内容不准确",
    "incomplete": "内容不完整",
    "metadata": "著录项有误",
    "on-request": "依申请公开",
    "proactive": "主动公开",
    "promulgated": "公布",
    "repealed": "废止",
    "superseded": "已被取代",
    "work-secret": "工作秘密",
    "competent-department": "有关主管部门",
    "may-be-public": "因情势变化可以公开",
    "may-not-publish": "不得公开",
    "may-publish": "可以公开",
    "on-request-only": "依申请公开",
    "part": "部分可以公开",
    "publish-redacted": "删减后公开",
    "secrecy-authority": "保密行政管理部门",
    "stays": "仍不公开",
    "withhold": "不予公开",
    "enforcement-file": "行政执法案卷",
    "internal-affairs": "内部事务",
    "law-forbids": "法律、行政法规禁止公开",
    "process-info": "过程性信息",
    "three-securities": "危及国家安全、公共安全、经济安全、社会稳定",
}
