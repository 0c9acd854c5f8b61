"""The review of an item: nobody twice, an authority asked, what is withheld and assessed again."""

from datetime import date

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.codes import Event
from archive.domain.events import UPCASTS
from archive.domain.items import ItemCommand, ItemEvent, ItemRevised
from archive.domain.reviews import (
    ConcludeReview,
    Conclusion,
    DeclarePriorReview,
    ItemReassessed,
    PassReview,
    ReassessItem,
    ReassessmentResult,
    RecordReferralAnswer,
    ReferralAnswered,
    ReferralResult,
    ReferReview,
    ReturnReview,
    ReviewConcluded,
    ReviewConcludedV1,
    ReviewLevelPassed,
    ReviewLevelPassedV1,
    ReviewReferred,
    ReviewReturned,
    ReviewReturnedV1,
    ReviewVoided,
    Unpublished,
    WithholdingGround,
)
from domain.raised import SOURCE, errors_raised
from domain.scenario import NEW_TEXT, TODAY, Given, Refusal, given, refusal
from domain.test_items import (
    CLERK,
    CONCLUDED,
    DRAFTED,
    ID,
    ITEM,
    OPENED,
    PASSED,
    PRIOR,
    PUBLISHED,
    REVIEWED,
    REVIEWING,
    SECOND,
    SECOND_REVIEW,
    TEXT,
    TOMORROW,
    early,
    late,
    on,
)

FIRST = replace(PASSED[0], reviewer="deputy-director")
REFERRED = ReviewReferred(to="secrecy-authority", referred_on=on("2018-03-12"), text=TEXT)
MAY = ReferralAnswered(result="may-publish", answered_on=on("2018-03-20"), text=TEXT)
MAY_NOT = replace(MAY, result="may-not-publish")
PART = replace(MAY, result="part")
WITHHELD = ReviewConcluded(
    conclusion="withhold",
    concluded_on=on("2018-03-21"),
    level=2,
    ground="internal-affairs",
    reviewer="leading-group",
    text=TEXT,
)
STAYS = ItemReassessed(reassessed_on=on("2018-09-01"), result="stays", text=TEXT)
MAY_BE_PUBLIC = replace(STAYS, result="may-be-public")
IN_REVIEW: tuple[ItemEvent, ...] = (DRAFTED, OPENED, FIRST)
KEPT_BACK: tuple[ItemEvent, ...] = (*IN_REVIEW, WITHHELD)


def passed(level: int, day: str, reviewer: str) -> PassReview:
    return PassReview(id=ID, by="role:reviewer", item=ITEM, level=level, passed_on=on(day), reviewer=reviewer)


def returned(level: int, day: str, reviewer: str) -> ReturnReview:
    return ReturnReview(
        id=ID,
        by="role:reviewer",
        item=ITEM,
        level=level,
        returned_on=on(day),
        reason="inaccurate",
        reviewer=reviewer,
    )


def refer(day: date) -> ReferReview:
    return ReferReview(id=ID, by="role:reviewer", item=ITEM, to="secrecy-authority", referred_on=day)


def answer(day: date, result: ReferralResult = "may-publish") -> RecordReferralAnswer:
    return RecordReferralAnswer(id=ID, by="role:reviewer", item=ITEM, result=result, answered_on=day)


def conclude(
    conclusion: Unpublished = "withhold",
    *,
    level: int = 2,
    day: str = "2018-03-21",
    ground: WithholdingGround | None = "internal-affairs",
    reviewer: str = "leading-group",
) -> ConcludeReview:
    command = ConcludeReview(
        id=ID,
        by="role:reviewer",
        item=ITEM,
        level=level,
        conclusion=conclusion,
        concluded_on=on(day),
        reviewer=reviewer,
    )
    return command if ground is None else replace(command, ground=ground)


def reassess(day: date, result: ReassessmentResult = "stays") -> ReassessItem:
    return ReassessItem(id=ID, by="role:reviewer", item=ITEM, reassessed_on=day, result=result)


DECLARE = DeclarePriorReview(id=ID, by="role:information-officer", item=ITEM, basis="agency-archive")

ACCEPTED: list[tuple[str, Given, ItemCommand, tuple[ItemEvent, ...]]] = [
    (
        "a level says which post passed it",
        given(DRAFTED, OPENED, agency=REVIEWING),
        passed(1, "2018-03-11", "deputy-director"),
        (FIRST,),
    ),
    (
        "another post passes the next level",
        given(*IN_REVIEW, agency=REVIEWING),
        passed(2, "2018-03-12", "leading-group"),
        (replace(PASSED[1], reviewer="leading-group"),),
    ),
    (
        "whoever passed one case may act in the next",
        given(*IN_REVIEW, ItemRevised(text=SECOND), replace(OPENED, text=SECOND), agency=REVIEWING),
        passed(1, "2018-03-11", "deputy-director"),
        (replace(FIRST, text=SECOND),),
    ),
    (
        "a return says which post made it",
        given(*IN_REVIEW, agency=REVIEWING),
        returned(2, "2018-03-12", "leading-group"),
        (
            ReviewReturned(
                level=2, returned_on=on("2018-03-12"), reason="inaccurate", reviewer="leading-group", text=TEXT
            ),
        ),
    ),
    ("the authority is asked", given(*IN_REVIEW, agency=REVIEWING), refer(on("2018-03-12")), (REFERRED,)),
    ("it answers", given(*IN_REVIEW, REFERRED, agency=REVIEWING), answer(on("2018-03-20")), (MAY,)),
    (
        "it is asked again",
        given(*IN_REVIEW, REFERRED, MAY_NOT, agency=REVIEWING),
        refer(on("2018-03-20")),
        (replace(REFERRED, referred_on=on("2018-03-20")),),
    ),
    (
        "the review goes on where it says that the text may be public",
        given(*IN_REVIEW, REFERRED, MAY, agency=REVIEWING),
        passed(2, "2018-03-20", "leading-group"),
        (replace(PASSED[1], passed_on=on("2018-03-20"), reviewer="leading-group"),),
    ),
    (
        "a later answer takes the place of an earlier one",
        given(*IN_REVIEW, REFERRED, MAY_NOT, REFERRED, MAY, agency=REVIEWING),
        passed(2, "2018-03-20", "leading-group"),
        (replace(PASSED[1], passed_on=on("2018-03-20"), reviewer="leading-group"),),
    ),
    (
        "a text that the authority refused may be sent back",
        given(*IN_REVIEW, REFERRED, MAY_NOT, agency=REVIEWING),
        returned(2, "2018-03-20", "leading-group"),
        (
            ReviewReturned(
                level=2, returned_on=on("2018-03-20"), reason="inaccurate", reviewer="leading-group", text=TEXT
            ),
        ),
    ),
    ("a text is withheld", given(*IN_REVIEW, agency=REVIEWING), conclude(), (WITHHELD,)),
    (
        "a text is withheld as the authority says",
        given(*IN_REVIEW, REFERRED, MAY_NOT, agency=REVIEWING),
        conclude(),
        (WITHHELD,),
    ),
    (
        "a part of it may be public",
        given(*IN_REVIEW, REFERRED, PART, agency=REVIEWING),
        conclude("publish-redacted"),
        (replace(WITHHELD, conclusion="publish-redacted"),),
    ),
    (
        "the first level may conclude that it is for those who ask",
        given(DRAFTED, OPENED, agency=REVIEWING),
        conclude("on-request-only", level=1, ground=None),
        (
            ReviewConcluded(
                conclusion="on-request-only",
                concluded_on=on("2018-03-21"),
                level=1,
                reviewer="leading-group",
                text=TEXT,
            ),
        ),
    ),
    (
        "a change under an open case voids it",
        given(*IN_REVIEW, agency=REVIEWING),
        CLERK.revise(ITEM, title="新"),
        (ItemRevised(text=NEW_TEXT), ReviewVoided(text=TEXT)),
    ),
    (
        "a change while the authority is asked voids the case",
        given(*IN_REVIEW, REFERRED, agency=REVIEWING),
        CLERK.revise(ITEM, title="新"),
        (ItemRevised(text=NEW_TEXT), ReviewVoided(text=TEXT)),
    ),
    (
        "a change of what is cleared and not yet public voids its review",
        given(*REVIEWED, agency=REVIEWING),
        CLERK.revise(ITEM, title="新"),
        (ItemRevised(text=NEW_TEXT), ReviewVoided(text=TEXT)),
    ),
    (
        "a change of a cleared update voids its review",
        given(*PUBLISHED, *SECOND_REVIEW, agency=REVIEWING),
        CLERK.revise(ITEM, title="新"),
        (ItemRevised(text=NEW_TEXT), ReviewVoided(text=SECOND)),
    ),
    (
        "a redacted text has nothing to void",
        given(*IN_REVIEW, replace(WITHHELD, conclusion="publish-redacted"), agency=REVIEWING),
        CLERK.revise(ITEM, title="删减"),
        (ItemRevised(text=NEW_TEXT),),
    ),
    (
        "the redacted text is reviewed anew",
        given(*KEPT_BACK, ItemRevised(text=SECOND), agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-21"),
        (replace(OPENED, opened_on=on("2018-03-21"), text=SECOND),),
    ),
    ("what is withheld is assessed again", given(*KEPT_BACK, agency=REVIEWING), reassess(on("2018-09-01")), (STAYS,)),
    (
        "and again",
        given(*KEPT_BACK, STAYS, agency=REVIEWING),
        reassess(on("2018-09-01"), "may-be-public"),
        (MAY_BE_PUBLIC,),
    ),
    (
        "what may now be public is reviewed anew",
        given(*KEPT_BACK, MAY_BE_PUBLIC, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-09-01"),
        (replace(OPENED, opened_on=on("2018-09-01")),),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_review_goes_on(case: tuple[str, Given, ItemCommand, tuple[ItemEvent, ...]]) -> None:
    _, before, command, events = case
    before.when(command).then(*events)


TWICE: dict[str, ItemCommand] = {
    "passes": passed(2, "2018-03-12", "deputy-director"),
    "returns": returned(2, "2018-03-12", "deputy-director"),
    "concludes": conclude(reviewer="deputy-director"),
}
WHILE_ASKED: dict[str, ItemCommand] = {
    "a level": passed(2, "2018-03-12", "leading-group"),
    "a return": returned(2, "2018-03-12", "leading-group"),
    "a conclusion": conclude(),
    "a second referral": refer(on("2018-03-12")),
}
WITHOUT_CASE: dict[str, ItemCommand] = {
    "a referral": refer(on("2018-03-12")),
    "an answer": answer(on("2018-03-20")),
    "a conclusion": conclude(),
}
AGAINST_THE_ANSWER: list[tuple[ReferralAnswered, Unpublished, WithholdingGround | None]] = [
    (MAY_NOT, "publish-redacted", "state-secret"),
    (MAY_NOT, "on-request-only", None),
    (PART, "on-request-only", None),
]
WRONG_GROUND: list[tuple[Unpublished, WithholdingGround | None]] = [
    ("withhold", None),
    ("publish-redacted", None),
    ("on-request-only", "process-info"),
]
REFUSED: list[Refusal] = [
    *(
        refusal(
            f"a post that passed the first level {deed} the second",
            given(*IN_REVIEW, agency=REVIEWING),
            command,
            "REV-001",
            code="deputy-director",
            level=2,
        )
        for deed, command in TWICE.items()
    ),
    *(
        refusal(
            f"{name} while an authority is asked", given(*IN_REVIEW, REFERRED, agency=REVIEWING), command, "REV-002"
        )
        for name, command in WHILE_ASKED.items()
    ),
    refusal("an answer to nothing", given(*IN_REVIEW, agency=REVIEWING), answer(on("2018-03-20")), "REV-003"),
    refusal("a second answer", given(*IN_REVIEW, REFERRED, MAY, agency=REVIEWING), answer(on("2018-03-20")), "REV-003"),
    *(
        refusal(f"{name} without a case", given(DRAFTED, agency=REVIEWING), command, "ITM-008")
        for name, command in WITHOUT_CASE.items()
    ),
    refusal(
        "a level against the answer",
        given(*IN_REVIEW, REFERRED, MAY_NOT, agency=REVIEWING),
        passed(2, "2018-03-20", "leading-group"),
        "REV-004",
        code="may-not-publish",
    ),
    refusal(
        "the whole text where a part may be public",
        given(*IN_REVIEW, REFERRED, PART, agency=REVIEWING),
        passed(2, "2018-03-20", "leading-group"),
        "REV-004",
        code="part",
    ),
    refusal(
        "the same text in a new case, against the answer",
        given(
            *IN_REVIEW,
            REFERRED,
            MAY_NOT,
            ReviewReturned(level=2, returned_on=on("2018-03-20"), reason="state-secret", text=TEXT),
            replace(OPENED, opened_on=on("2018-03-20")),
            agency=REVIEWING,
        ),
        passed(1, "2018-03-20", "deputy-director"),
        "REV-004",
        code="may-not-publish",
    ),
    *(
        refusal(
            f"{conclusion} after the answer {asked.result}",
            given(*IN_REVIEW, REFERRED, asked, agency=REVIEWING),
            conclude(conclusion, ground=ground),
            "REV-004",
            code=asked.result,
        )
        for asked, conclusion, ground in AGAINST_THE_ANSWER
    ),
    *(
        refusal(
            f"{conclusion} and ground {ground}",
            given(*IN_REVIEW, agency=REVIEWING),
            conclude(conclusion, ground=ground),
            "REV-005",
            code=conclusion,
        )
        for conclusion, ground in WRONG_GROUND
    ),
    refusal(
        "a conclusion that skips a level",
        given(*IN_REVIEW, agency=REVIEWING),
        conclude(level=3),
        "ITM-009",
        level=3,
        next=2,
    ),
    *(
        refusal(f"{name} of what is withheld", given(*history, agency=agency), command, "REV-006", code="withhold")
        for history in (KEPT_BACK, (*KEPT_BACK, STAYS))
        for name, agency, command in (
            ("a publication", REVIEWING, CLERK.publish(ITEM, "website", on="2018-09-02")),
            ("a new case", REVIEWING, CLERK.open_review(ITEM, on="2018-09-02")),
            ("a prior review", PRIOR, DECLARE),
        )
    ),
    refusal(
        "an update by what is withheld",
        given(*PUBLISHED, ItemRevised(text=SECOND), replace(WITHHELD, text=SECOND), agency=REVIEWING),
        CLERK.update(ITEM, on="2018-06-04"),
        "REV-006",
        code="withhold",
    ),
    refusal(
        "a publication of what may be public, before it is reviewed",
        given(*KEPT_BACK, MAY_BE_PUBLIC, agency=REVIEWING),
        CLERK.publish(ITEM, "website", on="2018-09-02"),
        "ITM-013",
    ),
    refusal(
        "a new assessment of what is cleared",
        given(*REVIEWED, agency=REVIEWING),
        reassess(on("2018-09-01")),
        "REV-007",
    ),
    refusal(
        "a new assessment of what may be public",
        given(*KEPT_BACK, MAY_BE_PUBLIC, agency=REVIEWING),
        reassess(on("2018-09-01")),
        "REV-007",
    ),
    refusal(
        "a level of several without a post",
        given(*IN_REVIEW, agency=REVIEWING),
        replace(passed(2, "2018-03-12", "x"), reviewer=UNSET),
        "REV-008",
        level=2,
    ),
    refusal(
        "a referral before the level it follows",
        given(*IN_REVIEW, agency=REVIEWING),
        refer(on("2018-03-10")),
        "DAT-002",
        **early("referred_on", "2018-03-10", "2018-03-11"),
    ),
    refusal(
        "an answer before the question",
        given(*IN_REVIEW, REFERRED, agency=REVIEWING),
        answer(on("2018-03-11")),
        "DAT-002",
        **early("answered_on", "2018-03-11", "2018-03-12"),
    ),
    refusal(
        "a conclusion before the answer",
        given(*IN_REVIEW, REFERRED, MAY_NOT, agency=REVIEWING),
        conclude(day="2018-03-19"),
        "DAT-002",
        **early("concluded_on", "2018-03-19", "2018-03-20"),
    ),
    refusal(
        "a new assessment before the conclusion",
        given(*KEPT_BACK, agency=REVIEWING),
        reassess(on("2018-03-20")),
        "DAT-002",
        **early("reassessed_on", "2018-03-20", "2018-03-21"),
    ),
    refusal(
        "a new assessment of tomorrow",
        given(*KEPT_BACK, agency=REVIEWING, today=TODAY.isoformat()),
        reassess(TOMORROW),
        "DAT-001",
        **late("reassessed_on"),
    ),
]


def test_every_refusal_of_a_review_is_in_the_table() -> None:
    raised = {error.code for error in errors_raised(SOURCE / "domain" / "items.py")}
    assert {code for code in raised if code.startswith("REV-")} <= {row.code for row in REFUSED}


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_review_refuses(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_review_of_version_1_was_made_by_nobody_named_and_cleared_its_text() -> None:
    pairs: list[tuple[Event, Event]] = [
        (
            ReviewLevelPassedV1(level=1, passed_on=on("2018-03-11"), text=TEXT),
            replace(PASSED[0], reviewer=UNSET),
        ),
        (
            ReviewReturnedV1(level=2, returned_on=on("2018-03-12"), reason="trade-secret", text=TEXT),
            ReviewReturned(level=2, returned_on=on("2018-03-12"), reason="trade-secret", text=TEXT),
        ),
        (ReviewConcludedV1(concluded_on=on("2018-03-13"), text=TEXT), CONCLUDED),
    ]
    for older, newer in pairs:
        assert UPCASTS[type(older)](older) == newer


@pytest.mark.parametrize("conclusion", ["publish-redacted", "on-request-only", "withhold"])
def test_only_a_cleared_text_is_published(conclusion: Conclusion) -> None:
    ended = ReviewConcluded(conclusion=conclusion, concluded_on=on("2018-03-13"), level=1, text=TEXT)
    given(DRAFTED, OPENED, ended, agency=REVIEWING).when(CLERK.publish(ITEM, on="2018-03-14")).then_refused(
        "REV-006", code=conclusion
    )


def test_no_event_of_a_review_opens_its_text() -> None:
    for event in (ReviewLevelPassed, ReviewReferred, ReferralAnswered, ReviewConcluded, ReviewVoided, ItemReassessed):
        assert event.SEALS == ("text",)
        assert event.CLEARS == ()
