"""Agencies: registered once, their codes taken once, their reviews by levels from a day on."""

from datetime import date

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.agencies import (
    AdoptCategoryScheme,
    AdoptReviewPolicy,
    Agency,
    AgencyCommand,
    AgencyEvent,
    AgencyRegistered,
    AgencyText,
    CategorySchemeAdopted,
    ChannelRegistered,
    Policy,
    PolicyText,
    PriorReviewAccepted,
    RegisterAgency,
    ReviewPolicyAdopted,
    SchemeText,
    SectionOpened,
    levels_on,
)
from archive.domain.schemes import Scheme
from domain.raised import SOURCE, errors_raised
from domain.scenario import NEW_TEXT, TODAY, Given, Refusal, given, refusal, stand
from stories import AGENCY, Clerk

CLERK = Clerk()
TOMORROW = date(2018, 12, 11)

REGISTERED = AgencyRegistered(level="county", region="421202", code="11421202011336163X", text=NEW_TEXT)
SECTION = SectionOpened(section="office", opened_on=date(2008, 5, 1), text=NEW_TEXT)
CHANNEL = ChannelRegistered(channel="website", kind="website", text=NEW_TEXT)
SCHEME = CategorySchemeAdopted(
    scheme="genre", primary=True, categories=["approval", "notice"], adopted_on=date(2008, 5, 1), text=NEW_TEXT
)
POLICY = ReviewPolicyAdopted(levels=3, in_force_from=date(2010, 1, 1), text=NEW_TEXT)


def adopt(
    scheme: str = "theme", *, codes: tuple[str, ...] = ("energy", "prices"), names: int = 2, primary: bool = False
) -> AdoptCategoryScheme:
    return AdoptCategoryScheme(
        id="0" * 32,
        by="role:administrator",
        agency=AGENCY,
        scheme=scheme,
        primary=primary,
        categories=list(codes),
        adopted_on=TODAY,
        text=SchemeText(name="主题", names=["类别"] * names),
    )


def policy(levels: int, *, names: int, on: str = "2019-01-01") -> AdoptReviewPolicy:
    return AdoptReviewPolicy(
        id="0" * 32,
        by="role:administrator",
        agency=AGENCY,
        levels=levels,
        in_force_from=date.fromisoformat(on),
        text=PolicyText(names=["级"] * names),
    )


ACCEPTED: list[tuple[str, Given, AgencyCommand, AgencyEvent]] = [
    ("an agency is registered", given(), CLERK.register_agency(), REGISTERED),
    (
        "a code of the organisation may be unknown",
        given(),
        RegisterAgency(
            id="0" * 32,
            by="role:administrator",
            agency=AGENCY,
            level="prefecture",
            region="421200",
            text=AgencyText(name="某市"),
        ),
        AgencyRegistered(level="prefecture", region="421200", code=UNSET, text=NEW_TEXT),
    ),
    ("a section is opened", given(REGISTERED), CLERK.open_section("office"), SECTION),
    (
        "a section may be opened today",
        given(REGISTERED),
        CLERK.open_section("office", on="2018-12-10"),
        SectionOpened(section="office", opened_on=TODAY, text=NEW_TEXT),
    ),
    ("a channel is registered", given(REGISTERED), CLERK.register_channel("website"), CHANNEL),
    (
        "a second channel is another code",
        given(REGISTERED, CHANNEL),
        CLERK.register_channel("gazette", "gazette"),
        ChannelRegistered(channel="gazette", kind="gazette", text=NEW_TEXT),
    ),
    (
        "a scheme is adopted",
        given(REGISTERED),
        CLERK.adopt_scheme("genre", ["approval", "notice"], primary=True),
        SCHEME,
    ),
    (
        "a second scheme is not the primary one",
        given(REGISTERED, SCHEME),
        adopt(),
        CategorySchemeAdopted(
            scheme="theme", primary=False, categories=["energy", "prices"], adopted_on=TODAY, text=NEW_TEXT
        ),
    ),
    ("a policy is adopted", given(REGISTERED), CLERK.adopt_policy(3), POLICY),
    (
        "a policy may hold from a day to come",
        given(REGISTERED, POLICY),
        policy(2, names=2),
        ReviewPolicyAdopted(levels=2, in_force_from=date(2019, 1, 1), text=NEW_TEXT),
    ),
    (
        "prior review is accepted",
        given(REGISTERED),
        CLERK.accept_prior_review(before="2018-01-01"),
        PriorReviewAccepted(published_before=date(2018, 1, 1), basis="agency-archive"),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AgencyCommand, AgencyEvent]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


WITHOUT_AGENCY: dict[str, AgencyCommand] = {
    "a section": CLERK.open_section("office"),
    "a channel": CLERK.register_channel("website"),
    "a scheme": adopt(),
    "a policy": CLERK.adopt_policy(),
    "prior review": CLERK.accept_prior_review(),
}

REFUSED: list[Refusal] = [
    refusal(
        "an agency is registered once",
        given(REGISTERED),
        CLERK.register_agency(),
        "AGY-001",
        agency=AGENCY,
    ),
    *(
        refusal(f"{name} of an agency that is not there", given(), command, "AGY-002", agency=AGENCY)
        for name, command in WITHOUT_AGENCY.items()
    ),
    refusal(
        "a section's code is taken once",
        given(REGISTERED, SECTION),
        CLERK.open_section("office"),
        "AGY-003",
        field="section",
        code="office",
    ),
    refusal(
        "a channel's code is taken once",
        given(REGISTERED, CHANNEL),
        CLERK.register_channel("website"),
        "AGY-003",
        field="channel",
        code="website",
    ),
    refusal(
        "a scheme's code is taken once",
        given(REGISTERED, SCHEME),
        adopt("genre"),
        "AGY-003",
        field="scheme",
        code="genre",
    ),
    refusal(
        "a scheme names a code once",
        given(REGISTERED),
        adopt(codes=("energy", "energy")),
        "AGY-004",
        scheme="theme",
    ),
    refusal("a level without a name", given(REGISTERED), policy(3, names=2), "AGY-005", levels=3, names=2),
    refusal("a name without a level", given(REGISTERED), policy(1, names=2), "AGY-005", levels=1, names=2),
    refusal("a category without a name", given(REGISTERED), adopt(names=1), "AGY-006", codes=2, names=1),
    refusal(
        "two policies from one day",
        given(REGISTERED, POLICY),
        policy(2, names=2, on="2010-01-01"),
        "AGY-007",
        on=date(2010, 1, 1),
    ),
    refusal(
        "a second primary scheme",
        given(REGISTERED, SCHEME),
        adopt(primary=True),
        "AGY-008",
        scheme="genre",
    ),
    refusal(
        "a section opened tomorrow",
        given(REGISTERED),
        CLERK.open_section("office", on="2018-12-11"),
        "DAT-001",
        field="opened_on",
        on=TOMORROW,
        today=TODAY,
    ),
    refusal(
        "a scheme adopted tomorrow",
        given(REGISTERED),
        CLERK.adopt_scheme("theme", ["energy"], on="2018-12-11"),
        "DAT-001",
        field="adopted_on",
        on=TOMORROW,
        today=TODAY,
    ),
    refusal(
        "answering for reviews still to come",
        given(REGISTERED),
        CLERK.accept_prior_review(before="2018-12-11"),
        "DAT-001",
        field="published_before",
        on=TOMORROW,
        today=TODAY,
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_every_refusal_of_the_rules_is_in_the_table() -> None:
    raised = {error.code for error in errors_raised(SOURCE / "domain" / "agencies.py")}
    # Those of names, mergers, beginnings and ends are in test_agencies_over_time.
    # So is what a channel refuses.
    over_time = {f"AGY-{number:03}" for number in range(9, 15)} | {
        "AGY-018",
        "AGY-019",
        "DAT-002",
        "ITM-011",
        "ITM-032",
    }
    assert raised == {row.code for row in REFUSED} | over_time


@pytest.mark.parametrize(
    "history, known",
    [
        ((), {}),
        ((SECTION,), {"sections": frozenset({"office"}), "opened": {"office": SECTION.opened_on}}),
        ((CHANNEL,), {"channels": frozenset({"website"})}),
        (
            (SCHEME,),
            {
                "schemes": {"genre": Scheme(newest_on=SCHEME.adopted_on, codes=frozenset({"approval", "notice"}))},
                "primary_scheme": "genre",
            },
        ),
        ((POLICY,), {"policies": (Policy(in_force_from=date(2010, 1, 1), levels=3),)}),
        (
            (PriorReviewAccepted(published_before=date(2018, 1, 1), basis="agency-archive"),),
            {"prior_review_before": date(2018, 1, 1)},
        ),
    ],
    ids=lambda value: "-".join(event.TYPE for event in value) if isinstance(value, tuple) else "",
)
def test_agency_remembers_what_the_rules_ask(history: tuple[AgencyEvent, ...], known: dict[str, object]) -> None:
    empty: dict[str, object] = {
        "region": REGISTERED.region,
        "sections": frozenset(),
        "channels": frozenset(),
        "schemes": {},
        "primary_scheme": None,
        "policies": (),
        "prior_review_before": None,
        "gone": {},
        "ended_on": None,
        "renamed_on": None,
        "opened": {},
        "founded_on": None,
    }
    agency = stand("agency", (REGISTERED, *history))
    assert isinstance(agency, Agency)
    assert {name: getattr(agency, name) for name in Agency.__struct_fields__} == empty | known


def test_scheme_that_is_not_primary_leaves_the_primary_one() -> None:
    agency = stand("agency", (REGISTERED, SCHEME, replace(SCHEME, scheme="theme", primary=False)))
    assert isinstance(agency, Agency)
    assert agency.primary_scheme == "genre"


def test_last_acceptance_of_prior_review_holds() -> None:
    agency = stand(
        "agency",
        (
            REGISTERED,
            PriorReviewAccepted(published_before=date(2018, 1, 1), basis="agency-archive"),
            PriorReviewAccepted(published_before=date(2017, 1, 1), basis="portal-migration"),
        ),
    )
    assert isinstance(agency, Agency)
    assert agency.prior_review_before == date(2017, 1, 1)


@pytest.mark.parametrize(
    "on, levels",
    [("2009-12-31", None), ("2010-01-01", 3), ("2018-12-31", 3), ("2019-01-01", 2), ("2030-01-01", 2)],
)
def test_review_has_the_levels_of_its_day(on: str, levels: int | None) -> None:
    # Entered out of order: what counts is the day from which each holds.
    later = ReviewPolicyAdopted(levels=2, in_force_from=date(2019, 1, 1), text=NEW_TEXT)
    agency = stand("agency", (REGISTERED, later, POLICY))
    assert isinstance(agency, Agency)
    assert levels_on(agency, date.fromisoformat(on)) == levels


@drawn(st.dictionaries(st.dates(), st.integers(1, 4), max_size=8), st.dates(), st.permutations(range(8)))
def test_levels_are_those_of_the_newest_policy_in_force(policies: dict[date, int], on: date, order: list[int]) -> None:
    """Goal: the order of entry does not matter. Method: against the maximum over all policies."""
    listed = list(policies.items())
    entered = [listed[place] for place in order if place < len(listed)]
    history = [ReviewPolicyAdopted(levels=n, in_force_from=day, text=NEW_TEXT) for day, n in entered]
    agency = stand("agency", (REGISTERED, *history))
    assert isinstance(agency, Agency)
    in_force = [day for day in policies if day <= on]
    assert levels_on(agency, on) == (policies[max(in_force)] if in_force else None)


def test_names_of_an_agency_are_public_at_once() -> None:
    for event in (AgencyRegistered, SectionOpened, ChannelRegistered, CategorySchemeAdopted, ReviewPolicyAdopted):
        assert event.SEALS == event.CLEARS == ("text",)
