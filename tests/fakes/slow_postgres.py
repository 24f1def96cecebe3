"""A PostgreSQL that is far away: everything that it is asked arrives so much later.

Passes on bytes between a port of this machine and the server's socket, and reads none of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

_PORT = ".s.PGSQL.5432"


class Distance:
    """``seconds``: that each of our messages takes to get there, from now on."""

    def __init__(self, socket: str) -> None:
        self.seconds, self.messages = 0.0, 0
        self._socket = socket

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(self._socket)
        back = asyncio.create_task(_passed_on(there[0], writer))
        try:
            with suppress(ConnectionError):
                while asked := await reader.read(2**16):
                    self.messages += 1
                    await asyncio.sleep(self.seconds)
                    there[1].write(asked)
        finally:
            back.cancel()
            there[1].close()
            writer.close()


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the server hangs up; then so do we: whoever said goodbye waits for that."""
    with suppress(ConnectionError):
        while said := await reader.read(2**16):
            writer.write(said)
    writer.close()


@asynccontextmanager
async def far_away(url: str) -> AsyncIterator[tuple[str, Distance]]:
    """``url``: of a database that is reached over a unix socket; gives another one for it."""
    parts = urlsplit(url)
    (folder,) = parse_qs(parts.query)["host"]
    distance = Distance(f"{folder}/{_PORT}")
    server = await asyncio.start_server(distance.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{parts.scheme}://postgres@127.0.0.1:{port}{parts.path}", distance
    finally:
        server.close()
