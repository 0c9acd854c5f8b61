"""`archive checkpoint` and `archive prove`: what is signed, shown and proven, and what is not."""

import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.cosignature import WitnessKey
from archive.merkle.note import SignerKey, VerifierKey
from archive.merkle.proof import check_consistency
from archive.merkle.proof_file import check_proof_file
from archive.notary.timestamps import is_of
from cli.conftest import ORIGIN, Said
from notary.authority import new_authority
from notary.witness import WitnessServer, serving
from stories import changing_file

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
    with changing_file(folder / "log.sqlite") as db:
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
    # Every checkpoint is verified by the keys that were in use at its size, and the memory by the one that stays.
    assert asked("audit", "check").json["findings"] == []


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


def test_an_audit_goes_by_a_note_that_was_kept_outside(
    asked: Archive, cli: Archive, folder: Path, tmp_path: Path, signed: list[dict[str, object]]
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(str(signed[1]["note"]), encoding="utf-8")
    vkey = str(key_of(asked))
    sound = asked("audit", "check", "--against", str(kept), "--vkey", vkey)
    assert (sound.code, sound.json["checkpoints"], sound.json["tiles"]) == (0, 3, 1)
    for words, said in (((), True), (("--against", str(kept)), False), (("--vkey", vkey), True)):
        assert ("--against" in cli("audit", "check", *words).out) is said, words
    stranger = str(VerifierKey(ORIGIN, bytes(32)))
    wrong = asked("audit", "check", "--against", str(kept), "--vkey", stranger)
    assert (wrong.code, [one["code"] for one in wrong.json["findings"]]) == (4, ["AUD-049", "AUD-048"])
    for path in folder.glob("checkpoints.sqlite-*"):
        path.unlink()
    with changing_file(folder / "log.sqlite") as db:
        db.execute("DELETE FROM entries WHERE position = 2")
        db.execute("DELETE FROM commands WHERE first_position = 2")
    cut = asked("audit", "check", "--against", str(kept))
    assert (cut.code, {one["code"] for one in cut.json["findings"]}) == (4, {"AUD-031", "AUD-046", "AUD-047"})
    kept.write_text("x", encoding="utf-8")
    refused = asked("audit", "check", "--against", str(kept))
    assert (refused.code, refused.error["code"]) == (4, "NTE-003")


def test_an_audit_without_the_notary_says_that_it_was_not_compared(
    cli: Archive, folder: Path, tmp_path: Path, signed: list[dict[str, object]]
) -> None:
    assert signed
    sentence = "公证人的记忆不在手边"
    assert sentence not in cli("audit", "check").out
    folder.with_name("home.notary").rename(tmp_path / "elsewhere")
    audited = cli("audit", "check")
    assert (audited.code, sentence in audited.out) == (0, True)


def test_witnesses_of_the_policy_are_asked_and_who_is_silent_is_told(
    asked: Archive, cli: Archive, folder: Path
) -> None:
    assert [one["quorum"] for one in asked("checkpoint", "list").json] == []
    assert asked("checkpoint", "sign").json["quorum"] is None
    register = ("agency", "register", "--level", "county", "--region", "421202", "--name")
    with (folder / "archive.toml").open("a", encoding="utf-8") as file:
        file.write('witnesses = "policy"\nwitness_seconds = 5\n')
    assert asked(*register, "示例局").code == 0
    missing = asked("checkpoint", "sign")
    assert (missing.code, missing.error["code"]) == (2, "NTY-014")
    with serving(WitnessServer(SignerKey("w.example", bytes(32)), ORIGIN, [key_of(asked)])) as witness:
        lines = f"witness w {witness.vkey} {witness.url}\nwitness silent {WitnessKey('silent.example', bytes(32))} "
        lines += "http://127.0.0.1:9\n"
        (folder / "policy").write_text(f"{lines}group both all w silent\nquorum w\n", encoding="utf-8")
        signed = asked("checkpoint", "sign")
        assert (signed.code, signed.json["quorum"], [one["code"] for one in signed.json["unsigned"]]) == (
            0,
            True,
            ["NTY-015"],
        )
        note = cli("checkpoint", "show").out.encode()
        opened = open_checkpoint(note, origin=ORIGIN, keys=[key_of(asked)], witnesses=[witness.vkey])
        assert [one.name for one in opened.by_witnesses] == ["w.example"]
        (folder / "policy").write_text(f"{lines}group both all w silent\nquorum both\n", encoding="utf-8")
        assert asked(*register, "示例二局").code == 0
        said = cli("checkpoint", "sign").out
        assert "silent" in said
        assert "见证人不足" in said
    assert [one["quorum"] for one in asked("checkpoint", "list").json] == [None, True, False]
    assert asked("audit", "check").code == 0


def test_time_stamps_are_asked_for_shown_and_written(asked: Archive, folder: Path, tmp_path: Path) -> None:
    missing = asked("checkpoint", "show", "--token", str(tmp_path / "token"))
    assert (missing.code, missing.error["code"]) == (5, "NTY-008")
    with serving(new_authority(tmp_path / "tsa")) as authority:
        with (folder / "archive.toml").open("a", encoding="utf-8") as file:
            file.write(f'tsa = "{authority.url}"\ntsa_certificates = "none.pem"\n')
        wrong = asked("checkpoint", "sign")
        assert (wrong.code, wrong.error["code"]) == (2, "NTY-018")
        (folder / "none.pem").write_bytes(authority.certificates.read_bytes())
        authority.instead = lambda _: (503, b"")
        silent = asked("checkpoint", "sign").json
        assert (silent["stampedAt"], [one["code"] for one in silent["unsigned"]]) == (None, ["NTY-017"])
        assert asked("checkpoint", "show", "--token", str(tmp_path / "token")).error["code"] == "NTY-019"
        authority.instead = None
        stamped = asked("checkpoint", "sign").json
    assert stamped["stampedAt"].endswith("Z")
    shown = asked("checkpoint", "show", "--token", str(tmp_path / "token")).json
    assert shown["stampedAt"] == stamped["stampedAt"] == asked("checkpoint", "list").json[0]["stampedAt"]
    assert is_of((tmp_path / "token").read_bytes(), shown["note"].encode())
    assert asked("audit", "check").code == 0


def test_receipt_of_what_was_never_published_is_refused(asked: Archive, tmp_path: Path) -> None:
    for item, code in (("item-" + "1" * 32, "PRV-001"), ("1" * 32, "USG-002"), ("request-" + "1" * 32, "USG-002")):
        refused = asked("prove", "publication", item, str(tmp_path / "receipt"))
        assert (refused.code, refused.error["code"]) == (5, code)
    assert not (tmp_path / "receipt").exists()


def test_receipt_of_a_publication_is_a_folder_of_files(outside: Archive, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    assert outside("demo", "--dir", str(demo), "--no-serve").code == 0
    listed = outside("--home", str(demo), "log", "show", "1", "--limit", "200").out
    item = re.findall('"stream":"(item-[0-9a-f]{32})"', listed)[0]
    words = ("--home", str(demo), "--json", "prove", "publication", item, str(tmp_path / "receipt"))
    made = outside(*words)
    assert made.code == 0, made.err
    assert sorted(one.name for one in (tmp_path / "receipt").iterdir()) == made.json["files"]
    assert made.json["cleared"] < made.json["shown"] <= made.json["treeSize"]
    again = outside(*words)
    assert (again.code, again.error["code"]) == (3, "LOG-010")
