"""The REST API: who calls, how often, what befalls the call, and which route it is; faults come first."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from tests.fakes.discord import answers, app_routes, channel_routes
from tests.fakes.discord.errors import ApiError, misfit
from tests.fakes.discord.faults import Fault
from tests.fakes.discord.pace import Limited, limited
from tests.fakes.discord.record import Call

if TYPE_CHECKING:
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
PREFIX = "/api/v10"
#: By the token in their path: no other, and outside of the fifty calls a second.
OPEN = ("POST /interactions/", " /webhooks/")


@dataclass
class Ask:
    """One call as a route sees it. ``files``: what was attached, by name, in order."""

    town: "Town"
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: dict[str, bytes]


Handler = Callable[[Ask], Awaitable[Any]]


class Rest:
    def __init__(self, town: "Town") -> None:
        self._town = town
        routes: dict[str, Handler] = app_routes.ROUTES | answers.ROUTES | channel_routes.ROUTES
        self._routes = [(route, *_pattern(route), take) for route, take in routes.items()]

    async def take(self, asked: web.Request) -> web.StreamResponse:
        path = asked.path.removeprefix(PREFIX)
        route, params, handler = self._find(asked.method, path)
        befalls = self._town.faults.take(route)
        if "late" in befalls:
            await asyncio.sleep(befalls["late"].value)
        if "cut" in befalls:
            return _cut(asked)
        if "status" in befalls:
            return web.Response(status=int(befalls["status"].value), text="<html>error code</html>")
        body, files, headers = None, {}, {}
        try:
            self._may(asked, route)
            headers = self._paced(route, params, befalls)
            body, files = await _read(asked)
            if "error" in befalls:
                said = befalls["error"]
                raise ApiError(int(said.value), int(said.more), "as the test wants it")
            answer = await handler(Ask(self._town, params, dict(asked.query), body, files))
            status = 204 if answer is None else 200
        except ApiError as why:
            status, answer = why.status, why.told()
            headers |= why.headers if isinstance(why, Limited) else {}
        self._kept(route, path, body, files, answer, status)
        if "lost" in befalls:
            return _cut(asked)
        return reply(status, answer, headers)

    def _find(self, method: str, path: str) -> tuple[str, dict[str, str], Handler]:
        other = False
        for route, wants, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found and wants == method:
                return route, found.groupdict(), handler
            other = other or bool(found)
        self._town.wrong.append(f"{method} {path}")

        async def refuse(ask: Ask) -> None:
            raise (
                ApiError(405, 0, "405: Method Not Allowed")
                if other
                else ApiError(404, 0, "404: Not Found")
            )

        return f"{method} {path}", {}, refuse

    def _may(self, asked: web.Request, route: str) -> None:
        """Without the token of the bot there is nothing, but what an interaction's own token opens."""
        if any(part in route for part in OPEN):
            return
        if asked.headers.get("Authorization") != f"Bot {self._town.token}":
            self._town.unauthorised += 1
            raise ApiError(401, 0, "401: Unauthorized")

    def _paced(
        self, route: str, params: dict[str, str], befalls: dict[str, Fault]
    ) -> dict[str, str]:
        if "ratelimited" in befalls:
            said = befalls["ratelimited"]
            raise limited(said.value, said.more)
        if not any(part in route for part in OPEN):
            self._town.pace.every()
        if route.startswith("POST /interactions/"):
            return {}
        major = [params.get(key, "") for key in ("channel", "guild", "application", "token")]
        return self._town.pace.route(route, "/".join(major))

    def _kept(
        self, route: str, path: str, body: Any, files: dict[str, bytes], answer: Any, status: int
    ) -> None:
        record = self._town.record
        record.call(Call(route, path, body, files, answer, status, self._town.now()))
        if body is not None:
            record.body(f"call {route}", "town", json.dumps(body).encode())
        if answer is not None:
            record.body(f"answer {route}", "bot", json.dumps(answer).encode())


def _pattern(route: str) -> tuple[str, re.Pattern[str]]:
    method, path = route.split(" ")
    return method, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


async def _read(asked: web.Request) -> tuple[Any, dict[str, bytes]]:
    if asked.content_type == "multipart/form-data":
        return await _parts(asked)
    raw = await asked.read()
    if not raw:
        return None, {}
    if asked.headers.get("Content-Type", "").split(";")[0] != "application/json":
        said = "Expected \"Content-Type\" header to be one of {'application/json'}."
        raise misfit((), "CONTENT_TYPE_INVALID", said)
    return _json(raw), {}


async def _parts(asked: web.Request) -> tuple[Any, dict[str, bytes]]:
    """``payload_json``, and files that are called files[0], files[1] ..."""
    body: Any = {}
    files: dict[str, bytes] = {}
    async for part in await asked.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            body = _json(await part.read())
        elif re.fullmatch(r"files\[\d+\]", part.name or "") and part.filename:
            files[part.filename] = bytes(await part.read(decode=True))
        else:
            raise misfit((part.name or "",), "UNKNOWN_FIELD", "Neither payload_json nor files[n]")
    return body, files


def _json(raw: bytes | bytearray) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None


def reply(status: int, answer: Any, headers: dict[str, str]) -> web.Response:
    """The content type is this and nothing more: clients look for it word for word."""
    if answer is None:
        return web.Response(status=status, headers=headers)
    raw = json.dumps(answer).encode()
    return web.Response(
        status=status, body=raw, headers=headers | {"Content-Type": "application/json"}
    )


def _cut(asked: web.Request) -> web.StreamResponse:
    if asked.transport is not None:
        asked.transport.abort()
    return web.Response(status=500)
