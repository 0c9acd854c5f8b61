"""The columns of a sheet, which CSV and XLSX share: headings and words in Chinese, days as days, lists in one cell.

Codes stand beside names wherever there is a name. Several values in one cell are separated by `；`; who needs them one by
one takes the lines of JSON, which hold the same as lists.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archive.exports.lines import Line

Cell = str | int | date | None

_BETWEEN: Final = "；"
_MODES: Final = {"proactive": "主动公开", "on-request": "依申请公开"}
_STATUSES: Final = {"PUBLISHED": "已公开", "WITHDRAWN": "已撤回"}
_VALIDITIES: Final = {"IN_FORCE": "有效", "AMENDED": "已修改", "REPEALED": "已废止", "EXPIRED": "已失效"}
_TEXTS: Final = {"SHOWN": "公开", "ERASED": "已删除", "WITHHELD": "已撤回"}


class Column(NamedTuple):
    """A column: its heading, how wide it is in a sheet (characters of the Latin alphabet), and what it says of an item."""

    heading: str
    width: int
    of: Callable[[Line], Cell]


def _together(values: Iterable[str | None]) -> str | None:
    return _BETWEEN.join(one or "" for one in values) or None


def _day(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


COLUMNS: Final = (
    Column("编号", 38, lambda line: line.id),
    Column("机关编号", 38, lambda line: line.agency),
    Column("机关", 24, lambda line: line.agency_name),
    Column("名称", 60, lambda line: line.title),
    Column("文号", 24, lambda line: line.document_number),
    Column("索引号", 24, lambda line: line.index_number),
    Column("发文机关", 24, lambda line: line.issuer),
    Column("内容概述", 40, lambda line: line.abstract),
    Column("关键词", 20, lambda line: _together(line.keywords)),
    Column("公开方式", 12, lambda line: _MODES[line.disclosure_mode]),
    Column("股室代码", 14, lambda line: line.section),
    Column("股室", 14, lambda line: line.section_name),
    Column("类别代码", 24, lambda line: _together(f"{one.scheme}:{one.code}" for one in line.categories)),
    Column("类别", 24, lambda line: _together(one.name for one in line.categories)),
    Column("生成日期", 12, lambda line: _day(line.made_on)),
    Column("公开日期", 12, lambda line: _day(line.published_on)),
    Column("施行日期", 12, lambda line: _day(line.effective_on)),
    Column("废止日期", 12, lambda line: _day(line.repealed_on)),
    Column("公开状态", 10, lambda line: _STATUSES[line.status]),
    Column("效力状态", 10, lambda line: _VALIDITIES[line.validity]),
    Column("渠道代码", 20, lambda line: _together(one.channel for one in line.publications)),
    Column("渠道", 20, lambda line: _together(one.channel_name for one in line.publications)),
    Column("网址", 40, lambda line: _together(one.url for one in line.publications if one.url is not None)),
    Column("正文摘要", 20, lambda line: line.content_sha256),
    Column("来源系统编号", 20, lambda line: line.source_id),
    Column("文本状态", 10, lambda line: _TEXTS[line.text]),
    Column("公开位置", 10, lambda line: line.position),
    Column("现状自位置", 10, lambda line: line.known_from),
)
HEADINGS: Final = tuple(column.heading for column in COLUMNS)


def cells(line: Line) -> list[Cell]:
    """What the columns say of an item; None where there is nothing to say."""
    return [column.of(line) for column in COLUMNS]
