"""Every import contract and every ban breaks when somebody breaks it: each on a plant of its own."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import FLOORS, ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = {one["id"]: one["name"] for one in PYPROJECT["tool"]["importlinter"]["contracts"]}

#: Contract -> (the file that is planted in, the import that breaks this contract and no other).
PLANTS = {
    "house": ("bot/domain/privacy/keeping.py", "import bot.limits"),
    "platforms": ("adapters/scheduler.py", "import adapters.vault"),
    "acyclic": ("bot/domain/communities/community.py", "import bot.domain.cases"),
    "pure": ("bot/services/communities/known.py", "import cryptography"),
    "sql": ("adapters/clock.py", "import sqlite3"),
    "door": ("adapters/sandbox/crowd.py", "import bot.services.communities"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program without its tests, to be broken."""
    for floor in FLOORS:
        ignored = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(ROOT / floor, tmp_path / floor, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(copy: Path) -> dict[str, str]:
    """Contract -> KEPT or BROKEN, in this copy."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=copy,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy), "NO_COLOR": "1"},
        check=False,
    )
    found = {
        id: line.removeprefix(name).split()[0]
        for line in done.stdout.splitlines()
        for id, name in CONTRACTS.items()
        if line.startswith(f"{name} ")
    }
    assert set(found) == set(CONTRACTS), done.stdout + done.stderr
    assert (done.returncode == 0) == (set(found.values()) == {"KEPT"})
    return found


def plant(file: Path, words: str) -> None:
    assert file.is_file(), f"{file} is gone: plant elsewhere"
    file.write_text(file.read_text("utf-8") + f"\n{words}\n", "utf-8")


def test_every_contract_has_a_plant() -> None:
    assert set(PLANTS) == set(CONTRACTS)


def test_as_it_stands_every_contract_is_kept(copy: Path) -> None:
    assert set(verdicts(copy).values()) == {"KEPT"}


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_import_breaks_exactly_its_contract(copy: Path, contract: str) -> None:
    where, words = PLANTS[contract]
    plant(copy / where, words)
    broken = {id for id, verdict in verdicts(copy).items() if verdict != "KEPT"}
    assert broken == {contract}


#: What each floor may never load, whatever else is added to the lists.
PLATFORMS = {"discord", "slack_bolt", "slack_sdk", "nio"}
DATABASES = {"sqlalchemy", "alembic", "aiosqlite", "asyncpg"}


def test_the_lists_of_what_is_forbidden_are_whole() -> None:
    forbidden = {
        one["id"]: set(one.get("forbidden_modules", ()))
        for one in PYPROJECT["tool"]["importlinter"]["contracts"]
    }
    assert forbidden["pure"] >= PLATFORMS | DATABASES | {
        "aiohttp",
        "apscheduler",
        "cryptography",
        "matplotlib",
    }
    assert forbidden["sql"] >= DATABASES | {"sqlite3"}


def test_the_core_s_purity_covers_all_of_it() -> None:
    """Every room and module of the core but those that build it."""
    (pure,) = [one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "pure"]
    rooms = {f"bot.{path.stem}" for path in (ROOT / "bot").iterdir() if path.stem[:2] != "__"}
    builders = {"bot.cli", "bot.cli_communities", "bot.cli_matrix", "bot.cli_run", "bot.running"}
    builders |= {"bot.wiring", "bot.checks", "bot.opened", "bot.cli_discord", "bot.cli_slack"}
    builders |= {"bot.backups", "bot.regularly", "bot.restoring", "bot.rotation", "bot.cli_backup"}
    builders |= {"bot.cli_init", "bot.databases", "bot.reached", "bot.backup_folder"}
    assert rooms - builders == set(pure["source_modules"])


def test_only_the_child_that_draws_loads_the_library_that_draws() -> None:
    """It costs a second and 60 MiB; the bot that is built, runs and is asked never pays them."""
    code = "import sys, bot.cli, bot.running, adapters.charts.process; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"bot.wiring", "adapters.charts.process"} <= set(loaded.stdout.split())
    assert {"matplotlib", "numpy"} & set(loaded.stdout.split()) == set()


def test_whoever_asks_for_help_waits_for_no_library_but_the_command_line_s() -> None:
    """Figure 9: every word of the command line loads what it needs when it is run."""
    code = "import sys, bot.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = set(loaded.stdout.split())
    assert {"bot.cli_run", "typer"} <= found
    heavy = {"asyncio", "pydantic", "babel", "sqlalchemy", "structlog", "bot.chat", "bot.settings"}
    assert heavy & found == set()


# Bans -------------------------------------------------------------------------------------------

#: What is banned -> (code that does it, ruff's rule). Everywhere but in its one home.
BANS = {
    "datetime.now": ("import datetime\nx = datetime.datetime.now(datetime.UTC)", "TID251"),
    "datetime.now, imported": (
        "from datetime import UTC, datetime\nx = datetime.now(UTC)",
        "TID251",
    ),
    "datetime.utcnow": ("from datetime import datetime\nx = datetime.utcnow()", "TID251"),
    "date.today": ("from datetime import date\nx = date.today()", "TID251"),
    "time.time": ("import time\nx = time.time()", "TID251"),
    "time.time, imported": ("from time import time\nx = time()", "TID251"),
    "os.environ": ("import os\nx = os.environ", "TID251"),
    "os.environ, imported": ("from os import environ\nx = environ", "TID251"),
    "os.getenv": ("import os\nx = os.getenv('HOME')", "TID251"),
    "random": ("import random\nx = random.random()", "TID251"),
    "random, a part of it": ("from random import choice\nx = choice([1])", "TID251"),
    "print": ("print('words')", "T201"),
    "a broad except": ("try:\n    pass\nexcept Exception:\n    x = 1", "BLE001"),
    "a relative import": ("from . import errors", "TID252"),
    "no docstring": ("x = 1", "D100"),
}
ANYWHERE = (
    "bot/domain/planted.py",
    "bot/services/planted.py",
    "storage/planted.py",
    "adapters/planted.py",
)


def complaints(copy: Path, file: str, code: str) -> set[str]:
    """The rules that ruff finds broken in a file with this code, under our settings."""
    (copy / file).write_text(code + "\n", "utf-8")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ruff"),
            "check",
            "--no-cache",
            "--output-format=json",
            file,
        ],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    return {one["code"] for one in json.loads(done.stdout)}


@pytest.mark.parametrize("banned", BANS)
def test_what_is_banned_is_banned_on_every_floor(copy: Path, banned: str) -> None:
    code, rule = BANS[banned]
    said = '"""Planted."""\n\n' if rule != "D100" else ""
    for file in ANYWHERE:
        assert rule in complaints(copy, file, said + code), (banned, file)


def test_innocent_code_breaks_no_ban(copy: Path) -> None:
    innocent = '"""Planted."""\n\nimport secrets\n\nx = secrets.token_bytes(4)'
    for file in ANYWHERE:
        assert complaints(copy, file, innocent) == set()


def test_each_ban_has_one_home() -> None:
    """Where ruff is told to look away, and for what."""
    homes = PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"]
    ours = {file: rules for file, rules in homes.items() if not file.startswith("tests/")}
    assert ours == {
        "adapters/clock.py": ["TID251"],
        "bot/settings/reading.py": ["TID251"],
        "bot/dispatch.py": ["BLE001"],
        "bot/heartbeat.py": ["BLE001"],
        "bot/postman.py": ["BLE001"],
    }
