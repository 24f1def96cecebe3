"""Statements on SQLite that are transactions of their own, and share a commit: to wait for the disk
once serves all who stand in line by then.

Nobody is answered before the disk has it. One that fails is undone alone, as SQLite undoes a statement;
where all would be, each goes by itself. For the connection's thread; knows neither loop nor SQLAlchemy.
"""

import sqlite3
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Sequence[Any]

#: What the driver raises at words or values that it, or SQLite, does not take.
_WRONG = (sqlite3.Error, sqlite3.Warning, ArithmeticError, MemoryError, TypeError, ValueError)


@dataclass(slots=True)
class Asked:
    """One statement. ``reads``: it writes nothing. ``rows``: none until it went, and may be told so;
    ``problem``: why it did not."""

    words: str
    values: Sequence[Any]
    reads: bool
    answer: "Future[Rows]"
    rows: Rows | None = None
    problem: Exception | None = None

    def go(self, line: sqlite3.Connection) -> None:
        """Within whatever transaction is open, or as one of its own."""
        self.rows = self.problem = None
        try:
            cursor = line.execute(self.words, self.values)
            self.rows = cursor.fetchall() if cursor.description else ()
        except _WRONG as problem:
            self.problem = problem

    def tell(self) -> None:
        """For the loop's thread."""
        if self.answer.done():  # nobody waits any more
            return
        if self.rows is None:
            self.answer.set_exception(self.problem or sqlite3.OperationalError("undone"))
        else:
            self.answer.set_result(self.rows)


def answer(
    line: sqlite3.Connection, asked: Sequence[Asked], tell: Callable[[Sequence[Asked]], None]
) -> None:
    """Whoever only reads first: they need not wait for the disk."""
    for some, go in ((True, _each), (False, _together)):
        if mine := [one for one in asked if one.reads is some]:
            try:
                go(line, mine)
            finally:
                tell(mine)  # whatever happened: else they would wait for ever


def _each(line: sqlite3.Connection, asked: Sequence[Asked]) -> None:
    for one in asked:
        one.go(line)


def _together(line: sqlite3.Connection, asked: Sequence[Asked]) -> None:
    if len(asked) == 1 or not _by_one_commit(line, asked):
        _each(line, asked)


def _by_one_commit(line: sqlite3.Connection, asked: Sequence[Asked]) -> bool:
    """Whether that was tried to the end; where not, nothing of it is there."""
    try:
        line.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as problem:  # another process writes, and would let nobody of them in
        for one in asked:
            one.problem = type(problem)(*problem.args)
        return True
    kept = False
    try:
        for one in asked:
            one.go(line)
            if not line.in_transaction:  # SQLite undid all: the disk is full, or fails
                return False
        _commit(line)
        kept = True
    except sqlite3.Error:
        return False
    finally:
        if not kept:
            _undo(line, asked)
    return True


def _commit(line: sqlite3.Connection) -> None:
    line.commit()


def _undo(line: sqlite3.Connection, asked: Sequence[Asked]) -> None:
    for one in asked:
        one.rows = None
    line.rollback()
