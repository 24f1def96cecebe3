"""Socket Mode: Slack's payloads over a socket that we opened, so that no port of ours is open.

slack_sdk's own client opens a session of its own and may fall silent for ever (its issues 1110 and
1922). Here whatever is silent is closed and opened anew within a minute, and ``connected`` says so
meanwhile. Before Slack closes a socket it says so: then another one is open before that.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.bolt import dispatched
from adapters.slack.wire import DEAD, Refusal, Wire
from bot.dispatch import Door
from bot.platforms import Away, Limited
from bot.settings import CannotStart
from bot.tasks import Tasks

SILENCE = 55.0  #: seconds without a sign of life; after two thirds of it we ask for one
LEAVES_WITHIN = 10.0  #: seconds that a socket stays which Slack is about to close
LASTS = 5.0  #: seconds after which the next socket is opened without a pause
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0


class Socket:
    def __init__(
        self,
        wire: Wire,
        token: str,
        app: AsyncApp,
        door: Door,
        tasks: Tasks,
        silence: float = SILENCE,
    ) -> None:
        self._wire, self._token, self._app = wire, token, app
        self._door, self._tasks = door, tasks
        self._silence = silence
        self._open: set[aiohttp.ClientWebSocketResponse] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether some socket is there over which Slack has greeted us."""
        return bool(self._open)

    async def run(self) -> None:
        """Until cancelled. Raises CannotStart: the token is no good."""
        pause = FIRST_PAUSE
        try:
            while True:
                began = asyncio.get_running_loop().time()
                try:
                    await self._once()
                    if asyncio.get_running_loop().time() - began > LASTS:
                        pause = FIRST_PAUSE
                        continue
                except Refusal as no:
                    if no.code in DEAD:
                        raise CannotStart(
                            f"Slack does not take [slack] app_token ({no.code}): make a new one with "
                            "the scope connections:write, and set it."
                        ) from None
                except (Away, Limited, aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            for one in self._leaving:
                one.cancel()
            await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _once(self) -> None:
        """One socket, until it is over or Slack is about to close it."""
        opened = await self._wire.call(self._token, "apps.connections.open", waits=False)
        socket = await self._wire.session.ws_connect(
            str(opened.get("url", "")),
            heartbeat=self._silence * 2 / 3,  # and half of that to answer
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
        )
        leaving = asyncio.Event()
        reading = asyncio.create_task(self._read(socket, leaving))
        waits = asyncio.create_task(leaving.wait())
        try:
            await asyncio.wait({reading, waits}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                await reading
            else:
                self._leave(reading)
        except asyncio.CancelledError:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            raise
        finally:
            waits.cancel()

    def _leave(self, reading: "asyncio.Task[None]") -> None:
        """What comes over it still is answered; then it is over."""

        async def end() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(reading, LEAVES_WITHIN)

        task = asyncio.create_task(end())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(socket, _json(message.data), leaving)
                del message  # or it would be held, with whom it is from, until the next one comes
        finally:
            self._open.discard(socket)
            await socket.close()

    def _take(
        self, socket: aiohttp.ClientWebSocketResponse, told: dict[str, Any], leaving: asyncio.Event
    ) -> None:
        kind = told.get("type")
        if kind == "hello":
            self._open.add(socket)
        elif kind == "disconnect":
            leaving.set()
        elif told.get("envelope_id"):
            self._tasks.arrives()
            self._tasks.start(self._answer(socket, told), act=False)

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, told: dict[str, Any]) -> None:
        payload = told.get("payload")
        request = AsyncBoltRequest(
            mode="socket_mode", body=payload if isinstance(payload, dict) else {}
        )
        response = await dispatched(self._app, self._door, request)
        if response is None or response.status != 200:
            return
        said: dict[str, Any] = {"envelope_id": told["envelope_id"]}
        if response.body:
            said["payload"] = _json(response.body) or {"text": response.body}
        with suppress(ConnectionError, RuntimeError, aiohttp.ClientError):
            await socket.send_str(json.dumps(said))


def _json(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
