"""Connections to PostgreSQL that are kept, so that a transaction costs what its statements do.

To take a connection from SQLAlchemy's pool, to begin, to commit and to give it back costs it more
than most statements. Nothing of it is for SQLite, whose one connection is the pool's.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import CannotSave
from storage.asking import Direct
from storage.refusing import cannot_save, refusing

MOST = 10  #: connections to one database
PATIENCE = 30.0  #: seconds to wait for one of them
_SINGLE = {"isolation_level": "AUTOCOMMIT"}  #: SQLAlchemy begins nothing: we do, or nobody


class Line(Direct):
    """One connection of SQLAlchemy's, which begins and ends nothing of its own. ``driver``: the same
    of asyncpg's."""

    driver: Any

    async def say(self, words: str, values: Sequence[Any], *, reads: bool) -> Sequence[Any]:
        rows: Sequence[Any] = await self.driver.fetch(words, *values)
        return rows

    async def opened(self) -> "Line":
        await self.start()
        self.driver = (await self.get_raw_connection()).driver_connection
        return self

    async def keep(self) -> None:
        await self.driver.execute("COMMIT")

    async def undo(self, begun: bool) -> None:
        if begun:
            await self.driver.execute("ROLLBACK")
        await self.rollback()  # of what SQLAlchemy believes to have begun


class Lines:
    """All to one database."""

    def __init__(self) -> None:
        self._free, self._idle = asyncio.Semaphore(MOST), list[Line]()

    async def take(self, engine: AsyncEngine) -> Line:
        if self._free.locked():
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        else:
            await self._free.acquire()  # at once
        line: Line | None = None
        try:
            while self._idle and line is None:
                line = self._idle.pop()
                if line.driver.is_closed():  # known here without a word to the server
                    await _drop(line)
                    line = None
            line = line or await Line(engine.execution_options(**_SINGLE)).opened()
            return line
        finally:
            if line is None:
                self._free.release()

    def give(self, line: Line) -> None:
        self._idle.append(line)
        self._free.release()

    async def drop(self, line: Line) -> None:
        self._free.release()
        await _drop(line)

    def end(self, engine: Engine) -> None:
        """Within SQLAlchemy's own disposing, which waits for it."""
        idle, self._idle = self._idle, []
        for line in idle:
            sync = line.sync_connection
            if sync is not None:
                sync.invalidate()
                sync.close()


async def _drop(line: Line) -> None:
    await line.invalidate()
    await line.close()


#: By what all engines on one database share.
_LINES: WeakKeyDictionary[Dialect, Lines] = WeakKeyDictionary()


def keep_lines(engine: AsyncEngine) -> None:
    """From now on; until the engine is disposed of, and then anew."""
    lines = _LINES[engine.dialect] = Lines()
    event.listen(engine.sync_engine, "engine_disposed", lines.end)


class OnLine:
    """A transaction on one of the lines of ``engine``; of one statement, where that says so."""

    __slots__ = ("_engine", "_line", "_lines", "_single")

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._lines = engine, _LINES[engine.dialect]
        self._single = engine.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    async def __aenter__(self) -> AsyncConnection:
        with refusing():
            self._line = await self._lines.take(self._engine)
            if not self._single:
                await self._all_or_drop(self._line.driver.execute("BEGIN"))
        return self._line

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if problem is not None:  # whatever went wrong or was cancelled: undone, and given back
            with suppress(CannotSave), refusing():
                await self._all_or_drop(self._line.undo(begun=not self._single))
                self._lines.give(self._line)
            if cannot_save(problem):
                raise CannotSave from problem
            return
        if not self._single:
            with refusing():
                await self._all_or_drop(self._line.keep())
        self._lines.give(self._line)

    async def _all_or_drop(self, words: Awaitable[Any]) -> None:
        """A line to which something was said, and no answer came, is none any more."""
        answered = False
        try:
            await words
            answered = True
        finally:
            if not answered:
                await self._lines.drop(self._line)
