"""`archive checkpoint` and `archive prove`: what is signed, shown and proven, and what is not."""

from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.note import VerifierKey
from archive.merkle.proof import check_consistency
from archive.merkle.proof_file import check_proof_file
from audit.tampering import changing
from cli.conftest import ORIGIN, Said

Archive = Callable[..., Said]


@pytest.fixture
def signed(asked: Archive) -> list[dict[str, object]]:
    """Three checkpoints: of the empty archive, and after each of two commands."""
    for number in (1, 2):
        assert (
            asked("agency", "register", "--level", "county", "--region", "421202", "--name", f"示例局{number}").code
            == 0
        )
        assert asked("checkpoint", "sign").code == 0
    listed: list[dict[str, object]] = asked("checkpoint", "list").json
    return listed


def key_of(asked: Archive) -> VerifierKey:
    return VerifierKey.parse(asked("checkpoint", "key").json["verifiers"][0])


def test_what_is_signed_is_shown_as_it_was_signed(
    asked: Archive, cli: Archive, signed: list[dict[str, object]]
) -> None:
    assert [one["size"] for one in signed] == [0, 1, 2]
    for one in signed:
        size = one["size"]
        note = cli("checkpoint", "show", "--covering", str(size)).out.encode()
        opened = open_checkpoint(note, origin=ORIGIN, keys=[key_of(asked)])
        assert (opened.checkpoint.size, note.decode()) == (size, one["note"])
    assert cli("checkpoint", "show").out == signed[-1]["note"]
    assert asked("checkpoint", "key").json["tree"] == f"2 {signed[-1]['root']}"
    beyond = asked("checkpoint", "show", "--covering", "3")
    assert (beyond.code, beyond.error["code"]) == (5, "NTY-008")


def test_what_is_printed_is_what_an_audit_expects(
    asked: Archive, cli: Archive, signed: list[dict[str, object]]
) -> None:
    _, tree = cli("checkpoint", "key").out.splitlines()
    assert signed[-1]["root"] == tree.split()[1]
    assert asked("audit", "check", "--expect", tree).code == 0


def test_a_receipt_is_checked_without_the_archive(
    asked: Archive, cli: Archive, signed: list[dict[str, object]]
) -> None:
    for position in (1, 2):
        entry = cli("log", "show", str(position)).out.removesuffix("\n").encode()
        raw = cli("prove", "inclusion", str(position)).out.encode()
        proof, checkpoint = check_proof_file(raw, entry, origin=ORIGIN, keys=[key_of(asked)])
        assert (proof.leaf, checkpoint.checkpoint.size) == (position - 1, signed[-1]["size"])
    refused = asked("prove", "inclusion", "3")
    assert (refused.code, refused.error["code"]) == (5, "NTY-008")


def test_a_consistency_proof_is_checked_without_the_archive(asked: Archive, signed: list[dict[str, object]]) -> None:
    proof = asked("prove", "consistency", "1", "2").json
    assert [proof["fromRoot"], proof["toRoot"]] == [one["root"] for one in signed[1:]]
    roots = [b64decode(proof[name]) for name in ("fromRoot", "toRoot")]
    check_consistency(1, 2, old_root=roots[0], new_root=roots[1], proof=[b64decode(one) for one in proof["path"]])
    for old, new in (("2", "1"), ("1", "3")):
        refused = asked("prove", "consistency", old, new)
        assert (refused.code, refused.error["code"]) == (5, "NTY-008")


def test_what_was_cut_off_is_not_signed(asked: Archive, folder: Path, signed: list[dict[str, object]]) -> None:
    with changing(folder / "log.sqlite") as db:
        db.execute("DELETE FROM entries WHERE position = 2")
    for path in (folder / "projections").glob("*"):
        path.unlink()
    refused = asked("checkpoint", "sign")
    assert (refused.code, refused.error["code"]) == (4, "NTY-003")
    assert asked("checkpoint", "list").json == signed


def test_a_rotation_ends_with_the_new_key(asked: Archive, signed: list[dict[str, object]]) -> None:
    assert signed
    old = key_of(asked)
    new = VerifierKey.parse(asked("checkpoint", "add-key").json["vkey"])
    for name in ("示例三局", "示例四局"):
        asked("agency", "register", "--level", "county", "--region", "421202", "--name", name)
        note = asked("checkpoint", "sign").json["note"].encode()
        open_checkpoint(note, origin=ORIGIN, keys=[new])
        if name == "示例三局":
            open_checkpoint(note, origin=ORIGIN, keys=[old])
            assert asked("checkpoint", "retire-key", old.key_id.hex()).json == {"retired": str(old)}
    assert asked("checkpoint", "key").json["keys"] == [
        {"vkey": str(old), "fromSize": 0, "untilSize": 4},
        {"vkey": str(new), "fromSize": 3, "untilSize": None},
    ]


def test_a_lost_memory_is_taken_from_a_note(
    asked: Archive, folder: Path, tmp_path: Path, signed: list[dict[str, object]]
) -> None:
    newest = tmp_path / "newest.txt"
    newest.write_text(str(signed[-1]["note"]), encoding="utf-8")
    promise = folder.with_name("home.notary") / "promise"
    promise.unlink()
    refused = asked("checkpoint", "sign")
    assert (refused.code, refused.error["code"]) == (4, "NTY-002")
    newest.with_suffix(".bad").write_text(str(signed[-1]["note"]).replace("2\n", "9\n"), encoding="utf-8")
    bad = asked("checkpoint", "adopt", str(newest.with_suffix(".bad")))
    assert (bad.code, bad.error["code"]) == (4, "NTE-006")
    assert asked("checkpoint", "adopt", str(newest)).json == {"size": 2}
    assert asked("checkpoint", "sign").json["size"] == 2
    assert asked("checkpoint", "adopt", str(newest)).error["code"] == "NTY-013"


def test_a_home_whose_notary_is_elsewhere_signs_nothing(asked: Archive, folder: Path, tmp_path: Path) -> None:
    folder.with_name("home.notary").rename(tmp_path / "elsewhere")
    refused = asked("checkpoint", "sign")
    assert (refused.code, refused.error["code"]) == (5, "NTY-001")
    with (folder / "archive.toml").open("a", encoding="utf-8") as file:
        file.write('notary = "unix:../notary.sock"\n')
    refused = asked("checkpoint", "sign")
    assert (refused.code, refused.error["code"]) == (6, "NTY-009")
    refused = asked("checkpoint", "add-key")
    assert (refused.code, refused.error["code"]) == (5, "NTY-001")
