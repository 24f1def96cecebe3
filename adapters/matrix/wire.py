"""HTTP to one homeserver: a call and the JSON of its answer, or what became of it.

Where the host wants us slower, calls that can wait do so one behind the other. Never says more than
once what may have been taken, never logs, and knows nothing of what it carries.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]
PATIENCE = 20.0  #: seconds that an answer may take; the postman gives 30 for all of it
_CLIENT = "/_matrix/client/v3"
_UNNAMED = timedelta(seconds=5)  #: to wait where a host says "slower" and not how long


class Refusal(Exception):
    """The homeserver answered, and it was no. ``code``: such as M_FORBIDDEN, where it named one."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        self.status, self.said = status, said
        self.code = str(said.get("errcode", ""))
        wait = said.get("retry_after_ms")
        named = timedelta(milliseconds=wait) if isinstance(wait, int) else _UNNAMED
        self.retry_after = named if status == HTTPStatus.TOO_MANY_REQUESTS else None
        super().__init__(f"{status} {self.code}")

    @property
    def is_revoked(self) -> bool:
        """Whether our token is no longer one; a soft log-out is none of ours, too."""
        return self.code == "M_UNKNOWN_TOKEN"

    @property
    def is_our_mistake(self) -> bool:
        """Whether the homeserver, or a proxy before it, blames what we asked: it will again."""
        is_ours = self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return is_ours and not self.is_revoked and self.retry_after is None


class Away(Exception):
    """No answer came. ``doubtful``: whether the call may have been taken nevertheless."""

    def __init__(self, doubtful: bool) -> None:
        self.doubtful = doubtful
        super().__init__("away")


class Wire:
    def __init__(self, http: aiohttp.ClientSession, homeserver: str) -> None:
        self._http, self._homeserver = http, homeserver.rstrip("/")
        self._queue = asyncio.Lock()
        self.token = ""

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        *,
        waits: float = 0.0,
        patience: float = PATIENCE,
    ) -> Json:
        """``path`` below the client's, each of its parts quoted by ``at``. ``waits``: seconds for
        which it may stand in the queue when the host wants us slower. Raises Refusal, Away."""
        data = None if body is None else json.dumps(body).encode()
        return await self._said(method, _CLIENT + path, data, query, waits, patience)

    async def upload(self, content: bytes, *, waits: float = 0.0) -> str:
        """The address of what was uploaded, already sealed or public. Raises Refusal, Away."""
        answer = await self._said(
            "POST", "/_matrix/media/v3/upload", content, None, waits, PATIENCE
        )
        return str(answer.get("content_uri", ""))

    async def _said(
        self,
        method: str,
        path: str,
        data: bytes | None,
        query: Mapping[str, str] | None,
        waits: float,
        patience: float,
    ) -> Json:
        loop = asyncio.get_running_loop()
        until = loop.time() + waits
        if not (waits and self._queue.locked()):
            try:
                return await self._once(method, path, data, query, patience)
            except Refusal as no:
                if not waits or no.retry_after is None:
                    raise
        async with self._queue:
            while True:
                try:
                    return await self._once(method, path, data, query, patience)
                except Refusal as no:
                    if not no.retry_after or loop.time() + no.retry_after.total_seconds() > until:
                        raise
                    await asyncio.sleep(no.retry_after.total_seconds())

    async def _once(
        self,
        method: str,
        path: str,
        data: bytes | None,
        query: Mapping[str, str] | None,
        patience: float,
    ) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers["Content-Type"] = "application/octet-stream" if "/media/" in path else _JSON
        try:
            async with self._http.request(
                method,
                self._homeserver + path,
                data=data,
                params=query,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=patience),
            ) as answer:
                said = _read(await answer.read())
        except aiohttp.ClientConnectorError:
            raise Away(doubtful=False) from None
        except (aiohttp.ClientError, TimeoutError):
            raise Away(doubtful=True) from None
        if answer.status in _BEHIND:
            raise Away(doubtful=True)
        if answer.status != HTTPStatus.OK:
            raise Refusal(answer.status, said)
        return said


_JSON = "application/json"
#: What a proxy says for a homeserver that is away, as while it is started anew.
_BEHIND = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


def at(template: str, *parts: str) -> str:
    """A path with its parts quoted: ``at("/rooms/{}/state", room)``."""
    return template.format(*(quote(part, safe="", errors="replace") for part in parts))


def _read(said: bytes) -> Json:
    """Its JSON; a list, as of a room's state, under the empty name."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):  # a proxy's page, or nothing
        return {}
    return found if isinstance(found, dict) else {"": found}


@asynccontextmanager
async def wire_to(homeserver: str) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        yield Wire(http, homeserver)
