"""The container and the compose files: nobody's user, nothing to write to but four folders, no secret.

What Docker makes of them is asked of hadolint and of the compose specification by `make shipped`.
"""

import re
import shlex
from typing import Any

import pytest
import yaml

from bot import VERSION
from bot.settings import PLATFORMS
from storage.engine import QUIET
from tests.deploy.words import DEPLOY, wrong_words
from tests.house.tree import ROOT

FOLDER = DEPLOY / "container"
FILE = (FOLDER / "Containerfile").read_text("utf-8")
COMPOSED = {
    name: yaml.safe_load((FOLDER / name).read_text("utf-8"))
    for name in ("compose.yaml", "compose.postgresql.yaml")
}
#: Every service that is our own image.
OURS = {
    f"{name}: {service}": said
    for name, file in COMPOSED.items()
    for service, said in file["services"].items()
    if said["image"].startswith("groundswell")
}


def steps(text: str = FILE) -> list[tuple[str, str]]:
    """(instruction, the rest) of every step, lines that go on joined."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(one.split(maxsplit=1)[0], one.split(maxsplit=1)[1]) for one in joined.splitlines()]


def last_stage() -> list[tuple[str, str]]:
    every = steps()
    return every[max(at for at, (word, _) in enumerate(every) if word == "FROM") :]


# The image --------------------------------------------------------------------------------------


def test_what_builds_stays_behind() -> None:
    stages = [rest for word, rest in steps() if word == "FROM"]
    assert stages == ["${PYTHON} AS built", "${PYTHON}"]
    assert "RUN" not in {word for word, _ in last_stage()}, "no shell is needed where it runs"


def test_it_is_nobodys_user_and_is_asked_without_a_tool() -> None:
    said = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", said["USER"])
    _, _, asked = said["HEALTHCHECK"].partition(" CMD ")
    words = yaml.safe_load(asked)
    assert words[0].endswith("/python")
    assert "127.0.0.1:8081/readyz" in words[-1]
    compile(words[-1], "the health check", "exec")


def test_what_it_starts_is_what_the_command_line_knows() -> None:
    said = dict(last_stage())
    words = yaml.safe_load(said["ENTRYPOINT"]) + yaml.safe_load(said["CMD"])
    assert list(wrong_words(shlex.join(words))) == []


def test_every_package_comes_with_its_hash_and_nothing_else_is_fetched() -> None:
    runs = " ".join(rest for word, rest in steps() if word == "RUN")
    for install in re.findall(r"pip install [^&]*", runs):
        assert "--require-hashes" in install or "--no-deps --no-build-isolation ." in install
        binary = "--only-binary :all:" in install
        assert binary or "--no-build-isolation" in install, "what builds comes with its hash"
    assert "ADD" not in {word for word, _ in steps()}
    assert not re.search(r"curl|wget|apt-get|https?:", runs)


def test_what_is_built_in_is_named_and_all_else_is_kept_out() -> None:
    allowed = (FOLDER / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    sent = {line.removeprefix("!") for line in allowed if line.startswith("!")}
    copied = {
        source
        for word, rest in steps()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert "*" in allowed
    assert copied == sent
    assert all((ROOT / one).exists() for one in sent)


def test_no_secret_and_no_setting_is_built_in() -> None:
    assert "GROUNDSWELL_" not in FILE
    assert [rest for word, rest in steps() if word == "ARG"] == [
        "PYTHON=docker.io/library/python:3.11-slim-bookworm"
    ]


def test_the_version_is_the_programs() -> None:
    assert f'version="{VERSION}"' in FILE
    assert {said["image"] for said in OURS.values()} == {f"groundswell:{VERSION}"}


# Compose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_held_in(name: str) -> None:
    said = OURS[name]
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", said["user"])
    assert "privileged" not in said
    assert "cap_add" not in said
    assert {"/var/lib/groundswell/keys"} < {one.split(":")[1] for one in said["volumes"]}
    for one in said["volumes"]:
        source, target, *how = one.split(":")
        assert how == ["ro"] or not source.startswith("."), f"{target} lies on the host"
    for one in said["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(one.partition(":")[2].split(","))


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_runs_the_command_line_knows(name: str) -> None:
    words = ["groundswell", *OURS[name]["command"]]
    assert list(wrong_words(shlex.join(words))) == []
    only = re.findall(r"--only[= ](\S+)", shlex.join(words))
    assert {one for part in only for one in part.split(",")} <= set(PLATFORMS)


@pytest.mark.parametrize("name", OURS)
def test_only_this_machine_reaches_what_listens(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in OURS[name].get("ports", ()))
    assert not any("OPS" in one for one in OURS[name].get("environment", ()))


@pytest.mark.parametrize("name", COMPOSED)
def test_every_image_has_a_version(name: str) -> None:
    for said in COMPOSED[name]["services"].values():
        assert re.search(r":\d[\w.-]*$", said["image"])


def test_on_sqlite_one_process_runs() -> None:
    running = [
        one for one in COMPOSED["compose.yaml"]["services"].values() if "run" in one["command"]
    ]
    assert len(running) == 1


def test_on_postgresql_the_work_is_shared_and_the_clock_has_its_own() -> None:
    services = COMPOSED["compose.postgresql.yaml"]["services"]
    running = {name: said["command"] for name, said in services.items() if "run" in said["command"]}
    assert {name for name, words in running.items() if "--no-heartbeat" not in words} == {
        "heartbeat"
    }
    for name in running:
        environment = services[name]["environment"]
        assert environment["GROUNDSWELL_DATABASE__URL_FILE"] == "credentials/database-url"
        assert environment["GROUNDSWELL_KEYS__URL_FILE"] == "credentials/key-store-url"
        assert services[name]["depends_on"]["schema"]["condition"].endswith("successfully")


def test_the_server_keeps_of_people_what_check_would_accept() -> None:
    words: list[Any] = COMPOSED["compose.postgresql.yaml"]["services"]["database"]["command"]
    said = dict(one.split("=", 1) for one in words if "=" in one)
    assert said == QUIET


def test_no_password_has_a_default() -> None:
    file = COMPOSED["compose.postgresql.yaml"]
    environment = file["services"]["database"]["environment"]
    assert "POSTGRES_PASSWORD" not in environment
    assert environment["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres-password"
    assert file["secrets"] == {"postgres-password": {"file": "./credentials/postgres-password"}}
