"""requirements.lock says what is installed, to the byte, and leaves from where to the machine."""

import re
import tomllib

import pytest

from tests.house.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
SHIPPED = (ROOT / "deploy" / "requirements.lock").read_text("utf-8")
BUILDING = (ROOT / "deploy" / "building.lock").read_text("utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _wanted() -> dict[str, list[str]]:
    """Where it is asked for -> what pyproject.toml asks for."""
    project = PYPROJECT["project"]
    asked = {
        "dependencies": project["dependencies"],
        "build": PYPROJECT["build-system"]["requires"],
    }
    asked |= {f"extra {name}": found for name, found in project["optional-dependencies"].items()}
    return asked | {
        f"group {name}": found for name, found in PYPROJECT["dependency-groups"].items()
    }


def plain(requirement: str) -> str:
    """A package's name as indexes spell it: no extras, no version, one dash for . _ and -."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def _locked(lock: str = LOCK) -> dict[str, str]:
    """Package -> all that the lock says of it: its line and what is continued below."""
    found: dict[str, str] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if block and not block.startswith("#"):
            assert plain(block) not in found or " ; " in block, f"{plain(block)} is locked twice"
            found[plain(block)] = found.get(plain(block), "") + block
    return found


def test_something_is_locked() -> None:
    assert len(_locked()) > 50


@pytest.mark.parametrize("package", _locked())
def test_every_package_has_one_version_and_its_hashes(package: str) -> None:
    for block in re.split(r"^(?=[A-Za-z0-9])", _locked()[package], flags=re.MULTILINE):
        if block:
            assert re.match(r"[a-z0-9-]+==[0-9][A-Za-z0-9.+!]*( ;[^\\\n]+)? \\\n", block), block[
                :80
            ]
            hashes = re.findall(r"--hash=(\S+)", block)
            assert hashes
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)


@pytest.mark.parametrize("lock", [LOCK, SHIPPED, BUILDING], ids=["ours", "deployed", "building"])
def test_no_index_and_no_address_is_named(lock: str) -> None:
    assert not re.search(r"https?:|file:|git\+|--(?:extra-)?index|--find-links|-i |@ ", lock)


def test_what_is_deployed_is_what_was_tested_without_the_tools_of_the_tests() -> None:
    """To the hash: of the same lock, fewer."""
    ours, shipped = _locked(), _locked(SHIPPED)
    assert {"aiohttp", "asyncpg", "discord-py", "slack-bolt", "matrix-nio"} < shipped.keys()
    assert not shipped.keys() & {"pytest", "mypy", "ruff", "playwright", "matrix-synapse"}
    for package, block in (shipped | _locked(BUILDING)).items():
        assert _said(block) == _said(ours[package]), package


def _said(block: str) -> list[str]:
    """Versions and hashes, without who asked for them, and for which machines."""
    lines = [line for line in block.splitlines() if not line.strip().startswith("#")]
    return [re.sub(r" ; [^\\]*", " ", line) for line in lines]


def test_no_other_file_names_one() -> None:
    for other in ("uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock", "pip.conf", "uv.toml"):
        assert not (ROOT / other).exists()
    assert "index" not in PYPROJECT.get("tool", {}).get("uv", {})


@pytest.mark.parametrize("where", _wanted())
def test_all_that_is_asked_for_is_locked(where: str) -> None:
    missing = {plain(one) for one in _wanted()[where]} - set(_locked())
    assert missing == set()


def test_what_is_locked_is_what_was_asked_for() -> None:
    """A version the lock has and pyproject.toml rules out would be found at installation only."""
    from packaging.requirements import Requirement

    for found in _wanted().values():
        for one in map(Requirement, found):
            version = re.match(r"[a-z0-9-]+==([^ ;\\]+)", _locked()[plain(one.name)])
            assert version
            assert one.specifier.contains(version.group(1), prereleases=True), one
