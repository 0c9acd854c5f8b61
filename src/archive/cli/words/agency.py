"""Words of `archive agency`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase(
    "机关:登记、科室、渠道、分类、审查制度。", "Agencies: registration, sections, channels, schemes, review."
)

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = ("register-agency",)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {
    "agency": "role:administrator",
}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "rename-agency": "登记机关更名。",
    "merge-agency": "登记机关并入另一机关。",
    "split-agency": "登记机关分立。",
    "close-agency": "登记机关撤销。",
    "record-agency-founding": "登记机关成立的日期。",
    "close-section": "登记股室撤销。",
    "retire-channel": "登记渠道停用。",
    "rename-section": "登记股室更名。",
    "add-category": "在分类方案中增加类别。",
    "rename-category": "更改类别的名称,含义不变。",
    "retire-category": "停用类别;已归入的信息保留。",
    "register-agency": "登记一个机关。",
    "open-section": "登记机关的一个科室。",
    "register-channel": "登记机关的一个公开渠道。",
    "adopt-category-scheme": "登记一个分类方案;保留的方案 genre、theme 用于体裁和主题。",
    "adopt-review-policy": "规定自某日起的保密审查级数。",
    "accept-prior-review": "确认某日之前公开的内容在本档案建立之前已经审查。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "closed_on": Phrase("撤销的日期。", "The day on which it was closed."),
    "founded_on": Phrase("成立的日期。", "The day on which it began."),
    "effective_on": Phrase("生效的日期。", "The day from which it holds."),
    "rename-agency.short_name": Phrase("新的简称。", "The new short name."),
    "close-section.section": Phrase("科室的代码。", "The code of the section."),
    "retire-channel.channel": Phrase("渠道的代码。", "The code of the channel."),
    "rename-agency.name": Phrase("新的全称。", "The new full name."),
    "into": Phrase("承接机关的编号,agency-…。", "The id of the successor, agency-…."),
    "add-category.category": Phrase("类别的代码,由机关自定。", "A code for the category, chosen by the agency."),
    "add-category.name": Phrase("类别的名称。", "The name of the category."),
    "added_on": Phrase("增加的日期。", "The day from which items can be sorted into it."),
    "category": Phrase("类别的代码。", "The code of the category."),
    "rename-category.name": Phrase("新的名称。", "The new name."),
    "rename-section.name": Phrase("新的名称。", "The new name."),
    "rename-section.section": Phrase("股室的代码。", "The code of the section."),
    "renamed_on": Phrase("更名的日期。", "The day from which it is called so."),
    "scheme": Phrase("分类方案的代码。", "The code of the scheme."),
    "retired_on": Phrase("停用的日期。", "The day on which it was retired."),
    "adopt-category-scheme.categories": Phrase(
        "类别的代码;每个代码写一次本选项。", "The codes of the categories; repeat the option."
    ),
    "adopt-category-scheme.name": Phrase("分类方案的名称。", "The name of the scheme."),
    "adopt-category-scheme.names": Phrase(
        "类别的名称,与代码的次序相同;每个名称写一次本选项。",
        "The names of the categories, in the order of the codes; repeat the option.",
    ),
    "adopt-category-scheme.scheme": Phrase(
        "分类方案的代码,由机关自定。", "A code for the scheme, chosen by the agency."
    ),
    "adopt-review-policy.levels": Phrase("审查的级数,1 到 4。", "How many levels a review has: 1 to 4."),
    "adopt-review-policy.names": Phrase(
        "各级的名称,从第一级起;每级写一次本选项。", "The names of the levels, first level first; repeat the option."
    ),
    "adopted_on": Phrase("采用的日期。", "The day of its adoption."),
    "in_force_from": Phrase("施行的日期。", "The day from which it holds."),
    "open-section.name": Phrase("科室的名称。", "The name of the section."),
    "open-section.section": Phrase("科室的代码,由机关自定。", "A code for the section, chosen by the agency."),
    "primary": Phrase("是否为主要分类方案。", "Whether it is the agency's primary scheme."),
    "published_before": Phrase("在此日之前公开的。", "What was published before this day."),
    "region": Phrase("行政区划代码,6 位数字。", "The administrative division: six digits."),
    "register-agency.agency": Phrase("机关的编号;默认随机。", "The agency's id, agency-…; random by default."),
    "register-agency.code": Phrase("统一社会信用代码,18 位。", "The unified social credit code: 18 characters."),
    "register-agency.level": Phrase("行政层级。", "The level of government."),
    "register-agency.name": Phrase("机关的全称。", "The agency's full name."),
    "register-agency.short_name": Phrase("机关的简称。", "The agency's short name."),
    "register-channel.channel": Phrase("渠道的代码,由机关自定。", "A code for the channel, chosen by the agency."),
    "register-channel.kind": Phrase("渠道的种类。", "What kind of channel."),
    "register-channel.name": Phrase("渠道的名称。", "The name of the channel."),
    "register-channel.url": Phrase("渠道的网址。", "The address of the channel."),
}

CODES: Final = {
    "county": "县级",
    "gazette": "公报",
    "national": "国家级",
    "prefecture": "地级",
    "province": "省级",
    "township": "乡镇级",
    "website": "网站",
    "wechat": "微信",
    "weibo": "微博",
}
