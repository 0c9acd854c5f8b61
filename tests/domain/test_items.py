"""Items: what was reviewed is what is published, level by level, in the order of the days."""

from datetime import date

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.agencies import (
    AgencyEvent,
    AgencyRegistered,
    CategorySchemeAdopted,
    ChannelRegistered,
    PriorReviewAccepted,
    ReviewPolicyAdopted,
    SectionOpened,
)
from archive.domain.codes import Classification
from archive.domain.items import (
    MAX_CATEGORIES,
    AmendItem,
    ClassifyItem,
    CorrectItem,
    Item,
    ItemAmended,
    ItemClassified,
    ItemCommand,
    ItemCorrected,
    ItemDrafted,
    ItemEvent,
    ItemPublished,
    ItemRepealed,
    ItemRestored,
    ItemRevised,
    ItemStepRecorded,
    ItemTookEffect,
    ItemUpdated,
    ItemWithdrawn,
    PublicationAdded,
    PutItemIntoEffect,
    RecordStep,
    RepealItem,
)
from archive.domain.reviews import (
    Clearance,
    DeclarePriorReview,
    PriorReviewDeclared,
    ReturnReview,
    Review,
    ReviewConcluded,
    ReviewLevelPassed,
    ReviewOpened,
    ReviewReturned,
)
from domain.raised import SOURCE, errors_raised
from domain.scenario import NEW_LINK, NEW_TEXT, TODAY, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, Clerk, item_id

CLERK = Clerk()
ITEM = item_id()
ID = "0" * 32
TOMORROW = date(2018, 12, 11)
TEXT, LINK = text_seal(1), text_seal(2)


def on(text: str) -> date:
    return date.fromisoformat(text)


# --- what the agency is ------------------------------------------------------------------------------------------------
BARE: tuple[AgencyEvent, ...] = (
    AgencyRegistered(level="county", region="421202", text=text_seal(9)),
    SectionOpened(section="office", opened_on=on("2008-05-01"), text=text_seal(9)),
    ChannelRegistered(channel="website", kind="website", text=text_seal(9)),
    ChannelRegistered(channel="gazette", kind="gazette", text=text_seal(9)),
    CategorySchemeAdopted(
        scheme="genre",
        primary=True,
        categories=["approval", "notice"],
        adopted_on=on("2008-05-01"),
        text=text_seal(9),
    ),
    CategorySchemeAdopted(
        scheme="theme", primary=False, categories=["energy"], adopted_on=on("2008-05-01"), text=text_seal(9)
    ),
)
REVIEWING = (*BARE, ReviewPolicyAdopted(levels=3, in_force_from=on("2010-01-01"), text=text_seal(9)))
PRIOR = (*BARE, PriorReviewAccepted(published_before=on("2018-01-01"), basis="agency-archive"))
MANY_SCHEMES = (
    *BARE,
    *(
        CategorySchemeAdopted(
            scheme=f"s{number}", primary=False, categories=["a"], adopted_on=on("2018-01-01"), text=text_seal(9)
        )
        for number in range(MAX_CATEGORIES + 1)
    ),
)

# --- what happened to the item -----------------------------------------------------------------------------------------
APPROVAL = Classification(scheme="genre", code="approval")
DRAFTED = ItemDrafted(
    agency=AGENCY,
    mode="proactive",
    made_on=on("2018-03-05"),
    categories=[APPROVAL],
    section="office",
    source_id="A-17",
    text=TEXT,
)
OPENED = ReviewOpened(levels=3, opened_on=on("2018-03-10"), text=TEXT)
PASSED = tuple(
    ReviewLevelPassed(level=level, passed_on=on(f"2018-03-1{level}"), reviewer=f"post-{level}", text=TEXT)
    for level in (1, 2, 3)
)
CONCLUDED = ReviewConcluded(conclusion="cleared", concluded_on=on("2018-03-13"), text=TEXT)
REVIEWED: tuple[ItemEvent, ...] = (DRAFTED, OPENED, *PASSED, CONCLUDED)
RETURNED = ReviewReturned(level=2, returned_on=on("2018-03-12"), reason="trade-secret", text=TEXT)
DECLARED = PriorReviewDeclared(published_before=on("2018-01-01"), basis="agency-archive", text=TEXT)
PUBLISHED_ON_WEBSITE = ItemPublished(
    agency=AGENCY,
    mode="proactive",
    made_on=on("2018-03-05"),
    categories=[APPROVAL],
    section="office",
    source_id="A-17",
    channel="website",
    published_on=on("2018-03-14"),
    text=TEXT,
    link=NEW_LINK,
)
PUBLISHED: tuple[ItemEvent, ...] = (*REVIEWED, PUBLISHED_ON_WEBSITE)
ADDED = PublicationAdded(channel="gazette", published_on=on("2018-03-20"), text=TEXT, link=NEW_LINK)
WITHDRAWN = ItemWithdrawn(withdrawn_on=on("2018-07-02"), ground="inaccurate")
RESTORED = ItemRestored(restored_on=on("2018-07-09"))

# A second text, reviewed on 1 June.
SECOND = text_seal(3)
REVISED = ItemRevised(text=SECOND)
SECOND_REVIEW: tuple[ItemEvent, ...] = (
    REVISED,
    ReviewOpened(levels=3, opened_on=on("2018-06-01"), text=SECOND),
    *(ReviewLevelPassed(level=level, passed_on=on("2018-06-01"), text=SECOND) for level in (1, 2, 3)),
    ReviewConcluded(conclusion="cleared", concluded_on=on("2018-06-01"), text=SECOND),
)
UPDATED = ItemUpdated(updated_on=on("2018-06-04"), text=SECOND)
CORRECTED = ItemCorrected(corrected_on=on("2018-06-04"), reason="fact", text=SECOND)


# --- commands that the stories have no need of -------------------------------------------------------------------------
def give_back(level: int, day: str) -> ReturnReview:
    return ReturnReview(id=ID, by="role:reviewer", item=ITEM, level=level, returned_on=on(day), reason="trade-secret")


DECLARE = DeclarePriorReview(id=ID, by="role:information-officer", item=ITEM, basis="agency-archive")


def correct(day: str) -> CorrectItem:
    return CorrectItem(id=ID, by="role:publisher", item=ITEM, corrected_on=on(day), reason="fact")


def classify(scheme: str, code: str) -> ClassifyItem:
    return ClassifyItem(id=ID, by="role:clerk", item=ITEM, scheme=scheme, code=code)


EFFECT = PutItemIntoEffect(id=ID, by="role:clerk", item=ITEM, effective_on=on("2019-02-01"))
AMEND = AmendItem(id=ID, by="role:clerk", item=ITEM, amended_on=on("2018-11-01"))
REPEAL = RepealItem(id=ID, by="role:clerk", item=ITEM, repealed_on=on("2019-06-01"), kind="repealed")
STEP = RecordStep(id=ID, by="role:clerk", item=ITEM, step="adopted", on=on("2018-03-01"))


ACCEPTED: list[tuple[str, Given, ItemCommand, tuple[ItemEvent, ...]]] = [
    (
        "an item is drafted",
        given(agency=BARE),
        CLERK.draft(ITEM, source_id="A-17"),
        (replace(DRAFTED, text=NEW_TEXT),),
    ),
    (
        "a draft needs no day, no category, no section",
        given(agency=BARE),
        CLERK.draft(ITEM, mode="on-request", made_on=UNSET, categories=(), section=UNSET),
        (ItemDrafted(agency=AGENCY, mode="on-request", categories=[], text=NEW_TEXT),),
    ),
    (
        "a draft may have one category of each scheme",
        given(agency=BARE),
        CLERK.draft(ITEM, categories=[("genre", "approval"), ("theme", "energy")]),
        (
            replace(
                DRAFTED,
                categories=[APPROVAL, Classification(scheme="theme", code="energy")],
                source_id=UNSET,
                text=NEW_TEXT,
            ),
        ),
    ),
    ("a draft is revised", given(DRAFTED, agency=BARE), CLERK.revise(ITEM, title="新"), (ItemRevised(text=NEW_TEXT),)),
    (
        "a public item is revised, and nobody sees it yet",
        given(*PUBLISHED, agency=BARE),
        CLERK.revise(ITEM, title="新"),
        (ItemRevised(text=NEW_TEXT),),
    ),
    (
        "a review has the levels of its day",
        given(DRAFTED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-10"),
        (OPENED,),
    ),
    (
        "a text that was returned can be reviewed again",
        given(DRAFTED, OPENED, PASSED[0], RETURNED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-12"),
        (replace(OPENED, opened_on=on("2018-03-12")),),
    ),
    (
        "the first level is passed",
        given(DRAFTED, OPENED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-03-11"),
        (PASSED[0],),
    ),
    (
        "the last level concludes the review",
        given(DRAFTED, OPENED, *PASSED[:2], agency=REVIEWING),
        CLERK.pass_review(ITEM, 3, on="2018-03-13"),
        (PASSED[2], CONCLUDED),
    ),
    (
        "levels may be passed on one day",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        CLERK.pass_review(ITEM, 2, on="2018-03-11"),
        (replace(PASSED[1], passed_on=on("2018-03-11")),),
    ),
    (
        "a review of one level is concluded by it",
        given(DRAFTED, replace(OPENED, levels=1), agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-03-13"),
        (replace(PASSED[0], passed_on=on("2018-03-13")), CONCLUDED),
    ),
    (
        "a review keeps its levels when the policy changes",
        given(
            DRAFTED,
            OPENED,
            PASSED[0],
            agency=(*REVIEWING, ReviewPolicyAdopted(levels=1, in_force_from=on("2018-03-11"), text=text_seal(9))),
        ),
        CLERK.pass_review(ITEM, 2, on="2018-03-12"),
        (PASSED[1],),
    ),
    (
        "a level sends the text back",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        give_back(2, "2018-03-12"),
        (RETURNED,),
    ),
    ("prior review is declared", given(DRAFTED, agency=PRIOR), DECLARE, (DECLARED,)),
    (
        "prior review is declared after a return",
        given(DRAFTED, OPENED, PASSED[0], RETURNED, agency=PRIOR),
        DECLARE,
        (DECLARED,),
    ),
    (
        "a reviewed item is published",
        given(*REVIEWED, agency=BARE),
        CLERK.publish(ITEM, "website", on="2018-03-14"),
        (PUBLISHED_ON_WEBSITE,),
    ),
    (
        "a reviewed item is published on the day of its review",
        given(*REVIEWED, agency=BARE),
        CLERK.publish(ITEM, "website", on="2018-03-13", link=False),
        (replace(PUBLISHED_ON_WEBSITE, published_on=on("2018-03-13")),),
    ),
    (
        "a publication repeats only what the draft had",
        given(
            ItemDrafted(agency=AGENCY, mode="proactive", categories=[], text=TEXT),
            replace(OPENED, levels=1),
            CONCLUDED,
            agency=BARE,
        ),
        CLERK.publish(ITEM, "website", on="2018-03-14"),
        (
            ItemPublished(
                agency=AGENCY,
                mode="proactive",
                categories=[],
                channel="website",
                published_on=on("2018-03-14"),
                text=TEXT,
                link=NEW_LINK,
            ),
        ),
    ),
    (
        "an old item is published on its prior review",
        given(DRAFTED, DECLARED, agency=BARE),
        CLERK.publish(ITEM, "website", on="2017-12-31"),
        (replace(PUBLISHED_ON_WEBSITE, published_on=on("2017-12-31")),),
    ),
    (
        "another channel shows the same text",
        given(*PUBLISHED, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-03-20"),
        (ADDED,),
    ),
    (
        "another channel shows the public text, not the one under review",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-03-20"),
        (ADDED,),
    ),
    (
        "channels are entered in any order",
        given(*PUBLISHED, replace(ADDED, channel="weibo", published_on=on("2018-05-01")), agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-03-20"),
        (ADDED,),
    ),
    (
        "a newer text takes the place of the public one",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        CLERK.update(ITEM, on="2018-06-04"),
        (UPDATED,),
    ),
    (
        "a right text takes the place of a wrong one",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        correct("2018-06-04"),
        (CORRECTED,),
    ),
    (
        "the draft is sorted anew",
        given(DRAFTED, agency=BARE),
        classify("genre", "notice"),
        (ItemClassified(scheme="genre", code="notice"),),
    ),
    (
        "the item is sorted by one scheme more",
        given(*PUBLISHED, agency=BARE),
        classify("theme", "energy"),
        (ItemClassified(scheme="theme", code="energy"),),
    ),
    (
        "a category of the last scheme possible is replaced",
        given(
            replace(DRAFTED, categories=[Classification(scheme=f"s{n}", code="b") for n in range(MAX_CATEGORIES)]),
            agency=MANY_SCHEMES,
        ),
        classify("s0", "a"),
        (ItemClassified(scheme="s0", code="a"),),
    ),
    ("a public item is withdrawn", given(*PUBLISHED, agency=BARE), CLERK.withdraw(ITEM, on="2018-07-02"), (WITHDRAWN,)),
    (
        "what was withdrawn is shown again",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        CLERK.restore(ITEM, on="2018-07-09"),
        (RESTORED,),
    ),
    (
        "what was restored is withdrawn on that very day",
        given(*PUBLISHED, WITHDRAWN, RESTORED, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-07-09"),
        (replace(WITHDRAWN, withdrawn_on=on("2018-07-09")),),
    ),
    (
        "the day of effect may be to come",
        given(*PUBLISHED, agency=BARE),
        EFFECT,
        (ItemTookEffect(effective_on=on("2019-02-01")),),
    ),
    ("the item is amended", given(*PUBLISHED, agency=BARE), AMEND, (ItemAmended(amended_on=on("2018-11-01")),)),
    (
        "the item is repealed",
        given(*PUBLISHED, agency=BARE),
        REPEAL,
        (ItemRepealed(repealed_on=on("2019-06-01"), kind="repealed"),),
    ),
    (
        "a step before the publication is entered afterwards",
        given(*PUBLISHED, agency=BARE),
        STEP,
        (ItemStepRecorded(step="adopted", on=on("2018-03-01")),),
    ),
    (
        "what is withdrawn may still be repealed",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        REPEAL,
        (ItemRepealed(repealed_on=on("2019-06-01"), kind="repealed"),),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, ItemCommand, tuple[ItemEvent, ...]]) -> None:
    _, before, command, events = case
    before.when(command).then(*events)


WITHOUT_ITEM: dict[str, ItemCommand] = {
    "a revision": CLERK.revise(ITEM, title="新"),
    "a review": CLERK.open_review(ITEM, on="2018-03-10"),
    "a level": CLERK.pass_review(ITEM, 1, on="2018-03-10"),
    "a return": give_back(1, "2018-03-10"),
    "a prior review": DECLARE,
    "a publication": CLERK.publish(ITEM, on="2018-03-14"),
    "an update": CLERK.update(ITEM, on="2018-06-04"),
    "a correction": correct("2018-06-04"),
    "a category": classify("genre", "notice"),
    "a withdrawal": CLERK.withdraw(ITEM, on="2018-07-02"),
    "a restoration": CLERK.restore(ITEM, on="2018-07-09"),
    "an effect": EFFECT,
    "an amendment": AMEND,
    "a repeal": REPEAL,
    "a step": STEP,
}
BEFORE_PUBLICATION: dict[str, ItemCommand] = {
    name: WITHOUT_ITEM[name]
    for name in ("an update", "a correction", "a withdrawal", "an effect", "an amendment", "a repeal", "a step")
}


def late(field: str, day: date = TOMORROW) -> dict[str, object]:
    return {"field": field, "on": day, "today": TODAY}


def early(field: str, day: str, earliest: str) -> dict[str, object]:
    return {"field": field, "on": on(day), "earliest": on(earliest)}


REFUSED: list[Refusal] = [
    refusal("an item is drafted once", given(DRAFTED, agency=BARE), CLERK.draft(ITEM), "ITM-001", item=ITEM),
    *(
        refusal(f"{name} of an item that is not there", given(agency=REVIEWING), command, "ITM-002", item=ITEM)
        for name, command in WITHOUT_ITEM.items()
    ),
    refusal("a draft of an agency that is not there", given(), CLERK.draft(ITEM), "AGY-002", agency=AGENCY),
    refusal(
        "a section that is not there",
        given(agency=BARE),
        CLERK.draft(ITEM, section="lab"),
        "ITM-003",
        field="section",
        code="lab",
    ),
    refusal(
        "two categories of one scheme",
        given(agency=BARE),
        CLERK.draft(ITEM, categories=[("genre", "approval"), ("genre", "notice")]),
        "ITM-004",
    ),
    refusal(
        "one category twice",
        given(agency=BARE),
        CLERK.draft(ITEM, categories=[("genre", "approval"), ("genre", "approval")]),
        "ITM-004",
    ),
    refusal(
        "a draft made tomorrow",
        given(agency=BARE),
        CLERK.draft(ITEM, made_on="2018-12-11"),
        "DAT-001",
        **late("made_on"),
    ),
    # --- review
    refusal(
        "a second review at a time",
        given(DRAFTED, OPENED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-11"),
        "ITM-005",
    ),
    refusal("prior review beside a review", given(DRAFTED, OPENED, agency=PRIOR), DECLARE, "ITM-005"),
    refusal(
        "a review of what is cleared",
        given(*REVIEWED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-14"),
        "ITM-006",
    ),
    refusal(
        "a review of what is public",
        given(*PUBLISHED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-15"),
        "ITM-006",
    ),
    refusal("prior review of what is cleared", given(*REVIEWED, agency=PRIOR), DECLARE, "ITM-006"),
    refusal("prior review declared twice", given(DRAFTED, DECLARED, agency=PRIOR), DECLARE, "ITM-006"),
    refusal(
        "a review before the first policy",
        given(DRAFTED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2009-12-31"),
        "ITM-007",
        on=on("2009-12-31"),
    ),
    refusal(
        "a review opened tomorrow",
        given(DRAFTED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-12-11"),
        "DAT-001",
        **late("opened_on"),
    ),
    refusal(
        "a review opened before the one before it was over",
        given(DRAFTED, OPENED, PASSED[0], RETURNED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-11"),
        "DAT-002",
        **early("opened_on", "2018-03-11", "2018-03-12"),
    ),
    refusal(
        "a review of a new text opened before the level that passed the old one",
        given(DRAFTED, OPENED, PASSED[0], REVISED, agency=REVIEWING),
        CLERK.open_review(ITEM, on="2018-03-10"),
        "DAT-002",
        **early("opened_on", "2018-03-10", "2018-03-11"),
    ),
    refusal(
        "a level without a review",
        given(DRAFTED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-03-11"),
        "ITM-008",
    ),
    refusal(
        "a level after the text was changed",
        given(DRAFTED, OPENED, PASSED[0], REVISED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 2, on="2018-03-12"),
        "ITM-008",
    ),
    refusal(
        "a level after the conclusion",
        given(*REVIEWED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 4, on="2018-03-14"),
        "ITM-008",
    ),
    refusal("a return without a review", given(DRAFTED, agency=REVIEWING), give_back(1, "2018-03-11"), "ITM-008"),
    refusal(
        "a level that is left out",
        given(DRAFTED, OPENED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 2, on="2018-03-11"),
        "ITM-009",
        level=2,
        next=1,
    ),
    refusal(
        "a level passed twice",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-03-12"),
        "ITM-009",
        level=1,
        next=2,
    ),
    refusal(
        "a return from a level that is not the next",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        give_back(3, "2018-03-12"),
        "ITM-009",
        level=3,
        next=2,
    ),
    refusal(
        "a level passed before the review was opened",
        given(DRAFTED, OPENED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-03-09"),
        "DAT-002",
        **early("passed_on", "2018-03-09", "2018-03-10"),
    ),
    refusal(
        "a level passed before the one below it",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        CLERK.pass_review(ITEM, 2, on="2018-03-10"),
        "DAT-002",
        **early("passed_on", "2018-03-10", "2018-03-11"),
    ),
    refusal(
        "a return before the level below it",
        given(DRAFTED, OPENED, PASSED[0], agency=REVIEWING),
        give_back(2, "2018-03-10"),
        "DAT-002",
        **early("returned_on", "2018-03-10", "2018-03-11"),
    ),
    refusal(
        "a level passed tomorrow",
        given(DRAFTED, OPENED, agency=REVIEWING),
        CLERK.pass_review(ITEM, 1, on="2018-12-11"),
        "DAT-001",
        **late("passed_on"),
    ),
    refusal("prior review that nobody answers for", given(DRAFTED, agency=REVIEWING), DECLARE, "ITM-010"),
    # --- publication
    refusal(
        "a channel that is not there",
        given(*REVIEWED, agency=BARE),
        CLERK.publish(ITEM, "weibo", on="2018-03-14"),
        "ITM-011",
        channel="weibo",
    ),
    refusal(
        "the same channel twice",
        given(*PUBLISHED, agency=BARE),
        CLERK.publish(ITEM, "website", on="2018-03-20"),
        "ITM-012",
        channel="website",
    ),
    refusal(
        "a draft published without review",
        given(DRAFTED, agency=REVIEWING),
        CLERK.publish(ITEM, on="2018-03-14"),
        "ITM-013",
    ),
    refusal(
        "a text published with a level left",
        given(DRAFTED, OPENED, *PASSED[:2], agency=REVIEWING),
        CLERK.publish(ITEM, on="2018-03-14"),
        "ITM-013",
    ),
    refusal(
        "a text published after it was sent back",
        given(DRAFTED, OPENED, PASSED[0], RETURNED, agency=REVIEWING),
        CLERK.publish(ITEM, on="2018-03-14"),
        "ITM-013",
    ),
    refusal(
        "an edit after the review voids the clearance",
        given(*REVIEWED, REVISED, agency=BARE),
        CLERK.publish(ITEM, on="2018-03-14"),
        "ITM-013",
    ),
    refusal(
        "an edit after a prior review voids it",
        given(DRAFTED, DECLARED, REVISED, agency=BARE),
        CLERK.publish(ITEM, on="2017-03-14"),
        "ITM-013",
    ),
    refusal(
        "an update with a text that was not reviewed",
        given(*PUBLISHED, REVISED, agency=BARE),
        CLERK.update(ITEM, on="2018-06-04"),
        "ITM-013",
    ),
    refusal(
        "prior review covers nothing from its day on",
        given(DRAFTED, DECLARED, agency=BARE),
        CLERK.publish(ITEM, on="2018-01-01"),
        "ITM-014",
        on=on("2018-01-01"),
        before=on("2018-01-01"),
    ),
    refusal(
        "a publication before the review was concluded",
        given(*REVIEWED, agency=BARE),
        CLERK.publish(ITEM, on="2018-03-12"),
        "DAT-002",
        **early("published_on", "2018-03-12", "2018-03-13"),
    ),
    refusal(
        "a publication tomorrow",
        given(*REVIEWED, agency=BARE),
        CLERK.publish(ITEM, on="2018-12-11"),
        "DAT-001",
        **late("published_on"),
    ),
    refusal(
        "a second channel before the first",
        given(*PUBLISHED, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-03-13"),
        "DAT-002",
        **early("published_on", "2018-03-13", "2018-03-14"),
    ),
    refusal(
        "a channel that showed a text before that text was public",
        given(*PUBLISHED, *SECOND_REVIEW, UPDATED, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-06-03"),
        "DAT-002",
        **early("published_on", "2018-06-03", "2018-06-04"),
    ),
    refusal(
        "a channel that showed what was withdrawn",
        given(*PUBLISHED, WITHDRAWN, RESTORED, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-07-08"),
        "DAT-002",
        **early("published_on", "2018-07-08", "2018-07-09"),
    ),
    refusal(
        "another channel while the item is withdrawn",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        CLERK.publish(ITEM, "gazette", on="2018-07-03"),
        "ITM-020",
        on=on("2018-07-02"),
    ),
    # --- update, correction
    refusal(
        "an update without a new text",
        given(*PUBLISHED, agency=BARE),
        CLERK.update(ITEM, on="2018-06-04"),
        "ITM-015",
    ),
    refusal(
        "the same text twice",
        given(*PUBLISHED, *SECOND_REVIEW, UPDATED, agency=BARE),
        correct("2018-06-05"),
        "ITM-015",
    ),
    refusal(
        "an update while the item is withdrawn",
        given(*PUBLISHED, *SECOND_REVIEW, WITHDRAWN, agency=BARE),
        CLERK.update(ITEM, on="2018-07-03"),
        "ITM-020",
        on=on("2018-07-02"),
    ),
    refusal(
        "an update before its review was concluded",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        CLERK.update(ITEM, on="2018-05-31"),
        "DAT-002",
        **early("updated_on", "2018-05-31", "2018-06-01"),
    ),
    refusal(
        "a correction before the publication",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        correct("2018-03-13"),
        "DAT-002",
        **early("corrected_on", "2018-03-13", "2018-03-14"),
    ),
    refusal(
        "an update before a channel that showed the text before it",
        given(*PUBLISHED, replace(ADDED, published_on=on("2018-06-05")), *SECOND_REVIEW, agency=BARE),
        CLERK.update(ITEM, on="2018-06-04"),
        "DAT-002",
        **early("updated_on", "2018-06-04", "2018-06-05"),
    ),
    refusal(
        "an update beyond what the prior review covers",
        given(
            DRAFTED,
            DECLARED,
            replace(PUBLISHED_ON_WEBSITE, published_on=on("2017-03-14")),
            REVISED,
            replace(DECLARED, text=SECOND),
            agency=BARE,
        ),
        CLERK.update(ITEM, on="2018-06-04"),
        "ITM-014",
        on=on("2018-06-04"),
        before=on("2018-01-01"),
    ),
    refusal(
        "a correction tomorrow",
        given(*PUBLISHED, *SECOND_REVIEW, agency=BARE),
        correct("2018-12-11"),
        "DAT-001",
        **late("corrected_on"),
    ),
    *(
        refusal(f"{name} of what is not public", given(*REVIEWED, agency=BARE), command, "ITM-019")
        for name, command in BEFORE_PUBLICATION.items()
    ),
    # --- categories
    refusal(
        "the category that it has",
        given(DRAFTED, agency=BARE),
        classify("genre", "approval"),
        "ITM-016",
        scheme="genre",
        code="approval",
    ),
    refusal(
        "a category that is not there",
        given(DRAFTED, agency=BARE),
        classify("genre", "plan"),
        "ITM-018",
        scheme="genre",
        code="plan",
    ),
    refusal(
        "a category of a scheme that is not there",
        given(agency=BARE),
        CLERK.draft(ITEM, categories=[("subject", "approval")]),
        "ITM-018",
        scheme="subject",
        code="approval",
    ),
    refusal(
        "one scheme too many",
        given(
            replace(DRAFTED, categories=[Classification(scheme=f"s{n}", code="a") for n in range(MAX_CATEGORIES)]),
            agency=MANY_SCHEMES,
        ),
        classify(f"s{MAX_CATEGORIES}", "a"),
        "ITM-021",
        limit=MAX_CATEGORIES,
    ),
    # --- withdrawal
    refusal(
        "a restoration of what is public",
        given(*PUBLISHED, agency=BARE),
        CLERK.restore(ITEM, on="2018-07-09"),
        "ITM-017",
    ),
    refusal(
        "a restoration of what was never public",
        given(DRAFTED, agency=BARE),
        CLERK.restore(ITEM, on="2018-07-09"),
        "ITM-017",
    ),
    refusal(
        "a second withdrawal",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-07-03"),
        "ITM-020",
        on=on("2018-07-02"),
    ),
    refusal(
        "a withdrawal before the publication",
        given(*PUBLISHED, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-03-13"),
        "DAT-002",
        **early("withdrawn_on", "2018-03-13", "2018-03-14"),
    ),
    refusal(
        "a withdrawal before a channel that was added",
        given(*PUBLISHED, ADDED, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-03-19"),
        "DAT-002",
        **early("withdrawn_on", "2018-03-19", "2018-03-20"),
    ),
    refusal(
        "a withdrawal before the restoration that it follows",
        given(*PUBLISHED, WITHDRAWN, RESTORED, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-07-05"),
        "DAT-002",
        **early("withdrawn_on", "2018-07-05", "2018-07-09"),
    ),
    refusal(
        "a withdrawal tomorrow",
        given(*PUBLISHED, agency=BARE),
        CLERK.withdraw(ITEM, on="2018-12-11"),
        "DAT-001",
        **late("withdrawn_on"),
    ),
    refusal(
        "a restoration before the withdrawal",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        CLERK.restore(ITEM, on="2018-07-01"),
        "DAT-002",
        **early("restored_on", "2018-07-01", "2018-07-02"),
    ),
    refusal(
        "a restoration tomorrow",
        given(*PUBLISHED, WITHDRAWN, agency=BARE),
        CLERK.restore(ITEM, on="2018-12-11"),
        "DAT-001",
        **late("restored_on"),
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_every_refusal_of_the_rules_is_in_the_table() -> None:
    raised = {error.code for error in errors_raised(SOURCE / "domain" / "items.py")}
    # Those of reviews are in test_reviews, those of what becomes of a public item in test_publications,
    # what an agency or a channel that ended refuses in test_agencies_over_time, and a retired category in test_schemes.
    told = (
        {row.code for row in REFUSED} - {"ITM-011"}
        | {f"ITM-{number:03}" for number in range(22, 32)}
        | {"AGY-009", "AGY-013", "AGY-016"}
    )
    assert {code for code in raised if not code.startswith("REV-")} == told


# --- what an item remembers --------------------------------------------------------------------------------------------
DRAFT_STATE = {
    "agency": AGENCY,
    "mode": "proactive",
    "made_on": on("2018-03-05"),
    "categories": (APPROVAL,),
    "section": "office",
    "source_id": "A-17",
    "duty": None,
    "text": TEXT,
    "review": None,
    "reviewed_on": None,
    "clearance": None,
    "unpublished": None,
    "answer": None,
    "public_text": None,
    "channels": frozenset(),
    "published_on": None,
    "shown_on": None,
    "newest_on": None,
    "withdrawn_on": None,
    "broken": frozenset(),
    "links": frozenset(),
    "aliases": {},
}
CLEARED_STATE = DRAFT_STATE | {
    "reviewed_on": on("2018-03-13"),
    "clearance": Clearance(cleared_on=on("2018-03-13"), published_before=None),
}
PUBLIC_STATE = CLEARED_STATE | {
    "public_text": TEXT,
    "channels": frozenset({"website"}),
    "published_on": on("2018-03-14"),
    "shown_on": on("2018-03-14"),
    "newest_on": on("2018-03-14"),
}
SECOND_STATE = PUBLIC_STATE | {
    "text": SECOND,
    "public_text": SECOND,
    "reviewed_on": on("2018-06-01"),
    "clearance": Clearance(cleared_on=on("2018-06-01"), published_before=None),
    "shown_on": on("2018-06-04"),
    "newest_on": on("2018-06-04"),
}

MEMORY: list[tuple[str, tuple[ItemEvent, ...], dict[str, object]]] = [
    ("a draft", (DRAFTED,), DRAFT_STATE),
    (
        "a draft of little",
        (ItemDrafted(agency=AGENCY, mode="proactive", categories=[], text=TEXT),),
        DRAFT_STATE | {"made_on": None, "categories": (), "section": None, "source_id": None},
    ),
    ("a revision", (DRAFTED, REVISED), DRAFT_STATE | {"text": SECOND}),
    (
        "an open review",
        (DRAFTED, OPENED),
        DRAFT_STATE | {"review": Review(levels=3, passed=0), "reviewed_on": on("2018-03-10")},
    ),
    (
        "a level",
        (DRAFTED, OPENED, PASSED[0]),
        DRAFT_STATE
        | {"review": Review(levels=3, passed=1, reviewers=frozenset({"post-1"})), "reviewed_on": on("2018-03-11")},
    ),
    ("a return", (DRAFTED, OPENED, PASSED[0], RETURNED), DRAFT_STATE | {"reviewed_on": on("2018-03-12")}),
    ("a conclusion", REVIEWED, CLEARED_STATE),
    (
        "a revision of what is cleared",
        (*REVIEWED, REVISED),
        CLEARED_STATE | {"text": SECOND, "clearance": None},
    ),
    (
        "a prior review",
        (DRAFTED, DECLARED),
        DRAFT_STATE | {"clearance": Clearance(cleared_on=None, published_before=on("2018-01-01"))},
    ),
    ("a publication", PUBLISHED, PUBLIC_STATE),
    (
        "a second channel",
        (*PUBLISHED, ADDED),
        PUBLIC_STATE | {"channels": frozenset({"website", "gazette"}), "newest_on": on("2018-03-20")},
    ),
    (
        "a second channel of an earlier day than the third",
        (*PUBLISHED, replace(ADDED, channel="weibo", published_on=on("2018-05-01")), ADDED),
        PUBLIC_STATE | {"channels": frozenset({"website", "gazette", "weibo"}), "newest_on": on("2018-05-01")},
    ),
    ("an update", (*PUBLISHED, *SECOND_REVIEW, UPDATED), SECOND_STATE),
    ("a correction", (*PUBLISHED, *SECOND_REVIEW, CORRECTED), SECOND_STATE),
    (
        "another category of a scheme",
        (DRAFTED, ItemClassified(scheme="genre", code="notice")),
        DRAFT_STATE | {"categories": (Classification(scheme="genre", code="notice"),)},
    ),
    (
        "a category of another scheme",
        (DRAFTED, ItemClassified(scheme="theme", code="energy")),
        DRAFT_STATE | {"categories": (APPROVAL, Classification(scheme="theme", code="energy"))},
    ),
    (
        "a withdrawal",
        (*PUBLISHED, WITHDRAWN),
        PUBLIC_STATE | {"withdrawn_on": on("2018-07-02"), "newest_on": on("2018-07-02")},
    ),
    (
        "a restoration",
        (*PUBLISHED, WITHDRAWN, RESTORED),
        PUBLIC_STATE | {"shown_on": on("2018-07-09"), "newest_on": on("2018-07-09")},
    ),
    *(
        (event.TYPE, (*PUBLISHED, event), PUBLIC_STATE)
        for event in (
            ItemTookEffect(effective_on=TODAY),
            ItemAmended(amended_on=TODAY),
            ItemRepealed(repealed_on=TODAY, kind="expired"),
            ItemStepRecorded(step="other", on=TODAY),
        )
    ),
]


@pytest.mark.parametrize("case", MEMORY, ids=lambda case: case[0])
def test_item_remembers_what_the_rules_ask(case: tuple[str, tuple[ItemEvent, ...], dict[str, object]]) -> None:
    _, history, known = case
    item = stand("item", history)
    assert isinstance(item, Item)
    assert {name: getattr(item, name) for name in Item.__struct_fields__} == known


def test_draft_and_review_open_nothing_to_the_public() -> None:
    unseen = (ItemDrafted, ItemRevised, ReviewOpened, ReviewLevelPassed, ReviewReturned, ReviewConcluded)
    for event in (*unseen, PriorReviewDeclared):
        assert event.SEALS == ("text",)
        assert event.CLEARS == ()


def test_publication_opens_its_text_and_its_link() -> None:
    assert ItemPublished.CLEARS == ("text", "link")
    assert PublicationAdded.CLEARS == ("link",)
    assert ItemUpdated.CLEARS == ItemCorrected.CLEARS == ("text",)
