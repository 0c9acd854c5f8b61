"""Every error a person can meet, once: its code, one sentence, the next step, and the exit code of the command line.

Two families (docs/style.md): `Refused` is what the caller can mend, `Corrupt` is where we stop and say what to run.
The same code is shown by the command line, by GraphQL (`extensions.code`) and by import reports. A sentence names
fields, codes, ids, dates and numbers; it never repeats text that was typed, because that text may be about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Exit(IntEnum):
    """Exit codes of the command line (design 4.2)."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    REFUSED = 3
    UNVERIFIED = 4
    NOT_FOUND = 5
    BUSY = 6
    NOT_ALLOWED = 7
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one code says, in both languages. `{name}` is filled from the error's facts."""

    exit: Exit
    zh: str
    en: str
    zh_next: str
    en_next: str


class Phrase(NamedTuple):
    """A fact that is words of ours: it fills a sentence in the sentence's language."""

    zh: str
    en: str


class ArchiveError(Exception):
    """An error with a code of `CODES`; the facts fill its sentence."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code}: {self.sentence('en')}")

    @property
    def exit(self) -> Exit:
        """The exit code of a command that ends with this error."""
        return CODES[self.code].exit

    def sentence(self, language: Language) -> str:
        """One sentence: what is wrong."""
        explanation = CODES[self.code]
        return self._filled(explanation.zh if language == "zh" else explanation.en, language)

    def next_step(self, language: Language) -> str:
        """One sentence: what to do now."""
        explanation = CODES[self.code]
        return self._filled(explanation.zh_next if language == "zh" else explanation.en_next, language)

    def _filled(self, sentence: str, language: Language) -> str:
        return sentence.format_map(
            {name: getattr(fact, language) if isinstance(fact, Phrase) else fact for name, fact in self.facts.items()}
        )


class Refused(ArchiveError):
    """The caller can mend it; nothing was written."""


class Corrupt(ArchiveError):
    """Stored bytes are not what we wrote; we stop and say which command to run."""


CODES: dict[str, Explanation] = {}


def _explain(  # noqa: PLR0913 - a row of a table: all of it is data
    code: str, exit_code: Exit, zh: str, zh_next: str, en: str, en_next: str
) -> None:
    CODES[code] = Explanation(exit=exit_code, zh=zh, en=en, zh_next=zh_next, en_next=en_next)


# --- the log and its files (storage, log, disclosures) ---------------------------------------------------------------
_explain(
    "LOG-001",
    Exit.BUSY,
    "日志正被另一个进程写入,等待 {seconds} 秒后仍未空闲。",
    "稍后重试,或先结束正在写入的进程。",
    "Another process is writing the log; it was still busy after {seconds} seconds.",
    "Try again later, or let the process that is writing finish first.",
)
_explain(
    "LOG-002",
    Exit.NOT_ALLOWED,
    "不能按需要打开 {path}:文件或其文件夹为只读,或无权访问。",
    "请检查权限和挂载方式;在只读文件夹中,只有另一进程正打开该文件时才能读取,否则请先复制到可写的文件夹。",
    "{path} cannot be opened as needed: the file or its folder is read-only, or may not be accessed.",
    "Check the permissions and how the folder is mounted; in a read-only folder it can be read only while another process has it open, or else as a copy in a folder that can be written.",
)
_explain(
    "LOG-003",
    Exit.INTERNAL,
    "磁盘空间不足,写入 {path} 未完成;已确认的记录不受影响。",
    "腾出磁盘空间后重试同一命令。",
    "The disk is full; nothing was added to {path}, and what was acknowledged is safe.",
    "Free some space, then run the same command again.",
)
_explain(
    "LOG-004",
    Exit.REFUSED,
    "{path} 由较新版本的程序写成(格式 {found},本程序支持到 {known})。",
    "请升级程序后再打开。",
    "{path} was written by a newer version (format {found}; this one knows up to {known}).",
    "Upgrade the program, then open it again.",
)
_explain(
    "LOG-005",
    Exit.UNVERIFIED,
    "{path} 不是完好的日志文件({reason})。",
    "请从备份恢复,并保留原文件供查验。",
    "{path} is not an intact log file ({reason}).",
    "Restore it from a backup, and keep the file for examination.",
)
_explain(
    "LOG-006",
    Exit.NOT_FOUND,
    "{path} 不存在。",
    "请先运行 archive init,或用 --home 指明档案文件夹。",
    "{path} does not exist.",
    "Run `archive init` first, or name the archive's folder with --home.",
)
_explain(
    "LOG-007",
    Exit.UNVERIFIED,
    "位置 {position} 的记录不符合格式({reason})。",
    "请停止写入并从备份核对该日志。",
    "The entry at position {position} is not a valid entry ({reason}).",
    "Stop writing and compare the log with a backup.",
)
_explain(
    "LOG-008",
    Exit.INTERNAL,
    "读写 {path} 时系统报告输入输出错误;未确认的内容没有写入。",
    "请检查磁盘后重试同一命令。",
    "The system reported an input/output error on {path}; what was not acknowledged was not written.",
    "Check the disk, then run the same command again.",
)
_explain(
    "LOG-009",
    Exit.NOT_FOUND,
    "日志中没有位置 {position}(目前到 {head})。",
    "请使用 0 到 {head} 之间的位置。",
    "There is no position {position} in the log (its head is {head}).",
    "Use a position from 0 to {head}.",
)
_explain(
    "LOG-010",
    Exit.REFUSED,
    "{path} 已有内容,不能在此新建档案。",
    "请另选一个空文件夹。",
    "{path} is not empty; no archive can be made there.",
    "Choose an empty folder.",
)

_explain(
    "LOG-012",
    Exit.REFUSED,
    "{path} 由较早版本的程序写成(格式 {found},本程序使用 {known})。",
    "请用原版本导出命令,在新文件夹中 archive init 后重新导入。",
    "{path} was written by an earlier version (format {found}; this one uses {known}).",
    "Make a new folder with `archive init`, and import the same files into it.",
)
_explain(
    "LOG-013",
    Exit.NOT_ALLOWED,
    "数据库 {path} 不允许此操作:角色权限不足、未通过认证,或该服务器是只读副本。",
    "请核对地址中的角色及其权限;写入须连接主服务器。",
    "The database at {path} does not allow this: the role lacks a privilege or was not let in, or the server is a standby.",
    "Check the role in the address and its privileges; to write, connect to the primary.",
)
_explain(
    "LOG-014",
    Exit.BUSY,
    "数据库 {path} 连接不上,或连接中断({reason})。",
    "请确认数据库正在运行,并核对地址、角色和密码文件,然后重试同一命令;已经写入的不会重复。",
    "The database at {path} cannot be reached, or the connection was lost ({reason}).",
    "See that the database runs, check the address, the role and the password file, then run the same command again; what was written already is not written twice.",
)
_explain(
    "LOG-015",
    Exit.REFUSED,
    "数据库 {path} 中已有日志,不能在此新建。",
    "请另选数据库或模式(search_path)。",
    "There is a log in the database at {path} already; no new one can be made there.",
    "Choose another database, or another schema by search_path.",
)

# --- dates ------------------------------------------------------------------------------------------------------------
_explain(
    "DAT-001",
    Exit.REFUSED,
    "字段 {field} 的日期 {on} 晚于今天({today})。",
    "请改为已经发生的日期。",
    "The date {on} in field {field} lies after today ({today}).",
    "Give a day that has come.",
)
_explain(
    "DAT-002",
    Exit.REFUSED,
    "字段 {field} 的日期 {on} 早于它所依据的一步({earliest})。",
    "请核对日期,不得早于 {earliest}。",
    "The date {on} in field {field} lies before the step it follows ({earliest}).",
    "Check the date; it must not be before {earliest}.",
)

# --- agencies ---------------------------------------------------------------------------------------------------------
_explain(
    "AGY-001",
    Exit.REFUSED,
    "机关 {agency} 已登记。",
    "如要新登记,请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The agency {agency} is registered already.",
    "Use a new id for another agency; to repeat a command, keep its command id.",
)
_explain(
    "AGY-002",
    Exit.NOT_FOUND,
    "没有机关 {agency}。",
    "请先登记该机关(register-agency),或核对编号。",
    "There is no agency {agency}.",
    "Register the agency first (register-agency), or check the id.",
)
_explain(
    "AGY-003",
    Exit.REFUSED,
    "字段 {field} 的代码 {code} 已经使用。",
    "请使用另一个代码。",
    "The code {code} in field {field} is taken.",
    "Use another code.",
)
_explain(
    "AGY-004",
    Exit.REFUSED,
    "分类方案 {scheme} 中有重复的代码。",
    "每个代码只列一次。",
    "The scheme {scheme} names a code twice.",
    "List each code once.",
)
_explain(
    "AGY-005",
    Exit.REFUSED,
    "审查级数为 {levels},级别名称却有 {names} 个。",
    "每一级给出一个名称。",
    "The review has {levels} levels, but {names} level names were given.",
    "Give one name for each level.",
)
_explain(
    "AGY-006",
    Exit.REFUSED,
    "分类代码有 {codes} 个,名称却有 {names} 个。",
    "按代码的次序,每个代码给出一个名称。",
    "There are {codes} category codes, but {names} names.",
    "Give one name for each code, in their order.",
)
_explain(
    "AGY-007",
    Exit.REFUSED,
    "已有自 {on} 起施行的审查制度。",
    "请选择另一个施行日期。",
    "There is a review policy in force from {on} already.",
    "Choose another day.",
)
_explain(
    "AGY-008",
    Exit.REFUSED,
    "该机关已有主要分类方案 {scheme}。",
    "请将新方案的 primary 设为 false。",
    "The agency has a primary scheme already: {scheme}.",
    "Set `primary` to false for the new scheme.",
)
_explain(
    "AGY-009",
    Exit.REFUSED,
    "该机关已于 {on} 终止。",
    "请在承接其职能的机关名下办理。",
    "The agency ended on {on}.",
    "Enter it for the agency that took its place.",
)
_explain(
    "AGY-010",
    Exit.REFUSED,
    "机关不能并入自身。",
    "请核对承接机关的编号。",
    "An agency does not go into itself.",
    "Check the id of the successor.",
)
_explain(
    "AGY-011",
    Exit.REFUSED,
    "承接机关 {agency} 已于 {on} 终止。",
    "请核对承接机关的编号。",
    "The successor {agency} ended on {on}.",
    "Check the id of the successor.",
)
_explain(
    "AGY-012",
    Exit.REFUSED,
    "同一承接机关列了两次。",
    "请把每个机关列一次。",
    "A successor is named twice.",
    "Name each of them once.",
)
_explain(
    "AGY-013",
    Exit.REFUSED,
    "没有仍在运行的股室 {code}。",
    "请核对股室代码。",
    "There is no open section {code}.",
    "Check the code of the section.",
)
_explain(
    "AGY-014",
    Exit.REFUSED,
    "没有仍在使用的渠道 {code}。",
    "请核对渠道代码。",
    "There is no channel {code} in use.",
    "Check the code of the channel.",
)
_explain(
    "AGY-015",
    Exit.REFUSED,
    "该机关没有分类方案 {scheme}。",
    "请先登记分类方案(adopt-category-scheme),或核对代码。",
    "The agency has no category scheme {scheme}.",
    "Adopt the scheme first (adopt-category-scheme), or check its code.",
)
_explain(
    "AGY-016",
    Exit.REFUSED,
    "方案 {scheme} 的类别 {code} 已停用。",
    "请使用仍在使用的类别;停用的代码不再启用,须增加新的代码(add-category)。",
    "The category {code} of the scheme {scheme} was retired.",
    "Use a category that is in use; a retired code does not come back, so add a new one (add-category).",
)
_explain(
    "AGY-017",
    Exit.REFUSED,
    "一个分类方案的类别不超过 {limit} 个。",
    "请登记另一个分类方案(adopt-category-scheme)。",
    "A category scheme has at most {limit} categories.",
    "Adopt another scheme (adopt-category-scheme).",
)

_explain(
    "AGY-018",
    Exit.REFUSED,
    "机关的成立日期已登记为 {on}。",
    "无须再登记。",
    "The agency is known to have begun on {on}.",
    "There is nothing to enter.",
)
_explain(
    "AGY-019",
    Exit.REFUSED,
    "成立日期 {on} 晚于机关已登记的变动 {changed}。",
    "请核对成立日期,以及科室、类别和名称的日期。",
    "The founding day {on} is after {changed}, on which something of the agency is dated.",
    "Check that day, and those of sections, categories and names.",
)

# --- items ------------------------------------------------------------------------------------------------------------
_explain(
    "ITM-001",
    Exit.REFUSED,
    "信息 {item} 已存在。",
    "请使用新的编号;要更改内容请用 revise-item。",
    "The item {item} exists already.",
    "Use a new id; to change its text, use revise-item.",
)
_explain(
    "ITM-002",
    Exit.NOT_FOUND,
    "没有信息 {item}。",
    "请先起草(draft-item),或核对编号。",
    "There is no item {item}.",
    "Draft it first (draft-item), or check the id.",
)
_explain(
    "ITM-003",
    Exit.REFUSED,
    "字段 {field} 的代码 {code} 未在该机关登记。",
    "请先登记,或使用已登记的代码。",
    "The code {code} in field {field} is not registered with the agency.",
    "Register it first, or use a registered one.",
)
_explain(
    "ITM-004",
    Exit.REFUSED,
    "同一分类方案给出了两个类别。",
    "每个方案只给一个类别。",
    "Two categories of one scheme were given.",
    "Give one category of each scheme.",
)
_explain(
    "ITM-005",
    Exit.REFUSED,
    "该信息的审查已在进行。",
    "请继续下一级审查,或先退回。",
    "A review of this item is open already.",
    "Pass its next level, or return it first.",
)
_explain(
    "ITM-006",
    Exit.REFUSED,
    "当前文本已经审查通过。",
    "可以直接发布;更改内容后须重新审查。",
    "The present text has been cleared already.",
    "Publish it; a changed text needs a new review.",
)
_explain(
    "ITM-007",
    Exit.REFUSED,
    "该机关在 {on} 没有施行中的审查制度。",
    "请先登记审查制度(adopt-review-policy)。",
    "The agency had no review policy in force on {on}.",
    "Adopt one first (adopt-review-policy).",
)
_explain(
    "ITM-008",
    Exit.REFUSED,
    "该信息没有正在进行的审查。",
    "请先提交审查(open-review)。",
    "No review of this item is open.",
    "Open one first (open-review).",
)
_explain(
    "ITM-009",
    Exit.REFUSED,
    "第 {level} 级审查不合次序,下一级是第 {next} 级。",
    "请按次序逐级审查。",
    "Level {level} is out of order; the next level is {next}.",
    "Pass the levels in their order.",
)
_explain(
    "ITM-010",
    Exit.REFUSED,
    "该机关没有确认本档案建立之前的审查。",
    "请先确认(accept-prior-review),或走审查程序。",
    "The agency has not accepted reviews from before this archive.",
    "Accept them first (accept-prior-review), or open a review.",
)
_explain(
    "ITM-011",
    Exit.REFUSED,
    "渠道 {channel} 未在该机关登记。",
    "请先登记渠道(register-channel),或使用已登记的代码。",
    "The channel {channel} is not registered with the agency.",
    "Register it first (register-channel), or use a registered one.",
)
_explain(
    "ITM-012",
    Exit.REFUSED,
    "该信息已在渠道 {channel} 发布。",
    "无须再次发布;更换内容请用 update-item。",
    "The item is published on the channel {channel} already.",
    "There is nothing to do; to replace the text, use update-item.",
)
_explain(
    "ITM-013",
    Exit.REFUSED,
    "当前文本没有审查结论,不能发布。",
    "请先完成各级保密审查。",
    "The present text has no concluded review and cannot be published.",
    "Pass every level of review first.",
)
_explain(
    "ITM-014",
    Exit.REFUSED,
    "发布日期 {on} 不在此前审查的范围内(须早于 {before})。",
    "请走审查程序,或核对日期。",
    "The day {on} is not covered by the review from before this archive (before {before}).",
    "Open a review, or check the date.",
)
_explain(
    "ITM-015",
    Exit.REFUSED,
    "没有待公开的新文本。",
    "请先用 revise-item 给出新文本并完成审查。",
    "There is no new text to make public.",
    "Give one with revise-item and have it reviewed.",
)
_explain(
    "ITM-016",
    Exit.REFUSED,
    "该信息在方案 {scheme} 中已是类别 {code}。",
    "无须更改。",
    "The item has the category {code} of the scheme {scheme} already.",
    "There is nothing to do.",
)
_explain(
    "ITM-017",
    Exit.REFUSED,
    "该信息没有被撤回。",
    "无须恢复。",
    "The item is not withdrawn.",
    "There is nothing to restore.",
)
_explain(
    "ITM-018",
    Exit.REFUSED,
    "该机关的分类方案 {scheme} 中没有类别 {code}。",
    "请使用方案中的类别,或先登记方案(adopt-category-scheme)。",
    "The agency has no category {code} in a scheme {scheme}.",
    "Use a category of the scheme, or adopt the scheme first (adopt-category-scheme).",
)
_explain(
    "ITM-019",
    Exit.REFUSED,
    "该信息尚未公开。",
    "请先发布(publish-item)。",
    "The item has not been published.",
    "Publish it first (publish-item).",
)
_explain(
    "ITM-020",
    Exit.REFUSED,
    "该信息已于 {on} 撤回。",
    "请先恢复(restore-item)。",
    "The item was withdrawn on {on}.",
    "Restore it first (restore-item).",
)
_explain(
    "ITM-021",
    Exit.REFUSED,
    "一条信息最多归入 {limit} 个分类方案。",
    "请改用已有方案中的类别。",
    "An item is sorted by at most {limit} schemes.",
    "Use a category of a scheme that it has already.",
)
_explain(
    "ITM-022",
    Exit.REFUSED,
    "该信息没有生成日期,谈不上超期。",
    "请先核对信息的生成日期。",
    "The day on which the item was made was not entered, so it is not late.",
    "Check the day on which it was made.",
)
_explain(
    "ITM-023",
    Exit.REFUSED,
    "渠道 {channel} 已登记为有问题。",
    "恢复后请登记 mend-publication。",
    "The channel {channel} was reported already.",
    "Enter mend-publication when it shows the item again.",
)
_explain(
    "ITM-024",
    Exit.REFUSED,
    "渠道 {channel} 没有登记过问题。",
    "请核对渠道代码。",
    "The channel {channel} was not reported.",
    "Check the code of the channel.",
)
_explain(
    "ITM-025",
    Exit.REFUSED,
    "信息不能与自身关联。",
    "请核对另一条信息的编号。",
    "An item is not linked to itself.",
    "Check the id of the other item.",
)
_explain(
    "ITM-026",
    Exit.REFUSED,
    "没有已公开的信息 {target}。",
    "请先公开该信息,或核对编号。",
    "No item {target} is public.",
    "Publish it first, or check the id.",
)
_explain(
    "ITM-027",
    Exit.REFUSED,
    "与 {target} 的关联({kind})已经登记。",
    "无需再次登记。",
    "The link {kind} to {target} was entered.",
    "There is nothing to enter.",
)
_explain(
    "ITM-028",
    Exit.REFUSED,
    "没有与 {target} 的关联({kind})。",
    "请核对关联的种类和编号。",
    "There is no link {kind} to {target}.",
    "Check the kind of the link and the id.",
)
_explain(
    "ITM-029",
    Exit.REFUSED,
    "索引号序号 {alias} 已经使用。",
    "请使用下一个序号。",
    "The index number {alias} was entered.",
    "Take the next number.",
)
_explain(
    "ITM-030",
    Exit.REFUSED,
    "没有使用中的索引号 {alias}。",
    "请核对序号。",
    "There is no index number {alias} in use.",
    "Check the number.",
)
_explain(
    "ITM-031",
    Exit.REFUSED,
    "该信息没有在渠道 {channel} 公开。",
    "请核对渠道代码。",
    "The item is not public on the channel {channel}.",
    "Check the code of the channel.",
)
_explain(
    "ITM-032",
    Exit.REFUSED,
    "渠道 {channel} 已于 {on} 停用,该日起不再公开信息。",
    "请使用仍在使用的渠道,或核对公开日期。",
    "The channel {channel} was retired on {on}; nothing is published on it from that day on.",
    "Use a channel that is in use, or check the day of publication.",
)

# --- the review of items ----------------------------------------------------------------------------------------------
_explain(
    "REV-001",
    Exit.REFUSED,
    "职务 {code} 已在本次审查的另一级作出意见,不能再审第 {level} 级。",
    "同一人不得在一次审查中担任两级;请由另一职务审查。",
    "The post {code} has acted at another level of this case and cannot act at level {level}.",
    "Nobody acts at two levels of one case; let another post do it.",
)
_explain(
    "REV-002",
    Exit.REFUSED,
    "已报主管部门或者保密行政管理部门确定,尚未答复。",
    "请先登记答复(record-referral-answer)。",
    "An authority has been asked about this text and has not answered.",
    "Enter its answer first (record-referral-answer).",
)
_explain(
    "REV-003",
    Exit.REFUSED,
    "本次审查没有待答复的报请。",
    "请先登记报请(refer-review)。",
    "No authority is being asked about this text.",
    "Refer the review first (refer-review).",
)
_explain(
    "REV-004",
    Exit.REFUSED,
    "主管部门或者保密行政管理部门的答复是 {code},不能这样作出审查意见。",
    "请按答复作出结论,或重新报请,或修改文本。",
    "The authority answered {code}; the review cannot say otherwise.",
    "Conclude as it answered, refer it again, or revise the text.",
)
_explain(
    "REV-005",
    Exit.REFUSED,
    "结论 {code} 与所给的理由不符。",
    "不予公开或删减后公开须给出法定理由;依申请公开不给理由。",
    "The conclusion {code} and the ground do not go together.",
    "What is withheld or redacted has a ground in law; what is open on request only has none.",
)
_explain(
    "REV-006",
    Exit.REFUSED,
    "当前文本的审查结论是 {code},不能按现状审查或公开。",
    "请修改文本后重新审查,或先重新评估(reassess-item)。",
    "The review of the present text concluded {code}; it cannot be reviewed again or made public as it is.",
    "Revise the text and have it reviewed, or assess it again first (reassess-item).",
)
_explain(
    "REV-007",
    Exit.REFUSED,
    "该信息没有不予公开的审查结论。",
    "只有审查后未公开的文本才重新评估。",
    "No review keeps the present text from the public.",
    "Only what a review kept from the public is assessed again.",
)
_explain(
    "REV-008",
    Exit.REFUSED,
    "第 {level} 级没有写明审查的岗位。",
    "请给出 reviewer(岗位代码):分级审查中,同一岗位不得审查两级。",
    "Level {level} does not say which post acts.",
    "Give `reviewer`, the code of the post: in a review of several levels nobody acts at two of them.",
)

# --- requests ---------------------------------------------------------------------------------------------------------
_explain(
    "REQ-001",
    Exit.REFUSED,
    "申请 {request} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The request {request} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "REQ-002",
    Exit.NOT_FOUND,
    "没有申请 {request}。",
    "请先登记收到(receive-request),或核对编号。",
    "There is no request {request}.",
    "Enter its receipt first (receive-request), or check the id.",
)
_explain(
    "REQ-003",
    Exit.REFUSED,
    "申请目前处于 {stage},此步须在 {expected} 之后。",
    "请按次序:收到、登记、决定、寄出、送达、办结。",
    "The request stands at `{stage}`; this step follows `{expected}`.",
    "Keep the order: receive, register, decide, dispatch, deliver, close.",
)
_explain(
    "REQ-004",
    Exit.REFUSED,
    "同一答复结果列了两次。",
    "每个结果只列一次。",
    "One outcome was given twice.",
    "Give each outcome once.",
)
_explain(
    "REQ-005",
    Exit.REFUSED,
    "申请已于 {closed_on} 办结,不能再办理。",
    "如申请人再次提出,请登记为新的申请。",
    "The request was closed on {closed_on}; no step follows.",
    "If the applicant asks again, receive a new request.",
)
_explain(
    "REQ-006",
    Exit.REFUSED,
    "申请已于 {ended_on} 终止(撤回、逾期不补正或逾期不缴费)。",
    "只能办结(close-request)。",
    "The request ended on {ended_on}: withdrawn, not corrected in time, or a fee not paid in time.",
    "Only closing follows (close-request).",
)
_explain(
    "REQ-007",
    Exit.REFUSED,
    "收到方式 {channel} 的收到日期不能按 {receipt} 确定。",
    "当面递交为 handed-in;需签收的信函为 signed-for;平信、传真和网上为 confirmed,未确认时为 awaits-confirmation。",
    "The day of a request that came in by `{channel}` is not fixed by `{receipt}`.",
    "In person is handed-in; a letter that is signed for is signed-for; an ordinary letter, fax and the internet are confirmed, or awaits-confirmation until then.",
)
_explain(
    "REQ-008",
    Exit.REFUSED,
    "该申请的收到日期不待确认。",
    "无须确认。",
    "The receipt of this request does not await confirmation.",
    "There is nothing to confirm.",
)
_explain(
    "REQ-009",
    Exit.REFUSED,
    "共同申请人有 {co_applicants} 人,其类型却列了 {kinds} 个或有重复。",
    "每种类型只列一次,个数不超过共同申请人数。",
    "There are {co_applicants} co-applicants, but {kinds} kinds, or one kind twice.",
    "List each kind once, and no more kinds than co-applicants.",
)
_explain(
    "REQ-010",
    Exit.REFUSED,
    "正在等待申请人补正,期限至 {due_on}。",
    "请先登记补正(receive-correction)或逾期不补正(lapse-correction)。",
    "A correction is awaited until {due_on}.",
    "Enter it (receive-correction), or that none came in time (lapse-correction).",
)
_explain(
    "REQ-011",
    Exit.REFUSED,
    "已经要求补正一次。",
    "补正须一次性告知;请就现有内容答复。",
    "A correction was asked for already.",
    "All is asked for at once; reply to the request as it now is.",
)
_explain(
    "REQ-012",
    Exit.REFUSED,
    "字段 {field} 的期限 {on} 不晚于其起算的 {after}。",
    "请给出 {after} 之后的日期。",
    "The term {on} in field {field} does not lie after {after}, on which it begins.",
    "Give a day after {after}.",
)
_explain(
    "REQ-013",
    Exit.REFUSED,
    "没有待收的补正。",
    "请先要求补正(demand-correction)。",
    "No correction is awaited.",
    "Ask for one first (demand-correction).",
)
_explain(
    "REQ-014",
    Exit.REFUSED,
    "字段 {field} 的日期 {on} 尚未超过期限 {due_on}。",
    "期限届满之后才可登记。",
    "The date {on} in field {field} is not past the term, which ends on {due_on}.",
    "Enter it when the term is over.",
)
_explain(
    "REQ-015",
    Exit.REFUSED,
    "{kind} 第 {party} 方正在征求意见。",
    "请先登记其答复或逾期未答复,或用另一个序号。",
    "The {kind} number {party} is being consulted already.",
    "Enter its answer or its silence first, or use another number.",
)
_explain(
    "REQ-016",
    Exit.REFUSED,
    "没有正在向 {kind} 第 {party} 方征求意见。",
    "请核对序号,或先登记征求意见。",
    "The {kind} number {party} is not being consulted.",
    "Check the number, or enter the consultation first.",
)
_explain(
    "REQ-017",
    Exit.REFUSED,
    "答复期限已经延长过一次({days} 个工作日)。",
    "不能再次延长;请在期限内答复。",
    "The period was extended already, by {days} working days.",
    "It is extended once; reply within it.",
)
_explain(
    "REQ-018",
    Exit.REFUSED,
    "答复期限已于 {due_on} 届满,不能再延长。",
    "延期须在期限届满前告知申请人;请尽快答复。",
    "The period ended on {due_on}; it cannot be extended any more.",
    "An extension is told before that day; reply as soon as possible.",
)
_explain(
    "REQ-019",
    Exit.REFUSED,
    "延长 {days} 个工作日超过了上限 {limit} 个工作日。",
    "请改为不超过 {limit} 个工作日。",
    "An extension by {days} working days is more than the law allows ({limit}).",
    "Extend it by {limit} working days at most.",
)
_explain(
    "REQ-020",
    Exit.REFUSED,
    "说明理由的程序处于 {stands},此步须在 {expected} 时。",
    "请按次序:要求说明理由,然后认可或不认可。",
    "The reasons stand at `{stands}`; this step follows `{expected}`.",
    "Keep the order: demand the reasons, then accept or reject them.",
)
_explain(
    "REQ-021",
    Exit.REFUSED,
    "已按 {basis} 通知缴费。",
    "一件申请只收一次费用;请登记缴费或逾期不缴费。",
    "The fee was noticed already, by `{basis}`.",
    "A request has one fee; enter its payment, or that it was not paid in time.",
)
_explain(
    "REQ-022",
    Exit.REFUSED,
    "没有待缴的费用。",
    "请先登记缴费通知(notice-fee)。",
    "No fee is awaited.",
    "Enter its notice first (notice-fee).",
)
_explain(
    "REQ-023",
    Exit.REFUSED,
    "金额 {amount_fen} 分与应收的 {expected_fen} 分不符。",
    "请核对计费方式、数量和金额。",
    "The amount of {amount_fen} fen is not the {expected_fen} fen that are due.",
    "Check the basis, the count and the amount.",
)
_explain(
    "REQ-024",
    Exit.REFUSED,
    "答复结果 {outcome} 在该申请适用的条例({regime})中不存在。",
    "请使用该条例规定的结果。",
    "The Regulations that apply to this request ({regime}) know no outcome `{outcome}`.",
    "Give an outcome that they know.",
)
_explain(
    "REQ-025",
    Exit.REFUSED,
    "没有检索记录,不能答复信息不存在。",
    "请先登记检索(record-search)。",
    "Nothing is said not to exist before a search was recorded.",
    "Record the search first (record-search).",
)
_explain(
    "REQ-026",
    Exit.REFUSED,
    "说明理由的程序处于 {reasons},与该答复结果不符。",
    "等待说明时不能答复;不认可理由时结果只能为 mass,否则不能为 mass 单独一项。",
    "The reasons stand at `{reasons}`, which does not allow this outcome.",
    "While reasons are awaited there is no reply; after they are rejected the outcome is mass, and only then.",
)
_explain(
    "REQ-027",
    Exit.REFUSED,
    "信息 {item} 尚未公开或已撤回。",
    "请先发布该信息。",
    "The item {item} is not public.",
    "Publish it first.",
)
_explain(
    "REQ-028",
    Exit.REFUSED,
    "更正自身信息记录的要求正在办理。",
    "请先登记办理结果(handle-record-correction)。",
    "A correction of a record is being handled already.",
    "Enter its result first (handle-record-correction).",
)
_explain(
    "REQ-029",
    Exit.REFUSED,
    "没有正在办理的更正自身信息记录的要求。",
    "请先登记该要求(receive-record-correction)。",
    "No correction of a record is being handled.",
    "Enter it first (receive-record-correction).",
)
_explain(
    "REQ-030",
    Exit.REFUSED,
    "同一检索地点列了两次。",
    "每个地点只列一次。",
    "One place of the search was given twice.",
    "Give each place once.",
)
_explain(
    "REQ-031",
    Exit.REFUSED,
    "正在等待申请人缴费,期限至 {due_on}。",
    "请先登记缴费(record-fee-payment)或逾期不缴费(lapse-fee)。",
    "The payment of the fee is awaited until {due_on}.",
    "Enter it (record-fee-payment), or that it was not paid in time (lapse-fee).",
)
_explain(
    "REQ-032",
    Exit.REFUSED,
    "已按 {standing} 通知缴费,不能再按 {basis} 收费。",
    "一件申请只用一种计费方式。",
    "The fee was reckoned by `{standing}`; it cannot be reckoned by `{basis}` too.",
    "Use one basis for a request.",
)
_explain(
    "REQ-033",
    Exit.REFUSED,
    "缴费期限 {due_on} 早于法定的 {least}。",
    "请给出不早于 {least} 的期限。",
    "The fee is due on {due_on}, before the {least} that the law gives.",
    "Give a day that is not before {least}.",
)
_explain(
    "REQ-034",
    Exit.REFUSED,
    "补正通知应在收到申请之日起 {days} 个工作日内发出,即不晚于 {due_on}。",
    "已过期限,请就现有内容答复。",
    "A correction is asked for within {days} working days of the receipt, which ended on {due_on}.",
    "It is too late for one; reply to the request as it is.",
)
_explain(
    "REQ-035",
    Exit.REFUSED,
    "该申请适用的条例({regime})没有这一步骤或计费方式。",
    "请核对收到日期;2019年5月15日前收到的申请适用2008年条例。",
    "The Regulations that apply to this request ({regime}) know no such step or basis.",
    "Check the day of receipt; requests received before 2019-05-15 are handled by those of 2008.",
)
_explain(
    "REQ-036",
    Exit.REFUSED,
    "答复日期 {reply_by} 不是工作日。",
    "请改为工作日。",
    "The day of the reply, {reply_by}, is not a working day.",
    "Give a working day.",
)
_explain(
    "REQ-037",
    Exit.REFUSED,
    "约定的答复日期 {reply_by} 早于原期限 {due_on}。",
    "请给出不早于 {due_on} 的日期。",
    "The day of the reply, {reply_by}, lies before the due date {due_on}.",
    "Give a day that is not before {due_on}.",
)
_explain(
    "REQ-038",
    Exit.REFUSED,
    "按 {basis} 计费须给出数量。",
    "请用 count 给出页数,或当月的第几件。",
    "A fee by `{basis}` needs its count.",
    "Give in `count` the pages, or which request of the month it is.",
)
_explain(
    "REQ-039",
    Exit.REFUSED,
    "该申请尚待确认收到,期限还未起算。",
    "请先登记确认(confirm-receipt)。",
    "The receipt of this request awaits confirmation; its period has not begun.",
    "Enter the confirmation first (confirm-receipt).",
)

# --- remedies ---------------------------------------------------------------------------------------------------------
_explain(
    "RMD-001",
    Exit.REFUSED,
    "案件 {remedy} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The case {remedy} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "RMD-002",
    Exit.NOT_FOUND,
    "没有案件 {remedy}。",
    "请先登记(file-reconsideration 或 file-litigation),或核对编号。",
    "There is no case {remedy}.",
    "Enter it first (file-reconsideration or file-litigation), or check the id.",
)
_explain(
    "RMD-003",
    Exit.REFUSED,
    "事由 {ground} 须指明所争议的依申请公开。",
    "请在 request 字段给出申请的编号。",
    "A case about `{ground}` names the request it attacks.",
    "Give the request's id in the field request.",
)
_explain(
    "RMD-004",
    Exit.REFUSED,
    "事由 {ground} 与依申请公开无关,却指明了申请。",
    "请删去 request 字段,或改用其他事由。",
    "A case about `{ground}` attacks no request, but one was given.",
    "Leave the field request out, or give another ground.",
)
_explain(
    "RMD-005",
    Exit.REFUSED,
    "申请 {request} 不是机关 {agency} 收到的。",
    "请核对申请和机关的编号。",
    "The request {request} was not received by the agency {agency}.",
    "Check the ids of the request and of the agency.",
)
_explain(
    "RMD-006",
    Exit.REFUSED,
    "{remedy} 不是该机关的复议案件。",
    "请给出起诉前的复议案件;直接起诉的不填。",
    "{remedy} is no reconsideration of this agency.",
    "Name the reconsideration before the lawsuit; leave it out where it was brought directly.",
)
_explain(
    "RMD-007",
    Exit.REFUSED,
    "案件 {remedy} 的种类与此步不符。",
    "复议案件用 decide-reconsideration,诉讼案件用 judge-litigation。",
    "The case {remedy} is of another kind than this step.",
    "Use decide-reconsideration for a reconsideration, judge-litigation for a lawsuit.",
)
_explain(
    "RMD-008",
    Exit.REFUSED,
    "案件已于 {on} 审结或撤回。",
    "无须再次登记;请核对编号。",
    "The case ended on {on}.",
    "There is nothing to do; check the id.",
)
_explain(
    "RMD-009",
    Exit.REFUSED,
    "审级 {instance} 不合次序,应为:{expected}。",
    "请按审级的次序登记。",
    "The instance {instance} is out of order; expected: {expected}.",
    "Enter the instances in their order.",
)
_explain(
    "RMD-010",
    Exit.REFUSED,
    "案件 {remedy} 没有被纠正的结果。",
    "结果为纠正后才登记纠正措施。",
    "The case {remedy} has no result that corrected the agency.",
    "Enter what was put right after such a result.",
)

# --- opinions and complaints ------------------------------------------------------------------------------------------
_explain(
    "OPN-001",
    Exit.REFUSED,
    "意见或投诉 {opinion} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The opinion {opinion} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "OPN-002",
    Exit.NOT_FOUND,
    "没有意见或投诉 {opinion}。",
    "请先登记(receive-opinion 或 file-complaint),或核对编号。",
    "There is no opinion {opinion}.",
    "Enter it first (receive-opinion or file-complaint), or check the id.",
)
_explain(
    "OPN-003",
    Exit.REFUSED,
    "该记录目前处于 {stage},此步须在 {expected} 之后。",
    "意见:收到、答复;投诉:收到、受理、处理。",
    "It stands at `{stage}`; this step follows `{expected}`.",
    "An opinion is received and answered; a complaint is filed, accepted and decided.",
)

# --- hot issues -------------------------------------------------------------------------------------------------------
_explain(
    "ISU-001",
    Exit.REFUSED,
    "舆情 {issue} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The issue {issue} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "ISU-002",
    Exit.NOT_FOUND,
    "没有舆情 {issue}。",
    "请先登记(detect-issue),或核对编号。",
    "There is no issue {issue}.",
    "Enter it first (detect-issue), or check the id.",
)
_explain(
    "ISU-003",
    Exit.REFUSED,
    "字段 {field} 的日期不存在。",
    "请核对日期,写作 2018-08-01T09:30+08:00。",
    "There is no such day as in field {field}.",
    "Check the day; it is written 2018-08-01T09:30+08:00.",
)
_explain(
    "ISU-004",
    Exit.REFUSED,
    "舆情 {issue} 已办结。",
    "新的情况请另行登记(detect-issue)。",
    "The issue {issue} is closed.",
    "Enter what came up since as an issue of its own (detect-issue).",
)
_explain(
    "ISU-005",
    Exit.REFUSED,
    "舆情 {issue} 尚未回应,不能办结。",
    "请先登记回应(record-response)。",
    "The issue {issue} has no answer, and is not closed without one.",
    "Enter the answer first (record-response).",
)

# --- policy interpretations -------------------------------------------------------------------------------------------
_explain(
    "ITP-001",
    Exit.REFUSED,
    "解读 {interpretation} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The interpretation {interpretation} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "ITP-002",
    Exit.NOT_FOUND,
    "没有解读 {interpretation}。",
    "请先登记(publish-interpretation),或核对编号。",
    "There is no interpretation {interpretation}.",
    "Enter it first (publish-interpretation), or check the id.",
)
_explain(
    "ITP-003",
    Exit.REFUSED,
    "形式 {form} 的解读须指明所解读的信息。",
    "请在 item 字段给出信息的编号。",
    "An interpretation of the form `{form}` names the item that it interprets.",
    "Give the item's id in the field item.",
)
_explain(
    "ITP-004",
    Exit.REFUSED,
    "信息 {item} 不是机关 {agency} 的。",
    "请核对信息和机关的编号。",
    "The item {item} is not of the agency {agency}.",
    "Check the ids of the item and of the agency.",
)
_explain(
    "ITP-005",
    Exit.REFUSED,
    "该解读已于 {on} 不再展示。",
    "无须再次登记。",
    "The interpretation was taken off on {on}.",
    "There is nothing to do.",
)

# --- consultations ----------------------------------------------------------------------------------------------------
_explain(
    "CSL-001",
    Exit.REFUSED,
    "征求意见 {consultation} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The consultation {consultation} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "CSL-002",
    Exit.NOT_FOUND,
    "没有征求意见 {consultation}。",
    "请先登记(open-consultation),或核对编号。",
    "There is no consultation {consultation}.",
    "Enter it first (open-consultation), or check the id.",
)
_explain(
    "CSL-003",
    Exit.REFUSED,
    "截止日期 {closes_on} 早于开始日期 {opened_on}。",
    "请核对两个日期。",
    "The last day {closes_on} lies before the first day {opened_on}.",
    "Check both days.",
)
_explain(
    "CSL-004",
    Exit.REFUSED,
    "重大行政决策草案征求意见不少于 {days} 日:截止日期 {closes_on} 早于 {earliest}。",
    "请延长期限,或在 short_reason 说明理由。",
    "The draft of a major decision is open for at least {days} days: the last day {closes_on} lies before {earliest}.",
    "Keep it open longer, or give the reason in short_reason.",
)
_explain(
    "CSL-005",
    Exit.REFUSED,
    "信息 {item} 不是机关 {agency} 的。",
    "请核对信息和机关的编号。",
    "The item {item} is not of the agency {agency}.",
    "Check the ids of the item and of the agency.",
)
_explain(
    "CSL-006",
    Exit.REFUSED,
    "征求意见已于 {on} 截止。",
    "无须再次登记。",
    "The consultation ended on {on}.",
    "There is nothing to do.",
)
_explain(
    "CSL-007",
    Exit.REFUSED,
    "征求意见尚未截止(公告的截止日期为 {closes_on})。",
    "请先登记截止(close-consultation)。",
    "The consultation has not ended (the last day announced is {closes_on}).",
    "Enter its end first (close-consultation).",
)
_explain(
    "CSL-008",
    Exit.REFUSED,
    "采纳情况已于 {on} 公布。",
    "无须再次登记。",
    "Feedback was published on {on}.",
    "There is nothing to do.",
)
_explain(
    "CSL-009",
    Exit.REFUSED,
    "采纳的意见 {adopted} 条多于收到的 {comments} 条。",
    "请核对数目。",
    "{adopted} comments were taken up, but only {comments} came in.",
    "Check the numbers.",
)

# --- trainings, exams and meetings ------------------------------------------------------------------------------------
_explain(
    "ACT-001",
    Exit.REFUSED,
    "活动 {activity} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The activity {activity} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "ACT-002",
    Exit.NOT_FOUND,
    "没有活动 {activity}。",
    "请先登记(plan-training),或核对编号。",
    "There is no activity {activity}.",
    "Enter it first (plan-training), or check the id.",
)
_explain(
    "ACT-003",
    Exit.REFUSED,
    "该培训目前处于 {stage},不是计划中的培训。",
    "请核对编号,或另行登记。",
    "It stands at `{stage}`, and is no planned training.",
    "Check the id, or enter another activity.",
)
_explain(
    "ACT-004",
    Exit.REFUSED,
    "活动 {activity} 不是机关 {agency} 的。",
    "请核对活动和机关的编号。",
    "The activity {activity} is not of the agency {agency}.",
    "Check the ids of the activity and of the agency.",
)
_explain(
    "ACT-005",
    Exit.REFUSED,
    "股室有 {sections} 个,人数却有 {numbers} 个,或有股室重复。",
    "每个股室列一次,并按次序给出一个人数。",
    "There are {sections} sections and {numbers} numbers, or a section stands twice.",
    "List each section once, and give one number for each in their order.",
)
_explain(
    "ACT-006",
    Exit.REFUSED,
    "部分人数 {part} 多于参加人数 {attendees}。",
    "请核对人数。",
    "The part {part} is more than the {attendees} who took part.",
    "Check the numbers.",
)

# --- declarations -----------------------------------------------------------------------------------------------------
_explain(
    "DCL-001",
    Exit.REFUSED,
    "申报 {declaration} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The declaration {declaration} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "DCL-002",
    Exit.NOT_FOUND,
    "没有申报 {declaration}。",
    "请先登记(declare-figure 或 declare-nil),或核对编号。",
    "There is no declaration {declaration}.",
    "Enter it first (declare-figure or declare-nil), or check the id.",
)
_explain(
    "DCL-003",
    Exit.REFUSED,
    "该申报目前为 {stage},此步须为 {expected}。",
    "请核对编号;撤回的请重新申报。",
    "The declaration is `{stage}`; this step needs `{expected}`.",
    "Check the id; what was withdrawn is declared anew.",
)
_explain(
    "DCL-004",
    Exit.REFUSED,
    "{year} 年度在申报日期 {on} 尚未开始。",
    "请核对年度和日期。",
    "The year {year} had not begun on the day of the declaration, {on}.",
    "Check the year and the day.",
)
_explain(
    "DCL-005",
    Exit.REFUSED,
    "数值 {value} 没有变化。",
    "无须更正。",
    "The value {value} is the declared one.",
    "There is nothing to correct.",
)
_explain(
    "DCL-006",
    Exit.REFUSED,
    "单元 {cell} 以 {expected} 申报,不是 {unit}。",
    "请换算后再申报:金额一律以分计。",
    "The cell {cell} is declared in {expected}, not in {unit}.",
    "Convert the value and declare it again; money is always in fen.",
)

# --- the yearly report in the statutory forms ---------------------------------------------------------------------------
_explain(
    "RPF-001",
    Exit.REFUSED,
    "格式 {form} 适用于 {first} 年至 {last} 年,不适用于 {year} 年。",
    "请使用该年度的格式。",
    "The form {form} is for the years {first} to {last}, not for {year}.",
    "Use the form of that year.",
)
_explain(
    "RPF-002",
    Exit.NOT_FOUND,
    "{year} 年没有任何统计或申报数据。",
    "请核对年度和机关;数据应先录入。",
    "Nothing is counted or declared of {year}.",
    "Check the year and the agency; what happened is entered first.",
)
_explain(
    "RPF-003",
    Exit.NOT_FOUND,
    "机关 {agency} 在位置 {position} 没有登记。",
    "请核对编号和位置。",
    "The agency {agency} is not registered at the position {position}.",
    "Check the id and the position.",
)
_explain(
    "RPF-004",
    Exit.REFUSED,
    "机关 {agency} 已于 {ended_on} 撤销,{year} 年不再存在。",
    "请使用承接其职责的机关。",
    "The agency {agency} ended on {ended_on} and did not exist in {year}.",
    "Ask for the agency that took over its duties.",
)
_explain(
    "RPF-005",
    Exit.NOT_FOUND,
    "格式 {form} 没有单元格 {cell}。",
    "请使用 --format json 查看全部单元格。",
    "The form {form} has no cell {cell}.",
    "See all its cells with --format json.",
)
_explain(
    "RPF-006",
    Exit.REFUSED,
    "报告所依据的位置 {position} 大于投影的位置 {head}。",
    "请使用不大于该位置的数,或先运行 archive projection follow。",
    "The position {position} is beyond that of the projections, {head}.",
    "Take a position up to that one, or run archive projection follow first.",
)
_explain(
    "RPF-007",
    Exit.REFUSED,
    "报告有 {count} 项勾稽关系不成立:{checks}。",
    "请用 --cell 查看有关单元格的条目,更正后再统计。",
    "{count} identities of the report are broken: {checks}.",
    "Look at the entries of their cells with --cell, and correct what is wrong.",
)
_explain(
    "RPF-008",
    Exit.NOT_FOUND,
    "{year} 年的年度报告没有报送过。",
    "请核对年度和机关;报送请用 archive report file,之后运行 archive projection follow。",
    "No report on {year} was filed.",
    "Check the year and the agency; file it with archive report file, then run archive projection follow.",
)
_explain(
    "RPF-009",
    Exit.REFUSED,
    "有 {count} 个机关报送了 {year} 年的年度报告。",
    "请用 --agency 指明机关。",
    "{count} agencies filed a report on {year}.",
    "Name the agency with --agency.",
)
_explain(
    "RPF-010",
    Exit.REFUSED,
    "截至位置 {position},统计数字与已报送的相同。",
    "无须更正;确需更正的单元格请用 --cells 指明。",
    "As of the position {position} every figure is as it was filed.",
    "There is nothing to correct; name a cell that is wrong all the same with --cells.",
)

_explain(
    "RPF-011",
    Exit.REFUSED,
    "机关 {agency} 于 {founded_on} 成立,{year} 年尚不存在。",
    "请核对年度,或使用其前身机关。",
    "The agency {agency} began on {founded_on} and did not exist in {year}.",
    "Check the year, or ask for the agency before it.",
)
_explain(
    "RPF-012",
    Exit.REFUSED,
    "有 {count} 个单元格重复申报:{cells}。",
    "请用 withdraw-declaration 撤回多余的申报,再报送。",
    "{count} cells are declared twice: {cells}.",
    "Withdraw all declarations of each but one (withdraw-declaration), then file.",
)

_explain(
    "RPF-013",
    Exit.NOT_FOUND,
    "{year} 年 {number} 月尚未结账,没有通报。",
    "请先用 archive month close 结账,再运行 archive projection follow。",
    "The month {year}-{number} is not closed, and nobody was told of it.",
    "Close it with archive month close, then run archive projection follow.",
)

_explain(
    "RPF-014",
    Exit.REFUSED,
    "语句模板中的 {cell} 不是格式 {form} 的单元格。",
    "花括号中写单元格的名称,或 year、agency;全部单元格见 archive report YEAR --format json。",
    "In the sentences {cell} is no cell of the form {form}.",
    "Between braces stands the key of a cell, year or agency; see all cells with archive report YEAR --format json.",
)
_explain(
    "RPF-015",
    Exit.REFUSED,
    "语句模板不是规定格式的 TOML。",
    "须有 form、title 和 [[sections]]（heading、sentences、written）;请对照自带的模板。",
    "The sentences are not TOML in the form that is wanted.",
    "It has form, title and [[sections]] (heading, sentences, written); compare the templates that come with a form.",
)
_explain(
    "RPF-016",
    Exit.REFUSED,
    "语句模板用于格式 {found},报告的格式是 {form}。",
    "请使用该格式的模板。",
    "The sentences are for the form {found}, and the report is in the form {form}.",
    "Use sentences for that form.",
)
_explain(
    "RPF-017",
    Exit.REFUSED,
    "按规则检查,文字有 {count} 处问题。",
    "请逐处核对:行、列和规则编号见输出。",
    "The rules find {count} problems in the text.",
    "Look at each: line, column and rule are printed.",
)
_explain(
    "RPF-018",
    Exit.REFUSED,
    "{year} 年没有法定统计格式;格式自 {first} 年起。",
    "此前的报告只有文字,请用 archive report lint FILE 检查。",
    "No statutory form is for {year}; the first is for {first}.",
    "Reports before are words alone: check them with archive report lint FILE.",
)

# --- the shape of a command -------------------------------------------------------------------------------------------
_explain(
    "CMD-001",
    Exit.REFUSED,
    "这一行不是 JSON(第 {column} 个字节附近)。",
    "每行一个 JSON 对象,检查引号、逗号和截断。",
    "The line is not JSON (near byte {column}).",
    "Write one JSON object a line; look for quotes, commas and a line cut short.",
)
_explain(
    "CMD-002",
    Exit.REFUSED,
    "没有这样的命令。",
    "命令的名称见 schema/commands/。",
    "There is no such command.",
    "The names of commands are in schema/commands/.",
)
_explain(
    "CMD-003",
    Exit.REFUSED,
    "字段 {field} 不符合要求:{problem}。",
    "请对照 schema/commands/ 中该命令的格式修改。",
    "The field {field} is not as it must be: {problem}.",
    "Compare the command with its schema in schema/commands/.",
)
_explain(
    "CMD-004",
    Exit.REFUSED,
    "命令编号 {id} 已用于另一条内容不同的命令。",
    "请为不同的命令使用新的编号。",
    "The command id {id} was used for another command before.",
    "Use a new id for a different command.",
)
_explain(
    "CMD-005",
    Exit.REFUSED,
    "文本共 {size} 字节,超过 {limit} 字节的上限。",
    "请缩短文本;正文作为文件,只在此登记其摘要和大小。",
    "The text has {size} bytes; the limit is {limit}.",
    "Shorten it; a body is a file, of which only digest and size are entered here.",
)
_explain(
    "CMD-006",
    Exit.REFUSED,
    "文本字段 {field} 含有控制字符。",
    "请删除制表符和换行以外的控制字符。",
    "The text field {field} holds control characters.",
    "Remove control characters other than tab and line feed.",
)
_explain(
    "CMD-007",
    Exit.REFUSED,
    "这一行不是有效的 UTF-8(第 {column} 个字节)。",
    "请将文件另存为 UTF-8 编码。",
    "The line is not valid UTF-8 (byte {column}).",
    "Save the file as UTF-8.",
)
_explain(
    "CMD-008",
    Exit.REFUSED,
    "字段 by 的角色 {role} 不在角色表中。",
    "可用的角色:{roles}。",
    "The role {role} in field `by` is not in the table of roles.",
    "The roles are: {roles}.",
)
_explain(
    "CMD-009",
    Exit.BUSY,
    "无法确认该命令是否已写入。",
    "请用同一命令编号重新发送:已写入的不会重复。",
    "It is not known whether the command was written.",
    "Send it again with the same command id: what was written will not happen twice.",
)
_explain(
    "CMD-010",
    Exit.REFUSED,
    "编号 {id} 的 128 位已用于另一类对象。",
    "请使用新的随机编号。",
    "The 128 bits of the id {id} are those of a stream of another kind.",
    "Use a new random id.",
)

# --- the vault, erasure, personal data --------------------------------------------------------------------------------
_explain(
    "ERA-001",
    Exit.REFUSED,
    "{field} 不是可以删除的文本类别(可用:{known});记录中的代码、日期和编号不能删除。",
    "请用 --field 指明一个文本类别;内容有误的,请作更正或撤回。",
    "{field} is no class of text that can be erased (there are: {known}); codes, dates and ids of an entry cannot be.",
    "Name a class of text with --field; what is wrong rather than personal is corrected or withdrawn.",
)
_explain(
    "ERA-002",
    Exit.NOT_FOUND,
    "没有 {stream} 的任何记录。",
    "请核对编号。",
    "Nothing has happened in {stream}.",
    "Check the id.",
)
_explain(
    "ERA-003",
    Exit.REFUSED,
    "{stream} 的 {field} 已经没有可删除的文本。",
    "无须再次删除;可用 archive log 查看此前的 erased 记录。",
    "{stream} has nothing left to erase in {field}.",
    "There is no need to erase it again; its entry `erased` says when that was done.",
)
_explain(
    "ERA-004",
    Exit.REFUSED,
    "{field} 的文本已在位置 {position} 删除,不能再公开。",
    "请先登记新的文本,经审查后再公开。",
    "The text of {field} was erased at position {position} and cannot become public.",
    "Enter a new text, let it be reviewed, and publish that.",
)
_explain(
    "ERA-005",
    Exit.BUSY,
    "删除已记入日志,但 {path} 正被占用,旧内容尚未全部清除。",
    "请结束正在读取该文件的进程后运行 archive vault sweep;下次写入时也会自动完成。",
    "The erasure is in the log, but {path} is in use and old bytes are still in it.",
    "Let those who read it finish, then run `archive vault sweep`; the next command that writes does the same.",
)
_explain(
    "PDA-001",
    Exit.REFUSED,
    "即将公开的 {field} 在第 {offset} 个字符处疑似含有{kind}。",
    "请去除或遮盖后重新审查;确可公开的,用 accept_personal_data(--accept-personal-data)写明理由代码。",
    "{field}, which is about to become public, seems to hold {kind} at character {offset}.",
    "Remove or mask it and have it reviewed anew; if it may be public, say why with accept_personal_data (--accept-personal-data).",
)
_explain(
    "VLT-001",
    Exit.NOT_FOUND,
    "保密库中没有 {stream} 的 {field}。",
    "请核对编号和类别;已公开的文本在公开库中,已删除的不能恢复。",
    "The vault holds no {field} of {stream}.",
    "Check id and class of text; what was cleared is public, and what was erased is gone.",
)
_explain(
    "VLT-002",
    Exit.UNVERIFIED,
    "保密库中位置 {position} 的内容不能解密,或与其封存码不符。",
    "请停止写入,保留 {path},并从备份恢复保密库。",
    "What the vault holds for the entry at position {position} cannot be decrypted, or is not what was sealed.",
    "Stop writing, keep {path}, and restore the vault from a backup.",
)

# --- projections ------------------------------------------------------------------------------------------------------
# --- calendars --------------------------------------------------------------------------------------------------------
_explain(
    "CAL-001",
    Exit.REFUSED,
    "编号不是区划 {region} 的工作日历的编号。",
    "请使用 {expected}:每个区划只有一个日历,编号由区划代码得出。",
    "This is not the id of the calendar of region {region}.",
    "Use {expected}: a region has one calendar, whose id follows from its code.",
)
_explain(
    "CAL-002",
    Exit.REFUSED,
    "{day} 不在 {year} 年。",
    "每年的日历分别采用;请核对年份和日期。",
    "{day} is not in the year {year}.",
    "Each year is adopted by itself; check the year and the dates.",
)
_explain(
    "CAL-003",
    Exit.REFUSED,
    "{day} 不应列在 {field} 中。",
    "days_off 只列周一至周五的放假日,working_weekends 只列上班的周六、周日。",
    "{day} does not belong in {field}.",
    "`days_off` takes Mondays to Fridays that are not worked, `working_weekends` Saturdays and Sundays that are.",
)
_explain(
    "CAL-004",
    Exit.REFUSED,
    "{year} 年还没有采用过日历,理由应为 annual-notice。",
    "请用 annual-notice 首次采用该年的日历。",
    "No calendar was adopted for {year} yet, so the reason is annual-notice.",
    "Adopt the first calendar of a year with annual-notice.",
)
_explain(
    "CAL-005",
    Exit.REFUSED,
    "与已采用的版本 {version} 完全相同。",
    "无需再次采用。",
    "It is the same as version {version}, which was adopted.",
    "There is nothing to adopt.",
)
_explain(
    "CAL-006",
    Exit.REFUSED,
    "与已采用的版本 {version} 不一致({day}),期限已按该版本计算。",
    "请说明原因:通知有变为 notice-changed,登记有误为 recorded-wrongly。",
    "It contradicts version {version} ({day}), with which due dates were reckoned.",
    "Say why: notice-changed if the notice was changed, recorded-wrongly if it was entered wrongly.",
)
_explain(
    "CAL-007",
    Exit.REFUSED,
    "{day} 已过(今天是 {today}),通知的变更不能改变过去的日子。",
    "如为登记有误,请用 recorded-wrongly。",
    "{day} is past (today is {today}); a changed notice cannot change days that are over.",
    "If it was entered wrongly, say recorded-wrongly.",
)
_explain(
    "CAL-008",
    Exit.REFUSED,
    "文件 {path} 不是工作日历,或区划代码不是六位数字。",
    "格式见 docs/administrator.md;全国的区划代码为 000000。",
    "The file {path} is no calendar, or the code of the region does not have six digits.",
    "See docs/administrator.md for the form; the nation's code is 000000.",
)
_explain(
    "CAL-009",
    Exit.REFUSED,
    "日期 {day} 超出可计算的范围(1949 年至 2999 年)。",
    "请核对日期。",
    "The date {day} is out of range (1949 to 2999).",
    "Check the date.",
)
_explain(
    "CAL-010",
    Exit.USAGE,
    "没有这种期限。",
    "期限的名称:{known}。",
    "There is no such period.",
    "The periods are: {known}.",
)
_explain(
    "CAL-011",
    Exit.REFUSED,
    "{law} 没有规定这种期限({kind})。",
    "请核对起算日:适用的法规由该日确定。",
    "{law} sets no such period ({kind}).",
    "Check day 0: it decides which law applies.",
)
_explain(
    "CAL-012",
    Exit.USAGE,
    "日期不存在或格式不对。",
    "请写成 YYYY-MM-DD,例如 2018-12-10。",
    "The date does not exist or is not written as one.",
    "Write YYYY-MM-DD, such as 2018-12-10.",
)
_explain(
    "PRJ-001",
    Exit.BUSY,
    "另一个进程({pid},自 {since})正在更新投影。",
    "稍后重试,或先结束该进程。",
    "Another process ({pid}, since {since}) is folding into the projections.",
    "Try again later, or let that process finish first.",
)
_explain(
    "PRJ-002",
    Exit.BUSY,
    "另一个进程({pid},自 {since})正在重建投影。",
    "等它完成,或结束该进程后重试;查询不受影响。",
    "Another process ({pid}, since {since}) is rebuilding the projections.",
    "Wait until it is done, or end it and try again; queries go on meanwhile.",
)
_explain(
    "PRJ-003",
    Exit.REFUSED,
    "投影 {projection} 由另一版本的程序写成,定义不同。",
    "请先重建:archive projection rebuild。",
    "The projection {projection} was folded by another version of the program, whose definition differs.",
    "Rebuild it first: archive projection rebuild.",
)
_explain(
    "PRJ-004",
    Exit.UNVERIFIED,
    "位置 {position} 的记录({type})无法用于投影,投影停在它之前。",
    "请停止写入并从备份核对该日志;已有的查询结果不受影响。",
    "The entry at position {position} ({type}) cannot be folded; the projections stop before it.",
    "Stop writing and compare the log with a backup; what is served stays as it is.",
)
_explain(
    "PRJ-005",
    Exit.UNVERIFIED,
    "日志缺少位置 {position} 的记录。",
    "请停止写入并从备份核对该日志;已有的查询结果不受影响。",
    "The log has no entry at position {position}, though there are later ones.",
    "Stop writing and compare the log with a backup; what is served stays as it is.",
)
_explain(
    "PRJ-006",
    Exit.UNVERIFIED,
    "投影已到位置 {position},日志却只到 {head}。",
    "请核对日志是否被截短或换成了旧备份;如日志无误,删除 projections 文件夹后重建。",
    "The projections stand at position {position}, but the log ends at {head}.",
    "Find out whether the log was cut short or replaced; if it is right, delete the folder `projections` and rebuild.",
)
_explain(
    "PRJ-007",
    Exit.NOT_FOUND,
    "还没有可供查询的投影。",
    "请先运行 archive projection follow。",
    "There is no projection to read yet.",
    "Run `archive projection follow` first.",
)
_explain(
    "PRJ-008",
    Exit.UNVERIFIED,
    "投影文件 {path} 缺失或已损坏;日志不受影响。",
    "请重建:archive projection rebuild。",
    "The projection file {path} is missing or damaged; the log is not concerned.",
    "Rebuild: archive projection rebuild.",
)
_explain(
    "PRJ-009",
    Exit.USAGE,
    "没有这个名称的投影。",
    "投影的名称:{names}。",
    "There is no projection of that name.",
    "The names are: {names}.",
)

# --- settings ---------------------------------------------------------------------------------------------------------
_explain(
    "PRJ-010",
    Exit.UNVERIFIED,
    "重建后的投影({names})与此前在同一位置的摘要不同;现在提供的是新的,旧的仍保留。",
    "请检查磁盘,并查明是否有人改动过投影文件;日志不受影响。",
    "What was rebuilt ({names}) has another digest than before at the same position; the new one serves, the old one is kept.",
    "Check the disk, and find out whether somebody changed the file; the log is not concerned.",
)
_explain(
    "PRJ-011",
    Exit.UNVERIFIED,
    "投影中第 {level} 层的瓦片 {number} 不足 {width} 个哈希。",
    "请运行 archive projection rebuild tree。",
    "The tile {number} of level {level} in the projections has fewer than {width} hashes.",
    "Run archive projection rebuild tree.",
)
_explain(
    "PRJ-012",
    Exit.BUSY,
    "另一个进程({pid},自 {since})正在跟随日志。",
    "不必再启动一个;它结束后即可接替。",
    "Another process ({pid}, since {since}) keeps up with the log.",
    "There is no need for a second one; when it ends, this one can take its place.",
)
_explain(
    "PRJ-013",
    Exit.UNVERIFIED,
    "快照 {path} 与其清单、其签署的检查点或本程序的摘要不符。",
    "请从另一节点重新导出;或不用快照,直接从日志重建。",
    "The snapshot {path} is not what its manifest says, or not of the log that was signed.",
    "Export one anew on another node, or do without: `archive projection rebuild` folds the log itself.",
)
_explain(
    "PRJ-014",
    Exit.NOT_FOUND,
    "没有快照 {path},或其旁没有清单。",
    "快照及其 .json 清单须一并复制。",
    "There is no snapshot {path}, or no manifest beside it.",
    "Copy both files: the snapshot and its .json.",
)
_explain(
    "PRJ-015",
    Exit.REFUSED,
    "快照到位置 {position},这里已到 {served}。",
    "不需要此快照。",
    "The snapshot reaches position {position}; what serves here has reached {served}.",
    "It is not needed here.",
)
_explain(
    "PRJ-016",
    Exit.BUSY,
    "回答未能在 {limit} 秒内完成,已停止。",
    "请缩小查询范围,或稍后重试。",
    "The answer was not complete after {limit} seconds, and was given up.",
    "Ask for less, or again a little later.",
)
_explain(
    "CFG-001",
    Exit.USAGE,
    "archive.toml 中有未知的设置 {name}。",
    "可用的设置:{names}。",
    "archive.toml holds an unknown setting: {name}.",
    "The settings are: {names}.",
)
_explain(
    "CFG-002",
    Exit.USAGE,
    "{path} 不是有效的 TOML 文件。",
    "请检查该文件,可用 archive config check 核对。",
    "{path} is not valid TOML.",
    "Mend the file; `archive config check` says whether it is right.",
)
_explain(
    "CFG-003",
    Exit.USAGE,
    "设置 {name} 的值不符合要求。",
    "请参照 archive config show 的说明。",
    "The value of the setting {name} is not as it must be.",
    "See `archive config show` for what it is.",
)
_explain(
    "CFG-004",
    Exit.NOT_ALLOWED,
    "无权读取 {path}。",
    "请检查该文件的权限。",
    "{path} may not be read.",
    "Check the permissions of the file.",
)
_explain(
    "CFG-005",
    Exit.USAGE,
    "日志的地址中不得含有密码或密钥口令。",
    "请把密码写入密码文件(权限 0600),并在地址中加 ?passfile=路径,或用 PGPASSFILE 指明。",
    "The address of the log must not hold a password.",
    "Write the password into a password file (mode 0600), and name it by ?passfile=PATH in the address or by PGPASSFILE.",
)
_explain(
    "LOG-016",
    Exit.REFUSED,
    "{path} 在位置 {position} 与要复制的日志不同。",
    "请另选空的数据库或新文件;原处的日志没有改动。",
    "The log at {path} differs at position {position} from the one to be copied.",
    "Choose an empty database or a new file; the log that is there was left as it is.",
)
_explain(
    "LOG-017",
    Exit.REFUSED,
    "{path} 的数据表 {table} 中已有另外的内容,不是要复制的那个档案的开头。",
    "请另选空的数据库或新文件夹;原处的该数据表没有改动。",
    "The table {table} at {path} holds something else than the beginning of what is to be copied.",
    "Choose an empty database or a new folder; that table was left as it is.",
)
_explain(
    "LOG-018",
    Exit.REFUSED,
    "{path} 是查询节点,只读取,不写入也不签署。",
    "请在设有 log 的档案文件夹中写入和签署。",
    "{path} is a query node: it reads, and nothing is entered or signed in it.",
    "Write and sign in the home whose settings have `log`.",
)
_explain(
    "LOG-011",
    Exit.UNVERIFIED,
    "日志属于 {found},设置中的名称却是 {origin}。",
    "请核对 --home 所指的文件夹;名称建立后不可更改。",
    "The log belongs to {found}, but the settings name {origin}.",
    "Check the folder given by --home; the name of a log never changes.",
)
_explain(
    "USG-001",
    Exit.USAGE,
    "命令的用法不对:{problem}",
    "运行 {program} --help 查看用法。",
    "The command was not used as it must be: {problem}",
    "Run {program} --help to see how.",
)
_explain(
    "USG-002",
    Exit.NOT_FOUND,
    "没有编号为 {id} 的记录。",
    "请核对编号。",
    "Nothing is known by the id {id}.",
    "Check the id.",
)
_explain(
    "INT-001",
    Exit.INTERNAL,
    "程序内部出错({kind})。",
    "请保留上面的诊断信息并报告;已确认的记录不受影响。",
    "The program failed ({kind}).",
    "Keep the diagnostics above and report them; what was acknowledged is safe.",
)
_explain(
    "INT-002",
    Exit.INTERRUPTED,
    "已被中断。",
    "可以重新运行同一命令:已办理的不会重复。",
    "Interrupted.",
    "Run the same command again: what happened will not happen twice.",
)
_explain(
    "OUT-001",
    Exit.INTERNAL,
    "结果无法写到标准输出;命令本身已经办理。",
    "请检查输出所在的磁盘或管道;同一编号的命令重发时只给出第一次的结果。",
    "The result could not be written to standard output; the command itself has happened.",
    "Check the disk or pipe that takes the output; a command sent again with its id gives its first answer.",
)

# --- exports of the catalogue (exports) -----------------------------------------------------------------------------------
_explain(
    "EXP-001",
    Exit.USAGE,
    "由文件名 {path} 看不出格式。",
    "请以 --format 指明格式({formats}),或让文件名以格式结尾。",
    "The name {path} does not tell a format.",
    "Give --format ({formats}), or end the file's name with one of them.",
)
_explain(
    "EXP-002",
    Exit.REFUSED,
    "条数超过一张工作表的上限({limit} 条)。",
    "请缩小筛选范围,或导出为 csv 或 jsonl。",
    "There are more items than a sheet holds ({limit}).",
    "Choose fewer, or export as csv or jsonl.",
)
_explain(
    "EXP-003",
    Exit.REFUSED,
    "信息 {item} 的“{column}”超过工作表单元格的上限({limit} 个字符)。",
    "请导出为 csv 或 jsonl。",
    "What {item} has in the column {column} is longer than a cell of a sheet holds ({limit} characters).",
    "Export as csv or jsonl.",
)
_explain(
    "EXP-004",
    Exit.NOT_FOUND,
    "截至该位置没有登记机关 {agency}。",
    "请核对机关编号和位置。",
    "No agency {agency} was registered as of the position.",
    "Check the id and the position.",
)
_explain(
    "EXP-005",
    Exit.NOT_ALLOWED,
    "不能写到 {path}:其文件夹不存在,或它本身是文件夹。",
    "请先建立文件夹,或另选文件名。",
    "{path} cannot be written: its folder does not exist, or it is a folder itself.",
    "Make the folder first, or choose another name.",
)
_explain(
    "EXP-006",
    Exit.REFUSED,
    "{path} 已经存在。",
    "请另选文件名,或加 --replace 替换。",
    "{path} exists already.",
    "Choose another name, or add --replace.",
)
_explain(
    "EXP-007",
    Exit.REFUSED,
    "{path} 不是可以填写的文档模板:缺 {missing}。",
    "请以 archive 自带的模板(reports/templates/report.docx)为底本修改。",
    "{path} is no template of a document that can be filled: it lacks {missing}.",
    "Start from the template that comes with the archive, reports/templates/report.docx.",
)

# --- the public interface (api, web): what a reader can mend; `extensions` names them in api/errors.py --------------------
_explain(
    "API-001",
    Exit.USAGE,
    "参数 {field} 的游标不能用于此处。",
    "请使用同一查询(相同的筛选、排序和位置)返回的游标,或不带游标从头读取。",
    "The cursor in the argument {field} does not belong to this list.",
    "Use a cursor that the same query (filter, order, position) returned, or start without one.",
)
_explain(
    "API-002",
    Exit.USAGE,
    "位置 {position} 尚未到达,本节点目前到 {head}。",
    "请使用不大于 {head} 的位置,或稍后重试。",
    "Position {position} has not been reached; this node stands at {head}.",
    "Use a position up to {head}, or try again later.",
)
_explain(
    "API-003",
    Exit.USAGE,
    "参数 {field} 必须在 1 到 {limit} 之间。",
    "请减小每页条数,用游标读取其余各页。",
    "The argument {field} must be from 1 to {limit}.",
    "Ask for smaller pages and follow the cursors.",
)
_explain(
    "API-004",
    Exit.USAGE,
    "不能同时使用 first 和 last。",
    "向后翻页用 first 和 after,向前翻页用 last 和 before。",
    "`first` and `last` cannot be used together.",
    "Use `first` with `after` to go on, `last` with `before` to go back.",
)
_explain(
    "API-005",
    Exit.USAGE,
    "参数 {field} 须列出 1 到 {limit} 项。",
    "请分成几次查询。",
    "The argument {field} takes from 1 to {limit} entries.",
    "Ask in several queries.",
)
_explain(
    "API-006",
    Exit.USAGE,
    "参数 {field} 中有不认识的代码。",
    "可用的代码:{known}。",
    "The argument {field} holds a code that is not known.",
    "The codes are: {known}.",
)
_explain(
    "API-007",
    Exit.USAGE,
    "各机关没有同一个主要分类方案,不能按 CATEGORY 统计。",
    "请用 scheme 指明分类方案,或用 agency 指明机关。",
    "The agencies do not share one primary scheme, so there is no counting by CATEGORY.",
    "Name the scheme with `scheme`, or one agency with `agency`.",
)
_explain(
    "API-008",
    Exit.USAGE,
    "参数 {field} 指明的对象在位置 {position} 不存在。",
    "请核对编号,或使用较新的位置。",
    "What the argument {field} names does not exist at position {position}.",
    "Check the id, or use a later position.",
)
_explain(
    "API-009",
    Exit.USAGE,
    "这一查询至少要返回 {value} 个对象,超过每次 {limit} 个的上限。",
    "请减小每页条数、年份或维度,分几次查询。",
    "The query returns at least {value} objects; the limit of one answer is {limit}.",
    "Ask for smaller pages, fewer years or fewer dimensions, in several queries.",
)
_explain(
    "API-010",
    Exit.USAGE,
    "查询文本超过上限(最多 {limit} 个词法单元)。",
    "请拆分查询,并用变量代替写在查询里的值。",
    "The document is too large (the limit is {limit} tokens).",
    "Split it, and use variables instead of values written into it.",
)
_explain(
    "API-011",
    Exit.USAGE,
    "查询嵌套过深,最多 {limit} 层。",
    "请减少嵌套,分几次查询。",
    "The query is nested too deeply; the limit is {limit} levels.",
    "Nest less, in several queries.",
)
_explain(
    "API-012",
    Exit.USAGE,
    "查询使用了 {value} 个别名,最多 {limit} 个。",
    "请分几次查询。",
    "The query uses {value} aliases; the limit is {limit}.",
    "Ask in several queries.",
)
_explain(
    "API-013",
    Exit.USAGE,
    "本接口只读,只接受查询(query)。",
    "请改用 query。",
    "This interface is read only: it takes queries.",
    "Use a `query` operation.",
)
_explain(
    "API-014",
    Exit.USAGE,
    "请求中没有可以执行的操作,或没有指明执行哪一个。",
    "请用 operationName 指明文档中的一个操作。",
    "The document does not say which operation to run.",
    "Name one of its operations with `operationName`.",
)
_explain(
    "API-015",
    Exit.INTERNAL,
    "服务内部出错,请求编号 {request}。",
    "请稍后重试;如仍出错,请把请求编号告知管理员。",
    "The service failed; the request's id is {request}.",
    "Try again later; if it fails again, tell the administrator the request's id.",
)
_explain(
    "API-016",
    Exit.USAGE,
    "查询写了 {value} 个字段,最多 {limit} 个。",
    "请去掉重复的字段,或分几次查询。",
    "The document writes {value} fields; the limit is {limit}.",
    "Leave out what is repeated, or ask in several queries.",
)
_explain(
    "API-017",
    Exit.USAGE,
    "检索词有 {value} 个字符,最多 {limit} 个。",
    "请只写几个词;各词之间用空格隔开。",
    "The search has {value} characters; the limit is {limit}.",
    "Search for a few words, with spaces between them.",
)
_explain(
    "API-018",
    Exit.USAGE,
    "有 {count} 个机关的申请使用这个编号。",
    "请用 agency 指明机关。",
    "Requests to {count} agencies have this number.",
    "Name the agency with `agency`.",
)
_explain(
    "API-019",
    Exit.USAGE,
    "参数 {field} 指向的位置晚于所读取的位置 {position}。",
    "请使用不大于 {position} 的位置或更早的时刻。",
    "The argument {field} names a position above {position}, which is the one that is read.",
    "Use a position up to {position}, or an earlier moment.",
)
_explain(
    "API-020",
    Exit.USAGE,
    "指标 {measure} 的数值 {value} 超出本接口整数的范围。",
    "请用 agency 指明机关,或按月份分开查询。",
    "The value {value} of the measure {measure} is above the integers of this interface.",
    "Name one agency, or divide the counts by month.",
)
_explain(
    "API-021",
    Exit.REFUSED,
    "没有位置 {position} 的证明:所查的档案只到 {head},且各大小须依次递增。",
    "请用不大于 {head} 的大小,先小后大。",
    "There is no proof for {position}: the archive that is read reaches {head}, and sizes must be in order.",
    "Ask for sizes up to {head}, the smaller one first.",
)
_explain(
    "API-022",
    Exit.BUSY,
    "本节点只到位置 {head},尚未到所要求的 {position}。",
    "请稍后重试,或向写入该条目的节点查询。",
    "This node has reached position {head}, and not yet {position}, which was asked for.",
    "Ask again a little later, or ask the node that made the entry.",
)
_explain(
    "API-023",
    Exit.USAGE,
    "查询的最外层有 {value} 个字段,最多 {limit} 个。",
    "请分几次查询。",
    "The document has {value} fields at its root; the limit is {limit}.",
    "Ask in several queries.",
)
_explain(
    "API-024",
    Exit.USAGE,
    "查询有 {value} 个片段,最多 {limit} 个。",
    "请减少片段,或分几次查询。",
    "The document has {value} fragments; the limit is {limit}.",
    "Use fewer fragments, or ask in several queries.",
)
_explain(
    "API-025",
    Exit.USAGE,
    "查询有 {value} 个指令,最多 {limit} 个。",
    "请去掉多余的指令。",
    "The document has {value} directives; the limit is {limit}.",
    "Leave out directives that are not needed.",
)
_explain(
    "API-026",
    Exit.USAGE,
    "查询估计要取 {value} 个字段,最多 {limit} 个。",
    "请减小 first,或少取一些字段,分几次查询。POST /graphql/explain 说明估计的由来。",
    "The answer may have {value} fields; the limit is {limit}.",
    "Ask for smaller pages or fewer fields, in several queries. POST /graphql/explain says how this is estimated.",
)
_explain(
    "API-027",
    Exit.NOT_FOUND,
    "没有登记标识为 {id} 的查询文档。",
    "标识是 sha256: 加文件的 SHA-256;请管理员登记该文件,或改发 query。",
    "No document is registered with the id {id}.",
    "An id is sha256: and the SHA-256 of the file; have the file registered, or send the document as `query`.",
)
_explain(
    "API-028",
    Exit.USAGE,
    "不能登记查询文档 {path}:{reason}",
    "请更正该文件,或将其移出 documents 所指的文件夹。",
    "The document {path} cannot be registered: {reason}",
    "Mend the file, or take it out of the folder that the setting documents names.",
)
_explain(
    "API-029",
    Exit.USAGE,
    "查询中同名字段、片段引用重复太多(成对计 {value},最多 {limit})。",
    "请少写重复的字段和片段,或分几次查询。",
    "The document repeats fields of one name, or fragments, too often: {value} pairs; the limit is {limit}.",
    "Repeat fewer fields and fragments, or ask in several queries.",
)
_explain(
    "WEB-001",
    Exit.USAGE,
    "请求正文不是有效的 JSON。",
    "请发送 UTF-8 编码的 JSON 对象,例如 {example}。",
    "The body of the request is not valid JSON.",
    "Send one JSON object in UTF-8, such as {example}.",
)
_explain(
    "WEB-002",
    Exit.USAGE,
    "请求的成员 {field} 类型不对。",
    "query、documentId 和 operationName 是字符串,variables 和 extensions 是 JSON 对象。",
    "The member {field} of the request is not of the right type.",
    "`query`, `documentId` and `operationName` are strings, `variables` and `extensions` are JSON objects.",
)
_explain(
    "WEB-003",
    Exit.USAGE,
    "请求中没有查询(query)。",
    "请在 query 中给出 GraphQL 查询。",
    "The request holds no query.",
    "Put a GraphQL document into `query`.",
)
_explain(
    "WEB-004",
    Exit.USAGE,
    "不支持一次发送多个请求。",
    "请逐个发送;一个查询里可以用别名读取多项。",
    "Several requests at once are not taken.",
    "Send them one by one; one query can read several things under aliases.",
)
_explain(
    "WEB-005",
    Exit.USAGE,
    "请求正文超过 {limit} 字节的上限。",
    "请缩短查询和变量。",
    "The body of the request is larger than {limit} bytes.",
    "Shorten the query and its variables.",
)
_explain(
    "WEB-006",
    Exit.USAGE,
    "此地址不接受这一方法。",
    "可用的方法:{methods}。",
    "This address does not take that method.",
    "The methods are: {methods}.",
)
_explain(
    "WEB-007",
    Exit.USAGE,
    "不能以所要求的媒体类型回答。",
    "可用的类型:{types}。",
    "No media type that the request accepts can be given.",
    "The types are: {types}.",
)
_explain(
    "WEB-008",
    Exit.USAGE,
    "请求正文的媒体类型或字符集不对。",
    "请使用 Content-Type: application/json(UTF-8)。",
    "The body's media type or charset is not taken.",
    "Use `Content-Type: application/json` in UTF-8.",
)
_explain(
    "WEB-009",
    Exit.BUSY,
    "不能监听地址 {host} 的端口 {port}。",
    "请换一个端口(0 表示任选空闲端口),或结束占用它的程序。",
    "The port {port} of {host} cannot be listened on.",
    "Choose another port (0 takes a free one), or end the program that has it.",
)
_explain(
    "WEB-010",
    Exit.INTERNAL,
    "回答查询的进程不能启动(退出码 {exit})。",
    "请查看标准错误中此前的诊断行;也可用 --workers 1 启动。",
    "A worker process cannot start (exit code {exit}).",
    "See the lines of diagnostics before this one on standard error; or start with --workers 1.",
)

_explain(
    "WEB-011",
    Exit.BUSY,
    "您的地址每分钟最多可发 {limit} 个请求,现已用完。",
    "请在 {seconds} 秒后重试。",
    "Your address may ask {limit} times a minute, and has.",
    "Ask again in {seconds} seconds.",
)
_explain(
    "WEB-012",
    Exit.USAGE,
    "请求既有 query 又有 documentId。",
    "请只发送其中一个。",
    "The request has both `query` and `documentId`.",
    "Send one of them.",
)
_explain(
    "WEB-013",
    Exit.BUSY,
    "正在回答的请求已达上限 {limit} 个。",
    "请稍后重试。",
    "As many requests are being answered as may be at a time: {limit}.",
    "Ask again a moment later.",
)

# --- the schema of the API --------------------------------------------------------------------------------------------
_explain(
    "SDL-001",
    Exit.NOT_FOUND,
    "不能读取文件 {path}。",
    "请核对路径和权限;旧的接口定义可取自 /schema.graphql 或发行版的 schema/public.graphql。",
    "The file {path} cannot be read.",
    "Check the path and its permissions; an older schema is at /schema.graphql, or in a release's schema/public.graphql.",
)
_explain(
    "SDL-002",
    Exit.REFUSED,
    "该文件不是 GraphQL 接口定义({reason})。",
    "请给出以 GraphQL SDL 写成的完整接口定义,UTF-8 编码。",
    "The file is not a GraphQL schema ({reason}).",
    "Give a whole schema in GraphQL's SDL, in UTF-8.",
)

# --- files that come in (intake) --------------------------------------------------------------------------------------
_explain(
    "IMP-001",
    Exit.REFUSED,
    "{path} 中没有可导入的内容。",
    "请核对文件:每行应有一个 JSON 对象。",
    "There is nothing to import in {path}.",
    "Check the file: it has one JSON object a line.",
)
_explain(
    "IMP-002",
    Exit.REFUSED,
    "最后一行只有 {size} 个字节,没有写完:文件不完整。",
    "请重新导出或重新传送该文件。",
    "The last line breaks off after {size} bytes: the file was cut short.",
    "Export or transfer the file again.",
)
_explain(
    "IMP-003",
    Exit.NOT_FOUND,
    "文件 {path} 不存在。",
    "请核对文件名和所在文件夹。",
    "There is no file {path}.",
    "Check the name of the file and its folder.",
)
_explain(
    "IMP-004",
    Exit.REFUSED,
    "这一行超过 {limit} 字节的上限。",
    "每行一个 JSON 对象;请检查换行是否丢失。",
    "The line is longer than {limit} bytes.",
    "Write one JSON object a line; look for lost line ends.",
)
_explain(
    "IMP-005",
    Exit.NOT_ALLOWED,
    "不能读取 {path}:{reason}。",
    "请给出一个可以读取的文件。",
    "{path} cannot be read: {reason}.",
    "Give a file that can be read.",
)
_explain(
    "IMP-006",
    Exit.REFUSED,
    "字段 {field} 不符合要求:{problem}。",
    "请按清单的格式修改这一行。",
    "The field {field} is not as it must be: {problem}.",
    "Mend the line; the manual says what each field of the list holds.",
)
_explain(
    "IMP-007",
    Exit.REFUSED,
    "编号 {source} 在清单中出现了两次,前一次在第 {line} 行。",
    "每个编号只列一次。",
    "The source id {source} stands in the list twice, first in line {line}.",
    "List each id once.",
)
_explain(
    "IMP-008",
    Exit.REFUSED,
    "编号 {source} 的文件已在档案中,内容与这一行不同。",
    "已导入的不会被覆盖:请去掉这一行(正文文件须与上次相同),更改内容请用 revise-item。",
    "The instrument {source} is in the archive already, and this line says something else of it.",
    "Nothing is overwritten: leave the line out (and give the bodies that were given before), or use revise-item.",
)
_explain(
    "IMP-009",
    Exit.REFUSED,
    "{path} 不是完好的 gzip 文件。",
    "请重新传送该文件。",
    "{path} is not an intact gzip file.",
    "Transfer the file again.",
)
_explain(
    "IMP-010",
    Exit.REFUSED,
    "正文文件 {path} 第 {line} 行不能使用({code})。",
    "请重新导出正文文件:每行一个对象,含 source_id 和 body。",
    "Line {line} of the bodies in {path} cannot be used ({code}).",
    "Export the bodies again: one object a line, with source_id and body.",
)

# --- months -----------------------------------------------------------------------------------------------------------
_explain(
    "MON-001",
    Exit.REFUSED,
    "编号不是该机关 {year} 年 {number} 月的编号。",
    "请使用 {expected}:每个机关每月只有一个编号。",
    "This is not the id of the agency's month {year}-{number}.",
    "Use {expected}: an agency has one stream a month, whose id follows from both.",
)
_explain(
    "MON-002",
    Exit.REFUSED,
    "{year} 年 {number} 月已于 {closed_on} 结账。",
    "结账后的变动请用 correct-monthly-figure 更正。",
    "The month {year}-{number} was closed on {closed_on}.",
    "What changes later is a correction: correct-monthly-figure.",
)
_explain(
    "MON-003",
    Exit.REFUSED,
    "编号 {month} 的月份尚未结账。",
    "请先用 close-month 结账。",
    "The month {month} is not closed.",
    "Close it first with close-month.",
)
_explain(
    "MON-004",
    Exit.REFUSED,
    "{year} 年 {number} 月到 {last} 才结束。",
    "请在该日之后结账,结账日期也须在其后。",
    "The month {year}-{number} ends on {last}.",
    "Close it after that day, with a date after it.",
)
_explain(
    "MON-005",
    Exit.REFUSED,
    "股室 {section} 本月已经通报。",
    "数字有误请用 correct-monthly-figure 更正。",
    "The section {section} has its notification of the month.",
    "Correct a wrong figure with correct-monthly-figure.",
)
_explain(
    "MON-006",
    Exit.REFUSED,
    "股室 {section} 本月尚未通报。",
    "请先用 issue-monthly-notification 通报。",
    "The section {section} has no notification of the month yet.",
    "Issue it first with issue-monthly-notification.",
)
_explain(
    "MON-007",
    Exit.REFUSED,
    "股室 {section} 对 {figure} 的异议尚未处理。",
    "请先更正或驳回。",
    "The section {section} disputes {figure} already.",
    "Correct the figure or dismiss the dispute first.",
)
_explain(
    "MON-008",
    Exit.REFUSED,
    "股室 {section} 对 {figure} 没有异议。",
    "请核对股室和数字的名称。",
    "The section {section} does not dispute {figure}.",
    "Check the section and the figure.",
)
_explain(
    "MON-009",
    Exit.REFUSED,
    "股室 {section} 的 {figure} 已是 {old}。",
    "请给出不同的数字,或用 dismiss-monthly-dispute 驳回异议。",
    "The figure {figure} of section {section} is {old} already.",
    "Give another figure, or dismiss the dispute.",
)
_explain(
    "MON-010",
    Exit.REFUSED,
    "超期数 {late} 大于公开数 {published}。",
    "超期公开的已包含在公开数中,请核对。",
    "More are late ({late}) than were published ({published}).",
    "What is late was published too; check both figures.",
)
# --- reports ----------------------------------------------------------------------------------------------------------
_explain(
    "RPT-001",
    Exit.REFUSED,
    "编号不是该机关 {year} 年年度报告的编号。",
    "请使用 {expected}:每个机关每年只有一份报告。",
    "This is not the id of the agency's report on {year}.",
    "Use {expected}: an agency has one report a year, whose id follows from both.",
)
_explain(
    "RPT-002",
    Exit.REFUSED,
    "{year} 年的年度报告已经开始编制。",
    "请继续办理该报告;已报送的用 correct-report 更正。",
    "The report on {year} was begun already.",
    "Go on with it; what was filed is corrected with correct-report.",
)
_explain(
    "RPT-003",
    Exit.REFUSED,
    "没有编号为 {report} 的年度报告。",
    "请先用 draft-report 开始编制。",
    "There is no report {report}.",
    "Begin it with draft-report.",
)
_explain(
    "RPT-004",
    Exit.REFUSED,
    "格式 {form} 适用于 {first} 年至 {last} 年,不适用于 {year} 年。",
    "请使用该年度的格式。",
    "The form {form} is for the years {first} to {last}, not for {year}.",
    "Use the form of that year.",
)
_explain(
    "RPT-005",
    Exit.REFUSED,
    "报告的状态是 {stage},不能办理这一步。",
    "顺序为:编制、签发、报送、公布;更正、撤回只对已报送或已公布的报告。",
    "The report is {stage}, and this step does not follow.",
    "The order is: drafted, signed, filed, published; then corrected or withdrawn.",
)
_explain(
    "RPT-006",
    Exit.REFUSED,
    "{year} 年尚未结束,不能在 {on} 报送。",
    "请在次年报送。",
    "The year {year} was not over on {on}.",
    "File the report in the year after.",
)
_explain(
    "RPT-007",
    Exit.REFUSED,
    "位置 {position} 不在 {least} 至 {head} 之间。",
    "请给出统计数字时的位置;更正不得早于被更正的版本。",
    "The position {position} is not between {least} and {head}.",
    "Give the position that the figures were counted at; a correction is not before what it corrects.",
)
_explain(
    "RPT-008",
    Exit.REFUSED,
    "单元格 {cell} 给出了两次。",
    "每个单元格只给一个数字。",
    "The cell {cell} is given twice.",
    "Give each cell once.",
)
_explain(
    "RPT-009",
    Exit.REFUSED,
    "单元格 {cell} 已是 {count}。",
    "只列有变化的单元格。",
    "The cell {cell} is {count} already.",
    "List only the cells that change.",
)
_explain(
    "RPT-010",
    Exit.REFUSED,
    "{year} 年的年度报告已经报送(现为第 {number} 版)。",
    "报告只报送一次;数字有误请用 correct-report 更正,生成新版本。",
    "The report on {year} was filed already (it is at version {number}).",
    "A report is filed once; a wrong figure is corrected with correct-report, which makes a new version.",
)
# --- assessments ------------------------------------------------------------------------------------------------------
_explain(
    "ASM-001",
    Exit.REFUSED,
    "考核 {assessment} 已经登记。",
    "请使用另一个编号,或继续登记其内容。",
    "The assessment {assessment} was entered already.",
    "Use another id, or go on with this one.",
)
_explain(
    "ASM-002",
    Exit.REFUSED,
    "没有编号为 {assessment} 的考核。",
    "请先用 receive-assessment 登记。",
    "There is no assessment {assessment}.",
    "Enter it first with receive-assessment.",
)
_explain(
    "ASM-003",
    Exit.REFUSED,
    "考核的年度 {year} 晚于收到的日期 {received_on}。",
    "请核对年度。",
    "The year {year} had not begun when the assessment came on {received_on}.",
    "Check the year.",
)
_explain(
    "ASM-004",
    Exit.REFUSED,
    "指标 {indicator} 已有得分。",
    "每个指标只登记一次。",
    "The indicator {indicator} has its score already.",
    "Enter each indicator once.",
)
_explain(
    "ASM-005",
    Exit.REFUSED,
    "得分 {points} 超过满分 {maximum}(均以百分之一分计)。",
    "请核对得分和满分。",
    "The score {points} is above its maximum {maximum}, both in hundredths of a point.",
    "Check both.",
)
_explain(
    "ASM-006",
    Exit.REFUSED,
    "问题的序号应为 {expected},不是 {problem}。",
    "问题从 1 起连续编号。",
    "The next problem is number {expected}, not {problem}.",
    "Problems are numbered from 1 without a gap.",
)
_explain(
    "ASM-007",
    Exit.REFUSED,
    "指标 {indicator} 没有得分。",
    "请先用 record-assessment-score 登记该指标。",
    "The indicator {indicator} has no score.",
    "Enter it first with record-assessment-score.",
)
_explain(
    "ASM-008",
    Exit.REFUSED,
    "没有第 {problem} 个问题。",
    "请核对序号。",
    "There is no problem {problem}.",
    "Check its number.",
)
_explain(
    "ASM-009",
    Exit.REFUSED,
    "第 {problem} 个问题的状态是 {stage},不能办理这一步。",
    "顺序为:提出、交办、提交整改材料、销号。",
    "The problem {problem} is {stage}, and this step does not follow.",
    "The order is: raised, assigned, evidenced, closed.",
)
_explain(
    "ASM-010",
    Exit.REFUSED,
    "结果 {outcome} 与件数 {cases} 不符。",
    "没有追究的为 none 和 0 件,其余至少 1 件。",
    "The outcome {outcome} does not go with {cases} cases.",
    "Say none with 0 cases, any other outcome with at least 1.",
)
# --- inspections ------------------------------------------------------------------------------------------------------
_explain(
    "INS-001",
    Exit.REFUSED,
    "自查 {inspection} 已经登记。",
    "请使用另一个编号,或继续登记其内容。",
    "The inspection {inspection} was entered already.",
    "Use another id, or go on with this one.",
)
_explain(
    "INS-002",
    Exit.REFUSED,
    "没有编号为 {inspection} 的自查。",
    "请先用 run-inspection 登记。",
    "There is no inspection {inspection}.",
    "Enter it first with run-inspection.",
)
_explain(
    "INS-003",
    Exit.REFUSED,
    "发现问题的序号应为 {expected},不是 {number}。",
    "从 1 起连续编号。",
    "The next finding is number {expected}, not {number}.",
    "Findings are numbered from 1 without a gap.",
)
_explain(
    "INS-004",
    Exit.REFUSED,
    "信息 {item} 不是本机关的信息。",
    "请核对编号,或不填该项。",
    "The item {item} is none of the agency's.",
    "Check its id, or leave it out.",
)
_explain(
    "INS-005",
    Exit.REFUSED,
    "第 {number} 个问题不存在,或已经处理。",
    "请核对序号。",
    "The finding {number} does not exist, or is resolved.",
    "Check its number.",
)

# --- posts ------------------------------------------------------------------------------------------------------------
_explain(
    "PST-001",
    Exit.REFUSED,
    "岗位 {code} 的编号应为 {expected}。",
    "请使用该编号:它由机关和岗位代码得出。",
    "The id of the post {code} is {expected}.",
    "Use that id: it follows from the agency and the code of the post.",
)
_explain(
    "PST-002",
    Exit.REFUSED,
    "岗位 {post} 已设立。",
    "请使用另一个岗位代码;重复发送同一命令请保持命令编号不变。",
    "The post {post} is established already.",
    "Use another code for another post; to repeat a command, keep its command id.",
)
_explain(
    "PST-003",
    Exit.NOT_FOUND,
    "没有岗位 {post}。",
    "请先设立(establish-post),或核对编号。",
    "There is no post {post}.",
    "Establish it first (establish-post), or check the id.",
)
_explain(
    "PST-004",
    Exit.REFUSED,
    "该岗位已于 {on} 撤销。",
    "请登记在接替它的岗位上。",
    "The post was abolished on {on}.",
    "Enter it for the post that took its place.",
)
_explain(
    "PST-005",
    Exit.REFUSED,
    "该岗位现有人担任。",
    "请先登记其离任(end-role)。",
    "Somebody holds the post.",
    "Enter first that he left it (end-role).",
)
_explain(
    "PST-006",
    Exit.REFUSED,
    "该岗位现无人担任。",
    "请先登记任职(assign-role),或核对日期。",
    "Nobody holds the post.",
    "Enter who does first (assign-role), or check the day.",
)
_explain(
    "PST-007",
    Exit.REFUSED,
    "任职者已在休假。",
    "请先登记休假结束(end-leave)。",
    "The holder is on leave already.",
    "Enter the end of the leave first (end-leave).",
)
_explain(
    "PST-008",
    Exit.REFUSED,
    "任职者没有在休假。",
    "请核对岗位和日期。",
    "The holder is not on leave.",
    "Check the post and the day.",
)
_explain(
    "PST-009",
    Exit.REFUSED,
    "股室负责人的岗位须写明股室。",
    "请给出 section。",
    "The post of a section's head is of a section.",
    "Say of which one, with `section`.",
)

# --- guides -----------------------------------------------------------------------------------------------------------
_explain(
    "GID-001",
    Exit.REFUSED,
    "该机关指南的编号应为 {expected}。",
    "请使用该编号:它由机关得出。",
    "The id of the agency's guide is {expected}.",
    "Use that id: it follows from the agency.",
)
_explain(
    "GID-002",
    Exit.REFUSED,
    "该文件与第 {number} 版相同。",
    "内容有变更时再登记新版。",
    "The document is the same as that of version {number}.",
    "Enter a new version when its content has changed.",
)
_explain(
    "GID-003",
    Exit.REFUSED,
    "新版自 {on} 起施行,早于第 {number} 版的 {earliest}。",
    "请核对施行日期。",
    "The version would be in force from {on}, before {earliest} of version {number}.",
    "Check the day from which it is in force.",
)
_explain(
    "GID-004",
    Exit.REFUSED,
    "有渠道重复。",
    "每个渠道只列一次。",
    "A channel stands twice.",
    "List each channel once.",
)
_explain(
    "GID-005",
    Exit.REFUSED,
    "施行日期 {on} 晚于 {latest}。",
    "请核对年份:指南应在公布后一年内施行。",
    "The day from which it is in force, {on}, lies after {latest}.",
    "Check the year: a guide is in force within a year of its publication.",
)
_explain(
    "GID-006",
    Exit.NOT_FOUND,
    "没有指南 {guide}。",
    "请先登记一版(publish-guide),或核对编号。",
    "There is no guide {guide}.",
    "Enter a version first (publish-guide), or check the id.",
)
_explain(
    "GID-007",
    Exit.REFUSED,
    "第 {number} 版已于 {on} 撤下。",
    "请登记新版(publish-guide)。",
    "Version {number} was taken down on {on}.",
    "Enter another version (publish-guide).",
)

# --- rules of an agency -----------------------------------------------------------------------------------------------
_explain(
    "RUL-001",
    Exit.REFUSED,
    "制度 {rule} 已存在。",
    "请使用新的编号,或登记修订(amend-rule);重复发送同一命令请保持命令编号不变。",
    "The rule {rule} exists already.",
    "Use a new id, or amend it (amend-rule); to repeat a command, keep its command id.",
)
_explain(
    "RUL-002",
    Exit.NOT_FOUND,
    "没有制度 {rule}。",
    "请先登记(adopt-rule),或核对编号。",
    "There is no rule {rule}.",
    "Enter it first (adopt-rule), or check the id.",
)
_explain(
    "RUL-003",
    Exit.REFUSED,
    "该制度自 {on} 起废止。",
    "请登记为新的制度(adopt-rule)。",
    "The rule is repealed from {on}.",
    "Enter a new rule (adopt-rule).",
)
_explain(
    "RUL-004",
    Exit.REFUSED,
    "该文件与第 {number} 版相同。",
    "内容有变更时再登记修订。",
    "The document is the same as that of version {number}.",
    "Amend it when its content has changed.",
)
_explain(
    "RUL-005",
    Exit.REFUSED,
    "参数 {parameter} 为 {value},而法律只允许 {least} 至 {most}。",
    "制度可以比法律严,不能比法律宽;请核对。",
    "The parameter {parameter} is {value}; the law leaves {least} to {most}.",
    "A rule may be stricter than the law, never looser; check the number.",
)
_explain(
    "RUL-006",
    Exit.REFUSED,
    "有参数重复。",
    "每个参数只列一次。",
    "A parameter stands twice.",
    "List each parameter once.",
)
_explain(
    "RUL-007",
    Exit.REFUSED,
    "{on} 早于第 {number} 版施行的 {earliest}。",
    "请核对日期。",
    "{on} lies before {earliest}, from which version {number} is in force.",
    "Check the day.",
)
_explain(
    "RUL-008",
    Exit.REFUSED,
    "{on} 晚于 {latest}。",
    "请核对年份。",
    "{on} lies after {latest}.",
    "Check the year.",
)

# --- reading places ---------------------------------------------------------------------------------------------------
_explain(
    "PLC-001",
    Exit.REFUSED,
    "场所 {place} 已存在。",
    "请使用新的编号;重复发送同一命令请保持命令编号不变。",
    "The place {place} exists already.",
    "Use a new id; to repeat a command, keep its command id.",
)
_explain(
    "PLC-002",
    Exit.NOT_FOUND,
    "没有场所 {place}。",
    "请先登记(open-place),或核对编号。",
    "There is no place {place}.",
    "Enter it first (open-place), or check the id.",
)
_explain(
    "PLC-003",
    Exit.REFUSED,
    "该场所已于 {on} 关闭。",
    "请登记在仍开放的场所。",
    "The place was closed on {on}.",
    "Enter it for a place that is open.",
)
_explain(
    "PLC-004",
    Exit.REFUSED,
    "信息 {item} 自 {on} 起已在该处张贴。",
    "如已更换,请先登记撤下(remove-notice)。",
    "The item {item} has been posted there since {on}.",
    "Where it was replaced, enter first that it was taken down (remove-notice).",
)
_explain(
    "PLC-005",
    Exit.REFUSED,
    "信息 {item} 没有在该处张贴。",
    "请核对信息和场所。",
    "The item {item} is not posted there.",
    "Check the item and the place.",
)
_explain(
    "PLC-006",
    Exit.REFUSED,
    "{year} 年 {month} 月的人次已登记为 {visits}。",
    "如有误,请用 corrects 写明原数并更正。",
    "The visits of {year}-{month} are entered as {visits}.",
    "If that is wrong, correct it, with the former number as `corrects`.",
)
_explain(
    "PLC-007",
    Exit.REFUSED,
    "要更正的数为 {corrects},而所登记的是 {visits}。",
    "请核对原数。",
    "What is to be corrected is said to be {corrects}, but {visits} is entered.",
    "Check the former number.",
)
_explain(
    "PLC-008",
    Exit.REFUSED,
    "{year} 年 {month} 月该场所没有开放。",
    "请核对月份和场所。",
    "In {year}-{month} the place was not open.",
    "Check the month and the place.",
)
_explain(
    "PLC-009",
    Exit.REFUSED,
    "信息 {item} 不是机关 {agency} 的。",
    "请核对信息和场所的编号。",
    "The item {item} is not of the agency {agency}.",
    "Check the ids of the item and of the place.",
)
_explain(
    "PLC-010",
    Exit.REFUSED,
    "一个场所同时张贴的信息不超过 {limit} 条。",
    "请先登记已撤下的(remove-notice)。",
    "At most {limit} items are posted at one place at a time.",
    "Enter first which were taken down (remove-notice).",
)

_explain(
    "BDL-001",
    Exit.UNVERIFIED,
    "{path} 是另一个日志的,或不是本日志历次签署的检查点之一。",
    "请换一个文件夹;若它确曾由本日志导出,请保留作为证据并运行 archive audit check --against。",
    "{path} is of another log, or is none of the checkpoints that this log signed.",
    "Use another folder; if it did come from this log, keep it as evidence and run archive audit check --against.",
)
_explain(
    "MIR-001",
    Exit.BUSY,
    "现在无法取得 {url}。",
    "请检查网络和地址,稍后重试;已核对的内容不受影响。",
    "{url} cannot be had just now.",
    "Check the network and the address, then try again; what was verified stays.",
)
_explain(
    "MIR-002",
    Exit.UNVERIFIED,
    "{path} 与对方签署的不符,未予采用。",
    "请稍后重试;若仍不符,请把所取得的文件交给对方与见证人查看。",
    "{path} is not what was signed there; nothing of it was taken.",
    "Try again later; where it stays so, show the file to those who run the log and to its witnesses.",
)
_explain(
    "MIR-003",
    Exit.UNVERIFIED,
    "对方签署了两份不同的历史:大小 {ours} 与 {theirs};两份签署原文已保存在 {path}。",
    "请公开这两份文件:它们证明日志被分叉或改写。不再采用对方的任何内容。",
    "Two histories were signed there, of the sizes {ours} and {theirs}; both notes are kept in {path}.",
    "Show the two files to everybody: they prove that the log was forked or rewritten. Nothing more is taken from it.",
)
_explain(
    "MIR-004",
    Exit.USAGE,
    "这不是一个网站的地址。",
    "请用 http:// 或 https:// 开头的地址,不带查询参数。",
    "This is not the address of a site.",
    "Use one that begins with http:// or https://, without a query.",
)
_explain(
    "MIR-005",
    Exit.REFUSED,
    "{path} 是一个独立的档案,不是镜像。",
    "请用另一个文件夹作镜像。",
    "{path} is an archive of its own and no mirror.",
    "Use another folder for the mirror.",
)
_explain(
    "MIR-006",
    Exit.USAGE,
    "第一次建立镜像须给出验证密钥。",
    "请用 --vkey 给出印在年报等处的密钥。",
    "A new mirror needs the verifier key of the log.",
    "Give the key that is printed in a report or the like with --vkey.",
)
_explain(
    "MIR-007",
    Exit.REFUSED,
    "{path} 跟随的是另一个密钥的日志。",
    "请核对密钥;更换密钥时请改 archive.toml 中的 mirror_of。",
    "{path} follows the log of another key.",
    "Check the key; after a rotation, change mirror_of in archive.toml.",
)
_explain(
    "MIR-008",
    Exit.NOT_ALLOWED,
    "{path} 是镜像,不能在此登记。",
    "请在原档案中登记。",
    "{path} is a mirror; nothing is entered here.",
    "Enter it in the archive itself.",
)
# --- the notary ------------------------------------------------------------------------------------------------------
_explain(
    "NTY-001",
    Exit.NOT_FOUND,
    "{path} 不是公证文件夹:没有签名密钥。",
    "请检查设置 notary;新建档案时由 archive init 生成。",
    "{path} is not the folder of a notary: there is no signer key in it.",
    "Check the setting notary; archive init makes the folder with a new archive.",
)
_explain(
    "NTY-002",
    Exit.UNVERIFIED,
    "公证人最后一次签署的检查点 {path} 已丢失或被改动,不再签署。",
    "请向见证人或报告中查得最新的检查点,保存其原文后运行 archive checkpoint adopt。",
    "What the notary signed last, {path}, is lost or was changed; nothing is signed without it.",
    "Find the newest checkpoint that is known outside, at a witness or in a report, then run archive checkpoint adopt with it.",
)
_explain(
    "NTY-003",
    Exit.UNVERIFIED,
    "大小为 {size} 的日志不是由已签署的大小 {promised} 延续而来,不予签署。",
    "可能恢复了旧备份,或条目被改动、截断。请停止写入,恢复最新的日志,再运行 archive audit check。",
    "The log of size {size} does not go on from size {promised}, which was signed; it is not signed.",
    "An old backup was restored, or entries were changed or cut off: stop writing, bring back the newest log, then run archive audit check.",
)
_explain(
    "NTY-004",
    Exit.UNVERIFIED,
    "检查点库已有大小 {stored} 的检查点,而公证人只记得签署到 {promised}。",
    "另有一个公证人使用同一密钥,或公证文件夹是旧副本。请停用其中之一,找回最新的公证文件夹。",
    "The store of checkpoints has one of size {stored}, and the notary remembers signing up to {promised} only.",
    "A second notary uses the same key, or the notary's folder is an old copy: stop one of the two and bring back the newest folder.",
)
_explain(
    "NTY-005",
    Exit.NOT_ALLOWED,
    "签名密钥 {path} 可被他人读取,不予使用。",
    "请运行 chmod 600;若他人可能读过,请更换密钥。",
    "The signer key {path} can be read by others and is not used.",
    "Run chmod 600 on it; where others may have read it, begin a rotation of the key.",
)
_explain(
    "NTY-006",
    Exit.UNVERIFIED,
    "{path} 中的签名密钥已损坏,或不是本日志的。",
    "请检查设置 notary 与 origin,或找回密钥文件。",
    "The signer key in {path} is damaged, or is not of this log.",
    "Check the settings notary and origin, or bring back the key file.",
)
_explain(
    "NTY-007",
    Exit.UNVERIFIED,
    "自位置 {position} 起,将要公布的条目与树中的哈希不符,不予签署。",
    "请运行 archive audit check,再运行 archive projection rebuild tree。",
    "From position {position} on, the entries that would be served do not hash to the tree; it is not signed.",
    "Run archive audit check, then archive projection rebuild tree.",
)
_explain(
    "NTY-008",
    Exit.NOT_FOUND,
    "还没有覆盖位置 {position} 的检查点;已公布到 {published}。",
    "请先运行 archive checkpoint sign,或使用已公布的位置。",
    "No checkpoint covers the position {position} yet; {published} entries are published.",
    "Run archive checkpoint sign first, or use a position that is published.",
)
_explain(
    "NTY-009",
    Exit.BUSY,
    "公证人在 {path} 处没有作出可用的答复。",
    "请检查 archive checkpoint signer 是否在运行,以及套接字的权限。",
    "The notary at {path} gives no answer that can be used.",
    "Check whether archive checkpoint signer runs, and the permissions of its socket.",
)
_explain(
    "NTY-010",
    Exit.BUSY,
    "另一个进程正在 {path} 中签署。",
    "请稍后重试。",
    "Another process is signing in {path}.",
    "Try again in a moment.",
)
_explain(
    "NTY-011",
    Exit.REFUSED,
    "密钥更换已经开始,旧密钥为 {key}。",
    "请先用 archive checkpoint retire-key 停用旧密钥。",
    "A rotation has begun already; the old key is {key}.",
    "End it with archive checkpoint retire-key before the next one.",
)
_explain(
    "NTY-012",
    Exit.REFUSED,
    "不能停用密钥 {key}:没有这个密钥,或没有另一个可以签署的密钥。",
    "请先用 archive checkpoint add-key 加入新密钥,再停用旧密钥。",
    "The key {key} cannot be retired: there is no such key, or no other one that signs.",
    "Add a new key with archive checkpoint add-key first, then retire the old one.",
)
_explain(
    "NTY-013",
    Exit.REFUSED,
    "公证人的记忆 {path} 仍在,不能另行采用检查点。",
    "不必操作;确认该文件已损坏时,请先移走并保留作为证据。",
    "The notary's memory {path} is still there; no other checkpoint is taken in its place.",
    "There is nothing to do; where that file is known to be damaged, move it away first and keep it as evidence.",
)
_explain(
    "NTY-014",
    Exit.USAGE,
    "无法读取见证人策略文件 {path}。",
    "请检查设置 witnesses,以及该文件的权限。",
    "The policy file {path}, which names the witnesses, cannot be read.",
    "Check the setting witnesses, and the permissions of the file.",
)
_explain(
    "NTY-015",
    Exit.BUSY,
    "见证人 {witness} 没有签署:{reason}。",
    "不必停止公布;检查点已注明见证是否足够。若一再如此,请与见证人联系。",
    "The witness {witness} did not sign: {reason}.",
    "Go on publishing; the checkpoint is marked where too few signed. Where it happens again and again, ask the witness.",
)
_explain(
    "NTY-016",
    Exit.USAGE,
    "见证人 {witness} 的地址不是 HTTP 地址。",
    "请在策略文件中写成 https://见证人的地址/前缀;不带查询、片段或用户名。",
    "The address of the witness {witness} is none of HTTP.",
    "In the policy file, write https://host/prefix, without a query, a fragment or a user name.",
)
_explain(
    "NTY-017",
    Exit.BUSY,
    "检查点没有时间戳:{reason}。",
    "不必停止公布;再次运行 archive checkpoint sign 可重试。若一再如此,请与时间戳机构联系。",
    "The checkpoint has no time-stamp: {reason}.",
    "Go on publishing; archive checkpoint sign tries again. Where it happens again and again, ask the authority.",
)
_explain(
    "NTY-018",
    Exit.USAGE,
    "时间戳机构的地址,或其证书文件 {path} 不能使用。",
    "请检查设置 tsa 与 tsa_certificates:地址为 http 或 https,证书为 PEM。",
    "The address of the time-stamping authority, or the file of its certificates, {path}, cannot be used.",
    "Check the settings tsa and tsa_certificates: an address of HTTP, and certificates in PEM.",
)
_explain(
    "NTY-019",
    Exit.NOT_FOUND,
    "第 {number} 个检查点没有时间戳。",
    "用 archive checkpoint list 查看哪些检查点有时间戳。",
    "Checkpoint {number} has no time-stamp.",
    "See archive checkpoint list for those that have one.",
)
_explain(
    "POL-001",
    Exit.USAGE,
    "见证人策略文件第 {line} 行不合格式,或提到尚未列出、重复的名称或密钥。",
    "每行为 log、witness、group 或 quorum;只能提到上面的行已列出的名称。见 C2SP tlog-policy。",
    "Line {line} of the policy of witnesses is none, or names what is not listed above it, or is listed twice.",
    "A line is a log, a witness, a group or the quorum, and names only what stands above it; see C2SP tlog-policy.",
)
_explain(
    "POL-002",
    Exit.USAGE,
    "见证人策略文件没有 quorum 行,或过长。",
    "请写明哪些见证人即足够;不要求见证时写 quorum none。",
    "The policy of witnesses has no quorum line, or is too long.",
    "Say which witnesses are enough; where none are asked for, write quorum none.",
)

# --- what an audit finds ----------------------------------------------------------------------------------------------
_explain(
    "AUD-001",
    Exit.UNVERIFIED,
    "日志中没有位置 {position} 的条目。",
    "请停止写入,用备份恢复日志,并与外部保存的检查点比对。",
    "The log has no entry at position {position}.",
    "Stop writing, restore the log from a backup, and compare it with a checkpoint that was kept outside.",
)
_explain(
    "AUD-002",
    Exit.UNVERIFIED,
    "位置 {position} 的条目无法读取:{reason}。",
    "请停止写入,用备份恢复日志,并与外部保存的检查点比对。",
    "The entry at position {position} cannot be read: {reason}.",
    "Stop writing, restore the log from a backup, and compare it with a checkpoint that was kept outside.",
)
_explain(
    "AUD-003",
    Exit.UNVERIFIED,
    "位置 {position} 的条目不是规范的字节:键的次序、空格或写法不对。",
    "它不是本程序写入的;请用备份恢复日志,并查明是谁改了文件。",
    "The bytes of the entry at position {position} are not canonical: order, spaces or spelling differ.",
    "This program did not write it; restore the log from a backup, and find out who changed the file.",
)
_explain(
    "AUD-004",
    Exit.UNVERIFIED,
    "位置 {position} 的行与其条目不符:{field} 列。",
    "请用备份恢复日志,并查明是谁改了文件。",
    "The row at position {position} does not say what its entry says, in the column {field}.",
    "Restore the log from a backup, and find out who changed the file.",
)
_explain(
    "AUD-005",
    Exit.UNVERIFIED,
    "位置 {position} 的条目属于日志 {found},而不是 {origin}。",
    "条目是从别处搬来的,或设置中的 origin 改过;请用备份恢复。",
    "The entry at position {position} belongs to the log {found}, not to {origin}.",
    "It was moved here, or the origin in the settings was changed; restore from a backup.",
)
_explain(
    "AUD-006",
    Exit.UNVERIFIED,
    "位置 {position} 的记录时间 {at} 早于前面条目的 {before}。",
    "条目被倒填或调换;请用备份恢复日志,并与外部保存的检查点比对。",
    "The entry at position {position} says that it was recorded at {at}, before {before} of an earlier one.",
    "It was back-dated or moved; restore the log from a backup, and compare it with a checkpoint that was kept outside.",
)
_explain(
    "AUD-007",
    Exit.UNVERIFIED,
    "流 {stream} 在位置 {position} 断开:{field} 与前一条不衔接。",
    "有条目被删除、插入或调换;请用备份恢复日志,并与外部保存的检查点比对。",
    "The stream {stream} is broken at position {position}: {field} does not follow from the entry before.",
    "An entry was removed, put in or moved; restore the log from a backup, and compare it with a checkpoint that was kept outside.",
)
_explain(
    "AUD-008",
    Exit.UNVERIFIED,
    "位置 {position} 的条目称来自命令 {command},而该命令没有记录这一条。",
    "条目是另外加进去的,或命令表被改;请用备份恢复日志。",
    "The entry at position {position} says that it was made by the command {command}, which is not recorded with it.",
    "It was put in by somebody else, or the table of commands was changed; restore the log from a backup.",
)
_explain(
    "AUD-010",
    Exit.UNVERIFIED,
    "位置 {position} 的 {field}:公开的内容打不开其封签,即与当时封存的不同。",
    "公开的文字被改过;请用备份恢复披露库。",
    "The {field} of position {position}: what is shown does not open its seal, so it is not what was sealed.",
    "The public text was changed; restore the store of openings from a backup.",
)
_explain(
    "AUD-011",
    Exit.UNVERIFIED,
    "披露库称位置 {position} 的条目带有一个封签,而该条目没有。",
    "披露被移到别的条目;请用备份恢复披露库。",
    "The store of openings has a seal for the entry at position {position} that this entry does not carry.",
    "An opening was moved from another entry; restore the store of openings from a backup.",
)
_explain(
    "AUD-012",
    Exit.UNVERIFIED,
    "位置 {position} 的内容已公开,称由位置 {cleared} 的条目公开,而该条目并未公开它。",
    "有未经审查的内容被公开;请立即用备份恢复披露库,并查明原因。",
    "Text of position {position} is public by the entry at position {cleared}, as the store says; that entry does not clear it.",
    "Text that was never cleared is shown; restore the store of openings from a backup at once, and find out why.",
)
_explain(
    "AUD-013",
    Exit.UNVERIFIED,
    "位置 {position} 已公开的 {field} 不在披露库中,也没有删除它的条目。",
    "公开的内容被扣下或丢失;请用备份恢复披露库。",
    "The {field} that position {position} made public is not in the store of openings, and no entry erased it.",
    "Public text is withheld or lost; restore the store of openings from a backup.",
)
_explain(
    "AUD-014",
    Exit.UNVERIFIED,
    "位置 {position} 的条目删除了内容,而该内容仍在库中。",
    "请运行任一写入命令以完成删除;若是从备份恢复的,请对备份重做删除。",
    "The entry at position {position} erased text that is still kept.",
    "Run any command that writes, which finishes erasures; after a backup was restored, erase once more in it.",
)
_explain(
    "AUD-015",
    Exit.UNVERIFIED,
    "位置 {position} 的删除与披露库所记不符。",
    "请用备份恢复披露库,再完成删除。",
    "The erasure at position {position} is not what the store of openings has noted.",
    "Restore the store of openings from a backup, then finish the erasures.",
)
_explain(
    "AUD-020",
    Exit.UNVERIFIED,
    "流 {stream} 在位置 {position} 不能接在前面的条目之后。",
    "这一条不是由命令写入的;请用备份恢复日志,并与外部保存的检查点比对。",
    "In the stream {stream}, the entry at position {position} cannot follow those before it.",
    "No command made it; restore the log from a backup, and compare it with a checkpoint that was kept outside.",
)
_explain(
    "AUD-021",
    Exit.UNVERIFIED,
    "{stream} 在位置 {position} 公开了未经审查通过的文字。",
    "请核对审查记录;若确未审查,请撤下该信息并说明。",
    "At position {position}, {stream} shows a text that no review had cleared.",
    "Compare the records of its review; if there was none, withdraw the item and explain.",
)
_explain(
    "AUD-022",
    Exit.UNVERIFIED,
    "{stream} 在位置 {position} 的审查不合次序:{field}。",
    "请核对审查记录,并查明该条目从何而来。",
    "The review of {stream} at position {position} is out of order: {field}.",
    "Compare the records of the review, and find out where the entry came from.",
)
_explain(
    "AUD-023",
    Exit.UNVERIFIED,
    "位置 {position} 的删除所列的封签,流 {stream} 的 {field} 并没有,或早已删除。",
    "请查明该条目从何而来,并用备份恢复日志。",
    "The erasure at position {position} names seals that the {field} of {stream} does not carry, or not any more.",
    "Find out where the entry came from, and restore the log from a backup.",
)
_explain(
    "AUD-030",
    Exit.UNVERIFIED,
    "投影 {projection} 在位置 {position} 与从日志重算的不同:{field}。",
    "请运行 archive projection rebuild {projection},并查明是谁改了文件。",
    "The projection {projection} at position {position} differs from the same log folded anew: {field}.",
    "Run archive projection rebuild {projection}, and find out who changed the file.",
)
_explain(
    "AUD-031",
    Exit.UNVERIFIED,
    "投影 {projection}(位置 {position})无法与日志比较:由另一版本的程序所建,或超出日志。",
    "请运行 archive projection rebuild {projection},再审计一次。",
    "The projection {projection}, at position {position}, cannot be compared: another program built it, or it is ahead of the log.",
    "Run archive projection rebuild {projection}, then audit once more.",
)
_explain(
    "AUD-032",
    Exit.UNVERIFIED,
    "哈希片:第 {level} 层第 {number} 片与条目算出的不同、缺失或多余。",
    "请运行 archive projection rebuild tree,并查明是谁改了文件或条目。",
    "The tile {number} of level {level} is not what the entries hash to, is missing, or is one too many.",
    "Run archive projection rebuild tree, and find out who changed the file or the entries.",
)
_explain(
    "AUD-040",
    Exit.UNVERIFIED,
    "前 {position} 个条目的树根与外部保存的不同:日志被改写。",
    "请停止写入,保留现有文件,并用所保存的树根核对各备份。",
    "The root over the first {position} entries is not the one that was kept outside: the log was rewritten.",
    "Stop writing, keep the files as they are, and compare the backups with the root that was kept.",
)
_explain(
    "AUD-041",
    Exit.UNVERIFIED,
    "外部保存的树有 {size} 个条目,而日志只有 {head} 个。",
    "日志被截断,或从旧备份恢复;请停止写入,并找出较新的备份。",
    "The tree that was kept outside has {size} entries; the log has {head}.",
    "It was cut off, or restored from an older backup; stop writing, and look for a newer one.",
)
_explain(
    "AUD-042",
    Exit.UNVERIFIED,
    "第 {number} 个检查点的原文不可信:{reason}",
    "请用备份恢复检查点库,并与外部保存的检查点比对。",
    "The note of checkpoint {number} cannot be relied on: {reason}",
    "Restore the store of checkpoints from a backup, and compare it with a note that was kept outside.",
)
_explain(
    "AUD-043",
    Exit.UNVERIFIED,
    "第 {number} 个检查点的 {field} 列与其原文不符。",
    "请用备份恢复检查点库。",
    "The column {field} of checkpoint {number} is not what its note says.",
    "Restore the store of checkpoints from a backup.",
)
_explain(
    "AUD-044",
    Exit.UNVERIFIED,
    "第 {number} 个检查点(大小 {size})不能接在大小为 {before} 的检查点之后:编号有缺,或大小变小。",
    "请用备份恢复检查点库,并查明是谁改了文件。",
    "Checkpoint {number}, of size {size}, cannot follow one of size {before}: a number is missing, or the size shrank.",
    "Restore the store of checkpoints from a backup, and find out who changed the file.",
)
_explain(
    "AUD-045",
    Exit.UNVERIFIED,
    "第 {number} 个检查点签署的树根,不是前 {position} 个条目的树根:签署之后日志被改写。",
    "请停止写入,保留现有文件作为证据,并用备份恢复日志。",
    "Checkpoint {number} signs another root than that over the first {position} entries: the log was rewritten afterwards.",
    "Stop writing, keep the files as evidence, and restore the log from a backup.",
)
_explain(
    "AUD-046",
    Exit.UNVERIFIED,
    "第 {number} 个检查点签署了 {size} 个条目,而日志只有 {head} 个。",
    "日志被截断,或从旧备份恢复;请停止写入,并找出较新的备份。",
    "Checkpoint {number} signs {size} entries; the log has {head}.",
    "The log was cut off, or restored from an older backup; stop writing, and look for a newer one.",
)
_explain(
    "AUD-047",
    Exit.UNVERIFIED,
    "公证人记得签署到大小 {size},而这不可能由崩溃造成:{reason}",
    "请停止签署,保留公证文件夹与现有文件,并与外部保存的检查点比对。",
    "The notary remembers signing up to size {size}, and no crash leaves it so: {reason}",
    "Sign nothing more, keep the notary's folder and the files as they are, and compare them with a note that was kept outside.",
)
_explain(
    "AUD-048",
    Exit.UNVERIFIED,
    "外部保存的大小为 {size} 的检查点,不能由所给的或检查点库的密钥验证:{reason}",
    "请核对密钥(--vkey)与文件;若两者都对,则本日志已换了密钥重新签署,请保留该文件作为证据。",
    "The note of size {size} that was kept outside is not verified by the keys that are given, or those of the store: {reason}",
    "Check the key (--vkey) and the file; where both are right, this log was signed again by another key: keep the note as evidence.",
)
_explain(
    "AUD-049",
    Exit.UNVERIFIED,
    "所给的密钥 {key} 从未签署过本日志的检查点。",
    "请核对 --vkey;若它印在报告中,则本日志已换了密钥重新签署,请保留报告作为证据。",
    "The key {key} that is given never signed a checkpoint of this log.",
    "Check --vkey; where a report has it in print, this log was signed again by another key: keep the report as evidence.",
)
_explain(
    "AUD-052",
    Exit.UNVERIFIED,
    "第 {number} 个检查点的时间戳不是其原文的时间戳。",
    "请用备份恢复检查点库。",
    "The time-stamp of checkpoint {number} is not of its note.",
    "Restore the store of checkpoints from a backup.",
)
_explain(
    "AUD-053",
    Exit.UNVERIFIED,
    "已报送报告的第 {number} 版所写位置 {at} 的树根,不是本日志的树根。",
    "请核对该报告由谁报送、统计的是哪一份日志。",
    "Version {number} of a filed report names a root at position {at} that is not this log's.",
    "Find out who filed the report, and of which log its figures are.",
)
_explain(
    "AUD-054",
    Exit.UNVERIFIED,
    "已报送报告的单元格 {field} 报为 {filed},按其统计位置应为 {counted}。",
    "请核对;报错的用 archive report correct 更正。",
    "The cell {field} of a filed report says {filed}; counted at the position that it names, it is {counted}.",
    "Find out why; what was filed wrongly is mended by `archive report correct`.",
)
_explain(
    "AUD-051",
    Exit.USAGE,
    "外部保存的树根须写作“大小 树根”。",
    '例如 --expect "964505 3q2+7w…=";树根为 44 个 Base64 字符或 64 个十六进制字符。',
    "What was kept outside is written SIZE ROOT.",
    'For example --expect "964505 3q2+7w…="; the root is 44 characters of Base64, or 64 hexadecimal ones.',
)
_explain(
    "AUD-099",
    Exit.UNVERIFIED,
    "审计发现 {count} 处不符。",
    "按每条发现给出的下一步处理,然后再审计一次。",
    "The audit found {count} things that cannot be so.",
    "Do what each finding says, then audit once more.",
)
_explain(
    "AUD-050",
    Exit.USAGE,
    "没有这个审计问题。",
    "可用的问题:{names}。",
    "There is no such question of an audit.",
    "The questions are: {names}.",
)

# --- what does not prove what it claims: proofs, tiles, notes, checkpoints, proof files (merkle) ------------------------
_explain(
    "TRE-001",
    Exit.UNVERIFIED,
    "树的大小为 {size},其中没有序号 {index} 的叶子。",
    "请核对序号与树的大小。",
    "The tree of size {size} has no leaf with index {index}.",
    "Check the index and the size of the tree.",
)
_explain(
    "TRE-002",
    Exit.UNVERIFIED,
    "证明的两个大小次序不对:{old}、{new}。",
    "请按先小后大的次序给出两个大小。",
    "The sizes {old} and {new} are not in order.",
    "Give the smaller size first.",
)
_explain(
    "TRE-003",
    Exit.UNVERIFIED,
    "证明中的哈希个数({found})与位置和大小不符。",
    "请重新取得证明,不要增删其中任何一行。",
    "The proof has {found} hashes, which is not the number that the place and the sizes ask for.",
    "Fetch the proof again; nothing may be left out or added.",
)
_explain(
    "TRE-004",
    Exit.UNVERIFIED,
    "证明中有一个哈希长 {bytes} 字节,应为 32 字节。",
    "请重新取得证明。",
    "A hash of the proof has {bytes} bytes instead of 32.",
    "Fetch the proof again.",
)
_explain(
    "TRE-005",
    Exit.UNVERIFIED,
    "证明不能得出所称的根。",
    "请保存证明和已签名的检查点作为证据,并再取一次以排除传输差错。",
    "The proof does not lead to the root that is claimed.",
    "Keep the proof and the signed checkpoint as evidence, and fetch them once more to rule out a fault in transfer.",
)
_explain(
    "TRE-006",
    Exit.UNVERIFIED,
    "从 {start} 到 {end} 的叶子不是任何树的子树。",
    "起点须为叶子个数(向上取到二的幂)的倍数。",
    "The leaves from {start} to {end} are a subtree of no tree.",
    "The start must be a multiple of the number of leaves, rounded up to a power of two.",
)
_explain(
    "TIL-001",
    Exit.UNVERIFIED,
    "这不是瓦片的路径。",
    "路径形如 tile/0/x001/234 或 tile/entries/000.p/5。",
    "This is not the path of a tile.",
    "A path looks like tile/0/x001/234 or tile/entries/000.p/5.",
)
_explain(
    "TIL-002",
    Exit.UNVERIFIED,
    "大小为 {size} 的树在第 {level} 层没有这样的瓦片 {number}。",
    "请只取已签名检查点的大小之内的瓦片。",
    "The tree of size {size} has no such tile {number} at level {level}.",
    "Fetch only tiles within the size of a signed checkpoint.",
)
_explain(
    "TIL-003",
    Exit.UNVERIFIED,
    "瓦片长 {bytes} 字节,应为 {expected} 字节。",
    "请重新取得该瓦片。",
    "The tile has {bytes} bytes instead of {expected}.",
    "Fetch the tile again.",
)
_explain(
    "TIL-004",
    Exit.UNVERIFIED,
    "条目包在第 {number} 个条目(从 0 起)处中断。",
    "请重新取得该条目包。",
    "The bundle breaks off in its entry {number}, counted from 0.",
    "Fetch the bundle again.",
)
_explain(
    "TIL-005",
    Exit.UNVERIFIED,
    "条目包中的条目不是 {expected} 个。",
    "请重新取得该条目包。",
    "The bundle does not hold {expected} entries.",
    "Fetch the bundle again.",
)
_explain(
    "TIL-006",
    Exit.UNVERIFIED,
    "第 {number} 个条目(从 0 起)长 {bytes} 字节,超过 65535 字节。",
    "这样的条目不能放入条目包。",
    "Entry {number}, counted from 0, has {bytes} bytes, more than 65,535.",
    "An entry of this length fits in no bundle.",
)
_explain(
    "NTE-001",
    Exit.UNVERIFIED,
    "签名文件超过 {limit} 字节。",
    "请核对取得的是否为检查点。",
    "The note is longer than {limit} bytes.",
    "Check that it was a checkpoint that you fetched.",
)
_explain(
    "NTE-002",
    Exit.UNVERIFIED,
    "签名文件第 {line} 行不是 UTF-8,或含有控制字符。",
    "请原样取得文件,不要经编辑器转换换行。",
    "Line {line} of the note is not UTF-8, or holds a control character.",
    "Fetch the file as it is; an editor may have changed its line ends.",
)
_explain(
    "NTE-003",
    Exit.UNVERIFIED,
    "签名文件缺少正文、空行或结尾的换行。",
    "请原样取得整个文件。",
    "The note lacks its text, the blank line or the newline at its end.",
    "Fetch the whole file as it is.",
)
_explain(
    "NTE-004",
    Exit.UNVERIFIED,
    "签名文件第 {line} 行不是签名行。",
    "请原样取得整个文件。",
    "Line {line} of the note is not a signature line.",
    "Fetch the whole file as it is.",
)
_explain(
    "NTE-005",
    Exit.UNVERIFIED,
    "签名文件的签名多于 {limit} 个。",
    "请核对取得的是否为检查点。",
    "The note has more than {limit} signatures.",
    "Check that it was a checkpoint that you fetched.",
)
_explain(
    "NTE-006",
    Exit.UNVERIFIED,
    "密钥 {name}({key})的签名不正确。",
    "请保存该文件作为证据,并核对所用的验证密钥。",
    "The signature of the key {name} ({key}) is wrong.",
    "Keep the file as evidence, and check the verifier key that you use.",
)
_explain(
    "NTE-007",
    Exit.UNVERIFIED,
    "没有一个签名出自所给的密钥。",
    "请核对验证密钥;密钥可能已轮换。",
    "None of the signatures is by a key that was given.",
    "Check the verifier keys; the log may have a newer one.",
)
_explain(
    "NTE-008",
    Exit.UNVERIFIED,
    "这不是所需类型的密钥。",
    "密钥形如:名称+八位十六进制+Base64。",
    "This is not a key of the type that is needed.",
    "A key looks like: name, plus, eight hexadecimal digits, plus, base64.",
)
_explain(
    "NTE-009",
    Exit.UNVERIFIED,
    "密钥中的编号与密钥不符。",
    "请从另一来源重新抄录密钥。",
    "The ID in the key is not that of the key.",
    "Copy the key again, from another place.",
)
_explain(
    "CKP-001",
    Exit.UNVERIFIED,
    "检查点第 {line} 行格式不对。",
    "请原样取得检查点。",
    "Line {line} of the checkpoint is malformed.",
    "Fetch the checkpoint as it is.",
)
_explain(
    "CKP-002",
    Exit.UNVERIFIED,
    "大小为 0 的检查点的根不是空树的根。",
    "请保存该检查点作为证据。",
    "The checkpoint of size 0 has a root that is not that of the empty tree.",
    "Keep the checkpoint as evidence.",
)
_explain(
    "CKP-003",
    Exit.UNVERIFIED,
    "检查点不是日志 {origin} 的。",
    "请核对日志的名称与地址。",
    "The checkpoint is not of the log {origin}.",
    "Check the name and the address of the log.",
)
_explain(
    "PRF-001",
    Exit.UNVERIFIED,
    "证明文件第 {line} 行格式不对。",
    "请重新取得证明文件。",
    "Line {line} of the proof file is malformed.",
    "Fetch the proof file again.",
)


# --- receipts of publications ------------------------------------------------------------------------------------------
_explain(
    "PRV-001",
    Exit.NOT_FOUND,
    "截至已公布的 {published},{item} 没有公开过文本。",
    "请核对编号;刚公开的,请先运行 archive checkpoint sign。",
    "Up to the {published} entries that are published, {item} has shown no text.",
    "Check the id; if it was published just now, run archive checkpoint sign first.",
)
_explain(
    "PRV-002",
    Exit.NOT_FOUND,
    "{item} 在位置 {position} 公开的文本已删除或已因秘密、隐私撤回,不再提供。",
    "条目本身仍可证明:archive prove inclusion {position}。",
    "The text that {item} showed at position {position} was erased, or withdrawn as a secret or for privacy: it is not given.",
    "The entry itself can be proven still: archive prove inclusion {position}.",
)
