"""Figure 9: from the command to a bot that is ready, for each platform; and ``groundswell --help``.

The installed program, started again and again on an installation that has run before, until its
operator's ``/readyz`` says so. Against an interpreter that imports what it needs and does nothing:
that platform's library, SQLAlchemy's asyncio, the driver, APScheduler, pydantic-settings, structlog.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tests.benchmarks.rounds import Cost, Figure, Slice, measured, ratio
from tests.fakes.discord import discord_town
from tests.fakes.installed import Running, settings_in
from tests.fakes.matrix_installed import section
from tests.fakes.postgres import Postgres
from tests.fakes.slack import slack_town
from tests.fakes.synapse import Synapse

READY, HELP, OWN = 1.3, 2.0, 1.3  #: the goals; OWN: what an adapter adds, against its own import
LOOKS = 0.002  #: seconds between two looks whether it is ready
WITHIN = 60.0
ALWAYS = "sqlalchemy.ext.asyncio, aiosqlite, apscheduler.schedulers.asyncio, pydantic_settings, structlog"
LIBRARIES = {"slack": "slack_bolt.async_app", "discord": "discord", "matrix": "nio"}


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """Two lines for each platform, and that of the command line. No database server is asked."""
    del server
    async with AsyncExitStack() as stack:
        words = await stack.enter_async_context(platforms())
        async for one in _figures(folder, words, stack):
            yield one


@asynccontextmanager
async def platforms() -> AsyncIterator[dict[str, list[str]]]:
    """Each platform, served here, and its section of the settings."""
    synapse = Synapse()
    try:
        async with slack_town(burst=1000) as town, discord_town(generous=100) as chat:
            space = town.workspace("T0HARBOUR", name="Harbour")
            tokens = {"bot_token": space.bot_token, "app_token": space.app_token}
            of_slack = {"mode": "socket", "api_url": town.api_url} | tokens
            of_discord = {"token": chat.token, "api_url": chat.api_url}
            yield {
                "sandbox": ["[sandbox]", "port = 0"],
                "slack": _section("slack", of_slack),
                "discord": _section("discord", of_discord),
                "matrix": section(synapse.url, synapse.account("bot")),
            }
    finally:
        synapse.end()


async def _figures(
    folder: Path, words: dict[str, list[str]], stack: AsyncExitStack
) -> AsyncIterator[Figure]:
    starts = {name: _Start(_installed(folder / name, section)) for name, section in words.items()}
    for one in starts.values():
        stack.push_async_callback(one.ends)
    slices = {name: Slice(one.run, one.ends) for name, one in starts.items()}
    for name, library in LIBRARIES.items():
        slices[f"import {name}"] = _python(f"import {library}, {ALWAYS}")
    slices["import"] = _python(f"import {ALWAYS}")
    script = str(Path(sys.executable).with_name("groundswell"))
    slices["help"] = Slice(_Program((script, "--help")).run)
    slices["typer"] = _python("import typer")
    await measured(slices, rounds=1)  # migrated, logged in, compiled
    cost = await measured(slices)
    for name in LIBRARIES:
        bare = cost[f"import {name}"]
        times = ratio(cost[name], bare)
        yield Figure(
            f"9 start to ready on {name}, against importing what it needs",
            f"{times:.2f} of it ({_seconds(cost[name])} and {_seconds(bare)})",
            f"<= {READY}",
            times <= READY,
        )
        added, own = _beyond(cost[name], cost["sandbox"]), _beyond(bare, cost["import"])
        yield Figure(
            f"9 what {name} adds to a start, against what importing its library does",
            f"{added / own:.2f} of it ({added:.2f} s and {own:.2f} s)",
            f"<= {OWN}",
            added / own <= OWN,
        )
    times = ratio(cost["help"], cost["typer"])
    yield Figure(
        "9 groundswell --help, against importing typer",
        f"{times:.2f} of it ({_seconds(cost['help'])} and {_seconds(cost['typer'])})",
        f"<= {HELP}",
        times <= HELP,
    )


@dataclass
class _Start:
    """The program on one installation, one start after another."""

    config: Path
    process: Running | None = None

    async def run(self) -> int:
        self.process = await asyncio.to_thread(Running, self.config)
        async with asyncio.timeout(WITHIN):
            while not await asyncio.to_thread(self._is_ready, self.process):
                await asyncio.sleep(LOOKS)
        return 1

    async def ends(self) -> None:
        if self.process:
            ended, log = await asyncio.to_thread(self.process.stop)
            assert ended == 0, log
            self.process = None

    def _is_ready(self, process: Running) -> bool:
        try:
            return process.ask("/readyz")[0] == HTTPStatus.OK
        except OSError:  # it does not listen yet
            assert process.process.poll() is None, process.ended()
            return False


@dataclass(frozen=True)
class _Program:
    """One that ends by itself."""

    words: Sequence[str]

    async def run(self) -> int:
        await asyncio.to_thread(subprocess.run, self.words, check=True, capture_output=True)
        return 1


def _section(name: str, told: dict[str, str]) -> list[str]:
    return [f"[{name}]", *(f'{key} = "{value}"' for key, value in told.items())]


def _python(words: str) -> Slice:
    return Slice(_Program((sys.executable, "-c", words)).run)


def _installed(folder: Path, platform: list[str]) -> Path:
    folder.mkdir()
    return settings_in(folder, platform=platform)


def _beyond(more: list[Cost], less: list[Cost]) -> float:
    """The median of what the one took longer than the other, in seconds."""
    found = sorted(a.wall - b.wall for a, b in zip(more, less, strict=True))
    return found[len(found) // 2]


def _seconds(costs: list[Cost]) -> str:
    return f"{sorted(one.wall for one in costs)[len(costs) // 2]:.2f} s"
