"""Connections to PostgreSQL that are kept, so that a transaction costs what its statements do.

To take a connection from SQLAlchemy's pool, to begin, to commit and to give it back costs it more
than most statements. Whatever is asked at every command is asked of asyncpg itself, too: ``ask``.
Nothing of it is for SQLite, whose one connection is the pool's.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import CannotSave
from storage.refusing import cannot_save

MOST = 10  #: connections to one database
PATIENCE = 30.0  #: seconds to wait for one of them
_SINGLE = {"isolation_level": "AUTOCOMMIT"}  #: SQLAlchemy begins nothing: we do, or nobody


class Line(AsyncConnection):
    """One connection of SQLAlchemy's, which begins and ends nothing of its own. ``driver``: the same
    of asyncpg's."""

    driver: Any

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

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**_SINGLE)
        self._free, self._idle = asyncio.Semaphore(MOST), list[Line]()

    async def take(self) -> Line:
        if self._free.locked():
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        else:
            await self._free.acquire()  # at once
        try:
            while self._idle:
                line = self._idle.pop()
                if not line.driver.is_closed():  # known here without a word to the server
                    return line
                await _drop(line)
            return await Line(self._engine).opened()
        except BaseException:
            self._free.release()
            raise

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
    with suppress(Exception):  # it is broken already
        await line.invalidate()
    with suppress(Exception):
        await line.close()


#: By what all engines on one database share.
_LINES: WeakKeyDictionary[Dialect, Lines] = WeakKeyDictionary()


def keep_lines(engine: AsyncEngine) -> None:
    """From now on; until the engine is disposed of, and then anew."""
    lines = _LINES[engine.dialect] = Lines(engine)
    event.listen(engine.sync_engine, "engine_disposed", lines.end)


class OnLine:
    """A transaction on one of the lines of ``engine``; of one statement, where that says so."""

    __slots__ = ("_line", "_lines", "_single")

    def __init__(self, engine: AsyncEngine) -> None:
        self._lines = _LINES[engine.dialect]
        self._single = engine.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    async def __aenter__(self) -> AsyncConnection:
        try:
            self._line = await self._lines.take()
        except Exception as problem:
            if cannot_save(problem):
                raise CannotSave from problem
            raise
        if not self._single:
            try:
                await self._line.driver.execute("BEGIN")
            except BaseException as problem:
                await self._lines.drop(self._line)
                if cannot_save(problem):
                    raise CannotSave from problem
                raise
        return self._line

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if problem is not None:
            await self._undo()
            if cannot_save(problem):
                raise CannotSave from problem
            return
        if not self._single:
            try:
                await self._line.keep()
            except BaseException as broken:
                await self._lines.drop(self._line)
                if cannot_save(broken):
                    raise CannotSave from broken
                raise
        self._lines.give(self._line)

    async def _undo(self) -> None:
        """Whatever went wrong or was cancelled."""
        try:
            await self._line.undo(begun=not self._single)
        except BaseException as broken:
            await self._lines.drop(self._line)
            if not isinstance(broken, Exception):
                raise
        else:
            self._lines.give(self._line)


class _Compiled:
    """A statement as asyncpg takes it."""

    __slots__ = ("_convert", "_names", "_values", "text")

    def __init__(self, statement: Any, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text, self._values = str(compiled), compiled.params
        self._names, self._convert = compiled.positiontup, compiled._bind_processors

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        found, convert = {**self._values, **given}, self._convert
        return [convert[n](found[n]) if n in convert else found[n] for n in self._names]


_COMPILED: dict[Any, _Compiled] = {}


async def ask(
    connection: AsyncConnection, statement: Any, given: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of a statement that is built once and asked often: their columns by place, as the
    database tells them. Its text never depends on what is given."""
    if not isinstance(connection, Line):
        found = await connection.execute(statement, given)
        return found.all() if found.returns_rows else ()
    known = _COMPILED.get(statement)
    if known is None:
        known = _COMPILED[statement] = _Compiled(statement, connection.dialect)
    values = known.values(given)
    sync: Any = connection.sync_connection
    if sync.engine._has_events:  # whoever listens to SQLAlchemy hears this, too
        for hears in sync.dispatch.before_cursor_execute:
            hears(sync, None, known.text, tuple(values), None, False)
    rows: Sequence[Any] = await connection.driver.fetch(known.text, *values)
    return rows


async def ask_one(connection: AsyncConnection, statement: Any, given: Mapping[str, Any]) -> Any:
    """The first column of its first row; None where there is none."""
    rows = await ask(connection, statement, given)
    return rows[0][0] if rows else None
