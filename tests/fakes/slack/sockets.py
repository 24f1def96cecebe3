"""Socket Mode: addresses handed out once, hello, envelopes, acks, disconnects, pings.

Each payload goes to one of the open connections, in turn. A silent town keeps them open and says no
more, not even a pong.
"""

import asyncio
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.slack.delivery import Ack

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
MOST = 10


@dataclass(eq=False)
class Connection:
    """``leaving``: told to go; it gets no more payloads, and before it is ``greeted`` none."""

    ws: web.WebSocketResponse
    request: web.Request
    acks: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    leaving: bool = False
    greeted: bool = False
    pinged: int = 0
    pongs: int = 0


class Sockets:
    def __init__(self, town: "Town") -> None:
        self._town = town
        self._tickets: set[str] = set()
        self._turn = 0
        self.open: list[Connection] = []
        self.opened = 0  #: how many there have ever been
        self.late = 0  #: acks that came when nobody waited any more

    def address(self) -> str:
        """A new address, good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._town.port}/link/?ticket={ticket}&app_id={self._town.app.id}"

    async def join(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False)
        try:
            await ws.prepare(request)
        except ConnectionError:  # whoever came is gone already
            return ws
        if len(self.open) >= MOST:
            await self._farewell(ws, "too_many_websockets")
            return ws
        connection = Connection(ws, request)
        self.opened += 1
        self.open.append(connection)
        speaking = asyncio.create_task(self._speak(connection))
        self._town.changed()
        try:
            await self._listen(connection)
        except ConnectionError:
            pass
        finally:
            speaking.cancel()
            self.open.remove(connection)
            for waiting in connection.acks.values():
                waiting.cancel()
            self._town.changed()
        return ws

    async def deliver(self, told: str, payload: Json, number: int, why: str) -> Ack:
        """To one connection; waits for its ack."""
        ready = [one for one in self.open if one.greeted and not one.leaving and not one.ws.closed]
        if not ready:
            return Ack("operation_timeout")
        connection = ready[self._turn % len(ready)]
        self._turn += 1
        id = secrets.token_hex(8)
        envelope = {
            "envelope_id": id,
            "type": told,
            "accepts_response_payload": told != "events_api",
            "payload": payload,
        }
        if told == "events_api":
            envelope |= {"retry_attempt": number, "retry_reason": why}
        waiting = connection.acks[id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._town.ack_within):
                if not self._town.faults.silent:
                    await connection.ws.send_str(json.dumps(envelope))
                return Ack("", 200, await waiting)
        except (TimeoutError, ConnectionError):
            return Ack("operation_timeout")
        except asyncio.CancelledError:
            if waiting.cancelled():  # the connection broke
                return Ack("operation_timeout")
            raise
        finally:
            connection.acks.pop(id, None)

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = True) -> None:
        """Ask every connection of now to go ("warning": it may stay a while, and is not closed)."""
        for one in list(self.open):
            one.leaving = reason != "warning"
            with suppress(ConnectionError):
                await one.ws.send_str(json.dumps(self._goodbye(reason)))
                if close and reason != "warning":
                    await one.ws.close()

    async def drop(self) -> None:
        """Every connection ends without a word."""
        for one in list(self.open):
            one.leaving = True
            if one.request.transport is not None:
                one.request.transport.abort()

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.ws:
            if message.type == WSMsgType.PING:
                if not self._town.faults.silent:
                    await connection.ws.pong(message.data)
            elif message.type == WSMsgType.PONG:
                connection.pongs += 1
            elif message.type == WSMsgType.TEXT:
                told = json.loads(message.data)
                waiting = connection.acks.get(told.get("envelope_id", ""))
                if waiting is None or waiting.done():
                    self.late += 1
                else:
                    waiting.set_result(told.get("payload"))

    async def _speak(self, connection: Connection) -> None:
        with suppress(ConnectionError):
            while self._town.faults.silent:
                await asyncio.sleep(0.01)
            await connection.ws.send_str(json.dumps(self._hello()))
            connection.greeted = True
            self._town.changed()
            while True:
                await asyncio.sleep(self._town.ping_every)
                if not self._town.faults.silent:
                    connection.pinged += 1
                    await connection.ws.ping(f"Ping from town-{connection.pinged}".encode())

    def _hello(self) -> Json:
        host = {"host": "applink-town-1", "build_number": 1, "approximate_connection_time": 18060}
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": host,
            "connection_info": {"app_id": self._town.app.id},
        }

    def _goodbye(self, reason: str) -> Json:
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-town-1"}}

    async def _farewell(self, ws: web.WebSocketResponse, reason: str) -> None:
        await ws.send_str(json.dumps(self._goodbye(reason)))
        await ws.close()
