"""What every test may ask for: an empty archive on each log backend, its clock and its noise, and how long to search."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.vault.store import Vault
from storage.server import stop_server
from stories import BACKENDS, Backend, Clock, Home, Noise

# What is asserted beside the tests is explained as they are.
pytest.register_assert_rewrite("faults.homes")

# Every commit waits for its disk, and a test makes many. What the tests ask about survives a killed process in memory
# too, so that their folders lie there where there is room.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 1024**3
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Many tests of what is folded from the log. The folding itself is tested on every backend by their neighbours, and both
# give the same rows (stateful/test_both_databases.py): these run on PostgreSQL with `--every-database`.
MOSTLY_ON_SQLITE = frozenset(
    {
        "api/test_items.py",
        "intake/test_bureau_2018.py",
        "intake/test_instruments.py",
        "projections/test_catalogue.py",
        "projections/test_search.py",
        "projections/test_tallies.py",
        "reports/test_build.py",
        "stateful/test_kept_answers.py",
        "stateful/test_projections.py",
        "web/test_graphql.py",
        "web/test_pages.py",
    }
)

# The same examples every time, so that a red run is red for everyone; `--hypothesis-profile=long` draws new ones.
settings.register_profile(
    "quick",
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    # Each example makes an archive of its own inside the test.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("quick"), max_examples=2_000, derandomize=False, print_blob=True)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files anew instead of comparing with them"
    )
    parser.addoption(
        "--every-database", action="store_true", help="try on each database what is otherwise tried on SQLite alone"
    )
    parser.addoption(
        "--every-write", action="store_true", help="strike at every call that writes, where otherwise some are sampled"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # What takes minutes comes first, so that no process is left alone with it at the end.
    items.sort(key=lambda item: item.path.parent.name not in {"faults", "stateful", "nodes", "conformance"})
    if config.getoption("--every-database"):
        return
    left_out = [item for item in items if isinstance(item, pytest.Function) and _is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _is_left_out(item: pytest.Function) -> bool:
    storage = item.callspec.params.get("storage") if hasattr(item, "callspec") else None
    return storage == "postgres" and "/".join(item.path.parts[-2:]) in MOSTLY_ON_SQLITE


def pytest_unconfigure() -> None:
    stop_server()


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def every_write(request: pytest.FixtureRequest) -> bool:
    """Whether a fault is tried at every call that writes."""
    return bool(request.config.getoption("--every-write"))


@pytest.fixture(params=BACKENDS)
def storage(request: pytest.FixtureRequest) -> Backend:
    """Every backend of the log in turn: what is tested through this fixture is tested on each."""
    return BACKENDS[request.param]


@pytest.fixture
def home(storage: Backend, tmp_path: Path) -> Home:
    """The folder of an archive in which nothing has happened."""
    return Home.create(tmp_path / "home", storage)


@pytest.fixture
def log(home: Home) -> Iterator[Log]:
    with home.open_log() as log:
        yield log


@pytest.fixture
def disclosures(home: Home) -> Iterator[Disclosures]:
    with home.open_disclosures() as disclosures:
        yield disclosures


@pytest.fixture
def vault(home: Home) -> Iterator[Vault]:
    with home.open_vault() as vault:
        yield vault


@pytest.fixture
def clock() -> Clock:
    """The clock of `writer`; it stands still until a test moves it."""
    return Clock()


@pytest.fixture
def noise() -> Noise:
    """The random bytes of `writer`: the same in every run."""
    return Noise()


@pytest.fixture
def writer(log: Log, disclosures: Disclosures, vault: Vault, clock: Clock, noise: Noise) -> Iterator[Writer]:
    with Writer(log, disclosures, vault, now=clock, noise=noise) as writer:
        yield writer
