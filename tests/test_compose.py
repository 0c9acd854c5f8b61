"""The image and the compose file: read, not run, since no engine runs where the tests do."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
HOME = "/data"


def test_base_image_is_pinned_by_tag_and_the_same_in_every_stage() -> None:
    images = {argument.split()[0] for word, argument in dockerfile() if word == "FROM"}
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.\d+(\.\d+)?-slim-[a-z]+", images.pop())


def test_image_installs_from_the_lock_with_hashes() -> None:
    installs = [argument for word, argument in dockerfile() if word == "RUN" and "pip install" in argument]
    assert len(installs) == 2
    packages, project = installs
    for option in ("--require-hashes", "--only-binary :all:", "--requirement requirements/run.lock"):
        assert option in packages
    for option in ("--no-deps", "--no-build-isolation"):
        assert option in project


def test_image_copies_only_what_the_ignore_file_lets_through() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied = {
        name
        for word, argument in dockerfile()
        if word == "COPY" and not argument.startswith("--from=")
        for name in argument.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_image_runs_as_a_user_without_rights() -> None:
    words = [word for word, _ in dockerfile()]
    assert last("USER") == "10001:10001"
    # Whatever comes after USER runs as that user; nothing may set it back.
    assert words.count("USER") == 1
    assert words.index("USER") > words.index("RUN")


def test_home_is_the_volume() -> None:
    assert last("VOLUME") == HOME
    assert f"ARCHIVE_HOME={HOME}" in last("ENV").split()
    for service in services().values():
        assert service["volumes"] == [f"home:{HOME}"]
    assert "home" in compose()["volumes"]


def test_health_check_asks_healthz_on_the_served_port() -> None:
    image_check = last("HEALTHCHECK").split("CMD", 1)[1]
    service = services()["archive"]
    port = service["command"][service["command"].index("--port") + 1]
    assert f"http://127.0.0.1:{port}/healthz" in image_check
    assert service["healthcheck"]["test"] == ["CMD", *json.loads(image_check)]
    assert service["command"] == json.loads(last("CMD"))
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", ["init", "archive"])
def test_service_writes_nothing_but_its_home_and_gains_no_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service, "the image's own user is the right one"


def test_home_is_made_once_before_the_first_start() -> None:
    assert services()["archive"]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}
    (command,) = services()["init"]["command"]
    assert command.startswith(f"test -f {HOME}/archive.toml || ")
    # $$ is how compose spells the $ that the shell in the container is to see.
    assert '--origin "$$ORIGIN"' in command


def test_home_is_made_only_where_there_is_none(tmp_path: Path) -> None:
    (command,) = services()["init"]["command"]
    script = command.replace("$$", "$").replace(HOME, str(tmp_path)).replace("exec archive", "echo archive")

    def run() -> str:
        environment = {"ORIGIN": "foia.example.gov/records"}
        return subprocess.run(
            ["/bin/sh", "-c", script], env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert run() == f"archive init {tmp_path} --origin foia.example.gov/records\n"
    (tmp_path / "archive.toml").touch()
    assert run() == ""


def test_neither_file_holds_a_secret() -> None:
    for name in ("Dockerfile", "docker-compose.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"(?i)password|passwd|secret|token|PRIVATE KEY|api.?key", text), name
    assert not [argument for word, argument in dockerfile() if word == "ARG"], (
        "build arguments stay readable in the image"
    )


def test_compose_accepts_the_file() -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip(
            "`docker compose` is not on this machine: docker-compose.yml was read here, but not by compose itself"
        )
    command = ["docker", "compose", "--file", "docker-compose.yml", "config", "--quiet"]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ARCHIVE_ORIGIN": "foia.example.gov/records"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [(word, argument.strip()) for word, _, argument in (line.partition(" ") for line in joined.splitlines())]


def last(word: str) -> str:
    """The argument of an instruction where the last one counts."""
    return [argument for found, argument in dockerfile() if found == word][-1]


def compose() -> dict[str, Any]:  # YAML as found; each test looks at what it names
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))  # YAML as found
    return loaded


def services() -> dict[str, dict[str, Any]]:  # YAML as found
    found: dict[str, dict[str, Any]] = compose()["services"]  # YAML as found
    return found
