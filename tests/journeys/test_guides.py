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
from pathlib import Path

import pytest

from tests.fakes.discord import discord_town
from tests.fakes.installed import free_port
from tests.fakes.mailing import shown
from tests.fakes.slack import slack_town
from tests.house.tree import ROOT

GUIDES = ROOT / "deploy" / "guides"
#: Texts to be copied or filled in: nothing to run.
TEXTS = {"members", "dpia"}
WITHIN = 120.0
STARTTLS = {"tls_context": shown("localhost"), "require_starttls": True, "auth_required": True}

Environment = Mapping[str, str]
Place = Callable[[Path], AbstractAsyncContextManager[Environment]]


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


@asynccontextmanager
async def nowhere(folder: Path) -> AsyncIterator[Environment]:
    yield {}


@asynccontextmanager
async def slack(folder: Path) -> AsyncIterator[Environment]:
    async with slack_town() as town:
        space = town.workspace("T0HARBOUR", name="Harbour")
        (folder / "slack-bot-token").write_text(space.bot_token)
        (folder / "slack-app-token").write_text(space.app_token)
        yield {"GROUNDSWELL_SLACK__API_URL": town.api_url}


@asynccontextmanager
async def discord(folder: Path) -> AsyncIterator[Environment]:
    async with discord_town() as town:
        (folder / "discord-token").write_text(town.token)
        yield {"GROUNDSWELL_DISCORD__API_URL": town.api_url}


PLACES: dict[str, Place] = {"first-day": nowhere, "slack": slack, "discord": discord}


@pytest.mark.parametrize("name", PLACES)
async def test_every_step_of_a_guide_does_what_it_says(tmp_path: Path, name: str) -> None:
    async with PLACES[name](tmp_path) as more:
        for block in blocks(name):
            await done(block, tmp_path, of(tmp_path) | more)
