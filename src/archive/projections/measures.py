"""What is counted: the measures of the statutory forms, and the facts that each of them adds up.

    entry ──▶ facts, as fine as the law can tell them apart ──▶ measures: the rows of the forms of 2014, 2019 and 2021

Rules
- A fact is counted under one key, such as `result.not-exist`; a measure adds up the facts of several keys. So a form is a
  choice among the same facts, and two forms never differ in what happened.
- The key of a measure is that of its cell (国办发〔2014〕32号, 国办公开办函〔2019〕60号 and 〔2021〕30号); where two forms
  count the same, it stands once for each of their keys.
- What stands open is no fact: it is what began less what ended, up to the end of a year or of the year before. So nothing
  that is carried over is ever entered.
- A request, a case and a hot issue is counted once: by its result, whatever the number of outcomes, judgments or answers.
- What the forms ask for and no entry tells is declared (domain/declarations.py) or listed here with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from archive.domain.remedies import Block, Result
from archive.domain.request_intake import ReceiptChannel
from archive.law.regimes import OUTCOMES

if TYPE_CHECKING:
    from archive.domain.declarations import Cell

Dimension = Literal["MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE", "APPLICANT_KIND", "OUTCOME"]
# Whether a request was concluded within its period, within one that was lengthened, or after it.
Timing = Literal["on-time", "extended", "late"]
Ending = Literal["correction-lapsed", "fee-lapsed", "withdrawn"]


class Stock(NamedTuple):
    """What stands open: what began in a year that is `begun_by` years from the counted one, or earlier, less what ended.

    Both are 0, the counted year itself, or -1, the year before. `ended`: the facts by which it ends, one for each.
    """

    ended: tuple[str, ...]
    begun_by: Literal[-1, 0]
    ended_by: Literal[-1, 0]


class Measure(NamedTuple):
    """A counted thing: label and unit of its statutory cell, the dimensions it can be counted by, the facts it adds up.

    `stock`: it counts what stands open of these facts; else those of the year. `weighted`: a fact may count for more than
    one, so that the number of entries is not the value.
    """

    label_zh: str
    label_en: str
    unit: str
    dimensions: tuple[Dimension, ...]
    facts: tuple[str, ...]
    stock: Stock | None
    weighted: bool


# --- facts ------------------------------------------------------------------------------------------------------------
ITEM: Final = "item"
FEE: Final = "fee"
ISSUE: Final = "issue"
COMPLAINT: Final = "complaint"
MEETING: Final = "meeting"
TRAINING: Final = "training"
PERSON_TIMES: Final = "training.person-times"
PLACE_OPENED: Final = "place.opened"
PLACE_CLOSED: Final = "place.closed"
# The beginning of the key of every result of a request; an outcome, or an ending without a reply, follows.
RESULT: Final = "result."


def channel(kind: str) -> str:
    """An item that is disclosed by a kind of channel."""
    return f"channel.{kind}"


def received(by: str) -> str:
    """A request that came in by this way."""
    return f"received.{by}"


def concluded(timing: str) -> str:
    """A request that was concluded."""
    return f"concluded.{timing}"


def result(outcome: str) -> str:
    """A request with this outcome, or that ended so without a reply."""
    return f"{RESULT}{outcome}"


def response(way: str, *, by_head: bool = False) -> str:
    """An answer or an interpretation that was given in this way."""
    return f"response.{way}{'.by-head' if by_head else ''}"


def remedy(block: str, what: str) -> str:
    """A case that was filed or ended with a result."""
    return f"{block}.{what}"


_REPLIES: Final = tuple(result(outcome) for outcome in OUTCOMES)
_RESULTS: Final = (*_REPLIES, *(result(ending) for ending in get_args(Ending)))
_RECEIVED: Final = tuple(received(by) for by in get_args(ReceiptChannel))


# --- measures ---------------------------------------------------------------------------------------------------------
_OF_ITEMS: Final[tuple[Dimension, ...]] = ("MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE")
_OF_REQUESTS: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY", "APPLICANT_KIND")
_OF_RESULTS: Final[tuple[Dimension, ...]] = (*_OF_REQUESTS, "OUTCOME")
_OF_OPEN_REQUESTS: Final[tuple[Dimension, ...]] = ("AGENCY", "APPLICANT_KIND")
_OF_AGENCIES: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY")
_OF_STOCKS: Final[tuple[Dimension, ...]] = ("AGENCY",)


def _flow(
    label_zh: str,
    label_en: str,
    unit: str,
    dimensions: tuple[Dimension, ...],
    *facts: str,
    weighted: bool = False,
) -> Measure:
    return Measure(label_zh, label_en, unit, dimensions, facts, None, weighted)


def _items(label_zh: str, label_en: str, *facts: str) -> Measure:
    return _flow(label_zh, label_en, "条", _OF_ITEMS, *facts)


def _responses(label_zh: str, label_en: str, unit: str, *facts: str) -> Measure:
    return _flow(label_zh, label_en, unit, _OF_AGENCIES, *facts)


def _requests(label_zh: str, label_en: str, *facts: str) -> Measure:
    return _flow(label_zh, label_en, "件", _OF_REQUESTS, *facts)


def _results(label_zh: str, label_en: str, *outcomes: str) -> Measure:
    return _flow(label_zh, label_en, "件", _OF_RESULTS, *(result(outcome) for outcome in outcomes))


def _open_requests(label_zh: str, label_en: str, *, by: Literal[-1, 0]) -> Measure:
    return Measure(label_zh, label_en, "件", _OF_OPEN_REQUESTS, _RECEIVED, Stock(_RESULTS, by, by), weighted=False)


def _remedies(key: str, heading: tuple[str, str], *blocks: Block, columns: tuple[str, ...]) -> dict[str, Measure]:
    """Cells of a remedy table: cases that were open in the year (domain/remedies.py: `counted_in`), and their results."""
    filed = tuple(remedy(block, "filed") for block in blocks)
    ended = tuple(remedy(block, one) for block in blocks for one in get_args(Result))

    def of(one: Result) -> tuple[str, ...]:
        return tuple(remedy(block, one) for block in blocks)

    def cell(label_zh: str, label_en: str, facts: tuple[str, ...], stock: Stock | None = None) -> Measure:
        dimensions = _OF_AGENCIES if stock is None else _OF_STOCKS
        labels = f"{heading[0]}{label_zh}", f"{heading[1]}: {label_en}"
        return Measure(*labels, "件", dimensions, facts, stock, weighted=False)

    made = {
        "total": lambda: cell("数量", "all, with those carried over", filed, Stock(ended, 0, -1)),
        "upheld": lambda: cell("结果维持数", "upheld", of("upheld")),
        "upheld_or_dismissed": lambda: cell("维持或者驳回原告诉讼请求数", "upheld or dismissed", of("upheld")),
        "corrected": lambda: cell("结果纠正数", "corrected", of("corrected")),
        "other": lambda: cell("其他情形数", "other results", of("other")),
        "other_result": lambda: cell("其他结果数", "other results", of("other")),
        "pending": lambda: cell("尚未审结数", "pending at the end of the year", filed, Stock(ended, 0, 0)),
    }
    return {f"{key}.{column}": made[column]() for column in columns}


_COLUMNS_2021: Final = ("upheld", "corrected", "other_result", "pending", "total")

MEASURES: Final[dict[str, Measure]] = {
    # --- the form of 2014, from row 一 on
    "proactive.items_total": _items("主动公开政府信息数", "Items disclosed proactively, each once", ITEM),
    "channels.gazette": _items("政府公报公开政府信息数", "Disclosures in the gazette", channel("gazette")),
    "channels.website": _items("政府网站公开政府信息数", "Disclosures on government websites", channel("website")),
    "channels.weibo": _items("政务微博公开政府信息数", "Disclosures on microblogs", channel("weibo")),
    "channels.wechat": _items("政务微信公开政府信息数", "Disclosures on WeChat", channel("wechat")),
    "channels.other": _items("其他方式公开政府信息数", "Disclosures by other ways", channel("other")),
    "response.hot_issues_total": _responses(
        "回应公众关注热点或重大舆情数", "Hot issues answered, each once", "次", ISSUE
    ),
    "response.press_conferences": _responses(
        "参加或举办新闻发布会总次数",
        "Press conferences",
        "次",
        response("press-conference"),
        response("press-conference", by_head=True),
    ),
    "response.press_conferences_by_head": _responses(
        "主要负责同志参加新闻发布会次数",
        "Press conferences with the head",
        "次",
        response("press-conference", by_head=True),
    ),
    "response.online_interviews": _responses(
        "政府网站在线访谈次数",
        "Online interviews",
        "次",
        response("online-interview"),
        response("online-interview", by_head=True),
    ),
    "response.online_interviews_by_head": _responses(
        "主要负责同志参加政府网站在线访谈次数",
        "Online interviews with the head",
        "次",
        response("online-interview", by_head=True),
    ),
    "response.policy_interpretations": _responses(
        "政策解读稿件发布数", "Policy interpretations published", "篇", response("interpretation")
    ),
    "response.weibo_wechat_responses": _responses(
        "微博微信回应事件数", "Hot issues answered by microblog or WeChat", "次", response("weibo-wechat")
    ),
    "response.other_responses": _responses(
        "其他方式回应事件数", "Hot issues answered by other ways", "次", response("other")
    ),
    "requests.received": _requests("收到申请数", "Requests received", *_RECEIVED),
    "requests.received_in_person": _requests("当面申请数", "Requests received in person", received("in-person")),
    "requests.received_fax": _requests("传真申请数", "Requests received by fax", received("fax")),
    "requests.received_online": _requests("网络申请数", "Requests received online", received("online")),
    "requests.received_letter": _requests("信函申请数", "Requests received by letter", received("letter")),
    "requests.concluded": _requests("申请办结数", "Requests concluded", *(concluded(one) for one in get_args(Timing))),
    "requests.concluded_on_time": _requests("按时办结数", "Requests concluded on time", concluded("on-time")),
    "requests.concluded_extended": _requests(
        "延期办结数", "Requests concluded within an extension", concluded("extended")
    ),
    "requests.replies": _results("申请答复数", "Requests replied to", *OUTCOMES),
    "requests.reply_already_public": _results("属于已主动公开范围数", "Replied: already public", "already-public"),
    "requests.reply_granted": _results("同意公开答复数", "Replied: granted", "granted"),
    "requests.reply_partially_granted": _results("同意部分公开答复数", "Replied: granted in part", "severed"),
    "requests.reply_refused": _results(
        "不同意公开答复数",
        "Replied: refused",
        "state-secret",
        "trade-secret",
        "personal-privacy",
        "three-securities",
        "internal-affairs",
        "process-info",
        "law-forbids",
        "enforcement-file",
        "needs-creation",
    ),
    "requests.refused_state_secret": _results("属于国家秘密", "Refused: state secret", "state-secret"),
    "requests.refused_trade_secret": _results("涉及商业秘密", "Refused: trade secret", "trade-secret"),
    "requests.refused_personal_privacy": _results("涉及个人隐私", "Refused: personal privacy", "personal-privacy"),
    "requests.refused_three_securities_one_stability": _results(
        "危及国家安全、公共安全、经济安全和社会稳定", "Refused: security and stability", "three-securities"
    ),
    "requests.refused_not_government_information": _results(
        "不是《条例》所指政府信息", "Refused: not government information", "internal-affairs", "process-info"
    ),
    "requests.refused_other_law": _results(
        "法律法规规定的其他情形", "Refused: other legal ground", "law-forbids", "enforcement-file", "needs-creation"
    ),
    "requests.reply_not_this_agency": _results(
        "不属于本行政机关公开数", "Replied: another agency's", "not-this-agency"
    ),
    "requests.reply_not_exist": _results("申请信息不存在数", "Replied: does not exist", "not-exist"),
    "requests.reply_amend_or_supplement": _results(
        "告知作出更改补充数", "Replied: to be amended", "unclear-after-correction"
    ),
    # What has no row of its own in this form is told another way, so that the eight kinds add up to the replies.
    "requests.reply_other_channel": _results(
        "告知通过其他途径办理数",
        "Replied: by another way",
        "statutory-inquiry",
        "petition",
        "repeat",
        "publication",
        "mass",
        "reconfirm",
        "other",
    ),
    **_remedies(
        "reconsideration",
        ("行政复议", "Reconsiderations"),
        "reconsideration",
        columns=("total", "upheld", "corrected", "other"),
    ),
    **_remedies(
        "litigation",
        ("行政诉讼", "Lawsuits"),
        "litigation-direct",
        "litigation-after-reconsideration",
        columns=("total", "upheld_or_dismissed", "corrected", "other"),
    ),
    "complaints.total": _flow("举报投诉数量", "Complaints", "件", _OF_AGENCIES, COMPLAINT),
    # The cell is `fees_collected_wan_yuan`; money is counted in fen, and a form divides.
    "fees_collected": _flow("依申请公开信息收取的费用", "Fees collected", "分", _OF_REQUESTS, FEE, weighted=True),
    "capacity.reading_points": Measure(
        "设置政府信息公开查阅点数",
        "Reading places at the end of the year",
        "个",
        _OF_STOCKS,
        (PLACE_OPENED,),
        Stock((PLACE_CLOSED,), 0, 0),
        weighted=False,
    ),
    "meetings_training.meetings": _flow(
        "召开政府信息公开工作会议或专题会议数", "Meetings", "次", _OF_AGENCIES, MEETING
    ),
    "meetings_training.training_sessions": _flow("举办各类培训班数", "Trainings", "次", _OF_AGENCIES, TRAINING),
    "meetings_training.trained_person_times": _flow(
        "接受培训人员数", "Persons trained", "人次", _OF_AGENCIES, PERSON_TIMES, weighted=True
    ),
    # --- no row of any form: what breaks “concluded = on time + extended”
    "requests.concluded_late": _requests("逾期办结数", "Requests concluded late", concluded("late")),
    # --- the forms of 2019 and 2021, section 三; what they share with that of 2014 stands above
    "requests.received_this_year": _requests("本年新收申请数量", "Requests received this year", *_RECEIVED),
    "requests.carried_over_from_last_year": _open_requests("上年结转申请数量", "Requests carried over", by=-1),
    "requests.granted": _results("予以公开", "Granted", "already-public", "granted"),
    "requests.partially_granted": _results("部分公开", "Granted in part", "severed"),
    "requests.refused_other_law_forbids": _results(
        "其他法律行政法规禁止公开", "Refused: forbidden by other law", "law-forbids"
    ),
    "requests.refused_third_party_rights": _results(
        "保护第三方合法权益", "Refused: rights of third parties", "trade-secret", "personal-privacy"
    ),
    "requests.refused_internal_affairs": _results(
        "属于三类内部事务信息", "Refused: internal affairs", "internal-affairs"
    ),
    "requests.refused_process_information": _results(
        "属于四类过程性信息", "Refused: process information", "process-info"
    ),
    "requests.refused_enforcement_case_file": _results(
        "属于行政执法案卷", "Refused: enforcement case file", "enforcement-file"
    ),
    "requests.refused_administrative_inquiry": _results(
        "属于行政查询事项", "Refused: administrative inquiry", "statutory-inquiry"
    ),
    "requests.unable_not_held": _results("本机关不掌握相关政府信息", "Not held", "not-exist", "not-this-agency"),
    "requests.unable_requires_creation": _results(
        "没有现成信息需要另行制作", "Would have to be made", "needs-creation"
    ),
    "requests.unable_still_unclear_after_correction": _results(
        "补正后申请内容仍不明确", "Unclear after correction", "unclear-after-correction"
    ),
    "requests.not_processed_petition_complaint": _results("信访举报投诉类申请", "Petition or complaint", "petition"),
    "requests.not_processed_repeat": _results("重复申请", "Repeated request", "repeat"),
    "requests.not_processed_publication": _results("要求提供公开出版物", "Published matter", "publication"),
    "requests.not_processed_mass_requests": _results("无正当理由大量反复申请", "Mass requests", "mass"),
    "requests.not_processed_reconfirm": _results(
        "要求行政机关确认或重新出具已获取信息", "Confirm or issue again", "reconfirm"
    ),
    "requests.other_no_correction_in_time": _results(
        "申请人无正当理由逾期不补正", "No correction in time", "correction-lapsed"
    ),
    "requests.other_fee_unpaid_in_time": _results("申请人逾期未缴纳费用", "Fee not paid in time", "fee-lapsed"),
    "requests.other_misc": _results("其他处理中的其他", "Other, withdrawn ones included", "withdrawn", "other"),
    "requests.other_processing": _results("其他处理", "Other processing", *get_args(Ending), "other"),
    "requests.results_total": _results("本年度办理结果总计", "Results in all", *OUTCOMES, *get_args(Ending)),
    "requests.carried_forward_to_next_year": _open_requests("结转下年度继续办理", "Requests carried forward", by=0),
    # --- section 四
    **_remedies(
        "reconsideration", ("行政复议", "Reconsiderations"), "reconsideration", columns=("other_result", "pending")
    ),
    **_remedies(
        "litigation_direct",
        ("未经复议直接起诉", "Lawsuits brought directly"),
        "litigation-direct",
        columns=_COLUMNS_2021,
    ),
    **_remedies(
        "litigation_after_reconsideration",
        ("复议后起诉", "Lawsuits after reconsideration"),
        "litigation-after-reconsideration",
        columns=_COLUMNS_2021,
    ),
}

# Every key that a fact is counted under.
FACTS: Final = frozenset(
    fact
    for measure in MEASURES.values()
    for fact in (*measure.facts, *(measure.stock.ended if measure.stock is not None else ()))
)

# --- what is not counted ----------------------------------------------------------------------------------------------
# Cells of the form of 2014 that no entry tells, and what is declared for them. More than one: their sum.
DECLARED_2014: Final[dict[str, tuple[Cell, ...]]] = {
    "proactive.normative_documents_issued": ("proactive.normative_documents_issued",),
    "capacity.dedicated_offices": ("capacity.dedicated_offices",),
    "capacity.staff_total": ("capacity.staff_full_time", "capacity.staff_part_time"),
    "capacity.staff_full_time": ("capacity.staff_full_time",),
    "capacity.staff_part_time": ("capacity.staff_part_time",),
    "capacity.budget_wan_yuan": ("capacity.budget",),
}
# Cells whose number is another unit of a measure, in tens of thousands of yuan.
CONVERTED_2014: Final = {"fees_collected_wan_yuan": "fees_collected"}
# Cells that are neither counted nor declared, and why.
MISSING_2014: Final = {
    "proactive.normative_documents_disclosed": (
        "no entry says that an item is a normative document: the categories are those of each agency's own schemes"
    ),
}
