"""Figure 2 on Discord: the last step of a grievance, sixteen in flight.

Ours is the whole bot on PostgreSQL with fsync. Against stock discord.py, in a process of its own, too,
that answers a fixed sentence to its person alone, and asyncpg, which writes the same rows to the same
stores, one INSERT each, one after another.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.discord_wire import Discord
from tests.benchmarks.processes import Apart, apart
from tests.benchmarks.raw import raw_rows
from tests.benchmarks.rounds import Cost, Figure, Slice, beyond, measured
from tests.fakes.postgres import Postgres

FLIGHT, SENDS = 16, 64
GOAL = 0.6


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The line of figure 2 on Discord."""
    async with AsyncExitStack() as stack:
        stores = {
            one: await stack.enter_async_context(server.database())
            for one in ("database", "key_store")
        }
        given = stores | {"folder": str(folder / "discord-bench")}
        ours = await stack.enter_async_context(_bot("ours", given))
        stock = await stack.enter_async_context(_bot("stock", {}))
        await ours.previews()
        await ours.send()
        raw = await stack.enter_async_context(raw_rows(stores))

        async def write() -> int:
            return await raw.write(SENDS)

        async def same() -> None:
            stock.acts = ours.acts

        slices = {"send": Slice(ours.send, ours.previews), "raw": Slice(write)}
        slices["nothing"] = Slice(stock.acknowledge, same)

        def used() -> float:
            return ours.apart.cpu() + stock.apart.cpu()

        await measured(slices, used, rounds=1)  # connected, prepared
        yield _figure(await measured(slices, used))


def _figure(cost: dict[str, list[Cost]]) -> Figure:
    rounds = list(zip(*(cost[name] for name in ("send", "nothing", "raw")), strict=True))
    times = statistics.median((b.wall + c.wall) / a.wall for a, b, c in rounds)
    more = beyond(cost["send"], cost["nothing"])
    send, nothing = (
        statistics.median(one.others for one in cost[n]) * 1e6 for n in ("send", "nothing")
    )
    raw = statistics.median(one.cpu for one in cost["raw"]) * 1e6
    return Figure(
        f"2 send through Discord, {FLIGHT} in flight, against stock discord.py and the same rows raw",
        f"{times:.2f} of its rate ({send:.0f} us of the bot's CPU, {more:.0f} beyond the library's "
        f"{nothing:.0f}; {raw:.0f} of asyncpg's)",
        f">= {GOAL}",
        times >= GOAL,
        beyond=more,
    )


@dataclass
class _Bot:
    """One of the two, in its process. ``acts``: who is about to press ``send``."""

    apart: Apart
    chat: Discord
    acts: list[dict[str, Any]] = field(default_factory=list)

    async def previews(self) -> None:
        told = await self.apart.tell(SENDS)
        assert not told["bugs"], told["bugs"]
        self.acts = told["sent"]

    async def send(self) -> int:
        said = await self.chat.all(self.acts, FLIGHT)
        wrong = [one for one in said if b"I have saved it" not in one]  # its receipt's button
        assert not wrong, wrong[0]
        return len(said)

    async def acknowledge(self) -> int:
        return len(await self.chat.all(self.acts, FLIGHT))


@asynccontextmanager
async def _bot(name: str, given: dict[str, str]) -> AsyncIterator[_Bot]:
    chat = Discord()
    server, runner = await chat.listen()
    told = given | {"api": chat.url, "gateway": chat.gateway}
    try:
        async with apart("discord_bots", name, told) as process:
            await process.heard()
            async with asyncio.timeout(30):
                await chat.joined.wait()
            yield _Bot(process, chat)
    finally:
        await runner.cleanup()
        server.close()
