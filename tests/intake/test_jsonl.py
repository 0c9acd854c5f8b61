"""Files of commands: every way a file can be wrong is told by line, and then nothing has happened."""

import gzip
import json
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.commands import Batch, Writer
from archive.domain.batches import BatchRecorded
from archive.domain.errors import Exit, Refused
from archive.intake.jsonl import MAX_LINE_BYTES, import_commands, open_lines
from archive.log.log import Log
from stories import BACKENDS, NOON, Home

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "intake"
RIGHT = ASSETS / "right.jsonl"

# The file, and each line that is wrong in it: code, and the facts that must be told.
WRONG = [
    ("truncated.jsonl", [(4, "IMP-002", {"size": 141})]),
    ("not_utf8.jsonl", [(2, "CMD-007", {"column": 175})]),
    ("not_json.jsonl", [(2, "CMD-001", {"column": 2})]),
    ("float.jsonl", [(3, "CMD-003", {"field": "level"})]),
    ("free_text_where_code.jsonl", [(1, "CMD-003", {"field": "section"})]),
    ("unknown_command.jsonl", [(2, "CMD-002", {})]),
    ("extra_field.jsonl", [(2, "CMD-003", {"field": "applicant"})]),
    ("missing_field.jsonl", [(4, "CMD-003", {"field": "published_on"})]),
    ("impossible_date.jsonl", [(1, "CMD-003", {"field": "made_on"})]),
    ("unknown_channel.jsonl", [(4, "ITM-011", {"channel": "weibo"})]),
    ("unknown_category.jsonl", [(1, "ITM-018", {"scheme": "kind", "code": "budget"})]),
    ("unknown_role.jsonl", [(1, "CMD-008", {"role": "role:mayor"})]),
    ("control_character.jsonl", [(1, "CMD-006", {"field": "text.title"})]),
    ("not_reviewed.jsonl", [(2, "ITM-013", {})]),
    ("id_reused_with_other_content.jsonl", [(2, "CMD-004", {"id": f"{0x12:032x}"})]),
    ("id_reused_with_other_text.jsonl", [(2, "CMD-004", {"id": f"{0x12:032x}"})]),
    (
        "all_errors_reported.jsonl",
        [
            (1, "CMD-003", {"field": "made_on"}),
            (2, "CMD-001", {"column": 5}),
            (4, "CMD-003", {"field": "mode"}),
            (6, "ITM-013", {}),
            (7, "CMD-002", {}),
            (8, "ITM-002", {"item": f"item-{0x109:032x}"}),
            (9, "ITM-001", {"item": f"item-{0x101:032x}"}),
        ],
    ),
]


def rows(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the archive."""
    found = {}
    for file in ("log.sqlite", "disclosures.sqlite"):
        with closing(sqlite3.connect(home.folder / file)) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                found[f"{file} {table}"] = sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
    return found


@pytest.mark.parametrize("name, expected", WRONG, ids=[name for name, _ in WRONG])
def test_wrong_file_is_told_by_line_and_nothing_happens(
    home: Home, writer: Writer, name: str, expected: list[tuple[int, str, dict[str, object]]]
) -> None:
    import_commands(writer, RIGHT)
    before = rows(home)
    batch = import_commands(writer, ASSETS / name)
    assert [(problem.line, problem.error.code) for problem in batch.problems] == [row[:2] for row in expected]
    for problem, (_, _, facts) in zip(batch.problems, expected, strict=True):
        assert problem.error.facts | facts == problem.error.facts
    assert batch.problem_count == len(expected)
    assert batch.stream is None
    assert rows(home) == before


@pytest.mark.parametrize("name", ["empty.jsonl", "blank_lines.jsonl"])
def test_file_without_lines_is_refused(home: Home, writer: Writer, name: str) -> None:
    before = rows(home)
    with pytest.raises(Refused) as caught:
        import_commands(writer, ASSETS / name)
    assert (caught.value.code, caught.value.exit) == ("IMP-001", Exit.REFUSED)
    assert rows(home) == before


def test_missing_file_is_not_found(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        import_commands(writer, tmp_path / "no-such-file.jsonl")
    assert (caught.value.code, caught.value.exit) == ("IMP-003", Exit.NOT_FOUND)
    assert "no-such-file.jsonl" in caught.value.sentence("zh")


def test_folder_is_no_file(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        import_commands(writer, tmp_path)
    assert caught.value.code == "IMP-005"
    assert "文件夹" in caught.value.sentence("zh")
    assert "folder" in caught.value.sentence("en")


def test_file_that_may_not_be_read_is_told(writer: Writer, tmp_path: Path) -> None:
    file = tmp_path / "closed.jsonl"
    file.write_bytes(RIGHT.read_bytes())
    file.chmod(0)
    try:
        file.read_bytes()
        pytest.skip("this user may read everything (root): a closed file was not tried")
    except PermissionError:
        with pytest.raises(Refused, match="IMP-005"):
            import_commands(writer, file)


def test_read_error_of_the_system_is_told(writer: Writer) -> None:
    # The first bytes of a process's own memory are mapped to nothing: reading them is an input/output error.
    memory = Path("/proc/self/mem")
    if not memory.exists():
        pytest.skip("/proc/self/mem is not here: a read error was not tried")
    with pytest.raises(Refused) as caught:
        import_commands(writer, memory)
    assert caught.value.code == "IMP-005"


def test_right_file_happens_and_is_recorded_as_one_batch(writer: Writer, log: Log) -> None:
    told: list[int] = []
    batch = import_commands(writer, RIGHT, progress=told.append)
    assert (batch.lines, batch.commands, batch.unchanged, batch.entries, batch.problems) == (9, 9, 0, 10, ())
    last = log.entry(batch.head)
    assert last is not None
    assert last.stream == batch.stream
    assert last.event == BatchRecorded(
        kind="commands",
        source_sha256=sha256(RIGHT.read_bytes()).hexdigest(),
        lines=9,
        commands=9,
        unchanged=0,
        entries=10,
    )
    assert told == [9]


def test_same_file_again_changes_nothing(home: Home, writer: Writer) -> None:
    import_commands(writer, RIGHT)
    before = rows(home)
    batch = import_commands(writer, RIGHT)
    assert (batch.commands, batch.unchanged, batch.entries, batch.stream) == (0, 9, 0, None)
    assert rows(home) == before


def test_file_mended_after_a_refusal_happens(writer: Writer, tmp_path: Path) -> None:
    import_commands(writer, RIGHT)
    file = tmp_path / "mended.jsonl"
    file.write_bytes((ASSETS / "unknown_channel.jsonl").read_bytes().replace(b'"weibo"', b'"site"'))
    assert import_commands(writer, ASSETS / "unknown_channel.jsonl").problem_count == 1
    assert import_commands(writer, file).commands == 4


def test_dry_run_tells_the_same_and_writes_nothing(home: Home, writer: Writer) -> None:
    before = rows(home)
    dry = import_commands(writer, RIGHT, dry_run=True)
    assert rows(home) == before
    wet = import_commands(writer, RIGHT)
    assert dry[:4] == wet[:4]
    assert dry.head == 0


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: content.replace(b"\n", b"\r\n"),
    lambda content: content.removesuffix(b"\n"),
    lambda content: b"\n \n" + content.replace(b"\n", b"\n\n"),
]


@pytest.mark.parametrize("change", CHANGES, ids=["byte order mark", "CRLF", "no newline at the end", "blank lines"])
def test_what_editors_do_to_a_file_changes_nothing(
    writer: Writer, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "edited.jsonl"
    file.write_bytes(change(RIGHT.read_bytes()))
    batch = import_commands(writer, file)
    assert (batch.commands, batch.problems) == (9, ())
    assert import_commands(writer, RIGHT).unchanged == 9


def test_blank_lines_are_counted_in_line_numbers(writer: Writer, tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    file.write_bytes(b"\n\n" + RIGHT.read_bytes() + b"\n{}\n")
    assert [problem.line for problem in import_commands(writer, file).problems] == [13]


@pytest.mark.parametrize("bytes_left", range(1, 300, 7))
def test_file_cut_anywhere_in_its_last_line_is_cut_short(writer: Writer, tmp_path: Path, bytes_left: int) -> None:
    lines = (ASSETS / "id_reused_with_other_text.jsonl").read_bytes().splitlines(keepends=True)
    file = tmp_path / "cut.jsonl"
    file.write_bytes(RIGHT.read_bytes() + lines[0][:bytes_left])
    (problem,) = import_commands(writer, file).problems
    assert (problem.line, problem.error.code) == (10, "IMP-002")


def test_last_line_that_is_whole_but_wrong_is_not_called_cut_short(writer: Writer, tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_bytes(RIGHT.read_bytes() + b"{'command': 'draft-item', 'id': '00000000000000000000000000000000'}")
    (problem,) = import_commands(writer, file).problems
    assert problem.error.code == "CMD-001"


def test_text_of_33_kib_is_refused(writer: Writer, tmp_path: Path) -> None:
    draft = json.loads((ASSETS / "unknown_category.jsonl").read_bytes())
    draft["categories"] = []
    draft["text"]["notes"] = ["n" * 2000] * 17
    file = tmp_path / "text_33k.jsonl"
    file.write_bytes(RIGHT.read_bytes() + json.dumps(draft).encode() + b"\n")
    (problem,) = import_commands(writer, file).problems
    assert (problem.line, problem.error.code) == (10, "CMD-005")


def test_longest_line_is_read_and_a_longer_one_refused_by_its_number(writer: Writer, tmp_path: Path) -> None:
    first, *others = RIGHT.read_bytes().splitlines()
    padded = first + b" " * (MAX_LINE_BYTES - len(first))
    file = tmp_path / "long.jsonl"
    file.write_bytes(b"\n".join([padded, *others, b""]))
    assert import_commands(writer, file, dry_run=True).problems == ()
    file.write_bytes(b"\n".join([first, padded + b" ", *others, padded + b" "]))
    problems = import_commands(writer, file).problems
    assert [(problem.line, problem.error.code) for problem in problems] == [(2, "IMP-004"), (11, "IMP-004")]


def test_line_without_end_is_refused_in_bounded_memory(writer: Writer, tmp_path: Path) -> None:
    file = tmp_path / "endless.jsonl"
    with file.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    try:
        (problem,) = import_commands(writer, file).problems
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (problem.line, problem.error.code) == (1, "IMP-004")
    assert peak < 8 * MAX_LINE_BYTES


def test_digest_is_that_of_the_file(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf{}\r\n" + b"x" * (MAX_LINE_BYTES + 5) + b"\n\n{"
    file = tmp_path / "any.jsonl"
    file.write_bytes(content)
    with open_lines(file) as lines:
        assert [line.raw for line in lines] == [b"{}", None, b"", b"{"]
        assert lines.sha256() == sha256(content).hexdigest()


def test_gzip_is_read_only_where_it_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "packed.jsonl.gz"
    file.write_bytes(gzip.compress(b"{}\n{}\n"))
    with open_lines(file, maybe_gzip=True) as lines:
        assert [line.raw for line in lines] == [b"{}", b"{}"]
    with open_lines(file) as lines:
        assert next(iter(lines)).raw != b"{}"


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_gzip_is_refused(tmp_path: Path, damage: str) -> None:
    content = bytearray(gzip.compress(b"{}\n" * 10_000))
    if damage == "cut":
        del content[-20:]
    else:
        content[-6] ^= 1
    file = tmp_path / "packed.jsonl.gz"
    file.write_bytes(content)
    with open_lines(file, maybe_gzip=True) as lines, pytest.raises(Refused, match="IMP-009"):
        list(lines)


LINES = [
    line
    for name in ("right.jsonl", "unknown_channel.jsonl", "all_errors_reported.jsonl", "id_reused_with_other_text.jsonl")
    for line in (ASSETS / name).read_bytes().splitlines()
    if line
]


def outcome(batch: Batch) -> tuple[object, ...]:
    return (*batch[:4], [(line, error.code) for line, error in batch.problems], batch.problem_count)


@given(
    first=st.lists(st.sampled_from(LINES), max_size=12),
    second=st.lists(st.sampled_from(LINES), min_size=1, max_size=12),
)
def test_dry_run_of_an_import_predicts_the_run(first: list[bytes], second: list[bytes]) -> None:
    """Goal: `--dry-run` tells what the run will. Method: two files of drawn lines, each tried first and then imported."""
    with TemporaryDirectory() as folder:
        home = Home.create(Path(folder) / "home", BACKENDS["sqlite"])
        with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
            writer = Writer(log, disclosures, vault, now=lambda: NOON)
            with writer:
                for lines in (RIGHT.read_bytes().splitlines()[:5] + first, second):
                    file = Path(folder) / "drawn.jsonl"
                    file.write_bytes(b"\n".join([*lines, b""]))
                    before = log.head()
                    dry = import_commands(writer, file, dry_run=True)
                    assert log.head() == before
                    wet = import_commands(writer, file)
                    assert outcome(dry) == outcome(wet)
                    assert (log.head() == before) == (wet.problem_count > 0 or wet.commands == 0)
