"""HTTP without a socket, for a million requests: an answer for whatever a client of aiohttp asks, and a
server of aiohttp that is spoken to in bytes. JSON is made and read on both sides, as on a wire.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import FormData, web
from yarl import URL

Json = dict[str, Any]
#: (method, address, JSON body) -> (status, JSON body)
Answers = Callable[[str, str, Any], tuple[int, Any]]


class Answer:
    """As aiohttp gives one."""

    content_type = "application/json"

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.ok = status, status < 400
        self.headers = {"Content-Type": "application/json"}
        self._raw = json.dumps(body).encode()

    def raise_for_status(self) -> None:
        """It is always one that is none."""

    async def read(self) -> bytes:
        return self._raw

    async def text(self) -> str:
        return self._raw.decode()

    async def json(self, **_: Any) -> Any:
        return json.loads(self._raw)


class Client:
    """Stands where aiohttp's session stands. ``files``: that came with the last request, by name."""

    closed = False

    def __init__(self, answers: Answers) -> None:
        self._answers, self.files = answers, dict[str, bytes]()

    @asynccontextmanager
    async def request(self, method: str, url: Any, **of: Any) -> AsyncIterator[Answer]:
        given, self.files = of.get("json"), {}
        if given is not None:
            given = json.loads(json.dumps(given))
        elif isinstance(of.get("data"), str | bytes):
            given = json.loads(of["data"])
        elif isinstance(of.get("data"), FormData):
            given = self._parts(of["data"])
        URL(str(url))  # as aiohttp makes one of it
        await asyncio.sleep(0)
        yield Answer(*self._answers(method, str(url), given))

    def _parts(self, form: FormData) -> Any:
        """What goes along with files, which are kept."""
        parts = {options["name"]: (options, value) for options, _, value in form._fields}
        _, told = parts.pop("payload_json")
        self.files = {options["filename"]: value for options, value in parts.values()}
        return json.loads(told)

    def post(self, url: str, **of: Any) -> Any:
        return self.request("POST", url, **of)


class _Line(asyncio.Transport):
    """What the server writes, until it hangs up."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.over = b"", asyncio.Event()

    def write(self, data: Any) -> None:
        self.said += bytes(data)

    def writelines(self, some: Any) -> None:
        self.said += b"".join(map(bytes, some))

    def is_closing(self) -> bool:
        return self.over.is_set()

    def close(self) -> None:
        self.over.set()


class Server:
    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None)

    async def begin(self) -> None:
        await self._runner.setup()

    async def post(self, path: str, raw: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """The status and body of its answer."""
        head = f"POST {path} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n"
        head += "".join(f"{name}: {one}\r\n" for name, one in headers.items())
        assert self._runner.server is not None
        protocol, line = self._runner.server(), _Line()
        protocol.connection_made(line)
        protocol.data_received(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
        await line.over.wait()
        protocol.connection_lost(None)
        top, _, body = line.said.partition(b"\r\n\r\n")
        return int(top.split()[1]), body

    async def end(self) -> None:
        await self._runner.cleanup()
