"""House rules over the source tree that no tool knows; each breach names what to write instead.

A new rule is one entry of RULES (one file looked at by itself), of REACH or LIBRARIES (imports), or a test at the end.
"""

import ast
import io
import os
import re
import socket
import subprocess
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import grimp
import pytest

import archive

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# The rooms are the lines of the layers contract, so that they are listed once.
LAYERS = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
ROOMS = frozenset(room.strip(" ()") for line in LAYERS for room in line.split("|"))

PURE = frozenset({"law", "domain", "merkle"})
# A moment comes in where a wish does: on the command line, with an import, when a checkpoint is signed or a mirror asks.
CLOCK_ENTERS = frozenset({"cli", "commands", "intake", "mirror", "notary"})

TEST_FOLDERS = ROOMS | {"assets", "browser", "bundle", "conformance", "faults", "golden", "nodes", "stateful"}
TEST_FILES = frozenset(
    {
        "conftest.py",
        "stories.py",
        "strategies.py",
        "test_compose.py",
        "test_docs.py",
        "test_house.py",
        "test_schema_files.py",
        "test_scripts.py",
    }
)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Source:
    """One text file of the project, by its path from the root."""

    path: PurePosixPath
    text: str

    @property
    def is_python(self) -> bool:
        return self.path.suffix == ".py"

    @property
    def room(self) -> str | None:
        """The room of a file of ours: law for src/archive/law/clock.py, audit for src/archive/audit.py."""
        match self.path.parts:
            case ("src", "archive", room, *_):
                return room.removesuffix(".py")
            case _:
                return None

    @property
    def in_tests(self) -> bool:
        return self.path.parts[0] == "tests"

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def comments(self) -> dict[int, str]:
        """The comment of each line that has one; what stands in strings is no comment."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    def names(self) -> Iterator[tuple[int, str]]:
        """Each name that is used, in full: `from datetime import date as d; d.today()` uses datetime.date.today."""
        meaning: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                meaning |= {
                    a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
                }
            elif isinstance(node, ast.ImportFrom) and node.module:
                meaning |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                first, *rest = ast.unparse(node).split(".")
                yield node.lineno, ".".join([meaning.get(first, first), *rest])


# --- what one file may not hold ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A claim about each file by itself, the function that yields the lines which break it, and what to write instead."""

    claim: str
    where: Callable[[Source], bool]
    breaches: Callable[[Source], Iterator[int]]
    instead: str
    # A path and a text that break the rule, so that the rule itself is tested.
    wrong: tuple[str, str]


def using(*names: str) -> Callable[[Source], Iterator[int]]:
    """Lines that use one of these names; a name that ends with a dot stands for all below it."""

    def breaches(source: Source) -> Iterator[int]:
        for line, used in source.names():
            if any(used == name or (name.endswith(".") and used.startswith(name)) for name in names):
                yield line

    return breaches


def matching(pattern: str, *, flags: int = 0) -> Callable[[Source], Iterator[int]]:
    """Lines in which the pattern is found."""
    expression = re.compile(pattern, flags)

    def breaches(source: Source) -> Iterator[int]:
        return (number for number, line in enumerate(source.lines, start=1) if expression.search(line))

    return breaches


def badly_named(source: Source) -> Iterator[int]:
    if any(re.fullmatch(r"(?i)_*(utils?|helpers?|managers?|services?)(\.py)?", part) for part in source.path.parts):
        yield 1


def without_docstring(source: Source) -> Iterator[int]:
    if not ast.get_docstring(source.tree):
        yield 1


def misplaced_test(source: Source) -> Iterator[int]:
    match source.path.parts:
        case ("tests", file) if file in TEST_FILES:
            return
        case ("tests", folder, _, *_) if folder in TEST_FOLDERS:
            return
        case _:
            yield 1


def broad_except(source: Source) -> Iterator[int]:
    """`except:` and `except Exception:` that swallow, with no reason in words on their line."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            raised_again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            explained = reason_in(source.comments.get(node.lineno, ""))
            if re.search(r"^$|\b(Base)?Exception\b", caught) and not (raised_again or explained):
                yield node.lineno


def silent_exception_to_a_rule(source: Source) -> Iterator[int]:
    """A noqa or type: ignore without a code, or without a reason on its line."""
    directive = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
    with_code = re.compile(r"#\s*(noqa:\s*[A-Z]+\d+|type:\s*ignore\[[a-z-]+)")
    for line, comment in source.comments.items():
        if directive.search(comment) and not (with_code.search(comment) and reason_in(comment)):
            yield line


def unexplained_any(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "Any" and not reason_in(source.comments.get(node.lineno, "")):
            yield node.lineno


def reason_in(comment: str) -> bool:
    """Whether a comment says something beside the directives in it."""
    words = re.sub(r"noqa:\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*|noqa|type:\s*ignore(\[[^]]*\])?", "", comment)
    return len(re.findall(r"\w", words)) >= 8


def ours(source: Source) -> bool:
    return source.is_python and source.path.parts[0] == "src"


def our_python(source: Source) -> bool:
    return source.is_python


def everything(source: Source) -> bool:
    # Inputs of tests are there to hold what we would not write, and a minified file is somebody else's writing.
    return source.path.parts[:2] != ("tests", "assets") and ".min." not in source.path.name


RULES = [
    Rule(
        claim="no module is a drawer for anything",
        where=our_python,
        breaches=badly_named,
        instead="name the file after its subject; what two rooms need gets a noun and a home below both (style.md 1)",
        wrong=("src/archive/log/utils.py", '"""Odds and ends."""'),
    ),
    Rule(
        claim="every module says in one sentence what is true of it",
        where=ours,
        breaches=without_docstring,
        instead="open the file with a docstring; a module with rules lists them there",
        wrong=("src/archive/law/clock.py", "DAYS = 20"),
    ),
    Rule(
        claim="only the command line prints",
        where=lambda source: ours(source) and source.room != "cli",
        breaches=using("print"),
        instead="return the result, or log a diagnostic with structlog; cli writes to stdout and stderr",
        wrong=("src/archive/log/log.py", "print('appended')"),
    ),
    Rule(
        claim="a broad except has its reason on its line",
        where=our_python,
        breaches=broad_except,
        instead="catch what you can answer; if it really is everything: `except Exception:  # why everything`",
        wrong=("src/archive/web/app.py", "try:\n    run()\nexcept Exception:\n    pass"),
    ),
    Rule(
        claim="the wall clock is read only where a wish comes in",
        where=lambda source: ours(source) and source.room not in CLOCK_ENTERS,
        breaches=using(
            "datetime.date.today",
            "datetime.datetime.now",
            "datetime.datetime.today",
            "datetime.datetime.utcnow",
            "time.ctime",
            "time.gmtime",
            "time.localtime",
            "time.time",
            "time.time_ns",
        ),
        instead="take the moment as an argument: `now=` or `on=` (habit 26); the rooms that may ask are CLOCK_ENTERS",
        wrong=("src/archive/domain/items.py", "from datetime import date as d\nTODAY = d.today()"),
    ),
    Rule(
        claim="pure rooms and projections draw no lots",
        where=lambda source: source.room in PURE | {"projections"},
        breaches=using("os.urandom", "random.", "secrets.", "uuid.uuid1", "uuid.uuid4"),
        instead="take ids and salts as arguments: they are drawn in commands, once, and stored",
        wrong=("src/archive/domain/items.py", "import uuid\nNAME = uuid.uuid4()"),
    ),
    Rule(
        claim="an exception to a rule has its code and its reason on its line",
        where=our_python,
        breaches=silent_exception_to_a_rule,
        instead="`# noqa: S608 - the columns are a constant`, `# type: ignore[arg-type]  # the stub forgets bytes`",
        wrong=("src/archive/log/log.py", "x = 1  # type: ignore[arg-type]"),
    ),
    Rule(
        claim="Any has its reason on its line",
        where=our_python,
        breaches=unexplained_any,
        instead="name the type, or `object`; if it really is anything: `x: Any  # JSON as found, checked below`",
        wrong=("src/archive/log/log.py", "from typing import Any\nx: Any = 1"),
    ),
    Rule(
        claim="nothing is left for later in the source",
        where=everything,
        breaches=matching(r"\b(T[O]DO|F[I]XME|X[X]X)\b"),
        instead="do it, or write an issue; a limit that stays is a sentence in the docstring",
        wrong=("src/archive/log/log.py", "# TO-DO: the rest".replace("-", "")),
    ),
    Rule(
        claim="no test sleeps",
        where=lambda source: source.is_python and source.in_tests,
        breaches=using("anyio.sleep", "asyncio.sleep", "time.sleep"),
        instead="wait for what you wait for: a line of output, a port, an Event with a timeout",
        wrong=("tests/log/test_log.py", "from time import sleep\nsleep(1)"),
    ),
    Rule(
        claim="a test stands in the folder of its room",
        where=lambda source: source.is_python and source.in_tests,
        breaches=misplaced_test,
        instead="tests/<room>/test_<subject>.py; the other folders and the top-level files are TEST_FOLDERS and TEST_FILES",
        wrong=("tests/misc/test_log.py", ""),
    ),
    Rule(
        claim="no file says where packages come from",
        where=everything,
        breaches=matching(
            r"\bp[y]pi\.(org|python)|python[h]osted\.org|--(extra-)?index-[u]rl|--find-[l]inks|/[s]imple/"
        ),
        instead="leave it to the machine that installs: pip's own configuration names the index or the mirror",
        wrong=("Dockerfile", "RUN pip install --index_url https://mirror.example archive".replace("_", "-")),
    ),
    Rule(
        claim="no file holds a path of somebody's machine",
        where=everything,
        breaches=matching(r"(^|[^A-Za-z0-9_.:/-])/(work|farm|[r]oot|[h]ome|Users)/[A-Za-z0-9_.]"),
        instead="a path from the project's root, tmp_path in a test, or an argument",
        wrong=("docs/auditor.md", "see /ho-me/li/archive".replace("-", "")),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.claim)
def test_house_rule(rule: Rule, sources: list[Source]) -> None:
    found = sorted(
        {f"{source.path}:{line}" for source in sources if rule.where(source) for line in rule.breaches(source)}
    )
    assert not found, f"{rule.claim}. Instead: {rule.instead}. Found: {', '.join(found)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.claim)
def test_house_rule_bites(rule: Rule) -> None:
    path, text = rule.wrong
    source = Source(path=PurePosixPath(path), text=text)
    assert rule.where(source)
    assert list(rule.breaches(source))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # type: ignore[arg-type]  # the stub forgets bytes",
        "x = 1  # noqa: S608 - the columns are a constant",
        "text = '# type: ignore'",
    ],
)
def test_explained_exception_is_allowed(text: str) -> None:
    assert not list(silent_exception_to_a_rule(Source(path=PurePosixPath("src/archive/x.py"), text=text)))


# --- which way imports point (the layers are import-linter's; here is what it cannot say of rooms not yet built) ----------


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Rooms that may not reach others, by whatever chain of imports."""

    rooms: frozenset[str]
    not_to: frozenset[str]
    instead: str


REACH = [
    Reach(
        rooms=frozenset({"web", "api", "reports", "exports", "projections", "mirror"}),
        not_to=frozenset({"commands", "intake", "vault"}),
        instead="the public side can neither write nor see the vault (promise 8); cli is where the two sides meet",
    ),
]

# Which rooms may import a library; every other room asks them.
LIBRARIES = {
    "eventsourcing": {"log", "storage"},
    "graphql": {"api", "web"},
    "psycopg": {"disclosures", "projections", "storage", "vault"},
    "psycopg_pool": {"disclosures", "projections", "storage", "vault"},
    "rfc3161_client": {"notary"},
    "sqlite3": {"checkpoints", "disclosures", "projections", "storage", "vault"},
    "strawberry": {"api", "web"},
    "xlsxwriter": {"exports", "reports"},
}

# Pure rooms compute with dates and moments that come in: datetime is allowed, a clock and a framework are not.
NOT_IN_PURE_ROOMS = {
    "eventsourcing",
    "graphql",
    "psycopg",
    "rich",
    "sqlite3",
    "starlette",
    "strawberry",
    "time",
    "typer",
    "uvicorn",
}


@pytest.mark.parametrize("reach", REACH, ids=lambda reach: reach.instead)
def test_rooms_do_not_reach_what_they_must_not(reach: Reach, imports: grimp.ImportGraph) -> None:
    chains = [
        " -> ".join(chain)
        for room in sorted(reach.rooms)
        for other in sorted(reach.not_to)
        if {f"archive.{room}", f"archive.{other}"} <= imports.modules
        for chain in imports.find_shortest_chains(f"archive.{room}", f"archive.{other}", as_packages=True)
    ]
    assert not chains, f"{reach.instead}. Found: {'; '.join(chains)}"


@pytest.mark.parametrize("library", sorted(LIBRARIES.keys() | NOT_IN_PURE_ROOMS))
def test_library_is_imported_only_where_it_belongs(library: str, imports: grimp.ImportGraph) -> None:
    allowed = LIBRARIES.get(library, ROOMS - PURE)
    if library not in imports.modules:
        return
    importers = imports.find_modules_that_directly_import(library)
    found = sorted(module for module in importers if module.split(".")[1] not in allowed)
    assert not found, (
        f"{library} is imported only in {', '.join(sorted(allowed))}: ask one of them. Found: {', '.join(found)}"
    )


def test_rooms_of_the_import_rules_are_rooms_of_the_layers() -> None:
    named = CLOCK_ENTERS.union(PURE, *(r.rooms | r.not_to for r in REACH), *LIBRARIES.values())
    assert named <= ROOMS


# --- the project as a whole -----------------------------------------------------------------------------------------------


def test_no_file_is_larger_than_a_mebibyte(files: list[Path]) -> None:
    found = [str(file.relative_to(ROOT)) for file in files if file.stat().st_size > MEBIBYTE]
    assert not found, f"large data stay outside the project; keep a sample and say where the whole is: {found}"


def test_scripts_can_be_run(files: list[Path]) -> None:
    found = [
        str(file.relative_to(ROOT))
        for file in files
        if file.relative_to(ROOT).parts[0] in {"scripts", ".ci"}
        and file.read_bytes()[:2] == b"#!"
        and not os.access(file, os.X_OK)
    ]
    assert not found, f"chmod +x {' '.join(found)}"


def test_version_is_the_same_everywhere() -> None:
    assert archive.__version__ == PROJECT["project"]["version"]


@pytest.mark.parametrize("kind", ["run", "test"])
def test_lock_has_a_hash_for_every_package_and_no_address(kind: str) -> None:
    lock = (ROOT / "requirements" / f"{kind}.lock").read_text(encoding="utf-8")
    for requirement in lock.replace("\\\n", "").splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ; [^\\]+?)? +(--hash=sha256:[0-9a-f]{64} *)+", requirement), (
            requirement
        )


def test_one_environment_serves_both_locks() -> None:
    run, test = (set(locked(kind)) for kind in ("run", "test"))
    assert run <= test, f"scripts/lock writes both; they differ in {sorted(run - test)}"


def test_locks_hold_what_the_project_asks_for() -> None:
    project = PROJECT["project"]
    run, test = ({pin.split("==")[0] for pin in locked(kind)} for kind in ("run", "test"))
    assert {bare(r) for r in [*project["dependencies"], *PROJECT["build-system"]["requires"]]} <= run, (
        "run scripts/lock"
    )
    assert {bare(r) for r in project["optional-dependencies"]["test"]} <= test, "run scripts/lock"


def locked(kind: str) -> list[str]:
    """The pins of a lock, as name==version."""
    return re.findall(r"(?m)^[a-z0-9.-]+==[^ ]+", (ROOT / "requirements" / f"{kind}.lock").read_text(encoding="utf-8"))


def bare(requirement: str) -> str:
    """The name of a requirement, as locks write it."""
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def test_a_test_reaches_this_machine_and_no_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass
    # 192.0.2.0/24 is for documentation (RFC 5737): nobody is there, should the guard ever be gone.
    with pytest.warns(UserWarning, match="tried to use"), pytest.raises(RuntimeError, match="tried to use"):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)


# --- the files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What is tracked, and what would be with the next `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    # A file may be in the index and gone from the folder.
    return sorted(ROOT / name for name in set(listed) if name and (ROOT / name).is_file())


@pytest.fixture(scope="module")
def sources(files: list[Path]) -> list[Source]:
    """The files that are text."""
    found = []
    for file in files:
        content = file.read_bytes()
        if b"\0" not in content:
            text = content.decode("utf-8", errors="replace")
            found.append(Source(path=PurePosixPath(file.relative_to(ROOT).as_posix()), text=text))
    return found


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Who imports whom in the package, with libraries."""
    return grimp.build_graph("archive", include_external_packages=True, cache_dir=None)
