"""Erasure as a rule: which seals it names, and what it refuses."""

from datetime import date

import pytest

from archive.domain import commands as rules
from archive.domain import erasures
from archive.domain.codes import Event
from archive.domain.erasures import Basis, Erase, Erased, PersonalDataAccepted
from archive.domain.errors import Refused
from archive.domain.events import STREAMS, kinds_of
from archive.domain.items import ItemRevised
from archive.domain.kinds import KINDS
from archive.domain.request_intake import RequestReceivedV1, received_v2
from domain.scenario import text_seal

ITEM = f"item-{'1' * 32}"


def erase(field: str = "text", basis: Basis = "pipl-47-3") -> Erase:
    return Erase(id="e" * 32, by="role:administrator", stream=ITEM, field=field, basis=basis)


def revised(*numbers: int) -> list[Event]:
    return [ItemRevised(text=text_seal(number)) for number in numbers]


def decided(history: list[Event], command: Erase) -> tuple[Event, ...]:
    return erasures.decide(history, command, erasable=("text", "link"))


def test_an_erasure_names_every_seal_of_the_class_once() -> None:
    assert decided(revised(1, 2, 1), erase()) == (
        Erased(field="text", seals=[text_seal(1), text_seal(2)], basis="pipl-47-3"),
    )


def test_what_was_erased_before_is_not_named_again() -> None:
    before = Erased(field="text", seals=[text_seal(1)], basis="court-order")
    assert decided([*revised(1), before, *revised(2)], erase()) == (
        Erased(field="text", seals=[text_seal(2)], basis="pipl-47-3"),
    )


def test_more_seals_than_an_entry_holds_make_several_events() -> None:
    history: list[Event] = [ItemRevised(text="s1:" + f"{number:042}" + "A") for number in range(erasures.MAX_SEALS + 1)]
    first, second = decided(history, erase())
    assert isinstance(first, Erased)
    assert isinstance(second, Erased)
    assert (len(first.seals), len(second.seals)) == (erasures.MAX_SEALS, 1)


def test_an_event_of_an_older_version_has_nothing_to_erase() -> None:
    old = received_v2(
        RequestReceivedV1(
            agency=f"agency-{'2' * 32}",
            received_on=date(2018, 9, 3),
            channel="letter",
            applicant_kind="natural-person",
        )
    )
    with pytest.raises(Refused) as refused:
        decided([old], erase())
    assert refused.value.code == "ERA-003"
    assert decided([old, *revised(1)], erase()) == (Erased(field="text", seals=[text_seal(1)], basis="pipl-47-3"),)


@pytest.mark.parametrize(
    "history, command, code",
    [
        (revised(1), erase("data"), "ERA-001"),
        (revised(1), erase("person"), "ERA-001"),
        ([], erase(), "ERA-002"),
        (revised(1), erase("link"), "ERA-003"),
        ([*revised(1), *decided(revised(1), erase())], erase(), "ERA-003"),
    ],
)
def test_an_erasure_of_nothing_is_refused(history: list[Event], command: Erase, code: str) -> None:
    with pytest.raises(Refused) as refused:
        decided(history, command)
    assert refused.value.code == code


def test_every_kind_with_sealed_text_can_be_erased_and_no_other() -> None:
    for kind, events in STREAMS.items():
        sealed = any(event.SEALS for event in events)
        assert (kind in kinds_of(Erased)) is sealed
        assert (kind in kinds_of(PersonalDataAccepted)) is sealed


@pytest.mark.parametrize("kind", KINDS)
def test_no_state_depends_on_what_any_stream_may_hold(kind: str) -> None:
    for event in (
        Erased(field="text", seals=[text_seal(1)], basis="pipl-47-1"),
        PersonalDataAccepted(field="text", kinds=["email"], reason="office-contact"),
    ):
        assert rules.evolve(kind, None, event) is None
