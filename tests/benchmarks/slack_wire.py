"""HTTP by hand, so that little of what is measured is the measuring: people who press, and a Slack.

``Hands`` sends requests that were made before, each connection one after another. ``Slack`` answers
every call of the Web API alike, keeps how often each was called, and tells who waits for a view.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

SECRET = "5" * 32
_HEADERS = (
    "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: application/json,*/*\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n"
    "X-Slack-Request-Timestamp: {}\r\nX-Slack-Signature: v0={}\r\n\r\n"
)


def signed(form: dict[str, str]) -> bytes:
    """A whole request as Slack makes it now."""
    body, stamp = urlencode(form).encode(), str(int(time.time()))
    mark = hmac.digest(SECRET.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256).hex()
    return _HEADERS.format(len(body), stamp, mark).encode() + body


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hands:
    """So many connections to one bot as are used at once."""

    def __init__(self, address: str) -> None:
        self._port = urlsplit(address).port
        self._free: list[Line] = []

    async def post(self, request: bytes) -> bytes:
        """The body of its answer."""
        line = self._free.pop() if self._free else await self._opened()
        line[1].write(request)
        status, body = await _read(line[0])
        assert status.startswith(b"HTTP/1.1 200"), (status, body)
        self._free.append(line)
        return body

    async def all(self, requests: Iterable[bytes], many: int) -> list[bytes]:
        """Their answers, ``many`` at once."""
        waiting, answers = iter(requests), list[bytes]()

        async def one() -> None:
            for request in waiting:
                answers.append(await self.post(request))

        await asyncio.gather(*(one() for _ in range(many)))
        return answers

    async def _opened(self) -> Line:
        return await asyncio.open_connection("127.0.0.1", self._port)


class Slack:
    """``calls``: of each method; ``views``: the last that each method was given."""

    def __init__(self) -> None:
        self.calls, self.views = Counter[str](), dict[str, object]()
        self.url = ""
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
        return server

    def updated(self, trigger: str) -> "asyncio.Future[None]":
        """Once the view that this trigger opened was written to."""
        return self._waiting.setdefault(trigger, asyncio.get_running_loop().create_future())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, body = await _read(reader)
                method = first.split()[1].decode().rpartition("/")[2]
                answer = json.dumps(self._answer(method, json.loads(body or b"{}"))).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
                )
        writer.close()

    def _answer(self, method: str, given: dict[str, object]) -> dict[str, object]:
        self.calls[method] += 1
        self.views[method] = given.get("view")
        view = str(given.get("trigger_id") or given.get("view_id"))  # one id for both
        waits = self._waiting.pop(view, None) if method == "views.update" else None
        if waits and not waits.done():
            waits.set_result(None)
        return {"ok": True, "view": {"id": view}}


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The first line and the body of what comes."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, found, rest = head.lower().partition(b"content-length:")
    length = int(rest.partition(b"\r\n")[0]) if found else 0
    return head.partition(b"\r\n")[0], await reader.readexactly(length)
