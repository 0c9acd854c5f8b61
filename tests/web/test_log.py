"""The log as files: a stranger who has nothing but these addresses and a key checks every entry, tile, number and seal."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from api.world import world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.seals import opens
from archive.log.log import Log
from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.note import VerifierKey
from archive.merkle.proof import check_consistency, check_inclusion
from archive.merkle.proof_file import check_proof_file
from archive.merkle.tiles import WIDTH, Bundle, Tile, bundles_of, decode_bundle, tiles_of
from archive.merkle.tree import HASH_BYTES, leaf_row, root_of
from stories import ORIGIN, Home, a_published_item, item_id, tell
from web.conftest import site_of
from web.office import Office, an_office


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    with an_office(home, log, disclosures, writer) as office:
        yield office


def many(office: Office) -> int:
    """More entries than a bundle holds."""
    section = 0
    while office.log.head() <= WIDTH:
        section += 1
        tell(office.writer, [office.clerk.open_section(f"section-{section}")])
    return office.publish().size


# --- a stranger -------------------------------------------------------------------------------------------------------
def test_a_stranger_checks_everything_from_the_files_alone(office: Office) -> None:
    size = many(office)
    (key,) = office.get("/log/vkey").decode().splitlines()
    keys = [VerifierKey.parse(key)]
    checkpoint = open_checkpoint(office.get("/log/checkpoint"), origin=ORIGIN, keys=keys).checkpoint
    assert checkpoint.size == size
    entries: list[bytes] = []
    for bundle in bundles_of(size):
        entries += decode_bundle(bundle, office.get(f"/log/{bundle.path}"))
    assert entries == [row.entry for row in office.log.rows(after=0, limit=size)]
    rows = {0: leaf_row(entries)}
    for tile in tiles_of(size):
        found = office.get(f"/log/{tile.path}")
        row = rows.setdefault(tile.level, b"")
        if tile.level:
            below = rows[tile.level - 1]
            step = WIDTH * HASH_BYTES
            at = tile.number * WIDTH
            row = b"".join(root_of(below[n * step : (n + 1) * step]) for n in range(at, at + tile.width))
            assert found == row
        else:
            assert found == row[tile.number * WIDTH * HASH_BYTES :][: tile.width * HASH_BYTES]
    assert root_of(rows[0]) == checkpoint.root
    for line in office.get("/log/checkpoints.jsonl").splitlines():
        told = json.loads(line)
        older = open_checkpoint(told["note"].encode(), origin=ORIGIN, keys=keys).checkpoint
        assert (older.size, root_of(rows[0][: older.size * HASH_BYTES])) == (told["size"], older.root)
    for position in range(1, size + 1, 37):
        raw = office.get(f"/log/proof/{position}.tlog-proof")
        proof, _ = check_proof_file(raw, entries[position - 1], origin=ORIGIN, keys=keys)
        assert proof.leaf == position - 1


def test_every_open_seal_opens_and_every_text_is_in_the_bundle_that_cleared_it(office: Office) -> None:
    size = many(office)
    cleared: dict[str, dict[str, str]] = {}
    for bundle in bundles_of(size):
        number = bundle.path.removeprefix("tile/entries/")
        for line in office.get(f"/disclosures/cleared/{number}").splitlines():
            told = json.loads(line)
            assert bundle.number * WIDTH < told["clearedAt"] <= bundle.number * WIDTH + bundle.width
            cleared[told["seal"]] = {name: told[name] for name in ("salt", "value")}
    open_ = {}
    for position in range(1, size + 1):
        told = json.loads(office.get(f"/disclosures/{position}"))
        for one in told["seals"]:
            if one["state"] == "OPEN":
                assert opens(
                    one["seal"],
                    origin=ORIGIN,
                    stream=told["stream"],
                    field=one["field"],
                    salt=bytes.fromhex(one["salt"]),
                    value=one["value"].encode(),
                )
                open_[one["seal"]] = {name: one[name] for name in ("salt", "value")}
    assert open_ == cleared
    assert open_


# --- what is not published --------------------------------------------------------------------------------------------
def test_what_is_not_signed_yet_does_not_exist(office: Office) -> None:
    size = office.checkpoints.published()
    tell(office.writer, a_published_item(office.clerk, item_id(9)))
    head = office.world.follow()
    assert head > size
    absent = [
        f"/log/{Bundle(0, size + 1).path}",
        f"/log/{Tile(0, 0, size + 1).path}",
        "/log/tile/0/000",
        "/log/tile/1/000",
        f"/log/proof/{size + 1}.tlog-proof",
        f"/disclosures/{size + 1}",
        f"/disclosures/cleared/000.p/{size + 1}",
        # What never will exist, or is no address at all.
        "/log/tile/0/x001/000.p/1",
        "/log/tile/64/000",
        "/log/tile/0/0",
        "/log/tile/entries/000.p/256",
        "/log/proof/0.tlog-proof",
        f"/log/proof/{10**30}.tlog-proof",
        "/disclosures/0",
        f"/disclosures/{10**30}",
        "/disclosures/cleared/../entries/000",
    ]
    answers = {path: office.site.get(path) for path in absent}
    seen = {
        (one.status_code, one.content, tuple(sorted((k, v) for k, v in one.headers.items() if k != "x-request-id")))
        for path, one in answers.items()
        if ".." not in path
    }
    assert len(seen) == 1, seen
    assert {one.status_code for one in answers.values()} == {404}
    told = office.world.archive(
        f'position head item(by: {{id: "{item_id(9)}"}}) {{ id }} entry(position: {size + 1}) {{ id }}'
    )
    assert told == {"position": size, "head": size, "item": None, "entry": None}
    assert office.world.reason(f"{{ archive(asOf: {{position: {size + 1}}}) {{ position }} }}")[1] == "POSITION_AHEAD"
    assert office.site.get("/").headers["x-log-position"] == str(size)
    assert office.publish().size == head
    assert office.world.archive(f'position item(by: {{id: "{item_id(9)}"}}) {{ id }}') == {
        "position": head,
        "item": {"id": item_id(9)},
    }
    assert office.site.get(absent[0]).status_code == 200


def test_partial_tiles_of_every_published_size_stay(office: Office) -> None:
    first = office.checkpoints.published()
    before = office.get(f"/log/{Tile(0, 0, first).path}")
    size = many(office)
    assert office.get(f"/log/{Tile(0, 0, first).path}") == before
    assert office.get("/log/tile/0/000")[: len(before)] == before
    assert office.get("/log/tile/1/000.p/1") == root_of(office.get("/log/tile/0/000"))
    assert office.get(f"/log/tile/0/001.p/{size - WIDTH}")
    assert office.site.get("/log/tile/0/001").status_code == 404


def test_before_the_first_checkpoint_there_is_nothing(home: Home, log: Log, disclosures: Disclosures) -> None:
    with home.open_checkpoints() as checkpoints, site_of(world_of(home, log, disclosures, checkpoints)) as site:
        assert site.get("/log/checkpoint").status_code == 404
        assert (site.get("/log/vkey").text, site.get("/log/checkpoints.jsonl").text) == ("", "")


def test_a_site_without_checkpoints_has_no_such_files(site: TestClient) -> None:
    for path in ("/log/checkpoint", "/log/vkey", "/log/checkpoints.jsonl", "/log/proof/1.tlog-proof"):
        assert site.get(path).status_code == 404
    assert "x-log-root" not in site.get("/").headers


# --- how it is sent ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path, media_type, cache",
    [
        ("/log/checkpoint", "text/plain; charset=utf-8", "public, max-age=2"),
        ("/log/vkey", "text/plain; charset=utf-8", "public, max-age=5"),
        ("/log/checkpoints.jsonl", "application/jsonl; charset=utf-8", "public, max-age=5"),
        ("/log/tile/0/000.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("/log/tile/entries/000.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("/log/proof/1.tlog-proof", "text/plain; charset=utf-8", "public, max-age=5"),
        ("/disclosures/1", "application/json; charset=utf-8", "public, max-age=5"),
        ("/disclosures/cleared/000.p/1", "application/jsonl; charset=utf-8", "public, max-age=5"),
    ],
)
def test_media_types_and_caching(office: Office, path: str, media_type: str, cache: str) -> None:
    answer = office.site.get(path)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (media_type, cache)
    head = office.site.head(path)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", media_type)
    assert office.site.post(path).status_code == 405
    if etag := answer.headers.get("etag"):
        assert office.site.get(path, headers={"if-none-match": etag}).status_code == 304


@pytest.mark.parametrize("after", ["x", "-1", "1" * 19, "١"])
def test_a_list_after_nothing_that_can_be_counted_is_not_there(office: Office, after: str) -> None:
    assert office.site.get("/log/checkpoints.jsonl", params={"after": after}).status_code == 404


def test_a_list_goes_on_after_a_number(office: Office) -> None:
    many(office)
    lines = office.get("/log/checkpoints.jsonl").splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert office.get(f"/log/checkpoints.jsonl?after={len(lines) - 1}").splitlines() == lines[-1:]
    assert office.get(f"/log/checkpoints.jsonl?after={len(lines)}") == b""


def test_every_answer_says_what_it_can_be_checked_against(office: Office) -> None:
    size = office.checkpoints.published()
    last = office.checkpoints.last()
    assert last is not None
    tell(office.writer, a_published_item(office.clerk, item_id(9)))
    office.publish()
    for path in ("/", "/graphql?query={archive{position}}", "/requests"):
        headers = office.site.get(path).headers
        assert headers["x-log-origin"] == ORIGIN
        assert headers["x-log-root"].split()[0] == headers["x-log-position"] == str(office.log.head())
    past = office.site.get(f"/graphql?query={{archive(asOf:{{position:{size - 1}}}){{position}}}}").headers
    assert (past["x-log-position"], past["x-log-root"].split()[0]) == (str(size - 1), str(size))


# --- GraphQL ----------------------------------------------------------------------------------------------------------
def test_graphql_proves_what_the_files_prove(office: Office) -> None:
    size = many(office)
    first = office.checkpoints.covering(1)
    assert first is not None
    told = office.world.archive(
        "checkpoint { origin size rootHash signedAt note } "
        f"inclusionProof(position: 7) {{ position leafIndex treeSize leafHash rootHash path }} "
        f"consistencyProof(from: {first.size}) {{ from to fromRoot toRoot path }} entry(position: 7) {{ leafHash }}"
    )
    assert told["checkpoint"] == {
        "origin": ORIGIN,
        "size": size,
        "rootHash": told["inclusionProof"]["rootHash"],
        "signedAt": "2018-12-10T04:00:00.000Z",
        "note": office.get("/log/checkpoint").decode(),
    }
    proof = told["inclusionProof"]
    assert (proof["leafIndex"], proof["treeSize"]) == (6, size)
    assert b64decode(proof["leafHash"]).hex() == told["entry"]["leafHash"]
    check_inclusion(
        6,
        size,
        leaf=b64decode(proof["leafHash"]),
        proof=list(map(b64decode, proof["path"])),
        root=b64decode(proof["rootHash"]),
    )
    grown = told["consistencyProof"]
    check_consistency(
        first.size,
        size,
        old_root=b64decode(grown["fromRoot"]),
        new_root=b64decode(grown["toRoot"]),
        proof=list(map(b64decode, grown["path"])),
    )
    assert b64decode(grown["fromRoot"]) == first.root
    # As it was, the same tree was proven, by the checkpoint that covered it first.
    past = office.world.archive("checkpoint { size } inclusionProof(position: 7) { treeSize }", at=first.size - 1)
    assert past == {"checkpoint": {"size": first.size}, "inclusionProof": {"treeSize": first.size - 1}}


@pytest.mark.parametrize(
    "asked",
    [
        lambda size: f"inclusionProof(position: {size + 1})",
        lambda _: "inclusionProof(position: 0)",
        lambda size: f"inclusionProof(position: 1, treeSize: {size + 1})",
        lambda _: "inclusionProof(position: 2, treeSize: 1)",
        lambda size: f"consistencyProof(from: {size + 1})",
        lambda _: "consistencyProof(from: 2, to: 1)",
        lambda size: f"consistencyProof(from: 1, to: {size + 1})",
    ],
)
def test_a_proof_of_what_is_not_there_is_refused(office: Office, asked: Callable[[int], str]) -> None:
    query = f"{{ archive {{ {asked(office.checkpoints.published())} {{ path }} }} }}"
    assert office.world.reason(query) == ("BAD_USER_INPUT", "POSITION_AHEAD")
