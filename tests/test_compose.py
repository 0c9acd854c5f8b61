"""The image and the compose files: read, not run, since no engine runs where the tests do (see nodes/test_topology.py)."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SINGLE, SEVERAL = "docker-compose.single.yml", "docker-compose.yml"
FILES = (SINGLE, SEVERAL)
ALL = [(file, name) for file in FILES for name in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"]]
HOME, NOTARY = "/data", "/notary"
ORIGIN = "foia.example.gov/records"


# --- the image --------------------------------------------------------------------------------------------------------
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


def test_volumes_are_folders_that_the_user_owns() -> None:
    assert last("VOLUME").split() == [HOME, NOTARY]
    assert f"ARCHIVE_HOME={HOME}" in last("ENV").split()
    made = next(argument for word, argument in dockerfile() if word == "RUN" and "install --directory" in argument)
    # A new volume takes the owner of the folder that it covers.
    assert f"--owner archive --group archive --mode 0750 {HOME} {NOTARY}" in made


# --- every service ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("file, name", ALL)
def test_service_writes_nothing_but_its_volumes_and_gains_no_rights(file: str, name: str) -> None:
    service = services(file)[name]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    if service.get("image", "").startswith("archive:"):
        assert "user" not in service, "the image's own user is the right one"
    elif service["image"].startswith("postgres:"):
        assert service["user"] == "postgres"
    else:
        assert service["image"].startswith("nginxinc/nginx-unprivileged:")


@pytest.mark.parametrize("file, name", ALL)
def test_service_names_its_image_by_a_version(file: str, name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:\d+(\.\d+)*(-[a-z]+)?", services(file)[name]["image"])


@pytest.mark.parametrize("file, name", ALL)
def test_service_is_looked_after(file: str, name: str) -> None:
    service = services(file)[name]
    if name.startswith("init"):
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"] in {"no", "on-failure"}, "it ends when it is done"
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("file, name", ALL)
def test_service_waits_for_what_is_there_and_has_what_it_names(file: str, name: str) -> None:
    whole, service = compose(file), services(file)[name]
    for other, how in service.get("depends_on", {}).items():
        ends = other.startswith("init")
        assert how == {"condition": "service_completed_successfully" if ends else "service_healthy"}
        assert other in services(file)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in whole["volumes"] or (ROOT / source).is_file()
    secrets = service.get("secrets", [])
    assert set(secrets) <= set(whole.get("secrets", {}))
    said = json.dumps([service.get("environment"), service.get("command")])
    named = set(re.findall(r"/run/secrets/([a-z_.]+)", said))
    assert named <= set(secrets), "what it reads there is there"


@pytest.mark.parametrize("file", FILES)
def test_only_this_machine_reaches_the_published_port(file: str) -> None:
    ports = [port for service in services(file).values() for port in service.get("ports", [])]
    assert len(ports) == 1
    assert ports[0].startswith("127.0.0.1:8000:")


def test_health_check_asks_healthz_on_the_served_port() -> None:
    image_check = last("HEALTHCHECK").split("CMD", 1)[1]
    service = services(SINGLE)["archive"]
    port = service["command"][service["command"].index("--port") + 1]
    assert f"http://127.0.0.1:{port}/healthz" in image_check
    assert service["healthcheck"]["test"] == ["CMD", *json.loads(image_check)]
    assert service["command"] == json.loads(last("CMD"))
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", ["writer", "node-1", "node-2"])
def test_a_node_is_asked_whether_it_should_be_sent_readers(name: str) -> None:
    service = services(SEVERAL)[name]
    assert "http://127.0.0.1:8000/readyz" in service["healthcheck"]["test"][-1]
    assert service["command"] == json.loads(last("CMD"))


# --- homes ------------------------------------------------------------------------------------------------------------
MADE = [
    (SINGLE, "init", f"--origin {ORIGIN} --notary /notary/signer"),
    (
        SEVERAL,
        "init-writer",
        f"--origin {ORIGIN} --notary /notary/signer --log WRITES --log-owner OWNS --log-reader archive_reader",
    ),
    (SEVERAL, "init-node-1", f"--origin {ORIGIN} --log-read READS"),
    (SEVERAL, "init-node-2", f"--origin {ORIGIN} --log-read READS"),
]


@pytest.mark.parametrize("file, name, words", MADE)
def test_home_is_made_only_where_there_is_none(tmp_path: Path, file: str, name: str, words: str) -> None:
    service = services(file)[name]
    assert service["entrypoint"] == ["sh", "-c"]
    (command,) = service["command"]
    # $$ is how compose spells the $ that the shell in the container is to see.
    script = command.replace("$$", "$").replace(HOME, str(tmp_path)).replace("exec archive", "echo archive")

    def run() -> str:
        environment = {"ORIGIN": ORIGIN, "LOG": "WRITES", "OWNER": "OWNS", "READ": "READS"}
        assert set(service["environment"]) <= set(environment)
        return subprocess.run(
            ["/bin/sh", "-c", script], env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert run() == f"archive init {tmp_path} {words}\n"
    (tmp_path / "archive.toml").touch()
    assert run() == ""


def test_who_writes_and_who_reads_is_the_role_for_it() -> None:
    writer, node = services(SEVERAL)["init-writer"]["environment"], services(SEVERAL)["init-node-1"]["environment"]
    assert writer["LOG"].startswith("postgresql://archive_writer@primary/archive?")
    assert writer["OWNER"].startswith("postgresql://archive_owner@primary/archive?")
    assert node["READ"].startswith("postgresql://archive_reader@replica,primary/archive?")
    for name in ("node-1", "node-2"):
        assert services(SEVERAL)[name]["secrets"] == ["archive_reader.pgpass"]
        assert not any("notary" in volume for volume in services(SEVERAL)[name]["volumes"])


# --- secrets ----------------------------------------------------------------------------------------------------------
def test_no_file_holds_a_secret() -> None:
    for path in (ROOT / "Dockerfile", *(ROOT / file for file in FILES), *(ROOT / "deploy").iterdir()):
        assert not re.search(r"(?i)PRIVATE KEY|[0-9a-f]{32}", path.read_text(encoding="utf-8")), path
    for service in services(SEVERAL).values():
        for name in service.get("environment", {}):
            assert "PASSWORD" not in name or name.endswith("_FILE"), "a secret is read from a file"
    assert not [argument for word, argument in dockerfile() if word == "ARG"], (
        "build arguments stay readable in the image"
    )


def test_secrets_are_made_once_and_for_one_reader_each(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make = [ROOT / "deploy" / "secrets", folder]
    subprocess.run(make, check=True)
    wanted = {Path(one["file"]).name for one in compose(SEVERAL)["secrets"].values()}
    made = {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()}
    assert set(made) == wanted
    for name, content in made.items():
        assert (folder / name).stat().st_mode & 0o777 == 0o400
        role, _, kind = name.partition(".")
        password = made[role].strip()
        assert re.fullmatch(r"[0-9a-f]{48}", password)
        assert content == (f"*:*:*:{role}:{password}\n" if kind == "pgpass" else f"{password}\n")
    assert len({made[name] for name in made if "." not in name}) == 5
    (folder / "archive_writer").unlink()
    subprocess.run(make, check=True)
    again = {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()}
    changed = {name for name in made if again[name] != made[name]}
    assert changed == {"archive_writer", "archive_writer.pgpass"}


# --- by their own programs --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("file", FILES)
def test_compose_accepts_the_file(file: str) -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip(f"`docker compose` is not on this machine: {file} was read here, but not by compose itself")
    command = ["docker", "compose", "--file", file, "config", "--quiet"]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ARCHIVE_ORIGIN": ORIGIN}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["secrets", "roles.sh", "replica.sh"])
def test_shell_can_read_the_script(name: str) -> None:
    path = ROOT / "deploy" / name
    shell = "sh" if path.read_text(encoding="utf-8").startswith("#!/bin/sh") else "bash"
    subprocess.run([shell, "-n", path], check=True)


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [(word, argument.strip()) for word, _, argument in (line.partition(" ") for line in joined.splitlines())]


def last(word: str) -> str:
    """The argument of an instruction where the last one counts."""
    return [argument for found, argument in dockerfile() if found == word][-1]


def compose(file: str) -> dict[str, Any]:  # Any: YAML as found; each test looks at what it names
    loaded: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))  # Any: YAML as found
    return loaded


def services(file: str) -> dict[str, dict[str, Any]]:  # Any: YAML as found
    found: dict[str, dict[str, Any]] = compose(file)["services"]  # Any: YAML as found
    return found
