"""Whoever hosts a homeserver, between it and us: reads along, and changes what they like.

A real Synapse behind a door of our own. ``answers`` may answer instead of it; ``tampers`` may change
what it answered; ``asked`` is what was asked for, in order; ``asks`` may ask for something else.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

Answer = tuple[int, dict[str, Any]]


class Host:
    def __init__(self, http: ClientSession, behind: str) -> None:
        self._http, self._behind = http, behind
        self.url = ""
        self.asked: list[tuple[str, str]] = []
        self.answers: Callable[[str, str], Answer | None] = lambda method, path: None
        self.tampers: Callable[[str, Any], None] = lambda path, said: None
        self.asks: Callable[[str], str] = lambda path: path
        self.after: Callable[[str, str], None] = lambda method, path: None

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        method, path = request.method, request.path
        self.asked.append((method, path))
        if instead := self.answers(method, path):
            status, body = instead
            return web.json_response(body, status=status)
        headers = {
            n: v for n, v in request.headers.items() if n in ("Authorization", "Content-Type")
        }
        async with self._http.request(
            method,
            self._behind + self.asks(request.raw_path),
            data=await request.read(),
            headers=headers,
            allow_redirects=False,
        ) as answer:
            said, status = await answer.read(), answer.status
        try:
            found = json.loads(said)
        except ValueError:
            return web.Response(status=status, body=said)
        self.tampers(path, found)
        self.after(method, path)
        return web.json_response(found, status=status)


@asynccontextmanager
async def host_of(behind: str) -> AsyncIterator[Host]:
    """A host of the homeserver at this address; theirs is at ``url``."""
    async with ClientSession() as http:
        host, app = Host(http, behind), web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", host.pass_on)
        async with TestServer(app, skip_url_asserts=True) as server:
            host.url = str(server.make_url("/")).rstrip("/")
            yield host
