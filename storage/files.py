"""Transactions on SQLite's one connection to a file, which whoever needs it longer takes in turn.

One of a single statement need not take it: it goes by itself, between the others, and shares the wait
for the disk with all that are asked meanwhile. Never lets one see what another has not committed.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.errors import CannotSave
from storage import trips
from storage.asking import Direct
from storage.refusing import cannot_save, refusing
from storage.sharing import Asked, Rows

PATIENCE = 30.0  #: seconds to wait for somebody's transaction


@asynccontextmanager
async def in_file(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    with refusing():
        connection = await engine.connect()
        try:
            yield connection  # it begins with the first statement
            await _keep(connection)
        finally:
            await _give_back(connection)


async def _keep(connection: AsyncConnection) -> None:
    # Both in one go: ``engine.begin()`` would begin, commit and close in a go each, and start a task
    # for the closing.
    await connection.run_sync(_commit_and_close)
    await asyncio.sleep(0)  # whoever waits for the connection has it before we have it again


async def _give_back(connection: AsyncConnection) -> None:
    if not connection.closed:  # whatever went wrong or was cancelled: undone, and given back
        await connection.__aexit__(None, None, None)


def _commit_and_close(connection: Connection) -> None:
    connection.commit()
    connection.close()


class _File:
    """``line``: the last connection to it."""

    line: trips.Connection | None = None

    def connected(self, raw: Any, entry: ConnectionPoolEntry) -> None:
        self.line = raw.driver_connection


#: By what all engines on one file share.
_FILES: WeakKeyDictionary[Dialect, _File] = WeakKeyDictionary()


def keep_line(engine: AsyncEngine) -> None:
    """From now on it is known by which connection the file is open."""
    file = _FILES[engine.dialect] = _File()
    event.listen(engine.sync_engine, "connect", file.connected)


class _Single(Direct):
    """Takes the connection only when SQLAlchemy is spoken to."""

    spreads = True

    @property  # type: ignore[misc]  # SQLAlchemy's could be set; nobody does
    def dialect(self) -> Dialect:
        return self.engine.dialect

    async def say(self, words: str, values: Sequence[Any], *, reads: bool) -> Rows:
        line = await self._line()
        asked = Asked(words, values, reads, asyncio.get_running_loop().create_future())
        line.ask(asked)
        if not line.busy:
            return await asked.answer
        async with asyncio.timeout(PATIENCE):
            return await asked.answer

    async def execute(self, *words: Any, **more: Any) -> Any:
        if self.sync_connection is None:
            await self.start()
        return await super().execute(*words, **more)

    async def _line(self) -> trips.Connection:
        file = _FILES[self.engine.dialect]
        while file.line is None or file.line.ended:
            async with self.engine.connect():
                pass
        return file.line


class InTurn:
    """A transaction of one statement."""

    __slots__ = ("_single",)

    def __init__(self, engine: AsyncEngine) -> None:
        self._single = _Single(engine)

    async def __aenter__(self) -> AsyncConnection:
        return self._single

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._single.sync_connection is not None:
            with refusing():
                try:
                    if problem is None:
                        await _keep(self._single)
                finally:
                    await _give_back(self._single)
        if problem is not None and cannot_save(problem):
            raise CannotSave from problem
