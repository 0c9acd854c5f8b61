"""The measures, against the rows of the forms: each is counted, declared or listed with the reason why it is neither."""

import re
from typing import Final, get_args

from archive.domain.codes import ChannelKind
from archive.domain.declarations import Cell
from archive.domain.interpretations import EVENTS
from archive.domain.remedies import Block, Result
from archive.domain.reports import CellKey
from archive.law.regimes import OUTCOMES
from archive.projections.measures import (
    CONVERTED_2014,
    DECLARED_2014,
    FACTS,
    MEASURES,
    MISSING_2014,
    channel,
    remedy,
    response,
    result,
)
from projections.counting import ROWS

# 政府信息公开情况统计表, with its units.
FORM_2014: Final = {
    "条": "proactive.items_total proactive.normative_documents_disclosed channels.gazette channels.website channels.weibo "
    "channels.wechat channels.other",
    "次": "response.hot_issues_total response.press_conferences response.press_conferences_by_head "
    "response.online_interviews response.online_interviews_by_head response.weibo_wechat_responses "
    "response.other_responses meetings_training.meetings meetings_training.training_sessions",
    "篇": "response.policy_interpretations",
    "件": "proactive.normative_documents_issued requests.received requests.received_in_person requests.received_fax "
    "requests.received_online requests.received_letter requests.concluded requests.concluded_on_time "
    "requests.concluded_extended requests.replies requests.reply_already_public requests.reply_granted "
    "requests.reply_partially_granted requests.reply_refused requests.refused_state_secret "
    "requests.refused_trade_secret requests.refused_personal_privacy requests.refused_three_securities_one_stability "
    "requests.refused_not_government_information requests.refused_other_law requests.reply_not_this_agency "
    "requests.reply_not_exist requests.reply_amend_or_supplement requests.reply_other_channel reconsideration.total "
    "reconsideration.upheld reconsideration.corrected reconsideration.other litigation.total "
    "litigation.upheld_or_dismissed litigation.corrected litigation.other complaints.total",
    "万元": "fees_collected_wan_yuan capacity.budget_wan_yuan",
    "个": "capacity.dedicated_offices capacity.reading_points",
    "人": "capacity.staff_total capacity.staff_full_time capacity.staff_part_time",
    "人次": "meetings_training.trained_person_times",
}
# Sections 三 and 四 of the forms of 2019 and 2021; `other_processing` is of 2019, its three rows of 2021.
REQUESTS_2021: Final = [
    "received_this_year",
    "carried_over_from_last_year",
    "granted",
    "partially_granted",
    "refused_state_secret",
    "refused_other_law_forbids",
    "refused_three_securities_one_stability",
    "refused_third_party_rights",
    "refused_internal_affairs",
    "refused_process_information",
    "refused_enforcement_case_file",
    "refused_administrative_inquiry",
    "unable_not_held",
    "unable_requires_creation",
    "unable_still_unclear_after_correction",
    "not_processed_petition_complaint",
    "not_processed_repeat",
    "not_processed_publication",
    "not_processed_mass_requests",
    "not_processed_reconfirm",
    "other_no_correction_in_time",
    "other_fee_unpaid_in_time",
    "other_misc",
    "other_processing",
    "results_total",
    "carried_forward_to_next_year",
]
REMEDIES_2021: Final = [
    f"{block}.{column}"
    for block in ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
    for column in ("upheld", "corrected", "other_result", "pending", "total")
]


def test_every_row_of_the_form_of_2014_is_counted_or_declared_or_has_a_reason() -> None:
    cells = {cell: unit for unit, keys in FORM_2014.items() for cell in keys.split()}
    assert cells.keys() <= MEASURES.keys() | DECLARED_2014.keys() | CONVERTED_2014.keys() | MISSING_2014.keys()
    for others in (DECLARED_2014, CONVERTED_2014, MISSING_2014):
        assert others.keys() <= cells.keys() - MEASURES.keys()
    assert not DECLARED_2014.keys() & MISSING_2014.keys()
    for cell in cells.keys() & MEASURES.keys():
        assert MEASURES[cell].unit == cells[cell], cell
    assert all(declared in get_args(Cell) for keys in DECLARED_2014.values() for declared in keys)
    assert set(CONVERTED_2014.values()) <= MEASURES.keys()
    assert all(MISSING_2014.values())


def test_every_row_of_requests_and_remedies_of_2019_and_2021_is_counted() -> None:
    assert {f"requests.{key}" for key in REQUESTS_2021} | set(REMEDIES_2021) <= MEASURES.keys()


def test_no_measure_is_of_no_form_but_what_was_late_and_the_fees_in_fen() -> None:
    forms = {cell for keys in FORM_2014.values() for cell in keys.split()}
    forms |= {f"requests.{key}" for key in REQUESTS_2021} | set(REMEDIES_2021)
    assert MEASURES.keys() - forms == {"requests.concluded_late", "fees_collected"}


def test_no_measure_is_declared_as_well() -> None:
    assert not set(get_args(Cell)) & MEASURES.keys()


def test_what_is_entered_as_a_code_is_a_fact_of_some_measure() -> None:
    assert {channel(kind) for kind in get_args(ChannelKind)} <= FACTS
    assert {response(way) for way in ("weibo-wechat", "other", "interpretation", *EVENTS)} <= FACTS
    assert {response(way, by_head=True) for way in EVENTS} <= FACTS
    assert {result(outcome) for outcome in (*OUTCOMES, *ROWS)} <= FACTS
    assert {remedy(block, what) for block in get_args(Block) for what in ("filed", *get_args(Result))} <= FACTS


def test_every_outcome_is_one_row_of_results_in_each_form() -> None:
    kinds = [key for key in MEASURES if key.startswith("requests.reply_")]
    rows = [f"requests.{key}" for key in REQUESTS_2021 if key not in {"other_processing", "results_total"}]
    for outcome, (in_2014, _) in ROWS.items():
        fact = result(outcome)
        assert sum(fact in MEASURES[key].facts for key in kinds) == bool(in_2014), outcome
        assert sum(fact in MEASURES[key].facts for key in rows if MEASURES[key].stock is None) == 1, outcome


def test_every_key_may_stand_in_a_report() -> None:
    pattern = CellKey.__metadata__[0].pattern  # type: ignore[attr-defined]  # an annotated string

    assert all(re.search(pattern, key) for key in MEASURES)


def test_every_measure_has_two_labels_and_its_dimensions_once() -> None:
    for key, measure in MEASURES.items():
        assert measure.label_zh, key
        assert measure.label_en.isascii(), key
        assert len(set(measure.dimensions)) == len(measure.dimensions), key
        assert len(set(measure.facts)) == len(measure.facts), key
        assert (measure.stock is None) is ("MONTH" in measure.dimensions), key
