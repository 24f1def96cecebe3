"""One websocket of the gateway: greeting, IDENTIFY and RESUME, heartbeats, and what closes it.

As Discord's list of close codes has it: what a client sends wrong ends the connection with its number.
"""

import asyncio
import json
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType, web

from tests.fakes.discord import gateway
from tests.fakes.discord.gateway import Session

if TYPE_CHECKING:
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
SENDS, SECONDS, SIZE = 120, 60.0, 4096


class Closed(Exception):
    """The connection ends with this code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code} {why}")
        self.code, self.why = code, why


class Socket:
    def __init__(self, town: "Town", asked: web.Request) -> None:
        self._town, self._asked = town, asked
        self.session: Session | None = None
        self._socket = web.WebSocketResponse(timeout=0.2, compress=False)
        self._packer = zlib.compressobj() if asked.query.get("compress") == "zlib-stream" else None
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self._sends: deque[float] = deque()
        self._beat = asyncio.Event()
        self._ended = False

    async def live(self) -> web.StreamResponse:
        town, asked = self._town, self._asked
        await self._socket.prepare(asked)
        town.gateway.sockets.add(self)
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._listen_for_beats())]
        try:
            self._joins()
            self.give({"op": gateway.HELLO, "d": {"heartbeat_interval": int(town.beat * 1000)}})
            async for message in self._socket:
                self._hear(message)
        except Closed as why:
            await self._queue.join()
            await self._socket.close(code=why.code, message=why.why.encode())
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._left()
        return self._socket

    def _joins(self) -> None:
        asked = self._asked.query
        if self._town.faults.closes:
            raise Closed(self._town.faults.closes.pop(0), "as the test wants it")
        if asked.get("v") != "10":
            raise Closed(4012, "Invalid API version")
        if asked.get("encoding", "json") != "json" or asked.get("compress") not in (
            None,
            "zlib-stream",
        ):
            self._town.wrong.append(f"gateway with {dict(asked)}")
            raise Closed(4002, "Error while decoding payload")

    def _left(self) -> None:
        """A client that closes with 1000 or 1001 will not resume; any other may."""
        self._town.gateway.sockets.discard(self)
        session = self.session
        if session is not None and session.socket is self:
            session.socket = None
            if self._socket.close_code in (1000, 1001) and not self._ended:
                self._town.gateway.ends(session)
        self._town.changed()

    async def end(self, code: int = 0) -> None:
        """We end it: with a code, or as when the line is cut."""
        self._ended = True
        if code:
            await self._socket.close(code=code)
        elif self._asked.transport is not None:
            self._asked.transport.abort()

    # To the bot ----------------------------------------------------------------------------------

    def give(self, payload: Json) -> None:
        self._queue.put_nowait(payload)

    async def _write(self) -> None:
        faults = self._town.faults
        while True:
            payload = await self._queue.get()
            try:
                if faults.silent:
                    continue
                dispatch = payload["op"] == gateway.DISPATCH
                if dispatch and faults.take_one("slowed"):
                    await asyncio.sleep(faults.slow)
                if dispatch and faults.take_one("broken"):
                    await self._send(b'{"op":0,"t":"GUILD_UPD')
                    continue
                raw = json.dumps(payload).encode()
                for _ in range(2 if dispatch and faults.take_one("twice") else 1):
                    self._town.record.body(_called(payload), "bot", raw)
                    await self._send(raw)
            except ConnectionError:
                continue  # nobody is there any more; what is left is not waited for
            finally:
                self._queue.task_done()

    async def _send(self, raw: bytes) -> None:
        if self._packer is None:
            await self._socket.send_str(raw.decode())
        else:
            packed = self._packer.compress(raw) + self._packer.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(packed)

    async def _listen_for_beats(self) -> None:
        """Whoever is not heard for one and a half intervals is gone."""
        while True:
            self._beat.clear()
            try:
                await asyncio.wait_for(self._beat.wait(), self._town.beat * 1.5)
            except TimeoutError:
                self._ended = True
                await self._socket.close(code=4009, message=b"Session timed out")
                return

    # From the bot --------------------------------------------------------------------------------

    def _hear(self, message: WSMessage) -> None:
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        if len(message.data) > SIZE:
            raise Closed(4002, "Error while decoding payload")
        now = self._town.now()
        while self._sends and self._sends[0] <= now - SECONDS:
            self._sends.popleft()
        self._sends.append(now)
        if len(self._sends) > SENDS:
            raise Closed(4008, "Rate limited")
        try:
            payload = json.loads(message.data)
            op, data = payload["op"], payload["d"]
        except (ValueError, KeyError, TypeError):
            raise Closed(4002, "Error while decoding payload") from None
        raw = message.data if isinstance(message.data, bytes) else message.data.encode()
        self._town.record.body(f"gateway {op}", "town", raw)
        if not self._town.faults.silent:
            self._take(op, data)

    def _take(self, op: int, data: Any) -> None:
        if op == gateway.BEAT:
            self._beat.set()
            self._town.beats += 1
            self.give({"op": gateway.ACK, "d": None})
        elif op == gateway.IDENTIFY:
            self._identify(data)
        elif op == gateway.RESUME:
            self._resume(data)
        elif self.session is None:
            raise Closed(4003, "Not authenticated")
        elif op not in (gateway.PRESENCE, gateway.VOICE, gateway.MEMBERS):
            raise Closed(4001, "Unknown opcode")

    def _identify(self, data: Json) -> None:
        town = self._town
        if self.session is not None:
            raise Closed(4005, "Already authenticated")
        if not isinstance(data, dict) or not {"token", "properties", "intents"} <= data.keys():
            raise Closed(4002, "Error while decoding payload")
        if data["token"] != town.token:
            raise Closed(4004, "Authentication failed")
        shard, intents = data.get("shard"), data["intents"]
        if shard is not None and not 0 <= shard[0] < shard[1]:
            raise Closed(4010, "Invalid shard")
        if sum(one.with_bot for one in town.guilds.values()) > 2500 * (shard or (0, 1))[1]:
            raise Closed(4011, "Sharding required")
        if intents & ~gateway.INTENTS:
            raise Closed(4013, "Invalid intents")
        if intents & gateway.PRIVILEGED & ~town.granted:
            raise Closed(4014, "Disallowed intents")
        if town.gateway.too_soon((shard or (0, 1))[0]):
            self.give({"op": gateway.INVALID, "d": False})
            return
        if not town.gateway.counts():
            raise Closed(4004, "Authentication failed")
        self.session = town.gateway.start(intents, tuple(shard) if shard is not None else None)
        self.session.socket = self
        town.gateway.ready(self.session)
        town.changed()

    def _resume(self, data: Json) -> None:
        """What was missed comes again, and then RESUMED; or the session is not there any more."""
        town = self._town
        if data["token"] != town.token:
            raise Closed(4004, "Authentication failed")
        session = town.gateway.sessions.get(data["session_id"])
        if session is None:
            self.give({"op": gateway.INVALID, "d": False})
            return
        if not isinstance(data["seq"], int) or data["seq"] > session.seq:
            town.gateway.ends(session)
            raise Closed(4007, "Invalid seq")
        self.session, session.socket = session, self
        for seq, payload in list(session.log):
            if seq > data["seq"]:
                self.give(payload)
        town.gateway.resumed += 1
        session.dispatch("RESUMED", {})
        town.changed()


def _called(payload: Json) -> str:
    return f"gateway {payload['t'] if payload['op'] == gateway.DISPATCH else payload['op']}"
