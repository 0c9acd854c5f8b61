"""What is handed out whole is what the site serves, up to the newest checkpoint, and nothing else."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.bundle.create import create_bundle
from archive.bundle.static import export_static
from archive.checkpoints.store import Stored
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.errors import ArchiveError
from archive.domain.seals import opens
from archive.log.log import Log
from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.note import VerifierKey
from archive.merkle.tiles import bundles_of, decode_bundle, tiles_of
from archive.merkle.tree import leaf_row, root_of
from archive.projections.runner import Reader
from bundle.made import verified
from stories import ORIGIN, Home, a_published_item, item_id, tell
from web.office import Office, an_office


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    with an_office(home, log, disclosures, writer) as office:
        yield office


@pytest.fixture
def reader(office: Office) -> Iterator[Reader]:
    with closing(Reader(office.home.folder / "projections")) as reader:
        yield reader


def bundled(office: Office, reader: Reader, file: Path) -> Stored:
    with office.home.open_disclosures(read_only=True) as disclosures, reader.reading() as reading:
        return create_bundle(office.log, disclosures, reading, office.checkpoints, file)


def exported(office: Office, reader: Reader, folder: Path) -> Stored:
    with reader.reading() as reading:
        return export_static(office.log, reading, office.checkpoints, folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the bundle -------------------------------------------------------------------------------------------------------
def test_a_bundle_is_checked_with_nothing_but_itself_and_a_key(office: Office, reader: Reader, tmp_path: Path) -> None:
    stored = bundled(office, reader, tmp_path / "b.zip")
    key = VerifierKey.parse(office.checkpoints.key_periods()[0].vkey)
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        checkpoint = open_checkpoint(bundle.read("checkpoint"), origin=ORIGIN, keys=[key]).checkpoint
        assert checkpoint.size == stored.size
        entries = [entry for one in bundles_of(stored.size) for entry in decode_bundle(one, bundle.read(one.path))]
        assert root_of(leaf_row(entries)) == checkpoint.root
        names = set(bundle.namelist())
        tiles = {one.path for one in tiles_of(stored.size)} | {one.path for one in bundles_of(stored.size)}
        assert {name for name in names if name.startswith("tile/")} == tiles
        for name in names & tiles:
            assert bundle.read(name) == office.get(f"/log/{name}")
        decoded = [json.loads(entry) for entry in entries]
        seen = 0
        for line in bundle.read("openings.jsonl").splitlines():
            told = json.loads(line)
            entry = decoded[told["position"] - 1]
            assert entry["seals"][told["field"]] == told["seal"]
            assert opens(
                told["seal"],
                origin=ORIGIN,
                stream=entry["stream"],
                field=told["field"],
                salt=bytes.fromhex(told["salt"]),
                value=told["value"].encode(),
            )
            seen += 1
        rules = json.loads(bundle.read("rules/events.json"))
        cleared = {
            entry["seals"][field] for entry in decoded for field in rules[f"{entry['type']}.v{entry['v']}"]["clears"]
        }
        # A seal that was cleared has its opening, or was of nothing.
        assert seen == len({seal for seal in cleared if office_opens(office, seal)}) > 0
        counts = json.loads(bundle.read("answers/counts.json"))
        told = office.world.archive('counts(years: [2018], measures: ["proactive.items_total"]) { value }')
        (mine,) = [
            one for one in counts if one["measure"] == "proactive.items_total" and not one["by"] and one["year"] == 2018
        ]
        assert [mine["value"]] == [one["value"] for one in told["counts"]]


def office_opens(office: Office, sealed: str) -> bool:
    with office.home.open_disclosures(read_only=True) as disclosures:
        return bool(disclosures.get([sealed]))


def test_the_same_checkpoint_gives_the_same_bytes(office: Office, reader: Reader, tmp_path: Path) -> None:
    bundled(office, reader, tmp_path / "one.zip")
    # What is not signed is not in it.
    tell(office.writer, a_published_item(office.clerk, item_id(9)))
    office.world.follow()
    bundled(office, reader, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    office.publish()
    bundled(office, reader, tmp_path / "three.zip")
    assert (tmp_path / "three.zip").read_bytes() != (tmp_path / "one.zip").read_bytes()


def test_a_file_that_is_there_is_left_alone_and_nothing_half_written_stays(
    office: Office,
    reader: Reader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "b.zip").write_bytes(b"kept")
    with pytest.raises(ArchiveError, match="LOG-010"):
        bundled(office, reader, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_bytes() == b"kept"
    monkeypatch.setattr(type(office.log), "rows", _dies)
    with pytest.raises(ConnectionAbortedError):
        bundled(office, reader, tmp_path / "c.zip")
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["b.zip"]


def _dies(*_: object, **__: object) -> None:
    raise ConnectionAbortedError


def test_nothing_signed_is_nothing_to_hand_out(office: Office, reader: Reader, tmp_path: Path) -> None:
    with type(office.checkpoints).create(office.home.folder / "other.sqlite") as empty:
        office.checkpoints = empty
        for write in (bundled, exported):
            with pytest.raises(ArchiveError, match="NTY-008"):
                write(office, reader, tmp_path / "new")
    assert not (tmp_path / "new").exists()


# --- static files -----------------------------------------------------------------------------------------------------
def test_static_files_are_what_the_site_serves_and_grow_with_the_log(
    office: Office,
    reader: Reader,
    tmp_path: Path,
) -> None:
    exported(office, reader, tmp_path / "www")
    before = contents(tmp_path / "www")
    for number in range(260):
        tell(office.writer, [office.clerk.open_section(f"section-{number}")])
    office.publish()
    exported(office, reader, tmp_path / "www")
    after = contents(tmp_path / "www")
    for path, content in after.items():
        # Partial tiles of an older checkpoint stay: who has that note still needs them.
        assert office.get(f"/log/{path}") == content
    assert before.keys() < after.keys()
    assert {path for path in before if before[path] != after[path]} == {"checkpoint", "checkpoints.jsonl"}
    assert exported(office, reader, tmp_path / "www").size == office.log.head()
    assert contents(tmp_path / "www") == after
    exported(office, reader, tmp_path / "anew")
    assert contents(tmp_path / "anew").items() <= after.items()


def test_an_export_that_died_is_begun_again(office: Office, reader: Reader, tmp_path: Path) -> None:
    exported(office, reader, tmp_path / "www")
    whole = contents(tmp_path / "www")
    (tmp_path / "www" / "checkpoint").unlink()
    (tmp_path / "www" / "checkpoints.jsonl").rename(tmp_path / "www" / "checkpoints.jsonl.new")
    exported(office, reader, tmp_path / "www")
    assert contents(tmp_path / "www") == whole


@pytest.mark.parametrize(
    "name, content, code",
    [
        ("notes.txt", b"mine", "LOG-010"),
        ("checkpoint", b"mine", "BDL-001"),
        ("checkpoint", b"archive.example/fgj\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 a AAAAAAAA\n", "BDL-001"),
    ],
)  # fmt: skip
def test_a_folder_of_something_else_is_left_alone(
    office: Office,
    reader: Reader,
    tmp_path: Path,
    name: str,
    content: bytes,
    code: str,
) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / name).write_bytes(content)
    with pytest.raises(ArchiveError, match=code):
        exported(office, reader, tmp_path / "www")
    assert contents(tmp_path / "www") == {name: content}


def test_the_script_finds_nothing_in_a_bundle_of_ours_and_the_change_of_one_number(
    office: Office, reader: Reader, tmp_path: Path
) -> None:
    stored = bundled(office, reader, tmp_path / "b.zip")
    key = office.checkpoints.key_periods()[0].vkey
    head = f"{stored.size} {b64encode(stored.root).decode()}"
    verdict = verified(tmp_path / "b.zip", tmp_path, "--expect", head, key=key)
    assert (verdict.code, verdict.found) == (0, ()), verdict.out
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    counts = json.loads(files["answers/counts.json"])
    assert {tuple(one["by"]) for one in counts} >= {(), ("CHANNEL",), ("CATEGORY",)}
    (mine,) = [
        one for one in counts if one["measure"] == "proactive.items_total" and not one["by"] and one["year"] == 2018
    ]
    mine["value"] += 1
    files["answers/counts.json"] = json.dumps(counts).encode()
    assert verified(files, tmp_path, key=key).code == 4
