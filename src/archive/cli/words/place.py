"""Words of `archive place`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "查阅场所:开放、迁移、关闭、人次、张贴。", "Reading places: opened, moved, closed, visits, notices."
)

BEGINNINGS: Final[tuple[str, ...]] = ("open-place",)

ROLES: Final = {"place": "role:information-officer"}

COMMANDS: Final = {
    "open-place": "登记查阅场所。",
    "move-place": "登记新的地址或时间。",
    "close-place": "登记关闭。",
    "tally-visits": "登记一个月的人次。",
    "post-notice": "登记张贴。",
    "remove-notice": "登记撤下。",
}

FIELDS: Final = {
    "address": Phrase("地址。", "Where it is."),
    "closed_on": Phrase("关闭的日期。", "The day on which it was closed."),
    "corrects": Phrase("更正前的人次。", "The number that was entered before."),
    "equipment": Phrase("设备。", "What there is."),
    "hours": Phrase("开放时间。", "When it is open."),
    "item": Phrase("信息的编号,item-…。", "The item's id, item-…."),
    "month": Phrase("月份,1 至 12。", "The month, 1 to 12."),
    "moved_on": Phrase("变更的日期。", "The day of the change."),
    "name": Phrase("名称。", "What it is called."),
    "open-place.place": Phrase("场所的编号;默认随机。", "The place's id, place-…; random by default."),
    "photo": Phrase("照片的 SHA-256。", "SHA-256 of a photo of it."),
    "place": Phrase("场所的编号,place-…。", "The place's id, place-…."),
    "place_type": Phrase("场所的种类。", "What it is."),
    "posted_on": Phrase("张贴的日期。", "The day of the posting."),
    "removed_on": Phrase("撤下的日期。", "The day on which it was taken down."),
    "visits": Phrase("人次。", "How many came."),
    "year": Phrase("年份。", "The year."),
}

CODES: Final[dict[str, str]] = {
    "archives": "档案馆",
    "collection-point": "资料索取点",
    "library": "公共图书馆",
    "notice-board": "公告栏",
    "reading-room": "查阅室",
    "screen": "电子屏",
    "service-hall": "政务服务场所",
}
