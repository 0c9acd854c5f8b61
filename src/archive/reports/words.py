"""The words around the figures of a report, in both languages: every format says them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from archive.domain.errors import Language
    from archive.reports.figures import State


class Words(Struct, frozen=True, kw_only=True):
    """What is printed on a report in one language; `%s` takes what stands beside its use."""

    html_lang: str
    title: str
    together: str
    corner: str
    flat_corner: str
    unit: str
    no_cell: str
    states: dict[State, str]
    notes: dict[State, str]
    no_cell_note: str
    partly_mark: str
    untold: str
    missing_note: str
    checks: str
    checks_summary: str
    check: str
    rule: str
    outcome: str
    left: str
    right: str
    outcomes: dict[str, str]
    warning: str
    source: str
    origin: str
    position: str
    recorded_at: str
    root: str
    sha256: str
    sha256_note: str
    table: str
    row: str
    column: str
    value: str
    state: str
    key: str
    charts: str
    charts_note: str
    total: str
    bar: str
    nothing: str


WORDS: Final[dict[Language, Words]] = {
    "zh": Words(
        html_lang="zh-CN",
        title="%s%s年%s",
        together="%s等 %s 个机关合计",
        corner="信息内容",
        flat_corner="统计指标",
        unit="单位",
        no_cell="—",
        states={
            "counted": "统计",
            "declared": "申报",
            "partly-declared": "部分申报",
            "not-declared": "未申报",
            "declared-twice": "重复申报",
            "untold": "无法统计",
        },
        notes={
            "partly-declared": "*：有的机关没有申报，数字只是已申报机关的合计。",
            "not-declared": "未申报：没有人申报过这一项，不等于 0。",
            "declared-twice": "重复申报：同一项有几个申报同时有效，没有唯一的数。",
            "untold": "无法统计：没有条目能说明这一项。",
        },
        no_cell_note="—：表中没有这一格。",
        partly_mark="*",
        untold="%s：%s。",
        missing_note="缺报（没有任何统计或申报）：%s。",
        checks="勾稽关系",
        checks_summary="共 %s 项：成立 %s 项，不成立 %s 项，缺数 %s 项。",
        check="编号",
        rule="关系",
        outcome="结果",
        left="左边",
        right="右边",
        outcomes={"holds": "成立", "broken": "不成立", "open": "缺数"},
        warning="提示",
        source="数据出处",
        origin="档案标识",
        position="截至位置",
        recorded_at="该位置写入时间",
        root="树根",
        sha256="数据摘要（SHA-256）",
        sha256_note="摘要取自这份报告的 JSON：键按字母排序，不留空白，UTF-8。",
        table="表",
        row="行",
        column="列",
        value="数值",
        state="状态",
        key="单元格代码",
        charts="图表",
        charts_note="每张图旁边的表是同样的数字。",
        total="合计",
        bar="项目",
        nothing="没有可以画出的数字。",
    ),
    "en": Words(
        html_lang="en",
        title="%s, %s: %s",
        together="%s and others, %s agencies together",
        corner="Subject",
        flat_corner="Figure",
        unit="Unit",
        no_cell="—",
        states={
            "counted": "counted",
            "declared": "declared",
            "partly-declared": "partly declared",
            "not-declared": "not declared",
            "declared-twice": "declared twice",
            "untold": "cannot be told",
        },
        notes={
            "partly-declared": "*: some agencies declared nothing; the number is the sum of the others.",
            "not-declared": "not declared: nobody declared this figure, which is not the same as 0.",
            "declared-twice": "declared twice: several declarations stand, so there is no one number.",
            "untold": "cannot be told: no entry tells this figure.",
        },
        no_cell_note="—: the form has no such cell.",
        partly_mark="*",
        untold="%s: %s.",
        missing_note="Missing (nothing counted or declared): %s.",
        checks="Identities",
        checks_summary="%s in all: %s hold, %s are broken, %s lack a number.",
        check="Number",
        rule="Identity",
        outcome="Result",
        left="Left",
        right="Right",
        outcomes={"holds": "holds", "broken": "broken", "open": "lacks a number"},
        warning="warning",
        source="Where the figures come from",
        origin="Archive",
        position="As of position",
        recorded_at="Recorded at",
        root="Root of the log's tree",
        sha256="Data digest (SHA-256)",
        sha256_note="The digest is of this report's JSON: keys sorted, no white space, UTF-8.",
        table="Table",
        row="Row",
        column="Column",
        value="Number",
        state="State",
        key="Key",
        charts="Charts",
        charts_note="The table beside each chart holds the same numbers.",
        total="Total",
        bar="Item",
        nothing="There are no numbers to draw.",
    ),
}
