"""`archive erase` and `archive vault`: erased is erased in every file, counts and hashes stay, and every read is recorded."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.cli import home as homes
from archive.domain.erasures import Erase
from archive.domain.errors import Refused
from archive.merkle.tree import leaf_hash
from archive.projections import tree
from archive.projections.runner import Reader
from cli.conftest import ORIGIN, Said
from faults.homes import answer_of, digests_of, followed, opened, writing
from storage.server import server
from stories import AGENCY, Clerk, a_bureau, a_published_item, item_id, raw_in_postgres, request_id, tell

Archive = Callable[..., Said]
ITEM, OTHER, REQUEST = item_id(1), item_id(2), request_id()
TITLE = "关于琉璃井二十七号旧楼加固的批复"
NEWER = "关于琉璃井二十七号旧楼加固的更正"
OTHER_TITLE = "关于另一项目的批复"


@pytest.fixture
def told(folder: Path) -> Path:
    """A home with two published items, one of them updated, and a request."""
    clerk = Clerk()
    story = [
        *a_bureau(clerk),
        *a_published_item(clerk, ITEM, title=TITLE),
        *a_published_item(clerk, OTHER, title=OTHER_TITLE),
        clerk.revise(ITEM, title=NEWER),
        *clerk.review(ITEM, on="2018-06-01"),
        clerk.update(ITEM, on="2018-06-04"),
        clerk.receive(REQUEST, on="2018-09-03"),
    ]
    with writing(folder) as writer:
        tell(writer, story)
    followed(folder)
    return folder


def holding(folder: Path, *texts: str) -> list[str]:
    """The files in which a piece of one of these texts stands, in UTF-8 or UTF-16."""
    pieces = {text[start : start + 5] for text in texts for start in range(len(text) - 4)}
    sought = {piece.encode(code) for piece in pieces for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(piece in raw for raw in [path.read_bytes()] for piece in sought)
    )


def numbers_of(folder: Path) -> dict[str, str]:
    """Digests of what cannot be erased; that of the tree has a leaf more with each entry."""
    return {name: digest.numbers for name, digest in digests_of(folder).items() if name != "tree"}


def root_of_the_first(size: int, folder: Path) -> str:
    with closing(Reader(folder / homes.PROJECTIONS)) as reader, reader.reading() as one:
        return tree.root(one.db, size).hex()


def hashes(folder: Path) -> list[str]:
    with opened(folder) as (log, _):
        return [leaf_hash(row.entry).hex() for row in log.rows(after=0, limit=10_000)]


# --- erasure -----------------------------------------------------------------------------------------------------------
def test_an_erased_text_is_in_no_file_and_hashes_and_counts_are_as_before(told: Path, asked: Archive) -> None:
    """Goal: issue 3, 4. Method: every file of the home is searched for every piece of the text, before and after."""
    (told / homes.PROJECTIONS / "generation-000099.sqlite").write_text(TITLE, encoding="utf-8")
    assert "disclosures.sqlite" in " ".join(holding(told, TITLE, NEWER))
    leaves, answer = hashes(told), answer_of(told)
    numbers, root = numbers_of(told), root_of_the_first(len(leaves), told)

    done = asked("erase", ITEM, "--field", "text", "--basis", "pipl-47-3")
    assert (done.code, done.err) == (0, "")
    assert done.json["entries"] == 1

    assert holding(told, TITLE[2:], NEWER[2:]) == []
    assert hashes(told)[:-1] == leaves
    assert answer_of(told).counts == answer.counts
    assert answer_of(told).items == answer.items
    assert numbers_of(told) == numbers
    assert root_of_the_first(len(leaves), told) == root
    # The other item has its text.
    assert holding(told, OTHER_TITLE[2:]) != []
    assert [path.name for path in (told / homes.PROJECTIONS).glob("*.sqlite")] == ["generation-000002.sqlite"]


def test_a_person_is_erased_from_the_vault_and_the_rest_of_the_request_stays(told: Path, asked: Archive) -> None:
    name = asked("vault", "read", REQUEST, "--field", "person", "--reason", "delivery").json[0]["value"]["name"]
    assert name == "甲某"
    with closing(sqlite3.connect(told / homes.VAULT)) as db:
        (key,) = db.execute("SELECT key FROM keys WHERE stream = ?", (REQUEST,)).fetchone()
    assert asked("erase", REQUEST, "--field", "person", "--basis", "pipl-47-1").code == 0
    assert asked("vault", "read", REQUEST, "--field", "person", "--reason", "delivery").error["code"] == "VLT-001"
    assert asked("vault", "read", REQUEST, "--field", "text", "--reason", "handling").code == 0
    assert all(key not in path.read_bytes() for path in told.rglob("*") if path.is_file())


def test_an_erased_link_leaves_the_text(told: Path, asked: Archive) -> None:
    assert asked("erase", ITEM, "--field", "link", "--basis", "court-order").code == 0
    url = f"https://website.example/{ITEM}".encode()
    assert [path for path in told.rglob("*") if path.is_file() and url in path.read_bytes()] == []
    assert holding(told, NEWER[2:]) != []


def test_names_of_an_agency_can_be_erased(told: Path, asked: Archive) -> None:
    assert asked("erase", AGENCY, "--field", "text", "--basis", "pipl-47-4").code == 0
    assert holding(told, "某市发展和改革局") == []


@pytest.mark.parametrize(
    "words, code, exit_code",
    [
        ((ITEM, "--field", "data"), "ERA-001", 3),
        ((ITEM, "--field", "person"), "ERA-001", 3),
        ((f"batch-{'1' * 32}", "--field", "text"), "ERA-001", 3),
        ((item_id(77), "--field", "text"), "ERA-002", 5),
        ((ITEM, "--field", "不是代码"), "CMD-003", 3),
        (("item-1", "--field", "text"), "CMD-003", 3),
    ],
)
def test_what_cannot_be_erased_is_refused_and_nothing_is_written(
    told: Path, asked: Archive, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    before = hashes(told)
    for more in ((), ("--dry-run",)):
        said = asked("erase", *words, "--basis", "pipl-47-3", *more)
        assert (said.code, said.error["code"]) == (exit_code, code)
        assert said.error["next"]
    assert hashes(told) == before


def test_a_second_erasure_is_refused_and_the_same_one_is_answered_as_before(told: Path, asked: Archive) -> None:
    words = ("erase", ITEM, "--field", "text", "--basis", "pipl-47-3")
    first = asked(*words, "--id", "e" * 32)
    again = asked(*words, "--id", "e" * 32)
    assert again.json == first.json | {"repeated": True}
    assert asked(*words).error["code"] == "ERA-003"


def test_erased_text_cannot_become_public_any_more_and_a_new_one_can(told: Path, asked: Archive) -> None:
    clerk = Clerk(5)
    third = item_id(3)
    with writing(told) as writer:
        tell(writer, [clerk.draft(third, title=TITLE), *clerk.review(third, on="2018-10-08")])
    assert asked("erase", third, "--field", "text", "--basis", "state-secrets-34").code == 0
    with writing(told) as writer:
        with pytest.raises(Refused, match="ERA-004"):
            writer.handle(clerk.publish(third, on="2018-10-09"))
        tell(writer, [clerk.revise(third, title="新的标题"), *clerk.review(third, on="2018-10-10")])
        writer.handle(clerk.publish(third, on="2018-10-11"))


def test_a_reader_in_the_way_leaves_the_erasure_to_be_finished(
    told: Path, asked: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: recorded is recorded, and what could not be destroyed yet is later. Method: somebody reads the openings."""
    monkeypatch.setenv("ARCHIVE_BUSY_SECONDS", "0.1")
    with closing(sqlite3.connect(told / homes.DISCLOSURES, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM openings").fetchall()
        said = asked("erase", ITEM, "--field", "text", "--basis", "pipl-47-3")
        assert (said.code, said.error["code"]) == (6, "ERA-005")
    assert asked("vault", "sweep").json == {"finished": [len(hashes(told))]}
    assert holding(told, TITLE[2:], NEWER[2:]) == []
    assert asked("vault", "sweep").json == {"finished": []}


def test_any_command_that_writes_finishes_an_erasure(told: Path, asked: Archive) -> None:
    """Goal: a crash after the entry leaves nothing for ever. Method: the entry is made without the end of the command line."""
    with writing(told) as writer:
        writer.handle(Erase(id="e" * 32, by="role:administrator", stream=ITEM, field="text", basis="pipl-47-2"))
    assert holding(told, TITLE[2:]) != []
    words = ["--agency", AGENCY, "--section", "later", "--opened-on", "2018-01-02", "--name", "股室"]
    assert asked("agency", "open-section", *words).code == 0
    assert holding(told, TITLE[2:], NEWER[2:]) == []


# --- reads -------------------------------------------------------------------------------------------------------------
def test_every_read_is_recorded_with_who_when_and_why(told: Path, asked: Archive, cli: Archive) -> None:
    assert asked("vault", "reads").json == []
    for reason in ("delivery", "subject-access"):
        assert asked("vault", "read", REQUEST, "--field", "person", "--reason", reason).code == 0
    found = asked("vault", "reads").json
    assert [(one["stream"], one["field"], one["reason"], one["found"]) for one in found] == [
        (REQUEST, "person", "delivery", 1),
        (REQUEST, "person", "subject-access", 1),
    ]
    assert all(one["at"] and one["account"] and one["by"] == "role:information-officer" for one in found)
    assert asked("vault", "reads", "--stream", ITEM).json == []
    assert "subject-access" in cli("vault", "reads").out
    assert asked("vault", "read", REQUEST, "--field", "person", "--reason", "curiosity").code == 2
    wrong = asked("vault", "read", REQUEST, "--field", "person", "--reason", "fee", "--by", "role:nobody")
    assert wrong.error["code"] == "CMD-008"


# --- where the log is in PostgreSQL -----------------------------------------------------------------------------------
def test_erased_is_erased_in_the_database_too(outside: Archive, tmp_path: Path) -> None:
    """Goal: an archive in PostgreSQL forgets as one in files does. Method: a published text and a person, erased; the bytes."""
    folder, address = tmp_path / "home", server().schema()
    assert outside("init", str(folder), "--origin", ORIGIN, "--log", address).code == 0
    clerk = Clerk()
    with homes.writer(folder) as writer:
        tell(
            writer,
            [*a_bureau(clerk), *a_published_item(clerk, ITEM, title=TITLE), clerk.receive(REQUEST, on="2018-09-03")],
        )
    assert outside("--home", str(folder), "projection", "follow").code == 0
    assert TITLE.encode() in raw_in_postgres(address, "disclosures")
    read = outside(
        "--home", str(folder), "--json", "vault", "read", REQUEST, "--field", "person", "--reason", "handling"
    )
    assert (read.code, len(read.json)) == (0, 1)
    for words in ([ITEM, "--field", "text"], [REQUEST, "--field", "person"]):
        assert outside("--home", str(folder), "erase", *words, "--basis", "pipl-47-1").code == 0
    assert TITLE.encode() not in raw_in_postgres(address, "disclosures")
    assert TITLE.encode() not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    gone = outside(
        "--home", str(folder), "--json", "vault", "read", REQUEST, "--field", "person", "--reason", "handling"
    )
    assert gone.error["code"] == "VLT-001"
    assert [row["found"] for row in outside("--home", str(folder), "--json", "vault", "reads").json] == [1, 0]
    checked = outside("--home", str(folder), "audit", "check")
    assert (checked.code, checked.err) == (0, "")
