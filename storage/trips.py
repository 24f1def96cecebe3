"""SQLite's driver with one trip to the connection's thread per statement, instead of four.

aiosqlite makes a trip each for opening a cursor, the statement, its rows and the closing, and trips
cost more than most statements. A transaction begins on the trip of its first statement; to end one
that never began is no trip. Statements that are a transaction each make one trip together, between
those that are longer. Never keeps a statement open: all its rows are fetched at once.
"""

import sqlite3
from asyncio import Future
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self, cast

import aiosqlite

from storage.sharing import Asked, answer


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
        first = cast("Connection", self._conn).starts()
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


class Connection(aiosqlite.Connection):
    _begins = False  #: a transaction that has no statement yet
    _open = False  #: one that has, whether or not it came back from its trip
    ended = False  #: nobody may ask any more
    _called = False  #: its thread will look at what is asked

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # it never outlives ours
        self._asked: deque[Asked] = deque()

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
            try:
                await super().commit()  # one that fails is still open, and will be rolled back
                self._open = False
            finally:
                self._call_again()

    async def rollback(self) -> None:
        self._begins = False
        if self._open:
            try:
                await super().rollback()
                self._open = False
            finally:
                self._call_again()

    async def beside(self, words: str, then: str) -> None:
        """Statements that go in no transaction, on one trip; ``then`` follows whatever comes of them."""
        await self._execute(self._beside, words, then)  # type: ignore[no-untyped-call]  # aiosqlite types no inside

    def _beside(self, words: str, then: str) -> None:
        try:
            self._conn.executescript(words)
        finally:
            self._conn.execute(then)

    # Statements that are a transaction each ------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether somebody's transaction is open, so that whoever asks must wait for its end."""
        return self._open

    def ask(self, one: Asked) -> None:
        """Answered in a while, with all that are asked by then."""
        self._asked.append(one)
        if not self._called:
            self._call()

    def _call(self) -> None:
        self._called = True
        self._put(self._answer)

    def _put(self, do: Callable[[], None]) -> None:
        """Into the thread's queue; nobody waits for its end."""
        self._tx.put_nowait((None, do))

    def _call_again(self) -> None:
        """After a transaction, in which nothing of others may go."""
        if self._asked:
            self._call()

    def _answer(self) -> None:
        """In the thread."""
        self._called = False  # before it looks: who asks from now on calls again
        if not self._asked or self._conn.in_transaction:
            return
        asked = list[Asked]()
        while self._asked:
            one = self._asked.popleft()
            if not one.answer.done():  # else nobody waits any more
                asked.append(one)
        answer(self._conn, asked, _tell)

    def stop(self) -> "Future[Any] | None":
        self._end()
        return super().stop()

    async def close(self) -> None:
        self._end()
        await super().close()

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._put(self._answer_all)

    def _answer_all(self) -> None:
        """In the thread. A transaction that is cut off here is undone first, as it would be."""
        if self._asked:
            self._conn.rollback()
            self._answer()


def _tell(asked: Sequence[Asked]) -> None:
    """In the thread: all at once, so that the loop is woken once."""
    asked[0].answer.get_loop().call_soon_threadsafe(_told, asked)


def _told(asked: Sequence[Asked]) -> None:
    for one in asked:
        one.tell()


def connect(database: str, **how: Any) -> Connection:
    """For SQLAlchemy (its ``async_creator_fn``)."""
    return Connection(partial(sqlite3.connect, database, **how))
