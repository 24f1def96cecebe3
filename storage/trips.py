"""SQLite's driver with one trip to the connection's thread per statement, instead of four.

aiosqlite makes a trip each for opening a cursor, the statement, its rows and the closing, and trips
cost more than most statements. A transaction begins on the trip of its first statement; to end one
that never began is no trip. Never keeps a statement open: all its rows are fetched at once.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self, cast

import aiosqlite


class _Cursor(aiosqlite.Cursor):
    """What SQLAlchemy asks of a cursor: entered, executed once, all fetched, closed."""

    _rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        self._cursor = self._conn._conn.cursor()  # opened here: nothing is read or locked yet
        return self

    async def execute(self, sql: str, parameters: Any = None) -> Self:
        self._rows = await self._trip(self._all, sql, parameters or ())
        return self

    async def executemany(self, sql: str, parameters: Any) -> Self:
        await self._trip(self._each, sql, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing to do: a statement whose rows are all fetched has ended."""

    async def _trip(self, do: Callable[..., Any], sql: str, parameters: Any) -> Any:
        first = cast("_Connection", self._conn).starts()
        return await self._execute(do, sql, parameters, first)  # type: ignore[no-untyped-call]  # aiosqlite types no inside

    def _all(self, sql: str, parameters: Any, first: bool) -> Sequence[Any]:
        if first:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall() if self._cursor.description else ()

    def _each(self, sql: str, parameters: Any, first: bool) -> None:
        if first:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(sql, parameters)


class _Connection(aiosqlite.Connection):
    _begins = False  #: a transaction that has no statement yet
    _open = False  #: one that has, whether or not it came back from its trip

    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await super()._connect()
        except BaseException:
            self._thread.join()  # it is told to end by now, and says so to a loop that may soon be closed
            raise

    def begin(self) -> None:
        """The next statement is the first of a transaction."""
        self._begins = True

    def starts(self) -> bool:
        """Whether the statement that goes now is the first of a transaction."""
        first, self._begins = self._begins, False
        self._open = self._open or first
        return first

    def cursor(self) -> _Cursor:  # type: ignore[override]  # SQLAlchemy enters it, and so awaits it
        return _Cursor(self, None)  # type: ignore[arg-type]  # opened when it is entered

    async def commit(self) -> None:
        self._begins = False
        if self._open:
            await super().commit()  # one that fails is still open, and will be rolled back
            self._open = False

    async def rollback(self) -> None:
        self._begins = False
        if self._open:
            await super().rollback()
            self._open = False


def connect(database: str, **how: Any) -> aiosqlite.Connection:
    """A connection for SQLAlchemy (its ``async_creator_fn``); the thread never outlives ours."""
    connection = _Connection(partial(sqlite3.connect, database, **how), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
