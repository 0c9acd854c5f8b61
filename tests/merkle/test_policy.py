"""Policies: what is enough, and what is no policy."""

import itertools

import pytest

from archive.merkle.cosignature import WitnessKey
from archive.merkle.policy import MAX_BYTES, parse_policy
from merkle.notes import LOG, NEWER, STRANGER, WITNESS
from merkle.refusals import refusal

KEYS = {
    name: WitnessKey(f"{name.lower()}.example", bytes([number]) * 32)
    for number, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"), 1)
}
WITNESSES = "".join(f"witness {name} {key}\n" for name, key in KEYS.items())
# The example of the specification.
EXAMPLE = f"""log {LOG.verifier}

{WITNESSES}
  # two levels
group X-witnesses 2 X1 X2 X3
group Y-witnesses\tany Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_quorum_of_two_levels_is_met_by_exactly_those_who_are_enough() -> None:
    policy = parse_policy(EXAMPLE.encode())
    assert policy.logs == (LOG.verifier,)
    assert {one.name: one.key for one in policy.witnesses} == KEYS
    for count in range(len(KEYS) + 1):
        for signed in itertools.combinations(KEYS, count):
            enough = sum(one.startswith("X") for one in signed) >= 2 and any(one.startswith("Y") for one in signed)
            assert policy.is_met(signed) is enough, signed


def test_quorum_of_one_and_of_none() -> None:
    one = parse_policy(f"{WITNESSES}quorum X2".encode())
    assert (one.is_met(["X1"]), one.is_met(["X2"])) == (False, True)
    none = parse_policy(b"\n \t\nquorum none\n")
    assert (none.witnesses, none.is_met([])) == ((), True)


def test_addresses_and_names_that_are_not_ascii_are_kept() -> None:
    policy = parse_policy(f"witness 审计署 {KEYS['X1']} https://审计.example/w\nquorum 审计署\n".encode())
    assert (policy.witnesses[0].name, policy.witnesses[0].url) == ("审计署", "https://审计.example/w")
    assert policy.is_met({"审计署"})
    assert parse_policy(b"witness \xff\xfe " + str(KEYS["X1"]).encode() + b"\nquorum \xff\xfe\n").witnesses


@pytest.mark.parametrize(
    "line",
    [
        "wtness X1",
        "quorum",
        "quorum A B",
        "quorum X9",
        "witness X1",
        f"witness X1 {WITNESS.verifier}",
        f"witness none {KEYS['X1']}",
        f"witness X9 {KEYS['X1']} a b",
        f"witness X1 {WitnessKey('new.example', bytes(32))}",
        f"witness X9 {WitnessKey('other.example', KEYS['X1'].public)}",
        f"log {KEYS['X1']}",
        f"log {LOG.verifier} a b",
        f"log {LOG.verifier}\nlog {LOG.verifier}",
        "group G 1",
        "group G 0 X1",
        "group G 3 X1 X2",
        "group G 01 X1",
        "group G some X1",
        "group G all X1 X1",
        "group G all G",
        "group G all none",
        "group G all later\ngroup later all X1",
        "group X1 all X2",
        "group none all X2",
        "group G any X1\ngroup H any X1",
        "log\x00",
        "# a comment\r",
        "quorum X1\nquorum X1",
    ],
)
def test_line_that_is_none_is_refused_by_its_number(line: str) -> None:
    first = WITNESSES.count("\n") + 1
    wrong = "\n" in line and not line.startswith("group G all later")
    code, facts = refusal(lambda: parse_policy(f"{WITNESSES}{line}\nquorum none\n".encode()))
    assert (code, facts) == ("POL-001", {"line": first + wrong})


def test_policy_without_a_quorum_or_too_long_is_refused() -> None:
    for raw in (b"", WITNESSES.encode(), b"\n" * (MAX_BYTES + 1)):
        assert refusal(lambda raw=raw: parse_policy(raw))[0] == "POL-002"  # type: ignore[misc] # a closure over what turns
    assert parse_policy(f"log {NEWER.verifier}\nlog {STRANGER.verifier} https://log.example\nquorum none".encode())
