"""Words of `archive request`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "依申请公开:收到、登记、办理、答复、送达、办结。", "Requests: receive, register, handle, reply, deliver, close."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("receive-request",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "request": "role:information-officer",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "receive-request": "登记收到的申请;申请人和申请内容只进入档案库,不公开。",
    "confirm-receipt": "登记双方确认收到的日期。",
    "register-request": "给申请编号。",
    "assign-request": "交承办股室办理。",
    "demand-correction": "登记补正通知。",
    "receive-correction": "登记收到的补正。",
    "lapse-correction": "登记逾期不补正。",
    "withdraw-request": "登记申请人撤回申请。",
    "close-request": "办结。",
    "consult-third-party": "登记向第三方征求意见。",
    "record-third-party-answer": "登记第三方的答复。",
    "record-third-party-silence": "登记第三方逾期未答复。",
    "consult-co-agency": "登记向共同制作机关征求意见。",
    "record-co-agency-answer": "登记共同制作机关的答复。",
    "record-co-agency-silence": "登记共同制作机关逾期未答复,视为同意。",
    "extend-request": "登记经同意并已告知的延期。",
    "demand-reasons": "登记要求申请人说明理由。",
    "accept-reasons": "认可理由并确定答复日期。",
    "reject-reasons": "不认可理由。",
    "notice-fee": "登记缴费通知。",
    "record-fee-payment": "登记缴费。",
    "lapse-fee": "登记逾期不缴费。",
    "record-search": "登记检索的地点、词语和结果。",
    "decide-reply": "登记答复决定。",
    "dispatch-reply": "登记答复的寄出或交出。",
    "deliver-reply": "登记答复的送达。",
    "supplement-reply": "登记补充答复。",
    "convert-request-to-proactive": "登记申请的信息已转为主动公开。",
    "receive-record-correction": "登记申请人要求更正与其自身相关的信息记录。",
    "handle-record-correction": "登记更正要求的办理结果。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "accepted_on": Phrase("认可理由的日期。", "The day on which the reasons were accepted."),
    "amount_fen": Phrase("金额,以分计。", "The amount in fen, hundredths of a yuan."),
    "answer": Phrase("答复的意见。", "What was answered."),
    "answered_on": Phrase("收到答复的日期。", "The day on which the answer came in."),
    "applicant_kind": Phrase(
        "申请人的类型;有共同申请人时为第一申请人的类型。", "What kind of applicant; where there are several, the first."
    ),
    "approved_on": Phrase("同意延期的日期。", "The day on which the extension was approved."),
    "asked_on": Phrase("寄出征求意见书的日期。", "The day on which the letter of consultation left."),
    "assigned_on": Phrase("交办的日期。", "The day on which it was given to the section."),
    "closed_on": Phrase("办结的日期。", "The day on which the file was closed."),
    "co_agency": Phrase("共同制作机关在本档案中的编号,agency-…。", "The other agency's id in this archive, agency-…."),
    "co_applicant_kinds": Phrase(
        "共同申请人的类型;每种写一次本选项。", "A kind of the co-applicants; repeat the option."
    ),
    "co_applicant_names": Phrase(
        "共同申请人的姓名;每人写一次本选项;不公开。", "The name of a co-applicant; repeat the option; never public."
    ),
    "co_applicants": Phrase("除第一申请人外的共同申请人数;默认 0。", "How many apply besides the first; 0 by default."),
    "confirmed_on": Phrase("确认收到的日期。", "The day on which the receipt was confirmed."),
    "consent": Phrase("由谁同意延期。", "Who consented to the extension."),
    "consult-co-agency.name": Phrase("机关的名称;不公开。", "The agency's name; not public."),
    "consult-third-party.name": Phrase("第三方的姓名或名称;不公开。", "The third party's name; never public."),
    "contact": Phrase("联系方式;不公开。", "How to reach him; never public."),
    "converted_on": Phrase("转为主动公开的日期。", "The day on which it was disclosed to everybody."),
    "count": Phrase(
        "页数;按件计费时为该申请人当月的第几件。",
        "The pages; for a fee by the request, which request of the applicant it is in that month.",
    ),
    "decided_on": Phrase("作出答复决定的日期。", "The day of the decision."),
    "delivered_on": Phrase("送达的日期。", "The day of delivery."),
    "demanded_on": Phrase("要求说明理由的日期。", "The day on which reasons were demanded."),
    "description": Phrase("申请内容的描述;不公开。", "What is asked for; never public."),
    "dispatched_on": Phrase(
        "寄出或交出的日期;邮寄以交邮之日为准。", "The day on which it left; for post, the day of posting."
    ),
    "document_number": Phrase("答复书的文号;不公开。", "The number of the reply's document; never public."),
    "due_on": Phrase("通知的期限。", "By when, as the notice says."),
    "found": Phrase("是否检索到。", "Whether anything was found."),
    "handled_on": Phrase("办理更正要求的日期。", "The day on which it was handled."),
    "identity": Phrase("身份证明;不公开。", "The proof of identity; never public."),
    "item": Phrase("主动公开的信息的编号,item-…。", "The id of the item that is public, item-…."),
    "lapsed_on": Phrase("登记逾期的日期,须在期限之后。", "The day on which it was entered that the term is over."),
    "method": Phrase("寄送的方式。", "How it was sent or handed over."),
    "notice-fee.basis": Phrase("计费方式。", "How the fee is reckoned."),
    "noticed_on": Phrase("告知申请人的日期。", "The day on which the applicant was told."),
    "number": Phrase("登记号,年份-流水号,如 2018-1。", "Its number: year and serial number, such as 2018-1."),
    "opinion": Phrase("答复的内容;不公开。", "What the answer says; never public."),
    "outcomes": Phrase(
        "答复结果;一件申请分部分答复时,每个结果写一次本选项。",
        "The outcome; where the parts of a request have several, repeat the option.",
    ),
    "paid_on": Phrase("缴费的日期。", "The day of the payment."),
    "party": Phrase("被征求意见者在本申请中的序号。", "The number, within this request, of who is consulted."),
    "places": Phrase("检索的地点;每处写一次本选项。", "Where it was searched; repeat the option."),
    "points": Phrase("需要补正的事项和理由;不公开。", "What must be put right, and why; never public."),
    "purpose": Phrase("申请的用途;不公开。", "What it is needed for; never public."),
    "receipt": Phrase("收到日期如何确定。", "How the day of receipt was fixed."),
    "receive-request.channel": Phrase("收到申请的方式。", "How it came in."),
    "receive-request.name": Phrase("申请人的姓名或名称;不公开。", "The applicant's name; never public."),
    "receive-request.request": Phrase("申请的编号;默认随机。", "The request's id, request-…; random by default."),
    "received_on": Phrase("收到的日期。", "The day of its receipt."),
    "record": Phrase("哪一条记录不准确;不公开。", "Which record is wrong; never public."),
    "registered_on": Phrase("登记的日期。", "The day on which it was registered."),
    "rejected_on": Phrase("不认可理由的日期。", "The day on which the reasons were rejected."),
    "remarks": Phrase("检索的说明;不公开。", "Remarks on the search; never public."),
    "reply_by": Phrase("告知申请人的答复日期。", "By when the reply comes, as the applicant was told."),
    "request": Phrase("申请的编号,request-…。", "The request's id, request-…."),
    "requested_on": Phrase("通知补正或提出更正要求的日期。", "The day of the notice, or of the applicant's wish."),
    "result": Phrase("办理结果。", "What became of it."),
    "searched_on": Phrase("检索的日期。", "The day of the search."),
    "section": Phrase("承办股室的代码。", "The code of the section."),
    "silent_on": Phrase("登记逾期未答复的日期。", "The day on which the silence was entered."),
    "supplemented_on": Phrase("补充答复的日期。", "The day of the addition."),
    "terms": Phrase(
        "检索的词语;每个写一次本选项;不公开。", "A word that was looked for; repeat the option; never public."
    ),
    "wanted_form": Phrase("申请人要求的形式。", "In what form it is wanted."),
    "wanted_way": Phrase("申请人要求的获取方式。", "How the applicant wants to get it."),
    "withdrawn_on": Phrase("撤回的日期。", "The day on which it was withdrawn."),
    "working_days": Phrase("延长的工作日数。", "By how many working days."),
}

# The outcomes and applicants are those of the form of 2021 (国办公开办函〔2021〕30号).
CODES: Final = {
    "agency-deputy-head": "机关分管负责人",
    "agency-head": "机关主要负责人",
    "already-public": "已主动公开",
    "archive-room": "档案室",
    "awaits-confirmation": "待确认",
    "commercial-enterprise": "商业企业",
    "confirmed": "双方确认",
    "consents": "同意",
    "consents-in-part": "部分同意",
    "corrected": "已更正",
    "cost": "检索、复制、邮寄成本",
    "electronic": "电子",
    "email": "电子邮件",
    "enforcement-file": "属于行政执法案卷",
    "fax": "传真",
    "granted": "予以公开",
    "handed-in": "当面递交",
    "in-person": "当面",
    "information-office-head": "政府信息公开工作机构负责人",
    "inspection": "查阅",
    "internal-affairs": "属于三类内部事务信息",
    "law-forbids": "其他法律行政法规禁止公开",
    "legal-service-institution": "法律服务机构",
    "letter": "信函",
    "mass": "无正当理由大量反复申请",
    "natural-person": "自然人",
    "needs-creation": "没有现成信息需要另行制作",
    "not-exist": "政府信息不存在",
    "not-this-agency": "不属于本行政机关公开",
    "office-system": "办公系统",
    "online": "网上",
    "other-organization": "其他法人或组织",
    "paper": "纸质",
    "per-page": "按量",
    "per-request": "按件",
    "petition": "信访举报投诉类申请",
    "post": "邮寄",
    "process-info": "属于四类过程性信息",
    "public-welfare-organization": "社会公益组织",
    "publication": "要求提供公开出版物",
    "reconfirm": "要求行政机关确认或重新出具已获取信息",
    "refused": "不予更正",
    "refuses": "不同意",
    "refuses-with-reasons": "不同意且有合理理由",
    "refuses-without-reasons": "不同意但无合理理由",
    "repeat": "重复申请",
    "research-institution": "科研机构",
    "section-files": "股室案卷",
    "severed": "部分公开",
    "signed-for": "签收",
    "state-archive": "国家档案馆",
    "statutory-inquiry": "属于行政查询事项",
    "three-securities": "危及“三安全一稳定”",
    "transferred": "已转送有权更正的机关",
    "unclear-after-correction": "补正后申请内容仍不明确",
    "website": "网站",
}
