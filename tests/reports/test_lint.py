"""Rules N1 to N17: one text that breaks each, one that does not, and the founding report, which breaks nearly all."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reports.lint import RULES, lint

FOUNDING = (Path(__file__).parents[1] / "assets" / "reports" / "2018.txt").read_text(encoding="utf-8")
TITLE = "某区发展和改革局2019年政府信息公开工作年度报告\n"
COMPLETE = (
    "一、总体情况\n二、主动公开政府信息情况\n三、收到和处理政府信息公开申请情况\n"
    "四、政府信息公开行政复议、行政诉讼情况\n五、存在的主要问题及改进情况\n六、其他需要报告的事项\n"
)
# Rule -> a text that breaks it, where it does (the characters just there), one that does not, and what is known.
TABLE: dict[str, tuple[str, str, str, dict[str, Any]]] = {  # Any: the arguments of `lint`
    "N1": ("一、概述\n二、公开\n四、申请\n", "四、申请", "一、概述\n二、公开\n三、申请\n", {}),
    "N2": ("一是加强领导；二是完善制度；是强化监督。", "；是强化", "一是加强领导；二是完善制度；三是强化监督。", {}),
    "N3": (
        "应由司法行政机关主动公开的政府信息。",
        "司法行政机关",
        "应由本机关主动公开的政府信息。",
        {"agency": "某区发展和改革局"},
    ),
    "N4": (
        "依据《政务公开条例》。",
        "《政务公开条例》",
        "依据《中华人民共和国政府信息公开条例》和《湖北省政务公开条例》。",
        {},
    ),
    "N5": (
        "数据的统计期限自20181月1日至2018年12月31日。",
        "20181月1日",
        "数据的统计期限自2018年1月1日至2018年12月31日。",
        {"year": 2018},
    ),
    "N6": ("发布日期：2020-02-01\n", "2020-02-01", "发布日期：2020-01-31\n", {"year": 2019}),
    "N7": ("主动公开信686条。", "公开信686条", "主动公开信息686条，收到来信3件。", {}),
    "N8": ("附件:\n返回顶部\n", "附件:", "附件:\n1. 政府信息公开情况统计表\n", {}),
    "N9": (
        COMPLETE.replace("四、政府信息公开行政复议、行政诉讼情况\n", "四、其他\n"),
        "一、总体",
        COMPLETE,
        {"year": 2019},
    ),
    "N10": (
        "本年度共公开10条信息。其中规划计划3条，预算决算6条。",
        "10条",
        "本年度共公开10条信息。其中规划计划3条，预算决算7条。",
        {},
    ),
    "N11": ("申请1件，已按时进行了书面答复。", "按时", "申请1件，5月2日收到，已于5月9日按时答复。", {}),
    "N12": ("黄某等人申请公开。", "黄某", "一名公民申请公开，另有某些事项。", {}),
    "N13": ("全体人员分批参加了条例培训班。", "参加了", "全年参加条例培训3次；下一步计划组织一次培训。", {}),
    "N14": (
        "全年无热点舆情。做到有群众反映问题,就有回应。",
        "有群众反映",
        "全年有1起热点舆情，已及时回应社会关切。",
        {},
    ),
    "N15": ("信息员下半年辞职，部分信息更新不及时。", "信息员", "信息员辞职后当月补齐，信息更新均在期限内。", {}),
    "N16": ("共公开686条信息。主动公开信息685条。", "685条", "共公开686条信息。主动公开信息686条。", {}),
    "N17": (
        "某局2018年政务公开工作年度报告\n一、政府信息公开情况\n",
        "政务公开",
        "某局2018年政府信息公开工作年度报告\n一、政府信息公开情况\n",
        {},
    ),
}


def rules(text: str, **known: Any) -> list[str]:  # noqa: ANN401 - Any: the arguments of `lint`
    return [one.rule for one in lint(text, **known)]


def test_every_rule_has_its_row() -> None:
    assert [rule.id for rule in RULES] == list(TABLE) == [f"N{number}" for number in range(1, 18)]


@pytest.mark.parametrize("rule", TABLE)
def test_a_text_that_breaks_the_rule_is_told_where_and_one_that_does_not_is_not(rule: str) -> None:
    broken, at, sound, known = TABLE[rule]
    (finding,) = [one for one in lint(broken, **known) if one.rule == rule]
    assert broken[finding.offset :].startswith(at)
    lines = broken[: finding.offset].split("\n")
    assert (finding.line, finding.column) == (len(lines), len(lines[-1]) + 1)
    assert finding.zh
    assert finding.en
    assert "{" not in finding.zh + finding.en
    assert rule not in rules(sound, **known)


def test_the_founding_report_breaks_all_rules_but_one() -> None:
    found = Counter(one.rule for one in lint(FOUNDING))
    assert set(found) == {rule.id for rule in RULES} - {"N16"}
    (late,) = [one for one in lint(FOUNDING) if one.rule == "N6"]
    assert "2019-03-31" in late.zh
    assert "653" in late.en
    assert found["N12"] == 2
    assert found["N2"] == 2


def test_a_figure_of_the_text_must_be_that_of_its_cell() -> None:
    said = "主动公开信息686条。收到信息公开申请1件。"
    assert rules(said, values={"proactive.items_total": 686, "requests.received": 1}) == []
    assert rules(said, values={"proactive.items_total": 687, "requests.received": 2}) == ["N16", "N16"]
    assert rules(said, values={"requests.received_this_year.total": 2}) == ["N16"]


def test_a_phone_number_is_personal_whatever_stands_around_it() -> None:
    (finding,) = lint("联系人电话13800138000。")
    assert (finding.rule, finding.offset) == ("N12", 5)


def test_a_report_with_all_that_the_law_wants_has_no_finding() -> None:
    assert lint(TITLE + COMPLETE) == []
    assert rules(TITLE.replace("2019", "2018") + COMPLETE) == ["N9"]


@pytest.mark.parametrize("year, due", [(2018, "R2008"), (2019, "R2019")])
def test_the_sections_are_those_of_the_law_of_the_year(year: int, due: str) -> None:
    found = rules("没有内容", year=year)
    assert found == ["N9"] * {"R2008": 5, "R2019": 6}[due]


@given(
    st.text(alphabet="一二三四五是、。；\n条件公开信息政务年报告0123456789某黄自至月日附:其中", max_size=120),
    st.sampled_from([None, 2018, 2023]),
)
def test_any_text_is_looked_at_and_every_finding_lies_in_it(text: str, year: int | None) -> None:
    for one in lint(text, year=year):
        assert 0 <= one.offset <= len(text)
        assert text.split("\n")[one.line - 1 : one.line]
