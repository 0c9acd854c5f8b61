"""Words of `archive activity`."""

from __future__ import annotations

from typing import Final

from archive.domain.errors import Phrase

NOUN: Final = Phrase("培训、考试和会议:计划、举办、取消。", "Trainings, exams and meetings: planned, held, cancelled.")

# These begin a stream: its id may be left out, and is drawn at random.
BEGINNINGS: Final = (
    "plan-training",
    "hold-training",
    "hold-exam",
    "hold-meeting",
)

# Who acts unless `--by` says otherwise; a command that is not named here has the first.
ROLES: Final = {"activity": "role:information-officer"}

# What each command does; the English sentence is the first line of its docstring.
COMMANDS: Final = {
    "plan-training": "登记培训计划。",
    "hold-training": "登记已举办的培训,有无计划均可。",
    "cancel-training": "登记取消的培训。",
    "hold-exam": "登记已举行的考试。",
    "hold-meeting": "登记已召开的会议。",
}

# A field of one command alone (`draft-item.item`), or of every command that has it.
FIELDS: Final = {
    "activity": Phrase("活动的编号,activity-…。", "Its id, activity-…."),
    "attendees": Phrase("参加人数。", "How many took part."),
    "cancelled_on": Phrase("取消的日期。", "The day on which it was cancelled."),
    "held_on": Phrase("举办的日期。", "The day on which it was held."),
    "hold-exam.activity": Phrase("活动的编号;默认随机。", "Its id, activity-…; random by default."),
    "hold-meeting.activity": Phrase("活动的编号;默认随机。", "Its id, activity-…; random by default."),
    "hold-training.activity": Phrase(
        "活动的编号;没有计划的默认随机。", "Its id, activity-…; random by default where it was not planned."
    ),
    "kind": Phrase("会议的种类。", "What kind of meeting."),
    "mode": Phrase("培训的方式。", "How it is taught."),
    "organiser": Phrase("主办者。", "Who organised it."),
    "passed": Phrase("合格人数。", "How many passed."),
    "plan-training.activity": Phrase("活动的编号;默认随机。", "Its id, activity-…; random by default."),
    "planned_for": Phrase("计划举办的日期。", "The day on which it is to be held."),
    "planned_on": Phrase("制定计划的日期。", "The day of the plan."),
    "reason": Phrase("取消的理由。", "Why it was cancelled."),
    "section_attendees": Phrase(
        "各股室参加人数,次序同 sections。", "How many of each section took part, in the order of the sections."
    ),
    "sections": Phrase("参加的股室。", "A section that took part; repeat the option."),
    "theme": Phrase("主题。", "What it was about."),
}

CODES: Final = {
    "class": "培训班",
    "emergency": "突发情况",
    "group-study": "集中学习",
    "merged": "合并举办",
    "no-longer-needed": "不再需要",
    "online": "网上学习",
    "postponed": "延期",
    "topic-meeting": "专题会议",
    "work-meeting": "工作会议",
}
