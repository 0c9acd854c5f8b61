"""Every identity holds of a table that it allows, is broken by one that it forbids, and stays open without a number."""

import pytest

from archive.domain.codes import AgencyLevel
from archive.reports.checks import BEFORE, carried, checked
from archive.reports.form import Form, Identity, forms

IDENTITIES = [
    pytest.param(form, identity, id=f"{form.form}-{identity.id}-{number}")
    for form in forms().values()
    for number, identity in enumerate(form.identities)
]


def alone(form: Form, identity: Identity, values: dict[str, int | None]) -> list[str]:
    """The states of one identity where every other number is 0, in a year and at a level that it applies to."""
    checks = checked(
        form,
        lambda term: values.get(term, 0),
        year=max(form.first_year, identity.first_year or 0),
        level=identity.levels[0] if identity.levels else None,
    )
    return [check.state for check in checks if (check.id, check.zh) == (identity.id, identity.zh)]


@pytest.mark.parametrize("form, identity", IDENTITIES)
def test_an_identity_can_hold_be_broken_and_stay_open(form: Form, identity: Identity) -> None:
    held = ["holds"] * len(identity.each)
    assert alone(form, identity, {}) == held
    for number, each in enumerate(identity.each):
        term = identity.left[0].replace("{each}", each)
        key, wrong = term.removeprefix("-"), -1 if term.startswith("-") else 1
        assert alone(form, identity, {key: wrong}) == [*held[:number], "broken", *held[number + 1 :]]
        assert alone(form, identity, {key: None})[number] == "open"


@pytest.mark.parametrize("form, identity", IDENTITIES)
def test_an_identity_counts_every_term_once(form: Form, identity: Identity) -> None:
    # Whichever term on the right is raised, the left must rise with it; a bound allows the rise.
    each = identity.each[0]
    left = identity.left[0].replace("{each}", each)
    for term in identity.right:
        key, sign = term.removeprefix("-").replace("{each}", each), -1 if term.startswith("-") else 1
        state = alone(form, identity, {key: sign})[0]
        assert state == ("broken" if identity.relation == "=" else "holds")
        assert alone(form, identity, {key: sign, left.removeprefix("-"): -1 if left[0] == "-" else 1})[0] == "holds"


def test_an_identity_of_later_years_or_of_other_agencies_is_not_asked() -> None:
    form = forms()["2021"]
    asked: tuple[tuple[int, AgencyLevel], ...] = ((2023, "county"), (2024, "province"))
    ids = {
        (year, level): {one.id for one in checked(form, lambda _: 0, year=year, level=level)} for year, level in asked
    }
    assert "I-C10" in ids[2023, "county"]
    assert "I-C12" not in ids[2023, "county"]
    assert "I-C10" not in ids[2024, "province"]
    assert "I-C12" in ids[2024, "province"]


# --- what was filed for the year before -----------------------------------------------------------------------------------
CARRIED = [
    pytest.param(form, identity, id=f"{form.form}-{identity.id}-{number}")
    for form in forms().values()
    for number, identity in enumerate(form.identities)
    if any(
        term.endswith(BEFORE) and not term.lstrip("-").startswith("measure:")
        for term in (*identity.left, *identity.right)
    )
]


@pytest.mark.parametrize("form, identity", CARRIED)
def test_what_is_taken_over_is_checked_with_what_was_filed(form: Form, identity: Identity) -> None:
    def state(filed: dict[str, int], explained: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
        found = carried(
            form,
            lambda _: 0,
            filed,
            year=max(form.first_year, identity.first_year or 0),
            level=identity.levels[0] if identity.levels else None,
            explained=explained,
        )
        return [(one.id, one.state, one.severity) for one in found if one.zh.startswith(identity.zh)]

    each = identity.each[0]
    keys = {
        term.removeprefix("-").replace("{each}", each).removesuffix(BEFORE)
        for term in (*identity.left, *identity.right)
        if term.endswith(BEFORE)
    }
    name = f"{identity.id}-filed"
    assert state({}) == []
    assert state(dict.fromkeys(keys, 0))[:1] == [(name, "holds", identity.severity)]
    assert state(dict.fromkeys(keys, 1))[:1] == [(name, "broken", identity.severity)]
    assert state(dict.fromkeys(keys, 1), (identity.id,))[:1] == [(name, "broken", "warning")]
    assert state(dict.fromkeys(keys, 0), (identity.id,))[:1] == [(name, "holds", identity.severity)]
