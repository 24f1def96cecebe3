"""The two bots of figure 2 on Discord, each a process of its own, so that its CPU is its own.

``ours``: the whole bot with its Discord adapter, on PostgreSQL; told so by a line on its input, it
brings grievances as far as the preview, through the door, and tells what Discord would bring when each
is sent off. ``stock``: discord.py that answers a fixed sentence to its person alone.
"""

import asyncio
import json
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.discord.app import DiscordPlatform
from adapters.discord.incoming import PLATFORM, come
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot import ports, tasks
from bot.dispatch import Door
from bot.domain.communities import Space, Trust
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.settings import Discord, Where
from bot.wiring import groundswell
from tests.benchmarks.discord_wire import press
from tests.benchmarks.processes import lines, say
from tests.benchmarks.slack_bots import FORM
from tests.fakes.acts import button
from tests.fakes.world import US, HandClock, KeptLog, KeptPost

GUILDS = 8
ANSWER = "Your grievance is filed. " * 20  #: about as long as what ours says
TOKEN = "a.b.c"


async def ours(given: dict[str, Any]) -> None:
    folder, clock, chance = Path(given["folder"]), HandClock(SystemClock().now()), SystemChance()
    where = Where(folder / "data", folder / "keys", given["database"], given["key_store"])
    make_key_files(where.keys, chance)
    known = Discord(token=TOKEN, api_url=given["api"], gateway_url=given["gateway"])
    made = list[DiscordPlatform]()

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        made.append(DiscordPlatform(known, US, clock, chance, open_work))
        return {PLATFORM: made[0].post}

    log, posts = KeptLog(), {people.PLATFORM: KeptPost()}
    async with groundswell(where, US, posts, clock, chance, log, beside=beside) as bot:
        for n in range(GUILDS):
            seeded = people.community(lambda: chance.bytes(16).hex(), f"TESTCDE{n}", clock.now())
            there = Space(chance.bytes(16).hex(), PLATFORM, _guild(n), "", Trust.NEUTRAL, rooms={})
            await bot.communities.found(replace(seeded, spaces=(there,)))
        ALLOWED_A_DAY[Act.GRIEVANCE] = 1_000_000  # no limit of ours is what is measured
        tasks.BEHIND = 60.0  # nor how long a busy machine made somebody wait
        async with made[0].serve(bot.door, _give_up):
            say({})
            numbers = count()
            async for many in lines():
                sent = [await _to_preview(bot.door, next(numbers)) for _ in range(many)]
                say({"sent": sent, "bugs": [repr(one) for one in log.lines]})


def _guild(number: int) -> str:
    return str(1000000000000000000 + 1000 * (number % GUILDS))


async def _to_preview(door: Door, number: int) -> dict[str, Any]:
    """What Discord brings when this person presses ``send``."""
    user, guild = str(1300000000000000000 + number), _guild(number)

    def acts(id: str) -> Any:
        found = come(press(user, guild, id))
        assert found is not None
        return found.caller

    opened = await door.begin("grievance", acts("grievance"))
    form = (await door.begin("continue", acts("on"), button(opened, "continue").subject)).form
    assert form is not None
    shown = await door.submit(form.name, acts("form"), form.subject, FORM)
    return press(user, guild, button(shown, "send").id)


def _give_up(why: Exception) -> None:
    raise SystemExit(str(why))


async def stock(given: dict[str, Any]) -> None:
    Route.BASE = given["api"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(given["gateway"])
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)

    @client.event
    async def on_interaction(one: "discord.Interaction[discord.Client]") -> None:
        await one.response.send_message(ANSWER, ephemeral=True)

    running = asyncio.create_task(client.start(TOKEN))
    say({})
    async for _ in lines():
        say({})
    running.cancel()


if __name__ == "__main__":
    asyncio.run({"ours": ours, "stock": stock}[sys.argv[1]](json.loads(sys.argv[2])))
