"""SQLite's driver with one trip to the connection's thread per statement, instead of four.

aiosqlite makes a trip each for opening a cursor, the statement, its rows and the closing, and trips
cost more than most statements. Never keeps a statement open: all its rows are fetched at once.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import aiosqlite


class _Cursor(aiosqlite.Cursor):
    """What SQLAlchemy asks of a cursor: entered, executed once, all fetched, closed."""

    _rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        self._cursor = self._conn._conn.cursor()  # opened here: nothing is read or locked yet
        return self

    async def execute(self, sql: str, parameters: Any = None) -> Self:
        self._rows = await self._execute(self._all, sql, parameters or ())  # type: ignore[no-untyped-call]
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing to do: a statement whose rows are all fetched has ended."""

    def _all(self, sql: str, parameters: Any) -> Sequence[Any]:
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall() if self._cursor.description else ()


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]  # SQLAlchemy enters it, and so awaits it
        return _Cursor(self, None)  # type: ignore[arg-type]  # opened when it is entered


def connect(database: str, **how: Any) -> aiosqlite.Connection:
    """A connection for SQLAlchemy (its ``async_creator_fn``); the thread never outlives ours."""
    connection = _Connection(partial(sqlite3.connect, database, **how), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
