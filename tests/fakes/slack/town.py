"""A town: one Slack of our own on a port of this machine, with one app and any number of workspaces.

Open it for one block of a test. When the block ends without an error, whatever the bot asked that
this Slack does not know is raised.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil, floor
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.slack import (
    apps_methods,
    chat_methods,
    files_methods,
    people_methods,
    views_methods,
)
from tests.fakes.slack.delivery import Delivery, packed, signature
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.hand import Hand
from tests.fakes.slack.installing import Installing
from tests.fakes.slack.pace import Pace
from tests.fakes.slack.places import App, Token, User, Workspace
from tests.fakes.slack.record import Body, Call, Record
from tests.fakes.slack.responses import Responses
from tests.fakes.slack.screen import Screen
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.views_methods import Triggers
from tests.fakes.slack.web_api import WebApi

Json = dict[str, Any]


class Town:
    """``wrong``: what the bot did that this Slack does not know. ``called``: messages with which it
    called a whole channel. ``retries``: the pauses before an event is tried again (on the real one at
    once, after a minute, after five)."""

    def __init__(self, *, ack_within: float, ping_every: float, burst: int, record: bool) -> None:
        self.port = 0
        self.app = App()
        self.spaces: dict[str, Workspace] = {}
        self.tokens: dict[str, Token] = {
            self.app.token: Token(self.app.token, "app", ("connections:write",))
        }
        self.screens: dict[str, Screen] = {}
        self.faults, self.record = Faults(), Record(on=record)
        self.ack_within, self.ping_every = ack_within, ping_every
        self.retries: tuple[float, ...] = (0.0, 0.05, 0.1)
        self.wrong: list[str] = []
        self.called: list[Json] = []
        self.pace = Pace(self.now, burst)
        self.triggers, self.responses = Triggers(self), Responses(self)
        self.sockets, self.delivery = Sockets(self), Delivery(self)
        self.installing = Installing(self)
        self.files: dict[str, Json] = {}
        self.session: aiohttp.ClientSession
        self._ahead = 0.0
        self._last = 0.0
        self._waiting: dict[asyncio.Event, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    # Its time ------------------------------------------------------------------------------------

    def now(self) -> float:
        return time.time() + self._ahead

    def later(self, seconds: float) -> None:
        """Move the town's clock on; signatures are stamped in real time nevertheless."""
        self._ahead += seconds

    def stamp(self) -> str:
        """A ts that no other message has."""
        self._last = max(self.now(), self._last + 0.000001)
        return f"{self._last:.6f}"

    # Who and what there is -----------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def calls(self) -> list[Call]:
        return self.record.calls

    @property
    def bodies(self) -> list[Body]:
        return self.record.bodies

    def counted(self, method: str) -> int:
        """How often it was called."""
        return sum(one.method == method for one in self.calls)

    def workspace(
        self,
        team: str,
        *,
        name: str = "Acme",
        grid: str | None = None,
        org_wide: bool = False,
        scopes: tuple[str, ...] | None = None,
        installed: bool = True,
    ) -> Workspace:
        """A new workspace, the app installed in it with these scopes, or those that the app asks for
        (or waiting to be). All of an organisation that installed the app share its token."""
        asked = self.app.scopes if scopes is None else scopes
        space = Workspace(self, team, name, grid, org_wide, asked, installed=installed)
        self.spaces[team] = space
        if installed:
            self.installing.grant(space)
        return space

    def screen(self, user: User) -> Screen:
        if user.id not in self.screens:
            self.screens[user.id] = Screen(user.space, user)
        return self.screens[user.id]

    def hand(self, user: User) -> Hand:
        return Hand(self, user)

    # To the bot ----------------------------------------------------------------------------------

    def listen_http(self, *addresses: str) -> None:
        """Deliver there, in turn; without any, over sockets."""
        self.delivery.addresses = addresses

    async def verify_url(self) -> str:
        """As Slack asks an address when it is told to deliver there; gives the answer's challenge."""
        asked = {
            "type": "url_verification",
            "token": self.app.verification,
            "challenge": "3eZbrw1a",
        }
        status, body = await self.post_raw(asked, "event")
        return str(json.loads(body)["challenge"]) if status == 200 else ""

    async def post_raw(
        self,
        payload: Json | bytes,
        kind: str = "interactive",
        *,
        age: float = 0.0,
        secret: str | None = None,
        signed: bool = True,
        signature_: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """A request with marks of one's choice: stamped ``age`` seconds ago (or ahead), signed with another
        secret, or not at all. Gives (status, body)."""
        raw, content = (
            packed(kind, payload)
            if isinstance(payload, dict)
            else (payload, "application/x-www-form-urlencoded")
        )
        moment = time.time() - age
        stamp = str(floor(moment) if age >= 0 else ceil(moment))  # at least so old, or so far ahead
        mark = signature_ or signature(secret or self.app.signing_secret, stamp, raw)
        status, _, body = await self.delivery.post_raw(
            raw,
            stamp=stamp if signed else None,
            signed=mark if signed else None,
            content=content,
            headers=headers,
        )
        return status, body

    def soon(self, coroutine: Any) -> asyncio.Task[Any]:
        """Something that goes on beside; it is awaited when the town closes."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Waiting -------------------------------------------------------------------------------------

    def changed(self, user: str = "") -> None:
        """Whoever waits looks again: all, or where it is on one person's screen, they and whoever
        looks at everything."""
        for event, whose in self._waiting.items():
            if not user or whose in ("", user):
                event.set()

    async def until(self, so: Callable[[], Any], within: float = 5.0, *, user: str = "") -> Any:
        """Wait until something is so in the town (or on this person's screen); gives it."""
        event = asyncio.Event()
        self._waiting[event] = user
        try:
            async with asyncio.timeout(within):
                while not (found := so()):
                    await event.wait()
                    event.clear()
                return found
        finally:
            del self._waiting[event]

    # The server ----------------------------------------------------------------------------------

    def routes(self) -> web.Application:

        async def upload(asked: web.Request) -> web.StreamResponse:
            return await files_methods.uploaded(self, asked)

        @web.middleware
        async def loud(asked: web.Request, handler: Any) -> web.StreamResponse:
            """What breaks in here is no mere 500 for the bot: it fails the test."""
            try:
                answer: web.StreamResponse = await handler(asked)
            except Exception as why:
                if not isinstance(why, web.HTTPException):
                    self.wrong.append(f"{asked.path} broke in the town: {why!r}")
                raise
            return answer

        app = web.Application(client_max_size=10_000_000, middlewares=[loud])
        api = WebApi(self)
        for part in (apps_methods, chat_methods, files_methods, people_methods, views_methods):
            api.methods |= part.METHODS
        app.router.add_route("*", "/api/{method}", api.take)
        app.router.add_get("/link/", self.sockets.join)
        app.router.add_post("/respond/{id}", self.responses.take)
        app.router.add_post("/upload/{id}", upload)
        app.router.add_get("/oauth/v2/authorize", self.installing.page)
        return app

    async def close(self) -> None:
        self.faults.silent = False
        await self.sockets.disconnect("link_disabled")
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def slack_town(
    *,
    ack_within: float = 3.0,
    ping_every: float = 5.0,
    burst: int = 3,
    record: bool = True,
) -> AsyncIterator[Town]:
    """``ack_within``: seconds that an answer is waited for; ``burst``: see Pace; ``record``: keep calls
    and bodies."""
    town = Town(ack_within=ack_within, ping_every=ping_every, burst=burst, record=record)
    runner = web.AppRunner(town.routes(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    town.port = runner.addresses[0][1]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as town.session:
        try:
            yield town
        finally:
            await town.close()
            await runner.cleanup()
    if town.wrong:
        raise AssertionError("this Slack does not know: " + "; ".join(sorted(set(town.wrong))))
