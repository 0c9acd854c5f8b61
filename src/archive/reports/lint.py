"""What a report's text gets wrong, whoever wrote it: rules N1 to N17, each finding with its rule, a sentence and its place.

Rules
- A rule looks at the text alone, and where they are known at the year, the agency's name and the figures of the year. What
  it needs and does not have, it does not guess: then it finds nothing.
- A finding says where and how many, and repeats nothing of the text.
- A rule may be wrong about a text: who wrote it decides. None of them changes anything.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import Struct

from archive.domain import personal_data
from archive.law.deadlines import report_due
from archive.law.regimes import regime_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DIGITS: Final = "一二三四五六七八九"
_NUMERAL: Final = f"[{_DIGITS}十]{{1,3}}"
_SENTENCE: Final = re.compile(r"[^。！？\n]+")
_HEADING: Final = re.compile(rf"^[ \u3000\t]*({_NUMERAL})、([^。；;\n]{{1,45}})$", re.MULTILINE)
_ITEMS: Final = re.compile(r"([0-9]+)[ \u3000]?条")
_DATE: Final = re.compile(r"((?:19|20)[0-9]{2})\s*[-年/.]\s*([0-9]{1,2})\s*[-月/.]\s*([0-9]{1,2})\s*日?")
# The names that are most often printed with 某 in place of what follows.
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚"


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule found: in which line and column, from 1, and from which character of the text on, from 0."""

    rule: str
    zh: str
    en: str
    line: int
    column: int
    offset: int


class Page(NamedTuple):
    """A text, and what is known about it: the year it reports on, who reports, and figures by the keys of their cells."""

    text: str
    year: int | None
    agency: str | None
    values: Mapping[str, int]


class _Hit(NamedTuple):
    offset: int
    facts: dict[str, object] = {}  # noqa: RUF012 - never changed


class Rule(NamedTuple):
    """A rule: its id, what it says of a finding, and what finds them."""

    id: str
    zh: str
    en: str
    find: Callable[[Page], Iterator[_Hit]]


class _Words(Struct, frozen=True, forbid_unknown_fields=True):
    instruments: frozenset[str]
    agencies: dict[str, str]


@cache
def _words() -> _Words:
    raw = (resources.files("archive.reports") / "words.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(raw), _Words)


def lint(
    text: str, *, year: int | None = None, agency: str | None = None, values: Mapping[str, int] | None = None
) -> list[Finding]:
    """Every finding, in the order of the text. `agency`: its name; year and name are read off the title where absent."""
    titled = re.search(r"^[ \u3000]*(\S{2,40}?)(20[0-9]{2})年\S{0,20}报告[ \u3000]*$", text, re.MULTILINE)
    if titled is not None:
        year, agency = year or int(titled[2]), agency or titled[1]
    page = Page(text, year, agency, values or {})
    found = []
    for rule in RULES:
        for hit in rule.find(page):
            before = text[: hit.offset]
            line = before.count("\n") + 1
            column = hit.offset - (before.rfind("\n") + 1) + 1
            zh, en = rule.zh.format(**hit.facts), rule.en.format(**hit.facts)
            found.append(Finding(rule.id, zh, en, line, column, hit.offset))
    return sorted(found, key=lambda one: (one.offset, int(one.rule[1:])))


# --- numbering --------------------------------------------------------------------------------------------------------
def _value(numeral: str) -> int:
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _DIGITS.find(numeral) + 1
    return (_DIGITS.find(tens) + 1 if tens else 1) * 10 + (_DIGITS.find(ones) + 1 if ones else 0)


def _sections(page: Page) -> Iterator[_Hit]:
    last = 0
    for heading in _HEADING.finditer(page.text):
        number = _value(heading[1])
        if number != last + 1:
            yield _Hit(heading.start(1), {"expected": last + 1, "found": number})
        last = number


def _enumerations(page: Page) -> Iterator[_Hit]:
    last = 0
    for one in re.finditer(rf"(?<![统唯第之])({_NUMERAL})是|[；;](是)", page.text):
        number = 0 if one[1] is None else _value(one[1])
        if number == 1:
            last = 1
        elif last and number != last + 1:
            yield _Hit(one.start(), {"expected": last + 1})
            # What stands without a number has the one that is missing.
            last += 1
        elif last:
            last = number


# --- words ------------------------------------------------------------------------------------------------------------
def _foreign_agencies(page: Page) -> Iterator[_Hit]:
    if page.agency is None:
        return
    for called, own in _words().agencies.items():
        if own in page.agency:
            continue
        for one in re.finditer(rf"{called}(?:机关|部门)(?=主动公开|依法公开|应当公开|公开)", page.text):
            yield _Hit(one.start())


def _instruments(page: Page) -> Iterator[_Hit]:
    for one in re.finditer(r"《([^《》\n]{1,60}?(?:条例|法))》", page.text):
        name = one[1].removeprefix("中华人民共和国")
        local = re.search(r"省|市|自治区|自治州|特区|[县区](?!域)", name)
        if local is None and name not in _words().instruments:
            yield _Hit(one.start())


def _lost_characters(page: Page) -> Iterator[_Hit]:
    for one in re.finditer(
        r"公开信(?=[0-9])|够不够不|还不够不|的的|了了|是是|和和|在在|信息息|公公开|公开开", page.text
    ):
        yield _Hit(one.start())


def _vocabulary(page: Page) -> Iterator[_Hit]:
    named = [
        one for one in re.finditer(r"^.{0,45}(?:政务|政府信息)公开.{0,25}$", page.text, re.MULTILINE) if _titles(one[0])
    ]
    other = next((one for one in named if "政务公开" in one[0]), None)
    if other is not None and any("政府信息公开" in one[0] for one in named):
        yield _Hit(other.start() + other[0].index("政务公开"))


def _titles(line: str) -> bool:
    return (
        "。" not in line
        and (re.match(rf"\s*(?:{_NUMERAL}、|[（(]{_NUMERAL}[）)])", line) or "报告" in line) is not None
    )


# --- days -------------------------------------------------------------------------------------------------------------
def _period(page: Page) -> Iterator[_Hit]:
    for sentence in _SENTENCE.finditer(page.text):
        if not re.search(r"统计期|报告期|所列数据|数据的统计", sentence[0]):
            continue
        span = re.search(r"[自从]([^至到]{2,20})[至到]([^，,；;（(]{2,20})", sentence[0])
        if span is None:
            continue
        year = page.year
        whole = [None if year is None else date(year, 1, 1), None if year is None else date(year, 12, 31)]
        for number, expected in enumerate(whole, start=1):
            found = re.fullmatch(_DATE.pattern + r"(?:起|止)?", span[number].strip())
            day = None if found is None else _day(found)
            if day is None or (expected is not None and day != expected):
                yield _Hit(sentence.start() + span.start(number), {"side": "起" if number == 1 else "止"})


def _day(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _late(page: Page) -> Iterator[_Hit]:
    if page.year is None:
        return
    due = report_due(page.year)
    for one in re.finditer(rf"(?:日\s*期|发布时间|公布时间)\s*[:：]\s*({_DATE.pattern})", page.text):
        day = _day(re.match(_DATE.pattern, one[1]) or one)
        if day is not None and (late := due.late_by(day)):
            yield _Hit(one.start(1), {"due": due.due_on, "late": late, "law": due.law, "article": due.article})


def _timely(page: Page) -> Iterator[_Hit]:
    for sentence in _SENTENCE.finditer(page.text):
        claim = re.search(
            r"(?:按时|按期|如期|在(?:法定|规定)(?:的)?(?:期限|时限)内)[^，,；;]{0,12}(?:答复|回复)", sentence[0]
        )
        if claim is not None and not re.search(r"[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}-[0-9]{2}-[0-9]{2}", sentence[0]):
            yield _Hit(sentence.start() + claim.start())


# --- what belongs into a report -----------------------------------------------------------------------------------------
def _attachments(page: Page) -> Iterator[_Hit]:
    for one in re.finditer(r"^[ \u3000]*附件[ \u3000]*[:：]?[ \u3000]*$", page.text, re.MULTILINE):
        after = page.text[one.end() :].lstrip()
        if not re.match(r"[0-9]+[.、．]|《|[^\n]{0,40}(?:统计表|附表|情况表|报表|说明)", after):
            yield _Hit(one.start())
    promised = re.search(r"(?:详见|见|附)附?件?[^。\n]{0,8}统计表", page.text)
    if promised is not None and not re.search(r"^[ \u3000]*附(?:件|表)", page.text, re.MULTILINE):
        yield _Hit(promised.start())


# Topics that the law wants in a report: R2008 art. 32, R2019 art. 50; what tells that a text has them.
_TOPICS: Final = {
    "R2008": {
        "主动公开": ("proactive disclosure", r"主动公开"),
        "依申请公开": ("disclosure on request", r"依申请公开|信息公开申请"),
        "收费及减免": ("fees and waivers", r"收费(?:及|和|与|、)?减免|减免|(?:未|没有|无)收取|收取[^。]{0,10}费"),
        "行政复议、行政诉讼": ("reconsiderations and lawsuits", r"复议"),
        "存在的主要问题及改进": ("problems and improvement", r"问题"),
    },
    "R2019": {
        "总体情况": ("the year as a whole", r"总体情况"),
        "主动公开": ("proactive disclosure", r"主动公开"),
        "收到和处理政府信息公开申请": ("requests", r"信息公开申请|依申请公开"),
        "行政复议、行政诉讼": ("reconsiderations and lawsuits", r"复议"),
        "存在的主要问题及改进": ("problems and improvement", r"问题"),
        "其他需要报告的事项": ("other matters", r"其他(?:需要)?报告"),
    },
}


def _topics(page: Page) -> Iterator[_Hit]:
    if page.year is None:
        return
    for zh, (en, pattern) in _TOPICS[regime_on(date(page.year + 1, 1, 31)).code].items():
        if not re.search(pattern, page.text):
            yield _Hit(0, {"zh": zh, "en": en})


# --- figures ------------------------------------------------------------------------------------------------------------
_TOTAL: Final = re.compile(
    r"(?:主动|共|累计|总计)公开(?:了)?(?:各类)?(?:政府)?(?:信息?)?[^0-9。；;，,]{0,8}([0-9]+)[ \u3000]?条"
)


def _partitions(page: Page) -> Iterator[_Hit]:
    counted: list[str] = []
    for total in _TOTAL.finditer(page.text):
        rest = re.match(r"[^。]*。\s*其中([^。]+)|[^。]{0,20}其中([^。]+)", page.text[total.end() :])
        if rest is None:
            continue
        parts = rest[1] or rest[2]
        numbers = [int(one[1]) for one in _ITEMS.finditer(parts)]
        counted += re.split(r"[0-9]+[ \u3000]?条", parts)
        if sum(numbers) != int(total[1]):
            yield _Hit(total.start(1), {"left": total[1], "right": sum(numbers)})
    for named in re.finditer(r"类别[^\n]{0,8}包括([^。\n]+?)(?:等)?。", page.text):
        names = [one.strip() for one in re.split(r"[、，,和及]", named[1]) if one.strip()]
        without = [one for one in names if not any(one in kind for kind in counted)]
        if counted and without:
            yield _Hit(named.start(1), {"left": len(names), "right": len(names) - len(without)})


def _one_figure(page: Page) -> Iterator[_Hit]:
    for key, pattern in (
        ("proactive.items_total", _TOTAL),
        ("requests.received", re.compile(r"(?:收到|受理)[^0-9。；;]{0,14}申请[^0-9。；;]{0,4}([0-9]+)[ \u3000]?件")),
    ):
        # The cell of the later forms is another one of the same number.
        known = page.values.get(
            key, page.values.get("requests.received_this_year.total") if "requests" in key else None
        )
        expected = known
        for one in pattern.finditer(page.text):
            number = int(one[1])
            expected = number if expected is None else expected
            if number != expected:
                yield _Hit(one.start(1), {"number": number, "expected": expected})


# --- persons and claims ---------------------------------------------------------------------------------------------------
def _persons(page: Page) -> Iterator[_Hit]:
    for one in re.finditer(rf"[{_SURNAMES}]某(?![些种个项一县市局单部事人年月日])", page.text):
        yield _Hit(one.start())
    for hit in personal_data.find(msgspec.json.encode({"text": page.text})):
        yield _Hit(hit.offset)


def _claims(page: Page) -> Iterator[_Hit]:
    for sentence in _SENTENCE.finditer(page.text):
        claim = re.search(r"(?:参加|举办|组织)了?[^，,；;。]{0,24}培训", sentence[0])
        planned = re.search(r"计划|拟|将|下一步|加强|加大|继续", sentence[0])
        if (
            claim is not None
            and planned is None
            and not re.search(r"[0-9]+\s*(?:次|期|人|场)|[一二两三四五六七八九十]次", sentence[0])
        ):
            yield _Hit(sentence.start() + claim.start())


def _nil_and_claim(page: Page) -> Iterator[_Hit]:
    nil = re.search(r"(?:无|未发生|没有)[^。；;\n]{0,40}(?:热点|舆情)", page.text)
    claim = re.search(
        r"有群众反映[^。]{0,8}就有回应|(?:及时|积极|均)[^。，,]{0,10}回应[^。，,]{0,12}(?:热点|舆情|关切)", page.text
    )
    if nil is not None and claim is not None:
        yield _Hit(claim.start())


def _vacancy(page: Page) -> Iterator[_Hit]:
    vacant = re.search(
        r"(?:信息员|信息人员|专职人员)[^。]{0,30}(?:休产假|辞职|离职|调离|空缺|不能及时[^。]{0,6}配备)", page.text
    )
    late = re.search(r"(?:更新|公开|发布)[^。，,]{0,8}不够?不?及时|(?:更新|公开|发布)[^。，,]{0,6}滞后", page.text)
    if vacant is not None and late is not None:
        yield _Hit(vacant.start())


RULES: Final = (
    Rule(
        "N1",
        "标题编号不连续:应为第{expected}部分,却是第{found}部分。",
        "The sections are not numbered without a gap: {expected} is due, and {found} stands there.",
        _sections,
    ),
    Rule(
        "N2",
        "列举不完整:此处应为第{expected}项。",
        "An enumeration is not complete: number {expected} is due here.",
        _enumerations,
    ),
    Rule(
        "N3",
        "出现其他机关的称谓,与报告机关不符。",
        "Another kind of agency is named here than the one that reports.",
        _foreign_agencies,
    ),
    Rule("N4", "引用的法律、法规不存在或名称有误。", "No law or regulation is called so.", _instruments),
    Rule(
        "N5",
        "统计期限的{side}日无法识别,或不是该年度的首末日。",
        "The {side} day of the period is no day, or not the first or last one of the year.",
        _period,
    ),
    Rule(
        "N6",
        "日期迟于应公布的 {due}（{law} 第{article}条）{late} 日。",
        "This day is {late} days after the one on which the report was due, {due} ({law} art. {article}).",
        _late,
    ),
    Rule("N7", "疑似漏字或重字。", "A character seems to be lost or written twice.", _lost_characters),
    Rule(
        "N8",
        "附件是空的,或正文提到的统计表没有附上。",
        "The attachment is empty, or a table that is named is not attached.",
        _attachments,
    ),
    Rule("N9", "缺少应当报告的内容:{zh}。", "What the law wants in a report is missing: {en}.", _topics),
    Rule(
        "N10",
        "分类不能对应:一处为 {left},另一处合计为 {right}。",
        "The categories do not partition: {left} on one side, {right} on the other.",
        _partitions,
    ),
    Rule(
        "N11",
        "称按时答复,却没有收到和答复的日期。",
        "A reply is said to be in time, without the days of receipt and reply.",
        _timely,
    ),
    Rule("N12", "含有姓名或其他个人信息。", "A person's name or other personal data stands here.", _persons),
    Rule(
        "N13",
        "称已举办或参加培训,没有次数、人数可以核对。",
        "A training is claimed without a number that can be checked.",
        _claims,
    ),
    Rule(
        "N14",
        "一处称没有热点舆情,此处又称有回应。",
        "Elsewhere it is said that there was no hot issue; here, that such were answered.",
        _nil_and_claim,
    ),
    Rule(
        "N15",
        "人员空缺期间又称更新不及时,应核对该期间超期公开的信息。",
        "A post was vacant and updates were late: compare what became public late in that time.",
        _vacancy,
    ),
    Rule(
        "N16",
        "同一数字前后不一:此处为 {number},应为 {expected}。",
        "One figure has two numbers: {number} here, and {expected} elsewhere or in the table.",
        _one_figure,
    ),
    Rule(
        "N17",
        "标题中“政务公开”与“政府信息公开”混用。",
        "Titles use both 政务公开 and 政府信息公开 as if they were one.",
        _vocabulary,
    ),
)
