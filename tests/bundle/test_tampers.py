"""Each way to falsify a bundle, and what must notice it; and what nothing inside a bundle can notice.

The first table changes files and leaves signatures as they are. The second is the owner's: entries are changed, the tree
is built anew and everything is signed again, so that only rules of the log, other parts of the bundle, or something that
was kept outside are left to notice it.
"""

import json
import re
import zipfile
from argparse import Namespace
from base64 import b64encode
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.domain.seals import seal
from archive.merkle.checkpoint import Checkpoint, print_checkpoint
from archive.merkle.note import SignerKey, signed_note
from archive.merkle.tiles import Bundle, decode_bundle, encode_bundle
from bundle.conftest import ERASED, FIRST, HIDDEN
from bundle.made import KEY, OTHER_KEY, SCRIPT, Json, Made, canonical, line, verified
from stories import ORIGIN, item_id, request_id

Files = dict[str, bytes]
FIRST_BUNDLE = "tile/entries/000"
SALT = bytes(range(32))


# --- files changed, signatures as they were -----------------------------------------------------------------------------
def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {path: raw for path, raw in files.items() if path != name}


def flipped(name: str, at: int) -> Callable[[Files], Files]:
    def tamper(files: Files) -> Files:
        raw = bytearray(files[name])
        raw[at] ^= 1
        return {**files, name: bytes(raw)}

    return tamper


def lines_of(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], Files]:
    return lambda files: {**files, name: b"".join(change(files[name].splitlines(keepends=True)))}


def entries_of(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], Files]:
    def tamper(files: Files) -> Files:
        return {
            **files,
            FIRST_BUNDLE: encode_bundle(change(decode_bundle(Bundle(0, 256), files[FIRST_BUNDLE]))),
        }

    return tamper


def another_note(files: Files, size: int, *, key: SignerKey = KEY, origin: str = ORIGIN) -> bytes:
    return signed_note(print_checkpoint(Checkpoint(origin, size, b"\x07" * 32)), [key])


def listed(files: Files, at: int, *, size: int) -> Files:
    """Another checkpoint of that size after a line of the list, signed by the log's own key."""
    root = b64encode(b"\x07" * 32).decode()
    before = json.loads(files["checkpoints.jsonl"].splitlines()[at])
    told = {"size": size, "root": root, "signedAt": before["signedAt"], "note": another_note(files, size).decode()}
    return lines_of("checkpoints.jsonl", lambda lines: [*lines[: at + 1], line(told), *lines[at + 1 :]])(files)


def noted(change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: {**files, "checkpoint": change(files["checkpoint"])}


def relabelled(pattern: str, by: str) -> Callable[[Files], Files]:
    """The text of the newest note changed and signed again by the log's key, as no log should."""

    def tamper(files: Files) -> Files:
        text = files["checkpoint"].rpartition(b"\n\n")[0].decode() + "\n"
        return {**files, "checkpoint": signed_note(re.sub(pattern, by, text, count=1).encode(), [KEY])}

    return tamper


UNSIGNED: dict[str, tuple[Callable[[Files], Files], set[str]]] = {
    "a bit of an entry": (flipped(FIRST_BUNDLE, 40), {"tile", "root"}),
    "the length of an entry": (flipped(FIRST_BUNDLE, 1), {"bundle"}),
    "an entry left out": (entries_of(lambda all_: all_[1:]), {"bundle"}),
    "an entry more": (entries_of(lambda all_: [*all_, all_[-1]]), {"bundle"}),
    "two entries swapped": (entries_of(lambda all_: [*all_[:8], all_[9], all_[8], *all_[10:]]), {"tile", "root"}),
    "an entry in another's place": (entries_of(lambda all_: [*all_[:8], all_[3], *all_[9:]]), {"tile", "root", "chain"}),
    "a bundle that breaks off": (lambda files: {**files, FIRST_BUNDLE: files[FIRST_BUNDLE][:-1]}, {"bundle"}),
    "a bundle without an end": (lambda files: {**files, FIRST_BUNDLE: bytes(2 * 70_000)}, {"bundle"}),
    "a bundle too large": (lambda files: {**files, FIRST_BUNDLE: bytes(256 * 65_538)}, {"unreadable"}),
    "no bundle": (without(FIRST_BUNDLE), {"missing"}),
    "bundles swapped": (
        lambda files: {**files, FIRST_BUNDLE: files["tile/entries/001.p/130"]},
        {"bundle"},
    ),
    "a bit of a tile": (flipped("tile/0/000", 5_000), {"tile"}),
    "a bit of the tile above": (flipped("tile/1/000.p/1", 3), {"tile"}),
    "a tile that breaks off": (lambda files: {**files, "tile/0/000": files["tile/0/000"][:-32]}, {"tile"}),
    "no tile": (without("tile/1/000.p/1"), {"missing"}),
    "a tile of more than is signed": (lambda files: {**files, "tile/0/001.p/131": bytes(131 * 32)}, {"surplus"}),
    "a tile above the root": (lambda files: {**files, "tile/2/000.p/1": bytes(32)}, {"surplus"}),
    "a second path of a tile": (lambda files: {**files, "tile/0/x000/000": files["tile/0/000"]}, {"surplus"}),
    "no checkpoint": (without("checkpoint"), {"missing"}),
    "a checkpoint for another root": (noted(lambda raw: raw.replace(b"386\nr", b"386\ns", 1)), {"signature", "root", "list"}),
    "a signature of something else": (
        lambda files: {
            **files,
            "checkpoint": files["checkpoint"].rpartition(b"\n\n")[0]
            + b"\n\n"
            + json.loads(files["checkpoints.jsonl"].splitlines()[0])["note"].encode().rpartition(b"\n\n")[2],
        },
        {"signature"},
    ),
    "a checkpoint of another key": (
        lambda files: {**files, "checkpoint": another_note(files, 386, key=OTHER_KEY)},
        {"unsigned", "root", "list"},
    ),
    "a checkpoint of another log": (
        lambda files: {**files, "checkpoint": another_note(files, 386, origin="another.example/log")},
        {"origin", "root", "list"},
    ),
    "an older checkpoint put forward": (
        lambda files: {
            **files,
            "checkpoint": json.loads(files["checkpoints.jsonl"].splitlines()[3])["note"].encode(),
        },
        {"cut-off", "list", "missing"},
    ),
    "a note with CRLF": (noted(lambda raw: raw.replace(b"\n", b"\r\n")), {"note"}),
    "a note without its last newline": (noted(lambda raw: raw[:-1]), {"note"}),
    "a note that is not UTF-8": (noted(lambda raw: b"\xff" + raw), {"note"}),
    "a note without signatures": (noted(lambda raw: raw.partition(b"\n\n")[0] + b"\n"), {"note"}),
    "a size with a zero before it": (relabelled("386", "0386"), {"note"}),
    "a root that is none": (relabelled("386\n.", "386\n"), {"note"}),
    "no list of checkpoints": (without("checkpoints.jsonl"), {"missing"}),
    "a list without its last line": (lines_of("checkpoints.jsonl", lambda all_: all_[:-1]), {"list"}),
    "an empty list": (lines_of("checkpoints.jsonl", lambda _: []), {"list"}),
    "a list in another order": (lines_of("checkpoints.jsonl", lambda all_: [all_[2], *all_]), {"list"}),
    "a line that is no JSON": (lines_of("checkpoints.jsonl", lambda all_: [b"{\n", *all_]), {"list"}),
    "a line without its moment": (
        lines_of("checkpoints.jsonl", lambda all_: [re.sub(rb'2018-12-10T[0-9:.]+Z', b"", all_[0]), *all_[1:]]),
        {"list"},
    ),
    "a line that says another root": (
        lines_of("checkpoints.jsonl", lambda all_: [re.sub(rb'"root": "....', b'"root": "AAAA', all_[0]), *all_[1:]]),
        {"list"},
    ),
    "two roots of one size": (lambda files: listed(files, 1, size=100), {"fork", "root"}),
    "a root that never was": (lambda files: listed(files, 1, size=101), {"root"}),
    "a root beyond the end": (lambda files: listed(files, 5, size=400), {"cut-off", "list"}),
    "no openings": (without("openings.jsonl"), {"missing"}),
    "no numbers": (without("answers/counts.json"), {"missing"}),
    "numbers that are none": (lambda files: {**files, "answers/counts.json": b"[1]"}, {"answers"}),
    "rules that make less public": (
        lambda files: {**files, "rules/events.json": files["rules/events.json"].replace(b'["text", "link"]', b'["text"]')},
        {"rules"},
    ),
    "rules that make more public": (
        lambda files: {**files, "rules/events.json": b'{"x.v1": {"clears": ["text"]}}'},
        {"rules"},
    ),
    "rules that are none": (lambda files: {**files, "rules/events.json": b"[]"}, {"answers"}),
    "an endless line": (lambda files: {**files, "openings.jsonl": b"1" * 1_000_002}, {"unreadable", "withheld"}),
}  # fmt: skip


@pytest.mark.parametrize("tamper", UNSIGNED)
def test_a_changed_file_is_noticed(tamper: str, files: Files, tmp_path: Path) -> None:
    change, codes = UNSIGNED[tamper]
    said = verified(change(files), tmp_path)
    assert said.code == 4
    assert said.codes >= codes, said.out
    # What follows from a change of entries is many things; a change of a signed list or a number is one.
    if not codes & {"tile", "root", "missing", "unreadable"}:
        assert said.codes == codes, said.out


def test_a_zip_file_that_holds_a_file_twice_is_noticed(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for name, raw in files.items():
            bundle.writestr(name, raw)
        with pytest.warns(UserWarning, match="Duplicate name"):
            bundle.writestr("checkpoint", files["checkpoint"])
    assert verified(path, tmp_path).found == (("-", "twice"),)


def test_a_damaged_zip_file_is_a_finding(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for name, raw in files.items():
            bundle.writestr(name, raw)
    raw = path.read_bytes()
    at = raw.index(files["openings.jsonl"][:100])
    path.write_bytes(raw[:at] + b"!" + raw[at + 1 :])
    assert verified(path, tmp_path).codes >= {"unreadable"}
    path.write_bytes(raw[:1_000])
    assert verified(path, tmp_path).found == (("-", "unreadable"),)


# --- everything built and signed anew -----------------------------------------------------------------------------------
def last_of(made: Made, event_type: str, stream: str = "") -> int:
    return max(
        position
        for position in range(1, len(made.entries) + 1)
        if made.entry(position)["type"] == event_type and made.entry(position)["stream"].startswith(stream)
    )


def changed(event_type: str, stream: str = "", **members: Any) -> Callable[[Made], Made]:  # noqa: ANN401 - Any: members of an entry
    def tamper(made: Made) -> Made:
        position = last_of(made, event_type, stream)
        return made.with_entry(position, {**made.entry(position), **members})

    return tamper


def with_data(event_type: str, stream: str = "", **data: Any) -> Callable[[Made], Made]:  # noqa: ANN401 - Any: data of an entry
    def tamper(made: Made) -> Made:
        entry = made.entry(position := last_of(made, event_type, stream))
        return made.with_entry(position, {**entry, "data": {**entry["data"], **data}})

    return tamper


def raw_entry(change: Callable[[bytes], bytes]) -> Callable[[Made], Made]:
    return lambda made: made.with_entry(50, change(made.entries[49]))


def swapped(made: Made) -> Made:
    one, other = last_of(made, "review-opened", FIRST), last_of(made, "item-published", FIRST)
    raw = made.entries
    return made.with_entry(one, raw[other - 1]).with_entry(other, raw[one - 1])


def inserted(made: Made) -> Made:
    return replace(made, entries=(*made.entries, made.entries[-1]), signed=((len(made.entries) + 1, 120),))


def left_out(made: Made) -> Made:
    at = last_of(made, "item-published", FIRST)
    entries = (*made.entries[: at - 1], *made.entries[at:])
    return replace(made, entries=entries, signed=((len(entries), 120),))


def seal_of_another(made: Made) -> Made:
    entry = made.entry(position := last_of(made, "item-published", item_id(14)))
    other = made.entry(last_of(made, "item-published", FIRST))["seals"]["text"]
    return made.with_entry(position, {**entry, "seals": {**entry["seals"], "text": other}})


def openings(change: Callable[[list[Json]], list[Json]]) -> Callable[[Made], Made]:
    return lambda made: replace(made, openings=tuple(change([*made.openings])))


def of_item(made: Made, item: str, field: str = "text") -> int:
    """Which line opens a text of an item."""
    return next(
        number
        for number, one in enumerate(made.openings)
        if one["field"] == field and made.entry(one["position"])["stream"] == item
    )


def opening(item: str, field: str = "text", **members: object) -> Callable[[Made], Made]:
    def tamper(made: Made) -> Made:
        at = of_item(made, item, field)
        told = {**made.openings[at], **members}
        return replace(made, openings=(*made.openings[:at], told, *made.openings[at + 1 :]))

    return tamper


def no_opening(item: str, field: str = "text") -> Callable[[Made], Made]:
    def tamper(made: Made) -> Made:
        at = of_item(made, item, field)
        return replace(made, openings=(*made.openings[:at], *made.openings[at + 1 :]))

    return tamper


def opened_draft(made: Made) -> Made:
    """The text of a draft that nobody has published, with a salt that fits."""
    entry = made.entry(position := last_of(made, "item-drafted", item_id(4)))
    told = seal(origin=ORIGIN, stream=entry["stream"], field="text", salt=SALT, value=b"{}")
    made = made.with_entry(position, {**entry, "seals": {"text": told}})
    line_ = {"position": position, "field": "text", "seal": told, "salt": SALT.hex(), "value": "{}"}
    return replace(made, openings=(*made.openings, line_))


def erased_is_opened(made: Made) -> Made:
    at = of_item(made, ERASED)
    told = {name: one for name, one in made.openings[at].items() if name != "erasedAt"}
    told |= {"salt": SALT.hex(), "value": "{}"}
    return replace(made, openings=(*made.openings[:at], told, *made.openings[at + 1 :]))


def number(change: Callable[[list[Json]], list[Json]]) -> Callable[[Made], Made]:
    return lambda made: replace(made, counts=tuple(change([*made.counts])))


def of_measure(rows: list[Json], measure: str, by: str | None = None) -> int:
    return next(at for at, row in enumerate(rows) if row["measure"] == measure and [*row["by"]] == ([by] if by else []))


def one_more(measure: str, by: str | None = None) -> Callable[[Made], Made]:
    def change(rows: list[Json]) -> list[Json]:
        at = of_measure(rows, measure, by)
        return [*rows[:at], {**rows[at], "value": rows[at]["value"] + 1}, *rows[at + 1 :]]

    return number(change)


def one_left_out(measure: str, by: str | None = None) -> Callable[[Made], Made]:
    def change(rows: list[Json]) -> list[Json]:
        at = of_measure(rows, measure, by)
        return [*rows[:at], *rows[at + 1 :]]

    return number(change)


SIGNED_ANEW: dict[str, tuple[Callable[[Made], Made], set[str]]] = {
    "two entries swapped": (swapped, {"chain"}),
    "an entry repeated": (inserted, {"chain", "number"}),
    "an entry left out": (left_out, {"chain"}),
    "an earlier version": (changed("item-published", FIRST, ver=1), {"chain"}),
    "another predecessor": (changed("item-published", FIRST, prev=1), {"chain"}),
    "an entry of another log": (changed("item-published", FIRST, log="another.example/log"), {"log"}),
    "recorded before the entry before": (changed("item-published", item_id(14), at="2018-12-10T03:59:59Z"), {"moment", "back-dated"}),
    "recorded before a tree without it was signed": (
        changed("item-drafted", item_id(14), at="2018-12-10T04:00:01Z"),
        {"back-dated"},
    ),
    "recorded after a tree with it was signed": (
        changed("publication-added", item_id(14), at="2018-12-10T09:00:00Z"),
        {"post-dated"},
    ),
    "on a day that there is not": (changed("item-published", FIRST, at="2018-13-41T04:00:00Z"), {"canonical"}),
    "free text": (with_data("section-opened", section="张三的申请"), {"text"}),
    "free text in ASCII": (with_data("section-opened", section="Zhang San"), {"text"}),
    "a number that is no whole one": (with_data("item-drafted", pages=1.5), {"canonical"}),
    "a number too large": (with_data("item-drafted", pages=2**53), {"canonical"}),
    "null": (with_data("item-drafted", pages=None), {"canonical"}),
    "a name in capitals": (with_data("item-drafted", Pages=1), {"canonical"}),
    "a string that is not NFC": (with_data("section-opened", section="e\u0301"), {"canonical"}),
    "a member more": (changed("item-drafted", pages=1), {"canonical"}),
    "a seal that is none": (changed("section-opened", seals={"text": "s1:x"}), {"canonical"}),
    "spaces": (raw_entry(lambda raw: raw.replace(b":", b": ", 1)), {"canonical"}),
    "a member twice": (raw_entry(lambda raw: raw.replace(b"{", b'{"at":"2018-12-10T04:00:00Z",', 1)), {"canonical"}),
    "members in another order": (
        raw_entry(lambda raw: json.dumps(dict(reversed(json.loads(raw).items())), separators=(",", ":")).encode()),
        {"canonical"},
    ),
    "no JSON": (raw_entry(lambda _: b"{"), {"canonical"}),
    "JSON without end": (raw_entry(lambda _: b"[" * 30_000), {"canonical"}),
    "a number of many digits": (raw_entry(lambda _: b'{"at":' + b"9" * 20_000 + b"}"), {"canonical"}),
    "a list": (raw_entry(lambda _: b"[]"), {"canonical"}),
    "nothing": (raw_entry(lambda _: b""), {"canonical"}),
    "too long": (raw_entry(lambda raw: canonical({**json.loads(raw), "data": {"a": ["b" * 100] * 400}})), {"canonical"}),
    "data of another type": (with_data("item-published", categories="approval"), {"canonical", "number"}),
    "data of a type that no table takes": (with_data("channel-registered", channel=["site"]), {"canonical"}),
    "a ground that is a list": (with_data("item-withdrawn", ground=["x"]), {"canonical"}),
    "the seal of another stream": (seal_of_another, {"seal-moved"}),
    "a text that was not sealed": (opening(FIRST, value='{"title":"x"}'), {"seal"}),
    "another salt": (opening(FIRST, salt=SALT.hex()), {"seal"}),
    "a shorter salt": (opening(FIRST, salt="00"), {"seal"}),
    "an opening of another entry": (opening(FIRST, position=2), {"opening", "withheld"}),
    "an opening of a seal that nobody carries": (opening(FIRST, seal="s1:" + "A" * 43), {"opening", "withheld"}),
    "an opening of another field": (openings(lambda all_: [{**all_[0], "field": "link"}, *all_[1:]]), {"opening", "withheld"}),
    "an opening twice": (openings(lambda all_: [*all_, all_[0]]), {"opening"}),
    "an opening with a member more": (opening(FIRST, note="x"), {"opening", "withheld"}),
    "an opening withheld": (no_opening(FIRST), {"withheld"}),
    "a name withheld": (openings(lambda all_: all_[1:]), {"withheld"}),
    "a draft opened": (opened_draft, {"not-cleared"}),
    "an erased text opened": (erased_is_opened, {"seal", "still-there"}),
    "an erasure by another entry": (opening(ERASED, erasedAt=3), {"erasure"}),
    "an erasure that never was": (
        openings(
            lambda all_: [
                *({**{k: one[k] for k in ("position", "field", "seal")}, "erasedAt": 300} for one in all_[:1]),
                *all_[1:],
            ]
        ),
        {"erasure", "withheld"},
    ),
    "an erasure of another stream's seal": (with_data("erased", seals=["s1:" + "A" * 43]), {"erased-what"}),
    "an erasure of another field": (with_data("erased", field="link"), {"erased-what"}),
    "a number of items": (one_more("proactive.items_total"), {"number"}),
    "a number of a category": (one_more("proactive.items_total", "CATEGORY"), {"number"}),
    "a number of a channel": (one_more("channels.gazette", "CHANNEL"), {"number"}),
    "a number of requests": (one_more("requests.received", "APPLICANT_KIND"), {"number"}),
    "a number left out": (one_left_out("requests.received_online"), {"number"}),
    "a number of a month left out": (one_left_out("proactive.items_total", "MONTH"), {"number"}),
    "a number that is not whole": (
        number(lambda rows: [{**rows[0], "value": rows[0]["value"] + 0.5}, *rows[1:]]),
        {"answers"},
    ),
    "a number twice": (number(lambda rows: [*rows, rows[of_measure(rows, "proactive.items_total")]]), {"answers"}),
    "an item in another category": (
        with_data("item-published", item_id(3), categories=[{"scheme": "genre", "code": "notice"}]),
        {"number"},
    ),
    "a request of another year": (with_data("request-received", request_id(1), received_on="2017-09-03"), {"number"}),
    "an item of another year": (with_data("item-published", FIRST, published_on="2017-03-14"), {"number"}),
    "the hidden item restored on paper": (changed("item-withdrawn", HIDDEN, type="item-restored"), {"withheld"}),
}  # fmt: skip


@pytest.mark.parametrize("tamper", SIGNED_ANEW)
def test_what_an_owner_signs_anew_is_noticed_by_the_rules_of_the_log(
    tamper: str, made: Made, files: Files, tmp_path: Path
) -> None:
    change, codes = SIGNED_ANEW[tamper]
    tampered = change(made)
    said = verified(tampered.files(), tmp_path)
    assert said.code == 4
    # An entry that is none, or one that its stream does not know, takes numbers and openings with it.
    also = (
        {"chain", "number", "opening", "withheld", "canonical", "not-cleared"}
        if codes & {"canonical", "chain", "text", "log"}
        else set()
    )
    if codes & {"seal-moved", "erased-what"}:
        also = {"opening", "erasure", "withheld", "seal", "not-cleared"}
    assert codes <= said.codes <= codes | also, said.out
    # What is only appended is an extension of what was kept.
    if tampered.entries[: len(made.entries)] != made.entries:
        (tmp_path / "kept").write_bytes(files["checkpoint"])
        for words in (["--expect", made.head(len(made.entries))], ["--against", str(tmp_path / "kept")]):
            outside = verified(tampered.files(), tmp_path, *words)
            assert outside.codes - said.codes <= {"root", "cut-off"}
            assert outside.codes & {"root", "cut-off"}, outside.out


# --- what is not noticed from inside ------------------------------------------------------------------------------------
def test_a_history_that_its_owner_wrote_anew_is_noticed_only_with_what_was_kept_outside(
    made: Made, files: Files, tmp_path: Path
) -> None:
    """Goal: nobody mistakes one check for enough. Method: a sound log that is another one."""
    other = with_data("section-opened", section="another")(made)
    shorter = replace(
        made,
        entries=made.entries[:300],
        openings=tuple(one for one in made.openings if one["position"] <= 300 and one.get("erasedAt", 0) <= 300),
        counts=(),
        signed=((300, 5),),
    )
    (tmp_path / "kept").write_bytes(files["checkpoint"])
    for forged, code in ((other, "root"), (shorter, "cut-off")):
        # Numbers can be made to fit; here they are left away.
        contents = forged.files()
        assert verified(contents, tmp_path, "--log-only").found == ()
        assert verified(contents, tmp_path, "--log-only", "--against", "kept").codes == {code}
        assert verified(contents, tmp_path, "--log-only", "--expect", made.head(len(made.entries))).codes == {code}
    contents = other.files()
    assert verified(contents, tmp_path).found == ()
    # A root of long ago, from before what was changed, does not help.
    assert verified(contents, tmp_path, "--expect", made.head(1)).found == ()


def test_a_withheld_address_is_not_noticed_because_a_seal_may_be_of_nothing(made: Made, tmp_path: Path) -> None:
    assert verified(no_opening(FIRST, "link")(made).files(), tmp_path).found == ()


def test_a_kept_note_of_another_key_counts_for_nothing(made: Made, files: Files, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(another_note(files, 100, key=OTHER_KEY))
    assert verified(files, tmp_path, "--against", "kept").codes == {"unsigned", "root"}
    assert verified(files, tmp_path, key=str(OTHER_KEY.verifier)).codes == {"unsigned"}
    assert verified(files, tmp_path, key=str(SignerKey("other.example", bytes(range(32))).verifier)).codes >= {"origin"}
    assert verified(files, tmp_path, "--origin", "other.example/log").codes >= {"origin", "log"}


def test_every_finding_has_a_tamper_that_makes_it() -> None:
    told = set(
        re.findall(r'(?m)^    "([a-z-]+)": \(', SCRIPT.read_text(encoding="utf-8").partition("# Beyond them")[0])
    )
    tried = set().union(*(codes for _, codes in [*UNSIGNED.values(), *SIGNED_ANEW.values()]))
    assert told - tried == {"twice"}
    assert tried <= told


@given(data=st.data())
def test_no_bit_of_a_tree_or_its_checkpoint_may_change(
    script: ModuleType, files: Files, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Goal: no part of what is signed is left unchecked. Method: a bit of a file, drawn; the script asked in this process."""
    name = data.draw(st.sampled_from(sorted(one for one in files if one.startswith("tile/") or one == "checkpoint")))
    raw = bytearray(files[name])
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    path = tmp_path_factory.mktemp("bit") / "bundle.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for one, content in {**files, name: bytes(raw)}.items():
            bundle.writestr(one, content)
    given_ = Namespace(bundle=path, origin=None, against=[], expect=[], log_only=True, counts=False)
    findings = script.Findings("en")
    with redirect_stdout(StringIO()):
        script.verify(given_, [script.parse_key(str(KEY.verifier))], findings)
    assert findings.count > 0
