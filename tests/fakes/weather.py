"""Bad weather between the bot and whatever it speaks to: roads on ports of this machine, seeded.

A road of HTTP loses, cuts, delays, doubles and turns round whole requests, or answers them itself with
429 or 500; a road of bytes delays them, or is cut. Nothing befalls anybody while it is ``calm``.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web

#: Of a hundred requests so many meet each: twenty in all.
FATES = {
    "dropped": 3.0,  # nobody hears of it, and the line is cut
    "lost": 3.0,  # it is done, and the answer never comes
    "delayed": 3.8,
    "doubled": 3.0,
    "reordered": 3.0,  # another one goes before it
    "429": 2.0,
    "500": 2.0,
    "half open": 0.2,  # nobody hears of it, and the line stays
}
LATE = 0.3  #: seconds at most
HALF_OPEN = 11.0  #: seconds: longer than the bot waits
#: As Slack, as Discord and as a homeserver says it; each reads its own part.
TOO_MUCH = {"ok": False, "error": "ratelimited", "message": "Slow.", "retry_after": 0.05}
TOO_MUCH |= {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 50}
#: What stands before a server that is away, or broken, says in its place.
BROKEN = (500, 502, 504)
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade"}

Heard = Callable[[str, bytes, int, bytes], None]


@dataclass
class Weather:
    """``struck``: how often what did; ``planned``: what befalls the next requests with that word in their
    path, in any weather."""

    seed: int
    calm: bool = True
    requests: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    lines: set[asyncio.Transport] = field(default_factory=set)
    planned: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 what happens, and when
        self._passed = asyncio.Event()

    def fate(self, path: str) -> str:
        """Of one request; empty where nothing befalls it."""
        for word in path.split("/"):
            if planned := self.planned.get(word):
                return planned.pop()
        self.requests += not self.calm
        drawn = self.dice.random() * 100
        for fate, share in FATES.items():
            drawn -= share
            if drawn < 0 and not self.calm:
                self.struck[fate] += 1
                return fate
        return ""

    def befalls(self, what: str, one_of: int) -> bool:
        """One piece of bytes."""
        falls = not self.calm and self.dice.randrange(one_of) == 0
        self.struck[what] += falls
        return falls

    async def waits(self) -> None:
        await asyncio.sleep(self.dice.random() * LATE)

    def passes(self) -> None:
        """Whoever let another one go first goes now."""
        self._passed.set()
        self._passed = asyncio.Event()

    async def lets_pass(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._passed.wait(), LATE)

    def cuts_all(self) -> None:
        """Every road of bytes, now."""
        for one in list(self.lines):
            one.abort()

    # Roads ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def http(
        self, to: str, heard: Heard | None = None, *, half_open: float = HALF_OPEN
    ) -> AsyncIterator[str]:
        """To ``http://host:port``; gives the road's own beginning. ``heard``: told of each request that
        got there, once: path, body, status, answer; ``half_open``: seconds for which a line stays on
        which nobody hears."""
        async with aiohttp.ClientSession(
            auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)
        ) as session:
            road = _Road(self, session, to, heard or _nothing, half_open)
            app = web.Application(client_max_size=100 * 2**20)
            app.router.add_route("*", "/{path:.*}", road.take)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            try:
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()

    @asynccontextmanager
    async def bytes(
        self, there: Callable[[], Awaitable[Any]], what: str, *, cut: int, late: int
    ) -> AsyncIterator[int]:
        """To where ``there`` opens a line; gives the port. ``what``: as it is counted; ``cut``, ``late``:
        of so many pieces one is."""
        under_way = set[asyncio.Task[Any]]()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            under_way.add(task)
            self.lines.add(writer.transport)
            with suppress(OSError, asyncio.CancelledError):
                its_reader, its_writer = await there()
                on, of = self._goes_on, (what, cut, late)
                ways = [on(reader, its_writer, *of), on(its_reader, writer, *of)]
                both = [asyncio.create_task(one) for one in ways]
                try:
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for one in both:
                        one.cancel()
                    await asyncio.gather(*both, return_exceptions=True)
                    for one in (its_writer, writer):
                        one.transport.abort() if one.transport.is_closing() else one.close()
            writer.close()
            self.lines.discard(writer.transport)
            under_way.discard(task)

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for one in list(under_way):
                one.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _goes_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        what: str,
        cut: int,
        late: int,
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(2**16):
                if self.befalls(f"{what} late", late):
                    await self.waits()
                if self.befalls(f"{what} cut", cut):
                    writer.transport.abort()
                    return
                writer.write(piece)
                await writer.drain()


@dataclass
class _Road:
    weather: Weather
    session: aiohttp.ClientSession
    to: str
    heard: Heard
    half_open: float

    async def take(self, asked: web.Request) -> web.StreamResponse:
        body, fate = await asked.read(), self.weather.fate(asked.path)
        if fate == "half open":
            await asyncio.sleep(self.half_open)
        if fate in ("dropped", "half open"):
            return _cut(asked)
        if fate == "429":
            return _too_much()
        if fate == "500":
            return _page(self.weather.dice.choice(BROKEN))
        if fate == "delayed":
            await self.weather.waits()
        if fate == "reordered":
            await self.weather.lets_pass()
        try:
            answers = await asyncio.gather(
                *(self._on(asked, body) for _ in range(2 if fate == "doubled" else 1))
            )
        except (aiohttp.ClientError, OSError):
            return _cut(asked)
        self.weather.passes()
        status, headers, said = answers[-1]
        self.heard(asked.path, body, *min((one[0], one[2]) for one in answers))
        if fate == "lost":
            return _cut(asked)
        return web.Response(status=status, headers=headers, body=said)

    async def _on(self, asked: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {key: one for key, one in asked.headers.items() if key.lower() not in _HOP}
        url = self.to + asked.raw_path
        async with self.session.request(asked.method, url, data=body, headers=headers) as answer:
            back = {key: one for key, one in answer.headers.items() if key.lower() not in _HOP}
            return answer.status, back, await answer.read()


def _page(status: int) -> web.Response:
    return web.Response(status=status, text="<html>upstream request timeout</html>")


def _too_much() -> web.Response:
    headers = {"Retry-After": "1", "Via": "1.1 google"}
    return web.json_response(TOO_MUCH | {"global": False}, status=429, headers=headers)


def _cut(asked: web.Request) -> web.StreamResponse:
    if asked.transport is not None:
        asked.transport.abort()
    return web.Response(status=500)


def _nothing(path: str, body: bytes, status: int, answer: bytes) -> None:
    """Nobody wants to know."""


def unix_of(url: str) -> Callable[[], Awaitable[Any]]:
    """Opens a line to the PostgreSQL of such an address, which is reached over a unix socket."""
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    return lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")


def by_port(url: str, port: int) -> str:
    """The same database over a road."""
    parts = urlsplit(url)
    return f"{parts.scheme}://postgres@127.0.0.1:{port}{parts.path}"
