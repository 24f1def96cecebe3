"""Bots for trying out the stand-in for Discord: discord.py's own client, and bare calls without any.

The library keeps its addresses in two places of its own; they follow whichever town was opened last.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord import Town

Json = dict[str, Any]


class Bot(discord.AutoShardedClient):
    """discord.py's client with nothing privileged and nothing kept. ``started``: what ends with it."""

    started: asyncio.Task[None]

    def __init__(self, **more: Any) -> None:
        super().__init__(
            intents=more.pop("intents", discord.Intents(guilds=True)),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.01,
            **more,
        )
        self.tree = discord.app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits five seconds here."""


@asynccontextmanager
async def running(
    town: Town, listen: Callable[[Bot], Any] | None = None, *, sync: bool = True, **more: Any
) -> AsyncIterator[Bot]:
    """A bot that is at the gateway; ``listen`` says what it does."""
    Route.BASE = town.api_url
    discord.shard.DiscordWebSocket = DiscordWebSocket  # as it is where no bot of ours came before
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(town.gateway_url)
    bot = Bot(**more)
    if listen is not None:
        listen(bot)
    bot.started = task = asyncio.create_task(bot.start(town.token))
    ready = asyncio.create_task(town.joined())
    try:
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await ready
        if sync and bot.tree.get_commands():
            await bot.tree.sync()
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


@dataclass
class Bare:
    """A client of nobody's making: any call, with any token."""

    town: Town
    session: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> tuple[int, Any]:
        """Gives (status, what came back)."""
        headers = more.pop("headers", {}) | {"Authorization": f"Bot {token or self.town.token}"}
        if body is not None:
            more["data"] = json.dumps(body)
            headers["Content-Type"] = "application/json"
        url = f"{self.town.api_url}{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            raw = await answer.read()
            is_json = answer.headers.get("Content-Type") == "application/json"
            self.headers = answer.headers
            return answer.status, json.loads(raw) if is_json and raw else raw.decode()

    @asynccontextmanager
    async def gateway(self, query: str = "v=10&encoding=json") -> AsyncIterator["Line"]:
        async with self.session.ws_connect(f"{self.town.gateway_url}?{query}") as socket:
            yield Line(socket, self.town)


@dataclass
class Line:
    """A bare websocket to the gateway."""

    socket: aiohttp.ClientWebSocketResponse
    town: Town

    async def hears(self) -> Json:
        return json.loads(await self.socket.receive_str(timeout=5))

    async def until(self, what: str | int) -> Json:
        """The next dispatch of this name, or the next payload with this op."""
        while True:
            heard = await self.hears()
            if what in (heard.get("t"), heard["op"] if isinstance(what, int) else ""):
                return heard

    async def says(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def identifies(self, intents: int = 1, **more: Any) -> Json:
        """Gives READY, or nothing where the line was closed."""
        properties = {"os": "linux", "browser": "x", "device": "x"}
        data = {"token": self.town.token, "properties": properties, "intents": intents} | more
        await self.says(2, data)
        return data

    async def closed(self) -> int:
        """Read on until it is closed; gives the code."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code or 0


@asynccontextmanager
async def bare(town: Town) -> AsyncIterator[Bare]:
    async with aiohttp.ClientSession() as session:
        yield Bare(town, session)


@dataclass
class Answering:
    """A bot without a library. ``answer``: gives the body of the first answer, or None for silence;
    ``heard``: the interactions; ``answered``: (status, what came back) of each answer."""

    bare: Bare
    answer: Callable[[Json], Json | None]
    heard: list[Json]
    answered: list[tuple[int, Any]]

    async def follow(self, number: int, method: str, path: str = "", body: Any = None) -> Any:
        """Something over the webhook of an interaction that was heard."""
        one = self.heard[number]
        way = f"/webhooks/{one['application_id']}/{one['token']}{path}"
        return await self.bare.call(method, way, body)

    async def first(self, number: int, body: Any, query: str = "") -> tuple[int, Any]:
        one = self.heard[number]
        way = f"/interactions/{one['id']}/{one['token']}/callback{query}"
        return await self.bare.call("POST", way, body)

    async def hears(self, count: int = 1) -> Json:
        """Wait until so many were heard; gives the last."""
        await self.bare.town.until(lambda: len(self.heard) >= count)
        return self.heard[-1]

    async def answers(self, count: int = 1) -> tuple[int, Any]:
        """Wait until so many were answered; gives the last."""
        await self.bare.town.until(lambda: len(self.answered) >= count)
        return self.answered[-1]

    async def listen(self, line: Line) -> None:
        while True:
            heard = await line.hears()
            if heard["t"] == "INTERACTION_CREATE":
                self.heard.append(heard["d"])
                self.bare.town.changed()
                body = self.answer(heard["d"])
                if body is not None:
                    self.answered.append(await self.first(-1, body))
                    self.bare.town.changed()


@asynccontextmanager
async def answering(
    town: Town, answer: Callable[[Json], Json | None], *commands: Json, intents: int = 1
) -> AsyncIterator[Answering]:
    async with bare(town) as client, client.gateway() as line:
        await line.identifies(intents)
        await line.until("READY")
        if commands:
            way = f"/applications/{town.app_id}/commands"
            status, said = await client.call("PUT", way, list(commands))
            assert status == 200, said
        bot = Answering(client, answer, [], [])
        task = asyncio.create_task(bot.listen(line))
        try:
            yield bot
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
