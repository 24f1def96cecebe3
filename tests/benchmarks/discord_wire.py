"""A Discord by hand, so that little of what is measured is the measuring: one gateway, which gives what
it is told to, and a REST API, which takes every answer and tells who waits for it.
"""

import asyncio
import json
import zlib
from contextlib import suppress
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from tests.benchmarks.slack_wire import _read

HELLO, DISPATCH, HEARTBEAT, IDENTIFY, ACK = 10, 0, 1, 2, 11
APP = "1100000000000000001"
_BOT = {"id": APP, "username": "groundswell", "discriminator": "0000", "avatar": None, "bot": True}
_numbers = count(1200000000000000000)


def press(user: str, guild: str, id: str) -> dict[str, Any]:
    """What Discord brings when this person presses that button of a whisper."""
    number, room = str(next(_numbers)), str(int(guild) + 1)
    person = {"id": user, "username": "worker", "discriminator": "0", "avatar": None}
    member = {"user": person, "roles": [], "joined_at": "2024-01-02T03:04:05+00:00"}
    member |= {"permissions": "2048", "deaf": False, "mute": False, "flags": 0}
    message = {"id": number, "channel_id": room, "author": _BOT, "content": "", "flags": 64}
    message |= {"timestamp": "2026-01-02T03:04:05+00:00", "edited_timestamp": None, "tts": False}
    message |= {"mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": []}
    message |= {"embeds": [], "pinned": False, "type": 0, "components": []}
    told = {"id": number, "application_id": APP, "type": 3, "token": f"t{number}", "version": 1}
    told |= {"data": {"component_type": 2, "custom_id": id}, "guild_id": guild, "channel_id": room}
    told |= {"channel": {"id": room, "type": 0, "name": "general", "guild_id": guild}}
    told["channel"] |= {"position": 0, "permissions": "2048", "nsfw": False, "parent_id": None}
    told |= {"member": member | {"avatar": None}, "message": message, "locale": "en-US"}
    more = {"guild_locale": "en-US", "entitlements": [], "app_permissions": "2048", "context": 0}
    more["attachment_size_limit"] = 10485760
    return told | more | {"authorizing_integration_owners": {"0": guild}}


class Discord:
    """For one bot. ``joined``: once it is at the gateway."""

    def __init__(self) -> None:
        self.joined = asyncio.Event()
        self.url = self.gateway = ""
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._sequence = count(1)

    async def listen(self) -> tuple[asyncio.Server, web.AppRunner]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v10"
        app = web.Application()
        app.router.add_get("/", self._gateway)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.gateway = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
        return server, runner

    async def all(self, acts: list[dict[str, Any]], many: int) -> list[bytes]:
        """What each was answered first, ``many`` at once."""
        waiting, answers = iter(acts), list[bytes]()

        async def one() -> None:
            for act in waiting:
                seen = asyncio.get_running_loop().create_future()
                self._waiting[act["id"]] = seen
                await self._give({"op": DISPATCH, "t": "INTERACTION_CREATE", "d": act})
                async with asyncio.timeout(10):
                    answers.append(await seen)

        await asyncio.gather(*(one() for _ in range(many)))
        return answers

    async def _give(self, payload: dict[str, Any]) -> None:
        if payload["op"] == DISPATCH:
            payload["s"] = next(self._sequence)
        raw = json.dumps(payload).encode()
        await self._socket.send_bytes(
            self._packer.compress(raw) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        )

    async def _gateway(self, asked: web.Request) -> web.WebSocketResponse:
        self._socket, self._packer = web.WebSocketResponse(), zlib.compressobj()
        await self._socket.prepare(asked)
        await self._give({"op": HELLO, "d": {"heartbeat_interval": 41250}})
        async for said in self._socket:
            if (
                said.type is not aiohttp.WSMsgType.TEXT
                and said.type is not aiohttp.WSMsgType.BINARY
            ):
                continue
            op = json.loads(said.data)["op"]
            if op == HEARTBEAT:
                await self._give({"op": ACK, "d": None})
            if op == IDENTIFY:
                ready = {"v": 10, "user": _BOT, "guilds": [], "session_id": "s", "shard": [0, 1]}
                ready |= {"application": {"id": APP, "flags": 0}}
                ready |= {"resume_gateway_url": self.gateway}
                await self._give({"op": DISPATCH, "t": "READY", "d": ready})
                self.joined.set()
        return self._socket

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, body = await _read(reader)
                path = first.split()[1].decode()
                told = json.dumps(self._answer(path, body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(told), told)
                )
        writer.close()

    def _answer(self, path: str, body: bytes) -> Any:
        _, found, rest = path.partition("/interactions/")
        if found:
            id = rest.partition("/")[0]
            waits = self._waiting.pop(id, None)
            if waits and not waits.done():
                waits.set_result(body)
            return {"interaction": {"id": id, "type": 3}}
        if path.endswith("/gateway/bot"):
            limit = {"total": 1000, "remaining": 1000, "reset_after": 1, "max_concurrency": 1}
            return {"url": self.gateway, "shards": 1, "session_start_limit": limit}
        if path.endswith("/commands"):
            return []
        app = {"name": "groundswell", "description": "", "icon": None, "verify_key": "", "flags": 0}
        return _BOT | app | {"bot_public": True, "bot_require_code_grant": False, "owner": _BOT}
